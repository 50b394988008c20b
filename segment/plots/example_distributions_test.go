package plots_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleDistributions() {
	x := customers(800)
	m, err := model(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	predictions, err := m.PredictMatrix(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	labels := make([]int, len(predictions))
	for i, p := range predictions {
		labels[i] = slices.Index(tiers, p.Tier)
	}
	figure, err := plots.Distributions{
		X:       x,
		Columns: []string{"Age", "Spent", "Tenure", "Children", "Income"},
		Units:   []string{"years", "EUR", "months", "at home", "EUR a year"},
		Groups:  plots.Tiers(tiers...),
		Labels:  labels,
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/distributions.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: Distributions of Age, Spent, Tenure, Children and Income
}
