package site

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features/xlsx"
	"github.com/customer-personality/segmentation/internal/service"
)

// mallSet brings the mall customers of the samples and trains a model on them.
func mallSet(t *testing.T, a *app) *service.Dataset {
	t.Helper()
	file, err := os.ReadFile("../../../../testdata/any/mall.csv")
	if err != nil {
		t.Fatal(err)
	}
	path := a.bring(t, "mall.csv", string(file))
	a.post(t, path, a.rolesForm(t, path)).want(t, 200)
	a.trained(t)
	return a.Find(strings.TrimPrefix(path, "/data/"))
}

// campaignRows are the lines of a list as a file, below their header.
func (a *app) campaignRows(t *testing.T, path string) (head []string, rows [][]string) {
	t.Helper()
	file := a.get(t, path)
	file.want(t, 200)
	all, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

var listAddress = regexp.MustCompile(`/lists/[a-z0-9]+\.csv`)

// drawn draws a campaign list by a form of a tier, and returns the address of its file.
func (a *app) drawn(t *testing.T, tier string, form url.Values) string {
	t.Helper()
	form.Set("draw", "yes")
	page := a.post(t, "/segments/"+tier, form)
	if page.StatusCode != 200 {
		t.Log(regexp.MustCompile(`(?s)role="alert">[^<]*`).FindString(page.body))
	}
	page.want(t, 200, "The list is made")
	return listAddress.FindString(page.body)
}

// How many fit conditions and a search is what SQL counts in the merged table, of the
// campaign customers and of others.
func TestSegmentCounts(t *testing.T) {
	a := start(t, Config{})
	set := mallSet(t, a)
	merged := a.Store.Tables().Merged
	other := `"` + set.Table() + `_merged"`
	for _, c := range []struct{ data, tier, table, query, sql string }{
		{"", "Platinum", merged, "", "true"},
		{"", "Gold", merged, "where=income:at%20least:60000", "income >= 60000"},
		{"", "Gold", merged, "where=income:over:60000%3Beducation:is:PhD:Master", "income > 60000 and education in ('PhD', 'Master')"},
		{"", "Silver", merged, "where=marital_status:not:Married", "marital_status <> 'Married'"},
		{"", "Bronze", merged, "where=income:missing", "income is null"},
		{"", "Bronze", merged, "where=income:known%3Bkidhome:under:1", "income is not null and kidhome < 1"},
		{"", "Platinum", merged, "q=MARRIED", "(lower(marital_status) like '%married%' or id like '%married%')"},
		{"", "Silver", merged, "q=together+phd", "marital_status = 'Together' and education = 'PhD'"},
		{"", "Gold", merged, "q=33", "id like '%33%'"},
		{set.ID, "Platinum", other, "", "true"},
		{set.ID, "Bronze", other, "where=Age:at%20most:35%3BGender:is:Female", `"Age" <= 35 and "Gender" = 'Female'`},
		{set.ID, "Gold", other, "q=male", `("Gender" like '%ale')`},
	} {
		var want int
		if err := a.Store.DB().Get(&want, fmt.Sprintf(`select count(*) from %s where tier = '%s' and %s`, c.table, c.tier, c.sql)); err != nil {
			t.Fatal(c, err)
		}
		said := fmt.Sprintf("%d customers fit", want)
		switch want {
		case 0:
			said = "No customer fits"
		case 1:
			said = "1 customer fits"
		}
		page := a.get(t, "/segments/"+c.tier+"?data="+c.data+"&"+c.query)
		page.want(t, 200, said)
	}
}

// A list is sorted by any column, those without a value last, and its pages hold each
// customer once.
func TestSegmentPages(t *testing.T) {
	a := start(t, Config{})
	ids := regexp.MustCompile(`<tr><th scope="row" class="words">([^<]+)</th>`)
	for sort, sql := range map[string]string{
		"income": "income is null, income", "income&down=yes": "income is null, income desc", "education": "education", "%23id": "cast(id as integer)", "%23id&down=yes": "cast(id as integer) desc", "dt_customer": "dt_customer",
	} {
		var want, got []string
		if err := a.Store.DB().Select(&want, `select id from `+a.Store.Tables().Merged+` where tier = 'Bronze' order by `+sql+`, rowid`); err != nil {
			t.Fatal(err)
		}
		for page := 1; page*20-20 < len(want); page++ {
			for _, m := range ids.FindAllStringSubmatch(a.get(t, fmt.Sprintf("/segments/Bronze?sort=%s&page=%d", sort, page)).body, -1) {
				got = append(got, m[1])
			}
			if page == 2 {
				break
			}
		}
		if len(got) != min(40, len(want)) || !slices.Equal(got, want[:len(got)]) {
			t.Errorf("by %s come %v, want %v", sort, got, want[:min(40, len(want))])
		}
	}
	a.get(t, "/segments/Bronze?page=9999").want(t, 200)
	for _, wrong := range []string{"page=0", "page=x", "sort=shoe", "where=shoe:is:1", "where=income", "column=shoe&op=is&value=1", "column=income&op=like&value=1", "column=income&op=is&value=", "column=income&op=is&value=many", "column=income&op=is&value=1.234", "column=education&op=is&value=Doctor", "column=education&op=over&value=PhD"} {
		a.get(t, "/segments/Bronze?"+wrong).want(t, 422, `role="alert"`)
	}
	a.get(t, "/segments/Bronze?column=education&op=is&value=Doctor").want(t, 422, "No customer has “Doctor” there. The words are: Basic, 2n Cycle, Graduation, Master, PhD.")
	a.get(t, "/segments/Bronze?column=education&op=is&value=phd").want(t, 200, "education PhD")
	a.get(t, "/segments/none").want(t, 404)
	a.get(t, "/segments/Bronze.pdf").want(t, 404)
}

// A campaign list has as many customers as were asked for, all of whom fit; the same seed
// draws the same ones, another others; both groups part it.
func TestCampaignList(t *testing.T) {
	a := start(t, Config{})
	form := func(seed string) url.Values {
		return url.Values{"where": {"income:at%20least:40000"}, "size": {"120"}, "holdout": {"12.5"}, "seed": {seed}, "columns": {"income", "education", "cluster"}}
	}
	first := a.drawn(t, "Silver", form("42"))
	head, rows := a.campaignRows(t, first)
	if !slices.Equal(head, []string{"id", "education", "income", "cluster", "group"}) || len(rows) != 120 {
		t.Fatalf("the list has %v, and %d rows", head, len(rows))
	}
	var fit []string
	if err := a.Store.DB().Select(&fit, `select id from `+a.Store.Tables().Merged+` where tier = 'Silver' and income >= 40000`); err != nil {
		t.Fatal(err)
	}
	groups, clusters, held := map[string]int{}, map[string]int{}, map[string]int{}
	for _, row := range rows {
		groups[row[4]]++
		clusters[row[3]]++
		if row[4] == "hold-out" {
			held[row[3]]++
		}
		if !slices.Contains(fit, row[0]) {
			t.Errorf("customer %s is in the list, and does not fit", row[0])
		}
	}
	if groups["campaign"] != 105 || groups["hold-out"] != 15 {
		t.Errorf("the groups are %v", groups)
	}
	if len(clusters) < 2 {
		t.Fatalf("Silver has the clusters %v alone", clusters)
	}
	for cluster, n := range clusters {
		if share := float64(n) * 0.125; float64(held[cluster]) <= share-1 || float64(held[cluster]) >= share+1 {
			t.Errorf("of %d of cluster %s %d are held out", n, cluster, held[cluster])
		}
	}
	if _, again := a.campaignRows(t, a.drawn(t, "Silver", form("42"))); !slices.EqualFunc(rows, again, slices.Equal) {
		t.Error("the same seed draws other customers")
	}
	if _, other := a.campaignRows(t, a.drawn(t, "Silver", form("43"))); slices.EqualFunc(rows, other, slices.Equal) {
		t.Error("another seed draws the same customers")
	}
	a.get(t, "/segments/Silver").want(t, 200, "12.5 per cent held out, seed 42, version 1", "customers with income of at least 40,000")
	a.get(t, "/models?audit=all").want(t, 200, "campaign list made", "Silver, version 1, customers with income of at least 40,000, 120 customers, 12.5 per cent held out, seed 42")
	book := a.get(t, strings.Replace(first, ".csv", ".xlsx", 1))
	sheet, _, err := xlsx.Read(t.Context(), strings.NewReader(book.body), int64(len(book.body)), xlsx.Options{})
	if err != nil || sheet.Len() != 120 || sheet.Series("group").Word(0) != rows[0][4] || sheet.Series("id").IDs()[0] != rows[0][0] {
		t.Errorf("the workbook is %d rows, %v", sheet.Len(), err)
	}
	a.get(t, strings.Replace(first, ".csv", ".pdf", 1)).want(t, 404)
	// Another app on the database has the lists; one that is deleted is gone.
	again(t, a, Config{}).get(t, first).want(t, 200)
	id := strings.TrimSuffix(strings.TrimPrefix(first, "/lists/"), ".csv")
	a.post(t, "/segments/Silver", url.Values{"drop": {id}}).want(t, 200, "The list is deleted")
	a.get(t, first).want(t, 404)
	a.post(t, "/segments/Silver", url.Values{"drop": {id}}).want(t, 404)
}

// What cannot be drawn is refused with the reason, and the form stays as it was filled in.
func TestCampaignListRefuses(t *testing.T) {
	a := start(t, Config{})
	for text, form := range map[string]url.Values{
		"customers cannot be drawn": {"size": {"5000"}, "seed": {"1"}},
		"is no number of customers": {"size": {"1.5"}, "seed": {"1"}},
		"“-3” is no number":         {"size": {"-3"}, "seed": {"1"}},
		"would be nobody":           {"size": {"5"}, "holdout": {"5"}, "seed": {"1"}},
		"“60” is no percentage":     {"holdout": {"60"}, "seed": {"1"}},
		"“some” is no percentage":   {"holdout": {"some"}, "seed": {"1"}},
		"“x” is no seed":            {"seed": {"x"}},
		"nobody can be drawn":       {"where": {"income:over:1000000"}, "seed": {"1"}},
		"conditions in the address": {"where": {"shoe:over:1"}, "seed": {"1"}},
	} {
		form.Set("draw", "yes")
		a.post(t, "/segments/Gold", form).want(t, 422, text)
	}
	a.get(t, "/segments/Gold").want(t, 200, "None yet.")
	a.get(t, "/segments/Gold?size=100&holdout=10&seed=1&rate=15&base=15").want(t, 422, "no difference to see")
	a.get(t, "/segments/Gold?size=100&holdout=10&seed=1&rate=150").want(t, 422, "“150” is no percentage")
}

// What a draft can show is what statsmodels says: of 200 and 200 customers 0.15 is told from
// 0.0637, and of 400 it takes 150 to tell it from 0.06, see internal/campaign.
func TestCampaignPower(t *testing.T) {
	a := start(t, Config{})
	a.get(t, "/segments/Silver?size=400&holdout=5&seed=1&rate=15&base=6").want(t, 200,
		"380 customers get the campaign, 20 are held out", "cannot tell a response of 15.0% in the campaign even from none", "To tell 15.0% from 6.0%,")
	a.get(t, "/segments/Silver?size=400&holdout=50&seed=1&rate=15").want(t, 200,
		"200 customers get the campaign, 200 are held out", "can be told from one below 6.3%")
	a.get(t, "/segments/Silver?size=400&seed=1&rate=15&base=6").want(t, 200, "To tell 15.0% from 6.0%, 150 customers have to be held out: 37.5% of the list")
	a.get(t, "/segments/Silver?size=400&holdout=0&seed=1&rate=15&base=14").want(t, 200, "the list is too small")
}

// Whoever is forgotten is in no list any more, nor in how it was chosen, nor in what people
// wrote of the segment.
func TestForgottenInLists(t *testing.T) {
	a := start(t, Config{})
	set := mallSet(t, a)
	for _, c := range []struct{ data, column string }{{"", "id"}, {set.ID, set.Roles.V.ID}} {
		path := a.drawn(t, "Platinum?data="+c.data, url.Values{"holdout": {"50"}, "seed": {"1"}})
		_, rows := a.campaignRows(t, path)
		for _, group := range []string{"campaign", "hold-out"} {
			i := slices.IndexFunc(rows, func(row []string) bool { return row[1] == group && len(row[0]) >= 4 })
			id := rows[i][0]
			found := a.drawn(t, "Platinum?data="+c.data, url.Values{"q": {id}, "holdout": {"0"}, "seed": {"1"}})
			a.post(t, "/segments/Platinum?data="+c.data, url.Values{"name": {"Best"}, "actions": {"Call customer " + id + " first"}}).want(t, 200, "first")
			a.post(t, "/customers/forget?data="+c.data, url.Values{"id": {id}, "sure": {"yes"}}).want(t, 200)
			_, left := a.campaignRows(t, path)
			if slices.ContainsFunc(left, func(row []string) bool { return row[0] == id }) || len(left) != len(rows)-1 {
				t.Errorf("customer %s is forgotten, and of %d %d are left", id, len(rows), len(left))
			}
			if _, rest := a.campaignRows(t, found); slices.ContainsFunc(rest, func(row []string) bool { return row[0] == id }) {
				t.Errorf("customer %s is in the list by the id", id)
			}
			for _, text := range []string{"\n" + id + "\n", "customer " + id, "q=" + id} {
				for _, table := range service.RecordTables {
					a.holdsNot(t, table, text)
				}
			}
			a.get(t, "/segments/Platinum?data="+c.data).want(t, 200, "Best", "are left: the others were forgotten")
			rows = left
		}
	}
}

// Another program may forget a customer of the campaign; the lists lose that one, too.
func TestForgottenElsewhereInLists(t *testing.T) {
	a := start(t, Config{})
	path := a.drawn(t, "Gold", url.Values{"size": {"50"}, "holdout": {"10"}, "seed": {"1"}})
	_, rows := a.campaignRows(t, path)
	if _, err := a.Store.Forget(t.Context(), rows[7][0], nil); err != nil {
		t.Fatal(err)
	}
	if err := a.ReloadIfChanged(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.holdsNot(t, "webapp_lists", "\n"+rows[7][0]+"\n")
	if _, left := a.campaignRows(t, path); !slices.EqualFunc(left, slices.Delete(slices.Clone(rows), 7, 8), slices.Equal) {
		t.Errorf("of %d customers %d are left", len(rows), len(left))
	}
}

// holdsNot checks that no row of a table has a text.
func (a *app) holdsNot(t *testing.T, table, text string) {
	t.Helper()
	rows, err := a.Store.DB().Queryx(`select * from ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row := map[string]any{}
		if err := rows.MapScan(row); err != nil {
			t.Fatal(err)
		}
		for column, v := range row {
			if strings.Contains(fmt.Sprintf("%s", v), text) {
				t.Errorf("%s.%s has %q", table, column, v)
			}
		}
	}
}

// A name and actions are kept, shown on all pages and in a column of files, told in the
// log, and go with a new version of the model whose tiers are the same.
func TestSegmentNames(t *testing.T) {
	a := start(t, Config{})
	a.post(t, "/segments/Platinum", url.Values{"name": {"  Loyal\tspenders "}, "actions": {"Send the wine letter\r\n\r\n=1+1"}}).want(t, 200, "This is kept", "Platinum · Loyal spenders", "Send the wine letter\n\n=1&#43;1", "at version 1 of the model")
	for _, page := range []string{"/", "/charts", "/charts?tier=Platinum", "/chat", "/explore", "/data", "/segments/Gold"} {
		a.get(t, page).want(t, 200, "Platinum · Loyal spenders")
	}
	a.post(t, "/predict", goodForm)
	a.get(t, "/results").want(t, 200, "Platinum · Loyal spenders")
	file := a.get(t, "/segments/Platinum.csv").body
	head, rest, _ := strings.Cut(file, "\n")
	line, _, _ := strings.Cut(rest, "\n")
	if !strings.HasSuffix(head, ",cluster,tier,segment") || !strings.HasSuffix(line, ",Platinum,Loyal spenders") {
		t.Errorf("the file begins with %s\n%s", head, line)
	}
	code, answer := a.json(t, "GET", "/api/v1/segments/platinum", "")
	if code != 200 || answer["name"] != "Loyal spenders" || answer["tier"] != "Platinum" || answer["actions"] != "Send the wine letter\n\n=1+1" {
		t.Errorf("the API answers %d, %v", code, answer)
	}
	// Names that would be taken for others, and texts too long, are refused and stay in the form.
	for _, wrong := range []struct{ tier, name, actions, text string }{
		{"Platinum", "gold", "", "is called gold already"}, {"Gold", "LOYAL SPENDERS", "", "already"},
		{"Gold", strings.Repeat("x", 81), "", "too long: at most 80"}, {"Gold", "Old", strings.Repeat("é", service.MostActions+1), "at most 2,000 characters"},
	} {
		a.post(t, "/segments/"+wrong.tier, url.Values{"name": {wrong.name}, "actions": {wrong.actions}}).want(t, 422, wrong.text, wrong.name)
	}
	// The same tiers: the name stays. Other columns, or other tiers: it does not, and it is
	// there again where the old version is.
	a.post(t, "/models/retrain", url.Values{"k": {"6"}, "activate": {"yes"}}).want(t, 200)
	a.trained(t)
	a.get(t, "/segments/Platinum").want(t, 200, "Loyal spenders", "at version 1 of the model")
	a.post(t, "/models/retrain", url.Values{"k": {"3"}, "activate": {"yes"}}).want(t, 200)
	a.trained(t)
	if page := a.get(t, "/segments/Platinum"); strings.Contains(page.body, `value="Loyal spenders"`) || !strings.Contains(page.body, "<strong>Loyal spenders</strong>") {
		t.Error("the name goes on with other tiers, or its history does not")
	}
	a.post(t, "/models/rollback", nil).want(t, 200)
	a.get(t, "/segments/Platinum").want(t, 200, `value="Loyal spenders"`)
	// Another app on the database has it; without it everything is as before.
	b := again(t, a, Config{})
	b.get(t, "/").want(t, 200, "Platinum · Loyal spenders")
	b.post(t, "/segments/Platinum", url.Values{"name": {""}, "actions": {""}}).want(t, 200)
	if strings.Contains(b.get(t, "/").body, "Loyal") {
		t.Error("the name is shown, and it was taken away")
	}
	if head, _, _ := strings.Cut(b.get(t, "/segments/Platinum.csv").body, "\n"); !strings.HasSuffix(head, ",tier") {
		t.Errorf("the file begins with %s", head)
	}
}

// Cells of lists cannot be formulas, ids are kept to the letter, and a column of the file
// that is called tier is that of the file.
func TestListGuard(t *testing.T) {
	a := start(t, Config{})
	file := regexp.MustCompile(`(?m)^0`).ReplaceAllString(strings.Replace(mall(120), "Gender", "tier", 1), "=cmd")
	path := a.bring(t, "odd.csv", file)
	form := a.rolesForm(t, path)
	form.Set("role.0", roleID)
	a.post(t, path, form).want(t, 200)
	a.trained(t)
	set := a.Find(strings.TrimPrefix(path, "/data/"))
	var ids []string
	for _, tier := range set.Snapshot.Load().Tiers {
		list := a.drawn(t, tier+"?data="+set.ID, url.Values{"holdout": {""}, "seed": {"1"}, "columns": {"tier"}})
		_, rows := a.campaignRows(t, list)
		for _, row := range rows {
			if row[1] != "Female" && row[1] != "Male" {
				t.Errorf("the file said Female or Male, and the list says %s", row[1])
			}
			ids = append(ids, row[0])
		}
	}
	slices.Sort(ids)
	if len(ids) != 120 || ids[0] != "'=cmd001" || ids[119] != "'=cmd120" {
		t.Errorf("the %d ids are %v", len(ids), ids)
	}
	a.post(t, path+"/delete", nil).want(t, 200)
	for _, table := range []string{"webapp_segments", "webapp_lists"} {
		a.holdsNot(t, table, set.ID)
	}
}
