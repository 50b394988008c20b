package segment

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// ErrSource means a Source that cannot be used: it gives answers that make no
// sense, or other rows in one pass than in another.
var ErrSource = errors.New("segment: unfit source")

// Source is where rows are that are to be clustered: it answers what Lloyd's
// iteration has to ask of them. A Stream is one; a database or a cluster of
// machines that groups rows by the nearest centroid is another.
type Source interface {
	// Sample returns about the given number of rows at random, all where there
	// are no more; the same ones for the same seed. Initial centroids are found
	// on them. Of many columns fewer rows may do: 65,536.
	Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error)

	// Statistics returns for each set of centroids (k×d) what the rows come to by the
	// centroid that they are nearest to. It may keep or change the matrices.
	Statistics(ctx context.Context, centroids []*mat.Dense) ([]SufficientStatistics, error)
}

// SufficientStatistics are all that a step of Lloyd's iteration has to know of
// the rows nearest to each of k centroids.
type SufficientStatistics struct {
	Counts  []float64  // k: rows, or their weight
	Sums    *mat.Dense // k×d: the sums of the columns
	Inertia []float64  // k: the sum of the squared distances from the centroid
}

// Stream is a Source of rows that need not fit in memory: they are read again in
// every pass, a little at a time. Cols and Blocks must be set. It holds the
// sample (up to 262,144 rows or 32 MB), up to a quarter as much of further rows, and
// some blocks.
type Stream struct {
	// Cols is the number of columns.
	Cols int

	// Blocks returns all rows, in slices of one or more whole rows, row by row,
	// the same rows in the same order whenever it is called. A slice may be
	// used again for the next. ColumnFile makes one of a file.
	Blocks iter.Seq2[[]float64, error]

	// Weighted says that each row of Blocks is followed by its weight, as one
	// value more (in a ColumnFile, of Cols+1 columns, the last): a number from 0. A
	// row of weight 2 counts as two equal rows, one of weight 0 is not there. As
	// sums are exact, the greatest weight may be no more than 2^28 times the least
	// that is not 0 for a million rows, 2^48 times for a thousand, and lies from
	// 2^-100 to 2^100.
	Weighted bool

	// MiniBatch, where it is set, is a number of rows after each of which the
	// centroids move, each by its own rate (Sculley, Web-Scale K-Means
	// Clustering, 2010, doi:10.1145/1772690.1772862). FitStream then takes one
	// pass to move the centroids and one to count, and ends near a fixed point of
	// Lloyd's iteration: Converged is false, Iterations the number of batches.
	// Rows should be in no particular order. A good size is 10,000.
	MiniBatch int

	// Workers bounds the goroutines; default GOMAXPROCS.
	Workers int

	mu   sync.Mutex
	rows *engine.Stream // of the latest Sample
}

// Sample returns the rows of a sample without replacement in one pass, which
// notes what the later ones have to know: the number of rows, which must stay
// the same, and the range of the columns.
//
// Errors: ErrEmpty, ErrNotFinite with row and column, ErrWidth for a block that
// is no number of whole rows, ErrOption, that of Blocks and that of ctx.
func (s *Stream) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	x, _, err := s.sample(orBackground(ctx), rows, seed)
	return x, err
}

var errNoBlocks = fmt.Errorf("%w: a Stream needs Blocks", ErrOption)

// sample is Sample that returns what it noted too, which a Sample by another
// goroutine may have replaced in s.
func (s *Stream) sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, *engine.Stream, error) {
	switch {
	case s == nil || s.Blocks == nil:
		return nil, nil, errNoBlocks
	case s.Cols < 1 || s.Cols > 1<<24:
		return nil, nil, fmt.Errorf("%w: Cols is %d; it must be from 1 to %d", ErrOption, s.Cols, 1<<24)
	case s.Workers < 0 || s.MiniBatch < 0:
		return nil, nil, fmt.Errorf("%w: Workers is %d and MiniBatch %d; neither must be negative", ErrOption, s.Workers, s.MiniBatch)
	case rows < 1:
		return nil, nil, fmt.Errorf("%w: a sample of %d rows; there must be one at least", ErrOption, rows)
	}
	e := &engine.Stream{Cols: s.Cols, Weighted: s.Weighted, Workers: s.Workers, Blocks: s.checked}
	sample, err := e.Sample(ctx, rows, seed)
	if err != nil {
		return nil, nil, streamError(err)
	}
	if e.Rows() == 0 {
		return nil, nil, fmt.Errorf("%w: the stream has no rows", ErrEmpty)
	}
	s.mu.Lock()
	s.rows = e
	s.mu.Unlock()
	return mat.NewDense(len(sample)/s.Cols, s.Cols, sample), e, nil
}

