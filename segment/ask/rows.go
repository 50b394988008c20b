package ask

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
)

// Rows returns the customers that all clauses hold for, as rows of Set, ascending. A
// missing value fits nothing but [Missing]. Errors: [*features.ColumnError] for a column
// that there is not, ErrOption for a word or a comparison that it cannot have, ErrEmpty
// without customers, that of ctx.
func (a *Answerer) Rows(ctx context.Context, w Where) ([]int, error) {
	if a.empty() {
		return nil, fmt.Errorf("%w: there are no customers", segment.ErrEmpty)
	}
	return a.rows(cmp.Or(ctx, context.Background()), w)
}

// rows returns the customers that all clauses hold for, in order. A missing value
// fits nothing but Missing. Top and its kin are among those that the clauses before
// hold for.
func (a *Answerer) rows(ctx context.Context, w Where) ([]int, error) {
	out := a.everyRow()
	for _, clause := range w {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		if len(clause) == 1 && slices.Contains(topOps, clause[0].Op) {
			out = a.top(out, clause[0])
			continue
		}
		var any []func(int) bool
		for _, c := range clause {
			fits, err := a.fits(c)
			if err != nil {
				return nil, err
			}
			any = append(any, fits)
		}
		kept := out[:0]
		for k, i := range out {
			if k%4096 == 0 {
				if err := cause.Of(ctx); err != nil {
					return nil, err
				}
			}
			if len(any) == 0 || slices.ContainsFunc(any, func(fits func(int) bool) bool { return fits(i) }) {
				kept = append(kept, i)
			}
		}
		out = kept
	}
	return out, cause.Of(ctx)
}

var topOps = []features.Op{Top, Bottom, TopPercent, BottomPercent}

// top returns the rows with the most or the least in a column, in their order.
func (a *Answerer) top(rows []int, c features.Condition) []int {
	n := int(min(c.A, float64(len(rows))))
	if c.Op == TopPercent || c.Op == BottomPercent {
		n = int(math.Round(c.A / 100 * float64(len(rows))))
	}
	dir := 1
	if c.Op == Bottom || c.Op == BottomPercent {
		dir = -1
	}
	best := a.ranked(rows, c.Column, dir)
	best = best[:max(0, min(n, len(best)))]
	slices.Sort(best)
	return best
}

// ranked returns the rows with a value in a column, those with most first for a
// positive direction; equals in their order.
func (a *Answerer) ranked(rows []int, column string, dir int) []int {
	s := a.data.Series(column)
	out := slices.DeleteFunc(slices.Clone(rows), s.Missing)
	slices.SortStableFunc(out, func(i, j int) int { return dir * cmp.Compare(s.Number(j), s.Number(i)) })
	return out
}

// fits returns the test of a condition. Errors: a column that there is not, and a
// comparison that the column cannot have.
func (a *Answerer) fits(c features.Condition) (func(int) bool, error) {
	if list := a.days[c.Column]; list != nil {
		return a.fitsDay(c, list)
	}
	s, err := a.data.Column(c.Column)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", segment.ErrOption, err)
	}
	numeric := s.Kind().Numeric()
	switch {
	case c.Op == AboveMean || c.Op == BelowMean:
		return a.besideOwn(c, s)
	case c.Op == Missing:
		return s.Missing, nil
	case c.Op == Known:
		return func(i int) bool { return !s.Missing(i) }, nil
	case len(c.Words) > 0 && !numeric && (c.Op == features.Is || c.Op == features.Not):
		for _, w := range c.Words {
			if !slices.Contains(s.Levels(), w) && !(c.Column == "tier" && slices.Contains(a.Tiers, w)) { // which may have nobody
				return nil, fmt.Errorf("%w: %s has no %q; it has %q", segment.ErrOption, c.Column, w, s.Levels())
			}
		}
		return func(i int) bool {
			return !s.Missing(i) && slices.Contains(c.Words, s.Word(i)) == (c.Op == features.Is)
		}, nil
	case len(c.Words) > 0 || !numeric:
		return nil, fmt.Errorf("%w: %s cannot be compared by %q", segment.ErrOption, c.Column, c.Op)
	}
	return compares(c, s.Number)
}

