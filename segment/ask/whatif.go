package ask

import (
	"context"
	"slices"

	"github.com/customer-personality/segmentation/segment/insight"
)

// whatIf answers where the customer would be with some values changed.
func (s session) whatIf(ctx context.Context, q Query, before *insight.Explanation) (Answer, error) {
	row, err := s.changed(q.Changes)
	if err != nil {
		return Answer{}, err
	}
	after, err := s.Explainer.Explain(ctx, row)
	if err != nil {
		return Answer{}, err
	}
	var changes []string
	for i, name := range s.Model.Columns() {
		if row[i] != s.customer[i] && row[i] == row[i] || slices.ContainsFunc(q.Changes, func(a Assignment) bool { return a.Column == name }) {
			changes = append(changes, s.value(name, row[i]))
		}
	}
	key := "ask.if.other"
	switch {
	case after.Cluster == before.Cluster:
		key = "ask.if.same"
	case after.Tier == before.Tier:
		key = "ask.if.part"
	}
	out := Answer{Text: []string{s.l.T(key, s.l.And(changes), after.Tier, before.Tier)}}
	if after.Borderline {
		out.Text = append(out.Text, s.l.T("ask.if.borderline", s.voice().Rival(after)))
	}
	out.Text = append(out.Text, s.warnings(row, after)...)
	out.Chart = s.waterfall(after)
	out.Suggestions = s.suggest(Query{Intent: WhatIf, Where: tierIs(after.Tier)})
	return out, nil
}

// changed returns the customer with some values changed. What is more than a value
// that is not known, or cannot be, is unclear.
func (s session) changed(set []Assignment) ([]float64, error) {
	row := slices.Clone(s.customer)
	for _, a := range set {
		i := slices.Index(s.Model.Columns(), a.Column)
		if a.By {
			if row[i] != row[i] {
				return nil, &Unclear{Key: "ask.unclear.more", Args: []any{s.l.Noun(a.Column)}}
			}
			if a.Percent {
				a.Value *= row[i] / 100
			}
			a.Value += row[i]
		}
		if check := s.Subjects.Check; check != nil && check(a.Column, a.Value) != nil {
			return nil, &Unclear{Key: "ask.unclear.value", Args: []any{s.l.Capital(s.l.Noun(a.Column)), s.l.Number(a.Value, 0)}}
		}
		row[i] = a.Value
	}
	return row, nil
}
