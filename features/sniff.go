package features

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encoding is how the bytes of fields mean characters. All of them agree on
// ASCII, so that it matters only for fields with other bytes.
type encoding uint8

const (
	encodingOpen        encoding = iota // only ASCII seen so far
	encodingUTF8                        // UTF-8 seen, or a mark
	encodingWindows1252                 // bytes seen that are not UTF-8
)

// utf8 gives a field as UTF-8, and false if it does not fit the encoding.
func (r *Reader) utf8(b []byte) ([]byte, bool) {
	if isASCII(b) {
		return b, true
	}
	if r.encoding == encodingOpen {
		r.encoding = encodingUTF8
		if !utf8.Valid(b) {
			r.encoding = encodingWindows1252
		}
	}
	if r.encoding == encodingUTF8 {
		return b, utf8.Valid(b)
	}
	r.decoded = r.decoded[:0]
	for _, c := range b {
		r.decoded = utf8.AppendRune(r.decoded, charmap.Windows1252.DecodeByte(c))
	}
	return r.decoded, true
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fill reads more into the buffer, making room first: by moving what is left
// to the front, else by doubling.
func (r *Reader) fill() {
	if r.pos > 0 {
		copy(r.buf, r.buf[r.pos:r.end])
		r.end -= r.pos
		r.pos = 0
	}
	if r.end >= len(r.buf)-pad-1 {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := r.src.Read(r.buf[r.end : len(r.buf)-pad-1])
	r.end += n
	if err != nil {
		r.eof = true
		if err != io.EOF {
			r.srcErr = err
		}
	}
}

// persistent asks a source that gives neither bytes nor an error again, a
// hundred times.
type persistent struct{ r io.Reader }

func (p *persistent) Read(b []byte) (n int, err error) {
	for range 100 {
		if n, err = p.r.Read(b); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// broken is a source that has failed.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// endLastLine puts a line feed behind the last line of the file where it has
// none.
func (r *Reader) endLastLine() {
	if r.eof && r.srcErr == nil && r.end > r.pos && r.buf[r.end-1] != '\n' {
		r.buf[r.end] = '\n'
		r.end++
	}
}

// start finds encoding, delimiter and columns.
func (r *Reader) start() error {
	fail := func(err error, reason, want string) error {
		return &ReadError{File: r.opts.Name, Reason: reason, Want: want, Err: err}
	}
	if r.raw == nil {
		return fail(ErrEmpty, "there is nothing to read from", "a reader")
	}
	if s, ok := r.raw.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			r.seekTo = at
		}
	}
	head := make([]byte, sniffSize)
	n, err := io.ReadFull(&persistent{r.raw}, head)
	head = head[:n]
	rest := io.Reader(&persistent{r.raw})
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		rest = broken{err} // what came before it is read first
	} else if n == 0 {
		return fail(ErrEmpty, "the file is empty", "a header and a line for each customer")
	}
	if kind := magic(head); kind != "" {
		return fail(ErrBinary, "the file is "+kind+", not text", "the table saved as CSV")
	}
	r.report.Encoding = encodingName(head)
	r.src = decode(io.MultiReader(bytes.NewReader(head), rest), r.report.Encoding)
	if r.report.Encoding == "UTF-8 with mark" {
		r.encoding = encodingUTF8
	}

	r.buf = make([]byte, bufferSize+pad)
	if n < sniffSize {
		r.buf = make([]byte, 2*n+2*pad) // a small file needs no large buffer
	}
	r.line = 1
	for !r.eof && r.end < sniffSize {
		r.fill()
	}
	text := bytes.TrimPrefix(r.buf[:r.end], bom)
	r.pos = r.end - len(text)
	if len(bytes.TrimSpace(text)) == 0 && r.eof && r.srcErr == nil {
		return fail(ErrEmpty, "the file is empty", "a header and a line for each customer")
	}
	if controls(text)*50 > len(text) {
		return fail(ErrBinary, "the file is binary, not text (UTF-16 needs its byte-order mark)", "the table saved as CSV")
	}
	if r.encoding == encodingOpen && !isASCII(text) {
		r.encoding = encodingUTF8
		if !validPrefix(text) {
			r.encoding = encodingWindows1252
		}
	}
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0 {
		r.src = &carriageReturns{r.src}
		for i, c := range text {
			if c == '\r' {
				text[i] = '\n'
			}
		}
	}
	r.unknown = map[unknownKey]int{}
	return r.header()
}

var bom = []byte("\ufeff")

// magic names the well-known file formats that are taken for a campaign file
// by mistake.
func magic(b []byte) string {
	for _, m := range []struct{ mark, name string }{
		{"PK\x03\x04", "a workbook or archive (xlsx, ods, zip)"},
		{"\xd0\xcf\x11\xe0", "an old Excel workbook (xls)"},
		{"\x1f\x8b", "compressed (gzip)"},
		{"%PDF", "a PDF document"},
		{"SQLite format 3", "an SQLite database"},
		{"PAR1", "a Parquet file"},
		{"\xff\xfe\x00\x00", "UTF-32"},
		{"\x00\x00\xfe\xff", "UTF-32"},
	} {
		if bytes.HasPrefix(b, []byte(m.mark)) {
			return m.name
		}
	}
	return ""
}

// controls counts the control characters that text does not have.
func controls(b []byte) int {
	n := 0
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' || c == 0x7f {
			n++
		}
	}
	return n
}

