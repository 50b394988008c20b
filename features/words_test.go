package features_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// Words for a column of one's own, beside those of the campaign schema.
func ExampleColumnWords() {
	words := features.CampaignWords()
	words["basket"] = features.ColumnWords{Noun: "basket", Verb: "buys", After: "at once", Unit: "euros"}
	fmt.Println(words["spent"].Verb, "and", words["basket"].Verb, words["basket"].After)
	// Output: spends and buys at once
}

func ExampleTable_Words() {
	table := features.Engineer([]features.Customer{
		{ID: "1", YearBirth: 1957, Education: "PhD", MaritalStatus: "Widow"},
		{ID: "2", YearBirth: 1984, Education: "Master", MaritalStatus: "Together"},
	}, features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))
	living, err := table.Words("living_with")
	fmt.Println(living, err)
	_, err = table.Words("income")
	fmt.Println(err)
	// Output:
	// [Single Partner] <nil>
	// column income holds no words; want education, marital_status, living_with, education_level or age_group
}

func TestWords(t *testing.T) {
	table := features.Engineer([]features.Customer{{YearBirth: 1990, Education: "Diploma"}, {YearBirth: 1999, Education: "Basic"}},
		features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))
	for column, want := range map[string][]string{
		"education":       {"Diploma", "Basic"},
		"Education Level": {features.Unknown, "Undergraduate"},
		"marital_status":  {"", ""},
		"age_group":       {"Adult", "Teen"},
	} {
		t.Run(column, func(t *testing.T) {
			if got, err := table.Words(column); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %q, %v; want %q", column, got, err, want)
			}
		})
	}
	for _, column := range []string{"colour", "", "income", "dt_customer", "is_parent"} {
		var wrong *features.ColumnError
		if _, err := table.Words(column); !errors.As(err, &wrong) || wrong.Column != column {
			t.Errorf("%q: %v; want a *ColumnError that names it", column, err)
		}
	}
	if got, err := features.Engineer(nil, features.AsOf{}).Words("education"); err != nil || len(got) != 0 {
		t.Errorf("of an empty table: %v, %v", got, err)
	}
}
