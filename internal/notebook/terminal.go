package notebook

import (
	"fmt"
	"go/doc/comment"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

const columns = 96 // of the terminal

func (c *Cell) print(w io.Writer, number int) {
	title := fmt.Sprintf("%d. %s", number, c.Title)
	fmt.Fprintf(w, "\n── %s %s\n\n", title, strings.Repeat("─", max(0, columns-utf8.RuneCountInString(title)-4)))
	printer := comment.Printer{TextWidth: columns}
	fmt.Fprintln(w, strings.TrimRight(string(printer.Text(c.prose)), "\n"))
	fmt.Fprintln(w)
	for line := range strings.Lines(c.Code) {
		fmt.Fprintf(w, "  │ %s", strings.ReplaceAll(line, "\t", "    "))
	}
	fmt.Fprint(w, "\n\n")
}

// wrap breaks a line between words.
func wrap(line, indent string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(line) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			b.WriteString(indent)
			width = len(indent)
		case width+1+n > columns:
			b.WriteString("\n" + indent + "  ")
			width = len(indent) + 2
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}

// align sets a table in columns.
func align(head []string, rows [][]string, indent string) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		fmt.Fprintln(t, indent+strings.Join(row, "\t"))
	}
	t.Flush()
	return strings.TrimRight(b.String(), "\n")
}

// lines returns the lines of a text that are not empty.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
