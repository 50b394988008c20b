package engine

import (
	"math"
	"math/bits"
)

// bins make the sum of a column exact, so that it does not depend on the order of its
// terms, on workers or on blocks, and a row can be taken out again without a trace. Each
// value is rounded to a multiple of 2^-p and split in a high and a low part of so few bits
// that sums of either over all the rows fit in 53 bits. With n rows the two parts hold 104
// − 2⌈log₂n⌉ bits below the largest value of the column: 64 for a million rows. A value
// within 2^11 of the largest is then held exactly, and the sum of such values is the true
// sum, rounded once; smaller values are cut off below that.
//
// Demmel & Nguyen, Fast Reproducible Floating-Point Summation, ARITH 21, 2013,
// doi:10.1109/ARITH.2013.9.
type bins struct {
	// For each column the number that rounds to multiples of the high part's unit when it
	// is added and taken off again, and that of the low part.
	high, low []float64
}

// newBins returns bins for sums of n terms of at most the given magnitude in each column.
func newBins(n int, most []float64) *bins {
	g := &bins{aligned(len(most)), aligned(len(most))}
	bits := sumBits(n)
	for j, m := range most {
		_, e := math.Frexp(m) // m < 2^e
		high := max(e+bits+1-53, -1074)
		low := max(high+bits+1-53, -1074)
		g.high[j], g.low[j] = math.Ldexp(1.5, 52+high), math.Ldexp(1.5, 52+low)
	}
	return g
}

// sumBits returns the bits of n, and so those that a sum of n terms needs more than one.
func sumBits(n int) int { return max(1, bits.Len(uint(n))) }

// split returns the two parts of a value of column j.
func (g *bins) split(j int, v float64) (high, low float64) {
	high = (v + g.high[j]) - g.high[j]
	low = ((v - high) + g.low[j]) - g.low[j]
	return high, low
}

// neumaier is a compensated sum of terms that are not negative (Neumaier,
// Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54, 1974,
// doi:10.1002/zamm.19740540106).
type neumaier struct{ sum, rest float64 }

func (a *neumaier) add(v float64) {
	sum := a.sum + v
	if a.sum >= v {
		a.rest += (a.sum - sum) + v
	} else {
		a.rest += (v - sum) + a.sum
	}
	a.sum = sum
}

func (a *neumaier) value() float64 { return a.sum + a.rest }

// doubleDouble is an unevaluated sum of two numbers, with about 106 bits (Dekker, A
// floating-point technique for extending the available precision, Numer. Math. 18, 1971,
// doi:10.1007/BF01397083).
type doubleDouble struct{ high, low float64 }

func (s *doubleDouble) add(v float64) {
	t := s.high + v
	u := t - s.high
	s.low += (s.high - (t - u)) + (v - u)
	s.high = t
}

// addProduct adds a·b, the rounding error of which is a number too.
func (s *doubleDouble) addProduct(a, b float64) {
	p := float64(a * b)
	s.add(p)
	s.low += math.FMA(a, b, -p)
}

func (s *doubleDouble) join(o doubleDouble) {
	s.add(o.high)
	s.low += o.low
}

func (s doubleDouble) value() float64 { return s.high + s.low }
