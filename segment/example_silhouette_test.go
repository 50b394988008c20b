package segment_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// Two groups and a row between them.
var exampleRows = mat.NewDense(7, 2, []float64{
	0, 0,
	0, 1,
	1, 0,
	5, 5,
	9, 9,
	9, 8,
	8, 9,
})

func ExampleSilhouette() {
	s, err := segment.Silhouette(context.Background(), exampleRows, []int{0, 0, 0, 0, 1, 1, 1}, segment.SilhouetteOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("mean %.3f\n", s.Mean)
	fmt.Printf("per cluster %.3f\n", s.PerCluster)
	fmt.Printf("the row between %.3f\n", s.PerRow[3])
	// Output:
	// mean 0.671
	// per cluster [0.508 0.888]
	// the row between -0.212
}

// Which number of clusters fits best? All are judged in one pass.
func ExampleSilhouettes() {
	scores, err := segment.Silhouettes(context.Background(), exampleRows, [][]int{
		{0, 0, 0, 1, 1, 1, 1},
		{0, 0, 0, 1, 2, 2, 2},
		{0, 0, 0, 1, 2, 2, 3},
	}, segment.SilhouetteOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range scores {
		fmt.Printf("%d clusters: %.3f\n", len(s.Clusters), s.Mean)
	}
	// Output:
	// 2 clusters: 0.750
	// 3 clusters: 0.689
	// 4 clusters: 0.396
}

func ExampleSilhouetteScores() {
	// Labels keep their names, whatever numbers they are.
	s, err := segment.Silhouette(context.Background(), exampleRows, []int{70, 70, 70, 20, 20, 20, 20}, segment.SilhouetteOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for c, label := range s.Clusters {
		fmt.Printf("cluster %d: %.2f\n", label, s.PerCluster[c])
	}
	// Output:
	// cluster 20: 0.64
	// cluster 70: 0.89
}

// The row between counts twice.
func ExampleSilhouetteOptions() {
	labels, weights := []int{0, 0, 0, 0, 1, 1, 1}, []float64{1, 1, 1, 2, 1, 1, 1}
	s, err := segment.Silhouette(context.Background(), exampleRows, labels, segment.SilhouetteOptions{Weights: weights})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("mean %.3f, the row between %.3f\n", s.Mean, s.PerRow[3])
	// Output: mean 0.592, the row between 0.048
}
