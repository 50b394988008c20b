package ask

import (
	"math"
	"slices"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/segment/plots"
)

func (s session) figure(q Query) (Answer, error) {
	by := slices.Clone(q.By)
	if len(q.Tiers) > 1 && !slices.Contains(by, "tier") && len(by) < 2 {
		by = append(by, "tier")
	}
	if q.Aggregate == data.Share && len(q.Measures) == 0 {
		return s.shareOfCustomers(q)
	}
	measures := q.Measures
	if len(measures) == 0 {
		measures = []string{""}
	}
	filters := slices.Concat(q.Filters, s.tierFilter(q.Tiers))
	if len(measures) > 1 {
		return s.figures(q, measures, by, filters)
	}
	m := measures[0]
	how := q.Aggregate
	if m == "" {
		how = data.Count
	}
	if how == data.Share && s.Set.Column(m).Money && len(by) < 2 {
		return s.shareOfSum(q, m, by, filters)
	}
	r, err := s.Set.Run(data.Query{How: how, Measure: m, By: by, Filters: filters})
	if err != nil {
		return Answer{}, err
	}
	if r.Count == 0 {
		return s.text("ask.nobody")
	}
	if len(by) == 0 {
		v := r.Cells[0].Value
		if m == "" && len(filters) == 0 {
			return Answer{Text: []string{s.l.Count("ask.count.everybody", r.Count, s.whole(r.Count))}}, nil
		}
		if m == "" {
			text := s.l.Count("ask.count", r.Count, s.whole(r.Count), s.population(q), s.percent(float64(r.Count)/float64(s.Set.Len())))
			return Answer{Text: []string{text}}, nil
		}
		out := Answer{Text: []string{s.figureSentence(how, m, q, v)}}
		if len(filters) > 0 {
			all, err := s.Set.Run(data.Query{How: how, Measure: m})
			if err != nil {
				return Answer{}, err
			}
			out.Text = append(out.Text, s.l.Count("ask.figure.all", r.Count, s.number(m, how, all.Cells[0].Value), s.whole(r.Count)))
		}
		out.Chart = s.tierChart(how, m, q.Filters)
		return out, nil
	}
	if m == "" {
		s.addEmpty(&r, by, q.Filters)
	}
	for j := range by {
		r.Levels[j] = Labels(s.l, s.Set.Column(by[j]), r.Levels[j])
	}
	what := s.measureName(how, m)
	title := s.l.T("ask.q.by", what, s.l.And(nouns(s.l, by)))
	if len(q.Tiers) > 0 || len(q.Filters) > 0 {
		title = s.l.T("ask.title.of", title, s.population(q))
	}
	c := &chart.Chart{Title: s.l.Capital(title), Kind: chart.Bar, X: chart.Axis{Label: s.l.Noun(by[0])}, Y: chart.Axis{Label: what, Percent: s.isShare(how, m)}}
	c.Categories = r.Levels[0]
	if len(by) == 1 {
		values := fill(len(r.Levels[0]), math.NaN())
		for _, cell := range r.Cells {
			values[cell.Keys[0]] = thousandth(cell.Value)
		}
		c.Series = []chart.Series{{Name: "", Color: s.subjectColor(q), Values: chart.Numbers(values)}}
		if by[0] == "tier" {
			for _, tier := range r.Levels[0] {
				c.Colors = append(c.Colors, s.TierColor(tier))
			}
		}
		dropEmpty(c)
	} else {
		for j, level := range r.Levels[1] {
			values := fill(len(r.Levels[0]), math.NaN())
			some := false
			for _, cell := range r.Cells {
				if cell.Keys[1] == j {
					values[cell.Keys[0]] = thousandth(cell.Value)
					some = true
				}
			}
			if !some {
				continue
			}
			col := chart.Palette(j)
			if by[1] == "tier" {
				col = s.TierColor(level)
			}
			c.Series = append(c.Series, chart.Series{Name: level, Color: col, Values: chart.Numbers(values)})
		}
	}
	return Answer{Text: s.ranking(q, r, by, m, how), Chart: c}, nil
}

