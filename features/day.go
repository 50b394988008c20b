package features

import (
	"context"
	"fmt"
	"time"

	"github.com/customer-personality/segmentation/internal/cause"
)

// A DayError means that nothing can be counted on a day: it lies far ahead, or nobody
// was a customer yet. It is [ErrOptions] to errors.Is.
type DayError struct {
	Day   time.Time
	First time.Time // the first enrolment, which is later; zero where Day lies ahead or none is known
	Today time.Time // where Day lies more than a year ahead of it; else zero
}

// Error returns the sentence without its full stop.
func (e *DayError) Error() string {
	e = orZero(e)
	day := e.Day.Format(time.DateOnly)
	switch {
	case !e.Today.IsZero():
		return fmt.Sprintf("%s is more than a year ahead of today, %s; want a day that has come", day, e.Today.Format(time.DateOnly))
	case !e.First.IsZero():
		return fmt.Sprintf("on %s nobody was a customer yet: the first enrolled on %s; want that day or a later one", day, e.First.Format(time.DateOnly))
	}
	return fmt.Sprintf("on %s nobody was a customer yet: every tenure is negative; want a later day", day)
}

// Unwrap returns ErrOptions.
func (e *DayError) Unwrap() error { return ErrOptions }

// Check returns a [*DayError] for a day more than a year ahead of today, where the
// program runs: what people write so is a slip of the year.
func (a AsOf) Check() error {
	today := AsOf{}.Day()
	if day := a.Day(); day.After(today.AddDate(1, 0, 0)) {
		return &DayError{Day: day, Today: today}
	}
	return nil
}

// CheckAsOf returns a [*DayError] where no customer of the table had enrolled on a day:
// every dt_customer is later or, in a table that was counted on the day and has none,
// every tenure negative. Tables without either, and those of no day, pass. A context
// that has ended is answered by its cause.
func (t *Table) CheckAsOf(ctx context.Context, a AsOf) error {
	if err := cause.Of(ctx); err != nil {
		return err
	}
	if time.Time(a).IsZero() {
		return nil
	}
	t = orZero(t)
	day := a.Day()
	if enrolled := t.Series("dt_customer"); enrolled.Kind() == Date {
		var first time.Time
		for i := range enrolled.Len() {
			if i%1024 == 0 {
				if err := cause.Of(ctx); err != nil {
					return err
				}
			}
			if d := enrolled.Day(i); !d.IsZero() && (first.IsZero() || d.Before(first)) {
				first = d
			}
		}
		if first.After(day) {
			return &DayError{Day: day, First: first}
		}
		return nil
	}
	tenure := t.Series("tenure").data().numbers
	if len(tenure) == 0 || !t.asOf.Equal(day) {
		return nil
	}
	for _, months := range tenure {
		if !(months < 0) { // a missing one, too
			return nil
		}
	}
	return &DayError{Day: day}
}
