package site

import (
	"cmp"
	"encoding/json"
	"math"
	"net/url"
	"slices"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// A chartSpec is a chart as the form of the page describes it.
type chartSpec struct {
	Mark  string `json:"mark"`  // bar, line, point, box or histogram
	X     string `json:"x"`     // a column
	Y     string `json:"y"`     // a column of numbers; empty to count customers
	How   string `json:"how"`   // aggregate of y
	Color string `json:"color"` // a column; empty for none
	Tier  string `json:"tier"`  // customers of this tier alone; empty for all
}

var marks = []string{"bar", "line", "point", "box", "histogram"}

// parseChartSpec reads a chart from an address, with defaults for what is not
// said.
func parseChartSpec(w *snapshot.Snapshot, v url.Values) chartSpec {
	d := chartSpec{Mark: cmp.Or(v.Get("mark"), "bar"), X: v.Get("x"), Y: v.Get("y"), How: cmp.Or(v.Get("how"), string(features.Mean)), Color: v.Get("color"), Tier: v.Get("tier")}
	if d.X == "" {
		d.X = "tier"
		if !v.Has("y") {
			d.Y = firstNumber(w)
			if !v.Has("color") {
				d.Color = "tier"
			}
		}
	}
	return d
}

// firstNumber is what a chart shows where nobody says what.
func firstNumber(w *snapshot.Snapshot) string {
	switch {
	case w.Subjects.Revenue != "":
		return w.Subjects.Revenue
	case len(w.Subjects.Columns) > 0:
		return w.Subjects.Columns[0]
	}
	return ""
}

func (d chartSpec) query() string {
	v := url.Values{"mark": {d.Mark}, "x": {d.X}, "y": {d.Y}, "how": {d.How}}
	if d.Color != "" {
		v.Set("color", d.Color)
	}
	if d.Tier != "" {
		v.Set("tier", d.Tier)
	}
	return v.Encode()
}

// walker returns the chart in the terse language of Graphic Walker.
func (d chartSpec) walker(l *locale) map[string]any {
	rangeName := l.T("explore.range", l.Noun(d.X))
	field := func(column string) map[string]any { return map[string]any{"field": "fid:" + column} }
	out := map[string]any{
		"mark": d.Mark, "x": field(d.X), "layout": map[string]any{"size": map[string]any{"mode": "fixed", "width": 500, "height": 520}},
	}
	y := field(d.Y)
	if d.How != string(features.Share) && d.How != "" {
		y["aggregate"] = d.How
	} else {
		y["aggregate"] = "mean"
	}
	if d.Y == "" {
		y = field("gw_count_fid")
	}
	switch d.Mark {
	case "point":
		out["mark"], out["aggregate"] = "point", false
		delete(y, "aggregate")
	case "box":
		out["mark"], out["aggregate"] = "boxplot", false
		delete(y, "aggregate")
	case "histogram":
		out["mark"] = "bar"
		out["computed"] = []any{map[string]any{"name": rangeName, "bin": map[string]any{"field": "fid:" + d.X, "count": 16}}}
		out["x"] = map[string]any{"field": rangeName}
		y = field("gw_count_fid")
	}
	out["y"] = y
	if d.Color != "" {
		out["color"] = field(d.Color)
	}
	if d.Tier != "" {
		out["filters"] = []any{map[string]any{"field": "fid:tier", "oneOf": []string{d.Tier}}}
	}
	return out
}

// chartOf draws the chart. An error is for its reader.
func chartOf(l *locale, w *snapshot.Snapshot, d chartSpec) (*chart.Chart, error) {
	set := w.Set
	if !slices.Contains(marks, d.Mark) {
		return nil, invalid("mark", "explore.mark.wrong")
	}
	x, y := set.Series(d.X), set.Series(d.Y)
	if x.IsZero() {
		return nil, invalid("x", "explore.column.wrong")
	}
	if d.Y != "" && !y.Kind().Numeric() {
		return nil, invalid("y", "explore.y.wrong")
	}
	color := set.Series(d.Color)
	if d.Color != "" && color.IsZero() {
		return nil, invalid("color", "explore.column.wrong")
	}
	how := features.Aggregate(d.How)
	if !slices.Contains(features.Aggregates(), how) {
		return nil, invalid("how", "explore.how.wrong")
	}
	tier, err := findTier(w, d.Tier)
	if err != nil {
		return nil, invalid("tier", "explore.tier.wrong")
	}
	var filters []features.Condition
	if tier != "" {
		filters = []features.Condition{{Column: "tier", Op: features.Is, Words: []string{tier}}}
	}
	rows, err := set.Where(filters...)
	if err != nil {
		return nil, err
	}
	var c *chart.Chart
	switch d.Mark {
	case "point":
		if y.IsZero() || !x.Kind().Numeric() {
			return nil, invalid("x", "explore.point.wrong")
		}
		c, _, _ = ask.Against(l, set, w.TierColor, d.X, d.Y, rows)
		return c, nil
	case "box":
		if y.IsZero() {
			return nil, invalid("y", "explore.box.wrong")
		}
		if c, err = boxChart(l, w, d, rows); err != nil {
			return nil, err
		}
	case "histogram":
		if !x.Kind().Numeric() {
			return nil, invalid("x", "explore.histogram.wrong")
		}
		groups := []ask.Group{{Color: chart.Palette(0), Rows: rows}}
		if d.Color != "" {
			levels, code, err := set.Groups(d.Color, rows)
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
		if c, err = ask.Histogram(l, set, d.X, groups); err != nil {
			return nil, err
		}
	default:
		if c, err = aggregateChart(l, w, d, how, filters); err != nil {
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

func boxChart(l *locale, w *snapshot.Snapshot, d chartSpec, rows []int) (*chart.Chart, error) {
	levels, code, err := w.Set.Groups(d.X, rows)
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
func boxLabels(l *locale) []string {
	return []string{l.T("box.least"), l.T("box.quarter"), l.T("box.median"), l.T("box.threequarters"), l.T("box.greatest")}
}

// aggregateChart is a chart of bars or lines.
func aggregateChart(l *locale, w *snapshot.Snapshot, d chartSpec, how features.Aggregate, filters []features.Condition) (*chart.Chart, error) {
	if d.Y == "" {
		how = features.Count
	}
	by := []string{d.X}
	if d.Color != "" && d.Color != d.X {
		by = append(by, d.Color)
	}
	result, err := w.Set.Query(features.Query{How: how, Measure: d.Y, By: by, Filters: filters})
	if err != nil {
		return nil, err
	}
	for j, name := range by {
		result.Levels[j] = ask.Labels(l, w.Set.Series(name), result.Levels[j])
	}
	label := l.T("how."+string(how), l.Noun(d.Y))
	if d.Y == "" {
		label = l.T("how.customers")
	}
	percent := how == features.Share || d.Y != "" && w.Set.Series(d.Y).Kind().Binary() && how == features.Mean
	kind := chart.Bar
	if d.Mark == "line" {
		kind = chart.Line
	}
	c := &chart.Chart{Title: l.Capital(l.T("explore.by", label, l.Noun(d.X))), Kind: kind, X: chart.Axis{Label: l.Noun(d.X)}, Y: chart.Axis{Label: label, Percent: percent}, Categories: result.Levels[0]}
	series := 1
	if len(by) > 1 {
		series = len(result.Levels[1])
	}
	values := make([][]float64, series)
	for k := range values {
		values[k] = make([]float64, len(c.Categories))
		for i := range values[k] {
			values[k][i] = nan
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

// A savedSpec is a chart as it is saved: of the form, or of the chart maker.
type savedSpec struct {
	Chart  *chartSpec      `json:"drawing,omitempty"`
	Walker json.RawMessage `json:"walker,omitempty"`
}

// mostSpec bounds a saved chart, in bytes.
const mostSpec = 200_000

// parseSavedSpec checks a chart that a browser sends to be saved.
func parseSavedSpec(text string) (savedSpec, error) {
	var p savedSpec
	if len(text) > mostSpec {
		return p, invalid("spec", "explore.spec.large")
	}
	var shape struct {
		Encodings map[string]json.RawMessage `json:"encodings"`
		Config    json.RawMessage            `json:"config"`
		Layout    json.RawMessage            `json:"layout"`
	}
	if err := json.Unmarshal([]byte(text), &shape); err != nil {
		return p, invalid("spec", "explore.spec.json")
	}
	if len(shape.Encodings) == 0 || shape.Config == nil || shape.Layout == nil {
		return p, invalid("spec", "explore.spec.other")
	}
	p.Walker = json.RawMessage(text)
	return p, nil
}

// nearestSpec returns the chart of the form most like a chart of the chart maker, to show where
// scripts are off.
func nearestSpec(w *snapshot.Snapshot, walker json.RawMessage) (chartSpec, bool) {
	var c struct {
		Encodings map[string]json.RawMessage `json:"encodings"`
		Config    struct {
			Geoms      []string `json:"geoms"`
			Aggregated bool     `json:"defaultAggregated"`
		} `json:"config"`
	}
	if json.Unmarshal(walker, &c) != nil {
		return chartSpec{}, false
	}
	first := func(channel string) (fid, agg string) {
		var fields []struct {
			Fid string `json:"fid"`
			Agg string `json:"aggName"`
		}
		if json.Unmarshal(c.Encodings[channel], &fields) != nil || len(fields) == 0 {
			return "", ""
		}
		return fields[0].Fid, fields[0].Agg
	}
	d := chartSpec{Mark: "bar", How: "mean"}
	d.X, _ = first("columns")
	y, agg := first("rows")
	if c := w.Set.Series(y); c.Kind().Numeric() {
		d.Y = y
		if slices.Contains(features.Aggregates(), features.Aggregate(agg)) {
			d.How = agg
		}
	}
	if color, _ := first("color"); !w.Set.Series(color).IsZero() {
		d.Color = color
	}
	if len(c.Config.Geoms) > 0 {
		switch c.Config.Geoms[0] {
		case "line", "area":
			d.Mark = "line"
		case "boxplot":
			d.Mark = "box"
		case "point", "circle", "tick":
			if x := w.Set.Series(d.X); x.Kind().Numeric() && !c.Config.Aggregated && d.Y != "" {
				d.Mark = "point"
			}
		}
	}
	return d, !w.Set.Series(d.X).IsZero()
}
