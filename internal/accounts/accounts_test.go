package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/store"
)

const (
	password = "correct horse battery"
	other    = "quite another password"
)

// A house is an app that has nothing but accounts.
type house struct {
	*Accounts
	*httptest.Server
	t      testing.TB
	client *http.Client
	mu     sync.Mutex
	now    time.Time
	audit  []string
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// open begins an app with the admin anna.
func open(t testing.TB, s Settings) *house {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "app.db"), store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := service.OpenRecords(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, now: time.Now()}
	clock := func() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now }
	throttle := web.NewThrottle()
	throttle.Now = clock
	s.On = true
	h.Accounts = New(Options{Settings: s, DB: db.DB(), Throttle: throttle, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: clock, Forget: []string{"last"},
		Audit: func(_ context.Context, who, what, about, from string) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.audit = append(h.audit, strings.Join([]string{who, what, about, from}, "|"))
			return nil
		}})
	if err := h.Prepare(t.Context(), "anna", password); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, rt := range append(h.Routes(), Route{Pattern: "GET /", Access: ForViewers, Handle: func(c Call) (Answer, error) {
		return Answer{Page: "home", Data: c.By}, nil
	}}) {
		mux.HandleFunc(rt.Pattern, func(w http.ResponseWriter, r *http.Request) { h.serve(rt, w, r) })
	}
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Close)
	h.client = h.browser()
	return h
}

// serve answers as the app does, with the data of a page in the place of the page.
func (h *house) serve(rt Route, w http.ResponseWriter, r *http.Request) {
	c := Call{Request: r, W: w, Sender: web.Sender{Client: netip.MustParseAddr("203.0.113.9"), Secure: r.Header.Get("X-Secure") != ""}}
	var err error
	if rt.Access != ForAll {
		c.By, err = h.Identify(r, c.Sender.Secure)
	}
	var a Answer
	if err == nil && !rt.Access.Allows(c.By.Role) {
		err = &Error{Status: map[bool]int{true: 401, false: 403}[c.By.Role == NoRole], Key: "refused"}
	}
	if err == nil {
		a, err = rt.Handle(c)
	}
	if refused, ok := errors.AsType[*Error](err); ok {
		w.WriteHeader(refused.Status)
		fmt.Fprint(w, refused.Key)
		return
	}
	switch {
	case err != nil:
		h.t.Error(err)
		w.WriteHeader(500)
	case a.To != "":
		http.Redirect(w, r, a.To, http.StatusSeeOther)
	default:
		if a.Status > 0 {
			w.WriteHeader(a.Status)
		}
		b, _ := json.Marshal(a.Data)
		fmt.Fprintf(w, "%s %s", a.Page, b)
	}
}

func (h *house) browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 30 * time.Second}
}

// an answer that was read
type read struct {
	*http.Response
	body string
}

func (h *house) send(client *http.Client, method, path string, form url.Values, header ...string) read {
	h.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, h.URL+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var b bytes.Buffer
	_, _ = b.ReadFrom(response.Body)
	return read{response, b.String()}
}

func (h *house) want(r read, status int, text string) read {
	h.t.Helper()
	if r.StatusCode != status || !strings.Contains(r.body, text) {
		h.t.Fatalf("%s %s answers %d %.300s; want %d and %q", r.Request.Method, r.Request.URL, r.StatusCode, r.body, status, text)
	}
	return r
}

func (h *house) get(path string, status int, text string) read {
	h.t.Helper()
	return h.want(h.send(h.client, "GET", path, nil), status, text)
}

func (h *house) post(path string, form url.Values, status int, text string) read {
	h.t.Helper()
	return h.want(h.send(h.client, "POST", path, form), status, text)
}

func (h *house) signIn(client *http.Client, name, word string) read {
	h.t.Helper()
	return h.send(client, "POST", "/sign-in", url.Values{"name": {name}, "password": {word}})
}

// data reads the data of a page.
func data[T any](h *house, r read) (out T) {
	h.t.Helper()
	_, text, _ := strings.Cut(r.body, " ")
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		h.t.Fatalf("%s: %v", r.body, err)
	}
	return out
}

