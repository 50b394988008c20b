package ask

import (
	"strconv"

	"github.com/customer-personality/segmentation/segment/insight"
)

// counterfactual answers what would have to change for a better tier.
func (s session) counterfactual(e *insight.Explanation) Answer {
	out := Answer{Text: s.voice().Counterfactuals(e, 3)}
	if e.NextBetter != "" && len(e.Counterfactuals) > 0 {
		c := e.Counterfactuals[0]
		out.Suggestions = []string{s.l.T("ask.q.if", s.l.Noun(c.Column), strconv.FormatFloat(c.Rounded, 'f', -1, 64))}
	}
	return out
}
