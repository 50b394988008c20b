package site

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/accounts"
	"github.com/customer-personality/segmentation/internal/service"
)

// Few routes are open to everybody, one that names no role is for admins, and a handler
// does not begin for one who is led away.
func TestOpenRoutes(t *testing.T) {
	a := startAccounts(t)
	open := "GET /static/{file}, GET /dist/{file}, GET /favicon.ico, GET /robots.txt, GET /healthz, GET /readyz, GET /sign-in, POST /sign-in, POST /sign-out, GET /password/{token}, POST /password/{token},"
	for _, rt := range a.routes() {
		if isOpen := strings.Contains(open, rt.pattern+","); isOpen != (rt.access == anybody) {
			t.Errorf("%s: open to everybody: %t", rt.pattern, !isOpen)
		}
		passed := false
		rt.db, rt.handle = noDB, func(*request) error { passed = true; return nil }
		method, path, _ := strings.Cut(rt.pattern, " ")
		r := &request{Request: httptest.NewRequest(method, strings.TrimSuffix(path, "{$}"), nil), w: httptest.NewRecorder()}
		if err := a.prepared(rt)(r); (err == nil) != (rt.access == anybody) || passed != (err == nil) {
			t.Errorf("%s: %v, and begun %t", rt.pattern, err, passed)
		}
	}
	if forgotten := (route{}); forgotten.access.Allows(accounts.Analyst) || !forgotten.access.Allows(accounts.Admin) {
		t.Error("a route that names no role is open to others than admins")
	}
}

// with is the app in the browser of another user.
func (a *app) with(client *http.Client) *app {
	return &app{a.Site, a.server, client, a.log}
}

