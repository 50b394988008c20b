package ask

import (
	"context"
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// share answers which part of a whole some customers are, or their amount is: the
// whole is told with the part.
func (s session) share(ctx context.Context, q Query) (Answer, error) {
	inner, err := s.rows(ctx, q.Where)
	if err != nil {
		return Answer{}, err
	}
	outer, err := s.rows(ctx, q.Whole)
	if err != nil {
		return Answer{}, err
	}
	if q.WholeOf != "" {
		return s.shareOfSum(ctx, q, inner, outer)
	}
	if len(outer) == 0 {
		return Answer{Text: []string{s.l.T("ask.count.none", s.subject(q.Whole))}}, nil
	}
	within := s.beyond(q)
	if len(q.By) == 0 {
		out := Answer{Text: []string{s.l.T("ask.share", s.portion(float64(len(inner))/float64(len(outer))), s.whole(len(inner)), s.population(within), s.whole(len(outer)), s.population(q.Whole))}}
		if !slices.ContainsFunc(slices.Concat(q.Where, q.Whole), func(c Clause) bool {
			return slices.ContainsFunc(c, func(f features.Condition) bool { return f.Column == "tier" })
		}) {
			q.By = []string{"tier"}
			by, err := s.sharesBy(ctx, q, within, inner, outer)
			if err != nil {
				return Answer{}, err
			}
			out.Chart = by.Chart
		}
		return out, nil
	}
	return s.sharesBy(ctx, q, within, inner, outer)
}

// beyond returns the conditions on the part that the whole does not have.
func (s session) beyond(q Query) Where {
	whole := q.Whole.String()
	return slices.DeleteFunc(slices.Clone(q.Where), func(c Clause) bool {
		return whole != "" && slices.ContainsFunc(q.Whole, func(o Clause) bool { return (Where{o}).String() == (Where{c}).String() })
	})
}

// sharesBy answers which part of each group some customers are; where none are told
// apart, which part of all each group is.
func (s session) sharesBy(ctx context.Context, q Query, within Where, inner, outer []int) (Answer, error) {
	by := q.By[0]
	groups, code, err := s.data.Groups(ctx, by, outer)
	if err != nil {
		return Answer{}, err
	}
	hits, all := groupSizes(inner, len(groups), code), groupSizes(outer, len(groups), code)
	what := s.subject(within)
	if len(within) == 0 {
		what = s.subject(q.Whole)
	}
	c := s.barChart(s.l.T("ask.q.by", s.l.T("ask.shares.title", what), s.l.Noun(by)), by, s.l.T("axis.share"), true)
	var labels []string
	var shares, counts []float64
	for i, label := range Labels(s.l, s.data.Series(by), groups) {
		share := hits[i] / all[i]
		if len(within) == 0 {
			share = all[i] / float64(len(outer))
		}
		if share == share {
			labels, shares, counts = append(labels, s.groupName([][]string{{label}}, []string{by}, []int{0})), append(shares, share), append(counts, hits[i])
			s.addBar(c, by, label, share)
		}
	}
	key := "ask.shares"
	if len(within) == 0 {
		key = "ask.shares.of"
	}
	return Answer{Text: []string{s.l.Capital(s.l.T(key, what, s.list(q, labels, func(i int) string {
		return s.l.T("list.of", s.portion(shares[i]), s.whole(int(counts[i])))
	}, shares), s.l.Noun(by)))}, Chart: c}, nil
}

// list names groups with their figures; the greatest or the least first where that
// is asked for.
func (s session) list(q Query, labels []string, figure func(i int) string, values []float64) string {
	order := make([]int, len(labels))
	for i := range order {
		order[i] = i
	}
	if q.Rank != 0 {
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case values[a] > values[b]:
				return -q.Rank
			case values[a] < values[b]:
				return q.Rank
			}
			return 0
		})
	}
	var parts []string
	for _, i := range order {
		parts = append(parts, s.l.T("list.pair", labels[i], figure(i)))
	}
	return s.l.And(parts)
}

// groupSizes counts the rows in each of n groups.
func groupSizes(rows []int, n int, code func(int) int) []float64 {
	sizes := make([]float64, n)
	for _, i := range rows {
		if k := code(i); k >= 0 {
			sizes[k]++
		}
	}
	return sizes
}

// shareOfSum answers which part of an amount some customers have, or one of its parts.
func (s session) shareOfSum(ctx context.Context, q Query, inner, outer []int) (Answer, error) {
	part, whole := q.Measures[0], q.WholeOf
	total, _, err := s.aggregate(ctx, features.Sum, 0, whole, outer)
	if err != nil {
		return Answer{}, err
	}
	if !(total > 0) {
		return Answer{Text: []string{s.l.T("ask.figure.unknown", s.columnName(whole), s.subject(q.Whole))}}, nil
	}
	q.Aggregate = features.Sum
	if len(q.By) == 0 {
		v, _, err := s.aggregate(ctx, features.Sum, 0, part, inner)
		if err != nil {
			return Answer{}, err
		}
		some, all := s.sumName(part, s.subject(q.Where)), s.sumName(whole, s.subject(q.Whole))
		out := Answer{Text: []string{s.l.Capital(s.l.T("ask.sums.whole", s.portion(v/total), all, some, s.number(part, features.Sum, v), s.number(whole, features.Sum, total)))}}
		if part == whole {
			out.Chart = s.tierChart(ctx, Query{Aggregate: features.Sum}, part)
		}
		return out, nil
	}
	levels, cells, err := s.tallies(ctx, q, part, inner)
	if err != nil {
		return Answer{}, err
	}
	by, what := q.By[0], s.l.T("ask.sums.title", s.l.Noun(whole))
	levels[0] = Labels(s.l, s.data.Series(by), levels[0])
	c := s.barChart(s.l.T("ask.q.by", what, s.l.Noun(by)), by, what, true)
	c.Series[0].Color = s.subjectColor(q.Where)
	var labels []string
	var shares []float64
	for _, cell := range cells {
		label := levels[0][cell.keys[0]]
		of := total
		if part != whole { // of each group the part of its own
			if of, _, err = s.aggregate(ctx, features.Sum, 0, whole, cell.rows); err != nil {
				return Answer{}, err
			}
		}
		if of > 0 {
			labels, shares = append(labels, s.groupName(levels, q.By, cell.keys)), append(shares, cell.value/of)
			s.addBar(c, by, label, cell.value/of)
		}
	}
	text := s.l.T("ask.sums", s.l.Noun(whole), s.subject(q.Where), s.list(q, labels, func(i int) string { return s.portion(shares[i]) }, shares))
	if part != whole {
		text = s.l.T("ask.sums.part", s.l.Noun(part), s.l.Noun(whole), s.list(q, labels, func(i int) string { return s.portion(shares[i]) }, shares))
	}
	return Answer{Text: []string{text}, Chart: c}, nil
}

// sumName names the total of a column of customers.
func (s session) sumName(column, who string) string {
	return s.l.T("ask.sum.of", s.aggregateName(features.Sum, column), who)
}
