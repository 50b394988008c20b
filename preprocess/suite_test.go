package preprocess_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// subject is a transformer in the table of all, its type hidden.
type subject struct {
	name    string
	options any
	fit     func(x mat.Matrix, columns ...string) (preprocess.Fitted, error)
	both    func(x mat.Matrix, columns ...string) (preprocess.Fitted, *mat.Dense, error) // FitTransform
	missing bool                                                                         // takes NaN
	codes   bool                                                                         // is fitted on category codes
	amounts bool                                                                         // is fitted on values from 0
	named   bool                                                                         // needs the names of the columns, and may go column by column
	inexact bool                                                                         // takes sums, so that the order of rows may change the last bits
	lossy   bool                                                                         // the inverse does not give back all of what went in
}

func subjectOf[F preprocess.Fitted, T interface {
	preprocess.Transformer[F]
	FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (F, *mat.Dense, error)
}](name string, t T) subject {
	return subject{name: name, options: t, fit: func(x mat.Matrix, columns ...string) (preprocess.Fitted, error) {
		f, err := t.Fit(context.Background(), x, columns...)
		if err != nil {
			return nil, err
		}
		return f, nil
	}, both: func(x mat.Matrix, columns ...string) (preprocess.Fitted, *mat.Dense, error) {
		f, z, err := t.FitTransform(context.Background(), x, columns...)
		return f, z, err
	}}
}

func (s subject) with(change func(*subject)) subject {
	change(&s)
	return s
}

// subjects returns all transformers of the package, in every variant.
func subjects() []subject {
	var all []subject
	for _, s := range []preprocess.Strategy{preprocess.Median, preprocess.Mean, preprocess.MostFrequent, preprocess.Constant} {
		all = append(all, subjectOf("imputer "+s.String(), preprocess.Imputer{Strategy: s}).with(func(s *subject) {
			s.missing, s.lossy, s.inexact = true, true, true
		}))
	}
	for _, m := range []preprocess.Method{preprocess.Standard, preprocess.MinMax, preprocess.Robust} {
		all = append(all, subjectOf("scaler "+m.String(), preprocess.Scaler{Method: m}).with(func(s *subject) { s.inexact = true }))
	}
	for _, p := range []preprocess.PCA{{}, {Components: 2}, {Variance: 0.8}} {
		all = append(all, subjectOf(fmt.Sprintf("pca %+v", p), p).with(func(s *subject) {
			s.inexact, s.lossy = true, p != preprocess.PCA{}
		}))
	}
	for _, u := range []preprocess.UnknownPolicy{preprocess.Refuse, preprocess.Accept} {
		all = append(all, subjectOf("one-hot encoder "+u.String(), preprocess.OneHotEncoder{Unknown: u}).with(func(s *subject) { s.codes = true }))
	}
	chain := mainPipeline(3)
	nested := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("clean", preprocess.Pipeline{Steps: []preprocess.Step{
			preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.Mean}),
			preprocess.NewStep("scale", &preprocess.Scaler{Method: preprocess.Robust}),
		}}),
		preprocess.NewStep("project", &preprocess.Pipeline{Steps: []preprocess.Step{
			preprocess.NewStep("all", preprocess.PCA{}),
		}}),
	}}
	foreign := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}),
		preprocess.NewStep("double", doubler{}),
		preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.MinMax}),
	}}
	hot := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("hot", preprocess.OneHotEncoder{}),
		preprocess.NewStep("scale", preprocess.Scaler{}),
	}}
	return append(append(all, stepSubjects()...),
		subjectOf("pipeline", chain).with(func(s *subject) { s.missing, s.lossy, s.inexact = true, true, true }),
		subjectOf("pipeline nested", nested).with(func(s *subject) { s.missing, s.lossy, s.inexact = true, true, true }),
		subjectOf("pipeline with a foreign step", foreign).with(func(s *subject) { s.missing, s.lossy, s.inexact = true, true, true }),
		subjectOf("pipeline one-hot", hot).with(func(s *subject) { s.codes, s.inexact = true, true }),
	)
}

