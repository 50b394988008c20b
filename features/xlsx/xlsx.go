// Package xlsx reads sheets of Excel workbooks (.xlsx, .xlsm) as tables.
//
// It knows the kinds of cells: numbers as they are stored and not as they are
// shown, days by their number format, in workbooks that count from 1900 or 1904,
// shares as percent signs show them (35 for 0.35), values of formulas as the
// program that saved the workbook computed them. Rows are read one by one: memory
// is that of the texts which cells share, and of what is made of the rows.
package xlsx

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// Options change how a sheet is read. The zero value finds the sheet and its
// header.
type Options struct {
	// Sheet is the name of the sheet, without regard to case. By default it is the
	// first with a table of two columns or more among those that are not hidden,
	// else the first with one of one column.
	Sheet string

	// HeaderRow is the row of the sheet, from 1, that names the columns. By default
	// (0) it is the first that has nearly as many cells as the rows around it:
	// titles above it have few.
	HeaderRow int

	// Table changes how the cells are read; Name is that of the file, for errors.
	// Header names the columns of a sheet without a header, of which every row is
	// read. A sheet has no Encoding.
	Table features.TableOptions

	MaxBytes int64 // largest part of the workbook, when expanded; 0 is 4 GB
	MaxCells int   // most rows × columns; 0 is 2²⁶, as are in a full sheet of 64 columns
}

const (
	defaultMaxBytes = 4e9
	defaultMaxCells = 1 << 26
	maxRows         = 1 << 20 // of Excel
	maxColumns      = 1 << 14
)

func (o Options) withDefaults() (Options, error) {
	refuse := func(name string, value any, want string) error {
		return fmt.Errorf("%w: %s is %v; want %s", features.ErrOptions, name, value, want)
	}
	switch {
	case o.HeaderRow < 0 || o.HeaderRow > maxRows:
		return o, refuse("HeaderRow", o.HeaderRow, "a row from 1, or 0 to find it")
	case o.HeaderRow > 0 && len(o.Table.Header) > 0:
		return o, refuse("HeaderRow", o.HeaderRow, "it or Table.Header, not both")
	case o.Table.Encoding != "":
		return o, refuse("Table.Encoding", o.Table.Encoding, "none, as a sheet has none")
	case o.MaxBytes < 0:
		return o, refuse("MaxBytes", o.MaxBytes, "a number of bytes, or 0 for 4 GB")
	case o.MaxCells < 0:
		return o, refuse("MaxCells", o.MaxCells, "a number of cells, or 0 for 2²⁶")
	}
	o.MaxBytes, o.MaxCells = cmp.Or(o.MaxBytes, defaultMaxBytes), cmp.Or(o.MaxCells, defaultMaxCells)
	return o, nil
}

// Read reads a sheet of a workbook as a table. What is wrong with the workbook is
// an error as [NewReader] has it, what is wrong with its cells as
// [features.ReadRows] has it. The report is as far as the reading came.
func Read(ctx context.Context, r io.ReaderAt, size int64, o Options) (*features.Table, Report, error) {
	rows, err := NewReader(ctx, r, size, o)
	if err != nil {
		return nil, Report{}, err
	}
	defer rows.Close()
	table, found, err := features.ReadRows(ctx, rows, o.Table)
	report := rows.Report()
	report.Table = found
	return table, report, err
}

// ReadFile reads a sheet of the workbook in a file, as [Read].
func ReadFile(ctx context.Context, path string, o Options) (*features.Table, Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Report{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, Report{}, err
	}
	if o.Table.Name == "" {
		o.Table.Name = path
	}
	return Read(ctx, f, info.Size(), o)
}

// Cells counts the cells of a sheet that something is to be said of.
type Cells struct {
	Count int
	First string // where the first is and what it holds: "C7, #N/A"
}

func (c *Cells) add(row, column int, what string) {
	if c.Count++; c.Count == 1 {
		c.First = reference(row, column)
		if what != "" {
			c.First += ", " + what
		}
	}
}

// A Report is what a [Reader] found in a workbook and how it read it.
type Report struct {
	Sheet  string  // the sheet that was read
	Sheets []Sheet // all sheets that have cells, hidden ones too

	HeaderRow int      // row of the sheet, from 1; 0 where Options.Table.Header names the columns
	Preamble  []string // rows above the header that were left out, such as titles: their texts, cut after 60 bytes; 30 at most

	Rows       int // rows read below the header
	BlankRows  int // rows without a value that were left out between others
	HiddenRows int // rows read that the sheet hides, by a filter as a rule

	Errors     Cells // errors such as #N/A, read as missing
	Uncomputed Cells // formulas without a value, read as missing: the program that saved the workbook did not compute them
	Clocks     Cells // times of day and durations, read as numbers of days: 06:00 is 0.25
	Merged     Cells // merged ranges from the header down: the value is in the first cell, the others are missing
	Long       Cells // whole numbers of more than 15 digits, which Excel does not keep: ids among them have lost their last ones
	NoDays     Cells // numbers in the format of a day that are none, such as −1; read as numbers

	Table features.TableReport // what the columns were read as
}

// Warnings returns sentences, without their full stops, on what may be wrong
// with what was read. There are none when all is well.
func (r Report) Warnings() []string {
	var w []string
	tell := func(n int, one, more string, a ...any) {
		if n == 1 {
			w = append(w, fmt.Sprintf("1 "+one, a...))
		} else if n > 1 {
			w = append(w, fmt.Sprintf("%d "+more, append([]any{n}, a...)...))
		}
	}
	var others []string
	for _, s := range r.Sheets {
		if s.Name != r.Sheet {
			name := fmt.Sprintf("%q", s.Name)
			if s.Hidden {
				name += " (hidden)"
			}
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		w = append(w, fmt.Sprintf("only the sheet %q was read; the workbook has %s, too", r.Sheet, strings.Join(others, ", ")))
	}
	if len(r.Preamble) > 0 {
		w = append(w, fmt.Sprintf("row %d names the columns; what stands above it was left out, first %q", r.HeaderRow, r.Preamble[0]))
	}
	tell(r.BlankRows, "blank row between the others was left out", "blank rows between the others were left out")
	tell(r.HiddenRows, "row that the sheet hides was read, too", "rows that the sheet hides were read, too")
	tell(r.Errors.Count, "cell holds an error and is missing (%s)", "cells hold errors and are missing (the first %s)", r.Errors.First)
	tell(r.Uncomputed.Count, "formula has no value and is missing (%s); open the workbook in Excel or LibreOffice and save it",
		"formulas have no value and are missing (the first %s); open the workbook in Excel or LibreOffice and save it", r.Uncomputed.First)
	tell(r.Clocks.Count, "time of day or duration was read as a number of days (%s)", "times of day or durations were read as numbers of days (the first %s)", r.Clocks.First)
	tell(r.Merged.Count, "range is merged (%s); its value is that of the first cell, the others are missing",
		"ranges are merged (the first %s); their values are those of the first cells, the others are missing", r.Merged.First)
	tell(r.NoDays.Count, "number in the format of a day is no day (%s)", "numbers in the format of a day are no days (the first %s)", r.NoDays.First)
	tell(r.Long.Count, "number has more than 15 digits, which Excel does not keep; if it is an id it may be wrong (%s)",
		"numbers have more than 15 digits, which Excel does not keep; if they are ids they may be wrong (the first %s)", r.Long.First)
	return append(w, r.Table.Warnings()...)
}
