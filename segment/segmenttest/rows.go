package segmenttest

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// grid is 2^46: values of at most 2^6 that are multiples of its inverse have 52 bits.
// Whole numbers of 2^-62 of the greatest value hold them, and float64 no sum of them.
const grid = 1 << 46

// groups returns n rows of d columns in k groups that lie apart, row i in group i mod k.
func groups(n, d, k int, seed uint64) *mat.Dense {
	rng := rand.New(rand.NewPCG(seed, 19))
	centres := make([]float64, k*d)
	for i := range centres {
		centres[i] = 48 * uniform(rng)
	}
	x := mat.NewDense(n, d, nil)
	x.Apply(func(i, j int, _ float64) float64 {
		v := centres[i%k*d+j] + float64(4*uniform(rng)) + float64(4*uniform(rng))
		return math.Round(v*grid) / grid
	}, x)
	return x
}

// uniform returns a number from -1/2 to 1/2.
func uniform(rng *rand.Rand) float64 { return float64(rng.Float64()) - 0.5 }

// centroidsOf returns k centroids that are no rows, near some of x.
func centroidsOf(x *mat.Dense, k int, seed uint64) *mat.Dense {
	rng := rand.New(rand.NewPCG(seed, 23))
	n, d := x.Dims()
	c := mat.NewDense(k, d, nil)
	c.Apply(func(i, j int, _ float64) float64 { return x.At(i*n/k, j) + uniform(rng) }, c)
	return c
}

// clones returns copies of matrices, as a source may change what it is handed.
func clones(sets []*mat.Dense) []*mat.Dense {
	out := make([]*mat.Dense, len(sets))
	for i, c := range sets {
		out[i] = mat.DenseCopyOf(c)
	}
	return out
}

// shuffled returns the rows of x in another order.
func shuffled(x *mat.Dense, seed uint64) *mat.Dense {
	n, d := x.Dims()
	out := mat.NewDense(n, d, nil)
	for i, from := range rand.New(rand.NewPCG(seed, 29)).Perm(n) {
		out.SetRow(i, x.RawRowView(from))
	}
	return out
}

// sortedRows returns the rows of x in the order of their values.
func sortedRows(x mat.Matrix) [][]float64 {
	n, _ := x.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = mat.Row(nil, i, x)
	}
	slices.SortFunc(out, slices.Compare[[]float64])
	return out
}

// statistics is what the plainest loop finds: sums rounded once, and of the
// magnitudes, to which an error is held.
type statistics struct {
	counts     []float64
	sums       *mat.Dense
	magnitudes *mat.Dense
	inertia    []float64
}

// plain returns the statistics of rows by the nearest centroid, of equally near ones
// the lowest.
func plain(x, centroids *mat.Dense) statistics {
	n, d := x.Dims()
	k, _ := centroids.Dims()
	s := statistics{make([]float64, k), mat.NewDense(k, d, nil), mat.NewDense(k, d, nil), make([]float64, k)}
	sums, inertia := make([]big.Float, k*d), make([]big.Float, k)
	add := func(to *big.Float, v float64) { to.SetPrec(1200).Add(to, big.NewFloat(v)) }
	for i := range n {
		row := x.RawRowView(i)
		q, distance := nearest(row, centroids)
		s.counts[q]++
		add(&inertia[q], distance)
		for j, v := range row {
			add(&sums[q*d+j], v)
			s.magnitudes.Set(q, j, s.magnitudes.At(q, j)+math.Abs(v))
		}
	}
	for q := range k {
		s.inertia[q], _ = inertia[q].Float64()
		for j := range d {
			v, _ := sums[q*d+j].Float64()
			s.sums.Set(q, j, v)
		}
	}
	return s
}

