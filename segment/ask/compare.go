package ask

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// compare answers how groups of customers differ in some columns, by default in those
// of the model.
func (s session) compare(ctx context.Context, q Query) (Answer, error) {
	groups, err := s.compared(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	for i, g := range groups {
		if len(g.Rows) == 0 {
			return Answer{Text: []string{s.l.T("ask.count.none", g.Name)}}, nil
		}
		if slices.ContainsFunc(groups[:i], func(o Group) bool { return o.Name == g.Name }) {
			return Answer{}, &Unclear{Key: "ask.unclear.compare"}
		}
	}
	if q.Aggregate == features.Count && len(q.Measures) == 0 {
		return s.compareCounts(groups), nil
	}
	measures := q.Measures
	if len(measures) == 0 {
		measures = s.numbers()
	}
	if q.Aggregate == "" {
		q.Aggregate = features.Mean
	}
	var lines []string
	values := make([][]float64, len(groups))
	for _, m := range measures {
		var parts []string
		for k, g := range groups {
			v, _, err := s.aggregate(ctx, q.Aggregate, q.Number, m, g.Rows)
			if err != nil {
				return Answer{}, err
			}
			values[k] = append(values[k], v)
			parts = append(parts, s.l.T("ask.compare.group", g.Name, s.number(m, q.Aggregate, v)))
		}
		lines = append(lines, s.l.Capital(s.l.T("ask.compare", s.figureName(q, m), s.l.And(parts))))
		if len(measures) == 1 && len(groups) == 2 {
			lines = append(lines, s.difference(ctx, q, m, groups, values))
		}
	}
	out := Answer{Text: lines}
	if len(groups) == 2 && len(measures) > 1 {
		if most := s.mostApart(ctx, q, measures, groups, values); most != "" {
			out.Text = slices.Insert(out.Text, 0, most)
		}
	}
	var sizes []string
	for _, g := range groups {
		sizes = append(sizes, s.l.T("ask.compare.group", g.Name, s.whole(len(g.Rows))))
	}
	out.Text = append(out.Text, s.l.T("ask.compare.sizes", s.l.And(sizes)))
	if out.Chart, err = s.apartChart(ctx, q, measures, groups, values); err != nil {
		return Answer{}, err
	}
	out.Suggestions = s.suggest(q)
	return out, nil
}

// compared returns the groups of a query that compares.
func (s session) compared(ctx context.Context, q Query) (out []Group, err error) {
	for k, w := range slices.Concat([]Where{q.Where}, q.Versus) {
		g := Group{Name: s.subject(w), Color: s.subjectColor(w)}
		if tierOf(w) == "" {
			g.Color = s.groupColor("", "", k)
		}
		if g.Rows, err = s.rows(ctx, w); err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("%w: a comparison is of two groups or more", segment.ErrOption)
	}
	return out, nil
}

// compareCounts answers how many customers groups have.
func (s session) compareCounts(groups []Group) Answer {
	var parts []string
	for _, g := range groups {
		parts = append(parts, s.l.T("ask.compare.group", g.Name, s.whole(len(g.Rows))))
	}
	return Answer{Text: []string{s.l.Capital(s.l.T("ask.compare", s.l.T("how.customers"), s.l.And(parts)))}}
}

// difference tells how far two groups are apart in one figure.
func (s session) difference(ctx context.Context, q Query, m string, groups []Group, values [][]float64) string {
	a, b := values[0][len(values[0])-1], values[1][len(values[1])-1]
	if a-a != 0 || b-b != 0 {
		return ""
	}
	if a == b {
		return s.l.T("ask.compare.equal")
	}
	name := groups[0].Name
	if b > a {
		name, a, b = groups[1].Name, b, a
	}
	d := s.number(m, q.Aggregate, a-b)
	if s.isShare(q.Aggregate, m) {
		d = s.l.T("number.points", s.l.Number(100*(a-b), 1))
	}
	return s.l.T("ask.compare.higher", name, d)
}

// mostApart tells in which column two groups differ most, by its standard deviation
// over all customers; empty where in none.
func (s session) mostApart(ctx context.Context, q Query, measures []string, groups []Group, values [][]float64) string {
	best, gap := -1, 0.0
	all := s.everybody().Rows
	for j, m := range measures {
		deviation, _, err := s.aggregate(ctx, StdDev, 0, m, all)
		if d := math.Abs(values[0][j]-values[1][j]) / deviation; err == nil && d > gap && !math.IsInf(d, 0) {
			best, gap = j, d
		}
	}
	if best < 0 {
		return ""
	}
	m := measures[best]
	return s.l.T("ask.compare.most", groups[0].Name, groups[1].Name, s.columnName(m), s.number(m, q.Aggregate, values[0][best]), s.number(m, q.Aggregate, values[1][best]))
}

// apartChart shows how far groups are from everybody in some figures.
func (s session) apartChart(ctx context.Context, q Query, measures []string, groups []Group, values [][]float64) (*chart.Chart, error) {
	if len(measures) == 1 {
		m := measures[0]
		c := s.barChart(s.figureName(q, m), "tier", s.figureName(q, m), s.isShare(q.Aggregate, m))
		c.X.Label = s.l.T("axis.groups")
		for k, g := range groups {
			c.Categories, c.Colors = append(c.Categories, g.Name), append(c.Colors, g.Color)
			c.Series[0].Values = append(c.Series[0].Values, chart.Number(thousandth(values[k][0])))
		}
		return c, nil
	}
	c := &chart.Chart{
		Title: s.l.T("ask.differences"), Kind: chart.Bars, X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.differences.axis"), Percent: true},
		Categories: nouns(s.l, measures),
	}
	all := s.everybody().Rows
	for k, g := range groups {
		v := make([]float64, len(measures))
		for j, m := range measures {
			total, _, err := s.aggregate(ctx, q.Aggregate, q.Number, m, all)
			if err != nil {
				return nil, err
			}
			if v[j] = values[k][j]/total - 1; total == 0 {
				v[j] = math.NaN()
			}
		}
		c.Series = append(c.Series, chart.Series{Name: g.Name, Color: g.Color, Values: rounded(v, 1000)})
	}
	return c, nil
}
