package segment

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment/internal/engine"
)

func TestSweep(t *testing.T) {
	x, _ := mixture(600, 3, 4, 0.3, 3)
	calls := 0
	r, err := Sweep{Seed: 6, Progress: func(p Progress) {
		if calls++; p.Done != calls || p.Total != 9*engine.Starts(2) {
			t.Errorf("call %d reports %+v", calls, p)
		}
	}}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	points := r.Points()
	if calls != 9*engine.Starts(2) || len(points) != 9 || points[0].K != 2 || points[8].K != 10 {
		t.Errorf("%d restarts, points %v", calls, points)
	}
	for i, p := range points {
		c, ok := r.Clustering(p.K)
		if !ok || c.K() != p.K || c.Inertia() != p.Inertia || i > 0 && p.Inertia > points[i-1].Inertia {
			t.Errorf("k = %d: inertia %v", p.K, p.Inertia)
		}
		if alone := fit(t, KMeansPP{K: p.K, Seed: 6}, x); !same(alone, c) {
			t.Errorf("k = %d: the fit alone differs from that of the sweep", p.K)
		}
	}
	if _, ok := r.Clustering(11); ok {
		t.Error("there is a clustering outside the range")
	}
	k, by, err := r.Choose(context.Background(), x)
	if err != nil || k != 4 || by != ByKnee || r.Knee().Knee != 4 {
		t.Errorf("k = %d by %s (%v), knee %v; want 4", k, by, err, r.Knee().Knee)
	}
}

func TestSweepWithoutKnee(t *testing.T) {
	x, _ := mixture(500, 2, 3, 0.1, 9)
	r, err := Sweep{MinK: 2, MaxK: 3}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	k, by, err := r.Choose(context.Background(), x)
	if err != nil || k != 3 || by != BySilhouette {
		t.Errorf("k = %d by %s (%v), want 3 by silhouette", k, by, err)
	}
	if _, _, err := r.Choose(context.Background(), x.Slice(0, 10, 0, 2)); !errors.Is(err, ErrWidth) {
		t.Errorf("other rows: %v", err)
	}
	one, err := Sweep{MinK: 3, MaxK: 3}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if k, by, err := one.Choose(context.Background(), x); err != nil || k != 3 || by != ByDefault {
		t.Errorf("k = %d by %s (%v), want 3 for want of another", k, by, err)
	}
}

// TestSweepWeighs: silhouettes are compared of as many clusters as the weights leave
// room for, and without weights where these are shares.
func TestSweepWeighs(t *testing.T) {
	x := mat.NewDense(12, 1, []float64{0, 1, 2, 3, 50, 51, 52, 53, 100, 101, 102, 103})
	few := make([]float64, 12) // of the rows 0, 50 and 53
	few[0], few[4], few[7] = 1, 1, 1
	for name, test := range map[string]struct {
		weights []float64
		k       int
		by      By
	}{
		"few rows": {few, 2, BySilhouette},
		"shares":   {slices.Repeat([]float64{1. / 12}, 12), 3, BySilhouette},
		"twice":    {slices.Repeat([]float64{2}, 12), 3, BySilhouette},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Sweep{MinK: 2, MaxK: 3, Weights: test.weights}.Fit(t.Context(), x)
			if err != nil {
				t.Fatal(err)
			}
			if k, by, err := r.Choose(t.Context(), x); err != nil || k != test.k || by != test.by {
				t.Errorf("k = %d by %s (%v), want %d by %s", k, by, err, test.k, test.by)
			}
			if k, by, err := r.Choose(t.Context(), nil); !errors.Is(err, ErrWidth) {
				t.Errorf("without rows k = %d by %s (%v)", k, by, err)
			}
		})
	}
	if _, err := Train(t.Context(), x, TrainOptions{Columns: []string{"a"}, Value: []string{"a"}, MinK: 2, MaxK: 3, Weights: few}); err != nil {
		t.Errorf("trained on three rows: %v", err)
	}
}

// TestSweepSamplesManyRows: the silhouettes of a sample choose the same k as
// those of all rows.
func TestSweepSamplesManyRows(t *testing.T) {
	x, _ := mixture(silhouetteRows+5000, 2, 3, 0.3, 9)
	r, err := Sweep{MinK: 2, MaxK: 3, Restarts: 2}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if k, by, err := r.Choose(context.Background(), x); err != nil || k != 3 || by != BySilhouette {
		t.Errorf("k = %d by %s (%v), want 3 by silhouette", k, by, err)
	}
	c, _ := r.Clustering(3)
	s, err := silhouettes(context.Background(), x, nil, []*Clustering{c})
	if err != nil {
		t.Fatal(err)
	}
	all, err := Silhouettes(context.Background(), x, [][]int{c.Labels()}, SilhouetteOptions{})
	if err != nil || !closeTo(s[0], all[0].Mean, 0.01) {
		t.Errorf("silhouette %v of the sample, %v of all rows (%v)", s[0], all[0].Mean, err)
	}
}

// TestSilhouetteOfSmallCluster: a cluster that the sample of many rows misses is in
// it all the same, and rows of weight 0 are not.
func TestSilhouetteOfSmallCluster(t *testing.T) {
	n := silhouetteRows + 10_001
	x, weights := mat.NewDense(n, 1, nil), make([]float64, n)
	for i := range n {
		x.Set(i, 0, float64(i%100))
	}
	for at := range 4 { // some of which are in the sample
		y := mat.DenseCopyOf(x)
		y.Set(at, 0, 1e6)
		o := TrainOptions{Columns: []string{"a"}, Value: []string{"a"}, K: 2}
		if r, err := Train(t.Context(), y, o); err != nil || !closeTo(r.Silhouette(), 0.9999, 1e-4) {
			t.Errorf("row %d far out: %v", at, err)
		}
		clear(weights)
		weights[at], weights[10], weights[20] = 1, 1, 1
		o.Weights = weights
		if r, err := Train(t.Context(), y, o); err != nil || !closeTo(r.Silhouette(), 2./3, 1e-4) {
			t.Errorf("row %d of three that count far out: %v", at, err)
		}
	}
}

func TestSweepDefaultEndsAtDistinctRows(t *testing.T) {
	x := mat.NewDense(7, 1, []float64{1, 2, 2, 3, 8, 8, 8})
	r, err := Sweep{}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Points(); len(p) != 3 || p[2].Inertia != 0 {
		t.Errorf("points %v for four distinct rows", p)
	}
	_, err = Sweep{MaxK: 5}.Fit(context.Background(), x)
	if !errors.Is(err, ErrTooFew) || !strings.Contains(err.Error(), "ask for at most 4") {
		t.Errorf("asked for five: %v", err)
	}
	for _, s := range []Sweep{{MinK: -1}, {MinK: 4, MaxK: 3}, {Restarts: -1}, {S: new(-1.0)}} {
		if _, err := s.Fit(context.Background(), x); err == nil {
			t.Errorf("%+v: no error", s)
		}
	}
	var ks []int
	for _, p := range r.Points() {
		ks = append(ks, p.K)
	}
	if !slices.Equal(ks, []int{2, 3, 4}) {
		t.Errorf("k = %v", ks)
	}
}
