package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/customer-personality/segmentation/internal/customerform"
	"github.com/customer-personality/segmentation/internal/explore"
	"github.com/customer-personality/segmentation/internal/gallery"
	"github.com/customer-personality/segmentation/internal/numerals"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/store"
)

// newDatabase gives the URL of a database for an app with the bundled sample; see
// TestOnPostgreSQL. The embedded one is a copy of one that was made once, with
// the sample and a model.
var newDatabase = func(t testing.TB) string {
	t.Helper()
	data, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "app.db")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

// prepared is the file of a database that an app has prepared.
var prepared = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "webapp-test-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "app.db")
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+file, store.Options{Migrate: true})
	if err != nil {
		return nil, err
	}
	s, err := New(ctx, Config{}, db, nil, discard())
	if err == nil {
		err = errors.Join(s.Prepare(ctx), s.Close())
	}
	// The log goes into the file when it is closed.
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// app is a running app with the bundled sample in a database of its own.
type app struct {
	*Site
	server *httptest.Server
	client *http.Client
	log    *logBuffer
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t testing.TB, cfg Config) *app {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, newDatabase(t), store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return startOn(t, db, cfg)
}

// again starts a second app on the database of another.
func again(t testing.TB, a *app, cfg Config) *app {
	t.Helper()
	return startOn(t, a.Store, cfg)
}

func startOn(t testing.TB, db *store.Store, cfg Config) *app {
	t.Helper()
	ctx := context.Background()
	log := &logBuffer{}
	bundle := fstest.MapFS{"charts.js": {Data: []byte("1")}, "charts.js.gz": {Data: []byte("zipped")}, "explore.js": {Data: []byte("2")}, "walker.js": {Data: []byte("3")}}
	s, err := New(ctx, cfg, db, bundle, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &app{s, server, &http.Client{Jar: jar, Timeout: 30 * time.Second}, log}
}

// answered is a response that was read.
type answered struct {
	*http.Response
	body string
}

func (a *app) do(t testing.TB, method, path, kind, body string, headers ...string) answered {
	t.Helper()
	r, err := http.NewRequest(method, a.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := a.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if i := malformed.FindString(string(b)); i != "" && utf8.Valid(b) {
		t.Errorf("%s %s answers with a text that lacks a value or has one too many: %s", method, path, i)
	}
	return answered{response, string(b)}
}

// malformed is what package fmt writes where values and verbs do not fit.
var malformed = regexp.MustCompile(`%!(?:\w?\(|\(EXTRA).{0,80}`)

func (a *app) get(t testing.TB, path string) answered {
	t.Helper()
	return a.do(t, "GET", path, "", "")
}

func (a *app) post(t testing.TB, path string, form url.Values) answered {
	t.Helper()
	return a.do(t, "POST", path, "application/x-www-form-urlencoded", form.Encode())
}

func (a *app) json(t testing.TB, method, path, body string) (int, map[string]any) {
	t.Helper()
	r := a.do(t, method, path, "application/json", body)
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%s %s answers %q, which is no JSON", method, path, r.body)
	}
	m, _ := v.(map[string]any)
	return r.StatusCode, m
}

func (r answered) want(t testing.TB, status int, texts ...string) {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("%s %s answers %s; want %d: %.400s", r.Request.Method, r.Request.URL.Path, r.Status, status, r.body)
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			t.Errorf("%s %s does not contain %q", r.Request.Method, r.Request.URL.Path, text)
		}
	}
}

var goodForm = url.Values{"income": {"58138"}, "age": {"57"}, "spent": {"1617"}, "tenure": {"28"}, "children": {"0"}}

// shared is one app for the tests that do not change what others look at.
var (
	sharedApp *app
	sharedEnd []func()
)

// keeper is a testing.TB whose clean-up waits for the end of all tests.
type keeper struct {
	testing.TB
	dir string
}

func (k keeper) Cleanup(f func()) { sharedEnd = append(sharedEnd, f) }
func (k keeper) TempDir() string  { return k.dir }

