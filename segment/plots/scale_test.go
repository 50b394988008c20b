package plots

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{number(0, 0), "0"}, {number(-0.001, 1), "0.0"}, {number(999, 0), "999"}, {number(1000, 0), "1,000"},
		{number(1234567.891, 2), "1,234,567.89"}, {number(-120000, 0), "−120,000"},
		{number(52e6, 0), "52.0 M"}, {number(3.1e10, 0), "31.0 bn"}, {number(-1.5e16, 0), "−1.5e+16"},
		{value(0), "0"}, {value(0.004), "0.004"}, {value(-0.004), "−0.004"}, {value(0.456), "0.46"}, {value(45.67), "45.7"}, {value(18), "18"}, {value(1617.2), "1,617"},
		{signed(1.25), "+1.2"}, {signed(-1.25), "−1.2"}, {signed(0), "0"},
		{Percent(0), "0%"}, {Percent(0.004), "<1%"}, {Percent(0.245), "24%"}, {Percent(0.996), ">99%"}, {Percent(1), "100%"},
		{counted(1, "customer", "customers"), "1 customer"}, {counted(2229, "customer", "customers"), "2,229 customers"},
		{brief(50000, 0), "50k"}, {brief(12500, 0), "12.5k"}, {brief(900, 0), "900"},
		{list(nil), ""}, {list([]string{"a"}), "a"}, {list([]string{"a", "b", "c"}), "a, b and c"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		lo := random.NormFloat64() * math.Pow(10, float64(random.IntN(24)-12))
		hi := lo + random.Float64()*math.Pow(10, float64(random.IntN(24)-12))
		n := 1 + random.IntN(10)
		values, decimals := ticks(lo, hi, n)
		if !(hi-lo > 1e-9*max(math.Abs(lo), math.Abs(hi))) {
			if len(values) != 1 {
				t.Fatalf("ticks(%v, %v, %d) = %v; a range of nothing has one", lo, hi, n, values)
			}
			continue
		}
		if len(values) > n+1 || decimals < 0 {
			t.Fatalf("ticks(%v, %v, %d) = %v, %d decimals; at most %d are asked for", lo, hi, n, values, decimals, n+1)
		}
		slack := 1e-6 * (hi - lo)
		seen := map[string]bool{}
		for i, v := range values {
			if v < lo-slack || v > hi+slack {
				t.Fatalf("ticks(%v, %v, %d): %v lies outside", lo, hi, n, v)
			}
			if i > 0 && !(v > values[i-1]) {
				t.Fatalf("ticks(%v, %v, %d) = %v do not rise", lo, hi, n, values)
			}
			// Where the range is wide beside its place, labels must differ.
			if s := number(v, decimals); math.Abs(v) < 1e7 {
				if seen[s] {
					t.Fatalf("ticks(%v, %v, %d): two labels are %q", lo, hi, n, s)
				}
				seen[s] = true
			}
		}
		if end := roundUp(0, hi-lo, n); end < (hi-lo)*(1-1e-9) {
			t.Fatalf("roundUp(0, %v, %d) = %v is less", hi-lo, n, end)
		}
	}
	for _, c := range []struct {
		lo, hi float64
		n      int
		want   []float64
	}{
		{0, 100, 5, []float64{0, 20, 40, 60, 80, 100}},
		{1844, 7300, 2, []float64{2000, 4000, 6000}},
		{-0.2, 1, 3, []float64{0, 0.5, 1}},
		{3, 3, 4, []float64{3}},
	} {
		got, _ := ticks(c.lo, c.hi, c.n)
		if len(got) != len(c.want) {
			t.Errorf("ticks(%v, %v, %d) = %v, want %v", c.lo, c.hi, c.n, got, c.want)
			continue
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9*math.Abs(c.hi) {
				t.Errorf("ticks(%v, %v, %d) = %v, want %v", c.lo, c.hi, c.n, got, c.want)
			}
		}
	}
}

func TestDensity(t *testing.T) {
	// Of a bell, the estimate is a bell: the peak at the mean, and half of it
	// at 1.18 deviations, a little farther for the smoothing.
	random := rand.New(rand.NewPCG(3, 4))
	values := make([]float64, 20000)
	for i := range values {
		values[i] = 50 + 10*random.NormFloat64()
	}
	q := DensitiesOf(nil, [][]float64{values})
	if q.Heights == nil || q.Whole {
		t.Fatal("20,000 values of a bell are no few whole numbers")
	}
	at := func(v float64) float64 {
		return q.Heights[0][int(math.Round((v-q.Lo)/(q.Hi-q.Lo)*float64(densitySteps-1)))]
	}
	if at(50) < 0.97 || math.Abs(at(50-11.9)-0.5) > 0.05 || math.Abs(at(50+11.9)-0.5) > 0.05 || at(26) > 0.09 {
		t.Errorf("density at 50, 38.1, 61.9 and 26: %.2f, %.2f, %.2f, %.2f; want about 1, 0.5, 0.5 and 0.06", at(50), at(38.1), at(61.9), at(26))
	}
	few := DensitiesOf(nil, [][]float64{{0, 0, 1, 3}})
	if !few.Whole || few.Heights[0][0] != 0.5 || few.Heights[0][2] != 0 || few.Heights[0][3] != 0.25 {
		t.Errorf("shares of 0, 0, 1, 3 are %v", few.Heights)
	}
}
