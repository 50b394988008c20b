package engine

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/customer-personality/segmentation/internal/cause"
)

// Result is a clustering, once it is finished (see Finish): Labels are the nearest
// centroids of the rows, Counts the weight of each cluster, Inertia the weighted
// sum of squared distances.
type Result struct {
	Centroids  []float64
	Labels     []int32
	Counts     []float64
	Inertia    float64
	Iterations int
	Converged  bool
	Coarse     bool // sums were too coarse for the rows of a cluster; see FromUnequal

	source source // for Finish
	tally  *tally
}

const (
	// A tree is worth its building up to treeColumns columns, from treeRows rows
	// and treeCentroids centroids on, those of all fits together, for the cells
	// that it gives. Its steps are faster than those of a scan from filterRows
	// rows on: see BenchmarkStep.
	treeColumns   = 4
	treeRows      = 8192
	filterRows    = 1 << 17
	treeCentroids = 6

	// Starts is how often Best seeds. One start is much like another: it is swaps
	// and breathing that find the good ones.
	Starts = 4

	// keepCells is how many of the tries go on where what they are worth is not
	// known exactly.
	keepCells = 4

	// refineRows is about the number of rows on which these are tried out.
	refineRows = 1 << 19
	refineIter = 6

	// coarseCells is about the number of cells in which the tries are made; as no
	// cell has more rows than its share, there may be up to twice as many. Tries
	// take coarseIter iterations at most.
	coarseCells = 6144
	coarseIter  = 100

	// fewClusters is up to how many clusters swaps are tried.
	fewClusters = 12

	// handWork is up to how many coordinates single moves are tried.
	handWork = 1 << 18

	// sampleRows is the number of rows that stand for all where there is no
	// tree; half as many do for few centroids.
	sampleRows = 4096
)

func (a *Data) hasTree() bool {
	return a.Cols <= treeColumns && a.Rows >= treeRows && !a.few()
}

func (a *Data) filters() bool { return a.hasTree() && a.Rows >= filterRows }

func (a *Data) few() bool { return a.Centroids != 0 && a.Centroids < treeCentroids }

// source gives what Lloyd's iteration over all rows runs on.
func (a *Data) source(k, workers int) source {
	if a.filters() {
		return newForest(a, k, workers)
	}
	return newScan(a.points(), k, workers)
}

// seeds gives the points among which all rows can be seeds.
func (a *Data) seeds() *points {
	if a.filters() {
		return a.tree().points(a.Weights)
	}
	return a.points()
}

// points gives the rows in the order of the tree.
func (t *tree) points(weights []float64) *points {
	p := &points{n: t.n, blocks: (t.n + lanes - 1) / lanes, block: t.x, values: t.values, g: t.g}
	if weights != nil {
		p.w = aligned(p.blocks * lanes)
		for at, i := range t.row {
			p.w[at] = weights[i]
		}
	}
	return p
}

// stream gives the random numbers of one start for one k.
func stream(seed uint64, k, start int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(k)<<32|uint64(start)))
}

// Start seeds k centroids on all rows and iterates over all rows. What it gives
// is to be finished if it is the best. It gives fewer centroids, and nothing
// else, where there are fewer distinct rows.
func (a *Data) Start(ctx context.Context, k int, seed uint64, start, maxIter int, tol float64, workers int) (Result, error) {
	c, err := newSeeder(a.seeds()).seed(ctx, nil, k, stream(seed, k, start))
	if err != nil || len(c) < k*a.Cols {
		return Result{Centroids: c}, err
	}
	r, err := a.from(ctx, lloyd, c, maxIter, tol, workers)
	if err != nil {
		return r, err
	}
	if !a.filters() { // the labels are known
		return r, a.Finish(ctx, &r, workers)
	}
	r.Inertia = a.about(r.tally)
	return r, nil
}

// From iterates over all rows from the given centroids.
func (a *Data) From(ctx context.Context, centroids []float64, maxIter int, tol float64, workers int) (Result, error) {
	r, err := a.from(ctx, lloyd, centroids, maxIter, tol, workers)
	if err != nil {
		return r, err
	}
	return r, a.Finish(ctx, &r, workers)
}

// iteration is lloyd or hasten.
type iteration func(ctx context.Context, s source, c []float64, k int, end end, t *tally) (iterations int, converged bool, err error)

