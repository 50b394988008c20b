package engine

import (
	"math"
	"math/bits"
)

// Whole is a whole number of 128 bits, in two's complement.
type Whole struct {
	High int64
	Low  uint64
}

// AddInt adds v.
func (w *Whole) AddInt(v int64) { w.Add(Whole{v >> 63, uint64(v)}) }

// Add adds o.
func (w *Whole) Add(o Whole) {
	var carry uint64
	w.Low, carry = bits.Add64(w.Low, o.Low, 0)
	w.High += o.High + int64(carry)
}

// addShifted adds v·2^shift; shift is from 0 to 127.
func (w *Whole) addShifted(v int64, shift int) {
	if shift >= 64 {
		w.Add(Whole{v << (shift - 64), 0})
		return
	}
	w.Add(Whole{v >> (64 - shift), uint64(v) << shift})
}

// magnitude returns |w| and whether w is negative.
func (w Whole) magnitude() (high, low uint64, negative bool) {
	if w.High >= 0 {
		return uint64(w.High), w.Low, false
	}
	low, borrow := bits.Sub64(0, w.Low, 0)
	high, _ = bits.Sub64(0, uint64(w.High), borrow)
	return high, low, true
}

// rounded returns the float64 nearest to w, of two the even one, and what it lacks.
func (w Whole) rounded() (v float64, rest Whole) {
	high, low, negative := w.magnitude()
	size := bits.Len64(low)
	if high > 0 {
		size = 64 + bits.Len64(high)
	}
	shift := max(0, size-53)
	m := float64(shiftRight(high, low, shift)) // the digits that stay
	if shift > 0 {
		// The first of the others, and whether there are more.
		half := shiftRight(high, low, shift-1)&1 == 1
		more := bits.TrailingZeros64(low) < shift-1
		if low == 0 {
			more = 64+bits.TrailingZeros64(high) < shift-1
		}
		if half && (more || shiftRight(high, low, shift)&1 == 1) {
			m++
		}
	}
	v = math.Ldexp(m, shift)
	rest = Whole{int64(high), low}
	var taken Whole
	taken.addShifted(int64(m), shift)
	rest.Add(taken.negative())
	if negative {
		return -v, rest.negative()
	}
	return v, rest
}

// shiftRight returns the lowest word of a number of two words without its last digits.
func shiftRight(high, low uint64, digits int) uint64 {
	if digits >= 64 {
		return high >> (digits - 64)
	}
	return high<<(64-digits) | low>>digits
}

func (w Whole) negative() Whole {
	low, borrow := bits.Sub64(0, w.Low, 0)
	return Whole{-w.High - int64(borrow), low}
}

// Float returns w·2^exponent, rounded once to high + low, |low| at most half a unit of
// the last place of high; high is ±Inf where it is beyond the range of float64.
func (w Whole) Float(exponent int) (high, low float64) {
	high, rest := w.rounded()
	low, _ = rest.rounded()
	if high = math.Ldexp(high, exponent); math.IsInf(high, 0) {
		return high, 0
	}
	return high, math.Ldexp(low, exponent)
}

// gridBits is how far the unit of a Grid lies below the magnitude of its numbers, in
// powers of two: as far as the parts of bins reach for tallyRows rows. It leaves room for
// sums of 2^46 numbers.
const gridBits = 80

// Grid rounds the numbers of a column to whole multiples of its unit, 2^(Exponent−80),
// where their magnitudes are below 2^Exponent, so that sums of them are exact in any order
// and grouping. Numbers within 2^27 of the greatest are such multiples as they are.
type Grid struct {
	Exponent    int
	first, then float64 // powers of two, whose product is 2^(40−Exponent)
}

// leastExponent leaves a unit that float64 can hold.
const leastExponent = gridBits - 1074

// NewGrid returns the grid of numbers of at most the given magnitude.
func NewGrid(most float64) Grid {
	_, e := math.Frexp(most) // most < 2^e
	e = max(e, leastExponent)
	part := min(gridBits/2-e, 1000)
	return Grid{e, math.Ldexp(1, part), math.Ldexp(1, gridBits/2-e-part)}
}

// Unit returns the exponent of the unit.
func (g Grid) Unit() int { return g.Exponent - gridBits }

// Add adds v to w, which is in units of the grid, rounded to the nearest, of two to the
// even one.
func (g Grid) Add(w *Whole, v float64) {
	v = float64(float64(v*g.first) * g.then)
	high := math.RoundToEven(v)
	w.addShifted(int64(high), gridBits/2)
	w.AddInt(int64(math.RoundToEven(float64((v - high) * (1 << (gridBits / 2))))))
}

// gridBins returns bins whose low parts have the units of the grids, and the exponents of
// the units of the high parts; sums of n rows, at most tallyRows, fit in 53 bits.
func gridBins(grids []Grid, n int) (g *bins, high []int) {
	g = &bins{aligned(len(grids)), aligned(len(grids))}
	for j, grid := range grids {
		unit := grid.Exponent + sumBits(n) + 1 - 53
		g.high[j], g.low[j] = math.Ldexp(1.5, 52+unit), math.Ldexp(1.5, 52+grid.Unit())
		high = append(high, unit)
	}
	return g, high
}
