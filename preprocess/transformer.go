package preprocess

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"
)

// Transformer is a step that can be fitted. Its options are the fields of the
// type that implements it; fitting changes neither them nor x, and what it
// returns must not keep x: a [Pipeline] overwrites it with the next step's result.
//
// Fit learns from x, an n×d matrix whose rows are observations. The names of
// its columns travel along into errors and outputs: give all d of them or none
// (then they are x0, x1, …). A name must be valid UTF-8, not empty, and there
// only once. Cancelling ctx ends Fit within one pass over the rows, with the
// error of the context and its cause.
//
// Every Transformer of this package has a method FitTransform too, which returns
// the fitted value and what its Transform makes of x, to the bit. A Transformer
// of another package needs none to be a step of a [Pipeline].
type Transformer[F Fitted] interface {
	Fit(ctx context.Context, x mat.Matrix, columns ...string) (F, error)
}

// fitTransform returns what fit returns, and what that makes of x.
func fitTransform[F Fitted](ctx context.Context, fit func(context.Context, mat.Matrix, ...string) (F, error), x mat.Matrix, columns []string) (F, *mat.Dense, error) {
	var none F
	f, err := fit(ctx, x, columns...)
	if err != nil {
		return none, nil, err
	}
	z, err := f.Transform(ctx, x)
	if err != nil {
		return none, nil, err
	}
	return f, z, nil
}

// Fitted is the result of fitting: immutable and safe for concurrent use.
//
// Every Fitted of this package is a json.Marshaler and a json.Unmarshaler. Its
// zero value is not fitted: its methods return [ErrNotFitted].
type Fitted interface {
	// Transform returns a new n×len(OutputColumns()) matrix. For a matrix without
	// rows it is empty. Cancelling ctx ends it within one pass over the rows, with
	// the error of the context and its cause.
	Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error)

	// TransformTo transforms x into dst, which must be n×len(OutputColumns()), or
	// empty, and is then given that size. dst may be x itself where the widths are
	// equal; otherwise the two must not share memory. After an error, what dst
	// holds is not specified.
	TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error

	// InputColumns returns the names of the columns that x must have, in order.
	InputColumns() []string

	// OutputColumns returns the names of the columns of the result, in order.
	OutputColumns() []string
}

// Inverter is a Fitted that can go back from its output to its input, as far as
// the output still knows it.
type Inverter interface {
	// InverseTransform returns a new n×len(InputColumns()) matrix for z, which
	// is n×len(OutputColumns()).
	InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error)

	// InverseTransformTo transforms z back into dst, with the rules of
	// TransformTo.
	InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error
}

// columnNames returns a copy of the caller's names of d columns, or else x0, x1, …
func columnNames(op string, d int, columns []string) ([]string, error) {
	if len(columns) == 0 {
		names := make([]string, d)
		for i := range names {
			names[i] = "x" + strconv.Itoa(i)
		}
		return names, nil
	}
	if len(columns) != d {
		return nil, fmt.Errorf("preprocess: %s: %d column names for a matrix of %d columns: %w", op, len(columns), d, ErrColumns)
	}
	if err := checkNames(columns); err != nil {
		return nil, fmt.Errorf("preprocess: %s: %w", op, err)
	}
	return slices.Clone(columns), nil
}

// checkNames refuses names that could not be told apart or would not survive
// JSON.
func checkNames(columns []string) error {
	seen := make(map[string]int, len(columns))
	for i, name := range columns {
		if name == "" {
			return fmt.Errorf("column %d (counted from 0) has an empty name: %w", i, ErrColumns)
		}
		if !utf8.ValidString(name) {
			return fmt.Errorf("the name %q of column %d (counted from 0) is not valid UTF-8: %w", name, i, ErrColumns)
		}
		if first, ok := seen[name]; ok {
			return fmt.Errorf("columns %d and %d (counted from 0) are both named %q: %w", first, i, name, ErrColumns)
		}
		seen[name] = i
	}
	return nil
}
