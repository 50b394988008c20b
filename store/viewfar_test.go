package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// No value of a row fails the statement of all rows, or is taken for another: values whose
// squares are too small or too large for a number, whole numbers that are none of float64,
// and columns of which all values are tiny.
func TestScoringViewOfFarValues(t *testing.T) {
	ctx := context.Background()
	columns := []string{"a", "b", "c"}
	x := pointsOf(60, 3)
	for i := range 60 {
		x.Set(i, 0, math.Abs(x.At(i, 0)))
		x.Set(i, 1, float64(i%5)*math.Abs(x.At(i, 1)))
		x.Set(i, 2, 0)
	}
	one := func(name string, step preprocess.Step) segment.TrainOptions {
		return segment.TrainOptions{Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{step, preprocess.NewStep(name, preprocess.Scaler{})}}}
	}
	models := map[string]segment.TrainOptions{
		"default": {},
		"robust":  one("robust", preprocess.NewStep("r", preprocess.Scaler{Method: preprocess.Robust})),
		"log":     one("log", preprocess.NewStep("l", preprocess.Log1p{})),
		"power":   one("power", preprocess.NewStep("p", preprocess.PowerTransformer{})),
		"ranks":   one("ranks", preprocess.NewStep("q", preprocess.QuantileTransformer{})),
		"normal":  one("normal", preprocess.NewStep("n", preprocess.QuantileTransformer{Output: preprocess.Normal})),
	}
	values := []float64{1e300, -1e300, 1e154, 1e20, 9007199254740993, 1e-17, 1e-160, 1e-200, -1e-200, 1e-300, 1e-310, 5e-324, -5e-324}
	onEach(t, func(t *testing.T, s *Store) {
		for n, scale := range []float64{1, 1e-12, 1e-140} {
			var scaled mat.Dense
			scaled.Scale(scale, x)
			var rows [][]float64
			for i, v := range values {
				for j := range columns {
					row := slices.Clone(scaled.RawRowView(i))
					row[j] = v
					rows = append(rows, row)
				}
			}
			table := fmt.Sprint("far", n)
			tableWith(t, s.DB(), table, columns, mat.NewDense(len(rows), 3, slices.Concat(rows...)))
			for name, o := range models {
				o.Columns, o.Value, o.K, o.Seed, o.Restarts = columns, columns[:1], 3, 1, 1
				m, err := segment.Train(ctx, &scaled, o)
				check(t, err)
				query, err := m.SQL(segment.Dialect(s.Dialect()), segment.SQLOptions{Table: table, Keep: []string{"id"}})
				check(t, err)
				found, err := s.DB().Query(query)
				check(t, err)
				told := mall.CheckScored(t, found, func(i int) (int, string, float64, float64, error) {
					p, err := m.Predict(rows[i])
					for j, v := range rows[i] { // these have no answer in SQL
						r := m.Ranges()[j]
						size := r.Max - r.Min
						if size == 0 {
							size = 1
						}
						if far := 1 << 20 * size; v < r.Min-far || v > r.Max+far {
							err = fmt.Errorf("%v is far from %v", v, r)
						}
					}
					return p.Cluster, p.Tier, p.Distance, p.Margin, err
				})
				check(t, found.Close())
				if told < 10 || t.Failed() {
					t.Fatalf("%s of values about %v: %d rows agree", name, scale, told)
				}
			}
		}
	})
}
