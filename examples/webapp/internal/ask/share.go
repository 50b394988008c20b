package ask

import (
	"math"
	"slices"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
)

// shareOfCustomers answers which part of the customers something is true of.
func (s session) shareOfCustomers(q Query) (Answer, error) {
	within := q.Filters
	base := []data.Filter{}
	if len(q.Filters) == 0 {
		within = s.tierFilter(q.Tiers)
	} else {
		base = s.tierFilter(q.Tiers)
	}
	inner, err := s.Set.Rows(slices.Concat(within, base)...)
	if err != nil {
		return Answer{}, err
	}
	outer, err := s.Set.Rows(base...)
	if err != nil {
		return Answer{}, err
	}
	if len(outer) == 0 {
		return s.text("ask.nobody")
	}
	if len(q.By) == 0 {
		out := Query{}
		if len(q.Filters) > 0 {
			out.Tiers = q.Tiers
		}
		return Answer{Text: []string{s.l.T("ask.share", s.percent(float64(len(inner))/float64(len(outer))), s.whole(len(inner)), s.population(q), s.whole(len(outer)), s.population(out))}}, nil
	}
	column := s.Set.Column(q.By[0])
	levels, code, err := s.Set.Groups(q.By[0], outer)
	if err != nil {
		return Answer{}, err
	}
	hit, all := make([]float64, len(levels)), make([]float64, len(levels))
	in := map[int]bool{}
	for _, i := range inner {
		in[i] = true
	}
	for _, i := range outer {
		if c := code(i); c >= 0 {
			all[c]++
			if in[i] {
				hit[c]++
			}
		}
	}
	whole := len(q.Filters) == 0
	what := s.subject(Query{Filters: q.Filters})
	if whole {
		what = s.subject(Query{Tiers: q.Tiers})
	}
	c := &chart.Chart{
		Title: s.l.Capital(s.l.T("ask.q.by", s.l.T("ask.shares.title", what), s.l.Noun(q.By[0]))), Kind: chart.Bar,
		X: chart.Axis{Label: s.l.Noun(q.By[0])}, Y: chart.Axis{Label: s.l.T("axis.share"), Percent: true}, Categories: Labels(s.l, column, levels),
	}
	var v []float64
	var parts []string
	for i := range levels {
		x := math.NaN()
		switch {
		case whole:
			x = all[i] / float64(len(outer))
		case all[i] > 0:
			x = hit[i] / all[i]
		}
		v = append(v, thousandth(x))
		if x == x {
			parts = append(parts, s.l.T("list.pair", c.Categories[i], s.percent(x)))
		}
		if q.By[0] == "tier" {
			c.Colors = append(c.Colors, s.TierColor(levels[i]))
		}
	}
	c.Series = []chart.Series{{Values: chart.Numbers(v)}}
	dropEmpty(c)
	return Answer{Text: []string{s.l.Capital(s.l.T("ask.shares", what, s.l.And(parts)))}, Chart: c}, nil
}

// shareOfSum tells which part of an amount groups of customers have.
func (s session) shareOfSum(q Query, m string, by []string, filters []data.Filter) (Answer, error) {
	all, err := s.Set.Run(data.Query{How: data.Sum, Measure: m})
	if err != nil {
		return Answer{}, err
	}
	some, err := s.Set.Run(data.Query{How: data.Sum, Measure: m, By: by, Filters: filters})
	if err != nil {
		return Answer{}, err
	}
	total := all.Cells[0].Value
	if len(by) > 0 {
		total = 0
		for _, cell := range some.Cells {
			total += cell.Value
		}
	}
	if some.Count == 0 || !(total > 0) {
		return s.text("ask.nobody")
	}
	noun := s.l.Noun(m)
	if len(by) == 0 {
		return Answer{Text: []string{s.l.T("ask.sums.whole", s.percent(some.Cells[0].Value/total), noun, s.population(q))}, Chart: s.tierChart(data.Sum, m, q.Filters)}, nil
	}
	levels := Labels(s.l, s.Set.Column(by[0]), some.Levels[0])
	what := s.l.T("ask.sums.title", noun)
	c := &chart.Chart{
		Title: s.l.Capital(s.l.T("ask.q.by", what, s.l.Noun(by[0]))), Kind: chart.Bar,
		X: chart.Axis{Label: s.l.Noun(by[0])}, Y: chart.Axis{Label: what, Percent: true},
	}
	var parts []string
	var v []float64
	for _, cell := range some.Cells {
		level := levels[cell.Keys[0]]
		parts = append(parts, s.l.T("list.pair", level, s.percent(cell.Value/total)))
		c.Categories, v = append(c.Categories, level), append(v, thousandth(cell.Value/total))
		if by[0] == "tier" {
			c.Colors = append(c.Colors, s.TierColor(level))
		}
	}
	c.Series = []chart.Series{{Color: s.subjectColor(q), Values: chart.Numbers(v)}}
	return Answer{Text: []string{s.l.T("ask.sums", noun, s.subject(q), s.l.And(parts))}, Chart: c}, nil
}
