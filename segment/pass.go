package segment

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// Pass is what is asked of all rows in one go. A Tally answers the parts that are set.
type Pass struct {
	// Columns are the names of the columns of the raw rows.
	Columns []string

	// Pipeline is what the rows go through first; nil: they are taken as they are.
	Pipeline *preprocess.FittedPipeline

	// Extent asks how far the columns reach, the raw ones and those behind Pipeline.
	Extent bool

	// Cuts are for each column behind Pipeline rising numbers that part its values into
	// cells: from −Inf to the first, from the first, which belongs to it, to the second,
	// and so on. Asked for are the values in each, and the least and greatest of them.
	Cuts [][]float64

	// Moments asks for sums of the columns behind Pipeline.
	Moments *preprocess.MomentsOptions

	// Centroids are sets of centroids behind Pipeline, k×d each. Asked for are the
	// SufficientStatistics of each.
	Centroids []*mat.Dense

	// Clusters asks for the sums of the raw columns by the nearest of Centroids[0].
	Clusters bool

	// Sample asks for that many rows behind Pipeline: those of the lowest hash of Seed
	// and content, so that they are the same however the rows are cut and ordered. Equal
	// rows are one, with the number of them.
	Sample int
	Seed   uint64

	// Cells asks for counts and means by the cells of a grid behind Pipeline.
	Cells *Cells

	// Bounds are those of the columns behind Pipeline, by which sums are exact, from an
	// Extent of an earlier pass. Moments, Centroids and Cells need them.
	Bounds []Bound

	// RawBounds are those of the raw columns, which Clusters needs.
	RawBounds []Bound
}

// Bound is how far the values of a column may reach.
type Bound struct{ Least, Greatest float64 }

// BoundsOf returns the bounds of the columns of an extent.
func BoundsOf(e preprocess.Extent) []Bound {
	out := make([]Bound, len(e.Least))
	for j := range out {
		out[j] = Bound{e.Least[j], e.Greatest[j]}
	}
	return out
}

// Cells is a grid of cells of equal width in all columns over a box, and of growing
// width beyond it.
type Cells struct {
	Box    []Bound // where most rows lie, by column
	Most   int     // cells of which a row may lie in; where there are more, pairs are joined
	Widest int     // divisions of the widest column of the box, a power of two; 0: 1,024
}

// A kind of bytes is four letters and its version.
const (
	passKind  = "sgPs1"
	tallyKind = "sgTl1"
)

// MarshalBinary writes the pass, for those who run it elsewhere. Error: that of a step of
// Pipeline that cannot be written.
func (p *Pass) MarshalBinary() ([]byte, error) {
	p = orZero(p)
	w := &wire{}
	w.putInt(len(p.Columns))
	for _, name := range p.Columns {
		w.putBytes([]byte(name))
	}
	var pipeline []byte
	if p.Pipeline != nil {
		var err error
		if pipeline, err = p.Pipeline.MarshalJSON(); err != nil {
			return nil, pipelineError(err)
		}
	}
	w.putBytes(pipeline)
	w.putBool(p.Extent)
	w.putInt(len(p.Cuts))
	for _, cuts := range p.Cuts {
		w.putFloats(cuts)
	}
	w.putBool(p.Moments != nil)
	if m := p.Moments; m != nil {
		w.putFloats(m.Center)
		w.putFloats(m.Power)
		w.putBool(m.Products)
	}
	w.putInt(len(p.Centroids))
	for _, c := range p.Centroids {
		k, d := num.Dims(c)
		w.putInt(k)
		w.putInt(d)
		for q := range k {
			for j := range d {
				w.putFloat(c.At(q, j))
			}
		}
	}
	w.putBool(p.Clusters)
	w.putInt(p.Sample)
	w.putUint(p.Seed)
	w.putBool(p.Cells != nil)
	if c := p.Cells; c != nil {
		w.putBounds(c.Box)
		w.putInt(c.Most)
		w.putInt(c.Widest)
	}
	w.putBounds(p.Bounds)
	w.putBounds(p.RawBounds)
	return w.seal(passKind), nil
}

