package segment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/steps"
)

// TrainOptions say how Train makes a Model. Columns and Value must be set;
// everything else has a default.
type TrainOptions struct {
	// Columns name the columns of the matrix, in order.
	Columns []string

	// Units, by column name, are words for warnings ("months"); none needed.
	Units map[string]string

	// Value lists the columns that make a cluster valuable: clusters are ranked
	// by the mean of these, standardised.
	Value []string

	// Less names those of Value of which less is better, such as the days since
	// the last order: their mean counts negative.
	Less []string

	// ID names the column that tells one row from another, and Describe those that
	// say what is in a cluster without making it, neither of them necessarily in
	// the matrix; the model only remembers them. Empty for none.
	ID       string
	Describe []string

	// Weights, when not nil, is how often each row counts: 0, or from 1 on. All but
	// the pipeline, which is fitted on every row once, is that of rows that are
	// repeated as often.
	Weights []float64

	// TierNames name the tiers, the most valuable first; default:
	// DefaultTierNames.
	TierNames []string

	// K is the number of clusters; 0 takes what Sweep.Choose gives. With K set
	// and neither MinK nor MaxK, nothing else is fitted.
	K int

	// MinK, MaxK, ShrinkMaxK, Restarts, Seed, MaxIter, Tol and Workers are those
	// of Sweep.
	MinK, MaxK, Restarts int
	ShrinkMaxK           bool
	Seed                 uint64
	MaxIter              int
	Tol                  float64
	Workers              int

	// Pipeline prepares the columns; default: DefaultPipeline.
	Pipeline *preprocess.Pipeline

	// AsOf is the day on which ages and tenure in the rows were counted; the
	// model only remembers it. The zero time stands for none.
	AsOf time.Time

	// Limits are the greatest values, by column, of the rows that were let into
	// the training, and Least the least; the model only remembers them. Nil Limits
	// stand for not known.
	Limits map[string]float64
	Least  map[string]float64

	// Progress, when not nil, is called after each restart of each k, by one
	// goroutine at a time.
	Progress func(Progress)
}

// DefaultPipeline imputes the median, scales to mean 0 and deviation 1, and
// keeps three principal components, or all where there are fewer columns. Its
// steps are named impute, scale and pca.
func DefaultPipeline(columns int) preprocess.Pipeline {
	return preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}),
		preprocess.NewStep("scale", preprocess.Scaler{}),
		preprocess.NewStep("pca", preprocess.PCA{Components: min(3, columns)}),
	}}
}

// Model is a trained segmentation: what turns a row of the named columns into
// a cluster and a tier, and the figures of its training. Clusters are numbered
// by rank, 0 the most valuable. It is immutable and safe for concurrent use.
type Model struct {
	f    modelFile
	near *engine.Centroids
	// categorical has an element for each column, without Values for numbers;
	// nil where the pipeline has no one-hot encoder.
	categorical []CategoricalColumn
	paths       []steps.Path // of the columns through the pipeline
}

// Range is the least and the greatest value of a column in training.
type Range struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// MarshalJSON writes numbers that are not finite as null or, told apart, as strings.
func (r Range) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(r) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Range) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, r) }

// TrainResult is a Model with what its training found out about the rows, so
// that nothing has to be prepared or predicted again.
type TrainResult struct {
	*Model

	// Clustering is that of the rows, its clusters numbered as those of Model.
	// A row that two centroids are equally near to may be in the other cluster
	// than Predict says.
	Clustering *Clustering

	// Transformed holds the rows behind the pipeline, n×q.
	Transformed *mat.Dense

	// SweepResult holds the clusterings of all k, their clusters numbered as they
	// were found; nil where K was given alone.
	SweepResult *SweepResult

	x mat.Matrix
}

// Predictions returns what Model.PredictMatrix says of the rows of the training,
// none of which goes through the pipeline again: neither they nor Transformed may
// have changed since. Errors: those of PredictTransformed.
func (r *TrainResult) Predictions(ctx context.Context) ([]Prediction, error) {
	r = orZero(r)
	return r.Model.PredictTransformed(ctx, r.x, r.Transformed)
}

// Train makes a Model from the rows of x, n×d, whose columns are named by
// o.Columns: it fits the pipeline, sweeps over k, chooses k, and ranks and
// names the clusters. Missing values are NaN.
//
// Errors: ErrEmpty for no rows or a column without any value, ErrNotFinite for
// ±Inf, ErrWidth for a wrong number of names, ErrOption, ErrTooFew, those of
// the pipeline, and that of ctx.
func Train(ctx context.Context, x mat.Matrix, o TrainOptions) (*TrainResult, error) {
	ctx = orBackground(ctx)
	if err := o.check(x); err != nil {
		return nil, err
	}
	pipeline, z, err := o.pipeline().FitTransform(ctx, x, o.Columns...)
	if err != nil {
		return nil, pipelineError(err)
	}
	sweep := o.sweep()
	r := &TrainResult{Transformed: z, x: x}
	if o.sweeps() {
		if r.SweepResult, err = sweep.Fit(ctx, z); err != nil {
			return nil, err
		}
	}
	k, by := o.K, ByCaller
	if k == 0 {
		if k, by, err = r.SweepResult.Choose(ctx, z); err != nil {
			return nil, err
		}
	}
	found, ok := r.SweepResult.Clustering(k)
	if !ok {
		alone, err := sweep.fit(ctx, z, []int{k})
		if err != nil {
			return nil, err
		}
		found, _ = alone.Clustering(k)
	}
	if r.Model, r.Clustering, err = newModel(ctx, x, pipeline, found, o); err != nil {
		return nil, err
	}
	if err := r.Model.choice(ctx, by, r.SweepResult, z, o.Weights, found); err != nil {
		return nil, err
	}
	return r, nil
}

