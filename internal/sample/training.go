package sample

import (
	"iter"
	"math"
	"strconv"
)

// blockRows is the number of rows of a block of Training.
const blockRows = 4096

// Training yields the training columns of the n customers that Write writes: age,
// spent, tenure, children and income (NaN where it is missing) on 1 January 2015,
// in blocks of whole rows, row by row. A block is used again for the next; each use of
// the sequence makes the same rows.
func Training(n int, seed uint64) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		g := newGenerator(n, seed)
		block := make([]float64, 0, 5*blockRows)
		for i := range n {
			row := training(g.next())
			if block = append(block, row[:]...); len(block) < cap(block) && i < n-1 {
				continue
			}
			if !yield(block, nil) {
				return
			}
			block = block[:0]
		}
	}
}

// training returns age, spent, tenure, children and income on 1 January 2015.
func training(c customer) [5]float64 {
	year, _ := strconv.Atoi(c.enrolled[6:])
	month, _ := strconv.Atoi(c.enrolled[3:5])
	income := float64(c.income)
	if c.income < 0 {
		income = math.NaN()
	}
	return [5]float64{float64(2015 - c.born), float64(c.spent()), float64(12*(2015-year) + 1 - month), float64(c.kids + c.teens), income}
}
