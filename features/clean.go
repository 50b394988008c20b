package features

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// NoLimit as a limit of [CleanOptions] keeps every value.
const NoLimit = -1

// CleanOptions are the limits of [Clean]. The zero value drops ages above 100
// and incomes above 120,000.
type CleanOptions struct {
	MaxAge    int     // greatest age that stays, in years; 0 means 100, NoLimit or any negative number no limit
	MaxIncome float64 // greatest income that stays, in the currency of the file; 0 means 120,000, NoLimit or any negative number no limit
}

// resolved returns the options with the defaults filled in, and NoLimit for all
// that limits nothing.
func (o CleanOptions) resolved() CleanOptions {
	switch {
	case o.MaxAge == 0:
		o.MaxAge = 100
	case o.MaxAge < 0 || o.MaxAge == math.MaxInt:
		o.MaxAge = NoLimit
	}
	switch {
	case o.MaxIncome == 0:
		o.MaxIncome = 120_000
	case !(o.MaxIncome > 0) || math.IsInf(o.MaxIncome, 1):
		o.MaxIncome = NoLimit
	}
	return o
}

// Limits returns the limits by column, as a model remembers them; a column
// without a limit is not there.
func (o CleanOptions) Limits() map[string]float64 {
	o = o.resolved()
	limits := map[string]float64{}
	if o.MaxAge != NoLimit {
		limits["age"] = float64(o.MaxAge)
	}
	if o.MaxIncome != NoLimit {
		limits["income"] = o.MaxIncome
	}
	return limits
}

// CleanOptionsOf returns the options whose Limits are given. Nil limits, of a
// model that does not remember any, are the defaults.
func CleanOptionsOf(limits map[string]float64) CleanOptions {
	if limits == nil {
		return CleanOptions{}.resolved()
	}
	o := CleanOptions{NoLimit, NoLimit}
	if v, ok := limits["age"]; ok {
		o.MaxAge = int(v)
	}
	if v, ok := limits["income"]; ok {
		o.MaxIncome = v
	}
	return o
}

// Dropped counts the rows that [Clean] left out, each under one reason.
type Dropped struct {
	Age    int // age above the limit, whatever the income
	Income int // age within its limit, income above
	Rows   int // rows before, dropped or not
	// Limits are those that were used, defaults filled in and NoLimit where
	// there was none.
	Limits CleanOptions
}

// Total returns the number of all rows left out.
func (d Dropped) Total() int { return d.Age + d.Income }

// String returns the counts in a sentence.
func (d Dropped) String() string {
	var why []string
	reason := func(n int, what string, limit float64) {
		switch {
		case n > 0 && limit > 0:
			why = append(why, fmt.Sprintf("%d for an %s above %s", n, what, grouped(limit)))
		case n > 0: // a report that Clean did not make has no limits
			why = append(why, fmt.Sprintf("%d for the %s", n, what))
		}
	}
	reason(d.Age, "age", float64(d.Limits.MaxAge))
	reason(d.Income, "income", d.Limits.MaxIncome)
	if len(why) == 0 {
		return "Dropped no rows."
	}
	return fmt.Sprintf("Dropped %s: %s.", count(d.Total(), "row"), strings.Join(why, " and "))
}

// Warning returns a sentence, without its full stop, on the limits that dropped
// more than a tenth of the rows between them, and an empty one where they did
// not: "16 of 16 customers have an income above 120,000".
func (d Dropped) Warning() string {
	if 10*d.Total() <= d.Rows {
		return ""
	}
	var why []string
	of := fmt.Sprintf(" of %s", count(d.Rows, "customer"))
	if d.Age > 0 {
		why = append(why, fmt.Sprintf("%d%s %s an age above %s", d.Age, of, have(d.Age), grouped(float64(d.Limits.MaxAge))))
		of = ""
	}
	if d.Income > 0 {
		why = append(why, fmt.Sprintf("%d%s %s an income above %s", d.Income, of, have(d.Income), grouped(d.Limits.MaxIncome)))
	}
	return strings.Join(why, " and ")
}

// grouped returns a positive number with commas between thousands.
func grouped(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		return whole + "." + fraction
	}
	return whole
}

// Clean returns the table without the customers that are too old or earn too
// much to be true, by its columns age and income. A missing value is no reason
// to go. A row that fails both limits counts under Age. The error is that of ctx.
func Clean(ctx context.Context, t *Table, o CleanOptions) (*Table, Dropped, error) {
	o = o.resolved()
	d := Dropped{Rows: t.Len(), Limits: o}
	limit := func(name string, most float64) func(row int) bool {
		if s, err := t.Column(name); err == nil && s.numbers != nil && most != NoLimit {
			return func(row int) bool { return s.numbers[row] > most } // false for NaN
		}
		return func(int) bool { return false }
	}
	tooOld, tooRich := limit("age", float64(o.MaxAge)), limit("income", o.MaxIncome)
	stay := make([]int, 0, t.Len())
	err := eachBlock(ctx, t.Len(), func(from, to int) error {
		for i := from; i < to; i++ {
			switch {
			case tooOld(i):
				d.Age++
			case tooRich(i):
				d.Income++
			default:
				stay = append(stay, i)
			}
		}
		return nil
	})
	out := orZero(t)
	if err == nil && len(stay) < t.Len() {
		out, err = t.rows(ctx, stay)
	}
	if err != nil {
		return nil, Dropped{}, err
	}
	return out, d, nil
}