// checked are the blocks, of whole rows; of weighted rows those that count.
func (s *Stream) checked(yield func([]float64, error) bool) {
	width, what, n := s.Cols, "", 0
	if s.Weighted {
		width, what = s.Cols+1, " and a weight"
	}
	var kept []float64
	for block, err := range s.Blocks {
		if err == nil && len(block)%width != 0 {
			err = fmt.Errorf("%w: a block of %d values is no number of whole rows of %d columns%s", ErrWidth, len(block), s.Cols, what)
		} else if err == nil && s.Weighted {
			kept, err = appendCounted(kept[:0], block, s.Cols, n)
			n += len(block) / width
			block = kept
		}
		if err != nil {
			block = nil // which need not be of whole rows
		}
		if !yield(block, err) {
			return
		}
	}
}

// appendCounted appends the weighted rows of a weight above 0; first is the
// number of the first row.
func appendCounted(dst, rows []float64, cols, first int) ([]float64, error) {
	for i := first; len(rows) > 0; i, rows = i+1, rows[cols+1:] {
		if err := checkWeight(i, rows[cols]); err != nil {
			return nil, err
		}
		for j, v := range rows[:cols] {
			if v-v != 0 {
				return nil, &engine.NotFinite{Row: i, Col: j, Value: v}
			}
		}
		if rows[cols] > 0 {
			dst = append(dst, rows[:cols+1]...)
		}
	}
	return dst, nil
}

// latest is what the latest Sample left.
func (s *Stream) latest(ctx context.Context) (*engine.Stream, error) {
	s.mu.Lock()
	e := s.rows
	s.mu.Unlock()
	if e != nil {
		return e, nil
	}
	_, e, err := s.sample(ctx, 1, 0)
	return e, err
}

// Statistics takes one pass for all sets of centroids, after one of Sample where there
// was none. Counts and sums are exact, each sum rounded once, whatever the blocks and
// the number of workers.
//
// Errors: those of Sample, ErrWidth and ErrNotFinite for centroids, ErrOverflow
// for values whose squares leave the range of float64, and ErrSource where the
// rows are not those of the pass before.
func (s *Stream) Statistics(ctx context.Context, centroids []*mat.Dense) ([]SufficientStatistics, error) {
	ctx = orBackground(ctx)
	if s == nil {
		return nil, errNoBlocks
	}
	var sets [][]float64
	for i, c := range centroids {
		if k, d := num.Dims(c); k == 0 || d != s.Cols {
			return nil, fmt.Errorf("%w: centroids %d are %d×%d; the stream has %d columns", ErrWidth, i, k, d, s.Cols)
		}
		if err := finite(c, fmt.Sprintf("centroids %d", i)); err != nil {
			return nil, err
		}
		sets = append(sets, engine.RowMajor(c))
	}
	e, err := s.latest(ctx)
	if err != nil || len(sets) == 0 {
		return nil, err
	}
	for i, c := range sets {
		if e.Scale(c).Beyond() {
			return nil, fmt.Errorf("%w, or too small: the squares of values of the stream or of centroids %d are beyond it", ErrOverflow, i)
		}
	}
	sums, err := e.Statistics(ctx, sets)
	if err != nil {
		return nil, streamError(err)
	}
	out := make([]SufficientStatistics, len(sums))
	for i, s := range sums {
		k, d := centroids[i].Dims()
		out[i] = SufficientStatistics{s.Counts, mat.NewDense(k, d, nil), s.Inertia}
		for q := range k {
			for j := range d {
				out[i].Sums.Set(q, j, s.Total(q, j))
			}
		}
	}
	return out, nil
}

