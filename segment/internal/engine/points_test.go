package engine

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Rows that are laid out as they are scanned give the labels and sums of those in tiles,
// before and after they are laid out for good.
func TestLooseRowsGiveTheBitsOfTiles(t *testing.T) {
	for _, test := range []struct{ n, d, k, workers int }{
		{1, 3, 1, 1}, {17, 2, 3, 1}, {1023, 1, 4, 1}, {3000, 3, 5, 1}, {9001, 3, 10, 3}, {2100, 12, 8, 1}, {40_005, 5, 9, 3}, {300, 200, 4, 1},
	} {
		rng := rand.New(rand.NewPCG(5, uint64(test.n)))
		x := make([]float64, test.n*test.d)
		for i := range x {
			x[i] = rng.NormFloat64() + float64(rng.IntN(3))
		}
		a := &Data{Rows: test.n, Cols: test.d, X: x}
		loose := a.loose()
		loose.g = a.bins()
		one, other := newScan(loose, test.k, test.workers), newScan(newPoints(x, test.d, nil, a.bins()), test.k, test.workers)
		mine, want := newClusterSums(test.k, test.d), newClusterSums(test.k, test.d)
		c := slices.Clone(x[:test.k*test.d])
		for step := range loosePasses + 4 {
			for s, sums := range map[*scan]*clusterSums{one: mine, other: want} {
				if err := s.step(t.Context(), c, test.k, sums); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(one.labels[:test.n], other.labels[:test.n]) || !slices.Equal(mine.sum, want.sum) || !slices.Equal(mine.rows, want.rows) {
				t.Fatalf("%+v, step %d: other labels or sums", test, step)
			}
			c[rng.IntN(len(c))] += rng.NormFloat64()
		}
		if late := one.tiles.x != nil; late != (one.bounds == nil) {
			t.Errorf("%+v: laid out is %v", test, late)
		}
		row, same := make([]float64, test.d), make([]float64, test.d)
		for i := range test.n {
			loose.get(i, row)
			other.p.get(i, same)
			if !slices.Equal(row, same) || !slices.Equal(row, a.row(i)) {
				t.Fatalf("%+v: row %d is %v and %v", test, i, row, same)
			}
		}
	}
}
