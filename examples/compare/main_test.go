package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/testdata"
)

// start runs the program and gives what it prints and its exit status.
func start(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = program.Status(run(t.Context(), args, &out, &errs), &errs)
	return out.String(), errs.String(), status
}

// model trains on the bundled sample, of which it takes one row in every, and
// gives the path of the file.
func model(t *testing.T, day features.AsOf, every int, o segment.TrainOptions) string {
	t.Helper()
	customers, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	table, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, day)), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var part []int
	for i := 0; i < table.Len(); i += every {
		part = append(part, i)
	}
	rows, err := table.Rows(t.Context(), part)
	if err != nil {
		t.Fatal(err)
	}
	x, err := rows.Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	o.Columns, o.Value, o.AsOf = features.TrainingColumns, features.ValueColumns, table.AsOf()
	m, err := segment.Train(t.Context(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.json")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompare(t *testing.T) {
	day := features.AsOf(testdata.AsOf)
	old := model(t, day, 1, segment.TrainOptions{K: 5, Seed: 1})
	half := model(t, day, 2, segment.TrainOptions{K: 5, Seed: 2})
	named := model(t, day, 1, segment.TrainOptions{K: 4, Seed: 1, TierNames: []string{"A", "B", "C", "D"}})

	stdout, stderr, status := start(t, old, old, "-before", "../../testdata/customers.csv")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{
		"The new model segments as the old one did.", "adjusted Rand index 1.000", "0.0% of the customers change", "1,988 customers as of 2015-01-01",
		"  Platinum       398     0       0       0", "  0    0    Platinum  398                1.00", "  income    0.000  0.000",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("a model beside itself does not give %q:\n%s", want, stdout)
		}
	}

	// Flags may stand anywhere, and the result is the same.
	var first string
	for _, args := range [][]string{
		{"-json", "-data", "../../testdata/customers.csv", old, half},
		{old, "-data", "../../testdata/customers.csv", half, "-json"},
		{old, half, "-json", "-data", "../../testdata/customers.csv"},
		{old, half, "-json"},
	} {
		stdout, stderr, status := start(t, args...)
		if status != 0 || stderr != "" {
			t.Fatalf("%v: status %d: %s", args, status, stderr)
		}
		if first == "" {
			first = stdout
		} else if stdout != first {
			t.Errorf("%v gives another result", args)
		}
	}
	var got struct {
		AsOf       string `json:"as_of"`
		OldK       int    `json:"old_k"`
		Comparison insight.Comparison
	}
	if err := json.Unmarshal([]byte(first), &got); err != nil {
		t.Fatal(err)
	}
	c := got.Comparison
	if got.AsOf != "2015-01-01" || got.OldK != 5 || c.Rows != 1988 || c.AdjustedRand < 0.9 || c.AdjustedRand == 1 || c.Verdict != insight.VerdictSame {
		t.Errorf("half of the customers: %+v", got)
	}
	moved := 0
	for i, row := range c.Tiers.Counts {
		for j, n := range row {
			if i != j {
				moved += n
			}
		}
	}
	if want := 1 - float64(moved)/1988; c.Stay < want-1e-12 || c.Stay > want+1e-12 {
		t.Errorf("%v stay, the matrix says %v", c.Stay, want)
	}

	// Other names and another number of clusters; the old names on request.
	kept := filepath.Join(t.TempDir(), "kept.json")
	stdout, stderr, status = start(t, old, named, "-keep-names", kept)
	if status != 0 || !strings.Contains(stdout, "Platinum → A") || !strings.Contains(stdout, "Wrote "+kept) {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	m, err := segment.Load(kept)
	if err != nil || m.Tier(0) != "Platinum" || m.K() != 4 {
		t.Errorf("kept: %v, %v", m, err)
	}

	// Another day is told.
	later := model(t, features.AsOf(testdata.AsOf.AddDate(3, 0, 0)), 1, segment.TrainOptions{K: 5, Seed: 1})
	stdout, _, _ = start(t, old, later)
	if !strings.Contains(stdout, "as of 2018-01-01") || !strings.Contains(stdout, "The old model counted ages and tenures as of 2015-01-01") {
		t.Errorf("the day is not told:\n%s", stdout)
	}
}

func TestBadInput(t *testing.T) {
	old := model(t, features.AsOf(testdata.AsOf), 4, segment.TrainOptions{K: 3, Seed: 1})
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	if err := os.WriteFile(broken, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"no model", nil, 2, "there are 0 here"},
		{"one model", []string{old}, 2, "there are 1 here"},
		{"three models", []string{old, old, old}, 2, "there are 3 here"},
		{"unknown flag before", []string{"-x", old, old}, 2, "-x"},
		{"unknown flag behind", []string{old, old, "-x"}, 2, "-x"},
		{"flag without its value", []string{old, old, "-data"}, 2, "-data"},
		{"no such model", []string{old, filepath.Join(dir, "none.json")}, 1, "none.json"},
		{"no model file", []string{broken, old}, 1, "model"},
		{"no such customers", []string{old, old, "-data", filepath.Join(dir, "none.csv")}, 1, "none.csv"},
		{"no such customers before", []string{old, old, "-before", filepath.Join(dir, "none.csv")}, 1, "none.csv"},
		{"day", []string{old, old, "-as-of", "soon"}, 2, "a day is written as 2015-01-31"},
		{"names cannot be written", []string{old, old, "-keep-names", filepath.Join(dir, "none", "kept.json")}, 1, "none"},
	} {
		stdout, stderr, status := start(t, test.args...)
		if status != test.status || !strings.Contains(stderr, test.says) || program.GoWords(stderr) != "" || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%s: status %d, %q, %q; want %d, %q", test.name, status, stdout, stderr, test.status, test.says)
		}
	}
	if _, stderr, status := start(t, "-help"); status != 0 || !strings.Contains(stderr, "-keep-names") {
		t.Errorf("-help: status %d, %q", status, stderr)
	}
}
