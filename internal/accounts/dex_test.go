package accounts

import (
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// Signing in by Dex, a provider that others made: SEGMENTATION_DEX is its program, as
// of go build ./cmd/dex in github.com/dexidp/dex. It runs with its storage in memory, a
// client and a user with a password.
func TestDex(t *testing.T) {
	dex := os.Getenv("SEGMENTATION_DEX")
	if dex == "" {
		t.Skip("SEGMENTATION_DEX names no Dex: signing in by a provider is tried with that of the tests alone")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	issuer := "http://" + address + "/dex"
	h := open(t, Settings{Provider: ProviderSettings{Issuer: issuer, Client: "app", Secret: "s3cret", Redirect: "http://unset" + RedirectPath, Scopes: []string{"profile", "email", "groups"},
		Claim: "groups", Roles: map[string]Role{"marketing": Analyst}}})
	h.provider.Redirect = h.URL + RedirectPath
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "dex.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `issuer: %s
storage: {type: memory}
web: {http: %s}
oauth2: {skipApprovalScreen: true}
enablePasswordDB: true
staticClients: [{id: app, name: Segments, secret: s3cret, redirectURIs: [%s]}]
staticPasswords: [{email: dora@example.org, hash: %q, username: dora, userID: "42", groups: [sales, marketing]}]
`, issuer, address, h.provider.Redirect, hash), 0o600); err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), dex, "serve", config)
	program.Stdout, program.Stderr = t.Output(), t.Output()
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Process.Kill(); _ = program.Wait() })
	for range 200 {
		if r, err := http.Get(issuer + "/.well-known/openid-configuration"); err == nil {
			_ = r.Body.Close()
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	form := h.get("/sign-in/provider?to=/account", 200, "password")
	action := regexp.MustCompile(`<form method="post" action="([^"]*)"`).FindStringSubmatch(form.body)
	if action == nil {
		t.Fatalf("Dex shows no form: %.2000s", form.body)
	}
	at, err := form.Request.URL.Parse(html.UnescapeString(action[1]))
	if err != nil {
		t.Fatal(err)
	}
	post := func(word string) read {
		r, err := h.client.PostForm(at.String(), url.Values{"login": {"dora@example.org"}, "password": {word}})
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		return read{Response: r}
	}
	post("wrong")
	h.get("/", 401, "refused")
	if r := post(password); r.StatusCode != 200 || r.Request.URL.Path != "/account" {
		t.Errorf("after signing in at Dex the browser is at %s: %s", r.Request.URL, r.Status)
	}
	h.get("/", 200, `"Name":"dora@example.org","Role":2`)
	u, found, err := h.userBy(t.Context(), `name = ?`, "dora@example.org")
	t.Logf("Dex signs in %s, of the subject %q (%t, %v)", u.Name, u.Subject, found, err)
}
