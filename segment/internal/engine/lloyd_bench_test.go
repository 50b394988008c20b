package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// BenchmarkStep is what the cost model in the package comment rests on: one
// step of Lloyd's iteration by each source, and the building of the tree.
func BenchmarkStep(b *testing.B) {
	for _, s := range []struct{ n, d, blobs, k int }{
		{10_000, 3, 4, 4}, {100_000, 3, 4, 4}, {100_000, 3, 4, 10}, {1_000_000, 2, 4, 4}, {1_000_000, 3, 4, 4}, {1_000_000, 3, 4, 10},
		{1_000_000, 3, 10, 40}, {1_000_000, 5, 10, 10}, {1_000_000, 8, 10, 10}, {100_000, 32, 32, 32}, {100_000, 64, 4, 100}, {100_000, 64, 100, 100},
	} {
		name := fmt.Sprintf("%d×%d k %d", s.n, s.d, s.k)
		rng := rand.New(rand.NewPCG(42, 0))
		centre := make([]float64, s.blobs*s.d)
		for i := range centre {
			centre[i] = 2 * rng.NormFloat64()
		}
		x := make([]float64, s.n*s.d)
		for i := range x {
			x[i] = centre[i/s.d%s.blobs*s.d+i%s.d] + rng.NormFloat64()
		}
		a := New(mat.NewDense(s.n, s.d, x), nil)
		t := newClusterSums(s.k, s.d)
		run := func(by string, src source) {
			c := append([]float64(nil), x[:s.k*s.d]...)
			lloyd(b.Context(), src, c, s.k, criterion{maxIter: 5}, t)
			b.Run(name+" "+by, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c[0] += 1e-3
					src.step(b.Context(), c, s.k, t)
				}
				b.ReportMetric(float64(s.n*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
		scan := newScan(a.points(), s.k, 1)
		if scan.bounds != nil {
			run("bounds", scan)
			scan = newScan(a.points(), s.k, 1)
			scan.bounds = nil
		}
		run("scan", scan)
		if s.d > narrow {
			continue
		}
		run("tree", newTreeSource(a, s.k, 1))
		if s.k == 10 {
			b.Run(name+" build", func(b *testing.B) {
				for b.Loop() {
					newTree(a)
				}
				b.ReportMetric(float64(s.n*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
