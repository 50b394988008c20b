package num

import "math"

// Log returns the natural logarithm of x to within two units of the last
// place, with the same bits on every architecture: math.Log is in assembly on
// some, and compiled with fused multiply-adds on others. Special cases are those
// of math.Log.
//
// x is m·2^k with m from √½ to √2, and ln m is 2·artanh(s) for s = (m−1)/(m+1),
// a series in s² ≤ 0.0295 of which eleven terms are more than a float64 holds
// (Abramowitz & Stegun 1964, 4.1.27).
func Log(x float64) float64 {
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	m, exponent := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		exponent--
	}
	s := (m - 1) / (m + 1)
	square := float64(s * s)
	series := 0.0
	for i := 10; i >= 1; i-- {
		series = float64(series*square) + 1/float64(2*i+1)
	}
	k := float64(exponent)
	rest := float64(2*s*float64(square*series)) + float64(k*ln2Low)
	return float64(k*ln2High) + (float64(2*s) + rest)
}
