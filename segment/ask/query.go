package ask

import (
	"cmp"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// MaxLength is the greatest length of a question, in bytes.
const MaxLength = 400

// An Intent is what a question asks for.
type Intent string

// The intents.
const (
	Help           Intent = "help"
	WhatIf         Intent = "what if"      // where a changed customer would be
	Alike          Intent = "alike"        // the customers most like this one
	Why            Intent = "why"          // what decided
	Counterfactual Intent = "change"       // what leads to another tier
	Describe       Intent = "describe"     // what a tier is
	Compare        Intent = "compare"      // tiers beside each other
	Overview       Intent = "overview"     // all tiers and their sizes
	Figure         Intent = "figure"       // an aggregate, by groups or not
	ColumnGroup    Intent = "column group" // several columns that belong together
	Distribution   Intent = "distribution" // how a column is spread
	Relation       Intent = "relation"     // one column against another
)

// Intents lists all intents.
var Intents = []Intent{Help, WhatIf, Alike, Why, Counterfactual, Describe, Compare, Overview, Figure, ColumnGroup, Distribution, Relation}

// A Query is what was understood of a question.
type Query struct {
	Intent         Intent
	Measures       []string
	ColumnGroup    string
	Aggregate      features.Aggregate
	AggregateNamed bool // whether the aggregate was named
	By             []string
	Tiers          []string
	Filters        []features.Condition
	Changes        []Assignment // of WhatIf, in the order in which they were said
	Rank           int          // 1 for which has most, −1 for which has least
	Corrections    [][2]string  // words that were taken for others: icnome, income
}

// An Assignment is another value in a column of the customer.
type Assignment struct {
	Column string
	Value  float64
}

// An Unclear is a question that was not understood.
type Unclear struct {
	Words []string // that are unknown
	Key   string   // where no word is to blame: the name of the text that says why
	Args  []any    // of that text
}

// Error returns what was unclear, for programmers.
func (u *Unclear) Error() string {
	u = cmp.Or(u, &Unclear{Key: "ask.sorry"})
	if len(u.Words) > 0 {
		return "the question has unknown words: " + strings.Join(u.Words, ", ")
	}
	return "the question is unclear: " + u.Key
}

// Text returns what was unclear as one sentence for whoever asked.
func (u *Unclear) Text(l *narrate.Language) string {
	u = cmp.Or(u, &Unclear{Key: "ask.sorry"})
	if len(u.Words) == 0 {
		return l.T(u.Key, u.Args...)
	}
	quoted := make([]string, len(u.Words))
	for i, w := range u.Words {
		quoted[i] = l.T("ask.quoted", w)
	}
	return l.Count("ask.unclear.words", len(quoted), l.And(quoted))
}
