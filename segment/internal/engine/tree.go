package engine

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"
	"sync"

	"github.com/customer-personality/segmentation/internal/cause"
)

// tree is a k-d tree over the rows: of each node its bounding box and the exact
// sums of its rows, which lie together. It serves every k and every restart.
//
// Bentley, Multidimensional binary search trees used for associative
// searching, CACM 18, 1975, doi:10.1145/361002.361007.
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
	leafRows   = 64   // rows in a leaf, at most; fewer where there would be few leaves
	bucketRows = 1024 // rows in a bucket, about
	maxLevels  = 11   // of buckets
	perBucket  = 12   // rows of the sample in a bucket, about
)

// tree gives the tree over all rows.
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
		for at, i := range t.row {
			w := a.Weights[i]
			for j, v := range a.row(int(i)) {
				t.values.x[j*stride+at] = w * v
			}
			t.values.x[d*stride+at] = w
		}
	}
	t.assemble(grown, levels)
	return t
}

// upper are the upper levels of the tree as a heap: node i sends a row to
// 2i+1 where its value in the column is below the cut, else to 2i+2.
type upper struct {
	levels int
	nodes  []branch
}

type branch struct {
	cut    float64
	column int
}

func sampleTree(a *Data, levels int) *upper {
	u := &upper{levels: levels, nodes: make([]branch, 1<<levels-1)}
	d := a.Cols
	m := min(a.Rows, perBucket<<levels)
	sample := make([]float64, 0, m*d)
	for i := range m {
		sample = append(sample, a.row(int(int64(i)*int64(a.Rows)/int64(m)))...)
	}
	var grow func(node int, rows []float64)
	grow = func(node int, rows []float64) {
		if node >= len(u.nodes) || len(rows) == 0 {
			return
		}
		j, low, _ := widestColumn(rows, d)
		cut := median(rows, d, j)
		if cut == low {
			// Many equal values: cut above them.
			cut = inf
			for i := j; i < len(rows); i += d {
				if v := rows[i]; v > low && v < cut {
					cut = v
				}
			}
		}
		u.nodes[node] = branch{cut, j}
		left := 0
		for i := 0; i < len(rows); i += d {
			if rows[i+j] < cut {
				for c := range d {
					rows[left+c], rows[i+c] = rows[i+c], rows[left+c]
				}
				left += d
			}
		}
		grow(2*node+1, rows[:left])
		grow(2*node+2, rows[left:])
	}
	grow(0, sample)
	return u
}

// widest gives the column of the widest range, and that range.
func widestColumn(rows []float64, d int) (column int, low, high float64) {
	for j := range d {
		lo, hi := rows[j], rows[j]
		for i := j; i < len(rows); i += d {
			lo, hi = min(lo, rows[i]), max(hi, rows[i])
		}
		if j == 0 || hi-lo > high-low {
			column, low, high = j, lo, hi
		}
	}
	return column, low, high
}

// middle gives the median of column j (Hoare's quickselect, which reorders
// rows).
func median(rows []float64, d, j int) float64 {
	v := make([]float64, 0, len(rows)/d)
	for i := j; i < len(rows); i += d {
		v = append(v, rows[i])
	}
	want := len(v) / 2
	for lo, hi := 0, len(v)-1; lo < hi; {
		pivot := v[lo+(hi-lo)/2]
		i, k := lo, hi
		for i <= k {
			for v[i] < pivot {
				i++
			}
			for v[k] > pivot {
				k--
			}
			if i <= k {
				v[i], v[k] = v[k], v[i]
				i++
				k--
			}
		}
		switch {
		case want <= k:
			hi = k
		case want >= i:
			lo = i
		default:
			return v[want]
		}
	}
	return v[want]
}

