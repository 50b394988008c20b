package accounts

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/customer-personality/segmentation/internal/web"
)

// provider is an OpenID Connect provider, by the authorization code flow with PKCE.
type provider struct {
	ProviderSettings
	http *http.Client

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier // nil until the provider was asked about itself
	config   oauth2.Config
	used     map[string]time.Time // states that have come back, until they end
}

const (
	// flowFor is how long signing in at the provider may take.
	flowFor    = 10 * time.Minute
	flowCookie = "flow"
	// mostUsed bounds the memory of states; a provider takes a code once anyway.
	mostUsed = 10_000
	// answerFor is how long the provider may take.
	answerFor = 10 * time.Second
)

func newProvider(s ProviderSettings, client *http.Client) *provider {
	if u, err := url.Parse(s.Issuer); err == nil {
		s.Name = cmp.Or(s.Name, u.Host)
	}
	if client == nil {
		client = &http.Client{Timeout: answerFor}
	}
	return &provider{ProviderSettings: s, http: client, used: map[string]time.Time{}}
}

// ask asks the provider about itself, once it answers. The app starts without it.
func (p *provider) ask(ctx context.Context) (*oidc.IDTokenVerifier, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.verifier == nil {
		found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.http), p.Issuer)
		if err != nil {
			return nil, nil, fmt.Errorf("the provider %s does not say what it is: %w", p.Issuer, err)
		}
		p.verifier = found.VerifierContext(oidc.ClientContext(context.WithoutCancel(ctx), p.http), &oidc.Config{ClientID: p.Client})
		scopes := append([]string{oidc.ScopeOpenID}, p.Scopes...)
		p.config = oauth2.Config{ClientID: p.Client, ClientSecret: p.Secret, Endpoint: found.Endpoint(), RedirectURL: p.Redirect, Scopes: scopes}
	}
	return p.verifier, &p.config, nil
}

// A flow is signing in at the provider, as the browser holds it until it comes back.
type flow struct {
	State, Nonce, Verifier string
	To                     string // where to go on
	Until                  int64  // microseconds of Unix time
}

// flowOf returns the flow that the browser holds, nil for none.
func flowOf(c Call) *flow {
	held, err := c.Cookie(cookieName(flowCookie, c.Sender.Secure))
	if err != nil {
		return nil
	}
	var f flow
	b, err := base64.RawURLEncoding.DecodeString(held.Value)
	if err != nil || json.Unmarshal(b, &f) != nil {
		return nil
	}
	return &f
}

// once reports whether a state comes back for the first time.
func (p *provider) once(state string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, again := p.used[state]; again {
		return false
	}
	for s, until := range p.used {
		if now.After(until) || len(p.used) >= mostUsed {
			delete(p.used, s)
		}
	}
	p.used[state] = now.Add(flowFor)
	return true
}

// toProvider leads the browser to the provider.
func (a *Accounts) toProvider(c Call) (Answer, error) {
	_, config, err := a.provider.ask(c.Context())
	if err != nil {
		return a.unasked(c, err)
	}
	f := flow{State: newToken(""), Nonce: newToken(""), Verifier: oauth2.GenerateVerifier(), To: localPath(c.URL.Query().Get("to")), Until: a.later(flowFor)}
	b, err := json.Marshal(f)
	if err != nil {
		return Answer{}, err
	}
	http.SetCookie(c.W, cookie(flowCookie, base64.RawURLEncoding.EncodeToString(b), c.Sender.Secure, flowFor))
	return Answer{To: config.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))}, nil
}

// unasked tells that signing in by the provider failed; the log says why.
func (a *Accounts) unasked(c Call, why error) (Answer, error) {
	a.o.Log.Warn("a sign-in by the provider failed", "request", c.Sender.ID, "client", c.Sender.Client.String(), "error", why)
	return a.signInPage(c, http.StatusBadGateway, signInForm{Error: "signin.provider"}), nil
}

