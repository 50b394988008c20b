package sqlsource

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// drawHere draws n of all rows of SQLite, which has no hash: its rows are in this process
// as it is. Equal rows come as one with a number.
func (s *source) drawHere(ctx context.Context, n int, seed uint64) (*mat.Dense, error) {
	w, err := s.d.behind(s.pipeline)
	if err != nil {
		return nil, err
	}
	type drawn struct {
		row  []float64
		hash uint64
	}
	d := len(w.columns)
	var kept []drawn
	least := func(a, b drawn) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), slices.Compare(a.row, b.row))
	}
	list := append(slices.Clone(w.columns), "count(*)")
	err = s.d.query(ctx, "a sample", w.sql(list, w.columns...), s.d.o.Args, func(found *sql.Rows) error {
		row, times := make([]float64, d), 0
		into := append(pointers(row), &times)
		for found.Next() {
			if err := found.Scan(into...); err != nil {
				return err
			}
			same := slices.Clone(row)
			for i := range times {
				kept = append(kept, drawn{same, hash(seed, same, i)})
			}
			if len(kept) > 4*n+1024 {
				slices.SortFunc(kept, least)
				kept = kept[:n]
			}
		}
		return found.Err()
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(kept, least)
	x := mat.NewDense(n, d, nil)
	for i := range n {
		x.SetRow(i, kept[i].row)
	}
	return x, nil
}

// hash returns the hash of the ith of equal rows: FNV-1a, then the finalizer of SplitMix64
// (Steele, Lea & Flood, 2014, doi:10.1145/2660193.2660195), for its upper bits depend on
// the last bytes little.
func hash(seed uint64, row []float64, i int) uint64 {
	h := fnv.New64a()
	var room [8]byte
	put := func(v uint64) {
		binary.LittleEndian.PutUint64(room[:], v)
		h.Write(room[:])
	}
	put(seed)
	for _, v := range row {
		put(math.Float64bits(v + 0)) // one of 0 and −0
	}
	put(uint64(i))
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
