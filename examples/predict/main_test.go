package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
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
		{"no such file", []string{"-model", path, "-data", path + ".none"}, 1, "no such file"},
		{"no customers", []string{"-model", path, "-data", path}, 1, "model.json"},
	} {
		stdout, stderr, status := start(t, test.args...)
		if status != test.status || stdout != "" || !strings.Contains(stderr, test.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want %d with %q", test.name, status, stdout, stderr, test.status, test.says)
		}
	}
}
