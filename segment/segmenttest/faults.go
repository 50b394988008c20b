package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// faultChecks are the checks of the faults, each named as its fault.
var faultChecks = []check[*sources]{
	faultCheck(FailOnce, recovers),
	faultCheck(KillOnce, recovers),
	faultCheck(HangOnce, recovers),
	faultCheck(CutOnce, recovers),
	faultCheck(FailAlways, fails),
	faultCheck(HangAlways, hangs),
	faultCheck(OtherVersion, neverWrong),
	faultCheck(Twice, neverWrong),
	faultCheck(Late, neverWrong),
	faultCheck(LoseRow, noticed),
	faultCheck(AddRow, noticed),
	faultCheck(ChangeRow, noticed),
}

// faultRows are the rows of a source with a fault, and centroids.
func faultRows() (x, centroids *mat.Dense) {
	x = groups(120, 3, 4, 60)
	return x, centroidsOf(x, 4, 1)
}

func faultCheck(f Fault, holds func(t *testing.T, s *sources, src segment.Source) error) check[*sources] {
	return check[*sources]{string(f), func(t *testing.T, s *sources) error {
		newSource := s.Faults[f]
		if newSource == nil {
			return fmt.Errorf("%w: Options.Faults has no source with it", errNotApplicable)
		}
		x, _ := faultRows()
		return holds(t, s, newSource(t, x))
	}}
}

// errLate means that work did not come back.
var errLate = errors.New("it does not come back")

// bounded returns the error of work, or errLate after a limit.
func bounded(limit time.Duration, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return fmt.Errorf("%w within %v", errLate, limit)
	}
}

// answers asks a source a few times and returns how often it answered; wrong answers
// and late ones are errors, other errors are told to tell.
func answers(t *testing.T, s *sources, src segment.Source, tell func(error)) (right int, err error) {
	x, centroids := faultRows()
	if err := bounded(s.Limit, func() error { _, err := src.Sample(t.Context(), 50, 1); return err }); errors.Is(err, errLate) {
		return 0, fmt.Errorf("the sample: %w", err)
	} else if err != nil {
		tell(err)
	}
	for pass := range 4 {
		var got []segment.SufficientStatistics
		err := bounded(s.Limit, func() (err error) { got, err = ask(t.Context(), src, centroids); return err })
		switch {
		case errors.Is(err, errLate):
			return right, fmt.Errorf("pass %d: %w", pass, err)
		case err != nil:
			tell(err)
			continue
		}
		if err := compare(x, []*mat.Dense{centroids}, got, exact(src)); err != nil {
			return right, fmt.Errorf("pass %d has a wrong answer: %w", pass, err)
		}
		right++
	}
	return right, nil
}

// recovers: the fault over, a source answers rightly.
func recovers(t *testing.T, s *sources, src segment.Source) error {
	var last error
	right, err := answers(t, s, src, func(err error) { last = err })
	if err == nil && right == 0 {
		err = fmt.Errorf("no pass of four is answered: %w", last)
	}
	return err
}

// fails: a source that cannot answer says so.
func fails(t *testing.T, s *sources, src segment.Source) error {
	right, err := answers(t, s, src, func(error) {})
	if err == nil && right > 0 {
		err = fmt.Errorf("%d passes of four are answered", right)
	}
	return err
}

// neverWrong: whatever comes, an answer is right.
func neverWrong(t *testing.T, s *sources, src segment.Source) error {
	_, err := answers(t, s, src, func(err error) { t.Log(err) })
	return err
}

// hangs: a pass that no worker ends is an error, and ends when it is cancelled.
func hangs(t *testing.T, s *sources, src segment.Source) error {
	_, centroids := faultRows()
	var late time.Duration
	err := bounded(s.Limit, func() (err error) {
		late, err = cancelAfter(t.Context(), 50*time.Millisecond, func(ctx context.Context) error {
			_, err := ask(ctx, src, centroids)
			return err
		})
		return err
	})
	switch {
	case errors.Is(err, errLate):
		return fmt.Errorf("cancelled after 50ms: %w", err)
	case late > s.prompt:
		return fmt.Errorf("cancelled after 50ms, it came back %v later; want within %v", late, s.prompt)
	case late > 0 && isCancelled(err) != nil:
		return fmt.Errorf("cancelled after 50ms: %w", isCancelled(err))
	}
	if err := bounded(s.Limit, func() error { _, err := ask(t.Context(), src, centroids); return err }); err == nil || errors.Is(err, errLate) {
		return fmt.Errorf("a pass that nobody ends: %w; want an error", orNone(err))
	}
	return nil
}

// noticed: rows that are not those of the pass before are ErrSource.
func noticed(t *testing.T, s *sources, src segment.Source) error {
	_, centroids := faultRows()
	err := bounded(s.Limit, func() error {
		_, err := segment.KMeansPP{K: 4, Init: centroids}.FitStream(t.Context(), src)
		return err
	})
	if !errors.Is(err, segment.ErrSource) {
		return fmt.Errorf("a fit of rows that change between passes: %w; want ErrSource", orNone(err))
	}
	return nil
}
