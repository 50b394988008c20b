package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleWaterfall() {
	figure, err := plots.Waterfall{
		For:           plots.Group{Name: "Gold", Color: plots.TierColor("Gold")},
		Against:       plots.Group{Name: "Platinum", Color: plots.TierColor("Platinum")},
		Columns:       []string{"Age", "Spent", "Tenure", "Children", "Income"},
		Values:        []string{"57 years", "816 EUR", "28 months", "1", "58,138 EUR"},
		Contributions: []float64{0.42, 1.35, -0.21, 1.62, 0.94},
	}.Figure()
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
