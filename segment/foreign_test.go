package segment

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
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

func TestSweepOfAForeignSourceTakesFewPasses(t *testing.T) { checkTolerance(t, 60_000, 8) }

// BenchmarkForeignSweep prints passes and excess for a million rows, with -v.
func BenchmarkForeignSweep(b *testing.B) {
	for b.Loop() {
		checkTolerance(b, 1_000_000, 1)
	}
}
