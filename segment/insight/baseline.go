package insight

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// Baseline is how the columns of a table were distributed, those of a training say,
// to tell the drift of other rows by when the table itself is not kept. It counts
// categories, and numbers in bins of five rows or more (less where there are fewer
// than 50), and holds no row.
type Baseline struct {
	Rows    int              `json:"rows"`
	Columns []ColumnBaseline `json:"columns"`
}

// ColumnBaseline is how a column was distributed.
type ColumnBaseline struct {
	Column  string `json:"column"`
	Missing int    `json:"missing"`
	// Words counts the rows of each category; nil for a column of numbers.
	Words map[string]int `json:"words,omitempty"`
	// Cuts are quantiles, ascending: percentiles where there are 500 rows or more.
	// At counts the rows that have the value of a cut, and Between those below the
	// first, between one and the next, and above the last.
	Cuts    []float64 `json:"cuts,omitempty"`
	At      []int     `json:"at,omitempty"`
	Between []int     `json:"between,omitempty"`
	// Deciles are those of the cuts that bound the bins of [Drift].PSI.
	Deciles []float64 `json:"deciles,omitempty"`
}

// NewBaseline returns the baseline of some columns of a table; words names those that
// hold categories.
//
// Errors: ErrEmpty for no table or one without rows, ErrNotFinite for ±Inf, those of the
// columns and that of ctx.
func NewBaseline(ctx context.Context, t preprocess.Table, columns []string, words ...string) (*Baseline, error) {
	if t == nil {
		return nil, fmt.Errorf("%w: there is no table", segment.ErrEmpty)
	}
	b := &Baseline{Columns: make([]ColumnBaseline, len(columns))}
	for j, name := range columns {
		c := &b.Columns[j]
		c.Column = name
		if slices.Contains(words, name) {
			values, err := categories(ctx, t, name)
			if err != nil {
				return nil, err
			}
			b.Rows, c.Words = len(values), map[string]int{}
			for _, word := range values {
				if word == "" {
					c.Missing++
				} else {
					c.Words[word]++
				}
			}
			continue
		}
		values, missing, err := sorted(ctx, t, name)
		if err != nil {
			return nil, err
		}
		b.Rows, c.Missing = len(values)+missing, missing
		c.bin(values)
	}
	return b, nil
}

// categories returns the words of a column that has rows.
func categories(ctx context.Context, t preprocess.Table, name string) ([]string, error) {
	values, err := t.Words(ctx, name)
	if err == nil && len(values) == 0 {
		err = fmt.Errorf("%w: column %s has no rows", segment.ErrEmpty, name)
	}
	return values, err
}

