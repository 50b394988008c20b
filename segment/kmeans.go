package segment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// KMeansPP clusters rows by k-means with greedy k-means++ seeding: several
// tries, of which the one with the least inertia is kept, each of them a fixed
// point of Lloyd's iteration on all rows. Only K must be set.
//
// The same Seed gives the same bits, whatever the number of workers.
//
// Sources: Lloyd, Least Squares Quantization in PCM, 1982,
// doi:10.1109/TIT.1982.1056489; Arthur & Vassilvitskii, k-means++: The
// Advantages of Careful Seeding, SODA 2007; for the default search Fritzke, The
// breathing k-means algorithm, 2020, arXiv:2006.15666, Fränti, Efficiency of
// random swap clustering, 2018, doi:10.1186/s40537-018-0122-y, and Hartigan &
// Wong, Algorithm AS 136, 1979, doi:10.2307/2346830. Restarts, tolerance and the
// rule for emptied clusters are as in scikit-learn's KMeans.
type KMeansPP struct {
	// K is the number of clusters, from 1 to the number of distinct rows.
	K int

	// Seed starts the random numbers of the seeding; every value is as good.
	Seed uint64

	// Restarts, where it is set, is how often seeding and iteration are tried,
	// each time on all rows, and nothing else is done. The default 0 is faster
	// and as a rule finds better: several tries on coarse cells or a
	// sample of the rows, the best of which are improved by moving centroids and
	// single rows, before the iteration on all rows.
	Restarts int

	// MaxIter bounds the iterations over all rows of one restart; default 300.
	MaxIter int

	// Tol ends a restart once the squared shift of all centroids together is
	// at most Tol times the mean variance of the columns. The default 0 goes
	// on until no label changes.
	Tol float64

	// Weights, when not nil, holds a weight for each row: not negative, and
	// not all zero. A row of weight 2 counts as two equal rows; one of weight
	// 0 gets a label and has no influence. The greatest may be 2^400 (2.6e120)
	// times the least that is not 0. Where it is so much greater that sums over
	// all rows would lose the light ones (2^28 times for a million rows, 2^48 for
	// a thousand), the default search is that of 10 Restarts.
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

// Progress tells how far long work has come.
type Progress struct {
	Done, Total int     // tries
	K           int     // clusters of the try that is done
	Inertia     float64 // inertia that it reached
}

// Clustering is a fitted k-means: centroids, and the rows it was fitted on by
// label. It is immutable and safe for concurrent use.
type Clustering struct {
	k, d       int
	centroids  []float64 // k×d, row by row
	labels     []int32
	counts     []float64
	inertia    float64
	scaled     float64 // the inertia of the rows as they were scaled to be fitted
	logInertia float64
	iterations int
	converged  bool
}

const (
	defaultMaxIter = 300
)

// Fit clusters the rows of x (n×d, each row an observation). Cancelling ctx
// ends it within one pass over the rows.
//
// Values may be of any magnitude: where squares would overflow or vanish, rows
// are scaled by a power of two. A column that is the same in all rows decides
// nothing, however large it is.
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

// fitAll fits o once for each k, all of them on the same rows. Every restart
// of every k is one piece of work; where there are fewer pieces than workers,
// the rows are shared out too.
func fitAll(ctx context.Context, x mat.Matrix, o KMeansPP, ks []int) ([]*Clustering, error) {
	whole := o.Restarts != 0 // every restart on all rows
	if o.Restarts == 0 || o.Init != nil {
		o.Restarts = 1
	}
	if o.MaxIter == 0 {
		o.MaxIter = defaultMaxIter
	}
	if err := o.check(x, ks); err != nil {
		return nil, err
	}
	data := engine.New(x, o.Weights)
	if !data.Finite() {
		return nil, finite(x, nil, "the data")
	}
	for _, k := range ks {
		data.Centroids += k * o.Restarts
	}
	var init []float64
	if o.Init != nil {
		init = engine.RowMajor(o.Init)
	}
	data, init, scale, err := data.Scaled(init)
	if err != nil {
		return nil, o.fitError(err, x, ks[0])
	}
	if data.Unequal && !whole && o.Init == nil {
		whole, o.Restarts = true, eachRestarts
	}
	total := len(ks) * o.Restarts
	inner := 1
	if total < workers(o.Workers) {
		inner = workers(o.Workers)
	}
	steps := total // of progress
	if !whole && o.Init == nil {
		steps = len(ks) * engine.Starts
	}

	// The best of each k so far; among equals the earliest restart, so that
	// the order of finishing does not matter.
	type best struct {
		engine.Result
		restart int
	}
	var (
		mu       sync.Mutex
		done     int
		found    = make([]*best, len(ks))
		firstErr error
	)
	report := func(k int, inertia float64) {
		done++
		if o.Progress != nil {
			o.Progress(Progress{Done: done, Total: steps, K: k, Inertia: scale.Inertia(inertia)})
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run := func(k, restart int) (engine.Result, error) {
		options := engine.Options{MaxIter: o.MaxIter, Tol: o.Tol, Workers: inner}
		switch {
		case o.Init != nil:
			return data.From(ctx, init, options)
		case whole:
			return data.Start(ctx, k, o.Seed, restart, options)
		}
		return data.Best(ctx, k, o.Seed, func(inertia float64) {
			mu.Lock()
			defer mu.Unlock()
			report(k, inertia)
		}, options)
	}
	engine.Parallel(ctx, o.Workers, total, func(job int) {
		// The largest k come first: they take longest.
		i, restart := len(ks)-1-job/o.Restarts, job%o.Restarts
		r, err := run(ks[i], restart)
		if err == nil && len(r.Centroids) < ks[i]*data.Cols {
			err = engine.ErrDistinct
		}
		if err != nil {
			err = o.fitError(err, x, ks[i])
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			if firstErr == nil {
				firstErr = err
				cancel(err)
			}
			return
		}
		if steps == total {
			report(ks[i], r.Inertia)
		}
		if b := found[i]; b == nil || r.Inertia < b.Inertia || r.Inertia == b.Inertia && restart < b.restart {
			found[i] = &best{r, restart}
		}
	})
	if firstErr != nil {
		return nil, firstErr
	}
	errs, logs, scaled := make([]error, len(ks)), make([]float64, len(ks)), make([]float64, len(ks))
	engine.Parallel(ctx, o.Workers, len(ks), func(i int) {
		if found[i] != nil {
			r := &found[i].Result
			if errs[i] = data.Finish(ctx, r, inner); errs[i] == nil && r.Coarse {
				errs[i] = o.refine(ctx, data, r, init, inner)
			}
			if errs[i] == nil {
				logs[i], scaled[i] = scale.LogInertia(r.Inertia), r.Inertia
				errs[i] = scale.Restore(r)
			}
		}
	})
	if ctx.Err() != nil {
		return nil, cause.Of(ctx)
	}
	for i, err := range errs {
		if err != nil {
			return nil, o.fitError(err, x, ks[i])
		}
	}
	out := make([]*Clustering, len(ks))
	for i, b := range found {
		out[i] = &Clustering{
			k: ks[i], d: data.Cols, centroids: b.Centroids, labels: b.Labels, counts: b.Counts,
			inertia: b.Inertia, scaled: scaled[i], logInertia: logs[i], iterations: b.Iterations, converged: b.Converged,
		}
	}
	return out, nil
}

// refine clusters again where the sums were too coarse, from the centroids that
// were found and, but for Init, from new seeds, and keeps the best.
func (o KMeansPP) refine(ctx context.Context, data *engine.Data, r *engine.Result, init []float64, workers int) error {
	k := len(r.Centroids) / data.Cols
	from := r.Centroids
	if init != nil {
		from = init
	}
	options := engine.Options{MaxIter: o.MaxIter, Tol: o.Tol, Workers: workers, OwnSums: true}
	best, err := data.From(ctx, from, options)
	for restart := 0; restart < max(o.Restarts, eachRestarts) && init == nil && (err == nil || err == engine.ErrDistinct); restart++ {
		again, failed := data.Start(ctx, k, o.Seed, restart, options)
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

// fitError turns the errors of the engine into those of this package.
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
			return fmt.Errorf("%w: %d clusters are asked for, the rows hold %s; ask for at most %d", ErrTooFew, k, counted(got, "distinct point"), got)
		}
		return fmt.Errorf("%w: the squares of the least and of the greatest differences between rows do not fit in a float64 together; the greatest value is %s",
			ErrOverflow, greatest(x))
	}
	return err
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
	n, d := dims(x)
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
	if o.Weights != nil {
		if len(o.Weights) != n {
			return fmt.Errorf("%w: %d weights for %d rows", ErrWidth, len(o.Weights), n)
		}
		total := 0.0
		for i, w := range o.Weights {
			if !(w >= 0) || math.IsInf(w, 0) {
				return fmt.Errorf("%w: the weight of row %d is %v; it must be a number from 0", ErrOption, i, w)
			}
			total += w
		}
		if total == 0 || math.IsInf(total, 0) {
			return fmt.Errorf("%w: the weights add up to %v; some must be positive, and their sum finite", ErrOption, total)
		}
	}
	if o.Init != nil {
		k, width := dims(o.Init)
		if k != ks[0] || width != d {
			return fmt.Errorf("%w: Init is %d×%d; %d clusters of %d columns need %d×%d", ErrWidth, k, width, ks[0], d, ks[0], d)
		}
		if err := finite(o.Init, nil, "Init"); err != nil {
			return err
		}
	}
	return nil
}

// K is the number of clusters.
func (c *Clustering) K() int { return orZero(c).k }

// Centroids are the means of the clusters, a new k×d matrix.
func (c *Clustering) Centroids() *mat.Dense {
	c = orZero(c)
	if c.k == 0 {
		return &mat.Dense{}
	}
	return mat.NewDense(c.k, c.d, append([]float64(nil), c.centroids...))
}

// Labels are the clusters of the rows that were fitted, in their order, each
// from 0 to K-1.
func (c *Clustering) Labels() []int {
	c = orZero(c)
	out := make([]int, len(c.labels))
	for i, l := range c.labels {
		out[i] = int(l)
	}
	return out
}

// Counts are the sizes of the clusters: rows, or their weight where Weights
// were given.
func (c *Clustering) Counts() []float64 { return append([]float64(nil), orZero(c).counts...) }

// Inertia is the weighted sum of the squared distances of the rows from their
// centroids (the within-cluster sum of squares, WCSS).
func (c *Clustering) Inertia() float64 { return orZero(c).inertia }

// Iterations is how many times the best restart moved its centroids.
func (c *Clustering) Iterations() int { return orZero(c).iterations }

// Converged says whether the best restart ended by itself and not by MaxIter.
func (c *Clustering) Converged() bool { return orZero(c).converged }

// Predict gives the nearest centroid of each row of x (n×d): of equally near
// ones the lowest. A row that is so far from all centroids that its distances
// from them are rounded to the same number gets the one that is the nearest by
// the exact distances. Errors: ErrWidth, ErrNotFinite.
func (c *Clustering) Predict(x mat.Matrix) ([]int, error) {
	n, _ := dims(x)
	out := make([]int, n)
	if err := c.PredictInto(out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is Predict that writes to out, which has n entries. For those who
// predict again and again: nothing is allocated for the rows. Where it gives an
// error, out is of no use.
func (c *Clustering) PredictInto(out []int, x mat.Matrix) error {
	c = orZero(c)
	n, d := dims(x)
	if c.k == 0 {
		return errNotFitted
	}
	if n > 0 && d != c.d {
		return fmt.Errorf("%w: rows of %d columns for a clustering of %d", ErrWidth, d, c.d)
	}
	if len(out) != n {
		return fmt.Errorf("%w: room for %d labels of %d rows", ErrWidth, len(out), n)
	}
	if n > 0 && !engine.Predict(engine.RowMajor(x), d, c.centroids, out) {
		return finite(x, nil, "the data")
	}
	return nil
}

// Transform gives the Euclidean distance of each row of x (n×d) from each
// centroid, as a new n×k matrix. Errors: ErrWidth, ErrNotFinite, ErrOverflow for
// a distance beyond float64, with the row.
func (c *Clustering) Transform(x mat.Matrix) (*mat.Dense, error) {
	c = orZero(c)
	rows, err := c.rows(x)
	if err != nil {
		return nil, err
	}
	n, _ := dims(x)
	if n == 0 {
		return &mat.Dense{}, nil
	}
	out := make([]float64, 0, n*c.k)
	for i := 0; i < n; i++ {
		for j := 0; j < c.k; j++ {
			v := engine.Distance(rows[i*c.d:(i+1)*c.d], c.centroids[j*c.d:(j+1)*c.d])
			if math.IsInf(v, 0) {
				return nil, overflowRow(x, i, fmt.Sprintf("the distance from centroid %d", j))
			}
			out = append(out, v)
		}
	}
	return mat.NewDense(n, c.k, out), nil
}

// Margin gives for each row of x (n×d) the distance to the second-nearest
// centroid less that to the nearest: near 0, the row lies on a border. With
// one cluster it is +Inf. Errors: ErrWidth, ErrNotFinite, ErrOverflow for a
// distance beyond float64, with the row.
func (c *Clustering) Margin(x mat.Matrix) ([]float64, error) {
	c = orZero(c)
	rows, err := c.rows(x)
	if err != nil {
		return nil, err
	}
	n, _ := dims(x)
	out := make([]float64, n)
	near := engine.NewCentroids(c.centroids, c.d)
	for i := range out {
		r := near.Rank(rows[i*c.d : (i+1)*c.d])
		if math.IsInf(r.Distance, 0) || math.IsInf(r.Margin, 0) && c.k > 1 {
			return nil, overflowRow(x, i, "the distance from a centroid")
		}
		out[i] = r.Margin
	}
	return out, nil
}

// rows checks x against the centroids and gives its values row by row.
func (c *Clustering) rows(x mat.Matrix) ([]float64, error) {
	n, d := dims(x)
	if c.k == 0 {
		return nil, errNotFitted
	}
	if n > 0 && d != c.d {
		return nil, fmt.Errorf("%w: rows of %d columns for a clustering of %d", ErrWidth, d, c.d)
	}
	if err := finite(x, nil, "the data"); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, nil
	}
	return engine.RowMajor(x), nil
}
