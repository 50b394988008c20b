package site

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

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
	if now := a.trained(t); now.State != stateDone {
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
		c, err := a.records.conversation(t.Context(), path[strings.LastIndex(path, "/")+1:], "")
		if err != nil || c.Dataset != "" {
			t.Errorf("%s is about %q, %v", path, c.Dataset, err)
		}
	}
	if charts, err := a.records.charts(t.Context(), ""); err != nil || len(charts) != 1 {
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
	merged, err := a.store.ReadTable(t.Context(), "webapp_data_"+id+"_merged", store.TableOptions{})
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
