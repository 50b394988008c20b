package segment

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// sampleTally keeps the different rows of the lowest hashes and how often each came: as
// a row among these lies among those of every part, its number is that of all rows.
type sampleTally struct {
	d, most int
	seed    uint64

	hashes []uint64 // in order up to sorted
	counts []int
	rows   []float64
	sorted int
	full   bool   // rows above last have been left out
	last   uint64 // the greatest hash of those kept, once it is full
}

func (t *sampleTally) addRows(rows []float64) {
	for ; len(rows) > 0; rows = rows[t.d:] {
		t.add(rows[:t.d], 1)
	}
}

func (t *sampleTally) add(row []float64, count int) {
	h := hashRow(t.seed, row)
	if t.full && h > t.last {
		return
	}
	t.hashes, t.counts, t.rows = append(t.hashes, h), append(t.counts, count), append(t.rows, row...)
	if len(t.hashes) >= 2*t.most+1024 {
		t.sort()
	}
}

func (t *sampleTally) row(i int) []float64 { return t.rows[i*t.d : (i+1)*t.d] }

// compare orders rows by hash and then by content.
func (t *sampleTally) compare(a, b int) int {
	if c := cmp.Compare(t.hashes[a], t.hashes[b]); c != 0 {
		return c
	}
	return slices.CompareFunc(t.row(a), t.row(b), func(v, w float64) int { return cmp.Compare(bitsOf(v), bitsOf(w)) })
}

// sort puts the rows in order, joins equal ones and drops those beyond the size.
func (t *sampleTally) sort() {
	if t.sorted == len(t.hashes) {
		return
	}
	order := make([]int, len(t.hashes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, t.compare)
	s := sampleTally{d: t.d, most: t.most, seed: t.seed, full: t.full}
	for at, i := range order {
		if at > 0 && t.compare(order[at-1], i) == 0 {
			s.counts[len(s.counts)-1] += t.counts[i]
			continue
		}
		if len(s.hashes) == s.most {
			s.full = true
			break
		}
		s.hashes, s.counts, s.rows = append(s.hashes, t.hashes[i]), append(s.counts, t.counts[i]), append(s.rows, t.row(i)...)
	}
	if s.full {
		s.last = s.hashes[len(s.hashes)-1]
	}
	s.sorted = len(s.hashes)
	*t = s
}

func (t *sampleTally) merge(o *sampleTally) {
	o.sort()
	for i, n := range o.counts {
		t.add(o.row(i), n)
	}
	t.full = t.full || o.full
	t.sorted = 0
	t.sort()
}

func (t *sampleTally) result() (*mat.Dense, []int) {
	t.sort()
	if len(t.hashes) == 0 {
		return nil, nil
	}
	return mat.NewDense(len(t.hashes), t.d, slices.Clone(t.rows)), slices.Clone(t.counts)
}
