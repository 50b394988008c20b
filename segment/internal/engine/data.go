package engine

import (
	"context"
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// narrow is the number of columns up to which the kernels hold a row against one centroid
// at a time, beyond against two: for k = 10 a row of 8 columns takes 7.5 ns by one and 7.3
// by two, of 10 9.4 and 8.6, of 16 14.3 and 12.5. Bounds are used beyond it too.
const narrow = 8

var inf = math.Inf(1)

// Data is a set of rows to be clustered: n×d values, row by row, and a weight
// for each row (nil: every row weighs 1). It may be shared between goroutines.
type Data struct {
	Rows, Cols int
	X          []float64
	Weights    []float64

	// Centroids is the number of centroids of all fits that are to come, 0 for
	// any number: whether a tree pays depends on it.
	Centroids int

	// Unequal is set where weights are so unequal that sums of the bins lose the
	// light ones: each cluster has sums of its own then, see Options.OwnSums.
	Unequal bool

	once        struct{ magnitudes, bins, points, tree, levels, cells, variance sync.Once }
	g           *bins
	most        []float64 // the greatest magnitude of each column
	all         *points
	t           *tree
	sets, finer []*points // see levels
	cells       []*points // sets for many centroids
	labels      sync.Pool // of *[]int32, see Reuse

	// variance is the mean over the columns of the population variance, to
	// which tolerances are relative.
	variance float64
}

// New returns a Data of x, n×d, whose elements are not copied where they lie
// row by row. Weights, when not nil, has n entries.
func New(x mat.Matrix, weights []float64) *Data {
	n, d := x.Dims()
	return &Data{Rows: n, Cols: d, X: RowMajor(x), Weights: weights}
}

// RowMajor returns the elements of x row by row: its own backing slice where it is
// contiguous already, else a copy.
func RowMajor(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if r, ok := x.(mat.RawMatrixer); ok && r.RawMatrix().Stride == d {
		return r.RawMatrix().Data[:n*d]
	}
	return mat.DenseCopyOf(x).RawMatrix().Data
}

// Reuse takes labels of a Result that nobody needs any more: the next takes their place.
func (a *Data) Reuse(labels []int32) { a.labels.Put(&labels) }

// newLabels returns room for a label of each row.
func (a *Data) newLabels() []int32 {
	if l, ok := a.labels.Get().(*[]int32); ok {
		return *l
	}
	return make([]int32, a.Rows)
}

func (a *Data) row(i int) []float64 { return a.X[i*a.Cols : (i+1)*a.Cols : (i+1)*a.Cols] }

func (a *Data) weight(i int) float64 { return weights(a.Weights).of(i) }

// weights are those of rows; nil where every row weighs 1.
type weights []float64

func (w weights) of(i int) float64 {
	if w == nil {
		return 1
	}
	return w[i]
}

// weigh writes what is summed of a row: its values times its weight and then, where
// there is room, the weight.
func weigh(row []float64, w float64, out []float64) {
	for j, v := range row {
		out[j] = w * v
	}
	if len(out) > len(row) {
		out[len(row)] = w
	}
}

// bins returns the bins of the values that are summed: the columns, times the weights and
// followed by the weights where there are any.
func (a *Data) bins() *bins {
	a.once.bins.Do(func() {
		if a.Weights == nil {
			a.g = newBins(a.Rows, a.magnitudes())
			return
		}
		d := a.Cols
		a.g = newBins(a.Rows, a.mostOf(d+1, func(from, to int, most []float64) {
			value := make([]float64, d+1)
			for i := from; i < to; i++ {
				weigh(a.row(i), a.Weights[i], value)
				greatest(value, most)
			}
		}))
	})
	return a.g
}

// magnitudes returns the greatest magnitude of each column.
func (a *Data) magnitudes() []float64 {
	a.once.magnitudes.Do(func() {
		a.most = a.mostOf(a.Cols, func(from, to int, most []float64) {
			greatest(a.X[from*a.Cols:to*a.Cols], most)
		})
	})
	return a.most
}

// mostOf returns the greatest of what raise finds in ranges of rows.
func (a *Data) mostOf(values int, raise func(from, to int, most []float64)) []float64 {
	most := make([]float64, values)
	for _, part := range parts(context.Background(), 0, a.Rows, func(from, to int) []float64 {
		part := make([]float64, values)
		raise(from, to, part)
		return part
	}) {
		for j, v := range part {
			most[j] = max(most[j], v)
		}
	}
	return most
}

// Finite reports whether all values are finite.
func (a *Data) Finite() bool {
	for _, m := range a.magnitudes() { // NaN and Inf come through
		if m-m != 0 {
			return false
		}
	}
	return true
}

// greatest raises most to the greatest magnitude of each column of x.
func greatest(x, most []float64) {
	d := len(most)
	if d == 3 {
		// Three columns are the common case, and worth registers.
		p, q, r := most[0], most[1], most[2]
		for ; len(x) >= 3; x = x[3:] {
			p, q, r = max(p, math.Abs(x[0])), max(q, math.Abs(x[1])), max(r, math.Abs(x[2]))
		}
		most[0], most[1], most[2] = p, q, r
		return
	}
	for ; len(x) >= d; x = x[d:] {
		for j, v := range x[:d] {
			most[j] = max(most[j], math.Abs(v))
		}
	}
}

// Variance returns the mean over the columns of the (weighted) population variance.
func (a *Data) Variance() float64 {
	a.once.variance.Do(func() {
		d := a.Cols
		first := a.row(0)
		mean := a.mean(func(row, out []float64) {
			for j, v := range row {
				out[j] = v - first[j]
			}
		})
		for j := range mean {
			mean[j] += first[j]
		}
		for _, v := range a.mean(func(row, out []float64) {
			for j, v := range row {
				e := v - mean[j]
				out[j] = float64(e * e)
			}
		}) {
			a.variance += v / float64(d)
		}
	})
	return a.variance
}

// mean returns the weighted means of what f makes of the rows.
func (a *Data) mean(f func(row, out []float64)) []float64 {
	d := a.Cols
	total := make([]float64, d+1)
	for _, part := range parts(context.Background(), 0, a.Rows, func(from, to int) []float64 {
		part, values := make([]float64, d+1), make([]float64, d)
		for i := from; i < to; i++ {
			w := a.weight(i)
			f(a.row(i), values)
			for j, v := range values {
				part[j] += float64(w * v)
			}
			part[d] += w
		}
		return part
	}) {
		floats.Add(total, part)
	}
	for j := range d {
		total[j] /= total[d]
	}
	return total[:d]
}

// SquaredDistance returns the squared Euclidean distance of two rows: the square of the
// first difference, to which those of the further columns are added in order by fused
// multiply-adds (one rounding each). Every kernel computes it in this very way, so that
// all return the same bits.
func SquaredDistance(a, b []float64) float64 {
	e := a[0] - b[0]
	s := float64(e * e)
	for j := 1; j < len(a); j++ {
		e := a[j] - b[j]
		s = math.FMA(e, e, s)
	}
	return s
}

// Nearest returns the index of the centroid (k×d, row by row) that is nearest
// to x, the lowest index among equals, and the squared distance to it.
func Nearest(x, centroids []float64) (int, float64) {
	best, least := 0, SquaredDistance(x, centroids)
	d := len(x)
	for c, o := 1, d; o < len(centroids); c, o = c+1, o+d {
		if s := SquaredDistance(x, centroids[o:o+d]); s < least {
			best, least = c, s
		}
	}
	return best, least
}
