package chart_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// One description is a picture, a table, and JSON for a page's script.
func ExampleChart() {
	c := &chart.Chart{
		Title: "Average income by tier", Kind: chart.Bar,
		X: chart.Axis{Label: "tier"}, Y: chart.Axis{Label: "average income"},
		Categories: []string{"Gold", "Silver"},
		Series:     []chart.Series{{Values: chart.Numbers([]float64{65000, 42000})}},
	}
	var svg strings.Builder
	if err := c.Write(&svg, plots.SVG); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(svg.String(), "<svg"))
	if err := c.WriteCSV(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// true
	// tier,average income
	// Gold,65000
	// Silver,42000
}