func shared(t testing.TB) *app {
	t.Helper()
	if sharedApp == nil {
		dir, err := os.MkdirTemp("", "webapp-test-*")
		if err != nil {
			t.Fatal(err)
		}
		sharedEnd = append(sharedEnd, func() { _ = os.RemoveAll(dir) })
		sharedApp = start(keeper{t, dir}, Config{})
	}
	return sharedApp
}

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(sharedEnd) - 1; i >= 0; i-- {
		sharedEnd[i]()
	}
	os.Exit(code)
}

func TestPages(t *testing.T) {
	a := shared(t)
	for path, text := range map[string]string{
		"/": "Which tier is this customer?", "/charts?tier=all": "What the tiers are", "/charts?tier=gold": "What Gold customers are", "/explore": "Make your own chart",
		"/explore?mark=box&x=tier&y=age": "Age by tier", "/chat": "Ask about your customers", "/chat?about=Silver": "About Silver", "/models": "Versions",
		"/healthz": `"ok"`, "/readyz": "ready", "/metrics": "webapp_model_version 1", "/robots.txt": "Disallow", "/static/style.css": ":root", "/explore/table": `"fields"`,
		"/models/1/file": `"checksum"`, "/favicon.ico": "<svg",
	} {
		r := a.get(t, path)
		r.want(t, 200, text)
		if i := regexp.MustCompile(`\[[a-z]+(\.[a-z-]+)+\]`).FindString(r.body); i != "" && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s shows a text that does not exist: %s", path, i)
		}
	}
	for path, status := range map[string]int{
		"/nothing": 404, "/charts?tier=Diamond": 404, "/charts/none.svg": 404, "/charts/age.exe": 404, "/result/aaaaaaaaaaaaaaaaaaaaaaaaaa": 404, "/result/x": 404,
		"/explore/aaaaaaaaaaaaaaaaaaaaaaaaaa": 404, "/chat/aaaaaaaaaaaaaaaaaaaaaaaaaa": 404, "/chat?about=Diamond": 404, "/upload/aaaaaaaaaaaaaaaaaaaaaaaaaa": 404,
		"/models/99/file": 404, "/models/x/file": 404, "/static/none.css": 404, "/explore?mark=pie": 422, "/explore?x=shoe": 422, "/explore?y=tier": 422, "/explore?how=magic": 422,
		"/explore?color=shoe": 422, "/explore?tier=Diamond": 422, "/explore?mark=point&x=tier": 422, "/explore?mark=box&x=tier&y=": 422, "/explore?mark=histogram&x=tier": 422,
	} {
		a.get(t, path).want(t, status)
	}
	a.do(t, "PUT", "/charts", "", "").want(t, 405)
	a.do(t, "GET", "/predict", "", "").want(t, 405)
}

func TestForm(t *testing.T) {
	a := shared(t)
	r := a.post(t, "/predict", goodForm)
	r.want(t, 200, "Platinum", "58,138", "What makes it")
	if !strings.HasPrefix(r.Request.URL.Path, "/result/") {
		t.Fatalf("the form leads to %s", r.Request.URL.Path)
	}
	a.get(t, r.Request.URL.Path).want(t, 200, "Platinum")
	// After a prediction the customer's own tier comes first.
	a.get(t, "/charts").want(t, 200, "What Platinum customers are", "Your customer beside Platinum")
	r = a.post(t, "/predict", url.Values{"income": {""}, "age": {"57"}, "spent": {"1,617"}, "tenure": {"28"}, "children": {"0"}})
	r.want(t, 200, "income is missing")
	for _, test := range []struct{ field, value, text string }{
		{"age", "-1", "cannot be negative"}, {"age", "old", "Age must be a whole number from 0 to 130, such as 52."}, {"age", "", "is needed"}, {"age", "1e999", "must be a whole number"}, {"age", "57.5", "whole number"},
		{"income", "58.138", "can be read in two ways"}, {"spent", "1.617", "can be read in two ways"}, {"income", "$ 58.138", "can be read in two ways"}, {"age", "1.000", "can be read in two ways"}, {"children", "0.5", "Children at home must be a whole number from 0 to 30, such as 1."}, {"children", "1.500", "must be a whole number"}, {"children", "-0.5", "cannot be negative"}, {"tenure", "27,5", "must be a whole number"}, {"age", "151", "cannot be that large"},
		{"income", "-5", "cannot be negative"}, {"income", "Infinity", "must be a number"}, {"income", "NaN", "must be a number"}, {"spent", "5.8e", "must be a number from 0 to 1,000,000,000, such as "}, {"income", "1.2m", "must be a number"}, {"income", "5万", "must be a number"},
		{"spent", "99999999999", "cannot be that large"}, {"children", "1.5", "whole number"}, {"tenure", "<script>", "must be a whole number from 0 to 1,200"}, {"age", strings.Repeat("9", 50), "must be a whole number"},
		{"income", "'; drop table customers; --", "must be a number"},
	} {
		form := url.Values{}
		for k, v := range goodForm {
			form[k] = v
		}
		form.Set(test.field, test.value)
		r := a.post(t, "/predict", form)
		r.want(t, 422, test.text, `id="`+test.field+`-error"`)
		if strings.Contains(r.body, test.value) && strings.ContainsAny(test.value, "<'") {
			t.Errorf("%q comes back as it is", test.value)
		}
	}
}

