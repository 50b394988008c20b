package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// shapes are those of rows and points that the kernels are made for.
var shapes = []struct{ d, k int }{{2, 4}, {3, 4}, {3, 10}, {5, 10}, {8, 10}, {32, 32}, {64, 100}}

// BenchmarkKernels takes every kernel over rows that stay in the nearest
// cache, in all instructions of the processor.
func BenchmarkKernels(b *testing.B) {
	for _, s := range shapes {
		const n = 64
		rng := rand.New(rand.NewPCG(1, 1))
		v := tiles(n, s.d)
		for i := range v.x {
			v.x[i] = rng.NormFloat64()
		}
		rows := make([]float64, len(v.x))
		most := make([]float64, s.d)
		for i := range rows {
			rows[i] = rng.NormFloat64()
			most[i%s.d] = 8
		}
		c := padded(rows[:s.k*s.d], s.d)
		c = c[:cap(c)]
		labels, dist, second, near := make([]int32, n*lanes), aligned(n*lanes), aligned(n*lanes), aligned(n*lanes)
		other, changed, wide := make([]int32, n*lanes), make([]uint16, n), make([]int, n*lanes)
		for i := range near {
			near[i] = 2
			other[i] = int32(rng.IntN(3))
		}
		g, sums := newBins(n*lanes, most), make([]float64, 3*2*s.d)
		for _, kernel := range []struct {
			name string
			run  func()
		}{
			{"nearest", func() { v.nearest(n, c, s.k, labels, dist) }},
			{"nearest two", func() { v.nearestTwo(n, c, s.k, labels, dist, second) }},
			{"potential", func() { v.relax(n, c, near, nil, false) }},
			{"relax", func() { v.relax(n, c, near, nil, true) }},
			{"moments", func() { v.moments(n, other, 0, 3, g, sums) }},
			{"move", func() {
				for i := range n * lanes {
					g.move(rows[i*s.d:(i+1)*s.d], sums[:2*s.d], sums[2*s.d:4*s.d])
				}
			}},
			{"count", func() { count(other, n, 0) }},
			{"differ", func() { differ(labels, other, n, changed) }},
			{"widen", func() { widen(other, dist, n, wide) }},
			{"transpose", func() { transpose(rows, n, s.d, v.x) }},
		} {
			v, v512 := vector, vector512
			for _, name := range slices.Sorted(maps.Keys(instructions)) {
				instructions[name]()
				b.Run(fmt.Sprintf("%s/%d columns %d points/%s", kernel.name, s.d, s.k, name), func(b *testing.B) {
					b.SetBytes(int64(8 * n * lanes * s.d))
					for b.Loop() {
						kernel.run()
					}
					b.ReportMetric(float64(n*lanes*b.N)/b.Elapsed().Seconds(), "rows/s")
				})
			}
			vector, vector512 = v, v512
		}
	}
}

// BenchmarkSeed is k-means++ on all rows.
func BenchmarkSeed(b *testing.B) {
	for _, s := range shapes {
		b.Run(fmt.Sprintf("%d columns %d points", s.d, s.k), func(b *testing.B) {
			const n = 1 << 16
			rng := rand.New(rand.NewPCG(1, 1))
			x := make([]float64, n*s.d)
			for i := range x {
				x[i] = rng.NormFloat64()
			}
			a := New(mat.NewDense(n, s.d, x), nil)
			seeder := newSeeder(a.points())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := seeder.seed(b.Context(), nil, s.k, randomStream(1, s.k, 0)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// A step allocates nothing, of whatever source: where labels change and where
// none does.
func TestStepAllocatesNothing(t *testing.T) {
	for _, s := range []struct{ n, d, k int }{{3000, 3, 5}, {9000, 3, 8}, {5000, 12, 10}, {3000, 40, 4}} {
		rng := rand.New(rand.NewPCG(2, 2))
		x := make([]float64, s.n*s.d)
		for i := range x {
			x[i] = rng.NormFloat64() + 3*float64(i/s.d%s.k)
		}
		a := New(mat.NewDense(s.n, s.d, x), nil)
		for name, src := range map[string]source{"scan": newScan(a.points(), s.k, 1), "tree": newTreeSource(a, s.k, 1)} {
			c, tally := append([]float64(nil), x[:s.k*s.d]...), newClusterSums(s.k, s.d)
			step := func() {
				c[0] += 0.01
				if err := src.step(t.Context(), c, s.k, tally); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 { // the lists of a tree grow at first
				step()
			}
			if n := testing.AllocsPerRun(20, step); n != 0 {
				t.Errorf("%s, %d×%d, k %d: %v allocations in a step", name, s.n, s.d, s.k, n)
			}
		}
	}
}
