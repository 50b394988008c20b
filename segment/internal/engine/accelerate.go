package engine

import (
	"context"
	"slices"
)

// acceleratedLloyd runs lloyd with the momentum of Nesterov's method, which shortens the
// tail of slow iterations: a step is taken from a point ahead of the centroids, in the
// direction of their latest moves (Nesterov, A method of solving a convex programming
// problem with convergence rate O(1/k²), Soviet Mathematics Doklady 27, 1983). Where that
// does not lower the inertia the momentum starts again from 0 (O'Donoghue & Candès,
// Adaptive Restart for Accelerated Gradient Schemes, 2015,
// doi:10.1007/s10208-013-9150-3). It ends where lloyd does: at centroids that a plain
// step leaves where they are.
func acceleratedLloyd(
	ctx context.Context, s source, c []float64, k int, until criterion, t *clusterSums,
) (iterations int, converged bool, err error) {
	d := len(c) / k
	next, before := make([]float64, len(c)), make([]float64, len(c))
	var (
		centre  []float64
		between = -inf
		ahead   bool // c lies ahead of the latest centroids
		speed   = 0
	)
	for {
		if err := s.step(ctx, c, k, t); err != nil {
			return iterations, false, err
		}
		copy(next, c)
		t.means(next, d)
		empty := t.empty(d)
		if !ahead && !empty && slices.Equal(next, c) {
			return iterations, true, nil
		}
		if centre == nil {
			centre = t.mean(d)
		}
		now := t.between(centre)
		if ahead && (empty || !(now > between)) {
			copy(c, before)
			ahead, speed = false, 0
			continue
		}
		if empty {
			more, converged, err := lloyd(ctx, s, c, k, until.after(iterations), t)
			return iterations + more, converged, err
		}
		if iterations == until.maxIter || until.giveUp != nil && until.giveUp(iterations, now) {
			return iterations, false, nil
		}
		iterations++
		if until.last(c, next, t) {
			copy(c, next)
			return iterations, true, s.step(ctx, c, k, t)
		}
		between = now
		momentum := float64(speed) / float64(speed+3)
		for i := range c {
			c[i] = next[i] + float64(momentum*(next[i]-before[i]))
		}
		ahead = speed > 0
		speed++
		copy(before, next)
	}
}
