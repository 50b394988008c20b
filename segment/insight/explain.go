package insight

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// BorderlineBelow is the confidence below which a row counts as borderline.
// Confidence is (b−a)/b for the distances a and b from the nearest and the
// second-nearest centroid: the silhouette of the row with centroids in the
// place of all rows (simplified silhouette, Hruschka et al. 2006,
// doi:10.1016/j.ins.2005.07.015). Below 0.1 the second centroid is less than a
// ninth farther than the nearest, so that a small error in one value may turn
// the decision.
const BorderlineBelow = 0.1

// ExplainOptions are how rows are explained. The zero value works.
type ExplainOptions struct {
	// Columns are those of which a change is looked for; default: all. Leave
	// out what nobody can change, such as the age.
	Columns []string

	// Unseen lets changes lead beyond the least and greatest values of training, which
	// no row had; default: changes stay among them.
	Unseen bool

	// Integer names columns of whole numbers, such as a count of children: a
	// change of these leads to a whole number.
	Integer []string

	// Rows, n×d, are rows among which the nearest are looked for, with the
	// columns of the model; none needed. Missing values are NaN.
	Rows mat.Matrix

	// Transformed, n×q, are Rows behind the pipeline of the model; nil where they
	// are to be transformed here.
	Transformed *mat.Dense

	Neighbours int     // how many of Rows are taken; default 10
	Borderline float64 // confidence below which a row is borderline; default BorderlineBelow
}

// Explanation is why a row is in its tier.
type Explanation struct {
	segment.Prediction
	// Next is the second-nearest cluster, and NextTier its tier; −1 and empty
	// with one cluster alone.
	Next     int    `json:"next_cluster"`
	NextTier string `json:"next_tier"`
	// Gap is the squared distance from the centroid of Next less that from the
	// centroid of Cluster, behind the pipeline.
	Gap float64 `json:"gap" null:"+Inf"`
	// Contributions are the parts of Gap, one for each column in order: they
	// add up to it.
	Contributions []Contribution `json:"contributions"`
	// Confidence goes from 0, on the border, to 1, on the centroid; Borderline
	// reports whether it is below the threshold. See BorderlineBelow.
	Confidence float64 `json:"confidence"`
	Borderline bool    `json:"borderline"`
	// NextBetter is the tier above, empty for the best. Counterfactuals are the least
	// changes of one column each that lead there, by size: those within what was seen
	// in training, and with ExplainOptions.Unseen the others behind them. There may be
	// none. No column that was never negative in training is made so, or more so.
	NextBetter      string           `json:"next_better_tier"`
	Counterfactuals []Counterfactual `json:"changes"`
	// Neighbours are the nearest of ExplainOptions.Rows; nil without.
	Neighbours *Neighbours `json:"neighbours,omitempty"`
}

// Contribution is the part of one column in a decision between two clusters:
//
//	Value = Slope · (At − Halfway)
//
// Positive values speak for the assigned cluster, negative ones for the next.
type Contribution struct {
	Column  string  `json:"column"`
	At      float64 `json:"at"`      // the value in the row, or what it was imputed with
	Imputed bool    `json:"imputed"` // whether it was missing
	// Categorical is set where At is a category. Halfway and Slope are then NaN,
	// and null in JSON, and Value adds up the indicators of the column, each Slope
	// · (At − Halfway) of its own, at 0 and 1.
	Categorical bool `json:"categorical,omitempty"`
	// Word is what At stands for in a column of words; empty in others, and where the
	// model does not know the word.
	Word string `json:"word,omitempty"`
	// Halfway is the value that speaks for neither: the middle between the
	// centres of the two clusters, in the unit of the column.
	Halfway float64 `json:"halfway"`
	// Slope is the change of Gap for one unit more of the column; NaN, and null in
	// JSON, for one of whose values the pipeline takes the logarithm, quantile or
	// power, so that Value is Slope · (At − Halfway) behind that only.
	Slope float64 `json:"slope"`
	Value float64 `json:"contribution"`
}

