package engine

import (
	"math"
	"math/big"
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
	near := NewCentroids(c[:12], 3)
	b.SetBytes(8 * 3 * n)
	for b.Loop() {
		p.predict(x, c, 4, near, out)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// bigNearest returns the nearest centroid, the lowest among equals, and the
// least and second-least squared distance, in exact arithmetic.
func bigNearest(x, c []float64) (best int, distance, margin float64) {
	d := len(x)
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(6000).SetFloat64(v) }
	var all []*big.Float
	for o := 0; o < len(c); o += d {
		s := number(0)
		for j, v := range x {
			e := number(v)
			e.Sub(e, number(c[o+j]))
			s.Add(s, e.Mul(e, e))
		}
		all = append(all, s)
		if s.Cmp(all[best]) < 0 {
			best = len(all) - 1
		}
	}
	near := new(big.Float).Sqrt(all[best])
	distance, _ = near.Float64()
	margin = math.Inf(1)
	for i, s := range all {
		if i != best {
			far := new(big.Float).Sqrt(s)
			m, _ := far.Sub(far, near).Float64()
			margin = min(margin, m)
		}
	}
	return best, distance, margin
}

// The nearest centroid is the right one whatever the magnitude of rows and
// centroids, alone and among others.
func TestNearestOfAnyMagnitude(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	powers := []int{-1060, -1000, -600, -300, -40, 0, 1, 30, 60, 300, 600, 1000, 1022}
	for range 400 {
		d, k := 1+rng.IntN(4), 1+rng.IntN(5)
		e, f := powers[rng.IntN(len(powers))], powers[rng.IntN(len(powers))]
		draw := func(n, e int) []float64 {
			v := make([]float64, n)
			for i := range v {
				v[i] = math.Ldexp(float64(rng.IntN(9)-4)/4, e)
			}
			return v
		}
		c, x := draw(k*d, e), draw(20*d, f)
		for i := range 20 { // some columns as large as centroids, others far
			if j := rng.IntN(d); i%2 == 0 {
				x[i*d+j] = math.Ldexp(float64(rng.IntN(9)-4)/4, e)
			}
		}
		labels := make([]int, 20)
		if !Predict(x, d, c, labels) {
			t.Fatal("finite rows are said to be not finite")
		}
		near := NewCentroids(c, d)
		for i, got := range labels {
			row := x[i*d : (i+1)*d]
			want, distance, margin := bigNearest(row, c)
			r := near.Rank(row)
			if spread := near.Spread(); distance < 1000*spread && margin < 1e-15*spread {
				continue // on the border, but for the last bit
			}
			if got != want || r.Best != want || k > 1 && (r.Next < 0 || r.Next == r.Best) {
				t.Fatalf("row %v of centroids %v: Predict %d, Rank %+v, exact %d", row, c, got, r, want)
			}
			if math.Abs(r.Distance-distance) > 1e-14*distance || math.Abs(r.Margin-margin) > 1e-8*margin+4e-16*math.Min(distance, 1000*near.Spread()) {
				t.Fatalf("row %v of centroids %v: distance %v and margin %v, exact %v and %v", row, c, r.Distance, r.Margin, distance, margin)
			}
		}
	}
}

// A column in which all centroids agree does not decide, however large it is.
func TestColumnThatDecidesNothing(t *testing.T) {
	c := []float64{0, 0, 5, 20, 20, 5, 40, 0, 5}
	for i, row := range [][]float64{{1, 0, 5}, {19, 21, 5}, {41, 2, 5}} {
		for e := 0; e < 1023; e += 7 {
			row[2] = math.Ldexp(1.5, e)
			var labels [1]int
			if Predict(row, 3, c, labels[:]); labels[0] != i {
				t.Fatalf("row %v is in cluster %d, want %d", row, labels[0], i)
			}
			if r := NewCentroids(c, 3).Rank(row); r.Best != i || !(r.Margin > 0) {
				t.Fatalf("row %v has the rank %+v, want cluster %d", row, r, i)
			}
		}
	}
}
