package engine

import (
	"math"
	"os"
	"unsafe"
)

//go:generate go run ./_generate

// lanes is the number of rows that the kernels take at once. Arrays that they
// read and write are padded to a multiple of it.
const lanes = 16

// vector reports whether the assembly kernels are used (AVX2 with FMA on amd64, NEON on
// arm64), vector512 whether those in AVX-512 take over where there are any. They give the
// same bits as those in Go below, which define them; a comparison with NaN is false.
// SEGMENTATION_PUREGO=1 in the environment turns them off, the build tag purego leaves them
// out, GODEBUG=cpu.avx512f=off turns off those in AVX-512.
var vector, vector512 = hasVector && os.Getenv("SEGMENTATION_PUREGO") != "1", hasVector512

// block is a window on rows in structure-of-arrays blocks: value j of row i of
// block b is x[b*blockStep+j*colStep+i].
type block struct {
	x                  []float64
	blockStep, colStep int
	d                  int
}

// squared adds up, column by column, the squared distances of the 16 rows of
// block b from the point c. The order of the columns and the fused
// multiply-add are part of the meaning: see SquaredDistance.
func (v block) squared(b int, c []float64, acc *[lanes]float64) {
	for j, cj := range c[:v.d] {
		x := (*[lanes]float64)(v.x[b*v.blockStep+j*v.colStep:])
		if j == 0 {
			for i := range acc {
				e := cj - x[i]
				acc[i] = float64(e * e)
			}
			continue
		}
		for i := range acc {
			e := cj - x[i]
			acc[i] = math.FMA(e, e, acc[i])
		}
	}
}

// nearest writes for each row of n blocks the nearest of k points (row by row in c, the
// lowest among equals) and the squared distance to it. Where there are many columns and k
// is odd, c holds one more point at infinity, which is nearest to nothing.
func (v block) nearest(n int, c []float64, k int, labels []int32, dist []float64) {
	if n == 0 {
		return
	}
	if vector {
		_, _, _ = labels[n*lanes-1], dist[n*lanes-1], v.x[(n-1)*v.blockStep+(v.d-1)*v.colStep+lanes-1]
		if v.d <= narrow || k == 1 {
			_ = c[k*v.d-1]
			nearestVector(&v.x[0], n, v.blockStep, v.colStep, v.d, &c[0], k, &labels[0], &dist[0])
			return
		}
		k += k % 2
		_ = c[k*v.d-1]
		nearestWideVector(&v.x[0], n, v.blockStep, v.colStep, v.d, &c[0], k, &labels[0], &dist[0])
		return
	}
	var acc [lanes]float64
	for b := range n {
		best := (*[lanes]float64)(dist[b*lanes:])
		which := (*[lanes]int32)(labels[b*lanes:])
		for i := range best {
			best[i], which[i] = inf, 0
		}
		for p := range k {
			v.squared(b, c[p*v.d:(p+1)*v.d], &acc)
			for i, s := range acc {
				if s < best[i] {
					best[i], which[i] = s, int32(p)
				}
			}
		}
	}
}

// nearestTwo does as nearest, and returns the squared distance of the
// second-nearest point; with one point alone it is +Inf.
func (v block) nearestTwo(n int, c []float64, k int, labels []int32, dist, second []float64) {
	if vector && n > 0 {
		_, _, _, _ = labels[n*lanes-1], dist[n*lanes-1], second[n*lanes-1], c[k*v.d-1]
		_ = v.x[(n-1)*v.blockStep+(v.d-1)*v.colStep+lanes-1]
		nearestTwoVector(&v.x[0], n, v.blockStep, v.colStep, v.d, &c[0], k, &labels[0], &dist[0], &second[0])
		return
	}
	var acc [lanes]float64
	for b := range n {
		best, next := (*[lanes]float64)(dist[b*lanes:]), (*[lanes]float64)(second[b*lanes:])
		which := (*[lanes]int32)(labels[b*lanes:])
		for i := range best {
			best[i], next[i], which[i] = inf, inf, 0
		}
		for p := range k {
			v.squared(b, c[p*v.d:(p+1)*v.d], &acc)
			for i, s := range acc {
				if s < best[i] {
					best[i], next[i], which[i] = s, best[i], int32(p)
				} else if s < next[i] {
					next[i] = s
				}
			}
		}
	}
}

// relax returns the sum of min(near, squared distance to c), times the weights w where
// there are any, over n blocks, and where lower is set writes the minimum to near. The sum
// is taken in 16 lanes, one for each row of a block, which are added pairwise.
func (v block) relax(n int, c, near, w []float64, lower bool) float64 {
	var pot [lanes]float64
	if n > 0 && vector {
		_, _, _ = near[n*lanes-1], c[v.d-1], v.x[(n-1)*v.blockStep+(v.d-1)*v.colStep+lanes-1]
		var weights *float64
		if w != nil {
			_ = w[n*lanes-1]
			weights = &w[0]
		}
		if lower {
			relaxVector(&v.x[0], n, v.blockStep, v.colStep, v.d, &c[0], &near[0], weights, &pot)
		} else {
			potentialVector(&v.x[0], n, v.blockStep, v.colStep, v.d, &c[0], &near[0], weights, &pot)
		}
	} else {
		var acc [lanes]float64
		for b := range n {
			v.squared(b, c, &acc)
			for i, s := range acc {
				m := near[b*lanes+i]
				if s < m {
					m = s
				}
				if lower {
					near[b*lanes+i] = m
				}
				if w != nil {
					m = float64(m * w[b*lanes+i])
				}
				pot[i] += m
			}
		}
	}
	for half := lanes / 2; half > 0; half /= 2 {
		for i := range half {
			pot[i] += pot[half+i]
		}
	}
	return pot[0]
}

