package engine

import (
	"context"
	"errors"
)

// ErrDistinct says that a cluster stayed without rows because every row lies
// on its own centroid already: there are fewer distinct points than clusters.
var ErrDistinct = errors.New("fewer distinct rows than clusters")

// Result is what Lloyd's iteration came to. Labels are the nearest centroids
// of the rows, Counts the weight of each cluster, Inertia the weighted sum of
// squared distances.
type Result struct {
	Centroids  []float64
	Labels     []int32
	Counts     []float64
	Inertia    float64
	Iterations int
	Converged  bool
}

// sums are what a Lloyd step needs to know of some rows: per cluster their
// weight, the sum of their differences to the origin, and the inertia; and
// how many labels changed.
type sums struct {
	count, sum []float64
	inertia    float64
	changed    int
}

func newSums(k, d int) sums { return sums{count: make([]float64, k), sum: make([]float64, k*d)} }

func (s *sums) reset() {
	clear(s.count)
	clear(s.sum)
	s.inertia, s.changed = 0, 0
}

func (s *sums) add(o *sums) {
	for i, v := range o.count {
		s.count[i] += v
	}
	for i, v := range o.sum {
		s.sum[i] += v
	}
	s.inertia += o.inertia
	s.changed += o.changed
}

// Lloyd iterates from the given centroids until no label changes, or the
// squared shift of all centroids is at most tol times Variance, or maxIter
// steps are done (Lloyd, Least Squares Quantization in PCM, IEEE Trans.
// Inform. Theory 28, 1982). A cluster that lost all its rows is given the row
// farthest from its centroid. Workers share the blocks of rows.
func (a *Data) Lloyd(ctx context.Context, centroids []float64, maxIter int, tol float64, workers int) (Result, error) {
	d := a.Cols
	k := len(centroids) / d
	r := Result{Centroids: append([]float64(nil), centroids...), Labels: make([]int32, a.Rows), Counts: make([]float64, k)}
	for i := range r.Labels {
		r.Labels[i] = -1
	}
	next := make([]float64, k*d)
	distance := make([]float64, a.Rows)
	blocks := make([]sums, a.blocks())
	for b := range blocks {
		blocks[b] = newSums(k, d)
	}
	total := newSums(k, d)
	step := func() error {
		Parallel(ctx, workers, len(blocks), func(b int) { a.assign(b, r.Centroids, r.Labels, distance, &blocks[b]) })
		if err := ctx.Err(); err != nil {
			return err
		}
		total.reset()
		for b := range blocks {
			total.add(&blocks[b])
		}
		r.Inertia = total.inertia
		copy(r.Counts, total.count)
		return nil
	}
	for {
		if err := step(); err != nil {
			return r, err
		}
		if r.Iterations == maxIter {
			r.Converged = total.changed == 0
			return r, nil
		}
		moved, err := a.refill(r.Labels, distance, &total)
		if err != nil {
			return r, err
		}
		if total.changed == 0 && !moved {
			r.Converged = true
			return r, nil
		}
		r.Iterations++
		shift := 0.0
		for c := range k {
			for j := range d {
				v := r.Centroids[c*d+j]
				if w := total.count[c]; w > 0 {
					v = a.origin[j] + total.sum[c*d+j]/w
				}
				next[c*d+j] = v
			}
			shift += SquaredDistance(next[c*d:c*d+d], r.Centroids[c*d:c*d+d])
		}
		copy(r.Centroids, next)
		if tol > 0 && shift <= tol*a.Variance {
			r.Converged = true
			return r, step()
		}
	}
}

// assign gives the rows of one block to their nearest centroids and sums them.
func (a *Data) assign(block int, centroids []float64, labels []int32, distance []float64, s *sums) {
	s.reset()
	d := a.Cols
	origin := a.origin[:d]
	for i := block * blockRows; i < min((block+1)*blockRows, a.Rows); i++ {
		x := a.row(i)
		c, least := Nearest(x, centroids)
		if labels[i] != int32(c) {
			labels[i] = int32(c)
			s.changed++
		}
		distance[i] = least
		w := a.weight(i)
		s.count[c] += w
		s.inertia += float64(w * least)
		sum := s.sum[c*d : (c+1)*d]
		for j, v := range x {
			sum[j] += float64(w * (v - origin[j]))
		}
	}
}

// refill moves the row that is farthest from its centroid into each cluster
// that has none.
func (a *Data) refill(labels []int32, distance []float64, s *sums) (moved bool, err error) {
	d := a.Cols
	for c, w := range s.count {
		if w > 0 {
			continue
		}
		far, most := -1, 0.0
		for i, v := range distance {
			if v > most && a.weight(i) > 0 {
				far, most = i, v
			}
		}
		if far < 0 {
			return moved, ErrDistinct
		}
		w, from := a.weight(far), int(labels[far])
		s.count[from] -= w
		s.count[c] += w
		for j, v := range a.row(far) {
			e := float64(w * (v - a.origin[j]))
			s.sum[from*d+j] -= e
			s.sum[c*d+j] += e
		}
		labels[far], distance[far] = int32(c), 0
		moved = true
	}
	return moved, nil
}
