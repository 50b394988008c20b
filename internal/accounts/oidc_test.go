package accounts

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// An issuer is a conformant OpenID Connect provider: discovery, keys, the
// authorization code flow with PKCE. Change makes it another one.
type issuer struct {
	*httptest.Server
	key    *rsa.PrivateKey
	mu     sync.Mutex
	codes  map[string]url.Values // what was asked for each code
	change func(claims map[string]any)
	sign   *rsa.PrivateKey // another key than it says
	claims map[string]any
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &issuer{key: key, sign: key, codes: map[string]url.Values{}, claims: map[string]any{}}
	p.change = func(map[string]any) {}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("client_id") != "app" || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || len(q.Get("state")) < 43 || !strings.Contains(q.Get("scope"), "openid") {
			http.Error(w, "no such request", 400)
			return
		}
		code := rand.Text()
		p.mu.Lock()
		p.codes[code] = q
		p.mu.Unlock()
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		code := r.PostFormValue("code")
		p.mu.Lock()
		asked := p.codes[code]
		delete(p.codes, code)
		p.mu.Unlock()
		challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		client, secret, basic := r.BasicAuth()
		if !basic {
			client, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
		}
		if asked == nil || client != "app" || secret != "s3cret" || base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
			w.WriteHeader(400)
			answer(w, map[string]string{"error": "invalid_grant"})
			return
		}
		claims := map[string]any{"iss": p.URL, "sub": "42", "aud": "app", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "nonce": asked.Get("nonce"), "email": "dora@example.org", "email_verified": true}
		maps.Copy(claims, p.claims)
		p.change(claims)
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: p.sign}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
		if err != nil {
			t.Error(err)
		}
		token, err := jwt.Signed(signer).Claims(claims).Serialize()
		if err != nil {
			t.Error(err)
		}
		answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": token})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// openWith begins an app that knows a provider.
func openWith(t *testing.T, p *issuer, change func(*ProviderSettings)) *house {
	t.Helper()
	s := Settings{Provider: ProviderSettings{Issuer: p.URL, Client: "app", Secret: "s3cret", Redirect: "http://unset" + RedirectPath, Scopes: []string{"email"}}}
	if change != nil {
		change(&s.Provider)
	}
	h := open(t, s)
	h.provider.Redirect = h.URL + RedirectPath // which is known now
	return h
}

func TestProvider(t *testing.T) {
	p := newIssuer(t)
	h := openWith(t, p, nil)
	h.get("/sign-in", 200, `"Provider":"127.0.0.1:`)
	r := h.get("/sign-in/provider?to=/account", 200, "dora@example.org")
	if r.Request.URL.Path != "/account" || r.Request.URL.Host != strings.TrimPrefix(h.URL, "http://") {
		t.Errorf("signing in leads to %s", r.Request.URL)
	}
	h.get("/", 200, `"Name":"dora@example.org","Role":1`)
	at, _ := url.Parse(h.URL)
	for _, c := range h.client.Jar.Cookies(at) {
		if c.Name == "flow" {
			t.Error("the browser still holds the flow")
		}
	}
	// The second time it is the same user, whatever the name is now.
	p.claims["email"] = "dora.new@example.org"
	h.want(h.send(h.browser(), "GET", "/sign-in/provider", nil), 200, "dora@example.org")
	// There is no password for one who comes from a provider.
	h.want(h.signIn(h.browser(), "dora@example.org", ""), 401, "signin.wrong")
	h.post("/account/password", url.Values{"old": {""}, "password": {other}}, 404, "error.404")
	admin := h.browser()
	h.want(h.signIn(admin, "anna", password), 200, "home")
	u, _, _ := h.userBy(t.Context(), `name = ?`, "dora@example.org")
	h.want(h.send(admin, "POST", "/users/"+u.ID, url.Values{"do": {"reset"}}), 404, "error.404")
	// Without a mapping an admin gives the role, which stays.
	h.want(h.send(admin, "POST", "/users/"+u.ID, url.Values{"do": {"role"}, "role": {"analyst"}}), 200, "users")
	h.get("/sign-in/provider", 200, `"Role":2`)
	h.want(h.send(admin, "POST", "/users/"+u.ID, url.Values{"do": {"disable"}}), 200, "users")
	h.get("/", 401, "refused")
	h.get("/sign-in/provider", 403, "signin.disabled")
	h.get("/", 401, "refused")
	// A name that somebody has is not taken over.
	p.claims["sub"], p.claims["email"] = "43", "Anna"
	h.want(h.send(h.browser(), "GET", "/sign-in/provider", nil), 409, "signin.taken")
	// An address that the provider has not checked is no name.
	p.claims["sub"], p.claims["email"], p.claims["email_verified"], p.claims["preferred_username"] = "44", "boss@example.org", false, "eve"
	h.want(h.send(h.browser(), "GET", "/sign-in/provider", nil), 200, `"Name":"eve"`)
	// No open redirect.
	h.want(h.send(h.browser(), "GET", "/sign-in/provider?to=//evil.example/", nil), 200, "home")
}

