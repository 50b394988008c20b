package engine

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/customer-personality/segmentation/internal/cause"
)

// Figures are means of BenchmarkSearch: the inertia below that of ten restarts, and
// the time of a fit.
const (
	// mostStarts is the number of seedings in a search, of which one goes on; beyond
	// manyClusters there are fewStarts. 1, 2, 4 and 8 end 7.1, 5.9, 6.9 and 7.0 ‰ below, in
	// about the same time: it is swaps and breathing that find the good ones. With 2 one fit
	// in 78 was 67 ‰ above. Seeding takes a fifth of the time of 100 clusters in 100,000
	// rows of 64 columns, which take 157, 124 and 133 ms with 4, 2 and 1; of 100 clusters in
	// 10,000×5 as many fits end above ten restarts with 2 as with 4.
	mostStarts = 4
	fewStarts  = 2

	// firstIter is how often a start is iterated before the first are dropped, nextIter
	// before the best goes on alone. 1, 3 and 10 end 7.0, 6.9 and 6.9 ‰ below; without
	// the second stage 6.6.
	firstIter = 3
	nextIter  = 5

	// keepCells is how many solutions on cells go on to the rows, as what they are worth
	// is an estimate. 1 and 2 are as good but for uniform rows, where they end 0.614 ‰
	// below, 4 and 8 0.618.
	keepCells = 4

	// keepSample is how many go on of each sample, and sampleApart by how much they are to
	// differ. 1, 3 and 6 find the same in BenchmarkSearch. With 10^-10, 10^-4, 10^-3 and
	// 10^-2 outliers end 34.9, 34.8, 34.7 and 32.1 ‰ below.
	keepSample  = 3
	sampleApart = 1e-3

	// refineRows is about the number of rows, times solutions, on which these are
	// compared, after refineIter iterations. With 1 (none compared) and 2^17 to
	// 2^21 rows, and 2, 6 and 20 iterations, all fits end within 0.003 ‰; of k = 2 to 10
	// in 100,000×3 2^17, 2^18 and 2^19 take 92, 102 and 110 ms. Of more rows the leaves of
	// the tree are compared.
	refineRows = 1 << 17
	refineIter = 6

	// coarseCells is about the number of cells; as none has more rows than its share,
	// there may be up to twice as many. For 40 clusters 2,048, 4,096, 6,144 and 12,288 end
	// 3.1, 1.4, 3.3 and 1.4 ‰ below in 34, 53, 72 and 51 ms (as leaves of 20,000 rows hold
	// 4 at least, the last is the second); for 8 to 10 clusters all end alike.
	coarseCells = 6144

	// coarserCells is the same where swaps are tried. With 1,024, 2,048 and 6,144 5, 0 and 0 %
	// of fits of 20,000×3 blobs for k = 8 end more than 10⁻⁴ above ten restarts, in 14, 20 and
	// 43 ms; of the grid of examples/benchmark -quality, all k, 1.9 % with 2,048 and 1.8 %
	// with 6,144.
	coarserCells = 2048

	// largeRows is up to how many rows they are so few; beyond it swaps are tried on the
	// others, three times over, as the tree and the steps on it take longer: for k = 2 to 10
	// in 1,000,000×3 of four blobs k = 10 ends 1.0, 0.4 and 0 ‰ above the best with 2,048
	// cells, 6,144 and three searches on these, in 430, 490 and 740 ms. Three by breathing,
	// for k = 100, end no lower, in 1,130 ms instead of 890.
	largeRows = 1 << 19

	// coarseIter is the most iterations of a solution. With 30 fits of 40 clusters end
	// 12.2 ‰ below instead of 12.9; 300 are never reached.
	coarseIter = 100

	// fewClusters is up to how many clusters swaps are tried, beyond it breathing. Swaps
	// of 40 clusters end 17, 6 and 27 ‰ below instead of 13, 3 and 17, but in 132, 435 and
	// 454 ms instead of 25, 88 and 93; breathing of 10 in uniform rows ends 0.1 ‰ below
	// instead of 0.6, in 33 ms instead of 50.
	fewClusters = 12

	// severalClusters is up to how many a search by breathing and exchanges is made again.
	// With one search of 20 clusters 30 % end more than 10⁻⁴ above ten restarts, with up to
	// three 15 %, in 49 and 79 ms; of 50 ones 10 %.
	severalClusters = 24

	// manyClusters is up to how many it is made once more: of 50 clusters 15 % end so far
	// above with one search, 5 % with two, in 43 and 75 ms.
	manyClusters = 64

	// sameEnd is by how much two searches may differ that end alike.
	sameEnd = 1e-4

	// swapWork is up to how many coordinates of rows and centroids swaps are tried on all
	// rows after a sample; beyond it they are on the finest sample.
	swapWork = 1 << 23

	// hartiganWork is up to how many coordinates single moves are tried. None end 0.002 ‰
	// higher on 4,000 rows; without a limit 40 clusters end 0.1 ‰ and outliers 1 ‰ lower
	// in 10 % more time, which grows with the rows, as no kernel makes these moves.
	hartiganWork = 1 << 18

	// sampleRows is the size of a sample, with half as many for few centroids. 1,024,
	// 2,048, 4,096 and 8,192 rows end 1.6 ‰ above and 6.4, 7.9 and 10.6 ‰ below, in 14,
	// 22, 34 and 59 ms; for 40 clusters 1.9 ‰ above and 17, 17 and 30 ‰ below in 35, 44,
	// 70 and 128 ms.
	sampleRows = 4096

	// fewDistinct is how many rows are compared to see whether many are equal where there
	// are less than treeRows: a tenth of a millisecond.
	fewDistinct = 512
)

