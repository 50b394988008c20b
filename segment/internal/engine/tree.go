package engine

import (
	"context"
	"sync"

	"gonum.org/v1/gonum/floats"
)

// tree is a k-d tree over the rows: of each node its bounding box and the exact sums of
// its rows, which lie together. It serves every k and every restart.
//
// Bentley, Multidimensional binary search trees used for associative searching, CACM 18,
// 1975, doi:10.1145/361002.361007.
type tree struct {
	n, d   int
	leaf   int     // rows in a leaf, at most
	row    []int32 // the row at each place
	x      block   // the values, in columns over all places
	values block   // what is summed up: the values, or values times weight and the weight
	g      *bins

	first, last []int32   // the places of each node
	child       []int32   // the left child, which the right one follows; 0 in leaves
	box         []float64 // of each node: middle, half width and the squared length of the latter
	sum         []float64 // of each node: high and low parts of the sums
	tasks       []int32   // disjoint nodes that hold all rows, of about equal size
}

// The tree is built in two stages: the upper levels from a sample of the rows,
// through which all rows are sent at once, then every bucket by itself, in the
// cache of one processor.
const (
	// leafRows is the number of rows in a leaf at most, fewer where there would be few
	// leaves. With 32, 64 and 128 a tree of 1,000,000×3 is built in 172, 129 and 118 ms,
	// and a step for k = 10 takes 3.5, 1.6 and 2.4 ms.
	leafRows = 64

	// bucketRows is about the number of rows in a bucket, maxLevels bounds the levels of
	// buckets, perBucket is about the number of rows of the sample in a bucket. 512 to
	// 4,096 rows, 9 to 13 levels and 4 to 36 rows build it in 122 to 142 ms, the values
	// here in 123 to 130.
	bucketRows = 1024
	maxLevels  = 11
	perBucket  = 12
)

// tree returns the tree over all rows.
func (a *Data) tree() *tree {
	a.once.tree.Do(func() { a.t = newTree(a) })
	return a.t
}

func newTree(a *Data) *tree {
	n, d := a.Rows, a.Cols
	ctx := context.Background()
	leaf := min(leafRows, n/coarseCells)
	if leaf < 2 { // cells of single rows would spare nothing
		leaf = 4
	}
	stride := (n+lanes+7)/16*16 + 8 // columns do not start on the same cache set
	t := &tree{
		n: n, d: d, leaf: leaf, row: make([]int32, n), g: a.bins(),
		x: block{x: aligned(stride*d + lanes), blockStep: lanes, colStep: stride, d: d},
	}
	levels := 0
	for levels < maxLevels && n>>(levels+1) >= bucketRows {
		levels++
	}
	top := sampleTree(a, levels)

	// Send every row to its bucket: count, then place.
	buckets := 1 << levels
	parts := (n + chunkRows - 1) / chunkRows
	bucket := make([]uint16, n)
	counts := make([]int32, parts*buckets)
	chunks(ctx, 0, n, func(chunk, from, to int) {
		count := counts[chunk*buckets : (chunk+1)*buckets]
		top.route(a.X[from*d:to*d], d, bucket[from:to])
		for _, b := range bucket[from:to] {
			count[b]++
		}
	})
	starts := make([]int32, buckets+1)
	place := int32(0)
	for b := range buckets {
		starts[b] = place
		for p := range parts {
			count := counts[p*buckets+b]
			counts[p*buckets+b] = place
			place += count
		}
	}
	starts[buckets] = place
	chunks(ctx, 0, n, func(chunk, from, to int) {
		next := counts[chunk*buckets : (chunk+1)*buckets]
		places := make([]int32, to-from)
		for i, b := range bucket[from:to] {
			places[i] = next[b]
			next[b]++
			t.row[places[i]] = int32(from + i)
		}
		for j := range d {
			column, x := t.x.x[j*stride:(j+1)*stride], a.X[from*d+j:]
			for i, at := range places {
				column[at] = x[i*d]
			}
		}
	})

	grown := make([]*builder, buckets)
	pool := sync.Pool{New: func() any { return new(buffers) }}
	Parallel(ctx, 0, buckets, func(b int) {
		s := pool.Get().(*buffers)
		defer pool.Put(s)
		grown[b] = &builder{t: t, buffers: s}
		grown[b].bucket(starts[b], starts[b+1])
	})
	t.values = t.x
	if a.Weights != nil {
		t.values = block{x: aligned(stride*(d+1) + lanes), blockStep: lanes, colStep: stride, d: d + 1}
		value := make([]float64, d+1)
		for at, i := range t.row {
			weigh(a.row(int(i)), a.Weights[i], value)
			t.values.set(at, value)
		}
	}
	t.assemble(grown, levels)
	return t
}

