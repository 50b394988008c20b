package segment

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/steps"
)

// CategoricalColumn is a column of category codes: one that a
// preprocess.OneHotEncoder in the pipeline of a model, or in a part of a
// ColumnTransformer there, turns into indicators, of which nothing but imputers and
// scalers comes before.
type CategoricalColumn struct {
	Column string    `json:"column"`
	Values []float64 `json:"values"` // the codes known to the model, ascending
	// Words are what the codes stand for, Words[i] for Values[i]; nil for categories
	// that are numbers.
	Words []string `json:"words,omitempty"`
	// Counts[c][i] is how many rows of cluster c had Values[i] in training, a
	// missing value counted as what it was imputed with; of weighted rows the
	// weight, rounded.
	Counts [][]int `json:"counts"`
}

// MarshalJSON writes numbers that are not finite as null or, told apart, as strings.
func (c CategoricalColumn) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(c) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *CategoricalColumn) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, c) }

// Categorical returns the categorical columns of the model, in the order of its
// columns; none where its pipeline has no one-hot encoder.
func (m *Model) Categorical() []CategoricalColumn {
	var out []CategoricalColumn
	for _, c := range orZero(m).categorical {
		if c.Values == nil {
			continue
		}
		c.Values, c.Words = slices.Clone(c.Values), slices.Clone(c.Words)
		c.Counts = mapped(c.Counts, slices.Clone)
		out = append(out, c)
	}
	return out
}

// isCategorical reports whether column j is one of category codes.
func (m *Model) isCategorical(j int) bool {
	return j < len(m.categorical) && m.categorical[j].Values != nil
}

// isWords reports whether the categories of column j are words.
func (m *Model) isWords(j int) bool { return j < len(m.categorical) && m.categorical[j].Words != nil }

// unknown reports whether v is none of the categories of column j, or a word that
// no row of the training had.
func (m *Model) unknown(j int, v float64) bool {
	if !m.isCategorical(j) {
		return false
	}
	c := &m.categorical[j]
	i, found := slices.BinarySearch(c.Values, v)
	return !found || c.Words != nil && !c.occurs(i)
}

// occurs reports whether a row of the training had Values[i]; true where nothing
// was counted.
func (c *CategoricalColumn) occurs(i int) bool {
	return len(c.Counts) == 0 || slices.ContainsFunc(c.Counts, func(counts []int) bool { return counts[i] > 0 })
}

// Word returns the word that a code stands for; the number as text where there
// are no words, and "" for a code that is none of Values or NaN.
func (c CategoricalColumn) Word(code float64) string {
	i, found := slices.BinarySearch(c.Values, code)
	switch {
	case !found:
		return ""
	case c.Words == nil:
		return plainNumber(code)
	}
	return c.Words[i]
}

// MostFrequent returns the most frequent category of a cluster, the lowest of equals,
// as Word gives it, and its share of the cluster; "" and 0 where nothing was counted.
func (c CategoricalColumn) MostFrequent(cluster int) (word string, share float64) {
	if cluster < 0 || cluster >= len(c.Counts) {
		return "", 0
	}
	most, total := 0, 0
	for i, n := range c.Counts[cluster] {
		if total += n; n > c.Counts[cluster][most] {
			most = i
		}
	}
	if total == 0 {
		return "", 0
	}
	return c.Word(c.Values[most]), float64(c.Counts[cluster][most]) / float64(total)
}

// Frequencies returns the shares of the categories among the training rows, of all
// clusters together; equal ones where nothing was counted.
func (c CategoricalColumn) Frequencies() []float64 {
	out, total := make([]float64, len(c.Values)), 0.0
	for _, counts := range c.Counts {
		for i, n := range counts {
			out[i] += float64(n)
			total += float64(n)
		}
	}
	for i := range out {
		if total > 0 {
			out[i] /= total
		} else {
			out[i] = 1 / float64(len(out))
		}
	}
	return out
}

