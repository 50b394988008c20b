package segment

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// Local is a Runner over blocks of raw rows in this process. The tally has the same bits
// whatever the blocks, their order and the number of workers.
type Local struct {
	// Cols is the number of columns.
	Cols int

	// Blocks returns all rows, in slices of one or more whole rows, row by row. A slice
	// may be used again for the next. ColumnFile makes one of a file.
	Blocks iter.Seq2[[]float64, error]

	// Workers bounds the goroutines; default GOMAXPROCS.
	Workers int
}

// localValues is about how many values one goroutine takes at a time: 512 kB.
const localValues = 1 << 16

// Run returns the tally of all rows. Errors: those of NewTally and of Tally.Add, rows
// being counted from the first of Blocks, ErrOption and ErrWidth for another number of
// columns, that of Blocks and that of ctx.
func (l *Local) Run(ctx context.Context, p *Pass) (*Tally, error) {
	ctx = orBackground(ctx)
	q, err := newPlan(p)
	switch {
	case err != nil:
		return nil, err
	case l == nil || l.Blocks == nil || l.Workers < 0:
		return nil, fmt.Errorf("%w: a Local needs Blocks, and Workers from 0", ErrOption)
	case l.Cols != len(q.Columns):
		return nil, fmt.Errorf("%w: Cols is %d, and the pass has the columns %q", ErrWidth, l.Cols, q.Columns)
	}
	r := &localRun{plan: q, work: make(chan localPart), spare: make(chan []float64, workers(l.Workers)+1)}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	var wg engine.Group
	for range workers(l.Workers) {
		wg.Go(r.tally)
	}
	err = func() error {
		defer wg.Wait()
		defer close(r.work)
		return r.read(l.Blocks)
	}()
	switch {
	case r.err != nil:
		return nil, r.err
	case cause.Of(ctx) != nil:
		return nil, cause.Of(ctx)
	case err != nil:
		return nil, err
	}
	return r.whole, nil
}

// localPart is some whole rows, of which the first has a number.
type localPart struct {
	first int
	rows  []float64
}

type localRun struct {
	plan   *plan
	ctx    context.Context
	cancel context.CancelFunc
	work   chan localPart
	spare  chan []float64 // rows that were dealt with, to be used again

	mu    sync.Mutex
	whole *Tally
	err   error // of the foremost rows of which one is known
	first int   // the first of these
}

// read hands out the rows.
func (r *localRun) read(blocks iter.Seq2[[]float64, error]) error {
	d, n := len(r.plan.Columns), 0
	size := max(1, localValues/d) * d
	var held []float64
	send := func() bool {
		select {
		case r.work <- localPart{n, held}:
		case <-r.ctx.Done():
			return false
		}
		n += len(held) / d
		select {
		case held = <-r.spare:
		default:
			held = nil
		}
		return true
	}
	for block, err := range blocks {
		if err == nil && len(block)%d != 0 {
			err = fmt.Errorf("%w: a block of %d values is no number of whole rows of %d columns", ErrWidth, len(block), d)
		}
		if err == nil {
			err = cause.Of(r.ctx)
		}
		if err != nil {
			return err
		}
		for len(block) > 0 {
			m := min(len(block), size-len(held))
			held, block = append(held, block[:m]...), block[m:]
			if len(held) == size && !send() {
				return cause.Of(r.ctx)
			}
		}
	}
	if len(held) > 0 && !send() {
		return cause.Of(r.ctx)
	}
	return nil
}

// tally deals with rows until there are no more, and merges what it found.
func (r *localRun) tally() {
	done := false
	defer func() {
		if !done { // of a panic nobody else is told before the end
			r.cancel()
		}
	}()
	t := r.plan.tally()
	for part := range r.work {
		if err := t.add(part.first, part.rows); err != nil {
			r.fail(part.first, err)
			return
		}
		select {
		case r.spare <- part.rows[:0]:
		default:
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.whole == nil {
		r.whole = t
	} else if err := r.whole.Merge(t); err != nil {
		r.err = err
	}
	done = true
}

// fail notes an error.
func (r *localRun) fail(first int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil || first < r.first {
		r.err, r.first = err, first
	}
}
