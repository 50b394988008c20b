package features

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
)

var newYear2015 = AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))

// realTable returns the real file, engineered at the start of 2015 and cleaned.
func realTable(t testing.TB) (*Table, Dropped) {
	customers, _, err := ReadFile(t.Context(), realFile(t, realFiles[0]), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clean, dropped, err := Clean(t.Context(), testenv.Must(Engineer(t.Context(), customers, newYear2015)), CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return clean, dropped
}

// The figures are those of pandas and scikit-learn: testdata/golden/engineered.py.
func TestAgainstPandas(t *testing.T) {
	var want struct {
		Rows          int
		Dropped       Dropped
		MissingIncome int `json:"missing_income"`
		Columns       []string
		Sums          []float64
		WeightedSums  []float64 `json:"weighted_sums"`
		Classes       map[string][]string
		Counts        map[string]map[string]int
	}
	text, err := os.ReadFile(filepath.Join("testdata", "golden", "engineered.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	clean, dropped := realTable(t)
	encoded, err := clean.Encode(t.Context(), EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if dropped.Age != want.Dropped.Age || dropped.Income != want.Dropped.Income || dropped.Rows != 2240 || encoded.Len() != want.Rows || !slices.Equal(encoded.ColumnNames(), want.Columns) {
		t.Fatalf("%v, %d rows, columns %v", dropped, encoded.Len(), encoded.ColumnNames())
	}
	for column, classes := range want.Classes {
		if !slices.Equal(encoded.Classes(column), classes) {
			t.Errorf("classes of %s: %v, want %v", column, encoded.Classes(column), classes)
		}
	}
	for column, counts := range want.Counts {
		words, err := clean.Words(t.Context(), column)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, word := range words {
			got[word]++
		}
		for word, n := range counts {
			if got[word] != n {
				t.Errorf("%s %s: %d, want %d", column, word, got[word], n)
			}
		}
	}
	x, err := encoded.Matrix(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for j, name := range want.Columns {
		var sum, weighted float64 // whole numbers, so exact
		for i := range want.Rows {
			if v := x.At(i, j); math.IsNaN(v) {
				missing++
			} else {
				sum += v
				weighted += float64(i+1) * v
			}
		}
		if sum != want.Sums[j] || weighted != want.WeightedSums[j] {
			t.Errorf("%s: sums %v and %v, want %v and %v", name, sum, weighted, want.Sums[j], want.WeightedSums[j])
		}
	}
	if missing != want.MissingIncome {
		t.Errorf("%d values are missing, want %d", missing, want.MissingIncome)
	}
}

func TestEngineer(t *testing.T) {
	base := Customer{YearBirth: 1957, Education: "PhD", MaritalStatus: "Married", DtCustomer: day(2012, 9, 30), Kidhome: 1, Teenhome: 2,
		MntWines: 1, MntFruits: 2, MntMeatProducts: 4, MntFishProducts: 8, MntSweetProducts: 16, MntGoldProds: 32}
	e := EngineerCustomer(base, newYear2015)
	want := Engineered{base, 28, 58, 63, "Partner", 3, 2, true, "Postgraduate", "Middle-Aged Adult"}
	if e != want {
		t.Errorf("%+v, want %+v", e, want)
	}
	for status, living := range map[string]string{"Married": "Partner", "Together": "Partner", "Single": "Single", "Divorced": "Single", "Widow": "Single",
		"Alone": "Single", "Absurd": "Single", "YOLO": "Single", "Complicated": Unknown, "": Unknown} {
		t.Run(status, func(t *testing.T) {
			c := base
			c.MaritalStatus = status
			size := 1
			if living == "Partner" {
				size = 2
			}
			if e := EngineerCustomer(c, newYear2015); e.LivingWith != living || e.FamilySize != size {
				t.Errorf("%q lives with %s, family of %d", status, e.LivingWith, e.FamilySize)
			}
		})
	}
	for education, level := range map[string]string{"Basic": "Undergraduate", "2n Cycle": "Undergraduate", "Graduation": "Graduate", "Master": "Postgraduate",
		"PhD": "Postgraduate", "Diploma": Unknown, "": Unknown} {
		t.Run(education, func(t *testing.T) {
			c := base
			c.Education = education
			if e := EngineerCustomer(c, newYear2015); e.EducationLevel != level {
				t.Errorf("%q is %s", education, e.EducationLevel)
			}
		})
	}
	for age, group := range map[int]string{0: "Teen", 19: "Teen", 20: "Adult", 39: "Adult", 40: "Middle-Aged Adult", 59: "Middle-Aged Adult", 60: "Senior Adult", 122: "Senior Adult"} {
		c := base
		c.YearBirth = 2015 - age
		if e := EngineerCustomer(c, newYear2015); e.Age != age || e.AgeGroup != group {
			t.Errorf("at %d: %d, %s", age, e.Age, e.AgeGroup)
		}
	}
	for asOf, tenure := range map[string]int{"2012-09-30": 0, "2012-09-01": 0, "2012-10-01": 1, "2013-08-31": 11, "2013-09-01": 12, "2012-08-31": -1} {
		t.Run(asOf, func(t *testing.T) {
			d, _ := time.Parse(time.DateOnly, asOf)
			if e := EngineerCustomer(base, AsOf(d)); e.Tenure != tenure {
				t.Errorf("as of %s: %d months", asOf, e.Tenure)
			}
		})
	}

	// The day is the one that the location of AsOf writes.
	late := AsOf(time.Date(2014, 12, 31, 23, 30, 0, 0, time.FixedZone("west", -5*3600)))
	if d := late.Day(); d != day(2014, 12, 31) {
		t.Errorf("the day is %v", d)
	}
	before, got, after := midnight(time.Now()), AsOf{}.Day(), midnight(time.Now())
	if got.Before(before) || got.After(after) {
		t.Errorf("today is %v", got)
	}
	if tab := testenv.Must(Engineer(t.Context(), nil, newYear2015)); tab.Len() != 0 || tab.AsOf() != day(2015, 1, 1) {
		t.Errorf("%+v", tab)
	}
}

func TestClean(t *testing.T) {
	row := func(age int, income float64) Customer { return Customer{YearBirth: 2015 - age, Income: income} }
	table, err := Engineer(t.Context(), []Customer{row(100, 120_000), row(101, 5), row(50, 120_000.01), row(101, 666_666), row(50, math.NaN()), row(101, math.NaN())}, newYear2015)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		opts    CleanOptions
		dropped Dropped
		says    string
		warns   string
	}{
		{CleanOptions{}, Dropped{Age: 3, Income: 1, Limits: CleanOptions{100, 120_000}}, "Dropped 4 rows: 3 for an age above 100 and 1 for an income above 120,000.", "3 of 6 customers have an age above 100 and 1 has an income above 120,000"},
		{CleanOptions{MaxAge: NoLimit}, Dropped{Income: 2, Limits: CleanOptions{NoLimit, 120_000}}, "Dropped 2 rows: 2 for an income above 120,000.", "2 of 6 customers have an income above 120,000"},
		{CleanOptions{MaxAge: -7}, Dropped{Income: 2, Limits: CleanOptions{NoLimit, 120_000}}, "Dropped 2 rows: 2 for an income above 120,000.", "2 of 6 customers have an income above 120,000"},
		{CleanOptions{MaxAge: math.MaxInt}, Dropped{Income: 2, Limits: CleanOptions{NoLimit, 120_000}}, "Dropped 2 rows: 2 for an income above 120,000.", "2 of 6 customers have an income above 120,000"},
		{CleanOptions{MaxIncome: NoLimit}, Dropped{Age: 3, Limits: CleanOptions{100, NoLimit}}, "Dropped 3 rows: 3 for an age above 100.", "3 of 6 customers have an age above 100"},
		{CleanOptions{MaxIncome: math.Inf(1)}, Dropped{Age: 3, Limits: CleanOptions{100, NoLimit}}, "Dropped 3 rows: 3 for an age above 100.", "3 of 6 customers have an age above 100"},
		{CleanOptions{MaxIncome: math.NaN()}, Dropped{Age: 3, Limits: CleanOptions{100, NoLimit}}, "Dropped 3 rows: 3 for an age above 100.", "3 of 6 customers have an age above 100"},
		{CleanOptions{NoLimit, NoLimit}, Dropped{Limits: CleanOptions{NoLimit, NoLimit}}, "Dropped no rows.", ""},
		{CleanOptions{MaxAge: 49, MaxIncome: 1}, Dropped{Age: 6, Limits: CleanOptions{49, 1}}, "Dropped 6 rows: 6 for an age above 49.", "6 of 6 customers have an age above 49"},
		{CleanOptions{MaxAge: 101, MaxIncome: 1e6}, Dropped{Limits: CleanOptions{101, 1e6}}, "Dropped no rows.", ""},
		{CleanOptions{MaxAge: 101, MaxIncome: 120_000.005}, Dropped{Income: 2, Limits: CleanOptions{101, 120_000.005}}, "Dropped 2 rows: 2 for an income above 120,000.005.", "2 of 6 customers have an income above 120,000.005"},
	} {
		c.dropped.Rows = 6
		clean, dropped, err := Clean(t.Context(), table, c.opts)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(dropped, c.dropped) || dropped.String() != c.says || dropped.Warning() != c.warns || clean.Len()+dropped.Total() != 6 || table.Len() != 6 || clean.AsOf() != table.AsOf() {
			t.Errorf("%+v: %+v, %q, %q, %d rows stay", c.opts, dropped, dropped, dropped.Warning(), clean.Len())
		}
		if again, d, err := Clean(t.Context(), table, CleanOptionsOf(c.opts.Limits())); err != nil || !reflect.DeepEqual(d, dropped) || again.Len() != clean.Len() {
			t.Errorf("%+v come back from %v as %+v", c.opts, c.opts.Limits(), CleanOptionsOf(c.opts.Limits()))
		}
	}
	if o := CleanOptionsOf(nil); o != (CleanOptions{100, 120_000}) {
		t.Errorf("the limits of a model that remembers none are %+v", o)
	}
}

// TestDroppedWarning: a tenth is no warning yet, one more is; one customer has
// and two have.
func TestDroppedWarning(t *testing.T) {
	limits := CleanOptions{100, 1_234_567}
	for _, test := range []struct {
		d    Dropped
		want string
	}{
		{Dropped{Age: 1, Rows: 10, Limits: limits}, ""},
		{Dropped{Age: 1, Income: 1, Rows: 20, Limits: limits}, ""},
		{Dropped{Rows: 0, Limits: limits}, ""},
		{Dropped{Age: 1, Rows: 9, Limits: limits}, "1 of 9 customers has an age above 100"},
		{Dropped{Income: 1, Rows: 1, Limits: limits}, "1 of 1 customer has an income above 1,234,567"},
		{Dropped{Age: 1, Income: 2, Rows: 20, Limits: limits}, "1 of 20 customers has an age above 100 and 2 have an income above 1,234,567"},
	} {
		if got := test.d.Warning(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.d, got, test.want)
		}
	}
}

func TestEncodeForALaterTable(t *testing.T) {
	of := func(educations ...string) *Table {
		var customers []Customer
		for _, e := range educations {
			customers = append(customers, Customer{Education: e, Income: math.NaN(), YearBirth: 1970, DtCustomer: day(2012, 1, 1)})
		}
		return testenv.Must(Engineer(t.Context(), customers, newYear2015))
	}
	first, err := of("PhD", "Basic", "PhD", "Master").Encode(t.Context(), EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c := first.Classes("Education"); !slices.Equal(c, []string{"Basic", "Master", "PhD"}) {
		t.Fatalf("classes %v", c)
	}
	codes := func(e *Encoded) (codes []float64) {
		m, err := e.Matrix(t.Context(), "education")
		if err != nil {
			t.Fatal(err)
		}
		for i := range e.Len() {
			codes = append(codes, m.At(i, 0))
		}
		return codes
	}
	if got := codes(first); !slices.Equal(got, []float64{2, 0, 2, 1}) {
		t.Errorf("codes %v", got)
	}
	later := of("Master", "Diploma", "PhD")
	_, err = later.Encode(t.Context(), EncodeOptions{Classes: first.AllClasses()})
	if want := `row 1, column education: "Diploma" cannot be used; want one of the classes Basic, Master or PhD`; !errors.Is(err, ErrCategory) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	second, err := later.Encode(t.Context(), EncodeOptions{Classes: first.AllClasses(), Unknown: preprocess.Accept})
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(second); !slices.Equal(got, []float64{1, -1, 2}) {
		t.Errorf("codes %v", got)
	}
	if word, err := second.Decode("education", 1); word != "Master" || err != nil {
		t.Errorf("%s, %v", word, err)
	}
	for _, code := range []float64{-1, 3, 0.5, math.NaN(), math.Inf(1)} {
		if _, err := second.Decode("education", code); !errors.Is(err, ErrCategory) {
			t.Errorf("code %v: %v", code, err)
		}
	}
	if _, err := second.Decode("income", 1); !errors.Is(err, ErrUnknownColumn) {
		t.Error(err)
	}
	if _, err := later.Encode(t.Context(), EncodeOptions{Classes: map[string][]string{"marital_status": nil}}); !errors.Is(err, ErrUnknownColumn) {
		t.Error(err)
	}
	if second.Classes("income") != nil || second.Classes("none") != nil {
		t.Error("columns that are not encoded have classes")
	}
	empty, err := of().Encode(t.Context(), EncodeOptions{})
	if err != nil || empty.Len() != 0 {
		t.Fatal(err)
	}
	if _, err := empty.Matrix(t.Context()); !errors.Is(err, ErrNoRows) {
		t.Error(err)
	}
	if _, err := second.Matrix(t.Context(), "age", "id"); !errors.Is(err, ErrUnknownColumn) {
		t.Error(err)
	}
}

func TestSelect(t *testing.T) {
	for name, want := range map[string]string{
		"incom":      `there is no column "incom"; want one of the table's columns, such as income`,
		"customer":   `there is no column "customer"; want one of the table's columns, such as dt_customer`,
		"mnt_wine":   `there is no column "mnt_wine"; want one of the table's columns, such as mnt_wines`,
		"zzzzzzzzzz": `there is no column "zzzzzzzzzz"; want one of the table's columns, such as age, income or spent`,
		"education":  `column education holds no numbers; want a numeric column, or the encoded table`,
		"DtCustomer": `column dt_customer holds no numbers; want a numeric column, or the encoded table`,
		"":           `there is no column ""; want one of the table's columns, such as age, income or spent`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Select("age", name); err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
	s, err := Select("Year Birth", "IS_PARENT", "mntwines", "z_revenue")
	if err != nil || !slices.Equal(s.Columns(), []string{"year_birth", "is_parent", "mnt_wines", "z_revenue"}) {
		t.Fatal(s, err)
	}
	e := EngineerCustomer(Customer{YearBirth: 1957, Teenhome: 1, MntWines: 2.5, ZRevenue: 11}, newYear2015)
	dst := make([]float64, 8)
	if got := s.Values(dst, &e); !slices.Equal(got, []float64{1957, 1, 2.5, 11}) || &got[0] != &dst[0] {
		t.Errorf("%v", got)
	}
	if got := s.Values(nil, &e); !slices.Equal(got, []float64{1957, 1, 2.5, 11}) {
		t.Errorf("%v", got)
	}
	if n := testing.AllocsPerRun(100, func() { s.Values(dst, &e) }); n != 0 {
		t.Errorf("%v allocations a customer", n)
	}
	if _, err := testenv.Must(Engineer(t.Context(), nil, newYear2015)).Matrix(t.Context(), "age"); !errors.Is(err, ErrNoRows) {
		t.Error(err)
	}
	if _, err := testenv.Must(Engineer(t.Context(), []Customer{e.Customer}, newYear2015)).Matrix(t.Context()); !errors.Is(err, ErrNotNumeric) {
		t.Error(err)
	}

	// Every numeric column has its own field: what is set is what is got, and nothing else.
	for col := range schema {
		if !schema[col].Kind.Numeric() {
			continue
		}
		var e Engineered
		setNumber(schema[col].of(&e), 1)
		for other := range schema {
			if x := number(schema[other].of(&e)); x == 1 != (other == col) {
				t.Errorf("%s is set, %s is %v", schema[col].Name, schema[other].Name, x)
			}
		}
	}
}

func TestWriteCSV(t *testing.T) {
	clean, _ := realTable(t)
	clusters, tiers, scores := make([]int, clean.Len()), make([]string, clean.Len()), make([]float64, clean.Len())
	for i := range clusters {
		clusters[i], tiers[i], scores[i] = i%5, `Pla"tinum, old`, math.NaN()
	}
	var b bytes.Buffer
	cluster := NumberSeries(Column{Name: "cluster"}, clusters)
	merged, err := clean.With(cluster, WordSeries(Column{Name: "tier"}, tiers), NumberSeries(Column{Name: "my;score"}, scores))
	if err != nil {
		t.Fatal(err)
	}
	if err := merged.WriteCSV(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	header, rest, _ := strings.Cut(b.String(), "\n")
	if want := strings.Join(clean.ColumnNames(), ",") + `,cluster,tier,"my;score"`; header != want {
		t.Errorf("header %s, want %s", header, want)
	}
	line, _, _ := strings.Cut(rest, "\n")
	if want := `5524,1957,Graduation,Single,58138,0,0,2012-09-04,58,635,88,546,172,88,88,3,8,10,4,7,0,0,0,0,0,0,3,11,1,28,58,1617,Single,0,1,0,Graduate,Middle-Aged Adult,0,"Pla""tinum, old",`; line != want {
		t.Errorf("first line\n%s, want\n%s", line, want)
	}
	got, report := readString(t, b.String())
	for i := range got {
		if !same(got[i], clean.Customer(i)) {
			t.Fatalf("customer %d: %+v", i, got[i])
		}
	}
	if want := []string{"tenure", "age", "spent", "living_with", "children", "family_size", "is_parent", "education_level", "age_group", "cluster", "tier", "my;score"}; !slices.Equal(report.Ignored, want) {
		t.Errorf("ignored %q", report.Ignored)
	}

	b.Reset()
	_, err = clean.With(NumberSeries(Column{Name: "cluster"}, clusters[1:]))
	if want := "features: columns of different length: column cluster has 2228 values and the table 2229 rows; want one for each row"; !errors.Is(err, ErrLength) || err.Error() != want {
		t.Error(err)
	}
	encoded, err := clean.Encode(t.Context(), EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	labelled, err := encoded.With(cluster)
	if err != nil {
		t.Fatal(err)
	}
	if err := labelled.WriteCSV(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(b.String(), "\n", 3)
	if want := "2,58138,0,0,58,635,88,546,172,88,88,3,8,10,4,7,0,0,0,0,0,0,1,28,58,1617,0,1,0,0,0"; lines[1] != want || lines[0] != strings.Join(encoded.ColumnNames(), ",")+",cluster" {
		t.Errorf("%s\n%s", lines[0], lines[1])
	}
	broken := errors.New("disk full")
	if err := clean.WriteCSV(t.Context(), failing{broken}); err != broken {
		t.Error(err)
	}
	w := NewWriter(failing{broken})
	for i := range 10_000 {
		c := clean.Customer(i % 100)
		err = w.Write(&c)
	}
	if err != broken || w.Flush() != broken {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestValidate(t *testing.T) {
	good := Customer{ID: "5524", YearBirth: 1957, Income: math.NaN(), DtCustomer: day(2012, 9, 4)}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(c *Customer){
		`column id: "" cannot be used; want an id such as 5524 or C10001, of up to 256 bytes and without control characters`:       func(c *Customer) { c.ID = "" },
		`column id: " 5524" cannot be used; want an id such as 5524 or C10001, of up to 256 bytes and without control characters`:  func(c *Customer) { c.ID = " 5524" },
		`column id: "55\t24" cannot be used; want an id such as 5524 or C10001, of up to 256 bytes and without control characters`: func(c *Customer) { c.ID = "55\t24" },
		`column year_birth: "57" cannot be used; want a year of four digits, such as 1957`:                                         func(c *Customer) { c.YearBirth = 57 },
		`column income: "-1" cannot be used; want an amount from 0 up, such as 58138, or nothing where it is unknown`:              func(c *Customer) { c.Income = -1 },
		`column income: "+Inf" cannot be used; want an amount from 0 up, such as 58138, or nothing where it is unknown`:            func(c *Customer) { c.Income = math.Inf(1) },
		`column mnt_wines: "NaN" cannot be used; want an amount from 0 up, such as 635`:                                            func(c *Customer) { c.MntWines = math.NaN() },
		`column teenhome: "-2" cannot be used; want a whole number from 0 up`:                                                      func(c *Customer) { c.Teenhome = -2 },
		`column response: "2" cannot be used; want 0 or 1`:                                                                         func(c *Customer) { c.Response = 2 },
		`column dt_customer: "0001-01-01T00:00:00Z" cannot be used; want a day at midnight UTC, from the years 1000 to 9999`:       func(c *Customer) { c.DtCustomer = time.Time{} },
		`column dt_customer: "2012-09-04T01:00:00Z" cannot be used; want a day at midnight UTC, from the years 1000 to 9999`:       func(c *Customer) { c.DtCustomer = c.DtCustomer.Add(time.Hour) },
	} {
		t.Run(want, func(t *testing.T) {
			c := good
			spoil(&c)
			if err := c.Validate(); !errors.Is(err, ErrValue) || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

func TestColumns(t *testing.T) {
	columns := append(Columns(), EngineeredColumns()...)
	if len(Columns()) != 29 || len(columns) != 38 {
		t.Fatalf("%d and %d columns", len(Columns()), len(columns))
	}
	names := testenv.Must(Engineer(t.Context(), nil, newYear2015)).ColumnNames()
	for i, c := range columns {
		if c.Name != names[i] || c.Meaning == "" || c.Kind.String() == "unknown" {
			t.Errorf("column %d: %+v", i, c)
		}
	}
	columns[0].Name = "mine"
	Columns()[0].Name = "mine"
	if Columns()[0].Name != "id" {
		t.Error("the schema can be changed from outside")
	}
	if s := Kind(99).String(); s != "unknown" {
		t.Error(s)
	}
}

// TestWithin: rows outside the limits of any column go, each counted once, and a
// missing value is no reason to go.
func TestWithin(t *testing.T) {
	table, err := NewTable(time.Time{},
		WordSeries(Column{Name: "id"}, []string{"a", "b", "c", "d", "e"}),
		NumberSeries(Column{Name: "Age", Kind: Amount}, []float64{17, 18, 90, 91, math.NaN()}),
		NumberSeries(Column{Name: "Debt", Kind: Amount}, []float64{-2000, -1500, 0, 7000, 5000}),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		least, most map[string]float64
		ids         string
		said        string
	}{
		{nil, nil, "abcde", "Dropped no rows."},
		{map[string]float64{"age": 18}, map[string]float64{" AGE": 90}, "bce", "Dropped 2 rows: 1 for a value below 18 in Age and 1 for a value above 90 in Age."},
		{map[string]float64{"Debt": -1500, "Age": 18}, map[string]float64{"Debt": 5000}, "bce", "Dropped 2 rows: 1 for a value below 18 in Age and 1 for a value above 5,000 in Debt."},
		{map[string]float64{"Debt": -1500}, nil, "bcde", "Dropped 1 row: 1 for a value below -1,500 in Debt."},
		{nil, map[string]float64{"Debt": -9000}, "", "Dropped 5 rows: 5 for a value above -9,000 in Debt."},
	} {
		got, dropped, err := Within(t.Context(), table, test.least, test.most)
		if err != nil {
			t.Fatal(err)
		}
		if ids := strings.Join(got.Series("id").Words(), ""); ids != test.ids || dropped.String() != test.said || dropped.Total() != 5-got.Len() || dropped.Rows != 5 {
			t.Errorf("%v to %v: %s stay, %s", test.least, test.most, ids, dropped)
		}
	}
	_, dropped, err := Within(t.Context(), table, nil, map[string]float64{"Debt": -9000})
	if said := dropped.Warning(); err != nil || said != "5 of 5 customers have a value above -9,000 in Debt" || dropped.Outside[0].String() != "Debt ≤ -9,000" {
		t.Errorf("%s, %v", said, dropped.Outside)
	}
	for _, test := range []struct {
		least, most map[string]float64
		want        error
	}{
		{map[string]float64{"Wage": 1}, nil, ErrUnknownColumn},
		{nil, map[string]float64{"id": 1}, ErrNotNumeric},
		{map[string]float64{"Age": 91}, map[string]float64{"Age": 90}, ErrOptions},
		{map[string]float64{"Age": math.NaN()}, nil, ErrOptions},
		{nil, map[string]float64{"Age": math.Inf(1)}, ErrOptions},
		{nil, map[string]float64{"Age": 1, "age": 2}, ErrOptions},
	} {
		if _, _, err := Within(t.Context(), table, test.least, test.most); !errors.Is(err, test.want) {
			t.Errorf("%v to %v: %v, want %v", test.least, test.most, err, test.want)
		}
	}
}
