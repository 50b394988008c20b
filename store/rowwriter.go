package store

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// A rowWriter writes the values of rows into a table, and the row at End.
type rowWriter interface {
	Int(int)
	Float(float64)
	Text(string)
	Bool(bool)
	Day(time.Time)
	Null()
	End() error
}

// load writes rows into a table and counts them. A row has a value for each of the
// columns: an int, a float64 (NaN is NULL), a string, a bool, nil for NULL, or a
// pointer to a field of a customer, whose empty text is NULL; to take them from there
// puts none on the heap. A row is valid until the next one.
func (t *tx) load(ctx context.Context, table tableName, columns []string, rows iter.Seq2[[]any, error]) (n int, err error) {
	return t.loadBy(ctx, columns, rows, func(fill func(rowWriter) error) error { return t.s.dialect.load(ctx, t, table, columns, fill) })
}

// loadBy is load by a writer of rows.
func (t *tx) loadBy(ctx context.Context, columns []string, rows iter.Seq2[[]any, error], write func(fill func(rowWriter) error) error) (n int, err error) {
	err = write(func(w rowWriter) error {
		n = 0
		for row, err := range rows {
			if err == nil && n&1023 == 0 {
				err = cause.Of(ctx)
			}
			for j := 0; err == nil && j < len(row); j++ {
				if why := putValue(w, row[j]); why != "" {
					err = fmt.Errorf("%w: row %d (counted from 0), column %s is %s", ErrValue, n, columns[j], why)
				}
			}
			if err == nil {
				err = w.End()
			}
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// putValue writes a value of a row, or returns what it is and what would be right where
// a table cannot hold it.
func putValue(w rowWriter, v any) (refused string) {
	switch v := v.(type) {
	case nil:
		w.Null()
	case int:
		w.Int(v)
	case *int:
		w.Int(*v)
	case float64:
		return putFloat(w, v)
	case *float64:
		return putFloat(w, *v)
	case string:
		return putText(w, v)
	case *string:
		if *v != "" {
			return putText(w, *v)
		}
		w.Null()
	case bool:
		w.Bool(v)
	case *time.Time:
		if y := v.Year(); y < 1 || y > 9999 {
			return v.String() + "; want a time in the years 1 to 9999"
		}
		w.Day(*v)
	default:
		return fmt.Sprintf("a %T; want an int, a float64, a bool, a string or nil", v)
	}
	return ""
}

func putFloat(w rowWriter, x float64) (refused string) {
	switch {
	case math.IsInf(x, 0):
		return fmt.Sprintf("%v; want a finite number, or NaN where it is missing", x)
	case x != x:
		w.Null()
	default:
		w.Float(x)
	}
	return ""
}

func putText(w rowWriter, s string) (refused string) {
	if !storable(s) {
		return fmt.Sprintf("%.40q; want text in UTF-8 without zero bytes", s)
	}
	w.Text(s)
	return ""
}

// frameRows returns the rows of a frame behind their positions, with NULL for an
// empty text.
func frameRows(f features.Frame) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		row := make([]any, 1+len(f.Columns()))
		for i := range f.Len() {
			row[0] = i + 1
			for j := range row[1:] {
				if row[j+1] = f.Value(j, i); row[j+1] == "" {
					row[j+1] = nil
				}
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// storable reports whether both databases keep a text.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// checkTexts refuses texts that no database keeps.
func checkTexts(texts ...string) error {
	for _, text := range texts {
		if !storable(text) {
			return fmt.Errorf("%w: %.40q; want text in UTF-8 without zero bytes", ErrValue, text)
		}
	}
	return nil
}

// timeLayout is RFC 3339 in UTC to the microsecond, the resolution of
// PostgreSQL. Times in it sort as text.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// A copyWriter makes the text format of PostgreSQL's COPY
// (https://www.postgresql.org/docs/current/sql-copy.html) and sends it in pieces.
type copyWriter struct {
	buf  []byte
	send func(lines string) error
}

// copyPiece is about the size in bytes of the messages that lib/pq sends.
const copyPiece = 60 << 10

func (w *copyWriter) Int(n int) {
	if 0 <= n && n <= 9 {
		w.buf = append(w.buf, '0'+byte(n), '\t')
		return
	}
	w.buf = append(strconv.AppendInt(w.buf, int64(n), 10), '\t')
}

func (w *copyWriter) Float(x float64) {
	if n := int(x); float64(n) == x && n != 0 && math.Abs(x) < 1<<53 {
		w.Int(n) // in a third of the time
		return
	}
	w.buf = append(strconv.AppendFloat(w.buf, x, 'g', -1, 64), '\t')
}

func (w *copyWriter) Text(s string) {
	for i := range len(s) {
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
	w.buf = append(w.buf, '\t')
}

func (w *copyWriter) Bool(b bool) { w.buf = append(strconv.AppendBool(w.buf, b), '\t') }

func (w *copyWriter) Day(t time.Time) { w.buf = append(t.AppendFormat(w.buf, time.DateOnly), '\t') }

func (w *copyWriter) Null() { w.buf = append(w.buf, "\\N\t"...) }

func (w *copyWriter) End() error {
	w.buf[len(w.buf)-1] = '\n'
	return w.flush(copyPiece)
}

// flush sends what there is from so many bytes on.
func (w *copyWriter) flush(least int) error {
	if len(w.buf) < least {
		return nil
	}
	// lib/pq adds the last line feed.
	err := w.send(string(w.buf[:len(w.buf)-1]))
	w.buf = w.buf[:0]
	return err
}

// A batchWriter collects the values of the rows of one INSERT.
type batchWriter struct {
	args []any // filled up to the capacity
	exec func(args []any) error
}

func (w *batchWriter) Int(n int)       { w.args = append(w.args, int64(n)) }
func (w *batchWriter) Float(x float64) { w.args = append(w.args, x) }
func (w *batchWriter) Text(s string)   { w.args = append(w.args, s) }
func (w *batchWriter) Bool(b bool)     { w.args = append(w.args, b) }
func (w *batchWriter) Day(t time.Time) { w.args = append(w.args, t.Format(time.DateOnly)) }
func (w *batchWriter) Null()           { w.args = append(w.args, nil) }

func (w *batchWriter) End() error {
	if len(w.args) < cap(w.args) {
		return nil
	}
	err := w.exec(w.args)
	w.args = w.args[:0]
	return err
}

// batchRows returns the number of rows of one INSERT: as many as make the cost
// of the statement small, within the 32,766 parameters that SQLite takes.
func batchRows(columns int) int { return max(1, min(100, 30_000/columns)) }

// insert returns the statement for a number of rows, with numbered parameters.
func insert(table tableName, columns []string, rows int, numbered bool) string {
	values := parameters(len(columns), rows)
	if numbered { // apart from the names, which may hold a question mark
		values = sqlx.Rebind(sqlx.DOLLAR, values)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", table, quoteAll(columns), values)
}

// parameters returns the values of rows, each a parameter.
func parameters(columns, rows int) string {
	row := "(" + strings.Repeat("?,", columns-1) + "?)"
	return strings.Repeat(row+",", rows-1) + row
}

// loadBatches writes the rows that fill writes by INSERTs of many.
func (t *tx) loadBatches(ctx context.Context, table tableName, columns []string, numbered bool, fill func(rowWriter) error) error {
	return t.batches(ctx, len(columns), func(rows int) string { return insert(table, columns, rows, numbered) }, fill)
}

// batches writes the rows that fill writes, each of so many columns, by statements
// of many.
func (t *tx) batches(ctx context.Context, columns int, statement func(rows int) string, fill func(rowWriter) error) error {
	rows := batchRows(columns)
	full, err := t.PrepareContext(ctx, statement(rows))
	if err != nil {
		return err
	}
	defer full.Close()
	w := &batchWriter{args: make([]any, 0, rows*columns), exec: func(args []any) error {
		_, err := full.ExecContext(ctx, args...)
		return err
	}}
	if err := fill(w); err != nil || len(w.args) == 0 {
		return err
	}
	_, err = t.ExecContext(ctx, statement(len(w.args)/columns), w.args...)
	return err
}

// loadBeside writes rows into a table of SQLite and has the shared columns copied from
// the rows of another in the same positions, which spares binding them: with 200,000
// customers, a fifth of the CPU time of examples/train. No row is lost to the join.
func (t *tx) loadBeside(ctx context.Context, table tableName, rows *features.Table, from written, shared []string) error {
	own := []string{"position"}
	for _, name := range rows.ColumnNames() {
		if !slices.Contains(shared, name) {
			own = append(own, name)
		}
	}
	into := fmt.Sprintf("INSERT INTO %s (%s) ", table, quoteAll(slices.Concat(own, shared)))
	if len(own) == 1 {
		_, err := t.ExecContext(ctx, into+fmt.Sprintf("SELECT %s FROM %s ORDER BY position", quoteAll(slices.Concat(own, shared)), from.name))
		return err
	}
	part, err := rows.Select(own[1:]...)
	if err != nil {
		return &sourceError{err}
	}
	values := make([]string, len(own))
	for i := range values {
		values[i] = fmt.Sprintf("v.column%d", i+1) // as SQLite names those of VALUES
	}
	_, err = t.loadBy(ctx, own, frameRows(part), func(fill func(rowWriter) error) error {
		return t.batches(ctx, len(own), func(n int) string {
			return into + fmt.Sprintf("SELECT %s, %s FROM (VALUES %s) AS v LEFT JOIN %s AS f ON f.position = v.column1", strings.Join(values, ", "), quoteAll(shared), parameters(len(own), n), from.name)
		}, fill)
	})
	return err
}
