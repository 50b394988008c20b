package insight_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// TestExplainCampaign: on every row of the public data set, contributions add
// up to the difference of squared distances, and every change that is said to
// lead to a tier does.
func TestExplainCampaign(t *testing.T) {
	x, err := campaign(t).Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, k := range []int{2, 4, 5, 8} {
		model, err := segment.Train(ctx, x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: k, Seed: 1, Restarts: 3})
		if err != nil {
			t.Fatal(err)
		}
		z, err := model.Pipeline().Transform(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		checkExplanations(t, model.Model, x, z)
	}
}

func checkExplanations(t *testing.T, model *segment.Model, x, z *mat.Dense) {
	t.Helper()
	explainer, err := insight.NewExplainer(t.Context(), model, insight.ExplainOptions{Unseen: true, Integer: []string{"children"}})
	if err != nil {
		t.Fatal(err)
	}
	centroids := model.Centroids()
	worst := 0.0
	var changes, stuck, borderline, seen int
	n, _ := x.Dims()
	for i := range n {
		row := x.RawRowView(i)
		e, err := explainer.Explain(t.Context(), row)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, c := range e.Contributions {
			sum += c.Value
			if math.Abs(c.Slope*(c.At-c.Halfway)-c.Value) > 1e-12*math.Abs(c.Value) {
				t.Errorf("row %d: %+v", i, c)
			}
		}
		gap := squared(z.RawRowView(i), centroids.RawRowView(e.Next)) - squared(z.RawRowView(i), centroids.RawRowView(e.Cluster))
		worst = max(worst, math.Abs(sum-gap))
		if e.Borderline {
			borderline++
		}
		if e.NextBetter != "" && len(e.Counterfactuals) == 0 {
			stuck++
		}
		for l, c := range e.Counterfactuals {
			changes++
			if l == 0 && c.Seen {
				seen++
			}
			changed := append([]float64(nil), row...)
			for j, name := range model.Columns() {
				if name != c.Column {
					continue
				}
				for _, to := range []float64{c.To, c.Rounded} {
					changed[j] = to
					p, err := model.Predict(changed)
					if err != nil || p.Tier != c.Tier || to == c.To && p.Cluster != c.Cluster || c.Tier != e.NextBetter {
						t.Errorf("row %d: %+v, %v leads to %+v (%v)", i, c, to, p, err)
					}
				}
			}
		}
	}
	t.Logf("k = %d: sums are off by at most %.1e; %d rows borderline; %d changes, %d first ones seen in training, %d rows without any", model.K(), worst, borderline, changes, seen, stuck)
	if worst > 1e-9 {
		t.Errorf("k = %d: contributions miss the difference of squared distances by %v", model.K(), worst)
	}
}

func squared(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		sum += (a[j] - b[j]) * (a[j] - b[j])
	}
	return sum
}
