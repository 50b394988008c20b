package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// weighted returns rows of d columns, each followed by its weight.
func weighted(x []float64, d int, weights []float64) []float64 {
	var out []float64
	for i, w := range weights {
		out = append(append(out, x[i*d:(i+1)*d]...), w)
	}
	return out
}

// inBlocks cuts rows into blocks of random lengths, in a slice that is used again.
func inBlocks(x []float64, d int, rng *rand.Rand) *Stream {
	most := 1 + rng.IntN(2000)
	seed := rng.Uint64()
	return &Stream{Cols: d, Blocks: func(yield func([]float64, error) bool) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var again []float64
		for rest := x; len(rest) > 0; {
			m := min(len(rest), rng.IntN(most+1)*d)
			again = append(again[:0], rest[:m]...)
			rest = rest[m:]
			if !yield(again, nil) {
				return
			}
		}
	}}
}

// From the same centroids a stream yields the very bits that rows in memory do,
// however it is cut and shared out, and with clusters that lose their rows.
func TestStreamEqualsRowsInMemory(t *testing.T) {
	trials := 150
	if testing.Short() {
		trials = 60
	}
	refilled := 0
	for trial := range trials {
		rng := rand.New(rand.NewPCG(77, uint64(trial)))
		d := 1 + rng.IntN(12)
		n := 1 + rng.IntN(400)
		if trial%200 == 0 {
			n = 9000 + rng.IntN(9000) // a tree, and several blocks
		}
		name, x, strict := hard(rng, trial%10, n, d)
		name = fmt.Sprintf("trial %d, %s, %d×%d", trial, name, n, d)
		var sets [][]float64
		for range 1 + rng.IntN(3) {
			var c []float64
			for range min(n, 1+rng.IntN(9)) {
				r := rng.IntN(n) // the same row twice leaves clusters empty
				c = append(c, x[r*d:(r+1)*d]...)
			}
			sets = append(sets, c)
		}
		rows, width := x, d
		var weights []float64
		if trial%3 == 1 {
			for range n {
				weights = append(weights, []float64{0.3, 1, 2, 5.25}[rng.IntN(4)])
			}
			rows, width = weighted(x, d, weights), d+1
		}
		a := New(mat.NewDense(n, d, x), weights)
		maxIter := 1 + rng.IntN(100)
		var want []Result
		var wantErr error
		for _, c := range sets {
			r, err := a.From(t.Context(), c, Options{MaxIter: maxIter, Workers: 1})
			want, wantErr = append(want, r), errors.Join(wantErr, err)
			for i := range len(c)/d - 1 {
				if slices.Equal(c[i*d:(i+1)*d], c[(i+1)*d:(i+2)*d]) {
					refilled++
				}
			}
		}
		var first []Result
		for _, workers := range []int{1, 2, 3, 8} {
			s := inBlocks(rows, width, rng)
			s.Cols, s.Weighted, s.Workers = d, weights != nil, workers
			sample, err := s.Sample(t.Context(), n, 1)
			if err != nil || !slices.Equal(sample, x) {
				t.Fatalf("%s: the sample of all rows is another, %v", name, err)
			}
			got, err := Batch{Source: s, Cols: d, Sample: sample, Weights: weights, MaxIter: maxIter, Done: func(int, Result) {}}.Run(t.Context(), sets)
			if wantErr != nil {
				if !errors.Is(err, ErrDistinct) {
					t.Fatalf("%s: error %v, want %v", name, err, wantErr)
				}
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i, r := range got {
				w := want[i]
				if !slices.Equal(r.Centroids, w.Centroids) || !slices.Equal(r.Counts, w.Counts) || r.Iterations != w.Iterations || r.Converged != w.Converged {
					t.Fatalf("%s, %d workers: not what rows in memory give", name, workers)
				}
				cut := 0.0
				if !strict {
					for _, v := range x {
						cut = max(cut, math.Abs(v)*0x1p-60)
					}
					cut *= cut * float64(n*d)
				}
				if math.Abs(r.Inertia-w.Inertia) > 1e-12*w.Inertia+cut {
					t.Fatalf("%s, %d workers: inertia %v, want %v", name, workers, r.Inertia, w.Inertia)
				}
				if first != nil && r.Inertia != first[i].Inertia {
					t.Fatalf("%s, %d workers: inertia %v has other bits than %v", name, workers, r.Inertia, first[i].Inertia)
				}
			}
			first = got
		}
	}
	if refilled == 0 {
		t.Error("no cluster was without rows")
	}
}

func TestStreamSample(t *testing.T) {
	const n, m = 2000, 100
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i)
	}
	hits := make([]int, 10)
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		got, err := inBlocks(x, 1, rng).Sample(t.Context(), m, seed)
		if err != nil || len(got) != m {
			t.Fatal(len(got), err)
		}
		again, _ := inBlocks(x, 1, rng).Sample(t.Context(), m, seed)
		if !slices.Equal(got, again) {
			t.Fatal("the sample depends on how the stream is cut")
		}
		for _, v := range got {
			hits[int(v)*len(hits)/n]++
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != m {
			t.Fatal("a row was drawn twice")
		}
	}
	for i, h := range hits { // 2000 expected in each, deviation about 41
		if h < 1800 || h > 2200 {
			t.Errorf("part %d of the rows was drawn %d times of 20000", i, h)
		}
	}
}

