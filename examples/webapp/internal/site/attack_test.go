package site

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/customer-personality/segmentation/internal/customerform"
)

type fsReader []string

func sources(t testing.TB, pattern string) fsReader {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	var out fsReader
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// nasty are texts that mean something to a database, a page, a spreadsheet, a
// shell or a file system.
var nasty = []string{
	`'; drop table webapp_conversations; --`, `" or 1=1 --`, `x'); delete from customers; --`, `%' or '%'='`, `{{.}}`, `{{printf "%s" .}}`, `${7*7}`,
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</script><script>alert(1)</script>`, `javascript:alert(1)`, `<svg/onload=alert(1)>`, `]]><!--`,
	`../../etc/passwd`, `..%2f..%2fetc/passwd`, "a\x00b", "a\r\nSet-Cookie: x=1", "\u202etxt.exe", `=cmd|' /C calc'!A0`, `$(reboot)`, "`id`", strings.Repeat("A", 5000), "\xff\xfe\xfd", "🦊",
}

// unescaped are what nasty texts would be in a page that does not escape them.
var unescaped = []string{"<script>alert", "<img src=x", "<svg/onload", "]]><!--"}

func safe(t *testing.T, what string, r answered) {
	t.Helper()
	if r.StatusCode >= 500 {
		t.Errorf("%s is answered with %s: %.300s", what, r.Status, r.body)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
		for _, u := range unescaped {
			if strings.Contains(r.body, u) {
				t.Errorf("%s comes back unescaped: %s", what, u)
			}
		}
	}
	if r.Header.Get("Set-Cookie") == "x=1" {
		t.Errorf("%s sets a header", what)
	}
}

// Injection and XSS through every field, table, name and question.
func TestNastyTexts(t *testing.T) {
	a := start(t, Config{})
	result := a.post(t, "/predict", goodForm).Request.URL.Path
	kept := a.post(t, "/chat", url.Values{"question": {"help"}}).Request.URL.Path
	for i, text := range nasty {
		if slow && i%3 > 0 {
			continue
		}
		// Below it goes with the customer that it mentions.
		chat := a.post(t, "/chat", url.Values{"question": {"help"}}).Request.URL.Path
		q := url.QueryEscape(text)
		form := url.Values{}
		for _, name := range customerform.CampaignFields {
			form.Set(name, text)
		}
		fields := a.post(t, "/predict", form)
		safe(t, "a field", fields)
		if n := strings.Count(fields.body, `aria-invalid="true"`); fields.StatusCode != 422 || n != len(customerform.CampaignFields) {
			t.Errorf("%q in every field is answered with %s, and %d fields are told to be wrong", text, fields.Status, n)
		}
		safe(t, "the address of the form", a.get(t, "/?"+form.Encode()))
		safe(t, "a question about a customer", a.post(t, result, url.Values{"question": {text}}))
		safe(t, "a question", a.post(t, chat, url.Values{"question": {text}}))
		safe(t, "a first question", a.post(t, "/chat", url.Values{"question": {text}}))
		safe(t, "a title", a.post(t, chat+"/rename", url.Values{"title": {text}}))
		safe(t, "the list of conversations", a.get(t, "/chat"))
		safe(t, "an export", a.get(t, chat+"/export.md"))
		safe(t, "the name of a chart", a.post(t, "/explore", url.Values{"name": {text}, "x": {"tier"}}))
		safe(t, "the chart itself", a.post(t, "/explore", url.Values{"name": {text}, "spec": {fmt.Sprintf(`{"name":%q,"encodings":{"columns":[{"fid":%q}]},"config":{},"layout":{}}`, text, text)}}))
		safe(t, "the charts", a.get(t, "/explore"))
		for _, field := range []string{"mark", "x", "y", "how", "color", "tier"} {
			safe(t, "the chart's "+field, a.get(t, "/explore?x=tier&y=spent&"+field+"="+q))
		}
		safe(t, "a tier", a.get(t, "/charts?tier="+q))
		safe(t, "a file", a.get(t, "/charts/"+url.PathEscape(text)+".svg"))
		safe(t, "a profile", a.get(t, "/api/v1/profile?tier="+q))
		safe(t, "a customer", a.get(t, "/api/v1/customers/"+url.PathEscape(text)))
		safe(t, "a static file", a.get(t, "/static/"+url.PathEscape(text)))
		safe(t, "a model", a.get(t, "/models/"+url.PathEscape(text)+"/file"))
		safe(t, "a conversation to delete", a.post(t, "/chat/"+url.PathEscape(text)+"/delete", nil))
		safe(t, "a chart to delete", a.post(t, "/explore/"+url.PathEscape(text)+"/delete", nil))
		safe(t, "a customer to forget", a.post(t, "/customers/forget", url.Values{"id": {text}, "sure": {"yes"}}))
		safe(t, "the language", a.do(t, "GET", "/", "", "", "Accept-Language", strings.Map(printable, text)))
		if i == 0 || strings.HasPrefix(text, "<script>") {
			a.post(t, "/models/retrain", url.Values{"note": {text}, "k": {"2"}, "as_of": {"2015-01-01"}})
			a.trained(t)
			safe(t, "a note", a.get(t, "/models"))
		}
	}
	// Names of columns, words and files come from who brings them.
	for i, text := range nasty {
		if slow && i%3 > 0 || strings.ContainsAny(text, "\r\n\x00") || !utf8.ValidString(text) || len(text) > 60 {
			continue
		}
		quoted := `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		var b strings.Builder
		fmt.Fprintf(&b, "id,%s,word,spent\n", quoted)
		for k := range 40 {
			fmt.Fprintf(&b, "c%d,%d,%s,%d\n", k, k%7*10, []string{"plain", quoted}[k%2], k%5*100)
		}
		r := a.sendFile(t, "/data", text+".csv", []byte(b.String()))
		safe(t, "a file of customers", r)
		a.finished(t, r.Request.URL.Path)
		page := a.get(t, r.Request.URL.Path)
		safe(t, "its columns", page)
		path := page.Request.URL.Path
		if !strings.HasPrefix(path, "/data/") {
			continue // a name that no table can have is told
		}
		form := a.rolesForm(t, path)
		for _, name := range []string{"name", "k", "role.1", "value.1"} {
			bad := maps.Clone(form)
			bad.Set(name, text)
			safe(t, "the "+name, a.post(t, path, bad))
			a.trained(t)
		}
		safe(t, "the roles", a.post(t, path, form))
		a.trained(t)
		for _, address := range []string{"/", "/charts", "/explore", "/chat", "/models", "/data", path, "/template.csv", "/columns.csv", "/segments/" + url.PathEscape(text) + ".csv", "/explore/table"} {
			safe(t, address, a.get(t, address))
		}
		safe(t, "the form", a.post(t, "/predict", url.Values{"c0": {text}, "c1": {text}, "c2": {text}}))
		safe(t, "another dataset", a.get(t, "/?data="+url.QueryEscape(text)))
		safe(t, "the switch", a.post(t, "/data/use", url.Values{"data": {text}}))
		a.post(t, path+"/delete", nil).want(t, 200)
	}
	// Everything is still there.
	a.get(t, kept).want(t, 200)
	a.get(t, "/models").want(t, 200, "1,988")
}

