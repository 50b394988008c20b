package ask

import (
	"math"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// number returns a value of a column.
func (s session) number(column string, how features.Aggregate, v float64) string {
	c := s.Set.Series(column)
	words := s.grammar(s.l).words[column]
	switch {
	case v-v != 0, len(words) > 0 && (v < 0 || int(v) >= len(words)):
		return s.l.T("word.unknown")
	case len(words) > 0: // of which v is the code
		return words[int(v)]
	case how == features.Share || how == features.Mean && c.Kind().Binary():
		return s.percent(v)
	}
	unit := s.l.Unit(column)
	digits := 0
	if a := math.Abs(v); how != features.Count && how != features.Sum && v != math.Trunc(v) {
		switch {
		case a < 1:
			digits = 2
		case a < 10 || a < 100 && unit != "":
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
	switch {
	case !s.counted(column) || v-v != 0:
		return s.l.T("figure.of", s.l.Noun(column), s.number(column, "", v))
	case v == 0:
		return s.l.T("figure.none", s.l.Noun(column))
	case v == math.Trunc(v) && math.Abs(v) < 1e9:
		return s.l.T("figure.count", s.whole(int(v)), s.l.Count("noun."+column, int(math.Abs(v))))
	}
	return s.l.T("figure.count", s.number(column, "", v), s.l.Noun(column))
}

// subject names the customers of a query in a sentence.
func (s session) subject(q Query) string {
	if len(q.Tiers) == 0 && len(q.Filters) == 0 {
		return s.l.T("who.all")
	}
	return s.population(q)
}

// population names the customers of a query after a number: customers with children.
func (s session) population(q Query) string {
	out := s.l.T("who.customers")
	if len(q.Tiers) > 0 {
		out = s.l.T("who.tiers", s.l.And(q.Tiers))
	}
	var with, without, did []string
	for _, f := range q.Filters {
		noun := s.l.Noun(f.Column)
		c := s.Set.Series(f.Column)
		switch {
		case len(f.Words) > 0 && f.Op == features.Not:
			with = append(with, s.l.T("filter.other", noun, s.l.Or(f.Words)))
		case len(f.Words) > 0:
			with = append(with, s.l.T("filter.level", noun, s.l.Or(f.Words)))
		case c.Kind().Binary() && f.A == 0 && (f.Op == features.Over || f.Op == features.Is):
			did = append(did, Labels(s.l, c, []string{"no", "yes"})[map[features.Op]int{features.Over: 1}[f.Op]])
		case f.Op == features.Between:
			with = append(with, s.l.T("filter.between", noun, s.number(f.Column, "", f.A), s.number(f.Column, "", f.B)))
		case f.Op == features.Over && f.A == 0:
			with = append(with, noun)
		case f.Op == features.Is && f.A == 0 && s.counted(f.Column):
			without = append(without, noun)
		case f.Op == features.Is:
			with = append(with, s.value(f.Column, f.A))
		case s.counted(f.Column) && f.A == math.Trunc(f.A) && math.Abs(f.A) < 1e9:
			with = append(with, s.l.T("filter."+strings.ReplaceAll(string(f.Op), " ", "")+".count", s.whole(int(f.A)), s.l.Count("noun."+f.Column, int(math.Abs(f.A)))))
		default:
			with = append(with, s.l.T("filter."+strings.ReplaceAll(string(f.Op), " ", ""), noun, s.number(f.Column, "", f.A)))
		}
	}
	if len(with) > 0 {
		out = s.l.T("who.with", out, s.l.And(with))
	}
	if len(without) > 0 {
		out = s.l.T("who.without", out, s.l.Or(without))
	}
	if len(did) > 0 {
		out = s.l.T("who.that", out, s.l.And(did))
	}
	return out
}

// groupName names a group of a result in a sentence.
func (s session) groupName(r features.QueryResult, by []string, keys []int) string {
	var parts []string
	for j, k := range keys {
		part := r.Levels[j][k]
		if c := s.Set.Series(by[j]); c.Kind().Binary() && s.l.Has("did."+c.Name()) {
			part = s.l.T("who.those", part)
		} else if c.Kind().Numeric() && !c.Kind().Binary() {
			if v, err := strconv.ParseFloat(part, 64); err == nil {
				part = s.value(by[j], v)
			} else {
				part = s.l.T("filter.level", s.l.Noun(by[j]), part)
			}
		}
		parts = append(parts, part)
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
	return s.l.T("how."+string(how), s.columnName(m))
}

// columnName names the values of a column: the income, the number of children.
func (s session) columnName(m string) string {
	if s.counted(m) {
		return s.l.T("noun.number", s.l.Noun(m))
	}
	return s.l.Noun(m)
}

// isShare tells whether an aggregate is a part of the customers.
func (s session) isShare(how features.Aggregate, m string) bool {
	return how == features.Share || how == features.Mean && m != "" && s.Set.Series(m).Kind().Binary()
}

// figureSentence returns one figure in a sentence.
func (s session) figureSentence(how features.Aggregate, m string, q Query, v float64) string {
	if s.isShare(how, m) && s.l.Has("did."+m) {
		return s.l.T("ask.figure.did", s.percent(v), s.subject(q), s.l.T("did."+m))
	}
	return s.l.T("ask.figure", s.measureName(how, m), s.subject(q), s.number(m, how, v))
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
		out[i] = chart.Number(math.Round(x*scale) / scale)
	}
	return out
}
