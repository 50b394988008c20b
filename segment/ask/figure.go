package ask

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// figure answers with an aggregate of a column or a count, by up to two columns.
func (s session) figure(ctx context.Context, q Query) (Answer, error) {
	if q.Aggregate == features.Share && len(q.Measures) == 0 {
		return s.shareOfCustomers(ctx, q)
	}
	if len(q.Tiers) > 1 && !slices.Contains(q.By, "tier") && len(q.By) < 2 {
		q.By = append(slices.Clone(q.By), "tier")
	}
	if len(q.Measures) > 1 {
		return s.figures(ctx, q)
	}
	f := features.Query{How: features.Count, By: q.By, Filters: s.filters(q)}
	if len(q.Measures) == 1 {
		f.How, f.Measure = q.Aggregate, q.Measures[0]
	}
	if f.How == features.Share && s.Set.Series(f.Measure).Kind() == features.Amount && len(f.By) < 2 {
		return s.shareOfSum(ctx, q, f)
	}
	r, err := s.Set.Query(ctx, f)
	switch {
	case err != nil:
		return Answer{}, err
	case r.Count == 0:
		return s.text("ask.nobody")
	case len(f.By) > 0:
		return s.groupedFigure(q, f, r)
	case f.Measure != "":
		return s.singleFigure(ctx, q, f, r)
	case len(f.Filters) == 0:
		return Answer{Text: []string{s.l.Count("ask.count.everybody", r.Count, s.whole(r.Count))}}, nil
	}
	return Answer{Text: []string{s.l.Count("ask.count", r.Count, s.whole(r.Count), s.population(q), s.percent(float64(r.Count)/float64(s.Set.Len())))}}, nil
}

// singleFigure answers with one figure, beside that of everybody and of each tier.
func (s session) singleFigure(ctx context.Context, q Query, f features.Query, r features.QueryResult) (Answer, error) {
	out := Answer{Text: []string{s.figureSentence(f.How, f.Measure, q, r.Cells[0].Value)}}
	if len(f.Filters) > 0 {
		all, err := s.Set.Query(ctx, features.Query{How: f.How, Measure: f.Measure})
		if err != nil {
			return Answer{}, err
		}
		out.Text = append(out.Text, s.l.Count("ask.figure.all", r.Count, s.number(f.Measure, f.How, all.Cells[0].Value), s.whole(r.Count)))
	}
	out.Chart = s.tierChart(ctx, f.How, f.Measure, q.Filters)
	return out, nil
}

// groupedFigure answers with a figure for each group of one or two columns.
func (s session) groupedFigure(q Query, f features.Query, r features.QueryResult) (Answer, error) {
	if f.Measure == "" {
		s.addEmpty(&r, f.By, q.Filters)
	}
	for j, name := range f.By {
		r.Levels[j] = Labels(s.l, s.Set.Series(name), r.Levels[j])
	}
	what := s.measureName(f.How, f.Measure)
	title := s.l.T("ask.q.by", what, s.l.And(nouns(s.l, f.By)))
	if len(f.Filters) > 0 {
		title = s.l.T("ask.title.of", title, s.population(q))
	}
	c := s.barChart(title, f.By[0], what, s.isShare(f.How, f.Measure))
	if len(f.By) == 2 {
		s.addSeries(c, f.By[1], r)
	} else {
		c.Series[0].Color = s.subjectColor(q)
		for _, cell := range r.Cells {
			if cell.Value == cell.Value {
				s.addBar(c, f.By[0], r.Levels[0][cell.Keys[0]], cell.Value)
			}
		}
	}
	return Answer{Text: s.ranking(q, f, r), Chart: c}, nil
}

// barChart returns a chart of one series, to which addBar adds groups of a column.
func (s session) barChart(title, column, what string, percent bool) *chart.Chart {
	return &chart.Chart{
		Title: s.l.Capital(title), Kind: chart.Bar, X: chart.Axis{Label: s.l.Noun(column)}, Y: chart.Axis{Label: what, Percent: percent},
		Series: []chart.Series{{}},
	}
}

