package accounts

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation/internal/web"
)

// A Call is a request to a page of accounts, by somebody.
type Call struct {
	*http.Request
	W      http.ResponseWriter
	Sender web.Sender
	By     Identity
}

// An Answer is a page to show, or an address to go to.
type Answer struct {
	Status int // of the page; 0 for 200
	Page   string
	Title  string // key of its text
	Data   any
	To     string
}

// A Route is an address of accounts, and whom it is open to.
type Route struct {
	Pattern string
	Access  Access
	Handle  func(Call) (Answer, error)
}

// Routes are the addresses of accounts.
func (a *Accounts) Routes() []Route {
	out := []Route{
		{"GET /sign-in", ForAll, a.signIn},
		{"POST /sign-in", ForAll, a.signInBy},
		{"POST /sign-out", ForAll, a.signOut},
		{"GET /password/{token}", ForAll, a.passwordPage},
		{"POST /password/{token}", ForAll, a.passwordSet},
		{"GET /account", ForViewers, a.own(a.account)},
		{"POST /account/password", ForViewers, a.own(a.passwordChange)},
		{"POST /account/sessions/{session}/end", ForViewers, a.own(a.sessionEnd)},
		{"POST /account/tokens", ForViewers, a.own(a.tokenAdd)},
		{"POST /account/tokens/{token}/revoke", ForViewers, a.own(a.tokenRevoke)},
		{"GET /users", ForAdmins, a.own(a.usersShow)},
		{"POST /users", ForAdmins, a.own(a.userAdd)},
		{"POST /users/{id}", ForAdmins, a.own(a.userChange)},
	}
	if a.provider != nil {
		out = append(out, Route{"GET /sign-in/provider", ForAll, a.toProvider}, Route{"GET " + RedirectPath, ForAll, a.fromProvider})
	}
	return out
}

// own lets in who has signed in in a browser: a token makes no tokens and no users.
func (a *Accounts) own(h func(context.Context, Call) (Answer, error)) func(Call) (Answer, error) {
	return func(c Call) (Answer, error) {
		if c.By.Session == "" {
			return Answer{}, &Error{Status: http.StatusForbidden, Key: "token.browser"}
		}
		ctx, cancel := a.in(c.Context())
		defer cancel()
		return h(ctx, c)
	}
}

type signInForm struct {
	To, Name string
	Error    string // key of its text
	Args     []any
	Provider string // its name; empty for none
}

func (a *Accounts) signInPage(c Call, status int, f signInForm) Answer {
	f.To = localPath(c.FormValue("to"))
	if a.provider != nil {
		f.Provider = a.provider.Name
	}
	return Answer{Status: status, Page: "signin", Title: "signin.title", Data: f}
}

func (a *Accounts) signIn(c Call) (Answer, error) {
	return a.signInPage(c, http.StatusOK, signInForm{}), nil
}

// signInBy signs in by a name and a password.
func (a *Accounts) signInBy(c Call) (Answer, error) {
	ctx, cancel := a.in(c.Context())
	defer cancel()
	name, password := web.CleanText(c.PostFormValue("name"), maxName), c.PostFormValue("password")
	known := knownAs(name)
	u, found, err := a.userBy(ctx, `known_as = ?`, known)
	if err != nil {
		return Answer{}, err
	}
	compared := false
	device := a.o.Throttle.Device(c.Request, known)
	ok, wait := a.o.Throttle.Guess(known, c.Sender.Client, device, func() bool {
		compared = true
		return u.right(password)
	})
	switch {
	case ok && device == "":
		a.o.Throttle.Remember(c.W, known, c.Sender.Secure)
		fallthrough
	case ok:
		return Answer{To: localPath(c.PostFormValue("to"))}, a.begin(ctx, c, u)
	case !compared:
		c.W.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return a.signInPage(c, http.StatusTooManyRequests, signInForm{Name: name, Error: "error.guesses"}), nil
	}
	a.o.Log.Warn("a sign-in was refused", "request", c.Sender.ID, "client", c.Sender.Client.String())
	// A name that nobody has may be a password in the wrong field.
	who := "anonymous"
	if found {
		who = u.Name
	}
	if err := a.o.Audit(ctx, who, "sign-in refused", "", c.Sender.Client.String()); err != nil {
		return Answer{}, err
	}
	return a.signInPage(c, http.StatusUnauthorized, signInForm{Name: name, Error: "signin.wrong"}), nil
}

func (a *Accounts) signOut(c Call) (Answer, error) {
	ctx, cancel := a.in(c.Context())
	defer cancel()
	if err := a.endOf(ctx, c); err != nil {
		return Answer{}, err
	}
	http.SetCookie(c.W, cookie(sessionCookie, "", c.Sender.Secure, 0))
	for _, name := range a.o.Forget {
		http.SetCookie(c.W, &http.Cookie{Name: name, Path: "/", HttpOnly: true, Secure: c.Sender.Secure, SameSite: http.SameSiteLaxMode, MaxAge: -1})
	}
	return Answer{To: "/sign-in"}, nil
}

