package segment

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// Tally is what some of the rows answer to a Pass. Tallies of parts merge to the bits of
// the tally of the whole, in any order and grouping: sums are those of whole numbers of
// 2^(e−80), where 2^e is above the magnitudes of the column by Bounds, in 128 bits, and
// are rounded once, when they are asked for. It is for one goroutine at a time.
type Tally struct {
	plan     *plan
	rows     int
	digest   engine.Whole // of all raw rows, the sum of their hashes
	raw, out []span
	cuts     [][]Cut
	moments  *momentsTally
	totals   []engine.Totals
	clusters *rawSums
	sample   *sampleTally
	cells    *cellTally

	engine *engine.Tally // nil before there are rows, or without centroids
	room   []float64     // rows behind the pipeline
	err    error         // the first; the tally is of no use then
}

// span is how far a column reaches.
type span struct {
	known           int
	least, greatest float64
}

// Cut is what lies in a cell between two cuts.
type Cut struct {
	Count           int     // of the values
	Least, Greatest float64 // of them; +Inf and −Inf where there are none
}

// addRows is the number of rows that a tally without centroids works on at a time.
const addRows = 1 << 11

// NewTally returns the tally of no rows.
//
// Errors: ErrOption and ErrWidth for a pass that makes no sense, ErrNotFinite for
// centroids, ErrOverflow for values within Bounds, or centroids, whose squares leave the
// range of float64, and that of a step of Pipeline that cannot be written.
func NewTally(p *Pass) (*Tally, error) {
	q, err := newPlan(p)
	if err != nil {
		return nil, err
	}
	return q.tally(), nil
}

// tally returns the tally of no rows.
func (q *plan) tally() *Tally {
	t := &Tally{plan: q}
	d := len(q.out)
	if q.Extent {
		t.raw, t.out = spans(len(q.Columns)), spans(d)
	}
	for _, cuts := range q.Cuts {
		cells := make([]Cut, len(cuts)+1)
		for i := range cells {
			cells[i] = Cut{0, math.Inf(1), math.Inf(-1)}
		}
		t.cuts = append(t.cuts, cells)
	}
	if q.moments != nil {
		t.moments = q.moments.tally()
	}
	for _, c := range q.sets {
		t.totals = append(t.totals, engine.NewTotals(len(c)/d, d))
	}
	if q.Clusters {
		t.clusters = newRawSums(len(q.sets[0])/d, len(q.Columns))
	}
	if q.Sample > 0 {
		t.sample = &sampleTally{d: d, most: q.Sample, seed: q.Seed}
	}
	if q.cells != nil {
		t.cells = q.cells.tally()
	}
	return t
}

func spans(d int) []span {
	out := make([]span, d)
	for j := range out {
		out[j] = span{0, math.Inf(1), math.Inf(-1)}
	}
	return out
}

var errNoPass = fmt.Errorf("%w: a Tally without a pass; make it with NewTally", ErrOption)

// ready returns the error of a tally that is of no use.
func (t *Tally) ready() error {
	if t == nil || t.plan == nil {
		return errNoPass
	}
	return t.err
}

// Add adds whole raw rows, row by row. NaN is a missing value. It costs least with a
// thousand rows or more. After an error the tally is of no use.
//
// Errors: ErrWidth for rows that are not whole, ErrNotFinite with row and column for
// ±Inf, and for NaN behind the pipeline where Centroids or Cells are asked for, ErrSource
// for a value beyond the bounds of the pass, and those of the pipeline. Rows are counted
// from the first of the tally.
func (t *Tally) Add(rows []float64) error {
	if err := t.ready(); err != nil {
		return err
	}
	return t.add(t.rows, rows)
}

// add is Add; first is the number of the first row, for errors.
func (t *Tally) add(first int, rows []float64) error {
	q := t.plan
	d, step := len(q.Columns), addRows
	if len(rows)%d != 0 {
		t.err = fmt.Errorf("%w: %d values are no number of whole rows of the %d columns %q", ErrWidth, len(rows), d, q.Columns)
	}
	if len(q.sets) > 0 {
		if t.engine == nil {
			t.engine = engine.NewTally(q.sets, q.least, q.most)
		}
		step = t.engine.Rows()
	}
	for len(rows) > 0 && t.err == nil {
		n := min(step, len(rows)/d)
		t.err = t.addBlock(first, rows[:n*d])
		t.rows += n
		first, rows = first+n, rows[n*d:]
	}
	return t.err
}

