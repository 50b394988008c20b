package preprocess

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// Method is how a [Scaler] makes columns comparable: what it subtracts and what
// it then divides by.
type Method int

const (
	// Standard subtracts the mean and divides by the population standard
	// deviation (that of n, not n−1), as scikit-learn's StandardScaler.
	Standard Method = iota
	// MinMax subtracts the least value and divides by the range, so that what
	// was fitted on lies in 0…1, as scikit-learn's MinMaxScaler.
	MinMax
	// Robust subtracts the median and divides by the range between the quartiles
	// (interpolated linearly), as scikit-learn's RobustScaler.
	Robust
)

var methodNames = []string{"standard", "min_max", "robust"}

// String returns the method's name.
func (m Method) String() string { return enumName(methodNames, int(m), "Method") }

// Scaler brings all columns to a comparable scale: (value − centre) / scale.
//
// A column that is constant, to within four units of rounding of its values, is
// divided by 1: it becomes 0 throughout. So is a column whose quartiles are
// equal, under Robust. One row is enough to fit (every column is then constant).
//
// scikit-learn, whose sums are not compensated, calls a column constant up to a
// spread of about n·2⁻⁵²·|mean|.
type Scaler struct {
	// Method is Standard if not set.
	Method Method
}

// Fit finds centre and scale of each column of the n×d matrix x, n ≥ 1.
func (t Scaler) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedScaler, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	n, d, names, err := fitInput("scaler", x, columns)
	if err != nil {
		return nil, err
	}
	m, err := columnMoments(ctx, "scaler", x, n, d, names)
	if err != nil {
		return nil, err
	}
	f := &FittedScaler{method: t.Method, columns: names}
	switch t.Method {
	case Standard:
		f.center = m.mean
		if f.scale, err = m.deviations(ctx, x, n, d); err != nil {
			return nil, err
		}
	case MinMax:
		f.center, f.scale = m.min, make([]float64, d)
		for j := range f.scale {
			f.scale[j] = m.max[j] - m.min[j]
		}
	case Robust:
		f.center, f.scale = make([]float64, d), make([]float64, d)
		var values []float64
		for j := range f.scale {
			if values, err = column(ctx, values, x, n, j); err != nil {
				return nil, err
			}
			f.center[j] = median(values)
			f.scale[j] = quantile(values, 0.75) - quantile(values, 0.25)
		}
	}
	f.keepConstants(m.min, m.max)
	return f, nil
}

// check checks the options.
func (t Scaler) check() error {
	if t.Method < Standard || t.Method > Robust {
		return fmt.Errorf("preprocess: scaler: the method %d is none of Standard, MinMax and Robust: %w", t.Method, ErrOptions)
	}
	return nil
}

// keepConstants divides columns that do not vary by 1.
func (f *FittedScaler) keepConstants(least, greatest []float64) {
	for j := range f.scale {
		if sameButRounding(least[j], greatest[j]) || f.scale[j] <= 0 {
			f.scale[j] = 1
		}
	}
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t Scaler) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedScaler, *mat.Dense, error) {
	return fitTransform(ctx, t.Fit, x, columns)
}

// FittedScaler is a [Scaler] that knows centre and scale.
type FittedScaler struct {
	method        Method
	columns       []string
	center, scale []float64
}

// Method returns the method fitted with.
func (f *FittedScaler) Method() Method { return orZero(f).method }

// Center returns what is subtracted from each column.
func (f *FittedScaler) Center() []float64 { return slices.Clone(orZero(f).center) }

// Scale returns what each column is then divided by; never 0.
func (f *FittedScaler) Scale() []float64 { return slices.Clone(orZero(f).scale) }

// InputColumns returns the names of the columns fitted on.
func (f *FittedScaler) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns the same names.
func (f *FittedScaler) OutputColumns() []string { return f.InputColumns() }

// Transform returns the n×d matrix x, scaled.
func (f *FittedScaler) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x.
func (f *FittedScaler) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	return transform(ctx, "scaler", orZero(f).kernels()[0], orZero(f).columns, dst, x)
}

// InverseTransform returns z in the units of what was fitted on: value · scale +
// centre.
func (f *FittedScaler) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z.
func (f *FittedScaler) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	return transform(ctx, "scaler", orZero(f).kernels()[1], orZero(f).columns, dst, z)
}

type scalerJSON struct {
	header
	Columns []string `json:"columns"`
	Method  string   `json:"method"`
	Center  floats   `json:"center"`
	Scale   floats   `json:"scale"`
}

// MarshalJSON writes all that was fitted, at full precision.
func (f *FittedScaler) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	return marshal("scaler", len(g.columns) > 0, scalerJSON{header{"scaler", 1}, g.columns, g.method.String(), g.center, g.scale})
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat. Nobody else may be using f.
func (f *FittedScaler) UnmarshalJSON(data []byte) error {
	var j scalerJSON
	if err := decodeStrict(data, "scaler", &j.header, &j); err != nil {
		return err
	}
	method, err := enumOf("scaler", "method", methodNames, j.Method)
	if err != nil {
		return err
	}
	if err := checkColumns("scaler", j.Columns, j.Center, j.Scale); err != nil {
		return err
	}
	for i, s := range j.Scale {
		if s <= 0 {
			return malformed("scaler", "the scale of column %q is %v and must be above 0", j.Columns[i], s)
		}
	}
	*f = FittedScaler{Method(method), j.Columns, j.Center, j.Scale}
	return nil
}

// kernels returns the kernels there and back.
func (f *FittedScaler) kernels() [2]kernel {
	d := len(f.center)
	return [2]kernel{{d, d, d, f.apply}, elementwise("scaler (inverse)", f.columns, func(j int, z float64) float64 {
		return float64(z*f.scale[j]) + f.center[j]
	})}
}

func (f *FittedScaler) apply(dst, src block, first int) error {
	for i := range src.n {
		from := src.row(i)
		to, center, scale := dst.row(i)[:len(from)], f.center[:len(from)], f.scale[:len(from)]
		for j, v := range from {
			z := (v - center[j]) / scale[j]
			if !num.Finite(z) {
				return badValue("scaler", first+i, f.columns[j], v)
			}
			to[j] = z
		}
	}
	return nil
}

// badValue returns the error on a result that is not finite: the value was not,
// or the result overflowed.
func badValue(op string, row int, column string, v float64) error {
	kind := ErrOverflow
	if !num.Finite(v) {
		kind = ErrNotFinite
	}
	return &ValueError{op, row, column, v, kind}
}
