package plots

import (
	"math"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/internal/num"
)

// scale maps values of a range to a stretch of the page.
type scale struct{ min, max, from, to float64 }

func (s scale) at(v float64) float64 {
	if s.max == s.min {
		return (s.from + s.to) / 2
	}
	// Shares first: the difference of two huge numbers may overflow.
	t := (v/2 - s.min/2) / (s.max/2 - s.min/2)
	return s.from + t*(s.to-s.from)
}

// ticks returns round values within a range, at most n+1, in steps of 1, 2 or 5
// times a power of ten, and the number of decimals that distinguishes them.
func ticks(lo, hi float64, n int) (values []float64, decimals int) {
	if !(hi-lo > 1e-9*max(math.Abs(lo), math.Abs(hi))) || math.IsInf(hi-lo, 0) {
		return []float64{lo}, 0
	}
	n = max(n, 1)
	step := niceStep((hi - lo) / float64(n))
	for finer := step; ; step = finer {
		finer = niceStep(finer * 0.39)
		if !(finer > 0 && finer < step) || math.Floor(hi/finer+1e-9)-math.Ceil(lo/finer-1e-9) > float64(n) {
			break
		}
	}
	decimals = max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	first := math.Ceil(lo/step - 1e-9)
	for i := 0; i < 50; i++ {
		v := (first + float64(i)) * step
		if v > hi+1e-9*step || v+step == v {
			break
		}
		if v == 0 {
			v = 0 // not −0
		}
		values = append(values, v)
	}
	return values, decimals
}

// niceStep leaves room for the rounding of raw.
func niceStep(raw float64) float64 { return num.NiceStep(raw/(1+1e-9), 1, 2, 5) }

// roundUp returns the end of an axis that holds hi: the next tick.
func roundUp(lo, hi float64, n int) float64 {
	if !(hi > lo) {
		return lo + 1
	}
	step := niceStep((hi - lo) / float64(max(n, 1)))
	return math.Ceil(hi/step-1e-9) * step
}

const minus = "\u2212"

// number writes v with thousands separators: 1,234.5; millions are shortened to
// 1.23 M, and what is larger than a thousand billions is written in powers.
func number(v float64, decimals int) string {
	a := math.Abs(v)
	switch {
	case a >= 1e15:
		return strings.Replace(strconv.FormatFloat(v, 'e', 1, 64), "-", minus, 1)
	case a >= 1e10:
		return number(v/1e9, 1) + " bn"
	case a >= 1e7:
		return number(v/1e6, 1) + " M"
	}
	s := strconv.FormatFloat(a, 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	if v < 0 && strings.Trim(s, "0.") != "" {
		return minus + b.String()
	}
	return b.String()
}

// value writes v with about three digits that count.
func value(v float64) string {
	switch a := math.Abs(v); {
	case a != 0 && a < 0.01:
		return strings.Replace(strconv.FormatFloat(v, 'g', 2, 64), "-", minus, 1)
	case a < 1 && a > 0:
		return number(v, 2)
	case a < 100 && a != math.Trunc(a):
		return number(v, 1)
	}
	return number(v, 0)
}

// signed returns value with a plus where there is no minus.
func signed(v float64) string {
	if v > 0 {
		return "+" + value(v)
	}
	return value(v)
}

// Percent writes a share of 1 as per cent: 43%.
func Percent(share float64) string {
	p := 100 * share
	switch {
	case p > 0 && p < 1:
		return "<1%"
	case p > 99 && p < 100:
		return ">99%"
	}
	return number(p, 0) + "%"
}

// counted returns a number with its noun: 1 customer, 2,229 customers.
func counted(n float64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n, 0) + " " + many
}
