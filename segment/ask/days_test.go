package ask

import (
	"errors"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// A number is a day where the calendar has it.
func TestDayOf(t *testing.T) {
	for v, want := range map[float64]string{20130131: "2013-01-31", 20120229: "2012-02-29", 20130229: "", 20131301: "", 20130100: "", 2013: "", 20130131.5: "", -20130131: "", 1e300: ""} {
		day, ok := dayOf(v)
		if got := day.Format("2006-01-02"); ok != (want != "") || ok && got != want {
			t.Errorf("%v is %s, %v; want %q", v, got, ok, want)
		}
	}
}

// Conditions that nothing can be compared by are refused, also those of an address.
func TestConditionsRefused(t *testing.T) {
	a := sample(t)
	for _, c := range []features.Condition{
		{Column: "dt_customer", Op: features.Over, A: 20130101}, // of customers without days
		{Column: "income", Op: AboveMean, Words: []string{"age"}},
		{Column: "income", Op: AboveMean, Words: []string{"shoes"}},
		{Column: "income", Op: AboveMean, Words: []string{"tier", "education"}},
		{Column: "income", Op: AboveMean},
		{Column: "education", Op: BelowMean, Words: []string{"tier"}},
		{Column: "shoes", Op: features.Over},
	} {
		_, err := a.Answer(ctx, Query{Intent: Figure, Aggregate: features.Count, Where: Where{{c}}}, english, Options{})
		if !errors.Is(err, segment.ErrOption) {
			t.Errorf("%v: %v", Where{{c}}, err)
		}
	}
}