// doubler is a transformer of another package. What it fits embeds one of the
// library's types and so has its unexported methods, which must not be used
// behind its back.
type doubler struct{}

type fittedDoubler struct{ *preprocess.FittedScaler }

func (doubler) Fit(ctx context.Context, x mat.Matrix, columns ...string) (fittedDoubler, error) {
	f, err := preprocess.Scaler{}.Fit(ctx, x, columns...)
	return fittedDoubler{f}, err
}

func (f fittedDoubler) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	dst := new(mat.Dense)
	return dst, f.TransformTo(ctx, dst, x)
}

func (f fittedDoubler) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	if err := f.FittedScaler.TransformTo(ctx, dst, x); err != nil {
		return err
	}
	dst.Scale(2, dst)
	return nil
}

func (f fittedDoubler) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	var half mat.Dense
	half.Scale(0.5, z)
	return f.FittedScaler.InverseTransformTo(ctx, dst, &half)
}

func (f fittedDoubler) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(f.FittedScaler)
	return append([]byte(`{"kind":"doubler","scaler":`), append(data, '}')...), err
}

var registerDoubler = sync.OnceValue(func() error {
	return preprocess.Register("doubler", func(data []byte) (preprocess.Fitted, error) {
		var j struct{ Scaler *preprocess.FittedScaler }
		if err := json.Unmarshal(data, &j); err != nil {
			return nil, err
		}
		return fittedDoubler{j.Scaler}, nil
	})
})

var suiteColumns = []string{"age", "spent", "tenure", "children", "income"}

// data returns n rows of the five columns that the subject can be fitted on.
func (s subject) data(n int) *mat.Dense {
	rng := rand.New(rand.NewPCG(3, uint64(n)))
	x := mat.NewDense(n, len(suiteColumns), nil)
	x.Apply(func(i, j int, _ float64) float64 {
		switch {
		case s.codes:
			return float64(rng.IntN(j + 2))
		case s.missing && rng.Float64() < 0.1 && i > 0:
			return math.NaN()
		}
		v := rng.NormFloat64()*math.Pow(10, float64(j-1)) + 10*float64(j)
		if s.amounts {
			return math.Abs(v)
		}
		return v
	}, x)
	return x
}

// plain hides that a matrix is a *mat.Dense.
type plain struct{ m mat.Matrix }

func (p plain) Dims() (r, c int)    { return p.m.Dims() }
func (p plain) At(i, j int) float64 { return p.m.At(i, j) }
func (p plain) T() mat.Matrix       { return mat.Transpose{Matrix: p} }

// noRows is a matrix of five columns and no rows, which mat.Dense cannot be.
type noRows struct{ plain }

func (noRows) Dims() (r, c int) { return 0, 5 }

// bits returns the bit patterns of a matrix, so that NaN equals NaN and 0 is not −0.
func bits(m mat.Matrix) []uint64 {
	r, c := m.Dims()
	var all []uint64
	for i := range r {
		for j := range c {
			all = append(all, math.Float64bits(m.At(i, j)))
		}
	}
	return all
}

func same(t *testing.T, what string, got, want mat.Matrix) {
	t.Helper()
	gr, gc := got.Dims()
	wr, wc := want.Dims()
	if gr != wr || gc != wc || !slices.Equal(bits(got), bits(want)) {
		t.Errorf("%s: not the same bits:\n%.17g\nwant\n%.17g", what, mat.Formatted(got, mat.Excerpt(3)), mat.Formatted(want, mat.Excerpt(3)))
	}
}

func wantError(t *testing.T, what string, err, kind error, parts ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: the error is %v, want one that is %q", what, err, kind)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: the error is %q and should contain %q", what, err, part)
		}
	}
}

// The rows are more than one block of the library's blocks of 4096 values.
const suiteRows = 1900

