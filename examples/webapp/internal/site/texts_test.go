package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/explore"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/testdata"
)

// keyFamilies are texts whose names are made of values that only a running app
// has: TestTranslation looks for those that are missing.
var keyFamilies = []string{"label.", "unit.", "hint.", "error.", "aggregate.", "mark.", "models.done.", "api.", "field.", "audit.did.", "how.", "filter.", "level.", "models.warn.", "kind.", "data.role.", "ask.field.", "ask.how.", "ask.unknown.", "role.", "account.lead.", "users.may.", "schedule.state.", "schedule.outcome.", "segment.op."}

// Every text that a page or the code asks for by name is there, and none is left
// over.
func TestTexts(t *testing.T) {
	a := shared(t)
	l := a.locales.of("")
	used, families := map[string]bool{}, map[string]bool{}
	for _, source := range slices.Concat(sources(t, "pages/*.html"), sources(t, "*.go"), sources(t, "../../../../segment/narrate/*.go"), sources(t, "../../../../segment/ask/*.go"), sources(t, "../../../../segment/plots/chart/*.go"), sources(t, "../../../../internal/*/*.go")) {
		for _, m := range regexp.MustCompile(`"([a-z]+(?:\.[a-z0-9-]+)+)"`).FindAllStringSubmatch(source, -1) {
			used[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`"([a-z]+\.)"`).FindAllStringSubmatch(source, -1) {
			families[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`\b(?:T|Count|t)(?:\((?:r, )?| )"([a-z][a-zA-Z0-9.-]*[a-z0-9])"(\+?)`).FindAllStringSubmatch(source, -1) {
			if m[2] == "" && !l.Has(m[1]) {
				t.Errorf("there is no text %s", m[1])
			}
		}
	}
	// The rest of such a name is that of a column or of a bundle of them.
	names := []string{"products", "channels", "campaigns", "campaigns_accepted", "purchases", "household_size", "dt_customer"}
	for _, c := range a.Snapshot.Load().Set.Columns() {
		names = append(names, c.Name)
	}
	library := narrate.English(nil)
	for _, key := range l.Keys() {
		if library.Has(key) || strings.HasSuffix(key, ".same") && library.Has(strings.TrimSuffix(key, ".same")) {
			continue // a sentence of the library, which may be said in another way here
		}
		for _, form := range []string{".zero", ".one", ".two", ".few", ".many"} {
			if plain := strings.TrimSuffix(key, form); l.Has(plain) {
				key = plain
			}
		}
		family, rest, _ := strings.Cut(key, ".")
		name, _, _ := strings.Cut(rest, ".")
		if used[key] || families[family+"."] && slices.Contains(names, name) || slices.ContainsFunc(keyFamilies, func(f string) bool { return strings.HasPrefix(key, f) }) {
			continue
		}
		t.Errorf("nobody asks for the text %s", key)
	}
}

// foreign is a language of letters that English does not have: those of every
// text and of every word of questions are written as full-width ones, such as Ａ.
// Values that are put into texts stay as they are.
func foreign(t testing.TB) locales {
	t.Helper()
	verbs := regexp.MustCompile(`%(\[\d+\])?[-+.\d]*[a-zA-Z%]`)
	wide := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
				return r - '!' + '！'
			}
			return r
		}, s)
	}
	var change func(v any) any
	change = func(v any) any {
		switch v := v.(type) {
		case string:
			out, at := "", 0
			for _, m := range verbs.FindAllStringIndex(v, -1) {
				out, at = out+wide(v[at:m[0]])+v[m[0]:m[1]], m[1]
			}
			return out + wide(v[at:])
		case map[string]any:
			for key := range v {
				v[key] = change(v[key])
			}
		}
		return v
	}
	files := fstest.MapFS{}
	english, err := texts.Read()
	if err != nil {
		t.Fatal(err)
	}
	l, all, questions := english.All()[0], map[string]any{}, map[string]any{}
	for _, key := range l.Keys() {
		all[key] = l.T(key)
	}
	if err := l.Part("questions", &questions); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{"nl.json": all, "nl.questions.json": questions} {
		data, err := json.Marshal(change(v))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	both, err := narrate.Read(ask.Texts, explore.Texts, texts.Files, files)
	if err != nil {
		t.Fatal(err)
	}
	return locales{Languages: both}
}