// Exact returns true: counts and sums are exact, each sum rounded once.
func (s *Stream) Exact() bool { return true }

// streamError turns the errors of the engine into those of this package.
func streamError(err error) error {
	var bad *engine.NotFinite
	switch {
	case errors.As(err, &bad):
		return fmt.Errorf("%w: %v", ErrNotFinite, err)
	case errors.Is(err, engine.ErrChanged):
		return fmt.Errorf("%w: %v; every pass must give the same", ErrSource, err)
	case errors.Is(err, engine.ErrUnequal):
		return fmt.Errorf("%w: %v", ErrOption, err)
	case errors.Is(err, engine.ErrDistinct):
		return fmt.Errorf("%w: a cluster is left without rows, and the rows hold too few distinct points to fill it; ask for fewer clusters", ErrTooFew)
	}
	return err
}

// ColumnFile returns the blocks of a column file: rows×cols float64 in little-endian
// order, one column after the other, as numpy's x.T.tofile(name) writes them.
// Errors: ErrWidth for a file of another length, ErrOption, and that of r.
func ColumnFile(r io.ReaderAt, rows, cols int) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		if err := readColumns(r, rows, cols, yield); err != nil {
			yield(nil, err)
		}
	}
}

func readColumns(r io.ReaderAt, rows, cols int, yield func([]float64, error) bool) error {
	if r == nil || rows < 0 || cols < 1 || int64(rows) > math.MaxInt64/8/int64(cols) {
		return fmt.Errorf("%w: a column file of %d×%d values", ErrOption, rows, cols)
	}
	size := int64(rows) * int64(cols) * 8
	if n, err := r.ReadAt(make([]byte, 1), size); n > 0 {
		return fmt.Errorf("%w: the column file is longer than the %d bytes of %d×%d values", ErrWidth, size, rows, cols)
	} else if err != nil && err != io.EOF {
		return fmt.Errorf("segment: reading the column file: %w", err)
	}
	some := max(1, min(1<<14, 1<<20/cols)) // rows at a time: 8 MB at most, as a rule
	room, block := make([]byte, 8*min(some, rows)), make([]float64, min(some, rows)*cols)
	for from := 0; from < rows; from += some {
		m := min(some, rows-from)
		for j := range cols {
			raw := room[:8*m]
			at := (int64(j)*int64(rows) + int64(from)) * 8
			n, err := r.ReadAt(raw, at)
			if n == len(raw) {
				for i := range m {
					block[i*cols+j] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
				}
				continue
			}
			if err == io.EOF || err == io.ErrUnexpectedEOF || err == nil {
				return fmt.Errorf("%w: the column file ends at byte %d; %d×%d values take %d", ErrWidth, at+int64(n), rows, cols, size)
			}
			return fmt.Errorf("segment: reading the column file: %w", err)
		}
		if !yield(block[:m*cols], nil) {
			return nil
		}
	}
	return nil
}