// pipeline returns the steps that are to be fitted.
func (o TrainOptions) pipeline() preprocess.Pipeline {
	if o.Pipeline != nil {
		return *o.Pipeline
	}
	return DefaultPipeline(len(o.Columns))
}

// sweep returns the options of the sweep.
func (o TrainOptions) sweep() Sweep {
	return Sweep{
		MinK: o.MinK, MaxK: o.MaxK, ShrinkMaxK: o.ShrinkMaxK, Seed: o.Seed, Restarts: o.Restarts,
		MaxIter: o.MaxIter, Tol: o.Tol, Weights: o.Weights, Workers: o.Workers, Progress: o.Progress,
	}
}

// sweeps reports whether more than K is to be fitted.
func (o TrainOptions) sweeps() bool { return o.K == 0 || o.MinK != 0 || o.MaxK != 0 }

// choice notes how the number of clusters was decided, and the silhouette of the
// clustering over z.
func (m *Model) choice(ctx context.Context, by By, sweep *SweepResult, z *mat.Dense, weights []float64, c *Clustering) error {
	m.f.ChosenBy = by
	if sweep != nil {
		m.f.Sweep = mapped(sweep.Points(), func(p SweepPoint) filePoint { return filePoint(p) })
	}
	if knee := sweep.Knee(); knee.Found {
		m.f.Knee = int(knee.Knee)
	}
	if c.k == 1 || c.k >= m.f.Rows {
		return nil
	}
	s, err := silhouettes(ctx, z, weights, []*Clustering{c})
	if err != nil {
		return err
	}
	m.f.Silhouette = s[0]
	return nil
}

// Partition is a clustering of rows that a Model can be made of: a *Clustering,
// or what another library has found.
type Partition interface {
	// Centroids are the centres of the clusters, a k×q matrix behind the
	// pipeline of the model.
	Centroids() *mat.Dense

	// Labels are the clusters of the rows, in their order, each from 0 to k-1;
	// none where each row belongs to the nearest centroid.
	Labels() []int
}

// NewModel makes a Model of parts that were fitted one by one: x, n×d, the
// rows before the pipeline, and a clustering of the same rows behind it. Of o
// it takes Columns, Units, Value, Less, ID, Describe, Weights, TierNames, AsOf, Limits,
// Least and Seed. For a clustering by FitStream x is a sample of the rows, on which means
// and ranges then rest. A model predicts by the nearest centroid, also where the
// labels of the clustering are others.
//
// Errors: as Train; ErrWidth where x, pipeline and clustering do not fit each
// other; ErrLabels for labels that are no clusters; ErrTooFew for a cluster
// without a row of positive weight; ErrOption for other Weights than those of the
// clustering.
func NewModel(ctx context.Context, x mat.Matrix, pipeline *preprocess.FittedPipeline, p Partition, o TrainOptions) (*Model, error) {
	m, _, err := newModel(orBackground(ctx), x, pipeline, p, o)
	return m, err
}

// newModel returns the model, and the clustering with its numbers of clusters.
func newModel(ctx context.Context, x mat.Matrix, pipeline *preprocess.FittedPipeline, p Partition, o TrainOptions) (*Model, *Clustering, error) {
	if err := o.check(x); err != nil {
		return nil, nil, err
	}
	if c, own := p.(*Clustering); pipeline == nil || p == nil || own && c == nil {
		return nil, nil, fmt.Errorf("%w: a model needs a fitted pipeline and a clustering", ErrOption)
	}
	if in := pipeline.InputColumns(); !slices.Equal(in, o.Columns) {
		return nil, nil, fmt.Errorf("%w: the pipeline was fitted on the columns %v, the model has %v", ErrWidth, in, o.Columns)
	}
	c, err := labelled(ctx, x, pipeline, p, o.Weights)
	if err != nil {
		return nil, nil, err
	}
	s, err := describe(ctx, x, c, o.Weights)
	if err != nil {
		return nil, nil, err
	}
	m, rank, err := o.modelOf(pipeline, c, s, func(m *Model) error { return m.categorize(ctx, x, c, o.Weights) })
	if err != nil {
		return nil, nil, err
	}
	if m.f.Shares, err = m.measureShares(s); errors.Is(err, preprocess.ErrUnknownCategory) {
		m.f.Shares, err = m.sampleShares(x)
	}
	if err != nil {
		return nil, nil, err
	}
	return m, c.renumbered(rank), nil
}

