package segment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// RetryOptions say how often and for how long a pass over rows elsewhere is tried.
type RetryOptions struct {
	// Tries is how often a pass is tried, the first time included; default 3.
	Tries int

	// Limit is how long one try may take; default: as long as it likes.
	Limit time.Duration
}

// leaveTime is how long a try has, once its context has ended, to end by itself: a
// source that heeds its context is not asked again while it still runs.
const leaveTime = 300 * time.Millisecond

// Retry returns src with a number of tries and a limit of time for each pass. It is
// Exact where src is, and has a Summary where src has one.
//
// A try that fails is made again, but for what the same rows would lead to again:
// ErrNotFinite, ErrSource, ErrWidth, ErrOption, ErrEmpty, ErrTooFew, ErrOverflow; and
// but for the end of the caller's own context. A try beyond Limit has its context
// ended; one that goes on all the same is given up, and what it answers later is
// dropped. As it may still run then, src must allow for a further call meanwhile. A
// Stream behind it is a Source as any other: its MiniBatch has no effect.
//
// Errors: ErrOption for negative options, context.DeadlineExceeded in the chain for a
// try beyond Limit, and what the last try ended with.
func Retry(src Source, o RetryOptions) Source {
	if src == nil {
		return nil // which FitStream refuses
	}
	r := &retried{src, o}
	if s, ok := src.(Summarizer); ok {
		return &retriedSummarizer{r, s}
	}
	return r
}

type retried struct {
	src Source
	o   RetryOptions
}

// Exact reports whether counts and sums are exact.
func (r *retried) Exact() bool { return isExact(r.src) }

func (r *retried) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	return try(ctx, r.o, func(ctx context.Context) (*mat.Dense, error) { return r.src.Sample(ctx, rows, seed) })
}

func (r *retried) Statistics(ctx context.Context, centroids []*mat.Dense) ([]SufficientStatistics, error) {
	ours := copies(centroids)
	return try(ctx, r.o, func(ctx context.Context) ([]SufficientStatistics, error) {
		// The source may change its own, also in a try that was given up.
		return r.src.Statistics(ctx, copies(ours))
	})
}

func copies(all []*mat.Dense) []*mat.Dense {
	return mapped(all, func(c *mat.Dense) *mat.Dense { return mat.DenseCopyOf(c) })
}

type retriedSummarizer struct {
	*retried
	src Summarizer
}

func (r *retriedSummarizer) Summary(ctx context.Context, points int, seed uint64) (*mat.Dense, []float64, error) {
	type summary struct {
		x       *mat.Dense
		weights []float64
	}
	s, err := try(ctx, r.o, func(ctx context.Context) (s summary, err error) {
		s.x, s.weights, err = r.src.Summary(ctx, points, seed)
		return s, err
	})
	return s.x, s.weights, err
}

// RetryRunner returns r with a number of tries and a limit of time for each pass, as
// Retry does for a Source.
func RetryRunner(r Runner, o RetryOptions) Runner { return &retriedRunner{r, o} }

type retriedRunner struct {
	r Runner
	o RetryOptions
}

func (r *retriedRunner) Run(ctx context.Context, p *Pass) (*Tally, error) {
	return try(ctx, r.o, func(ctx context.Context) (*Tally, error) { return r.r.Run(ctx, p) })
}

// try returns what pass returns, which it calls again after a failure that may pass.
func try[T any](ctx context.Context, o RetryOptions, pass func(context.Context) (T, error)) (T, error) {
	var none T
	if o.Tries < 0 || o.Limit < 0 {
		return none, fmt.Errorf("%w: Tries is %d and Limit %v; neither must be negative", ErrOption, o.Tries, o.Limit)
	}
	tries, ctx := cmp.Or(o.Tries, 3), orBackground(ctx)
	for n := 1; ; n++ {
		if err := cause.Of(ctx); err != nil {
			return none, err
		}
		answer, err := once(ctx, o.Limit, pass)
		if err == nil {
			return answer, nil
		}
		if ended := cause.Of(ctx); ended != nil {
			return none, ended
		}
		if lasting(err) {
			return none, err
		}
		if n == tries {
			return none, fmt.Errorf("segment: a pass over the rows failed %s: %w", counted(n, "time"), err)
		}
	}
}

// lasting reports whether another try would end with the same error.
func lasting(err error) bool {
	for _, kind := range []error{ErrNotFinite, ErrSource, ErrWidth, ErrOption, ErrEmpty, ErrTooFew, ErrOverflow} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// once calls pass on a goroutine of its own, which it leaves to itself where the
// context has ended and pass does not. A panic of pass goes on in the caller.
func once[T any](ctx context.Context, limit time.Duration, pass func(context.Context) (T, error)) (answer T, err error) {
	run, cancel := context.WithCancel(ctx)
	if limit > 0 {
		run, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	var (
		g     engine.Group
		got   T
		ended error
	)
	done := make(chan struct{})
	g.Go(func() {
		defer close(done)
		got, ended = pass(run)
	})
	select {
	case <-done:
	case <-run.Done():
		left := time.NewTimer(leaveTime)
		defer left.Stop()
		select {
		case <-done:
		case <-left.C:
			return answer, late(ctx, limit, nil)
		}
	}
	g.Wait()
	if ended != nil && run.Err() != nil {
		return answer, late(ctx, limit, ended)
	}
	return got, ended
}

// late is the error of a try that its context ended, of which it said err.
func late(ctx context.Context, limit time.Duration, err error) error {
	if ended := cause.Of(ctx); ended != nil {
		return ended
	}
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %v: %w", limit, context.DeadlineExceeded)
	}
	return fmt.Errorf("no answer within %v: %w: %w", limit, context.DeadlineExceeded, err)
}