func TestReadNumber(t *testing.T) {
	income := customerform.Field{Name: "income", Max: 1e9, Step: "any"}
	english := numerals.Of("")
	for text, want := range map[string]float64{
		"58138": 58138, "58,138": 58138, "58.138,50": 58138.5, "58,138.50": 58138.5, "58138,5": 58138.5, "58 138": 58138, "€58138": 58138, "58'138": 58138, "1.234.567": 1234567, " 7 ": 7, "0": 0, "0.125": 0.125, "58138.125": 58138.125, "58.13": 58.13, "1.234.567,5": 1234567.5,
		"58k": 58000, "1.6k": 1600, "1,6 K": 1600, "€58k": 58000, "58k €": 58000, "1.0010k": 1001, "5.8e4": 58000, "5,8E4": 58000, "1e5": 1e5, "58 kr": 58, "58 EUR": 58,
		"５８１３８": 58138, "５８，１３８": 58138, "٥٨١٣٨": 58138, "٥٨٬١٣٨": 58138, "٥٨٫١٣٨": 58.138, "५८१३८": 58138, "\u200f٥٨": 58, "𝟝𝟠": 58,
	} {
		if got, key := income.Read(text, english); got != any(want) || key != "" {
			t.Errorf("read(%q) gives %v, %q; want %v", text, got, key, want)
		}
	}
	if got, key := income.Read(strings.Repeat("0", 39)+"7", english); got != any(7.0) || key != "" {
		t.Errorf("40 characters give %v, %q", got, key)
	}
	// What is longer is refused as it is.
	long := strings.Repeat("9", 1<<20)
	if n := testing.AllocsPerRun(3, func() {
		if _, key := income.Read(long, english); key != "field.number" {
			t.Errorf("a mebibyte gives %q", key)
		}
	}); n > 0 {
		t.Errorf("a mebibyte is parsed, with %v allocations", n)
	}
}

// TestReadingIsAsked: the form shows both readings of a number in doubt, and takes the
// one that is chosen, as long as it is one of what is written.
func TestReadingIsAsked(t *testing.T) {
	a := shared(t)
	with := func(pairs ...string) url.Values {
		form := maps.Clone(goodForm)
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return form
	}
	a.post(t, "/predict", with("income", "58.138")).want(t, 422, "Yearly income can be read in two ways", `name="income.as" value="58138"> 58138`, `name="income.as" value="58.1380"> 58.138, between 58 and 59`, "autofocus")
	a.post(t, "/predict", with("income", "58.138", "income.as", "58138")).want(t, 200, "58,138")
	a.post(t, "/predict", with("income", "58.138", "income.as", "58.1380")).want(t, 200, "58.1")
	a.post(t, "/predict", with("income", "58.138", "income.as", "70000")).want(t, 422, "can be read in two ways")
	a.post(t, "/predict", with("income", "60000", "income.as", "58138")).want(t, 200, "60,000")
	// What was chosen stays while another field is set right.
	a.post(t, "/predict", with("income", "58.138", "income.as", "58138", "age", "old")).want(t, 422, `name="income" value="58138"`)

	const kind = "application/x-www-form-urlencoded"
	german := a.do(t, "POST", "/predict", kind, with("income", "58.138", "spent", "1.617").Encode(), "Accept-Language", "de-DE,de;q=0.9")
	german.want(t, 200, "58.138", "1.617")
	a.do(t, "POST", "/predict", kind, with("income", "58,138").Encode(), "Accept-Language", "de").want(t, 422, "lässt sich auf zwei Arten lesen")
}

