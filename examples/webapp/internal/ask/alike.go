package ask

import (
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/features"
)

func (s session) alike() (Answer, error) {
	e, err := s.Explainer.Explain(s.customer)
	if err != nil {
		return Answer{}, err
	}
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
	c := &chart.Chart{Title: s.l.T("ask.alike.title"), Kind: chart.Bar, X: chart.Axis{Label: s.l.T("axis.products")}, Y: chart.Axis{Label: s.l.T("how.mean", s.l.T("measure.products"))}, Reading: s.l.T("ask.alike.reading")}
	all, err := s.Set.Rows()
	if err != nil {
		return Answer{}, err
	}
	products := features.GroupColumns("products")
	var like, every []float64
	for _, name := range products {
		v, err := s.Set.Aggregate(data.Mean, name, n.Rows)
		if err != nil {
			return Answer{}, err
		}
		like = append(like, v)
		if v, err = s.Set.Aggregate(data.Mean, name, all); err != nil {
			return Answer{}, err
		}
		every = append(every, v)
	}
	c.Categories = Short(s.l, products)
	c.Series = []chart.Series{{Name: s.l.T("ask.alike.series"), Color: s.TierColor(e.Tier), Values: chart.Numbers(cents(like))}, {Name: s.l.T("word.everybody"), Color: chart.Everybody, Values: chart.Numbers(cents(every))}}
	out.Chart = c
	var ids []string
	for i, row := range n.Rows {
		out.Customers = append(out.Customers, s.Set.IDs[row])
		if i < 10 {
			ids = append(ids, s.Set.IDs[row])
		}
	}
	out.Text = append(out.Text, s.l.T("ask.alike.ids", strings.Join(ids, ", ")))
	out.Suggestions = s.suggest(Query{Intent: Alike, Tiers: []string{e.Tier}})
	return out, nil
}
