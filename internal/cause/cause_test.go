package cause

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestOf(t *testing.T) {
	own := errors.New("the operator said so")
	past := time.Now().Add(-time.Second)
	for name, c := range map[string]struct {
		make func() (context.Context, func())
		is   []error
	}{
		"cancelled": {func() (context.Context, func()) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx, cancel
		}, []error{context.Canceled}},
		"cancelled with a cause": {func() (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(own)
			return ctx, func() {}
		}, []error{context.Canceled, own}},
		"child of one with a cause": {func() (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(own)
			return context.WithCancel(ctx)
		}, []error{context.Canceled, own}},
		"cause that wraps Canceled": {func() (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(fmt.Errorf("%w, for %w", context.Canceled, own))
			return ctx, func() {}
		}, []error{context.Canceled, own}},
		"deadline": {func() (context.Context, func()) {
			return context.WithDeadline(t.Context(), past)
		}, []error{context.DeadlineExceeded}},
		"deadline with a cause": {func() (context.Context, func()) {
			return context.WithDeadlineCause(t.Context(), past, own)
		}, []error{context.DeadlineExceeded, own}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := c.make()
			err := Of(ctx)
			for _, want := range c.is {
				if !errors.Is(err, want) {
					t.Errorf("%s: %v is not %v", name, err, want)
				}
			}
			cancel()
		})
	}
	if err := Of(t.Context()); err != nil {
		t.Errorf("a context that goes on: %v", err)
	}
}
