package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/num"
)

// Overflow is a result that is beyond the range of float64.
type Overflow struct{ What string }

func (e *Overflow) Error() string { return e.What }

// UnequalWeights are two weights of which one is so small beside the other that
// their rows cannot be added up.
type UnequalWeights struct{ Light, Heavy int } // rows

func (e *UnequalWeights) Error() string { return "weights that are too unequal" }

// Scale holds the powers of two by which rows and weights were brought to where squares
// and sums stay within float64, which changes no digit.
type Scale struct {
	rows, weights int       // exponents; 0 for most
	constant      []float64 // NaN, or the value that the column has throughout and was put to 0; nil: none
	beyond        bool
}

// constantFactor is how much greater than the others, in powers of two, a column
// may be that does not vary: its mean is rounded by 2^-53 of it, which is to be
// nothing beside them.
const constantFactor = 30

// newScale returns the scale for columns of the greatest magnitudes given; constant
// returns the value of a column that does not vary.
func newScale(most []float64, constant func(j int) (float64, bool)) Scale {
	s := Scale{constant: make([]float64, len(most))}
	exponent, still := math.MinInt, math.MinInt // of columns that vary, and of others
	for j, m := range most {
		s.constant[j] = math.NaN()
		_, e := math.Frexp(m)
		if m == 0 || e <= exponent {
			continue
		}
		// Columns that do not vary make no distance, and may be of any size.
		if v, ok := constant(j); ok {
			s.constant[j], still = v, max(still, e)
		} else {
			exponent = e
		}
	}
	switch {
	case exponent > rangeExponent:
		s.rows = rangeExponent - exponent
	case exponent > math.MinInt && exponent < -rangeExponent:
		s.rows = min(-exponent, 1000)
	case still > rangeExponent:
	case exponent == math.MinInt || still <= exponent+constantFactor:
		s.constant = nil // nothing is to be done
	}
	s.beyond = s.rows != 0 || still > rangeExponent
	return s
}

// Identity reports whether rows and weights stay as they are.
func (s Scale) Identity() bool { return s.constant == nil && s.weights == 0 }

// Beyond reports whether squares of the rows leave the range of float64.
func (s Scale) Beyond() bool { return s.beyond }

// Scaled returns the data to fit on: its rows and weights, init likewise (nil:
// none), and how to come back. Within the usual range this is the data itself.
// All values are finite.
func (a *Data) Scaled(init []float64) (*Data, []float64, Scale, error) {
	most := slices.Clone(a.magnitudes())
	greatest(init, most)
	s := newScale(most, func(j int) (float64, bool) {
		for _, v := range [][]float64{a.X, init} {
			for o := j; o < len(v); o += a.Cols {
				if v[o] != a.X[j] {
					return 0, false
				}
			}
		}
		return a.X[j], true
	})
	light, heavy, err := a.extremes()
	if err != nil {
		return nil, nil, s, err
	}
	if _, e := math.Frexp(heavy); a.Weights != nil && (e < -rangeExponent/4 || e > rangeExponent/4) {
		s.weights = -e
	}
	out := a
	if !s.Identity() {
		out = &Data{Rows: a.Rows, Cols: a.Cols, X: s.Rows(a.X), Weights: a.Weights, Centroids: a.Centroids}
		init = s.Rows(init)
	}
	if s.weights != 0 {
		out.Weights = make([]float64, a.Rows)
		for i, w := range a.Weights {
			out.Weights[i] = math.Ldexp(w, s.weights)
		}
	}
	out.Unequal = a.Weights != nil && tooUnequal(light, heavy, a.Rows)
	return out, init, s, nil
}

// tooUnequal reports whether the bins of n rows lose those of the least weight: the
// parts of a sum hold 104 − 2·⌈log₂n⌉ bits below the greatest term, and means of rows
// of little weight are to have 36 at least.
func tooUnequal(light, heavy float64, n int) bool {
	return light < math.Ldexp(heavy, 2*sumBits(n)-68)
}

// extremes returns the least weight that is not 0 and the greatest.
func (a *Data) extremes() (light, heavy float64, err error) {
	var at UnequalWeights
	for i, w := range a.Weights {
		if w > 0 && (light == 0 || w < light) {
			light, at.Light = w, i
		}
		if w > heavy {
			heavy, at.Heavy = w, i
		}
	}
	if light < math.Ldexp(heavy, -rangeExponent) {
		return 0, 0, &at
	}
	return light, heavy, nil
}

