package plots

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
)

// Sizes returns how many customers each segment has and how much of the revenue, of
// which unit may be empty, it brings. Groups are the segments, the most valuable first.
func Sizes(groups []Group, customers, revenue []float64, unit string) Shares {
	s := Shares{
		Heading: Heading{Title: "Segments: share of customers and of revenue"}, Groups: resolve(groups),
		Rows: []string{"Customers", "Revenue"}, Values: [][]float64{customers, revenue},
		Heads: []string{"Customers", "Revenue", "Per customer"}, Cells: make([][]string, len(groups)),
	}
	if unit != "" {
		s.Heads[1] += " (" + unit + ")"
	}
	if len(groups) == 0 || len(customers) != len(groups) || len(revenue) != len(groups) {
		return s // refused by Figure
	}
	part, worth, best := shares(customers), shares(revenue), 0
	for i := range groups {
		if worth[i]-part[i] > worth[best]-part[best] {
			best = i
		}
		mean := "–"
		if customers[i] > 0 {
			mean = value(revenue[i] / customers[i])
		}
		s.Cells[i] = []string{number(customers[i], 0), number(revenue[i], 0), mean}
	}
	s.Subtitle = fmt.Sprintf("%s: %s of the customers bring %s of the revenue.", groups[best].Name, Percent(part[best]), Percent(worth[best]))
	return s
}

// Shares sets wholes side by side: a bar of 100 per cent for each, parted by
// segment, with bands that lead from a segment's share of one to its share of
// the next, above a table of figures.
type Shares struct {
	Heading
	// Groups are the parts, and Rows name the wholes, two or more.
	Groups []Group
	Rows   []string
	// Values has for each row and group a value of at least 0, whose sum is the whole.
	Values [][]float64
	// Heads and Cells are the table below: a text for each group and head; nil for none.
	Heads []string
	Cells [][]string
	// Share writes a share; nil writes per cent.
	Share func(float64) string
}

// Figure returns the bars, 16×9.6 cm.
func (s Shares) Figure() (*Figure, error) {
	if len(s.Rows) < 2 {
		return nil, inputError("%d wholes; there must be at least 2", len(s.Rows))
	}
	if err := table("values", s.Values, "wholes", len(s.Rows), "groups", len(s.Groups), notNegative); err != nil {
		return nil, err
	}
	for i, row := range s.Values {
		if err := positive(s.Rows[i], sum(row)); err != nil {
			return nil, err
		}
	}
	if err := texts("cells", s.Cells, s.Groups, "heads", len(s.Heads)); err != nil {
		return nil, err
	}
	s.Groups = resolve(s.Groups)
	s.Share = or(s.Share, Percent)
	alt := make([]string, len(s.Groups))
	for j, g := range s.Groups {
		parts := make([]string, len(s.Rows))
		for i, name := range s.Rows {
			parts[i] = s.Share(shares(s.Values[i])[j]) + " of " + strings.ToLower(name)
		}
		alt[j] = g.Name + ": " + strings.Join(parts, ", ")
	}
	return picture(s.Heading, 9.6, strings.Join(alt, "; "), s.draw), nil
}

func (s Shares) draw(p *pen, r rect) {
	rowHeight := 15.0
	table := rowHeight*float64(len(s.Groups)) + 20
	chart := r
	if s.Cells != nil {
		chart.h = max(60, r.h-table-12)
	}

	caption := min(p.widest(strongText, s.Rows...)+10, r.w*0.3)
	bars := chart.inset(caption, 0, 0, 0)
	thick := min(34, bars.h*0.6/float64(len(s.Rows)))
	step := (bars.h - thick) / float64(len(s.Rows)-1)
	turned := func(y, x float64) vg.Point { return p.point(x, y) }
	var above []rect
	for i, name := range s.Rows {
		y := bars.y + step*float64(i)
		p.text(p.fit(name, strongText, caption-6), chart.x, y+thick/2, strongText.at(left, middle))
		const gap = 1.5
		x, parts := bars.x, shares(s.Values[i])
		var boxes []rect
		for j, g := range s.Groups {
			box := rect{x, y, parts[j] * (bars.w - gap*float64(len(s.Groups)-1)), thick}
			if i > 0 {
				from := above[j]
				p.fill(g.Color, 0.22, p.ribbon(turned, from.bottom()+1, from.x, from.right(), box.y-1, box.x, box.right()))
			}
			boxes, x = append(boxes, box), box.right()+gap
		}
		for j, g := range s.Groups {
			label := s.Share(parts[j])
			p.bar(told(g.Name, name, label), g.Color, boxes[j])
			if p.width(label, bigText)+6 <= boxes[j].w {
				p.text(label, boxes[j].x+boxes[j].w/2, y+thick/2, bigText.in(onto(g.Color)).at(center, middle))
			}
		}
		above = boxes
	}
	if s.Cells == nil {
		return
	}

	// The figures, in columns that end to the right.
	y := r.bottom() - table + 6
	column := (r.w - caption) / float64(len(s.Heads))
	ends := make([]float64, len(s.Heads))
	for j, h := range s.Heads {
		if ends[j] = bars.x + column*(float64(j)+0.8); j == len(ends)-1 {
			ends[j] = r.right()
		}
		room := ends[0] - r.x
		if j > 0 {
			room = ends[j] - ends[j-1] - 6
		}
		p.text(p.fit(h, tickText, room), ends[j], y, tickText.at(right, middle))
	}
	y += 9
	p.line(rule, 0.8, r.x, y, r.right(), y)
	for i, g := range s.Groups {
		mid := y + rowHeight*(float64(i)+0.5)
		if i > 0 {
			p.line(grid, 0.6, r.x, y+rowHeight*float64(i), r.right(), y+rowHeight*float64(i))
		}
		p.fill(g.Color, 1, p.round(rect{r.x, mid - 3.5, 7, 7}, 1.5))
		p.text(p.fit(g.Name, strongText, ends[0]-p.widest(labelText, s.Cells[i][0])-r.x-18), r.x+12, mid, strongText.at(left, middle))
		for j, c := range s.Cells[i] {
			p.text(c, ends[j], mid, labelText.at(right, middle))
		}
	}
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// shares divides by the sum; all are 0 where that is 0.
func shares(values []float64) []float64 {
	out := slices.Clone(values)
	if total := sum(values); total > 0 {
		for i := range out {
			out[i] /= total
		}
	}
	return out
}
