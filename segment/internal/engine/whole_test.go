package engine

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func (w Whole) big() *big.Int {
	out := new(big.Int).Lsh(big.NewInt(w.High), 64)
	return out.Add(out, new(big.Int).SetUint64(w.Low))
}

// TestWhole holds sums of whole numbers, and their rounding, against math/big.
func TestWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(w Whole, want *big.Int) {
		t.Helper()
		if w.big().Cmp(want) != 0 {
			t.Fatalf("%v is %v, want %v", w, w.big(), want)
		}
		exact := new(big.Float).SetPrec(200).SetInt(want)
		high, _ := exact.Float64()
		low, _ := new(big.Float).SetPrec(200).Sub(exact, new(big.Float).SetPrec(200).SetFloat64(high)).Float64()
		for _, e := range []int{0, -62, -1074, 800} {
			gotHigh, gotLow := w.Float(e)
			if gotHigh != math.Ldexp(high, e) || gotLow != math.Ldexp(low, e) {
				t.Fatalf("%v·2^%d is %v + %v, want %v + %v", want, e, gotHigh, gotLow, math.Ldexp(high, e), math.Ldexp(low, e))
			}
		}
	}
	for _, size := range []int{1, 20, 50, 53, 54, 60, 62} {
		var w Whole
		want := new(big.Int)
		for range 2000 {
			v := rng.Int64N(1<<size) - rng.Int64N(1<<size)
			w.AddInt(v)
			want.Add(want, big.NewInt(v))
			check(w, want)
			shift := rng.IntN(30)
			w.addShifted(v, shift)
			want.Add(want, new(big.Int).Lsh(big.NewInt(v), uint(shift)))
			check(w, want)
		}
	}
	// Halves, which go to the even neighbour, in every place of the two words.
	for shift := range 72 {
		for _, m := range []int64{1<<53 + 1, 1<<53 + 3, 1<<54 + 2, 1<<54 + 6, 1<<54 - 1, -(1<<53 + 1), -(1<<54 + 6)} {
			for _, more := range []int64{-1, 0, 1} {
				want := new(big.Int).Lsh(big.NewInt(m), uint(shift))
				want.Add(want, big.NewInt(more))
				low := new(big.Int).And(want, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
				check(Whole{new(big.Int).Rsh(want, 64).Int64(), low}, want)
			}
		}
	}
	if high, low := (Whole{1 << 61, 0}).Float(1000); !math.IsInf(high, 1) || low != 0 {
		t.Errorf("a sum beyond float64 is %v + %v", high, low)
	}
}

// TestGrid holds numbers on a grid against math/big, and the sums of bins that the kernels
// add up against them.
func TestGrid(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, e := range []int{-1080, -1074, -1020, -990, -900, -400, -3, 0, 1, 40, 400, 1024} {
		most := math.Ldexp(0.9999, e)
		g := NewGrid(most)
		var b *bins
		var units []int
		if e > leastExponent && e < 800 {
			b, units = gridBins([]Grid{g}, tallyRows)
		}
		var all, parts Whole
		high, low := 0.0, 0.0
		for i := range tallyRows {
			v := math.Ldexp(rng.Float64()+0.999, e-1-rng.IntN(90)*rng.IntN(2))
			if i == 0 {
				v = most
			} else if i%2 == 0 && i > tallyRows/2 {
				v = -v
			}
			var w Whole
			g.Add(&w, v)
			g.Add(&all, v)
			exact := new(big.Float).SetMantExp(new(big.Float).SetPrec(2000).SetFloat64(v), -g.Unit())
			if want := nearestEven(exact); w.big().Cmp(want) != 0 {
				t.Fatalf("2^%d: %v is %v units, want %v", e, v, w.big(), want)
			}
			if b != nil {
				h, l := b.split(0, v)
				high += h
				low += l
			}
		}
		if g.addParts(&parts, high, low, append(units, g.Unit())[0]); b != nil && parts != all {
			t.Errorf("2^%d: the parts of bins come to %v units, want %v", e, parts.big(), all.big())
		}
	}
}

func nearestEven(x *big.Float) *big.Int {
	whole, _ := x.Int(nil)
	rest, _ := new(big.Float).Sub(x, new(big.Float).SetInt(whole)).Float64()
	if math.Abs(rest) > 0.5 || math.Abs(rest) == 0.5 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(int64(math.Copysign(1, rest))))
	}
	return whole
}