// modelOf returns the model, but for shares, of a clustering and of what its rows come
// to, and the rank of each cluster; categorize counts categories.
func (o TrainOptions) modelOf(pipeline *preprocess.FittedPipeline, c *Clustering, s *summary, categorize func(*Model) error) (*Model, []int, error) {
	rows := 0.0
	for _, v := range c.counts {
		rows += v
	}
	m := &Model{f: modelFile{
		Columns: slices.Clone(o.Columns), Units: map[string]string{}, Value: slices.Clone(o.Value),
		Less: slices.Clone(o.Less), ID: o.ID, Describe: slices.Clone(o.Describe), Pipeline: pipeline,
		AsOf: date(o.AsOf), Limits: maps.Clone(o.Limits), Least: maps.Clone(o.Least), Rows: int(math.Round(rows)), ChosenBy: ByCaller, Seed: o.Seed,
		Inertia: c.inertia, Iterations: c.iterations, Converged: c.converged,
	}}
	for name, unit := range o.Units {
		if slices.Contains(m.f.Columns, name) {
			m.f.Units[name] = unit
		}
	}
	for j, column := range s.columns {
		if column.known == 0 {
			return nil, nil, fmt.Errorf("%w: column %s has no value at all", ErrEmpty, m.f.Columns[j])
		}
		m.f.Ranges = append(m.f.Ranges, column.limits)
	}
	tiers, err := Tiers(m.scores(s), c.counts, TierOptions{Names: o.TierNames})
	if err != nil {
		return nil, nil, err
	}
	m.paths = steps.SplitOf(pipeline).Paths
	if err := categorize(m); err != nil {
		return nil, nil, err
	}
	return m, m.number(tiers, c, s.means), nil
}

// scores returns for each cluster the mean of its standardised means of the columns of
// value.
func (m *Model) scores(s *summary) []float64 {
	scores := make([]float64, len(s.means))
	for _, name := range m.f.Value {
		j, sign := slices.Index(m.f.Columns, name), 1.0
		if slices.Contains(m.f.Less, name) {
			sign = -1
		}
		for i := range scores {
			// Halves, whose difference is within the range of float64.
			scores[i] += float64(sign*(float64(s.means[i][j]/2)-float64(s.columns[j].mean/2))) / (s.columns[j].deviation / 2) / float64(len(m.f.Value))
		}
	}
	return scores
}

// number numbers the clusters by rank, which it returns.
func (m *Model) number(tiers []Tier, c *Clustering, means [][]float64) []int {
	ranked := make([][][]int, len(m.categorical)) // counts by column and rank
	rank := make([]int, c.k)
	for i, t := range tiers {
		rank[t.Cluster] = i
		m.f.Centroids = append(m.f.Centroids, slices.Clone(c.centroids[t.Cluster*c.d:(t.Cluster+1)*c.d]))
		m.f.Means = append(m.f.Means, means[t.Cluster])
		for j, column := range m.categorical {
			if column.Values != nil {
				ranked[j] = append(ranked[j], column.Counts[t.Cluster])
			}
		}
		tiers[i].Cluster = i
	}
	m.f.Tiers = mapped(tiers, func(t Tier) fileTier { return fileTier(t) })
	m.near = engine.NewCentroids(slices.Concat(m.f.Centroids...), c.d)
	for j := range m.categorical {
		m.categorical[j].Counts = ranked[j]
	}
	m.f.Categories = m.Categorical()
	for i := range m.f.Categories {
		m.f.Categories[i].Words = nil // which the pipeline has
	}
	return rank
}

// renumbered returns the clustering with cluster i as number[i].
func (c *Clustering) renumbered(number []int) *Clustering {
	out := *c
	out.centroids, out.counts, out.labels = slices.Clone(c.centroids), slices.Clone(c.counts), newLabels(c.labels.len(), c.k)
	for i, to := range number {
		copy(out.centroids[to*c.d:(to+1)*c.d], c.centroids[i*c.d:(i+1)*c.d])
		out.counts[to] = c.counts[i]
	}
	for i := range c.labels.len() {
		out.labels.set(i, number[c.labels.at(i)])
	}
	return &out
}

// labelled returns the Clustering of a partition with labels of the rows of x: of a
// fit the same with its own labels or, where it was of a stream, those predicted;
// of other partitions with counts and inertia by the rows too.
func labelled(ctx context.Context, x mat.Matrix, pipeline *preprocess.FittedPipeline, p Partition, weights []float64) (*Clustering, error) {
	c, own := p.(*Clustering)
	fitted := own && c.counts != nil
	if !fitted {
		var err error
		if c, err = NewClustering(p.Centroids()); err != nil {
			return nil, err
		}
	}
	if q := len(pipeline.OutputColumns()); q != c.d {
		return nil, fmt.Errorf("%w: the pipeline gives %d columns, the clustering has %d", ErrWidth, q, c.d)
	}
	n, _ := x.Dims()
	if fitted && c.labels.len() > 0 {
		return c, c.checkSizes(n, weights)
	}
	z, err := pipeline.Transform(ctx, x)
	if err != nil {
		return nil, pipelineError(err)
	}
	list := p.Labels()
	if len(list) == 0 {
		if list, err = c.Predict(ctx, z); err != nil {
			return nil, err
		}
	}
	where, out := fmt.Sprintf("of the %d, and so no means", n), *c
	if fitted {
		where = fmt.Sprintf("in the sample of %d, and so no means; give a larger sample", n)
	}
	sizes, err := out.label(list, n, weights, where)
	if err != nil || fitted {
		return &out, err
	}
	out.counts, out.inertia, out.converged = sizes, 0, true
	for i, l := range list {
		square := engine.SquaredDistance(z.RawRowView(i), out.centroids[l*out.d:(l+1)*out.d])
		out.inertia += float64(weightOf(weights, i) * square)
	}
	if math.IsInf(out.inertia, 0) {
		return nil, fmt.Errorf("%w: the inertia of %s", ErrOverflow, counted(out.k, "cluster"))
	}
	return &out, nil
}

