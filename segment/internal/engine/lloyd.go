package engine

import (
	"context"
	"errors"
	"slices"
)

// ErrDistinct reports that a cluster stayed empty because every row lies on its own
// centroid already: there are fewer distinct points than clusters.
var ErrDistinct = errors.New("fewer distinct rows than clusters")

// source is what Lloyd's iteration runs on.
type source interface {
	// step fills t with the exact sums of the rows nearest to each of the k centroids in
	// c. t is as the latest step, and the moves since, left it.
	step(ctx context.Context, c []float64, k int, t *clusterSums) error
	// assignment returns label and squared distance of every row, in the order of the
	// rows, for the centroids of the latest step. Changes that the caller makes in the
	// labels are taken over by the next step.
	assignment(ctx context.Context, c []float64, k int) (labels []int32, dist []float64, err error)
	// value writes what is summed of row i: its values times its weight and the weight, or
	// its values alone where every row weighs 1.
	value(i int, row []float64)
	// shape returns the number of rows, that of their columns and the bins of the sums.
	shape() (n, d int, g *bins)
}

// rowSource is a source over the rows of a Data.
type rowSource interface {
	source
	// labelled returns the labels of the latest step, which the caller may keep.
	labelled(ctx context.Context, c []float64) ([]int32, error)
}

// criterion is a stopping criterion besides convergence.
type criterion struct {
	maxIter int     // moves of the centroids
	shift   float64 // a squared shift of all centroids; 0: none
	// giveUp, where it is not nil, is called with the inertia between the clusters after
	// each move, and reports whether to stop.
	giveUp func(iteration int, spread float64) bool
	// settled, where it is not nil, reports whether a move of the centroids of t is the last.
	settled func(from, to []float64, t *clusterSums) bool
}

// last reports whether a move is the last before convergence.
func (e criterion) last(from, to []float64, t *clusterSums) bool {
	return e.shift > 0 && squaredShift(from, to) <= e.shift || e.settled != nil && e.settled(from, to, t)
}

// after returns the criterion for what remains after some iterations.
func (e criterion) after(iterations int) criterion {
	e.maxIter -= iterations
	return e
}

// lloyd iterates from the k centroids in c, which it moves, until they stay where they are
// or a criterion is met (Lloyd, Least Squares Quantization in PCM, IEEE Trans. Inform.
// Theory 28, 1982, doi:10.1109/TIT.1982.1056489). As sums are exact, centroids that stay
// are the same as labels that stay. A cluster that lost all its rows is given the row that
// is farthest from its centroid. When it returns, the latest step of s was with c.
func lloyd(
	ctx context.Context, s source, c []float64, k int, until criterion, t *clusterSums,
) (iterations int, converged bool, err error) {
	d := len(c) / k
	next := make([]float64, len(c))
	for {
		if err := s.step(ctx, c, k, t); err != nil {
			return iterations, false, err
		}
		copy(next, c)
		refilled := iterations < until.maxIter && t.empty(d)
		if refilled {
			if err := refill(ctx, s, c, k, t); err != nil {
				return iterations, false, err
			}
		}
		t.means(next, d)
		if !refilled && slices.Equal(next, c) {
			return iterations, true, nil
		}
		if iterations == until.maxIter {
			return iterations, false, nil
		}
		iterations++
		last := until.last(c, next, t)
		copy(c, next)
		if last {
			return iterations, true, s.step(ctx, c, k, t)
		}
	}
}

// squaredShift returns the squared distance of two sets of centroids.
func squaredShift(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		e := b[i] - v
		sum += float64(e * e)
	}
	return sum
}

// refill moves the row that is farthest from its centroid into each cluster
// that has none.
func refill(ctx context.Context, s source, c []float64, k int, t *clusterSums) error {
	labels, dist, err := s.assignment(ctx, c, k)
	if err != nil {
		return err
	}
	n, d, g := s.shape()
	row := make([]float64, t.values)
	for i := range k {
		if t.weight(i, d) > 0 {
			continue
		}
		far, most := -1, 0.0
		for r, v := range dist[:n] {
			if v > most {
				if s.value(r, row); t.values == d || row[d] > 0 {
					far, most = r, v
				}
			}
		}
		if far < 0 {
			return ErrDistinct
		}
		s.value(far, row)
		t.move(g, row, labels[far], int32(i))
		labels[far], dist[far] = int32(i), 0
	}
	return nil
}
