package segment_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment"
)

func ExampleCalinskiHarabasz() {
	for _, labels := range [][]int{{0, 0, 0, 1, 1, 1, 1}, {0, 1, 0, 1, 0, 1, 0}} {
		index, err := segment.CalinskiHarabasz(exampleRows, labels)
		fmt.Printf("%.2f %v\n", index, err)
	}
	// Output:
	// 41.30 <nil>
	// 0.00 <nil>
}

func ExampleDaviesBouldin() {
	for _, labels := range [][]int{{0, 0, 0, 1, 1, 1, 1}, {0, 1, 0, 1, 0, 1, 0}} {
		index, err := segment.DaviesBouldin(exampleRows, labels)
		fmt.Printf("%.2f %v\n", index, err)
	}
	// Output:
	// 0.26 <nil>
	// 42.38 <nil>
}

func ExampleAdjustedRand() {
	same, err := segment.AdjustedRand([]int{0, 0, 1, 1, 2}, []int{5, 5, 3, 3, 4})
	fmt.Println(same, err)
	other, err := segment.AdjustedRand([]int{0, 0, 1, 1, 2}, []int{5, 5, 3, 4, 4})
	fmt.Printf("%.3f %v\n", other, err)
	// Output:
	// 1 <nil>
	// 0.375 <nil>
}
