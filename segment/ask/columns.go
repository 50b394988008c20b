package ask

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/floats"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// short returns what the columns of a group are called beside each other: their nouns
// where the language has no shorter words.
func short(l *narrate.Language, columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		if out[i] = l.Noun(c); l.Has("short." + c) {
			out[i] = l.T("short." + c)
		}
	}
	return out
}

// fourDigits are the numbers of [features.Short] that have thousands.
var fourDigits = regexp.MustCompile(`\b\d{4}\b`)

// areYears reports whether all numbers of ranges may be those of years, which are written
// without thousands.
func areYears(levels []string) bool {
	numbers := regexp.MustCompile(`\d+`).FindAllString(strings.Join(levels, " "), -1)
	return !slices.ContainsFunc(numbers, func(n string) bool { return n < "1800" || n > "2100" || len(n) != 4 })
}

// Labels returns the groups of a column as they are shown in a language with [Texts]:
// words by its own, of a flag what those with no and yes do, and ranges of numbers as the
// reader writes them.
func Labels(l *narrate.Language, c features.Series, levels []string) []string {
	switch {
	case !c.Kind().Numeric():
		return named(l, c.Name(), levels)
	case !c.Kind().Binary() || len(levels) != 2:
		out, years := make([]string, len(levels)), areYears(levels)
		for i, level := range levels {
			out[i] = strings.ReplaceAll(level, ".", l.Decimal())
			if !years {
				out[i] = fourDigits.ReplaceAllStringFunc(out[i], func(n string) string {
					v, _ := strconv.Atoi(n) // of four digits
					return l.Number(float64(v), 0)
				})
			}
		}
		return out
	}
	if did := "did." + c.Name(); l.Has(did) {
		return []string{l.T("didnot." + c.Name()), l.T(did)}
	}
	return []string{l.T("word.no"), l.T("word.yes")}
}

// named returns what the values of a column of words are called in a language.
func named(l *narrate.Language, column string, levels []string) []string {
	out := make([]string, len(levels))
	for i, level := range levels {
		out[i] = l.Word(column, level)
	}
	return out
}

// A Group is rows that are drawn in one colour.
type Group struct {
	Name  string
	Color plots.Color
	Rows  []int
}

// Histogram returns the share of each group of rows in up to 16 ranges of a column,
// in a language with [Texts]. A column that is not numeric is an ErrOption; the error
// of ctx is returned once it has ended.
func Histogram(ctx context.Context, l *narrate.Language, set *features.Table, column string, groups []Group) (*chart.Chart, error) {
	col := set.Series(column)
	if !col.Kind().Numeric() {
		return nil, fmt.Errorf("%w: %s is no column of numbers", segment.ErrOption, column)
	}
	all, err := set.Where(ctx)
	if err != nil {
		return nil, err
	}
	edges, err := set.Edges(ctx, column, all, 16)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{Title: l.T("ask.q.spread", l.Noun(column)), Kind: chart.Bar, X: chart.Axis{Label: l.Axis(column)}, Y: chart.Axis{Label: l.T("axis.customers"), Percent: true}}
	narrow := col.Kind() == features.Integer && edges[1]-edges[0] == 1
	for i, from := range edges[:len(edges)-1] {
		name := features.Short(from)
		if !narrow {
			name += "–" + features.Short(edges[i+1])
		}
		c.Categories = append(c.Categories, name)
	}
	c.Categories = Labels(l, col, c.Categories)
	c.Series, err = series(groups, 10000, func(g Group) ([]float64, error) {
		values := groupSizes(g.Rows, len(edges)-1, func(i int) int { return features.Bin(edges, col.Number(i)) })
		n := max(1, floats.Sum(values))
		for i := range values {
			values[i] /= n
		}
		return values, nil
	})
	return c, err
}

// mostPoints is how many customers a chart of points shows.
const mostPoints = 1200

// Against returns a scatter of one column against another over rows, coloured by
// tier, with at most 1,200 of the points, the correlation r of the columns
// (Pearson), and n, how many rows have both values; in a language with [Texts]. The
// error is that of ctx.
func Against(ctx context.Context, l *narrate.Language, set *features.Table, color func(tier string) plots.Color, x, y string, rows []int) (c *chart.Chart, r float64, n int, err error) {
	a, b := set.Series(x).Numbers(), set.Series(y).Numbers()
	keep := make([]int, 0, len(rows))
	for k, i := range rows {
		if k%4096 == 0 {
			if err := cause.Of(ctx); err != nil {
				return nil, 0, 0, err
			}
		}
		if i >= 0 && i < min(len(a), len(b)) && !math.IsNaN(a[i]) && !math.IsNaN(b[i]) {
			keep = append(keep, i)
		}
	}
	r, n = num.Correlation(len(keep), func(i int) (float64, float64) { return a[keep[i]], b[keep[i]] })
	c = &chart.Chart{Title: l.Capital(l.T("ask.q.against", l.Noun(x), l.Noun(y))), Kind: chart.Scatter, Words: []string{l.Noun("tier")}, X: chart.Axis{Label: l.Axis(x)}, Y: chart.Axis{Label: l.Axis(y)}}
	step := max(1, (n+mostPoints-1)/mostPoints)
	if step > 1 {
		c.Reading = l.T("ask.against.some", step)
	}
	tiers, points := set.Series("tier"), map[string][][2]chart.Number{}
	for k := 0; k < n; k += step {
		i := keep[k]
		points[tiers.Word(i)] = append(points[tiers.Word(i)], [2]chart.Number{chart.Number(a[i]), chart.Number(b[i])})
	}
	for _, tier := range tiers.Levels() {
		if len(points[tier]) > 0 && color != nil {
			c.Series = append(c.Series, chart.Series{Name: tier, Color: color(tier), Points: points[tier]})
		}
	}
	return c, r, n, nil
}
