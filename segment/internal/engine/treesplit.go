package engine

import (
	"slices"

	"github.com/customer-personality/segmentation/internal/num"
)

// upper holds the upper levels of the tree as a heap: node i sends a row to 2i+1 where its
// value in the column is below the cut, else to 2i+2.
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

// widestColumn returns the column of the widest range, and that range.
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

func median(rows []float64, d, j int) float64 {
	v := make([]float64, 0, len(rows)/d)
	for i := j; i < len(rows); i += d {
		v = append(v, rows[i])
	}
	num.Select(v, len(v)/2)
	return v[len(v)/2]
}

// route writes the bucket of each row. Several rows descend side by side, so that none
// waits for the memory that another needs.
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

// buffers is memory for the right side of a split.
type buffers struct {
	values []float64
	row    []int32
	picks  []float64
}

// builder builds the nodes below one bucket; node 0 is its root.
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

// bound computes the bounding box of a node from its rows.
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

// grow splits a node whose rows lie in the given cell: low and high ends of each column.
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

// approximateMedian returns the median of 15 values of column j.
func (g *builder) approximateMedian(j int, first, last int32) float64 {
	column := g.t.x.x[j*g.t.x.colStep:][first:last]
	// With 7, 15 and 31 picks 1,000,000×3 is built in 119, 119 and 131 ms.
	const picks = 15
	g.picks = g.picks[:0]
	for i := range picks {
		g.picks = append(g.picks, column[(2*i+1)*len(column)/(2*picks)])
	}
	slices.Sort(g.picks)
	return g.picks[picks/2]
}

// partition moves the rows whose value in column j is below the cut to the front, keeps
// the order otherwise, and returns where the others begin.
func (g *builder) partition(j int, cut float64, first, last int32) int32 {
	t := g.t
	n := int(last - first)
	if cap(g.row) < n {
		g.row, g.values = make([]int32, n), make([]float64, n)
	}
	key := t.x.x[j*t.x.colStep:][first:last]
	left := partition(key, cut, t.row[first:last], g.row[:n])
	for c := range t.d {
		if c != j { // the key comes last, as the others go by it
			partition(key, cut, t.x.x[c*t.x.colStep:][first:last], g.values[:n])
		}
	}
	partition(key, cut, key, g.values[:n])
	return first + int32(left)
}

// partition moves the entries of column whose key is below the cut to its front,
// keeps the order otherwise, and returns their number. It has no branches that
// depend on the keys.
func partition[T int32 | float64](key []float64, cut float64, column, spare []T) int {
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
	return left
}
