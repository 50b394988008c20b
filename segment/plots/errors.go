package plots

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// The errors of this package are these, wrapped with where and what; test for
// them with errors.Is. Those of writing a file come from package os.
var (
	// ErrInput means values that cannot be drawn: none, lists of different
	// length, NaN or ±Inf, a negative count.
	ErrInput = errors.New("plots: cannot draw")
	// ErrStyle means a style, a size or a format that cannot be had.
	ErrStyle = errors.New("plots: invalid style")
)

func inputError(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrInput, fmt.Sprintf(format, a...))
}

// largest is the greatest number that is drawn: sums and differences of some
// such numbers do not overflow.
const largest = 1e300

// check refuses the first value that cannot be drawn.
type check func(what string, values ...float64) error

var (
	finite      = numbers(-largest, false, "a finite number")
	finiteOrNaN = numbers(-largest, true, "a finite number, or NaN where it is missing")
	// Counts, money and shares.
	notNegative      = numbers(0, false, "a finite number of at least 0")
	notNegativeOrNaN = numbers(0, true, "a finite number of at least 0, or NaN where it is missing")
)

func numbers(least float64, missing bool, must string) check {
	return func(what string, values ...float64) error {
		for i, v := range values {
			if !(v >= least && v <= largest) && !(missing && math.IsNaN(v)) {
				return inputError("%s: value %d is %v; it must be %s", what, i, v, must)
			}
		}
		return nil
	}
}

// positive refuses a sum of which there are no shares.
func positive(what string, total float64) error {
	if !(total > 0) || total > largest {
		return inputError("%s add up to %v; the sum must be positive", what, total)
	}
	return nil
}

// length refuses a list that is not as long as another, and one where that is empty.
func length(what string, n int, of string, want int) error {
	switch {
	case want == 0:
		return inputError("no %s; at least one is needed", of)
	case n != want:
		return inputError("%d %s for %d %s; there must be as many", n, what, want, of)
	}
	return nil
}

// optional refuses a list of another length that is not empty.
func optional(what string, n int, of string, want int) error {
	if n == 0 {
		return nil
	}
	return length(what, n, of, want)
}

// table checks a table of n rows and d columns; check may be nil.
func table[T any](what string, values [][]T, rows string, n int, columns string, d int, check func(string, ...T) error) error {
	if err := length("rows of "+what, len(values), rows, n); err != nil {
		return err
	}
	for i, row := range values {
		name := fmt.Sprintf("row %d", i)
		err := length(what+" in "+name, len(row), columns, d)
		if err == nil && check != nil {
			err = check(name, row...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// texts checks the texts of a table that has a row for each group; nil is none.
func texts(what string, cells [][]string, groups []Group, columns string, d int) error {
	if cells == nil {
		return nil
	}
	return table(what, cells, "groups", len(groups), columns, d, nil)
}

// rising checks numbers of clusters: two or more, each above the one before;
// those that are to be marked are among them, or 0.
func rising(ks []int, marked ...int) error {
	if len(ks) < 2 {
		return inputError("%d numbers of clusters; at least 2 are needed", len(ks))
	}
	for i := 1; i < len(ks); i++ {
		if ks[i] <= ks[i-1] {
			return inputError("numbers of clusters must rise, and %d follows %d", ks[i], ks[i-1])
		}
	}
	for _, k := range marked {
		if k != 0 && !slices.Contains(ks, k) {
			return inputError("k = %d is marked, which is not among the numbers of clusters", k)
		}
	}
	return nil
}

// some refuses values of which all are missing.
func some(values ...[]float64) error {
	if lo, hi := bounds(values...); lo > hi {
		return inputError("no value that can be drawn")
	}
	return nil
}

// bounds returns the least and the greatest value but NaN; without one, lo > hi.
func bounds(values ...[]float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, row := range values {
		for _, v := range row {
			if !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	return lo, hi
}

// greatest returns the greatest value that is above 0, or 0.
func greatest(values [][]float64) float64 {
	_, hi := bounds(values...)
	return max(hi, 0)
}

// greatestOf returns the first place where a figure of the values is greatest.
func greatestOf(values [][]float64, figure func(float64) float64) (row, column int) {
	for i := range values {
		for j, v := range values[i] {
			if best := figure(values[row][column]); figure(v) > best || math.IsNaN(best) {
				row, column = i, j
			}
		}
	}
	return row, column
}

// rowsOf copies a matrix to slices and checks it; name is that of a row.
func rowsOf(name string, x mat.Matrix) ([][]float64, error) {
	n, d := num.Dims(x)
	if n == 0 || d == 0 {
		return nil, inputError("no %s: %d×%d values; at least one row and one column are needed", name, n, d)
	}
	out, all := make([][]float64, n), mat.DenseCopyOf(x)
	for i := range out {
		out[i] = all.RawRowView(i)
		if j := slices.IndexFunc(out[i], func(v float64) bool { return !(math.Abs(v) <= largest) }); j >= 0 {
			return nil, inputError("%s %d, column %d is %v; it must be a finite number", name, i, j, out[i][j])
		}
	}
	return out, nil
}

func checkLabels(labels []int, n int, groups []Group) error {
	if err := cmp.Or(length("labels", len(labels), "rows", n), length("colours", len(groups), "groups", len(groups))); err != nil {
		return err
	}
	for i, l := range labels {
		if l < 0 || l >= len(groups) {
			return inputError("row %d has label %d; labels run from 0 to %d, one for each group", i, l, len(groups)-1)
		}
	}
	return nil
}