// add adds a user with the password other, who is signed in in the browser returned.
func (h *house) add(name, role string) (*http.Client, User) {
	h.t.Helper()
	p := data[usersPage](h, h.post("/users", url.Values{"name": {name}, "role": {role}}, 200, "password/"))
	b := h.browser()
	h.want(h.send(b, "POST", strings.TrimPrefix(p.Link, h.URL), url.Values{"password": {other}}), 200, `"Name":"`+name+`"`)
	u, found, err := h.userBy(h.t.Context(), `name = ?`, name)
	if err != nil || !found {
		h.t.Fatal(err)
	}
	return b, u
}

func TestSignIn(t *testing.T) {
	h := open(t, Settings{})
	h.get("/", 401, "refused")
	h.want(h.signIn(h.client, "anna", "wrong"), 401, "signin.wrong")
	h.want(h.signIn(h.client, "nobody", password), 401, "signin.wrong")
	h.want(h.signIn(h.client, " ANNA ", password), 200, `"Name":"anna","Role":3`)
	h.get("/account", 200, "account")
	h.post("/sign-out", nil, 200, "signin")
	h.get("/", 401, "refused")
	for _, line := range []string{"anna|sign-in refused||203.0.113.9", "anonymous|sign-in refused||203.0.113.9", "anna|signed in||203.0.113.9"} {
		if !slices.Contains(h.audit, line) {
			t.Errorf("the audit log does not say %s: %q", line, h.audit)
		}
	}
	if strings.Contains(fmt.Sprint(h.audit), "nobody") {
		t.Error("the audit log names one who is not there")
	}
}

// The cookie of a session is for this host alone, not for scripts, and only with TLS
// where there is TLS. What is kept of it is no key.
func TestSessionCookie(t *testing.T) {
	h := open(t, Settings{Longest: 24 * time.Hour})
	h.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, secure := range []bool{false, true} {
		form := url.Values{"name": {"anna"}, "password": {password}}
		var r read
		if secure {
			r = h.send(&http.Client{CheckRedirect: h.client.CheckRedirect}, "POST", "/sign-in", form, "X-Secure", "1")
		} else {
			r = h.send(h.client, "POST", "/sign-in", form)
		}
		var got *http.Cookie
		for _, c := range r.Cookies() {
			if strings.HasSuffix(c.Name, "session") {
				got = c
			}
		}
		name := map[bool]string{false: "session", true: "__Host-session"}[secure]
		if got == nil || got.Name != name || !got.HttpOnly || got.Secure != secure || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" || got.MaxAge != 86400 || len(got.Value) != 43 {
			t.Errorf("secure %t: the cookie is %v", secure, got)
			continue
		}
		var kept string
		if err := h.db.Get(&kept, `select hash from webapp_sessions order by created_at desc limit 1`); err != nil {
			t.Fatal(err)
		}
		// What a thief of the database has is not what signs in.
		r = h.send(&http.Client{}, "GET", "/", nil, "Cookie", "session="+kept)
		h.want(r, 401, "refused")
		if kept == got.Value || len(kept) != 64 {
			t.Errorf("%q is kept of the session %q", kept, got.Value)
		}
	}
}

// A session that somebody else has chosen is not taken, and signing in ends the one
// that the browser had.
func TestFixation(t *testing.T) {
	h := open(t, Settings{})
	at, _ := url.Parse(h.URL)
	planted := newToken("")
	h.client.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: planted, Path: "/"}})
	h.get("/", 401, "refused")
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	session := func() string {
		for _, c := range h.client.Jar.Cookies(at) {
			if c.Name == "session" {
				return c.Value
			}
		}
		return ""
	}
	first := session()
	if first == planted {
		t.Error("the session that was planted is used")
	}
	h.want(h.send(&http.Client{}, "GET", "/", nil, "Cookie", "session="+planted), 401, "refused")
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	if session() == first {
		t.Error("signing in again keeps the session")
	}
	h.want(h.send(&http.Client{}, "GET", "/", nil, "Cookie", "session="+first), 401, "refused")
	h.post("/sign-out", nil, 200, "signin")
	h.want(h.send(&http.Client{}, "GET", "/", nil, "Cookie", "session="+first), 401, "refused")
}

