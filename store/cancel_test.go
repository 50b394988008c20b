package store

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-gota/gota/dataframe"

	"github.com/customer-personality/segmentation/features"
)

// Whatever takes a context that has ended says so, and says why: both the error
// of the context and the caller's cause are in the chain.
func TestCancelKeepsTheCause(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) { cancelKeepsTheCause(t, s) })
}

func cancelKeepsTheCause(t *testing.T, s *Store) {
	operator := errors.New("the operator said so")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(operator)
	none := func(func(features.Customer, error) bool) {}
	second := func(_ any, err error) error { return err }
	for name, do := range map[string]func() error{
		"Open":         func() error { return second(Open(ctx, databases[1].url(t), Options{Migrate: true})) },
		"Migrate":      func() error { return s.Migrate(ctx) },
		"Ingest":       func() error { return second(s.Ingest(ctx, strings.NewReader("id\n1\n"), IngestOptions{})) },
		"Save":         func() error { return second(s.SaveCustomers(ctx, none)) },
		"Append":       func() error { return second(s.Append(ctx, none)) },
		"Upsert":       func() error { return second(s.Upsert(ctx, none)) },
		"Upload":       func() error { return upload(ctx, s, "t", dataframe.ReadCSV(bytes.NewReader([]byte("a\n1\n")))) },
		"Read":         func() error { return second(s.ReadCustomers(ctx)) },
		"Fetch":        func() error { return second(fetch(ctx, s, "customers")) },
		"LoadModel":    func() error { _, _, err := s.LoadModel(ctx, "m", Latest); return err },
		"ListModels":   func() error { return second(s.ListModels(ctx)) },
		"Activate":     func() error { return s.Activate(ctx, "m", 1, ActivateOptions{}) },
		"Rollback":     func() error { return second(s.Rollback(ctx, "m", ActivateOptions{})) },
		"AppendScores": func() error { return second(s.AppendScores(ctx, func(func(Score, error) bool) {})) },
		"TierChanges":  func() error { return second(s.TierChanges(ctx, "m", 1, 2)) },
		"Count":        func() error { return second(s.Count(ctx, "customers")) },
		"Summary":      func() error { return second(s.Summary(ctx, "m")) },
	} {
		if err := do(); !errors.Is(err, context.Canceled) || !errors.Is(err, operator) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
