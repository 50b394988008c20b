package ask

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// number returns a value of a column.
func (s session) number(column string, how features.Aggregate, v float64) string {
	c := s.data.Series(column)
	words := s.grammar(s.l).words[column]
	switch {
	case v-v != 0, len(words) > 0 && (v < 0 || int(v) >= len(words)):
		return s.l.T("word.unknown")
	case len(words) > 0: // of which v is the code
		return words[int(v)]
	case how == features.Share || how == features.Mean && c.Kind().Binary():
		return s.portion(v)
	}
	unit := s.l.Unit(column)
	digits := 0
	if a := math.Abs(v); how != features.Count && v != math.Trunc(v) {
		switch {
		case a < 10:
			digits = 2
		case a < 100:
			digits = 1
		}
	}
	out := s.l.Number(v, digits)
	if unit == "" || how == features.Count {
		return out
	}
	if digits == 0 && math.Abs(v) < 1e9 {
		unit = s.l.Count("in."+column, int(math.Abs(math.Round(v))))
	}
	return s.l.T("number.unit", out, unit)
}

// whole returns a count as text.
func (s session) whole(n int) string { return s.l.Number(float64(n), 0) }

// portion returns a share in per cent with a decimal.
func (s session) portion(v float64) string {
	if v-v != 0 {
		return s.l.T("word.unknown")
	}
	if v == 0 || v == 1 {
		return s.l.Percent(v, 0)
	}
	return s.l.Percent(v, 1)
}

// percent returns a share in per cent, small ones with a decimal.
func (s session) percent(v float64) string {
	if v > 0 && v < 0.0995 {
		return s.l.Percent(v, 1)
	}
	return s.l.Percent(v, 0)
}

// counted tells whether the values of a column are numbers of what its noun
// says: 2 children at home, but an income of 50,000.
func (s session) counted(column string) bool {
	return s.grammar(s.l).counted(column)
}

// value names a column with its value.
func (s session) value(column string, v float64) string {
	return s.valueAs(column, "noun."+column, v)
}

// dative ends the names of the texts for nouns as they stand behind with, in languages
// that have other ones there.
const dative = ".dative"

// valueAs names a column, by the text of a name, with its value.
func (s session) valueAs(column, key string, v float64) string {
	switch {
	case !s.counted(column) || v-v != 0:
		return s.l.T("figure.of", s.l.Noun(column), s.number(column, "", v))
	case v == 0:
		return s.l.T("figure.none", s.l.Noun(column))
	case v == math.Trunc(v) && math.Abs(v) < 1e9:
		return s.l.T("figure.count", s.whole(int(v)), s.l.Count(key, int(math.Abs(v))))
	}
	return s.l.T("figure.count", s.number(column, "", v), s.l.Noun(column))
}

// subject names customers in a sentence.
func (s session) subject(w Where) string {
	if len(w) == 0 {
		return s.l.T("who.all")
	}
	return s.population(w)
}

// phrases are what is said of customers: with what, without what, who did what, in
// what part of the order.
type phrases struct {
	with, without, did, in []string

	having bool // whether with is of who has it, and not of customers with it
}

// population names customers after a number: customers with children.
func (s session) population(w Where) string {
	out := s.l.T("who.customers")
	var p phrases
	for i := len(w) - 1; i > 0; i-- { // the first of those before
		if c := w[i]; len(c) == 1 && slices.Contains(topOps, c[0].Op) {
			var top phrases
			s.say(&top, c[0])
			p.in, w = append(p.in, s.l.T("filter.among", top.in[0], s.population(w[:i]))), w[i+1:]
			break
		}
	}
	for _, clause := range w {
		c := clause[0]
		switch {
		case len(clause) > 1:
			var any []string
			for _, c := range clause {
				any = append(any, s.verbPhrase(c))
			}
			p.did = append(p.did, s.l.Or(any))
		case c.Column == "tier" && c.Op == features.Is:
			out = s.l.T("who.tiers", s.l.Or(c.Words))
		default:
			s.say(&p, c)
		}
	}
	if len(p.with) > 0 {
		out = s.l.T("who.with", out, s.l.And(p.with))
	}
	if len(p.without) > 0 {
		out = s.l.T("who.without", out, s.l.Or(p.without))
	}
	if len(p.did) > 0 {
		out = s.l.T("who.that", out, s.l.And(p.did))
	}
	for _, in := range p.in {
		out += " " + in
	}
	return out
}

