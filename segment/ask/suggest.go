package ask

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/editdistance"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// About returns the questions of a conversation about a tier, with one to compare it
// with; they are the same for none.
func About(l *narrate.Language, tier, other string) []string {
	out := []string{l.T("ask.q.describe", tier), l.T("ask.q.buy", tier), l.T("ask.q.channels", tier), l.T("ask.q.campaigns", tier)}
	if other != tier {
		out = append(out, l.T("ask.q.compare", tier, other))
	}
	return out
}

// Examples returns questions of every kind, on a customer too or not.
func (a *Answerer) Examples(customer bool, l *narrate.Language) []string {
	s := session{Answerer: a, l: l}
	if customer {
		s.customer = []float64{}
	}
	return s.examples()
}

// examples returns those questions that can be read of these customers.
func (s session) examples() []string {
	if s.empty() || s.l == nil {
		return nil
	}
	l, tiers, about := s.l, s.Tiers, s.Subjects
	first, middle, last := tiers[0], tiers[len(tiers)/2], tiers[len(tiers)-1]
	var out []string
	if s.customer != nil {
		out = append(out, l.T("ask.q.alike"), l.T("ask.q.why"), l.T("ask.q.change"), s.whatIfQuestion(about.Income, s.other(about.Income, "70000", "", 0)), s.whatIfQuestion(about.Revenue, s.other(about.Revenue, "1500", "", 0)), l.T("ask.q.childless"))
	}
	out = append(out,
		l.T("ask.q.buy", first), l.T("ask.q.describe", middle), l.T("ask.q.describe", last), l.T("ask.q.compare", middle, first), l.T("ask.q.compare", last, middle),
		l.T("ask.q.sizes"), s.byFor(features.Mean, about.product(), s.word(0), middle), s.by(features.Mean, about.Income, "tier"), s.by(features.Median, about.age(), "tier"),
		l.T("ask.q.most"), s.by(features.Sum, about.Revenue, about.Ages), l.T("ask.q.share"), l.T("ask.q.channels", last),
		l.T("ask.q.campaigns", first), l.T("ask.q.parents"), l.T("ask.q.old", first), l.T("ask.q.married"),
		s.question("ask.q.spread", s.noun(about.Income)), s.question("ask.q.spreadfor", s.noun(about.age()), last), l.Capital(s.question("ask.q.against", s.noun(about.Income), s.noun(about.Revenue))),
		l.Capital(s.question("ask.q.bytwo", s.aggregated(features.Mean, about.Revenue), s.noun(s.word(1)), l.Noun("tier"))), l.T("ask.q.help"))
	if len(about.Products) == 0 { // columns of any kind
		for _, name := range pick(about.Columns, 3) {
			out = append(out, s.by(features.Mean, name, "tier"), s.question("ask.q.spread", s.noun(name)), s.byFor(features.Mean, name, s.word(0), middle))
		}
	}
	return slices.DeleteFunc(out, func(q string) bool { return !s.reads(q) })
}

// reads tells whether a question can be read.
func (s session) reads(question string) bool {
	_, err := s.Parse(question, s.l, Query{})
	return err == nil
}

// question returns a question with names put in, "" where one of them is "".
func (s session) question(key string, names ...any) string {
	if slices.Contains(names, any("")) {
		return ""
	}
	return s.l.T(key, names...)
}

// whatIfQuestion asks what if a column were another value, "" where there is none such.
func (s session) whatIfQuestion(column, value string) string {
	if s.noun(column) == "" {
		return ""
	}
	return ifQuestion(s.l, column, value)
}

// noun returns what a column is called, "" where the customers have none such.
func (s session) noun(column string) string {
	if s.grammar(s.l).lacks(column) {
		return ""
	}
	return s.l.Noun(column)
}

// aggregated names an aggregate of a column, "" where there is none such.
func (s session) aggregated(how features.Aggregate, column string) string {
	if s.noun(column) == "" {
		return ""
	}
	return s.aggregateName(how, column)
}

// other returns another value of a column to ask for: high, or low for a customer
// who has about as much. Where nobody has so much as high, they are quartiles.
func (s session) other(column, high, low string, of float64) string {
	g, _ := s.Profile.Overall.Column(column)
	threshold := 60000.0
	if h, _ := strconv.ParseFloat(high, 64); !(g.Min <= h && h <= g.Max) {
		high, low = strconv.FormatFloat(round(g.Q3), 'f', -1, 64), strconv.FormatFloat(round(g.Q1), 'f', -1, 64)
		threshold = (g.Q1 + g.Q3) / 2
	}
	if low != "" && of > threshold {
		return low
	}
	return high
}

