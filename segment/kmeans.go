package segment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// KMeansPP clusters rows by k-means with greedy k-means++ seeding: several
// tries, of which the one with the least inertia is kept, each of them a fixed
// point of Lloyd's iteration on all rows. Only K must be set.
//
// The same Seed yields the same bits, whatever the number of workers.
//
// Sources: Lloyd, Least Squares Quantization in PCM, 1982,
// doi:10.1109/TIT.1982.1056489; Arthur & Vassilvitskii, k-means++: The
// Advantages of Careful Seeding, SODA 2007; for the default search Fritzke, The
// breathing k-means algorithm, 2020, arXiv:2006.15666, Fränti, Efficiency of
// random swap clustering, 2018, doi:10.1186/s40537-018-0122-y, Kaukoranta, Fränti &
// Nevalainen, Iterative split-and-merge algorithm for vector quantization codebook
// generation, 1998, doi:10.1117/1.601810, and Hartigan & Wong, Algorithm AS 136,
// 1979, doi:10.2307/2346830; on one column Wang & Song, Ckmeans.1d.dp, 2011,
// doi:10.32614/RJ-2011-015, which is exact below 8,192 rows. Restarts, tolerance and
// the rule for emptied clusters are as in scikit-learn's KMeans.
type KMeansPP struct {
	// K is the number of clusters, from 1 to the number of distinct rows.
	K int

	// Seed starts the random numbers of the seeding; every value is as good.
	Seed uint64

	// Restarts, where it is set, is how often seeding and iteration are tried, each
	// time on all rows. The default 0 is faster and as a rule finds better: tries on
	// coarse cells or a sample of the rows, the best of which are improved by moving
	// centroids and single rows, before the iteration on all rows.
	Restarts int

	// MaxIter bounds the iterations over all rows of one restart; default 300.
	MaxIter int

	// Tol ends a restart once the squared shift of all centroids together is
	// at most Tol times the mean variance of the columns. The default 0 goes
	// on until no label changes.
	Tol float64

	// Weights, when not nil, holds a weight for each row: not negative, and not all
	// zero. A row of weight 2 counts as two equal rows; one of weight 0 gets a label
	// and has no influence. The greatest may be 2^400 times the least that is not 0;
	// from 2^28 times for a million rows, 2^48 for a thousand, which sums over all
	// rows do not hold, the default search is that of 10 Restarts.
	Weights []float64

	// Init, when not nil, holds the K×d initial centroids. There is then one
	// restart, and cluster i starts from row i of Init.
	Init mat.Matrix

	// Workers bounds the goroutines; default GOMAXPROCS.
	Workers int

	// Progress, when not nil, is called after each try, by one goroutine at a
	// time.
	Progress func(Progress)
}

// Progress is how far long work has come.
type Progress struct {
	Done, Total int     // tries
	K           int     // clusters of the try that is done
	Inertia     float64 // inertia that it reached
	Passes      int     // that FitStream has made over its source
}

// Clustering is a fitted k-means, or one of given centroids: centroids, and the
// rows it was fitted on by label. It is immutable and safe for concurrent use.
type Clustering struct {
	k, d       int
	centroids  []float64 // k×d, row by row
	labels     labels    // none for a stream and for given centroids
	counts     []float64
	inertia    float64
	scaled     float64 // the inertia of the rows as they were scaled to be fitted
	logInertia float64
	iterations int
	converged  bool
}

const defaultMaxIter = 300

// labels are the clusters of rows, in a byte each where they are few.
type labels struct {
	few  []uint8
	many []int32
}

// newLabels returns room for the labels of n rows in k clusters.
func newLabels(n, k int) labels {
	if k <= 256 {
		return labels{few: make([]uint8, n)}
	}
	return labels{many: make([]int32, n)}
}

