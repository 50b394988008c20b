package insight_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// TestSelectionCampaign: on the public data set the knee and the silhouette
// disagree, as they do in scikit-learn and kneed, and the report says so.
func TestSelectionCampaign(t *testing.T) {
	x, err := campaign(t).Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	pipeline, err := segment.DefaultPipeline(5).Fit(context.Background(), x, features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	z, err := pipeline.Transform(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	const runs = 40
	o := insight.SelectionOptions{Seed: 1, References: runs, Resamples: runs}
	if testing.Short() {
		o.References, o.Resamples = 5, 5
	}
	r, err := insight.SelectK(context.Background(), z, o)
	if err != nil {
		t.Fatal(err)
	}
	for index, k := range map[insight.Criterion]int{insight.CriterionKnee: 5, insight.CriterionSilhouette: 2, insight.CriterionCalinskiHarabasz: 2} {
		if c := r.Choice(index); c.K != k {
			t.Errorf("%+v, want k = %d", c, k)
		}
	}
	if r.KneeFromOne != 3 || r.K != 5 || r.By != segment.ByKnee {
		t.Errorf("knee from one %d, k = %d by %s", r.KneeFromOne, r.K, r.By)
	}
	said := strings.Join(voice.Selection(r), "\n")
	for _, s := range []string{
		"The knee of the inertia is at 5 over k = 2…10. Over 1…10 it is at 3: the knee depends on the range.",
		"The mean silhouette is highest at 2 (0.348).",
		"They disagree: 2 (silhouette, Calinski–Harabasz",
	} {
		if !strings.Contains(said, s) {
			t.Errorf("%q is not said in\n%s", s, said)
		}
	}
	t.Log(said)
	if !testing.Short() {
		compareWithR(t, r, runs)
	}
}

// compareWithR compares the figures that come of random data sets with those of
// clusGap and clusterboot, from testdata/golden/campaign.R. Theirs are other
// random data sets: four standard errors are allowed and, for k-means that
// misses an optimum now and then, a little more.
func compareWithR(t *testing.T, r *insight.Selection, runs float64) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden/campaign.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		Gap struct {
			Runs    float64
			Gap, SE []float64
			K       int
		}
		Stability []struct {
			K        int
			Sizes    []int
			Mean, SD []float64
			Runs     float64
		}
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if c := r.Choice(insight.CriterionGap); c.K != g.Gap.K {
		t.Errorf("%+v, clusGap chooses %d", c, g.Gap.K)
	}
	for i, p := range r.Points {
		if allowed := 0.002 + 4*g.Gap.SE[i]*math.Sqrt(1/g.Gap.Runs+1/runs); math.Abs(p.Gap-g.Gap.Gap[i]) > allowed {
			t.Errorf("k = %d: gap %v, clusGap's is %v, ± %v allowed", p.K, p.Gap, g.Gap.Gap[i], allowed)
		}
	}
	for _, s := range g.Stability {
		p, _ := r.Point(s.K)
		for i, c := range p.Stability {
			if math.Abs(float64(c.Size-s.Sizes[i])) > 0.03*float64(s.Sizes[i]) {
				t.Errorf("k = %d: a cluster of %d rows, clusterboot's has %d", s.K, c.Size, s.Sizes[i])
			}
			if allowed := 0.02 + 4*s.SD[i]*math.Sqrt(1/s.Runs+1/runs); math.Abs(c.Jaccard-s.Mean[i]) > allowed {
				t.Errorf("k = %d, cluster of %d rows: mean Jaccard %v, clusterboot's is %v, ± %v allowed", s.K, c.Size, c.Jaccard, s.Mean[i], allowed)
			}
		}
	}
}
