package site

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"

	"github.com/customer-personality/segmentation/examples/webapp/internal/ask"
	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
	"github.com/customer-personality/segmentation/segment/plots"
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

// parseChartSpec reads a drawing from an address, with defaults for what is not
// said.
func parseChartSpec(v url.Values) chartSpec {
	d := chartSpec{Mark: v.Get("mark"), X: v.Get("x"), Y: v.Get("y"), How: v.Get("how"), Color: v.Get("color"), Tier: v.Get("tier")}
	if d.Mark == "" {
		d.Mark = "bar"
	}
	if d.X == "" {
		d.X = "tier"
		if !v.Has("y") {
			d.Y = "spent"
			if !v.Has("color") {
				d.Color = "tier"
			}
		}
	}
	if d.How == "" {
		d.How = string(data.Mean)
	}
	return d
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

// walker is the drawing in the terse language of Graphic Walker.
func (d chartSpec) walker(l *locale) map[string]any {
	rangeName := l.T("explore.range", l.Noun(d.X))
	field := func(column string) map[string]any { return map[string]any{"field": "fid:" + column} }
	out := map[string]any{
		"mark": d.Mark, "x": field(d.X), "layout": map[string]any{"size": map[string]any{"mode": "fixed", "width": 500, "height": 520}},
	}
	y := field(d.Y)
	if d.How != string(data.Share) && d.How != "" {
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

// chart draws the drawing. An error is for its reader.
func (s *Site) chartOf(r *http.Request, w *world.World, d chartSpec) (*chart.Chart, error) {
	set, l := w.Set, s.locales.of(r)
	invalid := func(field, key string, args ...any) (*chart.Chart, error) {
		return nil, refuse(http.StatusUnprocessableEntity, field, key, args...)
	}
	if !slices.Contains(marks, d.Mark) {
		return invalid("mark", "explore.mark.wrong")
	}
	x, y := set.Column(d.X), set.Column(d.Y)
	if x == nil {
		return invalid("x", "explore.column.wrong")
	}
	if d.Y != "" && (y == nil || !y.Numeric()) {
		return invalid("y", "explore.y.wrong")
	}
	color := set.Column(d.Color)
	if d.Color != "" && color == nil {
		return invalid("color", "explore.column.wrong")
	}
	how := data.Aggregate(d.How)
	if !slices.Contains(data.Aggregates(), how) {
		return invalid("how", "explore.how.wrong")
	}
	tier, err := findTier(w, d.Tier)
	if err != nil {
		return invalid("tier", "explore.tier.wrong")
	}
	var filters []data.Filter
	if tier != "" {
		filters = []data.Filter{{Column: "tier", Op: data.Is, Words: []string{tier}}}
	}
	rows, err := set.Rows(filters...)
	if err != nil {
		return nil, err
	}
	var c *chart.Chart
	switch d.Mark {
	case "point":
		if y == nil || !x.Numeric() {
			return invalid("x", "explore.point.wrong")
		}
		c, _, _ = ask.Against(l, w.Answerer, d.X, d.Y, rows)
		return c, nil
	case "box":
		if y == nil {
			return invalid("y", "explore.box.wrong")
		}
		if c, err = s.boxChart(l, w, d, rows); err != nil {
			return nil, err
		}
	case "histogram":
		if !x.Numeric() {
			return invalid("x", "explore.histogram.wrong")
		}
		groups, names, colors := map[string][]int{"": rows}, []string{""}, []plots.Color{chart.Palette(0)}
		if d.Color != "" {
			levels, code, err := set.Groups(d.Color, rows)
			if err != nil {
				return nil, err
			}
			groups, names, colors = map[string][]int{}, ask.Labels(l, color, levels), nil
			for _, i := range rows {
				if k := code(i); k >= 0 {
					groups[names[k]] = append(groups[names[k]], i)
				}
			}
			for k := range levels {
				colors = append(colors, colorOf(w, d.Color, levels[k], k))
			}
		}
		if c, err = ask.Histogram(l, set, d.X, groups, names, colors); err != nil {
			return nil, err
		}
	default:
		if c, err = s.aggregateChart(r, w, d, how, filters); err != nil {
			return nil, err
		}
	}
	if tier != "" {
		c.Title += ", " + tier
	}
	return c, nil
}

func colorOf(w *world.World, column, level string, k int) plots.Color {
	if column == "tier" {
		return w.TierColor(level)
	}
	return chart.Palette(k)
}

func (s *Site) boxChart(l *locale, w *world.World, d chartSpec, rows []int) (*chart.Chart, error) {
	levels, code, err := w.Set.Groups(d.X, rows)
	if err != nil {
		return nil, err
	}
	values := make([][]float64, len(levels))
	numbers := w.Set.Column(d.Y).Numbers
	for _, i := range rows {
		if k := code(i); k >= 0 && numbers[i] == numbers[i] {
			values[k] = append(values[k], numbers[i])
		}
	}
	levels = ask.Labels(l, w.Set.Column(d.X), levels)
	c := &chart.Chart{Title: l.Capital(l.T("explore.by", l.Noun(d.Y), l.Noun(d.X))), Kind: chart.Box, Words: boxLabels(l), X: chart.Axis{Label: l.Noun(d.X)}, Y: chart.Axis{Label: l.Axis(d.Y)}}
	for k, v := range values {
		if len(v) == 0 {
			continue
		}
		five := make([]float64, 5)
		for i := range five {
			five[i] = data.Quantile(v, float64(i)/4)
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
func (s *Site) aggregateChart(r *http.Request, w *world.World, d chartSpec, how data.Aggregate, filters []data.Filter) (*chart.Chart, error) {
	l := s.locales.of(r)
	if d.Y == "" {
		how = data.Count
	}
	by := []string{d.X}
	if d.Color != "" && d.Color != d.X {
		by = append(by, d.Color)
	}
	result, err := w.Set.Run(data.Query{How: how, Measure: d.Y, By: by, Filters: filters})
	if err != nil {
		return nil, err
	}
	for j, name := range by {
		result.Levels[j] = ask.Labels(l, w.Set.Column(name), result.Levels[j])
	}
	label := l.T("how."+string(how), l.Noun(d.Y))
	if d.Y == "" {
		label = l.T("how.customers")
	}
	percent := how == data.Share || d.Y != "" && w.Set.Column(d.Y).Flag && how == data.Mean
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

// parseSavedSpec checks a chart that a browser sends to be saved. The error is the name
// of a text.
func parseSavedSpec(text string) (savedSpec, error) {
	var p savedSpec
	if len(text) > mostSpec {
		return p, errors.New("explore.spec.large")
	}
	var shape struct {
		Encodings map[string]json.RawMessage `json:"encodings"`
		Config    json.RawMessage            `json:"config"`
		Layout    json.RawMessage            `json:"layout"`
	}
	if err := json.Unmarshal([]byte(text), &shape); err != nil {
		return p, errors.New("explore.spec.json")
	}
	if len(shape.Encodings) == 0 || shape.Config == nil || shape.Layout == nil {
		return p, errors.New("explore.spec.other")
	}
	p.Walker = json.RawMessage(text)
	return p, nil
}

// nearest is the drawing most like a chart of the chart maker, to show where
// scripts are off.
func nearestSpec(w *world.World, walker json.RawMessage) (chartSpec, bool) {
	var c struct {
		Config struct {
			Geoms      []string `json:"geoms"`
			Aggregated bool     `json:"defaultAggregated"`
		}
	}
	var loose struct {
		Encodings map[string]json.RawMessage `json:"encodings"`
		Config    json.RawMessage            `json:"config"`
	}
	if json.Unmarshal(walker, &loose) != nil || json.Unmarshal(loose.Config, &c.Config) != nil {
		return chartSpec{}, false
	}
	first := func(channel string) (fid, agg string) {
		var fields []struct {
			Fid string `json:"fid"`
			Agg string `json:"aggName"`
		}
		if json.Unmarshal(loose.Encodings[channel], &fields) != nil || len(fields) == 0 {
			return "", ""
		}
		return fields[0].Fid, fields[0].Agg
	}
	d := chartSpec{Mark: "bar", How: "mean"}
	d.X, _ = first("columns")
	y, agg := first("rows")
	if c := w.Set.Column(y); c != nil && c.Numeric() {
		d.Y = y
		if slices.Contains(data.Aggregates(), data.Aggregate(agg)) {
			d.How = agg
		}
	}
	if color, _ := first("color"); w.Set.Column(color) != nil {
		d.Color = color
	}
	if len(c.Config.Geoms) > 0 {
		switch c.Config.Geoms[0] {
		case "line", "area":
			d.Mark = "line"
		case "boxplot":
			d.Mark = "box"
		case "point", "circle", "tick":
			if x := w.Set.Column(d.X); x != nil && x.Numeric() && !c.Config.Aggregated && d.Y != "" {
				d.Mark = "point"
			}
		}
	}
	return d, w.Set.Column(d.X) != nil
}

type choice struct {
	Value, Label string
	Chosen       bool
}

type explorePage struct {
	Spec     chartSpec
	Chart    *chart.Chart
	Error    string
	Field    string
	Marks    []choice
	Columns  []choice
	Numbers  []choice
	Colors   []choice
	Hows     []choice
	Tiers    []choice
	Ready    []readyChart
	Saved    []savedChart
	Current  savedChart // the saved chart that is shown
	Walker   any
	Theme    any
	Query    string
	Stripped bool // whether the table holds a part of the customers only
}

// Files are the forms in which the chart can be taken along.
func (p explorePage) Files() []string { return []string{"png", "svg", "csv"} }

type readyChart struct{ Tier, Label, Query string }

// readyCharts are charts to start from.
func (s *Site) readyCharts(r *http.Request, w *world.World) []readyChart {
	l := s.locales.of(r)
	out := []readyChart{
		{"", l.T("ready.spending"), chartSpec{Mark: "bar", X: "tier", Y: "spent", How: "mean", Color: "tier"}.query()},
		{"", l.T("ready.income"), chartSpec{Mark: "point", X: "income", Y: "spent", How: "mean", Color: "tier"}.query()},
		{"", l.T("ready.age"), chartSpec{Mark: "box", X: "tier", Y: "age", How: "mean"}.query()},
		{"", l.T("ready.campaign"), chartSpec{Mark: "bar", X: "education_level", Y: "response", How: "mean", Color: "tier"}.query()},
	}
	for _, t := range w.Set.Tiers {
		out = append(out,
			readyChart{t, l.T("ready.wine"), chartSpec{Mark: "bar", X: "education_level", Y: "mnt_wines", How: "mean", Tier: t}.query()},
			readyChart{t, l.T("ready.tierage"), chartSpec{Mark: "histogram", X: "age", How: "mean", Tier: t}.query()},
			readyChart{t, l.T("ready.children"), chartSpec{Mark: "bar", X: "children", Y: "spent", How: "mean", Tier: t}.query()},
		)
	}
	return out
}

func (s *Site) explore(w http.ResponseWriter, r *http.Request, world *world.World) error {
	d := parseChartSpec(r.URL.Query())
	if format := r.URL.Query().Get("format"); format != "" {
		return s.exploreFile(w, r, world, d, format)
	}
	return s.showExplore(w, r, world, d, d.walker(s.locales.of(r)), savedChart{})
}

// exploreFile returns the chart of the form as SVG, PNG or CSV.
func (s *Site) exploreFile(w http.ResponseWriter, r *http.Request, world *world.World, d chartSpec, format string) error {
	var b bytes.Buffer
	c, err := s.chartOf(r, world, d)
	switch {
	case err != nil:
	case format == "csv":
		err = c.WriteCSV(&b)
	case format == "svg", format == "png":
		err = writePicture(&b, c.In(s.locales.of(r).Decimal()), format)
	default:
		err = errNotFound
	}
	if err != nil {
		return err
	}
	send(w, &b, "chart", format)
	return nil
}

func (s *Site) showExplore(w http.ResponseWriter, r *http.Request, world *world.World, d chartSpec, walker any, current savedChart) error {
	l := s.locales.of(r)
	p := explorePage{Spec: d, Walker: walker, Current: current, Query: d.query(), Stripped: world.Set.Len() > mostRows}
	title := cmp.Or(current.Name, l.T("explore.title"))
	status := http.StatusOK
	var err error
	if p.Chart, err = s.chartOf(r, world, d); err != nil {
		var wrong *problem
		if !errors.As(err, &wrong) {
			return err
		}
		status, p.Error, p.Field = wrong.status, s.t(r, wrong.key, wrong.args...), wrong.Field
		p.Walker = parseChartSpec(nil).walker(l)
	}
	for _, m := range marks {
		p.Marks = append(p.Marks, choice{m, l.T("mark." + m), m == d.Mark})
	}
	for _, c := range world.Set.Columns() {
		noun := l.Noun(c.Name)
		p.Columns = append(p.Columns, choice{c.Name, noun, c.Name == d.X})
		if c.Numeric() {
			p.Numbers = append(p.Numbers, choice{c.Name, noun, c.Name == d.Y})
		} else {
			p.Colors = append(p.Colors, choice{c.Name, noun, c.Name == d.Color})
		}
	}
	for _, h := range data.Aggregates() {
		p.Hows = append(p.Hows, choice{string(h), l.T("aggregate." + string(h)), string(h) == d.How})
	}
	for _, t := range world.Set.Tiers {
		p.Tiers = append(p.Tiers, choice{t, t, t == d.Tier})
	}
	p.Ready = s.readyCharts(r, world)
	if p.Saved, err = s.records.charts(r.Context()); err != nil {
		return err
	}
	p.Theme = theme(world)
	w.Header().Set("Content-Security-Policy", makerPolicy)
	return s.show(w, r, status, "explore", title, p)
}

// theme is the colours of the page for the chart maker; they are those of
// static/style.css.
func theme(w *world.World) map[string]any {
	tiers := map[string]plots.Color{}
	for _, t := range w.Set.Tiers {
		tiers[t] = w.TierColor(t)
	}
	var palette []plots.Color
	for i := range 8 {
		palette = append(palette, chart.Palette(i))
	}
	return map[string]any{
		"light": map[string]string{"surface": "#ffffff", "ink": "#1d232b", "accent": "#1f5f8b", "onaccent": "#ffffff", "quiet": "#eef2f5", "soft": "#57616d", "line": "#d3dae1"},
		"dark":  map[string]string{"surface": "#171d25", "ink": "#e8ecf1", "accent": "#7cb8e4", "onaccent": "#0f141a", "quiet": "#232b35", "soft": "#a3aebb", "line": "#36414d"},
		"tiers": tiers, "order": w.Set.Tiers, "categories": palette,
	}
}

func (s *Site) exploreSaved(w http.ResponseWriter, r *http.Request, world *world.World) error {
	c, err := s.records.chart(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	var p savedSpec
	if err := json.Unmarshal([]byte(c.Spec), &p); err != nil {
		return err
	}
	if p.Chart != nil {
		return s.showExplore(w, r, world, *p.Chart, p.Chart.walker(s.locales.of(r)), c)
	}
	d, ok := nearestSpec(world, p.Walker)
	if !ok {
		d = parseChartSpec(nil)
	}
	return s.showExplore(w, r, world, d, p.Walker, c)
}

// exploreSave keeps a chart, of the chart maker where there is a spec, else of
// the form.
func (s *Site) exploreSave(w http.ResponseWriter, r *http.Request, world *world.World) error {
	name := cleanText(r.PostForm.Get("name"), mostTitle)
	if name == "" {
		return refuse(http.StatusUnprocessableEntity, "name", "explore.unnamed")
	}
	var p savedSpec
	if text := r.PostForm.Get("spec"); text != "" {
		var err error
		if p, err = parseSavedSpec(text); err != nil {
			return refuse(http.StatusUnprocessableEntity, "spec", err.Error())
		}
	} else {
		d := parseChartSpec(r.PostForm)
		if _, err := s.chartOf(r, world, d); err != nil {
			return err
		}
		p.Chart = &d
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	id, err := s.records.saveChart(r.Context(), name, string(b))
	if err != nil {
		return err
	}
	return redirect(w, r, "/explore/"+id)
}

func (s *Site) exploreDelete(w http.ResponseWriter, r *http.Request, _ *world.World) error {
	return s.removed(w, r, s.records.removeChart(r.Context(), r.PathValue("id")), didDropChart, "/explore")
}

// mostRows bounds the table that the chart maker gets.
const mostRows = 5000

// exploreTable is the merged table for the chart maker, without the numbers of
// the customers.
func (s *Site) exploreTable(w http.ResponseWriter, r *http.Request, world *world.World) error {
	l := s.locales.of(r)
	b, err := s.tables.get(world, l.Lang, func() ([]byte, error) { return makerTable(world, l) })
	if err != nil {
		return err
	}
	s.noteInBackground(r, didTable, auditDetail{Count: min(mostRows, world.Set.Len())})
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b)
	return nil
}

// makerTable returns the table in the language of the chart maker.
func makerTable(w *world.World, l *locale) ([]byte, error) {
	type field struct {
		Fid          string `json:"fid"`
		Name         string `json:"name"`
		SemanticType string `json:"semanticType"`
		AnalyticType string `json:"analyticType"`
	}
	var fields []field
	for _, c := range w.Set.Columns() {
		f := field{c.Name, l.Noun(c.Name), "nominal", "dimension"}
		if c.Numeric() {
			f.SemanticType, f.AnalyticType = "quantitative", "measure"
		}
		fields = append(fields, f)
	}
	step := max(1, (w.Set.Len()+mostRows-1)/mostRows)
	var rows []map[string]any
	for i := 0; i < w.Set.Len(); i += step {
		row := map[string]any{}
		for _, c := range w.Set.Columns() {
			switch {
			case !c.Numeric():
				row[c.Name] = c.Level(i)
			case c.Numbers[i] == c.Numbers[i]:
				row[c.Name] = c.Numbers[i]
			default:
				row[c.Name] = nil
			}
		}
		rows = append(rows, row)
	}
	return json.Marshal(map[string]any{"fields": fields, "rows": rows})
}
