package preprocess

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// ColumnTransformer runs steps on some columns each. Its output has the columns
// of the parts, in the order of the parts, and behind them those that are in no
// part, unchanged and in their order. It equals scikit-learn's ColumnTransformer
// with remainder="passthrough", but that a column is in one part at most, so that
// it has an inverse where its parts have one.
//
//	preprocess.ColumnTransformer{Parts: []preprocess.Part{
//		{Columns: []string{"income", "spent"}, Step: preprocess.NewStep("log", preprocess.Log1p{})},
//		{Columns: []string{"gender"}, Step: preprocess.NewStep("words", preprocess.OneHotEncoder{Words: words})},
//	}}
type ColumnTransformer struct {
	// Parts are at least one, each of a name of its own.
	Parts []Part
}

// Part is a step of a [ColumnTransformer] and the columns that it takes.
type Part struct {
	// Columns are the names of the columns, in the order in which the step takes
	// them; at least one, and none that another part takes.
	Columns []string

	// Step is what is made of them, a whole [Pipeline] perhaps.
	Step Step
}

// Fit fits the parts on their columns of the n×d matrix x, n ≥ 1. It holds a copy
// of the columns of one part at a time. An error names the step.
func (t ColumnTransformer) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedColumnTransformer, error) {
	f, _, err := t.fit(ctx, 0, input{Matrix: x}, columns)
	if err != nil {
		return nil, err
	}
	return f.(*FittedColumnTransformer), nil
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t ColumnTransformer) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedColumnTransformer, *mat.Dense, error) {
	f, z, err := t.fit(ctx, 0, input{Matrix: x, transform: true}, columns)
	if err != nil {
		return nil, nil, err
	}
	return f.(*FittedColumnTransformer), z, nil
}

// fit returns a *FittedColumnTransformer, and x transformed by it where that is
// asked for.
func (t ColumnTransformer) fit(ctx context.Context, depth int, x input, columns []string) (Fitted, *mat.Dense, error) {
	n, _, columns, err := fitInput("column transformer", x.Matrix, columns)
	if err == nil {
		err = t.check(depth)
	}
	if err != nil {
		return nil, nil, err
	}
	var names []string
	var steps []Fitted
	var outputs []*mat.Dense
	for _, part := range t.Parts {
		at, err := positions(columns, part.Columns)
		if err != nil {
			return nil, nil, fmt.Errorf("preprocess: column transformer: step %q: %w", part.Step.name, err)
		}
		some, err := gather(ctx, x.Matrix, n, len(columns), at)
		if err != nil {
			return nil, nil, err
		}
		f, z, err := part.Step.fit(ctx, depth, input{some, true, x.transform}, part.Columns)
		if err != nil {
			return nil, nil, fmt.Errorf("step %q: %w", part.Step.name, err)
		}
		names, steps, outputs = append(names, part.Step.name), append(steps, f), append(outputs, z)
	}
	f, err := newColumnTransformer(columns, names, steps)
	if err != nil {
		return nil, nil, fmt.Errorf("preprocess: column transformer: %w: %w", err, ErrOptions)
	}
	if !x.transform {
		return f, nil, nil
	}
	z := mat.NewDense(n, len(f.outputs), nil)
	return f, z, f.assemble(ctx, z, x.Matrix, outputs)
}

// check checks what can be checked without the rows.
func (t ColumnTransformer) check(depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("preprocess: column transformer: more than %d pipelines lie in each other; does one hold itself? %w", maxNesting, ErrOptions)
	}
	names := make([]string, len(t.Parts))
	for i, part := range t.Parts {
		switch {
		case part.Step.fit == nil:
			return fmt.Errorf("preprocess: column transformer: part %d (counted from 0, name %q) has no transformer; make it with NewStep: %w", i, part.Step.name, ErrOptions)
		case len(part.Columns) == 0:
			return fmt.Errorf("preprocess: column transformer: step %q has no columns; name at least one: %w", part.Step.name, ErrOptions)
		}
		names[i] = part.Step.name
	}
	if err := checkSteps(names); err != nil {
		return fmt.Errorf("preprocess: column transformer: %w: %w", err, ErrOptions)
	}
	return nil
}

