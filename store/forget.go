package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// Forget deletes a customer from the raw, unencoded, encoded and merged tables of
// the campaign ([Store.ForgetFrom] does from those of a model of any table) and from
// the log of scores, in one transaction, and returns the number of rows deleted, the
// encoded ones not counted. Where that was the last customer, the tables that follow
// from the raw one are emptied.
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
	return s.forget(ctx, "forgetting a customer", subject{
		raw: s.table(s.tables.Customers), unencoded: s.table(s.tables.Unencoded), encoded: s.table(s.tables.Encoded), merged: s.table(s.tables.Merged), column: "id", id: customerID, value: customerID,
	}, also)
}

// ForgetFrom does as Forget for the tables of a model of any table, see [Results], in
// which a column has the ids ([segment.Model.ID]), and for its scores. Tables that
// are not there are left out.
//
// Errors: those of Forget; [ErrColumns] for a column that a table does not have.
func (s *Store) ForgetFrom(ctx context.Context, model, column, id string, also func(ctx context.Context, tx *sqlx.Tx, rows int) error) (rows int, err error) {
	if !s.ready(&ctx) {
		return 0, errNotOpen
	}
	op := "forgetting a customer of " + quote(model)
	p, err := s.place(ctx, model, &Results{Name: model})
	if err != nil {
		return 0, s.fail(ctx, op, err)
	}
	sub := subject{column: column, id: id, value: id, model: model}
	for suffix, table := range map[string]*tableName{"": &sub.raw, "_unencoded": &sub.unencoded, "_encoded": &sub.encoded, "_merged": &sub.merged} {
		there, err := s.dialect.describe(ctx, s.db, p.with(suffix))
		switch {
		case err != nil:
			return 0, s.fail(ctx, op, err)
		case len(there) > 0 && suffix != "_encoded" && !slices.Contains(declaredNames(there), column):
			return 0, s.fail(ctx, op, fmt.Errorf("%w: %s lacks %s; it has %s", ErrColumns, p.with(suffix), column, strings.Join(declaredNames(there), ", ")))
		case len(there) > 0:
			*table = p.with(suffix)
			// SQLite writes the id 7 of a column of amounts as 7.0.
			at := slices.IndexFunc(there, func(d declared) bool { return d.Name == column })
			if x, err := strconv.ParseFloat(id, 64); err == nil && at >= 0 && there[at].Type == s.dialect.types()["double"] {
				sub.value = x
			}
		}
	}
	return s.forget(ctx, op, sub, also)
}

// A subject is a customer to be forgotten, and the tables that have it, zero where
// there is none.
type subject struct {
	raw, unencoded, encoded, merged tableName
	column, id                      string
	value                           any    // of the column: the id, or the number that it is
	model                           string // whose scores are forgotten; empty for all
}

func (s *Store) forget(ctx context.Context, op string, c subject, also func(ctx context.Context, tx *sqlx.Tx, rows int) error) (rows int, err error) {
	if err := checkTexts(c.id); err != nil {
		return 0, s.fail(ctx, op, err)
	}
	scores := s.table(s.tables.Scores)
	tables := slices.DeleteFunc([]tableName{c.raw, c.unencoded, c.encoded, c.merged, scores}, func(t tableName) bool { return t == tableName{} })
	err = s.write(ctx, job{op: op, tables: tables}, func(t *tx) error {
		// The encoded table has no ids: its rows have the positions of the
		// unencoded one's.
		if c.encoded.name != "" && c.unencoded.name != "" {
			var encoded int // rows, not counted
			if err := t.remove(ctx, &encoded, c.encoded, fmt.Sprintf("position IN (SELECT position FROM %s WHERE %s)", c.unencoded, c.is(t)), c.value); err != nil {
				return err
			}
		}
		rows = 0
		for _, table := range []tableName{c.raw, c.unencoded, c.merged} {
			if table.name != "" {
				if err := t.remove(ctx, &rows, table, c.is(t), c.value); err != nil {
					return err
				}
			}
		}
		condition, args := "customer_id = ?", []any{c.id}
		if c.model != "" {
			condition, args = "customer_id = ? AND model = ?", append(args, c.model)
		}
		if err := t.remove(ctx, &rows, scores, t.Rebind(condition), args...); err != nil {
			return err
		}
		left := c.raw.name == ""
		if c.raw.name != "" {
			if err := t.GetContext(ctx, &left, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s)", c.raw)); err != nil {
				return err
			}
		}
		if !left {
			for _, table := range []tableName{c.unencoded, c.encoded, c.merged} {
				if table.name == "" {
					continue
				}
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

// is returns the condition that a row is that of the customer.
func (c subject) is(t *tx) string {
	if _, number := c.value.(float64); number || c.model == "" { // ids are text in the tables of a campaign, with an index
		return quote(c.column) + " = " + t.Rebind("?")
	}
	return "CAST(" + quote(c.column) + " AS text) = " + t.Rebind("?")
}

// remove deletes rows of a table and adds their number.
func (t *tx) remove(ctx context.Context, rows *int, table tableName, condition string, args ...any) error {
	result, err := t.ExecContext(ctx, "DELETE FROM "+table.String()+" WHERE "+condition, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	*rows += int(n)
	return err
}