// sorted returns the numbers of a column that has rows, ascending, and counts those
// that are missing.
func sorted(ctx context.Context, t preprocess.Table, name string) ([]float64, int, error) {
	if err := cause.Of(ctx); err != nil {
		return nil, 0, err
	}
	x, err := t.Matrix(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	if n, _ := num.Dims(x); n == 0 {
		return nil, 0, fmt.Errorf("%w: column %s has no rows", segment.ErrEmpty, name)
	}
	values := mat.Col(nil, 0, x)
	if i := slices.IndexFunc(values, func(v float64) bool { return math.IsInf(v, 0) }); i >= 0 {
		return nil, 0, fmt.Errorf("%w: row %d, column %s is %v; a missing value is NaN", segment.ErrNotFinite, i, name, values[i])
	}
	values, missing := ascending(values)
	return values, missing, nil
}

// bin counts ascending values.
func (c *ColumnBaseline) bin(values []float64) {
	// Whole tenths, so that the deciles are among the cuts.
	steps := psiBins * min(max(len(values)/(5*psiBins), 1), 10)
	c.Cuts, c.Deciles = cutsOf(values, steps), cutsOf(values, psiBins)
	c.At, c.Between = counts(values, c.Cuts)
}

// cutsOf returns the distinct quantiles of ascending values, but for the greatest.
func cutsOf(values []float64, steps int) (cuts []float64) {
	if len(values) == 0 {
		return nil
	}
	for i := 1; i < steps; i++ {
		cut := num.Quantile(values, float64(i)/float64(steps))
		if cut < values[len(values)-1] && (len(cuts) == 0 || cut > cuts[len(cuts)-1]) {
			cuts = append(cuts, cut)
		}
	}
	return cuts
}

// counts returns how many ascending values are at each of ascending cuts, and below,
// between and above them.
func counts(values, cuts []float64) (at, between []int) {
	done := 0
	for _, cut := range cuts {
		below := sort.SearchFloat64s(values, cut)
		upTo := sort.Search(len(values), func(i int) bool { return values[i] > cut })
		at, between = append(at, upTo-below), append(between, below-done)
		done = upTo
	}
	return at, append(between, len(values)-done)
}

// Drift returns how far the columns of a table differ from the baseline. PSI is the
// same as of the rows themselves ([Drifts]); KS is taken at the cuts and just below
// them, so that it may be less by the rows between two cuts: a hundredth of them where
// there are 500 or more.
//
// Errors: ErrOption for a baseline that contradicts itself, ErrEmpty for none, else as
// [NewBaseline].
func (b *Baseline) Drift(ctx context.Context, t preprocess.Table) ([]Drift, error) {
	if b == nil || t == nil {
		return nil, fmt.Errorf("%w: there is no baseline, or no table", segment.ErrEmpty)
	}
	var out []Drift
	for _, c := range b.Columns {
		if err := c.check(b.Rows); err != nil {
			return nil, err
		}
		if c.Words != nil {
			after, err := categories(ctx, t, c.Column)
			if err != nil {
				return nil, err
			}
			out = append(out, c.driftOfWords(after))
			continue
		}
		after, missing, err := sorted(ctx, t, c.Column)
		if err != nil {
			return nil, err
		}
		out = append(out, c.drift(after, missing))
	}
	return out, nil
}

// check refuses what NewBaseline does not make.
func (c *ColumnBaseline) check(rows int) error {
	n := c.Missing
	for _, count := range slices.Concat(c.At, c.Between) {
		n += count
	}
	for _, count := range c.Words {
		n += count
	}
	if n != rows || rows < 1 || c.Words == nil && (len(c.At) != len(c.Cuts) || len(c.Between) != len(c.Cuts)+1) || !slices.IsSorted(c.Cuts) {
		return fmt.Errorf("%w: the baseline of column %s counts %d of %d rows in %d bins", segment.ErrOption, c.Column, n, rows, len(c.Between))
	}
	return nil
}

// drift compares ascending values, and how many are missing, with the baseline.
func (c *ColumnBaseline) drift(after []float64, missing int) Drift {
	d := Drift{Column: c.Column, KS: math.NaN(), KSCritical: math.NaN()}
	at, between := counts(after, c.Cuts)
	before := 0
	for _, n := range slices.Concat(c.At, c.Between) {
		before += n
	}
	n, m := float64(before), float64(len(after))
	if n*m > 0 {
		d.KS, d.KSCritical = 0, ksCritical(n, m)
		f, g := 0, 0
		for i := range c.Cuts {
			for _, step := range [2][2]int{{c.Between[i], between[i]}, {c.At[i], at[i]}} {
				f, g = f+step[0], g+step[1]
				d.KS = max(d.KS, math.Abs(float64(f)/n-float64(g)/m))
			}
		}
	}
	deciles := func(at, between []int) []float64 {
		bins, sum, next := []float64{}, 0, 0
		for i, cut := range c.Cuts {
			sum += between[i] + at[i]
			if next < len(c.Deciles) && cut == c.Deciles[next] {
				bins, sum, next = append(bins, float64(sum)), 0, next+1
			}
		}
		return append(bins, float64(sum+between[len(c.Cuts)]))
	}
	a, b := deciles(c.At, c.Between), deciles(at, between)
	if c.Missing+missing > 0 {
		a, b = append(a, float64(c.Missing)), append(b, float64(missing))
	}
	d.PSI = stabilityIndex(a, b, float64(before+c.Missing), float64(len(after)+missing))
	return d
}

// driftOfWords compares words with the baseline.
func (c *ColumnBaseline) driftOfWords(after []string) Drift {
	counted := map[string]int{}
	for _, word := range after {
		counted[word]++
	}
	was := float64(c.Missing)
	var a, b []float64
	var all []string
	for word, n := range c.Words {
		all = append(all, word)
		was += float64(n)
	}
	for word := range counted {
		all = append(all, word)
	}
	slices.Sort(all) // a fixed order of the sum
	for _, word := range slices.Compact(all) {
		if word != "" {
			a, b = append(a, float64(c.Words[word])), append(b, float64(counted[word]))
		}
	}
	a, b = append(a, float64(c.Missing)), append(b, float64(counted[""]))
	return Drift{Column: c.Column, PSI: stabilityIndex(a, b, was, float64(len(after))), KS: math.NaN(), KSCritical: math.NaN()}
}
