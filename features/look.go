package features

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"unicode/utf8"
)

// lookRows are the rows whose cells are looked at column by column, so that they are
// in the nearest cache and what is counted is in registers.
const lookRows = 128

// Words that are found without the dictionary: as many as there are, within bounds.
const (
	leastRecent = 1 << 8
	mostRecent  = 1 << 14
)

// A cellForm is what a cell was, and so is most likely to be the one below it.
type cellForm uint8

const (
	formOther   cellForm = iota
	formDigits           // up to seven digits
	formDecimal          // up to seven digits with a point between them, or none
	formFlag             // yes, no, true or false
	formWord             // a word that came before
	formDay              // a word as 2012-09-04 that came before
	formCode             // letters and digits, of too many to keep
)

// lookAt looks at the cells of a block of which row is the first.
func lookAt(scans []*scan, b *block, row int) {
	b.restore()
	if b.kinds != nil {
		for _, s := range scans {
			s.in(b, row, s.lookCell)
		}
		return
	}
	for from := 0; from < b.n; from += lookRows {
		for _, s := range scans {
			s.lookText(b, row, from, min(b.n, from+lookRows))
		}
	}
}

// mostDays is how many different days a column has that has no clocks: those of 22 years.
const mostDays = 1 << 13

// rereads reports whether cells are likely to be read a second time: as codes, as
// moments, of which there are too many to keep, or as something that is not what the
// others are.
func (s *scan) rereads() bool {
	if s.kept != nil {
		return false
	}
	words, numbers := s.words.len(), s.number+s.short
	odd := s.uncoded + s.comma + s.open[1] + s.zeros + s.long + s.compact + s.infinite + s.percent
	return odd > 0 || s.dated && words > mostDays || words > 0 && numbers+s.flags > 0 || numbers > 0 && s.flags > 0 || numbers > 0 && isCode(s.b.names[s.j])
}

// lookText looks at some rows of a block of text, of which row is the first: at each
// cell as what the one above it was, and as anything else where it is not.
func (s *scan) lookText(b *block, row, from, to int) {
	if s.named {
		for i := from; i < to; i++ {
			s.keep(RawText, b.cell(i, s.j, &s.scratch))
		}
		return
	}
	var room [lookRows]place
	cells, text := b.places(room[:], s.j, from, to), b.text
	for i := 0; i < len(cells); i++ {
		was, rest, first := i, cells[i:], row+from+i
		switch s.form {
		case formDigits:
			i += s.lookDigits(text, rest, first)
		case formDecimal:
			i += s.lookDecimals(text, rest, first)
		case formFlag:
			i += s.lookFlags(text, rest, first)
		case formWord:
			i += s.lookWords(text, rest, first)
		case formDay:
			i += s.lookDays(text, rest, first)
		case formCode:
			i += s.lookCodes(text, rest, first)
		}
		if s.kept != nil {
			for _, c := range cells[was:i] {
				s.kept.add(c.of(text))
			}
		}
		if i < len(cells) {
			s.lookCell(row+from+i, RawText, b.cell(from+i, s.j, &s.scratch), 0)
		}
	}
}

// lookCell looks at a cell, or keeps it where its column is known, or both.
func (s *scan) lookCell(row int, kind RawKind, text []byte, line int) {
	if !s.named {
		s.look(row, kind, text, line)
	}
	if s.kept != nil {
		s.keep(kind, text)
	}
}

// A place is where a cell stands in a text.
type place struct{ start, size uint32 }

// of returns the cell.
func (c place) of(text []byte) []byte { return text[c.start : c.start+c.size : cap(text)] }

// places returns where the cells of a column stand, of some rows.
func (b *block) places(list []place, j, from, to int) []place {
	list = list[:to-from]
	if j == 0 {
		starts := b.start[from:to]
		for i := range list {
			list[i] = place{starts[i], b.end[(from+i)*b.width] - starts[i]}
		}
		return list
	}
	ends, width, at := b.end, b.width, from*b.width+j
	for i := range list {
		start := ends[at-1] + 1
		list[i] = place{start, ends[at] - start}
		at += width
	}
	return list
}

