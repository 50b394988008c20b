package ask

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// MaxLength is the greatest length of a question, in bytes.
const MaxLength = 400

// An Intent is what a question asks for.
type Intent string

// The intents.
const (
	Help           Intent = "help"
	WhatIf         Intent = "what if"       // where a changed customer would be
	Alike          Intent = "alike"         // the customers most like this one
	Why            Intent = "why"           // what decided
	Counterfactual Intent = "change"        // what leads to another tier
	Describe       Intent = "describe"      // what sets customers apart
	Compare        Intent = "compare"       // groups of customers beside each other
	Overview       Intent = "overview"      // all tiers and their sizes
	Figure         Intent = "figure"        // an aggregate, by groups or not
	Share          Intent = "share"         // which part of a whole customers or an amount are
	ColumnGroup    Intent = "column group"  // several columns that belong together
	Distribution   Intent = "distribution"  // how a column is spread
	Relation       Intent = "relation"      // one column against another
	Names          Intent = "names"         // the customers with the most or the least
	Concentration  Intent = "concentration" // how few customers make a part of a total
)

// Intents lists all intents.
var Intents = []Intent{Help, WhatIf, Alike, Why, Counterfactual, Describe, Compare, Overview, Figure, Share, ColumnGroup, Distribution, Relation, Names, Concentration}

// Aggregates beside those of package features.
const (
	StdDev     features.Aggregate = "standard deviation" // of a sample: divided by n−1
	Percentile features.Aggregate = "percentile"         // that of [Query.Number], between values linearly
)

// Comparisons beside those of package features. Of Top and its kin, A is how many
// customers, or per cent of them, those with the most or the least in the column,
// among those that the clauses before hold for; equal customers are taken in their
// order.
const (
	Missing       features.Op = "missing"
	Known         features.Op = "known"
	Top           features.Op = "top"
	Bottom        features.Op = "bottom"
	TopPercent    features.Op = "top percent"
	BottomPercent features.Op = "bottom percent"
)

// Comparisons with the mean of the customer's own group: Words is the column of words
// that tells groups apart.
const (
	AboveMean features.Op = "above mean"
	BelowMean features.Op = "below mean"
)

// A Clause holds for the customers that one of its conditions holds for.
type Clause []features.Condition

// A Where holds for the customers that all of its clauses hold for: all customers,
// where it is empty.
type Where []Clause

// A Query is what was understood of a question.
type Query struct {
	Intent      Intent
	Aggregate   features.Aggregate // of Figure
	Measures    []string           // columns that a figure is of
	ColumnGroup string             // see [features.Subjects.Group]
	By          []string           // columns that tell groups apart, two at most
	Where       Where              // of whom
	Whole       Where              // of Share: those that the others are a part of
	WholeOf     string             // of Share: the amount that Measures are a part of; empty for customers
	Versus      []Where            // of Compare: the other groups
	Rank        int                // 1 for which has most, −1 for which has least
	Number      float64            // how many of Names, per cent of Percentile and Concentration
	Toward      string             // of Counterfactual: the tier
	Changes     []Assignment       // of WhatIf, in the order in which they were said
	Corrections [][2]string        // words that were taken for others: icnome, income
	Notes       []string           // texts on what was taken for granted, by name
}

// An Assignment is another value in a column of the customer.
type Assignment struct {
	Column  string
	Value   float64 // or how much more, where By is set
	By      bool
	Percent bool // of the value that the customer has, where By is set
}

// Values returns the query as the values of an address, which [ReadQuery] reads:
// kind, and what there is of how, of, group, by, where, in, part, versus, rank, n, to
// and set. Conditions are column:comparison:values, alternatives are parted by | and
// the clauses of one group by a semicolon, with the signs in names escaped.
func (q Query) Values() url.Values {
	v := url.Values{}
	add := func(key string, values ...string) {
		for _, s := range values {
			if s != "" {
				v.Add(key, s)
			}
		}
	}
	add("kind", string(q.Intent))
	if q.Intent == "" {
		return v
	}
	add("how", string(q.Aggregate))
	add("of", q.Measures...)
	add("group", q.ColumnGroup)
	add("by", q.By...)
	add("where", q.Where.String())
	add("in", q.Whole.String())
	add("part", q.WholeOf)
	for _, w := range q.Versus {
		v.Add("versus", w.String())
	}
	if q.Rank != 0 {
		add("rank", strconv.Itoa(q.Rank))
	}
	if q.Number != 0 {
		add("n", number(q.Number))
	}
	add("to", q.Toward)
	for _, a := range q.Changes {
		sign := "="
		if a.By {
			sign = "+"
		}
		set := strings.ReplaceAll(url.QueryEscape(a.Column), "+", "%20") + sign + number(a.Value)
		if a.Percent {
			set += "%"
		}
		add("set", set)
	}
	add("note", q.Notes...)
	return v
}

