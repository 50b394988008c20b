package ask

import (
	"context"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// alike answers which customers are most like the one of the conversation.
func (s session) alike(ctx context.Context, e *insight.Explanation) (Answer, error) {
	if e.Neighbours == nil || len(e.Neighbours.Rows) == 0 {
		return s.text("ask.alike.none")
	}
	n := e.Neighbours
	var medians, shares []string
	for j, name := range s.Model.Columns() {
		if j < len(n.Medians) {
			medians = append(medians, s.value(name, round(n.Medians[j])))
		}
	}
	for _, t := range n.Tiers {
		if t.Share > 0 {
			shares = append(shares, s.l.T("list.pair", t.Tier, s.percent(t.Share)))
		}
	}
	out := Answer{Text: []string{
		s.l.Count("ask.alike", len(n.Rows), s.whole(len(n.Rows)), s.l.And(medians)), s.l.T("ask.alike.tiers", s.l.And(shares)),
	}}
	if err := s.showAlike(ctx, &out, e); err != nil {
		return Answer{}, err
	}
	for _, row := range n.Rows {
		out.Customers = append(out.Customers, s.IDs[row])
	}
	out.Text = append(out.Text, s.l.T("ask.alike.ids", strings.Join(pick(out.Customers, 10), ", ")))
	return out, nil
}

// showAlike adds a chart of what the customers most like one spend on the products,
// where there are such columns.
func (s session) showAlike(ctx context.Context, out *Answer, e *insight.Explanation) (err error) {
	products := s.Subjects.Group("products")
	if len(products) == 0 {
		return nil
	}
	out.Chart = &chart.Chart{
		Title: s.l.T("ask.alike.title"), Kind: chart.Bar, X: chart.Axis{Label: s.l.T("axis.products")}, Y: chart.Axis{Label: howOf(s.l, features.Mean, "measure.products", s.l.T("measure.products"))},
		Reading: s.l.T("ask.alike.reading"), Categories: short(s.l, products),
	}
	like := Group{Name: s.l.T("ask.alike.series"), Color: s.TierColor(e.Tier), Rows: e.Neighbours.Rows}
	out.Chart.Series, err = series([]Group{like, s.everybody()}, 100, func(g Group) ([]float64, error) { return s.aggregates(ctx, features.Mean, products, g.Rows) })
	return err
}
