package segment

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/preprocess"
)

// Dataset is rows of named, raw columns, wherever they are, that a Model can be trained
// on.
type Dataset interface {
	preprocess.Aggregator

	// Columns returns the names of the raw columns.
	Columns() []string

	// Source returns the rows behind a fitted pipeline; nil: as they are.
	Source(pipeline *preprocess.FittedPipeline) (Source, error)

	// Clusters returns sums of the raw columns by the nearest of the k centroids behind
	// the pipeline.
	Clusters(ctx context.Context, pipeline *preprocess.FittedPipeline, centroids *mat.Dense) (ClusterSums, error)
}

// ClusterSums are the sums of d columns by cluster.
type ClusterSums struct {
	Counts []int              // k: rows
	Known  [][]int            // k×d: values that are not missing
	Sums   [][]preprocess.Sum // k×d
}

// Exacter is a Source that can tell whether its counts and sums are exact, each sum
// rounded once: they do not depend on the order of the rows then, and the grand totals
// of all passes agree.
type Exacter interface{ Exact() bool }

// Summarizer is a Source that has weighted points which stand for all rows, so that no
// row has to leave its place: the means of disjoint groups of rows, each weighted by the
// number of its rows, so that the weights add up to all.
type Summarizer interface {
	Summary(ctx context.Context, points int, seed uint64) (x *mat.Dense, weights []float64, err error)
}

// Runner runs a pass over all rows, wherever they are.
type Runner interface {
	Run(ctx context.Context, p *Pass) (*Tally, error)
}

// Distribute returns the Dataset of the rows of a Runner. Its Sources are Exacters and
// Summarizers, and safe for several fits at once where the Runner is.
//
// Each pass is checked: where the tally is not that of the pass, or the rows are not as
// many as in the first one or have another Digest, that is ErrSource. An Extent is asked
// for once for each pipeline; a pass answers all that it can. Ranks take the passes that
// part the values around them from all others: three, as a rule, for a million rows.
//
// Errors of all methods: those of NewTally and of the Runner, ErrEmpty for no rows,
// ErrWidth for a pipeline that takes other columns than there are, and ErrSource.
func Distribute(columns []string, r Runner) Dataset {
	return &distributed{columns: slices.Clone(columns), runner: r, reaches: map[*preprocess.FittedPipeline]preprocess.Extent{}}
}

// StreamDataset returns the Dataset of blocks of whole rows in this process, as Local
// takes them. Its Source is a *Stream of the rows behind the pipeline, so that fits have
// the bits of Fit.
func StreamDataset(columns []string, blocks iter.Seq2[[]float64, error], workers int) Dataset {
	l := &Local{Cols: len(columns), Blocks: blocks, Workers: workers}
	return &streamDataset{Distribute(columns, l).(*distributed), l}
}

type streamDataset struct {
	*distributed
	local *Local
}

func (s *streamDataset) Source(pipeline *preprocess.FittedPipeline) (Source, error) {
	d := len(s.columns)
	if s.local.Blocks == nil {
		return nil, errNoBlocks
	}
	if err := checkPipeline(pipeline, s.columns); err != nil {
		return nil, err
	}
	out := s.columns
	if pipeline != nil {
		out = pipeline.OutputColumns()
	}
	return &Stream{Cols: len(out), Workers: s.local.Workers, Blocks: func(yield func([]float64, error) bool) {
		n := 0
		var room []float64
		for block, err := range s.local.Blocks {
			if err == nil && len(block)%d != 0 {
				err = fmt.Errorf("%w: a block of %d values is no number of whole rows of the columns %q", ErrWidth, len(block), s.columns)
			}
			rows := block
			if m := len(block) / d; err == nil && m > 0 && pipeline != nil {
				room = slices.Grow(room[:0], m*len(out))[:m*len(out)]
				rows, err = room, transformRows(pipeline, n, mat.NewDense(m, len(out), room), mat.NewDense(m, d, block))
			}
			if err == nil {
				err = check(n, rows, out, nil, true)
			}
			n += len(block) / d
			if err != nil {
				rows = nil
			}
			if !yield(rows, err) || err != nil {
				return
			}
		}
	}}, nil
}

// checkPipeline checks that a pipeline, where there is one, takes the columns.
func checkPipeline(pipeline *preprocess.FittedPipeline, columns []string) error {
	if pipeline == nil {
		return nil
	}
	if in := pipeline.InputColumns(); !slices.Equal(in, columns) {
		return fmt.Errorf("%w: the rows have the columns %q, the pipeline takes %q", ErrWidth, columns, in)
	}
	return nil
}