// route writes the bucket of each row. Several rows go down side by side, so
// that none waits for the memory that another needs.
func (u *upper) route(x []float64, d int, bucket []uint16) {
	const side = 8
	leaves := 1<<u.levels - 1
	for len(bucket) > 0 {
		var node [side]int
		n := min(side, len(bucket))
		for range u.levels {
			for i := range n {
				f := &u.nodes[node[i]]
				right := 0
				if x[i*d+f.column] >= f.cut {
					right = 1
				}
				node[i] = 2*node[i] + 1 + right
			}
		}
		for i := range n {
			bucket[i] = uint16(node[i] - leaves)
		}
		x, bucket = x[n*d:], bucket[n:]
	}
}

// scratch is memory for the right side of a split.
type buffers struct {
	values []float64
	row    []int32
	picks  []float64
}

// grower builds the nodes below one bucket; node 0 is its root.
type builder struct {
	*buffers
	t                  *tree
	first, last, child []int32
	low, high          []float64 // d of each node
}

func (g *builder) node(first, last int32) int32 {
	g.first, g.last, g.child = append(g.first, first), append(g.last, last), append(g.child, 0)
	for range g.t.d {
		g.low, g.high = append(g.low, inf), append(g.high, -inf)
	}
	return int32(len(g.child) - 1)
}

func (g *builder) bucket(first, last int32) {
	root := g.node(first, last)
	if first == last {
		return
	}
	g.bound(root)
	d := g.t.d
	cell := slices.Concat(g.low[:d], g.high[:d])
	g.grow(root, cell)
}

// bound takes the bounding box of a node from its rows.
func (g *builder) bound(node int32) {
	d := g.t.d
	for j := range d {
		column := g.t.x.x[j*g.t.x.colStep:][g.first[node]:g.last[node]]
		lo, hi := column[0], column[0]
		for _, v := range column {
			if v < lo {
				lo = v
			}
			if v > hi {
				hi = v
			}
		}
		g.low[int(node)*d+j], g.high[int(node)*d+j] = lo, hi
	}
}

// grow splits a node of which the rows lie in the given cell: low and high
// ends of each column.
func (g *builder) grow(node int32, cell []float64) {
	d := g.t.d
	first, last := g.first[node], g.last[node]
	if last-first <= int32(g.t.leaf) {
		g.bound(node)
		return
	}
	j := 0
	for c := range d {
		if cell[d+c]-cell[c] > cell[d+j]-cell[j] {
			j = c
		}
	}
	cut := g.approximateMedian(j, first, last)
	split := g.partition(j, cut, first, last)
	if split == first || split == last {
		// The guess was bad: many equal values. Take the widest column of
		// the rows themselves, and cut in the middle of its range.
		g.bound(node)
		low, high := g.low[int(node)*d:][:d], g.high[int(node)*d:][:d]
		for c := range d {
			if high[c]-low[c] > high[j]-low[j] {
				j = c
			}
		}
		if !(high[j] > low[j]) {
			return // all rows are equal: a leaf, however many
		}
		copy(cell, low)
		copy(cell[d:], high)
		cut = low[j] + float64((high[j]-low[j])/2)
		if !(cut > low[j]) {
			cut = high[j]
		}
		split = g.partition(j, cut, first, last)
	}
	left := g.node(first, split)
	right := g.node(split, last)
	g.child[node] = left
	high := cell[d+j]
	cell[d+j] = cut
	other := slices.Clone(cell)
	g.grow(left, cell)
	other[j], other[d+j] = cut, high
	g.grow(right, other)
	for c := range d {
		g.low[int(node)*d+c] = min(g.low[int(left)*d+c], g.low[int(right)*d+c])
		g.high[int(node)*d+c] = max(g.high[int(left)*d+c], g.high[int(right)*d+c])
	}
}

// cut guesses the median of column j from 15 of its values.
func (g *builder) approximateMedian(j int, first, last int32) float64 {
	column := g.t.x.x[j*g.t.x.colStep:][first:last]
	const picks = 15
	g.picks = g.picks[:0]
	for i := range picks {
		g.picks = append(g.picks, column[(2*i+1)*len(column)/(2*picks)])
	}
	for i := 1; i < picks; i++ {
		v := g.picks[i]
		k := i
		for ; k > 0 && g.picks[k-1] > v; k-- {
			g.picks[k] = g.picks[k-1]
		}
		g.picks[k] = v
	}
	return g.picks[picks/2]
}

