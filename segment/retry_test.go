package segment

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

// faulty is a Source whose calls go wrong as before says, which gets the number of the
// call, from 1, and whose answer that of the source replaces where it returns nil.
type faulty struct {
	src    Source
	calls  atomic.Int32
	before func(ctx context.Context, call int) error
}

func (f *faulty) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	if err := f.before(ctx, int(f.calls.Add(1))); err != nil {
		return nil, err
	}
	return f.src.Sample(ctx, rows, seed)
}

func (f *faulty) Statistics(ctx context.Context, sets []*mat.Dense) ([]SufficientStatistics, error) {
	if err := f.before(ctx, int(f.calls.Add(1))); err != nil {
		for _, c := range sets {
			c.Zero() // also after it was given up
		}
		return nil, err
	}
	return f.src.Statistics(ctx, sets)
}

func TestRetryGivesTheSameBits(t *testing.T) {
	x, _ := mixture(500, 3, 4, 1, 3)
	o := KMeansPP{K: 4, Seed: 1}
	want := fitStreamed(t, o, &plainSource{x: x})
	for name, before := range map[string]func(context.Context, int) error{
		"fails every other time": func(_ context.Context, call int) error {
			if call%2 == 1 {
				return errBroken
			}
			return nil
		},
		"hangs once, and heeds its context": func(ctx context.Context, call int) error {
			if call == 2 {
				<-ctx.Done()
				return errors.New("statement cancelled")
			}
			return nil
		},
		"ends once by itself as if cancelled": func(_ context.Context, call int) error {
			if call == 3 {
				return context.Canceled
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &faulty{src: &plainSource{x: x}, before: before}
			if got := fitStreamed(t, o, Retry(f, RetryOptions{Limit: 200 * time.Millisecond})); !same(got, want) {
				t.Errorf("%v; without faults %v", got.centroids, want.centroids)
			}
		})
	}
}

// A pass that ignores its context is given up, and what it answers or does to its
// centroids later changes nothing.
func TestRetryDropsALateAnswer(t *testing.T) {
	x, _ := mixture(100, 2, 2, 1, 3)
	release, hung := make(chan struct{}), make(chan struct{})
	f := &faulty{src: &plainSource{x: x}, before: func(_ context.Context, call int) error {
		if call == 1 {
			<-release
			defer close(hung)
			return errBroken
		}
		return nil
	}}
	centroids := mat.NewDense(2, 2, []float64{0, 0, 1, 1})
	kept := mat.DenseCopyOf(centroids)
	began := time.Now()
	got, err := Retry(f, RetryOptions{Tries: 2, Limit: 10 * time.Millisecond}).Statistics(t.Context(), []*mat.Dense{centroids})
	if took := time.Since(began); err != nil || took > time.Second {
		t.Fatalf("%v after %v", err, took)
	}
	want, err := (&plainSource{x: x}).Statistics(t.Context(), []*mat.Dense{mat.DenseCopyOf(kept)})
	if err != nil {
		t.Fatal(err)
	}
	close(release)
	<-hung
	if !slices.Equal(got[0].Counts, want[0].Counts) || !mat.Equal(got[0].Sums, want[0].Sums) || !mat.Equal(centroids, kept) {
		t.Errorf("counts %v, sums %v, centroids %v; want %v, %v, %v", got[0].Counts, got[0].Sums, centroids, want[0].Counts, want[0].Sums, kept)
	}
}

