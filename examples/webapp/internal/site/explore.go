package site

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

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
func readyCharts(l *locale, w *snapshot.Snapshot) []readyChart {
	if !w.Campaign {
		return readyOfColumns(l, w)
	}
	tiers := w.Tiers
	out := []readyChart{
		{"", l.T("ready.spending"), chartSpec{Mark: "bar", X: "tier", Y: "spent", How: "mean", Color: "tier"}.query()},
		{"", l.T("ready.income"), chartSpec{Mark: "point", X: "income", Y: "spent", How: "mean", Color: "tier"}.query()},
		{"", l.T("ready.age"), chartSpec{Mark: "box", X: "tier", Y: "age", How: "mean"}.query()},
		{"", l.T("ready.campaign"), chartSpec{Mark: "bar", X: "education_level", Y: "response", How: "mean", Color: "tier"}.query()},
	}
	for _, t := range tiers {
		out = append(out,
			readyChart{t, l.T("ready.wine"), chartSpec{Mark: "bar", X: "education_level", Y: "mnt_wines", How: "mean", Tier: t}.query()},
			readyChart{t, l.T("ready.tierage"), chartSpec{Mark: "histogram", X: "age", How: "mean", Tier: t}.query()},
			readyChart{t, l.T("ready.children"), chartSpec{Mark: "bar", X: "children", Y: "spent", How: "mean", Tier: t}.query()},
		)
	}
	return out
}

// readyOfColumns are charts of the columns that there are.
func readyOfColumns(l *locale, w *snapshot.Snapshot) (out []readyChart) {
	numbers := w.Subjects.Columns[:min(3, len(w.Subjects.Columns))]
	for _, name := range numbers {
		out = append(out,
			readyChart{"", l.Capital(l.T("explore.by", l.T("how.mean", l.Noun(name)), l.Noun("tier"))), chartSpec{Mark: "bar", X: "tier", Y: name, How: "mean", Color: "tier"}.query()},
			readyChart{"", l.T("ask.q.spread", l.Noun(name)), chartSpec{Mark: "histogram", X: name, How: "mean"}.query()},
		)
	}
	if len(numbers) > 1 {
		out = append(out, readyChart{"", l.Capital(l.T("ask.q.against", l.Noun(numbers[0]), l.Noun(numbers[1]))), chartSpec{Mark: "point", X: numbers[0], Y: numbers[1], How: "mean", Color: "tier"}.query()})
	}
	return out
}

func (s *Site) explore(r *request) error {
	d := parseChartSpec(r.snap, r.URL.Query())
	format := r.URL.Query().Get("format")
	if format == "" {
		return s.showExplore(r, d, d.walker(r.l), savedChart{})
	}
	c, err := chartOf(r.l, r.snap, d)
	if err != nil {
		return err
	}
	b, err := drawn(c.In(r.l), format, explorePage{}.Files())
	if err != nil {
		return err
	}
	return r.send(b, "chart", format)
}

func (s *Site) showExplore(r *request, d chartSpec, walker any, current savedChart) error {
	p := explorePage{Spec: d, Walker: walker, Current: current, Query: d.query(), Stripped: r.snap.Set.Len() > mostRows, Ready: readyCharts(r.l, r.snap), Theme: theme(r.snap)}
	title := cmp.Or(current.Name, r.l.T("explore.title"))
	status := http.StatusOK
	var err error
	if p.Chart, err = chartOf(r.l, r.snap, d); err != nil {
		wrong, ok := errors.AsType[*problem](err)
		if !ok {
			return err
		}
		status, p.Error, p.Field = wrong.status, r.l.T(wrong.key, wrong.args...), wrong.Field
		p.Walker = parseChartSpec(r.snap, nil).walker(r.l)
	}
	named := func(prefix string) func(string) string { return func(v string) string { return r.l.T(prefix + v) } }
	p.Marks, p.Hows = choices(marks, d.Mark, named("mark.")), choices(features.Aggregates(), d.How, named("aggregate."))
	p.Tiers = choices(r.snap.Tiers, d.Tier, func(t string) string { return t })
	var columns, numbers, words []string
	for _, c := range r.snap.Set.Columns() {
		columns = append(columns, c.Name)
		if c.Kind.Numeric() {
			numbers = append(numbers, c.Name)
		} else {
			words = append(words, c.Name)
		}
	}
	p.Columns, p.Numbers, p.Colors = choices(columns, d.X, r.l.Noun), choices(numbers, d.Y, r.l.Noun), choices(words, d.Color, r.l.Noun)
	if p.Saved, err = s.records.charts(r.Context(), r.set.ID); err != nil {
		return err
	}
	r.w.Header().Set("Content-Security-Policy", makerPolicy)
	return s.show(r, status, "explore", title, p)
}