// nearest returns the centroid nearest to a row, and the squared distance.
func nearest(row []float64, centroids *mat.Dense) (int, float64) {
	best, least := 0, math.Inf(1)
	for q := range centroids.RawMatrix().Rows {
		distance := 0.0
		for j, c := range centroids.RawRowView(q) {
			distance += float64((row[j] - c) * (row[j] - c))
		}
		if distance < least {
			best, least = q, distance
		}
	}
	return best, least
}

// compare returns where answers are not the statistics of x: sums to the bit where
// exact, inertia and other sums to 1e-12.
func compare(x *mat.Dense, sets []*mat.Dense, answers []segment.SufficientStatistics, exact bool) error {
	if len(answers) != len(sets) {
		return fmt.Errorf("%d answers to %d sets of centroids", len(answers), len(sets))
	}
	var p problems
	for i, centroids := range sets {
		got, want := answers[i], plain(x, centroids)
		k, d := centroids.Dims()
		if len(got.Counts) != k || len(got.Inertia) != k || got.Sums == nil || got.Sums.RawMatrix().Rows != k || got.Sums.RawMatrix().Cols != d {
			p.addf("set %d: an answer of other dimensions than %d centroids of %d columns", i, k, d)
			continue
		}
		for q := range k {
			if got.Counts[q] != want.counts[q] {
				p.addf("set %d, cluster %d: %v rows are counted; there are %v", i, q, got.Counts[q], want.counts[q])
			}
			if !(math.Abs(got.Inertia[q]-want.inertia[q]) <= 1e-12*want.inertia[q]) {
				p.addf("set %d, cluster %d: inertia %v; it is %v", i, q, got.Inertia[q], want.inertia[q])
			}
			for j := range d {
				g, w := got.Sums.At(q, j), want.sums.At(q, j)
				if !(math.Abs(g-w) <= 1e-12*want.magnitudes.At(q, j)) {
					p.addf("set %d, cluster %d, column %d: sum %v; it is %v", i, q, j, g, w)
				} else if exact && g != w {
					p.addf("set %d, cluster %d, column %d: sum %v of an exact source; rounded once it is %v", i, q, j, g, w)
				}
			}
		}
	}
	return p.err()
}

// same returns where two answers of a source differ: in any bit where it is exact. The
// order of rows, where it is another, may round the inertia otherwise.
func same(a, b []segment.SufficientStatistics, exact, ordered bool) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d answers and %d", len(a), len(b))
	}
	tol, rounding := 1e-12, 1e-12
	if exact {
		tol = 0
	}
	if exact && ordered {
		rounding = 0
	}
	for i := range a {
		if !slices.Equal(a[i].Counts, b[i].Counts) {
			return fmt.Errorf("set %d: counts %v and %v", i, a[i].Counts, b[i].Counts)
		}
		if !near(a[i].Inertia, b[i].Inertia, rounding) {
			return fmt.Errorf("set %d: inertia %v and %v", i, a[i].Inertia, b[i].Inertia)
		}
		if x, y := a[i].Sums.RawMatrix().Data, b[i].Sums.RawMatrix().Data; !near(x, y, tol) {
			return fmt.Errorf("set %d: sums %v and %v", i, x, y)
		}
	}
	return nil
}

// near reports whether numbers agree to tol of the greatest.
func near(a, b []float64, tol float64) bool {
	most := 0.0
	for _, v := range a {
		most = max(most, math.Abs(v))
	}
	return slices.EqualFunc(a, b, func(v, w float64) bool { return v == w || math.Abs(v-w) <= tol*most })
}

// exact reports whether a source says that its sums are rounded once.
func exact(src segment.Source) bool {
	if _, ok := src.(*segment.Stream); ok {
		return true
	}
	e, ok := src.(segment.Exacter)
	return ok && e.Exact()
}

// stream returns the rows of x as the source that others are compared with.
func stream(x *mat.Dense) *segment.Stream {
	n, d := x.Dims()
	return &segment.Stream{Cols: d, Blocks: func(yield func([]float64, error) bool) {
		for i := range n {
			if !yield(x.RawRowView(i), nil) {
				return
			}
		}
	}}
}
