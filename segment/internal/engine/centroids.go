package engine

import (
	"math"
	"math/big"
)

const (
	// rangeExponent is how far from 1, in powers of two, the greatest magnitude
	// may be so that squares of values and of their differences, sums of them
	// over rows and columns, and these times weights stay within float64.
	rangeExponent = 400

	// farFactor is the squared distance of a row from its centroid, in squared
	// distances between the centroids, from which on squared distances are too
	// much alike to be compared as they are: the difference of the centroids is
	// less than 1/farFactor of them, and half their digits are gone.
	farFactor = 1 << 20

	// exactPrec holds sums of products of two numbers of float64 without
	// rounding: 2·(1024+1074) bits, and some for the number of terms.
	exactPrec = 4352
)

// Centroids are k×d centroids with what it takes to find the nearest to any
// finite row, however far, large or small it is. Squared distances of far rows
// agree to the last bit where the rows do not: they are compared by
//
//	|x−b|² − |x−a|² = (b−a)·(a+b−2x)
//
// with a bound for the rounding, and exactly where that leaves it open.
type Centroids struct {
	c      []float64
	k, d   int
	unit   float64   // power of two that brings them near 1; 1 for most
	scaled []float64 // c·unit
	limit  float64   // squared scaled distance up to which squares can be compared
}

// NewCentroids returns the k×d centroids c, row by row; it keeps c.
func NewCentroids(c []float64, d int) *Centroids {
	n := &Centroids{c: c, k: len(c) / d, d: d, unit: 1, scaled: c, limit: math.MaxFloat64}
	most := 0.0 // in the columns that tell centroids apart
	for j := range d {
		column, same := 0.0, true
		for o := j; o < len(c); o += d {
			column = max(column, math.Abs(c[o]))
			same = same && c[o] == c[j]
		}
		if !same {
			most = max(most, column)
		}
	}
	if most == 0 {
		return n // one centroid, or all alike: the first is the nearest
	}
	if _, e := math.Frexp(most); e < -rangeExponent || e > rangeExponent {
		n.unit = math.Ldexp(1, -max(e, -1000))
		n.scaled = make([]float64, len(c))
		for i, v := range c {
			n.scaled[i] = v * n.unit
		}
	}
	spread := 0.0
	for o := d; o < len(c); o += d {
		spread = max(spread, SquaredDistance(n.scaled[:d], n.scaled[o:o+d]))
	}
	if n.limit = farFactor * spread; !(spread > 0x1p-900 && spread < 0x1p900) {
		n.limit = -1
	}
	return n
}

// Spread returns the greatest distance between the first centroid and another.
func (n *Centroids) Spread() float64 {
	most := 0.0
	for o := n.d; o < len(n.c); o += n.d {
		most = max(most, Distance(n.c[:n.d], n.c[o:o+n.d]))
	}
	return most
}

func (n *Centroids) centroid(i int) []float64 { return n.c[i*n.d : (i+1)*n.d] }

// Nearest returns the index of the centroid nearest to x, the lowest of those
// equally near; room holds d values.
func (n *Centroids) Nearest(x, room []float64) int {
	if n.unit != 1 {
		for j, v := range x {
			room[j] = v * n.unit
		}
	} else {
		room = x
	}
	if best, least := Nearest(room, n.scaled); least <= n.limit {
		return best
	}
	return n.exact(x)
}

// exact returns Nearest by exact differences of distances.
func (n *Centroids) exact(x []float64) int {
	best := 0
	for i := 1; i < n.k; i++ {
		if sign, _ := n.compare(x, best, i); sign < 0 {
			best = i
		}
	}
	return best
}

// A Rank is the place of a row among centroids.
type Rank struct {
	Best, Next int     // the nearest, and the second-nearest; −1 with one alone
	Distance   float64 // from the nearest; +Inf where it is too large
	Margin     float64 // how much farther the second-nearest is; +Inf with one alone
	Gap        float64 // the same of the squared distances
}