type passwordForm struct {
	Name, Action string
	Error        string
	Args         []any
}

// passwordPage is what a one-time link leads to. It does not use the link up: programs
// that look at links in mails ask for it too.
func (a *Accounts) passwordPage(c Call) (Answer, error) {
	ctx, cancel := a.in(c.Context())
	defer cancel()
	u, err := a.invited(ctx, c.PathValue("token"))
	return a.askPassword(c, u, nil), err
}

func (a *Accounts) askPassword(c Call, u User, wrong *Error) Answer {
	f := passwordForm{Name: u.Name, Action: c.URL.Path}
	out := Answer{Page: "password", Title: "password.title"}
	if wrong != nil {
		out.Status, f.Error, f.Args = wrong.Status, wrong.Key, wrong.Args
	}
	out.Data = f
	return out
}

// passwordSet sets the password of a one-time link, and signs in.
func (a *Accounts) passwordSet(c Call) (Answer, error) {
	ctx, cancel := a.in(c.Context())
	defer cancel()
	u, err := a.invited(ctx, c.PathValue("token"))
	if err != nil {
		return Answer{}, err
	}
	err = a.setPassword(ctx, u, c.PostFormValue("password"), "")
	if wrong := (*Error)(nil); errors.As(err, &wrong) && wrong != errNoSuch {
		return a.askPassword(c, u, wrong), nil
	}
	if err == nil {
		err = a.o.Audit(ctx, u.Name, "password set", "", c.Sender.Client.String())
	}
	if err != nil {
		return Answer{}, err
	}
	return Answer{To: "/"}, a.begin(ctx, c, u)
}

type accountPage struct {
	User      User
	Sessions  []Session
	Tokens    []Token
	Roles     []Role // that a token can have
	New       string // a token, shown once
	Saved     string // key of what was done
	Field     string // that is wrong
	Error     string
	Args      []any
	TokenName string
}

func (a *Accounts) account(ctx context.Context, c Call) (Answer, error) {
	return a.showAccount(ctx, c, accountPage{}, nil)
}

// showAccount shows the page of one's own account, with what was wrong in a form.
func (a *Accounts) showAccount(ctx context.Context, c Call, p accountPage, failed error) (Answer, error) {
	status := http.StatusOK
	if wrong := (*Error)(nil); errors.As(failed, &wrong) && wrong.Field != "" {
		status, p.Field, p.Error, p.Args = wrong.Status, wrong.Field, wrong.Key, wrong.Args
	} else if failed != nil {
		return Answer{}, failed
	}
	var err error
	if p.User, _, err = a.userBy(ctx, `id = ?`, c.By.ID); err != nil {
		return Answer{}, err
	}
	if p.Sessions, err = a.sessions(ctx, c.By); err != nil {
		return Answer{}, err
	}
	if p.Tokens, err = a.tokens(ctx, c.By.ID); err != nil {
		return Answer{}, err
	}
	p.Roles = Roles()[:c.By.Role]
	return Answer{Status: status, Page: "account", Title: "account.title", Data: p}, nil
}

// passwordChange changes one's own password, with the one that it was. The other
// sessions end, and this one goes on.
func (a *Accounts) passwordChange(ctx context.Context, c Call) (Answer, error) {
	u, _, err := a.userBy(ctx, `id = ?`, c.By.ID)
	if err != nil {
		return Answer{}, err
	}
	if u.Password == "" {
		return Answer{}, errNoSuch
	}
	compared := false
	ok, _ := a.o.Throttle.Guess(u.KnownAs, c.Sender.Client, a.o.Throttle.Device(c.Request, u.KnownAs), func() bool {
		compared = true
		return u.right(c.PostFormValue("old"))
	})
	switch {
	case !compared:
		return a.showAccount(ctx, c, accountPage{}, &Error{Status: http.StatusTooManyRequests, Field: "old", Key: "error.guesses"})
	case !ok:
		return a.showAccount(ctx, c, accountPage{}, invalid("old", "password.wrong"))
	}
	if err = a.setPassword(ctx, u, c.PostFormValue("password"), c.By.Session); err == nil {
		err = a.o.Audit(ctx, u.Name, "password set", "", c.Sender.Client.String())
	}
	return a.showAccount(ctx, c, accountPage{Saved: "password.saved"}, err)
}

func (a *Accounts) sessionEnd(ctx context.Context, c Call) (Answer, error) {
	err := a.change(ctx, `delete from webapp_sessions where hash = ? and user_id = ?`, c.PathValue("session"), c.By.ID)
	if err == nil {
		err = a.o.Audit(ctx, c.By.Name, "session ended", c.By.Name, "")
	}
	return Answer{To: "/account#sessions"}, err
}