// fromProvider signs in who comes back from the provider.
func (a *Accounts) fromProvider(c Call) (Answer, error) {
	f := flowOf(c)
	http.SetCookie(c.W, cookie(flowCookie, "", c.Sender.Secure, 0))
	state := c.URL.Query().Get("state")
	switch {
	case f == nil || a.now() > f.Until, subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1, !a.provider.once(state, a.o.Now()):
		return a.signInPage(c, http.StatusBadRequest, signInForm{Error: "signin.flow"}), nil
	case c.URL.Query().Get("error") != "":
		return a.unasked(c, fmt.Errorf("it says %q", web.CleanText(c.URL.Query().Get("error"), maxName)))
	}
	claims, subject, err := a.provider.claims(c.Context(), c.URL.Query().Get("code"), f)
	if err != nil {
		return a.unasked(c, err)
	}
	ctx, cancel := a.in(c.Context())
	defer cancel()
	u, err := a.known(ctx, subject, claims)
	if taken := (*Error)(nil); errors.As(err, &taken) && taken.Key == "users.known" {
		return a.signInPage(c, http.StatusConflict, signInForm{Error: "signin.taken", Args: taken.Args}), nil
	}
	if err != nil {
		return Answer{}, err
	}
	if u.Disabled {
		if err := a.o.Audit(ctx, u.Name, "sign-in refused", "", c.Sender.Client.String()); err != nil {
			return Answer{}, err
		}
		return a.signInPage(c, http.StatusForbidden, signInForm{Error: "signin.disabled"}), nil
	}
	return Answer{To: localPath(f.To)}, a.begin(ctx, c, u)
}

// claims exchanges a code for what the provider says of a user, and checks that it is
// said by this provider, to this app, now, for this flow.
func (p *provider) claims(ctx context.Context, code string, f *flow) (map[string]any, string, error) {
	verifier, config, err := p.ask(ctx)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.http), answerFor)
	defer cancel()
	answer, err := config.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, "", err
	}
	raw, _ := answer.Extra("id_token").(string)
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, "", err
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return nil, "", err
	}
	party, named := claims["azp"].(string)
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1:
		return nil, "", errors.New("the token is for another nonce")
	case token.Subject == "":
		return nil, "", errors.New("the token names nobody")
	case named && party != p.Client, !named && len(token.Audience) > 1:
		// OpenID Connect Core 1.0, 3.1.3.7, points 4 and 5.
		return nil, "", errors.New("the token was made for another party")
	}
	return claims, token.Issuer + " " + token.Subject, nil
}

// known returns the user of a subject, whom the first sign-in adds, with the role
// that the groups give.
func (a *Accounts) known(ctx context.Context, subject string, claims map[string]any) (User, error) {
	role, given := a.provider.role(claims)
	u, ok, err := a.userBy(ctx, `subject = ?`, subject)
	switch {
	case err != nil:
		return u, err
	case !ok:
		u, err = a.add(ctx, User{Name: nameOf(claims), Subject: subject, Said: role.String()})
		if err == nil {
			err = a.o.Audit(ctx, u.Name, "user added", u.Name+" ("+role.String()+")", "")
		}
		return u, err
	case given && u.Role() != role:
		// Not setUser: the provider may take the role of the last admin away.
		if err := a.change(ctx, `update webapp_users set role = ? where id = ?`, role.String(), u.ID); err != nil {
			return u, err
		}
		u.Said = role.String()
		return u, a.o.Audit(ctx, u.Name, "role changed", u.Name+" ("+role.String()+")", "")
	}
	return u, nil
}

// role returns the greatest role of the groups in the claims, Viewer for none, and
// whether the provider gives roles at all.
func (p *provider) role(claims map[string]any) (role Role, given bool) {
	role = Viewer
	if p.Claim == "" {
		return role, false
	}
	var at any = claims
	if whole, ok := claims[p.Claim]; ok {
		at = whole // such as https://example.org/groups, which has dots itself
	} else {
		for level := range strings.SplitSeq(p.Claim, ".") {
			of, _ := at.(map[string]any)
			at = of[level]
		}
	}
	groups, _ := at.([]any)
	if text, ok := at.(string); ok {
		groups = []any{text}
	}
	for _, g := range groups {
		if name, ok := g.(string); ok {
			role = max(role, p.Roles[name])
		}
	}
	return role, true
}

// nameOf returns the name of a user: an address that the provider has checked, or
// what it calls them.
func nameOf(claims map[string]any) string {
	text := func(claim string) string {
		s, _ := claims[claim].(string)
		return web.CleanText(s, maxName)
	}
	if verified, _ := claims["email_verified"].(bool); verified && text("email") != "" {
		return text("email")
	}
	return cmp.Or(text("preferred_username"), text("name"), text("sub"))
}

// localPath returns where to go on within the app, "/" for any other address.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}