// Counterfactual is the least change of one column that leads to another tier.
type Counterfactual struct {
	Column  string  `json:"column"`
	From    float64 `json:"from"` // the value in the row, or what it was imputed with
	Imputed bool    `json:"imputed"`
	// Categorical is set where From and To are categories: To is one that the
	// model knows, of those that lead to Tier the one that moves the row least
	// behind the pipeline, and of equals the one that is most frequent in
	// training. Size is then 1, and By NaN, and null in JSON.
	Categorical bool `json:"categorical,omitempty"`
	// FromWord and ToWord are what From and To stand for in a column of words.
	FromWord string `json:"from_word,omitempty"`
	ToWord   string `json:"to_word,omitempty"`
	// To is the least change that Predict needs; Rounded is the next number
	// beyond it that people can read, and leads there too, or To where there is
	// none.
	To      float64 `json:"to"`
	Rounded float64 `json:"rounded"`
	Cluster int     `json:"cluster"` // where the changed row is predicted to be
	Tier    string  `json:"tier"`
	// Size is the size of the change as a share of the range of the column in
	// training; +Inf, and null in JSON, for a column that was constant.
	Size float64 `json:"size" null:"+Inf"`
	// Seen reports whether To lies within what was seen in training.
	Seen bool `json:"seen"`
}

// By returns the change of the value, in the unit of the column; NaN for a
// category.
func (c Counterfactual) By() float64 {
	if c.Categorical {
		return math.NaN()
	}
	return c.To - c.From
}

// Neighbours are the rows nearest to the explained one.
type Neighbours struct {
	Rows      []int     `json:"rows"`      // of ExplainOptions.Rows, the nearest first; equally near ones in their order
	Distances []float64 `json:"distances"` // behind the pipeline
	// Medians are those of the columns, in order, over the neighbours where
	// they are not missing; of a categorical column the most frequent category,
	// the lowest of equals. NaN, and null in JSON, where all are missing.
	Medians []float64 `json:"medians"`
	// Words are what the Medians of columns of words stand for, in the order of the
	// columns, empty for others; nil where the model has none.
	Words []string `json:"words,omitempty"`
	// Tiers are the shares of the tiers among them, in the order of the tiers.
	Tiers []TierShare `json:"tiers"`
}

// TierShare is how much of something is in a tier.
type TierShare struct {
	Tier  string  `json:"tier"`
	Share float64 `json:"share"` // from 0 to 1
}

var errNoModel = fmt.Errorf("%w: the explainer has no model; want one that NewExplainer returned", segment.ErrNotModel)

// Explainer explains the predictions of one model. It is immutable and safe
// for concurrent use.
type Explainer struct {
	*geometry
	change  []int // columns that may change
	integer []bool
	names   []string // of the tiers, the best first
	options ExplainOptions
	nearby  *mat.Dense // options.Rows behind the pipeline
	tiers   []int      // of these, as indices into names
}

// NewExplainer prepares explanations, which then cost little each. Errors:
// ErrNotLinear for a pipeline with other steps than imputer, scaler, PCA and, before
// any PCA, those on each column alone; ErrOption, ErrWidth, those of the pipeline for Rows,
// and that of ctx.
func NewExplainer(ctx context.Context, m *segment.Model, o ExplainOptions) (*Explainer, error) {
	o.Neighbours, o.Borderline = cmp.Or(o.Neighbours, 10), cmp.Or(o.Borderline, BorderlineBelow)
	switch {
	case o.Neighbours < 0:
		return nil, fmt.Errorf("%w: Neighbours is %d; it must be at least 1 (0 stands for 10)", segment.ErrOption, o.Neighbours)
	case !(o.Borderline > 0 && o.Borderline <= 1):
		return nil, fmt.Errorf("%w: Borderline is %v; it must lie between 0 and 1 (0 stands for %v)", segment.ErrOption, o.Borderline, BorderlineBelow)
	}
	g, err := newGeometry(m)
	if err != nil {
		return nil, err
	}
	e := &Explainer{geometry: g, options: o, integer: make([]bool, len(g.columns)), names: m.TierNames()}
	if e.change, err = g.places(o.Columns, "is to change"); err != nil {
		return nil, err
	}
	if o.Columns == nil {
		e.change, _ = g.places(g.columns, "")
	}
	whole, err := g.places(o.Integer, "is said to be whole")
	if err != nil {
		return nil, err
	}
	for _, j := range whole {
		e.integer[j] = true
	}
	return e, e.locate(ctx)
}

