package engine

import (
	"context"
	"errors"
	"math/bits"
	"slices"

	"github.com/customer-personality/segmentation/internal/cause"
)

// ErrDistinct says that a cluster stayed without rows because every row lies
// on its own centroid already: there are fewer distinct points than clusters.
var ErrDistinct = errors.New("fewer distinct rows than clusters")

// source is what Lloyd's iteration runs on.
type source interface {
	// step fills t with the exact sums of the rows nearest to each of the k
	// centroids in c. It is given t as the latest step, and the moves since,
	// left it.
	step(ctx context.Context, c []float64, k int, t *clusterSums) error
	// assignment gives label and squared distance of every row, in the order of
	// the rows, for the centroids of the latest step. What the caller changes in
	// the labels, the next step remembers.
	assignment(ctx context.Context, c []float64, k int) (labels []int32, dist []float64, err error)
	// value gives what is summed of row i: its values times its weight and the
	// weight, or its values alone where every row weighs 1.
	value(i int, row []float64)
	// shape gives the number of rows, that of their values and the grid of sums.
	shape() (n, d int, g *bins)
}

// tally holds the exact sums of clusters: for each the high parts of all
// columns and then the low ones; and the number of rows. Where rows are
// weighted the last column is the weight.
type clusterSums struct {
	k, values int
	sum       []float64
	rows      []float64
}

func newClusterSums(k, values int) *clusterSums {
	return &clusterSums{k: k, values: values, sum: make([]float64, 2*k*values), rows: make([]float64, k)}
}

func (t *clusterSums) reset() {
	clear(t.sum)
	clear(t.rows)
}

// add adds the first clusters of o, as many as t has.
func (t *clusterSums) add(o *clusterSums) {
	for i := range t.sum {
		t.sum[i] += o.sum[i]
	}
	for i := range t.rows {
		t.rows[i] += o.rows[i]
	}
}

// move takes a row from one cluster to another; −1 stands for none.
func (t *clusterSums) move(g *bins, row []float64, from, to int32) {
	d := t.values
	in := t.sum[2*d*int(to):][:2*d]
	t.rows[to]++
	if from < 0 {
		for j, v := range row {
			high, low := g.split(j, v)
			in[j] += high
			in[d+j] += low
		}
		return
	}
	out := t.sum[2*d*int(from):][:2*d]
	t.rows[from]--
	for j, v := range row {
		high, low := g.split(j, v)
		out[j] -= high
		out[d+j] -= low
		in[j] += high
		in[d+j] += low
	}
}

// addRows adds n blocks of rows to the first k clusters by their labels, of which
// −1 stands for none. part has room for the sums of three clusters.
func (t *clusterSums) addRows(v block, n int, labels []int32, k int, g *bins, part, row []float64) {
	if k > 4 && v.d > narrow {
		for i, l := range labels[:n*lanes] {
			if l >= 0 {
				v.get(i, row)
				t.move(g, row, -1, l)
			}
		}
		return
	}
	w := 2 * v.d
	for at := 0; at < k; at += 3 {
		m := min(3, k-at)
		v.moments(n, labels, at, m, g, part)
		rows := count(labels, n, at)
		for i := range m {
			t.rows[at+i] += float64(rows[i])
			sum := t.sum[(at+i)*w:][:w]
			for j, x := range part[i*w:][:w] {
				sum[j] += x
			}
		}
	}
}

// weight gives the weight of cluster c, of d columns.
func (t *clusterSums) weight(c, d int) float64 {
	if t.values == d {
		return t.rows[c]
	}
	return t.total(c, d)
}

// total is the sum of column j in cluster c, rounded once.
func (t *clusterSums) total(c, j int) float64 {
	o := 2 * t.values * c
	return t.sum[o+j] + t.sum[o+t.values+j]
}

// means writes the centroids to c, k×d. A cluster of no weight keeps its own.
func (t *clusterSums) means(c []float64, d int) {
	for i := range t.k {
		w := t.weight(i, d)
		if !(w > 0) {
			continue
		}
		for j := range d {
			c[i*d+j] = t.total(i, j) / w
		}
	}
}

// end says when an iteration ends that has not come to rest.
type criterion struct {
	maxIter int     // moves of the centroids
	shift   float64 // a squared shift of all centroids; 0: none
	// lost, where it is not nil, is told the inertia between the clusters after each
	// move, and says whether it is of no use to go on.
	giveUp func(iteration int, spread float64) bool
}

// after is what is left of end after some iterations.
func (e criterion) after(iterations int) criterion {
	e.maxIter -= iterations
	return e
}

