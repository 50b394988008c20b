package segmenttest_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/segmenttest"
)

// workers is a Runner that sends the pass to one worker for each part of the rows, in
// bytes, and merges what comes back in whatever order it does.
type workers struct {
	parts   []*mat.Dense
	runs    atomic.Int64
	disturb func(ctx context.Context, run int64, parts []*mat.Dense, results [][]byte) ([][]byte, error)
}

func (w *workers) Run(ctx context.Context, p *segment.Pass) (*segment.Tally, error) {
	run := w.runs.Add(1)
	sent, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	parts, results := w.parts, make([][]byte, len(w.parts))
	if w.disturb != nil {
		if _, err := w.disturb(ctx, run, parts, nil); err != nil {
			return nil, err
		}
	}
	for i, x := range parts {
		if err := context.Cause(ctx); err != nil {
			return nil, errors.Join(ctx.Err(), err)
		}
		if results[i], err = work(sent, x); err != nil {
			return nil, err
		}
	}
	rand.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
	if w.disturb != nil {
		if results, err = w.disturb(ctx, run, parts, results); err != nil {
			return nil, err
		}
	}
	return gather(p, results)
}

// work is what a worker does with its rows.
func work(sent []byte, x *mat.Dense) ([]byte, error) {
	var p segment.Pass
	if err := p.UnmarshalBinary(sent); err != nil {
		return nil, err
	}
	t, err := segment.NewTally(&p)
	if err != nil {
		return nil, err
	}
	if x != nil && !x.IsEmpty() {
		if err := t.Add(x.RawMatrix().Data); err != nil {
			return nil, err
		}
	}
	return t.MarshalBinary()
}

// gather merges the results of workers.
func gather(p *segment.Pass, results [][]byte) (*segment.Tally, error) {
	whole, err := segment.NewTally(p)
	if err != nil {
		return nil, err
	}
	for _, data := range results {
		t, err := segment.NewTally(p)
		if err == nil {
			err = t.UnmarshalBinary(data)
		}
		if err == nil {
			err = whole.Merge(t)
		}
		if err != nil {
			return nil, err
		}
	}
	return whole, nil
}

// parted returns the rows of x in n parts and an empty one.
func parted(x *mat.Dense, n int) []*mat.Dense {
	parts := []*mat.Dense{nil}
	if x.IsEmpty() {
		return parts
	}
	rows, d := x.Dims()
	for i := range n {
		if from, to := i*rows/n, (i+1)*rows/n; to > from {
			parts = append(parts, mat.DenseCopyOf(x.Slice(from, to, 0, d)))
		}
	}
	return parts
}

var columns = []string{"income", "spent", "age", "visits", "tenure"}

func sourceOf(t *testing.T, d int, r segment.Runner) segment.Source {
	src, err := segment.Distribute(columns[:d], r).Source(nil)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func widthOf(parts []*mat.Dense) int {
	for _, x := range parts {
		if x != nil {
			return x.RawMatrix().Cols
		}
	}
	return 2
}

func TestLocal(t *testing.T) {
	segmenttest.Dataset(t, func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
		return segment.Distribute(columns, &segment.Local{Cols: len(columns), Blocks: streamOf(rows).Blocks})
	}, segmenttest.Options{})
}

func TestStreamDataset(t *testing.T) {
	segmenttest.Dataset(t, func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
		return segment.StreamDataset(columns, streamOf(rows).Blocks, 0)
	}, segmenttest.Options{
		Skip: map[string]string{"ordered sample": "a reservoir draws by the place of rows"},
	})
}

