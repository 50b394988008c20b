// Package chart is one description of a chart for all its uses: drawn by the
// page's script, drawn here as SVG where scripts are off, and as a table.
package chart

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/segment/plots"
)

// A Kind is how a chart is drawn.
type Kind string

// The kinds of charts.
const (
	Bar  Kind = "bar"  // a bar for each category and series, side by side
	Bars Kind = "bars" // the same, lying
	// Waterfall has lying bars of one series: each begins where the one before
	// ended, and the last, their sum, is drawn from 0.
	Waterfall Kind = "waterfall"
	Stack     Kind = "stack"    // a bar for each category, the series on each other
	Line      Kind = "line"     // a line for each series over the categories
	Scatter   Kind = "scatter"  // the points of each series
	Box       Kind = "box"      // a box for each series: least, quartiles, greatest
	Heat      Kind = "heat"     // a field for each category and series
	Sunburst  Kind = "sunburst" // rings of shares
)

// Number is a number that may not exist: NaN, which JSON has as null.
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

// Numbers makes Numbers of floats.
func Numbers(values []float64) []Number {
	out := make([]Number, len(values))
	for i, v := range values {
		out[i] = Number(v)
	}
	return out
}

// A Series is one set of values of a chart, in one colour.
type Series struct {
	Name   string      `json:"name"`
	Color  plots.Color `json:"color"`
	Values []Number    `json:"values,omitempty"` // one for each category; for Box the five numbers
	Points [][2]Number `json:"points,omitempty"` // for Scatter
}

// A Node is a part of a Sunburst.
type Node struct {
	Name     string      `json:"name"`
	Value    float64     `json:"value"`
	Color    plots.Color `json:"color,omitzero"`
	Children []Node      `json:"children,omitempty"`
}

// An Axis says what an axis shows.
type Axis struct {
	Label string `json:"label"`
	// Percent marks shares from 0 to 1 that are shown in per cent.
	Percent bool   `json:"percent,omitempty"`
	decimal string // the sign before decimals; a point where it is empty
}

// A Chart is values and how to draw them.
type Chart struct {
	Name       string        `json:"name,omitempty"` // for addresses and files
	Title      string        `json:"title"`
	Reading    string        `json:"reading,omitempty"` // what it shows, in one sentence
	Kind       Kind          `json:"kind"`
	X          Axis          `json:"x"` // of the categories
	Y          Axis          `json:"y"` // of the values
	Categories []string      `json:"categories,omitempty"`
	Colors     []plots.Color `json:"colors,omitempty"` // of the categories, where there is one series
	Series     []Series      `json:"series,omitempty"`
	Root       []Node        `json:"root,omitempty"` // of a Sunburst
	// Mark is a category to point out, or a value of the axis of a Box; "" for none.
	Mark string `json:"mark,omitempty"`
	// Words are the names in the table that no axis has: of the five numbers of
	// a Box, or of the column of the groups of a Scatter.
	Words []string `json:"words,omitempty"`
}

// word is the i-th of Words, empty where there is none.
func (c *Chart) word(i int) string {
	if i < len(c.Words) {
		return c.Words[i]
	}
	return ""
}

// Table is the chart as a table: its heading and its rows. Numbers are written
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
	switch c.Kind {
	case Box:
		head = []string{c.X.Label, c.word(0), c.word(1), c.word(2), c.word(3), c.word(4)}
		for _, s := range c.Series {
			row := []string{s.Name}
			for _, v := range s.Values {
				row = append(row, value(v))
			}
			rows = append(rows, row)
		}
	case Scatter:
		head = []string{c.X.Label, c.Y.Label, c.word(0)}
		for _, s := range c.Series {
			for _, p := range s.Points {
				rows = append(rows, []string{value(p[0]), value(p[1]), s.Name})
			}
		}
	case Sunburst:
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
				rows = append(rows, append(at, number(n.Value, false)))
			}
		}
		walk(nil, c.Root)
		for range deep {
			head = append(head, "")
		}
		for i, word := range strings.Split(c.X.Label, ", ") {
			if i < deep {
				head[i] = word
			}
		}
		head = append(head, c.Y.Label)
	default:
		head = []string{c.X.Label}
		for _, s := range c.Series {
			name := s.Name
			if name == "" {
				name = c.Y.Label
			}
			head = append(head, name)
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
	out := csv.NewWriter(csvguard.Writer(w, false, new(int)))
	for _, row := range slices.Concat([][]string{head}, rows) {
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Guard is [csvguard.Cell].
func Guard(cell string) string { return csvguard.Cell(cell) }

// Check tells whether a chart can be drawn.
func (c *Chart) Check() error {
	switch c.Kind {
	case Bar, Bars, Waterfall, Stack, Line, Heat:
		if c.Kind == Waterfall && len(c.Series) != 1 {
			return fmt.Errorf("the waterfall %q has %d series instead of one", c.Title, len(c.Series))
		}
		if len(c.Categories) == 0 || len(c.Series) == 0 {
			return fmt.Errorf("the chart %q has no values", c.Title)
		}
		for _, s := range c.Series {
			if len(s.Values) != len(c.Categories) {
				return fmt.Errorf("the chart %q has %d values for %d categories", c.Title, len(s.Values), len(c.Categories))
			}
		}
	case Box:
		if len(c.Series) == 0 {
			return fmt.Errorf("the chart %q has no values", c.Title)
		}
		for _, s := range c.Series {
			if len(s.Values) != 5 {
				return fmt.Errorf("a box of the chart %q has %d numbers instead of five", c.Title, len(s.Values))
			}
		}
	case Scatter:
		if len(c.Series) == 0 {
			return fmt.Errorf("the chart %q has no points", c.Title)
		}
	case Sunburst:
		if len(c.Root) == 0 {
			return fmt.Errorf("the chart %q has no parts", c.Title)
		}
	default:
		return fmt.Errorf("%q is no kind of chart", c.Kind)
	}
	return nil
}

// palette are colours of series that are no tiers: apart in hue and lightness.
var palette = []plots.Color{
	{Light: "#2F6DA8", Dark: "#7DB4E8"}, {Light: "#B4531F", Dark: "#F0A070"}, {Light: "#3D7D54", Dark: "#85C79B"},
	{Light: "#7A4E9C", Dark: "#C09BE0"}, {Light: "#8A6A00", Dark: "#DDBB4E"}, {Light: "#A23B64", Dark: "#E88FB0"},
	{Light: "#3B7F8C", Dark: "#7CC6D2"}, {Light: "#5F6672", Dark: "#AEB6C2"},
}

// Everybody is the colour of all customers beside a tier: paler than any tier.
var Everybody = plots.Color{Light: "#B7C0CA", Dark: "#5A6673"}

// Palette is the colour of the i-th series that is no tier.
func Palette(i int) plots.Color { return palette[i%len(palette)] }