// Sessions end when they are not used, and at last also when they are; one that goes
// on costs a write a minute.
func TestExpiry(t *testing.T) {
	h := open(t, Settings{Idle: time.Hour, Longest: 3 * time.Hour})
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	used := func() (at int64) {
		if err := h.db.Get(&at, `select used_at from webapp_sessions`); err != nil {
			t.Fatal(err)
		}
		return at
	}
	begun := used()
	h.pass(59 * time.Second)
	h.get("/", 200, "home")
	if used() != begun {
		t.Error("a request within a minute writes")
	}
	h.pass(2 * time.Second)
	h.get("/", 200, "home")
	if used() == begun {
		t.Error("after a minute it is not written that the session was used")
	}
	for range 3 {
		h.pass(50 * time.Minute)
		h.get("/", 200, "home")
	}
	h.pass(50 * time.Minute) // more than three hours in all
	h.get("/", 401, "refused")
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	h.pass(61 * time.Minute)
	h.get("/", 401, "refused")
}

func TestBruteForce(t *testing.T) {
	h := open(t, Settings{})
	codes := map[int]int{}
	for i := range 12 {
		codes[h.signIn(h.client, "anna", fmt.Sprint("guess number ", i)).StatusCode]++
	}
	if codes[401] != 5 || codes[429] != 7 {
		t.Errorf("12 guesses are answered with %v; want 5 looked at", codes)
	}
	r := h.want(h.signIn(h.client, "anna", password), 429, "error.guesses")
	if r.Header.Get("Retry-After") == "" {
		t.Error("nobody says how long to wait")
	}
	h.pass(2 * time.Second)
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	// With a session that was stolen the old password cannot be guessed either.
	for range 6 {
		h.send(h.client, "POST", "/account/password", url.Values{"old": {"a guess of it"}, "password": {other}})
	}
	h.post("/account/password", url.Values{"old": {password}, "password": {other}}, 429, "error.guesses")
}

// The time of a refusal does not tell whether there is a user of that name, a disabled
// one, or one without a password.
func TestTimeOfUnknownNames(t *testing.T) {
	hash := HashPassword(password)
	users := map[string]User{"known": {Password: hash}, "unknown": {}, "disabled": {Password: hash, Disabled: true}}
	best := map[string]time.Duration{}
	for range 12 { // in turn, since other programs take their time too
		for name, u := range users {
			begun := time.Now()
			if u.right("wrong") {
				t.Fatal("a wrong password is right")
			}
			if took := time.Since(begun); best[name] == 0 || took < best[name] {
				best[name] = took
			}
		}
	}
	for name, took := range best {
		if known := best["known"]; took < known/2 || took > 2*known {
			t.Errorf("%s: %v; one that is there: %v", name, took, known)
		}
	}
}

func TestPasswords(t *testing.T) {
	hash := HashPassword(password)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || HashPassword(password) == hash {
		t.Errorf("the hash is %s", hash)
	}
	// Of argon2-cffi 25.1.0, which is the reference implementation in C.
	reference := "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$/HetJC6LZ4lnwgLB+wJSS2a9bFu2Kq4HxwNWzoJq2qU"
	more := "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$Zh/vvW8pvLyPRkarwyqdekZFu1wFlTf4pVh/Ma2+zM0"
	for _, test := range []struct {
		hash, password string
		want           bool
	}{
		{hash, password, true}, {hash, password + " ", false}, {hash, "", false}, {reference, password, true}, {more, "password", true}, {more, "Password", false},
		{unknown, "", false}, {"", "", false}, {strings.Replace(hash, "argon2id", "argon2i", 1), password, false}, {strings.Replace(hash, "v=19", "v=16", 1), password, false},
		{strings.Replace(hash, "m=19456", "m=2000000000", 1), password, false}, {strings.Replace(hash, "t=2", "t=0", 1), password, false}, {hash[:len(hash)-1], password, false}, {hash + "$", password, false},
	} {
		if got := IsPassword(test.hash, test.password); got != test.want {
			t.Errorf("IsPassword(%q, %q) is %t", test.hash, test.password, got)
		}
	}
	h := open(t, Settings{})
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	for word, key := range map[string]string{"short": "password.short", strings.Repeat("x", 257): "password.long"} {
		h.post("/account/password", url.Values{"old": {password}, "password": {word}}, 422, key)
	}
	h.post("/account/password", url.Values{"old": {"wrong"}, "password": {other}}, 422, "password.wrong")
	elsewhere := h.browser()
	h.want(h.signIn(elsewhere, "anna", password), 200, "home")
	h.post("/account/password", url.Values{"old": {password}, "password": {other}}, 200, "password.saved")
	h.get("/", 200, "home")
	h.want(h.send(elsewhere, "GET", "/", nil), 401, "refused")
	h.want(h.signIn(elsewhere, "anna", password), 401, "signin.wrong")
	h.want(h.signIn(elsewhere, "anna", other), 200, "home")
}

