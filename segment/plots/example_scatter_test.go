package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleScatterMatrix() {
	x := customers(350)
	m, err := model(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	figure, err := plots.ScatterMatrixOf(m.Model, m.Transformed, m.Clustering.Labels()).Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/scatter.png", plots.Style{DPI: 66}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: 350 customers in 5 clusters
}
