package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleWaterfall() {
	figure, err := plots.Waterfall(
		plots.Group{Name: "Gold", Color: plots.TierColor("Gold")},
		plots.Group{Name: "Platinum", Color: plots.TierColor("Platinum")},
		[]plots.Step{
			{Name: "Age", Text: "57 years", Value: 0.42}, {Name: "Spent", Text: "816 EUR", Value: 1.35}, {Name: "Tenure", Text: "28 months", Value: -0.21},
			{Name: "Children", Text: "1", Value: 1.62}, {Name: "Income", Text: "58,138 EUR", Value: 0.94},
		}).Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/waterfall.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: Children counts most, with +1.6 of a sum of 4.1
}
