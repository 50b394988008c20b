package plots

import "math"

// Axis is how the values of a chart are named and written.
type Axis struct {
	Label string
	// Number writes a value, and Tick the numbers along the axis; nil writes
	// English figures, in as many decimals as are needed.
	Number, Tick func(float64) string
}

func (a Axis) write(v float64) string { return or(a.Number, value)(v) }

// tick writes the numbers along the axis, by default with so many decimals.
func (a Axis) tick(decimals int) func(float64) string {
	return or(a.Tick, func(v float64) string { return number(v, decimals) })
}

// or returns what a caller writes numbers with, or else what we do.
func or(theirs, ours func(float64) string) func(float64) string {
	if theirs != nil {
		return theirs
	}
	return ours
}

// chart is what the frame of a chart needs to know. Both ranges must not be empty.
type chart struct {
	x, y           [2]float64
	xTicks, yTicks []float64
	xAxis, yAxis   Axis
	noX            bool
	under          func(axis) // draws behind the grid
	labels         float64    // the least room for the labels of y, to align charts
}

// axis is the frame of a chart: the area of the data and its two scales.
type axis struct {
	area rect
	x, y scale
}

func frame(area rect, x, y [2]float64) axis {
	return axis{area, scale{x[0], x[1], area.x, area.right()}, scale{y[0], y[1], area.bottom(), area.y}}
}

// chart draws grid, ticks and the titles of the axes, and returns the frame inside.
func (p *pen) chart(r rect, c chart) axis {
	yTicks, write, width := p.yTicks(c, r.h)
	above, under := 4.0, 2.0
	if c.yAxis.Label != "" {
		above = 16
	}
	if !c.noX {
		under += 14
	}
	if c.xAxis.Label != "" {
		under += 13
	}
	a := frame(r.inset(max(width, c.labels)+6, above, 6, under), c.x, c.y)
	if c.under != nil {
		c.under(a)
	}
	p.text(p.fit(c.yAxis.Label, tickText, r.w), r.x, r.y, tickText.at(left, top))
	for _, v := range yTicks {
		y := a.y.at(v)
		p.line(grid, 0.6, a.area.x, y, a.area.right(), y)
		p.text(write(v), a.area.x-5, y, tickText.at(right, middle))
	}
	if !c.noX {
		p.xTicks(a, c)
	}
	p.xTitle(c.xAxis.Label, a.area, r)
	return a
}

// xTitle names the axis of an area at the bottom of what it is in, below its middle where
// the name is not wider.
func (p *pen) xTitle(label string, area, in rect) {
	label = p.fit(label, tickText, in.w)
	half := p.width(label, tickText) / 2
	p.text(label, max(in.x+half, min(area.x+area.w/2, in.right()-half)), in.bottom(), tickText.at(center, bottom))
}

// gridX draws a line through an area at each value, which is written below it.
func (p *pen) gridX(area rect, x scale, values []float64, write func(float64) string) {
	for _, v := range values {
		p.line(grid, 0.6, x.at(v), area.y, x.at(v), area.bottom())
		p.text(write(v), x.at(v), area.bottom()+5, tickText.at(center, top))
	}
}

// yTicks returns the ticks for a height, what writes them, and the widest's width.
func (p *pen) yTicks(c chart, height float64) (values []float64, write func(float64) string, width float64) {
	values, decimals := c.yTicks, 0
	if values == nil {
		values, decimals = ticks(c.y[0], c.y[1], tickCount(height))
	}
	write = c.yAxis.tick(decimals)
	for _, v := range values {
		width = max(width, p.width(write(v), tickText))
	}
	return values, write, width
}

// aligned returns the room for labels at which charts have their left edges in line.
func (p *pen) aligned(charts []chart, heights ...float64) (width float64) {
	for i, c := range charts {
		_, _, w := p.yTicks(c, heights[i%len(heights)])
		width = max(width, w)
	}
	return width
}

// curve draws a line through values at places, parted where one is NaN.
func (p *pen) curve(a axis, c Color, width float64, xs, ys []float64) {
	var run []point
	for i := range len(ys) + 1 {
		if i < len(ys) && !math.IsNaN(ys[i]) {
			run = append(run, point{a.x.at(xs[i]), a.y.at(ys[i])})
			continue
		}
		if len(run) > 1 {
			p.stroke(c, width, p.open(run...))
		}
		run = nil
	}
}

// places returns places on an axis, and its range with the share pad at each end.
func places(ks []int, pad float64) (at []float64, ends [2]float64) {
	for _, k := range ks {
		at = append(at, float64(k))
	}
	room := (at[len(at)-1] - at[0]) * pad
	return at, [2]float64{at[0] - room, at[len(at)-1] + room}
}

// tickCount returns the number of ticks for a y axis of a height.
func tickCount(height float64) int { return max(2, int(height/32)) }

// xTicks draws the x axis and labels it, as densely as the labels do not touch.
func (p *pen) xTicks(a axis, c chart) {
	p.line(rule, 0.8, a.area.x, a.area.bottom(), a.area.right(), a.area.bottom())
	values, decimals := c.xTicks, 0
	if values == nil {
		values, decimals = ticks(c.x[0], c.x[1], max(2, int(a.area.w/60)))
	}
	label := c.xAxis.tick(decimals)
	every := thin(len(values), func(i, every int) bool {
		if i == 0 {
			return true
		}
		need := (p.width(label(values[i]), tickText)+p.width(label(values[i-every]), tickText))/2 + 5
		return a.x.at(values[i])-a.x.at(values[i-every]) >= need
	})
	for i := 0; i < len(values); i += every {
		x := a.x.at(values[i])
		p.line(rule, 0.8, x, a.area.bottom(), x, a.area.bottom()+3)
		p.text(label(values[i]), x, a.area.bottom()+5.5, tickText.at(center, top))
	}
}

// thin returns the least step at which each of n labels that is left fits.
func thin(n int, fits func(i, every int) bool) int {
	every := 1
	for ; every < n; every++ {
		all := true
		for i := 0; i < n && all; i += every {
			all = fits(i, every)
		}
		if all {
			break
		}
	}
	return every
}
