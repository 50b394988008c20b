package insight_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// A plane has the components of the model, or others of what it takes, or the columns
// where they are one or two; components are those of gonum's stat.PC.
func TestPlaneOf(t *testing.T) {
	scale := preprocess.NewStep("scale", preprocess.Scaler{})
	for name, test := range map[string]struct {
		columns int
		steps   []preprocess.Step
		kind    insight.PlaneKind
		axes    int
	}{
		"default":      {5, nil, insight.PlaneModel, 2},
		"no PCA":       {4, []preprocess.Step{scale}, insight.PlaneComponents, 2},
		"PCA, then on": {4, []preprocess.Step{scale, preprocess.NewStep("pca", preprocess.PCA{Components: 3}), preprocess.NewStep("again", preprocess.Scaler{})}, insight.PlaneModel, 2},
		"two columns":  {2, []preprocess.Step{scale}, insight.PlaneColumns, 2},
		"one column":   {1, []preprocess.Step{scale}, insight.PlaneColumns, 1},
		"one of PCA":   {1, nil, insight.PlaneModel, 1},
	} {
		x, columns := mat.DenseCopyOf(customers().Slice(0, 400, 0, test.columns)), customerColumns[:test.columns]
		o := segment.TrainOptions{Columns: columns, Value: columns[:1], Seed: 1, K: 3}
		if test.steps != nil {
			o.Pipeline = &preprocess.Pipeline{Steps: test.steps}
		}
		m, err := segment.Train(t.Context(), x, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := insight.PlaneOf(t.Context(), m.Model, m.Transformed)
		if err != nil || p.Kind != test.kind || len(p.Axes) != test.axes {
			t.Errorf("%s: %+v, %v", name, p, err)
			continue
		}
		z := m.Transformed
		if test.kind != insight.PlaneComponents {
			if n, _ := z.Dims(); !mat.Equal(p.X, z.Slice(0, n, 0, test.axes)) {
				t.Errorf("%s: the positions are not those behind the pipeline", name)
			}
			continue
		}
		var pc stat.PC
		if !pc.PrincipalComponents(z, nil) {
			t.Fatal("no components")
		}
		var vectors, want mat.Dense
		pc.VectorsTo(&vectors)
		want.Mul(z, &vectors)
		vars := pc.VarsTo(nil)
		for j, axis := range p.Axes {
			if share := vars[j] / (vars[0] + vars[1] + vars[2] + last(vars[3:])); math.Abs(axis.Share-share) > 1e-9 {
				t.Errorf("%s: axis %d has %v of the variance, want %v", name, j, axis.Share, share)
			}
			// Up to its sign and its origin.
			if r := stat.Correlation(mat.Col(nil, j, p.X), mat.Col(nil, j, &want), nil); math.Abs(math.Abs(r)-1) > 1e-9 {
				t.Errorf("%s: axis %d correlates by %v", name, j, r)
			}
		}
	}
}

func last(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return v[len(v)-1]
}

// What an axis is mostly made of are the fewest columns of the greatest weights.
func TestPlaneAxes(t *testing.T) {
	m := trained()
	x := customers()
	z, err := m.Transform(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	p, err := insight.PlaneOf(t.Context(), m, z)
	if err != nil {
		t.Fatal(err)
	}
	pca, _ := preprocess.StepAs[*preprocess.FittedPCA](m.Pipeline(), "pca")
	for i, axis := range p.Axes {
		sum, least := 0.0, math.Inf(1)
		for j, name := range axis.Columns {
			w := pca.Components().At(i, slices.Index(m.Columns(), name))
			if w != axis.Weights[j] {
				t.Errorf("axis %d: %s weighs %v, want %v", i, name, axis.Weights[j], w)
			}
			sum, least = sum+w*w, min(least, math.Abs(w))
		}
		for j, name := range m.Columns() {
			if w := math.Abs(pca.Components().At(i, j)); !slices.Contains(axis.Columns, name) && w > least {
				t.Errorf("axis %d: %s weighs %v and is left out of %v", i, name, w, axis.Columns)
			}
		}
		if n := len(axis.Columns); n > 3 || n < 3 && sum < 0.6 || sum-least*least >= 0.6 {
			t.Errorf("axis %d: %v make %v", i, axis.Columns, sum)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	plain, err := segment.Train(t.Context(), x, segment.TrainOptions{Columns: customerColumns, Value: customerColumns[:1], Seed: 1, K: 3, Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("scale", preprocess.Scaler{})}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		ctx  context.Context
		m    *segment.Model
		z    *mat.Dense
		want error
	}{
		"no model": {t.Context(), nil, z, segment.ErrNotModel}, "no rows": {t.Context(), m, nil, segment.ErrEmpty},
		"other columns": {t.Context(), m, mat.NewDense(3, 1, nil), segment.ErrWidth}, "ended": {ended, plain.Model, plain.Transformed, context.Canceled},
	} {
		if _, err := insight.PlaneOf(test.ctx, test.m, test.z); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}
