package chart

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
)

// In returns the chart with figures written as in a language; English by default.
func (c *Chart) In(l *narrate.Language) *Chart {
	var out Chart
	if c != nil {
		out = *c
	}
	out.language = l
	return &out
}

// axis writes values as the table does, and thousands along the axis in short.
func (c *Chart) axis(a Axis) plots.Axis {
	l := c.language
	if a.Percent {
		return plots.Axis{Label: a.Label, Number: c.share, Tick: func(v float64) string { return l.Percent(v, decimals(100*v)) }}
	}
	return plots.Axis{Label: a.Label, Number: func(v float64) string { return l.N(v) }, Tick: func(v float64) string {
		switch m := math.Abs(v); {
		case m >= 1e6:
			return l.T("number.millions", l.Number(v/1e6, decimals(v/1e6)))
		case m >= 1e4:
			return l.T("number.thousands", l.Number(v/1e3, decimals(v/1e3)))
		}
		return l.Number(v, decimals(v))
	}}
}

// decimals are as many as a number has, at most 4.
func decimals(v float64) int {
	n := 0
	for n < 4 && math.Abs(v-math.Round(v*math.Pow10(n))/math.Pow10(n)) > 1e-9*math.Abs(v) {
		n++
	}
	return n
}

// share writes a share, with a decimal where it is small.
func (c *Chart) share(v float64) string {
	n := 0
	if math.Abs(v) < 0.0995 && v != 0 {
		n = 1
	}
	return c.language.Percent(v, n)
}

// Figure returns the picture of the chart, which package plots draws.
func (c *Chart) Figure() (*plots.Figure, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	f, err := c.picture().Figure()
	if err == nil {
		f.Title, f.Subtitle, f.Alt = c.Title, strings.TrimSpace(c.Among+" "+c.Reading), ""
	}
	return f, err
}

// SVG returns the chart as an svg element for a page; empty where there is nothing.
func (c *Chart) SVG() string { return c.SVGOf(0) }

// SVGOf returns the chart as an svg element of a width in centimetres, 4 to 200, such
// as 9 for a phone; 0 means the figure's own. A Scatter and an Icicle that are wider than
// their own are half as high. It is empty where there is nothing, or for another width.
func (c *Chart) SVGOf(width float64) string {
	f, err := c.Figure()
	if err != nil {
		return ""
	}
	style := plots.Style{Theme: plots.Auto, Transparent: true, Bare: true, Width: width}
	if (c.Kind == Scatter || c.Kind == Icicle) && width > f.Width {
		style.Height = width / 2 // there is much to see from top to bottom, too
	}
	svg, _ := f.SVG(style)
	return svg
}

// Write writes the chart as a file with its heading, in the light colours.
func (c *Chart) Write(w io.Writer, format plots.Format) error {
	f, err := c.Figure()
	if err != nil {
		return err
	}
	return f.Write(w, format, plots.Style{})
}

// amount writes values with one decimal, or none where one is beyond 100.
func (c *Chart) amount(values [][]float64) func(float64) string {
	if c.Y.Percent {
		return c.share
	}
	n := 1
	if slices.ContainsFunc(slices.Concat(values...), func(v float64) bool { return v >= 100 }) {
		n = 0
	}
	return func(v float64) string { return c.language.Number(v, n) }
}

// groups are the series, with colours for those that have none.
func (c *Chart) groups() []plots.Group {
	out := make([]plots.Group, len(c.Series))
	for i, s := range c.Series {
		out[i] = plots.Group{Name: s.Name, Color: cmp.Or(s.Color, Palette(i))}
	}
	return out
}

// parts are the categories of a chart whose series are of one each.
func (c *Chart) parts() []plots.Group {
	out := make([]plots.Group, len(c.Categories))
	for i, name := range c.Categories {
		if out[i] = (plots.Group{Name: name, Color: Palette(i)}); i < len(c.Colors) {
			out[i].Color = cmp.Or(c.Colors[i], out[i].Color)
		}
	}
	return out
}

