package segment

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// repeated returns weights from 0 to 3 and the rows of x as often as they say.
func repeated(x *mat.Dense, seed uint64) (weights []float64, y *mat.Dense, of []int) {
	n, d := x.Dims()
	rng := rand.New(rand.NewPCG(seed, 1))
	var values []float64
	for i := range n {
		w := rng.IntN(4)
		weights = append(weights, float64(w))
		for range w {
			values, of = append(values, x.RawRowView(i)...), append(of, i)
		}
	}
	return weights, mat.NewDense(len(of), d, values), of
}

// Silhouettes with whole weights are those of rows that are repeated as often,
// to 1e-12.
func TestSilhouetteWeightsRepeatRows(t *testing.T) {
	for _, d := range []int{1, 2, 3, 5, 9} {
		x, of := blobs(300, d, 4, uint64(d))
		weights, y, rows := repeated(x, 2)
		labels := make([]int, len(rows))
		for i, row := range rows {
			labels[i] = of[row]
		}
		want, err := Silhouette(t.Context(), y, labels, SilhouetteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Silhouette(t.Context(), x, of, SilhouetteOptions{Weights: weights})
		if err != nil {
			t.Fatal(err)
		}
		if !near(got.Mean, want.Mean, 1e-12) {
			t.Errorf("%d columns: mean %v, of repeated rows %v", d, got.Mean, want.Mean)
		}
		for c := range want.PerCluster {
			if !near(got.PerCluster[c], want.PerCluster[c], 1e-12) {
				t.Errorf("%d columns, cluster %d: %v, of repeated rows %v", d, c, got.PerCluster[c], want.PerCluster[c])
			}
		}
		for i, row := range rows {
			if !near(got.PerRow[row], want.PerRow[i], 1e-12) {
				t.Fatalf("%d columns, row %d: %v, of repeated rows %v", d, row, got.PerRow[row], want.PerRow[i])
			}
		}
	}
}

func TestSilhouetteWeightsRefused(t *testing.T) {
	x, labels := mat.NewDense(4, 1, []float64{0, 1, 8, 9}), []int{0, 0, 1, 1}
	for _, c := range []struct {
		weights []float64
		want    error
	}{
		{[]float64{1, 1}, ErrWidth}, {[]float64{1, 1, -1, 1}, ErrOption}, {[]float64{1, 1, math.NaN(), 1}, ErrOption}, {make([]float64, 4), ErrOption},
		{[]float64{1, 1, 0, 0}, ErrLabels},         // one cluster is left
		{[]float64{0.1, 0.1, 0.1, 0.1}, ErrLabels}, // shares, not rows
	} {
		if _, err := Silhouette(t.Context(), x, labels, SilhouetteOptions{Weights: c.weights}); !errors.Is(err, c.want) {
			t.Errorf("weights %v: error %v, want %v", c.weights, err, c.want)
		}
	}
}

// A model of whole weights is that of rows that are repeated as often, to 1e-9,
// where its pipeline does not depend on how often.
func TestTrainWeightsRepeatRows(t *testing.T) {
	x, _ := people(400)
	x.SetRow(0, []float64{0, 0, 0, -5, 0}) // the same ranges, whatever the weights
	x.SetRow(1, []float64{200, 5000, 100, 9, 200_000})
	weights, y, _ := repeated(x, 5)
	if weights[0]*weights[1] == 0 {
		t.Fatal("the first rows are left out")
	}
	o := TrainOptions{Columns: columns, Value: segtest.Value, Seed: 1, Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.Constant, Fill: 50_000}),
		preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.MinMax}),
	}}}
	n, _ := y.Dims()
	want := train(t, y, o)
	o.Weights = weights
	got := train(t, x, o)
	if got.K() != want.K() || got.Rows() != n || want.Rows() != n || got.ChosenBy() != want.ChosenBy() {
		t.Fatalf("k = %d by %s of %d rows; of repeated rows %d by %s of %d", got.K(), got.ChosenBy(), got.Rows(), want.K(), want.ChosenBy(), want.Rows())
	}
	if !near(got.Inertia(), want.Inertia(), 1e-9) || !near(got.Silhouette(), want.Silhouette(), 1e-9) {
		t.Errorf("inertia %v and silhouette %v; of repeated rows %v and %v", got.Inertia(), got.Silhouette(), want.Inertia(), want.Silhouette())
	}
	for i, tier := range want.Tiers() {
		if g := got.Tiers()[i]; g.Size != tier.Size || g.Name != tier.Name || !near(g.Score, tier.Score, 1e-9) {
			t.Errorf("tier %+v, of repeated rows %+v", g, tier)
		}
		for j, v := range want.Means()[i] {
			if !near(got.Means()[i][j], v, 1e-9) {
				t.Errorf("cluster %d, column %d: mean %v, of repeated rows %v", i, j, got.Means()[i][j], v)
			}
		}
	}
	if !mat.EqualApprox(got.Centroids(), want.Centroids(), 1e-9) {
		t.Error("other centroids than of repeated rows")
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
	o.Weights = slices.Repeat([]float64{0.5}, 400)
	if _, err := Train(t.Context(), x, o); !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), "0 or from 1 on") {
		t.Errorf("half rows: error %v", err)
	}
}

// Figures of scikit-learn's KMeans with sample_weight, from Init.
func TestWeightsGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/golden/weights.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		X, Init, Centers [][]float64
		Weights          []float64
		Labels           []int
		Inertia          float64
	}
	dense := func(rows [][]float64) *mat.Dense {
		return mat.NewDense(len(rows), len(rows[0]), slices.Concat(rows...))
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	c, err := KMeansPP{K: len(g.Init), Init: dense(g.Init), Weights: g.Weights}.Fit(context.Background(), dense(g.X))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Labels(), g.Labels) || !near(c.Inertia(), g.Inertia, 1e-12) || !mat.EqualApprox(c.Centroids(), dense(g.Centers), 1e-12) {
		t.Errorf("inertia %v and centroids %v; scikit-learn has %v and %v", c.Inertia(), c.Centroids(), g.Inertia, g.Centers)
	}
}
