package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Tables are the names of the tables, by the rule in the documentation of the
// package: as they stand, or schema.table. What is meant is found when the
// database is opened. An empty name stands for the default.
type Tables struct {
	Customers   string // raw customers; default "customers"
	Unencoded   string // cleaned, with all columns; default "customers_unencoded"
	Encoded     string // cleaned, as numbers; default "customers_encoded"
	Merged      string // unencoded with cluster and tier; default "customers_merged"
	Models      string // every version of every model; default "segmentation_models"
	Activations string // which version was active when; default "segmentation_activations"
	Scores      string // the log of scores; default "segmentation_scores"
	Columns     string // what the columns of tables that SaveTable saved hold; default "segmentation_columns"

	// Migrations is where the version of the tables is noted; default
	// "segmentation_migrations". Letters, digits and underscores alone are
	// allowed here. A second set of tables in one schema needs a second one.
	Migrations string
}

// withDefaults fills in what is empty.
func (t Tables) withDefaults() Tables {
	return Tables{
		Customers: cmp.Or(t.Customers, "customers"), Unencoded: cmp.Or(t.Unencoded, "customers_unencoded"),
		Encoded: cmp.Or(t.Encoded, "customers_encoded"), Merged: cmp.Or(t.Merged, "customers_merged"),
		Models: cmp.Or(t.Models, "segmentation_models"), Activations: cmp.Or(t.Activations, "segmentation_activations"),
		Scores: cmp.Or(t.Scores, "segmentation_scores"), Columns: cmp.Or(t.Columns, "segmentation_columns"), Migrations: cmp.Or(t.Migrations, "segmentation_migrations"),
	}
}

// all returns the names with what they are for, in a fixed order.
func (t Tables) all() [][2]string {
	return [][2]string{
		{"customers", t.Customers}, {"unencoded", t.Unencoded}, {"encoded", t.Encoded}, {"merged", t.Merged},
		{"models", t.Models}, {"activations", t.Activations}, {"scores", t.Scores}, {"columns", t.Columns}, {"migrations", t.Migrations},
	}
}

// Options change how a Store works. The zero value works.
type Options struct {
	Tables Tables

	// Migrate makes Open call Migrate, so that the tables are there
	// afterwards. Without it Open changes nothing in the database.
	Migrate bool

	// RetryFor is for how long work is repeated after the connection was lost;
	// 0 means 30 seconds, a negative value not at all.
	RetryFor time.Duration

	// LockTimeout is how long a write waits for another writer; 0 means 30
	// seconds.
	LockTimeout time.Duration
}

// A Store is customers, tables, models and scores in a database. It is safe
// for concurrent use.
type Store struct {
	db       *sqlx.DB // for reading, and for the caller
	writer   *sqlx.DB // for writing; the same as db but for a SQLite file
	dialect  dialect
	tables   Tables
	own      map[string]tableName // tables by their names
	opts     Options
	close    bool        // the pools are ours
	memory   bool        // one connection is all there is, see source
	readOnly bool        // a SQLite file of others
	opened   os.FileInfo // of a SQLite file
}

// Open opens a database by its URL:
//
//   - postgres://user:password@host:port/database?sslmode=verify-full, with
//     all that lib/pq takes behind the question mark: sslmode, sslrootcert,
//     search_path, a socket's directory as host;
//   - sqlite:FILE, made where it is not there, and sqlite::memory:, which ends
//     with Close;
//   - the empty string for the URL in the environment's DATABASE_URL.
//
// It tries the connection, and waits for a server that is already starting. A
// database that a newer version of this package has set up is [ErrNewer].
//
// Errors: [ErrURL], [ErrUnreachable], [ErrLogin], [ErrNoDatabase], [ErrName],
// [ErrNotDatabase], [ErrDamaged], [ErrReadOnly], and those of [Store.Migrate].
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if url == "" {
		if url = os.Getenv("DATABASE_URL"); url == "" {
			return nil, fmt.Errorf("%w: it is empty, and so is DATABASE_URL in the environment; want %s", ErrURL, wantURL)
		}
	}
	scheme, rest, _ := strings.Cut(url, ":")
	switch {
	case scheme == "sqlite":
		return openSQLite(ctx, rest, o, false)
	case scheme == "postgres" || scheme == "postgresql":
		return openPostgres(ctx, url, o)
	}
	return nil, fmt.Errorf("%w: want %s", ErrURL, wantURL)
}

