package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// BarTable is a table of bars on one scale: a row for each thing, the heaviest
// first, and a column for each segment.
type BarTable struct {
	Heading
	Groups []Group
	// Rows name the things, such as products.
	Rows []string
	// Values has for each group and row a value of at least 0; NaN is missing.
	Values [][]float64
	// Total heads the sums of the columns; empty leaves them out.
	Total string
	// Share writes the share of a value in its column, as [Percent] does; nil for none.
	Share func(float64) string
	// Number writes a value; nil takes one decimal, none where one goes beyond 100.
	Number func(float64) string
}

// Figure returns the table, 16 cm wide, the height by the number of rows.
func (b BarTable) Figure() (*Figure, error) {
	if err := cmp.Or(table("values", b.Values, "groups", len(b.Groups), "rows", len(b.Rows), notNegativeOrNaN), some(b.Values...)); err != nil {
		return nil, err
	}
	decimals := 1
	if greatest(b.Values) >= 100 {
		decimals = 0
	}
	b.Number = or(b.Number, func(v float64) string { return number(v, decimals) })
	b.Groups = resolve(b.Groups)
	order, weight := make([]int, len(b.Rows)), make([]float64, len(b.Rows))
	for j := range order {
		order[j] = j
		for i := range b.Groups {
			if v := b.Values[i][j]; v > 0 {
				weight[j] += v / float64(len(b.Groups))
			}
		}
	}
	slices.SortStableFunc(order, func(a, c int) int { return cmp.Compare(weight[c], weight[a]) })
	unsorted := b
	b.Rows, b.Values = nil, make([][]float64, len(b.Groups))
	for _, j := range order {
		b.Rows = append(b.Rows, unsorted.Rows[j])
		for i, row := range unsorted.Values {
			b.Values[i] = append(b.Values[i], row[j])
		}
	}
	f := picture(b.Heading, 0, fmt.Sprintf("%s leads with %s for %s", b.Rows[0], b.write(0, 0), b.Groups[0].Name), b.draw)
	f.tall = func(p *pen, width float64) float64 {
		if !b.narrow(width) {
			return 34 + 26*float64(len(b.Rows))
		}
		return b.lying().tall(p, width)
	}
	return f, nil
}

// write writes a value; a dash where there is none.
func (b BarTable) write(i, j int) string {
	if v := b.Values[i][j]; !math.IsNaN(v) {
		return b.Number(v)
	}
	return "–"
}

// narrow reports whether the columns would be too narrow for their figures.
func (b BarTable) narrow(width float64) bool {
	return width*0.75/float64(len(b.Groups)) < 78
}

// lying returns the bars below each other, for narrow pages.
func (b BarTable) lying() Bars {
	return Bars{Groups: b.Groups, Categories: b.Rows, Values: b.Values, Lying: true, text: b.label}
}

func (b BarTable) label(i, j int) string {
	s := b.write(i, j)
	if total := sum(b.Values[i]); b.Share != nil && total > 0 {
		s += " (" + b.Share(b.Values[i][j]/total) + ")"
	}
	return s
}

func (b BarTable) draw(p *pen, r rect) {
	if b.narrow(r.w) {
		b.lying().drawLying(p, r)
		return
	}
	names := min(p.widest(labelText, append([]string{b.Total}, b.Rows...)...)+10, r.w*0.28)
	const head, gap = 30.0, 10.0
	cells := r.inset(names, head, 0, 0)
	w := (cells.w - gap*float64(len(b.Groups)-1)) / float64(len(b.Groups))
	h := cells.h / float64(len(b.Rows))
	most := greatest(b.Values)
	full := max(w-p.widestFigure(b.Values, b.label)-5, 1) // of the longest bar, its figure to the right
	thick := min(14, h*0.62)
	p.text(p.fit(b.Total, tickText, names-6), r.x, r.y+15.5, tickText.at(left, middle))
	for i, g := range b.Groups {
		x := cells.x + float64(i)*(w+gap)
		p.fill(g.Color, 1, p.round(rect{x, r.y + 1, 7, 7}, 1.5))
		p.text(p.fit(g.Name, strongText, w-11), x+11, r.y+4.5, strongText.at(left, middle))
		if total := sum(b.Values[i]); b.Total != "" && !math.IsNaN(total) {
			p.text(b.Number(total), x, r.y+15.5, tickText.at(left, middle))
		}
		p.line(rule, 0.8, x, cells.y-4, x, cells.bottom())
		for j, v := range b.Values[i] {
			y, bar := cells.y+h*(float64(j)+0.5), 0.0
			if v > 0 {
				bar = v / most * full
			}
			p.bar(g.Name+", "+b.Rows[j]+": "+b.label(i, j), g.Color, rect{x, y - thick/2, bar, thick})
			p.text(b.label(i, j), x+bar+4, y, labelText.at(left, middle))
		}
	}
	for j, name := range b.Rows {
		p.name(name, labelText, r.x, cells.y+h*(float64(j)+0.5), names-8, h)
	}
}

