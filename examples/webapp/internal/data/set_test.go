package data

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/testdata"
)

// set is the sample, of which every second customer is in tier A.
func set(t testing.TB) (*Set, *features.Table) {
	t.Helper()
	customers, _, err := features.ReadAll(bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	table := features.Engineer(customers, features.AsOf(testdata.AsOf))
	p := make([]segment.Prediction, table.Len())
	for i := range p {
		p[i] = segment.Prediction{Cluster: i % 2, Tier: []string{"A", "B"}[i%2]}
	}
	s, err := New(table, p, []string{"A", "B"})
	if err != nil {
		t.Fatal(err)
	}
	return s, table
}

func TestAgainstTable(t *testing.T) {
	s, table := set(t)
	rows, err := s.Rows(Filter{Column: "tier", Op: Is, Words: []string{"A"}}, Filter{Column: "age", Op: Over, A: 40}, Filter{Column: "education", Op: Not, Words: []string{"PhD"}})
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
	if got, err := s.Aggregate(Mean, "income", rows); err != nil || math.Abs(got-sum/n) > 1e-6 {
		t.Errorf("the mean income is %v, %v; want %v", got, err, sum/n)
	}
	// The groups of a column hold all rows, whatever it is.
	for _, c := range s.Columns() {
		r, err := s.Run(Query{How: Count, By: []string{c.Name, "tier"}})
		if err != nil {
			t.Fatal(err)
		}
		total, missing := 0, 0
		for _, cell := range r.Cells {
			total += cell.Count
		}
		for _, v := range c.Numbers {
			if v != v {
				missing++
			}
		}
		if total+missing != s.Len() {
			t.Errorf("by %s there are %d customers and %d without a value, want %d together", c.Name, total, missing, s.Len())
		}
	}
}

func TestFilters(t *testing.T) {
	s, table := set(t)
	for _, test := range []struct {
		op   Op
		a, b float64
		fits func(int) bool
	}{
		{Is, 2, 0, func(v int) bool { return v == 2 }}, {Not, 2, 0, func(v int) bool { return v != 2 }}, {AtLeast, 1, 0, func(v int) bool { return v >= 1 }},
		{Under, 1, 0, func(v int) bool { return v < 1 }}, {AtMost, 1, 0, func(v int) bool { return v <= 1 }}, {Between, 1, 2, func(v int) bool { return v >= 1 && v <= 2 }},
	} {
		rows, err := s.Rows(Filter{Column: "children", Op: test.op, A: test.a, B: test.b})
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
	s, table := set(t)
	for name, err := range map[string]error{
		"unknown filter":  second(s.Rows(Filter{Column: "shoe"})),
		"unknown op":      second(s.Rows(Filter{Column: "age", Op: "near"})),
		"unknown measure": second(s.Run(Query{How: Mean, Measure: "shoe"})),
		"words measured":  second(s.Run(Query{How: Mean, Measure: "tier"})),
		"unknown group":   second(s.Run(Query{How: Count, By: []string{"shoe"}})),
		"three groups":    second(s.Run(Query{How: Count, By: []string{"tier", "tier", "tier"}})),
		"unknown how":     second(s.Aggregate("magic", "age", []int{0})),
		"few predictions": second(New(table, nil, nil)),
		"unknown tier":    second(New(table.Rows([]int{0}), []segment.Prediction{{Tier: "C"}}, []string{"A"})),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestAggregates(t *testing.T) {
	values := []float64{4, 0, 1, 3, 2}
	for how, want := range map[Aggregate]float64{Mean: 2, Median: 2, Sum: 10, Min: 0, Max: 4, Count: 5, Share: 0.8} {
		if got, err := aggregate(how, slices.Clone(values)); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", how, got, err, want)
		}
	}
	if got, err := aggregate(Mean, nil); err != nil || got == got {
		t.Errorf("the mean of nothing is %v, %v", got, err)
	}
	if got := Quantile([]float64{1, 2, 3, 4}, 0.25); got != 1.75 {
		t.Errorf("the quartile is %v, want 1.75", got)
	}
}

func TestBins(t *testing.T) {
	s, _ := set(t)
	rows, err := s.Rows()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Columns() {
		if !c.Numeric() {
			continue
		}
		edges := s.Edges(c.Name, rows, 16)
		for _, v := range c.Numbers {
			if b := Bin(edges, v); v == v && (b < 0 || v < edges[b] || v >= edges[b+1]) {
				t.Fatalf("%s: %v lies in no range of %v (%d)", c.Name, v, edges, b)
			}
		}
	}
	for v, want := range map[float64]float64{0: 1, 1: 1, 1.2: 2, 3: 5, 7: 10, 0.03: 0.05, 240: 250} {
		if got := Round(v); math.Abs(got-want) > 1e-12 {
			t.Errorf("Round(%v) is %v, want %v", v, got, want)
		}
	}
}
