package parquet

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// blockRows is the number of rows of a block: what a few columns of them take
// stays in the cache of a core.
const blockRows = 4096

// Blocks yields the rows of columns of numbers, in blocks of one or more rows,
// row by row, in the order of the names; NaN is a missing value. The memory is
// that of a page of each column, whatever the file has of rows. Each use of the
// sequence reads the file anew, the same rows in the same order, as the Blocks of
// a segment.Stream have to be. A block is used again for the next.
//
// An error ends the sequence: it is yielded once, with no block. Beside the errors
// of [Read] it is a [features.ErrNotNumeric] where a column holds texts, days or
// whole numbers beyond 2⁵³, and that of ctx.
func Blocks(ctx context.Context, r io.ReaderAt, size int64, columns []string, o Options) iter.Seq2[[]float64, error] {
	return yieldBlocks(ctx, func() (*blocks, error) { return newBlocks(r, size, columns, o) })
}

// RowGroups returns the numbers of rows of the row groups of a file, which can be
// read apart with [GroupBlocks]. Errors: those of [Read] for a damaged file.
func RowGroups(r io.ReaderAt, size int64, o Options) ([]int, error) {
	f, err := openFile(r, size, o.Table.Name)
	if err != nil {
		return nil, err
	}
	var rows []int
	for _, g := range f.f.RowGroups() {
		rows = append(rows, int(g.NumRows()))
	}
	return rows, nil
}

// GroupBlocks is [Blocks] of the rows of one row group, counted from 0; so that many
// can read a file together. Errors: those of Blocks, and [features.ErrOptions] for a
// group that the file does not have.
func GroupBlocks(ctx context.Context, r io.ReaderAt, size int64, columns []string, group int, o Options) iter.Seq2[[]float64, error] {
	return yieldBlocks(ctx, func() (*blocks, error) {
		b, err := newBlocks(r, size, columns, o)
		if err != nil {
			return nil, err
		}
		return b, b.only(group)
	})
}

func yieldBlocks(ctx context.Context, open func() (*blocks, error)) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		b, err := open()
		if err != nil {
			yield(nil, err)
			return
		}
		defer b.close()
		for {
			err := cause.Of(ctx)
			var block []float64
			if err == nil {
				block, err = b.next()
			}
			if err == io.EOF {
				return
			}
			if !yield(block, err) || err != nil {
				return
			}
		}
	}
}

// blocks puts columns beside each other.
type blocks struct {
	f       *file
	columns []*column
	cursors []cursor
	rows    int64 // read or left out
	end     int64 // rows in the file, up to the last that is to be read
	block   []float64
}

func newBlocks(r io.ReaderAt, size int64, names []string, o Options) (*blocks, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: no column is named; want the columns of the blocks", features.ErrOptions)
	}
	f, err := openFile(r, size, o.Table.Name)
	if err != nil {
		return nil, err
	}
	b := &blocks{f: f, end: f.rows}
	if b.columns, err = f.choose(names); err != nil {
		return nil, err
	}
	for i, c := range b.columns {
		if c.kind != numbers && c.kind != flags {
			return nil, &features.ColumnError{Column: c.name, Err: features.ErrNotNumeric}
		}
		own := *c // a column may be asked for twice
		b.columns[i] = &own
		b.cursors = append(b.cursors, cursor{pages: newPageReader(f, &own)})
	}
	b.block = make([]float64, blockRows*len(names))
	return b, nil
}

// only narrows the rows to those of a row group.
func (b *blocks) only(group int) error {
	groups := b.f.f.RowGroups()
	if group < 0 || group >= len(groups) {
		return fmt.Errorf("%w: there is no row group %d; the file has %d", features.ErrOptions, group, len(groups))
	}
	for _, g := range groups[:group] {
		b.rows += g.NumRows()
	}
	b.end = b.rows + groups[group].NumRows()
	for i := range b.cursors {
		b.cursors[i].pages.group, b.cursors[i].pages.end = group, group+1
	}
	return nil
}

func (b *blocks) close() {
	for i := range b.cursors {
		b.cursors[i].pages.close()
	}
}

// next returns the next block: as many rows as all pages at hand have.
func (b *blocks) next() ([]float64, error) {
	n := blockRows
	for i := range b.cursors {
		c := &b.cursors[i]
		p := &c.pages.page
		if c.row == p.rows {
			if err := c.pages.next(); err == io.EOF && b.rows < b.end {
				return nil, b.f.damaged(errValues)
			} else if err != nil {
				return nil, err
			}
			c.row, c.value = 0, 0
			if b.columns[i].inexact {
				return nil, fmt.Errorf("%w: column %s has whole numbers beyond 2⁵³", features.ErrNotNumeric, b.columns[i].name)
			}
		}
		n = min(n, p.rows-c.row)
	}
	d := len(b.cursors)
	block := b.block[:n*d]
	for i := range b.cursors {
		b.cursors[i].fill(block[i:], d, n)
	}
	for i, x := range block {
		if math.IsInf(x, 0) {
			return nil, b.f.failAt(int(b.rows)+i/d, b.columns[i%d], features.ErrValue, fmt.Sprintf("%v is no number to reckon with", x), "a finite number, or null where it is missing")
		}
	}
	b.rows += int64(n)
	return block, nil
}

// read returns the next n values, of as many pages as have them.
func (c *cursor) read(f *file, n int) ([]float64, error) {
	values := make([]float64, n)
	for at := 0; at < n; {
		if c.row == c.pages.page.rows {
			if err := c.pages.next(); err == io.EOF {
				return nil, f.damaged(errValues)
			} else if err != nil {
				return nil, err
			}
			c.row, c.value = 0, 0
		}
		k := min(n-at, c.pages.page.rows-c.row)
		c.fill(values[at:], 1, k)
		at += k
	}
	return values, nil
}

// fill puts the next n values at every d-th place of dst.
func (c *cursor) fill(dst []float64, d, n int) {
	p := &c.pages.page
	if p.levels == nil {
		for i, x := range p.numbers[c.row : c.row+n] {
			dst[i*d] = x
		}
		c.row += n
		c.value = c.row
		return
	}
	for i, l := range p.levels[c.row : c.row+n] {
		dst[i*d] = math.NaN()
		if l == 1 {
			dst[i*d] = p.numbers[c.value]
			c.value++
		}
	}
	c.row += n
}
