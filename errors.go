package segmentation

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// A TooFewError means that customers are too few for segments, or too much
// alike. It is [segment.ErrTooFew] to errors.Is.
type TooFewError struct {
	Rows     int      // customers
	Distinct int      // of them, those that differ in Columns; 0 where Rows alone are too few
	MinK     int      // least number of clusters that was asked for
	Columns  []string // by which segments are made
}

// Error returns the sentence without its full stop.
func (e *TooFewError) Error() string {
	e = orZero(e)
	columns := strings.Join(e.Columns, ", ")
	switch {
	case e.Rows == 0:
		return "no customers are left for segments"
	case e.Rows == 1:
		return fmt.Sprintf("1 customer is too few for segments; at least %d are needed", fewest)
	case e.Distinct == 0:
		return fmt.Sprintf("%s are too few for segments; at least %d are needed", count(e.Rows), fewest)
	case e.Distinct == 1:
		return fmt.Sprintf("all %d customers are alike in %s, so there are no segments", e.Rows, columns)
	case e.Distinct == e.Rows:
		return fmt.Sprintf("%s are too few for %d clusters", count(e.Rows), e.MinK)
	}
	return fmt.Sprintf("only %d of the %d customers differ in %s, which is too few for %d clusters", e.Distinct, e.Rows, columns, e.MinK)
}

// Unwrap returns segment.ErrTooFew.
func (e *TooFewError) Unwrap() error { return segment.ErrTooFew }

// An EmptyColumnError means that no customer has a value in a column by which
// segments are made. It is [segment.ErrEmpty] to errors.Is.
type EmptyColumnError struct {
	Rows   int // customers
	Column string
}

// Error returns the sentence without its full stop.
func (e *EmptyColumnError) Error() string {
	e = orZero(e)
	return fmt.Sprintf("none of %s has a value in the column %s, by which segments are made", count(e.Rows), e.Column)
}

// Unwrap returns segment.ErrEmpty.
func (e *EmptyColumnError) Unwrap() error { return segment.ErrEmpty }

// A DroppedError is an error that may come of the limits of cleaning, which left
// out more than a tenth of the customers.
type DroppedError struct {
	Dropped features.Dropped
	Err     error
}

// Error returns the error, and what was left out.
func (e *DroppedError) Error() string {
	e = orZero(e)
	return fmt.Sprintf("%v: %s, and so are left out as errors", e.Err, e.Dropped.Warning())
}

// Unwrap returns the error itself.
func (e *DroppedError) Unwrap() error { return orZero(e).Err }

// orZero returns the zero value for a nil pointer.
func orZero[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// english writes numbers with thousands separators.
var english = message.NewPrinter(language.English)

// count returns a number of customers: 1 customer, 2,000 customers.
func count(n int) string {
	if n == 1 {
		return "1 customer"
	}
	return english.Sprintf("%d customers", n)
}

// A NoFeaturesError means that a table has fewer than two columns by which
// customers can be told apart. It is [segment.ErrEmpty] to errors.Is.
type NoFeaturesError struct {
	Roles features.Roles
}

// Error returns a sentence on each column, with what to do.
func (e *NoFeaturesError) Error() string {
	e = orZero(e)
	var b strings.Builder
	fmt.Fprintf(&b, "%d of the %d columns can tell customers apart; name at least two as features (Roles.Features)", len(e.Roles.Features), len(e.Roles.Columns))
	for _, c := range e.Roles.Columns {
		if c.Role != features.RoleFeature {
			fmt.Fprintf(&b, "\n%s (%s): %s", c.Column.Name, c.Column.Kind, c.Reason)
		}
	}
	return b.String()
}

// Unwrap returns segment.ErrEmpty.
func (e *NoFeaturesError) Unwrap() error { return segment.ErrEmpty }

// A NoValueError means that no feature of a table holds numbers, by which segments are
// ranked. It is [segment.ErrOption] to errors.Is.
type NoValueError struct {
	Features []string
}

// Error returns the sentence without its full stop.
func (e *NoValueError) Error() string {
	return fmt.Sprintf("none of %s holds numbers, so nothing tells which segment is worth more; name a column of numbers as a feature and for value (Roles.Value)", strings.Join(orZero(e).Features, ", "))
}

// Unwrap returns segment.ErrOption.
func (e *NoValueError) Unwrap() error { return segment.ErrOption }
