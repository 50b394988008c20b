package ask

import (
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// compare answers how tiers differ in the columns of the model: one with the
// best other, or all where none is named.
func (s session) compare(q Query) (Answer, error) {
	tiers := q.Tiers
	if len(tiers) == 1 {
		if i := slices.IndexFunc(s.Tiers, func(t string) bool { return t != tiers[0] }); i >= 0 {
			tiers = []string{tiers[0], s.Tiers[i]}
		}
	}
	if len(tiers) == 0 {
		tiers = s.Tiers
	}
	var lines []string
	for _, name := range s.numbers() {
		var parts []string
		for _, tier := range tiers {
			g, ok := s.Profile.Group(tier)
			if !ok {
				return s.text("ask.nobody")
			}
			if column, ok := g.Column(name); ok {
				parts = append(parts, s.l.T("list.pair", tier, s.number(name, features.Mean, round(column.Mean))))
			}
		}
		lines = append(lines, s.l.Capital(s.l.T("ask.compare", s.l.T("how.mean", s.l.Noun(name)), s.l.And(parts))))
	}
	out := Answer{Text: []string{strings.Join(lines, " ")}}
	if len(tiers) == 2 {
		out.Text = append([]string{s.greatestDifference(tiers[0], tiers[1])}, out.Text...)
	}
	out.Chart = s.differences(tiers)
	out.Suggestions = s.suggest(Query{Intent: Compare, Tiers: tiers})
	return out, nil
}

// greatestDifference tells in which column of the model two tiers differ most.
func (s session) greatestDifference(one, other string) string {
	a, _ := s.Profile.Group(one)
	b, _ := s.Profile.Group(other)
	best, gap, numbers := "", -1.0, [2]string{}
	for _, name := range s.numbers() {
		x, _ := a.Column(name)
		y, _ := b.Column(name)
		if d := math.Abs(x.Difference - y.Difference); d > gap {
			best, gap = name, d
			numbers = [2]string{s.number(name, features.Mean, round(x.Mean)), s.number(name, features.Mean, round(y.Mean))}
		}
	}
	return s.l.T("ask.compare.most", one, other, s.l.Noun(best), numbers[0], numbers[1])
}
