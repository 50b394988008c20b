package preprocess_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

// The real file, against what testdata/golden/campaign.py made of it with
// scikit-learn.
func TestCampaign(t *testing.T) {
	path := testenv.Campaign(t)
	var want struct {
		Columns    []string
		Rows       int
		Missing    int `json:"missing_income"`
		Medians    []float64
		Means      []float64
		Scales     []float64
		Components table
		Variance   []float64 `json:"explained_variance"`
		Ratio      []float64 `json:"explained_variance_ratio"`
		Singular   []float64 `json:"singular_values"`
		FirstRows  table     `json:"first_rows"`
		Sweep      []struct{ Inertia float64 }
	}
	data, err := os.ReadFile("../testdata/golden/campaign.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}

	customers, _, err := features.ReadFile(t.Context(), path, features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	clean, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(day))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := clean.Matrix(t.Context(), want.Columns...)
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for i := range clean.Len() {
		if math.IsNaN(x.At(i, 4)) {
			missing++
		}
	}
	if n, _ := x.Dims(); n != want.Rows || missing != want.Missing {
		t.Errorf("%d rows, %d without income; want %d and %d", n, missing, want.Rows, want.Missing)
	}

	f := must[*preprocess.FittedPipeline](t)(mainPipeline(3).Fit(context.Background(), x, want.Columns...))
	imputer, _ := preprocess.StepAs[*preprocess.FittedImputer](f, "impute")
	scaler, _ := preprocess.StepAs[*preprocess.FittedScaler](f, "scale")
	pca, _ := preprocess.StepAs[*preprocess.FittedPCA](f, "project")
	each := func(what string, got, want []float64, tol float64) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
		}
		for i := range got {
			if !(math.Abs(got[i]-want[i]) <= tol*math.Abs(want[i])) {
				t.Errorf("%s: number %d is %v, scikit-learn's is %v", what, i, got[i], want[i])
			}
		}
	}
	each("medians", imputer.Statistics(), want.Medians, 0)
	each("means", scaler.Center(), want.Means, 1e-12)
	each("scales", scaler.Scale(), want.Scales, 1e-12)
	each("explained variance", pca.ExplainedVariance(), want.Variance, 1e-12)
	each("explained variance ratio", pca.ExplainedVarianceRatio(), want.Ratio, 1e-12)
	each("singular values", pca.SingularValues(), want.Singular, 1e-12)
	for i, row := range want.Components {
		each("component", mat.Row(nil, i, pca.Components()), row, 1e-9)
	}
	z := must[*mat.Dense](t)(f.Transform(context.Background(), x))
	for i, row := range want.FirstRows {
		each("first rows", z.RawRowView(i), row, 1e-9)
	}
	// One cluster: its inertia is the sum of squares about the mean, which is 0.
	squares := 0.0
	for _, v := range z.RawMatrix().Data {
		squares += v * v
	}
	each("inertia of one cluster", []float64{squares}, []float64{want.Sweep[0].Inertia}, 1e-12)
}
