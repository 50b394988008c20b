package narrate

import (
	"cmp"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Explanation returns the sentences on where a row belongs, what decided, how
// sure it is, and what would lead to the tier above.
func (v Voice) Explanation(e *insight.Explanation) []string {
	e = cmp.Or(e, &insight.Explanation{})
	if e.Next < 0 {
		return []string{v.T("explain.only", e.Tier)}
	}
	out := []string{v.T("explain.place", e.Tier, e.Cluster, e.Next, e.NextTier)}
	return slices.Concat(out, v.Reasons(e), v.Certainty(e), v.Counterfactuals(e, 1))
}

// add appends a sentence where the language has one.
func add(to []string, sentence string) []string {
	if sentence == "" {
		return to
	}
	return append(to, sentence)
}

// ExplanationJSON returns an explanation as JSON, with its sentences.
func (v Voice) ExplanationJSON(e *insight.Explanation) ([]byte, error) {
	e = cmp.Or(e, &insight.Explanation{})
	return jsonfloat.Marshal(*e, jsonfloat.Member{Name: "sentences", Value: v.Explanation(e)})
}

// Reasons returns the sentences on which columns decided for the tier and which
// spoke against it, the strongest first; those that carry less than a twentieth
// are left out.
func (v Voice) Reasons(e *insight.Explanation) []string {
	e = cmp.Or(e, &insight.Explanation{})
	if e.Next < 0 {
		return []string{v.T("explain.only", e.Tier)}
	}
	parts := slices.Clone(e.Contributions)
	slices.SortStableFunc(parts, func(a, b insight.Contribution) int { return cmp.Compare(math.Abs(b.Value), math.Abs(a.Value)) })
	total := 0.0
	for _, c := range parts {
		total += math.Abs(c.Value)
	}
	var pro, contra []string
	for _, c := range parts {
		if math.Abs(c.Value) < 0.05*total {
			continue
		}
		s := v.value(c.Column, c.At)
		word := v.wordOf(e, c)
		switch {
		case c.Imputed && word != "":
			s = v.T("explain.imputed", v.words(c.Column).Noun, v.Word(c.Column, word))
		case c.Imputed:
			s = v.T("explain.imputed", v.words(c.Column).Noun, v.amount(c.Column, c.At))
		case word != "":
			s = v.word(c.Column, word)
		}
		if !c.Categorical {
			halfway := v.Readable(c.Halfway)
			if v.Amount != nil {
				halfway = v.Amount(c.Column, c.Halfway)
			}
			s = v.T("explain.halfway", s, halfway)
		}
		if c.Value > 0 {
			pro = append(pro, s)
		} else {
			contra = append(contra, s)
		}
	}
	var out []string
	rival := v.Rival(e)
	if len(pro) > 0 {
		out = append(out, v.T("explain.for", e.Tier, rival, v.join(pro, "explain.more", "explain.last")))
	}
	if len(contra) > 0 {
		return append(out, v.T("explain.against", rival, v.join(contra, "explain.more", "explain.last")))
	}
	return add(out, v.T("explain.none", rival))
}

// wordOf returns the word of a contribution, also one that the model does not know;
// empty for one of numbers.
func (v Voice) wordOf(e *insight.Explanation, c insight.Contribution) string {
	if c.Word != "" {
		return c.Word
	}
	for _, w := range e.Warnings {
		if w.Kind == segment.UnknownCategory && w.Column == c.Column && w.Known != "" {
			return cmp.Or(w.Word, v.T("value.unknown"))
		}
	}
	return ""
}

// Rival returns the name of the tier that is second, or of the other cluster of the same tier.
func (v Voice) Rival(e *insight.Explanation) string {
	e = cmp.Or(e, &insight.Explanation{})
	if e.NextTier == e.Tier {
		return v.T("explain.rest", e.Tier)
	}
	return e.NextTier
}

// Certainty returns the sentences on how sure the place of a row is; nothing
// where a language mentions it only in borderline cases.
func (v Voice) Certainty(e *insight.Explanation) []string {
	e = cmp.Or(e, &insight.Explanation{})
	if e.Next < 0 {
		return nil
	}
	key := "explain.sure"
	switch {
	case e.Borderline:
		key = "explain.borderline"
	case e.Confidence < 0.3:
		key = "explain.fairly"
	}
	if same := key + ".same"; e.NextTier == e.Tier && v.Has(same) {
		key = same
	}
	return add(nil, v.T(key, v.Rival(e), v.Percent(e.Confidence/(1-e.Confidence), 0)))
}

// Counterfactuals returns the n least changes of one column each that lead to
// the tier above, or that there is none.
func (v Voice) Counterfactuals(e *insight.Explanation, n int) []string {
	e = cmp.Or(e, &insight.Explanation{})
	switch {
	case e.NextBetter == "":
		return add(nil, v.T("change.best", e.Tier))
	case len(e.Counterfactuals) == 0:
		return []string{v.T("change.none", e.Tier, e.NextBetter)}
	}
	var out []string
	for _, c := range e.Counterfactuals[:min(n, len(e.Counterfactuals))] {
		if c.ToWord != "" {
			from := cmp.Or(c.FromWord, v.wordOf(e, insight.Contribution{Column: c.Column}))
			out = append(out, v.Capital(v.T("change.category", v.word(c.Column, c.ToWord), v.Word(c.Column, from), c.Tier)))
			continue
		}
		if c.Categorical {
			out = append(out, v.Capital(v.T("change.category", v.value(c.Column, c.To), v.amount(c.Column, c.From), c.Tier)))
			continue
		}
		key := "change.more"
		if c.By() < 0 {
			key = "change.less"
		}
		if !c.Seen {
			key += ".unseen"
		}
		out = append(out, v.Capital(v.T(key, v.value(c.Column, c.Rounded), v.amount(c.Column, c.From), v.Readable(math.Abs(c.Rounded-c.From)), c.Tier)))
	}
	return out
}

// Dominance returns the sentence on the column that decides nearly alone; empty where none does.
func (v Voice) Dominance(d insight.Dominance) string {
	if d.Dominant == "" {
		return ""
	}
	between := math.NaN()
	if i := slices.IndexFunc(d.Columns, func(s insight.ColumnShare) bool { return s.Column == d.Dominant }); i >= 0 {
		between = d.Columns[i].Between
	}
	return v.T("dominance.alone", d.Dominant, v.Percent(between, 1))
}
