package engine

import (
	"math"
	"math/rand/v2"
	"testing"
)

// On a line no assignment at all is better than the one that is found.
func TestOnLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for trial := range 60 {
		n, k := 5+rng.IntN(4), 2+rng.IntN(2)
		rows, weights := make([]float64, n), make([]float64, n)
		for i := range rows {
			rows[i], weights[i] = 1e3+rng.ExpFloat64(), 1+float64(rng.IntN(3))
		}
		weights[rng.IntN(n)] = 0
		want := inf
		all := 1
		for range n {
			all *= k
		}
		for assignment := range all {
			var weight, sum, square [3]float64
			for i, v := range rows {
				q := assignment % k
				assignment /= k
				v -= 1e3
				weight[q] += weights[i]
				sum[q] += weights[i] * v
				square[q] += weights[i] * v * v
			}
			inertia := 0.0
			for q, w := range weight {
				if w > 0 {
					inertia += square[q] - sum[q]*sum[q]/w
				}
			}
			want = min(want, inertia)
		}
		got := 0.0
		c := onLine(newPoints(rows, 1, weights, nil), k)
		for i, v := range rows {
			_, s := Nearest([]float64{v}, c)
			got += weights[i] * s
		}
		if !(math.Abs(got-want) <= 1e-9*want) {
			t.Errorf("trial %d: %d points, k %d: inertia %v, the least is %v", trial, n, k, got, want)
		}
	}
}
