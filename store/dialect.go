package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/editdistance"
	"github.com/customer-personality/segmentation/internal/sqlname"
)

// A Dialect is the SQL of a database, by the name that segment.Dialect has for it.
type Dialect string

// The dialects of the databases that can be opened.
const (
	Postgres Dialect = "postgres"
	SQLite   Dialect = "sqlite"
)

// A dialect is all in which the two databases differ.
type dialect interface {
	name() Dialect

	// types returns the column types by the names that migrations use.
	types() map[string]string

	// longest is the greatest length of an identifier in bytes.
	longest() int

	// lock makes the transaction the only writer of the tables until it ends;
	// readers go on. It gives up after the wait.
	lock(ctx context.Context, tx *sqlx.Tx, wait time.Duration, tables ...tableName) error

	// guard makes the transaction the only one that may create the table.
	guard(ctx context.Context, tx *sqlx.Tx, table tableName) error

	// load calls fill with what writes rows into a table within the transaction.
	load(ctx context.Context, tx *tx, table tableName, columns []string, fill func(rowWriter) error) error

	// pack makes one text of columns, with tabs between; empty where that does not
	// pay.
	pack(columns []string) string

	// stage is the statement for a temporary table with the columns of another.
	stage(name, like tableName, columns []string) string

	// tables and describe list what is there: tables and views, and the columns of
	// one, of which there are none where there is no such table. An empty schema is where the database looks.
	tables(ctx context.Context, q sqlx.QueryerContext, schema string) ([]string, error)
	describe(ctx context.Context, q sqlx.QueryerContext, table tableName) ([]declared, error)

	// key is a name of a table that is the same however it was written.
	key(ctx context.Context, q sqlx.QueryerContext, table tableName) (string, error)

	// hasSchema reports whether the schema exists.
	hasSchema(ctx context.Context, q sqlx.QueryerContext, schema string) (bool, error)

	// typeOf is the declared type of a column, empty where there is no such. It
	// needs no privilege on the table.
	typeOf(ctx context.Context, q sqlx.QueryerContext, table tableName, column string) (string, error)

	// idsToText makes a column of ids, which were whole numbers, text, with all
	// that depends on it.
	idsToText(ctx context.Context, tx *sql.Tx, table tableName, column string) error

	// diagnose returns what an error of the driver means.
	diagnose(err error) fault
}

// kindTypes are the names of the column type for a kind of column.
var kindTypes = map[features.Kind]string{
	features.Integer:  "bigint",
	features.Amount:   "double",
	features.Category: "text",
	features.Date:     "date",
	features.Flag:     "smallint",
	features.Bool:     "boolean",

	features.Identifier: "text",
	features.FreeText:   "text",
	features.Percent:    "double",
}

// columnsOf returns the names of the columns of a table; none where there is no such
// table.
func columnsOf(ctx context.Context, d dialect, q sqlx.QueryerContext, table tableName) ([]string, error) {
	list, err := d.describe(ctx, q, table)
	return declaredNames(list), err
}

// quote returns an identifier of any name: in double quotes, with those inside
// doubled, as both databases take it.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// quoteAll quotes names and joins them by commas.
func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return strings.Join(quoted, ", ")
}

// A tableName is a table that was found by the rule of the package's
// documentation, see Store.find.
type tableName struct {
	schema string // empty for where the database looks
	name   string
}

// String returns the quoted name, as it stands in SQL.
func (t tableName) String() string {
	if t.schema == "" {
		return quote(t.name)
	}
	return quote(t.schema) + "." + quote(t.name)
}

// find returns the table that a name means.
func (s *Store) find(ctx context.Context, what, name string) (tableName, error) {
	if t, ok := s.own[name]; ok {
		return t, nil
	}
	literal := tableName{name: name}
	unfit := checkName(s.dialect, what, name)
	schema, table := sqlname.Split(name)
	if schema == "" && table == name {
		return literal, unfit
	}
	if err := checkName(s.dialect, what, table); err != nil {
		return literal, err
	}
	found := literal
	err := s.retry(ctx, func() (bool, error) {
		var there []string
		var err error
		if unfit == nil {
			there, err = columnsOf(ctx, s.dialect, s.db, literal)
		}
		ok := len(there) == 0 && err == nil
		if ok && schema != "" {
			ok, err = s.dialect.hasSchema(ctx, s.db, schema)
		}
		if ok {
			found, unfit = tableName{schema, table}, nil
		}
		return true, err
	})
	if err == nil {
		err = unfit
	}
	return found, err
}