func (a *Data) from(ctx context.Context, iterate iteration, centroids []float64, maxIter int, tol float64, workers int) (Result, error) {
	k := len(centroids) / a.Cols
	s := a.source(k, workers)
	r := Result{Centroids: slices.Clone(centroids)}
	end := end{maxIter: maxIter}
	if tol > 0 {
		end.limit = tol * a.Variance()
	}
	t := newTally(k, len(a.grid().magic)/8)
	var err error
	if r.Iterations, r.Converged, err = iterate(ctx, s, r.Centroids, k, end, t); err != nil {
		return r, err
	}
	for i := range k {
		r.Counts = append(r.Counts, t.weight(i, a.Cols))
	}
	r.source, r.tally = s, t
	return r, nil
}

// about gives the inertia of the clusters in t about their means, to the
// accuracy that comparing results needs, with no look at the rows.
func (a *Data) about(t *tally) float64 {
	weight := 0.0
	for i := range t.k {
		weight += t.weight(i, a.Cols)
	}
	return float64(a.Variance()*float64(a.Cols)*weight) - t.spread(t.centre(a.Cols))
}

// Finish gives a result labels and its exact inertia, where it has none.
func (a *Data) Finish(ctx context.Context, r *Result, workers int) error {
	if r.Labels != nil {
		return nil
	}
	k := len(r.Centroids) / a.Cols
	s := r.source
	labels, dist, err := s.assignment(ctx, r.Centroids, k)
	if err != nil {
		return err
	}
	r.Labels = labels[:a.Rows:a.Rows]
	a.check(r, dist)
	r.Inertia = inertia(s, dist[:a.Rows], workers)
	r.source, r.tally = nil, nil
	return nil
}

// Best tries several starts on coarse cells of the rows, improves the best of
// them on finer ones and iterates over all rows from the very best.
func (a *Data) Best(ctx context.Context, k int, seed uint64, maxIter int, tol float64, workers int, report func(inertia float64)) (Result, error) {
	levels := a.levels()
	found, err := explore(ctx, levels[0], k, seed, workers, report)
	if err != nil {
		return Result{}, err
	}
	if len(found) == 0 { // fewer distinct cells than clusters
		r, err := a.Start(ctx, k, seed, 0, maxIter, tol, workers)
		if err != nil || len(r.Centroids) < k*a.Cols {
			return r, err
		}
		return r, a.Finish(ctx, &r, workers)
	}
	for _, p := range levels[1:] {
		if found, err = refine(ctx, p, found, coarseIter, workers); err != nil {
			return Result{}, err
		}
	}
	if few := leading(found, refineRows/a.Rows); a.hasTree() && len(few) > 1 {
		if found, err = refine(ctx, a.points(), few, refineIter, workers); err != nil {
			return Result{}, err
		}
	}
	r, err := a.from(ctx, hasten, found[0].c, maxIter, tol, workers)
	if err != nil {
		return r, err
	}
	if levels[len(levels)-1].n == a.Rows {
		r.Iterations += found[0].iterations // on all rows too
	}
	return r, a.Finish(ctx, &r, workers)
}

// levels gives the coarse cells first, then finer ones.
func (a *Data) levels() []*points {
	a.once.levels.Do(func() {
		switch {
		case a.hasTree():
			a.coarse = append(a.coarse, a.tree().coarse(a.Rows/coarseCells))
			if a.Rows > refineRows {
				a.coarse = append(a.coarse, a.tree().coarse(0))
			}
		case a.Rows >= treeRows:
			first, step := sampleRows, 4
			if a.few() {
				first /= 2
			}
			if a.Cols <= narrow { // take longer to gather than to iterate over
				step = 16
			}
			for rows := first; rows == first || rows <= a.Rows/4; rows *= step {
				a.coarse = append(a.coarse, a.sample(rows))
			}
		default:
			a.coarse = append(a.coarse, a.points())
		}
	})
	return a.coarse
}

