package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/customer-personality/segmentation/segment"
)

// Tables are the names of the tables. They are taken as they stand, with case
// and blanks, and always quoted. An empty name stands for the default.
type Tables struct {
	Customers   string // raw customers; default "customers"
	Unencoded   string // cleaned, with all columns; default "customers_unencoded"
	Encoded     string // cleaned, as numbers; default "customers_encoded"
	Merged      string // unencoded with cluster and tier; default "customers_merged"
	Models      string // every version of every model; default "segmentation_models"
	Activations string // which version was active when; default "segmentation_activations"
	Scores      string // the log of scores; default "segmentation_scores"

	// Migrations is where the version of the tables is noted; default
	// "segmentation_migrations". Letters, digits and underscores alone are
	// allowed here. A second set of tables in one schema needs a second one.
	Migrations string
}

// withDefaults fills in what is empty.
func (t Tables) withDefaults() Tables {
	d := func(name *string, def string) {
		if *name == "" {
			*name = def
		}
	}
	d(&t.Customers, "customers")
	d(&t.Unencoded, "customers_unencoded")
	d(&t.Encoded, "customers_encoded")
	d(&t.Merged, "customers_merged")
	d(&t.Models, "segmentation_models")
	d(&t.Activations, "segmentation_activations")
	d(&t.Scores, "segmentation_scores")
	d(&t.Migrations, "segmentation_migrations")
	return t
}

// all gives the names with what they are for, in a fixed order.
func (t Tables) all() [][2]string {
	return [][2]string{
		{"customers", t.Customers}, {"unencoded", t.Unencoded}, {"encoded", t.Encoded}, {"merged", t.Merged},
		{"models", t.Models}, {"activations", t.Activations}, {"scores", t.Scores}, {"migrations", t.Migrations},
	}
}

// Options change how a Store works. The zero value works.
type Options struct {
	// Tables are the names of the tables.
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
	db      *sqlx.DB // for reading, and for the caller
	writer  *sqlx.DB // for writing; the same as db but for a SQLite file
	dialect dialect
	tables  Tables
	opts    Options
	close   bool        // the pools are ours
	memory  bool        // one connection is all there is, see source
	opened  os.FileInfo // of a SQLite file
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
// It tries the connection, and refuses a database that a newer version of this
// package has set up ([ErrNewer]). It does not wait for a server to come up,
// but for one that is already starting.
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
		return openSQLite(ctx, rest, o)
	case scheme == "postgres" || scheme == "postgresql":
		return openPostgres(ctx, url, o)
	}
	return nil, fmt.Errorf("%w: want %s", ErrURL, wantURL)
}

// OpenDB makes a Store of a PostgreSQL pool that the caller has, of lib/pq or
// any other driver. Customers are written fastest by lib/pq, through COPY;
// with another driver rows go in by INSERTs of many. Close leaves the pool
// open.
func OpenDB(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	if db == nil {
		return nil, fmt.Errorf("%w: the pool is nil", ErrOption)
	}
	_, copies := db.Driver().(*pq.Driver)
	pool := sqlx.NewDb(db, "postgres")
	return newStore(ctx, &Store{db: pool, writer: pool, dialect: postgres{copies: copies}}, o)
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

func openSQLite(ctx context.Context, name string, o Options) (*Store, error) {
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
	// WAL lets readers read on while one writes. The cache holds the index of
	// a million customers' ids.
	dsn += fmt.Sprintf("?_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-16000)&_dqs=0&_error_rc=1", wait)
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
	s.opts, s.tables = o, o.Tables.withDefaults()
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	seen := map[string]string{}
	for _, table := range s.tables.all() {
		what, name := table[0]+" table", table[1]
		if err := checkName(s.dialect, what, name); err != nil {
			return err
		}
		key := name
		if s.dialect.name() == segment.SQLite {
			key = strings.ToLower(name)
		}
		if other, ok := seen[key]; ok {
			return fmt.Errorf("%w: %s and %s are both named %q; each needs a name of its own", ErrName, other, what, name)
		}
		seen[key] = what
	}
	if err := plainName(s.tables.Migrations); err != nil {
		return err
	}
	const op = "opening the database"
	file, isFile := s.dialect.(sqlite)
	if isFile = isFile && !s.memory; isFile {
		private(file.file)
	}
	start := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		_, err := s.db.ExecContext(ctx, "SELECT 1")
		if err == nil {
			break
		}
		var e *pq.Error
		starting := errors.As(err, &e) && e.Code == "57P03"
		if !starting || time.Since(start) > s.opts.retryFor() || !sleep(ctx, pause) {
			return s.fail(ctx, op, err)
		}
	}
	if isFile {
		s.opened, _ = os.Stat(file.file)
	}
	version, err := s.version(ctx)
	if err != nil {
		return s.fail(ctx, op, err)
	}
	if err := s.checkVersion(version); err != nil {
		return s.fail(ctx, op, err)
	}
	if s.opts.Migrate {
		return s.Migrate(ctx)
	}
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

// DB is the pool below, for everything that this package does not do. With
// sqlite::memory: it has one connection, which an open query keeps from all
// else.
func (s *Store) DB() *sqlx.DB { return s.db }

// Dialect is the SQL of the database.
func (s *Store) Dialect() segment.Dialect { return s.dialect.name() }

// Tables are the names of the tables, with defaults filled in.
func (s *Store) Tables() Tables { return s.tables }

// Close closes the pool that Open made.
func (s *Store) Close() error {
	if !s.close {
		return nil
	}
	err := s.db.Close()
	if s.writer != s.db {
		err = errors.Join(err, s.writer.Close())
	}
	return err
}

// Count is the number of rows of a table.
func (s *Store) Count(ctx context.Context, table string) (int, error) {
	op := "counting the rows of " + quote(table)
	if err := checkName(s.dialect, "table", table); err != nil {
		return 0, err
	}
	var n int
	err := s.retry(ctx, func() (bool, error) {
		return true, s.db.GetContext(ctx, &n, "SELECT count(*) FROM "+quote(table))
	})
	return n, s.failTable(ctx, op, table, err)
}

// failTable is fail, and says what tables or columns there are where one is
// not.
func (s *Store) failTable(ctx context.Context, op, table string, err error) error {
	if err == nil || ctx.Err() != nil || own(err) {
		return s.fail(ctx, op, err)
	}
	switch s.dialect.diagnose(err).kind {
	case ErrNoTable:
		e := missing(ctx, s.dialect, s.db, table)
		if version, err := s.version(ctx); err == nil && version < schemaVersion && s.isOurs(table) {
			e = fmt.Errorf("%w; call Migrate, or open with Options.Migrate: %w", e, ErrNotMigrated)
		}
		return s.fail(ctx, op, e)
	case ErrColumns:
		if there, e := s.dialect.columns(ctx, s.db, table); e == nil && len(there) > 0 {
			return s.fail(ctx, op, fmt.Errorf("%w: %s has %s: %w", ErrColumns, quote(table), strings.Join(there, ", "), err))
		}
	}
	return s.fail(ctx, op, err)
}

func (s *Store) isOurs(table string) bool {
	for _, t := range s.tables.all() {
		if t[1] == table {
			return true
		}
	}
	return false
}