func encodingName(head []byte) string {
	switch {
	case bytes.HasPrefix(head, bom):
		return "UTF-8 with mark"
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "UTF-16LE"
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "UTF-16BE"
	}
	return "UTF-8"
}

// decode turns UTF-16 into UTF-8 and leaves the rest as it is.
func decode(r io.Reader, name string) io.Reader {
	switch name {
	case "UTF-16LE":
		return transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case "UTF-16BE":
		return transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder())
	}
	return r
}

// validPrefix tells whether b, which may end within a character, is UTF-8.
func validPrefix(b []byte) bool {
	for n := len(b); n > 0 && n > len(b)-utf8.UTFMax; n-- {
		if utf8.RuneStart(b[n-1]) {
			if !utf8.FullRune(b[n-1:]) {
				b = b[:n-1]
			}
			break
		}
	}
	return utf8.Valid(b)
}

// carriageReturns turns the line ends of old Macs into those of everybody
// else.
type carriageReturns struct{ r io.Reader }

func (c *carriageReturns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// header reads the first line that is not blank and makes the plan.
func (r *Reader) header() error {
	fail := func(err error, reason, want string) error {
		return &ReadError{File: r.opts.Name, Line: r.line, Reason: reason, Want: want, Err: err}
	}
	delimiters := []byte{'\t', ',', ';', '|'}
	for {
		n := bytes.IndexByte(r.buf[r.pos:r.end], '\n')
		if n < 0 {
			if !r.eof && r.end-r.pos <= maxRow {
				r.fill()
				continue
			}
			if r.srcErr != nil {
				return r.finish()
			}
			r.endLastLine()
			break
		}
		line := bytes.TrimSpace(r.buf[r.pos : r.pos+n])
		if len(line) == 5 && equalFold(line[:4], "sep=") {
			delimiters = []byte{line[4]} // how Excel is told the delimiter
		} else if len(line) == 4 && equalFold(line, "sep=") {
			delimiters = []byte{'\t'}
		} else if len(line) > 0 {
			break
		}
		r.advance(n+1, 1)
	}

	// The delimiter that makes the most known columns is the right one.
	var names []string
	var size, lines int
	best := -1
	for _, d := range delimiters {
		s, l, complete, bad := r.split(r.buf[r.pos:r.end], d)
		for bad == nil && !complete && !r.eof && r.end-r.pos <= maxRow {
			r.fill()
			s, l, complete, bad = r.split(r.buf[r.pos:r.end], d)
		}
		if bad != nil || !complete {
			continue
		}
		known := 0
		for _, f := range r.fields {
			col, ok := byKey[key(string(f.text))]
			if ok && col < rawColumns && !bytes.ContainsAny(trimBlanks(f.text), "\t,;|") {
				known++
			}
		}
		if known > best || known == best && len(r.fields) > len(names) {
			best, size, lines, r.delim = known, s, l, d
			names = names[:0]
			for _, f := range r.fields {
				text, _ := r.utf8(f.text)
				names = append(names, strings.TrimSpace(strings.ToValidUTF8(string(text), "\ufffd")))
			}
		}
	}
	if best <= 0 {
		line, _, _ := bytes.Cut(r.buf[r.pos:r.end], []byte("\n"))
		return fail(ErrHeader, fmt.Sprintf("%q names no column of the schema", cut(strings.ToValidUTF8(strings.TrimSpace(string(line)), "\ufffd"))),
			"a header such as ID, Year_Birth, Education, …")
	}
	r.report.Delimiter = string(r.delim)

	var at [rawColumns]int // position of each column, from 1
	for i, name := range names {
		k := key(name)
		col, ok := byKey[k]
		switch {
		case ok && col < rawColumns:
			if at[col] > 0 {
				return &ReadError{File: r.opts.Name, Line: r.line, Column: schema[col].Name,
					Reason: fmt.Sprintf("the column stands twice, as %q and %q", names[at[col]-1], name), Want: "each column once", Err: ErrDuplicateColumn}
			}
			at[col] = i + 1
			r.plan = append(r.plan, step{schema[col].Kind, uint8(col)})
			continue
		case i == 0 && (k == "" || k == "unnamed0"):
			r.report.IndexColumn = true
		case k == "":
			r.report.Ignored = append(r.report.Ignored, fmt.Sprintf("%q (number %d)", name, i+1))
		default:
			r.report.Ignored = append(r.report.Ignored, name)
		}
		r.plan = append(r.plan, step{})
	}
	var lacking []string
	for col, pos := range at {
		if pos > 0 {
			continue
		}
		if schema[col].Required {
			lacking = append(lacking, schema[col].Name)
		} else {
			r.report.Absent = append(r.report.Absent, schema[col].Name)
		}
	}
	if len(lacking) > 0 {
		reason := fmt.Sprintf("the header lacks the %s %s", plural(lacking, "column"), list(lacking, "and"))
		for _, name := range r.report.Ignored {
			for _, near := range nearest(name) {
				if slices.Contains(lacking, near) && distance(key(name), key(near)) <= 3 {
					reason += fmt.Sprintf(" (it has %q; is that %s?)", cut(name), near)
					break
				}
			}
		}
		return fail(ErrHeader, reason, "a column of each required name")
	}
	r.numbered = at[colID] == 0
	r.advance(size, lines)
	r.consumed = 0
	return nil
}

// A field is one value of a row, without its quotes.
type field struct {
	text  []byte
	lines int // line breaks before it in the row
}

// split takes the first row of b apart into r.fields, and returns its size in
// bytes and its line breaks, both with the one at its end. It is not complete
// if b ends within the row. Quotes follow RFC 4180; blanks around them are
// left out, and quotes within a field that does not start with one are
// ordinary characters.
func (r *Reader) split(b []byte, delim byte) (size, lines int, complete bool, bad *problem) {
	r.fields, r.scratch = r.fields[:0], r.scratch[:0]
	for p := 0; ; {
		start := p
		for start < len(b) && b[start] == ' ' {
			start++
		}
		if start < len(b) && b[start] == '"' {
			f := field{lines: lines}
			from := len(r.scratch)
			p = start + 1
			for {
				q := bytes.IndexByte(b[p:], '"')
				if q < 0 {
					return 0, 0, false, nil
				}
				lines += bytes.Count(b[p:p+q], []byte("\n"))
				if p+q+1 < len(b) && b[p+q+1] == '"' {
					r.scratch = append(r.scratch, b[p:p+q+1]...)
					p += q + 2
					continue
				}
				r.scratch = append(r.scratch, b[p:p+q]...)
				p += q + 1
				break
			}
			f.text = r.scratch[from:len(r.scratch):len(r.scratch)]
			r.fields = append(r.fields, f)
			for p < len(b) && (b[p] == ' ' || b[p] == '\r') {
				p++
			}
			switch {
			case p == len(b):
				return 0, 0, false, nil
			case b[p] == delim:
				p++
				continue
			case b[p] == '\n':
				return p + 1, lines + 1, true, nil
			}
			return 0, 0, false, &problem{ErrQuote, "a quoted field goes on after its closing quote", "a delimiter there, and quotes within a field written twice"}
		}
		q := p
		for q < len(b) && b[q] != delim && b[q] != '\n' {
			q++
		}
		if q == len(b) {
			return 0, 0, false, nil
		}
		f := field{text: b[p:q], lines: lines}
		if b[q] == '\n' && q > p && b[q-1] == '\r' {
			f.text = b[p : q-1]
		}
		r.fields = append(r.fields, f)
		p = q + 1
		if b[q] == '\n' {
			return p, lines + 1, true, nil
		}
	}
}
