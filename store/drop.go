package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// Drop removes what has a name besides the tables of the campaign: the table that
// [Store.SaveTable] made, those that follow from it (NAME_unencoded, NAME_encoded and
// NAME_merged), every version of the models and their log of scores, in one
// transaction. What is not there is no error. Also, when not nil, is called within the
// transaction, for what the caller keeps of it; its error undoes everything.
//
// Errors: [ErrName] for the name of a table of ours or one that SaveTable did not
// make, [ErrNotMigrated], [ErrLocked], [ErrPrivilege], [ErrUnknownOutcome] where the
// connection was lost during the commit, and that of also.
func (s *Store) Drop(ctx context.Context, name string, also func(ctx context.Context, tx *sqlx.Tx) error) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	op := "dropping " + quote(name)
	var tables []tableName
	for _, end := range []string{"", "_unencoded", "_encoded", "_merged"} {
		table, err := s.find(ctx, "table", name+end)
		if err == nil && s.isOurs(table) {
			err = fmt.Errorf("%w: %s is a table of the campaign; want one that SaveTable made", ErrName, table)
		}
		if err != nil {
			return s.fail(ctx, op, err)
		}
		tables = append(tables, table)
	}
	scores, activations, models := s.table(s.tables.Scores), s.table(s.tables.Activations), s.table(s.tables.Models)
	return s.write(ctx, job{op: op, tables: []tableName{models, activations, scores}}, func(t *tx) error {
		for _, table := range tables {
			if err := t.drop(ctx, table); err != nil {
				return err
			}
		}
		for _, where := range []string{scores.String() + " WHERE model = ?", activations.String() + " WHERE name = ?", models.String() + " WHERE name = ?"} {
			if _, err := t.ExecContext(ctx, t.Rebind("DELETE FROM "+where), name); err != nil {
				return err
			}
		}
		if also == nil {
			return nil
		}
		return also(ctx, t.Tx)
	})
}

// drop drops a table that was saved whole, where it is there.
func (t *tx) drop(ctx context.Context, table tableName) error {
	d := t.s.dialect
	there, err := d.describe(ctx, t, table)
	if err != nil || len(there) == 0 {
		return err
	}
	saved, err := t.s.savedLayout(ctx, t, table, there)
	if err != nil {
		return err
	}
	if saved == nil {
		return fmt.Errorf("%w: the table %s was not made by SaveTable, and stays", ErrName, table)
	}
	key, err := d.key(ctx, t, table)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, "DROP TABLE "+table.String()); err != nil {
		return err
	}
	list := t.s.table(t.s.tables.Columns)
	if _, err = t.ExecContext(ctx, t.Rebind("DELETE FROM "+list.String()+" WHERE table_name = ?"), key); err != nil {
		err = t.s.ofColumns(ctx, list, err)
	}
	return err
}
