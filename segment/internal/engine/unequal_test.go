package engine

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestUnequalKeepsTheCause: a fit with sums of its own ends with the cause of the
// context.
func TestUnequalKeepsTheCause(t *testing.T) {
	own := errors.New("the operator said so")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(own)
	a := New(mat.NewDense(3, 1, []float64{1, 2, 9}), nil)
	if _, err := a.From(ctx, []float64{1, 9}, Options{MaxIter: 9, OwnSums: true}); !errors.Is(err, own) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want %v", err, own)
	}
}
