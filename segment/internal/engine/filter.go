package engine

import (
	"math"
)

// slack returns the relative rounding error that pruning allows for, with room
// to spare. A squared distance of d columns comes out with a relative error of
// at most (d+2)·2^-53: differences of rounded numbers have an error of 2^-53
// relative to themselves, so nothing cancels. See filter.prune.
func slack(d int) float64 { return 16 * float64(d+4) * 0x1p-53 }

// tiny is an absolute allowance: for squares that are rounded to 0.
const tiny = 1e-290

// filter finds the nearest centroids of all rows by the tree: a node all of whose rows are
// certain to be nearest to one centroid is assigned as a whole (the filtering algorithm).
//
// Kanungo, Mount, Netanyahu, Piatko, Silverman & Wu, An efficient k-means clustering
// algorithm: analysis and implementation, IEEE Trans. PAMI 24, 2002,
// doi:10.1109/TPAMI.2002.1017616; Pelleg & Moore, Accelerating exact k-means algorithms
// with geometric reasoning, KDD 1999, doi:10.1145/312129.312248.
type filter struct {
	t     *tree
	k     int
	c     []float64 // k×d
	out   *clusterSums
	lists [][]int32 // candidates by depth
	dist  []float64 // of the candidates from the middle of the node
	near  []float64 // the candidates of a leaf, side by side
	label []int32
	least []float64
	part  []float64

	// Where labels is not nil, labels of all places are written, and squared distances
	// where dists is not nil, and nothing is summed.
	labels []int32
	dists  []float64
}

func newFilter(t *tree, k int) *filter {
	return &filter{
		t: t, k: k, out: newClusterSums(k, t.values.d), dist: make([]float64, k),
		near:  make([]float64, (k+1)*t.d),
		label: make([]int32, leafRows+lanes), least: make([]float64, leafRows+lanes),
		part: make([]float64, 3*2*t.values.d),
	}
}

func (f *filter) list(depth int) []int32 {
	for len(f.lists) <= depth {
		f.lists = append(f.lists, make([]int32, f.k))
	}
	return f.lists[depth]
}

// run filters all centroids through a node and those below it.
func (f *filter) run(node int32, c []float64) {
	f.c = c
	all := f.list(0)
	for i := range all {
		all[i] = int32(i)
	}
	f.visit(node, all, 1)
}

func (f *filter) visit(node int32, candidates []int32, depth int) {
	if len(candidates) > 1 {
		candidates = f.prune(node, candidates, f.list(depth))
	}
	switch child := f.t.child[node]; {
	case len(candidates) == 1:
		f.assignNode(node, candidates[0])
	case child != 0:
		f.visit(child, candidates, depth+1)
		f.visit(child+1, candidates, depth+1)
	default:
		f.leaf(node, candidates)
	}
}

// prune keeps the candidates that may be nearest to some row in the box of the
// node, in order. With m the middle of the box, h its half widths and b the
// centroid nearest to m, another centroid a is farther than b from every x in
// the box when
//
//	|m−a|² − |m−b|² − 2 Σ h_j |a_j−b_j| > 0,
//
// for the left side is the least of |x−a|² − |x−b|², which is linear in x. Each
// of its terms, and each squared distance that the kernels would compute, is
// off by at most (d+4)·2^-53 of itself, and they add up to no more than
// 6·(|m−a|² + |m−b|² + |h|²): the margin is over twice that.
func (f *filter) prune(node int32, candidates, out []int32) []int32 {
	d := f.t.d
	box := f.t.box[int(node)*(2*d+1):][:2*d+1]
	m, h, h2 := box[:d], box[d:2*d], box[2*d]
	best, least := candidates[0], inf
	for i, a := range candidates {
		c := f.c[int(a)*d:][:d]
		s := 0.0
		for j, v := range c {
			e := v - m[j]
			s += float64(e * e)
		}
		f.dist[i] = s
		if s < least {
			best, least = a, s
		}
	}
	b := f.c[int(best)*d:][:d]
	eps := slack(d)
	n := 0
	for i, a := range candidates {
		if a != best {
			reach := 0.0
			for j, v := range f.c[int(a)*d:][:d] {
				reach += float64(h[j] * math.Abs(v-b[j]))
			}
			if s := f.dist[i]; s-least-float64(2*reach) > float64(eps*(s+least+h2))+tiny {
				continue
			}
		}
		out[n] = a
		n++
	}
	return out[:n]
}

// assignNode assigns all rows of a node to a centroid.
func (f *filter) assignNode(node, c int32) {
	t := f.t
	first, last := t.first[node], t.last[node]
	if f.labels != nil {
		f.writeLabels(node, []int32{c})
		return
	}
	f.out.rows[c] += float64(last - first)
	w := 2 * t.values.d
	sum, part := f.out.sum[int(c)*w:][:w], t.sum[int(node)*w:][:w]
	for i, v := range part {
		sum[i] += v
	}
}

// leaf assigns the rows of a leaf one by one.
func (f *filter) leaf(node int32, candidates []int32) {
	if f.labels != nil {
		f.writeLabels(node, candidates)
		return
	}
	t := f.t
	w := 2 * t.values.d
	m := len(candidates)
	f.gather(candidates)
	// The last candidate gets what the others leave.
	rest := f.out.sum[int(candidates[m-1])*w:][:w]
	for i, v := range t.sum[int(node)*w:][:w] {
		rest[i] += v
	}
	f.out.rows[candidates[m-1]] += float64(t.last[node] - t.first[node])
	for from := int(t.first[node]); from < int(t.last[node]); from += leafRows {
		n := min(leafRows, int(t.last[node])-from)
		blocks := (n + lanes - 1) / lanes
		x, v := t.x, t.values
		x.x, v.x = x.x[from:], v.x[from:]
		x.nearest(blocks, f.near, m, f.label, f.least)
		for i := n; i < blocks*lanes; i++ {
			f.label[i] = -1
		}
		for at := 0; at < m-1; at += 3 {
			batch := min(3, m-1-at)
			v.moments(blocks, f.label, at, batch, t.g, f.part)
			rows := count(f.label, blocks, at)
			for i, c := range candidates[at : at+batch] {
				f.out.rows[c] += float64(rows[i])
				f.out.rows[candidates[m-1]] -= float64(rows[i])
				sum := f.out.sum[int(c)*w:][:w]
				for q, p := range f.part[i*w : (i+1)*w] {
					sum[q] += p
					rest[q] -= p
				}
			}
		}
	}
}

func (f *filter) gather(candidates []int32) {
	d := f.t.d
	for i, a := range candidates {
		copy(f.near[i*d:(i+1)*d], f.c[int(a)*d:][:d])
	}
}

// writeLabels writes the label, and where it is asked for the squared distance, of every
// place of a node.
func (f *filter) writeLabels(node int32, candidates []int32) {
	t := f.t
	if len(candidates) == 1 && f.dists == nil {
		for _, row := range t.row[t.first[node]:t.last[node]] {
			f.labels[row] = candidates[0]
		}
		return
	}
	f.gather(candidates)
	for from := int(t.first[node]); from < int(t.last[node]); from += leafRows {
		n := min(leafRows, int(t.last[node])-from)
		x := t.x
		x.x = x.x[from:]
		x.nearest((n+lanes-1)/lanes, f.near, len(candidates), f.label, f.least)
		for i, l := range f.label[:n] {
			f.labels[t.row[from+i]] = candidates[l]
			if f.dists != nil {
				f.dists[t.row[from+i]] = f.least[i]
			}
		}
	}
}
