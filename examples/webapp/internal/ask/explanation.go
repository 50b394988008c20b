package ask

import (
	"math"
	"slices"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Result tells in sentences where a customer is put, how sure that is, why, and
// what would have to change: the first answer of a conversation.
func (a *Answerer) Result(e *insight.Explanation, customer []float64, l *texts.Language) Answer {
	s := session{a, l, customer}
	out := Answer{Understood: true, Text: []string{l.T("ask.is", e.Tier)}}
	if g, ok := a.Profile.Group(e.Tier); ok {
		out.Text[0] += " " + l.T("ask.is.share", s.percent(g.Share))
	}
	out.Text = append(out.Text, s.certainty(e)...)
	out.Text = append(out.Text, s.warnings(customer, e)...)
	out.Text = append(out.Text, s.reasons(e)...)
	if e.NextBetter != "" {
		out.Text = append(out.Text, s.changes(e)[0])
	}
	out.Chart = s.waterfall(e)
	out.Suggestions = []string{l.T("ask.q.alike"), l.T("ask.q.buy", e.Tier)}
	if i := slices.Index(a.Model.Columns(), "income"); i >= 0 {
		income := "70000"
		if customer[i] > 60000 {
			income = "40000"
		}
		out.Suggestions = append(out.Suggestions, l.T("ask.q.if", l.Noun("income"), income))
	}
	if e.NextTier != "" && e.NextTier != e.Tier {
		out.Suggestions = append(out.Suggestions, l.T("ask.q.compare", e.Tier, e.NextTier))
	}
	return out
}

// certainty tells how sure a decision is.
func (s session) certainty(e *insight.Explanation) []string {
	switch {
	case e.Next < 0:
		return nil
	case e.Borderline && e.NextTier != e.Tier:
		return []string{s.l.T("ask.sure.borderline", e.NextTier)}
	case e.NextTier == e.Tier:
		return []string{s.l.T("ask.sure.same", e.Tier)}
	case e.Confidence < 0.3:
		return []string{s.l.T("ask.sure.fairly", e.NextTier, s.percent(e.Confidence/(1-e.Confidence)))}
	}
	return []string{s.l.T("ask.sure", e.NextTier)}
}

// reasons are the explanation in words.
func (s session) reasons(e *insight.Explanation) []string {
	if e.Next < 0 {
		return []string{s.l.T("ask.why.only", e.Tier)}
	}
	rival := s.rival(e)
	parts := slices.Clone(e.Contributions)
	slices.SortStableFunc(parts, func(a, b insight.Contribution) int {
		switch x, y := math.Abs(a.Value), math.Abs(b.Value); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	total := 0.0
	for _, part := range parts {
		total += math.Abs(part.Value)
	}
	var pro, contra []string
	for _, part := range parts {
		if math.Abs(part.Value) < 0.05*total {
			continue
		}
		text := s.l.T("ask.why.part", s.value(part.Column, part.At), s.number(part.Column, "", round(part.Halfway)))
		if part.Imputed {
			text = s.l.T("ask.why.taken", s.l.Noun(part.Column), s.number(part.Column, "", part.At))
		}
		if part.Value > 0 {
			pro = append(pro, text)
		} else {
			contra = append(contra, text)
		}
	}
	var out []string
	if len(pro) > 0 {
		out = append(out, s.l.T("ask.why.for", e.Tier, rival, s.l.And(pro)))
	}
	if len(contra) > 0 {
		return append(out, s.l.T("ask.why.against", rival, s.l.And(contra)))
	}
	return append(out, s.l.T("ask.why.none", rival))
}

// rival names the tier that is second.
func (s session) rival(e *insight.Explanation) string {
	if e.NextTier == e.Tier {
		return s.l.T("ask.rest", e.Tier)
	}
	return e.NextTier
}

// warnings tell of values that are missing, or outside what the model was
// trained on.
func (s session) warnings(row []float64, e *insight.Explanation) []string {
	var out []string
	for j, r := range s.Model.Ranges() {
		name, v := s.Model.Columns()[j], row[j]
		switch {
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

func (s session) changes(e *insight.Explanation) []string {
	if e.NextBetter == "" {
		return []string{s.l.T("ask.change.best", e.Tier)}
	}
	if len(e.Counterfactuals) == 0 {
		return []string{s.l.T("ask.change.none", e.Tier, e.NextBetter)}
	}
	var out []string
	for _, c := range e.Counterfactuals[:min(3, len(e.Counterfactuals))] {
		key := "ask.change.more"
		if c.Rounded < c.From {
			key = "ask.change.less"
		}
		text := s.l.Capital(s.l.T(key, s.value(c.Column, c.Rounded), s.number(c.Column, "", c.From), s.number("", "", math.Abs(c.Rounded-c.From)), c.Tier))
		if !c.Seen {
			text += " " + s.l.T("ask.change.unseen")
		}
		out = append(out, text)
	}
	return out
}

// Says is a statement on a tier in words, without naming the tier: "spends 2.3
// times the average (1,394 against 606)".
func Says(l *texts.Language, s insight.Statement) string {
	if s.Kind == insight.KindShare {
		return l.T("says.share", many(l, s.Value, s.Overall), does(l, s), l.Percent(s.Overall, digits(s.Overall)))
	}
	value, everybody := readable(l, s.Value), readable(l, s.Overall)
	key, gap := "says."+s.Column, s.Value-s.Overall
	switch {
	case l.Has(key+".more") && gap > 0:
		return l.T(key+".more", readable(l, gap), value, everybody)
	case l.Has(key + ".less"):
		return l.T(key+".less", readable(l, -gap), value, everybody)
	case l.Has(key) && s.Overall > 0 && s.Value >= 0:
		return l.T(key, Ratio(l, s.Value/s.Overall), value, everybody)
	}
	return l.T("says.mean", l.Noun(s.Column), value, everybody)
}

// does tells what those do that a share is of.
func does(l *texts.Language, s insight.Statement) string {
	key, other := "level."+s.Column+"."+s.Level, "says.level"
	switch s.Level {
	case ">0":
		key, other = "did."+s.Column, "says.some"
	case "0":
		key, other = "didnot."+s.Column, "says.none"
	}
	if l.Has(key) {
		return l.T(key)
	}
	return l.T(other, l.Noun(s.Column), s.Level)
}

// many is a share p in words where those are plain, beside everybody's q.
func many(l *texts.Language, p, q float64) string {
	switch {
	case p > 0.995:
		return l.T("many.all")
	case p > 0.95:
		return l.T("many.nearly")
	case p < 0.005:
		return l.T("many.nobody")
	case p < 0.05:
		return l.T("many.hardly")
	case math.Round(10*p) == math.Round(10*q):
		return l.Percent(p, 0)
	}
	return l.T("many.of", int(math.Round(10*p)))
}

// Ratio tells how far a figure is above or below the average, before that word:
// "2.3 times", "40 % less than".
func Ratio(l *texts.Language, r float64) string {
	switch {
	case r >= 1.95 && r < 2.05:
		return l.T("ratio.twice")
	case r >= 1.5:
		return l.T("ratio.times", readable(l, r))
	case r >= 1:
		return l.T("ratio.more", l.Percent(r-1, 0))
	}
	return l.T("ratio.less", l.Percent(1-r, 0))
}

// readable writes a figure with as many decimals as make two or three digits.
func readable(l *texts.Language, v float64) string {
	decimals := 0
	switch a := math.Abs(v); {
	case a < 0.995:
		decimals = 2
	case a < 99.95:
		decimals = 1
	}
	for scale := math.Pow10(decimals - 1); decimals > 0 && math.Round(v*scale*10) == 10*math.Round(v*scale); scale /= 10 {
		decimals--
	}
	return l.Number(v, decimals)
}

// digits are the decimals of a share in per cent.
func digits(share float64) int {
	if share > 0 && share < 0.01 {
		return 1
	}
	return 0
}
