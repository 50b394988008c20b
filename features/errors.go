package features

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// What can be wrong with a file or a table. Errors of this package wrap one of
// these, for errors.Is.
var (
	ErrEmpty           = errors.New("features: empty file")
	ErrBinary          = errors.New("features: not a table of text")
	ErrHeader          = errors.New("features: header without the columns")
	ErrRepeatedHeader  = errors.New("features: header repeated")
	ErrDuplicateColumn = errors.New("features: column repeated")
	ErrNoRows          = errors.New("features: no customers")
	ErrShortRow        = errors.New("features: row too short")
	ErrLongRow         = errors.New("features: row too long")
	ErrQuote           = errors.New("features: quotes out of place")
	ErrValue           = errors.New("features: unreadable value")
	ErrDate            = errors.New("features: unreadable date")
	ErrContradiction   = errors.New("features: value contradicts an earlier guess")
	ErrUnknownColumn   = errors.New("features: unknown column")
	ErrNotNumeric      = errors.New("features: column holds no numbers")
	ErrNotWords        = errors.New("features: column holds no words")
	ErrNotTraining     = errors.New("features: no training column")
	ErrCategory        = errors.New("features: unknown category")
	ErrRow             = errors.New("features: no such row")
	ErrLength          = errors.New("features: columns of different length")
	ErrFrame           = errors.New("features: data frame in error")
	ErrOptions         = errors.New("features: invalid options")
	ErrChanged         = errors.New("features: text changed while it was read")
)

var errNoWriter = errors.New("features: there is nothing to write to; want a writer")

// A ReadError is what could not be read, where, and what would have been right.
// It prints as a sentence and wraps one of the sentinels above.
type ReadError struct {
	File   string // name from ReadOptions; may be empty
	Line   int    // line of the file, from 1; 0 where the whole file is meant
	Column string // canonical name of the column; empty where no single one is meant
	Value  string // the value as it stands in the file, cut after 60 bytes; empty where none is meant
	Reason string // what is wrong
	Want   string // what would be right
	Err    error  // sentinel or cause
}

// Error returns one sentence: file, line, column, value, what is wrong, what
// would be right.
func (e *ReadError) Error() string {
	e = orZero(e)
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		b.WriteString(": ")
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d", e.Line)
		if e.Column != "" {
			b.WriteString(", column ")
			b.WriteString(e.Column)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Reason)
	if e.Want != "" {
		b.WriteString("; want ")
		b.WriteString(e.Want)
	}
	return b.String()
}

// Unwrap returns the sentinel or the cause.
func (e *ReadError) Unwrap() error { return orZero(e).Err }

// A ValueError names a value of a table or data frame that cannot be used.
type ValueError struct {
	Row    int    // row, from 0; −1 where there is only one
	Column string // canonical name
	Value  string // the value
	Want   string // what would be right
	Err    error  // sentinel
}

// Error returns one sentence.
func (e *ValueError) Error() string {
	e = orZero(e)
	where := "column " + e.Column
	if e.Row >= 0 {
		where = fmt.Sprintf("row %d, column %s", e.Row, e.Column)
	}
	return fmt.Sprintf("%s: %q cannot be used; want %s", where, cut(e.Value), e.Want)
}

// Unwrap returns the sentinel.
func (e *ValueError) Unwrap() error { return orZero(e).Err }

// A ColumnError names a column that a table does not have, or that cannot
// serve.
type ColumnError struct {
	Column string   // the name asked for
	Near   []string // known names close to it, the closest first
	Err    error    // ErrUnknownColumn, ErrNotNumeric, ErrNotWords or ErrNotTraining
}

// Error returns one sentence.
func (e *ColumnError) Error() string {
	e = orZero(e)
	near := list(e.Near, "or")
	switch {
	case errors.Is(e.Err, ErrNotNumeric):
		return fmt.Sprintf("column %s holds no numbers; want a numeric column, or the encoded table", e.Column)
	case errors.Is(e.Err, ErrNotWords):
		return fmt.Sprintf("column %s holds no words; want %s", e.Column, near)
	case errors.Is(e.Err, ErrNotTraining):
		return fmt.Sprintf("column %s is no training column; want %s", e.Column, near)
	}
	return fmt.Sprintf("there is no column %q; want one of the table's columns, such as %s", cut(e.Column), cmp.Or(near, "age, income or spent"))
}

// Unwrap returns the sentinel.
func (e *ColumnError) Unwrap() error { return orZero(e).Err }

// cut shortens a value for a message.
func cut(s string) string {
	if short := prefix(s); len(short) < len(s) {
		return strings.ToValidUTF8(short, "") + "…"
	}
	return s
}

// prefix returns at most the first 60 bytes of s, cut between characters.
func prefix(s string) string {
	n := 60
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// cutField shortens a field for a message; it may be a mebibyte.
func cutField(b []byte) string {
	return cut(strings.ToValidUTF8(string(b[:min(len(b), 4<<10)]), "\ufffd"))
}

// list joins names as a sentence does: a, b and c.
func list(names []string, and string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " " + and + " " + names[n-1]
	}
}

// listCut joins names as list does, each cut, and counts those after the 20th.
func listCut(names []string) string {
	const most = 20
	var short []string
	for _, name := range names[:min(len(names), most)] {
		short = append(short, cut(name))
	}
	if more := len(names) - most; more > 0 {
		short = append(short, fmt.Sprintf("%d more", more))
	}
	return list(short, "and")
}

// count returns a number with its noun: 1 customer, 2 customers.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// have returns the verb of n things.
func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// orZero returns the zero value for a nil pointer, so that methods return an
// error or nothing and never panic.
func orZero[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}
