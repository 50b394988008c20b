package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/segment"
)

// Models of any table, whose words differ, are compared on the customers of a file.
func TestCompareTables(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, n int, cities ...string) string {
		var b strings.Builder
		b.WriteString("Customer;City;Visits;Spend\n")
		for i := range n {
			fmt.Fprintf(&b, "C%04d;%s;%d;%d\n", i, cities[i%len(cities)], []int{2, 9, 21}[i%3]+i%2, []int{90, 700, 2100}[i%3]+i%7)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	train := func(data string) string {
		o := segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}}
		o.Open.Roles.Features = []string{"City", "Visits", "Spend"}
		r, err := segmentation.TrainFile(t.Context(), data, o)
		path := data + ".json"
		if err == nil {
			err = r.Model.Save(path)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	first, second := file("first.csv", 90, "Bonn", "Rome"), file("second.csv", 120, "Bonn", "Rome", "Oslo", "Bonn", "Oslo")
	old, new := train(first), train(second)
	stdout, stderr, status := start(t, old, new, "-data", first, "-before", first)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	for _, want := range []string{"90 customers: rows by the tier of", "Platinum", "City    0.000  –", "Spend   0.000  0.000"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not print %q:\n%s", want, stdout)
		}
	}
	if _, stderr, status = start(t, old, new, "-data", second); status != 1 || !strings.Contains(stderr, "Oslo") {
		t.Errorf("the old model does not know Oslo: status %d, %s", status, stderr)
	}
	if _, stderr, status = start(t, old, new, "-data", first, "-max-age", "70"); status != 2 || !strings.Contains(stderr, "limits of a campaign file") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if _, stderr, status = start(t, old, new); status != 1 || !strings.Contains(stderr, "there is no column") {
		t.Errorf("the sample has no city: status %d, %s", status, stderr)
	}
}