func TestUsers(t *testing.T) {
	h := open(t, Settings{})
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	berta, u := h.add("Berta", "analyst")
	h.want(h.send(berta, "GET", "/users", nil), 403, "refused")
	h.want(h.send(berta, "POST", "/users", url.Values{"name": {"x"}, "role": {"admin"}}), 403, "refused")
	for _, test := range []struct{ name, role, key string }{{"", "viewer", "users.unnamed"}, {"berta", "viewer", "users.known"}, {"ＡＮＮＡ", "viewer", "users.known"}, {"carl", "owner", "users.role"}} {
		h.want(h.send(h.client, "POST", "/users", url.Values{"name": {test.name}, "role": {test.role}}), map[bool]int{true: 409, false: 422}[test.key == "users.known"], test.key)
	}
	do := func(id, what string, more ...string) read {
		form := url.Values{"do": {what}}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return h.send(h.client, "POST", "/users/"+id, form)
	}
	// A role is another one at once, without signing in anew.
	h.want(h.send(berta, "GET", "/", nil), 200, `"Role":2`)
	h.want(do(u.ID, "role", "role", "viewer"), 200, "users")
	h.want(h.send(berta, "GET", "/", nil), 200, `"Role":1`)
	// And so is the end of a session, or of everything.
	h.want(do(u.ID, "end"), 200, "users")
	h.want(h.send(berta, "GET", "/", nil), 401, "refused")
	h.want(h.signIn(berta, "berta", other), 200, "home")
	h.want(do(u.ID, "disable"), 200, "users")
	h.want(h.send(berta, "GET", "/", nil), 401, "refused")
	h.want(h.signIn(berta, "berta", other), 401, "signin.wrong")
	h.want(do(u.ID, "enable"), 200, "users")
	h.want(h.send(berta, "GET", "/", nil), 401, "refused")
	h.want(h.signIn(berta, "berta", other), 200, "home")
	// A link for a new password holds once, and for a day.
	first := data[usersPage](h, h.want(do(u.ID, "reset"), 200, "password/")).Link
	link := data[usersPage](h, h.want(do(u.ID, "reset"), 200, "password/")).Link
	path := func(l string) string { return strings.TrimPrefix(l, h.URL) }
	h.get(path(first), 404, "password.gone")
	h.get(path(link), 200, "Berta")
	h.post(path(link), url.Values{"password": {"short"}}, 422, "password.short")
	h.want(h.send(h.browser(), "POST", path(link), url.Values{"password": {"a third password"}}), 200, "Berta")
	h.want(h.send(berta, "GET", "/", nil), 401, "refused")
	h.post(path(link), url.Values{"password": {"a fourth password"}}, 404, "password.gone")
	link = data[usersPage](h, h.want(do(u.ID, "reset"), 200, "password/")).Link
	h.pass(25 * time.Hour)
	h.get(path(link), 404, "password.gone")
	// The last admin stays one.
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	anna, _, _ := h.userBy(t.Context(), `known_as = ?`, "anna")
	h.want(do(anna.ID, "role", "role", "viewer"), 409, "users.last")
	h.want(do(anna.ID, "disable"), 409, "users.last")
	h.get("/users", 200, "anna")
	h.want(do(web.NewID(), "disable"), 404, "error.404")
	h.want(do(u.ID, "explode"), 400, "error.400")
}

