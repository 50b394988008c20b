package main

import (
	"context"
	"io"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// database is the store of a run, and what -json tells of it.
type database struct {
	*store.Store `json:"-"`

	Dialect segment.Dialect `json:"dialect"`
	Tables  counts[string]  `json:"tables"`
	Rows    counts[int]     `json:"rows"`
	Version store.Version   `json:"model_version"`
}

// counts is a value for each of the four tables.
type counts[T any] struct {
	Raw       T `json:"raw"`
	Unencoded T `json:"unencoded"`
	Encoded   T `json:"encoded"`
	Merged    T `json:"merged"`
}

// ingest opens the database, reads the file into its raw table, and gives the
// customers as the database has them.
func (r *result) ingest(ctx context.Context, file io.Reader, read features.ReadOptions, stderr io.Writer) ([]features.Customer, error) {
	url := r.db
	if url == "" {
		url = "sqlite:" + r.path("segmentation.db")
	}
	s, err := store.Open(ctx, url, store.Options{Migrate: true})
	if err != nil {
		return nil, err
	}
	t := s.Tables()
	r.database = &database{Store: s, Dialect: s.Dialect(), Tables: counts[string]{t.Customers, t.Unencoded, t.Encoded, t.Merged}}
	r.report, err = s.Ingest(ctx, file, store.IngestOptions{Read: read})
	if err != nil {
		return nil, err
	}
	return s.ReadCustomers(ctx)
}

// save saves tables and model in the database, the model last, so that the
// active one fits the tables.
func (r *result) save(ctx context.Context, encoded *features.Encoded, predictions []segment.Prediction) error {
	s := r.database
	if err := s.SaveUnencoded(ctx, r.clean); err != nil {
		return err
	}
	if err := s.SaveEncoded(ctx, encoded); err != nil {
		return err
	}
	if err := s.SaveMerged(ctx, r.clean, predictions); err != nil {
		return err
	}
	info, err := s.SaveModel(ctx, program.ModelName, r.model, store.SaveOptions{Activate: true, Note: "trained on " + r.source})
	if err != nil {
		return err
	}
	s.Version = info.Version
	for _, table := range []struct {
		name string
		rows *int
	}{
		{s.Tables.Raw, &s.Rows.Raw}, {s.Tables.Unencoded, &s.Rows.Unencoded},
		{s.Tables.Encoded, &s.Rows.Encoded}, {s.Tables.Merged, &s.Rows.Merged},
	} {
		if *table.rows, err = s.Count(ctx, table.name); err != nil {
			return err
		}
	}
	return nil
}
