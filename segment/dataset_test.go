package segment_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/segmenttest"
)

// blocksOfMatrix returns the rows of x, 100 at a time.
func blocksOfMatrix(x *mat.Dense) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		n, d := x.Dims()
		for at := 0; at < n; at += 100 {
			if !yield(x.RawMatrix().Data[at*d:min(at+100, n)*d], nil) {
				return
			}
		}
	}
}

// elsewhere is a Runner whose workers are reached by bytes alone, as those of another
// machine are. fault changes what they answer, by the number of the pass.
type elsewhere struct {
	parts  []*mat.Dense
	fault  func(ctx context.Context, pass int, answers [][]byte) ([][]byte, error)
	passes atomic.Int64
}

func (e *elsewhere) Run(ctx context.Context, p *segment.Pass) (*segment.Tally, error) {
	question, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	var answers [][]byte
	for _, x := range e.parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		answer, err := answerOf(question, x)
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
	if pass := int(e.passes.Add(1)); e.fault != nil {
		if answers, err = e.fault(ctx, pass, answers); err != nil {
			return nil, err
		}
	}
	whole, err := segment.NewTally(p)
	if err != nil {
		return nil, err
	}
	for _, data := range answers {
		part, err := segment.NewTally(p)
		if err == nil {
			err = part.UnmarshalBinary(data)
		}
		if err == nil {
			err = whole.Merge(part)
		}
		if err != nil {
			return nil, err
		}
	}
	return whole, ctx.Err()
}

