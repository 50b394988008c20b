package main

import (
	"context"
	"io"
	"os"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// ingest opens the database, reads the file into its raw table, and gives the
// customers as the database has them.
func (r *result) ingest(ctx context.Context, file io.Reader, read features.ReadOptions) ([]features.Customer, error) {
	url := r.url
	if url == "" {
		url = os.Getenv("DATABASE_URL")
	}
	if url == "" {
		url = "sqlite:" + r.path("segmentation.db")
	}
	var err error
	if r.db, err = store.Open(ctx, url, store.Options{Migrate: true}); err != nil {
		return nil, err
	}
	if r.report, err = r.db.Ingest(ctx, file, store.IngestOptions{Read: read}); err != nil {
		return nil, err
	}
	return r.db.ReadCustomers(ctx)
}

// save saves tables and model in the database, in one transaction.
func (r *result) save(ctx context.Context, encoded *features.Encoded, predictions []segment.Prediction) error {
	_, err := r.db.SaveModel(ctx, program.ModelName, r.model, store.SaveOptions{
		Activate: true, Note: "trained on " + r.source,
		Results: &store.Results{Table: r.clean, Encoded: encoded, Predictions: predictions},
	})
	if err != nil {
		return err
	}
	r.saved, err = r.db.Summary(ctx, program.ModelName)
	return err
}