func printable(r rune) rune {
	if r < 32 || r > 126 {
		return -1
	}
	return r
}

// Nobody can leave the folders of files.
func TestPathTraversal(t *testing.T) {
	a := shared(t)
	for _, path := range []string{"/static/../site.go", "/static/..%2fsite.go", "/static/%2e%2e/site.go", "/dist/../../go.mod", "/dist/..%2f..%2fgo.mod", "//etc/passwd", "/upload/../../etc/passwd", "/upload/..%2f..%2fetc%2fpasswd/scored.csv", "/data/..%2f..%2fetc%2fpasswd", "/segments/..%2f..%2fetc%2fpasswd.csv"} {
		r, err := http.NewRequest("GET", a.server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = "//" + r.URL.Host + path
		response, err := a.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode < 400 || bytes.Contains(b, []byte("package site")) || bytes.Contains(b, []byte("root:")) {
			t.Errorf("%s is answered with %s", path, response.Status)
		}
	}
}

// A page of another site cannot send forms.
func TestForgedPost(t *testing.T) {
	a := shared(t)
	form := goodForm.Encode()
	kind := "application/x-www-form-urlencoded"
	a.do(t, "POST", "/predict", kind, form, "Sec-Fetch-Site", "cross-site").want(t, 403, "another site")
	a.do(t, "POST", "/predict", kind, form, "Origin", "https://evil.example").want(t, 403)
	a.do(t, "POST", "/models/1/activate", kind, "", "Origin", "null").want(t, 403)
	a.do(t, "DELETE", "/api/v1/customers/1", "", "", "Sec-Fetch-Site", "same-site").want(t, 403)
	for _, path := range []string{"/data", "/data/use", "/data/x", "/data/x/delete", "/upload"} {
		a.do(t, "POST", path, kind, "", "Sec-Fetch-Site", "cross-site").want(t, 403)
	}
	a.do(t, "POST", "/predict", kind, form, "Sec-Fetch-Site", "same-origin", "Origin", a.server.URL).want(t, 200)
	a.do(t, "GET", "/", "", "", "Sec-Fetch-Site", "cross-site").want(t, 200)
}

func TestHeaders(t *testing.T) {
	a := shared(t)
	result := a.post(t, "/predict", goodForm).Request.URL.Path
	for _, path := range []string{"/", result, "/charts", "/explore", "/chat", "/models", "/data", "/nothing", "/api/v1/models"} {
		r := a.get(t, path)
		// Private pages are kept by nobody.
		if got := r.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
		csp := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe-eval") || strings.Contains(csp, "script-src 'self' 'unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		if (path == "/explore") != strings.Contains(csp, "style-src 'self' 'unsafe-inline'") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if r.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s has no request id", path)
		}
		for _, inline := range []string{" style=", "onclick=", "javascript:", "<style"} {
			if strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && strings.Contains(r.body, inline) {
				t.Errorf("%s has %q in it, which the policy forbids", path, inline)
			}
		}
	}
	r := a.get(t, a.assets.Address("/static/style.css"))
	if got := r.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("a file with its hash has Cache-Control %q", got)
	}
	a.do(t, "GET", "/static/style.css", "", "", "If-None-Match", r.Header.Get("ETag")).want(t, 304)
	// The figures of a customer in an address are not logged.
	a.get(t, "/?income=4711471")
	if strings.Contains(a.log.String(), "4711471") {
		t.Error("the log holds what is behind the question mark")
	}
}

