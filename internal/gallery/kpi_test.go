package gallery

import (
	"bytes"
	"database/sql"
	"errors"
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
	result, err := segmentation.TrainReader(t.Context(), bytes.NewReader(file), segmentation.TrainOptions{Model: segment.TrainOptions{Seed: 1}})
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
