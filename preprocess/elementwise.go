package preprocess

import "fmt"

// elementwise is a kernel that maps each value by itself: of returns what the
// value v of column j becomes, NaN where it is not defined.
type elementwise struct {
	op      string
	columns []string
	domain  string // what is defined, for errors
	of      func(j int, v float64) float64
}

func (k *elementwise) size() (in, out, widest int) {
	d := len(k.columns)
	return d, d, d
}

func (k *elementwise) apply(dst, src block, first int) error {
	for i := range src.n {
		to := dst.row(i)
		for j, v := range src.row(i) {
			z := k.of(j, v)
			if !finite(z) || !finite(v) {
				return k.bad(first+i, j, v, z)
			}
			to[j] = z
		}
	}
	return nil
}

// bad returns the error on a value v that became z.
func (k *elementwise) bad(row, j int, v, z float64) error {
	if finite(v) && z != z {
		return &ValueError{k.op, row, k.columns[j], v, fmt.Errorf("%w: %s", ErrDomain, k.domain)}
	}
	return badValue(k.op, row, k.columns[j], v)
}
