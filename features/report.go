package features

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Report is what a [Reader] found in a file and how it read it.
type Report struct {
	Rows    int          // customers read
	BadRows int          // rows that could not be read
	Errors  []*ReadError // the first ten of them

	Delimiter     string        // between the fields: "\t", ",", ";" or "|"
	Encoding      string        // "UTF-8", "UTF-8 with mark", "UTF-16LE", "UTF-16BE" or "Windows-1252"
	Dates         []DateWriting // how the dates are written and read, in the order in which the file has them
	DateLayout    string        // their layouts as package time writes them, "02-01-2006"; several are set apart by " and "
	DateGuessed   bool          // whether the order of day, month and year in some dates is a guess
	Decimal       DecimalMark   // the decimal mark that the data shows; DecimalFromData where no number needs one
	NumberGuessed bool          // whether nothing decides if 58.138 (or 58,138) has thousands or three decimals

	QuotedLines bool        // whether each line is one quoted field, which was read as the row
	Preamble    []string    // lines above the header that were left out, such as titles and comments; cut after 60 bytes
	IDColumn    string      // the column that was taken for the id, as the header has it, cut after 60 bytes; empty where it is named id
	Numbered    bool        // whether no column has ids, so that customers are numbered from 1 in file order; rows left out do not count
	RepeatedIDs RepeatedIDs // ids that several rows have

	IndexColumn bool     // whether an unnamed index column leads the rows
	Ignored     []string // columns that the schema does not know, as the header has them
	Absent      []string // optional columns that the file does not have, by canonical name

	MissingIncome int             // customers without an income
	Missing       []MissingValues // other columns that are empty in some rows, in the order of Columns
	Unknown       []UnknownValues // values of categories that the schema does not know, by column and value: 1000 at most, the rest is under "…"

	lowDays bool // no date read has a day above 12
}

// A DateWriting is one way in which the dates of a file are written, and how
// they were read.
type DateWriting struct {
	Layout  string    // as read, as package time writes it: "01/02/06"
	Order   DateOrder // in which they were read; OrderFromData where the writing fixes it
	Example string    // the first such date that could be read in another way; empty where none could
	Count   int       // customers whose date is written so
	Open    int       // of them, those whose date could be read in another way: what rests on Basis
	Basis   DateBasis
	Guess   bool // whether so little decides that another order may well be right
	Doubt   bool // whether the basis decides, but the span of the dates that leave no choice speaks for the other order: day and month may have been exchanged before

	// The rest is set where the dates of this writing alone decide nothing, or in doubt.
	Rival                 DateOrder // the other order that they could have
	From, To              time.Time // span of the dates of the file that leave no choice; zero where there are none
	Outside, RivalOutside int       // of these dates, those that lie outside of it or after ReadOptions.AsOf, read so and in the other way
	First, Last           time.Time // first and last of these dates, read so
	RivalFirst, RivalLast time.Time // and in the other way
}

// report returns the reading as part of a [Report].
func (d *reading) report() DateWriting {
	w := DateWriting{Layout: d.layout.format(d.order, !d.loose), Example: d.example, Count: d.count(), Order: d.order, Basis: d.basis}
	switch {
	case d.layout.shape == shapeNumbers:
		w.Open = max(d.low(), d.open())
	case d.basis.told():
		w.Open = d.count()
	default:
		w.Example = ""
	}
	w.Doubt = d.doubtful()
	if w.Doubt {
		w.Open = d.low()
		w.Example = d.example
	}
	if d.basis.told() || w.Doubt {
		w.Guess = d.basis.told() && (d.basis.guess() || d.thin)
		w.Rival = d.rival
		w.From, w.To, w.Outside, w.RivalOutside = dayOf(d.span.from), dayOf(d.span.to), d.outside, d.rivalOutside
		w.First, w.Last, w.RivalFirst, w.RivalLast = dayOf(d.reach.from), dayOf(d.reach.to), dayOf(d.rivalReach.from), dayOf(d.rivalReach.to)
	}
	return w
}

