package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

func start(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = program.Status(run(context.Background(), args, &out, &errs), &errs)
	return out.String(), errs.String(), status
}

// model trains on the sample and gives the path of the model file, and what
// the model says of the customers of the sample.
func model(t *testing.T) (path string, m *segment.Model, customers []features.Customer, predictions []segment.Prediction) {
	t.Helper()
	customers, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := features.Engineer(t.Context(), customers, features.AsOf(testdata.AsOf))
	if err != nil {
		t.Fatal(err)
	}
	clean, _, err := features.Clean(t.Context(), all, features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := clean.Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	trained, err := segment.Train(context.Background(), x, segment.TrainOptions{
		Columns: features.TrainingColumns, Value: features.ValueColumns, Units: features.Units(), AsOf: testdata.AsOf, K: 4, Restarts: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	m = trained.Model
	path = filepath.Join(t.TempDir(), "model.json")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	if x, err = all.Matrix(t.Context(), features.TrainingColumns...); err != nil {
		t.Fatal(err)
	}
	if predictions, err = m.PredictMatrix(context.Background(), x); err != nil {
		t.Fatal(err)
	}
	return path, m, customers, predictions
}

func TestOneCustomer(t *testing.T) {
	path, m, _, _ := model(t)
	one := []string{"-model", path, "-age", "57", "-spent", "1617", "-tenure", "365", "-children", "0"}
	want, err := m.Predict([]float64{57, 1617, 365, 0, 58138})
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := start(t, append(one, "-income", "58138", "-json")...)
	var got segment.Prediction
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q: %v", status, stderr, err)
	}
	if got.Cluster != want.Cluster || got.Tier != want.Tier || got.Distance != want.Distance || got.Margin != want.Margin || len(got.Warnings) != 1 {
		t.Errorf("%+v, want %+v", got, want)
	}
	stdout, _, status = start(t, one...)
	for _, says := range []string{"belongs to " + want.Tier, "tenure 365 is outside", "income is missing"} {
		if status != 0 || !strings.Contains(stdout, says) {
			t.Errorf("status %d, it does not say %q: %s", status, says, stdout)
		}
	}
	if stdout, _, _ = start(t, "-model", path, "-age", "50", "-spent", "700", "-tenure", "20", "-children", "1", "-income", "60000", "-json"); !strings.Contains(stdout, `"warnings":[]`) {
		t.Errorf("no warnings are %s", stdout)
	}
}

func TestFile(t *testing.T) {
	path, _, customers, predictions := model(t)
	data := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(data, append(testdata.Customers, "broken\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := start(t, "-model", path, "-data", data)
	if status != 0 || !strings.Contains(stderr, "line 2002") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(rows) != len(customers)+1 || !strings.HasPrefix(strings.Join(rows[0], ","), "id,cluster,tier,distance,margin,warnings,ID,Year_Birth,") {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, p := range predictions {
		want := []string{customers[i].ID, fmt.Sprint(p.Cluster), p.Tier, fmt.Sprint(p.Distance), fmt.Sprint(p.Margin), program.Sentences(p.Warnings)}
		if !slices.Equal(rows[i+1][:6], want) || rows[i+1][6] != customers[i].ID {
			t.Fatalf("row %d is %q, want %q", i+2, rows[i+1], want)
		}
	}
	stdout, _, status = start(t, "-model", path, "-data", data, "-json")
	decoder := json.NewDecoder(strings.NewReader(stdout))
	for i, p := range predictions {
		// Not one struct with both: the method of the prediction would hide the id.
		var object json.RawMessage
		var got segment.Prediction
		var customer struct{ ID string }
		if err := errors.Join(decoder.Decode(&object), json.Unmarshal(object, &got), json.Unmarshal(object, &customer)); err != nil || customer.ID != customers[i].ID || got.Distance != p.Distance || len(got.Warnings) != len(p.Warnings) {
			t.Fatalf("object %d is %s (%v), want %+v", i, object, err, p)
		}
	}
	if decoder.More() || status != 0 {
		t.Errorf("status %d; more objects than customers", status)
	}
}

const campaignHeader = "ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds\n"

// TestLaterCustomers: 50 customers of 2024 are not scored in silence by a model
// of 2015, in any form of output, nor are they where another day is asked for.
func TestLaterCustomers(t *testing.T) {
	path, m, _, _ := model(t)
	rows := campaignHeader
	for i := range 50 {
		rows += fmt.Sprintf("%d,%d,Master,Married,%d,0,0,2024-%02d-01,90,9,30,9,9,6\n", i+1, 1950+i, 40000+i, i%11+1)
	}
	data := filepath.Join(t.TempDir(), "late.csv")
	if err := os.WriteFile(data, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	db := "sqlite:" + filepath.Join(t.TempDir(), "late.db")
	s, err := store.Open(context.Background(), db, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ingest(context.Background(), strings.NewReader(rows), store.IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	const summary = "Note: 50 of 50 customers enrolled after 2015-01-01, the day on which ages and tenures are counted, so that their tenures mean nothing; -as-of counts on another day"
	for _, args := range [][]string{{"-data", data}, {"-data", data, "-json"}, {"-db", db}, {"-db", db, "-json"}} {
		stdout, stderr, status := start(t, append(args, "-model", path)...)
		if status != 0 || !strings.Contains(stderr, summary) || !strings.Contains(stderr, "Note: 50 of 50 customers, the first with id 1: enrolled on 2024-01-01, after 2015-01-01") {
			t.Errorf("%v: status %d, stderr %q", args, status, stderr)
		}
		switch strings.Join(args[2:], "") + args[0] {
		case "-data":
			for _, line := range strings.Split(strings.TrimSpace(stdout), "\n")[1:] {
				if !strings.Contains(line, `tenure -1`) || !strings.Contains(line, "; enrolled on 2024-") {
					t.Fatalf("no warning in %s", line)
				}
			}
		case "-json-data":
			for _, line := range strings.Split(strings.TrimSpace(stdout), "\n") {
				if !strings.Contains(line, `{"kind":"outside_training","column":"tenure","value":-1`) || !strings.Contains(line, `{"kind":"enrolled_after_day","column":"dt_customer","text":"enrolled on`) {
					t.Fatalf("no warning in %s", line)
				}
			}
		case "-json-db":
			if !strings.Contains(stdout, `{"kind":"enrolled_after_day","column":"dt_customer","rows":50,"of":50,"first":[{"row":0,"id":"1","text":"enrolled on 2024-01-01`) {
				t.Errorf("no warning in %s", stdout)
			}
		}
	}

	// On a day of their own they are customers like others, and the day is told.
	for _, args := range [][]string{{"-data", data}, {"-data", data, "-json"}, {"-db", db}} {
		stdout, stderr, status := start(t, append(args, "-model", path, "-as-of", "2024-12-31")...)
		if status != 0 || strings.Contains(stderr, "enrolled") || !strings.Contains(stderr, "Note: 50 of 50 customers, the first with id 1: counted as of 2024-12-31, 3652 days after the day of the model, 2015-01-01") {
			t.Errorf("%v: status %d, stderr %q", args, status, stderr)
		}
		if args[0] == "-data" && strings.Count(stdout, "counted as of 2024-12-31") != 50 {
			t.Errorf("the day is not told with each row: %s", stdout)
		}
		if args[0] == "-db" && !strings.Contains(stdout, "as of 2024-12-31") {
			t.Errorf("%s", stdout)
		}
	}
	stdout, _, status := start(t, "-model", path, "-as-of", "2024-12-31", "-age", "50", "-spent", "700", "-tenure", "20", "-children", "1", "-income", "60000", "-json")
	var p segment.Prediction
	if err := json.Unmarshal([]byte(stdout), &p); err != nil || status != 0 || len(p.Warnings) != 1 || p.Warnings[0] != m.DayWarnings(p.Warnings[0].Day)[0] {
		t.Errorf("status %d: %s (%v)", status, stdout, err)
	}
}

// TestOneOfAnotherTime: a single enrolment that lies ahead is told, and does not
// make the file one of another time.
func TestOneOfAnotherTime(t *testing.T) {
	path, _, _, _ := model(t)
	rows := campaignHeader + "77,2050,Master,Married,40000,0,0,2104-01-01,90,9,30,9,9,6\n"
	for i := range 9 {
		rows += fmt.Sprintf("%d,1970,Master,Married,40000,0,0,2013-05-01,90,9,30,9,9,6\n", i)
	}
	data := filepath.Join(t.TempDir(), "one.csv")
	if err := os.WriteFile(data, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := start(t, "-model", path, "-data", data)
	if status != 0 || strings.Contains(stderr, "mean nothing") ||
		!strings.Contains(stderr, "Note: 1 of 10 customers, the first with id 77: enrolled on 2104-01-01, after 2015-01-01, the day on which tenures are counted") ||
		!strings.Contains(stderr, "Note: 1 of 10 customers, the first with id 77: born in 2050, after 2015-01-01") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

func TestDatabase(t *testing.T) {
	ctx := context.Background()
	path, m, customers, predictions := model(t)
	url := "sqlite:" + filepath.Join(t.TempDir(), "shop.db")
	db, err := store.Open(ctx, url, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.SaveCustomers(ctx, store.All(customers)); err != nil {
		t.Fatal(err)
	}

	if _, stderr, status := start(t, "-db", url); status != 1 || !strings.Contains(stderr, "active") {
		t.Errorf("no active model: status %d, stderr %q", status, stderr)
	}
	active, err := db.SaveModel(ctx, program.ModelName, m, store.SaveOptions{Activate: true})
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := start(t, "-db", url, "-json")
	var got struct {
		Rows    int
		Version store.Version `json:"model_version"`
		Tiers   map[string]int

		Warnings []segment.WarningCount
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || !strings.Contains(stderr, "of 2,000 customers, the first with id ") || len(got.Warnings) == 0 {
		t.Fatalf("status %d, stderr %q: %v", status, stderr, err)
	}
	tiers := map[string]int{}
	for _, p := range predictions {
		tiers[p.Tier]++
	}
	if got.Rows != len(customers) || got.Version != active.Version || !maps.Equal(got.Tiers, tiers) {
		t.Errorf("%+v, want %d rows in %v", got, len(customers), tiers)
	}
	log, err := db.History(ctx, customers[7].ID)
	if err != nil || len(log) != 1 || log[0].Tier != predictions[7].Tier || log[0].Version != active.Version {
		t.Errorf("the log of one customer is %+v (%v)", log, err)
	}

	// The same model as a file is the version that is there; another one
	// becomes a version of its own.
	if stdout, _, _ := start(t, "-db", url, "-model", path); !strings.Contains(stdout, "Scored 2,000 customers with version 1") {
		t.Errorf("the model as a file: %s", stdout)
	}
	other, err := segment.Train(ctx, matrix(t, customers), segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: 3, Restarts: 1, AsOf: testdata.AsOf})
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "other.json")
	if err := other.Save(path); err != nil {
		t.Fatal(err)
	}
	if stdout, _, _ := start(t, "-db", url, "-model", path); !strings.Contains(stdout, "with version 2") {
		t.Errorf("another model: %s", stdout)
	}
	one := []string{"-db", url, "-age", "57", "-spent", "1617", "-tenure", "28", "-children", "0", "-json"}
	want, err := m.Predict([]float64{57, 1617, 28, 0, math.NaN()})
	if err != nil {
		t.Fatal(err)
	}
	if stdout, _, _ := start(t, one...); !strings.Contains(stdout, want.Tier) {
		t.Errorf("one customer by the active model: %s", stdout)
	}
}

func matrix(t *testing.T, customers []features.Customer) *mat.Dense {
	t.Helper()
	clean, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(testdata.AsOf))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := clean.Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestSQL runs the statement that is printed.
func TestSQL(t *testing.T) {
	ctx := context.Background()
	path, _, customers, predictions := model(t)
	db, err := store.Open(ctx, "sqlite::memory:", store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.SaveResults(ctx, &store.Results{Table: testenv.Must(features.Engineer(ctx, customers, features.AsOf(testdata.AsOf)))}); err != nil {
		t.Fatal(err)
	}
	stdout, _, status := start(t, "-model", path, "-sql", "sqlite", "-table", "customers_unencoded")
	if status != 0 {
		t.Fatal(stdout)
	}
	var rows []struct {
		ID   string
		Tier string
	}
	if err := db.DB().Select(&rows, "SELECT id, tier FROM ("+strings.TrimRight(stdout, ";\n")+") ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	tiers := map[string]string{}
	for i, p := range predictions {
		tiers[customers[i].ID] = p.Tier
	}
	if len(rows) != len(customers) {
		t.Errorf("%d rows for %d customers", len(rows), len(customers))
	}
	for _, row := range rows {
		if tiers[row.ID] != row.Tier {
			t.Errorf("customer %s is %s in SQL, %s in Go", row.ID, row.Tier, tiers[row.ID])
		}
	}

	// A table of nothing but the columns of the model, and one with more to keep.
	columns := strings.Join(features.TrainingColumns, ", ")
	db.DB().MustExec("CREATE TABLE bare AS SELECT " + columns + " FROM customers_unencoded")
	db.DB().MustExec("CREATE TABLE more AS SELECT id AS customer, 'x' AS shop, " + columns + " FROM customers_unencoded")
	for _, test := range []struct{ table, keep, want string }{
		{"bare", "", "cluster tier distance margin"},
		{"more", "customer,shop", "customer shop cluster tier distance margin"},
	} {
		stdout, stderr, status := start(t, "-model", path, "-sql", "sqlite", "-table", test.table, "-keep", test.keep)
		if status != 0 {
			t.Fatal(stderr)
		}
		result, err := db.DB().Queryx(strings.TrimRight(stdout, ";\n"))
		if err != nil {
			t.Fatalf("-keep %q: %v", test.keep, err)
		}
		names, err := result.Columns()
		if err != nil || strings.Join(names, " ") != test.want {
			t.Errorf("-keep %q: the columns are %q (%v), want %s", test.keep, names, err, test.want)
		}
		n := map[string]int{}
		for result.Next() {
			row := map[string]any{}
			if err := result.MapScan(row); err != nil {
				t.Fatal(err)
			}
			n[fmt.Sprint(row["tier"])]++
		}
		want := map[string]int{}
		for _, p := range predictions {
			want[p.Tier]++
		}
		if err := result.Err(); err != nil || !maps.Equal(n, want) {
			t.Errorf("-keep %q: %v (%v), want %v", test.keep, n, err, want)
		}
	}
	if stdout, _, status := start(t, "-model", path, "-sql", "postgres", "-table", `x"; drop table y`); status != 0 || !strings.Contains(stdout, `"x""; drop table y"`) {
		t.Errorf("status %d: %s", status, stdout)
	}
}

func TestBadInput(t *testing.T) {
	path, _, _, _ := model(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half.json")
	if err := os.WriteFile(half, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	one := func(model string, more ...string) []string {
		return append([]string{"-model", model, "-spent", "1", "-tenure", "1", "-children", "0"}, more...)
	}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"no model", one(path+".none", "-age", "30"), 1, "no such file"},
		{"half a model", one(half, "-age", "30"), 1, "cut short"},
		{"no model but a table", one("../../testdata/customers.csv", "-age", "30"), 1, "not a model"},
		{"a value missing", one(path), 2, "-age"},
		{"a word", one(path, "-age", "old"), 2, "a number is needed"},
		{"negative", one(path, "-age", "-3"), 2, "a number from 0"},
		{"infinite", one(path, "-age", "Inf"), 2, "a number is needed"},
		{"both", one(path, "-data", "x"), 2, "not both"},
		{"dialect", []string{"-model", path, "-sql", "oracle"}, 2, "it must be postgres or sqlite"},
		{"day", []string{"-model", path, "-data", "x", "-as-of", "today"}, 2, "a day is written as 2015-01-31"},
		{"day of a table", []string{"-model", path, "-sql", "sqlite", "-as-of", "2015-01-01"}, 2, "-as-of goes with customers"},
		{"database", []string{"-db", "sqlite:" + half}, 1, "half.json"},
		{"no such file", []string{"-model", path, "-data", path + ".none"}, 1, "no such file"},
		{"no customers", []string{"-model", path, "-data", path}, 1, "model.json"},
	} {
		stdout, stderr, status := start(t, test.args...)
		if status != test.status || stdout != "" || !strings.Contains(stderr, test.says) || program.GoWords(stderr) != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want %d with %q", test.name, status, stdout, stderr, test.status, test.says)
		}
	}
}

// TestIDs: a prediction is of the id that the file has.
func TestIDs(t *testing.T) {
	path, m, customers, predictions := model(t)
	ids := []string{"C10001", "0001", "7590-VHVEG", "12347.0", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "USD5", "5 EUR", "=1+1", "a,b", `say "x"`, "客户7", "1", "01", "-5"}
	customers = customers[:len(ids)]
	var b strings.Builder
	w := features.NewWriter(&b)
	for i := range ids {
		customers[i].ID = ids[i]
		if err := w.Write(&customers[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "c.csv")
	write := func(text string) {
		if err := os.WriteFile(data, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(b.String(), "id,", "CLIENTNUM,", 1))
	stdout, stderr, status := start(t, "-model", path, "-data", data, "-raw-csv")
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || status != 0 || len(rows) != len(ids)+1 || stderr != "Note: the column \"CLIENTNUM\" is taken for the id\n" {
		t.Fatalf("status %d, stderr %q, %d rows, %v", status, stderr, len(rows), err)
	}
	for i, id := range ids {
		if rows[i+1][0] != id || rows[i+1][2] != predictions[i].Tier {
			t.Errorf("row %d is %q; want %q in %s", i, rows[i+1], id, predictions[i].Tier)
		}
	}
	stdout, _, _ = start(t, "-model", path, "-data", data, "-json")
	decoder := json.NewDecoder(strings.NewReader(stdout))
	for _, id := range ids {
		var got struct{ ID string }
		if err := decoder.Decode(&got); err != nil || got.ID != id {
			t.Errorf("%q is %q in JSON, %v", id, got.ID, err)
		}
	}
	write(strings.Replace(b.String(), "id,", "shelf,", 1))
	stdout, stderr, _ = start(t, "-model", path, "-data", data, "-raw-csv")
	if !strings.Contains(stdout, "\n1,") || stderr != "Note: the file has no column of ids, so customers are numbered 1, 2, 3, … in its order\n" {
		t.Errorf("stderr %q: %s", stderr, stdout)
	}
	write(b.String() + strings.SplitAfter(b.String(), "\n")[1])
	if _, stderr, status = start(t, "-model", path, "-data", data, "-raw-csv"); status != 0 || stderr != "Note: 1 row has an id that an earlier row has: C10001 (line 16)\n" {
		t.Errorf("status %d, stderr %q", status, stderr)
	}

	// In the log of a database.
	url := "sqlite:" + filepath.Join(t.TempDir(), "c.db")
	db, err := store.Open(t.Context(), url, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.SaveCustomers(t.Context(), store.All(customers)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SaveModel(t.Context(), program.ModelName, m, store.SaveOptions{Activate: true}); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := start(t, "-db", url, "-json"); status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for i, id := range ids {
		if log, err := db.History(t.Context(), id); err != nil || len(log) != 1 || log[0].Tier != predictions[i].Tier {
			t.Errorf("the log of %q is %v, %v", id, log, err)
		}
	}
}

// The name of a tier comes from the model file, which may be anybody's.
func TestFormulas(t *testing.T) {
	path, _, customers, _ := model(t)
	names := []string{`=HYPERLINK("http://evil.example")`, "a;=1+1", "@x", "-1+1"}
	m, err := segment.Train(context.Background(), matrix(t, customers), segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: 4, Restarts: 1, AsOf: testdata.AsOf, TierNames: names})
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(filepath.Dir(path), "formulas.json")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(data, testdata.Customers, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, raw := range []bool{false, true} {
		args := []string{"-model", path, "-data", data}
		if raw {
			args = append(args, "-raw-csv")
		}
		stdout, stderr, status := start(t, args...)
		if status != 0 {
			t.Fatal(stderr)
		}
		rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		if err != nil || len(rows) != len(customers)+1 {
			t.Fatal(len(rows), err)
		}
		if raw == strings.Contains(stderr, "cells of the CSV got an apostrophe") {
			t.Errorf("with raw %v it says %s", raw, stderr)
		}
		formulas := 0
		for _, row := range rows {
			if csvguard.Cell(row[2]) != row[2] {
				formulas++
			}
		}
		if raw != (formulas > 0) || !raw && !strings.Contains(stdout, `"a;=1+1"`) {
			t.Errorf("with raw %v %d tiers are formulas: %.300s", raw, formulas, stdout)
		}
	}
}

// A row of the database that is no customer is left out, counted and told.
func TestImpossibleCustomers(t *testing.T) {
	ctx := context.Background()
	_, m, customers, _ := model(t)
	url := "sqlite:" + filepath.Join(t.TempDir(), "shop.db")
	db, err := store.Open(ctx, url, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.SaveCustomers(ctx, store.All(customers)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SaveModel(ctx, program.ModelName, m, store.SaveOptions{Activate: true}); err != nil {
		t.Fatal(err)
	}
	db.DB().MustExec("UPDATE customers SET year_birth = -99999999999 WHERE position = 3")
	db.DB().MustExec("UPDATE customers SET mnt_wines = -5 WHERE position = 7")
	db.DB().MustExec("UPDATE customers SET kidhome = -3 WHERE position = 9")
	stdout, stderr, status := start(t, "-db", url)
	if status != 0 || !strings.Contains(stdout, "Scored 1,997 customers") {
		t.Errorf("status %d: %s", status, stdout)
	}
	for _, want := range []string{"3 rows could not be read and had to be left out", "year_birth", "mnt_wines", "kidhome", "-99999999999"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("it does not tell of %s: %s", want, stderr)
		}
	}
	stdout, _, status = start(t, "-db", url, "-json")
	var got struct {
		Rows    int
		BadRows int `json:"bad_rows"`
		Notes   []string
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || got.Rows != 1997 || got.BadRows != 3 || len(got.Notes) != 4 {
		t.Errorf("status %d: %s (%v)", status, stdout, err)
	}
	if log, err := db.History(ctx, customers[2].ID); err != nil || len(log) != 0 {
		t.Errorf("a customer who is none is in the log: %v (%v)", log, err)
	}
}

// With -trust a model file needs a signature.
func TestTrust(t *testing.T) {
	path, _, _, _ := model(t)
	key := filepath.Join(filepath.Dir(path), "key")
	if err := signature.NewKey(key); err != nil {
		t.Fatal(err)
	}
	one := []string{"-model", path, "-trust", key + ".pub", "-income", "58138", "-age", "57", "-spent", "1617", "-tenure", "28", "-children", "0"}
	if _, stderr, status := start(t, one...); status != 1 || !strings.Contains(stderr, "not signed by a key that is trusted") {
		t.Errorf("a model that is not signed ends with %d: %s", status, stderr)
	}
	private, err := signature.ReadKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := signature.Sign(path, private); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, status := start(t, one...); status != 0 || !strings.Contains(stdout, "Platinum") {
		t.Errorf("a signed model ends with %d: %s%s", status, stdout, stderr)
	}
	if _, stderr, status := start(t, "-db", "sqlite:nowhere.db", "-trust", key+".pub"); status != 2 || !strings.Contains(stderr, "-trust goes with a model file") {
		t.Errorf("a model of a database ends with %d: %s", status, stderr)
	}
}
