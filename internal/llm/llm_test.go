package llm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/llm"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/testdata"
)

var english = sync.OnceValue(func() *narrate.Language {
	all, err := narrate.Read(ask.Texts)
	if err != nil {
		panic(err)
	}
	return all.For("en")
})

// trained answers about customers who were trained on.
func trained(r *segmentation.Result, about ask.Subjects, choose func(*features.Table) (*features.Table, error)) (*ask.Answerer, *features.Table, error) {
	ctx := context.Background()
	merged, err := r.Merged(ctx)
	if err != nil {
		return nil, nil, err
	}
	set, err := choose(merged)
	if err != nil {
		return nil, nil, err
	}
	profile, err := insight.ProfileOf(ctx, r.Model, r.Table, insight.ProfileOptions{Revenue: about.Revenue})
	if err != nil {
		return nil, nil, err
	}
	explainer, err := insight.NewExplainer(ctx, r.Model, insight.ExplainOptions{Rows: r.X})
	if err != nil {
		return nil, nil, err
	}
	return ask.NewAnswerer(set, r.IDs(), r.Model, profile, explainer, about), merged, nil
}

type customers struct {
	*ask.Answerer
	merged *features.Table
}

var sample = sync.OnceValues(func() (customers, error) {
	r, err := segmentation.TrainReader(context.Background(), bytes.NewReader(testdata.Customers), segmentation.TrainOptions{Model: segment.TrainOptions{AsOf: testdata.AsOf, Seed: 1}})
	if err != nil {
		return customers{}, err
	}
	a, merged, err := trained(r, ask.Subjects{Subjects: features.CampaignSubjects(), Words: features.CampaignWords(), Check: features.CheckValue}, ask.Select)
	return customers{a, merged}, err
})

func sampled(t *testing.T) customers {
	t.Helper()
	c, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// completion is the answer of a server whose model wrote a text.
func completion(text string) string {
	b, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"role": "assistant", "content": text}}}})
	return string(b)
}

// standIn is a server that answers with what one try after another gets.
func standIn(t *testing.T, o llm.Options, answer http.HandlerFunc) *llm.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // so that the server sees when the client leaves
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	o.URL, o.Model = s.URL, "stand-in"
	c, err := llm.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// writes is a server whose model writes a text.
func writes(t *testing.T, text string) *llm.Client {
	return standIn(t, llm.Options{}, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, completion(text)) })
}

