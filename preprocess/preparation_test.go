package preprocess_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// customers returns a table whose columns are chosen on differently.
func customers(n int) frame {
	rng := rand.New(rand.NewPCG(7, 8))
	f := frame{map[string][]float64{}, map[string][]string{}}
	for range n {
		amount := math.Exp(2 + 1.5*rng.NormFloat64())
		for name, v := range map[string]float64{
			"age": 20 + 60*rng.Float64(), "spent": amount, "balance": amount - 3, "left": -amount,
			"flag": map[bool]float64{true: 1}[rng.IntN(40) == 0], "share": 0.01 * amount / 1e6,
		} {
			f.numbers[name] = append(f.numbers[name], v)
		}
		f.words["city"] = append(f.words["city"], []string{"Bern", "Basel", ""}[rng.IntN(3)])
		f.words["gender"] = append(f.words["gender"], []string{"Female", "Male"}[rng.IntN(2)])
	}
	f.numbers["age"][3] = math.NaN()
	f.numbers["age"][9] = math.NaN()
	return f
}

func kinds(choices []preprocess.Choice) (all []string) {
	for _, c := range choices {
		all = append(all, c.Kind.String()+" "+c.Column)
	}
	return all
}

func TestChoose(t *testing.T) {
	ctx := t.Context()
	all := customers(400)
	for name, c := range map[string]struct {
		columns, words []string
		options        preprocess.Preparation
		want, steps    []string
	}{
		"numbers": {[]string{"age", "spent"}, nil, preprocess.Preparation{},
			[]string{"impute_median age", "take_log spent", "standardise ", "keep_columns "}, []string{"impute", "log", "scale"}},
		"nothing skewed": {[]string{"age", "left", "flag"}, nil, preprocess.Preparation{},
			[]string{"impute_median age", "standardise ", "keep_columns "}, []string{"impute", "scale"}},
		"negative": {[]string{"balance", "spent", "share"}, nil, preprocess.Preparation{},
			[]string{"keep_skewed balance", "take_log spent", "take_log share", "standardise ", "keep_columns "}, []string{"impute", "log", "scale"}},
		"no logarithms": {[]string{"spent"}, nil, preprocess.Preparation{Skewness: math.Inf(1)},
			[]string{"standardise ", "keep_columns "}, []string{"impute", "scale"}},
		"words": {[]string{"gender", "age", "city"}, []string{"city", "gender"}, preprocess.Preparation{},
			[]string{"impute_median age", "impute_most_frequent city", "encode_words gender", "encode_words city", "standardise ", "keep_columns "}, []string{"impute", "encode", "scale"}},
		"words alone": {[]string{"gender"}, []string{"gender"}, preprocess.Preparation{},
			[]string{"encode_words gender", "standardise ", "keep_columns "}, []string{"impute", "encode", "scale"}},
		"many": {[]string{"gender", "age", "city", "spent", "left", "flag"}, []string{"city", "gender"}, preprocess.Preparation{},
			[]string{"impute_median age", "impute_most_frequent city", "take_log spent", "encode_words gender", "encode_words city", "standardise ", "take_components "},
			[]string{"impute", "log", "encode", "scale", "pca"}},
		"many without components": {[]string{"age", "spent", "left", "flag", "share", "balance"}, nil, preprocess.Preparation{PCAAbove: -1, Skewness: 1e9},
			[]string{"impute_median age", "standardise ", "keep_columns "}, []string{"impute", "scale"}},
		"components of two": {[]string{"age", "left"}, nil, preprocess.Preparation{PCAAbove: 1, Variance: 1},
			[]string{"impute_median age", "standardise ", "take_components "}, []string{"impute", "scale", "pca"}},
	} {
		t.Run(name, func(t *testing.T) {
			x, words, err := preprocess.Encode(ctx, all, c.columns, c.words...)
			if err != nil {
				t.Fatal(err)
			}
			c.options.Words = words
			p, choices, err := c.options.Choose(ctx, x, c.columns...)
			if err != nil {
				t.Fatal(err)
			}
			if got := kinds(choices); !slices.Equal(got, c.want) {
				t.Errorf("it chose %q, want %q", got, c.want)
			}
			f, z, err := p.FitTransform(ctx, x, c.columns...)
			if err != nil {
				t.Fatal(err)
			}
			checkFinite(t, z)
			var steps []string
			for name := range f.Steps() {
				steps = append(steps, name)
			}
			if !slices.Equal(steps, c.steps) {
				t.Errorf("the steps are %q, want %q", steps, c.steps)
			}
			if len(words) != len(f.Words()) {
				t.Errorf("the pipeline knows the words of %d columns, want %d", len(f.Words()), len(words))
			}
			if _, err := preprocess.Decode(must[[]byte](t)(json.Marshal(f))); err != nil {
				t.Error(err)
			}
		})
	}
}

