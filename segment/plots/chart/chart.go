// Package chart describes a chart once for all its uses: it is JSON for the
// script of a page, which draws it by ECharts; package plots draws it for files
// and where scripts are off; and it is a table.
package chart

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
)

// A Kind is how a chart is drawn.
type Kind string

// The kinds of charts.
const (
	Bar  Kind = "bar"  // a bar for each category and series, side by side
	Bars Kind = "bars" // the same, lying
	// Table has lying bars too, in a column for each series.
	Table Kind = "table"
	Dots  Kind = "dots" // a dot for each series on the line of each category
	// Waterfall has lying bars of one series, end to end; the last is their sum.
	Waterfall Kind = "waterfall"
	Stack     Kind = "stack" // a lying bar for each category, parted by series
	// Shares has a bar of 100 per cent for each series, parted by category.
	Shares Kind = "shares"
	Line   Kind = "line" // a line for each series over the categories
	// Lines has a chart with a line for each series, one below another.
	Lines   Kind = "lines"
	Scatter Kind = "scatter" // the points of each series
	Box     Kind = "box"     // a box for each series: least, quartiles, greatest
	// Density has the curve of each series; the table is of Values.
	Density Kind = "density"
	// Silhouette has the falling curve of each series; the table is of the means.
	Silhouette Kind = "silhouette"
	Heat       Kind = "heat"   // a field for each category and series
	Icicle     Kind = "icicle" // boxes within boxes, as high as their numbers
)

// A Number is a number or NaN, for none, which is null in JSON.
type Number float64

// MarshalJSON writes what is not finite as null.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); v-v != 0 {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(n))
}

// Numbers returns floats as Numbers.
func Numbers(values []float64) []Number { return as[Number](values) }

func as[To, From ~float64](values []From) []To {
	out := make([]To, len(values))
	for i, v := range values {
		out[i] = To(v)
	}
	return out
}

// A Series is one set of values of a chart, in one colour.
type Series struct {
	Name   string      `json:"name"`
	Color  plots.Color `json:"color"`
	Values []Number    `json:"values,omitempty"` // one for each category; for Box the five numbers
	Points [][2]Number `json:"points,omitempty"` // for Scatter
	Area   [][2]Number `json:"area,omitempty"`   // for Scatter: the outline of an area behind the points
	// Curve has the heights of a Density at equal steps of the chart's Range, or
	// those of a Silhouette; Middle is the median or mean that is marked.
	Curve  []Number `json:"curve,omitempty"`
	Middle Number   `json:"middle,omitempty"`
	Note   string   `json:"note,omitempty"` // under the name, for Silhouette
}

// A Node is a box of an Icicle: its customers, and the sum of a value over them.
type Node struct {
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Count    float64 `json:"count"`
	Children []Node  `json:"children,omitempty"`
}

// Add adds a child to a node, and its numbers to those of the node.
func (n *Node) Add(child Node) {
	if n == nil {
		return
	}
	n.Children = append(n.Children, child)
	n.Value, n.Count = n.Value+child.Value, n.Count+child.Count
}

// An Axis says what an axis shows.
type Axis struct {
	Label string `json:"label"`
	// Percent marks shares from 0 to 1 that are shown in per cent.
	Percent bool `json:"percent,omitempty"`
}

// A Chart is values and how to draw them.
type Chart struct {
	Name       string        `json:"name,omitempty"` // for addresses and files
	Title      string        `json:"title"`
	Reading    string        `json:"reading,omitempty"` // what it shows, in one sentence
	Among      string        `json:"among,omitempty"`   // whom alone it is of, in one sentence; empty for all
	Kind       Kind          `json:"kind"`
	X          Axis          `json:"x"` // of the categories
	Y          Axis          `json:"y"` // of the values
	Categories []string      `json:"categories,omitempty"`
	Colors     []plots.Color `json:"colors,omitempty"` // of the categories, where there is one series
	Series     []Series      `json:"series,omitempty"`
	Root       []Node        `json:"root,omitempty"` // of an Icicle
	// Cells are texts: of a Heat those in its fields, for each category and
	// series; of Shares a row of figures for each category, under Words.
	Cells [][]string `json:"cells,omitempty"`
	// Range bounds the axis of a Density, whose steps are Whole numbers or not.
	Range [2]Number `json:"range,omitzero"`
	Whole bool      `json:"whole,omitempty"`
	// Mark is a category to point out, or a value of the axis of a Box; "" for none.
	Mark string `json:"mark,omitempty"`
	// Words are the names that no axis has: of the five numbers of a Box, of the
	// column of the groups of a Scatter, of the wholes and the Cells of Shares, of
	// the axis of a Silhouette, of the colours and the numbers of an Icicle; of a
	// Table the name of the sums, and where it has shares, theirs.
	Words []string `json:"words,omitempty"`

	language *narrate.Language // of the figures in pictures; English where it is nil
}

// word is the i-th of Words, empty where there is none.
func (c *Chart) word(i int) string {
	if i < len(c.Words) {
		return c.Words[i]
	}
	return ""
}

