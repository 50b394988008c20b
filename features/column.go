package features

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/customer-personality/segmentation/internal/editdistance"
)

// A Kind is the type of a column.
type Kind uint8

const (
	Integer    Kind = iota + 1 // a whole number
	Amount                     // a number, of money as a rule
	Category                   // one of a few words
	Date                       // a calendar day
	Flag                       // 0 or 1
	Bool                       // true or false, in files and matrices 1 or 0
	Identifier                 // the id of a row: text, and no number even where it is written in digits
	Percent                    // a share in hundredths, as percent signs write it: 45 for 45 %
	FreeText                   // text that is different in nearly every row
)

// String returns the name of the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

var kindNames = [...]string{"unknown", "integer", "amount", "category", "date", "flag", "bool", "identifier", "share", "free text"}

// KindOf returns the kind of a name that String gives, without regard to case
// and blanks.
func KindOf(name string) (Kind, error) {
	for k, n := range kindNames[1:] {
		if key(n) == key(name) {
			return Kind(k + 1), nil
		}
	}
	return 0, fmt.Errorf("%w: there is no kind %q; want %s", ErrOptions, cut(name), list(kindNames[1:], "or"))
}

// A Column describes one column of a table.
type Column struct {
	Name     string   // canonical name, as our files, matrices and frames have it: "year_birth"
	Kind     Kind     // type of the values
	Required bool     // whether a campaign file must have it
	Nullable bool     // whether a customer may have no value in it
	Unit     string   // of the numbers, "years"; empty for amounts in the currency of the file and for counts
	Meaning  string   // what it means, with unit
	Levels   []string // known words of a Category in the order in which they are shown; others are sorted behind them
}

// Columns describes the 29 columns of a campaign file in the order of
// [Customer]. Those that the engineered features and the cleaning need are
// required. The slice is the caller's own.
func Columns() []Column { return columnsOf(schema[:rawColumns]) }

// EngineeredColumns describes the nine columns that [Engineer] adds, in their
// order in a table. The slice is the caller's own.
func EngineeredColumns() []Column { return columnsOf(schema[rawColumns:]) }

func columnsOf(fields []Field) []Column {
	list := make([]Column, len(fields))
	for i, f := range fields {
		list[i] = f.Column
		list[i].Levels = slices.Clone(f.Levels)
	}
	return list
}

// TrainingColumns names the five columns that segments are trained on, in the
// order that models and programs keep: age, spent, tenure, children, income.
// It is meant to be read, not changed.
var TrainingColumns = []string{"age", "spent", "tenure", "children", "income"}

// ValueColumns names those of the training columns that make a segment
// valuable: income and spent. It is meant to be read, not changed.
var ValueColumns = []string{"income", "spent"}

// byKey finds a column by the key of its name.
var byKey = func() map[string]int {
	m := make(map[string]int, len(schema))
	for i, f := range schema {
		m[key(f.Name)] = i
	}
	return m
}()

// key returns a name without what spellings differ in: case, blanks,
// underscores, hyphens, dots and marks.
func key(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// SameName reports whether two names are those of one column: the same, or such as
// differ in case, blanks and marks only.
func SameName(a, b string) bool { return a == b || key(a) == key(b) && key(a) != "" }

// lookup finds a column of a table by name, as people write it.
func lookup(name string) (int, error) {
	if col, ok := byKey[key(name)]; ok {
		return col, nil
	}
	return 0, &ColumnError{Column: name, Near: nearest(name, columnsOf(schema)), Err: ErrUnknownColumn}
}

// nearest returns up to three names of columns that a misspelt one may stand
// for, the closest first.
func nearest(name string, columns []Column) []string {
	k := key(name)
	if k == "" || len(k) > 64 {
		return nil
	}
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	for _, c := range columns {
		ck := key(c.Name)
		far := editdistance.Between(k, ck)
		if len(k) >= 3 && (strings.Contains(ck, k) || strings.Contains(k, ck)) {
			far = min(far, 2)
		}
		if far <= max(2, len(k)/3) {
			near = append(near, candidate{c.Name, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.far - b.far })
	var names []string
	for _, c := range near[:min(3, len(near))] {
		names = append(names, c.name)
	}
	return names
}

// hints pairs columns that are not known with lacking ones that they may be:
// misspelt, or named longer or shorter. Several that may be the same one are
// not: they hold parts of it, such as a column for each education. Only the
// first hinted columns are looked at, which take some 15 ms.
func hints(unknown, lacking []string) [][2]string {
	const hinted = 200
	var pairs [][2]string
	takers := map[string]int{}
	known := columnsOf(schema)
	for _, name := range unknown[:min(len(unknown), hinted)] {
		k := key(name)
		if k == "" || len(k) > 64 {
			continue
		}
		meant := ""
		for _, near := range nearest(name, known) {
			if meant == "" && slices.Contains(lacking, near) && editdistance.Between(k, key(near)) <= 3 {
				meant = near
			}
		}
		for _, lack := range lacking {
			if meant == "" && slices.ContainsFunc(schema[byKey[key(lack)]].stems, func(stem string) bool { return strings.Contains(k, stem) }) {
				meant = lack
			}
		}
		if meant == "" {
			continue
		}
		takers[meant]++
		for _, start := range append(slices.Clone(schema[byKey[key(meant)]].stems), key(meant)) {
			if rest, ok := strings.CutPrefix(k, start); ok {
				if _, ok := schema[byKey[key(meant)]].known[key(rest)]; ok {
					takers[meant]++ // education_PhD
				}
			}
		}
		pairs = append(pairs, [2]string{name, meant})
	}
	return slices.DeleteFunc(pairs, func(p [2]string) bool { return takers[p[1]] > 1 })
}
