package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleTransitionMatrix() {
	figure, err := plots.TransitionMatrix{
		From:   plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		To:     plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Before: "model of 2024",
		After:  "model of 2025",
		Customers: [][]float64{
			{371, 38, 3, 0},
			{44, 558, 53, 0},
			{0, 31, 441, 58},
			{0, 0, 49, 583},
		},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/transition.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Subtitle)
	// Output: Of 2,229 customers, 88% keep their segment, 6% rise and 7% fall.
}