func (t *Tally) addBlock(first int, rows []float64) error {
	q := t.plan
	if err := check(first, rows, q.Columns, q.RawBounds, false); err != nil {
		return err
	}
	out, err := t.behind(first, rows)
	if err != nil {
		return err
	}
	if err := check(first, out, q.out, q.Bounds, len(q.sets) > 0 || q.cells != nil); err != nil {
		return err
	}
	t.addDigest(rows)
	if q.Extent {
		addSpans(t.raw, rows)
		addSpans(t.out, out)
	}
	for j, cuts := range q.Cuts {
		addCuts(t.cuts[j], cuts, out[j:], len(q.out))
	}
	if t.moments != nil {
		t.moments.add(q.moments, out)
	}
	if len(q.sets) > 0 {
		if err := t.engine.Load(first, out); err != nil {
			return streamError(err) // is finite already
		}
	}
	for i := len(q.sets) - 1; i >= 0; i-- {
		if nearest := t.engine.Add(i, t.totals[i]); i == 0 && q.Clusters {
			t.clusters.add(q.raw, rows, nearest)
		}
	}
	if t.sample != nil {
		t.sample.addRows(out)
	}
	if t.cells != nil {
		t.cells.add(q.cells, out)
	}
	return nil
}

// check checks that rows are finite or, where they may be, missing, and within the bounds,
// where there are any.
func check(first int, rows []float64, columns []string, bounds []Bound, known bool) error {
	d := len(columns)
	for at := 0; at < len(rows); at += d {
		row := rows[at : at+d]
		for j, v := range row {
			if v-v != 0 && (known || v == v) {
				return fmt.Errorf("%w: row %d, column %q is %v", ErrNotFinite, first+at/d, columns[j], v)
			}
		}
		for j, b := range bounds {
			if v := row[j]; v < b.Least || v > b.Greatest {
				return fmt.Errorf("%w: row %d, column %q is %v; by an earlier pass its values were from %v to %v", ErrSource, first+at/d, columns[j], v, b.Least, b.Greatest)
			}
		}
	}
	return nil
}

// behind returns the rows behind the pipeline, until the next call.
func (t *Tally) behind(first int, rows []float64) ([]float64, error) {
	q := t.plan
	if q.Pipeline == nil {
		return rows, nil
	}
	in, out := len(q.Columns), len(q.out)
	n := len(rows) / in
	if cap(t.room) < n*out {
		t.room = make([]float64, n*out)
	}
	t.room = t.room[:n*out]
	return t.room, transformRows(q.Pipeline, first, mat.NewDense(n, out, t.room), mat.NewDense(n, in, rows))
}

// transformRows transforms x into dst; first is the number of the first row, for errors.
func transformRows(pipeline *preprocess.FittedPipeline, first int, dst, x *mat.Dense) error {
	err := pipeline.TransformTo(context.Background(), dst, x)
	var bad *preprocess.ValueError
	if errors.As(err, &bad) {
		bad.Row += first
	}
	return pipelineError(err)
}

// addDigest adds the hash of each row, twice mixed to 128 bits, to the digest.
func (t *Tally) addDigest(rows []float64) {
	d := len(t.plan.Columns)
	for at := 0; at < len(rows); at += d {
		h := hashRow(0, rows[at:at+d])
		t.digest.Add(engine.Whole{High: int64(mix(h ^ hashFactor)), Low: h})
	}
}

// hashFactor is an odd number without a pattern: the digits of the golden ratio.
const hashFactor = 0x9e3779b97f4a7c15

// hashRow returns a hash of the bits of a row; all NaN are one. It folds each value in as
// wyhash does (Wang Yi, 2019, https://github.com/wangyi-fudan/wyhash).
func hashRow(seed uint64, row []float64) uint64 {
	h := mix(seed + hashFactor)
	for _, v := range row {
		high, low := bits.Mul64(h^bitsOf(v), hashFactor)
		h = high ^ low + 0xe7037ed1a0b428db
	}
	return mix(h)
}

