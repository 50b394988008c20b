package plots

import "math"

// Axis is how the values of a chart are named and written.
type Axis struct {
	Label string
	// Number writes a value, and Tick the numbers along the axis; nil writes
	// English figures, in as many decimals as are needed.
	Number, Tick func(float64) string
}

func (a Axis) write(v float64) string {
	if a.Number != nil {
		return a.Number(v)
	}
	return value(v)
}

// tick writes the numbers along the axis, in as many decimals where nothing else
// is said.
func (a Axis) tick(decimals int) func(float64) string {
	if a.Tick != nil {
		return a.Tick
	}
	return func(v float64) string { return number(v, decimals) }
}

// axis is the frame of a chart: the area of the data and its two scales.
type axis struct {
	area rect
	x, y scale
}

// chart measures the labels of the y axis, draws grid, ticks and the titles of
// the axes, and returns the frame inside. Both ranges must not be empty; xTicks
// are labelled by xLabel.
func (p *pen) chart(r rect, c chart) axis {
	yTicks, decimals := c.yTicks, 0
	if yTicks == nil {
		yTicks, decimals = ticks(c.y[0], c.y[1], tickCount(r.h))
	}
	if c.yLabel == nil {
		c.yLabel = func(v float64) string { return number(v, decimals) }
	}
	width := c.labels
	for _, v := range yTicks {
		width = max(width, p.width(c.yLabel(v), tickText))
	}
	above, under := 4.0, 2.0
	if c.yTitle != "" {
		above = 16
	}
	if !c.noX {
		under += 14
	}
	if c.xTitle != "" {
		under += 13
	}
	area := r.inset(width+6, above, 6, under)
	a := axis{area, scale{c.x[0], c.x[1], area.x, area.right()}, scale{c.y[0], c.y[1], area.bottom(), area.y}}
	if c.under != nil {
		c.under(a)
	}
	if c.yTitle != "" {
		p.text(p.fit(c.yTitle, tickText, r.w), r.x, r.y, tickText.at(left, top))
	}
	for _, v := range yTicks {
		y := a.y.at(v)
		p.line(grid, 0.6, area.x, y, area.right(), y)
		p.text(c.yLabel(v), area.x-5, y, tickText.at(right, middle))
	}
	if !c.noX {
		p.line(rule, 0.8, area.x, area.bottom(), area.right(), area.bottom())
		p.xTicks(a, c)
	}
	if c.xTitle != "" {
		p.text(p.fit(c.xTitle, tickText, area.w), area.x+area.w/2, r.bottom(), tickText.at(center, bottom))
	}
	return a
}

// aligned returns the room for the labels of the values that charts of some heights
// need to have their left edges in line.
func (p *pen) aligned(charts []chart, heights ...float64) float64 {
	width := 0.0
	for i, c := range charts {
		values, decimals := ticks(c.y[0], c.y[1], tickCount(heights[i%len(heights)]))
		write := Axis{Tick: c.yLabel}.tick(decimals)
		for _, v := range values {
			width = max(width, p.width(write(v), tickText))
		}
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

// places returns numbers of clusters as places on an axis, and its range with the
// share pad of room at each end.
func places(ks []int, pad float64) (at []float64, ends [2]float64) {
	for _, k := range ks {
		at = append(at, float64(k))
	}
	room := (at[len(at)-1] - at[0]) * pad
	return at, [2]float64{at[0] - room, at[len(at)-1] + room}
}

// tickCount returns the number of ticks for a y axis of a height.
func tickCount(height float64) int { return max(2, int(height/32)) }

// chart is what the frame of a chart needs to know.
type chart struct {
	x, y           [2]float64
	xTicks, yTicks []float64
	xLabel, yLabel func(float64) string
	xTitle, yTitle string
	noX            bool
	under          func(axis) // draws behind the grid
	labels         float64    // the least room for the labels of y, to align charts
}

// xTicks labels the x axis, leaving out every other tick, or more, where the
// labels would touch.
func (p *pen) xTicks(a axis, c chart) {
	values, decimals := c.xTicks, 0
	if values == nil {
		values, decimals = ticks(c.x[0], c.x[1], max(2, int(a.area.w/60)))
	}
	label := c.xLabel
	if label == nil {
		label = func(v float64) string { return number(v, decimals) }
	}
	if len(values) == 0 {
		return
	}
	every := 1
	for ; every < len(values); every++ {
		free := true
		for i := every; i < len(values) && free; i += every {
			need := (p.width(label(values[i]), tickText)+p.width(label(values[i-every]), tickText))/2 + 5
			free = a.x.at(values[i])-a.x.at(values[i-every]) >= need
		}
		if free {
			break
		}
	}
	for i := 0; i < len(values); i += every {
		x := a.x.at(values[i])
		p.line(rule, 0.8, x, a.area.bottom(), x, a.area.bottom()+3)
		p.text(label(values[i]), x, a.area.bottom()+5.5, tickText.at(center, top))
	}
}
