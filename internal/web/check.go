package web

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// ErrNoAnswer means that a Check got no answer in time.
var ErrNoAnswer = errors.New("no answer in time")

// A Check asks whether something that requests need, such as a database,
// answers. All who ask at the same time share one question, and its answer holds
// for a while. It is safe for concurrent use.
type Check struct {
	Ping    func(context.Context) error
	Timeout time.Duration // of an answer
	Holds   time.Duration // how long an answer holds, whichever it was

	group singleflight.Group
	last  atomic.Pointer[checked]
}

type checked struct {
	at  time.Time
	err error
}

// Do returns the error of Ping, [ErrNoAnswer] after Timeout also where Ping does
// not end then, and the cause of ctx once that is done.
func (c *Check) Do(ctx context.Context) error {
	if last := c.last.Load(); last != nil && time.Since(last.at) < c.Holds {
		return last.err
	}
	answer := c.group.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeoutCause(context.Background(), c.Timeout, ErrNoAnswer)
		defer cancel()
		err := c.Ping(ctx)
		c.last.Store(&checked{time.Now(), err})
		return nil, err
	})
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, ErrNoAnswer)
	defer cancel()
	select {
	case a := <-answer:
		return a.Err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