// tierChart shows a figure for every tier beside one answer.
func (s session) tierChart(how data.Aggregate, m string, filters []data.Filter) *chart.Chart {
	r, err := s.Set.Run(data.Query{How: how, Measure: m, By: []string{"tier"}, Filters: filters})
	if err != nil || len(r.Cells) < 2 {
		return nil
	}
	what := s.measureName(how, m)
	c := &chart.Chart{Title: s.l.Capital(s.l.T("ask.q.by", what, s.l.Noun("tier"))), Kind: chart.Bar, X: chart.Axis{Label: s.l.Noun("tier")}, Y: chart.Axis{Label: what, Percent: s.isShare(how, m)}}
	var v []float64
	for _, cell := range r.Cells {
		tier := r.Levels[0][cell.Keys[0]]
		c.Categories, c.Colors = append(c.Categories, tier), append(c.Colors, s.TierColor(tier))
		v = append(v, thousandth(cell.Value))
	}
	c.Series = []chart.Series{{Values: chart.Numbers(v)}}
	return c
}

// figures answers about more than one measure at once.
func (s session) figures(q Query, measures, by []string, filters []data.Filter) (Answer, error) {
	measures = measures[:min(len(measures), 6)]
	var text []string
	group := "tier"
	if len(by) > 0 {
		group = by[0]
	}
	c := &chart.Chart{Title: s.l.Capital(s.l.T("ask.q.by", s.l.And(nouns(s.l, measures)), s.l.Noun(group))), Kind: chart.Heat, X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.several.axis")}}
	for _, m := range measures {
		how := q.Aggregate
		r, err := s.Set.Run(data.Query{How: how, Measure: m, Filters: filters})
		if err != nil {
			return Answer{}, err
		}
		if r.Count == 0 {
			return s.text("ask.nobody")
		}
		total := r.Cells[0].Value
		g, err := s.Set.Run(data.Query{How: how, Measure: m, By: []string{group}, Filters: filters})
		if err != nil {
			return Answer{}, err
		}
		if len(c.Series) == 0 {
			for _, level := range Labels(s.l, s.Set.Column(group), g.Levels[0]) {
				c.Series = append(c.Series, chart.Series{Name: level, Color: s.TierColor(level)})
			}
		}
		if len(by) == 0 {
			text = append(text, s.figureSentence(how, m, q, total))
		} else {
			g.Levels[0] = Labels(s.l, s.Set.Column(group), g.Levels[0])
			text = append(text, s.ranking(q, g, by[:1], m, how)...)
		}
		c.Categories = append(c.Categories, s.l.Noun(m))
		for j := range c.Series {
			v := math.NaN()
			for _, cell := range g.Cells {
				if cell.Keys[0] == j && total != 0 {
					v = math.Round(1000*(cell.Value/total-1)) / 10
				}
			}
			c.Series[j].Values = append(c.Series[j].Values, chart.Number(v))
		}
	}
	return Answer{Text: text, Chart: c}, nil
}

func (s session) tierFilter(tiers []string) []data.Filter {
	if len(tiers) == 0 {
		return nil
	}
	return []data.Filter{{Column: "tier", Op: data.Is, Words: tiers}}
}

// A part is some of the customers that a question is about.
type part struct {
	name  string
	color plots.Color
	rows  []int
}

// parts are the customers of a question, together or by the first column that it
// asks them by. There is none where nobody fits.
func (s session) parts(q Query) ([]part, error) {
	rows, err := s.Set.Rows(slices.Concat(q.Filters, s.tierFilter(q.Tiers))...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	by := "tier"
	switch {
	case len(q.By) > 0:
		by = q.By[0]
	case len(q.Tiers) < 2:
		return []part{{s.subject(q), s.subjectColor(q), rows}}, nil
	}
	levels, code, err := s.Set.Groups(by, rows)
	if err != nil {
		return nil, err
	}
	all := make([]part, len(levels))
	for k, label := range Labels(s.l, s.Set.Column(by), levels) {
		all[k] = part{name: label, color: chart.Palette(k)}
		if by == "tier" {
			all[k].color = s.TierColor(label)
		}
	}
	for _, i := range rows {
		if k := code(i); k >= 0 {
			all[k].rows = append(all[k].rows, i)
		}
	}
	return slices.DeleteFunc(all, func(p part) bool { return len(p.rows) == 0 }), nil
}

func (s session) subjectColor(q Query) plots.Color {
	if len(q.Tiers) == 1 {
		return s.TierColor(q.Tiers[0])
	}
	return chart.Palette(0)
}

func fill(n int, v float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// dropEmpty leaves out the categories without a value.
func dropEmpty(c *chart.Chart) {
	var names []string
	var colors []plots.Color
	var values []chart.Number
	for i, v := range c.Series[0].Values {
		if float64(v)-float64(v) != 0 {
			continue
		}
		names, values = append(names, c.Categories[i]), append(values, v)
		if i < len(c.Colors) {
			colors = append(colors, c.Colors[i])
		}
	}
	c.Categories, c.Colors, c.Series[0].Values = names, colors, values
}