func TestSuite(t *testing.T) {
	if err := registerDoubler(); err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			x := s.data(suiteRows)
			f, err := s.fit(x, suiteColumns...)
			if err != nil {
				t.Fatal(err)
			}
			want, err := f.Transform(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			t.Run("fit leaves input and options", func(t *testing.T) { checkFitLeaves(t, s, x) })
			t.Run("fit and transform", func(t *testing.T) { checkFitTransform(t, s, f, x, want) })
			t.Run("columns", func(t *testing.T) { checkColumns(t, s, f, x, want) })
			t.Run("destinations", func(t *testing.T) { checkDestinations(t, s, f, x, want) })
			t.Run("rows alone", func(t *testing.T) { checkRowsAlone(t, f, x, want) })
			t.Run("any matrix", func(t *testing.T) { checkAnyMatrix(t, s, f, x, want) })
			t.Run("bad matrices", func(t *testing.T) { checkBadMatrices(t, s, f) })
			t.Run("bad values", func(t *testing.T) { checkBadValues(t, s, f, x) })
			t.Run("concurrent", func(t *testing.T) { checkConcurrent(t, f, x, want) })
			t.Run("any number of processors", func(t *testing.T) { checkProcessors(t, s, x, want) })
			t.Run("order of rows", func(t *testing.T) { checkOrder(t, s, x, want) })
			t.Run("json", func(t *testing.T) { checkJSON(t, f, x, want) })
			t.Run("inverse", func(t *testing.T) { checkInverse(t, s, f, x, want) })
		})
	}
}

func checkFitLeaves(t *testing.T, s subject, x *mat.Dense) {
	before, options := mat.DenseCopyOf(x), fmt.Sprintf("%+v", s.options)
	columns := slices.Clone(suiteColumns)
	f, err := s.fit(x, columns...)
	if err != nil {
		t.Fatal(err)
	}
	z, err := f.Transform(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the input after fitting and transforming", x, before)
	if after := fmt.Sprintf("%+v", s.options); after != options {
		t.Errorf("the options were %s and became %s", options, after)
	}
	// What is the caller's can change without changing what was fitted.
	columns[0] = "changed"
	f.InputColumns()[1], f.OutputColumns()[0] = "changed", "changed"
	kept := mat.DenseCopyOf(x)
	x.Zero()
	defer x.Copy(kept)
	if slices.Contains(f.InputColumns(), "changed") || slices.Contains(f.OutputColumns(), "changed") {
		t.Errorf("the columns became %q and %q", f.InputColumns(), f.OutputColumns())
	}
	again, err := f.Transform(context.Background(), kept)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "a second transformation", again, z)
}

// checkFitTransform wants the bits of Fit and then Transform, and the errors of
// Fit.
func checkFitTransform(t *testing.T, s subject, f preprocess.Fitted, x, want *mat.Dense) {
	before := mat.DenseCopyOf(x)
	g, z, err := s.both(x, suiteColumns...)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "fitting and transforming at once", z, want)
	same(t, "the input after fitting and transforming", x, before)
	one, err1 := json.Marshal(f)
	two, err2 := json.Marshal(g)
	if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Errorf("fitted at once it is\n%s (%v), want\n%s (%v)", two, err2, one, err1)
	}
	if z, err = g.Transform(context.Background(), x); err != nil {
		t.Fatal(err)
	}
	same(t, "transforming again", z, want)
	for what, m := range map[string]mat.Matrix{"nil": nil, "no rows": noRows{}, "a panic": panicking{}} {
		_, want := s.fit(m)
		if _, z, err := s.both(m); z != nil || err == nil || err.Error() != want.Error() {
			t.Errorf("%s: %v, %v; want the error %v", what, z, err, want)
		}
	}
}

