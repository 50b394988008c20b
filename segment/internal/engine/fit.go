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

	source source // for Finish
	sums   *clusterSums
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

	// fewDistinct is how many rows are looked at to see whether many are equal,
	// where there are less than treeRows.
	fewDistinct = 512

	// Starts is how often Best seeds. One start is much like another: it is swaps
	// and breathing that find the good ones.
	Starts = 4

	// keepCells is how many of the tries go on where what they are worth is not
	// known exactly.
	keepCells = 4

	// keepSample is how many go on of each sample, and sampleApart by how much they
	// differ, for the many that nearly rest at the same place are one.
	keepSample  = 3
	sampleApart = 1e-3

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
	hartiganWork = 1 << 18

	// sampleRows is the number of rows that stand for all where there is no
	// tree; half as many do for few centroids.
	sampleRows = 4096
)

func (a *Data) hasTree() bool {
	return a.Cols <= treeColumns && a.Rows >= treeRows && !a.few()
}

func (a *Data) filters() bool { return a.hasTree() && a.Rows >= filterRows }

func (a *Data) few() bool { return a.Centroids != 0 && a.Centroids < treeCentroids }

// source returns the source of Lloyd's iteration over all rows.
func (a *Data) source(k, workers int) source {
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

// randomStream returns the random numbers of one start for one k.
func randomStream(seed uint64, k, start int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(k)<<32|uint64(start)))
}

// Options say how a fit iterates.
type Options struct {
	MaxIter int     // moves of the centroids at most
	Tol     float64 // squared shift of all centroids at which it ends, in units of Variance; 0: none
	Workers int     // goroutines at most; 0: GOMAXPROCS

	// OwnSums returns each cluster sums of its own, for rows that the bins would
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
type iteration func(ctx context.Context, s source, c []float64, k int, end criterion, t *clusterSums) (iterations int, converged bool, err error)

func (a *Data) from(ctx context.Context, iterate iteration, centroids []float64, o Options) (Result, error) {
	k := len(centroids) / a.Cols
	s := a.source(k, o.Workers)
	r := Result{Centroids: slices.Clone(centroids)}
	until := criterion{maxIter: o.MaxIter}
	if o.Tol > 0 {
		until.shift = o.Tol * a.Variance()
	}
	t := newClusterSums(k, len(a.bins().extractors)/8)
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

// Finish adds labels and the exact inertia to a result that has none.
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
	a.correctLabels(r, dist)
	r.Inertia = inertia(s, dist[:a.Rows], workers)
	r.source, r.sums = nil, nil
	return nil
}
