package store

import (
	"database/sql/driver"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
)

// A rowWriter takes the values of rows, in the order of the columns that it
// was made for, and End after each row. A value that a table cannot hold makes
// the error of End.
type rowWriter interface {
	Int(int64)
	Float(float64) // NaN is NULL
	Text(string)
	Bool(bool)
	Day(time.Time)
	Time(time.Time)
	Null()
	bad(value, want string) // refuses the row for a value
	End() error
	Flush() error // writes what is held back
	Rows() int    // ended so far
}

// word writes a category, whose empty string stands for a missing one.
func word(w rowWriter, s string) {
	if s == "" {
		w.Null()
	} else {
		w.Text(s)
	}
}

// A place is where a rowWriter stands, for its errors.
type place struct {
	columns []string
	column  int
	rows    int
	err     error
}

// bad keeps the first value of a row that cannot be held.
func (p *place) bad(value, want string) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: row %d (counted from 0), column %s is %s; want %s", ErrValue, p.rows, p.columns[min(p.column, len(p.columns)-1)], value, want)
	}
}

func (p *place) float(x float64) {
	if math.IsInf(x, 0) {
		p.bad(strconv.FormatFloat(x, 'g', -1, 64), "a finite number, or NaN where it is missing")
	}
}

func (p *place) text(s string) {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		p.bad(fmt.Sprintf("%.40q", s), "text in UTF-8 without zero bytes")
	}
}

func (p *place) time(t time.Time) {
	if y := t.Year(); y < 1 || y > 9999 {
		p.bad(t.String(), "a time in the years 1 to 9999")
	}
}

func (p *place) end() error {
	if p.column != len(p.columns) && p.err == nil {
		p.err = fmt.Errorf("%w: row %d has %d values for %d columns", ErrValue, p.rows, p.column, len(p.columns))
	}
	p.column = 0
	p.rows++
	return p.err
}

// Rows returns the number of rows ended.
func (p *place) Rows() int { return p.rows }

// copyWriter makes the text format of PostgreSQL's COPY
// (https://www.postgresql.org/docs/current/sql-copy.html) and sends it in
// pieces of about the size that lib/pq sends.
type copyWriter struct {
	place
	buf  []byte
	send func(string) error
}

const copyPiece = 60 << 10

func (w *copyWriter) tab() {
	if w.column > 0 {
		w.buf = append(w.buf, '\t')
	}
	w.column++
}

func (w *copyWriter) Int(n int64) {
	w.tab()
	if 0 <= n && n <= 9 {
		w.buf = append(w.buf, '0'+byte(n))
		return
	}
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *copyWriter) Float(x float64) {
	if n := int64(x); float64(n) == x && n != 0 && -1<<53 < n && n < 1<<53 {
		w.Int(n)
		return
	}
	if x != x {
		w.Null()
		return
	}
	w.place.float(x)
	w.tab()
	w.buf = strconv.AppendFloat(w.buf, x, 'g', -1, 64)
}

func (w *copyWriter) Text(s string) {
	w.place.text(s)
	w.tab()
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			w.buf = append(w.buf, `\\`...)
		case '\n':
			w.buf = append(w.buf, `\n`...)
		case '\r':
			w.buf = append(w.buf, `\r`...)
		case '\t':
			w.buf = append(w.buf, `\t`...)
		default:
			w.buf = append(w.buf, c)
		}
	}
}

func (w *copyWriter) Bool(b bool) {
	w.tab()
	if b {
		w.buf = append(w.buf, 't')
	} else {
		w.buf = append(w.buf, 'f')
	}
}

func (w *copyWriter) Day(t time.Time) {
	w.place.time(t)
	w.tab()
	w.buf = appendDay(w.buf, t)
}

func (w *copyWriter) Time(t time.Time) {
	w.place.time(t)
	w.tab()
	w.buf = t.UTC().AppendFormat(w.buf, timeLayout)
}

func (w *copyWriter) Null() {
	w.tab()
	w.buf = append(w.buf, `\N`...)
}

