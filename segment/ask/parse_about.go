package ask

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// about reads a question on the customer of a conversation, or for help; false where
// it is none.
func (p *parser) about() (Query, bool, error) {
	has := func(role string) bool { return slices.ContainsFunc(p.t, func(t token) bool { return t.does(role) }) }
	only := func(intent Intent, roles ...string) (Query, bool, error) {
		q := Query{Intent: intent}
		for i, t := range p.t {
			m, condition := t.as(kCondition)
			switch {
			case condition && m.condition.Column == "tier" && intent != Alike && intent != Help && q.Toward == "":
				q.Toward = m.condition.Words[0]
			case !t.does(roles...):
				return q, true, p.unfit(i)
			}
		}
		return q, true, nil
	}
	customer := []string{"this", "pronoun", "person", "be", "do", "have", "to", "of", "in", "for", "what", "who", "how", "tier", "people", "also", "and", "comma", "rel", "those"}
	switch {
	case len(p.t) == 1 && p.t[0].does("with", "without") && len(p.last.Where) > 0:
		return p.otherwise()
	case p.t[0].does("what if"):
		q, err := p.whatIf()
		return q, true, err
	case has("help") && len(p.t) <= 3:
		return only(Help, append(customer, "help", "which", "any")...)
	case has("alike"):
		return only(Alike, append(customer, "alike", "with", "which", "all")...)
	case has("change"):
		return only(Counterfactual, append(customer, "change", "better", "any", "than", "with", "not")...)
	case p.t[0].does("why"):
		return p.why(only, customer)
	case has("this"):
		i := slices.IndexFunc(p.t, func(t token) bool { return t.does("this") })
		return Query{}, true, &Unclear{Key: "ask.unclear.this", Args: []any{p.t[i].said()}}
	}
	return Query{}, false, nil
}

// otherwise asks the last question of those who have, or do not have, what its last
// condition says.
func (p *parser) otherwise() (Query, bool, error) {
	q := p.last
	c := q.Where[len(q.Where)-1]
	op := map[bool]features.Op{true: features.Is, false: features.Over}[p.t[0].does("without")]
	if len(c) > 1 || c[0].A != 0 || !p.flow(c[0].Column) || c[0].Op != reversed[op] || len(q.Versus) > 0 {
		return q, true, p.unfit(0)
	}
	with := func(w Where) Where {
		out := slices.Clone(w)
		for i, o := range out {
			if (Where{o}).String() == (Where{c}).String() {
				out[i] = Clause{{Column: c[0].Column, Op: op}}
			}
		}
		return out
	}
	q.Where, q.Whole, q.Corrections, q.Notes = with(q.Where), with(q.Whole), nil, nil
	return q, true, nil
}

// reversed are the comparisons with 0 of those who have something and who do not.
var reversed = map[features.Op]features.Op{features.Is: features.Over, features.Over: features.Is}

// why reads a question for reasons: of the customer's tier, of a difference, or of
// the last answer.
func (p *parser) why(only func(Intent, ...string) (Query, bool, error), customer []string) (Query, bool, error) {
	var tiers []Where
	for _, t := range p.t {
		if m, ok := t.as(kCondition); ok && m.condition.Column == "tier" {
			tiers = append(tiers, Where{{m.condition}})
		}
	}
	if len(tiers) == 2 && !slices.ContainsFunc(p.t, func(t token) bool { return t.does("this") }) {
		for i, t := range p.t {
			_, condition := t.as(kCondition)
			_, compare := t.as(kCompare)
			_, more := t.as(kMore)
			if !condition && !compare && !more && !t.does("why", "be", "than", "better", "and", "from", "do") {
				return Query{}, true, p.unfit(i)
			}
			if m, ok := t.as(kMore); ok && m.name != "" {
				return Query{}, true, p.unfit(i)
			}
		}
		return Query{Intent: Compare, Where: tiers[0], Versus: tiers[1:], Notes: []string{"ask.note.why"}}, true, nil
	}
	if len(p.t) == 1 && p.last.Intent != "" && len(p.last.Where) > 0 {
		q := Query{Intent: Describe, Where: p.last.Where, Notes: []string{"ask.note.why"}}
		if len(p.last.Versus) > 0 {
			q.Intent, q.Versus = Compare, p.last.Versus
		}
		return q, true, nil
	}
	return only(Why, append(customer, "why", "not")...)
}