// answerOf is what a worker does.
func answerOf(question []byte, x *mat.Dense) ([]byte, error) {
	var p segment.Pass
	if err := p.UnmarshalBinary(question); err != nil {
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

var fiveColumns = []string{"income", "spent", "age", "visits", "tenure"}

// sourceOf returns the rows of a Runner, each pass of which is tried three times.
func sourceOf(t *testing.T, d int, r segment.Runner) segment.Source {
	t.Helper()
	r = segment.RetryRunner(r, segment.RetryOptions{Limit: 200 * time.Millisecond})
	src, err := segment.Distribute(fiveColumns[:d], r).Source(nil)
	if err != nil {
		t.Fatal(err)
	}
	return src
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

func TestDistributeParts(t *testing.T) {
	once := func(f func(ctx context.Context, answers [][]byte) ([][]byte, error)) func(*testing.T, *mat.Dense) segment.Source {
		return faulty(func(ctx context.Context, pass int, answers [][]byte) ([][]byte, error) {
			if pass != 2 {
				return answers, nil
			}
			return f(ctx, answers)
		})
	}
	broken := errors.New("a worker was lost")
	var former [][]byte
	segmenttest.Source(t, func(t *testing.T, rows *mat.Dense) segment.Source {
		_, d := rows.Dims()
		if d == 0 {
			d = 2
		}
		return sourceOf(t, d, &elsewhere{parts: []*mat.Dense{rows}})
	}, segmenttest.Options{
		Rows: 5000, Limit: 5 * time.Second, Columns: fiveColumns,
		Parts: func(t *testing.T, parts []*mat.Dense) segment.Source {
			d := 0
			for _, x := range parts {
				if x != nil {
					_, d = x.Dims()
				}
			}
			return sourceOf(t, d, &elsewhere{parts: parts})
		},
		Faults: map[segmenttest.Fault]func(*testing.T, *mat.Dense) segment.Source{
			segmenttest.FailOnce: once(func(context.Context, [][]byte) ([][]byte, error) { return nil, broken }),
			segmenttest.KillOnce: once(func(context.Context, [][]byte) ([][]byte, error) { return nil, broken }),
			segmenttest.HangOnce: once(func(ctx context.Context, _ [][]byte) ([][]byte, error) {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			}),
			segmenttest.CutOnce: once(func(_ context.Context, answers [][]byte) ([][]byte, error) {
				answers[0] = answers[0][:len(answers[0])/2]
				return answers, nil
			}),
			segmenttest.FailAlways: faulty(func(context.Context, int, [][]byte) ([][]byte, error) { return nil, broken }),
			segmenttest.HangAlways: faulty(func(ctx context.Context, _ int, _ [][]byte) ([][]byte, error) {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			}),
			segmenttest.OtherVersion: faulty(func(_ context.Context, _ int, answers [][]byte) ([][]byte, error) {
				answers[0][4]++
				return answers, nil
			}),
			segmenttest.Twice: once(func(_ context.Context, answers [][]byte) ([][]byte, error) {
				return append(answers, answers[0]), nil
			}),
			segmenttest.Late: faulty(func(_ context.Context, _ int, answers [][]byte) ([][]byte, error) {
				late := former
				former = slices.Clone(answers)
				if late == nil {
					return answers, nil
				}
				return late, nil
			}),
			segmenttest.LoseRow: others(func(x *mat.Dense) *mat.Dense { return x.Slice(1, x.RawMatrix().Rows, 0, 3).(*mat.Dense) }),
			segmenttest.AddRow: others(func(x *mat.Dense) *mat.Dense {
				return mat.NewDense(x.RawMatrix().Rows+1, 3, append(slices.Clone(x.RawMatrix().Data), x.RawRowView(0)...))
			}),
			segmenttest.ChangeRow: others(func(x *mat.Dense) *mat.Dense {
				x = mat.DenseCopyOf(x)
				x.SetRow(5, x.RawRowView(6))
				return x
			}),
		},
	})
}

// faulty returns makers of sources in two parts.
func faulty(fault func(ctx context.Context, pass int, answers [][]byte) ([][]byte, error)) func(*testing.T, *mat.Dense) segment.Source {
	return func(t *testing.T, x *mat.Dense) segment.Source {
		n, d := x.Dims()
		half := mat.DenseCopyOf(x.Slice(0, n/2, 0, d))
		rest := mat.DenseCopyOf(x.Slice(n/2, n, 0, d))
		return sourceOf(t, d, &elsewhere{parts: []*mat.Dense{half, rest}, fault: fault})
	}
}

// others returns makers of sources whose rows are others from the third pass on.
func others(change func(x *mat.Dense) *mat.Dense) func(*testing.T, *mat.Dense) segment.Source {
	return func(t *testing.T, x *mat.Dense) segment.Source {
		_, d := x.Dims()
		e := &elsewhere{parts: []*mat.Dense{x}}
		changed := mat.DenseCopyOf(change(x))
		e.fault = func(_ context.Context, pass int, answers [][]byte) ([][]byte, error) {
			if pass == 2 {
				e.parts[0] = changed
			}
			return answers, nil
		}
		return sourceOf(t, d, e)
	}
}

// TestRanks holds ranks against sorted columns, and counts the passes.
func TestRanks(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	const n = 20_000
	x := mat.NewDense(n, 5, nil)
	for i := range n {
		x.SetRow(i, []float64{
			rng.NormFloat64(), math.Exp(40 * rng.NormFloat64()), math.Round(3 * rng.NormFloat64()),
			float64(i % 2 * 1e9), math.NaN(),
		})
		if i%3 == 0 {
			x.Set(i, 1, math.NaN())
		}
	}
	x.SetRow(17, []float64{math.MaxFloat64, -math.MaxFloat64, math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.NaN()})
	e := &elsewhere{parts: []*mat.Dense{x}}
	set := segment.Distribute(fiveColumns, e)
	var ranks [][]int
	var want [][]float64
	for j := range 5 {
		values := slices.DeleteFunc(mat.Col(nil, j, x), math.IsNaN)
		slices.Sort(values)
		var of []int
		var at []float64
		if m := len(values); m > 0 {
			of = []int{0, m / 2, (m - 1) / 2, m - 1, m / 10, 9 * m / 10}
		}
		for _, r := range of {
			at = append(at, values[r])
		}
		ranks, want = append(ranks, of), append(want, at)
	}
	got, err := set.Ranks(t.Context(), nil, ranks)
	if err != nil {
		t.Fatal(err)
	}
	for j := range want {
		if !slices.Equal(got[j], want[j]) {
			t.Errorf("column %d: ranks %v are %v, want %v", j, ranks[j], got[j], want[j])
		}
	}
	if passes := e.passes.Load(); passes > 7 {
		t.Errorf("the ranks took %d passes", passes)
	}
	for name, bad := range map[string][][]int{"one column": {{0}}, "beyond": {{n}, nil, nil, nil, nil}, "negative": {{-1}, nil, nil, nil, nil}, "of none": {nil, nil, nil, nil, {0}}} {
		if _, err := set.Ranks(t.Context(), nil, bad); !errors.Is(err, segment.ErrOption) && !errors.Is(err, segment.ErrWidth) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFarCells: few rows far away have cells of their own, wherever they are, and the
// cells are about as many as asked for.
func TestFarCells(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const n = 30_000
	for _, far := range []float64{60, 1e4, 1e9, 1e80} {
		x := mat.NewDense(n, 3, nil)
		for i := range n {
			q := float64(i % 6)
			x.SetRow(i, []float64{3*q + rng.NormFloat64(), rng.NormFloat64() - q, rng.NormFloat64()})
		}
		for i := range 20 {
			x.SetRow(1500*i, []float64{far * (1 + 0.001*rng.Float64()), -far, rng.NormFloat64()})
		}
		src := sourceOf(t, 3, &elsewhere{parts: []*mat.Dense{x}})
		at, weights, err := src.(segment.Summarizer).Summary(t.Context(), 2000, 1)
		if err != nil {
			t.Fatal(err)
		}
		away := 0.0
		for i, w := range weights {
			if row := at.RawRowView(i); row[0] >= far && row[1] <= -far*(1-1e-12) {
				away += w
			} else if row[0] > 40 {
				t.Errorf("%v: a cell holds far rows and others: %v rows about %v", far, w, row)
			}
		}
		if away != 20 || len(weights) > 2000 || len(weights) < 500 {
			t.Errorf("%v: %v rows lie far away in cells of their own, in %d cells", far, away, len(weights))
		}
	}
}

// TestLocal: what a Local cannot do, and what ends it.
func TestLocal(t *testing.T) {
	x := mat.NewDense(40_000, 2, nil)
	for i := range 40_000 {
		x.SetRow(i, []float64{float64(i), 1})
	}
	p := &segment.Pass{Columns: fiveColumns[:2], Extent: true}
	own := errors.New("the file is gone")
	bad := mat.DenseCopyOf(x)
	bad.Set(30_001, 1, math.Inf(1))
	bad.Set(35_001, 0, math.Inf(-1))
	for name, c := range map[string]struct {
		l    *segment.Local
		p    *segment.Pass
		want error
		says string
	}{
		"no blocks":  {&segment.Local{Cols: 2}, p, segment.ErrOption, "Blocks"},
		"nil":        {nil, p, segment.ErrOption, "Blocks"},
		"no pass":    {&segment.Local{Cols: 2, Blocks: blocksOfMatrix(x)}, nil, segment.ErrOption, "pass"},
		"workers":    {&segment.Local{Cols: 2, Blocks: blocksOfMatrix(x), Workers: -1}, p, segment.ErrOption, "Workers"},
		"columns":    {&segment.Local{Cols: 3, Blocks: blocksOfMatrix(x)}, p, segment.ErrWidth, `"income"`},
		"half a row": {&segment.Local{Cols: 2, Blocks: func(yield func([]float64, error) bool) { yield([]float64{1, 2, 3}, nil) }}, p, segment.ErrWidth, "3 values"},
		"fault":      {&segment.Local{Cols: 2, Blocks: func(yield func([]float64, error) bool) { yield(nil, own) }}, p, own, ""},
		"infinite":   {&segment.Local{Cols: 2, Blocks: blocksOfMatrix(bad), Workers: 4}, p, segment.ErrNotFinite, `row 30001, column "spent"`},
	} {
		if _, err := c.l.Run(t.Context(), c.p); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %v that says %q", name, err, c.want, c.says)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := (&segment.Local{Cols: 2, Blocks: func(yield func([]float64, error) bool) {
		cancel(own)
		for yield(x.RawMatrix().Data, nil) {
		}
	}}).Run(ctx, p)
	if !errors.Is(err, own) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for name, blocks := range map[string]iter.Seq2[[]float64, error]{
		"blocks": func(func([]float64, error) bool) { panic("boom") },
		"late":   func(yield func([]float64, error) bool) { yield(x.RawMatrix().Data, nil); panic("boom") },
	} {
		func() {
			defer func() {
				if v := recover(); v != "boom" {
					t.Errorf("%s: the panic became %v", name, v)
				}
			}()
			_, err := (&segment.Local{Cols: 2, Blocks: blocks, Workers: 3}).Run(t.Context(), p)
			t.Errorf("%s: no panic, error %v", name, err)
		}()
	}
}

// TestDistributeRefuses: a Runner that gives nothing of use, and pipelines of others.
func TestDistributeRefuses(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 3, 4, 5, 6, 7, 9})
	other, err := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("scale", preprocess.Scaler{})}}.Fit(t.Context(), x, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]segment.Dataset{
		"distributed": segment.Distribute(fiveColumns[:2], &segment.Local{Cols: 2, Blocks: blocksOfMatrix(x)}),
		"stream":      segment.StreamDataset(fiveColumns[:2], blocksOfMatrix(x), 1),
	} {
		if _, err := set.Source(other); !errors.Is(err, segment.ErrWidth) {
			t.Errorf("%s: a Source behind another pipeline: %v", name, err)
		}
		if _, err := set.Extent(t.Context(), other); !errors.Is(err, segment.ErrWidth) {
			t.Errorf("%s: an Extent behind another pipeline: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		r    segment.Runner
		want error
	}{
		"none":   {nil, segment.ErrOption},
		"silent": {runnerFunc(func(*segment.Pass) (*segment.Tally, error) { return nil, nil }), segment.ErrSource},
		"other": {runnerFunc(func(*segment.Pass) (*segment.Tally, error) {
			return segment.NewTally(&segment.Pass{Columns: []string{"x"}})
		}), segment.ErrSource},
		"empty": {runnerFunc(segment.NewTally), segment.ErrEmpty},
	} {
		if _, err := segment.Distribute(fiveColumns[:2], c.r).Extent(t.Context(), nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

type runnerFunc func(*segment.Pass) (*segment.Tally, error)

func (f runnerFunc) Run(_ context.Context, p *segment.Pass) (*segment.Tally, error) { return f(p) }

// TestDistributeRepeats: of rows of which many are equal a sample has as many of each as
// of all, as nearly as can be.
func TestDistributeRepeats(t *testing.T) {
	x := mat.NewDense(1000, 1, nil)
	for i := range 1000 {
		x.Set(i, 0, float64(i%10/7)) // 700 zeros, 300 ones
	}
	for _, rows := range []int{10, 100, 2000} {
		sample, err := sourceOf(t, 1, &elsewhere{parts: []*mat.Dense{x}}).Sample(t.Context(), rows, 5)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := sample.Dims()
		if want := min(rows, 1000); n != want || mat.Sum(sample) != 0.3*float64(want) {
			t.Errorf("a sample of %d rows has %d, of which %v are ones", rows, n, mat.Sum(sample))
		}
	}
}
