// Package editdistance computes how far apart two words are, to find what a
// misspelt one stands for.
package editdistance

// Between returns the least number of letters to change, insert, delete or swap
// with their neighbour that makes b of a, where no letter is touched twice: the
// optimal string alignment of Damerau (1964), doi:10.1145/363958.363994, and
// Levenshtein (1966).
func Between(a, b string) int {
	x, y := []rune(a), []rune(b)
	n := len(y) + 1
	rows := make([]int, 3*n)
	before, last, row := rows[:n], rows[n:2*n], rows[2*n:]
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(y)]
}