// addBar adds a group of a column with its value; a tier has its colour.
func (s session) addBar(c *chart.Chart, column, group string, v float64) {
	c.Categories = append(c.Categories, group)
	c.Series[0].Values = append(c.Series[0].Values, chart.Number(thousandth(v)))
	if column == "tier" {
		c.Colors = append(c.Colors, s.TierColor(group))
	}
}

// addSeries makes a series of each group of a second column that has customers.
func (s session) addSeries(c *chart.Chart, column string, r features.QueryResult) {
	c.Categories, c.Series = r.Levels[0], nil
	for j, group := range r.Levels[1] {
		one := chart.Series{Name: group, Color: s.groupColor(column, group, j), Values: slices.Repeat(chart.Numbers([]float64{math.NaN()}), len(c.Categories))}
		some := false
		for _, cell := range r.Cells {
			if cell.Keys[1] == j {
				one.Values[cell.Keys[0]], some = chart.Number(thousandth(cell.Value)), true
			}
		}
		if some {
			c.Series = append(c.Series, one)
		}
	}
}

// tierChart shows a figure for every tier beside one answer.
func (s session) tierChart(ctx context.Context, how features.Aggregate, m string, filters []features.Condition) *chart.Chart {
	r, err := s.Set.Query(ctx, features.Query{How: how, Measure: m, By: []string{"tier"}, Filters: filters})
	if err != nil || len(r.Cells) < 2 {
		return nil
	}
	what := s.measureName(how, m)
	c := s.barChart(s.l.T("ask.q.by", what, s.l.Noun("tier")), "tier", what, s.isShare(how, m))
	for _, cell := range r.Cells {
		s.addBar(c, "tier", r.Levels[0][cell.Keys[0]], cell.Value)
	}
	return c
}

