package plots_test

import (
	"context"
	"fmt"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleSilhouette() {
	x := customers(800)
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
	scores, err := segment.Silhouette(context.Background(), scatter.X, scatter.Labels, segment.SilhouetteOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	figure, err := plots.SilhouetteOf(scores, scatter.Labels, scatter.Groups).Figure()
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
