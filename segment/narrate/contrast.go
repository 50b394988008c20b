package narrate

import (
	"math"

	"github.com/customer-personality/segmentation/segment/insight"
)

// mostDifferences is how many differences a sentence tells.
const mostDifferences = 3

// Contrast returns how a group differs from another as one sentence, with at most three
// differences: "Gold is much like Platinum in income and has been a customer 10 months
// longer (166 against 156 months)."
func (v Voice) Contrast(c insight.Contrast) string {
	var clauses, alike []string
	for _, d := range c.Alike {
		alike = append(alike, v.Noun(d.Column))
	}
	if len(alike) > 0 {
		clauses = append(clauses, v.T("contrast.alike", c.From, v.And(alike)))
	}
	for _, d := range c.Differences[:min(mostDifferences, len(c.Differences))] {
		clauses = append(clauses, v.difference(d))
	}
	if len(clauses) == 0 {
		clauses = append(clauses, v.T("contrast.none", c.From))
	}
	if len(alike) == 0 && len(c.Differences) > 0 {
		return v.T("contrast.beside", c.From, c.Name, v.And(clauses))
	}
	return v.T("contrast.of", c.Name, v.And(clauses))
}

// Clusters says of how many clusters a tier is made; empty for one.
func (v Voice) Clusters(g insight.Group) string {
	if len(g.Clusters) < 2 || g.Tier == "" {
		return ""
	}
	return v.T("contrast.clusters", g.Name, len(g.Clusters))
}

// difference says what a group does beside another, without naming either.
func (v Voice) difference(d insight.Difference) string {
	if d.Kind == insight.KindShare {
		key := "contrast.oftener"
		if d.Value < d.From {
			key = "contrast.rarer"
		}
		return v.T(key, v.clause(d.Column, d.Level, d.Categorical), v.share(d.Value), v.share(d.From))
	}
	w := v.words(d.Column)
	a, b := v.Readable(d.Value), v.withUnit(v.Readable(d.From), w.Unit)
	word, ratio := w.More, d.Value/d.From
	if d.Value < d.From {
		word = w.Less
	}
	switch {
	case word != "" && w.Verb != "":
		return v.T("contrast.than", w.Verb, v.withUnit(v.Readable(math.Abs(d.Value-d.From)), w.Unit), word, a, b)
	case w.Some != "" && d.Value > d.From:
		return v.T("contrast.counted.more", w.Noun, a, b)
	case w.Some != "":
		return v.T("contrast.counted.fewer", w.Noun, a, b)
	case w.Verb == "" || w.After != "" || d.Signed || !(d.From > 0):
		if d.Value < d.From {
			return v.T("contrast.lower", w.Noun, a, b)
		}
		return v.T("contrast.higher", w.Noun, a, b)
	case ratio < 1:
		return v.T("contrast.less", w.Verb, v.Percent(1-ratio, 0), a, b)
	case ratio < 1.5:
		return v.T("contrast.more", w.Verb, v.Percent(ratio-1, 0), a, b)
	}
	return v.T("contrast.times", w.Verb, v.Readable(ratio), a, b)
}
