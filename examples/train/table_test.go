package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/xlsx"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/internal/textreport"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// shop is a table of customers of six kinds, two of whose columns are words.
func shop(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Kundennummer;Stadt;Alter;Umsatz (€);Newsletter;Notiz\n")
	cities := []string{"Köln", "Bonn", "Bonn", ""}
	for i := range 90 {
		kind := i % 3
		b.WriteString(strings.Join([]string{
			"K-" + string(rune('A'+i/10)) + string(rune('0'+i%10)), cities[(i/3)%4], []string{"25", "44", "71"}[kind],
			[]string{"99,50", "1.850,00", "730,25"}[kind] + "", []string{"ja", "nein"}[i%2], "ruft " + string(rune('a'+i%26)) + " an, " + strings.Repeat("x", i),
		}, ";") + "\n")
	}
	path := filepath.Join(t.TempDir(), "kunden.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Roles come first, and with -describe-only nothing else: nothing is written.
func TestDescribeOnly(t *testing.T) {
	data, out := shop(t), filepath.Join(t.TempDir(), "out")
	stdout, stderr, status := start(t, "-data", data, "-out", out, "-describe-only")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, want := range []string{"Read      90 customers from " + data, "Kundennummer  identifier", "99.5 to 1850", "Bonn, Köln", "Id: Kundennummer.", "Features: Stadt, Alter, Umsatz (€)", "Umsatz (€) (more is better)", "Not used: Notiz"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not print %q:\n%s", want, stdout)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("it wrote %s: %v", out, err)
	}
	stdout, _, status = start(t, "-data", data, "-describe-only", "-json")
	var got textreport.Roles
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || got.ID != "Kundennummer" || len(got.Columns) != 6 || got.Columns[5].Role != "none" {
		t.Errorf("status %d, %v: %s", status, err, stdout)
	}
	if stdout, _, _ = start(t, "-describe-only"); !strings.Contains(stdout, "A campaign file of 2,000 customers") {
		t.Errorf("of the sample it says %s", stdout)
	}
}

// A table goes the whole way; the model, the tables, the lists and the database have
// the same customers.
func TestTable(t *testing.T) {
	data, out := shop(t), filepath.Join(t.TempDir(), "out")
	page := filepath.Join(t.TempDir(), "report.html")
	stdout, stderr, status := start(t, "-data", data, "-out", out, "-k", "3", "-lists", "-report", page)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	roles := strings.Index(stdout, "Features: ")
	for _, want := range []string{"Prepare   the most frequent word of Stadt stands for its 21 missing ones", "Prepare   Stadt becomes 2 columns", "Choose    k = 3", "% Bonn", "segmentation_kunden_merged"} {
		if at := strings.Index(stdout, want); at < roles {
			t.Errorf("it prints %q at %d, the roles at %d:\n%s", want, at, roles, stdout)
		}
	}
	m, err := segment.Load(filepath.Join(out, "model.json"))
	if err != nil {
		t.Fatal(err)
	}
	if m.ID() != "Kundennummer" || !slices.Equal(m.Words()["Stadt"], []string{"Bonn", "Köln"}) {
		t.Errorf("id %q, words %q", m.ID(), m.Words())
	}
	merged, _, err := features.ReadTableFile(t.Context(), filepath.Join(out, "merged.csv"), features.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	predictions, err := m.PredictTable(t.Context(), merged)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range predictions {
		if tier := merged.Series("tier").Word(i); tier != p.Tier {
			t.Fatalf("row %d of merged.csv is in %s, and %s by the model", i, tier, p.Tier)
		}
	}
	ids := map[string]string{}
	for _, tier := range m.TierNames() {
		list, _, err := xlsx.ReadFile(t.Context(), filepath.Join(out, "segments", tier+".xlsx"), xlsx.Options{})
		if err != nil {
			t.Fatal(err)
		}
		text, _, err := features.ReadTableFile(t.Context(), filepath.Join(out, "segments", tier+".csv"), features.TableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if names := list.ColumnNames(); names[0] != "Kundennummer" || len(names) != 8 || text.Len() != list.Len() {
			t.Errorf("the list of %s has the columns %q and %d rows, as CSV %d", tier, names, list.Len(), text.Len())
		}
		for i := range list.Len() {
			ids[list.Series("Kundennummer").Word(i)] = tier
		}
	}
	if len(ids) != 90 {
		t.Errorf("the lists have %d customers", len(ids))
	}
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(out, "segmentation.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	saved, err := db.ReadTable(t.Context(), "segmentation_kunden_merged", store.TableOptions{})
	if err != nil || saved.Len() != 90 || saved.Series("tier").Word(7) != predictions[7].Tier {
		t.Errorf("saved: %v", err)
	}
	html, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(html), "Umsatz") || strings.Contains(string(html), "wine") {
		t.Errorf("the report: %v", err)
	}

	// The table of the database is one to train on, too, to the same model.
	again := filepath.Join(t.TempDir(), "again")
	if _, stderr, status := start(t, "-data", "sqlite:"+filepath.Join(out, "segmentation.db")+"?table=segmentation_kunden", "-out", again, "-k", "3"); status != 0 {
		t.Fatal(stderr)
	}
	a, _ := os.ReadFile(filepath.Join(out, "model.json"))
	if b, err := os.ReadFile(filepath.Join(again, "model.json")); err != nil || string(a) != string(b) {
		t.Errorf("the model of the table in the database is another one: %v", err)
	}
}

// Flags set what is inferred otherwise, and the model keeps it.
func TestRoleFlags(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	stdout, stderr, status := start(t, "-data", shop(t), "-out", out, "-db", "sqlite::memory:", "-k", "2", "-json",
		"-id", "-", "-columns", "umsatz,alter,newsletter", "-value", "-alter,Umsatz", "-describe", "Stadt", "-log-above", "off", "-pca-above", "2", "-variance", "0.8")
	if status != 0 {
		t.Fatal(stderr)
	}
	var got textreport.Summary
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || !strings.Contains(stdout, `"features":["Umsatz (€)","Alter","Newsletter"]`) {
		t.Errorf("%v: %s", err, stdout)
	}
	for _, want := range []string{`"value":[{"column":"Alter","less":true},{"column":"Umsatz (€)"}]`, `"describe":["Stadt"]`, "principal components are taken that keep 80%"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not print %s: %s", want, stdout)
		}
	}
	m, err := segment.Load(filepath.Join(out, "model.json"))
	if err != nil || !slices.Equal(m.Less(), []string{"Alter"}) || m.ID() != "" || !slices.Equal(m.Describe(), []string{"Stadt"}) {
		t.Errorf("%v: less %q, id %q", err, m.Less(), m.ID())
	}
}

// Flags and tables that do not go together are refused, with what would.
func TestTableRefused(t *testing.T) {
	names := filepath.Join(t.TempDir(), "names.csv")
	if err := os.WriteFile(names, []byte("id,name\nC1,Ada\nC2,Bob\nC3,Cyd\nC4,Dee\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args   []string
		status int
		stderr string
		stdout string
	}{
		{[]string{"-data", names}, 1, "of the 2 columns can tell customers apart; name two or more by -columns", "Id: id."},
		{[]string{"-data", names, "-columns", "name,id", "-kinds", "name=category,id=category", "-id", "-"}, 1, "none of name, id holds numbers, so nothing tells which segment is worth more; name a column of numbers, too, by -columns and -value", "Value: none."},
		{[]string{"-data", names, "-columns", "nam,age"}, 1, `there is no column "nam"; want one of the table's columns, such as name`, ""},
		{[]string{"-data", shop(t), "-max-age", "70"}, 2, "limits of a campaign file", ""},
		{[]string{"-variance", "0.5"}, 2, "with -columns this one is taken as such", ""},
		{[]string{"-variance", "off"}, 2, "a number above 0", ""},
		{[]string{"-kinds", "age"}, 2, "no pair such as name=value", ""},
		{[]string{"-kinds", "age=number"}, 2, `there is no kind "number"`, ""},
		{[]string{"-unseen", "skip"}, 2, "refuse or accept", ""},
		{[]string{"-order-columns", "who=a"}, 2, "customer, day, invoice", ""},
		{[]string{"-header-row", "0"}, 2, "from 1", ""},
		{[]string{"-columns", "a,,b"}, 2, "names of columns", ""},
		{[]string{"-data", names, "-orders", names}, 1, "no column is known", ""},
	} {
		out := filepath.Join(t.TempDir(), "out")
		stdout, stderr, status := start(t, append(test.args, "-out", out)...)
		if status != test.status || !strings.Contains(stderr, test.stderr) || !strings.Contains(stdout, test.stdout) {
			t.Errorf("%q: status %d, stderr %q, stdout %q", test.args, status, stderr, stdout)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%q leaves %s", test.args, out)
		}
	}
}

// The files that failed once come out as their texts say.
func TestCases(t *testing.T) {
	for name, want := range map[string][]string{
		"any-table-mall.csv":     {"Read      16 customers", "Id: CustomerID.", "Gender"},
		"five-columns.csv":       {"Read      16 customers", "Clean", "Platinum"},
		"already-engineered.csv": {"Read      16 customers", "spent is the column MntTotal"},
		"transactions.csv":       {"Read      12 customers", "recency", "4 lines have no customer"},
		"campaign.json":          {"Read      16 customers", "Engineer  9 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, status := start(t, "-data", testenv.Case(t, name), "-out", filepath.Join(t.TempDir(), "out"))
			for _, says := range want {
				if status != 0 || !strings.Contains(stdout, says) {
					t.Errorf("status %d, it does not print %q: %s%s", status, says, stdout, stderr)
				}
			}
		})
	}
	_, stderr, status := start(t, "-data", testenv.Case(t, "incomes-in-rupiah.csv"), "-out", t.TempDir())
	if status != 1 || !strings.Contains(stderr, "-max-income sets another limit") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// Lines of orders are counted by the columns that are named, on the day that is given.
func TestOrders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines.csv")
	var b strings.Builder
	b.WriteString("wer,wann,beleg,wert\n")
	for i := range 60 {
		b.WriteString("P" + string(rune('A'+i%12)) + ",2024-0" + string(rune('1'+i%6)) + "-1" + string(rune('0'+i%9)) + ",R" + string(rune('A'+i%26)) + string(rune('A'+i/26)) + "," + string(rune('1'+i%9)) + "9.50\n")
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	stdout, stderr, status := start(t, "-orders", path, "-order-columns", "customer=wer,day=wann,invoice=beleg,amount=wert", "-as-of", "2024-12-31", "-out", out, "-db", "sqlite::memory:")
	if status != 0 || !strings.Contains(stdout, "60 lines of orders counted to 12 customers by wer, wann and wert") || strings.Contains(stdout, "the day of the last line") {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	merged, _, err := features.ReadTableFile(context.Background(), filepath.Join(out, "merged.csv"), features.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names := merged.ColumnNames()
	if names[0] != "wer" || !slices.Equal(names[len(names)-3:], []string{"rfm_segment", "cluster", "tier"}) {
		t.Errorf("columns %q", names)
	}
	m, err := segment.Load(filepath.Join(out, "model.json"))
	if err != nil || !slices.Equal(m.Less(), []string{"recency"}) || m.AsOf().Format("2006-01-02") != "2024-12-31" {
		t.Errorf("%v: less %q, as of %s", err, m.Less(), m.AsOf())
	}
}
