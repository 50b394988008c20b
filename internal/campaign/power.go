package campaign

import (
	"math"
	"sort"
)

// The test by which a campaign is judged.
const (
	Level   = 0.05 // of significance, two-sided
	Wanted  = 0.8  // power
	fewest  = 2    // customers in a group
	halving = 60   // of an interval, beyond the precision of a float64
)

// Power returns the probability with which a two-sided z test of two independent
// proportions, at Level, finds a difference between groups of n1 and n2 customers whose
// true shares are p1 and p2, from 0 to 1:
//
//	Φ((|p1−p2| − z·σ0)/σ1) + Φ((−|p1−p2| − z·σ0)/σ1)
//	σ0² = p(1−p)(1/n1 + 1/n2), p = (n1·p1 + n2·p2)/(n1 + n2)
//	σ1² = p1(1−p1)/n1 + p2(1−p2)/n2
//
// with z the 1 − Level/2 quantile of the normal distribution Φ: the variance is the pooled
// one under the hypothesis of no difference. See Fleiss, Levin & Paik 2003, Statistical
// Methods for Rates and Proportions, 3rd ed., ch. 4, doi:10.1002/0471445428; it is
// power_proportions_2indep of statsmodels. It is NaN for a share that is none and for groups
// of fewer than two.
func Power(p1, p2 float64, n1, n2 int) float64 {
	if !(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1) || n1 < fewest || n2 < fewest {
		return math.NaN()
	}
	a, b := float64(n1), float64(n2)
	p := (float64(a*p1) + float64(b*p2)) / (a + b)
	null := math.Sqrt(p * (1 - p) * (1/a + 1/b))
	alt := math.Sqrt(float64(p1*(1-p1)/a) + float64(p2*(1-p2)/b))
	z := math.Sqrt2 * math.Erfinv(1-Level)
	d := math.Abs(p1 - p2)
	if alt == 0 { // both shares are 0 or 1
		if d > 0 {
			return 1
		}
		return Level
	}
	return normal((d-float64(z*null))/alt) + normal((-d-float64(z*null))/alt)
}

// normal is the standard normal distribution function.
func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// Detectable returns the greatest share below p1 of a hold-out group of n2 customers that
// is told from the share p1 of n1 customers of the campaign with a [Power] of Wanted; ok is
// false where not even 0 is.
func Detectable(p1 float64, n1, n2 int) (p2 float64, ok bool) {
	if !(Power(p1, 0, n1, n2) >= Wanted) {
		return 0, false
	}
	low, high := 0.0, p1
	for range halving {
		if mid := (low + high) / 2; Power(p1, mid, n1, n2) >= Wanted {
			low = mid
		} else {
			high = mid
		}
	}
	return low, true
}

// HoldoutSize returns the least hold-out group out of size customers, the others of whom
// get the campaign, in which a true share p2 is told from p1 in the campaign with a
// [Power] of Wanted; ok is false where not even half of them are enough.
func HoldoutSize(p1, p2 float64, size int) (n int, ok bool) {
	enough := func(n int) bool { return Power(p1, p2, size-n, n) >= Wanted }
	half := size / 2
	if half < fewest || p1 == p2 || !enough(half) {
		return 0, false
	}
	return fewest + sort.Search(half-fewest, func(i int) bool { return enough(fewest + i) }), true
}
