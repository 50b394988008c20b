package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/customer-personality/segmentation/features"
)

// A file is an open Parquet file.
type file struct {
	name    string
	r       io.ReaderAt
	f       *parquet.File
	rows    int64
	columns []*column

	names  *features.Table // of no rows, with the columns
	byName map[string]*column
}

const (
	maxFooter  = 64 << 20
	maxColumns = 1 << 14 // as many as a sheet has
)

// openFile reads the footer.
func openFile(r io.ReaderAt, size int64, name string) (f *file, err error) {
	f = &file{name: name, r: r}
	if r == nil {
		return nil, f.fail(features.ErrEmpty, "there is nothing to read from", "a Parquet file")
	}
	defer f.recovered(&err)
	// The footer is 4 bytes of its size and the mark at the end of the file.
	var tail [8]byte
	if size < int64(len("PAR1")+len(tail)) {
		return nil, f.fail(features.ErrBinary, "the file is no Parquet file: it is too short", "a whole Parquet file")
	}
	if _, err := r.ReadAt(tail[:], size-int64(len(tail))); err != nil && err != io.EOF {
		return nil, f.fail(err, "reading stopped: "+err.Error(), "")
	}
	switch string(tail[4:]) {
	case "PAR1":
	case "PARE":
		return nil, f.fail(features.ErrBinary, "the Parquet file is encrypted", "one that is not")
	default:
		return nil, f.fail(features.ErrBinary, "the file is no Parquet file, or is cut: it does not end in PAR1", "a whole Parquet file")
	}
	if n := binary.LittleEndian.Uint32(tail[:4]); n > maxFooter || int64(n) > size-12 {
		return nil, f.fail(features.ErrBinary, fmt.Sprintf("the Parquet file is damaged: its footer has %d bytes", n), "a whole Parquet file")
	}
	f.f, err = parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, f.damaged(err)
	}
	f.rows = f.f.NumRows()
	rows := int64(0)
	for _, g := range f.f.RowGroups() {
		if g.NumRows() < 0 {
			return nil, f.damaged(errors.New("a group of rows has a negative number of them"))
		}
		rows += g.NumRows()
	}
	if rows != f.rows || rows < 0 {
		return nil, f.damaged(fmt.Errorf("the groups have %d rows and the file %d", rows, f.rows))
	}
	halves := halfColumns(f.f.Metadata().Schema)
	for i, c := range f.f.Root().Columns() {
		column := newColumn(c, halves[i])
		if column.name == "" {
			column.name = fmt.Sprintf("column %d", i+1)
		}
		f.columns = append(f.columns, column)
	}
	if len(f.columns) > maxColumns {
		return nil, f.fail(features.ErrLimit, fmt.Sprintf("the file has %d columns", len(f.columns)), fmt.Sprintf("a table of %d at most", maxColumns))
	}
	return f, nil
}

func (f *file) fail(err error, reason, want string) error {
	return &features.ReadError{File: f.name, Reason: reason, Want: want, Err: err}
}

// failAt returns the error of a value; rows count from 0.
func (f *file) failAt(row int, c *column, err error, reason, want string) error {
	return &features.ReadError{File: f.name, Line: row + 1, Column: c.name, Reason: reason, Want: want, Err: err}
}

// damaged returns the error of a file that cannot be decoded.
func (f *file) damaged(err error) error {
	return f.fail(errors.Join(features.ErrBinary, err), fmt.Sprintf("the Parquet file is damaged: %v", err), "a whole Parquet file")
}

// recovered makes an error of a panic: decoders of damaged pages slice beyond them.
func (f *file) recovered(err *error) {
	if r := recover(); r != nil {
		*err = f.damaged(fmt.Errorf("%v", r))
	}
}

// find returns the column of a name, as people write it.
func (f *file) find(name string) (*column, error) {
	if f.names == nil {
		f.byName = map[string]*column{}
		var empty []features.Series // a table of no rows finds names
		for _, c := range f.columns {
			if f.byName[c.name] == nil {
				empty = append(empty, features.NumberSeries(features.Column{Name: c.name}, []float64{}))
			}
			f.byName[c.name] = c
		}
		t, err := features.NewTable(time.Time{}, empty...)
		if err != nil {
			return nil, err
		}
		f.names = t
	}
	s, err := f.names.Column(name)
	if err != nil {
		return nil, err
	}
	return f.byName[s.Name()], nil
}

// choose returns the columns of the given names, all where there are none.
func (f *file) choose(names []string) ([]*column, error) {
	chosen := f.columns
	if len(names) > 0 {
		chosen = nil
	}
	for _, name := range names {
		c, err := f.find(name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, c)
	}
	if len(chosen) == 0 {
		return nil, f.fail(features.ErrHeader, "the file has no columns", "a table with columns")
	}
	for _, c := range chosen {
		if c.refusal != "" {
			return nil, f.fail(errors.Join(features.ErrBinary, c.cause), fmt.Sprintf("the column %q %s", c.name, c.refusal), "flat columns only, or the names of the others in Table.Columns")
		}
	}
	return chosen, nil
}