// Best searches for centroids on coarse cells of the rows or a sample of them, improves
// the best solutions on finer ones and iterates over all rows from the very best. report
// is called with the inertia of each start.
func (a *Data) Best(
	ctx context.Context, k int, seed uint64, report func(inertia float64), o Options,
) (Result, error) {
	sets, finer := a.levels(k)
	var found []solution
	ends := []float64{}
	for i := range manySamples {
		more, again, err := search(ctx, sets[i%len(sets)], k, seed, i*(mostStarts+1), o.Workers, report)
		if err != nil {
			return Result{}, err
		}
		found = append(found, more...)
		again = again || k <= fewClusters && a.hasTree() && a.Rows > largeRows
		if len(sets) == 1 && (!again || len(more) == 0 || k > fewClusters && agreed(&ends, more)) {
			break
		}
		report = func(float64) {} // of the first alone
	}
	if len(found) == 0 { // fewer distinct cells than clusters
		r, err := a.Start(ctx, k, seed, 0, o)
		if err != nil || len(r.Centroids) < k*a.Cols {
			return r, err
		}
		return r, a.Finish(ctx, &r, o.Workers)
	}
	var err error
	// What is best on a sample need not be on all rows.
	sampled := sets[0].sample && k > 1 && k <= fewClusters
	onRows := a.Rows*a.Cols*k <= swapWork
	if len(sets) > 1 && len(finer) > 0 {
		// Inertias on several sets do not compare, but those on the finest do.
		if found, err = refine(ctx, finer[len(finer)-1], found, refineIter, keepSample, o.Workers); err != nil {
			return Result{}, err
		}
		finer = nil
	}
	for i, p := range finer {
		if found, err = refine(ctx, p, found, coarseIter, 1, o.Workers); err != nil {
			return Result{}, err
		}
		if i == len(finer)-1 && sampled && !onRows {
			if found, err = swapMore(ctx, p, found[0], seed, o.Workers); err != nil {
				return Result{}, err
			}
		}
	}
	few := found
	if len(sets) == 1 {
		few = leading(sets[0].leading(found), refineRows/a.Rows, rounding)
	}
	if len(few) > 1 {
		if found, err = refine(ctx, a.points(), few, refineIter, 1, o.Workers); err != nil {
			return Result{}, err
		}
	}
	if sampled && onRows {
		if found, err = swapMore(ctx, a.points(), found[0], seed, o.Workers); err != nil {
			return Result{}, err
		}
		found = found[len(found)-1:]
	}
	r, err := a.from(ctx, acceleratedLloyd, found[0].c, o)
	if err != nil {
		return r, err
	}
	if sets[0].n == a.Rows {
		r.Iterations += found[0].iterations // on all rows too
	}
	return r, a.Finish(ctx, &r, o.Workers)
}

