package insight

import (
	"math"
	"testing"
)

// arcsineRoot agrees with math.Asin, whose last bit may differ by architecture.
func TestArcsineRoot(t *testing.T) {
	for i := 0; i <= 1000; i++ {
		p := float64(i) / 1000
		if got, want := arcsineRoot(p), math.Asin(math.Sqrt(p)); math.Abs(got-want) > 1e-14 {
			t.Errorf("arcsineRoot(%v) = %v, math.Asin of the root is %v", p, got, want)
		}
	}
	if got := cohenH(0.3, 0.3); got != 0 {
		t.Errorf("cohenH of a share with itself is %v", got)
	}
}

// beyond rounds to the decimals that readable writes: two digits below 0.1.
func TestBeyond(t *testing.T) {
	for _, c := range []struct{ v, direction, want float64 }{
		{0.05, 1, 0.05}, {0.0501, 1, 0.051}, {0.0501, -1, 0.05}, {0.01, 1, 0.01}, {0.00999, -1, 0.0099},
		{-0.0501, -1, -0.051}, {0.5432, 1, 0.55}, {5.432, -1, 5.4}, {543.2, 1, 544}, {0, 1, 0},
	} {
		if got := beyond(c.v, c.direction); got != c.want {
			t.Errorf("beyond(%v, %v) = %v, want %v", c.v, c.direction, got, c.want)
		}
	}
}
