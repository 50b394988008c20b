package features

import (
	"fmt"
	"math"
	"slices"
)

// Units names the units of the five training columns, by column, for people to
// read: years of age, months of tenure. Amounts are in the currency of the file
// and counts have none; both are left out.
func Units() map[string]string {
	return map[string]string{"age": "years", "tenure": "months"}
}

// CheckValue says whether a value makes sense in a training column, before it
// is given to a model: nil, or a [*ValueError] that names the column and says
// what would be right. None may be negative, and income alone may be NaN, for
// missing. A name that is no training column is a [*ColumnError].
func CheckValue(column string, v float64) error {
	col, err := lookup(column)
	if err != nil {
		return err
	}
	name := schema[col].Name
	if !slices.Contains(TrainingColumns, name) {
		return &ColumnError{Column: name, Near: slices.Clone(TrainingColumns), Err: ErrNotTraining}
	}
	bad := func(want string) error {
		return &ValueError{Row: -1, Column: name, Value: fmt.Sprint(v), Want: want, Err: ErrValue}
	}
	switch {
	case name == "income" && math.IsNaN(v):
		return nil
	case !(v >= 0) || math.IsInf(v, 0):
		return bad("a number from 0")
	case name == "age" && v > 150:
		return bad("an age in years, up to 150")
	case name == "children" && v != math.Trunc(v):
		return bad("a whole number of children")
	}
	return nil
}
