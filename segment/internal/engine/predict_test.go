package engine

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPredictIsNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, n := range []int{0, 1, 15, 16, 17, 5000, 40_000} {
		for _, d := range []int{1, 3, 9, 40} {
			k := 1 + rng.IntN(9)
			x, c := make([]float64, n*d), make([]float64, k*d)
			for i := range x {
				x[i] = rng.NormFloat64()
			}
			for i := range c {
				c[i] = rng.NormFloat64()
			}
			out := make([]int, n)
			if !Predict(x, d, c, out) {
				t.Fatalf("%d×%d: not finite", n, d)
			}
			for i, got := range out {
				if want, _ := Nearest(x[i*d:(i+1)*d], c); got != want {
					t.Fatalf("%d×%d, row %d: %d, want %d", n, d, i, got, want)
				}
			}
			if n > 0 {
				x[rng.IntN(len(x))] = math.Inf(-1)
				if Predict(x, d, c, out) {
					t.Errorf("%d×%d: −Inf goes unseen", n, d)
				}
			}
		}
	}
}

func TestPredictAllocatesNothingPerRow(t *testing.T) {
	c := []float64{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}
	allocs := func(n int) float64 {
		x, out := make([]float64, 3*n), make([]int, n)
		return testing.AllocsPerRun(20, func() { Predict(x, 3, c, out) })
	}
	if few, many := allocs(100), allocs(20_000); many > few+10 {
		t.Errorf("%v allocations for 100 rows, %v for 20,000", few, many)
	}
}

func BenchmarkPredict(b *testing.B) {
	const n = 1 << 16
	rng := rand.New(rand.NewPCG(4, 4))
	x, out := make([]float64, 3*n), make([]int, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	p := newPredictor(3)
	c := append([]float64(nil), x[:15]...)
	b.SetBytes(8 * 3 * n)
	for b.Loop() {
		p.predict(x, c, 4, out)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}
