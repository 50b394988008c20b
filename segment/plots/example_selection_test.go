package plots_test

import (
	"fmt"
	"math"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleSelection() {
	figure, err := plots.Selection{
		K:      []int{2, 3, 4, 5, 6, 7, 8, 9, 10},
		Chosen: 5,
		Criteria: []plots.Criterion{
			{Name: "Inertia", Hint: "its knee counts", Choice: 5,
				Values: []float64{6850, 5120, 4230, 3480, 3170, 2900, 2690, 2510, 2380}},
			{Name: "Silhouette", Hint: "higher is better", Choice: 2,
				Values: []float64{0.352, 0.301, 0.288, 0.296, 0.281, 0.270, 0.262, 0.259, 0.255}},
			{Name: "Calinski–Harabasz", Hint: "higher is better", Choice: 2,
				Values: []float64{1420, 1290, 1205, 1198, 1104, 1042, 1003, 975, 949}},
			{Name: "Davies–Bouldin", Hint: "lower is better", Choice: 5,
				Values: []float64{1.11, 1.17, 1.08, 1.02, 1.06, 1.09, 1.12, 1.10, 1.13}},
			{Name: "Gap statistic", Hint: "first within a standard error", Choice: 6,
				Values: []float64{0.21, 0.26, 0.31, 0.37, 0.40, 0.405, 0.41, 0.414, 0.42}},
			{Name: "Stability", Hint: "mean Jaccard, above 0.75", Choice: 2,
				Values: []float64{0.97, 0.86, 0.71, 0.83, 0.66, 0.61, 0.58, 0.55, 0.53}},
		},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/selection.png", plots.Style{DPI: 72}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: Chosen by index: 2 by Silhouette, Calinski–Harabasz and Stability; 5 by Inertia and Davies–Bouldin; 6 by Gap statistic
}

// An index that is not defined for one cluster begins with NaN.
func ExampleCriterion() {
	figure, err := plots.Selection{
		K: []int{1, 2, 3},
		Criteria: []plots.Criterion{
			{Name: "Silhouette", Hint: "higher is better", Choice: 2, Values: []float64{math.NaN(), 0.35, 0.30}},
			{Name: "Gap statistic", Hint: "higher is better", Choice: 3, Values: []float64{0.1, 0.2, 0.4}},
		},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(figure.Alt)
	// Output: Chosen by index: 2 by Silhouette; 3 by Gap statistic
}
