package chart

import (
	"fmt"
	"html"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/customer-personality/segmentation/segment/plots"
)

// The colours of text and lines, in both themes.
var (
	ink  = plots.Color{Light: "#1D232B", Dark: "#E8ECF1"}
	soft = plots.Color{Light: "#57616D", Dark: "#A3AEBB"}
	grid = plots.Color{Light: "#E1E6EB", Dark: "#2B343F"}
)

// A drawing is the marks of a picture. The origin is at the top on the left,
// and a unit is a pixel of the page.
type drawing struct {
	marks []mark
	w, h  float64
}

// A mark can be written as SVG and be painted. SVG uses attributes only, which
// a content security policy without inline styles allows, and light-dark() for
// the two themes; pictures have the light one.
type mark interface {
	svg(*strings.Builder)
	paint(*painter)
	move(x, y float64) mark // the same elsewhere
}

type (
	rectMark struct {
		x, y, w, h float64
		fill       plots.Color
		title      string
	}
	// lineMark is a stroke through points, with gaps between its parts.
	lineMark struct {
		parts [][][2]float64
		color plots.Color
		width float64
	}
	// dotsMark are many dots, half transparent.
	dotsMark struct {
		at    [][2]float64
		color plots.Color
	}
	circleMark struct {
		x, y, r float64
		fill    plots.Color
		title   string
	}
	// arcMark is a part of a ring, by angles from the top.
	arcMark struct {
		x, y, r0, r1, from, to float64
		fill                   plots.Color
		opacity                float64
		title                  string
	}
	textMark struct {
		x, y   float64
		anchor string // start, middle or end
		color  plots.Color
		size   float64 // 0 for that of the drawing
		bold   bool
		text   string
	}
)

// size is that of text, in pixels.
const size = 12

func (d *drawing) add(m mark) { d.marks = append(d.marks, m) }

func (d *drawing) rect(x, y, w, h float64, c plots.Color, title string) {
	d.add(rectMark{x, y, max(w, 0.5), max(h, 0.5), c, title})
}

func (d *drawing) line(x1, y1, x2, y2 float64, c plots.Color, width float64) {
	d.add(lineMark{[][][2]float64{{{x1, y1}, {x2, y2}}}, c, width})
}

func (d *drawing) text(x, y float64, anchor string, c plots.Color, s string) {
	d.add(textMark{x: x, y: y, anchor: anchor, color: c, text: s})
}

// svg is the drawing as an svg element.
func (d *drawing) svg(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" role="img" aria-label="%s" font-family="system-ui, sans-serif" font-size="%d">`, f(d.w), f(d.h), escape(title), size)
	for _, m := range d.marks {
		m.svg(&b)
	}
	b.WriteString("</svg>")
	return b.String()
}

// escape writes text for XML, which has no place for most control characters.
func escape(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd")))
}

func paint(c plots.Color) string {
	if c == (plots.Color{}) {
		c = Palette(0)
	}
	return "light-dark(" + escape(c.Light) + "," + escape(c.Dark) + ")"
}

