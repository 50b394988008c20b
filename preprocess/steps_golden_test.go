package preprocess_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// stepsGolden is what testdata/steps.py wrote: scikit-learn's figures.
type stepsGolden struct {
	Cases []struct {
		X, Far   table
		Skewness []float64
		Log1p    struct{ Transformed, Inverse table }
		Quantile []struct {
			Quantiles                                  int
			Output                                     string
			Fitted, Transformed, Far, Inverse, Between table
			BetweenInverse                             table `json:"between_inverse"`
		}
		Power []struct {
			Standardize            bool
			Lambdas, Center, Scale []float64
			Transformed, Inverse   table
		}
	}
	Table struct {
		Income, Age, Spent      table
		Gender, City            []string
		Categories              [][]string
		Prepared, Whole, Unseen table
		UnseenWhole             table `json:"unseen_whole"`
		Passed                  table
	}
}

func readStepsGolden(t *testing.T) stepsGolden {
	t.Helper()
	data, err := os.ReadFile("testdata/steps.json")
	if err != nil {
		t.Fatal(err)
	}
	var g stepsGolden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Cases) != 5 || len(g.Table.City) != 60 {
		t.Fatal("no cases in the reference figures")
	}
	return g
}

func TestGoldenLog1p(t *testing.T) {
	for i, c := range readStepsGolden(t).Cases {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			x := c.X.dense()
			x.Apply(func(_, _ int, v float64) float64 { return math.Abs(v) }, x)
			f, z, err := preprocess.Log1p{}.FitTransform(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			nearColumns(t, "transformed", z, c.Log1p.Transformed, 1e-15)
			nearColumns(t, "inverse", must[*mat.Dense](t)(f.InverseTransform(context.Background(), z)), c.Log1p.Inverse, 1e-14)
		})
	}
}

func TestGoldenQuantileTransformer(t *testing.T) {
	outputs := map[string]preprocess.Distribution{"uniform": preprocess.Uniform, "normal": preprocess.Normal}
	for i, c := range readStepsGolden(t).Cases {
		for _, want := range c.Quantile {
			t.Run(fmt.Sprintf("%d/%d %s", i, want.Quantiles, want.Output), func(t *testing.T) {
				f, z, err := preprocess.QuantileTransformer{Quantiles: max(2, want.Quantiles), Output: outputs[want.Output]}.FitTransform(context.Background(), c.X.dense())
				if err != nil {
					t.Fatal(err)
				}
				for j, q := range f.Quantiles() {
					near(t, fmt.Sprint("quantiles of column ", j), q, want.Fitted[j], 1e-15)
				}
				nearColumns(t, "transformed", z, want.Transformed, 1e-13)
				if len(c.X) == 1 {
					want.Far = want.Far[:5] // see QuantileTransformer
					c.Far = c.Far[:5]
				}
				nearColumns(t, "far", must[*mat.Dense](t)(f.Transform(context.Background(), c.Far.dense())), want.Far, 1e-13)
				nearColumns(t, "inverse", must[*mat.Dense](t)(f.InverseTransform(context.Background(), z)), want.Inverse, 1e-13)
				nearColumns(t, "inverse of others", must[*mat.Dense](t)(f.InverseTransform(context.Background(), want.Between.dense())), want.BetweenInverse, 1e-13)
			})
		}
	}
}

// scikit-learn's λ is known to 1e-6 only, for the likelihood is flat at its top
// and rounding decides where the search ends. So what is made of the same λ is
// compared too, and that ours is as likely.
func TestGoldenPowerTransformer(t *testing.T) {
	for i, c := range readStepsGolden(t).Cases {
		for _, want := range c.Power {
			t.Run(fmt.Sprint(i, " ", want.Standardize), func(t *testing.T) {
				ctx := context.Background()
				f, z, err := preprocess.PowerTransformer{Unscaled: !want.Standardize}.FitTransform(ctx, c.X.dense())
				if err != nil {
					t.Fatal(err)
				}
				for j, l := range f.Lambdas() {
					if math.Abs(l-want.Lambdas[j]) > 1e-6*max(1, math.Abs(want.Lambdas[j])) {
						t.Errorf("λ of column %d is %v, scikit-learn's is %v", j, l, want.Lambdas[j])
					}
					x := mat.Col(nil, j, c.X.dense())
					if ours, theirs := likelihood(x, l), likelihood(x, want.Lambdas[j]); ours < theirs-1e-12*math.Abs(theirs) {
						t.Errorf("λ of column %d has the likelihood %v, scikit-learn's %v", j, ours, theirs)
					}
				}
				far(t, "transformed", z, want.Transformed, 1e-6)
				same := new(preprocess.FittedPowerTransformer)
				written := map[string]any{"kind": "power_transformer", "version": 1, "columns": f.InputColumns(), "lambdas": want.Lambdas}
				if want.Standardize {
					written["center"], written["scale"] = want.Center, want.Scale
				}
				data, err := json.Marshal(written)
				if err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(data, same); err != nil {
					t.Fatal(err)
				}
				z = must[*mat.Dense](t)(same.Transform(ctx, c.X.dense()))
				far(t, "transformed with the same λ", z, want.Transformed, 1e-13)
				far(t, "inverse", must[*mat.Dense](t)(same.InverseTransform(ctx, z)), want.Inverse, 1e-7)
			})
		}
	}
}

