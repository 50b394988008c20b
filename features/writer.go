package features

import (
	"bytes"
	"context"
	"io"
	"math"
	"strconv"
	"time"
)

// A Writer writes customers as a CSV file: the 29 columns of the schema under
// their canonical names, commas between, days as 2012-09-04, a missing income
// empty. [Read] returns the same customers, bit for bit. It is not safe for
// concurrent use.
type Writer struct {
	w       io.Writer
	buf     []byte
	started bool
	err     error
}

// NewWriter returns a writer to w. What it holds back is written by
// [Writer.Flush].
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write adds a customer; the header is written before the first. A customer
// that [Customer.Validate] refuses is written as it is, and [Read] will refuse
// it then.
func (w *Writer) Write(c *Customer) error {
	w = orZero(w)
	w.header()
	c = orZero(c)
	buf := w.buf
	for i := range schema[:rawColumns] {
		switch p := schema[i].raw(c).(type) {
		case *string:
			buf = appendWord(buf, *p)
		case *time.Time:
			buf = p.AppendFormat(buf, time.DateOnly)
		case *float64:
			buf = appendFloat(buf, *p)
		case *int:
			buf = strconv.AppendInt(buf, int64(*p), 10)
		}
		buf = append(buf, ',')
	}
	w.buf = buf
	return w.endRow()
}

// endRow ends a row whose values each have a comma behind them.
func (w *Writer) endRow() error {
	w.buf = append(bytes.TrimSuffix(w.buf, []byte(",")), '\n')
	if len(w.buf) >= bufferSize {
		return w.flush()
	}
	return w.err
}

// Flush writes what is held back, at least the header.
func (w *Writer) Flush() error {
	w = orZero(w)
	w.header()
	return w.flush()
}

func (w *Writer) header() {
	if w.started {
		return
	}
	w.started = true
	for _, f := range schema[:rawColumns] {
		w.buf = append(append(w.buf, f.Name...), ',')
	}
	w.endRow()
}

func (w *Writer) flush() error {
	if w.w == nil && w.err == nil {
		w.err = errNoWriter
	}
	if w.err == nil {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

// WriteCSV writes the table as CSV: commas between, days as 2012-09-04, flags
// as 1 or 0, nothing for a missing value. [Read] returns the customers of a
// table of [Engineer] back, bit for bit. Errors are those of w and of ctx, once it has
// ended: rows may have been written before.
func (t *Table) WriteCSV(ctx context.Context, w io.Writer) error {
	t = orZero(t)
	out := Writer{w: w}
	for _, s := range t.series {
		out.buf = append(appendWord(out.buf, s.column.Name), ',')
	}
	if err := out.endRow(); err != nil {
		return err
	}
	return t.writeRows(ctx, &out)
}

// WriteRows writes the rows as [Table.WriteCSV] does, without the names of the
// columns: behind those of an earlier table.
func (t *Table) WriteRows(ctx context.Context, w io.Writer) error {
	return orZero(t).writeRows(ctx, &Writer{w: w})
}

func (t *Table) writeRows(ctx context.Context, out *Writer) error {
	levels := make([][][]byte, len(t.series)) // as they stand in the file
	for j, s := range t.series {
		for _, word := range s.levels {
			levels[j] = append(levels[j], appendWord(nil, word))
		}
	}
	err := eachBlock(ctx, t.n, func(from, to int) error {
		for i := from; i < to; i++ {
			if err := t.writeRow(out, i, levels); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.flush()
}

// writeRow writes a row, in which levels are the words of the columns.
func (t *Table) writeRow(out *Writer, i int, levels [][][]byte) error {
	buf := out.buf
	for j, s := range t.series {
		switch {
		case s.numbers != nil:
			buf = appendFloat(buf, s.numbers[i])
		case s.ids.end != nil:
			buf = appendWord(buf, s.ids.at(i))
		case s.codes != nil && s.codes[i] >= 0:
			buf = append(buf, levels[j][s.codes[i]]...)
		case s.days != nil && s.days[i] != noDay:
			buf = s.Day(i).AppendFormat(buf, time.DateOnly)
		}
		buf = append(buf, ',')
	}
	out.buf = buf
	return out.endRow()
}

// appendFloat adds the shortest decimal that reads back to the same bits;
// nothing for NaN. A number such as 58.138, which people may take for
// thousands, gets a further 0.
func appendFloat(dst []byte, x float64) []byte {
	if math.IsNaN(x) {
		return dst
	}
	if n := int64(x); float64(n) == x && n != 0 && -maxInteger < n && n < maxInteger {
		return strconv.AppendInt(dst, n, 10)
	}
	from := len(dst)
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, x, 'e', -1, 64)
	}
	dst = strconv.AppendFloat(dst, x, 'f', -1, 64)
	if i := bytes.IndexByte(dst[from:], '.'); i >= 0 && len(dst)-from-i == 4 {
		dst = append(dst, '0')
	}
	return dst
}

// appendWord adds a word, in quotes where it needs them.
func appendWord(dst []byte, s string) []byte {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		switch s[i] {
		case ',', '"', '\n', '\r', '\t', ';', '|':
			plain = false
		}
	}
	if plain && (s == "" || s[0] != ' ' && s[len(s)-1] != ' ') {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
