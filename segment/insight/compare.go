package insight

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
)

// Thresholds of the verdict of a Comparison.
const (
	// AgreeFrom and DisagreeBelow are thresholds of the adjusted Rand index: from
	// 0.9 on the clusters agree excellently, below 0.65 poorly (Steinley 2004,
	// doi:10.1037/1082-989X.9.3.386).
	AgreeFrom     = 0.9
	DisagreeBelow = 0.65
	// MovedFew and MovedMany bound the share of rows that change their tier:
	// up to 5 % is the noise of retraining, above 15 % a new segmentation.
	// These two are a convention of this library.
	MovedFew  = 0.05
	MovedMany = 0.15
	// PSIStable and PSIShifted bound the population stability index: below 0.1
	// nothing happened to a column, above 0.25 it is another population
	// (Siddiqi 2006, Credit Risk Scorecards, ch. 8).
	PSIStable  = 0.1
	PSIShifted = 0.25
)

// CompareOptions are what is compared beside the models. The zero value works.
type CompareOptions struct {
	// Columns name the columns of the rows; default: those of the old model.
	// Both models must find theirs among them.
	Columns []string

	// Before, with the same columns, are rows to compare the given rows with,
	// column by column: those of the old training, say. None needed.
	Before mat.Matrix
}

// Comparison is what changes when one model replaces another.
type Comparison struct {
	Rows int `json:"rows"`
	// Matches pair the clusters of the old and the new model so that as many
	// rows as possible stay in their cluster: first the pairs in the order of
	// the old cluster, then new clusters without an old one.
	Matches []ClusterMatch `json:"matches"`
	// Clusters and Tiers count the rows that go from one to another.
	Clusters TransitionMatrix `json:"clusters"`
	Tiers    TransitionMatrix `json:"tiers"`
	// AdjustedRand is how far the two clusterings of the rows agree.
	AdjustedRand float64 `json:"adjusted_rand"`
	// Stay, Up and Down are the shares of rows that keep the name of their
	// tier, or come to a tier that is better or worse by its place among the
	// tiers of its model (from 0 for the best to 1 for the last). The rest has
	// another name at the same place.
	Stay float64 `json:"stay"`
	Up   float64 `json:"up"`
	Down float64 `json:"down"`
	// Drift is how far each column differs from Before; none without.
	Drift []Drift `json:"drift"`

	Verdict Verdict `json:"verdict"`
}

// Verdict is the result of a comparison in a word.
type Verdict string

// The verdicts.
const (
	VerdictSame    Verdict = "same"    // take the new model; nobody will notice
	VerdictMoved   Verdict = "moved"   // take it knowingly: some customers move
	VerdictChanged Verdict = "changed" // another segmentation, or another population
)

// ClusterMatch pairs a cluster of the old model with one of the new.
type ClusterMatch struct {
	Old     int     `json:"old"` // −1 for none
	New     int     `json:"new"` // −1 for none
	Rows    int     `json:"rows"`
	Jaccard float64 `json:"jaccard"` // rows in both, as a share of those in either
	OldTier string  `json:"old_tier"`
	NewTier string  `json:"new_tier"`
}

// TransitionMatrix counts rows by where they were and where they are.
type TransitionMatrix struct {
	From   []string `json:"from"`
	To     []string `json:"to"`
	Counts [][]int  `json:"counts"` // Counts[i][j] rows go from From[i] to To[j]
}

// Drift is how far a column differs between two sets of rows.
type Drift struct {
	Column string `json:"column"`
	// PSI is the population stability index Σ (p−q)·ln(p/q) over ten bins that
	// each hold a tenth of the values of Before (fewer where values repeat),
	// and one for missing values where there are any. An empty bin counts as
	// half a row. Of words each is a bin.
	PSI float64 `json:"psi"`
	// KS is the statistic of Kolmogorov and Smirnov: the greatest difference of
	// the two distribution functions, over values that are not missing; NaN,
	// and null in JSON, where one side has none. A KS above KSCritical would
	// come about by chance in one of a hundred comparisons of the same
	// population (Smirnov 1948, doi:10.1214/aoms/1177730256, for large
	// samples). Words have no order, and so neither.
	KS         float64 `json:"ks"`
	KSCritical float64 `json:"ks_critical"`
}

