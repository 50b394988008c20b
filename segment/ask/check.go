package ask

import (
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// check returns an error for a query that names what there is not, or lacks what its
// kind needs.
func (s session) check(q Query) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{segment.ErrOption}, args...)...)
	}
	if !slices.Contains(Intents, q.Intent) {
		return wrong("there is no kind of question %q", q.Intent)
	}
	for _, m := range slices.Concat(q.Measures, given([]string{q.WholeOf})) {
		if !s.data.Series(m).Kind().Numeric() {
			return wrong("%q is no column of numbers", m)
		}
	}
	for _, b := range q.By {
		if c := s.data.Series(b); c.IsZero() || c.Kind() == features.Identifier || c.Kind() == features.Date {
			return wrong("customers cannot be grouped by %q", b)
		}
	}
	switch {
	case len(q.By) > 2:
		return wrong("figures are told by two columns at most, not %d", len(q.By))
	case q.Aggregate != "" && !slices.Contains(append(features.Aggregates(), StdDev, Percentile), q.Aggregate):
		return wrong("there is no figure %q", q.Aggregate)
	case q.Aggregate == Percentile && !(q.Number > 0 && q.Number < 100):
		return wrong("a percentile is over 0 and under 100, not %v", q.Number)
	case q.ColumnGroup != "" && len(s.Subjects.Group(q.ColumnGroup)) == 0:
		return wrong("there is no group of columns %q", q.ColumnGroup)
	case q.Toward != "" && !slices.Contains(s.Tiers, q.Toward):
		return wrong("there is no tier %q", q.Toward)
	}
	for _, w := range append([]Where{q.Where, q.Whole}, q.Versus...) {
		for _, clause := range w {
			if len(clause) == 0 {
				return wrong("a condition is empty")
			}
			for _, c := range clause {
				if err := s.checkCondition(c, len(clause)); err != nil {
					return err
				}
			}
		}
	}
	return s.checkKind(q, wrong)
}

func (s session) checkCondition(c features.Condition, alternatives int) error {
	if slices.Contains(topOps, c.Op) {
		if alternatives > 1 || !s.data.Series(c.Column).Kind().Numeric() || !(c.A > 0) || math.IsInf(c.A, 0) || c.A > 100 && (c.Op == TopPercent || c.Op == BottomPercent) {
			return fmt.Errorf("%w: the condition %s has no such part of the customers", segment.ErrOption, Where{{c}})
		}
		return nil
	}
	_, err := s.fits(c)
	return err
}

// checkKind returns an error where a query lacks what its kind needs.
func (s session) checkKind(q Query, wrong func(string, ...any) error) error {
	needs := map[Intent]int{Distribution: 1, Relation: 2, Names: 1, Concentration: 1}
	if n := needs[q.Intent]; n > 0 && len(q.Measures) != n {
		return wrong("a question of the kind %q is of %d columns, not %d", q.Intent, n, len(q.Measures))
	}
	switch q.Intent {
	case Names:
		if q.Rank == 0 || !(q.Number >= 1 && q.Number <= 1e6) {
			return wrong("names need a rank, and a number from 1 on; it is %v", q.Number)
		}
	case Concentration:
		if !(q.Number > 0 && q.Number <= 100) {
			return wrong("%v is no part of a total in per cent", q.Number)
		}
	case Share:
		if len(q.By) > 1 || q.WholeOf == "" && len(q.Measures) > 0 || q.WholeOf != "" && len(q.Measures) != 1 {
			return wrong("a share is of customers or of one amount, by one column at most")
		}
		if q.WholeOf != "" && q.WholeOf != q.Measures[0] && !s.partOf(q.Measures[0], q.WholeOf) {
			return wrong("%s is no part of %s", q.Measures[0], q.WholeOf)
		}
	case ColumnGroup:
		if q.ColumnGroup == "" || len(q.By) > 1 {
			return wrong("a question of the kind %q needs a group of columns, by one column at most", q.Intent)
		}
	case Figure:
		if len(q.Measures) == 0 && q.Aggregate != features.Count {
			return wrong("the figure %q needs a column", q.Aggregate)
		}
		if len(q.Measures) > 0 && q.Aggregate == "" {
			return wrong("a figure of %v needs to be named", q.Measures)
		}
	case WhatIf:
		if len(q.Changes) == 0 {
			return wrong("it is not said what would be otherwise")
		}
		for _, a := range q.Changes {
			if !slices.Contains(s.Model.Columns(), a.Column) {
				return wrong("customers have no %q in the model", a.Column)
			}
		}
	}
	return nil
}

// notes tell what was taken for granted.
func (s session) notes(q Query) []string {
	var out []string
	for _, key := range q.Notes {
		switch {
		case key == "ask.note.made":
			out = append(out, s.l.T(key, s.l.And(nouns(s.l, s.Model.Columns()))))
		case slices.Contains([]string{"ask.note.revenue", "ask.note.why", "ask.note.english"}, key):
			out = append(out, s.l.T(key))
		}
	}
	limits := s.Model.Limits()
	var left []string
	for _, m := range q.Measures {
		if limit, ok := limits[m]; ok && (q.Aggregate == features.Max || q.Intent == Names && q.Rank > 0) {
			left = append(left, s.l.T("ask.note.limit", s.l.Noun(m), s.exact(m, limit)))
		}
	}
	return append(out, left...)
}
