package segment_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/segmenttest"
)

// blocksOfMatrix returns the rows of x, 100 at a time.
func blocksOfMatrix(x *mat.Dense) func(yield func([]float64, error) bool) {
	return func(yield func([]float64, error) bool) {
		n, d := x.Dims()
		for at := 0; at < n; at += 100 {
			if !yield(x.RawMatrix().Data[at*d:min(at+100, n)*d], nil) {
				return
			}
		}
	}
}

func TestDistribute(t *testing.T) {
	segmenttest.Dataset(t, func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
		return segment.Distribute(columns, &segment.Local{Cols: len(columns), Blocks: blocksOfMatrix(rows)})
	}, segmenttest.Options{})
}

func TestStreamDataset(t *testing.T) {
	segmenttest.Dataset(t, func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
		return segment.StreamDataset(columns, blocksOfMatrix(rows), 0)
	}, segmenttest.Options{Skip: map[string]string{"ordered sample": "a Stream draws its sample by the order of the rows"}})
}
