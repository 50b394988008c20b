package accounts

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/internal/settings"
	"github.com/customer-personality/segmentation/internal/web"
)

// Settings are what an operator says of accounts.
type Settings struct {
	On       bool
	SetAdmin bool          // write an admin and end
	Idle     time.Duration // after which a session that is not used ends; default 8 h
	Longest  time.Duration // after which any session ends; default 7 days
	Provider ProviderSettings
}

// ProviderSettings are those of an OpenID Connect provider; none where Issuer is empty.
type ProviderSettings struct {
	Issuer   string
	Client   string
	Secret   string
	Redirect string          // address of the app that the provider leads back to
	Name     string          // on the button
	Scopes   []string        // besides openid; default profile and email
	Claim    string          // holds the groups that roles come from, with dots between levels
	Roles    map[string]Role // by group
}

// RedirectPath is the path of ProviderSettings.Redirect.
const RedirectPath = "/sign-in/callback"

// List returns the settings, which set s.
func (s *Settings) List() []settings.Setting {
	one, text, p := settings.New, settings.Text, &s.Provider
	period := func(d *time.Duration) func(string) error {
		return func(v string) (err error) {
			// Much more than usedEvery, or a session in use would end.
			if *d, err = time.ParseDuration(v); err != nil || *d < 5*time.Minute {
				return errors.New("a duration is written as 8h or 30m, and is at least five minutes")
			}
			return nil
		}
	}
	return []settings.Setting{
		one("accounts", "WEBAPP_ACCOUNTS", "false", "", "users sign in by a page, each with a role: viewer, analyst or admin. -user and -password are the first admin where there is no user yet", settings.Bool(&s.On)),
		one("set-admin", "", "false", "", "make -user, with -password, an admin of -accounts who can sign in, and end: for the first one, and where no admin can sign in any more", settings.Bool(&s.SetAdmin)),
		one("session-idle", "WEBAPP_SESSION_IDLE", "8h", "DURATION", "how long a session lasts that is not used", period(&s.Idle)),
		one("session-longest", "WEBAPP_SESSION_LONGEST", "168h", "DURATION", "how long a session lasts at most", period(&s.Longest)),
		one("oidc-issuer", "WEBAPP_OIDC_ISSUER", "", "URL", "OpenID Connect provider by which users of -accounts sign in too", text(&p.Issuer)),
		one("oidc-client", "WEBAPP_OIDC_CLIENT", "", "ID", "client id of the app at the provider", text(&p.Client)),
		one("oidc-secret", "WEBAPP_OIDC_SECRET", "", "WORD", "client secret; better given by the environment or by a file", text(&p.Secret)),
		one("oidc-secret-file", "WEBAPP_OIDC_SECRET_FILE", "", "FILE", "file with the client secret", func(file string) error {
			if file == "" {
				return nil
			}
			b, err := os.ReadFile(file)
			p.Secret = strings.TrimSpace(string(b))
			return err
		}),
		one("oidc-redirect", "WEBAPP_OIDC_REDIRECT", "", "URL", "address of this app that the provider leads back to, such as https://app.example.org"+RedirectPath, text(&p.Redirect)),
		one("oidc-name", "WEBAPP_OIDC_NAME", "", "NAME", "name of the provider on the page for signing in; its host by default", text(&p.Name)),
		one("oidc-scopes", "WEBAPP_OIDC_SCOPES", "profile,email", "NAMES", "what the provider is asked for besides openid, such as profile,email,groups", func(v string) error {
			p.Scopes = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
			return nil
		}),
		one("oidc-claim", "WEBAPP_OIDC_CLAIM", "", "NAME", "claim with the groups of a user, such as groups or realm_access.roles; without it admins of the app give roles, and who is new is a viewer", text(&p.Claim)),
		one("oidc-roles", "WEBAPP_OIDC_ROLES", "", "GROUP=ROLE,…", "the role of each group, such as marketing=analyst,it=admin; others are viewers. A role is that of the last sign-in", func(v string) (err error) {
			p.Roles, err = parseRoles(v)
			return err
		}),
	}
}

func parseRoles(s string) (map[string]Role, error) {
	out := map[string]Role{}
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		at := strings.LastIndex(part, "=")
		if at < 1 || ParseRole(part[at+1:]) == NoRole {
			return nil, fmt.Errorf("%q is not a group and one of the roles %v, as in marketing=analyst", part, Roles())
		}
		out[part[:at]] = ParseRole(part[at+1:])
	}
	return out, nil
}

// Check says what of the settings cannot be together, with the name of -user, and
// whether -open or -user-header lets in somebody else.
func (s *Settings) Check(user string, otherwise bool) error {
	p := s.Provider
	given := map[string]string{"-oidc-issuer": p.Issuer, "-oidc-client": p.Client, "-oidc-secret": p.Secret, "-oidc-redirect": p.Redirect}
	some := p.Issuer != "" || p.Client != "" || p.Secret != "" || p.Redirect != ""
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if some && given[name] == "" {
			return fmt.Errorf("%s is missing: a provider needs -oidc-issuer, -oidc-client, -oidc-secret and -oidc-redirect", name)
		}
	}
	switch {
	case s.On && otherwise:
		return errors.New("-accounts does not go with -open and -user-header: users sign in by its page")
	case s.SetAdmin && (user == "" || !s.On):
		return errors.New("-set-admin goes with -accounts, -user and -password")
	case some && !s.On:
		return errors.New("-oidc-issuer goes with -accounts")
	case (p.Claim == "") != (len(p.Roles) == 0):
		return errors.New("-oidc-claim and -oidc-roles go together: one is set and the other is not")
	case p.Claim != "" && !some:
		return errors.New("-oidc-claim goes with -oidc-issuer")
	case s.Idle > s.Longest:
		return fmt.Errorf("-session-idle is %v, and more than -session-longest, %v", s.Idle, s.Longest)
	}
	for _, name := range []string{"-oidc-issuer", "-oidc-redirect"} {
		if err := checkAddress(name, given[name]); err != nil {
			return err
		}
	}
	if u, _ := url.Parse(p.Redirect); p.Redirect != "" && u.Path != RedirectPath {
		return fmt.Errorf("-oidc-redirect is %q; its path is %s", p.Redirect, RedirectPath)
	}
	return nil
}

// checkAddress refuses what is no address with TLS, which only this machine needs not.
func checkAddress(name, address string) error {
	u, err := url.Parse(address)
	if address == "" || err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && web.Loopback(u.Hostname())) {
		return nil
	}
	return fmt.Errorf("%s is %q; it is an address with https://, or with http:// on this machine", name, address)
}
