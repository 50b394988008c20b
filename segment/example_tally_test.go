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

// A tally of no rows is that of a worker that had none.
func ExampleNewTally() {
	tally, err := segment.NewTally(&segment.Pass{Columns: exampleColumns, Extent: true})
	if err != nil {
		log.Fatal(err)
	}
	if err := tally.Add([]float64{20, 1, 80, 9}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(tally.Rows(), tally.Extent().Greatest)

	_, err = segment.NewTally(&segment.Pass{Columns: exampleColumns, Centroids: []*mat.Dense{mat.NewDense(1, 2, nil)}})
	fmt.Println(err)
	// Output:
	// 2 [80 9]
	// segment: wrong shape: Bounds of 0 columns; there are 2, ["income" "spent"]
}

// A row beyond the bounds is none that the pass before has seen.
func ExampleBound() {
	tally, err := segment.NewTally(&segment.Pass{
		Columns: exampleColumns, Bounds: []segment.Bound{{Least: 0, Greatest: 100}, {Least: 0, Greatest: 10}}, Moments: &preprocess.MomentsOptions{},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tally.Add([]float64{20, 11}))
	// Output: segment: unfit source: row 0, column "spent" is 11; by an earlier pass its values were from 0 to 10
}

// Values from one cut up to the next are counted, and how far they reach.
func ExampleCut() {
	local := &segment.Local{Cols: 2, Blocks: exampleBlocks}
	tally, err := local.Run(context.Background(), &segment.Pass{Columns: exampleColumns, Cuts: [][]float64{nil, {3, 9}}})
	if err != nil {
		log.Fatal(err)
	}
	for _, cut := range tally.Cuts()[1] {
		fmt.Println(cut.Count, "values from", cut.Least, "to", cut.Greatest)
	}
	// Output:
	// 2 values from 1 to 2
	// 1 values from 3 to 3
	// 3 values from 9 to 11
}

// The means of two clusters, of the values that are known.
func ExampleClusterSums() {
	set := segment.StreamDataset(exampleColumns, exampleBlocks, 0)
	sums, err := set.Clusters(context.Background(), nil, mat.NewDense(2, 2, []float64{20, 0, 80, 10}))
	if err != nil {
		log.Fatal(err)
	}
	for q := range sums.Counts {
		fmt.Println(sums.Counts[q], sums.Sums[q][0].High/float64(sums.Known[q][0]), sums.Sums[q][1].High/float64(sums.Known[q][1]))
	}
	// Output:
	// 3 21 2
	// 3 81 10
}

// The sums of a Runner do not depend on who adds them up, in which order.
func ExampleExacter() {
	source, err := segment.Distribute(exampleColumns, &segment.Local{Cols: 2, Blocks: exampleBlocks}).Source(nil)
	if err != nil {
		log.Fatal(err)
	}
	exact, ok := source.(segment.Exacter)
	fmt.Println(ok && exact.Exact())
	// Output: true
}

// shops is a Runner of rows that lie in several shops, each of which tallies its own.
type shops [][]float64

func (s shops) Run(_ context.Context, p *segment.Pass) (*segment.Tally, error) {
	all, err := segment.NewTally(p)
	for _, rows := range s {
		part, _ := segment.NewTally(p)
		if err == nil {
			err = part.Add(rows) // in earnest: there
		}
		if err == nil {
			err = all.Merge(part)
		}
	}
	return all, err
}

// Whatever can run a pass over rows is a place to train.
func ExampleRunner() {
	set := segment.Distribute(exampleColumns, shops{{20, 1, 22, 3}, nil, {21, 2, 80, 9, 82, 11, 81, 10}})
	model, _, err := segment.TrainOn(context.Background(), set, segment.TrainOptions{K: 2, Value: []string{"spent"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, tier := range model.Tiers() {
		fmt.Println(tier.Name, tier.Size)
	}
	// Output:
	// Platinum 3
	// Bronze 3
}

// Rows that come in blocks, of a file say, are read anew in each pass.
func ExampleStreamDataset() {
	passes := 0
	set := segment.StreamDataset(exampleColumns, func(yield func([]float64, error) bool) {
		passes++
		exampleBlocks(yield)
	}, 0)
	extent, err := set.Extent(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(extent.Rows, extent.Least, extent.Greatest, passes)
	// Output: 6 [20 1] [82 11] 1
}

// A model of rows that stay where they are: the same as that of Train.
func ExampleTrainOn() {
	ctx := context.Background()
	set := segment.StreamDataset(exampleColumns, exampleBlocks, 0)
	model, _, err := segment.TrainOn(ctx, set, segment.TrainOptions{K: 2, Value: exampleColumns})
	if err != nil {
		log.Fatal(err)
	}
	p, err := model.Predict([]float64{79, 8})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Rows(), "customers; of income 79:", p.Tier)
	// Output: 6 customers; of income 79: Platinum
}
