package ask

import (
	"math"

	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// waterfall shows what speaks for a tier and against it.
func (s session) waterfall(e *insight.Explanation) *chart.Chart {
	if e.Next < 0 || len(e.Contributions) == 0 {
		return nil
	}
	rival := s.voice().Rival(e)
	c := &chart.Chart{
		Title: s.l.T("ask.waterfall", e.Tier, rival), Kind: chart.Waterfall,
		X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.waterfall.axis", e.Tier, rival)},
		Reading: s.l.T("ask.waterfall.reading"),
	}
	var values []float64
	for _, part := range e.Contributions {
		c.Categories = append(c.Categories, s.l.T("ask.waterfall.part", s.l.Noun(part.Column), s.number(part.Column, "", part.At)))
		values = append(values, math.Round(part.Value*100)/100)
		col := s.TierColor(e.Tier)
		if part.Value < 0 {
			col = s.TierColor(e.NextTier)
			if e.NextTier == e.Tier {
				col = plots.RankColor(-1)
			}
		}
		c.Colors = append(c.Colors, col)
	}
	c.Series = []chart.Series{{Name: s.l.T("ask.waterfall.for", e.Tier), Values: chart.Numbers(values)}}
	c.Order()
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	end := s.TierColor(e.Tier)
	if sum < 0 {
		end = s.TierColor(e.NextTier)
	}
	c.Categories, c.Colors = append(c.Categories, s.l.T("ask.waterfall.sum")), append(c.Colors, end)
	c.Series[0].Values = append(c.Series[0].Values, chart.Number(math.Round(sum*100)/100))
	return c
}
