package preprocess

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// FitAggregates fits the steps one after the other on aggregates of rows that stay
// where they are. Columns are those of the rows, all of them or none, as in Fit.
//
// Medians, quartiles, means, deviations, least and greatest values have the bits that
// Fit gives them for the same rows, as far as the sums of a keep 106 bits. Components,
// which come from the covariance in place of a decomposition of the rows, have
// directions and variances to 1e-10 of the greatest variance; one that explains less
// than 2^-50 of that has the variance 0, and components of the same variance may be
// other ones.
//
// An imputer and a standard scaler, with or without principal components behind them,
// take the passes of one Extent, of one Ranks where medians are asked for, and two of
// Moments. Log1p and ColumnTransformer add an Extent where what is behind them is
// scaled, and a part of a ColumnTransformer the aggregates of its own steps. Memory is
// that of the answers.
//
// Errors: those of Fit, without the number of the row; [ErrOptions] for a step that
// aggregates cannot fit, which are the strategy MostFrequent, OneHotEncoder,
// QuantileTransformer, PowerTransformer, and those of other packages: fit it on a
// sample and give it as [Given]; [ErrAggregates] for answers of a that contradict each
// other; and those of a.
func (t Pipeline) FitAggregates(ctx context.Context, a Aggregator, columns ...string) (*FittedPipeline, error) {
	if a == nil {
		return nil, fmt.Errorf("preprocess: pipeline: there is no Aggregator: %w", ErrOptions)
	}
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	e, err := a.Extent(ctx, nil)
	if err != nil {
		return nil, err
	}
	if e.Rows == 0 {
		return nil, fmt.Errorf("preprocess: pipeline: there are no rows: %w", ErrNoRows)
	}
	names, err := columnNames("pipeline", len(e.Known), columns)
	if err == nil {
		err = e.check(names)
	}
	if err != nil {
		return nil, err
	}
	all := &aggregates{from: a, columns: names, reach: &e}
	f, _, err := t.fitAggregates(ctx, 0, all)
	if err != nil {
		return nil, err
	}
	return f.(*FittedPipeline), nil
}

// aggregateFitter is a transformer that can be fitted on aggregates. It returns what
// it fitted, and the rows behind that.
type aggregateFitter interface {
	fitAggregates(ctx context.Context, depth int, a *aggregates) (Fitted, *aggregates, error)
}

// fitterOf returns a transformer as what it is here, and nil for others. As in
// kernelsOf, types are told by type: one that embeds a type of ours fits in its own way.
func fitterOf(transformer any) aggregateFitter {
	switch transformer.(type) {
	case Imputer, *Imputer, Scaler, *Scaler, PCA, *PCA, Log1p, *Log1p, Given, *Given,
		Pipeline, *Pipeline, ColumnTransformer, *ColumnTransformer:
		return transformer.(aggregateFitter)
	}
	return nil
}

// fitAggregates fits the step on rows behind those before it.
func (s Step) fitAggregates(ctx context.Context, depth int, a *aggregates) (Fitted, *aggregates, error) {
	if err := cause.Of(ctx); err != nil {
		return nil, nil, err
	}
	fitter := fitterOf(s.transformer)
	if fitter == nil {
		return nil, nil, fmt.Errorf("step %q: %w", s.name, cannotAggregate(fmt.Sprintf("%T", s.transformer)))
	}
	switch s.transformer.(type) {
	case Pipeline, *Pipeline, ColumnTransformer, *ColumnTransformer:
		depth++
	}
	a.step = s.name
	f, next, err := fitter.fitAggregates(ctx, depth, a)
	if err != nil {
		return nil, nil, fmt.Errorf("step %q: %w", s.name, err)
	}
	return f, next, nil
}

func cannotAggregate(what string) error {
	return fmt.Errorf("preprocess: %s cannot be fitted on counts, ranks and sums of rows; fit it on a sample of them and give it as Given, or leave it out: %w", what, ErrOptions)
}

