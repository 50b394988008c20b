package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBoundsChangeNothing holds a scan with bounds against one without, step by
// step: while centroids settle, jump and fall together, on rows with clusters,
// without, with many ties, far from 0 and hardly away from it.
func TestBoundsChangeNothing(t *testing.T) {
	kinds := map[string]func(rng *rand.Rand, cluster int) float64{
		"clusters":   func(rng *rand.Rand, cluster int) float64 { return 5*float64(cluster%7) + rng.NormFloat64() },
		"noise":      func(rng *rand.Rand, _ int) float64 { return rng.Float64() },
		"ties":       func(rng *rand.Rand, _ int) float64 { return float64(rng.IntN(3)) },
		"far away":   func(rng *rand.Rand, cluster int) float64 { return 1e9 + float64(cluster) + rng.Float64()/8 },
		"subnormal":  func(rng *rand.Rand, cluster int) float64 { return float64(cluster+rng.IntN(9)) * 0x1p-1070 },
		"tiny":       func(rng *rand.Rand, cluster int) float64 { return (float64(cluster) + rng.Float64()) * 1e-160 },
		"duplicates": func(_ *rand.Rand, cluster int) float64 { return float64(cluster) },
	}
	kept, steps := 0, 0
	for name, value := range kinds {
		for trial := range 16 {
			rng := rand.New(rand.NewPCG(uint64(trial), 5))
			d, k := narrow+1+rng.IntN(12), boundCentroids+rng.IntN(13)
			n := 120 + rng.IntN(2500)
			x := make([]float64, n*d)
			for i := range n {
				cluster := rng.IntN(12)
				for j := range d {
					x[i*d+j] = value(rng, cluster)
				}
			}
			var weights []float64
			if trial%4 == 3 {
				for range n {
					weights = append(weights, float64(rng.IntN(4)))
				}
			}
			a := &Data{Rows: n, Cols: d, X: x, Weights: weights}
			p := a.points()
			with, without := newScan(p, k, 1), newScan(p, k, 1)
			if trial%2 == 1 {
				with.workers = append(with.workers, newScan(p, k, 1).workers...)
			}
			if with.bounds == nil {
				t.Fatalf("%s: no bounds for %d×%d, k %d", name, n, d, k)
			}
			without.bounds = nil
			mine, plain := newClusterSums(k, p.values.d), newClusterSums(k, p.values.d)
			c := slices.Clone(x[:k*d])
			for step := range 25 {
				if err := with.step(t.Context(), c, k, mine); err != nil {
					t.Fatal(err)
				}
				if err := without.step(t.Context(), c, k, plain); err != nil {
					t.Fatal(err)
				}
				where := fmt.Sprintf("%s, trial %d (%d×%d, k %d), step %d", name, trial, n, d, k, step)
				if !slices.Equal(with.labels[:n], without.labels[:n]) {
					t.Fatalf("%s: other labels", where)
				}
				if !slices.Equal(mine.sum, plain.sum) || !slices.Equal(mine.rows, plain.rows) {
					t.Fatalf("%s: other sums", where)
				}
				for i, u := range with.bounds.upper {
					l := int(with.labels[i])
					if got := math.Sqrt(SquaredDistance(a.row(i), c[l*d:(l+1)*d])); !(u >= got) {
						t.Fatalf("%s: row %d is %v from its centroid, the bound is %v", where, i, got, u)
					}
				}
				kept += n - len(with.workers[0].unbounded.rows)
				steps += n
				switch {
				case step%10 == 9: // one jumps
					copy(c[rng.IntN(k)*d:][:d], a.row(rng.IntN(n)))
				case step%10 == 5: // two fall together
					copy(c[:d], c[d:2*d])
				case step == 13: // a row is given away, as to an emptied cluster
					row := make([]float64, p.values.d)
					p.values.get(n-1, row)
					to := int32(rng.IntN(k))
					for s, tally := range map[*scan]*clusterSums{with: mine, without: plain} {
						labels, _, err := s.assignment(t.Context(), c, k)
						if err != nil {
							t.Fatal(err)
						}
						tally.move(p.g, row, labels[n-1], to)
						labels[n-1] = to
					}
				default:
					mine.means(c, d)
				}
			}
		}
	}
	if kept == steps || kept == 0 {
		t.Errorf("of %d rows %d were kept by the bounds", steps, kept)
	}
}
