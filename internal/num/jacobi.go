package num

import (
	"context"
	"math"
)

// Jacobi rotates pairs of rows until the first n values of all are at right
// angles, and reports whether it converged before ctx ended: Hestenes' one-sided
// method (Demmel & Veselić 1992, https://doi.org/10.1137/0613074). Of rows
// [Aᵀ | I] it makes [sᵢ·uᵢ | vᵢ] of the singular value decomposition of A, with the
// same bits on every architecture, which that of gonum has not. Rows whose square is
// at most floor are taken for the rounding of others and left as they are.
func Jacobi(ctx context.Context, rows [][]float64, n int, floor float64) bool {
	const sweeps = 80 // ten or fewer are needed in practice
	// The cosine of a right angle is within the rounding of a product of n terms.
	tolerance := 0x1p-52 * float64(max(n, 8))
	for range sweeps {
		done := true
		for p, a := range rows {
			if ctx != nil && ctx.Err() != nil {
				return false
			}
			for _, b := range rows[p+1:] {
				aa, bb, ab := Dot(a[:n], a), Dot(b[:n], b), Dot(a[:n], b)
				if min(aa, bb) <= floor || math.Abs(ab) <= tolerance*math.Sqrt(aa)*math.Sqrt(bb) {
					continue
				}
				done = false
				zeta := (bb - aa) / float64(2*ab)
				t := math.Copysign(1/(math.Abs(zeta)+math.Sqrt(1+float64(zeta*zeta))), zeta)
				cos := 1 / math.Sqrt(1+float64(t*t))
				sin := float64(cos * t)
				for i, x := range a {
					y := b[i]
					a[i] = float64(cos*x) - float64(sin*y)
					b[i] = float64(sin*x) + float64(cos*y)
				}
			}
		}
		if done {
			return true
		}
	}
	return false
}

// Dot adds the products of the values of a and the first of b, from left to right.
func Dot(a, b []float64) float64 {
	s := 0.0
	b = b[:len(a)]
	for i, v := range a {
		s += float64(v * b[i])
	}
	return s
}