// moments writes to sum, for each of the m labels from first, the d high and the d low
// parts of the exact sums of its rows (see bins). m is at most 3, and sum has room for
// three labels.
func (v block) moments(n int, labels []int32, first, m int, g *bins, sum []float64) {
	if vector && n > 0 {
		_, _, _ = labels[n*lanes-1], g.low[v.d-1], sum[6*v.d-1]
		_ = v.x[(n-1)*v.blockStep+(v.d-1)*v.colStep+lanes-1]
		momentsVector(&v.x[0], n, v.blockStep, v.colStep, v.d, &labels[0], first, m, &g.high[0], &g.low[0], &sum[0])
		return
	}
	clear(sum[:2*m*v.d])
	for i, l := range labels[:n*lanes] {
		if p := int(l) - first; p >= 0 && p < m {
			at := i/lanes*v.blockStep + i%lanes
			for j := range v.d {
				high, low := g.split(j, v.x[at+j*v.colStep])
				sum[2*p*v.d+j] += high
				sum[(2*p+1)*v.d+j] += low
			}
		}
	}
}

// move takes the parts of a row's values out of the sums of one cluster, where it is not
// nil, and adds them to those of another: the high parts of all columns, then the low ones.
func (g *bins) move(row, out, in []float64) {
	d := len(g.high)
	j := 0
	if vector && d >= wideRow {
		j = d &^ (wideRow - 1)
		_, _, _, _ = row[d-1], in[2*d-1], g.high[d-1], g.low[d-1]
		var from *float64
		if out != nil {
			from = &out[:2*d][0]
		}
		moveVector(&row[0], j, d, &g.high[0], &g.low[0], from, &in[0])
	}
	for ; j < d; j++ {
		high, low := g.split(j, row[j])
		in[j] += high
		in[d+j] += low
		if out != nil {
			out[j] -= high
			out[d+j] -= low
		}
	}
}

// wideRow is the number of columns that fill the widest vector.
const wideRow = 8

// count returns how often each of the three labels from first occurs in n blocks.
func count(labels []int32, n, first int) (out [3]int32) {
	if vector && n > 0 {
		var lanes [24]int32
		_ = labels[n*16-1]
		countVector(&labels[0], n, first, &lanes)
		for i, v := range lanes {
			out[i/8] += v
		}
		return out
	}
	for _, l := range labels[:n*lanes] {
		if p := int(l) - first; p >= 0 && p < 3 {
			out[p]++
		}
	}
	return out
}

// differ sets bit i of bits[b] where label i of block b of the n blocks differs between a
// and b.
func differ(a, b []int32, n int, bits []uint16) {
	if n == 0 {
		return
	}
	if vector {
		_, _, _ = a[n*lanes-1], b[n*lanes-1], bits[n-1]
		differVector(&a[0], &b[0], n, &bits[0])
		return
	}
	for q := range n {
		var m uint16
		x, y := (*[lanes]int32)(a[q*lanes:]), (*[lanes]int32)(b[q*lanes:])
		for i := range x {
			if x[i] != y[i] {
				m |= 1 << i
			}
		}
		bits[q] = m
	}
}

// widen writes the labels of n blocks to out, and returns the greatest of the distances.
func widen(labels []int32, dist []float64, n int, out []int) float64 {
	most := 0.0
	if vector && n > 0 {
		var lanes [8]float64
		_, _, _ = labels[n*16-1], dist[n*16-1], out[n*16-1]
		widenVector(&labels[0], &dist[0], n, &out[0], &lanes)
		for _, v := range lanes {
			if v > most {
				most = v
			}
		}
		return most
	}
	for i, l := range labels[:n*lanes] {
		out[i] = int(l)
		if dist[i] > most {
			most = dist[i]
		}
	}
	return most
}

// transpose turns n blocks of 16 rows of d values into blocks of d columns of 16 values,
// and reports whether all of them are finite.
func transpose(x []float64, n, d int, out []float64) bool {
	if n == 0 {
		return true
	}
	if vector {
		_, _ = x[n*lanes*d-1], out[n*lanes*d-1]
		return transposeVector(&x[0], n, d, &out[0])
	}
	bad := 0.0
	for b := range n {
		for i := range lanes {
			for j, v := range x[(b*lanes+i)*d : (b*lanes+i+1)*d] {
				out[b*lanes*d+j*lanes+i] = v
				bad += float64(v * 0)
			}
		}
	}
	return bad == 0
}

// aligned returns n zeros that start on a cache line, so that no vector straddles two.
func aligned(n int) []float64 {
	const line = 64
	a := make([]float64, n+line/8)
	skip := int(-uintptr(unsafe.Pointer(&a[0]))%line) / 8
	return a[skip : skip+n : skip+n]
}
