package num

import "math"

// Exp, Expm1, Log, Log1p, Normal and NormalQuantile have the same bits on every
// architecture, which those of package math have not.

// The high part of ln 2 has so few bits that its product with an exponent is exact.
const (
	ln2High = 0x1.62e42fee00000p-01
	ln2Low  = 0x1.a39ef35793c76p-33
)

// Exp returns e^x to within two units of the last place; +Inf where it overflows
// and 0 where it is less than half of the least float64.
func Exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 710:
		return math.Inf(1)
	case x < -746:
		return 0
	}
	k, p := reduced(x)
	return math.Ldexp(1+p, k)
}

// Expm1 returns e^x − 1 to within three units of the last place, also for x near 0.
func Expm1(x float64) float64 {
	switch {
	case x != x || x == 0:
		return x
	case x > 710:
		return math.Inf(1)
	case x < -50:
		return -1
	}
	k, p := reduced(x)
	switch {
	case k == 0:
		return p
	case k > 60:
		return math.Ldexp(1+p, k)
	}
	power := math.Ldexp(1, k)
	return float64(power*p) + (power - 1)
}

// reduced returns k and p with e^x = 2^k·(1+p): p is e^r − 1 of the rest
// |r| ≤ ln(2)/2 of x, by the exponential series, whose term 15 is less than a
// float64 holds beside the first.
func reduced(x float64) (k int, p float64) {
	multiple := math.RoundToEven(x / math.Ln2)
	r := (x - float64(multiple*ln2High)) - float64(multiple*ln2Low)
	series := 0.0
	for i := 15; i >= 3; i-- {
		series = float64((series + 1) * r / float64(i))
	}
	return int(multiple), r + float64(float64(float64(r*r)/2)*(1+series))
}

// Log1p returns ln(1+x) to within four units of the last place, also for x near
// 0. Special cases are those of math.Log1p.
//
// What the rounding of 1+x took off is put back by the first term of the series
// (Kahan; HP-15C Advanced Functions Handbook, 1982).
func Log1p(x float64) float64 {
	u := 1 + x
	switch {
	case u == 1 || x > math.MaxFloat64:
		return x
	case !(u > 0):
		return Log(u)
	}
	lost := x - (u - 1)
	if x >= 1 {
		lost = 1 - (u - x)
	}
	return Log(u) + lost/u
}

// Normal returns Φ(x), the probability that a standard normal variable is at
// most x: to 1e-16, and for x < −3 to 1e-13 of its value.
//
// In the middle it is 1/2 + φ(x)·(x + x³/3 + x⁵/(3·5) + …) (Marsaglia 2004,
// doi:10.18637/jss.v011.i04), in the tails φ(x) over Laplace's continued fraction
// (Abramowitz & Stegun 1964, 26.2.14).
func Normal(x float64) float64 {
	if x != x {
		return x
	}
	square := float64(x * x)
	density := float64(Exp(-square/2) * (1 / math.Sqrt(2*math.Pi)))
	if a := math.Abs(x); a > 3 {
		if a > 40 {
			return max(0, math.Copysign(1, x))
		}
		fraction := a
		for i := 100; i >= 1; i-- { // at 3, where most are needed, 100 give every digit
			fraction = a + float64(i)/fraction
		}
		tail := density / fraction
		if x > 0 {
			return 1 - tail
		}
		return tail
	}
	term, sum := x, x
	for i := 3; math.Abs(term) > 1e-18; i += 2 {
		term = float64(term * square / float64(i))
		sum += term
	}
	return 0.5 + float64(density*sum)
}

// NormalQuantile returns Φ⁻¹(p), the value that a standard normal variable is at
// most with probability p, to 1e-15 of it: ∓Inf for 0 and 1, and NaN outside of
// 0 to 1. Source: Wichura, Algorithm AS 241, 1988, doi:10.2307/2347330.
func NormalQuantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	q := p - 0.5
	if math.Abs(q) <= 0.425 {
		r := 0.180625 - float64(q*q)
		return q * polynomial(r, &as241[0]) / polynomial(r, &as241[1])
	}
	tail := min(p, 1-p)
	if tail == 0 {
		return math.Copysign(math.Inf(1), q)
	}
	r := math.Sqrt(-Log(tail))
	near, from := 2, 1.6
	if r > 5 {
		near, from = 4, 5
	}
	return math.Copysign(polynomial(r-from, &as241[near])/polynomial(r-from, &as241[near+1]), q)
}

// FarthestRank is how near to 0 and 1 a rank comes before its normal quantile is taken.
const FarthestRank = 1e-7

// NormalQuantileRatios returns the coefficients of NormalQuantile, from the constant
// on: numerator and denominator of the middle, the tails, and the far tails.
func NormalQuantileRatios() [6][8]float64 { return as241 }

// polynomial returns c[0] + c[1]·x + … by Horner's rule.
func polynomial(x float64, c *[8]float64) float64 {
	sum := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		sum = float64(sum*x) + c[i]
	}
	return sum
}

// as241 are numerators and denominators of AS 241 (PPND16): of the middle, the
// tails, and the far tails.
var as241 = [6][8]float64{
	{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
	{1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3},
	{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
	{1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9},
	{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
	{1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15},
}