// distributed is the Dataset of a Runner.
type distributed struct {
	columns []string
	runner  Runner

	mu      sync.Mutex
	rows    int // of the first pass; 0 before
	digest  [16]byte
	reaches map[*preprocess.FittedPipeline]preprocess.Extent // by pipeline; of nil that of the raw columns
}

func (s *distributed) Columns() []string { return slices.Clone(s.columns) }

// run runs a pass and checks its tally.
func (s *distributed) run(ctx context.Context, p Pass) (*Tally, error) {
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	if s.runner == nil {
		return nil, fmt.Errorf("%w: there is no Runner", ErrOption)
	}
	p.Columns = slices.Clone(s.columns)
	q, err := newPlan(&p)
	if err != nil {
		return nil, err
	}
	t, err := s.runner.Run(orBackground(ctx), &p)
	if err != nil {
		return nil, err
	}
	if err := t.ready(); err != nil {
		return nil, fmt.Errorf("%w: the Runner gave a tally of no use: %w", ErrSource, err)
	}
	if t.plan.fingerprint != q.fingerprint {
		return nil, errOtherPass
	}
	if t.rows == 0 {
		return nil, fmt.Errorf("%w: the Runner has no rows", ErrEmpty)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == 0 {
		s.rows, s.digest = t.rows, t.Digest()
	}
	switch {
	case t.rows != s.rows:
		return nil, fmt.Errorf("%w: there are %d rows now, and were %d; every pass must go over the same", ErrSource, t.rows, s.rows)
	case t.Digest() != s.digest:
		return nil, fmt.Errorf("%w: the %d rows are others than in the first pass; every pass must go over the same", ErrSource, t.rows)
	}
	if p.Extent {
		s.reaches[p.Pipeline], s.reaches[nil] = t.Extent(), t.RawExtent()
	}
	return t, nil
}

// known returns the extent behind a pipeline where a pass has found it.
func (s *distributed) known(behind *preprocess.FittedPipeline) (preprocess.Extent, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.reaches[behind]
	return e, ok
}

func (s *distributed) Extent(ctx context.Context, behind *preprocess.FittedPipeline) (preprocess.Extent, error) {
	e, ok := s.known(behind)
	if err := cause.Of(ctx); err != nil {
		return e, err
	}
	if !ok {
		t, err := s.run(ctx, Pass{Pipeline: behind, Extent: true})
		if err != nil {
			return e, err
		}
		e = t.Extent()
	}
	e.Known, e.Least, e.Greatest = slices.Clone(e.Known), slices.Clone(e.Least), slices.Clone(e.Greatest)
	return e, nil
}

func (s *distributed) Moments(ctx context.Context, behind *preprocess.FittedPipeline, o preprocess.MomentsOptions) (preprocess.Moments, error) {
	e, err := s.Extent(ctx, behind)
	if err != nil {
		return preprocess.Moments{}, err
	}
	t, err := s.run(ctx, Pass{Pipeline: behind, Moments: &o, Bounds: BoundsOf(e)})
	if err != nil {
		return preprocess.Moments{}, err
	}
	return t.Moments(), nil
}

func (s *distributed) Clusters(ctx context.Context, pipeline *preprocess.FittedPipeline, centroids *mat.Dense) (ClusterSums, error) {
	behind, err := s.Extent(ctx, pipeline)
	if err != nil {
		return ClusterSums{}, err
	}
	raw, err := s.Extent(ctx, nil)
	if err != nil {
		return ClusterSums{}, err
	}
	t, err := s.run(ctx, Pass{
		Pipeline: pipeline, Centroids: []*mat.Dense{centroids}, Clusters: true,
		Bounds: BoundsOf(behind), RawBounds: BoundsOf(raw),
	})
	if err != nil {
		return ClusterSums{}, err
	}
	return t.Clusters(), nil
}

func (s *distributed) Source(pipeline *preprocess.FittedPipeline) (Source, error) {
	if err := checkPipeline(pipeline, s.columns); err != nil {
		return nil, err
	}
	return &distributedSource{distributed: s, pipeline: pipeline}, nil
}

// distributedSource is the rows behind a pipeline.
type distributedSource struct {
	*distributed
	pipeline *preprocess.FittedPipeline

	mu    sync.Mutex
	drawn *Tally // that of the latest sample
}

func (s *distributedSource) Exact() bool { return true }

// draw returns the tally of a sample of at least so many different rows, or of all.
func (s *distributedSource) draw(ctx context.Context, rows int, seed uint64) (*Tally, error) {
	s.mu.Lock()
	t := s.drawn
	s.mu.Unlock()
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	if t != nil && t.plan.Seed == seed && t.plan.Sample >= rows {
		return t, nil
	}
	_, ok := s.known(s.pipeline)
	t, err := s.run(ctx, Pass{Pipeline: s.pipeline, Extent: !ok, Sample: rows, Seed: seed})
	if err != nil {
		return nil, err
	}
	if _, err := s.reach(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.drawn = t
	s.mu.Unlock()
	return t, nil
}

// reach returns the bounds of the rows, of which no value may be missing.
func (s *distributedSource) reach(ctx context.Context) ([]Bound, error) {
	e, err := s.Extent(ctx, s.pipeline)
	if err != nil {
		return nil, err
	}
	for j, n := range e.Known {
		if n < e.Rows {
			name := s.columns[j:]
			if s.pipeline != nil {
				name = s.pipeline.OutputColumns()[j:]
			}
			return nil, fmt.Errorf("%w: %d of %d values of column %q are missing", ErrNotFinite, e.Rows-n, e.Rows, name[0])
		}
	}
	return BoundsOf(e), nil
}

// Sample returns all rows, in an order of their own, where there are no more. Else it
// takes different rows at random, all of these where there are no more, and of what
// they stand for the given number of rows, as evenly as can be.
func (s *distributedSource) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	if rows < 1 {
		return nil, fmt.Errorf("%w: a sample of %d rows; there must be one at least", ErrOption, rows)
	}
	t, err := s.draw(ctx, rows, seed)
	if err != nil {
		return nil, err
	}
	x, counts := t.Sample()
	if len(counts) > rows {
		x, counts = x.Slice(0, rows, 0, len(t.plan.out)).(*mat.Dense), counts[:rows]
	}
	all := 0
	for _, n := range counts {
		all += n
	}
	want := min(rows, all)
	out := make([]float64, 0, want*len(t.plan.out))
	before := 0
	for i, n := range counts {
		high, low := bits.Mul64(uint64(before+n), uint64(want))
		upTo, _ := bits.Div64(high, low, uint64(all))
		for len(out) < int(upTo)*len(t.plan.out) {
			out = append(out, x.RawRowView(i)...)
		}
		before += n
	}
	return mat.NewDense(want, len(t.plan.out), out), nil
}

func (s *distributedSource) Statistics(ctx context.Context, centroids []*mat.Dense) ([]SufficientStatistics, error) {
	bounds, err := s.reach(ctx)
	if err != nil || len(centroids) == 0 {
		return nil, err
	}
	t, err := s.run(ctx, Pass{Pipeline: s.pipeline, Centroids: centroids, Bounds: bounds})
	if err != nil {
		return nil, err
	}
	return t.Statistics(), nil
}

const (
	// boxRows is the number of rows of a sample by which the box of a grid is laid.
	boxRows = 4096
	// boxTail is the share of them that lie beyond it, on each side of each column.
	boxTail = 0.005
)

// Summary returns the means of the cells of a grid over the box where all but a hundredth
// of each column lies, and the number of rows in each. Far rows have cells of their own.
func (s *distributedSource) Summary(ctx context.Context, points int, seed uint64) (x *mat.Dense, weights []float64, err error) {
	t, err := s.draw(ctx, boxRows, seed)
	if err != nil {
		return nil, nil, err
	}
	bounds, err := s.reach(ctx)
	if err != nil {
		return nil, nil, err
	}
	sample, counts := t.Sample()
	n := min(boxRows, len(counts)) // a greater sample begins with the smaller one
	box := make([]Bound, len(bounds))
	for j := range box {
		values := mat.Col(nil, j, sample)[:n]
		box[j] = Bound{weightedRank(values, counts[:n], boxTail), weightedRank(values, counts[:n], 1-boxTail)}
	}
	t, err = s.run(ctx, Pass{Pipeline: s.pipeline, Cells: &Cells{Box: box, Most: points}, Bounds: bounds})
	if err != nil {
		return nil, nil, err
	}
	x, weights = t.Cells()
	return x, weights, nil
}

// weightedRank returns the least of the values up to which the given share of the counts
// lies.
func weightedRank(values []float64, counts []int, share float64) float64 {
	order := make([]int, len(values))
	all := 0
	for i, n := range counts {
		order[i] = i
		all += n
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	upTo := 0
	for _, i := range order {
		if upTo += counts[i]; float64(upTo) >= share*float64(all) {
			return values[i]
		}
	}
	return values[order[len(order)-1]]
}
