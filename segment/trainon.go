package segment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/steps"
)

// TrainOn makes a Model from rows that stay where they are: it fits the pipeline on
// aggregates of d (see preprocess.Pipeline.FitAggregates), sweeps over k by
// Sweep.FitStream, chooses k, and ranks and names the clusters. The SweepResult has its
// clusters numbered as they were found, and is nil where K was given alone. Columns may
// be left out; else they must be those of d. There are no Weights.
//
// The Model is that of Train on the same rows, as far as FitStream finds the clusterings
// of Fit: of a StreamDataset all rows of which are in the sample, centroids and counts
// have the same bits where the parameters of the pipeline have (imputers and scalers), and
// with principal components are equal to 1e-10, as is all else in any case. Means are
// rounded once here.
// Silhouettes are those of the sample of a Stream, of the weighted points of a
// Summarizer, else of 10,000 rows: a cluster that none of these is in counts by its
// centroid.
//
// Columns of categories are refused: the rows of a Dataset are numbers, and it counts
// none of their values. Train has words.
//
// The default pipeline takes an Extent, Ranks, and three Moments of d, the sweep the
// passes of FitStream and one for the silhouettes, and Clusters one. Ranks of columns
// behind a logarithm are asked for once more. Memory is that of FitStream and of the
// answers of d.
//
// Errors: those of FitAggregates, FitStream and of d; ErrOption, ErrWidth, ErrEmpty as
// of Train; ErrSource for rows that are others in one pass than in another.
func TrainOn(ctx context.Context, d Dataset, o TrainOptions) (*Model, *SweepResult, error) {
	ctx = orBackground(ctx)
	o, err := o.on(d)
	if err != nil {
		return nil, nil, err
	}
	t := &remoteTraining{TrainOptions: o, rows: &rememberedRows{Dataset: d}}
	if err := t.prepare(ctx); err != nil {
		return nil, nil, err
	}
	c, by, err := t.fit(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := t.summary(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	m, _, err := o.modelOf(t.fitted, c, s, func(*Model) error { return nil })
	if err != nil {
		return nil, nil, err
	}
	if m.f.Shares, err = m.measureShares(s); err != nil {
		return nil, nil, err
	}
	var x *mat.Dense
	var weights []float64
	if c.k > 1 && c.k < m.f.Rows {
		if x, weights, err = t.points(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	if err := m.choice(ctx, by, t.swept, x, weights, c); err != nil {
		return nil, nil, err
	}
	return m, t.swept, nil
}

// on returns the options for the columns of a Dataset, if they can be used.
func (o TrainOptions) on(d Dataset) (TrainOptions, error) {
	if d == nil {
		return o, fmt.Errorf("%w: there is no Dataset", ErrOption)
	}
	columns := d.Columns()
	switch {
	case len(columns) == 0:
		return o, fmt.Errorf("%w: the Dataset has no columns", ErrEmpty)
	case o.Weights != nil:
		return o, fmt.Errorf("%w: Weights are for Train; the rows of a Dataset count once each", ErrOption)
	case len(o.Columns) == 0:
		o.Columns = columns
	case !slices.Equal(o.Columns, columns):
		return o, fmt.Errorf("%w: the columns are to be %q, and the Dataset has %q", ErrWidth, o.Columns, columns)
	}
	return o, o.checkColumns(len(columns))
}

// remoteTraining is a training on rows that stay where they are.
type remoteTraining struct {
	TrainOptions
	rows   *rememberedRows
	fitted *preprocess.FittedPipeline
	src    Source // the rows behind it
	swept  *SweepResult

	x       *mat.Dense // on which silhouettes are measured
	weights []float64
}

// prepare fits the pipeline.
func (t *remoteTraining) prepare(ctx context.Context) (err error) {
	if t.fitted, err = t.pipeline().FitAggregates(ctx, t.rows, t.Columns...); err != nil {
		return pipelineError(err)
	}
	if known(t.Columns, steps.SplitOf(t.fitted).Paths) != nil {
		return fmt.Errorf("%w: the pipeline encodes categories, which a Dataset does not count; leave these columns out, or use Train", ErrOption)
	}
	t.src, err = t.rows.Source(t.fitted)
	return err
}

// fit returns the clustering of the model, and what chose its number of clusters.
func (t *remoteTraining) fit(ctx context.Context) (*Clustering, By, error) {
	sweep, k, by := t.sweep(), t.K, ByCaller
	var err error
	if t.sweeps() {
		if t.swept, err = sweep.FitStream(ctx, t.src); err != nil {
			return nil, "", err
		}
	}
	if k == 0 {
		if k, by, err = t.choose(ctx); err != nil {
			return nil, "", err
		}
	}
	if c, ok := t.swept.Clustering(k); ok {
		return c, by, nil
	}
	alone, err := fitStream(ctx, t.src, sweep.options(), func(context.Context, mat.Matrix) ([]int, error) { return []int{k}, nil })
	if err != nil {
		return nil, "", err
	}
	return alone[0], by, nil
}

func (t *remoteTraining) choose(ctx context.Context) (int, By, error) {
	all := t.swept.Clusterings()
	if t.swept.Knee().Found || len(all) == 1 {
		return t.swept.Choose(ctx, nil)
	}
	x, weights, err := t.points(ctx, all...)
	if err != nil {
		return 0, "", err
	}
	return t.swept.choose(ctx, x, weights)
}

// points returns rows, or weighted points, on which silhouettes are measured, and with
// them the centroids of clusters that they miss.
func (t *remoteTraining) points(ctx context.Context, of ...*Clustering) (*mat.Dense, []float64, error) {
	if t.x == nil {
		size := silhouetteRows
		if _, ok := t.src.(*Stream); ok { // all rows where Train has all
			size = sampleSize(t.src, mapped(of, (*Clustering).K))
		}
		var err error
		if t.x, t.weights, err = standIns(ctx, t.src, size, t.Seed); err != nil {
			return nil, nil, err
		}
		if n, q := num.Dims(t.x); n == 0 || q != len(t.fitted.OutputColumns()) {
			return nil, nil, fmt.Errorf("%w: a sample of %d×%d values, and the pipeline gives %d columns", ErrSource, n, q, len(t.fitted.OutputColumns()))
		}
		if err := finite(t.x, "the sample"); err != nil {
			return nil, nil, err
		}
	}
	n, q := t.x.Dims()
	x, weights := slices.Clip(t.x.RawMatrix().Data[:n*q]), slices.Clip(t.weights)
	for _, c := range of {
		labels, err := c.Predict(ctx, t.x)
		if err != nil {
			return nil, nil, err
		}
		found := make([]bool, c.k)
		for _, l := range labels {
			found[l] = true
		}
		for i, there := range found {
			if there {
				continue
			}
			if x = append(x, c.centroids[i*q:(i+1)*q]...); weights != nil {
				weights = append(weights, 1)
			}
		}
	}
	return mat.NewDense(len(x)/q, q, x), weights, nil
}

// summary returns what the raw rows come to.
func (t *remoteTraining) summary(ctx context.Context, c *Clustering) (*summary, error) {
	e, err := t.rows.Extent(ctx, nil)
	if err != nil {
		return nil, err
	}
	s := &summary{middles: func(columns []int, n int) ([][]float64, error) {
		ranks := make([][]int, len(e.Known))
		for _, j := range columns {
			ranks[j] = middleRanks(e.Known[j], n)
		}
		all, err := t.rows.Ranks(ctx, nil, ranks)
		if err != nil {
			return nil, err
		}
		if len(all) != len(ranks) || slices.ContainsFunc(columns, func(j int) bool { return len(all[j]) != n }) {
			return nil, fmt.Errorf("%w: it does not answer for all ranks of the columns", ErrSource)
		}
		return mapped(columns, func(j int) []float64 { return all[j] }), nil
	}}
	if s.columns, err = t.rows.describe(ctx, t.Columns, e); err != nil {
		return nil, err
	}
	sums, err := t.rows.Clusters(ctx, t.fitted, c.Centroids())
	if err != nil {
		return nil, err
	}
	if err := sums.check(c, e); err != nil {
		return nil, err
	}
	for i := range c.k {
		row := make([]float64, len(e.Known))
		for j, r := range s.columns {
			sum := sums.Sums[i][j]
			if row[j] = r.mean; sums.Known[i][j] > 0 {
				row[j] = num.Quotient(sum.High, sum.Low, sums.Known[i][j])
			}
			if !num.Finite(row[j]) {
				return nil, fmt.Errorf("%w: the sum of column %s in a cluster; scale the column", ErrOverflow, t.Columns[j])
			}
			row[j] = min(max(row[j], r.limits.Min), r.limits.Max)
		}
		s.means = append(s.means, row)
	}
	return s, nil
}

// middleRanks returns the ranks of the quantiles (i+½)/n of known values.
func middleRanks(known, n int) []int {
	ranks := make([]int, n)
	for i := range ranks {
		upTo := float64(float64(i)+0.5) / float64(n) * float64(known)
		ranks[i] = min(max(int(math.Ceil(upTo))-1, 0), known-1)
	}
	return ranks
}

// check checks that the sums are of the rows of c, whose raw columns reach as far as e.
func (s ClusterSums) check(c *Clustering, e preprocess.Extent) error {
	k, d := c.k, len(e.Known)
	if len(s.Counts) != k || len(s.Known) != k || len(s.Sums) != k {
		return fmt.Errorf("%w: %d counts and sums of %d clusters for %d", ErrSource, len(s.Counts), len(s.Sums), k)
	}
	rows, all := 0, make([]int, d)
	for i, n := range s.Counts {
		if len(s.Known[i]) != d || len(s.Sums[i]) != d {
			return fmt.Errorf("%w: cluster %d has sums of %d columns; there are %d", ErrSource, i, len(s.Sums[i]), d)
		}
		if float64(n) != c.counts[i] {
			return fmt.Errorf("%w: cluster %d has %d rows, and had %v; every pass must go over the same rows", ErrSource, i, n, c.counts[i])
		}
		if n == 0 {
			return fmt.Errorf("%w: cluster %d has no row, and so no means", ErrTooFew, i)
		}
		rows += n
		for j, known := range s.Known[i] {
			if known < 0 || known > n {
				return fmt.Errorf("%w: cluster %d has %d values of column %d in %d rows", ErrSource, i, known, j, n)
			}
			all[j] += known
		}
	}
	if rows != e.Rows || !slices.Equal(all, e.Known) {
		return fmt.Errorf("%w: the clusters have %d rows and the values %v, and there were %d and %v; every pass must go over the same rows", ErrSource, rows, all, e.Rows, e.Known)
	}
	return nil
}

// rememberedRows is a Dataset that is asked only once how far its raw columns reach, and
// what they come to.
type rememberedRows struct {
	Dataset

	mu      sync.Mutex
	extent  *preprocess.Extent
	moments []rememberedMoments
}

type rememberedMoments struct {
	options preprocess.MomentsOptions
	answer  preprocess.Moments
}

// Extent asks for that of raw columns once.
func (r *rememberedRows) Extent(ctx context.Context, behind *preprocess.FittedPipeline) (preprocess.Extent, error) {
	r.mu.Lock()
	known := r.extent
	r.mu.Unlock()
	if behind != nil || known == nil {
		e, err := r.Dataset.Extent(ctx, behind)
		if err != nil || behind != nil {
			return e, err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.extent, known = &e, &e
	}
	return *known, nil
}

// Moments asks for those of raw columns once.
func (r *rememberedRows) Moments(ctx context.Context, behind *preprocess.FittedPipeline, o preprocess.MomentsOptions) (preprocess.Moments, error) {
	if behind == nil {
		if m, ok := r.remembered(func(of preprocess.MomentsOptions) bool {
			return slices.Equal(of.Center, o.Center) && slices.Equal(of.Power, o.Power) && (of.Products || !o.Products)
		}); ok {
			return m.answer, nil
		}
	}
	m, err := r.Dataset.Moments(ctx, behind, o)
	if err == nil && behind == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.moments = append(r.moments, rememberedMoments{o, m})
	}
	return m, err
}

func (r *rememberedRows) remembered(fits func(preprocess.MomentsOptions) bool) (rememberedMoments, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.moments, func(m rememberedMoments) bool { return fits(m.options) })
	if i < 0 {
		return rememberedMoments{}, false
	}
	return r.moments[i], true
}

// describe returns what is known of the raw columns.
func (r *rememberedRows) describe(ctx context.Context, names []string, e preprocess.Extent) ([]columnSummary, error) {
	d := len(e.Known)
	sums, ok := r.remembered(func(o preprocess.MomentsOptions) bool { return o.Center == nil })
	if !ok {
		for j := range d {
			power, _ := num.UnitPower(max(-e.Least[j], e.Greatest[j])) // whose squares do not overflow
			sums.options.Power = append(sums.options.Power, power)
		}
		var err error
		if sums.answer, err = r.rawMoments(ctx, sums.options, e); err != nil {
			return nil, err
		}
	}
	out := make([]columnSummary, d)
	about := preprocess.MomentsOptions{Center: make([]float64, d), Power: make([]float64, d)}
	exponent := make([]int, d)
	for j, sum := range sums.answer.Sums {
		out[j] = columnSummary{known: e.Known[j], limits: fileRange{e.Least[j], e.Greatest[j]}, deviation: 1, constant: e.Least[j] == e.Greatest[j]}
		about.Power[j] = 1
		if e.Known[j] == 0 {
			continue
		}
		mean := num.Quotient(sum.High, sum.Low, e.Known[j])
		if sums.options.Power != nil {
			mean /= sums.options.Power[j]
		}
		mean = min(max(mean, e.Least[j]), e.Greatest[j])
		out[j].mean, about.Center[j] = mean, mean
		about.Power[j], exponent[j] = num.UnitPower(max(e.Greatest[j]-mean, mean-e.Least[j]))
	}
	m, err := r.rawMoments(ctx, about, e)
	if err != nil {
		return nil, err
	}
	for j := range out {
		if out[j].constant || out[j].known == 0 {
			continue
		}
		squares, rest := m.Squares[j], m.Sums[j]
		out[j].deviation = math.Ldexp(num.Deviation(squares.High+squares.Low, rest.High+rest.Low, out[j].known), exponent[j])
		if !num.Finite(out[j].mean) || !num.Finite(out[j].deviation) {
			return nil, fmt.Errorf("%w: the deviation of column %s, which reaches from %v to %v", ErrOverflow, names[j], e.Least[j], e.Greatest[j])
		}
	}
	return out, nil
}

// rawMoments returns moments of the raw columns, if they fit their extent.
func (r *rememberedRows) rawMoments(ctx context.Context, o preprocess.MomentsOptions, e preprocess.Extent) (preprocess.Moments, error) {
	m, err := r.Moments(ctx, nil, o)
	if err == nil && (len(m.Sums) != len(e.Known) || len(m.Squares) != len(e.Known) || !slices.Equal(m.Known, e.Known)) {
		err = fmt.Errorf("%w: moments of %v values, and there were %v; every pass must go over the same rows", ErrSource, m.Known, e.Known)
	}
	return m, err
}