// filled is a query of the schema with all fields that are left out.
func filled(t *testing.T, text string) string {
	t.Helper()
	all := map[string]any{"kind": "", "figure": "", "of": []any{}, "group": "", "by": []any{}, "where": []any{}, "whole": []any{}, "versus": []any{}, "amount_of": "", "rank": 0, "number": 0, "words": []any{}}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const (
	vino    = `{"kind":"figure","figure":"mean","of":["mnt_wines"],"where":[[{"column":"tier","comparison":"is","words":["Gold"],"number":0,"upper":0}]],"words":[{"word":"vino","means":["mnt_wines"]},{"word":"splash","means":["mnt_wines"]}]}`
	gold    = `[{"column":"tier","comparison":"is","words":["Gold"],"number":0,"upper":0}]`
	loaded  = `How many loaded customers are over 60?`
	over60  = `[{"column":"age","comparison":"over","words":[],"number":60,"upper":0}]`
	married = `[{"column":"marital_status","comparison":"is","words":["Married"],"number":0,"upper":0}]`
)

// What a model reads right is answered, with figures of our own, and marked.
func TestReread(t *testing.T) {
	a, l := sampled(t), english()
	for _, test := range []struct{ question, model, same string }{
		{"Average splash on vino for Gold?", vino, "average wine spending of Gold customers"},
		{"How many greybeards are over 60?", `{"kind":"figure","figure":"count","where":[` + over60 + `],"words":[{"word":"greybeards","means":["age"]}]}`, "How many customers are over 60?"},
		{"What percentage of hitched customers are Gold?", `{"kind":"share","where":[` + married + `,` + gold + `],"whole":[` + married + `],"words":[{"word":"hitched","means":["Married"]}]}`, "What percentage of married customers are Gold?"},
		{"Gimme Gold versus Silver on vino", `{"kind":"compare","figure":"mean","of":["mnt_wines"],"where":[` + gold + `],"versus":[[[{"column":"tier","comparison":"is","words":["Silver"],"number":0,"upper":0}]]],"words":[{"word":"gimme","means":["asks"]},{"word":"vino","means":["mnt_wines"]}]}`, "Compare Gold and Silver on wine"},
	} {
		q, err := a.Reread(t.Context(), test.question, l, ask.Query{}, writes(t, filled(t, test.model)))
		if err != nil || q.IsZero() {
			t.Errorf("%s: %v, %v", test.question, q, err)
			continue
		}
		got := a.Ask(t.Context(), test.question, l, ask.Options{Read: q})
		want := a.Ask(t.Context(), test.same, l, ask.Options{})
		if !got.Understood || !strings.Contains(strings.Join(got.Text, "\n"), want.Text[0]) {
			t.Errorf("%s: %q, want %q in it", test.question, got.Text, want.Text[0])
		}
		if got.Text[0] != l.T("ask.note.model") || a.Chips(got.Query, l).ReadBy == "" {
			t.Errorf("%s: it does not say that a model read it: %q", test.question, got.Text)
		}
		again, err := ask.ReadQuery(got.Query.Values())
		if err != nil || a.Chips(again, l).ReadBy == "" {
			t.Errorf("%s: the address does not say so: %v, %v", test.question, again, err)
		}
	}
}

// What the grammar reads, and what cannot be known, is not asked of a model.
func TestRereadAsksSeldom(t *testing.T) {
	a, l := sampled(t), english()
	var asked atomic.Int32
	c := standIn(t, llm.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		io.WriteString(w, completion(filled(t, vino)))
	})
	for _, question := range []string{"How many customers are there?", "What will revenue be next year?", "Total spending by month", "", strings.Repeat("vino ", 100), "Why is this customer so frobnicated?", "What if income frobnicated by 10000?"} {
		if q, err := a.Reread(t.Context(), question, l, ask.Query{}, c); err != nil || !q.IsZero() || asked.Load() > 0 {
			t.Fatalf("%q: %v, %v, asked %d times", question, q, err, asked.Load())
		}
	}
}

