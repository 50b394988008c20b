package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// figureRules read questions about many customers.
var figureRules = []rule{
	(*parser).number,
	(*parser).columnComparison,
	(*parser).what,
	role("which", func(c *cues) { c.which = true }),
	role("compare", func(c *cues) { c.compare = true }),
	role("against", func(c *cues) { c.relation, c.compare = true, true }),
	role("describe", func(c *cues) { c.describe = true }),
	role("overview", func(c *cues) { c.overview = true }),
	role("spread", func(c *cues) { c.spread = true }),
	role("relate", func(c *cues) { c.relation = true }),
	role("without", func(c *cues) { c.without = true }),
	(*parser).rank,
	(*parser).named,
	role("by", func(c *cues) { c.by = true }),
	role("with", func(c *cues) { c.with, c.by = true, false }),
	role("and", nil),
	role("of", func(c *cues) { c.by = false }),
	role("all", nil),
	role("filler", nil),
}

// figure reads a question about many customers.
func (p *parser) figure() (Query, error) {
	if err := p.run(figureRules); err != nil {
		return p.query, err
	}
	if p.pending.op != "" {
		return p.query, &Unclear{Key: "ask.unclear.comparison"}
	}
	for _, f := range p.query.Filters {
		if c := p.set.Series(f.Column); c.IsZero() || c.Kind().Numeric() == (len(f.Words) > 0) {
			return p.query, &Unclear{Key: "ask.unclear.filter", Args: []any{p.l.Capital(p.l.Noun(f.Column))}}
		}
	}
	q := &p.query
	// In "spends most on meat" spending is the verb and meat the measure.
	if slices.ContainsFunc(q.Measures, func(m string) bool { return slices.Contains(p.subjects.Group("products"), m) }) {
		q.Measures = slices.DeleteFunc(q.Measures, func(m string) bool { return m == p.subjects.Revenue })
	}
	// Who spends most is a question about tiers.
	if q.Rank != 0 && len(q.Measures) > 0 && len(q.By) == 0 && len(q.Tiers) == 0 {
		q.By = []string{"tier"}
	}
	if len(q.By) > 2 {
		return p.query, &Unclear{Key: "ask.unclear.by"}
	}
	if !p.decide() {
		return p.query, &Unclear{Key: "ask.sorry"}
	}
	return p.query, nil
}

// A pending comparison is one whose number is to come.
type pending struct {
	op     features.Op
	column string   // that it is of; empty where that is not known yet
	low    *float64 // of Between, where its first number was read
}

// bounds are the comparisons that make no sense without a number.
var bounds = map[features.Op]bool{features.Over: true, features.Under: true, features.AtLeast: true, features.AtMost: true, features.Between: true}

// number reads the number of a comparison, a value of the column beside it, or
// the two ends of a range.
func (p *parser) number() (int, error) {
	low, ok := p.amount(p.words[p.at])
	if !ok {
		return 0, nil
	}
	if p.pending.op == features.Between && p.pending.low == nil {
		p.pending.low = &low
		return 1, nil
	}
	n, op, high := 1, p.pending.op, 0.0
	switch {
	case op == features.Between:
		low, high = min(*p.pending.low, low), max(*p.pending.low, low)
		p.pending.low = nil
	case op == features.Is || op == features.AtLeast:
		if to, end := p.upTo(p.at + 1); to > 0 {
			op, low, high = features.Between, min(low, end), max(low, end)
			n += to
			p.pending.low = nil
		}
	}
	op, column, behind := p.comparedColumn(op, low, high, p.words[p.at+n:])
	if c := p.set.Series(column); !c.Kind().Numeric() {
		p.unknown = append(p.unknown, p.words[p.at])
		return n + behind, nil
	}
	p.query.Filters = append(p.query.Filters, features.Condition{Column: column, Op: op, A: low, B: high})
	if p.measured && column == p.column {
		p.query.Measures, p.measured = p.query.Measures[:len(p.query.Measures)-1], false
	}
	p.pending.op = ""
	return n + behind, nil
}

// upTo reads the upper end of a range at a word: aged 40 to 60, from 40 to 60.
func (p *parser) upTo(at int) (n int, end float64) {
	to := at + p.role("to", p.words[at:])
	if to < len(p.words) {
		if end, ok := p.amount(p.words[to]); ok {
			return to + 1 - at, end
		}
	}
	return 0, 0
}

// comparedColumn returns the column that numbers are compared with, and how many
// words behind them name it. A column that was named right before counts first,
// and then one behind. Of customers over 60 it is the age.
func (p *parser) comparedColumn(op features.Op, low, high float64, behind []string) (features.Op, string, int) {
	next, name := longestIn(p.grammar, p.columns, behind)
	switch {
	case op == "" && next == 0 && p.column != "" && p.with:
		return features.Is, p.column, 0
	case op == "" && next > 0:
		return features.Is, name, next
	case op == "":
		return op, "", 0
	case p.pending.column != "":
		return op, p.pending.column, 0
	case next > 0:
		return op, name, next
	case low >= 14 && max(low, high) <= 120 && p.subjects.age() != "":
		return op, p.subjects.age(), 0
	}
	return op, p.column, 0
}

// columnComparison reads a comparison that names its column: older than.
func (p *parser) columnComparison() (int, error) {
	n, c := longestIn(p.grammar, p.compared, p.rest())
	if n > 0 {
		p.pending = pending{op: c.op, column: c.column}
	}
	return n, nil
}

// what reads a question word that asks for a tier where one is named behind it.
func (p *parser) what() (int, error) {
	n := p.role("what", p.rest())
	if n > 0 {
		_, column := longestIn(p.grammar, p.columns, p.words[p.at+n:])
		p.which = p.which || column == "tier"
	}
	return n, nil
}

