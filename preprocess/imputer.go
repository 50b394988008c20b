package preprocess

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// Strategy is how an [Imputer] finds the value that takes the place of missing
// ones.
type Strategy int

const (
	// Median fills with the column's median.
	Median Strategy = iota
	// Mean fills with the column's mean.
	Mean
	// MostFrequent fills with the column's most frequent value; of several, the
	// smallest.
	MostFrequent
	// Constant fills with Imputer.Fill.
	Constant
)

var strategyNames = []string{"median", "mean", "most_frequent", "constant"}

// String returns the name that scikit-learn has for the strategy.
func (s Strategy) String() string { return enumName(strategyNames, int(s), "Strategy") }

// Imputer fills in missing values (NaN), column by column. It equals
// scikit-learn's SimpleImputer, except that a column without any value, which
// scikit-learn leaves out, is an error ([ErrAllMissing]) but for the strategy
// Constant. ±Inf is an error, in fitting as in transforming.
type Imputer struct {
	// Strategy is Median if not set.
	Strategy Strategy

	// Fill is the value for the strategy Constant, and ignored by the others.
	// It must be finite; 0 if not set.
	Fill float64
}

// Fit finds the value to fill with for each column of the n×d matrix x, n ≥ 1.
func (t Imputer) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedImputer, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	n, d, names, err := fitInput("imputer", x, columns)
	if err != nil {
		return nil, err
	}
	f := &FittedImputer{strategy: t.Strategy, columns: names, statistics: make([]float64, d)}
	var values []float64
	for j := range f.statistics {
		if values, err = column(ctx, values, x, n, j); err != nil {
			return nil, err
		}
		known := values[:0]
		for i, v := range values {
			if v != v {
				continue
			}
			if !num.Finite(v) {
				return nil, &ValueError{"imputer", i, names[j], v, ErrNotFinite}
			}
			known = append(known, v)
		}
		if len(known) == 0 && t.Strategy != Constant {
			return nil, allMissing(names[j], n)
		}
		v := t.Fill
		switch t.Strategy {
		case Median:
			v = median(known)
		case Mean:
			v = mean(known)
		case MostFrequent:
			v = mostFrequent(known)
		}
		f.statistics[j] = v
	}
	return f, nil
}

// check checks the options.
func (t Imputer) check() error {
	if t.Strategy < Median || t.Strategy > Constant {
		return fmt.Errorf("preprocess: imputer: the strategy %d is none of Median, Mean, MostFrequent and Constant: %w", t.Strategy, ErrOptions)
	}
	if t.Strategy == Constant && !num.Finite(t.Fill) {
		return fmt.Errorf("preprocess: imputer: the constant to fill with is %v and must be finite: %w", t.Fill, ErrOptions)
	}
	return nil
}

func allMissing(column string, rows int) error {
	return fmt.Errorf("preprocess: imputer: column %q has no value in any of %d rows: %w", column, rows, ErrAllMissing)
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t Imputer) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedImputer, *mat.Dense, error) {
	return fitTransform(ctx, t.Fit, x, columns)
}

func mostFrequent(values []float64) float64 {
	slices.Sort(values)
	best, most := values[0], 0
	for i := 0; i < len(values); {
		run := i
		for run < len(values) && values[run] == values[i] {
			run++
		}
		if run-i > most {
			best, most = values[i], run-i
		}
		i = run
	}
	return best + 0 // not −0, whose place among zeros is by chance
}

// FittedImputer is an [Imputer] that knows what to fill with.
type FittedImputer struct {
	strategy   Strategy
	columns    []string
	statistics []float64
}

// Strategy returns the strategy fitted with.
func (f *FittedImputer) Strategy() Strategy { return orZero(f).strategy }

// Statistics returns the value that missing ones of each column are replaced with.
func (f *FittedImputer) Statistics() []float64 { return slices.Clone(orZero(f).statistics) }

// InputColumns returns the names of the columns fitted on.
func (f *FittedImputer) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns the same names.
func (f *FittedImputer) OutputColumns() []string { return f.InputColumns() }

// Transform returns a copy of the n×d matrix x without missing values.
func (f *FittedImputer) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x.
func (f *FittedImputer) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	return transform(ctx, "imputer", orZero(f).kernels()[0], orZero(f).columns, dst, x)
}

// InverseTransform returns a copy of z: every complete row is what it was imputed
// from, and which values were missing is not remembered.
func (f *FittedImputer) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z.
func (f *FittedImputer) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	return transform(ctx, "imputer", orZero(f).kernels()[1], orZero(f).columns, dst, z)
}

// kernels returns the kernels there and back.
func (f *FittedImputer) kernels() [2]kernel {
	d := len(f.statistics)
	same := func(_ int, v float64) float64 { return v }
	return [2]kernel{{d, d, d, f.apply}, elementwise("imputer (inverse)", f.columns, same)}
}

func (f *FittedImputer) apply(dst, src block, first int) error {
	for i := range src.n {
		from := src.row(i)
		to, fill := dst.row(i)[:len(from)], f.statistics[:len(from)]
		for j, v := range from {
			if !num.Finite(v) {
				if v == v {
					return &ValueError{"imputer", first + i, f.columns[j], v, ErrNotFinite}
				}
				v = fill[j]
			}
			to[j] = v
		}
	}
	return nil
}

type imputerJSON struct {
	header
	Columns    []string `json:"columns"`
	Strategy   string   `json:"strategy"`
	Statistics floats   `json:"statistics"`
}

// MarshalJSON writes all that was fitted, at full precision.
func (f *FittedImputer) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	return marshal("imputer", len(g.columns) > 0, imputerJSON{header{"imputer", 1}, g.columns, g.strategy.String(), g.statistics})
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat. Nobody else may be using f.
func (f *FittedImputer) UnmarshalJSON(data []byte) error {
	var j imputerJSON
	if err := decodeStrict(data, "imputer", &j.header, &j); err != nil {
		return err
	}
	strategy, err := enumOf("imputer", "strategy", strategyNames, j.Strategy)
	if err != nil {
		return err
	}
	if err := checkColumns("imputer", j.Columns, j.Statistics); err != nil {
		return err
	}
	*f = FittedImputer{Strategy(strategy), j.Columns, j.Statistics}
	return nil
}