// whatIf reads pairs of a column of the customer and its new value, or how much more
// or less it is.
func (p *parser) whatIf() (Query, error) {
	q := Query{Intent: WhatIf}
	column, sign, by, plain := "", 0.0, false, true
	before := sign // of the change before: and spending by 20 %
	set := func(name string, t token) error {
		m, _ := t.as(kNumber)
		a := Assignment{Column: name, Value: m.value, By: by || sign != 0 && plain}
		if a.Percent = t.unit == "percent"; a.Percent && !a.By {
			return &Unclear{Key: "ask.unclear.percent", Args: []any{t.said()}}
		}
		if !a.Percent {
			v, err := p.value(name, t, t.unit)
			if err != nil {
				return err
			}
			a.Value = v
		}
		if a.By && sign < 0 {
			a.Value = -a.Value
		}
		if check := p.Subjects.Check; !a.By && check != nil && check(name, a.Value) != nil {
			return &Unclear{Key: "ask.unclear.value", Args: []any{p.l.Capital(p.l.Noun(name)), strconv.FormatFloat(a.Value, 'f', -1, 64)}}
		}
		q.Changes = append(q.Changes, a)
		before = sign
		column, sign, by, plain = "", 0, false, true
		return nil
	}
	for p.at = 1; p.at < len(p.t); p.at++ {
		t := p.tok(0)
		next, other := p.changeable(1)
		switch number, ok := t.as(kNumber); {
		case ok && (p.moreAt(1) != 0): // 10,000 more
			sign, by = p.moreAt(1), true
			name, n := column, 1
			if behind, _ := p.changeable(2); behind != "" && name == "" {
				name, n = behind, 2
			}
			if name == "" {
				return q, p.whichOf(number.value)
			}
			if err := set(name, t); err != nil {
				return q, err
			}
			p.at += n
		case ok && next != "" && (column == "" || p.counted(next)):
			if err := set(next, t); err != nil {
				return q, err
			}
			p.at++
		case ok && column != "":
			if err := set(column, t); err != nil {
				return q, err
			}
		case ok && p.aged(t):
			if err := set(p.subject("age"), t); err != nil {
				return q, err
			}
		case ok:
			return q, p.whichOf(number.value)
		case t.does("no", "without") && other && next != "" && p.counted(next):
			if err := set(next, token{text: t.text, meanings: []meaning{{kind: kNumber}}}); err != nil {
				return q, err
			}
			p.at++
		case t.does("rise"):
			sign = 1
		case t.does("fall"):
			sign = -1
		case t.does("by") && cmp.Or(sign, before) != 0:
			sign, by = cmp.Or(sign, before), true
		case t.does("to"):
			plain = false
		default:
			name, ok := p.changeable(0)
			if m, is := t.column(); is && !ok {
				return q, &Unclear{Key: "ask.unclear.fixed", Args: []any{p.l.Noun(m.name), p.l.And(nouns(p.l, p.customer))}}
			}
			if ok {
				column = name
				continue
			}
			if p.moreAt(0) != 0 && column != "" {
				sign, by = p.moreAt(0), true
				continue
			}
			if !t.does("this", "pronoun", "person", "be", "do", "have", "of", "in", "for", "and", "comma", "with", "figure", "old", "what if", "filler", "also", "on", "only", "those", "make") {
				return q, p.unfit(p.at)
			}
		}
	}
	if len(q.Changes) == 0 || column != "" {
		if column == "" {
			if column = p.customer[0]; slices.Contains(p.customer, p.Subjects.Income) {
				column = p.Subjects.Income
			}
		}
		return q, &Unclear{Key: "ask.unclear.what", Args: []any{ifQuestion(p.l, column, "70000")}}
	}
	return q, nil
}

// moreAt returns 1 where the i-th token says more, −1 where it says less.
func (p *parser) moreAt(i int) float64 {
	if m, ok := p.tok(i).as(kMore); ok {
		return float64(m.sign)
	}
	return 0
}

