package site

import (
	"context"
	"errors"
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

// isDown reports whether a request failed because the database is away.
func (s *Site) isDown(r *request, err error) bool {
	return errors.Is(err, errDown) || errors.Is(context.Cause(r.Context()), errDown) || s.store.Unavailable(err)
}