// TestCheckForm: what a script asks about a field is what the form itself says.
func TestCheckForm(t *testing.T) {
	a := shared(t)
	form := url.Values{"income": {"58.138"}, "age": {"-4"}, "spent": {""}, "tenure": {"27,5"}, "children": {"0"}}
	r := a.do(t, "POST", "/predict/check", "application/x-www-form-urlencoded", form.Encode(), "Accept", "application/json")
	var says map[string]string
	if err := json.Unmarshal([]byte(r.body), &says); err != nil || r.StatusCode != 200 {
		t.Fatalf("%s %v: %.300s", r.Status, err, r.body)
	}
	page := a.post(t, "/predict", form)
	page.want(t, 422, "Amount spent is needed: a number from 0 to 1,000,000,000, such as ", "Age cannot be negative: it must be a whole number from 0 to 130")
	for name, html := range says {
		if !strings.Contains(page.body, html) {
			t.Errorf("a script is told of %s what the page does not say: %s", name, html)
		}
		if said := strings.Contains(html, `-error"></p>`); said != (name == "children") {
			t.Errorf("of %s it is said: %s", name, html)
		}
	}
	if len(says) != len(customerform.CampaignFields) {
		t.Errorf("%d fields are told of", len(says))
	}
}

func TestConversation(t *testing.T) {
	a := shared(t)
	address := a.post(t, "/predict", goodForm).Request.URL.Path
	for _, test := range []struct{ question, text string }{
		{"what if income were 70000?", "income of 70,000"}, {"who else is like this?", "most like this one"}, {"average wine spending by education for Gold", "wine spending"},
		{"weather in Paris", "I did not understand"},
	} {
		r := a.post(t, address, url.Values{"question": {test.question}})
		r.want(t, 200, test.text)
	}
	page := a.post(t, address, url.Values{"question": {"  "}})
	page.want(t, 200)
	// Under each answer stand questions to go on with, none of which was asked.
	for i, answer := range strings.Split(page.body, `<article class="bubble`)[1:] {
		if mine := strings.HasPrefix(answer, " mine"); mine == strings.Contains(answer, `class="chips"`) {
			t.Errorf("message %d: mine %v, and follow-ups %v", i, mine, !mine)
		}
		if strings.Contains(answer, `value="what if income were 70000?"`) {
			t.Errorf("message %d suggests what was asked", i)
		}
	}
	a.get(t, strings.Replace(address, "/result/", "/chat/", 1)+"/export.md").want(t, 200, "## what if income were 70000?", "| --- |")
	// A result is no chat, and a chat no result.
	a.get(t, strings.Replace(address, "/result/", "/chat/", 1)).want(t, 404)
	a.post(t, strings.Replace(address, "/result/", "/chat/", 1)+"/rename", url.Values{"title": {"x"}}).want(t, 404)
}

func TestChat(t *testing.T) {
	a := shared(t)
	r := a.post(t, "/chat", url.Values{"question": {"Describe Gold"}})
	r.want(t, 200, "Gold has")
	address := r.Request.URL.Path
	a.post(t, address, url.Values{"question": {"average income by tier"}}).want(t, 200, "average income")
	a.post(t, address+"/rename", url.Values{"title": {"My <b>talk</b>"}}).want(t, 200, "My &lt;b&gt;talk")
	a.post(t, address+"/rename", url.Values{"title": {" "}}).want(t, 422)
	a.get(t, "/chat").want(t, 200, "My &lt;b&gt;talk")
	a.get(t, address+"/export.md").want(t, 200, "# My &lt;b&gt;talk")
	a.post(t, address+"/delete", nil).want(t, 200)
	a.get(t, address).want(t, 404)
	a.post(t, address+"/delete", nil).want(t, 404)
	a.post(t, address, url.Values{"question": {"Describe Gold"}}).want(t, 404)
	r = a.post(t, "/chat", url.Values{"question": {"average income by tier"}, "about": {"Bronze"}})
	r.want(t, 200, "About Bronze", "average income")
	a.post(t, "/chat", url.Values{"about": {"Diamond"}}).want(t, 404)
	a.post(t, "/chat", nil).want(t, 200, "Ask about your customers")
}

