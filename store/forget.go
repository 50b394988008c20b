package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// Forget deletes a customer from the raw, unencoded, encoded and merged tables
// and from the log of scores, in one transaction, and returns the number of rows
// deleted, the encoded ones not counted. Where that was the last customer, the
// tables that follow from the raw one are emptied.
//
// Also, when not nil, is called within the transaction with that number, for
// what the caller keeps of the customer; its error undoes everything. The files
// of the database hold the rows until [Store.Scrub].
//
// Errors: [ErrNotMigrated], [ErrLocked], [ErrPrivilege], [ErrUnknownOutcome]
// where the connection was lost during the commit, and that of also.
func (s *Store) Forget(ctx context.Context, customerID string, also func(ctx context.Context, tx *sqlx.Tx, rows int) error) (rows int, err error) {
	if !s.ready(&ctx) {
		return 0, errNotOpen
	}
	const op = "forgetting a customer"
	if err := checkTexts(customerID); err != nil {
		return 0, s.fail(ctx, op, err)
	}
	customers, unencoded, encoded := s.table(s.tables.Customers), s.table(s.tables.Unencoded), s.table(s.tables.Encoded)
	merged, scores := s.table(s.tables.Merged), s.table(s.tables.Scores)
	err = s.write(ctx, job{op: op, tables: []tableName{customers, unencoded, encoded, merged, scores}}, func(t *tx) error {
		// The encoded table has no ids: its rows have the positions of the
		// unencoded one's.
		if _, err := t.ExecContext(ctx, t.Rebind(fmt.Sprintf("DELETE FROM %s WHERE position IN (SELECT position FROM %s WHERE id = ?)", encoded, unencoded)), customerID); err != nil {
			return err
		}
		rows = 0
		for _, of := range []struct {
			table  tableName
			column string
		}{{customers, "id"}, {unencoded, "id"}, {merged, "id"}, {scores, "customer_id"}} {
			result, err := t.ExecContext(ctx, t.Rebind(fmt.Sprintf("DELETE FROM %s WHERE %s = ?", of.table, of.column)), customerID)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			rows += int(n)
		}
		var left bool
		if err := t.GetContext(ctx, &left, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s)", customers)); err != nil {
			return err
		}
		if !left {
			for _, table := range []tableName{unencoded, encoded, merged} {
				if _, err := t.ExecContext(ctx, fmt.Sprintf("DELETE FROM %s", table)); err != nil {
					return err
				}
			}
		}
		if also == nil {
			return nil
		}
		return also(ctx, t.Tx, rows)
	})
	if err != nil {
		return 0, err
	}
	return rows, nil
}
