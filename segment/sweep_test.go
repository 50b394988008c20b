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
		if calls++; p.Done != calls || p.Total != 9*engine.Starts {
			t.Errorf("call %d reports %+v", calls, p)
		}
	}}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	points := r.Points()
	if calls != 9*engine.Starts || len(points) != 9 || points[0].K != 2 || points[8].K != 10 {
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
