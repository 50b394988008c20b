package parquet

import (
	"io"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// rows yields columns as cells that are still to be looked at.
type rows struct {
	f       *file
	columns []*column
	cursors []cursor
	line    int
}

// A cursor is where the reading of a column stands.
type cursor struct {
	pages pageReader
	row   int // in the page
	value int // in its values
}

// Header returns the names of the columns.
func (r *rows) Header() []string {
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = c.name
	}
	return names
}

// Line returns the row read last, from 1.
func (r *rows) Line() int { return r.line }

// Read returns the next row; [features.ReadRows] looks at the context.
func (r *rows) Read(row []features.RawCell) ([]features.RawCell, error) {
	if r.cursors == nil {
		r.cursors = make([]cursor, len(r.columns))
		for i, c := range r.columns {
			r.cursors[i].pages = newPageReader(r.f, c)
		}
	}
	row = row[:0]
	for i := range r.cursors {
		cell, err := r.cursors[i].next(r.columns[i])
		if err != nil {
			r.close()
			if err == io.EOF && i > 0 { // the columns of a group are of one length
				err = r.f.damaged(errValues)
			}
			return row, err
		}
		row = append(row, cell)
	}
	r.line++
	return row, nil
}

func (r *rows) close() {
	for i := range r.cursors {
		r.cursors[i].pages.close()
	}
}

// next returns the next cell of a column.
func (c *cursor) next(of *column) (features.RawCell, error) {
	p := &c.pages.page
	for c.row == p.rows {
		if err := c.pages.next(); err != nil {
			return features.RawCell{}, err
		}
		c.row, c.value = 0, 0
	}
	at := c.row
	c.row++
	if p.levels != nil && p.levels[at] == 0 {
		return features.RawCell{}, nil
	}
	at = c.value
	c.value++
	if of.kind == texts || of.kind == digits {
		if p.texts[at] == "" {
			return features.RawCell{}, nil
		}
		return features.RawCell{Kind: features.RawText, Text: p.texts[at]}, nil
	}
	x := p.numbers[at]
	switch {
	case x != x:
		return features.RawCell{}, nil
	case of.kind == flags:
		return features.RawCell{Kind: features.RawFlag, Number: x}, nil
	case of.kind == days:
		return features.RawCell{Kind: features.RawTime, Time: time.Unix(int64(x)*86400, 0).UTC()}, nil
	}
	return features.RawCell{Kind: features.RawNumber, Number: x}, nil
}
