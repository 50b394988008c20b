package segmentation_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
	"github.com/customer-personality/segmentation/features/xlsx"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// scoreAll scores a file and returns the ids, the clusters and the tables.
func scoreAll(t *testing.T, m *segment.Model, path string, o segmentation.ScoreOptions) (ids []string, labels []int, tables []*features.Table) {
	t.Helper()
	for r, err := range segmentation.ScoreFile(t.Context(), m, path, o) {
		if err != nil {
			t.Fatal(err)
		}
		ids, labels, tables = append(ids, r.IDs()...), append(labels, r.Labels()...), append(tables, r.Table)
	}
	return ids, labels, tables
}

// A model scores the file that it was trained on as it was trained, whatever its form.
func TestScoreCases(t *testing.T) {
	for name, kept := range map[string]string{
		"any-table-mall.csv": "CustomerID", "five-columns.csv": "Spent", "already-engineered.csv": "marital_Married",
		"transactions.csv": "rfm_segment", "campaign.json": "id", "incomes-in-rupiah.csv": "Income",
	} {
		t.Run(name, func(t *testing.T) {
			path := testenv.Case(t, name)
			open := segmentation.OpenOptions{Read: features.ReadOptions{AsOf: day}}
			s, err := segmentation.OpenFile(t.Context(), path, open)
			if err != nil {
				t.Fatal(err)
			}
			o := segmentation.TrainOptions{}
			if name == "incomes-in-rupiah.csv" {
				o.Clean.MaxIncome = features.NoLimit
			}
			r, err := segmentation.Train(t.Context(), s.Table, s.Options(o))
			if err != nil {
				t.Fatal(err)
			}
			var sum segmentation.ScoreSummary
			ids, labels, tables := scoreAll(t, r.Model, path, segmentation.ScoreOptions{Summary: &sum, Open: open})
			if !slices.Equal(labels, r.Labels()) || !slices.Equal(ids, r.IDs()) {
				t.Errorf("scored %v of %q, trained %v of %q", labels, ids, r.Labels(), r.IDs())
			}
			if tables[0].Series(kept).IsZero() || sum.Rows != len(labels) {
				t.Errorf("columns %q; %d rows", tables[0].ColumnNames(), sum.Rows)
			}
		})
	}
}

// mall is a table of customers with an id, two columns of words, one of them with NA
// for Namibia, and three of numbers.
func mall(n int) string {
	var b strings.Builder
	b.WriteString("Customer ID,Gender,Country,Age,Annual Income (k$),Score\n")
	for i := range n {
		kind := i % 3
		fmt.Fprintf(&b, "%04d,%s,%s,%d,%d,%d\n", i+1, []string{"Female", "Male", "Male"}[(i/5)%3], []string{"NA", "DE"}[i%2], 20+20*kind+i%7, 20+40*kind+i%11, 90-35*kind+i%5)
	}
	return b.String()
}

