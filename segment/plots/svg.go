package plots

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// svgCanvas is a vg.Canvas that writes SVG for pages, as far as pen needs one.
// Beside that of gonum (vgsvg) it knows colours with two shades, draws a
// thousand dots as one path, names fonts that every browser can replace by
// others of the same widths, and uses attributes only, which a content security
// policy allows.
type svgCanvas struct {
	w, h  float64
	body  bytes.Buffer
	stack []svgState
}

// svgState is what Push saves. The matrix maps a point of the caller to the
// page: x′ = a·x + c·y + e, y′ = b·x + d·y + f.
type svgState struct {
	a, b, c, d, e, f float64
	color            color.Color
	width            float64
	dash             []vg.Length
}

func newSVGCanvas(w, h float64) *svgCanvas {
	c := &svgCanvas{w: w, h: h, stack: []svgState{{a: 1, d: -1, f: h}}}
	vg.Initialize(c)
	return c
}

func (c *svgCanvas) top() *svgState { return &c.stack[len(c.stack)-1] }

func (c *svgCanvas) SetLineWidth(w vg.Length)                { c.top().width = float64(w) }
func (c *svgCanvas) SetLineDash(d []vg.Length, _ vg.Length)  { c.top().dash = d }
func (c *svgCanvas) SetColor(v color.Color)                  { c.top().color = v }
func (c *svgCanvas) Push()                                   { c.stack = append(c.stack, *c.top()) }
func (c *svgCanvas) Pop()                                    { c.stack = c.stack[:len(c.stack)-1] }
func (c *svgCanvas) DrawImage(r vg.Rectangle, m image.Image) {}

func (c *svgCanvas) Translate(p vg.Point) {
	t := c.top()
	t.e, t.f = t.apply(p)
}

func (c *svgCanvas) Rotate(rad float64) {
	t := c.top()
	sin, cos := math.Sincos(rad)
	t.a, t.b, t.c, t.d = t.a*cos+t.c*sin, t.b*cos+t.d*sin, t.c*cos-t.a*sin, t.d*cos-t.b*sin
}

func (c *svgCanvas) Scale(x, y float64) {
	t := c.top()
	t.a, t.b, t.c, t.d = t.a*x, t.b*x, t.c*y, t.d*y
}

func (t *svgState) apply(p vg.Point) (x, y float64) {
	px, py := float64(p.X), float64(p.Y)
	return t.a*px + t.c*py + t.e, t.b*px + t.d*py + t.f
}

func (t *svgState) coordinates(p vg.Point) string {
	x, y := t.apply(p)
	return short(x) + " " + short(y)
}

func (c *svgCanvas) Fill(p vg.Path) {
	fmt.Fprintf(&c.body, "<path d=\"%s\"%s/>\n", c.data(p), c.paint("fill"))
}

func (c *svgCanvas) Stroke(p vg.Path) {
	t := c.top()
	dash := ""
	if len(t.dash) > 0 {
		var parts []string
		for _, d := range t.dash {
			parts = append(parts, short(float64(d)))
		}
		dash = " stroke-dasharray=\"" + strings.Join(parts, " ") + "\""
	}
	fmt.Fprintf(&c.body, "<path d=\"%s\" fill=\"none\"%s stroke-width=\"%s\" stroke-linejoin=\"round\"%s/>\n",
		c.data(p), c.paint("stroke"), short(t.width), dash)
}

// dots draws lines of length 0 with round ends.
func (c *svgCanvas) dots(radius float64, at []vg.Point) {
	// In paths of limited length, for viewers that choke on longer ones, and so
	// that at least the dots of different paths show through each other.
	for part := range slices.Chunk(at, 400) {
		c.body.WriteString("<path d=\"")
		for _, p := range part {
			fmt.Fprintf(&c.body, "M%sh0", c.top().coordinates(p))
		}
		fmt.Fprintf(&c.body, "\" fill=\"none\"%s stroke-width=\"%s\" stroke-linecap=\"round\"/>\n",
			c.paint("stroke"), short(2*radius))
	}
}

func (c *svgCanvas) data(p vg.Path) string {
	var b strings.Builder
	t := c.top()
	for _, q := range p {
		if q.Type == vg.CloseComp {
			b.WriteString("Z")
			continue
		}
		letter := byte('M')
		if q.Type != vg.MoveComp {
			letter = "LQC"[len(q.Control)]
		}
		b.WriteByte(letter)
		for _, p := range q.Control {
			b.WriteString(t.coordinates(p) + " ")
		}
		b.WriteString(t.coordinates(q.Pos))
	}
	return b.String()
}

// paint returns the attributes for the colour: fill or stroke, and its opacity.
func (c *svgCanvas) paint(what string) string {
	v, _ := c.top().color.(themed) // from pen, always
	name := func(n color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", n.R, n.G, n.B) }
	value := name(v.light)
	if v.light != v.dark {
		value = "light-dark(" + value + "," + name(v.dark) + ")"
	}
	out := " " + what + "=\"" + value + "\""
	if v.light.A != 255 {
		out += " " + what + "-opacity=\"" + short(float64(v.light.A)/255) + "\""
	}
	return out
}

func (c *svgCanvas) FillString(f font.Face, at vg.Point, s string) {
	t := c.top()
	x, y := t.apply(at)
	place := fmt.Sprintf("x=\"%s\" y=\"%s\"", short(x), short(y))
	if t.b != 0 {
		angle := math.Atan2(t.b, t.a) * 180 / math.Pi
		place = fmt.Sprintf("transform=\"translate(%s %s) rotate(%s)\"", short(x), short(y), short(angle))
	}
	bold := ""
	if f.Font.Weight >= xfont.WeightSemiBold {
		bold = " font-weight=\"bold\""
	}
	// A font that is wider than that of the layout is pressed into its place.
	fmt.Fprintf(&c.body, "<text %s font-size=\"%s\" textLength=\"%s\" lengthAdjust=\"spacingAndGlyphs\"%s%s>%s</text>\n",
		place, short(float64(f.Font.Size)), short(float64(f.Width(s))), bold, c.paint("fill"), html.EscapeString(s))
}

// element returns the element. The size is in CSS pixels, of which 96 are an inch;
// the figures inside are points.
func (c *svgCanvas) element(label string) string {
	pixels := func(points float64) int { return int(math.Round(points * 96 / 72)) }
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"%s\" "+
		"font-family=\"'Liberation Sans', Arial, Helvetica, sans-serif\">\n%s</svg>\n",
		pixels(c.w), pixels(c.h), short(c.w), short(c.h), html.EscapeString(label), c.body.Bytes())
}

// short writes a coordinate with a hundredth of a point.
func short(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	if s = strings.TrimRight(strings.TrimRight(s, "0"), "."); s == "-0" {
		return "0"
	}
	return s
}
