package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are the steps from an empty database to the tables of this
// version, in order; the number of the file is that of the version. What is
// released is never changed, only followed by another file. In a file,
// {customers} stands for the quoted name of that table and {bigint} for a type
// of the dialect; statements end with ";" at the end of a line.
var migrations = func() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	for i, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		if n, err := strconv.Atoi(number); err != nil || n != i+1 {
			panic("store: migrations must be numbered from 1 without a gap: " + name)
		}
	}
	return names
}()

var schemaVersion = int64(len(migrations))

// statements returns the SQL of a migration.
func (s *Store) statements(file string) ([]string, error) {
	b, err := migrationFiles.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pairs := []string{}
	for name, typ := range s.dialect.types() {
		pairs = append(pairs, "{"+name+"}", typ)
	}
	for _, t := range s.tables.all() {
		table := s.table(t[1])
		if s.dialect.name() == SQLite {
			// It has no schema there: a key refers to a table of its own file.
			pairs = append(pairs, "REFERENCES {"+t[0]+"}", "REFERENCES "+quote(table.name))
		}
		pairs = append(pairs, "{"+t[0]+"}", table.String())
	}
	replace := strings.NewReplacer(pairs...)
	var list []string
	for _, statement := range strings.SplitAfter(string(b), ";\n") {
		if strings.TrimSpace(statement) != "" {
			// Names are put in after the statements are told apart.
			list = append(list, replace.Replace(statement))
		}
	}
	return list, nil
}

// Migrate brings the tables to the version of this package: it creates those
// that are not there and changes older ones, each step in a transaction.
// Programs that start together do not collide.
//
// Errors: [ErrNewer]; [ErrPrivilege] where the role may not create tables.
func (s *Store) Migrate(ctx context.Context) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	const op = "migrating the tables"
	err := s.retry(ctx, func() (bool, error) { return true, s.migrate(ctx) })
	return s.fail(ctx, op, err)
}

func (s *Store) migrate(ctx context.Context) error {
	for {
		before, err := s.version(ctx)
		if err != nil {
			return err
		}
		if err := s.checkVersion(before); err != nil {
			return err
		}
		if before == schemaVersion {
			return s.checkTables(ctx)
		}
		provider, err := s.provider()
		if err != nil {
			return err
		}
		_, err = provider.Up(ctx)
		if err == nil {
			continue
		}
		// Another program may have gone further meanwhile.
		after, verr := s.version(ctx)
		if verr != nil || after == before {
			return err
		}
	}
}

func (s *Store) provider() (*goose.Provider, error) {
	var steps []*goose.Migration
	for i, file := range migrations {
		statements, err := s.statements(file)
		if err != nil {
			return nil, err
		}
		steps = append(steps, goose.NewGoMigration(int64(i+1), &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				if i+1 == textIDs {
					return s.idsToText(ctx, tx)
				}
				for _, statement := range statements {
					if _, err := tx.ExecContext(ctx, statement); err != nil {
						return err
					}
				}
				return nil
			},
		}, nil))
	}
	dialect := goose.DialectPostgres
	options := []goose.ProviderOption{
		goose.WithGoMigrations(steps...),
		goose.WithDisableGlobalRegistry(true),
		goose.WithTableName(s.tables.Migrations),
		goose.WithLogger(goose.NopLogger()),
	}
	if _, ok := s.dialect.(sqlite); ok {
		dialect = goose.DialectSQLite3
	} else {
		options = append(options, goose.WithSessionLocker(advisoryLock(s.tables.Migrations)))
	}
	return goose.NewProvider(dialect, s.writer.DB, nil, options...)
}

// advisoryLock is a lock of PostgreSQL's that programs agree on by its number.
// It is waited for on the server, and ends with the connection.
type advisoryLock string

func (l advisoryLock) number() int64 {
	h := fnv.New64a()
	h.Write([]byte("segmentation/store " + string(l)))
	return int64(h.Sum64())
}

func (l advisoryLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", l.number())
	return err
}

func (l advisoryLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", l.number())
	return err
}

// version returns the version of the tables in the database; 0 where there are none.
func (s *Store) version(ctx context.Context) (int64, error) {
	there, err := columnsOf(ctx, s.dialect, s.db, tableName{name: s.tables.Migrations})
	if err != nil || len(there) == 0 {
		return 0, err
	}
	v, _, err := scalar[sql.NullInt64](ctx, s.db, "SELECT max(version_id) FROM "+quote(s.tables.Migrations)+" WHERE is_applied")
	return v.Int64, err
}

func (s *Store) checkVersion(version int64) error {
	if version > schemaVersion {
		return fmt.Errorf("%w: its tables have version %d, this program knows up to %d; use a newer program", ErrNewer, version, schemaVersion)
	}
	return nil
}

// checkTables finds the case that the tables were made under other names.
func (s *Store) checkTables(ctx context.Context) error {
	for _, t := range s.tables.all() {
		there, err := columnsOf(ctx, s.dialect, s.db, s.table(t[1]))
		if err != nil {
			return err
		}
		if len(there) == 0 {
			err := missing(ctx, s.dialect, s.db, s.table(t[1]))
			return fmt.Errorf("%w: %s says that the tables are there, but perhaps under other names; a second set of tables needs a migrations table of its own: %w", ErrNotMigrated, s.tables.Migrations, err)
		}
	}
	return nil
}

// plainName refuses a name for goose's table that would need quotes.
func plainName(name string) error {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9' || i == 0) {
			return fmt.Errorf("%w: the migrations table is named %q; want lower-case letters, digits and underscores alone", ErrName, name)
		}
	}
	return nil
}
