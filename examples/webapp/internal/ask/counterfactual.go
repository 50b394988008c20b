package ask

import "strconv"

func (s session) counterfactual() (Answer, error) {
	e, err := s.Explainer.Explain(s.customer)
	if err != nil {
		return Answer{}, err
	}
	out := Answer{Text: s.changes(e), Suggestions: s.suggest(Query{Intent: Counterfactual, Tiers: []string{e.Tier}})}
	if e.NextBetter != "" && len(e.Counterfactuals) > 0 {
		c := e.Counterfactuals[0]
		out.Suggestions = append([]string{s.l.T("ask.q.if", s.l.Noun(c.Column), strconv.FormatFloat(c.Rounded, 'f', -1, 64))}, out.Suggestions...)
	}
	return out, nil
}
