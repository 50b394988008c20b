package engine

import "math"

// bounds spares a scan of many columns most of its distances. For each row it keeps an
// upper bound on the distance from its own centroid, which grows as that moves. A row
// keeps its label while the bound is less than half the distance to the next centroid;
// else only centroids within twice the bound of its own can be nearer (Elkan, Using the
// Triangle Inequality to Accelerate k-Means, ICML 2003; Hamerly, Making k-means Even
// Faster, SDM 2010; Newling & Fleuret, Fast K-Means with Accurate Bounds, ICML 2016). All
// bounds allow for rounding, so that the labels are those of a plain scan.
type bounds struct {
	upper []float64 // of each row: no less than the distance from its centroid

	k     int
	d     int
	eps   float64   // relative rounding error of a distance, with room to spare
	drift []float64 // of each centroid: no less than how far it has moved
	half  []float64 // of each centroid: no more than half the way to the next one
	apart []float64 // k×k, no more than the distances between centroids

	tile   block // the centroids
	labels []int32
	dist   []float64
}

// Bounds pay from boundCentroids centroids on, as long as the k² distances between them
// are no more than boundShare times the rows: they cost k/n = 4/k of the nk distances of
// a scan then. In BenchmarkStep a step with bounds takes a sixth of a scan's for
// 100,000×32 and k = 32. They do not pay in a search by swaps, where centroids jump:
// BenchmarkSearch/sample takes 38 ms with them and 24 without, many_sample 80 and 72.
const (
	boundCentroids = 8
	boundShare     = 4
)

// far is an absolute allowance added to distances: for squares that are rounded to 0.
const far = 1e-145

// newBounds returns bounds for up to most centroids, or nil where they do not pay.
func newBounds(p *points, most int) *bounds {
	if p.d <= narrow || most < boundCentroids || most*most > p.n*boundShare {
		return nil
	}
	blocks := (most + lanes - 1) / lanes
	return &bounds{
		tile: tiles(blocks, p.d), labels: make([]int32, blocks*lanes), dist: aligned(blocks * lanes),
		upper: make([]float64, p.n), d: p.d, eps: slack(p.d),
		drift: make([]float64, most), half: make([]float64, most),
		apart: make([]float64, most*most),
	}
}

// above and below bound a distance by the square that the kernels give.
func (b *bounds) above(square float64) float64 { return float64(math.Sqrt(square)*(1+b.eps)) + far }
func (b *bounds) below(square float64) float64 { return float64(math.Sqrt(square)*(1-b.eps)) - far }

// forget discards the bounds of all rows.
func (b *bounds) forget() {
	for i := range b.upper {
		b.upper[i] = inf
	}
}

// move takes k centroids from old to c.
func (b *bounds) move(old, c []float64, k int) {
	d := b.d
	b.k = k
	for i := range k {
		row := c[i*d : (i+1)*d]
		b.drift[i] = b.above(SquaredDistance(old[i*d:(i+1)*d], row))
		b.tile.set(i, row)
	}
	for i := range k {
		b.tile.nearest((k+lanes-1)/lanes, c[i*d:(i+1)*d], 1, b.labels, b.dist)
		next := inf
		for j := range k {
			v := b.below(b.dist[j])
			b.apart[i*k+j] = v
			if j != i {
				next = min(next, v)
			}
		}
		b.half[i] = next / 2 * (1 - b.eps)
	}
}

// reach returns the greatest distance from its centroid at which another one
// may be nearer to a row whose bound is u.
func (b *bounds) reach(u float64) float64 { return 2 * u * (1 + b.eps) }

// near returns the number of centroids within reach of centroid i, itself included.
func (b *bounds) near(i int32, reach float64) (n int) {
	for _, v := range b.apart[int(i)*b.k : (int(i)+1)*b.k] {
		if v <= reach {
			n++
		}
	}
	return max(1, n)
}