func checkColumns(t *testing.T, s subject, f preprocess.Fitted, x, want *mat.Dense) {
	if got := f.InputColumns(); !slices.Equal(got, suiteColumns) {
		t.Errorf("input columns %q, want %q", got, suiteColumns)
	}
	if _, c := want.Dims(); len(f.OutputColumns()) != c {
		t.Errorf("output columns %q for a matrix of %d", f.OutputColumns(), c)
	}
	g, err := s.fit(x)
	if s.named {
		if err == nil {
			t.Error("it was fitted on a matrix without names")
		}
	} else if err != nil {
		t.Fatal(err)
	} else if got := g.InputColumns(); !slices.Equal(got, []string{"x0", "x1", "x2", "x3", "x4"}) {
		t.Errorf("names that were not given are %q", got)
	}
	_, err = s.fit(x, "a", "b", "c", "d")
	wantError(t, "too few names", err, preprocess.ErrColumns, "4 column names", "5 columns")
	_, err = s.fit(x, "a", "b", "c", "b", "e")
	wantError(t, "a name twice", err, preprocess.ErrColumns, `columns 1 and 3`, `"b"`)
	_, err = s.fit(x, "a", "b", "", "d", "e")
	wantError(t, "an empty name", err, preprocess.ErrColumns, "column 2")
	_, err = s.fit(x, "a", "b", "c\xff", "d", "e")
	wantError(t, "a name in no UTF-8", err, preprocess.ErrColumns, "column 2", "UTF-8")
}

func checkDestinations(t *testing.T, s subject, f preprocess.Fitted, x, want *mat.Dense) {
	n, k := want.Dims()
	dst := mat.NewDense(n, k, nil)
	for i := range dst.RawMatrix().Data {
		dst.RawMatrix().Data[i] = math.NaN()
	}
	if err := f.TransformTo(context.Background(), dst, x); err != nil {
		t.Fatal(err)
	}
	same(t, "into a matrix", dst, want)

	var empty mat.Dense
	if err := f.TransformTo(context.Background(), &empty, x); err != nil {
		t.Fatal(err)
	}
	same(t, "into an empty matrix", &empty, want)

	larger := mat.NewDense(n+2, k+3, nil)
	if err := f.TransformTo(context.Background(), larger.Slice(1, n+1, 2, k+2).(*mat.Dense), x); err != nil {
		t.Fatal(err)
	}
	same(t, "into a part of a matrix", larger.Slice(1, n+1, 2, k+2), want)
	for i := range n + 2 {
		for j := range k + 3 {
			if inside := i >= 1 && i < n+1 && j >= 2 && j < k+2; !inside && larger.At(i, j) != 0 {
				t.Fatalf("outside of the part, row %d, column %d became %v", i, j, larger.At(i, j))
			}
		}
	}
	if _, c := x.Dims(); c == k {
		itself := mat.DenseCopyOf(x)
		if err := f.TransformTo(context.Background(), itself, itself); err != nil {
			t.Fatal(err)
		}
		same(t, "into the input", itself, want)
	}
	wantError(t, "nil", f.TransformTo(context.Background(), nil, x), preprocess.ErrDestination, "nil")
	err := f.TransformTo(context.Background(), mat.NewDense(n, k+1, nil), x)
	wantError(t, "too wide", err, preprocess.ErrDestination, fmt.Sprintf("%d×%d", n, k+1), fmt.Sprintf("%d×%d", n, k))
	err = f.TransformTo(context.Background(), mat.NewDense(n-1, k, nil), x)
	wantError(t, "too short", err, preprocess.ErrDestination, fmt.Sprintf("%d×%d", n-1, k))
}

func checkRowsAlone(t *testing.T, f preprocess.Fitted, x, want *mat.Dense) {
	n, k := want.Dims()
	for i := 0; i < n; i += 97 {
		z, err := f.Transform(context.Background(), x.Slice(i, i+1, 0, 5))
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("row %d alone", i), z, want.Slice(i, i+1, 0, k))
		if p, ok := f.(*preprocess.FittedPipeline); ok {
			row := mat.NewDense(1, k, nil)
			if err := p.TransformRow(row.RawRowView(0), x.RawRowView(i)); err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprintf("row %d as a slice", i), row, want.Slice(i, i+1, 0, k))
		}
	}
}

