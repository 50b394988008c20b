package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/cause"
)

// The errors of this package are these, wrapped with where and what; test for
// them with errors.Is. The error of the driver is wrapped as well.
var (
	// ErrURL means a database URL that cannot be read.
	ErrURL = errors.New("store: unreadable database URL")
	// ErrUnreachable means that no server answers, or none any more.
	ErrUnreachable = errors.New("store: the database cannot be reached")
	// ErrLogin means a wrong password, an unknown role, or one that may not
	// connect.
	ErrLogin = errors.New("store: the database refuses the login")
	// ErrNoDatabase means a server without the database named.
	ErrNoDatabase = errors.New("store: no such database")
	// ErrPrivilege means that the role lacks a privilege.
	ErrPrivilege = errors.New("store: no privilege")
	// ErrNoTable means that a table is not there.
	ErrNoTable = errors.New("store: no such table")
	// ErrColumns means a table whose columns are not the expected ones.
	ErrColumns = errors.New("store: unexpected columns")
	// ErrLocked means that another program holds a lock for too long.
	ErrLocked = errors.New("store: locked by another program")
	// ErrDuplicate means a key, such as a customer's id, that is there already.
	ErrDuplicate = errors.New("store: duplicate key")
	// ErrFull means that the disk, or the quota, is full.
	ErrFull = errors.New("store: no space left")
	// ErrReadOnly means a file, directory or server that can only be read.
	ErrReadOnly = errors.New("store: read-only database")
	// ErrNotDatabase means a file that is no SQLite database.
	ErrNotDatabase = errors.New("store: not a database file")
	// ErrDamaged means a database file that is truncated or damaged.
	ErrDamaged = errors.New("store: damaged database file")
	// ErrNotMigrated means a database without our tables, or with an older
	// version of them; Migrate makes them.
	ErrNotMigrated = errors.New("store: the tables are not set up")
	// ErrNewer means a database that a newer version of this package has set up.
	ErrNewer = errors.New("store: the database is of a newer version")
	// ErrUnknownOutcome means that the connection was lost during a commit, so
	// that the work may be done or not.
	ErrUnknownOutcome = errors.New("store: it is unknown whether the work was committed")
	// ErrName means a table or column name that no database takes, or one
	// that is there twice.
	ErrName = errors.New("store: unusable name")
	// ErrValue means a value that a table cannot hold.
	ErrValue = errors.New("store: unusable value")
	// ErrNoModel means that there is no model of that name and version.
	ErrNoModel = errors.New("store: no such model")
	// ErrNoActive means that no version of the model is active, or none was
	// active before.
	ErrNoActive = errors.New("store: no active model")
	// ErrUnfit means a model that cannot score the customers, and so cannot be
	// activated.
	ErrUnfit = errors.New("store: the model cannot score the customers")
	// ErrOption means an option whose value makes no sense.
	ErrOption = errors.New("store: invalid option")
	// ErrClosed means a Store after Close, or one that was never opened.
	ErrClosed = errors.New("store: closed")
)

// A fault is a driver's error as a dialect classifies it.
type fault struct {
	kind   error  // a sentinel; nil for an error of no special kind
	detail string // what would be right; may be empty
	lost   bool   // the connection failed: trying again may help
	retry  bool   // the transaction was undone through no fault of its own
}

// fail converts an error of the driver to one of this package: what was being
// done, what was wrong, and what would be right. The error of a cancelled
// context is that of the context.
func (s *Store) fail(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("store: %s: %w", op, cause.Of(ctx))
	}
	if own(err) {
		return fmt.Errorf("%s: %w", op, err)
	}
	if errors.Is(err, sql.ErrConnDone) || strings.Contains(err.Error(), "sql: database is closed") {
		return fmt.Errorf("%s: %w", op, ErrClosed)
	}
	f := s.dialect.diagnose(err)
	switch {
	case f.kind == nil:
		return fmt.Errorf("store: %s: %w", op, err)
	case f.detail == "":
		return fmt.Errorf("%s: %w: %w", op, f.kind, err)
	}
	return fmt.Errorf("%s: %w: %s: %w", op, f.kind, f.detail, err)
}

// own reports whether an error is one of this package already, or of a caller's
// function, and is to be returned as it is.
func own(err error) bool {
	return ofSource(err) || slices.ContainsFunc([]error{ErrColumns, ErrNotMigrated, ErrNewer, ErrName, ErrValue, ErrNoModel, ErrNoActive, ErrOption, ErrNoTable, ErrUnknownOutcome, ErrLocked, ErrUnfit, ErrUnreachable},
		func(kind error) bool { return errors.Is(err, kind) })
}

func ofSource(err error) bool {
	_, ok := errors.AsType[*sourceError](err)
	return ok
}

// A sourceError is an error of the source of rows, not of the database.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }
