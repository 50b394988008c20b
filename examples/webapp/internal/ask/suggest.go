package ask

import (
	"math"
	"slices"

	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/internal/editdistance"
)

// About are the questions of a conversation about a tier, with one to compare it
// with; they are the same for none.
func About(l *texts.Language, tier, other string) []string {
	out := []string{l.T("ask.q.describe", tier), l.T("ask.q.buy", tier), l.T("ask.q.channels", tier), l.T("ask.q.campaigns", tier)}
	if other != tier {
		out = append(out, l.T("ask.q.compare", tier, other))
	}
	return out
}

// by asks for a figure by a column.
func (a *Answerer) by(l *texts.Language, how data.Aggregate, measure, column string) string {
	return l.Capital(l.T("ask.q.by", session{Answerer: a, l: l}.aggregateName(how, measure), l.Noun(column)))
}

// byFor asks the same of a tier.
func (a *Answerer) byFor(l *texts.Language, how data.Aggregate, measure, column, tier string) string {
	return l.Capital(l.T("ask.q.byfor", session{Answerer: a, l: l}.aggregateName(how, measure), l.Noun(column), tier))
}

// Examples are questions of every kind.
func (a *Answerer) Examples(customer bool, l *texts.Language) []string {
	first, last := a.Set.Tiers[0], a.Set.Tiers[len(a.Set.Tiers)-1]
	middle := a.Set.Tiers[len(a.Set.Tiers)/2]
	var out []string
	if customer {
		out = append(out, l.T("ask.q.alike"), l.T("ask.q.why"), l.T("ask.q.change"), l.T("ask.q.if", l.Noun("income"), "70000"), l.T("ask.q.if", l.Noun("spent"), "1500"), l.T("ask.q.childless"))
	}
	return append(out,
		l.T("ask.q.buy", first), l.T("ask.q.describe", middle), l.T("ask.q.describe", last), l.T("ask.q.compare", middle, first), l.T("ask.q.compare", last, middle),
		l.T("ask.q.sizes"), a.byFor(l, data.Mean, "mnt_wines", "education", middle), a.by(l, data.Mean, "income", "tier"), a.by(l, data.Median, "age", "tier"),
		l.T("ask.q.most"), a.by(l, data.Sum, "spent", "age_group"), l.T("ask.q.share"), l.T("ask.q.channels", last),
		l.T("ask.q.campaigns", first), l.T("ask.q.parents"), l.T("ask.q.old", first), l.T("ask.q.married"),
		l.T("ask.q.spread", l.Noun("income")), l.T("ask.q.spreadfor", l.Noun("age"), last), l.Capital(l.T("ask.q.against", l.Noun("income"), l.Noun("spent"))),
		l.Capital(l.T("ask.q.bytwo", l.T("how.mean", l.Noun("spent")), l.Noun("marital_status"), l.Noun("tier"))), l.T("ask.q.help"))
}

// suggest gives questions that follow on one.
func (s session) suggest(q Query) []string {
	l, tiers := s.l, s.Set.Tiers
	tier := tiers[0]
	if len(q.Tiers) > 0 {
		tier = q.Tiers[0]
	}
	other := tiers[0]
	if tier == other && len(tiers) > 1 {
		other = tiers[1]
	}
	var out []string
	switch q.Intent {
	case WhatIf, Why, Counterfactual:
		out = []string{l.T("ask.q.change"), l.T("ask.q.alike"), l.T("ask.q.buy", tier), l.T("ask.q.why")}
	case Alike:
		out = []string{l.T("ask.q.why"), l.T("ask.q.change"), l.T("ask.q.if", l.Noun("income"), "70000")}
	case Describe:
		out = []string{l.T("ask.q.buy", tier), l.T("ask.q.compare", tier, other), l.T("ask.q.campaigns", tier)}
	case Compare:
		out = []string{l.T("ask.q.buy", tier), s.by(l, data.Mean, "income", "tier"), l.T("ask.q.channels", other)}
	case ColumnGroup:
		out = []string{l.T("ask.q.describe", tier), s.byFor(l, data.Mean, "mnt_wines", "education", tier), l.T("ask.q.channels", tier), l.T("ask.q.campaigns", tier)}
	case Overview:
		out = []string{l.T("ask.q.describe", tiers[0]), s.by(l, data.Sum, "spent", "tier"), s.by(l, data.Mean, "income", "tier")}
	case Figure, Distribution, Relation:
		m := "spent"
		if len(q.Measures) > 0 && !s.Set.Column(q.Measures[0]).Flag {
			m = q.Measures[0]
		}
		group := "age_group"
		if m == "age" {
			group = "marital_status"
		}
		out = []string{l.T("ask.q.spread", l.Noun(m)), s.by(l, data.Mean, m, group), s.byFor(l, data.Mean, m, "education", tier), l.T("ask.q.describe", tier)}
	default:
		out = s.Examples(s.customer != nil, l)[:4]
	}
	if alike := l.T("ask.q.alike"); s.customer != nil && q.Intent != Alike && len(out) < 4 && !slices.Contains(out, alike) {
		out = append(out, alike)
	}
	return out
}

// nearest are the examples most like a question that was not understood.
func (s session) nearest(question string) []string {
	said, fillers := split(question), s.grammar(s.l).roles["filler"]
	type scored struct {
		text  string
		score float64
	}
	var all []scored
	for _, e := range s.Examples(s.customer != nil, s.l) {
		have := split(e)
		same := 0.0
		for _, a := range said {
			for _, b := range have {
				if a == b {
					if fillers[a] {
						same += 0.2
					} else {
						same++
					}
					break
				}
				if len(a) > 3 && len(b) > 3 && editdistance.Between(a, b) <= 2 {
					same += 0.5
					break
				}
			}
		}
		all = append(all, scored{e, same / math.Sqrt(float64(len(have)))})
	}
	slices.SortStableFunc(all, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	var out []string
	for _, e := range all[:min(4, len(all))] {
		out = append(out, e.text)
	}
	return out
}

func pick(list []string, n int) []string { return list[:min(n, len(list))] }
