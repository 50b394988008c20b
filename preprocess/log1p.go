package preprocess

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// Log1p replaces each value x by ln(1+x), which brings the long tail of amounts
// nearer and keeps 0. It equals scikit-learn's
// FunctionTransformer(numpy.log1p, inverse_func=numpy.expm1), except that values
// of −1 and less, which have no logarithm, are an error ([ErrDomain]) where numpy
// returns −Inf or NaN.
type Log1p struct{}

// Fit checks that all values of the n×d matrix x, n ≥ 1, have a logarithm; there
// is nothing else to learn.
func (t Log1p) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedLog1p, error) {
	f, _, err := t.FitTransform(ctx, x, columns...)
	return f, err
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t Log1p) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedLog1p, *mat.Dense, error) {
	_, _, names, err := fitInput("log1p", x, columns)
	if err != nil {
		return nil, nil, err
	}
	f := &FittedLog1p{names}
	z, err := f.Transform(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	return f, z, nil
}

// FittedLog1p is a [Log1p] that knows its columns.
type FittedLog1p struct{ columns []string }

// InputColumns returns the names of the columns fitted on.
func (f *FittedLog1p) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns the same names.
func (f *FittedLog1p) OutputColumns() []string { return f.InputColumns() }

// Transform returns ln(1+x) of each value of the n×d matrix x.
func (f *FittedLog1p) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x.
func (f *FittedLog1p) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	return transform(ctx, "log1p", orZero(f).kernels()[0], orZero(f).columns, dst, x)
}

// InverseTransform returns e^z − 1 of each value of z.
func (f *FittedLog1p) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z.
func (f *FittedLog1p) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	return transform(ctx, "log1p (inverse)", orZero(f).kernels()[1], orZero(f).columns, dst, z)
}

// kernels returns the kernels there and back.
func (f *FittedLog1p) kernels() [2]kernel {
	return [2]kernel{
		partial("log1p", f.columns, "the logarithm of 1+x needs a value above -1", func(_ int, v float64) float64 {
			if v <= -1 {
				return math.NaN()
			}
			return num.Log1p(v)
		}),
		elementwise("log1p (inverse)", f.columns, func(_ int, z float64) float64 {
			if math.IsInf(z, 0) {
				return z
			}
			return num.Expm1(z)
		}),
	}
}

type log1pJSON struct {
	header
	Columns []string `json:"columns"`
}

// MarshalJSON writes the names of the columns.
func (f *FittedLog1p) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	return marshal("log1p", len(g.columns) > 0, log1pJSON{header{"log1p", 1}, g.columns})
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat. It replaces what f was, so nobody else may be using f.
func (f *FittedLog1p) UnmarshalJSON(data []byte) error {
	var j log1pJSON
	if err := decodeStrict(data, "log1p", &j.header, &j); err != nil {
		return err
	}
	if err := checkColumns("log1p", j.Columns); err != nil {
		return err
	}
	*f = FittedLog1p{j.Columns}
	return nil
}