// FitStream clusters the rows of a source, which need not fit in memory.
//
// By default it looks for the best clustering of a sample as Fit does, and
// iterates over all rows from there. With Restarts, each of them is seeded on
// the sample and iterates over all rows, and the best is kept. To the sample of
// a Stream a further pass adds the few rows far from the others that it does not
// stand for. A cluster that loses all its rows is given the row of the sample
// that is farthest from its centroid. All restarts share each pass.
//
// Of a Stream the sums are exact: centroids and counts are those of Fit to the
// bit where the initial ones are, that is with Init, and where all rows are in
// the sample (up to 262,144 rows and 4 million values), but that of restarts with
// the same clusters in another order another may be kept. Its rows may be of any
// magnitude, as in Fit, which may take one pass more.
//
// Of another source the weighted points of its Summary, where it is a Summarizer, take
// the place of the sample, and far rows are found by them; a sample of 262,144 rows may
// lack such, which then end in clusters of others. Points and parts of a sample are
// searched several times, and where that finds several clusterings the first pass decides
// between them. Where an Exacter says that sums are exact, the iteration goes on until
// centroids rest; else it ends once they shift by less than 2^-44 of the largest values,
// too.
//
// With Tol, but neither Init nor Restarts, it also ends where the steps to come gain about
// Tol/3 of the inertia or less. With Tol 1e-4 a sweep k = 2…10 takes three to six passes,
// those for the sample or summary included, and ends within 2e-4 of the inertia at rest:
// within 8e-5 on a million customers, the same with 20 far rows, and a million purchases
// with heavy tails, of three columns each, and on 300,000 rows of 12 clusters in eight.
// Other seeds took up to seven passes and came to 4e-4 on the purchases. With a sample
// they came to 2e-5, but to 5e-2 where it lacked the far rows, and to a quarter on the
// purchases.
//
// Every pass must go over the same rows. Counts, the sums of each column and, as the
// inertia tells, the squares of the rows are compared with those of the first pass: those
// of an exact source but for rounding, to 2^-51 of the magnitudes and 1e-9 of the squares;
// those of another to 1e-9, and to 1e-6 of the squares.
//
// The clustering has no labels: use Predict, block by block.
//
// Errors are those of Fit and of the source; ErrOption for Weights, in whose place
// Stream.Weighted is; ErrSource for answers that make no sense or of other rows; ErrOverflow for
// another source with values whose squares leave the range of float64, and for
// clusters whose rows differ by less than exact sums can hold beside the greatest
// values (about 2^-64 of these for a million rows).
func (o KMeansPP) FitStream(ctx context.Context, src Source) (*Clustering, error) {
	c, err := fitStream(orBackground(ctx), src, o, func(context.Context, mat.Matrix) ([]int, error) { return []int{o.K}, nil })
	if err != nil {
		return nil, err
	}
	return c[0], nil
}

// FitStream clusters the rows of a source, which need not fit in memory, once
// for every k in the range, as KMeansPP.FitStream does. All k and all restarts
// go through the source together, so that the passes are those of the slowest.
// The default of MaxK shrinks to the number of distinct rows in the sample.
func (s Sweep) FitStream(ctx context.Context, src Source) (*SweepResult, error) {
	c, err := fitStream(orBackground(ctx), src, s.options(), s.ks)
	if err != nil {
		return nil, err
	}
	return s.result(c)
}

// sampleSize is the number of rows on which initial centroids are looked for.
func sampleSize(src Source, ks []int) int {
	rows := 1 << 18 // of who knows how many columns: of a Summary fewer points do
	if _, ok := src.(Summarizer); ok {
		rows = 1 << 16
	}
	if s, ok := src.(*Stream); ok && s != nil {
		rows = min(1<<18, 1<<22/max(1, s.Cols))
	}
	return max(rows, 32*ks[len(ks)-1])
}

// fitStream fits o once for each k; ks gives them for a sample, or nil.
func fitStream(ctx context.Context, src Source, o KMeansPP, ksOf func(context.Context, mat.Matrix) ([]int, error)) ([]*Clustering, error) {
	switch {
	case src == nil:
		return nil, fmt.Errorf("%w: there is no source", ErrOption)
	case o.Weights != nil:
		return nil, fmt.Errorf("%w: Weights are for Fit; a Stream has its own, see Weighted", ErrOption)
	}
	ks, err := ksOf(ctx, nil)
	if err != nil {
		return nil, err
	}
	given, search := o, o.Restarts == 0 && o.Init == nil
	o = o.withDefaults()
	if err := o.checkOptions(ks); err != nil {
		return nil, err
	}
	f := &streamFit{KMeansPP: o, src: src, size: sampleSize(src, ks), search: search, passes: 1}
	if err := f.draw(ctx); err != nil {
		return nil, err
	}
	if f.ks, err = ksOf(ctx, f.sample); err == nil {
		err = o.check(f.sample, f.ks)
	}
	if err != nil {
		return nil, f.inSample(err)
	}
	if err := finite(f.sample, "the sample"); err != nil {
		return nil, err
	}
	if scaled, from, scale, err := given.scaled(src, f.rows, f.sample); err != nil {
		return nil, err
	} else if from != nil {
		found, err := fitStream(ctx, from, scaled, ksOf)
		for _, c := range found {
			r := engine.Result{Centroids: c.centroids, Counts: c.counts, Inertia: c.inertia}
			if err := scale.Restore(&r); err != nil {
				return nil, fmt.Errorf("%w: %v", ErrOverflow, err)
			}
			c.inertia, c.scaled = r.Inertia, c.inertia
		}
		return found, err
	}
	return f.fit(ctx)
}