// String returns one sentence, without its full stop, on how these dates were
// read and what that rests on.
func (w DateWriting) String() string {
	lie := func(n int) string {
		switch n {
		case 0:
			return "none lies"
		case 1:
			return "1 lies"
		}
		return fmt.Sprintf("%d lie", n)
	}
	between := func(from, to time.Time) string {
		return from.Format(time.DateOnly) + " to " + to.Format(time.DateOnly)
	}
	such, are, were, they := fmt.Sprintf("%d dates such as %s", w.Open, w.Example), "are", "were", "they run"
	if w.Open == 1 {
		such, are, were, they = "the date "+w.Example, "is", "was", "it goes"
	}
	read := such + " can be read in two ways; read " + w.Order.String() + ","
	switch w.Order {
	case exchanged:
		read = such + " " + were + " read " + w.Order.String() + ", as spreadsheets exchange them; so"
	case asWritten:
		read = such + " " + were + " read as written; so"
	}
	if w.Guess && !w.Basis.guess() {
		read = "a guess: " + read
	}
	if w.Doubt {
		return fmt.Sprintf("%s %s read %s; so %s outside of the span of the others, %s; %s, %d would, so day and month of these dates have probably been exchanged before", such, were, w.Order, lie(w.Outside), between(w.From, w.To), w.Rival, w.RivalOutside)
	}
	switch w.Basis {
	case BySpan:
		return fmt.Sprintf("%s %s outside of the span of the dates that leave no choice, %s; %s, %d would", read, lie(w.Outside), between(w.From, w.To), w.Rival, w.RivalOutside)
	case ByReach:
		return fmt.Sprintf("%s %s from %s, which is likelier than %s from %s", read, they, between(w.First, w.Last), w.Rival, between(w.RivalFirst, w.RivalLast))
	case BySignature:
		return fmt.Sprintf("that %s %s to be read %s is a guess: in none of them is day or month above 12 and in all other dates the day is, as where a spreadsheet has exchanged the two", such, are, w.Order.String())
	case ByOthers:
		return fmt.Sprintf("that %s %s to be read %s is a guess after the other dates of the file, none decides it", such, are, w.Order.String())
	case ByGuess:
		return fmt.Sprintf("that %s %s to be read %s and not %s is a guess, no date decides it", such, are, w.Order.String(), w.Rival)
	}
	return fmt.Sprintf("%s written as %s", count(w.Count, "date"), w.Layout)
}

// UnknownValues counts the customers with one value of a category that the
// schema does not know.
type UnknownValues struct {
	Column string // canonical name
	Value  string // as it is written, cut after 60 bytes; empty where the field is
	Count  int    // customers
}

// String returns one sentence, without its full stop, on what follows from such
// a value.
func (u UnknownValues) String() string {
	what := fmt.Sprintf("the unknown %s %q", u.Column, u.Value)
	if u.Value == "" {
		what = "no " + u.Column
	}
	follows := "living_with Unknown and family_size 1"
	if u.Column == schema[colEducation].Name {
		follows = "education_level Unknown"
	}
	return fmt.Sprintf("%s %s %s, which makes %s there; only a model that is trained on these is touched", count(u.Count, "customer"), have(u.Count), what, follows)
}

// MissingValues counts the rows in which a column other than income is empty.
// Without the value of a required column a row cannot be read; an optional
// one is taken as where the file does not have the column, its field left at 0.
type MissingValues struct {
	Column   string // canonical name
	Count    int    // rows
	Required bool   // whether these rows were left out
}

// Unreadable returns an error where more rows could not be read than could:
// then the file is hardly meant as a campaign file, or lacks the values of a
// column. It wraps the first [*ReadError].
func (r Report) Unreadable() error {
	if r.BadRows <= r.Rows || len(r.Errors) == 0 {
		return nil
	}
	all := r.BadRows + r.Rows
	for _, m := range r.Missing {
		if m.Required && 2*m.Count > r.BadRows {
			return fmt.Errorf("%s is empty in %d of %d rows%s; the first: %w", m.Column, m.Count, all, r.lostDays(m), r.Errors[0])
		}
	}
	return fmt.Errorf("%d of %d rows cannot be read, so this is hardly a campaign file; the first: %w", r.BadRows, all, r.Errors[0])
}

