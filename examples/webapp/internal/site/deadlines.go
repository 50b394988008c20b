package site

import (
	"context"
	"errors"
	"time"

	"github.com/customer-personality/segmentation/internal/service"
)

// What waits for the database answers 503 soon after it has gone, rather than
// when the store gives up.
const (
	// pingFor is how long the database may take to say that it is there.
	pingFor = 2 * time.Second
	// pingEvery is how long the answer holds, whichever it was, so that many
	// requests ask once (a circuit breaker that is closed again as soon).
	pingEvery = 500 * time.Millisecond
	// downFor is what clients are told to wait.
	downFor = "5"
)

// isDown reports whether a request failed because the database is away.
func (s *Site) isDown(r *request, err error) bool {
	return errors.Is(err, service.ErrDown) || errors.Is(context.Cause(r.Context()), service.ErrDown) || s.Store.Unavailable(err)
}
