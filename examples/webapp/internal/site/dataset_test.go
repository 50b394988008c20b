package site

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
	"github.com/customer-personality/segmentation/features/xlsx"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// mall is a table of n customers as shops have them: three groups by income and score,
// ids with leading zeros, a column of words.
func mall(n int) string {
	var b strings.Builder
	b.WriteString("CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100)\n")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		g := i % 3
		fmt.Fprintf(&b, "%04d,%s,%d,%d,%d\n", i+1, []string{"Female", "Male"}[r.IntN(2)], 20+r.IntN(45), 20+35*g+r.IntN(12), 12+30*((g+1)%3)+r.IntN(12))
	}
	return b.String()
}

// orders are lines of orders of some customers, with returns.
func orders(customers int) string {
	var b strings.Builder
	b.WriteString("InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n")
	r := rand.New(rand.NewPCG(3, 4))
	for i := range customers {
		for k := range 1 + i%7 {
			fmt.Fprintf(&b, "%d,%d,%d,2011-%02d-%02d 10:00:00,%.2f,%d.0\n", 536000+10*i+k, 100+r.IntN(50), 1+r.IntN(9), 1+(i+k)%12, 1+r.IntN(28), 1+20*r.Float64(), 17001+i)
		}
	}
	return b.String()
}

// bring brings a file as a dataset, and returns its address.
func (a *app) bring(t testing.TB, name, content string) string {
	t.Helper()
	r := a.sendFile(t, "/data", name, []byte(content))
	r.want(t, 200)
	path := r.Request.URL.Path
	if strings.HasPrefix(path, "/upload/") {
		a.finished(t, path)
		path = a.get(t, path).Request.URL.Path
	}
	if !strings.HasPrefix(path, "/data/") {
		t.Fatalf("%s leads to %s: %.2000s", name, path, a.get(t, path).body)
	}
	return path
}

// rolesForm is the form of a dataset as its page has it.
func (a *app) rolesForm(t testing.TB, path string) url.Values {
	t.Helper()
	d := a.Find(strings.TrimPrefix(path, "/data/"))
	form := url.Values{"name": {d.Name}}
	for i, c := range rowsOf(d.KeptData) {
		form.Set("role."+strconv.Itoa(i), c.Role)
		form.Set("value."+strconv.Itoa(i), c.Value)
	}
	return form
}

// A table of any kind: brought, its roles changed, trained, predicted, listed.
func TestDataset(t *testing.T) {
	a := start(t, Config{})
	path := a.bring(t, "Mall_Customers.csv", mall(120))
	form := a.checkRoles(t, path)
	form.Set("role.2", roleDescribe) // the age
	form.Set("value.2", "")
	form.Set("name", "Mall")
	form.Set("k", "3")
	a.post(t, path, form).want(t, 200)
	a.trained(t)
	a.get(t, path).want(t, 200, "The training is done: version 1")
	snap := a.Find(strings.TrimPrefix(path, "/data/")).Snapshot.Load()
	if got := snap.Model.Columns(); !slices.Equal(got, []string{"Gender", "Annual Income (k$)", "Spending Score (1-100)"}) || snap.Model.K() != 3 || snap.Model.ID() != "CustomerID" {
		t.Fatalf("the model takes %v in %d clusters", got, snap.Model.K())
	}
	result := a.checkPages(t)
	a.checkLists(t, snap.Tiers)
	a.checkForgotten(t, path, a.checkScored(t), snap.Tiers)

	// The default customers are as they were.
	a.post(t, "/data/use", url.Values{"data": {""}}).want(t, 200, "Yearly income")
	a.get(t, "/models").want(t, 200, "1,988")
	a.get(t, result).want(t, 200, "Annual Income") // the conversation stays about its own customers
	a.get(t, "/?data="+strings.TrimPrefix(path, "/data/")).want(t, 200, "Annual Income")

	// A second app on the database has it, too.
	b := again(t, a, Config{})
	b.get(t, "/?data="+strings.TrimPrefix(path, "/data/")).want(t, 200, "Annual Income")

	a.post(t, path+"/delete", nil).want(t, 200)
	a.get(t, path).want(t, 404)
	a.get(t, result).want(t, 404)
	if models, err := a.Store.ListModels(t.Context()); err != nil || slices.ContainsFunc(models, func(m store.ModelInfo) bool { return m.Name != service.ModelName }) {
		t.Errorf("there are models of what was deleted: %v, %v", models, err)
	}
}

