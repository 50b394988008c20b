package ask

import (
	"context"
	"fmt"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// thanOwn reads a comparison with the mean of a customer's own group: above their own
// tier's average, more than the average of their age group.
func (p *parser) thanOwn(m meaning) (int, error) {
	op, ok := map[features.Op]features.Op{features.Over: AboveMean, features.Under: BelowMean}[m.op]
	if !ok {
		return 0, nil
	}
	mean := func(i int) bool {
		a, ok := p.tok(i).as(kAggregate)
		return ok && a.aggregate == features.Mean
	}
	group := func(i int) string {
		if c, ok := p.tok(i).as(kColumn); ok && !p.data.Series(c.name).Kind().Numeric() {
			return c.name
		}
		return ""
	}
	if c, ok := p.tok(1).as(kCondition); ok && mean(2) { // the Silver average
		return p.thanMeanOf(m, c.condition, 3)
	}
	if mean(1) { // average Silver customers, the average of Silver
		at := 2
		if p.tok(2).does("of") {
			at++
		}
		if c, ok := p.tok(at).as(kCondition); ok {
			for at++; p.tok(at).does("people", "person"); at++ {
			}
			return p.thanMeanOf(m, c.condition, at)
		}
	}
	by, column, i := "", m.name, 1
	behind := func() { // what the mean is of, where that is said behind it
		at := i
		for p.tok(at).does("of", "in", "for") {
			at++
		}
		if name, n := p.thing(at); name != "" {
			column, i = name, at+n
		}
	}
	if mean(1) { // the average of their tier
		i = 2
		behind()
		own := i
		for p.tok(own).does("of", "in", "for", "among") {
			own++
		}
		if own == i || !p.tok(own).does("pronoun") {
			return 0, nil
		}
		for p.tok(own).does("pronoun", "filler") {
			own++
		}
		by, i = group(own), own+1
	} else {
		for p.tok(i).does("pronoun", "those", "filler") {
			i++
		}
		if by = group(i); by == "" || !mean(i+1) {
			return 0, nil
		}
		i += 2
		behind()
	}
	if column == "" {
		column = p.takes("")
	}
	if by == "" || column == "" || p.data.Series(column).Kind().Binary() {
		return 0, p.unfit(p.at)
	}
	return i, p.besideFigure(features.Condition{Column: column, Op: op, Words: []string{by}})
}

// thanMeanOf reads a comparison with the mean of some customers, who are told up to the
// n-th token.
func (p *parser) thanMeanOf(m meaning, of features.Condition, n int) (int, error) {
	column := m.name
	if behind, k := p.thing(n); behind != "" {
		column, n = behind, n+k
	} else if column == "" {
		column = p.takes("")
	}
	rows, err := p.rows(context.Background(), Where{{of}})
	if column == "" || err != nil || p.data.Series(column).Kind().Binary() {
		return 0, p.unfit(p.at)
	}
	v, _, err := p.aggregate(context.Background(), features.Mean, 0, column, rows)
	if err != nil || v != v {
		return 0, p.unfit(p.at)
	}
	return n, p.besideFigure(features.Condition{Column: column, Op: m.op, A: v})
}

// besideOwn returns the test of a condition with the mean of a customer's own group;
// who has no group, or no value, fits none.
func (a *Answerer) besideOwn(c features.Condition, s features.Series) (func(int) bool, error) {
	if len(c.Words) != 1 || !s.Kind().Numeric() || a.data.Series(c.Words[0]).IsZero() || a.data.Series(c.Words[0]).Kind().Numeric() {
		return nil, fmt.Errorf("%w: %s cannot be compared by %q with the mean of %q", segment.ErrOption, c.Column, c.Op, c.Words)
	}
	names, code, err := a.data.Groups(context.Background(), c.Words[0], a.everyRow())
	if err != nil {
		return nil, err
	}
	sums, counts := make([]float64, len(names)), make([]float64, len(names))
	for i := range s.Len() {
		if k := code(i); k >= 0 && !s.Missing(i) {
			sums[k], counts[k] = sums[k]+s.Number(i), counts[k]+1
		}
	}
	return func(i int) bool {
		k := code(i)
		if k < 0 || s.Missing(i) {
			return false
		}
		mean := sums[k] / counts[k]
		return c.Op == AboveMean && s.Number(i) > mean || c.Op == BelowMean && s.Number(i) < mean
	}, nil
}

// everyRow returns all rows.
func (a *Answerer) everyRow() []int {
	out := make([]int, a.data.Len())
	for i := range out {
		out[i] = i
	}
	return out
}