// checkSizes checks that the clustering is one of n rows of the given weights.
func (c *Clustering) checkSizes(n int, weights []float64) error {
	if c.labels.len() != n {
		return fmt.Errorf("%w: %d rows, and a clustering of %d", ErrWidth, n, c.labels.len())
	}
	for i, size := range c.sizes(weights) {
		if !(math.Abs(size-c.counts[i]) <= 1e-9*c.counts[i]) {
			return fmt.Errorf("%w: the rows of cluster %d weigh %v by Weights, and %v in the clustering; both must have the same weights", ErrOption, i, size, c.counts[i])
		}
	}
	return nil
}

// label sets the labels of n rows and returns the sizes of the clusters. Every label
// must be a cluster, and every cluster have a row of positive weight.
func (c *Clustering) label(list []int, n int, weights []float64, where string) ([]float64, error) {
	if len(list) != n {
		return nil, fmt.Errorf("%w: %d rows, and a clustering of %d", ErrWidth, n, len(list))
	}
	for i, l := range list {
		if l < 0 || l >= c.k {
			return nil, fmt.Errorf("%w: row %d has label %d; there are %s, numbered from 0", ErrLabels, i, l, counted(c.k, "cluster"))
		}
	}
	c.labels = packLabels(list, c.k)
	sizes := c.sizes(weights)
	if i := slices.Index(sizes, 0); i >= 0 {
		if weights != nil {
			where = "of positive weight " + where
		}
		return nil, fmt.Errorf("%w: cluster %d has no row %s", ErrTooFew, i, where)
	}
	return sizes, nil
}

// sizes returns the weight of the rows of each cluster.
func (c *Clustering) sizes(weights []float64) []float64 {
	out := make([]float64, c.k)
	for i := range c.labels.len() {
		out[c.labels.at(i)] += weightOf(weights, i)
	}
	return out
}

func (o TrainOptions) check(x mat.Matrix) error {
	n, d := num.Dims(x)
	if n == 0 || d == 0 {
		return fmt.Errorf("%w: %d×%d values to train on; at least one row and one column are needed", ErrEmpty, n, d)
	}
	if err := o.checkColumns(d); err != nil {
		return err
	}
	if err := checkWeights(o.Weights, n); err != nil {
		return err
	}
	for i, w := range o.Weights {
		if w > 0 && w < 1 {
			return fmt.Errorf("%w: the weight of row %d is %v; in a model it is how often the row counts, 0 or from 1 on", ErrOption, i, w)
		}
	}
	for i := range n {
		for j := range d {
			if math.IsInf(x.At(i, j), 0) {
				return fmt.Errorf("%w: row %d, column %s is %v; a missing value is NaN", ErrNotFinite, i, o.Columns[j], x.At(i, j))
			}
		}
	}
	return nil
}

// checkColumns checks the options but for Weights, for d columns.
func (o TrainOptions) checkColumns(d int) error {
	if len(o.Columns) != d {
		return fmt.Errorf("%w: %d column names for %d columns", ErrWidth, len(o.Columns), d)
	}
	if err := checkColumns(o.Columns, o.Value); err != nil {
		return err
	}
	if len(o.Value) == 0 {
		return fmt.Errorf("%w: Value is empty; name the columns by which clusters are ranked (there are %s)", ErrOption, strings.Join(o.Columns, ", "))
	}
	if err := checkRoles(o.Columns, o.Value, o.Less, o.ID, o.Describe); err != nil {
		return fmt.Errorf("%w: %w", ErrOption, err)
	}
	if o.K < 0 {
		return fmt.Errorf("%w: K is %d; it must be at least 1 (0 takes the knee)", ErrOption, o.K)
	}
	if err := checkLimits(o.Least, o.Limits); err != nil {
		return fmt.Errorf("%w: %w", ErrOption, err)
	}
	return nil
}

func checkColumns(columns, value []string) error {
	seen := make(map[string]bool, len(columns))
	for j, name := range columns {
		if name == "" || seen[name] {
			return fmt.Errorf("%w: column name %d is %q; each must be there, and once", ErrOption, j, name)
		}
		seen[name] = true
	}
	for _, name := range value {
		if !slices.Contains(columns, name) {
			return fmt.Errorf("%w: clusters are to be ranked by %s, and there is no such column; name those that make a cluster valuable in Value (there are %s)",
				ErrOption, name, strings.Join(columns, ", "))
		}
	}
	return nil
}

