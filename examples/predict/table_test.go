package main

import (
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// guests is a table of customers with an id, words and numbers, and a column of the
// name of one of ours.
func guests(n int) string {
	var b strings.Builder
	b.WriteString("Guest ID;City;Nights;Spend (€);Tier\n")
	for i := range n {
		fmt.Fprintf(&b, "%05d;%s;%d;%d,50;%s\n", i, []string{"Bonn", "Köln"}[i%2], []int{2, 9, 21}[i%3]+i%2, []int{90, 700, 2100}[i%3]+i%7, []string{"old", "NA"}[i%2])
	}
	return b.String()
}

// guestModel trains on guests, saves the model in a database under the name guests,
// and returns the paths of model and data, and where the customers lie.
func guestModel(t *testing.T) (model, data, url string, trained *segmentation.Result) {
	t.Helper()
	dir := t.TempDir()
	model, data, url = filepath.Join(dir, "model.json"), filepath.Join(dir, "guests.csv"), "sqlite:"+filepath.Join(dir, "guests.db")
	if err := os.WriteFile(data, []byte(guests(60)), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), url, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	o := segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}, Store: db, Name: "guests"}
	o.Open.Roles.Features = []string{"City", "Nights", "Spend"}
	if trained, err = segmentation.TrainFile(t.Context(), data, o); err == nil {
		err = trained.Model.Save(model)
	}
	if err != nil {
		t.Fatal(err)
	}
	return model, data, url, trained
}

