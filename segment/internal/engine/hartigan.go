package engine

import (
	"context"
	"slices"

	"github.com/customer-personality/segmentation/internal/cause"
)

// hartigan moves single points to other clusters as long as that lowers the inertia, the
// centroids moving along, and iterates: of the many fixed points of Lloyd's iteration only
// few pass this test (Hartigan & Wong, Algorithm AS 136, Applied Statistics 28, 1979,
// doi:10.2307/2346830; Telgarsky & Vattani, Hartigan's Method, AISTATS 2010).
func (l *localSearch) hartigan(ctx context.Context, from solution) (solution, error) {
	k, d := l.k, l.p.d
	c := slices.Clone(from.c)
	weight := make([]float64, k)
	l.nearestTwo(c, k)
	of := l.label[:l.p.n]
	for i, at := range of {
		weight[at] += l.p.w.of(i)
	}
	const passes = 20
	for range passes {
		if err := cause.Of(ctx); err != nil {
			return from, err
		}
		moved := false
		for i := range of {
			a := int(of[i])
			v := l.p.w.of(i)
			if !(weight[a] > v) {
				continue
			}
			row := l.p.rows[i*d : (i+1)*d]
			gain := float64(SquaredDistance(row, c[a*d:(a+1)*d]) * weight[a] / (weight[a] - v))
			to := a
			for b := range k {
				if b == a {
					continue
				}
				cost := float64(SquaredDistance(row, c[b*d:(b+1)*d]) * weight[b] / (weight[b] + v))
				if cost < gain*(1-1e-12) {
					gain, to = cost, b
				}
			}
			if to == a {
				continue
			}
			for j, x := range row {
				c[a*d+j] -= float64((x - c[a*d+j]) * v / (weight[a] - v))
				c[to*d+j] += float64((x - c[to*d+j]) * v / (weight[to] + v))
			}
			weight[a] -= v
			weight[to] += v
			of[i] = int32(to)
			moved = true
		}
		if !moved {
			break
		}
	}
	a, err := l.iterate(ctx, solution{c: c, iterations: from.iterations}, k, criterion{maxIter: coarseIter})
	a = l.estimate(a)
	if err == ErrDistinct || err == nil && a.estimate > from.estimate {
		return from, nil
	}
	return a, err
}