// Compare predicts the rows of x, n×d, with both models and returns what
// differs. Errors: ErrEmpty for no rows, ErrWidth, ErrOption for a column that
// a model has and the rows have not, or in which codes stand for other words in the
// one than in the other, ErrNotModel for a model that was never trained, and those of
// PredictMatrix.
func Compare(ctx context.Context, old, new *segment.Model, x mat.Matrix, o CompareOptions) (*Comparison, error) {
	ctx = cmp.Or(ctx, context.Background())
	c, err := compare(ctx, old, new, func(m *segment.Model) ([]int, error) {
		if o.Columns == nil {
			o.Columns = old.Columns()
		}
		if err := sameWords(old, new); err != nil {
			return nil, err
		}
		return clustersIn(ctx, m, x, o.Columns)
	})
	if err != nil {
		return nil, err
	}
	if o.Before != nil {
		if c.Drift, err = Drifts(ctx, o.Before, x, o.Columns...); err != nil {
			return nil, err
		}
		for j, name := range o.Columns {
			if old.Words()[name] != nil || new.Words()[name] != nil {
				c.Drift[j] = driftOf(name, mat.Col(nil, j, o.Before), mat.Col(nil, j, x), func(code float64) bool { return code != code })
			}
		}
	}
	c.judge()
	return c, nil
}

// compare returns what differs between the clusters that two models put the same
// rows into.
func compare(ctx context.Context, old, new *segment.Model, clusters func(*segment.Model) ([]int, error)) (*Comparison, error) {
	var labels [2][]int
	for i, m := range []*segment.Model{old, new} {
		if err := trained(m); err != nil {
			return nil, fmt.Errorf("the %s model: %w", []string{"old", "new"}[i], err)
		}
	}
	for i, m := range []*segment.Model{old, new} {
		var err error
		if labels[i], err = clusters(m); err != nil {
			return nil, fmt.Errorf("the %s model: %w", []string{"old", "new"}[i], err)
		}
	}
	c := &Comparison{Rows: len(labels[0]), Drift: []Drift{}}
	var err error
	if c.AdjustedRand, err = segment.AdjustedRand(ctx, labels[0], labels[1]); err != nil {
		return nil, err
	}
	c.migrate(old, new, labels[0], labels[1])
	return c, nil
}

// sameWords refuses two models in which a code of the same column stands for other
// words.
func sameWords(old, new *segment.Model) error {
	for _, name := range old.Columns() {
		a, b := old.Words()[name], new.Words()[name]
		if slices.Contains(new.Columns(), name) && !slices.Equal(a, b) {
			return fmt.Errorf("%w: the codes of column %s stand for the words %q in the old model and %q in the new one; compare the models on a table, by CompareTable", segment.ErrOption, name, a, b)
		}
	}
	return nil
}

// clustersIn returns the cluster of each row of x, whose columns are named.
func clustersIn(ctx context.Context, m *segment.Model, x mat.Matrix, columns []string) ([]int, error) {
	rows, err := selectColumns(x, columns, m.Columns())
	if err != nil {
		return nil, err
	}
	return clustersOf(ctx, m, rows)
}

// clustersOf returns the cluster of each row of x, which has the columns of the model.
func clustersOf(ctx context.Context, m *segment.Model, x mat.Matrix) ([]int, error) {
	predictions, err := m.PredictMatrix(ctx, x)
	out := make([]int, len(predictions))
	for i, p := range predictions {
		out[i] = p.Cluster
	}
	return out, err
}

// selectColumns returns the named columns of x, whose columns are have, in the
// order of want, as a new matrix.
func selectColumns(x mat.Matrix, have, want []string) (*mat.Dense, error) {
	n, d := num.Dims(x)
	if n == 0 || d == 0 {
		return nil, fmt.Errorf("%w: there are %d×%d numbers; at least one row and one column are needed", segment.ErrEmpty, n, d)
	}
	if len(have) != d {
		return nil, fmt.Errorf("%w: %d column names for %d columns", segment.ErrWidth, len(have), d)
	}
	out := mat.NewDense(n, len(want), nil)
	for j, name := range want {
		from := slices.Index(have, name)
		if from < 0 {
			return nil, fmt.Errorf("%w: there is no column %s; there are %v", segment.ErrOption, name, have)
		}
		out.SetCol(j, mat.Col(nil, from, x))
	}
	return out, nil
}

