// Package explore draws the charts that readers describe: a mark, the columns, how
// they are aggregated.
package explore

import (
	"cmp"
	"embed"
	"net/url"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// Texts are the texts of the charts, by language, for [narrate.Read], behind those of
// package ask.
//
//go:embed *.json
var Texts embed.FS

// An Error says that a chart cannot be drawn or kept as it is described.
type Error struct {
	Field string // of the [Spec], by its name in an address
	Key   string // of the text that says why, see Texts
}

// Error returns the field and the key of the text.
func (e *Error) Error() string { return "explore: " + e.Field + ": " + e.Key }

func wrong(field, key string) error { return &Error{Field: field, Key: key} }

// A Spec is a chart as the form of the page describes it.
type Spec struct {
	Mark  string `json:"mark"`  // bar, line, point, box or histogram
	X     string `json:"x"`     // a column
	Y     string `json:"y"`     // a column of numbers; empty to count customers
	How   string `json:"how"`   // aggregate of y
	Color string `json:"color"` // a column; empty for none
	Tier  string `json:"tier"`  // customers of this tier alone; empty for all
}

// Marks are the kinds of charts.
var Marks = []string{"bar", "line", "point", "box", "histogram"}

// Parse reads a chart from an address, with defaults for what is not
// said.
func Parse(w *snapshot.Snapshot, v url.Values) Spec {
	d := Spec{Mark: cmp.Or(v.Get("mark"), "bar"), X: v.Get("x"), Y: v.Get("y"), How: cmp.Or(v.Get("how"), string(features.Mean)), Color: v.Get("color"), Tier: v.Get("tier")}
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

// Query returns the chart as [Parse] reads it.
func (d Spec) Query() string {
	v := url.Values{"mark": {d.Mark}, "x": {d.X}, "y": {d.Y}, "how": {d.How}}
	if d.Color != "" {
		v.Set("color", d.Color)
	}
	if d.Tier != "" {
		v.Set("tier", d.Tier)
	}
	return v.Encode()
}

// Walker returns the chart in the terse language of Graphic Walker.
func (d Spec) Walker(l *narrate.Language) map[string]any {
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
