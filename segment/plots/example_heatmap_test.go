package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleHeatMap() {
	figure, err := plots.HeatMap{
		Groups:  plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Columns: []string{"Income (EUR)", "Spent (EUR)", "Age (years)", "Tenure (months)", "Children"},
		Effects: [][]float64{
			{1.21, 1.38, -0.12, 0.05, -1.15},
			{0.42, 0.35, 0.51, 0.22, 0.08},
			{-0.45, -0.72, 0.31, -0.15, 0.88},
			{-1.02, -0.85, -0.78, -0.04, 0.11},
		},
		Texts: [][]string{
			{"76,540", "1,435", "44.7", "18.5", "0.1"},
			{"60,270", "816", "52.1", "19.7", "1.0"},
			{"42,350", "173", "49.7", "17.2", "1.6"},
			{"30,610", "95", "37.0", "17.9", "1.0"},
		},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/heatmap.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: The largest difference: Spent (EUR) of Platinum, +1.4 standard deviations from everybody
}