// partition puts the rows whose value in column j is below the cut first, and
// keeps the order otherwise.
func (g *builder) partition(j int, cut float64, first, last int32) int32 {
	t := g.t
	n := int(last - first)
	if cap(g.row) < n {
		g.row, g.values = make([]int32, n), make([]float64, n)
	}
	key := t.x.x[j*t.x.colStep:][first:last]
	// The columns are moved one after the other; the key comes last, as the
	// others go by it.
	left := 0
	{
		row, spare := t.row[first:last], g.row[:n]
		right := 0
		for i, v := range key {
			r := row[i]
			row[left], spare[right] = r, r
			below := 0
			if v < cut {
				below = 1
			}
			left += below
			right += 1 - below
		}
		copy(row[left:], spare[:right])
	}
	for c := range t.d {
		if c != j {
			split(key, cut, t.x.x[c*t.x.colStep:][first:last], g.values[:n])
		}
	}
	split(key, cut, key, g.values[:n])
	return first + int32(left)
}

func split(key []float64, cut float64, column, spare []float64) {
	left, right := 0, 0
	column, spare = column[:len(key)], spare[:len(key)]
	for i, v := range key {
		x := column[i]
		column[left], spare[right] = x, x
		below := 0
		if v < cut {
			below = 1
		}
		left += below
		right += 1 - below
	}
	copy(column[left:], spare[:right])
}

// assemble joins the buckets under the upper levels, and fills boxes and sums.
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
				t.sumRows(node)
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

// taskShare is the share of the rows below which a node is handed out whole.
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

// setBox keeps the box so that it holds all rows in spite of rounding: about a
// middle that is whatever it is rounded to, half widths rounded up.
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

// adopt sums the two children of a node.
func (t *tree) sumChildren(node int32) {
	w := 2 * t.values.d
	l := int(t.child[node])
	for i := range w {
		t.sum[int(node)*w+i] = t.sum[l*w+i] + t.sum[(l+1)*w+i]
	}
}

// sumRows sums the rows of a node.
func (t *tree) sumRows(node int32) {
	w := 2 * t.values.d
	sum := t.sum[int(node)*w:][:w]
	labels := make([]int32, leafRows)
	room := make([]float64, 3*w)
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
		for i := range sum {
			sum[i] += room[i]
		}
	}
}

// cells gives the nodes of at most the given number of rows that lie below no
// such node, or leaves.
func (t *tree) cells(node int32, rows int, out []int32) []int32 {
	if size := int(t.last[node] - t.first[node]); size == 0 {
		return out
	} else if t.child[node] == 0 || size <= rows {
		return append(out, node)
	}
	out = t.cells(t.child[node], rows, out)
	return t.cells(t.child[node]+1, rows, out)
}

// coarse returns cells of about the given number of rows as weighted points:
// their means; wide cells are split further, see split.
func (t *tree) coarse(rows int) *points {
	nodes, single := t.splitWide(t.cells(0, rows, nil))
	n := len(nodes) + len(single)
	means, weights := make([]float64, 0, n*t.d), make([]float64, 0, n)
	p := &points{}
	for _, node := range nodes {
		weight := t.weight(node)
		sum := t.sum[int(node)*2*t.values.d:]
		for j := range t.d {
			means = append(means, (sum[j]+sum[t.values.d+j])/weight)
		}
		weights = append(weights, weight)
		p.half = append(p.half, t.half(node)...)
	}
	for _, at := range single {
		for j := range t.d {
			means = append(means, t.x.x[j*t.x.colStep+int(at)])
		}
		weights = append(weights, t.placeWeight(at))
		p.half = append(p.half, make([]float64, t.d)...)
	}
	half := p.half
	p = newPoints(means, t.d, weights, nil)
	p.represents, p.half, p.tolerance = t.n, half, cellTolerance
	for i := range n {
		most := slices.Max(half[i*t.d : (i+1)*t.d])
		p.reach = append(p.reach, most*most)
	}
	return p
}

