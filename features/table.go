package features

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// A Table is named columns of equal length: numbers, words, days and ids, in
// which a missing value differs from zero. It is immutable and safe for
// concurrent use; a table made of another shares the columns that are the same.
// The zero Table has no columns and no rows.
type Table struct {
	asOf   time.Time
	n      int
	series []Series
	byName map[string]int // by exact name and by key
	schema []int          // position in series by position in schema, −1 where the table has no such column
}

// NewTable returns a table of the given columns. AsOf is the day on which ages
// and tenures were counted, zero where there is none. Columns of different
// length are an [ErrLength], two of one name an [ErrDuplicateColumn].
func NewTable(asOf time.Time, columns ...Series) (*Table, error) {
	t := &Table{asOf: asOf, byName: map[string]int{}, schema: slices.Repeat([]int{-1}, len(schema))}
	if len(columns) > 0 {
		t.n = columns[0].Len()
	}
	for i, s := range columns {
		s = Series{s.data()}
		name := s.column.Name
		if err := s.check(t.n); err != nil {
			return nil, err
		}
		if _, ok := t.byName[name]; ok {
			return nil, fmt.Errorf("%w: %s stands twice in the table; want each column once", ErrDuplicateColumn, name)
		}
		t.byName[name] = i
		t.series = append(t.series, s)
	}
	for i, s := range t.series {
		if k := key(s.column.Name); k != "" {
			if _, ok := t.byName[k]; !ok {
				t.byName[k] = i
			}
		}
		if at := position(s.column.Name); at >= 0 && s.fits(&schema[at]) {
			t.schema[at] = i
		}
	}
	return t, nil
}

// FromMatrix returns the table of the columns of x, n×d, under the given names;
// NaN is a missing value. Names that are not as many as the columns are an
// [ErrLength]; the error of ctx is returned once it has ended.
func FromMatrix(ctx context.Context, x mat.Matrix, names ...string) (*Table, error) {
	n, d := num.Dims(x)
	if len(names) != d {
		return nil, fmt.Errorf("%w: there are %d names for %d columns", ErrLength, len(names), d)
	}
	columns := make([]Series, d)
	for j, name := range names {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		columns[j] = Series{&vector{column: Column{Name: name, Kind: Amount}, n: n, numbers: mat.Col(nil, j, x)}}
	}
	return NewTable(time.Time{}, columns...)
}

// TextTable returns the table of columns of text as they stand, each free text,
// under the names of a header: one that comes twice, or is empty, becomes another, as
// in [ReadTable]. Names that are not as many as the columns are an [ErrLength]; the
// error of ctx is returned once it has ended.
func TextTable(ctx context.Context, header []string, columns [][]string) (*Table, error) {
	if len(header) != len(columns) {
		return nil, fmt.Errorf("%w: there are %d names for %d columns", ErrLength, len(header), len(columns))
	}
	b := tableBuilder{names: slices.Clone(header)}
	b.rename()
	list := make([]Series, len(columns))
	for j, values := range columns {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		list[j] = WordSeries(Column{Name: b.names[j], Kind: FreeText}, values)
	}
	return NewTable(time.Time{}, list...)
}

// Len returns the number of rows.
func (t *Table) Len() int { return orZero(t).n }

// AsOf returns the day, midnight UTC, on which ages and tenures were counted;
// the zero time where there is none.
func (t *Table) AsOf() time.Time { return orZero(t).asOf }

// At returns the table as one that was counted on a day; for the zero AsOf it is
// today.
func (t *Table) At(asOf AsOf) *Table {
	out := *orZero(t)
	out.asOf = asOf.Day()
	return &out
}

// Columns describes the columns in order. The slice is the caller's own.
func (t *Table) Columns() []Column {
	t = orZero(t)
	list := make([]Column, len(t.series))
	for i, s := range t.series {
		list[i] = s.Column()
	}
	return list
}

// ColumnNames returns the names of the columns in order.
func (t *Table) ColumnNames() []string {
	t = orZero(t)
	names := make([]string, len(t.series))
	for i, s := range t.series {
		names[i] = s.column.Name
	}
	return names
}

// Column returns the column of a name, as people write it. A name that the
// table does not have is a [*ColumnError].
func (t *Table) Column(name string) (Series, error) {
	t = orZero(t)
	i, ok := t.byName[name]
	if !ok {
		i, ok = t.byName[key(name)]
	}
	if !ok {
		return Series{}, &ColumnError{Column: name, Near: nearest(name, t.Columns()), Err: ErrUnknownColumn}
	}
	return t.series[i], nil
}

