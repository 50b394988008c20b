package ask

import (
	"context"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// Population names customers: "customers with marital status Married"; all of them where
// w is empty.
func (a *Answerer) Population(w Where, l *narrate.Language) string {
	if a.empty() {
		return ""
	}
	return session{Answerer: a, l: l}.subject(w)
}

// mostChoices is how many words a column may have that customers are filtered by: a
// longer list cannot be chosen from.
const mostChoices = 100

// Filters are conditions on customers as a form.
type Filters struct {
	// Fields are the columns of words with what they may be, chosen as the conditions
	// have it; the values are clauses as [Where.String] writes them.
	Fields []Field
	// Others are the conditions that no field has.
	Others Where
	// Chips are the conditions in words, with the ones that are left without each.
	Chips []FilterChip
}

// A FilterChip is a condition in words, with the conditions without it.
type FilterChip struct {
	Label   string
	Without Where
}

// Filters returns the columns of words, but for the tier, that customers can be
// filtered by, as they are in w: those that have 2 to 100 words. The error is that of ctx.
func (a *Answerer) Filters(ctx context.Context, w Where, l *narrate.Language) (Filters, error) {
	if a.empty() {
		return Filters{}, nil
	}
	s, out := session{Answerer: a, l: l}, Filters{Others: slices.Clone(w)}
	for _, name := range a.Subjects.words(a.Set) {
		levels := a.Set.Series(name).Levels()
		if len(levels) < 2 || len(levels) > mostChoices {
			continue
		}
		f := Field{Name: name, Label: l.Capital(l.Noun(name)), Choices: []Choice{{Label: l.T("filter.any")}}}
		add := func(c features.Condition, label string) {
			value := Where{{c}}.String()
			chosen := slices.IndexFunc(out.Others, func(o Clause) bool { return Where{o}.String() == value })
			if chosen >= 0 {
				out.Others = slices.Delete(out.Others, chosen, chosen+1)
			}
			f.Choices = append(f.Choices, Choice{Value: value, Label: label, Chosen: chosen >= 0})
		}
		for i, label := range spanned(l, name, levels) {
			add(features.Condition{Column: name, Op: features.Is, Words: levels[i : i+1]}, label)
		}
		missing := features.Condition{Column: name, Op: Missing}
		unknown, err := a.rows(ctx, Where{{missing}})
		if err != nil {
			return Filters{}, err
		}
		if len(unknown) > 0 {
			add(missing, l.T("word.unknown"))
		}
		out.Fields = append(out.Fields, f)
	}
	for i, c := range w {
		label := s.population(Where{c})
		if len(c) == 1 && c[0].Op == features.Is && len(c[0].Words) > 0 {
			label = l.T("value.word", l.Capital(l.Noun(c[0].Column)), l.Or(spanned(l, c[0].Column, c[0].Words)))
		}
		out.Chips = append(out.Chips, FilterChip{Label: label, Without: slices.Delete(slices.Clone(w), i, i+1)})
	}
	return out, nil
}

// spanned returns the words of a column as a language calls them, or else with what they
// span where it says so: "Adult (20 to 39 years)".
func spanned(l *narrate.Language, column string, levels []string) []string {
	out := named(l, column, levels)
	for i, level := range levels {
		if key := "span." + column + "." + level; out[i] == level && l.Has(key) {
			out[i] = l.T("noun.unit", level, l.T(key))
		}
	}
	return out
}