func packLabels[T int | int32](list []T, k int) labels {
	l := newLabels(len(list), k)
	if l.few != nil {
		for i, c := range list[:len(l.few)] {
			l.few[i] = uint8(c)
		}
		return l
	}
	for i, c := range list {
		l.many[i] = int32(c)
	}
	return l
}

func (l labels) len() int { return len(l.few) + len(l.many) }

func (l labels) at(i int) int {
	if l.few != nil {
		return int(l.few[i])
	}
	return int(l.many[i])
}

func (l labels) set(i, c int) {
	if l.few != nil {
		l.few[i] = uint8(c)
	} else {
		l.many[i] = int32(c)
	}
}

// Fit clusters the rows of x (n×d, each row an observation). Cancelling ctx
// ends it within one pass over the rows.
//
// Values may be of any magnitude: where squares would overflow or vanish, rows
// are scaled by a power of two.
//
// Errors: ErrEmpty for no rows or columns, ErrNotFinite for NaN and ±Inf with
// their place, ErrTooFew for more clusters than distinct rows of positive
// weight, ErrOption for an option that makes no sense, ErrWidth for an Init of
// another shape, ErrOverflow where the inertia is beyond float64 or rows differ
// both too much and too little for it, and that of ctx.
func (o KMeansPP) Fit(ctx context.Context, x mat.Matrix) (*Clustering, error) {
	ctx = orBackground(ctx)
	c, err := fitAll(ctx, x, o, []int{o.K})
	if err != nil {
		return nil, err
	}
	return c[0], nil
}

// fitAll fits o once for each k, all of them on the same rows.
func fitAll(ctx context.Context, x mat.Matrix, o KMeansPP, ks []int) ([]*Clustering, error) {
	f, err := newFitter(x, o, ks)
	if err != nil {
		return nil, err
	}
	if err := f.run(ctx); err != nil {
		return nil, err
	}
	return f.finish(ctx)
}

// fitter fits each of several k on the same rows.
type fitter struct {
	KMeansPP
	x     mat.Matrix
	ks    []int
	data  *engine.Data
	init  []float64
	scale engine.Scale
	whole bool // every restart is on all rows
	inner int  // workers of one restart
	steps int  // of progress

	mu   sync.Mutex
	done int // steps
	best []*restart
}

// restart is the best result of one k so far; among equals the earliest, so that
// the order of finishing does not matter.
type restart struct {
	engine.Result
	number int
	labels labels // instead of Result.Labels
}

func newFitter(x mat.Matrix, o KMeansPP, ks []int) (*fitter, error) {
	f := &fitter{KMeansPP: o.withDefaults(), x: x, ks: ks, whole: o.Restarts != 0, inner: 1, best: make([]*restart, len(ks))}
	if err := f.check(x, ks); err != nil {
		return nil, err
	}
	f.data = engine.New(x, f.Weights)
	if !f.data.Finite() {
		return nil, finite(x, "the data")
	}
	for _, k := range ks {
		f.data.Centroids += k * f.Restarts
	}
	if f.Init != nil {
		f.init = engine.RowMajor(f.Init)
	}
	var err error
	if f.data, f.init, f.scale, err = f.data.Scaled(f.init); err != nil {
		return nil, f.fitError(err, x, ks[0])
	}
	if f.data.Unequal && !f.whole && f.Init == nil {
		f.whole, f.Restarts = true, eachRestarts
	}
	if len(ks)*f.Restarts < workers(f.Workers) {
		f.inner = workers(f.Workers)
	}
	f.steps = len(ks) * f.Restarts
	if f.searches() {
		f.steps = starts(ks)
	}
	return f, nil
}

// starts returns the number of starts in searches for each k.
func starts(ks []int) (n int) {
	for _, k := range ks {
		n += engine.Starts(k)
	}
	return n
}

// searches reports whether the default search is made, not restarts.
func (f *fitter) searches() bool { return !f.whole && f.Init == nil }