// DotPlot compares the segments row by row: a line for each row, a dot for each
// segment (Cleveland and McGill 1984, https://doi.org/10.2307/2288400).
type DotPlot struct {
	Heading
	Groups []Group
	// Rows name the lines, such as campaigns.
	Rows []string
	// Values has for each group and row a value of at least 0; NaN is missing.
	Values [][]float64
	// Shares says that values are shares, 0 to 1; an empty subtitle names the greatest.
	Shares bool
	// X is the axis of the values.
	X Axis
}

// Figure returns the dots, 16 cm wide, the height by the number of rows.
func (d DotPlot) Figure() (*Figure, error) {
	if err := cmp.Or(table("values", d.Values, "groups", len(d.Groups), "rows", len(d.Rows), notNegativeOrNaN), some(d.Values...)); err != nil {
		return nil, err
	}
	i, j := greatestOf(d.Values, func(v float64) float64 { return v })
	best := d.Values[i][j]
	if d.Shares && best > 1 {
		return nil, inputError("%v of %s in %s; shares lie in 0 to 1", best, d.Groups[i].Name, d.Rows[j])
	}
	d.Groups = resolve(d.Groups)
	if d.Shares {
		d.Subtitle = cmp.Or(d.Subtitle, fmt.Sprintf("Share of the customers of each segment; the best: %s by %s of %s.",
			d.Rows[j], Percent(best), d.Groups[i].Name))
	}
	return picture(d.Heading, min(60, 3.6+0.85*float64(len(d.Rows))), fmt.Sprintf("%d rows of dots", len(d.Rows)), d.draw), nil
}

func (d DotPlot) draw(p *pen, r rect) {
	names := min(p.widest(labelText, d.Rows...)+12, r.w*0.3)
	foot := 16.0
	if d.X.Label != "" {
		foot += 13
		p.xTitle(d.X.Label, r.inset(names, 0, 0, 0), r)
	}
	area := r.inset(names, p.legend(r, d.Groups)+4, 12, foot)
	end := roundUp(0, max(greatest(d.Values), 0.01)*1.02, 5)
	if d.Shares {
		end = min(1, end)
	}
	write := d.X.write
	if d.X.Number == nil && d.Shares {
		write = Percent
	}
	x := scale{0, end, area.x, area.right()}
	xs, _ := ticks(0, end, max(2, int(area.w/55)))
	p.gridX(area, x, xs, func(v float64) string {
		switch {
		case d.X.Tick != nil:
			return d.X.Tick(v)
		case d.Shares && v > 0 && end < 0.05:
			return number(100*v, 1) + "%"
		}
		return write(v)
	})
	h := area.h / float64(len(d.Rows))
	for j, name := range d.Rows {
		y := area.y + h*(float64(j)+0.5)
		p.name(name, labelText, r.x, y, names-10, h)
		column := make([]float64, len(d.Values))
		for i, row := range d.Values {
			column[i] = row[j]
		}
		lo, hi := bounds(column)
		if lo > hi {
			continue
		}
		p.line(rule, 1.6, x.at(lo), y, x.at(hi), y)
		placed := make([]point, len(d.Groups))
		for i, v := range column {
			at := point{x.at(v), y}
			// Dots that would cover each other make way up and down.
			for _, dy := range []float64{0, -7, 7} {
				at.y = y + min(max(dy, -h/2+4), h/2-3)
				if !slices.ContainsFunc(placed[:i], func(q point) bool { return math.Hypot(q.x-at.x, q.y-at.y) < 5.5 }) {
					break
				}
			}
			placed[i] = at
		}
		for i := len(placed) - 1; i >= 0; i-- { // the most valuable on top
			if v := column[i]; !math.IsNaN(v) {
				p.titled(d.Groups[i].Name+", "+name+": "+write(v), func() { p.marker(d.Groups[i].Color, placed[i].x, placed[i].y, 4) })
			}
		}
		label := write(hi)
		if x.at(hi)+9+p.width(label, labelText) <= r.right() {
			p.text(label, x.at(hi)+8, y, labelText.at(left, middle))
		}
	}
}

