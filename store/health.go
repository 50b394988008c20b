package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Ping reports whether the database can be read now. It tries once, and waits for
// as long as the context allows.
//
// Errors: [ErrUnreachable], also for a SQLite file that was removed or replaced
// since it was opened; [ErrLocked].
func (s *Store) Ping(ctx context.Context) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	const op = "asking the database"
	if err := s.present(); err != nil {
		return s.fail(ctx, op, err)
	}
	query := "SELECT 1"
	if s.dialect.name() == SQLite {
		query = "SELECT count(*) FROM sqlite_master" // unlike SELECT 1 it needs the file
	}
	var n int
	return s.fail(ctx, op, s.db.GetContext(ctx, &n, query))
}

// PingWriter pings, and reports whether the database can be written to. Where
// this Store is writing itself, that is so.
func (s *Store) PingWriter(ctx context.Context) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	if err := s.Ping(ctx); err != nil || s.writer == s.db || s.writer.Stats().InUse > 0 {
		return err
	}
	tx, err := s.writer.BeginTxx(ctx, nil) // immediate: it takes the lock
	if err == nil {
		err = tx.Rollback()
	}
	return s.fail(ctx, "asking the database to write", err)
}

// present reports whether a SQLite file is still the one that was opened. The
// connections would go on with a file that has no name any more.
func (s *Store) present() error {
	d, ok := s.dialect.(sqlite)
	if !ok || s.memory || s.opened == nil {
		return nil
	}
	info, err := os.Stat(d.file)
	if err != nil {
		return fmt.Errorf("%w: its file is gone: %w", ErrUnreachable, err)
	}
	if !os.SameFile(info, s.opened) {
		return fmt.Errorf("%w: another file is in the place of %s; start the program again", ErrUnreachable, d.file)
	}
	return nil
}

// Unavailable reports whether an error, of this package or of the driver through
// [Store.DB], means that the database cannot be reached or is locked now: the
// same may work later.
func (s *Store) Unavailable(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, ErrUnreachable) || errors.Is(err, ErrLocked) {
		return true
	}
	f := s.dialect.diagnose(err)
	return f.lost || f.retry || f.kind == ErrUnreachable || f.kind == ErrLocked
}
