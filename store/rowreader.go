package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// A rowReader yields the values of a row in the order of the columns asked for.
// The first value that is not of the kind asked for makes its error.
type rowReader struct {
	columns []string // in the order asked for
	column  int      // asked for so far
	values  []any
	at      int // of values
	row     int

	// Where the database packs the columns that are never missing into one
	// text, with tabs between, whole numbers, numbers and days come from what
	// is left of that, the others from values.
	packed bool
	rest   string

	err   error
	words map[string]string // of the few different values that categories have
	day   struct {
		text string
		t    time.Time
	}
}

func (r *rowReader) next() any {
	r.column++
	if r.at >= len(r.values) {
		return nil
	}
	r.at++
	return r.values[r.at-1]
}

// field cuts the next value from the packed ones.
func (r *rowReader) field() string {
	r.column++
	i := strings.IndexByte(r.rest, '\t')
	if i < 0 {
		i = len(r.rest)
	}
	v := r.rest[:i]
	r.rest = r.rest[min(i+1, len(r.rest)):]
	return v
}

// start begins a row. The packed text is the last value.
func (r *rowReader) start(row int) {
	r.column, r.at, r.row = 0, 0, row
	if !r.packed {
		return
	}
	last := len(r.values) - 1
	r.rest, _ = text(r.values[last])
	if n := strings.Count(r.rest, "\t") + 1; n != len(r.columns)-last {
		r.err = fmt.Errorf("%w: row %d (counted from 0) has NULL in one of %s; only categories and the income may be missing", ErrValue, row, strings.Join(r.columns, ", "))
	}
}

func (r *rowReader) bad(v any, want string) {
	if r.err != nil {
		return
	}
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	value := "NULL"
	if v != nil {
		value = fmt.Sprintf("%.40q", fmt.Sprint(v))
	}
	r.err = fmt.Errorf("%w: row %d (counted from 0), column %s is %s; want %s", ErrValue, r.row, r.columns[r.column-1], value, want)
}

// Int reads every whole number, however the database writes it.
func (r *rowReader) Int() int64 {
	if r.packed {
		s := r.field()
		if len(s) == 1 && s[0] >= '0' && s[0] <= '9' {
			return int64(s[0] - '0')
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err == nil {
			return n
		}
		return r.whole(s)
	}
	return r.whole(r.next())
}

func (r *rowReader) whole(v any) int64 {
	switch x := v.(type) {
	case int64:
		return x
	case bool:
		if x {
			return 1
		}
		return 0
	case float64:
		if n := int64(x); float64(n) == x && math.Abs(x) < 1<<62 {
			return n
		}
	default:
		if s, ok := text(v); ok {
			if n, err := strconv.ParseInt(s, 10, 64); err == nil {
				return n
			}
			if f, err := strconv.ParseFloat(s, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<62 {
				return int64(f)
			}
		}
	}
	r.bad(v, "a whole number")
	return 0
}

// Float returns NaN for NULL in a nullable column.
func (r *rowReader) Float(nullable bool) float64 {
	if r.packed && !nullable {
		return r.number(r.field())
	}
	v := r.next()
	if v == nil && nullable {
		return math.NaN()
	}
	return r.number(v)
}

func (r *rowReader) number(v any) float64 {
	switch x := v.(type) {
	case float64:
		return x
	case int64:
		return float64(x)
	default:
		if s, ok := text(v); ok {
			if f, err := strconv.ParseFloat(s, 64); err == nil {
				return f
			}
		}
	}
	r.bad(v, "a number")
	return 0
}

// Text returns the empty string for NULL. Equal short texts share their memory.
func (r *rowReader) Text() string {
	v := r.next()
	var s string
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		s = x
		if w, ok := r.words[s]; ok {
			return w
		}
	case []byte:
		if w, ok := r.words[string(x)]; ok {
			return w
		}
		s = string(x)
	default:
		s = fmt.Sprint(x)
	}
	if len(s) <= 64 && len(r.words) < 256 {
		if r.words == nil {
			r.words = map[string]string{}
		}
		r.words[s] = s
	}
	return s
}

// ID reads text, and numbers as tables of other programs may have them.
func (r *rowReader) ID() string {
	v := r.next()
	switch x := v.(type) {
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	id, _ := text(v)
	if id == "" {
		r.bad(v, "an id")
	}
	return id
}

func (r *rowReader) Day() time.Time {
	if r.packed {
		s := r.field()
		if s == r.day.text && s != "" {
			return r.day.t
		}
		return r.date(strings.Clone(s))
	}
	return r.date(r.next())
}

func (r *rowReader) date(v any) time.Time {
	if t, ok := v.(time.Time); ok {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	s, ok := text(v)
	if ok && s == r.day.text && s != "" {
		return r.day.t
	}
	if ok && len(s) >= len(time.DateOnly) {
		// A time of day may follow.
		if t, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)]); err == nil {
			r.day.text, r.day.t = s, t
			return t
		}
	}
	r.bad(v, "a day such as 2012-09-04")
	return time.Time{}
}

