package textreport

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/segment"
)

// Scores say what is written of customers who were scored, beside their places in the
// model: all columns of the file or, where Chosen, those to keep.
type Scores struct {
	Keep   []string
	Chosen bool
}

// own are the names of the columns that come first.
var own = []string{"id", "cluster", "tier", "distance", "margin", "warnings"}

// isIDs reports whether a column id of the file is the one of the ids: by the model or,
// of a campaign in text, by the schema. It is so in all blocks or none.
func isIDs(model *segment.Model, id features.Series) bool {
	if model.ID() != "" {
		return features.SameName(model.ID(), "id")
	}
	_, err := features.Select(model.Columns()...)
	return id.Kind() == features.Identifier || id.Kind() == features.FreeText && err == nil
}

// kept returns the columns of the file that the result has, under the names that they
// have there. A column id that is the one of the ids is there already.
func (o Scores) kept(r *segmentation.Result) (names []string, columns []features.Series, err error) {
	t := r.Table
	if o.Chosen {
		if t, err = t.Select(o.Keep...); err != nil {
			return nil, nil, err
		}
	}
	taken := map[string]bool{}
	for _, name := range append(t.ColumnNames(), own...) {
		taken[name] = true
	}
	for _, name := range t.ColumnNames() {
		s := t.Series(name)
		if name == "id" && isIDs(r.Model, s) {
			continue
		}
		if name == "id" || slices.ContainsFunc(own[1:], func(o string) bool { return strings.EqualFold(o, name) }) {
			base := name
			for name = base + " (file)"; taken[name]; {
				name += "′"
			}
			taken[name] = true
		}
		names, columns = append(names, name), append(columns, s)
	}
	return names, columns, nil
}

// CSV returns a function that writes results one after another as CSV.
func (o Scores) CSV(ctx context.Context, w io.Writer) func(*segmentation.Result) error {
	started := false
	text := func(name string, of func(segment.Prediction) string, r *segmentation.Result) features.Series {
		words := make([]string, len(r.Predictions))
		for i, p := range r.Predictions {
			words[i] = of(p)
		}
		return features.WordSeries(features.Column{Name: name, Kind: features.FreeText}, words)
	}
	float := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	return func(r *segmentation.Result) error {
		names, columns, err := o.kept(r)
		if err != nil {
			return err
		}
		all := []features.Series{
			features.WordSeries(features.Column{Name: "id", Kind: features.FreeText}, r.IDs()),
			text("cluster", func(p segment.Prediction) string { return strconv.Itoa(p.Cluster) }, r),
			text("tier", func(p segment.Prediction) string { return p.Tier }, r),
			text("distance", func(p segment.Prediction) string { return float(p.Distance) }, r),
			text("margin", func(p segment.Prediction) string { return float(p.Margin) }, r),
			text("warnings", func(p segment.Prediction) string { return program.Sentences(p.Warnings) }, r),
		}
		for j, s := range columns {
			all = append(all, s.Named(names[j]))
		}
		t, err := features.NewTable(r.Table.AsOf(), all...)
		if err != nil {
			return err
		}
		if !started {
			started = true
			return t.WriteCSV(ctx, w)
		}
		return t.WriteRows(ctx, w)
	}
}

// JSON returns a function that writes results as JSON, an object a line.
func (o Scores) JSON(w io.Writer) func(*segmentation.Result) error {
	return func(r *segmentation.Result) error {
		ids := r.IDs()
		names, columns, err := o.kept(r)
		if err != nil {
			return err
		}
		t, err := features.NewTable(r.Table.AsOf(), columns...)
		if err != nil {
			return err
		}
		for i, p := range r.Predictions {
			name, err := json.Marshal(ids[i])
			if err != nil {
				return err
			}
			prediction, err := p.MarshalJSON()
			if err != nil {
				return err
			}
			line := fmt.Appendf(nil, "{\"id\":%s,%s", name, prediction[1:len(prediction)-1])
			for j := range names {
				key, err := json.Marshal(names[j])
				if err != nil {
					return err
				}
				value, err := json.Marshal(t.Value(j, i))
				if err != nil {
					return err
				}
				start := ","
				if j == 0 {
					start = `,"row":{`
				}
				line = fmt.Appendf(line, "%s%s:%s", start, key, value)
			}
			if len(names) > 0 {
				line = append(line, '}')
			}
			if _, err := w.Write(append(line, "}\n"...)); err != nil {
				return err
			}
		}
		return nil
	}
}
