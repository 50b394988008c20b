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
type workshop struct {
	p       *points
	total   float64 // inertia about the mean of all points
	centre  []float64
	scan    *scan
	next    []int32 // of the latest look, with the two least distances
	first   []float64
	second  []float64
	tallies []*tally // by the number of centroids less the least
	k       int
	latest  int // number of centroids
}

// newWorkshop makes room for k to k+more centroids.
func newWorkshop(p *points, k, more, workers int) *workshop {
	w := &workshop{p: p, scan: newScan(p, k+more, workers), k: k}
	for i := range more + 1 {
		w.tallies = append(w.tallies, newTally(k+i, p.values.d))
	}
	return w
}

// settle iterates from the k centroids of an attempt, which it moves, until they
// rest or one of the ends given is reached.
func (w *workshop) settle(ctx context.Context, a attempt, k int, end end) (attempt, error) {
	t := w.tallies[k-w.k]
	if w.latest != k {
		w.scan.restart() // the labels belong to another tally
		w.latest = k
	}
	iterations, _, err := hasten(ctx, w.scan, a.c, k, end, t)
	a.inertia, a.iterations = w.inertia(t), a.iterations+iterations
	return a, err
}

// inertia is that of the points about the means of their clusters in t.
func (w *workshop) inertia(t *tally) float64 {
	d := w.p.d
	if w.centre == nil {
		w.centre = t.centre(d)
		row := make([]float64, d)
		for i := range w.p.n {
			w.p.get(i, row)
			w.total += float64(w.p.weight(i) * SquaredDistance(row, w.centre))
		}
	}
	return max(0, w.total-t.spread(w.centre))
}

// judge estimates what the inertia is of the rows of which the points are
// cells: a cell is not whole where another centroid comes near. Its rows are
// taken to be spread evenly across the border, as far as the cell reaches.
func (w *workshop) judge(a attempt) attempt {
	a.judged = a.inertia
	if w.p.half == nil {
		return a
	}
	d := w.p.d
	k := len(a.c) / d
	w.look(a.c, k)
	saved := 0.0
	for i := range w.p.n {
		f, s := w.first[i], w.second[i]
		reach := float64(4 * w.p.reach[i])
		// √s − √f < 2√reach, or else the border is too far.
		if v := s - f - reach; v > 0 && float64(v*v) >= float64(4*float64(reach*f)) {
			continue
		}
		first := a.c[int(w.next[i])*d:][:d]
		other := first
		row := w.p.rows[i*d : (i+1)*d]
		for b := 0; b < k; b++ {
			if c := a.c[b*d : (b+1)*d]; b != int(w.next[i]) && SquaredDistance(row, c) == s {
				other = c
				break
			}
		}
		width := 0.0
		for j, h := range w.p.half[i*d : (i+1)*d] {
			v := float64((other[j] - first[j]) * h)
			width += float64(v * v)
		}
		width = math.Sqrt(width)
		if e := width - float64((s-f)/2); e > 0 {
			saved += float64(w.p.weight(i) * float64(e*e) / (2 * width))
		}
	}
	a.judged = max(0, a.judged-saved)
	return a
}

// breath is how many centroids are added at once, at most.
const breath = 5

// breathe improves on an attempt: it adds centroids where the error is great,
// settles, takes as many away where they are needed least, and settles again;
// fewer at a time when that does not help (Fritzke, The breathing k-means
// algorithm, 2020, arXiv:2006.15666).
func (w *workshop) breathe(ctx context.Context, from attempt, rng *rand.Rand) ([]attempt, error) {
	k, n := w.k, w.p.n
	best := from
	for m := min(breath, k, n-k); m > 0; {
		a := attempt{c: w.inhale(best.c, m, rng), iterations: best.iterations}
		a, err := w.settle(ctx, a, k+m, end{maxIter: glance})
		if err == nil {
			a.c = w.exhale(a.c, m)
			a, err = w.settle(ctx, a, k, w.beating(best))
		}
		switch {
		case err == ErrDistinct:
			m--
		case err != nil:
			return nil, err
		case w.better(&a, best):
			best = a
		default:
			m--
		}
	}
	return []attempt{best}, nil
}

// better says whether a is better than b.
func (w *workshop) better(a *attempt, b attempt) bool {
	if a.inertia > b.inertia*w.p.asGood {
		return false
	}
	*a = w.judge(*a)
	return a.judged < b.judged*(1-1e-9)
}

const (
	// glance is the number of iterations that added centroids have.
	glance = 12

	// swapTries is how often swap tries, for each cluster, and manyTries on cells
	// of manyRows, beside which it costs little, and where few rows make up much
	// of the inertia.
	swapTries = 6
	manyTries = 10
	manyRows  = 8

	// asGood times the best is about as good, of cells, and of a sample of n rows
	// 1 + sampleAsGood/√n times.
	asGood       = 1.003
	sampleAsGood = 0.7

	// An attempt is given up while its inertia is above that of the best by more
	// than early, and after each iteration by more than fade times that.
	early = 0.15
	fade  = 0.7
)

// beating is the end of an attempt that is to be better than the best.
func (w *workshop) beating(best attempt) end {
	goal := float64(best.inertia * w.p.asGood)
	at, margin := 0, float64(goal*early)
	return end{maxIter: coarseIter, lost: func(iteration int, spread float64) bool {
		for ; at < iteration; at++ {
			margin = float64(margin * fade)
		}
		return w.total-spread > goal+margin
	}}
}