func TestProviderRoles(t *testing.T) {
	p := newIssuer(t)
	h := openWith(t, p, func(s *ProviderSettings) {
		s.Claim, s.Roles = "realm.groups", map[string]Role{"marketing": Analyst, "it": Admin}
	})
	for _, test := range []struct {
		groups any
		want   Role
	}{
		{[]string{"marketing"}, Analyst}, {[]string{"sales", "it", "marketing"}, Admin}, {"marketing", Analyst}, {nil, Viewer}, {[]any{7, "sales"}, Viewer}, {map[string]any{"it": true}, Viewer}, {"it ", Viewer},
	} {
		p.claims["realm"] = map[string]any{"groups": test.groups}
		h.get("/sign-in/provider", 200, fmt.Sprintf(`"Role":%d`, test.want))
	}
	p.claims = map[string]any{"realm.groups": []string{"it"}}
	h.get("/sign-in/provider", 200, `"Role":3`)
	p.claims = map[string]any{"realm": "it"}
	h.get("/sign-in/provider", 200, `"Role":1`)
}

// What a provider must not say, and what others say in its name, signs nobody in.
func TestProviderAttacks(t *testing.T) {
	p := newIssuer(t)
	h := openWith(t, p, nil)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(map[string]any){
		"another nonce":     func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":          func(c map[string]any) { delete(c, "nonce") },
		"another audience":  func(c map[string]any) { c["aud"] = "other" },
		"another party":     func(c map[string]any) { c["aud"], c["azp"] = []string{"app", "other"}, "other" },
		"an unnamed party":  func(c map[string]any) { c["aud"] = []string{"app", "other"} },
		"an old token":      func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"another issuer":    func(c map[string]any) { c["iss"] = "https://evil.example" },
		"nobody":            func(c map[string]any) { delete(c, "sub") },
		"another signature": func(map[string]any) { p.sign = stranger },
	} {
		p.change, p.sign = change, p.key
		b := h.browser()
		h.want(h.send(b, "GET", "/sign-in/provider", nil), 502, "signin.provider")
		h.want(h.send(b, "GET", "/", nil), 401, "refused")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	p.change, p.sign = func(map[string]any) {}, p.key

	// The answer of a flow, to be sent again and by others.
	var back string
	stopped := func(b *http.Client) *http.Client {
		b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if strings.HasPrefix(r.URL.Path, RedirectPath) {
				back = r.URL.RequestURI()
				return http.ErrUseLastResponse
			}
			return nil
		}
		return b
	}
	begin := func() *http.Client {
		b := stopped(h.browser())
		h.send(b, "GET", "/sign-in/provider", nil)
		b.CheckRedirect = nil
		return b
	}
	// In a browser that did not begin it: somebody is to be signed in as another.
	begin()
	h.want(h.send(h.browser(), "GET", back, nil), 400, "signin.flow")
	// Nor with a flow of its own.
	mine := begin()
	begin()
	h.want(h.send(mine, "GET", back, nil), 400, "signin.flow")
	// Again, with the same cookie.
	b := begin()
	at, _ := url.Parse(h.URL)
	held := b.Jar.Cookies(at)
	h.want(h.send(b, "GET", back, nil), 200, "home")
	h.want(h.send(b, "GET", back, nil), 400, "signin.flow")
	thief := h.browser()
	jar, _ := cookiejar.New(nil)
	jar.SetCookies(at, held)
	thief.Jar = jar
	h.want(h.send(thief, "GET", back, nil), 400, "signin.flow")
	h.want(h.send(thief, "GET", "/", nil), 401, "refused")
	// Too late.
	b = begin()
	h.pass(11 * time.Minute)
	h.want(h.send(b, "GET", back, nil), 400, "signin.flow")
	// With another code, and with what the provider says of an error.
	b = begin()
	u, _ := url.Parse(back)
	q := u.Query()
	q.Set("code", "x")
	h.want(h.send(b, "GET", RedirectPath+"?"+q.Encode(), nil), 502, "signin.provider")
	b = begin()
	u, _ = url.Parse(back)
	h.want(h.send(b, "GET", RedirectPath+"?error=access_denied&state="+u.Query().Get("state"), nil), 502, "signin.provider")
	h.want(h.send(b, "GET", RedirectPath, nil), 400, "signin.flow")
	// A cookie that is none.
	h.want(h.send(&http.Client{}, "GET", RedirectPath+"?state=", nil, "Cookie", "flow=e30"), 400, "signin.flow")
}

