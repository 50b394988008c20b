package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// broken is a Stream of which something is spoiled.
type broken struct {
	*segment.Stream
	sample     func(s *segment.Stream, ctx context.Context, rows int, seed uint64) (*mat.Dense, error)
	statistics func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error)
	inexact    bool
}

func (b *broken) Exact() bool { return !b.inexact }

func (b *broken) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	if b.sample != nil {
		return b.sample(b.Stream, ctx, rows, seed)
	}
	return b.Stream.Sample(ctx, rows, seed)
}

func (b *broken) Statistics(ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
	if b.statistics != nil {
		return b.statistics(b.Stream, ctx, sets)
	}
	return b.Stream.Statistics(ctx, sets)
}

// answering returns a maker of sources with the given Statistics.
func answering(f func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error)) func(*mat.Dense) segment.Source {
	return func(x *mat.Dense) segment.Source { return &broken{Stream: stream(x), statistics: f} }
}

// spoiled returns a maker of sources whose answers are changed.
func spoiled(change func(x *mat.Dense, sets []*mat.Dense, answers []segment.SufficientStatistics)) func(*mat.Dense) segment.Source {
	return func(x *mat.Dense) segment.Source {
		return answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			answers, err := s.Statistics(ctx, clones(sets))
			if err == nil {
				change(x, sets, answers)
			}
			return answers, err
		})(x)
	}
}

// between moves some of a sum from one cluster to another: the total stays.
func between(s segment.SufficientStatistics) {
	s.Sums.Set(0, 0, s.Sums.At(0, 0)+0.25)
	s.Sums.Set(1, 0, s.Sums.At(1, 0)-0.25)
}

// sampling returns a maker of sources with the given Sample.
func sampling(f func(s *segment.Stream, ctx context.Context, rows int, seed uint64) (*mat.Dense, error)) func(*mat.Dense) segment.Source {
	return func(x *mat.Dense) segment.Source { return &broken{Stream: stream(x), sample: f} }
}

// naive adds up in the order of the rows.
func naive(x *mat.Dense, sets []*mat.Dense, answers []segment.SufficientStatistics) {
	for i, c := range sets {
		answers[i].Sums.Zero()
		clear(answers[i].Counts)
		for r := range x.RawMatrix().Rows {
			row := x.RawRowView(r)
			q, _ := nearest(row, c)
			answers[i].Counts[q]++
			for j, v := range row {
				answers[i].Sums.Set(q, j, answers[i].Sums.At(q, j)+v)
			}
		}
	}
}

// finiteOnly leaves out rows with values that are not finite.
func finiteOnly(x *mat.Dense) *mat.Dense {
	var kept []float64
	n, d := x.Dims()
	for i := range n {
		if !slices.ContainsFunc(x.RawRowView(i), func(v float64) bool { return v-v != 0 }) {
			kept = append(kept, x.RawRowView(i)...)
		}
	}
	return mat.NewDense(len(kept)/d, d, kept)
}

// summarized has a summary.
type summarized struct {
	*segment.Stream
	summary func(points int) (*mat.Dense, []float64)
}

func (s summarized) Summary(_ context.Context, points int, _ uint64) (*mat.Dense, []float64, error) {
	x, weights := s.summary(points)
	return x, weights, nil
}