// checkRoles checks what the columns are said to serve for beside being clustered.
func checkRoles(columns, value, less []string, id string, describe []string) error {
	for i, name := range less {
		if !slices.Contains(value, name) || slices.Contains(less[:i], name) {
			return fmt.Errorf("less is said to be better of %q; each name in Less must be one of Value (%s), and once", name, strings.Join(value, ", "))
		}
	}
	if slices.Contains(columns, id) {
		return fmt.Errorf("the ID is %q, and clusters are made of that column; leave it out of one of both", id)
	}
	for i, name := range describe {
		if name == "" || slices.Contains(describe[:i], name) {
			return fmt.Errorf("name %d of Describe is %q; each must be there, and once", i, name)
		}
	}
	for _, name := range append(slices.Clone(describe), id) {
		if !utf8.ValidString(name) {
			return fmt.Errorf("the column name %q is no valid UTF-8", name)
		}
	}
	return nil
}

// summary is what a model says of the rows that it is made of.
type summary struct {
	columns []columnSummary
	means   [][]float64 // of the columns in each cluster; of all where it has no value
	// middles returns for each of some columns n values that stand for as many of the
	// known ones each: the quantiles (i+½)/n, which are values that occur.
	middles func(columns []int, n int) ([][]float64, error)
}

// columnSummary is what is known of the values of a column.
type columnSummary struct {
	known     int
	limits    fileRange
	mean      float64
	deviation float64 // of a population; 1 for a constant column
	constant  bool
}

// describe returns what the rows of x come to.
func describe(ctx context.Context, x mat.Matrix, c *Clustering, weights []float64) (*summary, error) {
	n, d := x.Dims()
	limits, all := make([]fileRange, d), make([]num.Moments, d)
	part := make([]num.Moments, c.k*d)
	for j := range d {
		r := fileRange{math.Inf(1), math.Inf(-1)}
		for i := range n {
			if v := x.At(i, j); !math.IsNaN(v) && weightOf(weights, i) > 0 {
				r.Min, r.Max = min(r.Min, v), max(r.Max, v)
			}
		}
		limits[j] = r
		all[j] = num.MomentsOf(r.Min, r.Max)
		for i := range c.k {
			part[i*d+j] = all[j]
		}
	}
	for i := range n {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, cause.Of(ctx)
		}
		w := weightOf(weights, i)
		if w == 0 {
			continue
		}
		for j := range d {
			if v := x.At(i, j); !math.IsNaN(v) {
				all[j].AddWeighted(v, w)
				part[c.labels.at(i)*d+j].AddWeighted(v, w)
			}
		}
	}
	s := &summary{middles: func(columns []int, n int) ([][]float64, error) {
		return mapped(columns, func(j int) []float64 { return middles(x, j, weights, n) }), nil
	}}
	for j := range all {
		column := columnSummary{known: all[j].N, limits: limits[j], mean: all[j].Mean(), deviation: 1, constant: all[j].Constant()}
		if !column.constant {
			column.deviation = all[j].SD(0)
		}
		s.columns = append(s.columns, column)
	}
	for i := range c.k {
		row := make([]float64, d)
		for j := range row {
			if row[j] = part[i*d+j].Mean(); part[i*d+j].N == 0 {
				row[j] = s.columns[j].mean
			}
		}
		s.means = append(s.means, row)
	}
	return s, nil
}

// K is the number of clusters.
func (m *Model) K() int { return len(orZero(m).f.Tiers) }

// Columns are the names of the columns that Predict takes, in order.
func (m *Model) Columns() []string { return slices.Clone(orZero(m).f.Columns) }

// Value returns the columns by whose standardised means clusters are ranked, and
// Less those of them of which less is better.
func (m *Model) Value() []string { return slices.Clone(orZero(m).f.Value) }

// Less returns the columns of Value of which less is better.
func (m *Model) Less() []string { return slices.Clone(orZero(m).f.Less) }

// ID returns the name of the column that tells one row from another; empty where
// none was given.
func (m *Model) ID() string { return orZero(m).f.ID }

// Describe returns the names of the columns that say what is in a cluster without
// making it; none where none were given.
func (m *Model) Describe() []string { return slices.Clone(orZero(m).f.Describe) }

// Unit is the unit of a column, for people to read; empty where none was given.
func (m *Model) Unit(column string) string { return orZero(m).f.Units[column] }

// Pipeline is what turns a row of Columns into the space of the centroids.
func (m *Model) Pipeline() *preprocess.FittedPipeline { return orZero(m).f.Pipeline }

// Transform returns the rows of x, n×len(Columns), behind the pipeline. Errors:
// those of the pipeline, and ErrNotModel for a model that was never trained.
func (m *Model) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	if m.K() == 0 {
		return nil, errNotTrained
	}
	z, err := m.f.Pipeline.Transform(ctx, x)
	if err != nil {
		return nil, pipelineError(err)
	}
	return z, nil
}

