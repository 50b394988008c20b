package features

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/customer-personality/segmentation/internal/cause"
)

// encoding is the encoding of the characters of fields. All of them agree on
// ASCII, so that it matters only for fields with other bytes.
type encoding uint8

const (
	encodingOpen        encoding = iota // only ASCII seen so far
	encodingUTF8                        // UTF-8 seen, or a mark
	encodingWindows1252                 // bytes seen that are not UTF-8
)

// utf8 returns a field as UTF-8, and false if it does not fit the encoding.
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
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fill reads more into the buffer, making room first: by moving what is left
// to the front, else by doubling. It reads until a line ends, or until there
// is twice as much: a row is looked at from its start after every fill, and a
// source that hands out single bytes must not make that quadratic. Rows with
// many line ends in quotes are allowed rescans times their length.
func (r *Reader) fill() {
	const rescans = 16
	if err := cause.Of(r.ctx); err != nil {
		r.eof, r.srcErr = true, err
		return
	}
	if r.pos > 0 {
		copy(r.buf, r.buf[r.pos:r.end])
		r.end -= r.pos
		r.pos, r.scanned = 0, 0
	}
	r.scanned += r.end
	start := r.end
	for more := min(r.end, maxRow); ; {
		if r.end >= len(r.buf)-pad-1 {
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
		n, err := r.src.Read(r.buf[r.end : len(r.buf)-pad-1])
		line := bytes.IndexByte(r.buf[r.end:r.end+n], '\n') >= 0
		r.end += n
		if err != nil {
			r.eof = true
			if err != io.EOF {
				r.srcErr = err
			}
			return
		}
		if r.end-start >= more || line && r.scanned <= rescans*r.end {
			return
		}
	}
}

// persistent asks a source that returns neither bytes nor an error again, a
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

// endLastLine adds a line feed to the last line of the file where it has none.
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
	if what, want := structure(text); what != "" {
		return fail(ErrBinary, "the file is "+what+", not a table", want)
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
		r.src, r.oldMac = &carriageReturns{r.src}, true
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

// magic returns the name of a well-known file format that is taken for a campaign file by mistake.
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
		if bytes.HasPrefix(b, []byte(m.mark)) && (m.mark != "PAR1" || controls(b) > 0) { // PAR1 may begin a header
			return m.name
		}
	}
	return ""
}

// structure returns the name of a text format that holds tables in another way
// and is saved or renamed as CSV by mistake, and what would be right.
func structure(text []byte) (what, want string) {
	const csv = "the table saved as CSV"
	text = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(text[:min(len(text), sniffSize)]), bom))
	if len(text) < 2 {
		return "", ""
	}
	inner := bytes.TrimSpace(text[1:])
	lower := bytes.ToLower(text[:min(len(text), 4096)])
	has := func(s string) bool { return bytes.Contains(lower, []byte(s)) }
	switch {
	case len(inner) == 0:
	case text[0] == '[' && bytes.IndexByte([]byte(`{["]-0123456789`), inner[0]) >= 0:
		return "JSON (an array)", csv + ", as pandas.read_json and to_csv(index=False) do"
	case text[0] == '{' && (inner[0] == '"' || inner[0] == '}'):
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		if line = bytes.TrimSpace(line); line[len(line)-1] == '}' && bytes.HasPrefix(bytes.TrimSpace(rest), []byte("{")) {
			return "JSON (one object a line)", csv + ", as pandas.read_json(lines=True) and to_csv(index=False) do"
		}
		return "JSON (an object)", csv + ", as pandas.read_json and to_csv(index=False) do"
	case bytes.HasPrefix(text, []byte("version https://git-lfs")):
		return "a pointer of Git LFS", "the file it points to, as git lfs pull fetches it"
	case bytes.HasPrefix(lower, []byte(`{\rtf`)):
		return "a document (RTF)", csv
	case text[0] != '<':
	case has("urn:schemas-microsoft-com:office:spreadsheet"):
		return "an Excel workbook in XML", csv
	case has("<html") || has("<!doctype html") || has("<table") || has("<body") || has("<head"):
		return "an HTML page", csv
	case text[1] == '?' || text[1] == '!' || 'a' <= lower[1] && lower[1] <= 'z':
		return "XML", csv
	}
	return "", ""
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