// An app starts without its provider, tells readers of it, and works with it once it
// is there.
func TestProviderAway(t *testing.T) {
	p := newIssuer(t)
	h := openWith(t, p, nil)
	address := h.provider.Issuer
	h.provider.Issuer = "http://127.0.0.1:1"
	h.get("/sign-in/provider", 502, "signin.provider")
	h.want(h.signIn(h.client, "anna", password), 200, "home")
	h.provider.Issuer = address
	h.get("/sign-in/provider", 200, "dora@example.org")
}

func TestSettings(t *testing.T) {
	full := ProviderSettings{Issuer: "https://id.example.org", Client: "app", Secret: "x", Redirect: "https://app.example.org" + RedirectPath}
	with := func(change func(*ProviderSettings)) ProviderSettings {
		p := full
		change(&p)
		return p
	}
	for _, test := range []struct {
		s    Settings
		want string
	}{
		{Settings{On: true}, ""}, {Settings{On: true, Provider: full}, ""}, {Settings{Provider: full}, "goes with -accounts"},
		{Settings{On: true, Provider: with(func(p *ProviderSettings) { p.Secret = "" })}, "-oidc-secret is missing"},
		{Settings{On: true, Provider: with(func(p *ProviderSettings) { p.Issuer = "http://id.example.org" })}, "-oidc-issuer is"},
		{Settings{On: true, Provider: with(func(p *ProviderSettings) { p.Issuer = "http://127.0.0.1:5556/dex" })}, ""},
		{Settings{On: true, Provider: with(func(p *ProviderSettings) { p.Redirect = "https://app.example.org/" })}, "its path is /sign-in/callback"},
		{Settings{On: true, Provider: with(func(p *ProviderSettings) { p.Claim = "groups" })}, "-oidc-claim and -oidc-roles go together"},
		{Settings{On: true, Idle: 2 * time.Hour, Longest: time.Hour}, "-session-idle is 2h0m0s"},
	} {
		if err := test.s.Check("", false); (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.s, err, test.want)
		}
	}
	if got, err := parseRoles("cn=it,dc=x=admin, marketing=analyst"); err == nil {
		t.Errorf("%v: a group with a comma is read", got) // "cn=it" has no role
	}
	if got, err := parseRoles("cn=it=admin, marketing=analyst"); err != nil || got["cn=it"] != Admin || got["marketing"] != Analyst {
		t.Errorf("%v, %v", got, err)
	}
}
