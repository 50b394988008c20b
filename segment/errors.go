package segment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
)

// The errors of this package are these, wrapped with where and what; test for
// them with errors.Is.
var (
	// ErrEmpty means that there are no rows, or no columns.
	ErrEmpty = errors.New("segment: no data")
	// ErrNotFinite means NaN or ±Inf where a number is needed.
	ErrNotFinite = errors.New("segment: not a finite number")
	// ErrTooFew means fewer rows, or fewer distinct ones, than are needed.
	ErrTooFew = errors.New("segment: too few rows")
	// ErrWidth means a wrong number of columns, labels, weights or names.
	ErrWidth = errors.New("segment: wrong shape")
	// ErrOption means an option whose value makes no sense.
	ErrOption = errors.New("segment: invalid option")
	// ErrOverflow means numbers so large, or so far apart in magnitude, that a
	// result is beyond the range of float64. It is preprocess.ErrOverflow too.
	ErrOverflow = fmt.Errorf("segment: too large: %w", preprocess.ErrOverflow)
	// ErrTooFar means a row so far from all that a model was trained on that the
	// rounding of its numbers decides which centroid is the nearest.
	ErrTooFar = errors.New("segment: too far from the training rows")
	// ErrUnknownCategory means a category that training did not see, in a
	// column of a one-hot encoder that refuses such. A *preprocess.ValueError or, of
	// words, a *preprocess.WordError in the chain names the column.
	ErrUnknownCategory = errors.New("segment: unknown category")

	// ErrNotLinear means a pipeline with a step that is no imputer, scaler, PCA or
	// pipeline of these, nor, before any PCA, a step on each column alone (a one-hot
	// encoder, logarithm, quantile or power transformer, or a column transformer of
	// these), so that a row behind it is no linear function of the row before it, of
	// its categories and of functions of one column each.
	ErrNotLinear = errors.New("segment: the pipeline is not linear")
)

// DistinctError means that K clusters are asked for of rows that hold fewer
// distinct points. It is ErrTooFew.
type DistinctError struct{ K, Distinct int }

// Error reads as a sentence.
func (e *DistinctError) Error() string {
	e = orZero(e)
	return fmt.Sprintf("%v: %d clusters are asked for, the rows hold %s; ask for at most %d", ErrTooFew, e.K, counted(e.Distinct, "distinct point"), e.Distinct)
}

// Unwrap returns ErrTooFew.
func (e *DistinctError) Unwrap() error { return ErrTooFew }

var errNotFitted = fmt.Errorf("%w: the clustering has no clusters; want one that Fit returned", ErrEmpty)

// pipelineError adds the sentinel of this package to an error of package
// preprocess, whose own stays in the chain.
func pipelineError(err error) error {
	for _, kind := range []struct{ theirs, ours error }{
		{preprocess.ErrAllMissing, ErrEmpty},
		{preprocess.ErrNoRows, ErrEmpty},
		{preprocess.ErrNotFinite, ErrNotFinite},
		{preprocess.ErrTooFewRows, ErrTooFew},
		{preprocess.ErrWidth, ErrWidth},
		{preprocess.ErrColumns, ErrWidth},
		{preprocess.ErrOptions, ErrOption},
		{preprocess.ErrAggregates, ErrSource},
		{preprocess.ErrUnknownCategory, ErrUnknownCategory},
	} {
		if errors.Is(err, kind.theirs) && !errors.Is(err, kind.ours) {
			return fmt.Errorf("%w: %w", kind.ours, err)
		}
	}
	return err
}

// finite returns an error that names the first value of x that is no finite
// number.
func finite(x mat.Matrix, what string) error {
	if i, j, bad := num.NotFinite(x); bad {
		return fmt.Errorf("%w: row %d, column %d of %s is %v", ErrNotFinite, i, j, what, x.At(i, j))
	}
	return nil
}

// greatest returns the value of x of the greatest magnitude and its place as text.
func greatest(x mat.Matrix) string {
	n, _ := num.Dims(x)
	row, column := 0, 0
	for i := range n {
		if j := widest(x, i); math.Abs(x.At(i, j)) > math.Abs(x.At(row, column)) {
			row, column = i, j
		}
	}
	return fmt.Sprintf("%v in row %d, column %d", x.At(row, column), row, column)
}

// widest returns the column of the greatest magnitude in a row.
func widest(x mat.Matrix, row int) int {
	magnitudes := mat.Row(nil, row, x)
	for j, v := range magnitudes {
		magnitudes[j] = math.Abs(v)
	}
	return floats.MaxIdx(magnitudes)
}

// overflowRow returns the error on a row whose distance is beyond the range of float64.
func overflowRow(x mat.Matrix, row int, what string) error {
	j := widest(x, row)
	return fmt.Errorf("%w: %s of row %d, whose column %d is %v", ErrOverflow, what, row, j, x.At(row, j))
}

func workers(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// orZero returns the zero value for a nil pointer, so that methods return an
// error or nothing and never panic.
func orZero[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// orBackground takes a nil context for one that is never done.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
