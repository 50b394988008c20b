package narrate

import (
	"cmp"
	"maps"
	"strconv"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// A Voice writes facts as sentences of one language.
type Voice struct {
	*Language

	// Words tell how to speak of columns, by name. What is not there is taken
	// from the texts of the language, and else from the name of the column.
	Words map[string]features.ColumnWords

	// Amount writes a value of a column; default: two or three digits, and the
	// unit.
	Amount func(column string, v float64) string

	// Value names a column with one of its values; default: "income of 80,000".
	Value func(column string, v float64) string
}

// For returns the voice with the units of the columns of a model where neither
// its own words nor its language have one.
func (v Voice) For(m *segment.Model) Voice {
	words := maps.Clone(v.Words)
	if words == nil {
		words = map[string]features.ColumnWords{}
	}
	for _, name := range m.Columns() {
		if w := words[name]; w.Unit == "" && v.Unit(name) == "" {
			w.Unit = m.Unit(name)
			words[name] = w
		}
	}
	v.Words = words
	return v
}

// words returns the words for a column: its Words, and where they are silent
// the texts of the language, says.did.complain before did.complain: in German a verb
// stands elsewhere in a sentence than in a clause of customers who complained.
func (v Voice) words(column string) features.ColumnWords {
	w := v.Words[column]
	for key, to := range map[string]*string{
		"noun.": &w.Noun, "in.": &w.Unit, "verb.": &w.Verb, "after.": &w.After, "more.": &w.More, "less.": &w.Less, "did.": &w.Some, "didnot.": &w.Zero,
	} {
		*to = cmp.Or(*to, v.text("says."+key+column), v.text(key+column))
	}
	w.Noun = cmp.Or(w.Noun, v.Language.Noun(column))
	return w
}

// Noun returns what a column is called.
func (v Voice) Noun(column string) string { return v.words(column).Noun }

// level returns what those do that have a value of a category.
func (v Voice) level(column, level string) string {
	return cmp.Or(v.Words[column].Levels[level], v.text("says.level."+column+"."+level), v.text("level."+column+"."+level), v.T("says.level", v.words(column).Noun, v.Word(column, level)))
}

func (v Voice) amount(column string, x float64) string {
	if v.Amount != nil {
		return v.Amount(column, x)
	}
	return v.withUnit(v.Readable(x), v.words(column).Unit)
}

func (v Voice) withUnit(number, unit string) string {
	if unit == "" {
		return number
	}
	return v.T("number.unit", number, unit)
}

// word names a column of words with one of them: "gender: Female".
func (v Voice) word(column, word string) string {
	return v.T("value.word", v.words(column).Noun, v.Word(column, word))
}

func (v Voice) value(column string, x float64) string {
	if v.Value != nil {
		return v.Value(column, x)
	}
	return v.T("value.of", v.words(column).Noun, v.amount(column, x))
}

// ModelWarnings returns what is doubtful in a model as sentences, but for what
// the language has no text for: English leaves FewDistinct out.
func (v Voice) ModelWarnings(m *segment.Model) []string {
	var out []string
	for _, w := range m.Warnings() {
		if key := "models.warn." + string(w.Kind); v.Has(key) {
			out = append(out, v.Count(key, w.Iterations, w.Column, v.Percent(w.Share, 1), v.Capital(v.Noun(w.Column)), v.N(w.K), strconv.Itoa(w.Iterations), v.N(w.Rows), v.N(w.Most)))
		}
	}
	return out
}
