package explore

import (
	"context"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// Draw draws the chart. An error is for its reader.
func Draw(ctx context.Context, l *narrate.Language, w *snapshot.Snapshot, d Spec) (*chart.Chart, error) {
	set := w.Set
	if !slices.Contains(Marks, d.Mark) {
		return nil, wrong("mark", "explore.mark.wrong")
	}
	x, y := set.Series(d.X), set.Series(d.Y)
	if x.IsZero() {
		return nil, wrong("x", "explore.column.wrong")
	}
	if d.Y != "" && !y.Kind().Numeric() {
		return nil, wrong("y", "explore.y.wrong")
	}
	color := set.Series(d.Color)
	if d.Color != "" && color.IsZero() {
		return nil, wrong("color", "explore.column.wrong")
	}
	how := features.Aggregate(d.How)
	if !slices.Contains(features.Aggregates(), how) {
		return nil, wrong("how", "explore.how.wrong")
	}
	tier, ok := w.FindTier(d.Tier)
	if !ok {
		return nil, wrong("tier", "explore.tier.wrong")
	}
	var filters []features.Condition
	if tier != "" {
		filters = []features.Condition{{Column: "tier", Op: features.Is, Words: []string{tier}}}
	}
	rows, err := set.Where(ctx, filters...)
	if err != nil {
		return nil, err
	}
	var c *chart.Chart
	switch d.Mark {
	case "point":
		if y.IsZero() || !x.Kind().Numeric() {
			return nil, wrong("x", "explore.point.wrong")
		}
		c, _, _, err = ask.Against(ctx, l, set, w.TierColor, d.X, d.Y, rows)
		return c, err
	case "box":
		if y.IsZero() {
			return nil, wrong("y", "explore.box.wrong")
		}
		if c, err = boxChart(ctx, l, w, d, rows); err != nil {
			return nil, err
		}
	case "histogram":
		if !x.Kind().Numeric() {
			return nil, wrong("x", "explore.histogram.wrong")
		}
		groups := []ask.Group{{Color: chart.Palette(0), Rows: rows}}
		if d.Color != "" {
			levels, code, err := set.Groups(ctx, d.Color, rows)
			if err != nil {
				return nil, err
			}
			groups = make([]ask.Group, len(levels))
			for k, label := range ask.Labels(l, color, levels) {
				groups[k].Name, groups[k].Color = label, colorOf(w, d.Color, levels[k], k)
			}
			for _, i := range rows {
				if k := code(i); k >= 0 {
					groups[k].Rows = append(groups[k].Rows, i)
				}
			}
		}
		if c, err = ask.Histogram(ctx, l, set, d.X, groups); err != nil {
			return nil, err
		}
	default:
		if c, err = aggregateChart(ctx, l, w, d, how, filters); err != nil {
			return nil, err
		}
	}
	if tier != "" {
		c.Title += ", " + tier
	}
	return c, nil
}

func colorOf(w *snapshot.Snapshot, column, level string, k int) plots.Color {
	if column == "tier" {
		return w.TierColor(level)
	}
	return chart.Palette(k)
}

func boxChart(ctx context.Context, l *narrate.Language, w *snapshot.Snapshot, d Spec, rows []int) (*chart.Chart, error) {
	levels, code, err := w.Set.Groups(ctx, d.X, rows)
	if err != nil {
		return nil, err
	}
	values := make([][]float64, len(levels))
	numbers := w.Set.Series(d.Y).Numbers()
	for _, i := range rows {
		if k := code(i); k >= 0 && numbers[i] == numbers[i] {
			values[k] = append(values[k], numbers[i])
		}
	}
	levels = ask.Labels(l, w.Set.Series(d.X), levels)
	c := &chart.Chart{Title: l.Capital(l.T("explore.by", l.Noun(d.Y), l.Noun(d.X))), Kind: chart.Box, Words: boxLabels(l), X: chart.Axis{Label: l.Noun(d.X)}, Y: chart.Axis{Label: l.Axis(d.Y)}}
	for k, v := range values {
		if len(v) == 0 {
			continue
		}
		slices.Sort(v)
		five := make([]float64, 5)
		for i := range five {
			five[i] = num.Quantile(v, float64(i)/4)
		}
		c.Series = append(c.Series, chart.Series{Name: levels[k], Color: colorOf(w, d.X, levels[k], 0), Values: chart.Numbers(five)})
	}
	return c, nil
}

// boxLabels are the names of the numbers of a box.
func boxLabels(l *narrate.Language) []string {
	return []string{l.T("box.least"), l.T("box.quarter"), l.T("box.median"), l.T("box.threequarters"), l.T("box.greatest")}
}

// aggregateChart is a chart of bars or lines.
func aggregateChart(ctx context.Context, l *narrate.Language, w *snapshot.Snapshot, d Spec, how features.Aggregate, filters []features.Condition) (*chart.Chart, error) {
	if d.Y == "" {
		how = features.Count
	}
	by := []string{d.X}
	if d.Color != "" && d.Color != d.X {
		by = append(by, d.Color)
	}
	result, err := w.Set.Query(ctx, features.Query{How: how, Measure: d.Y, By: by, Filters: filters})
	if err != nil {
		return nil, err
	}
	for j, name := range by {
		result.Levels[j] = ask.Labels(l, w.Set.Series(name), result.Levels[j])
	}
	label := ask.AggregateName(l, how, d.Y)
	if d.Y == "" {
		label = l.T("how.customers")
	}
	axis := label
	if unit := l.Unit(d.Y); unit != "" && how != features.Count && how != features.Share {
		axis = l.T("noun.unit", label, unit)
	}
	percent := how == features.Share || d.Y != "" && w.Set.Series(d.Y).Kind().Binary() && how == features.Mean
	kind := chart.Bar
	if d.Mark == "line" {
		kind = chart.Line
	}
	c := &chart.Chart{Title: l.Capital(l.T("explore.by", label, l.Noun(d.X))), Kind: kind, X: chart.Axis{Label: l.Noun(d.X)}, Y: chart.Axis{Label: axis, Percent: percent}, Categories: result.Levels[0]}
	series := 1
	if len(by) > 1 {
		series = len(result.Levels[1])
	}
	values := make([][]float64, series)
	for k := range values {
		values[k] = make([]float64, len(c.Categories))
		for i := range values[k] {
			values[k][i] = math.NaN()
		}
	}
	for _, cell := range result.Cells {
		k := 0
		if len(by) > 1 {
			k = cell.Keys[1]
		}
		values[k][cell.Keys[0]] = math.Round(cell.Value*1000) / 1000
	}
	for k, v := range values {
		one := chart.Series{Name: label, Color: chart.Palette(0), Values: chart.Numbers(v)}
		if len(by) > 1 {
			one.Name, one.Color = result.Levels[1][k], colorOf(w, d.Color, result.Levels[1][k], k)
		}
		c.Series = append(c.Series, one)
	}
	if len(by) == 1 && d.X == "tier" {
		for _, t := range c.Categories {
			c.Colors = append(c.Colors, w.TierColor(t))
		}
	}
	return c, nil
}
