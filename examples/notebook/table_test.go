package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/store"
)

// guests writes a table of customers with words, and gives its path.
func guests(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Guest;City;Nights;Spend (€);Days since last stay\n")
	for i := range 90 {
		fmt.Fprintf(&b, "%05d;%s;%d;%d,50;%d\n", i, []string{"Bonn", "Köln", "Rom"}[i*i%3], []int{2, 9, 21}[i%3]+i%2, []int{90, 700, 2100}[i%3]+i%7, 300-100*(i%3)+i%5)
	}
	path := filepath.Join(t.TempDir(), "guests.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A table has cells of its own, whose code runs as it is shown.
func TestTable(t *testing.T) {
	out := t.TempDir()
	stdout, stderr, status := start(t, "-data", guests(t), "-columns", "City,Nights,Spend,Days since last stay", "-value", "spend,-days since last stay", "-out", out)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	at := 0
	for _, want := range []string{
		"── 1. Open ─", "│ func open(", "90 customers, read from text", "── 2. Roles ─", "Days since last stay (less is better)", "── 3. Look at the table ─", "00000", "── 4. Correlate the numbers ─",
		"── 5. Prepare ─", "City becomes 2 columns", "── 6. Choose k ─", "── 7. Cluster ─", "── 8. Name by value ─", "Platinum  30", "── 9. Profile the segments ─",
		"── 10. Explain a customer ─", "── 11. Compare with a second run ─", "adjusted Rand index", "Wrote ",
	} {
		i := strings.Index(stdout[at:], want)
		if i < 0 {
			t.Fatalf("%q is not printed behind byte %d:\n%s", want, at, stdout)
		}
		at += i
	}
	data, err := os.ReadFile(filepath.Join(out, "notebook.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	runCells(t, string(data))
	page, err := os.ReadFile(filepath.Join(out, "notebook.html"))
	if err != nil || strings.Contains(string(page), "wine") || !strings.Contains(string(page), "guests.csv") {
		t.Errorf("the page: %v", err)
	}
}

// A table of a database is named by its URL.
func TestDatabase(t *testing.T) {
	out := t.TempDir()
	url := "sqlite:" + filepath.Join(out, "guests.db")
	db, err := store.Open(t.Context(), url, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := segmentation.OpenFile(t.Context(), guests(t), segmentation.OpenOptions{})
	if err == nil {
		err = db.SaveTable(t.Context(), "guests", s.Table)
	}
	if err != nil {
		t.Fatal(err)
	}
	url += "?table=guests"
	if _, stderr, status := start(t, "-data", url, "-columns", "City,Nights,Spend", "-out", out); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if data, err := os.ReadFile(filepath.Join(out, "notebook.ipynb")); err != nil || !strings.Contains(string(data), `var data = \"`+url+`\"`) {
		t.Errorf("the notebook does not read %s: %v", url, err)
	}
}

// What cannot be told apart is refused with what was found.
func TestTableRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names.csv")
	if err := os.WriteFile(path, []byte("id,name\nC1,Ada\nC2,Bob\nC3,Cyd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := start(t, "-data", path, "-out", t.TempDir())
	if status != 1 || !strings.Contains(stderr, "name two or more by -columns") || !strings.Contains(stdout, "Id: id.") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	if _, stderr, status = start(t, "-data", guests(t), "-max-age", "70", "-out", t.TempDir()); status != 2 || !strings.Contains(stderr, "limits of a campaign file") {
		t.Errorf("status %d: %s", status, stderr)
	}
}