// checkRoles checks the page on which the columns of a dataset get their roles, and
// returns its form.
func (a *app) checkRoles(t *testing.T, path string) url.Values {
	t.Helper()
	page := a.get(t, path)
	page.want(t, 200, "120", "Annual Income (k$)", "Spending Score (1-100)", "0001", "all 120 values are whole numbers", `<option value="id" selected>`)
	form := a.rolesForm(t, path)
	if form.Get("role.0") != roleID || form.Get("role.1") != roleFeature || form.Get("value.3") != "more" {
		t.Fatalf("the roles are %v", form)
	}
	// What makes no segments is told.
	for _, wrong := range []struct{ key, value, text string }{
		{"role.1", roleID, "One column alone"}, {"value.1", "more", "makes nobody valuable"}, {"role.2", "boss", "cannot serve"}, {"name", "", "need a name"}, {"k", "many", "number of clusters"},
	} {
		bad := url.Values{}
		for k, v := range form {
			bad[k] = v
		}
		bad.Set(wrong.key, wrong.value)
		a.post(t, path, bad).want(t, 422, wrong.text)
	}
	none := url.Values{"name": {"x"}}
	a.post(t, path, none).want(t, 422, "At least two columns", "Choose at least one column")
	return form
}

// checkPages checks that every page is about the dataset, and returns the address of a
// result.
func (a *app) checkPages(t *testing.T) string {
	t.Helper()
	a.get(t, "/").want(t, 200, "Annual Income", "k$", `<option value="Female">`, "By the segments of Mall")
	for _, address := range []string{"/charts", "/charts?tier=Platinum", "/explore", "/chat", "/chat?about=Gold", "/models", "/charts/sizes.svg", "/charts/numbers-1.png", "/charts/words-1.csv", "/explore/table", "/explore?x=Gender&y=Age&how=mean"} {
		r := a.get(t, address)
		r.want(t, 200)
		if strings.Contains(r.body, "NaN") || strings.Contains(r.body, "[noun.") || strings.Contains(r.body, "is spent") {
			t.Errorf("%s has what is not there: %.3000s", address, r.body)
		}
	}
	r := a.post(t, "/predict", url.Values{"c0": {"Male"}, "c1": {"95"}, "c2": {"15"}})
	r.want(t, 200, "Annual Income", "Male")
	result := r.Request.URL.Path
	a.post(t, result, url.Values{"question": {"What if annual income were 30?"}}).want(t, 200, "Annual Income of 30")
	a.post(t, "/predict", url.Values{"c0": {"Other"}, "c1": {""}, "c2": {"x"}}).want(t, 422, "one of the words of the list", "is needed", "must be a whole number from 0 up, such as ")
	a.post(t, "/chat", url.Values{"question": {"average age by tier"}}).want(t, 200, "average age")
	return result
}

// checkLists checks the lists of the tiers, the template and the list of columns.
func (a *app) checkLists(t *testing.T, tiers []string) {
	t.Helper()
	total := 0
	for _, tier := range tiers {
		rows, err := csv.NewReader(strings.NewReader(a.get(t, "/segments/"+tier+".csv").body)).ReadAll()
		if err != nil || !slices.Equal(rows[0], []string{"CustomerID", "Gender", "Age", "Annual Income (k$)", "Spending Score (1-100)", "cluster", "tier"}) {
			t.Fatalf("the list of %s begins with %v (%v)", tier, rows[0], err)
		}
		for _, row := range rows[1:] {
			if len(row[0]) != 4 || row[6] != tier {
				t.Errorf("%s has %v", tier, row)
			}
		}
		total += len(rows) - 1
		if r := a.get(t, "/segments/"+tier+".xlsx"); r.StatusCode != 200 || !strings.HasPrefix(r.body, "PK") {
			t.Errorf("the workbook of %s is %s, %.20q", tier, r.Status, r.body)
		}
	}
	if total != 120 {
		t.Errorf("the lists have %d customers", total)
	}
	a.get(t, "/template.csv").want(t, 200, "CustomerID,Gender,Annual Income (k$),Spending Score (1-100)\n1,")
	a.get(t, "/columns.csv").want(t, 200, "Gender,category,,,,,\"Female; Male\"")
}

