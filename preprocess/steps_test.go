package preprocess_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

func TestLog1pDomain(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{0, 5, -0.5, -1})
	_, err := preprocess.Log1p{}.Fit(t.Context(), x, "spent", "balance")
	var e *preprocess.ValueError
	wantError(t, "-1", err, preprocess.ErrDomain, `"balance"`, "row 1", "-1")
	if !errors.As(err, &e) || e.Value != -1 {
		t.Errorf("the error is %#v", err)
	}
	f := must[*preprocess.FittedLog1p](t)(preprocess.Log1p{}.Fit(t.Context(), mat.NewDense(1, 1, []float64{1})))
	_, err = f.Transform(t.Context(), mat.NewDense(1, 1, []float64{-7}))
	wantError(t, "transforming -7", err, preprocess.ErrDomain)
	_, err = f.InverseTransform(t.Context(), mat.NewDense(1, 1, []float64{800}))
	wantError(t, "e^800", err, preprocess.ErrOverflow)
}

func TestQuantileTransformerOptions(t *testing.T) {
	x := mat.NewDense(3, 1, []float64{1, 2, 4})
	for _, q := range []preprocess.QuantileTransformer{{Quantiles: -1}, {Quantiles: 1}, {Quantiles: 100_001}, {Output: 2}, {Output: -1}} {
		_, err := q.Fit(t.Context(), x)
		wantError(t, fmt.Sprint(q), err, preprocess.ErrOptions)
	}
	_, err := preprocess.QuantileTransformer{}.Fit(t.Context(), mat.NewDense(2, 1, []float64{-1e308, 1e308}), "a")
	wantError(t, "a range beyond float64", err, preprocess.ErrOverflow, `"a"`)
	f := must[*preprocess.FittedQuantileTransformer](t)(preprocess.QuantileTransformer{}.Fit(t.Context(), x))
	if got := f.Quantiles(); len(got) != 1 || !slices.Equal(got[0], []float64{1, 2, 4}) {
		t.Errorf("the quantiles are %v", got)
	}
	if got := f.References(); !slices.Equal(got, []float64{0, 0.5, 1}) {
		t.Errorf("the references are %v", got)
	}
	if got, want := f.Output().String()+preprocess.Normal.String()+preprocess.Distribution(5).String(), "uniformnormalDistribution(5)"; got != want {
		t.Errorf("the distributions are named %q", got)
	}
}

// Ranks keep the order of values, whatever these are, and there is no value
// beyond the least and the greatest.
func TestRanksKeepOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		n := 1 + rng.IntN(200)
		x := mat.NewDense(n, 1, nil)
		x.Apply(func(_, _ int, _ float64) float64 { return math.Round(rng.NormFloat64()*5) / float64(1+rng.IntN(3)) }, x)
		for _, output := range []preprocess.Distribution{preprocess.Uniform, preprocess.Normal} {
			f, z, err := preprocess.QuantileTransformer{Quantiles: 2 + rng.IntN(n), Output: output}.FitTransform(t.Context(), x)
			if err != nil {
				t.Fatal(err)
			}
			order := make([]int, n)
			for i := range order {
				order[i] = i
			}
			slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, x.At(a, 0)-x.At(b, 0))) })
			for i, at := range order[1:] {
				if z.At(at, 0) < z.At(order[i], 0) {
					t.Fatalf("%v became %v, and %v %v", x.At(order[i], 0), z.At(order[i], 0), x.At(at, 0), z.At(at, 0))
				}
			}
			ends := must[*mat.Dense](t)(f.InverseTransform(t.Context(), mat.NewDense(2, 1, []float64{-9, 9})))
			if ends.At(0, 0) != mat.Min(x) || ends.At(1, 0) != mat.Max(x) {
				t.Fatalf("the ends are %v", mat.Formatted(ends))
			}
		}
	}
}

