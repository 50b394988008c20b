package chart

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/segment/plots"
)

// wide is about how wide text of 12 pixels is.
func wide(s string) float64 { return 6.6 * float64(len([]rune(s))) }

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// ticks are round values from at most low to at least high.
func ticks(low, high float64, n int) []float64 {
	if !(high > low) {
		high = low + 1
	}
	raw := (high - low) / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= raw {
			step = m * power
			break
		}
	}
	var out []float64
	for i := math.Floor(low/step + 1e-9); ; i++ {
		out = append(out, i*step)
		if i*step >= high-step*1e-9 {
			return out
		}
	}
}

// In is the chart for readers who write another sign before decimals.
func (c *Chart) In(decimal string) *Chart {
	out := *c
	out.X.decimal, out.Y.decimal = decimal, decimal
	return &out
}

func (a Axis) tick(v float64) string {
	text := strconv.FormatFloat(v, 'g', 4, 64)
	switch m := math.Abs(v); {
	case a.Percent:
		text = f(100*v) + " %"
	case m >= 1e6:
		text = strconv.FormatFloat(v/1e6, 'g', 4, 64) + "M"
	case m >= 1e4:
		text = strconv.FormatFloat(v/1e3, 'g', 4, 64) + "k"
	}
	if a.decimal == "" {
		return text
	}
	return strings.Replace(text, ".", a.decimal, 1)
}

