package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleDotPlot() {
	figure, err := plots.DotPlot{
		Groups: plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Rows:   []string{"Campaign 1", "Campaign 2", "Campaign 3", "Campaign 4", "Campaign 5", "Last campaign"},
		Values: [][]float64{
			{0.24, 0.04, 0.09, 0.13, 0.29, 0.31},
			{0.05, 0.02, 0.06, 0.12, 0.04, 0.14},
			{0.01, 0.01, 0.07, 0.03, 0.00, 0.10},
			{0.00, 0.00, 0.08, 0.01, 0.00, 0.11},
		},
		Shares: true,
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	figure.Title = "Acceptance of campaigns by segment"
	if err := figure.Save("testdata/campaigns.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Subtitle)
	// Output: Share of the customers of each segment; the best: Last campaign by 31% of Platinum.
}
