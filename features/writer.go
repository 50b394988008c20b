package features

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// An ExtraColumn is a column that a table gets on its way out: the cluster of
// each customer, say.
type ExtraColumn struct {
	name   string
	len    int
	values any // []int, []float64 or []string
}

// Extra makes a column for [Table.WriteCSV], [Encoded.WriteCSV] and
// [DataFrame] with a value for each row. The values are not copied.
func Extra[T int | float64 | string](name string, values []T) ExtraColumn {
	return ExtraColumn{name, len(values), values}
}

// append adds the value of a row as it stands in a file.
func (x *ExtraColumn) append(dst []byte, row int) []byte {
	switch v := x.values.(type) {
	case []int:
		return strconv.AppendInt(dst, int64(v[row]), 10)
	case []float64:
		return appendFloat(dst, v[row])
	case []string:
		return appendWord(dst, v[row])
	}
	return dst
}

// A Writer writes customers as a CSV file: the 29 columns of the schema under
// their canonical names, commas between, days as 2012-09-04, a missing income
// empty. [Read] gives the same customers back, bit for bit. It is not safe for
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
	e := Engineered{Customer: *orZero(c)}
	for col := range rawColumns {
		if col > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = e.append(w.buf, col)
	}
	w.buf = append(w.buf, '\n')
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
	for col := range rawColumns {
		if col > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, schema[col].Name...)
	}
	w.buf = append(w.buf, '\n')
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

// WriteCSV writes the 38 columns of the table and the extra ones behind them
// as CSV: commas between, days as 2012-09-04, a missing income empty,
// is_parent as 1 or 0. [Read] gives the same customers back, bit for bit. An
// extra column that is not as long as the table is an error, and nothing is
// written then.
func (t *Table) WriteCSV(w io.Writer, extra ...ExtraColumn) error {
	t = orZero(t)
	return writeCSV(w, t.ColumnNames(), len(t.Rows), func(dst []byte, i int) []byte {
		for col := range allColumns {
			if col > 0 {
				dst = append(dst, ',')
			}
			dst = t.Rows[i].append(dst, col)
		}
		return dst
	}, extra)
}

// WriteCSV writes the encoded table as CSV, with the extra columns behind it,
// as [Table.WriteCSV] does.
func (e *Encoded) WriteCSV(w io.Writer, extra ...ExtraColumn) error {
	e = orZero(e)
	n := len(e.cols)
	return writeCSV(w, e.ColumnNames(), e.rows, func(dst []byte, i int) []byte {
		for j, x := range e.data[i*n : (i+1)*n] {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendFloat(dst, x)
		}
		return dst
	}, extra)
}

func writeCSV(w io.Writer, names []string, rows int, row func(dst []byte, i int) []byte, extra []ExtraColumn) error {
	if w == nil {
		return errNoWriter
	}
	var buf []byte
	for i, name := range names {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, name...)
	}
	for _, x := range extra {
		if x.len != rows {
			return fmt.Errorf("%w: column %s has %s and the table %s; want one for each row", ErrLength, x.name, count(x.len, "value"), count(rows, "row"))
		}
		buf = append(buf, ',')
		buf = appendWord(buf, x.name)
	}
	buf = append(buf, '\n')
	for i := range rows {
		buf = row(buf, i)
		for _, x := range extra {
			buf = append(buf, ',')
			buf = x.append(buf, i)
		}
		buf = append(buf, '\n')
		if len(buf) >= bufferSize {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}

// append adds a column as it stands in a file.
func (e *Engineered) append(dst []byte, col int) []byte {
	switch schema[col].Kind {
	case Category, Identifier:
		return appendWord(dst, *e.wordAt(col))
	case Date:
		return e.DtCustomer.AppendFormat(dst, time.DateOnly)
	case Amount:
		return appendFloat(dst, e.number(col))
	}
	return strconv.AppendInt(dst, e.integer(col), 10)
}

// appendFloat adds the shortest decimal that reads back to the same bits;
// nothing for NaN. A number such as 58.138, which people may take for
// thousands, gets a further 0.
func appendFloat(dst []byte, x float64) []byte {
	if math.IsNaN(x) {
		return dst
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