func TestConversationIsBounded(t *testing.T) {
	a := start(t, Config{})
	r := a.post(t, "/chat", url.Values{"question": {"help"}})
	id := strings.TrimPrefix(r.Request.URL.Path, "/chat/")
	var many []service.Message
	for range service.MaxMessages - 3 {
		many = append(many, service.Question("help"))
	}
	if err := a.Records.AddMessages(context.Background(), id, many...); err != nil {
		t.Fatal(err)
	}
	a.post(t, "/chat/"+id, url.Values{"question": {"help"}}).want(t, 409, "conversation is full")
}

// Every chart can be had as a picture, a drawing and a table, and the page
// offers no address that is not there.
func TestCharts(t *testing.T) {
	a := shared(t)
	address := regexp.MustCompile(`href="(/charts/[^"]+)" download`)
	for _, page := range []string{"/charts?tier=all", "/charts?tier=Silver"} {
		seen := map[string]int{}
		for _, m := range address.FindAllStringSubmatch(a.get(t, page).body, -1) {
			path := strings.ReplaceAll(m[1], "&amp;", "&")
			name, _, _ := strings.Cut(path, "?")
			format := name[strings.LastIndexByte(name, '.')+1:]
			seen[format]++
			if slow && (format == "png" || format == "pdf") && seen[format] > 1 {
				continue
			}
			r := a.get(t, path)
			r.want(t, 200, map[string]string{"csv": ",", "svg": "<svg", "png": "\x89PNG", "pdf": "%PDF"}[format])
			if format == "svg" && strings.Contains(r.body, "light-dark") {
				t.Errorf("%s has colours that only pages know", path)
			}
		}
		for _, format := range []string{"png", "svg", "csv"} {
			if seen[format] != len(gallery.Charts) {
				t.Errorf("%s offers %d charts as %s, want %d", page, seen[format], format, len(gallery.Charts))
			}
		}
	}
}

func TestExplore(t *testing.T) {
	a := shared(t)
	r := a.post(t, "/explore", url.Values{"name": {"Wine <i>"}, "mark": {"bar"}, "x": {"education_level"}, "y": {"mnt_wines"}, "how": {"mean"}, "color": {"tier"}})
	r.want(t, 200, "Wine &lt;i&gt;", "average wine spending")
	address := r.Request.URL.Path
	a.get(t, address).want(t, 200, "Wine &lt;i&gt;")
	a.post(t, address+"/delete", nil).want(t, 200)
	a.get(t, address).want(t, 404)
	a.post(t, "/explore", url.Values{"name": {" "}}).want(t, 422)
	a.post(t, "/explore", url.Values{"name": {"x"}, "x": {"shoe"}}).want(t, 422)
	walker := `{"visId":"1","encodings":{"columns":[{"fid":"tier"}],"rows":[{"fid":"spent","aggName":"median"}],"color":[]},"config":{"geoms":["line"],"defaultAggregated":true},"layout":{}}`
	a.post(t, "/explore", url.Values{"name": {"from the maker"}, "spec": {walker}}).want(t, 200, "Median spending by tier")
	for _, bad := range []string{"{", "[]", "null", `{"encodings":{}}`, `"text"`, strings.Repeat(" ", explore.MaxSaved) + walker} {
		a.post(t, "/explore", url.Values{"name": {"x"}, "spec": {bad}}).want(t, 422)
	}
	csv := a.get(t, "/explore?mark=bar&x=tier&y=spent&how=mean&format=csv")
	csv.want(t, 200, "Platinum,")
	for i, mark := range []string{"mark=bar&x=tier&y=spent", "mark=line&x=children&y=spent&color=tier", "mark=point&x=income&y=spent", "mark=box&x=tier&y=age", "mark=histogram&x=age"} {
		a.get(t, "/explore?"+mark+"&format=svg").want(t, 200, "<svg")
		if slow && i > 0 {
			continue
		}
		a.get(t, "/explore?"+mark+"&format=png").want(t, 200, "\x89PNG")
	}
	a.get(t, "/explore?format=exe").want(t, 404)
	a.get(t, "/explore?x=shoe&format=png").want(t, 422)
}

