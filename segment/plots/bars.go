package plots

import (
	"fmt"
	"math"
	"slices"
)

// Spending shows what each segment spends on each product: a table of bars on
// one scale, products by how much they bring.
type Spending struct {
	Groups   []Group
	Products []string
	// Mean has for each group and product the mean spending of a customer.
	Mean [][]float64
	// Unit is that of Mean, such as "EUR in two years"; empty where unknown.
	Unit string
}

// Figure draws the table, 16 cm wide, the height by the number of products.
func (s Spending) Figure() (*Figure, error) {
	b := barTable{groups: s.Groups, rows: s.Products, values: s.Mean, format: money(s.Mean), total: "all together"}
	f, err := b.figure("products")
	if err != nil {
		return nil, err
	}
	f.Title = withUnit("Mean spending per customer by product", s.Unit)
	f.Subtitle = "All bars have one scale; products in the order of what they bring."
	return f, nil
}

// money writes amounts with one number of decimals: none where they go beyond
// 100, otherwise one.
func money(table [][]float64) func(float64) string {
	most := 0.0
	for _, row := range table {
		for _, v := range row {
			most = max(most, v)
		}
	}
	decimals := 1
	if most >= 100 {
		decimals = 0
	}
	return func(v float64) string { return number(v, decimals) }
}

// Channels shows through which channels each segment buys: a table of bars of
// the mean number of purchases.
type Channels struct {
	Groups   []Group
	Channels []string
	// Mean has for each group and channel the mean number of purchases of a
	// customer.
	Mean [][]float64
	// Period is the time in which purchases were counted, such as "in two
	// years"; empty where unknown.
	Period string
}

// Figure draws the table, 16 cm wide, the height by the number of channels.
func (c Channels) Figure() (*Figure, error) {
	b := barTable{groups: c.Groups, rows: c.Channels, values: c.Mean, format: func(v float64) string { return number(v, 1) }, total: "all together", share: true}
	f, err := b.figure("channels")
	if err != nil {
		return nil, err
	}
	f.Title = withUnit("Mean number of purchases per customer by channel", c.Period)
	f.Subtitle = "All bars have one scale; in brackets, the share of the channel in the segment's purchases."
	return f, nil
}

// barTable has a row of bars for each thing, a column for each group.
type barTable struct {
	groups []Group
	rows   []string
	values [][]float64 // group by group
	format func(float64) string
	total  string
	share  bool
}

func (b barTable) figure(what string) (*Figure, error) {
	if err := table(b.values, "groups", len(b.groups), what, len(b.rows), notNegative); err != nil {
		return nil, err
	}
	b.groups = resolve(b.groups)
	// By weight, the heaviest first.
	order := make([]int, len(b.rows))
	weight := make([]float64, len(b.rows))
	for j := range order {
		order[j] = j
		for i := range b.groups {
			weight[j] += b.values[i][j] / float64(len(b.groups))
		}
	}
	slices.SortStableFunc(order, func(a, c int) int {
		switch {
		case weight[a] > weight[c]:
			return -1
		case weight[a] < weight[c]:
			return 1
		}
		return 0
	})
	rows := make([]string, len(order))
	values := make([][]float64, len(b.values))
	for i := range values {
		values[i] = make([]float64, len(order))
	}
	for k, j := range order {
		rows[k] = b.rows[j]
		for i := range values {
			values[i][k] = b.values[i][j]
		}
	}
	b.rows, b.values = rows, values
	f := &Figure{
		Alt:   fmt.Sprintf("%s leads with %s for %s", rows[0], b.format(values[0][0]), b.groups[0].Name),
		Width: 16,
		draw:  b.draw,
	}
	f.tall = func(p *pen, width float64) float64 {
		if !b.narrow(width) {
			return 34 + 26*float64(len(b.rows))
		}
		return p.legend(rect{w: width}, b.groups) + float64(len(b.rows))*(20+11*float64(len(b.groups)))
	}
	return f, nil
}

// narrow says whether the columns would be too narrow for their figures.
func (b barTable) narrow(width float64) bool {
	return width*0.75/float64(len(b.groups)) < 78
}

// drawNarrow puts the bars of all groups below the name of each row.
func (b barTable) drawNarrow(p *pen, r rect) {
	r = r.cut(p.legend(r, b.groups))
	most, label := 0.0, 0.0
	for i, row := range b.values {
		most = max(most, slices.Max(row))
		for j := range row {
			label = max(label, p.width(b.label(i, j), smallText))
		}
	}
	h := r.h / float64(len(b.rows))
	thick := (h - 18) / float64(len(b.groups))
	for j, name := range b.rows {
		y := r.y + h*float64(j)
		p.text(p.fit(name, strongText, r.w), r.x, y+5, strongText.at(left, middle))
		for i, g := range b.groups {
			bar := 0.0
			if most > 0 {
				bar = b.values[i][j] / most * max(r.w-label-6, 1)
			}
			mid := y + 13 + thick*(float64(i)+0.5)
			p.fill(g.Color, 1, p.box(rect{r.x, mid - thick*0.43, bar, thick * 0.86}))
			p.text(b.label(i, j), r.x+bar+4, mid, smallText.in(ink).at(left, middle))
		}
	}
}