func f(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

func (m rectMark) svg(b *strings.Builder) {
	fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" rx="1.5" fill="%s"><title>%s</title></rect>`, f(m.x), f(m.y), f(m.w), f(m.h), paint(m.fill), escape(m.title))
}

func (m lineMark) svg(b *strings.Builder) {
	b.WriteString(`<path d="`)
	for _, part := range m.parts {
		pen := "M"
		for _, p := range part {
			b.WriteString(pen + f(p[0]) + " " + f(p[1]))
			pen = "L"
		}
	}
	fmt.Fprintf(b, `" stroke="%s" stroke-width="%s" stroke-linejoin="round" fill="none"/>`, paint(m.color), f(m.width))
}

func (m dotsMark) svg(b *strings.Builder) {
	fmt.Fprintf(b, `<path fill="none" stroke="%s" stroke-width="5" stroke-linecap="round" stroke-opacity="0.55" d="`, paint(m.color))
	for _, p := range m.at {
		fmt.Fprintf(b, "M%s %sh0", f(p[0]), f(p[1]))
	}
	b.WriteString(`"/>`)
}

func (m circleMark) svg(b *strings.Builder) {
	fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="%s" fill="%s"><title>%s</title></circle>`, f(m.x), f(m.y), f(m.r), paint(m.fill), escape(m.title))
}

func (m arcMark) svg(b *strings.Builder) {
	p := func(r, a float64) string { return f(m.x+r*math.Sin(a)) + " " + f(m.y-r*math.Cos(a)) }
	large := 0
	if m.to-m.from > math.Pi {
		large = 1
	}
	fmt.Fprintf(b, `<path d="M%sA%s %s 0 %d 1 %sL%sA%s %s 0 %d 0 %sZ" fill="%s" fill-opacity="%s"><title>%s</title></path>`,
		p(m.r1, m.from), f(m.r1), f(m.r1), large, p(m.r1, m.to), p(m.r0, m.to), f(m.r0), f(m.r0), large, p(m.r0, m.from), paint(m.fill), strconv.FormatFloat(m.opacity, 'f', 2, 64), escape(m.title))
}

func (m textMark) svg(b *strings.Builder) {
	more := ""
	if m.size > 0 {
		more = fmt.Sprintf(` font-size="%s"`, f(m.size))
	}
	if m.bold {
		more += ` font-weight="bold"`
	}
	fmt.Fprintf(b, `<text x="%s" y="%s" text-anchor="%s" fill="%s"%s>%s</text>`, f(m.x), f(m.y), m.anchor, paint(m.color), more, escape(m.text))
}

// A painter paints marks on a canvas, whose origin is at the bottom.
type painter struct {
	*vgimg.Canvas
	h float64
}

// fonts are drawn from a file in the program, so that pictures are the same on
// every machine.
var fonts = font.NewCache(liberation.Collection())

func face(points float64, bold bool) font.Face {
	want := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		want.Weight = stdfont.WeightBold
	}
	return fonts.Lookup(want, font.Length(points))
}

// png writes the drawing as a picture of two pixels for each of the page, on
// white.
func (d *drawing) png(w io.Writer) error {
	const perInch = 144 // a unit of vg is 1/72 inch
	p := &painter{vgimg.NewWith(vgimg.UseWH(vg.Length(d.w), vg.Length(d.h)), vgimg.UseDPI(perInch), vgimg.UseBackgroundColor(color.White)), d.h}
	for _, m := range d.marks {
		m.paint(p)
	}
	_, err := vgimg.PngCanvas{Canvas: p.Canvas}.WriteTo(w)
	return err
}

func (p *painter) at(x, y float64) vg.Point { return vg.Point{X: vg.Length(x), Y: vg.Length(p.h - y)} }

func (p *painter) color(c plots.Color, opacity float64) {
	if c == (plots.Color{}) {
		c = Palette(0)
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(c.Light, "#"), 16, 32)
	if err != nil || len(c.Light) != 7 {
		n = 0x808080
	}
	p.SetColor(color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), uint8(math.Round(255 * opacity))})
}

func (m rectMark) paint(p *painter) {
	p.color(m.fill, 1)
	var path vg.Path
	path.Move(p.at(m.x, m.y))
	path.Line(p.at(m.x+m.w, m.y))
	path.Line(p.at(m.x+m.w, m.y+m.h))
	path.Line(p.at(m.x, m.y+m.h))
	path.Close()
	p.Fill(path)
}

func (m lineMark) paint(p *painter) {
	p.color(m.color, 1)
	p.SetLineWidth(vg.Length(m.width))
	for _, part := range m.parts {
		var path vg.Path
		for i, at := range part {
			if i == 0 {
				path.Move(p.at(at[0], at[1]))
			} else {
				path.Line(p.at(at[0], at[1]))
			}
		}
		p.Stroke(path)
	}
}

func (p *painter) disc(x, y, r float64) {
	var path vg.Path
	path.Move(p.at(x+r, y))
	path.Arc(p.at(x, y), vg.Length(r), 0, 2*math.Pi)
	path.Close()
	p.Fill(path)
}

func (m dotsMark) paint(p *painter) {
	p.color(m.color, 0.55)
	for _, at := range m.at {
		p.disc(at[0], at[1], 2.5)
	}
}

func (m circleMark) paint(p *painter) {
	p.color(m.fill, 1)
	p.disc(m.x, m.y, m.r)
}

func (m arcMark) paint(p *painter) {
	p.color(m.fill, m.opacity)
	centre := p.at(m.x, m.y)
	// Angles of vg begin at the right and turn the other way.
	from, turn := math.Pi/2-m.from, m.from-m.to
	var path vg.Path
	path.Move(p.at(m.x+m.r1*math.Sin(m.from), m.y-m.r1*math.Cos(m.from)))
	path.Arc(centre, vg.Length(m.r1), from, turn)
	path.Line(p.at(m.x+m.r0*math.Sin(m.to), m.y-m.r0*math.Cos(m.to)))
	path.Arc(centre, vg.Length(m.r0), from+turn, -turn)
	path.Close()
	p.Fill(path)
}

func (m textMark) paint(p *painter) {
	p.color(m.color, 1)
	points := m.size
	if points == 0 {
		points = size
	}
	f := face(points, m.bold)
	x := m.x
	switch m.anchor {
	case "middle":
		x -= float64(f.Width(m.text)) / 2
	case "end":
		x -= float64(f.Width(m.text))
	}
	p.FillString(f, p.at(x, m.y), m.text)
}

func (m rectMark) move(x, y float64) mark   { m.x, m.y = m.x+x, m.y+y; return m }
func (m circleMark) move(x, y float64) mark { m.x, m.y = m.x+x, m.y+y; return m }
func (m arcMark) move(x, y float64) mark    { m.x, m.y = m.x+x, m.y+y; return m }
func (m textMark) move(x, y float64) mark   { m.x, m.y = m.x+x, m.y+y; return m }

func (m dotsMark) move(x, y float64) mark {
	m.at = moved(m.at, x, y)
	return m
}

func (m lineMark) move(x, y float64) mark {
	parts := make([][][2]float64, len(m.parts))
	for i, part := range m.parts {
		parts[i] = moved(part, x, y)
	}
	m.parts = parts
	return m
}

func moved(points [][2]float64, x, y float64) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		out[i] = [2]float64{p[0] + x, p[1] + y}
	}
	return out
}

// file is the drawing with a margin, and with its heading and its reading above
// it, as a picture that stands alone needs them.
func (d *drawing) file(title, reading string) *drawing {
	const margin = 20.0
	out := &drawing{w: d.w + 2*margin}
	y := margin + 14.0
	lines := func(s string, points, gap float64, bold bool, c plots.Color) {
		for _, line := range wrap(s, d.w, face(points, bold)) {
			out.add(textMark{x: margin, y: y, anchor: "start", color: c, size: points, bold: bold, text: line})
			y += gap
		}
	}
	lines(title, 17, 22, true, ink)
	lines(reading, 12.5, 17, false, soft)
	y += 2
	for _, m := range d.marks {
		out.add(m.move(margin, y))
	}
	out.h = y + d.h + margin
	return out
}

// wrap breaks text into lines that are not wider than width.
func wrap(s string, width float64, f font.Face) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case float64(f.Width(line+" "+word)) <= width:
			line += " " + word
		default:
			out = append(out, line)
			line = word
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
