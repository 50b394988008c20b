package engine

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// fingerprint returns a hash of all bits of a result.
func fingerprint(r Result) string {
	h := fnv.New64a()
	write := func(v uint64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], v)
		h.Write(b[:])
	}
	for _, v := range append(append([]float64{r.Inertia}, r.Centroids...), r.Counts...) {
		write(math.Float64bits(v))
	}
	for _, l := range r.Labels {
		write(uint64(l))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// The same bits on every machine and for any number of workers. The figures are
// no truth of their own: they are what every processor, with vector kernels and
// without, has to agree on, and change when the engine takes another way.
func TestSameBitsEverywhere(t *testing.T) {
	all := []int{1, 2, 3, 8}
	if testing.Short() { // for machines that are emulated
		all = all[2:3]
	}
	for _, test := range []struct {
		n, d, k  int
		weighted bool
		best     string
		start    string
	}{
		{2000, 3, 5, false, "5154e4643ef5c0e0", "06077403cd9e82d6"},
		{3000, 1, 5, false, "d4d366d03591044f", "e14e39c03fd863fb"},
		{9000, 3, 6, false, "4a2cfe8c13a2a66e", "75583f78f3160963"},
		{9000, 3, 6, true, "d4bf603418b09e7c", "5395db76dfdb7ff0"},
		{9000, 2, 15, false, "b11a364ea4b3961c", "008fb1a5f36b4118"},
		{17000, 12, 8, false, "a17751524d0915b9", "5436f21cccbc8b84"},
		{140_000, 2, 6, false, "a14d663f019b7c59", "1c31db59ab347349"}, // whose steps go by the tree
	} {
		if test.n > 100_000 && testing.Short() {
			continue
		}
		rng := rand.New(rand.NewPCG(7, uint64(test.d)))
		x := make([]float64, test.n*test.d)
		for i := range x {
			x[i] = rng.Float64() + rng.Float64() + float64(rng.IntN(3))
		}
		var weights []float64
		if test.weighted {
			for range test.n {
				weights = append(weights, float64(rng.IntN(8))/2)
			}
		}
		for _, workers := range all {
			old := runtime.GOMAXPROCS(workers)
			a := New(mat.NewDense(test.n, test.d, x), weights)
			best, err := a.Best(t.Context(), test.k, 1, func(float64) {}, Options{MaxIter: 300, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			start, err := a.Start(t.Context(), test.k, 1, 0, Options{MaxIter: 300, Workers: workers})
			if err == nil {
				err = a.Finish(t.Context(), &start, workers)
			}
			if err != nil {
				t.Fatal(err)
			}
			runtime.GOMAXPROCS(old)
			if b, s := fingerprint(best), fingerprint(start); b != test.best || s != test.start {
				t.Errorf("%d×%d, k %d, weighted %v, %d workers: %q, %q", test.n, test.d, test.k, test.weighted, workers, b, s)
			}
		}
	}
}
