package features

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
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

// Dropped counts the rows that [Clean] or [Within] left out, each under one reason.
type Dropped struct {
	Age    int // age above the limit, whatever the income
	Income int // age within its limit, income above
	Rows   int // rows before, dropped or not
	// Limits are those of Clean that were used, defaults filled in and NoLimit where
	// there was none.
	Limits CleanOptions
	// Outside are the limits of Within, also those that left nobody out.
	Outside []Outside `json:",omitempty"`
}

// An Outside counts the rows that one limit of a column left out.
type Outside struct {
	Column string
	Above  bool    // whether Limit is the greatest value that stays; else it is the least
	Limit  float64 // in the unit of the column
	Rows   int     // within all limits before this one, and beyond this
}

// side is the word for where the rows lie that the limit leaves out.
func (o Outside) side() string {
	if o.Above {
		return "above"
	}
	return "below"
}

// String returns the limit as a comparison that holds for who stays: Age ≥ 18.
func (o Outside) String() string {
	sign := "≥"
	if o.Above {
		sign = "≤"
	}
	return o.Column + " " + sign + " " + grouped(o.Limit)
}

// Total returns the number of all rows left out.
func (d Dropped) Total() int {
	n := d.Age + d.Income
	for _, o := range d.Outside {
		n += o.Rows
	}
	return n
}

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
	for _, o := range d.Outside {
		if o.Rows > 0 {
			why = append(why, fmt.Sprintf("%d for a value %s %s in %s", o.Rows, o.side(), grouped(o.Limit), o.Column))
		}
	}
	if len(why) == 0 {
		return "Dropped no rows."
	}
	return fmt.Sprintf("Dropped %s: %s.", count(d.Total(), "row"), list(why, "and"))
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
		of = ""
	}
	for _, o := range d.Outside {
		if o.Rows > 0 {
			why = append(why, fmt.Sprintf("%d%s %s a value %s %s in %s", o.Rows, of, have(o.Rows), o.side(), grouped(o.Limit), o.Column))
			of = ""
		}
	}
	return list(why, "and")
}

// grouped returns a number with commas between thousands.
func grouped(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
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
	limits := []Outside{{Column: "age", Above: true, Limit: float64(o.MaxAge)}, {Column: "income", Above: true, Limit: o.MaxIncome}}
	values := make([][]float64, len(limits))
	for i, l := range limits {
		if s, err := t.Column(l.Column); err == nil && l.Limit != NoLimit {
			values[i] = s.numbers
		}
	}
	stay, err := t.within(ctx, limits, values)
	if err != nil {
		return nil, Dropped{}, err
	}
	return stay, Dropped{Age: limits[0].Rows, Income: limits[1].Rows, Rows: t.Len(), Limits: o}, nil
}

// Within returns the table without the rows whose value in a column is below its least
// or above its greatest value; both are by name of the column, and either may be nil.
// A missing value is no reason to go. A row counts under the first limit that it fails,
// in the order of the columns, the least value first.
//
// Errors: a [*ColumnError] for a column that the table does not have, or that is none
// of numbers; ErrOptions for a limit that is not finite, or a least value above the
// greatest; that of ctx.
func Within(ctx context.Context, t *Table, least, most map[string]float64) (*Table, Dropped, error) {
	d := Dropped{Rows: t.Len()}
	of := map[string]map[bool]float64{} // by column, and whether it is the greatest
	for i, limits := range []map[string]float64{least, most} {
		for _, name := range slices.Sorted(maps.Keys(limits)) {
			above := i == 1
			s, err := t.Column(name)
			if err == nil && !s.Kind().Numeric() {
				err = &ColumnError{Column: s.Name(), Err: ErrNotNumeric}
			}
			if err == nil && limits[name]-limits[name] != 0 {
				err = fmt.Errorf("%w: the limit of column %s is %v; a column without a limit is left out", ErrOptions, s.Name(), limits[name])
			}
			if err != nil {
				return nil, d, err
			}
			if of[s.Name()] == nil {
				of[s.Name()] = map[bool]float64{}
			}
			if _, twice := of[s.Name()][above]; twice {
				return nil, d, fmt.Errorf("%w: column %s has two limits of one side, by different writings of its name", ErrOptions, s.Name())
			}
			of[s.Name()][above] = limits[name]
		}
	}
	var values [][]float64
	for _, s := range orZero(t).series {
		from, low := of[s.Name()][false]
		to, high := of[s.Name()][true]
		if low && high && from > to {
			return nil, d, fmt.Errorf("%w: the least value of column %s is %v, above the greatest, %v", ErrOptions, s.Name(), from, to)
		}
		if low {
			d.Outside, values = append(d.Outside, Outside{Column: s.Name(), Limit: from}), append(values, s.numbers)
		}
		if high {
			d.Outside, values = append(d.Outside, Outside{Column: s.Name(), Above: true, Limit: to}), append(values, s.numbers)
		}
	}
	stay, err := t.within(ctx, d.Outside, values)
	if err != nil {
		return nil, Dropped{}, err
	}
	return stay, d, nil
}

// within returns the rows that fit all limits, and counts the others under the first
// that they do not fit. Values are those of the limits' columns; nil fits.
func (t *Table) within(ctx context.Context, limits []Outside, values [][]float64) (*Table, error) {
	t = orZero(t)
	fits := func(row int) bool {
		for j := range limits {
			// Both are false for NaN.
			if l := &limits[j]; values[j] != nil && (l.Above && values[j][row] > l.Limit || !l.Above && values[j][row] < l.Limit) {
				l.Rows++
				return false
			}
		}
		return true
	}
	stay := make([]int, 0, t.n)
	err := eachBlock(ctx, t.n, func(from, to int) error {
		for i := from; i < to; i++ {
			if fits(i) {
				stay = append(stay, i)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(stay) == t.n {
		return t, nil
	}
	return t.rows(ctx, stay)
}
