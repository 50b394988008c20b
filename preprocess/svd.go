package preprocess

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/cause"
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
// is false if it did not converge, or ctx ended.
//
// It is Hestenes' one-sided Jacobi method (Demmel & Veselić 1992,
// https://doi.org/10.1137/0613074), which turns pairs of rows until all are at
// right angles. On the rows of a triangular factor it converges in few sweeps
// (Drmač & Veselić 2008, https://doi.org/10.1137/050639193), and the rows become
// the vectors, so that nothing has to be kept beside them.
func rightSingular(ctx context.Context, r []float64, k, d int) (values, vectors []float64, ok bool) {
	const sweeps = 80 // ten or fewer are needed in practice
	row := func(i int) []float64 { return r[i*d : (i+1)*d] }

	// Rows are at right angles if the cosine is within the rounding of a product
	// of d terms; rows that are only the rounding of others are left as they are.
	tolerance := 0x1p-52 * float64(max(d, 8))
	floor := 0x1p-104 * dot(r, r)
	for range sweeps {
		ok = true
		for p := range k - 1 {
			if cause.Of(ctx) != nil {
				return nil, nil, false
			}
			for q := p + 1; q < k; q++ {
				a, b := row(p), row(q)
				aa, bb, ab := dot(a, a), dot(b, b), dot(a, b)
				if min(aa, bb) <= floor || math.Abs(ab) <= tolerance*math.Sqrt(aa)*math.Sqrt(bb) {
					continue
				}
				ok = false
				zeta := (bb - aa) / (2 * ab)
				t := math.Copysign(1/(math.Abs(zeta)+math.Sqrt(1+float64(zeta*zeta))), zeta)
				cos := 1 / math.Sqrt(1+float64(t*t))
				rotate(a, b, cos, cos*t)
			}
		}
		if ok {
			break
		}
	}
	if !ok {
		return nil, nil, false
	}

	norms := make([]float64, k)
	order := make([]int, k)
	for i := range k {
		order[i] = i
		norms[i] = math.Sqrt(dot(row(i), row(i)))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(norms[b], norms[a]) })
	values, vectors = make([]float64, 0, k), make([]float64, 0, k*d)
	for _, i := range order {
		values = append(values, norms[i])
		vectors = append(vectors, row(i)...)
		complete(vectors, d)
	}
	return values, vectors, true
}

func rotate(a, b []float64, cos, sin float64) {
	for i, x := range a {
		y := b[i]
		a[i] = float64(cos*x) - float64(sin*y)
		b[i] = float64(sin*x) + float64(cos*y)
	}
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
				product := dot(o, last)
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
	norm := math.Sqrt(dot(v, v))
	if norm == 0 {
		return 0
	}
	for i := range v {
		v[i] /= norm
	}
	return norm
}