// positions returns where the named columns are among all.
func positions(all, names []string) ([]int, error) {
	at := make([]int, len(names))
	for i, name := range names {
		if at[i] = slices.Index(all, name); at[i] < 0 {
			return nil, fmt.Errorf("there is no column %q among %s: %w", name, someOf(all), ErrColumns)
		}
	}
	return at, nil
}

// gather returns some columns of x, n×d.
func gather(ctx context.Context, x mat.Matrix, n, d int, at []int) (*mat.Dense, error) {
	out := mat.NewDense(n, len(at), nil)
	err := scan(ctx, x, n, d, d, func(b block, first int) error {
		for i := range b.n {
			pick(out.RawRowView(first+i), b.row(i), at)
		}
		return nil
	})
	return out, err
}

// pick copies some values of from to the front of to, put those of from to some
// places of to.
func pick[T any](to, from []T, at []int) {
	for i, j := range at {
		to[i] = from[j]
	}
}

func put[T any](to, from []T, at []int) {
	for i, j := range at {
		to[j] = from[i]
	}
}

// FittedColumnTransformer is a [ColumnTransformer] all of whose parts are fitted.
type FittedColumnTransformer struct {
	columns, outputs []string
	names            []string
	steps            []Fitted
	from, to         [][]int   // by part, where its columns are and where its outputs go; last, those that pass through
	count            int       // of steps, with those of the steps that have some
	kernels          [2]kernel // zero if a step is none of ours
}

// newColumnTransformer returns the fitted value of steps, each of which knows its
// columns.
func newColumnTransformer(columns, names []string, steps []Fitted) (*FittedColumnTransformer, error) {
	f := &FittedColumnTransformer{columns: columns, names: names, steps: steps, count: len(steps)}
	taken := make([]string, len(columns)) // by which step
	for i, s := range steps {
		at, err := positions(columns, s.InputColumns())
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", names[i], err)
		}
		for _, j := range at {
			if taken[j] != "" {
				return nil, fmt.Errorf("column %q is taken by the step %q and by the step %q; leave it to one", columns[j], taken[j], names[i])
			}
			taken[j] = names[i]
		}
		f.add(at, s.OutputColumns())
		f.count += nested(s)
	}
	if f.count > maxSteps {
		return nil, fmt.Errorf("it has %d steps, those of pipelines in it included; at most %d are possible", f.count, maxSteps)
	}
	var rest []int
	var unchanged []string
	for j, step := range taken {
		if step == "" {
			rest, unchanged = append(rest, j), append(unchanged, columns[j])
		}
	}
	f.add(rest, unchanged)
	f.kernels = f.split()
	return f, checkNames(f.outputs)
}

// add adds the columns of a part, in and out.
func (f *FittedColumnTransformer) add(from []int, outputs []string) {
	to := make([]int, len(outputs))
	for i := range to {
		to[i] = len(f.outputs) + i
	}
	f.from, f.to, f.outputs = append(f.from, from), append(f.to, to), append(f.outputs, outputs...)
}

// nested returns how many steps are in a step.
func nested(step Fitted) int {
	switch s := step.(type) {
	case *FittedPipeline:
		return s.count
	case *FittedColumnTransformer:
		return s.count
	}
	return 0
}

// Parts returns the names and values of the parts in order. The InputColumns of
// each are the columns that it takes; those of no part pass through.
func (f *FittedColumnTransformer) Parts() iter.Seq2[string, Fitted] {
	return func(yield func(string, Fitted) bool) {
		for i, s := range orZero(f).steps {
			if !yield(f.names[i], s) {
				return
			}
		}
	}
}

// InputColumns returns the names of the columns fitted on.
func (f *FittedColumnTransformer) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns the output columns of the parts, in the order of the parts,
// and the columns that are in no part.
func (f *FittedColumnTransformer) OutputColumns() []string { return slices.Clone(orZero(f).outputs) }

