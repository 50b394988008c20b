package plots_test

import (
	"testing"

	"github.com/customer-personality/segmentation/segment/plots"
)

// Whole numbers of which the next is no other float64 have a curve, and end.
func TestDensitiesOfLargeNumbers(t *testing.T) {
	two := plots.Tiers("Gold", "Silver")
	for _, v := range []float64{1 << 51, 1 << 52, 1 << 53, 1e17, -1e150} {
		if f, err := plots.DensitiesOf(two, [][]float64{{v, v}, {v}}).Figure(); err != nil || f == nil {
			t.Errorf("%v: %v", v, err)
		} else if _, err := f.SVG(plots.Style{}); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
}