// levels returns the points on which the search for k centroids runs, and finer ones for
// its best solutions. Where there are several sets of the first, it runs on each.
func (a *Data) levels(k int) (sets, finer []*points) {
	a.once.levels.Do(func() {
		switch {
		case a.hasTree():
			cells := coarserCells
			if a.Rows > largeRows {
				cells = coarseCells
			}
			a.sets = []*points{a.tree().coarse(a.Rows / cells)}
			if a.Rows > refineRows {
				a.finer = []*points{a.tree().coarse(0)}
			}
		case a.Rows >= treeRows:
			first, step := sampleRows, 4
			if a.few() {
				first /= 2
			}
			if a.Cols <= narrow { // take longer to gather than to iterate over
				step = 16
			}
			sizes := []int{first}
			for rows := first * step; rows <= a.Rows/4; rows *= step {
				sizes = append(sizes, rows)
			}
			a.sets, a.finer = a.samples(sizes)
		default:
			if a.Rows > 2*fewDistinct {
				a.sets = a.distinct(a.draw(fewDistinct, 0))
			}
			if a.sets == nil {
				a.sets = []*points{a.points()}
			}
		}
	})
	if k > fewClusters && a.hasTree() && a.Rows <= largeRows {
		a.once.cells.Do(func() { a.cells = []*points{a.tree().coarse(a.Rows / coarseCells)} })
		return a.cells, a.finer
	}
	return a.sets, a.finer
}

// Starts returns the number of starts of a search for k centroids that are reported.
func Starts(k int) int {
	if k > manyClusters {
		return fewStarts
	}
	return mostStarts
}

// agreed adds the least estimate of found to those of the searches before, and reports
// whether the least of all was found twice.
func agreed(ends *[]float64, found []solution) bool {
	least := inf
	for _, a := range found {
		least = min(least, a.estimate)
	}
	*ends = append(*ends, least)
	twice := 0
	for _, e := range *ends {
		if e <= slices.Min(*ends)*(1+sameEnd) {
			twice++
		}
	}
	return twice > 1
}

// swapMore improves a solution by a few swaps on points that are finer than those it was
// found on, and returns the best last.
func swapMore(ctx context.Context, p *points, from solution, seed uint64, workers int) ([]solution, error) {
	k := len(from.c) / p.d
	l := newLocalSearch(p, k, 0, workers)
	l.swaps = swapsOnRows
	a, err := l.iterate(ctx, solution{c: slices.Clone(from.c), iterations: from.iterations}, k, criterion{maxIter: coarseIter})
	if err == ErrDistinct {
		return []solution{from}, nil
	} else if err != nil {
		return nil, err
	}
	return l.swap(ctx, l.estimate(a), randomStream(seed, k, manySamples*(mostStarts+1)))
}

// solution is a set of centroids and its quality.
type solution struct {
	c          []float64
	inertia    float64
	estimate   float64 // the inertia, as far as it is known, of the rows behind the points
	iterations int
}

func (a solution) clone() solution {
	a.c = slices.Clone(a.c)
	return a
}

// search runs several starts on p, numbered from first, improves the best and returns the
// best solutions; report is called with the inertia of each start. It returns none where
// p has fewer distinct points than clusters. again reports whether another search may find
// better ones: where few of the points make up much of the inertia, or swaps and exchanges
// of some clusters are about even.
func search(
	ctx context.Context, p *points, k int, seed uint64, first, workers int, report func(inertia float64),
) (found []solution, again bool, err error) {
	starts := Starts(k)
	if first > 0 { // lest the best of several be the same again
		starts = 1
	}
	found = make([]solution, starts)
	errs := make([]error, starts)
	workers = max(1, min(workers, starts))
	seeders, searches := make([]*seeder, workers), make([]*localSearch, workers)
	parallel(ctx, workers, starts, func(worker, start int) {
		if seeders[worker] == nil {
			seeders[worker], searches[worker] = newSeeder(p), newLocalSearch(p, k, min(k, breathingDepth), 1)
		}
		c, err := seeders[worker].seed(ctx, nil, k, randomStream(seed, k, first+start))
		if err == nil && len(c) < k*p.d {
			err = ErrDistinct
		}
		if err == nil {
			found[start], err = searches[worker].iterate(ctx, solution{c: c}, k, criterion{maxIter: firstIter})
		}
		if errs[start] = err; err == nil {
			found[start] = searches[worker].estimate(found[start])
			report(found[start].inertia)
		}
	})
	if err := cause.Of(ctx); err != nil {
		return nil, false, err
	}
	if err := cmp.Or(errs...); err == ErrDistinct {
		return nil, false, nil
	} else if err != nil {
		return nil, false, err
	}
	l := newLocalSearch(p, k, min(k, breathingDepth), workers)
	// Those that lead after a few iterations go on.
	for _, stage := range []struct{ keep, iterations int }{{2, nextIter}, {1, coarseIter}} {
		found = leading(found, stage.keep, rounding)
		for i, a := range found {
			var err error
			if found[i], err = l.iterate(ctx, a, k, criterion{maxIter: stage.iterations}); err != nil {
				return nil, false, err
			}
			found[i] = l.estimate(found[i])
		}
	}
	if k == 1 || k >= p.n {
		return found, false, nil
	}
	rng := randomStream(seed, k, first+mostStarts)
	if p.d == 1 { // there is nothing to search for
		a, err := l.iterate(ctx, solution{c: onLine(p, k)}, k, criterion{maxIter: coarseIter})
		if err != nil && err != ErrDistinct {
			return nil, false, err
		} else if err == nil {
			found = append(found, l.estimate(a))
		}
	} else if k <= fewClusters {
		found, again, err = l.improveFew(ctx, found[0], rng)
	} else if found, again, err = l.improveMany(ctx, found[0], rng); again {
		again = k <= severalClusters || first == 0 && k <= manyClusters
	}
	if err != nil {
		return nil, false, err
	}
	found = p.leading(found)
	for i := range found {
		if p.n*k*p.d > hartiganWork {
			break
		}
		if found[i], err = l.hartigan(ctx, found[i]); err != nil {
			return nil, false, err
		}
	}
	return p.leading(found), again, nil
}

