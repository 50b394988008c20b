package ask

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/features"
)

// Parse reads a question. The error is an *Unclear.
func (g *Grammar) Parse(question string) (Query, error) {
	if len(question) > MaxLength {
		return Query{}, &Unclear{Key: "ask.unclear.long", Args: []any{MaxLength}}
	}
	w := split(question)
	if len(w) == 0 {
		return Query{}, &Unclear{Key: "ask.unclear.empty", Args: []any{g.set.Tiers[0]}}
	}
	if i := slices.IndexFunc(w, eitherWay.MatchString); i >= 0 && g.l.Questions.Decimal != "," {
		return Query{}, &Unclear{Key: "ask.unclear.either", Args: []any{w[i]}}
	}
	q := Query{Aggregate: data.Mean}
	w, q.Corrections = g.spell(w)
	if g.intent("what if", w) {
		return g.whatIf(w, q)
	}
	for _, intent := range []Intent{Help, Alike, Counterfactual, Why} {
		if g.intent(string(intent), w) {
			q.Intent = intent
			return q, nil
		}
	}
	return g.figure(w, q)
}

// whatIf reads pairs of a column and a value.
func (g *Grammar) whatIf(w []string, q Query) (Query, error) {
	q.Intent = WhatIf
	column := ""
	var unknown []string
	for i := 0; i < len(w); {
		if n, name := g.changeable(w[i:]); n > 0 {
			column = name
			i += n
			continue
		}
		if n, name := g.longestIn(g.columns, w[i:]); n > 0 && name != "is_parent" {
			unknown = append(unknown, strings.Join(w[i:i+n], " "))
			i += n
			continue
		}
		next, nextColumn := g.changeable(w[i+1:])
		if v, ok := g.amount(w[i]); ok {
			switch {
			case column != "":
				q.Changes = append(q.Changes, Assignment{column, v})
				column = ""
			case next > 0:
				q.Changes = append(q.Changes, Assignment{nextColumn, v})
				i += next
			case i > 0 && g.role("age before", w[i-1:i]) > 0 || g.role("age behind", w[i+1:]) > 0:
				q.Changes = append(q.Changes, Assignment{"age", v})
			default:
				return q, &Unclear{Key: "ask.unclear.which", Args: []any{w[i], g.l.Or(nouns(g.l, features.TrainingColumns))}}
			}
			i++
			continue
		}
		if number, ok := g.small[w[i]]; nextColumn == "children" && (ok || g.role("without", w[i:i+1]) > 0) {
			q.Changes = append(q.Changes, Assignment{"children", number})
			i += 1 + next
			continue
		}
		if g.role("filler", w[i:i+1]) == 0 && g.role("what if", w[i:i+1]) == 0 && g.role("without", w[i:i+1]) == 0 {
			unknown = append(unknown, w[i])
		}
		i++
	}
	if len(unknown) > 0 {
		return q, &Unclear{Words: unknown}
	}
	if len(q.Changes) == 0 {
		return q, &Unclear{Key: "ask.unclear.what", Args: []any{g.l.T("ask.q.if", g.l.Noun("income"), "70000")}}
	}
	for _, a := range q.Changes {
		if err := features.CheckValue(a.Column, a.Value); err != nil {
			return q, &Unclear{Key: "ask.unclear.value", Args: []any{g.l.Capital(g.l.Noun(a.Column)), strconv.FormatFloat(a.Value, 'f', -1, 64)}}
		}
	}
	return q, nil
}