// lloyd iterates from the k centroids in c, which it moves, until they stay
// where they are, or one of the ends given is reached (Lloyd, Least Squares
// Quantization in PCM, IEEE Trans. Inform. Theory 28, 1982,
// doi:10.1109/TIT.1982.1056489). As sums are exact, centroids that stay are the
// same as labels that stay. A cluster that lost all its rows is given the row that is farthest from
// its centroid. When it returns, the latest step of s was with c.
func lloyd(ctx context.Context, s source, c []float64, k int, until criterion, t *clusterSums) (iterations int, converged bool, err error) {
	d := len(c) / k
	next := make([]float64, len(c))
	for {
		if err := s.step(ctx, c, k, t); err != nil {
			return iterations, false, err
		}
		copy(next, c)
		refilled := false
		for i := range k {
			if !(t.weight(i, d) > 0) {
				if iterations < until.maxIter {
					if err := refill(ctx, s, c, k, t); err != nil {
						return iterations, false, err
					}
					refilled = true
				}
				break
			}
		}
		t.means(next, d)
		if !refilled && slices.Equal(next, c) {
			return iterations, true, nil
		}
		if iterations == until.maxIter {
			return iterations, false, nil
		}
		iterations++
		shift := 0.0
		for i := range c {
			e := next[i] - c[i]
			shift += float64(e * e)
		}
		copy(c, next)
		if until.shift > 0 && shift <= until.shift {
			return iterations, true, s.step(ctx, c, k, t)
		}
	}
}

// refill moves the row that is farthest from its centroid into each cluster
// that has none.
func refill(ctx context.Context, s source, c []float64, k int, t *clusterSums) error {
	labels, dist, err := s.assignment(ctx, c, k)
	if err != nil {
		return err
	}
	n, d, g := s.shape()
	row := make([]float64, t.values)
	for i := range k {
		if t.weight(i, d) > 0 {
			continue
		}
		far, most := -1, 0.0
		for r, v := range dist[:n] {
			if v > most {
				if s.value(r, row); t.values == d || row[d] > 0 {
					far, most = r, v
				}
			}
		}
		if far < 0 {
			return ErrDistinct
		}
		s.value(far, row)
		t.move(g, row, labels[far], int32(i))
		labels[far], dist[far] = int32(i), 0
	}
	return nil
}

// inertia sums weight times distance exactly, so in no order.
func inertia(s source, dist []float64, workers int) float64 {
	ctx := context.Background()
	n, d, g := s.shape()
	if len(g.extractors)/8 > d {
		weighted := make([]float64, n)
		row := make([]float64, d+1)
		for i := range weighted {
			s.value(i, row)
			weighted[i] = float64(row[d] * dist[i])
		}
		dist = weighted
	}
	parts := make([]struct{ most, high, low float64 }, (n+chunkRows-1)/chunkRows)
	chunks(ctx, workers, n, func(chunk, from, to int) {
		most := 0.0
		for _, v := range dist[from:to] {
			most = max(most, v)
		}
		parts[chunk].most = most
	})
	most := 0.0
	for _, p := range parts {
		most = max(most, p.most)
	}
	one := newBins(n, []float64{most})
	chunks(ctx, workers, n, func(chunk, from, to int) {
		var sum, rest float64
		for _, v := range dist[from:to] {
			high, low := one.split(0, v)
			sum += high
			rest += low
		}
		parts[chunk].high, parts[chunk].low = sum, rest
	})
	var sum, rest float64
	for _, p := range parts {
		sum += p.high
		rest += p.low
	}
	return sum + rest
}

// scan is the source that looks at every row in every step. It keeps the
// labels, and sums only what changes.
type scan struct {
	p       *points
	fresh   bool
	labels  []int32
	dist    []float64 // of the latest assignment
	c       []float64
	workers []worker // one for each worker
	chunks  int
	bounds  *bounds // nil where they don't pay
}

// hand is what one worker holds: labels and distances of one chunk, and what
// it takes down.
type worker struct {
	next      []int32
	dist      []float64
	bits      []uint16
	delta     *clusterSums
	row, part []float64
	unbounded *unbounded
}

// scanBlocks is the number of blocks that one goroutine takes at a time.
const scanBlocks = 64

// handOff is the number of coordinates of all rows and centroids from which
// sharing one step out among goroutines pays.
const parallelWork = 1 << 20

func newScan(p *points, k, workers int) *scan {
	s := &scan{
		p: p, fresh: true, labels: make([]int32, p.blocks*lanes), c: make([]float64, (k+1)*p.d),
		chunks: (p.blocks + scanBlocks - 1) / scanBlocks, bounds: newBounds(p, k),
	}
	if p.n*p.d*k < parallelWork {
		workers = 1
	}
	for range max(1, min(workers, s.chunks)) {
		s.workers = append(s.workers, worker{
			next: make([]int32, scanBlocks*lanes), dist: aligned(scanBlocks * lanes), bits: make([]uint16, scanBlocks),
			delta: newClusterSums(k, p.values.d), row: make([]float64, p.values.d), part: make([]float64, 3*2*p.values.d),
		})
		if s.bounds != nil {
			s.workers[len(s.workers)-1].unbounded = newUnbounded(k, p.d)
		}
	}
	return s
}