// Centroids are the centres of the clusters behind the pipeline, a new k×q
// matrix.
func (m *Model) Centroids() *mat.Dense {
	if m.K() == 0 {
		return &mat.Dense{}
	}
	return mat.NewDense(m.K(), m.width(), slices.Concat(m.f.Centroids...))
}

// width returns the number of columns behind the pipeline.
func (m *Model) width() int {
	if len(m.f.Centroids) == 0 {
		return 0
	}
	return len(m.f.Centroids[0])
}

// Tiers is the decision on the tiers: one line for each cluster, by rank.
func (m *Model) Tiers() []Tier {
	return mapped(orZero(m).f.Tiers, func(t fileTier) Tier { return Tier(t) })
}

// Tier is the name of the tier of a cluster; empty where there is no such one.
func (m *Model) Tier(cluster int) string {
	if m = orZero(m); cluster < 0 || cluster >= m.K() {
		return ""
	}
	return m.f.Tiers[cluster].Name
}

// TierNames are the names of the tiers that there are, in the order of their
// most valuable cluster.
func (m *Model) TierNames() []string {
	var names []string
	for _, t := range orZero(m).f.Tiers {
		if !slices.Contains(names, t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}

// Means are the means of the columns in each cluster, over the training rows
// where they were not missing. Those of words are means of codes, which say nothing:
// see CategoricalColumn.MostFrequent.
func (m *Model) Means() [][]float64 {
	return mapped(orZero(m).f.Means, slices.Clone)
}

// Ranges are the least and greatest training values of the columns, of words the
// codes.
func (m *Model) Ranges() []Range {
	return mapped(orZero(m).f.Ranges, func(r fileRange) Range { return Range(r) })
}

// Shares returns for each column how much of the distance between rows it
// carries, from 0 to 1: half the expected squared distance, behind the pipeline, of
// two rows that differ in it alone, as a share of all columns'. Of numbers that is
// how far one standard deviation moves a row, squared; of categories, with their
// shares p of the training rows, the variance Σ p·|z−z̄|², and of numbers behind a
// logarithm, quantile or power transformer the same over their quantiles. Words are
// one column, with all their indicators. A column whose share is near 1 decides the
// clusters alone.
func (m *Model) Shares() []float64 { return slices.Clone(orZero(m).f.Shares) }

// AsOf is the day on which ages and tenure were counted; zero for none.
func (m *Model) AsOf() time.Time { return time.Time(orZero(m).f.AsOf) }

// Limits returns the greatest values, by column, of the rows that were let into
// the training; nil where the model does not know.
func (m *Model) Limits() map[string]float64 { return maps.Clone(orZero(m).f.Limits) }

// Least returns the least values, by column, of the rows that were let into the
// training; nil where there was no such limit.
func (m *Model) Least() map[string]float64 { return maps.Clone(orZero(m).f.Least) }

// checkLimits refuses limits that are not finite, or leave nothing between them.
func checkLimits(least, most map[string]float64) error {
	for _, limits := range []map[string]float64{least, most} {
		for name, v := range limits {
			if v-v != 0 {
				return fmt.Errorf("the limit of column %s is %v; a column without a limit is left out of Limits and Least", name, v)
			}
		}
	}
	for name, from := range least {
		if to, ok := most[name]; ok && from > to {
			return fmt.Errorf("the least value of column %s is %v, above the greatest, %v", name, from, to)
		}
	}
	return nil
}

// Rows is the number of training rows.
func (m *Model) Rows() int { return orZero(m).f.Rows }

// Sweep is the WCSS curve of the training; empty where K was given alone.
func (m *Model) Sweep() []SweepPoint {
	return mapped(orZero(m).f.Sweep, func(p filePoint) SweepPoint { return SweepPoint(p) })
}

// Knee is the k at the knee of that curve; 0 where there is none.
func (m *Model) Knee() int { return orZero(m).f.Knee }

// ChosenBy says what decided the number of clusters.
func (m *Model) ChosenBy() By { return orZero(m).f.ChosenBy }

// Inertia is the within-cluster sum of squares behind the pipeline.
func (m *Model) Inertia() float64 { return orZero(m).f.Inertia }

// Silhouette is the mean silhouette of the training rows behind the pipeline
// (of more than 10,000 rows, of a fixed sample of that many); 0 for one
// cluster.
func (m *Model) Silhouette() float64 { return orZero(m).f.Silhouette }

// Seed is the seed that the model was trained with.
func (m *Model) Seed() uint64 { return orZero(m).f.Seed }

// WithTierNames returns a copy of the model whose clusters have the given names
// of tiers, by cluster; ranks and scores stay. Errors: ErrWidth for another
// number of names, ErrOption for an empty one, ErrNotModel for a model that was
// never trained.
func (m *Model) WithTierNames(names []string) (*Model, error) {
	if m == nil || len(m.f.Tiers) == 0 {
		return nil, errNotTrained
	}
	if len(names) != len(m.f.Tiers) {
		return nil, fmt.Errorf("%w: %d names of tiers for %d clusters", ErrWidth, len(names), len(m.f.Tiers))
	}
	out := *m
	out.f.Tiers = slices.Clone(m.f.Tiers)
	for c, name := range names {
		if name == "" {
			return nil, fmt.Errorf("%w: the tier of cluster %d has no name", ErrOption, c)
		}
		out.f.Tiers[c].Name = name
	}
	return &out, nil
}

// dominant is the share of the distance above which one column is said to
// decide alone.
const dominant = 0.8

// Warnings returns what is doubtful in the training; none when all is well.
func (m *Model) Warnings() []ModelWarning {
	m = orZero(m)
	var out []ModelWarning
	for j, share := range m.f.Shares {
		if share > dominant && len(m.f.Columns) > 1 {
			out = append(out, ModelWarning{Kind: ColumnDominates, Column: m.f.Columns[j], Share: share})
		}
	}
	if m.f.ChosenBy == BySilhouette {
		out = append(out, ModelWarning{Kind: NoKnee, K: m.K()})
	}
	if !m.f.Converged {
		out = append(out, ModelWarning{Kind: NotConverged, Iterations: m.f.Iterations})
	}
	if s := m.f.Sweep; len(s) > 0 && s[len(s)-1].Inertia <= 1e-9*s[0].Inertia {
		out = append(out, ModelWarning{Kind: FewDistinct, K: s[len(s)-1].K})
	}
	if m.K() == 1 {
		out = append(out, ModelWarning{Kind: OneCluster, K: 1})
	}
	if most := int(math.Sqrt(float64(m.f.Rows) / 2)); m.f.ChosenBy == ByCaller && m.K() > max(1, most) {
		out = append(out, ModelWarning{Kind: ManyClusters, K: m.K(), Rows: m.f.Rows, Most: most})
	}
	return out
}

// Prediction is where a row belongs.
type Prediction struct {
	Cluster  int     `json:"cluster"`
	Tier     string  `json:"tier"`
	Distance float64 `json:"distance"` // from the centroid, behind the pipeline
	// Margin is the distance to the second-nearest centroid less Distance: near 0
	// the row lies on a border. +Inf, null in JSON, with one cluster alone.
	Margin float64 `json:"margin" null:"+Inf"`
	// Warnings are on values that are missing or outside what was seen in
	// training, in the order of the columns; DayWarnings are on their day.
	Warnings []Warning `json:"warnings"`
}

// MarshalJSON writes the fields by their JSON names.
func (p Prediction) MarshalJSON() ([]byte, error) {
	if p.Warnings == nil {
		p.Warnings = none
	}
	return jsonfloat.Marshal(p)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Prediction) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, p) }

