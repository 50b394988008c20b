package ask_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"modernc.org/sqlite"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/testdata"
)

// The oracle: questions as managers write them, beside each the SQL statement that
// works out its truth on the table of the customers with their tiers. The truth is
// SQLite's, the answer the package's; no code is common to both but the reader of
// the file. The first lines of testdata/oracle.tsv say how questions are written.

// An oracleQuestion is a line of testdata/oracle*.tsv.
type oracleQuestion struct {
	line   int
	form   string // figure.detail: count.or
	text   string
	sql    string // empty where nothing can be answered
	follow bool   // whether it goes on from the question before
}

// readOracle reads the questions of a file of testdata.
func readOracle(t testing.TB, name string) (list []oracleQuestion) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) < 2 || len(fields) > 4 {
			t.Fatalf("%s:%d has %d fields; want form, question, SQL and perhaps a note", name, i+1, len(fields))
		}
		q := oracleQuestion{line: i + 1, text: fields[1]}
		q.form, q.follow = strings.CutPrefix(fields[0], "+")
		if len(fields) > 2 {
			q.sql = fields[2]
		}
		list = append(list, q)
	}
	return list
}

// refusal reports whether the right answer is that it cannot be told.
func (q oracleQuestion) refusal() bool { return q.figure() == "unknowable" || q.figure() == "offtopic" }

// figure returns the form without its detail.
func (q oracleQuestion) figure() string {
	figure, _, _ := strings.Cut(q.form, ".")
	return figure
}

// A truth is what a statement returns. Of two columns it is labels with their
// numbers; of one it is words, or numbers of which any is right.
type truth struct {
	labels []string // each with other writings behind a bar: wine|wines
	values []float64
}

func (q oracleQuestion) truth(t testing.TB, db *sql.DB) (out truth) {
	t.Helper()
	rows, err := db.Query(q.sql)
	if err != nil {
		t.Fatalf("line %d: %s\n%v", q.line, q.sql, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || len(columns) > 2 {
		t.Fatalf("line %d: %d columns, want a label, a number, or both: %v", q.line, len(columns), err)
	}
	for rows.Next() {
		row := make([]any, len(columns))
		dest := make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatalf("line %d: %v", q.line, err)
		}
		for _, v := range row {
			switch v := v.(type) {
			case string:
				out.labels = append(out.labels, v)
			case int64:
				out.values = append(out.values, float64(v))
			case float64:
				out.values = append(out.values, v)
			default:
				t.Fatalf("line %d: the statement returns %v", q.line, v)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("line %d: %s\n%v", q.line, q.sql, err)
	}
	if len(out.labels)+len(out.values) == 0 || len(columns) == 2 && len(out.labels) != len(out.values) {
		t.Fatalf("line %d: the statement returns %v", q.line, out)
	}
	return out
}

func (w truth) String() string {
	var parts []string
	for i := range max(len(w.labels), len(w.values)) {
		part := ""
		if i < len(w.labels) {
			part = w.labels[i] + " "
		}
		if i < len(w.values) {
			part += strconv.FormatFloat(w.values[i], 'g', 6, 64)
		}
		parts = append(parts, strings.TrimSpace(part))
	}
	return strings.Join(parts, ", ")
}

// quantile is the SQL function quantile(x, p), between the two nearest values as
// numpy's and R's are by default (Hyndman and Fan 1996, type 7, doi 10.2307/2684934).
// NULL is left out.
type quantile struct {
	values []float64
	p      float64
}

func (q *quantile) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	switch x := args[0].(type) {
	case int64:
		q.values = append(q.values, float64(x))
	case float64:
		q.values = append(q.values, x)
	}
	q.p = args[1].(float64)
	return nil
}

func (q *quantile) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if len(q.values) == 0 {
		return nil, nil
	}
	slices.Sort(q.values)
	at, part := math.Modf(q.p * float64(len(q.values)-1))
	low, high := q.values[int(at)], q.values[min(int(at)+1, len(q.values)-1)]
	return low + float64(part*(high-low)), nil
}

func (q *quantile) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return fmt.Errorf("quantile is no window function")
}