// Table returns the chart as a table: its heading and its rows. Numbers are written
// by the given function, or at full precision where it is nil. It is empty where
// there is nothing to show.
func (c *Chart) Table(number func(v float64, percent bool) string) (head []string, rows [][]string) {
	if c.Check() != nil {
		return nil, nil
	}
	if number == nil {
		number = func(v float64, _ bool) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	}
	value := func(n Number) string {
		if v := float64(n); v-v == 0 {
			return number(v, c.Y.Percent)
		}
		return ""
	}
	add := func(row []string, values ...Number) {
		for _, v := range values {
			row = append(row, value(v))
		}
		rows = append(rows, row)
	}
	switch c.Kind {
	case Box:
		head = []string{c.X.Label, c.word(0), c.word(1), c.word(2), c.word(3), c.word(4)}
		for _, s := range c.Series {
			add([]string{s.Name}, s.Values...)
		}
	case Scatter:
		head = []string{c.X.Label, c.Y.Label, c.word(0)}
		for _, s := range c.Series {
			for _, p := range s.Points {
				rows = append(rows, []string{value(p[0]), value(p[1]), s.Name})
			}
		}
	case Silhouette:
		head = []string{c.X.Label, c.Y.Label}
		for _, s := range c.Series {
			add([]string{s.Name}, s.Middle)
		}
	case Icicle:
		deep := 0
		var walk func(path []string, nodes []Node)
		walk = func(path []string, nodes []Node) {
			for _, n := range nodes {
				at := append(slices.Clone(path), n.Name)
				if len(n.Children) > 0 {
					walk(at, n.Children)
					continue
				}
				deep = max(deep, len(at))
				rows = append(rows, append(at, number(n.Count, false), number(n.Value, false)))
			}
		}
		walk(nil, c.Root)
		head = make([]string, deep)
		copy(head, strings.Split(c.X.Label, ", "))
		head = append(head, c.word(1), c.Y.Label)
	default:
		head = []string{c.X.Label}
		for _, s := range c.Series {
			head = append(head, cmp.Or(s.Name, c.Y.Label))
		}
		for i, category := range c.Categories {
			row := []string{category}
			for _, s := range c.Series {
				row = append(row, value(s.Values[i]))
			}
			rows = append(rows, row)
		}
	}
	return head, rows
}

// WriteCSV writes the table as CSV that is safe to open in a spreadsheet.
func (c *Chart) WriteCSV(w io.Writer) error {
	head, rows := c.Table(nil)
	return WriteCSV(w, head, rows)
}

// WriteCSV writes a table as CSV that is safe to open in a spreadsheet.
func WriteCSV(w io.Writer, head []string, rows [][]string) error {
	if w == nil {
		return errors.New("chart: no writer of the table")
	}
	return csv.NewWriter(csvguard.Writer(w, false, new(int))).WriteAll(slices.Concat([][]string{head}, rows))
}

// Densities makes a histogram a Density of the values behind its series.
func (c *Chart) Densities(values [][]float64) {
	d := plots.DensitiesOf(nil, values)
	if c == nil || d.Heights == nil || len(d.Heights) != len(c.Series) {
		return
	}
	c.Kind, c.Range, c.Whole = Density, [2]Number{Number(d.Lo), Number(d.Hi)}, d.Whole
	for i := range c.Series {
		for _, v := range d.Heights[i] {
			c.Series[i].Curve = append(c.Series[i].Curve, Number(math.Round(v*1000)/1000))
		}
		c.Series[i].Middle = Number(d.Medians[i])
	}
}

// Falling sorts values for a Silhouette and returns one of so many, in thousandths.
func Falling(values []float64, every int) []Number {
	slices.SortFunc(values, func(a, b float64) int { return cmp.Compare(b, a) })
	var out []Number
	every = max(1, every)
	for i := max(0, min(every/2, len(values)-1)); i < len(values); i += every {
		out = append(out, Number(math.Round(values[i]*1000)/1000))
	}
	return out
}

// Check returns an error where a chart cannot be drawn.
func (c *Chart) Check() error {
	if c == nil {
		return errors.New("chart: there is none")
	}
	fail := func(format string, args ...any) error {
		return fmt.Errorf("the %s %q has %s", c.Kind, c.Title, fmt.Sprintf(format, args...))
	}
	if len(c.Series) == 0 && c.Kind != Icicle {
		return fail("no values")
	}
	values := -1 // of a series; any number where it is below 0
	switch c.Kind {
	case Bar, Bars, Table, Dots, Waterfall, Stack, Shares, Line, Lines, Heat, Density:
		if c.Kind == Waterfall && len(c.Series) != 1 {
			return fail("%d series instead of one", len(c.Series))
		}
		if values = len(c.Categories); values == 0 {
			return fail("no values")
		}
	case Box:
		values = 5
	case Scatter, Silhouette:
	case Icicle:
		if len(c.Root) == 0 {
			return fail("no parts")
		}
	default:
		return fmt.Errorf("%q is no kind of chart", c.Kind)
	}
	for _, s := range c.Series {
		if len(s.Values) != values && values >= 0 {
			return fail("%d values of a series instead of %d", len(s.Values), values)
		}
	}
	return nil
}

// palette are colours of series that are no tiers: apart in hue and lightness.
var palette = []plots.Color{
	{Light: "#2F6DA8", Dark: "#7DB4E8"}, {Light: "#B4531F", Dark: "#F0A070"}, {Light: "#3D7D54", Dark: "#85C79B"},
	{Light: "#7A4E9C", Dark: "#C09BE0"}, {Light: "#8A6A00", Dark: "#DDBB4E"}, {Light: "#A23B64", Dark: "#E88FB0"},
	{Light: "#3B7F8C", Dark: "#7CC6D2"}, {Light: "#5F6672", Dark: "#AEB6C2"},
}

// Overall is the colour of all customers beside a tier: paler than any tier.
var Overall = plots.Color{Light: "#B7C0CA", Dark: "#5A6673"}

// Palette returns the colour of the i-th series that is no tier, i ≥ 0.
func Palette(i int) plots.Color { return palette[max(0, i)%len(palette)] }
