package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"github.com/customer-personality/segmentation/internal/cause"
)

var (
	// ErrChanged reports that a stream was not the same in two passes.
	ErrChanged = errors.New("the rows are not those of the pass before")

	// ErrUnequal reports weights of which exact sums would lose the light ones.
	ErrUnequal = errors.New("weights that are too unequal, too great or too small")
)

// NotFinite is the place of a value that is NaN or infinite.
type NotFinite struct {
	Row, Col int
	Value    float64
}

func (e *NotFinite) Error() string {
	return fmt.Sprintf("row %d, column %d of the stream is %v", e.Row, e.Col, e.Value)
}

// checkFinite returns a *NotFinite where a value of rows of some width is none; first
// is the number of the first row.
func checkFinite(rows []float64, width, first int) error {
	for i, v := range rows {
		if v-v != 0 {
			return &NotFinite{first + i/width, i % width, v}
		}
	}
	return nil
}

// Stream is rows that are read again in every pass: blocks of whole rows, of
// any length, the same rows each time.
type Stream struct {
	Cols     int
	Weighted bool // each row is followed by its weight, which is positive
	Blocks   iter.Seq2[[]float64, error]
	Workers  int // 0: GOMAXPROCS

	n       int
	g       *bins
	most    []float64 // the greatest magnitude of each column
	first   []float64 // the first row
	still   []int     // columns that do not vary
	weights []float64 // of the sample; nil where every row of the stream weighs 1

	mu  sync.Mutex
	sum []float64 // of all rows, as the first pass found it
}

// blockRows returns the number of rows that are dealt with at once, however the
// stream is cut: 256 kB of them.
func blockRows(d int) int { return lanes * max(1, 2048/d) }

// width returns the number of values of a row, its weight included.
func (s *Stream) width() int {
	if s.Weighted {
		return s.Cols + 1
	}
	return s.Cols
}

// Rows returns the number of rows, once Sample has seen them.
func (s *Stream) Rows() int { return s.n }

// Weights returns the weights of the rows of the latest sample; nil where every row
// of the stream weighs 1.
func (s *Stream) Weights() []float64 { return s.weights }

// Sample draws m rows at random (Vitter, Random Sampling with a Reservoir, ACM Trans.
// Math. Software 11, 1985, doi:10.1145/3147.3165, algorithm R), or returns all in their
// order where there are no more. It measures what Statistics has to know of the rows.
func (s *Stream) Sample(ctx context.Context, m int, seed uint64) ([]float64, error) {
	d, width := s.Cols, s.width()
	rng := rand.New(rand.NewPCG(seed, 0))
	var sample []float64
	most := make([]float64, width)
	terms, light := most, inf // the greatest terms of the sums, the least weight
	var value []float64
	if s.Weighted {
		terms, value = make([]float64, width), make([]float64, width)
	}
	var first []float64
	still := make([]int, d)
	for j := range still {
		still[j] = j
	}
	n := 0
	err := s.blocks(ctx, blockRows(d), nil, func(rows []float64) ([]float64, error) {
		if err := checkFinite(rows, width, n); err != nil {
			return nil, err
		}
		greatest(rows, most)
		for o := 0; s.Weighted && o < len(rows); o += width {
			w := rows[o+d]
			light = min(light, w)
			weigh(rows[o:o+d], w, value)
			greatest(value, terms)
		}
		if first == nil {
			first = slices.Clone(rows[:d])
		}
		still = slices.DeleteFunc(still, func(j int) bool {
			for o := j; o < len(rows); o += width {
				if rows[o] != first[j] {
					return true
				}
			}
			return false
		})
		all := min(len(rows)/width, max(0, m-n))
		sample = append(sample, rows[:all*width]...)
		for i := all; i < len(rows)/width && m > 0; i++ {
			if r := rng.IntN(n + i + 1); r < m {
				copy(sample[r*width:(r+1)*width], rows[i*width:])
			}
		}
		n += len(rows) / width
		return rows[:0], nil
	})
	if err != nil {
		return nil, err
	}
	if s.Weighted && n > 0 {
		heavy := most[d]
		if _, e := math.Frexp(heavy); tooUnequal(light, heavy, n) || e < -rangeExponent/4 || e > rangeExponent/4 {
			return nil, fmt.Errorf("%w: of %d rows from %v to %v", ErrUnequal, n, light, heavy)
		}
		var weights []float64
		for i := range len(sample) / width {
			weights = append(weights, sample[i*width+d])
			copy(sample[i*d:(i+1)*d], sample[i*width:])
		}
		sample = sample[:len(weights)*d]
		s.weights = nil
		if light != 1 || heavy != 1 {
			s.weights = weights
		}
	}
	s.n, s.g = n, newBins(max(n, 1), terms)
	s.most, s.first, s.still = most[:d], first, still
	return sample, nil
}

