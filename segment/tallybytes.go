package segment

import (
	"bytes"

	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// MarshalBinary writes the tally: tallies of the same rows and pass are the same bytes,
// however they came about. Error: what an earlier call ended with.
func (t *Tally) MarshalBinary() ([]byte, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	w := &wire{data: append([]byte(nil), t.plan.fingerprint[:]...)}
	w.putInt(t.rows)
	w.putWholes([]engine.Whole{t.digest})
	for _, spans := range [][]span{t.raw, t.out} {
		for _, s := range spans {
			w.putInt(s.known)
			w.putFloat(s.least)
			w.putFloat(s.greatest)
		}
	}
	for _, cells := range t.cuts {
		for _, c := range cells {
			w.putInt(c.Count)
			w.putFloat(c.Least)
			w.putFloat(c.Greatest)
		}
	}
	counts, sums := t.sections()
	for _, c := range counts {
		for _, v := range c {
			w.putUint(uint64(v))
		}
	}
	for _, s := range sums {
		w.putWholes(s)
	}
	if s := t.sample; s != nil {
		s.sort()
		w.putInt(len(s.counts))
		for i, n := range s.counts {
			w.putInt(n)
			for _, v := range s.row(i) {
				w.putUint(bitsOf(v))
			}
		}
	}
	if c := t.cells; c != nil {
		w.putInt(c.level)
		w.putInt(len(c.counts))
		width := len(c.key)
		for _, at := range c.order() {
			w.data = append(w.data, c.keys[at*width:(at+1)*width]...)
			w.putInt(c.counts[at])
			w.putWholes(c.sums[at*width/2 : (at+1)*width/2])
		}
	}
	return w.seal(tallyKind), nil
}

// sections are the counts and sums whose number follows from the pass.
func (t *Tally) sections() (counts [][]int64, sums [][]engine.Whole) {
	if m := t.moments; m != nil {
		counts, sums = append(counts, m.known), append(sums, m.sums, m.squares, m.products)
	}
	for _, s := range t.totals {
		counts, sums = append(counts, s.Counts), append(sums, s.Sums, s.Inertia)
	}
	if c := t.clusters; c != nil {
		counts, sums = append(counts, c.known), append(sums, c.sums)
	}
	return counts, sums
}

func (w *wire) putWholes(values []engine.Whole) {
	for _, v := range values {
		w.putUint(v.Low)
		w.putUint(uint64(v.High))
	}
}

func (w *wire) whole() engine.Whole {
	low := w.uint()
	return engine.Whole{High: int64(w.uint()), Low: low}
}

// UnmarshalBinary reads what MarshalBinary wrote into a tally that NewTally made for the
// same pass, in place of its rows. Error: ErrSource for the tally of another pass, one
// that is truncated or altered, and for anything else.
func (t *Tally) UnmarshalBinary(data []byte) error {
	if t == nil || t.plan == nil {
		return errNoPass
	}
	w, err := unseal(tallyKind, "tally", data)
	if err != nil {
		return err
	}
	fingerprint := t.plan.fingerprint
	if !bytes.HasPrefix(w.data, fingerprint[:]) {
		return errOtherPass
	}
	w.data = w.data[len(fingerprint):]
	u := t.plan.tally()
	u.rows = w.int()
	u.digest = w.whole()
	for _, spans := range [][]span{u.raw, u.out} {
		for j := range spans {
			spans[j] = span{w.count(u.rows), w.float(), w.float()}
		}
	}
	for _, cells := range u.cuts {
		for i := range cells {
			cells[i] = Cut{w.count(u.rows), w.float(), w.float()}
		}
	}
	counts, sums := u.sections()
	for _, c := range counts {
		for i := range c {
			c[i] = int64(w.count(u.rows))
		}
	}
	for _, s := range sums {
		for i := range s {
			s[i] = w.whole()
		}
	}
	if u.sample != nil && !u.sample.read(w, u.rows) || u.cells != nil && !u.cells.read(w, u.plan.cells, u.rows) {
		w.short = true
	}
	if err := w.done("tally"); err != nil {
		return err
	}
	u.engine, u.room = t.engine, t.room
	*t = *u
	return nil
}

// read reads the rows of a sample, and reports whether they are in order.
func (t *sampleTally) read(w *wire, rows int) bool {
	n := min(w.length(8*(1+t.d)), t.most+1)
	for i := range n {
		t.counts = append(t.counts, w.count(rows))
		for range t.d {
			t.rows = append(t.rows, w.float())
		}
		t.hashes = append(t.hashes, hashRow(t.seed, t.row(i)))
		if t.counts[i] == 0 || i > 0 && t.compare(i-1, i) >= 0 {
			return false
		}
	}
	t.sorted = n
	return n <= t.most
}

// read reads the cells of a grid, and reports whether they are in order and places of
// their level.
func (t *cellTally) read(w *wire, p *cellPlan, rows int) bool {
	d, width := len(p.from), len(t.key)
	t.level = w.count((p.deepest + 2) * d)
	n := w.length(width + 8 + 16*d)
	if n > p.most {
		return false
	}
	for i := range n {
		if len(w.data) < width || i > 0 && bytes.Compare(t.key, w.data[:width]) >= 0 {
			return false
		}
		copy(t.key, w.data)
		w.data = w.data[width:]
		for j := range d {
			if place := placeOf(t.key, j); p.joined(place, p.times(j, t.level)) != place {
				return false
			}
		}
		at := t.cell()
		t.counts[at] = w.count(rows)
		for j := range d {
			t.sums[at*d+j] = w.whole()
		}
		if t.counts[at] == 0 {
			return false
		}
	}
	return true
}
