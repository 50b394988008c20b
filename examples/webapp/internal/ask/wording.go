package ask

import (
	"math"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// number returns a value of a column.
func (s session) number(column string, how data.Aggregate, v float64) string {
	c := s.Set.Column(column)
	switch {
	case v-v != 0:
		return s.l.T("word.unknown")
	case how == data.Share || how == data.Mean && c != nil && c.Flag:
		return s.percent(v)
	}
	unit := s.l.Unit(column)
	digits := 0
	if a := math.Abs(v); how != data.Count && how != data.Sum && v != math.Trunc(v) {
		switch {
		case a < 1:
			digits = 2
		case a < 10 || a < 100 && unit != "":
			digits = 1
		}
	}
	out := s.l.Number(v, digits)
	if unit == "" || how == data.Count {
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
	c := s.Set.Column(column)
	return c != nil && c.Whole && s.l.Unit(column) == ""
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

// population names the customers of a query after a number: 12 customers with
// children.
func (s session) population(q Query) string {
	out := s.l.T("who.customers")
	if len(q.Tiers) > 0 {
		out = s.l.T("who.tiers", s.l.And(q.Tiers))
	}
	var with, without, did []string
	for _, f := range q.Filters {
		noun := s.l.Noun(f.Column)
		c := s.Set.Column(f.Column)
		switch {
		case len(f.Words) > 0 && f.Op == data.Not:
			with = append(with, s.l.T("filter.other", noun, s.l.Or(f.Words)))
		case len(f.Words) > 0:
			with = append(with, s.l.T("filter.level", noun, s.l.Or(f.Words)))
		case c.Flag && f.A == 0 && (f.Op == data.Over || f.Op == data.Is):
			did = append(did, Labels(s.l, c, []string{"no", "yes"})[map[data.Op]int{data.Over: 1}[f.Op]])
		case f.Op == data.Between:
			with = append(with, s.l.T("filter.between", noun, s.number(f.Column, "", f.A), s.number(f.Column, "", f.B)))
		case f.Op == data.Over && f.A == 0:
			with = append(with, noun)
		case f.Op == data.Is && f.A == 0 && s.counted(f.Column):
			without = append(without, noun)
		case f.Op == data.Is:
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
func (s session) groupName(r data.Result, by []string, keys []int) string {
	var parts []string
	for j, k := range keys {
		part := r.Levels[j][k]
		if c := s.Set.Column(by[j]); c.Flag && s.l.Has("did."+c.Name) {
			part = s.l.T("who.those", part)
		} else if c.Numeric() && !c.Flag {
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

// measureName names an aggregate of a column; customers are counted where there is
// none.
func (s session) measureName(how data.Aggregate, m string) string {
	switch {
	case m == "":
		return s.l.T("how.customers")
	case s.isShare(how, m) && s.l.Has("did."+m):
		return s.l.T("how.did", s.l.T("did."+m))
	}
	return s.aggregateName(how, m)
}

// aggregateName names an aggregate of a column: average income, average number of
// children at home.
func (s session) aggregateName(how data.Aggregate, m string) string {
	return s.l.T("how."+string(how), s.columnName(m))
}

// columnName names what the values of a column are: the income, the number of children
// at home.
func (s session) columnName(m string) string {
	if s.counted(m) {
		return s.l.T("noun.number", s.l.Noun(m))
	}
	return s.l.Noun(m)
}

// isShare tells whether an aggregate is a part of the customers.
func (s session) isShare(how data.Aggregate, m string) bool {
	return how == data.Share || how == data.Mean && m != "" && s.Set.Column(m).Flag
}

// figureSentence returns one figure in a sentence.
func (s session) figureSentence(how data.Aggregate, m string, q Query, v float64) string {
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
