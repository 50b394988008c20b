package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleExplainedVariance() {
	figure, err := plots.ExplainedVariance{
		Ratios: []float64{0.433, 0.219, 0.200, 0.094, 0.054},
		Kept:   3,
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/variance.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Subtitle)
	// Output: The 3 components that are kept hold 85% of what customers differ in.
}