// label is the figure of a bar.
func (b barTable) label(i, j int) string {
	s := b.format(b.values[i][j])
	if total := sum(b.values[i]); b.share && total > 0 {
		s += " (" + percent(b.values[i][j]/total) + ")"
	}
	return s
}

func (b barTable) draw(p *pen, r rect) {
	if b.narrow(r.w) {
		b.drawNarrow(p, r)
		return
	}
	names := min(p.widest(labelText, append([]string{b.total}, b.rows...)...)+10, r.w*0.28)
	const head, gap = 30.0, 10.0
	cells := r.inset(names, head, 0, 0)
	w := (cells.w - gap*float64(len(b.groups)-1)) / float64(len(b.groups))
	h := cells.h / float64(len(b.rows))
	most, label := 0.0, 0.0
	for i, row := range b.values {
		most = max(most, slices.Max(row))
		for j := range row {
			label = max(label, p.width(b.label(i, j), labelText))
		}
	}
	full := max(w-label-5, 1) // of the longest bar, its figure to the right
	thick := min(14, h*0.62)
	p.text(p.fit(b.total, tickText, names-6), r.x, r.y+15.5, tickText.at(left, middle))
	for i, g := range b.groups {
		x := cells.x + float64(i)*(w+gap)
		p.fill(g.Color, 1, p.round(rect{x, r.y + 1, 7, 7}, 1.5))
		p.text(p.fit(g.Name, strongText, w-11), x+11, r.y+4.5, strongText.at(left, middle))
		p.text(b.format(sum(b.values[i])), x, r.y+15.5, tickText.at(left, middle))
		p.line(rule, 0.8, x, cells.y-4, x, cells.bottom())
		for j := range b.rows {
			y := cells.y + h*(float64(j)+0.5)
			bar := 0.0
			if most > 0 {
				bar = b.values[i][j] / most * full
			}
			p.fill(g.Color, 1, p.box(rect{x, y - thick/2, bar, thick}))
			p.text(b.label(i, j), x+bar+4, y, labelText.at(left, middle))
		}
	}
	for j, name := range b.rows {
		p.text(p.fit(name, labelText, names-8), r.x, cells.y+h*(float64(j)+0.5), labelText.at(left, middle))
	}
}

// Campaigns shows how many of each segment accepted each campaign: a line for
// each campaign, a dot for each segment.
type Campaigns struct {
	Groups    []Group
	Campaigns []string
	// Rates has for each group and campaign the share that accepted, 0 to 1.
	Rates [][]float64
}

// Figure draws the dots, 16 cm wide, the height by the number of campaigns.
func (c Campaigns) Figure() (*Figure, error) {
	if err := table(c.Rates, "groups", len(c.Groups), "campaigns", len(c.Campaigns), notNegative); err != nil {
		return nil, err
	}
	gi, ci := 0, 0
	for i, row := range c.Rates {
		for j, v := range row {
			if v > 1 {
				return nil, inputError("%v of %s accepted %s; shares lie in 0 to 1", v, c.Groups[i].Name, c.Campaigns[j])
			}
			if v > c.Rates[gi][ci] {
				gi, ci = i, j
			}
		}
	}
	c.Groups = resolve(c.Groups)
	f := &Figure{
		Title:    "Acceptance of campaigns by segment",
		Subtitle: fmt.Sprintf("Share of the customers of each segment; the best: %s by %s of %s.", c.Campaigns[ci], percent(c.Rates[gi][ci]), c.Groups[gi].Name),
		Alt:      fmt.Sprintf("%d campaigns", len(c.Campaigns)),
		Width:    16, Height: min(60, 3.6+0.85*float64(len(c.Campaigns))),
		draw: c.draw,
	}
	return f, nil
}

