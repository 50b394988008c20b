package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/segment"
)

// predictFile sends the customers of a file through the model, block by block.
func predictFile(ctx context.Context, model *segment.Model, o options, stdout, stderr io.Writer) error {
	out := bufio.NewWriterSize(stdout, 1<<16)
	guarded := 0
	write := writeCSV(csvguard.Writer(out, o.raw, &guarded), o)
	if o.json {
		write = writeJSON(out, o)
	}
	var sum segmentation.ScoreSummary
	results, err := score(ctx, model, o, &sum)
	if err != nil {
		return err
	}
	for r, err := range results {
		if err != nil {
			return program.Remedy(err)
		}
		if err := write(r); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, warning := range sum.Told {
		fmt.Fprintln(stderr, "Note: "+warning)
	}
	tellWarnings(stderr, sum.Warnings, sum.AsOf)
	if told := program.Guarded(guarded); told != "" {
		fmt.Fprintln(stderr, "Note: "+told)
	}
	return nil
}

// score returns the results of a file, or of a table of a database.
func score(ctx context.Context, model *segment.Model, o options, sum *segmentation.ScoreSummary) (iter.Seq2[*segmentation.Result, error], error) {
	open := o.data.Open
	open.Read.Name = o.data.Source()
	with := segmentation.ScoreOptions{AsOf: features.AsOf(o.data.AsOf.Time), Open: open, Summary: sum}
	if !o.data.IsURL() {
		if !o.data.AsOf.IsZero() {
			with.Open.Read.AsOf = with.AsOf
		}
		f, err := os.Open(o.data.Path)
		if err != nil {
			return nil, err
		}
		return func(yield func(*segmentation.Result, error) bool) {
			defer f.Close()
			segmentation.ScoreReader(ctx, model, f, with)(yield)
		}, nil
	}
	source, err := o.data.Read(ctx)
	if err != nil {
		return nil, err
	}
	return func(yield func(*segmentation.Result, error) bool) {
		segmentation.ScoreTables(ctx, model, func(yield func(*features.Table, error) bool) { yield(source.Table, nil) }, with)(yield)
		sum.Told = append(source.Told, sum.Told...)
	}, nil
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
func kept(r *segmentation.Result, o options) (names []string, columns []features.Series, err error) {
	t := r.Table
	if o.kept {
		if t, err = t.Select(o.keep...); err != nil {
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

// writeCSV returns a function that writes results as CSV.
func writeCSV(w io.Writer, o options) func(*segmentation.Result) error {
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
		names, columns, err := kept(r, o)
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
			return t.WriteCSV(w)
		}
		return t.WriteRows(w)
	}
}

// writeJSON returns a function that writes results as JSON, an object a line.
func writeJSON(w io.Writer, o options) func(*segmentation.Result) error {
	return func(r *segmentation.Result) error {
		ids := r.IDs()
		names, columns, err := kept(r, o)
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