// compares returns the test of a comparison of numbers.
func compares(c features.Condition, v func(int) float64) (func(int) bool, error) {
	switch c.Op {
	case features.Is:
		return func(i int) bool { return v(i) == c.A }, nil
	case features.Not:
		return func(i int) bool { return v(i) < c.A || v(i) > c.A }, nil
	case features.Over:
		return func(i int) bool { return v(i) > c.A }, nil
	case features.AtLeast:
		return func(i int) bool { return v(i) >= c.A }, nil
	case features.Under:
		return func(i int) bool { return v(i) < c.A }, nil
	case features.AtMost:
		return func(i int) bool { return v(i) <= c.A }, nil
	case features.Between:
		return func(i int) bool { return v(i) >= c.A && v(i) <= c.B }, nil
	}
	return nil, fmt.Errorf("%w: %q is no comparison of numbers", segment.ErrOption, c.Op)
}

// A tally is the figure of one group.
type tally struct {
	keys  []int // its groups, one for each column
	rows  []int
	value float64
	n     int // how many of the rows have a value
}

// tallies returns a figure of rows for each combination of groups that has some, in
// order, and the names of the groups.
func (a *Answerer) tallies(ctx context.Context, q Query, measure string, rows []int) (levels [][]string, out []tally, err error) {
	codes := make([]func(int) int, len(q.By))
	size := 1
	for j, name := range q.By {
		names, code, err := a.data.Groups(ctx, name, rows)
		if err != nil {
			return nil, nil, err
		}
		levels, codes[j] = append(levels, names), code
		size *= len(names)
	}
	members := make([][]int, size)
next:
	for _, i := range rows {
		at := 0
		for j, code := range codes {
			c := code(i)
			if c < 0 {
				continue next
			}
			at = at*len(levels[j]) + c
		}
		members[at] = append(members[at], i)
	}
	for at, m := range members {
		if len(m) == 0 && len(q.By) > 0 {
			continue
		}
		t := tally{rows: m, keys: make([]int, len(q.By))}
		for j := len(q.By) - 1; j >= 0; j-- {
			t.keys[j] = at % len(levels[j])
			at /= len(levels[j])
		}
		if t.value, t.n, err = a.aggregate(ctx, q.Aggregate, q.Number, measure, m); err != nil {
			return nil, nil, err
		}
		out = append(out, t)
	}
	return levels, out, nil
}

// aggregate returns one figure of a column over rows, and how many of them have a
// value; without a column, their number.
func (a *Answerer) aggregate(ctx context.Context, how features.Aggregate, percent float64, column string, rows []int) (v float64, n int, err error) {
	if column == "" {
		return float64(len(rows)), len(rows), nil
	}
	s := a.data.Series(column)
	if !s.Kind().Numeric() {
		return 0, 0, fmt.Errorf("%w: %s is no column of numbers", segment.ErrOption, column)
	}
	var values []float64
	for _, i := range rows {
		if v := s.Number(i); v == v {
			values = append(values, v)
		}
	}
	switch n = len(values); {
	case how == StdDev && n < 2, how == Percentile && n == 0:
		return math.NaN(), n, nil
	case how == StdDev:
		mean, sum := 0.0, 0.0
		for _, v := range values {
			mean += v
		}
		mean /= float64(n)
		for _, v := range values {
			sum += float64((v - mean) * (v - mean))
		}
		return math.Sqrt(sum / float64(n-1)), n, nil
	case how == Percentile:
		slices.Sort(values)
		return num.Quantile(values, percent/100), n, nil
	}
	v, err = a.data.Aggregate(ctx, how, column, rows)
	return v, n, err
}
