package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/internal/cause"
)

// ScrubOptions change how Scrub works. The zero value works.
type ScrubOptions struct {
	// Tables are scrubbed beside those of the store; one that is not there is
	// passed over.
	Tables []string
}

// Scrub erases from the database's files what was deleted from the tables of
// the store, and from those of the options. Call it after personal data was
// deleted.
//
// SQLite leaves deleted rows in the free pages of its file and in the write-ahead
// log; after Scrub neither holds a byte of them. The whole file is written anew, for
// which the disk needs as much room again; writes of other programs wait meanwhile.
//
// PostgreSQL leaves them in the files of the table, also after a VACUUM, and as
// samples in its statistics. Scrub writes the tables anew (VACUUM FULL), one after
// the other, while others wait who read or write that table, and takes the
// statistics anew, out of the files of pg_statistic as well where the role may do
// that, as the owner of the database may. The write-ahead log of the server
// (pg_wal, and an archive of it) holds the deleted rows until its segments are
// written over, as backups do. Statistics of an empty table, of a column that a
// view reads, stay until the view is dropped.
//
// Errors: [ErrLocked] when another program reads or writes for longer than
// [Options.LockTimeout], [ErrFull].
func (s *Store) Scrub(ctx context.Context, o ScrubOptions) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	const op = "scrubbing the database"
	if s.dialect.name() != SQLite {
		return s.fail(ctx, op, s.rewrite(ctx, o.Tables))
	}
	if _, err := s.writer.ExecContext(ctx, "VACUUM"); err != nil {
		return s.fail(ctx, op, err)
	}
	if s.memory {
		return nil
	}
	// The checkpoint empties the log, which can only be done at a moment when
	// nobody reads from it.
	return s.fail(ctx, op, s.until(ctx, func() (bool, error) {
		var busy, frames, moved int
		err := s.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
		return busy == 0, err
	}))
}

// until tries something until it reports that it is done, for as long as a
// write waits for a lock.
func (s *Store) until(ctx context.Context, try func() (done bool, err error)) error {
	start := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if done, err := try(); done || err != nil {
			return err
		}
		if time.Since(start) > s.opts.lockTimeout() || !sleep(ctx, pause) {
			if err := cause.Of(ctx); err != nil {
				return err
			}
			return fmt.Errorf("%w: another program reads from the database without an end; end it and scrub again", ErrLocked)
		}
	}
}

// rewrite writes tables of PostgreSQL anew without what was deleted from them.
func (s *Store) rewrite(ctx context.Context, further []string) error {
	conn, err := s.writer.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("SET lock_timeout = %d", s.opts.lockTimeout().Milliseconds())); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "RESET lock_timeout")
	// A snapshot of before would still see the deleted rows, and VACUUM FULL
	// would copy them.
	var now string
	if err := conn.GetContext(ctx, &now, "SELECT txid_current() % 4294967296"); err != nil {
		return err
	}
	err = s.until(ctx, func() (bool, error) {
		var readers int
		err := conn.GetContext(ctx, &readers, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND pid <> pg_backend_pid() AND age(backend_xmin) >= age($1::xid)`, now)
		return readers == 0, err
	})
	if err != nil {
		return err
	}
	t := s.tables
	for _, name := range append([]string{t.Customers, t.Unencoded, t.Encoded, t.Merged, t.Models, t.Activations, t.Scores, t.Columns}, further...) {
		table := s.table(name).String()
		var there bool
		if err := conn.GetContext(ctx, &there, "SELECT to_regclass($1) IS NOT NULL", table); err != nil {
			return err
		}
		if !there {
			continue
		}
		if _, err := conn.ExecContext(ctx, "VACUUM (FULL, ANALYZE) "+table); err != nil {
			return err
		}
		if err := s.dropStatistics(ctx, conn, table); err != nil {
			return err
		}
	}
	// A catalog that the role does not own is left out, with a warning alone.
	_, err = conn.ExecContext(ctx, "VACUUM FULL pg_catalog.pg_statistic")
	return err
}

// dropStatistics drops the statistics of a table of PostgreSQL without rows, of
// which ANALYZE keeps the old ones. A column that gets a type, also the one that
// it has, loses them. A column that a view reads cannot get one: there they stay.
func (s *Store) dropStatistics(ctx context.Context, conn *sqlx.Conn, table string) error {
	var rows bool
	if err := conn.GetContext(ctx, &rows, "SELECT EXISTS (SELECT FROM "+table+")"); err != nil || rows {
		return err
	}
	var columns []string
	if err := conn.SelectContext(ctx, &columns, `SELECT format('ALTER COLUMN %I TYPE %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
			CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END)
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.oid = to_regclass($1) AND EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname)`, table); err != nil || len(columns) == 0 {
		return err
	}
	_, err := conn.ExecContext(ctx, "ALTER TABLE "+table+" "+strings.Join(columns, ", "))
	var refused interface{ SQLState() string }                     // of lib/pq and of pgx
	if errors.As(err, &refused) && refused.SQLState() == "0A000" { // feature_not_supported
		return nil
	}
	return err
}