func checkAnyMatrix(t *testing.T, s subject, f preprocess.Fitted, x, want *mat.Dense) {
	wide := mat.NewDense(suiteRows, 9, nil)
	part := wide.Slice(0, suiteRows, 3, 8).(*mat.Dense)
	part.Copy(x)
	for what, m := range map[string]mat.Matrix{
		"a matrix of its own type": plain{x},
		"a transposed matrix":      mat.DenseCopyOf(x.T()).T(),
		"a part of a matrix":       part,
	} {
		z, err := f.Transform(context.Background(), m)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "transforming "+what, z, want)
		g, err := s.fit(m, suiteColumns...)
		if err != nil {
			t.Fatal(err)
		}
		if z, err = g.Transform(context.Background(), x); err != nil {
			t.Fatal(err)
		}
		same(t, "fitting on "+what, z, want)
	}
	z, err := f.Transform(context.Background(), new(mat.Dense))
	if err != nil || !z.IsEmpty() {
		t.Errorf("an empty matrix gives %v, %v", z, err)
	}
	z, err = f.Transform(context.Background(), noRows{})
	if err != nil || !z.IsEmpty() {
		t.Errorf("a matrix without rows gives %v, %v", z, err)
	}
}

// panicking is a matrix that cannot be read.
type panicking struct{ plain }

func (panicking) Dims() (r, c int)    { return 3, 5 }
func (panicking) At(i, j int) float64 { panic("no such element") }

type negative struct{ plain }

func (negative) Dims() (r, c int) { return -1, 5 }

func checkBadMatrices(t *testing.T, s subject, f preprocess.Fitted) {
	for what, m := range map[string]mat.Matrix{
		"nil": nil, "a nil *mat.Dense": (*mat.Dense)(nil), "one that panics": panicking{}, "one of negative size": negative{},
	} {
		_, err := f.Transform(context.Background(), m)
		wantError(t, "transforming "+what, err, preprocess.ErrMatrix)
		_, err = s.fit(m, suiteColumns...)
		wantError(t, "fitting on "+what, err, preprocess.ErrMatrix)
		if inverse, ok := f.(preprocess.Inverter); ok && !strings.Contains(what, "panics") {
			_, err = inverse.InverseTransform(context.Background(), m)
			wantError(t, "inverting "+what, err, preprocess.ErrMatrix)
		}
	}
	for what, m := range map[string]mat.Matrix{"an empty one": new(mat.Dense), "one without rows": noRows{}} {
		_, err := s.fit(m)
		wantError(t, "fitting on "+what, err, preprocess.ErrNoRows)
	}
	for _, width := range []int{4, 6} {
		_, err := f.Transform(context.Background(), mat.NewDense(2, width, nil))
		wantError(t, "another width", err, preprocess.ErrWidth, fmt.Sprintf("has %d,", width), "fitted were 5", "tenure")
		var e *preprocess.WidthError
		if !errors.As(err, &e) || e.Got != width || e.Want != 5 || !slices.Equal(e.Columns, suiteColumns) {
			t.Errorf("another width: %#v", e)
		}
	}
}

func checkBadValues(t *testing.T, s subject, f preprocess.Fitted, x *mat.Dense) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if v != v && s.missing {
			continue
		}
		bad := mat.DenseCopyOf(x)
		bad.Set(suiteRows-2, 3, v)
		bad.Set(suiteRows-1, 1, v)
		_, fitErr := s.fit(bad, suiteColumns...)
		_, err := f.Transform(context.Background(), bad)
		for what, err := range map[string]error{"fitting": fitErr, "transforming": err} {
			var e *preprocess.ValueError
			wantError(t, what, err, preprocess.ErrNotFinite)
			// A pipeline's or an imputer's fit goes column by column.
			if !errors.As(err, &e) || !(e.Row == suiteRows-2 && e.Column == "children" || (what == "fitting" || s.named) && e.Row == suiteRows-1 && e.Column == "spent") {
				t.Errorf("%s with %v in row %d, column children: %v", what, v, suiteRows-2, err)
			}
		}
	}
}

