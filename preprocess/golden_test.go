package preprocess_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

// table is a matrix in JSON; null is a missing value.
type table [][]float64

func (t *table) UnmarshalJSON(data []byte) error {
	var rows [][]*float64
	if err := json.Unmarshal(data, &rows); err != nil {
		return err
	}
	for _, row := range rows {
		values := make([]float64, len(row))
		for j, v := range row {
			if values[j] = math.NaN(); v != nil {
				values[j] = *v
			}
		}
		*t = append(*t, values)
	}
	return nil
}

func (t table) dense() *mat.Dense {
	return mat.NewDense(len(t), len(t[0]), slices.Concat(t...))
}

// golden is what testdata/golden/preprocess.py wrote: scikit-learn's figures.
type golden struct {
	Cases []struct {
		Name    string
		X       table
		Imputer map[string]struct {
			Statistics  []float64
			Transformed table
		}
		Scaler map[string]struct {
			Center, Scale []float64
			Transformed   table
		}
		PCA map[string]struct {
			Mean        []float64
			Components  table
			Variance    []float64 `json:"explained_variance"`
			Ratio       []float64 `json:"explained_variance_ratio"`
			Singular    []float64 `json:"singular_values"`
			Transformed table
			Inverse     table
		}
		Share    map[string]int
		Pipeline *struct {
			Components  int
			Transformed table
		}
	}
	OneHot struct {
		X, Categories, Transformed table
	} `json:"one_hot"`
	Labels struct {
		Labels, Classes []string
		Codes           []int
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile("../testdata/golden/preprocess.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Cases) == 0 {
		t.Fatal("no cases in the reference figures")
	}
	return g
}

// near fails if any number is further from the wanted one than tol times the
// largest of its list.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	largest := 0.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol*largest) {
			t.Errorf("%s: number %d is %v, scikit-learn's is %v", what, i, got[i], want[i])
			return
		}
	}
}

func nearColumns(t *testing.T, what string, got mat.Matrix, want table, tol float64) {
	t.Helper()
	r, c := got.Dims()
	if r != len(want) || c != len(want[0]) {
		t.Fatalf("%s: %d×%d, want %d×%d", what, r, c, len(want), len(want[0]))
	}
	for j := range c {
		near(t, what+", column "+strconv.Itoa(j), mat.Col(nil, j, got), mat.Col(nil, j, want.dense()), tol)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var strategies = map[string]preprocess.Strategy{
	"median": preprocess.Median, "mean": preprocess.Mean,
	"most_frequent": preprocess.MostFrequent, "constant": preprocess.Constant,
}

var methods = map[string]preprocess.Method{
	"standard": preprocess.Standard, "min_max": preprocess.MinMax, "robust": preprocess.Robust,
}

func TestGoldenImputer(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		for name, want := range c.Imputer {
			t.Run(c.Name+"/"+name, func(t *testing.T) {
				f := must[*preprocess.FittedImputer](t)(preprocess.Imputer{Strategy: strategies[name], Fill: -7.5}.Fit(context.Background(), c.X.dense()))
				for j, s := range f.Statistics() {
					near(t, "statistic", []float64{s}, want.Statistics[j:j+1], 1e-12)
				}
				nearColumns(t, "transformed", must[*mat.Dense](t)(f.Transform(context.Background(), c.X.dense())), want.Transformed, 1e-12)
			})
		}
	}
}

func TestGoldenScaler(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		full := c.Imputer["median"].Transformed.dense()
		for name, want := range c.Scaler {
			t.Run(c.Name+"/"+name, func(t *testing.T) {
				f := must[*preprocess.FittedScaler](t)(preprocess.Scaler{Method: methods[name]}.Fit(context.Background(), full))
				for j := range want.Center {
					// A centre near 0 is known to the rounding of the values, not its own.
					tol := 1e-12 * max(math.Abs(want.Center[j]), want.Scale[j])
					if got := f.Center()[j]; math.Abs(got-want.Center[j]) > tol {
						t.Errorf("centre %d is %v, scikit-learn's is %v", j, got, want.Center[j])
					}
					near(t, "scale", f.Scale()[j:j+1], want.Scale[j:j+1], 1e-12)
				}
				got := must[*mat.Dense](t)(f.Transform(context.Background(), full))
				for i, row := range want.Transformed {
					for j, v := range row {
						if math.Abs(got.At(i, j)-v) > 1e-12*max(1, math.Abs(want.Center[j]/want.Scale[j])) {
							t.Errorf("row %d, column %d is %v, scikit-learn's is %v", i, j, got.At(i, j), v)
						}
					}
				}
			})
		}
	}
}

