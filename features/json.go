package features

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/customer-personality/segmentation/internal/cause"
)

// ReadJSON reads a table from JSON: an array of objects, as
// pandas.to_json(orient="records") writes it, or objects one after the other,
// as in JSON lines. Each object is a row, its keys name the columns, in the
// order in which they first appear; a key that an object does not have, null and
// NaN are missing values. Numbers and true and false are what they say, strings
// are read as [ReadTable] reads text. Rows are read one by one.
//
// An object or array within a row, a key twice in an object and whatever breaks
// the grammar (RFC 8259) are errors, [ErrBinary]; a string of more than a
// mebibyte, an object of more than 16 and more than 16,384 keys an [ErrLimit]. o.Policy
// does not matter: JSON that is damaged cannot be read on.
func ReadJSON(ctx context.Context, r io.Reader, o TableOptions) (*Table, TableReport, error) {
	return NewJSONReader(ctx, r, o).All(ctx)
}

// NewJSONReader returns a reader of JSON; see [ReadJSON]. It stops when ctx ends.
func NewJSONReader(ctx context.Context, r io.Reader, o TableOptions) *TableReader {
	if len(o.Header) > 0 || o.Encoding != "" {
		return &TableReader{err: fmt.Errorf("%w: JSON names its columns and is UTF-8; want no Header and no Encoding", ErrOptions)}
	}
	if r == nil {
		return NewRowsReader(nil, o)
	}
	return NewRowsReader(newJSONRows(ctx, r, o.Name), o)
}

const (
	jsonBuffer = 64 << 10
	maxObject  = 16 << 20
)

// jsonRows reads objects as rows.
type jsonRows struct {
	ctx      context.Context
	name     string
	src      io.Reader
	buf      []byte
	pos, end int
	eof      bool
	line     int // at pos
	row      int // line of the row read last
	size     int // bytes of the object at hand before buf[0], less where it starts in it
	names    []string
	place    map[string]int
	begun    bool
	array    bool // objects in an array, else one after the other
	first    bool
	set      []int // the row in which a column was set last
	n        int
	err      error
}

func newJSONRows(ctx context.Context, r io.Reader, name string) *jsonRows {
	return &jsonRows{ctx: ctx, name: name, src: r, buf: make([]byte, jsonBuffer), line: 1, place: map[string]int{}, first: true}
}

func (j *jsonRows) Header() []string { return j.names }

func (j *jsonRows) Line() int { return j.row }

func (j *jsonRows) Read(row []RawCell) ([]RawCell, error) {
	if j.err == nil {
		if row, j.err = j.read(row[:0]); j.err == nil {
			return row, nil
		}
	}
	return row[:0], j.err
}

// read reads the next object.
func (j *jsonRows) read(row []RawCell) ([]RawCell, error) {
	if !j.begun {
		if err := j.begin(); err != nil {
			return row, err
		}
	}
	c, err := j.next()
	switch {
	case err != nil && err != io.EOF:
		return row, err
	case !j.array && err == io.EOF:
		return row, io.EOF
	case err == io.EOF:
		return row, j.fail("the array does not end", "a ] behind the last object")
	case j.array && c == ']':
		j.pos++
		if c, err = j.next(); err == io.EOF {
			return row, io.EOF
		} else if err != nil {
			return row, err
		}
		return row, j.fail(fmt.Sprintf("%q follows the array", c), "nothing behind it")
	case j.array && !j.first:
		if c != ',' {
			return row, j.fail(fmt.Sprintf("%q follows an object", c), "a comma and the next one, or the ] of the array")
		}
		j.pos++
		if c, err = j.next(); err != nil {
			return row, j.ended(err)
		}
	}
	j.first = false
	j.row, j.size = j.line, -j.pos
	if c != '{' {
		return row, j.fail(fmt.Sprintf("%q stands where an object should", c), `objects such as {"id": 1, "age": 40}, as pandas.to_json(orient="records") writes them`)
	}
	j.pos++
	j.n++
	for range j.names {
		row = append(row, RawCell{})
	}
	return j.object(row)
}

