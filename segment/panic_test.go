package segment

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// trap is a matrix of somebody else's, in which a value is not to be had.
type trap struct {
	mat.Matrix
	after *int
}

func (f trap) At(i, j int) float64 {
	if *f.after--; *f.after < 0 {
		panic("mine")
	}
	return f.Matrix.At(i, j)
}

type trapSource struct{}

func (trapSource) Sample(_ context.Context, rows int, _ uint64) (*mat.Dense, error) {
	x := mat.NewDense(rows, 1, nil)
	for i := range rows {
		x.Set(i, 0, float64(i))
	}
	return x, nil
}

func (trapSource) Statistics(context.Context, []*mat.Dense) ([]SufficientStatistics, error) {
	panic("mine")
}

// A panic in what the caller handed in is the caller's: it comes back with the
// same value, on the same goroutine, and nothing hangs.
func TestPanicsOfCallbacksReachTheCaller(t *testing.T) {
	ctx := context.Background()
	const d = 4
	rng := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(400, d, nil)
	x.Apply(func(i, _ int, _ float64) float64 { return rng.NormFloat64() + float64(i%3*9) }, x)
	count := func(int, int) { panic("mine") }
	tell := func(Progress) { panic("mine") }
	labels := make([]int, 400)
	for i := range labels {
		labels[i] = i % 3
	}
	rows := func(yield func([]float64, error) bool) {
		for i := range 400 {
			if !yield(mat.Row(nil, i, x), nil) {
				return
			}
		}
	}
	for _, workers := range []int{0, 1, 4} {
		cases := map[string]func(){
			"Fit":          func() { KMeansPP{K: 3, Workers: workers, Progress: tell}.Fit(ctx, x) },
			"Fit restarts": func() { KMeansPP{K: 3, Restarts: 5, Workers: workers, Progress: tell}.Fit(ctx, x) },
			"Sweep":        func() { Sweep{MaxK: 3, Workers: workers, Progress: tell}.Fit(ctx, x) },
			"GapStatistic": func() {
				GapStatistic{MaxK: 2, References: 4, Restarts: 1, Workers: workers, Progress: count}.Fit(ctx, x)
			},
			"Stability": func() {
				c, err := KMeansPP{K: 3}.Fit(ctx, x)
				if err != nil {
					t.Fatal(err)
				}
				Stability{Resamples: 4, Restarts: 1, Workers: workers, Progress: count}.Fit(ctx, x, c)
			},
			"Train": func() {
				Train(ctx, x, TrainOptions{Columns: []string{"a", "b", "c", "d"}, Value: []string{"a"}, Workers: workers, K: 3, Progress: tell})
			},
			"NewKReport": func() {
				NewKReport(ctx, x, KReportOptions{MinK: 2, MaxK: 3, Workers: workers, Progress: func(KProgress) { panic("mine") }})
			},
			"FitStream": func() {
				KMeansPP{K: 3, Workers: workers, Progress: tell}.FitStream(ctx, &Stream{Cols: d, Blocks: rows})
			},
			"Source": func() { KMeansPP{K: 3, Workers: workers}.FitStream(ctx, trapSource{}) },
			"rows": func() {
				KMeansPP{K: 3, Workers: workers}.FitStream(ctx, &Stream{Cols: d, Blocks: func(yield func([]float64, error) bool) {
					yield(mat.Row(nil, 0, x), nil)
					panic("mine")
				}})
			},
		}
		for after := range 3 {
			calls := after * 390
			matrix := trap{x, &calls}
			cases[fmt.Sprint("matrix of Fit after ", calls)] = func() { KMeansPP{K: 2, Workers: workers}.Fit(ctx, matrix) }
			again := calls
			other := trap{x, &again}
			cases[fmt.Sprint("matrix of Silhouette after ", calls)] = func() { Silhouette(ctx, other, labels) }
		}
		for name, f := range cases {
			func() {
				defer func() {
					if v := recover(); v != "mine" {
						t.Errorf("%s, %d workers: the caller recovers %v; want the value of the panic", name, workers, v)
					}
				}()
				f()
			}()
		}
	}
}
