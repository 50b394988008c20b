package web

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Many who ask at once make one question, and none waits longer than it may.
func TestCheck(t *testing.T) {
	var asked atomic.Int64
	release := make(chan struct{})
	c := &Check{Timeout: 500 * time.Millisecond, Holds: 100 * time.Millisecond, Ping: func(context.Context) error { asked.Add(1); <-release; return nil }}
	done := make(chan error, 20)
	for range 20 {
		go func() { done <- c.Do(t.Context()) }()
	}
	begun := time.Now()
	for range 20 {
		if err := <-done; !errors.Is(err, ErrNoAnswer) {
			t.Errorf("what hangs gives %v", err)
		}
	}
	if took := time.Since(begun); took > c.Timeout+time.Second || asked.Load() != 1 {
		t.Errorf("it took %s and %d questions", took, asked.Load())
	}
	close(release)
	if err := c.Do(t.Context()); err != nil {
		t.Error(err)
	}
}

// An answer holds as long as it is said to, also one that tells of a failure, and
// who no longer wants it is told why.
func TestCheckHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away, asked := errors.New("away"), 0
		c := &Check{Timeout: time.Second, Holds: 10 * time.Second, Ping: func(context.Context) error { asked++; return away }}
		for i, want := range []int{1, 1, 2} {
			if err := c.Do(t.Context()); !errors.Is(err, away) || asked != want {
				t.Errorf("call %d: %v after %d questions, want %d", i, err, asked, want)
			}
			time.Sleep(6 * time.Second)
		}
		gone := errors.New("the client has gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(gone)
		c.Ping = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		time.Sleep(10 * time.Second)
		if err := c.Do(ctx); !errors.Is(err, gone) {
			t.Errorf("an ended request gets %v", err)
		}
		time.Sleep(c.Timeout) // the question ends
	})
}
