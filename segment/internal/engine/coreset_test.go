package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// farRows makes rows of which few lie far from the others, at every scale.
func farRows(n, d int) []float64 {
	rng := rand.New(rand.NewPCG(3, uint64(d)))
	x := make([]float64, n*d)
	for i := range n {
		scale := 1.0
		if rng.IntN(100) == 0 {
			scale = 1 / (rng.Float64() + 1e-4)
		}
		for j := range d {
			x[i*d+j] = scale * rng.NormFloat64()
		}
	}
	return x
}

func inertiaOf(p *points, c []float64) float64 {
	sum := 0.0
	row := make([]float64, p.d)
	for i := range p.n {
		p.get(i, row)
		_, s := Nearest(row, c)
		sum += p.w.of(i) * s
	}
	return sum
}

// Whatever the centroids, the inertia on a search set is about that on the rows,
// and no set has many more points than it should.
func TestSearchSetsStandForFarRows(t *testing.T) {
	for _, test := range []struct{ n, d, k int }{{20_000, 3, 8}, {20_000, 3, 4}, {20_000, 3, 20}, {150_000, 3, 8}, {30_000, 8, 8}} {
		for _, weighted := range []bool{false, true} {
			x := farRows(test.n, test.d)
			var weights []float64
			total := float64(test.n)
			rng := rand.New(rand.NewPCG(4, 4))
			if weighted {
				total = 0
				for range test.n {
					weights = append(weights, float64(rng.IntN(4)))
					total += weights[len(weights)-1]
				}
			}
			a := New(mat.NewDense(test.n, test.d, x), weights)
			a.Centroids = test.k
			sets, finer := a.levels(test.k)
			for at, p := range slices.Concat(sets, finer) {
				name := fmt.Sprintf("%d×%d, k %d, weighted %v, set %d", test.n, test.d, test.k, weighted, at)
				if at < len(sets) && p.n > 2*coarseCells+mostSplits+leafRows {
					t.Errorf("%s: %d points", name, p.n)
				}
				sum := 0.0
				for i := range p.n {
					sum += p.w.of(i)
				}
				if math.Abs(sum-total) > 0.04*total {
					t.Errorf("%s: the weights add up to %v, those of the rows to %v", name, sum, total)
				}
				worst := 0.0
				for range 8 {
					var c []float64
					for range test.k {
						i := rng.IntN(test.n)
						c = append(c, x[i*test.d:(i+1)*test.d]...)
					}
					want := inertiaOf(a.points(), c)
					worst = max(worst, math.Abs(inertiaOf(p, c)/want-1))
				}
				if worst > 0.05 {
					t.Errorf("%s: an inertia is off by %.1f %%", name, 100*worst)
				}
			}
		}
	}
}

// The far rows are found alike on every machine and for any number of workers;
// see TestSameBitsEverywhere.
func TestFarRowsSameBits(t *testing.T) {
	for _, test := range []struct {
		n, d, k int
		want    string
	}{{5_000, 4, 6, "672f3a09d5efd2df"}, {20_000, 3, 8, "06e850adc0f21ba4"}, {20_000, 3, 4, "a0b77333622352a5"}, {30_000, 8, 8, "3ff27f170f7b2db2"}, {9_000, 3, 13, "89d59009935f0e27"}} {
		x := farRows(test.n, test.d)
		for _, workers := range []int{1, 3} {
			old := runtime.GOMAXPROCS(workers)
			r, err := New(mat.NewDense(test.n, test.d, x), nil).Best(t.Context(), test.k, 1, func(float64) {}, Options{MaxIter: 300, Workers: workers})
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if got := fingerprint(r); got != test.want {
				t.Errorf("%d×%d, k %d, %d workers: %q", test.n, test.d, test.k, workers, got)
			}
		}
	}
}

// What a reservoir draws stands for all that it has seen, whatever it counts.
func TestReservoir(t *testing.T) {
	const n, most, trials = 500, 60, 300
	sums := [2]float64{}
	for seed := range uint64(trials) {
		r := newReservoir(rand.New(rand.NewPCG(seed, 0)), most)
		for i := range n {
			r.add([]float64{float64(i)}, 1, 1+float64(i%50)*float64(i%50), slices.Clone)
		}
		rows, weights := r.append(nil, nil)
		if len(rows) != most || r.seen != n {
			t.Fatalf("%d of %d rows drawn", len(rows), r.seen)
		}
		for i, v := range rows {
			sums[0] += weights[i] / trials
			sums[1] += weights[i] * v / trials
		}
	}
	for i, want := range []float64{n, n * (n - 1) / 2} {
		if math.Abs(sums[i]/want-1) > 0.05 {
			t.Errorf("sum %d is %v on the average, and %v of all rows", i, sums[i], want)
		}
	}
	r := newReservoir(rand.New(rand.NewPCG(1, 0)), most)
	for i := range most {
		r.add([]float64{float64(i)}, 2, 1, slices.Clone)
	}
	if _, weights := r.append(nil, nil); slices.Max(weights) != 2 || slices.Min(weights) != 2 {
		t.Errorf("weights %v where all rows are drawn", weights)
	}
}

// Equal rows are one point each, weighted by how often they are there.
func TestDistinctRows(t *testing.T) {
	const n, d = 20_000, 3
	rng := rand.New(rand.NewPCG(5, 5))
	x := make([]float64, n*d)
	for i := range x {
		x[i] = float64(rng.IntN(8))
		if x[i] == 0 && rng.IntN(2) == 0 {
			x[i] = math.Copysign(0, -1)
		}
	}
	a := New(mat.NewDense(n, d, x), nil)
	a.Centroids = 4
	sets, finer := a.levels(a.Centroids)
	p := sets[0]
	if p.n != 8*8*8 || len(finer) != 0 {
		t.Fatalf("%d points and %d finer sets of 512 distinct rows", p.n, len(finer))
	}
	c := x[:12]
	if got, want := inertiaOf(p, c), inertiaOf(a.points(), c); got != want {
		t.Errorf("inertia %v, want %v", got, want)
	}
}
