package engine

import (
	"context"
	"math/rand/v2"
	"slices"
)

// Result is a clustering, once it is finished (see Finish): Labels are the nearest
// centroids of the rows, Counts the weights of the clusters, Inertia the weighted sum of
// squared distances.
type Result struct {
	Centroids  []float64
	Labels     []int32
	Counts     []float64
	Inertia    float64
	Iterations int
	Converged  bool
	Coarse     bool // the bins were too coarse for the rows of a cluster: see Options.OwnSums

	source rowSource // for Finish
	sums   *clusterSums
}

// A tree is built where its cells pay for the search, and its steps where those are
// faster than a scan's. In BenchmarkStep a step by the tree takes a fifth of a scan's for
// 1,000,000×3 and k = 4 but twice as long from 5 columns on (treeColumns). It pays from
// treeRows rows on: BenchmarkSearch/cells takes 34 ms by cells and 30 ms on 20,000 rows
// themselves, 40 clusters 77 ms and 113 ms, while 2,000 rows end 0.2 ‰ worse on cells. A
// step for 100,000×3 and k = 10 takes 3.0 ms by the tree and 1.5 ms by a scan, so that
// steps go by it from filterRows rows on; fits of 20,000 and 200,000 rows take as long
// whatever that is.
const (
	treeColumns = 4
	treeRows    = 8192
	filterRows  = 1 << 17

	// treeCentroids is the number of centroids of all fits together from which on a
	// tree is worth its building. Fits of 200,000 rows for k = 4, 8 and 10 take 42, 83
	// and 150 ms with a tree and 8, 28 and 55 ms on a sample, but the last ends 1.2 ‰
	// higher where rows are uniform (BenchmarkSearch/sample_few and large_uniform).
	treeCentroids = 6
)

func (a *Data) hasTree() bool {
	return a.Cols <= treeColumns && a.Rows >= treeRows && !a.few()
}

func (a *Data) filters() bool { return a.hasTree() && a.Rows >= filterRows }

func (a *Data) few() bool { return a.Centroids != 0 && a.Centroids < treeCentroids }

// source returns the source of Lloyd's iteration over all rows.
func (a *Data) source(k, workers int) rowSource {
	if a.filters() {
		return newTreeSource(a, k, workers)
	}
	return newScan(a.points(), k, workers)
}

// seeds returns all rows, in the order in which seeds are drawn from them.
func (a *Data) seeds() *points {
	if a.filters() {
		return a.tree().points(a.Weights)
	}
	return a.points()
}

// points returns the rows in the order of the tree.
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

func randomStream(seed uint64, k, start int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(k)<<32|uint64(start)))
}

// Options are how a fit iterates.
type Options struct {
	MaxIter int     // moves of the centroids at most
	Tol     float64 // squared shift of all centroids at which it ends, in units of Variance; 0: none
	Workers int     // goroutines at most; 0: GOMAXPROCS

	// OwnSums keeps sums of its own for each cluster, for rows that the bins would
	// cut off beside the greatest; Data that is Unequal always has them.
	OwnSums bool
}

// Start iterates over all rows from k centroids of greedy k-means++, those of
// Seeds. What it returns is to be finished if it is the best: see Finish. Where
// there are fewer than k distinct rows it returns as many centroids alone.
func (a *Data) Start(ctx context.Context, k int, seed uint64, start int, o Options) (Result, error) {
	own := o.OwnSums || a.Unequal
	among := a.seeds
	if own {
		among = a.points
	}
	c, err := newSeeder(among()).seed(ctx, nil, k, randomStream(seed, k, start))
	if err != nil || len(c) < k*a.Cols {
		return Result{Centroids: c}, err
	}
	if own || !a.filters() { // a scan knows the labels
		return a.From(ctx, c, o)
	}
	r, err := a.from(ctx, lloyd, c, o)
	if err == nil {
		r.Inertia = a.inertiaFrom(r.sums)
	}
	return r, err
}

// From iterates over all rows from the given centroids, k×d.
func (a *Data) From(ctx context.Context, centroids []float64, o Options) (Result, error) {
	if o.OwnSums || a.Unequal {
		return a.fromUnequal(ctx, centroids, o)
	}
	r, err := a.from(ctx, lloyd, centroids, o)
	if err != nil {
		return r, err
	}
	return r, a.Finish(ctx, &r, o.Workers)
}

// iteration is lloyd or acceleratedLloyd.
type iteration func(
	ctx context.Context, s source, c []float64, k int, until criterion, t *clusterSums,
) (iterations int, converged bool, err error)

func (a *Data) from(ctx context.Context, iterate iteration, centroids []float64, o Options) (Result, error) {
	k := len(centroids) / a.Cols
	s := a.source(k, o.Workers)
	r := Result{Centroids: slices.Clone(centroids)}
	until := criterion{maxIter: o.MaxIter}
	if o.Tol > 0 {
		until.shift = o.Tol * a.Variance()
	}
	t := newClusterSums(k, len(a.bins().high))
	var err error
	if r.Iterations, r.Converged, err = iterate(ctx, s, r.Centroids, k, until, t); err != nil {
		return r, err
	}
	for i := range k {
		r.Counts = append(r.Counts, t.weight(i, a.Cols))
	}
	r.source, r.sums = s, t
	return r, nil
}

// inertiaFrom returns the inertia of the clusters in t about their means from their sums,
// to the accuracy that comparing results needs, without a pass.
func (a *Data) inertiaFrom(t *clusterSums) float64 {
	weight := 0.0
	for i := range t.k {
		weight += t.weight(i, a.Cols)
	}
	return float64(a.Variance()*float64(a.Cols)*weight) - t.between(t.mean(a.Cols))
}
