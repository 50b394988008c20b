package preprocess

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// PCA projects onto principal components: the orthogonal directions in which the
// observations vary most (Pearson 1901,
// https://doi.org/10.1080/14786440109462720; Jolliffe 2002,
// https://doi.org/10.1007/b98835). It equals scikit-learn's PCA with the full
// solver, up to signs, for which one rule holds: the largest absolute loading of
// each component is positive (loadings within 1e-9 of the largest count as
// equal, and the first of them decides).
//
// The columns are centred, not scaled: one in large units decides alone unless a
// [Scaler] comes first. Two rows are the least ([ErrTooFewRows]). Where rows do not
// vary at all, all variances and ratios are 0. Work is O(n·d² + d³), or O(n²·d) with
// fewer rows than columns; memory beside x O(d·min(n, d)).
type PCA struct {
	// Components is how many components are kept: at most min(n, d). 0 keeps
	// min(n, d), or as many as Variance asks for.
	Components int

	// Variance keeps the fewest components that explain more than this share
	// of the variance, 0 < Variance < 1, or all of them with 1. 0 means that
	// Components decides; only one of the two may be set.
	Variance float64
}

// Fit finds the components of the n×d matrix x, n ≥ 2.
func (t PCA) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedPCA, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	n, d, names, err := fitInput("pca", x, columns)
	if err != nil {
		return nil, err
	}
	if err := t.checkShape(n, d); err != nil {
		return nil, err
	}
	m, err := columnMoments(ctx, "pca", x, n, d, names)
	if err != nil {
		return nil, err
	}
	values, vectors, exponent, err := decompose(ctx, x, n, d, m)
	if err != nil {
		return nil, err
	}
	return t.fitted(names, m.mean, values, vectors, n, exponent)
}

// check checks the options.
func (t PCA) check() error {
	switch {
	case t.Components < 0:
		return fmt.Errorf("preprocess: pca: %d components; 0 stands for all: %w", t.Components, ErrOptions)
	case !(t.Variance >= 0 && t.Variance <= 1):
		return fmt.Errorf("preprocess: pca: the share of variance is %v and must lie between 0 and 1: %w", t.Variance, ErrOptions)
	case t.Components > 0 && t.Variance > 0:
		return fmt.Errorf("preprocess: pca: %d components and a share of variance of %v were both asked for; set one: %w", t.Components, t.Variance, ErrOptions)
	}
	return nil
}

// checkShape checks the options for n rows of d columns.
func (t PCA) checkShape(n, d int) error {
	switch {
	case n < 2:
		return fmt.Errorf("preprocess: pca: one row does not vary, at least 2 are needed: %w", ErrTooFewRows)
	case t.Components > d:
		return fmt.Errorf("preprocess: pca: %d components of %d columns; there are at most as many as columns: %w", t.Components, d, ErrOptions)
	case t.Components > n:
		return fmt.Errorf("preprocess: pca: %d components of %d rows; there are at most as many as rows: %w", t.Components, n, ErrTooFewRows)
	}
	return nil
}

// fitted returns what is kept of the singular values of n rows less their mean, to be
// multiplied by 2^exponent, and of the right singular vectors, largest first.
func (t PCA) fitted(names []string, mean, values, vectors []float64, n, exponent int) (*FittedPCA, error) {
	f := &FittedPCA{columns: names, mean: mean}
	d := len(names)
	most := min(n, d)
	total := 0.0
	for _, s := range values[:most] {
		f.singular = append(f.singular, math.Ldexp(s, exponent))
		f.variance = append(f.variance, math.Ldexp(s*s/float64(n-1), 2*exponent))
		total += float64(s * s)
	}
	cumulated := 0.0
	keep := 0
	for i, s := range values[:most] {
		ratio := 0.0
		if total > 0 {
			ratio = s * s / total
		}
		f.ratio = append(f.ratio, ratio)
		if cumulated += ratio; keep == 0 && cumulated > t.Variance {
			keep = i + 1
		}
	}
	switch {
	case t.Components > 0:
		keep = t.Components
	case t.Variance == 0 || t.Variance == 1:
		keep = most
	case total == 0:
		keep = 1
	case keep == 0:
		keep = most
	}
	if !allFinite(f.variance) {
		return nil, fmt.Errorf("preprocess: pca: the variance: %w", ErrOverflow)
	}
	f.variance, f.ratio, f.singular = f.variance[:keep:keep], f.ratio[:keep:keep], f.singular[:keep:keep]
	f.components = slices.Clone(vectors[:keep*d])
	for i := range keep {
		orient(f.components[i*d : (i+1)*d])
	}
	f.outputs = componentNames(keep)
	return f, nil
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t PCA) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedPCA, *mat.Dense, error) {
	return fitTransform(ctx, t.Fit, x, columns)
}

