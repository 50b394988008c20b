package program

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
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

// ColumnLimits defines the flag -limits on least and greatest values of columns of a
// table that is no campaign file.
func ColumnLimits(flags *flag.FlagSet) (least, most map[string]float64) {
	least, most = map[string]float64{}, map[string]float64{}
	flags.Func("limits", "least and greatest values of columns of a table that is no campaign file, as `A>=18,A<=90,…`; customers outside are left out, and those without a value stay", func(s string) error {
		limits, err := Names(s)
		for _, limit := range limits {
			of, sign := least, ">="
			at := strings.LastIndex(limit, sign)
			if high := strings.LastIndex(limit, "<="); high > at {
				of, sign, at = most, "<=", high
			}
			if at <= 0 {
				return fmt.Errorf("%q is no limit such as income<=120000 or age>=18", limit)
			}
			name, end := strings.TrimSpace(limit[:at]), strings.TrimSpace(limit[at+len(sign):])
			v, err := strconv.ParseFloat(end, 64)
			if err != nil || v-v != 0 {
				return fmt.Errorf("%q is no number that could be a limit of %s", end, name)
			}
			if _, twice := of[name]; twice {
				return fmt.Errorf("%s has two limits of the form %s%s…", name, name, sign)
			}
			of[name] = v
		}
		return err
	})
	return least, most
}

// LeftOut tells, without a full stop, which limits left out more than a tenth of
// the customers, and by which flags they are set; empty where they did not.
func LeftOut(d features.Dropped) string {
	said := d.Warning()
	if said == "" {
		return ""
	}
	flags := "-max-income sets another limit"
	switch {
	case len(d.Outside) > 0:
		return said + ", and so are left out by -limits"
	case d.Age > 0 && d.Income > 0:
		flags = "-max-age and -max-income set other limits"
	case d.Age > 0:
		flags = "-max-age sets another limit"
	}
	return fmt.Sprintf("%s, and so are left out as errors; %s, 0 for none", said, flags)
}

// Because adds to an error which limits of cleaning left out more than a tenth of
// the customers, where they did.
func Because(err error, d features.Dropped) error {
	if said := LeftOut(d); err != nil && said != "" {
		return fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// Remedy adds to an error of training or scoring the flags that would help.
func Remedy(err error) error {
	if dropped, ok := errors.AsType[*segmentation.DroppedError](err); ok {
		return Because(Remedy(dropped.Err), dropped.Dropped)
	}
	if none, ok := errors.AsType[*segmentation.NoFeaturesError](err); ok {
		return fmt.Errorf("%d of the %d columns can tell customers apart; name two or more by -columns, or say by -kinds what columns hold", len(none.Roles.Features), len(none.Roles.Columns))
	}
	if _, ok := errors.AsType[*preprocess.WordError](err); ok {
		return fmt.Errorf("%w; a model that is trained with -unseen accept takes it for none of these", err)
	}
	if none, ok := errors.AsType[*segmentation.NoValueError](err); ok {
		return fmt.Errorf("none of %s holds numbers, so nothing tells which segment is worth more; name a column of numbers, too, by -columns and -value", strings.Join(none.Features, ", "))
	}
	if few, ok := errors.AsType[*segmentation.TooFewError](err); ok && few.Distinct > 1 {
		return fmt.Errorf("%w; -min-k can be at most %d", err, few.Distinct)
	}
	return err
}

// Warnings are counts of warnings on customers, counted on a day, as sentences
// without full stops, with the flag for another day.
func Warnings(counts []segment.WarningCount, day time.Time) []string {
	out := segmentation.WarningSentences(counts, day)
	if _, late := segmentation.OfAnotherTime(counts); late {
		out[0] += "; -as-of counts on another day"
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
