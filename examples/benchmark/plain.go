package main

import (
	"math"
	"runtime"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"
)

// plainLloyd is Lloyd's iteration as in the textbook, on all cores: every row
// against every centroid until no label changes, 300 times at most.
func plainLloyd(x *mat.Dense, from [][]float64) answer {
	begin := time.Now()
	n, d := x.Dims()
	k := len(from)
	c := make([]float64, 0, k*d)
	for _, row := range from {
		c = append(c, row...)
	}
	rows := x.RawMatrix().Data
	labels := make([]int, n)
	for i := range labels {
		labels[i] = -1
	}
	type part struct {
		sum, count []float64
		changed    int
		inertia    float64
	}
	parts := make([]part, runtime.GOMAXPROCS(0))
	for range 300 {
		var wg sync.WaitGroup
		for w := range parts {
			wg.Go(func() {
				p := part{sum: make([]float64, k*d), count: make([]float64, k)}
				for i := n * w / len(parts); i < n*(w+1)/len(parts); i++ {
					row := rows[i*d : (i+1)*d]
					nearest, least := 0, math.Inf(1)
					for m := range k {
						dist := 0.0
						for j, v := range c[m*d : (m+1)*d] {
							dist += (row[j] - v) * (row[j] - v)
						}
						if dist < least {
							nearest, least = m, dist
						}
					}
					if labels[i] != nearest {
						labels[i] = nearest
						p.changed++
					}
					p.inertia += least
					p.count[nearest]++
					for j, v := range row {
						p.sum[nearest*d+j] += v
					}
				}
				parts[w] = p
			})
		}
		wg.Wait()
		all := part{sum: make([]float64, k*d), count: make([]float64, k)}
		for _, p := range parts {
			for i, v := range p.sum {
				all.sum[i] += v
			}
			for i, v := range p.count {
				all.count[i] += v
			}
			all.changed += p.changed
			all.inertia += p.inertia
		}
		if all.changed == 0 {
			return answer{Seconds: time.Since(begin).Seconds(), Inertia: []float64{all.inertia}}
		}
		for i := range c {
			if count := all.count[i/d]; count > 0 {
				c[i] = all.sum[i] / count
			}
		}
	}
	return answer{Seconds: time.Since(begin).Seconds(), Inertia: []float64{sumOfSquares(rows, labels, c, d)}}
}

func sumOfSquares(rows []float64, labels []int, c []float64, d int) float64 {
	sum := 0.0
	for i, label := range labels {
		for j := range d {
			diff := rows[i*d+j] - c[label*d+j]
			sum += diff * diff
		}
	}
	return sum
}
