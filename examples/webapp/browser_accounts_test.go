package main

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site"
	"github.com/customer-personality/segmentation/internal/accounts"
	pages "github.com/customer-personality/segmentation/internal/browser"
	"github.com/customer-personality/segmentation/store"
)

// withAccounts is an app of its own with accounts, in the browser that there is.
func (s *suite) withAccounts(t *testing.T) *suite {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "app.db"), store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ctx := context.WithoutCancel(t.Context())
	app, err := site.New(ctx, site.Config{Accounts: accounts.Settings{On: true}, User: "anna", Password: "correct horse battery"}, db, frontEnd(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() })
	if err := app.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.Handler())
	t.Cleanup(server.Close)
	return &suite{server.URL, db, s.ctx, s.axe}
}

// fill sets a field of a form.
func (p *tab) fill(field, text string) {
	p.t.Helper()
	p.do(chromedp.SetValue(chromedp.CSS(field), text))
}

// From signing in to a shared conversation, as an admin adds an analyst and a viewer:
// every page of it in two widths, light and dark.
func TestAccountsInBrowser(t *testing.T) {
	p := begin(t).withAccounts(t).open(t, pages.View{Width: 1440})
	p.expected = []string{"401"}
	p.visit("/charts?tier=Gold")
	p.wants("Sign in")
	p.look("signin")
	p.fill("#name", "anna")
	p.send("#password", "wrong")
	p.wants("do not go together")
	p.send("#password", "correct horse battery")
	p.wants("What Gold customers are", "anna")
	link := func(name, role string) string {
		p.visit("/users")
		p.fill("#role", role)
		p.send("#name", name)
		p.wants("Give this link to " + name)
		return strings.TrimPrefix(eval[string](p, `document.querySelector(".secret").textContent`), p.origin)
	}
	berta, vera := link("berta@example.org", "analyst"), link("Vera von und zu Hohenstein-Waldeck", "viewer")
	p.look("users")
	for _, width := range []int64{390, 768, 1024, 1440} {
		p.size(width, 900)
		for _, out := range eval[[]string](p, `[...document.querySelectorAll("table.accounts td button")].filter(b => b.getBoundingClientRect().right > b.closest("td").getBoundingClientRect().right + 1).map(b => b.textContent)`) {
			t.Errorf("at %d %q is outside of its cell", width, out)
		}
	}
	p.size(1440, 900)
	p.leave(`document.querySelector("form[action='/sign-out']").requestSubmit()`)
	p.wants("Sign in")

	p.visit(berta)
	p.look("password")
	p.send("#password", "the sentence of berta")
	p.visit("/account")
	p.send("form[action='/account/tokens'] #name", "monthly report")
	p.wants("not shown again", "monthly report", "this one")
	p.look("account")
	p.visit("/?income=58138&age=57&spent=1617&tenure=28")
	p.send("#children", "0")
	p.leave(`document.querySelector("#share button").click()`)
	p.wants("Take the link back")
	shared := eval[string](p, `document.querySelector("#share a").getAttribute("href")`)
	p.leave(`document.querySelector("form[action='/sign-out']").requestSubmit()`)

	p.visit(vera)
	p.send("#password", "the sentence of vera")
	p.wants("You may read here")
	p.look("home-viewer")
	p.fill("#age", "57")
	eval[bool](p, `document.querySelector("#age").dispatchEvent(new Event("change", {bubbles: true})), document.querySelector("#age").dispatchEvent(new Event("blur")), true`)
	p.visit("/explore?mark=bar&x=tier")
	p.wants("Saved")
	p.clean()
	p.visit(shared)
	p.wants("Shared by berta@example.org")
	p.look("shared")
	p.expected = append(p.expected, "403")
	p.visit("/users")
	p.wants("That needs the role admin")
}