// improveFew improves a solution of few clusters by swaps. again reports whether few of the
// points make up much of the inertia, so that another search may find a better one.
func (l *localSearch) improveFew(ctx context.Context, from solution, rng *rand.Rand) (found []solution, again bool, err error) {
	l.nearestTwo(from.c, l.k)
	if l.p.sample && !l.uneven() {
		l.swaps = swapsOnSample
	}
	if found, err = l.swap(ctx, from, rng); err != nil {
		return nil, false, err
	}
	best := found[len(found)-1]
	l.nearestTwo(best.c, l.k)
	if !l.uneven() {
		return found, false, nil
	}
	// Among few far rows several have to be put right at a time, too: without, one in 15 fits
	// of 1,000 skew rows of two columns ends up to 1 % above ten restarts, with it one in 60
	// by a thousandth.
	more, err := l.breathe(ctx, best.clone(), rng)
	return append(found, more...), true, err
}

// improveMany improves a solution of many clusters by breathing and exchanges, as several at
// a time have to be put right. again reports whether exchanges were tried among even rows.
func (l *localSearch) improveMany(ctx context.Context, from solution, rng *rand.Rand) (found []solution, again bool, err error) {
	if found, err = l.breathe(ctx, from, rng); err != nil {
		return nil, false, err
	}
	l.nearestTwo(found[0].c, l.k)
	uneven := l.k <= severalClusters && l.uneven()
	if uneven {
		l.swaps = swapsAmongMany
		if found, err = l.swap(ctx, found[0], rng); err != nil {
			return nil, false, err
		}
	}
	more, tried, err := l.exchange(ctx, found[len(found)-1], rng)
	return append(found, more...), tried && !uneven, err
}

// refine iterates on p from each of the given solutions and returns the best of them, as
// many as are to be kept.
func refine(ctx context.Context, p *points, from []solution, maxIter, keep, workers int) ([]solution, error) {
	k := len(from[0].c) / p.d
	l := newLocalSearch(p, k, 0, workers)
	var found []solution
	for _, a := range from {
		a, err := l.iterate(ctx, solution{c: slices.Clone(a.c)}, k, criterion{maxIter: maxIter})
		if err != nil && err != ErrDistinct {
			return nil, err
		}
		found = append(found, l.estimate(a))
	}
	return leading(found, keep, rounding), nil
}

// rounding is the relative difference that inertias of the same clusters in another order
// may have.
const rounding = 1e-10

// leading returns up to keep solutions of the least estimates in that order, of equal ones
// the first; estimates that differ by no more than apart, relatively, are equal.
func leading(found []solution, keep int, apart float64) []solution {
	left := slices.Clone(found)
	var out []solution
	for len(left) > 0 && len(out) < keep {
		least := inf
		for _, a := range left {
			least = min(least, a.estimate)
		}
		same := func(a solution) bool { return !(a.estimate > least*(1+apart)) }
		out = append(out, left[slices.IndexFunc(left, same)])
		left = slices.DeleteFunc(left, same)
	}
	return out
}