func TestGoldenPCA(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		full := c.Imputer["median"].Transformed.dense()
		for name, want := range c.PCA {
			t.Run(c.Name+"/"+name, func(t *testing.T) {
				k := must[int](t)(strconv.Atoi(name))
				f := must[*preprocess.FittedPCA](t)(preprocess.PCA{Components: k}.Fit(context.Background(), full))
				near(t, "mean", f.Mean(), want.Mean, 1e-12)
				near(t, "singular values", f.SingularValues(), want.Singular, 1e-12)
				near(t, "variance", f.ExplainedVariance(), want.Variance, 1e-12)
				near(t, "ratio", f.ExplainedVarianceRatio(), want.Ratio, 1e-12)
				for i, row := range want.Components {
					near(t, "component", mat.Row(nil, i, f.Components()), row, 1e-9)
				}
				z := must[*mat.Dense](t)(f.Transform(context.Background(), full))
				nearColumns(t, "transformed", z, want.Transformed, 1e-9)
				nearColumns(t, "inverse", must[*mat.Dense](t)(f.InverseTransform(context.Background(), z)), want.Inverse, 1e-9)
				for i := range k {
					for j := range want.Mean {
						near(t, "loading", []float64{f.Loadings().At(j, i)},
							[]float64{f.Components().At(i, j) * math.Sqrt(f.ExplainedVariance()[i])}, 1e-15)
					}
				}
			})
		}
		for name, want := range c.Share {
			t.Run(c.Name+"/"+name, func(t *testing.T) {
				share := must[float64](t)(strconv.ParseFloat(name, 64))
				f := must[*preprocess.FittedPCA](t)(preprocess.PCA{Variance: share}.Fit(context.Background(), full))
				if got := len(f.OutputColumns()); got != want {
					t.Errorf("%d components, scikit-learn keeps %d", got, want)
				}
			})
		}
	}
}

func TestGoldenPipeline(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		if c.Pipeline == nil {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			x := c.X.dense()
			f := must[*preprocess.FittedPipeline](t)(mainPipeline(c.Pipeline.Components).Fit(context.Background(), x))
			nearColumns(t, "transformed", must[*mat.Dense](t)(f.Transform(context.Background(), x)), c.Pipeline.Transformed, 1e-9)
		})
	}
}

func mainPipeline(components int) preprocess.Pipeline {
	return preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}),
		preprocess.NewStep("scale", preprocess.Scaler{}),
		preprocess.NewStep("project", preprocess.PCA{Components: components}),
	}}
}

func TestGoldenOneHotEncoder(t *testing.T) {
	g := readGolden(t).OneHot
	f := must[*preprocess.FittedOneHotEncoder](t)(preprocess.OneHotEncoder{}.Fit(context.Background(), g.X.dense()))
	for j, got := range f.Categories() {
		if !slices.Equal(got, g.Categories[j]) {
			t.Errorf("categories %v, scikit-learn's are %v", got, g.Categories[j])
		}
	}
	z := must[*mat.Dense](t)(f.Transform(context.Background(), g.X.dense()))
	if !mat.Equal(z, g.Transformed.dense()) {
		t.Errorf("got\n%v\nscikit-learn has\n%v", mat.Formatted(z), mat.Formatted(g.Transformed.dense()))
	}
	if back := must[*mat.Dense](t)(f.InverseTransform(context.Background(), z)); !mat.Equal(back, g.X.dense()) {
		t.Error("the inverse does not give back what went in")
	}
}

func TestGoldenLabelEncoder(t *testing.T) {
	g := readGolden(t).Labels
	f := must[*preprocess.FittedLabelEncoder](t)(preprocess.LabelEncoder{}.Fit(context.Background(), g.Labels))
	if !slices.Equal(f.Classes(), g.Classes) {
		t.Errorf("classes %q, scikit-learn's are %q", f.Classes(), g.Classes)
	}
	codes := must[[]int](t)(f.Transform(context.Background(), g.Labels))
	if !slices.Equal(codes, g.Codes) {
		t.Errorf("codes %v, scikit-learn's are %v", codes, g.Codes)
	}
	if back := must[[]string](t)(f.InverseTransform(context.Background(), codes)); !slices.Equal(back, g.Labels) {
		t.Error("the inverse does not give back what went in")
	}
}
