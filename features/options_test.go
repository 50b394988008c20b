package features

import (
	"errors"
	"strings"
	"testing"
)

// A second struct of options would be dropped, whatever it says: it is refused.
func TestAtMostOneOptions(t *testing.T) {
	_, _, err := ReadFile("../testdata/customers.csv", ReadOptions{}, ReadOptions{Policy: 77, DateOrder: MonthFirst})
	if !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), "2 features.ReadOptions") {
		t.Errorf("two ReadOptions: %v", err)
	}
	if _, err := new(Table).Encode(EncodeOptions{}, EncodeOptions{}); !errors.Is(err, ErrOptions) {
		t.Errorf("two EncodeOptions: %v", err)
	}
	for _, opts := range [][]ReadOptions{nil, {{}}} {
		if _, _, err := ReadFile("../testdata/customers.csv", opts...); err != nil {
			t.Errorf("%d ReadOptions: %v", len(opts), err)
		}
	}
}
