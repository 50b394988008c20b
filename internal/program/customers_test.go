package program

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// TestPlain: the names of packages are no part of what a program says; text that
// only looks like them stays.
func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"segment: too few rows: 9 clusters are asked for":                "too few rows: 9 clusters are asked for",
		`step "pca": preprocess: pca: 3 components of 2 rows`:            `step "pca": pca: 3 components of 2 rows`,
		`reading "customers": store: no such table: store: not set up`:   `reading "customers": no such table: not set up`,
		"plots: cannot draw: nothing":                                    "cannot draw: nothing",
		"features: no customers: segment: none":                          "no customers: none",
		`line 2, column education: "my segment: a" cannot be used; want`: `line 2, column education: "my segment: a" cannot be used; want`,
		"c.csv: line 3: the row is short":                                "c.csv: line 3: the row is short",
	} {
		if got := Plain(errors.New(text)); got != want {
			t.Errorf("%q is told as %q, want %q", text, got, want)
		}
	}
}

// TestCounts: sentences of one and of many.
func TestCounts(t *testing.T) {
	bad := &features.ReadError{Line: 2, Reason: "it is short"}
	late := func(rows, of int) segment.WarningCount {
		return segment.WarningCount{
			Kind: segment.WarningKind(features.EnrolledAfterDay), Column: "dt_customer", Rows: rows, Of: of,
			First: []segment.RowWarning{{ID: "7", Text: "enrolled late"}},
		}
	}
	day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	for got, want := range map[string]string{
		Count(1, "customer"):    "1 customer",
		Count(0, "customer"):    "0 customers",
		Count(2000, "customer"): "2,000 customers",
		fmt.Sprint(features.Report{BadRows: 1, Errors: []*features.ReadError{bad}}.Unreadable()):          "1 of 1 rows cannot be read, so this is hardly a campaign file; the first: line 2: it is short",
		fmt.Sprint(features.Report{BadRows: 2, Rows: 1, Errors: []*features.ReadError{bad}}.Unreadable()): "2 of 3 rows cannot be read, so this is hardly a campaign file; the first: line 2: it is short",
		fmt.Sprint(features.Report{BadRows: 2, Rows: 2, Errors: []*features.ReadError{bad}}.Unreadable()): "<nil>",
		strings.Join(Warnings([]segment.WarningCount{late(1, 1)}, day), "|"):                              "1 of 1 customer enrolled after 2015-01-01, the day on which ages and tenures are counted, so that their tenures mean nothing; -as-of counts on another day|1 of 1 customer, the first with id 7: enrolled late",
		strings.Join(Warnings([]segment.WarningCount{late(2000, 4000)}, day), "|"):                        "2,000 of 4,000 customers enrolled after 2015-01-01, the day on which ages and tenures are counted, so that their tenures mean nothing; -as-of counts on another day|2,000 of 4,000 customers, the first with id 7: enrolled late",
		strings.Join(Warnings([]segment.WarningCount{late(1, 10)}, day), "|"):                             "1 of 10 customers, the first with id 7: enrolled late",
		strings.Join(Warnings(nil, day), "|"):                                                             "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, test := range []struct {
		report features.Report
		want   []string
	}{
		{features.Report{Rows: 9, BadRows: 1, Errors: []*features.ReadError{bad}}, []string{"1 row could not be read and had to be left out", "line 2: it is short"}},
		{features.Report{Rows: 9, BadRows: 3, Errors: []*features.ReadError{bad}}, []string{"3 rows could not be read and had to be left out", "line 2: it is short", "and 2 more"}},
		{features.Report{Unknown: []features.UnknownValues{{Column: "education", Value: "x", Count: 1}, {Column: "education", Value: "y", Count: 1127}}}, []string{`1 customer has the unknown education "x", which makes education_level Unknown there; only a model that is trained on these is touched`, `1127 customers have the unknown education "y", which makes education_level Unknown there; only a model that is trained on these is touched`}},
	} {
		if got := test.report.Warnings(); !slices.Equal(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestLimits(t *testing.T) {
	for args, want := range map[string]features.CleanOptions{
		"":                               {},
		"-max-age 0":                     {MaxAge: features.NoLimit},
		"-max-income 0":                  {MaxIncome: features.NoLimit},
		"-max-age 90 -max-income 5.5e7":  {MaxAge: 90, MaxIncome: 5.5e7},
		"-max-income 0 -max-income 1000": {MaxIncome: 1000},
	} {
		flags := flag.NewFlagSet("x", flag.ContinueOnError)
		o := Limits(flags)
		if err := Parse(flags, strings.Fields(args), io.Discard); err != nil || *o != want {
			t.Errorf("%q: %+v (%v), want %+v", args, *o, err, want)
		}
	}
}