func (w *wire) putBounds(bounds []Bound) {
	w.putInt(len(bounds))
	for _, b := range bounds {
		w.putFloat(b.Least)
		w.putFloat(b.Greatest)
	}
}

func (w *wire) bounds() []Bound {
	n := w.length(16)
	if n == 0 {
		return nil
	}
	out := make([]Bound, n)
	for j := range out {
		out[j] = Bound{w.float(), w.float()}
	}
	return out
}

// UnmarshalBinary reads what MarshalBinary wrote and refuses anything else with
// ErrSource.
func (p *Pass) UnmarshalBinary(data []byte) error {
	if p == nil {
		return fmt.Errorf("%w: a nil *Pass", ErrOption)
	}
	w, err := unseal(passKind, "pass", data)
	if err != nil {
		return err
	}
	var q Pass
	for range w.length(8) {
		q.Columns = append(q.Columns, string(w.bytes()))
	}
	if pipeline := w.bytes(); len(pipeline) > 0 {
		q.Pipeline = new(preprocess.FittedPipeline)
		if err := q.Pipeline.UnmarshalJSON(pipeline); err != nil {
			return fmt.Errorf("%w: the pipeline of the pass: %w", ErrSource, err)
		}
	}
	q.Extent = w.bool()
	for range w.length(8) {
		q.Cuts = append(q.Cuts, w.floats())
	}
	if w.bool() {
		q.Moments = &preprocess.MomentsOptions{Center: w.floats(), Power: w.floats(), Products: w.bool()}
	}
	for range w.length(24) {
		k := w.count(len(w.data) / 8)
		d := w.count(len(w.data) / 8 / max(1, k))
		if k == 0 || d == 0 {
			w.short = true
			break
		}
		c := mat.NewDense(k, d, nil)
		for i := range k * d {
			c.RawMatrix().Data[i] = w.float()
		}
		q.Centroids = append(q.Centroids, c)
	}
	q.Clusters = w.bool()
	q.Sample, q.Seed = w.int(), w.uint()
	if w.bool() {
		q.Cells = &Cells{w.bounds(), w.int(), w.int()}
	}
	q.Bounds, q.RawBounds = w.bounds(), w.bounds()
	if err := w.done("pass"); err != nil {
		return err
	}
	*p = q
	return nil
}

// plan is a Pass that was checked, with what all its tallies share.
type plan struct {
	Pass
	out         []string // columns behind the pipeline
	fingerprint [16]byte
	sets        [][]float64
	least, most []float64     // of Bounds; 0 where there are no values
	grids       []engine.Grid // of the columns behind the pipeline, by Bounds
	raw         []engine.Grid // of the raw columns, by RawBounds
	inertia     []engine.Grid // of the sets
	moments     *momentsPlan
	cells       *cellPlan
}

