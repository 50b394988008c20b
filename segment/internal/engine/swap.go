package engine

import (
	"context"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/floats"
)

const (
	// swapsPerCentroid is how many swaps are tried for each centroid that may be removed.
	// With 6, 12 and 20 of 4 to 6 clusters in 1,000 to 10,000 rows 3.5, 0.8 and 0.7 % of
	// fits end more than 10⁻⁴ above ten restarts, in 6.2, 7.8 and 10 ms.
	swapsPerCentroid = 12

	// swapsOnSample is how many are tried on a sample, as what is best on it need not be
	// best on all rows, and swapsOnRows how many then on the rows: with none, 2, 4 and 8 80,
	// 50, 40 and 35 % of fits of 20,000 uniform rows of 8 columns end more than 10⁻⁴ above
	// ten restarts.
	swapsOnSample = 6
	swapsOnRows   = 3

	// swapsAmongMany is how many are tried among some more clusters, after breathing, where
	// few rows make up much of the inertia. With none, 2 and 4 20, 10 and 0 % of fits of 20
	// clusters in 2,000 rows with far tails end more than 10⁻⁴ above ten restarts, in 58, 37
	// and 48 ms; of 50 ones none does.
	swapsAmongMany = 4

	// hopeless is from how many times the most that the split of a cluster gains on a
	// removal costs too much, both before the other centroids move: of 5,000 exchanges of 6
	// and 20 clusters none helped that seemed to lose 13 times what it gains.
	hopeless = 16

	// splitIter is how often the halves of a split are iterated.
	splitIter = 4
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
	removable, uneven, known := k, false, false
	var start snapshot
	for try := 0; try < l.swaps*removable; try++ {
		if !known {
			removable = l.probabilities(best.c, removal, insertion)
			if uneven = uneven || l.uneven(); uneven {
				removable = k
			} else if removable == 0 {
				break
			}
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
		case l.aboutAsGood(a, best):
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

// removals returns what the removal of each of k centroids costs before the others move,
// and the inertia of each cluster, after nearestTwo.
func (l *localSearch) removals(k int) (removal, own []float64) {
	removal, own = make([]float64, k), make([]float64, k)
	for i, q := range l.label[:l.p.n] {
		v := l.p.w.of(i)
		removal[q] += float64(v * (l.second[i] - l.least[i]))
		own[q] += float64(v * l.least[i])
	}
	return removal, own
}

// mostRemoval returns what a removal may cost at most that is worth a try, after
// nearestTwo with the centroids c.
func (l *localSearch) mostRemoval(c []float64) float64 {
	l.sort()
	most := 0.0
	for q := range len(c) / l.p.d {
		most = max(most, l.splitGain(c, q))
	}
	return hopeless * most
}

// splitGain returns about what the inertia falls by where cluster q is split: 2-means of its
// rows, which the hyperplane half-way between the means parts, from the direction of the
// row that adds most to the inertia.
func (l *localSearch) splitGain(c []float64, q int) (gain float64) {
	d := l.p.d
	mean, members := c[q*d:(q+1)*d], l.members(q)
	far, most := -1, 0.0
	for _, i := range members {
		if v := float64(l.p.w.of(int(i)) * l.least[i]); v > most {
			far, most = int(i), v
		}
	}
	if far < 0 {
		return 0
	}
	direction, limit := make([]float64, d), 0.0
	floats.SubTo(direction, l.p.rows[far*d:(far+1)*d], mean)
	halves, weights := [2][]float64{make([]float64, d), make([]float64, d)}, [2]float64{}
	for range splitIter {
		clear(halves[0])
		clear(halves[1])
		weights = [2]float64{}
		for _, i := range members {
			row, w, along := l.p.rows[int(i)*d:][:d], l.p.w.of(int(i)), 0.0
			for j, v := range row {
				along += float64((v - mean[j]) * direction[j])
			}
			h := 0
			if along > limit {
				h = 1
			}
			weights[h] += w
			for j, v := range row {
				halves[h][j] += float64(w * (v - mean[j]))
			}
		}
		if weights[0] == 0 || weights[1] == 0 {
			return gain
		}
		gain, limit = 0, 0
		for j := range d {
			a, b := halves[0][j]/weights[0], halves[1][j]/weights[1]
			direction[j] = b - a
			gain += float64((b - a) * (b - a))
			limit += float64(b*b) - float64(a*a)
		}
		gain = float64(gain * weights[0] * weights[1] / (weights[0] + weights[1]))
		limit /= 2
	}
	return gain
}

// probabilities fills cumulative probabilities: to remove a centroid, one over what the
// inertia rises by without it; to insert one at a point, what that adds to the inertia. It
// returns how many centroids may be removed.
func (l *localSearch) probabilities(c, removal, insertion []float64) (removable int) {
	k := len(removal)
	l.nearestTwo(c, k)
	total := 0.0
	for i := range insertion {
		total += float64(l.p.w.of(i) * l.least[i])
		insertion[i] = total
	}
	cost, _ := l.removals(k)
	most := l.mostRemoval(c)
	total = 0
	for i, v := range cost {
		if v <= most {
			removable++
		}
		total += 1 / max(v, 1e-300)
		removal[i] = total
	}
	return removable
}

// drawIndex draws an index by cumulative probabilities.
func drawIndex(cumulative []float64, rng *rand.Rand) int {
	n := len(cumulative)
	u := rng.Float64() * cumulative[n-1]
	return min(sort.Search(n, func(i int) bool { return cumulative[i] > u }), n-1)
}
