package segment

import (
	"context"
	"iter"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// Dataset is rows of named, raw columns, wherever they are, that a Model can be trained
// on.
type Dataset interface {
	preprocess.Aggregator

	// Columns returns the names of the raw columns.
	Columns() []string

	// Source returns the rows behind a fitted pipeline; nil: as they are.
	Source(pipeline *preprocess.FittedPipeline) (Source, error)

	// Clusters returns sums of the raw columns by the nearest of the k centroids behind
	// the pipeline.
	Clusters(ctx context.Context, pipeline *preprocess.FittedPipeline, centroids *mat.Dense) (ClusterSums, error)
}

// ClusterSums are the sums of d columns by cluster.
type ClusterSums struct {
	Counts []int              // k: rows
	Known  [][]int            // k×d: values that are not missing
	Sums   [][]preprocess.Sum // k×d
}

// Exacter is a Source that can tell whether its counts and sums are exact, each sum
// rounded once: they do not depend on the order of the rows then, and the grand totals
// of all passes agree.
type Exacter interface{ Exact() bool }

// Summarizer is a Source that has weighted points which stand for all rows, so that no
// row has to leave its place.
type Summarizer interface {
	Summary(ctx context.Context, points int, seed uint64) (x *mat.Dense, weights []float64, err error)
}

// Runner runs a pass over all rows, wherever they are.
type Runner interface {
	Run(ctx context.Context, p *Pass) (*Tally, error)
}

// Distribute returns the Dataset of the rows of a Runner.
func Distribute(columns []string, r Runner) Dataset { return nil }

// StreamDataset returns the Dataset of blocks of whole rows in this process.
func StreamDataset(columns []string, blocks iter.Seq2[[]float64, error], workers int) Dataset {
	return nil
}