// run runs all restarts of all k. Every one is one piece of work; where there
// are fewer pieces than workers, the rows are shared out too.
func (f *fitter) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var first error
	engine.Parallel(ctx, f.Workers, len(f.ks)*f.Restarts, func(job int) {
		// The largest k come first: they take longest.
		i, number := len(f.ks)-1-job/f.Restarts, job%f.Restarts
		r, err := f.restart(ctx, f.ks[i], number)
		if err == nil && len(r.Centroids) < f.ks[i]*f.data.Cols {
			err = engine.ErrDistinct
		}
		if err != nil {
			err = f.fitError(err, f.x, f.ks[i])
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if err != nil {
			if first == nil {
				first = err
				cancel(err)
			}
			return
		}
		if !f.searches() {
			f.report(f.ks[i], r.Inertia)
		}
		if b := f.best[i]; b == nil || r.Inertia < b.Inertia || r.Inertia == b.Inertia && number < b.number {
			f.best[i] = &restart{Result: r, number: number}
			f.best[i].pack(f.ks[i], f.data)
		}
	})
	return first
}

// pack stores the labels in less memory, where there are any.
func (b *restart) pack(k int, data *engine.Data) {
	if b.Labels != nil {
		b.labels = packLabels(b.Labels, k)
		data.Reuse(b.Labels)
		b.Labels = nil
	}
}

// report reports one step of progress; f.mu is held.
func (f *fitter) report(k int, inertia float64) {
	f.done++
	if f.Progress != nil {
		f.Progress(Progress{Done: f.done, Total: f.steps, K: k, Inertia: f.scale.Inertia(inertia)})
	}
}

func (f *fitter) restart(ctx context.Context, k, number int) (engine.Result, error) {
	o := engine.Options{MaxIter: f.MaxIter, Tol: f.Tol, Workers: f.inner}
	switch {
	case f.Init != nil:
		return f.data.From(ctx, f.init, o)
	case f.whole:
		return f.data.Start(ctx, k, f.Seed, number, o)
	}
	return f.data.Best(ctx, k, f.Seed, func(inertia float64) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.report(k, inertia)
	}, o)
}

