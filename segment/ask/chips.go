package ask

import (
	"net/url"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// A Choice is one of the values that a field of a query may have.
type Choice struct {
	Value, Label string
	Chosen       bool
}

// A Field is a part of a query, by its name among [Query.Values], with what it may be
// instead.
type Field struct {
	Name, Label string
	Choices     []Choice
}

// A Chip is a condition of a query in words, with the query without it.
type Chip struct {
	Label   string
	Without Query
}

// Chips are a query as it is shown above its answer: what may be chosen, the
// conditions, and the values that stay as they are. A condition that nothing would be
// asked without has the zero query.
type Chips struct {
	Fields []Field
	Among  []Chip
	Whole  []Chip // of a share: the conditions of the whole, and Among those of the part
	Parted bool   // whether the query is a share
	Kept   url.Values
	ReadBy string // who read the question, where it was no grammar; empty for one
}

// fieldsOf are the fields of a query that may be chosen, by its kind.
var fieldsOf = map[Intent][]string{
	Figure: {"how", "of", "by", "where"}, Share: {"part", "by"}, Distribution: {"of", "by", "where"}, Names: {"of", "where"},
	ColumnGroup: {"group", "by", "where"}, Relation: {"where"}, Concentration: {"of", "where"}, Compare: {"how"},
}

// Chips returns a query as it is shown above its answer; nothing to choose where its
// kind leaves no choice, and none for the zero query.
func (a *Answerer) Chips(q Query, l *narrate.Language) Chips {
	if a.empty() || l == nil || q.IsZero() {
		return Chips{}
	}
	s := session{Answerer: a, l: l}
	out := Chips{Kept: q.Values()}
	out.Kept.Del("note")
	if slices.Contains(q.Notes, noteModel) {
		out.ReadBy = l.T("ask.chip.model")
	}
	for _, name := range fieldsOf[q.Intent] {
		if field, ok := s.field(q, name); ok {
			out.Fields = append(out.Fields, field)
			out.Kept.Del(name)
			if name == "part" {
				out.Kept.Del("of") // which is in its values
			}
			if name == "where" {
				rest := slices.DeleteFunc(slices.Clone(q.Where), func(c Clause) bool { return tierOf(Where{c}) != "" })
				if len(rest) > 0 {
					out.Kept.Set("where", rest.String())
				}
			}
		}
	}
	if out.Parted = q.Intent == Share; out.Parted {
		s.chipsOfShare(&out, q)
		return out
	}
	for i, c := range q.Where {
		if tierOf(Where{c}) != "" && slices.Contains(fieldsOf[q.Intent], "where") {
			continue // it is chosen
		}
		without := q
		without.Corrections, without.Notes = nil, nil
		without.Where = slices.Delete(slices.Clone(q.Where), i, i+1)
		out.Among = append(out.Among, Chip{Label: s.population(Where{c}), Without: without})
	}
	return out
}

// chipsOfShare adds the conditions of the part and those of the whole.
func (s session) chipsOfShare(out *Chips, q Query) {
	q.Corrections, q.Notes = nil, nil
	without := func(w Where, c Clause) Where {
		return slices.DeleteFunc(slices.Clone(w), func(o Clause) bool { return (Where{o}).String() == (Where{c}).String() })
	}
	part := s.beyond(q)
	for _, c := range part {
		chip := Chip{Label: s.population(Where{c})}
		if len(part) > 1 || len(q.By) > 0 || q.WholeOf != "" && q.Measures[0] != q.WholeOf {
			chip.Without = q
			chip.Without.Where = without(q.Where, c)
		}
		out.Among = append(out.Among, chip)
	}
	for _, c := range q.Whole {
		less := q
		less.Where, less.Whole = without(q.Where, c), without(q.Whole, c)
		out.Whole = append(out.Whole, Chip{Label: s.population(Where{c}), Without: less})
	}
}

// shareChoices are what a share may be of: the customers, a total, or a part of one.
func (s session) shareChoices(q Query) (out []Choice) {
	add := func(of, whole, label string) {
		out = append(out, Choice{Value: shareOf(of, whole), Label: label, Chosen: whole == q.WholeOf && (whole == "" || slices.Equal(q.Measures, []string{of}))})
	}
	some := len(s.beyond(q)) > 0 || len(q.By) > 0
	if some {
		add("", "", s.l.T("who.customers"))
	}
	for _, c := range s.data.Columns() {
		if some && s.grammar(s.l).summable(c.Name) && !c.Kind.Binary() {
			add(c.Name, c.Name, s.aggregateName(features.Sum, c.Name))
		}
		for _, whole := range []string{s.Subjects.Revenue, "purchases"} {
			if s.partOf(c.Name, whole) {
				add(c.Name, whole, s.l.T("ask.choice.part", s.l.Noun(c.Name), s.aggregateName(features.Sum, whole)))
			}
		}
	}
	return out
}

// field returns a field of a query with what it may be.
func (s session) field(q Query, name string) (Field, bool) {
	f := Field{Name: name, Label: s.l.T("ask.field." + name)}
	first := func(values []string) string { return append(slices.Clone(values), "")[0] }
	add := func(value, label, chosen string) {
		f.Choices = append(f.Choices, Choice{Value: value, Label: label, Chosen: value == chosen})
	}
	switch name {
	case "how":
		for _, how := range []features.Aggregate{features.Count, features.Mean, features.Median, features.Sum, features.Min, features.Max, StdDev} {
			if q.Intent == Figure && (len(q.Measures) == 0) == (how == features.Count) || q.Intent == Compare && len(q.Measures) > 0 && how != features.Count {
				add(string(how), s.l.T("ask.how."+string(how)), string(q.Aggregate))
			}
		}
		if q.Aggregate == Percentile {
			return f, false
		}
	case "part":
		f.Choices = s.shareChoices(q)
	case "of":
		if len(q.Measures) != 1 {
			return f, false
		}
		for _, c := range s.data.Columns() {
			if c.Kind.Numeric() {
				add(c.Name, s.l.Noun(c.Name), first(q.Measures))
			}
		}
	case "by":
		if len(q.By) > 1 {
			return f, false
		}
		if q.Intent != Share || len(q.Where) > len(q.Whole) {
			add("", s.l.T("ask.by.none"), first(q.By))
		}
		for _, c := range s.data.Columns() {
			if !c.Kind.Numeric() || slices.Contains(q.By, c.Name) {
				add(c.Name, s.l.Noun(c.Name), first(q.By))
			}
		}
	case "group":
		for _, g := range groups {
			if len(s.Subjects.Group(g)) > 0 {
				add(g, s.l.T("bundle."+g), q.ColumnGroup)
			}
		}
	case "where":
		tier := tierOf(q.Where)
		chosen := ""
		if tier != "" {
			chosen = tierIs(tier).String()
		}
		add("", s.l.T("who.all"), chosen)
		for _, t := range s.Tiers {
			add(tierIs(t).String(), t, chosen)
		}
	}
	return f, len(f.Choices) > 1
}
