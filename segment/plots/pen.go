package plots

import (
	"fmt"
	"html"
	"image/color"
	"math"
	"sort"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// pen draws in points from the top left corner, in the colours of a theme.
type pen struct {
	c      canvas // nil measures only
	height float64
	theme  Theme
}

// canvas takes shapes and texts in points from the left lower corner.
type canvas interface {
	fill(c themed, path vg.Path)
	stroke(c themed, width vg.Length, dash []vg.Length, path vg.Path)
	// text writes s by away from at, from below to above where it goes up.
	text(c themed, face font.Face, at, by vg.Point, up bool, s string)
}

// rect is an area: its left upper corner and its size in points.
type rect struct{ x, y, w, h float64 }

func (r rect) right() float64  { return r.x + r.w }
func (r rect) bottom() float64 { return r.y + r.h }

// inset returns the area without strips at the four sides.
func (r rect) inset(left, top, right, bottom float64) rect {
	return rect{r.x + left, r.y + top, max(r.w-left-right, 1), max(r.h-top-bottom, 1)}
}

type point struct{ x, y float64 }

// themed is a colour that knows both its shades, for the SVG canvas.
type themed struct{ light, dark color.NRGBA }

// RGBA implements color.Color.
func (t themed) RGBA() (r, g, b, a uint32) { return t.light.RGBA() }

func (p *pen) color(c Color, alpha float64) themed {
	t := themed{hex(c.Light), hex(c.Dark)}
	a := uint8(math.Round(255 * min(max(alpha, 0), 1)))
	t.light.A, t.dark.A = a, a
	switch p.theme {
	case Light:
		t.dark = t.light
	case Dark:
		t.light = t.dark
	}
	return t
}

func (p *pen) point(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x), Y: vg.Length(p.height - y)}
}

func (p *pen) box(r rect) vg.Path {
	return p.polygon(point{r.x, r.y}, point{r.right(), r.y}, point{r.right(), r.bottom()}, point{r.x, r.bottom()})
}

// round returns a box with rounded corners.
func (p *pen) round(r rect, radius float64) vg.Path {
	radius = min(radius, r.w/2, r.h/2)
	if radius <= 0 {
		return p.box(r)
	}
	var path vg.Path
	path.Move(p.point(r.x+radius, r.y))
	side := func(x, y, cx, cy, ex, ey float64) {
		path.Line(p.point(x, y))
		path.QuadTo(p.point(cx, cy), p.point(ex, ey))
	}
	side(r.right()-radius, r.y, r.right(), r.y, r.right(), r.y+radius)
	side(r.right(), r.bottom()-radius, r.right(), r.bottom(), r.right()-radius, r.bottom())
	side(r.x+radius, r.bottom(), r.x, r.bottom(), r.x, r.bottom()-radius)
	side(r.x, r.y+radius, r.x, r.y, r.x+radius, r.y)
	path.Close()
	return path
}

func (p *pen) polygon(points ...point) vg.Path {
	path := p.open(points...)
	path.Close()
	return path
}

func (p *pen) open(points ...point) vg.Path {
	var path vg.Path
	path.Move(p.point(points[0].x, points[0].y))
	for _, q := range points[1:] {
		path.Line(p.point(q.x, q.y))
	}
	return path
}

// circle returns one in four Bézier curves: the arcs of vgpdf leave specks behind.
func (p *pen) circle(x, y, r float64) vg.Path {
	k := r * 4 / 3 * (math.Sqrt2 - 1)
	var path vg.Path
	path.Move(p.point(x+r, y))
	path.CubeTo(p.point(x+r, y+k), p.point(x+k, y+r), p.point(x, y+r))
	path.CubeTo(p.point(x-k, y+r), p.point(x-r, y+k), p.point(x-r, y))
	path.CubeTo(p.point(x-r, y-k), p.point(x-k, y-r), p.point(x, y-r))
	path.CubeTo(p.point(x+k, y-r), p.point(x+r, y-k), p.point(x+r, y))
	path.Close()
	return path
}

// ribbon returns a band of an alluvial picture between two edges, which are
// vertical, at x0 and x1, where at is point, and horizontal where it is turned.
func (p *pen) ribbon(at func(x, y float64) vg.Point, x0, top0, bottom0, x1, top1, bottom1 float64) vg.Path {
	m := (x0 + x1) / 2
	var path vg.Path
	path.Move(at(x0, top0))
	path.CubeTo(at(m, top0), at(m, top1), at(x1, top1))
	path.Line(at(x1, bottom1))
	path.CubeTo(at(m, bottom1), at(m, bottom0), at(x0, bottom0))
	path.Close()
	return path
}

func (p *pen) fill(c Color, alpha float64, path vg.Path) { p.c.fill(p.color(c, alpha), path) }

func (p *pen) stroke(c Color, width float64, path vg.Path, dash ...vg.Length) {
	p.c.stroke(p.color(c, 1), vg.Length(width), dash, path)
}

func (p *pen) line(c Color, width, x0, y0, x1, y1 float64, dash ...vg.Length) {
	p.stroke(c, width, p.open(point{x0, y0}, point{x1, y1}), dash...)
}

// dots draws many small discs of one colour.
func (p *pen) dots(c Color, alpha, radius float64, points []point) {
	if s, ok := p.c.(*svgCanvas); ok {
		at := make([]vg.Point, len(points))
		for i, q := range points {
			at[i] = p.point(q.x, q.y)
		}
		s.dots(p.color(c, alpha), radius, at)
		return
	}
	for _, q := range points {
		p.fill(c, alpha, p.circle(q.x, q.y, radius))
	}
}