func (q *quantile) Final(*sqlite.FunctionContext) {}

var registerQuantile = sync.OnceValue(func() error {
	return sqlite.RegisterFunction("quantile", &sqlite.FunctionImpl{
		NArgs: 2, Deterministic: true,
		MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return new(quantile), nil },
	})
})

// database returns a SQLite database with the table customers, which is t: words are
// text, days YYYY-MM-DD, numbers numbers, and missing values NULL.
func database(t testing.TB, table *features.Table) *sql.DB {
	t.Helper()
	if err := registerQuantile(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	var names, marks []string
	for _, c := range table.Columns() {
		kind := "TEXT"
		if c.Kind.Numeric() {
			kind = "REAL"
		}
		names, marks = append(names, `"`+c.Name+`" `+kind), append(marks, "?")
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("CREATE TABLE customers (" + strings.Join(names, ", ") + ")"); err != nil {
		t.Fatal(err)
	}
	insert, err := tx.Prepare("INSERT INTO customers VALUES (" + strings.Join(marks, ", ") + ")")
	if err != nil {
		t.Fatal(err)
	}
	for i := range table.Len() {
		row := make([]any, len(names))
		for j, c := range table.Columns() {
			switch s := table.Series(c.Name); {
			case s.Missing(i):
			case s.Kind() == features.Date:
				row[j] = s.Day(i).Format(time.DateOnly)
			case s.Kind().Numeric():
				row[j] = s.Number(i)
			default:
				row[j] = s.Word(i)
			}
		}
		if _, err := insert.Exec(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return db
}

// An oracle is customers of whom questions are asked, once of the package and once
// of a database.
type oracle struct {
	*ask.Answerer
	language *narrate.Language
	labels   map[string]string // of the language, by those of the data
	db       *sql.DB
}

// newOracle returns that of customers who were trained on, of the campaign schema or
// of any other.
func newOracle(t testing.TB, r *segmentation.Result, lang string) oracle {
	t.Helper()
	merged, err := r.Merged(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	languages, err := narrate.Read(ask.Texts)
	if err != nil {
		t.Fatal(err)
	}
	o, choose := oracle{language: languages.For(lang), labels: labelsOf[lang], db: database(t, merged)}, ask.Select
	about := ask.Subjects{Subjects: features.CampaignSubjects(), Words: features.CampaignWords(), Check: features.CheckValue}
	if r.Roles.Columns != nil {
		choose, o.language = ask.SelectAny, o.language.About(r.Table.Columns())
		subjects, err := features.SubjectsOf(t.Context(), r.Table, r.Roles)
		if err != nil {
			t.Fatal(err)
		}
		about = ask.Subjects{Subjects: subjects, Words: features.WordsOf(r.Table.Columns())}
	}
	about.Dates = merged
	set, err := choose(merged)
	if err != nil {
		t.Fatal(err)
	}
	profile, err := insight.ProfileOf(t.Context(), r.Model, r.Table, insight.ProfileOptions{Revenue: about.Revenue})
	if err != nil {
		t.Fatal(err)
	}
	explainer, err := insight.NewExplainer(t.Context(), r.Model, insight.ExplainOptions{Rows: r.X})
	if err != nil {
		t.Fatal(err)
	}
	o.Answerer = ask.NewAnswerer(set, r.IDs(), r.Model, profile, explainer, about)
	return o
}

// number finds figures: 1,198 or −0.65, with what tells their size.
var number = regexp.MustCompile(`([-−]?)(\d+(?:,\d{3})*)(\.\d+)?( ?%| per cent| percent| million| thousand|k\b)?`)

// A figure is a number of an answer.
type figure struct {
	at      int // its place in the text
	value   float64
	unit    float64 // of its last digit
	digits  int     // that count
	percent bool
}

// spelled are small numbers as answers write them out.
var spelled = regexp.MustCompile(`(?i)^(no|nobody|none|one|two|three)\b|there is (one)\b`)

// figures returns the numbers of a text.
func figures(text string) (list []figure) {
	for _, m := range number.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[m[2*i]:m[2*i+1]]
		}
		f := figure{at: m[0], unit: math.Pow10(-max(0, len(part(3))-1))}
		digits := strings.ReplaceAll(part(2), ",", "") + part(3)
		f.value, _ = strconv.ParseFloat(digits, 64)
		f.digits = len(strings.TrimLeft(strings.Replace(digits, ".", "", 1), "0"))
		if part(1) != "" {
			f.value = -f.value
		}
		scale := 1.0
		switch strings.TrimSpace(part(4)) {
		case "%", "per cent", "percent":
			f.percent = true
		case "million":
			scale = 1e6
		case "thousand", "k":
			scale = 1e3
		}
		f.value, f.unit = f.value*scale, f.unit*scale
		list = append(list, f)
	}
	if m := spelled.FindStringSubmatch(text); m != nil {
		words := map[string]float64{"no": 0, "nobody": 0, "none": 0, "one": 1, "two": 2, "three": 3}
		list = append(list, figure{value: words[strings.ToLower(m[1]+m[2])], unit: 1})
	}
	return list
}

// tells reports whether a figure is v, rounded right to where it is written, with two
// digits that count or more, but for zeros behind the point: 3 is 2.98, and not 3.4.
// Tenths of a per cent and hundredths of a correlation are enough.
func (f figure) tells(v float64, form string) bool {
	off := math.Abs(f.value - v)
	switch {
	case f.percent != (form == "share"):
		return false
	case form == "count":
		return off < 1e-9
	case f.percent && off <= 0.0501 && f.unit >= 0.1, form == "corr" && off <= 0.00501:
		return true
	}
	return off <= 0.5001*f.unit+1e-9*math.Abs(v) && (f.digits > 1 || off <= 0.025*math.Abs(v)+1e-9)
}

// must are the words one of which a sentence with a figure has, mustNot those that do
// not come before it.
var must, mustNot = map[string]*regexp.Regexp{
	"mean":   regexp.MustCompile(`(?i)average|mean|typical|per customer|each|Durchschnitt|Mittel`),
	"median": regexp.MustCompile(`(?i)median`),
	"corr":   regexp.MustCompile(`(?i)[ck]orrelation`),
	"std":    regexp.MustCompile(`(?i)deviation|abweichung`),
}, map[string]*regexp.Regexp{
	"count":      regexp.MustCompile(`(?i)\b(average|median|correlation|durchschnitt|korrelation)\b`),
	"total":      regexp.MustCompile(`(?i)\b(average|mean|median|correlation|highest|lowest|durchschnitt|korrelation|höchster|niedrigster)\b`),
	"share":      regexp.MustCompile(`(?i)\b(average|median|correlation|durchschnitt|korrelation)\b`),
	"min":        regexp.MustCompile(`(?i)\b(average|median|total|durchschnitt|insgesamt)\b`),
	"max":        regexp.MustCompile(`(?i)\b(average|median|total|durchschnitt|insgesamt)\b`),
	"percentile": regexp.MustCompile(`(?i)\b(average|total|durchschnitt|insgesamt)\b`),
}

// states reports whether a paragraph tells one of some values as what a form asks for.
func states(paragraph, form string, values []float64) bool {
	if must[form] != nil && !must[form].MatchString(paragraph) {
		return false
	}
	return slices.ContainsFunc(figures(paragraph), func(f figure) bool {
		before := paragraph[:f.at]
		before = before[1+max(strings.LastIndex(before, ". "), strings.LastIndex(before, "; ")):]
		return (mustNot[form] == nil || !mustNot[form].MatchString(before)) &&
			slices.ContainsFunc(values, func(v float64) bool { return f.tells(v, form) })
	})
}

// preface matches sentences on how the question was read.
var preface = regexp.MustCompile(`^(I read|I took|I take|Read as|Note|Here,|Gelesen|Hinweis)`)

// sentences returns those of an answer that answer: the first three behind the prefaces.
func sentences(a ask.Answer) []string {
	list := slices.DeleteFunc(slices.Clone(a.Text), preface.MatchString)
	return list[:min(3, len(list))]
}

// A mention is a label in a text, by its bytes.
type mention struct{ label, from, to int }

// mentions returns the labels in a text, in order. A label within a longer one is
// not taken for it: Adult in Senior Adult.
func mentions(text string, labels []string) (list []mention) {
	type writing struct {
		label int
		text  string
	}
	var all []writing
	for i, label := range labels {
		for w := range strings.SplitSeq(label, "|") {
			all = append(all, writing{i, strings.ToLower(w)})
		}
	}
	slices.SortStableFunc(all, func(a, b writing) int { return len(b.text) - len(a.text) })
	rest := strings.ToLower(text)
	for _, w := range all {
		word := regexp.MustCompile(`(?:^|[^\pL\pN])(` + regexp.QuoteMeta(w.text) + `)(?:$|[^\pL\pN])`)
		for m := word.FindStringSubmatchIndex(rest); m != nil; m = word.FindStringSubmatchIndex(rest) {
			list = append(list, mention{w.label, m[2], m[3]})
			rest = rest[:m[2]] + strings.Repeat("\x00", m[3]-m[2]) + rest[m[3]:]
		}
	}
	slices.SortFunc(list, func(a, b mention) int { return a.from - b.from })
	return list
}

// wrong returns what is wrong in an answer that was understood, "" for nothing.
func (q oracleQuestion) wrong(a ask.Answer, w truth) string {
	form := q.figure()
	text := sentences(a)
	switch {
	case form == "both":
		told := figures(strings.Join(text, " "))
		for _, v := range w.values {
			if !slices.ContainsFunc(told, func(f figure) bool { return f.tells(v, form) }) {
				return fmt.Sprintf("it does not tell %v", v)
			}
		}
		return ""
	case len(w.labels) == 0: // a figure, or one of some
		if slices.ContainsFunc(text, func(s string) bool { return states(s, form, w.values) }) {
			return ""
		}
		return "it does not tell the figure"
	case strings.HasSuffix(q.form, ".ids"):
		if !slices.Equal(slices.Sorted(slices.Values(a.Customers)), slices.Sorted(slices.Values(w.labels))) {
			return fmt.Sprintf("it names the customers %v", a.Customers)
		}
		return ""
	case form == "which": // the first named of all groups is the first of the statement
		return firstNamed(strings.Join(text, " "), w)
	case form == "top":
		return inOrder(strings.Join(text, " "), w)
	}
	return eachTold(a, q, w)
}

// firstNamed holds the group that an answer names first, and its figure, against
// the first of the truth.
func firstNamed(text string, w truth) string {
	named := mentions(text, w.labels)
	if len(named) == 0 {
		return "it does not name " + w.labels[0]
	}
	if i := named[0].label; i != 0 {
		return "it names " + w.labels[i] + " before " + w.labels[0]
	}
	if len(w.values) > 0 && !slices.ContainsFunc(figures(text), func(f figure) bool { return f.tells(w.values[0], "share") || f.tells(w.values[0], "") }) {
		return "it does not tell the figure of " + w.labels[0]
	}
	return ""
}

// inOrder holds the groups that an answer names, one right after the other, against
// the order of the truth.
func inOrder(text string, w truth) string {
	next := 0
	for _, m := range mentions(text, w.labels) {
		if m.label != next {
			next = 0
		}
		if m.label == next {
			next++
		}
		if next == len(w.labels) {
			return ""
		}
	}
	return "it does not name them in this order"
}

// eachTold holds the figures of groups, in the text or in the chart, against the
// truth. A difference may be told instead of the two figures that it is of.
func eachTold(a ask.Answer, q oracleQuestion, w truth) string {
	text := strings.Join(a.Text, " ")
	if strings.HasSuffix(q.form, ".difference") {
		d := math.Abs(w.values[0] - w.values[1])
		if slices.ContainsFunc(figures(text), func(f figure) bool { f.value = math.Abs(f.value); return f.tells(d, q.figure()) }) {
			return ""
		}
	}
	named := mentions(text, w.labels)
	for i, label := range w.labels {
		v := w.values[i]
		if !told(text, named, i, v, q.figure()) && !charted(a, label, v, q.figure()) {
			return "it does not tell the figure of " + label
		}
	}
	return ""
}

// told reports whether a text has a figure for a label: behind it, up to the next
// label, or right before it.
func told(text string, named []mention, label int, v float64, form string) bool {
	for k, m := range named {
		if m.label != label {
			continue
		}
		end := len(text)
		for _, n := range named[k+1:] {
			if n.label != label {
				end = n.from
				break
			}
		}
		if slices.ContainsFunc(figures(text[m.to:end]), func(f figure) bool { return f.tells(v, form) }) {
			return true
		}
		if before := directly.FindString(text[:m.from]); before != "" && figures(before)[0].tells(v, form) {
			return true
		}
	}
	return false
}

// directly matches a figure at the end of a text, with small words behind it.
var directly = regexp.MustCompile(`\d[\d.,]*(?: ?%)?(?: (?:in|of|for|the|them|are|is|customers?))* $`)

// charted reports whether a chart has a value for a label: for a category or, in a
// chart of several series, for a series.
func charted(a ask.Answer, label string, v float64, form string) bool {
	if a.Chart == nil {
		return false
	}
	if form == "share" {
		v /= 100
	}
	near := func(x float64) bool { return math.Abs(x-v) <= 0.0006+1e-4*math.Abs(v) }
	one, two, both := strings.Cut(label, " & ")
	named := func(s, label string) bool { return len(s) < 40 && len(mentions(s, []string{label})) > 0 }
	fits := func(category, series string) bool {
		if both {
			return named(category, one) && named(series, two) || named(category, two) && named(series, one)
		}
		return named(category, label) || named(series, label)
	}
	for _, s := range a.Chart.Series {
		for i, c := range a.Chart.Categories {
			if i < len(s.Values) && fits(c, s.Name) && near(float64(s.Values[i])) {
				return true
			}
		}
	}
	return false
}

// verdicts of an answer.
const right, wrongly, refused = "right", "wrong", "refused"

// judge asks a question, after another query, and holds the answer against its truth.
func (o oracle) judge(t testing.TB, q oracleQuestion, last ask.Query) (verdict, why string, a ask.Answer) {
	t.Helper()
	a = o.Ask(context.Background(), q.text, o.language, ask.Options{Last: last})
	said := strings.Join(a.Text, " ")
	switch {
	case q.refusal() && a.Understood:
		return wrongly, "nobody can know; the answer is " + said, a
	case q.refusal():
		return right, "", a
	}
	w := o.translated(q.truth(t, o.db))
	if !a.Understood {
		return refused, said, a
	}
	if why := q.wrong(o.english(a), w); why != "" {
		return wrongly, fmt.Sprintf("%s\n\ttruth:  %s\n\tanswer: %s", why, w, said), a
	}
	return right, "", a
}

// ask asks all questions of a file. Any wrong answer is an error, and so are more
// than a tenth of those refused that could be answered.
func (o oracle) ask(t *testing.T, file string) {
	count, answerable := map[string]int{}, 0
	var last ask.Query
	for _, q := range readOracle(t, file) {
		if !q.follow {
			last = ask.Query{}
		}
		verdict, why, a := o.judge(t, q, last)
		last = a.Query
		count[verdict]++
		if !q.refusal() {
			answerable++
		}
		if verdict != right {
			t.Logf("%s:%d %s: %s\n\t%s: %s", file, q.line, verdict, q.form, q.text, why)
		}
	}
	t.Logf("%s: %d right, %d wrong, %d refused of %d that can be answered", file, count[right], count[wrongly], count[refused], answerable)
	if count[wrongly] > 0 {
		t.Errorf("%d answers are wrong", count[wrongly])
	}
	if 10*count[refused] > answerable {
		t.Errorf("%d of %d questions are refused, more than a tenth", count[refused], answerable)
	}
}

// oracles returns the customers that the questions of a file are asked about, by name.
func oracles(t testing.TB, file string) map[string]oracle {
	t.Helper()
	all := map[string]oracle{}
	add := func(name string, r *segmentation.Result, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all[name] = newOracle(t, r, languageOf(file))
	}
	if file == "oracle_de_table.tsv" {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "any", "mall.csv"))
		if err != nil {
			t.Fatal(err)
		}
		_, rows, _ := strings.Cut(string(data), "\n")
		table := "Kundennummer,Geschlecht,Alter,Jahreseinkommen (k€),Ausgabenscore,Stadt,Käufe\n" + strings.NewReplacer(",Male,", ",männlich,", ",Female,", ",weiblich,").Replace(rows)
		roles := features.RoleOptions{Features: []string{"Alter", "Jahreseinkommen (k€)", "Ausgabenscore", "Käufe"}, Describe: []string{"Geschlecht", "Stadt"}}
		r, err := segmentation.TrainReader(t.Context(), strings.NewReader(table), segmentation.TrainOptions{
			Open: segmentation.OpenOptions{Roles: roles}, Model: segment.TrainOptions{K: 4, Seed: 1},
		})
		add("tabelle", r, err)
		return all
	}
	if file == "oracle_mall.tsv" {
		// Segments of all columns are the cities there, so that shares would be 0 or 100 %.
		roles := features.RoleOptions{Features: []string{"Age", "Annual Income (k$)", "Spending Score (1-100)", "Purchases"}, Describe: []string{"Gender", "City"}}
		r, err := segmentation.TrainFile(t.Context(), filepath.Join("..", "..", "testdata", "any", "mall.csv"), segmentation.TrainOptions{
			Open: segmentation.OpenOptions{Roles: roles}, Model: segment.TrainOptions{K: 4, Seed: 1},
		})
		add("mall", r, err)
		return all
	}
	r, err := trainedSample()
	add("sample", r, err)
	if path, ok := testenv.FindCampaign(t); ok {
		r, err := trainedCampaign(path)
		add("campaign", r, err)
	}
	return all
}

// trainedSample and trainedCampaign are trained once for all files of questions.
var trainedSample = sync.OnceValues(func() (*segmentation.Result, error) {
	o := segmentation.TrainOptions{Read: features.ReadOptions{AsOf: features.AsOf(testdata.AsOf)}, Model: segment.TrainOptions{Seed: 1}}
	return segmentation.TrainReader(context.Background(), bytes.NewReader(testdata.Customers), o)
})

var campaignOnce struct {
	sync.Once
	result *segmentation.Result
	err    error
}

func trainedCampaign(path string) (*segmentation.Result, error) {
	campaignOnce.Do(func() {
		o := segmentation.TrainOptions{Model: segment.TrainOptions{Seed: 1}}
		o.Read.AsOf = features.AsOf(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
		campaignOnce.result, campaignOnce.err = segmentation.TrainFile(context.Background(), path, o)
	})
	return campaignOnce.result, campaignOnce.err
}

var oracleFiles = []string{"oracle.tsv", "oracle_free.tsv", "oracle_mall.tsv", "oracle_de.tsv", "oracle_de_free.tsv", "oracle_de_more.tsv", "oracle_de_table.tsv"}

// languageOf returns the language of the questions of a file.
func languageOf(file string) string {
	if strings.HasPrefix(file, "oracle_de") {
		return "de"
	}
	return "en"
}

// labelsOf are what answers in another language call the labels of the statements.
var labelsOf = map[string]map[string]string{"de": {
	"Basic": "Grundbildung", "Graduation": "Erststudium", "PhD": "Promotion", "Married": "verheiratet", "Together": "zusammenlebend",
	"Divorced": "geschieden", "Widow": "verwitwet", "Alone": "allein", "Single": "ledig", "Teen": "unter 20", "Adult": "20 bis 39",
	"Middle-Aged Adult": "40 bis 59", "Senior Adult": "ab 60", "wine": "Wein", "meat": "Fleisch", "gold products": "Goldprodukte", "fish": "Fisch",
	"sweets": "Süßwaren", "fruit": "Obst", "campaign 1": "Kampagne 1", "campaign 2": "Kampagne 2", "campaign 3": "Kampagne 3", "campaign 4": "Kampagne 4",
	"campaign 5": "Kampagne 5", "web": "Web", "catalogue": "Katalog", "shops": "Laden", "stores": "Laden", "store": "Laden", "last campaign": "letzte Kampagne", "discounts": "Rabatte",
	"Male": "männlich", "Female": "weiblich", "everybody": "alle Kunden", "parents": "Kinder im Haushalt haben", "without children": "ohne Kinder", "over 60": "über 60", "under 40": "unter 40",
}}

// english returns an answer in another language with its numbers as English writes them.
func (o oracle) english(a ask.Answer) ask.Answer {
	if o.labels == nil {
		return a
	}
	a.Text = slices.Clone(a.Text)
	for i, s := range a.Text {
		b := []byte(s)
		digit := func(k int) bool { return k >= 0 && k < len(b) && b[k] >= '0' && b[k] <= '9' }
		for k := range b {
			if digit(k-1) && digit(k+1) && b[k] == '.' {
				b[k] = ','
			} else if digit(k-1) && digit(k+1) && b[k] == ',' {
				b[k] = '.'
			}
		}
		a.Text[i] = strings.ReplaceAll(string(b), "\u00a0", " ")
	}
	return a
}

// translated returns a truth whose labels have their writings in the language too.
func (o oracle) translated(w truth) truth {
	for i, label := range w.labels {
		both := strings.Split(label, " & ")
		for k, one := range both {
			for part := range strings.SplitSeq(one, "|") {
				if other := o.labels[part]; other != "" {
					both[k] += "|" + other
				}
			}
		}
		w.labels[i] = strings.Join(both, " & ")
	}
	return w
}

// Answers about the sample, about the campaign file where it is there, and about a
// table of other columns.
func TestOracle(t *testing.T) {
	for _, file := range oracleFiles {
		for name, o := range oracles(t, file) {
			t.Run(name, func(t *testing.T) { o.ask(t, file) })
		}
	}
}

// The statements themselves: each returns a truth of the shape that its form wants,
// no truth stands in its own question, where an answer that repeats the question
// would pass, and there are enough of them.
func TestOracleTruths(t *testing.T) {
	forms, asked, byLanguage := map[string]bool{}, 0, map[string][]oracleQuestion{}
	for _, file := range oracleFiles {
		list := readOracle(t, file)
		byLanguage[languageOf(file)] = append(byLanguage[languageOf(file)], list...)
		asked += len(list)
		seen := map[string]bool{}
		for name, o := range oracles(t, file) {
			for _, q := range list {
				forms[q.form] = true
				if q.refusal() != (q.sql == "") {
					t.Errorf("%s:%d: a refusal has no statement, every other form has one", file, q.line)
				}
				if key := name + strings.ToLower(q.text); !q.follow && seen[key] && !q.leads(list) {
					t.Errorf("%s:%d asks a question twice", file, q.line)
				} else {
					seen[key] = true
				}
				if q.sql == "" {
					continue
				}
				w := q.truth(t, o.db)
				for _, f := range figures(q.text) {
					if len(w.labels) == 0 && slices.ContainsFunc(w.values, func(v float64) bool { return f.tells(v, q.figure()) }) {
						t.Errorf("%s:%d, %s: the truth, %v, is in the question", file, q.line, name, w)
					}
				}
				if q.figure() == "which" && len(w.values) > 1 && w.values[0] == w.values[1] {
					t.Errorf("%s:%d, %s: no group is the first: %v", file, q.line, name, w)
				}
			}
		}
	}
	for lang, list := range byLanguage {
		if lang != "en" && (len(list) < 200 || len(formsOf(list)) < 12) {
			t.Errorf("%d questions in %d forms in the language %s, want at least 200 in 12", len(list), len(formsOf(list)), lang)
		}
	}
	if asked < 400 || len(forms) < 12 {
		t.Errorf("%d questions in %d forms, want at least 400 in 12", asked, len(forms))
	}
}

// formsOf returns the forms of questions.
func formsOf(list []oracleQuestion) map[string]bool {
	out := map[string]bool{}
	for _, q := range list {
		out[q.form] = true
	}
	return out
}

// leads reports whether another question goes on from q, which may be asked alone too.
func (q oracleQuestion) leads(list []oracleQuestion) bool {
	i := slices.IndexFunc(list, func(other oracleQuestion) bool { return other.line == q.line })
	return i+1 < len(list) && list[i+1].follow
}

// What is taken for a right answer and what is not.
func TestOracleWrong(t *testing.T) {
	tier := truth{[]string{"Gold", "Platinum"}, []float64{74359.6, 71109.2}}
	one := func(v ...float64) truth { return truth{values: v} }
	for _, test := range []struct {
		form, text string
		truth      truth
		right      bool
	}{
		{"count", "There are 433 Platinum customers, which is 19 % of all.", one(433), true},
		{"count", "There are 434 Platinum customers, which is 19 % of all.", one(433), false},
		{"count", "The average wine spending is 598.", one(598), false},
		{"count", "There is one among the widows.", one(1), true},
		{"count", "No customer fits that.", one(0), true},
		{"count", "No customer fits that.", one(24), false},
		{"mean", "The average spending of Gold customers is 1,198.", one(1197.92), true},
		{"mean", "The average spending of Gold customers is 1,200.", one(1197.92), false},
		{"mean", "The average spending of Gold customers is 1.2 thousand.", one(1197.92), true},
		{"mean", "The total spending is 1,198.", one(1197.92), false},
		{"mean", "On average 0.49 children.", one(0.494), true},
		{"mean", "On average 0.50 children.", one(0.494), false},
		{"mean", "On average 3.", one(2.98), true},
		{"mean", "On average 3.", one(3.4), false},
		{"total", "The total spending of Gold customers is 462,399, on average 1,198.", one(462399), true},
		{"total", "The average spending of Gold customers is 1,198.", one(1198), false},
		{"share", "22.2 % (107 of 481).", one(22.245), true},
		{"share", "22 % of them.", one(22.245), true},
		{"share", "25 % (107 of 433).", one(22.245), false},
		{"share", "22 of them.", one(22), false},
		{"share", "4.2 % of them.", one(4.157), true},
		{"share", "4 % of them.", one(4.157), false},
		{"corr", "The correlation is −0.07.", one(-0.0659), true},
		{"corr", "The correlation is 0.07.", one(-0.0659), false},
		{"both", "From 30 to 86 years.", one(30, 86), true},
		{"both", "From 30 to 85 years.", one(30, 86), false},
		{"which", "The average income is highest for Gold (74,360) and lowest for Platinum (71,109).", tier, true},
		{"which", "The average income is lowest for Platinum (71,109) and highest for Gold (74,360).", tier, false},
		{"which", "The average income is highest for Gold (74,000).", tier, false},
		{"top", "Gold, then Platinum.", tier, true},
		{"top", "Platinum, then Gold.", tier, false},
		{"top", "Gold only.", tier, false},
		{"top", "Highest for Platinum. In order: Gold, Platinum.", tier, true},
		{"mean.by", "Average income: Platinum 71,109 and Gold 74,360.", tier, true},
		{"mean.by", "Average income: Platinum 74,360 and Gold 71,109.", tier, false},
		{"mean.by", "Average income: Platinum 71,109 and 74,360 and Gold.", tier, false},
		{"mean.by", "71,109 in Platinum and 74,360 in Gold.", tier, true},
		{"mean.difference", "Gold earns 3,250 more than Platinum.", tier, true},
		{"mean.difference", "Gold earns 3,350 more than Platinum.", tier, false},
	} {
		why := oracleQuestion{form: test.form}.wrong(ask.Answer{Text: []string{test.text}}, test.truth)
		if test.right != (why == "") {
			t.Errorf("%s, %v, %q: right is %v, want %v: %s", test.form, test.truth, test.text, !test.right, test.right, why)
		}
	}
}