func checkConcurrent(t *testing.T, f preprocess.Fitted, x, want *mat.Dense) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				z, err := f.Transform(context.Background(), x)
				if err != nil || !slices.Equal(bits(z), bits(want)) {
					t.Error("another result beside other goroutines: ", err)
					return
				}
			}
		})
	}
	group.Wait()
}

func checkProcessors(t *testing.T, s subject, x, want *mat.Dense) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, n := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(n)
		f, err := s.fit(x, suiteColumns...)
		if err != nil {
			t.Fatal(err)
		}
		z, err := f.Transform(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("GOMAXPROCS %d", n), z, want)
	}
}

func checkOrder(t *testing.T, s subject, x, want *mat.Dense) {
	order := rand.New(rand.NewPCG(5, 6)).Perm(suiteRows)
	shuffled := mat.NewDense(suiteRows, 5, nil)
	for to, from := range order {
		shuffled.SetRow(to, x.RawRowView(from))
	}
	f, err := s.fit(shuffled, suiteColumns...)
	if err != nil {
		t.Fatal(err)
	}
	z, err := f.Transform(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if !s.inexact {
		same(t, "rows in another order", z, want)
		return
	}
	if !mat.EqualApprox(z, want, 1e-11) {
		t.Error("fitting on the rows in another order gives another result")
	}
}

func checkJSON(t *testing.T, f preprocess.Fitted, x, want *mat.Dense) {
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	g, err := preprocess.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprintf("%T", g) != fmt.Sprintf("%T", f) {
		t.Errorf("a %T became a %T", f, g)
	}
	z, err := g.Transform(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "after JSON", z, want)
	again, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, data) {
		t.Errorf("written again, the JSON is another:\n%s\n%s", again, data)
	}
	for _, cut := range []int{0, 1, len(data) / 2, len(data) - 1} {
		_, err := preprocess.Decode(data[:cut])
		wantError(t, fmt.Sprintf("cut at %d", cut), err, preprocess.ErrFormat)
	}
	_, err = preprocess.Decode(append(slices.Clone(data), "{}"...))
	wantError(t, "something behind", err, preprocess.ErrFormat)
}

func checkInverse(t *testing.T, s subject, f preprocess.Fitted, x, want *mat.Dense) {
	inverse, ok := f.(preprocess.Inverter)
	if !ok {
		t.Fatal("no inverse")
	}
	back, err := inverse.InverseTransform(context.Background(), want)
	if err != nil {
		t.Fatal(err)
	}
	if r, c := back.Dims(); r != suiteRows || c != 5 {
		t.Fatalf("the inverse is %d×%d", r, c)
	}
	if s.lossy {
		// What went is gone, but going there and back again changes nothing.
		again, err := f.Transform(context.Background(), back)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.EqualApprox(again, want, 1e-9) {
			t.Error("there, back and there again is not there")
		}
	} else if !mat.EqualApprox(back, x, 1e-9) {
		t.Error("there and back again is not where it began")
	}
	_, k := want.Dims()
	_, err = inverse.InverseTransform(context.Background(), mat.NewDense(2, k+1, nil))
	wantError(t, "inverse of another width", err, preprocess.ErrWidth, fmt.Sprintf("has %d,", k+1), fmt.Sprintf("fitted were %d", k), f.OutputColumns()[0])
	bad := mat.DenseCopyOf(want)
	bad.Set(7, 0, math.NaN())
	_, err = inverse.InverseTransform(context.Background(), bad)
	wantError(t, "inverse of NaN", err, preprocess.ErrNotFinite, "row 7", fmt.Sprintf("%q", f.OutputColumns()[0]))
	if empty, err := inverse.InverseTransform(context.Background(), new(mat.Dense)); err != nil || !empty.IsEmpty() {
		t.Errorf("the inverse of an empty matrix is %v, %v", empty, err)
	}
}

