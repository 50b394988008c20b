package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleAgeGroups() {
	figure, err := plots.AgeGroups{
		Ages:   []string{"Teen", "Adult", "Middle-aged adult", "Senior adult"},
		Groups: plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Customers: [][]float64{
			{1, 0, 0, 2},
			{148, 92, 140, 301},
			{171, 371, 310, 268},
			{95, 160, 105, 65},
		},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/ages.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Subtitle)
	// Output: Number of customers; in the bars, the share of each segment. Most are in Middle-aged adult: 50%.
}
