package segment_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// Centroids of another library predict as fitted ones do.
func ExampleNewClustering() {
	clusters, err := segment.NewClustering(mat.NewDense(2, 1, []float64{1, 9}))
	if err != nil {
		log.Fatal(err)
	}
	labels, err := clusters.Predict(context.Background(), mat.NewDense(3, 1, []float64{8, 0, 4}))
	fmt.Println(labels, err)
	// Output: [1 0 0] <nil>
}

// halves are the rows below and above a border, as no k-means would part them.
type halves struct{ centroids, rows *mat.Dense }

func (h halves) Centroids() *mat.Dense { return h.centroids }

func (h halves) Labels() []int {
	n, _ := h.rows.Dims()
	labels := make([]int, n)
	for i := range labels {
		if h.rows.At(i, 0) > 5 {
			labels[i] = 1
		}
	}
	return labels
}

func ExamplePartition() {
	ctx, spent := context.Background(), mat.NewDense(4, 1, []float64{1, 2, 4, 9})
	scale := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.MinMax})}}
	pipeline, err := scale.Fit(ctx, spent, "spent")
	if err != nil {
		log.Fatal(err)
	}
	model, err := segment.NewModel(ctx, spent, pipeline, halves{mat.NewDense(2, 1, []float64{0.2, 1}), spent},
		segment.TrainOptions{Columns: []string{"spent"}, Value: []string{"spent"}, TierNames: []string{"high", "low"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, tier := range model.Tiers() {
		fmt.Println(tier.Name, tier.Size)
	}
	// Output:
	// high 1
	// low 3
}

// A training knows the clusters of its rows.
func ExampleTrainResult() {
	trained, err := segment.Train(context.Background(), mat.NewDense(5, 1, []float64{1, 90, 2, 95, 50}), segment.TrainOptions{
		Columns: []string{"spent"}, Value: []string{"spent"}, K: 3, Weights: []float64{1, 1, 2, 1, 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	for i, cluster := range trained.Clustering.Labels() {
		fmt.Println(i, trained.Tier(cluster))
	}
	fmt.Println(trained.Clustering.Counts())
	// Output:
	// 0 Bronze
	// 1 Platinum
	// 2 Bronze
	// 3 Platinum
	// 4 Gold
	// [2 1 3]
}
