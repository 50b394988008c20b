package plots_test

import (
	"context"
	"fmt"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleElbow() {
	figure, err := plots.Elbow{
		K:          []int{2, 3, 4, 5, 6, 7, 8, 9, 10},
		Inertia:    []float64{6850, 5120, 4230, 3480, 3170, 2900, 2690, 2510, 2380},
		Difference: []float64{0, 0.26, 0.34, 0.378, 0.32, 0.26, 0.18, 0.09, 0},
		Knee:       5,
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/elbow.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: Inertia falls from 6,850 at k = 2 to 2,380 at k = 10; the knee is at k = 5
}

// The elbow of a sweep over k.
func ExampleElbowOf() {
	sweep, err := segment.Sweep{MinK: 1, MaxK: 8, Restarts: 3, Seed: 1}.Fit(context.Background(), blobs())
	if err != nil {
		fmt.Println(err)
		return
	}
	figure, err := plots.ElbowOf(sweep).Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(figure.Alt)
	// Output: Inertia falls from 10,347 at k = 1 to 270 at k = 8; the knee is at k = 4
}