// In another language nothing that people see is English but what customers and
// the files of this language hold: names of tiers, values of columns, and what
// the library itself says of a file, which is marked as English.
func TestTranslation(t *testing.T) {
	if slow {
		t.Skip("nothing runs at the same time here; it is read without the race detector, also on PostgreSQL")
	}
	a := start(t, Config{MaxUpload: 1e6})
	a.locales = foreign(t)
	w := a.Snapshot.Load()
	data := []string{"PNG", "SVG", "CSV", "XLSX", "PDF", "customers.csv", "mine.json"}
	data = append(data, w.Tiers...)
	for _, c := range w.Set.Columns() {
		for _, level := range w.Set.Series(c.Name).Levels() {
			data = append(data, level, strings.Fields(level)[0]) // a narrow picture breaks it after that
		}
	}
	// Longer names first: Middle-Aged Adult before Adult.
	slices.SortFunc(data, func(a, b string) int { return len(b) - len(a) })
	letters := regexp.MustCompile(`[A-Za-z]{2,}|\[[a-z]+\.`)
	readAll(t, foreignReader{app: a, l: a.locales.For("nl"), data: data, english: func(text string) string { return letters.FindString(text) }}, []reading{
		{"pages", (*foreignReader).pages}, {"questions", (*foreignReader).questions}, {"forms", (*foreignReader).forms},
		{"sentences", (*foreignReader).sentences}, {"errors", (*foreignReader).errors},
	})
}

// A reading reads a part of what the app says.
type reading struct {
	name string
	read func(*foreignReader)
}

func readAll(t *testing.T, r foreignReader, all []reading) {
	for _, part := range all {
		t.Run(part.name, func(t *testing.T) {
			r.T = t
			part.read(&r)
		})
	}
}

// In German nothing that people see is an English text, or has a word that most English
// ones have.
func TestGerman(t *testing.T) {
	if slow {
		t.Skip("nothing runs at the same time here; it is read without the race detector, also on PostgreSQL")
	}
	a := start(t, Config{MaxUpload: 1e6})
	readAll(t, foreignReader{app: a, l: a.locales.For("de"), data: []string{"customers.csv"}, english: englishText(a.locales)}, []reading{
		{"pages", (*foreignReader).pages}, {"forms", (*foreignReader).forms}, {"lists", (*foreignReader).lists}, {"sentences", (*foreignReader).sentences}, {"errors", (*foreignReader).errors},
	})
}

// lists reads the pages of lists, of a part of the customers and of accounts.
func (r *foreignReader) lists() {
	for _, path := range []string{
		"/results", "/results?q=gold", "/data", "/models/1/compare", "/models/2/compare", "/charts?where=education:is:PhD%3Bage_group:is:Adult", "/charts?tier=Gold&where=marital_status:is:Married", "/charts?where=income:over:1e9", "/charts?where=x",
		"/segments/Gold", "/segments/Gold?where=income:at%20least:60000%3Beducation:is:PhD:Master&q=married&sort=income&down=yes", "/segments/Gold?column=education&op=is&value=Doctor", "/segments/Gold?column=income&op=over&value=x", "/segments/Gold?page=9999",
		"/sign-in", "/account", "/users", "/password/x",
	} {
		r.get(path)
	}
	for _, form := range []url.Values{
		{"name": {"Stammkunden"}, "actions": {"Anrufen"}, "write": {"yes"}}, {"size": {"50"}, "holdout": {"10"}, "seed": {"7"}, "rate": {"10"}, "base": {"5"}, "check": {"yes"}},
		{"size": {"50"}, "holdout": {"10"}, "seed": {"7"}, "draw": {"yes"}}, {"size": {"x"}, "draw": {"yes"}}, {"size": {"99999"}, "draw": {"yes"}}, {"holdout": {"x"}, "draw": {"yes"}}, {"seed": {"x"}, "draw": {"yes"}},
	} {
		r.post("/segments/Gold", form)
	}
}

