package accounts

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/internal/web"
)

// An Identity is who asks. The zero value is nobody.
type Identity struct {
	ID, Name string
	Role     Role
	Session  string // what is kept of the session; empty for a token
}

// A Session is a browser in which a user has signed in, or a Token a program that
// asks in the name of one.
type Session struct {
	Hash      string `db:"hash"`
	Client    string `db:"client"`
	CreatedAt int64  `db:"created_at"`
	UsedAt    int64  `db:"used_at"`
	ExpiresAt int64  `db:"expires_at"`
	Current   bool   `db:"-"` // whether it is the one that asks
}

// Created is when the user signed in, or made the token.
func (s Session) Created() time.Time { return time.UnixMicro(s.CreatedAt) }

// Used is when it was last used, to the minute.
func (s Session) Used() time.Time { return time.UnixMicro(s.UsedAt) }

// Expires is when it ends.
func (s Session) Expires() time.Time { return time.UnixMicro(s.ExpiresAt) }

const (
	// usedEvery is how often it is written when something was last used: a request
	// is not to cost a write.
	usedEvery   = time.Minute
	maxSessions = 50 // of one user; the one that was used last goes
	maxTokens   = 20
)

// cookieName is the name of a cookie. With TLS a browser takes __Host- from this very
// host alone, and never sends it without TLS.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

const sessionCookie = "session"

func cookie(name, value string, secure bool, age time.Duration) *http.Cookie {
	c := &http.Cookie{Name: cookieName(name, secure), Value: value, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, MaxAge: int(age.Seconds())}
	if age <= 0 {
		c.MaxAge = -1
	}
	return c
}

// begin signs a user in: a new session, and the end of the one that the browser had.
func (a *Accounts) begin(ctx context.Context, c Call, u User) error {
	if err := a.endOf(ctx, c); err != nil {
		return err
	}
	for _, old := range []struct {
		query string
		args  []any
	}{
		{`delete from webapp_sessions where expires_at <= ? or used_at <= ?`, []any{a.now(), a.later(-a.o.Idle)}},
		{`delete from webapp_sessions where user_id = ? and hash not in (select hash from webapp_sessions where user_id = ? order by used_at desc limit ?)`, []any{u.ID, u.ID, maxSessions - 1}},
	} {
		if _, err := execute(ctx, a.db, old.query, old.args...); err != nil {
			return err
		}
	}
	token := newToken("")
	if _, err := execute(ctx, a.db, `insert into webapp_sessions (hash, user_id, client, created_at, used_at, expires_at) values (?, ?, ?, ?, ?, ?)`,
		tokenHash(token), u.ID, client(c.Request), a.now(), a.now(), a.later(a.o.Longest)); err != nil {
		return err
	}
	http.SetCookie(c.W, cookie(sessionCookie, token, c.Sender.Secure, a.o.Longest))
	return a.o.Audit(ctx, u.Name, "signed in", "", c.Sender.Client.String())
}

// endOf ends the session of a request, if it has one.
func (a *Accounts) endOf(ctx context.Context, c Call) error {
	held, err := c.Cookie(cookieName(sessionCookie, c.Sender.Secure))
	if err != nil {
		return nil
	}
	_, err = execute(ctx, a.db, `delete from webapp_sessions where hash = ?`, tokenHash(held.Value))
	return err
}

// endSessions ends the sessions of a user but one.
func (a *Accounts) endSessions(ctx context.Context, user, but string) error {
	_, err := execute(ctx, a.db, `delete from webapp_sessions where user_id = ? and hash <> ?`, user, but)
	return err
}

// sessions are those of a user that go on, the one that was used last first.
func (a *Accounts) sessions(ctx context.Context, by Identity) ([]Session, error) {
	out, err := list[Session](ctx, a, `select hash, client, created_at, used_at, expires_at from webapp_sessions where user_id = ? and expires_at > ? and used_at > ? order by used_at desc, hash`, by.ID, a.now(), a.later(-a.o.Idle))
	for i := range out {
		out[i].Current = out[i].Hash == by.Session
	}
	return out, err
}

// Need refuses who has another role than an operation needs.
func (i Identity) Need(access Access) error {
	if access.Allows(i.Role) {
		return nil
	}
	return &Error{Status: http.StatusForbidden, Key: "error.role." + access.Role().String()}
}

