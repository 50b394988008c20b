package preprocess

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
)

// maxNesting is how deep pipelines may lie in each other: enough for any use,
// and an end to a pipeline that holds itself.
const maxNesting = 32

// maxSteps is how many steps a pipeline may have, those of the pipelines in it
// included: decoding is refused before it takes long.
const maxSteps = 1000

// Step is a named transformer of a [Pipeline]; [NewStep] makes one.
type Step struct {
	name        string
	transformer any
	fit         func(ctx context.Context, depth int, x input, columns []string) (Fitted, *mat.Dense, error)
}

// input is the matrix that a step is fitted on.
type input struct {
	mat.Matrix
	own       bool // a *mat.Dense of the pipeline, which may be overwritten
	transform bool // is to be transformed too
}

// NewStep returns a transformer as a step of that name. The type F of what it fits follows from it:
//
//	preprocess.NewStep("scale", preprocess.Scaler{})
func NewStep[F Fitted](name string, t Transformer[F]) Step {
	if isNil(t) {
		return Step{name: name}
	}
	return Step{name, t, func(ctx context.Context, depth int, x input, columns []string) (Fitted, *mat.Dense, error) {
		switch p := any(t).(type) {
		case Pipeline:
			return p.fit(ctx, depth+1, x, columns)
		case *Pipeline:
			return p.fit(ctx, depth+1, x, columns)
		case ColumnTransformer:
			return p.fit(ctx, depth+1, x, columns)
		case *ColumnTransformer:
			return p.fit(ctx, depth+1, x, columns)
		}
		f, err := t.Fit(ctx, x.Matrix, columns...)
		if err == nil && isNil(f) {
			err = fmt.Errorf("preprocess: %T gave nothing, and no error: %w", t, ErrOptions)
		}
		if err != nil || !x.transform {
			return f, nil, err
		}
		z := new(mat.Dense)
		if x.own && len(f.OutputColumns()) == len(columns) {
			z = x.Matrix.(*mat.Dense)
		}
		return f, z, f.TransformTo(ctx, z, x.Matrix)
	}}
}

func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}

// Name returns the step's name.
func (s Step) Name() string { return s.name }

// Pipeline runs transformers one after the other: each is fitted on what the
// ones before it made of the data. A pipeline is itself a Transformer and can be
// a step of another, up to 32 deep and 1,000 steps in all.
type Pipeline struct {
	// Steps are the transformers in order, at least one, each of a name of its
	// own.
	Steps []Step
}

// Fit fits the steps on the n×d matrix x. It holds one matrix of n rows beside
// x, two while a step changes the number of columns. Errors name the step.
func (t Pipeline) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedPipeline, error) {
	f, _, err := t.fit(ctx, 0, input{Matrix: x}, columns)
	if err != nil {
		return nil, err
	}
	return f.(*FittedPipeline), nil
}

// FitTransform returns what Fit returns for x, and x transformed by it. Every
// step transforms once, in the memory of Fit.
func (t Pipeline) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedPipeline, *mat.Dense, error) {
	f, z, err := t.fit(ctx, 0, input{Matrix: x, transform: true}, columns)
	if err != nil {
		return nil, nil, err
	}
	return f.(*FittedPipeline), z, nil
}

// fit returns a *FittedPipeline, and x transformed by it where that is asked for.
func (t Pipeline) fit(ctx context.Context, depth int, x input, columns []string) (Fitted, *mat.Dense, error) {
	names, err := t.check(depth)
	if err != nil {
		return nil, nil, err
	}
	if _, _, columns, err = fitInput("pipeline", x.Matrix, columns); err != nil {
		return nil, nil, err
	}
	steps := make([]Fitted, len(t.Steps))
	var z *mat.Dense
	for i, s := range t.Steps {
		if err := cause.Of(ctx); err != nil {
			return nil, nil, err
		}
		last := i == len(t.Steps)-1
		if steps[i], z, err = s.fit(ctx, depth, input{x.Matrix, x.own, x.transform || !last}, columns); err != nil {
			return nil, nil, fmt.Errorf("step %q: %w", s.name, err)
		}
		x.Matrix, x.own, columns = z, true, steps[i].OutputColumns()
	}
	p, err := newPipeline(names, steps)
	if err != nil {
		return nil, nil, fmt.Errorf("preprocess: pipeline: %w: %w", err, ErrOptions)
	}
	return p, z, nil
}