// checkScored checks that a file is scored with all of its columns, and returns the
// address of its page.
func (a *app) checkScored(t *testing.T) string {
	t.Helper()
	up := a.upload(t, "new.csv", []byte("Note,CustomerID,Gender,Annual Income (k$),Spending Score (1-100)\n=1+1,0007,Male,95,15\nb,0008,Female,,40\n"))
	odd := a.upload(t, "odd.csv", []byte("CustomerID,Gender,Annual Income (k$),Spending Score (1-100)\n1,Male,950,15\n2,Divers,20,40\n"))
	a.finished(t, odd.Request.URL.Path)
	if r := a.get(t, odd.Request.URL.Path); strings.Contains(r.body, "[]") {
		t.Errorf("a warning has no text: %s", r.body)
	}
	up.want(t, 200)
	a.finished(t, up.Request.URL.Path)
	scored := a.get(t, up.Request.URL.Path+"/scored.csv")
	scored.want(t, 200, "CustomerID,Note,Gender,Annual Income (k$),Spending Score (1-100),cluster,tier,distance,margin,warnings\n0007,'=1+1,Male,95,15,")
	return up.Request.URL.Path
}

// checkForgotten checks that whoever is forgotten is in no table, list, result or word
// any more.
func (a *app) checkForgotten(t *testing.T, path, scored string, tiers []string) {
	t.Helper()
	if code, answer := a.json(t, "DELETE", "/api/v1/customers/0007", ""); code != 200 || answer["forgotten"].(float64) < 1 {
		t.Errorf("forgetting is answered with %d, %v", code, answer)
	}
	if table, err := a.Store.ReadTable(t.Context(), strings.Replace(path, "/data/", "webapp_data_", 1), store.TableOptions{}); err != nil || table.Len() != 119 || slices.Contains(table.Series("CustomerID").IDs(), "0007") {
		t.Errorf("the table has %d customers, %v", table.Len(), err)
	}
	a.get(t, path).want(t, 200, "119")
	for _, tier := range tiers {
		if strings.Contains(a.get(t, "/segments/"+tier+".csv").body, "\n0007,") {
			t.Errorf("%s lists who was forgotten", tier)
		}
	}
	a.get(t, scored+"/scored.csv").want(t, 404)
}

// Orders become customers with recency, frequency and monetary value.
func TestOrders(t *testing.T) {
	a := start(t, Config{})
	path := a.bring(t, "orders.csv", orders(60))
	a.get(t, path).want(t, 200, "recency", "frequency", "monetary", "lines of orders counted to 60 customers")
	form := a.rolesForm(t, path)
	a.post(t, path, form).want(t, 200)
	a.trained(t)
	home := a.get(t, "/")
	home.want(t, 200, "Days since the last purchase", "Amount of all purchases less returns. Most customers")
	if strings.Contains(home.body, "Days since the last purchase. Most") {
		t.Error("a field says twice what it is")
	}
	// The scores, three digits in a row among them, serve for nothing.
	if charts := a.get(t, "/charts"); strings.Contains(charts.body, "score") {
		t.Errorf("the charts tell of scores: %s", charts.body)
	}
	snap := a.Find(strings.TrimPrefix(path, "/data/")).Snapshot.Load()
	if !slices.Equal(snap.Model.Columns(), []string{"recency", "frequency", "monetary"}) || !slices.Equal(snap.Model.Less(), []string{"recency"}) {
		t.Fatalf("the model takes %v, and less is better of %v", snap.Model.Columns(), snap.Model.Less())
	}
	for _, address := range []string{"/charts", "/chat?about=Platinum", "/explore", "/models"} {
		a.get(t, address).want(t, 200)
	}
	a.post(t, "/predict", url.Values{"c0": {"10"}, "c1": {"7"}, "c2": {"600"}}).want(t, 200, "This customer is")
}