// Predict returns cluster and tier of one row: the values of Columns in order,
// NaN where missing. A row far outside of training is compared by the exact
// differences of its distances from the centroids.
//
// Errors: ErrWidth, ErrNotFinite for ±Inf, ErrTooFar for a row so far out that
// the rounding in the pipeline could decide its cluster, ErrOverflow for a
// distance beyond float64, each with the column, and those of the pipeline.
func (m *Model) Predict(row []float64) (Prediction, error) {
	m = orZero(m)
	var p Prediction
	err := m.predict(&p, row, make([]float64, m.width()), false)
	return p, err
}

// PredictMatrix is Predict for each row of x, n×d.
func (m *Model) PredictMatrix(ctx context.Context, x mat.Matrix) ([]Prediction, error) {
	n, _ := num.Dims(x)
	out := make([]Prediction, n)
	if err := m.PredictInto(ctx, out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictTransformed is PredictMatrix for rows that Transform was given already:
// z, n×q, are the rows of x behind the pipeline, none of which goes through it
// again. ErrWidth where z has another size, ErrNotFinite for NaN and ±Inf in it.
func (m *Model) PredictTransformed(ctx context.Context, x mat.Matrix, z *mat.Dense) ([]Prediction, error) {
	m = orZero(m)
	n, _ := num.Dims(x)
	if z == nil {
		z = new(mat.Dense)
	}
	if rows, q := z.Dims(); rows != n || q != m.width() {
		return nil, fmt.Errorf("%w: %d×%d values behind the pipeline, want %d×%d", ErrWidth, rows, q, n, m.width())
	}
	if err := finite(z, "the values behind the pipeline"); err != nil {
		return nil, err
	}
	out := make([]Prediction, n)
	if err := m.predictRows(ctx, out, x, z); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is PredictMatrix that writes to dst, which has n entries: but for
// warnings, nothing is allocated for the rows. After an error, what dst holds is
// not specified.
func (m *Model) PredictInto(ctx context.Context, dst []Prediction, x mat.Matrix) error {
	return m.predictRows(ctx, dst, x, nil)
}

// predictRows fills dst for the rows of x; behind holds them behind the pipeline,
// where they are known.
func (m *Model) predictRows(ctx context.Context, dst []Prediction, x mat.Matrix, behind *mat.Dense) error {
	ctx = orBackground(ctx)
	m = orZero(m)
	if m.K() == 0 {
		return errNotTrained
	}
	n, d := num.Dims(x)
	if len(dst) != n {
		return fmt.Errorf("%w: room for %d predictions of %d rows", ErrWidth, len(dst), n)
	}
	row, z := make([]float64, d), make([]float64, m.width())
	for i := range dst {
		if i%1024 == 0 && ctx.Err() != nil {
			return cause.Of(ctx)
		}
		mat.Row(row, i, x)
		if behind != nil {
			z = behind.RawRowView(i)
		}
		if err := m.predict(&dst[i], row, z, behind != nil); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}

// none are the warnings of a row without any; a value rather than nil, so that
// JSON has a list, and one for all.
var none = []Warning{}

// predict fills p for one row; z is the row behind the pipeline, or room for it.
func (m *Model) predict(p *Prediction, row, z []float64, behind bool) error {
	if len(m.f.Tiers) == 0 {
		return errNotTrained
	}
	if len(row) != len(m.f.Columns) {
		return fmt.Errorf("%w: %d values for %d columns (%s)", ErrWidth, len(row), len(m.f.Columns), strings.Join(m.f.Columns, ", "))
	}
	warnings := none
	far, farthest := 0.0, 0 // column
	for j, v := range row {
		if r := m.f.Ranges[j]; math.IsNaN(v) || v < r.Min || v > r.Max || m.unknown(j, v) {
			if math.IsInf(v, 0) {
				return fmt.Errorf("%w: column %s is %v; a missing value is NaN", ErrNotFinite, m.f.Columns[j], v)
			}
			warnings = append(warnings, m.warning(j, v))
			if out := m.outside(j, v); out > far {
				far, farthest = out, j
			}
		}
	}
	if !behind {
		if err := m.f.Pipeline.TransformRow(z, row); err != nil {
			return pipelineError(err)
		}
	}
	r := m.near.Rank(z)
	if math.IsInf(r.Distance, 0) || r.Next >= 0 && math.IsInf(r.Margin, 0) {
		return fmt.Errorf("%w: the distance of the row from the centroids; column %s is %v", ErrOverflow, m.f.Columns[farthest], row[farthest])
	}
	if far > farOutside && !m.sure(z, r.Best, far) {
		return fmt.Errorf("%w: column %s is %v, and training saw %v to %v; the digits that tell the clusters apart are lost beside it",
			ErrTooFar, m.f.Columns[farthest], row[farthest], m.f.Ranges[farthest].Min, m.f.Ranges[farthest].Max)
	}
	*p = Prediction{Cluster: r.Best, Tier: m.f.Tiers[r.Best].Name, Distance: r.Distance, Margin: r.Margin, Warnings: warnings}
	return nil
}

// farOutside is how far outside of training, in ranges of its column, a value must be
// before rounding in the pipeline, 2^-52 of it, matters beside the distances of clusters.
const farOutside = 1 << 20

// outside returns how far a value is outside of training, as a share of the range
// of its column; 0 for a missing value.
func (m *Model) outside(j int, v float64) float64 {
	r := m.f.Ranges[j]
	// Halves, whose difference is within the range of float64.
	return 2 * max(0, float64(r.Min/2)-float64(v/2), float64(v/2)-float64(r.Max/2)) / r.size()
}

// size returns the size of a range, 1 of a constant column as its scale is.
func (r fileRange) size() float64 {
	if r.Max == r.Min {
		return 1
	}
	return r.Max - r.Min
}

// sure reports whether z, a row that is far times the range of a column outside of
// training, is nearer to the centroid best than to any other by more than
// rounding could make. The components of the pipeline are rounded by some 2^-53
// each, so that z may be off by far·2^-52 of the distances between centroids.
func (m *Model) sure(z []float64, best int, far float64) bool {
	off := far * 0x1p-52 * m.near.Spread()
	for c := range m.f.Tiers {
		if c == best {
			continue
		}
		if gap, apart := m.near.Gap(z, best, c); apart > 0 && !(gap > 2*apart*off) {
			return false
		}
	}
	return true
}

// imputed is what the pipeline takes for a missing value of column j, where it
// imputes one.
func (m *Model) imputed(j int) (v float64, ok bool) {
	v = m.paths[j].Fill
	return v, !math.IsNaN(v)
}

// finite says which number of the model is none.
func (m *Model) finite() error {
	check := func(what string, values ...float64) error {
		for i, v := range values {
			if v-v != 0 {
				return fmt.Errorf("number %d (counted from 0) of the %s is %v", i, what, v)
			}
		}
		return nil
	}
	errs := []error{check("centroids", slices.Concat(m.f.Centroids...)...), check("shares", m.f.Shares...), check("inertia", m.f.Inertia), check("silhouette", m.f.Silhouette)}
	for _, r := range m.f.Ranges {
		errs = append(errs, check("ranges", r.Min, r.Max))
	}
	for _, row := range m.f.Means {
		errs = append(errs, check("means", row...))
	}
	for _, t := range m.f.Tiers {
		errs = append(errs, check("tiers", t.Score, t.Size))
	}
	for _, p := range m.f.Sweep {
		errs = append(errs, check("sweep", p.Inertia))
	}
	return cmp.Or(errs...)
}
