package num

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bigLog returns the logarithm of a number to 200 bits, by the same reduction
// with s of the mantissa to a root that makes the series short.
func bigLog(x float64) float64 {
	const precision = 200
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(v) }
	artanh := func(s *big.Float) *big.Float { // twice
		square := new(big.Float).Mul(s, s)
		power, sum := new(big.Float).Set(s), new(big.Float).SetPrec(precision)
		for i := 1; i < 200; i += 2 {
			sum.Add(sum, new(big.Float).Quo(power, number(float64(i))))
			power.Mul(power, square)
		}
		return sum.Mul(sum, number(2))
	}
	m, k := math.Frexp(x)
	a := number(m)
	s := new(big.Float).Quo(new(big.Float).Sub(a, number(1)), new(big.Float).Add(a, number(1)))
	ln2 := artanh(new(big.Float).Quo(number(1), number(3)))
	sum := artanh(s)
	sum.Add(sum, ln2.Mul(ln2, number(float64(k))))
	v, _ := sum.Float64()
	return v
}

func TestLog(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := []float64{1, 2, math.E, 10, math.SmallestNonzeroFloat64, 0x1p-1022, math.MaxFloat64, math.Sqrt2, math.Sqrt2 / 2, 1 + 0x1p-52, 1 - 0x1p-53, 0.005}
	for range 5000 {
		values = append(values, math.Ldexp(0.5+rng.Float64()/2, rng.IntN(2000)-1000), 0.6+rng.Float64())
	}
	for _, x := range values {
		got, want := Log(x), bigLog(x)
		if unit := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want); math.Abs(got-want) > 2*unit {
			t.Fatalf("Log(%v) = %v, the logarithm to 200 bits is %v", x, got, want)
		}
	}
	for x, want := range map[float64]float64{0: math.Inf(-1), math.Inf(1): math.Inf(1)} {
		if got := Log(x); got != want {
			t.Errorf("Log(%v) = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{-1, math.Inf(-1), math.NaN()} {
		if got := Log(x); got == got {
			t.Errorf("Log(%v) = %v, want NaN", x, got)
		}
	}
}