// Files of every form become datasets, campaign files are scored, and what cannot be
// taken is told.
func TestDatasetForms(t *testing.T) {
	a := start(t, Config{MaxUpload: 1e6})
	table, _, err := features.ReadTable(t.Context(), strings.NewReader(mall(60)), features.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var book, columns, packed, lines bytes.Buffer
	if err := errors.Join(xlsx.Write(t.Context(), &book, table, xlsx.WriteOptions{}), parquet.Write(t.Context(), &columns, table, parquet.WriteOptions{})); err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write([]byte(mall(60))); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		fmt.Fprintf(&lines, `{"CustomerID":"%04d","Age":%d,"Annual Income (k$)":%d}`+"\n", i+1, 20+i%40, 15+i%7*10)
	}
	for name, data := range map[string][]byte{"mall.xlsx": book.Bytes(), "mall.parquet": columns.Bytes(), "mall.csv.gz": packed.Bytes(), "mall.jsonl": lines.Bytes()} {
		path := a.bring(t, name, string(data))
		a.get(t, path).want(t, 200, "60", "Annual Income (k$)", "0001")
		a.post(t, path, a.rolesForm(t, path)).want(t, 200)
		if now := a.trained(t); now.State != service.StateDone {
			t.Errorf("%s: %+v", name, now)
		}
	}
	campaign := a.sendFile(t, "/data", "sample.csv", testdata.Customers)
	a.finished(t, campaign.Request.URL.Path).want(t, 200, "customers scored")

	var bomb bytes.Buffer
	zip = gzip.NewWriter(&bomb)
	for range 40 {
		if _, err := zip.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ data, text string }{
		"bomb.gz":   {bomb.String(), "bytes"},
		"empty.csv": {"a,b\n", "no rows"},
		"text.csv":  {"\x00\x01\x02\x03", "could not be taken"},
		"wide.csv":  {strings.Repeat("x,", 400) + "y\n" + strings.Repeat("1,", 400) + "2\n", "300 at most"},
		"deep.json": {strings.Repeat("[", 5000), "could not be taken"},
	} {
		r := a.sendFile(t, "/data", name, []byte(test.data))
		page := a.finished(t, r.Request.URL.Path)
		page.want(t, 200, "The file could not be taken", test.text)
	}
	a.sendFile(t, "/data", "none.csv", nil).want(t, 422, "Choose a file")
	a.sendFile(t, "/data", "large.csv", make([]byte, 2e6)).want(t, 413, "too large")
	if got := len(a.Listed()); got != 4 {
		t.Errorf("there are %d datasets", got)
	}
	// No more are kept than so many.
	for i := range service.MaxDatasets - 4 {
		a.bring(t, fmt.Sprintf("%d.csv", i), mall(6))
	}
	r := a.sendFile(t, "/data", "one.csv", []byte(mall(6)))
	a.finished(t, r.Request.URL.Path).want(t, 200, "There are 20 sets of customers already")
	// Fewer customers than segments, or words alone, make none; that is told, too.
	path := "/data/" + a.Listed()[4].ID
	form := a.rolesForm(t, path)
	form.Set("k", "50")
	a.post(t, path, form).want(t, 200)
	if now := a.trained(t); now.State != service.StateFailed || now.Error == "" {
		t.Errorf("fifty segments of six customers: %+v", now)
	}
	a.get(t, path).want(t, 200, "The training failed")
	a.get(t, "/").want(t, 200, "The training failed") // there is no model to predict by
}