// check checks what can be checked without the rows, and returns the names of the steps.
func (t Pipeline) check(depth int) ([]string, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("preprocess: pipeline: more than %d pipelines lie in each other; does one hold itself? %w", maxNesting, ErrOptions)
	}
	names := make([]string, len(t.Steps))
	for i, s := range t.Steps {
		if s.fit == nil {
			return nil, fmt.Errorf("preprocess: pipeline: step %d (counted from 0, name %q) has no transformer; make it with NewStep: %w", i, s.name, ErrOptions)
		}
		names[i] = s.name
	}
	if err := checkSteps(names); err != nil {
		return nil, fmt.Errorf("preprocess: pipeline: %w: %w", err, ErrOptions)
	}
	return names, nil
}

// checkSteps refuses names that are empty, double, or would not survive JSON.
func checkSteps(names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("there are no steps; at least one is needed")
	}
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if name == "" || !utf8.ValidString(name) {
			return fmt.Errorf("step %d (counted from 0) has the name %q; a name in UTF-8 is needed", i, name)
		}
		if seen[name] {
			return fmt.Errorf("two steps are named %q; each needs a name of its own", name)
		}
		seen[name] = true
	}
	return nil
}

func newPipeline(names []string, steps []Fitted) (*FittedPipeline, error) {
	f := &FittedPipeline{names: names, steps: steps, count: len(steps)}
	for i, s := range steps {
		if i > 0 {
			if out, in := steps[i-1].OutputColumns(), s.InputColumns(); !slices.Equal(out, in) {
				return nil, fmt.Errorf("step %q gives %d columns %s, step %q takes %d columns %s", names[i-1], len(out), someOf(out), names[i], len(in), someOf(in))
			}
		}
		f.count += nested(s)
	}
	if f.count > maxSteps {
		return nil, fmt.Errorf("it has %d steps, those of pipelines in it included; at most %d are possible", f.count, maxSteps)
	}
	f.columns, f.outputs = steps[0].InputColumns(), steps[len(steps)-1].OutputColumns()
	f.forward, f.backward = chains(names, steps)
	return f, nil
}

// FittedPipeline is a [Pipeline] all of whose steps are fitted.
type FittedPipeline struct {
	names             []string
	steps             []Fitted
	columns, outputs  []string
	count             int    // of steps, with those of the steps that have some
	forward, backward kernel // zero if a step is none of ours
}

// Steps returns the names and values of the steps in order.
func (f *FittedPipeline) Steps() iter.Seq2[string, Fitted] {
	return func(yield func(string, Fitted) bool) {
		if !f.fitted() {
			return
		}
		for i, name := range f.names {
			if !yield(name, f.steps[i]) {
				return
			}
		}
	}
}

// Step returns the step of that name, and false if there is none. [StepAs] returns
// it with its own type.
func (f *FittedPipeline) Step(name string) (Fitted, bool) {
	if !f.fitted() {
		return nil, false
	}
	if i := slices.Index(f.names, name); i >= 0 {
		return f.steps[i], true
	}
	return nil, false
}

// StepAs returns the step of that name as what it is, and false if there is none
// or it is of another type:
//
//	pca, ok := preprocess.StepAs[*preprocess.FittedPCA](pipeline, "project")
func StepAs[F Fitted](f *FittedPipeline, name string) (F, bool) {
	s, _ := f.Step(name)
	step, ok := s.(F)
	return step, ok
}

// InputColumns returns the names of the columns that the first step takes.
func (f *FittedPipeline) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns the names of the columns of the result of the last step.
func (f *FittedPipeline) OutputColumns() []string { return slices.Clone(orZero(f).outputs) }

// Transform runs x through all steps. A block of rows passes all steps before
// the next one starts, so that no step's result is held as a whole.
func (f *FittedPipeline) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x where the widths are equal.
// With a dst of the right size and a *mat.Dense for x it allocates nothing.
func (f *FittedPipeline) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	if !f.fitted() {
		return notFitted("pipeline")
	}
	if f.forward.apply != nil {
		return transform(ctx, "pipeline", f.forward, f.columns, dst, x)
	}
	var steps []transformTo
	for _, s := range f.steps {
		steps = append(steps, s.TransformTo)
	}
	return f.each(ctx, dst, x, f.columns, f.outputs, f.names, steps)
}