// finish returns the best of each k, in the unit of the rows.
func (f *fitter) finish(ctx context.Context) ([]*Clustering, error) {
	out := make([]*Clustering, len(f.ks))
	err := rows.Each(ctx, f.Workers, len(f.ks), nil, func(i int) (err error) {
		if b := f.best[i]; b != nil {
			out[i], err = f.clustering(ctx, f.ks[i], b)
		}
		return f.fitError(err, f.x, f.ks[i])
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (f *fitter) clustering(ctx context.Context, k int, b *restart) (*Clustering, error) {
	if b.labels.len() == 0 {
		if err := f.data.Finish(ctx, &b.Result, f.inner); err != nil {
			return nil, err
		}
	}
	if b.Coarse {
		if err := f.refine(ctx, k, &b.Result); err != nil {
			return nil, err
		}
	}
	b.pack(k, f.data)
	log, scaled := f.scale.LogInertia(b.Inertia), b.Inertia
	if err := f.scale.Restore(&b.Result); err != nil {
		return nil, err
	}
	return &Clustering{
		k: k, d: f.data.Cols, centroids: b.Centroids, labels: b.labels, counts: b.Counts,
		inertia: b.Inertia, scaled: scaled, logInertia: log, iterations: b.Iterations, converged: b.Converged,
	}, nil
}

// refine clusters again where the sums were too coarse, from the centroids that
// were found and, but for Init, from new seeds, and keeps the best.
func (f *fitter) refine(ctx context.Context, k int, r *engine.Result) error {
	from := r.Centroids
	if f.init != nil {
		from = f.init
	}
	options := engine.Options{MaxIter: f.MaxIter, Tol: f.Tol, Workers: f.inner, OwnSums: true}
	best, err := f.data.From(ctx, from, options)
	for restart := 0; restart < max(f.Restarts, eachRestarts) && f.init == nil && (err == nil || err == engine.ErrDistinct); restart++ {
		again, failed := f.data.Start(ctx, k, f.Seed, restart, options)
		if failed == nil && len(again.Centroids) < len(r.Centroids) {
			failed = engine.ErrDistinct
		}
		if failed == nil && (err != nil || again.Inertia < best.Inertia*(1-1e-9)) {
			best, err = again, nil
		} else if failed != engine.ErrDistinct && failed != nil {
			err = failed
		}
	}
	if err == nil {
		*r = best
	}
	return err
}

// fitError converts the errors of the engine to those of this package.
func (o KMeansPP) fitError(err error, x mat.Matrix, k int) error {
	var weights *engine.UnequalWeights
	var large *engine.Overflow
	switch {
	case errors.As(err, &weights):
		return fmt.Errorf("%w: the weight of row %d is %v and that of row %d %v; the greatest may be 2^400 times the least that is not 0",
			ErrOption, weights.Light, o.Weights[weights.Light], weights.Heavy, o.Weights[weights.Heavy])
	case errors.As(err, &large):
		return fmt.Errorf("%w: %v; the greatest value is %s", ErrOverflow, err, greatest(x))
	case err == engine.ErrDistinct:
		got := rows.Distinct(x, o.Weights, k)
		if got < k {
			return &DistinctError{k, got}
		}
		return fmt.Errorf("%w: the squares of the least and of the greatest differences between rows do not fit in a float64 together; the greatest value is %s",
			ErrOverflow, greatest(x))
	}
	return err
}

func (o KMeansPP) withDefaults() KMeansPP {
	if o.Restarts == 0 || o.Init != nil {
		o.Restarts = 1
	}
	o.MaxIter = cmp.Or(o.MaxIter, defaultMaxIter)
	return o
}

// checkOptions checks what can be checked without the rows.
func (o KMeansPP) checkOptions(ks []int) error {
	for _, k := range ks {
		if k < 1 {
			return fmt.Errorf("%w: K is %d; it must be at least 1", ErrOption, k)
		}
	}
	switch {
	case o.Restarts < 1:
		return fmt.Errorf("%w: Restarts is %d; it must be at least 1 (0 lets the search decide)", ErrOption, o.Restarts)
	case o.MaxIter < 1:
		return fmt.Errorf("%w: MaxIter is %d; it must be at least 1 (0 stands for %d)", ErrOption, o.MaxIter, defaultMaxIter)
	case !(o.Tol >= 0) || math.IsInf(o.Tol, 0):
		return fmt.Errorf("%w: Tol is %v; it must be a number from 0", ErrOption, o.Tol)
	case o.Workers < 0:
		return fmt.Errorf("%w: Workers is %d; it must not be negative (0 stands for GOMAXPROCS)", ErrOption, o.Workers)
	}
	return nil
}

func (o KMeansPP) check(x mat.Matrix, ks []int) error {
	n, d := num.Dims(x)
	if n == 0 || d == 0 {
		return fmt.Errorf("%w: %d×%d values to cluster; at least one row and one column are needed", ErrEmpty, n, d)
	}
	if err := o.checkOptions(ks); err != nil {
		return err
	}
	for _, k := range ks {
		if k > n {
			are := "are"
			if n == 1 {
				are = "is"
			}
			return fmt.Errorf("%w: %d clusters are asked for and there %s %s; ask for at most %d", ErrTooFew, k, are, counted(n, "row"), n)
		}
	}
	if err := checkWeights(o.Weights, n); err != nil {
		return err
	}
	if o.Init != nil {
		k, width := num.Dims(o.Init)
		if k != ks[0] || width != d {
			return fmt.Errorf("%w: Init is %d×%d; %d clusters of %d columns need %d×%d", ErrWidth, k, width, ks[0], d, ks[0], d)
		}
		if err := finite(o.Init, "Init"); err != nil {
			return err
		}
	}
	return nil
}

// checkWeights checks the weights of n rows, where there are any.
func checkWeights(weights []float64, n int) error {
	if weights == nil {
		return nil
	}
	if len(weights) != n {
		return fmt.Errorf("%w: %d weights for %d rows", ErrWidth, len(weights), n)
	}
	total := 0.0
	for i, w := range weights {
		if err := checkWeight(i, w); err != nil {
			return err
		}
		total += w
	}
	if total == 0 || math.IsInf(total, 0) {
		return fmt.Errorf("%w: the weights add up to %v; some must be positive, and their sum finite", ErrOption, total)
	}
	return nil
}

func checkWeight(row int, w float64) error {
	if !(w >= 0) || math.IsInf(w, 0) {
		return fmt.Errorf("%w: the weight of row %d is %v; it must be a number from 0", ErrOption, row, w)
	}
	return nil
}

// NewClustering returns the Clustering of centroids (k×d, each row a centroid)
// that were found elsewhere: it has no labels and no counts, its inertia is NaN,
// and it predicts like one that was fitted. Errors: ErrEmpty, ErrNotFinite.
func NewClustering(centroids mat.Matrix) (*Clustering, error) {
	k, d := num.Dims(centroids)
	if k == 0 || d == 0 {
		return nil, fmt.Errorf("%w: the centroids are %d×%d; there must be one of one column at least", ErrEmpty, k, d)
	}
	if err := finite(centroids, "the centroids"); err != nil {
		return nil, err
	}
	return &Clustering{k: k, d: d, centroids: slices.Clone(engine.RowMajor(centroids)), inertia: math.NaN()}, nil
}

// K returns the number of clusters.
func (c *Clustering) K() int { return orZero(c).k }

// Centroids returns the means of the clusters, a new k×d matrix.
func (c *Clustering) Centroids() *mat.Dense {
	c = orZero(c)
	if c.k == 0 {
		return &mat.Dense{}
	}
	return mat.NewDense(c.k, c.d, slices.Clone(c.centroids))
}

// Labels returns the clusters of the rows that were fitted, in their order,
// each from 0 to K-1. There are none after FitStream and NewClustering.
func (c *Clustering) Labels() []int {
	c = orZero(c)
	out := make([]int, c.labels.len())
	for i := range out {
		out[i] = c.labels.at(i)
	}
	return out
}

// Counts returns the sizes of the clusters: rows, or their weight where Weights
// were given.
func (c *Clustering) Counts() []float64 { return slices.Clone(orZero(c).counts) }

// Inertia returns the weighted sum of the squared distances of the rows from
// their centroids (the within-cluster sum of squares, WCSS).
func (c *Clustering) Inertia() float64 { return orZero(c).inertia }

// Iterations returns the number of times that the best restart moved its centroids.
func (c *Clustering) Iterations() int { return orZero(c).iterations }

// Converged reports whether the best restart ended by itself and not by MaxIter.
func (c *Clustering) Converged() bool { return orZero(c).converged }

// Predict returns the nearest centroid of each row of x (n×d), by exact distances
// where rounded ones are the same: of equally near ones the lowest. Errors:
// ErrWidth, ErrNotFinite, and that of ctx.
func (c *Clustering) Predict(ctx context.Context, x mat.Matrix) ([]int, error) {
	n, _ := num.Dims(x)
	out := make([]int, n)
	if err := c.PredictInto(ctx, out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto predicts into dst, which has n entries, and allocates nothing for
// the rows. After an error, what dst holds is not specified.
func (c *Clustering) PredictInto(ctx context.Context, dst []int, x mat.Matrix) error {
	c = orZero(c)
	if err := c.checkWidth(x); err != nil {
		return err
	}
	if n, _ := num.Dims(x); len(dst) != n {
		return fmt.Errorf("%w: room for %d labels of %d rows", ErrWidth, len(dst), n)
	}
	return slabs(ctx, x, func(from int, rows []float64) error {
		if !engine.Predict(rows, c.d, c.centroids, dst[from:from+len(rows)/c.d]) {
			return finite(x, "the data")
		}
		return nil
	})
}

// Transform returns the Euclidean distance of each row of x (n×d) from each
// centroid, as a new n×k matrix. Errors: ErrWidth, ErrNotFinite, ErrOverflow for
// a distance beyond float64, with the row, and that of ctx.
func (c *Clustering) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	c = orZero(c)
	out := new(mat.Dense)
	if n, _ := num.Dims(x); n > 0 && c.k > 0 {
		out.ReuseAs(n, c.k)
	}
	err := c.eachRow(ctx, x, func(i int, row []float64) error {
		for j := range c.k {
			v := engine.Distance(row, c.centroids[j*c.d:(j+1)*c.d])
			if math.IsInf(v, 0) {
				return overflowRow(x, i, fmt.Sprintf("the distance from centroid %d", j))
			}
			out.Set(i, j, v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Margin returns for each row of x (n×d) the distance to the second-nearest
// centroid less that to the nearest: near 0, the row lies on a border. With
// one cluster it is +Inf. Errors: as Transform.
func (c *Clustering) Margin(ctx context.Context, x mat.Matrix) ([]float64, error) {
	c = orZero(c)
	if c.k == 0 {
		return nil, errNotFitted
	}
	n, _ := num.Dims(x)
	out, near := make([]float64, n), engine.NewCentroids(c.centroids, c.d)
	err := c.eachRow(ctx, x, func(i int, row []float64) error {
		r := near.Rank(row)
		if math.IsInf(r.Distance, 0) || math.IsInf(r.Margin, 0) && c.k > 1 {
			return overflowRow(x, i, "the distance from a centroid")
		}
		out[i] = r.Margin
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachRow checks the rows of x and calls f for each.
func (c *Clustering) eachRow(ctx context.Context, x mat.Matrix, f func(i int, row []float64) error) error {
	if err := c.checkWidth(x); err != nil {
		return err
	}
	if err := finite(x, "the data"); err != nil {
		return err
	}
	return slabs(ctx, x, func(from int, rows []float64) error {
		for i := range len(rows) / c.d {
			if err := f(from+i, rows[i*c.d:(i+1)*c.d]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Clustering) checkWidth(x mat.Matrix) error {
	if c.k == 0 {
		return errNotFitted
	}
	if n, d := num.Dims(x); n > 0 && d != c.d {
		return fmt.Errorf("%w: rows of %d columns for a clustering of %d", ErrWidth, d, c.d)
	}
	return nil
}

// slabRows is how many rows are read between two looks at the context.
const slabRows = 1 << 17

// slabs calls f for rows of x from a given one on, row by row, until all have
// been read: as they lie in memory where they lie one after the other, else in a
// copy of a slab.
func slabs(ctx context.Context, x mat.Matrix, f func(from int, rows []float64) error) error {
	n, d := num.Dims(x)
	var whole, room []float64
	if r, ok := x.(mat.RawMatrixer); ok && n > 0 && r.RawMatrix().Stride == d {
		whole = r.RawMatrix().Data
	} else {
		room = make([]float64, min(n, slabRows)*d)
	}
	for from := 0; from < n; from += slabRows {
		if err := cause.Of(ctx); err != nil {
			return err
		}
		to := min(from+slabRows, n)
		rows := room
		if whole != nil {
			rows = whole[from*d:]
		}
		rows = rows[:(to-from)*d]
		for i := from; i < to && whole == nil; i++ {
			mat.Row(rows[(i-from)*d:(i-from+1)*d], i, x)
		}
		if err := f(from, rows); err != nil {
			return err
		}
	}
	return nil
}
