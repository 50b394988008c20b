package features

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
		if !schema[col].Kind.Numeric() {
			return Selection{}, &ColumnError{Column: schema[col].Name, Err: ErrNotNumeric}
		}
		s.cols[i] = col
	}
	return s, nil
}

// Columns returns the canonical names of the columns.
func (s Selection) Columns() []string {
	names := make([]string, len(s.cols))
	for i, col := range s.cols {
		names[i] = schema[col].Name
	}
	return names
}

// Values writes the columns of one customer to dst, which must have room for
// them all or be nil, and returns it cut to their number. A missing income is
// NaN.
func (s Selection) Values(dst []float64, e *Engineered) []float64 {
	if cap(dst) < len(s.cols) {
		dst = make([]float64, len(s.cols))
	}
	dst, e = dst[:len(s.cols)], orZero(e)
	for i, col := range s.cols {
		dst[i] = number(schema[col].of(e))
	}
	return dst
}
