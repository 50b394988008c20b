package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// reference is Lloyd's iteration as the textbook has it, with the two roundings
// stated that could decide a tie: SquaredDistance, and a centroid that is the
// true sum, rounded, over the number of rows. Emptied clusters take the row
// that is farthest from its centroid.
func reference(x []float64, d int, c []float64) (centroids []float64, labels []int32, inertia float64, ok bool) {
	n, k := len(x)/d, len(c)/d
	c = slices.Clone(c)
	labels, dist := make([]int32, n), make([]float64, n)
	for range 10_000 {
		members := make([][]int, k)
		for i := range n {
			l, s := Nearest(x[i*d:(i+1)*d], c)
			labels[i], dist[i] = int32(l), s
			members[l] = append(members[l], i)
		}
		refilled := false
		for q := range k {
			if len(members[q]) > 0 {
				continue
			}
			far, most := -1, 0.0
			for i, s := range dist {
				if s > most {
					far, most = i, s
				}
			}
			if far < 0 {
				return nil, nil, 0, false
			}
			from := labels[far]
			members[from] = slices.DeleteFunc(members[from], func(i int) bool { return i == far })
			members[q], labels[far], dist[far] = []int{far}, int32(q), 0
			refilled = true
		}
		next := slices.Clone(c)
		for q, rows := range members {
			for j := range d {
				if len(rows) > 0 {
					next[q*d+j] = trueSum(x, d, j, rows) / float64(len(rows))
				}
			}
		}
		if !refilled && slices.Equal(next, c) {
			sum := new(big.Float).SetPrec(400)
			for _, s := range dist {
				sum.Add(sum, big.NewFloat(s))
			}
			inertia, _ = sum.Float64()
			return c, labels, inertia, true
		}
		c = next
	}
	return nil, nil, 0, false
}

func trueSum(x []float64, d, j int, rows []int) float64 {
	sum := new(big.Float).SetPrec(2200)
	var term big.Float
	for _, i := range rows {
		sum.Add(sum, term.SetFloat64(x[i*d+j]))
	}
	f, _ := sum.Float64()
	return f
}

// checkExact compares scan and tree with the reference. Where strict is false,
// some values are so far below the largest that the bins cut off their last bits:
// rows may go to another centroid that is as near within rounding, and where
// the inertia is that of the rounding alone, it need not be the same.
func checkExact(t *testing.T, name string, x []float64, d int, init []float64, strict bool) {
	t.Helper()
	n, k := len(x)/d, len(init)/d
	c, labels, inertiaWant, ok := reference(x, d, init)
	a := New(mat.NewDense(n, d, x), nil)
	sources := map[string]rowSource{"scan": newScan(a.points(), k, 1), "scan shared": newScan(a.points(), k, 3)}
	if d <= narrow {
		sources["tree"], sources["tree shared"] = newTreeSource(a, k, 1), newTreeSource(a, k, 3)
	}
	cut := 0.0
	if !strict {
		for _, v := range x {
			cut = max(cut, math.Abs(v)*0x1p-60)
		}
		cut *= cut * float64(n*d)
	}
	var first []float64
	for by, s := range sources {
		got := slices.Clone(init)
		_, converged, err := lloyd(t.Context(), s, got, k, criterion{maxIter: 10_000}, newClusterSums(k, d))
		if !ok {
			if err != ErrDistinct {
				t.Errorf("%s, %s: error %v where rows are too few", name, by, err)
			}
			continue
		}
		if err != nil || !converged {
			t.Errorf("%s, %s: converged %v, %v", name, by, converged, err)
			continue
		}
		r := Result{Centroids: got, source: s}
		if err := a.Finish(t.Context(), &r, 1); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !slices.Equal(first, got) {
			t.Errorf("%s: %s gives other bits", name, by)
		}
		if v := r.Inertia; math.Abs(v-inertiaWant) > 1e-12*inertiaWant+cut {
			t.Errorf("%s, %s: inertia %v, want %v", name, by, v, inertiaWant)
		}
		for i, l := range r.Labels {
			if l == labels[i] {
				continue
			}
			row := x[i*d : (i+1)*d]
			p, q := SquaredDistance(row, c[int(l)*d:][:d]), SquaredDistance(row, c[int(labels[i])*d:][:d])
			if strict || math.Abs(p-q) > 1e-9*q {
				t.Errorf("%s, %s: row %d is in cluster %d, not %d", name, by, i, l, labels[i])
				break
			}
		}
	}
}

