package features

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Words, as key leaves them, that rows below a table begin with which sum it up.
var totalWords = []string{"total", "totals", "grandtotal", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "insgesamt", "totale", "totalgeneral", "suma", "soma", "somme",
	"итого", "всего", "toplam", "geneltoplam", "合计", "总计", "合計", "総計", "합계", "المجموع", "average", "avg", "mean", "mittelwert", "durchschnitt", "promedio", "moyenne"}

const (
	fewestColumns = 3       // a table of fewer has rows of one value
	notesSize     = 4 << 10 // bytes that the notes below a table have at most
)

// isNote reports whether text reads as a sentence, as below a table.
func isNote(text []byte) bool {
	text = bytes.TrimSpace(text)
	return bytes.IndexByte(text, ' ') > 0 && bytes.ContainsFunc(text, unicode.IsLetter)
}

// notes reports whether all that is left of the text, from a position on, is notes:
// lines of one field.
func (t *textRows) notes(from int) bool {
	rest := t.buf[from:]
	if t.width < fewestColumns || len(rest) > notesSize || !isNote(rest) {
		return false
	}
	for line := range bytes.Lines(rest) {
		if line = bytes.Trim(line, " \r\n"+string(t.delim)); bytes.IndexByte(line, t.delim) >= 0 {
			return false
		}
	}
	return true
}

// filled returns the cells of a row that hold something, as words.
func (b *block) filled(i int) (words []string) {
	b.restore()
	var scratch []byte
	for j := range b.width {
		kind := RawText
		if b.kinds != nil {
			kind = b.kinds[i*b.width+j]
		}
		if w := rawWord(kind, b.cell(i, j, &scratch)); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// drop leaves the last row out and returns what it holds.
func (b *block) drop() string {
	b.n--
	return cut(strings.Join(b.filled(b.n), ", "))
}

// dropNotes leaves out the rows at the end that are notes, or totals with empty
// cells among them, and reports whether there are any.
func (b *tableBuilder) dropNotes() (found bool) {
	for at := len(b.blocks) - 1; at >= 0; at-- {
		block := b.blocks[at]
		for block.n > 0 && block.width >= fewestColumns {
			words := block.filled(block.n - 1)
			note := len(words) == 1 && isNote([]byte(words[0]))
			total := len(words) > 0 && len(words) < len(b.names) && slices.Contains(totalWords, key(words[0]))
			if !note && !total {
				return found
			}
			found = true
			block.below = append([]string{block.drop()}, block.below...)
		}
		if block.n > 0 {
			return found
		}
	}
	return found
}

// sums reports whether the last row is a total: it begins with a word for one, and
// a number in it is the sum of those above, or their mean.
func (b *tableBuilder) sums(columns []Series) bool {
	if len(b.blocks) == 0 || b.n < fewest {
		return false
	}
	last := b.blocks[len(b.blocks)-1]
	if last.n == 0 {
		return false
	}
	if words := last.filled(last.n - 1); len(words) == 0 || !slices.Contains(totalWords, key(words[0])) {
		return false
	}
	for _, s := range columns {
		if !s.Kind().Numeric() {
			continue
		}
		total, n := 0.0, 0
		for _, x := range s.numbers[:b.n-1] {
			if x == x {
				total, n = total+x, n+1
			}
		}
		x := s.numbers[b.n-1]
		near := func(y float64) bool { return x != 0 && math.Abs(x-y) <= 1e-3*math.Abs(x) }
		if near(total) || near(total/float64(n)) {
			return true
		}
	}
	return false
}

const fewest = 3 // rows, the last one counted, that a total is looked for in