// half returns half the widths of the box of a node.
func (t *tree) half(node int32) []float64 {
	return t.box[int(node)*(2*t.d+1)+t.d:][:t.d]
}

// weight returns the weight of a node.
func (t *tree) weight(node int32) float64 {
	if t.values.d == t.d {
		return float64(t.last[node] - t.first[node])
	}
	sum := t.sum[int(node)*2*t.values.d:]
	return sum[t.d] + sum[t.values.d+t.d]
}

// placeWeight returns the weight of the row at a place.
func (t *tree) placeWeight(at int32) float64 {
	if t.values.d == t.d {
		return 1
	}
	return t.values.x[t.d*t.values.colStep+int(at)]
}

const (
	// A cell may hold this share of the spread of all cells.
	wideShare = 100

	// moreCells is by how many points splitting cells may add at most.
	mostSplits = 4096
)

// wide is a cell that may be split: its spread bounds the inertia of its rows
// about their mean from above.
type wideCell struct {
	node   int32
	spread float64
}

// widest is a heap, the widest cell first.
type widestFirst []wideCell

func (h widestFirst) Len() int { return len(h) }
func (h widestFirst) Less(i, j int) bool {
	return h[i].spread > h[j].spread || h[i].spread == h[j].spread && h[i].node < h[j].node
}
func (h widestFirst) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *widestFirst) Push(x any)   { *h = append(*h, x.(wideCell)) }
func (h *widestFirst) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// split splits cells that hold much of the spread of all, for the mean of far
// rows and near ones stands for neither: into their children, leaves into
// single rows (places), the widest first.
func (t *tree) splitWide(cells []int32) (nodes, single []int32) {
	var h widestFirst
	total := 0.0
	add := func(node int32) {
		if w := t.weight(node); w > 0 {
			v := wideCell{node, float64(t.box[int(node)*(2*t.d+1)+2*t.d] * w)}
			h = append(h, v)
			total += v.spread
		}
	}
	for _, node := range cells {
		add(node)
	}
	heap.Init(&h)
	for more := 0; len(h) > 0 && more < mostSplits && h[0].spread*wideShare > total; {
		v := heap.Pop(&h).(wideCell)
		total -= v.spread
		if child := t.child[v.node]; child != 0 {
			for _, c := range []int32{child, child + 1} {
				add(c)
				if n := len(h); n > 0 && h[n-1].node == c {
					heap.Fix(&h, n-1)
				}
			}
			more++
			continue
		}
		for at := t.first[v.node]; at < t.last[v.node]; at++ {
			if t.placeWeight(at) > 0 {
				single = append(single, at)
			}
		}
		more += int(t.last[v.node]-t.first[v.node]) - 1
	}
	for _, v := range h {
		nodes = append(nodes, v.node)
	}
	slices.SortFunc(nodes, func(a, b int32) int { return cmp.Compare(t.first[a], t.first[b]) })
	return nodes, single
}

// slack is the relative rounding error that pruning allows for, with room to
// spare. A squared distance of d columns comes out with a relative error of at
// most (d+2)·2^-53: differences of rounded numbers have an error of 2^-53
// relative to themselves, so nothing cancels. See filter.prune.
func slack(d int) float64 { return 16 * float64(d+4) * 0x1p-53 }

// tiny is an absolute allowance: for squares that are rounded to 0.
const tiny = 1e-290

