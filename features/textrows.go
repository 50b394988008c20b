package features

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	enc "golang.org/x/text/encoding"
)

const (
	blockSize  = 1 << 18 // bytes of text that are split at once
	maxColumns = 1 << 14 // as many as a sheet has
	sniffRows  = 200     // rows that delimiter and header are found from
)

// A textRows splits a text into blocks of rows.
type textRows struct {
	name   string
	src    io.Reader
	buf    []byte // of src, read and not split yet
	eof    bool
	srcErr error
	line   int // line of the file at the start of buf
	delim  byte
	width  int
	names  []string
	policy Policy
	all    bool // whether rows without any value stay, and nothing is a note
	report *TableReport

	spare       []uint32 // the ends of a block that does without
	spareText   []byte   // the same of its text
	size        int64    // bytes of src, as far as it tells
	again       io.ReaderAt
	at          int64 // in again, of the first byte that is not read yet; −1 where src is not the same bytes
	seed        maphash.Seed
	lost        atomic.Pointer[ReadError] // why text could not be read again
	beyondASCII bool                      // whether something was read that is UTF-8 and no ASCII
}

func (t *textRows) fail(err error, line int, reason, want string) error {
	return &ReadError{File: t.name, Line: line, Reason: reason, Want: want, Err: err}
}

// fill reads until buf holds n bytes or the source ends.
func (t *textRows) fill(n int) {
	t.buf = slices.Grow(t.buf, max(0, n-len(t.buf)))
	for !t.eof && len(t.buf) < n {
		k, err := t.src.Read(t.buf[len(t.buf):n])
		t.buf = t.buf[:len(t.buf)+k]
		if t.at >= 0 {
			t.at += int64(k)
		}
		if err != nil {
			t.eof = true
			if err != io.EOF {
				t.srcErr = err
			}
		}
	}
}

// open finds the encoding of r, and what else the text as a whole is.
func (t *textRows) open(r io.Reader, encoding string) error {
	const want = "a header and a line for each row"
	if r == nil {
		return t.fail(ErrEmpty, 0, "there is nothing to read from", "a reader")
	}
	t.know(r)
	t.line, t.src = 1, &persistent{r}
	t.fill(sniffSize)
	head := t.buf
	switch {
	case t.srcErr != nil && len(head) == 0:
		return t.fail(t.srcErr, 0, "reading stopped: "+t.srcErr.Error(), "")
	case len(head) == 0:
		return t.fail(ErrEmpty, 0, "the file is empty", want)
	}
	if kind := magic(head); kind != "" {
		return t.fail(ErrBinary, 0, "the file is "+kind+", not text", "the table saved as CSV, or the reader of that form")
	}
	name, decoder := encodingOf(head, t.eof)
	if encoding != "" {
		e, ok := encodings[key(encoding)]
		if !ok {
			return t.fail(ErrOptions, 0, fmt.Sprintf("there is no encoding %q", cut(encoding)), "one such as utf-8, windows-1252, gbk or shift-jis")
		}
		if name, decoder = encoding, e; e == enc.Nop {
			name, t.beyondASCII = "UTF-8", true // and never another
		}
	} else {
		t.report.EncodingGuessed = decoder != nil && !strings.HasPrefix(name, "UTF")
	}
	t.report.Encoding = name
	if decoder != nil && decoder != enc.Nop {
		rest := t.src
		if t.eof {
			rest = bytes.NewReader(nil)
			if t.srcErr != nil {
				rest = broken{t.srcErr}
			}
		}
		t.through(decoder.NewDecoder().Reader(io.MultiReader(bytes.NewReader(head), rest)))
		t.buf, t.eof, t.srcErr = nil, false, nil
		t.fill(sniffSize)
	}
	if t.beyondASCII {
		t.mend() // the header too
	}
	t.buf = bytes.TrimPrefix(t.buf, bom)
	for size := sniffSize; bytes.IndexByte(t.buf, '\n') < 0 && !t.eof && size < maxRow; {
		size *= 2
		t.fill(size)
	}
	text := t.buf
	switch what, want := structure(text); {
	case len(bytes.TrimSpace(text)) == 0 && t.eof:
		return t.fail(ErrEmpty, 0, "the file is empty", want)
	case what != "":
		return t.fail(ErrBinary, 0, "the file is "+what+", not a table of text", want)
	case controls(text)*50 > len(text):
		return t.fail(ErrBinary, 0, "the file is binary, not text (UTF-16 needs its byte-order mark)", "the table saved as CSV")
	}
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0 {
		t.through(&carriageReturns{t.src})
		for i, c := range text {
			if c == '\r' {
				text[i] = '\n'
			}
		}
	}
	return nil
}

