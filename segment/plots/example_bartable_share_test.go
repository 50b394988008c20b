package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleBarTable_shares() {
	figure, err := plots.BarTable{
		Groups: plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Rows:   []string{"Web", "Catalogue", "Store", "Deals"},
		Values: [][]float64{
			{5.1, 5.9, 8.4, 1.3},
			{5.9, 3.3, 7.5, 3.0},
			{2.7, 0.8, 3.9, 2.5},
			{2.2, 0.5, 3.1, 2.0},
		},
		Total: "all together",
		Share: plots.Percent,
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	figure.Title = "Mean number of purchases per customer by channel (in two years)"
	figure.Subtitle = "All bars have one scale; in brackets, the share of the channel in the segment's purchases."
	if err := figure.Save("testdata/channels.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: Store leads with 8.4 for Platinum
}
