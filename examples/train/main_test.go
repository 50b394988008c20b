package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/internal/textreport"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// start runs the program and gives what it prints and its exit status.
func start(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = program.Status(run(context.Background(), args, &out, &errs), &errs)
	return out.String(), errs.String(), status
}

// TestReadmeTables: what the README shows of training on tables of one's own is what
// is printed, but for what three dots stand for.
func TestReadmeTables(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)    go run ./examples/train (-[^\n]* testdata/any/[^\n]*)\n\n```\n(.*?)\n```").FindAllSubmatch(readme, -1)
	if len(shown) != 2 {
		t.Fatalf("the README shows %d calls", len(shown))
	}
	for _, call := range shown {
		var args []string // 'of quotes' may have blanks
		for i, part := range strings.Split(string(call[1]), "'") {
			if i%2 == 1 {
				args = append(args, part)
			} else {
				args = append(args, strings.Fields(part)...)
			}
		}
		out := filepath.Join(t.TempDir(), "out")
		stdout, stderr, status := start(t, append(args, "-out", out)...)
		if status != 0 || stderr != "" {
			t.Fatalf("status %d, stderr %q", status, stderr)
		}
		rest := strings.ReplaceAll(stdout, out, "out")
		for _, part := range strings.Split(string(call[2]), "…\n") {
			var ok bool
			if _, rest, ok = strings.Cut(rest, strings.TrimSuffix(part, "\n…")); !ok {
				t.Errorf("%s does not print this, which the README shows:\n%s\nbut\n%s", args, part, stdout)
				break
			}
		}
	}
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
	customers, _, err := features.ReadFile(t.Context(), filepath.Join(out, "merged.csv"), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(model.AsOf()))).Matrix(t.Context(), model.Columns()...)
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
	data := strings.TrimSuffix(testenv.Campaign(t), ".csv")
	out := filepath.Join(t.TempDir(), "out")
	var first string
	for _, form := range []string{".csv", "_indexed.csv", "_semicolon.csv"} {
		if _, err := os.Stat(data + form); err != nil {
			t.Logf("not tried: %v", err) // the first alone can be downloaded
			continue
		}
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
		textreport.Summary
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
	if got.RowsRead != 2240 || got.Rows != 2229 || fmt.Sprint(got.Dropped) != "{3 8 0}" || got.MissingIncome != 24 || got.AsOf != "2015-01-01" || got.K != 5 || got.Knee != 5 || len(got.Sweep) != 9 {
		t.Errorf("summary %+v", got.Summary)
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
		{"fewer rows than clusters", []string{"-data", write("few.csv", header+row)}, 1, "1 customer is too few for segments; at least 3 are needed"},
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
		if stdout != "" || program.GoWords(stderr) != "" || strings.Count(stderr, "\n") != 1 {
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

// kindsOfIDs writes a number as ids are written.
func kindsOfIDs(i int) string {
	return []string{
		fmt.Sprintf("C%05d", i), fmt.Sprintf("%06d", i), fmt.Sprintf("%d.0", i), fmt.Sprintf("%d-VHVEG", i), fmt.Sprintf("3f2504e0-4f89-11d3-9a0c-%012x", i), fmt.Sprintf("USD%d", i), fmt.Sprintf("=%d+1", i), fmt.Sprintf("kunde, \"%d\"", i),
	}[i%8]
}

// TestIDs: the tables and the database have the ids that the file has.
func TestIDs(t *testing.T) {
	dir := t.TempDir()
	r := csv.NewReader(bytes.NewReader(testdata.Customers))
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[:601]
	rows[0][0] = "Customer ID"
	want := map[string]string{} // the year of birth by id, to know the customer again
	for i, row := range rows[1:] {
		row[0] = kindsOfIDs(i)
		want[row[0]] = row[1]
	}
	write := func(name string, rows [][]string) string {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := errors.Join(w.WriteAll(rows), os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	out := filepath.Join(dir, "out")
	stdout, stderr, status := start(t, "-data", write("c.csv", rows), "-as-of", "2015-01-01", "-k", "4", "-restarts", "1", "-raw-csv", "-out", out)
	if status != 0 || !strings.Contains(stdout, `Note      the column "Customer ID" is taken for the id`) {
		t.Fatalf("status %d, stderr %q: %s", status, stderr, stdout)
	}
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(out, "segmentation.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables := map[string][]features.Customer{}
	for _, name := range []string{"merged", "unencoded"} {
		if tables[name+".csv"], _, err = features.ReadFile(t.Context(), filepath.Join(out, name+".csv"), features.ReadOptions{}); err != nil {
			t.Fatal(err)
		}
		for c, err := range db.FetchCustomers(t.Context(), store.FetchOptions{Table: "customers_" + name}) {
			if err != nil {
				t.Fatal(err)
			}
			tables["customers_"+name] = append(tables["customers_"+name], c)
		}
	}
	if tables["customers"], err = db.ReadCustomers(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, customers := range tables {
		seen := map[string]bool{}
		for _, c := range customers {
			if seen[c.ID] = true; want[c.ID] != strconv.Itoa(c.YearBirth) {
				t.Fatalf("%s: customer %q is born in %d, want %s", name, c.ID, c.YearBirth, want[c.ID])
			}
		}
		if len(seen) < 590 || len(seen) != len(customers) {
			t.Errorf("%s has %d different ids for %d customers", name, len(seen), len(customers))
		}
	}

	// Where there are none, that is said; where some repeat, which.
	for i := range rows {
		rows[i][0] = strconv.Itoa(i + 100)
	}
	rows[0][0] = "shelf"
	stdout, _, status = start(t, "-data", write("n.csv", rows), "-as-of", "2015-01-01", "-k", "4", "-restarts", "1", "-raw-csv", "-out", out)
	if status != 0 || !strings.Contains(stdout, "Note      the file has no column of ids, so customers are numbered 1, 2, 3, … in its order") {
		t.Errorf("status %d: %s", status, stdout)
	}
	rows[0][0], rows[9][0] = "ID", rows[4][0]
	_, stderr, status = start(t, "-data", write("r.csv", rows), "-as-of", "2015-01-01", "-k", "4", "-restarts", "1", "-raw-csv", "-out", out)
	if status != 1 || !strings.Contains(stderr, "1 row has an id that an earlier row has: 104 (line 10); want one row for each customer") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

const campaignHeader = "ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds\n"

// campaign writes a file of n customers, their incomes times a factor, and gives
// its path.
func campaign(t *testing.T, n, factor int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(campaignHeader)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "%d,%d,Master,Married,%d,%d,0,2013-%02d-11,%d,1,2,3,4,5\n", i, 1940+i*3, (20_000+i*5000)*factor, i%3, i%9+1, i*70)
	}
	path := filepath.Join(t.TempDir(), "c.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFewCustomers: from three customers on there is a result, the range of k
// ends at what they allow, and that is told also where it was asked for.
func TestFewCustomers(t *testing.T) {
	for _, n := range []int{3, 4, 5, 8, 9, 10, 12} {
		for _, asked := range [][]string{nil, {"-max-k", "11"}, {"-min-k", "3", "-max-k", "4"}} {
			most := 10
			if asked != nil {
				most = 11
			}
			if len(asked) == 4 {
				most = 4
			}
			out := t.TempDir()
			args := append([]string{"-data", campaign(t, n, 1), "-as-of", "2015-01-01", "-out", out, "-json"}, asked...)
			if asked == nil {
				args = append(args, "-report", filepath.Join(out, "report.html"))
			}
			stdout, stderr, status := start(t, args...)
			var got struct {
				Rows     int
				Sweep    []segment.SweepPoint
				Warnings []string
			}
			if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || stderr != "" {
				t.Errorf("%d customers, %v: status %d, %q (%v)", n, asked, status, stderr, err)
				continue
			}
			want := fmt.Sprintf("%d customers differ, so that the numbers of clusters end at %d and not at %d", n, n, most)
			if last := got.Sweep[len(got.Sweep)-1].K; got.Rows != n || last != min(n, most) || slices.Contains(got.Warnings, want) != (n < most) {
				t.Errorf("%d customers, %v: %d rows, k up to %d, warnings %q", n, asked, got.Rows, last, got.Warnings)
			}
		}
	}
	stdout, _, status := start(t, "-data", campaign(t, 8, 1), "-as-of", "2015-01-01", "-out", t.TempDir())
	for _, want := range []string{"Sweep     k = 2…8\n", "Note      8 customers differ, so that the numbers of clusters end at 8 and not at 10\n"} {
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("status %d, it does not print %q:\n%s", status, want, stdout)
		}
	}
}

// TestTooFewCustomers: what is too few is said of customers, not of rows and
// matrices, with the limit that left them out and the flag that sets it.
func TestTooFewCustomers(t *testing.T) {
	dir := t.TempDir()
	alike := filepath.Join(dir, "alike.csv")
	row := "1,1970,PhD,Single,50000,0,0,2013-05-06,1,2,3,4,5,6\n"
	if err := os.WriteFile(alike, []byte(campaignHeader+row+"2"+row[1:]+"3"+row[1:]+"4"+row[1:]), 0o644); err != nil {
		t.Fatal(err)
	}
	few := filepath.Join(dir, "few.csv")
	if err := os.WriteFile(few, []byte(campaignHeader+row+"2"+row[1:]+"3,1980"+row[6:]+"4,1980"+row[6:]), 0o644); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.csv")
	text := campaignHeader
	for i := range 5 {
		text += fmt.Sprintf("%d,%d,PhD,Single,,0,0,2013-05-06,1,2,3,4,5,6\n%d,1970,PhD,Single,58138000,0,0,2013-05-06,1,2,3,4,5,6\n", i, 1970+i, 10+i)
	}
	if err := os.WriteFile(missing, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	const income = "have an income above 120,000, and so are left out as errors; -max-income sets another limit, 0 for none"
	for _, test := range []struct {
		name string
		args []string
		says string
	}{
		{"one", []string{"-data", campaign(t, 1, 1)}, "1 customer is too few for segments; at least 3 are needed\n"},
		{"two", []string{"-data", campaign(t, 2, 1)}, "2 customers are too few for segments; at least 3 are needed\n"},
		{"two and k", []string{"-data", campaign(t, 2, 1), "-k", "2"}, "2 customers are too few"},
		{"all alike", []string{"-data", alike}, "all 4 customers are alike in age, spent, tenure, children, income, so there are no segments\n"},
		{"few differ", []string{"-data", few, "-min-k", "3"}, "only 2 of the 4 customers differ in age, spent, tenure, children, income, which is too few for 3 clusters; -min-k can be at most 2\n"},
		{"range beyond", []string{"-data", campaign(t, 8, 1), "-min-k", "9"}, "8 customers are too few for 9 clusters; -min-k can be at most 8\n"},
		{"k beyond", []string{"-data", campaign(t, 8, 1), "-k", "9"}, "too few rows: 9 clusters are asked for and there are 8 rows; ask for at most 8\n"},
		{"in cents", []string{"-data", campaign(t, 15, 100)}, "no customers are left for segments: 15 of 15 customers " + income},
		{"in cents but two", []string{"-data", campaign(t, 15, 4)}, "2 customers are too few for segments; at least 3 are needed: 13 of 15 customers " + income},
		{"only those without", []string{"-data", missing}, "none of 5 customers has a value in the column income, by which segments are made: 5 of 10 customers " + income},
		{"too old", []string{"-data", campaign(t, 5, 1), "-max-age", "20"}, "5 of 5 customers have an age above 20, and so are left out as errors; -max-age sets another limit, 0 for none"},
		{"too old or rich", []string{"-data", campaign(t, 5, 1), "-max-age", "60", "-max-income", "1"}, "4 of 5 customers have an age above 60 and 1 has an income above 1, and so are left out as errors; -max-age and -max-income set other limits, 0 for none"},
	} {
		stdout, stderr, status := start(t, append(test.args, "-as-of", "2015-01-01", "-out", filepath.Join(dir, "out"))...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, test.says) || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "segment: ") || strings.Contains(stderr, "features: ") {
			t.Errorf("%s: status %d, %q %q; want %q", test.name, status, stdout, stderr, test.says)
		}
	}
}

// TestLimits: the limits of cleaning are flags, told with the result and
// remembered by the model; more than a tenth left out is a note.
func TestLimits(t *testing.T) {
	for _, test := range []struct {
		args         []string
		says, json   string
		rows, income int
		remembered   features.CleanOptions
		note         string
	}{
		{nil, "0 dropped as older than 100, 3 for an income above 120,000", `"limits":{"max_age":100,"max_income":120000}`, 12, 3, features.CleanOptions{MaxAge: 100, MaxIncome: 120_000}, "3 of 15 customers have an income above 120,000, and so are left out as errors; -max-income sets another limit, 0 for none"},
		{[]string{"-max-income", "0"}, "0 dropped as older than 100, no limit to the income", `"limits":{"max_age":100,"max_income":null}`, 15, 0, features.CleanOptions{MaxAge: 100, MaxIncome: features.NoLimit}, ""},
		{[]string{"-max-age", "0"}, "no limit to the age, 3 for an income above 120,000", `"limits":{"max_age":null,"max_income":120000}`, 12, 3, features.CleanOptions{MaxAge: features.NoLimit, MaxIncome: 120_000}, "3 of 15 customers"},
		{[]string{"-max-age", "0", "-max-income", "0"}, "no limit to the age, none to the income", `"limits":{"max_age":null,"max_income":null}`, 15, 0, features.CleanOptions{MaxAge: features.NoLimit, MaxIncome: features.NoLimit}, ""},
		{[]string{"-max-income", "1e9"}, "0 for an income above 1,000,000,000", `"limits":{"max_age":100,"max_income":1000000000}`, 15, 0, features.CleanOptions{MaxAge: 100, MaxIncome: 1e9}, ""},
		{[]string{"-max-income", "135000"}, "1 for an income above 135,000", "", 14, 1, features.CleanOptions{MaxAge: 100, MaxIncome: 135_000}, ""},
	} {
		// 15 customers with 37,500 to 142,500 a year.
		data, out := campaign(t, 15, 1), t.TempDir()
		text, err := os.ReadFile(data)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i := 1; i <= 15; i++ {
			lines[i] = strings.Replace(lines[i], fmt.Sprintf(",%d,", 20_000+i*5000), fmt.Sprintf(",%d,", 30_000+i*7500), 1)
		}
		if err := os.WriteFile(data, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"-data", data, "-as-of", "2015-01-01", "-out", out}, test.args...)
		stdout, stderr, status := start(t, args...)
		if status != 0 || !strings.Contains(stdout, test.says) || (test.note != "") != strings.Contains(stdout, "left out as errors") || !strings.Contains(stdout, test.note) {
			t.Errorf("%v: status %d, %s%s", test.args, status, stdout, stderr)
			continue
		}
		m, err := segment.Load(filepath.Join(out, "model.json"))
		if err != nil || m.Rows() != test.rows || features.CleanOptionsOf(m.Limits()) != test.remembered {
			t.Errorf("%v: the model remembers %v of %d rows (%v)", test.args, m.Limits(), m.Rows(), err)
		}
		if stdout, _, _ = start(t, append(args, "-json")...); !strings.Contains(stdout, test.json) {
			t.Errorf("%v: %s", test.args, stdout)
		}
	}
	for _, args := range [][]string{{"-max-age", "-1"}, {"-max-age", "old"}, {"-max-age", "70.5"}, {"-max-income", "-1"}, {"-max-income", "NaN"}, {"-max-income", "Inf"}, {"-max-income", "much"}} {
		if _, stderr, status := start(t, args...); status != 2 || !strings.Contains(stderr, "is needed, or 0 for no limit") {
			t.Errorf("%v: status %d, %q", args, status, stderr)
		}
	}
}

// TestRupiah: a file of a country with large numbers is told which limit it
// meets, and goes through without it.
func TestRupiah(t *testing.T) {
	const data = "../../../shared/cases/incomes-in-rupiah.csv"
	if _, err := os.Stat(data); os.IsNotExist(err) {
		t.Skipf("the case is not there: %s", data)
	}
	if _, stderr, status := start(t, "-data", data, "-as-of", "2015-01-01", "-out", t.TempDir()); status != 1 || !strings.Contains(stderr, "16 of 16 customers have an income above 120,000") || !strings.Contains(stderr, "-max-income") {
		t.Errorf("status %d, %q", status, stderr)
	}
	if stdout, stderr, status := start(t, "-data", data, "-as-of", "2015-01-01", "-out", t.TempDir(), "-max-income", "0"); status != 0 || !strings.Contains(stdout, "16 stay") {
		t.Errorf("status %d, %q", status, stderr)
	}
}

// TestHelpTellsDefaults: what happens without a flag is what -help says.
func TestHelpTellsDefaults(t *testing.T) {
	_, help, status := start(t, "-help")
	at := strings.Index(help, "-restarts")
	if status != 0 || at < 0 {
		t.Fatalf("status %d: %s", status, help)
	}
	if said := strings.SplitN(help[at:], "\n  -", 2)[0]; strings.Contains(said, "(default 10)") || !strings.Contains(said, "default: the search is on a coarse picture of the rows") {
		t.Errorf("-restarts says %q", said)
	}
	for _, want := range []string{"(default 100)", "(default 120000)", "0 for no limit", "greatest number of clusters to try; where fewer customers differ, that many (default 10)"} {
		if !strings.Contains(help, want) {
			t.Errorf("-help does not say %q", want)
		}
	}
}

// TestLateDay: customers who enrolled after the day are told when they are
// trained on; a day on which there was none is refused, and so is one far ahead.
func TestLateDay(t *testing.T) {
	data := campaign(t, 12, 1)
	stdout, stderr, status := start(t, "-data", data, "-as-of", "2013-01-20", "-out", t.TempDir())
	for _, want := range []string{" of 12 customers enrolled after 2013-01-20", " of 12 customers, the first with id 1: enrolled on 2013-02-11, after 2013-01-20"} {
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("status %d, it does not print %q: %s%s", status, want, stdout, stderr)
		}
	}
	for day, want := range map[string]string{"2000-01-01": "on 2000-01-01 nobody was a customer yet: the first enrolled on 2013-01-11", "2100-01-01": "2100-01-01 is more than a year ahead of today"} {
		if _, stderr, status := start(t, "-data", data, "-as-of", day, "-out", t.TempDir()); status == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %s", day, status, stderr)
		}
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
	lines := strings.SplitAfter(string(sample), "\n")[:401]
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
		args := []string{"-data", data, "-as-of", "2015-01-01", "-out", out, "-k", "4"}
		files := 5
		if raw {
			args = append(args, "-raw-csv")
		} else {
			args = append(args, "-report", filepath.Join(out, "report.html"))
			files++
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
					if csvguard.Cell(cell) != cell {
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
		if err != nil || len(entries) < files {
			t.Fatal(entries, err)
		}
		for _, e := range entries {
			if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has the mode %v (%v)", e.Name(), info.Mode(), err)
			}
		}
	}
}

// -sign signs the model file that is written.
func TestSign(t *testing.T) {
	out := t.TempDir()
	key := filepath.Join(out, "key")
	if err := signature.NewKey(key); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := start(t, "-out", out, "-k", "3", "-sign", key)
	if status != 0 || !strings.Contains(stdout, "model.json.sig") {
		t.Fatalf("ends with %d: %s%s", status, stdout, stderr)
	}
	var trust signature.Trust
	if err := trust.Set(key + ".pub"); err != nil {
		t.Fatal(err)
	}
	if _, err := trust.Load(filepath.Join(out, "model.json")); err != nil {
		t.Error(err)
	}
	if _, stderr, status := start(t, "-out", out, "-sign", key+".pub"); status != 2 || !strings.Contains(stderr, "no private key") {
		t.Errorf("a public key ends with %d: %s", status, stderr)
	}
}

// TestColumnLimits: customers outside the limits of columns are left out and told, as
// text and as JSON.
func TestColumnLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,age,spend\n")
	for i := range 60 {
		fmt.Fprintf(&b, "c%02d,%d,%d\n", i, 12+i, 100+50*(i%3)+i)
	}
	file := filepath.Join(t.TempDir(), "shop.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := func(more ...string) []string {
		return append([]string{"-data", file, "-columns", "age,spend", "-k", "3", "-out", t.TempDir()}, more...)
	}
	out, _, _ := start(t, args("-limits", "age>=18, age<=60,spend<=1e9")...)
	if !strings.Contains(out, "Clean     Dropped 17 rows: 6 for a value below 18 in age and 11 for a value above 60 in age. 43 stay.") {
		t.Errorf("%s", out)
	}
	out, _, _ = start(t, args("-limits", "age>=18", "-json")...)
	if !strings.Contains(out, `"outside":[{"column":"age","least":18,"dropped":6}]`) || !strings.Contains(out, `"rows":54,`) {
		t.Errorf("%s", out)
	}
	for limit, want := range map[string]string{"age": "is no limit such as", "age<=old": `"old" is no number`, "age>=NaN": "no number", "age>=1,age>=2": "two limits"} {
		if _, said, status := start(t, args("-limits", limit)...); status != 2 || !strings.Contains(said, want) {
			t.Errorf("-limits %s: %d, %s", limit, status, said)
		}
	}
	if _, said, status := start(t, "-out", t.TempDir(), "-limits", "age>=18"); status != 2 || !strings.Contains(said, "-limits is for tables that are no campaign file") {
		t.Errorf("of a campaign file: %d, %s", status, said)
	}
}

// Inside the database a model is trained on the table that a training left, and no file
// but the model is written.
func TestInDatabase(t *testing.T) {
	folder := t.TempDir()
	db := "sqlite:" + filepath.Join(folder, "customers.db")
	if _, stderr, status := start(t, "-db", db, "-out", filepath.Join(folder, "a")); status != 0 {
		t.Fatal(stderr)
	}
	out := filepath.Join(folder, "b")
	stdout, stderr, status := start(t, "-in-database", "-db", db, "-k", "4", "-out", out)
	if status != 0 || !strings.Contains(stdout, "Trained on 1988 rows of customers_unencoded inside the database") || !strings.Contains(stdout, "Platinum") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	files, err := os.ReadDir(out)
	if err != nil || len(files) != 1 || files[0].Name() != "model.json" {
		t.Errorf("%v, %v", files, err)
	}
	if stdout, _, status := start(t, "-in-database", "-db", db, "-columns", "age,income", "-value", "income,-age", "-k", "3", "-json", "-out", out); status != 0 || !strings.Contains(stdout, `"k":3`) || !strings.Contains(stdout, `"rows":1988`) {
		t.Errorf("status %d: %s", status, stdout)
	}
	for want, args := range map[string][]string{
		"needs -db":             {},
		"not on the file":       {"-db", db, "-data", "x.csv"},
		"in place of -limits":   {"-db", db, "-limits", "age<=90"},
		"needs -value":          {"-db", db, "-columns", "age"},
		`nowhere`:               {"-db", db, "-table", "nowhere"},
		`has no column "shoes"`: {"-db", db, "-columns", "shoes", "-value", "shoes"},
	} {
		if _, stderr, status := start(t, append([]string{"-in-database", "-out", out}, args...)...); status == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%v: status %d, %s", args, status, stderr)
		}
	}
}