// restart forgets the labels.
func (s *scan) restart() { s.fresh = true }

func (s *scan) step(ctx context.Context, c []float64, k int, t *clusterSums) error {
	pass := (*scan).reassignChunk
	if s.fresh {
		t.reset()
		pass, s.fresh = (*scan).assignChunk, false
	} else if s.bounds != nil {
		s.bounds.move(s.c, c, k)
		pass = (*scan).reassignBounded
	}
	copy(s.c, c)
	for i := k * s.p.d; i < len(s.c); i++ {
		s.c[i] = inf
	}
	if len(s.workers) == 1 {
		for i := range s.chunks {
			pass(s, i, k, t, &s.workers[0])
		}
		return cause.Of(ctx)
	}
	parallel(ctx, len(s.workers), s.chunks, func(worker, i int) {
		pass(s, i, k, s.workers[worker].delta, &s.workers[worker])
	})
	for _, w := range s.workers {
		t.add(w.delta)
		w.delta.reset()
	}
	return cause.Of(ctx)
}

// snapshot is a scan after a step, to go on from there again and again.
type snapshot struct {
	labels    []int32
	c, upper  []float64
	sum, rows []float64
}

func (p *snapshot) save(s *scan, t *clusterSums) {
	p.labels, p.c = append(p.labels[:0], s.labels...), append(p.c[:0], s.c...)
	p.sum, p.rows = append(p.sum[:0], t.sum...), append(p.rows[:0], t.rows...)
	if s.bounds != nil {
		p.upper = append(p.upper[:0], s.bounds.upper...)
	}
}

func (p *snapshot) restore(s *scan, t *clusterSums) {
	copy(s.labels, p.labels)
	copy(s.c, p.c)
	copy(t.sum, p.sum)
	copy(t.rows, p.rows)
	if s.bounds != nil {
		copy(s.bounds.upper, p.upper)
	}
}

// chunk gives the blocks of one chunk.
func (s *scan) chunk(i int) (from, n int) {
	from = i * scanBlocks
	return from, min(scanBlocks, s.p.blocks-from)
}

// first labels and sums the rows of one chunk.
func (s *scan) assignChunk(i, k int, t *clusterSums, w *worker) {
	from, n := s.chunk(i)
	labels := s.labels[from*lanes : (from+n)*lanes]
	s.p.block.from(from).nearest(n, s.c, k, labels, w.dist)
	if s.bounds != nil {
		for r := from * lanes; r < min((from+n)*lanes, s.p.n); r++ {
			s.bounds.upper[r] = s.bounds.above(w.dist[r-from*lanes])
		}
	}
	for r := s.p.n; r < (from+n)*lanes; r++ {
		s.labels[r] = -1
	}
	t.addRows(s.p.values.from(from), n, labels, k, s.p.g, w.part, w.row)
}

// change labels the rows of one chunk anew and takes the changes down in t.
func (s *scan) reassignChunk(i, k int, t *clusterSums, w *worker) {
	from, n := s.chunk(i)
	labels := s.labels[from*lanes:]
	s.p.block.from(from).nearest(n, s.c, k, w.next, w.dist)
	changed := w.bits[:n]
	differ(labels, w.next, n, changed)
	for b, m := range changed {
		for ; m != 0; m &= m - 1 {
			r := b*lanes + bits.TrailingZeros16(m)
			if from*lanes+r >= s.p.n {
				break
			}
			s.relabel(from*lanes+r, w.next[r], t, w)
		}
	}
}

// relabel moves a row to another cluster.
func (s *scan) relabel(i int, to int32, t *clusterSums, w *worker) {
	row := w.row
	if s.p.w == nil {
		row = s.p.rows[i*s.p.d:][:s.p.d]
	} else {
		s.p.values.get(i, row)
	}
	t.move(s.p.g, row, s.labels[i], to)
	s.labels[i] = to
}

// assignment returns the labels of the latest step, with the distances.
func (s *scan) assignment(ctx context.Context, c []float64, k int) ([]int32, []float64, error) {
	if s.dist == nil {
		s.dist = aligned(s.p.blocks * lanes)
	}
	parallel(ctx, len(s.workers), s.chunks, func(worker, i int) {
		from, n := s.chunk(i)
		s.p.block.from(from).nearest(n, s.c, k, s.workers[worker].next, s.dist[from*lanes:])
	})
	if s.bounds != nil {
		s.bounds.forget() // labels may be changed
	}
	return s.labels, s.dist, cause.Of(ctx)
}

func (s *scan) value(i int, row []float64) { s.p.values.get(i, row) }

func (s *scan) shape() (n, d int, g *bins) { return s.p.n, s.p.d, s.p.g }
