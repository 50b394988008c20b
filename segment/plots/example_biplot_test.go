package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleBiplot() {
	x := customers(400)
	m, err := model(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	figure, err := plots.BiplotOf(m.Model, m.Transformed, m.Clustering.Labels()).Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/biplot.png", plots.Style{DPI: 72}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: Arrows for age, spent, tenure, children and income
}