// far fails where a column is further from the wanted one than tol times its largest
// value, or than tol itself: a column of rounding alone has no size.
func far(t *testing.T, what string, got mat.Matrix, want table, tol float64) {
	t.Helper()
	for j := range want[0] {
		column := mat.Col(nil, j, want.dense())
		largest := max(1, mat.Max(mat.NewVecDense(len(column), column)), -mat.Min(mat.NewVecDense(len(column), column)))
		for i, v := range column {
			if !(math.Abs(got.At(i, j)-v) <= tol*largest) {
				t.Errorf("%s: row %d, column %d is %v, scikit-learn's is %v", what, i, j, got.At(i, j), v)
			}
		}
	}
}

// likelihood returns the logarithm of the likelihood of λ, as Yeo & Johnson have it.
func likelihood(x []float64, lambda float64) float64 {
	n, mean, logs, variance := float64(len(x)), 0.0, 0.0, 0.0
	z := make([]float64, len(x))
	for i, v := range x {
		switch {
		case v >= 0 && lambda != 0:
			z[i] = math.Expm1(lambda*math.Log1p(v)) / lambda
		case v >= 0:
			z[i] = math.Log1p(v)
		case lambda != 2:
			z[i] = -math.Expm1((2-lambda)*math.Log1p(-v)) / (2 - lambda)
		default:
			z[i] = -math.Log1p(-v)
		}
		logs += math.Copysign(math.Log1p(math.Abs(v)), v)
		mean += z[i] / n
	}
	for _, v := range z {
		variance += (v - mean) * (v - mean) / n
	}
	if variance == 0 {
		return 0 // of a constant column, for any λ
	}
	return -n/2*math.Log(variance) + (lambda-1)*logs
}

// column returns the first column of a table.
func (t table) column() []float64 { return mat.Col(nil, 0, t.dense()) }

// frame is a table of columns for tests.
type frame struct {
	numbers map[string][]float64
	words   map[string][]string
}

func (f frame) Matrix(ctx context.Context, columns ...string) (*mat.Dense, error) {
	var x *mat.Dense
	for j, name := range columns {
		values, ok := f.numbers[name]
		if !ok {
			return nil, fmt.Errorf("there is no column of numbers %q", name)
		}
		if x == nil {
			x = mat.NewDense(len(values), len(columns), nil)
		}
		x.SetCol(j, values)
	}
	return x, nil
}

func (f frame) Words(ctx context.Context, column string) ([]string, error) {
	list, ok := f.words[column]
	if !ok {
		return nil, fmt.Errorf("there is no column of words %q", column)
	}
	return list, nil
}