// Each fault of a source is found by the check that is named for it.
func TestBrokenSources(t *testing.T) {
	without := func(x *mat.Dense) segment.Source {
		n, d := x.Dims()
		if n > 1 {
			x = x.Slice(0, n-1, 0, d).(*mat.Dense)
		}
		return stream(mat.DenseCopyOf(x))
	}
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	var lock sync.Mutex
	var shared []*mat.Dense
	for _, c := range []struct {
		fault, check, says string
		make               func(x *mat.Dense) segment.Source
	}{
		{"loses a row", "statistics", "rows are counted", without},
		{"counts a row twice", "statistics", "rows are counted", func(x *mat.Dense) segment.Source {
			var twice mat.Dense
			twice.Stack(x, x.Slice(0, 1, 0, x.RawMatrix().Cols))
			return stream(&twice)
		}},
		{"adds in the order of rows", "statistics", "of an exact source", spoiled(naive)},
		{"adds in the order of rows", "order", "in another order", spoiled(naive)},
		{"inertia of the mean", "statistics", "inertia", spoiled(func(_ *mat.Dense, _ []*mat.Dense, a []segment.SufficientStatistics) { a[0].Inertia[0] *= 1 + 1e-9 })},
		{"no statistics before a sample", "statistics", "without a Sample", func(x *mat.Dense) segment.Source {
			sampled := false
			b := sampling(func(s *segment.Stream, ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
				sampled = true
				return s.Sample(ctx, rows, seed)
			})(x).(*broken)
			b.statistics = func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
				if !sampled {
					return nil, errors.New("not sampled")
				}
				return s.Statistics(ctx, sets)
			}
			return b
		}},
		{"ties to the highest", "ties", "rows are counted", func(x *mat.Dense) segment.Source {
			return answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
				for _, c := range sets {
					upsideDown(c)
				}
				answers, err := s.Statistics(ctx, sets)
				for _, a := range answers {
					slices.Reverse(a.Counts)
					slices.Reverse(a.Inertia)
					upsideDown(a.Sums)
				}
				return answers, err
			})(x)
		}},
		{"sets mixed up", "sets", "of other dimensions", spoiled(func(_ *mat.Dense, _ []*mat.Dense, a []segment.SufficientStatistics) { slices.Reverse(a) })},
		{"one answer for all passes", "sets", "changed by the passes after it", func() func(*mat.Dense) segment.Source {
			var room segment.SufficientStatistics
			return spoiled(func(_ *mat.Dense, _ []*mat.Dense, a []segment.SufficientStatistics) {
				if room.Sums == nil || room.Sums.RawMatrix().Rows != 3 {
					room = a[len(a)-1]
				} else if len(a) == 1 && len(a[0].Counts) == 3 {
					room.Counts[0]++
				}
			})
		}()},
		{"64 sets at most", "many sets", "64 answers", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			return s.Statistics(ctx, sets[:min(64, len(sets))])
		})},
		{"other rows in each pass", "order", "the same rows again", func(x *mat.Dense) segment.Source {
			passes := 0.0
			return spoiled(func(_ *mat.Dense, _ []*mat.Dense, a []segment.SufficientStatistics) {
				passes++
				a[0].Sums.Set(0, 0, a[0].Sums.At(0, 0)+passes)
			})(x)
		}},
		{"sample of the first rows", "uniform sample", "χ²", sampling(func(s *segment.Stream, ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
			all, err := s.Sample(ctx, 1<<20, seed)
			if err != nil {
				return nil, err
			}
			n, d := all.Dims()
			return mat.DenseCopyOf(all.Slice(0, min(n, rows), 0, d)), nil
		})},
		{"sample with a row twice", "sample", "more often than there", sampling(func(s *segment.Stream, ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
			x, err := s.Sample(ctx, rows, seed)
			if err == nil && x.RawMatrix().Rows < 300 {
				x.SetRow(1, x.RawRowView(0))
				x.SetRow(2, x.RawRowView(0))
			}
			return x, err
		})},
		{"sample of made rows", "sample", "none of these", sampling(func(s *segment.Stream, ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
			x, err := s.Sample(ctx, rows, seed)
			if err == nil {
				x.Set(0, 0, x.At(0, 0)+1e-9)
			}
			return x, err
		})},
		{"sample without the seed", "sample", "another seed has the same", sampling(func(s *segment.Stream, ctx context.Context, rows int, _ uint64) (*mat.Dense, error) {
			return s.Sample(ctx, rows, 0)
		})},
		{"sample by place", "ordered sample", "another sample", func(x *mat.Dense) segment.Source { return stream(x) }},
		{"summary that loses weight", "summary", "the weights add up to", func(x *mat.Dense) segment.Source {
			return summarized{stream(x), func(points int) (*mat.Dense, []float64) {
				n, d := x.Dims()
				return mat.DenseCopyOf(x.Slice(n-points, n, 0, d)), slices.Repeat([]float64{1}, points)
			}}
		}},
		{"summary without far rows", "summary", "three rows lie there", func(x *mat.Dense) segment.Source {
			return summarized{stream(x), func(points int) (*mat.Dense, []float64) {
				n, d := x.Dims()
				return mat.DenseCopyOf(x.Slice(n-points, n, 0, d)), slices.Repeat([]float64{float64(n) / float64(points)}, points)
			}}
		}},
		{"deaf to the context", "cancelled", "no error", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			return s.Statistics(context.WithoutCancel(ctx), sets)
		})},
		{"no cause", "cancelled", "the cause of the context", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return s.Statistics(ctx, sets)
		})},
		{"error of its own", "cancelled", "want context.Canceled", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			if ctx.Err() != nil {
				return nil, errors.New("57014")
			}
			return s.Statistics(ctx, sets)
		})},
		{"spoiled by a cancel", "cancelled", "after one that was cancelled", func(x *mat.Dense) segment.Source {
			ended := false
			return answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
				if ended {
					return nil, errors.New("bad connection")
				}
				ended = ctx.Err() != nil
				return s.Statistics(ctx, sets)
			})(x)
		}},
		{"deaf once at work", "cancelled at work", "came back", func(x *mat.Dense) segment.Source {
			passes := 0
			return answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
				if len(sets) == 9 {
					if passes++; passes == 2 {
						time.Sleep(300 * time.Millisecond)
					}
				}
				return s.Statistics(ctx, sets)
			})(x)
		}},
		{"leaves goroutines", "goroutines", "more goroutines", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			go func() { <-released }()
			return s.Statistics(ctx, sets)
		})},
		{"leaves goroutines when cancelled", "goroutines", "more goroutines", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			answers, err := s.Statistics(ctx, sets)
			if context.Cause(ctx) == errOperator {
				go func() { <-released }()
			}
			return answers, err
		})},
		{"passes NaN on", "not finite", "no error", func(x *mat.Dense) segment.Source { return stream(finiteOnly(x)) }},
		{"does not name the column", "not finite", "the name of the column", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			answers, err := s.Statistics(ctx, sets)
			if errors.Is(err, segment.ErrNotFinite) {
				err = segment.ErrNotFinite
			}
			return answers, err
		})},
		{"answers no rows", "no rows", "want ErrEmpty", func(x *mat.Dense) segment.Source {
			if x.IsEmpty() {
				return stream(mat.NewDense(1, 2, nil))
			}
			return stream(x)
		}},
		{"equal rows are one", "few rows", "equal rows", func(x *mat.Dense) segment.Source { return stream(x.Slice(0, 1, 0, x.RawMatrix().Cols).(*mat.Dense)) }},
		{"squares overflow", "magnitudes", "ErrOverflow would do", func(x *mat.Dense) segment.Source {
			return answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
				answers, err := s.Statistics(ctx, clones(sets))
				if errors.Is(err, segment.ErrOverflow) {
					k, d := sets[0].Dims()
					return []segment.SufficientStatistics{{Counts: make([]float64, k), Sums: mat.NewDense(k, d, nil), Inertia: make([]float64, k)}}, nil
				}
				return answers, err
			})(x)
		}},
		{"squares cancel", "magnitudes", "about 1e9", spoiled(func(x *mat.Dense, sets []*mat.Dense, a []segment.SufficientStatistics) {
			for i, c := range sets {
				clear(a[i].Inertia)
				for r := range x.RawMatrix().Rows {
					q, _ := nearest(x.RawRowView(r), c)
					for j, v := range x.RawRowView(r) {
						a[i].Inertia[q] += v*v - 2*v*c.At(q, j) + c.At(q, j)*c.At(q, j)
					}
				}
			}
		})},
		{"takes any width", "wrong questions", "wrong shape", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			for i, c := range sets {
				k, d := c.Dims()
				sets[i] = c.Slice(0, k, 0, min(d, s.Cols)).(*mat.Dense)
			}
			return s.Statistics(ctx, sets)
		})},
		{"centroids move", "fit from centroids", "MaxIter 2", spoiled(func(_ *mat.Dense, _ []*mat.Dense, a []segment.SufficientStatistics) {
			between(a[0])
		})},
		{"samples one group", "fit", "of a Stream", sampling(func(s *segment.Stream, ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
			all, err := s.Sample(ctx, rows, seed)
			if err != nil {
				return nil, err
			}
			var some []float64
			for i := 0; i < all.RawMatrix().Rows; i += 4 {
				some = append(some, all.RawRowView(i)...)
			}
			return mat.NewDense(len(some)/s.Cols, s.Cols, some), nil
		})},
		{"one fit at a time", "concurrent use", "", answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			lock.Lock()
			shared = sets
			lock.Unlock()
			time.Sleep(time.Millisecond)
			lock.Lock()
			sets = clones(shared)
			lock.Unlock()
			return s.Statistics(ctx, sets)
		})},
	} {
		t.Run(c.fault+", "+c.check, func(t *testing.T) {
			s := &sources{Options: Options{Rows: 2000, prompt: 200 * time.Millisecond}.withDefaults(), make: func(_ *testing.T, x *mat.Dense) segment.Source { return c.make(x) }}
			caught(t, sourceChecks, s, c.check, c.says)
		})
	}
}