// streamFit is a fit of a source, once its options are checked.
type streamFit struct {
	KMeansPP
	src         Source
	rows        *engine.Stream // of src; nil of another source than a Stream
	ks          []int
	size        int // of the sample that was asked for
	sample      *mat.Dense
	weights     []float64 // of the sample; nil where each row weighs 1
	own         []float64 // what the rows of the sample weigh in the stream; nil likewise
	coreset     bool      // weights make the sample stand for all rows
	drawn       []float64 // the sample as the source gave it, row by row
	middle      []float64 // its mean
	others      []engine.Other
	search      bool // the best clustering of the sample is looked for
	done, steps int  // of progress
	passes      int
}

// draw takes the sample.
func (f *streamFit) draw(ctx context.Context) (err error) {
	if s, ok := f.src.(*Stream); ok {
		if f.sample, f.rows, err = s.sample(ctx, f.size, f.Seed); err == nil {
			f.own = f.rows.Weights()
		}
	} else {
		f.sample, f.weights, err = standIns(ctx, f.src, f.size, f.Seed)
	}
	return err
}

// fit returns the best clustering for each k.
func (f *streamFit) fit(ctx context.Context) ([]*Clustering, error) {
	f.drawn = engine.RowMajor(f.sample)
	f.middle, _ = columnMeans(f.sample, f.weights)
	f.steps = len(f.ks) * f.Restarts
	if f.search {
		f.steps += starts(f.ks) * f.searches()
	}
	sets, counts, err := f.start(ctx)
	if err != nil {
		return nil, err
	}
	results, batches, err := f.iterate(ctx, sets, counts)
	if err != nil {
		return nil, err
	}
	out := make([]*Clustering, len(f.ks))
	for i, k := range f.ks {
		best := slices.MinFunc(results[i*f.Restarts:(i+1)*f.Restarts], func(a, b engine.Result) int {
			return cmp.Compare(a.Inertia, b.Inertia)
		})
		out[i] = &Clustering{
			k: k, d: len(f.middle), centroids: best.Centroids, counts: best.Counts, inertia: best.Inertia,
			iterations: best.Iterations + batches, converged: best.Converged && batches == 0,
		}
	}
	return out, nil
}

// inSample says of ErrTooFew of what rows there are too few, where not of all.
func (f *streamFit) inSample(err error) error {
	n, _ := num.Dims(f.sample)
	switch {
	case !errors.Is(err, ErrTooFew):
		return err
	case f.rows == nil && f.weights != nil:
		return fmt.Errorf("%w (in a summary of %d points)", err, n)
	case n >= f.size:
		return fmt.Errorf("%w (in a sample of %d rows)", err, n)
	}
	return err
}

// progress reports one step.
func (f *streamFit) progress(p Progress) {
	if f.done++; f.Progress != nil {
		p.Done, p.Total, p.Passes = f.done, f.steps, f.passes
		f.Progress(p)
	}
}

