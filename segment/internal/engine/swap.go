package engine

import (
	"context"
	"math/rand/v2"
	"sort"
)

const (
	// swapsPerCentroid is how many swaps are tried for each centroid. With 3, 4, 6,
	// 8 and 12 fits on a sample of 12 columns end 5.7, 7.3, 7.9, 7.9 and 8.5 ‰ below
	// ten restarts, in 22, 25, 36, 38 and 54 ms (BenchmarkSearch/sample); on rows and
	// cells of 2 or 3 columns 3 would do.
	swapsPerCentroid = 6

	// moreSwaps is how many where few rows make up much of the inertia: with 6, 8, 10
	// and 15 33.8, 34.7, 34.7 and 34.7 ‰ below, in 150, 189, 236 and 306 ms
	// (BenchmarkSearch/sample_outliers).
	moreSwaps = 10
)

// swap improves a solution by random swaps: it moves a random centroid, most likely one
// without which the inertia rises little, to a random point, most likely one far from its
// centroid, iterates, and keeps what is better (Fränti, Efficiency of random swap
// clustering, Journal of Big Data 5, 2018, doi:10.1186/s40537-018-0122-y). On cells and
// samples, where inertias are approximate, it returns the best last, after others that are
// about as good.
func (l *localSearch) swap(ctx context.Context, from solution, rng *rand.Rand) ([]solution, error) {
	k, d, n := l.k, l.p.d, l.p.n
	best := from
	var others []solution
	c := make([]float64, k*d)
	removal, insertion := make([]float64, k), make([]float64, n) // cumulative chances
	l.probabilities(best.c, removal, insertion)
	known := false
	tries, uneven := swapsPerCentroid*k, l.uneven()
	if uneven {
		tries = moreSwaps * k
	}
	var start snapshot
	for try := range tries {
		if !known {
			l.probabilities(best.c, removal, insertion)
			if err := l.scan.step(ctx, best.c, k, l.sums[0]); err != nil {
				return nil, err
			}
			start.save(l.scan, l.sums[0])
			known = true
		}
		start.restore(l.scan, l.sums[0])
		out, in := drawIndex(removal, rng), drawIndex(insertion, rng)
		if uneven && try%2 == 1 {
			// Each of the centroids among far rows is needed much more than those
			// among the others, and would never move.
			out = rng.IntN(k)
		}
		copy(c, best.c)
		copy(c[out*d:(out+1)*d], l.p.rows[in*d:(in+1)*d])
		a, err := l.iterate(ctx, solution{c: c, iterations: best.iterations}, k, l.stopBehind(best))
		switch {
		case err == ErrDistinct:
		case err != nil:
			return nil, err
		case l.better(&a, best):
			if l.p.tolerance > 1 {
				others = append(others, best)
				c = make([]float64, k*d)
			} else {
				c = best.c
			}
			best = a
			known = false
		case l.p.tolerance > 1 && a.estimate > 0 && a.estimate < best.estimate*l.p.tolerance:
			others = l.p.leading(append(others, a.clone()))
		}
	}
	return append(others, best), nil
}

// uneven reports whether a small part of the rows makes up much of the inertia of the
// latest nearestTwo.
func (l *localSearch) uneven() bool {
	weight, sum, squares := 0.0, 0.0, 0.0
	for i, v := range l.least[:l.p.n] {
		m := l.p.w.of(i)
		weight += m
		sum += float64(m * v)
		squares += float64(m * float64(v*v))
	}
	return squares*weight > unevenness*sum*sum
}

// probabilities fills cumulative probabilities: to remove a centroid, one over what the
// inertia rises by without it; to insert one at a point, what that adds to the inertia.
func (l *localSearch) probabilities(c, removal, insertion []float64) {
	k := len(removal)
	l.nearestTwo(c, k)
	clear(removal)
	total := 0.0
	for i := range insertion {
		v := l.p.w.of(i)
		removal[l.label[i]] += float64(v * (l.second[i] - l.least[i]))
		total += float64(v * l.least[i])
		insertion[i] = total
	}
	total = 0
	for i, v := range removal {
		total += 1 / max(v, 1e-300)
		removal[i] = total
	}
}

// drawIndex draws an index by cumulative probabilities.
func drawIndex(cumulative []float64, rng *rand.Rand) int {
	n := len(cumulative)
	u := rng.Float64() * cumulative[n-1]
	return min(sort.Search(n, func(i int) bool { return cumulative[i] > u }), n-1)
}
