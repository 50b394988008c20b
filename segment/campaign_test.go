package segment_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// campaign returns the cleaned customers of the public data set.
func campaign(t testing.TB) *features.Table {
	t.Helper()
	customers, _, err := features.ReadFile(t.Context(), testenv.Campaign(t), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clean, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return clean
}

// TestTrainCampaign compares a training run on the public data set with
// scikit-learn's, whose figures come from testdata/golden/campaign.py: its
// KMeans with 100 restarts.
func TestTrainCampaign(t *testing.T) {
	clean := campaign(t)
	x, err := clean.Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	model, err := segment.Train(context.Background(), x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../testdata/golden/campaign.json")
	if err != nil {
		t.Fatal(err)
	}
	type point struct {
		K                   int
		Inertia, Silhouette float64
	}
	var golden struct {
		Rows  int
		Sweep []point
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if model.Rows() != golden.Rows || model.K() != 5 || model.Knee() != 5 {
		t.Errorf("%d rows, k = %d, knee %d; want %d, 5, 5", model.Rows(), model.K(), model.Knee(), golden.Rows)
	}
	for _, p := range model.Sweep() {
		best := golden.Sweep[slices.IndexFunc(golden.Sweep, func(g point) bool { return g.K == p.K })]
		excess := p.Inertia/best.Inertia - 1
		limit := 2e-3
		if p.K <= 6 {
			limit = 1e-6
		}
		t.Logf("k = %d: inertia %.3f, %+.2g of scikit-learn's best", p.K, p.Inertia, excess)
		if excess > limit {
			t.Errorf("k = %d: inertia %v is %v above scikit-learn's best of 100 restarts, %v", p.K, p.Inertia, excess, best.Inertia)
		}
		if p.K == model.K() && math.Abs(model.Silhouette()-best.Silhouette) > 1e-4 {
			t.Errorf("silhouette %v, scikit-learn's is %v", model.Silhouette(), best.Silhouette)
		}
	}
	if got := model.TierNames(); !slices.Equal(got, segment.DefaultTierNames()) {
		t.Errorf("tiers %v", got)
	}
	predictions, err := model.PredictMatrix(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	sizes := make([]float64, model.K())
	for _, p := range predictions {
		sizes[p.Cluster]++
	}
	for i, tier := range model.Tiers() {
		if tier.Size != sizes[i] {
			t.Errorf("cluster %d has %v customers in training, %v by prediction", i, tier.Size, sizes[i])
		}
	}
}

// TestTrainCampaignUnscaled: the mistake of training on raw columns, where
// income decides alone, is made visible.
func TestTrainCampaignUnscaled(t *testing.T) {
	x, err := campaign(t).Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	model, err := segment.Train(context.Background(), x, segment.TrainOptions{
		Columns: features.TrainingColumns, Value: features.ValueColumns, K: 4,
		Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(model.Warnings()) != 1 || model.Shares()[4] < 0.99 {
		t.Errorf("shares %v, warnings %v", model.Shares(), model.Warnings())
	}
}