// figure reads all questions about many customers.
func (g *Grammar) figure(w []string, q Query) (Query, error) {
	var (
		unknown    []string
		column     = ""    // the last column said, which a comparison is of
		said       = 0     // where its words end
		measured   = false // whether they made it a measure, which a comparison takes back
		by         = false // whether what comes is a grouping
		without    = false
		with       = false
		compare    = false
		describe   = false
		overview   = false
		spread     = false
		relation   = false
		which      = false
		bundle     = ""
		pending    data.Op // a comparison whose number is to come
		pendingFor string  // and its column
		a          = math.NaN()
		countNoun  = false
	)
	addTier := func(t string) {
		if !slices.Contains(q.Tiers, t) {
			q.Tiers = append(q.Tiers, t)
		}
	}
	filter := func(c string, op data.Op, a, b float64) {
		q.Filters = append(q.Filters, data.Filter{Column: c, Op: op, A: a, B: b})
		if measured && c == column {
			q.Measures, measured = q.Measures[:len(q.Measures)-1], false
		}
		pending = ""
	}
	for i := 0; i < len(w); {
		rest := w[i:]
		if v, ok := g.amount(w[i]); ok {
			i++
			next, nextColumn := g.longestIn(g.columns, w[i:])
			if pending == data.Between && math.IsNaN(a) {
				a = v
				continue
			}
			// Aged 40 to 60, from 40 to 60.
			op, high := pending, v
			if op == data.Is || op == data.AtLeast {
				to := i + g.role("to", w[i:])
				if to < len(w) {
					if b, ok := g.amount(w[to]); ok {
						op, a, high = data.Between, v, b
						i = to + 1
						next, nextColumn = g.longestIn(g.columns, w[i:])
					}
				}
			}
			low := v
			if op == data.Between {
				low, high = min(a, high), max(a, high)
				a = math.NaN()
			} else {
				high = 0
			}
			// A column that is said right before counts first, and then one behind.
			// Of customers over 60 it is the age.
			name := ""
			switch {
			case op == "" && next == 0 && column != "" && with:
				op, name = data.Is, column
			case op == "" && next > 0:
				op, name = data.Is, nextColumn
				i += next
			case op == "":
			case pendingFor != "":
				name = pendingFor
			case next > 0:
				name = nextColumn
				i += next
			case low >= 14 && max(low, high) <= 120:
				name = "age"
			default:
				name = column
			}
			if c := g.set.Column(name); c == nil || !c.Numeric() {
				unknown = append(unknown, rest[0])
				continue
			}
			filter(name, op, low, high)
			continue
		}
		if n, c := longestOf(g.longest, g.compared, rest); n > 0 {
			pending, pendingFor, a = c.op, c.column, math.NaN()
			i += n
			continue
		}
		// Tiers before columns: Gold is a tier, gold products are a column.
		nc, name := g.longestIn(g.columns, rest)
		nb, bundleName := g.longestIn(g.bundles, rest)
		nt, tier := g.longestIn(g.tiers, rest)
		nl, level := longestOf(g.longest, g.levels, rest)
		na, how := longestOf(g.longest, g.aggregates, rest)
		nm, op := longestOf(g.longest, g.comparisons, rest)
		longest := max(nc, nb, nt, nl, na, nm)
		most, least := g.role("most", rest), g.role("least", rest)
		// skip moves on behind a word that has a role, where it has.
		skip := func(role string) bool {
			n := g.role(role, rest)
			i += n
			return n > 0
		}
		switch {
		case skip("what"):
			_, next := g.longestIn(g.columns, w[i:])
			which = which || next == "tier"
		case skip("which"):
			which = true
		case skip("compare"):
			compare = true
		case skip("against"):
			relation, compare = true, true
		case skip("describe"):
			describe = true
		case skip("overview"):
			overview = true
		case skip("spread"):
			spread = true
		case skip("relate"):
			relation = true
		case skip("without"):
			without = true
		case max(most, least) > 0 && nm < 2 && which:
			q.Rank = 1
			if least > 0 {
				q.Rank = -1
			}
			i += max(most, least)
		case nt == longest && nt > 0:
			addTier(tier)
			by = false
			i += nt
		case nl == longest && nl > 0 && nl >= nc:
			op := data.Is
			if without {
				op = data.Not
			}
			if at := slices.IndexFunc(q.Filters, func(f data.Filter) bool { return f.Column == level[0] && f.Op == op && len(f.Words) > 0 }); at >= 0 {
				q.Filters[at].Words = append(q.Filters[at].Words, level[1])
			} else {
				q.Filters = append(q.Filters, data.Filter{Column: level[0], Op: op, Words: []string{level[1]}})
			}
			without = false
			i += nl
		case na == longest && na > 0:
			if how == data.Count {
				countNoun = true
			}
			if !q.AggregateNamed || q.Aggregate == data.Mean {
				q.Aggregate, q.AggregateNamed = how, true
			}
			i += na
		case nc == longest && nc > 0 && nc >= nb:
			c := g.set.Column(name)
			i += nc
			before := len(q.Measures)
			switch {
			case by || !c.Numeric() || which && len(q.By) == 0 && name == "tier":
				if name == "tier" && !by && !which && q.AggregateNamed && q.Aggregate == data.Count {
					overview = true
				}
				if !slices.Contains(q.By, name) {
					q.By = append(q.By, name)
				}
			case without:
				q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Is, A: 0})
				without = false
			case with && q.Rank == 0 && (!q.AggregateNamed || len(q.Measures) > 0 || countNoun):
				if !g.comparedAt(w, i) {
					q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Over, A: 0})
				}
			case c.Flag && len(q.Measures) > 0 && i > nc && g.role("and", w[i-nc-1:i-nc]) == 0 && g.role("against", w[i-nc-1:i-nc]) == 0 && !g.comparedAt(w, i):
				// The age of those who accepted, the spending of single parents.
				q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Over, A: 0})
			case c.Flag && (countNoun || q.Aggregate == data.Share && q.AggregateNamed) && !g.comparedAt(w, i):
				if q.Aggregate == data.Share {
					q.Measures = append(q.Measures, name)
				} else {
					q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Over, A: 0})
				}
			default:
				if !slices.Contains(q.Measures, name) {
					q.Measures = append(q.Measures, name)
				}
			}
			column, said, measured = name, i, len(q.Measures) > before
			with = false
		case nb == longest && nb > 0:
			if bundle == "" {
				bundle = bundleName
			}
			i += nb
		case nm == longest && nm > 0 && g.comparedAt(w, i):
			pending, pendingFor, a = op, "", math.NaN()
			if c := g.set.Column(column); c != nil && c.Numeric() && !slices.ContainsFunc(w[said:i], func(v string) bool { return g.roles["people"][v] }) {
				pendingFor = column
			}
			i += nm
		case nm == longest && nm > 0 && op == data.Between && compare:
			i += nm
		case nm == longest && nm > 0 && bounds[op] && g.role("loose", rest) == 0:
			return q, &Unclear{Key: "ask.unclear.comparison"}
		case skip("by"):
			by = true
		case skip("with"):
			with, by = true, false
		case skip("and"):
		case skip("of"):
			by = false
		case skip("all"), skip("filler"):
		default:
			unknown = append(unknown, w[i])
			i++
		}
	}
	if len(unknown) > 0 {
		return q, &Unclear{Words: unknown}
	}
	if pending != "" {
		return q, &Unclear{Key: "ask.unclear.comparison"}
	}
	for _, f := range q.Filters {
		if c := g.set.Column(f.Column); c == nil || c.Numeric() == (len(f.Words) > 0) {
			return q, &Unclear{Key: "ask.unclear.filter", Args: []any{g.l.Capital(g.l.Noun(f.Column))}}
		}
	}
	// In "spends most on meat" spending is the verb and meat the measure.
	if slices.ContainsFunc(q.Measures, func(m string) bool { return strings.HasPrefix(m, "mnt_") }) {
		q.Measures = slices.DeleteFunc(q.Measures, func(m string) bool { return m == "spent" })
	}
	numeric := 0
	for _, m := range q.Measures {
		if c := g.set.Column(m); c != nil && c.Numeric() {
			numeric++
		}
	}
	// Who spends most is a question about tiers.
	if q.Rank != 0 && numeric > 0 && len(q.By) == 0 && len(q.Tiers) == 0 {
		q.By = []string{"tier"}
	}
	if len(q.By) > 2 {
		return q, &Unclear{Key: "ask.unclear.by"}
	}
	switch {
	case spread && numeric > 0:
		q.Intent, q.Measures = Distribution, q.Measures[:1]
	case relation && numeric == 2 && !q.AggregateNamed:
		q.Intent = Relation
	case bundle == "products" && slices.Contains(q.Measures, "spent") && len(q.Measures) == 1,
		bundle != "" && numeric == 0:
		q.Intent, q.ColumnGroup, q.Measures = ColumnGroup, bundle, nil
	case compare && numeric == 0 && len(q.By) == 0, len(q.Tiers) > 1 && numeric == 0 && !countNoun:
		q.Intent = Compare
		if len(q.Filters) > 0 {
			q.Intent, q.Measures, q.By = Figure, slices.Clone(features.TrainingColumns), []string{"tier"}
		}
	case countNoun && numeric == 0 || q.AggregateNamed && q.Aggregate == data.Share && numeric == 0 && (len(q.Filters) > 0 || len(q.Tiers) > 0 || len(q.By) > 0):
		if len(q.Filters)+len(q.Tiers)+len(q.Measures) == 0 && q.Aggregate == data.Count && (len(q.By) == 0 && overview || slices.Equal(q.By, []string{"tier"})) {
			q.Intent = Overview
			break
		}
		q.Intent = Figure
	case numeric > 0:
		q.Intent = Figure
		if q.Aggregate == data.Count {
			q.Aggregate = data.Mean
		}
	case len(q.Tiers) == 1 && !q.AggregateNamed && len(q.Filters)+len(q.By) == 0:
		q.Intent = Describe
	case len(q.Filters)+len(q.Tiers) == 0 && (slices.Equal(q.By, []string{"tier"}) || overview || describe):
		q.Intent = Overview
	case len(q.By) > 0 || len(q.Filters) > 0:
		q.Intent, q.Aggregate = Figure, data.Count
	case q.Rank > 0:
		q.Intent, q.Tiers = Describe, g.set.Tiers[:1]
	case q.Rank < 0:
		q.Intent, q.Tiers = Describe, g.set.Tiers[len(g.set.Tiers)-1:]
	default:
		return q, &Unclear{Key: "ask.sorry"}
	}
	return q, nil
}
