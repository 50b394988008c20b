package narrate

import (
	"cmp"
	"slices"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Comparison returns the verdict on a new model, and its reasons.
func (v Voice) Comparison(c *insight.Comparison) []string {
	c = cmp.Or(c, &insight.Comparison{})
	return append([]string{v.Verdict(c)}, v.ComparisonReasons(c)...)
}

// Verdict returns the sentence on a new model alone. Where it segments much as the old
// one did, and the customers are others, that is what it says.
func (v Voice) Verdict(c *insight.Comparison) string {
	c = cmp.Or(c, &insight.Comparison{})
	verdict := string(c.Verdict)
	if c.Verdict == insight.VerdictChanged && c.AdjustedRand >= insight.DisagreeBelow && 1-c.Stay <= insight.MovedMany {
		verdict = "population"
	}
	return v.T("compare.verdict." + verdict)
}

// ComparisonReasons returns the sentences on what the verdict rests on, with the thresholds.
func (v Voice) ComparisonReasons(c *insight.Comparison) []string {
	c = cmp.Or(c, &insight.Comparison{})
	var out []string
	say := func(key string, args ...any) { out = append(out, v.T("compare."+key, args...)) }
	number := v.Number
	agree, disagree := number(insight.AgreeFrom, 2), number(insight.DisagreeBelow, 2)
	switch rand := number(c.AdjustedRand, 3); {
	case c.AdjustedRand >= insight.AgreeFrom:
		say("agree", rand, agree)
	case c.AdjustedRand >= insight.DisagreeBelow:
		say("part", rand, disagree, agree)
	default:
		say("others", rand, disagree)
	}
	moved := 1 - c.Stay
	how := v.T("compare.moved", v.Percent(moved, 1), v.Percent(c.Up, 1), v.Percent(c.Down, 1))
	switch {
	case moved <= insight.MovedFew:
		say("upto", how, v.Percent(insight.MovedFew, 0))
	case moved <= insight.MovedMany:
		say("beyond", how, v.Percent(insight.MovedFew, 0))
	default:
		say("beyond", how, v.Percent(insight.MovedMany, 0))
	}
	for _, m := range c.Matches {
		switch {
		case !c.Known(m):
		case m.New < 0:
			say("gone", m.Old, m.OldTier)
		case m.Old < 0:
			say("new", m.New, m.NewTier)
		case m.OldTier != m.NewTier:
			say("renamed", m.Old, m.OldTier, m.New, m.NewTier)
		}
	}
	stable := number(insight.PSIStable, 2)
	for _, d := range c.Drift {
		switch {
		case d.PSI > insight.PSIShifted:
			say("population", v.Noun(d.Column), number(d.PSI, 2), number(insight.PSIShifted, 2))
		case d.PSI >= insight.PSIStable:
			say("shifted", v.Noun(d.Column), number(d.PSI, 2), stable)
		case d.KS > d.KSCritical:
			say("chance", v.Noun(d.Column), number(d.KS, 3), number(d.KSCritical, 3), number(d.PSI, 3), stable)
		}
	}
	if len(c.Drift) > 0 && !slices.ContainsFunc(c.Drift, func(d insight.Drift) bool { return d.PSI >= insight.PSIStable }) {
		say("steady", stable)
	}
	return out
}

// ComparisonJSON returns a comparison with its reasons and sentences, as JSON.
func (v Voice) ComparisonJSON(c *insight.Comparison) ([]byte, error) {
	c = cmp.Or(c, &insight.Comparison{})
	return jsonfloat.Marshal(*c, jsonfloat.Member{Name: "reasons", Value: v.ComparisonReasons(c)}, jsonfloat.Member{Name: "sentences", Value: v.Comparison(c)})
}

// KeptAbove returns the sentence on a cluster that keeps the name of a tier
// which is no longer in the order of value.
func (v Voice) KeptAbove(k insight.KeptAbove) string {
	return v.T("compare.kept", k.Cluster, k.Tier, k.Below, k.BelowTier)
}
