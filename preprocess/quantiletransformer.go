package preprocess

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// Distribution is what a [QuantileTransformer] makes of every column.
type Distribution int

const (
	// Uniform is the one from 0 to 1: a value becomes the share of rows below it.
	Uniform Distribution = iota
	// Normal is the one of mean 0 and deviation 1.
	Normal
)

var distributionNames = []string{"uniform", "normal"}

// String returns the name that scikit-learn has for the distribution.
func (d Distribution) String() string { return enumName(distributionNames, int(d), "Distribution") }

// QuantileTransformer replaces each value by its rank among the values of the
// column, so that neither skewness nor outliers are left. Between the quantiles
// of the column it is linear; a value that repeats gets the middle of its ranks;
// values beyond those seen get the rank of the least or the greatest. Under
// Normal, ranks p become Φ⁻¹(p), and those of less than 1e-7 or more than 1 − 1e-7
// become ∓5.2.
//
// It equals scikit-learn's QuantileTransformer with subsample=None: the quantiles
// are those of all rows, where scikit-learn's default draws 10,000 at random if
// there are more. Under Normal, scikit-learn takes values within 1e-7 of the least
// or greatest, in whatever unit, for these; here only they themselves are. Fitted
// on one row, greater values have the rank 1, which they have in scikit-learn
// under Normal only.
type QuantileTransformer struct {
	// Quantiles is how many are kept of each column, at equal shares from the
	// least to the greatest value: 2 or more, and 0 stands for 1000. There are at
	// most as many as rows.
	Quantiles int

	// Output is Uniform if not set.
	Output Distribution
}

// maxQuantiles bounds what a file may hold for each column.
const maxQuantiles = 100_000

// Fit finds the quantiles of each column of the n×d matrix x, n ≥ 1.
func (t QuantileTransformer) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedQuantileTransformer, error) {
	if t.Output != Uniform && t.Output != Normal {
		return nil, fmt.Errorf("preprocess: quantile transformer: the distribution %d is neither Uniform nor Normal: %w", t.Output, ErrOptions)
	}
	if t.Quantiles < 0 || t.Quantiles == 1 || t.Quantiles > maxQuantiles {
		return nil, fmt.Errorf("preprocess: quantile transformer: %d quantiles; want 2 to %d, or 0 for 1000: %w", t.Quantiles, maxQuantiles, ErrOptions)
	}
	n, d, names, err := fitInput("quantile transformer", x, columns)
	if err != nil {
		return nil, err
	}
	m := t.Quantiles
	if m == 0 {
		m = 1000
	}
	f := &FittedQuantileTransformer{output: t.Output, columns: names, references: references(min(m, n)), quantiles: make([][]float64, d)}
	values := make([]float64, 0, n)
	for j := range f.quantiles {
		if values, err = column(ctx, values[:0], x, n, j); err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(values, func(v float64) bool { return !num.Finite(v) }); i >= 0 {
			return nil, &ValueError{"quantile transformer", i, names[j], values[i], ErrNotFinite}
		}
		slices.Sort(values)
		if !num.Finite(values[n-1] - values[0]) {
			return nil, fmt.Errorf("preprocess: quantile transformer: column %q reaches from %v to %v: %w", names[j], values[0], values[n-1], ErrOverflow)
		}
		f.quantiles[j] = quantilesOf(values, f.references)
	}
	return f, nil
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t QuantileTransformer) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedQuantileTransformer, *mat.Dense, error) {
	return fitTransform(ctx, t.Fit, x, columns)
}

// quantilesOf returns the quantiles of ascending values as numpy.percentile has
// them. numpy's shares are in percent, and so rounded once more; that tells a
// quantile from the value beside it where values repeat.
func quantilesOf(sorted, shares []float64) []float64 {
	out := make([]float64, len(shares))
	for i, share := range shares {
		at := float64(float64(share*100) / 100 * float64(len(sorted)-1))
		low := min(int(at), len(sorted)-1)
		high := min(low+1, len(sorted)-1)
		out[i] = between(sorted[low], sorted[high], at-float64(low)) + 0 // not −0, whose place among zeros is by chance
		if i > 0 {
			out[i] = max(out[i], out[i-1]) // less by rounding alone
		}
	}
	return out
}

// references returns the shares of m quantiles, those of numpy.linspace(0, 1, m).
func references(m int) []float64 {
	shares := make([]float64, m)
	if m == 1 {
		return shares
	}
	step := 1 / float64(m-1)
	for i := range shares {
		shares[i] = float64(float64(i) * step)
	}
	shares[m-1] = 1
	return shares
}

// FittedQuantileTransformer is a [QuantileTransformer] that knows the quantiles.
type FittedQuantileTransformer struct {
	output     Distribution
	columns    []string
	references []float64
	quantiles  [][]float64 // by column, ascending, one for each reference
}

// Output returns the distribution fitted for.
func (f *FittedQuantileTransformer) Output() Distribution { return orZero(f).output }

// Quantiles returns the quantiles of each column, one for each of References.
func (f *FittedQuantileTransformer) Quantiles() [][]float64 {
	var all [][]float64
	for _, q := range orZero(f).quantiles {
		all = append(all, slices.Clone(q))
	}
	return all
}