// known returns one CategoricalColumn for each column, with the categories of
// the encoder where they are codes as they come in, not scaled ones, and without
// Values for numbers; nil where no column reaches an encoder.
func known(columns []string, paths []steps.Path) []CategoricalColumn {
	if !slices.ContainsFunc(paths, func(p steps.Path) bool { return p.Categories != nil }) {
		return nil
	}
	out := make([]CategoricalColumn, len(columns))
	for j, name := range columns {
		out[j] = CategoricalColumn{Column: name, Values: paths[j].Categories, Words: paths[j].Words}
		if paths[j].Scaled && out[j].Values != nil {
			out[j].Values, out[j].Words = []float64{}, nil
		}
	}
	return out
}

// categorize counts the categories of the rows of x in each cluster; nil where
// the model has none.
func (m *Model) categorize(ctx context.Context, x mat.Matrix, c *Clustering, weights []float64) error {
	out := known(m.f.Columns, m.paths)
	n, _ := x.Dims()
	for j := range out {
		if out[j].Values == nil {
			continue
		}
		counts := map[float64][]float64{}
		for _, v := range out[j].Values {
			counts[v] = make([]float64, c.k)
		}
		for i := range n {
			if i%1024 == 0 && ctx.Err() != nil {
				return cause.Of(ctx)
			}
			v := x.At(i, j) + 0 // −0 is 0
			if v != v {
				v = m.paths[j].Fill
			}
			if counts[v] == nil {
				if v != v || out[j].Words != nil { // a word that the encoder did not see is no category
					continue
				}
				counts[v] = make([]float64, c.k)
			}
			counts[v][c.labels.at(i)] += weightOf(weights, i)
		}
		out[j].Values = slices.Sorted(maps.Keys(counts))
		out[j].Counts = make([][]int, c.k)
		for cluster := range out[j].Counts {
			out[j].Counts[cluster] = mapped(out[j].Values, func(v float64) int { return int(math.Round(counts[v][cluster])) })
		}
	}
	m.categorical = out
	return m.checkValue()
}

// checkValue refuses a column of words among those of value.
func (m *Model) checkValue() error {
	for j, name := range m.f.Columns {
		if m.isWords(j) && slices.Contains(m.f.Value, name) {
			return fmt.Errorf("%w: clusters are to be ranked by %s, whose values are words; name columns of numbers in Value", ErrOption, name)
		}
	}
	return nil
}

// measureShares returns the share of each column in the distance between rows:
// see Shares. The row that is varied has means and, in categorical columns, the most
// frequent category, the lowest of equals; no category is asked for that there is not.
func (m *Model) measureShares(s *summary) ([]float64, error) {
	d := len(s.columns)
	base, values, p := make([]float64, d), make([][]float64, d), make([][]float64, d)
	var curved []int
	for j, column := range s.columns {
		base[j] = column.mean
		switch {
		case m.isCategorical(j):
			values[j], p[j] = m.categorical[j].Values, m.categorical[j].Frequencies()
			base[j] = values[j][floats.MaxIdx(p[j])]
		case column.constant:
			values[j] = []float64{column.mean}
		case m.paths[j].Curved:
			curved = append(curved, j)
		default:
			v := column.mean + column.deviation
			if math.IsInf(v, 0) {
				v = column.mean - column.deviation
			}
			values[j] = []float64{v}
		}
	}
	if len(curved) > 0 {
		n := min(256, max(4, 1<<22/(d*d)))
		found, err := s.middles(curved, n)
		if err != nil {
			return nil, err
		}
		for i, j := range curved {
			values[j], p[j] = found[i], slices.Repeat([]float64{1 / float64(n)}, n)
		}
	}
	return m.sharesOf(base, values, p)
}

// middles returns n values of column j of x that each stand for as much of the weight
// of those not missing: see summary.
func middles(x mat.Matrix, j int, weights []float64, n int) (values []float64) {
	type value struct{ v, upTo float64 }
	var all []value
	for i, v := range mat.Col(nil, j, x) {
		if w := weightOf(weights, i); v == v && w > 0 {
			all = append(all, value{v, w})
		}
	}
	slices.SortFunc(all, func(a, b value) int { return cmp.Compare(a.v, b.v) })
	total := 0.0
	for i := range all {
		total += all[i].upTo
		all[i].upTo = total
	}
	at := 0
	for i := range n {
		for at < len(all)-1 && all[at].upTo < float64(float64(i)+0.5)/float64(n)*total {
			at++
		}
		values = append(values, all[at].v)
	}
	return values
}

