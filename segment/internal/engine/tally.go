package engine

import "math"

// Tally adds rows up by the nearest centroid of each of several sets, in whole numbers
// (see Grid). It is the memory of one goroutine; what it finds goes into Totals.
type Tally struct {
	sets   []set
	reader *blockReader
	grids  []Grid
	high   []int // of the bins of the reader
	rows   int
}

// tallyRows is the number of rows that are added up at once, at most: as many as bins can
// hold of numbers of gridBits.
const tallyRows = 255 * lanes

// set is one of the sets of centroids.
type set struct {
	c            []float64 // padded
	grid         Grid      // of squared distances
	g            *bins
	high         int
	sums, square *clusterSums
}

// Totals are what rows come to by the nearest of k centroids of d columns.
type Totals struct {
	Counts  []int64
	Sums    []Whole // k×d, in units of the grids of the columns
	Inertia []Whole // in units of the grid of the set
}

// NewTotals returns those of no rows.
func NewTotals(k, d int) Totals {
	return Totals{make([]int64, k), make([]Whole, k*d), make([]Whole, k)}
}

// NewTally returns a Tally for sets of k×d centroids and columns that reach from least
// to greatest; all magnitudes are such that Scale is not Beyond.
func NewTally(sets [][]float64, least, greatest []float64) *Tally {
	d := len(least)
	rows := min(blockRows(d), tallyRows)
	t := &Tally{rows: rows, grids: make([]Grid, d)}
	for j := range t.grids {
		t.grids[j] = NewGrid(max(math.Abs(least[j]), math.Abs(greatest[j])))
	}
	s := &Stream{Cols: d}
	s.g, t.high = gridBins(t.grids, rows)
	t.reader = s.reader()
	for _, c := range sets {
		k := len(c) / d
		grid := SquaredGrid(c, least, greatest)
		g, high := gridBins([]Grid{grid}, rows)
		t.sets = append(t.sets, set{padded(c, d), grid, g, high[0], newClusterSums(k, d), newClusterSums(k, 1)})
	}
	return t
}

// SquaredGrid returns the grid of the squared distances of rows within bounds from the
// nearest of k×d centroids. They are at most that of the farthest corner of the bounds
// from any of these, as every rounded operation of SquaredDistance grows with the
// magnitude of its arguments.
func SquaredGrid(c, least, greatest []float64) Grid {
	d, bound := len(least), inf
	corner := make([]float64, d)
	for o := 0; o < len(c); o += d {
		for j, v := range c[o : o+d] {
			corner[j] = least[j]
			if math.Abs(greatest[j]-v) > math.Abs(least[j]-v) {
				corner[j] = greatest[j]
			}
		}
		bound = min(bound, SquaredDistance(corner, c[o:o+d]))
	}
	return NewGrid(bound)
}

// Rows returns the number of rows that Load takes at most.
func (t *Tally) Rows() int { return t.rows }

// Load takes rows for Add; first is the place of the first, for a *NotFinite. The
// values are within the bounds.
func (t *Tally) Load(first int, rows []float64) error { return t.reader.load(first, rows) }

// Add adds the rows to the totals of a set, and returns the nearest centroid of each,
// until the next Add.
func (t *Tally) Add(set int, to Totals) []int32 {
	r, s := t.reader, &t.sets[set]
	k := s.sums.k
	r.v.nearest(r.blocks, s.c[:cap(s.c)], k, r.labels, r.dist)
	for i := r.n; i < r.blocks*lanes; i++ {
		r.labels[i] = -1
	}
	s.sums.reset()
	s.square.reset()
	s.sums.addRows(r.v, r.blocks, r.labels, k, r.g, r.part, r.row)
	squares := block{x: r.dist, blockStep: lanes, colStep: lanes, d: 1}
	s.square.addRows(squares, r.blocks, r.labels, k, s.g, r.part, r.row[:1])
	d := len(t.grids)
	for q := range k {
		if s.sums.rows[q] == 0 {
			continue
		}
		to.Counts[q] += int64(s.sums.rows[q])
		for j, g := range t.grids {
			g.addParts(&to.Sums[q*d+j], s.sums.sum[2*d*q+j], s.sums.sum[2*d*q+d+j], t.high[j])
		}
		s.grid.addParts(&to.Inertia[q], s.square.sum[2*q], s.square.sum[2*q+1], s.high)
	}
	return r.labels[:r.n]
}

// addParts adds the high part of a sum, in units of 2^unit, and the low one.
func (g Grid) addParts(to *Whole, high, low float64, unit int) {
	to.addShifted(int64(math.Ldexp(high, -unit)), unit-g.Unit())
	to.AddInt(int64(math.Ldexp(low, -g.Unit())))
}

// Beyond reports whether squares of the columns of these bounds, least and most, and
// of the centroids leave the range of float64.
func Beyond(c, least, most []float64) bool {
	d := len(least)
	magnitude := make([]float64, d)
	for _, rows := range [][]float64{least, most, c} {
		greatest(rows, magnitude)
	}
	return newScale(magnitude, func(j int) (float64, bool) {
		for o := j; o < len(c); o += d {
			if c[o] != least[j] {
				return 0, false
			}
		}
		return least[j], least[j] == most[j]
	}).Beyond()
}