// tokenAdd makes a token. It is shown on the page that answers, and never again.
func (a *Accounts) tokenAdd(ctx context.Context, c Call) (Answer, error) {
	name := web.CleanText(c.PostFormValue("name"), maxName)
	days, _ := strconv.Atoi(c.PostFormValue("days")) // 0, which is refused
	token, err := a.addToken(ctx, c.By, name, ParseRole(c.PostFormValue("role")), days)
	if err == nil {
		err = a.o.Audit(ctx, c.By.Name, "token made", name, "")
	}
	if err != nil {
		return a.showAccount(ctx, c, accountPage{TokenName: name}, err)
	}
	return a.showAccount(ctx, c, accountPage{New: token}, nil)
}

func (a *Accounts) tokenRevoke(ctx context.Context, c Call) (Answer, error) {
	err := a.change(ctx, `delete from webapp_tokens where hash = ? and user_id = ?`, c.PathValue("token"), c.By.ID)
	if err == nil {
		err = a.o.Audit(ctx, c.By.Name, "token revoked", c.By.Name, "")
	}
	return Answer{To: "/account#tokens"}, err
}

type usersPage struct {
	Users    []User
	Roles    []Role
	Provided bool   // whether a provider gives roles
	Link     string // for a user to set a password, shown once
	For      string // whom it is for
	Saved    string
	Name     string // in the form
	Field    string
	Error    string
	Args     []any
	Now      time.Time
}

func (a *Accounts) usersShow(ctx context.Context, _ Call) (Answer, error) {
	return a.showUsers(ctx, usersPage{}, nil)
}

func (a *Accounts) showUsers(ctx context.Context, p usersPage, failed error) (Answer, error) {
	status := http.StatusOK
	if wrong := (*Error)(nil); errors.As(failed, &wrong) && wrong != errNoSuch {
		status, p.Field, p.Error, p.Args = wrong.Status, wrong.Field, wrong.Key, wrong.Args
	} else if failed != nil {
		return Answer{}, failed
	}
	var err error
	p.Users, err = a.users(ctx)
	p.Roles, p.Now, p.Provided = Roles(), a.o.Now(), a.provider != nil && a.provider.Claim != ""
	return Answer{Status: status, Page: "users", Title: "users.title", Data: p}, err
}

// Origin returns what begins the addresses of a host.
func Origin(secure bool, host string) string {
	if secure {
		return "https://" + host
	}
	return "http://" + host
}

// link is the address of a one-time link.
func link(c Call, token string) string {
	return Origin(c.Sender.Secure, c.Host) + "/password/" + token
}

// userAdd adds a user, who sets a password by a one-time link.
func (a *Accounts) userAdd(ctx context.Context, c Call) (Answer, error) {
	p := usersPage{Name: web.CleanText(c.PostFormValue("name"), maxName)}
	role := ParseRole(c.PostFormValue("role"))
	if role == NoRole {
		return a.showUsers(ctx, p, invalid("role", "users.role"))
	}
	token := newToken("")
	u, err := a.add(ctx, User{Name: p.Name, Said: role.String(), Invite: tokenHash(token), InviteUntil: a.later(inviteFor)})
	if err == nil {
		err = a.o.Audit(ctx, c.By.Name, "user added", u.Name+" ("+role.String()+")", "")
	}
	if err == nil {
		p = usersPage{Link: link(c, token), For: u.Name}
	}
	return a.showUsers(ctx, p, err)
}

// userChange does to a user what a button says.
func (a *Accounts) userChange(ctx context.Context, c Call) (Answer, error) {
	u, found, err := a.userBy(ctx, `id = ?`, c.PathValue("id"))
	if err != nil {
		return Answer{}, err
	}
	if !found {
		return Answer{}, errNoSuch
	}
	var p usersPage
	said, about := "", u.Name
	switch role := ParseRole(c.PostFormValue("role")); c.PostFormValue("do") {
	case "role":
		if role == NoRole {
			return a.showUsers(ctx, p, invalid("role", "users.role"))
		}
		said, about = "role changed", u.Name+" ("+role.String()+")"
		err = a.setUser(ctx, u.ID, role, u.Disabled)
	case "disable":
		said, err = "user disabled", a.setUser(ctx, u.ID, u.Role(), true)
	case "enable":
		said, err = "user enabled", a.setUser(ctx, u.ID, u.Role(), false)
	case "end":
		said, err = "session ended", a.endSessions(ctx, u.ID, "")
	case "reset":
		said, p.For = "password reset", u.Name
		var token string
		token, err = a.invite(ctx, u.ID)
		p.Link = link(c, token)
	default:
		return Answer{}, &Error{Status: http.StatusBadRequest, Key: "error.400"}
	}
	if err == nil {
		err = a.o.Audit(ctx, c.By.Name, said, about, "")
	}
	if err != nil || p.Link != "" {
		if err != nil {
			p = usersPage{}
		}
		return a.showUsers(ctx, p, err)
	}
	return Answer{To: "/users"}, nil
}