// newPlan checks a pass. Errors: ErrOption, ErrWidth, ErrNotFinite, ErrOverflow, and those of
// MarshalBinary.
func newPlan(p *Pass) (*plan, error) {
	if p == nil {
		return nil, fmt.Errorf("%w: there is no pass", ErrOption)
	}
	for i, c := range p.Centroids {
		if k, d := num.Dims(c); k == 0 || d == 0 {
			return nil, fmt.Errorf("%w: centroids %d are %d×%d", ErrWidth, i, k, d)
		}
	}
	if c := orZero(p.Cells); p.Sample < 0 || c.Most < 0 || c.Widest < 0 {
		return nil, fmt.Errorf("%w: Sample is %d, Cells.Most %d, Cells.Widest %d; none must be negative", ErrOption, p.Sample, c.Most, c.Widest)
	}
	data, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	q := &plan{fingerprint: [16]byte(sum[:])}
	// A copy that stays as it is; the pipeline does so by itself.
	bare := *p
	if bare.Pipeline = nil; p.Pipeline != nil {
		if data, err = bare.MarshalBinary(); err != nil {
			return nil, err
		}
	}
	if err := q.UnmarshalBinary(data); err != nil {
		return nil, err
	}
	q.Pipeline = p.Pipeline
	q.out = q.Columns
	if q.Pipeline != nil {
		if in := q.Pipeline.InputColumns(); !slices.Equal(in, q.Columns) {
			return nil, fmt.Errorf("%w: the rows have the columns %q, the pipeline takes %q", ErrWidth, q.Columns, in)
		}
		q.out = q.Pipeline.OutputColumns()
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	if q.moments, err = newMomentsPlan(q); err != nil {
		return nil, err
	}
	q.cells, err = newCellPlan(q)
	return q, err
}

func (q *plan) check() error {
	d := len(q.out)
	switch {
	case len(q.Columns) == 0 || max(d, len(q.Columns)) > 1<<24:
		return fmt.Errorf("%w: a pass over %d columns; there must be from 1 to %d", ErrOption, max(d, len(q.Columns)), 1<<24)
	case q.Sample > 1<<27/d:
		return fmt.Errorf("%w: a sample of %d rows of %d columns; it must be from 0 to %d", ErrOption, q.Sample, d, 1<<27/d)
	case q.Cuts != nil && len(q.Cuts) != d:
		return fmt.Errorf("%w: cuts for %d columns, and %d columns behind the pipeline", ErrWidth, len(q.Cuts), d)
	case q.Clusters && len(q.Centroids) == 0:
		return fmt.Errorf("%w: Clusters needs Centroids", ErrOption)
	}
	for j, cuts := range q.Cuts {
		for i, v := range cuts {
			if v != v || i > 0 && !(v > cuts[i-1]) {
				return fmt.Errorf("%w: cut %d of column %q is %v; cuts must be rising numbers", ErrOption, i, q.out[j], v)
			}
		}
	}
	if q.Moments != nil || q.Cells != nil || len(q.Centroids) > 0 {
		if err := checkBounds(q.Bounds, q.out, "Bounds"); err != nil {
			return err
		}
		q.grids = gridsOf(q.Bounds)
		for _, b := range q.Bounds {
			if b.Least > b.Greatest {
				b = Bound{} // no values
			}
			q.least, q.most = append(q.least, b.Least), append(q.most, b.Greatest)
		}
	}
	if q.Clusters {
		if err := checkBounds(q.RawBounds, q.Columns, "RawBounds"); err != nil {
			return err
		}
		q.raw = gridsOf(q.RawBounds)
	}
	return q.checkCentroids()
}

// checkBounds checks bounds of columns; those that hold no value are the bounds of none.
func checkBounds(bounds []Bound, columns []string, what string) error {
	if len(bounds) != len(columns) {
		return fmt.Errorf("%w: %s of %d columns; there are %d, %q", ErrWidth, what, len(bounds), len(columns), columns)
	}
	for j, b := range bounds {
		if none := math.IsInf(b.Least, 1) && math.IsInf(b.Greatest, -1); !none && !(num.Finite(b.Least) && num.Finite(b.Greatest)) {
			return fmt.Errorf("%w: %s of column %q are %v and %v; both must be finite", ErrOption, what, columns[j], b.Least, b.Greatest)
		}
	}
	return nil
}

func gridsOf(bounds []Bound) []engine.Grid {
	out := make([]engine.Grid, len(bounds))
	for j, b := range bounds {
		if b.Least > b.Greatest {
			b = Bound{}
		}
		out[j] = engine.NewGrid(max(math.Abs(b.Least), math.Abs(b.Greatest)))
	}
	return out
}

func (q *plan) checkCentroids() error {
	d := len(q.out)
	if q.Cells != nil && engine.Beyond(nil, q.least, q.most) {
		return fmt.Errorf("%w, or too small: the squares of values within Bounds are beyond it", ErrOverflow)
	}
	for i, c := range q.Centroids {
		if _, cols := c.Dims(); cols != d {
			return fmt.Errorf("%w: centroids %d have %d columns; the rows have %d behind the pipeline", ErrWidth, i, cols, d)
		}
		if err := finite(c, fmt.Sprintf("centroids %d", i)); err != nil {
			return err
		}
		set := engine.RowMajor(c)
		if engine.Beyond(set, q.least, q.most) {
			return fmt.Errorf("%w, or too small: the squares of values within Bounds or of centroids %d are beyond it", ErrOverflow, i)
		}
		q.sets, q.inertia = append(q.sets, set), append(q.inertia, engine.SquaredGrid(set, q.least, q.most))
	}
	return nil
}
