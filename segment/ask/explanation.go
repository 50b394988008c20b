package ask

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// Result returns the first answer of a conversation: the tier of a customer, how
// sure that is, why, and what would have to change. Customer has the values that
// were explained, in the order of the model's columns.
func (a *Answerer) Result(e *insight.Explanation, customer []float64, l *narrate.Language) Answer {
	if a.empty() || e == nil || len(customer) != len(a.Model.Columns()) {
		return Answer{}
	}
	s := session{a, l, customer}
	out := Answer{Understood: true, Text: []string{l.T("ask.is", e.Tier)}}
	if g, ok := a.Profile.Group(e.Tier); ok {
		out.Text[0] += " " + l.T("ask.is.share", s.percent(g.Share))
	}
	out.Text = slices.Concat(out.Text, s.voice().Certainty(e), s.warnings(customer, e), s.reasons(e))
	if e.NextBetter != "" {
		out.Text = append(out.Text, s.voice().Counterfactuals(e, 1)[0])
	}
	out.Chart = s.waterfall(e)
	out.Suggestions = []string{l.T("ask.q.alike"), l.T("ask.q.buy", e.Tier)}
	if i := slices.Index(a.Model.Columns(), a.Subjects.Income); i >= 0 {
		out.Suggestions = append(out.Suggestions, ifQuestion(l, a.Subjects.Income, s.other(a.Subjects.Income, "70000", "40000", customer[i])))
	}
	if e.NextTier != "" && e.NextTier != e.Tier {
		out.Suggestions = append(out.Suggestions, l.T("ask.q.compare", e.Tier, e.NextTier))
	}
	out.Suggestions = slices.DeleteFunc(out.Suggestions, func(q string) bool { return !s.reads(q) })
	return out
}

// reasons tell why, with what is halfway to the other tier in three digits or so.
func (s session) reasons(e *insight.Explanation) []string {
	rounded := *e
	rounded.Contributions = slices.Clone(e.Contributions)
	for i := range rounded.Contributions {
		c := &rounded.Contributions[i]
		c.Halfway = round(c.Halfway)
	}
	return s.voice().Reasons(&rounded)
}

// warnings tell of values that are missing or outside the range of the training, and
// of words that it did not see.
func (s session) warnings(row []float64, e *insight.Explanation) []string {
	var out []string
	for j, r := range s.Model.Ranges() {
		name, v := s.Model.Columns()[j], row[j]
		switch {
		case v == v && !s.Set.Series(name).Kind().Numeric(): // the code of a word
			for _, w := range e.Warnings {
				if word := cmp.Or(w.Word, s.l.T("value.unknown")); w.Kind != segment.UnknownCategory || w.Column != name {
					continue
				} else if w.Known == "" {
					out = append(out, s.l.T("ask.warn.unknown", s.l.Noun(name), word))
				} else {
					out = append(out, s.l.T("ask.warn.unseen", s.l.Noun(name), word, w.Known))
				}
			}
		case v != v && j < len(e.Contributions):
			out = append(out, s.l.T("ask.warn.taken", s.l.Noun(name), s.number(name, "", e.Contributions[j].At)))
		case v != v:
			out = append(out, s.l.T("ask.warn.missing", s.l.Noun(name)))
		case v < r.Min || v > r.Max:
			out = append(out, s.l.T("ask.warn.outside", s.value(name, v), s.number(name, "", r.Min), s.number(name, "", r.Max)))
		}
	}
	return out
}

// Voice returns the voice of a language, with words for columns in English; other
// languages have them among their texts.
func Voice(l *narrate.Language, english map[string]features.ColumnWords) narrate.Voice {
	v := narrate.Voice{Language: l}
	if l == nil || l.Lang == "en" {
		v.Words = english
	}
	return v
}

// voice says facts with the values of columns written as in answers.
func (s session) voice() narrate.Voice {
	v := Voice(s.l, s.Subjects.Words)
	v.Amount = func(column string, x float64) string { return s.number(column, "", x) }
	v.Value = s.value
	return v
}

// counterfactual answers what would have to change for a better tier, or for the one
// that is asked for.
func (s session) counterfactual(q Query, e *insight.Explanation) (Answer, error) {
	to := *e
	if q.Toward != "" {
		if q.Toward == e.Tier {
			return Answer{Text: []string{s.l.T("ask.change.there", e.Tier)}}, nil
		}
		changes, err := s.Explainer.Toward(s.customer, q.Toward)
		if err != nil {
			return Answer{}, err
		}
		to.NextBetter, to.Counterfactuals = q.Toward, changes
	}
	out := Answer{Text: s.voice().Counterfactuals(&to, 3)}
	if to.NextBetter != "" && len(to.Counterfactuals) > 0 {
		c := to.Counterfactuals[0]
		out.Suggestions = []string{ifQuestion(s.l, c.Column, strconv.FormatFloat(c.Rounded, 'f', -1, 64))}
	}
	return out, nil
}

// waterfall shows what speaks for a tier and against it.
func (s session) waterfall(e *insight.Explanation) *chart.Chart {
	if e.Next < 0 || len(e.Contributions) == 0 {
		return nil
	}
	rival := s.voice().Rival(e)
	c := &chart.Chart{
		Title: s.l.T("ask.waterfall", e.Tier, rival), Kind: chart.Waterfall,
		X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.waterfall.axis", e.Tier, rival)},
		Reading: s.l.T("ask.waterfall.reading"),
	}
	hundredth := func(v float64) float64 { return math.Round(v*100) / 100 }
	add := func(name string, v float64, against plots.Color) {
		color := s.TierColor(e.Tier)
		if v < 0 {
			color = against
		}
		c.Categories, c.Colors = append(c.Categories, name), append(c.Colors, color)
		c.Series[0].Values = append(c.Series[0].Values, chart.Number(hundredth(v)))
	}
	c.Series = []chart.Series{{Name: s.l.T("ask.waterfall.for", e.Tier)}}
	against := s.TierColor(e.NextTier)
	if e.NextTier == e.Tier {
		against = plots.RankColor(-1)
	}
	parts, sum := slices.Clone(e.Contributions), 0.0
	slices.SortStableFunc(parts, func(a, b insight.Contribution) int { return cmp.Compare(hundredth(b.Value), hundredth(a.Value)) })
	for _, part := range parts {
		add(s.l.T("ask.waterfall.part", s.l.Noun(part.Column), s.number(part.Column, "", part.At)), part.Value, against)
		sum += hundredth(part.Value)
	}
	add(s.l.T("ask.waterfall.sum"), sum, s.TierColor(e.NextTier))
	return c
}