// caught runs a check, which has to find something.
func caught[S any](t *testing.T, checks []check[S], s S, name, says string) {
	t.Helper()
	i := slices.IndexFunc(checks, func(c check[S]) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("there is no check %q", name)
	}
	if err := checks[i].run(t, s); err == nil || errors.Is(err, errNotApplicable) || !strings.Contains(err.Error(), says) {
		t.Errorf("the check %q found %v; want an error that says %q", name, err, says)
	}
}

// upsideDown reverses the rows of x.
func upsideDown(x *mat.Dense) {
	k, _ := x.Dims()
	for i, c := range slices.Backward(sliceOf(mat.DenseCopyOf(x))) {
		x.SetRow(k-1-i, c)
	}
}

func sliceOf(x *mat.Dense) [][]float64 {
	out := make([][]float64, x.RawMatrix().Rows)
	for i := range out {
		out[i] = x.RawRowView(i)
	}
	return out
}

// Rows on the border of parts that are read twice, or not at all.
func TestBrokenParts(t *testing.T) {
	for name, step := range map[string]int{"read twice": -1, "not read": 1} {
		t.Run(name, func(t *testing.T) {
			caught(t, sourceChecks, &sources{Options: Options{Parts: func(_ *testing.T, parts []*mat.Dense) segment.Source {
				var all []float64
				d := 0
				for _, x := range parts {
					if x == nil {
						continue
					}
					n, width := x.Dims()
					if d = width; n > 30 && step > 0 {
						all = append(all, x.RawMatrix().Data[d:]...)
						continue
					}
					if all = append(all, x.RawMatrix().Data...); n > 30 && step < 0 {
						all = append(all, x.RawRowView(n-1)...)
					}
				}
				return stream(mat.NewDense(len(all)/d, d, all))
			}}.withDefaults()}, "parts", "rows are counted")
		})
	}
}