// sample gives m rows, one at random from each of m stretches of equal length.
func (a *Data) sample(m int) *points {
	rng := rand.New(rand.NewPCG(uint64(m), 0))
	var weights []float64
	rows := make([]float64, 0, m*a.Cols)
	for i := range m {
		from, to := i*a.Rows/m, (i+1)*a.Rows/m
		r := from + rng.IntN(to-from)
		if a.weight(r) == 0 {
			continue
		}
		rows = append(rows, a.row(r)...)
		if a.Weights != nil {
			weights = append(weights, a.Weights[r])
		}
	}
	g := a.grid()
	if weights != nil {
		g = nil
	}
	return newPoints(rows, a.Cols, weights, g)
}

// attempt is a set of centroids and how good it is.
type attempt struct {
	c          []float64
	inertia    float64
	judged     float64 // the inertia, as far as it is known, of the rows behind the points
	iterations int
}

func (a attempt) clone() attempt {
	a.c = slices.Clone(a.c)
	return a
}

// explore makes several starts on p, improves the best and gives the best
// centroids; report hears of every start. It gives none where p has fewer
// distinct points than clusters.
func explore(ctx context.Context, p *points, k int, seed uint64, workers int, report func(inertia float64)) ([]attempt, error) {
	found := make([]attempt, Starts)
	errs := make([]error, Starts)
	workers = max(1, min(workers, Starts))
	seeders, shops := make([]*seeder, workers), make([]*workshop, workers)
	parallel(ctx, workers, Starts, func(worker, start int) {
		if seeders[worker] == nil {
			seeders[worker], shops[worker] = newSeeder(p), newWorkshop(p, k, min(k, breath), 1)
		}
		c, err := seeders[worker].seed(ctx, nil, k, stream(seed, k, start))
		if err == nil && len(c) < k*p.d {
			err = ErrDistinct
		}
		if err == nil {
			found[start], err = shops[worker].settle(ctx, attempt{c: c}, k, end{maxIter: 3})
		}
		if errs[start] = err; err == nil {
			found[start] = shops[worker].judge(found[start])
			report(found[start].inertia)
		}
	})
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	for _, err := range errs {
		if err == ErrDistinct {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
	}
	w := newWorkshop(p, k, min(k, breath), workers)
	// Those that lead after a few iterations go on.
	for _, stage := range []struct{ keep, iterations int }{{2, 5}, {1, coarseIter}} {
		found = leading(found, stage.keep)
		for i, a := range found {
			var err error
			if found[i], err = w.settle(ctx, a, k, end{maxIter: stage.iterations}); err != nil {
				return nil, err
			}
			found[i] = w.judge(found[i])
		}
	}
	if k == 1 || k >= p.n {
		return found, nil
	}
	// Swaps find the best of few clusters; among many, several at a time have
	// to be put right.
	improve := w.swap
	if k > fewClusters {
		improve = w.breathe
	}
	found, err := improve(ctx, found[0], stream(seed, k, Starts))
	if err != nil {
		return nil, err
	}
	keep := 1
	if p.half != nil {
		keep = keepCells
	}
	found = leading(found, keep)
	for i := range found {
		if p.n*k*p.d > handWork {
			break
		}
		if found[i], err = w.hartigan(ctx, found[i]); err != nil {
			return nil, err
		}
	}
	return leading(found, keep), nil
}

// refine iterates on p from each of the given attempts and gives the best.
func refine(ctx context.Context, p *points, from []attempt, maxIter, workers int) ([]attempt, error) {
	k := len(from[0].c) / p.d
	w := newWorkshop(p, k, 0, workers)
	var found []attempt
	for _, a := range from {
		a, err := w.settle(ctx, attempt{c: slices.Clone(a.c)}, k, end{maxIter: maxIter})
		if err != nil && err != ErrDistinct {
			return nil, err
		}
		found = append(found, w.judge(a))
	}
	return leading(found, 1), nil
}

// leading gives the attempts of the least inertia in that order, of equal ones the
// first. What differs by no more than rounding is equal: the same clusters in
// another order.
func leading(found []attempt, keep int) []attempt {
	const rounding = 1e-10
	left := slices.Clone(found)
	var out []attempt
	for len(left) > 0 && len(out) < keep {
		least := inf
		for _, a := range left {
			least = min(least, a.judged)
		}
		same := func(a attempt) bool { return !(a.judged > least*(1+rounding)) }
		out = append(out, left[slices.IndexFunc(left, same)])
		left = slices.DeleteFunc(left, same)
	}
	return out
}