func (a *app) upload(t testing.TB, name string, data []byte, headers ...string) answered {
	t.Helper()
	return a.sendFile(t, "/upload", name, data, headers...)
}

func (a *app) sendFile(t testing.TB, path, name string, data []byte, headers ...string) answered {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return a.do(t, "POST", path, form.FormDataContentType(), b.String(), headers...)
}

// finished waits until an upload is scored.
func (a *app) finished(t testing.TB, path string) answered {
	t.Helper()
	for range 400 {
		r := a.get(t, path)
		if !strings.Contains(r.body, "Scoring the file") && !strings.Contains(r.body, "Reading the file") {
			return r
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the upload is not scored")
	return answered{}
}

// The style sheet has the colours of the tiers that the pictures have, and the
// chart maker those of the style sheet.
func TestColours(t *testing.T) {
	a := shared(t)
	css := strings.ToLower(a.get(t, "/static/style.css").body)
	light, dark, _ := strings.Cut(css, "prefers-color-scheme: dark")
	for rank := range 8 {
		c := plots.RankColor(rank)
		for part, color := range map[string]string{light: c.Light, dark: c.Dark} {
			if want := fmt.Sprintf("--tier-%d: %s;", rank, strings.ToLower(color)); !strings.Contains(part, want) {
				t.Errorf("the style sheet lacks %s", want)
			}
		}
	}
	looks := explore.Theme(a.Snapshot.Load())
	for part, key := range map[string]string{light: "light", dark: "dark"} {
		for name, color := range looks[key].(map[string]string) {
			name = map[string]string{"onaccent": "on-accent"}[name] + map[bool]string{true: name}[name != "onaccent"]
			if want := "--" + name + ": " + color + ";"; !strings.Contains(part, want) {
				t.Errorf("the style sheet lacks %s", want)
			}
		}
	}
}

// FuzzReadNumber: what a field takes is a number that the model takes, and what
// it refuses has a text that says why.
func FuzzReadNumber(f *testing.F) {
	a := shared(f)
	texts := a.locales.of("")
	for _, text := range []string{"58138", "58.138,50", "1e9", "-0", "NaN", "Infinity", "٣", "1,,2", "--1", "0x1F", strings.Repeat("9", 50)} {
		f.Add(uint8(0), text)
	}
	fields := (&request{snap: a.Snapshot.Load(), l: texts}).form().Fields
	f.Fuzz(func(t *testing.T, field uint8, text string) {
		chosen := fields[int(field)%len(fields)]
		name := chosen.Name
		v, key := chosen.Read(text, numerals.Of(""))
		if key != "" {
			if texts.T(key)[0] == '[' {
				t.Errorf("%s %q is refused without a text: %s", name, text, key)
			}
			return
		}
		row := map[string]any{"age": 1, "spent": 1, "tenure": 1, "children": 1, "income": 1}
		row[name] = v
		if _, err := a.Snapshot.Load().Model.PredictValues(row); err != nil {
			t.Errorf("%s %q is taken as %v, and then %v", name, text, v, err)
		}
	})
}

// FuzzCleanText: a name is short, readable and on one line.
func FuzzCleanText(f *testing.F) {
	for _, text := range nasty {
		f.Add(text, 80)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		n = 1 + int(uint(n)%400)
		got := web.CleanText(text, n)
		if len(got) > n || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\r\n\t\u202e") || web.CleanText(got, n) != strings.TrimSpace(got) {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}
