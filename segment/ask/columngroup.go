package ask

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// columnGroup answers about the columns of a group beside each other: by groups
// of customers, or of some customers beside all of them.
func (s session) columnGroup(ctx context.Context, q Query) (Answer, error) {
	name := q.ColumnGroup
	columns := s.Subjects.Group(name)
	labels := short(s.l, columns)
	percent := s.flags(columns)
	how, what, key, least := features.Mean, s.l.T("measure."+name), "ask.bundle.campaigns", "ask.bundle.campaigns.least"
	if !percent {
		if q.Aggregate != "" {
			how = q.Aggregate
		}
		what, key, least = howOf(s.l, how, "measure."+name, what), "ask.bundle", "ask.bundle.least"
	}
	if how == features.Share {
		return s.sharesOf(ctx, q)
	}
	parts, err := s.parts(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	if len(parts) == 0 {
		return s.text("ask.nobody")
	}
	grouped := len(q.By) > 0
	beside := !grouped && len(q.Where) > 0 && how != features.Sum
	if beside {
		parts = append(parts, s.everybody())
	}
	c := &chart.Chart{Title: s.l.Capital(s.l.T("bundle." + name)), Kind: chart.Bar, X: chart.Axis{Label: s.l.T("axis." + name)}, Y: chart.Axis{Label: what, Percent: percent}, Categories: labels}
	if c.Series, err = series(parts, 1000, func(p Group) ([]float64, error) { return s.aggregates(ctx, how, columns, p.Rows) }); err != nil {
		return Answer{}, err
	}
	first := c.Series[0]
	out := Answer{Chart: c}
	if grouped {
		var lines []string
		for _, one := range c.Series {
			lines = append(lines, s.l.T("ask.bundle.group", one.Name, s.greatest(columns, how, one.Values, len(columns), q.Rank)))
		}
		if key = "ask.bundle.grouped"; q.Rank < 0 {
			key = "ask.bundle.grouped.least"
		}
		out.Text = []string{s.l.T(key, s.l.Capital(what), strings.Join(lines, " "))}
		return out, nil
	}
	if q.Rank < 0 {
		key = least
	}
	out.Text = []string{s.l.Capital(s.l.T(key, what, first.Name, s.greatest(columns, how, first.Values, len(columns), q.Rank)))}
	if beside {
		if i, ratio := farthest(first.Values, c.Series[1].Values); i >= 0 {
			out.Text = append(out.Text, s.l.T("ask.bundle.apart", labels[i], s.voice().Ratio(ratio)))
		}
	}
	return out, nil
}

// sharesOf answers which part of their sum each column of a group is.
func (s session) sharesOf(ctx context.Context, q Query) (Answer, error) {
	rows, err := s.rows(ctx, q.Where)
	if err != nil {
		return Answer{}, err
	}
	whole := s.wholeOf(q.ColumnGroup)
	columns := slices.DeleteFunc(slices.Clone(s.Subjects.Group(q.ColumnGroup)), func(c string) bool { return !s.partOf(c, whole) })
	sums, err := s.aggregates(ctx, features.Sum, columns, rows)
	if err != nil {
		return Answer{}, err
	}
	total, _, err := s.aggregate(ctx, features.Sum, 0, whole, rows)
	if err != nil {
		return Answer{}, err
	}
	if !(total > 0) {
		return Answer{Text: []string{s.l.T("ask.figure.unknown", s.columnName(whole), s.subject(q.Where))}}, nil
	}
	for i := range sums {
		sums[i] /= total
	}
	c := s.barChart(s.l.T("ask.sums.title", s.l.Noun(whole)), "", s.l.T("axis.share"), true)
	c.X.Label, c.Categories, c.Series[0].Values = s.l.T("axis."+q.ColumnGroup), short(s.l, columns), rounded(sums, 1000)
	q.Rank = cmp.Or(q.Rank, 1)
	return Answer{Text: []string{s.l.T("ask.sums", s.l.Noun(whole), s.subject(q.Where), s.list(q, c.Categories, func(i int) string { return s.portion(sums[i]) }, sums))}, Chart: c}, nil
}

// flags tells whether columns are of 0 and 1.
func (s session) flags(columns []string) bool {
	return len(columns) > 0 && s.data.Series(columns[0]).Kind().Binary()
}

// aggregates returns an aggregate of each of some columns over rows.
func (s session) aggregates(ctx context.Context, how features.Aggregate, columns []string, rows []int) ([]float64, error) {
	out := make([]float64, len(columns))
	for j, name := range columns {
		v, _, err := s.aggregate(ctx, how, 0, name, rows)
		if err != nil {
			return nil, err
		}
		out[j] = v
	}
	return out, nil
}

// greatest names the columns of a group with the greatest values, in their order.
func (s session) greatest(columns []string, how features.Aggregate, v []chart.Number, most, rank int) string {
	labels, order := short(s.l, columns), make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(v[y], v[x]) })
	if rank < 0 {
		slices.Reverse(order)
	}
	var out []string
	for _, i := range order[:min(most, len(order))] {
		out = append(out, s.l.T("list.pair", labels[i], s.number(columns[i], how, float64(v[i]))))
	}
	return s.l.And(out)
}

// farthest returns where values are farthest from others by ratio; -1 for nowhere.
func farthest(values, others []chart.Number) (at int, ratio float64) {
	at, ratio = -1, 1
	for i := range values {
		a, b := float64(values[i]), float64(others[i])
		if a > 0 && b > 0 && math.Abs(math.Log(a/b)) > math.Abs(math.Log(ratio)) {
			at, ratio = i, a/b
		}
	}
	return at, ratio
}
