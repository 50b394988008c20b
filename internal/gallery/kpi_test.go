package gallery

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/testdata"
)

// database returns a SQLite database with the table customers, which is t; missing
// values are NULL.
func database(t testing.TB, table *features.Table) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	var names []string
	for _, c := range table.Columns() {
		names = append(names, `"`+c.Name+`"`)
	}
	exec := func(statement string, args ...any) {
		if _, err := db.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("create table customers (" + strings.Join(names, ", ") + ")")
	exec("begin")
	insert := "insert into customers values (?" + strings.Repeat(", ?", len(names)-1) + ")"
	for i := range table.Len() {
		row := make([]any, len(names))
		for j, c := range table.Columns() {
			switch s := table.Series(c.Name); {
			case s.Missing(i):
			case c.Kind.Numeric():
				row[j] = s.Number(i)
			case c.Kind != features.Date:
				row[j] = s.Word(i)
			}
		}
		exec(insert, row...)
	}
	exec("commit")
	return db
}

// campaign returns a snapshot of a campaign file.
func campaign(t testing.TB, file []byte, o segment.TrainOptions) *snapshot.Snapshot {
	t.Helper()
	o.Seed = 1
	result, err := segmentation.TrainReader(t.Context(), bytes.NewReader(file), segmentation.TrainOptions{Model: o})
	if err != nil {
		t.Fatal(err)
	}
	w, err := snapshot.Of(t.Context(), result, 1)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// anyTable returns a snapshot of a file of other columns.
func anyTable(t testing.TB, name string) *snapshot.Snapshot {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "testdata", "any", name))
	if err != nil {
		t.Fatal(err)
	}
	return anyFile(t, string(file))
}