// References returns the shares from 0 to 1, ascending, that the quantiles of every
// column are at.
func (f *FittedQuantileTransformer) References() []float64 {
	return slices.Clone(orZero(f).references)
}

// Transform returns the rank of each value of the n×d matrix x, under Normal as a
// normal quantile.
func (f *FittedQuantileTransformer) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x.
func (f *FittedQuantileTransformer) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	return transform(ctx, "quantile transformer", orZero(f).kernels()[0], orZero(f).columns, dst, x)
}

// InverseTransform returns the value of each rank. Ranks outside of 0 to 1 are
// those of the least and the greatest value.
func (f *FittedQuantileTransformer) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z.
func (f *FittedQuantileTransformer) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	return transform(ctx, "quantile transformer (inverse)", orZero(f).kernels()[1], orZero(f).columns, dst, z)
}

// InputColumns returns the names of the columns fitted on.
func (f *FittedQuantileTransformer) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns the same names.
func (f *FittedQuantileTransformer) OutputColumns() []string { return f.InputColumns() }

// kernels returns the kernels there and back.
func (f *FittedQuantileTransformer) kernels() [2]kernel {
	least, greatest := num.NormalQuantile(num.FarthestRank-0x1p-52), num.NormalQuantile(1-(num.FarthestRank-0x1p-52))
	return [2]kernel{
		elementwise("quantile transformer", f.columns, func(j int, v float64) float64 {
			if !num.Finite(v) {
				return v
			}
			p := f.rank(f.quantiles[j], v)
			if f.output == Normal {
				return min(max(num.NormalQuantile(p), least), greatest)
			}
			return p
		}),
		elementwise("quantile transformer (inverse)", f.columns, func(j int, z float64) float64 {
			if !num.Finite(z) {
				return z
			}
			return f.value(f.quantiles[j], z)
		}),
	}
}

// value returns the value of a rank, under Normal of a normal quantile.
func (f *FittedQuantileTransformer) value(quantiles []float64, z float64) float64 {
	if f.output == Normal {
		if z = num.Normal(z); z < num.FarthestRank {
			z = 0
		} else if z > 1-num.FarthestRank {
			z = 1
		}
	}
	i, found := slices.BinarySearch(f.references, z)
	if !found {
		i--
	}
	return interpolate(z, f.references, quantiles, i)
}

// rank returns the rank of v among quantiles, the middle one where some repeat.
func (f *FittedQuantileTransformer) rank(quantiles []float64, v float64) float64 {
	last := len(quantiles) - 1
	switch {
	case v <= quantiles[0]:
		return 0
	case v >= quantiles[last]:
		return 1
	}
	below, found := slices.BinarySearch(quantiles, v) // the first that is not less
	if !found {
		return interpolate(v, quantiles, f.references, below-1)
	}
	above := below
	for quantiles[above+1] == v {
		above++
	}
	return float64(0.5 * (f.references[above] + f.references[below]))
}

// interpolate returns the value of the line through the points (x[i], y[i]) and
// (x[i+1], y[i+1]) at v, and y at the ends of the list.
func interpolate(v float64, x, y []float64, i int) float64 {
	switch {
	case i < 0:
		return y[0]
	case i >= len(x)-1:
		return y[len(y)-1]
	case x[i] == v:
		return y[i]
	}
	share := (v - x[i]) / (x[i+1] - x[i])
	return y[i] + float64(share*(y[i+1]-y[i]))
}

type quantileJSON struct {
	header
	Columns   []string `json:"columns"`
	Output    string   `json:"output"`
	Quantiles []floats `json:"quantiles"`
}

// MarshalJSON writes all that was fitted, at full precision.
func (f *FittedQuantileTransformer) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	j := quantileJSON{header{"quantile_transformer", 1}, g.columns, g.output.String(), nil}
	for _, q := range g.quantiles {
		j.Quantiles = append(j.Quantiles, q)
	}
	return marshal("quantile transformer", len(g.columns) > 0, j)
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat, also quantiles that descend. It replaces what f was, so nobody else
// may be using f.
func (f *FittedQuantileTransformer) UnmarshalJSON(data []byte) error {
	const kind = "quantile_transformer"
	var j quantileJSON
	if err := decodeStrict(data, kind, &j.header, &j); err != nil {
		return err
	}
	output, err := enumOf(kind, "distribution", distributionNames, j.Output)
	if err != nil {
		return err
	}
	if err := checkColumns(kind, j.Columns); err != nil {
		return err
	}
	if len(j.Quantiles) != len(j.Columns) {
		return malformed(kind, "%d columns, but quantiles of %d", len(j.Columns), len(j.Quantiles))
	}
	m := len(j.Quantiles[0])
	if m == 0 || m > maxQuantiles {
		return malformed(kind, "%d quantiles of a column; want 1 to %d", m, maxQuantiles)
	}
	g := FittedQuantileTransformer{Distribution(output), j.Columns, references(m), nil}
	for i, q := range j.Quantiles {
		if len(q) != m || !allFinite(q) || !slices.IsSorted(q) || math.IsInf(q[m-1]-q[0], 0) {
			return malformed(kind, "column %q has %d quantiles that must be %d ascending finite numbers", j.Columns[i], len(q), m)
		}
		g.quantiles = append(g.quantiles, q)
	}
	*f = g
	return nil
}
