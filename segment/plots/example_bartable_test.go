package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleBarTable() {
	figure, err := plots.BarTable{
		Groups: plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Rows:   []string{"Fruits", "Wines", "Meat", "Fish", "Sweets", "Gold products"},
		Values: [][]float64{
			{66, 640, 458, 96, 69, 77},
			{32, 445, 160, 46, 33, 62},
			{8, 92, 38, 12, 8, 22},
			{6, 38, 23, 9, 6, 16},
		},
		Total: "all together",
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	figure.Title = "Mean spending per customer by product (EUR in two years)"
	figure.Subtitle = "All bars have one scale; products in the order of what they bring."
	if err := figure.Save("testdata/spending.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: Wines leads with 640 for Platinum
}
