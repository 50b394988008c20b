package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
)

// DataFrame gives the 38 columns of a table, and the extra ones behind them,
// as a gota data frame. Whole numbers and flags are Int, amounts Float, with
// NaN for a missing income, is_parent is Bool, ids and words are String, and
// days are String as 2012-09-04, since gota has no type for them. [FromDataFrame] is
// the way back. An extra column that is not as long as the table makes the
// frame's Err; so does, where int has 32 bits, a number that needs more.
func DataFrame(t *Table, extra ...ExtraColumn) dataframe.DataFrame {
	t = orZero(t)
	return frame(len(t.Rows), allColumns, func(i int) *Engineered { return &t.Rows[i] }, extra)
}

// CustomersFrame gives the 29 columns of customers as a gota data frame, with
// the types that [DataFrame] has. [CustomersFromFrame] is the way back.
func CustomersFrame(customers []Customer) dataframe.DataFrame {
	var e Engineered
	return frame(len(customers), rawColumns, func(i int) *Engineered {
		e.Customer = customers[i]
		return &e
	}, nil)
}

func frame(rows, cols int, row func(i int) *Engineered, extra []ExtraColumn) dataframe.DataFrame {
	all := make([]series.Series, 0, cols+len(extra))
	for col := range cols {
		var values any
		var kind series.Type
		switch schema[col].Kind {
		case Integer, Flag:
			v := make([]int, rows)
			for i := range v {
				whole := row(i).integer(col)
				if v[i] = int(whole); int64(v[i]) != whole {
					return dataframe.DataFrame{Err: fmt.Errorf("%w: row %d (counted from 0), column %s: %d is more than gota's whole numbers hold, which have %d bits here", ErrValue, i, schema[col].Name, whole, strconv.IntSize)}
				}
			}
			values, kind = v, series.Int
		case Amount:
			v := make([]float64, rows)
			for i := range v {
				v[i] = row(i).number(col)
			}
			values, kind = v, series.Float
		case Bool:
			v := make([]bool, rows)
			for i := range v {
				v[i] = row(i).number(col) == 1
			}
			values, kind = v, series.Bool
		case Date:
			v := make([]string, rows)
			for i := range v {
				v[i] = row(i).DtCustomer.Format(time.DateOnly)
			}
			values, kind = v, series.String
		default:
			v := make([]string, rows)
			for i := range v {
				v[i] = *row(i).wordAt(col)
			}
			values, kind = v, series.String
		}
		all = append(all, series.New(values, kind, schema[col].Name))
	}
	for _, x := range extra {
		kind := series.String
		switch x.values.(type) {
		case []int:
			kind = series.Int
		case []float64:
			kind = series.Float
		}
		if x.len != rows {
			return dataframe.DataFrame{Err: fmt.Errorf("%w: column %s has %s and the table %s; want one for each row", ErrLength, x.name, count(x.len, "value"), count(rows, "row"))}
		}
		all = append(all, series.New(x.values, kind, x.name))
	}
	return dataframe.New(all...)
}

