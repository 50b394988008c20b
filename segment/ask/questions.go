package ask

import (
	"embed"

	"github.com/customer-personality/segmentation/segment/narrate"
)

// Texts are the texts of answers and the words of questions in English, a folder
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
	// Columns and Bundles are by name; the nouns of the texts are understood too.
	Columns map[string]string `json:"columns"`
	Bundles map[string]string `json:"bundles"`
	// Levels are further names of values, by column and value.
	Levels map[string]map[string]string `json:"levels"`
	// Aggregates are by name, and Comparisons by that of the operator. Compared
	// are comparisons that name the column too: by column, then by operator.
	Aggregates  map[string]string            `json:"aggregates"`
	Comparisons map[string]string            `json:"comparisons"`
	Compared    map[string]map[string]string `json:"compared"`
	// Intents are what tells one kind of question from another; those that end
	// in .first do so as the first words only.
	Intents map[string]string `json:"intents"`
	// Roles are words that hold a question together, by what they do.
	Roles map[string]string `json:"roles"`
	// Wholes are the columns that others stand for where one customer is meant.
	Wholes map[string]string `json:"wholes"`
	// Small are the numbers from zero as words.
	Small string `json:"small"`
}

// ReadQuestions returns the words that questions are understood by in a language.
// The error is that of [narrate.Language.Part].
func ReadQuestions(l *narrate.Language) (*Questions, error) {
	q := new(Questions)
	return q, l.Part("questions", q)
}
