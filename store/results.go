package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// Results are the tables that follow from a model. A nil table is left as it is
// in the database.
//
// Those of the campaign schema go into the tables of [Options].Tables. Those of any
// other have the name of their model, so that several data sets live beside each
// other: for a model named shop, shop is the raw table, shop_unencoded,
// shop_encoded and shop_merged the others. They are made as by [Store.SaveTable].
type Results struct {
	// Name is that of the model, where the tables are none of the campaign schema.
	// SaveModel, Activate and Rollback set it for such a Table.
	Name string

	Raw         *features.Table      // what came in; that of a campaign is written by [Store.SaveCustomers]
	Table       *features.Table      // for the unencoded and, with Predictions, the merged table
	Encoded     *features.Encoded    // for the encoded table
	Predictions []segment.Prediction // one for each row of Table; nil leaves the merged table
	Merged      *features.Table      // the merged table; by default Table with the columns cluster and tier
}

// A placed is results with the tables that they go into.
type placed struct {
	Results
	named bool
	base  tableName // the raw table of the model's name
}

// place finds the tables of results of a model.
func (s *Store) place(ctx context.Context, model string, r *Results) (p placed, err error) {
	p.Results = *orZero(r)
	if p.Name == "" && p.Table != nil {
		if _, err := p.Table.Select(campaignColumns()...); err != nil {
			p.Name = model
		}
	}
	p.named = p.Name != ""
	if !p.named && p.Raw != nil {
		return p, fmt.Errorf("%w: the raw table of a campaign is written by SaveCustomers; want Raw with the Name of a model", ErrOption)
	}
	name := cmp.Or(p.Name, model)
	if p.base, err = s.find(ctx, "table", name); err != nil && !p.named {
		p.base, err = tableName{}, nil // a name of a model needs to be none of a table
	}
	for _, suffix := range []string{"", "_unencoded", "_encoded", "_merged"} {
		if t := p.with(suffix); err == nil && p.named {
			err = checkName(s.dialect, "table", t.name)
			if s.isOurs(t) {
				err = fmt.Errorf("%w: the tables of the model %q would be %s and others, which is one of the store's own; give the model another name", ErrName, name, t)
			}
		}
	}
	return p, err
}

// with returns the table of the model's name and a suffix.
func (p *placed) with(suffix string) tableName { return tableName{p.base.schema, p.base.name + suffix} }

// campaignColumns names the columns of the unencoded table of a campaign.
func campaignColumns() []string {
	return append(names(features.Columns()), names(features.EngineeredColumns())...)
}

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
	const op = "saving the tables"
	p, err := s.place(ctx, "", r)
	if err == nil && p.Raw == nil && p.Table == nil && p.Encoded == nil && p.Predictions == nil && p.Merged == nil {
		err = fmt.Errorf("%w: there are none in the results", ErrOption)
	}
	if err != nil {
		return s.fail(ctx, op, err)
	}
	return s.write(ctx, job{op: op, tables: s.written(p), again: true, idempotent: true}, func(t *tx) error { return t.saveResults(ctx, p) })
}

// written returns the tables of the campaign that results replace.
func (s *Store) written(p placed) (tables []tableName) {
	for _, t := range []struct {
		name string
		is   bool
	}{{s.tables.Unencoded, p.Table != nil}, {s.tables.Encoded, p.Encoded != nil}, {s.tables.Merged, p.Predictions != nil}} {
		if t.is && !p.named {
			tables = append(tables, s.table(t.name))
		}
	}
	return tables
}

// Holds reports whether the unencoded and merged tables hold the rows of results, in
// this order: of a campaign their ids, ages, tenures, clusters and tiers, of any other
// table all values. They do not where another program has activated a model without
// its results.
//
// Errors: [ErrValue] for another number of predictions than rows, [ErrNotMigrated],
// [ErrNoTable], [*features.ColumnError].
func (s *Store) Holds(ctx context.Context, results *Results) (bool, error) {
	if !s.ready(&ctx) {
		return false, errNotOpen
	}
	const op = "comparing the tables with the model"
	p, err := s.place(ctx, "", results)
	if err != nil {
		return false, s.fail(ctx, op, err)
	}
	if n := p.Table.Len(); len(p.Predictions) != n {
		return false, fmt.Errorf("%w: %d predictions for %d rows", ErrValue, len(p.Predictions), n)
	}
	unencoded, merged := p.with("_unencoded"), p.with("_merged")
	table := p.Table
	if !p.named {
		unencoded, merged = s.table(s.tables.Unencoded), s.table(s.tables.Merged)
		if table, err = p.Table.Select("id", "age", "tenure"); err != nil {
			return false, err
		}
	}
	same, err := s.holds(ctx, unencoded, table)
	if err == nil && same {
		if !p.named {
			p.Table, _ = table.Select("id")
		}
		if table, err = p.merged(); err == nil {
			unencoded = merged
			same, err = s.holds(ctx, merged, table)
		}
	}
	if p.named && (errors.Is(err, ErrNoTable) || errors.Is(err, features.ErrUnknownColumn)) {
		return false, nil // tables of another model of the name, or none yet
	}
	return same && err == nil, s.failTable(ctx, op, unencoded, err)
}

// holds reports whether a table of the database has the values of another in the
// columns of that.
func (s *Store) holds(ctx context.Context, name tableName, want *features.Table) (bool, error) {
	row := 0
	columns := want.Columns()
	for block, err := range s.blocks(ctx, name, TableOptions{Read: features.TableOptions{Columns: want.ColumnNames()}}) {
		if err != nil {
			return false, err
		}
		for i := range block.Len() {
			for j := range columns {
				if row >= want.Len() || block.Value(j, i) != want.Value(j, row) {
					return false, nil
				}
			}
			row++
		}
	}
	return row == want.Len(), nil
}