// know finds out how long the source is, and whether its text can be read again.
func (t *textRows) know(r io.Reader) {
	t.at = -1
	regular := true
	switch r := r.(type) {
	case interface{ Len() int }:
		t.size = int64(r.Len())
	case interface{ Stat() (fs.FileInfo, error) }:
		info, err := r.Stat()
		if regular = err == nil && info.Mode().IsRegular(); err == nil {
			t.size = info.Size()
		}
	default:
		return
	}
	again, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok || !regular || t.size == 0 {
		return
	}
	if at, err := again.Seek(0, io.SeekCurrent); err == nil {
		t.again, t.at, t.seed = again, at, maphash.MakeSeed()
	}
}

// through reads the rest of the source through another reader, whose bytes are not
// those of the source.
func (t *textRows) through(r io.Reader) { t.src, t.at = r, -1 }

// A sniffed is how some lines come out when they are split by a delimiter.
type sniffed struct {
	delim byte
	rows  [][]string
	lines []int // of the file, from 0, where each row starts
	width int   // the most frequent number of fields
	full  int   // the same, empty ones at the end left out
	share float64
}

func (t *textRows) sniff(delim byte) sniffed {
	s := sniffed{delim: delim}
	r := &Reader{}
	text := t.buf
	if t.eof && len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(slices.Clip(text), '\n')
	}
	line, widths, fulls := 0, map[int]int{}, map[int]int{}
	for len(s.rows) < sniffRows && len(text) > 0 {
		size, lines, complete, bad := r.split(text, delim)
		if bad != nil {
			if size = bytes.IndexByte(text, '\n') + 1; size == 0 {
				break
			}
			text, line = text[size:], line+1
			continue
		}
		if !complete {
			break
		}
		row := make([]string, len(r.fields))
		n := 0
		for i, f := range r.fields {
			if row[i] = string(trimBlanks(f.text)); row[i] != "" {
				n = i + 1
			}
		}
		if n > 0 {
			s.rows, s.lines = append(s.rows, row[:n]), append(s.lines, line)
			widths[len(row)]++
			fulls[n]++
		}
		text, line = text[size:], line+lines
		if len(s.rows) == 1 && len(row) > maxColumns {
			break
		}
	}
	mode := func(of map[int]int) (most int) {
		for w, n := range of {
			if n > of[most] || n == of[most] && w > most {
				most = w
			}
		}
		return most
	}
	s.width, s.full = mode(widths), mode(fulls)
	if len(s.rows) > 0 {
		s.share = float64(widths[s.width]) / float64(len(s.rows))
	}
	return s
}

// merit returns how well the lines come out: the share of those of one width, less
// where they have one field each, or no line names the columns, as where decimal
// commas part the numbers and the header has none.
func (s sniffed) merit() float64 {
	m := s.share
	if s.width == 1 {
		m /= 10
	}
	if headerRow(s) < 0 {
		m /= 2
	}
	return m
}

// blanks returns how many words each line has, where there are the same number of
// them in all, and each line is one field; else 0.
func (s sniffed) blanks() int {
	if s.width > 1 || len(s.rows) < 3 {
		return 0
	}
	n := len(strings.Fields(s.rows[0][0]))
	for _, row := range s.rows {
		if len(strings.Fields(row[0])) != n {
			return 0
		}
	}
	return n
}