// Rows returns rows as they are to be fitted; nil of nil.
func (s Scale) Rows(x []float64) []float64 {
	if s.constant == nil {
		return x
	}
	var out []float64
	for i, v := range x {
		if c := s.constant[i%len(s.constant)]; c == c {
			v = 0
		}
		out = append(out, math.Ldexp(v, s.rows))
	}
	return out
}

// Inertia returns an inertia in the unit of the rows; it may be +Inf.
func (s Scale) Inertia(v float64) float64 { return math.Ldexp(v, -2*s.rows-s.weights) }

// LogInertia returns the natural logarithm of an inertia in the unit of the rows, also
// where that is too small for a float64.
func (s Scale) LogInertia(v float64) float64 {
	log := num.Log(v)
	if e := -2*s.rows - s.weights; e != 0 {
		log += float64(math.Ln2 * float64(e))
	}
	return log
}

// Restore brings a result to the unit of the rows. Error: *Overflow.
func (s Scale) Restore(r *Result) error {
	for i, v := range r.Centroids {
		if s.constant == nil {
			break
		}
		r.Centroids[i] = math.Ldexp(v, -s.rows)
		if c := s.constant[i%len(s.constant)]; c == c {
			r.Centroids[i] = c
		}
	}
	for i, v := range r.Counts {
		r.Counts[i] = math.Ldexp(v, -s.weights)
	}
	if r.Inertia = s.Inertia(r.Inertia); math.IsInf(r.Inertia, 0) {
		return &Overflow{fmt.Sprintf("the inertia of %d clusters", len(r.Counts))}
	}
	return nil
}

// tooCoarse reports whether a cluster is so small beside the greatest magnitudes that the
// bins, which cut all values off at the same place, have left too few digits for its mean.
// They hold values times weights: of a cluster of n rows and the weight w, the mean is
// rounded by n/w units.
func (a *Data) tooCoarse(g *bins, most []float64, labels []int32, s spread) bool {
	unit := 0.0 // of the low parts
	for j, m := range most {
		if m == 0 { // which has no unit
			continue
		}
		unit = max(unit, g.low[j]/1.5*0x1p-52)
	}
	const digits = 1 << 16 // units that a distance is to have
	small := make([]bool, len(s.rows))
	for q, w := range s.weight {
		limit := float64(unit * digits * (s.rows[q] / w))
		small[q] = !(s.square[q] > float64(limit*limit)*w)
	}
	if !slices.Contains(small, true) {
		return false
	}
	first := make([]int, len(small)) // row, from 1
	for i, q := range labels {
		if a.weight(i) == 0 {
			continue
		}
		if first[q] == 0 {
			first[q] = i + 1
		}
		// Rows that are all the same have no need of digits.
		if small[q] && !slices.Equal(a.row(i), a.row(first[q]-1)) {
			return true
		}
	}
	return false
}

// Scale returns the scale of the rows of the stream and of init (nil: none),
// once Sample has seen them.
func (s *Stream) Scale(init []float64) Scale {
	most := slices.Clone(s.most)
	greatest(init, most)
	return newScale(most, func(j int) (float64, bool) {
		for o := j; o < len(init); o += s.Cols {
			if init[o] != s.first[j] {
				return 0, false
			}
		}
		return s.first[j], slices.Contains(s.still, j)
	})
}

// Coarse reports whether centroids of the stream have too few digits, by a sample of its
// rows and their weights (nil: all are 1): see Result.
func (s *Stream) Coarse(r *Result, sample, weights []float64) bool {
	d := s.Cols
	a := &Data{Rows: len(sample) / d, Cols: d, X: sample, Weights: weights}
	labels, dist := make([]int32, a.Rows), make([]float64, a.Rows)
	for i := range labels {
		q, v := Nearest(a.row(i), r.Centroids)
		labels[i], dist[i] = int32(q), v
	}
	return slices.Contains(r.Counts, 0) || a.tooCoarse(s.g, s.most, labels, a.spread(0, labels, dist, len(r.Centroids)/d))
}
