package preprocess_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

var nan = math.NaN()

func TestImputer(t *testing.T) {
	for _, c := range []struct {
		name     string
		imputer  preprocess.Imputer
		values   []float64
		want     float64
		wantKind error
	}{
		{"median of odd", preprocess.Imputer{}, []float64{5, nan, 1, 3}, 3, nil},
		{"median of even", preprocess.Imputer{}, []float64{5, nan, 1}, 3, nil},
		{"median of huge values", preprocess.Imputer{}, []float64{math.MaxFloat64, nan, math.MaxFloat64}, math.MaxFloat64, nil},
		{"median of one row", preprocess.Imputer{}, []float64{7}, 7, nil},
		{"mean", preprocess.Imputer{Strategy: preprocess.Mean}, []float64{1, nan, 2, 6}, 3, nil},
		{"mean where small is lost beside large", preprocess.Imputer{Strategy: preprocess.Mean}, []float64{1, 1e100, 1, -1e100}, 0.5, nil},
		{"most frequent", preprocess.Imputer{Strategy: preprocess.MostFrequent}, []float64{4, 2, nan, 4, 1}, 4, nil},
		{"most frequent of equals", preprocess.Imputer{Strategy: preprocess.MostFrequent}, []float64{4, 2, nan, 4, 2}, 2, nil},
		{"constant", preprocess.Imputer{Strategy: preprocess.Constant, Fill: -1}, []float64{4, nan}, -1, nil},
		{"constant is 0 if not set", preprocess.Imputer{Strategy: preprocess.Constant}, []float64{4, nan}, 0, nil},
		{"constant, all missing", preprocess.Imputer{Strategy: preprocess.Constant, Fill: 2}, []float64{nan, nan}, 2, nil},
		{"all missing", preprocess.Imputer{}, []float64{nan, nan, nan}, 0, preprocess.ErrAllMissing},
		{"all missing, mean", preprocess.Imputer{Strategy: preprocess.Mean}, []float64{nan}, 0, preprocess.ErrAllMissing},
		{"all missing, most frequent", preprocess.Imputer{Strategy: preprocess.MostFrequent}, []float64{nan}, 0, preprocess.ErrAllMissing},
		{"infinite constant", preprocess.Imputer{Strategy: preprocess.Constant, Fill: math.Inf(1)}, []float64{4, nan}, 0, preprocess.ErrOptions},
		{"missing constant", preprocess.Imputer{Strategy: preprocess.Constant, Fill: nan}, []float64{4, nan}, 0, preprocess.ErrOptions},
		{"no such strategy", preprocess.Imputer{Strategy: 9}, []float64{4, nan}, 0, preprocess.ErrOptions},
		{"a sum beyond float64", preprocess.Imputer{Strategy: preprocess.Mean}, []float64{math.MaxFloat64, nan, math.MaxFloat64}, math.MaxFloat64, nil},
		{"infinite value", preprocess.Imputer{}, []float64{4, math.Inf(-1)}, 0, preprocess.ErrNotFinite},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := mat.NewDense(len(c.values), 1, c.values)
			f, err := c.imputer.Fit(context.Background(), x, "income")
			if c.wantKind != nil {
				wantError(t, "Fit", err, c.wantKind)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Statistics(); !slices.Equal(got, []float64{c.want}) {
				t.Errorf("fills with %v, want %v", got, c.want)
			}
			if f.Strategy() != c.imputer.Strategy {
				t.Errorf("strategy %v", f.Strategy())
			}
			z := must[*mat.Dense](t)(f.Transform(context.Background(), x))
			for i, v := range c.values {
				if v != v {
					v = c.want
				}
				if z.At(i, 0) != v {
					t.Errorf("row %d is %v, want %v", i, z.At(i, 0), v)
				}
			}
			f.Statistics()[0] = 99
			if f.Statistics()[0] != c.want {
				t.Error("the statistics can be changed from outside")
			}
		})
	}
}

func TestImputerNamesColumn(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1, nan, 2, nan})
	_, err := preprocess.Imputer{}.Fit(context.Background(), x, "age", "income")
	wantError(t, "all missing", err, preprocess.ErrAllMissing, `"income"`, "2 rows", "Constant")
}

// Zeros of both signs are one value: which of them comes first must not show.
func TestImputerZeros(t *testing.T) {
	zero := math.Copysign(0, -1)
	for _, s := range []preprocess.Strategy{preprocess.Median, preprocess.MostFrequent} {
		for _, values := range [][]float64{{0, zero, 0}, {zero, zero, 0}, {zero}} {
			f := must[*preprocess.FittedImputer](t)(preprocess.Imputer{Strategy: s}.Fit(context.Background(), mat.NewDense(len(values), 1, values)))
			if got := f.Statistics()[0]; got != 0 || math.Signbit(got) {
				t.Errorf("%v of %v is %v", s, values, got)
			}
		}
	}
}
