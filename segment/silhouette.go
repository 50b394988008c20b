package segment

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// SilhouetteScores are how well rows fit their clusters. A score lies in −1…1:
// near 1 the row is far from every other cluster, at 0 it lies between two,
// below 0 it is nearer to another cluster than to its own.
type SilhouetteScores struct {
	// Mean is the (weighted) mean over all rows.
	Mean float64
	// Clusters are the labels that occur, ascending, and PerCluster the
	// (weighted) mean over the rows of each. Where labels run from 0 to k−1 and
	// none is empty, PerCluster[c] belongs to cluster c.
	Clusters   []int
	PerCluster []float64
	// PerRow is the score of each row.
	PerRow []float64
}

// SilhouetteOptions are how silhouettes are computed. The zero value weighs all
// rows equally.
type SilhouetteOptions struct {
	// Weights, when not nil, is how often each row counts, a number from 0: the
	// scores are those of rows that are repeated as often. They must not be
	// shares, which would make parts of rows of them.
	Weights []float64
}

// Silhouette returns the silhouettes of the n×d matrix x, each row an
// observation, with the cluster of each row in labels. With a the mean distance
// (Euclidean) of a row to the others of its cluster and b the least of its mean
// distances to another cluster, the score of the row is (b−a)/max(a, b), and 0
// if it is alone in its cluster. With weights w, a is Σ w·distance / (W−1) for
// the weight W of its cluster (W less its own weight, where that is below 1),
// and b the least Σ w·distance / W.
//
// Labels are numbers from 0 up; they need not be contiguous. It takes O(n²·d)
// time on all processors and O(n·d) memory. The bits are the same whatever
// GOMAXPROCS.
//
// Errors: [ErrEmpty] for no rows or columns, [ErrWidth] if there is not one
// label per row, [ErrLabels] for labels below 0 and unless there are at least 2
// clusters and fewer clusters than rows (or than their weight), [ErrNotFinite],
// [ErrOption] for weights that are not numbers from 0, and that of ctx.
//
// Rousseeuw (1987). Silhouettes: a graphical aid to the interpretation and
// validation of cluster analysis. J. Comput. Appl. Math. 20, 53–65.
// https://doi.org/10.1016/0377-0427(87)90125-7. Equal to silhouette_samples of
// scikit-learn.
func Silhouette(ctx context.Context, x mat.Matrix, labels []int, o SilhouetteOptions) (SilhouetteScores, error) {
	scores, err := Silhouettes(ctx, x, [][]int{labels}, o)
	if err != nil {
		return SilhouetteScores{}, err
	}
	return scores[0], nil
}

