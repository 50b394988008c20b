package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// trained waits for the end of a training.
func (a *app) trained(t testing.TB) service.TrainingStatus {
	t.Helper()
	for range 1500 {
		if s := a.Trainer.Now(); s.State != service.StateRunning && s.State != service.StateIdle {
			return s
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the training does not end")
	return service.TrainingStatus{}
}

func TestModels(t *testing.T) {
	a := start(t, Config{})
	// There is no way back before there is another version.
	const back = `action="/models/rollback?data="`
	if strings.Contains(a.get(t, "/models").body, back) {
		t.Error("the page offers a way back from the only version")
	}
	a.post(t, "/models/rollback", nil).want(t, 409, "No other version")
	if code, v := a.json(t, "POST", "/api/v1/models/rollback", ""); code != 409 || v["error"] != "No other version was in use before." {
		t.Errorf("the way back from the only version is answered with %d, %v", code, v)
	}
	a.post(t, "/models/retrain", url.Values{"k": {"4"}, "as_of": {"2015-01-01"}, "note": {"four <b>"}, "activate": {"yes"}}).want(t, 200)
	if s := a.trained(t); s.State != service.StateDone || s.Version != 2 {
		t.Fatalf("the training ends as %+v", s)
	}
	a.get(t, "/models").want(t, 200, "Version 2 is in use", back, "four &lt;b&gt;", "training done")
	if k := a.Snapshot.Load().Model.K(); k != 4 {
		t.Errorf("the model in use has %d clusters, want 4", k)
	}
	a.post(t, "/models/rollback", nil).want(t, 200, "Version 1 is in use", "rolled back")
	a.post(t, "/models/2/activate", nil).want(t, 200, "Version 2 is in use", "activated")
	a.post(t, "/models/99/activate", nil).want(t, 404)
	a.post(t, "/models/retrain", url.Values{"as_of": {"yesterday"}}).want(t, 422, "A day is written")
	a.post(t, "/models/retrain", url.Values{"k": {"-1"}}).want(t, 422)
	a.post(t, "/models/retrain", url.Values{"k": {"2"}, "as_of": {"2015-01-01"}}).want(t, 200)
	if s := a.trained(t); s.State != service.StateDone || s.Version != 3 {
		t.Fatalf("the training ends as %+v", s)
	}
	if v := a.Snapshot.Load().Version; v != 2 {
		t.Errorf("version %d is in use; a training that is not to be used must leave 2", v)
	}
	// A result of before stays readable.
	address := a.post(t, "/predict", goodForm).Request.URL.Path
	a.post(t, "/models/1/activate", nil).want(t, 200)
	a.get(t, address).want(t, 200, "Another model is in use")
}

// TestLimits: the limits of cleaning are fields of the form and of the API; the
// model remembers them, the pages follow them and tell whom they leave out.
func TestLimits(t *testing.T) {
	a := start(t, Config{})
	count := func() int { return a.Snapshot.Load().Set.Len() }
	a.get(t, "/models").want(t, 200, `name="max_age" min="0" inputmode="numeric" value="100"`, `step="any" inputmode="decimal" value="120000"`,
		"12 of 2,000 customers are in no chart and no count: those older than 100 or with an income above 120,000 are taken for errors.")
	if count() != 1988 {
		t.Fatalf("%d customers", count())
	}
	for _, test := range []struct {
		form      url.Values
		customers int
		page      []string
		limits    features.CleanOptions
	}{
		{url.Values{"max_age": {"0"}, "max_income": {"0"}}, 2000, []string{`inputmode="numeric" value="0"`, `inputmode="decimal" value="0"`}, features.CleanOptions{MaxAge: features.NoLimit, MaxIncome: features.NoLimit}},
		{url.Values{"max_age": {"0"}}, 1991, []string{"9 of 2,000 customers are in no chart and no count: those with an income above 120,000"}, features.CleanOptions{MaxAge: features.NoLimit, MaxIncome: 120_000}},
		{url.Values{"max_age": {""}, "max_income": {"0"}}, 1997, []string{"3 of 2,000 customers are in no chart and no count: those older than 100 are"}, features.CleanOptions{MaxAge: 100, MaxIncome: features.NoLimit}},
		{url.Values{"max_income": {"40000.5"}}, 0, []string{"customers were left out as errors: those older than 100 or with an income above 40,0", "The fields for the greatest age and the greatest income set other limits, 0 for none."}, features.CleanOptions{MaxAge: 100, MaxIncome: 40_000.5}},
	} {
		test.form["k"], test.form["as_of"], test.form["activate"] = []string{"3"}, []string{"2015-01-01"}, []string{"yes"}
		a.post(t, "/models/retrain", test.form).want(t, 200)
		if s := a.trained(t); s.State != service.StateDone {
			t.Fatalf("%v ends as %+v", test.form, s)
		}
		w := a.Snapshot.Load()
		if got := features.CleanOptionsOf(w.Model.Limits()); got != test.limits || test.customers > 0 && count() != test.customers || w.Customers.Dropped.Rows != 2000 {
			t.Errorf("%v: limits %+v, %d customers", test.form, got, count())
		}
		a.get(t, "/models").want(t, 200, test.page...)
	}
	// What is left out altogether fails with the limit that did it.
	before := a.Snapshot.Load().Version
	if code, v := a.json(t, "POST", "/api/v1/models/retrain", `{"max_income":1,"max_age":110,"as_of":"2015-01-01"}`); code != 202 {
		t.Fatalf("%d, %v", code, v)
	}
	if s := a.trained(t); s.State != service.StateFailed {
		t.Fatalf("the training ends as %+v", s)
	}
	_, v := a.json(t, "GET", "/api/v1/models/retrain", "")
	if note, _ := v["note"].(string); !strings.Contains(note, "of 2,000 customers were left out as errors: those older than 110 or with an income above 1. The fields") && !strings.Contains(note, "of 2,000 customers were left out as errors: those with an income above 1. The fields") {
		t.Errorf("%v", v)
	}
	a.get(t, "/models").want(t, 200, "The training failed.", "with an income above 1. The fields for the greatest age and the greatest income set other limits")
	if now := a.Snapshot.Load().Version; now != before {
		t.Errorf("version %d is in use, want %d", now, before)
	}
	for _, bad := range []string{`{"max_age":-1}`, `{"max_age":70.5}`, `{"max_income":-1}`, `{"max_income":1e999}`} {
		code, v := a.json(t, "POST", "/api/v1/models/retrain", bad)
		if field, _ := v["field"].(string); code != 422 || !strings.HasPrefix(field, "max_") || !strings.Contains(fmt.Sprint(v["error"]), "0 is no limit") {
			t.Errorf("%s is answered with %d, %v", bad, code, v)
		}
	}
	a.post(t, "/models/retrain", url.Values{"max_age": {"old"}}).want(t, 422, "The greatest age is a whole number of years; 0 is no limit.")
}

func TestTrainingIsCancelledAndAlone(t *testing.T) {
	a := start(t, Config{})
	if err := a.StartTraining(service.TrainRequest{AsOf: a.Snapshot.Load().Customers.Table.AsOf(), Activate: true}, "test"); err != nil {
		t.Fatal(err)
	}
	if err := a.StartTraining(service.TrainRequest{}, "test"); err != service.ErrBusy && a.Trainer.Now().State == service.StateRunning {
		t.Errorf("a second training gives %v, want %v", err, service.ErrBusy)
	}
	a.Trainer.Stop()
	if s := a.trained(t); s.State != service.StateCanceled && s.State != service.StateDone {
		t.Errorf("the training ends as %+v", s)
	}
}

// Closing the app ends a training and leaves the model as it was.
func TestCloseEndsTraining(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, newDatabase(t), store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s, err := New(ctx, Config{}, db, nil, discard())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.StartTraining(service.TrainRequest{Activate: true}, "test"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if state := s.Trainer.Now().State; state != service.StateCanceled && state != service.StateDone {
		t.Errorf("after Close the training is %s", state)
	}
	if err := s.StartTraining(service.TrainRequest{}, "test"); err == nil {
		t.Error("a training begins after Close")
	}
}

// A second app on the same database takes up what the first activates.
func TestFollow(t *testing.T) {
	a := start(t, Config{})
	info, err := a.Train(context.Background(), service.TrainRequest{AsOf: a.Snapshot.Load().Customers.Table.AsOf(), K: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Store.Activate(context.Background(), service.ModelName, info.Version, store.ActivateOptions{Results: a.Results}); err != nil {
		t.Fatal(err)
	}
	if v := a.Snapshot.Load().Version; v != 1 {
		t.Fatalf("version %d is in use before it is looked for", v)
	}
	if err := a.ReloadIfChanged(context.Background()); err != nil {
		t.Fatal(err)
	}
	if v := a.Snapshot.Load().Version; v != 2 {
		t.Errorf("version %d is in use, want 2", v)
	}
}

// No request fails while models are changed and trained.
func TestSwapUnderLoad(t *testing.T) {
	a := start(t, Config{})
	if _, err := a.Train(context.Background(), service.TrainRequest{AsOf: a.Snapshot.Load().Customers.Table.AsOf(), K: 4}, nil); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			client := &http.Client{Timeout: 20 * time.Second}
			for {
				select {
				case <-stop:
					return
				// The pause leaves the machine to the changes, which the race
				// detector makes slow.
				case <-time.After(2 * time.Millisecond):
				}
				r, err := client.Post(a.server.URL+"/api/v1/predict", "application/json", strings.NewReader(`{"income":58138,"age":57,"spent":1617,"tenure":28,"children":0}`))
				if err != nil {
					t.Error(err)
					return
				}
				var p struct {
					Tier    string `json:"tier"`
					Version int    `json:"model_version"`
				}
				err = json.NewDecoder(r.Body).Decode(&p)
				_ = r.Body.Close()
				if err != nil || r.StatusCode != 200 || p.Tier == "" || p.Version == 0 {
					t.Errorf("status %d, %+v, %v", r.StatusCode, p, err)
					return
				}
			}
		})
	}
	for i := range 2 {
		if code, body := a.json(t, "POST", "/api/v1/models/"+strconv.Itoa(2-i%2)+"/activate", ""); code != 200 {
			t.Fatalf("activation answers %d, %v", code, body)
		}
	}
	if err := a.StartTraining(service.TrainRequest{AsOf: a.Snapshot.Load().Customers.Table.AsOf(), Activate: true}, "test"); err != nil {
		t.Fatal(err)
	}
	if s := a.trained(t); s.State != service.StateDone {
		t.Errorf("the training ends as %+v", s)
	}
	close(stop)
	wg.Wait()
}

func TestForget(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	w := a.Snapshot.Load()
	number := w.IDs[0]
	logScores(t, a.Store)
	// A result with the figures of the customer, and one of somebody else that
	// names the customer among those alike.
	values := url.Values{}
	for i, name := range features.TrainingColumns {
		values.Set(name, strconv.FormatFloat(w.Customers.X.At(0, i), 'f', -1, 64))
	}
	own := a.post(t, "/predict", values).Request.URL.Path
	values.Set("income", strconv.FormatFloat(w.Customers.X.At(0, slices.Index(features.TrainingColumns, "income"))+1, 'f', -1, 64))
	other := a.post(t, "/predict", values).Request.URL.Path
	a.post(t, other, url.Values{"question": {"who else is like this?"}}).want(t, 200, "Their customer ids")
	// A conversation that tells the greatest spending, which is one customer's.
	greatest := slices.Max(w.Set.Series("spent").Numbers())
	chat := a.post(t, "/chat", url.Values{"question": {"greatest spending by tier"}}).Request.URL.Path
	told := func(v float64) string { return a.locales.of("").N(v) }
	a.get(t, chat).want(t, 200, told(greatest))
	richest := w.IDs[slices.Index(w.Set.Series("spent").Numbers(), greatest)]

	path := "/api/v1/customers/" + number
	if code, _ := a.json(t, "GET", path, ""); code != 200 {
		t.Fatalf("the customer is answered with %d", code)
	}
	if !regexp.MustCompile(`Their customer ids: [^.<]*\b` + number + `\b`).MatchString(a.get(t, other).body) {
		t.Fatal("the conversation does not show the customer")
	}
	before := map[string]int{}
	tables := a.Store.Tables()
	for _, name := range []string{tables.Customers, tables.Unencoded, tables.Encoded, tables.Merged, tables.Scores} {
		n, err := a.Store.Count(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		before[name] = n
	}
	a.post(t, "/customers/forget", url.Values{"id": {number}, "sure": {"yes"}}).want(t, 200, "removed everywhere", "customer forgotten")
	for name, n := range before {
		if now, err := a.Store.Count(ctx, name); err != nil || now != n-1 {
			t.Errorf("%s has %d rows after %d, %v; want one less", name, now, n, err)
		}
	}
	if code, _ := a.json(t, "GET", path, ""); code != 404 {
		t.Errorf("the customer is still answered with %d", code)
	}
	a.get(t, own).want(t, 404)
	r := a.get(t, other)
	r.want(t, 200, "Their customer ids", "This customer is")
	if named := regexp.MustCompile(`Their customer ids: [^.<]*`).FindString(r.body); regexp.MustCompile(`\b` + number + `\b`).MatchString(named) {
		t.Errorf("a conversation still names customer %s: %s", number, named)
	}
	if code, _ := a.json(t, "DELETE", path, ""); code != 404 {
		t.Errorf("forgetting twice answers %d, want 404", code)
	}
	a.post(t, "/customers/forget", url.Values{"id": {number}, "sure": {"yes"}}).want(t, 200, "no customer of that id")
	a.post(t, "/customers/forget", url.Values{"id": {"1 or 1=1"}, "sure": {"yes"}}).want(t, 200, "no customer of that id")
	a.post(t, "/customers/forget", url.Values{"id": {" "}, "sure": {"yes"}}).want(t, 422, "text of 1 to 256 bytes")
	a.post(t, "/customers/forget", url.Values{"id": {strings.Repeat("x", 257)}, "sure": {"yes"}}).want(t, 422)

	if code, _ := a.json(t, "DELETE", "/api/v1/customers/"+richest, ""); code != 200 {
		t.Fatalf("forgetting another is answered with %d", code)
	}
	for _, path := range []string{chat, chat + "/export.md"} {
		r = a.get(t, path)
		r.want(t, 200, told(slices.Max(a.Snapshot.Load().Set.Series("spent").Numbers())))
		if strings.Contains(r.body, told(greatest)) {
			t.Errorf("%s still tells the figure of one who was forgotten", path)
		}
	}
	var kept int
	if err := a.Store.DB().Get(&kept, a.Store.DB().Rebind(`select count(*) from webapp_messages where role <> ? and body <> ''`), service.RoleYou); err != nil || kept > 0 {
		t.Errorf("%d answers of before are kept, %v", kept, err)
	}
	// The conversation goes on.
	a.post(t, chat, url.Values{"question": {"average income by tier"}}).want(t, 200, "average income", "greatest spending by tier")
}

// What another app on the same database forgets, this one forgets too, and
// gives up what it has answered since.
func TestForgottenElsewhere(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	chat := a.post(t, "/chat", url.Values{"question": {"Income against spending"}}).Request.URL.Path
	id := a.Snapshot.Load().IDs[0]
	if _, err := a.Store.DB().Exec(a.Store.DB().Rebind("delete from "+a.Store.Tables().Customers+" where id = ?"), id); err != nil {
		t.Fatal(err)
	}
	if err := a.ReloadIfChanged(ctx); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(a.Snapshot.Load().IDs, id) {
		t.Error("the customer is still in use")
	}
	c, err := a.Records.Conversation(ctx, strings.TrimPrefix(chat, "/chat/"), "")
	if err != nil || c.Messages[1].Body != "" {
		t.Errorf("the answer of before is kept: %.80q, %v", c.Messages[1].Body, err)
	}
	a.get(t, chat).want(t, 200, "<svg")
}

// Whoever was forgotten is in no byte of the database's file or its log, and
// in no scored file; also what the tables held before they were replaced is
// gone.
func TestForgetLeavesNoByte(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.db")
	const mark = "Zqxjkdistinctive"
	campaign := filepath.Join(t.TempDir(), "campaign.csv")
	lines := bytes.SplitAfter(testdata.Customers, []byte("\n"))
	data := bytes.Replace(bytes.Join(lines[:501], nil), []byte("\tTogether\t"), []byte("\t"+mark+"\t"), 1)
	line := data[bytes.LastIndexByte(data[:bytes.Index(data, []byte(mark))], '\n')+1:]
	number, _, _ := bytes.Cut(line, []byte("\t"))
	if err := os.WriteFile(campaign, data, 0o600); err != nil {
		t.Fatal(err)
	}
	was := newDatabase
	defer func() { newDatabase = was }()
	newDatabase = func(testing.TB) string { return "sqlite:" + file }
	a := start(t, Config{Data: campaign, AsOf: testdata.AsOf})
	holds := func() bool {
		t.Helper()
		found := false
		for _, name := range []string{file, file + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			found = found || bytes.Contains(b, []byte(mark))
		}
		return found
	}
	if !holds() {
		t.Fatal("the file does not hold the customer to begin with")
	}
	// Training again replaces the tables: their old pages are free now.
	if _, err := a.Train(context.Background(), service.TrainRequest{AsOf: testdata.AsOf, K: 4, Activate: true}, nil); err != nil {
		t.Fatal(err)
	}
	scored := a.upload(t, "campaign.csv", data).Request.URL.Path
	a.finished(t, scored)
	a.post(t, "/customers/forget", url.Values{"id": {string(number)}, "sure": {"yes"}}).want(t, 200, "removed everywhere")
	if holds() {
		t.Error("the database's file or its log still holds the customer")
	}
	a.get(t, scored+"/scored.csv").want(t, 404)
	if left, err := filepath.Glob(filepath.Join(a.Uploads.Dir, "*.*")); err != nil || len(left) > 0 {
		t.Errorf("scored files stay behind: %v, %v", left, err)
	}
	a.get(t, "/charts/spending-by-marital-status.csv").want(t, 200)
}

// logScores scores every customer by the active model into the log.
func logScores(t *testing.T, s *store.Store) {
	t.Helper()
	m, info, err := s.LoadModel(t.Context(), service.ModelName, store.Active)
	if err != nil {
		t.Fatal(err)
	}
	with := segmentation.ScoreOptions{Store: s, Name: info.Name, Version: info.Version}
	for _, err := range segmentation.ScoreCustomers(t.Context(), m, s.Customers(t.Context()), with) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestOddTrainings: a day on which nothing can be counted is refused with the reason,
// and a number of clusters that makes no sense is told where the model is.
func TestOddTrainings(t *testing.T) {
	a := start(t, Config{})
	for day, want := range map[string]string{
		"2000-01-01": "nobody was a customer yet: the first joined on", "2100-01-01": "lies no more than a year ahead", "1800-01-01": "from 1900 on", "31.1.2015": "written as 2015-01-31",
	} {
		a.post(t, "/models/retrain", url.Values{"as_of": {day}}).want(t, 422, want)
		if code, told := a.json(t, "POST", "/api/v1/models/retrain", `{"as_of":"`+day+`"}`); code != 422 || told["field"] != "as_of" || !strings.Contains(fmt.Sprint(told["error"]), want) {
			t.Errorf("%s: %d %v, want %q", day, code, told, want)
		}
	}
	if a.Trainer.Now().State != service.StateIdle {
		t.Error("something is trained")
	}
	if strings.Contains(a.get(t, "/models").body, "are negative. Train again") {
		t.Error("customers are late whom the day is not before")
	}
	a.post(t, "/models/retrain", url.Values{"as_of": {"2013-06-01"}, "k": {"4"}, "activate": {"yes"}}).want(t, 200)
	if s := a.trained(t); s.State != service.StateDone {
		t.Fatalf("%+v", s)
	}
	a.get(t, "/models").want(t, 200, "customers joined after 1 June 2013, the day on which ages and months are counted")
	for k, want := range map[string]string{"1": "There is one cluster alone", "50": "50 clusters are many for "} {
		a.post(t, "/models/retrain", url.Values{"as_of": {"2015-01-01"}, "k": {k}, "activate": {"yes"}}).want(t, 200)
		if s := a.trained(t); s.State != service.StateDone {
			t.Fatalf("k = %s: %+v", k, s)
		}
		a.get(t, "/models").want(t, 200, want)
		charts := a.get(t, "/charts?tier=all")
		charts.want(t, 200, "The number of clusters was set to "+k)
		if strings.Contains(charts.body, "no clear knee") {
			t.Errorf("k = %s has a knee that was looked for", k)
		}
		a.get(t, "/charts/elbow.svg").want(t, 404)
	}
}