func TestPowerTransformer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(2000, 2, nil)
	x.Apply(func(_, j int, _ float64) float64 { return math.Exp(rng.NormFloat64()) * math.Pow(-1, float64(j)) }, x)
	f, z, err := preprocess.PowerTransformer{}.FitTransform(t.Context(), x, "right", "left")
	if err != nil {
		t.Fatal(err)
	}
	for j, name := range f.InputColumns() {
		if s := skewness(mat.Col(nil, j, z)); math.Abs(s) > 0.2 {
			t.Errorf("the skewness of %s was %v and is %v", name, skewness(mat.Col(nil, j, x)), s)
		}
	}
	_, err = f.InverseTransform(t.Context(), mat.NewDense(1, 2, []float64{50, 0}))
	wantError(t, "beyond what the transformation gives", err, preprocess.ErrDomain, `"right"`)
	for _, v := range []float64{1, -1e308, 1.7e308, 5e-324, 0} {
		g, z, err := preprocess.PowerTransformer{}.FitTransform(t.Context(), mat.NewDense(3, 1, []float64{v, v, v}))
		if err != nil || g.Lambdas()[0] != 1 || z.At(0, 0) != 0 {
			t.Errorf("of a constant %v: %v, %v", v, g, err)
		}
	}
	for e := -300; e <= 307; e++ {
		v := math.Pow(10, float64(e))
		for _, x := range [][]float64{{v, 2 * v, 5 * v, 0}, {-v, -2 * v, -5 * v, -v}, {-v, 2 * v, 5 * v, 0}} {
			_, err := preprocess.PowerTransformer{}.Fit(t.Context(), mat.NewDense(4, 1, x), "a")
			if e > 140 && x[0] < 0 && x[1] > 0 {
				if e > 145 {
					wantError(t, "both sides of 0", err, preprocess.ErrOverflow, `"a"`)
				}
			} else if err != nil {
				t.Errorf("%v: %v", x, err)
			}
		}
	}
}

// skewness returns the third standardised moment.
func skewness(values []float64) float64 {
	n, mean, second, third := float64(len(values)), 0.0, 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		second += (v - mean) * (v - mean) / n
		third += (v - mean) * (v - mean) * (v - mean) / n
	}
	return third / math.Pow(second, 1.5)
}

