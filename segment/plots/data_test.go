package plots_test

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

var (
	tiers   = []string{"Platinum", "Gold", "Silver", "Bronze"}
	columns = []string{"age", "spent", "tenure", "children", "income"}
)

// customers returns n rows of the five columns of training, drawn from four
// kinds of customers.
func customers(n int) *mat.Dense {
	kinds := [][2][]float64{ // means and deviations
		{{46, 1450, 18, 0.1, 76000}, {12, 330, 7, 0.3, 9000}},
		{{52, 820, 20, 1.0, 59000}, {10, 260, 6, 0.6, 8000}},
		{{50, 190, 17, 1.6, 43000}, {10, 110, 7, 0.6, 8000}},
		{{36, 110, 18, 1.0, 28000}, {8, 70, 7, 0.5, 7000}},
	}
	limits := [][2]float64{{18, 92}, {5, 2500}, {7, 30}, {0, 3}, {4000, 118000}}
	random := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(n, len(columns), nil)
	for i := range n {
		kind := kinds[[]int{0, 1, 1, 2, 2, 3, 3}[random.IntN(7)]]
		for j := range columns {
			v := math.Round(kind[0][j] + kind[1][j]*random.NormFloat64())
			x.Set(i, j, min(max(v, limits[j][0]), limits[j][1]))
		}
	}
	return x
}

// model is trained on customers.
func model(x *mat.Dense) (*segment.TrainResult, error) {
	return segment.Train(context.Background(), x, segment.TrainOptions{Columns: columns, Value: []string{"income", "spent"}, K: 5, Seed: 1, Restarts: 3})
}

// blobs returns 200 points around four centres.
func blobs() *mat.Dense {
	random := rand.New(rand.NewPCG(5, 6))
	x := mat.NewDense(200, 2, nil)
	for i := range 200 {
		x.SetRow(i, []float64{float64(i%2)*10 + random.NormFloat64(), float64(i/2%2)*10 + random.NormFloat64()})
	}
	return x
}
