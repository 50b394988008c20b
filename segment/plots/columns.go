package plots

import (
	"cmp"
	"fmt"
	"math"
)

// Bars has for each category a bar of each group, side by side.
type Bars struct {
	Heading
	Groups     []Group
	Categories []string
	// Values has for each group and category a value; NaN is missing.
	Values [][]float64
	// Colors are those of the categories of a single group; nil takes the group's.
	Colors []Color
	// X is the axis of the categories, Y that of the values.
	X, Y Axis
	// Lying turns the bars, for names that are long: categories then are rows.
	Lying bool

	text func(i, j int) string // of a lying bar; nil writes the value
}

// Figure returns the bars, 16×9.2 cm; lying ones are as high as they are many.
func (b Bars) Figure() (*Figure, error) {
	if err := cmp.Or(table("values", b.Values, "groups", len(b.Groups), "categories", len(b.Categories), finiteOrNaN),
		optional("colours", len(b.Colors), "categories", len(b.Categories))); err != nil {
		return nil, err
	}
	b.Groups = resolve(b.Groups)
	f := picture(b.Heading, 9.2, fmt.Sprintf("Bars of %d categories", len(b.Categories)), b.draw)
	if b.Lying {
		f.Height, f.draw, f.tall = 0, b.drawLying, b.tall
	}
	return f, nil
}

// color returns that of a bar.
func (b Bars) color(i, j int) Color {
	if len(b.Groups) == 1 && len(b.Colors) != 0 {
		return cmp.Or(b.Colors[j], b.Groups[i].Color)
	}
	return b.Groups[i].Color
}

// key draws the legend where there is more than one group.
func (p *pen) key(r rect, groups []Group) float64 {
	if len(groups) < 2 {
		return 0
	}
	return p.legend(r, groups) + 4
}

// extent returns the range of values, with 0 in it.
func extent(values [][]float64) (lo, hi float64) {
	lo, hi = bounds(values...)
	if lo, hi = min(lo, 0), max(hi, 0); lo == hi {
		hi = lo + 1
	}
	return lo, hi
}

// rounded widens a range that has 0 in it to the next ticks for a height.
func rounded(lo, hi, height float64) [2]float64 {
	n := tickCount(height)
	if hi > 0 {
		hi = roundUp(0, hi, n)
	}
	if lo < 0 {
		lo = -roundUp(0, -lo, n)
	}
	return [2]float64{lo, hi}
}

// categories draws the frame of a chart over categories, with at least a room for
// the labels of the values, and returns the axes: category j is at j.
func (p *pen) categories(r rect, names []string, x, y Axis, lo, hi, labels float64) axis {
	n := float64(len(names))
	lines, deep, most := make([][]string, len(names)), 1, 1
	if len(names) <= 8 { // of more, such as ranges of a number, some names are enough
		most = 2
	}
	for j, name := range names {
		lines[j] = p.wrap(name, tickText, max((r.w-40)/n-5, 60), most)
		deep = max(deep, len(lines[j]))
	}
	foot := 6 + 10*float64(deep)
	if x.Label != "" {
		foot += 13
		p.xTitle(x.Label, r, r)
	}
	inner := r.inset(0, 0, 0, foot)
	a := p.chart(inner, chart{x: [2]float64{-0.5, n - 0.5}, y: rounded(lo, hi, inner.h), yAxis: y, noX: true, labels: labels})
	p.line(rule, 0.8, a.area.x, a.y.at(0), a.area.right(), a.y.at(0))
	every := thin(len(names), func(j, every int) bool {
		return p.widest(tickText, lines[j]...)+5 <= a.area.w/n*float64(every)
	})
	for j := 0; j < len(names); j += every {
		for k, line := range lines[j] {
			p.text(line, a.x.at(float64(j)), a.area.bottom()+6+10*float64(k), tickText.at(center, top))
		}
	}
	return a
}

func (b Bars) draw(p *pen, r rect) {
	r = r.inset(0, p.key(r, b.Groups), 0, 0)
	lo, hi := extent(b.Values)
	a := p.categories(r, b.Categories, b.X, b.Y, lo, hi, 0)
	w := min(a.area.w/float64(len(b.Categories))*0.78/float64(len(b.Groups)), 46)
	for i, g := range b.Groups {
		for j, v := range b.Values[i] {
			if math.IsNaN(v) {
				continue
			}
			x := a.x.at(float64(j)) + (float64(i)-float64(len(b.Groups))/2)*w
			y0, y1 := a.y.at(0), a.y.at(v)
			p.bar(told(g.Name, b.Categories[j], b.Y.write(v)), b.color(i, j), rect{x + 0.4, min(y0, y1), max(w-0.8, 0.4), max(math.Abs(y1-y0), 0.4)})
		}
	}
}

// told returns the tooltip of a mark.
func told(group, category, text string) string {
	if group != "" {
		category = group + ", " + category
	}
	return category + ": " + text
}

// tall returns the height of lying bars.
func (b Bars) tall(p *pen, width float64) float64 {
	row := 10*float64(len(b.Groups)) + 9
	if len(b.Groups) == 1 {
		row = 20
	}
	return p.key(rect{w: width}, b.Groups) + row*float64(len(b.Categories)) + 20
}

