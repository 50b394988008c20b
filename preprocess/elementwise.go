package preprocess

import (
	"errors"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation/internal/num"
)

// partial returns elementwise for an f that is not defined everywhere: NaN for a
// number is ErrDomain, with the words for what is defined.
func partial(op string, columns []string, domain string, f func(j int, v float64) float64) kernel {
	k := elementwise(op, columns, f)
	apply := k.apply
	k.apply = func(dst, src block, first int) error {
		err := apply(dst, src, first)
		if err == nil {
			return nil
		}
		var bad *ValueError
		if errors.As(err, &bad) && num.Finite(bad.Value) {
			if z := f(slices.Index(columns, bad.Column), bad.Value); z != z {
				bad.Err = fmt.Errorf("%w: %s", ErrDomain, domain)
			}
		}
		return err
	}
	return k
}
