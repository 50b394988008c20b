package preprocess_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func TestScaler(t *testing.T) {
	standard, minMax, robust := preprocess.Scaler{}, preprocess.Scaler{Method: preprocess.MinMax}, preprocess.Scaler{Method: preprocess.Robust}
	tenth := slices.Repeat([]float64{0.1}, 10)
	for _, c := range []struct {
		name          string
		scaler        preprocess.Scaler
		values        []float64
		center, scale float64
	}{
		{"standard", standard, []float64{2, 4, 4, 4, 5, 5, 7, 9}, 5, 2},
		{"min-max", minMax, []float64{2, -4, 4}, -4, 8},
		{"robust", robust, []float64{1, 2, 3, 4, 100}, 3, 2},
		{"constant", standard, []float64{3, 3, 3}, 3, 1},
		{"constant, min-max", minMax, []float64{3, 3, 3}, 3, 1},
		{"constant, robust", robust, []float64{3, 3, 3}, 3, 1},
		{"constant that is no binary fraction", standard, tenth, 0.1, 1},
		{"constant but for rounding", standard, []float64{math.Nextafter(0.3, 1), 0.3, 0.3, math.Nextafter(0.3, 1)}, 0.3, 1},
		{"constant zero", standard, []float64{0, 0}, 0, 1},
		{"equal quartiles", robust, []float64{0, 5, 5, 5, 5, 5, 9}, 5, 1},
		{"one row", standard, []float64{42}, 42, 1},
		{"one row, min-max", minMax, []float64{42}, 42, 1},
		{"one row, robust", robust, []float64{42}, 42, 1},
		{"far from 0", standard, []float64{1e9 + 1, 1e9 - 1, 1e9 + 1, 1e9 - 1}, 1e9, 1},
		{"squares beyond float64", standard, []float64{3e200, -3e200}, 0, 3e200},
		{"squares that vanish", standard, []float64{3e-200, -3e-200}, 0, 3e-200},
		{"the smallest numbers", standard, []float64{2 * math.SmallestNonzeroFloat64, -2 * math.SmallestNonzeroFloat64}, 0, 2 * math.SmallestNonzeroFloat64},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := must[*preprocess.FittedScaler](t)(c.scaler.Fit(context.Background(), mat.NewDense(len(c.values), 1, c.values)))
			if got := f.Center()[0]; math.Abs(got-c.center) > 1e-15*math.Abs(c.center) {
				t.Errorf("centre %v, want %v", got, c.center)
			}
			if got := f.Scale()[0]; math.Abs(got-c.scale) > 1e-15*c.scale {
				t.Errorf("scale %v, want %v", got, c.scale)
			}
			if f.Method() != c.scaler.Method {
				t.Errorf("method %v", f.Method())
			}
			f.Center()[0], f.Scale()[0] = 99, 99
			if f.Center()[0] == 99 || f.Scale()[0] == 99 {
				t.Error("what was fitted can be changed from outside")
			}
		})
	}
}

func TestScalerErrors(t *testing.T) {
	_, err := preprocess.Scaler{Method: -1}.Fit(context.Background(), mat.NewDense(1, 1, nil))
	wantError(t, "no such method", err, preprocess.ErrOptions, "-1")
	for _, m := range methods {
		_, err = preprocess.Scaler{Method: m}.Fit(context.Background(), mat.NewDense(2, 2, []float64{1, math.MaxFloat64, 2, -math.MaxFloat64}), "a", "b")
		wantError(t, "a range beyond float64", err, preprocess.ErrOverflow, `"b"`)
	}
	f := must[*preprocess.FittedScaler](t)(preprocess.Scaler{}.Fit(context.Background(), mat.NewDense(2, 1, []float64{-1e-10, 1e-10}), "a"))
	_, err = f.Transform(context.Background(), mat.NewDense(2, 1, []float64{0, 1e300}))
	wantError(t, "a result beyond float64", err, preprocess.ErrOverflow, "row 1", `"a"`, "1e+300")
	_, err = f.Transform(context.Background(), mat.NewDense(2, 1, []float64{0, nan}))
	wantError(t, "NaN", err, preprocess.ErrNotFinite)
	const want = `preprocess: scaler: row 1 (counted from 0), column "a": NaN: a finite number is needed, and missing values (NaN) are for the Imputer only`
	if err.Error() != want {
		t.Errorf("the error reads %q, want %q", err, want)
	}
}

// Values of a small spread far from 0 lose nothing: against sums in integers,
// which are exact.
func TestScalerFarFromZero(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n, offset = 10000, int64(1) << 40
	x := mat.NewDense(n, 1, nil)
	var sum, squares int64
	for i := range n {
		v := int64(rng.IntN(2001) - 1000)
		sum, squares = sum+v, squares+v*v
		x.Set(i, 0, float64(offset+v))
	}
	f := must[*preprocess.FittedScaler](t)(preprocess.Scaler{}.Fit(context.Background(), x))
	mean := float64(sum) / n
	deviation := math.Sqrt(float64(squares)/n - mean*mean)
	if got := f.Scale()[0]; math.Abs(got-deviation) > 1e-13*deviation {
		t.Errorf("deviation %v, want %v", got, deviation)
	}
	if got := f.Center()[0]; got != float64(offset)+mean {
		t.Errorf("mean %v, want %v", got, float64(offset)+mean)
	}
}

// Scaled columns have mean 0 and deviation 1, and a change of unit changes
// nothing.
func TestScalerLaws(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for range 50 {
		n := 2 + rng.IntN(500)
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			v := rng.NormFloat64()
			x.SetRow(i, []float64{v, v*1000 - 77})
		}
		f := must[*preprocess.FittedScaler](t)(preprocess.Scaler{}.Fit(context.Background(), x))
		z := must[*mat.Dense](t)(f.Transform(context.Background(), x))
		sum, squares := 0.0, 0.0
		for i := range n {
			v := z.At(i, 0)
			sum, squares = sum+v, squares+v*v
			if math.Abs(v-z.At(i, 1)) > 1e-11 {
				t.Fatalf("row %d: %v in one unit, %v in the other", i, v, z.At(i, 1))
			}
		}
		if math.Abs(sum/float64(n)) > 1e-13 || math.Abs(squares/float64(n)-1) > 1e-13 {
			t.Errorf("mean %v, variance %v", sum/float64(n), squares/float64(n))
		}
	}
}
