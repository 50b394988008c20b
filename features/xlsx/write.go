package xlsx

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// WriteOptions change how a table is written. The zero value is enough.
type WriteOptions struct {
	Sheet string // name of the sheet, of 31 characters at most without : \ / ? * [ ]; empty is "Table"
}

// maxCell is the number of UTF-16 units that a cell holds.
const maxCell = 32767

// firstDay is the first day from which sheets count as the calendar does: 1900
// has a 29 February there.
var firstDay = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)

// Write writes a table as a workbook of one sheet: the names of the columns in
// the first row, which stays in view, and a row below it for each of the table.
// Numbers, flags and days are cells of these kinds, words and ids are text, which
// no program takes for a formula or a number; days before March 1900, which a
// sheet does not have, are text as 1899-12-31. A missing value is an empty cell.
// [Read] gives back the same values, fractions to 15 digits, as Excel keeps them.
//
// A table of more than 1,048,575 rows or 16,384 columns, and a text of more than
// 32,767 characters, is a [features.ErrLimit]; a table without columns a
// [features.ErrUnknownColumn], a name that no sheet can have a
// [features.ErrOptions].
func Write(ctx context.Context, w io.Writer, t *features.Table, o WriteOptions) (err error) {
	switch {
	case t == nil || len(t.Columns()) == 0:
		return fmt.Errorf("%w: the table has no columns; want at least one to write", features.ErrUnknownColumn)
	case t.Len() > maxRows-1 || len(t.Columns()) > maxColumns:
		return fmt.Errorf("%w: the table has %d rows and %d columns; want %d rows and %d columns at most, as a sheet has", features.ErrLimit, t.Len(), len(t.Columns()), maxRows-1, maxColumns)
	}
	sheet := cmp.Or(o.Sheet, "Table")
	f := excelize.NewFile()
	defer func() { err = cmp.Or(err, f.Close()) }()
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return fmt.Errorf("%w: a sheet cannot be named %q: %w", features.ErrOptions, sheet, err)
	}
	s, err := newSheetWriter(f, sheet, t)
	if err != nil {
		return err
	}
	for row := range t.Len() {
		if row%1024 == 0 {
			if err := cause.Of(ctx); err != nil {
				return err
			}
		}
		if err := s.write(row); err != nil {
			return err
		}
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}

// A sheetWriter writes the rows of a table.
type sheetWriter struct {
	out    *excelize.StreamWriter
	series []features.Series
	cells  []any
	day    int // style of days
	share  int // of shares
}

// newSheetWriter writes the names of the columns.
func newSheetWriter(f *excelize.File, sheet string, t *features.Table) (*sheetWriter, error) {
	s := &sheetWriter{}
	var err error
	format := "yyyy-mm-dd"
	if s.day, err = f.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return nil, err
	}
	format = "0.##########%"
	if s.share, err = f.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return nil, err
	}
	// Readers such as openpyxl's read-only mode go by the range that a sheet names; a new one names A1.
	last, err := excelize.CoordinatesToCellName(len(t.Columns()), t.Len()+1)
	if err == nil {
		err = f.SetSheetDimension(sheet, "A1:"+last)
	}
	if err != nil {
		return nil, err
	}
	if s.out, err = f.NewStreamWriter(sheet); err != nil {
		return nil, err
	}
	if err := s.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	for i, c := range t.Columns() {
		s.series = append(s.series, t.Series(c.Name))
		if len(utf16.Encode([]rune(c.Name))) > maxCell {
			return nil, fmt.Errorf("%w: the name of column %d is longer than %d characters", features.ErrLimit, i+1, maxCell)
		}
		s.cells = append(s.cells, c.Name)
	}
	return s, s.out.SetRow("A1", s.cells)
}

// write writes a row of the table.
func (s *sheetWriter) write(row int) error {
	for j, c := range s.series {
		var err error
		if s.cells[j], err = s.cell(c, row); err != nil {
			return err
		}
	}
	return s.out.SetRow(reference(row+2, 0), s.cells)
}

// cell returns the value of a row as excelize takes it.
func (s *sheetWriter) cell(c features.Series, row int) (any, error) {
	if c.Missing(row) {
		return nil, nil
	}
	switch k := c.Kind(); {
	case k == features.Date:
		day := c.Day(row)
		if day.Before(firstDay) {
			return day.Format(time.DateOnly), nil
		}
		const unix1970 = 25569 // the day 1970-01-01 of a sheet
		return excelize.Cell{StyleID: s.day, Value: day.Unix()/86400 + unix1970}, nil
	case k == features.Percent:
		return excelize.Cell{StyleID: s.share, Value: c.Number(row) / 100}, nil
	case k == features.Bool:
		return c.Number(row) == 1, nil
	case k.Numeric():
		x := c.Number(row)
		if x == math.Trunc(x) && math.Abs(x) <= 1<<53 {
			return int64(x), nil // all digits
		}
		return x, nil
	}
	word := c.Word(row)
	if len(word) > maxCell && len(utf16.Encode([]rune(word))) > maxCell { // which excelize would cut
		return nil, fmt.Errorf("%w: row %d, column %s: a text is longer than the %d characters of a cell", features.ErrLimit, row, c.Name(), maxCell)
	}
	return word, nil
}
