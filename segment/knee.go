package segment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/customer-personality/segmentation/internal/num"
)

// ErrCurve means points in which no knee can be looked for: x that does not
// rise, or numbers too large or too small for a polynomial.
var ErrCurve = errors.New("segment: not a curve")

// Curve is the way a curve bends.
type Curve int

const (
	// Concave curves have knees: their slope falls. It is the default.
	Concave Curve = iota
	// Convex curves have elbows: their slope rises. The inertia of k-means
	// over k is one.
	Convex
)

// String returns "concave" or "convex".
func (c Curve) String() string { return enumName("Curve", int(c), "concave", "convex") }

// Direction is whether a curve goes up or down from left to right.
type Direction int

const (
	// Increasing curves go up. It is the default.
	Increasing Direction = iota
	// Decreasing curves go down. The inertia of k-means over k is one.
	Decreasing
)

// String returns "increasing" or "decreasing".
func (d Direction) String() string { return enumName("Direction", int(d), "increasing", "decreasing") }

// Interpolation is the way in which [KneeLocator] puts a line through the
// points before it looks for the knee.
type Interpolation int

const (
	// Interp1D takes the points as they are. It is the default.
	Interp1D Interpolation = iota
	// Polynomial fits a polynomial by least squares, which smooths curves that
	// are noisy.
	Polynomial
)

// String returns "interp1d" or "polynomial", the words of kneed.
func (i Interpolation) String() string {
	return enumName("Interpolation", int(i), "interp1d", "polynomial")
}

func enumName(kind string, i int, names ...string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}

const (
	defaultDegree = 7
	maxDegree     = 100
)

// KneeLocator finds the knee of a curve, the point after which more of x
// changes y little, with the Kneedle algorithm:
//
//	Satopää, Albrecht, Irwin, Raghavan (2011). Finding a "Kneedle" in a
//	Haystack: Detecting Knee Points in System Behavior. ICDCS Workshops,
//	166–171. https://doi.org/10.1109/ICDCSW.2011.20
//
// Parameters and results are those of the Python package kneed, version 0.8.6.
// (Up to 0.8.5 kneed could also report a knee behind a local minimum, where the
// paper pauses the search.) The zero value looks for the knee of a concave,
// increasing curve; the elbow of k-means inertia is found with
//
//	KneeLocator{Curve: Convex, Direction: Decreasing}
//
// Results differ from kneed in one case: curves that are Concave and Decreasing,
// or Convex and Increasing, over x that is not evenly spaced. They are mirrored
// from left to right, as in section III-C of the paper; kneed leaves x as it is, so
// that y is compared with x of other points (its issues 98 and 160).
//
// A KneeLocator is not changed by Find and may be used by many goroutines.
type KneeLocator struct {
	// S is the sensitivity: how many steps of average width the curve must run
	// flat behind a candidate before it is called a knee; 0 takes the first
	// candidate. nil means 1, the value of the paper; to set it write S: new(0.5).
	// It must be a number from 0.
	S *float64

	// Curve is the way the curve bends, Concave by default.
	Curve Curve

	// Direction is Increasing by default.
	Direction Direction

	// Online makes Find go on after the first knee, as if the points came in one
	// by one: Knee is the last one then, and AllKnees holds all of them.
	Online bool

	// Interpolation is the line through the points, Interp1D by default.
	Interpolation Interpolation

	// PolynomialDegree is the degree of the Polynomial interpolation, 1 (a straight
	// line, which has no knee) to 100; 0 means 7. Of too few points for it, the
	// coefficients are those of least norm.
	PolynomialDegree int
}