// merged returns the merged table of results.
func (p *placed) merged() (*features.Table, error) {
	if p.Merged != nil {
		return p.Merged, nil
	}
	if len(p.Predictions) != p.Table.Len() {
		return nil, fmt.Errorf("%w: %d predictions for %d rows of the merged table; want one for each", ErrValue, len(p.Predictions), p.Table.Len())
	}
	clusters, tiers := make([]int, p.Table.Len()), make([]string, p.Table.Len())
	for i, prediction := range p.Predictions {
		clusters[i], tiers[i] = prediction.Cluster, prediction.Tier
	}
	t, err := p.Table.With(features.NumberSeries(features.Column{Name: "cluster"}, clusters), features.WordSeries(features.Column{Name: "tier"}, tiers))
	if err != nil {
		return nil, &sourceError{err}
	}
	return t, nil
}

// saveNamed replaces the tables that have the name of a model.
func (t *tx) saveNamed(ctx context.Context, p placed) error {
	tables := map[string]*features.Table{"": p.Raw, "_unencoded": p.Table, "_merged": p.Merged}
	if p.Encoded != nil {
		tables["_encoded"] = p.Encoded.Table
	}
	if p.Predictions != nil {
		var err error
		if tables["_merged"], err = p.merged(); err != nil {
			return err
		}
	}
	for _, suffix := range []string{"", "_unencoded", "_encoded", "_merged"} {
		table := tables[suffix]
		if table == nil {
			continue
		}
		err := checkFrame(t.s.dialect, table)
		if err == nil {
			err = t.saveTable(ctx, p.with(suffix), table)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.with(suffix), err)
		}
	}
	return nil
}

func (t *tx) saveResults(ctx context.Context, p placed) error {
	if p.Table == nil && p.Predictions != nil {
		return fmt.Errorf("%w: there are predictions without a table", ErrOption)
	}
	if p.named {
		return t.saveNamed(ctx, p)
	}
	if p.Table == nil {
		return t.replaceTables(ctx, nil, nil, p.Encoded)
	}
	i := 0
	for c := range p.Table.Customers() {
		if err := validate(c, i); err != nil {
			return err
		}
		i++
	}
	var err error
	if p.Table, err = p.Table.Select(campaignColumns()...); err != nil {
		return &sourceError{err}
	}
	if p.Predictions == nil {
		return t.replaceTables(ctx, nil, p.Table, p.Encoded)
	}
	p.Merged = nil // which may have further columns
	merged, err := p.merged()
	if err != nil {
		return err
	}
	return t.replaceTables(ctx, merged, p.Table, p.Encoded)
}

// A written is a table of the database with what was written into it.
type written struct {
	name tableName
	rows *features.Table // nil for none
}

// replaceTables replaces the rows of the tables of the campaign that are not nil. The
// widest goes first, for the others take from it what they share.
func (t *tx) replaceTables(ctx context.Context, merged, unencoded *features.Table, encoded *features.Encoded) error {
	tables := []written{{t.s.table(t.s.tables.Merged), merged}, {t.s.table(t.s.tables.Unencoded), unencoded}, {t.s.table(t.s.tables.Encoded), nil}}
	if encoded != nil {
		tables[2].rows = encoded.Table
	}
	var from written
	for _, table := range tables {
		if table.rows == nil {
			continue
		}
		if err := t.replaceRows(ctx, table.name, table.rows, from); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
		if from.rows == nil {
			from = table
		}
	}
	return nil
}

// replaceRows replaces all rows of one of our tables. Columns that it shares with
// another are copied inside the database where that is faster.
func (t *tx) replaceRows(ctx context.Context, table tableName, rows *features.Table, from written) error {
	columns := rows.ColumnNames()
	if slices.Contains(columns, "id") {
		if err := t.wantTextIDs(ctx, table, "id"); err != nil {
			return err
		}
	}
	if _, err := t.ExecContext(ctx, "DELETE FROM "+table.String()); err != nil {
		return err
	}
	shared, err := t.shared(ctx, table, rows, from)
	if err != nil {
		return err
	}
	if len(shared) > 0 {
		return t.loadBeside(ctx, table, rows, from, shared)
	}
	_, err = t.load(ctx, table, append([]string{"position"}, columns...), frameRows(rows))
	return err
}

// shared returns the columns of rows, meant for a table, that stand in another with the
// same rows and type already; none where the database does not copy faster than it reads.
func (t *tx) shared(ctx context.Context, table tableName, rows *features.Table, from written) (shared []string, err error) {
	if from.rows == nil || from.rows.Len() != rows.Len() || t.s.dialect.name() != SQLite {
		return nil, nil
	}
	var types [2]map[string]string
	for i, name := range []tableName{table, from.name} {
		columns, err := t.s.dialect.describe(ctx, t, name)
		if err != nil {
			return nil, err
		}
		types[i] = map[string]string{}
		for _, c := range columns {
			types[i][c.Name] = c.Type
		}
	}
	for _, name := range rows.ColumnNames() {
		here, _ := rows.Column(name)
		if there, err := from.rows.Column(name); err == nil && here == there && types[0][name] != "" && types[0][name] == types[1][name] {
			shared = append(shared, name)
		}
	}
	return shared, nil
}
