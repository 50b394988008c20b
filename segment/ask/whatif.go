package ask

import (
	"context"
	"slices"

	"github.com/customer-personality/segmentation/segment/insight"
)

// whatIf answers where the customer would be with some values changed.
func (s session) whatIf(ctx context.Context, q Query, before *insight.Explanation) (Answer, error) {
	row := s.row(q.Changes)
	after, err := s.Explainer.Explain(ctx, row)
	if err != nil {
		return Answer{}, err
	}
	var changes []string
	for _, a := range q.Changes {
		changes = append(changes, s.value(a.Column, a.Value))
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
	out.Suggestions = s.suggest(Query{Intent: WhatIf, Tiers: []string{after.Tier}})
	return out, nil
}

// row returns the customer with some values changed.
func (s session) row(set []Assignment) []float64 {
	row := slices.Clone(s.customer)
	for _, a := range set {
		if i := slices.Index(s.Model.Columns(), a.Column); i >= 0 {
			row[i] = a.Value
		}
	}
	return row
}