// isName reports whether a field may be the name of a column: it is no number
// and no day.
func isName(field string) bool {
	_, form := parseNumber([]byte(field), DecimalFromData)
	return form == formBad && parseDate([]byte(field)).form == dateBad
}

func (t *textRows) header() []string { return t.names }

// findHeader finds delimiter and header, and reads up to the first row.
func (t *textRows) findHeader(o TableOptions) error {
	delimiters := []byte{'\t', ',', ';', '|'}
	for t.skipBlank() {
		line, _, _ := bytes.Cut(t.buf, []byte("\n"))
		line = bytes.TrimSpace(line)
		if len(line) < 4 || len(line) > 5 || !equalFold(line[:4], "sep=") {
			break
		}
		delimiters = []byte{'\t'}
		if len(line) == 5 {
			delimiters = []byte{line[4]}
		}
		t.drop(1)
	}
	best := sniffed{}
	for _, d := range delimiters {
		s := t.sniff(d)
		a, b := s.merit(), best.merit()
		if a > b+0.05 || a > b-0.05 && s.width > best.width || a > b && s.width == best.width {
			best = s
		}
	}
	if best.width == 1 && !t.report.QuotedLines {
		if line, _, _ := bytes.Cut(t.buf, []byte("\n")); bytes.ContainsAny(oneField(line), "\t,;|") {
			u := &unquoted{r: t.src}
			t.buf = u.append(nil, t.buf)
			t.through(u)
			t.report.QuotedLines = true
			return t.findHeader(o)
		}
	}
	if len(best.rows) == 0 {
		if bytes.IndexByte(t.buf, '\n') < 0 && !t.eof {
			return t.fail(ErrLongRow, t.line, fmt.Sprintf("the first line is longer than %d bytes", len(t.buf)), "a header that names the columns")
		}
		return t.fail(ErrHeader, t.line, "no line can be split into fields", "a header that names the columns, and a line for each row")
	}
	if n := len(best.rows[0]); n > maxColumns {
		return t.fail(ErrHeader, t.line, fmt.Sprintf("there are more than %d columns", maxColumns), "a table with customers as rows")
	}
	if n := best.blanks(); n > 1 {
		return t.fail(ErrHeader, t.line, fmt.Sprintf("each line has %d words with blanks between them, and nothing else parts the columns", n), "commas, semicolons, tabs or bars between the columns")
	}
	t.delim = best.delim
	t.report.Delimiter = string(t.delim)
	if len(o.Header) > 0 {
		t.names, t.width = o.Header, len(o.Header)
		return nil
	}
	at := headerRow(best)
	if at < 0 {
		return t.fail(ErrHeader, t.line, fmt.Sprintf("the first line, %s, looks like values and not like names of columns", cut(strings.Join(best.rows[0], string(t.delim)))),
			"a header above the rows, or the names given (TableOptions.Header)")
	}
	for i := range at {
		t.report.Preamble = append(t.report.Preamble, cut(strings.Join(slices.DeleteFunc(best.rows[i], func(s string) bool { return s == "" }), " ")))
	}
	t.drop(best.lines[at])
	r := &Reader{}
	text := t.buf
	if t.eof {
		text = append(slices.Clip(text), '\n')
	}
	size, lines, _, _ := r.split(text, t.delim)
	for _, f := range r.fields {
		t.names = append(t.names, strings.Join(strings.Fields(strings.ToValidUTF8(string(f.text), "\ufffd")), " "))
	}
	for n := len(t.names); n > max(1, best.full) && t.names[n-1] == ""; n-- {
		t.names = t.names[:n-1]
	}
	t.names[0] = strings.TrimPrefix(strings.TrimPrefix(t.names[0], "ï»¿"), "ï..")
	t.buf, t.line = t.buf[min(size, len(t.buf)):], t.line+lines
	t.width = len(t.names)
	return nil
}