// Let returns who sends a request, and refuses who has another role than an address
// needs. Of those who have not signed in, readers of a page are led to where they do,
// and back. Without accounts, nil, whoever has come here may do everything.
func (a *Accounts) Let(w http.ResponseWriter, r *http.Request, secure, program bool, access Access) (by Identity, err error) {
	switch {
	case a == nil:
		return Identity{Role: Admin}, nil
	case access == ForAll:
		return by, nil
	}
	if by, err = a.Identify(r, secure); err != nil {
		return Identity{}, err
	}
	if by.Role != NoRole {
		return by, by.Need(access)
	}
	if !program && r.Method == http.MethodGet {
		return by, &Error{Status: http.StatusSeeOther, Key: "error.401", To: "/sign-in?" + url.Values{"to": {r.URL.RequestURI()}}.Encode()}
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	return by, &Error{Status: http.StatusUnauthorized, Key: "error.401"}
}

// Shown returns the role by which a page shows what somebody may do, also one of an
// error before it is known who asks.
func (a *Accounts) Shown(by Identity) Role {
	if a == nil {
		return Admin
	}
	return by.Role
}

// Identify returns who sends a request: whose session or token it has, and nobody for
// one that has ended, or whose user is disabled. A token is taken from the header
// Authorization alone; one in an address, which is logged and passed on, is refused.
func (a *Accounts) Identify(r *http.Request, secure bool) (Identity, error) {
	ctx, cancel := a.in(r.Context())
	defer cancel()
	if r.URL.Query().Has("access_token") {
		return Identity{}, &Error{Status: http.StatusBadRequest, Key: "token.address"}
	}
	// Another scheme, such as Basic, is for a proxy in front.
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return a.holder(ctx, "webapp_tokens", strings.TrimSpace(token), 0)
	}
	held, err := r.Cookie(cookieName(sessionCookie, secure))
	if err != nil {
		return Identity{}, nil
	}
	return a.holder(ctx, "webapp_sessions", held.Value, a.o.Idle)
}

// holder returns the user of a token in a table, where it has not ended and was used
// within a time, 0 for any.
func (a *Accounts) holder(ctx context.Context, table, token string, idle time.Duration) (Identity, error) {
	least := int64(0)
	if idle > 0 {
		least = a.later(-idle)
	}
	find, err := a.holders(ctx, table)
	if err != nil {
		return Identity{}, err
	}
	hash := tokenHash(token)
	by := Identity{Session: hash}
	var role, most string
	var used int64
	select {
	case a.slots <- struct{}{}:
	case <-ctx.Done():
		return Identity{}, context.Cause(ctx)
	}
	err = find.QueryRowContext(ctx, hash, a.now(), least).Scan(&by.ID, &by.Name, &role, &most, &used)
	<-a.slots
	if errors.Is(err, sql.ErrNoRows) {
		return Identity{}, nil
	}
	if err != nil {
		return Identity{}, err
	}
	by.Role = ParseRole(role)
	if table == "webapp_tokens" {
		by.Role, by.Session = min(by.Role, ParseRole(most)), ""
	}
	if before := a.later(-usedEvery); used <= before {
		if _, err := execute(ctx, a.db, `update `+table+` set used_at = ? where hash = ? and used_at <= ?`, a.now(), hash, before); err != nil {
			a.o.Log.Warn("it cannot be kept when a session was last used", "error", err)
		}
	}
	return by, nil
}

// holders returns the statement that finds the user of a hash in a table. Every request
// asks it: prepared once it takes half the time.
func (a *Accounts) holders(ctx context.Context, table string) (*sql.Stmt, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.finds[table]; s != nil {
		return s, nil
	}
	role := `''`
	if table == "webapp_tokens" {
		role = `s.role`
	}
	s, err := a.db.PrepareContext(ctx, a.db.Rebind(`select u.id, u.name, u.role, `+role+`, s.used_at from `+table+` s join webapp_users u on u.id = s.user_id
		where s.hash = ? and s.expires_at > ? and s.used_at >= ? and u.disabled = 0`))
	if err == nil {
		a.finds[table] = s
	}
	return s, err
}

// A Token lets a program ask in the name of a user, with a role of its own that is not
// above the user's.
type Token struct {
	Session
	Name string `db:"name"`
	Said string `db:"role"`
}

// tokens are those of a user, also ones that have ended.
func (a *Accounts) tokens(ctx context.Context, user string) ([]Token, error) {
	return list[Token](ctx, a, `select hash, name, role, created_at, used_at, expires_at from webapp_tokens where user_id = ? order by created_at desc, hash`, user)
}

// Ended reports whether the token is taken no more.
func (t Token) Ended() bool { return time.Now().UnixMicro() >= t.ExpiresAt }

// tokenPrefix begins every token, so that programs that look for secrets find it.
const tokenPrefix = "seg_"

// addToken makes a token of a user, and returns it: it is not kept.
func (a *Accounts) addToken(ctx context.Context, by Identity, name string, role Role, days int) (string, error) {
	switch name = web.CleanText(name, maxName); {
	case name == "":
		return "", invalid("name", "token.unnamed")
	case role == NoRole || role > by.Role:
		return "", invalid("role", "token.role")
	case days < 1 || days > 366:
		return "", invalid("days", "token.days")
	}
	token := newToken(tokenPrefix)
	n, err := execute(ctx, a.db, `insert into webapp_tokens (hash, user_id, name, role, created_at, used_at, expires_at)
		select ?, ?, ?, ?, cast(? as bigint), 0, cast(? as bigint) where (select count(*) from webapp_tokens where user_id = ?) < ?`,
		tokenHash(token), by.ID, name, role.String(), a.now(), a.later(time.Duration(days)*24*time.Hour), by.ID, maxTokens)
	if err == nil && n == 0 {
		err = &Error{Status: http.StatusConflict, Key: "token.many", Args: []any{maxTokens}}
	}
	return token, err
}
