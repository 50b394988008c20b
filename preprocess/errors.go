package preprocess

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of error, for errors.Is. The errors themselves say where and what.
var (
	// ErrNotFitted is the error of the zero value of a fitted type.
	ErrNotFitted = errors.New("not fitted: use the value that Fit or Decode returned")

	// ErrOptions means that the options of a transformer contradict each other
	// or the data.
	ErrOptions = errors.New("options that cannot be used")

	// ErrMatrix means a matrix that is nil or cannot be read.
	ErrMatrix = errors.New("a matrix that can be read is needed")

	// ErrNoRows means that there was nothing to fit on.
	ErrNoRows = errors.New("at least one row and one column are needed to fit")

	// ErrTooFewRows means that more rows are needed for what was asked.
	ErrTooFewRows = errors.New("too few rows")

	// ErrColumns means column names that are too few, too many, empty or not
	// unique.
	ErrColumns = errors.New("name each column once, or none")

	// ErrWidth means a matrix of another number of columns than was fitted. The
	// error is a *WidthError.
	ErrWidth = errors.New("wrong number of columns")

	// ErrDestination means a destination that is nil or of the wrong size.
	ErrDestination = errors.New("give an empty destination or one of the size of the result")

	// ErrNotFinite means NaN where no missing value is taken, or ±Inf. The
	// error is a *ValueError.
	ErrNotFinite = errors.New("a finite number is needed, and missing values (NaN) are for the Imputer only")

	// ErrOverflow means a result beyond the range of float64.
	ErrOverflow = errors.New("the result is beyond the range of a float64; scale the values first")

	// ErrDomain means a value that a transformation is not defined for.
	ErrDomain = errors.New("a value outside of the domain of the transformation")

	// ErrAllMissing means a column in which nothing is known.
	ErrAllMissing = errors.New("every value is missing; leave the column out or fill it with the Constant strategy")

	// ErrUnknownCategory means a category that was not seen in fitting. The error is
	// a *ValueError or, of words in a table, a *WordError.
	ErrUnknownCategory = errors.New("not a category seen in fitting")

	// ErrNoInverse means that a step of a pipeline has no inverse.
	ErrNoInverse = errors.New("the step has no inverse")

	// ErrNotConverged means that the decomposition of PCA did not converge.
	ErrNotConverged = errors.New("the singular value decomposition did not converge")

	// ErrAggregates means answers of an Aggregator that contradict each other, such as
	// those of rows that have changed in between.
	ErrAggregates = errors.New("aggregates that do not fit each other")

	// ErrFormat means JSON that is not what a fitted value of this package is
	// written as.
	ErrFormat = errors.New("not a valid fitted value")

	// ErrVersion means JSON that a newer version of this package has written.
	ErrVersion = errors.New("written by a newer version of this package")

	// ErrKind means a kind of fitted value that nobody has registered, or that
	// is registered already.
	ErrKind = errors.New("see Register")
)

// ValueError is one value of a matrix that cannot be used.
type ValueError struct {
	Op     string  // what refused it, such as "scaler"
	Row    int     // counted from 0
	Column string  // the column's name
	Value  float64 // the value
	Err    error   // the kind, such as ErrNotFinite
}

// Error reads as a sentence.
func (e *ValueError) Error() string {
	e = orZero(e)
	return fmt.Sprintf("preprocess: %s: row %d (counted from 0), column %q: %v: %v", e.Op, e.Row, e.Column, e.Value, e.Err)
}

// Unwrap returns the kind.
func (e *ValueError) Unwrap() error { return orZero(e).Err }

// WordError is a word that a pipeline does not know and refuses.
type WordError struct {
	Row    int    // counted from 0; −1 for a row alone
	Column string // the column's name
	Word   string
	Known  []string // the words that were seen in fitting, ascending
}

// Error reads as a sentence.
func (e *WordError) Error() string {
	e = orZero(e)
	row := ""
	if e.Row >= 0 {
		row = fmt.Sprintf("row %d (counted from 0), ", e.Row)
	}
	return fmt.Sprintf("preprocess: %scolumn %q: %q is none of %s: %v", row, e.Column, e.Word, someOf(e.Known), ErrUnknownCategory)
}

// Unwrap returns ErrUnknownCategory.
func (e *WordError) Unwrap() error { return ErrUnknownCategory }

// WidthError is a matrix of another width than the one fitted on.
type WidthError struct {
	Op      string   // what refused it
	Got     int      // columns of the matrix
	Want    int      // columns fitted on
	Columns []string // their names
}

// Error reads as a sentence and holds both numbers.
func (e *WidthError) Error() string {
	e = orZero(e)
	names := e.Columns
	more := ""
	if len(names) > 12 {
		names, more = names[:12], ", …"
	}
	return fmt.Sprintf("preprocess: %s: %v: the matrix has %d, fitted were %d (%s%s)",
		e.Op, ErrWidth, e.Got, e.Want, strings.Join(names, ", "), more)
}

// Unwrap returns ErrWidth.
func (e *WidthError) Unwrap() error { return ErrWidth }

func notFitted(op string) error { return fmt.Errorf("preprocess: %s: %w", op, ErrNotFitted) }

// orZero returns the zero value for a nil pointer, so that methods return an
// error or nothing and never panic.
func orZero[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}
