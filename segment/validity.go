package segment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// ErrLabels means labels that a validity index has no value for: one below 0, a
// single cluster, or as many clusters as rows.
var ErrLabels = errors.New("segment: unfit labels")

// CalinskiHarabasz returns the ratio of the variance between clusters to that
// within them, each divided by its degrees of freedom,
//
//	(B/(k−1)) / (W/(n−k)),
//
// for the n×d matrix x, each row an observation, with the cluster of each row
// in labels. Larger is better; it is 1 if all rows lie on their centroids.
// Labels and errors are as for [Silhouette].
//
// Caliński, Harabasz (1974). A dendrite method for cluster analysis. Commun.
// Stat. 3, 1–27. https://doi.org/10.1080/03610927408827101. Equal to
// calinski_harabasz_score of scikit-learn.
func CalinskiHarabasz(ctx context.Context, x mat.Matrix, labels []int) (float64, error) {
	ctx = orBackground(ctx)
	g, err := newGroups(ctx, x, labels)
	if err != nil {
		return 0, err
	}
	between, within := 0.0, 0.0
	for j, column := range g.columns {
		if err := cause.Of(ctx); err != nil {
			return 0, err
		}
		mean := 0.0
		for _, v := range column {
			mean += v
		}
		mean /= float64(len(column))
		for c, size := range g.sizes {
			d := g.centroids[c][j] - mean
			between += float64(size * d * d)
		}
		for i, v := range column {
			d := v - g.centroids[g.cluster[i]][j]
			within += float64(d * d)
		}
	}
	if within == 0 {
		return 1, nil
	}
	n, k := float64(len(labels)), float64(len(g.names))
	return between * (n - k) / (within * (k - 1)), nil
}

// DaviesBouldin returns the mean, over the clusters, of how much each overlaps
// the one most like it: (sᵢ+sⱼ)/dᵢⱼ, with s the mean distance of the rows of a
// cluster to its centroid and d the distance of two centroids. x is an n×d
// matrix, each row an observation, and labels hold the cluster of each row.
// Smaller is better, 0 the best. Clusters with the same centroid are left out
// of the comparison. Labels and errors are as for [Silhouette].
//
// Davies, Bouldin (1979). A cluster separation measure. IEEE PAMI 1, 224–227.
// https://doi.org/10.1109/TPAMI.1979.4766909. Equal to davies_bouldin_score of
// scikit-learn, but where that returns 0, for distances below 1e-8, or loses digits,
// for rows on their centroid or far from the origin.
func DaviesBouldin(ctx context.Context, x mat.Matrix, labels []int) (float64, error) {
	ctx = orBackground(ctx)
	g, err := newGroups(ctx, x, labels)
	if err != nil {
		return 0, err
	}
	spread := make([]float64, len(g.names))
	row := make([]float64, len(g.columns))
	for i, c := range g.cluster {
		if i%1024 == 0 && ctx.Err() != nil {
			return 0, cause.Of(ctx)
		}
		for j, column := range g.columns {
			row[j] = column[i]
		}
		spread[c] += distance(row, g.centroids[c])
	}
	for c, size := range g.sizes {
		spread[c] /= size
	}
	sum := 0.0
	for a := range spread {
		worst := 0.0
		for b := range spread {
			if d := distance(g.centroids[a], g.centroids[b]); d > 0 {
				worst = max(worst, (spread[a]+spread[b])/d)
			}
		}
		sum += worst
	}
	return sum / float64(len(spread)), nil
}

// AdjustedRand returns how far two labelings of the same rows agree, corrected
// for chance: 1 if they are the same up to the names of the clusters, near 0 if
// they are independent, −0.5 at the least. Any numbers are labels here.
//
// Errors: [ErrEmpty] for no labels, [ErrWidth] for different lengths, and that
// of ctx.
//
// Hubert, Arabie (1985). Comparing partitions. J. Classif. 2, 193–218.
// https://doi.org/10.1007/BF01908075. Equal to adjusted_rand_score of
// scikit-learn.
func AdjustedRand(ctx context.Context, a, b []int) (float64, error) {
	ctx = orBackground(ctx)
	if len(a) != len(b) {
		return 0, fmt.Errorf("%w: the first labeling has %d labels and the second %d; they must label the same rows", ErrWidth, len(a), len(b))
	}
	if len(a) == 0 {
		return 0, fmt.Errorf("%w: the labelings hold no labels", ErrEmpty)
	}
	rows, columns := map[int]int{}, map[int]int{}
	cells := map[[2]int]int{}
	for i := range a {
		if i%1024 == 0 && ctx.Err() != nil {
			return 0, cause.Of(ctx)
		}
		rows[a[i]]++
		columns[b[i]]++
		cells[[2]int{a[i], b[i]}]++
	}
	// Ordered pairs of rows that share a cluster. The sums are whole numbers
	// below 2^53 up to 94 million rows, so the order of the maps is no matter.
	n := float64(len(a))
	pairs := float64(n * (n - 1))
	both, inA, inB := ordered(cells), ordered(rows), ordered(columns)
	if inA == both && inB == both {
		return 1, nil
	}
	onlyA, onlyB := inA-both, inB-both
	neither := pairs - both - onlyA - onlyB
	return 2 * (float64(both*neither) - float64(onlyA*onlyB)) /
		(float64((both+onlyA)*(onlyA+neither)) + float64((both+onlyB)*(onlyB+neither))), nil
}

