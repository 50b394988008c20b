package num

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestElementary holds the functions against mpmath's values at 50 digits.
func TestElementary(t *testing.T) {
	data, err := os.ReadFile("testdata/elementary.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference map[string][][2]float64 // by function, x and its value
	if err := json.Unmarshal(data, &reference); err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		name   string
		of     func(float64) float64
		within float64 // units of the last place
	}{
		{"exp", Exp, 2}, {"expm1", Expm1, 3}, {"log1p", Log1p, 4}, {"normal", Normal, 500}, {"normal quantile", NormalQuantile, 10},
	} {
		if len(reference[f.name]) < 100 {
			t.Fatalf("there are %d values of %s", len(reference[f.name]), f.name)
		}
		for _, pair := range reference[f.name] {
			got, want := f.of(pair[0]), pair[1]
			if far := math.Abs(got-want) / (math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)); !(far <= f.within) {
				t.Errorf("%s(%v) = %v, want %v: %v units of the last place", f.name, pair[0], got, want, far)
			}
		}
	}
}

func TestElementarySpecial(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"exp(Inf)", Exp(inf), inf}, {"exp(-Inf)", Exp(-inf), 0}, {"exp(NaN)", Exp(nan), nan}, {"exp(0)", Exp(0), 1},
		{"exp(710)", Exp(710), inf}, {"exp(-746)", Exp(-746), 0},
		{"expm1(Inf)", Expm1(inf), inf}, {"expm1(-Inf)", Expm1(-inf), -1}, {"expm1(NaN)", Expm1(nan), nan}, {"expm1(0)", Expm1(0), 0},
		{"log1p(Inf)", Log1p(inf), inf}, {"log1p(-1)", Log1p(-1), -inf}, {"log1p(-2)", Log1p(-2), nan}, {"log1p(NaN)", Log1p(nan), nan},
		{"normal(Inf)", Normal(inf), 1}, {"normal(-Inf)", Normal(-inf), 0}, {"normal(NaN)", Normal(nan), nan}, {"normal(0)", Normal(0), 0.5},
		{"quantile(0)", NormalQuantile(0), -inf}, {"quantile(1)", NormalQuantile(1), inf}, {"quantile(2)", NormalQuantile(2), nan},
		{"quantile(NaN)", NormalQuantile(nan), nan}, {"quantile(0.5)", NormalQuantile(0.5), 0},
	} {
		if c.got != c.want && (c.got == c.got || c.want == c.want) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
}

func FuzzInverses(f *testing.F) {
	for _, x := range []float64{0, 1, -0.5, 1e-9, 30, -4.9} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		if math.Abs(x) < 30 {
			if back := Log1p(Expm1(x)); math.Abs(back-x) > 1e-15*math.Exp(max(0, -x))*max(1, math.Abs(x))*4 {
				t.Errorf("log1p(expm1(%v)) = %v", x, back)
			}
		}
		if math.Abs(x) < 5 {
			if back := NormalQuantile(Normal(x)); math.Abs(back-x) > 1e-15*math.Exp(x*x/2)*10 {
				t.Errorf("the quantile of normal(%v) is %v", x, back)
			}
		}
	})
}