// fittedTypes has every fitted type, not fitted.
func fittedTypes() []preprocess.Fitted {
	return []preprocess.Fitted{
		&preprocess.FittedImputer{}, &preprocess.FittedScaler{}, &preprocess.FittedPCA{},
		&preprocess.FittedOneHotEncoder{}, &preprocess.FittedPipeline{},
		(*preprocess.FittedImputer)(nil), (*preprocess.FittedScaler)(nil), (*preprocess.FittedPCA)(nil),
		(*preprocess.FittedOneHotEncoder)(nil), (*preprocess.FittedPipeline)(nil),
		&preprocess.FittedLog1p{}, &preprocess.FittedQuantileTransformer{}, &preprocess.FittedPowerTransformer{}, &preprocess.FittedColumnTransformer{},
		(*preprocess.FittedLog1p)(nil), (*preprocess.FittedQuantileTransformer)(nil), (*preprocess.FittedPowerTransformer)(nil), (*preprocess.FittedColumnTransformer)(nil),
	}
}

func TestNotFitted(t *testing.T) {
	x := mat.NewDense(2, 5, nil)
	for _, f := range fittedTypes() {
		t.Run(fmt.Sprintf("%T %v", f, f == nil), func(t *testing.T) {
			_, err := f.Transform(context.Background(), x)
			wantError(t, "Transform", err, preprocess.ErrNotFitted)
			wantError(t, "TransformTo", f.TransformTo(context.Background(), new(mat.Dense), x), preprocess.ErrNotFitted)
			_, err = f.(preprocess.Inverter).InverseTransform(context.Background(), x)
			wantError(t, "InverseTransform", err, preprocess.ErrNotFitted)
			_, err = f.(json.Marshaler).MarshalJSON()
			wantError(t, "MarshalJSON", err, preprocess.ErrNotFitted)
			if f.InputColumns() != nil || f.OutputColumns() != nil {
				t.Error("it has columns")
			}
			switch f := f.(type) {
			case *preprocess.FittedImputer:
				if f.Statistics() != nil || f.Strategy() != preprocess.Median {
					t.Error("it has statistics")
				}
			case *preprocess.FittedScaler:
				if f.Center() != nil || f.Scale() != nil || f.Method() != preprocess.Standard {
					t.Error("it has a centre")
				}
			case *preprocess.FittedPCA:
				if f.Components() != nil || f.Mean() != nil || f.Loadings() != nil || f.ExplainedVariance() != nil ||
					f.ExplainedVarianceRatio() != nil || f.SingularValues() != nil {
					t.Error("it has components")
				}
			case *preprocess.FittedOneHotEncoder:
				if f.Categories() != nil || f.Words() != nil {
					t.Error("it has categories")
				}
			case *preprocess.FittedQuantileTransformer:
				if f.Quantiles() != nil || f.References() != nil || f.Output() != preprocess.Uniform {
					t.Error("it has quantiles")
				}
			case *preprocess.FittedPowerTransformer:
				if f.Lambdas() != nil || f.Scaler() != nil {
					t.Error("it has powers")
				}
			case *preprocess.FittedColumnTransformer:
				for range f.Parts() {
					t.Error("it has parts")
				}
			case *preprocess.FittedPipeline:
				if _, ok := f.Step("x"); ok {
					t.Error("it has a step")
				}
				if _, ok := preprocess.StepAs[*preprocess.FittedPCA](f, "x"); ok {
					t.Error("it has a step")
				}
				for range f.Steps() {
					t.Error("it has steps")
				}
				wantError(t, "TransformRow", f.TransformRow(nil, nil), preprocess.ErrNotFitted)
				_, err = f.Matrix(context.Background(), frame{})
				wantError(t, "Matrix", err, preprocess.ErrNotFitted)
				_, err = f.Row(nil)
				wantError(t, "Row", err, preprocess.ErrNotFitted)
				if f.Words() != nil {
					t.Error("it has words")
				}
			}
		})
	}
}
