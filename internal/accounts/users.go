package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/customer-personality/segmentation/internal/web"
)

// A User is somebody who can sign in.
type User struct {
	ID          string `db:"id"`
	Name        string `db:"name"`
	KnownAs     string `db:"known_as"` // the name as names are compared
	Subject     string `db:"subject"`  // of the provider; empty for one with a password
	Said        string `db:"role"`
	Password    string `db:"password"` // hash; empty for none
	Disabled    bool   `db:"disabled"`
	CreatedAt   int64  `db:"created_at"`
	Invite      string `db:"invite"` // hash of the token of a one-time link
	InviteUntil int64  `db:"invite_until"`

	Sessions int64 `db:"sessions"` // that go on, where users are listed
	UsedAt   int64 `db:"used_at"`  // the last of them
}

// Role returns the role of the user.
func (u User) Role() Role { return ParseRole(u.Said) }

// Used is when the user was last here, in a session that goes on.
func (u User) Used() time.Time { return time.UnixMicro(u.UsedAt) }

// Invited reports whether a one-time link waits for the user.
func (u User) Invited(now time.Time) bool { return u.Invite != "" && u.InviteUntil > now.UnixMicro() }

const (
	maxName   = 80             // bytes
	inviteFor = 24 * time.Hour // a one-time link
)

// knownAs is a name as names are compared: two that look alike are one.
func knownAs(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
}

const selectUsers = `select id, name, known_as, subject, role, password, disabled, created_at, invite, invite_until from webapp_users where `

// userBy returns the user for whom a condition holds.
func (a *Accounts) userBy(ctx context.Context, where string, value any) (User, bool, error) {
	return one[User](ctx, a, selectUsers+where, value)
}

// users lists them by name, with their sessions.
func (a *Accounts) users(ctx context.Context) ([]User, error) {
	return list[User](ctx, a, `select u.id, u.name, u.known_as, u.subject, u.role, '' as password, u.disabled, u.created_at, u.invite, u.invite_until,
		count(s.hash) as sessions, coalesce(max(s.used_at), 0) as used_at
		from webapp_users u left join webapp_sessions s on s.user_id = u.id and s.expires_at > ? and s.used_at > ?
		group by u.id, u.name, u.known_as, u.subject, u.role, u.disabled, u.created_at, u.invite, u.invite_until order by u.known_as`, a.now(), a.later(-a.o.Idle))
}

// add keeps a new user.
func (a *Accounts) add(ctx context.Context, u User) (User, error) {
	if u.Name = web.CleanText(u.Name, maxName); u.Name == "" {
		return u, invalid("name", "users.unnamed")
	}
	u.ID, u.KnownAs, u.CreatedAt = web.NewID(), knownAs(u.Name), a.now()
	n, err := execute(ctx, a.db, `insert into webapp_users (id, name, known_as, subject, role, password, disabled, created_at, invite, invite_until) values (?, ?, ?, ?, ?, ?, 0, ?, ?, ?) on conflict do nothing`,
		u.ID, u.Name, u.KnownAs, u.Subject, u.Said, u.Password, u.CreatedAt, u.Invite, u.InviteUntil)
	if err == nil && n == 0 {
		err = &Error{Status: http.StatusConflict, Field: "name", Key: "users.known", Args: []any{u.Name}}
	}
	return u, err
}

// SetAdmin makes somebody with a password an admin who can sign in. The sessions of
// one who is there already end.
func (a *Accounts) SetAdmin(ctx context.Context, name, password string) error {
	name = web.CleanText(name, maxName)
	if name == "" || checkPassword(name, password) != nil {
		return fmt.Errorf("an admin needs a name, and a password of %d characters to %d bytes that is not the name: set -user and -password", leastPassword, mostPassword)
	}
	u, found, err := a.userBy(ctx, `known_as = ?`, knownAs(name))
	if err != nil {
		return err
	}
	hash := HashPassword(password)
	if !found {
		_, err = a.add(ctx, User{Name: name, Said: Admin.String(), Password: hash})
	} else {
		err = a.change(ctx, `update webapp_users set role = ?, password = ?, disabled = 0, invite = '' where id = ?`, Admin.String(), hash, u.ID)
		if err == nil {
			err = a.endSessions(ctx, u.ID, "")
		}
	}
	if err != nil {
		return err
	}
	return a.o.Audit(ctx, name, "admin set", "", "")
}