// KneeResult is what [KneeLocator.Find] found, and the curves that it looked
// at, for plotting. All slices along the curve have one element per point.
type KneeResult struct {
	// Found reports whether there is a knee. Without one, the four values below
	// are 0 and the four slices behind them empty.
	Found bool
	// Knee is the x of the knee, always one of the x given, and KneeY the y
	// given there.
	Knee, KneeY float64
	// NormKnee and NormKneeY are the same point on the normalised curve. That
	// curve is mirrored where it has to be made concave and increasing
	// (Concave with Decreasing, Convex with Increasing), so NormKnee counts
	// from the right end there.
	NormKnee, NormKneeY float64

	// AllKnees are the knees in the order found, the others their values. More
	// than one is found only with Online.
	AllKnees, AllKneesY         []float64
	AllNormKnees, AllNormKneesY []float64

	// SmoothY is the interpolated line at each x (Ds_y in kneed).
	SmoothY []float64
	// XNormalized and YNormalized are the line scaled to 0…1 and turned so that
	// it is concave and increasing.
	XNormalized, YNormalized []float64
	// XDifference and YDifference are the difference curve: how far the
	// normalised line lies above the diagonal. Its local maxima are the
	// candidates.
	XDifference, YDifference []float64
	// Maxima and Minima are the indices of the local extrema of the difference
	// curve, plateaus and ends included.
	Maxima, Minima []int
	// Thresholds has one value per maximum: where the difference curve falls
	// below it before the next extremum, the maximum is a knee (Tmx in kneed).
	Thresholds []float64
}

// Find returns the knee of the points (x[i], y[i]), with x strictly rising and
// both of the same length. A curve without a knee, which includes a single
// point and a constant y, has a result with Found false and no error.
//
// Errors: [ErrWidth] for x and y of different length, [ErrEmpty] for no points,
// [ErrNotFinite] for NaN and ±Inf, [ErrCurve] for x that does not rise and for
// numbers that leave the range of float64 in the polynomial, [ErrOption] for a
// parameter that makes no sense.
func (l KneeLocator) Find(x, y []float64) (KneeResult, error) {
	s, degree, err := l.parameters()
	if err != nil {
		return KneeResult{}, err
	}
	if err := checkCurve(x, y); err != nil {
		return KneeResult{}, err
	}

	var r KneeResult
	r.SmoothY = slices.Clone(y)
	if l.Interpolation == Polynomial && len(x) > 2 {
		if r.SmoothY, err = polynomialFit(x, y, degree); err != nil {
			return KneeResult{}, err
		}
	}
	r.XNormalized = normalize(x)
	r.YNormalized = normalize(r.SmoothY)
	l.turn(r.XNormalized, r.YNormalized)
	r.XDifference = slices.Clone(r.XNormalized)
	r.YDifference = floats.SubTo(make([]float64, len(x)), r.YNormalized, r.XNormalized)
	if constant(y) || constant(r.SmoothY) || l.Interpolation == Polynomial && degree == 1 {
		return r, nil
	}
	r.Maxima, r.Minima = extrema(r.YDifference)

	steps := make([]float64, len(x)-1)
	floats.SubTo(steps, r.XNormalized[1:], r.XNormalized[:len(steps)])
	drop := float64(s * math.Abs(numpySum(steps)/float64(len(steps))))
	for _, i := range r.Maxima {
		r.Thresholds = append(r.Thresholds, r.YDifference[i]-drop)
	}

	l.search(x, y, &r)
	return r, nil
}

// parameters returns S and the degree with their defaults in place.
func (l KneeLocator) parameters() (s float64, degree int, err error) {
	s, degree = 1, cmp.Or(l.PolynomialDegree, defaultDegree)
	if l.S != nil {
		s = *l.S
	}
	switch {
	case !(s >= 0) || math.IsInf(s, 1):
		err = fmt.Errorf("%w: S is %v; it must be a finite number of at least 0", ErrOption, s)
	case l.Curve != Concave && l.Curve != Convex:
		err = fmt.Errorf("%w: %v is unknown; Curve must be Concave or Convex", ErrOption, l.Curve)
	case l.Direction != Increasing && l.Direction != Decreasing:
		err = fmt.Errorf("%w: %v is unknown; Direction must be Increasing or Decreasing", ErrOption, l.Direction)
	case l.Interpolation != Interp1D && l.Interpolation != Polynomial:
		err = fmt.Errorf("%w: %v is unknown; Interpolation must be Interp1D or Polynomial", ErrOption, l.Interpolation)
	case degree < 1 || degree > maxDegree:
		err = fmt.Errorf("%w: PolynomialDegree is %d; it must lie in 1 to %d, or be 0 for %d", ErrOption, degree, maxDegree, defaultDegree)
	}
	return s, degree, err
}

