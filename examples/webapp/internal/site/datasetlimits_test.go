package site

import (
	"encoding/csv"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/store"
)

// Limits of columns leave customers out of segments, lists and charts, are told with
// counts, and hold in the next training; whom they leave out is scored with a word of care.
func TestDatasetLimits(t *testing.T) {
	a := start(t, Config{})
	path := a.bring(t, "mall.csv", mall(120))
	a.get(t, path).want(t, 200, `name="least.2"`, `name="most.4"`, "Least value of Age that stays")
	form := a.rolesForm(t, path)
	for _, wrong := range [][2]string{{"least.2", "old"}, {"most.2", "NaN"}, {"least.2", "70"}, {"least.1", "1"}} {
		bad := url.Values{"most.2": {"60"}}
		for k, v := range form {
			bad[k] = v
		}
		bad.Set(wrong[0], wrong[1])
		page := a.post(t, path, bad)
		page.want(t, 422, "have to be numbers")
		if wrong[0] != "least.1" { // which the page has no field for
			page.want(t, 422, `value="`+wrong[1]+`"`)
		}
	}
	form.Set("least.2", "25")
	form.Set("most.2", "60")
	form.Set("most.3", "1e6")
	a.post(t, path, form).want(t, 200)
	if now := a.trained(t); now.State != service.StateDone {
		t.Fatalf("%+v", now)
	}
	id := strings.TrimPrefix(path, "/data/")
	table, err := a.Store.ReadTable(t.Context(), "webapp_data_"+id, store.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	young, old := 0, 0
	for i := range table.Len() {
		switch age := table.Series("Age").Number(i); {
		case age < 25:
			young++
		case age > 60:
			old++
		}
	}
	stay := table.Len() - young - old
	told := []string{strconv.Itoa(young+old) + " of 120 customers are left out by the limits of the columns", strconv.Itoa(young) + " with Age below 25", strconv.Itoa(old) + " with Age above 60"}
	page := a.get(t, path)
	page.want(t, 200, append(told, `name="least.2" placeholder="no limit" value="25"`, `name="most.2" placeholder="no limit" value="60"`, `name="most.3" placeholder="no limit" value="1000000"`)...)
	if strings.Contains(page.body, "1,000,000;") {
		t.Errorf("limits that leave out nobody are told: %s", page.body)
	}
	a.get(t, "/models").want(t, 200, told...)
	set := func() *service.Dataset { return a.Find(id) }
	if n := set().Snapshot.Load().Customers.Table.Len(); n != stay || table.Len() != 120 {
		t.Errorf("%d of %d customers have a segment, want %d", n, table.Len(), stay)
	}
	listed := 0
	for _, tier := range set().Snapshot.Load().Tiers {
		rows, err := csv.NewReader(strings.NewReader(a.get(t, "/segments/"+tier+".csv").body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		listed += len(rows) - 1
	}
	if listed != stay {
		t.Errorf("the lists have %d customers, want %d", listed, stay)
	}

	up := a.upload(t, "new.csv", []byte("CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100)\n1,Male,19,95,15\n2,Male,30,95,15\n"))
	a.finished(t, up.Request.URL.Path).want(t, 200, "1 customer is outside the limits of the columns")

	// The next training has them, too, and so has an app that is started anew.
	a.post(t, "/models/retrain", url.Values{"activate": {"1"}, "k": {"2"}}).want(t, 200)
	a.trained(t)
	if m := set().Snapshot.Load(); m.Version != 2 || m.Customers.Table.Len() != stay || m.Model.Least()["Age"] != 25 || m.Model.Limits()["Age"] != 60 {
		t.Errorf("version %d has %d customers and remembers %v, %v", m.Version, m.Customers.Table.Len(), m.Model.Least(), m.Model.Limits())
	}
	b := again(t, a, Config{})
	b.get(t, "/?data="+id).want(t, 200, "Annual Income")
	if n := b.Find(id).Snapshot.Load().Customers.Table.Len(); n != stay {
		t.Errorf("a new start has %d customers, want %d", n, stay)
	}

	// Without limits all come back; the first version still has its own.
	for _, limit := range []string{"least.2", "most.2", "most.3"} {
		form.Del(limit)
	}
	a.post(t, path, form).want(t, 200)
	a.trained(t)
	if n := set().Snapshot.Load().Customers.Table.Len(); n != 120 {
		t.Errorf("without limits there are %d customers", n)
	}
	a.post(t, "/models/1/activate?data="+id, nil).want(t, 200, "The version is in use now")
	if n := set().Snapshot.Load().Customers.Table.Len(); n != stay {
		t.Errorf("the first version has %d customers, want %d", n, stay)
	}

	// Limits that leave out everybody make no model, and are told.
	form.Set("least.2", "200")
	a.post(t, path, form).want(t, 200)
	if now := a.trained(t); now.State != service.StateFailed {
		t.Errorf("%+v", now)
	}
	a.get(t, path).want(t, 200, "120 of 120 customers are left out", "120 with Age below 200")
}

// The day on which orders are counted can be changed after they were brought: the next
// training counts on it, and an earlier version on its own.
func TestOrdersDay(t *testing.T) {
	a := start(t, Config{})
	path := a.bring(t, "orders.csv", orders(60))
	id := strings.TrimPrefix(path, "/data/")
	set := func() *service.Dataset { return a.Find(id) }
	first := set().Day()
	page := a.get(t, path)
	page.want(t, 200, `name="as_of" value="`+first.Format(time.DateOnly)+`"`, "days since the first and the last purchase")
	if strings.Contains(page.body, "no day was given") {
		t.Error("the page tells of a day that can be changed on it")
	}
	recency := func() []float64 { return set().Snapshot.Load().Customers.Table.Series("recency").Numbers() }
	form := a.rolesForm(t, path)
	a.post(t, path, form).want(t, 200)
	a.trained(t)
	before := recency()
	result := a.post(t, "/predict", url.Values{"c0": {strconv.Itoa(int(before[3]))}, "c1": {a.value(t, id, "frequency", 3)}, "c2": {a.value(t, id, "monetary", 3)}})
	result.want(t, 200, "This customer is")

	for _, wrong := range []string{"yesterday", "0001-01-01"} {
		form.Set("as_of", wrong)
		a.post(t, path, form).want(t, 422, `name="as_of" value="`+wrong+`"`)
	}
	for _, days := range []int{100, -30} {
		day := first.AddDate(0, 0, days)
		form.Set("as_of", day.Format(time.DateOnly))
		a.post(t, path, form).want(t, 200)
		if now := a.trained(t); now.State != service.StateDone {
			t.Fatalf("%+v", now)
		}
		for i, v := range recency() {
			if v != before[i]+float64(days) {
				t.Fatalf("on %s customer %d has a recency of %v, and %v on %s", day, i, v, before[i], first)
			}
		}
		snap := set().Snapshot.Load()
		if !set().Day().Equal(day) || !snap.Model.AsOf().Equal(day) || !snap.Customers.Table.AsOf().Equal(day) {
			t.Errorf("the days are %s, %s, %s; want %s", set().Day(), snap.Model.AsOf(), snap.Customers.Table.AsOf(), day)
		}
		least := strconv.FormatFloat(slices.Min(recency()), 'f', -1, 64)
		page := a.get(t, path)
		page.want(t, 200, `name="as_of" value="`+day.Format(time.DateOnly)+`"`)
		if ahead := strings.Contains(page.body, "Some bought after this day"); ahead != (days < 0) || set().Columns.V[1].Least != least {
			t.Errorf("on %s: ahead %v, the least recency is %s, want %s", day, ahead, set().Columns.V[1].Least, least)
		}
	}
	// A training from the page of the models counts on the day that was chosen last.
	a.post(t, "/models/retrain", url.Values{"activate": {"1"}}).want(t, 200)
	a.trained(t)
	if got := recency()[0]; got != before[0]-30 {
		t.Errorf("the training again has a recency of %v, want %v", got, before[0]-30)
	}
	b := again(t, a, Config{})
	b.get(t, "/?data="+id).want(t, 200)
	if got := b.Find(id).Snapshot.Load().Customers.Table.Series("recency").Number(0); got != before[0]-30 {
		t.Errorf("a new start has a recency of %v, want %v", got, before[0]-30)
	}
	a.post(t, "/models/1/activate?data="+id, nil).want(t, 200, "The version is in use now")
	if got := recency(); !slices.Equal(got, before) {
		t.Errorf("the first version has a recency of %v, want %v", got, before)
	}

	// Who is forgotten is so in results of every day on which they were counted.
	customer := set().Snapshot.Load().Customers.IDs()[3]
	if code, answer := a.json(t, "DELETE", "/api/v1/customers/"+customer+"?data="+id, ""); code != 200 || answer["forgotten"].(float64) < 2 {
		t.Errorf("forgetting is answered with %d, %v", code, answer)
	}
	a.get(t, result.Request.URL.Path).want(t, 404)
}

// value is a value of a customer of a dataset as a form takes it.
func (a *app) value(t testing.TB, id, column string, row int) string {
	t.Helper()
	return strconv.FormatFloat(a.Find(id).Snapshot.Load().Customers.Table.Series(column).Number(row), 'g', -1, 64)
}

// A table that has a day has a field for it, and one without days has none.
func TestDayOfTable(t *testing.T) {
	a := start(t, Config{})
	if page := a.get(t, a.bring(t, "mall.csv", mall(30))); strings.Contains(page.body, `name="as_of"`) {
		t.Error("a table without days asks for one")
	}
	lines := strings.Split(strings.TrimSpace(mall(30)), "\n")
	for i := range lines {
		lines[i] += map[bool]string{true: ",Joined", false: ",2024-03-1" + strconv.Itoa(i%10)}[i == 0]
	}
	path := a.bring(t, "joined.csv", strings.Join(lines, "\n"))
	a.get(t, path).want(t, 200, `name="as_of" value=""`, "The model remembers it")
	form := a.rolesForm(t, path)
	form.Set("as_of", "2024-06-01")
	a.post(t, path, form).want(t, 200)
	if now := a.trained(t); now.State != service.StateDone {
		t.Fatalf("%+v", now)
	}
	d := a.Find(strings.TrimPrefix(path, "/data/"))
	if want := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC); !d.Snapshot.Load().Model.AsOf().Equal(want) || !d.Day().Equal(want) {
		t.Errorf("the model remembers %s", d.Snapshot.Load().Model.AsOf())
	}
}

// Customers of whom no model is made are deleted after a day, the file and all; those
// that are trained on, or were, stay.
func TestUntrainedExpire(t *testing.T) {
	a := start(t, Config{})
	kept := a.trainSet(t, "kept.csv", mall(30))
	path := a.bring(t, "left.csv", mall(40))
	left := strings.TrimPrefix(path, "/data/")
	a.get(t, path).want(t, 200, "for good once segments are made")
	a.get(t, "/data").want(t, 200, "no segments yet; deleted on")
	if page := a.get(t, "/data/"+kept); strings.Contains(page.body, "for good once segments are made") {
		t.Error("the page of customers with a model tells of a day on which they are deleted")
	}
	brought := a.Find(left).Created()
	expire := func(after time.Duration) {
		t.Helper()
		if err := a.ExpireSets(t.Context(), brought.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	expire(service.UntrainedFor - time.Minute)
	if a.Find(left) == nil {
		t.Fatal("the customers are gone before their day")
	}
	a.Trainer.Change(func(now *service.TrainingStatus) { now.State, now.Dataset = service.StateRunning, left })
	expire(service.UntrainedFor)
	if a.Find(left) == nil {
		t.Fatal("the customers are gone while they are trained on")
	}
	a.Trainer.Change(func(now *service.TrainingStatus) { now.State = service.StateFailed })
	forgets := a.Forgets.Load()
	expire(service.UntrainedFor)
	if a.Find(left) != nil || a.Find(kept) == nil || !a.Unscrubbed.Load() || a.Forgets.Load() != forgets {
		t.Errorf("left %v, kept %v", a.Find(left), a.Find(kept))
	}
	a.get(t, path).want(t, 404)
	if _, err := a.Store.ReadTable(t.Context(), "webapp_data_"+left, store.TableOptions{Read: features.TableOptions{}}); err == nil {
		t.Error("the table of the customers is still there")
	}
	a.get(t, "/models?data=&audit=all").want(t, 200, "customers deleted, of whom no model was made")
}