// decompose returns the singular values, to be multiplied by 2^exponent, and the
// right singular vectors of x less its column means.
func decompose(ctx context.Context, x mat.Matrix, n, d int, m moments) (values, vectors []float64, exponent int, err error) {
	power, exponent := num.UnitPower(m.largest())
	var r, centred, w []float64
	if n > d {
		r, w = make([]float64, d*d), make([]float64, d)
	}
	err = scan(ctx, x, n, d, d, func(b block, _ int) error {
		centred = centred[:0]
		for i := range b.n {
			for j, v := range b.row(i) {
				centred = append(centred, (v-m.mean[j])*power)
			}
		}
		if n > d {
			absorb(r, centred, b.n, d, w)
		} else {
			r = append(r, centred...)
		}
		return nil
	})
	if err != nil {
		return nil, nil, 0, err
	}
	values, vectors, ok := rightSingular(ctx, r, min(n, d), d)
	if err := cause.Of(ctx); err != nil {
		return nil, nil, 0, err
	}
	if !ok {
		return nil, nil, 0, fmt.Errorf("preprocess: pca: %w", ErrNotConverged)
	}
	return values, vectors, exponent, nil
}

// orient applies the rule of signs to one component.
func orient(component []float64) {
	largest := 0.0
	for _, v := range component {
		largest = max(largest, math.Abs(v))
	}
	for _, v := range component {
		if math.Abs(v) < largest*(1-1e-9) {
			continue
		}
		if v < 0 {
			for i := range component {
				component[i] = 0 - component[i] // not −v: no component gets a −0
			}
		}
		return
	}
}

func componentNames(k int) []string {
	names := make([]string, k)
	for i := range names {
		names[i] = "pc" + strconv.Itoa(i+1)
	}
	return names
}

// FittedPCA is a [PCA] that knows its k components of d columns.
type FittedPCA struct {
	columns, outputs          []string
	mean                      []float64 // d
	components                []float64 // k×d, row by row
	variance, ratio, singular []float64 // k
}

// Components returns the k×d matrix of the components: each row a direction of
// length 1, the first the one of largest variance. Nil if not fitted.
func (f *FittedPCA) Components() *mat.Dense {
	if !f.fitted() {
		return nil
	}
	return mat.NewDense(len(f.outputs), len(f.columns), slices.Clone(f.components))
}

// Mean returns the mean of each of the d columns, which is subtracted first.
func (f *FittedPCA) Mean() []float64 { return slices.Clone(orZero(f).mean) }

// ExplainedVariance returns the variance along each of the k components, that of a
// sample (divided by n−1), in squares of the unit of the columns.
func (f *FittedPCA) ExplainedVariance() []float64 { return slices.Clone(orZero(f).variance) }

// ExplainedVarianceRatio returns the share of the whole variance that each of the
// k components explains, 0 to 1.
func (f *FittedPCA) ExplainedVarianceRatio() []float64 { return slices.Clone(orZero(f).ratio) }

// SingularValues returns the k singular values of the centred matrix.
func (f *FittedPCA) SingularValues() []float64 { return slices.Clone(orZero(f).singular) }

// Loadings returns the d×k matrix of loadings: each component times the square
// root of its variance, about the correlation of a column, scaled to a deviation of
// 1, with a component. Nil if not fitted.
func (f *FittedPCA) Loadings() *mat.Dense {
	if !f.fitted() {
		return nil
	}
	d, k := len(f.columns), len(f.outputs)
	loadings := mat.NewDense(d, k, nil)
	for i := range k {
		for j := range d {
			loadings.Set(j, i, f.components[i*d+j]*math.Sqrt(f.variance[i]))
		}
	}
	return loadings
}

// InputColumns returns the names of the d columns fitted on.
func (f *FittedPCA) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns pc1, pc2, … of the k components.
func (f *FittedPCA) OutputColumns() []string { return slices.Clone(orZero(f).outputs) }

// Transform projects the n×d matrix x onto the components: n×k.
func (f *FittedPCA) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x where k = d.
func (f *FittedPCA) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	return transform(ctx, "pca", orZero(f).kernels()[0], orZero(f).columns, dst, x)
}

// InverseTransform returns the n×d points that the n×k matrix z stands for: with k < d,
// what was projected less what the components left out.
func (f *FittedPCA) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z where k = d.
func (f *FittedPCA) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	return transform(ctx, "pca", orZero(f).kernels()[1], orZero(f).outputs, dst, z)
}

func (f *FittedPCA) fitted() bool { return f != nil && len(f.outputs) > 0 }

