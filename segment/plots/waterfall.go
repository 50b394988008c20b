package plots

import (
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Waterfall shows why one customer is in its segment and not in the next
// nearest: what each column adds to the difference of the squared distances to
// the two centres, and their sum.
type Waterfall struct {
	// For is the segment of the customer, Against the next nearest.
	For, Against Group
	// Columns name the columns, and Values has what the customer has there, as
	// text; nil leaves them out.
	Columns, Values []string
	// Contributions to the difference d²(Against) − d²(For), column by column:
	// above 0 where the column speaks for the segment.
	Contributions []float64
}

// WaterfallOf takes the explanation of a prediction of a model, whose tiers and
// units it names.
func WaterfallOf(m *segment.Model, e *insight.Explanation) Waterfall {
	if m == nil || e == nil {
		return Waterfall{}
	}
	groups := clusterGroups(m)
	if e.Cluster < 0 || e.Cluster >= len(groups) || e.Next < 0 || e.Next >= len(groups) {
		return Waterfall{} // one cluster alone has no next; refused by Figure
	}
	w := Waterfall{For: groups[e.Cluster], Against: groups[e.Next]}
	for _, c := range e.Contributions {
		text := value(c.At)
		if unit := m.Unit(c.Column); unit != "" {
			text += " " + unit
		}
		if c.Imputed {
			text = "missing"
		}
		w.Columns, w.Values = append(w.Columns, c.Column), append(w.Values, text)
		w.Contributions = append(w.Contributions, c.Value)
	}
	return w
}

// Figure draws the steps, 16 cm wide, the height by the number of columns.
func (w Waterfall) Figure() (*Figure, error) {
	n := len(w.Columns)
	if n == 0 {
		return nil, inputError("no columns")
	}
	if err := length("contributions", len(w.Contributions), "columns", n); err != nil {
		return nil, err
	}
	if w.Values != nil {
		if err := length("values", len(w.Values), "columns", n); err != nil {
			return nil, err
		}
	}
	if err := finite("contributions", w.Contributions...); err != nil {
		return nil, err
	}
	most := 0.0
	for _, v := range w.Contributions {
		most = max(most, math.Abs(v))
	}
	if most > 1e300 {
		return nil, inputError("a contribution of %v is too large to be drawn", most)
	}
	groups := []Group{w.For, w.Against}
	if w.For.Color == w.Against.Color {
		groups[0].Color, groups[1].Color = Color{}, Color{}
	}
	groups = resolve(groups)
	w.For, w.Against = groups[0], groups[1]

	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := math.Abs(w.Contributions[a]), math.Abs(w.Contributions[b])
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	total := sum(w.Contributions)
	f := &Figure{
		Title:    fmt.Sprintf("Why %s and not %s?", w.For.Name, w.Against.Name),
		Subtitle: "What each column adds to the difference of the squared distances to the two centres.",
		Width:    16, Height: min(60, 4.4+0.85*float64(n)),
		draw: func(p *pen, r rect) { w.drawSteps(p, r, order, total) },
	}
	f.Alt = fmt.Sprintf("%s counts most, with %s of a sum of %s", w.Columns[order[0]], signed(w.Contributions[order[0]]), value(total))
	return f, nil
}

func (w Waterfall) drawSteps(p *pen, r rect, order []int, total float64) {
	lo, hi, at := 0.0, 0.0, 0.0
	for _, i := range order {
		at += w.Contributions[i]
		lo, hi = min(lo, at), max(hi, at)
	}
	if hi == lo {
		hi = lo + 1
	}
	names := p.widest(strongText, append([]string{"Sum"}, w.Columns...)...) + 8
	values := 0.0
	if w.Values != nil {
		values = p.widest(labelText, w.Values...) + 12
	}
	names, values = min(names, r.w*0.25), min(values, r.w*0.27)
	label := 0.0
	for _, v := range append([]float64{total}, w.Contributions...) {
		label = max(label, p.width(signed(v), labelText))
	}
	// What the two colours speak for.
	legend := p.legend(r, []Group{{"speaks for " + w.For.Name, w.For.Color}, {"for " + w.Against.Name, w.Against.Color}})
	area := r.inset(names+values, legend+12, 0, 0)
	x := scale{lo, hi, area.x + label + 8, area.right() - label - 8}
	h := area.h / float64(len(order)+1)
	thick := min(15, h*0.66)

	zero := x.at(0)
	p.line(rule, 0.8, zero, area.y-3, zero, area.bottom())
	p.text("0", zero, area.y-6, tickText.at(center, baseline))

	bar := func(row int, from, to float64, name, text string, lettering lettering, c Color) {
		mid := area.y + h*(float64(row)+0.5)
		p.text(p.fit(name, lettering, names-6), r.x, mid, lettering.at(left, middle))
		if text != "" {
			p.text(p.fit(text, labelText, values-8), r.x+names+values-12, mid, labelText.in(soft).at(right, middle))
		}
		x0, x1 := x.at(from), x.at(to)
		p.fill(c, 1, p.box(rect{min(x0, x1), mid - thick/2, max(math.Abs(x1-x0), 0.8), thick}))
		if to >= from {
			p.plate(signed(to-from), max(x0, x1)+4, mid, lettering.at(left, middle))
		} else {
			p.plate(signed(to-from), min(x0, x1)-4, mid, lettering.at(right, middle))
		}
	}
	at = 0
	for row, i := range order {
		v := w.Contributions[i]
		c := w.For.Color
		if v < 0 {
			c = w.Against.Color
		}
		text := ""
		if w.Values != nil {
			text = w.Values[i]
		}
		// A thin line leads on to where the next bar begins.
		end := area.y + h*(float64(row)+1.5) + thick/2
		p.line(rule, 0.7, x.at(at+v), area.y+h*(float64(row)+0.5)-thick/2, x.at(at+v), end)
		bar(row, at, at+v, w.Columns[i], text, labelText, c)
		at += v
	}
	top := area.y + h*float64(len(order))
	p.line(rule, 0.8, r.x, top, r.right(), top)
	bar(len(order), 0, total, "Sum", "", strongText, ink)
}