func records(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A file of any table keeps its columns and gets the place of each customer.
func TestTableFile(t *testing.T) {
	model, data, url, trained := guestModel(t)
	stdout, stderr, status := start(t, "-model", model, "-data", data)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	rows := records(t, stdout)
	if len(rows) != 61 || strings.Join(rows[0], ",") != "id,cluster,tier,distance,margin,warnings,Guest ID,City,Nights,Spend (€),Tier (file)" {
		t.Fatalf("%d rows under %q", len(rows), rows[0])
	}
	for i, p := range trained.Predictions {
		r := rows[i+1]
		if r[0] != fmt.Sprintf("%05d", i) || r[1] != fmt.Sprint(p.Cluster) || r[2] != p.Tier || r[6] != r[0] || r[10] != []string{"old", "NA"}[i%2] {
			t.Fatalf("row %d is %q, want %+v", i, r, p)
		}
	}
	if stdout, _, _ = start(t, "-model", model, "-data", data, "-keep", "city"); strings.Join(records(t, stdout)[0][6:], ",") != "City" {
		t.Errorf("kept %q", records(t, stdout)[0])
	}
	if stdout, _, _ = start(t, "-model", model, "-data", data, "-keep", ""); len(records(t, stdout)[0]) != 6 {
		t.Errorf("kept %q", records(t, stdout)[0])
	}
	if _, stderr, status = start(t, "-model", model, "-data", data, "-keep", "Street"); status != 1 || !strings.Contains(stderr, `no column "Street"`) {
		t.Errorf("status %d, %s", status, stderr)
	}
	stdout, _, _ = start(t, "-model", model, "-data", data, "-json", "-keep", "City,Nights")
	var first struct {
		ID, Tier string
		Row      map[string]any
	}
	if err := json.NewDecoder(strings.NewReader(stdout)).Decode(&first); err != nil || first.ID != "00000" || first.Tier == "" || fmt.Sprint(first.Row) != "map[City:Bonn Nights:2]" {
		t.Errorf("%v: %.200s", err, stdout)
	}
	// The table of the database holds the same customers.
	stdout, stderr, status = start(t, "-model", model, "-data", url+"?table=guests")
	again := records(t, stdout)
	if status != 0 || len(again) != 61 || again[60][2] != rows[60][2] || again[60][0] != "00059" {
		t.Errorf("status %d: %s, %q", status, stderr, again)
	}
}

// Columns that have the very names of ours make room for them.
func TestScoredAgain(t *testing.T) {
	model, data, _, _ := guestModel(t)
	stdout, _, _ := start(t, "-model", model, "-data", data, "-keep", "City,Nights,Spend (€)")
	if err := os.WriteFile(data, []byte(stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := start(t, "-model", model, "-data", data)
	if status != 0 || strings.Join(records(t, stdout)[0], ",") != "id,cluster,tier,distance,margin,warnings,id (file),cluster (file),tier (file),distance (file),margin (file),warnings (file),City,Nights,Spend (€)" {
		t.Errorf("status %d, %s: %.300s", status, stderr, stdout)
	}
	if !strings.Contains(stderr, "there is no column Guest ID, so customers are numbered") {
		t.Errorf("%s", stderr)
	}
}

// The columns are the same in all blocks, also where the first ids of a file happen to be
// the numbers of its rows.
func TestBlocksAlike(t *testing.T) {
	model, data, _, _ := guestModel(t)
	const rows = 60_000
	note := ";" + strings.Repeat("note ", 60) + "\n" // longer together than what the kinds of columns are found from
	var b strings.Builder
	b.WriteString("id;City;Nights;Spend (€);Tier;Note\n")
	for i, line := range strings.Split(guests(rows), "\n")[1 : rows+1] {
		n := i + 1
		if n == rows {
			n++
		}
		fmt.Fprint(&b, n, line[5:], note)
	}
	if err := os.WriteFile(data, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := start(t, "-model", model, "-data", data, "-keep", "id")
	got := records(t, stdout) // which refuses rows of another number of fields
	if status != 0 || len(got) != rows+1 || got[0][6] != "id (file)" || got[rows][0] != fmt.Sprint(rows) || got[rows][6] != fmt.Sprint(rows+1) {
		t.Errorf("status %d, %s: %d rows, the last %q under %q", status, stderr, len(got), got[len(got)-1], got[0])
	}
}

// One customer of any model is given by -row.
func TestRow(t *testing.T) {
	model, _, _, trained := guestModel(t)
	want, err := trained.Model.PredictValues(map[string]any{"City": "Köln", "Nights": 9, "Spend (€)": 700})
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := start(t, "-model", model, "-row", "city=Köln,nights=9,Spend=700")
	if status != 0 || !strings.Contains(stdout, "belongs to "+want.Tier) {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	if stdout, _, _ = start(t, "-model", model, "-row", "City=Köln,Nights=,Spend=700"); !strings.Contains(stdout, "Nights is missing") {
		t.Errorf("%s", stdout)
	}
	for args, says := range map[string]string{
		"City=Rome,Nights=9,Spend=700":    "Rome",
		"City=Köln,Nights=nine,Spend=700": "want a number",
		"City=Köln,Street=a":              "the model has no column",
		"City=Köln":                       "Nights",
		"City":                            "no pair",
	} {
		if _, stderr, status = start(t, "-model", model, "-row", args); status == 0 || !strings.Contains(stderr, says) {
			t.Errorf("%s: status %d, %s", args, status, stderr)
		}
	}
	if _, stderr, status = start(t, "-model", model, "-age", "30", "-spent", "5", "-tenure", "3", "-children", "0"); status != 1 || !strings.Contains(stderr, "-row") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// The table that a model of the database was trained on is scored into its log.
func TestTableDatabase(t *testing.T) {
	model, _, url, _ := guestModel(t)
	stdout, stderr, status := start(t, "-db", url, "-name", "guests")
	if status != 0 || !strings.Contains(stdout, "Scored 60 customers with version 1 of the model: ") {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n, err := db.Count(t.Context(), db.Tables().Scores); err != nil || n != 60 {
		t.Errorf("%d scores, %v", n, err)
	}
	// Without the ids of the model its rows are numbered, which is told.
	raw, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), `CREATE TABLE others AS SELECT City, Nights, "Spend (€)" FROM guests; DROP TABLE guests; ALTER TABLE others RENAME TO guests`); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-db", url, "-name", "guests"}, {"-model", model, "-data", url + "?table=guests"}} {
		if _, stderr, status := start(t, args...); status != 0 || !strings.Contains(stderr, "there is no column Guest ID, so customers are numbered") {
			t.Errorf("%q: status %d, %s", args, status, stderr)
		}
	}
}

func TestTableSQL(t *testing.T) {
	model, _, _, _ := guestModel(t)
	if _, stderr, status := start(t, "-model", model, "-sql", "sqlite"); status != 2 || !strings.Contains(stderr, "-table names the table") {
		t.Errorf("status %d, %s", status, stderr)
	}
	stdout, stderr, status := start(t, "-model", model, "-sql", "sqlite", "-table", "guests")
	if status != 0 || !strings.Contains(stdout, `"Guest ID"`) || !strings.Contains(stdout, "'Köln'") {
		t.Errorf("status %d, %s: %.300s", status, stderr, stdout)
	}
}
