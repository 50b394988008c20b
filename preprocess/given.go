package preprocess

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Given is a Transformer that is fitted already, on a sample of the rows perhaps: its
// Fit looks at none.
type Given struct {
	// Fitted is what Fit returns.
	Fitted Fitted
}

// Fit returns t.Fitted. The columns of x, n×d, must be those that it was fitted on.
func (t Given) Fit(_ context.Context, x mat.Matrix, columns ...string) (Fitted, error) {
	_, _, names, err := fitInput("given", x, columns)
	if err != nil {
		return nil, err
	}
	return t.of(names)
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t Given) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (Fitted, *mat.Dense, error) {
	return fitTransform(ctx, t.Fit, x, columns)
}

// of returns what is given, for columns of these names.
func (t Given) of(columns []string) (Fitted, error) {
	if isNil(t.Fitted) {
		return nil, fmt.Errorf("preprocess: given: there is no fitted value: %w", ErrOptions)
	}
	if in := t.Fitted.InputColumns(); !slices.Equal(in, columns) {
		return nil, fmt.Errorf("preprocess: given: it was fitted on the columns %s, and these are %s: %w", someOf(in), someOf(columns), ErrColumns)
	}
	return t.Fitted, nil
}
