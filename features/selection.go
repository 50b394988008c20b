package features

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// A Selection is a choice of numeric columns in a given order: the way from
// customers to the rows of a model. It is made once with [Select], is
// immutable and safe for concurrent use, and costs nothing per row.
type Selection struct{ cols []int }

// Select chooses numeric columns by name, as people write them. is_parent
// counts as 1 or 0. A name that the table does not have, and a column of words,
// dates or ids, is a [*ColumnError].
func Select(columns ...string) (Selection, error) {
	s := Selection{make([]int, len(columns))}
	for i, name := range columns {
		col, err := lookup(name)
		if err != nil {
			return Selection{}, err
		}
		if k := schema[col].Kind; k == Category || k == Date || k == Identifier {
			return Selection{}, &ColumnError{Column: schema[col].Name, Err: ErrNotNumeric}
		}
		s.cols[i] = col
	}
	return s, nil
}

// Columns gives the canonical names of the columns.
func (s Selection) Columns() []string {
	names := make([]string, len(s.cols))
	for i, col := range s.cols {
		names[i] = schema[col].Name
	}
	return names
}

// Values puts the columns of one customer into dst, which must have room for
// them all or be nil, and returns it cut to their number. A missing income is
// NaN.
func (s Selection) Values(dst []float64, e *Engineered) []float64 {
	if cap(dst) < len(s.cols) {
		dst = make([]float64, len(s.cols))
	}
	dst, e = dst[:len(s.cols)], orZero(e)
	for i, col := range s.cols {
		dst[i] = e.number(col)
	}
	return dst
}

// Matrix gives the columns of a table as a matrix, n customers × the columns.
// A missing income is NaN. A table without rows and a choice without columns
// are errors: a matrix has neither.
func (s Selection) Matrix(t *Table) (*mat.Dense, error) {
	t = orZero(t)
	n, d := len(t.Rows), len(s.cols)
	if n == 0 {
		return nil, fmt.Errorf("%w: the table has no rows; want at least one for a matrix", ErrNoRows)
	}
	if d == 0 {
		return nil, fmt.Errorf("%w: no columns are named; want at least one for a matrix", ErrUnknownColumn)
	}
	data := make([]float64, n*d)
	for i := range t.Rows {
		s.Values(data[i*d:(i+1)*d:(i+1)*d], &t.Rows[i])
	}
	return mat.NewDense(n, d, data), nil
}

// Matrix gives the named columns as a matrix, as [Select] and
// [Selection.Matrix] do.
func (t *Table) Matrix(columns ...string) (*mat.Dense, error) {
	s, err := Select(columns...)
	if err != nil {
		return nil, err
	}
	return s.Matrix(t)
}
