package features

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/testdata"
)

// tiered returns the sample, of which every second customer is in tier A,
// without ids and days.
func tiered(t testing.TB) *Table {
	t.Helper()
	customers, _, err := ReadAll(t.Context(), bytes.NewReader(testdata.Customers), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tiers := make([]string, len(customers))
	for i := range tiers {
		tiers[i] = []string{"A", "B"}[i%2]
	}
	table, err := testenv.Must(Engineer(t.Context(), customers, AsOf(testdata.AsOf))).With(WordSeries(Column{Name: "tier"}, tiers))
	if err == nil {
		table, err = table.Select(slices.DeleteFunc(table.ColumnNames(), func(name string) bool { return name == "id" || name == "dt_customer" })...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestQuery(t *testing.T) {
	table := tiered(t)
	rows, err := table.Where(t.Context(), Condition{Column: "tier", Op: Is, Words: []string{"A"}}, Condition{Column: "age", Op: Over, A: 40}, Condition{Column: "education", Op: Not, Words: []string{"PhD"}})
	if err != nil {
		t.Fatal(err)
	}
	var want []int
	sum, n := 0.0, 0.0
	for i := range table.Len() {
		r := table.Engineered(i)
		if i%2 == 0 && r.Age > 40 && r.Education != "PhD" {
			want = append(want, i)
			if r.Income == r.Income {
				sum, n = sum+r.Income, n+1
			}
		}
	}
	if !slices.Equal(rows, want) {
		t.Fatalf("%d rows fit, want %d", len(rows), len(want))
	}
	if got, err := table.Aggregate(t.Context(), Mean, "income", rows); err != nil || math.Abs(got-sum/n) > 1e-6 {
		t.Errorf("the mean income is %v, %v; want %v", got, err, sum/n)
	}
	// The groups of a column hold all rows, whatever it is.
	for _, c := range table.Columns() {
		r, err := table.Query(t.Context(), Query{How: Count, By: []string{c.Name, "tier"}})
		if err != nil {
			t.Fatal(err)
		}
		total, missing := 0, 0
		for _, cell := range r.Cells {
			total += cell.Count
		}
		for _, v := range table.Series(c.Name).Numbers() {
			if v != v {
				missing++
			}
		}
		if total+missing != table.Len() {
			t.Errorf("by %s there are %d customers and %d without a value, want %d together", c.Name, total, missing, table.Len())
		}
	}
}

func TestFilters(t *testing.T) {
	table := tiered(t)
	for _, test := range []struct {
		op   Op
		a, b float64
		fits func(int) bool
	}{
		{Is, 2, 0, func(v int) bool { return v == 2 }}, {Not, 2, 0, func(v int) bool { return v != 2 }}, {AtLeast, 1, 0, func(v int) bool { return v >= 1 }},
		{Under, 1, 0, func(v int) bool { return v < 1 }}, {AtMost, 1, 0, func(v int) bool { return v <= 1 }}, {Between, 1, 2, func(v int) bool { return v >= 1 && v <= 2 }},
	} {
		rows, err := table.Where(t.Context(), Condition{Column: "children", Op: test.op, A: test.a, B: test.b})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i := range table.Len() {
			if test.fits(table.Engineered(i).Children) {
				n++
			}
		}
		if len(rows) != n {
			t.Errorf("%s gives %d rows, want %d", test.op, len(rows), n)
		}
	}
}

func TestRefusals(t *testing.T) {
	table := tiered(t)
	for name, err := range map[string]error{
		"unknown filter":  second(table.Where(t.Context(), Condition{Column: "shoe"})),
		"unknown op":      second(table.Where(t.Context(), Condition{Column: "age", Op: "near"})),
		"words over":      second(table.Where(t.Context(), Condition{Column: "education", Op: Over})),
		"days":            second(table.Where(t.Context(), Condition{Column: "dt_customer", Op: Is})),
		"unknown measure": second(table.Query(t.Context(), Query{How: Mean, Measure: "shoe"})),
		"words measured":  second(table.Query(t.Context(), Query{How: Mean, Measure: "tier"})),
		"unknown group":   second(table.Query(t.Context(), Query{How: Count, By: []string{"shoe"}})),
		"three groups":    second(table.Query(t.Context(), Query{How: Count, By: []string{"tier", "tier", "tier"}})),
		"unknown how":     second(table.Aggregate(t.Context(), "magic", "age", []int{0})),
	} {
		t.Run(name, func(t *testing.T) {
			if err == nil {
				t.Errorf("%s is taken", name)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestAggregates(t *testing.T) {
	table, err := NewTable(day(2015, 1, 1), NumberSeries(Column{Name: "x"}, []float64{4, 0, 1, 3, 2}))
	if err != nil {
		t.Fatal(err)
	}
	for how, want := range map[Aggregate]float64{Mean: 2, Median: 2, Sum: 10, Min: 0, Max: 4, Count: 5, Share: 0.8} {
		if got, err := table.Aggregate(t.Context(), how, "x", []int{0, 1, 2, 3, 4}); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", how, got, err, want)
		}
	}
	if got, err := table.Aggregate(t.Context(), Mean, "x", nil); err != nil || got == got {
		t.Errorf("the mean of nothing is %v, %v", got, err)
	}
}

func TestBins(t *testing.T) {
	table := tiered(t)
	rows, err := table.Where(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range table.Columns() {
		if !c.Kind.Numeric() {
			continue
		}
		edges, err := table.Edges(t.Context(), c.Name, rows, 16)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range table.Series(c.Name).Numbers() {
			if b := Bin(edges, v); v == v && (b < 0 || v < edges[b] || v >= edges[b+1]) {
				t.Fatalf("%s: %v lies in no range of %v (%d)", c.Name, v, edges, b)
			}
		}
	}
	for v, want := range map[float64]float64{0: 1, 1: 1, 1.2: 2, 3: 5, 7: 10, 0.03: 0.05, 240: 250} {
		if got := num.NiceStep(v, 1, 2, 2.5, 5); math.Abs(got-want) > 1e-12 {
			t.Errorf("num.NiceStep(%v) is %v, want %v", v, got, want)
		}
	}
}

// Ranges of values that float64 can hardly tell apart, or that are infinite, have
// an end.
func TestEdgesOfAnyMagnitude(t *testing.T) {
	for name, values := range map[string][]float64{
		"constant": {1e300, 1e300}, "large and close": {1e25, 1e25 + 4e9}, "all": {-math.MaxFloat64, 0, math.MaxFloat64},
		"infinite": {1, math.Inf(1), 2}, "tiny": {0, 5e-324}, "far": {0, 1e300},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := NewTable(day(2015, 1, 1), NumberSeries(Column{Name: "x"}, values))
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{-1, 0, 1, 8} {
				edges, err := table.Edges(t.Context(), "x", []int{0, 1}, n)
				if err != nil {
					t.Fatal(err)
				}
				if len(edges) < 2 || len(edges) > 40 || !slices.IsSorted(edges) {
					t.Errorf("%d ranges end at %v", n, edges)
				}
			}
		})
	}
}

// A fraction makes amounts of whole numbers: nothing is cut.
func TestNumberSeriesKind(t *testing.T) {
	for kind, want := range map[Kind]Kind{Integer: Amount, Flag: Amount, Bool: Amount, Amount: Amount, Category: Amount} {
		if got := NumberSeries(Column{Kind: kind}, []float64{1, 0.5, math.NaN()}).Kind(); got != want {
			t.Errorf("of kind %v: %v", kind, got)
		}
	}
	if got := NumberSeries(Column{Kind: Flag}, []float64{1, 0, math.NaN()}).Kind(); got != Flag {
		t.Errorf("flags are %v", got)
	}
}

// Encode refuses a table whose columns are of other kinds than the schema's, and
// answers for a nil Encoded.
func TestEncodeKinds(t *testing.T) {
	table, err := Engineer(t.Context(), []Customer{{ID: "1", YearBirth: 1957, DtCustomer: day(2012, 9, 4)}}, newYear2015)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := table.Encode(t.Context(), EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := encoded.Encode(t.Context(), EncodeOptions{}); !errors.Is(err, ErrNotWords) {
		t.Errorf("codes are encoded: %v", err)
	}
	words, err := table.With(WordSeries(Column{Name: "recency"}, []string{"long"}))
	if err == nil {
		_, err = words.Encode(t.Context(), EncodeOptions{})
	}
	if err == nil {
		t.Error("a word stands in an encoded table")
	}
	var none *Encoded
	if _, err := none.Matrix(t.Context()); none.Len() != 0 || len(none.ColumnNames()) != 0 || err == nil {
		t.Errorf("nil answers %d rows, %v", none.Len(), err)
	}
}
