package ask

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// figure answers with an aggregate of a column or a count, by up to two columns.
func (s session) figure(ctx context.Context, q Query) (Answer, error) {
	rows, err := s.rows(ctx, q.Where)
	if err != nil {
		return Answer{}, err
	}
	if len(q.Measures) > 1 {
		return s.figures(ctx, q, rows)
	}
	measure := ""
	if len(q.Measures) == 1 {
		measure = q.Measures[0]
	}
	switch {
	case len(rows) == 0 && measure == "" && len(q.By) == 0:
		return Answer{Text: []string{s.l.T("ask.count.none", s.subject(q.Where))}}, nil
	case len(rows) == 0:
		return Answer{Text: []string{s.l.T("ask.count.none", s.subject(q.Where))}}, nil
	case len(q.By) > 0:
		return s.groupedFigure(ctx, q, measure, rows)
	case measure != "":
		return s.singleFigure(ctx, q, measure, rows)
	case len(q.Where) == 0:
		return Answer{Text: []string{s.l.Count("ask.count.everybody", len(rows), s.whole(len(rows)))}}, nil
	}
	out := Answer{Text: []string{s.countSentence(q.Where, len(rows))}}
	if slices.Contains(q.Notes, noteWho) {
		s.addIDs(&out, rows)
	}
	return out, nil
}

// noteWho marks a count of customers who are asked for themselves.
const noteWho = "ask.note.who"

// addIDs names the first of some customers.
func (s session) addIDs(out *Answer, rows []int) {
	for _, i := range rows[:min(mostTold, len(rows))] {
		out.Customers = append(out.Customers, s.IDs[i])
	}
	names := strings.Join(out.Customers, ", ")
	if n := len(rows) - len(out.Customers); n > 0 {
		out.Text = append(out.Text, s.l.T("ask.note.who.first", names, s.whole(n)))
		return
	}
	out.Text = append(out.Text, s.l.T(noteWho, names))
}

// countSentence says how many customers there are of some.
func (s session) countSentence(w Where, n int) string {
	return s.l.Count("ask.count", n, s.whole(n), s.population(w), s.portion(float64(n)/float64(s.data.Len())))
}

// singleFigure answers with one figure, beside that of everybody and of each tier.
func (s session) singleFigure(ctx context.Context, q Query, m string, rows []int) (Answer, error) {
	v, n, err := s.aggregate(ctx, q.Aggregate, q.Number, m, rows)
	if err != nil {
		return Answer{}, err
	}
	if n == 0 {
		return Answer{Text: []string{s.l.T("ask.figure.unknown", s.columnName(m), s.subject(q.Where))}}, nil
	}
	out := Answer{Text: []string{s.figureSentence(q, m, v)}}
	all := s.everybody().Rows
	total, _, err := s.aggregate(ctx, q.Aggregate, q.Number, m, all)
	if err != nil {
		return Answer{}, err
	}
	switch {
	case q.Aggregate == features.Sum:
		mean, _, err := s.aggregate(ctx, features.Mean, 0, m, rows)
		if err != nil {
			return Answer{}, err
		}
		if len(q.Where) == 0 || total == 0 {
			out.Text = append(out.Text, s.l.Count("ask.sum.mean", n, s.amount(m, mean), s.whole(n)))
		} else {
			out.Text = append(out.Text, s.l.Count("ask.sum.share", n, s.amount(m, mean), s.whole(n), s.portion(v/total)))
		}
	case len(q.Where) > 0:
		out.Text = append(out.Text, s.l.Count("ask.figure.all", n, s.number(m, q.Aggregate, total), s.whole(n)))
	}
	if q.Aggregate == features.Mean && s.grammar(s.l).summable(m) && !s.data.Series(m).Kind().Binary() {
		sum, _, err := s.aggregate(ctx, features.Sum, 0, m, rows)
		if err != nil {
			return Answer{}, err
		}
		out.Text = append(out.Text, s.l.T("ask.mean.sum", s.number(m, features.Sum, sum)))
	}
	if n < len(rows) {
		out.Text = append(out.Text, s.l.Count("ask.figure.missing", len(rows)-n, s.whole(len(rows)-n), s.l.Noun(m)))
	}
	out.Chart = s.tierChart(ctx, q, m)
	return out, nil
}