// places returns the places of named columns, of which something is said.
func (g *geometry) places(names []string, said string) ([]int, error) {
	var out []int
	for _, name := range names {
		j := slices.Index(g.columns, name)
		if j < 0 {
			return nil, fmt.Errorf("%w: %s %s, and the model has no such column; it has %s", segment.ErrOption, name, said, strings.Join(g.columns, ", "))
		}
		out = append(out, j)
	}
	return out, nil
}

// locate finds the rows among which neighbours are looked for.
func (e *Explainer) locate(ctx context.Context) error {
	n, d := num.Dims(e.options.Rows)
	if n == 0 {
		return nil
	}
	if d != len(e.columns) {
		return fmt.Errorf("%w: Rows have %d columns, the model has %d (%s)", segment.ErrWidth, d, len(e.columns), strings.Join(e.columns, ", "))
	}
	if e.nearby = e.options.Transformed; e.nearby == nil {
		var err error
		if e.nearby, err = e.model.Transform(ctx, e.options.Rows); err != nil {
			return fmt.Errorf("the rows to find neighbours in: %w", err)
		}
	} else if rows, q := e.nearby.Dims(); rows != n || q != e.affine.q {
		return fmt.Errorf("%w: Transformed has %d×%d values, want %d×%d", segment.ErrWidth, rows, q, n, e.affine.q)
	}
	e.tiers = make([]int, n)
	room := make([]float64, e.affine.q)
	for i := range e.tiers {
		if i%1024 == 0 {
			if err := cause.Of(ctx); err != nil {
				return err
			}
		}
		e.tiers[i] = slices.Index(e.names, e.model.Tier(e.near.Nearest(e.nearby.RawRowView(i), room)))
	}
	return nil
}

// Explain returns why the model puts a row where Predict does. For many rows,
// use one Explainer. Errors: those of NewExplainer and Predict.
func Explain(ctx context.Context, m *segment.Model, row []float64, o ExplainOptions) (*Explanation, error) {
	e, err := NewExplainer(ctx, m, o)
	if err != nil {
		return nil, err
	}
	return e.Explain(ctx, row)
}

