package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleSpending() {
	figure, err := plots.Spending{
		Groups:   plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Products: []string{"Fruits", "Wines", "Meat", "Fish", "Sweets", "Gold products"},
		Mean: [][]float64{
			{66, 640, 458, 96, 69, 77},
			{32, 445, 160, 46, 33, 62},
			{8, 92, 38, 12, 8, 22},
			{6, 38, 23, 9, 6, 16},
		},
		Unit: "EUR in two years",
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/spending.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: Wines leads with 640 for Platinum
}
