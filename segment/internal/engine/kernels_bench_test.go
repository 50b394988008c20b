package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkNearest(b *testing.B) {
	for _, s := range []struct{ d, k int }{{2, 4}, {3, 4}, {3, 10}, {5, 10}, {8, 10}, {32, 32}, {64, 100}} {
		b.Run(fmt.Sprintf("%d columns %d points", s.d, s.k), func(b *testing.B) {
			const n = 64
			rng := rand.New(rand.NewPCG(1, 1))
			v, rows := window(rng, n, s.d, true)
			for i := range v.x {
				v.x[i] = rng.NormFloat64()
			}
			for i := range rows {
				rows[i] = rng.NormFloat64()
			}
			c := append([]float64(nil), rows[:s.k*s.d]...)
			for range s.d {
				c = append(c, inf)
			}
			labels, dist := make([]int32, n*lanes), aligned(n*lanes)
			for b.Loop() {
				v.nearest(n, c, s.k, labels, dist)
			}
			b.ReportMetric(float64(n*lanes*b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(n*lanes*b.N*s.k*s.d), "ns/column")
		})
	}
}