func TestTokens(t *testing.T) {
	h := open(t, Settings{})
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	berta, u := h.add("berta", "analyst")
	form := func(name, role, days string) url.Values {
		return url.Values{"name": {name}, "role": {role}, "days": {days}}
	}
	for _, test := range []struct {
		form url.Values
		key  string
	}{{form("", "viewer", "9"), "token.unnamed"}, {form("x", "admin", "9"), "token.role"}, {form("x", "", "9"), "token.role"}, {form("x", "viewer", "0"), "token.days"}, {form("x", "viewer", "367"), "token.days"}, {form("x", "viewer", "soon"), "token.days"}} {
		h.want(h.send(berta, "POST", "/account/tokens", test.form), 422, test.key)
	}
	token := data[accountPage](h, h.want(h.send(berta, "POST", "/account/tokens", form("report", "analyst", "30")), 200, "seg_")).New
	if p := data[accountPage](h, h.want(h.send(berta, "GET", "/account", nil), 200, "report")); p.New != "" || len(p.Tokens) != 1 || strings.Contains(fmt.Sprint(p), token) {
		t.Errorf("the token is shown again: %v", p)
	}
	ask := func(header ...string) read { return h.send(&http.Client{}, "GET", "/", nil, header...) }
	h.want(ask("Authorization", "Bearer "+token), 200, `"Name":"berta","Role":2`)
	h.want(ask("Authorization", "bearer "+token), 200, "berta")
	for _, wrong := range []string{token, "Bearer", "Bearer ", "Bearer x" + token, "Basic " + token, "Bearer " + tokenHash(token)} {
		h.want(ask("Authorization", wrong), 401, "refused")
	}
	// In an address it is refused, also beside a session.
	h.want(h.send(berta, "GET", "/?access_token="+token, nil), 400, "token.address")
	h.want(h.send(&http.Client{}, "GET", "/?token="+token, nil), 401, "refused")
	h.want(h.send(&http.Client{}, "GET", "/", nil, "Cookie", "session="+token), 401, "refused")
	h.want(h.send(berta, "GET", "/", nil, "Authorization", "Basic eDp5"), 200, "berta")
	// A wrong token does not fall back on the session of the browser.
	h.want(h.send(berta, "GET", "/", nil, "Authorization", "Bearer wrong"), 401, "refused")
	// A token makes no tokens, and changes no password.
	h.want(h.send(&http.Client{}, "POST", "/account/tokens", form("x", "viewer", "9"), "Authorization", "Bearer "+token), 403, "token.browser")
	// It is never above its user.
	h.post("/users/"+u.ID, url.Values{"do": {"role"}, "role": {"viewer"}}, 200, "users")
	h.want(ask("Authorization", "Bearer "+token), 200, `"Role":1`)
	h.post("/users/"+u.ID, url.Values{"do": {"disable"}}, 200, "users")
	h.want(ask("Authorization", "Bearer "+token), 401, "refused")
	h.post("/users/"+u.ID, url.Values{"do": {"enable"}}, 200, "users")
	h.want(ask("Authorization", "Bearer "+token), 200, "berta")
	// Another user cannot revoke it, its own can.
	h.post("/account/tokens/"+tokenHash(token)+"/revoke", nil, 404, "error.404")
	h.want(h.signIn(berta, "berta", other), 200, "home")
	h.want(h.send(berta, "POST", "/account/tokens/"+tokenHash(token)+"/revoke", nil), 200, "account")
	h.want(ask("Authorization", "Bearer "+token), 401, "refused")
	// It ends.
	token = data[accountPage](h, h.want(h.send(berta, "POST", "/account/tokens", form("report", "viewer", "30")), 200, "seg_")).New
	h.pass(31 * 24 * time.Hour)
	h.want(ask("Authorization", "Bearer "+token), 401, "refused")
	// There are not too many.
	h.want(h.signIn(berta, "berta", other), 200, "home")
	for range maxTokens {
		h.send(berta, "POST", "/account/tokens", form("more", "viewer", "30"))
	}
	h.want(h.send(berta, "POST", "/account/tokens", form("more", "viewer", "30")), 409, "token.many")
}

