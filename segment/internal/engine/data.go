// Package engine holds the inner loops of k-means: the rows in one contiguous
// block, k-means++ seeding and Lloyd's iteration over them. It checks nothing
// that package segment has checked already, and it never allocates inside an
// iteration.
package engine

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
)

// blockRows is the number of rows that are summed on their own before the
// partial sums are added up in the order of the blocks. It is fixed, so that
// the number of workers changes no bit of a result.
const blockRows = 2048

// Data is a set of rows to be clustered: n×d values, row by row, and a weight
// for each row (nil: every row weighs 1). It is not changed after New and may
// be shared between goroutines.
type Data struct {
	Rows, Cols int
	X          []float64
	Weights    []float64

	// Total is the sum of the weights, Variance the mean over the columns of
	// the population variance, to which tolerances are relative.
	Total    float64
	Variance float64

	// origin is a value of each column close to its mean. Sums are taken of
	// differences to it, so that a large common offset costs no precision,
	// while rows on a lattice (integers, say) keep exact differences.
	origin []float64
}

// New copies x, n×d, into a Data. Weights, when not nil, has n entries.
func New(x mat.Matrix, weights []float64) *Data {
	n, d := x.Dims()
	a := &Data{Rows: n, Cols: d, X: RowMajor(x), Weights: weights, origin: make([]float64, d)}
	a.Total = float64(n)
	if weights != nil {
		a.Total = 0
		for _, w := range weights {
			a.Total += w
		}
	}
	first := a.X[:d]
	mean := make([]float64, d)
	for i := 0; i < n; i++ {
		w := a.weight(i)
		for j, v := range a.row(i) {
			mean[j] += float64(w * (v - first[j]))
		}
	}
	for j := range mean {
		mean[j] = first[j] + mean[j]/a.Total
	}
	copy(a.origin, first)
	variance := make([]float64, d)
	for i := 0; i < n; i++ {
		w := a.weight(i)
		for j, v := range a.row(i) {
			e := v - mean[j]
			variance[j] += float64(w * float64(e*e))
			if o := a.origin[j] - mean[j]; abs(e) < abs(o) {
				a.origin[j] = v
			}
		}
	}
	for _, v := range variance {
		a.Variance += v / a.Total / float64(d)
	}
	return a
}

// RowMajor gives the elements of x row by row: its own backing slice where it
// is contiguous already, else a copy.
func RowMajor(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if r, ok := x.(mat.RawMatrixer); ok {
		raw := r.RawMatrix()
		if raw.Stride == d {
			return raw.Data[:n*d]
		}
		out := make([]float64, 0, n*d)
		for i := 0; i < n; i++ {
			out = append(out, raw.Data[i*raw.Stride:i*raw.Stride+d]...)
		}
		return out
	}
	out := make([]float64, 0, n*d)
	for i := 0; i < n; i++ {
		for j := 0; j < d; j++ {
			out = append(out, x.At(i, j))
		}
	}
	return out
}

func (a *Data) row(i int) []float64 { return a.X[i*a.Cols : (i+1)*a.Cols : (i+1)*a.Cols] }

func (a *Data) weight(i int) float64 {
	if a.Weights == nil {
		return 1
	}
	return a.Weights[i]
}

func (a *Data) blocks() int { return (a.Rows + blockRows - 1) / blockRows }

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}

// SquaredDistance is the squared Euclidean distance of two rows, the sum
// taken from the first column to the last.
func SquaredDistance(a, b []float64) float64 {
	var s float64
	for j, v := range a {
		e := v - b[j]
		s += float64(e * e)
	}
	return s
}

// Nearest gives the index of the centroid (k×d, row by row) that is nearest
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

// Nearest2 is Nearest with the squared distance to the second-nearest
// centroid too. With one centroid alone there is none: it is +Inf.
func Nearest2(x, centroids []float64) (best int, least, second float64) {
	d := len(x)
	least, second = inf, inf
	for c, o := 0, 0; o < len(centroids); c, o = c+1, o+d {
		s := SquaredDistance(x, centroids[o:o+d])
		switch {
		case s < least:
			best, least, second = c, s, least
		case s < second:
			second = s
		}
	}
	return best, least, second
}

// Parallel calls f for each i in [0, n) on at most the given number of
// goroutines (0: GOMAXPROCS), and stops early once ctx is done.
func Parallel(ctx context.Context, workers, n int, f func(i int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, n)
	if workers <= 1 {
		for i := 0; i < n && ctx.Err() == nil; i++ {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(i)
			}
		})
	}
	wg.Wait()
}
