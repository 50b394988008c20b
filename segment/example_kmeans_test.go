package segment_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

func ExampleKMeansPP() {
	x := mat.NewDense(6, 2, []float64{1, 2, 1, 4, 1, 0, 10, 2, 10, 4, 10, 0})
	clusters, err := segment.KMeansPP{K: 2, Seed: 1}.Fit(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	labels := clusters.Labels()
	fmt.Println("together:", labels[0] == labels[1], "apart:", labels[0] != labels[3])
	fmt.Println("inertia:", clusters.Inertia())
	// Output:
	// together: true apart: true
	// inertia: 16
}

func ExampleClustering() {
	x := mat.NewDense(6, 2, []float64{1, 2, 1, 4, 1, 0, 10, 2, 10, 4, 10, 0})
	clusters, err := segment.KMeansPP{K: 2, Init: mat.NewDense(2, 2, []float64{0, 0, 12, 3})}.Fit(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mat.Formatted(clusters.Centroids()))
	fmt.Println(clusters.Labels(), clusters.Counts())

	fresh := mat.NewDense(2, 2, []float64{0, 0, 6, 2})
	labels, err := clusters.Predict(context.Background(), fresh)
	if err != nil {
		log.Fatal(err)
	}
	margin, err := clusters.Margin(context.Background(), fresh)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d %.2f\n", labels, margin)
	// Output:
	// ⎡ 1   2⎤
	// ⎣10   2⎦
	// [0 0 0 1 1 1] [3 3]
	// [0 1] [7.96 1.00]
}

func ExampleClustering_PredictInto() {
	x := mat.NewDense(4, 1, []float64{1, 2, 9, 10})
	clusters, err := segment.KMeansPP{K: 2, Init: mat.NewDense(2, 1, []float64{1, 10})}.Fit(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	labels := make([]int, 2) // used for one batch after the other
	for _, batch := range [][]float64{{0, 3}, {8, 4}} {
		if err := clusters.PredictInto(context.Background(), labels, mat.NewDense(2, 1, batch)); err != nil {
			log.Fatal(err)
		}
		fmt.Println(labels)
	}
	// Output:
	// [0 0]
	// [1 0]
}

func ExampleSweep() {
	x := mat.NewDense(8, 1, []float64{1, 2, 3, 21, 22, 23, 41, 43})
	swept, err := segment.Sweep{MinK: 1, MaxK: 6}.Fit(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range swept.Points() {
		fmt.Printf("k = %d: inertia %.1f\n", p.K, p.Inertia)
	}
	// Output:
	// k = 1: inertia 1956.0
	// k = 2: inertia 486.0
	// k = 3: inertia 6.0
	// k = 4: inertia 4.0
	// k = 5: inertia 2.5
	// k = 6: inertia 1.0
}

func ExampleSweepResult() {
	ctx := context.Background()
	x := mat.NewDense(8, 1, []float64{1, 2, 3, 21, 22, 23, 41, 43})
	swept, err := segment.Sweep{MinK: 1, MaxK: 6}.Fit(ctx, x)
	if err != nil {
		log.Fatal(err)
	}
	k, by, err := swept.Choose(ctx, x)
	if err != nil {
		log.Fatal(err)
	}
	clusters, _ := swept.Clustering(k) // fitted already
	fmt.Println("k =", k, "by", by, "with sizes", len(clusters.Counts()))
	// Output: k = 3 by knee with sizes 3
}

// The clusterings of a training, and that of one cluster before them.
func ExampleSweepResult_Extend() {
	ctx := context.Background()
	x := mat.NewDense(8, 1, []float64{1, 2, 3, 21, 22, 23, 41, 43})
	swept, err := segment.Sweep{MaxK: 4}.Fit(ctx, x)
	if err != nil {
		log.Fatal(err)
	}
	from1, err := swept.Extend(ctx, x, 1, 4)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(swept.Points()), "and", len(from1.Points()), "clusterings, the first of inertia", from1.Points()[0].Inertia)
	// Output: 3 and 4 clusterings, the first of inertia 1956
}

func ExampleProgress() {
	x := mat.NewDense(4, 1, []float64{1, 2, 8, 9})
	_, err := segment.KMeansPP{K: 2, Restarts: 3, Workers: 1, Progress: func(p segment.Progress) {
		fmt.Printf("%d of %d\n", p.Done, p.Total)
	}}.Fit(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 of 3
	// 2 of 3
	// 3 of 3
}