// blocks calls f with the stream in blocks of the given number of rows, the last one of
// what is left; f returns a slice for the next, the first of which is held.
func (s *Stream) blocks(
	ctx context.Context, rows int, held []float64, f func(rows []float64) ([]float64, error),
) error {
	size := rows * s.width()
	for block, err := range s.Blocks {
		if err == nil {
			err = cause.Of(ctx)
		}
		if err != nil {
			return err
		}
		for len(block) > 0 {
			m := min(len(block), size-len(held))
			held = append(held, block[:m]...)
			block = block[m:]
			if len(held) < size {
				continue
			}
			if held, err = f(held); err == nil {
				err = cause.Of(ctx)
			}
			if err != nil {
				return err
			}
		}
	}
	if err := cause.Of(ctx); err != nil || len(held) == 0 {
		return err
	}
	_, err := f(held)
	return err
}

// Statistics are the sufficient statistics of k clusters of d columns: the
// number of their rows, for each cluster the high parts of the sums of its
// columns and then the low ones, and the inertia. Of weighted rows Counts is the
// weight, and the last column of Totals too.
type Statistics struct {
	Counts  []float64 // k
	Totals  []float64 // k×2d, or k×2(d+1)
	Inertia []float64 // k
}

// Total returns the sum of column j in cluster q, rounded once.
func (s Statistics) Total(q, j int) float64 {
	values := len(s.Totals) / len(s.Counts) / 2
	return s.Totals[2*q*values+j] + s.Totals[(2*q+1)*values+j]
}

