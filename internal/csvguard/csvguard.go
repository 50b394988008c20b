// Package csvguard writes CSV in which a spreadsheet finds no formula.
package csvguard

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Cell prefixes an apostrophe to text that a spreadsheet would run as a formula
// (CSV injection, https://owasp.org/www-community/attacks/CSV_Injection): what
// begins with =, +, -, @ or their full-width forms, with or without blanks
// before, and what begins with a tab or a line end; numbers such as -5 stay.
func Cell(cell string) string {
	if cell == "" || cell[0] >= '0' && cell[0] <= '9' {
		return cell
	}
	text := strings.TrimLeftFunc(cell, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	first, _ := utf8.DecodeRuneInString(text)
	if !strings.ContainsRune("\t\r\n", rune(cell[0])) && (text == "" || !strings.ContainsRune("=+-@＝＋－＠", first)) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}

// Writer returns a writer that hands the CSV written to it on to w, with every
// cell guarded and with those in quotes that another delimiter would part. Raw
// hands it on as it is. Cells in quotes may hold commas and line ends (RFC
// 4180). A cell is held back until its end: the last line needs its line end.
// Changed counts the cells that got an apostrophe.
func Writer(w io.Writer, raw bool, changed *int) io.Writer {
	if raw {
		return w
	}
	return &guard{w: w, changed: changed}
}

type guard struct {
	w       io.Writer
	changed *int
	cell    []byte // as far as it has come, with its quotes
	quoted  bool
	out     []byte
}

// Write writes the next part of the text.
func (g *guard) Write(p []byte) (int, error) {
	g.out = g.out[:0]
	for _, b := range p {
		if !g.quoted && (b == ',' || b == '\n') {
			g.endCell()
			g.out = append(g.out, b)
			continue
		}
		if b == '"' {
			g.quoted = !g.quoted
		}
		g.cell = append(g.cell, b)
	}
	if _, err := g.w.Write(g.out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (g *guard) endCell() {
	cell := g.cell
	g.cell = g.cell[:0]
	if len(cell) == 0 || cell[0] >= '0' && cell[0] <= '9' && !bytes.ContainsAny(cell, ";|\t") {
		g.out = append(g.out, cell...)
		return
	}
	if n := len(cell); n >= 2 && cell[0] == '"' && cell[n-1] == '"' {
		text := strings.ReplaceAll(string(cell[1:n-1]), `""`, `"`)
		g.out = append(g.out, '"')
		if Cell(text) != text {
			*g.changed++
			g.out = append(g.out, '\'')
		}
		g.out = append(g.out, cell[1:]...)
		return
	}
	text := Cell(string(cell))
	if len(text) > len(cell) {
		*g.changed++
	}
	if strings.ContainsAny(text, ";|\t\r") {
		text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	g.out = append(g.out, text...)
}