// assemble joins the buckets under the upper levels, and fills in boxes and sums.
func (t *tree) assemble(grown []*builder, levels int) {
	top := 1<<levels - 1
	size := top + len(grown)
	base := make([]int32, len(grown)) // of the nodes below each root, less one
	for b, g := range grown {
		base[b] = int32(size - 1)
		size += len(g.child) - 1
	}
	d, values := t.d, t.values.d
	t.first, t.last, t.child = make([]int32, size), make([]int32, size), make([]int32, size)
	t.box, t.sum = make([]float64, size*(2*d+1)), make([]float64, size*2*values)
	low, high := make([]float64, (top+len(grown))*d), make([]float64, (top+len(grown))*d)
	Parallel(context.Background(), 0, len(grown), func(b int) {
		g := grown[b]
		labels, room := make([]int32, leafRows), make([]float64, 3*2*values)
		at := func(i int32) int32 {
			if i == 0 {
				return int32(top + b)
			}
			return base[b] + i
		}
		for i := int32(len(g.child)) - 1; i >= 0; i-- {
			node := at(i)
			t.first[node], t.last[node] = g.first[i], g.last[i]
			t.setBox(node, g.low[int(i)*d:][:d], g.high[int(i)*d:][:d])
			if g.child[i] != 0 {
				t.child[node] = at(g.child[i])
				t.sumChildren(node)
			} else {
				t.sumRows(node, labels, room)
			}
		}
		copy(low[(top+b)*d:], g.low[:d])
		copy(high[(top+b)*d:], g.high[:d])
	})
	for i := top - 1; i >= 0; i-- {
		l, r := 2*i+1, 2*i+2
		t.first[i], t.last[i], t.child[i] = t.first[l], t.last[r], int32(l)
		for j := range d {
			low[i*d+j], high[i*d+j] = min(low[l*d+j], low[r*d+j]), max(high[l*d+j], high[r*d+j])
		}
		t.setBox(int32(i), low[i*d:][:d], high[i*d:][:d])
		t.sumChildren(int32(i))
	}
	t.addTasks(0)
}

// taskShare is the share of the rows below which a node is handed out whole. With 24, 96
// and 384 the longest of 16 workers has 1.39, 1.18 and 1.05 times the mean work, of 64
// workers 3.7, 1.7 and 1.3 times, for 1,000,000×3 and k = 10.
const taskShare = 96

func (t *tree) addTasks(node int32) {
	rows := t.last[node] - t.first[node]
	if t.child[node] == 0 || int(rows)*taskShare <= t.n {
		if rows > 0 {
			t.tasks = append(t.tasks, node)
		}
		return
	}
	t.addTasks(t.child[node])
	t.addTasks(t.child[node] + 1)
}

// setBox keeps the box as its middle and half widths so that it holds all rows in spite of
// rounding: about the middle as it is rounded, the half widths rounded up.
func (t *tree) setBox(node int32, low, high []float64) {
	d := t.d
	box := t.box[int(node)*(2*d+1):][:2*d+1]
	square := 0.0
	for j := range d {
		if low[j] > high[j] {
			continue // no rows
		}
		m := low[j] + float64((high[j]-low[j])/2)
		h := max(high[j]-m, m-low[j]) * (1 + 1e-15)
		box[j], box[d+j] = m, h
		square += float64(h * h)
	}
	box[2*d] = square
}

// sumChildren adds up the sums of the two children of a node.
func (t *tree) sumChildren(node int32) {
	w := 2 * t.values.d
	l := int(t.child[node])
	floats.AddTo(t.sum[int(node)*w:][:w], t.sum[l*w:][:w], t.sum[(l+1)*w:][:w])
}

// sumRows adds up the rows of a leaf.
func (t *tree) sumRows(node int32, labels []int32, room []float64) {
	w := 2 * t.values.d
	sum := t.sum[int(node)*w:][:w]
	for from := int(t.first[node]); from < int(t.last[node]); from += leafRows {
		n := min(leafRows, int(t.last[node])-from)
		for i := range labels {
			labels[i] = 0
			if i >= n {
				labels[i] = -1
			}
		}
		v := t.values
		v.x = v.x[from:]
		v.moments((n+lanes-1)/lanes, labels, 0, 1, t.g, room)
		floats.Add(sum, room[:w])
	}
}