// TestGoldenColumnTransformer has the whole way from a table with words and gaps
// to components, and rows with an unseen word.
func TestGoldenColumnTransformer(t *testing.T) {
	ctx := context.Background()
	want := readStepsGolden(t).Table
	all := frame{
		map[string][]float64{"income": want.Income.column(), "age": want.Age.column(), "spent": want.Spent.column()},
		map[string][]string{"gender": want.Gender, "city": want.City},
	}
	columns := []string{"income", "age", "spent", "gender", "city"}
	x, words, err := preprocess.Encode(ctx, all, columns, "city", "gender")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"gender", "city"} {
		if !slices.Equal(words[name], want.Categories[i]) {
			t.Errorf("the words of %s are %q, scikit-learn's %q", name, words[name], want.Categories[i])
		}
	}
	chain := func(name string, steps ...preprocess.Step) preprocess.Step {
		return preprocess.NewStep(name, preprocess.Pipeline{Steps: steps})
	}
	prepare := preprocess.ColumnTransformer{Parts: []preprocess.Part{
		{Columns: []string{"income", "spent"}, Step: chain("skewed",
			preprocess.NewStep("impute", preprocess.Imputer{}), preprocess.NewStep("log", preprocess.Log1p{}))},
		{Columns: []string{"gender", "city"}, Step: chain("words",
			preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.MostFrequent}),
			preprocess.NewStep("encode", preprocess.OneHotEncoder{Words: words, Unknown: preprocess.Accept}))},
		{Columns: []string{"age"}, Step: preprocess.NewStep("age", preprocess.Imputer{})},
	}}
	unseen := frame{
		map[string][]float64{"income": {40000, math.NaN()}, "age": {33, 50}, "spent": {120.5, 0}},
		map[string][]string{"gender": {"Male", "Female"}, "city": {"Paris", ""}},
	}
	for name, c := range map[string]struct {
		steps        []preprocess.Step
		want, unseen table
	}{
		"prepared": {[]preprocess.Step{preprocess.NewStep("prepare", prepare)}, want.Prepared, want.Unseen},
		"whole": {[]preprocess.Step{
			preprocess.NewStep("prepare", &prepare), preprocess.NewStep("scale", preprocess.Scaler{}), preprocess.NewStep("project", preprocess.PCA{Variance: 0.9}),
		}, want.Whole, want.UnseenWhole},
	} {
		t.Run(name, func(t *testing.T) {
			f, z, err := preprocess.Pipeline{Steps: c.steps}.FitTransform(ctx, x, columns...)
			if err != nil {
				t.Fatal(err)
			}
			nearColumns(t, "transformed", z, c.want, 1e-12)
			rows := must[*mat.Dense](t)(f.Matrix(ctx, unseen))
			nearColumns(t, "unseen", must[*mat.Dense](t)(f.Transform(ctx, rows)), c.unseen, 1e-12)
			if got := f.Words(); fmt.Sprint(got) != fmt.Sprint(words) {
				t.Errorf("the words of the pipeline are %v, want %v", got, words)
			}
			same(t, "the table by the fitted pipeline", must[*mat.Dense](t)(f.Matrix(ctx, all)), x)
			for i := range 2 {
				row := map[string]any{}
				for name, values := range unseen.numbers {
					row[name] = values[i]
				}
				for name, values := range unseen.words {
					row[name] = values[i]
				}
				got := must[[]float64](t)(f.Row(row))
				same(t, "the row", mat.NewDense(1, 5, got), rows.Slice(i, i+1, 0, 5))
			}
		})
	}
	zeros := func(values []float64) []float64 {
		for i, v := range values {
			if v != v {
				values[i] = 0
			}
		}
		return values
	}
	numbers := mat.NewDense(60, 3, nil)
	for j, values := range [][]float64{want.Age.column(), want.Income.column(), want.Spent.column()} {
		numbers.SetCol(j, zeros(values))
	}
	some := preprocess.ColumnTransformer{Parts: []preprocess.Part{{Columns: []string{"spent"}, Step: preprocess.NewStep("log", preprocess.Log1p{})}}}
	f, z, err := some.FitTransform(ctx, numbers, "age", "income", "spent")
	if err != nil {
		t.Fatal(err)
	}
	nearColumns(t, "passed through", z, want.Passed, 1e-14)
	if got, want := f.OutputColumns(), []string{"spent", "age", "income"}; !slices.Equal(got, want) {
		t.Errorf("the columns are %q, want %q", got, want)
	}
}

func TestGoldenSkewness(t *testing.T) {
	for i, c := range readStepsGolden(t).Cases {
		// A limit near 0 has the skewness of all columns told that are skewed to the right.
		_, choices, err := preprocess.Preparation{Skewness: 1e-300}.Choose(context.Background(), c.X.dense(), "0", "1", "2", "3", "4", "5", "6", "7")
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]float64{}
		for _, choice := range choices {
			told[choice.Column] = choice.Skewness
		}
		for j, want := range c.Skewness {
			distinct := mat.Col(nil, j, c.X.dense())
			slices.Sort(distinct)
			if got, ok := told[fmt.Sprint(j)]; ok != (want > 0 && len(slices.Compact(distinct)) > 2) || ok && math.Abs(got-want) > 1e-12*want {
				t.Errorf("case %d: the skewness of column %d is %v, scipy's is %v", i, j, got, want)
			}
		}
	}
}
