package ask

import (
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// whatIfRules read pairs of a column of the customer and its new value.
var whatIfRules = []rule{(*parser).changedColumn, (*parser).otherColumn, (*parser).newValue, (*parser).newCount, (*parser).whatIfFiller}

// whatIf reads a question on a changed customer.
func (p *parser) whatIf() (Query, error) {
	p.query.Intent = WhatIf
	if err := p.run(whatIfRules); err != nil {
		return p.query, err
	}
	if len(p.query.Changes) == 0 {
		return p.query, &Unclear{Key: "ask.unclear.what", Args: []any{p.l.T("ask.q.if", p.l.Noun(p.subjects.Income), "70000")}}
	}
	for _, a := range p.query.Changes {
		if check := p.subjects.Check; check != nil && check(a.Column, a.Value) != nil {
			return p.query, &Unclear{Key: "ask.unclear.value", Args: []any{p.l.Capital(p.l.Noun(a.Column)), strconv.FormatFloat(a.Value, 'f', -1, 64)}}
		}
	}
	return p.query, nil
}

func (p *parser) change(column string, v float64) {
	p.query.Changes = append(p.query.Changes, Assignment{column, v})
}

// changedColumn reads a column that the number to come is of.
func (p *parser) changedColumn() (int, error) {
	n, name := p.changeable(p.rest())
	if n > 0 {
		p.column = name
	}
	return n, nil
}

// otherColumn reads a column that a customer has no value of.
func (p *parser) otherColumn() (int, error) {
	n, _ := longestIn(p.grammar, p.columns, p.rest())
	if n == 0 {
		return 0, nil
	}
	p.unknown = append(p.unknown, strings.Join(p.words[p.at:p.at+n], " "))
	return n, nil
}

// newValue reads a number: of the column before it or behind it, or an age.
func (p *parser) newValue() (int, error) {
	w, i := p.words, p.at
	v, ok := p.amount(w[i])
	if !ok {
		return 0, nil
	}
	next, column := p.changeable(w[i+1:])
	switch {
	case p.column != "":
		p.change(p.column, v)
		p.column = ""
		return 1, nil
	case next > 0:
		p.change(column, v)
		return 1 + next, nil
	case slices.Contains(p.customer, p.subjects.age()) && (i > 0 && p.role("age before", w[i-1:i]) > 0 || p.role("age behind", w[i+1:]) > 0):
		p.change(p.subjects.age(), v)
		return 1, nil
	}
	return 0, &Unclear{Key: "ask.unclear.which", Args: []any{w[i], p.l.Or(nouns(p.l, p.customer))}}
}

// newCount reads a number of things in words: three kids, no children.
func (p *parser) newCount() (int, error) {
	next, column := p.changeable(p.words[p.at+1:])
	number, ok := p.small[p.words[p.at]]
	if !p.counted(column) || !ok && p.role("without", p.words[p.at:p.at+1]) == 0 {
		return 0, nil
	}
	p.change(column, number)
	return 1 + next, nil
}

// whatIfFiller reads a word that adds nothing.
func (p *parser) whatIfFiller() (int, error) {
	word := p.words[p.at : p.at+1]
	return max(p.role("filler", word), p.role("what if", word), p.role("without", word)), nil
}

// counted tells whether the values of a column are numbers of things: not all whole
// numbers are, and the words for the column tell.
func (g *grammar) counted(column string) bool {
	return g.set.Series(column).Kind() == features.Integer && g.l.Unit(column) == "" && g.subjects.Words[column].After != ""
}

// changeable finds a column of the customer at the start of the words. A part may
// stand for the whole there: of one person kids are all the children.
func (g *grammar) changeable(w []string) (int, string) {
	n, name := longestIn(g, g.columns, w)
	if whole := g.wholes[name]; whole != "" && slices.Contains(g.customer, whole) {
		name = whole
	}
	if !slices.Contains(g.customer, name) || g.words[name] != nil {
		return 0, ""
	}
	return n, name
}
