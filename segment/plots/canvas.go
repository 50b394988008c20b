package plots

import (
	"math"
	"strings"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/encoding/charmap"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// vgCanvas draws PNG and PDF by the canvases of gonum.
type vgCanvas struct {
	vg.Canvas
	pdf bool
}

func (c vgCanvas) fill(color themed, path vg.Path) {
	c.SetColor(color)
	c.Fill(path)
}

func (c vgCanvas) stroke(color themed, width vg.Length, dash []vg.Length, path vg.Path) {
	c.SetColor(color)
	c.SetLineWidth(width)
	c.SetLineDash(dash, 0)
	c.Stroke(path)
}

func (c vgCanvas) text(color themed, face font.Face, at, by vg.Point, up bool, s string) {
	write := func(at vg.Point) { c.FillString(face, at, s) }
	if c.pdf {
		if bytes, ok := cp1252(s); ok && face.Font.Weight != xfont.WeightBold {
			s = bytes
		} else {
			write = func(at vg.Point) { c.Fill(outline(face, at, s)) }
		}
	}
	c.SetColor(color)
	if !up {
		write(at.Add(by))
		return
	}
	c.Push()
	c.Translate(at)
	c.Rotate(math.Pi / 2)
	write(by)
	c.Pop()
}

// cp1252 returns the text in the encoding of vgpdf, one byte for each letter;
// not ok where it has others.
func cp1252(s string) (bytes string, ok bool) {
	bytes, err := charmap.Windows1252.NewEncoder().String(strings.ReplaceAll(s, minus, "\u2013"))
	return bytes, err == nil
}

// outline returns the shape of a text, for what vgpdf cannot write as text: it
// embeds one font for a document, and that with Western letters only.
func outline(face font.Face, at vg.Point, s string) vg.Path {
	var buf sfnt.Buffer
	var path vg.Path
	em := fixed.Int26_6(face.Face.UnitsPerEm())
	unit := face.Font.Size / vg.Length(em)
	for i, r := range s {
		x := at.X + face.Width(s[:i])
		point := func(q fixed.Point26_6) vg.Point {
			return vg.Point{X: x + vg.Length(q.X)*unit, Y: at.Y - vg.Length(q.Y)*unit}
		}
		glyph, _ := face.Face.GlyphIndex(&buf, r) // of fonts of our own, which are whole
		segments, _ := face.Face.LoadGlyph(&buf, glyph, em, nil)
		for j, g := range segments {
			switch g.Op {
			case sfnt.SegmentOpMoveTo:
				if j > 0 {
					path.Close()
				}
				path.Move(point(g.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(point(g.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(point(g.Args[0]), point(g.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(point(g.Args[0]), point(g.Args[1]), point(g.Args[2]))
			}
		}
		if len(segments) > 0 {
			path.Close()
		}
	}
	return path
}