// table returns one of Options.Tables.
func (s *Store) table(name string) tableName {
	if t, ok := s.own[name]; ok {
		return t
	}
	return tableName{name: name}
}

// checkName refuses what no quoting makes a name of a table or column.
func checkName(d dialect, what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: the %s has an empty name", ErrName, what)
	case len(name) > d.longest():
		return fmt.Errorf("%w: the name %.20q… of the %s is %d bytes long; %s takes up to %d", ErrName, name, what, len(name), d.name(), d.longest())
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return fmt.Errorf("%w: the name %q of the %s is not text in UTF-8 without zero bytes", ErrName, name, what)
	case d.name() == SQLite && len(name) >= 7 && strings.EqualFold(name[:7], "sqlite_"):
		return fmt.Errorf("%w: the name %q of the %s begins with sqlite_, which SQLite keeps for itself", ErrName, name, what)
	}
	return nil
}

// missing returns the error for a table that is not there, with those that are, the
// ones of similar names first.
func missing(ctx context.Context, d dialect, q sqlx.QueryerContext, table tableName) error {
	there, err := d.tables(ctx, q, table.schema)
	if err != nil {
		return err
	}
	found := "the database has no tables"
	if table.schema != "" {
		found = "the schema has no tables"
	}
	if len(there) > 0 {
		slices.SortStableFunc(there, func(a, b string) int { return unlike(table.name, a) - unlike(table.name, b) })
		if len(there) > 20 {
			there = append(there[:20:20], "…")
		}
		found = "there are " + strings.Join(there, ", ")
	}
	if schema, _ := sqlname.Split(table.name); table.schema == "" && schema != "" {
		found = "nor is there a schema " + quote(schema) + "; " + found
	}
	return fmt.Errorf("%w: %s is not among the tables that can be seen; %s", ErrNoTable, table, found)
}

// unlike returns how far a name of a table is from the one that was asked for, where
// that may be a slip of it.
func unlike(asked, name string) int {
	const far = 1 << 10
	a, b := strings.ToLower(asked), strings.ToLower(name)
	if len(a) > 64 || len(b) > 64 {
		return far
	}
	d := editdistance.Between(a, b)
	switch most := max(2, len(a)/3); {
	case d <= most:
		return d
	case len(a) > 2 && (strings.Contains(b, a) || strings.Contains(a, b)):
		return most + 1
	}
	return far
}

// A tx is a writing transaction and the connection that it runs on.
type tx struct {
	*sqlx.Tx
	conn *sqlx.Conn
	s    *Store
}

// raw runs f with the driver's own connection. [sql.Conn.Raw] must not see a
// lost connection, nor a panic of the caller's sequence: it would close the
// connection, and wait for ever for the transaction on it to end.
func (t *tx) raw(f func(conn any) error) error {
	var failed error
	var panicked any
	err := t.conn.Raw(func(conn any) error {
		defer func() { panicked = recover() }()
		failed = f(conn)
		return nil
	})
	if panicked != nil {
		panic(panicked)
	}
	if err != nil {
		return err
	}
	return failed
}

// next returns the position that the next row of a table gets. The table must be
// locked.
func (t *tx) next(ctx context.Context, table tableName) (int, error) {
	var n int
	err := t.GetContext(ctx, &n, "SELECT coalesce(max(position), 0) + 1 FROM "+table.String())
	return n, err
}

// scalar reads one value; ok is false where there is no row.
func scalar[T any](ctx context.Context, q sqlx.QueryerContext, query string, args ...any) (v T, ok bool, err error) {
	err = sqlx.GetContext(ctx, q, &v, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, err
}
