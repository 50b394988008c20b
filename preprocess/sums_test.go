package preprocess

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for round := range 3000 {
		n := 1 + rng.IntN(200)
		values := make([]float64, n)
		for i := range values {
			switch round % 4 {
			case 0:
				values[i] = rng.NormFloat64()
			case 1:
				values[i] = float64(rng.IntN(4))
			case 2:
				values[i] = float64(i)
			case 3: // an organ pipe, hard for the median of three
				values[i] = float64(min(i, n-i))
			}
		}
		sorted := slices.Sorted(slices.Values(values))
		i := rng.IntN(n)
		low, high := neighbours(values, i)
		if low != sorted[i] || high != sorted[min(i+1, n-1)] {
			t.Fatalf("ranks %d and %d of %v are %v and %v", i, i+1, sorted, low, high)
		}
		if slices.Sort(values); !slices.Equal(values, sorted) {
			t.Fatal("values were lost")
		}
	}
}

func TestChooseInLinearTime(t *testing.T) {
	// Where it divides badly each time, a million values would take hours.
	const n = 1 << 20
	pipe := make([]float64, n)
	for i := range pipe {
		pipe[i] = float64(min(i, n-i))
	}
	if low, high := neighbours(pipe, n/2); low != n/4 || high != n/4+1 && high != n/4 {
		t.Errorf("ranks %v and %v", low, high)
	}
}

// The compensated sum against exact arithmetic.
func TestSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	for range 200 {
		n := 1 + rng.IntN(1000)
		var s sum
		exact := new(big.Float).SetPrec(2000)
		magnitude := 0.0
		for range n {
			v := rng.NormFloat64() * math.Pow(10, float64(rng.IntN(12)))
			s.add(v)
			exact.Add(exact, new(big.Float).SetFloat64(v))
			magnitude += math.Abs(v)
		}
		want, _ := exact.Float64()
		// The bound of Ogita, Rump & Oishi: one rounding, and n²u² of the magnitude.
		bound := 0x1p-53*math.Abs(want) + float64(n)*float64(n)*0x1p-106*magnitude
		if math.Abs(s.value()-want) > bound {
			t.Fatalf("the sum of %d is %v, exactly %v", n, s.value(), want)
		}
		mean, _ := exact.Quo(exact, new(big.Float).SetInt64(int64(n))).Float64()
		if math.Abs(s.over(n)-mean) > 0x1p-52*math.Abs(mean)+bound/float64(n) {
			t.Fatalf("the mean of %d is %v, exactly %v", n, s.over(n), mean)
		}
	}
}
