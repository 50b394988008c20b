package ask

import (
	"context"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// describe answers what sets a tier, or any other customers, apart.
func (s session) describe(ctx context.Context, q Query) (Answer, error) {
	tier := tierOf(q.Where)
	g, ok := s.Profile.Group(tier)
	if len(q.Where) != 1 || tier == "" {
		rows, err := s.rows(ctx, q.Where)
		if err != nil {
			return Answer{}, err
		}
		if len(rows) == 0 {
			return Answer{Text: []string{s.l.T("ask.count.none", s.subject(q.Where))}}, nil
		}
		out, err := s.compare(ctx, Query{Intent: Compare, Where: q.Where, Versus: []Where{nil}})
		if err == nil && len(q.Where) > 0 {
			out.Text = slices.Insert(out.Text, 0, s.countSentence(q.Where, len(rows)))
		}
		return out, err
	}
	if !ok {
		return s.text("ask.nobody")
	}
	size := s.l.Count("ask.describe", g.Count, tier, s.whole(g.Count), s.percent(g.Share), s.percent(g.RevenueShare))
	if math.IsNaN(g.RevenueShare) {
		size = s.l.Count("ask.describe.size", g.Count, tier, s.whole(g.Count), s.percent(g.Share))
	}
	typical, err := s.typical(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	out := Answer{Text: []string{size, typical}}
	var means, shares []string
	for _, statement := range g.Statements {
		if statement.Kind == insight.KindMean {
			means = append(means, s.voice().Statement(statement))
		} else {
			shares = append(shares, s.voice().Statement(statement))
		}
	}
	if len(means) > 0 {
		out.Text = append(out.Text, s.l.T("ask.describe.means", s.l.And(means)))
	}
	if len(shares) > 0 {
		out.Text = append(out.Text, s.l.Capital(s.l.T("ask.describe.shares", s.l.And(shares))))
	}
	if len(means)+len(shares) == 0 {
		out.Text = append(out.Text, s.l.T("ask.describe.alike"))
	}
	out.Chart = s.differences([]string{tier})
	return out, nil
}

// typical says what customers are in the middle, by the numbers of the model.
func (s session) typical(ctx context.Context, q Query) (string, error) {
	rows, err := s.rows(ctx, q.Where)
	if err != nil {
		return "", err
	}
	var medians []string
	for _, m := range s.numbers() {
		v, n, err := s.aggregate(ctx, features.Median, 0, m, rows)
		if err != nil {
			return "", err
		}
		if n > 0 {
			medians = append(medians, s.value(m, v))
		}
	}
	return s.l.T("ask.describe.typical", s.l.And(medians)), nil
}

// differences shows how far tiers are from everybody in the numbers of the model.
func (s session) differences(tiers []string) *chart.Chart {
	columns := s.numbers()
	return &chart.Chart{
		Title: s.l.T("ask.differences"), Kind: chart.Bars, X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.differences.axis"), Percent: true},
		Categories: nouns(s.l, columns),
		Series:     s.apart(tiers, columns, 1000, func(s insight.NumericSummary) float64 { return s.Percent / 100 }),
	}
}

// apart returns a series of each tier with a figure of columns in the profile.
func (s session) apart(tiers, columns []string, parts float64, figure func(insight.NumericSummary) float64) (out []chart.Series) {
	for _, tier := range tiers {
		g, ok := s.Profile.Group(tier)
		if !ok {
			continue
		}
		v := make([]float64, len(columns))
		for j, name := range columns {
			column, ok := g.Column(name)
			if v[j] = figure(column); !ok {
				v[j] = math.NaN()
			}
		}
		out = append(out, chart.Series{Name: tier, Color: s.TierColor(tier), Values: rounded(v, parts)})
	}
	return out
}

// overview answers how many customers each tier has, and what they spend.
func (s session) overview() (Answer, error) {
	var parts []string
	sizes, revenue := &chart.Chart{Title: s.l.T("ask.overview.title"), Kind: chart.Bar, X: chart.Axis{Label: s.l.Noun("tier")}, Y: chart.Axis{Label: s.l.T("axis.share"), Percent: true}}, []float64{}
	var shares []float64
	for _, g := range s.Profile.Tiers {
		part := s.l.T("ask.overview.tier", s.whole(g.Count), g.Name, s.percent(g.Share), s.percent(g.RevenueShare))
		if math.IsNaN(g.RevenueShare) {
			part = s.l.T("ask.overview.size", s.whole(g.Count), g.Name, s.percent(g.Share))
		}
		parts = append(parts, part)
		sizes.Categories = append(sizes.Categories, g.Name)
		sizes.Colors = append(sizes.Colors, s.TierColor(g.Name))
		shares, revenue = append(shares, thousandth(g.Share)), append(revenue, thousandth(g.RevenueShare))
	}
	sizes.Series = []chart.Series{{Name: s.l.T("series.customers"), Values: chart.Numbers(shares)}}
	if math.IsNaN(s.Profile.Overall.RevenueShare) {
		sizes.Title = s.l.T("ask.overview.customers")
	} else {
		sizes.Series = append(sizes.Series, chart.Series{Name: s.l.T("series.spending"), Color: chart.Palette(1), Values: chart.Numbers(revenue)})
	}
	return Answer{Text: []string{s.l.Count("ask.overview", s.Set.Len(), s.whole(s.Set.Len()), s.l.And(parts))}, Chart: sizes}, nil
}
