package segment_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// exampleBlocks are six customers, two at a time: income in thousands, and money spent.
func exampleBlocks(yield func([]float64, error) bool) {
	for block := range slices.Chunk([]float64{20, 1, 22, 3, 21, 2, 80, 9, 82, 11, 81, 10}, 4) {
		if !yield(block, nil) {
			return
		}
	}
}

var exampleColumns = []string{"income", "spent"}

// Two workers tally their rows, and send what they found as bytes to a third, who
// merges it: the sums are those of all rows, to the bit.
func ExampleTally() {
	pass := &segment.Pass{
		Columns:   exampleColumns,
		Centroids: []*mat.Dense{mat.NewDense(2, 2, []float64{20, 0, 80, 10})},
		Bounds:    []segment.Bound{{Least: 20, Greatest: 82}, {Least: 1, Greatest: 11}},
	}
	var sent [][]byte
	for _, rows := range [][]float64{{20, 1, 80, 9, 82, 11}, {22, 3, 21, 2, 81, 10}} {
		part, err := segment.NewTally(pass)
		if err != nil {
			log.Fatal(err)
		}
		if err := part.Add(rows); err != nil {
			log.Fatal(err)
		}
		data, err := part.MarshalBinary()
		if err != nil {
			log.Fatal(err)
		}
		sent = append(sent, data)
	}
	whole, err := segment.NewTally(pass)
	if err != nil {
		log.Fatal(err)
	}
	for _, data := range sent {
		part, err := segment.NewTally(pass)
		if err != nil {
			log.Fatal(err)
		}
		if err := part.UnmarshalBinary(data); err != nil {
			log.Fatal(err)
		}
		if err := whole.Merge(part); err != nil {
			log.Fatal(err)
		}
	}
	s := whole.Statistics()[0]
	fmt.Println(whole.Rows(), s.Counts, s.Sums.RawMatrix().Data, s.Inertia)
	// Output: 6 [3 3] [63 6 243 30] [19 7]
}

// What a pass asks of the rows of all customers: how far the columns reach, and how many
// values lie below 50 and from there on.
func ExampleLocal() {
	local := &segment.Local{Cols: 2, Blocks: exampleBlocks}
	tally, err := local.Run(context.Background(), &segment.Pass{
		Columns: exampleColumns, Extent: true, Cuts: [][]float64{{50}, nil},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tally.Extent())
	fmt.Println(tally.Cuts()[0])
	// Output:
	// {6 [6 6] [20 1] [82 11]}
	// [{3 20 22} {3 80 82}]
}

// A pass goes to workers as bytes.
func ExamplePass() {
	pass := &segment.Pass{Columns: exampleColumns, Sample: 1000, Seed: 7}
	data, err := pass.MarshalBinary()
	if err != nil {
		log.Fatal(err)
	}
	var received segment.Pass
	if err := received.UnmarshalBinary(data); err != nil {
		log.Fatal(err)
	}
	fmt.Println(received.Columns, received.Sample, received.Seed)
	// Output: [income spent] 1000 7
}

// The bounds of the columns come from an earlier pass.
func ExampleBoundsOf() {
	bounds := segment.BoundsOf(preprocess.Extent{Rows: 2, Known: []int{2}, Least: []float64{-1}, Greatest: []float64{4}})
	fmt.Println(bounds)
	// Output: [{-1 4}]
}

// Cells of a grid stand for rows: here for three of a group each, by their mean.
func ExampleCells() {
	local := &segment.Local{Cols: 2, Blocks: exampleBlocks}
	bounds := []segment.Bound{{Least: 20, Greatest: 82}, {Least: 1, Greatest: 11}}
	tally, err := local.Run(context.Background(), &segment.Pass{
		Columns: exampleColumns, Bounds: bounds, Cells: &segment.Cells{Box: bounds, Most: 2},
	})
	if err != nil {
		log.Fatal(err)
	}
	x, weights := tally.Cells()
	fmt.Println(x.RawMatrix().Data, weights)
	// Output: [21 2 81 10] [3 3]
}

// Customers whose rows only a Runner reaches are clustered, and their sums are asked for
// by cluster.
func ExampleDistribute() {
	ctx := context.Background()
	set := segment.Distribute(exampleColumns, &segment.Local{Cols: 2, Blocks: exampleBlocks})
	source, err := set.Source(nil)
	if err != nil {
		log.Fatal(err)
	}
	clusters, err := segment.KMeansPP{K: 2, Init: mat.NewDense(2, 2, []float64{0, 0, 90, 0})}.FitStream(ctx, source)
	if err != nil {
		log.Fatal(err)
	}
	sums, err := set.Clusters(ctx, nil, mat.DenseCopyOf(clusters.Centroids()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(clusters.Counts(), source.(segment.Exacter).Exact())
	fmt.Println(sums.Counts, sums.Sums[1][0].High/float64(sums.Known[1][0]))
	// Output:
	// [3 3] true
	// [3 3] 81
}

// The median of a column of rows that stay where they are, and sums of it.
func ExampleDataset() {
	ctx := context.Background()
	var set segment.Dataset = segment.StreamDataset(exampleColumns, exampleBlocks, 1)
	ranks, err := set.Ranks(ctx, nil, [][]int{{2, 3}, nil})
	if err != nil {
		log.Fatal(err)
	}
	moments, err := set.Moments(ctx, nil, preprocess.MomentsOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Columns(), ranks[0], moments.Sums[0].High, moments.Squares[0].High)
	// Output: [income spent] [22 80] 306 21010
}

// Weighted points stand for all rows.
func ExampleSummarizer() {
	source, err := segment.Distribute(exampleColumns, &segment.Local{Cols: 2, Blocks: exampleBlocks}).Source(nil)
	if err != nil {
		log.Fatal(err)
	}
	_, weights, err := source.(segment.Summarizer).Summary(context.Background(), 4, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(weights) <= 4, weights)
	// Output: true [2 1 2 1]
}
