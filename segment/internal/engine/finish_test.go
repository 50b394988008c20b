package engine

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Chunks that were added up on bins of the greatest distance so far are added up again on
// those of the greatest of all, wherever that is.
func TestFinishAddsUpOnTheBinsOfTheFarthestRow(t *testing.T) {
	const n, d, k = 3*chunkRows + 7, 2, 2
	rng := rand.New(rand.NewPCG(6, 6))
	for _, weighted := range []bool{false, true} {
		for _, far := range []int{0, chunkRows + 5, n - 1} {
			a := &Data{Rows: n, Cols: d, X: make([]float64, n*d)}
			for i := range a.X {
				a.X[i] = rng.NormFloat64()
			}
			a.X[far*d] = 1e12
			if weighted {
				for range n {
					a.Weights = append(a.Weights, 1+rng.Float64())
				}
			}
			s, c := newScan(a.points(), k, 1), []float64{-1, 0, 1, 0}
			if err := s.step(t.Context(), c, k, newClusterSums(k, a.points().values.d)); err != nil {
				t.Fatal(err)
			}
			var sums [2]*finisher
			for i := range sums {
				f, err := a.newFinisher(t.Context(), &Result{Centroids: c, source: s})
				if err != nil {
					t.Fatal(err)
				}
				if i == 1 { // known before
					f.most.Store(sums[0].most.Load())
				}
				chunks(t.Context(), 1, n, f.chunk)
				sums[i] = f
				if v := f.inertia(1); v != sums[0].inertia(1) || !(v >= 0.9e24) {
					t.Errorf("far row %d: inertia %v", far, v)
				}
			}
			if v := math.Float64frombits(sums[0].most.Load()); !(v >= 0.9e24) {
				t.Errorf("far row %d: greatest distance %v", far, v)
			}
			for i, c := range sums[0].chunks {
				if o := sums[1].chunks[i]; c.high != o.high || c.low != o.low || c.exponent != o.exponent {
					t.Errorf("far row %d, chunk %d: %v and %v on 2^%d, not %v and %v on 2^%d", far, i, c.high, c.low, c.exponent, o.high, o.low, o.exponent)
				}
			}
		}
	}
}
