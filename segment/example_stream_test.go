package segment_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// Rows come from wherever they can be read again: here from a slice, in blocks
// of two.
func ExampleStream() {
	rows := []float64{1, 2, 1, 4, 1, 0, 10, 2, 10, 4, 10, 0}
	stream := &segment.Stream{Cols: 2, Blocks: func(yield func([]float64, error) bool) {
		for block := range slices.Chunk(rows, 2*2) {
			if !yield(block, nil) {
				return
			}
		}
	}}
	clusters, err := segment.KMeansPP{K: 2, Init: mat.NewDense(2, 2, []float64{0, 0, 12, 3})}.FitStream(context.Background(), stream)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mat.Formatted(clusters.Centroids()))
	fmt.Println(clusters.Counts(), clusters.Inertia())

	// There are no labels of rows that are not kept: predict block by block.
	for block, err := range stream.Blocks {
		if err != nil {
			log.Fatal(err)
		}
		labels, err := clusters.Predict(context.Background(), mat.NewDense(len(block)/2, 2, block))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(labels)
	}
	// Output:
	// ⎡ 1   2⎤
	// ⎣10   2⎦
	// [3 3] 16
	// [0 0]
	// [0 1]
	// [1 1]
}

// A file of four rows and two columns, of any length in earnest: os.Open gives
// what Columns reads.
func ExampleColumnFile() {
	var file bytes.Buffer // numpy: x.T.tofile("rows.f64")
	for _, column := range [][]float64{{1, 2, 9, 10}, {5, 5, 7, 7}} {
		if err := binary.Write(&file, binary.LittleEndian, column); err != nil {
			log.Fatal(err)
		}
	}
	stream := &segment.Stream{Cols: 2, Blocks: segment.ColumnFile(bytes.NewReader(file.Bytes()), 4, 2)}
	clusters, err := segment.KMeansPP{K: 2, Init: mat.NewDense(2, 2, []float64{0, 5, 9, 5})}.FitStream(context.Background(), stream)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mat.Formatted(clusters.Centroids()))
	// Output:
	// ⎡1.5    5⎤
	// ⎣9.5    7⎦
}

// branches is a Source of rows that stay where they are, in several places, each
// of which answers for its own.
type branches []segment.Source

func (b branches) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	all := &mat.Dense{}
	for i, branch := range b {
		part, err := branch.Sample(ctx, max(1, rows/len(b)), seed)
		if err != nil {
			return nil, fmt.Errorf("branch %d: %w", i, err)
		}
		if i == 0 {
			all = part
			continue
		}
		var both mat.Dense
		both.Stack(all, part)
		all = &both
	}
	return all, nil
}

func (b branches) Statistics(ctx context.Context, centroids []*mat.Dense) ([]segment.SufficientStatistics, error) {
	var all []segment.SufficientStatistics
	for i, branch := range b {
		part, err := branch.Statistics(ctx, centroids)
		if err != nil {
			return nil, fmt.Errorf("branch %d: %w", i, err)
		}
		if i == 0 {
			all = part
			continue
		}
		for s := range all {
			all[s].Sums.Add(all[s].Sums, part[s].Sums)
			for q := range all[s].Counts {
				all[s].Counts[q] += part[s].Counts[q]
				all[s].Inertia[q] += part[s].Inertia[q]
			}
		}
	}
	return all, nil
}

func ExampleSource() {
	shop := func(rows ...float64) segment.Source {
		return &segment.Stream{Cols: 1, Blocks: func(yield func([]float64, error) bool) { yield(rows, nil) }}
	}
	everywhere := branches{shop(1, 2, 30), shop(3, 31, 32)}
	clusters, err := segment.KMeansPP{K: 2, Init: mat.NewDense(2, 1, []float64{0, 40})}.FitStream(context.Background(), everywhere)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(clusters.Centroids().RawMatrix().Data, clusters.Counts())
	// Output:
	// [2 31] [3 3]
}

// What another machine or a database answers for two rows near each of two
// centroids.
func ExampleSufficientStatistics() {
	stream := &segment.Stream{Cols: 1, Blocks: func(yield func([]float64, error) bool) { yield([]float64{1, 3, 8, 10}, nil) }}
	sums, err := stream.Statistics(context.Background(), []*mat.Dense{mat.NewDense(2, 1, []float64{2, 9})})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sums[0].Counts, sums[0].Sums.RawMatrix().Data, sums[0].Inertia)
	// Output:
	// [2 2] [4 18] [2 2]
}

// All k go through the stream together. Rows here come from a formula.
func ExampleSweep_FitStream() {
	stream := &segment.Stream{Cols: 1, Blocks: func(yield func([]float64, error) bool) {
		for i := range 300 {
			if !yield([]float64{float64(100*(i%3) + i%7)}, nil) {
				return
			}
		}
	}}
	result, err := segment.Sweep{Seed: 1, MaxK: 6}.FitStream(context.Background(), stream)
	if err != nil {
		log.Fatal(err)
	}
	k, by, err := result.Choose(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	clusters, _ := result.Clustering(k)
	fmt.Println(k, by, clusters.Counts())
	// Output:
	// 3 knee [100 100 100]
}

// Rows with weights: the last value of each counts how often it is there.
func ExampleStream_weighted() {
	rows := []float64{1, 3, 4, 1, 20, 2, 26, 1}
	stream := &segment.Stream{Cols: 1, Weighted: true, Blocks: func(yield func([]float64, error) bool) { yield(rows, nil) }}
	clusters, err := segment.KMeansPP{K: 2, Init: mat.NewDense(2, 1, []float64{1, 20})}.FitStream(context.Background(), stream)
	if err != nil {
		panic(err)
	}
	fmt.Println(clusters.Centroids().RawMatrix().Data, clusters.Counts(), clusters.Inertia())
	// Output: [1.75 22] [4 3] 30.75
}

// A source that fails now and then: here the first pass does.
func ExampleRetry() {
	stream := &segment.Stream{Cols: 1, Blocks: func(yield func([]float64, error) bool) { yield([]float64{1, 2, 30, 31}, nil) }}
	source := segment.Retry(&unsteady{Source: stream}, segment.RetryOptions{Tries: 2, Limit: time.Minute})
	clusters, err := segment.KMeansPP{K: 2, Init: mat.NewDense(2, 1, []float64{0, 40})}.FitStream(context.Background(), source)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(clusters.Centroids().RawMatrix().Data)
	// Output: [1.5 30.5]
}

type unsteady struct {
	segment.Source
	passes int
}

func (u *unsteady) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	if u.passes++; u.passes == 1 {
		return nil, errors.New("connection reset by peer")
	}
	return u.Source.Sample(ctx, rows, seed)
}

// A runner whose workers have ten minutes for each pass.
func ExampleRetryRunner() {
	blocks := func(yield func([]float64, error) bool) { yield([]float64{1, 2, 30, 31}, nil) }
	runner := segment.RetryRunner(&segment.Local{Cols: 1, Blocks: blocks}, segment.RetryOptions{Limit: 10 * time.Minute})
	tally, err := runner.Run(context.Background(), &segment.Pass{Columns: []string{"spent"}, Extent: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tally.Rows(), tally.Extent().Greatest)
	// Output: 4 [31]
}

// How long a pass may take.
func ExampleRetryOptions() {
	o := segment.RetryOptions{Tries: 5, Limit: 90 * time.Second}
	fmt.Println(o.Tries, o.Limit)
	// Output: 5 1m30s
}
