package preprocess

import (
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Columns of any magnitude are filled, scaled and projected as they are at 1, or
// the error names rows and column.
func TestColumnsOfAnyMagnitude(t *testing.T) {
	one := []float64{3, -1, 4, 1, -5, 9, 2, 6}
	fit := func(s float64) (scaled, projected *mat.Dense, filled float64, err error) {
		x := mat.NewDense(8, 2, nil)
		for i, v := range one {
			x.Set(i, 0, v*s)
			x.Set(i, 1, float64(i*i))
		}
		scaler, err := Scaler{}.Fit(t.Context(), x, "big", "small")
		if err != nil {
			return nil, nil, 0, err
		}
		if scaled, err = scaler.Transform(t.Context(), x); err != nil {
			return nil, nil, 0, err
		}
		pca, err := PCA{}.Fit(t.Context(), scaled)
		if err != nil {
			return nil, nil, 0, err
		}
		if projected, err = pca.Transform(t.Context(), scaled); err != nil {
			return nil, nil, 0, err
		}
		imputer, err := Imputer{Strategy: Mean}.Fit(t.Context(), x)
		if err != nil {
			return nil, nil, 0, err
		}
		return scaled, projected, imputer.Statistics()[0], nil
	}
	scaled, projected, filled, err := fit(1)
	if err != nil {
		t.Fatal(err)
	}
	for e := -300; e <= 307; e++ {
		s := math.Pow(10, float64(e))
		if e == 307 {
			s = 1.2e307 // the range is 1.7e308, the sum beyond it
		}
		a, b, f, err := fit(s)
		if err != nil {
			t.Errorf("1e%d: %v", e, err)
			continue
		}
		if !mat.EqualApprox(a, scaled, 1e-12) || !mat.EqualApprox(b, projected, 1e-12) || math.Abs(f/s-filled) > 1e-12 {
			t.Errorf("1e%d: scaled %v, projected %v, filled %v", e, mat.Formatted(a), mat.Formatted(b), f)
		}
	}
	_, _, _, err = fit(1.5e307)
	if !errors.Is(err, ErrOverflow) || !strings.Contains(err.Error(), `"big" reaches from -7.5e+307 in row 4 to 1.35e+308 in row 5`) {
		t.Error(err)
	}
}

// Sums that overflow have a mean all the same.
func TestMeanOfHugeValues(t *testing.T) {
	if m := mean([]float64{1.7e308, 1.7e308, 1.7e308, 1.1e308}); math.Abs(m/1.55e308-1) > 1e-15 {
		t.Errorf("the mean is %v, want 1.55e308", m)
	}
	x := mat.NewDense(3, 1, []float64{1.7e308, 1.7e308, math.NaN()})
	f, err := Imputer{Strategy: Mean}.Fit(t.Context(), x)
	if err != nil || f.Statistics()[0] != 1.7e308 {
		t.Errorf("filled with %v, %v", f, err)
	}
}
