package engine

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// clusterSums are the sufficient statistics of k clusters: the exact sums of their values,
// for each cluster the high parts of all columns and then the low ones (see bins), and the
// number of their rows. Where rows are weighted the last column is the weight.
type clusterSums struct {
	k, values int
	sum       []float64
	rows      []float64
}

func newClusterSums(k, values int) *clusterSums {
	return &clusterSums{k: k, values: values, sum: make([]float64, 2*k*values), rows: make([]float64, k)}
}

func (t *clusterSums) reset() {
	clear(t.sum)
	clear(t.rows)
}

// add adds the first clusters of o, as many as t has.
func (t *clusterSums) add(o *clusterSums) {
	floats.Add(t.sum, o.sum[:len(t.sum)])
	floats.Add(t.rows, o.rows[:len(t.rows)])
}

// move takes a row from one cluster to another; −1 stands for none.
func (t *clusterSums) move(g *bins, row []float64, from, to int32) {
	w := 2 * t.values
	var out []float64
	if from >= 0 {
		out = t.sum[w*int(from):][:w]
		t.rows[from]--
	}
	t.rows[to]++
	g.move(row, out, t.sum[w*int(to):][:w])
}

// sumsSingly reports whether rows of so many values are better added to k clusters one by
// one than block by block, once for each three clusters.
func sumsSingly(k, values int) bool { return k > 4 && values > narrow }

// addRows adds n blocks of rows to the first k clusters by their labels, of which
// −1 stands for none. part has room for the sums of three clusters.
func (t *clusterSums) addRows(v block, n int, labels []int32, k int, g *bins, part, row []float64) {
	if sumsSingly(k, v.d) {
		for i, l := range labels[:n*lanes] {
			if l >= 0 {
				v.get(i, row)
				t.move(g, row, -1, l)
			}
		}
		return
	}
	w := 2 * v.d
	for at := 0; at < k; at += 3 {
		m := min(3, k-at)
		v.moments(n, labels, at, m, g, part)
		rows := count(labels, n, at)
		for i := range m {
			t.rows[at+i] += float64(rows[i])
			floats.Add(t.sum[(at+i)*w:][:w], part[i*w:][:w])
		}
	}
}

// weight returns the weight of cluster c of rows of d columns.
func (t *clusterSums) weight(c, d int) float64 {
	if t.values == d {
		return t.rows[c]
	}
	return t.total(c, d)
}

// total returns the sum of column j in cluster c, rounded once.
func (t *clusterSums) total(c, j int) float64 {
	o := 2 * t.values * c
	return t.sum[o+j] + t.sum[o+t.values+j]
}

// means writes the centroids to c, k×d. A cluster of no weight keeps its own.
func (t *clusterSums) means(c []float64, d int) {
	for i := range t.k {
		w := t.weight(i, d)
		if !(w > 0) {
			continue
		}
		for j := range d {
			c[i*d+j] = t.total(i, j) / w
		}
	}
}

// empty reports whether some cluster has no weight.
func (t *clusterSums) empty(d int) bool {
	for i := range t.k {
		if !(t.weight(i, d) > 0) {
			return true
		}
	}
	return false
}

func (t *clusterSums) mean(d int) []float64 {
	out := make([]float64, d)
	w := 0.0
	for i := range t.k {
		w += t.weight(i, d)
		for j := range out {
			out[j] += t.total(i, j)
		}
	}
	for j := range out {
		out[j] /= w
	}
	return out
}

// between returns the inertia between the clusters, of their means about the centre: the
// total inertia less that within. Each difference is taken from the exact sums with one
// rounding, so that it is right too where the means lie far from 0.
func (t *clusterSums) between(centre []float64) float64 {
	sum := 0.0
	for i := range t.k {
		w := t.weight(i, len(centre))
		if !(w > 0) {
			continue
		}
		o := 2 * t.values * i
		for j, m := range centre {
			e := math.FMA(-w, m, t.sum[o+j]) + t.sum[o+t.values+j]
			sum += float64(e * e / w)
		}
	}
	return sum
}
