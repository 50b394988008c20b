package site

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/store"
)

// trainSet brings a file as a dataset and trains it, with changes of the form of its
// roles, and returns its id.
func (a *app) trainSet(t testing.TB, name, content string, changes ...string) string {
	t.Helper()
	path := a.bring(t, name, content)
	form := a.rolesForm(t, path)
	for pair := range slices.Chunk(changes, 2) {
		form.Set(pair[0], pair[1])
	}
	a.post(t, path, form).want(t, 200)
	if now := a.trained(t); now.State != service.StateDone {
		t.Fatalf("%s: %+v", name, now)
	}
	return strings.TrimPrefix(path, "/data/")
}

// Forms and links of a page are about the customers that it was shown for, whichever
// the reader has chosen since.
func TestFormsNameTheirDataset(t *testing.T) {
	a := start(t, Config{})
	id := a.trainSet(t, "mall.csv", mall(60))
	customer := url.Values{"income": {"50000"}, "age": {"40"}, "spent": {"500"}, "tenure": {"20"}, "children": {"1"}}
	for page, links := range map[string][]string{
		"/?data=":                 {"Yearly income", `action="/predict?data="`, `action="/upload?data="`, `href="/charts?data=&amp;tier=Gold"`, `href="/segments/Gold.csv?data="`},
		"/charts?data=&tier=Gold": {`href="/charts?data=&amp;tier=all"`, `.csv?data=&amp;tier=Gold"`, `href="/segments/Gold.csv?data="`},
		"/chat?data=":             {`action="/chat?data="`, `href="/chat?data=&amp;about=Gold"`},
		"/chat?data=&about=Gold":  {`action="/chat?data="`, `href="/chat?data="`},
		"/explore?data=":          {`action="/explore?data="`, `name="data" value=""`, `data-table="/explore/table?data="`, `href="/explore?data=&amp;color=tier&amp;how=mean&amp;mark=bar&amp;x=education_level&amp;y=response"`},
		"/models?data=":           {"1,988", `action="/models/retrain?data="`, `href="/models?data=&amp;audit=all#audit"`},
		"/":                       {"Annual Income", `action="/predict?data=` + id + `"`, `href="/charts?data=` + id + `&amp;tier=Gold"`},
		"/chat":                   {`action="/chat?data=` + id + `"`},
		"/charts?tier=Gold":       {`.png?data=` + id + `&amp;tier=Gold"`},
		"/models":                 {`action="/models/retrain?data=` + id + `"`},
		"/explore?data=" + id:     {`action="/explore?data=` + id + `"`, `name="data" value="` + id + `"`},
		"/explore?data=&x=age&y=": {`href="/explore?data=&amp;how=mean&amp;mark=bar&amp;x=age&amp;y=&amp;format=csv"`},
	} {
		a.get(t, page).want(t, 200, links...)
	}
	result := a.post(t, "/predict?data=", customer)
	result.want(t, 200, "Yearly income", `href="/charts?data=&amp;tier=`, `href="/?data="`, `href="/?age=40&amp;children=1&amp;data=&amp;`)
	chat := a.post(t, "/chat?data=", url.Values{"question": {"average age by tier"}})
	chat.want(t, 200, "average age")
	chart := a.post(t, "/explore?data=", url.Values{"name": {"ages"}, "mark": {"histogram"}, "x": {"age"}, "how": {"mean"}})
	chart.want(t, 200, "ages")
	for _, path := range []string{result.Request.URL.Path, chat.Request.URL.Path} {
		c, err := a.Records.Conversation(t.Context(), path[strings.LastIndex(path, "/")+1:], "")
		if err != nil || c.Dataset != "" {
			t.Errorf("%s is about %q, %v", path, c.Dataset, err)
		}
	}
	if charts, err := a.Records.Charts(t.Context(), ""); err != nil || len(charts) != 1 {
		t.Errorf("there are %v, %v", charts, err)
	}
	// What is trained again leads back to its own models, and has no limits of the campaign.
	a.post(t, "/models/rollback?data=", nil).want(t, 409)
	r := a.post(t, "/models/1/activate?data=", nil)
	r.want(t, 200, "1,988", "The version is in use now")
	for body, want := range map[string]string{`{"as_of":"2015-01-01"}`: "as_of", `{"max_age":90}`: "max_age", `{"max_income":1e6}`: "max_income"} {
		if code, answer := a.json(t, "POST", "/api/v1/models/retrain?data="+id, body); code != 422 || answer["field"] != want {
			t.Errorf("%s is answered with %d, %v", body, code, answer)
		}
	}
}