// titled draws marks that SVG shows a text for under the mouse, and reads aloud.
func (p *pen) titled(text string, draw func()) {
	s, ok := p.c.(*svgCanvas)
	if !ok || text == "" {
		draw()
		return
	}
	fmt.Fprintf(&s.body, "<g><title>%s</title>\n", html.EscapeString(clean(text)))
	draw()
	s.body.WriteString("</g>\n")
}

// bar draws a box with a text of its own.
func (p *pen) bar(text string, c Color, r rect) { p.titled(text, func() { p.fill(c, 1, p.box(r)) }) }

// marker draws a disc with a rim in the colour of the background, so that it
// stands out from lines and other markers.
func (p *pen) marker(c Color, x, y, radius float64) {
	p.fill(paper, 1, p.circle(x, y, radius+1.2))
	p.fill(c, 1, p.circle(x, y, radius))
}

// capHeight is that of Liberation Sans, as a share of its size.
const capHeight = 0.69

// halign and valign are how far a text moves from the point where it is placed,
// as shares of its width and of its size.
type halign float64
type valign float64

const (
	left   halign = 0
	center halign = -0.5
	right  halign = -1

	baseline valign = 0
	middle   valign = -capHeight / 2
	top      valign = -capHeight
	bottom   valign = 0.21
)

// lettering is how a text looks and which point of it is placed.
type lettering struct {
	size  float64
	bold  bool
	color Color
	h     halign
	v     valign
	up    bool
}

var (
	titleText    = lettering{size: 13, bold: true, color: ink}
	subtitleText = lettering{size: 9, color: soft}
	bigText      = lettering{size: 11, bold: true, color: ink}
	labelText    = lettering{size: 8.5, color: ink}
	strongText   = lettering{size: 8.5, bold: true, color: ink}
	tickText     = lettering{size: 8, color: soft}
	smallText    = lettering{size: 7.5, color: soft}
)

func (l lettering) at(h halign, v valign) lettering { l.h, l.v = h, v; return l }
func (l lettering) in(c Color) lettering            { l.color = c; return l }
func (l lettering) upwards() lettering              { l.up = true; return l }

var fonts = font.NewCache(liberation.Collection())

func (l lettering) face() font.Face {
	weight := xfont.WeightNormal
	if l.bold {
		weight = xfont.WeightBold
	}
	return fonts.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight}, vg.Length(l.size))
}

func (p *pen) text(s string, x, y float64, l lettering) {
	if s = clean(s); s == "" || p.c == nil {
		return
	}
	face := l.face()
	by := vg.Point{X: vg.Length(l.h) * face.Width(s), Y: vg.Length(l.v) * vg.Length(l.size)}
	p.c.text(p.color(l.color, 1), face, p.point(x, y), by, l.up, s)
}

// caption writes a name around y, with a small text below it where the height is
// enough for that, in two lines where it is wider, and returns half of the height that
// it takes.
func (p *pen) caption(name, small string, x, y, width, height float64, h halign) float64 {
	if height < 22 {
		p.text(p.fit(name, strongText, width), x, y, strongText.at(h, middle))
		return 5
	}
	most := 1
	if height >= 33 {
		most = 2
	}
	lines := p.wrap(small, smallText, width, most)
	more := 4.75 * float64(max(len(lines), 1)-1)
	p.text(p.fit(name, strongText, width), x, y-5.5-more, strongText.at(h, middle))
	for i, line := range lines {
		p.text(line, x, y+5.5-more+9.5*float64(i), smallText.at(h, middle))
	}
	return 10 + more
}

// name writes a name around y in one line, or where it is wider and the height is
// enough in two smaller ones.
func (p *pen) name(s string, l lettering, x, y, width, height float64) {
	if p.width(s, l) <= width || height < 19 {
		p.text(p.fit(s, l, width), x, y, l.at(left, middle))
		return
	}
	l.size = smallText.size
	lines := p.wrap(s, l, width, 2)
	for i, line := range lines {
		p.text(line, x, y+9*(float64(i)-float64(len(lines)-1)/2), l.at(left, middle))
	}
}

// plate writes a text on a patch of the background, for where lines run behind it.
func (p *pen) plate(s string, x, y float64, l lettering) {
	w := p.width(s, l)
	if s != "" {
		p.fill(paper, 0.85, p.box(rect{x - 2 + float64(l.h)*w, y - 0.62*l.size, w + 4, 1.24 * l.size}))
	}
	p.text(s, x, y, l.at(l.h, middle))
}

// clean replaces what a line of text cannot hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
}

func (p *pen) width(s string, l lettering) float64 {
	face := l.face()
	return float64(face.Width(clean(s)))
}

// widest returns the width of the longest of some texts.
func (p *pen) widest(l lettering, texts ...string) float64 {
	w := 0.0
	for _, s := range texts {
		w = max(w, p.width(s, l))
	}
	return w
}

// fit shortens a text to a width with an ellipsis, or drops it.
func (p *pen) fit(s string, l lettering, width float64) string {
	if p.width(s, l) <= width {
		return s
	}
	letters := []rune(s)
	short := func(n int) string { return strings.TrimSpace(string(letters[:n])) + "…" }
	n := sort.Search(len(letters)-1, func(i int) bool { return p.width(short(i+1), l) > width })
	if n == 0 {
		return ""
	}
	return short(n)
}

// wrap breaks a text at blanks into lines of a width, the last of a limit shortened.
func (p *pen) wrap(s string, l lettering, width float64, limit int) []string {
	words := strings.Fields(s)
	var lines []string
	for len(words) > 0 {
		n := 1
		for n < len(words) && p.width(strings.Join(words[:n+1], " "), l) <= width {
			n++
		}
		if len(lines) == limit-1 {
			n = len(words)
		}
		lines = append(lines, p.fit(strings.Join(words[:n], " "), l, width))
		words = words[n:]
	}
	return lines
}