// start returns the initial centroids, for each k those of its restarts one
// after the other, and where they were looked for the counts of their clusters.
// To the sample of a Stream it adds the rows that it does not stand for.
func (f *streamFit) start(ctx context.Context) (sets, counts [][]float64, err error) {
	if f.Init != nil {
		return [][]float64{engine.RowMajor(f.Init)}, nil, nil
	}
	_, d := num.Dims(f.sample)
	if f.rows != nil {
		if len(f.drawn)/d < f.rows.Rows() {
			f.passes++
		}
		var points []float64
		if points, f.weights, f.own, err = f.rows.Coreset(ctx, f.drawn, f.size/4, f.Seed); err != nil {
			return nil, nil, streamError(err)
		}
		f.sample, f.coreset = mat.NewDense(len(points)/d, d, points), f.weights != nil
		if !f.coreset {
			f.weights = f.own
		}
	}
	if f.search {
		sets, counts, err = f.searchSample(ctx)
	} else {
		sets, err = f.seedSample(ctx)
	}
	return sets, counts, f.inSample(err)
}

// iterate runs Lloyd's iteration over all rows from each set of centroids, after
// the mini-batches where there are any.
func (f *streamFit) iterate(ctx context.Context, sets, counts [][]float64) (results []engine.Result, batches int, err error) {
	_, d := num.Dims(f.sample)
	run := engine.Batch{
		Cols: d, Sample: engine.RowMajor(f.sample), Weights: f.own, MaxIter: f.MaxIter, Accelerate: f.search,
		Others: f.others, Passed: func() { f.passes++ },
		Done: func(set int, r engine.Result) { f.progress(Progress{K: f.ks[set/f.Restarts], Inertia: r.Inertia}) },
	}
	limit := 0.0
	if s, ok := f.src.(*Stream); ok {
		run.Source = f.rows
		if s.MiniBatch > 0 {
			run.MaxIter = 0 // only counts
			for i, c := range sets {
				sets[i] = slices.Clone(c)
			}
			// A cluster of far rows would follow the first of them that comes, but
			// for those that it has had.
			if !f.coreset {
				counts = nil
			}
			f.passes++
			if batches, err = f.rows.MiniBatch(ctx, s.MiniBatch, sets, counts); err != nil {
				return nil, 0, streamError(err)
			}
		}
	} else {
		other := newForeign(f.src, f.sample, f.weights)
		if run.Source = other; !other.exact {
			for _, v := range run.Sample {
				limit = max(limit, math.Abs(v))
			}
			limit = float64(limit*0x1p-44) * float64(limit*0x1p-44)
		}
	}
	run.Limit = limit
	if batches == 0 {
		run.Tol, run.About = f.Tol, f.middle
		if f.rows == nil && f.search {
			run.Gain = f.Tol / 3
		}
	}
	if results, err = run.Run(ctx, sets); err != nil {
		return nil, 0, streamError(err)
	}
	for _, r := range results {
		if f.rows != nil && f.rows.Coarse(&r, run.Sample, run.Weights) {
			return nil, 0, fmt.Errorf("%w: rows of a cluster differ by less than the sums of a stream can hold beside the greatest values; leave outliers out, or scale the columns (in the sample the greatest value is %s)",
				ErrOverflow, greatest(f.sample))
		}
	}
	return results, batches, nil
}

// scaled returns the options and the rows of a stream whose values are brought to
// where squares neither overflow nor vanish on their way, no rows where they are
// there. Of another source than a Stream such values are an error.
func (o KMeansPP) scaled(src Source, rows *engine.Stream, sample *mat.Dense) (KMeansPP, *Stream, engine.Scale, error) {
	var init []float64
	if o.Init != nil {
		init = engine.RowMajor(o.Init)
	}
	s, ok := src.(*Stream)
	if !ok {
		if _, _, scale, _ := engine.New(sample, nil).Scaled(init); scale.Beyond() {
			return o, nil, scale, fmt.Errorf("%w, or too small: the squares of values as %s in the sample are beyond it", ErrOverflow, greatest(sample))
		}
		return o, nil, engine.Scale{}, nil
	}
	scale := rows.Scale(init)
	if scale.Identity() {
		return o, nil, scale, nil
	}
	width := s.Cols
	if s.Weighted {
		width++
	}
	scaled := &Stream{Cols: s.Cols, Weighted: s.Weighted, MiniBatch: s.MiniBatch, Workers: s.Workers, Blocks: func(yield func([]float64, error) bool) {
		var room []float64
		for block, err := range s.checked {
			room = room[:0]
			for ; len(block) > 0; block = block[width:] {
				room = append(append(room, scale.Rows(block[:s.Cols])...), block[s.Cols:width]...)
			}
			if !yield(room, err) {
				return
			}
		}
	}}
	if o.Init != nil {
		o.Init = mat.NewDense(len(init)/s.Cols, s.Cols, scale.Rows(init))
	}
	if tell := o.Progress; tell != nil {
		o.Progress = func(p Progress) {
			p.Inertia = scale.Inertia(p.Inertia)
			p.Passes++ // that of the sample
			tell(p)
		}
	}
	return o, scaled, scale, nil
}