// lostDays returns the likely cause of empty days where none of the others is above 12; else "".
func (r Report) lostDays(m MissingValues) string {
	if m.Column != schema[colDtCustomer].Name || !r.lowDays || r.Rows < 3 {
		return ""
	}
	return ", and no other has a day above 12, as where pandas.to_datetime has read days such as 21-08-2013 without dayfirst=True"
}

// String returns the report in plain sentences, one a line.
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
		fmt.Fprintf(&b, "Ignored the extra %s %s.\n", plural(r.Ignored, "column"), listCut(r.Ignored))
	}
	if len(r.Absent) > 0 {
		fmt.Fprintf(&b, "The file does not have the optional %s %s.\n", plural(r.Absent, "column"), list(r.Absent, "and"))
	}
	return b.String()
}

// Warnings returns sentences, without their full stops, on what may be wrong
// with what was read: the rows left out, ids, guesses, unknown values. There
// are none when all is well.
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
	if r.QuotedLines {
		w = append(w, "each line is one quoted field, which was read as the row")
	}
	if len(r.Preamble) > 0 {
		w = append(w, fmt.Sprintf("%s above the header left out, the first %q", count(len(r.Preamble), "line"), r.Preamble[0]))
	}
	for _, d := range r.Dates {
		if d.Basis.told() || d.Doubt {
			w = append(w, d.String())
		}
	}
	if r.IDColumn != "" {
		w = append(w, fmt.Sprintf("the column %q is taken for the id", r.IDColumn))
	}
	if r.Numbered {
		w = append(w, "the file has no column of ids, so customers are numbered 1, 2, 3, … in its order")
	}
	w = append(w, r.RepeatedIDs.warnings()...)
	if r.NumberGuessed && r.Decimal == DecimalComma {
		w = append(w, "that 58.138 means 58138 is a guess, no number decides it")
	} else if r.NumberGuessed {
		w = append(w, "that 58,138 means 58138 is a guess, no number decides it")
	}
	for _, m := range r.Missing {
		switch {
		case m.Required && m.Count > 1:
			w = append(w, fmt.Sprintf("%s is empty in %d rows, which were left out%s", m.Column, m.Count, r.lostDays(m)))
		case !m.Required:
			w = append(w, fmt.Sprintf("%s is empty for %s, for whom it counts as 0", m.Column, count(m.Count, "customer")))
		}
	}
	unknown := r.MostUnknown(20)
	for _, u := range unknown {
		w = append(w, u.String())
	}
	if more := len(r.Unknown) - len(unknown); more > 0 {
		w = append(w, "and "+count(more, "more unknown value"))
	}
	return w
}

// MostUnknown returns the n values of [Report].Unknown that the most customers
// have, in the order of that list.
func (r Report) MostUnknown(n int) []UnknownValues {
	if n < 0 || len(r.Unknown) <= n {
		return r.Unknown
	}
	most := slices.Clone(r.Unknown)
	slices.SortStableFunc(most, func(a, b UnknownValues) int { return b.Count - a.Count })
	least := make(map[UnknownValues]bool)
	for _, u := range most[n:] {
		least[u] = true
	}
	return slices.DeleteFunc(slices.Clone(r.Unknown), func(u UnknownValues) bool { return least[u] })
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
	cut   bool // the word goes on; all of it is left out where there are too many
}

// maxUnknown bounds the different unknown values that are counted one by one,
// and so, each being cut, their memory to 64 kB; the rest is counted under "…".
const maxUnknown = 1000

// unknownValues returns the counts as the sorted list of the report.
func unknownValues(counts map[unknownKey]int) []UnknownValues {
	var list []UnknownValues
	for k, n := range counts {
		if k.cut {
			k.value += "…"
		}
		list = append(list, UnknownValues{schema[k.col].Name, k.value, n})
	}
	slices.SortFunc(list, func(a, b UnknownValues) int {
		return cmp.Or(strings.Compare(a.Column, b.Column), strings.Compare(a.Value, b.Value), b.Count-a.Count)
	})
	return list
}
