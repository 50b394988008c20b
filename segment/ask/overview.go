package ask

import "github.com/customer-personality/segmentation/segment/plots/chart"

// overview answers how many customers each tier has, and what they spend.
func (s session) overview() (Answer, error) {
	var parts []string
	sizes, revenue := &chart.Chart{Title: s.l.T("ask.overview.title"), Kind: chart.Bar, X: chart.Axis{Label: s.l.Noun("tier")}, Y: chart.Axis{Label: s.l.T("axis.share"), Percent: true}}, []float64{}
	var shares []float64
	for _, g := range s.Profile.Tiers {
		parts = append(parts, s.l.T("ask.overview.tier", s.whole(g.Count), g.Name, s.percent(g.Share), s.percent(g.RevenueShare)))
		sizes.Categories = append(sizes.Categories, g.Name)
		sizes.Colors = append(sizes.Colors, s.TierColor(g.Name))
		shares, revenue = append(shares, thousandth(g.Share)), append(revenue, thousandth(g.RevenueShare))
	}
	sizes.Series = []chart.Series{{Name: s.l.T("series.customers"), Values: chart.Numbers(shares)}, {Name: s.l.T("series.spending"), Color: chart.Palette(1), Values: chart.Numbers(revenue)}}
	return Answer{Text: []string{s.l.Count("ask.overview", s.Set.Len(), s.whole(s.Set.Len()), s.l.And(parts))}, Chart: sizes}, nil
}