// searches returns how often the best clustering of the sample is looked for: several
// times where that is little beside a pass, but as Fit does where it may be all rows.
func (f *streamFit) searches() int {
	n, _ := num.Dims(f.sample)
	switch {
	case f.rows == nil && f.weights != nil:
		return 3
	case f.rows == nil && n >= f.size:
		return 1 + sampleParts
	}
	return 1
}

// searchSample returns the centroids and counts of the best clustering of the
// sample, for each k. Those of further searches, where they are others, become others.
func (f *streamFit) searchSample(ctx context.Context) (sets, counts [][]float64, err error) {
	o := KMeansPP{Weights: f.weights, Seed: f.Seed, MaxIter: f.MaxIter, Tol: f.Tol, Workers: f.Workers, Progress: f.progress}
	if f.rows == nil {
		o.Tol = 0 // steps in memory spare passes
	}
	best, err := fitAll(ctx, f.sample, o, f.ks)
	if err != nil {
		return nil, nil, err
	}
	for i := 1; i < f.searches(); i++ {
		if err := f.searchAgain(ctx, i, o, best); err != nil {
			return nil, nil, err
		}
	}
	for _, c := range best {
		sets, counts = append(sets, c.centroids), append(counts, c.counts)
	}
	return sets, counts, nil
}

// sampleParts are the parts of a sample that are searched by themselves.
const sampleParts = 4

// searchAgain searches with another seed, of a sample a part: which of two clusterings is
// better for all rows a sample does not know, and its parts find both (Bradley & Fayyad,
// Refining Initial Points for K-Means Clustering, ICML 1998).
func (f *streamFit) searchAgain(ctx context.Context, number int, o KMeansPP, best []*Clustering) error {
	x := f.sample
	if o.Weights == nil {
		var part []int
		for n, i := x.RawMatrix().Rows, number-1; i < n; i += sampleParts {
			part = append(part, i)
		}
		x = rows.Take(x, part)
	}
	o.Seed += uint64(number) << 32
	found, err := fitAll(ctx, x, o, f.ks)
	if errors.Is(err, ErrTooFew) {
		return nil // in the part
	}
	for i, c := range found {
		if o.Weights == nil {
			whole := KMeansPP{K: c.k, Init: c.Centroids(), MaxIter: o.MaxIter, Workers: o.Workers}
			if c, err = whole.Fit(ctx, f.sample); err != nil {
				return err
			}
		}
		if excess := c.inertia/best[i].inertia - 1; math.Abs(excess) > 1e-6 && excess < 0.01 {
			f.others = append(f.others, engine.Other{Set: i, Centroids: c.centroids})
		}
	}
	return err
}

// seedSample returns the seeds of each restart for each k.
func (f *streamFit) seedSample(ctx context.Context) ([][]float64, error) {
	data := engine.New(f.sample, f.weights)
	sets := make([][]float64, len(f.ks)*f.Restarts)
	err := rows.Each(ctx, f.Workers, len(sets), nil, func(i int) (err error) {
		k := f.ks[i/f.Restarts]
		if sets[i], err = data.Seeds(ctx, k, f.Seed, i%f.Restarts); err == nil && len(sets[i]) < k*data.Cols {
			err = f.fitError(engine.ErrDistinct, f.sample, k)
		}
		return err
	})
	return sets, err
}