// verbPhrase says a condition as what customers do: accepted campaign 1, have income
// over 50,000.
func (s session) verbPhrase(c features.Condition) string {
	p := phrases{having: true}
	s.say(&p, c)
	switch {
	case len(p.with) > 0:
		return s.l.T("who.have", p.with[0])
	case len(p.without) > 0:
		return s.l.T("who.have.no", p.without[0])
	case len(p.in) > 0:
		return s.l.T("who.are", p.in[0])
	}
	return p.did[0]
}

// say adds a condition to what is said of customers.
func (s session) say(p *phrases, c features.Condition) {
	noun, column, key := s.l.Noun(c.Column), s.data.Series(c.Column), "noun."+c.Column
	with := noun
	if !p.having && s.l.Has(key+dative) {
		key += dative
		with = s.l.T(key)
	}
	words := named(s.l, c.Column, c.Words)
	op := strings.ReplaceAll(string(c.Op), " ", "")
	switch {
	case slices.Contains(topOps, c.Op):
		n := s.l.Number(c.A, 0)
		if c.Op == TopPercent || c.Op == BottomPercent {
			n = s.l.Percent(c.A/100, map[bool]int{true: 0, false: 1}[c.A == math.Trunc(c.A)])
		}
		p.in = append(p.in, s.l.T("filter."+op, n, noun))
	case c.Op == AboveMean || c.Op == BelowMean:
		p.with = append(p.with, s.l.T("filter."+op, noun, s.l.Or(nouns(s.l, c.Words))))
	case s.days[c.Column] != nil && !wordless[c.Op]:
		p.with = append(p.with, s.l.T("filter.day."+op, noun, s.day(c.A), s.day(c.B)))
	case c.Op == Missing:
		p.without = append(p.without, s.l.T("filter.known", noun))
	case c.Op == Known:
		p.with = append(p.with, s.l.T("filter.known", noun))
	case len(c.Words) > 0 && c.Op == features.Not:
		p.with = append(p.with, s.l.T("filter.other", with, s.l.Or(words)))
	case len(c.Words) > 0:
		p.with = append(p.with, s.l.T("filter.level", with, s.l.Or(words)))
	case column.Kind().Binary() && c.A == 0 && (c.Op == features.Over || c.Op == features.Is):
		p.did = append(p.did, Labels(s.l, column, []string{"no", "yes"})[map[features.Op]int{features.Over: 1}[c.Op]])
		if !s.l.Has("did." + c.Column) {
			p.did[len(p.did)-1] = s.l.T("who.have", noun)
			if c.Op == features.Is {
				p.did[len(p.did)-1] = s.l.T("who.have.no", noun)
			}
		}
	case c.Op == features.Between:
		p.with = append(p.with, s.l.T("filter.between", with, s.exact(c.Column, c.A), s.exact(c.Column, c.B)))
	case c.Op == features.Over && c.A == 0 && s.grammar(s.l).flow(c.Column):
		p.with = append(p.with, with)
	case c.Op == features.Is && c.A == 0 && s.grammar(s.l).flow(c.Column):
		p.without = append(p.without, noun)
	case c.Op == features.Is:
		p.with = append(p.with, s.valueAs(c.Column, key, c.A))
	case s.counted(c.Column) && c.A == math.Trunc(c.A) && math.Abs(c.A) < 1e9:
		p.with = append(p.with, s.l.T("filter."+op+".count", s.whole(int(c.A)), s.l.Count(key, int(math.Abs(c.A)))))
	default:
		p.with = append(p.with, s.l.T("filter."+op, with, s.exact(c.Column, c.A)))
	}
}

// day returns the day of a condition.
func (s session) day(v float64) string {
	t, _ := dayOf(v)
	return s.l.D(t)
}

// exact returns a number of a condition with all of its digits.
func (s session) exact(column string, v float64) string {
	digits := 0
	if v != math.Trunc(v) {
		digits = min(6, len(strconv.FormatFloat(math.Abs(v), 'f', -1, 64))-len(strconv.FormatFloat(math.Trunc(math.Abs(v)), 'f', 0, 64))-1)
	}
	out := s.l.Number(v, digits)
	if unit := s.l.Unit(column); unit != "" {
		if digits == 0 && math.Abs(v) < 1e9 {
			unit = s.l.Count("in."+column, int(math.Abs(v)))
		}
		return s.l.T("number.unit", out, unit)
	}
	return out
}