// Silhouettes returns the [Silhouette] scores of several labelings of the same
// rows, such as those of a sweep over k, in little more time than one takes:
// each distance is computed once. Beside other labelings, the scores of one may
// differ in the last bits.
func Silhouettes(ctx context.Context, x mat.Matrix, labelings [][]int, o SilhouetteOptions) ([]SilhouetteScores, error) {
	ctx = orBackground(ctx)
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	n, _ := num.Dims(x)
	parts := make([]partition, len(labelings))
	for l, labels := range labelings {
		var err error
		if parts[l], err = newPartition(x, labels, o.Weights); err != nil && len(parts) > 1 {
			err = fmt.Errorf("labeling %d of %d: %w", l+1, len(parts), err)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := finite(x, "the matrix"); err != nil || len(parts) == 0 {
		return nil, err
	}

	s := newSilhouetteSums(x, parts, o.Weights)
	scores := make([]SilhouetteScores, len(parts))
	for l := range scores {
		scores[l].PerRow = make([]float64, n)
	}
	if err := s.run(ctx, scores); err != nil {
		return nil, err
	}
	for l, p := range parts {
		scores[l].summarize(p, o.Weights)
	}
	return scores, nil
}

// summarize fills the means, adding in the order of the rows.
func (s *SilhouetteScores) summarize(p partition, weights []float64) {
	s.Clusters = p.names
	s.PerCluster = make([]float64, len(p.names))
	total := 0.0
	for i, v := range s.PerRow {
		w := weightOf(weights, i)
		s.Mean += float64(w * v)
		s.PerCluster[p.cluster[i]] += float64(w * v)
		total += w
	}
	s.Mean /= total
	for c, size := range p.sizes {
		if size > 0 {
			s.PerCluster[c] /= size
		}
	}
}

// silhouetteSums holds the rows sorted by cell, a set of rows that no labeling
// separates: distances are summed per cell, and cells added up to clusters.
type silhouetteSums struct {
	parts   []partition
	order   []int       // order[p] is the row at position p
	columns [][]float64 // columns[j][p], scaled
	weights []float64   // by position; nil where each row weighs 1
	ends    []int       // cell c ends before position ends[c]
	cells   [][][]int   // cells[l][k] are the cells of cluster k in labeling l
}

func newSilhouetteSums(x mat.Matrix, parts []partition, weights []float64) *silhouetteSums {
	n, _ := x.Dims()
	s := &silhouetteSums{parts: parts, order: rows.Spread(n, n)}
	compare := func(a, b int) int {
		for _, p := range parts {
			if c := cmp.Compare(p.cluster[a], p.cluster[b]); c != 0 {
				return c
			}
		}
		return 0
	}
	slices.SortStableFunc(s.order, compare)
	s.columns = scaledColumns(x, s.order)
	for len(s.columns) < 3 && weights == nil { // see sumDistances
		s.columns = append(s.columns, make([]float64, n))
	}
	if weights != nil {
		s.weights = make([]float64, n)
		for p, i := range s.order {
			s.weights[p] = weights[i]
		}
	}
	s.cells = make([][][]int, len(parts))
	for l, part := range parts {
		s.cells[l] = make([][]int, len(part.names))
	}
	for p := 1; p <= n; p++ {
		if p < n && compare(s.order[p-1], s.order[p]) == 0 {
			continue
		}
		for l, part := range parts {
			k := part.cluster[s.order[p-1]]
			s.cells[l][k] = append(s.cells[l][k], len(s.ends))
		}
		s.ends = append(s.ends, p)
	}
	return s
}

// rowsAtOnce is how many rows a worker takes between two looks at the context.
const rowsAtOnce = 16

// run fills PerRow. Every row is one worker's work alone, so the order in which
// workers finish changes nothing.
func (s *silhouetteSums) run(ctx context.Context, scores []SilhouetteScores) error {
	n := len(s.order)
	var next atomic.Int64
	var wg engine.Group
	for range min(runtime.GOMAXPROCS(0), (n+rowsAtOnce-1)/rowsAtOnce) {
		wg.Go(func() {
			sums := make([]float64, len(s.ends))
			squares := make([]float64, squaresAtOnce)
			for ctx.Err() == nil {
				lo := int(next.Add(rowsAtOnce)) - rowsAtOnce
				if lo >= n {
					return
				}
				for p := lo; p < min(lo+rowsAtOnce, n); p++ {
					s.sumDistances(p, sums, squares)
					for l := range s.parts {
						scores[l].PerRow[s.order[p]] = s.score(l, p, sums)
					}
				}
			}
		})
	}
	wg.Wait()
	return cause.Of(ctx)
}

// score returns the silhouette of the row at position p in labeling l, from the
// sums of its distances to the rows of each cell.
func (s *silhouetteSums) score(l, p int, sums []float64) float64 {
	part := s.parts[l]
	own := part.cluster[s.order[p]]
	others := part.sizes[own] - min(weightOf(s.weights, p), 1)
	if !(others > 0) {
		return 0
	}
	a, b := 0.0, math.Inf(1)
	for k, cells := range s.cells[l] {
		sum := 0.0
		for _, c := range cells {
			sum += sums[c]
		}
		if k == own {
			a = sum / others
		} else if part.sizes[k] > 0 {
			b = min(b, sum/part.sizes[k])
		}
	}
	if a == b {
		return 0 // also where both are 0: rows that coincide
	}
	return (b - a) / max(a, b)
}

// squaresAtOnce is the number of squared distances that stay in the nearest
// cache while the columns are run through.
const squaresAtOnce = 1024

// sumDistances sets sums[c] to the sum of the distances from the row at
// position p to the rows of cell c. The loop for the three dimensions that PCA
// leaves, or fewer, keeps everything in registers.
func (s *silhouetteSums) sumDistances(p int, sums, squares []float64) {
	lo := 0
	x := s.columns
	if len(x) != 3 || s.weights != nil {
		for c, hi := range s.ends {
			sum := 0.0
			for ; lo < hi; lo = min(lo+squaresAtOnce, hi) {
				sum += s.sumBlock(p, squares[:min(squaresAtOnce, hi-lo)], lo)
			}
			sums[c] = sum
		}
		return
	}
	at0, at1, at2 := x[0][p], x[1][p], x[2][p]
	for c, hi := range s.ends {
		x0 := x[0][lo:hi]
		x1 := x[1][lo:hi][:len(x0)]
		x2 := x[2][lo:hi][:len(x0)]
		sum := 0.0
		for i, v0 := range x0 {
			d0, d1, d2 := v0-at0, x1[i]-at1, x2[i]-at2
			sum += math.Sqrt(float64(d0*d0) + float64(d1*d1) + float64(d2*d2))
		}
		sums[c], lo = sum, hi
	}
}

// sumBlock returns the sum of the distances from the row at position p to those
// from position lo on, one for each element of squares.
func (s *silhouetteSums) sumBlock(p int, squares []float64, lo int) float64 {
	clear(squares)
	j, x := 0, s.columns
	for ; j+4 <= len(x); j += 4 {
		at0, at1, at2, at3 := x[j][p], x[j+1][p], x[j+2][p], x[j+3][p]
		x0 := x[j][lo:][:len(squares)]
		x1 := x[j+1][lo:][:len(squares)]
		x2 := x[j+2][lo:][:len(squares)]
		x3 := x[j+3][lo:][:len(squares)]
		for i := range squares {
			d0, d1, d2, d3 := x0[i]-at0, x1[i]-at1, x2[i]-at2, x3[i]-at3
			squares[i] += (float64(d0*d0) + float64(d1*d1)) + (float64(d2*d2) + float64(d3*d3))
		}
	}
	for ; j < len(x); j++ {
		at := x[j][p]
		column := x[j][lo:][:len(squares)]
		for i, v := range column {
			squares[i] += float64((v - at) * (v - at))
		}
	}
	sum := 0.0
	if s.weights != nil {
		for i, w := range s.weights[lo:][:len(squares)] {
			sum += float64(w * math.Sqrt(squares[i]))
		}
		return sum
	}
	for _, v := range squares {
		sum += math.Sqrt(v)
	}
	return sum
}
