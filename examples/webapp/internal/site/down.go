package site

import (
	"context"
	"errors"
	"net/http"
	"slices"
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

// storeless are the addresses that are answered without the database: from the
// model and the customers in memory.
var storeless = []string{
	"GET /{$}", "GET /charts", "GET /upload/{id}", "GET /static/{file}", "GET /dist/{file}", "GET /favicon.ico", "GET /robots.txt", "GET /healthz", "GET /readyz", "GET /metrics",
	"GET /api/v1/openapi.json", "POST /api/v1/predict", "POST /api/v1/ask", "GET /api/v1/profile", "GET /api/v1/charts/{name}", "GET /api/v1/models/retrain", "POST /models/cancel",
}

// streams are those whose time the client's line decides.
var streams = []string{"POST /upload", "GET /upload/{id}/scored.csv"}

// answering are those that compute something of all customers first.
var answering = []string{"POST /predict", "POST /result/{id}", "POST /chat", "POST /chat/{id}", "GET /chat", "GET /chat/{id}", "GET /result/{id}", "GET /chat/{id}/export.md", "GET /charts/{file}"}

// stored answers 503 instead of a handler that needs the database while that is
// gone or locked, and lets none wait for it for long.
func (s *Site) stored(pattern string, next http.HandlerFunc) http.HandlerFunc {
	if slices.Contains(storeless, pattern) {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		p, most := &s.reading, readFor
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p = &s.writing
		}
		if slices.Contains(answering, pattern) {
			most = workFor
		}
		if err := p.check(r.Context()); err != nil {
			s.down(w, r, err)
			return
		}
		if !slices.Contains(streams, pattern) {
			ctx, cancel := context.WithTimeoutCause(r.Context(), most, errDown)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next(w, r)
	}
}

// down tells that the database is away.
func (s *Site) down(w http.ResponseWriter, r *http.Request, err error) {
	s.log.Error("the database does not answer", "request", about(r).id, "route", about(r).route, "error", err)
	w.Header().Set("Retry-After", downFor)
	s.fail(w, r, http.StatusServiceUnavailable, problem{Message: s.t(r, "error.down")})
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
