package plots

import (
	"math"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// vgCanvas draws PNG by the canvas of gonum.
type vgCanvas struct{ vg.Canvas }

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
	c.SetColor(color)
	if !up {
		c.FillString(face, at.Add(by), s)
		return
	}
	c.Push()
	c.Translate(at)
	c.Rotate(math.Pi / 2)
	c.FillString(face, by, s)
	c.Pop()
}