// headerRow returns the row that names the columns: the first that is as wide
// as most and has no value among its names; −1 for none.
func headerRow(s sniffed) int {
	for at, row := range s.rows[:min(len(s.rows), headerLines)] {
		names, values, empty, year := 0, 0, 0, 0
		for _, f := range row {
			switch {
			case f == "":
				empty++
			case isName(f):
				names++
			case year > 0 && f == strconv.Itoa(year+1) || year == 0 && isYear(f):
				year, _ = strconv.Atoi(f) // 2019, 2020, … are names
				names++
			default:
				values++
			}
		}
		if year > 0 && values == 0 && names+empty == len(row) && names < 3 {
			names, values = names-1, 1 // one year is none
		}
		// Years and other numbers may be names of a few columns.
		if len(row)+1 >= s.full && len(row) <= s.width+1 && names > 0 && 4*values <= names && 4*(empty-1) <= names {
			return at
		}
	}
	return -1
}

func isYear(field string) bool {
	y, err := strconv.Atoi(field)
	return err == nil && len(field) == 4 && y >= 1900 && y <= 2100
}

// skipBlank drops empty lines, and reports whether a line is left.
func (t *textRows) skipBlank() bool {
	for {
		n := bytes.IndexByte(t.buf, '\n')
		if n < 0 {
			return len(t.buf) > 0
		}
		if len(bytes.TrimSpace(t.buf[:n])) > 0 {
			return true
		}
		t.drop(1)
	}
}

// drop leaves lines out.
func (t *textRows) drop(lines int) {
	for range lines {
		n := bytes.IndexByte(t.buf, '\n') + 1
		if n == 0 { // the last line has no end
			n = len(t.buf)
		}
		t.buf, t.line = t.buf[n:], t.line+1
	}
}

// next returns the next block, of about so many bytes; nil after the last.
func (t *textRows) next(bytes int) (*block, error) {
	for size := bytes; ; size *= 2 {
		t.fill(size + notesSize)
		if t.srcErr != nil {
			return nil, t.fail(t.srcErr, t.line, "reading stopped: "+t.srcErr.Error(), "")
		}
		if len(t.buf) == 0 {
			return nil, nil
		}
		if t.eof && t.buf[len(t.buf)-1] != '\n' {
			t.buf, t.at = append(t.buf, '\n'), -1
		}
		t.mend()
		b := &block{width: t.width, at: -1}
		used, err := t.split(b)
		if err != nil {
			return nil, err
		}
		if used == 0 && !t.eof && size <= maxRow {
			continue
		}
		if used == 0 {
			return nil, t.fail(ErrLongRow, t.line, "the row is longer than a mebibyte", "one row a line, and a closing quote behind each quoted field")
		}
		if t.at >= 0 {
			b.at = t.at - int64(len(t.buf))
		}
		b.text, b.size, b.buf = t.buf[:used:used], used, t.buf[:0]
		// What is left starts a buffer of its own, as the block keeps this one.
		if cap(t.spareText) < bytes+notesSize {
			t.spareText = make([]byte, 0, bytes+notesSize)
		}
		t.buf, t.spareText = append(t.spareText, t.buf[used:]...), nil
		if b.n > 0 || b.below != nil || b.blank > 0 {
			return b, nil
		}
		size = bytes / 2
	}
}

// mostLikelyRows bounds the rows that room is made for before they are read.
const mostLikelyRows = 1 << 22

// likelyRows returns how many rows so many bytes of the text, or all of it, may have, by
// the first block and the size of the source; room for more is made when they come.
func (t *textRows) likelyRows(b *block, bytes int) int {
	whole := 1.05 * min(float64(t.size), float64(bytes)) / float64(b.size) * float64(b.n)
	return max(2*b.n, int(min(whole, mostLikelyRows)))
}

