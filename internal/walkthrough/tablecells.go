package walkthrough

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
)

// The cells below are those of any table that is no campaign file; choose, cluster and
// compare of cells.go stand among them.

// wordsOf speaks of the columns of a table.
var wordsOf = func(t *features.Table) narrate.Voice { return narrate.English(features.WordsOf(t.Columns())) }

// # Open
//
// A file of customers may be text, a workbook, Parquet or JSON. What each column holds
// is found from the data, and why; lines of orders become one row a customer.
func open(ctx context.Context, a *analysis, out output) error {
	source := a.given
	if source == nil {
		var err error
		if source, err = segmentation.OpenFile(ctx, a.file, a.open); err != nil {
			return err
		}
	}
	a.table, a.roles = source.Table, source.Roles
	if source.Campaign { // the training columns of the schema are there
		var err error
		if a.table, a.dropped, err = features.Clean(ctx, a.table, a.limits); err != nil {
			return err
		}
		out.Say("%s", a.dropped)
		if a.roles, err = features.InferRoles(ctx, a.table, features.RoleOptions{Features: features.TrainingColumns, Value: features.ValueColumns}); err != nil {
			return err
		}
	}
	out.Say("%s, read from %s.", count(a.table.Len(), "customer"), source.Form)
	for _, told := range source.Told {
		out.Say("Mind: %s.", told)
	}
	var rows [][]string
	for _, c := range source.Columns {
		rows = append(rows, []string{c.Name, c.Kind.String(), fmt.Sprint(c.Missing), c.Reason})
	}
	out.Table([]string{"column of the file", "kind", "missing", "because"}, rows)
	return nil
}

// # Roles
//
// An id tells customers apart, features make them alike or not, value columns rank
// segments, others describe them. What columns cannot serve for is told. Other roles
// can be set where the file is opened.
func roles(ctx context.Context, a *analysis, out output) error {
	out.Say("%s", a.roles)
	if len(a.roles.Features) < 2 {
		return fmt.Errorf("%d of the %d columns can tell customers apart; name two or more by -columns", len(a.roles.Features), len(a.roles.Columns))
	}
	return nil
}

// # Look at the table
//
// The first customers, and what the numbers look like.
func lookAround(ctx context.Context, a *analysis, out output) error {
	names := a.table.ColumnNames()
	names = names[:min(9, len(names))]
	var rows [][]string
	for i := range min(5, a.table.Len()) {
		row := make([]string, len(names))
		for j := range names {
			if v := a.table.Value(j, i); v != nil {
				row[j] = fmt.Sprint(v)
			}
		}
		rows = append(rows, row)
	}
	out.Table(names, rows)
	table, err := a.table.Select(append(a.roles.Features[:len(a.roles.Features):len(a.roles.Features)], a.roles.Describe...)...)
	if err != nil {
		return err
	}
	if err := summary(ctx, table, out); !errors.Is(err, segment.ErrEmpty) { // of words alone there is none
		return err
	}
	return nil
}

// # Correlate the numbers
//
// Columns that go together count twice in a distance.
func correlateNumbers(ctx context.Context, a *analysis, out output) error {
	var columns []string
	for _, name := range a.roles.Features {
		if c, err := a.table.Column(name); err == nil && c.Kind().Numeric() {
			columns = append(columns, name)
		}
	}
	if len(columns) < 2 {
		out.Say("%s: nothing to correlate.", count(len(columns), "column of numbers"))
		return nil
	}
	x, err := a.table.Matrix(ctx, columns...)
	if err != nil {
		return err
	}
	c, err := plots.CorrelationsOf(ctx, x, columns...)
	if err != nil {
		return err
	}
	return out.Picture(c.Figure())
}

// # Prepare
//
// What the columns hold decides the steps: gaps are filled, skewed amounts become
// logarithms, words a column each, and all get the same weight. Of many columns the
// principal components are taken.
func prepare(ctx context.Context, a *analysis, out output) error {
	var words []string
	for _, name := range a.roles.Features {
		if c, err := a.table.Column(name); err == nil && c.Kind() == features.Category {
			words = append(words, name)
		}
	}
	x, classes, err := preprocess.Encode(ctx, a.table, a.roles.Features, words...)
	if err != nil {
		return err
	}
	steps, choices, err := preprocess.Preparation{Words: classes}.Choose(ctx, x, a.roles.Features...)
	if err != nil {
		return err
	}
	for _, why := range wordsOf(a.table).Preparation(choices) {
		out.Say("%s.", voice.Capital(why))
	}
	if a.pipeline, err = steps.Fit(ctx, x, a.roles.Features...); err != nil {
		return err
	}
	if a.z, err = a.pipeline.Transform(ctx, x); err != nil {
		return err
	}
	a.x = x
	a.options = segment.TrainOptions{Columns: a.roles.Features, ID: a.roles.ID, Describe: a.roles.Describe, Pipeline: &steps, AsOf: a.table.AsOf(), Seed: 1}
	out.Say("%s come out: %s.", count(len(a.pipeline.OutputColumns()), "column"), strings.Join(a.pipeline.OutputColumns(), ", "))
	return nil
}

// # Name by value
//
// Clusters are ranked by the columns of value together, each as it is better, and get
// their tiers by rank, never by number. The model keeps all that a prediction needs,
// words included.
func nameByValue(ctx context.Context, a *analysis, out output) error {
	for _, v := range a.roles.Value {
		a.options.Value = append(a.options.Value, v.Column)
		if v.Less {
			a.options.Less = append(a.options.Less, v.Column)
		}
	}
	var err error
	if a.model, err = segment.NewModel(ctx, a.x, a.pipeline, a.clustering, a.options); err != nil {
		return err
	}
	return showTiers(a, out)
}

// # Profile the segments
//
// Every column that makes or describes a segment is compared with everybody; what
// differs most is said first.
func profileSegments(ctx context.Context, a *analysis, out output) error {
	about, err := features.SubjectsOf(ctx, a.table, a.roles)
	if err != nil {
		return err
	}
	table, err := a.table.Select(append(about.Columns, about.Categories...)...)
	if err != nil {
		return err
	}
	profile, err := insight.ProfileOf(ctx, a.model, table, insight.ProfileOptions{Revenue: about.Revenue})
	if errors.Is(err, segment.ErrEmpty) {
		out.Say("There are no numbers to compare.")
		return nil
	}
	if err != nil {
		return err
	}
	for _, tier := range profile.Tiers {
		out.Say("%s (%s): %s.", tier.Name, count(tier.Count, "customer"), wordsOf(a.table).Summary(tier))
	}
	if about.Revenue != "" {
		if err := out.Picture(plots.SizesOf(profile).Figure()); err != nil {
			return err
		}
	}
	return out.Picture(plots.HeatMapOf(profile, about.Columns...).Figure())
}

// # Explain a customer
//
// Why is the first customer in this tier, and not in the next nearest? What each
// column adds to the difference of the squared distances, exactly; and the smallest
// change of one column that leads to a better tier.
func explainCustomer(ctx context.Context, a *analysis, out output) error {
	explanation, err := insight.Explain(ctx, a.model, a.x.RawRowView(0), insight.ExplainOptions{Columns: a.roles.Features})
	if err != nil {
		return err
	}
	for _, sentence := range wordsOf(a.table).For(a.model).Explanation(explanation) {
		out.Say("%s", sentence)
	}
	return out.Picture(plots.WaterfallOf(a.model, explanation).Figure())
}