// kernels returns the kernels there and back.
func (f *FittedPCA) kernels() [2]kernel {
	d, k := len(f.columns), len(f.outputs)
	return [2]kernel{{d, k, max(d, k), f.apply}, {k, d, max(d, k), f.invert}}
}

func (f *FittedPCA) apply(dst, src block, first int) error {
	d := len(f.columns)
	buf := borrow(d)
	defer buffers.Put(buf)
	centred := (*buf)[:d]
	for i := range src.n {
		from, mean := src.row(i)[:d], f.mean[:d]
		for j := range centred {
			centred[j] = from[j] - mean[j]
		}
		to := dst.row(i)
		for k := range to {
			z := num.Dot(centred, f.components[k*d:(k+1)*d])
			if !num.Finite(z) {
				return f.bad("pca", first+i, f.columns, centred)
			}
			to[k] = z
		}
	}
	return nil
}

// bad returns the error on the value for which a row's result was not finite:
// the first that is not, else the largest.
func (f *FittedPCA) bad(op string, row int, columns []string, values []float64) error {
	largest := 0
	for j, v := range values {
		if !num.Finite(v) {
			return &ValueError{op, row, columns[j], v, ErrNotFinite}
		}
		if math.Abs(v) > math.Abs(values[largest]) {
			largest = j
		}
	}
	return &ValueError{op, row, columns[largest], values[largest], ErrOverflow}
}

func (f *FittedPCA) invert(dst, src block, first int) error {
	d, k := len(f.columns), len(f.outputs)
	buf := borrow(k)
	defer buffers.Put(buf)
	z := (*buf)[:k]
	for i := range src.n {
		copy(z, src.row(i))
		to := dst.row(i)
		for j := range to {
			v := 0.0
			for c := range z {
				v += float64(z[c] * f.components[c*d+j])
			}
			v += f.mean[j]
			if !num.Finite(v) {
				return f.bad("pca (inverse)", first+i, f.outputs, z)
			}
			to[j] = v
		}
	}
	return nil
}

type pcaJSON struct {
	header
	Columns    []string `json:"columns"`
	Mean       floats   `json:"mean"`
	Components []floats `json:"components"`
	Variance   floats   `json:"explained_variance"`
	Ratio      floats   `json:"explained_variance_ratio"`
	Singular   floats   `json:"singular_values"`
}

// MarshalJSON writes all that was fitted, at full precision.
func (f *FittedPCA) MarshalJSON() ([]byte, error) {
	if !f.fitted() {
		return nil, notFitted("pca")
	}
	j := pcaJSON{header{"pca", 1}, f.columns, f.mean, nil, f.variance, f.ratio, f.singular}
	for c := range slices.Chunk(f.components, len(f.columns)) {
		j.Components = append(j.Components, c)
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat, also components that are not at right angles and of length 1 (to
// 1e-6). It replaces what f was, so nobody else may be using f.
func (f *FittedPCA) UnmarshalJSON(data []byte) error {
	var j pcaJSON
	if err := decodeStrict(data, "pca", &j.header, &j); err != nil {
		return err
	}
	if err := checkColumns("pca", j.Columns, j.Mean); err != nil {
		return err
	}
	d, k := len(j.Columns), len(j.Components)
	if k == 0 || k > d {
		return malformed("pca", "%d components of %d columns; from 1 to %d are possible", k, d, d)
	}
	if len(j.Variance) != k || len(j.Ratio) != k || len(j.Singular) != k {
		return malformed("pca", "%d components, but %d variances, %d ratios and %d singular values", k, len(j.Variance), len(j.Ratio), len(j.Singular))
	}
	g := FittedPCA{columns: j.Columns, outputs: componentNames(k), mean: j.Mean, variance: j.Variance, ratio: j.Ratio, singular: j.Singular}
	for a, c := range j.Components {
		if len(c) != d {
			return malformed("pca", "component %d has %d loadings for %d columns", a+1, len(c), d)
		}
		if j.Variance[a] < 0 || j.Singular[a] < 0 || j.Ratio[a] < 0 || j.Ratio[a] > 1+1e-9 {
			return malformed("pca", "component %d has the variance %v, the ratio %v and the singular value %v", a+1, j.Variance[a], j.Ratio[a], j.Singular[a])
		}
		for b := range a + 1 {
			want := 0.0
			if a == b {
				want = 1
			}
			if got := num.Dot(c, j.Components[b]); !(math.Abs(got-want) <= 1e-6) {
				return malformed("pca", "components %d and %d have the product %v, which must be %v", b+1, a+1, got, want)
			}
		}
		g.components = append(g.components, c...)
	}
	*f = g
	return nil
}