// OpenDB returns a Store on a PostgreSQL pool that the caller has, which Close
// leaves open. Rows are written fastest by lib/pq, through COPY; with another
// driver by INSERTs of many.
func OpenDB(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	if db == nil {
		return nil, fmt.Errorf("%w: the pool is nil", ErrOption)
	}
	its := driverOf(db)
	if its == nil {
		return nil, fmt.Errorf("%w: the pool was never opened; want one of sql.Open or sql.OpenDB", ErrOption)
	}
	_, copies := its.(*pq.Driver)
	pool := sqlx.NewDb(db, "postgres")
	return newStore(ctx, &Store{db: pool, writer: pool, dialect: postgres{copies: copies}}, o)
}

// driverOf returns the driver of a pool, and nil for the zero of a pool, which
// panics.
func driverOf(db *sql.DB) (d driver.Driver) {
	defer func() { _ = recover() }()
	return db.Driver()
}

func openPostgres(ctx context.Context, url string, o Options) (*Store, error) {
	cfg, err := parsePostgres(url)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: lib/pq refuses its settings", ErrURL)
	}
	pool := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	pool.SetMaxIdleConns(4)
	s := &Store{db: pool, writer: pool, close: true, dialect: postgres{copies: true, host: address(cfg), role: cfg.User}}
	return newStore(ctx, s, o)
}

func openSQLite(ctx context.Context, name string, o Options, readOnly bool) (*Store, error) {
	wait := o.lockTimeout().Milliseconds()
	if name == ":memory:" {
		db, err := sqlx.Open("sqlite", fmt.Sprintf(":memory:?_txlock=immediate&_pragma=busy_timeout(%d)", wait))
		if err != nil {
			return nil, err
		}
		// The database is the connection's: one, for as long as the Store.
		db.SetMaxOpenConns(1)
		db.SetConnMaxLifetime(0)
		db.SetConnMaxIdleTime(0)
		return newStore(ctx, &Store{db: db, writer: db, close: true, memory: true, dialect: sqlite{file: name}}, o)
	}
	file, dsn, err := sqliteFile(name)
	if err != nil {
		return nil, err
	}
	dsn += fmt.Sprintf("?_pragma=busy_timeout(%d)&_dqs=0&_error_rc=1", wait)
	if readOnly {
		db, err := sqlx.Open("sqlite", dsn+"&mode=ro")
		if err != nil {
			return nil, err
		}
		return newStore(ctx, &Store{db: db, writer: db, close: true, readOnly: true, dialect: sqlite{file: file}}, o)
	}
	// WAL lets readers read on while one writes. The cache holds the index of
	// a million customers' ids.
	dsn += "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-16000)"
	db, err := sqlx.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	writer, err := sqlx.Open("sqlite", dsn+"&_txlock=immediate")
	if err != nil {
		db.Close()
		return nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(4)
	writer.SetMaxOpenConns(1)
	return newStore(ctx, &Store{db: db, writer: writer, close: true, dialect: sqlite{file: file}}, o)
}

// newStore checks options, names, connection and version.
func newStore(ctx context.Context, s *Store, o Options) (*Store, error) {
	s.ready(&ctx)
	s.opts, s.tables = o, o.Tables.withDefaults()
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := plainName(s.tables.Migrations); err != nil {
		return err
	}
	const op = "opening the database"
	file, isFile := s.dialect.(sqlite)
	if isFile = isFile && !s.memory; isFile && !s.readOnly {
		private(file.file)
	}
	var version int64
	start := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		_, err := s.db.ExecContext(ctx, "SELECT 1")
		if err == nil {
			err = s.findOwn(ctx)
		}
		if err == nil {
			version, err = s.version(ctx)
		}
		if err == nil {
			break
		}
		if errors.Is(err, ErrName) {
			return err
		}
		e, ok := errors.AsType[*pq.Error](err)
		starting := ok && e.Code == "57P03" && time.Since(start) <= s.opts.retryFor()
		// While others make a SQLite file, it may be busy without a wait.
		busy := isFile && s.dialect.diagnose(err).kind == ErrLocked && time.Since(start) <= s.opts.lockTimeout()
		if !starting && !busy || !sleep(ctx, pause) {
			return s.fail(ctx, op, err)
		}
	}
	if isFile {
		s.opened, _ = os.Stat(file.file)
	}
	if err := s.checkVersion(version); err != nil {
		return s.fail(ctx, op, err)
	}
	if s.opts.Migrate {
		return s.Migrate(ctx)
	}
	return nil
}

