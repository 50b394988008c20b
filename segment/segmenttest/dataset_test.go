package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// memory is a data set of the plainest kind, of which some answers are changed.
type memory struct {
	columns []string
	rows    *mat.Dense
	change  changes
}

type changes struct {
	columns  func([]string) []string
	extent   func(*preprocess.Extent)
	ranks    func([][]float64)
	moments  func(*preprocess.Moments, *mat.Dense)
	clusters func(*segment.ClusterSums, *mat.Dense)
	behind   func(*mat.Dense)
	err      func(error) error
}

// at returns the rows behind a pipeline, and refuses what is not finite.
func (m *memory) at(ctx context.Context, p *preprocess.FittedPipeline) (*mat.Dense, error) {
	err := ctx.Err()
	if err != nil {
		err = fmt.Errorf("%w: %w", err, context.Cause(ctx))
	}
	for i := 0; err == nil && i < m.rows.RawMatrix().Rows; i++ {
		for j, v := range m.rows.RawRowView(i) {
			if math.IsInf(v, 0) {
				err = fmt.Errorf("%w: row %d, column %q is %v", segment.ErrNotFinite, i, m.columns[j], v)
			}
		}
	}
	if err != nil {
		if m.change.err != nil {
			err = m.change.err(err)
		}
		if err != nil {
			return nil, err
		}
	}
	z, err := behind(context.WithoutCancel(ctx), p, m.rows)
	if err == nil && p != nil && m.change.behind != nil {
		z = mat.DenseCopyOf(z)
		m.change.behind(z)
	}
	return z, err
}

func (m *memory) Columns() []string {
	if m.change.columns != nil {
		return m.change.columns(m.columns)
	}
	return slices.Clone(m.columns)
}

func (m *memory) Extent(ctx context.Context, p *preprocess.FittedPipeline) (e preprocess.Extent, err error) {
	if m.rows.IsEmpty() {
		return e, segment.ErrEmpty
	}
	x, err := m.at(ctx, p)
	if err != nil {
		return e, err
	}
	n, d := x.Dims()
	e.Rows = n
	for j := range d {
		values := append(known(x, j), math.Inf(1))
		e.Known, e.Least = append(e.Known, len(values)-1), append(e.Least, slices.Min(values))
		values[len(values)-1] = math.Inf(-1)
		e.Greatest = append(e.Greatest, slices.Max(values))
	}
	if m.change.extent != nil {
		m.change.extent(&e)
	}
	return e, nil
}

func (m *memory) Ranks(ctx context.Context, p *preprocess.FittedPipeline, ranks [][]int) ([][]float64, error) {
	x, err := m.at(ctx, p)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(ranks))
	for j := range out {
		values := known(x, j)
		slices.Sort(values)
		for _, r := range ranks[j] {
			out[j] = append(out[j], values[r])
		}
	}
	if m.change.ranks != nil {
		m.change.ranks(out)
	}
	return out, nil
}

// twice returns a sum rounded once to two numbers.
func twice(sum *big.Float) preprocess.Sum {
	high, _ := sum.Float64()
	if sum.IsInf() {
		return preprocess.Sum{High: high}
	}
	low, _ := new(big.Float).Sub(sum, big.NewFloat(high)).Float64()
	return preprocess.Sum{High: high, Low: low}
}

func (m *memory) Moments(ctx context.Context, p *preprocess.FittedPipeline, o preprocess.MomentsOptions) (out preprocess.Moments, err error) {
	x, err := m.at(ctx, p)
	if err != nil {
		return out, err
	}
	n, d := x.Dims()
	value := func(i, j int) float64 {
		v := x.At(i, j)
		if o.Center != nil {
			v -= o.Center[j]
		}
		if o.Power != nil {
			v *= o.Power[j]
		}
		return v
	}
	for i := range d {
		for j := range d {
			var product, sum exactSum
			for r := range n {
				if v := float64(value(r, i) * value(r, j)); !math.IsNaN(v) {
					product.add(v)
					sum.add(value(r, i))
				}
			}
			if o.Products {
				out.Products = append(out.Products, twice(&product.sum))
			}
			if i == j {
				out.Known, out.Squares, out.Sums = append(out.Known, sum.count), append(out.Squares, twice(&product.sum)), append(out.Sums, twice(&sum.sum))
			}
		}
	}
	if m.change.moments != nil {
		m.change.moments(&out, x)
	}
	return out, nil
}

