package preprocess_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/preprocess"
)

// A mean and a deviation of moments about a centre near the mean.
func ExampleMoments() {
	m := preprocess.Moments{Known: []int{4}, Sums: []preprocess.Sum{{High: 2}}, Squares: []preprocess.Sum{{High: 30}}}
	o := preprocess.MomentsOptions{Center: []float64{100}}
	mean := m.Sums[0].High / float64(m.Known[0])
	fmt.Println(o.Center[0]+mean, m.Squares[0].High/float64(m.Known[0])-mean*mean)
	// Output: 100.5 7.25
}

// A column of which no value is known reaches nowhere.
func ExampleExtent() {
	e := preprocess.Extent{Rows: 3, Known: []int{3}, Least: []float64{18}, Greatest: []float64{95}}
	fmt.Println(e.Greatest[0]-e.Least[0], e.Rows-e.Known[0])
	// Output: 77 0
}