// bitsOf returns the bits of v, the same of all NaN.
func bitsOf(v float64) uint64 {
	if v != v {
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(v)
}

// mix spreads the bits of h (Steele, Lea & Flood, Fast Splittable Pseudorandom Number
// Generators, OOPSLA 2014, doi:10.1145/2660193.2660195).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

func addSpans(spans []span, rows []float64) {
	d := len(spans)
	for at := 0; at < len(rows); at += d {
		for j, v := range rows[at : at+d] {
			if v == v {
				s := &spans[j]
				s.known++
				s.least, s.greatest = min(s.least, v), max(s.greatest, v)
			}
		}
	}
}

// addCuts adds every d-th of values to the cells between cuts.
func addCuts(cells []Cut, cuts, values []float64, d int) {
	for at := 0; at < len(values); at += d {
		v := values[at]
		if v != v {
			continue
		}
		low, high := 0, len(cuts) // the cuts that are at most v lie before
		for low < high {
			if mid := int(uint(low+high) / 2); cuts[mid] <= v {
				low = mid + 1
			} else {
				high = mid
			}
		}
		c := &cells[low]
		c.Count++
		c.Least, c.Greatest = min(c.Least, v), max(c.Greatest, v)
	}
}

// Merge adds the rows of o, a tally of the same pass. Errors: ErrSource for one of
// another pass, and what an earlier call of either ended with.
func (t *Tally) Merge(o *Tally) error {
	if err := t.ready(); err != nil {
		return err
	}
	if err := o.ready(); err != nil {
		return err
	}
	if t.plan.fingerprint != o.plan.fingerprint {
		return errOtherPass
	}
	t.rows += o.rows
	t.digest.Add(o.digest)
	mergeSpans(t.raw, o.raw)
	mergeSpans(t.out, o.out)
	for j, cells := range t.cuts {
		for i, c := range o.cuts[j] {
			cells[i] = Cut{cells[i].Count + c.Count, min(cells[i].Least, c.Least), max(cells[i].Greatest, c.Greatest)}
		}
	}
	for i, s := range t.totals {
		addInts(s.Counts, o.totals[i].Counts)
		addWholes(s.Sums, o.totals[i].Sums)
		addWholes(s.Inertia, o.totals[i].Inertia)
	}
	if t.moments != nil {
		t.moments.merge(o.moments)
	}
	if t.clusters != nil {
		t.clusters.merge(o.clusters)
	}
	if t.sample != nil {
		t.sample.merge(o.sample)
	}
	if t.cells != nil {
		t.cells.merge(t.plan.cells, o.cells)
	}
	return nil
}

var errOtherPass = fmt.Errorf("%w: the tally of another pass", ErrSource)

func mergeSpans(to, from []span) {
	for j, s := range from {
		to[j] = span{to[j].known + s.known, min(to[j].least, s.least), max(to[j].greatest, s.greatest)}
	}
}

func addInts(to, from []int64) {
	for i, v := range from {
		to[i] += v
	}
}

func addWholes(to, from []engine.Whole) {
	for i, v := range from {
		to[i].Add(v)
	}
}

// Rows returns the number of rows.
func (t *Tally) Rows() int { return orZero(t).rows }

// Digest returns a checksum of the raw rows, the same in any order of them: a row that is
// lost, doubled or changed makes another.
func (t *Tally) Digest() [16]byte {
	var out [16]byte
	digest := orZero(t).digest
	binary.LittleEndian.PutUint64(out[:], digest.Low)
	binary.LittleEndian.PutUint64(out[8:], uint64(digest.High))
	return out
}

// Extent returns how far the columns behind the pipeline reach; zero where the pass does
// not ask for it.
func (t *Tally) Extent() preprocess.Extent { return extentOf(t.Rows(), orZero(t).out) }

// RawExtent returns how far the raw columns reach; zero where the pass does not ask for
// Extent.
func (t *Tally) RawExtent() preprocess.Extent { return extentOf(t.Rows(), orZero(t).raw) }

func extentOf(rows int, spans []span) (e preprocess.Extent) {
	for _, s := range spans {
		e.Rows = rows
		e.Known = append(e.Known, s.known)
		e.Least, e.Greatest = append(e.Least, s.least), append(e.Greatest, s.greatest)
	}
	return e
}

// Cuts returns for each column its cells in order, one more than there are cuts; nil
// where the pass has none.
func (t *Tally) Cuts() [][]Cut {
	var out [][]Cut
	for _, cells := range orZero(t).cuts {
		out = append(out, append([]Cut(nil), cells...))
	}
	return out
}

// Moments returns the sums of the columns; zero where the pass does not ask for them.
func (t *Tally) Moments() preprocess.Moments {
	if t == nil || t.moments == nil {
		return preprocess.Moments{}
	}
	return t.moments.result(t.plan.moments)
}

// Statistics returns the sufficient statistics of each set of centroids: each sum, and
// each cluster's inertia, is rounded once.
func (t *Tally) Statistics() []SufficientStatistics {
	var out []SufficientStatistics
	for i, s := range orZero(t).totals {
		k, d := len(s.Counts), len(t.plan.out)
		r := SufficientStatistics{make([]float64, k), mat.NewDense(k, d, nil), make([]float64, k)}
		unit := t.plan.inertia[i].Unit()
		for q := range k {
			r.Counts[q] = float64(s.Counts[q])
			r.Inertia[q], _ = s.Inertia[q].Float(unit)
			for j, g := range t.plan.grids {
				v, _ := s.Sums[q*d+j].Float(g.Unit())
				r.Sums.Set(q, j, v)
			}
		}
		out = append(out, r)
	}
	return out
}

// Clusters returns the sums of the raw columns by the nearest of the first centroids;
// zero where the pass does not ask for them. A sum is ±Inf where it is beyond the range
// of float64.
func (t *Tally) Clusters() ClusterSums {
	if t == nil || t.clusters == nil {
		return ClusterSums{}
	}
	return t.clusters.result(t.plan.raw, t.totals[0].Counts)
}

// Sample returns the different rows of the sample in order of their hashes, and how often
// each is there among all rows; nil where there are none.
func (t *Tally) Sample() (x *mat.Dense, counts []int) {
	if t == nil || t.sample == nil {
		return nil, nil
	}
	return t.sample.result()
}

// Cells returns the means of the cells in which rows lie, and the number of rows in each;
// nil where there are none.
func (t *Tally) Cells() (x *mat.Dense, weights []float64) {
	if t == nil || t.cells == nil {
		return nil, nil
	}
	return t.cells.result(t.plan.cells)
}
