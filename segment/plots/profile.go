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

// each returns what is told of some columns in each segment of a profile; of all
// columns where none is named. ok is false for one that is not there.
func each[T any](p *insight.Profile, columns []string, tell func(s insight.NumericSummary, ok bool) T) ([]Group, []string, [][]T) {
	of, groups := profiled(p)
	if len(columns) == 0 && p != nil {
		for _, s := range p.Overall.Numeric {
			columns = append(columns, s.Column)
		}
	}
	var told [][]T
	for _, g := range of {
		row := make([]T, len(columns))
		for j, name := range columns {
			row[j] = tell(g.Column(name))
		}
		told = append(told, row)
	}
	return groups, slices.Clone(columns), told
}

func mean(s insight.NumericSummary, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return s.Mean
}

// HeatMapOf returns the chart of some columns of a profile, or all where none is
// named. The headings are the names of the columns; give better ones in Columns.
func HeatMapOf(p *insight.Profile, columns ...string) (h HeatMap) {
	h.Groups, h.Columns, h.Effects = each(p, columns, func(s insight.NumericSummary, ok bool) float64 {
		switch {
		case !ok:
			return math.NaN() // refused by Figure
		case math.IsNaN(s.Mean):
			return 0 // no value in this segment
		}
		return s.Difference
	})
	_, _, h.Texts = each(p, columns, func(s insight.NumericSummary, _ bool) string {
		if math.IsNaN(s.Mean) {
			return "–"
		}
		return value(s.Mean)
	})
	return h
}

// SizesOf returns [Sizes] of a profile, which must have a column of revenue.
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
	groups, names, values := each(p, columns, mean)
	return BarTable{Groups: groups, Rows: names, Values: values}
}

// DotPlotOf returns the chart of the means of columns of 0 and 1, the shares of
// those who did, of a profile.
func DotPlotOf(p *insight.Profile, columns ...string) DotPlot {
	groups, names, values := each(p, columns, mean)
	return DotPlot{Groups: groups, Rows: names, Values: values, Shares: true}
}

// StackedBarsOf returns the chart of a category of a profile, such as the age
// groups, with those of its values that are named, in this order.
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
