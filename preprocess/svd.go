package preprocess

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/num"
)

// absorb folds m rows of width d (row after row in b, which it destroys) into
// the upper triangular d×d matrix r, so that rᵀr grows by bᵀb. Householder
// reflections of r's diagonal and the block below it; r never needs more memory
// however many rows come (a sequential TSQR: Demmel et al. 2012,
// https://doi.org/10.1137/080731992). w is scratch of d values.
func absorb(r, b []float64, m, d int, w []float64) {
	for j := range d {
		squares := 0.0
		for i := range m {
			v := b[i*d+j]
			squares += float64(v * v)
		}
		if squares == 0 {
			continue
		}
		alpha := r[j*d+j]
		beta := -math.Copysign(math.Sqrt(float64(alpha*alpha)+squares), alpha)
		head := alpha - beta
		factor := 2 / (float64(head*head) + squares)
		r[j*d+j] = beta

		rest, right := w[j+1:d], r[j*d+j+1:(j+1)*d]
		for k, v := range right {
			rest[k] = float64(head * v)
		}
		for i := range m {
			v, row := b[i*d+j], b[i*d+j+1:(i+1)*d]
			for k := range rest {
				rest[k] += float64(v * row[k])
			}
		}
		for k := range rest {
			rest[k] *= factor
			right[k] -= float64(head * rest[k])
		}
		for i := range m {
			v, row := b[i*d+j], b[i*d+j+1:(i+1)*d]
			for k := range rest {
				row[k] -= float64(v * rest[k])
			}
		}
	}
}

// rightSingular returns the k singular values of the k×d matrix r, k ≤ d, largest
// first, and the right singular vectors, one after the other. r is destroyed. ok
// is false if it did not converge, or ctx ended. On the rows of a triangular factor
// [num.Jacobi] converges in few sweeps (Drmač & Veselić 2008,
// https://doi.org/10.1137/050639193), and the rows become the vectors, so that
// nothing has to be kept beside them.
func rightSingular(ctx context.Context, r []float64, k, d int) (values, vectors []float64, ok bool) {
	rows := slices.Collect(slices.Chunk(r[:k*d], d))
	if !num.Jacobi(ctx, rows, d, 0x1p-104*num.Dot(r, r)) {
		return nil, nil, false
	}
	norms := make([]float64, k)
	order := make([]int, k)
	for i := range k {
		order[i] = i
		norms[i] = math.Sqrt(num.Dot(rows[i], rows[i]))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(norms[b], norms[a]) })
	values, vectors = make([]float64, 0, k), make([]float64, 0, k*d)
	for _, i := range order {
		values = append(values, norms[i])
		vectors = append(vectors, rows[i]...)
		complete(vectors, d)
	}
	return values, vectors, true
}

// complete replaces the last of the vectors of length d by one of norm 1 that
// is orthogonal to those before. Where it has no direction left, a vector of
// rounding alone, it takes that of a column.
func complete(vectors []float64, d int) {
	last := vectors[len(vectors)-d:]
	others := vectors[:len(vectors)-d]
	for column := -1; column < d; column++ {
		if column >= 0 {
			clear(last)
			last[column] = 1
		}
		normalize(last)
		left := 0.0
		for range 2 {
			for o := range slices.Chunk(others, d) {
				product := num.Dot(o, last)
				for j := range last {
					last[j] -= float64(product * o[j])
				}
			}
			left = normalize(last)
		}
		// Twice is enough (Giraud et al. 2005,
		// https://doi.org/10.1007/s00211-005-0615-4) if the second time took
		// little away.
		if left > 0.5 {
			return
		}
	}
}

// normalize divides v by its norm, which it returns; 0 if v has none.
func normalize(v []float64) float64 {
	norm := math.Sqrt(num.Dot(v, v))
	if norm == 0 {
		return 0
	}
	for i := range v {
		v[i] /= norm
	}
	return norm
}