// aged tells whether a number is an age: they were 30, 30 years old.
func (p *parser) aged(t token) bool {
	age := p.subject("age")
	return age != "" && slices.Contains(p.customer, age) && (t.unit == "years" || p.tok(1).does("old") || t.unit == "" && p.tok(-1).does("be"))
}

// whichOf returns that it is not said what a number is of.
func (p *parser) whichOf(v float64) error {
	return &Unclear{Key: "ask.unclear.which", Args: []any{strings.TrimSuffix(p.l.Number(v, 0), ".0"), p.l.Or(nouns(p.l, p.customer))}}
}

// changeable returns the column of the customer that the i-th token names; a part may
// stand for the whole there: of one person kids are all the children.
func (p *parser) changeable(i int) (name string, ok bool) {
	m, is := p.tok(i).column()
	if !is {
		return "", false
	}
	name = m.name
	if whole := p.wholes[name]; whole != "" && slices.Contains(p.customer, whole) {
		name = whole
	}
	if !slices.Contains(p.customer, name) || p.words[name] != nil {
		return "", false
	}
	return name, true
}

// sums are the columns that are added up from those of a table, by name.
func sums(s Subjects, set *features.Table) map[string][]string {
	out := map[string][]string{}
	add := func(name string, columns []string) {
		for _, c := range columns {
			if !set.Series(c).Kind().Numeric() {
				return
			}
		}
		if len(columns) > 1 && set.Series(name).IsZero() {
			out[name] = columns
		}
	}
	channels := make([]string, len(s.Channels))
	for i, c := range s.Channels {
		channels[i] = c.Column
	}
	add("campaigns_accepted", s.Group("campaigns"))
	add("purchases", channels)
	if len(s.Offers) > 0 {
		add("household_size", []string{"family_size", "children"})
	}
	return out
}

// withSums returns a table with the sums of its columns beside them.
func withSums(set *features.Table, sums map[string][]string) *features.Table {
	var more []features.Series
	for name, columns := range sums {
		values := make([]float64, set.Len())
		for _, c := range columns {
			s := set.Series(c)
			for i := range values {
				values[i] += s.Number(i)
			}
		}
		more = append(more, features.NumberSeries(features.Column{Name: name, Kind: features.Integer}, values))
	}
	slices.SortFunc(more, func(a, b features.Series) int { return strings.Compare(a.Name(), b.Name()) })
	if with, err := set.With(more...); err == nil {
		return with
	}
	return set
}

// sumOf returns the column that adds up those of a group; empty for none.
func (a *Answerer) sumOf(group string) string {
	name := map[string]string{"campaigns": "campaigns_accepted", "channels": "purchases", "products": a.Subjects.Revenue}[group]
	if group != "products" && a.sums[name] == nil {
		return ""
	}
	return name
}

// wholeOf returns what the columns of a group are parts of; empty for none.
func (a *Answerer) wholeOf(group string) string {
	if group == "campaigns" {
		return ""
	}
	return a.sumOf(group)
}

// partOf tells whether a column is a part of another.
func (a *Answerer) partOf(part, whole string) bool {
	return slices.Contains(a.sums[whole], part) || whole == a.Subjects.Revenue && slices.Contains(a.Subjects.Group("products"), part)
}

// addable tells whether a total of a column says something.
func (g *grammar) addable(column string) bool {
	return column != "" && !slices.Contains([]string{g.subject("age"), g.subject("recency"), g.subject("tenure"), "year_birth"}, column)
}

// summable tells whether the values of a column are amounts or numbers that add up
// to one that is asked for: spending, purchases, children, but no income.
func (g *grammar) summable(column string) bool {
	s := g.data.Series(column)
	if !g.addable(column) || column == g.subject("income") || !s.Kind().Numeric() {
		return false
	}
	if len(g.Subjects.Offers) == 0 && s.Kind() == features.Amount {
		return true
	}
	return column == g.Subjects.Revenue || g.counted(column) || s.Kind().Binary() || slices.Contains(g.Subjects.Group("products"), column)
}

// flow tells whether a column is 0 of customers who do not have, do or buy a thing.
func (g *grammar) flow(column string) bool {
	return g.data.Series(column).Kind().Binary() || g.counted(column) || len(g.Subjects.Offers) > 0 && g.summable(column)
}
