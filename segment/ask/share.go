package ask

import (
	"context"
	"github.com/customer-personality/segmentation/features"
)

// shareOfCustomers answers which part of the customers something is true of, by
// the first column that is asked for.
func (s session) shareOfCustomers(ctx context.Context, q Query) (Answer, error) {
	base, within := Query{Tiers: q.Tiers}, Query{Filters: q.Filters}
	ofAll := len(q.Filters) == 0 // the tiers are what the share is of
	if ofAll {
		base, within = within, base
	}
	inner, err := s.Set.Where(ctx, s.filters(q)...)
	if err != nil {
		return Answer{}, err
	}
	outer, err := s.Set.Where(ctx, s.filters(base)...)
	if err != nil {
		return Answer{}, err
	}
	if len(outer) == 0 {
		return s.text("ask.nobody")
	}
	if len(q.By) == 0 {
		return Answer{Text: []string{s.l.T("ask.share", s.percent(float64(len(inner))/float64(len(outer))), s.whole(len(inner)), s.population(q), s.whole(len(outer)), s.population(base))}}, nil
	}
	by, what := q.By[0], s.subject(within)
	groups, code, err := s.Set.Groups(ctx, by, outer)
	if err != nil {
		return Answer{}, err
	}
	hits, all := groupSizes(inner, len(groups), code), groupSizes(outer, len(groups), code)
	c := s.barChart(s.l.T("ask.q.by", s.l.T("ask.shares.title", what), s.l.Noun(by)), by, s.l.T("axis.share"), true)
	var parts []string
	for i, label := range Labels(s.l, s.Set.Series(by), groups) {
		share := hits[i] / all[i]
		if ofAll {
			share = all[i] / float64(len(outer))
		}
		if share == share {
			parts = append(parts, s.l.T("list.pair", label, s.percent(share)))
			s.addBar(c, by, label, share)
		}
	}
	return Answer{Text: []string{s.l.Capital(s.l.T("ask.shares", what, s.l.And(parts)))}, Chart: c}, nil
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

// shareOfSum answers which part of an amount customers have, or groups of them.
func (s session) shareOfSum(ctx context.Context, q Query, f features.Query) (Answer, error) {
	f.How = features.Sum
	some, err := s.Set.Query(ctx, f)
	if err != nil {
		return Answer{}, err
	}
	whole := some.Cells
	if len(f.By) == 0 {
		all, err := s.Set.Query(ctx, features.Query{How: features.Sum, Measure: f.Measure})
		if err != nil {
			return Answer{}, err
		}
		whole = all.Cells
	}
	total, noun := 0.0, s.l.Noun(f.Measure)
	for _, cell := range whole {
		total += cell.Value
	}
	if some.Count == 0 || !(total > 0) {
		return s.text("ask.nobody")
	}
	if len(f.By) == 0 {
		return Answer{Text: []string{s.l.T("ask.sums.whole", s.percent(some.Cells[0].Value/total), noun, s.population(q))}, Chart: s.tierChart(ctx, features.Sum, f.Measure, q.Filters)}, nil
	}
	by, what := f.By[0], s.l.T("ask.sums.title", noun)
	c := s.barChart(s.l.T("ask.q.by", what, s.l.Noun(by)), by, what, true)
	c.Series[0].Color = s.subjectColor(q)
	labels := Labels(s.l, s.Set.Series(by), some.Levels[0])
	var parts []string
	for _, cell := range some.Cells {
		label, share := labels[cell.Keys[0]], cell.Value/total
		parts = append(parts, s.l.T("list.pair", label, s.percent(share)))
		s.addBar(c, by, label, share)
	}
	return Answer{Text: []string{s.l.T("ask.sums", noun, s.subject(q), s.l.And(parts))}, Chart: c}, nil
}