func choices[T ~string](values []T, chosen string, label func(string) string) []choice {
	var out []choice
	for _, v := range values {
		out = append(out, choice{string(v), label(string(v)), string(v) == chosen})
	}
	return out
}

// theme is the colours of the page for the chart maker; they are those of
// static/style.css.
func theme(w *snapshot.Snapshot) map[string]any {
	tiers := map[string]plots.Color{}
	for _, t := range w.Tiers {
		tiers[t] = w.TierColor(t)
	}
	var palette []plots.Color
	for i := range 8 {
		palette = append(palette, chart.Palette(i))
	}
	return map[string]any{
		"light": map[string]string{"surface": "#ffffff", "ink": "#1d232b", "accent": "#1f5f8b", "onaccent": "#ffffff", "quiet": "#eef2f5", "soft": "#57616d", "line": "#d3dae1"},
		"dark":  map[string]string{"surface": "#171d25", "ink": "#e8ecf1", "accent": "#7cb8e4", "onaccent": "#0f141a", "quiet": "#232b35", "soft": "#a3aebb", "line": "#36414d"},
		"tiers": tiers, "order": w.Tiers, "categories": palette,
	}
}

func (s *Site) exploreSaved(r *request) error {
	c, err := s.records.chart(r.Context(), r.PathValue("id"))
	if err == nil && c.Dataset != r.set.ID {
		if err = s.turnTo(r, c.Dataset); err == nil && r.snap == nil {
			err = errNotFound
		}
	}
	if err != nil {
		return err
	}
	var p savedSpec
	if err := json.Unmarshal([]byte(c.Spec), &p); err != nil {
		return err
	}
	if p.Chart != nil {
		return s.showExplore(r, *p.Chart, p.Chart.walker(r.l), c)
	}
	d, ok := nearestSpec(r.snap, p.Walker)
	if !ok {
		d = parseChartSpec(r.snap, nil)
	}
	return s.showExplore(r, d, p.Walker, c)
}

// exploreSave keeps a chart, of the chart maker where there is a spec, else of
// the form.
func (s *Site) exploreSave(r *request) (string, error) {
	name := cleanText(r.PostForm.Get("name"), mostTitle)
	if name == "" {
		return "", invalid("name", "explore.unnamed")
	}
	var p savedSpec
	var err error
	if text := r.PostForm.Get("spec"); text != "" {
		p, err = parseSavedSpec(text)
	} else {
		d := parseChartSpec(r.snap, r.PostForm)
		_, err = chartOf(r.l, r.snap, d)
		p.Chart = &d
	}
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	id, err := s.records.saveChart(r.Context(), r.set.ID, name, string(b))
	return "/explore/" + id, err
}

// mostRows bounds the table that the chart maker gets.
const mostRows = 5000

// exploreTable is the merged table for the chart maker, without the numbers of
// the customers.
func (s *Site) exploreTable(r *request) error {
	b, err := r.set.tables.get(r.snap, r.l.Lang, func() ([]byte, error) { return makerTable(r.snap, r.l) })
	if err != nil {
		return err
	}
	s.noteInBackground(r, didTable, auditDetail{Count: min(mostRows, r.snap.Set.Len())})
	r.w.Header().Set("Content-Type", "application/json")
	_, _ = r.w.Write(b)
	return nil
}

// makerTable returns the table in the language of the chart maker.
func makerTable(w *snapshot.Snapshot, l *locale) ([]byte, error) {
	type field struct {
		Fid          string `json:"fid"`
		Name         string `json:"name"`
		SemanticType string `json:"semanticType"`
		AnalyticType string `json:"analyticType"`
	}
	var fields []field
	var columns []features.Series
	for _, c := range w.Set.Columns() {
		columns = append(columns, w.Set.Series(c.Name))
		f := field{c.Name, l.Noun(c.Name), "nominal", "dimension"}
		if c.Kind.Numeric() {
			f.SemanticType, f.AnalyticType = "quantitative", "measure"
		}
		fields = append(fields, f)
	}
	step := max(1, (w.Set.Len()+mostRows-1)/mostRows)
	var rows []map[string]any
	for i := 0; i < w.Set.Len(); i += step {
		row := map[string]any{}
		for _, c := range columns {
			switch {
			case !c.Kind().Numeric():
				row[c.Name()] = c.Word(i)
			case c.Missing(i):
				row[c.Name()] = nil
			default:
				row[c.Name()] = c.Number(i)
			}
		}
		rows = append(rows, row)
	}
	return json.Marshal(map[string]any{"fields": fields, "rows": rows})
}
