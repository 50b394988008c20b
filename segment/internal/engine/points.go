package engine

import "context"

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
}

// points returns all rows in blocks.
func (a *Data) points() *points {
	a.once.points.Do(func() { a.all = newPoints(a.X, a.Cols, a.Weights, a.bins()) })
	return a.all
}

// newPoints lays rows of d values out in tiles. Where g is nil it makes bins for them.
func newPoints(rows []float64, d int, weights []float64, g *bins) *points {
	n := len(rows) / d
	p := &points{n: n, blocks: (n + lanes - 1) / lanes, rows: rows, g: g, tolerance: 1}
	p.block = tiles(p.blocks, d)
	chunks(context.Background(), 0, n, func(_, from, to int) {
		whole := (to - from) / lanes
		transpose(rows[from*d:], whole, d, p.block.from(from/lanes).x)
		for i := from + whole*lanes; i < to; i++ {
			p.set(i, rows[i*d:(i+1)*d])
		}
	})
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
