package campaign

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// The powers are those of statsmodels, see testdata/power.py.
func TestPower(t *testing.T) {
	data, err := os.ReadFile("testdata/power.json")
	if err != nil {
		t.Fatal(err)
	}
	var want []struct {
		P1, P2, Power float64
		N1, N2        int
	}
	if err := json.Unmarshal(data, &want); err != nil || len(want) < 40 {
		t.Fatal(len(want), err)
	}
	for _, w := range want {
		if got := Power(w.P1, w.P2, w.N1, w.N2); math.Abs(got-w.Power) > 1e-12 {
			t.Errorf("the power of %v and %v in groups of %d and %d is %v, want %v", w.P1, w.P2, w.N1, w.N2, got, w.Power)
		}
	}
	for _, v := range []float64{Power(1.5, 0, 10, 10), Power(0.1, math.NaN(), 10, 10), Power(0.1, 0.2, 1, 10)} {
		if v == v {
			t.Errorf("the power is %v, want NaN", v)
		}
	}
	if v := Power(1, 0, 10, 10); v != 1 {
		t.Errorf("all against nobody is found with %v", v)
	}
	if v := Power(0, 0, 10, 10); v != Level {
		t.Errorf("nobody against nobody is found with %v", v)
	}
}

// What is said to be told apart is, and hardly less is not.
func TestDetectable(t *testing.T) {
	for _, c := range []struct {
		p1     float64
		n1, n2 int
	}{{0.15, 7600, 400}, {0.15, 500, 500}, {0.5, 90, 10}, {0.02, 95000, 5000}} {
		p2, ok := Detectable(c.p1, c.n1, c.n2)
		if !ok || p2 <= 0 || p2 >= c.p1 {
			t.Fatalf("of %+v is told %v, %v", c, p2, ok)
		}
		if below, above := Power(c.p1, p2-1e-9, c.n1, c.n2), Power(c.p1, p2+1e-9, c.n1, c.n2); below < Wanted || above >= Wanted {
			t.Errorf("around %v of %+v the powers are %v and %v", p2, c, below, above)
		}
	}
	if p2, ok := Detectable(0.02, 380, 20); ok {
		t.Errorf("20 customers tell 2 %% from %v", p2)
	}
}

func TestHoldoutSize(t *testing.T) {
	for _, c := range []struct {
		p1, p2 float64
		size   int
	}{{0.15, 0.09, 8000}, {0.15, 0.12, 20000}, {0.05, 0.1, 3000}} {
		n, ok := HoldoutSize(c.p1, c.p2, c.size)
		if !ok || n < 2 || n > c.size/2 {
			t.Fatalf("of %+v is told %d, %v", c, n, ok)
		}
		for k := 2; k <= c.size/2; k++ {
			if enough := Power(c.p1, c.p2, c.size-k, k) >= Wanted; enough != (k >= n) {
				t.Fatalf("of %+v %d customers are enough: %v, and the least are said to be %d", c, k, enough, n)
			}
		}
	}
	for _, c := range []struct {
		p1, p2 float64
		size   int
	}{{0.15, 0.14, 1000}, {0.1, 0.1, 1e6}, {0.1, 0.9, 3}} {
		if n, ok := HoldoutSize(c.p1, c.p2, c.size); ok {
			t.Errorf("of %+v is told %d", c, n)
		}
	}
}