func TestColumnTransformerErrors(t *testing.T) {
	x := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 7})
	columns := []string{"a", "b", "a=1"}
	scale := preprocess.NewStep("scale", preprocess.Scaler{})
	for name, c := range map[string]struct {
		parts []preprocess.Part
		kind  error
		part  string
	}{
		"no parts":            {nil, preprocess.ErrOptions, "no steps"},
		"no transformer":      {[]preprocess.Part{{Columns: []string{"a"}}}, preprocess.ErrOptions, "NewStep"},
		"no columns":          {[]preprocess.Part{{Step: scale}}, preprocess.ErrOptions, `"scale"`},
		"no such column":      {[]preprocess.Part{{Columns: []string{"c"}, Step: scale}}, preprocess.ErrColumns, `"c"`},
		"a column twice":      {[]preprocess.Part{{Columns: []string{"a", "a"}, Step: scale}}, preprocess.ErrColumns, `"a"`},
		"two of one name":     {[]preprocess.Part{{Columns: []string{"a"}, Step: scale}, {Columns: []string{"b"}, Step: scale}}, preprocess.ErrOptions, `"scale"`},
		"an output twice":     {[]preprocess.Part{{Columns: []string{"a"}, Step: preprocess.NewStep("hot", preprocess.OneHotEncoder{})}}, preprocess.ErrOptions, `"a=1"`},
		"two of one column":   {[]preprocess.Part{{Columns: []string{"a"}, Step: scale}, {Columns: []string{"b", "a"}, Step: preprocess.NewStep("log", preprocess.Log1p{})}}, preprocess.ErrOptions, `"log"`},
		"a step that refuses": {[]preprocess.Part{{Columns: []string{"a", "b"}, Step: preprocess.NewStep("pca", preprocess.PCA{Components: 9})}}, preprocess.ErrOptions, `step "pca"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := preprocess.ColumnTransformer{Parts: c.parts}.Fit(t.Context(), x, columns...)
			wantError(t, "Fit", err, c.kind, c.part)
		})
	}
	self := &preprocess.ColumnTransformer{Parts: []preprocess.Part{{Columns: []string{"a"}}}}
	self.Parts[0].Step = preprocess.NewStep("self", self)
	_, err := self.Fit(t.Context(), x, columns...)
	wantError(t, "one that holds itself", err, preprocess.ErrOptions, "32")
	bad := mat.DenseCopyOf(x)
	bad.Set(1, 1, math.NaN())
	_, err = preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("columns", preprocess.ColumnTransformer{Parts: []preprocess.Part{{Columns: []string{"a"}, Step: scale}}}), scale,
	}}.Fit(t.Context(), bad, columns...)
	wantError(t, "NaN that passes through", err, preprocess.ErrNotFinite, `"b"`, "row 1")
	many := preprocess.ColumnTransformer{}
	var names []string
	for i := range 1001 {
		names = append(names, fmt.Sprint("c", i))
		many.Parts = append(many.Parts, preprocess.Part{Columns: names[i:], Step: preprocess.NewStep(names[i], preprocess.Imputer{})})
	}
	_, err = many.Fit(t.Context(), mat.NewDense(1, 1001, nil), names...)
	wantError(t, "too many parts", err, preprocess.ErrOptions, "1001 steps")
}

func TestWords(t *testing.T) {
	ctx := t.Context()
	x := mat.NewDense(3, 2, []float64{0, 1, 1, 5, 0, 1})
	words := map[string][]string{"gender": {"Female", "Male"}}
	for name, c := range map[string]struct {
		encoder preprocess.OneHotEncoder
		part    string
	}{
		"of no column":  {preprocess.OneHotEncoder{Words: map[string][]string{"sex": {"a"}}}, `"sex"`},
		"none":          {preprocess.OneHotEncoder{Words: map[string][]string{"gender": {}}}, "0 words"},
		"too many":      {preprocess.OneHotEncoder{Words: words, MaxCategories: 1}, "2 words"},
		"that descend":  {preprocess.OneHotEncoder{Words: map[string][]string{"gender": {"b", "a"}}}, `"a"`},
		"that repeat":   {preprocess.OneHotEncoder{Words: map[string][]string{"gender": {"b", "b"}}}, `"b"`},
		"an empty one":  {preprocess.OneHotEncoder{Words: map[string][]string{"gender": {"", "b"}}}, `""`},
		"no valid text": {preprocess.OneHotEncoder{Words: map[string][]string{"gender": {"a\xff"}}}, "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.encoder.Fit(ctx, x, "gender", "size")
			wantError(t, "Fit", err, preprocess.ErrOptions, c.part)
		})
	}
	for _, code := range []float64{2, -1, 0.5, -2} {
		x := mat.NewDense(1, 1, []float64{code})
		for _, policy := range []preprocess.UnknownPolicy{preprocess.Refuse, preprocess.Accept} {
			_, err := preprocess.OneHotEncoder{Words: words, Unknown: policy}.Fit(ctx, x, "gender")
			if policy == preprocess.Accept && code == -1 {
				if err != nil {
					t.Error(err)
				}
				continue
			}
			wantError(t, fmt.Sprint("code ", code), err, preprocess.ErrUnknownCategory, `"gender"`)
		}
	}
	f := must[*preprocess.FittedOneHotEncoder](t)(preprocess.OneHotEncoder{Words: words, Unknown: preprocess.Accept}.Fit(ctx, x, "gender", "size"))
	if got, want := f.OutputColumns(), []string{"gender=Female", "gender=Male", "size=1", "size=5"}; !slices.Equal(got, want) {
		t.Errorf("the columns are %q, want %q", got, want)
	}
	z := must[*mat.Dense](t)(f.Transform(ctx, mat.NewDense(1, 2, []float64{-1, 7})))
	if mat.Max(z) != 0 {
		t.Errorf("unseen ones became %v", mat.Formatted(z))
	}
	_, err := f.Transform(ctx, mat.NewDense(1, 2, []float64{2, 1}))
	wantError(t, "a code of no word", err, preprocess.ErrUnknownCategory, `"gender"`)
}

func TestEncode(t *testing.T) {
	ctx := t.Context()
	all := frame{
		map[string][]float64{"age": {30, 40, math.NaN()}, "short": {1}},
		map[string][]string{"gender": {"Male", "", "Female"}, "none": {"", "", ""}, "bad": {"a\xff", "b", "c"}, "two": {"a", "b"}},
	}
	x, words, err := preprocess.Encode(ctx, all, []string{"gender", "age"}, "gender")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the codes", x, mat.NewDense(3, 2, []float64{1, 30, math.NaN(), 40, 0, math.NaN()}))
	if got := words["gender"]; len(words) != 1 || !slices.Equal(got, []string{"Female", "Male"}) {
		t.Errorf("the words are %v", words)
	}
	x, _, err = preprocess.Encode(ctx, all, []string{"gender"}, "gender")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "words alone", x, mat.NewDense(3, 1, []float64{1, math.NaN(), 0}))
	for name, c := range map[string]struct {
		table   preprocess.Table
		columns []string
		words   []string
		kind    error
		part    string
	}{
		"nil":             {nil, []string{"age"}, nil, preprocess.ErrMatrix, "nil"},
		"nil words":       {(*frame)(nil), []string{"gender"}, []string{"gender"}, preprocess.ErrMatrix, "nil"},
		"no columns":      {all, nil, nil, preprocess.ErrColumns, ""},
		"no such words":   {all, []string{"age"}, []string{"gender"}, preprocess.ErrColumns, `"gender"`},
		"a column twice":  {all, []string{"age", "age"}, nil, preprocess.ErrColumns, `"age"`},
		"no word":         {all, []string{"none"}, []string{"none"}, preprocess.ErrAllMissing, `"none"`},
		"no valid text":   {all, []string{"bad"}, []string{"bad"}, preprocess.ErrOptions, `"bad"`},
		"another length":  {all, []string{"age", "two"}, []string{"two"}, preprocess.ErrMatrix, `"two" has 2 rows`},
		"another length ": {all, []string{"gender", "short"}, []string{"gender"}, preprocess.ErrMatrix, `"gender" has 3 rows`},
		"no rows":         {frame{nil, map[string][]string{}}, []string{"x"}, nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x, words, err := preprocess.Encode(ctx, c.table, c.columns, c.words...)
			if x != nil || words != nil || err == nil {
				t.Fatalf("it gave %v, %v and %v", x, words, err)
			}
			if c.kind != nil {
				wantError(t, "Encode", err, c.kind, c.part)
			}
		})
	}
}

// wordPipeline imputes and encodes a column of words beside one of numbers.
func wordPipeline(words map[string][]string, policy preprocess.UnknownPolicy) preprocess.Pipeline {
	return preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.MostFrequent}),
		preprocess.NewStep("encode", preprocess.ColumnTransformer{Parts: []preprocess.Part{
			{Columns: []string{"gender"}, Step: preprocess.NewStep("words", preprocess.OneHotEncoder{Words: words, Unknown: policy})},
		}}),
	}}
}

func TestPipelineOfWords(t *testing.T) {
	ctx := t.Context()
	all := frame{map[string][]float64{"age": {30, 40, 50}}, map[string][]string{"gender": {"Male", "", "Female"}}}
	x, words, err := preprocess.Encode(ctx, all, []string{"age", "gender"}, "gender")
	if err != nil {
		t.Fatal(err)
	}
	refuse := must[*preprocess.FittedPipeline](t)(wordPipeline(words, preprocess.Refuse).Fit(ctx, x, "age", "gender"))
	accept := must[*preprocess.FittedPipeline](t)(wordPipeline(words, preprocess.Accept).Fit(ctx, x, "age", "gender"))
	// Read from JSON, a pipeline knows its words.
	written := must[[]byte](t)(json.Marshal(accept))
	if err := json.Unmarshal(written, accept); err != nil {
		t.Fatal(err)
	}
	other := frame{map[string][]float64{"age": {1, 2}}, map[string][]string{"gender": {"Female", "Divers"}}}
	_, err = refuse.Matrix(ctx, other)
	wantError(t, "an unseen word", err, preprocess.ErrUnknownCategory, "row 1", `"gender"`, `"Divers"`, `"Female" "Male"`)
	same(t, "an accepted word", must[*mat.Dense](t)(accept.Matrix(ctx, other)), mat.NewDense(2, 2, []float64{1, 0, 2, -1}))
	_, err = refuse.Row(map[string]any{"age": 3, "gender": "Divers"})
	wantError(t, "a row of an unseen word", err, preprocess.ErrUnknownCategory, `"Divers"`, `"gender"`)
	for name, c := range map[string]struct {
		row  map[string]any
		want []float64
	}{
		"an int":      {map[string]any{"age": 3, "gender": "Male"}, []float64{3, 1}},
		"a uint8":     {map[string]any{"age": uint8(3), "gender": "", "more": "x"}, []float64{3, math.NaN()}},
		"a float32":   {map[string]any{"age": float32(3), "gender": nil}, []float64{3, math.NaN()}},
		"nil":         {map[string]any{"age": nil, "gender": "Female"}, []float64{math.NaN(), 0}},
		"true":        {map[string]any{"age": true, "gender": "Divers"}, []float64{1, -1}},
		"false":       {map[string]any{"age": false, "gender": "Male"}, []float64{0, 1}},
		"no age":      {map[string]any{"gender": "Male"}, nil},
		"a word":      {map[string]any{"age": "old", "gender": "Male"}, nil},
		"a number":    {map[string]any{"age": 3, "gender": 1}, nil},
		"another nil": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := accept.Row(c.row)
			if (err == nil) != (c.want != nil) {
				t.Fatalf("it gave %v, %v", got, err)
			}
			if c.want != nil {
				same(t, "the row", mat.NewDense(1, 2, got), mat.NewDense(1, 2, c.want))
			} else if !strings.Contains(err.Error(), `column "`) {
				t.Errorf("the error does not name the column: %v", err)
			}
		})
	}
	// A scaler before the encoder makes other numbers of codes: then there are no words.
	scaled := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}), preprocess.NewStep("scale", preprocess.Scaler{}), preprocess.NewStep("hot", preprocess.OneHotEncoder{}),
	}}
	if f := must[*preprocess.FittedPipeline](t)(scaled.Fit(ctx, x, "age", "gender")); f.Words() != nil {
		t.Errorf("the words are %v", f.Words())
	}
}

