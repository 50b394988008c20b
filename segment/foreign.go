package segment

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// isExact reports whether the counts and sums of a source are exact.
func isExact(src Source) bool {
	e, ok := src.(Exacter)
	return ok && e.Exact()
}

// standIns returns what initial centroids are looked for on: the summary of a source
// that has one, else a sample, whose rows have no weights.
func standIns(ctx context.Context, src Source, size int, seed uint64) (*mat.Dense, []float64, error) {
	if err := cause.Of(ctx); err != nil {
		return nil, nil, err
	}
	s, ok := src.(Summarizer)
	if !ok {
		x, err := src.Sample(ctx, size, seed)
		return x, nil, err
	}
	x, weights, err := s.Summary(ctx, size, seed)
	if err != nil {
		return nil, nil, err
	}
	if n, _ := num.Dims(x); n > 0 {
		err := checkWeights(weights, n)
		if weights == nil {
			err = fmt.Errorf("%w: no weights of %d points", ErrWidth, n)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%w: the summary: %w", ErrSource, err)
		}
	}
	return x, weights, nil
}

// foreign asks a Source in the engine's terms and checks what it answers.
type foreign struct {
	src   Source
	d     int
	exact bool

	total  float64   // rows in the first pass, or those of the summary
	middle []float64 // of the sample
	size   []float64 // of the sample: the mean magnitude in each column
	first  *grand
}

// newForeign returns src for rows like those of a sample; weights are those of a summary.
func newForeign(src Source, sample mat.Matrix, weights []float64) *foreign {
	_, d := num.Dims(sample)
	f := &foreign{src: src, d: d, exact: isExact(src), total: floats.SumCompensated(weights)}
	f.middle, f.size = columnMeans(sample, weights)
	return f
}

// columnMeans returns the weighted means of the columns and of their magnitudes.
func columnMeans(x mat.Matrix, weights []float64) (means, magnitudes []float64) {
	n, d := num.Dims(x)
	means, magnitudes = make([]float64, d), make([]float64, d)
	all := float64(n)
	if weights != nil {
		all = floats.SumCompensated(weights)
	}
	for i, v := range engine.RowMajor(x) {
		v = float64(v*weightOf(weights, i/d)) / all
		means[i%d] += v
		magnitudes[i%d] += math.Abs(v)
	}
	return means, magnitudes
}

// Statistics makes one pass.
func (f *foreign) Statistics(ctx context.Context, sets [][]float64) ([]engine.Statistics, error) {
	centroids := make([]*mat.Dense, len(sets))
	for i, c := range sets {
		centroids[i] = mat.NewDense(len(c)/f.d, f.d, slices.Clone(c))
	}
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	answers, err := f.src.Statistics(ctx, centroids)
	if err != nil {
		return nil, err
	}
	if len(answers) != len(sets) {
		return nil, fmt.Errorf("%w: %d answers to %d sets of centroids", ErrSource, len(answers), len(sets))
	}
	out := make([]engine.Statistics, len(sets))
	for i, s := range answers {
		if err := f.checkShape(s, len(sets[i])/f.d); err != nil {
			return nil, err
		}
		if err := f.checkGrand(s, sets[i]); err != nil {
			return nil, err
		}
		k := len(s.Counts)
		out[i] = engine.Statistics{Counts: slices.Clone(s.Counts), Totals: make([]float64, 2*k*f.d), Inertia: slices.Clone(s.Inertia)}
		for q := range k {
			copy(out[i].Totals[2*q*f.d:], s.Sums.RawRowView(q))
		}
	}
	return out, nil
}

// checkShape checks that an answer is of k clusters and of numbers.
func (f *foreign) checkShape(s SufficientStatistics, k int) error {
	rows, cols := num.Dims(s.Sums)
	if len(s.Counts) != k || len(s.Inertia) != k || rows != k || cols != f.d {
		return fmt.Errorf("%w: %d counts, %d×%d sums and %d inertias for %d centroids of %d columns",
			ErrSource, len(s.Counts), rows, cols, len(s.Inertia), k, f.d)
	}
	if err := finite(s.Sums, "the sums"); err != nil {
		return fmt.Errorf("%w: %w", ErrSource, err)
	}
	for q := range k {
		for _, v := range []float64{s.Counts[q], s.Inertia[q]} {
			if !(v >= 0) || math.IsInf(v, 0) {
				return fmt.Errorf("%w: cluster %d has the count %v and the inertia %v; both must be numbers from 0", ErrSource, q, s.Counts[q], s.Inertia[q])
			}
		}
	}
	return nil
}

// What passes over the same rows may differ by. Exact counts and sums are rounded once,
// those of others as often as there are rows: a billion lose about 2^-38 of their
// magnitude.
const (
	exactSums    = 0x1p-51 // of the magnitudes of the values
	roundedSums  = 1e-9
	exactSquares = 1e-9 // of the squared distances; these are rounded in any case
	roundSquares = 1e-6
)

// grand are the grand totals of an answer, which depend on the rows alone, not on the
// centroids.
type grand struct {
	count   float64
	sums    []float64
	squares float64 // the inertia about the middle
	slack   float64 // what squares may be off by
}

// checkGrand checks that the grand totals of an answer about the centroids c are those of
// the first. By the squares an answer about other centroids, as that of a pass before,
// shows: Σ|x−m|² = Σ_q (I_q + 2(c_q−m)·(S_q − n_q·c_q) + n_q·|c_q−m|²).
func (f *foreign) checkGrand(s SufficientStatistics, c []float64) error {
	inSums, inSquares := roundedSums, roundSquares
	if f.exact {
		inSums, inSquares = exactSums, exactSquares
	}
	g := grand{count: floats.SumCompensated(s.Counts), sums: make([]float64, f.d)}
	if f.total == 0 {
		f.total = g.count
	}
	if !(math.Abs(g.count-f.total) <= inSums*f.total) || g.count == 0 {
		return fmt.Errorf("%w: the counts add up to %v, and did to %v; every pass must go over the same rows", ErrSource, g.count, f.total)
	}
	terms := slices.Clone(s.Inertia) // of the squares
	sizes := make([]float64, f.d)
	for j := range f.d {
		sums := mat.Col(nil, j, s.Sums)
		farthest := 0.0
		for q, v := range sums {
			off := c[q*f.d+j] - f.middle[j]
			farthest = max(farthest, math.Abs(off))
			terms = append(terms, 2*off*math.FMA(-s.Counts[q], c[q*f.d+j], v), float64(s.Counts[q]*off)*off)
		}
		g.sums[j] = floats.SumCompensated(sums)
		sizes[j] = float64(g.count*f.size[j]) + floats.Norm(sums, 1)
		g.slack += float64(2 * inSums * farthest * sizes[j])
	}
	g.squares = floats.SumCompensated(terms)
	g.slack += float64(inSquares * floats.Norm(terms, 1))
	if f.first == nil {
		f.first = &g
	}
	for j, v := range g.sums {
		if was := f.first.sums[j]; !(math.Abs(v-was) <= inSums*sizes[j]) {
			return fmt.Errorf("%w: the sums of column %d add up to %v, and did to %v; every pass must go over the same rows", ErrSource, j, v, was)
		}
	}
	if was := f.first.squares; math.Abs(g.squares-was) > g.slack+f.first.slack {
		return fmt.Errorf("%w: by the inertia the squares of the rows about the mean add up to %v, and did to %v; inertia, counts and sums must be those of the same rows by the same centroids",
			ErrSource, g.squares, was)
	}
	return nil
}
