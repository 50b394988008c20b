package store

import (
	"context"
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
	return s.replace(ctx, "saving the unencoded table into ", orZero(s).tables.Unencoded, func() (*rows, error) {
		return customerRows(t)
	})
}

// SaveMerged replaces the merged table with the 38 columns of t and the cluster
// and tier of each row, in one transaction. There must be one prediction for
// each row. [SaveOptions] and [ActivateOptions] write it together with the model.
//
// Errors: [ErrValue] for another number of predictions, and those of
// [Store.SaveCustomers].
func (s *Store) SaveMerged(ctx context.Context, t *features.Table, predictions []segment.Prediction) error {
	return s.replace(ctx, "saving the merged table into ", orZero(s).tables.Merged, func() (*rows, error) {
		return mergedRows(t, predictions)
	})
}

// SaveEncoded replaces the encoded table with the columns of e, in one
// transaction.
//
// Errors: [ErrNotMigrated], [ErrLocked], [ErrFull], [ErrPrivilege].
func (s *Store) SaveEncoded(ctx context.Context, e *features.Encoded) error {
	return s.replace(ctx, "saving the encoded table into ", orZero(s).tables.Encoded, func() (*rows, error) {
		if e == nil {
			return nil, fmt.Errorf("%w: the encoded table is nil", ErrOption)
		}
		return tableRows(e.Table)
	})
}

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
// Errors: [ErrValue] for another number of predictions than rows, [ErrNotMigrated],
// [ErrNoTable], [*features.ColumnError].
func (s *Store) Holds(ctx context.Context, results *Results) (bool, error) {
	if !s.ready(&ctx) {
		return false, errNotOpen
	}
	results = orZero(results)
	predictions, n := results.Predictions, results.Table.Len()
	if len(predictions) != n {
		return false, fmt.Errorf("%w: %d predictions for %d rows", ErrValue, len(predictions), n)
	}
	var columns [3]features.Series
	for j, name := range []string{"id", "age", "tenure"} {
		var err error
		if columns[j], err = results.Table.Column(name); err != nil {
			return false, err
		}
	}
	ids, ages, tenures := columns[0], columns[1], columns[2]
	for _, table := range []struct {
		name    string
		columns []string
		same    func(r *rowReader, i int) bool
	}{
		{s.tables.Unencoded, []string{"id", "age", "tenure"}, func(r *rowReader, i int) bool {
			return r.ID() == ids.Word(i) && r.Int() == int64(ages.Number(i)) && r.Int() == int64(tenures.Number(i))
		}},
		{s.tables.Merged, []string{"id", "cluster", "tier"}, func(r *rowReader, i int) bool {
			return r.ID() == ids.Word(i) && r.Int() == int64(predictions[i].Cluster) && r.Text() == predictions[i].Tier
		}},
	} {
		i, same := 0, true
		err := s.each(ctx, s.table(table.name), table.columns, nil, func(r *rowReader) (bool, error) {
			same = i < n && table.same(r, i)
			i++
			return same, r.err
		})
		if err != nil {
			return false, s.failTable(ctx, "comparing the tables with the model", s.table(table.name), err)
		}
		if !same || i != n {
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
		rows, err := customerRows(r.Table)
		if err := save(t.s.tables.Unencoded, rows, err); err != nil {
			return err
		}
	}
	if r.Encoded != nil {
		rows, err := tableRows(r.Encoded.Table)
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

// mergedRows returns the rows of a table of customers with cluster and tier.
func mergedRows(t *features.Table, predictions []segment.Prediction) (*rows, error) {
	if t != nil && len(predictions) != t.Len() {
		return nil, fmt.Errorf("%w: %d predictions for %d rows of the merged table; want one for each", ErrValue, len(predictions), t.Len())
	}
	clusters, tiers := make([]int, len(predictions)), make([]string, len(predictions))
	for i, p := range predictions {
		clusters[i], tiers[i] = p.Cluster, p.Tier
	}
	return customerRows(t,
		features.NumberSeries(features.Column{Name: "cluster"}, clusters), features.WordSeries(features.Column{Name: "tier"}, tiers))
}

// customerRows returns the rows of the columns of engineered customers, and
// further ones behind them.
func customerRows(t *features.Table, further ...features.Series) (*rows, error) {
	if t == nil {
		return nil, fmt.Errorf("%w: the table is nil", ErrOption)
	}
	i := 0
	for c := range t.Customers() {
		if err := validate(c, i); err != nil {
			return nil, err
		}
		i++
	}
	t, err := t.Select(append(names(features.Columns()), names(features.EngineeredColumns())...)...)
	if err == nil {
		t, err = t.With(further...)
	}
	if err != nil {
		return nil, &sourceError{err}
	}
	return tableRows(t)
}

// tableRows returns the rows of any table.
func tableRows(t *features.Table) (*rows, error) {
	columns := t.ColumnNames()
	write := make([]func(w rowWriter, row int), len(columns))
	for j, c := range t.Columns() {
		s, err := t.Column(c.Name)
		if err != nil {
			return nil, &sourceError{err}
		}
		write[j] = valueWriter(s)
	}
	return &rows{columns, t.Len(), func(w rowWriter, i int) {
		for _, f := range write {
			f(w, i)
		}
	}}, nil
}

func valueWriter(s features.Series) func(w rowWriter, row int) {
	present := func(value func(w rowWriter, row int)) func(w rowWriter, row int) {
		return func(w rowWriter, row int) {
			if s.Missing(row) {
				w.Null()
			} else {
				value(w, row)
			}
		}
	}
	switch s.Column().Kind {
	case features.Amount:
		return func(w rowWriter, row int) { w.Float(s.Number(row)) }
	case features.Bool:
		return present(func(w rowWriter, row int) { w.Bool(s.Number(row) == 1) })
	case features.Category, features.Identifier:
		return func(w rowWriter, row int) { word(w, s.Word(row)) }
	case features.Date:
		return present(func(w rowWriter, row int) { w.Day(s.Day(row)) })
	}
	return present(func(w rowWriter, row int) { w.Int(int64(s.Number(row))) })
}

// replace replaces all rows of a table, in a transaction of its own.
func (s *Store) replace(ctx context.Context, op, name string, of func() (*rows, error)) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	table := s.table(name)
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
