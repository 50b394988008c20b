package segmenttest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

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

// disturbed is a Stream whose blocks do something before some passes.
func disturbed(x *mat.Dense, disturb func(pass int64) error) *segment.Stream {
	s := streamOf(x)
	blocks := s.Blocks
	var passes atomic.Int64
	s.Blocks = func(yield func([]float64, error) bool) {
		if err := disturb(passes.Add(1)); err != nil {
			yield(nil, err)
			return
		}
		blocks(yield)
	}
	return s
}

// Passes that are tried again within a limit of time, as those of an engine are.
func TestRetry(t *testing.T) {
	type fault = func(t *testing.T, x *mat.Dense) segment.Source
	with := func(disturb func(ctx context.Context, pass int64) error) fault {
		return func(t *testing.T, x *mat.Dense) segment.Source {
			return segment.Retry(disturbed(x, func(pass int64) error { return disturb(t.Context(), pass) }),
				segment.RetryOptions{Tries: 2, Limit: 100 * time.Millisecond})
		}
	}
	died := errors.New("the worker died")
	hang := func(ctx context.Context) error {
		select { // the end of the test, lest its goroutine be left
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
		return ctx.Err()
	}
	segmenttest.Source(t, with(func(context.Context, int64) error { return nil }), segmenttest.Options{
		Rows:  5000,
		Limit: 2 * time.Second,
		Skip:  map[string]string{"ordered sample": "a reservoir draws by the place of rows"},
		Faults: map[segmenttest.Fault]fault{
			segmenttest.FailOnce: with(func(_ context.Context, pass int64) error {
				if pass == 2 {
					return died
				}
				return nil
			}),
			segmenttest.HangOnce: with(func(ctx context.Context, pass int64) error {
				if pass == 2 {
					return hang(ctx)
				}
				return nil
			}),
			segmenttest.FailAlways: with(func(context.Context, int64) error { return died }),
			segmenttest.HangAlways: with(func(ctx context.Context, _ int64) error { return hang(ctx) }),
		},
	})
}
