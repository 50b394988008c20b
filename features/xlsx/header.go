package xlsx

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// headerRows is the number of rows that are not blank among which the header is
// looked for.
const headerRows = 32

// findHeader reads the first rows and finds the one that names the columns.
// Those below it stay in r.ahead.
func (r *Reader) findHeader() error {
	want, last := r.w.o.HeaderRow, 0
	for len(r.ahead) < headerRows {
		err := r.next()
		if err == io.EOF {
			r.err = err // after r.ahead
			break
		} else if err != nil {
			return err
		}
		row := r.row
		last = row.number
		row.cells = append([]features.RawCell(nil), row.cells...)
		r.ahead = append(r.ahead, row)
		if want > row.number { // rows above it are only told
			r.leaveOut(row)
			r.ahead = r.ahead[:0]
		}
	}
	if len(r.ahead) == 0 && last > 0 {
		return r.fail(features.ErrHeader, fmt.Sprintf("row %d, which is to name the columns, comes behind row %d, the last that has a value", want, last), "the row with the names in Options.HeaderRow")
	}
	if len(r.ahead) == 0 {
		return r.fail(features.ErrEmpty, "no cell has a value", "a row of names and a row for each customer below it")
	}
	if names := r.w.o.Table.Header; len(names) > 0 {
		r.line = r.ahead[0].number - 1
		r.name(sheetRow{})
		if len(names) != len(r.header) {
			return r.fail(features.ErrOptions, fmt.Sprintf("Options.Table.Header has %d names and the sheet %d columns", len(names), len(r.header)), "a name for each column that has values")
		}
		copy(r.header, names)
		return nil
	}
	at := 0
	if want > 0 {
		if r.ahead[0].number != want {
			return r.fail(features.ErrHeader, fmt.Sprintf("row %d, which is to name the columns, is blank", want), "the row with the names in Options.HeaderRow")
		}
	} else {
		at = headerAt(r.ahead)
		for _, row := range r.ahead[:at] {
			r.leaveOut(row)
		}
	}
	header := r.ahead[at]
	r.ahead = r.ahead[at+1:]
	r.report.HeaderRow, r.line = header.number, header.number
	var below sheetRow
	if len(r.ahead) > 0 {
		below = r.ahead[0]
	}
	if want == 0 && !names(header, below) {
		return r.fail(features.ErrHeader, fmt.Sprintf("row %d holds values such as %q and not the names of the columns", header.number, exampleOf(header)),
			"a row of names above the values, or its number in Options.HeaderRow")
	}
	if len(r.ahead) == 0 {
		return r.fail(features.ErrNoRows, fmt.Sprintf("no row follows row %d, which names the columns", header.number), "a row for each customer below it")
	}
	r.name(header)
	return nil
}

// name makes the header of a row: columns that have a name, or a value in the
// rows read ahead.
func (r *Reader) name(header sheetRow) {
	r.place = make([]int, maxColumns)
	used := make([]bool, maxColumns)
	for _, row := range append([]sheetRow{header}, r.ahead...) {
		for c, cell := range row.cells {
			used[c] = used[c] || cell.Kind != features.RawMissing
		}
	}
	for c := range used {
		if !used[c] {
			continue
		}
		name := ""
		if c < len(header.cells) {
			name = textOf(header.cells[c])
		}
		r.header = append(r.header, name)
		r.place[c] = len(r.header)
	}
}

// headerAt returns the first row that has nearly as many cells as the fullest,
// four fifths, or all but the first one of them, as where an index has no name.
func headerAt(rows []sheetRow) int {
	full, left := 0, maxColumns
	for _, row := range rows {
		full, left = max(full, row.filled), min(left, firstFilled(row))
	}
	for i, row := range rows {
		if 5*row.filled >= 4*full || row.filled == full-1 && firstFilled(row) > left {
			return i
		}
	}
	return 0
}

func firstFilled(row sheetRow) int {
	for c, cell := range row.cells {
		if cell.Kind != features.RawMissing {
			return c
		}
	}
	return len(row.cells)
}

// names reports whether the cells of a row can be names: texts, and with at least
// one of them years or other numbers or days in even steps, as in a table with
// a column for each month. Below is the row that follows; years below years are
// values.
func names(row, below sheetRow) bool {
	texts, years := 0, true
	var steps []float64
	for c, cell := range row.cells {
		switch cell.Kind {
		case features.RawText:
			texts++
		case features.RawNumber:
			steps = append(steps, cell.Number)
			years = years && year(cell) && !(c < len(below.cells) && year(below.cells[c]))
		case features.RawTime:
			steps = append(steps, math.Round(float64(cell.Time.Unix())/86400/31)) // months or so
			years = false
		case features.RawFlag:
			return false
		}
	}
	even := len(steps) > 1 && steps[0] != steps[1]
	for i := 2; i < len(steps); i++ {
		even = even && steps[i]-steps[i-1] == steps[1]-steps[0]
	}
	return texts > 0 && (len(steps) == 0 || years || even && len(steps) > 2)
}

// year reports whether a cell can be a year.
func year(cell features.RawCell) bool {
	return cell.Kind == features.RawNumber && cell.Number >= 1900 && cell.Number <= 2100 && cell.Number == math.Trunc(cell.Number)
}

// textOf returns a cell as a name.
func textOf(cell features.RawCell) string {
	switch cell.Kind {
	case features.RawText:
		return cell.Text
	case features.RawNumber:
		return strconv.FormatFloat(cell.Number, 'f', -1, 64)
	case features.RawTime:
		return cell.Time.Format(time.DateOnly)
	case features.RawFlag:
		return strconv.FormatBool(cell.Number == 1)
	}
	return ""
}

func exampleOf(row sheetRow) string {
	for _, cell := range row.cells {
		if cell.Kind != features.RawMissing && cell.Kind != features.RawText {
			return textOf(cell)
		}
	}
	return textOf(row.cells[len(row.cells)-1])
}

// leaveOut notes a row above the header.
func (r *Reader) leaveOut(row sheetRow) {
	const most, longest = 30, 60
	if len(r.report.Preamble) == most {
		return
	}
	text := ""
	for _, cell := range row.cells {
		if t := textOf(cell); t != "" && text != "" {
			text += " " + t
		} else {
			text += t
		}
		if len(text) > longest {
			break
		}
	}
	if len(text) > longest {
		cut := longest
		for cut > 0 && text[cut]&0xc0 == 0x80 {
			cut--
		}
		text = text[:cut] + "…"
	}
	r.report.Preamble = append(r.report.Preamble, text)
}
