package engine

import (
	"container/heap"
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// A search set is a small weighted set of points on which an inertia is about
// that on all rows (a coreset: Bachem, Lucic & Krause, Scalable k-Means
// Clustering via Lightweight Coresets, KDD 2018, doi:10.1145/3219819.3219973).
// A sample of equal chances is one as long as no row adds much more to the
// inertia than the mean row; of those that do, the tail, rows are drawn by what
// they add, and all of them where there are few.
const (
	// tailCentres is how many centroids, seeded on the sample, measure what a row
	// adds to the inertia. With 4, 8 and 16 outliers end 35.7, 34.7 and 34.5 ‰ below
	// ten restarts, in 237, 236 and 303 ms (BenchmarkSearch/sample_outliers).
	tailCentres = 8

	// tailShare is of how many rows one must be nearest to a centroid that counts. 8,
	// 32 and 128 find the same.
	tailShare = 32

	// unevenness is up to what mean square of a row's share of the inertia, over
	// the square of the mean share, the sample stands for all rows: it estimates
	// an inertia with a relative error of √((unevenness−1)/rows). With 2 blobs of 40
	// clusters count as uneven and take twenty times as long; 8 does as 4.
	unevenness = 4

	// tailRatio is from how many times the mean of the bulk on a row belongs to the
	// tail. With 2, 4 and 8: 35.0, 34.7 and 35.7 ‰ in 371, 278 and 291 ms.
	tailRatio = 4
)

// tail identifies the rows that a sample does not stand for.
type tail struct {
	c     []float64 // centroids, padded
	k     int
	limit float64 // what a row of the bulk adds to the inertia at most: weight times squared distance
}

// newTail measures the contributions to the inertia on a sample of equal chances.
func newTail(ctx context.Context, sample *points) (*tail, error) {
	c, err := newSeeder(sample).seed(ctx, nil, tailCentres, randomStream(0, tailCentres, 0))
	if err != nil {
		return nil, err
	}
	// A centroid of few rows of the sample may lie on a row of the tail.
	k, d := len(c)/sample.d, sample.d
	labels := make([]int32, sample.blocks*lanes)
	sample.nearest(sample.blocks, padded(c, d)[:(k+1)*d], k, labels, aligned(len(labels)))
	counts := make([]int, k)
	for _, l := range labels[:sample.n] {
		counts[l]++
	}
	kept := c[:0]
	for i, n := range counts {
		if n*tailShare >= sample.n {
			kept = append(kept, c[i*d:(i+1)*d]...)
		}
	}
	t := &tail{c: padded(kept, d), k: len(kept) / d}
	contributions := t.contributions(sample)
	slices.Sort(contributions)
	// The bulk is the longest run of the smallest that holds none above
	// tailRatio times its own mean: the mean of all may be that of the tail alone.
	sum := 0.0
	for i, v := range contributions {
		sum += v
		if mean := sum / float64(i+1); v <= tailRatio*mean {
			t.limit = tailRatio * mean
		}
	}
	return t, nil
}

// contributions returns what each of the points adds to the inertia about the centroids of
// t.
func (t *tail) contributions(p *points) []float64 {
	out := aligned(p.blocks * lanes)
	type memory struct {
		room   block
		labels []int32
	}
	pool := sync.Pool{New: func() any { return &memory{p.room(), make([]int32, scanBlocks*lanes)} }}
	Parallel(context.Background(), 0, (p.blocks+scanBlocks-1)/scanBlocks, func(i int) {
		m := pool.Get().(*memory)
		defer pool.Put(m)
		from := i * scanBlocks
		p.windows(p.block, m.room, from, min(scanBlocks, p.blocks-from), func(v block, at, n int) {
			v.nearest(n, t.c[:cap(t.c)], t.k, m.labels, out[at*lanes:])
		})
	})
	out = out[:p.n]
	if p.w != nil {
		for i := range out {
			out[i] = float64(out[i] * p.w[i])
		}
	}
	return out
}

// reservoir draws up to most of the rows that it is given, with chances that
// grow with their size, in one pass: those of the highest priority, the size
// over a random number (Duffield, Lund & Thorup, Priority sampling for
// estimation of arbitrary subset sums, J. ACM 54, 2007,
// doi:10.1145/1314690.1314696).
type reservoir struct {
	rng   *rand.Rand
	most  int
	seen  int
	drawn queue[drawnRow] // the lowest priority first
	left  float64         // the highest priority that was left out
}

type drawnRow struct {
	row                    []float64
	weight, size, priority float64
}

func newReservoir(rng *rand.Rand, most int) *reservoir {
	lower := func(a, b drawnRow) bool { return a.priority < b.priority }
	return &reservoir{rng: rng, most: most, drawn: queue[drawnRow]{before: lower}}
}

// add takes a row of positive size; keep returns the row as it can be kept.
func (r *reservoir) add(row []float64, weight, size float64, keep func([]float64) []float64) {
	r.seen++
	d := drawnRow{weight: weight, size: size, priority: size / (1 - float64(r.rng.Float64()))}
	if len(r.drawn.items) == r.most {
		if least := r.drawn.items[0].priority; d.priority <= least {
			r.left = max(r.left, d.priority)
			return
		}
		r.left = max(r.left, heap.Pop(&r.drawn).(drawnRow).priority)
	}
	d.row = keep(row)
	heap.Push(&r.drawn, d)
}

// append adds what was drawn to rows and weights, each row weighted so that all
// of them stand for what was seen.
func (r *reservoir) append(rows, weights []float64) ([]float64, []float64) {
	for _, d := range r.drawn.items {
		rows = append(rows, d.row...)
		weights = append(weights, float64(d.weight*max(1, r.left/d.size)))
	}
	return rows, weights
}

// manySamples is how often the search is made where there is a tail, as swaps find less
// there, and on as many samples: each has a best of its own, and which of them is best for
// all rows is seen on the rows (Bradley & Fayyad, Refining Initial Points for K-Means
// Clustering, ICML 1998). With 1, 2, 3 and 5 outliers end 32.2, 34.1, 34.7 and 35.6 ‰
// below ten restarts, in 86, 160, 259 and 409 ms (BenchmarkSearch/sample_outliers).
const manySamples = 3

// samples returns a sample of the first of the given numbers of rows, or several
// where there is a tail, and finer ones of the others.
func (a *Data) samples(sizes []int) (sets, finer []*points) {
	of := a.draw(sizes[0], 0)
	if sets = a.distinct(of); sets != nil {
		return sets, nil
	}
	sets = []*points{a.gather(of)}
	t, _ := newTail(context.Background(), sets[0])
	contributions := t.contributions(a.points())
	if even(contributions) {
		for _, m := range sizes[1:] {
			finer = append(finer, a.gather(a.draw(m, 0)))
		}
		return sets, finer
	}
	sets = nil
	for i := range manySamples {
		sets = append(sets, a.weighted(sizes[0], uint64(i), t.limit, contributions))
	}
	for _, m := range sizes[1:] {
		finer = append(finer, a.weighted(m, 0, t.limit, contributions))
	}
	return sets, finer
}

// even reports whether the contributions are so even that no small part of the rows makes
// up much of the inertia.
func even(contributions []float64) bool {
	most := greatestOf(contributions)
	if most == 0 {
		return true
	}
	sum, squares := 0.0, 0.0
	for _, v := range contributions {
		v /= most
		sum += v
		squares += float64(v * v)
	}
	return squares*float64(len(contributions)) <= unevenness*sum*sum
}

// weighted returns m rows of equal chances, less those that add more than limit
// to the inertia, and up to m of these, with weights by which they stand for
// all.
func (a *Data) weighted(m int, seed uint64, limit float64, contributions []float64) *points {
	r := newReservoir(rand.New(rand.NewPCG(uint64(m), 1<<32|seed)), m)
	bulk := 0
	for i, v := range contributions {
		if v > limit {
			r.add(a.row(i), a.weight(i), v, func(row []float64) []float64 { return row })
		} else if a.weight(i) > 0 {
			bulk++
		}
	}
	of := slices.DeleteFunc(a.draw(m, seed), func(i int) bool { return contributions[i] > limit })
	var rows, weights []float64
	for _, i := range of {
		rows = append(rows, a.row(i)...)
		weights = append(weights, float64(a.weight(i)*float64(bulk)/float64(len(of))))
	}
	rows, weights = r.append(rows, weights)
	p := newPoints(rows, a.Cols, weights, nil)
	p.sample = true
	p.tolerance = 1 + sampleTolerance/math.Sqrt(float64(m))
	return p
}

// distinct returns the distinct rows, each weighted by how often it is there,
// unless there are more than twice as many as rows in the sample, or the sample
// does not look like it.
func (a *Data) distinct(sample []int) []*points {
	most := 2 * len(sample)
	at := map[string]int{}
	key := make([]byte, 0, 8*a.Cols)
	place := func(i int) int {
		key = key[:0]
		for _, v := range a.row(i) {
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(v+0)) // −0 is 0
		}
		j, ok := at[string(key)]
		if !ok {
			j = len(at)
			at[string(key)] = j
		}
		return j
	}
	for _, i := range sample {
		place(i)
	}
	if 4*len(at) > 3*len(sample) {
		return nil
	}
	clear(at)
	var rows, weights []float64
	for i := range a.Rows {
		w := a.weight(i)
		if w == 0 {
			continue
		}
		j := place(i)
		if j == most {
			return nil
		}
		if j == len(weights) {
			rows, weights = append(rows, a.row(i)...), append(weights, 0)
		}
		weights[j] += w
	}
	// As they are few, there is time for more than one try.
	return slices.Repeat([]*points{newPoints(rows, a.Cols, weights, nil)}, manySamples)
}

