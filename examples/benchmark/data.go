package main

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

const dataSeed = 42

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// blobs draws rows around centres from N(0, 2), spread 1, in clusters of about one size.
func blobs(clusters int) func(rows, columns int) *mat.Dense {
	return func(rows, columns int) *mat.Dense {
		rng := random(dataSeed)
		centres := make([]float64, clusters*columns)
		for i := range centres {
			centres[i] = 2 * rng.NormFloat64()
		}
		x := make([]float64, rows*columns)
		for i := range rows {
			c := centres[rng.IntN(clusters)*columns:]
			for j := range columns {
				x[i*columns+j] = c[j] + rng.NormFloat64()
			}
		}
		return mat.NewDense(rows, columns, x)
	}
}

// drawn draws every value alike.
func drawn(value func(*rand.Rand) float64) func(rows, columns int) *mat.Dense {
	return func(rows, columns int) *mat.Dense {
		rng := random(dataSeed)
		x := make([]float64, rows*columns)
		for i := range x {
			x[i] = value(rng)
		}
		return mat.NewDense(rows, columns, x)
	}
}

func outlier(rows, columns int) *mat.Dense {
	x := blobs(8)(rows, columns)
	for j := range columns {
		x.Set(rows/2, j, 1e6)
	}
	return x
}

func sorted(rows, columns int) *mat.Dense {
	x := blobs(8)(rows, columns)
	all := make([][]float64, rows)
	for i := range all {
		all[i] = x.RawRowView(i)
	}
	slices.SortFunc(all, func(a, b []float64) int { return cmp.Compare(a[0], b[0]) })
	out := mat.NewDense(rows, columns, nil)
	for i, row := range all {
		out.SetRow(i, row)
	}
	return out
}

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