// Blocks are scored as the whole is, with ids and every column as they stand.
func TestScoreBlocks(t *testing.T) {
	// Longer than what the kinds of columns are found from.
	text := strings.ReplaceAll(mall(60_000), "\n", ","+strings.Repeat("note ", 60)+"\n")
	r, err := segmentation.TrainReader(t.Context(), strings.NewReader(text), segmentation.TrainOptions{Open: segmentation.OpenOptions{
		Roles: features.RoleOptions{Features: []string{"gender", "age", "annual income k", "score"}},
	}, Model: segment.TrainOptions{K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mall.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var countries, ids []string
	var labels []int
	results := 0
	for b, err := range segmentation.ScoreFile(t.Context(), r.Model, path, segmentation.ScoreOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		results++
		country, err := b.Table.Column("country")
		if err != nil {
			t.Fatal(err)
		}
		for i := range country.Len() {
			countries = append(countries, country.Word(i))
		}
		labels, ids = append(labels, b.Labels()...), append(ids, b.IDs()...)
	}
	if !slices.Equal(labels, r.Labels()) || results < 2 {
		for i := range labels {
			if labels[i] != r.Labels()[i] {
				t.Logf("row %d: %d, trained %d", i, labels[i], r.Labels()[i])
				break
			}
		}
		t.Errorf("%d results of %d rows do not place %d customers as the training did", results, len(labels), len(r.Predictions))
	}
	if countries[0] != "NA" || countries[1] != "DE" || len(countries) != 60_000 {
		t.Errorf("countries %q", countries[:2])
	}
	if ids[59_999] != "60000" {
		t.Errorf("the last id is %s", ids[59_999])
	}
}

// A campaign file keeps the columns that the schema does not know.
func TestScoreCampaignFile(t *testing.T) {
	trained, err := segmentation.TrainReader(t.Context(), bytes.NewReader(testdata.Customers), segmentation.TrainOptions{Read: features.ReadOptions{AsOf: day}, Model: segment.TrainOptions{K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(testdata.Customers), "\n")
	for i := range lines {
		if line, ok := strings.CutSuffix(lines[i], "\n"); ok {
			lines[i] = line + "\t" + []string{"Store", "Köln"}[min(i, 1)] + "\n"
		}
	}
	lines = append(lines, "broken\n")
	path := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	var sum segmentation.ScoreSummary
	o := segmentation.ScoreOptions{Summary: &sum, Open: segmentation.OpenOptions{Read: features.ReadOptions{Policy: features.Skip}}}
	ids, labels, tables := scoreAll(t, trained.Model, path, o)
	customers, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	var want segmentation.ScoreSummary
	for s, err := range segmentation.ScoreCustomers(t.Context(), trained.Model, slicesOf(customers), segmentation.ScoreOptions{Summary: &want}) {
		if err != nil || s.Customer.ID != ids[i] || s.Prediction.Cluster != labels[i] {
			t.Fatalf("customer %d: %v, %s in %d; by itself %s in %d", i, err, ids[i], labels[i], s.Customer.ID, s.Prediction.Cluster)
		}
		i++
	}
	if i != len(labels) || sum.BadRows != 1 || sum.Beyond != want.Beyond || !slices.EqualFunc(sum.Warnings, want.Warnings, func(a, b segment.WarningCount) bool { return a.Kind == b.Kind && a.Rows == b.Rows && a.Of == b.Of }) {
		t.Errorf("%d rows, summary %+v; want %+v", len(labels), sum, want)
	}
	if names := tables[0].ColumnNames(); names[len(names)-1] != "Store" || tables[0].Series("Store").Word(0) != "Köln" {
		t.Errorf("columns %q", names)
	}
}

func slicesOf(customers []features.Customer) func(func(features.Customer, error) bool) {
	return func(yield func(features.Customer, error) bool) {
		for _, c := range customers {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// A workbook and a Parquet file hold the same customers as the text.
func TestScoreForms(t *testing.T) {
	text := mall(300)
	s, err := segmentation.Open(t.Context(), strings.NewReader(text), segmentation.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Roles.ID != "Customer ID" || s.Form != "text" {
		t.Fatalf("%+v", s.Roles)
	}
	r, err := segmentation.Train(t.Context(), s.Table, s.Options(segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}}))
	if err != nil {
		t.Fatal(err)
	}
	for form, write := range map[string]func(*bytes.Buffer) error{
		"xlsx":    func(b *bytes.Buffer) error { return xlsx.Write(t.Context(), b, s.Table, xlsx.WriteOptions{}) },
		"Parquet": func(b *bytes.Buffer) error { return parquet.Write(t.Context(), b, s.Table, parquet.WriteOptions{}) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := segmentation.Open(t.Context(), bytes.NewReader(b.Bytes()), segmentation.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if again.Form != form || !slices.Equal(again.Roles.Features, s.Roles.Features) || again.Roles.ID != s.Roles.ID {
			t.Errorf("%s: %s, features %q, id %q", form, again.Form, again.Roles.Features, again.Roles.ID)
		}
		for scored, err := range segmentation.ScoreReader(t.Context(), r.Model, &b, segmentation.ScoreOptions{}) {
			if err != nil || !slices.Equal(scored.Labels(), r.Labels()) {
				t.Errorf("%s: %v", form, err)
			}
		}
	}
}

// Customers of a file in which the ids of the model are lacking are numbered, which is
// told in every form.
func TestScoreNumbered(t *testing.T) {
	s, err := segmentation.Open(t.Context(), strings.NewReader(mall(300)), segmentation.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := segmentation.Train(t.Context(), s.Table, s.Options(segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, lacks := range []bool{false, true} {
		table := s.Table
		if lacks {
			if table, err = table.Select(table.ColumnNames()[1:]...); err != nil {
				t.Fatal(err)
			}
		}
		for form, write := range map[string]func(*bytes.Buffer) error{
			"text":    func(b *bytes.Buffer) error { return table.WriteCSV(t.Context(), b) },
			"xlsx":    func(b *bytes.Buffer) error { return xlsx.Write(t.Context(), b, table, xlsx.WriteOptions{}) },
			"Parquet": func(b *bytes.Buffer) error { return parquet.Write(t.Context(), b, table, parquet.WriteOptions{}) },
			"table":   nil,
		} {
			var b bytes.Buffer
			var sum segmentation.ScoreSummary
			o := segmentation.ScoreOptions{Summary: &sum}
			results := segmentation.ScoreTables(t.Context(), r.Model, func(yield func(*features.Table, error) bool) { yield(table, nil) }, o)
			if write != nil {
				if err := write(&b); err != nil {
					t.Fatal(err)
				}
				results = segmentation.ScoreReader(t.Context(), r.Model, &b, o)
			}
			for scored, err := range results {
				if err != nil || (scored.IDs()[0] == "1") != lacks {
					t.Errorf("%s: %v, ids %q", form, err, scored.IDs())
				}
			}
			if told := slices.Contains(sum.Told, "there is no column Customer ID, so customers are numbered 1, 2, 3, … in their order"); told != lacks {
				t.Errorf("%s without ids %v: %q", form, lacks, sum.Told)
			}
		}
	}
}

// A file that is cut is an error in all forms.
func TestScoreCutParquet(t *testing.T) {
	s, err := segmentation.Open(t.Context(), strings.NewReader(mall(30_000)), segmentation.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := segmentation.Train(t.Context(), s.Table, s.Options(segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}}))
	if err != nil {
		t.Fatal(err)
	}
	var file, packed bytes.Buffer
	if err := parquet.Write(t.Context(), &file, s.Table, parquet.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(&packed)
	w.Write(file.Bytes())
	w.Close()
	n := 0
	for _, err := range segmentation.ScoreReader(t.Context(), r.Model, bytes.NewReader(packed.Bytes()[:packed.Len()-10]), segmentation.ScoreOptions{Open: segmentation.OpenOptions{Read: features.ReadOptions{Name: "mall.parquet.gz"}}}) {
		if n++; err == nil || !strings.Contains(err.Error(), "mall.parquet.gz: the file is damaged: its gzip cannot be unpacked") {
			t.Error(err)
		}
	}
	if n != 1 || file.Len() < 1<<16 {
		t.Errorf("%d results of %d bytes", n, file.Len())
	}
}

// Options of any table are none of a campaign file, whatever its form.
func TestScoreCampaignOptions(t *testing.T) {
	r, err := segmentation.TrainReader(t.Context(), bytes.NewReader(testdata.Customers), segmentation.TrainOptions{Read: features.ReadOptions{AsOf: day}, Model: segment.TrainOptions{K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	table, _, err := features.ReadTable(t.Context(), bytes.NewReader(testdata.Customers), features.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var sheet bytes.Buffer
	if err := xlsx.Write(t.Context(), &sheet, table, xlsx.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for form, data := range map[string][]byte{"text": testdata.Customers, "xlsx": sheet.Bytes()} {
		for name, o := range map[string]segmentation.OpenOptions{"Encoding": {Encoding: "utf-8"}, "Kinds": {Kinds: map[string]features.Kind{"income": features.Amount}}, "none": {}} {
			if form == "xlsx" && name == "Encoding" {
				continue // refused by its reader
			}
			for _, err := range segmentation.ScoreReader(t.Context(), r.Model, bytes.NewReader(data), segmentation.ScoreOptions{Open: o}) {
				if errors.Is(err, features.ErrOptions) != (name != "none") {
					t.Errorf("%s, %s: %v", form, name, err)
				}
			}
		}
	}
}

func TestScoreLacksColumns(t *testing.T) {
	r, err := segmentation.TrainReader(t.Context(), strings.NewReader(mall(60)), segmentation.TrainOptions{Model: segment.TrainOptions{K: 2}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"Gender,Age\nMale,20\nFemale,30\n": "the model takes the columns Gender, Age, Annual Income (k$), Score",
		"":                                 "empty",
		"Customer ID,Gender,Country,Age,Annual Income (k$),Score\n1,Female,DE,20,20,90\n2,Other,DE,20,20,90\n": `"Other"`,
	} {
		failed := false
		for _, err := range segmentation.ScoreReader(t.Context(), r.Model, strings.NewReader(text), segmentation.ScoreOptions{}) {
			if failed = err != nil; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
		}
		if !failed {
			t.Errorf("%q is no error", text)
		}
	}
	for _, err := range segmentation.ScoreReader(t.Context(), &segment.Model{}, strings.NewReader(mall(3)), segmentation.ScoreOptions{}) {
		if err == nil {
			t.Error("the zero model scores")
		}
	}
}

// A row is told by its number in its block, and where that starts.
func TestScoreRowNumbers(t *testing.T) {
	r, err := segmentation.TrainReader(t.Context(), strings.NewReader(mall(60)), segmentation.TrainOptions{Model: segment.TrainOptions{K: 2}})
	if err != nil {
		t.Fatal(err)
	}
	tables := func(yield func(*features.Table, error) bool) {
		for _, gender := range []string{"Female", "Other"} {
			text := strings.ReplaceAll(mall(5), "Female", gender)
			table, _, err := features.ReadTable(t.Context(), strings.NewReader(text), features.TableOptions{})
			if !yield(table, err) || err != nil {
				return
			}
		}
	}
	n := 0
	for _, err := range segmentation.ScoreTables(t.Context(), r.Model, tables, segmentation.ScoreOptions{}) {
		if n++; n == 2 && (err == nil || !strings.Contains(err.Error(), "behind the first 5 customers, which count no more: ") || !strings.Contains(err.Error(), "Other")) || n == 1 && err != nil {
			t.Errorf("result %d: %v", n, err)
		}
	}
	if n != 2 {
		t.Errorf("%d results", n)
	}
}

// The log of a store has all scores of a file, or none.
func TestScoreFileLog(t *testing.T) {
	db, err := store.Open(t.Context(), "sqlite::memory:", store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := segmentation.TrainReader(t.Context(), strings.NewReader(mall(60)), segmentation.TrainOptions{Model: segment.TrainOptions{K: 2}})
	if err != nil {
		t.Fatal(err)
	}
	info, err := db.SaveModel(t.Context(), segmentation.ModelName, r.Model, store.SaveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows := func() int {
		n, err := db.Count(t.Context(), db.Tables().Scores)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	o := segmentation.ScoreOptions{Store: db, Version: info.Version}
	for range segmentation.ScoreReader(t.Context(), r.Model, strings.NewReader(mall(9000)), o) {
		break
	}
	if n := rows(); n != 0 {
		t.Errorf("%d scores are logged of a scoring that was ended", n)
	}
	for _, err := range segmentation.ScoreReader(t.Context(), r.Model, strings.NewReader(mall(9000)), o) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := rows(); n != 9000 {
		t.Errorf("%d scores are logged of 9000", n)
	}
}

// Lists have the id first, every column, cluster and tier, and together all customers.
func TestList(t *testing.T) {
	text := strings.Replace(mall(60), "Score\n", "tier\n", 1)
	r, err := segmentation.TrainReader(t.Context(), strings.NewReader(text), segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, tier := range r.Model.TierNames() {
		list, err := r.List(t.Context(), tier)
		if err != nil {
			t.Fatal(err)
		}
		if names := strings.Join(list.ColumnNames(), ","); names != "Customer ID,Gender,Country,Age,Annual Income (k$),tier (file),cluster,tier" {
			t.Errorf("columns %s", names)
		}
		for i := range list.Len() {
			if got := list.Series("tier").Word(i); got != tier {
				t.Errorf("row %d of %s is of %s", i, tier, got)
			}
		}
		all += list.Len()
	}
	if all != 60 {
		t.Errorf("the lists have %d customers", all)
	}
	if _, err := r.List(t.Context(), "Diamond"); err == nil || !strings.Contains(err.Error(), "Platinum") {
		t.Errorf("%v", err)
	}
	scores, err := r.Scores(t.Context())
	if err != nil || strings.Join(scores.ColumnNames(), ",") != "id,cluster,tier,distance,margin,warnings" || scores.Series("id").Word(0) != "0001" {
		t.Errorf("%v, %q", err, scores.ColumnNames())
	}
	if d := scores.Series("distance").Number(5); math.Float64bits(d) != math.Float64bits(r.Predictions[5].Distance) {
		t.Errorf("distance %v", d)
	}
}

// forms returns a table of text in the other forms of a file.
func forms(t *testing.T, text string) map[string][]byte {
	t.Helper()
	table, _, err := features.ReadTable(t.Context(), strings.NewReader(text), features.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var sheet, columns, objects bytes.Buffer
	if err := errors.Join(xlsx.Write(t.Context(), &sheet, table, xlsx.WriteOptions{}), parquet.Write(t.Context(), &columns, table, parquet.WriteOptions{})); err != nil {
		t.Fatal(err)
	}
	names := table.ColumnNames()
	for i := range table.Len() {
		object := map[string]any{}
		for j, name := range names {
			object[name] = table.Value(j, i)
		}
		if err := json.NewEncoder(&objects).Encode(object); err != nil {
			t.Fatal(err)
		}
	}
	return map[string][]byte{"xlsx": sheet.Bytes(), "Parquet": columns.Bytes(), "JSON": objects.Bytes()}
}

// Every form is scored in blocks as the whole is, customers without ids are numbered
// through, and a row that cannot be used is told by its place in the file.
func TestScoreFormsInBlocks(t *testing.T) {
	const n = 10_000
	any, err := segmentation.TrainReader(t.Context(), strings.NewReader(mall(n)), segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	for form, data := range forms(t, mall(n)) {
		var labels []int
		var ids []string
		results := 0
		for r, err := range segmentation.ScoreReader(t.Context(), any.Model, bytes.NewReader(data), segmentation.ScoreOptions{}) {
			if err != nil {
				t.Fatal(form, err)
			}
			results++
			labels, ids = append(labels, r.Labels()...), append(ids, r.IDs()...)
		}
		if results < 3 || !slices.Equal(labels, any.Labels()) || !slices.Equal(ids, any.IDs()) {
			t.Errorf("%s: %d results of %d customers, the last %s", form, results, len(ids), ids[len(ids)-1])
		}
	}
	campaign, err := segmentation.TrainReader(t.Context(), bytes.NewReader(testdata.Customers), segmentation.TrainOptions{Read: features.ReadOptions{AsOf: day}, Model: segment.TrainOptions{K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	header, rows, _ := strings.Cut(string(testdata.Customers), "\n")
	rows = strings.Repeat(rows, 4)
	var text strings.Builder
	for line := range strings.Lines(header + "\n" + rows) {
		_, line, _ = strings.Cut(line, "\t") // no id
		text.WriteString(line)
	}
	for form, data := range forms(t, text.String()) {
		var ids []string
		for r, err := range segmentation.ScoreReader(t.Context(), campaign.Model, bytes.NewReader(data), segmentation.ScoreOptions{}) {
			if err != nil {
				t.Fatal(form, err)
			}
			ids = append(ids, r.IDs()...)
		}
		if len(ids) != strings.Count(rows, "\n") || ids[5000] != "5001" || ids[len(ids)-1] != fmt.Sprint(len(ids)) {
			t.Errorf("%s: %d customers, the last is %s", form, len(ids), ids[len(ids)-1])
		}
	}
	damaged, at := forms(t, header+"\n"+rows)["JSON"], 0
	for range 7001 {
		const key = `"Year_Birth":`
		at += bytes.Index(damaged[at:], []byte(key)) + len(key)
	}
	damaged = slices.Concat(damaged[:at], []byte("9"), damaged[at:])
	failed := false
	for _, err := range segmentation.ScoreReader(t.Context(), campaign.Model, bytes.NewReader(damaged), segmentation.ScoreOptions{}) {
		if failed = err != nil; failed && !strings.Contains(err.Error(), "row 7000, column year_birth") {
			t.Error(err)
		}
	}
	if !failed {
		t.Error("a year of five digits is none")
	}
}