// lookDigits looks at rows as long as their cells are up to seven digits, which are
// read from eight bytes at once, and returns how many are, from the first on.
func (s *scan) lookDigits(text []byte, cells []place, row int) int {
	numbers := s.numbers[row:][:len(cells)]
	low, high := s.low, s.high
	i := 0
	// Single digits first: which of the two a cell is would often be mispredicted.
	for ; i < len(numbers); i++ {
		c := cells[i]
		if c.size != 1 {
			break
		}
		v := uint64(text[c.start] - '0')
		if v > 9 {
			break
		}
		numbers[i] = float64(v)
		low, high = min(low, v), max(high, v)
	}
	for ; i < len(numbers); i++ {
		c := cells[i]
		if c.size-1 >= 7 || len(text)-int(c.start) < 8 { // wraps round where there is none
			break
		}
		x := binary.LittleEndian.Uint64(text[c.start:]) ^ digitZeros
		if x&0xff == 0 && c.size > 1 { // a leading zero
			break
		}
		x <<= (64 - 8*c.size) & 63 // without what stands behind the cell
		if notDigits(x) != 0 {
			break
		}
		v := eightDigits(x)
		numbers[i] = float64(v)
		low, high = min(low, v), max(high, v)
	}
	s.low, s.high, s.short = low, high, s.short+i
	return i
}

// lookDecimals does the same for digits with a point between them, which plainDecimal
// reads likewise, or without.
func (s *scan) lookDecimals(text []byte, cells []place, row int) int {
	numbers := s.numbers[row:][:len(cells)]
	digits, open := 0, 0
	i := 0
	for ; i < len(numbers); i++ {
		c := cells[i]
		if c.size-1 >= 8 || len(text)-int(c.start) < 8 {
			break
		}
		x := binary.LittleEndian.Uint64(text[c.start:]) ^ digitZeros
		first := x & 0xff
		x <<= (64 - 8*c.size) & 63
		mark := notDigits(x)
		if mark == 0 {
			if c.size == 8 || first == 0 && c.size > 1 {
				break
			}
			digits++
			numbers[i] = float64(eightDigits(x))
			continue
		}
		point := uint(bits.TrailingZeros64(mark)) & 56
		decimals := 7 - int(point>>3)
		lead := int(c.size) - 1 - decimals
		if mark&(mark-1) != 0 || x>>point&0xff != '.'^'0' || lead < 1 || decimals < 1 {
			break
		}
		before := x & (1<<point - 1)
		v := float64(eightDigits(x>>8>>point<<point<<8 | before<<8))
		if decimals != 3 || lead > 3 || first == 0 {
			v /= tens[decimals&7]
		} else if open++; !s.thousand(row + i) {
			v /= tens[3]
		}
		numbers[i] = v
	}
	s.number, s.digits, s.point, s.open[0] = s.number+i, s.digits+digits, s.point+i-digits-open, s.open[0]+open
	s.measure(numbers[:i])
	return i
}

// measure counts whole numbers and those that are 0 or 1, and notes the least and the
// greatest. None is missing or beyond what an int64 holds.
func (s *scan) measure(numbers []float64) {
	whole, binaries, least, greatest := 0, 0, s.least, s.greatest
	for _, v := range numbers {
		if n := int64(v); float64(n) == v {
			whole++
			if uint64(n) <= 1 {
				binaries++
			}
		}
		if v < least {
			least = v
		}
		if v > greatest {
			greatest = v
		}
	}
	s.whole, s.binary, s.least, s.greatest = s.whole+whole, s.binary+binaries, least, greatest
}

// thousand reports whether a number as 58.138 is read as 58138, for nothing decides it
// yet, and notes its row then.
func (s *scan) thousand(row int) bool {
	if s.b.o.Decimal == DecimalPoint {
		return false
	}
	if s.thousands == nil {
		s.thousands = make([]uint64, (s.b.room+63)/64)
	}
	s.thousands[row/64] |= 1 << (row % 64)
	return true
}

// readPoints reads the numbers as 58.138 again where the column has the decimal point,
// and reports whether no other cell can be read in another way than before.
func (s *scan) readPoints(r *ColumnReport) bool {
	if r.Decimal != DecimalPoint || s.comma+s.open[1] > 0 || r.Set || r.Kind.Binary() {
		return false
	}
	for i, m := range s.thousands {
		for ; m != 0; m &= m - 1 {
			s.numbers[64*i+bits.TrailingZeros64(m)] /= tens[3]
		}
	}
	s.least, s.greatest = math.Inf(1), math.Inf(-1)
	for _, x := range s.numbers {
		if x == x {
			s.least, s.greatest = min(s.least, x), max(s.greatest, x)
		}
	}
	return true
}

// notDigits returns the highest bit of each byte of x that is no value of a digit.
func notDigits(x uint64) uint64 {
	return (x&0x7f7f7f7f7f7f7f7f + 0x7676767676767676 | x) & 0x8080808080808080
}