func (c *Chart) span() (low, high float64) {
	low, high = 0, 0
	sums := make([]float64, len(c.Categories))
	for _, s := range c.Series {
		for i, n := range s.Values {
			v := float64(n)
			if v-v != 0 {
				continue
			}
			if c.Kind == Stack {
				sums[i] += v
				v = sums[i]
			}
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

// draw draws the chart; nil where there is nothing to draw.
func (c *Chart) draw() *drawing {
	if c.Check() != nil {
		return nil
	}
	d := &drawing{w: 640, h: 340}
	switch c.Kind {
	case Bars, Waterfall:
		c.bars(d)
	case Heat:
		c.heat(d)
	case Sunburst:
		c.sunburst(d)
	case Scatter:
		c.scatter(d)
	case Box:
		c.boxes(d)
	default:
		c.columns(d)
	}
	return d
}

// SVG draws the chart as an svg element for a page. It is empty where there is
// nothing to draw.
func (c *Chart) SVG() string {
	d := c.draw()
	if d == nil {
		return ""
	}
	return d.svg(c.Title)
}

// Standalone draws the chart as an SVG file with its heading, in the light
// colours. It is empty where there is nothing to draw.
func (c *Chart) Standalone() string {
	d := c.draw()
	if d == nil {
		return ""
	}
	s := d.file(c.Title, c.Reading).svg(c.Title)
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "light-dark(")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		both, rest, _ := strings.Cut(after, ")")
		light, _, _ := strings.Cut(both, ",")
		b.WriteString(light)
		s = rest
	}
}

// WritePNG writes the chart as a picture with its heading, in the light
// colours.
func (c *Chart) WritePNG(w io.Writer) error {
	if err := c.Check(); err != nil {
		return err
	}
	return c.draw().file(c.Title, c.Reading).png(w)
}

// legend writes the names of the series in a row at the top, and gives the
// height that it takes.
func (c *Chart) legend(d *drawing) float64 {
	if len(c.Series) < 2 {
		return 8
	}
	x, y := 4.0, 14.0
	for i, s := range c.Series {
		w := 24 + wide(s.Name)
		if x+w > d.w && x > 4 {
			x, y = 4, y+18
		}
		d.rect(x, y-9, 10, 10, c.color(i, -1), s.Name)
		d.text(x+15, y, "start", soft, s.Name)
		x += w + 8
	}
	return y + 12
}

// color is that of a value by its series and category.
func (c *Chart) color(series, category int) plots.Color {
	if len(c.Series) == 1 && category >= 0 && category < len(c.Colors) {
		return c.Colors[category]
	}
	if col := c.Series[series].Color; col != (plots.Color{}) {
		return col
	}
	return Palette(series)
}

// frame draws the axis of values on the left and returns the map of values.
func (c *Chart) frame(d *drawing, top, bottom, low, high float64) (left float64, y func(float64) float64) {
	t := ticks(low, high, 4)
	low, high = t[0], t[len(t)-1]
	y = func(v float64) float64 { return bottom - (v-low)/(high-low)*(bottom-top) }
	for _, v := range t {
		left = max(left, wide(c.Y.tick(v))+10)
	}
	for _, v := range t {
		d.line(left, y(v), d.w-4, y(v), grid, 1)
		d.text(left-6, y(v)+4, "end", soft, c.Y.tick(v))
	}
	d.text(0, top-11, "start", soft, c.Y.Label)
	return left, y
}

func (c *Chart) columns(d *drawing) {
	top := c.legend(d) + 22
	bottom := d.h - 40
	low, high := c.span()
	left, y := c.frame(d, top, bottom, low, high)
	n := float64(len(c.Categories))
	step := (d.w - 4 - left) / n
	skip := 1
	longest := 0.0
	room := max(16, int(step/6.8)) // letters of a name
	for _, name := range c.Categories {
		longest = max(longest, wide(clip(name, room))+8)
	}
	for float64(skip)*step < longest {
		skip++
	}
	for i, name := range c.Categories {
		x := left + (float64(i)+0.5)*step
		if i%skip == 0 {
			d.text(x, bottom+16, "middle", soft, clip(name, room))
		}
	}
	d.text((left+d.w)/2, d.h-4, "middle", soft, c.X.Label)
	switch c.Kind {
	case Line:
		for s := range c.Series {
			line := lineMark{color: c.color(s, -1), width: 2.2}
			gap := true
			for i, v := range c.Series[s].Values {
				if v := float64(v); v-v != 0 {
					gap = true
					continue
				}
				if gap {
					line.parts = append(line.parts, nil)
					gap = false
				}
				last := len(line.parts) - 1
				line.parts[last] = append(line.parts[last], [2]float64{left + (float64(i)+0.5)*step, y(float64(v))})
			}
			d.add(line)
			for i, v := range c.Series[s].Values {
				if v := float64(v); v-v != 0 {
					continue
				}
				r := 3.0
				if c.Mark != "" && c.Categories[i] == c.Mark {
					r = 6
				}
				d.add(circleMark{left + (float64(i)+0.5)*step, y(float64(v)), r, c.color(s, -1), c.Categories[i] + ": " + c.Y.tick(float64(v))})
			}
		}
	case Stack:
		base := make([]float64, len(c.Categories))
		for s := range c.Series {
			for i, v := range c.Series[s].Values {
				if v := float64(v); v-v != 0 {
					continue
				}
				a, b := y(base[i]), y(base[i]+float64(v))
				d.rect(left+float64(i)*step+step*0.15, min(a, b), step*0.7, math.Abs(a-b), c.color(s, i), fmt.Sprintf("%s, %s: %s", c.Categories[i], c.Series[s].Name, c.Y.tick(float64(v))))
				base[i] += float64(v)
			}
		}
	default:
		w := step * 0.76 / float64(len(c.Series))
		w = min(w, 64)
		for s := range c.Series {
			for i, v := range c.Series[s].Values {
				if v := float64(v); v-v != 0 {
					continue
				}
				x := left + (float64(i)+0.5)*step + (float64(s)-float64(len(c.Series))/2)*w
				a, b := y(0), y(float64(v))
				d.rect(x+0.5, min(a, b), w-1, math.Abs(a-b), c.color(s, i), strings.TrimPrefix(fmt.Sprintf("%s, %s: %s", c.Series[s].Name, c.Categories[i], c.Y.tick(float64(v))), ", "))
			}
		}
	}
}

func (c *Chart) bars(d *drawing) {
	top := c.legend(d)
	row := 26.0
	if len(c.Series) > 1 {
		row = 12*float64(len(c.Series)) + 12
	}
	d.h = top + row*float64(len(c.Categories)) + 26
	left := 0.0
	for _, name := range c.Categories {
		left = max(left, wide(clip(name, 30))+10)
	}
	low, high := c.span()
	from := make([]float64, len(c.Categories))
	if c.Kind == Waterfall {
		at := 0.0
		for i, v := range c.Series[0].Values[:len(from)-1] {
			if v := float64(v); v-v == 0 {
				from[i] = at
				at += v
			}
			low, high = min(low, at), max(high, at)
		}
	}
	if high == low {
		high = low + 1
	}
	room := 64.0
	x := func(v float64) float64 { return left + (v-low)/(high-low)*(d.w-left-room) }
	h := (row - 8) / float64(len(c.Series))
	for i, name := range c.Categories {
		y := top + row*float64(i)
		d.text(left-8, y+row/2+4, "end", soft, clip(name, 30))
		for s := range c.Series {
			v := float64(c.Series[s].Values[i])
			if v-v != 0 {
				continue
			}
			a, b := x(from[i]), x(from[i]+v)
			at := y + 4 + float64(s)*h
			d.rect(min(a, b), at, math.Abs(a-b), h-1, c.color(s, i), c.Y.tick(v))
			d.text(max(a, b)+5, at+h/2+4, "start", ink, c.Y.tick(v))
		}
	}
	d.line(x(0), top, x(0), d.h-24, soft, 1)
	d.text(left, d.h-6, "start", soft, c.Y.Label)
}

func (c *Chart) boxes(d *drawing) {
	top := 12.0
	row := 34.0
	d.h = top + row*float64(len(c.Series)) + 44
	left := 0.0
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range c.Series {
		left = max(left, wide(clip(s.Name, 24))+10)
		for _, v := range s.Values {
			if v := float64(v); v-v == 0 {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if low > high {
		low, high = 0, 1
	}
	t := ticks(low, high, 5)
	low, high = t[0], t[len(t)-1]
	x := func(v float64) float64 { return left + (v-low)/(high-low)*(d.w-left-24) }
	bottom := d.h - 40
	for _, v := range t {
		d.line(x(v), top, x(v), bottom, grid, 1)
		d.text(x(v), bottom+16, "middle", soft, c.Y.tick(v))
	}
	for i, s := range c.Series {
		y := top + row*(float64(i)+0.5)
		d.text(left-8, y+4, "end", ink, clip(s.Name, 24))
		if slices.ContainsFunc(s.Values, func(v Number) bool { return v-v != 0 }) {
			continue
		}
		col := c.color(i, -1)
		v := func(j int) float64 { return x(float64(s.Values[j])) }
		d.line(v(0), y, v(4), y, col, 1.5)
		d.rect(v(1), y-9, v(3)-v(1), 18, col, c.five(s))
		d.line(v(2), y-12, v(2), y+12, ink, 2.5)
	}
	if m, err := strconv.ParseFloat(c.Mark, 64); err == nil && m >= low && m <= high {
		d.line(x(m), top-8, x(m), bottom, ink, 1.5)
	}
	d.text((left+d.w)/2, d.h-6, "middle", soft, c.Y.Label)
}

// five tells the five numbers of a box.
func (c *Chart) five(s Series) string {
	parts := make([]string, len(s.Values))
	for i, v := range s.Values {
		parts[i] = strings.TrimSpace(c.word(i) + " " + c.Y.tick(float64(v)))
	}
	return s.Name + ": " + strings.Join(parts, ", ")
}

func (c *Chart) scatter(d *drawing) {
	top := c.legend(d) + 22
	bottom := d.h - 44
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, s := range c.Series {
		for _, p := range s.Points {
			for j, v := range p {
				low[j], high[j] = min(low[j], float64(v)), max(high[j], float64(v))
			}
		}
	}
	if low[0] > high[0] {
		low, high = [2]float64{}, [2]float64{1, 1}
	}
	left, y := c.frame(d, top, bottom, low[1], high[1])
	t := ticks(low[0], high[0], 6)
	x := func(v float64) float64 { return left + (v-t[0])/(t[len(t)-1]-t[0])*(d.w-24-left) }
	for _, v := range t {
		d.text(x(v), bottom+16, "middle", soft, c.X.tick(v))
	}
	d.text((left+d.w)/2, d.h-6, "middle", soft, c.X.Label)
	for i, s := range c.Series {
		dots := dotsMark{color: c.color(i, -1)}
		for _, p := range s.Points {
			dots.at = append(dots.at, [2]float64{x(float64(p[0])), y(float64(p[1]))})
		}
		d.add(dots)
	}
}

// shade mixes a colour for −1…1: blue above, orange below, the background at 0.
func shade(t float64) plots.Color {
	t = max(-1, min(1, t))
	mix := func(from, to [3]float64) string {
		a := math.Abs(t)
		return fmt.Sprintf("#%02X%02X%02X", int(from[0]+a*(to[0]-from[0])), int(from[1]+a*(to[1]-from[1])), int(from[2]+a*(to[2]-from[2])))
	}
	if t >= 0 {
		return plots.Color{Light: mix([3]float64{248, 249, 250}, [3]float64{90, 150, 205}), Dark: mix([3]float64{32, 39, 48}, [3]float64{38, 92, 145})}
	}
	return plots.Color{Light: mix([3]float64{248, 249, 250}, [3]float64{226, 142, 90}), Dark: mix([3]float64{32, 39, 48}, [3]float64{140, 72, 30})}
}

func (c *Chart) heat(d *drawing) {
	left := 0.0
	for _, name := range c.Categories {
		left = max(left, wide(clip(name, 26))+10)
	}
	most := 0.0
	for _, s := range c.Series {
		for _, v := range s.Values {
			if v := float64(v); v-v == 0 {
				most = max(most, math.Abs(v))
			}
		}
	}
	if most == 0 {
		most = 1
	}
	w := (d.w - left) / float64(len(c.Series))
	row := 28.0
	top := 24.0
	d.h = top + row*float64(len(c.Categories)) + 26
	for s := range c.Series {
		d.text(left+w*(float64(s)+0.5), 15, "middle", soft, clip(c.Series[s].Name, int(w/6.6)))
	}
	for i, name := range c.Categories {
		y := top + row*float64(i)
		d.text(left-8, y+row/2+4, "end", soft, clip(name, 26))
		for s := range c.Series {
			v := float64(c.Series[s].Values[i])
			if v-v != 0 {
				continue
			}
			d.rect(left+w*float64(s)+1, y+1, w-2, row-2, shade(v/most), name+", "+c.Series[s].Name)
			d.text(left+w*(float64(s)+0.5), y+row/2+4, "middle", ink, c.Y.tick(math.Round(v*100)/100))
		}
	}
	d.text(left, d.h-6, "start", soft, c.Y.Label)
}

func (c *Chart) sunburst(d *drawing) {
	d.h = 440
	total, deep := 0.0, 1
	for _, n := range c.Root {
		total += n.Value
		deep = max(deep, n.depth())
	}
	if total <= 0 {
		return
	}
	hole := 40.0
	ring := (d.h/2 - 8 - hole) / float64(deep)
	cx, cy := d.w/2, d.h/2
	var draw func(nodes []Node, level int, from, to float64, col plots.Color)
	draw = func(nodes []Node, level int, from, to float64, col plots.Color) {
		sum := 0.0
		for _, n := range nodes {
			sum += n.Value
		}
		at := from
		for i, n := range nodes {
			if n.Value <= 0 {
				continue
			}
			end := at + (to-from)*n.Value/sum
			own := col
			if n.Color != (plots.Color{}) {
				own = n.Color
			} else if level == 0 {
				own = Palette(i)
			}
			r0, r1 := hole+ring*float64(level), hole+ring*float64(level+1)-1.5
			d.add(arcMark{cx, cy, r0, r1, at, min(end, at+2*math.Pi-1e-4), own, 1 - 0.22*float64(level), fmt.Sprintf("%s: %s (%s)", n.Name, c.Y.tick(n.Value), Axis{Percent: true, decimal: c.Y.decimal}.tick(n.Value/total))})
			if mid := (at + end) / 2; (end-at)*(r0+r1)/2 > 26 {
				s := clip(n.Name, max(3, int(ring/6.6)))
				d.text(cx+math.Sin(mid)*(r0+r1)/2, cy-math.Cos(mid)*(r0+r1)/2+4, "middle", plots.Color{Light: "#FFFFFF", Dark: "#10151B"}, s)
			}
			draw(n.Children, level+1, at, end, own)
			at = end
		}
	}
	draw(c.Root, 0, 0, 2*math.Pi, plots.Color{})
}

func (n Node) depth() int {
	deep := 0
	for _, child := range n.Children {
		deep = max(deep, child.depth())
	}
	return deep + 1
}

// Order sorts the categories of a chart of one series by value, the greatest
// first.
func (c *Chart) Order() {
	if len(c.Series) != 1 {
		return
	}
	at := make([]int, len(c.Categories))
	for i := range at {
		at[i] = i
	}
	v := c.Series[0].Values
	slices.SortStableFunc(at, func(a, b int) int {
		switch {
		case v[a] > v[b]:
			return -1
		case v[a] < v[b]:
			return 1
		}
		return 0
	})
	categories, values, colors := make([]string, len(at)), make([]Number, len(at)), make([]plots.Color, 0, len(at))
	for i, j := range at {
		categories[i], values[i] = c.Categories[j], v[j]
		if len(c.Colors) == len(at) {
			colors = append(colors, c.Colors[j])
		}
	}
	c.Categories, c.Series[0].Values, c.Colors = categories, values, colors
}
