package plots

import (
	"cmp"
	"fmt"
	"math"
)

// HeatMap is the profile of all segments in one table: for each column how far the
// mean of a segment lies from everybody's, as colour, with the mean in figures.
type HeatMap struct {
	// Groups are the segments, and head the columns of the picture.
	Groups []Group
	// Columns are the names of the rows of the picture, with units.
	Columns []string
	// Effects has for each group and column the difference in standard deviations.
	Effects [][]float64
	// Texts are written into the cells, such as the means; nil writes the effects.
	Texts [][]string
	// Limit is the effect of the strongest colour; 0 takes the greatest, within 1 to 3.
	Limit float64
	// Key names the low end, the middle and the high end of the colours; empty
	// names standard deviations from everybody.
	Key [3]string
}

// Figure draws the table, 16 cm wide, the height by the number of columns.
func (m HeatMap) Figure() (*Figure, error) {
	if err := cmp.Or(table("values", m.Effects, "groups", len(m.Groups), "columns", len(m.Columns), finite),
		notNegative("effect of the strongest colour", m.Limit), texts("texts", m.Texts, m.Groups, "columns", len(m.Columns))); err != nil {
		return nil, err
	}
	m.Groups = resolve(m.Groups)
	gi, ci := greatestOf(m.Effects, math.Abs)
	return picture(Heading{"What sets the segments apart", "Mean of each segment; the colour tells how far it lies from everybody, in standard deviations (sd)."},
		min(60, 4.2+0.85*float64(len(m.Columns))), fmt.Sprintf("The largest difference: %s of %s, %s standard deviations from everybody",
			m.Columns[ci], m.Groups[gi].Name, signed(m.Effects[gi][ci])), m.draw), nil
}

func (m HeatMap) draw(p *pen, r rect) {
	names := min(p.widest(labelText, m.Columns...)+10, r.w*0.3)
	const head, foot = 18.0, 28.0
	cells := r.inset(names, head, 0, foot)
	w, h := cells.w/float64(len(m.Groups)), cells.h/float64(len(m.Columns))
	lo, hi := bounds(m.Effects...)
	limit := cmp.Or(m.Limit, min(max(-lo, hi, 1), 3))
	key := cmp.Or(m.Key, [3]string{minus + value(limit) + " sd", "as everybody", "+" + value(limit) + " sd"})
	heads := strongText
	if p.widest(heads, groupNames(m.Groups)...) > w-4 {
		heads.size = smallText.size
	}
	for i, g := range m.Groups {
		x := cells.x + w*float64(i)
		p.text(p.fit(g.Name, heads, w-2), x+w/2, r.y+3.5, heads.at(center, middle))
		p.fill(g.Color, 1, p.box(rect{x + 1, r.y + 11, w - 2, 3}))
		for j := range m.Columns {
			c := rect{x + 1, cells.y + h*float64(j) + 1, w - 2, h - 2}
			fill := diverge(m.Effects[i][j] / limit)
			label := signed(m.Effects[i][j])
			if m.Texts != nil {
				label = m.Texts[i][j]
			}
			p.titled(told(g.Name, m.Columns[j], label), func() { p.fill(fill, 1, p.round(c, 2)) })
			if h >= 11 {
				p.text(p.fit(label, labelText, w-8), c.x+c.w/2, c.y+c.h/2, labelText.in(onto(fill)).at(center, middle))
			}
		}
	}
	for j, name := range m.Columns {
		if h >= 9 {
			p.name(name, labelText, r.x, cells.y+h*(float64(j)+0.5), names-8, h)
		}
	}
	p.divergingKey(rect{cells.x, r.bottom() - 9, cells.w, 9}, key[0], key[1], key[2])
}

// diverge returns the colour for −1 to 1: less, the same, more. It begins at
// the surface so that what does not differ recedes.
func diverge(t float64) Color {
	t = min(max(t, -1), 1)
	// Small differences shall be seen too.
	s := math.Pow(math.Abs(t), 0.8)
	if t < 0 {
		return mix(wash, below, s)
	}
	return mix(wash, above, s)
}

// divergingKey draws a strip of the colours with its ends and middle named.
func (p *pen) divergingKey(r rect, low, mid, high string) {
	w := min(150, r.w*0.42)
	lw, hw := p.width(low, smallText), p.width(high, smallText)
	x := r.x + (r.w-w)/2
	x = max(x, r.x+lw+6)
	w = min(w, r.right()-x-hw-6)
	p.strip(x, r.y+2, w, 30, func(t float64) Color { return diverge(2*t - 1) })
	p.text(low, x-5, r.y+5.5, smallText.at(right, middle))
	p.text(high, x+w+5, r.y+5.5, smallText.at(left, middle))
	p.text(mid, min(x+w/2, r.right()-p.width(mid, smallText)/2), r.y-5, smallText.at(center, middle))
}

// strip draws a bar of colours, for the shares 0 to 1 of its width.
func (p *pen) strip(x, y, w float64, steps int, color func(float64) Color) {
	n := float64(steps)
	for i := range steps {
		p.fill(color((float64(i)+0.5)/n), 1, p.box(rect{x + w*float64(i)/n, y, w/n + 0.3, 7}))
	}
}
