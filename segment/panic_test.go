package segment_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
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

func (trapSource) Statistics(context.Context, []*mat.Dense) ([]segment.SufficientStatistics, error) {
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
	tell := func(segment.Progress) { panic("mine") }
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
			"Fit":          func() { segment.KMeansPP{K: 3, Workers: workers, Progress: tell}.Fit(ctx, x) },
			"Fit restarts": func() { segment.KMeansPP{K: 3, Restarts: 5, Workers: workers, Progress: tell}.Fit(ctx, x) },
			"Sweep":        func() { segment.Sweep{MaxK: 3, Workers: workers, Progress: tell}.Fit(ctx, x) },
			"GapStatistic": func() {
				segment.GapStatistic{MaxK: 2, References: 4, Restarts: 1, Workers: workers, Progress: count}.Fit(ctx, x)
			},
			"Stability": func() {
				c, err := segment.KMeansPP{K: 3}.Fit(ctx, x)
				if err != nil {
					t.Fatal(err)
				}
				insight.Stability{Resamples: 4, Restarts: 1, Workers: workers, Progress: count}.Fit(ctx, x, c)
			},
			"Train": func() {
				segment.Train(ctx, x, segment.TrainOptions{Columns: []string{"a", "b", "c", "d"}, Value: []string{"a"}, Workers: workers, K: 3, Progress: tell})
			},
			"SelectK": func() {
				insight.SelectK(ctx, x, insight.SelectionOptions{MinK: 2, MaxK: 3, Workers: workers, Progress: func(insight.SelectionProgress) { panic("mine") }})
			},
			"FitStream": func() {
				segment.KMeansPP{K: 3, Workers: workers, Progress: tell}.FitStream(ctx, &segment.Stream{Cols: d, Blocks: rows})
			},
			"Source": func() { segment.KMeansPP{K: 3, Workers: workers}.FitStream(ctx, trapSource{}) },
			"rows": func() {
				segment.KMeansPP{K: 3, Workers: workers}.FitStream(ctx, &segment.Stream{Cols: d, Blocks: func(yield func([]float64, error) bool) {
					yield(mat.Row(nil, 0, x), nil)
					panic("mine")
				}})
			},
		}
		for after := range 3 {
			calls := after * 390
			matrix := trap{x, &calls}
			cases[fmt.Sprint("matrix of Fit after ", calls)] = func() { segment.KMeansPP{K: 2, Workers: workers}.Fit(ctx, matrix) }
			again := calls
			other := trap{x, &again}
			cases[fmt.Sprint("matrix of Silhouette after ", calls)] = func() { segment.Silhouette(ctx, other, labels, segment.SilhouetteOptions{}) }
		}
		for name, f := range cases {
			t.Run(name, func(t *testing.T) {
				func() {
					defer func() {
						if v := recover(); v != "mine" {
							t.Errorf("%s, %d workers: the caller recovers %v; want the value of the panic", name, workers, v)
						}
					}()
					f()
				}()
			})
		}
	}
}
