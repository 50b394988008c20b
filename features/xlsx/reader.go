package xlsx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// A Reader yields the rows of a sheet one by one. It is a [features.RowReader];
// Line is the row of the sheet. Columns without a name and without a value are
// left out. A Reader is not safe for concurrent use.
type Reader struct {
	w      *workbook
	sheet  Sheet
	s      *scanner
	closer io.Closer
	err    error

	header  []string
	place   []int      // of each column of the sheet among the header's, from 1; 0 where it is not there
	ahead   []sheetRow // rows read to find the header, still to be handed out
	line    int
	inTable bool // within sheetData
	row     sheetRow
	value   []byte
	report  Report

	mergedRow int // of the first merged range
}

// A sheetRow is a row of a sheet, with a cell for each column from A to the last
// that it fills.
type sheetRow struct {
	number int
	cells  []features.RawCell
	filled int // cells that have a value or an error
	hidden bool
}

// NewReader opens the sheet that the options choose and finds its header.
// A file that is no workbook is a [features.ErrBinary], one that exceeds the
// limits a [features.ErrLimit], a sheet without names a [features.ErrHeader],
// without anything a [features.ErrEmpty]. The reader stops when ctx ends. It must
// be closed.
func NewReader(ctx context.Context, r io.ReaderAt, size int64, o Options) (*Reader, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	w, err := openWorkbook(ctx, r, size, o)
	if err != nil {
		return nil, err
	}
	if o.Sheet != "" {
		sheet, err := w.find(o.Sheet)
		if err != nil {
			return nil, err
		}
		return w.openSheet(ctx, sheet)
	}
	return w.choose(ctx)
}

// find returns the sheet of a name.
func (w *workbook) find(name string) (Sheet, error) {
	var names []string
	for _, s := range w.sheets {
		if s.Name == name {
			return s, nil
		}
		names = append(names, strconv.Quote(s.Name))
	}
	for _, s := range w.sheets {
		if strings.EqualFold(strings.TrimSpace(s.Name), strings.TrimSpace(name)) {
			return s, nil
		}
	}
	return Sheet{}, w.fail(features.ErrOptions, fmt.Sprintf("the workbook has no sheet %q", name), "one of "+strings.Join(names, ", "))
}

// choose opens the first sheet with a table of two columns, else of one.
func (w *workbook) choose(ctx context.Context) (*Reader, error) {
	var narrow *Reader
	var first error
	for _, sheet := range w.sheets {
		if sheet.Hidden {
			continue
		}
		r, err := w.openSheet(ctx, sheet)
		switch {
		case errors.Is(err, features.ErrEmpty) || errors.Is(err, features.ErrHeader) || errors.Is(err, features.ErrNoRows):
			if first == nil || errors.Is(first, features.ErrEmpty) {
				first = err
			}
			continue
		case err != nil:
			return nil, err
		case len(r.header) > 1:
			if narrow != nil {
				narrow.Close()
			}
			return r, nil
		case narrow == nil:
			narrow = r
		default:
			r.Close()
		}
	}
	switch {
	case narrow != nil:
		return narrow, nil
	case first != nil:
		return nil, first
	}
	return nil, w.fail(features.ErrEmpty, "the workbook has no sheet with cells that it shows", "a sheet with a row of names and a row for each customer below it, or the name of a hidden sheet in Options.Sheet")
}

// openSheet opens a sheet and finds its header.
func (w *workbook) openSheet(ctx context.Context, sheet Sheet) (*Reader, error) {
	s, closer, err := w.open(ctx, sheet.part)
	if err != nil {
		return nil, err
	}
	r := &Reader{w: w, sheet: sheet, s: s, closer: closer, report: Report{Sheet: sheet.Name, Sheets: slices.Clone(w.sheets)}}
	if err := r.findHeader(); err != nil {
		closer.Close()
		return nil, err
	}
	return r, nil
}

// Close frees what the reader holds. Closing it twice is no error.
func (r *Reader) Close() error {
	if r == nil || r.closer == nil {
		return nil
	}
	closer := r.closer
	r.closer, r.ahead = nil, nil
	if r.err == nil {
		r.err = errors.New("xlsx: the reader is closed")
	}
	return closer.Close()
}

// orZero returns the zero Reader for nil.
func orZero(r *Reader) *Reader {
	if r == nil {
		return &Reader{}
	}
	return r
}

// Header returns the names of the columns as they are written; empty for one
// that has values and no name.
func (r *Reader) Header() []string { return orZero(r).header }

// Line returns the row of the sheet that was read last, from 1.
func (r *Reader) Line() int { return orZero(r).line }

// Report returns what was found so far; it is complete once Read has returned
// io.EOF.
func (r *Reader) Report() Report {
	report := orZero(r).report
	report.Sheets, report.Preamble = slices.Clone(report.Sheets), slices.Clone(report.Preamble)
	return report
}

