package ask

import (
	"embed"

	"github.com/customer-personality/segmentation/segment/narrate"
)

// Texts are the texts of answers and the words of questions in English and German, a folder
// for [narrate.Read].
//
//go:embed *.json
var Texts embed.FS

// Questions are the words that questions are understood by: for each thing that
// can be meant its phrases, parted by |.
type Questions struct {
	// Decimal is the sign before the decimals of a number: a point or a comma,
	// and the other one parts thousands.
	Decimal string `json:"decimal"`
	// Endings are what the last word of a noun may have behind it, or in place of
	// another end: the plural, s, y>ies.
	Endings string `json:"endings"`
	// Folds are letters that may be written as others: ä as ae. Suffixes are the
	// endings that words may have in questions and phrases alike, the longest first,
	// but for the words Whole. Links stand between the parts of a compound, and
	// Separable are verbs of two words by the one that they make: ausgeben, gibt aus.
	Folds     map[string]string `json:"folds"`
	Suffixes  string            `json:"suffixes"`
	Whole     string            `json:"whole"`
	Links     string            `json:"links"`
	Separable map[string]string `json:"separable"`
	// Objects are words for columns that money is spent on behind its verb, and that
	// mean something else elsewhere: Gold.
	Objects map[string]string `json:"objects"`
	// Things are conditions that customers have and not are: those behind one that is
	// denied by without, and joined to it, are denied too.
	Things string `json:"things"`
	// Postponed are words that stand behind a number and what is before it, by them.
	// Between may stand between the two.
	Postponed map[string]string `json:"postponed"`
	Between   string            `json:"between"`
	// ClauseEnds are the words before which a clause may end, behind the last part of
	// a separable verb.
	ClauseEnds string `json:"clause_ends"`
	// Relatives begin a clause on customers that a verb ends, Participles end one that
	// has one of the Auxiliaries.
	Relatives   string `json:"relatives"`
	Auxiliaries string `json:"auxiliaries"`
	Participles string `json:"participles"`
	// Columns and Bundles are by name; the nouns of the texts are understood too.
	// Verbs say what customers do to have a value in a column, and Totals name one
	// of which the sum is meant where no other figure is named.
	Columns map[string]string `json:"columns"`
	Verbs   map[string]string `json:"verbs"`
	Totals  map[string]string `json:"totals"`
	Bundles map[string]string `json:"bundles"`
	// Levels are further names of values, by column and value; those of the column
	// * are of every column that has such a value.
	Levels map[string]map[string]string `json:"levels"`
	// Conditions are what customers are called that one holds for, by the condition
	// as [Where.String] writes it.
	Conditions map[string]string `json:"conditions"`
	// Aggregates are by name, and Comparisons by that of the operator: those before
	// a number and those behind it. Compared are comparisons that name the column
	// too: by column, then by operator.
	Aggregates  map[string]string            `json:"aggregates"`
	Comparisons map[string]string            `json:"comparisons"`
	Behind      map[string]string            `json:"behind"`
	Compared    map[string]map[string]string `json:"compared"`
	// More and Less are, by column, what those with more and less of it are: older;
	// Most and Least those with the most and the least: the oldest.
	More  map[string]string `json:"more"`
	Less  map[string]string `json:"less"`
	Most  map[string]string `json:"most"`
	Least map[string]string `json:"least"`
	// Units and Scales stand behind a number: by name, and by what they multiply by.
	Units  map[string]string `json:"units"`
	Scales map[string]string `json:"scales"`
	// Words are those that hold a question together, by what they do.
	Words map[string]string `json:"words"`
	// Unknowable is what customers' data cannot tell, by the text that says why.
	Unknowable map[string]string `json:"unknowable"`
	// Wholes are the columns that others stand for where one customer is meant.
	Wholes map[string]string `json:"wholes"`
	// Numbers are further numbers as words, and Quantiles the percentiles that have
	// names: by the number.
	Numbers   map[string]string `json:"numbers"`
	Quantiles map[string]string `json:"quantiles"`
	// Days are what customers did on the day of a column, by column and then by operator:
	// joined, and at least where since is in the phrase. Months are those of the year,
	// from 1, and 1-3 its first quarter.
	Days   map[string]map[string]string `json:"days"`
	Months map[string]string            `json:"months"`
	// Fractions are parts of customers, by how many per cent, and Doers what customers
	// are called who have much of a column.
	Fractions map[string]string `json:"fractions"`
	Doers     map[string]string `json:"doers"`
	// Ordinals end a number that counts in order: 90th.
	Ordinals string `json:"ordinals"`
	// Decades end a number that stands for ten years of age: 30s.
	Decades string `json:"decades"`
	// Small are the numbers from zero as words.
	Small string `json:"small"`
	// Strangers are words that are spelt right and mean nothing here.
	Strangers string `json:"strangers"`
}

// ReadQuestions returns the words that questions are understood by in a language.
// The error is that of [narrate.Language.Part].
func ReadQuestions(l *narrate.Language) (*Questions, error) {
	q := new(Questions)
	return q, l.Part("questions", q)
}