func (c Campaigns) draw(p *pen, r rect) {
	names := min(p.widest(labelText, c.Campaigns...)+12, r.w*0.3)
	area := r.inset(names, p.legend(r, c.Groups)+4, 12, 16)
	most := 0.0
	for _, row := range c.Rates {
		most = max(most, slices.Max(row))
	}
	most = max(most, 0.01)
	end := min(1, roundUp(0, most*1.02, 5))
	x := scale{0, end, area.x, area.right()}
	xs, _ := ticks(0, end, max(2, int(area.w/55)))
	for _, v := range xs {
		p.line(grid, 0.6, x.at(v), area.y, x.at(v), area.bottom())
		label := percent(v)
		if v > 0 && end < 0.05 {
			label = number(100*v, 1) + "%"
		}
		p.text(label, x.at(v), area.bottom()+5, tickText.at(center, top))
	}
	h := area.h / float64(len(c.Campaigns))
	for j, name := range c.Campaigns {
		y := area.y + h*(float64(j)+0.5)
		p.text(p.fit(name, labelText, names-10), r.x, y, labelText.at(left, middle))
		lo, hi := c.Rates[0][j], c.Rates[0][j]
		for _, row := range c.Rates {
			lo, hi = min(lo, row[j]), max(hi, row[j])
		}
		p.line(rule, 1.6, x.at(lo), y, x.at(hi), y)
		best := 0
		var placed []point
		for i := range c.Groups {
			at := point{x.at(c.Rates[i][j]), y}
			// Dots that would cover each other make way up and down.
			for _, dy := range []float64{0, -7, 7} {
				at.y = y + min(max(dy, -h/2+4), h/2-3)
				if !slices.ContainsFunc(placed, func(q point) bool { return math.Hypot(q.x-at.x, q.y-at.y) < 5.5 }) {
					break
				}
			}
			placed = append(placed, at)
			if c.Rates[i][j] > c.Rates[best][j] {
				best = i
			}
		}
		for i := len(placed) - 1; i >= 0; i-- { // the most valuable on top
			p.marker(c.Groups[i].Color, placed[i].x, placed[i].y, 4)
		}
		label := percent(c.Rates[best][j])
		if x.at(hi)+9+p.width(label, labelText) <= r.right() {
			p.text(label, x.at(hi)+8, y, labelText.at(left, middle))
		}
	}
}

// AgeGroups shows who is in which age group: a bar for each age group, as long
// as it has customers, parted by segment.
type AgeGroups struct {
	// Ages are the age groups, the youngest first.
	Ages   []string
	Groups []Group
	// Customers has for each age group and segment the number of customers.
	Customers [][]float64
}

// Figure draws the bars, 16 cm wide, the height by the number of age groups.
func (a AgeGroups) Figure() (*Figure, error) {
	if err := table(a.Customers, "age groups", len(a.Ages), "groups", len(a.Groups), notNegative); err != nil {
		return nil, err
	}
	a.Groups = resolve(a.Groups)
	total, largest := 0.0, 0
	for i, row := range a.Customers {
		if total += sum(row); sum(row) > sum(a.Customers[largest]) {
			largest = i
		}
	}
	if !(total > 0) || total > 1e300 {
		return nil, inputError("the customers add up to %v; the sum must be positive", total)
	}
	f := &Figure{
		Title:    "Age groups and their segments",
		Subtitle: fmt.Sprintf("Number of customers; in the bars, the share of each segment. Most are in %s: %s.", a.Ages[largest], percent(sum(a.Customers[largest])/total)),
		Alt:      fmt.Sprintf("%s in %d age groups", counted(total, "customer", "customers"), len(a.Ages)),
		Width:    16, Height: min(60, 3.2+1.15*float64(len(a.Ages))),
		draw: func(p *pen, r rect) { a.drawBars(p, r, total) },
	}
	return f, nil
}

func (a AgeGroups) drawBars(p *pen, r rect, total float64) {
	names := min(p.widest(strongText, a.Ages...)+10, r.w*0.36)
	area := r.inset(names, p.legend(r, a.Groups)+4, 0, 0)
	most, label := 0.0, 0.0
	caption := func(n float64) string { return number(n, 0) + " (" + percent(n/total) + ")" }
	for _, row := range a.Customers {
		most = max(most, sum(row))
		label = max(label, p.width(caption(sum(row)), labelText))
	}
	full := max(area.w-label-6, 10)
	h := area.h / float64(len(a.Ages))
	thick := min(26, h*0.72)
	for i, name := range a.Ages {
		y := area.y + h*(float64(i)+0.5)
		p.text(p.fit(name, strongText, names-8), r.x, y, strongText.at(left, middle))
		x, n := area.x, sum(a.Customers[i])
		for j, count := range a.Customers[i] {
			w := count / most * full
			if w <= 0 {
				continue
			}
			p.fill(a.Groups[j].Color, 1, p.box(rect{x, y - thick/2, max(w-1, 0.4), thick}))
			if s := percent(count / n); p.width(s, labelText)+4 <= w && thick >= 10 {
				p.text(s, x+(w-1)/2, y, labelText.in(onto(a.Groups[j].Color)).at(center, middle))
			}
			x += w
		}
		p.text(caption(n), x+4, y, labelText.at(left, middle))
	}
	p.line(rule, 0.8, area.x, area.y, area.x, area.bottom())
}