// TransformRow transforms one row: row has a value for each of InputColumns,
// dst has room for each of OutputColumns and may be row. It allocates nothing,
// and has the same bits as the row within a matrix.
func (f *FittedPipeline) TransformRow(dst, row []float64) error {
	if !f.fitted() {
		return notFitted("pipeline")
	}
	in, out := len(f.columns), len(f.outputs)
	if len(row) != in {
		return &WidthError{"pipeline", len(row), in, slices.Clone(f.columns)}
	}
	if len(dst) != out {
		return fmt.Errorf("preprocess: pipeline: the destination has room for %d values, the result has %d: %w", len(dst), out, ErrDestination)
	}
	if f.forward.apply != nil {
		return f.forward.apply(block{dst, 1, out, out}, block{row, 1, in, in}, 0)
	}
	z, err := f.Transform(context.Background(), mat.NewDense(1, in, slices.Clone(row)))
	if err != nil {
		return err
	}
	copy(dst, z.RawRowView(0))
	return nil
}

// InverseTransform runs z back through the inverses of all steps, the last
// first. Where a step has none, that is an error ([ErrNoInverse]) that names it.
func (f *FittedPipeline) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z where the widths are
// equal.
func (f *FittedPipeline) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	if !f.fitted() {
		return notFitted("pipeline")
	}
	if f.backward.apply != nil {
		return transform(ctx, "pipeline", f.backward, f.outputs, dst, z)
	}
	var steps []transformTo
	for i, s := range f.steps {
		inverter, ok := s.(Inverter)
		if !ok {
			return fmt.Errorf("preprocess: pipeline: step %q: %w", f.names[i], ErrNoInverse)
		}
		steps = append(steps, inverter.InverseTransformTo)
	}
	names := slices.Clone(f.names)
	slices.Reverse(names)
	slices.Reverse(steps)
	return f.each(ctx, dst, z, f.outputs, f.columns, names, steps)
}

// each runs x through steps that know only whole matrices.
func (f *FittedPipeline) each(
	ctx context.Context, dst *mat.Dense, x mat.Matrix, in, out, names []string, steps []transformTo,
) error {
	n, c, err := dims(x)
	if err != nil {
		return err
	}
	if c != len(in) && n > 0 {
		return &WidthError{"pipeline", c, len(in), slices.Clone(in)}
	}
	if err := destination("pipeline", dst, n, len(out)); err != nil || n == 0 {
		return err
	}
	for i, name := range names {
		if err := cause.Of(ctx); err != nil {
			return err
		}
		to := new(mat.Dense)
		if err := steps[i](ctx, to, x); err != nil {
			return fmt.Errorf("step %q: %w", name, err)
		}
		x = to
	}
	if r, c := x.Dims(); r != n || c != len(out) {
		return fmt.Errorf("preprocess: pipeline: the last step gave a matrix of %d×%d, not %d×%d: %w", r, c, n, len(out), ErrMatrix)
	}
	dst.Copy(x)
	return nil
}

func (f *FittedPipeline) fitted() bool { return f != nil && len(f.steps) > 0 }

// kernelsOf returns the kernels of a step of ours there and back; zero for others.
// Steps are told by type, not by interface: a type of another package that embeds
// one of ours has its methods but may transform in its own way.
func kernelsOf(step Fitted) [2]kernel {
	switch s := step.(type) {
	case *FittedImputer:
		return s.kernels()
	case *FittedScaler:
		return s.kernels()
	case *FittedPCA:
		return s.kernels()
	case *FittedOneHotEncoder:
		return s.kernels()
	case *FittedLog1p:
		return s.kernels()
	case *FittedQuantileTransformer:
		return s.kernels()
	case *FittedPowerTransformer:
		return s.kernels()
	case *FittedColumnTransformer:
		return s.kernels
	case *FittedPipeline:
		return [2]kernel{s.forward, s.backward}
	}
	return [2]kernel{}
}