func checkCurve(x, y []float64) error {
	if len(x) != len(y) {
		return fmt.Errorf("%w: x has %d points and y has %d; they must have the same number", ErrWidth, len(x), len(y))
	}
	if len(x) == 0 {
		return fmt.Errorf("%w: x and y hold no points; give one at least", ErrEmpty)
	}
	for i := range x {
		switch {
		case !num.Finite(x[i]):
			return fmt.Errorf("%w: x[%d] is %v", ErrNotFinite, i, x[i])
		case !num.Finite(y[i]):
			return fmt.Errorf("%w: y[%d] is %v", ErrNotFinite, i, y[i])
		case i > 0 && x[i] <= x[i-1]:
			return fmt.Errorf("%w: x[%d] is %v and x[%d] before it %v; x must rise from point to point, so sort the points and merge equal x",
				ErrCurve, i, x[i], i-1, x[i-1])
		}
	}
	return nil
}

// mirrored reports whether the curve is turned from left to right.
func (l KneeLocator) mirrored() bool { return (l.Curve == Convex) != (l.Direction == Decreasing) }

// turn mirrors the normalised curve to be concave and increasing.
func (l KneeLocator) turn(x, y []float64) {
	if l.Curve == Convex {
		top := floats.Max(y)
		for i := range y {
			y[i] = top - y[i]
		}
	}
	if !l.mirrored() {
		return
	}
	slices.Reverse(y)
	mirror := make([]float64, len(x))
	for i, v := range x {
		mirror[len(x)-1-i] = 1 - v
	}
	// Where only rounding differs, x stays: with S = 1 the last bit can decide,
	// and is to be that of kneed.
	if floats.Distance(mirror, x, math.Inf(1)) > 1e-12 {
		copy(x, mirror)
	}
}

// search walks along the difference curve and fills the knees of r.
func (l KneeLocator) search(x, y []float64, r *KneeResult) {
	seen := -1       // the candidate that was last called a knee
	candidate := -1  // index of the last maximum passed
	threshold := 0.0 // what the curve must fall below
	active := false  // no minimum passed since the candidate
	for i := range len(x) - 1 {
		if at, ok := slices.BinarySearch(r.Maxima, i); ok {
			candidate, threshold, active = i, r.Thresholds[at], true
		}
		// A point of a plateau is both; there the search pauses too.
		if _, ok := slices.BinarySearch(r.Minima, i); ok {
			active = false
		}
		if !active || candidate == seen || r.YDifference[i+1] >= threshold {
			continue
		}
		seen = candidate
		at := candidate
		if l.mirrored() {
			at = len(x) - 1 - candidate
		}
		r.Found = true
		r.Knee, r.KneeY = x[at], y[at]
		r.NormKnee, r.NormKneeY = r.XNormalized[candidate], r.YNormalized[candidate]
		r.AllKnees = append(r.AllKnees, r.Knee)
		r.AllKneesY = append(r.AllKneesY, r.KneeY)
		r.AllNormKnees = append(r.AllNormKnees, r.NormKnee)
		r.AllNormKneesY = append(r.AllNormKneesY, r.NormKneeY)
		if !l.Online {
			return
		}
	}
}

// normalize scales a to 0…1; a constant a becomes 0.
func normalize(a []float64) []float64 {
	lo, hi, scale := floats.Min(a), floats.Max(a), 1.0
	if math.IsInf(hi-lo, 0) {
		scale = 0.5
	}
	out := make([]float64, len(a))
	if hi == lo {
		return out
	}
	for i, v := range a {
		out[i] = (float64(v*scale) - float64(lo*scale)) / (float64(hi*scale) - float64(lo*scale))
	}
	return out
}