// stepFits are fits of the steps for TestCancel.
func stepFits(x *mat.Dense) map[string]func(context.Context) (preprocess.Fitted, error) {
	return map[string]func(context.Context) (preprocess.Fitted, error){
		"log1p": func(ctx context.Context) (preprocess.Fitted, error) { return preprocess.Log1p{}.Fit(ctx, x) },
		"quantile transformer": func(ctx context.Context) (preprocess.Fitted, error) {
			return preprocess.QuantileTransformer{}.Fit(ctx, x)
		},
		"power transformer": func(ctx context.Context) (preprocess.Fitted, error) { return preprocess.PowerTransformer{}.Fit(ctx, x) },
		"column transformer": func(ctx context.Context) (preprocess.Fitted, error) {
			return preprocess.ColumnTransformer{Parts: []preprocess.Part{{Columns: []string{"x1"}, Step: preprocess.NewStep("log", preprocess.Log1p{})}}}.Fit(ctx, x)
		},
		"column transformer with a step of another package": func(ctx context.Context) (preprocess.Fitted, error) {
			return preprocess.ColumnTransformer{Parts: []preprocess.Part{{Columns: []string{"x1"}, Step: preprocess.NewStep("odd", doubler{})}}}.Fit(ctx, x)
		},
	}
}