// MarshalText returns the values of the query as the text behind the question mark of
// an address.
func (q Query) MarshalText() ([]byte, error) { return []byte(q.Values().Encode()), nil }

// UnmarshalText reads the text of MarshalText. The error is that of [ReadQuery].
func (q *Query) UnmarshalText(text []byte) error {
	if q == nil {
		return fmt.Errorf("%w: there is no query to read into", segment.ErrOption)
	}
	v, err := url.ParseQuery(string(text))
	if err != nil {
		return fmt.Errorf("%w: %w", segment.ErrOption, err)
	}
	*q, err = ReadQuery(v)
	return err
}

// IsZero reports whether nothing is asked.
func (q Query) IsZero() bool { return q.Intent == "" }

func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64) // days, 20130131, as they are
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// String returns the clauses as [Query.Values] has them.
func (w Where) String() string {
	var clauses []string
	for _, c := range w {
		var any []string
		for _, f := range c {
			parts := []string{f.Column, string(f.Op)}
			switch {
			case len(f.Words) == 1 && quotes(f.Words[0]):
				parts = append(parts, `"`+f.Words[0]+`"`)
			case len(f.Words) > 0:
				parts = append(parts, f.Words...)
			case f.Op == features.Between:
				parts = append(parts, number(f.A), number(f.B))
			case f.Op != Missing && f.Op != Known:
				parts = append(parts, number(f.A))
			}
			for i, p := range parts {
				parts[i] = url.QueryEscape(p)
			}
			any = append(any, strings.Join(parts, ":"))
		}
		clauses = append(clauses, strings.Join(any, "|"))
	}
	return strings.Join(clauses, ";")
}

// quotes reports whether a word alone is written in quotation marks: it could be taken
// for a number.
func quotes(word string) bool {
	_, err := readNumber(word)
	return err == nil || strings.HasPrefix(word, `"`)
}

// ReadQuery returns the query that [Query.Values] made the values of; the zero one
// where they have no kind. Whether there are such columns and words, and whether the
// parts make a question, is for [Answerer.Answer] to tell. What is malformed is an
// ErrOption.
func ReadQuery(v url.Values) (Query, error) {
	q := Query{
		Intent: Intent(v.Get("kind")), Aggregate: features.Aggregate(v.Get("how")), Measures: given(v["of"]), ColumnGroup: v.Get("group"),
		By: given(v["by"]), WholeOf: v.Get("part"), Toward: v.Get("to"), Notes: given(v["note"]),
	}
	if q.Intent == "" {
		return Query{}, nil
	}
	if of, whole, ok := strings.Cut(q.WholeOf, "/"); ok && len(q.Measures) == 0 { // both in one, as a choice has them
		var err error
		if q.Measures, q.WholeOf, err = readShare(of, whole); err != nil {
			return Query{}, err
		}
	}
	if !slices.Contains(Intents, q.Intent) {
		return Query{}, fmt.Errorf("%w: there is no kind of question %q; there are %q", segment.ErrOption, q.Intent, Intents)
	}
	var err error
	if q.Where, err = ReadWhere(v["where"]...); err != nil {
		return Query{}, err
	}
	if q.Whole, err = ReadWhere(v["in"]...); err != nil {
		return Query{}, err
	}
	for _, s := range v["versus"] {
		w, err := ReadWhere(s)
		if err != nil {
			return Query{}, err
		}
		q.Versus = append(q.Versus, w)
	}
	if s := v.Get("rank"); s != "" {
		if q.Rank, err = strconv.Atoi(s); err != nil || q.Rank < -1 || q.Rank > 1 {
			return Query{}, fmt.Errorf("%w: rank is %q; want 1, −1 or none", segment.ErrOption, s)
		}
	}
	if s := v.Get("n"); s != "" {
		if q.Number, err = readNumber(s); err != nil {
			return Query{}, err
		}
	}
	for _, s := range v["set"] {
		i := strings.IndexAny(s, "=+")
		if i < 0 {
			return Query{}, fmt.Errorf("%w: set is %q; want a column, = or +, and a number", segment.ErrOption, s)
		}
		a := Assignment{By: s[i] == '+'}
		if a.Column, err = url.QueryUnescape(s[:i]); err != nil {
			return Query{}, fmt.Errorf("%w: set is %q: %w", segment.ErrOption, s, err)
		}
		value := s[i+1:]
		if a.By {
			value, a.Percent = strings.CutSuffix(value, "%")
		}
		if a.Value, err = readNumber(value); err != nil {
			return Query{}, err
		}
		q.Changes = append(q.Changes, a)
	}
	return q, nil
}

