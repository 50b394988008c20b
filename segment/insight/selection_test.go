package insight_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// TestSelectionAgrees: of four blobs far apart, every index says four.
func TestSelectionAgrees(t *testing.T) {
	x, of := blobs(200, 2, 4, 7)
	for i := range 200 { // farther apart than blobs has them
		x.Set(i, 0, x.At(i, 0)+float64(50*(of[i]%2)))
		x.Set(i, 1, x.At(i, 1)+float64(60*(of[i]/2)))
	}
	stages := map[string]int{}
	r, err := insight.SelectK(context.Background(), x, insight.SelectionOptions{References: 20, Resamples: 20, Progress: func(p insight.SelectionProgress) {
		stages[p.Stage]++
		if p.Done > p.Total || p.Done < 1 {
			t.Errorf("%+v", p)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []insight.Criterion{insight.CriterionKnee, insight.CriterionSilhouette, insight.CriterionCalinskiHarabasz, insight.CriterionDaviesBouldin, insight.CriterionGap, insight.CriterionStability} {
		if c := r.Choice(index); c.K != 4 || !strings.Contains(voice.Choice(r, index), "4") {
			t.Errorf("%+v", c)
		}
	}
	if r.K != 4 || r.By != segment.ByKnee || r.MinK != 2 || r.MaxK != 10 || len(r.Points) != 10 || r.Rows != 200 || r.Sampled != 200 {
		t.Errorf("%+v", r)
	}
	said := voice.Selection(r)
	if said[len(said)-2] != "They agree on 4." || said[len(said)-1] != "Taken: 4, by the knee; 4 of its 4 clusters are stable." {
		t.Errorf("%q", said)
	}
	if stages["sweep"] != 40 || stages["silhouette"] != 1 || stages["gap"] != 20 || stages["stability"] != 20 {
		t.Errorf("progress: %v", stages)
	}
	for k, p := range r.Points {
		// The parts are what they are alone.
		c, err := segment.KMeansPP{K: k + 1}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if p.K != k+1 || p.Inertia != c.Inertia() {
			t.Errorf("k = %d: inertia %v, alone %v", p.K, p.Inertia, c.Inertia())
		}
		if p.K == 1 {
			if !math.IsNaN(p.Silhouette) || p.Stability != nil || math.IsNaN(p.Gap) {
				t.Errorf("%+v", p)
			}
			continue
		}
		s, err := segment.Silhouette(context.Background(), x, c.Labels(), segment.SilhouetteOptions{})
		if err != nil || math.Abs(s.Mean-p.Silhouette) > 1e-12 {
			t.Errorf("k = %d: silhouette %v, alone %v (%v)", p.K, p.Silhouette, s.Mean, err)
		}
		if ch, err := segment.CalinskiHarabasz(t.Context(), x, c.Labels()); err != nil || ch != p.CalinskiHarabasz {
			t.Errorf("k = %d: Calinski-Harabasz %v, alone %v (%v)", p.K, p.CalinskiHarabasz, ch, err)
		}
		least := 1.0
		for _, s := range p.Stability {
			least = min(least, s.Jaccard)
		}
		if len(p.Stability) != p.K || p.LeastStability != least {
			t.Errorf("k = %d: stability %+v, least %v", p.K, p.Stability, p.LeastStability)
		}
	}
	data, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(data), `"silhouette":null`) {
		t.Errorf("%s (%v)", data, err)
	}
}

// TestSelectionOnlyNoise: of uniform rows, the gap statistic sees no clusters.
func TestSelectionOnlyNoise(t *testing.T) {
	x, _ := blobs(300, 2, 1, 3)
	r, err := insight.SelectK(context.Background(), x, insight.SelectionOptions{MaxK: 6, References: 20, Resamples: -1})
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Choice(insight.CriterionGap); c.K != 1 || !strings.Contains(voice.Choice(r, insight.CriterionGap), "no clusters") {
		t.Errorf("%+v", c)
	}
	if c := r.Choice(insight.CriterionStability); c.K != 0 {
		t.Errorf("left out, and %+v", c)
	}
	if said := strings.Join(voice.Selection(r), "\n"); !strings.Contains(said, "They disagree: 1 (gap statistic), ") || strings.Contains(said, "stable") {
		t.Errorf("%s", said)
	}
}

// TestSelectionSmall: few rows, few distinct ones, or a single k leave indices
// without a value, and the report says so.
func TestSelectionSmall(t *testing.T) {
	for name, test := range map[string]struct {
		x *mat.Dense
		o insight.SelectionOptions
	}{
		"two rows":      {mat.NewDense(2, 1, []float64{0, 5}), insight.SelectionOptions{Resamples: 5, References: 5}},
		"three rows":    {mat.NewDense(3, 1, []float64{0, 5, 9}), insight.SelectionOptions{Resamples: 5, References: 5}},
		"two distinct":  {mat.NewDense(6, 1, []float64{0, 5, 0, 5, 0, 5}), insight.SelectionOptions{Resamples: 5, References: 5}},
		"one k":         {mat.NewDense(6, 1, []float64{0, 1, 2, 10, 11, 12}), insight.SelectionOptions{MinK: 2, MaxK: 2, Resamples: 5, References: 5}},
		"k of 1 alone":  {mat.NewDense(6, 1, []float64{0, 1, 2, 10, 11, 12}), insight.SelectionOptions{MinK: 1, MaxK: 1, Resamples: 5, References: 5}},
		"nothing extra": {mat.NewDense(6, 1, []float64{0, 1, 2, 10, 11, 12}), insight.SelectionOptions{MaxK: 4, Resamples: -1, References: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := insight.SelectK(context.Background(), test.x, test.o)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			if r.K < r.MinK || r.K > r.MaxK {
				t.Errorf("%s: k = %d of %d…%d", name, r.K, r.MinK, r.MaxK)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, s := range voice.Selection(r) {
				if !strings.HasSuffix(s, ".") || strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
					t.Errorf("%s: %q", name, s)
				}
			}
		})
	}
}

// TestSelectionFewRows: the zero value works from two distinct rows on, whether
// they are all different or occur many times, and a range that is longer than
// the rows allow is cut and told, whoever asked for it.
func TestSelectionFewRows(t *testing.T) {
	different := func(n int) *mat.Dense {
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			x.SetRow(i, []float64{float64(i * i % 17), float64(i)})
		}
		return x
	}
	repeated := func(n, distinct int) *mat.Dense {
		x := mat.NewDense(n, 1, nil)
		for i := range n {
			x.Set(i, 0, float64(i%distinct*i%distinct)+10*float64(i%distinct))
		}
		return x
	}
	for _, test := range []struct {
		name     string
		x        *mat.Dense
		o        insight.SelectionOptions
		distinct int
		asked    int // MaxK
		stable   int // the largest k with stability
	}{
		{"2 rows", different(2), insight.SelectionOptions{}, 2, 10, -1},
		{"3 rows", different(3), insight.SelectionOptions{}, 3, 10, 2},
		{"8 rows", different(8), insight.SelectionOptions{}, 8, 10, 5},
		{"8 rows, 10 asked for", different(8), insight.SelectionOptions{MaxK: 10}, 8, 10, 5},
		{"8 rows, 500 asked for", different(8), insight.SelectionOptions{MaxK: 500}, 8, 500, 5},
		{"8 rows, 4 asked for", different(8), insight.SelectionOptions{MaxK: 4}, 8, 4, 4},
		{"12 rows", different(12), insight.SelectionOptions{}, 12, 10, -1},
		{"16 rows", different(16), insight.SelectionOptions{}, 16, 10, 10},
		{"20 rows", different(20), insight.SelectionOptions{}, 20, 10, 10},
		{"from 7 on", different(8), insight.SelectionOptions{MinK: 7, MaxK: 9}, 8, 9, -1},
		{"3 distinct of 60", repeated(60, 3), insight.SelectionOptions{}, 3, 10, 3},
		{"9 distinct of 12", repeated(12, 9), insight.SelectionOptions{}, 9, 10, -1},
		{"a sample of 6", different(40), insight.SelectionOptions{Rows: 6}, 40, 10, -1},
		{"a sample of 2", different(40), insight.SelectionOptions{Rows: 2, MaxK: 5}, 40, 5, -1},
	} {
		test.o.References, test.o.Resamples = 5, 20
		r, err := insight.SelectK(context.Background(), test.x, test.o)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if want := min(test.distinct, test.asked); r.MaxK != want || len(r.Points) != want || r.K < r.MinK || r.K > r.MaxK {
			t.Errorf("%s: k = %d of %d…%d", test.name, r.K, r.MinK, r.MaxK)
		}
		said := strings.Join(voice.Selection(r), " ")
		if cut := fmt.Sprintf("There are %d distinct rows, so k ends at %d and not at %d.", test.distinct, test.distinct, test.asked); strings.Contains(said, cut) != (test.distinct < test.asked) {
			t.Errorf("%s: %q", test.name, said)
		}
		most := 0
		for _, p := range r.Points {
			if p.Stability != nil {
				most = p.K
			}
			if (p.Stability == nil) != math.IsNaN(p.LeastStability) {
				t.Errorf("%s: k = %d has stability %v, the least %v", test.name, p.K, p.Stability, p.LeastStability)
			}
		}
		if test.stable >= 0 && most != test.stable {
			t.Errorf("%s: stability up to k = %d, want %d", test.name, most, test.stable)
		}
		if out := "whose stability is left out."; strings.Contains(said, out) != (most < min(r.MaxK, r.Sampled)) {
			t.Errorf("%s: stability up to %d of %d, and %q", test.name, most, r.MaxK, said)
		}
		if r.Notes == nil {
			t.Errorf("%s: nil notes", test.name)
		}
		for _, s := range voice.Selection(r) {
			if !strings.HasSuffix(s, ".") || strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
				t.Errorf("%s: %q", test.name, s)
			}
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestSelectionDefaults: the zero value is what the documentation says.
func TestSelectionDefaults(t *testing.T) {
	x, _ := blobs(50, 2, 3, 7)
	bits := func(o insight.SelectionOptions) string {
		r, err := insight.SelectK(context.Background(), x, o)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	zero := bits(insight.SelectionOptions{})
	if written := bits(insight.SelectionOptions{MinK: 2, MaxK: 10, S: new(1.0), References: 100, Resamples: 100, EachRestarts: 10, Rows: 10_000}); written != zero {
		t.Errorf("the defaults, written out, give\n%s\nthe zero value\n%s", written, zero)
	}
	for name, o := range map[string]insight.SelectionOptions{
		"MinK": {MinK: 3}, "MaxK": {MaxK: 9}, "References": {References: 99}, "Resamples": {Resamples: 99}, "Rows": {Rows: 49},
	} {
		t.Run(name, func(t *testing.T) {
			if bits(o) == zero {
				t.Errorf("another %s changes nothing", name)
			}
		})
	}
}

// TestSelectionSample: of many rows a sample stands for all, in silhouettes, gap
// statistic and bootstrap alone.
func TestSelectionSample(t *testing.T) {
	x, _ := blobs(400, 2, 3, 7)
	o := insight.SelectionOptions{MaxK: 4, References: 5, Resamples: 5}
	all, err := insight.SelectK(context.Background(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Rows = 100
	few, err := insight.SelectK(context.Background(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	if few.Rows != 400 || few.Sampled != 100 {
		t.Errorf("%d rows, %d sampled", few.Rows, few.Sampled)
	}
	for k := range all.Points {
		a, b := all.Points[k], few.Points[k]
		if a.Inertia != b.Inertia || k > 0 && (a.CalinskiHarabasz != b.CalinskiHarabasz || a.Silhouette == b.Silhouette || math.Abs(a.Silhouette-b.Silhouette) > 0.1) {
			t.Errorf("%+v, of a sample %+v", a, b)
		}
	}
}

func TestSelectionOf(t *testing.T) {
	r := insight.Selection{Points: []insight.SelectionPoint{{K: 1}, {K: 2}}}
	if p, ok := r.Point(2); !ok || p.K != 2 {
		t.Errorf("%+v, %v", p, ok)
	}
	for _, k := range []int{-1, 0, 3} {
		if _, ok := r.Point(k); ok {
			t.Errorf("there is no point of %d", k)
		}
	}
	if !slices.Equal(voice.Selection(&r), []string{"Taken: 0."}) {
		t.Errorf("%q", voice.Selection(&r))
	}
}

func BenchmarkSelectK(b *testing.B) {
	x, _ := blobs(2229, 3, 5, 1)
	for b.Loop() {
		if _, err := insight.SelectK(context.Background(), x, insight.SelectionOptions{References: 10, Resamples: 10}); err != nil {
			b.Fatal(err)
		}
	}
}

// Nor have the knee, stability and the report on the number of clusters.
func TestKOfAnyMagnitude(t *testing.T) {
	ctx := context.Background()
	x, _ := segtest.Mixture(60, 2, 3, 0.2, 4)
	o := insight.SelectionOptions{MaxK: 5, References: 3, Resamples: 3}
	want, err := insight.SelectK(ctx, x, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []int{-1000, -600, -300, 300, 500} {
		got, err := insight.SelectK(ctx, segtest.Times(math.Ldexp(1, e), x), o)
		if err != nil {
			t.Errorf("2^%d: %v", e, err)
			continue
		}
		if got.K != want.K || got.By != want.By || got.KneeFromOne != want.KneeFromOne {
			t.Errorf("2^%d: %d clusters by %s, at 1 %d by %s", e, got.K, got.By, want.K, want.By)
		}
		for i, p := range got.Points {
			w := want.Points[i]
			if p.Silhouette == p.Silhouette && !segtest.Near(p.Silhouette, w.Silhouette, 1e-9) || math.Abs(p.Inertia-math.Ldexp(w.Inertia, 2*e)) > 1e-9*math.Ldexp(w.Inertia, 2*e) ||
				p.Gap == p.Gap && !segtest.Near(p.Gap, w.Gap, 1e-9) || p.LeastStability == p.LeastStability && !segtest.Near(p.LeastStability, w.LeastStability, 1e-9) {
				t.Errorf("2^%d: %+v, at 1 %+v", e, p, w)
			}
		}
	}
	if _, err := insight.SelectK(ctx, segtest.Times(1e200, x), o); !errors.Is(err, segment.ErrOverflow) {
		t.Errorf("at 1e200: %v", err)
	}
}

// The clusterings of a training are taken as they are, and the rest is the same.
func TestSelectionOfASweep(t *testing.T) {
	x, _ := blobs(300, 2, 4, 7)
	for name, o := range map[string]insight.SelectionOptions{
		"all rows": {Seed: 3, References: 5, Resamples: 5, EachRestarts: 1},
		"a sample": {Seed: 3, References: 5, Resamples: 5, EachRestarts: 1, Rows: 120, MaxK: 6},
		"beyond":   {Seed: 3, References: -1, Resamples: -1, MaxK: 9},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := insight.SelectK(t.Context(), x, o)
			if err != nil {
				t.Fatal(err)
			}
			if o.Sweep, err = (segment.Sweep{MaxK: 7, Seed: 3}).Fit(t.Context(), x); err != nil {
				t.Fatal(err)
			}
			calls := 0
			o.Progress = func(p insight.SelectionProgress) {
				if p.Stage == "sweep" {
					calls++
				}
			}
			got, err := insight.SelectK(t.Context(), x, o)
			if err != nil {
				t.Fatal(err)
			}
			a, err := json.Marshal(got)
			b, err2 := json.Marshal(want)
			if err != nil || err2 != nil || string(a) != string(b) || calls != 1 {
				t.Errorf("%s\nwant\n%s (%d calls, %v)", a, b, calls, err)
			}
		})
	}
	sweep, err := segment.Sweep{MaxK: 3}.Fit(t.Context(), x.Slice(0, 100, 0, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := insight.SelectK(t.Context(), x, insight.SelectionOptions{Sweep: sweep}); !errors.Is(err, segment.ErrWidth) {
		t.Errorf("of the sweep of other rows: %v", err)
	}
}