// Statistics makes one pass for all sets of centroids, k×d each. Counts and
// totals are exact, and the inertia is added up in the order of the rows, so
// that all of it is the same however the stream is cut and shared out.
func (s *Stream) Statistics(ctx context.Context, sets [][]float64) ([]Statistics, error) {
	d := s.Cols
	sets = slices.Clone(sets)
	sums := make([][]*clusterSums, max(1, s.workers()))
	inertia := orderedInertia{early: map[int][][]float64{}}
	for i, c := range sets {
		for w := range sums {
			sums[w] = append(sums[w], newClusterSums(len(c)/d, s.width()))
		}
		inertia.sums = append(inertia.sums, make([]neumaier, len(c)/d))
		sets[i] = padded(c, d)
	}
	type block struct {
		index, first int
		rows         []float64
	}
	work, spare := make(chan block, len(sums)), make(chan []float64, 2*len(sums)+1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range cap(spare) {
		spare <- nil
	}
	var wg Group
	for _, mine := range sums {
		wg.Go(func() {
			defer func() {
				// Only a panic leaves work behind, which would be waited for.
				for b := range work {
					cancel()
					spare <- b.rows[:0]
				}
			}()
			r := s.reader()
			for b := range work {
				err := r.load(b.first, b.rows)
				spare <- b.rows[:0]
				part := make([][]float64, len(sets))
				for i, t := range mine {
					if err == nil {
						part[i] = r.accumulate(sets[i], t)
					}
				}
				if inertia.add(b.index, part, err) != nil {
					cancel()
				}
			}
		})
	}
	n, index := 0, 0
	err := func() error {
		defer wg.Wait()
		defer close(work)
		return s.blocks(ctx, blockRows(d), <-spare, func(rows []float64) ([]float64, error) {
			work <- block{index, n, rows}
			n += len(rows) / s.width()
			index++
			return <-spare, nil
		})
	}()
	if inertia.err != nil {
		return nil, inertia.err
	} else if err != nil {
		return nil, err
	}
	out := make([]Statistics, len(sets))
	for i := range sets {
		t := sums[0][i]
		for _, more := range sums[1:] {
			t.add(more[i])
		}
		out[i] = Statistics{Counts: t.rows, Totals: t.sum}
		for q := range t.rows {
			t.rows[q] = t.weight(q, d)
		}
		for _, v := range inertia.sums[i] {
			out[i].Inertia = append(out[i].Inertia, v.value())
		}
		if err := s.checkSame(n, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// orderedInertia adds up the inertia of each cluster of several sets block by
// block, in the order of the blocks, whichever comes first.
type orderedInertia struct {
	mu    sync.Mutex
	sums  [][]neumaier
	early map[int][][]float64 // of blocks before which others are still to come
	next  int                 // the block whose turn it is
	err   error               // the first
}

// add takes the inertias of one block, or the error that it ended with, and
// returns the first error of all blocks.
func (o *orderedInertia) add(index int, part [][]float64, err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
	o.early[index] = part
	for part, ok := o.early[o.next]; ok && o.err == nil; part, ok = o.early[o.next] {
		for i := range part {
			for q, v := range part[i] {
				o.sums[i][q].add(v)
			}
		}
		delete(o.early, o.next)
		o.next++
	}
	return o.err
}

func (s *Stream) workers() int {
	if s.Workers > 0 {
		return s.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (s *Stream) checkRows(n int) error {
	if n != s.n {
		return fmt.Errorf("%w: there are %d now, and were %d", ErrChanged, n, s.n)
	}
	return nil
}

// checkSame checks that a pass saw the rows of those before: as many, and, as sums are
// exact, with the same sum.
func (s *Stream) checkSame(n int, t *clusterSums) error {
	if err := s.checkRows(n); err != nil {
		return err
	}
	sum := make([]float64, 2*t.values)
	for i, v := range t.sum {
		sum[i%len(sum)] += v
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sum == nil {
		s.sum = sum
	}
	for j, v := range sum {
		if v != s.sum[j] {
			return fmt.Errorf("%w: the values of column %d have another sum", ErrChanged, j%t.values)
		}
	}
	return nil
}

// padded returns a copy of centroids with one more at infinity behind them, as the kernels
// need; its length is their own.
func padded(c []float64, d int) []float64 {
	out := append(make([]float64, 0, len(c)+d), c...)
	for range d {
		out = append(out, inf)
	}
	return out[:len(c)]
}

// reader holds one block of rows at a time, for any sets of centroids.
type blockReader struct {
	v, values block // the rows; what is summed of them, see points
	g         *bins
	n, blocks int
	labels    []int32
	dist      []float64
	part, pad []float64
	row       []float64
	w         weights
	plain     []float64 // weighted rows without their weights
}

func (s *Stream) reader() *blockReader {
	d, rows, width := s.Cols, blockRows(s.Cols), s.width()
	r := &blockReader{
		v: tiles(rows/lanes, d), g: s.g, labels: make([]int32, rows), dist: aligned(rows),
		part: make([]float64, 3*2*width), pad: make([]float64, lanes*d), row: make([]float64, width),
	}
	if r.values = r.v; s.Weighted {
		r.values, r.w, r.plain = tiles(rows/lanes, width), make([]float64, rows), make([]float64, rows*d)
	}
	return r
}

// split takes weighted rows apart and returns them without their weights.
func (r *blockReader) split(rows []float64) []float64 {
	d := r.v.d
	n := len(rows) / (d + 1)
	for i := range n {
		row := rows[i*(d+1) : (i+1)*(d+1)]
		copy(r.plain[i*d:(i+1)*d], row)
		r.w[i] = row[d]
		weigh(row[:d], row[d], r.row)
		r.values.set(i, r.row)
	}
	return r.plain[:n*d]
}

// load takes up to blockRows rows; first is the place of the first.
func (r *blockReader) load(first int, rows []float64) error {
	d := r.v.d
	if r.w != nil {
		rows = r.split(rows)
	}
	r.n = len(rows) / d
	r.blocks = (r.n + lanes - 1) / lanes
	whole := r.n / lanes
	finite := transpose(rows, whole, d, r.v.x)
	if whole < r.blocks {
		clear(r.pad)
		copy(r.pad, rows[whole*lanes*d:])
		finite = transpose(r.pad, 1, d, r.v.from(whole).x) && finite
	}
	if !finite {
		return checkFinite(rows, d, first)
	}
	return nil
}

// accumulate adds the rows to the sums of padded centroids, and returns the inertia of
// each cluster.
func (r *blockReader) accumulate(c []float64, t *clusterSums) []float64 {
	r.v.nearest(r.blocks, c[:cap(c)], t.k, r.labels, r.dist)
	if r.w != nil {
		for i := range r.n {
			r.dist[i] *= r.w[i]
		}
	}
	// Four sums for each cluster: one addition need not wait for the one before.
	sums := make([][4]float64, t.k)
	for i, l := range r.labels[:r.n] {
		sums[l][i%4] += r.dist[i]
	}
	inertia := make([]float64, t.k)
	for q, s := range sums {
		inertia[q] = (s[0] + s[1]) + (s[2] + s[3])
	}
	for i := r.n; i < r.blocks*lanes; i++ {
		r.labels[i] = -1
	}
	t.addRows(r.values, r.blocks, r.labels, t.k, r.g, r.part, r.row)
	return inertia
}

// MiniBatch moves the centroids of each set in one pass, batch by batch, each towards the
// mean of its rows in the batch, at a rate of one over the rows that it has had so far,
// had before the pass where that is not nil (Sculley, Web-Scale K-Means Clustering, WWW
// 2010, doi:10.1145/1772690.1772862). It returns the number of batches.
func (s *Stream) MiniBatch(ctx context.Context, rows int, sets, had [][]float64) (batches int, err error) {
	d := s.Cols
	sums, seen := make([]*clusterSums, len(sets)), make([][]float64, len(sets))
	for i, c := range sets {
		sums[i], seen[i] = newClusterSums(len(c)/d, s.width()), make([]float64, len(c)/d)
		if had != nil {
			copy(seen[i], had[i])
		}
	}
	readers := make([]*blockReader, min(s.workers(), len(sets)))
	for w := range readers {
		readers[w] = s.reader()
	}
	n := 0
	err = s.blocks(ctx, rows, nil, func(batch []float64) ([]float64, error) {
		errs := make([]error, len(sets))
		parallel(ctx, len(readers), len(sets), func(worker, i int) {
			r, t, c := readers[worker], sums[i], padded(sets[i], d)
			t.reset()
			for at, size := 0, blockRows(d)*s.width(); at < len(batch) && errs[i] == nil; at += size {
				if errs[i] = r.load(n+at/s.width(), batch[at:min(at+size, len(batch))]); errs[i] == nil {
					r.accumulate(c, t)
				}
			}
			for q := range t.k {
				m := t.weight(q, d)
				if m == 0 {
					continue
				}
				seen[i][q] += m
				rate := m / seen[i][q]
				for j := range d {
					sets[i][q*d+j] += float64(rate * (t.total(q, j)/m - sets[i][q*d+j]))
				}
			}
		})
		n += len(batch) / s.width()
		batches++
		return batch[:0], errors.Join(errs...)
	})
	if err == nil {
		err = s.checkRows(n)
	}
	return batches, err
}