func TestEncodeCancel(t *testing.T) {
	words := make([]string, 20_000)
	for i := range words {
		words[i] = fmt.Sprint(i % 7)
	}
	for _, look := range []int{1, 3, 7} {
		_, _, err := preprocess.Encode(endsAt(t, look), frame{nil, map[string][]string{"a": words}}, []string{"a"}, "a")
		if !errors.Is(err, context.Canceled) || !errors.Is(err, errOperator) {
			t.Errorf("cancelled at look %d: %v", look, err)
		}
	}
}

// As TestSameBitsOnEveryMachine, of the steps whose functions package math has in
// assembly on some architectures.
func TestStepsSameBitsOnEveryMachine(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	x := mat.NewDense(2000, 3, nil)
	x.Apply(func(_, j int, _ float64) float64 {
		return (rng.Float64() - float64(0.3*float64(j))) * 100 * rng.Float64()
	}, x)
	sum := sha256.New()
	f, z, err := preprocess.ColumnTransformer{Parts: []preprocess.Part{
		{Columns: []string{"a"}, Step: preprocess.NewStep("log", preprocess.Log1p{})},
		{Columns: []string{"b", "c"}, Step: preprocess.NewStep("ranks", preprocess.Pipeline{Steps: []preprocess.Step{
			preprocess.NewStep("power", preprocess.PowerTransformer{}),
			preprocess.NewStep("rank", preprocess.QuantileTransformer{Output: preprocess.Normal, Quantiles: 30}),
		}})},
	}}.FitTransform(t.Context(), x, "a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	sum.Write(must[[]byte](t)(json.Marshal(f)))
	sum.Write(must[[]byte](t)(json.Marshal(z.RawMatrix().Data)))
	back := must[*mat.Dense](t)(f.InverseTransform(t.Context(), z))
	sum.Write(must[[]byte](t)(json.Marshal(back.RawMatrix().Data)))
	const want = "6365117edcf73f261f0d14885599b48b664aa85e77b080b54ef599bd77a244f0"
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("the checksum of all results is %s, want %s", got, want)
	}
}
