package engine

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	// breathingDepth is how many centroids are added at once at most, as in the
	// paper. With 2, 3, 5 and 8 fits of 40 clusters end 6, 9, 11 and 14 ‰ below ten
	// restarts, in 50, 46, 57 and 70 ms (BenchmarkSearch/many).
	breathingDepth = 5

	// breathingIter is how often they are iterated before some are removed. With 4,
	// 8, 12 and 20: 9.3, 10.8, 11.1 and 11.7 ‰ below, in 48, 52, 57 and 68 ms.
	breathingIter = 12
)

// breathe improves a solution by breathing: it adds m centroids where the error is
// greatest, iterates, removes the m of least utility, and iterates again, for a smaller m
// where that does not help (Fritzke, The breathing k-means algorithm, 2020,
// arXiv:2006.15666).
func (l *localSearch) breathe(ctx context.Context, from solution, rng *rand.Rand) ([]solution, error) {
	k, n := l.k, l.p.n
	best := from
	for m := min(breathingDepth, k, n-k); m > 0; {
		a := solution{c: l.breatheIn(best.c, m, rng), iterations: best.iterations}
		a, err := l.iterate(ctx, a, k+m, criterion{maxIter: breathingIter})
		if err == nil {
			a.c = l.breatheOut(a.c, m)
			a, err = l.iterate(ctx, a, k, l.stopBehind(best))
		}
		switch {
		case err == ErrDistinct:
			m--
		case err != nil:
			return nil, err
		case l.better(&a, best):
			best = a
		default:
			m--
		}
	}
	return []solution{best}, nil
}

// breatheIn returns the centroids and m more, each a little beside one of those whose
// clusters add most to the inertia.
func (l *localSearch) breatheIn(c []float64, m int, rng *rand.Rand) []float64 {
	k, d := l.k, l.p.d
	errs := make([]float64, k)
	total, weight := 0.0, 0.0
	l.nearestTwo(c, k)
	for i := range l.p.n {
		v := l.p.w.of(i)
		s := float64(v * l.least[i])
		errs[l.label[i]] += s
		total += s
		weight += v
	}
	order := make([]int, k)
	floats.Scale(-1, errs)
	floats.ArgsortStable(errs, order)
	out := slices.Clone(c)
	aside := 0.01 * math.Sqrt(total/weight/float64(d))
	for _, at := range order[:m] {
		for j := range d {
			out = append(out, c[at*d+j]+float64(aside*(float64(2*float64(rng.Float64()))-1)))
		}
	}
	return out
}

// breatheOut returns the centroids less m of them: those without which the inertia rises
// least, but none whose nearest neighbour has been removed, which is frozen.
func (l *localSearch) breatheOut(c []float64, m int) []float64 {
	d := l.p.d
	k := len(c) / d
	use, order := make([]float64, k), make([]int, k)
	l.nearestTwo(c, k)
	for i := range l.p.n {
		use[l.label[i]] += float64(l.p.w.of(i) * (l.second[i] - l.least[i]))
	}
	floats.ArgsortStable(use, order)
	gone, frozen := make([]bool, k), make([]bool, k)
	left, spare := m, k-m // how many may still be frozen
	for _, at := range order {
		if left == 0 {
			break
		}
		if frozen[at] {
			continue
		}
		gone[at] = true
		left--
		if next := neighbour(c, d, at, gone); next >= 0 && !frozen[next] && spare > 0 {
			frozen[next] = true
			spare--
		}
	}
	for _, at := range order {
		if left > 0 && !gone[at] {
			gone[at] = true
			left--
		}
	}
	out := make([]float64, 0, (k-m)*d)
	for i := range k {
		if !gone[i] {
			out = append(out, c[i*d:(i+1)*d]...)
		}
	}
	return out
}

// neighbour returns the remaining centroid nearest to one that is gone, or −1.
func neighbour(c []float64, d, of int, gone []bool) int {
	near, least := -1, inf
	for i := range gone {
		if s := SquaredDistance(c[i*d:(i+1)*d], c[of*d:(of+1)*d]); !gone[i] && s < least {
			near, least = i, s
		}
	}
	return near
}
