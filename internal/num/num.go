// Package num has the one-pass figures that several rooms need: each of them
// in one place, with the same bits on every architecture.
package num

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// Dims returns the dimensions of x, and 0×0 for nil and nil pointers.
func Dims(x mat.Matrix) (n, d int) {
	if v := reflect.ValueOf(x); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return 0, 0
	}
	return x.Dims()
}

// Finite reports whether v is neither NaN nor ±Inf.
func Finite(v float64) bool { return v-v == 0 }

// NotFinite returns the place of the first value of x, row by row, that is NaN
// or ±Inf; ok is false where there is none.
func NotFinite(x mat.Matrix) (row, column int, ok bool) {
	n, d := Dims(x)
	if r, isRaw := x.(mat.RawMatrixer); isRaw && n > 0 {
		raw := r.RawMatrix()
		for i := range n {
			for j, v := range raw.Data[i*raw.Stride : i*raw.Stride+d] {
				if !Finite(v) {
					return i, j, true
				}
			}
		}
		return 0, 0, false
	}
	for i := range n {
		for j := range d {
			if !Finite(x.At(i, j)) {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// Quantile returns the q-quantile, 0 ≤ q ≤ 1, of ascending values, interpolated
// linearly: type 7 of Hyndman & Fan (1996), doi:10.1080/00031305.1996.10473566,
// the default of numpy, pandas and R. It is NaN for no values.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := float64(q * float64(len(sorted)-1))
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	part := at - float64(i)
	return float64(sorted[i]*(1-part)) + float64(sorted[i+1]*part)
}

// Correlation returns Pearson's correlation of the n pairs that pair returns,
// and their number, over those of which neither is NaN. It is 0 where one side
// is constant or there are none.
func Correlation(n int, pair func(i int) (x, y float64)) (r float64, pairs int) {
	var x, y Moments
	covariance := 0.0
	for i := range n {
		u, v := pair(i)
		if math.IsNaN(u) || math.IsNaN(v) {
			continue
		}
		e := u - x.mean
		x.Add(u)
		y.Add(v)
		covariance += float64(e * (v - y.mean))
	}
	if !(x.m > 0 && y.m > 0) {
		return 0, x.N
	}
	return covariance / math.Sqrt(x.m) / math.Sqrt(y.m), x.N
}

// Moments are the mean and the variance of values that are added one by one.
type Moments struct {
	N       int
	weight  float64 // of the values
	mean, m float64 // of the values times 2^-exponent
	// exponent keeps squares within the range of float64; no digit changes.
	exponent int
}

// MomentsOf returns Moments for values from low to high.
func MomentsOf(low, high float64) Moments {
	if _, e := math.Frexp(max(-low, high)); e < -200 || e > 200 {
		return Moments{exponent: e + 1} // differences, too, are below 1
	}
	return Moments{}
}

// Add adds one value.
func (s *Moments) Add(v float64) { s.AddWeighted(v, 1) }

// AddWeighted adds one value of a weight that is not 0 (Welford, 1962,
// doi:10.1080/00401706.1962.10490022; West, 1979, doi:10.1145/359146.359153).
func (s *Moments) AddWeighted(v, weight float64) {
	if s.exponent != 0 {
		v = math.Ldexp(v, -s.exponent)
	}
	s.N++
	s.weight += weight
	e := v - s.mean
	s.mean += float64(weight*e) / s.weight
	s.m += float64(weight * e * (v - s.mean))
}

// Mean returns the mean of the values, 0 for none.
func (s *Moments) Mean() float64 { return math.Ldexp(s.mean, s.exponent) }

// Variance returns the sum of squares divided by the weight less 1 or 0: 0 for
// the variance of a population, 1 for that of a sample.
func (s *Moments) Variance(less int) float64 {
	return math.Ldexp(s.m/(s.weight-float64(less)), 2*s.exponent)
}

// SD returns the standard deviation, less as in Variance.
func (s *Moments) SD(less int) float64 {
	return math.Ldexp(math.Sqrt(s.m/(s.weight-float64(less))), s.exponent)
}

// Constant reports whether all values were the same.
func (s *Moments) Constant() bool { return s.m == 0 }

// Select reorders values, which hold no NaN, so that the one of rank i, from 0,
// stands at i, none larger before and none smaller behind it: Hoare's FIND (1961,
// https://doi.org/10.1145/366622.366647) with the median of three. Where that
// divides badly again and again, it sorts.
func Select(values []float64, i int) {
	low, high := 0, len(values)-1
	for tries := 0; low < high; tries++ {
		if high-low < 16 || tries > 64 {
			slices.Sort(values[low : high+1])
			return
		}
		a, b, c := values[low], values[low+(high-low)/2], values[high]
		pivot := max(min(a, b), min(max(a, b), c))
		l, h := low, high
		for l <= h {
			for values[l] < pivot {
				l++
			}
			for values[h] > pivot {
				h--
			}
			if l <= h {
				values[l], values[h] = values[h], values[l]
				l++
				h--
			}
		}
		switch {
		case i <= h:
			high = h
		case i >= l:
			low = l
		default:
			return
		}
	}
}

// Quotient returns (high + low) / n rounded once, for a low that is small beside high:
// what the first division leaves over is exact with a fused multiply-add, which Go has
// on every machine.
func Quotient(high, low float64, n int) float64 {
	q := high / float64(n)
	if !Finite(q) {
		return q
	}
	return q + (math.FMA(-q, float64(n), high)+low)/float64(n)
}

// UnitPower returns the power of two that brings v to between 1/2 and 1, and the
// exponent that undoes it.
func UnitPower(v float64) (power float64, exponent int) {
	_, exponent = math.Frexp(v)
	exponent = min(max(exponent, -1000), 1000)
	return math.Ldexp(1, -exponent), exponent
}

// Deviation returns the population standard deviation of n values by the sum of
// squares of their distances from about the mean, and the sum of these. What the
// rounding of the mean added is taken off again (Chan, Golub & LeVeque 1983,
// https://doi.org/10.1080/00031305.1983.10483115).
func Deviation(squares, rest float64, n int) float64 {
	return math.Sqrt(max((squares-float64(rest*rest/float64(n)))/float64(n), 0))
}

// NiceStep returns the least of some rising multiples, 1 to 5, of a power of ten
// that is not less than v; 1 for what is not positive or not finite, and v where
// no such number is in the range of float64. The power comes from the digits of
// v: logarithms and powers differ from one architecture to the next.
func NiceStep(v float64, multiples ...float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	digits := strconv.FormatFloat(v, 'e', -1, 64)
	power, _ := strconv.ParseFloat("1"+digits[strings.IndexByte(digits, 'e'):], 64)
	step := 10 * power
	for _, m := range multiples {
		if m*power >= v {
			step = m * power
			break
		}
	}
	if step == 0 || math.IsInf(step, 0) {
		return v
	}
	return step
}
