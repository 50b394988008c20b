package plots_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleCorrelations() {
	figure, err := plots.Correlations{
		Columns: []string{"age", "spent", "tenure", "children", "income", "recency", "web visits"},
		R: mat.NewSymDense(7, []float64{
			1, 0.11, -0.02, 0.09, 0.20, 0.02, -0.12,
			0.11, 1, 0.16, -0.50, 0.82, 0.02, -0.50,
			-0.02, 0.16, 1, -0.01, -0.03, 0.03, 0.25,
			0.09, -0.50, -0.01, 1, -0.34, 0.02, 0.42,
			0.20, 0.82, -0.03, -0.34, 1, 0.01, -0.64,
			0.02, 0.02, 0.03, 0.02, 0.01, 1, -0.02,
			-0.12, -0.50, 0.25, 0.42, -0.64, -0.02, 1,
		}),
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/correlations.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: The strongest: spent and income, 0.82
}