// plainFault is a source of rows that fails as told in a pass of Statistics.
func plainFault(x *mat.Dense, fault func(pass int, ctx context.Context, answers []segment.SufficientStatistics) error) segment.Source {
	passes := 0
	return answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
		answers, err := s.Statistics(ctx, sets)
		if err == nil {
			passes++
			err = fault(passes, ctx, answers)
		}
		return answers, err
	})(x)
}

// Sources that bear a fault as they should, and others that do not.
func TestFaults(t *testing.T) {
	type answers = []segment.SufficientStatistics
	hang := func(_ int, ctx context.Context, _ answers) error {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), context.Cause(ctx))
		case <-time.After(150 * time.Millisecond): // a limit of its own
			return errors.New("the limit of the pass is over")
		}
	}
	wrong := func(pass int, _ context.Context, a answers) error {
		if pass == 2 {
			a[0].Counts[0]--
		}
		return nil
	}
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	stuck := func(int, context.Context, answers) error { <-released; return errors.New("released") }
	once := func(pass int, _ context.Context, _ answers) error {
		if pass == 1 {
			return errors.New("the worker died")
		}
		return nil
	}
	never := func(int, context.Context, answers) error { return nil }
	always := func(int, context.Context, answers) error { return errors.New("down") }
	changed := func(pass int, _ context.Context, _ answers) error {
		if pass > 1 {
			return fmt.Errorf("%w: other rows", segment.ErrSource)
		}
		return nil
	}
	for f, c := range map[Fault]struct {
		good, bad func(pass int, ctx context.Context, answers answers) error
		says      string
	}{
		FailOnce:     {once, wrong, "a wrong answer"},
		KillOnce:     {once, always, "no pass of four"},
		HangOnce:     {once, stuck, "does not come back"},
		CutOnce:      {once, wrong, "a wrong answer"},
		FailAlways:   {always, never, "4 passes of four are answered"},
		HangAlways:   {hang, stuck, "does not come back"},
		OtherVersion: {always, wrong, "a wrong answer"},
		Twice:        {never, wrong, "a wrong answer"},
		Late:         {once, wrong, "a wrong answer"},
		LoseRow:      {changed, never, "want ErrSource"},
		AddRow:       {changed, never, "want ErrSource"},
		ChangeRow:    {changed, never, "want ErrSource"},
	} {
		t.Run(string(f), func(t *testing.T) {
			i := slices.IndexFunc(faultChecks, func(c check[*sources]) bool { return c.name == string(f) })
			suite := func(fault func(int, context.Context, answers) error) *sources {
				return &sources{Options: Options{Limit: 400 * time.Millisecond, Faults: map[Fault]func(*testing.T, *mat.Dense) segment.Source{
					f: func(_ *testing.T, x *mat.Dense) segment.Source {
						b := plainFault(x, fault).(*broken)
						b.inexact = true // so that nothing but the check sees it
						return b
					},
				}}.withDefaults()}
			}
			if err := faultChecks[i].run(t, suite(c.good)); err != nil {
				t.Errorf("a source that bears it: %v", err)
			}
			caught(t, faultChecks, suite(c.bad), string(f), c.says)
			if err := faultChecks[i].run(t, &sources{}); !errors.Is(err, errNotApplicable) {
				t.Errorf("without the fault: %v", err)
			}
		})
	}
}

// A number that is not finite is near no other.
func TestNear(t *testing.T) {
	nan := math.NaN()
	if near([]float64{nan}, []float64{nan}, 1) || near([]float64{1}, []float64{1, 2}, 1) || !near([]float64{1, 2}, []float64{1, 2 + 1e-13}, 1e-12) {
		t.Error("near is wrong")
	}
}