// Read returns the next row that has a value, in the memory of row where that
// suffices. After the last one the error is io.EOF.
func (r *Reader) Read(row []features.RawCell) ([]features.RawCell, error) {
	if r = orZero(r); r.s == nil {
		return row[:0], errors.New("xlsx: there is nothing to read from; want a Reader of NewReader")
	}
	from := &r.row
	if len(r.ahead) > 0 {
		from, r.ahead = &r.ahead[0], r.ahead[1:]
	} else if r.err == nil {
		r.err = r.next()
	}
	if from == &r.row && r.err != nil {
		return row[:0], r.err
	}
	for c := range from.cells {
		if from.cells[c].Kind != features.RawMissing && r.place[c] == 0 {
			r.header = append(r.header, "")
			r.place[c] = len(r.header)
		}
	}
	r.report.Rows++
	r.report.BlankRows += from.number - r.line - 1
	if from.hidden {
		r.report.HiddenRows++
	}
	r.line = from.number
	if limit := r.w.o.MaxCells / max(1, len(r.header)); r.report.Rows > limit {
		r.ahead, r.err = nil, r.fail(features.ErrLimit, fmt.Sprintf("more than %d rows of %d columns", limit, len(r.header)), "a smaller table, or a higher Options.MaxCells")
		return row[:0], r.err
	}
	row = slices.Grow(row[:0], len(r.header))[:len(r.header)]
	clear(row)
	for c, cell := range from.cells {
		if at := r.place[c]; at > 0 {
			row[at-1] = cell
		}
	}
	return row, nil
}

// fail returns an error of the sheet.
func (r *Reader) fail(err error, reason, want string) error {
	return r.w.fail(err, fmt.Sprintf("the sheet %q: %s", r.sheet.Name, reason), want)
}

// next reads the next row that is not blank into r.row. Behind the rows it reads
// the merged ranges and returns io.EOF.
func (r *Reader) next() error {
	for {
		kind, err := r.s.next()
		if err == io.EOF {
			return err
		} else if err != nil {
			return r.w.damaged(r.sheet.part, err)
		}
		switch name := r.s.name; {
		case name == "sheetData":
			r.inTable = kind == startElement
		case kind != startElement:
		case name == "row" && r.inTable:
			if err := r.readRow(); err != nil {
				return r.w.damaged(r.sheet.part, err)
			}
			if r.row.filled > 0 {
				return nil
			}
		case name == "mergeCell":
			r.merged(r.s.attr("ref"))
		}
	}
}

// merged notes a merged range, C3:C7, that reaches the header or rows below it.
func (r *Reader) merged(ref string) {
	from, to, found := strings.Cut(ref, ":")
	first, _, ok := parseReference(from)
	last, _, ok2 := parseReference(to)
	if !found || !ok || !ok2 || last < r.report.HeaderRow {
		return
	}
	if r.report.Merged.Count++; r.report.Merged.Count == 1 || first < r.mergedRow {
		r.report.Merged.First, r.mergedRow = ref, first // they are in no order
	}
}

// readRow reads the row at hand.
func (r *Reader) readRow() error {
	s, row := r.s, &r.row
	row.cells, row.filled, row.hidden = row.cells[:0], 0, s.attrFlag("hidden")
	number := row.number + 1
	if v := s.attr("r"); v != "" {
		var err error
		if number, err = strconv.Atoi(v); err != nil || number <= row.number {
			return fmt.Errorf("%w: row %q comes behind row %d", errSyntax, v, row.number)
		}
	}
	if row.number = number; number > maxRows {
		return fmt.Errorf("%w: row %d, and a sheet has %d rows", features.ErrLimit, number, maxRows)
	}
	for to := s.depth - 1; ; {
		switch kind, err := s.next(); {
		case err != nil:
			return err
		case kind == endElement && s.depth == to:
			return nil
		case kind != startElement:
		case s.name == "c":
			if err := r.readCell(); err != nil {
				return err
			}
		default:
			if err := s.skip(); err != nil {
				return err
			}
		}
	}
}

// readCell adds the cell at hand to r.row.
func (r *Reader) readCell() error {
	s, row := r.s, &r.row
	column := len(row.cells)
	kind, format := byte('n'), plainFormat
	if ref := s.attr("r"); ref != "" {
		_, c, ok := parseReference(ref)
		if !ok || c < column {
			return fmt.Errorf("%w: cell %q of row %d is out of place", errSyntax, ref, row.number)
		}
		column = c
	}
	if column >= maxColumns {
		return fmt.Errorf("%w: column %d, and a sheet has %d columns", features.ErrLimit, column+1, maxColumns)
	}
	if style := s.attr("s"); len(style) > 0 {
		if i, err := strconv.Atoi(style); err == nil && uint(i) < uint(len(r.w.formats)) {
			format = r.w.formats[i]
		}
	}
	if t := s.attr("t"); len(t) > 0 {
		if kind = t[0]; t == "str" {
			kind = 't'
		}
	}
	row.cells = append(row.cells, make([]features.RawCell, column+1-len(row.cells))...)
	cell := &row.cells[column]
	r.value = r.value[:0]
	formula, valued := false, false
	for to := s.depth - 1; ; {
		token, err := s.next()
		switch {
		case err != nil:
			return err
		case token == endElement && s.depth == to:
			if formula && len(r.value) == 0 && kind != 't' { // text may be empty
				r.report.Uncomputed.add(row.number, column, "")
			} else if valued {
				err = r.setCell(cell, kind, format, column)
			}
			if cell.Kind != features.RawMissing {
				row.filled++
			}
			return err
		case token != startElement:
		case s.name == "v":
			r.value, err = s.content(r.value)
			valued = true
		case s.name == "is":
			var text string
			if text, err = s.richText(); text != "" {
				*cell = features.RawCell{Kind: features.RawText, Text: text}
			}
		default:
			formula = formula || s.name == "f"
			err = s.skip()
		}
		if err != nil {
			return err
		}
	}
}

