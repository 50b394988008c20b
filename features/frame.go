package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
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
// Errors are [*ColumnError], where a column is not there, and [*ValueError],
// with the row, where a value does not fit it.
func FromFrame(frame Frame) (*Table, error) {
	f, err := open(frame, len(schema))
	if err != nil {
		return nil, err
	}
	b := newBuilder(frame.Len())
	var first time.Time
	for i := range frame.Len() {
		var e Engineered
		if err := f.customer(&e.Customer, i); err != nil {
			return nil, err
		}
		if err := f.engineered(&e, i); err != nil {
			return nil, err
		}
		// Month of AsOf, from tenure; its year must be that of age.
		y, m, _ := e.DtCustomer.Date()
		asOf := time.Date(y, m+time.Month(e.Tenure), 1, 0, 0, 0, 0, time.UTC)
		if i == 0 {
			first = asOf
		}
		if want := asOf.Year() - e.YearBirth; e.Age != want {
			return nil, &ValueError{Row: i, Column: "age", Value: fmt.Sprint(e.Age), Want: fmt.Sprintf("%d, the age in %s, when the tenure was counted", want, asOf.Format("January 2006")), Err: ErrFrame}
		}
		if !asOf.Equal(first) {
			want := e.Tenure + 12*(first.Year()-asOf.Year()) + int(first.Month()) - int(asOf.Month())
			return nil, &ValueError{Row: i, Column: "tenure", Value: fmt.Sprint(e.Tenure), Want: fmt.Sprintf("%d, the tenure in %s, when that of row 0 was counted", want, first.Format("January 2006")), Err: ErrFrame}
		}
		b.add(&e)
	}
	return b.table(first), nil
}

// CustomersFromFrame returns the customers of a frame with the columns of the
// schema, by names as [Read] takes them. Optional columns may be absent, or
// empty in some rows, and leave their field at 0; those that the schema does
// not know are left out. Days may be written as [Read] takes them; the order of
// their parts is found as there. Errors are those of [FromFrame].
func CustomersFromFrame(frame Frame) ([]Customer, error) {
	f, err := open(frame, rawColumns)
	if err != nil {
		return nil, err
	}
	customers := make([]Customer, frame.Len())
	for i := range customers {
		if err := f.customer(&customers[i], i); err != nil {
			return nil, err
		}
	}
	return customers, nil
}

// An openFrame is a frame with its columns found.
type openFrame struct {
	Frame
	at       []int             // column of the frame by position in schema; −1 for none
	writings []*writing        // how days are written
	words    map[string]string // canonical, by what stands in the frame
}

func open(frame Frame, cols int) (*openFrame, error) {
	if frame == nil {
		return nil, fmt.Errorf("%w: there is none", ErrFrame)
	}
	f := &openFrame{Frame: frame, words: map[string]string{}, at: slices.Repeat([]int{-1}, len(schema))}
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
		f.at[col] = i
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
	c := dateColumn{last: ymd(y, int(m), day), whole: true, final: true}
	for i := range f.Len() {
		if p := parseDate([]byte(f.text(colDtCustomer, i))); p.form == dateRead && p.layout.orders(p.parts) != 0 {
			c.tally(p.layout).add(p.parts, 1)
		}
	}
	f.writings = c.decide()
	return f, nil
}

// text returns a value as it is written, empty for a missing one.
func (f *openFrame) text(col, i int) string {
	switch v := f.Value(f.at[col], i).(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%f", v)
	default:
		return fmt.Sprint(v)
	}
}

// number reads a numeric value; a missing one is NaN. Words are read as numbers
// that people write.
func (f *openFrame) number(col, i int) float64 {
	switch v := f.Value(f.at[col], i).(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case bool:
		return number(&v)
	case string:
		if v, ok := boolean([]byte(v)); ok && (schema[col].Kind == Flag || schema[col].Kind == Bool) {
			return float64(v)
		}
		if x, form := parseNumber([]byte(v), DecimalPoint); form != formBad {
			return x
		}
	}
	return math.NaN()
}

func (f *openFrame) wrong(col, i int, want string) error {
	return &ValueError{Row: i, Column: schema[col].Name, Value: f.text(col, i), Want: want, Err: ErrValue}
}

// customer reads the raw columns of a row.
func (f *openFrame) customer(c *Customer, i int) error {
	for col := range rawColumns {
		s := &schema[col]
		if f.at[col] < 0 {
			continue
		}
		absent := missing(trimBlanks([]byte(f.text(col, i))))
		if absent && !s.Required && col != colID {
			continue // as where the frame does not have the column
		}
		switch p := s.raw(c).(type) {
		case *string:
			text := f.text(col, i)
			if s.Kind == Identifier {
				if x, ok := f.Value(f.at[col], i).(float64); ok {
					text = strconv.FormatFloat(x, 'f', -1, 64) // no point, as a frame took the ids for numbers
				}
				if *p = string(trimBlanks([]byte(text))); checkID([]byte(*p)) != nil {
					return f.wrong(col, i, s.want())
				}
				continue
			}
			var ok bool
			if *p, ok = f.words[s.Name+text]; !ok {
				*p, _ = s.canonical(strings.TrimSpace(text))
				f.words[s.Name+text] = *p
			}
		case *time.Time:
			d := parseDate([]byte(f.text(col, i)))
			w := find(f.writings, d.layout)
			if d.form != dateRead || w == nil {
				return f.wrong(col, i, s.want())
			}
			y, m, dd, ok := d.layout.in(d.parts, w.by[w.of(d.parts)].order)
			if !ok {
				return f.wrong(col, i, s.want())
			}
			*p = day(y, m, dd)
		case *float64:
			x := f.number(col, i)
			if !(absent && s.Nullable) && !(x >= 0 && x <= math.MaxFloat64) {
				return f.wrong(col, i, s.want())
			}
			*p = x
		case *int:
			low, high := s.limits()
			x := f.number(col, i)
			if x != math.Trunc(x) || !(x >= float64(low) && x <= float64(high)) {
				return f.wrong(col, i, s.want())
			}
			*p = int(x)
		}
	}
	if f.at[colID] < 0 {
		c.ID = strconv.Itoa(i + 1)
	}
	return nil
}

// engineered reads the engineered columns of a row.
func (f *openFrame) engineered(e *Engineered, i int) error {
	for col := rawColumns; col < len(schema); col++ {
		s := &schema[col]
		if s.Kind == Category {
			word := f.text(col, i)
			if !slices.Contains(s.Levels, word) {
				return f.wrong(col, i, s.Meaning)
			}
			*s.of(e).(*string) = word
			continue
		}
		x, want := f.number(col, i), ""
		switch {
		case s.Kind == Amount && (math.IsNaN(x) || math.IsInf(x, 0)):
			want = "an amount, such as 1617"
		case s.Kind == Bool && x != 0 && x != 1:
			want = "true or false"
		case s.Kind == Integer && (x != math.Trunc(x) || !(math.Abs(x) <= maxInteger)):
			want = "a whole number"
		}
		if want != "" {
			return f.wrong(col, i, want)
		}
		setNumber(s.of(e), x)
	}
	return nil
}
