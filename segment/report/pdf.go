package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment/plots"
)

// A4 in points, and the margins at the sides and at the top and bottom.
const (
	a4Width, a4Height = 595.28, 841.89
	side, edge        = 54.0, 58.0
	column            = a4Width - 2*side
)

// Sizes of letters in points, and the height of a line as a multiple.
const (
	bodySize, smallSize = 9.5, 8.0
	leading             = 1.38
)

// Colours of the letters and lines.
const (
	inkColor, softColor, lineColor, accentColor = 0x1A222B, 0x56616E, 0xD5DBE1, 0x1F5F8B
)

// WritePDF writes the page as a document of A4 pages whose text can be searched and
// copied: the answer first, with the segments, then a section after the other, with
// bookmarks. What opens on a click in the page is written out.
//
// Errors: that of ctx, of a picture that cannot be drawn, and those of w.
func (p *Page) WritePDF(ctx context.Context, w io.Writer) error {
	if w == nil {
		return errors.New("report: the writer is nil")
	}
	p = cmp.Or(p, &Page{})
	s := &sheet{doc: plots.NewPDF(a4Width, a4Height)}
	s.doc.SetTitle(plots.PDFText(p.Title), true)
	s.doc.SetSubject(plots.PDFText(p.Kicker), true)
	s.doc.SetLang("en")
	s.doc.SetFooterFunc(func() { s.foot(p.Title) })
	s.cover(p)
	for _, section := range p.Sections {
		if err := s.section(ctx, section); err != nil {
			return err
		}
	}
	if err := s.doc.Error(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return s.doc.Output(w)
}

// A sheet is a document and how far down its last page is written.
type sheet struct {
	doc *fpdf.Fpdf
	y   float64
}

// foot writes the number of the page below it.
func (s *sheet) foot(title string) {
	s.font(smallSize, false, softColor)
	number := fmt.Sprint(s.doc.PageNo())
	if s.doc.PageNo() > 1 {
		s.doc.Text(side, a4Height-28, s.wrap(title, column-60)[0])
	}
	s.doc.Text(a4Width-side-s.doc.GetStringWidth(number), a4Height-28, number)
}

// next begins a page.
func (s *sheet) next() {
	s.doc.AddPage()
	s.y = edge
}

// room begins a page where the last one has no room for so many points.
func (s *sheet) room(height float64) {
	if s.y+height > a4Height-edge {
		s.next()
	}
}

func (s *sheet) font(size float64, bold bool, color int) {
	s.doc.SetFont(plots.PDFFont, map[bool]string{true: "B"}[bold], size)
	s.doc.SetTextColor(color>>16, color>>8&0xFF, color&0xFF)
}

// wrap returns a text in lines of a width, in the font that is set; one at least.
func (s *sheet) wrap(text string, width float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(plots.PDFText(text)) {
		for line == "" && s.doc.GetStringWidth(word) > width {
			letters := []rune(word)
			n := len(letters) - 1
			for n > 1 && s.doc.GetStringWidth(string(letters[:n])) > width {
				n--
			}
			if n < 1 {
				break
			}
			lines, word = append(lines, string(letters[:n])), string(letters[n:])
		}
		switch longer := line + " " + word; {
		case line == "":
			line = word
		case s.doc.GetStringWidth(longer) <= width:
			line = longer
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// write writes lines, in the font that is set, from a place of the page on.
func (s *sheet) write(x, y, size float64, lines []string) {
	for i, line := range lines {
		s.doc.Text(x, y+size+float64(i)*size*leading, line)
	}
}

// paragraph writes a text below what is written.
func (s *sheet) paragraph(text string, size float64, bold bool, color int, indent float64) {
	s.font(size, bold, color)
	for _, line := range s.wrap(text, column-indent) {
		if s.y+size*leading > a4Height-edge {
			s.next()
			s.font(size, bold, color)
		}
		s.write(side+indent, s.y, size, []string{line})
		s.y += size * leading
	}
	s.y += size * 0.45
}

// list writes a list with dots.
func (s *sheet) list(items []string) {
	for _, item := range items {
		s.room(bodySize * leading)
		s.font(bodySize, false, softColor)
		s.write(side, s.y, bodySize, []string{"•"})
		s.paragraph(item, bodySize, false, inkColor, 12)
	}
	s.y += 4
}

// cover writes the answer and the segments.
func (s *sheet) cover(p *Page) {
	s.next()
	s.doc.Bookmark(plots.PDFText(p.Title), 0, 0)
	s.y += 20
	s.paragraph(strings.ToUpper(p.Kicker), smallSize, true, accentColor, 0)
	s.paragraph(p.Title, 26, true, inkColor, 0)
	s.y += 6
	for _, text := range p.Lead {
		s.paragraph(text, 12, false, inkColor, 0)
	}
	s.y += 6
	for _, fact := range p.Facts {
		s.paragraph(upper(fact), bodySize, false, softColor, 0)
	}
	s.y += 14
	for _, c := range p.Cards {
		s.card(c)
	}
}

// card writes what is to be said of a segment, and keeps it together.
func (s *sheet) card(c Card) {
	figures := []string{c.Customers + " customers", percent(c.Share) + " of the customers"}
	if c.Revenue == c.Revenue {
		figures = append(figures, percent(c.Revenue)+" of the revenue")
	}
	if c.Mean != "" {
		figures = append(figures, c.Mean+" spent per customer")
	}
	marks := c.Marks
	if len(marks) == 0 {
		marks = []string{"much like everybody"}
	}
	var advice []string
	for _, a := range c.Advice {
		advice = append(advice, a.Do+" "+a.Because)
	}
	if len(advice) == 0 {
		advice = []string{"The figures ask for nothing special."}
	}
	const indent, gap = 16.0, 20.0
	half := (column - indent - gap) / 2
	s.font(bodySize, false, inkColor)
	var sides [2][]string // lines, of which the first of each item has a dot
	for i, items := range [][]string{marks, advice} {
		for _, item := range items {
			lines := s.wrap(item, half-10)
			sides[i] = append(sides[i], "• "+lines[0])
			for _, line := range lines[1:] {
				sides[i] = append(sides[i], "\u2002"+line)
			}
		}
	}
	height := 20 + 16 + 16 + float64(max(len(sides[0]), len(sides[1])))*bodySize*leading
	s.room(height)
	s.bar(c.Color, side, s.y, 4, height)
	s.font(14, true, inkColor)
	s.write(side+indent, s.y, 14, []string{plots.PDFText(c.Name)})
	s.font(bodySize, false, softColor)
	s.write(side+indent, s.y+20, bodySize, []string{strings.Join(figures, "  ·  ")})
	for i, head := range []string{"What marks them", "What to do"} {
		x := side + indent + float64(i)*(half+gap)
		s.font(smallSize, true, softColor)
		s.write(x, s.y+38, smallSize, []string{head})
		s.font(bodySize, false, inkColor)
		s.write(x, s.y+51, bodySize, sides[i])
	}
	s.y += height + 18
}

// bar fills an area in the colour of a segment.
func (s *sheet) bar(c plots.Color, x, y, width, height float64) {
	var v int
	_, _ = fmt.Sscanf(c.Light, "#%x", &v)
	s.doc.SetFillColor(v>>16, v>>8&0xFF, v&0xFF)
	s.doc.Rect(x, y, width, height, "F")
}

// tags are those of a lead, which is HTML.
var tags = regexp.MustCompile(`<[^>]*>`)

// section writes a section, which begins a page.
func (s *sheet) section(ctx context.Context, c Section) error {
	s.next()
	title := c.Title
	if c.Number > 0 {
		title = fmt.Sprintf("%d %s", c.Number, c.Title)
	}
	s.doc.Bookmark(plots.PDFText(title), 0, s.y)
	s.paragraph(title, 18, true, inkColor, 0)
	for part := range strings.SplitSeq(string(c.Lead), "</p>") {
		if text := strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(part, " "))); text != "" {
			s.paragraph(text, 10.5, false, softColor, 0)
		}
	}
	s.y += 8
	for _, f := range c.Pictures {
		if err := s.picture(ctx, f); err != nil {
			return err
		}
	}
	for _, b := range c.Blocks {
		if err := s.block(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) block(ctx context.Context, b Block) error {
	s.heading(b.Heading)
	if b.Code != "" {
		for line := range strings.SplitSeq(b.Code, "\n") {
			s.paragraph(strings.ReplaceAll(line, "\t", "    "), smallSize, false, softColor, 8)
		}
	}
	for _, text := range b.Text {
		s.paragraph(text, bodySize, false, inkColor, 0)
	}
	s.list(b.List)
	s.table(b.Head, b.Rows)
	if b.Figure != nil {
		if err := s.picture(ctx, b.Figure); err != nil {
			return err
		}
	}
	if len(b.More) > 0 {
		s.heading(b.Summary)
		s.list(b.More)
	}
	return nil
}

// heading writes one, with room for something below.
func (s *sheet) heading(text string) {
	if text != "" {
		s.room(60)
		s.y += 4
		s.paragraph(text, 12, true, inkColor, 0)
	}
}

// picture writes a figure with its words, which stay with it.
func (s *sheet) picture(ctx context.Context, f *plots.Figure) error {
	if err := cause.Of(ctx); err != nil {
		return err
	}
	const cm = 72 / 2.54
	style := plots.Style{Bare: true, Transparent: true, Width: column / cm}
	_, height, err := f.Size(style)
	if err != nil {
		return fmt.Errorf("a picture of the report: %w", err)
	}
	words := 46.0
	if most := a4Height - 2*edge - words; height*cm > most {
		style.Height, height = most/cm, most/cm
	}
	s.room(words + height*cm)
	s.paragraph(f.Title, 11, true, inkColor, 0)
	if f.Subtitle != "" {
		s.paragraph(f.Subtitle, bodySize, false, softColor, 0)
	}
	if err := f.AddPDF(s.doc, side, s.y, style); err != nil {
		return fmt.Errorf("a picture of the report: %w", err)
	}
	s.y += height*cm + 14
	return nil
}

// table writes a table. One that is wider than the page and has fewer rows than columns
// is turned, so that its columns are rows.
func (s *sheet) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	s.font(smallSize, true, inkColor)
	widths := s.widths(head, rows)
	if sum(widths) > column && len(rows) < len(head) {
		all := append([][]string{head}, rows...)
		turned := make([][]string, len(head))
		for j := range turned {
			for _, row := range all {
				turned[j] = append(turned[j], cell(row, j))
			}
		}
		head, rows = turned[0], turned[1:]
		widths = s.widths(head, rows)
	}
	fit(widths, column)
	s.row(head, widths, true, rows)
	for _, row := range rows {
		s.row(row, widths, false, rows)
	}
	s.y += 10
}

// cell returns the j-th cell of a row, empty where it is shorter.
func cell(row []string, j int) string {
	if j < len(row) {
		return row[j]
	}
	return ""
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// padding is the room between two columns.
const padding = 10.0

// widths returns how wide the columns are without a break.
func (s *sheet) widths(head []string, rows [][]string) []float64 {
	out := make([]float64, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for j := range out {
			out[j] = max(out[j], s.doc.GetStringWidth(plots.PDFText(cell(row, j)))+padding)
		}
	}
	return out
}

// fit makes columns share a width: the wide ones give way first.
func fit(widths []float64, width float64) {
	for sum(widths) > width {
		widest, second := 0, 0.0
		for j, w := range widths {
			if w > widths[widest] {
				widest = j
			}
		}
		for j, w := range widths {
			if j != widest {
				second = max(second, w)
			}
		}
		over := sum(widths) - width
		if widths[widest]-second > 1 {
			widths[widest] -= min(over, widths[widest]-second)
			continue
		}
		widths[widest] -= min(over, 1)
	}
}

// row writes a row of a table. Numbers stand to the right where a whole column is of them.
func (s *sheet) row(cells []string, widths []float64, head bool, rows [][]string) {
	s.font(smallSize, head, map[bool]int{true: softColor, false: inkColor}[head])
	lines, most := make([][]string, len(widths)), 1
	for j, width := range widths {
		lines[j] = s.wrap(cell(cells, j), width-padding+1)
		most = max(most, len(lines[j]))
	}
	height := float64(most)*smallSize*leading + 6
	if s.y+height > a4Height-edge {
		s.next()
		s.font(smallSize, head, map[bool]int{true: softColor, false: inkColor}[head])
	}
	x := side
	for j, width := range widths {
		right := j > 0
		for _, row := range rows {
			right = right && (cell(row, j) == "" || numeric(cell(row, j)))
		}
		for i, line := range lines[j] {
			at := x
			if right {
				at += width - padding - s.doc.GetStringWidth(line)
			}
			s.write(at, s.y+2+float64(i)*smallSize*leading, smallSize, []string{line})
		}
		x += width
	}
	s.y += height
	s.doc.SetDrawColor(lineColor>>16, lineColor>>8&0xFF, lineColor&0xFF)
	s.doc.SetLineWidth(0.5)
	s.doc.SetDashPattern(nil, 0)
	s.doc.Line(side, s.y, a4Width-side, s.y)
}
