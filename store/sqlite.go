package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	sqlitedriver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// sqlite is SQLite, by modernc.org/sqlite: C translated to Go.
type sqlite struct {
	file string
}

// private creates a file that is not there yet, so that nobody but its owner
// can read what will be in it, whatever the umask: SQLite creates its log and
// its index with the mode of the file. A file that is there keeps its mode.
// Errors are left to SQLite.
func private(file string) {
	// Only a new file is opened here: closing one that SQLite has open would
	// take its locks away.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	_ = f.Chmod(0o600)
	_ = f.Close()
}

func (sqlite) name() Dialect { return SQLite }

func (sqlite) types() map[string]string {
	return map[string]string{
		"key": "INTEGER PRIMARY KEY", "serial": "INTEGER PRIMARY KEY AUTOINCREMENT",
		"bigint": "INTEGER", "smallint": "INTEGER", "double": "REAL", "text": "TEXT",
		"date": "TEXT", "boolean": "BOOLEAN", "time": "TEXT", "bytes": "BLOB",
	}
}

func (sqlite) longest() int { return 1000 }

// lock has nothing to do: every writing transaction begins immediate, which
// makes it the only one, and waits for as long as the connection's
// busy_timeout.
func (sqlite) lock(context.Context, *sqlx.Tx, time.Duration, ...tableName) error { return nil }

func (sqlite) guard(context.Context, *sqlx.Tx, tableName) error { return nil }

func (sqlite) load(ctx context.Context, t *tx, table tableName, columns []string, fill func(rowWriter) error) error {
	return t.loadBatches(ctx, table, columns, false, fill)
}

func (sqlite) pack([]string) string { return "" }

func (sqlite) stage(name, like tableName, columns []string) string {
	return fmt.Sprintf("CREATE TEMPORARY TABLE %s AS SELECT %s FROM %s WHERE false", name, quoteAll(columns), like)
}

func (sqlite) tables(ctx context.Context, q sqlx.QueryerContext, schema string) (names []string, err error) {
	err = sqlx.SelectContext(ctx, q, &names, `SELECT name FROM `+tableName{cmp.Or(schema, "main"), "sqlite_master"}.String()+` WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY 1`)
	return names, err
}

func (sqlite) describe(ctx context.Context, q sqlx.QueryerContext, table tableName) (columns []declared, err error) {
	err = sqlx.SelectContext(ctx, q, &columns, `SELECT name, type FROM pragma_table_xinfo(?, nullif(?, '')) WHERE hidden <> 1 ORDER BY cid`, table.name, table.schema)
	return columns, err
}

func (sqlite) key(_ context.Context, _ sqlx.QueryerContext, table tableName) (string, error) {
	return strings.ToLower(tableName{cmp.Or(table.schema, "main"), table.name}.String()), nil
}

func (sqlite) typeOf(ctx context.Context, q sqlx.QueryerContext, table tableName, column string) (string, error) {
	typ, _, err := scalar[string](ctx, q, `SELECT type FROM pragma_table_info(?, nullif(?, '')) WHERE name = ? COLLATE NOCASE`, table.name, table.schema, column)
	return typ, err
}

// hasSchema knows the files of the connection: main, temp, and those attached.
func (sqlite) hasSchema(ctx context.Context, q sqlx.QueryerContext, schema string) (bool, error) {
	ok, _, err := scalar[bool](ctx, q, `SELECT lower(?1) = 'temp' OR EXISTS (SELECT 1 FROM pragma_database_list WHERE lower(name) = lower(?1))`, schema)
	return ok, err
}

func (d sqlite) diagnose(err error) fault {
	e, ok := errors.AsType[*sqlitedriver.Error](err)
	if !ok {
		return fault{}
	}
	text := e.Error()
	switch e.Code() & 0xff {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return fault{kind: ErrLocked, detail: fmt.Sprintf("another program writes to %s; end it, or wait longer for it", d.file)}
	case codes.SQLITE_FULL:
		return fault{kind: ErrFull, detail: "make room on the disk that holds " + d.file}
	case codes.SQLITE_READONLY, codes.SQLITE_PERM:
		return fault{kind: ErrReadOnly, detail: fmt.Sprintf("%s and its directory must be writable", d.file)}
	case codes.SQLITE_NOTADB:
		return fault{kind: ErrNotDatabase, detail: fmt.Sprintf("%s is another kind of file; name a new file or a SQLite database", d.file)}
	case codes.SQLITE_CORRUPT:
		return fault{kind: ErrDamaged, detail: fmt.Sprintf("%s was truncated or altered; restore it from a copy", d.file)}
	case codes.SQLITE_CANTOPEN:
		return fault{kind: ErrUnreachable, detail: fmt.Sprintf("%s cannot be opened; its directory must exist, and both be accessible", d.file)}
	case codes.SQLITE_IOERR:
		if e.Code() == codes.SQLITE_IOERR_SHORT_READ {
			return fault{kind: ErrDamaged, detail: fmt.Sprintf("%s was truncated; restore it from a copy", d.file)}
		}
		return fault{kind: ErrFull, detail: fmt.Sprintf("%s cannot be read or written; is the disk full or failing?", d.file)}
	case codes.SQLITE_CONSTRAINT:
		if strings.Contains(text, "UNIQUE") {
			return fault{kind: ErrDuplicate}
		}
	case codes.SQLITE_ERROR:
		switch {
		case strings.Contains(text, "no such table"):
			return fault{kind: ErrNoTable}
		case strings.Contains(text, "use DROP TABLE to delete"):
			return fault{kind: ErrName, detail: "a table has this name; give the view another one"}
		case strings.Contains(text, "no such column"), strings.Contains(text, "no column named"):
			return fault{kind: ErrColumns}
		}
	}
	return fault{}
}