// mend makes UTF-8 of what is read and is none: by the encoding that its bytes
// tell, where all before it was ASCII; else the bytes are replaced, and counted.
func (t *textRows) mend() {
	if t.report.Encoding != "UTF-8" && t.report.Encoding != "UTF-8 with mark" {
		return
	}
	lines := t.buf[:bytes.LastIndexByte(t.buf, '\n')+1]
	switch {
	case !t.beyondASCII && isASCII(lines):
		return
	case utf8.Valid(lines):
		t.beyondASCII = true
		return
	case t.beyondASCII || t.report.Encoding != "UTF-8":
		for line := range bytes.Lines(lines) {
			if !utf8.Valid(line) {
				t.report.Invalid++
			}
		}
		t.buf, t.at = append(bytes.ToValidUTF8(lines, []byte("\ufffd")), t.buf[len(lines):]...), -1
		return
	}
	name, decoder := encodingOf(lines, true)
	rest := t.src
	if t.eof {
		rest = bytes.NewReader(nil)
		if t.srcErr != nil {
			rest = broken{t.srcErr}
		}
	}
	n := len(t.buf)
	t.through(decoder.NewDecoder().Reader(io.MultiReader(bytes.NewReader(t.buf), rest)))
	t.eof, t.srcErr = false, nil
	t.buf, t.report.Encoding, t.report.EncodingGuessed = nil, name, true
	t.fill(n)
	if t.eof && len(t.buf) > 0 && t.buf[len(t.buf)-1] != '\n' {
		t.buf = append(t.buf, '\n')
	}
}

// split finds the rows that end in buf and returns their bytes.
func (t *textRows) split(b *block) (used int, err error) {
	text := t.buf
	if !t.eof { // rows that notes may begin with are looked at with all that follows
		text = text[:max(0, len(text)-notesSize)]
	}
	rows := bytes.Count(text, []byte("\n"))
	b.start = make([]uint32, 0, rows)
	// The last row may go on behind the text, and appendMarks writes further than it appends.
	if cells := (rows+1)*t.width + 64 + 4; cap(t.spare) >= cells {
		b.end, t.spare = t.spare[:0], nil
	} else {
		b.end = make([]uint32, 0, cells)
	}
	for quote := -1; used < len(text); {
		if quote < used && quote < len(text) {
			if quote = bytes.IndexByte(text[used:], '"') + used; quote < used {
				quote = len(text)
			}
		}
		row, lines := bytes.LastIndexByte(text[used:quote], '\n')+1, 0
		if row > 0 {
			lines, err = t.plain(b, text[:used+row], used)
		} else {
			row, lines, err = t.row(b, text, used)
		}
		if err != nil || row == 0 {
			return used, err
		}
		used, t.line = used+row, t.line+lines
	}
	return used, nil
}

// plain splits rows without quotes, from a position on, and returns their
// number with that of empty lines. Delimiters and line ends are found 64 bytes at
// once, as masks of a bit for each byte, so that few branches are mispredicted
// (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019).
func (t *textRows) plain(b *block, text []byte, from int) (lines int, err error) {
	if lines, ok := t.even(b, text, from); ok {
		return lines, nil
	}
	start, fields := from, len(b.end)
	feed := func(at int) error {
		last := at
		if last > start && text[last-1] == '\r' {
			last--
		}
		b.end = append(b.end, uint32(last))
		if len(b.end)-fields == t.width && last-start >= t.width { // with a value
			b.begin(start, t.line+lines)
		} else if err := t.odd(b, text, start, fields, t.line+lines); err != nil {
			return err
		}
		start, fields, lines = at+1, len(b.end), lines+1
		return nil
	}
	p := from
	for ; p+64 <= len(text); p += 64 {
		delims, feeds := marked64((*[64]byte)(text[p:]), t.delim)
		for ; feeds != 0; feeds &= feeds - 1 {
			before := feeds&-feeds - 1
			b.end = appendMarks(b.end, uint32(p), delims&before)
			if err := feed(p + bits.TrailingZeros64(feeds)); err != nil {
				return 0, err
			}
			delims &^= before
		}
		b.end = appendMarks(b.end, uint32(p), delims)
	}
	for ; p < len(text); p++ {
		if text[p] == t.delim {
			b.end = append(b.end, uint32(p))
		} else if text[p] == '\n' {
			if err := feed(p); err != nil {
				return 0, err
			}
		}
	}
	return lines, nil
}

