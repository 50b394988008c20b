package report

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/plots"
)

// shown returns the texts that the pages of a document show, and their number: its
// strings are UTF-16, in compressed streams.
func shown(t *testing.T, document []byte) (text string, pages int) {
	t.Helper()
	var b strings.Builder
	for _, part := range bytes.Split(document, []byte("\nstream\n"))[1:] {
		stream, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue // a font, say
		}
		content, err := io.ReadAll(stream)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) Tj`).FindAllSubmatch(content, -1) {
			raw := regexp.MustCompile(`(?s)\\.`).ReplaceAllFunc(m[1], func(pair []byte) []byte {
				if pair[1] == 'r' {
					return []byte{'\r'}
				}
				return pair[1:]
			})
			var units []uint16
			for i := 0; i+1 < len(raw); i += 2 {
				units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
			}
			b.WriteString(string(utf16.Decode(units)) + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " "), bytes.Count(document, []byte("/Type /Page\n"))
}

func writePDF(t *testing.T, p *Page) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.WritePDF(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWritePDF: the document has what the page has, cover, figures and doubts.
func TestWritePDF(t *testing.T) {
	r, _ := page(t, "one & two.csv", sample(t, func(*features.Customer) {}), features.Report{}, segment.TrainOptions{K: 4})
	r.Facts = []string{"model version 3"}
	p, err := r.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	document := writePDF(t, p)
	text, pages := shown(t, document)
	want := []string{p.Title, "Data: one & two.csv", "Model version 3", "As of ", "What is doubtful"}
	for _, c := range p.Cards {
		want = append(want, c.Name, c.Customers+" customers", percent(c.Share)+" of the customers", c.Mean+" spent per customer")
	}
	for _, s := range p.Sections {
		want = append(want, s.Title)
		for _, f := range s.Pictures {
			want = append(want, strings.Fields(f.Title)[0])
		}
	}
	for _, row := range func() [][]string { _, rows := r.clusters(); return rows }() {
		want = append(want, strings.Join(row, " "))
	}
	for _, said := range want {
		if !strings.Contains(text, said) {
			t.Errorf("the document does not show %q", said)
		}
	}
	if pages < 6 || !bytes.HasPrefix(document, []byte("%PDF-")) || len(document) > 2e6 {
		t.Errorf("%d pages of %d bytes", pages, len(document))
	}
	read := testenv.PDFText(t, document)
	for _, said := range want {
		if !strings.Contains(read, said) {
			t.Errorf("pdftotext does not find %q", said)
		}
	}
}

// TestWritePDFOfAnything: what is too wide or too long for a page is turned or broken,
// and nothing of it is lost.
func TestWritePDFOfAnything(t *testing.T) {
	wide, rows := []string{"Group"}, [][]string{{"0"}, {"1"}}
	for j := range 40 {
		wide = append(wide, fmt.Sprintf("Column number %d", j))
		rows[0], rows[1] = append(rows[0], fmt.Sprintf("%d.5", j)), append(rows[1], "word"+fmt.Sprint(j))
	}
	var long [][]string
	for i := range 200 {
		long = append(long, []string{fmt.Sprint(i), strings.Repeat("many words ", 30)})
	}
	p := &Page{Title: strings.Repeat("Long", 60) + " 😀 Ünïcödé (brackets) \\", Lead: []string{"Łódź, Ελλάδα, Москва"}, Sections: []Section{
		{Title: "Wide", Lead: "<p>First &amp; foremost</p><p>and <b>second</b></p>", Blocks: []Block{{Head: wide, Rows: rows}}},
		{Title: "Long", Number: 7, Blocks: []Block{{Head: []string{"Row", "Words"}, Rows: long}, {Code: "a := 1\n\tb()", Text: []string{"text"}, List: []string{"item"}, Summary: "More", More: []string{"behind"}}}},
	}}
	document := writePDF(t, p)
	text, pages := shown(t, document)
	joined := strings.ReplaceAll(text, " ", "")
	for _, said := range []string{strings.Repeat("Long", 60) + "\uFFFDÜnïcödé(brackets)\\", "Łódź,Ελλάδα,Москва", "First&foremost", "andsecond", "Columnnumber3939.5word39", "7Long", "199manywords", "a:=1", "b()", "item", "More", "behind"} {
		if !strings.Contains(joined, said) {
			t.Errorf("the document does not show %q", said)
		}
	}
	if n := strings.Count(joined, "manywords"); n != 200*30 || pages < 10 {
		t.Errorf("%d words on %d pages", n, pages)
	}
}

func TestWritePDFErrors(t *testing.T) {
	f, err := plots.TransitionMatrix{From: plots.Tiers("a"), To: plots.Tiers("a"), Customers: [][]float64{{1}}}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrClosedPipe)
	if err := (&Page{Sections: []Section{{Pictures: []*plots.Figure{f}}}}).WritePDF(canceled, io.Discard); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("an ended context: %v", err)
	}
	if err := (&Page{}).WritePDF(t.Context(), nil); err == nil {
		t.Error("no writer is no error")
	}
	if err := (&Page{Sections: []Section{{Blocks: []Block{{Figure: &plots.Figure{}}}}}}).WritePDF(t.Context(), io.Discard); !errors.Is(err, plots.ErrStyle) {
		t.Errorf("a figure that cannot be drawn: %v", err)
	}
}
