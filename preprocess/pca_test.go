package preprocess_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func TestPCAErrors(t *testing.T) {
	three := mat.NewDense(3, 5, []float64{1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 1, 0, 1, 0, 1})
	for _, c := range []struct {
		name  string
		pca   preprocess.PCA
		x     mat.Matrix
		kind  error
		parts []string
	}{
		{"below 0", preprocess.PCA{Components: -1}, three, preprocess.ErrOptions, []string{"-1 components"}},
		{"more than columns", preprocess.PCA{Components: 6}, three, preprocess.ErrOptions, []string{"6 components", "5 columns"}},
		{"more than rows", preprocess.PCA{Components: 4}, three, preprocess.ErrTooFewRows, []string{"4 components", "3 rows"}},
		{"one row", preprocess.PCA{}, three.Slice(0, 1, 0, 5), preprocess.ErrTooFewRows, []string{"one row", "at least 2"}},
		{"share above 1", preprocess.PCA{Variance: 1.5}, three, preprocess.ErrOptions, []string{"1.5"}},
		{"share below 0", preprocess.PCA{Variance: -0.5}, three, preprocess.ErrOptions, []string{"-0.5"}},
		{"share NaN", preprocess.PCA{Variance: nan}, three, preprocess.ErrOptions, []string{"NaN"}},
		{"both", preprocess.PCA{Components: 2, Variance: 0.5}, three, preprocess.ErrOptions, []string{"set one"}},
		{"variance beyond float64", preprocess.PCA{}, mat.NewDense(2, 1, []float64{1e200, -1e200}), preprocess.ErrOverflow, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.pca.Fit(context.Background(), c.x)
			wantError(t, "Fit", err, c.kind, c.parts...)
		})
	}
	f := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), mat.NewDense(3, 2, []float64{1, 2, 2, 1, 0, 7}), "a", "b"))
	_, err := f.Transform(context.Background(), mat.NewDense(1, 2, []float64{1, math.MaxFloat64}))
	if err == nil {
		_, err = f.Transform(context.Background(), mat.NewDense(1, 2, []float64{math.MaxFloat64, -math.MaxFloat64}))
	}
	wantError(t, "a result beyond float64", err, preprocess.ErrOverflow, "row 0")
}

// As few rows as the data have, components there are: the least variance is then
// 0, for centring takes one direction away.
func TestPCAFewRows(t *testing.T) {
	x := mat.NewDense(3, 5, []float64{1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 1, 0, 1, 0, 1})
	f := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), x))
	v := f.ExplainedVariance()
	if len(v) != 3 || v[1] < 0.1 || v[2] > 1e-15 {
		t.Errorf("variances %v", v)
	}
	checkOrthonormal(t, f.Components())
	if back := must[*mat.Dense](t)(f.InverseTransform(context.Background(), must[*mat.Dense](t)(f.Transform(context.Background(), x)))); !mat.EqualApprox(back, x, 1e-13) {
		t.Errorf("back is\n%v", mat.Formatted(back))
	}
}

func TestPCAWithoutVariance(t *testing.T) {
	x := mat.NewDense(4, 3, slices.Repeat([]float64{0.1, 2, 3}, 4))
	for _, p := range []preprocess.PCA{{}, {Variance: 0.9}, {Variance: 1}, {Components: 2}} {
		f := must[*preprocess.FittedPCA](t)(p.Fit(context.Background(), x))
		want := map[preprocess.PCA]int{{}: 3, {Variance: 0.9}: 1, {Variance: 1}: 3, {Components: 2}: 2}[p]
		if len(f.OutputColumns()) != want {
			t.Errorf("%+v keeps %d components, want %d", p, len(f.OutputColumns()), want)
		}
		for i := range f.ExplainedVariance() {
			if f.ExplainedVariance()[i] != 0 || f.ExplainedVarianceRatio()[i] != 0 {
				t.Errorf("variance %v, ratio %v", f.ExplainedVariance(), f.ExplainedVarianceRatio())
			}
		}
		checkOrthonormal(t, f.Components())
		if z := must[*mat.Dense](t)(f.Transform(context.Background(), x)); mat.Norm(z, 1) != 0 {
			t.Errorf("the projection is\n%v", mat.Formatted(z))
		}
	}
}

func checkOrthonormal(t *testing.T, components *mat.Dense) {
	t.Helper()
	k, _ := components.Dims()
	var product mat.Dense
	product.Mul(components, components.T())
	for i := range k {
		for j := range k {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(product.At(i, j)-want) > 1e-13 {
				t.Errorf("components %d and %d have the product %v", i, j, product.At(i, j))
			}
		}
	}
}