// filter finds the nearest centroids of all rows by the tree: a node all of
// whose rows are certain to be nearest to one centroid is dealt with as a
// whole.
//
// Kanungo, Mount, Netanyahu, Piatko, Silverman & Wu, An efficient k-means
// clustering algorithm: analysis and implementation, IEEE Trans. PAMI 24,
// 2002, doi:10.1109/TPAMI.2002.1017616; Pelleg & Moore, Accelerating exact
// k-means algorithms with geometric reasoning, KDD 1999,
// doi:10.1145/312129.312248.
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

	// Where labels is not nil, labels and squared distances of all places are
	// written, and nothing is summed.
	labels []int32
	dists  []float64
}

// leafStep is the number of rows of a leaf that are dealt with at once.
const leafStep = 256

func newFilter(t *tree, k int) *filter {
	return &filter{
		t: t, k: k, out: newClusterSums(k, t.values.d), dist: make([]float64, k),
		near: make([]float64, (k+1)*t.d), label: make([]int32, leafStep+lanes), least: make([]float64, leafStep+lanes),
		part: make([]float64, 3*2*t.values.d),
	}
}

func (f *filter) list(depth int) []int32 {
	for len(f.lists) <= depth {
		f.lists = append(f.lists, make([]int32, f.k))
	}
	return f.lists[depth]
}

// start deals with a node of which nothing is known yet.
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

// own gives a whole node to a centroid.
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

// leaf looks at the rows one by one, so to say.
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
	for from := int(t.first[node]); from < int(t.last[node]); from += leafStep {
		n := min(leafStep, int(t.last[node])-from)
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

// assign writes label and squared distance of every place of a node.
func (f *filter) writeLabels(node int32, candidates []int32) {
	t := f.t
	f.gather(candidates)
	for from := int(t.first[node]); from < int(t.last[node]); from += leafStep {
		n := min(leafStep, int(t.last[node])-from)
		x := t.x
		x.x = x.x[from:]
		x.nearest((n+lanes-1)/lanes, f.near, len(candidates), f.label, f.least)
		for i, l := range f.label[:n] {
			f.labels[t.row[from+i]] = candidates[l]
			f.dists[t.row[from+i]] = f.least[i]
		}
	}
}

// forest is the source that filters a tree.
type treeSource struct {
	t       *tree
	a       *Data
	workers int
	filters []*filter
	labels  []int32
	dists   []float64
}

func newTreeSource(a *Data, k, workers int) *treeSource {
	f := &treeSource{a: a, t: a.tree(), workers: workers}
	for range max(1, min(workers, len(f.t.tasks))) {
		f.filters = append(f.filters, newFilter(f.t, k))
	}
	return f
}

func (f *treeSource) each(ctx context.Context, c []float64) error {
	if len(f.filters) == 1 {
		f.filters[0].run(0, c)
		return cause.Of(ctx)
	}
	parallel(ctx, len(f.filters), len(f.t.tasks), func(worker, i int) { f.filters[worker].run(f.t.tasks[i], c) })
	return cause.Of(ctx)
}

func (f *treeSource) step(ctx context.Context, c []float64, k int, t *clusterSums) error {
	for _, filter := range f.filters {
		filter.labels, filter.dists = nil, nil
		filter.out.reset()
	}
	err := f.each(ctx, c)
	t.reset()
	for _, filter := range f.filters {
		t.add(filter.out)
	}
	return err
}

func (f *treeSource) assignment(ctx context.Context, c []float64, k int) ([]int32, []float64, error) {
	if f.labels == nil {
		f.labels, f.dists = make([]int32, f.t.n), make([]float64, f.t.n)
	}
	for _, filter := range f.filters {
		filter.labels, filter.dists = f.labels, f.dists
	}
	return f.labels, f.dists, f.each(ctx, c)
}

func (f *treeSource) value(i int, row []float64) {
	w := f.a.weight(i)
	for j, v := range f.a.row(i) {
		row[j] = w * v
	}
	if len(row) > f.t.d {
		row[f.t.d] = w
	}
}

func (f *treeSource) shape() (n, d int, g *bins) { return f.t.n, f.t.d, f.t.g }
