package engine

import (
	"context"
	"math"
	"slices"
)

const (
	// cellTolerance is the factor by which inertias on cells may be in the wrong order
	// for the rows: swaps of an inertia up to so much above the best are estimated and
	// kept. With 1.0003, 1.001, 1.003 and 1.01 fits of 40 clusters end 2.3, 2.8, 3.3
	// and 3.3 ‰ below ten restarts (BenchmarkSearch/many_cells), and uniform rows take
	// 46, 46, 52 and 71 ms (cells_uniform).
	cellTolerance = 1.003

	// sampleTolerance/√n more than 1 is the same of a sample of n rows, whose inertia
	// has a relative error of up to √(unevenness−1)/√n. 0.1 to 0.7 find the same, 2
	// 0.1 ‰ more with outliers, in 294 ms instead of 232 (sample_outliers).
	sampleTolerance = 0.7

	// giveUpMargin and giveUpDecay: see stopBehind. With a margin of 0.05, 0.15, 0.4
	// and ∞ fits end 5.9, 6.9, 6.9 and 6.9 ‰ below ten restarts, in 50, 62, 72 and
	// 88 ms; with a decay of 0.5, 0.7 and 0.9 6.5, 6.9 and 6.9 ‰ in 55, 62 and 74 ms
	// (means of BenchmarkSearch).
	giveUpMargin = 0.15
	giveUpDecay  = 0.7
)

// localSearch improves solutions on a set of points, in memory of its own.
type localSearch struct {
	p      *points
	total  float64 // inertia about the mean of all points
	centre []float64
	scan   *scan
	label  []int32 // of the latest nearestTwo, with the two least distances
	least  []float64
	second []float64
	sums   []*clusterSums // by the number of centroids less the least
	k      int
	first  []int // of the rows of each cluster in order
	order  []int32
	latest int // number of centroids
	swaps  int // for each centroid that may be removed
}

// newLocalSearch returns a search with room for k to k+more centroids.
func newLocalSearch(p *points, k, more, workers int) *localSearch {
	l := &localSearch{p: p, scan: newScan(p, k+more, workers), k: k, swaps: swapsPerCentroid}
	for i := range more + 1 {
		l.sums = append(l.sums, newClusterSums(k+i, p.values.d))
	}
	return l
}

// iterate runs Lloyd's iteration from the k centroids of a solution, which it moves, until
// they converge or a criterion is met.
func (l *localSearch) iterate(ctx context.Context, a solution, k int, until criterion) (solution, error) {
	t := l.sums[k-l.k]
	if l.latest != k {
		l.scan.restart() // the labels belong to other sums
		l.latest = k
	}
	iterations, _, err := acceleratedLloyd(ctx, l.scan, a.c, k, until, t)
	a.inertia, a.iterations = l.inertia(t), a.iterations+iterations
	return a, err
}

// inertia returns the inertia of the points about the means of their clusters in t.
func (l *localSearch) inertia(t *clusterSums) float64 {
	d := l.p.d
	if l.centre == nil {
		l.centre = t.mean(d)
		row := make([]float64, d)
		for i := range l.p.n {
			l.p.get(i, row)
			l.total += float64(l.p.w.of(i) * SquaredDistance(row, l.centre))
		}
	}
	return max(0, l.total-t.between(l.centre))
}

// estimate estimates the inertia of the rows of which the points are cells. Where the
// border to another centroid runs through a cell, its rows beyond the border are nearer to
// that one: they are taken to be spread evenly across the border, as far as the cell
// reaches.
func (l *localSearch) estimate(a solution) solution {
	a.estimate = a.inertia
	if l.p.half == nil {
		return a
	}
	d := l.p.d
	k := len(a.c) / d
	l.nearestTwo(a.c, k)
	saved := 0.0
	for i := range l.p.n {
		f, s := l.least[i], l.second[i]
		reach := float64(4 * l.p.reach[i])
		// √s − √f < 2√reach, or else the border is too far.
		if v := s - f - reach; v > 0 && float64(v*v) >= float64(4*float64(reach*f)) {
			continue
		}
		first := a.c[int(l.label[i])*d:][:d]
		other := first
		row := l.p.rows[i*d : (i+1)*d]
		for b := 0; b < k; b++ {
			if c := a.c[b*d : (b+1)*d]; b != int(l.label[i]) && SquaredDistance(row, c) == s {
				other = c
				break
			}
		}
		width := 0.0
		for j, h := range l.p.half[i*d : (i+1)*d] {
			v := float64((other[j] - first[j]) * h)
			width += float64(v * v)
		}
		width = math.Sqrt(width)
		if e := width - float64((s-f)/2); e > 0 {
			saved += float64(l.p.w.of(i) * float64(e*e) / (2 * width))
		}
	}
	a.estimate = max(0, a.estimate-saved)
	return a
}

// better estimates a and reports whether it is better than b.
func (l *localSearch) better(a *solution, b solution) bool {
	if a.inertia > b.inertia*l.p.tolerance {
		return false
	}
	*a = l.estimate(*a)
	return a.estimate < b.estimate*(1-1e-9)
}

// aboutAsGood reports whether inertias are approximate and that of a is so near to that of
// b that it may be less on the rows.
func (l *localSearch) aboutAsGood(a, b solution) bool {
	return l.p.tolerance > 1 && a.estimate > 0 && a.estimate < b.estimate*l.p.tolerance
}

// stopBehind returns the criterion by which an iteration is given up that falls behind the
// best solution: its inertia may exceed that of the best by giveUpMargin, and after each
// iteration by giveUpDecay times as much.
func (l *localSearch) stopBehind(best solution) criterion {
	goal := float64(best.inertia * l.p.tolerance)
	at, margin := 0, float64(goal*giveUpMargin)
	return criterion{maxIter: coarseIter, giveUp: func(iteration int, between float64) bool {
		for ; at < iteration; at++ {
			margin = float64(margin * giveUpDecay)
		}
		return l.total-between > goal+margin
	}}
}

// nearestTwo finds the two centroids nearest to every point.
func (l *localSearch) nearestTwo(c []float64, k int) {
	if l.second == nil {
		n := l.p.blocks * lanes
		l.least, l.second, l.label = aligned(n), aligned(n), make([]int32, n)
	}
	l.p.nearestTwo(l.p.blocks, c, k, l.label, l.least, l.second)
}

// sort puts the rows in the order of their clusters, after nearestTwo.
func (l *localSearch) sort() {
	if l.order == nil {
		l.first, l.order = make([]int, l.k+1), make([]int32, l.p.n)
	}
	clear(l.first)
	labels := l.label[:l.p.n]
	for _, q := range labels {
		l.first[q+1]++
	}
	for q := range l.k {
		l.first[q+1] += l.first[q]
	}
	next := slices.Clone(l.first)
	for i, q := range labels {
		l.order[next[q]] = int32(i)
		next[q]++
	}
}

func (l *localSearch) members(q int) []int32 { return l.order[l.first[q]:l.first[q+1]] }