// shareOf writes what a share is of as one value: a column and the one that it is a
// part of; empty for customers.
func shareOf(of, whole string) string {
	if whole == "" {
		return ""
	}
	return url.QueryEscape(of) + "/" + url.QueryEscape(whole)
}

func readShare(of, whole string) ([]string, string, error) {
	column, err := url.QueryUnescape(of)
	if err == nil {
		whole, err = url.QueryUnescape(whole)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w: part is %q: %w", segment.ErrOption, of, err)
	}
	return []string{column}, whole, nil
}

// given returns the values that are not empty.
func given(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })
}

func readNumber(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v-v != 0 {
		return 0, fmt.Errorf("%w: %q is no number", segment.ErrOption, s)
	}
	return v, nil
}

// ReadWhere returns the clauses of texts as [Where.String] writes them, one after
// another; empty texts have none. What is malformed is an ErrOption.
func ReadWhere(texts ...string) (w Where, err error) {
	for _, text := range texts {
		for clause := range strings.SplitSeq(text, ";") {
			var c Clause
			for term := range strings.SplitSeq(clause, "|") {
				if term == "" {
					continue
				}
				f, err := readCondition(term)
				if err != nil {
					return nil, err
				}
				c = append(c, f)
			}
			if len(c) > 0 {
				w = append(w, c)
			}
		}
	}
	return w, nil
}

// wordless are the comparisons without a value.
var wordless = map[features.Op]bool{Missing: true, Known: true}

func readCondition(term string) (f features.Condition, err error) {
	parts := strings.Split(term, ":")
	for i := range parts {
		if parts[i], err = url.QueryUnescape(parts[i]); err != nil {
			return f, fmt.Errorf("%w: the condition %q: %w", segment.ErrOption, term, err)
		}
	}
	if len(parts) < 2 {
		return f, fmt.Errorf("%w: the condition is %q; want a column, a comparison and values, parted by colons", segment.ErrOption, term)
	}
	f.Column, f.Op = parts[0], features.Op(parts[1])
	values := parts[2:]
	switch {
	case wordless[f.Op] && len(values) == 0:
		return f, nil
	case f.Op == features.Between && len(values) == 2:
		if f.A, err = readNumber(values[0]); err == nil {
			f.B, err = readNumber(values[1])
		}
		return f, err
	case len(values) == 1 && f.Op != features.Between && f.Op != AboveMean && f.Op != BelowMean:
		if f.A, err = readNumber(values[0]); err == nil {
			return f, nil
		}
	}
	if len(values) == 0 || f.Op != features.Is && f.Op != features.Not && f.Op != AboveMean && f.Op != BelowMean {
		return f, fmt.Errorf("%w: the condition %q has other values than its comparison wants", segment.ErrOption, term)
	}
	if word := values[0]; len(values) == 1 && len(word) > 1 && strings.HasPrefix(word, `"`) && strings.HasSuffix(word, `"`) {
		values[0] = word[1 : len(word)-1]
	}
	f.A, f.Words = 0, values
	return f, nil
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
