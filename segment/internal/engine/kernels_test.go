package engine

import (
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// instructions are what the kernels of this processor can be written in.
var instructions = func() map[string]func() {
	choose := func(v, v512 bool) func() { return func() { vector, vector512 = v, v512 } }
	all := map[string]func(){"Go": choose(false, false)}
	if hasVector {
		all[map[string]string{"amd64": "AVX2", "arm64": "NEON"}[runtime.GOARCH]] = choose(true, false)
	}
	if hasVector512 {
		all["AVX-512"] = choose(true, true)
	}
	return all
}()

// onAll runs f as a subtest for each set of vector instructions.
func onAll(t *testing.T, f func(t *testing.T)) {
	if !hasVector {
		t.Skip("this processor, or this build, has no vector kernels to compare with")
	}
	v, v512 := vector, vector512
	defer func() { vector, vector512 = v, v512 }()
	for name, choose := range instructions {
		if name != "Go" {
			choose()
			t.Run(name, f)
		}
	}
}

// both runs f with the vector kernels at hand and with those in Go, and returns both results.
func both[T any](f func() T) (T, T) {
	a, v := f(), vector
	defer func() { vector = v }()
	vector = false
	return a, f()
}

// window returns random rows as blocks, either in columns over all rows or in
// tiles, and the same rows row by row. Some values are equal, tiny or zero.
func window(rng *rand.Rand, n, d int, tiles bool) (block, []float64) {
	v := block{x: aligned(n * lanes * d), blockStep: lanes, colStep: n * lanes, d: d}
	if tiles {
		v.blockStep, v.colStep = lanes*d, lanes
	}
	rows := make([]float64, n*lanes*d)
	for i := range n * lanes {
		for j := range d {
			x := rng.NormFloat64()
			switch rng.IntN(6) {
			case 0:
				x = float64(rng.IntN(3))
			case 1:
				x *= math.Ldexp(1, -rng.IntN(1000))
			}
			rows[i*d+j] = x
			v.x[i/lanes*v.blockStep+j*v.colStep+i%lanes] = x
		}
	}
	return v, rows
}

func TestKernelsGiveTheBitsOfGo(t *testing.T) { onAll(t, kernelsGiveTheBitsOfGo) }

func kernelsGiveTheBitsOfGo(t *testing.T) {
	type result struct {
		labels           []int32
		dist, near, sums []float64
		moved            []float64
		first, second    []float64
		which            []int32
		pot, lowered     float64
		bits             []uint16
		counts           []int32
		wide             []int
		most             float64
		transposed       []float64
		finite           bool
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for trial := range 400 {
		n, d, k := 1+rng.IntN(5), 1+rng.IntN(20), 1+rng.IntN(14)
		v, rows := window(rng, n, d, trial%2 == 0)
		c := make([]float64, (k+1)*d)
		for p := range k {
			copy(c[p*d:], rows[rng.IntN(n*lanes)*d:][:d])
		}
		for i := k * d; i < len(c); i++ {
			c[i] = inf
		}
		near, w := make([]float64, n*lanes), make([]float64, n*lanes)
		for i := range near {
			near[i], w[i] = 3*rng.Float64(), rng.Float64()
		}
		if trial%3 == 0 {
			w = nil
		}
		old := make([]int32, n*lanes)
		for i := range old {
			old[i] = int32(rng.IntN(k))
		}
		most := make([]float64, d)
		for i, x := range rows {
			most[i%d] = max(most[i%d], math.Abs(x))
		}
		g := newBins(n*lanes, most)
		if trial%10 == 9 {
			rows[rng.IntN(len(rows))] = []float64{math.NaN(), inf, -inf}[rng.IntN(3)]
		}
		a, b := both(func() result {
			r := result{
				labels: make([]int32, n*lanes), dist: make([]float64, n*lanes), near: slices.Clone(near),
				sums: make([]float64, (k+4)*2*d), bits: make([]uint16, n), transposed: make([]float64, len(rows)),
			}
			v.nearest(n, c, k, r.labels, r.dist)
			r.which, r.first, r.second = make([]int32, n*lanes), make([]float64, n*lanes), make([]float64, n*lanes)
			v.nearestTwo(n, c, k, r.which, r.first, r.second)
			r.pot = v.relax(n, c[:d], r.near, w, false)
			r.lowered = v.relax(n, c[:d], r.near, w, true)
			for first := 0; first < k; first += 3 {
				three := count(r.labels, n, first)
				r.counts = append(r.counts, three[:]...)
				v.moments(n, r.labels, first, min(3, k-first), g, r.sums[first*2*d:])
			}
			r.sums = r.sums[:k*2*d]
			// As if the rows were those of the labels before, and of those now.
			before := make([]float64, k*2*d)
			r.moved = make([]float64, k*2*d)
			for i, l := range r.labels {
				row, at := rows[i*d:(i+1)*d], 2*d*int(old[i])
				g.move(row, nil, before[at:at+2*d])
				g.move(row, before[at:at+2*d], r.moved[2*d*int(l):][:2*d])
			}
			r.moved = append(r.moved, before...)
			differ(r.labels, old, n, r.bits)
			r.wide = make([]int, n*lanes)
			r.most = widen(r.labels, r.dist, n, r.wide)
			r.finite = transpose(rows, n, d, r.transposed)
			return r
		})
		if !slices.Equal(a.labels, b.labels) || !slices.Equal(a.dist, b.dist) {
			t.Fatalf("%d blocks of %d columns, %d points: nearest differs", n, d, k)
		}
		if !slices.Equal(a.which, a.labels) || !slices.Equal(b.which, b.labels) || !slices.Equal(a.first, a.dist) || !slices.Equal(a.second, b.second) {
			t.Fatalf("%d blocks of %d columns, %d points: the two nearest differ", n, d, k)
		}
		if a.pot != b.pot || a.lowered != b.lowered || a.pot != a.lowered || !slices.Equal(a.near, b.near) {
			t.Fatalf("%d blocks of %d columns: potential %v, %v and lowered %v, %v", n, d, a.pot, b.pot, a.lowered, b.lowered)
		}
		if !slices.Equal(a.sums, b.sums) || !slices.Equal(a.bits, b.bits) || !slices.Equal(a.counts, b.counts) {
			t.Fatalf("%d blocks of %d columns, %d points: sums or changed labels differ", n, d, k)
		}
		if a.finite && (!slices.Equal(a.moved, b.moved) || !slices.Equal(a.moved[:k*2*d], a.sums) || slices.ContainsFunc(a.moved[k*2*d:], func(v float64) bool { return v != 0 })) {
			t.Fatalf("%d blocks of %d columns, %d points: rows that move leave other sums", n, d, k)
		}
		if a.finite != b.finite || a.finite != (trial%10 != 9) {
			t.Fatalf("trial %d: finite is %v and %v", trial, a.finite, b.finite)
		}
		if a.most != slices.Max(a.dist) || b.most != a.most {
			t.Fatalf("trial %d: greatest distance %v and %v", trial, a.most, b.most)
		}
		for i := range n * lanes {
			if a.wide[i] != int(a.labels[i]) || b.wide[i] != a.wide[i] {
				t.Fatalf("row %d: label %d and %d, not %d", i, a.wide[i], b.wide[i], a.labels[i])
			}
			l, s := Nearest(rows[i*d:(i+1)*d], c[:k*d])
			if a.finite && (int(a.labels[i]) != l || a.dist[i] != s) {
				t.Fatalf("row %d: nearest is %d at %v, not %d at %v", i, l, s, a.labels[i], a.dist[i])
			}
			s = inf
			if k > 1 {
				_, s = Nearest(rows[i*d:(i+1)*d], slices.Concat(c[:l*d], c[(l+1)*d:k*d]))
			}
			if a.finite && a.second[i] != s {
				t.Fatalf("row %d: second-nearest is at %v, not at %v", i, s, a.second[i])
			}
			for j := range d {
				if got := a.transposed[i/lanes*lanes*d+j*lanes+i%lanes]; a.finite && got != rows[i*d+j] {
					t.Fatalf("row %d, column %d: %v became %v", i, j, rows[i*d+j], got)
				}
			}
		}
	}
}

// What package segment refuses must not make a difference either: a row with NaN
// is nearest to nothing and lowers nothing, and no row is near a point with NaN.
func TestKernelsPassOverNaN(t *testing.T) { onAll(t, kernelsPassOverNaN) }

func kernelsPassOverNaN(t *testing.T) {
	type result struct {
		labels, which             []int32
		dist, first, second, near []float64
		pot                       float64
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for trial := range 200 {
		n, d, k := 1+rng.IntN(4), 1+rng.IntN(12), 1+rng.IntN(9)
		v, rows := window(rng, n, d, trial%2 == 0)
		c := slices.Clone(rows[:k*d])
		for range d {
			c = append(c, inf)
		}
		nan := make([]bool, n*lanes)
		for range n * lanes / 4 {
			i, j := rng.IntN(n*lanes), rng.IntN(d)
			nan[i] = true
			v.x[i/lanes*v.blockStep+j*v.colStep+i%lanes] = math.NaN()
		}
		if trial%3 == 0 {
			c[rng.IntN(k*d)] = math.NaN()
		}
		near := make([]float64, n*lanes)
		for i := range near {
			near[i] = 3 * rng.Float64()
		}
		a, b := both(func() result {
			r := result{
				labels: make([]int32, n*lanes), which: make([]int32, n*lanes), near: slices.Clone(near),
				dist: make([]float64, n*lanes), first: make([]float64, n*lanes), second: make([]float64, n*lanes),
			}
			v.nearest(n, c, k, r.labels, r.dist)
			v.nearestTwo(n, c, k, r.which, r.first, r.second)
			r.pot = v.relax(n, c[:d], r.near, nil, true)
			return r
		})
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%d blocks of %d columns, %d points: %v and %v", n, d, k, a, b)
		}
		for i := range nan {
			if nan[i] && (a.labels[i] != 0 || a.dist[i] != inf || a.second[i] != inf || a.near[i] != near[i]) {
				t.Fatalf("row %d has NaN: nearest %d at %v, second at %v; %v became %v", i, a.labels[i], a.dist[i], a.second[i], near[i], a.near[i])
			}
		}
	}
}

// The processors that the kernels in AVX2 are made for have 16 vector registers.
func TestKernelsUseAVX2Only(t *testing.T) {
	source, err := os.ReadFile("kernels_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	wide := regexp.MustCompile(`\b[XYZ](1[6-9]|[23][0-9])\b|\bZ[0-9]+\b|\bK[0-7]\b`)
	for _, kernel := range strings.Split(string(source), "\nTEXT ·")[1:] {
		name, _, _ := strings.Cut(kernel, "(")
		if r := wide.FindString(kernel); strings.HasSuffix(name, "512<>") != (r != "") {
			t.Errorf("%s: register %q of AVX-512", name, r)
		}
	}
}