// The figures of a choice are those that decided.
func TestChoiceFigures(t *testing.T) {
	x := mat.NewDense(6, 2, []float64{1, 0, 2, math.NaN(), 3, 1, 4, math.NaN(), 5, 0, 100, -3})
	_, choices, err := preprocess.Preparation{}.Choose(t.Context(), x, "spent", "balance")
	if err != nil {
		t.Fatal(err)
	}
	raw, logs := []float64{1, 2, 3, 4, 5, 100}, make([]float64, 6)
	for i, v := range raw {
		logs[i] = math.Log1p(v)
	}
	if c := choices[0]; c != (preprocess.Choice{Kind: preprocess.ImputeMedian, Column: "balance", Missing: 2}) {
		t.Errorf("the first choice is %+v", c)
	}
	if c := choices[1]; c.Kind != preprocess.TakeLog || c.Column != "spent" || c.Least != 1 || c.Limit != 1 ||
		math.Abs(c.Skewness-skewness(raw)) > 1e-12 || math.Abs(c.LogSkew-skewness(logs)) > 1e-12 {
		t.Errorf("the second choice is %+v", c)
	}
	if c := choices[3]; c.Kind != preprocess.KeepColumns || c.Columns != 2 || c.Limit != 5 {
		t.Errorf("the last choice is %+v", c)
	}
}

func TestChooseErrors(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1, math.NaN(), 2, math.NaN()})
	for name, c := range map[string]struct {
		options preprocess.Preparation
		x       mat.Matrix
		kind    error
		part    string
	}{
		"policy":         {preprocess.Preparation{Unknown: 5}, x, preprocess.ErrOptions, "5"},
		"skewness":       {preprocess.Preparation{Skewness: -1}, x, preprocess.ErrOptions, "-1"},
		"skewness NaN":   {preprocess.Preparation{Skewness: math.NaN()}, x, preprocess.ErrOptions, "NaN"},
		"variance":       {preprocess.Preparation{Variance: 2}, x, preprocess.ErrOptions, "2"},
		"words":          {preprocess.Preparation{Words: map[string][]string{"c": {"x"}}}, x, preprocess.ErrOptions, `"c"`},
		"no value":       {preprocess.Preparation{}, x, preprocess.ErrAllMissing, `"b"`},
		"infinite":       {preprocess.Preparation{}, mat.NewDense(2, 2, []float64{1, 2, 1, math.Inf(-1)}), preprocess.ErrNotFinite, `"b"`},
		"no rows":        {preprocess.Preparation{}, new(mat.Dense), preprocess.ErrNoRows, ""},
		"another width":  {preprocess.Preparation{}, mat.NewDense(1, 3, nil), preprocess.ErrColumns, ""},
		"an odd matrix ": {preprocess.Preparation{}, panicking{}, preprocess.ErrColumns, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := c.options.Choose(t.Context(), c.x, "a", "b")
			wantError(t, "Choose", err, c.kind, c.part)
		})
	}
	if _, _, err := (preprocess.Preparation{}).Choose(endsAt(t, 2), mat.NewDense(9, 3, nil)); err == nil {
		t.Error("it was not cancelled")
	}
	if got := preprocess.TakeComponents.String() + preprocess.ChoiceKind(99).String(); got != "take_componentsChoiceKind(99)" {
		t.Errorf("the kinds are named %q", got)
	}
}

// Whatever the numbers, the pipeline that is chosen can be fitted, or it is said
// why there is none.
func FuzzChoose(f *testing.F) {
	f.Add(1.0, 2.0, 30.0, 4.0, 5.0, 600.0)
	f.Add(1e300, -1e300, 1e-300, 0.0, math.NaN(), 5e-324)
	f.Add(0.0, 0.0, 1e-160, 1e200, 1e201, 1e202)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g float64) {
		for _, width := range []int{1, 2, 6} {
			x := mat.NewDense(6/width, width, []float64{a, b, c, d, e, g})
			p, choices, err := preprocess.Preparation{}.Choose(t.Context(), x)
			if err != nil {
				continue
			}
			for _, choice := range choices {
				if math.IsNaN(choice.Skewness) || math.IsInf(choice.Skewness, 0) {
					t.Fatalf("of %v: %+v", mat.Formatted(x), choice)
				}
			}
			fitted, err := p.Fit(t.Context(), x)
			if err != nil {
				continue
			}
			if z, err := fitted.Transform(t.Context(), x); err == nil {
				checkFinite(t, z)
			} else {
				t.Log(fmt.Sprint(err))
			}
		}
	})
}
