package explore

import (
	"encoding/json"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// A Saved is a chart as it is saved: of the form, or of the chart maker.
type Saved struct {
	Chart  *Spec           `json:"drawing,omitempty"`
	Walker json.RawMessage `json:"walker,omitempty"`
}

// MaxSaved bounds a saved chart, in bytes.
const MaxSaved = 200_000

// ParseSaved checks a chart that a browser sends to be saved.
func ParseSaved(text string) (Saved, error) {
	var p Saved
	if len(text) > MaxSaved {
		return p, wrong("spec", "explore.spec.large")
	}
	var shape struct {
		Encodings map[string]json.RawMessage `json:"encodings"`
		Config    json.RawMessage            `json:"config"`
		Layout    json.RawMessage            `json:"layout"`
	}
	if err := json.Unmarshal([]byte(text), &shape); err != nil {
		return p, wrong("spec", "explore.spec.json")
	}
	if len(shape.Encodings) == 0 || shape.Config == nil || shape.Layout == nil {
		return p, wrong("spec", "explore.spec.other")
	}
	p.Walker = json.RawMessage(text)
	return p, nil
}

// Nearest returns the chart of the form most like a chart of the chart maker, to show where
// scripts are off.
func Nearest(w *snapshot.Snapshot, walker json.RawMessage) (Spec, bool) {
	var c struct {
		Encodings map[string]json.RawMessage `json:"encodings"`
		Config    struct {
			Geoms      []string `json:"geoms"`
			Aggregated bool     `json:"defaultAggregated"`
		} `json:"config"`
	}
	if json.Unmarshal(walker, &c) != nil {
		return Spec{}, false
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
	d := Spec{Mark: "bar", How: "mean"}
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

// MaxRows bounds the table that the chart maker gets.
const MaxRows = 5000

// Table returns the table in the language of the chart maker: its fields, and the
// values of each.
func Table(w *snapshot.Snapshot, l *narrate.Language) ([]byte, error) {
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
	step := max(1, (w.Set.Len()+MaxRows-1)/MaxRows)
	values := make([][]any, len(columns))
	for j, c := range columns {
		for i := 0; i < w.Set.Len(); i += step {
			switch {
			case !c.Kind().Numeric():
				values[j] = append(values[j], c.Word(i))
			case c.Missing(i):
				values[j] = append(values[j], nil)
			default:
				values[j] = append(values[j], c.Number(i))
			}
		}
	}
	return json.Marshal(map[string]any{"fields": fields, "columns": values})
}

// mostOrdered bounds the words of a column whose order the chart maker gets.
const mostOrdered = 100

// Theme is the colours of the page for the chart maker, which are those of
// static/style.css, and the order of the words of each column.
func Theme(w *snapshot.Snapshot) map[string]any {
	tiers := map[string]plots.Color{}
	for _, t := range w.Tiers {
		tiers[t] = w.TierColor(t)
	}
	words := map[string][]string{"tier": w.Tiers}
	for _, c := range w.Set.Columns() {
		if levels := w.Set.Series(c.Name).Levels(); words[c.Name] == nil && len(levels) > 0 && len(levels) <= mostOrdered {
			words[c.Name] = levels
		}
	}
	var palette []plots.Color
	for i := range 8 {
		palette = append(palette, chart.Palette(i))
	}
	return map[string]any{
		"light": map[string]string{"surface": "#ffffff", "ink": "#1d232b", "accent": "#1f5f8b", "onaccent": "#ffffff", "quiet": "#eef2f5", "soft": "#57616d", "line": "#d3dae1"},
		"dark":  map[string]string{"surface": "#171d25", "ink": "#e8ecf1", "accent": "#7cb8e4", "onaccent": "#0f141a", "quiet": "#232b35", "soft": "#a3aebb", "line": "#36414d"},
		"tiers": tiers, "order": w.Tiers, "words": words, "categories": palette,
	}
}
