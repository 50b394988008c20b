package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// start runs the program and gives what it prints and its exit status.
func start(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = program.Status(run(context.Background(), args, &out, &errs), &errs)
	return out.String(), errs.String(), status
}

func TestSample(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new", "out")
	stdout, stderr, status := start(t, "-out", out)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, want := range []string{"Read      2,000 customers", "as of 2015-01-01", "← knee", "Choose    k = 5", "Platinum", "Gold", "Silver", "Bronze", "merged.csv"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not print %q:\n%s", want, stdout)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), strings.ReplaceAll(stdout, out, "out")) {
		t.Errorf("the README shows another output than this:\n%s", stdout)
	}
	var names []string
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, []string{"encoded.csv", "merged.csv", "model.json", "segmentation.db", "unencoded.csv"}) {
		t.Errorf("it wrote %v", names)
	}

	// What was written fits together: the model puts every customer of the
	// merged table where the table says.
	model, err := segment.Load(filepath.Join(out, "model.json"))
	if err != nil {
		t.Fatal(err)
	}
	customers, _, err := features.ReadFile(filepath.Join(out, "merged.csv"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := features.Engineer(customers, features.AsOf(model.AsOf())).Matrix(model.Columns()...)
	if err != nil {
		t.Fatal(err)
	}
	predictions, err := model.PredictMatrix(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	merged, err := os.ReadFile(filepath.Join(out, "merged.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(merged)), "\n")
	if len(lines) != len(predictions)+1 || !strings.HasSuffix(lines[0], ",cluster,tier") {
		t.Fatalf("merged.csv has %d lines for %d customers, headed %s", len(lines), len(predictions), lines[0])
	}
	for i, p := range predictions {
		if !strings.HasSuffix(lines[i+1], ","+string(rune('0'+p.Cluster))+","+p.Tier) {
			t.Fatalf("line %d of merged.csv: %s; the model says %d, %s", i+2, lines[i+1], p.Cluster, p.Tier)
		}
	}

	// The same run gives the same files.
	again := filepath.Join(t.TempDir(), "again")
	if _, _, status := start(t, "-out", again); status != 0 {
		t.Fatalf("status %d", status)
	}
	for _, name := range []string{"encoded.csv", "merged.csv", "model.json", "unencoded.csv"} {
		a, _ := os.ReadFile(filepath.Join(out, name))
		if b, err := os.ReadFile(filepath.Join(again, name)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("a second run writes another %s (%v)", name, err)
		}
	}
}

func TestCampaignJSON(t *testing.T) {
	const data = "../../../shared/data/marketing_campaign"
	if _, err := os.Stat(data + ".csv"); os.IsNotExist(err) {
		t.Skipf("the public data set is not there: %s.csv", data)
	}
	out := filepath.Join(t.TempDir(), "out")
	var first string
	for _, form := range []string{".csv", "_indexed.csv", "_semicolon.csv"} {
		stdout, stderr, status := start(t, "-data", data+form, "-as-of", "2015-01-01", "-out", out, "-db", "sqlite::memory:", "-json")
		if status != 0 || stderr != "" {
			t.Fatalf("%s: status %d, stderr %q", form, status, stderr)
		}
		if first == "" {
			first = stdout
		} else if stdout != first {
			t.Errorf("%s: the summary differs from that of the other forms of the file", form)
		}
	}
	var got struct {
		summary
		Clusters []struct {
			Cluster int
			Tier    string
			Size    int
			Mean    map[string]float64
		} `json:"clusters"`
	}
	decoder := json.NewDecoder(strings.NewReader(first))
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if decoder.More() {
		t.Error("more than one JSON value is printed")
	}
	if got.RowsRead != 2240 || got.Rows != 2229 || got.Dropped != (dropped{3, 8, 0}) || got.MissingIncome != 24 || got.AsOf != "2015-01-01" || got.K != 5 || got.Knee != 5 || len(got.Sweep) != 9 {
		t.Errorf("summary %+v", got.summary)
	}
	// scikit-learn's best of 100 restarts, from testdata/golden/campaign.py.
	for i, best := range []float64{5836.589010, 4724.077995, 3967.887621, 3388.793031, 2932.148891} {
		if p := got.Sweep[i]; p.K != i+2 || p.Inertia > best*(1+1e-6) {
			t.Errorf("k = %d: inertia %v, scikit-learn reaches %v", p.K, p.Inertia, best)
		}
	}
	size, names := 0, []string{}
	for i, c := range got.Clusters {
		size += c.Size
		names = append(names, c.Tier)
		if c.Cluster != i || len(c.Mean) != 5 {
			t.Errorf("cluster %+v", c)
		}
	}
	if size != 2229 || names[0] != "Platinum" || names[4] != "Bronze" || len(slices.Compact(names)) != 4 {
		t.Errorf("%d customers in tiers %v", size, names)
	}
	for _, want := range []string{`"mean":{"age":`, `"dropped":{"age":3,"income":8,"bad_rows":0}`, `"warnings":[]`,
		`"database":{"dialect":"sqlite","tables":{"raw":"customers","unencoded":"customers_unencoded","encoded":"customers_encoded","merged":"customers_merged"},"rows":{"raw":2240,"unencoded":2229,"encoded":2229,"merged":2229},"model_version":1}`} {
		if !strings.Contains(first, want) {
			t.Errorf("the JSON has no %s", want)
		}
	}
}

func TestOptions(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	stdout, _, status := start(t, "-k", "3", "-min-k", "2", "-max-k", "4", "-restarts", "2", "-seed", "9", "-out", out, "-json")
	var got struct {
		K     int
		Sweep []segment.SweepPoint
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 {
		t.Fatalf("status %d: %v", status, err)
	}
	if got.K != 3 || len(got.Sweep) != 3 {
		t.Errorf("k = %d, %d points", got.K, len(got.Sweep))
	}
}

// TestHelpKeepsTheSecret: the address of the database may hold a password.
func TestHelpKeepsTheSecret(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://shop:s3cret@127.0.0.1:1/shop")
	for _, args := range [][]string{{"-help"}, {"-out", filepath.Join(t.TempDir(), "out")}} {
		stdout, stderr, _ := start(t, args...)
		if stderr == "" || strings.Contains(stdout+stderr, "s3cret") {
			t.Errorf("%v prints %q and %q", args, stdout, stderr)
		}
	}
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	header := "ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds\n"
	row := "1,1970,PhD,Single,50000,0,0,2013-05-06,1,2,3,4,5,6\n"
	bad := strings.Replace(row, "2013-05-06", "31-02-2013", 1)
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"no such file", []string{"-data", filepath.Join(dir, "none.csv")}, 1, "none.csv"},
		{"empty", []string{"-data", write("empty.csv", "")}, 1, "empty"},
		{"a header alone", []string{"-data", write("header.csv", header)}, 1, "header.csv"},
		{"rubbish", []string{"-data", write("rubbish.csv", "\x00\x01\x02\xff\xfe\x00PK\x03\x04")}, 1, "rubbish.csv"},
		{"no row readable", []string{"-data", write("bad.csv", header+bad)}, 1, "31-02-2013"},
		{"most rows unreadable", []string{"-data", write("mostly.csv", header+row+bad+bad)}, 1, "2 of 3 rows cannot be read"},
		{"fewer rows than clusters", []string{"-data", write("few.csv", header+row)}, 1, "at least 2 are needed"},
		{"clusters beyond the rows", []string{"-k", "5000"}, 1, "ask for at most 1988"},
		{"database", []string{"-db", "mysql://host/shop"}, 1, "postgres://"},
		{"k", []string{"-k", "-1"}, 2, "-k is -1"},
		{"range", []string{"-min-k", "5", "-max-k", "3"}, 2, "-max-k is 3"},
		{"day", []string{"-as-of", "01.02.2015"}, 2, "a day is written as 2015-01-31"},
		{"restarts", []string{"-restarts", "0"}, 2, "-restarts is 0"},
		{"no flag", []string{"customers.csv"}, 2, `"customers.csv" is not a flag`},
		{"unknown flag", []string{"-clusters", "3"}, 2, "-clusters"},
		{"word for a number", []string{"-k", "four"}, 2, "four"},
	} {
		out := filepath.Join(dir, "out")
		stdout, stderr, status := start(t, append(test.args, "-out", out)...)
		if test.name == "no flag" {
			stdout, stderr, status = start(t, test.args...)
		}
		if status != test.status || !strings.Contains(stderr, test.says) {
			t.Errorf("%s: status %d, stderr %q; want %d with %q", test.name, status, stderr, test.status, test.says)
		}
		if stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: stdout %q, stderr %q; want one sentence", test.name, stdout, stderr)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%s: something was written", test.name)
		}
	}
}

// TestBadRowsAreTold: a few bad rows are left out, counted and named.
func TestBadRowsAreTold(t *testing.T) {
	dir := t.TempDir()
	sample, err := os.ReadFile("../../testdata/customers.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(sample), "\n")
	lines[7] = strings.Replace(lines[7], "\t", "\tnineteen", 1)
	path := filepath.Join(dir, "c.csv")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, _, status := start(t, "-data", path, "-as-of", "2015-01-01", "-out", filepath.Join(dir, "out"), "-json")
	if status != 0 || !strings.Contains(stdout, `"rows_read":1999`) || !strings.Contains(stdout, `"bad_rows":1`) || !strings.Contains(stdout, "line 8") || !strings.Contains(stdout, "1 row could not be read") {
		t.Errorf("status %d: %s", status, stdout)
	}
}

// Words of the file that a spreadsheet would run as a formula are guarded in the
// tables, and what is written is its owner's alone.
func TestFilesAreSafe(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "customers.csv")
	sample, err := os.ReadFile("../../testdata/customers.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(sample), "\n")
	words := []string{`=cmd|' /C calc'!A0`, `"=HYPERLINK(""http://evil.example"",""x"")"`, "@SUM(1)", "+1+1", "-2+3", `"x;=1+1"`, `"	=1"`}
	// Education is the third column of the bundled file.
	for i, word := range words {
		cells := strings.Split(lines[i+1], "\t")
		cells[2] = word
		lines[i+1] = strings.Join(cells, "\t")
	}
	if err := os.WriteFile(data, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(out, name string) [][]string {
		t.Helper()
		file, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	for _, raw := range []bool{false, true} {
		out := filepath.Join(dir, fmt.Sprint("out", raw))
		args := []string{"-data", data, "-as-of", "2015-01-01", "-out", out, "-k", "4", "-report", filepath.Join(out, "report.html")}
		if raw {
			args = append(args, "-raw-csv")
		}
		stdout, stderr, status := start(t, args...)
		if status != 0 {
			t.Fatalf("status %d, stderr %q", status, stderr)
		}
		if raw == strings.Contains(stdout, "cells of the CSV got an apostrophe") {
			t.Errorf("with raw %v it prints %s", raw, stdout)
		}
		formulas := 0
		for _, name := range []string{"unencoded.csv", "encoded.csv", "merged.csv"} {
			for _, row := range read(out, name) {
				for _, cell := range row {
					if program.Guard(cell) != cell {
						formulas++
						if !raw {
							t.Errorf("%s holds the formula %q", name, cell)
						}
					}
				}
			}
		}
		if raw && formulas < 2*6 {
			t.Errorf("with -raw-csv the tables hold %d of the words as they are", formulas)
		}
		if runtime.GOOS == "windows" {
			continue
		}
		entries, err := os.ReadDir(out)
		if err != nil || len(entries) < 6 {
			t.Fatal(entries, err)
		}
		for _, e := range entries {
			if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has the mode %v (%v)", e.Name(), info.Mode(), err)
			}
		}
	}
}