// setUser changes the role of a user and whether they may sign in. One admin at least
// stays.
func (a *Accounts) setUser(ctx context.Context, id string, role Role, disabled bool) error {
	off := 0
	if disabled {
		off = 1
	}
	tx, err := a.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	err = func() error {
		if tx.DriverName() == "postgres" {
			// Two admins who take each other's role away wait for each other.
			if _, err := tx.ExecContext(ctx, `lock table webapp_users in share row exclusive mode`); err != nil {
				return err
			}
		}
		if n, err := execute(ctx, tx, `update webapp_users set role = ?, disabled = ? where id = ?`, role.String(), off, id); err != nil {
			return err
		} else if n == 0 {
			return errNoSuch
		}
		var admins int
		if err := tx.GetContext(ctx, &admins, tx.Rebind(`select count(*) from webapp_users where role = ? and disabled = 0`), Admin.String()); err != nil {
			return err
		}
		if admins == 0 {
			return &Error{Status: http.StatusConflict, Key: "users.last"}
		}
		if disabled {
			_, err := execute(ctx, tx, `delete from webapp_sessions where user_id = ?`, id)
			return err
		}
		return nil
	}()
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// invite returns the token of a one-time link by which a user sets a password. It
// takes the place of an earlier one.
func (a *Accounts) invite(ctx context.Context, id string) (string, error) {
	token := newToken("")
	return token, a.change(ctx, `update webapp_users set invite = ?, invite_until = ? where id = ? and subject = ''`, tokenHash(token), a.later(inviteFor), id)
}

// invited returns the user of a one-time link.
func (a *Accounts) invited(ctx context.Context, token string) (User, error) {
	u, ok, err := a.userBy(ctx, `invite = ? and invite <> ''`, tokenHash(token))
	if err == nil && (!ok || !u.Invited(a.o.Now()) || u.Disabled) {
		err = &Error{Status: http.StatusNotFound, Key: "password.gone"}
	}
	return u, err
}

// setPassword sets a password, ends the sessions of the user but one, and with them
// the one-time link.
func (a *Accounts) setPassword(ctx context.Context, u User, password, but string) error {
	if err := checkPassword(u.Name, password); err != nil {
		return err
	}
	// Of two who have the same link the first one sets the password.
	if err := a.change(ctx, `update webapp_users set password = ?, invite = '', invite_until = 0 where id = ? and invite = ? and password = ?`, HashPassword(password), u.ID, u.Invite, u.Password); err != nil {
		return err
	}
	return a.endSessions(ctx, u.ID, but)
}

// right reports whether the user may sign in by a password. It takes as long where
// there is no such user, or one without a password.
func (u User) right(password string) bool {
	hash, usable := u.Password, u.Password != "" && !u.Disabled
	if !usable {
		hash = unknown
	}
	return IsPassword(hash, password) && usable
}

// client is what a browser calls itself, in a few words.
func client(r *http.Request) string {
	agent := r.UserAgent()
	var words []string
	for _, list := range [][]string{{"Edg", "OPR", "Firefox", "Chrome", "Safari", "curl"}, {"iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux"}} {
		for _, word := range list {
			if strings.Contains(agent, word) {
				words = append(words, map[string]string{"Edg": "Edge", "OPR": "Opera", "Macintosh": "Mac"}[word])
				if last := len(words) - 1; words[last] == "" {
					words[last] = word
				}
				break
			}
		}
	}
	return strings.Join(words, ", ")
}
