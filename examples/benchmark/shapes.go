package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// shape is a kind of rows on which results and times are compared: n rows of d columns,
// for k clusters, drawn by rng.
type shape struct {
	name string
	rows func(rng *rand.Rand, n, d, k int) *mat.Dense
}

var shapes = []shape{
	{"blobs", blobRows},
	{"uniform", valueRows(func(rng *rand.Rand, _ int) float64 { return rng.Float64() })},
	{"lattice", valueRows(func(rng *rand.Rand, _ int) float64 { return float64(rng.IntN(10)) })},
	{"duplicates", duplicateRows},
	{"sorted", sortedRows},
	{"skew", valueRows(func(rng *rand.Rand, _ int) float64 { return math.Exp(1.5 * rng.NormFloat64()) })},
	{"far tails", tailRows},
	{"one outlier", outlierRows},
	{"two scales", valueRows(func(rng *rand.Rand, j int) float64 { return math.Pow(1000, float64(j%2)) * rng.NormFloat64() })},
	{"many zeros", valueRows(func(rng *rand.Rand, _ int) float64 {
		if rng.Float64() < 0.7 {
			return 0
		}
		return math.Exp(rng.NormFloat64())
	})},
	{"orders", orderRows},
}

// fillRows returns n rows, each filled in by row.
func fillRows(n, d int, row func(x []float64)) *mat.Dense {
	out := mat.NewDense(n, d, nil)
	for i := range n {
		row(out.RawRowView(i))
	}
	return out
}

// valueRows draws every value alike but for its column.
func valueRows(value func(rng *rand.Rand, j int) float64) func(rng *rand.Rand, n, d, k int) *mat.Dense {
	return func(rng *rand.Rand, n, d, _ int) *mat.Dense {
		return fillRows(n, d, func(x []float64) {
			for j := range x {
				x[j] = value(rng, j)
			}
		})
	}
}

// blobRows draws rows around k centres from N(0, 2), spread 1, in clusters of about one
// size.
func blobRows(rng *rand.Rand, n, d, k int) *mat.Dense {
	centres := fillRows(k, d, func(x []float64) {
		for j := range x {
			x[j] = 2 * rng.NormFloat64()
		}
	})
	return fillRows(n, d, func(x []float64) {
		for j, v := range centres.RawRowView(rng.IntN(k)) {
			x[j] = v + rng.NormFloat64()
		}
	})
}

// duplicateRows draws rows from 10k distinct ones.
func duplicateRows(rng *rand.Rand, n, d, k int) *mat.Dense {
	of := blobRows(rng, 10*k, d, k)
	return fillRows(n, d, func(x []float64) { copy(x, of.RawRowView(rng.IntN(10*k))) })
}

func sortedRows(rng *rand.Rand, n, d, k int) *mat.Dense {
	all := lists(blobRows(rng, n, d, k))
	slices.SortFunc(all, func(a, b []float64) int { return cmp.Compare(a[0], b[0]) })
	i := -1
	return fillRows(n, d, func(x []float64) { i++; copy(x, all[i]) })
}

// tailRows draws normal rows, of which one in a hundred lies farther from the middle by a
// factor of a Pareto distribution of index 1.2.
func tailRows(rng *rand.Rand, n, d, _ int) *mat.Dense {
	return fillRows(n, d, func(x []float64) {
		factor := 1.0
		if rng.IntN(100) == 0 {
			factor = 5 * math.Pow(1-rng.Float64(), -1/1.2)
		}
		for j := range x {
			x[j] = factor * rng.NormFloat64()
		}
	})
}

// outlierRows are blobs, and one row a thousand spreads away.
func outlierRows(rng *rand.Rand, n, d, k int) *mat.Dense {
	x := blobRows(rng, n, d, k)
	i := rng.IntN(n)
	for j := range d {
		x.Set(i, j, 1000)
	}
	return x
}

// orderRows are what orders make of customers: days since the last, how many there were,
// money, and in further columns what of it went to each category.
func orderRows(rng *rand.Rand, n, d, _ int) *mat.Dense {
	return fillRows(n, d, func(x []float64) {
		orders := 1 + math.Floor(-4*math.Log(1-rng.Float64()))
		money := orders * math.Exp(3+0.8*rng.NormFloat64())
		for j := range x {
			switch j {
			case 0:
				x[j] = math.Floor(365 * math.Pow(rng.Float64(), 1+orders/4))
			case 1:
				x[j] = orders
			case 2:
				x[j] = money
			default:
				if x[j] = 0; rng.Float64() < 0.4 {
					x[j] = money * rng.Float64()
				}
			}
		}
	})
}
