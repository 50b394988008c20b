package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
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
	customers, _, err := features.ReadAll(bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all := features.Engineer(customers, features.AsOf(testdata.AsOf))
	clean, _ := features.Clean(all)
	x, err := clean.Matrix(features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	m, err = segment.Train(context.Background(), x, segment.TrainOptions{
		Columns: features.TrainingColumns, Units: features.Units(), AsOf: testdata.AsOf, K: 4, Restarts: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "model.json")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	if x, err = all.Matrix(features.TrainingColumns...); err != nil {
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
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if lines[0] != "id,cluster,tier,distance,margin" || len(lines) != len(customers)+1 {
		t.Fatalf("%d lines, the first %s", len(lines), lines[0])
	}
	for i, p := range predictions {
		if want := fmt.Sprintf("%d,%d,%s,%v,%v", customers[i].ID, p.Cluster, p.Tier, p.Distance, p.Margin); lines[i+1] != want {
			t.Fatalf("line %d is %s, want %s", i+2, lines[i+1], want)
		}
	}
	stdout, _, status = start(t, "-model", path, "-data", data, "-json")
	decoder := json.NewDecoder(strings.NewReader(stdout))
	for i, p := range predictions {
		var got struct {
			ID int64
			segment.Prediction
		}
		if err := decoder.Decode(&got); err != nil || got.ID != customers[i].ID || got.Distance != p.Distance || len(got.Warnings) != len(p.Warnings) {
			t.Fatalf("object %d is %+v (%v), want %+v", i, got, err, p)
		}
	}
	if decoder.More() || status != 0 {
		t.Errorf("status %d; more objects than customers", status)
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
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || stderr != "" {
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
	other, err := segment.Train(ctx, matrix(t, customers), segment.TrainOptions{Columns: features.TrainingColumns, K: 3, Restarts: 1, AsOf: testdata.AsOf})
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
	clean, _ := features.Clean(features.Engineer(customers, features.AsOf(testdata.AsOf)))
	x, err := clean.Matrix(features.TrainingColumns...)
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
	if err := db.SaveUnencoded(ctx, features.Engineer(customers, features.AsOf(testdata.AsOf))); err != nil {
		t.Fatal(err)
	}
	stdout, _, status := start(t, "-model", path, "-sql", "sqlite", "-table", "customers_unencoded")
	if status != 0 {
		t.Fatal(stdout)
	}
	var rows []struct {
		ID   int64
		Tier string
	}
	if err := db.DB().Select(&rows, "SELECT id, tier FROM ("+strings.TrimRight(stdout, ";\n")+") ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	tiers := map[int64]string{}
	for i, p := range predictions {
		tiers[customers[i].ID] = p.Tier
	}
	if len(rows) != len(customers) {
		t.Errorf("%d rows for %d customers", len(rows), len(customers))
	}
	for _, row := range rows {
		if tiers[row.ID] != row.Tier {
			t.Errorf("customer %d is %s in SQL, %s in Go", row.ID, row.Tier, tiers[row.ID])
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
		{"database", []string{"-db", "sqlite:" + half}, 1, "half.json"},
		{"no such file", []string{"-model", path, "-data", path + ".none"}, 1, "no such file"},
		{"no customers", []string{"-model", path, "-data", path}, 1, "model.json"},
	} {
		stdout, stderr, status := start(t, test.args...)
		if status != test.status || stdout != "" || !strings.Contains(stderr, test.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want %d with %q", test.name, status, stdout, stderr, test.status, test.says)
		}
	}
}

// The name of a tier comes from the model file, which may be anybody's.
func TestFormulas(t *testing.T) {
	path, _, customers, _ := model(t)
	names := []string{`=HYPERLINK("http://evil.example")`, "a;=1+1", "@x", "-1+1"}
	m, err := segment.Train(context.Background(), matrix(t, customers), segment.TrainOptions{Columns: features.TrainingColumns, K: 4, Restarts: 1, AsOf: testdata.AsOf, TierNames: names})
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
			if program.Guard(row[2]) != row[2] {
				formulas++
			}
		}
		if raw != (formulas > 0) || raw == strings.Contains(stdout, `"a;=1+1"`) {
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
	for _, want := range []string{"3 rows could not be read and were left out", "year_birth", "mnt_wines", "kidhome", "-99999999999"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("it does not tell of %s: %s", want, stderr)
		}
	}
	stdout, _, status = start(t, "-db", url, "-json")
	var got struct {
		Rows     int
		BadRows  int `json:"bad_rows"`
		Warnings []string
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || got.Rows != 1997 || got.BadRows != 3 || len(got.Warnings) != 4 {
		t.Errorf("status %d: %s (%v)", status, stdout, err)
	}
	if log, err := db.History(ctx, customers[2].ID); err != nil || len(log) != 0 {
		t.Errorf("a customer who is none is in the log: %v (%v)", log, err)
	}
}
