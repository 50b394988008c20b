package segment_test

import (
	"context"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// TestKReportCampaign: on the public data set the knee and the silhouette
// disagree, as they do in scikit-learn and kneed, and the report says so.
func TestKReportCampaign(t *testing.T) {
	x, err := campaign(t).Matrix(features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	pipeline, err := segment.DefaultPipeline(5).Fit(x, features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	z, err := pipeline.Transform(x)
	if err != nil {
		t.Fatal(err)
	}
	o := segment.KReportOptions{Seed: 1}
	if testing.Short() {
		o.References, o.Resamples = 5, 5
	}
	r, err := segment.NewKReport(context.Background(), z, o)
	if err != nil {
		t.Fatal(err)
	}
	for index, k := range map[segment.KIndex]int{segment.IndexKnee: 5, segment.IndexSilhouette: 2, segment.IndexCalinskiHarabasz: 2} {
		if c := r.Choice(index); c.K != k {
			t.Errorf("%+v, want k = %d", c, k)
		}
	}
	if r.KneeFromOne != 3 || r.K != 5 || r.By != segment.ByKnee {
		t.Errorf("knee from one %d, k = %d by %s", r.KneeFromOne, r.K, r.By)
	}
	said := strings.Join(r.Sentences(), "\n")
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
}