// even does the same where all rows are as wide as the header and have a value: of the
// marks, the last of each row is a line end then, and no other. It reports whether so.
func (t *textRows) even(b *block, text []byte, from int) (lines int, ok bool) {
	fields := len(b.end)
	p := from
	for ; p+64 <= len(text); p += 64 {
		b.end = appendMarks(b.end, uint32(p), both64((*[64]byte)(text[p:]), t.delim))
	}
	for ; p < len(text); p++ {
		if text[p] == t.delim || text[p] == '\n' {
			b.end = append(b.end, uint32(p))
		}
	}
	lines = bytes.Count(text[from:], []byte("\n"))
	n, start := b.n, from
	for at := fields + t.width - 1; at < len(b.end); at += t.width {
		last := int(b.end[at])
		end := last
		if end > start && text[end-1] == '\r' {
			end--
		}
		if text[last] != '\n' || end-start < t.width {
			break
		}
		b.end[at] = uint32(end)
		b.begin(start, t.line+b.n-n)
		start = last + 1
	}
	if b.n-n == lines && len(b.end)-fields == lines*t.width {
		return lines, true
	}
	b.end, b.start, b.n = b.end[:fields], b.start[:n], n
	if b.lines != nil {
		b.lines = b.lines[:n]
	}
	return 0, false
}

// both64 returns the bytes that are the delimiter or line ends, each as a bit.
func both64(text *[64]byte, delim byte) (marks uint64) {
	const each = 0x0101010101010101
	for i := 56; i >= 0; i -= 8 {
		x := binary.LittleEndian.Uint64(text[i : i+8 : i+8])
		marks = marks<<8 | highBytes(notZero(x^uint64(delim)*each)&notZero(x^'\n'*each))
	}
	return marks
}

// marked64 returns the bytes that are the delimiter, and those that are line ends,
// each as a bit.
func marked64(text *[64]byte, delim byte) (delims, feeds uint64) {
	const each = 0x0101010101010101
	for i := 56; i >= 0; i -= 8 {
		x := binary.LittleEndian.Uint64(text[i : i+8 : i+8])
		delims = delims<<8 | zeroBytes(x^uint64(delim)*each)
		feeds = feeds<<8 | zeroBytes(x^'\n'*each)
	}
	return delims, feeds
}

// zeroBytes returns a bit for each byte of x that is zero, that of the lowest first.
func zeroBytes(x uint64) uint64 { return highBytes(notZero(x)) }

// notZero returns x with the highest bit of each byte set that is not zero, and no
// other byte's.
func notZero(x uint64) uint64 {
	const low = 0x7f7f7f7f7f7f7f7f
	return x&low + low | x
}

// highBytes returns a bit for each byte of x whose highest bit is not set, that of the
// lowest first.
func highBytes(x uint64) uint64 {
	return (^x & 0x8080808080808080 * 0x0002040810204081) >> 56
}

// appendMarks appends the positions of the bits of marks, from a base on. Four are
// written at once, however many are left: the number is hardly foreseen.
func appendMarks(end []uint32, base uint32, marks uint64) []uint32 {
	n, more := len(end), bits.OnesCount64(marks)
	if cap(end)-n < 64+4 {
		end = slices.Grow(end, 64+4)
	}
	all := end[:cap(end)]
	for i := n; marks != 0; i += 4 {
		four := (*[4]uint32)(all[i:])
		four[0] = base + uint32(bits.TrailingZeros64(marks))
		marks &= marks - 1
		four[1] = base + uint32(bits.TrailingZeros64(marks))
		marks &= marks - 1
		four[2] = base + uint32(bits.TrailingZeros64(marks))
		marks &= marks - 1
		four[3] = base + uint32(bits.TrailingZeros64(marks))
		marks &= marks - 1
	}
	return all[:n+more]
}