// decode converts UTF-16 to UTF-8 and leaves the rest as it is.
func decode(r io.Reader, name string) io.Reader {
	switch name {
	case "UTF-16LE":
		return transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case "UTF-16BE":
		return transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder())
	}
	return r
}

// validPrefix reports whether b, which may end within a character, is UTF-8.
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

// carriageReturns converts the line ends of old Macs (CR) to LF.
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

// unquoted takes lines that are one quoted field for what the field holds: a
// sheet of one column, saved as CSV. Lines that do not start with a quote, and
// empty fields behind the one, are left as they are and left out.
type unquoted struct {
	r     io.Reader
	in    []byte
	out   []byte // what is not handed out yet
	state uint8
	held  []byte // delimiters behind the field, which may be the last
	err   error
}

const (
	lineStart uint8 = iota
	linePlain
	lineQuoted
	lineQuote // a quote within: it closes the field or is doubled
	lineTail
)

func (u *unquoted) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		if u.in == nil {
			u.in = make([]byte, 32<<10)
		}
		var n int
		n, u.err = u.r.Read(u.in)
		u.out = u.append(u.out[:0], u.in[:n])
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// append adds what text comes to.
func (u *unquoted) append(dst, text []byte) []byte {
	for _, c := range text {
		switch {
		case c == '\n' && u.state != lineQuoted:
			u.state, u.held = lineStart, u.held[:0]
		case u.state == lineStart && c == '"':
			u.state = lineQuoted
			continue
		case u.state == lineStart && bytes.IndexByte(bom, c) < 0:
			u.state = linePlain
		case u.state == lineQuoted && c == '"':
			u.state = lineQuote
			continue
		case u.state == lineQuote && c == '"':
			u.state = lineQuoted
		case u.state == lineQuote || u.state == lineTail:
			u.state = lineTail
			u.held = append(u.held, c)
			if bytes.IndexByte([]byte(" \t,;|\r"), c) >= 0 {
				continue
			}
			// The line has more than the one field.
			u.state = linePlain
			dst, u.held = append(dst, u.held...), u.held[:0]
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// unquote reads on, from pos, with each line taken out of its quotes.
func (r *Reader) unquote() {
	u := &unquoted{r: r.src}
	rest := u.append(nil, r.buf[r.pos:r.end])
	r.end = r.pos + copy(r.buf[r.pos:r.end], rest)
	r.src, r.report.QuotedLines = u, true
}

// oneField returns what a line of one quoted field holds, nil for another.
func oneField(line []byte) []byte {
	var u unquoted
	if text := u.append(nil, line); u.state == lineQuote || u.state == lineTail {
		return text
	}
	return nil
}

// decoder returns the text of the source as it is parsed.
func (r *Reader) decoder(raw io.Reader) io.Reader {
	src := decode(raw, r.report.Encoding)
	if r.oldMac {
		src = &carriageReturns{src}
	}
	if r.report.QuotedLines {
		src = &unquoted{r: src}
	}
	return src
}

// A headerLine is a line that may be the header.
type headerLine struct {
	at, size, lines int // position behind pos, bytes, line breaks
	delim           byte
	known           int // columns of the schema
	names           []string
}

// headerAt splits the line at pos + at by the delimiter that yields the most
// known columns. Only the first line may need more of the file.
func (r *Reader) headerAt(at int, delimiters []byte) headerLine {
	best := headerLine{at: at, known: -1}
	for _, d := range delimiters {
		size, lines, complete, bad := r.split(r.buf[r.pos+at:r.end], d)
		for at == 0 && bad == nil && !complete && !r.eof && r.end-r.pos <= maxRow {
			r.fill()
			size, lines, complete, bad = r.split(r.buf[r.pos:r.end], d)
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
		if known > best.known || known == best.known && len(r.fields) > len(best.names) {
			best = headerLine{at, size, lines, d, known, make([]string, 0, len(r.fields))}
			for _, f := range r.fields {
				text, _ := r.utf8(f.text)
				best.names = append(best.names, strings.TrimSpace(strings.ToValidUTF8(string(text), "\ufffd")))
			}
			// A byte-order mark that another program has read as text.
			best.names[0] = strings.TrimPrefix(strings.TrimPrefix(best.names[0], "ï»¿"), "ï..")
		}
	}
	return best
}

const (
	headerLines = 30 // among so many lines the header is looked for
	fewNames    = 3  // so many known columns make a line below the first the header
)

// findHeader finds the line that names the most columns among the first ones:
// titles and comments may stand above it.
func (r *Reader) findHeader(delimiters []byte) headerLine {
	best := r.headerAt(0, delimiters)
	for at, n := 0, 1; n < headerLines && 2*best.known < fewNames*len(best.names); n++ {
		line := bytes.IndexByte(r.buf[r.pos+at:r.end], '\n')
		if line < 0 {
			break
		}
		at += line + 1
		if h := r.headerAt(at, delimiters); h.known >= fewNames && h.known > best.known {
			best = h
		}
	}
	return best
}

// header finds the header and makes the plan.
func (r *Reader) header() error {
	delimiters, err := r.separatorLines()
	if err != nil {
		return err
	}
	r.endLastLine()

	best := r.findHeader(delimiters)
	if best.known < fewNames {
		// The lines may be one quoted field each.
		lines := bytes.SplitN(r.buf[r.pos:r.end], []byte("\n"), headerLines+1)
		for _, line := range lines[:min(len(lines), headerLines)] {
			inner := &Reader{buf: append(oneField(line), '\n'), eof: true, encoding: r.encoding}
			inner.end = len(inner.buf)
			if h := inner.headerAt(0, []byte{'\t', ',', ';', '|'}); h.known >= fewNames {
				delimiters = []byte{'\t', ',', ';', '|'}
				r.unquote()
				best = r.findHeader(delimiters)
				break
			}
		}
	}
	if best.known <= 0 {
		line, _, _ := bytes.Cut(r.buf[r.pos:r.end], []byte("\n"))
		return r.headerError(fmt.Sprintf("%q names no column of the schema", cutField(bytes.TrimSpace(line))),
			"a header such as ID, Year_Birth, Education, …")
	}
	for best.at > 0 {
		n := bytes.IndexByte(r.buf[r.pos:r.end], '\n') + 1
		text, _ := r.utf8(bytes.Trim(bytes.TrimSpace(r.buf[r.pos:r.pos+n]), "\t,;|\"")) // a sheet's other columns are empty there
		if len(text) > 0 {
			r.report.Preamble = append(r.report.Preamble, cutField(text))
		}
		r.advance(n, 1)
		best.at -= n
	}
	r.delim = best.delim
	r.report.Delimiter = string(r.delim)
	r.names = best.names
	at, err := r.bindAll(best.names)
	if err != nil {
		return err
	}
	if err := r.requireColumns(at); err != nil {
		return err
	}
	r.report.Numbered = at[colID] == 0
	r.advance(best.size, best.lines)
	r.consumed = 0
	if !r.report.QuotedLines {
		// Only the rows may be one quoted field each.
		line, _, _ := bytes.Cut(bytes.TrimLeft(r.buf[r.pos:r.end], "\r\n"), []byte("\n"))
		if inner := oneField(line); 2*bytes.Count(inner, []byte{r.delim}) >= len(best.names) {
			r.unquote()
		}
	}
	r.doubtIDs()
	return nil
}

func (r *Reader) headerError(reason, want string) error {
	return &ReadError{File: r.opts.Name, Line: r.line, Reason: reason, Want: want, Err: ErrHeader}
}

// separatorLines skips blank lines and those that name the delimiter for Excel
// (sep=;), and returns the delimiters that the header may have.
func (r *Reader) separatorLines() ([]byte, error) {
	delimiters := []byte{'\t', ',', ';', '|'}
	for {
		n := bytes.IndexByte(r.buf[r.pos:r.end], '\n')
		if n < 0 {
			if !r.eof && r.end-r.pos <= maxRow {
				r.fill()
				continue
			}
			if r.srcErr != nil {
				return nil, r.finish()
			}
			return delimiters, nil
		}
		line := bytes.TrimSpace(r.buf[r.pos : r.pos+n])
		if len(line) == 5 && equalFold(line[:4], "sep=") {
			delimiters = []byte{line[4]} // the line sep=; for Excel
		} else if len(line) == 4 && equalFold(line, "sep=") {
			delimiters = []byte{'\t'}
		} else if len(line) > 0 {
			return delimiters, nil
		}
		r.advance(n+1, 1)
	}
}

// bindAll makes the plan of the named columns, and returns the position of each
// column of the schema among them, from 1; 0 where it is absent.
func (r *Reader) bindAll(names []string) ([]int, error) {
	at := make([]int, rawColumns)
	id := idColumn(names)
	ignore := func(i int, name string) {
		if r.report.Ignored == nil {
			r.report.Ignored = make([]string, 0, len(names)-i) // of a million unnamed ones, too
		}
		r.report.Ignored = append(r.report.Ignored, name)
	}
	for i, name := range names {
		k := key(name)
		col, ok := byKey[k]
		if i == id && !ok {
			r.report.IDColumn = cut(name)
			col, ok = colID, true
		}
		switch {
		case ok && col < rawColumns:
			if at[col] > 0 {
				return nil, &ReadError{File: r.opts.Name, Line: r.line, Column: schema[col].Name,
					Reason: fmt.Sprintf("the column stands twice, as %q and %q", cut(names[at[col]-1]), cut(name)), Want: "each column once", Err: ErrDuplicateColumn}
			}
			at[col] = i + 1
			r.plan = append(r.plan, step{schema[col].Kind, uint8(col)})
			r.bind(col)
			continue
		case i == 0 && (k == "" || k == "unnamed0"):
			r.report.IndexColumn = true
		case k == "":
			ignore(i, strconv.Quote(cut(name))+" (number "+strconv.Itoa(i+1)+")")
		default:
			ignore(i, name)
		}
		r.plan = append(r.plan, step{})
	}
	return at, nil
}

// requireColumns reports absent columns, and refuses a header without a required one.
func (r *Reader) requireColumns(at []int) error {
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
	if len(lacking) == 0 {
		return nil
	}
	reason := fmt.Sprintf("the header lacks the %s %s", plural(lacking, "column"), list(lacking, "and"))
	for _, h := range hints(r.report.Ignored, lacking) { // one a lacking column at most
		reason += fmt.Sprintf(" (it has %q; is that %s?)", cut(h[0]), h[1])
	}
	return r.headerError(reason, "a column of each required name")
}

// bind makes a column one that value reads into the row at hand.
func (r *Reader) bind(col int) {
	switch p := schema[col].raw(&r.row).(type) {
	case *int:
		r.ints[col] = p
	case *float64:
		r.amounts[col] = p
	case *string:
		if r.texts[col] = p; schema[col].Kind == Category {
			r.categories, r.cache[col] = append(r.categories, col), new(wordCache)
		}
	}
}

// A field is one value of a row, without its quotes.
type field struct {
	text  []byte
	lines int // line breaks before it in the row
}

// split splits the first row of b into r.fields, and returns its size in bytes
// and its line breaks, both with the one at its end. It is not complete if b
// ends within the row. Quotes follow RFC 4180; blanks around them are left out,
// and quotes within a field that does not start with one are ordinary
// characters.
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