// amount writes a mean, also of a flag, as a number.
func (s session) amount(m string, v float64) string {
	if s.data.Series(m).Kind().Binary() {
		return s.l.Number(v, 2)
	}
	return s.number(m, features.Mean, v)
}

// groupedFigure answers with a figure for each group of one or two columns.
func (s session) groupedFigure(ctx context.Context, q Query, m string, rows []int) (Answer, error) {
	levels, cells, err := s.tallies(ctx, q, m, rows)
	if err != nil {
		return Answer{}, err
	}
	if m == "" {
		cells = s.addEmpty(levels, cells, q)
	}
	for j, name := range q.By {
		levels[j] = Labels(s.l, s.data.Series(name), levels[j])
	}
	what := s.figureName(q, m)
	title := s.l.T("ask.q.by", what, s.l.And(nouns(s.l, q.By)))
	if len(q.Where) > 0 {
		title = s.l.T("ask.title.of", title, s.population(q.Where))
	}
	c := s.barChart(title, q.By[0], what, s.isShare(q.Aggregate, m))
	if len(q.By) == 2 {
		s.addSeries(c, q.By[1], levels, cells)
	} else {
		c.Series[0].Color = s.subjectColor(q.Where)
		for _, cell := range cells {
			if cell.value == cell.value {
				s.addBar(c, q.By[0], levels[0][cell.keys[0]], cell.value)
			}
		}
	}
	out := Answer{Chart: c}
	if m == "" && len(q.By) == 1 && q.Rank == 0 && len(q.Where) > 0 { // how many in all
		out.Text = append(out.Text, s.countSentence(q.Where, len(rows)))
	}
	if m != "" && len(q.By) == 1 && slices.ContainsFunc(q.Where, func(c Clause) bool { return c[0].Column == q.By[0] }) { // and all together
		v, _, err := s.aggregate(ctx, q.Aggregate, q.Number, m, rows)
		if err != nil {
			return Answer{}, err
		}
		out.Text = append(out.Text, s.figureSentence(q, m, v))
	}
	out.Text = append(out.Text, s.ranking(q, m, levels, cells)...)
	if q.Rank != 0 && q.Aggregate == features.Mean && m != "" && s.grammar(s.l).summable(m) {
		return out, s.addTotals(ctx, &out, q, m, rows, levels)
	}
	return out, nil
}

// addTotals says which group has the greatest or the least total, where it is another
// than that of the means.
func (s session) addTotals(ctx context.Context, out *Answer, q Query, m string, rows []int, levels [][]string) error {
	q.Aggregate = features.Sum
	_, cells, err := s.tallies(ctx, q, m, rows)
	if err != nil || len(cells) == 0 {
		return err
	}
	top := slices.MaxFunc(cells, byValue)
	key := "ask.total.most"
	if q.Rank < 0 {
		top, key = slices.MinFunc(cells, byValue), "ask.total.least"
	}
	out.Text = append(out.Text, s.l.T(key, s.groupName(levels, q.By, top.keys), s.number(m, features.Sum, top.value)))
	return nil
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
	c.Categories = append(c.Categories, cmp.Or(group, s.l.T("word.unknown")))
	c.Series[0].Values = append(c.Series[0].Values, chart.Number(thousandth(v)))
	if column == "tier" {
		c.Colors = append(c.Colors, s.TierColor(group))
	}
}

// addSeries makes a series of each group of a second column that has customers.
func (s session) addSeries(c *chart.Chart, column string, levels [][]string, cells []tally) {
	c.Categories, c.Series = levels[0], nil
	for j, group := range levels[1] {
		one := chart.Series{Name: group, Color: s.groupColor(column, group, j), Values: slices.Repeat(chart.Numbers([]float64{math.NaN()}), len(c.Categories))}
		some := false
		for _, cell := range cells {
			if cell.keys[1] == j {
				one.Values[cell.keys[0]], some = chart.Number(thousandth(cell.value)), true
			}
		}
		if some {
			c.Series = append(c.Series, one)
		}
	}
}

