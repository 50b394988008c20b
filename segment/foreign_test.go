package segment

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
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

// gridded is elsewhere with a summary: means and counts of the cells of a grid, whose
// width grows with the distance from the middle beyond where most rows lie.
type gridded struct {
	elsewhere
	x *mat.Dense
}

func (g *gridded) Summary(_ context.Context, points int, _ uint64) (*mat.Dense, []float64, error) {
	g.passes = append(g.passes, 0)
	n, d := g.x.Dims()
	middle, reach := make([]float64, d), 0.0
	for j := range d {
		column := mat.Col(nil, j, g.x)
		slices.Sort(column)
		middle[j] = column[n/2]
		reach = max(reach, column[n-1-n/50]-middle[j], middle[j]-column[n/50])
	}
	for parts := 1024.0; ; parts /= 1.25 {
		cells := map[string]int{}
		var sums, weights []float64
		key := make([]byte, 2*d)
		for i := 0; i < n && len(weights) <= points; i++ {
			row := g.x.RawRowView(i)
			for j, v := range row {
				u := (v - middle[j]) / reach
				if a := math.Abs(u); a > 1 {
					u = math.Copysign(1+math.Log(a), u)
				}
				binary.LittleEndian.PutUint16(key[2*j:], uint16(int16(math.Floor(u*parts))))
			}
			at, ok := cells[string(key)]
			if !ok {
				at = len(weights)
				cells[string(key)] = at
				sums, weights = append(sums, make([]float64, d)...), append(weights, 0)
			}
			weights[at]++
			floats.Add(sums[at*d:(at+1)*d], row)
		}
		if len(weights) > points {
			continue
		}
		for i, w := range weights {
			floats.Scale(1/w, sums[i*d:(i+1)*d])
		}
		return mat.NewDense(len(weights), d, sums), weights, nil
	}
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
			x := rows()
			s := streamOf(x, 10_000)
			rest, err := Sweep{Seed: 1}.FitStream(b.Context(), s)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				for _, tol := range []float64{0, 1e-4, -1e-4} {
					e := &elsewhere{Source: s, exact: true}
					var src Source = e
					if tol < 0 {
						g := &gridded{*e, x}
						src, e = g, &g.elsewhere
					}
					got, err := Sweep{Seed: 1, Tol: math.Abs(tol)}.FitStream(b.Context(), src)
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
