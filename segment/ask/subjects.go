package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// Subjects say what the columns are about that questions are asked of. What is
// empty is not suggested to ask for.
type Subjects struct {
	features.Subjects

	// Words tell how to speak of columns in English; other languages have them
	// among their texts.
	Words map[string]features.ColumnWords

	// Dates has columns of days of the same customers, which conditions may be on; nil for
	// none. Its other columns are left out.
	Dates *features.Table

	// Check returns an error where no customer can have a value in a column; default: none.
	Check func(column string, v float64) error
}

// groups are the names of the groups of columns: see [features.Subjects.Group].
var groups = []string{"products", "channels", "campaigns"}

// age returns the column that age groups are made of.
func (s Subjects) age() string { return s.Same[s.Ages] }

// product returns the column of the first product.
func (s Subjects) product() string {
	if len(s.Products) == 0 {
		return ""
	}
	return s.Products[0].Column
}

// words returns the columns of a table whose values can be named: those that were
// read, and then the categories that were made of them. A value in several
// columns is taken from the first.
func (s Subjects) words(set *features.Table) []string {
	var read []string
	for _, c := range set.Columns() {
		if !c.Kind.Numeric() && c.Name != "tier" && !slices.Contains(s.Categories, c.Name) {
			read = append(read, c.Name)
		}
	}
	return append(read, s.Categories...)
}

// numbers returns the columns of the model that are numbers.
func (s session) numbers() []string {
	return slices.DeleteFunc(s.Model.Columns(), func(name string) bool { return !s.Set.Series(name).Kind().Numeric() })
}

// word returns the i-th column of words, "" where there is none.
func (s session) word(i int) string {
	if words := s.Subjects.words(s.Set); i < len(words) {
		return words[i]
	}
	return ""
}
