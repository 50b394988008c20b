package engine

import (
	"cmp"
	"container/heap"
	"slices"
)

// cells appends to out the largest nodes of at most the given number of rows, and leaves
// above that.
func (t *tree) cells(node int32, rows int, out []int32) []int32 {
	if size := int(t.last[node] - t.first[node]); size == 0 {
		return out
	} else if t.child[node] == 0 || size <= rows {
		return append(out, node)
	}
	out = t.cells(t.child[node], rows, out)
	return t.cells(t.child[node]+1, rows, out)
}

// coarse returns cells of about the given number of rows as weighted points at their
// means; wide ones are split further, see splitWide.
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
	p.half, p.tolerance = half, cellTolerance
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

func (t *tree) weight(node int32) float64 {
	if t.values.d == t.d {
		return float64(t.last[node] - t.first[node])
	}
	sum := t.sum[int(node)*2*t.values.d:]
	return sum[t.d] + sum[t.values.d+t.d]
}

func (t *tree) placeWeight(at int32) float64 {
	if t.values.d == t.d {
		return 1
	}
	return t.values.x[t.d*t.values.colStep+int(at)]
}

const (
	// wideShare is the part of the spread of all cells above which one is split. With a
	// tenth outliers end 5.4 ‰ below ten restarts instead of 6.4, with a thousandth as
	// with a hundredth (BenchmarkSearch/cells_outliers).
	wideShare = 100

	// mostSplits bounds the points that splitting adds, and so the time of the search. 512
	// to 16,384 are never reached by 200 outliers in 20,000 rows.
	mostSplits = 4096
)

// wideCell is a cell that may be split. Its spread, weight times the squared half
// diagonal, bounds the inertia of its rows about their mean from above.
type wideCell struct {
	node   int32
	spread float64
}

// splitWide splits cells that hold much of the spread of all, for the mean of far rows and
// near ones stands for neither: the widest first, into their children, leaves into single
// rows, of which it returns the places.
func (t *tree) splitWide(cells []int32) (nodes, single []int32) {
	h := queue[wideCell]{before: func(a, b wideCell) bool {
		return a.spread > b.spread || a.spread == b.spread && a.node < b.node
	}}
	total := 0.0
	add := func(node int32) {
		if w := t.weight(node); w > 0 {
			v := wideCell{node, float64(t.box[int(node)*(2*t.d+1)+2*t.d] * w)}
			heap.Push(&h, v)
			total += v.spread
		}
	}
	for _, node := range cells {
		add(node)
	}
	for more := 0; h.Len() > 0 && more < mostSplits && h.items[0].spread*wideShare > total; {
		v := heap.Pop(&h).(wideCell)
		total -= v.spread
		if child := t.child[v.node]; child != 0 {
			add(child)
			add(child + 1)
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
	for _, v := range h.items {
		nodes = append(nodes, v.node)
	}
	slices.SortFunc(nodes, func(a, b int32) int { return cmp.Compare(t.first[a], t.first[b]) })
	return nodes, single
}
