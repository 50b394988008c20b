package preprocess

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// PowerTransformer brings each column near to a normal distribution by the
// transformation of Yeo & Johnson (2000, https://doi.org/10.1093/biomet/87.4.954):
//
//	((x+1)^λ − 1)/λ                for x ≥ 0, ln(x+1) for λ = 0
//	−((1−x)^(2−λ) − 1)/(2−λ)       for x < 0, −ln(1−x) for λ = 2
//
// λ is that of the greatest likelihood, found by Brent's method with the bounds and
// the tolerance (1.5e-8) of scipy.stats.yeojohnson_normmax; a constant column has
// λ = 1, which changes nothing. Values on both sides of 0 that reach beyond 1e145
// have no λ for which all stay within the range of a float64 ([ErrOverflow]). It equals scikit-learn's PowerTransformer with
// method="yeo-johnson": λ to 1e-6, for the likelihood is flat at its top.
type PowerTransformer struct {
	// Unscaled leaves the columns as the transformation makes them. Otherwise each
	// is then brought to mean 0 and deviation 1, as by a [Scaler].
	Unscaled bool
}

// Fit finds λ for each column of the n×d matrix x, n ≥ 1, in about 30 passes.
func (t PowerTransformer) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedPowerTransformer, error) {
	f, _, err := t.FitTransform(ctx, x, columns...)
	return f, err
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t PowerTransformer) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedPowerTransformer, *mat.Dense, error) {
	n, d, names, err := fitInput("power transformer", x, columns)
	if err != nil {
		return nil, nil, err
	}
	f := &FittedPowerTransformer{columns: names, lambdas: make([]float64, d)}
	values := make([]float64, 0, n)
	for j := range f.lambdas {
		if values, err = column(ctx, values[:0], x, n, j); err != nil {
			return nil, nil, err
		}
		if i := slices.IndexFunc(values, func(v float64) bool { return !num.Finite(v) }); i >= 0 {
			return nil, nil, &ValueError{"power transformer", i, names[j], values[i], ErrNotFinite}
		}
		if f.lambdas[j], err = likeliestLambda(ctx, names[j], values); err != nil {
			return nil, nil, err
		}
	}
	z, err := f.Transform(ctx, x)
	if err != nil || t.Unscaled {
		return f, z, err
	}
	if f.scaler, err = (Scaler{}).Fit(ctx, z, names...); err != nil {
		return nil, nil, fmt.Errorf("preprocess: power transformer: %w", err)
	}
	if err := f.scaler.TransformTo(ctx, z, z); err != nil {
		return nil, nil, fmt.Errorf("preprocess: power transformer: %w", err)
	}
	return f, z, nil
}

// likeliestLambda returns the λ for which the transformed values are likeliest a
// sample of a normal distribution.
func likeliestLambda(ctx context.Context, name string, values []float64) (float64, error) {
	low, high := slices.Min(values), slices.Max(values)
	if sameButRounding(low, high) {
		return 1, nil
	}
	from, to := lambdaBounds(low, high)
	if from > to {
		return 0, fmt.Errorf("preprocess: power transformer: column %q reaches from %v to %v: %w", name, low, high, ErrOverflow)
	}
	logs := make([]float64, len(values))
	var logSum sum
	for i, v := range values {
		logs[i] = signedLog(v)
		logSum.add(logs[i])
	}
	n := float64(len(values))
	work := make([]float64, len(values))
	return minimize(from, to, func(lambda float64) (float64, error) {
		if err := cause.Of(ctx); err != nil {
			return 0, err
		}
		for i, l := range logs {
			work[i] = yeoJohnson(l, lambda)
		}
		v := populationVariance(work)
		if v < 0x1p-1022 {
			return math.Inf(1), nil
		}
		return float64(n/2*num.Log(v)) - float64((lambda-1)*logSum.value()), nil
	})
}

// lambdaBounds returns the λ between which values up to 20 times those seen, and
// the variance of what they become, stay within the range of a float64
// (scipy pull request 18852).
func lambdaBounds(low, high float64) (from, to float64) {
	farthest := max(math.Abs(low), math.Abs(high))
	size := num.Log1p(float64(20 * farthest))
	if !num.Finite(float64(20 * farthest)) {
		size = num.Log(farthest) + num.Log(20)
	}
	from = (num.Log(0x1p-1022) - num.Log(0x1p-52)) / 2 / size
	to = (num.Log(math.MaxFloat64) + num.Log(0x1p-52)) / 2 / size
	switch {
	case high < 0:
		return 2 - to, 2 - from
	case low < 0:
		return max(2-to, from), min(2-from, to)
	}
	return from, to
}

// populationVariance returns the variance of values, divided by their number.
func populationVariance(values []float64) float64 {
	m := mean(values)
	var squares sum
	for _, v := range values {
		v -= m
		squares.add(float64(v * v))
	}
	return squares.over(len(values))
}

