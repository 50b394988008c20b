package features

import (
	"bytes"
	"hash/maphash"
	"io"
	"sync"
	"unicode/utf8"
)

// A block is rows of raw cells, which it keeps as text with the ends of the
// cells: 4 bytes a cell, and nothing copied.
type block struct {
	text  []byte
	size  int // bytes of the text
	n     int
	start []uint32  // of each row
	first int       // line of the first row in the file
	lines []uint32  // of each row; nil where they follow one another
	end   []uint32  // of each cell, rows one after another
	kinds []RawKind // of each cell; nil where all are text. Numbers and times are eight bytes there
	width int

	source *textRows // of a block whose ends were given away, and maybe its text, which it finds again
	again  sync.Once
	buf    []byte // that the text is in
	at     int64  // where the text stands in the source; −1 where it cannot be read again
	sum    uint64 // hash of the text

	headers int      // rows left out that repeat the header
	blank   int      // those without any value
	below   []string // and those below the table
}

// hasValue reports whether a row has a first cell that is not the given word, by its
// first byte.
func (b *block) hasValue(i int, word string) bool {
	if b.kinds != nil || word == "" {
		return false
	}
	text := b.raw(i, 0)
	return bare(text) && text[0] != word[0]
}

// begin begins a row at a position of the text, on a line of the file.
func (b *block) begin(start, line int) {
	if b.n == 0 {
		b.first = line
	} else if b.lines == nil && line != b.first+b.n {
		b.number()
	}
	if b.lines != nil {
		b.lines = append(b.lines, uint32(line))
	}
	b.start = append(b.start, uint32(start))
	b.n++
}

// number notes the line of each row, as they are not to follow one another.
func (b *block) number() {
	b.lines = make([]uint32, b.n, cap(b.start))
	for i := range b.lines {
		b.lines[i] = uint32(b.first + i)
	}
}

// line returns the line of a row in the file.
func (b *block) line(i int) int {
	if b.lines != nil {
		return int(b.lines[i])
	}
	return b.first + i
}

// keep moves a row up to another place, and returns 1 for it.
func (b *block) keep(i, to int) int {
	if to < i {
		w := b.width
		if b.lines == nil {
			b.number()
		}
		b.start[to], b.lines[to] = b.start[i], b.lines[i]
		// The ends of a row count from its start or from the end before.
		copy(b.end[to*w:to*w+w], b.end[i*w:i*w+w])
		if b.kinds != nil {
			copy(b.kinds[to*w:to*w+w], b.kinds[i*w:i*w+w])
		}
	}
	return 1
}

// restore finds the ends of the cells again, and the text.
func (b *block) restore() {
	if b.source == nil {
		return
	}
	b.again.Do(func() {
		if b.text == nil && !b.reread() {
			// Empty cells, for there is an error to be told.
			b.text, b.start, b.end = make([]byte, 1), make([]uint32, b.n), make([]uint32, b.n*b.width)
			return
		}
		found := &block{end: make([]uint32, 0, b.n*b.width+1)}
		t := &textRows{delim: b.source.delim, width: b.width, all: b.source.all, eof: true, policy: Skip, report: &TableReport{}}
		for _, start := range b.start[:b.n] {
			_, _, _ = t.row(found, b.text, int(start)) // it had none
		}
		b.end = found.end
	})
}

// reread reads the text again, and reports whether it is what it was.
func (b *block) reread() bool {
	t := b.source
	text := make([]byte, b.size)
	if _, err := io.ReadFull(io.NewSectionReader(t.again, b.at, int64(b.size)), text); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		t.lost.CompareAndSwap(nil, &ReadError{File: t.name, Line: b.line(0), Reason: "reading again stopped: " + err.Error(), Err: err})
		return false
	}
	if maphash.Bytes(t.seed, text) != b.sum {
		t.lost.CompareAndSwap(nil, &ReadError{File: t.name, Line: b.line(0), Reason: "the text has changed since it was read", Want: "a file that nobody writes to meanwhile", Err: ErrChanged})
		return false
	}
	b.text = text
	return true
}

// mayBe reports whether the first cell of a row may be a word, by its first byte.
func (b *block) mayBe(i int, word string) bool {
	if b.kinds != nil || word == "" {
		return true
	}
	c := b.text[b.start[i]] // there is a line end at least
	return c == word[0] || c <= '"' || c >= utf8.RuneSelf
}

// isBlank reports whether a row has no value.
func (b *block) isBlank(i int, scratch *[]byte) bool {
	if b.kinds == nil {
		for j := range b.width {
			if len(b.cell(i, j, scratch)) > 0 {
				return false
			}
		}
		return true
	}
	for _, k := range b.kinds[i*b.width:][:b.width] {
		if k != RawMissing {
			return false
		}
	}
	return true
}

// raw returns the text of a cell with quotes and blanks around it.
func (b *block) raw(i, j int) []byte {
	at := i*b.width + j
	from := b.start[i]
	if j > 0 {
		from = b.end[at-1] + 1
	}
	return b.text[from:max(from, b.end[at])]
}

// cell returns the text of a cell without quotes and blanks around it. Where
// it had quotes doubled within, it is in scratch, until the next call.
func (b *block) cell(i, j int, scratch *[]byte) []byte {
	text := b.raw(i, j)
	if b.kinds != nil {
		return text
	}
	if bare(text) {
		return text
	}
	text = trimBlanks(text)
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
		if bytes.IndexByte(text, '"') >= 0 {
			*scratch = append((*scratch)[:0], bytes.ReplaceAll(text, []byte(`""`), []byte(`"`))...)
			text = *scratch
		}
		text = trimBlanks(text)
	}
	return text
}

// bare reports whether there are no quotes and blanks around a text, by its ends.
func bare(text []byte) bool {
	n := len(text)
	return n > 0 && text[0] > '"' && text[n-1] > '"' && text[n-1] < utf8.RuneSelf && text[0] < utf8.RuneSelf
}