// FromDataFrame makes a table of a data frame that has the 38 columns of
// [DataFrame] in any order, possibly filtered, sorted or with columns of other
// names, which are left out. The engineered columns are taken as they stand.
// AsOf is the first day of the month on which the ages and tenures were
// counted; rows that were counted in different months are an error. A frame
// of customers alone goes through [CustomersFromFrame] and [Engineer].
//
// Errors are [*ColumnError], where a column is not there, and [*ValueError],
// with the row, where a value does not fit it.
func FromDataFrame(df dataframe.DataFrame) (*Table, error) {
	f, err := open(df, allColumns)
	if err != nil {
		return nil, err
	}
	t := &Table{Rows: make([]Engineered, df.Nrow())}
	for i := range t.Rows {
		e := &t.Rows[i]
		if err := f.customer(&e.Customer, i); err != nil {
			return nil, err
		}
		if err := f.engineered(e, i); err != nil {
			return nil, err
		}
		// Month of AsOf, from tenure; its year must be that of age.
		y, m, _ := e.DtCustomer.Date()
		asOf := time.Date(y, m+time.Month(e.Tenure), 1, 0, 0, 0, 0, time.UTC)
		if i == 0 {
			t.AsOf = asOf
		}
		if want := asOf.Year() - e.YearBirth; e.Age != want {
			return nil, &ValueError{Row: i, Column: "age", Value: fmt.Sprint(e.Age), Want: fmt.Sprintf("%d, the age in %s, when the tenure was counted", want, asOf.Format("January 2006")), Err: ErrFrame}
		}
		if !asOf.Equal(t.AsOf) {
			want := e.Tenure + 12*(t.AsOf.Year()-asOf.Year()) + int(t.AsOf.Month()) - int(asOf.Month())
			return nil, &ValueError{Row: i, Column: "tenure", Value: fmt.Sprint(e.Tenure), Want: fmt.Sprintf("%d, the tenure in %s, when that of row 0 was counted", want, t.AsOf.Format("January 2006")), Err: ErrFrame}
		}
	}
	return t, nil
}

// CustomersFromFrame makes customers of a data frame with the columns of the
// schema, by names as [Read] takes them. Optional columns may be absent; those
// that the schema does not know are left out. Days may be written as [Read]
// takes them; the order of their parts is found as there. Errors are as those of [FromDataFrame].
func CustomersFromFrame(df dataframe.DataFrame) ([]Customer, error) {
	f, err := open(df, rawColumns)
	if err != nil {
		return nil, err
	}
	customers := make([]Customer, df.Nrow())
	for i := range customers {
		if err := f.customer(&customers[i], i); err != nil {
			return nil, err
		}
	}
	return customers, nil
}

// An openFrame is a data frame with its columns found.
type openFrame struct {
	cols     [allColumns]series.Series
	have     [allColumns]bool
	writings []*writing        // how days are written
	words    map[string]string // canonical, by what stands in the frame
}

func open(df dataframe.DataFrame, cols int) (*openFrame, error) {
	if df.Err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, df.Err)
	}
	f := &openFrame{words: map[string]string{}}
	id := idColumn(df.Names())
	for i, name := range df.Names() {
		col, ok := byKey[key(name)]
		if i == id {
			col, ok = colID, true
		}
		if !ok || col >= cols {
			continue
		}
		if f.have[col] {
			return nil, fmt.Errorf("%w: %s stands twice in the data frame; want each column once", ErrDuplicateColumn, schema[col].Name)
		}
		f.cols[col], f.have[col] = df.Col(name), true
	}
	var lacking []string
	for col := range cols {
		if !f.have[col] && (schema[col].Required || col >= rawColumns) {
			lacking = append(lacking, schema[col].Name)
		}
	}
	if len(lacking) > 0 {
		return nil, fmt.Errorf("%w: the data frame lacks the %s %s; want them as DataFrame names them", ErrHeader, plural(lacking, "column"), list(lacking, "and"))
	}
	if f.have[colDtCustomer] {
		days := f.cols[colDtCustomer]
		y, m, day := AsOf{}.Day().Date()
		c := dateColumn{last: ymd(y, int(m), day), whole: true, final: true}
		for i := range days.Len() {
			if p := parseDate([]byte(text(days, i))); p.form == dateRead && p.layout.orders(p.parts) != 0 {
				c.tally(p.layout).add(p.parts, 1)
			}
		}
		f.writings = c.decide()
	}
	return f, nil
}

// text is a value as it is written, empty for a missing one.
func text(s series.Series, i int) string {
	e := s.Elem(i)
	if e.IsNA() {
		return ""
	}
	return e.String()
}

// number reads a numeric value; a missing one is NaN. Columns of words are
// read as numbers that people write.
func (f *openFrame) number(col, i int) float64 {
	e := f.cols[col].Elem(i)
	if e.IsNA() {
		return math.NaN()
	}
	switch e.Type() {
	case series.Bool:
		if e.String() == "true" {
			return 1
		}
		return 0
	case series.String:
		b := []byte(e.String())
		if v, ok := boolean(b); ok && (schema[col].Kind == Flag || schema[col].Kind == Bool) {
			return float64(v)
		}
		x, form := parseNumber(b, DecimalPoint)
		if form == formBad {
			return math.NaN()
		}
		return x
	}
	return e.Float()
}