// begin skips a byte-order mark and finds out what the file holds.
func (j *jsonRows) begin() error {
	j.begun = true
	for j.end < len(bom) && !j.eof {
		if err := j.more(); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(j.buf[:j.end], bom) {
		j.pos = len(bom)
	}
	c, err := j.next()
	switch {
	case err == io.EOF:
		return &ReadError{File: j.name, Reason: "the file is empty", Want: "an object for each customer", Err: ErrEmpty}
	case err == nil && c == '[':
		j.array = true
		j.pos++
	}
	return err
}

// object reads the members of an object, up to its end, into row.
func (j *jsonRows) object(row []RawCell) ([]RawCell, error) {
	for expected := 0; ; expected++ {
		c, err := j.next()
		if err != nil {
			return row, j.ended(err)
		}
		if c == '}' && expected == 0 {
			j.pos++
			return row, nil
		}
		if c != '"' {
			return row, j.fail(fmt.Sprintf("%q stands where a key should", c), `keys in double quotes, as in {"id": 1}`)
		}
		text, err := j.text()
		if err != nil {
			return row, err
		}
		at := expected // the keys of most objects are in the same order
		if at >= len(j.names) || string(text) != j.names[at] {
			if at, err = j.column(text); err != nil {
				return row, err
			}
			expected = at
		}
		if at == len(row) {
			row = append(row, RawCell{})
		}
		if j.set[at] == j.n {
			return row, j.fail(fmt.Sprintf("the key %q stands twice in an object", cut(j.names[at])), "each key once")
		}
		j.set[at] = j.n
		if c, err = j.next(); err != nil || c != ':' {
			return row, j.after(c, err, "a key", "a colon")
		}
		j.pos++
		if err := j.value(&row[at], j.names[at]); err != nil {
			return row, err
		}
		switch c, err = j.next(); {
		case err == nil && c == '}':
			j.pos++
			return row, nil
		case err == nil && c == ',':
			j.pos++
			if c, err = j.next(); err != nil || c != '"' {
				return row, j.after(c, err, "a comma", "a key in double quotes")
			}
		default:
			return row, j.after(c, err, "a value", "a comma, or the } of the object")
		}
	}
}

// column returns the place of a key, a new one where it was not seen before.
func (j *jsonRows) column(key []byte) (int, error) {
	if at, ok := j.place[string(key)]; ok {
		return at, nil
	}
	if len(j.names) == maxColumns {
		return 0, j.limit(fmt.Sprintf("the objects have more than %d different keys", maxColumns), "keys that name columns, not customers")
	}
	name := string(key)
	j.place[name] = len(j.names)
	j.names, j.set = append(j.names, name), append(j.set, 0)
	return len(j.names) - 1, nil
}

// value reads a value into a cell.
func (j *jsonRows) value(cell *RawCell, name string) error {
	c, err := j.next()
	switch {
	case err != nil:
		return j.ended(err)
	case c == '"':
		text, err := j.text()
		if err == nil && len(text) > 0 {
			*cell = RawCell{Kind: RawText, Text: string(text)}
		}
		return err
	case c == '{' || c == '[':
		what := "an object"
		if c == '[' {
			what = "an array"
		}
		return j.fail(fmt.Sprintf("the key %q holds %s", cut(name), what),
			`one value for each key, as pandas.json_normalize and to_json(orient="records") make of nested ones`)
	}
	text, err := j.word()
	if err != nil {
		return err
	}
	switch string(text) {
	case "null", "NaN": // the latter is no JSON, but Python's json writes it
	case "true":
		*cell = RawCell{Kind: RawFlag, Number: 1}
	case "false":
		*cell = RawCell{Kind: RawFlag}
	default:
		x, err := strconv.ParseFloat(string(text), 64)
		if !numberGrammar(text) || err != nil {
			return j.fail(fmt.Sprintf("the key %q holds %q, which is no value of JSON", cut(name), cut(string(text))), "a number, a string in double quotes, true, false or null")
		}
		*cell = RawCell{Kind: RawNumber, Number: x}
		if math.Abs(x) >= exact && allDigits(bytes.TrimPrefix(text, []byte("-"))) {
			cell.Text = string(text)
		}
	}
	return nil
}

// numberGrammar reports whether text is a number of JSON, which strconv takes
// more liberally.
func numberGrammar(text []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(text) && isDigit(text[n]) {
			n++
		}
		text = text[n:]
		return n > 0
	}
	text = bytes.TrimPrefix(text, []byte("-"))
	zero := len(text) > 1 && text[0] == '0' && isDigit(text[1])
	if zero || !digits() {
		return false
	}
	if len(text) > 0 && text[0] == '.' {
		if text = text[1:]; !digits() {
			return false
		}
	}
	if len(text) > 0 && text[0]|0x20 == 'e' {
		if text = text[1:]; len(text) > 0 && (text[0] == '+' || text[0] == '-') {
			text = text[1:]
		}
		return digits() && len(text) == 0
	}
	return len(text) == 0
}