// unbounded holds the rows of a chunk whose bound does not hold, by label, and what a
// worker needs to label them.
type unbounded struct {
	rows       []int32
	counts     []int32   // by label; then where each label's rows end
	most       []float64 // by label: the greatest bound
	sorted     []int32
	gathered   []float64 // up to 16 rows
	tile       block     // the same
	labels     []int32
	dist       []float64
	candidates []int32   // the centroids that can be nearest
	c          []float64 // these, side by side
}

func newUnbounded(k, d int) *unbounded {
	return &unbounded{
		rows: make([]int32, 0, scanBlocks*lanes), sorted: make([]int32, scanBlocks*lanes),
		counts: make([]int32, k), most: make([]float64, k),
		gathered: make([]float64, lanes*d), tile: tiles(1, d), labels: make([]int32, lanes), dist: aligned(lanes), c: make([]float64, (k+1)*d),
	}
}

func (s *scan) reassignBounded(i, k int, t *clusterSums, w *worker) {
	b, l := s.bounds, w.unbounded
	from, blocks := s.chunk(i)
	base := from * lanes
	n := min(blocks*lanes, s.p.n-base)
	labels, upper := s.labels[base:base+n], b.upper[base:base+n]
	counts, most := l.counts[:k], l.most[:k]
	clear(counts)
	clear(most)
	l.rows = l.rows[:0]
	for r, label := range labels {
		u := (upper[r] + b.drift[label]) * (1 + 0x1p-52)
		upper[r] = u
		if !(u < b.half[label]) {
			l.rows = append(l.rows, int32(r))
			counts[label]++
			most[label] = max(most[label], u)
		}
	}
	if len(l.rows) == 0 {
		return
	}
	work := 0
	for c, m := range counts {
		if m > 0 {
			work += int(m) * b.near(int32(c), b.reach(most[c]))
		}
	}
	if 3*work > 2*n*k { // a plain scan has no rows to gather
		s.nearest(from, blocks, k, w, w.next, w.dist)
		for r, label := range labels {
			upper[r] = b.above(w.dist[r])
			if next := w.next[r]; next != label {
				s.relabel(base+r, next, t, w)
			}
		}
		return
	}
	end := int32(0)
	for c, m := range counts {
		counts[c] = end
		end += m
	}
	for _, r := range l.rows {
		c := labels[r]
		l.sorted[counts[c]] = r
		counts[c]++
	}
	first := int32(0)
	for c, end := range counts {
		if end > first {
			s.candidates(int32(c), k, l)
			for ; first < end; first += lanes {
				s.assignTile(base, l.sorted[first:min(first+lanes, end)], t, w)
			}
			first = end
		}
	}
}

// candidates gathers the centroids that can be nearest to the unbounded rows of centroid
// i, in order.
func (s *scan) candidates(i int32, k int, l *unbounded) {
	b, d := s.bounds, s.p.d
	reach := b.reach(l.most[i])
	l.candidates = l.candidates[:0]
	for c, v := range b.apart[int(i)*k : (int(i)+1)*k] {
		if v <= reach || c == int(i) || !(v == v) {
			copy(l.c[len(l.candidates)*d:], s.c[c*d:(c+1)*d])
			l.candidates = append(l.candidates, int32(c))
		}
	}
	for j := range d {
		l.c[len(l.candidates)*d+j] = inf
	}
}

// assignTile labels up to 16 rows anew.
func (s *scan) assignTile(base int, rows []int32, t *clusterSums, w *worker) {
	l, d := w.unbounded, s.p.d
	for i, r := range rows {
		copy(l.gathered[i*d:(i+1)*d], s.p.rows[(base+int(r))*d:])
	}
	transpose(l.gathered, 1, d, l.tile.x)
	l.tile.nearest(1, l.c, len(l.candidates), l.labels, l.dist)
	for i, r := range rows {
		at := base + int(r)
		s.bounds.upper[at] = s.bounds.above(l.dist[i])
		if next := l.candidates[l.labels[i]]; next != s.labels[at] {
			s.relabel(at, next, t, w)
		}
	}
}
