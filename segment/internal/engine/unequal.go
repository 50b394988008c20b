package engine

import (
	"context"
	"slices"

	"github.com/customer-personality/segmentation/internal/cause"
)

// fromUnequal runs From for rows whose weights are so unequal that the sums of the bins,
// which are exact down to a share of the greatest term, lose the light ones. Here each
// cluster has sums of its own, of twice the digits, added up in the order of the rows.
func (a *Data) fromUnequal(ctx context.Context, centroids []float64, o Options) (Result, error) {
	d, k := a.Cols, len(centroids)/a.Cols
	r := Result{Centroids: slices.Clone(centroids), Labels: make([]int32, a.Rows)}
	labels, next := make([]int, a.Rows), make([]float64, k*d)
	limit := 0.0
	if o.Tol > 0 {
		limit = o.Tol * a.Variance()
	}
	for last := false; ; {
		if err := cause.Of(ctx); err != nil {
			return r, err
		}
		Predict(a.X, d, r.Centroids, labels)
		sums := a.sums(ctx, labels, k, o.Workers)
		if err := cause.Of(ctx); err != nil { // sums are not complete
			return r, err
		}
		refilled := false
		for q := range k {
			if sums[q*(d+1)+d].value() > 0 || r.Iterations == o.MaxIter || last {
				continue
			}
			far, most := -1, 0.0
			for i, l := range labels {
				if v := SquaredDistance(a.row(i), r.Centroids[l*d:(l+1)*d]); v > most && a.weight(i) > 0 {
					far, most = i, v
				}
			}
			if far < 0 {
				return r, ErrDistinct
			}
			labels[far], refilled = q, true
			copy(r.Centroids[q*d:(q+1)*d], a.row(far)) // so that no other cluster gets it too
		}
		if refilled {
			sums = a.sums(ctx, labels, k, o.Workers)
		}
		copy(next, r.Centroids)
		r.Counts = r.Counts[:0]
		for q := range k {
			w := sums[q*(d+1)+d].value()
			r.Counts = append(r.Counts, w)
			for j := range d {
				if w > 0 {
					next[q*d+j] = sums[q*(d+1)+j].value() / w
				}
			}
		}
		still := !refilled && slices.Equal(next, r.Centroids)
		if still || last || r.Iterations == o.MaxIter {
			r.Converged = still || last
			break
		}
		r.Iterations++
		shift := SquaredDistance(next, r.Centroids)
		copy(r.Centroids, next)
		last = limit > 0 && shift <= limit
	}
	var inertia doubleDouble
	for i, l := range labels {
		r.Labels[i] = int32(l)
		inertia.addProduct(a.weight(i), SquaredDistance(a.row(i), r.Centroids[l*d:(l+1)*d]))
	}
	r.Inertia = inertia.value()
	return r, nil
}

// sums returns for each of k clusters the weighted sums of the columns, and then the
// weight.
func (a *Data) sums(ctx context.Context, labels []int, k, workers int) []doubleDouble {
	d := a.Cols
	total := make([]doubleDouble, k*(d+1))
	for _, part := range parts(ctx, workers, a.Rows, func(from, to int) []doubleDouble {
		part := make([]doubleDouble, k*(d+1))
		for i := from; i < to; i++ {
			w, own := a.weight(i), part[labels[i]*(d+1):]
			for j, v := range a.row(i) {
				own[j].addProduct(w, v)
			}
			own[d].add(w)
		}
		return part
	}) {
		for i, v := range part { // none where ctx is done
			total[i].join(v)
		}
	}
	return total
}
