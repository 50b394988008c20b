package explore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/testdata"
)

// sample returns the bundled sample with a model.
var sample = sync.OnceValues(func() (*snapshot.Snapshot, error) {
	ctx := context.Background()
	customers, _, err := features.ReadAll(ctx, bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		return nil, err
	}
	table, err := features.Engineer(ctx, customers, features.AsOf(testdata.AsOf))
	if err != nil {
		return nil, err
	}
	result, err := segmentation.Train(ctx, table, segmentation.TrainOptions{Model: segment.TrainOptions{K: 4, Seed: 1}})
	if err != nil {
		return nil, err
	}
	return snapshot.Of(ctx, result, 1)
})

func start(t testing.TB) (*narrate.Language, *snapshot.Snapshot) {
	t.Helper()
	w, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	all, err := narrate.Read(ask.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	return all.For("en"), w
}

// A chart that is described is drawn, and its description outlasts an address and JSON.
func TestDraw(t *testing.T) {
	l, w := start(t)
	for _, d := range []Spec{
		Parse(w, nil),
		{Mark: "bar", X: "education_level", Y: "mnt_wines", How: "mean", Color: "tier"},
		{Mark: "line", X: "children", Y: "spent", How: "median", Tier: "Gold"},
		{Mark: "bar", X: "age_group", How: "count"},
		{Mark: "point", X: "income", Y: "spent", How: "mean"},
		{Mark: "box", X: "tier", Y: "age", How: "mean"},
		{Mark: "histogram", X: "age", How: "mean", Color: "tier"},
	} {
		c, err := Draw(t.Context(), l, w, d)
		if err != nil {
			t.Errorf("%+v: %v", d, err)
			continue
		}
		if err := c.Check(); err != nil || c.Title == "" || !strings.HasPrefix(c.SVG(), "<svg") {
			t.Errorf("%+v: %v, %q", d, err, c.Title)
		}
		if d.Tier != "" && !strings.HasSuffix(c.Title, ", "+d.Tier) {
			t.Errorf("%+v is called %q", d, c.Title)
		}
		v, err := url.ParseQuery(d.Query())
		if got := Parse(w, v); err != nil || got != d {
			t.Errorf("%+v is read as %+v, %v", d, got, err)
		}
		if _, err := json.Marshal(d.Walker(l)); err != nil {
			t.Errorf("%+v: %v", d, err)
		}
	}
	for _, r := range ReadyOf(l, w) {
		v, err := url.ParseQuery(r.Query)
		if err != nil {
			t.Fatal(err)
		}
		if d := Parse(w, v); d.Tier != r.Tier || r.Label == "" {
			t.Errorf("%+v", r)
		} else if _, err := Draw(t.Context(), l, w, d); err != nil {
			t.Errorf("%s: %v", r.Label, err)
		}
	}
}

// What cannot be drawn or kept says the field, and a text that there is.
func TestWrong(t *testing.T) {
	l, w := start(t)
	good := Spec{Mark: "bar", X: "tier", Y: "spent", How: "mean"}
	with := func(change func(*Spec)) Spec {
		d := good
		change(&d)
		return d
	}
	check := func(what any, err error, field string) {
		t.Helper()
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Field != field || !l.Has(e.Key) || !strings.Contains(e.Error(), e.Key) {
			t.Errorf("%v: %v", what, err)
		}
	}
	for field, d := range map[string]Spec{
		"mark":  with(func(d *Spec) { d.Mark = "pie" }),
		"x":     with(func(d *Spec) { d.X = "shoe" }),
		"y":     with(func(d *Spec) { d.Y = "tier" }),
		"color": with(func(d *Spec) { d.Color = "shoe" }),
		"how":   with(func(d *Spec) { d.How = "magic" }),
		"tier":  with(func(d *Spec) { d.Tier = "Diamond" }),
	} {
		_, err := Draw(t.Context(), l, w, d)
		check(d, err, field)
	}
	for _, mark := range []string{"point", "histogram"} {
		_, err := Draw(t.Context(), l, w, with(func(d *Spec) { d.Mark = mark }))
		check(mark, err, "x")
	}
	_, err := Draw(t.Context(), l, w, with(func(d *Spec) { d.Mark, d.Y = "box", "" }))
	check("box", err, "y")
	for _, text := range []string{"{", "null", `{"encodings":{}}`, strings.Repeat(" ", MaxSaved+1)} {
		_, err := ParseSaved(text)
		check(text[:min(20, len(text))], err, "spec")
	}
}

// The table of the chart maker has an even part of the customers, without their ids.
func TestTable(t *testing.T) {
	l, w := start(t)
	b, err := Table(w, l)
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Fields  []struct{ Fid, AnalyticType string }
		Columns [][]any
	}
	if err := json.Unmarshal(b, &table); err != nil || len(table.Fields) != len(w.Set.Columns()) || len(table.Columns) != len(table.Fields) || len(table.Columns[0]) != w.Set.Len() {
		t.Fatalf("%v: %d fields, %d columns", err, len(table.Fields), len(table.Columns))
	}
	for _, f := range table.Fields {
		if f.Fid == "id" || (f.AnalyticType == "measure") != w.Set.Series(f.Fid).Kind().Numeric() {
			t.Errorf("%+v", f)
		}
	}
}

// FuzzChart feeds the decoder of saved charts, and what draws them.
func FuzzChart(f *testing.F) {
	l, w := start(f)
	f.Add(`{"encodings":{"columns":[{"fid":"tier"}],"rows":[{"fid":"spent","aggName":"sum"}]},"config":{"geoms":["bar"]},"layout":{}}`)
	f.Add(`{"encodings":{"columns":null},"config":null,"layout":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseSaved(text)
		if err != nil {
			return
		}
		if d, ok := Nearest(w, p.Walker); ok {
			if c, err := Draw(t.Context(), l, w, d); err == nil {
				c.SVG()
			}
		}
	})
}
