package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// errOperator is the cause of contexts that are cancelled.
var errOperator = errors.New("the operator said so")

// isCancelled returns what is wrong with the error of cancelled work.
func isCancelled(err error) error {
	switch {
	case err == nil:
		return errors.New("no error")
	case !errors.Is(err, context.Canceled):
		return fmt.Errorf("%w; want context.Canceled", err)
	case !errors.Is(err, errOperator):
		return fmt.Errorf("%w; want one that wraps the cause of the context", err)
	}
	return nil
}

// passes are what a source is asked.
func passes(x *mat.Dense) map[string]func(context.Context, segment.Source) error {
	var sets []*mat.Dense
	for k := 2; k <= 10; k++ {
		sets = append(sets, centroidsOf(x, k, 1))
	}
	return map[string]func(context.Context, segment.Source) error{
		"Sample": func(ctx context.Context, src segment.Source) error {
			_, err := src.Sample(ctx, 1000, 1)
			return err
		},
		"Statistics": func(ctx context.Context, src segment.Source) error {
			_, err := ask(ctx, src, sets...)
			return err
		},
		"FitStream": func(ctx context.Context, src segment.Source) error {
			_, err := segment.KMeansPP{K: 4, Init: sets[2]}.FitStream(ctx, src)
			return err
		},
	}
}

// cancelledBefore: nothing is begun with a context that has ended.
func cancelledBefore(t *testing.T, s *sources) error {
	x := groups(100, 3, 4, 40)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errOperator)
	src := s.make(t, x)
	var p problems
	for name, pass := range passes(x) {
		if err := isCancelled(pass(ctx, src)); err != nil {
			p.addf("%s, cancelled before: %w", name, err)
		}
	}
	// It is as good as new.
	for name, pass := range passes(x) {
		if err := pass(t.Context(), src); err != nil {
			p.addf("%s after one that was cancelled: %w", name, err)
		}
	}
	return p.err()
}

// cancelledAtWork: a pass ends within a second, wherever in it the context ends, and
// with the cause unless it was done.
func cancelledAtWork(t *testing.T, s *sources) error {
	x := groups(s.Rows, 3, 4, 41)
	src := s.make(t, x)
	var p problems
	for name, pass := range passes(x) {
		begin := time.Now()
		if err := pass(t.Context(), src); err != nil {
			return err
		}
		took := time.Since(begin)
		for _, share := range []time.Duration{50, 10, 2} {
			late, err := cancelAfter(t.Context(), took/share, func(ctx context.Context) error { return pass(ctx, src) })
			if late > s.prompt {
				p.addf("%s, cancelled after %v, came back %v later; want within %v", name, took/share, late, s.prompt)
			}
			if err != nil && isCancelled(err) != nil {
				p.addf("%s, cancelled after %v: %w", name, took/share, isCancelled(err))
			}
		}
	}
	return p.err()
}

// cancelAfter returns how long after the end of its context work comes back, or 0
// where it was done before, and its error.
func cancelAfter(ctx context.Context, after time.Duration, work func(context.Context) error) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	at := make(chan time.Time, 1)
	timer := time.AfterFunc(after, func() {
		at <- time.Now()
		cancel(errOperator)
	})
	err := work(ctx)
	end := time.Now()
	if timer.Stop() {
		return 0, err
	}
	return end.Sub(<-at), err
}

// noGoroutineIsLeft: passes that ended, well or not, leave nothing that runs on.
func noGoroutineIsLeft(t *testing.T, s *sources) error {
	const times = 8
	x := groups(s.Rows/5, 3, 4, 42)
	src := s.make(t, x)
	pass := passes(x)["Statistics"]
	begin := time.Now()
	for range 2 { // which may start what stays, such as connections
		if err := pass(t.Context(), src); err != nil {
			return err
		}
	}
	took := time.Since(begin) / 2
	before := runtime.NumGoroutine()
	for i := range 2 * times {
		if err := pass(t.Context(), src); err != nil {
			return err
		}
		if _, err := cancelAfter(t.Context(), took*time.Duration(i)/(4*times), func(ctx context.Context) error { return pass(ctx, src) }); err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	for deadline := time.Now().Add(s.prompt); ; time.Sleep(5 * time.Millisecond) {
		left := runtime.NumGoroutine() - before
		if left < times {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d more goroutines run %v after %d passes than before", left, s.prompt, 4*times)
		}
	}
}
