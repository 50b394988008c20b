package site

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/accounts"
)

// Every route lets in the roles that it names, and no other: nobody who has not
// signed in but to a few.
func TestRoutesByRole(t *testing.T) {
	a := shared(t)
	open := []string{"GET /static/{file}", "GET /dist/{file}", "GET /favicon.ico", "GET /robots.txt", "GET /healthz", "GET /readyz"}
	for _, rt := range a.routes() {
		if isOpen := strings.Contains(strings.Join(open, "\n")+"\n", rt.pattern+"\n"); isOpen != (rt.access == anybody) {
			t.Errorf("%s: open to everybody: %t", rt.pattern, !isOpen)
		}
		for _, role := range append(accounts.Roles(), accounts.NoRole) {
			passed := false
			stub := rt
			stub.db, stub.handle = noDB, func(*request) error { passed = true; return nil }
			method, path, _ := strings.Cut(rt.pattern, " ")
			r := &request{Request: httptest.NewRequest(method, strings.TrimSuffix(path, "{$}"), nil), w: httptest.NewRecorder(), role: role}
			r.plain = a.locales.of(r.Request)
			r.l = r.plain
			err := a.prepared(stub)(r)
			want := http.StatusForbidden
			switch {
			case role >= rt.access.Role():
				want = 0
			case role == accounts.NoRole:
				want = http.StatusUnauthorized
			}
			got := 0
			if p := refusal(err); err != nil && p != nil {
				got = p.status
			}
			if got != want || passed != (want == 0) {
				t.Errorf("%s as %q: passed %t, %v; want %d", rt.pattern, role, passed, err, want)
			}
		}
	}
	// A route that names no role is one for admins.
	if forgotten := (route{}); forgotten.access.Allows(accounts.Analyst) || !forgotten.access.Allows(accounts.Admin) {
		t.Error("a route that names no role is open to others than admins")
	}
}