// A file may have columns named as those of the score, and an id that is none: nothing
// of it is lost.
func TestColumnsOfTheScore(t *testing.T) {
	a := start(t, Config{})
	lines := strings.Split(strings.TrimSpace(mall(60)), "\n")
	for i := range lines {
		if i == 0 {
			lines[i] = strings.Replace(lines[i], "CustomerID", "id", 1) + ",tier,cluster"
			continue
		}
		lines[i] = fmt.Sprintf("1%s,%s,%d", lines[i], []string{"old", "new"}[i%2], i%2)
	}
	id := a.trainSet(t, "mall.csv", strings.Join(lines, "\n"), "role.0", roleNone, "role.5", roleDescribe, "role.6", roleNone, "value.6", "")
	a.post(t, "/models/1/activate", nil).want(t, 200, "The version is in use now")
	merged, err := a.Store.ReadTable(t.Context(), "webapp_data_"+id+"_merged", store.TableOptions{})
	if err != nil || !slices.Equal(merged.ColumnNames()[5:], []string{"tier (file)", "cluster (file)", "cluster", "tier"}) {
		t.Errorf("the merged table has %v, %v", merged.ColumnNames(), err)
	}
	up := a.upload(t, "new.csv", []byte("id,Gender,Age,Annual Income (k$),Spending Score (1-100),row\n10007,Male,30,95,15,x\n10009,Female,31,25,45,y\n"))
	a.finished(t, up.Request.URL.Path)
	rows, err := csv.NewReader(strings.NewReader(a.get(t, up.Request.URL.Path+"/scored.csv").body)).ReadAll()
	if err != nil || len(rows) != 3 || !slices.Equal(rows[0][:7], []string{"row", "id", "Gender", "Age", "Annual Income (k$)", "Spending Score (1-100)", "row (file)"}) || !slices.Equal(rows[2][:3], []string{"2", "10009", "Female"}) {
		t.Errorf("the scored file is %v, %v", rows, err)
	}
}

