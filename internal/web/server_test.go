package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// No client holds the server for ever; the site's tests try slow ones.
func TestServerIsBounded(t *testing.T) {
	s := bounded(nil)
	for name, d := range map[string]time.Duration{"header": s.ReadHeaderTimeout, "request": s.ReadTimeout, "answer": s.WriteTimeout, "pause": s.IdleTimeout} {
		if d <= 0 || d > 2*time.Minute {
			t.Errorf("a client may take %s for a %s", d, name)
		}
	}
}

// Profiles are for this machine, not for a page that calls itself by its name.
func TestProfilesAreGuarded(t *testing.T) {
	server := Server{Hosts: Hosts{Addr: "127.0.0.1:8080"}, Profiles: "127.0.0.1:6060"}.profiles()
	for _, test := range []struct {
		host, origin, site string
		want               int
	}{
		{"127.0.0.1:6060", "", "", 200}, {"localhost:6060", "", "none", 200}, {"localhost:6060", "http://localhost:6060", "same-origin", 200},
		{"evil.example:6060", "", "", 421}, {"evil.example:6060", "http://evil.example:6060", "same-origin", 421}, {"", "", "", 421},
		{"127.0.0.1:6060", "http://evil.example", "", 403}, {"127.0.0.1:6060", "null", "", 403}, {"127.0.0.1:6060", "", "cross-site", 403}, {"127.0.0.1:6060", "", "same-site", 403},
	} {
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap"} {
			w := answer(server.Handler, path, test.host, test.origin, test.site)
			if w != test.want {
				t.Errorf("%s under %q from %q, %q is answered with %d, want %d", path, test.host, test.origin, test.site, w, test.want)
			}
		}
	}
}

func answer(h http.Handler, path, host, origin, site string) int {
	r := httptest.NewRequest("GET", path, nil)
	r.Host = host
	for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": site} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}