// findOwn finds the tables of Options.Tables, of which no two may be the same.
func (s *Store) findOwn(ctx context.Context) error {
	own, seen := map[string]tableName{}, map[string]string{}
	for _, table := range s.tables.all() {
		what, name := table[0]+" table", table[1]
		t, err := s.find(ctx, what, name)
		if err != nil {
			return err
		}
		key := t.String()
		if s.dialect.name() == SQLite {
			key = strings.TrimPrefix(strings.ToLower(key), `"main".`)
		}
		if other, ok := seen[key]; ok {
			return fmt.Errorf("%w: %s and %s are both named %q; each needs a name of its own", ErrName, other, what, name)
		}
		seen[key], own[name] = what, t
	}
	s.own = own
	return nil
}

func (o Options) retryFor() time.Duration {
	if o.RetryFor == 0 {
		return 30 * time.Second
	}
	return o.RetryFor
}

func (o Options) lockTimeout() time.Duration {
	if o.LockTimeout <= 0 {
		return 30 * time.Second
	}
	return o.LockTimeout
}

// errNotOpen is the error of a Store that is nil or zero.
var errNotOpen = fmt.Errorf("%w: it was never opened; want one that Open or OpenDB returned", ErrClosed)

// ready reports whether the Store was opened, and takes a nil context for one
// that is never done.
func (s *Store) ready(ctx *context.Context) bool {
	if *ctx == nil {
		*ctx = context.Background()
	}
	return s != nil && s.dialect != nil
}

// orZero returns the zero value for a nil pointer, so that methods return an
// error or nothing and never panic.
func orZero[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// DB returns the pool below, for everything that this package does not do. With
// sqlite::memory: it has one connection.
func (s *Store) DB() *sqlx.DB { return orZero(s).db }

// Dialect returns the SQL of the database; empty where none was opened.
func (s *Store) Dialect() Dialect {
	if s == nil || s.dialect == nil {
		return ""
	}
	return s.dialect.name()
}

// Tables returns the names of the tables, with defaults filled in.
func (s *Store) Tables() Tables { return orZero(s).tables }

// Close closes the pool that Open made.
func (s *Store) Close() error {
	if s == nil || !s.close {
		return nil
	}
	err := s.db.Close()
	if s.writer != s.db {
		err = errors.Join(err, s.writer.Close())
	}
	return err
}

// Count returns the number of rows of a table.
func (s *Store) Count(ctx context.Context, table string) (int, error) {
	return read(ctx, s, "counting the rows of "+quote(table), table, func(ctx context.Context, t tableName) (n int, err error) {
		err = s.db.GetContext(ctx, &n, "SELECT count(*) FROM "+t.String())
		return n, err
	})
}

// read returns what query reads from the table of a name, and asks again where the
// connection was lost.
func read[T any](ctx context.Context, s *Store, op, name string, query func(context.Context, tableName) (T, error)) (found T, err error) {
	if !s.ready(&ctx) {
		return found, errNotOpen
	}
	table, err := s.find(ctx, "table", name)
	if err == nil {
		err = s.retry(ctx, func() (_ bool, err error) {
			found, err = query(ctx, table)
			return true, err
		})
	}
	if err != nil {
		var none T
		return none, s.failTable(ctx, op, table, err)
	}
	return found, nil
}

// failTable does as fail, and names the tables or columns that there are where
// one is not.
func (s *Store) failTable(ctx context.Context, op string, table tableName, err error) error {
	if err == nil || ctx.Err() != nil || own(err) {
		return s.fail(ctx, op, err)
	}
	switch s.dialect.diagnose(err).kind {
	case ErrNoTable:
		e := missing(ctx, s.dialect, s.db, table)
		if version, err := s.version(ctx); err == nil && version < schemaVersion && s.isOurs(table) {
			e = fmt.Errorf("%w; migrate the database first: %w", e, ErrNotMigrated)
		}
		return s.fail(ctx, op, e)
	case ErrColumns:
		if there, e := columnsOf(ctx, s.dialect, s.db, table); e == nil && len(there) > 0 {
			return s.fail(ctx, op, fmt.Errorf("%w: %s has %s: %w", ErrColumns, table, strings.Join(there, ", "), err))
		}
	}
	return s.fail(ctx, op, err)
}

func (s *Store) isOurs(table tableName) bool {
	for _, t := range s.own {
		if t == table {
			return true
		}
	}
	return false
}