// groupName names a group in a sentence, by the names of the groups of some columns.
func (s session) groupName(levels [][]string, by []string, keys []int) string {
	var parts []string
	for j, k := range keys {
		part := levels[j][k]
		if c := s.data.Series(by[j]); c.Kind().Binary() && s.l.Has("did."+c.Name()) {
			part = s.l.T("who.those", part)
		} else if c.Kind().Numeric() && !c.Kind().Binary() {
			if v, err := strconv.ParseFloat(part, 64); err == nil {
				part = s.value(by[j], v)
			} else {
				part = s.l.T("filter.level", s.l.Noun(by[j]), part)
			}
		}
		parts = append(parts, cmp.Or(part, s.l.T("word.unknown")))
	}
	return strings.Join(parts, ", ")
}

// measureName names an aggregate of a column; without one, the number of customers.
func (s session) measureName(how features.Aggregate, m string) string {
	switch {
	case m == "":
		return s.l.T("how.customers")
	case s.isShare(how, m) && s.l.Has("did."+m):
		return s.l.T("how.did", s.l.T("did."+m))
	}
	return s.aggregateName(how, m)
}

// aggregateName names an aggregate of a column: average number of children at home.
func (s session) aggregateName(how features.Aggregate, m string) string {
	noun := "noun." + m
	if s.counted(m) {
		noun = "noun.number"
	}
	return howOf(s.l, how, noun, s.columnName(m))
}

// AggregateName names an aggregate of a column in a language with [Texts], such as
// "average income".
func AggregateName(l *narrate.Language, how features.Aggregate, column string) string {
	return howOf(l, how, "noun."+column, l.Noun(column))
}

// howOf names an aggregate of what a noun says, whose text has the key: in the form of
// its gender, where the language has one.
func howOf(l *narrate.Language, how features.Aggregate, key, noun string) string {
	return l.T("how."+string(how)+gender(l, key, "how."+string(how)), noun)
}

// gender returns the end of a text's name for the gender of a noun, by the key of its
// text: .m, .f, .n, or .p for the plural. It is empty where the language has no such
// forms of both. The form of the noun is that with its article.
func gender(l *narrate.Language, noun, text string) string {
	for _, g := range []string{".m", ".f", ".n", ".p"} {
		if l.Has(noun+g) && l.Has(text+g) {
			return g
		}
	}
	return ""
}

// ifQuestion asks what if a column of the customer were another value.
func ifQuestion(l *narrate.Language, column, value string) string {
	if g := gender(l, "noun."+column, "ask.q.if"); g != "" {
		return l.T("ask.q.if"+g, l.T("noun."+column+g), value)
	}
	return l.T("ask.q.if", l.Noun(column), value)
}

// sentence returns a text of the language that begins one.
func (s session) sentence(key string, args ...any) string { return s.l.Capital(s.l.T(key, args...)) }

// columnName names the values of a column: the income, the number of children.
func (s session) columnName(m string) string {
	if s.counted(m) {
		return s.l.T("noun.number", s.l.Noun(m))
	}
	return s.l.Noun(m)
}

// isShare tells whether an aggregate is a part of the customers.
func (s session) isShare(how features.Aggregate, m string) bool {
	return how == features.Share || how == features.Mean && m != "" && s.data.Series(m).Kind().Binary()
}

// figureSentence returns one figure in a sentence.
func (s session) figureSentence(q Query, m string, v float64) string {
	if s.isShare(q.Aggregate, m) && s.l.Has("did."+m) {
		return s.l.T("ask.figure.did", s.portion(v), s.subject(q.Where), s.l.T("did."+m))
	}
	return s.sentence("ask.figure", s.figureName(q, m), s.subject(q.Where), s.number(m, q.Aggregate, v))
}

// figureName names the figure of a query of a column.
func (s session) figureName(q Query, m string) string {
	if q.Aggregate == Percentile {
		return s.l.T("how.percentile", s.columnName(m), s.l.Number(q.Number, 0))
	}
	return s.measureName(q.Aggregate, m)
}

func nouns(l *narrate.Language, columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = l.Noun(c)
	}
	return out
}

// round returns a figure to three digits or so, for sentences.
func round(v float64) float64 {
	switch {
	case math.Abs(v) >= 1000:
		return math.Round(v/10) * 10
	case math.Abs(v) >= 10:
		return math.Round(v)
	}
	return math.Round(v*10) / 10
}

func thousandth(v float64) float64 { return math.Round(v*1000) / 1000 }

// rounded returns the values of a chart to the part of one that scale is.
func rounded(v []float64, scale float64) []chart.Number {
	out := make([]chart.Number, len(v))
	for i, x := range v {
		out[i] = chart.Number(math.Round(x*scale)/scale + 0) // no −0
	}
	return out
}