// rank reads which has the most or the least.
func (p *parser) rank() (int, error) {
	most, least := p.role("most", p.rest()), p.role("least", p.rest())
	comparison, _ := longestIn(p.grammar, p.comparisons, p.rest())
	n := max(most, least)
	if n == 0 || comparison >= 2 || !p.which {
		return 0, nil
	}
	p.query.Rank = 1
	if least > 0 {
		p.query.Rank = -1
	}
	return n, nil
}

// named reads the longest phrase that names something. Of two as long a tier
// counts before a column: Gold is a tier, gold products are a column.
func (p *parser) named() (int, error) {
	rest := p.rest()
	nt, tier := longestIn(p.grammar, p.tiers, rest)
	nl, level := longestIn(p.grammar, p.levels, rest)
	na, aggregate := longestIn(p.grammar, p.aggregates, rest)
	nc, column := longestIn(p.grammar, p.columns, rest)
	ng, group := longestIn(p.grammar, p.groups, rest)
	nm, op := longestIn(p.grammar, p.comparisons, rest)
	n := max(nt, nl, na, nc, ng, nm)
	switch n {
	case 0:
	case nt:
		if !slices.Contains(p.query.Tiers, tier) {
			p.query.Tiers = append(p.query.Tiers, tier)
		}
		p.by = false
	case nl:
		p.addLevel(level[0], level[1])
	case na:
		p.addAggregate(aggregate)
	case nc:
		p.addColumn(column, p.at+n)
	case ng:
		if p.group == "" {
			p.group = group
		}
	default:
		return p.addComparison(op, n)
	}
	return n, nil
}

// addLevel keeps or leaves out the customers with a word in a column; several
// words of one column are one filter.
func (p *parser) addLevel(column, level string) {
	op := features.Is
	if p.without {
		op = features.Not
	}
	p.without = false
	filters := p.query.Filters
	at := slices.IndexFunc(filters, func(f features.Condition) bool { return f.Column == column && f.Op == op && len(f.Words) > 0 })
	if at >= 0 {
		filters[at].Words = append(filters[at].Words, level)
		return
	}
	p.query.Filters = append(filters, features.Condition{Column: column, Op: op, Words: []string{level}})
}

// addAggregate sets the aggregate; a mean that was named gives way to another.
func (p *parser) addAggregate(aggregate features.Aggregate) {
	p.counts = p.counts || aggregate == features.Count
	if q := &p.query; !q.AggregateNamed || q.Aggregate == features.Mean {
		q.Aggregate, q.AggregateNamed = aggregate, true
	}
}

// addColumn enters a column whose words end at a word: what customers are
// grouped by, a filter, or a measure.
func (p *parser) addColumn(name string, end int) {
	q, c := &p.query, p.set.Series(name)
	measures := len(q.Measures)
	compared := p.comparedAt(p.words, end)
	switch {
	case p.by || !c.Kind().Numeric() || p.which && len(q.By) == 0 && name == "tier":
		p.addBy(name)
	case p.without:
		q.Filters = append(q.Filters, features.Condition{Column: name, Op: features.Is})
		p.without = false
	case p.with && q.Rank == 0 && (!q.AggregateNamed || measures > 0 || p.counts):
		if !compared {
			p.addHaving(name)
		}
	// The age of those who accepted, the spending of single parents.
	case c.Kind().Binary() && !compared && measures > 0 && !p.joined():
		p.addHaving(name)
	case c.Kind().Binary() && !compared && q.Aggregate == features.Share:
		q.Measures = append(q.Measures, name)
	case c.Kind().Binary() && !compared && p.counts:
		p.addHaving(name)
	case !slices.Contains(q.Measures, name):
		q.Measures = append(q.Measures, name)
	}
	p.column, p.columnEnd, p.measured = name, end, len(q.Measures) > measures
	p.with = false
}

// addBy groups the customers by a column.
func (p *parser) addBy(name string) {
	q := &p.query
	if name == "tier" && !p.by && !p.which && q.AggregateNamed && q.Aggregate == features.Count {
		p.overview = true
	}
	if !slices.Contains(q.By, name) {
		q.By = append(q.By, name)
	}
}

// addHaving keeps the customers whose value in a column is above 0.
func (p *parser) addHaving(name string) {
	p.query.Filters = append(p.query.Filters, features.Condition{Column: name, Op: features.Over})
}

// joined tells whether the word before the next one joins it to a measure: and,
// against. The first word is joined to none.
func (p *parser) joined() bool {
	if p.at == 0 {
		return true
	}
	before := p.words[p.at-1 : p.at]
	return p.role("and", before) > 0 || p.role("against", before) > 0
}

// addComparison reads a comparison that a number follows. Without one it is
// refused where it makes no sense.
func (p *parser) addComparison(op features.Op, n int) (int, error) {
	switch {
	case p.comparedAt(p.words, p.at):
		p.pending = pending{op: op}
		c := p.set.Series(p.column)
		between := p.words[p.columnEnd:p.at]
		if c.Kind().Numeric() && !slices.ContainsFunc(between, func(w string) bool { return p.roles["people"][w] }) {
			p.pending.column = p.column
		}
		return n, nil
	case op == features.Between && p.compare:
		return n, nil
	case bounds[op] && p.role("loose", p.rest()) == 0:
		return 0, &Unclear{Key: "ask.unclear.comparison"}
	}
	return 0, nil
}

// comparedAt tells whether a comparison with a number begins at i.
func (g *grammar) comparedAt(w []string, i int) bool {
	n, _ := longestIn(g, g.comparisons, w[i:])
	if n == 0 || i+n >= len(w) {
		return false
	}
	_, ok := g.amount(w[i+n])
	return ok
}
