package engine

import (
	"context"
	"math/bits"

	"github.com/customer-personality/segmentation/internal/cause"
)

// scan is the source that compares every row with the centroids in every step. It keeps
// the labels, and sums only what changes.
type scan struct {
	p       *points
	tiles   block // the rows of p; none while they are laid out anew in each pass
	passes  int   // without tiles
	fresh   bool
	labels  []int32
	dist    []float64 // of the latest assignment
	c       []float64
	workers []worker // one for each worker
	chunks  int
	bounds  *bounds // nil where they don't pay
}

// worker is the memory of one goroutine: labels and distances of one chunk, and the
// changes that it finds.
type worker struct {
	room      block // for rows that are not laid out
	next      []int32
	dist      []float64
	bits      []uint16
	delta     *clusterSums
	row, part []float64
	unbounded *unbounded
}

// scanBlocks is the number of blocks that one goroutine takes at a time. With 16, 64 and
// 256 a step takes 5.0, 6.3 and 6.9 ms for 1,000,000×3 and k = 10, and 8.0, 6.3 and 5.6 ms
// for 100,000×32 and k = 32, where rows that bounds do not spare are gathered from them.
const scanBlocks = 64

// parallelWork is the number of coordinates of all rows and centroids from which sharing
// one step out among goroutines pays: at 0.1 ns each (see the package comment) 0.1 ms,
// beside which starting them and waiting for them is little.
const parallelWork = 1 << 20

// loosePasses is the number of passes over rows that are not laid out from which on they
// are, all at once. A pass costs 0.85 ms more for 1,000,000×3 and 0.75 for 400,000×8, laying
// out 5.2 and 5.8 ms and as much memory as the rows: 7 would be the least time at worst, 16
// spares most fits the memory.
const loosePasses = 16

func newScan(p *points, k, workers int) *scan {
	s := &scan{
		p: p, tiles: p.block, fresh: true, labels: make([]int32, p.blocks*lanes), c: make([]float64, (k+1)*p.d),
		chunks: (p.blocks + scanBlocks - 1) / scanBlocks, bounds: newBounds(p, k),
	}
	if p.n*p.d*k < parallelWork {
		workers = 1
	}
	for range max(1, min(workers, s.chunks)) {
		s.workers = append(s.workers, worker{
			next: make([]int32, scanBlocks*lanes), dist: aligned(scanBlocks * lanes),
			bits: make([]uint16, scanBlocks), delta: newClusterSums(k, p.values.d),
			row: make([]float64, p.values.d), part: make([]float64, 3*2*p.values.d),
		})
		w := &s.workers[len(s.workers)-1]
		if s.bounds != nil {
			w.unbounded = newUnbounded(k, p.d)
		}
		if s.tiles.x == nil {
			w.room = p.room()
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
	} else if s.passes++; s.passes == loosePasses {
		s.tiles = s.p.tiled()
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

// snapshot is the state of a scan after a step, to continue from there several times.
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

// chunk returns the blocks of one chunk.
func (s *scan) chunk(i int) (from, n int) {
	from = i * scanBlocks
	return from, min(scanBlocks, s.p.blocks-from)
}

// nearest labels the rows of n blocks from block from.
func (s *scan) nearest(from, n, k int, w *worker, labels []int32, dist []float64) {
	s.p.windows(s.tiles, w.room, from, n, func(v block, at, n int) {
		o := (at - from) * lanes
		v.nearest(n, s.c, k, labels[o:], dist[o:])
	})
}

// assignChunk labels and sums the rows of one chunk.
func (s *scan) assignChunk(i, k int, t *clusterSums, w *worker) {
	from, n := s.chunk(i)
	s.p.windows(s.tiles, w.room, from, n, func(v block, at, n int) {
		labels := s.labels[at*lanes : (at+n)*lanes]
		v.nearest(n, s.c, k, labels, w.dist[(at-from)*lanes:])
		for r := s.p.n; r < (at+n)*lanes; r++ {
			s.labels[r] = -1
		}
		if sumsSingly(k, s.p.values.d) {
			for r, l := range labels[:min(n*lanes, s.p.n-at*lanes)] {
				t.move(s.p.g, s.summed(at*lanes+r, w.row), -1, l)
			}
			return
		}
		if s.p.w != nil {
			v = s.p.values.from(at)
		}
		t.addRows(v, n, labels, k, s.p.g, w.part, w.row)
	})
	if s.bounds != nil {
		for r := from * lanes; r < min((from+n)*lanes, s.p.n); r++ {
			s.bounds.upper[r] = s.bounds.above(w.dist[r-from*lanes])
		}
	}
}

// reassignChunk labels the rows of one chunk anew and adds the changes to t.
func (s *scan) reassignChunk(i, k int, t *clusterSums, w *worker) {
	from, n := s.chunk(i)
	labels := s.labels[from*lanes:]
	s.nearest(from, n, k, w, w.next, w.dist)
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
	t.move(s.p.g, s.summed(i, w.row), s.labels[i], to)
	s.labels[i] = to
}

// summed returns what is summed of row i: itself, or what is written to room.
func (s *scan) summed(i int, room []float64) []float64 {
	if s.p.w == nil {
		return s.p.rows[i*s.p.d:][:s.p.d]
	}
	s.p.values.get(i, room)
	return room
}

// assignment returns the labels of the latest step, with the distances.
func (s *scan) assignment(ctx context.Context, c []float64, k int) ([]int32, []float64, error) {
	if s.dist == nil {
		s.dist = aligned(s.p.blocks * lanes)
	}
	parallel(ctx, len(s.workers), s.chunks, func(worker, i int) {
		from, n := s.chunk(i)
		w := &s.workers[worker]
		s.nearest(from, n, k, w, w.next, s.dist[from*lanes:])
	})
	if s.bounds != nil {
		s.bounds.forget() // labels may be changed
	}
	return s.labels, s.dist, cause.Of(ctx)
}

func (s *scan) labelled(context.Context, []float64) ([]int32, error) { return s.labels, nil }

func (s *scan) value(i int, row []float64) { copy(row, s.summed(i, row)) }

func (s *scan) shape() (n, d int, g *bins) { return s.p.n, s.p.d, s.p.g }