func (t Pipeline) fitAggregates(ctx context.Context, depth int, a *aggregates) (Fitted, *aggregates, error) {
	names, err := t.check(depth)
	if err != nil {
		return nil, nil, err
	}
	steps := make([]Fitted, len(t.Steps))
	for i, s := range t.Steps {
		a.products = i+1 < len(t.Steps) && isPCA(t.Steps[i+1].transformer)
		if steps[i], a, err = s.fitAggregates(ctx, depth, a); err != nil {
			return nil, nil, err
		}
	}
	p, err := newPipeline(names, steps)
	if err != nil {
		return nil, nil, fmt.Errorf("preprocess: pipeline: %w: %w", err, ErrOptions)
	}
	return p, a, nil
}

func isPCA(transformer any) bool {
	switch transformer.(type) {
	case PCA, *PCA:
		return true
	}
	return false
}

// aggregates are the rows of an Aggregator behind the steps that are fitted, and what
// is known of them. What a step does to the aggregates is followed where it leaves no
// doubt about a bit, so that the rows are asked again only where it does.
type aggregates struct {
	from     Aggregator
	names    []string // of steps
	steps    []Fitted // that rows go through before they are asked
	columns  []string // behind steps
	step     string   // name of the one that is being fitted
	products bool     // principal components follow it

	through *FittedPipeline // steps, the same value for all that is asked behind them

	reach  *Extent                                  // nil: not known
	totals func(context.Context) ([]partSum, error) // nil: not known
	about  *centred                                 // nil: not known
}

// partSum is the sum of a column times part, a power of two that keeps it, and the sum of
// squares, from overflowing.
type partSum struct {
	sum
	part float64
}

// mean returns the mean of the n values.
func (s partSum) mean(n int) float64 { return s.over(n) / s.part }

// centred are sums of v = (x−center)·power over n rows, by column, and what they mean
// for columns that steps have made of x since.
type centred struct {
	n             int
	center, unit  []float64 // a column is center + v·unit
	rest, squares []float64 // Σ v, Σ v²
	products      []float64 // d×d, Σ v_i·v_j; nil where they were not asked for
}

// behind returns the steps that rows go through before they are asked, nil for none.
func (a *aggregates) behind() (*FittedPipeline, error) {
	if len(a.steps) == 0 || a.through != nil {
		return a.through, nil
	}
	p, err := newPipeline(a.names, a.steps)
	if err != nil {
		return nil, fmt.Errorf("preprocess: pipeline: %w: %w", err, ErrOptions)
	}
	a.through = p
	return p, nil
}

// next returns the rows behind one more step, of which nothing is known.
func (a *aggregates) next(f Fitted) *aggregates {
	name := a.step
	for slices.Contains(a.names, name) { // one of another pipeline
		name += "'"
	}
	return &aggregates{
		from: a.from, columns: f.OutputColumns(),
		names: append(slices.Clone(a.names), name), steps: append(slices.Clone(a.steps), f),
	}
}

// extent returns how far the columns reach, and asks for it once.
func (a *aggregates) extent(ctx context.Context) (Extent, error) {
	if a.reach != nil {
		return *a.reach, nil
	}
	behind, err := a.behind()
	if err != nil {
		return Extent{}, err
	}
	e, err := a.from.Extent(ctx, behind)
	if err == nil {
		err = e.check(a.columns)
	}
	if err != nil {
		return Extent{}, err
	}
	a.reach = &e
	return e, nil
}

// check refuses an extent that none of rows has.
func (e Extent) check(columns []string) error {
	if d := len(columns); len(e.Known) != d || len(e.Least) != d || len(e.Greatest) != d {
		return contradiction("%d counts, %d least and %d greatest values for %d columns", len(e.Known), len(e.Least), len(e.Greatest), d)
	}
	for j, name := range columns {
		switch low, high := e.Least[j], e.Greatest[j]; {
		case e.Rows < 0 || e.Known[j] < 0 || e.Known[j] > e.Rows:
			return contradiction("column %q has %d values in %d rows", name, e.Known[j], e.Rows)
		case e.Known[j] > 0 && !(num.Finite(low) && num.Finite(high)):
			return fmt.Errorf("preprocess: column %q reaches from %v to %v: %w", name, low, high, ErrNotFinite)
		case e.Known[j] > 0 && low > high:
			return contradiction("column %q reaches from %v to %v", name, low, high)
		}
	}
	return nil
}