// ids are those of a table of a dataset.
func (a *app) ids(t testing.TB, id, suffix string) []string {
	t.Helper()
	table, err := a.Store.ReadTable(t.Context(), "webapp_data_"+id+suffix, store.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return table.Series("CustomerID").IDs()
}

// Forgetting in a dataset is all or nothing, is done in the one that is named alone, and
// what was loaded before is not used after.
func TestForgetInDatasets(t *testing.T) {
	a := start(t, Config{})
	one, two := a.trainSet(t, "one.csv", mall(60)), a.trainSet(t, "two.csv", mall(60))
	// An error on the way undoes everything, and who tries again finds everything.
	a.execute(t, "alter table webapp_datasets rename to elsewhere")
	if code := a.forget(t, "0007", "?data="+one); code != 500 {
		t.Errorf("a write that fails is answered with %d", code)
	}
	a.counts(t, one, 60)
	a.execute(t, "alter table elsewhere rename to webapp_datasets")
	before := a.Find(one)
	if snap, err := a.Load(before); err != nil || !slices.Contains(snap.IDs, "0007") {
		t.Fatalf("the customer is not there before: %v", err)
	}
	if code := a.forget(t, "0007", "?data="+one); code != 200 {
		t.Errorf("trying again is answered with %d", code)
	}
	a.counts(t, one, 59)
	a.counts(t, two, 60)
	if d := a.Find(one); d.Customers != 59 {
		t.Errorf("the dataset has %d customers", d.Customers)
	}
	a.checkStale(t, before)
	// The campaign customers alone, or one of others.
	campaign := a.Snapshot.Load().IDs[0]
	for query, want := range map[string]int{"?data=" + two: 404, "?data=00000000000000000000000000000000": 404} {
		if code := a.forget(t, campaign, query); code != want {
			t.Errorf("%s is answered with %d; want %d", query, code, want)
		}
	}
	if code := a.forget(t, "0008", "?data="); code != 404 {
		t.Errorf("a customer of others is forgotten by the campaign's with %d", code)
	}
	a.counts(t, two, 60)
	if code := a.forget(t, campaign, "?data="); code != 200 || slices.Contains(a.Snapshot.Load().IDs, campaign) {
		t.Errorf("the customer of the campaign is forgotten with %d", code)
	}
	// Where one dataset fails, what went from others is still cleaned away.
	forgets := a.Forgets.Load()
	a.Unscrubbed.Store(false)
	a.execute(t, `drop table "webapp_data_`+two+`"`)
	if code := a.forget(t, "0009", ""); code != 500 {
		t.Errorf("a dataset without its table is answered with %d", code)
	}
	a.counts(t, one, 58)
	if a.Forgets.Load() == forgets || !a.Unscrubbed.Load() {
		t.Error("what went before the error is not cleaned")
	}
	// One that cannot be loaded keeps nobody from another, and can be deleted.
	b := again(t, a, Config{})
	b.post(t, "/data/use", url.Values{"data": {two}})
	if r := b.get(t, "/"); r.StatusCode != 500 {
		t.Errorf("a dataset without its table is shown: %d", r.StatusCode)
	}
	b.post(t, "/data/use", url.Values{"data": {""}}).want(t, 200, "Yearly income")
	b.post(t, "/data/use", url.Values{"data": {two}})
	if err := b.Scrub(t.Context()); err != nil {
		t.Error(err)
	}
	b.post(t, "/data/"+two+"/delete", nil).want(t, 200)
	if unscrubbed, err := b.Records.Unscrubbed(t.Context()); err != nil || !unscrubbed {
		t.Errorf("after customers were deleted the files need no cleaning: %v", err)
	}
}

// forget deletes a customer, and returns the status of the answer.
func (a *app) forget(t *testing.T, id, query string) int {
	t.Helper()
	code, _ := a.json(t, "DELETE", "/api/v1/customers/"+id+query, "")
	return code
}

// counts checks the number of customers in the tables of a dataset.
func (a *app) counts(t *testing.T, id string, want int) {
	t.Helper()
	for _, suffix := range []string{"", "_unencoded", "_merged"} {
		if n := len(a.ids(t, id, suffix)); n != want {
			t.Errorf("%s%s has %d customers; want %d", id, suffix, n, want)
		}
	}
}

func (a *app) execute(t *testing.T, query string) {
	t.Helper()
	if _, err := a.Store.DB().Exec(query); err != nil {
		t.Fatal(err)
	}
}

// checkStale checks that who was forgotten does not come back with what was loaded
// before.
func (a *app) checkStale(t *testing.T, before *service.Dataset) {
	t.Helper()
	// A request that was on its way does not bring the customer back.
	r := &request{Request: httptest.NewRequest("GET", "/", nil), plain: a.locales.All()[0], set: before}
	err := a.withSnapshot(r, func() error {
		if slices.Contains(r.snap.IDs, "0007") || len(r.snap.IDs) != 59 {
			t.Error("an answer is made from what was forgotten")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	// Nor does one that waited for the dataset while it was loaded and replaced.
	stale := before.Snapshot.Swap(nil)
	a.Changing.Lock()
	loaded := make(chan *snapshot.Snapshot)
	go func() {
		snap, err := a.Load(before)
		if err != nil {
			t.Error(err)
		}
		loaded <- snap
	}()
	stacks := make([]byte, 1<<20)
	for !slices.ContainsFunc(strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n"), func(one string) bool {
		return strings.Contains(one, "sync.Mutex.Lock") && strings.Contains(one, "(*Service).Load(")
	}) {
		time.Sleep(time.Millisecond)
	}
	before.Snapshot.Store(stale)
	a.Changing.Unlock()
	if snap := <-loaded; snap == nil || slices.Contains(snap.IDs, "0007") {
		t.Error("what was forgotten is taken from a dataset that was replaced")
	}
}

// While the campaign is empty, and where a dataset has no model, forgetting and the
// models of others go on.
func TestDatasetsWithoutCampaign(t *testing.T) {
	a := start(t, Config{})
	id := a.trainSet(t, "mall.csv", mall(60))
	a.ClearSnapshot()
	if _, answer := a.json(t, "GET", "/api/v1/models?data="+id, ""); len(answer["models"].([]any)) != 1 || answer["models"].([]any)[0].(map[string]any)["rows"] != 60.0 {
		t.Errorf("the models are %v", answer)
	}
	untrained := strings.TrimPrefix(a.bring(t, "new.csv", strings.ReplaceAll(mall(30), "\n00", "\nA0")), "/data/")
	a.post(t, "/data/use", url.Values{"data": {untrained}}).want(t, 200, "new")
	a.post(t, "/customers/forget", url.Values{"id": {"A007"}, "sure": {"yes"}})
	if got := a.ids(t, untrained, ""); len(got) != 29 || slices.Contains(got, "A007") {
		t.Errorf("after forgetting there are %v", got)
	}
	// Only signed models are used, where there are keys.
	a.Find(id).Snapshot.Store(nil)
	a.Signed = []byte("{}")
	if snap, err := a.Load(a.Find(id)); !errors.Is(err, service.ErrUnsigned) {
		t.Errorf("a model without a signature is used: %v, %v", snap != nil, err)
	}
	a.Signed = nil
	// A file that was read before somebody was forgotten is not kept.
	source, err := segmentation.Open(t.Context(), strings.NewReader(mall(30)), segmentation.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sets := len(a.Listed())
	err = a.KeepSource(context.Background(), &service.UploadJob{Name: "late.csv"}, source, "anna", a.Forgets.Load()-1)
	if err == nil || !strings.Contains(err.Error(), "forgotten while the file was read") || len(a.Listed()) != sets {
		t.Errorf("a file of before is kept: %v", err)
	}
	// A list that is read meanwhile has a new one once.
	read := make(chan error)
	go func() {
		var err error
		for err == nil && len(a.Listed()) == sets {
			err = a.ReadDatasets(context.Background())
		}
		read <- err
	}()
	path := a.bring(t, "once.csv", mall(30))
	if err := <-read; err != nil {
		t.Error(err)
	}
	if got := a.Listed(); len(got) != sets+1 || "/data/"+got[sets].ID != path {
		t.Errorf("there are %d datasets after one came to %d", len(got), sets)
	}
}