func TestStreamChanged(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6}
	for name, change := range map[string]func([]float64) []float64{
		"fewer": func(x []float64) []float64 { return x[:5] },
		"more":  func(x []float64) []float64 { return append(slices.Clone(x), 6) },
		"other": func(x []float64) []float64 { return append(slices.Clone(x[:5]), 6.5) },
	} {
		now := x
		s := &Stream{Cols: 1, Blocks: func(yield func([]float64, error) bool) { yield(now, nil) }}
		if _, err := s.Sample(t.Context(), 10, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Statistics(t.Context(), [][]float64{{1, 5}}); err != nil {
			t.Fatal(err)
		}
		now = change(x)
		if _, err := s.Statistics(t.Context(), [][]float64{{1, 5}}); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A stream that is broken off within a pass, after some blocks.
func TestStreamCancelled(t *testing.T) {
	rows := make([]float64, 3*10_000)
	ctx, cancel := context.WithCancel(t.Context())
	s := &Stream{Cols: 3, Workers: 2}
	given, limit := 0, 20
	s.Blocks = func(yield func([]float64, error) bool) {
		for i := range 20 {
			given++
			if i == limit {
				cancel()
			}
			if !yield(rows, nil) {
				return
			}
		}
	}
	if _, err := s.Sample(ctx, 10, 1); err != nil {
		t.Fatal(err)
	}
	given, limit = 0, 3
	if _, err := s.Statistics(ctx, [][]float64{{1, 2, 3}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if given > 5 {
		t.Errorf("%d blocks were read after the third was to be the last", given)
	}
}

// BenchmarkStream is one pass over a million rows, for one k and for a sweep.
func BenchmarkStream(b *testing.B) {
	for _, test := range []struct {
		d  int
		ks []int
	}{{3, []int{4}}, {3, []int{2, 3, 4, 5, 6, 7, 8, 9, 10}}, {5, []int{10}}, {32, []int{32}}} {
		n := 3_000_000 / test.d
		rng := rand.New(rand.NewPCG(42, 0))
		x := make([]float64, n*test.d)
		for i := range x {
			x[i] = rng.NormFloat64() + float64(i/test.d%4)
		}
		var sets [][]float64
		for _, k := range test.ks {
			sets = append(sets, x[:k*test.d])
		}
		b.Run(fmt.Sprintf("%d×%d k %v", n, test.d, test.ks), func(b *testing.B) {
			s := &Stream{Cols: test.d, Blocks: func(yield func([]float64, error) bool) {
				for rest := range slices.Chunk(x, 16384*test.d) {
					if !yield(rest, nil) {
						return
					}
				}
			}}
			if _, err := s.Sample(b.Context(), 1, 1); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(8 * len(x)))
			for b.Loop() {
				if _, err := s.Statistics(b.Context(), sets); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
