package engine

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/customer-personality/segmentation/internal/cause"
)

// workshop tries centroids out on a set of points, in memory of its own.
type localSearch struct {
	p      *points
	total  float64 // inertia about the mean of all points
	centre []float64
	scan   *scan
	label  []int32 // of the latest look, with the two least distances
	least  []float64
	second []float64
	sums   []*clusterSums // by the number of centroids less the least
	k      int
	latest int // number of centroids
}

// newWorkshop makes room for k to k+more centroids.
func newLocalSearch(p *points, k, more, workers int) *localSearch {
	l := &localSearch{p: p, scan: newScan(p, k+more, workers), k: k}
	for i := range more + 1 {
		l.sums = append(l.sums, newClusterSums(k+i, p.values.d))
	}
	return l
}

// settle iterates from the k centroids of an attempt, which it moves, until they
// rest or one of the ends given is reached.
func (l *localSearch) iterate(ctx context.Context, a solution, k int, until criterion) (solution, error) {
	t := l.sums[k-l.k]
	if l.latest != k {
		l.scan.restart() // the labels belong to another tally
		l.latest = k
	}
	iterations, _, err := acceleratedLloyd(ctx, l.scan, a.c, k, until, t)
	a.inertia, a.iterations = l.inertia(t), a.iterations+iterations
	return a, err
}

// inertia is that of the points about the means of their clusters in t.
func (l *localSearch) inertia(t *clusterSums) float64 {
	d := l.p.d
	if l.centre == nil {
		l.centre = t.mean(d)
		row := make([]float64, d)
		for i := range l.p.n {
			l.p.get(i, row)
			l.total += float64(l.p.weight(i) * SquaredDistance(row, l.centre))
		}
	}
	return max(0, l.total-t.between(l.centre))
}

// judge estimates what the inertia is of the rows of which the points are
// cells: a cell is not whole where another centroid comes near. Its rows are
// taken to be spread evenly across the border, as far as the cell reaches.
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
			saved += float64(l.p.weight(i) * float64(e*e) / (2 * width))
		}
	}
	a.estimate = max(0, a.estimate-saved)
	return a
}

// breath is how many centroids are added at once, at most.
const breathingDepth = 5

// breathe improves on an attempt: it adds centroids where the error is great,
// settles, takes as many away where they are needed least, and settles again;
// fewer at a time when that does not help (Fritzke, The breathing k-means
// algorithm, 2020, arXiv:2006.15666).
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

// better says whether a is better than b.
func (l *localSearch) better(a *solution, b solution) bool {
	if a.inertia > b.inertia*l.p.tolerance {
		return false
	}
	*a = l.estimate(*a)
	return a.estimate < b.estimate*(1-1e-9)
}

const (
	// glance is the number of iterations that added centroids have.
	breathingIter = 12

	// swapTries is how often swap tries, for each cluster, and manyTries on cells
	// of manyRows, beside which it costs little, and where few rows make up much
	// of the inertia.
	swapsPerCentroid = 6
	moreSwaps        = 10
	rowsPerCell      = 8

	// asGood times the best is about as good, of cells, and of a sample of n rows
	// 1 + sampleAsGood/√n times.
	cellTolerance   = 1.003
	sampleTolerance = 0.7

	// An attempt is given up while its inertia is above that of the best by more
	// than early, and after each iteration by more than fade times that.
	giveUpMargin = 0.15
	giveUpDecay  = 0.7
)

// beating is the end of an attempt that is to be better than the best.
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