func (m *memory) Source(p *preprocess.FittedPipeline) (segment.Source, error) {
	if m.rows.IsEmpty() {
		return &segment.Stream{Cols: len(m.columns), Blocks: func(func([]float64, error) bool) {}}, nil
	}
	if p == nil {
		return answering(func(s *segment.Stream, ctx context.Context, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
			answers, err := s.Statistics(ctx, sets)
			if errors.Is(err, segment.ErrNotFinite) {
				err = fmt.Errorf("%w in column %q", err, m.columns[1])
			}
			return answers, err
		})(m.rows), nil
	}
	z, err := m.at(context.Background(), p)
	return stream(z), err
}

func (m *memory) Clusters(ctx context.Context, p *preprocess.FittedPipeline, centroids *mat.Dense) (out segment.ClusterSums, err error) {
	z, err := m.at(ctx, p)
	if err != nil {
		return out, err
	}
	n, d := m.rows.Dims()
	k, _ := centroids.Dims()
	out.Counts = make([]int, k)
	sums := make([]exactSum, k*d)
	for i := range n {
		q, _ := nearest(z.RawRowView(i), centroids)
		out.Counts[q]++
		for j, v := range m.rows.RawRowView(i) {
			if !math.IsNaN(v) {
				sums[q*d+j].add(v)
			}
		}
	}
	for q := range k {
		out.Known, out.Sums = append(out.Known, make([]int, d)), append(out.Sums, make([]preprocess.Sum, d))
		for j := range d {
			out.Known[q][j], out.Sums[q][j] = sums[q*d+j].count, twice(&sums[q*d+j].sum)
		}
	}
	if m.change.clusters != nil {
		m.change.clusters(&out, m.rows)
	}
	return out, nil
}

func TestDataset(t *testing.T) {
	Dataset(t, func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
		return &memory{columns: columns, rows: rows}
	}, Options{Rows: 1000, Columns: []string{"", `"spent"`}, Skip: map[string]string{
		"ordered sample": "a Stream draws by the place of rows",
		"not finite":     "a Stream that a fit reads by itself names columns by number",
	}})
}

// naiveSum adds up the known values of a column in their order.
func naiveSum(x *mat.Dense, j int) preprocess.Sum {
	var s preprocess.Sum
	for _, v := range known(x, j) {
		s.High += v
	}
	return s
}