// A valueKind is what the values of a column are read as.
type valueKind uint8

const (
	numbers valueKind = iota
	flags
	days   // from 1970-01-01
	texts  // still to be looked at
	digits // of whole numbers beyond 2⁵³
)

// A column is a flat column of a file.
type column struct {
	name    string
	leaf    *parquet.Column
	kind    valueKind
	said    string // the type as the file names it
	refusal string // why it cannot be read; empty where it can
	cause   error
	inexact bool // whether a whole number beyond 2⁵³ was seen

	unsigned bool
	scale    int   // of a decimal
	perDay   int64 // units of a timestamp or a time in a day
	clock    bool  // the time of day
	half     bool  // numbers of 16 bits
	uuid     bool

	dictionary parquet.Dictionary // that the following were made of
	numbersOf  []float64
	textsOf    []string
}

// whole reports whether a column holds whole numbers that a float64 may not hold.
func (c *column) whole() bool {
	switch c.leaf.Type().Kind() {
	case parquet.Int64, parquet.ByteArray, parquet.FixedLenByteArray:
		return c.kind == numbers && c.scale == 0 && c.perDay == 0 && !c.half
	}
	return false
}

// halfColumns returns the columns of numbers of 16 bits, by their position in the
// root: parquet-go takes them for bytes.
func halfColumns(schema []format.SchemaElement) map[int]bool {
	halves := map[int]bool{}
	left := 0 // elements of the column at hand that are still to come
	column := -1
	for _, e := range schema[min(1, len(schema)):] {
		if left == 0 {
			column++
			left = 1
		}
		left--
		if n := int(e.NumChildren.V); n > 0 {
			left += n
		}
		if _, ok := e.LogicalType.Value.(*format.Float16Type); ok {
			halves[column] = true
		}
	}
	return halves
}

// newColumn finds out how a column is to be read; half says that it is one of
// numbers of 16 bits.
func newColumn(leaf *parquet.Column, half bool) *column {
	name := strings.Join(strings.Fields(strings.ToValidUTF8(leaf.Name(), "\ufffd")), " ") // as every reader has it
	c := &column{name: name, leaf: leaf, half: half}
	if !leaf.Leaf() || leaf.Repeated() || leaf.MaxRepetitionLevel() > 0 || leaf.MaxDefinitionLevel() > 1 {
		c.refusal, c.cause = "is nested (a list, a map or a group)", errNested
		return c
	}
	t := leaf.Type()
	c.said = t.String()
	if logical := t.LogicalType(); logical != nil && logical.Value != nil {
		c.said = logical.String()
		c.logical(logical.Value, t.Kind())
	} else {
		switch t.Kind() {
		case parquet.Boolean:
			c.kind = flags
		case parquet.Int96: // timestamps of old writers
			c.kind, c.said = days, "TIMESTAMP in 96 bits"
		case parquet.ByteArray:
			c.kind = texts
		case parquet.FixedLenByteArray:
			if half {
				c.said = "FLOAT16"
				break
			}
			c.refusal = "holds bytes and not text (" + c.said + ")"
		}
	}
	return c
}

// logical sets how values of a logical type are read.
func (c *column) logical(v format.LogicalTypeValue, kind parquet.Kind) {
	switch v := v.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		c.kind = texts
	case *format.IntType:
		c.unsigned = !v.IsSigned
	case *format.DecimalType:
		c.scale = int(v.Scale)
		if c.scale < 0 || c.scale > 76 {
			c.refusal = fmt.Sprintf("has decimals of scale %d", c.scale)
		}
	case *format.DateType:
		c.kind = days
	case *format.TimestampType:
		c.kind = days
		c.perDay = perDay(v.Unit)
	case *format.TimeType:
		c.clock = true
		c.perDay = perDay(v.Unit)
	case *format.UUIDType:
		c.kind, c.uuid = texts, true
	case *format.NullType:
	default:
		c.refusal = "is of a type that is not read (" + c.said + ")"
	}
	if c.kind == texts && !c.uuid && kind != parquet.ByteArray || c.kind == days && kind != parquet.Int32 && kind != parquet.Int64 {
		c.refusal = "is damaged: " + c.said + " in values of " + kind.String()
	}
}

func perDay(unit format.TimeUnit) int64 {
	if unit.Value == nil {
		return 0
	}
	if d := unit.Value.Duration(); d > 0 {
		return int64(24 * time.Hour / d)
	}
	return 0
}
