package features_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
)

// Words for a column of one's own, beside those of the campaign schema.
func ExampleColumnWords() {
	words := features.CampaignWords()
	words["basket"] = features.ColumnWords{Noun: "basket", Verb: "buys", After: "at once", Unit: "euros"}
	fmt.Println(words["spent"].Verb, "and", words["basket"].Verb, words["basket"].After)
	// Output: spends and buys at once
}

func ExampleTable_Words() {
	ctx := context.Background()
	table, err := features.Engineer(ctx, []features.Customer{
		{ID: "1", YearBirth: 1957, Education: "PhD", MaritalStatus: "Widow"},
		{ID: "2", YearBirth: 1984, Education: "Master", MaritalStatus: "Together"},
	}, features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		fmt.Println(err)
		return
	}
	living, err := table.Words(ctx, "living_with")
	fmt.Println(living, err)
	_, err = table.Words(ctx, "income")
	fmt.Println(err)
	// Output:
	// [Single Partner] <nil>
	// column income holds no words; want education, marital_status, living_with, education_level or age_group
}

func TestWords(t *testing.T) {
	table, err := features.Engineer(t.Context(), []features.Customer{{YearBirth: 1990, Education: "Diploma"}, {YearBirth: 1999, Education: "Basic"}},
		features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	for column, want := range map[string][]string{
		"education":       {"Diploma", "Basic"},
		"Education Level": {features.Unknown, "Undergraduate"},
		"marital_status":  {"", ""},
		"age_group":       {"Adult", "Teen"},
	} {
		t.Run(column, func(t *testing.T) {
			if got, err := table.Words(t.Context(), column); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %q, %v; want %q", column, got, err, want)
			}
		})
	}
	for _, column := range []string{"colour", "", "income", "dt_customer", "is_parent"} {
		var wrong *features.ColumnError
		if _, err := table.Words(t.Context(), column); !errors.As(err, &wrong) || wrong.Column != column {
			t.Errorf("%q: %v; want a *ColumnError that names it", column, err)
		}
	}
	if got, err := testenv.Must(features.Engineer(t.Context(), nil, features.AsOf{})).Words(t.Context(), "education"); err != nil || len(got) != 0 {
		t.Errorf("of an empty table: %v, %v", got, err)
	}
}
