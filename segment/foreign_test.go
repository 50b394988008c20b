package segment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// elsewhere is a Source that has a smaller sample than it is asked for.
type elsewhere struct {
	Source
	part   int   // of how many rows asked for there is one; 0: 1
	passes []int // sets of centroids in each; 0: a sample
}

func (e *elsewhere) Exact() bool { return true }

func (e *elsewhere) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	e.passes = append(e.passes, 0)
	return e.Source.Sample(ctx, rows/max(1, e.part), seed)
}

func (e *elsewhere) Statistics(ctx context.Context, sets []*mat.Dense) ([]SufficientStatistics, error) {
	e.passes = append(e.passes, len(sets))
	return e.Source.Statistics(ctx, sets)
}

// summarized is likewise one of a smaller summary.
type summarized struct{ elsewhere }

func (s *summarized) Summary(ctx context.Context, points int, seed uint64) (*mat.Dense, []float64, error) {
	s.passes = append(s.passes, 0, 0) // where rows lie, and their cells
	return s.Source.(Summarizer).Summary(ctx, points/max(1, s.part), seed)
}

// summarizedOf returns the rows of x with a summary of a part of the points asked for.
func summarizedOf(t testing.TB, x *mat.Dense, part int) *summarized {
	t.Helper()
	s := streamOf(x, 10_000)
	src, err := Distribute([]string{"a", "b", "c", "d", "e", "f", "g", "h"}[:s.Cols], &Local{Cols: s.Cols, Blocks: s.Blocks}).Source(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &summarized{elsewhere{Source: src, part: part}}
}

// sixKinds returns n customers of six kinds in whole numbers, some without income, far of
// them a hundred times as rich as the others, behind the default pipeline.
func sixKinds(t testing.TB, n, far int) *mat.Dense {
	t.Helper()
	kinds := [][]float64{{62, 1500, 24, 0, 85000}, {48, 800, 20, 1, 62000}, {55, 300, 15, 2, 42000}, {33, 80, 12, 1, 24000}, {28, 600, 6, 0, 55000}, {70, 150, 30, 0, 30000}}
	spread := []float64{6, 120, 5, 0.6, 6000}
	rng := rand.New(rand.NewPCG(6, 6))
	x := mat.NewDense(n, 5, nil)
	for i := range n {
		kind := kinds[rng.IntN(6)]
		for j, v := range kind {
			x.Set(i, j, math.Max(0, math.Round(v+spread[j]*rng.NormFloat64())))
		}
		if rng.IntN(1000) < 12 {
			x.Set(i, 4, math.NaN())
		}
	}
	for i := range far {
		at := (2*i + 1) * n / (2 * far)
		x.Set(at, 1, 60_000+float64(i*1000))
		x.Set(at, 4, 5_000_000)
	}
	p, err := DefaultPipeline(5).Fit(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	z, err := p.Transform(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return mat.DenseCopyOf(z)
}

// purchases returns n rows of recency, frequency and monetary value, whose tails are
// heavy, scaled.
func purchases(n int) *mat.Dense {
	rng := rand.New(rand.NewPCG(7, 7))
	x := mat.NewDense(n, 3, nil)
	for i := range n {
		often := math.Exp(rng.NormFloat64())
		x.SetRow(i, []float64{rng.ExpFloat64() * 2 / (1 + often), math.Ceil(3*often) / 4, often * math.Exp(1.2*rng.NormFloat64()) / 2})
	}
	return x
}

// sweepExcess returns how far the inertia of a sweep k = 2…10 with Tol 1e-4 over src lies
// above that of a Stream which rests, at worst.
func sweepExcess(t testing.TB, src Source, rest *SweepResult) float64 {
	t.Helper()
	got, err := Sweep{Seed: 1, Tol: 1e-4}.FitStream(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	worst := math.Inf(-1)
	for i, p := range got.Points() {
		worst = max(worst, p.Inertia/rest.Points()[i].Inertia-1)
	}
	return worst
}

// eachTolerance calls check with four kinds of rows, the million in all but for 12
// clusters, elsewhere, with a summary or with a sample, of a part of what is asked for: of
// heavy tails no sample will do, of the others in small only that of 12 clusters.
func eachTolerance(t testing.TB, million, part int, check func(name string, src Source, passes *[]int, rest *SweepResult)) {
	t.Helper()
	twelve, _ := mixture(million*3/10, 8, 12, 1, 5)
	for _, test := range []struct {
		name string
		x    *mat.Dense
	}{
		{"customers", sixKinds(t, million, 0)}, {"20 far rows", sixKinds(t, million, 20)},
		{"12 clusters", twelve}, {"heavy tails", purchases(million)},
	} {
		s := streamOf(test.x, 10_000)
		rest, err := Sweep{Seed: 1}.FitStream(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if test.name == "12 clusters" || part == 1 && test.name != "heavy tails" {
			e := &elsewhere{Source: s, part: part}
			check(test.name+", sample", e, &e.passes, rest)
		}
		e := summarizedOf(t, test.x, part)
		check(test.name+", summary", e, &e.passes, rest)
	}
}

// The tolerance that the doc of FitStream states, and the passes.
func checkTolerance(t testing.TB, million, part int) {
	t.Helper()
	eachTolerance(t, million, part, func(name string, src Source, passes *[]int, rest *SweepResult) {
		worst := sweepExcess(t, src, rest)
		t.Logf("%s: passes %v, excess %.1e", name, *passes, worst)
		if worst > 2e-4 || len(*passes) > 6 {
			t.Errorf("%s: a sweep with Tol 1e-4 ends %.1e above one that rests, after %d passes; want 2e-4 and 6 at most", name, worst, len(*passes))
		}
	})
}

func TestSweepOfAForeignSourceTakesFewPasses(t *testing.T) { checkTolerance(t, 30_000, 8) }

// BenchmarkForeignSweep prints passes and excess for a million rows, with -v.
func BenchmarkForeignSweep(b *testing.B) {
	for b.Loop() {
		checkTolerance(b, 1_000_000, 1)
	}
}

// changed is a Source whose answers change spoils.
type changed struct {
	Source
	exact  bool
	passes int
	change func(pass int, s []SufficientStatistics)
}

func (c *changed) Exact() bool { return c.exact }

func (c *changed) Statistics(ctx context.Context, sets []*mat.Dense) ([]SufficientStatistics, error) {
	s, err := c.Source.Statistics(ctx, sets)
	c.passes++
	c.change(c.passes, s)
	return s, err
}

func TestFitStreamChecksGrandTotals(t *testing.T) {
	x, _ := mixture(3000, 3, 4, 1, 21)
	init := mat.DenseCopyOf(x.Slice(0, 4, 0, 3))
	late := func() func(pass int, s []SufficientStatistics) {
		var before SufficientStatistics
		return func(pass int, s []SufficientStatistics) {
			now := s[0]
			if pass == 3 {
				s[0] = before
			}
			before = now
		}
	}
	for _, test := range []struct {
		name   string
		change func(pass int, s []SufficientStatistics)
		exact  string // what the error says of an exact source
		other  string // and of another; "": it passes
	}{
		{"nothing", func(int, []SufficientStatistics) {}, "", ""},
		{"a row is lost", func(pass int, s []SufficientStatistics) { s[0].Counts[1] -= float64(pass / 2) }, "the counts add up to 2999, and did to 3000", "the counts add up to 2999"},
		{"all is doubled", func(pass int, s []SufficientStatistics) {
			if pass == 2 {
				for q := range s[0].Counts {
					s[0].Counts[q] *= 2
				}
				s[0].Sums.Scale(2, s[0].Sums)
			}
		}, "the counts add up to 6000", "the counts add up to 6000"},
		{"a value is another", func(pass int, s []SufficientStatistics) {
			if pass == 3 {
				s[0].Sums.Set(2, 1, s[0].Sums.At(2, 1)+0.5)
			}
		}, "the sums of column 1 add up to", "the sums of column 1 add up to"},
		{"a digit is another", func(pass int, s []SufficientStatistics) {
			if pass == 2 {
				s[0].Sums.Set(0, 2, s[0].Sums.At(0, 2)+1e-9)
			}
		}, "the sums of column 2 add up to", ""},
		{"the last bits are others", func(pass int, s []SufficientStatistics) {
			s[0].Sums.Apply(func(_, _ int, v float64) float64 { return math.Nextafter(v, math.Inf(pass%2*2-1)) }, s[0].Sums)
		}, "", ""},
		{"of the centroids before", late(), "by the inertia the squares", "by the inertia the squares"},
		{"another inertia", func(pass int, s []SufficientStatistics) { s[0].Inertia[0] *= 1 + 1e-5*float64(pass) }, "by the inertia the squares", "by the inertia the squares"},
	} {
		for _, exact := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, exact %v", test.name, exact), func(t *testing.T) {
				src := &changed{Source: streamOf(x, 100), exact: exact, change: test.change}
				if test.name == "of the centroids before" {
					src.change = late()
				}
				says := test.other
				if exact {
					says = test.exact
				}
				_, err := KMeansPP{K: 4, Init: init, MaxIter: 6}.FitStream(t.Context(), src)
				if says == "" && err != nil || says != "" && (!errors.Is(err, ErrSource) || !strings.Contains(err.Error(), says)) {
					t.Errorf("error %v; want one that says %q", err, says)
				}
			})
		}
	}
}

// Far from 0 and of any magnitude, rounding is no fault of the source.
func TestGrandTotalsOfAnyMagnitude(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 30 {
		x, _ := mixture(300, 2, 3, 1, rng.Uint64())
		scale, offset := math.Ldexp(1, rng.IntN(400)-200), math.Ldexp(1, rng.IntN(60)-20)
		x.Apply(func(_, j int, v float64) float64 { return scale * (v + offset*float64(1-j)) }, x)
		init := mat.DenseCopyOf(x.Slice(0, 3, 0, 2))
		init.Set(0, 0, init.At(0, 0)+1e6*scale) // far from all rows
		for name, src := range map[string]Source{
			"exact":   &changed{Source: streamOf(x, 50), exact: true, change: func(int, []SufficientStatistics) {}},
			"plain":   &plainSource{x: x},
			"summary": summarizedOf(t, x, 1),
		} {
			if _, err := (KMeansPP{K: 3, Init: init}).FitStream(t.Context(), src); err != nil {
				t.Errorf("%s, scale %g, offset %g: %v", name, scale, offset, err)
			}
		}
	}
}

// An exact source ends where a Stream does, to the bit.
func TestFitStreamOfAnExactSourceRests(t *testing.T) {
	x, _ := mixture(4000, 3, 5, 1, 12)
	for name, o := range map[string]KMeansPP{
		"init":     {K: 5, Init: x.Slice(0, 5, 0, 3)},
		"tol":      {K: 5, Init: x.Slice(0, 5, 0, 3), Tol: 1e-3},
		"restarts": {K: 5, Seed: 1, Restarts: 3},
		"search":   {K: 5, Seed: 1},
	} {
		want := fitStreamed(t, o, streamOf(x, 500))
		for _, src := range []Source{&elsewhere{Source: streamOf(x, 500)}, Retry(streamOf(x, 500), RetryOptions{})} {
			got := fitStreamed(t, o, src)
			if !slices.Equal(got.centroids, want.centroids) || !slices.Equal(got.counts, want.counts) || got.Iterations() != want.Iterations() {
				t.Errorf("%s: %v after %d iterations; of a Stream %v after %d", name, got.centroids, got.Iterations(), want.centroids, want.Iterations())
			}
		}
	}
}

// withSummary is a Source of which no row leaves, but a summary.
type withSummary struct {
	plainSource
	points  *mat.Dense
	weights []float64
	err     error
}

func (s *withSummary) Sample(context.Context, int, uint64) (*mat.Dense, error) {
	return nil, errors.New("no row leaves")
}

func (s *withSummary) Summary(context.Context, int, uint64) (*mat.Dense, []float64, error) {
	return s.points, s.weights, s.err
}

func TestFitStreamOfASummary(t *testing.T) {
	x := mat.NewDense(7, 1, []float64{1, 2, 3, 10, 11, 12, 500})
	points := mat.NewDense(3, 1, []float64{2, 11, 500})
	got := fitStreamed(t, KMeansPP{K: 3}, &withSummary{plainSource: plainSource{x: x}, points: points, weights: []float64{3, 3, 1}})
	if got := inOrder(got); !slices.Equal(got.centroids, []float64{2, 11, 500}) || !slices.Equal(got.counts, []float64{3, 3, 1}) {
		t.Errorf("centroids %v, counts %v", got.centroids, got.counts)
	}
	// From Init its points are what an emptied cluster can be given.
	got = fitStreamed(t, KMeansPP{K: 3, Init: mat.NewDense(3, 1, []float64{0, 13, -900})}, &withSummary{plainSource: plainSource{x: x}, points: points, weights: []float64{3, 3, 1}})
	if got := inOrder(got); !slices.Equal(got.centroids, []float64{2, 11, 500}) {
		t.Errorf("from Init: centroids %v", got.centroids)
	}
	for _, test := range []struct {
		points  *mat.Dense
		weights []float64
		err     error
		want    error
		says    string
	}{
		{points, []float64{3, 3, 2}, nil, ErrSource, "the counts add up to 7, and did to 8"},
		{points, []float64{3, 4}, nil, ErrSource, "2 weights for 3 rows"},
		{points, []float64{3, -3, 2}, nil, ErrSource, "the weight of row 1 is -3"},
		{points, nil, nil, ErrSource, "no weights"},
		{mat.NewDense(3, 1, []float64{2, math.NaN(), 4}), []float64{3, 3, 1}, nil, ErrNotFinite, "row 1, column 0"},
		{mat.NewDense(2, 1, []float64{2, 4}), []float64{3, 4}, nil, ErrTooFew, "(in a summary of 2 points)"},
		{nil, nil, nil, ErrEmpty, "0×0 values"},
		{nil, nil, errBroken, errBroken, "on fire"},
	} {
		_, err := KMeansPP{K: 3}.FitStream(t.Context(), &withSummary{plainSource: plainSource{x: x}, points: test.points, weights: test.weights, err: test.err})
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("error %v; want one that says %q", err, test.says)
		}
	}
}

func TestProgressTellsPasses(t *testing.T) {
	x, _ := mixture(500, 2, 3, 1, 5)
	for name, scale := range map[string]float64{"": 1, " scaled": 1e-200} {
		s := streamOf(segtest.Times(scale, x), 50)
		blocks, made := s.Blocks, 0
		s.Blocks = func(yield func([]float64, error) bool) {
			made++
			blocks(yield)
		}
		last := 0
		if _, err := (Sweep{Seed: 1, Progress: func(p Progress) { last = p.Passes }}).FitStream(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if last != made || made < 2 {
			t.Errorf("stream%s: progress tells %d passes of %d", name, last, made)
		}
	}
	e := &elsewhere{Source: streamOf(x, 50)}
	last := 0
	if _, err := (Sweep{Seed: 1, Tol: 1e-4, Progress: func(p Progress) { last = p.Passes }}).FitStream(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if last != len(e.passes) || e.passes[1] != 10 {
		t.Errorf("progress tells %d passes of %v", last, e.passes)
	}
}