// draw returns m rows of positive weight, all where there are no more: one at
// random from each of m stretches of equal length.
func (a *Data) draw(m int, seed uint64) []int {
	var counted []int // those of positive weight
	n := a.Rows
	if a.Weights != nil {
		for i, w := range a.Weights {
			if w > 0 {
				counted = append(counted, i)
			}
		}
		n = len(counted)
	}
	m = min(m, n)
	rng := rand.New(rand.NewPCG(uint64(m), seed))
	out := make([]int, m)
	for i := range out {
		from, to := i*n/m, (i+1)*n/m
		out[i] = from + rng.IntN(to-from)
		if counted != nil {
			out[i] = counted[out[i]]
		}
	}
	return out
}

func (a *Data) gather(of []int) *points {
	var weights []float64
	rows := make([]float64, 0, len(of)*a.Cols)
	for _, r := range of {
		rows = append(rows, a.row(r)...)
		if a.Weights != nil {
			weights = append(weights, a.Weights[r])
		}
	}
	g := a.bins()
	if weights != nil {
		g = nil
	}
	p := newPoints(rows, a.Cols, weights, g)
	p.sample = true
	return p
}

// Coreset returns a sample of all rows, as Sample returned it, with those that it
// does not stand for and weights by which they stand for all; no weights where
// it stands for all as it is. Own are the weights that the rows have in the
// stream, nil where all are 1. It takes one pass, and holds up to most more rows.
func (s *Stream) Coreset(
	ctx context.Context, sample []float64, most int, seed uint64,
) (rows, weights, own []float64, err error) {
	d := s.Cols
	a := &Data{Rows: len(sample) / d, Cols: d, X: sample, Weights: s.weights}
	if a.Rows == s.n {
		return sample, nil, s.weights, nil
	}
	t, err := newTail(ctx, a.gather(a.draw(min(a.Rows, sampleRows), 0)))
	if err != nil {
		return nil, nil, nil, err
	}
	r := newReservoir(rand.New(rand.NewPCG(seed, 1)), most)
	in := s.reader()
	n := 0
	var sum, squares float64 // of what rows add to the inertia
	err = s.blocks(ctx, blockRows(d), nil, func(rows []float64) ([]float64, error) {
		if err := in.load(n, rows); err != nil {
			return nil, err
		}
		n += in.n
		in.v.nearest(in.blocks, t.c[:cap(t.c)], t.k, in.labels, in.dist)
		for i, v := range in.dist[:in.n] {
			v = float64(v * in.w.of(i))
			sum += v
			squares += float64(v * v)
			if v > t.limit {
				r.add(rows[i*s.width():][:d], in.w.of(i), v, slices.Clone)
			}
		}
		return rows[:0], nil
	})
	if err == nil {
		err = s.checkRows(n)
	}
	if err != nil || squares*float64(n) <= unevenness*sum*sum {
		return sample, nil, s.weights, err
	}
	for i := range a.Rows {
		if _, v := Nearest(a.row(i), t.c); float64(v*a.weight(i)) <= t.limit {
			rows, own = append(rows, a.row(i)...), append(own, a.weight(i))
		}
	}
	for _, w := range own {
		weights = append(weights, w*float64(n-r.seen)/float64(len(rows)/d))
	}
	rows, weights = r.append(rows, weights)
	for _, row := range r.drawn.items {
		own = append(own, row.weight)
	}
	return rows, weights, own, nil
}