// englishText returns a function that finds English in a text that is to be German.
func englishText(all locales) func(text string) string {
	en, de := all.For("en"), all.For("de")
	value := regexp.MustCompile(`%(\\\[\d+\\\])?[-+.\d]*[a-zA-Z]`)
	pattern := func(text string) string {
		return "^" + value.ReplaceAllString(regexp.QuoteMeta(strings.ReplaceAll(text, "%%", "%")), "(?s:.*)") + "$"
	}
	words := regexp.MustCompile(`(?i)\b(?:the|of|and|or|is|are|to|for|from|with|by|not|no|than|that|which|who|customers?|average|spending|income|age|share)\b|\[[a-z]+\.`)
	var texts [][2]*regexp.Regexp // English and German
	for _, key := range en.Keys() {
		if text := en.T(key); text != de.T(key) && regexp.MustCompile(`[A-Za-z]{3}`).MatchString(value.ReplaceAllString(regexp.QuoteMeta(text), "")) {
			texts = append(texts, [2]*regexp.Regexp{regexp.MustCompile(pattern(text)), regexp.MustCompile(pattern(de.T(key)))})
		}
	}
	return func(text string) string {
		for _, t := range texts {
			if t[0].MatchString(text) && !t[1].MatchString(text) {
				return text
			}
		}
		return words.FindString(text)
	}
}

// A foreignReader reads what the app says and finds words that are English.
type foreignReader struct {
	*testing.T
	*app
	l       *locale
	data    []string                 // words that may be English
	english func(text string) string // returns what is English
	result  string                   // address of a result
}

var (
	script         = regexp.MustCompile(`(?s)<script([^>]*)>(.*?)</script>`)
	hidden         = regexp.MustCompile(`(?s)<(?:script|style).*?</(?:script|style)>|<!.*?>|<(\w+)[^>]* lang="(?:en|de)"[^>]*>.*?</\w+>`)
	anyTag         = regexp.MustCompile(`(?s)<[^>]*>`)
	shownAttribute = regexp.MustCompile(`(?:aria-label|title|alt|placeholder|label|data-(?:confirm|missing|number|negative|whole|large|none|broken|menu|menu-of))="([^"]*)"`)
)

func (r *foreignReader) sees(where, text string) {
	r.Helper()
	for _, m := range regexp.MustCompile(`[A-Za-z0-9 -]+…`).FindAllString(text, -1) {
		if slices.ContainsFunc(r.data, func(word string) bool { return strings.HasPrefix(word, strings.TrimSuffix(m, "…")) }) {
			text = strings.Replace(text, m, "", 1) // cut to fit
		}
	}
	for _, word := range r.data {
		text = strings.ReplaceAll(text, word, "")
	}
	if found := r.english(strings.TrimSpace(text)); found != "" {
		at := strings.Index(text, found)
		r.Errorf("%s says %q", where, text[max(0, at-60):min(len(text), at+len(found)+60)])
	}
}

// chart reads a chart, as JSON has it.
func (r *foreignReader) chart(where string, v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			r.chart(where, e)
		}
	case map[string]any:
		for key, e := range v {
			if text, ok := e.(string); ok && slices.Contains([]string{"title", "reading", "label", "name"}, key) && !(key == "name" && v["kind"] != nil) {
				r.sees(where, text)
			}
			if list, ok := e.([]any); ok && slices.Contains([]string{"categories", "words", "text", "suggestions"}, key) {
				for _, e := range list {
					r.sees(where, fmt.Sprint(e))
				}
			}
			r.chart(where, e)
		}
	}
}