func TestSessionsOfOne(t *testing.T) {
	h := open(t, Settings{})
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	phone := h.browser()
	h.want(h.send(phone, "POST", "/sign-in", url.Values{"name": {"anna"}, "password": {password}}, "User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1"), 200, "home")
	p := data[accountPage](h, h.get("/account", 200, "Safari, iPhone"))
	berta, _ := h.add("berta", "viewer")
	for _, s := range p.Sessions {
		// Another user cannot end it.
		h.want(h.send(berta, "POST", "/account/sessions/"+s.Hash+"/end", nil), 404, "error.404")
		if !s.Current {
			h.post("/account/sessions/"+s.Hash+"/end", nil, 200, "account")
		}
	}
	h.want(h.send(phone, "GET", "/", nil), 401, "refused")
	h.get("/", 200, "home")
	for range maxSessions + 3 {
		u, _, _ := h.userBy(t.Context(), `known_as = ?`, "anna")
		if err := h.begin(t.Context(), Call{Request: httptest.NewRequest("GET", "/", nil), W: httptest.NewRecorder()}, u); err != nil {
			t.Fatal(err)
		}
	}
	if p := data[accountPage](h, h.want(h.signIn(h.client, "anna", password), 200, "home")); len(p.Sessions) > maxSessions {
		t.Errorf("%d sessions", len(p.Sessions))
	}
	var n int
	if err := h.db.Get(&n, `select count(*) from webapp_sessions s join webapp_users u on u.id = s.user_id where u.name = 'anna'`); err != nil || n != maxSessions {
		t.Errorf("%d sessions are kept, %v; want %d", n, err, maxSessions)
	}
}

func TestPrepare(t *testing.T) {
	h := open(t, Settings{})
	// Once there is a user the pair of the settings is not looked at.
	if err := h.Prepare(t.Context(), "mallory", other); err != nil {
		t.Fatal(err)
	}
	h.want(h.signIn(h.client, "mallory", other), 401, "signin.wrong")
	// Who has lost the password of the last admin sets it at the machine.
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	if err := h.SetAdmin(t.Context(), "Anna", other); err != nil {
		t.Fatal(err)
	}
	h.get("/", 401, "refused")
	h.want(h.signIn(h.client, "anna", other), 200, `"Role":3`)
	if err := h.SetAdmin(t.Context(), "carl", "short"); err == nil {
		t.Error("an admin has a short password")
	}
	if _, err := h.db.Exec(`delete from webapp_sessions`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.Exec(`delete from webapp_users`); err != nil {
		t.Fatal(err)
	}
	if err := h.Prepare(t.Context(), "", ""); !errors.Is(err, ErrNobody) {
		t.Errorf("without users the app starts: %v", err)
	}
}

// After signing in a browser goes on within the app, and nowhere else.
func TestNoOpenRedirect(t *testing.T) {
	for to, want := range map[string]string{
		"/charts?tier=gold": "/charts?tier=gold", "/chat/x%2Fy": "/chat/x%2Fy", "": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", `\\evil.example`: "/",
		"/%5Cevil.example": "/%5Cevil.example", "///evil.example": "/", "javascript:alert(1)": "/", "evil.example": "/", "/\tevil": "/", "/\n/evil.example": "/", "https:/evil.example": "/", "//evil.example/%2e%2e": "/", "/charts#x": "/charts", "/%2F/evil.example": "/",
	} {
		if got := localPath(to); got != want {
			t.Errorf("localPath(%q) is %q, want %q", to, got, want)
		}
	}
	h := open(t, Settings{})
	h.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for to, want := range map[string]string{"//evil.example/": "/", "/account?x=1": "/account?x=1"} {
		r := h.send(h.client, "POST", "/sign-in", url.Values{"name": {"anna"}, "password": {password}, "to": {to}})
		if got := r.Header.Get("Location"); got != want {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}

// Two admins who take each other's role away at the same time leave one.
func TestLastAdminAtOnce(t *testing.T) {
	h := open(t, Settings{})
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	_, b := h.add("berta", "admin")
	anna, _, _ := h.userBy(t.Context(), `known_as = ?`, "anna")
	var wg sync.WaitGroup
	for _, u := range []User{anna, b} {
		wg.Go(func() { _ = h.setUser(t.Context(), u.ID, Viewer, false) })
	}
	wg.Wait()
	var n int
	if err := h.db.Get(&n, `select count(*) from webapp_users where role = 'admin'`); err != nil || n != 1 {
		t.Errorf("%d admins are left, %v", n, err)
	}
}

// What finding out who asks costs a request.
func BenchmarkIdentify(b *testing.B) {
	h := open(b, Settings{})
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	at, _ := url.Parse(h.URL)
	r := httptest.NewRequest("GET", "/", nil)
	for _, c := range h.client.Jar.Cookies(at) {
		r.AddCookie(c)
	}
	for b.Loop() {
		if by, err := h.Identify(r, false); err != nil || by.Name != "anna" {
			b.Fatal(by, err)
		}
	}
}
