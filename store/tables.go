package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// SaveResults replaces the tables of r that are not nil, in one transaction.
// [SaveOptions] and [ActivateOptions] write them together with the model.
//
// Errors: [ErrOption] where all are nil, [ErrValue] for another number of predictions than rows, a
// [*features.ValueError] for a customer that [features.Customer.Validate] refuses,
// [ErrNotMigrated], [ErrLocked], [ErrFull], [ErrPrivilege].
func (s *Store) SaveResults(ctx context.Context, r *Results) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	j := job{op: "saving the tables", tables: s.written(r), again: true, idempotent: true}
	if len(j.tables) == 0 {
		return s.fail(ctx, j.op, fmt.Errorf("%w: there are none in the results", ErrOption))
	}
	return s.write(ctx, j, func(t *tx) error { return t.saveResults(ctx, r) })
}

// written returns the tables that results replace.
func (s *Store) written(r *Results) (tables []tableName) {
	r = orZero(r)
	for _, t := range []struct {
		name string
		is   bool
	}{{s.tables.Unencoded, r.Table != nil}, {s.tables.Encoded, r.Encoded != nil}, {s.tables.Merged, r.Predictions != nil}} {
		if t.is {
			tables = append(tables, s.table(t.name))
		}
	}
	return tables
}

// Holds reports whether the unencoded and merged tables hold the rows of results:
// their ids in this order, ages, tenures, clusters and tiers. They do not where
// another program has activated a model without its results.
//
// Errors: [ErrOption] where all are nil, [ErrValue] for another number of predictions than rows, [ErrNotMigrated],
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
	if r.Table == nil && r.Predictions != nil {
		return fmt.Errorf("%w: there are predictions without a table", ErrOption)
	}
	save := func(name string, table *features.Table) error {
		if err := t.replaceRows(ctx, t.s.table(name), table); err != nil {
			return fmt.Errorf("%s: %w", t.s.table(name), err)
		}
		return nil
	}
	if r.Encoded != nil {
		if err := save(t.s.tables.Encoded, r.Encoded.Table); err != nil {
			return err
		}
	}
	if r.Table == nil {
		return nil
	}
	i := 0
	for c := range r.Table.Customers() {
		if err := validate(c, i); err != nil {
			return err
		}
		i++
	}
	table, err := r.Table.Select(append(names(features.Columns()), names(features.EngineeredColumns())...)...)
	if err != nil {
		return &sourceError{err}
	}
	if err := save(t.s.tables.Unencoded, table); err != nil || r.Predictions == nil {
		return err
	}
	if len(r.Predictions) != table.Len() {
		return fmt.Errorf("%w: %d predictions for %d rows of the merged table; want one for each", ErrValue, len(r.Predictions), table.Len())
	}
	clusters, tiers := make([]int, table.Len()), make([]string, table.Len())
	for i, p := range r.Predictions {
		clusters[i], tiers[i] = p.Cluster, p.Tier
	}
	table, err = table.With(features.NumberSeries(features.Column{Name: "cluster"}, clusters), features.WordSeries(features.Column{Name: "tier"}, tiers))
	if err != nil {
		return &sourceError{err}
	}
	return save(t.s.tables.Merged, table)
}

// replaceRows replaces all rows of one of our tables.
func (t *tx) replaceRows(ctx context.Context, table tableName, rows *features.Table) error {
	columns := rows.ColumnNames()
	if slices.Contains(columns, "id") {
		if err := t.wantTextIDs(ctx, table, "id"); err != nil {
			return err
		}
	}
	if _, err := t.ExecContext(ctx, "DELETE FROM "+table.String()); err != nil {
		return err
	}
	_, err := t.load(ctx, table, append([]string{"position"}, columns...), frameRows(rows))
	return err
}