func constant(a []float64) bool {
	return !slices.ContainsFunc(a, func(v float64) bool { return v != a[0] })
}

// extrema returns the indices at which a is not below, and not above, either
// neighbour. An end has one neighbour.
func extrema(a []float64) (maxima, minima []int) {
	for i, v := range a {
		left, right := a[max(i-1, 0)], a[min(i+1, len(a)-1)]
		if v >= left && v >= right {
			maxima = append(maxima, i)
		}
		if v <= left && v <= right {
			minima = append(minima, i)
		}
	}
	return maxima, minima
}

// numpySum adds in the order in which NumPy does, pairwise within buffers of 8192
// elements: on a curve that runs flat, with S = 1, the last bit of the mean step
// decides whether there is a knee.
func numpySum(a []float64) float64 {
	s := 0.0
	for buffer := range slices.Chunk(a, 8192) {
		s += pairwiseSum(buffer)
	}
	return s
}

func pairwiseSum(a []float64) float64 {
	const block, lanes = 128, 8
	switch n := len(a); {
	case n < lanes:
		s := 0.0
		for _, v := range a {
			s += v
		}
		return s
	case n <= block:
		var r [lanes]float64
		copy(r[:], a)
		i := lanes
		for ; i+lanes <= n; i += lanes {
			for k, v := range a[i : i+lanes] {
				r[k] += v
			}
		}
		s := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
		for _, v := range a[i:] {
			s += v
		}
		return s
	default:
		half := n / 2
		half -= half % lanes
		return pairwiseSum(a[:half]) + pairwiseSum(a[half:])
	}
}

// polynomialFit returns the values at x of the least-squares polynomial. Like
// numpy.polyfit it scales the columns of the Vandermonde matrix to length one
// and drops singular values below len(x)·ε of the largest.
func polynomialFit(x, y []float64, degree int) ([]float64, error) {
	n, m := len(x), degree+1
	// A row for each power: its values at x, and the unit vector of its place.
	powers := make([][]float64, m)
	for j := range powers {
		powers[j] = make([]float64, n+m)
		powers[j][n+j] = 1
	}
	for i, v := range x {
		p := 1.0
		for j := m - 1; j >= 0; j-- {
			powers[j][i] = p
			p *= v
		}
	}
	scale := make([]float64, m)
	for j, row := range powers {
		sum := num.Dot(row[:n], row[:n])
		if math.IsInf(sum, 0) || sum == 0 {
			return nil, fmt.Errorf("%w: x from %v to %v leaves the range of float64 when raised to degree %d; rescale x or use Interp1D",
				ErrCurve, x[0], x[n-1], m-1-j)
		}
		scale[j] = math.Sqrt(sum)
		for i := range n {
			row[i] /= scale[j]
		}
	}
	floor := 0.0
	for _, row := range powers {
		floor += float64(0x1p-104 * num.Dot(row[:n], row))
	}
	if !num.Jacobi(context.Background(), powers, n, floor) {
		return nil, fmt.Errorf("%w: the polynomial of degree %d cannot be fitted; lower PolynomialDegree or use Interp1D", ErrCurve, degree)
	}
	largest := 0.0
	for _, row := range powers {
		largest = max(largest, num.Dot(row[:n], row[:n]))
	}
	smallest := float64(n) * 0x1p-52 * math.Sqrt(largest)
	coef := make([]float64, m)
	for _, row := range powers {
		square := num.Dot(row[:n], row[:n])
		if math.Sqrt(square) <= smallest {
			continue
		}
		along := num.Dot(row[:n], y) / square
		for j := range coef {
			coef[j] += float64(row[n+j] * along)
		}
	}
	fit := make([]float64, n)
	for i, xi := range x {
		for j, c := range coef {
			fit[i] = float64(fit[i]*xi) + c/scale[j]
		}
		if !num.Finite(fit[i]) {
			return nil, fmt.Errorf("%w: the polynomial of degree %d leaves the range of float64 at x[%d] = %v; rescale the curve or use Interp1D",
				ErrCurve, degree, i, xi)
		}
	}
	return fit, nil
}
