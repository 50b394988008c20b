package insight_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/testdata"
)

// The figures are those of R, see testdata/golden/contrast.R.
func TestContrast(t *testing.T) {
	text, err := os.ReadFile("testdata/golden/contrast.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Counts      [2]int
		Differences []insight.Difference
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	list, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := features.Engineer(t.Context(), list, features.AsOf(testdata.AsOf))
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]int, all.Len())
	for i := range labels {
		if all.Series("children").Number(i) > 0 {
			labels[i] = 1
		}
	}
	// R keeps the names of the file.
	columns := map[string]string{"mntwines": "mnt_wines", "numwebvisitsmonth": "num_web_visits_month"}
	var names []string
	for i, d := range golden.Differences {
		if name := columns[d.Column]; name != "" {
			golden.Differences[i].Column = name
		}
		names = append(names, golden.Differences[i].Column)
	}
	table, err := all.Select(names...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := insight.NewProfile(t.Context(), table, labels, []string{"without", "with"}, insight.ProfileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Contrast("without", "with", insight.ContrastOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := p.Group("without"); n.Count != golden.Counts[0] {
		t.Fatalf("%d have no children, R counts %v", n.Count, golden.Counts)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }
	seen := 0
	for _, d := range slices.Concat(c.Differences, c.Alike) {
		i := slices.IndexFunc(golden.Differences, func(g insight.Difference) bool { return g.Column == d.Column })
		want := golden.Differences[i]
		if seen++; d.Level != want.Level || !near(d.Value, want.Value) || !near(d.From, want.From) || !near(d.Effect, want.Effect) {
			t.Errorf("%+v, R has %+v", d, want)
		}
		if apart := slices.ContainsFunc(c.Differences, func(o insight.Difference) bool { return o.Column == d.Column }); apart != (math.Abs(want.Effect) >= 0.5) {
			t.Errorf("%s differs: %v, with the effect %v", d.Column, apart, want.Effect)
		}
	}
	if seen != len(golden.Differences) || !slices.IsSortedFunc(c.Differences, func(a, b insight.Difference) int {
		return int(math.Copysign(1, math.Abs(b.Effect)-math.Abs(a.Effect)))
	}) {
		t.Errorf("%d columns, the strongest first: %+v", seen, c.Differences)
	}
	// The other way round it is the same with the other sign.
	back, err := p.Contrast("with", "without", insight.ContrastOptions{})
	if err != nil || len(back.Differences) != len(c.Differences) {
		t.Fatalf("%v, %v", back, err)
	}
	for i, d := range back.Differences {
		if o := c.Differences[i]; d.Column != o.Column || !near(d.Effect, -o.Effect) || !near(d.Value, o.From) {
			t.Errorf("%+v, the other way round %+v", d, o)
		}
	}
}

// Few customers are neither apart by chance nor alike for want of them, a column without
// values is in neither list, and constants differ beyond measure.
func TestContrastOfFew(t *testing.T) {
	nan := math.NaN()
	table, err := features.NewTable(testdata.AsOf,
		features.NumberSeries(features.Column{Name: "x"}, []float64{1, 2, 3, 2, 3, 4}),
		features.NumberSeries(features.Column{Name: "none"}, []float64{1, 2, 3, nan, nan, nan}),
		features.NumberSeries(features.Column{Name: "constant"}, []float64{1, 1, 1, 2, 2, 2}),
		features.NumberSeries(features.Column{Name: "same"}, []float64{1, 2, 3, 3, 2, 1}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := insight.NewProfile(t.Context(), table, []int{0, 0, 0, 1, 1, 1}, []string{"a", "b"}, insight.ProfileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Contrast("b", "a", insight.ContrastOptions{})
	if err != nil || len(c.Alike) != 0 || len(c.Differences) != 1 || c.Differences[0].Column != "constant" || !math.IsInf(c.Differences[0].Effect, 1) {
		t.Errorf("%+v, %v", c, err)
	}
	text, err := json.Marshal(c)
	var again insight.Contrast
	if err != nil || json.Unmarshal(text, &again) != nil || !math.IsInf(again.Differences[0].Effect, 1) {
		t.Errorf("%s comes back as %+v, %v", text, again, err)
	}
	for name, o := range map[string]insight.ContrastOptions{"column": {Columns: []string{"shoe"}}, "effect": {MinEffect: -1}, "no effect": {MinEffect: nan}} {
		if _, err := p.Contrast("b", "a", o); !errors.Is(err, segment.ErrOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, names := range [][2]string{{"c", "a"}, {"a", "c"}} {
		if _, err := p.Contrast(names[0], names[1], insight.ContrastOptions{}); !errors.Is(err, segment.ErrOption) {
			t.Errorf("%v: %v", names, err)
		}
	}
}