// Each result of a worker may be lost, late, cut, doubled or of another pass, and its
// rows may change: the answer is right, or an error.
func TestWorkers(t *testing.T) {
	type disturb = func(ctx context.Context, run int64, parts []*mat.Dense, results [][]byte) ([][]byte, error)
	with := func(f disturb) func(t *testing.T, x *mat.Dense) segment.Source {
		return func(t *testing.T, x *mat.Dense) segment.Source {
			return sourceOf(t, x.RawMatrix().Cols, &workers{parts: parted(x, 5), disturb: f})
		}
	}
	within := func(f disturb) func(t *testing.T, x *mat.Dense) segment.Source {
		return func(t *testing.T, x *mat.Dense) segment.Source {
			w := &workers{parts: parted(x, 5), disturb: f}
			return sourceOf(t, x.RawMatrix().Cols, segment.RetryRunner(w, segment.RetryOptions{Tries: 2, Limit: 100 * time.Millisecond}))
		}
	}
	// results of one run, or of all from it on, are changed.
	in := func(from, to int64, change func(results [][]byte) [][]byte) func(t *testing.T, x *mat.Dense) segment.Source {
		return with(func(_ context.Context, run int64, _ []*mat.Dense, results [][]byte) ([][]byte, error) {
			if run >= from && run <= to && results != nil {
				return change(results), nil
			}
			return results, nil
		})
	}
	const always = 1 << 60
	failing := func(from, to int64) disturb {
		return func(_ context.Context, run int64, _ []*mat.Dense, results [][]byte) ([][]byte, error) {
			if run >= from && run <= to {
				return nil, errors.New("the worker died")
			}
			return results, nil
		}
	}
	hanging := func(from, to int64) disturb {
		return func(ctx context.Context, run int64, _ []*mat.Dense, results [][]byte) ([][]byte, error) {
			if run >= from && run <= to {
				<-ctx.Done()
				return nil, errors.Join(ctx.Err(), context.Cause(ctx))
			}
			return results, nil
		}
	}
	changing := func(change func(x *mat.Dense) *mat.Dense) func(t *testing.T, x *mat.Dense) segment.Source {
		return with(func(_ context.Context, run int64, parts []*mat.Dense, results [][]byte) ([][]byte, error) {
			if run == 4 && results == nil {
				parts[2] = change(parts[2])
			}
			return results, nil
		})
	}
	segmenttest.Dataset(t, func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
		return segment.Distribute(columns, &workers{parts: parted(rows, 5)})
	}, segmenttest.Options{
		Parts: func(t *testing.T, parts []*mat.Dense) segment.Source {
			return sourceOf(t, widthOf(parts), &workers{parts: parts})
		},
		Limit: 3 * time.Second,
		Faults: map[segmenttest.Fault]func(t *testing.T, x *mat.Dense) segment.Source{
			segmenttest.FailOnce:   with(failing(2, 2)),
			segmenttest.FailAlways: within(failing(1, always)),
			segmenttest.KillOnce:   in(3, 3, func(r [][]byte) [][]byte { return r[1:] }),
			segmenttest.HangOnce:   within(hanging(2, 2)),
			segmenttest.HangAlways: within(hanging(1, always)),
			segmenttest.CutOnce: in(3, 3, func(r [][]byte) [][]byte {
				r[0] = r[0][:len(r[0])/2]
				return r
			}),
			segmenttest.OtherVersion: in(3, always, func(r [][]byte) [][]byte {
				r[0] = bytes.Clone(r[0])
				r[0][0]++
				return r
			}),
			segmenttest.Twice: in(3, always, func(r [][]byte) [][]byte { return append(r, r[0]) }),
			segmenttest.Late: func(t *testing.T, x *mat.Dense) segment.Source {
				var former [][]byte
				return in(1, always, func(r [][]byte) [][]byte {
					late := former
					if former = r; late == nil {
						return r
					}
					return append([][]byte{late[0]}, r[1:]...)
				})(t, x)
			},
			segmenttest.LoseRow: changing(func(x *mat.Dense) *mat.Dense {
				n, d := x.Dims()
				return mat.DenseCopyOf(x.Slice(1, n, 0, d))
			}),
			segmenttest.AddRow: changing(func(x *mat.Dense) *mat.Dense {
				var more mat.Dense
				more.Stack(x, x.Slice(0, 1, 0, x.RawMatrix().Cols))
				return &more
			}),
			segmenttest.ChangeRow: changing(func(x *mat.Dense) *mat.Dense {
				other := mat.DenseCopyOf(x)
				other.Set(0, 0, other.At(1, 0))
				return other
			}),
		},
	})
}
