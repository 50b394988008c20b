package segmenttest_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/segmenttest"
)

func streamOf(parts ...*mat.Dense) *segment.Stream {
	s := &segment.Stream{Cols: 2}
	for _, x := range parts {
		if x != nil && !x.IsEmpty() {
			_, s.Cols = x.Dims()
		}
	}
	s.Blocks = func(yield func([]float64, error) bool) {
		for _, x := range parts {
			if x == nil || x.IsEmpty() {
				continue
			}
			n, d := x.Dims()
			for i := 0; i < n; i += 1000 {
				if !yield(x.RawMatrix().Data[i*d:min(n, i+1000)*d], nil) {
					return
				}
			}
		}
	}
	return s
}

func TestStream(t *testing.T) {
	segmenttest.Source(t, func(t *testing.T, rows *mat.Dense) segment.Source { return streamOf(rows) }, segmenttest.Options{
		Parts: func(t *testing.T, parts []*mat.Dense) segment.Source { return streamOf(parts...) },
		Skip:  map[string]string{"ordered sample": "a reservoir draws by the place of rows"},
	})
}
