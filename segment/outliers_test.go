package segment

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// outlierRows makes the rows of testdata/golden/outliers.py.
type outlierRows struct {
	kind    string
	n, d, k int
}

const outlierDraws = 64 // random numbers of each row

// uniform returns the draw-th number in [0, 1) of row i: splitmix64.
func (outlierRows) uniform(i, draw int) float64 {
	const seed = 7
	z := seed + uint64(i*outlierDraws+draw+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return float64((z^z>>31)>>11) * 0x1p-53
}

// grown returns nearly exp(v).
func grown(v float64) float64 {
	v = 1 + v/64
	for range 6 {
		v = float64(v * v)
	}
	return v
}

func (o outlierRows) row(i int, row []float64) {
	group, far := math.Floor(o.uniform(i, 0)*4), o.uniform(i, 1)
	for j := range row {
		at := 8 + 4*j
		b := o.uniform(i, at) + o.uniform(i, at+1) + o.uniform(i, at+2) + o.uniform(i, at+3) - 2
		u := o.uniform(i, 2+j%4)
		centre := math.Mod(math.Floor(float64(group*float64(j+3)*5)/4), 7)
		v := b
		switch o.kind {
		case "tails":
			if far < 0.01 {
				v = float64(b * 50)
			}
		case "one column":
			if far < 0.01 && j == 0 {
				v = 2 / (u + 0.001)
			}
		case "one":
			v = b + centre
			if i == o.n/3 {
				v = 1000
			}
		case "sides":
			if far < 0.002 {
				v = b + 100
			} else if far < 0.004 {
				v = b - 100
			}
		case "lognormal":
			v = grown(2 * b)
		case "zeros":
			v = grown(3 * b)
			if u < 0.8 {
				v = 0
			}
		case "duplicates":
			v = math.Mod(float64(math.Floor(float64(far*60))*float64(j+7)), 61) / 4
		case "few":
			v = b + centre
			if far < 2e-5 {
				v = float64(b * 400)
			}
		}
		row[j] = v
	}
}

func (o outlierRows) matrix() *mat.Dense {
	x := mat.NewDense(o.n, o.d, nil)
	for i := range o.n {
		o.row(i, x.RawRowView(i))
	}
	return x
}

// The default search sees rows that lie far from most: whatever it goes by, a
// tree, a sample or a stream, it is never above the best of scikit-learn's ten
// restarts by more than a thousandth.
func TestDefaultSearchSeesFarRows(t *testing.T) {
	b, err := os.ReadFile("testdata/golden/outliers.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Kind          string
			Rows, Cols, K int
			Sum           float64
			Inertia       []float64
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 17 {
		t.Fatalf("outliers.json holds %d cases, expected more", len(file.Cases))
	}
	var x *mat.Dense
	var of outlierRows
	for _, c := range file.Cases {
		o := outlierRows{c.Kind, c.Rows, c.Cols, c.K}
		name := fmt.Sprintf("%s, %d×%d, k %d", o.kind, o.n, o.d, o.k)
		if o.n > 20_000 && testing.Short() {
			continue
		}
		if x == nil || o.kind != of.kind || o.n != of.n || o.d != of.d {
			x, of = o.matrix(), o
			sum := 0.0
			for _, v := range x.RawMatrix().Data {
				sum += math.Abs(v)
			}
			if math.Abs(sum-c.Sum) > 1e-9*c.Sum {
				t.Fatalf("%s: the values add up to %v, and to %v in Python", name, sum, c.Sum)
			}
		}
		want := slices.Min(c.Inertia)
		check := func(by string, seed uint64, inertia float64) {
			t.Helper()
			t.Logf("%s, %s, seed %d: %+.1e", name, by, seed, inertia/want-1)
			if !(inertia <= want*(1+1e-3)) {
				t.Errorf("%s, %s, seed %d: inertia %v, scikit-learn's is %v (%+.2g)", name, by, seed, inertia, want, inertia/want-1)
			}
		}
		for seed := range uint64(len(c.Inertia)) {
			if seed > 0 && testing.Short() {
				break
			}
			fit := func(by string, fit func(context.Context) (*Clustering, error)) {
				t.Helper()
				got, err := fit(t.Context())
				if err != nil {
					t.Fatalf("%s, %s: %v", name, by, err)
				}
				check(by, seed, got.Inertia())
			}
			one := KMeansPP{K: o.k, Seed: seed}
			if o.n <= 200_000 {
				fit("one fit", func(ctx context.Context) (*Clustering, error) { return one.Fit(ctx, x) })
				continue
			}
			s := &Stream{Cols: o.d, Blocks: func(yield func([]float64, error) bool) {
				for rest := x.RawMatrix().Data; len(rest) > 0; {
					m := min(len(rest), 10_000*o.d)
					if !yield(rest[:m], nil) {
						return
					}
					rest = rest[m:]
				}
			}}
			fit("stream", func(ctx context.Context) (*Clustering, error) { return one.FitStream(ctx, s) })
			if seed == 0 {
				fit("one fit", func(ctx context.Context) (*Clustering, error) { return one.Fit(ctx, x) })
				// One pass of mini-batches is no fixed point; what is tested is that the
				// far rows are not lost, which costs several per cent.
				s.MiniBatch = 10_000
				got, err := one.FitStream(t.Context(), s)
				if err != nil || !(got.Inertia() <= want*1.01) {
					t.Errorf("%s, mini-batches: inertia %v, scikit-learn's is %v, %v", name, got.Inertia(), want, err)
				}
			}
		}
		if o.n == 20_000 {
			got, err := Sweep{MinK: o.k, MaxK: o.k + 1, Seed: 1}.Fit(t.Context(), x)
			if err != nil {
				t.Fatal(err)
			}
			check("sweep", 1, got.Points()[0].Inertia)
		}
	}
}
