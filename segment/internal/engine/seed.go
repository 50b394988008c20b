package engine

import (
	"context"
	"math"
	"math/rand/v2"
	"sort"
)

var inf = math.Inf(1)

// Seed chooses k rows as initial centroids (k×d, row by row) by greedy
// k-means++: each next one is the best of 2+⌊ln k⌋ candidates drawn with
// probability proportional to the squared distance from the nearest centroid
// so far (Arthur & Vassilvitskii, k-means++: The Advantages of Careful
// Seeding, SODA 2007, section 5).
//
// It gives fewer than k centroids where the rows of positive weight hold
// fewer than k distinct points.
func (a *Data) Seed(ctx context.Context, k int, rng *rand.Rand) ([]float64, error) {
	n := a.Rows
	trials := 2 + int(math.Log(float64(k)))
	centroids := make([]float64, 0, k*a.Cols)
	cumulative := make([]float64, n)
	nearest := make([]float64, n)
	candidate, chosen := make([]float64, n), make([]float64, n)

	total := 0.0
	for i := range n {
		total += a.weight(i)
		cumulative[i] = total
	}
	centroids = append(centroids, a.row(a.draw(cumulative, rng))...)
	for i := range nearest {
		nearest[i] = SquaredDistance(a.row(i), centroids)
	}
	for len(centroids) < k*a.Cols {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		total = 0
		for i, s := range nearest {
			total += float64(a.weight(i) * s)
			cumulative[i] = total
		}
		if total == 0 {
			return centroids, nil
		}
		best, least := -1, inf
		for range trials {
			t := a.draw(cumulative, rng)
			row, potential := a.row(t), 0.0
			for i, s := range nearest {
				s = min(s, SquaredDistance(a.row(i), row))
				candidate[i] = s
				potential += float64(a.weight(i) * s)
			}
			if potential < least {
				best, least = t, potential
				candidate, chosen = chosen, candidate
			}
		}
		nearest, chosen = chosen, nearest
		centroids = append(centroids, a.row(best)...)
	}
	return centroids, nil
}

// draw picks a row with probability proportional to its step in the
// cumulative weights, never a row whose step is zero.
func (a *Data) draw(cumulative []float64, rng *rand.Rand) int {
	u := rng.Float64() * cumulative[len(cumulative)-1]
	i := sort.Search(len(cumulative), func(i int) bool { return cumulative[i] > u })
	if i == len(cumulative) { // u rounded up to the total
		i = sort.SearchFloat64s(cumulative, cumulative[len(cumulative)-1])
	}
	return i
}
