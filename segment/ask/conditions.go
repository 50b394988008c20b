package ask

import (
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// condition reads a condition on customers.
func (p *parser) condition() (int, error) {
	for _, rule := range []func(*parser) (int, error){
		(*parser).withAndWithout, (*parser).dayed, (*parser).described, (*parser).lacking, (*parser).owning, (*parser).accepted, (*parser).bought, (*parser).comparison, (*parser).counting, (*parser).columnCompared, (*parser).everybody,
	} {
		if n, err := rule(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

// opposite are the comparisons that deny others.
var opposite = map[features.Op]features.Op{
	features.Is: features.Not, features.Not: features.Is, features.Over: features.AtMost, features.AtMost: features.Over,
	features.Under: features.AtLeast, features.AtLeast: features.Under, Missing: Known, Known: Missing,
}

// add enters a condition, as the connector before it and a denial say.
func (p *parser) add(c features.Condition) error {
	if p.not {
		deny, ok := opposite[c.Op]
		if c.Op == features.Over && c.A == 0 && p.flow(c.Column) {
			c.Op = features.Is
		} else if !ok {
			return &Unclear{Key: "ask.unclear.not"}
		} else {
			c.Op = deny
		}
	}
	if !p.none {
		p.not = false
	}
	if p.starts() {
		p.next()
	}
	if n := len(*p.target); n > 0 && p.link == "or" && len(c.Words) > 0 && c.Op == features.Is {
		if last := (*p.target)[n-1][0]; last.Column == c.Column && last.Op == features.Not && len(last.Words) > 0 {
			c.Op = features.Not // not in Platinum or Gold
		}
	}
	p.denied = false
	link, w := p.link, p.target
	p.link, p.added = "", true
	n := len(*w)
	if n > 0 && len(c.Words) > 0 {
		last := &(*w)[n-1][0]
		if same := len((*w)[n-1]) == 1 && last.Column == c.Column && last.Op == c.Op; same && (link != "" || c.Op == features.Not) {
			if !slices.Contains(last.Words, c.Words[0]) {
				last.Words = append(slices.Clone(last.Words), c.Words...)
			}
			return nil
		}
	}
	if len(c.Words) > 0 && c.Op == features.Is && slices.ContainsFunc(*w, func(o Clause) bool {
		return len(o) == 1 && o[0].Column == c.Column && o[0].Op == c.Op && len(o[0].Words) > 0
	}) {
		return &Unclear{Key: "ask.unclear.twice", Args: []any{p.l.Noun(c.Column)}}
	}
	switch {
	case link == "or" && n == 0:
		return p.unfit(p.at)
	case link == "or" && (p.joined || p.none):
		return &Unclear{Key: "ask.unclear.mixed"}
	case link == "or":
		(*w)[n-1] = append((*w)[n-1], c)
		return nil
	case link == "comma" && n > 0 && p.endsWithOr():
		(*w)[n-1] = append((*w)[n-1], c)
		return nil
	case link == "and" && n > 0 && len((*w)[n-1]) > 1:
		return &Unclear{Key: "ask.unclear.mixed"}
	}
	p.joined = p.joined || link == "and" && n > 0
	at := n
	if at > 0 && p.topTold(*w) { // the top ten of Gold
		at--
	}
	*w = slices.Insert(*w, at, Clause{c})
	return nil
}

// topTold tells whether the last clause is of the top ten, and what is read belongs to
// those of whom they are: not said of them by a verb, nor behind what they are the
// first by.
func (p *parser) topTold(w Where) bool {
	if last := w[len(w)-1]; len(last) > 1 || !slices.Contains(topOps, last[0].Op) {
		return false
	}
	if p.tok(-1).does("people", "person") && !p.tok(0).does("in", "of", "from", "with", "without", "no") { // those who complained
		return false
	}
	for _, t := range p.t[min(p.topAt, p.at) : p.at+1] {
		_, verb := t.as(kVerb)
		if verb || t.does("be", "have", "do", "accept", "reject", "buy", "use", "come") || t.does("rel", "with") && p.topNamed {
			return t.does("rel") && !p.topNamed
		}
		if t.does("rel") {
			return true
		}
	}
	return true
}

// endsWithOr tells whether a list parted by commas ends with or.
func (p *parser) endsWithOr() bool {
	for i := p.at; i < len(p.t); i++ {
		switch t := p.t[i]; {
		case t.does("or"):
			return true
		case t.does("and"):
			return false
		}
	}
	return false
}

// described reads a word for customers: Gold, married, parents.
func (p *parser) described() (int, error) {
	t := p.tok(0)
	m, ok := t.as(kCondition)
	if !ok {
		return 0, nil
	}
	if before, after := p.tok(-1), p.tok(1); t.does("together") && p.at > 0 && !before.does("be", "rel", "or", "not", "neither", "nor", "share", "of", "how many", "among", "comma") && !(before.does("and") && len(*p.target) > 0) && !after.does("people", "person", "and", "or") {
		return 0, nil // Gold and Silver together
	}
	if first := (token{meanings: p.lexicon[strings.Fields(t.text)[0]]}); strings.Contains(t.text, " ") {
		switch {
		case first.does("with", "without", "no"):
			p.partAt("with")
		case first.does("be", "have"):
			p.partAt("verb")
		}
	} else if p.share != nil && p.tok(-1).does("people") && !p.relative {
		p.partAt("verb")
	}
	p.afterBy = false
	err := p.add(m.condition)
	p.noun[p.grouped] = p.noun[p.grouped] || p.tok(1).does("people", "person")
	return 1, err
}

// everybody reads a group that is all customers, or the rest of them.
func (p *parser) everybody() (int, error) {
	t := p.tok(0)
	switch {
	case t.does("all"):
		if p.comparing() && p.starts() {
			p.next()
		}
		if p.grouped > 0 || p.comparing() {
			p.all[p.grouped] = true
		}
		return 1, nil
	case t.does("rest"):
		if p.comparing() && p.starts() {
			p.next()
		}
		if p.grouped == 0 || len(p.groups[0]) != 1 || len(p.groups[0][0]) != 1 {
			return 0, p.unfit(p.at)
		}
		c := p.groups[0][0][0]
		op, ok := opposite[c.Op]
		if !ok {
			return 0, p.unfit(p.at)
		}
		c.Op = op
		p.groups[p.grouped] = Where{{c}}
		return 1, nil
	case t.does("those"):
		p.kept = p.last.Intent != "" && !p.tok(1).does("rel", "with")
		p.people = true
		return 1, nil
	}
	return 0, nil
}

// withAndWithout reads two groups at once: with and without children.
func (p *parser) withAndWithout() (int, error) {
	if !p.tok(0).does("with and without") {
		return 0, nil
	}
	column, n := p.thing(1)
	if column == "" || len(p.groups[0]) > 0 && p.grouped > 0 {
		return 0, p.unfit(p.at)
	}
	p.compare = true
	both := slices.Clone(p.groups[0])
	p.groups[0] = append(slices.Clone(both), Clause{{Column: column, Op: features.Over}})
	p.groups[1] = append(both, Clause{{Column: column, Op: features.Is}})
	p.grouped, p.target = 1, &p.groups[1]
	return 1 + n, nil
}

// thing reads a column, or the sum of a group of columns, at the i-th token.
func (p *parser) thing(i int) (column string, n int) {
	for p.tok(i).does("any", "of") {
		i++
		n++
	}
	m, ok := p.tok(i).as(kColumn)
	if !ok {
		m, ok = p.tok(i).as(kTotal)
	}
	if ok && p.data.Series(m.name).Kind().Numeric() {
		return m.name, n + 1
	}
	if m, ok := p.tok(i).as(kBundle); ok {
		if column = p.sumOf(m.name); column != "" {
			return column, n + 1
		}
	}
	return "", 0
}

// lacking reads what customers do not have: no children, without an income, missing
// income.
func (p *parser) lacking() (int, error) {
	t := p.tok(0)
	if t.does("missing", "known") {
		op := Missing
		if t.does("known") {
			op = Known
		}
		for i := 1; i < 4; i++ {
			if m, ok := p.tok(i).column(); ok {
				return i + 1, p.add(features.Condition{Column: m.name, Op: op})
			}
			if !p.tok(i).does("of", "in", "for", "figure") {
				break
			}
		}
		return 0, nil
	}
	denied := p.not && t.does("have", "buy", "accept", "use")
	if !t.does("no", "without") && !denied {
		return 0, nil
	}
	i := 1
	for p.tok(i).does("any", "accept", "buy", "have", "known") {
		i++
	}
	if m, ok := p.tok(i).as(kCondition); ok && !denied {
		p.not = true
		return i + 1, p.add(m.condition)
	}
	if _, ok := p.tok(i).as(kCompare); ok {
		return 0, nil
	}
	for denied && p.tok(i).does("any", "on", "in", "from") {
		i++
	}
	column, n := p.thing(i)
	if w := p.groups[0]; column == "" && t.does("without") && p.split && p.grouped == 0 && len(w) > 0 { // than customers without
		if c := w[len(w)-1]; len(c) == 1 && c[0].Op == features.Over && c[0].A == 0 {
			return i, p.add(features.Condition{Column: c[0].Column, Op: features.Is})
		}
	}
	if m, ok := p.tok(i).as(kColumn); ok && column == "" && !p.data.Series(m.name).Kind().Numeric() && m.name != "tier" { // no city
		p.not, p.afterBy = false, false
		p.partAt(map[bool]string{true: "verb", false: "with"}[denied])
		return i + 1, p.add(features.Condition{Column: m.name, Op: Missing})
	}
	if column == "" {
		if denied || t.does("without") {
			return 0, nil
		}
		return 0, p.unfit(p.at)
	}
	if m, ok := p.tok(i + n).as(kCompare); ok && denied {
		_ = m
		return 0, nil
	}
	p.not = false
	p.partAt(map[bool]string{true: "verb", false: "with"}[denied])
	c := features.Condition{Column: column, Op: Missing}
	if p.flow(column) {
		c.Op = features.Is
	}
	p.afterBy, p.having = false, true
	err := p.add(c)
	p.denied = true
	return i + n, err
}

// owning reads what customers have: with children, having complaints.
func (p *parser) owning() (int, error) {
	t := p.tok(0)
	if !t.does("have", "with", "use") || p.most || p.not || p.relation {
		return 0, nil
	}
	i := 1
	for p.tok(i).does("any", "made", "have") || p.tok(i).does("and") && i == 1 {
		i++
	}
	column, n := p.thing(i)
	if slices.Contains(p.Subjects.Group("products"), column) && !p.people && slices.ContainsFunc(p.measures, func(m measure) bool { return m.name == p.Subjects.Revenue }) {
		return 0, nil // revenue with wine
	}
	if column == "" || p.asksFor() && t.does("have") && !p.relative {
		return 0, nil
	}
	if _, ok := p.tok(i + n).as(kCompare); ok && (p.numberAt(i+n+1) || p.tok(i+n).does("than")) {
		return 0, nil
	}
	behind := i + n
	for p.tok(behind).does("of", "be", "figure") {
		behind++
	}
	if _, ok := p.tok(behind).as(kCompare); ok || p.numberAt(behind) || p.tok(behind).does("missing", "known") {
		return 0, nil
	}
	p.having = true
	p.partAt(map[bool]string{true: "with", false: "verb"}[t.does("with")])
	c := features.Condition{Column: column, Op: Known}
	if p.flow(column) {
		c.Op = features.Over
	} else if t.does("have", "use") && !p.howMany && !p.relative && p.share == nil {
		return 0, nil
	}
	p.afterBy = false
	return i + n, p.add(c)
}

// asksFor tells whether a figure of groups is asked for, so that a verb's object is
// the figure: which tier has the most children.
func (p *parser) asksFor() bool {
	return p.which && len(p.by) > 0 && len(p.measures) == 0 && !p.howMany
}

// accepted reads offers that customers accepted, or did not.
func (p *parser) accepted() (int, error) {
	t, i := p.tok(0), 0
	if t.does("accept") {
		p.partAt("verb")
		i = 1
	} else if !p.accepting {
		return 0, nil
	}
	for p.tok(i).does("any", "to", "of", "also", "either") {
		i++
	}
	all := p.tok(i).does("all")
	if all {
		i++
	}
	for p.tok(i).does("of") {
		i++
	}
	c := features.Condition{Op: features.Over}
	if m, ok := p.tok(i).as(kColumn); ok && slices.Contains(p.Subjects.Group("campaigns"), m.name) {
		c.Column = m.name
	} else if m, ok := p.tok(i).as(kBundle); ok && m.name == "campaigns" {
		c.Column = p.sumOf("campaigns")
		if all {
			c.Op, c.A = features.Is, float64(len(p.Subjects.Offers))
		}
	}
	if c.Column == "" || !p.relative && !p.howMany && p.share == nil && p.moreLater() || i == 0 && p.prior != p.at && !p.tok(-1).does("and", "or", "nor", "comma", "not", "reject", "except") || p.which && len(p.by) > 0 && !p.relative && !p.not || p.bundle != "" {
		return 0, nil
	}
	p.accepting, p.afterBy = true, false
	return i + 1, p.add(c)
}

// bought reads what customers bought, or when.
func (p *parser) bought() (int, error) {
	t := p.tok(0)
	if !t.does("buy") {
		return 0, nil
	}
	i := 1
	recency := p.Subjects.Recency
	for p.tok(i).does("for", "any", "period", "in", "within") {
		i++
	}
	op, compared := features.AtMost, false
	if m, ok := p.tok(i).as(kCompare); ok && m.name == "" {
		op, compared = m.op, true
		i++
	}
	if m, ok := p.tok(i).as(kNumber); ok && recency != "" && slices.Contains([]string{"days", "weeks"}, p.tok(i).unit) {
		days := m.value
		if p.tok(i).unit == "weeks" {
			days *= 7
		}
		ago := p.tok(i + 1).does("ago")
		if ago {
			i++
		}
		behind, open := p.tok(i + 1).as(kBehind)
		if open {
			i++
		}
		switch {
		case open && (compared || !p.not || behind.op != features.AtLeast):
			return 0, p.unfit(p.at + i)
		case open: // for 80 days or more
			op = behind.op
		case p.not && !compared:
			op = features.Over
		case compared && !ago && !p.not:
			return 0, p.unfit(p.at)
		case compared && p.not && ago:
			op = opposite[op]
		}
		p.not = false
		p.partAt("verb")
		return i + 1, p.add(features.Condition{Column: recency, Op: op, A: days})
	}
	column, n := p.thing(1)
	told := p.relative || p.howMany && p.people || p.share != nil && p.people
	if column == "" || !told || p.asksFor() || p.numberAt(1+n) || !p.summable(column) || p.bundle != "" {
		return 0, nil
	}
	if _, ok := p.tok(1 + n).as(kCompare); ok {
		return 0, nil
	}
	p.partAt("verb")
	return 1 + n, p.add(features.Condition{Column: column, Op: features.Over})
}

// moreLater tells whether more or less is said behind: did Gold or Silver accept it
// more often.
func (p *parser) moreLater() bool {
	return slices.ContainsFunc(p.t[p.at:], func(t token) bool { _, ok := t.as(kMore); return ok })
}

// numberAt tells whether the i-th token from here is a number.
func (p *parser) numberAt(i int) bool {
	_, ok := p.tok(i).as(kNumber)
	return ok
}

// comparison reads a comparison with a number: over 60, more than 2 children.
func (p *parser) comparison() (int, error) {
	m, ok := p.tok(0).as(kCompare)
	if n, err := p.thanOwn(m); ok && (n > 0 || err != nil) {
		return n, err
	}
	if a, mean := p.tok(1).as(kAggregate); ok && mean && a.aggregate == features.Mean {
		return p.thanAverage(m)
	}
	if c, decade := p.tok(1).as(kCondition); ok && decade && m.op == features.Is && m.name != "" && c.condition.Column == m.name { // born in the 1970s
		p.partAt("verb")
		return 2, p.add(c.condition)
	}
	if !ok || !p.numberAt(1) {
		return 0, nil
	}
	if p.tok(1).unit == "percent" {
		return 0, p.unfit(p.at)
	}
	if first := (token{meanings: p.lexicon[strings.Fields(p.tok(0).text)[0]]}); m.name != "" {
		if _, verb := first.as(kVerb); verb {
			p.partAt("verb")
		}
	}
	return p.compareAt(m, 1, "", -1)
}

// thanAverage reads a comparison with the mean of all customers: above
// average income, earn more than the average.
func (p *parser) thanAverage(m meaning) (int, error) {
	column, n := m.name, 2
	if behind, k := p.thing(n); column == "" && behind != "" {
		column, n = behind, n+k
	} else if column == "" {
		column = p.takes("")
	}
	if column == "" || p.tok(n).does("of", "in") && p.begins(n+1) || m.op == features.Between || m.op == features.Is {
		return 0, p.unfit(p.at)
	}
	v := p.mean(column)
	if v != v {
		return 0, p.unfit(p.at)
	}
	return n, p.besideFigure(features.Condition{Column: column, Op: m.op, A: v})
}

// besideFigure adds a comparison with a mean, which is rounded as answers write it.
func (p *parser) besideFigure(c features.Condition) error {
	if c.A > 100 {
		c.A = math.Round(c.A*100) / 100
	}
	if !p.tok(-1).does("be", "have", "do") {
		p.partAt("with")
	}
	p.afterBy, p.besideMean = false, true
	return p.add(c)
}

// compareAt reads the numbers of a comparison at the i-th token, of a column that was
// named before or is named behind.
func (p *parser) compareAt(m meaning, i int, before string, from int) (int, error) {
	low := p.tok(i)
	c := features.Condition{Column: m.name, Op: m.op}
	n, high := i+1, token{}
	if p.tok(n).does("to", "and") && p.numberAt(n+1) && (m.op == features.Between || m.op == features.AtLeast && p.tok(n).does("to") || m.op == features.Is && p.tok(n).does("to")) {
		c.Op, high = features.Between, p.tok(n+1)
		n += 2
	}
	if c.Op == features.Between && high.text == "" {
		return 0, &Unclear{Key: "ask.unclear.comparison"}
	}
	if b, ok := p.tok(n).as(kBehind); ok {
		if m.op != features.Is || c.Op == features.Between {
			return 0, p.unfit(p.at + n)
		}
		c.Op, c.Column = b.op, b.name
		n++
	}
	if low.unit == "" {
		low.unit = high.unit
	}
	unit := low.unit
	if high.unit != "" {
		unit = high.unit
	}
	for p.tok(n).does("times") {
		n++
	}
	c.Column, n = p.compares(c.Column, before, unit, low, n)
	if c.Column == "" {
		return 0, &Unclear{Key: "ask.unclear.of", Args: []any{low.said()}}
	}
	if !p.data.Series(c.Column).Kind().Numeric() {
		return 0, &Unclear{Key: "ask.unclear.filter", Args: []any{p.l.Capital(p.l.Noun(c.Column))}}
	}
	var err error
	if c.A, err = p.value(c.Column, low, unit); err != nil {
		return 0, err
	}
	if c.Op == features.Between {
		if c.B, err = p.value(c.Column, high, unit); err != nil {
			return 0, err
		}
		c.A, c.B = min(c.A, c.B), max(c.A, c.B)
	}
	for p.tok(n).does("times", "ago") {
		n++
	}
	if p.tok(n).does("old") {
		if c.Column != p.subject("age") {
			return 0, p.unfit(p.at + n)
		}
		n++
	}
	if p.having && p.tok(-1).does("with") || p.tok(-1).does("rel") || from < 0 && !p.tok(-1).does("be", "have", "do") {
		p.partAt("with")
	}
	p.afterBy = false
	return n, p.add(c)
}

// compares returns the column that numbers are compared with: that of the comparison,
// one named right before or behind, that of the unit, or of customers over 60 the age.
func (p *parser) compares(named, before, unit string, low token, n int) (string, int) {
	at := n
	for p.tok(at).does("of", "on", "in", "for", "worth", "to") {
		at++
	}
	if v, ok := p.tok(at).as(kVerb); ok && v.name == p.Subjects.Revenue && p.tok(at+1).does("on") { // over 500 spent on wine
		if column, m := p.thing(at + 2); slices.Contains(p.Subjects.Group("products"), column) {
			return column, at + 2 + m
		}
	}
	column, m := p.thing(at)
	if named != "" {
		if named == p.Subjects.Revenue && column != "" && slices.Contains(p.Subjects.Group("products"), column) && p.tok(n).does("on") {
			return column, at + m
		}
		return named, n
	}
	if before == "" {
		before = p.takes(unit)
	}
	if m := p.tok(0); before == "" && p.spent && column != "" && p.tok(n).does("on") && slices.Contains(p.Subjects.Group("products"), column) {
		_ = m
		return column, at + 1
	}
	product := column != "" && slices.Contains(p.Subjects.Group("products"), column)
	p.spent = p.spent || before != "" && before == p.Subjects.Revenue
	switch {
	case before != "" && before == p.Subjects.Revenue && product && at > n:
		return column, at + m
	case before != "":
		return before, n
	case column != "" && (at == n || p.tok(n).does("of") && (unit == "money" || p.counted(column) || p.partOf(column, p.Subjects.Revenue))):
		return column, at + m
	}
	return p.ofUnit(unit, low), n
}

// ofUnit returns the column of numbers of a unit without any column.
func (p *parser) ofUnit(unit string, low token) string {
	switch unit {
	case "days", "weeks":
		return p.Subjects.Recency
	case "months":
		return p.Subjects.Tenure
	case "", "years":
		m, _ := low.as(kNumber)
		if unit == "years" && p.tok(-1).does("for") && p.Subjects.Tenure != "" {
			return p.Subjects.Tenure
		}
		if m.value >= 14 && m.value <= 120 {
			return p.subject("age")
		}
	}
	return ""
}

// takes returns the column that was read right before, which a comparison is then of.
func (p *parser) takes(unit string) string {
	n := len(p.measures)
	if n == 0 {
		return ""
	}
	last := p.measures[n-1]
	if p.agedRather(last.name, last.at, p.tok(1)) {
		return ""
	}
	if p.otherUnit(last.name, token{unit: unit}) {
		return ""
	}
	for i := last.at + 1; i < p.at; i++ {
		if !p.t[i].does("be", "of", "on", "is", "filler", "figure") {
			return ""
		}
	}
	if slices.Contains(p.by, last.name) {
		return ""
	}
	p.measures = p.measures[:n-1]
	if p.figure == features.Sum && p.howMany {
		p.figure, p.named = "", false
	}
	return last.name
}

// otherUnit tells whether a number is of time and a column is not: spending of 30 to
// 40 year olds.
func (p *parser) otherUnit(column string, number token) bool {
	return slices.Contains([]string{"years", "months", "days", "weeks"}, number.unit) && p.Subjects.Words[column].Unit == "" && p.data.Series(column).Column().Unit == ""
}

// agedRather tells whether a number behind a figure is an age: the average spending
// over 60 is of those over 60.
func (p *parser) agedRather(column string, at int, number token) bool {
	if at == 0 {
		return false
	}
	_, named := p.t[at-1].as(kAggregate)
	age := p.subject("age")
	return named && age != "" && column != age && !p.counted(column) && p.ofUnit(number.unit, number) == age
}

// counting reads a number before what it counts, or before a comparison: 2 children,
// 60 or older.
func (p *parser) counting() (int, error) {
	if !p.numberAt(0) {
		return 0, nil
	}
	if v, _ := p.tok(0).as(kNumber); p.tok(0).unit == "percent" {
		if p.part > 0 || !p.howMany && p.share == nil || v.value <= 0 || v.value > 100 {
			return 0, nil
		}
		p.part = v.value
		return 1, nil
	}
	m := meaning{op: features.Is}
	if _, ok := p.tok(1).as(kBehind); ok {
		return p.compareAt(m, 0, "", -1)
	}
	if p.tok(1).does("to") && p.numberAt(2) {
		m.op = features.Between
		return p.compareAt(m, 0, "", -1)
	}
	if p.tok(1).does("percentile") {
		return 1, nil
	}
	if column, _ := p.thing(3); column != "" && p.tok(1).does("or") && p.numberAt(2) { // 1 or 2 children
		for k, i := range []int{0, 2} {
			v, err := p.value(column, p.tok(i), p.tok(i).unit)
			if err != nil {
				return 0, err
			}
			if k == 1 {
				p.link = "or"
			}
			if err := p.add(features.Condition{Column: column, Op: features.Is, A: v}); err != nil {
				return 0, err
			}
		}
		return 4, nil
	}
	if column, n := p.thing(1); column != "" && n == 1 {
		v, err := p.value(column, p.tok(0), p.tok(0).unit)
		if err != nil {
			return 0, err
		}
		p.partAt("with")
		return 2, p.add(features.Condition{Column: column, Op: features.Is, A: v})
	}
	if p.tok(0).unit == "years" || p.tok(0).unit == "months" || p.tok(1).does("old") {
		return p.compareAt(m, 0, "", -1)
	}
	return 0, nil
}

// columnCompared reads a column with a comparison behind it: income over 50,000, age
// 40 to 60, income is missing.
func (p *parser) columnCompared() (int, error) {
	c, ok := p.tok(0).column()
	if !ok {
		return 0, nil
	}
	name, i := c.name, 1
	if p.afterBy || !p.data.Series(name).Kind().Numeric() && !p.tok(1).does("be", "missing", "known") {
		return 0, nil
	}
	for p.tok(i).does("be", "of", "figure") && !p.tok(i).does("than") {
		i++
	}
	denied := p.tok(i).does("not")
	if denied {
		i++
	}
	t := p.tok(i)
	if c.kind == kVerb {
		if _, compare := t.as(kCompare); compare || p.numberAt(i) {
			p.partAt("verb")
		}
	}
	if t.does("ordinal") || p.otherUnit(name, t) || p.tok(i+1).does("to") && p.otherUnit(name, p.tok(i+2)) {
		return 0, nil
	}
	switch m, compare := t.as(kCompare); {
	case t.does("missing", "known"):
		op := Missing
		if t.does("known") != denied {
			op = Known
		}
		return i + 1, p.add(features.Condition{Column: name, Op: op})
	case !p.data.Series(name).Kind().Numeric():
		return 0, nil
	case compare && p.numberAt(i+1) && p.agedRather(name, p.at, p.tok(i+1)):
		return 0, nil
	case compare && p.numberAt(i+1) && p.tok(i+1).unit != "percent" && (m.name == "" || m.name == name):
		m.name = ""
		p.not = p.not || denied
		return p.compareAt(m, i+1, name, i)
	case p.numberAt(i) && p.tok(i).unit != "percent" && !p.tok(i+1).does("percentile") && !p.isMost(i+1):
		m = meaning{op: features.Is}
		p.not = p.not || denied
		if p.tok(i+1).does("to") && p.numberAt(i+2) {
			m.op = features.Between
		}
		return p.compareAt(m, i, name, i)
	}
	return 0, nil
}

// isMost tells whether the i-th token says the most or the least.
func (p *parser) isMost(i int) bool {
	_, ok := p.tok(i).as(kMost)
	return ok
}

// value returns a number in the unit of a column. Units that the column does not
// have are unclear; points are read as the column's values let them be.
func (p *parser) value(column string, t token, unit string) (float64, error) {
	m, _ := t.as(kNumber)
	v, s := m.value, p.data.Series(column)
	if t.written != "" {
		large, _ := thousands(t.written, p.decimal)
		least, most := p.limits(column)
		switch {
		case large <= 10*most || s.Kind() == features.Amount && v < least:
			v = large
			p.taken = append(p.taken, [2]string{t.written, p.l.Number(v, 0)})
		case v < least || v > most:
			return 0, &Unclear{Key: "ask.unclear.either", Args: []any{t.written}}
		}
	}
	own := p.Subjects.Words[column].Unit
	if own == "" {
		own = p.data.Series(column).Column().Unit
	}
	switch {
	case unit == "", unit == own:
	case unit == "money":
		if own == "years" || own == "months" || own == "days" || p.counted(column) || s.Kind().Binary() {
			return 0, &Unclear{Key: "ask.unclear.unit", Args: []any{t.said(), p.l.Noun(column)}}
		}
	case own == "months" && unit == "years":
		v *= 12
	case own == "days" && unit == "weeks":
		v *= 7
	case unit == "years" && (own == "years" || column == p.subject("age")):
	default:
		return 0, &Unclear{Key: "ask.unclear.unit", Args: []any{t.said(), p.l.Noun(column)}}
	}
	if _, most := p.limits(column); p.counted(column) && v >= 3*most && most > 0 {
		return 0, &Unclear{Key: "ask.unclear.beyond", Args: []any{t.said(), p.l.Noun(column), p.l.Number(most, 0)}}
	}
	if _, most := p.limits(column); len(own) > 1 && (own[0] == 'k' || own[0] == 'K') && v > most && v/1000 <= 10*most {
		v /= 1000 // the column is of thousands
		p.taken = append(p.taken, [2]string{t.text, p.l.Number(v, 0) + " " + own})
	}
	return v, nil
}

// mean returns the mean of a column over all customers; NaN for no values.
func (a *Answerer) mean(column string) float64 {
	s, sum, n := a.data.Series(column), 0.0, 0.0
	for i := range s.Len() {
		if v := s.Number(i); v-v == 0 {
			sum, n = sum+v, n+1
		}
	}
	return sum / n
}

// limits returns the least and the greatest value of a column.
func (a *Answerer) limits(column string) (least, most float64) {
	s := a.data.Series(column)
	first := true
	for i := range s.Len() {
		v := s.Number(i)
		if v-v != 0 {
			continue
		}
		if first {
			least, most, first = v, v, false
		}
		least, most = min(least, v), max(most, v)
	}
	return least, most
}
