package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// A Frame is named columns of loosely typed values, as data frames, sheets and
// databases have them.
type Frame interface {
	Columns() []Column // at least with name and kind
	Len() int          // rows
	// Value returns the value of a row in the column at a position of Columns: a
	// string, float64, int or bool, or nil where it is missing.
	Value(column, row int) any
}

// FromFrame returns the table of a frame that has the 38 columns of [Engineer]
// in any order, possibly filtered, sorted or with columns of other names, which
// are left out. The engineered columns are taken as they stand.
// AsOf is the first day of the month on which the ages and tenures were
// counted; rows that were counted in different months are an error. A frame
// of customers alone goes through [CustomersFromFrame] and [Engineer].
//
// Errors are [*ColumnError], where a column is not there, [*ValueError], with the
// row, where a value does not fit it, and that of ctx.
func FromFrame(ctx context.Context, frame Frame) (*Table, error) {
	f, err := open(ctx, frame, len(schema))
	if err != nil {
		return nil, err
	}
	b := newBuilder(frame.Len())
	var first time.Time
	err = eachBlock(ctx, frame.Len(), func(from, to int) error {
		for i := from; i < to; i++ {
			var e Engineered
			asOf, err := f.row(&e, i)
			if err != nil {
				return err
			}
			if i == 0 {
				first = asOf
			}
			if !asOf.Equal(first) {
				want := e.Tenure + 12*(first.Year()-asOf.Year()) + int(first.Month()) - int(asOf.Month())
				return &ValueError{Row: i, Column: "tenure", Value: fmt.Sprint(e.Tenure), Want: fmt.Sprintf("%d, the tenure in %s, when that of row 0 was counted", want, first.Format("January 2006")), Err: ErrFrame}
			}
			b.add(&e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.table(first), nil
}

// CustomersFromFrame returns the customers of a frame with the columns of the
// schema, by names as [Read] takes them. Optional columns may be absent, or
// empty in some rows, and leave their field at 0; those that the schema does
// not know are left out. Values are read as [Read] reads them; the order of the
// parts of days is found as there. Errors are those of [FromFrame].
func CustomersFromFrame(ctx context.Context, frame Frame) ([]Customer, error) {
	f, err := open(ctx, frame, rawColumns)
	if err != nil {
		return nil, err
	}
	customers := make([]Customer, frame.Len())
	err = eachBlock(ctx, len(customers), func(from, to int) error {
		for i := from; i < to; i++ {
			if err := f.customer(&customers[i], i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return customers, nil
}

// An openFrame is a frame with its columns found.
type openFrame struct {
	Frame
	at     []int  // column of the frame by position in schema; −1 for none
	values Reader // reads values as those of a file
	buf    []byte // the value at hand
}

func open(ctx context.Context, frame Frame, cols int) (*openFrame, error) {
	if frame == nil {
		return nil, fmt.Errorf("%w: there is none", ErrFrame)
	}
	f := &openFrame{frame, slices.Repeat([]int{-1}, len(schema)), Reader{decimal: DecimalPoint, encoding: encodingUTF8}, make([]byte, 0, 64)}
	var names []string
	for _, c := range f.Columns() {
		names = append(names, c.Name)
	}
	id := idColumn(names)
	for i, name := range names {
		col, ok := byKey[key(name)]
		if i == id {
			col, ok = colID, true
		}
		if !ok || col >= cols {
			continue
		}
		if f.at[col] >= 0 {
			return nil, fmt.Errorf("%w: %s stands twice in the data frame; want each column once", ErrDuplicateColumn, schema[col].Name)
		}
		if f.at[col] = i; col < rawColumns {
			f.values.bind(col)
		}
	}
	var lacking []string
	for col := range cols {
		if f.at[col] < 0 && (schema[col].Required || col >= rawColumns) {
			lacking = append(lacking, schema[col].Name)
		}
	}
	if len(lacking) > 0 {
		return nil, fmt.Errorf("%w: the data frame lacks the %s %s; want them as a table names them", ErrHeader, plural(lacking, "column"), list(lacking, "and"))
	}
	y, m, day := AsOf{}.Day().Date()
	v := dateBallot{dateColumn: dateColumn{last: ymd(y, int(m), day), whole: true, final: true}}
	err := eachBlock(ctx, f.Len(), func(from, to int) error {
		for i := from; i < to; i++ {
			v.vote(&f.values, step{kind: Date}, f.text(colDtCustomer, i))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.values.writings = v.decide()
	return f, nil
}

// text returns a value as a file has it, empty for a missing one, until the next call.
func (f *openFrame) text(col, i int) []byte {
	v := f.Value(f.at[col], i)
	if b, ok := v.(bool); ok && schema[col].Kind.Numeric() {
		v = number(&b)
	}
	switch v := v.(type) {
	case nil:
		return f.buf[:0]
	case float64:
		f.buf = strconv.AppendFloat(f.buf[:0], v, 'f', -1, 64)
	case string:
		f.buf = append(f.buf[:0], v...)
		if schema[col].Kind.Numeric() { // a decimal comma is taken, too
			if x, form := parseNumber(f.buf, DecimalPoint); form == formComma {
				f.buf = strconv.AppendFloat(f.buf[:0], x, 'f', -1, 64)
			}
		}
	default:
		f.buf = fmt.Append(f.buf[:0], v)
	}
	return f.buf
}

func (f *openFrame) wrong(col, i int, want string) error {
	value := string(f.text(col, i))
	if x, ok := f.Value(f.at[col], i).(float64); ok {
		value = fmt.Sprintf("%f", x)
	}
	return &ValueError{Row: i, Column: schema[col].Name, Value: value, Want: want, Err: ErrValue}
}

// row reads a row, and returns the month of AsOf that tenure tells.
func (f *openFrame) row(e *Engineered, i int) (asOf time.Time, err error) {
	if err := cmp.Or(f.customer(&e.Customer, i), f.engineered(e, i)); err != nil {
		return asOf, err
	}
	y, m, _ := e.DtCustomer.Date()
	asOf = time.Date(y, m+time.Month(e.Tenure), 1, 0, 0, 0, 0, time.UTC)
	if want := asOf.Year() - e.YearBirth; e.Age != want { // the year must be that of age
		return asOf, &ValueError{Row: i, Column: "age", Value: fmt.Sprint(e.Age), Want: fmt.Sprintf("%d, the age in %s, when the tenure was counted", want, asOf.Format("January 2006")), Err: ErrFrame}
	}
	return asOf, nil
}

// customer reads the raw columns of a row.
func (f *openFrame) customer(c *Customer, i int) error {
	r := &f.values
	r.idText = strconv.AppendInt(r.idText[:0], int64(i)+1, 10)
	r.id = r.idText
	for col := range rawColumns {
		if f.at[col] >= 0 && r.value(col, schema[col].Kind, f.text(col, i)) != nil {
			return f.wrong(col, i, schema[col].want())
		}
	}
	for _, col := range r.categories {
		*r.texts[col] = r.words[col].value
	}
	*c = r.row
	c.ID = string(r.id)
	return nil
}

// engineered reads the engineered columns of a row.
func (f *openFrame) engineered(e *Engineered, i int) error {
	for col := rawColumns; col < len(schema); col++ {
		s := &schema[col]
		text, want := f.text(col, i), ""
		x, form := parseNumber(text, DecimalPoint)
		if v, ok := boolean(text); ok && s.Kind == Bool {
			x, form = float64(v), formPlain
		}
		switch {
		case s.Kind == Category && !slices.Contains(s.Levels, string(text)):
			want = s.Meaning
		case s.Kind == Category:
			*s.of(e).(*string) = string(text)
		case s.Kind == Amount && form >= formMissing:
			want = "an amount, such as 1617"
		case s.Kind == Bool && (form == formBad || x != 0 && x != 1):
			want = "true or false"
		case s.Kind == Integer && (form == formBad || x != math.Trunc(x) || !(math.Abs(x) <= maxInteger)):
			want = "a whole number"
		default:
			setNumber(s.of(e), x)
		}
		if want != "" {
			return f.wrong(col, i, want)
		}
	}
	return nil
}
