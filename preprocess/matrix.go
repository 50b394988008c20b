package preprocess

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// blockValues is how many values of a matrix are worked on at a time: 32 KiB,
// so that a block stays in the first-level cache from one step to the next.
const blockValues = 4096

// block is a run of rows in memory.
type block struct {
	data             []float64
	n, width, stride int
}

func (b block) row(i int) []float64 { return b.data[i*b.stride : i*b.stride+b.width] }

// kernel is a transformation of blocks of rows, in columns wide, to rows of out
// columns. dst and src of apply have the same number of rows and may be the same
// memory where the widths are equal; first is the number of the first row, for
// errors.
type kernel struct {
	in, out, widest int
	apply           func(dst, src block, first int) error
}

// elementwise returns the kernel that maps each value by f.
func elementwise(op string, columns []string, f func(j int, v float64) float64) kernel {
	d := len(columns)
	return kernel{d, d, d, func(dst, src block, first int) error {
		for i := range src.n {
			to := dst.row(i)
			for j, v := range src.row(i) {
				if to[j] = f(j, v); !num.Finite(to[j]) {
					return badValue(op, first+i, columns[j], v)
				}
			}
		}
		return nil
	}}
}

func allFinite(values ...[]float64) bool {
	for _, s := range values {
		for _, v := range s {
			if !num.Finite(v) {
				return false
			}
		}
	}
	return true
}

// buffers lends scratch memory, so that transforming one row allocates nothing.
var buffers = sync.Pool{New: func() any { return new([]float64) }}

func borrow(n int) *[]float64 {
	b := buffers.Get().(*[]float64)
	if cap(*b) < n {
		*b = make([]float64, n)
	}
	*b = (*b)[:n]
	return b
}

// reading returns the panic of f, which reads a matrix that the caller made, as an
// error: nil pointers and types that panic must not get further than here.
func reading(f func(), part string, args ...any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("preprocess: reading %sthe matrix panicked (%v): %w", fmt.Sprintf(part, args...), p, ErrMatrix)
		}
	}()
	f()
	return nil
}

// dims returns the size of a matrix that the caller made.
func dims(x mat.Matrix) (r, c int, err error) {
	if x == nil {
		return 0, 0, fmt.Errorf("preprocess: the matrix is nil: %w", ErrMatrix)
	}
	if d, ok := x.(*mat.Dense); ok && d != nil {
		r, c = d.Dims()
	} else if err := reading(func() { r, c = x.Dims() }, ""); err != nil {
		return 0, 0, err
	}
	if r < 0 || c < 0 {
		return 0, 0, fmt.Errorf("preprocess: the matrix says that it is %d×%d: %w", r, c, ErrMatrix)
	}
	return r, c, nil
}

// scan calls f on all rows of x in order, a block at a time, of rows that become up
// to widest values wide: those of a Dense as they lie, others copied.
func scan(ctx context.Context, x mat.Matrix, n, d, widest int, f func(b block, first int) error) error {
	step := max(1, blockValues/widest)
	dense, _ := x.(*mat.Dense)
	var buf *[]float64
	if dense == nil {
		buf = borrow(min(step, n) * d)
		defer buffers.Put(buf)
	}
	for first := 0; first < n; first += step {
		if err := cause.Of(ctx); err != nil {
			return err
		}
		m := min(step, n-first)
		var b block
		if dense != nil {
			raw := dense.RawMatrix()
			b = block{raw.Data[first*raw.Stride:], m, d, raw.Stride}
		} else {
			b = block{*buf, m, d, d}
			if err := reading(func() {
				for i := range m {
					mat.Row(b.row(i), first+i, x)
				}
			}, "rows %d to %d of ", first, first+m-1); err != nil {
				return err
			}
		}
		if err := f(b, first); err != nil {
			return err
		}
	}
	return nil
}

// column returns column j of x, of n rows, in the memory of dst where it has room.
func column(ctx context.Context, dst []float64, x mat.Matrix, n, j int) ([]float64, error) {
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	dst = slices.Grow(dst[:0], n)[:n]
	return dst, reading(func() { mat.Col(dst, j, x) }, "column %d of ", j)
}

// fitInput checks the input of every Fit and returns its shape and names.
func fitInput(op string, x mat.Matrix, columns []string) (n, d int, names []string, err error) {
	n, d, err = dims(x)
	if err != nil {
		return 0, 0, nil, err
	}
	if n == 0 || d == 0 {
		return 0, 0, nil, fmt.Errorf("preprocess: %s: the matrix is %d×%d: %w", op, n, d, ErrNoRows)
	}
	names, err = columnNames(op, d, columns)
	return n, d, names, err
}

// destination resizes dst to n×out.
func destination(op string, dst *mat.Dense, n, out int) error {
	if dst == nil {
		return fmt.Errorf("preprocess: %s: the destination is nil: %w", op, ErrDestination)
	}
	if dst.IsEmpty() {
		if n > 0 {
			dst.ReuseAs(n, out)
		}
		return nil
	}
	if r, c := dst.Dims(); r != n || c != out {
		return fmt.Errorf("preprocess: %s: the destination is %d×%d, the result is %d×%d: %w", op, r, c, n, out, ErrDestination)
	}
	return nil
}

// transform runs all rows of x through k into dst. names are those of the
// columns that k takes; where there are none, k was not fitted.
func transform(ctx context.Context, op string, k kernel, names []string, dst *mat.Dense, x mat.Matrix) error {
	if len(names) == 0 {
		return notFitted(op)
	}
	n, c, err := dims(x)
	if err != nil {
		return err
	}
	if c != k.in && n > 0 {
		return &WidthError{op, c, k.in, slices.Clone(names)}
	}
	if err := destination(op, dst, n, k.out); err != nil || n == 0 {
		return err
	}
	to := dst.RawMatrix()
	return scan(ctx, x, n, k.in, k.widest, func(b block, first int) error {
		return k.apply(block{to.Data[first*to.Stride:], b.n, k.out, to.Stride}, b, first)
	})
}

// transformTo is the method TransformTo of a Fitted, or InverseTransformTo.
type transformTo func(ctx context.Context, dst *mat.Dense, x mat.Matrix) error

// fresh transforms into a new matrix.
func fresh(ctx context.Context, f transformTo, x mat.Matrix) (*mat.Dense, error) {
	dst := new(mat.Dense)
	if err := f(ctx, dst, x); err != nil {
		return nil, err
	}
	return dst, nil
}
