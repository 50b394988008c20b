package features

import (
	"fmt"
	"slices"
	"strings"
)

// A Report tells what a [Reader] found in a file and made of it.
type Report struct {
	Rows    int          // customers read
	BadRows int          // rows that could not be read
	Errors  []*ReadError // the first ten of them

	Delimiter     string      // between the fields: "\t", ",", ";" or "|"
	Encoding      string      // "UTF-8", "UTF-8 with mark", "UTF-16LE", "UTF-16BE" or "Windows-1252"
	DateLayout    string      // as package time writes it, "02-01-2006"; several are set apart by " and "
	DateGuessed   bool        // whether nothing in the column decides between day first and month first
	Decimal       DecimalMark // the decimal mark that the data shows; DecimalFromData where no number needs one
	NumberGuessed bool        // whether nothing decides if 58.138 (or 58,138) has thousands or three decimals

	IndexColumn bool     // whether an unnamed index column leads the rows
	Ignored     []string // columns that the schema does not know, as the header has them
	Absent      []string // optional columns that the file does not have, by canonical name

	MissingIncome int             // customers without an income
	Unknown       []UnknownValues // values of categories that the schema does not know, by column and value
}

// UnknownValues counts the customers with one value of a category that the
// schema does not know.
type UnknownValues struct {
	Column string // canonical name
	Value  string // as it is written; empty where the field is
	Count  int    // customers
}

// String is the report in plain sentences, one a line.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Read %s", count(r.Rows, "customer"))
	if r.Delimiter != "" {
		fmt.Fprintf(&b, " from %s text with %s between the fields", r.Encoding, delimiterNames[r.Delimiter])
	}
	b.WriteString(".\n")
	if r.DateLayout != "" {
		fmt.Fprintf(&b, "Dates are written as %s.\n", r.DateLayout)
	}
	if r.Decimal == DecimalComma {
		b.WriteString("Numbers have a decimal comma.\n")
	}
	if r.MissingIncome > 0 {
		fmt.Fprintf(&b, "The income is missing for %s.\n", count(r.MissingIncome, "customer"))
	}
	for _, w := range r.Warnings() {
		b.WriteString(w + ".\n")
	}
	if r.IndexColumn {
		b.WriteString("Left the unnamed index column out.\n")
	}
	if len(r.Ignored) > 0 {
		fmt.Fprintf(&b, "Ignored the extra %s %s.\n", plural(r.Ignored, "column"), list(r.Ignored, "and"))
	}
	if len(r.Absent) > 0 {
		fmt.Fprintf(&b, "The file does not have the optional %s %s.\n", plural(r.Absent, "column"), list(r.Absent, "and"))
	}
	return b.String()
}

// Warnings are sentences, without their full stops, on what may be wrong with
// what was read: the rows left out, guesses, unknown values. There are none
// when all is well.
func (r Report) Warnings() []string {
	var w []string
	if r.BadRows > 0 {
		w = append(w, count(r.BadRows, "row")+" could not be read and had to be left out")
		for _, e := range r.Errors {
			w = append(w, e.Error())
		}
		if more := r.BadRows - len(r.Errors); more > 0 {
			w = append(w, fmt.Sprintf("and %d more", more))
		}
	}
	if r.DateGuessed {
		w = append(w, fmt.Sprintf("that dates such as %s have the day first is a guess, no date decides it", r.DateLayout))
	}
	if r.NumberGuessed && r.Decimal == DecimalComma {
		w = append(w, "that 58.138 means 58138 is a guess, no number decides it")
	} else if r.NumberGuessed {
		w = append(w, "that 58,138 means 58138 is a guess, no number decides it")
	}
	for _, u := range r.Unknown {
		has := "have"
		if u.Count == 1 {
			has = "has"
		}
		w = append(w, fmt.Sprintf("%s %s the unknown %s %q", count(u.Count, "customer"), has, u.Column, u.Value))
	}
	return w
}

var delimiterNames = map[string]string{"\t": "tabs", ",": "commas", ";": "semicolons", "|": "pipes"}

func plural(names []string, noun string) string {
	if len(names) == 1 {
		return noun
	}
	return noun + "s"
}

// An unknownKey is a value of a category column.
type unknownKey struct {
	col   int
	value string
}

// maxUnknown bounds the different unknown values that are counted one by one,
// so that memory stays constant; the rest is counted under "…".
const maxUnknown = 1000

// unknownValues turns the counts into the sorted list of the report.
func unknownValues(counts map[unknownKey]int) []UnknownValues {
	var list []UnknownValues
	for k, n := range counts {
		list = append(list, UnknownValues{schema[k.col].Name, k.value, n})
	}
	slices.SortFunc(list, func(a, b UnknownValues) int {
		if c := strings.Compare(a.Column, b.Column); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return list
}
