package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment"
)

// SaveUnencoded replaces the unencoded table with the 38 columns of t, in one
// transaction.
//
// Errors: those of [Store.SaveCustomers].
func (s *Store) SaveUnencoded(ctx context.Context, t *features.Table) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	return s.replace(ctx, "saving the unencoded table into ", s.table(s.tables.Unencoded), func() (*rows, error) {
		return tableRows(t, nil)
	})
}

// SaveMerged replaces the merged table with the 38 columns of t and the cluster
// and tier of each row, in one transaction. There must be one prediction for
// each row. [SaveOptions] and [ActivateOptions] write it together with the model.
//
// Errors: [ErrValue] for another number of predictions, and those of
// [Store.SaveCustomers].
func (s *Store) SaveMerged(ctx context.Context, t *features.Table, predictions []segment.Prediction) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	return s.replace(ctx, "saving the merged table into ", s.table(s.tables.Merged), func() (*rows, error) {
		return mergedRows(t, predictions)
	})
}

// SaveEncoded replaces the encoded table with the columns of e, in one
// transaction.
//
// Errors: [ErrNotMigrated], [ErrLocked], [ErrFull], [ErrPrivilege].
func (s *Store) SaveEncoded(ctx context.Context, e *features.Encoded) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	return s.replace(ctx, "saving the encoded table into ", s.table(s.tables.Encoded), func() (*rows, error) {
		return encodedRows(e)
	})
}

// written names the tables that results replace.
func (s *Store) written(r *Results) []tableName {
	if r == nil {
		return nil
	}
	return []tableName{s.table(s.tables.Unencoded), s.table(s.tables.Encoded), s.table(s.tables.Merged)}
}

// Holds reports whether the unencoded and merged tables hold the rows of results:
// their ids in this order, ages, tenures, clusters and tiers. They do not where
// another program has activated a model without its results.
//
// Errors: [ErrNotMigrated], [ErrNoTable].
func (s *Store) Holds(ctx context.Context, results *Results) (bool, error) {
	if !s.ready(&ctx) {
		return false, errNotOpen
	}
	rows, predictions := results.Table.Rows, results.Predictions
	for _, table := range []struct {
		name    string
		columns []string
		same    func(r *rowReader, i int) bool
	}{
		{s.tables.Unencoded, []string{"id", "age", "tenure"}, func(r *rowReader, i int) bool {
			return r.ID() == rows[i].ID && r.Int() == int64(rows[i].Age) && r.Int() == int64(rows[i].Tenure)
		}},
		{s.tables.Merged, []string{"id", "cluster", "tier"}, func(r *rowReader, i int) bool {
			return r.ID() == rows[i].ID && r.Int() == int64(predictions[i].Cluster) && r.Text() == predictions[i].Tier
		}},
	} {
		i, same := 0, true
		err := s.each(ctx, s.table(table.name), table.columns, nil, func(r *rowReader) (bool, error) {
			same = i < len(rows) && table.same(r, i)
			i++
			return same, r.err
		})
		if err != nil {
			return false, s.failTable(ctx, "comparing the tables with the model", s.table(table.name), err)
		}
		if !same || i != len(rows) {
			return false, nil
		}
	}
	return true, nil
}

func (t *tx) saveResults(ctx context.Context, r *Results) error {
	if r == nil {
		return nil
	}
	save := func(name string, rows *rows, err error) error {
		if err != nil {
			return err
		}
		table := t.s.table(name)
		if err := t.replaceRows(ctx, table, rows); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
		return nil
	}
	if r.Table != nil {
		rows, err := tableRows(r.Table, nil)
		if err := save(t.s.tables.Unencoded, rows, err); err != nil {
			return err
		}
	}
	if r.Encoded != nil {
		rows, err := encodedRows(r.Encoded)
		if err := save(t.s.tables.Encoded, rows, err); err != nil {
			return err
		}
	}
	if r.Predictions == nil {
		return nil
	}
	rows, err := mergedRows(r.Table, r.Predictions)
	return save(t.s.tables.Merged, rows, err)
}

