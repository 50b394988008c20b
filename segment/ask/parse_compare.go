package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// comparing tells whether groups of customers are compared.
func (p *parser) comparing() bool { return p.compare || p.than || p.more }

// starts tells whether the next condition begins a group.
func (p *parser) starts() bool { return p.split && p.share == nil }

// next goes on to the next group.
func (p *parser) next() {
	p.split, p.link, p.relative, p.joined, p.having = false, "", false, false, false
	if p.grouped+1 < mostGroups {
		p.grouped++
		p.target = &p.groups[p.grouped]
	}
}

// parts tells whether a connector parts groups that are compared: where one has been
// told and another one begins.
func (p *parser) parts(string) bool {
	if !p.comparing() || p.share != nil || len(p.groups[p.grouped]) == 0 && !p.all[p.grouped] && !(p.kept && p.grouped == 0) || !p.begins(1) {
		return false
	}
	p.split = true
	return true
}

// compared reads what a figure of some is set against: than, versus, compared with.
func (p *parser) compared() (int, error) {
	t := p.tok(0)
	if m, ok := t.as(kCompare); ok && !p.numberAt(1) {
		switch {
		case m.op == features.Between && (p.compare || p.relation):
			return 1, nil
		case m.op != features.Over && m.op != features.Under || !p.isSetAgainst():
			if t.does("from", "of", "be") {
				return 0, nil
			}
			return 0, &Unclear{Key: "ask.unclear.comparison"}
		}
		p.moreSaid(1)
		p.more, p.than, p.sign = true, true, 1
		if m.op == features.Under {
			p.sign = -1
		}
		if m.name != "" {
			p.said = m.name
		}
		p.split = len(p.groups[p.grouped]) > 0 || p.kept
		return 1 + p.that(1), nil
	}
	switch {
	case t.does("than") && p.more && p.numberAt(1) && len(p.measures) > 0: // more on wine than 700
		name := p.measures[len(p.measures)-1].name
		p.measures = p.measures[:len(p.measures)-1]
		p.measures = slices.DeleteFunc(p.measures, func(m measure) bool { return m.kind == kVerb && m.name == p.Subjects.Revenue })
		p.more = false
		return p.compareAt(meaning{op: map[bool]features.Op{true: features.Over, false: features.Under}[p.sign > 0]}, 1, name, 1)
	case t.does("than"):
		p.than = true
	case t.does("versus"):
		p.compare, p.relation = true, p.relation || len(p.measures) == 1 && len(p.groups[0]) == 0
	default:
		return 0, nil
	}
	p.split = len(p.groups[p.grouped]) > 0 || p.all[p.grouped] || p.kept
	return 1 + p.that(1), nil
}

// that tells whether the i-th token stands for the figure before: than that of Silver.
func (p *parser) that(i int) int {
	if p.tok(i).does("pronoun", "those", "rel") && p.tok(i+1).does("of", "in", "for", "from", "among") {
		return 1
	}
	return 0
}

// isSetAgainst tells whether something follows that can be set against what was said.
func (p *parser) isSetAgainst() bool {
	for i := 1; i < 4; i++ {
		if p.begins(i) {
			return true
		}
		if _, ok := p.tok(i).column(); ok {
			return true
		}
		if !p.tok(i).does("for", "of", "in", "on", "be", "do", "among", "pronoun", "those", "rel") {
			break
		}
	}
	return false
}

