package preprocess

import (
	"cmp"
	"math"
	"slices"
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

// rightSingular gives the singular values of the d×d matrix r, largest first,
// and the right singular vectors, one after the other in the rows of v. ok is
// false if it did not converge.
//
// It is Hestenes' one-sided Jacobi method, which finds small singular values as
// exactly as large ones (Demmel & Veselić 1992, https://doi.org/10.1137/0613074).
func rightSingular(r []float64, d int) (values, v []float64, ok bool) {
	const sweeps = 80 // ten or fewer are needed in practice
	tolerance := 0x1p-52 * math.Sqrt(float64(d))

	// Columns of r and of v lie in rows here, so that the loops run along memory.
	c, v := make([]float64, d*d), make([]float64, d*d)
	for i := range d {
		v[i*d+i] = 1
		for j := range d {
			c[j*d+i] = r[i*d+j]
		}
	}
	for range sweeps {
		rotated := false
		for p := range d - 1 {
			for q := p + 1; q < d; q++ {
				cp, cq := c[p*d:(p+1)*d], c[q*d:(q+1)*d]
				pp, qq, pq := dot(cp, cp), dot(cq, cq), dot(cp, cq)
				if math.Abs(pq) <= tolerance*math.Sqrt(pp)*math.Sqrt(qq) {
					continue
				}
				// A column that small beside the other turns it by less than a
				// unit of rounding, and itself is rounding.
				if min(pp, qq) <= 0x1p-108*max(pp, qq) {
					continue
				}
				rotated = true
				zeta := (qq - pp) / (2 * pq)
				t := math.Copysign(1/(math.Abs(zeta)+math.Sqrt(1+float64(zeta*zeta))), zeta)
				cos := 1 / math.Sqrt(1+float64(t*t))
				rotate(cp, cq, cos, cos*t)
				rotate(v[p*d:(p+1)*d], v[q*d:(q+1)*d], cos, cos*t)
			}
		}
		if !rotated {
			ok = true
			break
		}
	}
	if !ok {
		return nil, nil, false
	}

	norms := make([]float64, d)
	order := make([]int, d)
	for j := range d {
		order[j] = j
		norms[j] = math.Sqrt(dot(c[j*d:(j+1)*d], c[j*d:(j+1)*d]))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(norms[b], norms[a]) })
	values, sorted := make([]float64, 0, d), make([]float64, 0, d*d)
	for _, j := range order {
		values = append(values, norms[j])
		sorted = append(sorted, v[j*d:(j+1)*d]...)
	}
	return values, sorted, true
}

func rotate(a, b []float64, cos, sin float64) {
	for i, x := range a {
		y := b[i]
		a[i] = float64(cos*x) - float64(sin*y)
		b[i] = float64(sin*x) + float64(cos*y)
	}
}