// page reads an answer.
func (r *foreignReader) page(a answered) answered {
	r.Helper()
	where := a.Request.Method + " " + a.Request.URL.Path
	if strings.Contains(a.Header.Get("Content-Type"), "json") {
		var v any
		if err := json.Unmarshal([]byte(a.body), &v); err != nil {
			r.Fatal(err)
		}
		r.chart(where, v)
		if m, ok := v.(map[string]any); ok && m["error"] != nil {
			r.sees(where, strings.NewReplacer("application/json", "", "income", "", "age", "", "spent", "", "tenure", "", "children", "", "shoe", "", "question", "", "limit", "").Replace(fmt.Sprint(m["error"])))
		}
		return a
	}
	if kind := a.Header.Get("Content-Type"); !strings.Contains(kind, "html") && !strings.Contains(kind, "svg") {
		r.sees(where, html.UnescapeString(a.body))
		return a
	}
	for _, m := range script.FindAllStringSubmatch(a.body, -1) {
		if strings.Contains(m[1], "json") && !strings.Contains(m[1], "id=") {
			var v any
			if err := json.Unmarshal([]byte(m[2]), &v); err != nil {
				r.Fatal(err)
			}
			r.chart(where+", a chart", v)
		}
	}
	body := strings.ReplaceAll(a.body, a.Header.Get("X-Request-Id"), "")
	body = hidden.ReplaceAllString(body, "")
	for _, m := range shownAttribute.FindAllStringSubmatch(body, -1) {
		r.sees(where, html.UnescapeString(m[1]))
	}
	for _, text := range anyTag.Split(body, -1) {
		r.sees(where, html.UnescapeString(text))
	}
	return a
}

func (r *foreignReader) do(method, path, kind, body string) answered {
	r.Helper()
	return r.page(r.app.do(r.T, method, path, kind, body, "Accept-Language", r.l.Lang))
}

func (r *foreignReader) get(path string) answered { r.Helper(); return r.do("GET", path, "", "") }

func (r *foreignReader) post(path string, form url.Values) answered {
	r.Helper()
	return r.do("POST", path, "application/x-www-form-urlencoded", form.Encode())
}

// pages reads the pages and their charts.
func (r *foreignReader) pages() {
	get, post, sees, w, t := r.get, r.post, r.sees, r.Snapshot.Load(), r.T
	get("/")
	post("/predict", url.Values{"income": {"x"}, "age": {"-1"}, "spent": {"1e9"}, "children": {"1.5"}, "tenure": {"2000"}})
	r.result = post("/predict", url.Values{"age": {"200"}, "spent": {"100"}, "tenure": {"10"}, "children": {"1"}}).Request.URL.Path
	get(r.result)
	for _, tier := range append([]string{"all"}, w.Tiers...) {
		get("/charts?tier=" + tier)
		get("/charts/elbow.svg?tier=" + tier)
		get("/charts/family.csv?tier=" + tier)
		get("/chat?about=" + tier)
	}
	for _, query := range []string{"", "?mark=bar&x=is_parent&y=spent&color=tier", "?mark=line&x=children&y=response&how=share", "?mark=point&x=income&y=spent", "?mark=box&x=response&y=age", "?mark=histogram&x=age&color=complain&tier=Gold",
		"?mark=no", "?x=no", "?y=tier", "?how=no", "?tier=no", "?mark=point&x=tier&y=age", "?mark=box", "?mark=box&x=tier&y=", "?mark=histogram&x=tier"} {
		get("/explore" + query)
	}
	var table struct{ Fields []struct{ Name string } }
	if err := json.Unmarshal([]byte(get("/explore/table").body), &table); err != nil || len(table.Fields) == 0 {
		t.Fatal(err)
	}
	for _, f := range table.Fields {
		sees("the table of the chart maker", f.Name)
	}
}