// figures answers about more than one measure at once.
func (s session) figures(ctx context.Context, q Query) (Answer, error) {
	measures := q.Measures[:min(len(q.Measures), 6)]
	group := slices.Concat(q.By, []string{"tier"})[0]
	f := features.Query{How: q.Aggregate, Filters: s.filters(q)}
	c := &chart.Chart{Title: s.l.Capital(s.l.T("ask.q.by", s.l.And(nouns(s.l, measures)), s.l.Noun(group))), Kind: chart.Heat, X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.several.axis")}}
	out := Answer{Chart: c}
	for _, m := range measures {
		f.Measure, f.By = m, nil
		all, err := s.Set.Query(ctx, f)
		if err != nil {
			return Answer{}, err
		}
		if all.Count == 0 {
			return s.text("ask.nobody")
		}
		total := all.Cells[0].Value
		f.By = []string{group}
		r, err := s.Set.Query(ctx, f)
		if err != nil {
			return Answer{}, err
		}
		r.Levels[0] = Labels(s.l, s.Set.Series(group), r.Levels[0])
		if len(q.By) == 0 {
			out.Text = append(out.Text, s.figureSentence(f.How, m, q, total))
		} else {
			out.Text = append(out.Text, s.ranking(q, f, r)...)
		}
		s.addDifferences(c, m, total, r)
	}
	return out, nil
}

// addDifferences adds a measure to a chart of how far groups are from the figure
// of all, in per cent.
func (s session) addDifferences(c *chart.Chart, measure string, total float64, r features.QueryResult) {
	if len(c.Series) == 0 {
		for _, group := range r.Levels[0] {
			c.Series = append(c.Series, chart.Series{Name: group, Color: s.TierColor(group)})
		}
	}
	c.Categories = append(c.Categories, s.l.Noun(measure))
	for j := range c.Series {
		v := math.NaN()
		for _, cell := range r.Cells {
			if cell.Keys[0] == j && total != 0 {
				v = math.Round(1000*(cell.Value/total-1)) / 10
			}
		}
		c.Series[j].Values = append(c.Series[j].Values, chart.Number(v))
	}
}

// filters returns the conditions of a query, its tiers among them.
func (s session) filters(q Query) []features.Condition {
	if len(q.Tiers) == 0 {
		return q.Filters
	}
	return append(slices.Clone(q.Filters), features.Condition{Column: "tier", Op: features.Is, Words: q.Tiers})
}

// parts are the customers of a question, together or by the first column that it
// asks them by. There is none where nobody fits.
func (s session) parts(ctx context.Context, q Query) ([]Group, error) {
	rows, err := s.Set.Where(ctx, s.filters(q)...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	by := "tier"
	switch {
	case len(q.By) > 0:
		by = q.By[0]
	case len(q.Tiers) < 2:
		return []Group{{Name: s.subject(q), Color: s.subjectColor(q), Rows: rows}}, nil
	}
	levels, code, err := s.Set.Groups(ctx, by, rows)
	if err != nil {
		return nil, err
	}
	all := make([]Group, len(levels))
	for k, label := range Labels(s.l, s.Set.Series(by), levels) {
		all[k] = Group{Name: label, Color: s.groupColor(by, label, k)}
	}
	for _, i := range rows {
		if k := code(i); k >= 0 {
			all[k].Rows = append(all[k].Rows, i)
		}
	}
	return slices.DeleteFunc(all, func(g Group) bool { return len(g.Rows) == 0 }), nil
}

// groupColor returns the colour of the k-th group of a column.
func (s session) groupColor(column, group string, k int) plots.Color {
	if column == "tier" {
		return s.TierColor(group)
	}
	return chart.Palette(k)
}

func (s session) subjectColor(q Query) plots.Color {
	if len(q.Tiers) == 1 {
		return s.TierColor(q.Tiers[0])
	}
	return chart.Palette(0)
}

// ranking tells the highest and the lowest group.
func (s session) ranking(q Query, f features.Query, r features.QueryResult) []string {
	cells := slices.DeleteFunc(slices.Clone(r.Cells), func(c features.Cell) bool { return c.Value-c.Value != 0 })
	if len(cells) == 0 {
		return []string{s.l.T("ask.nobody")}
	}
	top, bottom := slices.MaxFunc(cells, byValue), slices.MinFunc(cells, byValue)
	keys := [2]string{"ask.highest", "ask.lowest"}
	if f.Measure == "" {
		keys = [2]string{"ask.most", "ask.fewest"}
	}
	key := keys[0]
	if q.Rank < 0 {
		top, bottom, key = bottom, top, keys[1]
	}
	if len(cells) == 1 {
		key = "ask.one"
	}
	name := func(c features.Cell) string { return s.groupName(r, f.By, c.Keys) }
	number := func(c features.Cell) string { return s.number(f.Measure, f.How, c.Value) }
	out := []string{s.l.T(key, s.subject(q), s.measureName(f.How, f.Measure), s.l.And(nouns(s.l, f.By)), name(top), number(top), name(bottom), number(bottom))}
	var few []string
	for _, c := range []features.Cell{top, bottom} {
		if c.Count < 20 && !slices.Contains(few, name(c)) {
			few = append(few, name(c))
		}
	}
	if len(few) > 0 && f.How != features.Count {
		out = append(out, s.l.T("ask.few", s.l.And(few)))
	}
	return out
}

func byValue(a, b features.Cell) int { return cmp.Compare(a.Value, b.Value) }

// addEmpty adds the groups that nobody is in to counts by one column, but for
// those that the question leaves out.
func (s session) addEmpty(r *features.QueryResult, by []string, filters []features.Condition) {
	if len(by) != 1 || slices.ContainsFunc(filters, func(f features.Condition) bool { return f.Column == by[0] }) || !slices.Equal(r.Levels[0], s.Set.Series(by[0]).Levels()) {
		return
	}
	cells := make([]features.Cell, len(r.Levels[0]))
	for k := range cells {
		cells[k].Keys = []int{k}
	}
	for _, cell := range r.Cells {
		cells[cell.Keys[0]] = cell
	}
	r.Cells = cells
}