// Series returns the column of exactly that name; the zero Series, which is of
// no kind, where there is none.
func (t *Table) Series(name string) Series {
	t = orZero(t)
	if i, ok := t.byName[name]; ok && t.series[i].column.Name == name {
		return t.series[i]
	}
	return Series{}
}

// Select returns the table of the named columns, in the order of the names.
func (t *Table) Select(names ...string) (*Table, error) {
	list := make([]Series, len(names))
	for i, name := range names {
		s, err := t.Column(name)
		if err != nil {
			return nil, err
		}
		list[i] = s
	}
	out, err := NewTable(t.AsOf(), list...)
	if err == nil && len(list) == 0 {
		out.n = t.Len()
	}
	return out, err
}

// With returns the table with further columns behind its own. A column that is
// not as long as the table is an [ErrLength], one of a name that it has an
// [ErrDuplicateColumn].
func (t *Table) With(columns ...Series) (*Table, error) {
	t = orZero(t)
	for _, s := range columns {
		if err := s.check(t.n); err != nil && t.n > 0 {
			return nil, err
		}
	}
	return NewTable(t.asOf, slices.Concat(t.series, columns)...)
}

// Rows returns the table of some rows, counted from 0, in the given order. A row
// that the table does not have is an [ErrRow]; the error of ctx is returned once it
// has ended.
func (t *Table) Rows(ctx context.Context, rows []int) (*Table, error) {
	t = orZero(t)
	for _, row := range rows {
		if row < 0 || row >= t.n {
			return nil, fmt.Errorf("%w: row %d (counted from 0) is asked for, and there are %s", ErrRow, row, count(t.n, "row"))
		}
	}
	return t.rows(ctx, rows)
}

func (t *Table) rows(ctx context.Context, rows []int) (*Table, error) {
	out := *t
	out.n, out.series = len(rows), make([]Series, len(t.series))
	for i, s := range t.series {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		out.series[i] = s.rows(rows)
	}
	return &out, nil
}

// blockRows is how many rows are gone through between two looks at a context: a
// millisecond, where each is written as text.
const blockRows = 4096

// eachBlock calls f for blocks of n rows, in order, until ctx has ended or f returns
// an error, and returns why. It looks at ctx once at least.
func eachBlock(ctx context.Context, n int, f func(from, to int) error) error {
	for from := 0; ; from += blockRows {
		if err := cause.Of(ctx); err != nil || from >= n {
			return err
		}
		if err := f(from, min(n, from+blockRows)); err != nil {
			return err
		}
	}
}

// Chunk yields the rows in tables of up to n each, in order, which share the memory of
// the table. An n below 1 is 1.
func (t *Table) Chunk(n int) iter.Seq[*Table] {
	t, n = orZero(t), max(1, n)
	return func(yield func(*Table) bool) {
		for from := 0; from < t.n; from += n {
			out := *t
			out.n, out.series = min(n, t.n-from), make([]Series, len(t.series))
			for i, s := range t.series {
				out.series[i] = s.slice(from, from+out.n)
			}
			if !yield(&out) {
				return
			}
		}
	}
}

// Words returns the values of a column of words; the empty word stands for a
// missing one. A name that is no column of words is a [*ColumnError]; the error of ctx
// is returned once it has ended. The slice is the caller's own.
func (t *Table) Words(ctx context.Context, column string) ([]string, error) {
	s, err := t.Column(column)
	if err != nil {
		return nil, err
	}
	if s.column.Kind != Category {
		var near []string
		for _, c := range t.Columns() {
			if c.Kind == Category {
				near = append(near, c.Name)
			}
		}
		return nil, &ColumnError{Column: column, Near: near, Err: ErrNotWords}
	}
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	return s.Words(), nil
}

