package segment

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// theirs is a clustering of somebody else's.
type theirs struct {
	centroids *mat.Dense
	labels    []int
}

func (c theirs) Centroids() *mat.Dense { return c.centroids }
func (c theirs) Labels() []int         { return c.labels }

// A model of centroids, or of centroids and labels, is that of the clustering
// which they are from; inertias agree to 1e-9, for sums are taken in another
// order.
func TestNewModelOfAnyPartition(t *testing.T) {
	x, _ := people(600)
	o := TrainOptions{Columns: columns, Value: segtest.Value, K: 4, Seed: 1}
	trained, err := Train(t.Context(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	found := trained.Clustering
	alone, err := NewClustering(found.Centroids())
	if err != nil {
		t.Fatal(err)
	}
	if alone.K() != 4 || len(alone.Labels()) != 0 || len(alone.Counts()) != 0 || !math.IsNaN(alone.Inertia()) {
		t.Errorf("centroids alone have k = %d, %d labels, the counts %v and the inertia %v", alone.K(), len(alone.Labels()), alone.Counts(), alone.Inertia())
	}
	if labels, err := alone.Predict(t.Context(), trained.Transformed); err != nil || !slices.Equal(labels, found.Labels()) {
		t.Errorf("centroids alone predict otherwise (%v)", err)
	}
	for name, p := range map[string]Partition{
		"fitted": found, "centroids": alone, "theirs": theirs{found.Centroids(), found.Labels()}, "theirs without labels": theirs{found.Centroids(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := NewModel(t.Context(), x, trained.Pipeline(), p, o)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			if !slices.Equal(m.Tiers(), trained.Tiers()) || !mat.Equal(m.Centroids(), trained.Centroids()) || !near(m.Inertia(), trained.Inertia(), 1e-9) || m.Rows() != 600 {
				t.Errorf("%s: another model: tiers %v and inertia %v; want %v and %v", name, m.Tiers(), m.Inertia(), trained.Tiers(), trained.Inertia())
			}
		})
	}
	for name, test := range map[string]struct {
		p    Partition
		want error
	}{
		"nothing":             {nil, ErrOption},
		"no clustering":       {(*Clustering)(nil), ErrOption},
		"no centroids":        {theirs{&mat.Dense{}, nil}, ErrEmpty},
		"another width":       {theirs{mat.NewDense(2, 2, nil), nil}, ErrWidth},
		"another length":      {theirs{found.Centroids(), []int{0, 1}}, ErrWidth},
		"a label too high":    {theirs{found.Centroids(), slices.Repeat([]int{4}, 600)}, ErrLabels},
		"a cluster of no row": {theirs{found.Centroids(), make([]int, 600)}, ErrTooFew},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewModel(t.Context(), x, trained.Pipeline(), test.p, o); !errors.Is(err, test.want) {
				t.Errorf("%s: error %v, want %v", name, err, test.want)
			}
		})
	}
	for name, c := range map[string]*mat.Dense{"empty": {}, "NaN": mat.NewDense(1, 1, []float64{math.NaN()})} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewClustering(c); err == nil {
				t.Errorf("%s centroids are taken", name)
			}
		})
	}
}

// Weights are those that the clustering was fitted with, and leave no cluster empty.
func TestNewModelWeights(t *testing.T) {
	x := mat.NewDense(6, 1, []float64{0, 1, 2, 10, 11, 12})
	pipeline, z, err := DefaultPipeline(1).FitTransform(t.Context(), x, "a")
	if err != nil {
		t.Fatal(err)
	}
	thirds, first := []float64{3, 1, 1, 3, 1, 1}, []float64{1, 1, 1, 0, 0, 0}
	plain, weighted := fit(t, KMeansPP{K: 2}, z), fit(t, KMeansPP{K: 2, Weights: thirds}, z)
	stream, err := KMeansPP{K: 2}.FitStream(t.Context(), streamOf(z, 2))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		p       Partition
		weights []float64
		want    error
	}{
		"the same":              {weighted, thirds, nil},
		"ones":                  {plain, []float64{1, 1, 1, 1, 1, 1}, nil},
		"a sample":              {stream, thirds, nil},
		"none":                  {weighted, nil, ErrOption},
		"not in the clustering": {plain, thirds, ErrOption},
		"too few":               {plain, thirds[:5], ErrWidth},
		"an empty cluster":      {theirs{plain.Centroids(), plain.Labels()}, first, ErrTooFew},
		"nearest, empty":        {theirs{plain.Centroids(), nil}, first, ErrTooFew},
		"an empty sample":       {stream, first, ErrTooFew},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := NewModel(t.Context(), x, pipeline, test.p, TrainOptions{Columns: []string{"a"}, Value: []string{"a"}, Weights: test.weights})
			if !errors.Is(err, test.want) || (m == nil) != (err != nil) {
				t.Errorf("model %v and error %v, want %v", m, err, test.want)
			}
		})
	}
}

// What a training knows of its rows is what its model says of them.
func TestTrainResult(t *testing.T) {
	x, _ := people(600)
	trained, err := Train(t.Context(), x, TrainOptions{Columns: columns, Value: segtest.Value, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	want, err := trained.PredictMatrix(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := trained.Predictions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		z := mat.DenseCopyOf(trained.Transformed)
		z.Set(7, 1, v)
		if _, err := trained.PredictTransformed(t.Context(), x, z); !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "row 7, column 1") {
			t.Errorf("%v behind the pipeline: error %v", v, err)
		}
	}
	into := make([]Prediction, 600)
	if err := trained.PredictInto(t.Context(), into, x); err != nil {
		t.Fatal(err)
	}
	labels := trained.Clustering.Labels()
	for i := range want {
		if !equal(got[i], want[i]) || !equal(into[i], want[i]) || labels[i] != want[i].Cluster {
			t.Fatalf("row %d is %+v and has label %d; the model says %+v", i, got[i], labels[i], want[i])
		}
	}
	if !mat.Equal(trained.Clustering.Centroids(), trained.Centroids()) || trained.SweepResult.Knee().Knee != float64(trained.Knee()) {
		t.Error("the clustering or the sweep is of another training")
	}
	if err := trained.PredictInto(t.Context(), into[:7], x); !errors.Is(err, ErrWidth) {
		t.Errorf("room for 7 rows: error %v", err)
	}
	if p, err := new(TrainResult).Predictions(t.Context()); err == nil || p != nil {
		t.Errorf("the zero result predicts %v", p)
	}
}

// A MaxK that may shrink ends at the distinct rows.
func TestShrinkMaxK(t *testing.T) {
	x := mat.NewDense(7, 1, []float64{1, 2, 2, 3, 8, 8, 8})
	r, err := Sweep{MaxK: 9, ShrinkMaxK: true}.Fit(t.Context(), x)
	if err != nil || len(r.Points()) != 3 {
		t.Errorf("%d points (%v), want k = 2, 3, 4", len(r.Points()), err)
	}
	var e *DistinctError
	if _, err := (Sweep{MinK: 5, MaxK: 9, ShrinkMaxK: true}).Fit(t.Context(), x); !errors.As(err, &e) || *e != (DistinctError{5, 4}) || !errors.Is(err, ErrTooFew) {
		t.Errorf("from k = 5: error %v", err)
	}
	if _, err := (Sweep{MaxK: 6}).Fit(t.Context(), x); !errors.As(err, &e) || e.Distinct != 4 {
		t.Errorf("up to k = 6: error %v", err)
	}
}
