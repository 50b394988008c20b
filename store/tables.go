package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment"
)

// SaveUnencoded replaces the unencoded table with the 38 columns of t, in one
// transaction.
//
// Errors: those of [Store.SaveCustomers].
func (s *Store) SaveUnencoded(ctx context.Context, t *features.Table) error {
	return s.saveTable(ctx, "saving the unencoded table into ", s.tables.Unencoded, t, nil)
}

// SaveMerged replaces the merged table with the 38 columns of t and the cluster
// and tier of each row, in one transaction. There must be one prediction for
// each row.
//
// Errors: [ErrValue] for another number of predictions, and those of
// [Store.SaveCustomers].
func (s *Store) SaveMerged(ctx context.Context, t *features.Table, predictions []segment.Prediction) error {
	if t != nil && len(predictions) != len(t.Rows) {
		return fmt.Errorf("%w: %d predictions for %d rows of the merged table; want one for each", ErrValue, len(predictions), len(t.Rows))
	}
	if predictions == nil {
		predictions = []segment.Prediction{}
	}
	return s.saveTable(ctx, "saving the merged table into ", s.tables.Merged, t, predictions)
}

func (s *Store) saveTable(ctx context.Context, op, table string, t *features.Table, predictions []segment.Prediction) error {
	op += quote(table)
	if t == nil {
		return s.fail(ctx, op, fmt.Errorf("%w: the table is nil", ErrOption))
	}
	for i := range t.Rows {
		if err := t.Rows[i].Validate(); err != nil {
			var e *features.ValueError
			if errors.As(err, &e) {
				e.Row = i
			}
			return s.fail(ctx, op, &sourceError{err})
		}
	}
	columns := append(append([]string{"position"}, names(features.Columns())...), names(features.EngineeredColumns())...)
	if predictions != nil {
		columns = append(columns, "cluster", "tier")
	}
	return s.replace(ctx, op, table, columns, len(t.Rows), func(w rowWriter, i int) {
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
	})
}

// SaveEncoded replaces the encoded table with the columns of e, in one
// transaction.
//
// Errors: [ErrNotMigrated], [ErrLocked], [ErrFull], [ErrPrivilege].
func (s *Store) SaveEncoded(ctx context.Context, e *features.Encoded) error {
	table := s.tables.Encoded
	op := "saving the encoded table into " + quote(table)
	if e == nil {
		return s.fail(ctx, op, fmt.Errorf("%w: the encoded table is nil", ErrOption))
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
			return s.fail(ctx, op, &sourceError{err})
		}
		data = m.At
	}
	return s.replace(ctx, op, table, append([]string{"position"}, columns...), e.Len(), func(w rowWriter, i int) {
		for j, name := range columns {
			if x := data(i, j); amount[name] {
				w.Float(x)
			} else {
				w.Int(int64(x))
			}
		}
	})
}

// replace puts rows in the place of all those in a table. The position is
// written here, the other columns by row.
func (s *Store) replace(ctx context.Context, op, table string, columns []string, rows int, row func(w rowWriter, i int)) error {
	j := job{op: op, tables: []string{table}, again: true, idempotent: true}
	return s.write(ctx, j, func(t *tx) error {
		if _, err := t.ExecContext(ctx, "DELETE FROM "+quote(table)); err != nil {
			return err
		}
		return t.loadRows(ctx, table, columns, rows, row)
	})
}

func (t *tx) loadRows(ctx context.Context, table string, columns []string, rows int, row func(w rowWriter, i int)) error {
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
