package features

import (
	"fmt"
	"strings"
)

// CleanOptions are the limits of [Clean].
type CleanOptions struct {
	MaxAge    int     // greatest age that stays, in years; 0 means 100, math.MaxInt no limit
	MaxIncome float64 // greatest income that stays; 0 means 120 000, math.Inf(1) no limit
}

// Dropped counts the rows that [Clean] left out, each under one reason.
type Dropped struct {
	Age    int // age above the limit, whatever the income
	Income int // age within its limit, income above
}

// Total is the number of all rows left out.
func (d Dropped) Total() int { return d.Age + d.Income }

// String is the report in a sentence.
func (d Dropped) String() string {
	var why []string
	if d.Age > 0 {
		why = append(why, fmt.Sprintf("%d for the age", d.Age))
	}
	if d.Income > 0 {
		why = append(why, fmt.Sprintf("%d for the income", d.Income))
	}
	if len(why) == 0 {
		return "Dropped no rows."
	}
	return fmt.Sprintf("Dropped %s: %s.", count(d.Total(), "row"), strings.Join(why, " and "))
}

// Clean returns the table without the customers that are too old or earn too
// much to be true. A missing income is no reason to go. A row that fails both
// limits counts under Age. The table given stays as it is. At most one
// CleanOptions is taken.
func Clean(t *Table, opts ...CleanOptions) (*Table, Dropped) {
	o := first(opts)
	if o.MaxAge == 0 {
		o.MaxAge = 100
	}
	if o.MaxIncome == 0 {
		o.MaxIncome = 120_000
	}
	t = orZero(t)
	clean := &Table{AsOf: t.AsOf, Rows: make([]Engineered, 0, len(t.Rows))}
	var d Dropped
	for i := range t.Rows {
		switch row := &t.Rows[i]; {
		case row.Age > o.MaxAge:
			d.Age++
		case row.Income > o.MaxIncome: // false for NaN
			d.Income++
		default:
			clean.Rows = append(clean.Rows, *row)
		}
	}
	return clean, d
}