// Explain returns why the model puts a row where Predict does. Errors: those of Predict,
// and that of ctx.
func (e *Explainer) Explain(ctx context.Context, row []float64) (*Explanation, error) {
	if e == nil || e.geometry == nil {
		return nil, errNoModel
	}
	out := &Explanation{Next: -1, Contributions: []Contribution{}, Counterfactuals: []Counterfactual{}, Confidence: 1}
	var err error
	if out.Prediction, err = e.model.Predict(row); err != nil {
		return nil, err
	}
	z, err := e.behind(row)
	if err != nil {
		return nil, err
	}
	full := e.affine.imputed(row)
	if e.k > 1 {
		if err := e.contributions(out, row, full, z); err != nil {
			return nil, err
		}
	}
	if better := slices.Index(e.names, out.Tier) - 1; better >= 0 {
		out.NextBetter = e.names[better]
		out.Counterfactuals = e.toward(row, full, z, out.NextBetter)
	}
	if e.nearby != nil {
		if out.Neighbours, err = e.neighbours(ctx, z); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Toward returns the least changes of one column each that lead a row to a tier, as
// Explanation.Counterfactuals has those to the tier above; none for the tier that it
// is in. Errors: ErrOption for a tier that the model does not have, those of Predict.
func (e *Explainer) Toward(row []float64, tier string) ([]Counterfactual, error) {
	if e == nil || e.geometry == nil {
		return nil, errNoModel
	}
	if !slices.Contains(e.names, tier) {
		return nil, fmt.Errorf("%w: there is no tier %q; the model has %s", segment.ErrOption, tier, strings.Join(e.names, ", "))
	}
	p, err := e.model.Predict(row)
	if err != nil || p.Tier == tier {
		return nil, err
	}
	z, err := e.behind(row)
	if err != nil {
		return nil, err
	}
	return e.toward(row, e.affine.imputed(row), z, tier), nil
}

// toward finds the least change of each column that leads to a tier.
func (e *Explainer) toward(row, full, z []float64, tier string) []Counterfactual {
	out := []Counterfactual{}
	for _, j := range e.change {
		find := e.least
		if e.categorical[j] != nil {
			find = e.recategorize
		}
		if c, ok := find(row, full, z, j, tier); ok && (c.Seen || e.options.Unseen) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Counterfactual) int {
		return cmp.Or(cmp.Compare(indicator(b.Seen), indicator(a.Seen)), cmp.Compare(a.Size, b.Size))
	})
	return out
}

// ExplainValues returns why the model puts a row where PredictValues does, of values
// by the names of columns, words among them. Errors: those of PredictValues,
// and that of ctx.
func (e *Explainer) ExplainValues(ctx context.Context, values map[string]any) (*Explanation, error) {
	if e == nil || e.geometry == nil {
		return nil, errNoModel
	}
	p, err := e.model.PredictValues(values)
	if err != nil {
		return nil, err
	}
	row, err := e.model.Row(values)
	if err != nil {
		return nil, err
	}
	out, err := e.Explain(ctx, row)
	if err != nil {
		return nil, err
	}
	out.Warnings = p.Warnings // which name unknown words
	return out, nil
}

// contributions fills in how the row lies between its two nearest clusters.
//
// With z = W·x + b and centroids c (assigned) and n (next),
//
//	|z−n|² − |z−c|² = 2·(z − (c+n)/2)·(c−n),
//
// which is linear in x and 0 at the middle of the two centres, in whose columns
// the contributions are counted.
func (e *Explainer) contributions(out *Explanation, row, full, z []float64) error {
	u, err := e.affine.inputs(full)
	if err != nil {
		return err
	}
	r := e.near.Rank(z)
	out.Next, out.NextTier, out.Gap = r.Next, e.model.Tier(r.Next), r.Gap
	least, second := engine.SquaredDistance(z, e.centroid(r.Best)), engine.SquaredDistance(z, e.centroid(r.Next))
	// Where both are 0, or too far for a number, the row might be in either.
	if out.Confidence = max(0, 1-math.Sqrt(least/second)); math.IsNaN(out.Confidence) {
		out.Confidence = 0
	}
	out.Borderline = out.Confidence < e.options.Borderline
	ours, next := e.centroid(out.Cluster), e.centroid(out.Next)
	for j, name := range e.columns {
		out.Contributions = append(out.Contributions, Contribution{Column: name, At: full[j], Imputed: math.IsNaN(row[j]), Categorical: e.categorical[j] != nil, Word: e.word(j, full[j])})
	}
	for l, j := range e.affine.group {
		slope := 0.0
		for i := range e.affine.q {
			slope += float64(2 * e.affine.w[i*e.affine.d+l] * (ours[i] - next[i]))
		}
		a, b := e.centres[out.Cluster][l], e.centres[out.Next][l]
		halfway := a + float64((b-a)/2)
		c := &out.Contributions[j]
		c.Value += float64(slope * (u[l] - halfway))
		if c.Halfway, c.Slope = halfway, slope; c.Categorical {
			c.Halfway, c.Slope = math.NaN(), math.NaN()
		} else if len(e.affine.head) > 0 {
			c.Halfway = e.affine.raw(e.base, l, halfway)
			if c.Slope = math.NaN(); !e.affine.paths[j].Curved {
				c.Slope = slope / (e.affine.raw(e.base, l, 1) - e.affine.raw(e.base, l, 0))
			}
		}
	}
	return nil
}

// word returns the word that a code of column j stands for; empty for a number.
func (g *geometry) word(j int, code float64) string {
	if c := g.categorical[j]; c != nil && c.Words != nil {
		return c.Word(code)
	}
	return ""
}

// least finds the least change of column j that leads to a tier.
//
// Along the column every squared distance is the same parabola plus a line, so
// each cluster is the nearest in one interval, bounded by where its line meets
// those of the others.
func (e *Explainer) least(row, full, z []float64, j int, tier string) (Counterfactual, bool) {
	l := e.lane[j]
	step, k := e.affine.column(l), e.k
	at, slope := make([]float64, k), make([]float64, k)
	for c := range k {
		centroid := e.centroid(c)
		for i, v := range centroid {
			to := z[i] - v
			at[c] += float64(to * to)
			slope[c] -= float64(2 * step[i] * v)
		}
	}
	type way struct{ near, far float64 }
	var ways []way
	for c := range k {
		if e.model.Tier(c) != tier {
			continue
		}
		lo, hi := math.Inf(-1), math.Inf(1)
		for o := range k {
			// at[c] + slope[c]·t ≤ at[o] + slope[o]·t
			switch d := slope[c] - slope[o]; {
			case d > 0:
				hi = min(hi, (at[o]-at[c])/d)
			case d < 0:
				lo = max(lo, (at[o]-at[c])/d)
			case at[c] > at[o]:
				lo, hi = 1, 0
			}
		}
		switch {
		case !(lo <= hi):
		case lo > 0:
			ways = append(ways, way{lo, hi})
		case hi < 0:
			ways = append(ways, way{hi, lo})
		default: // on the border, where Predict rounds otherwise
			ways = append(ways, way{0, hi}, way{0, lo})
		}
	}
	if len(e.affine.head) > 0 {
		u, err := e.affine.inputs(full)
		if err != nil {
			return Counterfactual{}, false
		}
		for i, w := range ways {
			ways[i] = way{e.affine.raw(e.base, l, u[l]+w.near) - full[j], w.far}
			if far := e.affine.raw(e.base, l, u[l]+w.far) - full[j]; !math.IsInf(w.far, 0) && far == far {
				ways[i].far = far
			} else {
				ways[i].far = math.Inf(int(math.Copysign(1, w.far)))
			}
		}
		ways = slices.DeleteFunc(ways, func(w way) bool { return w.near-w.near != 0 })
	}
	slices.SortStableFunc(ways, func(a, b way) int { return cmp.Compare(math.Abs(a.near), math.Abs(b.near)) })
	best, found := Counterfactual{Size: math.Inf(1)}, false
	for _, w := range ways {
		c, ok := e.step(row, full[j], j, w.near, w.far, tier)
		if ok && (!found || math.Abs(c.By()) < math.Abs(best.By())) {
			best, found = c, true
		}
	}
	if found {
		best.Rounded = best.To
		changed := slices.Clone(row)
		changed[j] = beyond(best.To, best.By())
		if p, err := e.model.Predict(changed); err == nil && p.Tier == tier {
			best.Rounded = changed[j]
		}
	}
	return best, found
}

// recategorize finds the category of column j that leads to a tier and moves the
// row least.
func (e *Explainer) recategorize(row, full, z []float64, j int, tier string) (best Counterfactual, found bool) {
	column := e.categorical[j]
	frequencies := column.Frequencies()
	changed := slices.Clone(row)
	least, most := math.Inf(1), 0.0
	for i, v := range column.Values {
		changed[j] = v
		if v == full[j] {
			continue
		}
		p, err := e.model.Predict(changed)
		if err != nil || p.Tier != tier {
			continue
		}
		to, err := e.behind(changed)
		if err != nil {
			continue
		}
		moved := engine.SquaredDistance(z, to)
		if moved > least || moved == least && frequencies[i] <= most {
			continue
		}
		best, found, least, most = Counterfactual{
			Column: column.Column, From: full[j], Imputed: math.IsNaN(row[j]), Categorical: true, To: v, Rounded: v,
			FromWord: e.word(j, full[j]), ToWord: e.word(j, v),
			Cluster: p.Cluster, Tier: p.Tier, Size: 1, Seen: frequencies[i] > 0,
		}, true, moved, frequencies[i]
	}
	return best, found
}

// beyond rounds v to as many decimals as people read, two or three digits, in
// the given direction.
func beyond(v, direction float64) float64 {
	unit := 1.0 // units in one
	switch size := math.Abs(v); {
	case size < 0.0995:
		// Ten to the power of one more than the decimal exponent, read from its
		// digits: logarithms and powers differ from one architecture to the next.
		digits := strconv.FormatFloat(max(size, 1e-300), 'e', -1, 64)
		exponent, _ := strconv.Atoi(digits[strings.IndexByte(digits, 'e')+1:])
		unit, _ = strconv.ParseFloat("1e"+strconv.Itoa(1-exponent), 64)
	case size < 0.995:
		unit = 100
	case size < 99.95:
		unit = 10
	}
	if direction > 0 {
		return math.Ceil(v*unit) / unit
	}
	return math.Floor(v*unit) / unit
}

// step changes column j by near, or the least bit more that Predict needs to
// put the row into the tier, but not beyond far.
func (e *Explainer) step(row []float64, from float64, j int, near, far float64, tier string) (Counterfactual, bool) {
	changed := slices.Clone(row)
	try := func(to float64) (Counterfactual, bool) {
		if to-to != 0 || to == from {
			return Counterfactual{}, false
		}
		r := e.ranges[j]
		if to < 0 && to < from && r.Min >= 0 {
			return Counterfactual{}, false
		}
		changed[j] = to
		p, err := e.model.Predict(changed)
		if err != nil || p.Tier != tier {
			return Counterfactual{}, false
		}
		c := Counterfactual{
			Column: e.columns[j], From: from, Imputed: math.IsNaN(row[j]), To: to, Cluster: p.Cluster, Tier: p.Tier,
			Size: math.Abs(to-from) / (r.Max - r.Min), Seen: to >= r.Min && to <= r.Max,
		}
		return c, true
	}
	to := from + near
	direction := math.Copysign(1, near+far)
	if e.integer[j] {
		// The border itself may be a whole number, and belong to the lower
		// cluster: then it is the next one.
		for n := range 2 {
			whole := math.Ceil(to) + float64(n)
			if direction < 0 {
				whole = math.Floor(to) - float64(n)
			}
			if c, ok := try(whole); ok {
				return c, true
			}
		}
		return Counterfactual{}, false
	}
	// On the border rounding decides, so the steps beyond it double, from the
	// last bit on.
	unit := math.Max(math.Abs(to), math.Abs(from)) * 0x1p-52
	for n := 0; n < 60; n++ {
		beyond := direction * math.Ldexp(unit, n-1)
		if n == 0 {
			beyond = 0
		}
		if math.Abs(near+beyond) > math.Abs(far) {
			break
		}
		if c, ok := try(to + beyond); ok {
			return c, true
		}
	}
	if math.IsInf(far, 0) {
		return Counterfactual{}, false
	}
	return try(from + near + float64((far-near)/2))
}

// mostFrequent returns the most frequent of sorted values, the lowest of equals.
func mostFrequent(sorted []float64) (best float64) {
	most, run := 0, 0
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			run = 0
		}
		if run++; run > most {
			best, most = v, run
		}
	}
	return best
}

