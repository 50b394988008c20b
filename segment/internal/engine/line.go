package engine

import (
	"cmp"
	"slices"
)

// line finds the best clusters of points on a line, which are intervals: those of the first
// j points in m clusters follow from those of fewer points in m−1 (Wang & Song,
// Ckmeans.1d.dp: Optimal k-means Clustering in One Dimension by Dynamic Programming, The R
// Journal 3, 2011, doi:10.32614/RJ-2011-015). As the last interval never begins earlier for
// more points, it takes k·n·log n steps (Grønlund et al., Fast Exact k-Means, k-Medians and
// Bregman Divergence Clustering in 1D, 2017, arXiv:1701.07204).
type line struct {
	weight, sum, square []float64 // of the first i points, about the mean
	before, least       []float64 // least inertia of the first j points in one cluster less, and now
	begin               [][]int32 // where the last of m+1 clusters of the first j points begins
}

// onLine returns the centroids of the best k clusters of p, which has one column and at
// least k distinct points of positive weight, to the accuracy of differences of sums.
func onLine(p *points, k int) []float64 {
	var order []int
	mean, weight := 0.0, 0.0
	for i := range p.n {
		if w := p.w.of(i); w > 0 {
			order = append(order, i)
			weight += w
			mean += float64(w * p.rows[i])
		}
	}
	mean /= weight
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(p.rows[a], p.rows[b]), cmp.Compare(a, b)) })
	n := len(order)
	l := &line{
		weight: make([]float64, n+1), sum: make([]float64, n+1), square: make([]float64, n+1),
		before: make([]float64, n+1), least: make([]float64, n+1), begin: make([][]int32, k),
	}
	for at, i := range order {
		w, v := p.w.of(i), p.rows[i]-mean
		l.weight[at+1] = l.weight[at] + w
		l.sum[at+1] = l.sum[at] + float64(w*v)
		l.square[at+1] = l.square[at] + float64(w*v*v)
	}
	for m := range k {
		l.begin[m] = make([]int32, n+1)
		if m == 0 {
			for j := 1; j <= n; j++ {
				l.least[j] = l.inertia(0, j)
			}
			continue
		}
		l.before, l.least = l.least, l.before
		l.solve(m, m+1, n, m, n-1)
	}
	c := make([]float64, k)
	for m, j := k-1, n; m >= 0; m-- {
		i := int(l.begin[m][j])
		c[m] = mean + (l.sum[j]-l.sum[i])/(l.weight[j]-l.weight[i])
		j = i
	}
	return c
}

// inertia returns that of the points from i up to j about their mean.
func (l *line) inertia(i, j int) float64 {
	w := l.weight[j] - l.weight[i]
	s := l.sum[j] - l.sum[i]
	return max(0, l.square[j]-l.square[i]-float64(s*s/w))
}

// solve finds, for the first from to to points in m+1 clusters, where the last of them
// begins: between low and high.
func (l *line) solve(m, from, to, low, high int) {
	if from > to {
		return
	}
	j := (from + to) / 2
	best, at := inf, low
	for i := low; i <= min(high, j-1); i++ {
		if v := l.before[i] + l.inertia(i, j); v < best {
			best, at = v, i
		}
	}
	l.least[j], l.begin[m][j] = best, int32(at)
	l.solve(m, from, j-1, low, at)
	l.solve(m, j+1, to, at, high)
}
