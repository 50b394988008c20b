package features

import (
	"encoding/json"
	"fmt"
	"time"
)

// DoubtKind is what a [Doubt] is about: a word that stays the same from version
// to version.
type DoubtKind string

// The kinds of doubts.
const (
	// BornAfterDay is a year of birth after the day: a negative age.
	BornAfterDay DoubtKind = "born_after_day"
	// ImpossibleAge is an age above 122 years, the longest life that is proved
	// (Jeanne Calment, 1875–1997).
	ImpossibleAge DoubtKind = "impossible_age"
	// EnrolledAfterDay is an enrolment after the day: a tenure that has not
	// begun.
	EnrolledAfterDay DoubtKind = "enrolled_after_day"
	// EnrolledBeforeBirth is an enrolment in a year before that of the birth.
	EnrolledBeforeBirth DoubtKind = "enrolled_before_birth"
)

// longestLife is in years.
const longestLife = 122

// A Doubt is a fact about one customer that can hardly be true on the day on
// which ages and tenures are counted, so that a tier by it means little. It is
// not an error.
type Doubt struct {
	Kind      DoubtKind
	Column    string    // year_birth or dt_customer
	YearBirth int       // of the customer
	Enrolled  time.Time // of the customer
	Day       time.Time // on which ages and tenures are counted
}

// String returns the doubt as a sentence without its full stop. It never
// contains "; ", so that several can be joined by it.
func (d Doubt) String() string {
	day, enrolled := d.Day.Format(time.DateOnly), d.Enrolled.Format(time.DateOnly)
	switch d.Kind {
	case BornAfterDay:
		return fmt.Sprintf("born in %d, after %s, the day on which ages are counted", d.YearBirth, day)
	case ImpossibleAge:
		return fmt.Sprintf("born in %d, and so %d years old on %s", d.YearBirth, d.Day.Year()-d.YearBirth, day)
	case EnrolledAfterDay:
		return fmt.Sprintf("enrolled on %s, after %s, the day on which tenures are counted", enrolled, day)
	case EnrolledBeforeBirth:
		return fmt.Sprintf("enrolled on %s, before the year of birth, %d", enrolled, d.YearBirth)
	}
	return string(d.Kind)
}

// MarshalJSON writes kind, column and the sentence as text, and what they are
// about.
func (d Doubt) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Kind      DoubtKind `json:"kind"`
		Column    string    `json:"column"`
		YearBirth int       `json:"year_birth"`
		Enrolled  string    `json:"dt_customer"`
		Day       string    `json:"day"`
		Text      string    `json:"text"`
	}{d.Kind, d.Column, d.YearBirth, d.Enrolled.Format(time.DateOnly), d.Day.Format(time.DateOnly), d.String()})
}

// Doubts returns what can hardly be true of a customer on the day of asOf, in
// the order of the columns; nil where all is well.
func (c *Customer) Doubts(asOf AsOf) []Doubt {
	c = orZero(c)
	var out []Doubt
	day := asOf.Day()
	doubt := func(kind DoubtKind, col int) {
		out = append(out, Doubt{kind, schema[col].Name, c.YearBirth, c.DtCustomer, day})
	}
	switch age := day.Year() - c.YearBirth; {
	case age < 0:
		doubt(BornAfterDay, colYearBirth)
	case age > longestLife:
		doubt(ImpossibleAge, colYearBirth)
	}
	if c.DtCustomer.After(day) {
		doubt(EnrolledAfterDay, colDtCustomer)
	}
	if c.DtCustomer.Year() < c.YearBirth {
		doubt(EnrolledBeforeBirth, colDtCustomer)
	}
	return out
}
