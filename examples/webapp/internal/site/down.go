package site

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// What waits for the database answers 503 soon after it has gone, rather than
// when the store gives up.
const (
	// pingFor is how long the database may take to say that it is there.
	pingFor = 2 * time.Second
	// pingEvery is how long the answer holds, whichever it was, so that many
	// requests ask once (a circuit breaker that is closed again as soon).
	pingEvery = 500 * time.Millisecond
	// readFor is how long a request may take, and workFor one that answers a
	// question before it writes.
	readFor = 5 * time.Second
	workFor = 15 * time.Second
	// downFor is what clients are told to wait.
	downFor = "5"
)

// errDown is why a request ends that has waited too long for the database.
var errDown = errors.New("the database does not answer in time")

// A pulse asks the database, once for all who want to know at the same time.
type pulse struct {
	ping func(context.Context) error
	mu   sync.Mutex
	last time.Time // of the last answer
	err  error     // which it was
	now  *beat     // being asked
}

type beat struct {
	done chan struct{}
	err  error
}

// check tells whether the database answers. It does not wait longer than
// pingFor, also where the driver does.
func (p *pulse) check(ctx context.Context) error {
	p.mu.Lock()
	if time.Since(p.last) < pingEvery {
		defer p.mu.Unlock()
		return p.err
	}
	b := p.now
	if b == nil {
		b = &beat{done: make(chan struct{})}
		p.now = b
		go p.ask(b)
	}
	p.mu.Unlock()
	late := time.NewTimer(pingFor)
	defer late.Stop()
	select {
	case <-b.done:
		return b.err
	case <-late.C:
		return errDown
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *pulse) ask(b *beat) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), pingFor, errDown)
	defer cancel()
	b.err = p.ping(ctx)
	p.mu.Lock()
	p.now, p.last, p.err = nil, time.Now(), b.err
	p.mu.Unlock()
	close(b.done)
}

// isDown tells whether a request failed because the database is away.
func (s *Site) isDown(r *http.Request, err error) bool {
	return errors.Is(err, errDown) || errors.Is(context.Cause(r.Context()), errDown) || s.store.Unavailable(err)
}

// toTheEnd is a context for what is brought to its end also when its client has
// gone, but does not wait for the database for ever.
func toTheEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(ctx), time.Minute, errDown)
}
