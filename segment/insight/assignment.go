package insight

import (
	"math"
	"slices"
)

// assign matches rows to columns, one to one, so that the sum of the gains is
// the greatest: the column of each row, −1 where it has none because there are
// more rows than columns. All gains must be finite.
//
// It is the Hungarian algorithm with shortest augmenting paths, O(n³): Kuhn
// (1955), doi:10.1002/nav.3800020109; Jonker & Volgenant (1987),
// doi:10.1007/BF02278710.
func assign(gain [][]float64) []int {
	rows, columns := len(gain), 0
	if rows > 0 {
		columns = len(gain[0])
	}
	// A square of costs; what fills it up gains nothing.
	n := max(rows, columns)
	cost := func(i, j int) float64 {
		if i < rows && j < columns {
			return -gain[i][j]
		}
		return 0
	}
	// Potentials u and v with u[i]+v[j] ≤ cost(i, j), equal where matched.
	// Column n stands for the row that is being added.
	u, v := make([]float64, n), make([]float64, n+1)
	rowOf := slices.Repeat([]int{-1}, n+1)
	least, from, done := make([]float64, n), make([]int, n), make([]bool, n+1)
	for i := range n {
		clear(done)
		for j := range least {
			least[j] = math.Inf(1)
		}
		rowOf[n] = i
		at := n
		for rowOf[at] >= 0 {
			done[at] = true
			row, next, step := rowOf[at], -1, math.Inf(1)
			for j := range n {
				if done[j] {
					continue
				}
				if c := cost(row, j) - u[row] - v[j]; c < least[j] {
					least[j], from[j] = c, at
				}
				if least[j] < step {
					next, step = j, least[j]
				}
			}
			for j := range done {
				if done[j] {
					u[rowOf[j]] += step
					v[j] -= step
				} else if j < n {
					least[j] -= step
				}
			}
			at = next
		}
		for at != n {
			rowOf[at] = rowOf[from[at]]
			at = from[at]
		}
	}
	out := slices.Repeat([]int{-1}, rows)
	for j := range columns {
		if i := rowOf[j]; i >= 0 && i < rows {
			out[i] = j
		}
	}
	return out
}