// Transform returns the n×len(OutputColumns()) matrix of what the parts make of
// their columns of x, and of the others.
func (f *FittedColumnTransformer) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x where the widths are equal.
func (f *FittedColumnTransformer) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	g := orZero(f)
	if g.kernels[0].apply != nil || len(g.steps) == 0 {
		return transform(ctx, "column transformer", g.kernels[0], g.columns, dst, x)
	}
	return g.each(ctx, "column transformer", dst, x, g.columns, g.outputs, func(x mat.Matrix) (*mat.Dense, error) {
		outputs := make([]*mat.Dense, len(g.steps))
		n, d := x.Dims()
		for i, s := range g.steps {
			some, err := gather(ctx, x, n, d, g.from[i])
			if err != nil {
				return nil, err
			}
			outputs[i] = new(mat.Dense)
			if err := s.TransformTo(ctx, outputs[i], some); err != nil {
				return nil, fmt.Errorf("step %q: %w", g.names[i], err)
			}
		}
		z := mat.NewDense(n, len(g.outputs), nil)
		return z, g.assemble(ctx, z, x, outputs)
	})
}

// InverseTransform runs z back through the inverses of the parts. Where a part has
// none, that is an error ([ErrNoInverse]) that names it.
func (f *FittedColumnTransformer) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z where the widths are equal.
func (f *FittedColumnTransformer) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	g := orZero(f)
	if g.kernels[1].apply != nil || len(g.steps) == 0 {
		return transform(ctx, "column transformer (inverse)", g.kernels[1], g.outputs, dst, z)
	}
	for i, s := range g.steps {
		if _, ok := s.(Inverter); !ok {
			return fmt.Errorf("preprocess: column transformer: step %q: %w", g.names[i], ErrNoInverse)
		}
	}
	return g.each(ctx, "column transformer (inverse)", dst, z, g.outputs, g.columns, func(z mat.Matrix) (*mat.Dense, error) {
		n, d := z.Dims()
		x := mat.NewDense(n, len(g.columns), nil)
		for i, to := range g.to {
			if i == len(g.steps) && len(to) == 0 {
				continue // no column passes through
			}
			some, err := gather(ctx, z, n, d, to)
			if err != nil {
				return nil, err
			}
			if i < len(g.steps) {
				back := new(mat.Dense)
				if err := g.steps[i].(Inverter).InverseTransformTo(ctx, back, some); err != nil {
					return nil, fmt.Errorf("step %q: %w", g.names[i], err)
				}
				if err := g.checkSize(i, back, n, len(f.from[i])); err != nil {
					return nil, err
				}
				some = back
			}
			for row := range n {
				put(x.RawRowView(row), some.RawRowView(row), g.from[i])
			}
		}
		return x, nil
	})
}

// each transforms x as a whole, where a step is none of ours.
func (f *FittedColumnTransformer) each(ctx context.Context, op string, dst *mat.Dense, x mat.Matrix, in, out []string, do func(mat.Matrix) (*mat.Dense, error)) error {
	n, c, err := dims(x)
	if err != nil {
		return err
	}
	if c != len(in) && n > 0 {
		return &WidthError{op, c, len(in), slices.Clone(in)}
	}
	if err := destination(op, dst, n, len(out)); err != nil || n == 0 {
		return err
	}
	z, err := do(x)
	if err != nil {
		return err
	}
	dst.Copy(z)
	return cause.Of(ctx)
}

// assemble puts what the parts gave, and the columns of x that pass through, into z.
func (f *FittedColumnTransformer) assemble(ctx context.Context, z *mat.Dense, x mat.Matrix, outputs []*mat.Dense) error {
	n, d := x.Dims()
	rest := len(f.steps)
	for part, o := range outputs {
		if err := f.checkSize(part, o, n, len(f.to[part])); err != nil {
			return err
		}
	}
	return scan(ctx, x, n, d, d, func(b block, first int) error {
		for i := range b.n {
			to := z.RawRowView(first + i)
			for part, o := range outputs {
				put(to, o.RawRowView(first+i), f.to[part])
			}
			for k, j := range f.from[rest] {
				v := b.row(i)[j]
				if !num.Finite(v) {
					return &ValueError{"column transformer", first + i, f.columns[j], v, ErrNotFinite}
				}
				to[f.to[rest][k]] = v
			}
		}
		return nil
	})
}

// checkSize refuses a matrix of another size from a step, which may be of another
// package.
func (f *FittedColumnTransformer) checkSize(part int, m *mat.Dense, n, width int) error {
	if r, c := m.Dims(); r != n || c != width {
		return fmt.Errorf("preprocess: column transformer: step %q gave a matrix of %d×%d, not %d×%d: %w", f.names[part], r, c, n, width, ErrMatrix)
	}
	return nil
}