// odd takes the row whose ends were noted last and which is not as wide as the
// header: an empty line, empty fields too many, or one that cannot be read.
func (t *textRows) odd(b *block, text []byte, start, fields, line int) error {
	n := len(b.end) - fields
	row := text[start:b.end[len(b.end)-1]]
	if !(t.all && n >= t.width) && len(bytes.Trim(row, " \r\t"+string(t.delim))) == 0 {
		if b.end = b.end[:fields]; n >= t.width {
			b.blank++
		}
		return nil
	}
	if n >= t.width && len(bytes.Trim(text[b.end[fields+t.width-1]:b.end[len(b.end)-1]], " "+string(t.delim))) == 0 {
		b.end = b.end[:fields+t.width]
		b.begin(start, line)
		return nil
	}
	b.end = b.end[:fields]
	if t.eof && !t.all && n < t.width && t.notes(start) {
		b.below = append(b.below, cut(string(bytes.Trim(row, " \r\t"+string(t.delim)))))
		return nil
	}
	e := &ReadError{File: t.name, Line: line, Reason: fmt.Sprintf("the row has %s and the header %d", count(n, "field"), t.width), Want: "a field for each column", Err: ErrShortRow}
	if n > t.width {
		e.Want, e.Err = "a field for each column, with quotes around those that hold a delimiter", ErrLongRow
	}
	return t.bad(e)
}

// bad counts a row that cannot be read, or stops with its error.
func (t *textRows) bad(e *ReadError) error {
	t.report.BadRows++
	if len(t.report.Errors) < maxErrors {
		t.report.Errors = append(t.report.Errors, e)
	}
	if t.policy == Strict {
		return e
	}
	return nil
}

// row splits the row at a position, with quotes as RFC 4180 has them. It
// returns 0 bytes for one that does not end.
func (t *textRows) row(b *block, text []byte, from int) (size, lines int, err error) {
	fields, p := len(b.end), from
	for {
		q := p
		for q < len(text) && text[q] == ' ' {
			q++
		}
		if q < len(text) && text[q] == '"' {
			for q++; ; q += 2 {
				n := bytes.IndexByte(text[q:], '"')
				if n < 0 {
					if b.end = b.end[:fields]; !t.eof && len(text)-from <= maxRow {
						return 0, 0, nil
					}
					return t.skip(text, from, "a quoted field does not end", "a closing quote")
				}
				lines += bytes.Count(text[q:q+n], []byte("\n"))
				if q += n; q+1 == len(text) || text[q+1] != '"' {
					break
				}
			}
			for q++; q < len(text) && (text[q] == ' ' || text[q] == '\r'); q++ {
			}
			if q < len(text) && text[q] != t.delim && text[q] != '\n' {
				b.end = b.end[:fields]
				return t.skip(text, from, "a quoted field goes on after its closing quote", "a delimiter there, and quotes within a field written twice")
			}
		} else {
			for q = p; q < len(text) && text[q] != t.delim && text[q] != '\n'; q++ {
			}
		}
		if q == len(text) { // the row does not end yet
			b.end = b.end[:fields]
			return 0, 0, nil
		}
		end := q
		if text[q] == '\n' && q > p && text[q-1] == '\r' {
			end--
		}
		b.end = append(b.end, uint32(end))
		p = q + 1
		if text[q] == '\n' {
			break
		}
	}
	if len(b.end)-fields == t.width && int(b.end[len(b.end)-1])-from >= t.width {
		b.begin(from, t.line)
	} else if err := t.odd(b, text, from, fields, t.line); err != nil {
		return 0, 0, err
	}
	return p - from, lines + 1, nil
}

// skip refuses the line at a position for its quotes.
func (t *textRows) skip(text []byte, from int, reason, want string) (size, lines int, err error) {
	err = t.bad(&ReadError{File: t.name, Line: t.line, Reason: reason, Want: want, Err: ErrQuote})
	return bytes.IndexByte(text[from:], '\n') + 1, 1, err
}
