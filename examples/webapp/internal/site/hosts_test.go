package site

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/service"
)

func TestServes(t *testing.T) {
	for _, test := range []struct {
		addr  string
		hosts string
		yes   []string
		no    []string
	}{
		{
			addr: "127.0.0.1:8080",
			yes: []string{
				"localhost", "localhost:8080", "LocalHost:1", "localhost.:8080", "localhost:", "127.0.0.1", "127.0.0.1:8080", "127.8.9.10:80",
				"[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]:8080", "[::ffff:127.0.0.1]:8080",
			},
			no: []string{
				"", ":8080", "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example:8080", "evillocalhost", "localhost@evil.example",
				"evil.example@localhost", "localhost:8080:evil", "localhost:http", "localhost:99999", "127.0.0.1:8080.evil.example", "0.0.0.0:8080", "[::]:8080", "128.0.0.1",
				"192.168.1.5:8080", "[fe80::1]:8080", "127.1", "2130706433", "0x7f.0.0.1", "localhost evil", "localhost/evil", "localhost\tevil", "localhost..", "lòcalhost",
			},
		},
		{":8080", "", []string{"localhost:8080"}, []string{"evil.example", "0.0.0.0:8080", "[::]", ""}},
		{"0.0.0.0:8080", "", []string{"127.0.0.1:8080"}, []string{"0.0.0.0:8080", "192.0.2.7:8080"}},
		{"192.0.2.7:8080", "", []string{"192.0.2.7:8080", "192.0.2.7"}, []string{"192.0.2.8:8080", "app.example.org"}},
		{"[2001:db8::7]:8080", "", []string{"[2001:db8::7]:8080", "[2001:DB8:0::7]"}, []string{"[2001:db8::8]:8080"}},
		{"app.example.org:80", "", []string{"APP.example.org", "app.example.org.:80"}, []string{"example.org", "a.app.example.org"}},
		{":8080", "App.Example.org:443, 192.0.2.9,,[2001:db8::9]", []string{"app.example.org", "app.example.org:8443", "192.0.2.9:8080", "[2001:db8::9]"}, []string{"example.org", "xapp.example.org", "app.example.org.evil.example"}},
	} {
		c, err := read([]string{"-addr", test.addr, "-host", test.hosts, "-open"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range test.yes {
			if !c.Serves(host) {
				t.Errorf("with -addr %s and -host %q the host %q is refused", test.addr, test.hosts, host)
			}
		}
		for _, host := range test.no {
			if c.Serves(host) {
				t.Errorf("with -addr %s and -host %q the host %q is served", test.addr, test.hosts, host)
			}
		}
	}
	c, err := read([]string{"-host", "a.example", "-host", "b.example,c.example"}, map[string]string{"WEBAPP_HOST": "d.example"})
	if err != nil || !slices.Equal(c.Hosts, []string{"a.example", "b.example", "c.example"}) {
		t.Errorf("several -host give %q, %v", c.Hosts, err)
	}
	if c, err := read(nil, map[string]string{"WEBAPP_HOST": "d.example"}); err != nil || !slices.Equal(c.Hosts, []string{"d.example"}) {
		t.Errorf("WEBAPP_HOST gives %q, %v", c.Hosts, err)
	}
	for _, bad := range []string{"https://app.example.org", "app.example.org/path", "*", "*.example.org", "bücher.example", "0.0.0.0", "[::]", "a b"} {
		if _, err := read([]string{"-host", bad}, nil); err == nil || !strings.Contains(err.Error(), "app.example.org") {
			t.Errorf("-host %s gives %v", bad, err)
		}
	}
}

// A name that an attacker's DNS makes point at this machine (DNS rebinding) is
// the same origin to the browser, and opens nothing here.
func TestRebinding(t *testing.T) {
	a := start(t, Config{Hosts: []string{"app.example.org"}})
	port := a.server.URL[strings.LastIndex(a.server.URL, ":"):]
	ask := func(method, path, host, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Host, r.RemoteAddr = host, "127.0.0.1:4711"
		if strings.HasPrefix(body, "{") {
			r.Header.Set("Content-Type", "application/json")
		} else if body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w
	}
	deeds := []struct{ method, path, body string }{
		{"GET", "/", ""}, {"GET", "/charts", ""}, {"GET", "/models", ""}, {"GET", "/chat", ""}, {"GET", "/explore/table", ""}, {"GET", "/metrics", ""}, {"GET", "/static/style.css", ""}, {"GET", "/nothing", ""},
		{"GET", "/api/v1/customers", ""}, {"GET", "/api/v1/customers/30", ""}, {"GET", "/api/v1/models", ""}, {"GET", "/models/1/file", ""},
		{"POST", "/api/v1/models/retrain", "{}"}, {"POST", "/models/retrain", "k=3"}, {"DELETE", "/api/v1/customers/30", ""}, {"POST", "/customers/forget", "id=30&sure=yes"}, {"POST", "/api/v1/predict", goodJSON}, {"OPTIONS", "/", ""},
	}
	for _, d := range deeds {
		for _, host := range []string{"evil.example" + port, "evil.example", "127.0.0.1.evil.example" + port, "192.168.1.5" + port, ""} {
			w := ask(d.method, d.path, host, d.body, "Origin", "http://"+host, "Sec-Fetch-Site", "same-origin")
			if w.Code != http.StatusMisdirectedRequest {
				t.Errorf("%s %s under the host %q is answered with %d", d.method, d.path, host, w.Code)
			}
			if body := w.Body.String(); strings.Contains(body, "Platinum") || !strings.Contains(body, "-host") {
				t.Errorf("%s %s under the host %q says %.300s", d.method, d.path, host, body)
			}
		}
		// Another site's page, and one of no origin at all, under a good host.
		for _, origin := range []string{"http://evil.example" + port, "https://evil.example", "null", "http://localhost.evil.example", "file://localhost", "http://127.0.0.1" + port} {
			if w := ask(d.method, d.path, "localhost"+port, d.body, "Origin", origin); w.Code != http.StatusForbidden {
				t.Errorf("%s %s from %s is answered with %d", d.method, d.path, origin, w.Code)
			}
		}
	}
	for _, ok := range []struct{ host, origin string }{{"localhost" + port, "http://localhost" + port}, {"[::1]" + port, "http://[::1]" + port}, {"app.example.org", "https://app.example.org"}, {"app.example.org", "https://app.example.org:8443"}} {
		if w := ask("GET", "/api/v1/customers", ok.host, "", "Origin", ok.origin); w.Code != 200 {
			t.Errorf("the host %s is answered with %d", ok.host, w.Code)
		}
	}
	if n, err := a.Store.Count(t.Context(), a.Store.Tables().Customers); err != nil || n != 2000 {
		t.Errorf("%d customers are left, %v", n, err)
	}
	if s := a.Trainer.Now().State; s != service.StateIdle {
		t.Errorf("a training is %s", s)
	}
	// Checks of health come under any name, and are told nothing else.
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := ask("GET", path, "10.1.2.3:8080", ""); w.Code != 200 || strings.Contains(w.Body.String(), "version") {
			t.Errorf("%s is answered with %d %s", path, w.Code, w.Body)
		}
	}
	if !strings.Contains(a.log.String(), "evil.example") {
		t.Error("the log does not tell of the other host")
	}
	// The page shows the name as text.
	if w := ask("GET", "/", `"><script>alert(1)</script>`, ""); w.Code != 421 || strings.Contains(w.Body.String(), "<script>alert") {
		t.Errorf("a host of markup is answered with %d %.200s", w.Code, w.Body)
	}
}

// A client in a network that is trusted as a whole does not get round the limit
// by inventing others, and a proxy trusted by its own address speaks for many.
func TestNetworkIsNotBelieved(t *testing.T) {
	a := start(t, Config{Rate: 1, Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("127.0.0.1/32")}})
	served := func(peer string, forwarded func(i int) string) (n int) {
		for i := range 30 {
			r := httptest.NewRequest("POST", "/api/v1/predict", strings.NewReader(goodJSON))
			r.Host, r.RemoteAddr = "localhost", peer+":4711"
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Forwarded-For", forwarded(i))
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			if w.Code == 200 {
				n++
			}
		}
		return n
	}
	random := func(i int) string { return netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}).String() }
	for _, test := range []struct {
		peer      string
		forwarded func(i int) string
		most      int
	}{
		{"10.1.0.1", random, 5},
		{"10.1.0.2", func(int) string { return "127.0.0.1" }, 5},
		{"10.1.0.3", func(int) string { return "127.0.0.1, 10.1.0.3" }, 5},
		{"10.1.0.4", func(i int) string { return random(i) + ", 127.0.0.1" }, 5},
	} {
		if n := served(test.peer, test.forwarded); n > test.most {
			t.Errorf("%s gets %d of 30 predictions by naming %s", test.peer, n, test.forwarded(1))
		}
	}
	if n := served("10.0.0.5", func(i int) string { return netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String() }); n != 30 {
		t.Errorf("of 30 clients of a proxy that is trusted by its own address %d are served", n)
	}
}