func (w *copyWriter) End() error {
	if err := w.place.end(); err != nil {
		return err
	}
	w.buf = append(w.buf, '\n')
	if len(w.buf) < copyPiece {
		return nil
	}
	return w.Flush()
}

func (w *copyWriter) Flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	// lib/pq adds the last line feed.
	err := w.send(string(w.buf[:len(w.buf)-1]))
	w.buf = w.buf[:0]
	return err
}

// timeLayout is RFC 3339 in UTC to the microsecond, the resolution of
// PostgreSQL. Times in it sort as text.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// appendDay adds the date as 2012-09-04.
func appendDay(dst []byte, t time.Time) []byte {
	y, m, d := t.Date()
	return append(dst,
		'0'+byte(y/1000%10), '0'+byte(y/100%10), '0'+byte(y/10%10), '0'+byte(y%10), '-',
		'0'+byte(m/10), '0'+byte(m%10), '-',
		'0'+byte(d/10), '0'+byte(d%10))
}

// batchWriter collects the values of several rows for one INSERT.
type batchWriter struct {
	place
	d    dialect
	args []driver.NamedValue
	n    int // args[:n] are set
	exec func(args []driver.NamedValue) error
	day  struct { // the last day as text
		t time.Time
		s string
	}
}

func (w *batchWriter) set(v driver.Value) {
	if w.n < len(w.args) {
		w.args[w.n].Value = v
		w.n++
	}
	w.column++
}

func (w *batchWriter) Int(n int64) { w.set(n) }

func (w *batchWriter) Float(x float64) {
	if x != x {
		w.set(nil)
		return
	}
	w.place.float(x)
	w.set(x)
}

func (w *batchWriter) Text(s string) {
	w.place.text(s)
	w.set(s)
}

func (w *batchWriter) Bool(b bool) { w.set(b) }

func (w *batchWriter) Day(t time.Time) {
	w.place.time(t)
	if t != w.day.t || w.day.s == "" {
		w.day.t, w.day.s = t, string(appendDay(nil, t))
	}
	w.set(w.day.s)
}

func (w *batchWriter) Time(t time.Time) {
	w.place.time(t)
	w.set(t.UTC().Format(timeLayout))
}

func (w *batchWriter) Null() { w.set(nil) }

func (w *batchWriter) End() error {
	if err := w.place.end(); err != nil {
		return err
	}
	if w.n < len(w.args) {
		return nil
	}
	return w.Flush()
}

func (w *batchWriter) Flush() error {
	if w.n == 0 {
		return nil
	}
	err := w.exec(w.args[:w.n])
	w.n = 0
	return err
}

// batchRows returns the number of rows of one INSERT: as many as make the cost
// of the statement small, within the 32,766 parameters that SQLite takes.
func batchRows(columns int) int { return max(1, min(100, 30_000/columns)) }

// insert returns the statement for a number of rows, with numbered parameters.
func insert(table tableName, columns []string, rows int, numbered bool) string {
	row := "(" + strings.Repeat("?,", len(columns)-1) + "?)"
	values := strings.Repeat(row+",", rows-1) + row
	if numbered { // apart from the names, which may hold a question mark
		values = sqlx.Rebind(sqlx.DOLLAR, values)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", table, quoteAll(columns), values)
}

// loadBatches fills a table by INSERTs of many rows. prepare returns the
// function that runs a statement.
func loadBatches(d dialect, table tableName, columns []string, numbered bool, fill func(rowWriter) error,
	prepare func(query string) (exec func([]driver.NamedValue) error, done func() error, err error)) error {
	rows := batchRows(len(columns))
	full, done, err := prepare(insert(table, columns, rows, numbered))
	if err != nil {
		return err
	}
	defer done()
	w := &batchWriter{place: place{columns: columns}, d: d, args: make([]driver.NamedValue, rows*len(columns))}
	for i := range w.args {
		w.args[i].Ordinal = i + 1
	}
	w.exec = func(args []driver.NamedValue) error {
		if len(args) == len(w.args) {
			return full(args)
		}
		rest, done, err := prepare(insert(table, columns, len(args)/len(columns), numbered))
		if err != nil {
			return err
		}
		defer done()
		return rest(args)
	}
	return fill(w)
}
