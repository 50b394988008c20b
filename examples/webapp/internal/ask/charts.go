package ask

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
)

// Short returns what the columns of a group are called beside each other.
func Short(l *narrate.Language, columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = l.T("short." + c)
	}
	return out
}

// Labels are the groups of a column as they are shown: of a flag what those with
// no and yes do, and ranges of numbers as the reader writes them.
func Labels(l *narrate.Language, c *data.Column, levels []string) []string {
	switch {
	case !c.Numeric():
		return levels
	case !c.Flag || len(levels) != 2:
		out := make([]string, len(levels))
		for i, level := range levels {
			out[i] = strings.ReplaceAll(level, ".", l.Decimal())
		}
		return out
	}
	if did := "did." + c.Name; l.Has(did) {
		return []string{l.T("didnot." + c.Name), l.T(did)}
	}
	return []string{l.T("word.no"), l.T("word.yes")}
}

// Histogram counts the values of a column in ranges, as the share of each
// group of rows.
func Histogram(l *narrate.Language, set *data.Set, column string, groups map[string][]int, names []string, colors []plots.Color) (*chart.Chart, error) {
	col := set.Column(column)
	if col == nil || !col.Numeric() {
		return nil, fmt.Errorf("%s is no column of numbers", column)
	}
	all, err := set.Rows()
	if err != nil {
		return nil, err
	}
	edges := set.Edges(column, all, 16)
	c := &chart.Chart{Title: l.T("ask.q.spread", l.Noun(column)), Kind: chart.Bar, X: chart.Axis{Label: l.Axis(column)}, Y: chart.Axis{Label: l.T("axis.customers"), Percent: true}}
	narrow := col.Whole && edges[1]-edges[0] == 1
	for i := range len(edges) - 1 {
		if narrow {
			c.Categories = append(c.Categories, data.Short(edges[i]))
		} else {
			c.Categories = append(c.Categories, data.Short(edges[i])+"–"+data.Short(edges[i+1]))
		}
	}
	c.Categories = Labels(l, col, c.Categories)
	for g, name := range names {
		values := make([]float64, len(edges)-1)
		n := 0.0
		for _, i := range groups[name] {
			if b := data.Bin(edges, col.Numbers[i]); b >= 0 {
				values[b]++
				n++
			}
		}
		for i := range values {
			if n > 0 {
				values[i] = math.Round(values[i]/n*10000) / 10000
			}
		}
		c.Series = append(c.Series, chart.Series{Name: name, Color: colors[g], Values: chart.Numbers(values)})
	}
	return c, nil
}

// mostPoints is how many customers a chart of points shows.
const mostPoints = 1200

// Against makes a chart of points of one column against another, by tier, and
// tells their correlation over how many customers.
func Against(l *narrate.Language, answerer *Answerer, x, y string, rows []int) (c *chart.Chart, r float64, n int) {
	a, b := answerer.Set.Column(x).Numbers, answerer.Set.Column(y).Numbers
	r, n = num.Correlation(len(rows), func(i int) (float64, float64) { return a[rows[i]], b[rows[i]] })
	keep := slices.DeleteFunc(slices.Clone(rows), func(i int) bool { return math.IsNaN(a[i]) || math.IsNaN(b[i]) })
	c = &chart.Chart{Title: l.Capital(l.T("ask.q.against", l.Noun(x), l.Noun(y))), Kind: chart.Scatter, Words: []string{l.Noun("tier")}, X: chart.Axis{Label: l.Axis(x)}, Y: chart.Axis{Label: l.Axis(y)}}
	step := max(1, (n+mostPoints-1)/mostPoints)
	if step > 1 {
		c.Reading = l.T("ask.against.some", step)
	}
	points := map[string][][2]chart.Number{}
	for k := 0; k < n; k += step {
		i := keep[k]
		points[answerer.Set.Tier(i)] = append(points[answerer.Set.Tier(i)], [2]chart.Number{chart.Number(a[i]), chart.Number(b[i])})
	}
	for _, tier := range answerer.Set.Tiers {
		if len(points[tier]) > 0 {
			c.Series = append(c.Series, chart.Series{Name: tier, Color: answerer.TierColor(tier), Points: points[tier]})
		}
	}
	return c, r, n
}
