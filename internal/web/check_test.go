package web

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
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