// questions reads the answers to every kind of question, and to what follows on it.
func (r *foreignReader) questions() {
	chart, l, w, t := r.chart, r.l, r.Snapshot.Load(), r.T
	// Every kind of question, and what follows on it.
	customers := [][]float64{nil, {57, 1617, 28, 0, 58138}, {30, 100, 10, 1, nan}, {60, 800, 25, 0, 60000}}
	g := func(key string, args ...any) string { return l.T(key, args...) }
	noun := l.Noun
	first := append(w.Examples(true, l),
		g("ask.q.compare", w.Tiers[0], w.Tiers[1])+" "+w.Tiers[2], noun("income")+" "+noun("age"), noun("response")+" "+noun("tier"),
		g("how.share", noun("mnt_wines")), g("who.without", noun("complain"), noun("children")), noun("spent")+" > 100", noun("complain")+" "+noun("spent"),
		"PhD", "ｓｈａｒｅ Married", "ｓｈａｒｅ Gold "+g("noun.tier"), noun("spent")+" ｂｙ "+noun("children"), noun("spent")+" ｂｙ "+noun("is_parent"), "ｈｏｗ ｍａｎｙ ｂｙ "+noun("education"),
		"ｗｈａｔ ｉｆ", "ｗｈａｔ ｉｆ 5", "ｗｈａｔ ｉｆ "+noun("age")+" = -5", "ｉｎｃｏｍｅ ｏｖｅｒ", "ｍａｒｓ", "ａｖｒａｇｅ ｉｎｃｍｅ", noun("income")+" ｂｙ "+noun("tier")+" ｂｙ "+noun("education")+" ｂｙ "+noun("children"),
		noun("age")+" ｂｅｔｗｅｅｎ 200 ａｎｄ 300", "ｎｏｔ Married", "ｔｏｐ 3 ｃｕｓｔｏｍｅｒｓ", "ｈｏｗ ｍａｎｙ ｃｕｓｔｏｍｅｒｓ 50% "+noun("spent"), noun("mnt_wines")+" ｌｅａｓｔ ｗｈｉｃｈ "+noun("tier"), "!", noun("age")+" ｏｖｅｒ 79 "+noun("spent")+" ｂｙ "+noun("education"))
	understood := map[ask.Intent]bool{}
	for _, customer := range customers {
		seen := map[string]bool{}
		for queue := slices.Clone(first); len(queue) > 0 && len(seen) < 150; queue = queue[1:] {
			question := queue[0]
			if seen[question] {
				continue
			}
			seen[question] = true
			answer := w.Ask(t.Context(), question, l, ask.Options{Customer: customer})
			if q, err := w.Parse(question, l, ask.Query{}); err == nil {
				understood[q.Intent] = true
			}
			b, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(b, &v); err != nil {
				t.Fatal(err)
			}
			chart(fmt.Sprintf("the answer to %s", question), v)
			queue = append(queue, answer.Suggestions...)
		}
	}
	for _, intent := range ask.Intents {
		if !understood[intent] {
			t.Errorf("no question of the language is of the kind %s", intent)
		}
	}
	if n := len(w.Examples(true, l)); n != 28 {
		t.Errorf("%d examples are understood, want 28", n)
	}
	for _, question := range w.Examples(true, l) {
		if answer := w.Ask(t.Context(), question, l, ask.Options{Customer: customers[1]}); !answer.Understood {
			t.Errorf("%s is not understood: %s", question, answer.Text)
		}
	}
}

// forms reads what follows on forms and files.
func (r *foreignReader) forms() {
	get, post, l, w := r.get, r.post, r.l, r.Snapshot.Load()
	post(r.result, url.Values{"question": {l.T("ask.q.alike")}})
	get(r.result + "/export.md")
	chat := post("/chat", url.Values{"question": {l.T("ask.q.help")}}).Request.URL.Path
	get(chat + "/export.md")
	get("/chat")
	post(chat+"/rename", url.Values{})
	post("/explore", url.Values{})
	for _, spec := range []string{"{", "{}", strings.Repeat(" ", explore.MaxSaved+1)} {
		post("/explore", url.Values{"name": {"１"}, "spec": {spec}})
	}
	post("/models/rollback", nil)
	for _, k := range []string{"2", "0"} {
		post("/models/retrain", url.Values{"k": {k}, "activate": {"yes"}})
		r.trained(r.T)
		get("/models")
	}
	post("/models/1/activate", nil)
	post("/models/rollback", nil)
	for _, form := range []url.Values{{"k": {"x"}}, {"as_of": {"x"}}} {
		post("/models/retrain", form)
	}
	for _, id := range []string{" ", "999999999", w.IDs[0]} {
		post("/customers/forget", url.Values{"id": {id}, "sure": {"yes"}})
	}
	for _, done := range []string{"busy", "cancelled"} {
		get("/models?done=" + done)
	}
	bad := bytes.Replace(testdata.Customers, []byte("04-10-2013"), []byte("31-02-2013"), 1)
	for _, file := range [][]byte{bytes.Replace(bad, []byte("\tTogether\t"), []byte("\t７\t"), 1), []byte("1,2"), nil} {
		uploaded := r.page(r.upload(r.T, "customers.csv", file, "Accept-Language", r.l.Lang))
		if uploaded.StatusCode == 200 {
			r.finished(r.T, uploaded.Request.URL.Path)
			get(uploaded.Request.URL.Path)
		}
	}
}

