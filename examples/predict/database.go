package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// scoreDatabase scores every customer in the database and writes the log. A
// model from a file is saved in the database first, where it is not yet, so
// that the log names what is there; it does not become the active one.
func scoreDatabase(ctx context.Context, db *store.Store, model *segment.Model, info store.ModelInfo, o options, stdout, stderr io.Writer) error {
	if info.Version == 0 {
		var err error
		if info, err = keep(ctx, db, model, o); err != nil {
			return err
		}
	}
	// The table of the model's name, where the model is none of a campaign.
	table := info.Name
	total, err := db.Count(ctx, table)
	if errors.Is(err, store.ErrNoTable) {
		if _, other := features.Select(model.Columns()...); other == nil {
			table = db.Tables().Customers
			total, err = db.Count(ctx, table)
		}
	}
	if err != nil {
		return err
	}
	// A database of an earlier version has no room for ids that are text.
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	var summary segmentation.ScoreSummary
	with := segmentation.ScoreOptions{AsOf: features.AsOf(o.data.AsOf.Time), Summary: &summary, Store: db, Name: info.Name, Version: info.Version}
	if table == info.Name {
		err = scoreTable(ctx, db, model, table, with, func() { program.Bar(stderr, "scoring", summary.Rows, total) })
	} else {
		err = scoreCustomers(ctx, db, model, with, func() {
			if summary.Rows%10_000 == 0 || summary.Rows == total {
				program.Bar(stderr, "scoring", summary.Rows, total)
			}
		})
	}
	if err != nil {
		return err
	}
	tellWarnings(stderr, summary.Warnings, summary.AsOf)
	if o.json {
		return json.NewEncoder(stdout).Encode(struct {
			Rows     int                    `json:"rows"`
			Model    string                 `json:"model"`
			Version  store.Version          `json:"model_version"`
			AsOf     string                 `json:"as_of"`
			Tiers    map[string]int         `json:"tiers"`
			Log      string                 `json:"log"`
			BadRows  int                    `json:"bad_rows"`
			Notes    []string               `json:"notes"`
			Warnings []segment.WarningCount `json:"warnings"`
		}{summary.Rows, info.Name, info.Version, summary.AsOf.Format("2006-01-02"), summary.Tiers, db.Tables().Scores, summary.BadRows, append([]string{}, summary.Told...), summary.Warnings})
	}
	for _, warning := range summary.Told {
		fmt.Fprintln(stderr, "Note: "+warning)
	}
	var tiers []string
	for _, name := range model.TierNames() {
		tiers = append(tiers, program.Printer.Sprintf("%s %d", name, summary.Tiers[name]))
	}
	day := ", as of " + summary.AsOf.Format("2006-01-02")
	if o.data.AsOf.IsZero() && model.AsOf().IsZero() { // nothing is counted by days
		day = ""
	}
	_, err = program.Printer.Fprintf(stdout, "Scored %s with version %d of the model%s: %s.\nThe scores are in the table %s.\n",
		program.Count(summary.Rows, "customer"), int(info.Version), day, strings.Join(tiers, ", "), db.Tables().Scores)
	return err
}

// scoreCustomers scores the customers of the raw table of a campaign.
func scoreCustomers(ctx context.Context, db *store.Store, model *segment.Model, with segmentation.ScoreOptions, progress func()) error {
	var report features.Report
	customers := db.FetchCustomers(ctx, store.FetchOptions{Policy: features.Skip, Report: &report})
	for _, err := range segmentation.ScoreCustomers(ctx, model, customers, with) {
		if err != nil {
			return err
		}
		progress()
	}
	with.Summary.BadRows, with.Summary.Told = report.BadRows, report.Warnings()
	return nil
}

// scoreTable scores the rows of the table that a model of any other kind was trained
// on.
func scoreTable(ctx context.Context, db *store.Store, model *segment.Model, table string, with segmentation.ScoreOptions, progress func()) error {
	var report features.TableReport
	for _, err := range segmentation.ScoreTables(ctx, model, db.TableBlocks(ctx, table, store.TableOptions{Report: &report}), with) {
		if err != nil {
			return err
		}
		progress()
	}
	with.Summary.BadRows, with.Summary.Told = report.BadRows, append(report.Warnings(), with.Summary.Told...)
	return nil
}

// keep finds a model in the database by its checksum, or saves it.
func keep(ctx context.Context, db *store.Store, model *segment.Model, o options) (store.ModelInfo, error) {
	data, err := model.MarshalJSON()
	if err != nil {
		return store.ModelInfo{}, err
	}
	var file struct {
		Checksum string `json:"checksum"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return store.ModelInfo{}, err
	}
	models, err := db.ListModels(ctx)
	if err != nil {
		return store.ModelInfo{}, err
	}
	for _, info := range models {
		if info.Name == o.name && info.Checksum == file.Checksum {
			return info, nil
		}
	}
	return db.SaveModel(ctx, o.name, model, store.SaveOptions{Note: "from " + o.model})
}

func printSQL(model *segment.Model, o options, stdout io.Writer) error {
	id := cmp.Or(model.ID(), "id")
	if _, err := features.Select(model.Columns()...); err != nil { // none of a campaign
		if id = model.ID(); o.table == "" {
			return program.Usagef("-table names the table: the model is none of a campaign file")
		}
	}
	if !o.kept && id != "" {
		o.keep = []string{id}
	}
	text, err := model.SQL(segment.Dialect(o.sql), segment.SQLOptions{Table: cmp.Or(o.table, "customers_unencoded"), Keep: o.keep})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, text)
	return err
}
