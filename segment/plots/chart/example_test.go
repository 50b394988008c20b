package chart_test

import (
	"encoding/json"
	"fmt"
	"log"
	"math"
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

// A phone has a picture of its width, in which text keeps its size.
func ExampleChart_SVGOf() {
	c := &chart.Chart{
		Kind: chart.Bar, X: chart.Axis{Label: "tier"}, Y: chart.Axis{Label: "average income"},
		Categories: []string{"Gold", "Silver"},
		Series:     []chart.Series{{Values: chart.Numbers([]float64{65000, 42000})}},
	}
	head, _, _ := strings.Cut(c.SVGOf(9), " height")
	fmt.Println(head)
	// Output: <svg xmlns="http://www.w3.org/2000/svg" width="340"
}

// Shares are written in per cent, also in the table.
func ExampleAxis() {
	c := &chart.Chart{
		Kind: chart.Dots, Y: chart.Axis{Label: "accepted", Percent: true},
		Categories: []string{"last campaign"}, Series: []chart.Series{{Values: chart.Numbers([]float64{0.31})}},
	}
	_, rows := c.Table(func(v float64, percent bool) string { return fmt.Sprint(100*v, "% ", percent) })
	fmt.Println(rows)
	// Output: [[last campaign 31% true]]
}

// A kind decides what a chart needs.
func ExampleKind() {
	fmt.Println((&chart.Chart{Kind: "pie", Series: []chart.Series{{}}}).Check())
	fmt.Println((&chart.Chart{Kind: chart.Icicle, Title: "Families"}).Check())
	// Output:
	// "pie" is no kind of chart
	// the icicle "Families" has no parts
}

// The figures of a node are the sums of those in it.
func ExampleNode() {
	var family chart.Node
	family.Add(chart.Node{Name: "no children", Count: 138, Value: 154_560})
	family.Add(chart.Node{Name: "children", Count: 404, Value: 179_780})
	fmt.Println(family.Count, family.Value)
	// Output: 542 334340
}

// What is missing is null in JSON.
func ExampleNumber() {
	b, err := json.Marshal(chart.Numbers([]float64{1.5, math.NaN()}))
	fmt.Println(string(b), err)
	// Output: [1.5,null] <nil>
}

// A series without a colour of its own has that of its place.
func ExampleSeries() {
	c := &chart.Chart{
		Kind: chart.Box, X: chart.Axis{Label: "tier"}, Words: []string{"least", "25%", "median", "75%", "greatest"},
		Series: []chart.Series{{Name: "Gold", Values: chart.Numbers([]float64{39, 54, 58, 61, 71})}},
	}
	if err := c.WriteCSV(os.Stdout); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(c.SVG(), chart.Palette(0).Light))
	// Output:
	// tier,least,25%,median,75%,greatest
	// Gold,39,54,58,61,71
	// true
}
