package preprocess

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// A product that may be added to something is written float64(a*b) in this package,
// which keeps compilers from fusing the two: all machines get the same bits.

// sum adds up with the rounding error carried along (TwoSum: Knuth, The Art of
// Computer Programming 2, 4.2.2, theorem B; the scheme: Ogita, Rump & Oishi
// 2005, https://doi.org/10.1137/030601818). The result is as if computed in
// twice the precision.
type sum struct{ high, low float64 }

func (s *sum) add(v float64) {
	v = float64(v) // a product, where the caller's code is inlined, is rounded first
	t := s.high + v
	u := t - s.high
	s.low += (s.high - (t - u)) + (v - u)
	s.high = t
}

func (s *sum) value() float64 { return s.high + s.low }

// over returns the sum divided by n, rounded once.
func (s *sum) over(n int) float64 { return num.Quotient(s.high, s.low, n) }

// mean returns the mean of values, of which there is one at least. Where their sum
// overflows it is taken of a part of each, which changes no digit.
func mean(values []float64) float64 {
	var s sum
	for _, v := range values {
		s.add(v)
	}
	if m := s.over(len(values)); num.Finite(m) {
		return m
	}
	s = sum{}
	for _, v := range values {
		s.add(v * sumPart)
	}
	return s.over(len(values)) / sumPart
}

// sumPart is the part of values of which a sum does not overflow.
const sumPart = 0x1p-64

// moments are the mean, least and largest value of each column.
type moments struct{ mean, min, max []float64 }

// columnMoments computes the moments of the columns in one pass over x; values
// that are not finite are an error.
func columnMoments(ctx context.Context, op string, x mat.Matrix, n, d int, names []string) (moments, error) {
	sums := make([]sum, d)
	m := moments{make([]float64, d), make([]float64, d), make([]float64, d)}
	err := scan(ctx, x, n, d, d, func(b block, first int) error {
		for i := range b.n {
			row := b.row(i)
			if first+i == 0 {
				copy(m.min, row)
				copy(m.max, row)
			}
			for j, v := range row {
				if !num.Finite(v) {
					return &ValueError{op, first + i, names[j], v, ErrNotFinite}
				}
				sums[j].add(v)
				m.min[j] = min(m.min[j], v)
				m.max[j] = max(m.max[j], v)
			}
		}
		return nil
	})
	if err != nil {
		return moments{}, err
	}
	for j := range sums {
		if m.mean[j] = sums[j].over(n); !num.Finite(m.mean[j]) || !num.Finite(m.max[j]-m.min[j]) {
			values, err := column(ctx, nil, x, n, j)
			if err != nil {
				return moments{}, err
			}
			if !num.Finite(m.max[j] - m.min[j]) {
				return moments{}, fmt.Errorf("preprocess: %s: column %q reaches from %v in row %d to %v in row %d (counted from 0): %w",
					op, names[j], m.min[j], slices.Index(values, m.min[j]), m.max[j], slices.Index(values, m.max[j]), ErrOverflow)
			}
			m.mean[j] = mean(values)
		}
		// The mean of equal values is that value, without a last bit of rounding.
		m.mean[j] = min(max(m.mean[j], m.min[j]), m.max[j])
	}
	return m, nil
}

// deviations returns, after a second pass, each column's population standard
// deviation (divided by n).
func (m moments) deviations(ctx context.Context, x mat.Matrix, n, d int) ([]float64, error) {
	// Squares of numbers up to 1e308 overflow and of those under 1e-162 vanish:
	// each column is brought near 1 by a power of two, which changes no bit.
	power, exponent := m.powers()
	squares, rest := make([]sum, d), make([]sum, d)
	err := scan(ctx, x, n, d, d, func(b block, _ int) error {
		for i := range b.n {
			for j, v := range b.row(i) {
				v = float64((v - m.mean[j]) * power[j])
				squares[j].add(float64(v * v))
				rest[j].add(v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	scale := make([]float64, d)
	for j := range scale {
		scale[j] = math.Ldexp(num.Deviation(squares[j].value(), rest[j].value(), n), exponent[j])
	}
	return scale, nil
}

// powers returns the powers of two that bring the deviations of each column from its
// mean to 1 at most, and their exponents, negated.
func (m moments) powers() (power []float64, exponent []int) {
	power, exponent = make([]float64, len(m.mean)), make([]int, len(m.mean))
	for j := range power {
		power[j], exponent[j] = num.UnitPower(max(m.max[j]-m.mean[j], m.mean[j]-m.min[j]))
	}
	return power, exponent
}

// largest returns the largest deviation of a value from the mean of its column.
func (m moments) largest() float64 {
	largest := 0.0
	for j := range m.mean {
		largest = max(largest, m.max[j]-m.mean[j], m.mean[j]-m.min[j])
	}
	return largest
}

// sameButRounding reports whether values between low and high differ by no more
// than rounding could have made of one value.
func sameButRounding(low, high float64) bool {
	return high-low <= 4*0x1p-52*max(math.Abs(low), math.Abs(high))
}

// quantile returns the value at share q of values in order, interpolated linearly
// as numpy.percentile does by default. It reorders values.
func quantile(values []float64, q float64) float64 {
	at := float64(q * float64(len(values)-1))
	i := min(int(at), len(values)-1)
	low, high := neighbours(values, i)
	return between(low, high, at-float64(i))
}

// between returns the value at share t of the way from low to high, rounded as
// numpy.percentile does.
func between(low, high, t float64) float64 {
	if t >= 0.5 {
		return high - float64((high-low)*(1-t))
	}
	return low + float64((high-low)*t)
}

// median returns the middle value in order, or the mean of the middle two. It
// reorders values.
func median(values []float64) float64 {
	a, b := neighbours(values, (len(values)-1)/2)
	if len(values)%2 == 1 {
		b = a
	}
	return middle(a, b)
}

// middle returns the mean of two values.
func middle(a, b float64) float64 {
	if m := float64((a + b) / 2); num.Finite(m) {
		return m + 0 // not −0, whose place among zeros is by chance
	}
	return float64(a/2) + float64(b/2)
}

// neighbours returns the values of ranks i and i+1, counted from 0; of the last
// rank, the same value twice.
func neighbours(values []float64, i int) (low, high float64) {
	num.Select(values, i)
	low, high = values[i], values[i]
	if i+1 < len(values) {
		high = slices.Min(values[i+1:])
	}
	return low, high
}
