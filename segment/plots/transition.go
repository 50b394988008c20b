package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/segment/insight"
)

// TransitionMatrix shows how customers move between two segmentations, such as
// those of last year's model and this year's: the segments of each as a column,
// and bands as wide as customers go from one to the other.
type TransitionMatrix struct {
	// From and To are the segments before and after, the most valuable first.
	From, To []Group
	// Before and After head the columns; "before" and "after" where empty.
	Before, After string
	// Customers has their number for each segment before and each after.
	Customers [][]float64
	// Number and Share write numbers of customers and shares; default: 1,234 and [Percent].
	Number, Share func(float64) string
}

// TransitionMatrixOf returns the chart of the tiers of a comparison of two models.
func TransitionMatrixOf(c *insight.Comparison) TransitionMatrix {
	if c == nil {
		return TransitionMatrix{}
	}
	m := TransitionMatrix{From: Tiers(c.Tiers.From...), To: Tiers(c.Tiers.To...)}
	for _, row := range c.Tiers.Counts {
		counts := make([]float64, len(row))
		for j, n := range row {
			counts[j] = float64(n)
		}
		m.Customers = append(m.Customers, counts)
	}
	return m
}

// Figure draws the bands, 16×11 cm.
func (m TransitionMatrix) Figure() (*Figure, error) {
	if err := table("values", m.Customers, "segments before", len(m.From), "segments after", len(m.To), notNegative); err != nil {
		return nil, err
	}
	m.From, m.To = resolve(m.From), resolve(m.To)
	m.Before, m.After = cmp.Or(m.Before, "before"), cmp.Or(m.After, "after")
	if m.Number == nil {
		m.Number = func(n float64) string { return number(n, 0) }
	}
	if m.Share == nil {
		m.Share = Percent
	}
	stay, up, down, total := 0.0, 0.0, 0.0, 0.0
	place := map[string]int{}
	for j, g := range m.To {
		place[g.Name] = j
	}
	known := len(place) == len(m.To)
	for i, row := range m.Customers {
		j0, ok := place[m.From[i].Name]
		known = known && ok && (i == 0 || j0 > place[m.From[i-1].Name])
		for j, n := range row {
			total += n
			switch {
			case j == j0:
				stay += n
			case j < j0:
				up += n
			default:
				down += n
			}
		}
	}
	if err := positive("the customers", total); err != nil {
		return nil, err
	}
	f := picture(Heading{}, 11, fmt.Sprintf("Bands lead from %d segments to %d", len(m.From), len(m.To)),
		func(p *pen, r rect) { m.drawBands(p, r, total) })
	f.Title = "Who moves between the segments"
	f.Subtitle = fmt.Sprintf("%s, by their segment %s and %s.", counted(total, "customer", "customers"), m.Before, m.After)
	if known {
		f.Subtitle = fmt.Sprintf("Of %s, %s keep their segment, %s rise and %s fall.",
			counted(total, "customer", "customers"), Percent(stay/total), Percent(up/total), Percent(down/total))
	}
	return f, nil
}

func (m TransitionMatrix) drawBands(p *pen, r rect, total float64) {
	from, to := make([]float64, len(m.From)), make([]float64, len(m.To))
	for i, row := range m.Customers {
		for j, n := range row {
			from[i] += n
			to[j] += n
		}
	}
	caption := func(n float64) string { return m.Number(n) + " (" + m.Share(n/total) + ")" }
	names := p.widest(strongText, slices.Concat(groupNames(m.From), groupNames(m.To))...)
	for _, n := range slices.Concat(from, to) {
		names = max(names, p.width(caption(n), smallText))
	}
	names = min(names+10, r.w*0.28)
	const wide = 11.0
	area := r.inset(names, 16, names, 0)
	p.text(p.fit(m.Before, tickText, r.w/2-8), area.x+wide, r.y, tickText.at(right, top))
	p.text(p.fit(m.After, tickText, r.w/2-8), area.right()-wide, r.y, tickText.at(left, top))

	gap := func(n int) float64 { return min(10, area.h*0.25/math.Max(1, float64(n-1))) }
	per := min((area.h-gap(len(m.From))*float64(len(m.From)-1))/total, (area.h-gap(len(m.To))*float64(len(m.To)-1))/total)
	column := func(groups []Group, counts []float64, x, beside float64, align halign) []float64 {
		tops := make([]float64, len(groups))
		high := per*total + gap(len(groups))*float64(len(groups)-1)
		y := area.y + (area.h-high)/2
		last := math.Inf(-1)
		for i, g := range groups {
			tops[i] = y
			h := counts[i] * per
			p.fill(g.Color, 1, p.box(rect{x, y, wide, max(h, 0.8)}))
			if mid := y + h/2; mid-5 > last {
				last = mid + p.caption(g.Name, caption(counts[i]), beside, mid, names-8, h, align)
			}
			y += h + gap(len(groups))
		}
		return tops
	}
	tops := column(m.From, from, area.x, area.x-6, right)
	ends := column(m.To, to, area.right()-wide, area.right()-wide+wide+6, left)
	type band struct {
		color              Color
		alpha, n, top, end float64
	}
	const stays, moves = 0.24, 0.62
	var bands []band
	for i, row := range m.Customers {
		for j, n := range row {
			alpha := moves
			if m.From[i].Name == m.To[j].Name {
				alpha = stays
			}
			if n*per > 0 {
				bands = append(bands, band{m.From[i].Color, alpha, n, tops[i], ends[j]})
				tops[i] += n * per
				ends[j] += n * per
			}
		}
	}
	// Those who stay are pale; those who move lie on top, the narrowest last.
	slices.SortStableFunc(bands, func(a, b band) int {
		return cmp.Or(cmp.Compare(a.alpha, b.alpha), cmp.Compare(b.n, a.n))
	})
	for _, b := range bands {
		h := b.n * per
		p.fill(b.color, b.alpha, p.ribbon(p.point, area.x+wide+1, b.top, b.top+h, area.right()-wide-1, b.end, b.end+h))
	}
	for _, b := range bands {
		write, h := p.plate, b.n*per
		if b.alpha == stays {
			write = p.text
		}
		if h >= 9 {
			write(m.Number(b.n), area.x+wide+8, b.top+h/2, smallText.in(ink).at(left, middle))
		}
	}
}
