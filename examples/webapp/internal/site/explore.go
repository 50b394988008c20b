package site

import (
	"bytes"
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
func (s *Site) readyCharts(r *http.Request, w *snapshot.Snapshot) []readyChart {
	l := s.locales.of(r)
	out := []readyChart{
		{"", l.T("ready.spending"), chartSpec{Mark: "bar", X: "tier", Y: "spent", How: "mean", Color: "tier"}.query()},
		{"", l.T("ready.income"), chartSpec{Mark: "point", X: "income", Y: "spent", How: "mean", Color: "tier"}.query()},
		{"", l.T("ready.age"), chartSpec{Mark: "box", X: "tier", Y: "age", How: "mean"}.query()},
		{"", l.T("ready.campaign"), chartSpec{Mark: "bar", X: "education_level", Y: "response", How: "mean", Color: "tier"}.query()},
	}
	for _, t := range w.Tiers {
		out = append(out,
			readyChart{t, l.T("ready.wine"), chartSpec{Mark: "bar", X: "education_level", Y: "mnt_wines", How: "mean", Tier: t}.query()},
			readyChart{t, l.T("ready.tierage"), chartSpec{Mark: "histogram", X: "age", How: "mean", Tier: t}.query()},
			readyChart{t, l.T("ready.children"), chartSpec{Mark: "bar", X: "children", Y: "spent", How: "mean", Tier: t}.query()},
		)
	}
	return out
}

func (s *Site) explore(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	d := parseChartSpec(r.URL.Query())
	if format := r.URL.Query().Get("format"); format != "" {
		return s.exploreFile(w, r, snap, d, format)
	}
	return s.showExplore(w, r, snap, d, d.walker(s.locales.of(r)), savedChart{})
}

// exploreFile returns the chart of the form as SVG, PNG or CSV.
func (s *Site) exploreFile(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot, d chartSpec, format string) error {
	var b bytes.Buffer
	c, err := s.chartOf(r, snap, d)
	switch {
	case err != nil:
	case format == "csv":
		err = c.WriteCSV(&b)
	case format == "svg", format == "png":
		err = c.In(s.locales.of(r)).Write(&b, plots.Format(format))
	default:
		err = errNotFound
	}
	if err != nil {
		return err
	}
	send(w, &b, "chart", format)
	return nil
}

func (s *Site) showExplore(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot, d chartSpec, walker any, current savedChart) error {
	l := s.locales.of(r)
	p := explorePage{Spec: d, Walker: walker, Current: current, Query: d.query(), Stripped: snap.Set.Len() > mostRows}
	title := cmp.Or(current.Name, l.T("explore.title"))
	status := http.StatusOK
	var err error
	if p.Chart, err = s.chartOf(r, snap, d); err != nil {
		wrong, ok := errors.AsType[*problem](err)
		if !ok {
			return err
		}
		status, p.Error, p.Field = wrong.status, s.t(r, wrong.key, wrong.args...), wrong.Field
		p.Walker = parseChartSpec(nil).walker(l)
	}
	for _, m := range marks {
		p.Marks = append(p.Marks, choice{m, l.T("mark." + m), m == d.Mark})
	}
	for _, c := range snap.Set.Columns() {
		noun := l.Noun(c.Name)
		p.Columns = append(p.Columns, choice{c.Name, noun, c.Name == d.X})
		if c.Kind.Numeric() {
			p.Numbers = append(p.Numbers, choice{c.Name, noun, c.Name == d.Y})
		} else {
			p.Colors = append(p.Colors, choice{c.Name, noun, c.Name == d.Color})
		}
	}
	for _, h := range features.Aggregates() {
		p.Hows = append(p.Hows, choice{string(h), l.T("aggregate." + string(h)), string(h) == d.How})
	}
	for _, t := range snap.Tiers {
		p.Tiers = append(p.Tiers, choice{t, t, t == d.Tier})
	}
	p.Ready = s.readyCharts(r, snap)
	if p.Saved, err = s.records.charts(r.Context()); err != nil {
		return err
	}
	p.Theme = theme(snap)
	w.Header().Set("Content-Security-Policy", makerPolicy)
	return s.show(w, r, status, "explore", title, p)
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

func (s *Site) exploreSaved(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	c, err := s.records.chart(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	var p savedSpec
	if err := json.Unmarshal([]byte(c.Spec), &p); err != nil {
		return err
	}
	if p.Chart != nil {
		return s.showExplore(w, r, snap, *p.Chart, p.Chart.walker(s.locales.of(r)), c)
	}
	d, ok := nearestSpec(snap, p.Walker)
	if !ok {
		d = parseChartSpec(nil)
	}
	return s.showExplore(w, r, snap, d, p.Walker, c)
}

// exploreSave keeps a chart, of the chart maker where there is a spec, else of
// the form.
func (s *Site) exploreSave(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
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
		if _, err := s.chartOf(r, snap, d); err != nil {
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

func (s *Site) exploreDelete(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	return s.removed(w, r, s.records.removeChart(r.Context(), r.PathValue("id")), didDropChart, "/explore")
}

// mostRows bounds the table that the chart maker gets.
const mostRows = 5000

// exploreTable is the merged table for the chart maker, without the numbers of
// the customers.
func (s *Site) exploreTable(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	l := s.locales.of(r)
	b, err := s.tables.get(snap, l.Lang, func() ([]byte, error) { return makerTable(snap, l) })
	if err != nil {
		return err
	}
	s.noteInBackground(r, didTable, auditDetail{Count: min(mostRows, snap.Set.Len())})
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b)
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