// next returns the next byte that is not blank, at pos.
func (j *jsonRows) next() (byte, error) {
	for {
		for ; j.pos < j.end; j.pos++ {
			switch c := j.buf[j.pos]; c {
			case '\n':
				j.line++
			case ' ', '\t', '\r':
			default:
				return c, nil
			}
		}
		if j.eof {
			return 0, io.EOF
		}
		if err := j.more(); err != nil {
			return 0, err
		}
	}
}

// more reads on, keeping buf[pos:].
func (j *jsonRows) more() error {
	if j.pos > 0 {
		j.size += j.pos
		j.end = copy(j.buf, j.buf[j.pos:j.end])
		j.pos = 0
	}
	if j.n > 0 && j.size > maxObject {
		return j.limit(fmt.Sprintf("an object has more than %d bytes", maxObject), "a table with an object for each customer")
	}
	if j.end == len(j.buf) {
		if j.end > maxRow {
			return j.limit(fmt.Sprintf("a value has more than %d bytes", maxRow), "one value for each key")
		}
		j.buf = append(j.buf, make([]byte, len(j.buf))...)
	}
	if err := cause.Of(j.ctx); err != nil {
		return err
	}
	n, err := (&persistent{j.src}).Read(j.buf[j.end:])
	j.end += n
	if err == io.EOF {
		j.eof = true
	} else if err != nil {
		return &ReadError{File: j.name, Line: j.line, Reason: "reading stopped: " + err.Error(), Err: err}
	}
	return nil
}

// text reads the string at pos. It is in buf, or new where it has escapes.
func (j *jsonRows) text() ([]byte, error) {
	escaped := false
	for n := 1; ; n++ {
		for j.pos+n >= j.end {
			if j.eof {
				return nil, j.fail("a string does not end", "a double quote behind it")
			}
			if err := j.more(); err != nil {
				return nil, err
			}
		}
		switch c := j.buf[j.pos+n]; {
		case c == '"':
			text := j.buf[j.pos+1 : j.pos+n]
			quoted := j.buf[j.pos : j.pos+n+1]
			j.pos += n + 1
			if !utf8.Valid(text) {
				return nil, j.fail(fmt.Sprintf("the string %q is not UTF-8", cut(string(text))), "the file saved as UTF-8")
			}
			if !escaped {
				return text, nil
			}
			var s string
			if json.Unmarshal(quoted, &s) != nil {
				return nil, j.fail(fmt.Sprintf("the string %q has an unknown escape", cut(string(text))), `escapes such as \n and \u00e9`)
			}
			return []byte(s), nil
		case c == '\\':
			escaped = true
			n++ // a quote that follows does not end it
		case c < ' ':
			return nil, j.fail("a string has a line end or another control character in it", `it written as an escape such as \n`)
		}
	}
}

// word reads letters, digits and signs at pos, as numbers and null are written.
func (j *jsonRows) word() ([]byte, error) {
	for n := 0; ; n++ {
		for j.pos+n >= j.end && !j.eof {
			if err := j.more(); err != nil {
				return nil, err
			}
		}
		if j.pos+n < j.end {
			switch c := j.buf[j.pos+n]; c {
			case ',', '}', ']', ':', '{', '[', '"', ' ', '\t', '\r', '\n':
			default:
				continue
			}
		}
		text := j.buf[j.pos : j.pos+n]
		j.pos += n
		return text, nil
	}
}

// after returns the error of what follows something wrong.
func (j *jsonRows) after(c byte, err error, what, want string) error {
	if err != nil {
		return j.ended(err)
	}
	return j.fail(fmt.Sprintf("%q follows %s", c, what), want)
}

// ended returns the error of a file that ends within an object.
func (j *jsonRows) ended(err error) error {
	if err != io.EOF {
		return err
	}
	return j.fail("the file ends within an object", "a whole file")
}

func (j *jsonRows) fail(reason, want string) error {
	return &ReadError{File: j.name, Line: j.line, Reason: reason, Want: want, Err: ErrBinary}
}

func (j *jsonRows) limit(reason, want string) error {
	return &ReadError{File: j.name, Line: j.line, Reason: reason, Want: want, Err: ErrLimit}
}