func contradiction(format string, args ...any) error {
	return fmt.Errorf("preprocess: %w: %s", ErrAggregates, fmt.Sprintf(format, args...))
}

// complete returns the extent of columns none of which has a missing value, nor
// differences beyond float64.
func (a *aggregates) complete(ctx context.Context, op string) (Extent, error) {
	e, err := a.extent(ctx)
	if err != nil {
		return Extent{}, err
	}
	for j, name := range a.columns {
		if missing := e.Rows - e.Known[j]; missing > 0 {
			return Extent{}, fmt.Errorf("preprocess: %s: column %q has no value in %d of %d rows: %w", op, name, missing, e.Rows, ErrNotFinite)
		}
		if !num.Finite(e.Greatest[j] - e.Least[j]) {
			return Extent{}, fmt.Errorf("preprocess: %s: column %q reaches from %v to %v: %w", op, name, e.Least[j], e.Greatest[j], ErrOverflow)
		}
	}
	return e, nil
}

// ranks returns the known values of the given ranks of each column.
func (a *aggregates) ranks(ctx context.Context, e Extent, ranks [][]int) ([][]float64, error) {
	behind, err := a.behind()
	if err != nil {
		return nil, err
	}
	values, err := a.from.Ranks(ctx, behind, ranks)
	if err != nil {
		return nil, err
	}
	if len(values) != len(ranks) {
		return nil, contradiction("ranks of %d columns, asked were %d", len(values), len(ranks))
	}
	for j, list := range values {
		if len(list) != len(ranks[j]) {
			return nil, contradiction("%d values of column %q for %d ranks", len(list), a.columns[j], len(ranks[j]))
		}
		for i, v := range list {
			if !(v >= e.Least[j] && v <= e.Greatest[j]) || i > 0 && ranks[j][i] >= ranks[j][i-1] && v < list[i-1] {
				return nil, contradiction("column %q reaches from %v to %v and has the values %v at the ranks %v", a.columns[j], e.Least[j], e.Greatest[j], list, ranks[j])
			}
		}
	}
	return values, nil
}

// moments asks for sums about center.
func (a *aggregates) moments(ctx context.Context, e Extent, o MomentsOptions) (Moments, error) {
	behind, err := a.behind()
	if err != nil {
		return Moments{}, err
	}
	m, err := a.from.Moments(ctx, behind, o)
	if err != nil {
		return Moments{}, err
	}
	d := len(a.columns)
	if len(m.Sums) != d || len(m.Squares) != d || o.Products && len(m.Products) != d*d {
		return Moments{}, contradiction("%d sums, %d squares and %d products for %d columns", len(m.Sums), len(m.Squares), len(m.Products), d)
	}
	if !slices.Equal(m.Known, e.Known) {
		return Moments{}, contradiction("%v values were added up, and there were %v before", m.Known, e.Known)
	}
	for j, s := range m.Sums {
		if !num.Finite(s.value()) || !num.Finite(m.Squares[j].value()) {
			return Moments{}, contradiction("the sums of column %q are %v and %v", a.columns[j], s, m.Squares[j])
		}
	}
	if i := slices.IndexFunc(m.Products, func(s Sum) bool { return !num.Finite(s.value()) }); i >= 0 && o.Products {
		return Moments{}, contradiction("the sum of products of the columns %q and %q is %v", a.columns[i/d], a.columns[i%d], m.Products[i])
	}
	return m, nil
}

// sums returns the sum of each column.
func (a *aggregates) sums(ctx context.Context) ([]partSum, error) {
	if a.totals == nil {
		sums, err := a.askSums(ctx)
		if err != nil {
			return nil, err
		}
		a.totals = func(context.Context) ([]partSum, error) { return sums, nil }
	}
	return a.totals(ctx)
}