func TestRetryGivesUp(t *testing.T) {
	x, _ := mixture(100, 2, 2, 1, 3)
	why := errors.New("the user left")
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	for _, test := range []struct {
		name   string
		o      RetryOptions
		before func(cancel context.CancelCauseFunc, ctx context.Context) error
		calls  int
		want   []error
		says   string
	}{
		{"fails always", RetryOptions{}, func(context.CancelCauseFunc, context.Context) error { return errBroken }, 3, []error{errBroken}, "failed 3 times: the disk is on fire"},
		{"one try", RetryOptions{Tries: 1}, func(context.CancelCauseFunc, context.Context) error { return errBroken }, 1, []error{errBroken}, "failed 1 time:"},
		{"hangs", RetryOptions{Tries: 2, Limit: 5 * time.Millisecond}, func(context.CancelCauseFunc, context.Context) error { <-never; return nil }, 2,
			[]error{context.DeadlineExceeded}, "failed 2 times: no answer within 5ms"},
		{"is late and says why", RetryOptions{Tries: 1, Limit: 5 * time.Millisecond}, func(_ context.CancelCauseFunc, ctx context.Context) error { <-ctx.Done(); return errBroken }, 1,
			[]error{context.DeadlineExceeded, errBroken}, "no answer within 5ms"},
		{"rows that are no numbers", RetryOptions{}, func(context.CancelCauseFunc, context.Context) error { return ErrNotFinite }, 1, []error{ErrNotFinite}, ""},
		{"other rows", RetryOptions{}, func(context.CancelCauseFunc, context.Context) error { return ErrSource }, 1, []error{ErrSource}, ""},
		{"other columns", RetryOptions{}, func(context.CancelCauseFunc, context.Context) error { return ErrWidth }, 1, []error{ErrWidth}, ""},
		{"the caller cancels", RetryOptions{Limit: time.Minute}, func(cancel context.CancelCauseFunc, _ context.Context) error { cancel(why); return errBroken }, 1,
			[]error{context.Canceled, why}, ""},
		{"the caller cancels what hangs", RetryOptions{}, func(cancel context.CancelCauseFunc, _ context.Context) error { cancel(why); <-never; return nil }, 1,
			[]error{context.Canceled, why}, ""},
		{"negative", RetryOptions{Tries: -1}, nil, 0, []error{ErrOption}, "Tries is -1"},
		{"negative limit", RetryOptions{Limit: -1}, nil, 0, []error{ErrOption}, "Limit -1ns"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			calls := make(chan int, 10)
			f := &faulty{src: &plainSource{x: x}, before: func(ctx context.Context, call int) error {
				calls <- call
				return test.before(cancel, ctx)
			}}
			began := time.Now()
			_, err := Retry(f, test.o).Sample(ctx, 10, 1)
			for _, want := range test.want {
				if !errors.Is(err, want) {
					t.Errorf("error %v; want %v", err, want)
				}
			}
			if err == nil || !strings.Contains(err.Error(), test.says) || len(calls) != test.calls || time.Since(began) > 2*time.Second {
				t.Errorf("error %v after %d calls and %v; want one that says %q after %d", err, len(calls), time.Since(began), test.says, test.calls)
			}
		})
	}
}

func TestRetryPanicsInTheCaller(t *testing.T) {
	defer func() {
		if got := recover(); got != "no such table" {
			t.Errorf("panic %v", got)
		}
	}()
	f := &faulty{before: func(context.Context, int) error { panic("no such table") }}
	_, err := Retry(f, RetryOptions{}).Sample(t.Context(), 1, 1)
	t.Errorf("no panic; error %v", err)
}

// What a pass fails with by runtime.Goexit, as t.FailNow does, ends its caller too.
func TestRetryEndsWithItsPass(t *testing.T) {
	done := make(chan bool, 1)
	go func() {
		defer close(done)
		f := &faulty{before: func(context.Context, int) error { runtime.Goexit(); return nil }}
		if _, err := Retry(f, RetryOptions{}).Sample(context.Background(), 1, 1); err == nil {
			done <- true
		}
		done <- true
	}()
	if <-done {
		t.Error("the caller went on")
	}
}

// told is a Source that says what it can do besides.
type told struct{ *plainSource }

func (told) Exact() bool { return true }

func (t told) Summary(context.Context, int, uint64) (*mat.Dense, []float64, error) {
	return t.x, []float64{1, 2}, nil
}

func TestRetryKeepsWhatASourceCan(t *testing.T) {
	plain := Retry(&plainSource{}, RetryOptions{})
	if _, ok := plain.(Summarizer); ok || plain.(Exacter).Exact() {
		t.Error("a plain source is exact or has a summary")
	}
	able := Retry(told{&plainSource{x: mat.NewDense(2, 1, []float64{5, 6})}}, RetryOptions{})
	if !able.(Exacter).Exact() {
		t.Error("an exact source is not")
	}
	x, weights, err := able.(Summarizer).Summary(t.Context(), 5, 1)
	if err != nil || x.At(1, 0) != 6 || !slices.Equal(weights, []float64{1, 2}) {
		t.Errorf("summary %v, %v, %v", x, weights, err)
	}
	if Retry(nil, RetryOptions{}) != nil {
		t.Error("no source is one")
	}
}

// runnerFunc is a Runner of one function.
type runnerFunc func(ctx context.Context, p *Pass) (*Tally, error)

func (f runnerFunc) Run(ctx context.Context, p *Pass) (*Tally, error) { return f(ctx, p) }

func TestRetryRunner(t *testing.T) {
	calls, want := 0, new(Tally)
	r := RetryRunner(runnerFunc(func(ctx context.Context, p *Pass) (*Tally, error) {
		if calls++; calls == 1 {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		if p.Sample != 7 {
			t.Errorf("another pass: %v", p)
		}
		return want, nil
	}), RetryOptions{Limit: 5 * time.Millisecond})
	if got, err := r.Run(t.Context(), &Pass{Sample: 7}); got != want || err != nil || calls != 2 {
		t.Errorf("%v, %v after %d calls", got, err, calls)
	}
}
