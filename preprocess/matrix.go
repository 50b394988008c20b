package preprocess

import (
	"context"
	"fmt"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
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

// kernel is a transformation of blocks of rows. dst and src have the same
// number of rows and may be the same memory where the widths are equal; first is
// the number of the first row, for errors.
type kernel interface {
	size() (in, out, widest int)
	apply(dst, src block, first int) error
}

// finite reports whether v is neither NaN nor ±Inf.
func finite(v float64) bool { return v-v == 0 }

func allFinite(values ...[]float64) bool {
	for _, s := range values {
		for _, v := range s {
			if !finite(v) {
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

// dims returns the size of a matrix that the caller made: nil pointers and types
// that panic must not get further than here.
func dims(x mat.Matrix) (r, c int, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, c, err = 0, 0, fmt.Errorf("preprocess: reading the matrix panicked (%v): %w", p, ErrMatrix)
		}
	}()
	if x == nil {
		return 0, 0, fmt.Errorf("preprocess: the matrix is nil: %w", ErrMatrix)
	}
	r, c = x.Dims()
	if r < 0 || c < 0 {
		return 0, 0, fmt.Errorf("preprocess: the matrix says that it is %d×%d: %w", r, c, ErrMatrix)
	}
	return r, c, nil
}

// rowsOf returns n rows of x from the first on: those of a Dense as they lie,
// others copied into buf.
func rowsOf(x mat.Matrix, first, n, width int, buf []float64) (b block, err error) {
	if d, ok := x.(*mat.Dense); ok {
		raw := d.RawMatrix()
		return block{raw.Data[first*raw.Stride:], n, width, raw.Stride}, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("preprocess: reading rows %d to %d of the matrix panicked (%v): %w", first, first+n-1, p, ErrMatrix)
		}
	}()
	for i := range n {
		row := buf[i*width : (i+1)*width]
		for j := range row {
			row[j] = x.At(first+i, j)
		}
	}
	return block{buf, n, width, width}, nil
}

// scan calls f on all rows of x in order, a block at a time.
func scan(ctx context.Context, x mat.Matrix, n, d int, f func(b block, first int) error) error {
	step := max(1, blockValues/d)
	buf := borrow(min(step, n) * d)
	defer buffers.Put(buf)
	for first := 0; first < n; first += step {
		if err := cause.Of(ctx); err != nil {
			return err
		}
		b, err := rowsOf(x, first, min(step, n-first), d, *buf)
		if err != nil {
			return err
		}
		if err := f(b, first); err != nil {
			return err
		}
	}
	return nil
}

// column appends column j of x to dst.
func column(ctx context.Context, dst []float64, x mat.Matrix, n, j int) (_ []float64, err error) {
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	if d, ok := x.(*mat.Dense); ok {
		raw := d.RawMatrix()
		for i := range n {
			dst = append(dst, raw.Data[i*raw.Stride+j])
		}
		return dst, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("preprocess: reading column %d of the matrix panicked (%v): %w", j, p, ErrMatrix)
		}
	}()
	for i := range n {
		dst = append(dst, x.At(i, j))
	}
	return dst, nil
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
	in, out, widest := k.size()
	if c != in && n > 0 {
		return &WidthError{op, c, in, append([]string(nil), names...)}
	}
	if err := destination(op, dst, n, out); err != nil || n == 0 {
		return err
	}
	to := dst.RawMatrix()
	step := max(1, blockValues/widest)
	buf := borrow(min(step, n) * in)
	defer buffers.Put(buf)
	for first := 0; first < n; first += step {
		if err := cause.Of(ctx); err != nil {
			return err
		}
		m := min(step, n-first)
		b, err := rowsOf(x, first, m, in, *buf)
		if err != nil {
			return err
		}
		if err := k.apply(block{to.Data[first*to.Stride:], m, out, to.Stride}, b, first); err != nil {
			return err
		}
	}
	return nil
}

// fresh transforms into a new matrix.
func fresh(ctx context.Context, f func(ctx context.Context, dst *mat.Dense, x mat.Matrix) error, x mat.Matrix) (*mat.Dense, error) {
	dst := new(mat.Dense)
	if err := f(ctx, dst, x); err != nil {
		return nil, err
	}
	return dst, nil
}
