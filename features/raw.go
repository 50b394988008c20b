package features

import (
	"errors"
	"time"
)

// ErrLimit is wrapped by the error of a file that has more bytes when it is
// unpacked, more cells or longer values than its reader takes.
var ErrLimit = errors.New("features: more than the limit")

// A RawKind is the type that a file gives to a cell.
type RawKind uint8

const (
	RawMissing RawKind = iota // no value: an empty cell, null, an error such as #N/A
	RawText                   // Text, still to be read: "1.234,50" may be a number
	RawNumber                 // Number
	RawFlag                   // Number, 0 or 1
	RawTime                   // Time
)

// String returns the name of the kind in lower case.
func (k RawKind) String() string {
	if int(k) < len(rawKindNames) {
		return rawKindNames[k]
	}
	return "unknown"
}

var rawKindNames = [...]string{"missing", "text", "number", "flag", "time"}

// A RawCell is one value of a table as a file holds it, before it is known what its
// column is. The zero RawCell is missing.
type RawCell struct {
	Kind   RawKind
	Number float64   // of RawNumber, finite; of RawFlag 0 or 1
	Text   string    // of RawText; of RawNumber all its digits where it is whole and beyond 2⁵³, else empty
	Time   time.Time // of RawTime, in UTC with the clock as written
}

// A RowReader yields the rows of a table that some file holds, one by one: a
// sheet, objects of JSON. It is what reading a table asks of a form of file.
type RowReader interface {
	// Header returns the names of the columns found so far, as they are written,
	// empty for a column that has values and no name.
	// A row may add columns behind them (a key that no object had before); those
	// that are there keep their places. It is the reader's own.
	Header() []string

	// Read returns the next row, in the memory of row where that suffices, with a
	// cell for each name of Header as it is after the call; columns that later
	// rows add are missing in it. After the last row the error is io.EOF.
	Read(row []RawCell) ([]RawCell, error)

	// Line returns where the row read last starts: the line of a text, the row of
	// a sheet, from 1; 0 before the first.
	Line() int
}