// sentences reads statements on columns and reports on files.
func (r *foreignReader) sentences() {
	sees, l, w, t := r.sees, r.l, r.Snapshot.Load(), r.T
	voice := (&request{l: l, snap: w}).voice()
	for _, c := range w.Set.Columns() {
		for _, value := range []float64{0.001, 0.03, 0.3, 0.5, 0.97, 1, 2, 30} {
			for _, level := range append([]string{">0", "0"}, w.Set.Series(c.Name).Levels()...) {
				sees(c.Name, voice.Statement(insight.Statement{Column: c.Name, Kind: insight.KindShare, Level: level, Value: min(value, 1), Overall: 0.5}))
			}
			sees(c.Name, voice.Statement(insight.Statement{Column: c.Name, Kind: insight.KindMean, Value: value, Overall: 1}))
			sees(c.Name, voice.Statement(insight.Statement{Column: c.Name, Kind: insight.KindMean, Value: value, Overall: -1}))
		}
	}
	for _, decimal := range []features.DecimalMark{features.DecimalComma, features.DecimalPoint} {
		report := features.Report{NumberGuessed: true, Decimal: decimal, QuotedLines: true, Preamble: []string{"7"},
			Unknown: []features.UnknownValues{{Column: "education", Value: "7", Count: 1}, {Column: "marital_status", Value: "7", Count: 2}},
			Missing: []features.MissingValues{{Column: "dt_customer", Count: 2, Required: true}, {Column: "complain", Count: 1}}}
		for basis := features.ByWriting; basis <= features.ByGuess; basis++ {
			for order := features.OrderFromData; order <= features.OrderExchanged; order++ {
				report.Dates = append(report.Dates, features.DateWriting{Example: "7", Open: int(order), Basis: basis, Order: order, Guess: basis == features.ByGuess})
			}
		}
		report.Dates = append(report.Dates, features.DateWriting{Example: "7", Doubt: true})
		if n := len(l.Report(report)); n != 8+5*5 {
			t.Errorf("%d sentences on a report", n)
		}
		for _, text := range l.Report(report) {
			sees("a report", text)
		}
	}
	for n := range 2 {
		report := features.Report{IDColumn: "７", Numbered: true, RepeatedIDs: features.RepeatedIDs{Rows: 1 + n, First: []features.RepeatedID{{ID: "７", Line: 2}}, Unchecked: 1 + n}}
		if texts := l.Report(report); len(texts) != 4 {
			t.Errorf("of the ids is said %q", texts)
		} else {
			for _, text := range texts {
				sees("a report", text)
			}
		}
	}
	for month := range 12 {
		sees("a day", l.DT(time.Date(2014, time.Month(1+month), 2, 3, 4, 5, 0, time.UTC)))
	}
}

