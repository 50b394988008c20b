package features

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// An UnseenPolicy says what [Table.Encode] does with a value that the given
// classes do not have.
type UnseenPolicy uint8

const (
	UnseenError UnseenPolicy = iota // refuse the table
	UnseenCode                      // give it the code −1
)

// EncodeOptions fix the classes of an encoding. With the zero value they are
// found in the table.
type EncodeOptions struct {
	Classes map[string][]string // classes of a column, in the order of their codes; as Encoded.Classes gave them for an earlier table
	Unseen  UnseenPolicy        // for values outside of Classes
}

// Encoded is a table as numbers only. The columns that say nothing or twice
// are left out (id, year_birth, marital_status, dt_customer, z_cost_contact,
// z_revenue, living_with, age_group), and words are replaced by the position
// of their value among the sorted classes, from 0, as scikit-learn's
// LabelEncoder does. It is immutable.
type Encoded struct {
	cols    []int
	rows    int
	data    []float64 // rows × cols
	classes map[int][]string
}

// left out of the encoded table
var notEncoded = []int{colID, colYearBirth, colMaritalStatus, colDtCustomer, colZCostContact, colZRevenue, colLivingWith, colAgeGroup}

// Encode label-encodes the words of the table. At most one EncodeOptions is
// taken; a second is an error (ErrOptions). A value outside of given classes is a [*ValueError] or the code −1,
// as the options say; classes for a column that is not encoded are a
// [*ColumnError].
func (t *Table) Encode(opts ...EncodeOptions) (*Encoded, error) {
	t = orZero(t)
	o, err := atMostOne(opts)
	if err != nil {
		return nil, err
	}
	e := &Encoded{rows: len(t.Rows), classes: map[int][]string{}}
	for col := range allColumns {
		if !slices.Contains(notEncoded, col) {
			e.cols = append(e.cols, col)
		}
	}
	for name, classes := range o.Classes {
		col, err := lookup(name)
		if err != nil {
			return nil, err
		}
		if schema[col].Kind != Category || slices.Contains(notEncoded, col) {
			return nil, &ColumnError{Column: name, Near: []string{"education", "education_level"}, Err: ErrUnknownColumn}
		}
		e.classes[col] = slices.Clone(classes)
	}
	codes := map[int]map[string]float64{}
	for _, col := range e.cols {
		if schema[col].Kind != Category {
			continue
		}
		if e.classes[col] == nil {
			e.classes[col] = t.distinct(col)
		}
		codes[col] = make(map[string]float64, len(e.classes[col]))
		for code, class := range e.classes[col] {
			codes[col][class] = float64(code)
		}
	}
	e.data = make([]float64, 0, len(t.Rows)*len(e.cols))
	for i := range t.Rows {
		for _, col := range e.cols {
			x := t.Rows[i].number(col)
			if schema[col].Kind == Category {
				word := *t.Rows[i].wordAt(col)
				code, ok := codes[col][word]
				switch {
				case ok:
					x = code
				case o.Unseen == UnseenCode:
					x = -1
				default:
					return nil, &ValueError{Row: i, Column: schema[col].Name, Value: word, Want: "one of the classes " + list(e.classes[col], "or"), Err: ErrCategory}
				}
			}
			e.data = append(e.data, x)
		}
	}
	return e, nil
}

// distinct gives the values of a column of words, sorted.
func (t *Table) distinct(col int) []string {
	seen := map[string]bool{}
	values := []string{}
	for i := range t.Rows {
		if w := *t.Rows[i].wordAt(col); !seen[w] {
			seen[w] = true
			values = append(values, w)
		}
	}
	slices.Sort(values)
	return values
}

// ColumnNames names the thirty columns in order.
func (e *Encoded) ColumnNames() []string { return Selection{orZero(e).cols}.Columns() }

// Len is the number of rows.
func (e *Encoded) Len() int { return orZero(e).rows }

// Classes gives the values that the codes of a column stand for: code 0 for
// the first. It is nil for a column that is not encoded. The slice is the
// caller's own.
func (e *Encoded) Classes(column string) []string {
	e = orZero(e)
	col, err := lookup(column)
	if err != nil {
		return nil
	}
	return slices.Clone(e.classes[col])
}

// AllClasses gives the classes of every encoded column by its name: what
// [EncodeOptions] take for the next table.
func (e *Encoded) AllClasses() map[string][]string {
	e = orZero(e)
	all := make(map[string][]string, len(e.classes))
	for col, classes := range e.classes {
		all[schema[col].Name] = slices.Clone(classes)
	}
	return all
}

// Decode gives the value that a code of a column stands for.
func (e *Encoded) Decode(column string, code float64) (string, error) {
	e = orZero(e)
	col, err := lookup(column)
	if err != nil {
		return "", err
	}
	classes := e.classes[col]
	if i := int(code); float64(i) == code && i >= 0 && i < len(classes) {
		return classes[i], nil
	}
	if classes == nil {
		return "", &ColumnError{Column: column, Near: []string{"education", "education_level"}, Err: ErrUnknownColumn}
	}
	return "", &ValueError{Row: -1, Column: schema[col].Name, Value: fmt.Sprint(code), Want: fmt.Sprintf("a code from 0 to %d", len(classes)-1), Err: ErrCategory}
}

// Matrix gives the encoded table, or the named columns of it, as a matrix of
// the caller's own. A missing income is NaN. A table without rows is an error.
func (e *Encoded) Matrix(columns ...string) (*mat.Dense, error) {
	e = orZero(e)
	at := make([]int, 0, len(e.cols))
	for _, name := range columns {
		col, err := lookup(name)
		if err != nil {
			return nil, err
		}
		j := slices.Index(e.cols, col)
		if j < 0 {
			return nil, &ColumnError{Column: name, Err: ErrUnknownColumn}
		}
		at = append(at, j)
	}
	if len(columns) == 0 {
		for j := range e.cols {
			at = append(at, j)
		}
	}
	if e.rows == 0 {
		return nil, fmt.Errorf("%w: the table has no rows; want at least one for a matrix", ErrNoRows)
	}
	m := mat.NewDense(e.rows, len(at), nil)
	for i := range e.rows {
		for j, k := range at {
			m.Set(i, j, e.data[i*len(e.cols)+k])
		}
	}
	return m, nil
}
