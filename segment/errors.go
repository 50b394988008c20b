package segment

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// The errors of this package are these, wrapped with where and what; test for
// them with errors.Is.
var (
	// ErrEmpty means that there are no rows, or no columns.
	ErrEmpty = errors.New("segment: no data")
	// ErrNotFinite means NaN or ±Inf where a number is needed.
	ErrNotFinite = errors.New("segment: not a finite number")
	// ErrTooFew means fewer rows, or fewer distinct ones, than are needed.
	ErrTooFew = errors.New("segment: too few rows")
	// ErrWidth means a wrong number of columns, labels, weights or names.
	ErrWidth = errors.New("segment: wrong shape")
	// ErrOption means an option whose value makes no sense.
	ErrOption = errors.New("segment: invalid option")
	// ErrOverflow means numbers so large, or so far apart in magnitude, that a
	// result is beyond the range of float64. It is preprocess.ErrOverflow too.
	ErrOverflow = fmt.Errorf("segment: too large: %w", preprocess.ErrOverflow)
	// ErrTooFar means a row so far from all that a model was trained on that the
	// rounding of its numbers decides which centroid is the nearest.
	ErrTooFar = errors.New("segment: too far from the training rows")
)

// dims is x.Dims, for nil too.
func dims(x mat.Matrix) (n, d int) {
	if m, ok := x.(*mat.Dense); x == nil || ok && m == nil {
		return 0, 0
	}
	return x.Dims()
}

// finite gives an error that names the first value of x that is no finite
// number, by column name where there are names.
func finite(x mat.Matrix, columns []string, what string) error {
	n, d := dims(x)
	bad := func(i, j int, v float64) error {
		name := fmt.Sprint(j)
		if j < len(columns) {
			name = columns[j]
		}
		return fmt.Errorf("%w: row %d, column %s of %s is %v", ErrNotFinite, i, name, what, v)
	}
	if r, ok := x.(mat.RawMatrixer); ok {
		raw := r.RawMatrix()
		for i := 0; i < n; i++ {
			for j, v := range raw.Data[i*raw.Stride : i*raw.Stride+d] {
				if v-v != 0 {
					return bad(i, j, v)
				}
			}
		}
		return nil
	}
	for i := 0; i < n; i++ {
		for j := 0; j < d; j++ {
			if v := x.At(i, j); math.IsNaN(v) || math.IsInf(v, 0) {
				return bad(i, j, v)
			}
		}
	}
	return nil
}

// greatest names the value of x of the greatest magnitude and its place.
func greatest(x mat.Matrix) string {
	n, d := dims(x)
	row, column := 0, 0
	for i := range n {
		for j := range d {
			if math.Abs(x.At(i, j)) > math.Abs(x.At(row, column)) {
				row, column = i, j
			}
		}
	}
	return fmt.Sprintf("%v in row %d, column %d", x.At(row, column), row, column)
}

// overflowRow is the error on a row whose distance is beyond the range of float64.
func overflowRow(x mat.Matrix, row int, what string) error {
	_, d := dims(x)
	column := 0
	for j := range d {
		if math.Abs(x.At(row, j)) > math.Abs(x.At(row, column)) {
			column = j
		}
	}
	return fmt.Errorf("%w: %s of row %d, whose column %d is %v", ErrOverflow, what, row, column, x.At(row, column))
}

func workers(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}