func (f *openFrame) wrong(col, i int, want string) error {
	return &ValueError{Row: i, Column: schema[col].Name, Value: text(f.cols[col], i), Want: want, Err: ErrValue}
}

// id reads the id of a row. Whole numbers in a column of floats are written
// without a point, as the data frame has them only because gota took the
// column for numbers.
func (f *openFrame) id(i int) string {
	s := f.cols[colID]
	if e := s.Elem(i); s.Type() == series.Float && !e.IsNA() {
		return strconv.FormatFloat(e.Float(), 'f', -1, 64)
	}
	return string(trimBlanks([]byte(text(s, i))))
}

// customer reads the raw columns of a row.
func (f *openFrame) customer(c *Customer, i int) error {
	e := Engineered{}
	for col := range rawColumns {
		if !f.have[col] {
			continue
		}
		switch schema[col].Kind {
		case Identifier:
			e.ID = f.id(i)
			if checkID([]byte(e.ID)) != nil {
				return f.wrong(col, i, wants[col])
			}
		case Category:
			raw := text(f.cols[col], i)
			value, ok := f.words[raw]
			if !ok {
				value, _ = canonical(col, strings.TrimSpace(raw))
				f.words[raw] = value
			}
			*e.wordAt(col) = value
		case Date:
			p := parseDate([]byte(text(f.cols[col], i)))
			w := find(f.writings, p.layout)
			if p.form != dateRead || w == nil {
				return f.wrong(col, i, wants[col])
			}
			y, m, d, ok := p.layout.in(p.parts, w.by[w.of(p.parts)].order)
			if !ok {
				return f.wrong(col, i, wants[col])
			}
			e.DtCustomer = day(y, m, d)
		case Amount:
			x := f.number(col, i)
			absent := col == colIncome && missing(trimBlanks([]byte(text(f.cols[col], i))))
			if !absent && !(x >= 0 && x <= math.MaxFloat64) {
				return f.wrong(col, i, wants[col])
			}
			e.setNumber(col, x)
		default:
			low, high := limits(col)
			x := f.number(col, i)
			if x != math.Trunc(x) || !(x >= float64(low) && x <= float64(high)) {
				return f.wrong(col, i, wants[col])
			}
			e.setNumber(col, x)
		}
	}
	if !f.have[colID] {
		e.ID = strconv.Itoa(i + 1)
	}
	*c = e.Customer
	return nil
}

// engineered reads the engineered columns of a row.
func (f *openFrame) engineered(e *Engineered, i int) error {
	for col := rawColumns; col < allColumns; col++ {
		switch schema[col].Kind {
		case Category:
			*e.wordAt(col) = text(f.cols[col], i)
			if want := engineeredWords[col]; !slices.Contains(want, *e.wordAt(col)) {
				return f.wrong(col, i, list(want, "or"))
			}
		case Amount:
			x := f.number(col, i)
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return f.wrong(col, i, "an amount, such as 1617")
			}
			e.setNumber(col, x)
		case Bool:
			x := f.number(col, i)
			if x != 0 && x != 1 {
				return f.wrong(col, i, "true or false")
			}
			e.setNumber(col, x)
		default:
			x := f.number(col, i)
			if x != math.Trunc(x) || !(math.Abs(x) <= maxInteger) {
				return f.wrong(col, i, "a whole number")
			}
			e.setNumber(col, x)
		}
	}
	return nil
}

var engineeredWords = map[int][]string{
	colLivingWith:     {"Partner", "Single", Unknown},
	colEducationLevel: {"Undergraduate", "Graduate", "Postgraduate", Unknown},
	colAgeGroup:       {"Teen", "Adult", "Middle-Aged Adult", "Senior Adult"},
}
