package plots

import (
	"math"
	"slices"

	"github.com/customer-personality/segmentation/segment/insight"
)

// profiled returns the segments of a profile, tiers where there are some and
// otherwise clusters, as they are described and as groups to draw.
func profiled(p *insight.Profile) ([]insight.Group, []Group) {
	if p == nil {
		return nil, nil
	}
	of := p.Tiers
	if len(of) == 0 {
		of = p.Clusters
	}
	names := make([]string, len(of))
	for i, g := range of {
		names[i] = g.Name
	}
	return of, Tiers(names...)
}

// means returns the means of some columns in each segment; of all columns where
// none is named. Of a column that is not there, or has no value, the mean is
// NaN.
func means(p *insight.Profile, columns []string) (groups []Group, names []string, values [][]float64) {
	of, groups := profiled(p)
	if len(columns) == 0 && p != nil {
		for _, s := range p.Overall.Numeric {
			columns = append(columns, s.Column)
		}
	}
	for _, g := range of {
		row := make([]float64, len(columns))
		for j, name := range columns {
			row[j] = math.NaN()
			if s, ok := g.Column(name); ok {
				row[j] = s.Mean
			}
		}
		values = append(values, row)
	}
	return groups, slices.Clone(columns), values
}

// HeatMapOf returns the chart of some columns of a profile, or all where none
// is named. The headings are the names of the columns; give better ones in
// Columns.
func HeatMapOf(p *insight.Profile, columns ...string) HeatMap {
	groups, names, values := means(p, columns)
	h := HeatMap{Groups: groups, Columns: names}
	of, _ := profiled(p)
	for i, g := range of {
		effects, texts := make([]float64, len(names)), make([]string, len(names))
		for j, name := range names {
			s, ok := g.Column(name)
			switch {
			case !ok:
				effects[j] = math.NaN() // refused by Figure
			case math.IsNaN(values[i][j]):
				texts[j] = "–" // no value in this segment
			default:
				effects[j], texts[j] = s.Difference, value(s.Mean)
			}
		}
		h.Effects, h.Texts = append(h.Effects, effects), append(h.Texts, texts)
	}
	return h
}

// SizesOf returns a picture of the counts and the revenue of a profile, which must have a column
// of revenue.
func SizesOf(p *insight.Profile) Shares {
	of, groups := profiled(p)
	var customers, revenue []float64
	for _, g := range of {
		customers, revenue = append(customers, float64(g.Count)), append(revenue, g.Revenue)
	}
	return Sizes(groups, customers, revenue, "")
}

// BarTableOf returns the chart of the means of columns, such as of spending, of a profile.
func BarTableOf(p *insight.Profile, columns ...string) BarTable {
	groups, names, values := means(p, columns)
	return BarTable{Groups: groups, Rows: names, Values: values}
}

// DotPlotOf returns the chart of the means of columns of 0 and 1, the shares of
// those who did, of a profile.
func DotPlotOf(p *insight.Profile, columns ...string) DotPlot {
	groups, names, values := means(p, columns)
	return DotPlot{Groups: groups, Rows: names, Values: values, Shares: true}
}

// StackedBarsOf returns the chart of a category of a profile, such as the age
// groups, with its values in the order in which they are to be shown; values
// that are not named are left out.
func StackedBarsOf(p *insight.Profile, category string, values ...string) StackedBars {
	of, groups := profiled(p)
	b := StackedBars{Rows: slices.Clone(values), Groups: groups, Values: make([][]float64, len(of))}
	for i, g := range of {
		b.Values[i] = make([]float64, len(values))
		for _, c := range g.Categories {
			for _, l := range c.Levels {
				if j := slices.Index(values, l.Value); c.Column == category && j >= 0 {
					b.Values[i][j] = float64(l.Count)
				}
			}
		}
	}
	return b
}