// StackedBars shows what rows are made of: a bar for each row, as long as its
// sum, parted by segment. An empty subtitle names the largest row.
type StackedBars struct {
	Heading
	Groups []Group
	// Rows name the bars, such as age groups.
	Rows []string
	// Values has for each group and row a number of customers, of at least 0.
	Values [][]float64
	// X writes the numbers.
	X Axis
	// Share writes the share of a part in its bar, and of a bar in all; nil: per cent.
	Share func(float64) string
}

// Figure returns the bars, 16 cm wide, the height by the number of rows.
func (s StackedBars) Figure() (*Figure, error) {
	if err := table("values", s.Values, "groups", len(s.Groups), "rows", len(s.Rows), notNegative); err != nil {
		return nil, err
	}
	s.Groups = resolve(s.Groups)
	s.X.Number = or(s.X.Number, func(v float64) string { return number(v, 0) })
	s.Share = or(s.Share, Percent)
	sums := make([]float64, len(s.Rows))
	for _, row := range s.Values {
		for j, v := range row {
			sums[j] += v
		}
	}
	total, largest := sum(sums), slices.Index(sums, slices.Max(sums))
	if err := positive("the customers", total); err != nil {
		return nil, err
	}
	s.Subtitle = cmp.Or(s.Subtitle, fmt.Sprintf("Number of customers; in the bars, the share of each segment. Most are in %s: %s.",
		s.Rows[largest], Percent(sums[largest]/total)))
	alt := fmt.Sprintf("%s in %d bars", counted(total, "customer", "customers"), len(s.Rows))
	return picture(s.Heading, min(60, 3.2+1.15*float64(len(s.Rows))), alt, func(p *pen, r rect) { s.draw(p, r, sums, total) }), nil
}

func (s StackedBars) draw(p *pen, r rect, sums []float64, total float64) {
	names := min(p.widest(strongText, s.Rows...)+10, r.w*0.36)
	area := r.inset(names, p.legend(r, s.Groups)+4, 0, 0)
	label := 0.0
	caption := func(n float64) string { return s.X.Number(n) + " (" + s.Share(n/total) + ")" }
	for _, n := range sums {
		label = max(label, p.width(caption(n), labelText))
	}
	most, full := slices.Max(sums), max(area.w-label-6, 10)
	h := area.h / float64(len(s.Rows))
	thick := min(26, h*0.72)
	for j, name := range s.Rows {
		y := area.y + h*(float64(j)+0.5)
		p.name(name, strongText, r.x, y, names-8, h)
		x, n := area.x, sums[j]
		for i, g := range s.Groups {
			count := s.Values[i][j]
			w := count / most * full
			if w <= 0 {
				continue
			}
			p.bar(g.Name+", "+name+": "+s.X.Number(count), g.Color, rect{x, y - thick/2, max(w-1, 0.4), thick})
			if share := s.Share(count / n); p.width(share, labelText)+4 <= w && thick >= 10 {
				p.text(share, x+(w-1)/2, y, labelText.in(onto(g.Color)).at(center, middle))
			}
			x += w
		}
		p.text(caption(n), x+4, y, labelText.at(left, middle))
	}
	p.line(rule, 0.8, area.x, area.y, area.x, area.bottom())
}
