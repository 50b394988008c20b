package segment_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment"
)

// The elbow of k-means inertia over k: beyond it, more clusters gain little.
func ExampleKneeLocator() {
	k := []float64{2, 3, 4, 5, 6, 7, 8}
	inertia := []float64{5836.6, 4671.2, 3981.7, 3308.0, 3197.4, 3042.6, 2947.9}

	elbow := segment.KneeLocator{Curve: segment.Convex, Direction: segment.Decreasing}
	r, err := elbow.Find(k, inertia)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Found, r.Knee, r.KneeY)
	// Output: true 5 3308
}

// A curve can have no knee; that is no error.
func ExampleKneeResult() {
	straight, err := segment.KneeLocator{}.Find([]float64{1, 2, 3}, []float64{10, 20, 30})
	fmt.Println(straight.Found, err)

	bent, err := segment.KneeLocator{}.Find([]float64{1, 2, 3, 4, 5}, []float64{10, 30, 32, 33, 34})
	fmt.Println(bent.Found, bent.Knee, err)
	fmt.Printf("%.3f\n", bent.YDifference)
	// Output:
	// false <nil>
	// true 2 <nil>
	// [0.000 0.583 0.417 0.208 0.000]
}

// S is how long the curve must run flat before a knee counts.
func ExampleKneeLocator_sensitivity() {
	x := []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	y := []float64{0, 40, 44, 60, 80, 90, 91, 92, 93, 94}
	for _, s := range []float64{0, 1, 4} {
		r, err := segment.KneeLocator{S: new(s)}.Find(x, y)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(s, r.Found, r.Knee)
	}
	// Output:
	// 0 true 1
	// 1 true 4
	// 4 false 0
}

func ExampleInterpolation() {
	x := []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	y := []float64{100, 45, 16, 17, 9, 6, 3, 4, 2, 1}
	for _, i := range []segment.Interpolation{segment.Interp1D, segment.Polynomial} {
		r, err := segment.KneeLocator{
			Curve:            segment.Convex,
			Direction:        segment.Decreasing,
			Interpolation:    i,
			PolynomialDegree: 3,
		}.Find(x, y)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(i, r.Knee)
	}
	// Output:
	// interp1d 2
	// polynomial 3
}

func ExampleCurve() {
	fmt.Println(segment.Concave, segment.Convex)
	// Output: concave convex
}

func ExampleDirection() {
	fmt.Println(segment.Increasing, segment.Decreasing)
	// Output: increasing decreasing
}
