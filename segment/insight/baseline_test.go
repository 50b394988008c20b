package insight_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// TestBaseline: the drift by a baseline, also one that was kept as JSON, has the PSI of
// the rows to the bit, and a KS that lacks no more than the rows between two cuts.
func TestBaseline(t *testing.T) {
	before, after := mall.Customers(700), mall.Customers(900)
	columns := mall.Columns
	for i := range after.Numbers["income"] {
		after.Numbers["income"][i] *= 1 + 0.3*float64(i%2)
		if i%7 == 0 {
			after.Numbers["income"][i] = math.NaN()
		}
	}
	for i := range 200 {
		after.Texts["city"][i] = []string{"", "Aarau"}[i%2]
	}
	b, err := insight.NewBaseline(t.Context(), before, columns, mall.Words...)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var read insight.Baseline
	if err := json.Unmarshal(kept, &read); err != nil || !reflect.DeepEqual(&read, b) {
		t.Fatalf("%v: read back as %+v", err, read)
	}
	drift, err := read.Drift(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	model := mallModels(t, before)["chosen"]
	whole, err := insight.CompareTable(t.Context(), model, model, after, insight.CompareTableOptions{Columns: columns, Before: before})
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range whole.Drift {
		got := drift[j]
		if got.Column != want.Column || got.PSI != want.PSI || math.IsNaN(got.KS) != math.IsNaN(want.KS) || got.KSCritical != want.KSCritical && want.KSCritical == want.KSCritical {
			t.Errorf("%+v, want %+v", got, want)
		}
		if want.KS == want.KS && (got.KS > want.KS || got.KS < want.KS-0.011) {
			t.Errorf("%s: KS %v, want %v or a hundredth less", want.Column, got.KS, want.KS)
		}
	}
	if slices.ContainsFunc(drift, func(d insight.Drift) bool { return d.Column == "income" && d.PSI < insight.PSIStable }) {
		t.Errorf("incomes that rose drift by %+v", drift)
	}
	by, err := insight.CompareTable(t.Context(), model, model, after, insight.CompareTableOptions{Baseline: b})
	if err != nil || by.Verdict != whole.Verdict || !slices.EqualFunc(by.Drift, drift, func(a, b insight.Drift) bool { return a.PSI == b.PSI }) {
		t.Errorf("%v: %+v", err, by)
	}
	read.Columns[1].Between[0]++
	if _, err := read.Drift(t.Context(), after); !errors.Is(err, segment.ErrOption) {
		t.Errorf("an altered baseline: %v", err)
	}
}

// lists is a table of columns of numbers.
type lists map[string][]float64

func (l lists) Matrix(_ context.Context, columns ...string) (*mat.Dense, error) {
	if n := len(l[columns[0]]); n > 0 {
		return mat.NewDense(n, 1, slices.Clone(l[columns[0]])), nil
	}
	return &mat.Dense{}, nil
}

func (l lists) Words(context.Context, string) ([]string, error) { return nil, segment.ErrOption }

// TestBaselineBins: few rows, equal ones and none.
func TestBaselineBins(t *testing.T) {
	for name, test := range map[string]struct {
		before, after []float64
		ks            float64
	}{
		"one value":           {[]float64{3, 3, 3}, []float64{3, 3}, 0},
		"just below a cut":    {slices.Concat(slices.Repeat([]float64{1}, 30), slices.Repeat([]float64{2}, 70)), slices.Concat(slices.Repeat([]float64{0.5}, 60), slices.Repeat([]float64{2}, 40)), 0.6},
		"missing on one side": {[]float64{1, 2}, []float64{math.NaN()}, math.NaN()},
	} {
		b, err := insight.NewBaseline(t.Context(), lists{"x": test.before}, []string{"x"})
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := b.Drift(t.Context(), lists{"x": test.after})
		if err != nil {
			t.Fatal(name, err)
		}
		want, err := insight.Drifts(t.Context(), mat.NewDense(len(test.before), 1, test.before), mat.NewDense(len(test.after), 1, test.after), "x")
		if err != nil {
			t.Fatal(name, err)
		}
		if got[0].PSI != want[0].PSI || math.Abs(got[0].KS-test.ks) > 1e-12 || math.IsNaN(got[0].KS) != math.IsNaN(test.ks) {
			t.Errorf("%s: %+v, want %+v with KS %v", name, got[0], want[0], test.ks)
		}
	}
	for _, bad := range []lists{{"x": nil}, {"x": {math.Inf(1)}}} {
		if _, err := insight.NewBaseline(t.Context(), bad, []string{"x"}); !errors.Is(err, segment.ErrEmpty) && !errors.Is(err, segment.ErrNotFinite) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := insight.NewBaseline(canceled, lists{"x": {1}}, []string{"x"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
