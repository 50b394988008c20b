package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// follow completes a question that goes on from the last one: what it does not say
// is kept.
func (p *parser) follow() error {
	also := p.t[0].does("and", "also")
	if !p.kept && !also && !p.fragment() {
		return nil
	}
	also = also || p.fragment()
	last, q := p.last, &p.q
	if last.Intent == "" || slices.Contains([]Intent{Help, WhatIf, Alike, Why, Counterfactual}, last.Intent) {
		if p.kept {
			return &Unclear{Key: "ask.unclear.whom"}
		}
		return nil
	}
	own := p.howMany || p.howMuch || p.named || len(q.Measures) > 0 || p.bundle != "" || p.share != nil || p.describe || p.spread || p.relation || p.most || p.top != nil || p.buying
	kept := slices.Clone(last.Where)
	if last.Intent == Names {
		op := Top
		if last.Rank < 0 {
			op = Bottom
		}
		kept = append(kept, Clause{{Column: last.Measures[0], Op: op, A: last.Number}})
	}
	if last.Intent == Overview && len(kept) == 0 && p.kept && !own {
		return &Unclear{Key: "ask.unclear.whom"}
	}
	if p.comparing() {
		return p.followCompare(kept)
	}
	if also && p.most && p.said == "" && len(q.Measures)+len(q.By)+len(q.Where) == 0 && p.top == nil { // and the lowest
		return p.followMost()
	}
	if m := q.Measures; also && last.Intent == Share && last.WholeOf == "" && len(m) == 1 && p.flow(m[0]) && !p.named && !p.howMany && p.share == nil && len(q.Where) == 0 { // and campaign 5
		q.Where, q.Measures, own = append(slices.Clone(last.Whole), Clause{{Column: m[0], Op: features.Over}}), nil, true
		q.Intent, q.Aggregate, q.Whole, q.By, q.Rank = Share, "", last.Whole, last.By, last.Rank
		p.done = true
		return nil
	}
	if !own {
		return p.followWhere(also)
	}
	if p.kept || also && len(last.Where) > 0 {
		if last.Intent == Compare && len(last.Versus) > 0 && len(q.Where) == 0 && len(q.Measures) > 0 {
			q.Intent, q.Where, q.Versus, p.compare = Compare, last.Where, last.Versus, true
			return nil
		}
		if len(last.Versus) > 0 {
			return &Unclear{Key: "ask.unclear.whom"}
		}
		var err error
		if q.Where, err = p.meet(kept, q.Where, also && !p.kept); err != nil {
			return err
		}
		p.kept = true
		p.groups[0] = q.Where
	}
	if also && !p.named && p.figure == "" && len(q.Measures) > 0 && last.Intent == Figure && len(last.Measures) > 0 && !p.howMany && p.share == nil {
		q.Aggregate, p.figure, p.named, q.Number = last.Aggregate, last.Aggregate, true, last.Number
		if len(q.By) == 0 {
			q.By, p.by = last.By, last.By
		}
	}
	if also && p.named && len(q.Measures) == 0 && len(last.Measures) > 0 { // and the median
		q.Measures = last.Measures
		for _, m := range last.Measures {
			p.measures = append(p.measures, measure{name: m, kind: kColumn})
		}
		if len(q.By) == 0 {
			q.By, p.by = last.By, last.By
		}
	}
	return nil
}

// fragment tells whether a question is no more than a condition or a figure, which
// goes on from the last: with children; the total?
func (p *parser) fragment() bool {
	if p.last.Intent == "" || p.howMany || p.howMuch || len(p.measures) > 0 || p.bundle != "" || p.share != nil || p.describe || p.spread || p.relation || p.which || p.who || p.most || p.comparing() || p.buying {
		return false
	}
	first := p.t[0]
	_, figure := first.as(kAggregate)
	_, compare := first.as(kCompare)
	return figure && len(p.t) == 1 || len(p.groups[0]) > 0 && (compare || first.does("with", "without", "no", "among", "except", "in", "for", "of", "only"))
}