// neighbours finds the nearest rows to z.
func (e *Explainer) neighbours(ctx context.Context, z []float64) (*Neighbours, error) {
	type row struct {
		i int
		d float64
	}
	n, _ := e.nearby.Dims()
	rows := make([]row, n)
	for i := range rows {
		if i%1024 == 0 {
			if err := cause.Of(ctx); err != nil {
				return nil, err
			}
		}
		rows[i] = row{i, engine.Distance(z, e.nearby.RawRowView(i))}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.d, b.d), a.i-b.i) })
	rows = rows[:min(n, e.options.Neighbours)]
	out := &Neighbours{Tiers: make([]TierShare, len(e.names))}
	for i, name := range e.names {
		out.Tiers[i].Tier = name
	}
	for _, r := range rows {
		out.Rows, out.Distances = append(out.Rows, r.i), append(out.Distances, r.d)
		out.Tiers[e.tiers[r.i]].Share += 1 / float64(len(rows))
	}
	for j := range e.columns {
		var values []float64
		for _, r := range rows {
			if v := e.options.Rows.At(r.i, j); !math.IsNaN(v) {
				values = append(values, v)
			}
		}
		median := math.NaN()
		if len(values) > 0 {
			slices.Sort(values)
			median = num.Quantile(values, 0.5)
			if e.categorical[j] != nil {
				median = mostFrequent(values)
			}
		}
		out.Medians = append(out.Medians, median)
	}
	if e.model.Words() != nil {
		for j, median := range out.Medians {
			out.Words = append(out.Words, e.word(j, median))
		}
	}
	return out, nil
}