// A query that does not fit the question, or the customers, is refused, and the
// refusal of the grammar stays.
func TestRereadRefuses(t *testing.T) {
	a, l := sampled(t), english()
	hundreds := strings.Repeat(over60+",", 500) + over60 // more do not fit in an answer
	for name, test := range map[string]struct {
		question, model string
		want            error
	}{
		"no such column":           {loaded, `{"kind":"figure","figure":"count","where":[[{"column":"wealth","comparison":"over","words":[],"number":60,"upper":0}]],"words":[{"word":"loaded","means":["wealth"]}]}`, segment.ErrOption},
		"no such measure":          {"average frobs", `{"kind":"figure","figure":"mean","of":["frobs"],"words":[{"word":"frobs","means":["frobs"]}]}`, segment.ErrOption},
		"no such word":             {"How many hitched customers?", `{"kind":"figure","figure":"count","where":[[{"column":"marital_status","comparison":"is","words":["Hitched"],"number":0,"upper":0}]],"words":[{"word":"hitched","means":["Hitched"]}]}`, segment.ErrOption},
		"no such kind":             {loaded, `{"kind":"drop table"}`, llm.ErrAnswer},
		"a customer's":             {loaded, `{"kind":"why"}`, ask.ErrReading},
		"a dropped word":           {loaded, `{"kind":"figure","figure":"count","where":[` + over60 + `]}`, ask.ErrReading},
		"a dropped number":         {loaded, `{"kind":"figure","figure":"count","words":[{"word":"loaded","means":["count"]}]}`, ask.ErrReading},
		"a dropped tier":           {"Average vino for Gold?", `{"kind":"figure","figure":"mean","of":["mnt_wines"],"words":[{"word":"vino","means":["mnt_wines"]}]}`, ask.ErrReading},
		"another tier":             {"Average vino for Gold?", strings.ReplaceAll(vino, "Gold", "Silver"), ask.ErrReading},
		"the other way round":      {loaded, `{"kind":"figure","figure":"count","where":[[{"column":"age","comparison":"under","words":[],"number":60,"upper":0}]],"words":[{"word":"loaded","means":["age"]}]}`, ask.ErrReading},
		"a number of its own":      {loaded, `{"kind":"figure","figure":"count","where":[` + over60 + `,[{"column":"income","comparison":"over","words":[],"number":90000,"upper":0}]],"words":[{"word":"loaded","means":["income"]}]}`, ask.ErrReading},
		"a condition of its own":   {loaded, `{"kind":"figure","figure":"count","where":[` + over60 + `,` + married + `],"words":[{"word":"loaded","means":["age"]}]}`, ask.ErrReading},
		"a denial dropped":         {"How many hitched customers are not in Gold?", `{"kind":"figure","figure":"count","where":[` + married + `,` + gold + `],"words":[{"word":"hitched","means":["Married"]}]}`, ask.ErrReading},
		"another figure":           {"Median splash on wine", `{"kind":"figure","figure":"mean","of":["mnt_wines"],"words":[{"word":"splash","means":["mnt_wines"]}]}`, ask.ErrReading},
		"no share":                 {"What percentage of hitched customers are Gold?", `{"kind":"figure","figure":"count","where":[` + married + `,` + gold + `],"words":[{"word":"hitched","means":["Married"]}]}`, ask.ErrReading},
		"a word that is not there": {loaded, `{"kind":"figure","figure":"count","where":[` + over60 + `],"words":[{"word":"loaded","means":["age"]},{"word":"hitched","means":["age"]}]}`, ask.ErrReading},
		"hundreds of conditions":   {loaded, `{"kind":"figure","figure":"count","where":[` + hundreds + `],"words":[{"word":"loaded","means":["age"]}]}`, ask.ErrReading},
		"SQL in a word":            {loaded, `{"kind":"figure","figure":"count","where":[` + over60 + `,[{"column":"education","comparison":"is","words":["PhD'; DROP TABLE customers; --"],"number":0,"upper":0}]],"words":[{"word":"loaded","means":["education"]}]}`, ask.ErrReading},
		"a script in a column":     {loaded, `{"kind":"figure","figure":"mean","of":["<script>alert(1)</script>"],"where":[` + over60 + `],"words":[{"word":"loaded","means":["<script>alert(1)</script>"]}]}`, ask.ErrReading},
		"a figure, not a query":    {loaded, `{"kind":"figure","figure":"count","answer":"There are 42 of them."}`, llm.ErrAnswer},
		"an infinite number":       {loaded, `{"kind":"figure","figure":"count","number":1e999}`, llm.ErrAnswer},
		"no query":                 {loaded, `{"kind":"none"}`, llm.ErrNone},
	} {
		text := test.model
		if !strings.Contains(text, "1e999") {
			text = filled(t, text)
		}
		q, err := a.Reread(t.Context(), test.question, l, ask.Query{}, writes(t, text))
		if !errors.Is(err, test.want) || !q.IsZero() {
			t.Errorf("%s: %v, %v; want %v", name, q, err, test.want)
		}
	}
}