// Rank ranks a finite row.
func (n *Centroids) Rank(x []float64) Rank {
	r := Rank{Next: -1, Margin: inf, Gap: inf}
	if n.k == 1 {
		r.Distance = Distance(x, n.c)
		return r
	}
	if n.unit == 1 {
		least, second := inf, inf
		for i := range n.k {
			switch s := SquaredDistance(x, n.centroid(i)); {
			case s < least:
				r.Best, r.Next, least, second = i, r.Best, s, least
			case s < second:
				r.Next, second = i, s
			}
		}
		if least <= n.limit && second > 0x1p-900 && second < 0x1p1000 {
			r.Distance = Distance(x, n.centroid(r.Best))
			r.Margin, r.Gap = math.Sqrt(second)-r.Distance, second-least
			return r
		}
	}
	r = Rank{Best: n.exact(x), Next: -1, Margin: inf, Gap: inf}
	r.Distance = Distance(x, n.centroid(r.Best))
	for i := range n.k {
		if i == r.Best {
			continue
		}
		if r.Next >= 0 {
			if sign, _ := n.compare(x, r.Next, i); sign >= 0 {
				continue
			}
		}
		r.Next = i
	}
	gap := n.difference(x, r.Best, r.Next)
	r.Gap, _ = gap.Float64()
	sum := distance(x, n.centroid(r.Best))
	if sum.Add(sum, distance(x, n.centroid(r.Next))); sum.Sign() == 0 {
		r.Margin = 0
	} else {
		r.Margin, _ = gap.Quo(gap, sum).Float64()
	}
	return r
}

// Gap returns the squared distance of x from centroid i less that from centroid
// best, and the distance between the two.
func (n *Centroids) Gap(x []float64, best, i int) (gap, apart float64) {
	_, gap = n.compare(x, best, i)
	return gap, Distance(n.centroid(best), n.centroid(i))
}

// compare returns the sign of |x−b|² − |x−a|² for the centroids of index a and b,
// exactly, and the difference as far as a float64 holds it.
func (n *Centroids) compare(x []float64, a, b int) (sign int, difference float64) {
	most := 0.0
	ca, cb := n.centroid(a), n.centroid(b)
	for j, v := range x {
		if ca[j] != cb[j] {
			most = max(most, math.Abs(v), math.Abs(ca[j]), math.Abs(cb[j]))
		}
	}
	if most == 0 {
		return 0, 0
	}
	unit, e := 1.0, 0
	if _, e = math.Frexp(most); e < -rangeExponent || e > rangeExponent {
		unit = math.Ldexp(1, -max(e, -1000))
	}
	sum, size := 0.0, 0.0
	for j, v := range x {
		if ca[j] == cb[j] {
			continue
		}
		v, p, q := float64(v*unit), float64(ca[j]*unit), float64(cb[j]*unit)
		fa, fb := p-v, q-v
		sum += float64((q - p) * (fa + fb))
		size += float64(math.Abs(q-p) * (math.Abs(fa) + math.Abs(fb)))
	}
	// Each term is rounded four times, and the sum once for each: half the bound.
	if bound := float64(len(x)+5) * 0x1p-52 * size; bound > 0x1p-500 && math.Abs(sum) > bound {
		if difference = sum / unit / unit; sum < 0 {
			return -1, difference
		}
		return 1, difference
	}
	exact := n.difference(x, a, b)
	difference, _ = exact.Float64()
	return exact.Sign(), difference
}

// difference returns |x−b|² − |x−a|², exactly.
func (n *Centroids) difference(x []float64, a, b int) *big.Float {
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(exactPrec).SetFloat64(v) }
	sum := number(0)
	for j, v := range x {
		p, q, twice := number(n.centroid(a)[j]), number(n.centroid(b)[j]), number(v)
		if p.Cmp(q) == 0 {
			continue
		}
		twice.Add(twice, twice)
		factor := number(0).Add(p, q)
		factor.Sub(factor, twice)
		sum.Add(sum, factor.Mul(factor, q.Sub(q, p)))
	}
	return sum
}

// distance returns Distance, whatever its size.
func distance(a, b []float64) *big.Float {
	sum := new(big.Float).SetPrec(64)
	for j := range a {
		e := new(big.Float).SetPrec(64).Sub(big.NewFloat(a[j]), big.NewFloat(b[j]))
		sum.Add(sum, e.Mul(e, e))
	}
	return sum.Sqrt(sum)
}

// Distance returns the Euclidean distance of two rows, also where squares
// overflow or vanish; +Inf where it is beyond the range of float64.
func Distance(a, b []float64) float64 {
	if s := SquaredDistance(a, b); s > 0x1p-900 && s < 0x1p1000 {
		return math.Sqrt(s)
	}
	d, _ := distance(a, b).Float64()
	return d
}
