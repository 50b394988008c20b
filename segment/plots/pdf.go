package plots

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// PDFFont is the family of the fonts, regular and bold ("B"), that [NewPDF] has.
const PDFFont = "Liberation Sans"

// NewPDF returns a document without pages, of a page size in points, with the fonts of
// the figures. Its text can be searched and copied.
func NewPDF(width, height float64) *fpdf.Fpdf {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: width, Ht: height}})
	doc.SetAutoPageBreak(false, 0)
	doc.SetCatalogSort(true) // the same document has the same bytes, but for its time
	doc.AddUTF8FontFromBytes(PDFFont, "", liberationsansregular.TTF)
	doc.AddUTF8FontFromBytes(PDFFont, "B", liberationsansbold.TTF)
	return doc
}

// Size returns the size in centimetres at which the figure is written in a style.
//
// Errors: [ErrStyle] as of [Figure.Write].
func (f *Figure) Size(s Style) (width, height float64, err error) {
	if err := f.check(PDF, s); err != nil {
		return 0, 0, err
	}
	width, height = f.size(s)
	return width / pointsPerCentimetre, height / pointsPerCentimetre, nil
}

// AddPDF draws the figure on the current page of a document of [NewPDF], with its left
// upper corner x and y points from that of the page.
//
// Errors: [ErrStyle] as of [Figure.Write], and that of the document.
func (f *Figure) AddPDF(doc *fpdf.Fpdf, x, y float64, s Style) error {
	if err := f.check(PDF, s); err != nil {
		return err
	}
	if doc == nil || doc.PageNo() == 0 {
		return fmt.Errorf("%w: there is no page to draw the figure on", ErrStyle)
	}
	_, height := f.size(s)
	f.paint(&pen{c: &pdfCanvas{doc: doc, x: x, y: y, h: height}}, s)
	doc.SetAlpha(1, "Normal")
	return doc.Error()
}

// writePDF writes the figure as a document of one page.
func (f *Figure) writePDF(w io.Writer, s Style) error {
	doc := NewPDF(f.size(s))
	doc.SetTitle(f.Title, true)
	doc.AddPage()
	if err := f.AddPDF(doc, 0, 0, s); err != nil {
		return err
	}
	return doc.Output(w)
}

// pdfCanvas draws on a page. Beside that of gonum (vgpdf) it writes text in two weights
// and in all letters of the font, and knows colours that are transparent.
type pdfCanvas struct {
	doc     *fpdf.Fpdf
	x, y, h float64 // of the left upper corner, and the height of the figure
}

// at returns a point of the page.
func (c *pdfCanvas) at(p vg.Point) (x, y float64) {
	return c.x + float64(p.X), c.y + c.h - float64(p.Y)
}

func (c *pdfCanvas) trace(path vg.Path, how string) {
	for _, part := range path {
		switch part.Type {
		case vg.MoveComp:
			c.doc.MoveTo(c.at(part.Pos))
		case vg.LineComp:
			c.doc.LineTo(c.at(part.Pos))
		case vg.CurveComp:
			x, y := c.at(part.Pos)
			x0, y0 := c.at(part.Control[0])
			if len(part.Control) == 1 {
				c.doc.CurveTo(x0, y0, x, y)
				continue
			}
			x1, y1 := c.at(part.Control[1])
			c.doc.CurveBezierCubicTo(x0, y0, x1, y1, x, y)
		case vg.CloseComp:
			c.doc.ClosePath()
		default:
			c.doc.SetError(fmt.Errorf("plots: a path has the unknown part %v", part.Type))
		}
	}
	c.doc.DrawPath(how)
}

func (c *pdfCanvas) fill(color themed, path vg.Path) {
	v := color.light
	c.doc.SetAlpha(float64(v.A)/255, "Normal")
	c.doc.SetFillColor(int(v.R), int(v.G), int(v.B))
	c.trace(path, "F")
}

func (c *pdfCanvas) stroke(color themed, width vg.Length, dashes []vg.Length, path vg.Path) {
	v := color.light
	c.doc.SetAlpha(float64(v.A)/255, "Normal")
	c.doc.SetDrawColor(int(v.R), int(v.G), int(v.B))
	c.doc.SetLineWidth(float64(width))
	var pattern []float64
	for _, d := range dashes {
		pattern = append(pattern, float64(d))
	}
	c.doc.SetDashPattern(pattern, 0)
	c.trace(path, "D")
}

func (c *pdfCanvas) text(color themed, face font.Face, at, by vg.Point, up bool, s string) {
	v := color.light
	c.doc.SetAlpha(float64(v.A)/255, "Normal")
	c.doc.SetTextColor(int(v.R), int(v.G), int(v.B))
	weight := ""
	if face.Font.Weight >= xfont.WeightSemiBold {
		weight = "B"
	}
	c.doc.SetFont(PDFFont, weight, float64(face.Font.Size))
	x, y := c.at(at)
	if up {
		c.doc.TransformBegin()
		c.doc.TransformRotate(90, x, y)
	}
	c.doc.Text(x+float64(by.X), y-float64(by.Y), PDFText(s))
	if up {
		c.doc.TransformEnd()
	}
}

// PDFText returns a text as documents of [NewPDF] can hold it: letters beyond the first
// 65,536 of Unicode, such as emoji, become U+FFFD, and control characters spaces.
func PDFText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r > 0xFFFF:
			return '\uFFFD'
		case r < ' ':
			return ' '
		}
		return r
	}, s)
}
