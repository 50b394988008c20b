package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// Limits defines the flags -max-age and -max-income. The options have what they
// say once the flags are parsed; a limit that was not given is 0, which stands
// for the default.
func Limits(flags *flag.FlagSet) *features.CleanOptions {
	o := new(features.CleanOptions)
	d := features.CleanOptionsOf(nil)
	flags.Func("max-age", fmt.Sprintf("greatest `age` in years that is not taken for an error, 0 for no limit (default %d)", d.MaxAge), func(s string) error { return MaxAge(o, s) })
	flags.Func("max-income", fmt.Sprintf("greatest `income` that is not taken for an error, 0 for no limit (default %.0f)", d.MaxIncome), func(s string) error { return MaxIncome(o, s) })
	return o
}

// MaxAge reads the limit of the age, as the flag -max-age has it, into o.
func MaxAge(o *features.CleanOptions, s string) error {
	v, err := strconv.Atoi(s)
	if err != nil || v < 0 {
		return fmt.Errorf("a whole number of years is needed, or 0 for no limit")
	}
	if o.MaxAge = v; v == 0 {
		o.MaxAge = features.NoLimit
	}
	return nil
}

// MaxIncome reads the limit of the income, as the flag -max-income has it, into
// o.
func MaxIncome(o *features.CleanOptions, s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 1) {
		return fmt.Errorf("an amount is needed, or 0 for no limit")
	}
	if o.MaxIncome = v; v == 0 {
		o.MaxIncome = features.NoLimit
	}
	return nil
}

// LeftOut tells, without a full stop, which limits left out more than a tenth of
// the customers, and by which flags they are set; empty where they did not.
func LeftOut(d features.Dropped) string {
	said := d.Warning()
	if said == "" {
		return ""
	}
	var flags []string
	if d.Age > 0 {
		flags = append(flags, "-max-age")
	}
	if d.Income > 0 {
		flags = append(flags, "-max-income")
	}
	sets := "sets another limit"
	if len(flags) > 1 {
		sets = "set other limits"
	}
	return fmt.Sprintf("%s, and so are left out as errors; %s %s, 0 for none", said, strings.Join(flags, " and "), sets)
}

// fewest is the number of customers from which on there are segments to tell of:
// with two, each is a segment of its own.
const fewest = 3

// Clean cleans a table as [features.Clean] does. Where fewer than three customers
// stay, which is too few for segments, the error says why.
func Clean(t *features.Table, o features.CleanOptions) (*features.Table, features.Dropped, error) {
	clean, dropped := features.Clean(t, o)
	return clean, dropped, Because(Enough(clean), dropped)
}

// Enough is the error of a table of too few customers for segments; nil where
// there are enough.
func Enough(t *features.Table) error {
	n := t.Len()
	if n >= fewest {
		return nil
	}
	err := fmt.Errorf("%s are too few for segments; at least %d are needed", Count(n, "customer"), fewest)
	switch n {
	case 0:
		err = errors.New("no customers are left for segments")
	case 1:
		err = fmt.Errorf("1 customer is too few for segments; at least %d are needed", fewest)
	}
	return err
}

// Because adds to an error which limits of cleaning left out more than a tenth of
// the customers, where they did.
func Because(err error, d features.Dropped) error {
	if said := LeftOut(d); err != nil && said != "" {
		return fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// Filled is the error of a column that has no value at all; nil where each has one.
func Filled(x *mat.Dense, columns []string) error {
	n, _ := x.Dims()
	for j, name := range columns {
		missing := 0
		for i := range n {
			if math.IsNaN(x.At(i, j)) {
				missing++
			}
		}
		if missing == n {
			return fmt.Errorf("none of %s has a value in the column %s, by which segments are made", Count(n, "customer"), name)
		}
	}
	return nil
}

// MostK is the greatest number of clusters, up to maxK, that rows allow: that of
// the rows which differ behind the pipeline. The note, without a full stop, tells
// where that is less than maxK.
func MostK(ctx context.Context, x *mat.Dense, columns []string, minK, maxK int) (most int, note string, err error) {
	if err := Filled(x, columns); err != nil {
		return 0, "", err
	}
	pipeline, err := segment.DefaultPipeline(len(columns)).Fit(ctx, x, columns...)
	if err != nil {
		return 0, "", err
	}
	z, err := pipeline.Transform(ctx, x)
	if err != nil {
		return 0, "", err
	}
	n, _ := z.Dims()
	seen := map[string]bool{}
	for i := 0; i < n && len(seen) < maxK; i++ {
		seen[fmt.Sprint(z.RawRowView(i))] = true
	}
	switch most = len(seen); {
	case most == maxK:
		return most, "", nil
	case most == 1:
		return 0, "", fmt.Errorf("all %d customers are alike in %s, so there are no segments", n, strings.Join(columns, ", "))
	case most < minK && most == n:
		return 0, "", fmt.Errorf("%s are too few for %d clusters; -min-k can be at most %d", Count(n, "customer"), minK, n)
	case most < minK:
		return 0, "", fmt.Errorf("only %d of the %d customers differ in %s, which is too few for %d clusters; -min-k can be at most %d", most, n, strings.Join(columns, ", "), minK, most)
	}
	return most, fmt.Sprintf("%s differ, so that the numbers of clusters end at %d and not at %d", Count(most, "customer"), most, maxK), nil
}

// Doubts count the customers of a table of whom something can hardly be true on
// its day, as sentences without full stops.
func Doubts(t *features.Table) []string {
	var counts segment.WarningCounts
	for c := range t.Customers() {
		var warnings []segment.Warning
		for _, d := range c.Doubts(features.AsOf(t.AsOf())) {
			warnings = append(warnings, segment.Warning{Kind: segment.WarningKind(d.Kind), Column: d.Column, Text: d.String()})
		}
		counts.Add(c.ID, warnings...)
	}
	return Warnings(counts.Counts(), t.AsOf())
}

// Warnings are counts of warnings on customers, counted on a day, as sentences
// without full stops: first that the customers are of another time, where so
// many enrolled after the day.
func Warnings(counts []segment.WarningCount, day time.Time) []string {
	var out []string
	if late, ok := store.OfAnotherTime(counts); ok {
		out = append(out, Printer.Sprintf("%d of %s enrolled after %s, the day on which ages and tenures are counted, so that their tenures mean nothing; -as-of counts on another day",
			late.Rows, Count(late.Of, "customer"), day.Format(time.DateOnly)))
	}
	for _, c := range counts {
		out = append(out, Printer.Sprintf("%d of %s, the first with id %s: %s", c.Rows, Count(c.Of, "customer"), c.First[0].ID, c.First[0].Text))
	}
	return out
}

// Sentences joins the sentences of warnings for a field of a CSV file.
func Sentences(warnings []segment.Warning) string {
	var out []string
	for _, w := range warnings {
		out = append(out, w.String())
	}
	return strings.Join(out, "; ")
}

// Count is a number with its noun: 1 customer, 2,000 customers.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Printer.Sprintf("%d %s", n, noun)
}
