package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleStackedBars() {
	figure, err := plots.StackedBars{
		Rows:   []string{"Teen", "Adult", "Middle-aged adult", "Senior adult"},
		Groups: plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Values: [][]float64{
			{1, 148, 171, 95},
			{0, 92, 371, 160},
			{0, 140, 310, 105},
			{2, 301, 268, 65},
		},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	figure.Title = "Age groups and their segments"
	if err := figure.Save("testdata/ages.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Subtitle)
	// Output: Number of customers; in the bars, the share of each segment. Most are in Middle-aged adult: 50%.
}
