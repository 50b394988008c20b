package store

import (
	"context"
	"fmt"
	"time"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment"
)

// Scrub takes out of the database file what was deleted from it. SQLite leaves
// deleted rows, and those of tables that were replaced, in the free pages of
// its file and in the write-ahead log until something else needs the room;
// after Scrub neither holds a byte of them. It writes the whole file anew, for
// which the disk needs as much room again, and other programs wait meanwhile
// with what they write. Call it after personal data was deleted.
//
// PostgreSQL cleans its files by itself (autovacuum): there Scrub does nothing.
//
// Errors: [ErrLocked] when another program reads or writes for longer than
// [Options.LockTimeout], [ErrFull].
func (s *Store) Scrub(ctx context.Context) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	if s.dialect.name() != segment.SQLite {
		return nil
	}
	const op = "scrubbing the database"
	if _, err := s.writer.ExecContext(ctx, "VACUUM"); err != nil {
		return s.fail(ctx, op, err)
	}
	if s.memory {
		return nil
	}
	// The checkpoint empties the log, which can only be done at a moment when
	// nobody reads from it.
	start := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		var busy, frames, moved int
		if err := s.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
			return s.fail(ctx, op, err)
		}
		if busy == 0 {
			return nil
		}
		if time.Since(start) > s.opts.lockTimeout() || !sleep(ctx, pause) {
			if err := cause.Of(ctx); err != nil {
				return s.fail(ctx, op, err)
			}
			return fmt.Errorf("%s: %w: another program reads from the file without an end; end it and scrub again", op, ErrLocked)
		}
	}
}
