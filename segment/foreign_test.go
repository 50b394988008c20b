package segment

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// elsewhere is a Source of rows of which nothing but answers comes here.
type elsewhere struct {
	Source
	exact  bool
	passes []int // sets of centroids in each; 0: a sample
}

func (e *elsewhere) Exact() bool { return e.exact }

func (e *elsewhere) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	e.passes = append(e.passes, 0)
	return e.Source.Sample(ctx, rows, seed)
}

func (e *elsewhere) Statistics(ctx context.Context, sets []*mat.Dense) ([]SufficientStatistics, error) {
	e.passes = append(e.passes, len(sets))
	return e.Source.Statistics(ctx, sets)
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

func BenchmarkFitStreamTolerance(b *testing.B) {
	for name, rows := range map[string]func() *mat.Dense{
		"customers":   func() *mat.Dense { return sixKinds(b, 1_000_000, 0) },
		"20 far rows": func() *mat.Dense { return sixKinds(b, 1_000_000, 20) },
		"12 clusters": func() *mat.Dense { x, _ := mixture(300_000, 8, 12, 1, 5); return x },
		"heavy tails": func() *mat.Dense { return purchases(1_000_000) },
	} {
		b.Run(name, func(b *testing.B) {
			s := streamOf(rows(), 10_000)
			rest, err := Sweep{Seed: 1}.FitStream(b.Context(), s)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				for _, tol := range []float64{0, 1e-4} {
					e := &elsewhere{Source: s, exact: true}
					got, err := Sweep{Seed: 1, Tol: tol}.FitStream(b.Context(), e)
					if err != nil {
						b.Fatal(err)
					}
					worst, text := 0.0, ""
					for i, p := range got.Points() {
						excess := p.Inertia/rest.Points()[i].Inertia - 1
						worst = max(worst, excess)
						text += fmt.Sprintf(" %.1e", excess)
					}
					b.Logf("tol %g: %d passes %v, worst %.2e:%s", tol, len(e.passes), e.passes, worst, text)
				}
			}
		})
	}
}
