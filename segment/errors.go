package segment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"

	"gonum.org/v1/gonum/mat"
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
)

var errNotFitted = fmt.Errorf("%w: the clustering has no clusters; want one that Fit returned", ErrEmpty)

// dims is x.Dims, for nil and nil pointers too.
func dims(x mat.Matrix) (n, d int) {
	if v := reflect.ValueOf(x); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
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
	if r, ok := x.(mat.RawMatrixer); ok && n > 0 {
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

func workers(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// orZero makes the zero value of a nil pointer, which then answers as that
// does: with an error or nothing, never with a panic.
func orZero[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// orBackground takes a nil context for one that is never done.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