// ordered counts the ordered pairs of different elements within the sets of the
// given sizes.
func ordered[K comparable](sizes map[K]int) float64 {
	pairs := 0
	for _, size := range sizes {
		pairs += size * (size - 1)
	}
	return float64(pairs)
}

// partition is a labeling with its clusters numbered from 0 up without gaps.
type partition struct {
	names   []int     // label of each cluster, ascending
	sizes   []float64 // number of rows of each cluster, or their weight
	cluster []int     // cluster of each row
}

// newPartition checks that the labels fit x and a validity index. Nil weights
// are all 1.
func newPartition(x mat.Matrix, labels []int, weights []float64) (partition, error) {
	n, d := num.Dims(x)
	if n == 0 || d == 0 {
		return partition{}, fmt.Errorf("%w: the matrix is %d×%d", ErrEmpty, n, d)
	}
	if len(labels) != n {
		return partition{}, fmt.Errorf("%w: %d labels for %d rows; there must be one for each", ErrWidth, len(labels), n)
	}
	if err := checkWeights(weights, n); err != nil {
		return partition{}, err
	}
	var p partition
	p.names = slices.Clone(labels)
	slices.Sort(p.names)
	p.names = slices.Compact(p.names)
	if p.names[0] < 0 {
		return partition{}, fmt.Errorf("%w: row %d has label %d; labels are numbers from 0 up",
			ErrLabels, slices.Index(labels, p.names[0]), p.names[0])
	}
	p.sizes = make([]float64, len(p.names))
	p.cluster = make([]int, n)
	rows := 0.0
	for i, label := range labels {
		c, _ := slices.BinarySearch(p.names, label)
		p.cluster[i] = c
		p.sizes[c] += weightOf(weights, i)
		rows += weightOf(weights, i)
	}
	k := 0
	for _, size := range p.sizes {
		if size > 0 {
			k++
		}
	}
	if k < 2 || float64(k) >= rows {
		return partition{}, fmt.Errorf("%w: clusters: %d, rows: %v; there must be at least 2 clusters, and fewer clusters than rows", ErrLabels, k, rows)
	}
	return p, nil
}

// weightOf returns the weight of row i; nil weights are all 1.
func weightOf(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// groups is a partition with its rows and centroids.
type groups struct {
	partition
	columns   [][]float64 // columns[j][i] is column j of row i, scaled
	centroids [][]float64
}

func newGroups(ctx context.Context, x mat.Matrix, labels []int) (groups, error) {
	if err := cause.Of(ctx); err != nil {
		return groups{}, err
	}
	p, err := newPartition(x, labels, nil)
	if err != nil {
		return groups{}, err
	}
	if err := finite(x, "the matrix"); err != nil {
		return groups{}, err
	}
	g := groups{partition: p, columns: scaledColumns(x, rows.Spread(len(labels), len(labels)))}
	g.centroids = make([][]float64, len(p.names))
	for c := range g.centroids {
		g.centroids[c] = make([]float64, len(g.columns))
	}
	for j, column := range g.columns {
		if err := cause.Of(ctx); err != nil {
			return groups{}, err
		}
		for i, v := range column {
			g.centroids[p.cluster[i]][j] += v
		}
		for c, size := range p.sizes {
			g.centroids[c][j] /= size
		}
	}
	return g, nil
}

// scaledColumns returns the columns of x with the rows in the given order, divided
// by one power of two that keeps squares within the range of float64. Columns that do
// not vary become 0 where they are much larger than the others, beside which their
// means would be rounded.
func scaledColumns(x mat.Matrix, order []int) [][]float64 {
	n, d := x.Dims()
	largest := 0.0
	columns := make([][]float64, d)
	for j := range columns {
		columns[j] = make([]float64, n)
		most := 0.0
		for p, i := range order {
			columns[j][p] = x.At(i, j)
			most = max(most, math.Abs(columns[j][p]))
		}
		if most > largest && !constant(columns[j]) {
			largest = most
		}
	}
	for _, column := range columns {
		if math.Abs(column[0])*0x1p-30 > largest && constant(column) {
			clear(column)
		}
	}
	shift := 0
	switch _, exponent := math.Frexp(largest); {
	case exponent < -256:
		shift = -exponent
	case exponent > 256:
		shift = 256 - exponent // not to 1: small differences are to keep their squares
	}
	if shift == 0 {
		return columns
	}
	for _, column := range columns {
		for p := range column {
			column[p] = math.Ldexp(column[p], shift)
		}
	}
	return columns
}

// distance returns the Euclidean distance of two points.
func distance(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		d := a[j] - b[j]
		sum += float64(d * d)
	}
	return math.Sqrt(sum)
}