// split returns the kernels there and back; zero where a step is none of ours.
func (f *FittedColumnTransformer) split() [2]kernel {
	n := len(f.steps)
	there := split{columns: f.columns, out: len(f.outputs), names: f.names, from: f.from, to: f.to, kernels: make([]kernel, n)}
	back := split{columns: f.outputs, out: len(f.columns), names: f.names, from: f.to, to: f.from, kernels: make([]kernel, n)}
	for i, s := range f.steps {
		k := kernelsOf(s)
		if k[0].apply == nil {
			return [2]kernel{}
		}
		there.kernels[i], back.kernels[i] = k[0], k[1]
	}
	return [2]kernel{there.kernel("column transformer"), back.kernel("column transformer (inverse)")}
}

// split gives each part its columns.
type split struct {
	columns  []string // that it takes
	out      int
	names    []string
	kernels  []kernel
	from, to [][]int // as in FittedColumnTransformer, the other way round for the inverse
}

func (s split) kernel(op string) kernel {
	part := 0 // columns of the widest part, in or out
	for i, k := range s.kernels {
		part = max(part, k.widest, len(s.from[i]), len(s.to[i]))
	}
	return kernel{len(s.columns), s.out, max(len(s.columns), s.out, part), func(dst, src block, first int) error {
		// In memory of its own, for dst may be src.
		n := src.n
		buf := borrow(n * (s.out + 2*part))
		defer buffers.Put(buf)
		all := block{*buf, n, s.out, s.out}
		if err := s.parts(all, src, (*buf)[n*s.out:n*(s.out+part)], (*buf)[n*(s.out+part):], first); err != nil {
			return err
		}
		if err := s.rest(op, all, src, first); err != nil {
			return err
		}
		for i := range n {
			copy(dst.row(i), all.row(i))
		}
		return nil
	}}
}

// parts puts what the parts make of their columns into all; some and made are room
// for the columns of a part and for what it makes.
func (s split) parts(all, src block, some, made []float64, first int) error {
	for p, k := range s.kernels {
		in, out := block{some, src.n, k.in, k.in}, block{made, src.n, k.out, k.out}
		for i := range src.n {
			pick(in.row(i), src.row(i), s.from[p])
		}
		if err := k.apply(out, in, first); err != nil {
			return fmt.Errorf("step %q: %w", s.names[p], err)
		}
		for i := range src.n {
			put(all.row(i), out.row(i), s.to[p])
		}
	}
	return nil
}

// rest puts the columns that pass through into all.
func (s split) rest(op string, all, src block, first int) error {
	last := len(s.kernels)
	for i := range src.n {
		for k, j := range s.from[last] {
			v := src.row(i)[j]
			if !num.Finite(v) {
				return &ValueError{op, first + i, s.columns[j], v, ErrNotFinite}
			}
			all.row(i)[s.to[last][k]] = v
		}
	}
	return nil
}

type columnsJSON struct {
	header
	Columns []string   `json:"columns"`
	Parts   []stepJSON `json:"parts"`
}

// MarshalJSON writes all that was fitted, at full precision. A part of another
// package must write itself as an object with a member "kind" that is known to
// [Register].
func (f *FittedColumnTransformer) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	if len(g.steps) == 0 {
		return nil, notFitted("column transformer")
	}
	parts, err := encodeSteps(g.names, g.steps)
	if err != nil {
		return nil, err
	}
	return json.Marshal(columnsJSON{header{"column_transformer", 1}, g.columns, parts})
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat, also parts that share a column. It replaces what f was, so nobody
// else may be using f.
func (f *FittedColumnTransformer) UnmarshalJSON(data []byte) error {
	g, err := decodeColumns(data, 0, &budget{maxSteps, maxNested})
	if err != nil {
		return err
	}
	*f = *g
	return nil
}

func decodeColumns(data []byte, depth int, left *budget) (*FittedColumnTransformer, error) {
	var j columnsJSON
	names, steps, err := decodeSteps(data, "column_transformer", &j.header, &j, &j.Parts, depth, left)
	if err != nil {
		return nil, err
	}
	if err := checkColumns("column_transformer", j.Columns); err != nil {
		return nil, err
	}
	f, err := newColumnTransformer(j.Columns, names, steps)
	if err != nil {
		return nil, malformed("column_transformer", "%v", err)
	}
	return f, nil
}