// chains returns the kernels of steps one after the other, there and back; zero
// where a step is none of ours.
func chains(names []string, steps []Fitted) (forward, backward kernel) {
	n := len(steps)
	there, back, reversed := make([]kernel, n), make([]kernel, n), slices.Clone(names)
	for i, s := range steps {
		k := kernelsOf(s)
		if k[0].apply == nil {
			return kernel{}, kernel{}
		}
		there[i], back[n-1-i] = k[0], k[1]
	}
	slices.Reverse(reversed)
	return chain(names, there), chain(reversed, back)
}

// chain returns the kernel that applies the given ones, of steps of these names, in
// turn.
func chain(names []string, kernels []kernel) kernel {
	last := len(kernels) - 1
	c := kernel{in: kernels[0].in, out: kernels[last].out}
	for _, k := range kernels {
		c.widest = max(c.widest, k.widest)
	}
	c.apply = func(dst, src block, first int) error {
		half := src.n * c.widest
		buf := borrow(2 * half)
		defer buffers.Put(buf)
		for i, k := range kernels {
			to := dst
			if i < last {
				to = block{(*buf)[i%2*half:], src.n, k.out, k.out}
			}
			if err := k.apply(to, src, first); err != nil {
				return fmt.Errorf("step %q: %w", names[i], err)
			}
			src = to
		}
		return nil
	}
	return c
}

type pipelineJSON struct {
	header
	Steps []stepJSON `json:"steps"`
}

type stepJSON struct {
	Name   string          `json:"name"`
	Fitted json.RawMessage `json:"fitted"`
}

// MarshalJSON writes all that was fitted, at full precision; a step of another
// package as it writes itself, with a kind that is known to [Register].
func (f *FittedPipeline) MarshalJSON() ([]byte, error) {
	if !f.fitted() {
		return nil, notFitted("pipeline")
	}
	steps, err := encodeSteps(f.names, f.steps)
	if err != nil {
		return nil, err
	}
	return json.Marshal(pipelineJSON{header{"pipeline", 1}, steps})
}

func encodeSteps(names []string, steps []Fitted) ([]stepJSON, error) {
	var out []stepJSON
	for i, s := range steps {
		data, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", names[i], err)
		}
		if _, err := kindOf(data); err != nil {
			return nil, fmt.Errorf("step %q: %w", names[i], err)
		}
		out = append(out, stepJSON{names[i], data})
	}
	return out, nil
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat, also steps whose columns do not fit. Nobody else may be using f.
func (f *FittedPipeline) UnmarshalJSON(data []byte) error {
	p, err := decodePipeline(data, 0, &budget{maxSteps, maxNested})
	if err != nil {
		return err
	}
	*f = *p
	return nil
}

func decodePipeline(data []byte, depth int, left *budget) (*FittedPipeline, error) {
	var j pipelineJSON
	names, steps, err := decodeSteps(data, "pipeline", &j.header, &j, &j.Steps, depth, left)
	if err != nil {
		return nil, err
	}
	p, err := newPipeline(names, steps)
	if err != nil {
		return nil, malformed("pipeline", "%v", err)
	}
	return p, nil
}

// decodeSteps reads data into v, whose header is h and whose steps are list, and
// returns the steps.
func decodeSteps(data []byte, kind string, h *header, v any, list *[]stepJSON, depth int, left *budget) (names []string, steps []Fitted, err error) {
	if depth > maxNesting {
		return nil, nil, malformed(kind, "more than %d pipelines lie in each other", maxNesting)
	}
	if depth > 0 {
		if left.bytes -= len(data); left.bytes < 0 {
			return nil, nil, malformed(kind, "the pipelines that lie in each other have more than %d bytes together", maxNested)
		}
	}
	if err := decodeStrict(data, kind, h, v); err != nil {
		return nil, nil, err
	}
	if left.steps -= len(*list); left.steps < 0 {
		return nil, nil, malformed(kind, "it has more than %d steps", maxSteps)
	}
	for _, s := range *list {
		names = append(names, s.Name)
	}
	if err := checkSteps(names); err != nil {
		return nil, nil, malformed(kind, "%v", err)
	}
	for _, s := range *list {
		step, err := decode(s.Fitted, depth+1, left)
		if err != nil {
			return nil, nil, fmt.Errorf("step %q: %w", s.Name, err)
		}
		steps = append(steps, step)
	}
	return names, steps, nil
}
