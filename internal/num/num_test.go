package num

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The figures are numpy's: quantile, corrcoef, mean, std.
func TestAsNumpy(t *testing.T) {
	values := []float64{2, 3, 5, 8, 13}
	for q, want := range map[float64]float64{0: 2, 0.1: 2.4, 0.25: 3, 0.5: 5, 0.9: 11, 1: 13} {
		if got := Quantile(values, q); math.Abs(got-want) > 1e-15*want {
			t.Errorf("the %v-quantile is %v, want %v", q, got, want)
		}
	}
	if got := Quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
	other := []float64{1, math.NaN(), 2, 2, 7}
	r, n := Correlation(5, func(i int) (float64, float64) { return values[i], other[i] })
	if n != 4 || math.Abs(r-0.9185117918925862) > 1e-15 {
		t.Errorf("correlation %v over %d pairs", r, n)
	}
	if r, _ := Correlation(5, func(i int) (float64, float64) { return values[i], 1 }); r != 0 {
		t.Errorf("correlation %v with a constant", r)
	}
	for _, scale := range []float64{1, 0x1p-900, 0x1p900} {
		m := MomentsOf(2*scale, 13*scale)
		for _, v := range values {
			m.Add(v * scale)
		}
		if mean, sd := m.Mean()/scale, m.SD(1)/scale; math.Abs(mean-6.2) > 1e-14 || math.Abs(sd-4.43846820423443) > 1e-14 {
			t.Errorf("scaled by %v: mean %v, deviation %v", scale, mean, sd)
		}
	}
}

func TestNotFinite(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1, 2, math.Inf(1), 4})
	for name, m := range map[string]mat.Matrix{"raw": x, "transposed twice": x.T().T(), "not raw": mat.TransposeVec{Vector: mat.NewVecDense(2, []float64{1, math.NaN()})}} {
		if _, _, bad := NotFinite(m); !bad {
			t.Errorf("%s: nothing is found", name)
		}
	}
	if row, column, _ := NotFinite(x); row != 1 || column != 0 {
		t.Errorf("found at %d, %d", row, column)
	}
	if n, d := Dims((*mat.Dense)(nil)); n != 0 || d != 0 {
		t.Errorf("a nil matrix is %d×%d", n, d)
	}
}

func TestSelect(t *testing.T) {
	for _, values := range [][]float64{{3}, {2, 1}, {5, 5, 5, 1}, {9, 2, 7, 4, 1, 8, 3, 6, 5, 0}} {
		sorted := slices.Sorted(slices.Values(values))
		for i := range values {
			v := slices.Clone(values)
			if Select(v, i); v[i] != sorted[i] {
				t.Errorf("rank %d of %v is %v, want %v", i, values, v[i], sorted[i])
			}
		}
	}
}

func TestNiceStep(t *testing.T) {
	for v, want := range map[float64]float64{0: 1, -3: 1, math.Inf(1): 1, 0.3: 0.5, 1: 1, 1.2: 2, 2.1: 2.5, 2.6: 5, 7: 10, 1200: 2000, 5e-324: 5e-324, 1.5e308: 1.5e308} {
		if got := NiceStep(v, 1, 2, 2.5, 5); math.Abs(got-want) > 1e-12*want || got == 0 {
			t.Errorf("the step for %v is %v, want %v", v, got, want)
		}
	}
}

// TestJacobi: rows come to right angles and keep their norms; a done context stops.
func TestJacobi(t *testing.T) {
	rows := [][]float64{{3, 1, 4, 1}, {5, 9, 2, 6}, {5, 3, 5, 8}}
	before := 0.0
	for _, r := range rows {
		before += Dot(r, r)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if Jacobi(done, rows, 4, 0) {
		t.Error("converged after the context was done")
	}
	if !Jacobi(t.Context(), rows, 4, 0) {
		t.Fatal("did not converge")
	}
	after := 0.0
	for i, r := range rows {
		after += Dot(r, r)
		for _, s := range rows[:i] {
			if cos := Dot(r, s) / math.Sqrt(Dot(r, r)*Dot(s, s)); math.Abs(cos) > 1e-15 {
				t.Errorf("cosine %v", cos)
			}
		}
	}
	if math.Abs(after-before) > 1e-12*before {
		t.Errorf("squares of %v became %v", before, after)
	}
}
