package plots

import (
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

// finite refuses the first value that is NaN or infinite.
func finite(what string, values ...float64) error {
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return inputError("%s: value %d is %v; it must be a finite number", what, i, v)
		}
	}
	return nil
}

// notNegative refuses what is no finite number of at least 0, for counts, money
// and shares.
func notNegative(what string, values ...float64) error {
	for i, v := range values {
		if !(v >= 0) || math.IsInf(v, 0) {
			return inputError("%s: value %d is %v; it must be a finite number of at least 0", what, i, v)
		}
	}
	return nil
}

// length refuses a list of another length than the one that it belongs to.
func length(what string, n int, of string, want int) error {
	if n != want {
		return inputError("%d %s for %d %s; there must be as many", n, what, want, of)
	}
	return nil
}

// table checks the rows of a table: as many as the first list names, each as
// long as the second.
func table(values [][]float64, rows string, n int, columns string, d int, check func(string, ...float64) error) error {
	if n == 0 || d == 0 {
		return inputError("%d %s and %d %s; at least one of each is needed", n, rows, d, columns)
	}
	if err := length("rows of values", len(values), rows, n); err != nil {
		return err
	}
	for i, row := range values {
		if len(row) != d {
			return inputError("row %d has %d values for %d %s", i, len(row), d, columns)
		}
		if err := check(fmt.Sprintf("row %d", i), row...); err != nil {
			return err
		}
	}
	return nil
}

// checkValues checks the values of a chart of groups and rows, of which some may
// be missing, NaN, but not all.
func checkValues(values [][]float64, groups []Group, rows []string, check func(string, ...float64) error) error {
	there, some := make([][]float64, len(values)), false
	for i, row := range values {
		there[i] = slices.Clone(row)
		for j, v := range row {
			if math.IsNaN(v) {
				there[i][j] = 0
			} else {
				some = true
			}
		}
	}
	if err := table(there, "groups", len(groups), "rows", len(rows), check); err != nil {
		return err
	}
	if !some || greatest(there) > 1e300 {
		return inputError("no value that can be drawn")
	}
	return nil
}

// greatest returns the greatest value that is above 0, or 0.
func greatest(values [][]float64) float64 {
	most := 0.0
	for _, row := range values {
		for _, v := range row {
			if v > most {
				most = v
			}
		}
	}
	return most
}

// matrixRows copies a matrix to slices and checks it, and that it has a label for
// each row.
func matrixRows(x mat.Matrix, labels []int, groups []Group) ([][]float64, error) {
	n, d := num.Dims(x)
	if n == 0 || d == 0 {
		return nil, inputError("%d×%d values; at least one row and one column are needed", n, d)
	}
	if err := checkLabels(labels, n, groups); err != nil {
		return nil, err
	}
	out, flat := make([][]float64, n), make([]float64, n*d)
	for i := range out {
		out[i] = flat[i*d : (i+1)*d]
		for j := range d {
			if out[i][j] = x.At(i, j); math.IsNaN(out[i][j]) || math.IsInf(out[i][j], 0) {
				return nil, inputError("row %d, column %d is %v; it must be a finite number", i, j, out[i][j])
			}
		}
	}
	return out, nil
}

func checkLabels(labels []int, n int, groups []Group) error {
	if err := length("labels", len(labels), "rows", n); err != nil {
		return err
	}
	if len(groups) == 0 {
		return inputError("no groups; name at least one")
	}
	for i, l := range labels {
		if l < 0 || l >= len(groups) {
			return inputError("row %d has label %d; labels run from 0 to %d, one for each group", i, l, len(groups)-1)
		}
	}
	return nil
}