// signedLog returns sign(x)·ln(1+|x|), and 0 for −0.
func signedLog(x float64) float64 {
	if x < 0 {
		return -num.Log1p(-x)
	}
	return num.Log1p(x + 0)
}

// yeoJohnson returns the transformed value for l = sign(x)·ln(1+|x|).
func yeoJohnson(l, lambda float64) float64 {
	if l < 0 {
		return -powered(-l, 2-lambda)
	}
	return powered(l, lambda)
}

// powered returns (e^(l·power) − 1)/power, and l for a power of 0.
func powered(l, power float64) float64 {
	if math.Abs(power) < 0x1p-52 {
		return l
	}
	return num.Expm1(power*l) / power
}

// yeoJohnsonInverse returns the value that becomes z; NaN where there is none.
func yeoJohnsonInverse(z, lambda float64) float64 {
	if z < 0 {
		return -num.Expm1(logged(-z, 2-lambda))
	}
	return num.Expm1(logged(z, lambda))
}

// logged is the inverse of powered for z ≥ 0.
func logged(z, power float64) float64 {
	if math.Abs(power) < 0x1p-52 {
		return z
	}
	if v := float64(z * power); v > -1 {
		return num.Log1p(v) / power
	}
	return math.NaN()
}

// FittedPowerTransformer is a [PowerTransformer] that knows λ of each column.
type FittedPowerTransformer struct {
	columns []string
	lambdas []float64
	scaler  *FittedScaler // nil where the results stay as they are
}

// Lambdas returns λ of each column.
func (f *FittedPowerTransformer) Lambdas() []float64 { return slices.Clone(orZero(f).lambdas) }

// Scaler returns what scales the transformed columns; nil under Unscaled.
func (f *FittedPowerTransformer) Scaler() *FittedScaler { return orZero(f).scaler }

// Transform returns the n×d matrix x, transformed and, but for Unscaled, scaled.
func (f *FittedPowerTransformer) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x.
func (f *FittedPowerTransformer) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	return transform(ctx, "power transformer", orZero(f).kernels()[0], orZero(f).columns, dst, x)
}

// InputColumns returns the names of the columns fitted on.
func (f *FittedPowerTransformer) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns the same names.
func (f *FittedPowerTransformer) OutputColumns() []string { return f.InputColumns() }

// InverseTransform returns the values that become z. A value beyond all that the
// transformation gives is an error ([ErrDomain]), as a rule one that no row can
// have but a centroid that was cut off by a [PCA].
func (f *FittedPowerTransformer) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z.
func (f *FittedPowerTransformer) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	return transform(ctx, "power transformer (inverse)", orZero(f).kernels()[1], orZero(f).columns, dst, z)
}

// kernels returns the kernels there and back.
func (f *FittedPowerTransformer) kernels() [2]kernel {
	center, scale := make([]float64, len(f.columns)), slices.Repeat([]float64{1}, len(f.columns))
	if f.scaler != nil {
		center, scale = f.scaler.center, f.scaler.scale
	}
	return [2]kernel{
		elementwise("power transformer", f.columns, func(j int, v float64) float64 {
			return (yeoJohnson(signedLog(v), f.lambdas[j]) - center[j]) / scale[j]
		}),
		partial("power transformer (inverse)", f.columns, "no value becomes one so far out", func(j int, z float64) float64 {
			return yeoJohnsonInverse(float64(z*scale[j])+center[j], f.lambdas[j])
		}),
	}
}

type powerJSON struct {
	header
	Columns []string `json:"columns"`
	Lambdas floats   `json:"lambdas"`
	Center  floats   `json:"center,omitempty"`
	Scale   floats   `json:"scale,omitempty"`
}

// MarshalJSON writes all that was fitted, at full precision.
func (f *FittedPowerTransformer) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	j := powerJSON{header{"power_transformer", 1}, g.columns, g.lambdas, nil, nil}
	if g.scaler != nil {
		j.Center, j.Scale = g.scaler.center, g.scaler.scale
	}
	return marshal("power transformer", len(g.columns) > 0, j)
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat. It replaces what f was, so nobody else may be using f.
func (f *FittedPowerTransformer) UnmarshalJSON(data []byte) error {
	const kind = "power_transformer"
	var j powerJSON
	if err := decodeStrict(data, kind, &j.header, &j); err != nil {
		return err
	}
	g := FittedPowerTransformer{columns: j.Columns, lambdas: j.Lambdas}
	if err := checkColumns(kind, j.Columns, j.Lambdas); err != nil {
		return err
	}
	if j.Center != nil || j.Scale != nil {
		if err := checkColumns(kind, j.Columns, j.Center, j.Scale); err != nil {
			return err
		}
		g.scaler = &FittedScaler{Standard, j.Columns, j.Center, j.Scale}
	}
	for i, s := range j.Scale {
		if s <= 0 {
			return malformed(kind, "the scale of column %q is %v and must be above 0", j.Columns[i], s)
		}
	}
	*f = g
	return nil
}
