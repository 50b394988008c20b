package engine

import (
	"context"
	"sync"
	"sync/atomic"
)

// Predict writes the nearest of the centroids (k×d, row by row) of each row of x to out,
// the lowest among equals, and reports whether all rows are finite; if not, out is of no
// use.
func Predict(x []float64, d int, centroids []float64, out []int) bool {
	k := len(centroids) / d
	near := NewCentroids(centroids, d)
	c := padded(centroids, d)[:(k+1)*d]
	workers := 0
	if len(out)*k*d < parallelWork {
		workers = 1
	}
	var bad atomic.Bool
	pool := sync.Pool{New: func() any { return newPredictor(d) }}
	chunks(context.Background(), workers, len(out), func(_, from, to int) {
		p := pool.Get().(*predictor)
		defer pool.Put(p)
		if !p.predict(x[from*d:to*d], c, k, near, out[from:to]) {
			bad.Store(true)
		}
	})
	return !bad.Load()
}

// predictor holds some rows at a time as blocks, in the nearest cache.
type predictor struct {
	v      block
	pad    []float64
	labels []int32
	dist   []float64
	wide   []int
}

func newPredictor(d int) *predictor {
	blocks := max(1, 16/d) // 2 kB: the next ones arrive while these are compared
	return &predictor{
		v: tiles(blocks, d), pad: make([]float64, lanes*d),
		labels: make([]int32, blocks*lanes), dist: aligned(blocks * lanes), wide: make([]int, lanes),
	}
}

func (p *predictor) predict(x, c []float64, k int, near *Centroids, out []int) bool {
	d := p.v.d
	finite, limit := true, near.limit
	if near.unit != 1 { // squares may be beyond float64
		limit = -1
	}
	for len(out) > 0 {
		blocks := min(len(p.dist), len(out)) / lanes
		rows := x[:blocks*lanes*d]
		if blocks == 0 {
			clear(p.pad)
			copy(p.pad, x)
			blocks, rows = 1, p.pad
		}
		finite = transpose(rows, blocks, d, p.v.x) && finite
		p.v.nearest(blocks, c, k, p.labels, p.dist)
		n := min(blocks*lanes, len(out))
		wide := out
		if n < lanes {
			wide = p.wide
		}
		if most := widen(p.labels, p.dist, blocks, wide); finite && !(most <= limit) {
			p.correct(x, near, limit, wide[:n])
		}
		if n < lanes {
			copy(out, wide[:n])
		}
		x, out = x[n*d:], out[n:]
	}
	return finite
}

// correct labels rows anew that are farther from all centroids than limit, exactly.
func (p *predictor) correct(x []float64, near *Centroids, limit float64, out []int) {
	d := p.v.d
	for i := range out {
		if !(p.dist[i] <= limit) {
			out[i] = near.Nearest(x[i*d:(i+1)*d], p.pad[:d])
		}
	}
}