func TestCookie(t *testing.T) {
	a := start(t, Config{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	a.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for proto, secure := range map[string]bool{"http": false, "https": true} {
		r := a.do(t, "POST", "/predict", "application/x-www-form-urlencoded", goodForm.Encode(), "X-Forwarded-Proto", proto)
		cookies := r.Cookies()
		if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Secure != secure {
			t.Errorf("over %s the cookies are %v", proto, cookies)
		}
		if got := r.Header.Get("Strict-Transport-Security") != ""; got != secure {
			t.Errorf("over %s Strict-Transport-Security is sent: %v", proto, got)
		}
	}
}

func TestOversizedBodies(t *testing.T) {
	a := shared(t)
	big := strings.Repeat("a", 2<<20)
	a.post(t, "/chat", url.Values{"question": {big}}).want(t, 413)
	r := a.do(t, "POST", "/predict", "application/x-www-form-urlencoded", "income="+big)
	r.want(t, 413)
	a.do(t, "POST", "/api/v1/ask", "application/json", `{"question":"`+big+`"}`).want(t, 413)
	a.do(t, "POST", "/explore", "application/x-www-form-urlencoded", "spec="+big).want(t, 413)
}

// Clients behind a proxy count by the address that the proxy names, and nobody
// else can name one.
func TestRateLimit(t *testing.T) {
	// One at once, and the next after more time than the test takes on the slowest machine.
	a := start(t, Config{Rate: 0.01, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	post := func(client string) int {
		return a.do(t, "POST", "/api/v1/predict", "application/json", goodJSON, "X-Forwarded-For", client).StatusCode
	}
	got := []int{post("192.0.2.1"), post("192.0.2.1"), post("192.0.2.2"), post("evil, 192.0.2.1"), post("192.0.2.9, 192.0.2.1")}
	want := []int{200, 429, 200, 429, 429}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("request %d is answered with %d, want %d", i, got[i], want[i])
		}
	}
	// Questions count, too, and one client's do not take another's.
	ask := func(client string) int {
		return a.do(t, "POST", "/chat", "application/x-www-form-urlencoded", "question=help", "X-Forwarded-For", client).StatusCode
	}
	if got := []int{ask("192.0.2.1"), ask("192.0.2.3"), ask("192.0.2.3")}; !slices.Equal(got, []int{429, 200, 429}) {
		t.Errorf("questions are answered with %v", got)
	}
	// One household has many addresses.
	if post("2001:db8::1") != 200 || post("2001:db8::2") != 429 {
		t.Error("a /64 is not one client")
	}
	// Where there is one a second, there are two at once.
	a = start(t, Config{Rate: 1, Trusted: a.cfg.Trusted})
	if got := []int{post("192.0.2.1"), post("192.0.2.1")}; !slices.Equal(got, []int{200, 200}) {
		t.Errorf("two requests at once are answered with %v", got)
	}
	b := start(t, Config{Rate: 0.01})
	for range 5 {
		if code := b.do(t, "POST", "/api/v1/predict", "application/json", goodJSON, "X-Forwarded-For", "192.0.2.1").StatusCode; code != 200 {
			t.Errorf("a client on this machine is limited: %d", code)
		}
	}
}

func TestSignIn(t *testing.T) {
	a := start(t, Config{User: "anna", Password: "correct horse"})
	a.get(t, "/").want(t, 401)
	a.get(t, "/healthz").want(t, 200)
	a.get(t, "/readyz").want(t, 200)
	for _, path := range []string{"/charts", "/api/v1/models", "/metrics", "/explore/table", "/static/style.css"} {
		a.get(t, path).want(t, 401)
	}
	with := func(user, password string) int {
		r, err := http.NewRequest("GET", a.server.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(user, password)
		response, err := a.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	if code := with("anna", "correct horse"); code != 200 {
		t.Errorf("the right password is answered with %d", code)
	}
	codes := map[int]int{}
	for range 15 {
		codes[with("anna", "wrong")]++
	}
	if codes[401] == 0 || codes[429] == 0 || codes[200] != 0 {
		t.Errorf("guesses are answered with %v; after some they must be refused as too many", codes)
	}
	// A header is believed of a trusted proxy only.
	b := start(t, Config{UserHeader: "X-Forwarded-User", Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	b.do(t, "GET", "/", "", "", "X-Forwarded-User", "anna").want(t, 401)
	c := start(t, Config{UserHeader: "X-Forwarded-User", Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	c.do(t, "GET", "/", "", "", "X-Forwarded-User", "anna").want(t, 200, "anna")
	c.do(t, "GET", "/", "", "").want(t, 401)
}

// A client that sends its request drop by drop is let go.
func TestSlowClient(t *testing.T) {
	a := shared(t)
	server := httptest.NewUnstartedServer(a.Handler())
	server.Config.ReadHeaderTimeout = 200 * time.Millisecond
	server.Config.ReadTimeout = 400 * time.Millisecond
	server.Start()
	defer server.Close()
	for _, start := range []string{"GET / HTTP/1.1\r\nHost: x\r\nX-Drop: ", "POST /api/v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"} {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, start); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("the connection stays open: %v", err)
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("the connection stays open for %s", took)
		}
		_ = c.Close()
	}
}

// FuzzRequest sends what nobody foresees to every address that reads something
// from outside: whatever is in it, the app answers, with a sentence, and is not
// to blame. Requests to train are apart, in FuzzTraining.
func FuzzRequest(f *testing.F) {
	a := start(f, Config{Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	handler := a.Handler()
	id := strings.TrimPrefix(a.post(f, "/chat", url.Values{"question": {"help"}}).Request.URL.Path, "/chat/")
	routes := []struct{ method, path, kind string }{
		{"GET", "/", ""}, {"GET", "/charts", ""}, {"GET", "/explore", ""}, {"GET", "/chat", ""}, {"GET", "/models", ""}, {"GET", "/api/v1/customers", ""}, {"GET", "/api/v1/profile", ""},
		{"POST", "/predict", "application/x-www-form-urlencoded"}, {"POST", "/chat", "application/x-www-form-urlencoded"}, {"POST", "/chat/" + id, "application/x-www-form-urlencoded"},
		{"POST", "/chat/" + id + "/rename", "application/x-www-form-urlencoded"}, {"POST", "/explore", "application/x-www-form-urlencoded"}, {"POST", "/customers/forget", "application/x-www-form-urlencoded"},
		{"POST", "/upload", "multipart/form-data; boundary=x"}, {"POST", "/api/v1/predict", "application/json"}, {"POST", "/api/v1/ask", "application/json"},
	}
	f.Add(uint8(2), "mark=box&x=tier&y=age&color=tier", "de-CH,de;q=0.9", "")
	f.Add(uint8(5), "tier=gold&limit=3&offset=2", "*", "")
	f.Add(uint8(7), "", "", "income=58.138,50&age=57&spent=1617&tenure=28&children=0")
	f.Add(uint8(9), "", "x", "question=what+if+income+were+70000%3F")
	f.Add(uint8(11), "", "last="+id, "name=x&spec="+url.QueryEscape(`{"encodings":{"columns":[{"fid":"tier"}]},"config":{},"layout":{}}`))
	f.Add(uint8(13), "", "", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nID\r\n--x--\r\n")
	f.Add(uint8(14), "", "::1, 192.0.2.7", "["+goodJSON+"]")
	f.Add(uint8(15), "", "\x00", `{"question":"why?","customer":`+goodJSON+`}`)
	f.Fuzz(func(t *testing.T, route uint8, query, header, body string) {
		to := routes[int(route)%len(routes)]
		r := httptest.NewRequest(to.method, to.path, strings.NewReader(body))
		r.Host = "localhost"
		r.URL.RawQuery = query
		if to.kind != "" {
			r.Header.Set("Content-Type", to.kind)
		}
		for _, name := range []string{"Accept-Language", "X-Forwarded-For", "Cookie", "X-Request-Id", "Accept"} {
			r.Header.Set(name, header)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s %s?%s with the header %q and the body %q is answered with %d: %.300s", to.method, to.path, query, header, body, w.Code, w.Body)
		}
		if i := malformed.FindString(w.Body.String()); i != "" && !strings.Contains(query+header+body, "%") {
			t.Errorf("%s %s answers %s", to.method, to.path, i)
		}
	})
}

// FuzzTraining feeds the decoder of requests to train.
func FuzzTraining(f *testing.F) {
	a := shared(f)
	f.Add("2015-01-31", "4", "a note")
	f.Add("0000-00-00", "-1", "\x00")
	f.Fuzz(func(t *testing.T, day, k, note string) {
		q, err := a.trainRequestOf(&request{}, url.Values{"as_of": {day}, "k": {k}, "note": {note}})
		var p *problem
		if err != nil && (!errors.As(err, &p) || p.Field == "" || p.key == "") {
			t.Errorf("%q, %q, %q give %v, which names no field", day, k, note, err)
		}
		if err == nil && (q.K < 0 || q.K > 50 || q.Note == "" || len(q.Note) > 200) {
			t.Errorf("%q, %q, %q give %+v", day, k, note, q)
		}
	})
}

func TestBeforeReady(t *testing.T) {
	a := start(t, Config{})
	a.Snapshot.Store(nil)
	a.get(t, "/").want(t, 503, "starting")
	a.get(t, "/readyz").want(t, 503)
	a.get(t, "/healthz").want(t, 200)
	a.do(t, "POST", "/api/v1/predict", "application/json", goodJSON).want(t, 503)
}
