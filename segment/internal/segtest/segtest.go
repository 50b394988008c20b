// Package segtest makes rows for the tests of segment and the rooms below it.
package segtest

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// Columns name the five columns of People.
var Columns = []string{"age", "spent", "tenure", "children", "income"}

// Value names those of them that make a cluster valuable.
var Value = []string{"income", "spent"}

// People returns n rows of the five columns around four kinds of customers, some
// without income, and the kind of each.
func People(n int) (*mat.Dense, []int) {
	kinds := [][]float64{{62, 1500, 24, 0, 85000}, {48, 800, 20, 1, 62000}, {55, 300, 15, 2, 42000}, {33, 80, 12, 1, 24000}}
	spread := []float64{4, 60, 2, 0.2, 2500}
	rng := rand.New(rand.NewPCG(5, 5))
	x, of := mat.NewDense(n, 5, nil), make([]int, n)
	for i := range n {
		of[i] = rng.IntN(4)
		for j := range 5 {
			x.Set(i, j, kinds[of[i]][j]+spread[j]*rng.NormFloat64())
		}
		if rng.IntN(100) == 0 {
			x.Set(i, 4, math.NaN())
		}
	}
	return x, of
}

// Mixture returns n rows around k centres in d columns, and the centre of each.
func Mixture(n, d, k int, spread float64, seed uint64) (*mat.Dense, []int) {
	rng := rand.New(rand.NewPCG(seed, 7))
	return around(n, d, k, 2, spread, rng, func(int) int { return rng.IntN(k) })
}

// Blobs returns n rows of d columns around k centers, and their labels.
func Blobs(n, d, k int, seed uint64) (*mat.Dense, []int) {
	return around(n, d, k, 6, 2, rand.New(rand.NewPCG(seed, 1)), func(i int) int { return i % k })
}

// around returns rows with the given standard deviation around centres with another.
func around(n, d, k int, apart, spread float64, rng *rand.Rand, centre func(row int) int) (*mat.Dense, []int) {
	centres := make([]float64, k*d)
	for i := range centres {
		centres[i] = apart * rng.NormFloat64()
	}
	x, of := mat.NewDense(n, d, nil), make([]int, n)
	for i := range n {
		of[i] = centre(i)
		for j := range d {
			x.Set(i, j, centres[of[i]*d+j]+spread*rng.NormFloat64())
		}
	}
	return x, of
}

// Customers returns 400 rows of the columns age, spent, tenure, children and
// income, around four kinds of customers.
func Customers() *mat.Dense {
	kinds := [][]float64{{62, 1500, 24, 0, 85000}, {48, 800, 20, 1, 62000}, {55, 300, 15, 2, 42000}, {33, 80, 12, 1, 24000}}
	rng := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(400, 5, nil)
	for i := range 400 {
		for j, v := range kinds[i%4] {
			x.Set(i, j, math.Round(v*(1+0.1*rng.Float64())))
		}
	}
	return x
}

// Times returns s·x.
func Times(s float64, x *mat.Dense) *mat.Dense {
	var out mat.Dense
	out.Scale(s, x)
	return &out
}

// Near reports whether a and b agree to tol, relative or absolute.
func Near(a, b, tol float64) bool {
	return a == b || math.Abs(a-b) <= tol*max(1, math.Abs(a), math.Abs(b))
}

// Odd is a transformer of another package, unknown to this one.
type Odd struct{}

// OddFitted is what Odd fits.
type OddFitted struct{ *preprocess.FittedScaler }

// Fit scales.
func (Odd) Fit(ctx context.Context, x mat.Matrix, names ...string) (OddFitted, error) {
	f, err := preprocess.Scaler{}.Fit(ctx, x, names...)
	return OddFitted{f}, err
}
