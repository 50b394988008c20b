package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/segment"
)

// ViewOptions are what a scoring view is made of. The zero value works.
type ViewOptions struct {
	// Table has the columns of the model; default: the unencoded table.
	Table string

	// Keep names columns of the table that the view has too; default: id,
	// where the table has one. An empty list that is not nil keeps none.
	Keep []string
}

// CreateScoringView creates or replaces a view that has cluster, tier, distance
// and margin for each row of a table, by the statement of [segment.Model.SQL].
// Whoever may read the view needs no privilege on the table, and keeps that of
// reading the view when it is made anew. It holds the numbers of the model: make it
// again after Activate.
//
// Errors: [ErrName], also where the name is that of a table; [ErrNoTable],
// [ErrColumns], [ErrPrivilege], and those of Model.SQL.
func (s *Store) CreateScoringView(ctx context.Context, view string, m *segment.Model, o ViewOptions) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	op := "creating the view " + quote(view)
	made, err := s.find(ctx, "view", view)
	if err != nil {
		return s.fail(ctx, op, err)
	}
	if m == nil {
		return s.fail(ctx, op, fmt.Errorf("%w: the model is nil", ErrOption))
	}
	table, err := s.find(ctx, "table", cmp.Or(o.Table, s.tables.Unencoded))
	if err != nil {
		return s.fail(ctx, op, err)
	}
	if made == table || s.isOurs(made) {
		return s.fail(ctx, op, fmt.Errorf("%w: a table has this name; give the view another one", ErrName))
	}
	return s.write(ctx, job{op: op, again: true, idempotent: true}, func(t *tx) error {
		there, err := columnsOf(ctx, s.dialect, t, table)
		if err != nil {
			return err
		}
		if len(there) == 0 {
			return missing(ctx, s.dialect, t, table)
		}
		keep := o.Keep
		if keep == nil && slices.Contains(there, "id") {
			keep = []string{"id"}
		}
		want := append(slices.Clone(m.Columns()), keep...)
		if _, err := selection(table, "", want, there); err != nil {
			return err
		}
		query, err := m.SQL(segment.Dialect(s.Dialect()), segment.SQLOptions{Table: table.String(), Keep: keep})
		if err != nil {
			return &sourceError{err}
		}
		create := "CREATE VIEW " + made.String() + " AS\n" + query
		before, err := columnsOf(ctx, s.dialect, t, made)
		if err != nil {
			return err
		}
		if s.dialect.name() == Postgres && slices.Equal(before, append(slices.Clone(keep), "cluster", "tier", "distance", "margin")) {
			// The privileges of the view are kept.
			create = strings.Replace(create, "CREATE", "CREATE OR REPLACE", 1)
		} else if _, err := t.ExecContext(ctx, "DROP VIEW IF EXISTS "+made.String()); err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, create)
		return err
	})
}