// browser is one that holds cookies, and follows where it is led or does not.
func browser(follows bool) *http.Client {
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	if !follows {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return c
}

// startAccounts starts an app with accounts, and signs its first admin in.
func startAccounts(t *testing.T) *app {
	t.Helper()
	a := start(t, Config{Accounts: accounts.Settings{On: true}, User: "anna", Password: right + " battery"})
	a.post(t, "/sign-in", url.Values{"name": {"anna"}, "password": {right + " battery"}}).want(t, 200, "Sign out", `href="/users"`)
	return a
}

var inviteLink = regexp.MustCompile(`/password/[A-Za-z0-9_-]{43}`)

// user adds a user with a role, and returns the app in the browser in which they have
// signed in.
func (a *app) user(t *testing.T, name, role string) *app {
	t.Helper()
	r := a.post(t, "/users", url.Values{"name": {name}, "role": {role}})
	r.want(t, 200, "Give this link to "+name)
	b := a.with(browser(true))
	link := inviteLink.FindString(r.body)
	b.get(t, link).want(t, 200, "Set your password", name)
	b.post(t, link, url.Values{"password": {"short"}}).want(t, 422, "at least 12 characters")
	b.post(t, link, url.Values{"password": {name + " and her password"}}).want(t, 200, "Sign out", name)
	return b
}

// Every route of the app, also one that is added tomorrow, answers each role and
// nobody as it says: pages lead to where one signs in and back, programs get JSON.
func TestEveryRouteWithEveryRole(t *testing.T) {
	a := startAccounts(t)
	clients := map[accounts.Role]*app{accounts.Admin: a}
	for _, role := range []accounts.Role{accounts.Viewer, accounts.Analyst} {
		clients[role] = a.user(t, role.String()+"-person", role.String())
	}
	clients[accounts.NoRole] = a.with(browser(true))
	for _, b := range clients {
		b.client.CheckRedirect = browser(false).CheckRedirect
	}
	id := strings.Repeat("a", 26)
	params := strings.NewReplacer("{$}", "", "{id}", id, "{token}", id, "{session}", id, "{version}", "77", "{file}", "none.css", "{name}", "none")
	walked := 0
	for _, rt := range a.routes() {
		if rt.pattern == "POST /sign-out" {
			continue
		}
		method, path, _ := strings.Cut(rt.pattern, " ")
		path = params.Replace(path)
		for role, b := range clients {
			walked++
			var r answered
			switch {
			case method == "POST" && strings.HasPrefix(path, "/api/"):
				r = b.do(t, method, path, "application/json", "{")
			case method == "POST":
				r = b.do(t, method, path, "application/x-www-form-urlencoded", "k=999")
			default:
				r = b.do(t, method, path, "", "")
			}
			away := strings.HasPrefix(r.Header.Get("Location"), "/sign-in?to=")
			refused := away || r.StatusCode == 401 && path != "/sign-in" || r.StatusCode == 403
			if may := role >= rt.access.Role(); refused == may {
				t.Errorf("%s as %q answers %d, %q", rt.pattern, role, r.StatusCode, r.Header.Get("Location"))
			}
			if !refused {
				continue
			}
			switch json := strings.HasPrefix(path, "/api/"); {
			case json && (away || r.Header.Get("Content-Type") != "application/json" || !strings.Contains(r.body, `"error"`)):
				t.Errorf("%s as %q answers a program %d %q", rt.pattern, role, r.StatusCode, r.body)
			case json && r.StatusCode == 401 && r.Header.Get("WWW-Authenticate") != "Bearer":
				t.Errorf("%s does not say how to sign in", rt.pattern)
			case !json && role == accounts.NoRole && (method == "GET") != away:
				t.Errorf("%s answers nobody %d %q", rt.pattern, r.StatusCode, r.Header.Get("Location"))
			case !json && role != accounts.NoRole && !strings.Contains(r.body, "needs the role "+rt.access.Role().String()):
				t.Errorf("%s as %q does not say which role it needs: %.300s", rt.pattern, role, r.body)
			case away && len(r.body) > 0 && !strings.HasPrefix(r.body, "<a href=\"/sign-in"):
				t.Errorf("%s leads away and answers %q", rt.pattern, r.body)
			}
		}
	}
	if walked < 250 {
		t.Errorf("%d walks alone", walked)
	}
	if strings.Contains(a.log.String(), "superfluous") {
		t.Error("a route answers twice")
	}
}

// What a form or a body asks for needs its role too, not the address alone.
func TestOperationsByRole(t *testing.T) {
	a := startAccounts(t)
	analyst, viewer := a.user(t, "berta", "analyst"), a.user(t, "vera", "viewer")
	analyst.post(t, "/models/retrain", url.Values{"k": {"3"}, "activate": {"yes"}}).want(t, 403, "the role admin")
	if code, _ := analyst.json(t, "POST", "/api/v1/models/retrain", `{"k":3}`); code != 403 {
		t.Errorf("an analyst trains and activates: %d", code)
	}
	analyst.post(t, "/models/retrain", url.Values{"k": {"3"}, "as_of": {"2015-01-01"}}).want(t, 200)
	if s := a.trained(t); s.State != service.StateDone {
		t.Errorf("the training ends as %+v", s)
	}
	if v := a.Snapshot.Load().Version; v != 1 {
		t.Errorf("version %d is in use", v)
	}
	// A role is another one at once.
	of := regexp.MustCompile(`(?s)>berta</th>.*?action="(/users/[a-z2-7]{26})"`).FindStringSubmatch(a.get(t, "/users").body)
	if of == nil {
		t.Fatal("berta is not among the users")
	}
	a.post(t, of[1], url.Values{"do": {"role"}, "role": {"viewer"}}).want(t, 200, "berta")
	analyst.post(t, "/predict", goodForm).want(t, 403, "the role analyst")
	a.post(t, of[1], url.Values{"do": {"role"}, "role": {"analyst"}}).want(t, 200)
	analyst.post(t, "/predict", goodForm).want(t, 200)
	// Pages show what one may do.
	for path, hides := range map[string][]string{
		"/": {`formaction`, "Predict tier</button>", `action="/upload`, "/segments/"}, "/models": {"/activate", "/rollback", "/retrain", "/customers/forget", "/file?data", `id="audit"`},
		"/chat": {"askform"}, "/explore?mark=bar&x=tier": {"data-maker", `name="name"`}, "/data": {`action="/data"`, "/delete"},
	} {
		r := viewer.get(t, path)
		r.want(t, 200, "vera")
		for _, hidden := range hides {
			if strings.Contains(r.body, hidden) {
				t.Errorf("%s shows a viewer %q", path, hidden)
			}
		}
	}
	analyst.get(t, "/models").want(t, 200, `action="/models/retrain`)
	// An answer with rows of customers is for analysts, one without for viewers too.
	for question, may := range map[string]int{"top 3 customers by spending": 403, "How many customers are in Gold?": 200} {
		r := analyst.post(t, "/chat", url.Values{"question": {question}})
		at := regexp.MustCompile(`href="(/chat\?[^"]*kind=[^"]*)"`).FindStringSubmatch(r.body)
		if at == nil {
			t.Fatalf("no query is linked: %.600s", r.body)
		}
		path := strings.ReplaceAll(at[1], "&amp;", "&")
		analyst.get(t, path).want(t, 200)
		viewer.get(t, path).want(t, may, map[int]string{403: "the role analyst", 200: "vera"}[may])
	}
}

// Conversations, predictions, charts and uploads are private to their user, also to an
// admin, until they are shared; what has no owner is everybody's.
func TestPrivate(t *testing.T) {
	a := startAccounts(t)
	open := again(t, a, Config{}) // as the app was before
	before := strings.TrimPrefix(open.post(t, "/chat", url.Values{"question": {"How many customers of before are there in Gold?"}}).Request.URL.Path, "/chat/")
	berta, carl := a.user(t, "berta", "analyst"), a.user(t, "carl", "analyst")
	result := berta.post(t, "/predict", goodForm).Request.URL.Path
	chat := berta.post(t, "/chat", url.Values{"question": {"How many customers are in Silver, please?"}}).Request.URL.Path
	chart := berta.post(t, "/explore", url.Values{"mark": {"bar"}, "x": {"tier"}, "name": {"Bertas chart"}}).Request.URL.Path
	upload := berta.uploadFile(t)
	if !strings.HasPrefix(result, "/result/") || !strings.HasPrefix(chat, "/chat/") || !strings.HasPrefix(chart, "/explore/") || !strings.HasPrefix(upload, "/upload/") {
		t.Fatal(result, chat, chart, upload)
	}
	id := chat[len("/chat/"):]
	for name, other := range map[string]*app{"another analyst": carl, "an admin": a} {
		for _, path := range []string{result, chat, chart, chat + "/export.md", "/chat/" + result[len("/result/"):] + "/export.md", upload, upload + "/scored.csv"} {
			if r := other.get(t, path); r.StatusCode != 404 {
				t.Errorf("%s reads %s: %d", name, path, r.StatusCode)
			}
		}
		question := url.Values{"question": {"How many are in Gold?"}, "title": {"taken"}, "do": {"share"}}
		for _, path := range []string{result, chat, chat + "/rename", chat + "/delete", "/chat/" + result[len("/result/"):] + "/delete", chart + "/delete", "/share/" + id} {
			if r := other.post(t, path, question); r.StatusCode != 404 {
				t.Errorf("%s changes %s: %d", name, path, r.StatusCode)
			}
		}
		for path, hidden := range map[string]string{"/chat": "Silver, please", "/explore": "Bertas chart", "/results": result} {
			if r := other.get(t, path); r.StatusCode != 200 || strings.Contains(r.body, hidden) {
				t.Errorf("%s sees %q in %s", name, hidden, path)
			}
		}
		other.get(t, "/chat/"+before).want(t, 200, "of before")
	}
	berta.get(t, "/chat").want(t, 200, "Silver, please", "of before")
	berta.get(t, "/results").want(t, 200, result)
	berta.get(t, "/explore").want(t, 200, "Bertas chart")
	berta.get(t, upload).want(t, 200)
	if r := open.get(t, chat); r.StatusCode != 404 {
		t.Errorf("without accounts everybody reads what users have written: %d", r.StatusCode)
	}

	// By its link others read it, and no more.
	r := berta.post(t, "/share/"+id, url.Values{"do": {"share"}})
	link := regexp.MustCompile(`href="(/shared/[a-z2-7]{26})"`).FindStringSubmatch(r.body)
	if link == nil {
		t.Fatalf("no link: %.500s", r.body)
	}
	viewer := a.user(t, "vera", "viewer")
	for _, other := range []*app{carl, a, viewer} {
		r := other.get(t, link[1])
		r.want(t, 200, "Silver, please", "Shared with you")
		if strings.Contains(r.body, "askform") || strings.Contains(r.body, `method="post" action="/chat`) || strings.Contains(r.body, `action="/share`) {
			t.Error("who reads what is shared can write")
		}
		other.get(t, chat).want(t, 404)
	}
	a.with(browser(true)).get(t, link[1]).want(t, 200, "Sign in", "Password")
	berta.post(t, "/share/"+id, url.Values{"do": {"share"}}).want(t, 200, link[1])
	if r := berta.post(t, "/share/"+id, url.Values{"do": {"end"}}); strings.Contains(r.body, "/shared/") {
		t.Error("the link is still there")
	}
	carl.get(t, link[1]).want(t, 404)
	berta.post(t, "/share/"+result[len("/result/"):], url.Values{"do": {"share"}}).want(t, 200, "Take the link back")
	berta.post(t, "/share/"+before, url.Values{"do": {"share"}}).want(t, 404)
	carl.get(t, "/shared/").want(t, 404)

	// The audit log names the user.
	a.get(t, "/models?audit=all").want(t, 200, "berta", "conversation shared", "sharing ended", "signed in", "user added", "vera (viewer)")
	// Somebody who is forgotten is forgotten in what is private, too.
	named := berta.post(t, "/chat", url.Values{"question": {"What about customer 5524, the one of Monday?"}}).Request.URL.Path
	berta.get(t, named).want(t, 200, "5524")
	if code, answer := a.json(t, "DELETE", "/api/v1/customers/5524", ""); code != 200 {
		t.Fatalf("forgetting answers %d %v", code, answer)
	}
	berta.get(t, named).want(t, 404)
	if strings.Contains(a.log.String(), "level=ERROR") {
		t.Errorf("the app logs errors: %s", a.log)
	}
}

// uploadFile uploads a customer, and returns the address of the page.
func (a *app) uploadFile(t *testing.T) string {
	t.Helper()
	template := a.get(t, "/template.csv").body
	body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"one.csv\"\r\n\r\n" + template + "\r\n--x--\r\n"
	return a.do(t, "POST", "/upload", "multipart/form-data; boundary=x", body).Request.URL.Path
}

// A program asks with a token.
func TestTokenAPI(t *testing.T) {
	a := startAccounts(t)
	r := a.post(t, "/account/tokens", url.Values{"name": {"report"}, "role": {"viewer"}, "days": {"30"}})
	r.want(t, 200, "not shown again")
	token := regexp.MustCompile(`seg_[A-Za-z0-9_-]{43}`).FindString(r.body)
	program := a.with(&http.Client{})
	ask := func(method, path, body, token string) (int, string) {
		r := program.do(t, method, path, "application/json", body, "Authorization", "Bearer "+token)
		var v map[string]any
		if err := json.Unmarshal([]byte(r.body), &v); err != nil {
			t.Errorf("%s answers %q, which is no JSON", path, r.body)
		}
		return r.StatusCode, fmt.Sprint(v["error"])
	}
	if code, _ := ask("GET", "/api/v1/models", "", token); code != 200 {
		t.Errorf("with a token the API answers %d", code)
	}
	if code, text := ask("POST", "/api/v1/predict", `{"income":52000,"age":45,"spent":400,"tenure":18,"children":1}`, token); code != 403 || !strings.Contains(text, "analyst") {
		t.Errorf("a viewer's token predicts: %d %s", code, text)
	}
	if code, _ := ask("GET", "/api/v1/models", "", token+"x"); code != 401 {
		t.Errorf("another token is answered with %d", code)
	}
	program.get(t, "/api/v1/models?access_token="+token).want(t, 400, "header Authorization")
	program.do(t, "GET", "/metrics", "", "", "Authorization", "Bearer "+token).want(t, 200, "webapp_")
	if strings.Contains(a.log.String(), token) {
		t.Error("the token is in the log")
	}
}

// Who has not signed in is led to where they do, and then to where they were going.
func TestSignInLeadsBack(t *testing.T) {
	a := startAccounts(t)
	b := a.with(browser(true))
	r := b.get(t, "/charts?tier=gold")
	r.want(t, 200, "Sign in", `name="to" value="/charts?tier=gold"`)
	if strings.Contains(r.body, `href="/models"`) {
		t.Error("the page for signing in shows the others")
	}
	b.post(t, "/sign-in", url.Values{"name": {"anna"}, "password": {"wrong"}, "to": {"/charts?tier=gold"}}).want(t, 401, "do not go together", `value="anna"`, `value="/charts?tier=gold"`)
	r = b.post(t, "/sign-in", url.Values{"name": {"anna"}, "password": {right + " battery"}, "to": {"/charts?tier=gold"}})
	r.want(t, 200, "What Gold customers are")
	b.post(t, "/sign-out", nil).want(t, 200, "Sign in")
	b.post(t, "/predict", goodForm).want(t, 401, `href="/sign-in"`)
	// No other site signs anybody in or out.
	for _, path := range []string{"/sign-in", "/sign-out", "/users", "/account/tokens"} {
		a.do(t, "POST", path, "application/x-www-form-urlencoded", "", "Sec-Fetch-Site", "cross-site").want(t, 403, "another site")
	}
	a.get(t, "/account").want(t, 200, "anna")
}

var (
	linked = regexp.MustCompile(`(?:href|formaction)="(/[^"]*)"`)
	posted = regexp.MustCompile(`method="post" action="(/[^"]*)"`)
)

// TestPagesOfEveryRole: no page has a link or a form that is refused to its reader.
func TestPagesOfEveryRole(t *testing.T) {
	a := startAccounts(t)
	if code, body := a.json(t, "POST", "/api/v1/models/retrain", `{"k":4,"activate":false}`); code != http.StatusAccepted {
		t.Fatal(code, body)
	}
	a.trained(t)
	mux, open := http.NewServeMux(), map[string]accounts.Access{}
	for _, rt := range a.routes() {
		mux.Handle(rt.pattern, http.NotFoundHandler())
		open[rt.pattern] = rt.access
	}
	for _, role := range []accounts.Role{accounts.Viewer, accounts.Analyst} {
		b := a.user(t, role.String()+"-person", role.String())
		if role == accounts.Analyst {
			b.post(t, "/predict", goodForm).want(t, 200)
			b.post(t, "/chat", url.Values{"question": {"who is in Gold?"}}).want(t, 200)
		}
		seen, pages := map[string]bool{}, []string{"/", "/charts?tier=Gold", "/models/2/compare"}
		for len(pages) > 0 && len(seen) < 300 {
			page := pages[0]
			pages = pages[1:]
			if path, _, _ := strings.Cut(page, "?"); seen[page] || strings.Contains(path, ".") || strings.HasPrefix(path, "/sign-out") {
				continue
			}
			seen[page] = true
			r := b.get(t, page)
			if r.StatusCode != http.StatusOK {
				t.Errorf("%s: %s answers %s", role, page, r.Status)
			}
			for method, found := range map[string][][]string{"GET": linked.FindAllStringSubmatch(r.body, -1), "POST": posted.FindAllStringSubmatch(r.body, -1)} {
				for _, m := range found {
					address := html.UnescapeString(m[1])
					_, pattern := mux.Handler(httptest.NewRequest(method, address, nil))
					if pattern != "" && !open[pattern].Allows(role) {
						t.Errorf("%s: the page %s has %s %s", role, page, method, address)
					}
					if method == "GET" && pattern != "" {
						pages = append(pages, strings.Split(address, "#")[0])
					}
				}
			}
		}
		if len(seen) < 30 {
			t.Errorf("%s: %d pages alone", role, len(seen))
		}
	}
}
