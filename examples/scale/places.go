package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/customer-personality/segmentation/segment"
)

// A place is where the rows are.
type place struct {
	dataset segment.Dataset
	rows    blocks // the same rows, to be read into memory
	passes  func() int
	moved   func() int64 // bytes that came to this process
	exact   bool         // the sums are those of a Distribute
	own     bool         // stand-ins are of the place's own making
	ends    []func() error
}

func (p *place) close() error {
	var errs []error
	for i := range p.ends {
		errs = append(errs, p.ends[len(p.ends)-1-i]())
	}
	return errors.Join(errs...)
}

// temporary returns a folder that close removes.
func (p *place) temporary() (string, error) {
	folder, err := os.MkdirTemp("", "scale")
	if err == nil {
		p.ends = append(p.ends, func() error { return os.RemoveAll(folder) })
	}
	return folder, err
}

// open puts the rows where the source of o reads them.
func open(ctx context.Context, o options) (_ *place, err error) {
	p := &place{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	n := 0
	if o.table == "" {
		if p.rows, n, err = rowsOf(ctx, o); err != nil {
			return nil, err
		}
	}
	switch o.source {
	case "memory":
		kept, err := keep(p.rows)
		if err != nil {
			return nil, err
		}
		p.stream(o, kept)
	case "stream":
		err = p.columnFile(o, n)
	case "parquet":
		var names []string
		if names, err = p.parquet(ctx, o); err == nil {
			p.stream(o, ofFiles(ctx, names, o.columns))
		}
	case "db":
		err = p.database(ctx, o)
	case "beam":
		err = p.beam(ctx, o)
	default:
		err = fmt.Errorf("-source is %q; want memory, stream, parquet, db or beam", o.source)
	}
	return p, err
}

// keep reads the rows into memory.
func keep(rows blocks) (blocks, error) {
	var all []float64
	for block, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, block...)
	}
	return func(yield func([]float64, error) bool) { yield(all, nil) }, nil
}

// stream makes a data set of rows that are read in this process, and counts how often.
func (p *place) stream(o options, rows blocks) {
	var passes, moved atomic.Int64
	p.passes, p.moved = func() int { return int(passes.Load()) }, moved.Load
	p.dataset = segment.StreamDataset(o.columns, func(yield func([]float64, error) bool) {
		passes.Add(1)
		for block, err := range rows {
			moved.Add(int64(8 * len(block)))
			if !yield(block, err) {
				return
			}
		}
	}, 0)
}

// columnFile writes the n rows to a file of columns; Parquet files are read as they are.
func (p *place) columnFile(o options, n int) error {
	if n == 0 {
		p.stream(o, p.rows)
		return nil
	}
	folder, err := p.temporary()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, "rows")
	if err != nil {
		return err
	}
	p.ends = append(p.ends, f.Close)
	p.stream(o, segment.ColumnFile(f, n, len(o.columns)))
	return writeColumns(f, n, len(o.columns), p.rows)
}

// parquet returns the names of the Parquet files that have the rows, which it writes
// where there are none.
func (p *place) parquet(ctx context.Context, o options) ([]string, error) {
	if o.data != "" {
		if names, err := parquetFiles(o.data); names != nil || err != nil {
			return names, err
		}
	}
	folder, err := p.temporary()
	if err != nil {
		return nil, err
	}
	if err := writeParquet(ctx, folder, o.columns, p.rows); err != nil {
		return nil, err
	}
	return parquetFiles(folder)
}