// migrate counts the transitions, and matches the clusters.
func (c *Comparison) migrate(old, new *segment.Model, before, after []int) {
	k, l := old.K(), new.K()
	counts, gain := make([][]int, k), make([][]float64, k)
	for i := range counts {
		counts[i], gain[i] = make([]int, l), make([]float64, l)
	}
	inOld, inNew := make([]int, k), make([]int, l)
	for i := range before {
		counts[before[i]][after[i]]++
		gain[before[i]][after[i]]++
		inOld[before[i]]++
		inNew[after[i]]++
	}
	c.Clusters = TransitionMatrix{From: clusterNames(k), To: clusterNames(l), Counts: counts}

	from, to := old.TierNames(), new.TierNames()
	c.Tiers = TransitionMatrix{From: from, To: to, Counts: make([][]int, len(from))}
	for i := range c.Tiers.Counts {
		c.Tiers.Counts[i] = make([]int, len(to))
	}
	n := float64(len(before))
	for i, row := range counts {
		for j, rows := range row {
			a, b := slices.Index(from, old.Tier(i)), slices.Index(to, new.Tier(j))
			c.Tiers.Counts[a][b] += rows
			share := float64(rows) / n
			was, is := place(a, len(from)), place(b, len(to))
			switch {
			case from[a] == to[b]:
				c.Stay += share
			case is < was:
				c.Up += share
			case is > was:
				c.Down += share
			}
		}
	}

	matched := make([]bool, l)
	for i, j := range assign(gain) {
		m := ClusterMatch{Old: i, New: -1, OldTier: old.Tier(i)}
		// A pair without a common row is none.
		if j >= 0 && counts[i][j] > 0 {
			m.New, m.NewTier, m.Rows = j, new.Tier(j), counts[i][j]
			m.Jaccard = float64(m.Rows) / float64(inOld[i]+inNew[j]-m.Rows)
			matched[j] = true
		}
		c.Matches = append(c.Matches, m)
	}
	for j, done := range matched {
		if !done {
			c.Matches = append(c.Matches, ClusterMatch{Old: -1, New: j, NewTier: new.Tier(j)})
		}
	}
}

// place returns the place of a tier among all, from 0 to 1.
func place(i, of int) float64 {
	if of < 2 {
		return 0
	}
	return float64(i) / float64(of-1)
}

func clusterNames(k int) []string {
	out := make([]string, k)
	for c := range out {
		out[c] = fmt.Sprintf("cluster %d", c)
	}
	return out
}

// judge sets the verdict: the gravest by the agreement of the clusters, the
// rows that move, the clusters without a partner and the drift.
func (c *Comparison) judge() {
	c.Verdict = VerdictSame
	weigh := func(moved, changed bool) {
		switch {
		case changed:
			c.Verdict = VerdictChanged
		case moved && c.Verdict == VerdictSame:
			c.Verdict = VerdictMoved
		}
	}
	weigh(c.AdjustedRand < AgreeFrom, c.AdjustedRand < DisagreeBelow)
	weigh(1-c.Stay > MovedFew, 1-c.Stay > MovedMany)
	for _, m := range c.Matches {
		weigh(c.Known(m) && m.OldTier != m.NewTier, false)
	}
	for _, d := range c.Drift {
		weigh(d.PSI >= PSIStable, d.PSI > PSIShifted)
	}
}

// Known reports whether any of the rows are in the clusters of a match: of a
// cluster without a partner and without rows nothing is known.
func (c *Comparison) Known(m ClusterMatch) bool {
	switch {
	case m.New < 0:
		return slices.Max(c.Clusters.Counts[m.Old]) > 0
	case m.Old < 0:
		return slices.ContainsFunc(c.Clusters.Counts, func(from []int) bool { return from[m.New] > 0 })
	}
	return true
}

// KeptAbove is a cluster that keeps the name of a tier though it is worth more
// than the next one, whose tier is better.
type KeptAbove struct {
	Cluster   int    `json:"cluster"`
	Tier      string `json:"tier"`
	Below     int    `json:"below"` // the next cluster
	BelowTier string `json:"below_tier"`
}

// KeepTierNames returns a copy of the new model in which each cluster has the
// name of the tier of the old cluster that it is matched with in c, a
// comparison of the two; a cluster without one has the name of the tier from
// which most of its rows come, or keeps its own where it has none. Ranks and
// scores stay those of the new model, so that a kept name may no longer be in
// the order of value: above lists where.
//
// Errors: ErrWidth for a comparison of other models.
func KeepTierNames(old, new *segment.Model, c *Comparison) (kept *segment.Model, above []KeptAbove, err error) {
	if trained(old) != nil || trained(new) != nil || c == nil || len(c.Clusters.Counts) != old.K() ||
		slices.ContainsFunc(c.Clusters.Counts, func(row []int) bool { return len(row) != new.K() }) ||
		slices.ContainsFunc(c.Matches, func(match ClusterMatch) bool { return match.Old >= old.K() }) {
		return nil, nil, fmt.Errorf("%w: the comparison is not one of these two models", segment.ErrWidth)
	}
	names := make([]string, new.K())
	for j := range names {
		from := -1
		for i := range old.K() {
			if rows := c.Clusters.Counts[i][j]; rows > 0 && (from < 0 || rows > c.Clusters.Counts[from][j]) {
				from = i
			}
		}
		for _, match := range c.Matches {
			if match.New == j && match.Old >= 0 {
				from = match.Old
			}
		}
		if names[j] = new.Tier(j); from >= 0 {
			names[j] = old.Tier(from)
		}
	}
	order := old.TierNames()
	for j := 1; j < len(names); j++ {
		a, b := slices.Index(order, names[j-1]), slices.Index(order, names[j])
		if a >= 0 && b >= 0 && a > b {
			above = append(above, KeptAbove{Cluster: j - 1, Tier: names[j-1], Below: j, BelowTier: names[j]})
		}
	}
	kept, err = new.WithTierNames(names)
	return kept, above, err
}

