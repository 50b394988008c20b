package preprocess_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
)

var errOperator = errors.New("the operator said so")

// endsAt returns a context that is cancelled at the n-th look at it.
func endsAt(t *testing.T, n int) context.Context { return testenv.EndsAt(t, n, errOperator) }

// Everything of O(rows) ends within a pass over the rows, with the error of the
// context and its cause.
func TestCancel(t *testing.T) {
	n, d := 20_000, 5
	x := mat.NewDense(n, d, nil)
	x.Apply(func(i, j int, _ float64) float64 { return float64((i*7 + j*j) % (11 + j)) }, x)
	labels := make([]string, n)
	codes := make([]int, n)
	ctx := t.Context()
	scale := preprocess.NewStep("scale", preprocess.Scaler{})
	type fit = func(ctx context.Context) (preprocess.Fitted, error)
	all := map[string]fit{}
	for name, strategy := range map[string]preprocess.Strategy{"median": preprocess.Median, "mean": preprocess.Mean} {
		all["imputer, "+name] = func(ctx context.Context) (preprocess.Fitted, error) {
			return preprocess.Imputer{Strategy: strategy}.Fit(ctx, x)
		}
	}
	for name, method := range map[string]preprocess.Method{"standard": preprocess.Standard, "min-max": preprocess.MinMax, "robust": preprocess.Robust} {
		all["scaler, "+name] = func(ctx context.Context) (preprocess.Fitted, error) {
			return preprocess.Scaler{Method: method}.Fit(ctx, x)
		}
	}
	maps.Copy(all, stepFits(x))
	all["pca"] = func(ctx context.Context) (preprocess.Fitted, error) { return preprocess.PCA{}.Fit(ctx, x) }
	all["one-hot encoder"] = func(ctx context.Context) (preprocess.Fitted, error) { return preprocess.OneHotEncoder{}.Fit(ctx, x) }
	all["pipeline"] = func(ctx context.Context) (preprocess.Fitted, error) {
		return preprocess.Pipeline{Steps: []preprocess.Step{scale, preprocess.NewStep("pca", preprocess.PCA{})}}.Fit(ctx, x)
	}
	all["pipeline with a step of another package"] = func(ctx context.Context) (preprocess.Fitted, error) {
		return preprocess.Pipeline{Steps: []preprocess.Step{scale, preprocess.NewStep("odd", doubler{})}}.Fit(ctx, x)
	}

	cancelled := func(what string, f func(ctx context.Context) error) {
		t.Helper()
		for _, look := range []int{1, 3} {
			if err := f(endsAt(t, look)); !errors.Is(err, context.Canceled) || !errors.Is(err, errOperator) {
				t.Errorf("%s, cancelled at look %d: %v", what, look, err)
			}
		}
	}
	for name, fit := range all {
		cancelled(name+".Fit", func(ctx context.Context) error { _, err := fit(ctx); return err })
		f, err := fit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		z, err := f.Transform(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		cancelled(name+".Transform", func(ctx context.Context) error { _, err := f.Transform(ctx, x); return err })
		cancelled(name+".TransformTo", func(ctx context.Context) error { return f.TransformTo(ctx, new(mat.Dense), x) })
		inverse := f.(preprocess.Inverter)
		cancelled(name+".InverseTransform", func(ctx context.Context) error { _, err := inverse.InverseTransform(ctx, z); return err })
		cancelled(name+".InverseTransformTo", func(ctx context.Context) error { return inverse.InverseTransformTo(ctx, new(mat.Dense), z) })
	}

	encoder := must[*preprocess.FittedLabelEncoder](t)(preprocess.LabelEncoder{}.Fit(ctx, labels))
	cancelled("LabelEncoder.Fit", func(ctx context.Context) error { _, err := preprocess.LabelEncoder{}.Fit(ctx, labels); return err })
	cancelled("LabelEncoder.Transform", func(ctx context.Context) error { _, err := encoder.Transform(ctx, labels); return err })
	cancelled("LabelEncoder.InverseTransform", func(ctx context.Context) error { _, err := encoder.InverseTransform(ctx, codes); return err })
}