// swap improves on an attempt: it moves a random centroid, most likely one that
// is needed little, to a random point, most likely one far from its centroid,
// settles, and keeps what is better (Fränti, Efficiency of random swap
// clustering, Journal of Big Data 5, 2018, doi:10.1186/s40537-018-0122-y). On
// cells, which only tell about how good an attempt is, it gives others that are
// about as good, too.
func (l *localSearch) swap(ctx context.Context, from solution, rng *rand.Rand) ([]solution, error) {
	k, d, n := l.k, l.p.d, l.p.n
	best := from
	var others []solution
	c := make([]float64, k*d)
	removal, insertion := make([]float64, k), make([]float64, n) // cumulative chances
	l.probabilities(best.c, removal, insertion)
	known := false
	tries, uneven := swapsPerCentroid*k, l.uneven()
	if l.p.represents >= rowsPerCell*n || uneven {
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

// uneven says whether a small part of the rows makes up much of the inertia of
// the latest look.
func (l *localSearch) uneven() bool {
	weight, sum, squares := 0.0, 0.0, 0.0
	for i, v := range l.least[:l.p.n] {
		m := l.p.weight(i)
		weight += m
		sum += float64(m * v)
		squares += float64(m * float64(v*v))
	}
	return squares*weight > unevenness*sum*sum
}

// chances fills cumulative chances: for each centroid one over what the inertia
// rises by without it, for each point what it adds to the inertia.
func (l *localSearch) probabilities(c, removal, insertion []float64) {
	k := len(removal)
	l.nearestTwo(c, k)
	clear(removal)
	total := 0.0
	for i := range insertion {
		v := l.p.weight(i)
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

// pick draws an index by cumulative chances.
func drawIndex(cumulative []float64, rng *rand.Rand) int {
	n := len(cumulative)
	u := rng.Float64() * cumulative[n-1]
	return min(sort.Search(n, func(i int) bool { return cumulative[i] > u }), n-1)
}

// hartigan moves single points to other clusters as long as that lowers the
// inertia, the centroids moving along, and settles: of the many states where
// Lloyd's iteration rests, only few pass this test (Hartigan & Wong, Algorithm
// AS 136, Applied Statistics 28, 1979, doi:10.2307/2346830; Telgarsky &
// Vattani, Hartigan's Method, AISTATS 2010).
func (l *localSearch) hartigan(ctx context.Context, from solution) (solution, error) {
	k, d := l.k, l.p.d
	c := slices.Clone(from.c)
	weight := make([]float64, k)
	l.nearestTwo(c, k)
	of := l.label[:l.p.n]
	for i, at := range of {
		weight[at] += l.p.weight(i)
	}
	const passes = 20
	for range passes {
		if err := cause.Of(ctx); err != nil {
			return from, err
		}
		moved := false
		for i := range of {
			a := int(of[i])
			v := l.p.weight(i)
			if !(weight[a] > v) {
				continue
			}
			row := l.p.rows[i*d : (i+1)*d]
			gain := float64(SquaredDistance(row, c[a*d:(a+1)*d]) * weight[a] / (weight[a] - v))
			to := a
			for b := range k {
				if b == a {
					continue
				}
				cost := float64(SquaredDistance(row, c[b*d:(b+1)*d]) * weight[b] / (weight[b] + v))
				if cost < gain*(1-1e-12) {
					gain, to = cost, b
				}
			}
			if to == a {
				continue
			}
			for j, x := range row {
				c[a*d+j] -= float64((x - c[a*d+j]) * v / (weight[a] - v))
				c[to*d+j] += float64((x - c[to*d+j]) * v / (weight[to] + v))
			}
			weight[a] -= v
			weight[to] += v
			of[i] = int32(to)
			moved = true
		}
		if !moved {
			break
		}
	}
	a, err := l.iterate(ctx, solution{c: c, iterations: from.iterations}, k, criterion{maxIter: coarseIter})
	a = l.estimate(a)
	if err == ErrDistinct || err == nil && a.estimate > from.estimate {
		return from, nil
	}
	return a, err
}

// look finds the two centroids nearest to every point.
func (l *localSearch) nearestTwo(c []float64, k int) {
	if l.second == nil {
		l.least, l.second, l.label = aligned(l.p.blocks*lanes), aligned(l.p.blocks*lanes), make([]int32, l.p.blocks*lanes)
	}
	l.p.nearestTwo(l.p.blocks, c, k, l.label, l.least, l.second)
}

// inhale adds m centroids, a little beside those whose clusters add most to
// the inertia.
func (l *localSearch) breatheIn(c []float64, m int, rng *rand.Rand) []float64 {
	k, d := l.k, l.p.d
	errs := make([]float64, k)
	total, weight := 0.0, 0.0
	l.nearestTwo(c, k)
	for i := range l.p.n {
		v := l.p.weight(i)
		s := float64(v * l.least[i])
		errs[l.label[i]] += s
		total += s
		weight += v
	}
	order := make([]int, k)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(errs[b], errs[a]) })
	out := slices.Clone(c)
	aside := 0.01 * math.Sqrt(total/weight/float64(d))
	for _, at := range order[:m] {
		for j := range d {
			out = append(out, c[at*d+j]+float64(aside*(float64(2*float64(rng.Float64()))-1)))
		}
	}
	return out
}

// exhale takes m centroids away: those without which the inertia rises least,
// but none next to one that has gone.
func (l *localSearch) breatheOut(c []float64, m int) []float64 {
	d := l.p.d
	k := len(c) / d
	use := make([]float64, k)
	l.nearestTwo(c, k)
	for i := range l.p.n {
		use[l.label[i]] += float64(l.p.weight(i) * (l.second[i] - l.least[i]))
	}
	order := make([]int, k)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(use[a], use[b]) })
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

// neighbour gives the centroid nearest to one that is gone.
func neighbour(c []float64, d, of int, gone []bool) int {
	near, least := -1, inf
	for i := range gone {
		if s := SquaredDistance(c[i*d:(i+1)*d], c[of*d:(of+1)*d]); !gone[i] && s < least {
			near, least = i, s
		}
	}
	return near
}
