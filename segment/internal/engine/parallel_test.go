package engine

import (
	"context"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
)

func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func TestPanicsReachTheCaller(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		var calls atomic.Int64
		got := recovered(func() {
			Parallel(context.Background(), workers, math.MaxInt32, func(i int) {
				if calls.Add(1); i == 100 {
					panic("mine")
				}
			})
		})
		if got != "mine" {
			t.Errorf("%d workers: recover tells %v; want mine", workers, got)
		}
	}
	var g Group
	g.Go(func() {})
	g.Wait()
	g.Go(func() { panic("a") })
	if got := recovered(g.Wait); got != "a" {
		t.Errorf("recover tells %v; want a", got)
	}
}

// As testing.T.FailNow does it.
func TestGoexitEndsTheCaller(t *testing.T) {
	ended := make(chan bool)
	go func() {
		returned := false
		defer func() { ended <- !returned && recover() == nil }()
		Parallel(context.Background(), 4, math.MaxInt32, func(i int) {
			if i == 100 {
				runtime.Goexit()
			}
		})
		returned = true
	}()
	if !<-ended {
		t.Error("Parallel returned, with work left undone")
	}
}

// A panic behind the rows of a stream neither blocks nor is lost.
func TestPanicInAStream(t *testing.T) {
	for _, workers := range []int{1, 3} {
		s := &Stream{Cols: 2, Workers: workers, Blocks: func(yield func([]float64, error) bool) {
			for i := range 100_000 {
				if !yield([]float64{float64(i), 1}, nil) {
					return
				}
			}
		}}
		if got := recovered(func() { s.Statistics(context.Background(), [][]float64{{0, 0}}) }); got == nil {
			t.Error("a stream that was not scanned was summed up")
		}
	}
}
