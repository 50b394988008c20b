package segment_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

func ExampleKPrototypes() {
	// Standardised incomes, and where the customers buy.
	x := mat.NewDense(6, 1, []float64{-1.2, -0.9, -1.0, 1.1, 0.9, 1.1})
	channel := []string{"store", "store", "web", "web", "web", "web"}
	clusters, err := segment.KPrototypes{K: 2, Seed: 1}.Fit(context.Background(), x, [][]string{channel})
	if err != nil {
		log.Fatal(err)
	}
	labels := clusters.Labels()
	fmt.Println("together:", labels[0] == labels[2], "apart:", labels[2] != labels[3])
	fmt.Printf("gamma %.2f, cost %.2f\n", clusters.Gamma(), clusters.Cost())
	// Output:
	// together: true apart: true
	// gamma 0.52, cost 0.59
}

func ExampleMixedClustering() {
	x := mat.NewDense(6, 1, []float64{1, 2, 3, 10, 11, 12})
	channel := []string{"store", "store", "web", "web", "web", "store"}
	clusters, err := segment.KPrototypes{K: 2, Init: &segment.Prototypes{
		Centroids: mat.NewDense(2, 1, []float64{0, 20}), Modes: [][]string{{"store"}, {"web"}},
	}}.Fit(context.Background(), x, [][]string{channel})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(clusters.Labels(), clusters.Counts())
	labels, err := clusters.Predict(context.Background(), mat.NewDense(2, 1, []float64{0, 9}), [][]string{{"web", "phone"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(labels)
	// Output:
	// [0 0 0 1 1 1] [3 3]
	// [0 1]
}

func ExamplePrototypes() {
	x := mat.NewDense(6, 1, []float64{1, 2, 3, 10, 11, 12})
	channel := []string{"store", "store", "web", "web", "web", "store"}
	clusters, err := segment.KPrototypes{K: 2, Init: &segment.Prototypes{
		Centroids: mat.NewDense(2, 1, []float64{0, 20}), Modes: [][]string{{"store"}, {"web"}},
	}}.Fit(context.Background(), x, [][]string{channel})
	if err != nil {
		log.Fatal(err)
	}
	p := clusters.Prototypes()
	for c, mode := range p.Modes {
		fmt.Println(p.Centroids.At(c, 0), mode)
	}
	// Output:
	// 2 [store]
	// 11 [web]
}
