package site

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// marked is a campaign file in which a customer has an id and a word that nobody
// else has.
const (
	markedID   = "777123456"
	markedWord = "Zqxjkdistinctive"
)

func markedFile(t *testing.T, n int) (path string, data []byte) {
	t.Helper()
	lines := bytes.SplitAfter(testdata.Customers, []byte("\n"))[:n+1]
	cells := bytes.Split(lines[2], []byte("\t"))
	cells[0], cells[3] = []byte(markedID), []byte(markedWord)
	lines = slices.Clone(lines)
	lines[2] = bytes.Join(cells, []byte("\t"))
	data = bytes.Join(lines, nil)
	path = filepath.Join(t.TempDir(), "campaign.csv")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, data
}

// holding lists the files below some folders, or with some paths, that hold one
// of some texts.
func holding(t *testing.T, texts []string, paths ...string) (out []string) {
	t.Helper()
	for _, path := range paths {
		err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			for _, text := range texts {
				if bytes.Contains(b, []byte(text)) {
					out = append(out, path+" holds "+text)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// mention makes the app keep texts that mention the marked customer wherever it
// keeps texts, and others beside them. It gives the addresses of both.
func mention(t *testing.T, a *app, data []byte) (gone, stay []string) {
	t.Helper()
	ctx := context.Background()
	ask := func(path, question string) string {
		r := a.post(t, path, url.Values{"question": {question}})
		r.want(t, 200)
		return r.Request.URL.Path
	}
	renamed := ask("/chat", "average income by tier")
	a.post(t, renamed+"/rename", url.Values{"title": {"about " + markedID}}).want(t, 200)
	late := ask("/chat", "average spending by tier")
	ask(late, "and what of customer "+markedID+"?")
	gone = []string{ask("/chat", "show customer "+markedID), ask("/chat", "average income of "+strings.ToLower(markedWord)+" customers, I mean "+markedWord), renamed, late}
	stay = []string{ask("/chat", "average income by tier"), ask("/chat", "show customer "+markedID+"0")}
	chart := func(name string) string {
		r := a.post(t, "/explore", url.Values{"name": {name}, "mark": {"bar"}, "x": {"tier"}, "y": {"spent"}, "how": {"mean"}})
		r.want(t, 200)
		return r.Request.URL.Path
	}
	gone = append(gone, chart("without "+markedID))
	stay = append(stay, chart("spending"))
	spec, err := a.Records.SaveChart(ctx, "", "filtered", `{"walker":{"encodings":{"filters":[{"fid":"id","rule":{"value":["`+markedID+`"]}}]},"config":{},"layout":{}}}`)
	if err != nil {
		t.Fatal(err)
	}
	gone = append(gone, "/explore/"+spec)
	q := service.TrainRequest{AsOf: testdata.AsOf, K: 4, Activate: true, Note: "without " + markedID}
	if _, err := a.Train(ctx, q, nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Records.Audit(ctx, "anna", "training begun", service.AuditDetail{Version: 2, Note: q.Note}), a.Reload(ctx)); err != nil {
		t.Fatal(err)
	}
	// An earlier version kept words in the audit log.
	if _, err := a.Store.DB().Exec(a.Store.DB().Rebind(`insert into webapp_audit (id, at, who, what, detail) values (?, 1, 'anna', 'training begun', ?)`), web.NewID(), "version 1, "+q.Note); err != nil {
		t.Fatal(err)
	}
	logScores(t, a.Store)
	scored := a.upload(t, "campaign.csv", data).Request.URL.Path
	a.finished(t, scored)
	named := a.upload(t, markedID+".csv", bytes.ReplaceAll(data, []byte(markedID), []byte("5"))).Request.URL.Path
	a.finished(t, named)
	gone = append(gone, scored, named)
	for _, path := range slices.Concat(gone, stay) {
		a.get(t, path).want(t, 200)
	}
	return gone, stay
}

// forgetMarked forgets the marked customer and holds that nothing shows it.
func forgetMarked(t *testing.T, a *app, gone, stay []string) {
	t.Helper()
	a.post(t, "/customers/forget", url.Values{"id": {markedID}, "sure": {"yes"}}).want(t, 200, "removed everywhere", "customer forgotten", "files of the database cleaned", "it mentioned a customer who was forgotten")
	for _, path := range gone {
		a.get(t, path).want(t, 404)
	}
	for _, path := range stay {
		a.get(t, path).want(t, 200)
	}
	for _, path := range []string{"/", "/models?audit=all", "/chat", "/explore", "/explore/table", "/charts", "/api/v1/models", "/api/v1/audit", "/api/v1/customers", "/api/v1/profile"} {
		r := a.get(t, path)
		r.want(t, 200)
		for _, text := range []string{markedID, markedWord} {
			if at := strings.Index(r.body, text); at >= 0 && !strings.HasPrefix(r.body[at:], markedID+"0") {
				t.Errorf("%s shows %.60q", path, r.body[at:])
			}
		}
	}
}

// After somebody was forgotten neither the database's files nor the folder of the
// uploads hold the id or a word of it, wherever it was mentioned.
func TestForgetTexts(t *testing.T) {
	campaign, data := markedFile(t, 300)
	file := filepath.Join(t.TempDir(), "app.db")
	was := newDatabase
	defer func() { newDatabase = was }()
	newDatabase = func(testing.TB) string { return "sqlite:" + file }
	a := start(t, Config{Data: campaign, AsOf: testdata.AsOf})
	gone, stay := mention(t, a, data)
	// The one that stays has the id of another customer, with a figure more.
	texts := []string{markedID, markedWord, strings.ToLower(markedWord)}
	if len(holding(t, texts[:2], file, a.Uploads.Dir)) < 3 {
		t.Fatal("the files do not hold the customer to begin with")
	}
	forgetMarked(t, a, gone, stay)
	a.post(t, stay[1]+"/delete", nil).want(t, 200)
	if err := a.Store.Scrub(context.Background(), store.ScrubOptions{}); err != nil {
		t.Fatal(err)
	}
	if left := holding(t, texts, file, file+"-wal", a.Uploads.Dir); len(left) > 0 {
		t.Errorf("after forgetting %s", strings.Join(left, "\n"))
	}
	// Who is in texts alone can be forgotten too.
	chat := a.post(t, "/chat", url.Values{"question": {"show customer 31415926"}}).Request.URL.Path
	if code, told := a.json(t, "DELETE", "/api/v1/customers/31415926", ""); code != 200 || told["scrubbed"] != true {
		t.Errorf("forgetting somebody who is in a conversation alone answers %d, %v", code, told)
	}
	a.get(t, chat).want(t, 404)
	// A word that no customer has for an id removes nothing but what names one by it.
	chat = a.post(t, "/chat", url.Values{"question": {"average income by tier"}}).Request.URL.Path
	a.post(t, "/customers/forget", url.Values{"id": {"income"}, "sure": {"yes"}}).want(t, 200, "no customer of that id")
	a.get(t, chat).want(t, 200)
}

// On PostgreSQL the files of the tables hold nothing either. The write-ahead log
// does until its segments are written over; the guide says so.
func TestForgetTextsOnPostgreSQL(t *testing.T) {
	base, _ := ownPostgres(t)
	campaign, data := markedFile(t, 300)
	was := newDatabase
	defer func() { newDatabase = was }()
	newDatabase = func(t testing.TB) string { return schemaOf(t, base) }
	a := start(t, Config{Data: campaign, AsOf: testdata.AsOf})
	gone, stay := mention(t, a, data)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	heap := filepath.Join(u.Query().Get("host"), "data", "base")
	// The statistics hold samples, which autovacuum takes by itself in time.
	execute := func(query string) {
		t.Helper()
		if _, err := a.Store.DB().Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	execute("analyze")
	execute("checkpoint")
	texts := []string{markedID, markedWord, strings.ToLower(markedWord)}
	if len(holding(t, texts[:2], heap)) < 3 {
		t.Fatalf("the files of %s do not hold the customer to begin with", heap)
	}
	forgetMarked(t, a, gone, stay)
	a.post(t, stay[1]+"/delete", nil).want(t, 200)
	if err := a.Store.Scrub(context.Background(), store.ScrubOptions{Tables: service.RecordTables}); err != nil {
		t.Fatal(err)
	}
	execute("checkpoint")
	if left := holding(t, texts, heap, a.Uploads.Dir); len(left) > 0 {
		t.Errorf("after forgetting %s", strings.Join(left, "\n"))
	}
}

// A start takes away what a killed app left of uploads, and nothing else.
func TestLeftUploads(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	folder := func(name string, old bool, files ...string) string {
		dir := filepath.Join(tmp, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(dir, f), []byte(markedID), 0o600); err != nil {
				t.Fatal(err)
			}
			if old {
				then := time.Now().Add(-2 * upload.KeptFor)
				if err := os.Chtimes(filepath.Join(dir, f), then, then); err != nil {
					t.Fatal(err)
				}
			}
		}
		return dir
	}
	id := web.NewID()
	running, err := upload.New[service.UploadState](upload.Options{Pattern: "webapp-*"})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(running.Dir, id+".out")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	gone := []string{folder("webapp-1", false, "lock", id+".csv", id+".raw"), folder("webapp-2", true, id+".csv"), folder("webapp-3", false, "lock")}
	stay := []string{running.Dir, folder("webapp-4", false, id+".csv"), folder("webapp-5", false), folder("webapp-6", true, "mine.csv"), folder("webapp-7", true, "lock", "mine"), folder("other", true, id+".csv")}
	if err := os.Symlink(filepath.Join(tmp, "other"), filepath.Join(tmp, "webapp-8")); err != nil {
		t.Fatal(err)
	}
	second, err := upload.New[service.UploadState](upload.Options{Pattern: "webapp-*"})
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range gone {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s stays, %v", dir, err)
		}
	}
	for _, dir := range append(stay, second.Dir, file, filepath.Join(tmp, "other", id+".csv")) {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
	if err := errors.Join(running.Close(), second.Close()); err != nil {
		t.Error(err)
	}
}

// Who is forgotten while a file is scored that names it is not in the scored file.
func TestForgetWhileScoring(t *testing.T) {
	a := start(t, Config{Uploads: 1})
	if err := a.Uploads.Slots.Acquire(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for id, kept := range map[string]bool{markedID: false, "5": true} {
		data := bytes.Replace(campaignOf2024(1), []byte("\n1,"), []byte("\n"+id+","), 1)
		paths[a.upload(t, "f.csv", data).Request.URL.Path] = kept
	}
	if n := a.Uploads.Drop(service.NewErasure(markedID).IsIn); n != 0 {
		t.Errorf("%d files that are being scored were let go of", n)
	}
	a.Uploads.Slots.Release(1)
	a.left(t, 1)
	for path, kept := range paths {
		if a.Uploads.Get(strings.TrimPrefix(path, "/upload/")) != nil != kept {
			t.Errorf("%s is kept: %v, want %v", path, !kept, kept)
		}
	}
}

// What a kill left uncleaned is cleaned after the next start.
func TestScrubAfterKill(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	if _, err := a.Erase(ctx, "anna", a.Snapshot.Load().IDs[0], nil); err != nil {
		t.Fatal(err)
	}
	a.get(t, "/models").want(t, 200, "still to be cleaned")
	b, err := New(ctx, Config{}, a.Store, nil, a.Site.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	for _, want := range []bool{true, false} {
		if err := b.Prepare(ctx); err != nil {
			t.Fatal(err)
		}
		if got := b.Unscrubbed.Load(); got != want {
			t.Errorf("still to be cleaned: %v, want %v", got, want)
		}
		if err := b.Scrub(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// A training that has read somebody who was forgotten meanwhile writes nobody
// back.
func TestForgetWhileTraining(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	id := a.Snapshot.Load().IDs[0]
	first := true
	_, err := a.Train(ctx, service.TrainRequest{AsOf: testdata.AsOf, K: 3, Activate: true}, func(int, int) {
		if first {
			first = false
			if n, err := a.Erase(ctx, "anna", id, nil); n == 0 || err != nil {
				t.Errorf("forgetting %d, %v", n, err)
			}
		}
	})
	if !errors.Is(err, service.ErrForgotten) {
		t.Errorf("the training says %v, want %v", err, service.ErrForgotten)
	}
	for _, table := range []string{a.Store.Tables().Unencoded, a.Store.Tables().Merged} {
		var n int
		if err := a.Store.DB().Get(&n, a.Store.DB().Rebind("select count(*) from "+table+" where id = ?"), id); err != nil || n != 0 {
			t.Errorf("%s has the customer %d times, %v", table, n, err)
		}
	}
	if _, err := a.Train(ctx, service.TrainRequest{AsOf: testdata.AsOf, K: 3, Activate: true}, nil); err != nil {
		t.Error(err)
	}
}

// few is a database with n customers, on whom a model was trained with others.
func few(t *testing.T, a *app, n int) []string {
	t.Helper()
	ctx := context.Background()
	var kept []features.Customer
	for c, err := range a.Store.FetchCustomers(ctx, store.FetchOptions{Policy: features.Skip}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(kept) < n {
			kept = append(kept, c)
		}
	}
	if _, err := a.Store.SaveCustomers(ctx, func(yield func(features.Customer, error) bool) {
		for _, c := range kept {
			if !yield(c, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.ReloadIfChanged(ctx); err != nil {
		t.Fatal(err)
	}
	ids := make([]string, n)
	for i, c := range kept {
		ids[i] = c.ID
	}
	return ids
}

// The last customer can be forgotten; then every page says that there are none,
// also after a start, until there are some again. A start reads no sample.
func TestForgetTheLast(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	ids := few(t, a, 2)
	a.get(t, "/").want(t, 200)
	a.get(t, "/charts").want(t, 200)
	if code, _ := a.json(t, "DELETE", "/api/v1/customers/"+ids[0], ""); code != 200 {
		t.Fatalf("forgetting one of two answers %d", code)
	}
	for _, path := range []string{"/", "/charts", "/explore", "/explore/table", "/chat", "/models", "/api/v1/profile", "/api/v1/customers"} {
		a.get(t, path).want(t, 200)
	}
	a.post(t, "/customers/forget", url.Values{"id": {ids[1]}, "sure": {"yes"}}).want(t, 200, "removed everywhere", "There are no customers", "examples/train -data FILE")
	tables := a.Store.Tables()
	for _, name := range []string{tables.Customers, tables.Unencoded, tables.Encoded, tables.Merged} {
		if n, err := a.Store.Count(ctx, name); err != nil || n != 0 {
			t.Errorf("%s has %d rows, %v", name, n, err)
		}
	}
	none := func(a *app) {
		t.Helper()
		for _, path := range []string{"/", "/charts", "/explore", "/chat", "/models", "/charts/tiers.png", "/result/" + web.NewID(), "/upload/" + web.NewID()} {
			a.get(t, path).want(t, 200, "There are no customers")
		}
		for _, path := range []string{"/api/v1/profile", "/api/v1/customers", "/api/v1/customers/" + ids[1], "/api/v1/charts/tiers"} {
			if code, said := a.json(t, "GET", path, ""); code != 409 || !strings.Contains(said["error"].(string), "no customers") {
				t.Errorf("%s answers %d, %v", path, code, said)
			}
		}
		for path, body := range map[string]string{"/api/v1/predict": `{"age":40}`, "/api/v1/ask": `{"question":"x"}`, "/api/v1/models/1/activate": "", "/api/v1/models/retrain": ""} {
			if code, said := a.json(t, "POST", path, body); code != 409 {
				t.Errorf("%s answers %d, %v", path, code, said)
			}
		}
		a.post(t, "/predict", url.Values{"age": {"40"}}).want(t, 200, "There are no customers")
		a.post(t, "/customers/forget", url.Values{"id": {"12345678"}, "sure": {"yes"}}).want(t, 200, "There are no customers")
		for path, text := range map[string]string{"/api/v1/models": `"models"`, "/api/v1/audit": "customer forgotten", "/readyz": "no customers", "/healthz": "ok", "/metrics": "webapp_customers 0"} {
			a.get(t, path).want(t, 200, text)
		}
		if code, _ := a.json(t, "DELETE", "/api/v1/customers/"+ids[1], ""); code != 404 {
			t.Errorf("forgetting twice answers %d", code)
		}
		if err := a.ReloadIfChanged(ctx); err != nil || a.Snapshot.Load() != nil {
			t.Errorf("looking for customers says %v, or found some", err)
		}
	}
	none(a)
	if err := a.withSnapshot(&request{Request: httptest.NewRequest("GET", "/", nil), set: &a.Dataset}, nil); err == nil {
		t.Error("an answer is made of no customers")
	}
	// A start on such a database.
	second := again(t, a, Config{})
	none(second)
	if !strings.Contains(second.log.String(), "there are no customers in the database") {
		t.Errorf("the log says nothing of it:\n%s", second.log)
	}
	// Customers come back.
	if _, err := a.Store.Ingest(ctx, bytes.NewReader(testdata.Customers), store.IngestOptions{Read: features.ReadOptions{Policy: features.Skip}}); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*app{a, second} {
		if err := a.ReloadIfChanged(ctx); err != nil {
			t.Fatal(err)
		}
		a.get(t, "/").want(t, 200, "Predict")
		a.get(t, "/readyz").want(t, 200, `"ready"`)
	}
}

// The sample, or the file of -data, is read into a database that never had
// customers, and into no other.
func TestNoSampleInTheirPlace(t *testing.T) {
	campaign, _ := markedFile(t, 50)
	for name, empty := range map[string][]string{
		"emptied":                {`delete from customers`},
		"emptied, and no models": {`delete from customers`, `delete from segmentation_activations`, `delete from segmentation_models`},
	} {
		for _, cfg := range []Config{{}, {Data: campaign}, {Model: "nowhere.json"}} {
			a := start(t, Config{})
			for _, query := range empty {
				if _, err := a.Store.DB().Exec(query); err != nil {
					t.Fatal(err)
				}
			}
			if strings.Contains(name, "models") {
				if err := a.Records.Audit(context.Background(), "anna", service.DidForget, service.AuditDetail{}); err != nil {
					t.Fatal(err)
				}
			}
			b := again(t, a, cfg)
			if n, err := a.Store.Count(context.Background(), a.Store.Tables().Customers); err != nil || n != 0 {
				t.Errorf("%s: there are %d customers after a start, %v", name, n, err)
			}
			b.get(t, "/").want(t, 200, "There are no customers")
		}
	}
}

// Conversations and results that nobody goes on with are deleted in time.
func TestExpire(t *testing.T) {
	const day = 24 * time.Hour
	a := start(t, Config{Keep: 30 * day})
	ctx := context.Background()
	old := a.post(t, "/chat", url.Values{"question": {"average income by tier"}}).Request.URL.Path
	young := a.post(t, "/chat", url.Values{"question": {"average income by tier"}}).Request.URL.Path
	result := a.post(t, "/predict", goodForm).Request.URL.Path
	for path, age := range map[string]time.Duration{old: 31 * day, young: 29 * day, result: 31 * day} {
		if _, err := a.Store.DB().Exec(a.Store.DB().Rebind(`update webapp_conversations set updated_at = ? where id = ?`), time.Now().Add(-age).UnixMicro(), filepath.Base(path)); err != nil {
			t.Fatal(err)
		}
	}
	forever := again(t, a, Config{})
	if err := forever.Expire(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	a.get(t, old).want(t, 200)
	if err := a.Expire(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	a.get(t, old).want(t, 404)
	a.get(t, result).want(t, 404)
	a.get(t, young).want(t, 200)
	a.get(t, "/metrics").want(t, 200, `webapp_expired_total{kind="chat"} 1`, `webapp_expired_total{kind="result"} 1`)
	a.get(t, "/models").want(t, 200, "old conversations deleted")
	if !strings.Contains(a.log.String(), "old conversations were deleted") {
		t.Errorf("the log does not tell:\n%s", a.log)
	}
	var left int
	if err := a.Store.DB().Get(&left, a.Store.DB().Rebind(`select count(*) from webapp_messages where conversation_id in (?, ?)`), filepath.Base(old), filepath.Base(result)); err != nil || left != 0 {
		t.Errorf("%d messages are left, %v", left, err)
	}
}

// TestForgetAsks: without scripts a page asks before anybody is forgotten, and keeps
// what the form was about.
func TestForgetAsks(t *testing.T) {
	a := start(t, Config{})
	id := a.Snapshot.Load().IDs[0]
	r := a.post(t, "/customers/forget", url.Values{"id": {id}})
	r.want(t, 200, "Remove customer "+id+" everywhere?", `name="id" value="`+id+`"`, `name="sure" value="yes"`, `action="/customers/forget"`, "Keep the customer")
	if code, _ := a.json(t, "GET", "/api/v1/customers/"+id, ""); code != 200 {
		t.Fatalf("the customer is gone before it was asked: %d", code)
	}
	a.post(t, "/customers/forget?data=", url.Values{"id": {id}}).want(t, 200, `action="/customers/forget?data="`)
	a.post(t, "/customers/forget", url.Values{"id": {id}, "sure": {"yes"}}).want(t, 200, "removed everywhere")
	if code, _ := a.json(t, "GET", "/api/v1/customers/"+id, ""); code != 404 {
		t.Errorf("the customer is still there: %d", code)
	}
}