// ranked reads the most and the least, more and less, and the top ten.
func (p *parser) ranked() (int, error) {
	i, number := 0, token{}
	if _, bundle := p.tok(1).as(kBundle); p.numberAt(0) && p.topN == 0 && p.top == nil && (p.which || p.who || p.at < 2 || p.tok(-1).does("be")) && p.tok(0).unit == "" && (bundle && !p.accepting || p.tok(1).does("people", "person")) && p.mostLater() {
		m, _ := p.tok(0).as(kNumber)
		p.topN = m.value
		return 1, nil
	}
	if p.numberAt(0) {
		if _, ok := p.tok(1).as(kMost); !ok {
			return 0, nil
		}
		number, i = p.tok(0), 1
	}
	t := p.tok(i)
	if m, ok := t.as(kMost); ok {
		p.sized = p.sized || t.does("sized")
		n := i + 1
		if number.text == "" && p.numberAt(n) {
			number = p.tok(n)
			n++
		} else if f, ok := p.tok(n).as(kFraction); ok && number.text == "" { // the top quarter
			number = token{text: p.tok(n).text, meanings: []meaning{{kind: kNumber, value: f.value}}, unit: "percent"}
			n++
		}
		if d, ok := p.tok(n).as(kDoer); ok && m.name == "" { // top earners
			m.name = d.name
		}
		if number.text != "" {
			m2, _ := number.as(kNumber)
			if p.top != nil || m2.value <= 0 || number.unit == "percent" && m2.value >= 100 {
				return 0, p.unfit(p.at)
			}
			p.top = &top{n: m2.value, percent: number.unit == "percent", sign: m.sign, column: m.name}
			p.topNamed = p.topBy(n)
			if number.unit == "percent" || p.share != nil || p.named || p.howMany {
				p.partAt("with")
				p.topCondition()
				p.topAt = p.at + n
			}
			return n, nil
		}
		if p.most && p.sign == -m.sign && p.said == m.name { // the lowest and the highest
			p.most, p.sign, p.spread = false, 0, true
			return n, nil
		}
		if p.most {
			return 0, p.unfit(p.at)
		}
		p.exact = t.does("extreme")
		if p.topN > 0 && p.top == nil {
			p.top = &top{n: p.topN, sign: m.sign, column: m.name}
		}
		p.most, p.sign, p.said, p.afterBy, p.mostAt = true, m.sign, m.name, false, p.at+n
		return n, nil
	}
	if m, ok := t.as(kMore); ok && i == 0 {
		if _, column := t.as(kCompare); column && p.numberAt(1) {
			return 0, nil
		}
		if p.more && p.said != "" && m.name != "" {
			return 0, p.unfit(p.at)
		}
		p.moreSaid(1)
		p.more, p.sign = true, m.sign
		if m.name != "" {
			p.said = m.name
		}
		return 1, nil
	}
	return 0, nil
}

// moreSaid notes what more is of: of the verb before it, or of the customers named at
// the i-th token.
func (p *parser) moreSaid(i int) {
	if w := p.groups[0]; p.grouped == 0 && p.prior == p.at && len(w) > 0 {
		last := w[len(w)-1]
		p.verbMore = len(last) == 1 && last[0].Op == features.Over && last[0].A == 0
	}
	_, condition := p.tok(i).as(kCondition)
	p.nounMore = p.nounMore || condition || p.tok(i).does("people", "person")
}

// topBy takes the column that the top ten are ranked by from behind them: the top 10 %
// of customers by income.
func (p *parser) topBy(i int) bool {
	for p.tok(i).does("of", "people", "person", "all") {
		if d, ok := p.tok(i).as(kDoer); ok && p.top.column == "" {
			p.top.column = d.name
		}
		i++
		if _, ok := p.tok(i).as(kCondition); ok { // of Gold customers
			i++
		}
	}
	if m, ok := p.tok(i + 1).as(kColumn); ok && p.top.column == "" && p.tok(i).does("by") && p.data.Series(m.name).Kind().Numeric() {
		p.top.column = m.name
		p.t = slices.Delete(slices.Clone(p.t), p.at+i, p.at+i+2)
		return true
	}
	return false
}

// mostLater tells whether the most or the least is said behind.
func (p *parser) mostLater() bool {
	return slices.ContainsFunc(p.t[p.at:], func(t token) bool { _, ok := t.as(kMost); return ok })
}

// topCondition makes the top ten a condition on those of whom a figure is asked.
func (p *parser) topCondition() {
	t := p.top
	op := map[bool]map[int]features.Op{true: {1: TopPercent, -1: BottomPercent}, false: {1: Top, -1: Bottom}}[t.percent][t.sign]
	column := t.column
	if column == "" {
		column, p.topTaken = p.Subjects.Revenue, true
	}
	if column == "" {
		return
	}
	if p.topNamed && p.topTaken { // the top and the bottom quarter by income
		for _, c := range slices.Concat(p.groups[:]...) {
			if slices.Contains(topOps, c[0].Op) {
				c[0].Column = column
			}
		}
		p.topTaken = false
	}
	if p.starts() {
		p.next()
	}
	p.link = ""
	c := Clause{{Column: column, Op: op, A: t.n}}
	if p.tok(-1).does("in", "among", "be") || p.tok(-1).does("of") && p.tok(-2).does("in", "be", "among", "belong") {
		p.tops = append(p.tops, c)
	}
	*p.target = append(*p.target, c)
	p.added, p.top = true, nil
}

// shared reads that a share is asked for.
func (p *parser) shared() (int, error) {
	t := p.tok(0)
	if !t.does("share") || t.does("rate") {
		return 0, nil
	}
	if p.numberAt(-1) || p.share != nil {
		return 1, nil
	}
	p.share = &part{in: p.groups[0]}
	p.groups[0] = nil
	p.target = &p.share.head
	return 1, nil
}

// columnsOf are the names of measures of a part of a share.
func (p *parser) columnsOf(parts ...string) (out []string) {
	for _, m := range p.measures {
		if slices.Contains(parts, m.part) {
			out = append(out, m.name)
		}
	}
	return out
}