// rows are those of a table: all columns but the position.
type rows struct {
	columns []string
	n       int
	write   func(w rowWriter, i int)
}

func mergedRows(t *features.Table, predictions []segment.Prediction) (*rows, error) {
	if t != nil && len(predictions) != len(t.Rows) {
		return nil, fmt.Errorf("%w: %d predictions for %d rows of the merged table; want one for each", ErrValue, len(predictions), len(t.Rows))
	}
	if predictions == nil {
		predictions = []segment.Prediction{}
	}
	return tableRows(t, predictions)
}

func tableRows(t *features.Table, predictions []segment.Prediction) (*rows, error) {
	if t == nil {
		return nil, fmt.Errorf("%w: the table is nil", ErrOption)
	}
	for i := range t.Rows {
		if err := t.Rows[i].Validate(); err != nil {
			var e *features.ValueError
			if errors.As(err, &e) {
				e.Row = i
			}
			return nil, &sourceError{err}
		}
	}
	columns := append(names(features.Columns()), names(features.EngineeredColumns())...)
	if predictions != nil {
		columns = append(columns, "cluster", "tier")
	}
	return &rows{columns, len(t.Rows), func(w rowWriter, i int) {
		e := &t.Rows[i]
		writeCustomer(w, &e.Customer)
		w.Int(int64(e.Tenure))
		w.Int(int64(e.Age))
		w.Float(e.Spent)
		word(w, e.LivingWith)
		w.Int(int64(e.Children))
		w.Int(int64(e.FamilySize))
		w.Bool(e.IsParent)
		word(w, e.EducationLevel)
		word(w, e.AgeGroup)
		if predictions != nil {
			w.Int(int64(predictions[i].Cluster))
			word(w, predictions[i].Tier)
		}
	}}, nil
}

func encodedRows(e *features.Encoded) (*rows, error) {
	if e == nil {
		return nil, fmt.Errorf("%w: the encoded table is nil", ErrOption)
	}
	amount := map[string]bool{}
	for _, c := range append(features.Columns(), features.EngineeredColumns()...) {
		amount[c.Name] = c.Kind == features.Amount
	}
	columns := e.ColumnNames()
	var data func(i, j int) float64
	if e.Len() > 0 {
		m, err := e.Matrix()
		if err != nil {
			return nil, &sourceError{err}
		}
		data = m.At
	}
	return &rows{columns, e.Len(), func(w rowWriter, i int) {
		for j, name := range columns {
			if x := data(i, j); amount[name] {
				w.Float(x)
			} else {
				w.Int(int64(x))
			}
		}
	}}, nil
}

// replace puts rows in the place of all those in a table, in a transaction of
// its own.
func (s *Store) replace(ctx context.Context, op string, table tableName, of func() (*rows, error)) error {
	op += table.String()
	rows, err := of()
	if err != nil {
		return s.fail(ctx, op, err)
	}
	j := job{op: op, tables: []tableName{table}, again: true, idempotent: true}
	return s.write(ctx, j, func(t *tx) error { return t.replaceRows(ctx, table, rows) })
}

func (t *tx) replaceRows(ctx context.Context, table tableName, rows *rows) error {
	if slices.Contains(rows.columns, "id") {
		if err := t.wantTextIDs(ctx, table, "id"); err != nil {
			return err
		}
	}
	if _, err := t.ExecContext(ctx, "DELETE FROM "+table.String()); err != nil {
		return err
	}
	return t.loadRows(ctx, table, append([]string{"position"}, rows.columns...), rows.n, rows.write)
}

func (t *tx) loadRows(ctx context.Context, table tableName, columns []string, rows int, row func(w rowWriter, i int)) error {
	return t.load(ctx, table, columns, func(w rowWriter) error {
		for i := range rows {
			if i&1023 == 0 && ctx.Err() != nil {
				return cause.Of(ctx)
			}
			w.Int(int64(i + 1))
			row(w, i)
			if err := w.End(); err != nil {
				return err
			}
		}
		return nil
	})
}
