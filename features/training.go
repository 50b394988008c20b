package features

import (
	"fmt"
	"math"
	"slices"
)

// Units returns the units of the five training columns, by column, for people
// to read: years of age, months of tenure. Amounts are in the currency of the
// file and counts have none; both are left out.
func Units() map[string]string {
	units := map[string]string{}
	for _, name := range TrainingColumns {
		if unit := schema[byKey[key(name)]].Unit; unit != "" {
			units[name] = unit
		}
	}
	return units
}

// The greatest values that CheckValue takes: greater ones are slips, and those
// from about 1e150 on would leave the range of float64 in a model.
var greatest = map[string]struct {
	value float64
	want  string
}{
	"age":      {150, "an age in years, up to 150"},
	"tenure":   {1800, "months since enrolment, up to 1800"},
	"children": {100, "a number of children, up to 100"},
	"spent":    {1e15, "an amount up to 1e15"},
	"income":   {1e15, "an amount up to 1e15"},
}

// CheckValue reports whether a value makes sense in a training column, before
// it is given to a model: nil, or a [*ValueError] that names the column and
// states what would be right. None may be negative, and income alone may be
// NaN, for missing. Ages go up to 150 years and tenure up to 1,800 months,
// which are as many; children up to 100; spent and income up to 1e15, which is
// beyond what anybody has in any currency. A name that is no training column is
// a [*ColumnError].
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
	most := greatest[name]
	switch {
	case name == "income" && math.IsNaN(v):
		return nil
	case !(v >= 0) || math.IsInf(v, 0):
		return bad("a number from 0")
	case v > most.value:
		return bad(most.want)
	case name == "children" && v != math.Trunc(v):
		return bad("a whole number of children")
	}
	return nil
}