// Matrix returns the named columns of numbers, or all columns where none is
// named, as an n×d matrix of the caller's own. A missing value is NaN. A table
// without rows is an error, as a matrix has some; so is that of ctx once it has ended.
func (t *Table) Matrix(ctx context.Context, columns ...string) (*mat.Dense, error) {
	t = orZero(t)
	if t.n == 0 {
		return nil, fmt.Errorf("%w: the table has no rows; want at least one for a matrix", ErrNoRows)
	}
	if len(columns) == 0 {
		columns = t.ColumnNames()
	}
	list := make([]Series, len(columns))
	for j, name := range columns {
		var err error
		if list[j], err = t.numbers(name); err != nil {
			return nil, err
		}
	}
	d := len(list)
	if d == 0 {
		return nil, fmt.Errorf("%w: the table has no columns; want at least one for a matrix", ErrUnknownColumn)
	}
	data := make([]float64, t.n*d)
	err := eachBlock(ctx, t.n, func(from, to int) error {
		for j, s := range list {
			for i, x := range s.numbers[from:to] {
				data[(from+i)*d+j] = x
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return mat.NewDense(t.n, d, data), nil
}

// Value returns the value of a row in the column at a position of Columns, as a
// [Frame] has it: an int for Integer and Flag, a float64, bool or string, days
// as 2012-09-04; nil where it is missing, but for words and ids, which are empty.
func (t *Table) Value(column, row int) any {
	t = orZero(t)
	if column < 0 || column >= len(t.series) {
		return nil
	}
	s := t.series[column]
	switch k := s.Kind(); {
	case k.words():
		return s.Word(row)
	case k == Date:
		if !s.Missing(row) {
			return s.Day(row).Format(time.DateOnly)
		}
		return nil
	}
	x := s.Number(row)
	switch {
	case x != x:
		return nil
	case s.Kind() == Bool:
		return x == 1
	case s.Kind() != Amount && s.Kind() != Percent && float64(int(x)) == x:
		return int(x)
	}
	return x
}

// Customer returns a row as a customer. A column that the table does not have
// leaves its field at zero, as does a missing whole number; a row that it does
// not have is the zero Customer.
func (t *Table) Customer(row int) Customer {
	var e Engineered
	t.row(&e, row, rawColumns)
	return e.Customer
}

// Engineered returns a row as a customer with the engineered columns, as
// Customer does.
func (t *Table) Engineered(row int) Engineered {
	var e Engineered
	t.row(&e, row, len(schema))
	return e
}

// Customers yields the rows as customers.
func (t *Table) Customers() iter.Seq[*Customer] {
	return func(yield func(*Customer) bool) {
		var e Engineered
		for i := range t.Len() {
			if t.row(&e, i, rawColumns); !yield(&e.Customer) {
				return
			}
		}
	}
}

func (t *Table) row(e *Engineered, row, columns int) {
	t = orZero(t)
	if row < 0 || row >= t.n {
		return
	}
	for i, at := range t.schema[:columns] {
		if at >= 0 {
			t.series[at].set(schema[i].of(e), row)
		}
	}
}

// A builder makes a table of rows that come one at a time.
type builder struct {
	n            int
	columns      []Series
	dictionaries []dictionary
	ids          []*textsBuilder
}

// newBuilder returns a builder of the table of engineered customers.
func newBuilder(rows int) *builder {
	b := &builder{columns: make([]Series, len(schema)), dictionaries: make([]dictionary, len(schema)), ids: make([]*textsBuilder, len(schema))}
	for i, f := range schema {
		s := &vector{column: f.Column, n: rows}
		switch {
		case f.Kind.Numeric():
			s.numbers = make([]float64, rows)
		case f.Kind == Date:
			s.days = make([]int32, rows)
		case f.Kind == Identifier:
			b.ids[i] = newTexts(rows)
		default:
			s.codes = make([]int32, rows)
		}
		b.columns[i] = Series{s}
	}
	return b
}

func (b *builder) add(e *Engineered) {
	for i, s := range b.columns {
		switch p := schema[i].of(e).(type) {
		case *int:
			s.numbers[b.n] = float64(*p)
		case *float64:
			s.numbers[b.n] = *p
		case *bool:
			s.numbers[b.n] = number(p)
		case *time.Time:
			s.days[b.n] = unixDay(*p)
		case *string:
			if ids := b.ids[i]; ids != nil {
				ids.add([]byte(*p))
			} else {
				s.codes[b.n] = b.dictionaries[i].code(*p) + 1
			}
		}
	}
	b.n++
}

func (b *builder) table(asOf time.Time) *Table {
	columns := slices.Clone(b.columns)
	for i, s := range columns {
		if ids := b.ids[i]; ids != nil {
			s.ids = ids.texts()
		} else if s.codes != nil {
			columns[i] = b.dictionaries[i].series(s.column, s.codes)
		}
	}
	t, _ := NewTable(asOf, columns...) // no error: the schema fits
	return t
}