// picture is the chart as package plots has it.
func (c *Chart) picture() interface {
	Figure() (*plots.Figure, error)
} {
	groups, x, y := c.groups(), c.axis(c.X), c.axis(c.Y)
	values := make([][]float64, len(c.Series))
	for i, s := range c.Series {
		values[i] = as[float64](s.Values)
	}
	switch c.Kind {
	case Bar, Bars:
		b := plots.Bars{Groups: groups, Categories: c.Categories, Values: values, X: x, Y: y, Lying: c.Kind == Bars}
		if len(c.Colors) == len(c.Categories) {
			b.Colors = c.Colors
		}
		return b
	case Table:
		b := plots.BarTable{Groups: groups, Rows: c.Categories, Values: values, Number: c.amount(values), Total: c.word(0)}
		if c.word(1) != "" {
			b.Share = c.share
		}
		return b
	case Dots:
		return plots.DotPlot{Groups: groups, Rows: c.Categories, Values: values, Shares: c.Y.Percent, X: y}
	case Stack:
		return plots.StackedBars{Groups: groups, Rows: c.Categories, Values: present(values), X: y, Share: c.share}
	case Shares:
		s := plots.Shares{Groups: c.parts(), Values: present(values), Share: c.share}
		for i, g := range groups {
			s.Rows = append(s.Rows, cmp.Or(c.word(i), g.Name))
		}
		if len(c.Cells) > 0 {
			s.Heads, s.Cells = c.Words, c.Cells
		}
		return s
	case Waterfall:
		return c.steps()
	case Line, Lines:
		return plots.Lines{Groups: groups, Categories: c.Categories, Values: values, X: x, Y: y, Mark: c.Mark, Panels: c.Kind == Lines}
	case Scatter:
		s := plots.Scatter{Groups: groups, X: x, Y: y}
		for _, one := range c.Series {
			s.Points, s.Areas = append(s.Points, places(one.Points)), append(s.Areas, places(one.Area))
		}
		return s
	case Box:
		b := plots.Boxes{Groups: groups, X: y}
		for _, v := range values {
			b.Five = append(b.Five, [5]float64(v))
		}
		if m, err := strconv.ParseFloat(c.Mark, 64); err == nil {
			b.Mark = &m
		}
		return b
	case Density:
		d := plots.Densities{Groups: groups, Lo: float64(c.Range[0]), Hi: float64(c.Range[1]), Whole: c.Whole, X: x}
		for _, s := range c.Series {
			d.Heights, d.Medians = append(d.Heights, as[float64](s.Curve)), append(d.Medians, float64(s.Middle))
		}
		return d
	case Silhouette:
		s := plots.Silhouette{Groups: groups, X: y, All: c.Mark}
		s.X.Label = cmp.Or(c.word(0), c.Y.Label)
		for i, one := range c.Series {
			s.Captions = append(s.Captions, one.Note)
			for _, v := range one.Curve {
				s.Scores, s.Labels = append(s.Scores, float64(v)), append(s.Labels, i)
			}
		}
		return s
	case Icicle:
		return plots.Icicle{Levels: strings.Split(c.X.Label, ", "), Nodes: means(c.Root), Value: c.word(0), Number: y.Number, Share: c.share}
	default:
		return c.heat(groups, values, y.Number)
	}
}

// places are the points of a Scatter.
func places(points [][2]Number) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		out[i] = [2]float64{float64(p[0]), float64(p[1])}
	}
	return out
}

// means are nodes by their number, with the mean of their value.
func means(nodes []Node) []plots.Node {
	var out []plots.Node
	for _, n := range nodes {
		node := plots.Node{Name: n.Name, Customers: n.Count, Children: means(n.Children)}
		if n.Count > 0 {
			node.Value = n.Value / n.Count
		}
		out = append(out, node)
	}
	return out
}

// present has 0 for what is missing.
func present(values [][]float64) [][]float64 {
	for _, row := range values {
		for i, v := range row {
			if math.IsNaN(v) {
				row[i] = 0
			}
		}
	}
	return values
}

// steps is a waterfall; its last category is the sum.
func (c *Chart) steps() plots.Steps {
	number := c.axis(c.Y).Number
	s := plots.Steps{X: plots.Axis{Label: c.Y.Label, Number: func(v float64) string {
		if v > 0 {
			return "+" + number(v)
		}
		return number(v)
	}}}
	for i, p := range c.parts() {
		step := plots.Step{Name: p.Name, Value: float64(c.Series[0].Values[i]), Color: p.Color}
		switch {
		case i == len(c.Categories)-1:
			s.Sum = step
		case !math.IsNaN(step.Value):
			s.Steps = append(s.Steps, step)
		}
	}
	return s
}

// heat is a table of colours: the strongest is that of the greatest value.
func (c *Chart) heat(groups []plots.Group, values [][]float64, number func(float64) string) plots.HeatMap {
	h := plots.HeatMap{Groups: groups, Columns: c.Categories}
	for i, row := range values {
		texts := make([]string, len(row))
		for j, v := range row {
			if math.IsNaN(v) {
				continue
			}
			h.Limit = max(h.Limit, math.Abs(v))
			if texts[j] = number(v); j < len(c.Cells) && i < len(c.Cells[j]) {
				texts[j] = c.Cells[j][i]
			}
		}
		h.Texts = append(h.Texts, texts)
	}
	h.Effects = present(values)
	h.Key = [3]string{number(-h.Limit), c.Y.Label, "+" + number(h.Limit)}
	return h
}
