package plots_test

import (
	"context"
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleSilhouette() {
	x := customers(800)
	m, err := model(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	silhouettes, err := plots.SilhouetteOfModel(context.Background(), m.Model, m.Transformed, m.Clustering.Labels())
	if err != nil {
		fmt.Println(err)
		return
	}
	figure, err := silhouettes.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/silhouette.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: The mean silhouette is 0.27
}