// widestFigure returns the width of the longest text of a value that there is.
func (p *pen) widestFigure(values [][]float64, text func(i, j int) string) (width float64) {
	for i, row := range values {
		for j, v := range row {
			if !math.IsNaN(v) {
				width = max(width, p.width(text(i, j), labelText))
			}
		}
	}
	return width
}

func (b Bars) drawLying(p *pen, r rect) {
	r = r.inset(0, p.key(r, b.Groups), 0, 0)
	names := min(p.widest(labelText, b.Categories...)+10, r.w*0.36)
	if b.text == nil {
		b.text = func(i, j int) string { return b.Y.write(b.Values[i][j]) }
	}
	area := r.inset(names, 0, p.widestFigure(b.Values, b.text)+6, 18)
	lo, hi := extent(b.Values)
	x := scale{lo, hi, area.x, area.right()}
	h := area.h / float64(len(b.Categories))
	thick := min(15, (h-6)/float64(len(b.Groups)))
	for j, name := range b.Categories {
		mid := area.y + h*(float64(j)+0.5)
		p.name(name, labelText, r.x, mid, names-8, h)
		for i, g := range b.Groups {
			v := b.Values[i][j]
			if math.IsNaN(v) {
				continue
			}
			y := mid + (float64(i)-float64(len(b.Groups))/2)*thick
			x0, x1 := x.at(0), x.at(v)
			p.bar(told(g.Name, name, b.text(i, j)), b.color(i, j), rect{min(x0, x1), y + 0.5, max(math.Abs(x1-x0), 0.5), max(thick-1, 0.5)})
			p.text(b.text(i, j), max(x0, x1)+4, y+thick/2, labelText.at(left, middle))
		}
	}
	p.line(rule, 0.8, x.at(0), area.y, x.at(0), area.bottom())
	label := p.fit(b.Y.Label, tickText, r.w)
	p.text(label, min(area.x, r.right()-p.width(label, tickText)), r.bottom(), tickText.at(left, bottom))
}

// Lines has for each group a line over the categories.
type Lines struct {
	Heading
	Groups     []Group
	Categories []string
	// Values has for each group and category a value; NaN parts the line.
	Values [][]float64
	// X is the axis of the categories, Y that of the values.
	X, Y Axis
	// Mark is a category to point out; empty for none.
	Mark string
	// Panels puts each group into a chart of its own, one below another, for
	// values of different units; their names then head them.
	Panels bool

	labels float64 // the least room for the labels of the values, to align panels
}

// Figure returns the lines, 16×9.2 cm, or with panels 16×11 cm.
func (l Lines) Figure() (*Figure, error) {
	if err := table("values", l.Values, "groups", len(l.Groups), "categories", len(l.Categories), finiteOrNaN); err != nil {
		return nil, err
	}
	l.Groups = resolve(l.Groups)
	f := picture(l.Heading, 9.2, fmt.Sprintf("Lines over %d categories", len(l.Categories)), l.draw)
	if l.Panels && len(l.Groups) > 1 {
		f.Height, f.draw = 5.5*float64(min(len(l.Groups), 8)), l.drawPanels
	}
	return f, nil
}

func (l Lines) drawPanels(p *pen, r rect) {
	// The first is the chart that the others explain.
	rest := float64(len(l.Groups) - 1)
	h := (r.h - 8*rest) / (rest + 1.6)
	charts := make([]chart, len(l.Groups))
	for i := range charts {
		lo, hi := extent(l.Values[i : i+1])
		charts[i] = chart{y: rounded(lo, hi, h), yAxis: l.Y}
	}
	l.labels = p.aligned(charts, h)
	for i, g := range l.Groups {
		one := l
		one.Groups, one.Values, one.Y.Label = l.Groups[i:i+1], l.Values[i:i+1], g.Name
		if i < len(l.Groups)-1 {
			one.X.Label = ""
		}
		part := rect{r.x, r.y + 1.6*h + 8 + (h+8)*float64(i-1), r.w, h}
		if i == 0 {
			part.y, part.h = r.y, 1.6*h
		}
		one.draw(p, part)
	}
}

func (l Lines) draw(p *pen, r rect) {
	r = r.inset(0, p.key(r, l.Groups), 0, 0)
	lo, hi := extent(l.Values)
	a := p.categories(r, l.Categories, l.X, l.Y, lo, hi, l.labels)
	at := make([]float64, len(l.Categories))
	for j := range at {
		at[j] = float64(j)
	}
	for i, g := range l.Groups {
		p.curve(a, g.Color, 1.6, at, l.Values[i])
	}
	for i, g := range l.Groups {
		for j, v := range l.Values[i] {
			if math.IsNaN(v) {
				continue
			}
			x, y, size := a.x.at(at[j]), a.y.at(v), 2.4
			if l.Mark != "" && l.Categories[j] == l.Mark {
				size = 4.5
				p.line(g.Color, 1, x, y, x, a.area.bottom(), 3, 2.5)
				p.plate(l.Mark, x, max(y-13, a.area.y+6), bigText.in(g.Color).at(center, middle))
			}
			p.titled(told(g.Name, l.Categories[j], l.Y.write(v)), func() { p.marker(g.Color, x, y, size) })
		}
	}
}
