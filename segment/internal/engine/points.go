package engine

import (
	"context"
	"sync"
)

// points are rows, or cells of rows with their weight, in blocks of 16.
type points struct {
	n         int
	blocks    int
	rows      []float64 // the values, row by row
	block               // the values: tiles of 16 rows
	tolerance float64   // factor by which inertias may be in the wrong order; 1 of the rows themselves
	sample    bool      // whether they are some of the rows
	half      []float64 // of cells: half their width in each column, row by row; else nil
	reach     []float64 // of cells: the square of the greatest half width
	w         weights   // 0 behind the last row
	values    block     // what is summed up: the values, or values times weight and the weight
	g         *bins     // on which it is summed

	once sync.Once
	laid block // where block has no values yet, see tiled
}

// looseValues is the number of values from which on the rows are not laid out in tiles
// before they are passed over often: memory that is new costs as much as some passes. Up
// to it they are 8 MB.
const looseValues = 1 << 20

// points returns all rows in blocks.
func (a *Data) points() *points {
	a.once.points.Do(func() {
		if a.Weights != nil || a.Rows < treeRows || len(a.X) <= looseValues {
			a.all = newPoints(a.X, a.Cols, a.Weights, a.bins())
			return
		}
		a.all = a.loose()
		a.all.g = a.bins()
	})
	return a.all
}

// loose returns all rows, not laid out.
func (a *Data) loose() *points {
	d := a.Cols
	return &points{n: a.Rows, blocks: (a.Rows + lanes - 1) / lanes, rows: a.X, block: block{d: d}, values: block{d: d}, tolerance: 1}
}

// newPoints lays rows of d values out in tiles. Where g is nil it makes bins for them.
func newPoints(rows []float64, d int, weights []float64, g *bins) *points {
	n := len(rows) / d
	p := &points{n: n, blocks: (n + lanes - 1) / lanes, rows: rows, g: g, tolerance: 1}
	p.block.d = d
	p.block = p.tiled()
	p.values = p.block
	if weights != nil {
		p.w = aligned(p.blocks * lanes)
		copy(p.w, weights)
		p.values = tiles(p.blocks, d+1)
		most := make([]float64, d+1)
		value := make([]float64, d+1)
		for i := range n {
			weigh(rows[i*d:(i+1)*d], weights[i], value)
			p.values.set(i, value)
			greatest(value, most)
		}
		if g == nil {
			p.g = newBins(n, most)
		}
	}
	return p
}

// tiled returns all rows in tiles, and lays them out where they are not.
func (p *points) tiled() block {
	if p.block.x != nil {
		return p.block
	}
	p.once.Do(func() {
		p.laid = tiles(p.blocks, p.d)
		chunks(context.Background(), 0, p.n, func(_, from, to int) {
			p.layOut(from/lanes, (to-from+lanes-1)/lanes, p.laid.from(from/lanes))
		})
	})
	return p.laid
}

// layOut lays n blocks of the rows from block from out in tiles.
func (p *points) layOut(from, n int, out block) {
	d, at := p.d, from*lanes
	whole := min(n, p.n/lanes-from)
	transpose(p.rows[at*d:], whole, d, out.x)
	if whole == n {
		return
	}
	clear(out.x[whole*lanes*d : n*lanes*d])
	for i := at + whole*lanes; i < min(at+n*lanes, p.n); i++ {
		out.set(i-at, p.rows[i*d:(i+1)*d])
	}
}

// windowValues is the number of values that are laid out at a time, in the nearest cache.
const windowValues = 2048

// room returns the memory for windows.
func (p *points) room() block { return tiles(max(1, windowValues/(lanes*p.d)), p.d) }

// windows calls f for the rows of n blocks from block from: as they lie in tiles, or, where
// there are none, laid out in room, piece by piece.
func (p *points) windows(tiles, room block, from, n int, f func(v block, from, n int)) {
	if tiles.x != nil {
		f(tiles.from(from), from, n)
		return
	}
	most := len(room.x) / room.blockStep
	for ; n > 0; from, n = from+most, n-most {
		m := min(most, n)
		p.layOut(from, m, room)
		f(room, from, m)
	}
}

// get writes row i to row.
func (p *points) get(i int, row []float64) {
	if p.block.x == nil {
		copy(row, p.rows[i*p.d:(i+1)*p.d])
		return
	}
	p.block.get(i, row)
}

// nearest and nearestTwo are those of the tiles.
func (p *points) nearest(n int, c []float64, k int, labels []int32, dist []float64) {
	p.tiled().nearest(n, c, k, labels, dist)
}

func (p *points) nearestTwo(n int, c []float64, k int, labels []int32, dist, second []float64) {
	p.tiled().nearestTwo(n, c, k, labels, dist, second)
}

// tiles returns n blocks of d columns of 16 rows.
func tiles(n, d int) block {
	return block{x: aligned(n * lanes * d), blockStep: lanes * d, colStep: lanes, d: d}
}

func (v block) set(i int, row []float64) {
	at := i/lanes*v.blockStep + i%lanes
	for j, x := range row {
		v.x[at+j*v.colStep] = x
	}
}

func (v block) get(i int, row []float64) {
	at := i/lanes*v.blockStep + i%lanes
	for j := range row {
		row[j] = v.x[at+j*v.colStep]
	}
}

// from returns the window that starts at block b.
func (v block) from(b int) block {
	v.x = v.x[b*v.blockStep:]
	return v
}

// leading returns the solutions that may be the best on the rows that p stands for.
func (p *points) leading(found []solution) []solution {
	switch {
	case p.tolerance == 1:
		return leading(found, 1, rounding)
	case p.half != nil:
		return leading(found, keepCells, rounding)
	}
	return leading(found, keepSample, sampleApart)
}