func text(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case []byte:
		return string(x), true
	}
	return "", false
}

// Time reads a time, of which SQLite has the text in timeLayout.
func (r *rowReader) Time() time.Time {
	v := r.next()
	if t, ok := v.(time.Time); ok {
		return t.UTC()
	}
	if s, ok := text(v); ok {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC()
		}
	}
	r.bad(v, "a time such as 2012-09-04T10:00:00Z")
	return time.Time{}
}

// each reads columns of a table in the order of its rows and calls f for each,
// until f returns false. It begins again where the connection is lost before
// the first row. Of the columns, those that are in packed are never missing,
// and no texts.
func (s *Store) each(ctx context.Context, table tableName, columns, packed []string, f func(*rowReader) (bool, error)) error {
	list := quoteAll(columns)
	if pack := s.dialect.pack(packed); pack != "" {
		rest := slices.DeleteFunc(slices.Clone(columns), func(name string) bool { return slices.Contains(packed, name) })
		list = quoteAll(rest) + ", " + pack
	} else {
		packed = nil
	}
	var query string
	return s.retry(ctx, func() (bool, error) {
		if query == "" {
			there, err := columnsOf(ctx, s.dialect, s.db, table)
			if err != nil {
				return true, err
			}
			if query, err = selection(table, list, columns, there); err != nil {
				return true, err
			}
		}
		r := &rowReader{columns: columns, values: make([]any, len(columns)), packed: len(packed) > 0}
		if r.packed {
			r.values = r.values[:len(columns)-len(packed)+1]
		}
		n, err := eachOf(ctx, s.db, r, f, query)
		return n == 0, err
	})
}

// selection returns the query for a list made of columns of a table that may
// have others.
func selection(table tableName, list string, columns, there []string) (string, error) {
	if len(there) == 0 {
		// The column is missing: the error is left to the database.
		return "SELECT " + list + " FROM " + table.String() + " ORDER BY position", nil
	}
	var absent []string
	for _, name := range columns {
		if !slices.Contains(there, name) {
			absent = append(absent, name)
		}
	}
	if len(absent) > 0 {
		return "", fmt.Errorf("%w: %s lacks %s; it has %s", ErrColumns, table, strings.Join(absent, ", "), strings.Join(there, ", "))
	}
	query := "SELECT " + list + " FROM " + table.String()
	if slices.Contains(there, "position") {
		query += " ORDER BY position"
	}
	return query, nil
}

// eachRow calls f for each row of a query and counts them.
func eachRow(ctx context.Context, q sqlx.QueryerContext, columns []string, f func(*rowReader) (bool, error), query string, args ...any) (n int, err error) {
	return eachOf(ctx, q, &rowReader{columns: columns, values: make([]any, len(columns))}, f, query, args...)
}

// readAll returns what one makes of each row of a query.
func readAll[T any](ctx context.Context, q sqlx.QueryerContext, columns []string, one func(*rowReader) T, query string, args ...any) ([]T, error) {
	list := []T{}
	_, err := eachRow(ctx, q, columns, func(r *rowReader) (bool, error) {
		list = append(list, one(r))
		return true, r.err
	}, query, args...)
	return list, err
}

func eachOf(ctx context.Context, q sqlx.QueryerContext, r *rowReader, f func(*rowReader) (bool, error), query string, args ...any) (n int, err error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	rows, err := q.QueryxContext(inner, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	pointers := make([]any, len(r.values))
	for i := range pointers {
		pointers[i] = &r.values[i]
	}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return n, err
		}
		r.start(n)
		n++
		if more, err := f(r); err != nil || !more {
			cancel() // or else the driver would read the rest of millions of rows
			return n, err
		}
	}
	return n, rows.Err()
}