// setCell makes a cell of r.value, by the first letter of its type.
func (r *Reader) setCell(cell *features.RawCell, kind byte, format format, column int) error {
	v := r.value
	if kind != 't' && kind != 'i' {
		v = bytes.TrimSpace(v)
	}
	switch kind {
	case 'n':
		return r.setNumber(cell, v, format, column)
	case 's':
		i, err := strconv.Atoi(string(v))
		if err != nil || uint(i) >= uint(len(r.w.strings)) {
			return r.bad(column, v)
		}
		if text := r.w.strings[i]; text != "" {
			*cell = features.RawCell{Kind: features.RawText, Text: text}
		}
	case 't', 'i': // a formula's text, or an inline one as a value
		if len(v) > 0 {
			*cell = features.RawCell{Kind: features.RawText, Text: decodeText(v)}
		}
	case 'b':
		if len(v) != 1 || v[0] != '0' && v[0] != '1' {
			return r.bad(column, v)
		}
		*cell = features.RawCell{Kind: features.RawFlag, Number: float64(v[0] - '0')}
	case 'e':
		r.report.Errors.add(r.row.number, column, strings.ToValidUTF8(string(v), "\ufffd"))
		r.row.filled++
	case 'd':
		for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", time.DateOnly} {
			if t, err := time.Parse(layout, string(v)); err == nil {
				*cell = features.RawCell{Kind: features.RawTime, Time: asWritten(t)}
				return nil
			}
		}
		return r.bad(column, v)
	default:
		return r.bad(column, v)
	}
	return nil
}

// bad returns the error of a cell that does not hold what its type says.
func (r *Reader) bad(column int, v []byte) error {
	return fmt.Errorf("%w: cell %s holds %q", errSyntax, reference(r.row.number, column), v[:min(len(v), 60)])
}

// asWritten returns the time whose clock in UTC is that of t.
func asWritten(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// setNumber makes a cell of a number, or of the day that it stands for.
func (r *Reader) setNumber(cell *features.RawCell, v []byte, format format, column int) error {
	if len(v) == 0 {
		return nil
	}
	x, err := strconv.ParseFloat(string(v), 64)
	if err != nil || x-x != 0 || bytes.IndexByte(v, 'x') >= 0 || bytes.IndexByte(v, 'X') >= 0 { // no 0x1p-2
		return r.bad(column, v)
	}
	if format == percentFormat { // as a text has it, so that a column means the same in both
		*cell = features.RawCell{Kind: features.RawText, Text: strconv.FormatFloat(100*x, 'g', 15, 64) + "%"}
		return nil
	}
	if format == dateFormat || format == clockFormat && x >= 1 { // a day with its clock, of which the latter is shown
		if t, ok := r.w.from.time(x); ok {
			*cell = features.RawCell{Kind: features.RawTime, Time: t}
			return nil
		}
		r.report.NoDays.add(r.row.number, column, string(v))
	} else if format != plainFormat {
		r.report.Clocks.add(r.row.number, column, string(v))
	}
	*cell = features.RawCell{Kind: features.RawNumber, Number: x}
	if math.Abs(x) >= 1e15 && x == math.Trunc(x) {
		r.report.Long.add(r.row.number, column, string(v))
		if len(bytes.Trim(v, "0123456789")) == 0 {
			cell.Text = string(v) // few programs write all digits
		}
	}
	return nil
}

// parseReference returns row, from 1, and column, from 0, of a reference such as C7.
func parseReference(ref string) (row, column int, ok bool) {
	i := 0
	for i < len(ref) && i < 4 && ref[i]|0x20 >= 'a' && ref[i]|0x20 <= 'z' {
		column = column*26 + int(ref[i]|0x20-'a') + 1
		i++
	}
	if i == 0 || i == len(ref) || len(ref) > 12 {
		return 0, 0, false
	}
	for _, c := range ref[i:] {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		row = row*10 + int(c-'0')
	}
	return row, column - 1, true
}

// reference returns the name of a cell: C7 for row 7 and column 2.
func reference(row, column int) string {
	var letters []byte
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		letters = append(letters, byte('A'+(n-1)%26))
	}
	slices.Reverse(letters)
	return string(letters) + strconv.Itoa(row)
}