// anyFile returns a snapshot of customers of other columns.
func anyFile(t testing.TB, file string) *snapshot.Snapshot {
	t.Helper()
	result, err := segmentation.TrainReader(t.Context(), strings.NewReader(file), segmentation.TrainOptions{Model: segment.TrainOptions{Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	w, err := snapshot.OfTable(t.Context(), result, 1, result.Roles)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Key figures are those that SQLite works out on the merged table, of everybody and of
// the customers of several filters.
func TestKPIs(t *testing.T) {
	files := map[string]*snapshot.Snapshot{"sample": campaign(t, testdata.Customers, segment.TrainOptions{AsOf: testdata.AsOf}), "mall": anyTable(t, "mall.csv")}
	if path, ok := testenv.FindCampaign(t); ok {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files["campaign"] = campaign(t, file, segment.TrainOptions{AsOf: testdata.AsOf})
	}
	figures := map[bool][]string{
		true:  {"count(*)", "sum(spent)", "avg(spent)", "avg(income)", "avg(response)"},
		false: {"count(*)", `avg("Annual Income (k$)")`, `avg("Spending Score (1-100)")`, "sum(Purchases)", "avg(Purchases)", "avg(Age)"},
	}
	filters := map[bool][][2]string{
		true: {
			{"", "true"}, {"tier=gold", "tier = 'Gold'"},
			{"where=marital_status:is:Married&where=education:is:PhD", "marital_status = 'Married' and education = 'PhD'"},
			{"tier=Silver&where=age_group:is:Senior+Adult", "tier = 'Silver' and age_group = 'Senior Adult'"},
			{"where=education:not:PhD:Master%3Bincome:over:50000%7Cspent:over:1000", "education not in ('PhD', 'Master') and (income > 50000 or spent > 1000)"},
			{"where=marital_status:is:Widow:Divorced&where=&where=", "marital_status in ('Widow', 'Divorced')"},
			{"where=income:missing", "income is null"},
		},
		false: {{"", "true"}, {"where=Gender:is:Female", "Gender = 'Female'"}, {"tier=Platinum&where=Gender:is:Male", "tier = 'Platinum' and Gender = 'Male'"}},
	}
	for name, w := range files {
		merged, err := w.Customers.Merged(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		db := database(t, merged)
		for _, filter := range filters[w.Campaign] {
			query, err := url.ParseQuery(filter[0])
			if err != nil {
				t.Fatal(err)
			}
			s, err := Select(t.Context(), w, query)
			if err != nil {
				t.Errorf("%s, %s: %v", name, filter[0], err)
				continue
			}
			rows, err := w.Rows(t.Context(), s.Among())
			if err != nil {
				t.Fatal(err)
			}
			got, err := kpis(t.Context(), w, rows)
			if err != nil {
				t.Fatal(err)
			}
			if want := figures[w.Campaign]; len(got) != len(want) {
				t.Fatalf("%s has the figures %v, want %v", name, got, want)
			}
			for i, figure := range figures[w.Campaign] {
				var value, overall sql.NullFloat64
				if err := db.QueryRow("select "+figure+", (select "+figure+" from customers) from customers where "+filter[1]).Scan(&value, &overall); err != nil {
					t.Fatal(err)
				}
				if same := func(v float64, want sql.NullFloat64) bool {
					return math.Abs(v-want.Float64) <= 1e-9*math.Abs(want.Float64) || !want.Valid && v != v
				}; !same(got[i].Value, value) || !same(got[i].Overall, overall) {
					t.Errorf("%s, %s: %s is %v of %v, want %v of %v", name, filter[0], figure, got[i].Value, got[i].Overall, value, overall)
				}
			}
		}
	}
}

// What a figure says beside everybody's is its difference, in its unit and in per cent.
func TestKPISays(t *testing.T) {
	for want, k := range map[string]KPI{
		"8.5% of everybody’s 2,229":                               {Aggregate: features.Count, Value: 189, Overall: 2229},
		"9.9% of everybody’s 1,349,751":                           {Column: "spent", Aggregate: features.Sum, Value: 134106, Overall: 1349751},
		"+104 (+17%) against everybody’s 606":                     {Column: "spent", Aggregate: features.Mean, Value: 709.56, Overall: 605.54},
		"−2.50 years (−4%) against everybody’s 60.0 years":        {Column: "age", Aggregate: features.Mean, Value: 57.5, Overall: 60.0000001},
		"−5.0 percentage points (−33%) against everybody’s 15.0%": {Column: "response", Aggregate: features.Share, Value: 0.1, Overall: 0.15},
		"+1 against everybody’s 0":                                {Column: "x", Aggregate: features.Mean, Value: 1},
		"":                                                        {Column: "x", Aggregate: features.Mean, Value: math.NaN(), Overall: 1},
	} {
		if got := k.Beside(english); got != want {
			t.Errorf("%v: %q, want %q", k, got, want)
		}
	}
}

// A selection comes back from its address, whatever its words.
func TestSelection(t *testing.T) {
	w := campaign(t, testdata.Customers, segment.TrainOptions{AsOf: testdata.AsOf})
	for _, s := range []Selection{
		{}, {Tier: "Gold"}, {Tier: "Silver", Where: ask.Where{{{Column: "age_group", Op: features.Is, Words: []string{"Senior Adult"}}}}},
		{Where: ask.Where{{{Column: "education", Op: features.Not, Words: []string{"2n Cycle", "PhD"}}}, {{Column: "income", Op: features.Between, A: 1, B: 2.5}, {Column: "spent", Op: ask.Missing}}}},
	} {
		got, err := Select(t.Context(), w, s.Values())
		if err != nil || got.Tier != s.Tier || got.Where.String() != s.Where.String() || len(got.Where) > 0 && !reflect.DeepEqual(got, s) {
			t.Errorf("%v comes back as %v, %v", s, got, err)
		}
	}
	for address, want := range map[string]error{
		"tier=Diamond": ErrTier, "where=shoe:is:x": ErrWhere, "where=education:is:Shoe": ErrWhere, "where=education:over:3": ErrWhere, "where=x": ErrWhere, "where=income:over:x": ErrWhere,
		"where=" + strings.Repeat("income:over:1;", 21): ErrWhere, "where=" + strings.Repeat("income:over:1|", 21): ErrWhere,
	} {
		query, err := url.ParseQuery(strings.ReplaceAll(address, ";", "%3B"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Select(t.Context(), w, query); !errors.Is(err, want) {
			t.Errorf("%.40s: %v, want %v", address, err, want)
		}
	}
}

// Every choice of every filter leads to a selection of its customers, in which it is
// chosen; what no filter can have stays beside them.
func TestFilters(t *testing.T) {
	for name, w := range map[string]*snapshot.Snapshot{
		"sample": campaign(t, testdata.Customers, segment.TrainOptions{AsOf: testdata.AsOf}), "mall": anyTable(t, "mall.csv"), "customers": anyTable(t, "customers.csv"),
	} {
		filters, err := w.Filters(t.Context(), nil, english)
		if err != nil || len(filters.Fields) == 0 {
			t.Fatalf("%s: %v, %v", name, filters, err)
		}
		for _, f := range filters.Fields {
			sum := 0
			for _, c := range f.Choices[1:] {
				where, err := ask.ReadWhere(c.Value, "tier:not:x")
				if err != nil {
					t.Fatal(err)
				}
				rows, err := w.Rows(t.Context(), where[:1])
				if err != nil {
					t.Fatal(err)
				}
				sum += len(rows)
				now, err := w.Filters(t.Context(), where, english)
				if err != nil {
					t.Fatal(err)
				}
				chosen := 0
				for _, g := range now.Fields {
					for _, d := range g.Choices {
						if d.Chosen && d.Value == c.Value {
							chosen++
						}
					}
				}
				if chosen != 1 || len(now.Others) != 1 || len(now.Chips) != 2 || now.Chips[1].Without.String() != c.Value {
					t.Errorf("%s: %s is chosen %d times, %v stay, the chips are %v", name, c.Value, chosen, now.Others, now.Chips)
				}
			}
			if sum != w.Set.Len() {
				t.Errorf("%s: the choices of %s have %d customers, want %d", name, f.Name, sum, w.Set.Len())
			}
		}
	}
}

// Charts of a part of the customers are of it beside everybody, by SQL, and their files
// say of whom they are.
func TestMakeOfSome(t *testing.T) {
	w := campaign(t, testdata.Customers, segment.TrainOptions{AsOf: testdata.AsOf})
	merged, err := w.Customers.Merged(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db := database(t, merged)
	one := func(query string) (v float64) {
		t.Helper()
		if err := db.QueryRow(query).Scan(&v); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return v
	}
	query, _ := url.ParseQuery("tier=silver&where=marital_status:is:Married&where=education:is:PhD:Master")
	s, err := Select(t.Context(), w, query)
	if err != nil {
		t.Fatal(err)
	}
	const who = " from customers where marital_status = 'Married' and education in ('PhD', 'Master')"
	const silver = who + " and tier = 'Silver'"
	page, err := Make(t.Context(), w, s, english)
	if err != nil {
		t.Fatal(err)
	}
	if n := one("select count(*)" + silver); float64(page.Customers) != n || len(page.Items) != len(Charts) {
		t.Fatalf("%d customers in %d charts, want %v in %d", page.Customers, len(page.Items), n, len(Charts))
	}
	items := map[string]Item{}
	for _, item := range page.Items {
		items[item.Name] = item
		if err := item.Check(); err != nil || strings.Contains(item.Reading, "NaN") || strings.Contains(item.Reading, "%!") {
			t.Errorf("%s: %v, %q", item.Name, err, item.Reading)
		}
		var svg bytes.Buffer
		if err := item.Write(&svg, "svg"); err != nil {
			t.Fatal(err)
		}
		want := "Only Silver customers with marital status Married and education PhD or Master: "
		if item.Name == "sizes" {
			want = "Only customers with marital status Married and education PhD or Master: "
		}
		if !strings.HasPrefix(item.Among, want) != (item.Name == "elbow") || item.Among != "" && !strings.Contains(strings.ReplaceAll(svg.String(), "\n", " "), "Only ") {
			t.Errorf("the picture of %s says %q", item.Name, item.Among)
		}
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.0051 {
			t.Errorf("%s is %v, SQL has %v", what, got, want)
		}
	}
	for i, tier := range w.Tiers {
		near("the share of "+tier, float64(items["sizes"].Series[0].Values[i]), one("select avg(tier = '"+tier+"')"+who))
		near("the revenue of "+tier, float64(items["sizes"].Series[1].Values[i]), one("select sum(spent * (tier = '"+tier+"')) * 1.0 / sum(spent)"+who))
	}
	for j, column := range Charts[1].Columns {
		mean := one("select avg(" + column + ")" + silver)
		all := one("select avg(" + column + ") from customers")
		sd := math.Sqrt(one("select (avg("+column+"*"+column+") - avg("+column+")*avg("+column+")) from customers") * 1988 / 1987)
		near(column, float64(items["profile"].Series[0].Values[j]), (mean-all)/sd)
	}
	for j, group := range items["age-groups"].Categories {
		near(group, float64(items["age-groups"].Series[0].Values[j]), one("select avg(age_group = '"+group+"')"+silver))
		near(group+" of everybody", float64(items["age-groups"].Series[1].Values[j]), one("select avg(age_group = '"+group+"') from customers"))
	}
	near("wine", float64(items["products"].Series[0].Values[0]), one("select avg(mnt_wines)"+silver))
	for j, group := range items["spending-by-age"].Categories {
		near("the spending of "+group, float64(items["spending-by-age"].Series[0].Values[j]), one("select avg(spent)"+silver+" and age_group = '"+group+"'"))
	}
	total := 0.0
	for _, n := range items["family"].Root {
		total += n.Value
	}
	near("the spending of the households", total, one("select sum(spent)"+silver))
	dots := 0
	for _, one := range items["map"].Series[1:] {
		dots += len(one.Points)
	}
	near("the customers on the map", float64(dots), one("select count(*)"+silver))
	// Nobody at all has neither figures nor charts.
	query, _ = url.ParseQuery("where=spent:over:1e9")
	if s, err = Select(t.Context(), w, query); err != nil {
		t.Fatal(err)
	}
	if page, err = Make(t.Context(), w, s, english); err != nil || page.Customers != 0 || page.Items != nil || page.KPIs != nil {
		t.Errorf("nobody: %+v, %v", page, err)
	}
}

// A map tells what it does for models of few columns or without components, has no
// more dots than it says, and areas that hold about 80 per cent of their clusters.
func TestMap(t *testing.T) {
	two := "customer_id,basket,visits\n"
	for i := range 60 {
		two += fmt.Sprintf("C%d,%d.5,%d\n", i, 10+50*(i%3)+i%7, 5+20*(i%2)+i%4)
	}
	for want, w := range map[string]*snapshot.Snapshot{
		"Gender: Female against Gender: Male (24% of the variance)": anyTable(t, "mall.csv"), "the two main components were calculated for this map": anyTable(t, "orders.csv"),
		"it has no other column": anyFile(t, two),
	} {
		charts, err := Draw(t.Context(), w, Selection{}, english, ask.ChartRequest{Name: "map", Kind: ask.ChartMap})
		if err != nil || charts[0].Check() != nil || !strings.Contains(charts[0].Reading, want) {
			t.Errorf("%v, %q: want %s", err, charts[0].Reading, want)
		}
	}
	w := campaign(t, testdata.Customers, segment.TrainOptions{AsOf: testdata.AsOf})
	charts, err := Draw(t.Context(), w, Selection{}, english, ask.ChartRequest{Name: "map", Kind: ask.ChartMap})
	if err != nil {
		t.Fatal(err)
	}
	dots, in := 0, 0
	for _, s := range charts[0].Series {
		for _, p := range s.Points {
			dots++
			inside := false // by the crossings of a ray to the right
			for i, a := range s.Area {
				b := s.Area[(i+1)%len(s.Area)]
				if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1]) {
					inside = !inside
				}
			}
			if inside {
				in++
			}
		}
	}
	if share := float64(in) / float64(dots); dots != 1000 || !strings.Contains(charts[0].Reading, "1,000 of 1,988 customers have a dot") || share < 0.7 || share > 0.9 {
		t.Errorf("%d dots, %v of them within the areas: %q", dots, share, charts[0].Reading)
	}
	again, err := Draw(t.Context(), w, Selection{}, english, ask.ChartRequest{Name: "map", Kind: ask.ChartMap})
	if err != nil || !reflect.DeepEqual(again[0].Series, charts[0].Series) {
		t.Errorf("the map is another one the next time: %v", err)
	}
}
