package segment

import (
	"context"
	"errors"
	"iter"
)

// Local is a Runner over blocks of raw rows in this process.
type Local struct {
	// Cols is the number of columns.
	Cols int

	// Blocks returns all rows, in slices of one or more whole rows, row by row. A slice
	// may be used again for the next.
	Blocks iter.Seq2[[]float64, error]

	// Workers bounds the goroutines; default GOMAXPROCS.
	Workers int
}

// Run runs the pass.
func (l *Local) Run(ctx context.Context, p *Pass) (*Tally, error) {
	return nil, errors.ErrUnsupported
}
