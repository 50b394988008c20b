package store

import (
	"context"
	"errors"
	"testing"

	"github.com/jmoiron/sqlx"
)

// TestDrop: table, columns, models and scores of a name go together, and others stay.
func TestDrop(t *testing.T) {
	table := shop(t)
	m, _, _ := trained(t, sampleCustomers(t)[:200], 1)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, name := range []string{"Mein Laden", "other"} {
			check(t, s.SaveTable(ctx, name, table))
			_, err := s.SaveModel(ctx, name, m, SaveOptions{})
			check(t, err)
			_, err = s.AppendScores(ctx, All([]Score{{CustomerID: "7", Model: name, Version: 1, Tier: "Gold"}}))
			check(t, err)
		}
		mine := errors.New("mine")
		if err := s.Drop(ctx, "Mein Laden", func(context.Context, *sqlx.Tx) error { return mine }); !errors.Is(err, mine) {
			t.Fatalf("the error of the caller comes back as %v", err)
		}
		if _, err := s.ReadTable(ctx, "Mein Laden", TableOptions{}); err != nil {
			t.Fatalf("an error of the caller does not undo everything: %v", err)
		}
		check(t, s.Drop(ctx, "Mein Laden", nil))
		check(t, s.Drop(ctx, "Mein Laden", nil)) // there is nothing now
		if _, err := s.ReadTable(ctx, "Mein Laden", TableOptions{}); !errors.Is(err, ErrNoTable) {
			t.Errorf("the table is read after it was dropped: %v", err)
		}
		models, err := s.ListModels(ctx)
		check(t, err)
		if len(models) != 1 || models[0].Name != "other" {
			t.Errorf("there are %v; want the model of other alone", models)
		}
		if log, err := s.History(ctx, "7"); err != nil || len(log) != 1 || log[0].Model != "other" {
			t.Errorf("the log of scores has %v, %v", log, err)
		}
		if _, err := s.ReadTable(ctx, "other", TableOptions{}); err != nil {
			t.Error(err)
		}
		for _, name := range []string{s.Tables().Customers, s.Tables().Models, ""} {
			if err := s.Drop(ctx, name, nil); !errors.Is(err, ErrName) {
				t.Errorf("Drop(%q) = %v, want ErrName", name, err)
			}
		}
	})
}