func (a *aggregates) askSums(ctx context.Context) ([]partSum, error) {
	e, err := a.extent(ctx)
	if err != nil {
		return nil, err
	}
	sums, power := make([]partSum, len(a.columns)), make([]float64, len(a.columns))
	for j := range sums {
		power[j], _ = num.UnitPower(max(-e.Least[j], e.Greatest[j]))
		sums[j].part = power[j]
	}
	m, err := a.moments(ctx, e, MomentsOptions{Power: power})
	if err != nil {
		return nil, err
	}
	for j, s := range m.Sums {
		sums[j].sum = sum{s.High, s.Low}
	}
	return sums, nil
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// means returns the moments of complete columns.
func (a *aggregates) means(ctx context.Context, op string) (moments, error) {
	e, err := a.complete(ctx, op)
	if err != nil {
		return moments{}, err
	}
	sums, err := a.sums(ctx)
	if err != nil {
		return moments{}, err
	}
	m := moments{make([]float64, len(sums)), e.Least, e.Greatest}
	for j, s := range sums {
		m.mean[j] = min(max(s.mean(e.Rows), e.Least[j]), e.Greatest[j])
	}
	return m, nil
}

// centre asks for the sums about the means of complete columns.
func (a *aggregates) centre(ctx context.Context, m moments, products bool) (*centred, error) {
	e, err := a.extent(ctx)
	if err != nil {
		return nil, err
	}
	power, exponent := m.powers()
	got, err := a.moments(ctx, e, MomentsOptions{m.mean, power, products})
	if err != nil {
		return nil, err
	}
	c := &centred{n: e.Rows, center: m.mean}
	for j := range m.mean {
		c.unit = append(c.unit, math.Ldexp(1, exponent[j]))
		c.rest, c.squares = append(c.rest, got.Sums[j].value()), append(c.squares, got.Squares[j].value())
	}
	for _, s := range got.Products {
		c.products = append(c.products, s.value())
	}
	return c, nil
}

func (s Sum) value() float64 { return s.High + s.Low }

// through returns the sums for columns that a scaler made of those of c.
func (c *centred) through(f *FittedScaler) *centred {
	out := *c
	out.center, out.unit = slices.Clone(c.center), slices.Clone(c.unit)
	for j := range out.center {
		out.center[j] = (c.center[j] - f.center[j]) / f.scale[j]
		out.unit[j] /= f.scale[j]
	}
	return &out
}

// mean returns the mean of column j.
func (c *centred) mean(j int) float64 {
	return c.center[j] + float64(c.rest[j]/float64(c.n)*c.unit[j])
}

// covariances returns the d×d sums of products of deviations from the means, in units
// of 2^exponent.
func (c *centred) covariances(exponent int) []float64 {
	d := len(c.center)
	out := make([]float64, d*d)
	for i := range d {
		for j := i; j < d; j++ {
			v := c.products[i*d+j] - float64(c.rest[i]*c.rest[j])/float64(c.n)
			v = float64(float64(v*math.Ldexp(c.unit[i], -exponent)) * math.Ldexp(c.unit[j], -exponent))
			out[i*d+j], out[j*d+i] = v, v
		}
	}
	return out
}

func (t Imputer) fitAggregates(ctx context.Context, _ int, a *aggregates) (Fitted, *aggregates, error) {
	if err := t.check(); err != nil {
		return nil, nil, err
	}
	if t.Strategy == MostFrequent {
		return nil, nil, cannotAggregate("an imputer of the most frequent value")
	}
	e, err := a.extent(ctx)
	if err != nil {
		return nil, nil, err
	}
	f := &FittedImputer{strategy: t.Strategy, columns: a.columns, statistics: make([]float64, len(a.columns))}
	ranks := make([][]int, len(a.columns))
	for j, known := range e.Known {
		if known == 0 && t.Strategy != Constant {
			return nil, nil, allMissing(a.columns[j], e.Rows)
		}
		f.statistics[j], ranks[j] = t.Fill, []int{(known - 1) / 2, known / 2}
	}
	switch t.Strategy {
	case Median:
		values, err := a.ranks(ctx, e, ranks)
		if err != nil {
			return nil, nil, err
		}
		for j, v := range values {
			f.statistics[j] = middle(v[0], v[1])
		}
	case Mean:
		sums, err := a.sums(ctx)
		if err != nil {
			return nil, nil, err
		}
		for j, s := range sums {
			f.statistics[j] = s.mean(e.Known[j])
		}
	}
	return f, a.filled(e, f), nil
}

// filled returns the rows behind an imputer.
func (a *aggregates) filled(e Extent, f *FittedImputer) *aggregates {
	next, full := a.next(f), true
	reach := Extent{e.Rows, make([]int, len(e.Known)), slices.Clone(e.Least), slices.Clone(e.Greatest)}
	for j, fill := range f.statistics {
		if reach.Known[j] = e.Rows; e.Known[j] < e.Rows {
			full = false
			reach.Least[j], reach.Greatest[j] = min(e.Least[j], fill), max(e.Greatest[j], fill)
		}
	}
	next.reach = &reach
	if full { // the imputer changes nothing
		next.names, next.steps, next.through = a.names, a.steps, a.through
	}
	next.totals = func(ctx context.Context) ([]partSum, error) {
		known, err := a.sums(ctx)
		if err != nil {
			return nil, err
		}
		sums := slices.Clone(known)
		for j, fill := range f.statistics {
			sums[j].addTimes(fill, e.Rows-e.Known[j])
		}
		return sums, nil
	}
	return next
}

// addTimes adds v n times. The product is exact with what a fused multiply-add, which
// Go has on every machine, says that it was rounded by.
func (s *partSum) addTimes(v float64, n int) {
	if n == 0 {
		return
	}
	if part, _ := num.UnitPower(v); part < s.part { // the values are smaller than v
		s.high, s.low, s.part = s.high*(part/s.part), s.low*(part/s.part), part
	}
	v *= s.part
	product := float64(v * float64(n))
	s.add(product)
	s.low += math.FMA(v, float64(n), -product)
}

func (t Scaler) fitAggregates(ctx context.Context, _ int, a *aggregates) (Fitted, *aggregates, error) {
	if err := t.check(); err != nil {
		return nil, nil, err
	}
	e, err := a.complete(ctx, "scaler")
	if err != nil {
		return nil, nil, err
	}
	d := len(a.columns)
	f := &FittedScaler{method: t.Method, columns: a.columns, center: slices.Clone(e.Least), scale: make([]float64, d)}
	var about *centred
	switch t.Method {
	case Standard:
		m, err := a.means(ctx, "scaler")
		if err != nil {
			return nil, nil, err
		}
		if about, err = a.centre(ctx, m, a.products); err != nil {
			return nil, nil, err
		}
		f.center = slices.Clone(m.mean)
		for j := range f.scale {
			f.scale[j] = float64(num.Deviation(about.squares[j], about.rest[j], about.n) * about.unit[j])
		}
	case MinMax:
		for j := range f.scale {
			f.scale[j] = e.Greatest[j] - e.Least[j]
		}
	case Robust:
		if err := f.quartiles(ctx, a, e); err != nil {
			return nil, nil, err
		}
	}
	f.keepConstants(e.Least, e.Greatest)
	next := a.next(f)
	if about != nil {
		next.about = about.through(f)
	}
	// The scaler rises with its values, whatever it rounds.
	reach := Extent{e.Rows, e.Known, slices.Clone(e.Least), slices.Clone(e.Greatest)}
	for _, row := range [][]float64{reach.Least, reach.Greatest} {
		if err := f.apply(block{row, 1, d, d}, block{row, 1, d, d}, 0); err != nil {
			return nil, nil, fmt.Errorf("preprocess: scaler: the least or greatest value: %w", err)
		}
	}
	next.reach = &reach
	return f, next, nil
}

// quartiles sets centre and scale of Robust.
func (f *FittedScaler) quartiles(ctx context.Context, a *aggregates, e Extent) error {
	n := e.Rows
	var at [3]float64
	asked := make([]int, 0, 6)
	for i, q := range []float64{0.25, 0.5, 0.75} {
		at[i] = float64(q * float64(n-1))
		low := min(int(at[i]), n-1)
		asked = append(asked, low, min(low+1, n-1))
	}
	asked[2], asked[3] = (n-1)/2, n/2
	values, err := a.ranks(ctx, e, slices.Repeat([][]int{asked}, len(f.scale)))
	if err != nil {
		return err
	}
	for j, v := range values {
		f.center[j] = middle(v[2], v[3])
		f.scale[j] = between(v[4], v[5], at[2]-float64(asked[4])) - between(v[0], v[1], at[0]-float64(asked[0]))
	}
	return nil
}

func (t PCA) fitAggregates(ctx context.Context, _ int, a *aggregates) (Fitted, *aggregates, error) {
	if err := t.check(); err != nil {
		return nil, nil, err
	}
	e, err := a.complete(ctx, "pca")
	if err != nil {
		return nil, nil, err
	}
	d := len(a.columns)
	if err := t.checkShape(e.Rows, d); err != nil {
		return nil, nil, err
	}
	c := a.about
	if c == nil || c.products == nil {
		m, err := a.means(ctx, "pca")
		if err != nil {
			return nil, nil, err
		}
		if c, err = a.centre(ctx, m, true); err != nil {
			return nil, nil, err
		}
	}
	m := moments{make([]float64, d), e.Least, e.Greatest}
	for j := range m.mean {
		m.mean[j] = min(max(c.mean(j), e.Least[j]), e.Greatest[j])
	}
	_, exponent := num.UnitPower(m.largest())
	values, vectors, ok := rightSingular(ctx, c.covariances(exponent), d, d)
	if err := cause.Of(ctx); err != nil {
		return nil, nil, err
	}
	if !ok {
		return nil, nil, fmt.Errorf("preprocess: pca: %w", ErrNotConverged)
	}
	for i, v := range values {
		if v <= float64(d)*0x1p-50*values[0] { // of rounding alone
			v = 0
		}
		values[i] = math.Sqrt(v)
	}
	f, err := t.fitted(a.columns, m.mean, values, vectors, e.Rows, exponent)
	if err != nil {
		return nil, nil, err
	}
	return f, a.next(f), nil
}

func (t Log1p) fitAggregates(ctx context.Context, _ int, a *aggregates) (Fitted, *aggregates, error) {
	e, err := a.complete(ctx, "log1p")
	if err != nil {
		return nil, nil, err
	}
	f := &FittedLog1p{a.columns}
	d := len(a.columns)
	if err := f.kernels()[0].apply(block{make([]float64, d), 1, d, d}, block{e.Least, 1, d, d}, 0); err != nil {
		return nil, nil, fmt.Errorf("preprocess: log1p: the least value: %w", err)
	}
	return f, a.next(f), nil
}

func (t Given) fitAggregates(_ context.Context, _ int, a *aggregates) (Fitted, *aggregates, error) {
	f, err := t.of(a.columns)
	if err != nil {
		return nil, nil, err
	}
	return f, a.next(f), nil
}

func (t ColumnTransformer) fitAggregates(ctx context.Context, depth int, a *aggregates) (Fitted, *aggregates, error) {
	if err := t.check(depth); err != nil {
		return nil, nil, err
	}
	var names []string
	var steps []Fitted
	reach := new(Extent)
	for _, part := range t.Parts {
		some, err := a.part(ctx, part)
		if err != nil {
			return nil, nil, err
		}
		f, next, err := part.Step.fitAggregates(ctx, depth, some)
		if err != nil {
			return nil, nil, err
		}
		names, steps, reach = append(names, part.Step.name), append(steps, f), reach.beside(next.reach)
	}
	f, err := newColumnTransformer(a.columns, names, steps)
	if err != nil {
		return nil, nil, fmt.Errorf("preprocess: column transformer: %w: %w", err, ErrOptions)
	}
	next := a.next(f)
	if e, err := a.extent(ctx); err != nil {
		return nil, nil, err
	} else if rest := f.from[len(steps)]; reach != nil {
		next.reach = reach.beside(e.of(rest))
	}
	return f, next, nil
}
