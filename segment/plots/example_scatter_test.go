package plots_test

import (
	"context"
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
	scatter, err := plots.ScatterMatrixOf(context.Background(), m, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	figure, err := scatter.Figure()
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