// errors reads what is answered to wrong requests.
func (r *foreignReader) errors() {
	get, do, l, t := r.get, r.do, r.l, r.T
	get("/no")
	get("/chat/no")
	do("DELETE", "/charts", "", "")
	do("POST", "/upload", "text/plain", "1")
	for _, body := range []string{"{", "1", `{"shoe":1}`, `{"age":"1"}`, `{"age":-1}`, `{"age":1e9}`, `{"age":1.5}`, "{}"} {
		do("POST", "/api/v1/predict", "application/json", body)
	}
	do("POST", "/api/v1/predict", "text/plain", "1")
	do("POST", "/api/v1/ask", "application/json", `{"question":""}`)
	do("GET", "/api/v1/profile?tier=no", "", "")
	do("GET", "/api/v1/customers?limit=x", "", "")
	for _, status := range []int{400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503} {
		if key := fmt.Sprintf("error.%d", status); !l.Has(key) {
			t.Errorf("there is no text %s", key)
		}
	}
}

// The audit log and the notes on models are told in the language of the reader;
// what an earlier version of the app kept as words stays as it is.
func TestTold(t *testing.T) {
	p := page{locale: shared(t).locales.For("en")}
	for want, got := range map[string]string{
		"version 3, trained again by anonymous": p.Detail(service.ParseDetail(`{"version":3,"note":"models.note.by anonymous"}`)),
		"to version 2":                          p.Detail(service.ParseDetail(`{"to":2}`)),
		"summer, first training":                strings.Join([]string{p.Detail(service.ParseDetail(`{"note":"summer"}`)), p.Detail(service.ParseDetail(`{"note":"models.note.first"}`))}, ", "),
		"version 7":                             p.Detail(service.ParseDetail("version 7")),
		"":                                      p.Detail(service.ParseDetail("")),
		"the app":                               p.Who(service.AppUser),
		"Ann":                                   p.Who("Ann"),
		"rolled back":                           p.Did("rolled back"),
		"something else":                        p.Did("something else"),
		"from mine.json":                        noteText(p.locale, "models.note.from mine.json"),
	} {
		if got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
}

// What people read stands in texts/en.json: not in pages, scripts or other code.
func TestTextsAreInOnePlace(t *testing.T) {
	code := regexp.MustCompile(`(?s)\{\{.*?\}\}|<!--.*?-->|<script type="application/json".*?</script>`)
	tag := regexp.MustCompile(`(?s)<[^>]*>`)
	attribute := regexp.MustCompile(`(?:aria-label|title|alt|placeholder|content)="([^"]*)"`)
	letters := regexp.MustCompile(`\p{L}`)
	names, err := filepath.Glob("pages/*.html")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page := code.ReplaceAllString(string(data), "")
		for _, text := range tag.Split(page, -1) {
			if letters.MatchString(text) {
				t.Errorf("%s shows %q, which is not in texts/en.json", name, strings.TrimSpace(text))
			}
		}
		for _, m := range attribute.FindAllStringSubmatch(page, -1) {
			if letters.MatchString(m[1]) && m[1] != "width=device-width, initial-scale=1" && m[1] != "light dark" {
				t.Errorf("%s has %s, which is not in texts/en.json", name, m[0])
			}
		}
	}
	// Sentences begin with a capital letter; errors, statements of SQL and what
	// is logged do not. What the operator reads, of flags and metrics, is English.
	sentence := regexp.MustCompile("[\"'`]([A-Z][a-z]+(?: [a-z%$][^\"'`]*)+)[\"'`]")
	comment := regexp.MustCompile(`(?m)^\s*//.*$|\s// .*$`)
	for _, pattern := range []string{"*.go", "texts/*.go", "../../../../segment/ask/*.go", "../../../../segment/plots/chart/*.go", "../../../../internal/explore/*.go", "../../../../internal/gallery/*.go", "../../../../internal/service/*.go", "../../../../internal/snapshot/*.go", "../../../../internal/roster/*.go", "static/*.js", "../../web/src/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, names, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || name == "config.go" || filepath.Base(name) == "counts.go" {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range sentence.FindAllStringSubmatch(comment.ReplaceAllString(string(data), ""), -1) {
				if m[1] != "Basic realm=" {
					t.Errorf("%s says %q, which is not in texts/en.json", name, m[1])
				}
			}
		}
	}
}
