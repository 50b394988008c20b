package plots

import (
	"fmt"
	"slices"
)

// Sizes shows how many customers each segment has and how much of the revenue
// it brings: two bars of 100 per cent, with bands that lead from a segment's
// share of the customers to its share of the revenue, above the figures.
type Sizes struct {
	// Groups are the segments, the most valuable first.
	Groups []Group
	// Customers and Revenue are the totals of each.
	Customers, Revenue []float64
	// Unit is that of Revenue, such as "EUR"; empty where it is unknown.
	Unit string
}

// Figure draws the sizes, 16×10 cm.
func (s Sizes) Figure() (*Figure, error) {
	n := len(s.Groups)
	if n == 0 {
		return nil, inputError("no groups; name at least one")
	}
	for _, l := range []struct {
		what   string
		values []float64
	}{{"numbers of customers", s.Customers}, {"revenues", s.Revenue}} {
		if err := length(l.what, len(l.values), "groups", n); err != nil {
			return nil, err
		}
		if err := notNegative(l.what, l.values...); err != nil {
			return nil, err
		}
		if total := sum(l.values); !(total > 0) || total > 1e300 {
			return nil, inputError("%s add up to %v; the sum must be positive", l.what, total)
		}
	}
	s.Groups = resolve(s.Groups)
	customers, revenue := shares(s.Customers), shares(s.Revenue)
	f := &Figure{
		Title: "Segments: share of customers and of revenue",
		Width: 16, Height: 9.6,
		draw: s.draw,
	}
	best := 0
	for i := range s.Groups {
		if revenue[i]-customers[i] > revenue[best]-customers[best] {
			best = i
		}
	}
	f.Subtitle = fmt.Sprintf("%s: %s of the customers bring %s of the revenue.",
		s.Groups[best].Name, percent(customers[best]), percent(revenue[best]))
	for i, g := range s.Groups {
		if i > 0 {
			f.Alt += "; "
		}
		f.Alt += fmt.Sprintf("%s: %s of customers, %s of revenue", g.Name, percent(customers[i]), percent(revenue[i]))
	}
	return f, nil
}

func (s Sizes) draw(p *pen, r rect) {
	customers, revenue := shares(s.Customers), shares(s.Revenue)
	rowHeight := 15.0
	table := rowHeight*float64(len(s.Groups)) + 20
	chart := r
	chart.h = max(60, r.h-table-12)

	caption := p.widest(strongText, "Customers", "Revenue") + 10
	bars := chart.inset(caption, 0, 0, 0)
	thick := min(34, bars.h*0.3)
	upper := rect{bars.x, bars.y, bars.w, thick}
	lower := rect{bars.x, bars.bottom() - thick, bars.w, thick}
	p.text("Customers", chart.x, upper.y+thick/2, strongText.at(left, middle))
	p.text("Revenue", chart.x, lower.y+thick/2, strongText.at(left, middle))

	const gap = 1.5
	from, to := bars.x, bars.x
	for i, g := range s.Groups {
		wide := bars.w - gap*float64(len(s.Groups)-1)
		w0, w1 := customers[i]*wide, revenue[i]*wide
		var band = p.ribbonDown(from, from+w0, upper.bottom()+1, to, to+w1, lower.y-1)
		p.fill(g.Color, 0.22, band)
		for _, b := range []struct {
			r     rect
			share float64
		}{{rect{from, upper.y, w0, thick}, customers[i]}, {rect{to, lower.y, w1, thick}, revenue[i]}} {
			p.fill(g.Color, 1, p.box(b.r))
			big := lettering{size: 11, bold: true, color: onto(g.Color)}
			if label := percent(b.share); p.width(label, big)+6 <= b.r.w {
				p.text(label, b.r.x+b.r.w/2, b.r.y+thick/2, big.at(center, middle))
			}
		}
		from, to = from+w0+gap, to+w1+gap
	}

	// The figures, in columns that end to the right.
	unit := s.Unit
	heads := []string{"Customers", withUnit("Revenue", unit), "Per customer"}
	cells := make([][]string, len(s.Groups))
	for i := range s.Groups {
		mean := "–"
		if s.Customers[i] > 0 {
			mean = value(s.Revenue[i] / s.Customers[i])
		}
		cells[i] = []string{number(s.Customers[i], 0), number(s.Revenue[i], 0), mean}
	}
	y := r.bottom() - table + 6
	step := (r.w - caption) / 3
	ends := []float64{bars.x + step*0.8, bars.x + step*1.8, r.right()}
	for j, h := range heads {
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
		p.text(p.fit(g.Name, strongText, ends[0]-p.widest(labelText, cells[i][0])-r.x-18), r.x+12, mid, strongText.at(left, middle))
		for j, c := range cells[i] {
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
