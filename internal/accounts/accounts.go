// Package accounts tells who uses an app and what each may do: users with roles, their
// passwords, sessions and tokens, and signing in by OpenID Connect. Its tables are made
// by package service; its pages are drawn by the app.
package accounts

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/internal/web"
)

// Options say with what accounts work.
type Options struct {
	Settings
	DB       *sqlx.DB
	Throttle *web.Throttle // of passwords
	Log      *slog.Logger
	// Audit notes what somebody did, with whom it is about and the address that a
	// sign-in comes from.
	Audit func(ctx context.Context, who, what, about, from string) error
	Now   func() time.Time // time.Now, but in tests
	// Forget are the cookies of the app that go when somebody signs out.
	Forget []string
	// Takes is how long the database may take for one request, with the cause of
	// its end; default 5 s.
	Takes   time.Duration
	TooLong error
	Client  *http.Client // for the provider
}

// Accounts are the users of an app. It is safe for concurrent use.
type Accounts struct {
	o        Options
	db       *sqlx.DB
	provider *provider // nil for none

	mu    sync.Mutex
	finds map[string]*sql.Stmt // see holders
	slots chan struct{}        // held by those who ask
}

// finders is how many ask at a time who somebody is: the connections that the store
// keeps open. Opening one more takes longer than to wait for one of them.
const finders = 4

// New returns the accounts of a database.
func New(o Options) *Accounts {
	o.Idle, o.Longest = cmp.Or(o.Idle, 8*time.Hour), cmp.Or(o.Longest, 7*24*time.Hour)
	o.Takes = cmp.Or(o.Takes, 5*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Accounts{o: o, db: o.DB, finds: map[string]*sql.Stmt{}, slots: make(chan struct{}, finders)}
	if o.Provider.Issuer != "" {
		a.provider = newProvider(o.Provider, o.Client)
	}
	return a
}

// ErrNobody means that nobody could ever sign in.
var ErrNobody = errors.New("there is no user who could sign in: give -user and -password once, for the first admin, or start once with -set-admin")

// Prepare makes the first admin of a name and password where there is no user, and
// refuses to begin where nobody could become one.
func (a *Accounts) Prepare(ctx context.Context, name, password string) error {
	var users int
	if err := a.db.GetContext(ctx, &users, `select count(*) from webapp_users`); err != nil {
		return err
	}
	switch {
	case users > 0:
		if name != "" {
			a.o.Log.Info("there are users already: -user and -password are not used, and may go")
		}
		return nil
	case name != "":
		return a.SetAdmin(ctx, name, password)
	case a.provider != nil && len(a.o.Provider.Roles) > 0:
		return nil
	}
	return ErrNobody
}

// An Error is what a reader can act on: the status of the answer, the field of a form
// that is wrong, and the key of its text.
type Error struct {
	Status int
	Field  string
	Key    string
	Args   []any
	To     string // where a reader is led instead of being told
}

// Error returns the key of the text.
func (e *Error) Error() string { return fmt.Sprint(e.Key, e.Args) }

func invalid(field, key string, args ...any) *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Field: field, Key: key, Args: args}
}

var errNoSuch = &Error{Status: http.StatusNotFound, Key: "error.404"}

// in ends a use of the database that takes too long.
func (a *Accounts) in(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, a.o.Takes, a.o.TooLong)
}

// execute runs a statement, and returns how many rows it changed.
func execute(ctx context.Context, on sqlx.ExtContext, query string, args ...any) (int64, error) {
	r, err := on.ExecContext(ctx, on.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// change is execute for one row, which there has to be.
func (a *Accounts) change(ctx context.Context, query string, args ...any) error {
	n, err := execute(ctx, a.db, query, args...)
	if err == nil && n == 0 {
		return errNoSuch
	}
	return err
}

// list reads the rows of a query.
func list[T any](ctx context.Context, a *Accounts, query string, args ...any) (out []T, err error) {
	err = a.db.SelectContext(ctx, &out, a.db.Rebind(query), args...)
	return out, err
}

// one reads the row of a query, ok false where there is none.
func one[T any](ctx context.Context, a *Accounts, query string, args ...any) (row T, ok bool, err error) {
	err = a.db.GetContext(ctx, &row, a.db.Rebind(query), args...)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	return row, err == nil, err
}

// now is the time in microseconds, as it is kept.
func (a *Accounts) now() int64 { return a.o.Now().UnixMicro() }

// later is the time after a while.
func (a *Accounts) later(d time.Duration) int64 { return a.o.Now().Add(d).UnixMicro() }
