package features

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// TestCheckAsOf: a day before the first enrolment is refused, of a campaign, of
// customers of orders, and of a table that has but tenures; the first day is not.
func TestCheckAsOf(t *testing.T) {
	day := func(year, month, d int) AsOf {
		return AsOf(time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC))
	}
	joined := []Customer{{DtCustomer: day(2013, 5, 2).Day()}, {DtCustomer: day(2012, 7, 30).Day()}}
	campaign, err := Engineer(t.Context(), joined, day(2015, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	tenures := func(on AsOf, months ...float64) *Table {
		table, err := NewTable(on.Day(), NumberSeries(Column{Name: "tenure", Kind: Integer}, months))
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	for what, test := range map[string]struct {
		table *Table
		day   AsOf
		want  string // of the error, empty for none
	}{
		"before all":           {campaign, day(2012, 7, 29), "first enrolled on 2012-07-30"},
		"on the first":         {campaign, day(2012, 7, 30), ""},
		"between":              {campaign, day(2013, 1, 1), ""},
		"no day":               {campaign, AsOf{}, ""},
		"tenures":              {tenures(day(2000, 1, 1), -3, -7), day(2000, 1, 1), "every tenure is negative"},
		"one of the day":       {tenures(day(2000, 1, 1), -3, 0), day(2000, 1, 1), ""},
		"one that is missing":  {tenures(day(2000, 1, 1), -3, math.NaN()), day(2000, 1, 1), ""},
		"counted another day":  {tenures(day(2000, 1, 1), -3), day(2001, 1, 1), ""},
		"no customers":         {tenures(day(2000, 1, 1)), day(2000, 1, 1), ""},
		"no table":             {nil, day(2000, 1, 1), ""},
		"neither of the words": {&Table{}, day(2000, 1, 1), ""},
	} {
		err := test.table.CheckAsOf(t.Context(), test.day)
		if test.want == "" && err == nil {
			continue
		}
		if test.want == "" || !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", what, err, test.want)
		}
	}
}

// TestCheckAsOfEnds: a context that has ended ends the look at the enrolments.
func TestCheckAsOfEnds(t *testing.T) {
	campaign, err := Engineer(t.Context(), make([]Customer, 3), AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := campaign.CheckAsOf(ctx, AsOf(campaign.AsOf())); !errors.Is(err, why) {
		t.Errorf("%v, want the cause", err)
	}
}

func TestAsOfCheck(t *testing.T) {
	now := time.Now()
	for days, good := range map[int]bool{-40000: true, 0: true, 300: true, 400: false, 30000: false} {
		err := AsOf(now.AddDate(0, 0, days)).Check()
		if (err == nil) != good || err != nil && !strings.Contains(err.Error(), "ahead of today, "+now.Format(time.DateOnly)) {
			t.Errorf("in %d days: %v", days, err)
		}
	}
	if err := (AsOf{}).Check(); err != nil {
		t.Error(err)
	}
}