// hard makes rows of a kind that is hard to get right.
func hard(rng *rand.Rand, kind, n, d int) (name string, x []float64, strict bool) {
	x = make([]float64, n*d)
	fill := func(f func(i, j int) float64) {
		for i := range n {
			for j := range d {
				x[i*d+j] = f(i, j)
			}
		}
	}
	centre := make([]float64, 5*d)
	for i := range centre {
		centre[i] = 3 * rng.NormFloat64()
	}
	strict = true
	switch kind {
	case 0:
		name = "blobs"
		fill(func(i, j int) float64 { return centre[i%5*d+j] + rng.NormFloat64() })
		strict = false // some values are far smaller than the largest
	case 1:
		name = "small integers with many ties"
		fill(func(i, j int) float64 { return float64(rng.IntN(4)) })
	case 2:
		name = "offset of 1e9"
		fill(func(i, j int) float64 { return 1e9 + rng.Float64() })
	case 3:
		name = "on a line of tenths"
		fill(func(i, j int) float64 { return 1 + 0.1*float64(i%40) })
	case 4:
		name = "subnormal numbers"
		fill(func(i, j int) float64 { return math.Float64frombits(uint64(rng.IntN(1000))) })
	case 5:
		name = "one far outlier"
		fill(func(i, j int) float64 { return rng.NormFloat64() })
		x[rng.IntN(n)*d] = 1e12
		strict = false
	case 6:
		name = "uniform"
		fill(func(i, j int) float64 { return 1 + rng.Float64() })
	case 7:
		name = "sorted with repeats"
		fill(func(i, j int) float64 { return 3 + math.Floor(float64(i)/7) })
	case 8:
		name = "all scales"
		fill(func(i, j int) float64 { return math.Ldexp(rng.NormFloat64(), rng.IntN(60)-30) })
		strict = false
	case 9:
		name = "large numbers"
		fill(func(i, j int) float64 { return 1e140 * (1 + rng.Float64()) })
	}
	return name, x, strict
}

func TestEqualsPlainLloyd(t *testing.T) {
	trials := 3000
	if testing.Short() {
		trials = 300
	}
	for trial := range trials {
		rng := rand.New(rand.NewPCG(9, uint64(trial)))
		d := 1 + rng.IntN(10)
		n := 1 + rng.IntN(300)
		name, x, strict := hard(rng, trial%10, n, d)
		k := min(n, 1+rng.IntN(9))
		if rng.IntN(20) == 0 {
			k = n
		}
		var init []float64
		for range k {
			r := rng.IntN(n) // the same row twice leaves clusters empty
			init = append(init, x[r*d:(r+1)*d]...)
		}
		checkExact(t, fmt.Sprintf("trial %d, %s, %d×%d, k %d", trial, name, n, d, k), x, d, init, strict)
		if t.Failed() {
			return
		}
	}
}

func FuzzEqualsPlainLloyd(f *testing.F) {
	f.Add([]byte("some rows to begin with, of no particular meaning"), byte(2), byte(3))
	f.Add([]byte{0, 1, 2, 3, 0, 1, 2, 3, 0, 0, 0, 0, 255, 255, 255, 255}, byte(1), byte(4))
	f.Fuzz(func(t *testing.T, data []byte, columns, clusters byte) {
		d := 1 + int(columns)%10
		var x []float64
		for len(data) >= 2 && len(x) < 400*d {
			x = append(x, float64(int16(binary.LittleEndian.Uint16(data)))/8)
			data = data[2:]
		}
		n := len(x) / d
		if n == 0 {
			return
		}
		x = x[:n*d]
		k := 1 + int(clusters)%min(n, 12)
		checkExact(t, "fuzz", x, d, x[:k*d], true)
	})
}

// A sum does not depend on its order, and a term can be taken out again.
func TestGridIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for trial := range 300 {
		n := 1 + rng.IntN(5000)
		x := make([]float64, n)
		most := 0.0
		for i := range x {
			x[i] = (1 + rng.Float64()) * math.Ldexp(1, rng.IntN(8)) * float64(1-2*rng.IntN(2))
			most = max(most, math.Abs(x[i]))
		}
		g := newBins(n, []float64{most})
		var high, low float64
		rows := make([]int, n)
		for i, v := range x {
			h, l := g.split(0, v)
			if h+l != v || h != v-l {
				t.Fatalf("trial %d: %v is cut into %v and %v", trial, v, h, l)
			}
			high, low, rows[i] = high+h, low+l, i
		}
		if want := trueSum(x, 1, 0, rows); high+low != want {
			t.Fatalf("trial %d: sum %v, want %v", trial, high+low, want)
		}
		rng.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
		for _, v := range x {
			h, l := g.split(0, v)
			high, low = high-h, low-l
		}
		if high != 0 || low != 0 {
			t.Fatalf("trial %d: %v and %v are left when all terms are gone", trial, high, low)
		}
	}
}

// Every cancelled step leaves an error, and nothing running.
func TestLloydCancelled(t *testing.T) {
	_, x, _ := hard(rand.New(rand.NewPCG(1, 1)), 0, 20_000, 3)
	a := New(mat.NewDense(20_000, 3, x), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, workers := range []int{1, 2} {
		if _, err := a.From(ctx, x[:12], Options{MaxIter: 100, Workers: workers}); err != context.Canceled {
			t.Errorf("%d workers: error %v", workers, err)
		}
	}
}

// TestCoarseWeights: whether sums have digits enough does not depend on the unit of the
// weights.
func TestCoarseWeights(t *testing.T) {
	for _, step := range []float64{1e-8, 1e-26} {
		x := mat.NewDense(4, 1, []float64{0, step, 1, 1 + step})
		for _, factor := range []float64{0x1p-80, 1, 0x1p80} {
			r, err := New(x, slices.Repeat([]float64{factor}, 4)).From(t.Context(), []float64{0, 1}, Options{MaxIter: 9})
			if err != nil || r.Coarse != (step == 1e-26) {
				t.Errorf("rows %v apart, weights of %v: coarse %v (%v)", step, factor, r.Coarse, err)
			}
		}
	}
}