// lookFlags looks at rows as long as their cells are flags in the words that came
// before, and returns how many are. Which of the two a cell is decides no
// branch, as it would often be mispredicted.
func (s *scan) lookFlags(text []byte, cells []place, row int) int {
	numbers, no, yes := s.numbers[row:][:len(cells)], s.writings[0], s.writings[1]
	truths := 0
	i := 0
	for ; i < len(numbers); i++ {
		c := cells[i]
		if c.size-1 >= 5 || len(text)-int(c.start) < 8 || text[c.start] == 0 {
			break
		}
		x := binary.LittleEndian.Uint64(text[c.start:]) << ((64 - 8*c.size) & 63)
		isNo, isYes := differ(x, no)^1, differ(x, yes)^1
		if isNo|isYes == 0 {
			break
		}
		numbers[i] = float64(int64(isYes))
		truths += int(c.size >> 2) // true and false, of four and five bytes
	}
	s.flags, s.truths = s.flags+i, s.truths+truths
	return i
}

// differ returns 1 if a and b differ, else 0.
func differ(a, b uint64) uint64 {
	d := a ^ b
	return (d | -d) >> 63
}

// flag counts a flag in words.
func (s *scan) flag(row int, v int64, text []byte) {
	s.flags++
	if len(text) > 3 { // true, false
		s.truths++
	}
	x := float64(v)
	s.numbersTo(row)[row], s.least, s.greatest = x, min(s.least, x), max(s.greatest, x)
	s.form, s.writings[v] = formFlag, endsOf(text).first
}

// lookCodes looks at rows as long as their cells are as C536038, which are too many to
// keep, and returns how many are.
func (s *scan) lookCodes(text []byte, cells []place, row int) int {
	letters, blanks := 0, 0
	n := 0
	for _, c := range cells {
		if int32(c.size) <= 0 {
			break
		}
		code := c.of(text)
		if !bare(code) || !s.isCode(code) {
			break
		}
		letters += len(code)
		if bytes.IndexByte(code, ' ') >= 0 {
			blanks++
		}
		n++
	}
	s.uncoded, s.texts, s.mixed, s.letters, s.blanks = s.uncoded+n, s.texts+n, s.mixed+n, s.letters+letters, s.blanks+blanks
	s.noNumbers(row, row+n)
	return n
}

// isCode reports whether a text is as C536038: letters that were found to be no
// currency before a digit. It is no number then, no flag and no missing value.
func (s *scan) isCode(text []byte) bool {
	n := len(s.noMoney)
	return n > 0 && n < len(text) && isDigit(text[n]) && string(text[:n]) == s.noMoney
}

// noNumbers notes that there are none in some rows.
func (s *scan) noNumbers(from, to int) {
	if s.numbers != nil {
		for i := from; i < to; i++ {
			s.numbers[i] = math.NaN()
		}
	}
}

// lookWords looks at rows as long as their cells are words that came before, of up to
// 16 bytes, and returns how many are.
func (s *scan) lookWords(text []byte, cells []place, row int) int {
	if s.words.len() >= mostLevels {
		return 0
	}
	codes, often, recent := s.codes[row:][:len(cells)], s.often, s.recent
	i := 0
	for ; i < len(codes); i++ {
		c := cells[i]
		if c.size-1 >= 16 || len(text)-int(c.start) < 8 {
			break
		}
		// The same as endsOf and bare.
		cut := 8 * (8 - min(c.size, 8)) & 63
		first := binary.LittleEndian.Uint64(text[c.start:])
		w := wordEnds{first << cut, binary.LittleEndian.Uint64(text[c.start+max(c.size, 8)-8:]) << cut, int32(c.size)}
		if byte(first)-'#' >= utf8.RuneSelf-'#' || byte(w.last>>56)-'#' >= utf8.RuneSelf-'#' {
			break
		}
		r := &recent[w.at(len(recent))]
		if r.ends != w {
			if r = &recent[w.at(len(recent))^1]; r.ends != w {
				break
			}
		}
		codes[i] = r.code + 1
		often[r.code]++
	}
	s.noNumbers(row, row+i)
	return i
}

// likeIDs reports whether most words were new up to a row.
func (s *scan) likeIDs(row int) bool { return 2*s.words.len() > row+1 }

// isoDays are the codes of words as 2012-09-04, by year, and by month and day.
type isoDays [256]*[16 << 5]int32

