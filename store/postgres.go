package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// postgres is PostgreSQL, by lib/pq or another driver.
type postgres struct {
	copies bool // the driver is lib/pq, which takes raw COPY data
	host   string
	role   string
}

func (postgres) name() Dialect { return Postgres }

func (postgres) types() map[string]string {
	return map[string]string{
		"key": "bigint PRIMARY KEY", "serial": "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		"bigint": "bigint", "smallint": "smallint", "double": "double precision", "text": "text",
		"date": "date", "boolean": "boolean", "time": "timestamp with time zone", "bytes": "bytea",
	}
}

func (postgres) longest() int { return 63 }

func (d postgres) lock(ctx context.Context, tx *sqlx.Tx, wait time.Duration, tables ...tableName) error {
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", wait.Milliseconds())); err != nil {
		return err
	}
	for _, table := range tables {
		// Conflicts with writers and with itself, not with readers. Taken
		// before the first snapshot, so that the transaction sees what the
		// writer before it left.
		if _, err := tx.ExecContext(ctx, "LOCK TABLE "+table.String()+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return err
		}
	}
	return nil
}

func (postgres) guard(ctx context.Context, tx *sqlx.Tx, table tableName) error {
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", advisoryLock("create "+table.String()).number())
	return err
}

func (d postgres) load(ctx context.Context, t *tx, table tableName, columns []string, fill func(rowWriter) error) error {
	if !d.copies {
		return t.loadBatches(ctx, table, columns, true, fill)
	}
	return t.raw(func(conn any) error {
		stmt, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, "COPY "+table.String()+" ("+quoteAll(columns)+") FROM STDIN")
		if err != nil {
			return err
		}
		// Ends the COPY too; what an error left unfinished is rolled back.
		defer stmt.Close()
		raw := stmt.(interface {
			CopyData(ctx context.Context, line string) (driver.Result, error)
			Exec(end []driver.Value) (driver.Result, error) // nil ends the COPY
		})
		w := &copyWriter{buf: make([]byte, 0, copyPiece+4096), send: func(lines string) error {
			_, err := raw.CopyData(ctx, lines)
			return err
		}}
		if err = fill(w); err == nil {
			err = w.flush(1)
		}
		if err == nil {
			_, err = raw.Exec(nil)
		}
		return err
	})
}

// pack spares lib/pq a value, with several allocations, for each column.
func (d postgres) pack(columns []string) string {
	if !d.copies || len(columns) == 0 {
		return ""
	}
	return `concat_ws(E'\t', ` + quoteAll(columns) + `)`
}

func (postgres) stage(name, like tableName, columns []string) string {
	return fmt.Sprintf("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA", name, quoteAll(columns), like)
}

func (postgres) tables(ctx context.Context, q sqlx.QueryerContext, schema string) (names []string, err error) {
	err = sqlx.SelectContext(ctx, q, &names, `SELECT DISTINCT table_name::text FROM information_schema.tables
		WHERE CASE WHEN $1 = '' THEN table_schema = ANY (current_schemas(false)) ELSE table_schema = $1 END ORDER BY 1`, schema)
	return names, err
}

func (postgres) describe(ctx context.Context, q sqlx.QueryerContext, table tableName) (columns []declared, err error) {
	err = sqlx.SelectContext(ctx, q, &columns, `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
		WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, table.String())
	return columns, err
}

func (postgres) key(ctx context.Context, q sqlx.QueryerContext, table tableName) (string, error) {
	key, _, err := scalar[string](ctx, q, `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.oid = to_regclass($1)`, table.String())
	return key, err
}

func (postgres) typeOf(ctx context.Context, q sqlx.QueryerContext, table tableName, column string) (string, error) {
	typ, _, err := scalar[string](ctx, q, `SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2`, table.String(), column)
	return typ, err
}

// hasSchema reports whether a schema exists; pg_temp is the temporary one, whatever its name.
func (postgres) hasSchema(ctx context.Context, q sqlx.QueryerContext, schema string) (bool, error) {
	ok, _, err := scalar[bool](ctx, q, `SELECT $1 = 'pg_temp' OR EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)`, schema)
	return ok, err
}

// postgresFaults are what error codes mean, but for those of which more is to say.
var postgresFaults = map[string]fault{
	"3D000": {kind: ErrNoDatabase, detail: "create it first, or name another one in the URL"},
	"42501": {kind: ErrPrivilege, detail: "the README lists what a role needs"},
	"42P01": {kind: ErrNoTable},
	"42809": {kind: ErrName, detail: "a table has the name of the view, or something else; give the view another one"},
	"42703": {kind: ErrColumns},
	"2BP01": {kind: ErrColumns, detail: "a view reads the table, which is to get other columns; drop the view first"},
	"55P03": {kind: ErrLocked, detail: "another transaction writes to the table; end it, or wait longer for it"},
	"53100": {kind: ErrFull, detail: "make room on the server's disk"},
	"25006": {kind: ErrReadOnly, detail: "a standby or a read-only transaction; connect to the primary server"},
	"40001": {kind: ErrLocked, detail: "the server undid the transaction in favour of another one", retry: true},
	"40P01": {kind: ErrLocked, detail: "the server undid the transaction in favour of another one", retry: true},
}

func (d postgres) diagnose(err error) fault {
	where := ""
	if d.host != "" {
		where = " at " + d.host
	}
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch code := string(e.Code); {
		case code == "28P01" || code == "28000":
			return fault{kind: ErrLogin, detail: fmt.Sprintf("role %q%s; check role, password and pg_hba.conf", d.role, where)}
		case code == "23505":
			return fault{kind: ErrDuplicate, detail: strings.TrimSuffix(e.Detail, ".")}
		case strings.HasPrefix(code, "08"), code == "57P01", code == "57P02", code == "57P03", code == "53300":
			return fault{kind: ErrUnreachable, detail: "the server" + where + " is starting, stopping or has no connection left", lost: true}
		}
		return postgresFaults[string(e.Code)]
	}
	_, network := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrNotExist), network,
		errors.Is(err, sql.ErrConnDone):
		return fault{kind: ErrUnreachable, detail: "is the server" + where + " running, and do host and port of the URL say where?", lost: true}
	case strings.Contains(err.Error(), "SSL"):
		return fault{kind: ErrUnreachable, detail: "the server" + where + " and sslmode in the URL do not agree"}
	}
	return fault{}
}
