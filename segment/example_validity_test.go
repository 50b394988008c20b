package segment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

func ExampleCalinskiHarabasz() {
	for _, labels := range [][]int{{0, 0, 0, 1, 1, 1, 1}, {0, 1, 0, 1, 0, 1, 0}} {
		index, err := segment.CalinskiHarabasz(context.Background(), exampleRows, labels)
		fmt.Printf("%.2f %v\n", index, err)
	}
	// Output:
	// 41.30 <nil>
	// 0.00 <nil>
}

func ExampleDaviesBouldin() {
	for _, labels := range [][]int{{0, 0, 0, 1, 1, 1, 1}, {0, 1, 0, 1, 0, 1, 0}} {
		index, err := segment.DaviesBouldin(context.Background(), exampleRows, labels)
		fmt.Printf("%.2f %v\n", index, err)
	}
	// Output:
	// 0.26 <nil>
	// 42.38 <nil>
}

func ExampleAdjustedRand() {
	same, err := segment.AdjustedRand(context.Background(), []int{0, 0, 1, 1, 2}, []int{5, 5, 3, 3, 4})
	fmt.Println(same, err)
	other, err := segment.AdjustedRand(context.Background(), []int{0, 0, 1, 1, 2}, []int{5, 5, 3, 4, 4})
	fmt.Printf("%.3f %v\n", other, err)
	// Output:
	// 1 <nil>
	// 0.375 <nil>
}

func ExampleGapStatistic() {
	gap, err := segment.GapStatistic{MaxK: 6, References: 20, Seed: 1}.Fit(context.Background(), prepared())
	if err != nil {
		log.Fatal(err)
	}
	k, ok := gap.Choose()
	fmt.Println(k, ok)
	// Output: 4 true
}

func ExampleGapResult() {
	gap := segment.GapResult{{K: 1, Gap: 0.20, SE: 0.02}, {K: 2, Gap: 0.35, SE: 0.02}, {K: 3, Gap: 0.36, SE: 0.02}}
	fmt.Println(gap.Choose())
	// Output: 2 true
}

func ExampleGapPoint() {
	data, err := json.Marshal(segment.GapPoint{K: 2, LogW: math.Inf(-1), Expected: 1.5, Gap: math.Inf(1), SE: 0.25})
	fmt.Println(string(data), err)
	// Output: {"k":2,"log_w":null,"expected_log_w":1.5,"gap":null,"se":0.25} <nil>
}

// prepared returns the 400 customers as they are clustered.
func prepared() *mat.Dense {
	x := customers()
	pipeline, err := segment.DefaultPipeline(5).Fit(context.Background(), x, segtest.Columns...)
	if err != nil {
		log.Fatal(err)
	}
	z, err := pipeline.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	return z
}