// A server that fails leaves the refusal as it is, soon, and after one more try at most.
func TestServerFails(t *testing.T) {
	a, l := sampled(t), english()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   error
		tries  int32
	}{
		"slow":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, llm.ErrServer, 1},
		"endless": {func(w http.ResponseWriter, r *http.Request) { forever(w, r) }, llm.ErrAnswer, 1},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, completion(strings.Repeat(" ", 1<<20)))
		}, llm.ErrAnswer, 1},
		"down": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, llm.ErrServer, 2},
		"busy": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, llm.ErrServer, 2},
		"no key": {func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.Header.Get("Authorization"), http.StatusUnauthorized)
		}, llm.ErrServer, 1},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		}, llm.ErrServer, 1},
		"a page":    {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>hello</html>") }, llm.ErrAnswer, 1},
		"no choice": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"choices":[]}`) }, llm.ErrAnswer, 1},
		"prose":     {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, completion("There are 42 of them.")) }, llm.ErrAnswer, 1},
		"cut":       {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, completion(`{"kind":"figure","of":[`)) }, llm.ErrAnswer, 1},
		"two at once": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, completion(`{"kind":"none"}{"kind":"none"}`))
		}, llm.ErrAnswer, 1},
		"deep": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, completion(strings.Repeat(`{"where":[`, 5000)))
		}, llm.ErrAnswer, 1},
	} {
		var tries atomic.Int32
		c := standIn(t, llm.Options{Key: "s3cret", Timeout: 500 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
			tries.Add(1)
			test.answer(w, r)
		})
		var log bytes.Buffer
		start := time.Now()
		_, err := a.Reread(t.Context(), loaded, l, ask.Query{}, c)
		if took := time.Since(start); !errors.Is(err, test.want) || took > 2*time.Second || tries.Load() != test.tries {
			t.Errorf("%s: %v after %v and %d tries; want %v and %d", name, err, took, tries.Load(), test.want, test.tries)
		}
		q := c.Reread(t.Context(), a.Answerer, loaded, l, ask.Query{}, slog.New(slog.NewTextHandler(&log, nil)))
		if !q.IsZero() || strings.Contains(log.String()+err.Error(), "s3cret") || !strings.Contains(log.String(), test.want.Error()) || strings.Contains(log.String(), "loaded") {
			t.Errorf("%s: %v, and the log has %s", name, q, log.String())
		}
		plain, read := a.Ask(t.Context(), loaded, l, ask.Options{}), a.Ask(t.Context(), loaded, l, ask.Options{Read: q})
		if plain.Understood || strings.Join(plain.Text, "\n") != strings.Join(read.Text, "\n") {
			t.Errorf("%s: the refusal changes from %q to %q", name, plain.Text, read.Text)
		}
	}
}

// forever writes without an end.
func forever(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
			return
		}
	}
}

// A reader who leaves ends the request to the server, with the reason kept.
func TestCancel(t *testing.T) {
	a, l := sampled(t), english()
	left, began, ended := errors.New("the reader left"), make(chan struct{}), make(chan struct{})
	c := standIn(t, llm.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(began)
		<-r.Context().Done()
		close(ended)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-began; cancel(left) }()
	if _, err := a.Reread(ctx, loaded, l, ask.Query{}, c); !errors.Is(err, left) {
		t.Errorf("the error is %v, want %v", err, left)
	}
	<-ended
}

// No more than four questions are read at once.
func TestBusy(t *testing.T) {
	a, l := sampled(t), english()
	began, release := make(chan struct{}, 4), make(chan struct{})
	c := standIn(t, llm.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		began <- struct{}{}
		<-release
		io.WriteString(w, completion(`{"kind":"none"}`))
	})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { a.Reread(t.Context(), loaded, l, ask.Query{}, c) })
	}
	for range 4 {
		<-began
	}
	if _, err := a.Reread(t.Context(), loaded, l, ask.Query{}, c); !errors.Is(err, llm.ErrBusy) {
		t.Errorf("the fifth is read: %v", err)
	}
	close(release)
	all.Wait()
}

// What leaves is the question and names: no id, no number, no free text and no rare
// word of a customer.
func TestSendsNoRow(t *testing.T) {
	file := "id,name,mail,note,age,income,joined,city\n"
	for i := range 120 {
		city := []string{"Ulm", "Bonn", "Kiel"}[i%3]
		if i == 7 {
			city = "Lonelyville"
		}
		file += strings.ReplaceAll("Q1R#,Personname#,mail#@example.org,a remark on # that nobody else has,", "#", letters(i)) +
			[]string{"23", "37", "41", "59", "67"}[i%5] + "," + "51" + letters2(i) + ",2013-0" + string(rune('1'+i%9)) + "-17," + city + "\n"
	}
	r, err := segmentation.TrainReader(t.Context(), strings.NewReader(file), segmentation.TrainOptions{
		Open: segmentation.OpenOptions{Roles: features.RoleOptions{Features: []string{"age", "income"}, Describe: []string{"city"}}}, Model: segment.TrainOptions{K: 3, Seed: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	subjects, err := features.SubjectsOf(t.Context(), r.Table, r.Roles)
	if err != nil {
		t.Fatal(err)
	}
	any, merged, err := trained(r, ask.Subjects{Subjects: subjects, Words: features.WordsOf(r.Table.Columns())}, ask.SelectAny)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]customers{"campaign": sampled(t), "any": {any, merged}} {
		var sent bytes.Buffer
		var header http.Header
		c := standIn(t, llm.Options{Key: "s3cret"}, func(w http.ResponseWriter, r *http.Request) {
			header = r.Header.Clone()
			io.Copy(&sent, r.Body)
			io.WriteString(w, completion(`{"kind":"none"}`))
		})
		l := english()
		if name == "any" {
			l = l.About(r.Table.Columns())
		}
		if _, err := test.Reread(t.Context(), "frobnicated customers by tier", l, ask.Query{}, c); !errors.Is(err, llm.ErrNone) {
			t.Fatalf("%s: %v", name, err)
		}
		if header.Get("Authorization") != "Bearer s3cret" || strings.Contains(sent.String(), "s3cret") || !strings.Contains(sent.String(), "frobnicated") {
			t.Errorf("%s: the key or the question is not where it belongs", name)
		}
		body, numbers := sent.String(), map[string]bool{}
		for _, n := range regexp.MustCompile(`[0-9]{2,}(?:\.[0-9]+)?`).FindAllString(body, -1) {
			numbers[n] = true
		}
		if len(numbers) > 0 && name == "any" {
			t.Errorf("the numbers %v leave", numbers)
		}
		for _, col := range test.merged.Columns() {
			s, count := test.merged.Series(col.Name), map[string]int{}
			for i := range s.Len() {
				count[s.Word(i)]++
			}
			for i := range s.Len() {
				w := s.Word(i)
				if s.Missing(i) || len(w) < 3 || col.Kind.Numeric() && !numbers[w] || col.Kind == features.Category && count[w] >= 5 {
					continue
				}
				if strings.Contains(body, w) && w != "" {
					t.Errorf("%s: %s of a customer, %q, leaves", name, col.Name, w)
				}
			}
		}
	}
}

// letters is a number in letters, so that its digits are no other's.
func letters(i int) string { return string(rune('a'+i/26)) + string(rune('a'+i%26)) }

func letters2(i int) string {
	return string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)})
}

// What is not needed to be asked about is told before anything is sent.
func TestNewRefuses(t *testing.T) {
	if c, err := llm.New(llm.Options{Model: "m"}); c != nil || err != nil {
		t.Errorf("without a URL: %v, %v", c, err)
	}
	for _, o := range []llm.Options{
		{URL: "127.0.0.1:8000", Model: "m"}, {URL: "ftp://127.0.0.1", Model: "m"}, {URL: "http://", Model: "m"}, {URL: "http://127.0.0.1"},
		{URL: "http://me:s3cret@127.0.0.1", Model: "m"}, {URL: "http://127.0.0.1/v1?key=s3cret", Model: "m"},
		{URL: "http://model.example/v1", Model: "m", Key: "s3cret"}, {URL: "http://127.0.0.1", Model: "m", Key: "s3cret\r\nX: y"},
	} {
		if c, err := llm.New(o); !errors.Is(err, llm.ErrOptions) || c != nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v, %v", o, c, err)
		}
	}
}
