// Package rows chooses and counts rows of a matrix.
package rows

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// Distinct returns the number of distinct rows of positive weight, counted up
// to limit. Nil weights are all 1.
func Distinct(x mat.Matrix, weights []float64, limit int) int {
	n, d := num.Dims(x)
	values := engine.RowMajor(x)
	var seen [][]float64
	for i := 0; i < n && len(seen) < limit; i++ {
		row := values[i*d : (i+1)*d]
		if weights != nil && i < len(weights) && weights[i] == 0 {
			continue
		}
		if !slices.ContainsFunc(seen, func(s []float64) bool { return slices.Equal(s, row) }) {
			seen = append(seen, row)
		}
	}
	return len(seen)
}

// Sample returns a fixed random choice of size of the numbers below n,
// ascending.
func Sample(n, size int) []int {
	chosen := rand.New(rand.NewPCG(0, 0)).Perm(n)[:size]
	slices.Sort(chosen)
	return chosen
}

// Spread returns at most limit of the numbers below n, at equal steps.
func Spread(n, limit int) []int {
	out := make([]int, min(n, limit))
	for i := range out {
		out[i] = int(int64(i) * int64(n) / int64(len(out)))
	}
	return out
}

// Take returns the named rows of x, in that order, as a matrix of its own.
func Take(x mat.Matrix, rows []int) *mat.Dense {
	_, d := x.Dims()
	out := mat.NewDense(len(rows), d, nil)
	for i, row := range rows {
		for j := range d {
			out.Set(i, j, x.At(row, j))
		}
	}
	return out
}

// Each calls f for each i below n on at most the given number of goroutines
// (0: GOMAXPROCS). It returns the error of ctx or else that of the lowest i,
// and calls progress, where it is not nil, one at a time.
func Each(ctx context.Context, workers, n int, progress func(done, total int), f func(i int) error) error {
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, n)
	lock := make(chan struct{}, 1)
	done := 0
	engine.Parallel(work, workers, n, func(i int) {
		if errs[i] = f(i); errs[i] != nil {
			cancel()
			return
		}
		lock <- struct{}{}
		defer func() { <-lock }()
		if done++; progress != nil {
			progress(done, n)
		}
	})
	if err := cause.Of(ctx); err != nil {
		return err
	}
	return cmp.Or(errs...)
}
