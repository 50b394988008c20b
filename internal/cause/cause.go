// Package cause finds why a context has ended.
package cause

import (
	"context"
	"errors"
	"fmt"
)

// Of returns nil while ctx has not ended (a nil context never does), and then
// an error for which both errors.Is(err, ctx.Err()) and errors.Is(err,
// context.Cause(ctx)) hold, so that a caller may ask for context.Canceled or
// for its own cause.
func Of(ctx context.Context) error {
	if ctx == nil || ctx.Err() == nil {
		return nil
	}
	err := ctx.Err()
	why := context.Cause(ctx)
	if errors.Is(why, err) {
		return why
	}
	return fmt.Errorf("%w: %w", err, why)
}
