package main

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

const dataSeed = 42

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// blobs are those of blobRows, always from the same seed.
func blobs(clusters int) func(rows, columns int) *mat.Dense {
	return func(rows, columns int) *mat.Dense { return blobRows(random(dataSeed), rows, columns, clusters) }
}

// drawn draws every value alike.
func drawn(value func(*rand.Rand) float64) func(rows, columns int) *mat.Dense {
	draw := valueRows(func(rng *rand.Rand, _ int) float64 { return value(rng) })
	return func(rows, columns int) *mat.Dense { return draw(random(dataSeed), rows, columns, 0) }
}

func outlier(rows, columns int) *mat.Dense {
	x := blobs(8)(rows, columns)
	for j := range columns {
		x.Set(rows/2, j, 1e6)
	}
	return x
}

func sorted(rows, columns int) *mat.Dense { return sortedRows(random(dataSeed), rows, columns, 8) }

// initial draws k distinct rows.
func initial(x *mat.Dense, k int, seed uint64) *mat.Dense {
	rng := random(seed)
	n, d := x.Dims()
	out := mat.NewDense(k, d, nil)
	for i := 0; i < k; {
		row := x.RawRowView(rng.IntN(n))
		if slices.ContainsFunc(lists(out)[:i], func(r []float64) bool { return slices.Equal(r, row) }) {
			continue
		}
		out.SetRow(i, row)
		i++
	}
	return out
}

// lists are the rows of x.
func lists(x *mat.Dense) [][]float64 {
	n, _ := x.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = x.RawRowView(i)
	}
	return out
}