// Drifts compares two sets of rows, n×d and m×d, column by column; names are
// those of the d columns. Missing values are NaN. Errors: ErrEmpty, ErrWidth,
// ErrNotFinite for ±Inf, and that of ctx.
func Drifts(ctx context.Context, before, after mat.Matrix, columns ...string) ([]Drift, error) {
	for i, which := range []string{"before", "after"} {
		x := []mat.Matrix{before, after}[i]
		n, d := num.Dims(x)
		if n == 0 || d == 0 {
			return nil, fmt.Errorf("%w: the rows %s are %d×%d", segment.ErrEmpty, which, n, d)
		}
		if d != len(columns) {
			return nil, fmt.Errorf("%w: the rows %s have %d columns, and there are %d names (%s)", segment.ErrWidth, which, d, len(columns), strings.Join(columns, ", "))
		}
		for i := range n {
			if i%1024 == 0 {
				if err := cause.Of(ctx); err != nil {
					return nil, err
				}
			}
			for j := range d {
				if v := x.At(i, j); math.IsInf(v, 0) {
					return nil, fmt.Errorf("%w: row %d, column %s of the rows %s is %v; a missing value is NaN", segment.ErrNotFinite, i, columns[j], which, v)
				}
			}
		}
	}
	out := make([]Drift, len(columns))
	for j, name := range columns {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		a, missingA := ascending(mat.Col(nil, j, before))
		b, missingB := ascending(mat.Col(nil, j, after))
		out[j] = Drift{Column: name, PSI: psi(a, b, missingA, missingB), KS: kolmogorov(a, b)}
		n, m := float64(len(a)), float64(len(b))
		out[j].KSCritical = ksCritical(n, m)
	}
	return out, nil
}

// ksCritical returns the KS that n and m values of one population exceed once in a
// hundred times; NaN where there are none.
func ksCritical(n, m float64) float64 {
	if n*m == 0 {
		return math.NaN()
	}
	// 1.6276 = √(−ln(0.01/2)/2)
	return math.Sqrt(-num.Log(0.01/2)/2) * math.Sqrt((n+m)/(n*m))
}

// ascending returns the values that are not missing, ascending, and counts the rest.
func ascending(values []float64) ([]float64, int) {
	n := len(values)
	values = slices.DeleteFunc(values, math.IsNaN)
	slices.Sort(values)
	return values, n - len(values)
}

// psiBins is the number of bins of the population stability index.
const psiBins = 10

// psi compares two sorted columns.
func psi(a, b []float64, missingA, missingB int) float64 {
	cuts := cutsOf(a, psiBins) // a value above cuts[i] and up to cuts[i+1] is in bin i+1
	bins := func(values []float64, missing int) []float64 {
		counts := make([]float64, 0, len(cuts)+2)
		done := 0
		for _, cut := range cuts {
			upTo := sort.Search(len(values), func(i int) bool { return values[i] > cut })
			counts, done = append(counts, float64(upTo-done)), upTo
		}
		counts = append(counts, float64(len(values)-done))
		if missingA+missingB > 0 {
			counts = append(counts, float64(missing))
		}
		return counts
	}
	return stabilityIndex(bins(a, missingA), bins(b, missingB), float64(len(a)+missingA), float64(len(b)+missingB))
}

// stabilityIndex returns Σ (p−q)·ln(p/q) over bins that hold so many of n and m rows.
func stabilityIndex(inA, inB []float64, n, m float64) float64 {
	sum := 0.0
	for i := range inA {
		if inA[i] == 0 && inB[i] == 0 {
			continue
		}
		p, q := max(inA[i], 0.5)/n, max(inB[i], 0.5)/m
		sum += float64((p - q) * num.Log(p/q))
	}
	return sum
}

// kolmogorov returns the greatest difference of the distribution functions of
// two sorted columns.
func kolmogorov(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return math.NaN()
	}
	most := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		v := min(a[i], b[j])
		for i < len(a) && a[i] == v {
			i++
		}
		for j < len(b) && b[j] == v {
			j++
		}
		most = max(most, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return most
}
