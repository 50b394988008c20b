package plots

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// svgCanvas writes SVG for pages. Beside that of gonum (vgsvg) it knows colours
// with two shades, draws a thousand dots as one path, names fonts that every
// browser can replace by others of the same widths, and uses attributes only,
// which a content security policy allows.
type svgCanvas struct {
	w, h float64
	body bytes.Buffer
}

// coordinates writes a point, with y downwards.
func (c *svgCanvas) coordinates(p vg.Point) string {
	return short(float64(p.X)) + " " + short(c.h-float64(p.Y))
}

func (c *svgCanvas) fill(color themed, p vg.Path) {
	fmt.Fprintf(&c.body, "<path d=\"%s\"%s/>\n", c.data(p), paint("fill", color))
}

func (c *svgCanvas) stroke(color themed, width vg.Length, dashes []vg.Length, p vg.Path) {
	dash := ""
	if len(dashes) > 0 {
		var parts []string
		for _, d := range dashes {
			parts = append(parts, short(float64(d)))
		}
		dash = " stroke-dasharray=\"" + strings.Join(parts, " ") + "\""
	}
	fmt.Fprintf(&c.body, "<path d=\"%s\" fill=\"none\"%s stroke-width=\"%s\" stroke-linejoin=\"round\"%s/>\n",
		c.data(p), paint("stroke", color), short(float64(width)), dash)
}

// dots draws lines of length 0 with round ends.
func (c *svgCanvas) dots(color themed, radius float64, at []vg.Point) {
	// In paths of limited length, for viewers that choke on longer ones, and so
	// that at least the dots of different paths show through each other.
	for part := range slices.Chunk(at, 400) {
		c.body.WriteString("<path d=\"")
		for _, p := range part {
			fmt.Fprintf(&c.body, "M%sh0", c.coordinates(p))
		}
		fmt.Fprintf(&c.body, "\" fill=\"none\"%s stroke-width=\"%s\" stroke-linecap=\"round\"/>\n",
			paint("stroke", color), short(2*radius))
	}
}

func (c *svgCanvas) data(p vg.Path) string {
	var b strings.Builder
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
			b.WriteString(c.coordinates(p) + " ")
		}
		b.WriteString(c.coordinates(q.Pos))
	}
	return b.String()
}

// paint returns the attributes for the colour: fill or stroke, and its opacity.
func paint(what string, v themed) string {
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

func (c *svgCanvas) text(color themed, f font.Face, at, by vg.Point, up bool, s string) {
	x, y := float64(at.X+by.X), c.h-float64(at.Y+by.Y)
	place := fmt.Sprintf("x=\"%s\" y=\"%s\"", short(x), short(y))
	if up {
		x, y = float64(at.X-by.Y), c.h-float64(at.Y+by.X)
		place = fmt.Sprintf("transform=\"translate(%s %s) rotate(-90)\"", short(x), short(y))
	}
	bold := ""
	if f.Font.Weight >= xfont.WeightSemiBold {
		bold = " font-weight=\"bold\""
	}
	// A font that is wider than that of the layout is pressed into its place.
	fmt.Fprintf(&c.body, "<text %s font-size=\"%s\" textLength=\"%s\" lengthAdjust=\"spacingAndGlyphs\"%s%s>%s</text>\n",
		place, short(float64(f.Font.Size)), short(float64(f.Width(s))), bold, paint("fill", color), html.EscapeString(s))
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