// followMost asks the last question of the other end: and the lowest.
func (p *parser) followMost() error {
	q := p.last
	q.Corrections, q.Notes = nil, nil
	switch {
	case q.Rank != 0:
		q.Rank = p.sign
	case q.Aggregate == features.Max || q.Aggregate == features.Min:
		q.Aggregate = map[bool]features.Aggregate{true: features.Max, false: features.Min}[p.sign > 0]
	default:
		return &Unclear{Key: "ask.unclear.most"}
	}
	p.q, p.done = q, true
	return nil
}

// meet returns those of some conditions and others: one on the same column takes the
// place of the other, or is unclear where both are to hold.
func (p *parser) meet(kept, more Where, replace bool) (Where, error) {
	out := slices.Clone(kept)
	for _, c := range more {
		i := slices.IndexFunc(out, func(o Clause) bool { return o[0].Column == c[0].Column && len(o[0].Words) > 0 == (len(c[0].Words) > 0) })
		switch {
		case i >= 0 && replace:
			out[i] = c
		case i >= 0 && len(c[0].Words) > 0:
			return nil, &Unclear{Key: "ask.unclear.twice", Args: []any{p.l.Noun(c[0].Column)}}
		default:
			out = append(out, c)
		}
	}
	return out, nil
}

// followWhere asks the last question of others: and in Silver, and by education.
func (p *parser) followWhere(also bool) error {
	where, by := p.q.Where, p.q.By
	if len(where)+len(by) == 0 {
		return &Unclear{Key: "ask.unclear.whom"}
	}
	q := p.last
	q.Corrections, q.Notes = nil, nil
	if len(q.Versus) > 0 && len(where) > 0 {
		return &Unclear{Key: "ask.unclear.whom"}
	}
	replace := also && !p.kept
	var err error
	on := func(w Where, c Clause) bool {
		return slices.ContainsFunc(w, func(o Clause) bool { return o[0].Column == c[0].Column })
	}
	for _, c := range where {
		if q.Intent == Share && (on(q.Whole, c) || !on(q.Where, c)) {
			if q.Whole, err = p.meet(q.Whole, Where{c}, replace); err != nil {
				return err
			}
		}
	}
	if q.Where, err = p.meet(q.Where, where, replace); err != nil {
		return err
	}
	if len(by) > 0 {
		q.By = by
	} else {
		q.By = slices.DeleteFunc(slices.Clone(q.By), func(b string) bool {
			return slices.ContainsFunc(where, func(c Clause) bool { return c[0].Column == b })
		})
	}
	if q.Intent == Overview {
		q.Intent, q.Aggregate = Figure, features.Count
		if len(by) == 0 && !slices.ContainsFunc(where, func(c Clause) bool { return c[0].Column == "tier" }) {
			q.By = []string{"tier"}
		}
	}
	if q.Intent == Names && len(by) > 0 {
		return &Unclear{Key: "ask.unclear.top"}
	}
	p.q, p.done = q, true
	return nil
}

// followCompare sets the customers of the last query against others.
func (p *parser) followCompare(kept Where) error {
	q := &p.q
	if len(p.last.Versus) > 0 || len(kept) == 0 {
		return &Unclear{Key: "ask.unclear.whom"}
	}
	if p.grouped == 0 { // compare that with Platinum
		if len(p.groups[0]) == 0 && !p.all[0] {
			return &Unclear{Key: "ask.unclear.compare"}
		}
		p.groups[1], p.all[1], p.grouped = p.groups[0], p.all[0], 1
		p.groups[0] = nil
	} else if len(p.groups[0]) > 0 {
		return &Unclear{Key: "ask.unclear.compare"}
	}
	p.groups[0], q.Where = kept, kept
	if len(q.Measures) == 0 && p.last.Intent == Figure && len(p.last.Measures) > 0 {
		q.Measures, q.Aggregate, p.figure = p.last.Measures, p.last.Aggregate, p.last.Aggregate
	}
	if len(p.groups[1]) == 1 && len(kept) > 1 {
		// The other group differs from the last in what was said of it.
		if m, err := p.meet(kept, p.groups[1], true); err == nil && len(m) == len(kept) {
			p.groups[1] = m
		}
	}
	return nil
}