// Against gonum's decomposition of the whole matrix (LAPACK's algorithm), on
// shapes and ranks of all kinds.
func TestPCAEqualsSVD(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, c := range []struct{ n, d, rank int }{
		{2, 1, 1}, {2, 2, 1}, {3, 2, 2}, {10, 10, 9}, {5000, 1, 1}, {5000, 5, 5}, {5000, 5, 2}, {300, 40, 40}, {300, 40, 7}, {20, 60, 19}, {9, 900, 8},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			a, b := mat.NewDense(c.n, c.rank, nil), mat.NewDense(c.rank, c.d, nil)
			for _, m := range []*mat.Dense{a, b} {
				m.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, m)
			}
			var x mat.Dense
			x.Mul(a, b)
			f := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), &x))

			centred := mat.DenseCopyOf(&x)
			for j, mean := range f.Mean() {
				for i := range c.n {
					centred.Set(i, j, centred.At(i, j)-mean)
				}
			}
			var svd mat.SVD
			if !svd.Factorize(centred, mat.SVDThinV) {
				t.Fatal("the reference did not converge")
			}
			want, got := svd.Values(nil), f.SingularValues()
			if len(got) != len(want) {
				t.Fatalf("%d components, want %d", len(got), len(want))
			}
			for i := range got {
				if math.Abs(got[i]-want[i]) > 1e-12*want[0] {
					t.Errorf("singular value %d is %v, gonum's is %v", i, got[i], want[i])
				}
			}
			checkOrthonormal(t, f.Components())
			var v mat.Dense
			svd.VTo(&v)
			rank := min(c.rank, c.n-1)
			for i := range rank {
				if gap := min(1, (want[max(i-1, 0)]-want[i])/want[i]); i > 0 && gap < 1e-3 || i+1 < rank && (want[i]-want[i+1])/want[i] < 1e-3 {
					continue // a direction that is hardly determined
				}
				product := 0.0
				for j := range c.d {
					product += f.Components().At(i, j) * v.At(j, i)
				}
				if math.Abs(math.Abs(product)-1) > 1e-11 {
					t.Errorf("component %d and gonum's have the product %v", i, product)
				}
			}
		})
	}
}

func TestPCASigns(t *testing.T) {
	// Two standardised columns have loadings of √½ and √½, or √½ and −√½: equal,
	// so that the first decides.
	rng := rand.New(rand.NewPCG(13, 14))
	for range 100 {
		n := 3 + rng.IntN(60)
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			v := rng.NormFloat64()
			x.SetRow(i, []float64{v, rng.NormFloat64() - v*rng.Float64()})
		}
		z := must[*mat.Dense](t)(must[*preprocess.FittedScaler](t)(preprocess.Scaler{}.Fit(context.Background(), x)).Transform(context.Background(), x))
		components := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), z)).Components()
		if components.At(0, 0) < 0 || components.At(1, 0) < 0 {
			t.Fatalf("components\n%v", mat.Formatted(components))
		}
	}
	for range 100 {
		x := mat.NewDense(30, 6, nil)
		x.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, x)
		f := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), x))
		// Turned upside down, data vary in the same directions.
		x.Scale(-1, x)
		g := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), x))
		if !mat.EqualApprox(f.Components(), g.Components(), 1e-12) {
			t.Fatal("the components of −x are others than those of x")
		}
		for i := range 6 {
			row := mat.Row(nil, i, f.Components())
			if -slices.Min(row) > slices.Max(row) {
				t.Fatalf("component %v", row)
			}
		}
	}
}

// Whatever the unit: numbers whose squares a float64 does not hold.
func TestPCAExtremeUnits(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 2, 1, 0, 7, 3, 3})
	want := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), x))
	for _, e := range []int{-1000, -600, 300, 500} {
		var y mat.Dense
		y.Scale(math.Ldexp(1, e), x)
		f := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), &y))
		same(t, fmt.Sprintf("components at 2^%d", e), f.Components(), want.Components())
		if !slices.Equal(f.ExplainedVarianceRatio(), want.ExplainedVarianceRatio()) {
			t.Errorf("ratios at 2^%d are %v, want %v", e, f.ExplainedVarianceRatio(), want.ExplainedVarianceRatio())
		}
	}
}

func TestPCAAccessorsCopy(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 2, 1, 0, 7, 3, 3})
	f := must[*preprocess.FittedPCA](t)(preprocess.PCA{}.Fit(context.Background(), x))
	before := must[*mat.Dense](t)(f.Transform(context.Background(), x))
	f.Components().Zero()
	f.Loadings().Zero()
	for _, s := range [][]float64{f.Mean(), f.ExplainedVariance(), f.ExplainedVarianceRatio(), f.SingularValues()} {
		s[0] = 99
	}
	same(t, "after changing what the accessors gave", must[*mat.Dense](t)(f.Transform(context.Background(), x)), before)
	if f.Mean()[0] == 99 || f.ExplainedVariance()[0] == 99 || f.ExplainedVarianceRatio()[0] == 99 || f.SingularValues()[0] == 99 {
		t.Error("what was fitted can be changed from outside")
	}
}