// sampleShares computes measureShares for pipelines whose encoder lies within a
// step of another package, so that nobody knows which columns are categories:
// of every column, the variance of a row by the values of up to 256 rows of x.
func (m *Model) sampleShares(x mat.Matrix) ([]float64, error) {
	n, d := x.Dims()
	some := min(n, 256)
	base, values, p := mat.Row(nil, 0, x), make([][]float64, d), make([][]float64, d)
	for j := range d {
		for i := range some {
			v := x.At(i*(n/some), j)
			if v != v {
				v = base[j]
			}
			values[j], p[j] = append(values[j], v), append(p[j], 1/float64(some))
		}
	}
	return m.sharesOf(base, values, p)
}

// sharesOf returns the share of each column in what its values, in the place of
// that in the row base, make of the row behind the pipeline: the variance Σ p·|z−z̄|²
// or, without p, the squared distance of the one value.
func (m *Model) sharesOf(base []float64, values, p [][]float64) ([]float64, error) {
	d := len(base)
	rows := slices.Clone(base)
	for j := range values {
		for _, v := range values[j] {
			rows = append(rows, base...)
			rows[len(rows)-d+j] = v
		}
	}
	z, err := m.f.Pipeline.Transform(context.Background(), mat.NewDense(len(rows)/d, d, rows))
	if err != nil {
		return nil, pipelineError(err)
	}
	// Shares have no unit: a power of two keeps squares from overflowing or vanishing.
	if _, e := math.Frexp(max(mat.Max(z), -mat.Min(z))); e < -200 || e > 200 {
		z.Apply(func(_, _ int, v float64) float64 { return math.Ldexp(v, -e) }, z)
	}
	out, at, total := make([]float64, d), 1, 0.0
	for j := range out {
		if p[j] == nil {
			out[j] = engine.SquaredDistance(z.RawRowView(at), z.RawRowView(0))
		} else {
			out[j] = variance(z, at, p[j])
		}
		at += len(values[j])
		total += out[j]
	}
	for j := range out {
		if total > 0 {
			out[j] /= total
		}
	}
	return out, nil
}

// variance returns Σ p·|z−z̄|² over the rows of z from the given one on.
func variance(z *mat.Dense, from int, p []float64) float64 {
	_, q := z.Dims()
	mean, sum := make([]float64, q), 0.0
	for i, w := range p {
		for j, v := range z.RawRowView(from + i) {
			mean[j] += float64(w * v)
		}
	}
	for i, w := range p {
		sum += float64(w * engine.SquaredDistance(z.RawRowView(from+i), mean))
	}
	return sum
}

// checkCategorical checks what has been read from a file, and puts it in the
// order of the columns. A file without counts has those of none.
func (m *Model) checkCategorical() error {
	all := known(m.f.Columns, m.paths)
	for _, c := range m.f.Categories {
		j := slices.Index(m.f.Columns, c.Column)
		if j < 0 || all == nil || all[j].Values == nil || len(c.Values) == 0 || len(c.Counts) != len(m.f.Tiers) {
			return fmt.Errorf("categories of the column %q, of which there are %d with counts of %d clusters", c.Column, len(c.Values), len(c.Counts))
		}
		for i, v := range c.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) || i > 0 && v <= c.Values[i-1] {
				return fmt.Errorf("category %d of column %s is %v", i, c.Column, v)
			}
		}
		for cluster, counts := range c.Counts {
			if len(counts) != len(c.Values) || slices.Min(counts) < 0 {
				return fmt.Errorf("the counts of column %s in cluster %d are %v", c.Column, cluster, counts)
			}
		}
		words := all[j].Words
		if c.Words != nil || words != nil && !slices.Equal(c.Values, all[j].Values) {
			return fmt.Errorf("column %s has the categories %v and the words %v; the encoder knows %d words", c.Column, c.Values, c.Words, len(words))
		}
		all[j], all[j].Words = c, words
	}
	for j := range all {
		if all[j].Values != nil && len(all[j].Values) == 0 {
			return fmt.Errorf("column %s has no categories", all[j].Column)
		}
	}
	m.categorical = all
	return m.checkValue()
}