// tierChart shows a figure for every tier beside one answer.
func (s session) tierChart(ctx context.Context, q Query, m string) *chart.Chart {
	q.Where = slices.DeleteFunc(slices.Clone(q.Where), func(c Clause) bool { return c[0].Column == "tier" })
	rows, err := s.rows(ctx, q.Where)
	if err != nil {
		return nil
	}
	q.By = []string{"tier"}
	levels, cells, err := s.tallies(ctx, q, m, rows)
	if err != nil || len(cells) < 2 {
		return nil
	}
	what := s.figureName(q, m)
	c := s.barChart(s.l.T("ask.q.by", what, s.l.Noun("tier")), "tier", what, s.isShare(q.Aggregate, m))
	for _, cell := range cells {
		s.addBar(c, "tier", levels[0][cell.keys[0]], cell.value)
	}
	return c
}

// figures answers about more than one measure at once.
func (s session) figures(ctx context.Context, q Query, rows []int) (Answer, error) {
	if len(rows) == 0 {
		return Answer{Text: []string{s.l.T("ask.count.none", s.subject(q.Where))}}, nil
	}
	sum, parts := 0.0, len(q.By) == 0 && (q.Aggregate == features.Sum || q.Aggregate == features.Mean && slices.Contains(q.Notes, "ask.note.together"))
	by := q
	by.By = slices.Concat(q.By, []string{"tier"})[:1]
	group := by.By[0]
	c := &chart.Chart{Title: s.l.Capital(s.l.T("ask.q.by", s.l.And(nouns(s.l, q.Measures)), s.l.Noun(group))), Kind: chart.Heat, X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.several.axis")}}
	out := Answer{Chart: c}
	for _, m := range q.Measures {
		total, n, err := s.aggregate(ctx, q.Aggregate, q.Number, m, rows)
		if err != nil {
			return Answer{}, err
		}
		levels, cells, err := s.tallies(ctx, by, m, rows)
		if err != nil {
			return Answer{}, err
		}
		levels[0] = Labels(s.l, s.data.Series(group), levels[0])
		switch {
		case n == 0:
			out.Text = append(out.Text, s.l.T("ask.figure.unknown", s.columnName(m), s.subject(q.Where)))
		case len(q.By) == 0:
			out.Text = append(out.Text, s.figureSentence(q, m, total))
		default:
			out.Text = append(out.Text, s.ranking(by, m, levels, cells)...)
		}
		s.addDifferences(c, m, total, levels[0], cells)
		sum += total
		parts = parts && (s.partOf(m, s.Subjects.Revenue) || s.partOf(m, "purchases"))
	}
	if parts {
		names := nouns(s.l, q.Measures)
		out.Text = slices.Insert(out.Text, 0, s.sentence("ask.figure", howOf(s.l, q.Aggregate, "noun."+q.Measures[0], s.l.And(names)), s.subject(q.Where), s.number(q.Measures[0], q.Aggregate, sum)))
	}
	return out, nil
}

// addDifferences adds a measure to a chart of how far groups are from the figure
// of all, in per cent.
func (s session) addDifferences(c *chart.Chart, measure string, total float64, groups []string, cells []tally) {
	if len(c.Series) == 0 {
		for _, group := range groups {
			c.Series = append(c.Series, chart.Series{Name: group, Color: s.TierColor(group)})
		}
	}
	c.Categories = append(c.Categories, s.l.Noun(measure))
	for j := range c.Series {
		v := math.NaN()
		for _, cell := range cells {
			if cell.keys[0] == j && total != 0 {
				v = math.Round(1000*(cell.value/total-1)) / 10
			}
		}
		c.Series[j].Values = append(c.Series[j].Values, chart.Number(v))
	}
}

// parts are the customers of a question, together or by the first column that it
// asks them by. There is none where nobody fits.
func (s session) parts(ctx context.Context, q Query) ([]Group, error) {
	rows, err := s.rows(ctx, q.Where)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if len(q.By) == 0 {
		return []Group{{Name: s.subject(q.Where), Color: s.subjectColor(q.Where), Rows: rows}}, nil
	}
	by := q.By[0]
	levels, code, err := s.data.Groups(ctx, by, rows)
	if err != nil {
		return nil, err
	}
	all := make([]Group, len(levels))
	for k, label := range Labels(s.l, s.data.Series(by), levels) {
		all[k] = Group{Name: cmp.Or(label, s.l.T("word.unknown")), Color: s.groupColor(by, label, k)}
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

// tierOf returns the one tier that customers are of; empty for none.
func tierOf(w Where) string {
	for _, c := range w {
		if len(c) == 1 && c[0].Column == "tier" && c[0].Op == features.Is && len(c[0].Words) == 1 {
			return c[0].Words[0]
		}
	}
	return ""
}

func (s session) subjectColor(w Where) plots.Color {
	if tier := tierOf(w); tier != "" {
		return s.TierColor(tier)
	}
	return chart.Palette(0)
}

// mostTold is how many groups are told one by one.
const mostTold = 10

// ranking tells the highest and the lowest group, and all where they are few.
func (s session) ranking(q Query, m string, levels [][]string, cells []tally) []string {
	cells = slices.DeleteFunc(slices.Clone(cells), func(c tally) bool { return c.value-c.value != 0 })
	if len(cells) == 0 {
		return []string{s.l.T("ask.nobody")}
	}
	first := slices.MinFunc(cells, byValue) // of equals
	slices.SortStableFunc(cells, func(a, b tally) int { return cmp.Compare(b.value, a.value) })
	name := func(c tally) string { return s.groupName(levels, q.By, c.keys) }
	figure := func(c tally) string { return s.number(m, q.Aggregate, c.value) }
	top, bottom := cells[0], first
	keys := [2]string{"ask.highest", "ask.lowest"}
	if m == "" {
		keys = [2]string{"ask.most", "ask.fewest"}
	}
	key := keys[0]
	if q.Rank < 0 {
		top, bottom, key = bottom, top, keys[1]
		slices.Reverse(cells)
	}
	if len(cells) == 1 {
		key = "ask.one"
	}
	out := []string{s.sentence(key, s.subject(q.Where), s.figureName(q, m), s.l.And(nouns(s.l, q.By)), name(top), figure(top), name(bottom), figure(bottom))}
	if len(cells) > 2 || len(cells) == 2 && q.Number > 0 {
		n := mostTold
		if q.Number > 0 && q.Aggregate != Percentile {
			n = int(q.Number)
		}
		var all []string
		for _, c := range cells[:min(n, len(cells))] {
			all = append(all, s.l.T("list.pair", name(c), figure(c)))
		}
		if len(cells) <= mostTold || q.Number > 0 {
			out = append(out, s.l.T("ask.groups", s.l.And(all)))
		}
	}
	var few []string
	for _, c := range []tally{top, bottom} {
		if len(c.rows) < 20 && !slices.Contains(few, name(c)) {
			few = append(few, name(c))
		}
	}
	if len(few) > 0 && m != "" {
		out = append(out, s.l.T("ask.few", s.l.And(few)))
	}
	return out
}

func byValue(a, b tally) int { return cmp.Compare(a.value, b.value) }

// addEmpty adds the groups that nobody is in to counts by one column, but for
// those that the question leaves out.
func (s session) addEmpty(levels [][]string, cells []tally, q Query) []tally {
	if len(q.By) != 1 || slices.ContainsFunc(q.Where, func(c Clause) bool { return c[0].Column == q.By[0] }) || !slices.Equal(levels[0], s.data.Series(q.By[0]).Levels()) {
		return cells
	}
	all := make([]tally, len(levels[0]))
	for k := range all {
		all[k].keys = []int{k}
	}
	for _, cell := range cells {
		all[cell.keys[0]] = cell
	}
	return all
}