// by asks for an aggregate of a measure by a column.
func (s session) by(how features.Aggregate, measure, column string) string {
	return s.l.Capital(s.question("ask.q.by", s.aggregated(how, measure), s.noun(column)))
}

// byFor asks the same of a tier.
func (s session) byFor(how features.Aggregate, measure, column, tier string) string {
	return s.l.Capital(s.question("ask.q.byfor", s.aggregated(how, measure), s.noun(column), tier))
}

// suggest returns questions that follow on one.
func (s session) suggest(q Query) []string {
	l, tiers, about := s.l, s.Tiers, s.Subjects
	tier := cmp.Or(tierOf(q.Where), tiers[0])
	other := tiers[0]
	if tier == other && len(tiers) > 1 {
		other = tiers[1]
	}
	var out []string
	switch q.Intent {
	case WhatIf, Why, Counterfactual:
		out = []string{l.T("ask.q.change"), l.T("ask.q.alike"), l.T("ask.q.buy", tier), l.T("ask.q.why")}
	case Alike:
		out = []string{l.T("ask.q.why"), l.T("ask.q.change"), s.whatIfQuestion(about.Income, s.other(about.Income, "70000", "", 0))}
	case Describe:
		out = []string{l.T("ask.q.buy", tier), l.T("ask.q.compare", tier, other), l.T("ask.q.campaigns", tier)}
	case Compare:
		out = []string{l.T("ask.q.buy", tier), s.by(features.Mean, about.Income, "tier"), l.T("ask.q.channels", other)}
	case ColumnGroup:
		out = []string{l.T("ask.q.describe", tier), s.byFor(features.Mean, about.product(), s.word(0), tier), l.T("ask.q.channels", tier), l.T("ask.q.campaigns", tier)}
	case Overview:
		out = []string{l.T("ask.q.describe", tiers[0]), s.by(features.Sum, about.Revenue, "tier"), s.by(features.Mean, about.Income, "tier")}
	case Figure, Share, Distribution, Relation, Names, Concentration:
		m := about.Revenue
		if len(q.Measures) > 0 && !s.data.Series(q.Measures[0]).Kind().Binary() {
			m = q.Measures[0]
		}
		group := about.Ages
		if m == about.age() {
			group = s.word(1)
		}
		out = []string{s.question("ask.q.spread", s.noun(m)), s.by(features.Mean, m, group), s.byFor(features.Mean, m, s.word(0), tier), l.T("ask.q.describe", tier)}
	default:
		out = pick(s.examples(), 4)
	}
	if alike := l.T("ask.q.alike"); s.customer != nil && q.Intent != Alike && len(out) < 4 && !slices.Contains(out, alike) {
		out = append(out, alike)
	}
	return out
}

// nearest returns the examples most like a question that was not understood.
func (s session) nearest(question string) []string {
	asked, g := split(question), s.grammar(s.l)
	fillers := map[string]bool{}
	for _, w := range asked {
		fillers[w] = token{meanings: g.lexicon[w]}.does("filler", "of", "in", "for", "be", "do", "and", "what", "how many")
	}
	examples := s.examples()
	score := map[string]float64{}
	for _, e := range examples {
		score[e] = similarity(asked, split(e), fillers)
	}
	slices.SortStableFunc(examples, func(a, b string) int { return cmp.Compare(score[b], score[a]) })
	return pick(examples, 4)
}

// similarity returns how many words of a question an example has, over the root
// of the example's length: 1 for the same word, 0.2 for a filler and 0.5 for one
// that is spelt nearly so.
func similarity(question, example []string, fillers map[string]bool) float64 {
	same := 0.0
	for _, a := range question {
		at := slices.IndexFunc(example, func(b string) bool {
			return a == b || len(a) > 3 && len(b) > 3 && editdistance.Between(a, b) <= 2
		})
		switch {
		case at < 0:
		case a != example[at]:
			same += 0.5
		case fillers[a]:
			same += 0.2
		default:
			same++
		}
	}
	return same / math.Sqrt(float64(len(example)))
}

func pick(list []string, n int) []string { return list[:min(n, len(list))] }