func (d *isoDays) put(at uint64, code int32) {
	if d[at>>9] == nil {
		d[at>>9] = new([16 << 5]int32)
	}
	d[at>>9][at&511] = code + 1
}

// isoDay returns the place of a word in isoDays, if it is one of them.
func isoDay(text []byte) (at uint64, ok bool) {
	if len(text) != 10 {
		return 0, false
	}
	return isoPlace(binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[2:]))
}

// isoPlace does the same by the first and the last eight bytes of the word.
func isoPlace(first, last uint64) (at uint64, ok bool) {
	const hyphens = 0xff0000ff00000000
	first ^= 0x2d30302d30303030 // 0000-00-
	digits := first&0xffffffff | first>>8&0xffff00000000 | (last^digitZeros)>>48<<48
	pairs := (digits*10 + digits>>8) & 0x00ff00ff00ff00ff
	year, month, day := (pairs&0xff)*100+pairs>>16&0xff-1900, pairs>>32&0xff, pairs>>48
	return year<<9 | month<<5 | day, notDigits(digits)|first&hyphens == 0 && year < 256 && month < 16 && day < 32
}

// lookDays does the same for words as 2012-09-04, of which there may be thousands.
func (s *scan) lookDays(text []byte, cells []place, row int) int {
	if s.words.len() >= mostLevels {
		return 0
	}
	codes, often, days := s.codes[row:][:len(cells)], s.often, s.isoDays
	i := 0
	for ; i < len(codes); i++ {
		c := cells[i]
		if c.size != 10 || len(text)-int(c.start) < 10 {
			break
		}
		at, ok := isoPlace(binary.LittleEndian.Uint64(text[c.start:]), binary.LittleEndian.Uint64(text[c.start+2:]))
		if !ok {
			break
		}
		year := days[at>>9&0xff]
		if year == nil || year[at&511] == 0 {
			break
		}
		codes[i] = year[at&511]
		often[year[at&511]-1]++
	}
	s.noNumbers(row, row+i)
	return i
}

// A recentWord is a word seen last with its code.
type recentWord struct {
	ends wordEnds
	code int32
}

// wordEnds are the first and the last eight bytes of a word and its length, which
// are all of a word of up to 16. No word has the zero value.
type wordEnds struct {
	first, last uint64
	n           int32
}

func endsOf(text []byte) wordEnds {
	n := len(text)
	w := wordEnds{n: int32(n)}
	if cap(text) < 8 {
		for i, c := range text {
			w.first |= uint64(c) << (8 * i)
		}
		w.first <<= 64 - 8*len(text)
		w.last = w.first
		return w
	}
	// No branch depends on the length, which would be mispredicted.
	behind := (64 - 8*uint(min(n, 8))) & 63
	w.first = binary.LittleEndian.Uint64(text[:8]) << behind
	w.last = binary.LittleEndian.Uint64(text[max(0, n-8):][:8]) << behind
	return w
}

// at returns where a word is kept among so many, a power of two: by the two halves of
// its product with 2⁶⁴ over the golden ratio.
func (w wordEnds) at(size int) int {
	high, low := bits.Mul64(w.first^bits.RotateLeft64(w.last, 32)^uint64(w.n), 0x9e3779b97f4a7c15)
	return int(high^low) & (size - 1)
}

// lookup finds the code of a word that came before.
func (s *scan) lookup(text []byte) (int32, bool) {
	if s.words.len() == 0 {
		return -1, false
	}
	w := endsOf(text)
	if code := s.recentCode(w, text); code >= 0 {
		return code, true
	}
	code, ok := s.words.find(text)
	if ok {
		at := w.at(len(s.recent))
		s.recent[at^1], s.recent[at] = s.recent[at], recentWord{w, code}
	}
	return code, ok
}

// recentCode returns the code of a word if it is among the recent ones, else −1.
func (s *scan) recentCode(w wordEnds, text []byte) int32 {
	at := w.at(len(s.recent))
	r := &s.recent[at]
	if r.ends != w {
		r = &s.recent[at^1]
	}
	if r.ends != w || len(text) > 16 && s.words.word(r.code) != string(text) {
		return -1
	}
	return r.code
}

// coded returns the code of a word that is new in a row, and makes room for it among the
// recent ones, where words are likely to come again.
func (s *scan) coded(text []byte, row int) int32 {
	code := s.words.add(text)
	if n := len(s.recent); n == 0 || n < mostRecent && s.words.len() > n && !s.likeIDs(row) {
		s.recent = make([]recentWord, max(leastRecent, 8*n))
	}
	return code
}