// Each fault of a data set is found by the check that is named for it.
func TestBrokenDatasets(t *testing.T) {
	kept := []string{"income", "spent", "age"}
	for _, c := range []struct {
		fault, check, says string
		change             changes
	}{
		{"other names", "columns", "want", changes{columns: func(c []string) []string { return append([]string{"id"}, c...) }}},
		{"hands out its own names", "columns", "what it got", changes{columns: func([]string) []string { return kept }}},
		{"missing values count", "extent", "values are known", changes{extent: func(e *preprocess.Extent) { e.Known[0] = e.Rows }}},
		{"a row too many", "extent", "rows", changes{extent: func(e *preprocess.Extent) { e.Rows++ }}},
		{"reach of 0 without a value", "extent", "a column without a value", changes{extent: func(e *preprocess.Extent) {
			for j, n := range e.Known {
				if n == 0 {
					e.Least[j], e.Greatest[j] = 0, 0
				}
			}
		}}},
		{"rounded reach", "extent", "it goes from", changes{extent: func(e *preprocess.Extent) { e.Least[0] = float64(float32(e.Least[0])) }}},
		{"values between ranks", "ranks", "the values of ranks", changes{ranks: func(v [][]float64) { v[0][2] = (v[0][2] + v[0][3]) / 2; v[0][1] += 1e-9 }}},
		{"values of columns that are not asked for", "ranks", "the values of ranks", changes{ranks: func(v [][]float64) { v[1] = []float64{1} }}},
		{"sums of float64", "moments", "is off by", changes{moments: func(m *preprocess.Moments, x *mat.Dense) {
			if m.Products == nil {
				m.Sums[0] = naiveSum(x, 0)
			}
		}}},
		{"sums that are not rounded", "moments", "is not rounded", changes{moments: func(m *preprocess.Moments, _ *mat.Dense) {
			m.Sums[0] = preprocess.Sum{High: m.Sums[0].High - 1, Low: m.Sums[0].Low + 1}
		}}},
		{"products of rows in part known", "moments", "sum of products", changes{moments: func(m *preprocess.Moments, _ *mat.Dense) {
			if m.Products != nil {
				m.Products[1].High++
			}
		}}},
		{"products unasked for", "moments", "moments of 4 columns", changes{moments: func(m *preprocess.Moments, _ *mat.Dense) { m.Products = make([]preprocess.Sum, 16) }}},
		{"sums of another cluster", "clusters", "cluster 0", changes{clusters: func(s *segment.ClusterSums, _ *mat.Dense) { slices.Reverse(s.Sums) }}},
		{"missing values count", "clusters", "values are known", changes{clusters: func(s *segment.ClusterSums, _ *mat.Dense) { s.Known[1][0] = s.Counts[1] + 1 }}},
		{"a row in no cluster", "clusters", "rows are counted", changes{clusters: func(s *segment.ClusterSums, _ *mat.Dense) { s.Counts[2]-- }}},
		{"another pipeline", "behind a pipeline", "rows", changes{behind: func(z *mat.Dense) { z.Set(3, 0, z.At(3, 0)+1e-6) }}},
		{"moments in the order of rows", "order of rows", "in another order", changes{moments: func(m *preprocess.Moments, x *mat.Dense) { m.Sums[0] = naiveSum(x, 0) }}},
		{"clusters in the order of rows", "order of rows", "in another order", changes{clusters: func(s *segment.ClusterSums, x *mat.Dense) { s.Sums[0][0] = naiveSum(x, 0) }}},
		{"sums in the order of rows", "pipeline", "scaled", changes{moments: func(m *preprocess.Moments, x *mat.Dense) { m.Squares[0].High *= 1 + 1e-14 }}},
		{"means of other rows", "training", "means of clusters", changes{clusters: func(s *segment.ClusterSums, _ *mat.Dense) { s.Sums[0][0].High++ }}},
		{"deaf to the context", "cancelled aggregates", "no error", changes{err: func(err error) error {
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		}}},
		{"no cause", "cancelled aggregates", "cause", changes{err: func(error) error { return context.Canceled }}},
		{"passes infinities on", "infinite values", "no error", changes{err: func(err error) error {
			if errors.Is(err, segment.ErrNotFinite) {
				return nil
			}
			return err
		}}},
		{"does not name the column", "infinite values", "that names it", changes{err: func(error) error { return segment.ErrNotFinite }}},
	} {
		t.Run(c.fault+", "+c.check, func(t *testing.T) {
			s := &datasets{Options{}.withDefaults(), func(_ *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
				return &memory{columns, rows, c.change}
			}}
			caught(t, datasetChecks, s, c.check, c.says)
		})
	}
	empty := &datasets{Options{}, func(*testing.T, []string, *mat.Dense) segment.Dataset {
		return &memory{columns: names(2), rows: mat.NewDense(1, 2, nil)}
	}}
	caught(t, datasetChecks, empty, "no rows to aggregate", "have the extent")
}

// A source of another kind than a Stream that says that it is exact.
func TestForeignSource(t *testing.T) {
	Source(t, func(t *testing.T, rows *mat.Dense) segment.Source {
		if rows.IsEmpty() {
			return nil
		}
		return &broken{Stream: stream(rows)}
	}, Options{Rows: 5000, Skip: map[string]string{"ordered sample": "a Stream draws by the place of rows"}})
}