// swap improves on an attempt: it moves a random centroid, most likely one that
// is needed little, to a random point, most likely one far from its centroid,
// settles, and keeps what is better (Fränti, Efficiency of random swap
// clustering, Journal of Big Data 5, 2018, doi:10.1186/s40537-018-0122-y). On
// cells, which only tell about how good an attempt is, it gives others that are
// about as good, too.
func (w *workshop) swap(ctx context.Context, from attempt, rng *rand.Rand) ([]attempt, error) {
	k, d, n := w.k, w.p.d, w.p.n
	best := from
	var others []attempt
	c := make([]float64, k*d)
	spare, far := make([]float64, k), make([]float64, n) // cumulative chances
	w.chances(best.c, spare, far)
	known := false
	tries, uneven := swapTries*k, w.uneven()
	if w.p.of >= manyRows*n || uneven {
		tries = manyTries * k
	}
	var start snapshot
	for try := range tries {
		if !known {
			w.chances(best.c, spare, far)
			if err := w.scan.step(ctx, best.c, k, w.tallies[0]); err != nil {
				return nil, err
			}
			start.save(w.scan, w.tallies[0])
			known = true
		}
		start.restore(w.scan, w.tallies[0])
		out, in := pick(spare, rng), pick(far, rng)
		if uneven && try%2 == 1 {
			// Each of the centroids among far rows is needed much more than those
			// among the others, and would never move.
			out = rng.IntN(k)
		}
		copy(c, best.c)
		copy(c[out*d:(out+1)*d], w.p.rows[in*d:(in+1)*d])
		a, err := w.settle(ctx, attempt{c: c, iterations: best.iterations}, k, w.beating(best))
		switch {
		case err == ErrDistinct:
		case err != nil:
			return nil, err
		case w.better(&a, best):
			if w.p.asGood > 1 {
				others = append(others, best)
				c = make([]float64, k*d)
			} else {
				c = best.c
			}
			best = a
			known = false
		case w.p.asGood > 1 && a.judged > 0 && a.judged < best.judged*w.p.asGood:
			others = w.p.leading(append(others, a.clone()))
		}
	}
	return append(others, best), nil
}

// uneven says whether a small part of the rows makes up much of the inertia of
// the latest look.
func (w *workshop) uneven() bool {
	weight, sum, squares := 0.0, 0.0, 0.0
	for i, v := range w.first[:w.p.n] {
		m := w.p.weight(i)
		weight += m
		sum += float64(m * v)
		squares += float64(m * float64(v*v))
	}
	return squares*weight > unevenness*sum*sum
}

// chances fills cumulative chances: for each centroid one over what the inertia
// rises by without it, for each point what it adds to the inertia.
func (w *workshop) chances(c, spare, far []float64) {
	k := len(spare)
	w.look(c, k)
	clear(spare)
	total := 0.0
	for i := range far {
		v := w.p.weight(i)
		spare[w.next[i]] += float64(v * (w.second[i] - w.first[i]))
		total += float64(v * w.first[i])
		far[i] = total
	}
	total = 0
	for i, v := range spare {
		total += 1 / max(v, 1e-300)
		spare[i] = total
	}
}

// pick draws an index by cumulative chances.
func pick(cumulative []float64, rng *rand.Rand) int {
	n := len(cumulative)
	u := rng.Float64() * cumulative[n-1]
	return min(sort.Search(n, func(i int) bool { return cumulative[i] > u }), n-1)
}

// hartigan moves single points to other clusters as long as that lowers the
// inertia, the centroids moving along, and settles: of the many states where
// Lloyd's iteration rests, only few pass this test (Hartigan & Wong, Algorithm
// AS 136, Applied Statistics 28, 1979, doi:10.2307/2346830; Telgarsky &
// Vattani, Hartigan's Method, AISTATS 2010).
func (w *workshop) hartigan(ctx context.Context, from attempt) (attempt, error) {
	k, d := w.k, w.p.d
	c := slices.Clone(from.c)
	weight := make([]float64, k)
	w.look(c, k)
	of := w.next[:w.p.n]
	for i, at := range of {
		weight[at] += w.p.weight(i)
	}
	const passes = 20
	for range passes {
		if err := cause.Of(ctx); err != nil {
			return from, err
		}
		moved := false
		for i := range of {
			a := int(of[i])
			v := w.p.weight(i)
			if !(weight[a] > v) {
				continue
			}
			row := w.p.rows[i*d : (i+1)*d]
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
	a, err := w.settle(ctx, attempt{c: c, iterations: from.iterations}, k, end{maxIter: coarseIter})
	a = w.judge(a)
	if err == ErrDistinct || err == nil && a.judged > from.judged {
		return from, nil
	}
	return a, err
}

// look finds the two centroids nearest to every point.
func (w *workshop) look(c []float64, k int) {
	if w.second == nil {
		w.first, w.second, w.next = aligned(w.p.blocks*lanes), aligned(w.p.blocks*lanes), make([]int32, w.p.blocks*lanes)
	}
	w.p.nearestTwo(w.p.blocks, c, k, w.next, w.first, w.second)
}

// inhale adds m centroids, a little beside those whose clusters add most to
// the inertia.
func (w *workshop) inhale(c []float64, m int, rng *rand.Rand) []float64 {
	k, d := w.k, w.p.d
	errs := make([]float64, k)
	total, weight := 0.0, 0.0
	w.look(c, k)
	for i := range w.p.n {
		v := w.p.weight(i)
		s := float64(v * w.first[i])
		errs[w.next[i]] += s
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
func (w *workshop) exhale(c []float64, m int) []float64 {
	d := w.p.d
	k := len(c) / d
	use := make([]float64, k)
	w.look(c, k)
	for i := range w.p.n {
		use[w.next[i]] += float64(w.p.weight(i) * (w.second[i] - w.first[i]))
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
