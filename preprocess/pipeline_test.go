package preprocess_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func TestPipelineErrors(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 2, 1, 0, 7, 3, 3})
	scale := preprocess.NewStep("scale", preprocess.Scaler{})
	holding := preprocess.Pipeline{Steps: make([]preprocess.Step, 1)}
	holding.Steps[0] = preprocess.NewStep("itself", holding)
	for _, c := range []struct {
		name  string
		steps []preprocess.Step
		kind  error
		parts []string
	}{
		{"no steps", nil, preprocess.ErrOptions, []string{"at least one"}},
		{"a name twice", []preprocess.Step{scale, scale}, preprocess.ErrOptions, []string{`"scale"`}},
		{"no name", []preprocess.Step{preprocess.NewStep("", preprocess.Scaler{})}, preprocess.ErrOptions, []string{"step 0"}},
		{"name in no UTF-8", []preprocess.Step{preprocess.NewStep("\xff", preprocess.Scaler{})}, preprocess.ErrOptions, []string{"step 0"}},
		{"no transformer", []preprocess.Step{scale, {}}, preprocess.ErrOptions, []string{"step 1", "NewStep"}},
		{"nil", []preprocess.Step{preprocess.NewStep[*preprocess.FittedScaler]("nil", nil)}, preprocess.ErrOptions, []string{"step 0"}},
		{"nil pointer", []preprocess.Step{preprocess.NewStep("nil", (*preprocess.Scaler)(nil))}, preprocess.ErrOptions, []string{"step 0"}},
		{"one that gives nothing", []preprocess.Step{preprocess.NewStep("lazy", lazy{})}, preprocess.ErrOptions, []string{`"lazy"`, "gave nothing"}},
		{"one that holds itself", holding.Steps, preprocess.ErrOptions, []string{"hold itself"}},
		{"bad options", []preprocess.Step{scale, preprocess.NewStep("project", preprocess.PCA{Components: 3})}, preprocess.ErrOptions, []string{`step "project"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := preprocess.Pipeline{Steps: c.steps}.Fit(context.Background(), x)
			wantError(t, "Fit", err, c.kind, c.parts...)
		})
	}
}

// lazy fits nothing.
type lazy struct{}

func (lazy) Fit(context.Context, mat.Matrix, ...string) (*preprocess.FittedScaler, error) {
	return nil, nil
}

func TestPipelineNamesStepRowAndColumn(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 2, 1, 0, nan, 3, 3})
	p := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("scale", preprocess.Scaler{}),
		preprocess.NewStep("project", preprocess.PCA{}),
	}}
	_, err := p.Fit(context.Background(), x, "age", "income")
	wantError(t, "Fit", err, preprocess.ErrNotFinite, `step "scale"`, "row 2", `"income"`)
	f := must[*preprocess.FittedPipeline](t)(p.Fit(context.Background(), mat.NewDense(2, 2, []float64{1, 2, 2, 4}), "age", "income"))
	_, err = f.Transform(context.Background(), x)
	wantError(t, "Transform", err, preprocess.ErrNotFinite, `step "scale"`, "row 2", `"income"`)
	wantError(t, "TransformRow", f.TransformRow(make([]float64, 2), []float64{nan, 1}), preprocess.ErrNotFinite, `step "scale"`, `"age"`)
	wantError(t, "a short row", f.TransformRow(make([]float64, 2), make([]float64, 1)), preprocess.ErrWidth, "has 1,", "fitted were 2")
	wantError(t, "a short destination", f.TransformRow(make([]float64, 1), make([]float64, 2)), preprocess.ErrDestination, "1 values", "has 2")
}

func TestPipelineSteps(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 2, 1, 0, 7, 3, 3})
	inner := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("scale", preprocess.Scaler{})}}
	p := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("inner", inner),
		preprocess.NewStep("project", preprocess.PCA{Components: 1}),
	}}
	if p.Steps[1].Name() != "project" {
		t.Errorf("the step is named %q", p.Steps[1].Name())
	}
	f := must[*preprocess.FittedPipeline](t)(p.Fit(context.Background(), x, "age", "income"))
	var names []string
	for name, step := range f.Steps() {
		if s, ok := f.Step(name); !ok || s != step {
			t.Errorf("Step(%q) is %v, %v", name, s, ok)
		}
		names = append(names, name)
	}
	if !slices.Equal(names, []string{"inner", "project"}) {
		t.Errorf("steps %q", names)
	}
	for range f.Steps() {
		break
	}
	in, ok := preprocess.StepAs[*preprocess.FittedPipeline](f, "inner")
	if !ok {
		t.Fatal("no inner pipeline")
	}
	scaler, ok := preprocess.StepAs[*preprocess.FittedScaler](in, "scale")
	if !ok || scaler.Center()[0] != 1.5 {
		t.Errorf("scaler %v, %v", scaler, ok)
	}
	if _, ok := preprocess.StepAs[*preprocess.FittedScaler](f, "project"); ok {
		t.Error("a PCA came as a scaler")
	}
	if _, ok := f.Step("scale"); ok {
		t.Error("the step of a step came by its bare name")
	}
	if got := f.OutputColumns(); !slices.Equal(got, []string{"pc1"}) {
		t.Errorf("output columns %q", got)
	}
}

// oneWay is a foreign fitted value without an inverse.
type oneWay struct{ f *preprocess.FittedScaler }

func (o oneWay) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return o.f.Transform(ctx, x)
}
func (o oneWay) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	return o.f.TransformTo(ctx, dst, x)
}
func (o oneWay) InputColumns() []string  { return o.f.InputColumns() }
func (o oneWay) OutputColumns() []string { return o.f.OutputColumns() }

type oneWayer struct{}

func (oneWayer) Fit(ctx context.Context, x mat.Matrix, columns ...string) (oneWay, error) {
	f, err := preprocess.Scaler{}.Fit(ctx, x, columns...)
	return oneWay{f}, err
}

func TestPipelineWithoutInverse(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 2, 1, 0, 7, 3, 3})
	p := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("scale", preprocess.Scaler{}),
		preprocess.NewStep("one way", oneWayer{}),
	}}
	f := must[*preprocess.FittedPipeline](t)(p.Fit(context.Background(), x))
	_, err := f.InverseTransform(context.Background(), x)
	wantError(t, "InverseTransform", err, preprocess.ErrNoInverse, `"one way"`)
	if _, err = f.Transform(context.Background(), x); err != nil {
		t.Error(err)
	}
	// It cannot be written either, for nobody could read it.
	_, err = json.Marshal(f)
	if err == nil || !strings.Contains(err.Error(), `step "one way"`) {
		t.Errorf("MarshalJSON: %v", err)
	}
	nested := must[*preprocess.FittedPipeline](t)(preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("inner", p)}}.Fit(context.Background(), x))
	_, err = nested.InverseTransform(context.Background(), x)
	wantError(t, "nested", err, preprocess.ErrNoInverse, `"inner"`, `"one way"`)
}

func TestRegister(t *testing.T) {
	decode := func([]byte) (preprocess.Fitted, error) { return nil, nil }
	for _, kind := range []string{"", "scaler", "pipeline"} {
		wantError(t, kind, preprocess.Register(kind, decode), preprocess.ErrKind)
	}
	wantError(t, "nil", preprocess.Register("nothing", nil), preprocess.ErrKind)
	if err := preprocess.Register("gives nil", decode); err != nil {
		t.Fatal(err)
	}
	_, err := preprocess.Decode([]byte(`{"kind":"gives nil"}`))
	wantError(t, "gives nil", err, preprocess.ErrFormat)
}

// One row through a pipeline, and a matrix into a destination, allocate nothing.
func TestPipelineAllocations(t *testing.T) {
	s := subject{missing: true}
	x := s.data(3000)
	f := must[*preprocess.FittedPipeline](t)(mainPipeline(3).Fit(context.Background(), x))
	one, all := mat.NewDense(1, 3, nil), mat.NewDense(3000, 3, nil)
	first := x.Slice(0, 1, 0, 5).(*mat.Dense)
	row, dst := x.RawRowView(1), make([]float64, 3)
	for name, run := range map[string]func() error{
		"one row":        func() error { return f.TransformTo(context.Background(), one, first) },
		"a row, a slice": func() error { return f.TransformRow(dst, row) },
		"3000 rows":      func() error { return f.TransformTo(context.Background(), all, x) },
	} {
		t.Run(name, func(t *testing.T) {
			var failed error
			allocations := testing.AllocsPerRun(200, func() { failed = errors.Join(failed, run()) })
			if failed != nil {
				t.Fatal(failed)
			}
			if raceEnabled {
				return // the race detector makes sync.Pool forget on purpose
			}
			if allocations > 0 {
				t.Errorf("%s: %v allocations", name, allocations)
			}
		})
	}
}

// TestPipelineNestedDeep: what a pipeline within pipelines costs does not double
// with each level, neither to fit nor to read.
func TestPipelineNestedDeep(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 3, 4, 5, 7, 9, 8})
	p := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("a", preprocess.Scaler{}), preprocess.NewStep("b", preprocess.Scaler{})}}
	for range 31 {
		p = preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("a", p)}}
	}
	start := time.Now()
	f := must[*preprocess.FittedPipeline](t)(p.Fit(t.Context(), x))
	data := must[[]byte](t)(f.MarshalJSON())
	must[preprocess.Fitted](t)(preprocess.Decode(data))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("32 levels took %v", took)
	}
	var many []preprocess.Step
	for i := range 1001 {
		many = append(many, preprocess.NewStep(fmt.Sprint(i), preprocess.Scaler{}))
	}
	_, err := preprocess.Pipeline{Steps: many}.Fit(t.Context(), x)
	wantError(t, "1,001 steps", err, preprocess.ErrOptions, "1001 steps")
}
