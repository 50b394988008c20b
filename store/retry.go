package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// sleep waits, and reports whether the context went on for so long.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retry runs f again, with growing pauses, while its error is that of a lost
// connection and it is declared safe to repeat.
func (s *Store) retry(ctx context.Context, f func() (again bool, err error)) error {
	start := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		again, err := f()
		if err == nil || !again || ctx.Err() != nil {
			return err
		}
		if f := s.dialect.diagnose(err); ofSource(err) || !f.lost && !f.retry {
			return err
		}
		if time.Since(start)+pause > s.opts.retryFor() || !sleep(ctx, pause) {
			return err
		}
	}
}

// A job is a piece of writing.
type job struct {
	op     string
	tables []tableName // that no one else may write to meanwhile; the first one is named in errors

	// again reports whether the work may be repeated after it has begun: its source
	// can be read again; idempotent, whether also where a lost connection may have
	// lost no more than the news of the commit.
	again, idempotent bool
}

// connect returns a connection to write on. Where there is but one, it is
// waited for as for a lock.
func (s *Store) connect(ctx context.Context) (*sqlx.Conn, error) {
	if s.dialect.name() != SQLite {
		return s.writer.Connx(ctx)
	}
	patience, cancel := context.WithTimeout(ctx, s.opts.lockTimeout())
	defer cancel()
	conn, err := s.writer.Connx(patience)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: this program writes to the database already; let that end, or wait longer for it", ErrLocked)
	}
	return conn, err
}

// write runs body in a transaction as the only writer of the job's tables.
func (s *Store) write(ctx context.Context, j job, body func(*tx) error) error {
	err := s.retry(ctx, func() (bool, error) {
		conn, err := s.connect(ctx)
		if err != nil {
			return true, err
		}
		defer conn.Close()
		t, err := conn.BeginTxx(ctx, nil)
		if err != nil {
			return true, err
		}
		defer t.Rollback()
		if err := s.dialect.lock(ctx, t, s.opts.lockTimeout(), j.tables...); err != nil {
			return true, err
		}
		if err := body(&tx{Tx: t, conn: conn, s: s}); err != nil {
			return j.again, err
		}
		err = t.Commit()
		if err != nil && !j.idempotent && s.dialect.diagnose(err).lost {
			return false, fmt.Errorf("%w: look whether it was, and do it again if not: %w", ErrUnknownOutcome, err)
		}
		return j.again && j.idempotent, err
	})
	if err == nil {
		return nil
	}
	var table tableName
	if len(j.tables) > 0 {
		table = j.tables[0]
	}
	return s.failTable(ctx, j.op, table, err)
}
