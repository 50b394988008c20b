// Package parquet reads Apache Parquet files as tables and as blocks of numbers,
// and writes tables.
//
// Columns have the types that the file gives them: whole numbers, floating-point
// numbers, decimals, flags, days and timestamps, times of day, texts. Nested
// columns (lists, maps, groups) are refused by name; the others can be read by
// naming them. Files may be compressed with Snappy, gzip or Zstandard. Format:
// https://parquet.apache.org/docs/file-format/.
package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// Options change how a file is read. The zero value reads all columns.
type Options struct {
	// Table names the columns to be read, sets kinds and says how texts are read;
	// Name is that of the file, for errors. Parquet has no Header and no Encoding.
	Table features.TableOptions

	MaxCells int // most rows × columns of a table; 0 is 2²⁸, which take 2 GiB
}

const defaultMaxCells = 1 << 28

func (o Options) withDefaults() (Options, error) {
	switch {
	case len(o.Table.Header) > 0 || o.Table.Encoding != "":
		return o, fmt.Errorf("%w: Parquet names its columns and is UTF-8; want no Table.Header and no Table.Encoding", features.ErrOptions)
	case o.MaxCells < 0:
		return o, fmt.Errorf("%w: MaxCells is %d; want a number of cells, or 0 for 2²⁸", features.ErrOptions, o.MaxCells)
	}
	o.MaxCells = cmp.Or(o.MaxCells, defaultMaxCells)
	return o, nil
}

// Read reads a file as a table. Numbers of one column are Flag where all are 0 or
// 1, Integer where all are whole, else Amount; NaN and null are missing; whole numbers
// beyond 2⁵³, which a float64 does not hold, are ids in digits. A timestamp is the
// day on which it lies, in UTC where it is adjusted to it, else as written; a time of day is
// its share of a day. Texts, and columns with a kind in o.Table.Kinds, are read as
// [features.ReadRows] reads cells. The report describes the columns in the order of
// the file.
//
// Errors: a [*features.ReadError] wrapping [features.ErrBinary] for what is no
// Parquet, damaged or not read; [features.ErrValue] for an infinite number;
// [features.ErrLimit]; [features.ErrNoRows]; a [*features.ColumnError] for a name
// that the file does not have.
func Read(ctx context.Context, r io.ReaderAt, size int64, o Options) (t *features.Table, report features.TableReport, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return nil, report, err
	}
	f, err := openFile(r, size, o.Table.Name)
	if err != nil {
		return nil, report, err
	}
	columns, err := f.choose(o.Table.Columns)
	if err != nil {
		return nil, report, err
	}
	if f.rows == 0 {
		return nil, report, f.fail(features.ErrNoRows, "the file has no rows", "a row for each customer")
	}
	if f.rows > int64(o.MaxCells/len(columns)) {
		return nil, report, f.fail(features.ErrLimit, fmt.Sprintf("the file has %d rows of %d columns", f.rows, len(columns)), "fewer columns in Table.Columns, or a higher MaxCells")
	}
	return f.table(ctx, columns, o)
}

// ReadFile reads the file of a path as a table, as [Read].
func ReadFile(ctx context.Context, path string, o Options) (*features.Table, features.TableReport, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, features.TableReport{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, features.TableReport{}, err
	}
	if o.Table.Name == "" {
		o.Table.Name = path
	}
	return Read(ctx, file, info.Size(), o)
}

// table reads columns one by one, those that hold cells to be looked at together
// at the end.
func (f *file) table(ctx context.Context, columns []*column, o Options) (*features.Table, features.TableReport, error) {
	report := features.TableReport{Rows: int(f.rows)}
	kinds, err := f.kinds(o.Table.Kinds)
	if err != nil {
		return nil, report, err
	}
	series := make([]features.Series, len(columns))
	reports := make([]features.ColumnReport, len(columns))
	var cells []int // positions of the columns read as cells
	for i, c := range columns {
		kind, set := kinds[c.name]
		if set && !kind.Numeric() && kind != features.Date && c.whole() {
			c.kind = digits
		}
		if set || c.kind == texts {
			cells = append(cells, i)
			continue
		}
		if series[i], reports[i], err = f.typed(ctx, c); err != nil {
			return nil, report, err
		}
		if c.inexact {
			c.kind = digits
			cells = append(cells, i)
		}
	}
	if len(cells) > 0 {
		r := rows{f: f}
		options := o.Table
		options.Columns, options.Kinds, options.AllRows = nil, map[string]features.Kind{}, true
		for _, i := range cells {
			r.columns = append(r.columns, columns[i])
			if kind, ok := kinds[columns[i].name]; ok {
				options.Kinds[columns[i].name] = kind
			} else if columns[i].kind == digits { // also where some are negative
				options.Kinds[columns[i].name] = features.Identifier
			}
		}
		defer r.close()
		part, found, err := features.ReadRows(ctx, &r, options)
		if err != nil {
			return nil, found, err
		}
		if found.IndexColumn != "" { // the first one, which numbers the rows
			report.IndexColumn, cells = found.IndexColumn, cells[1:]
		}
		for k, name := range part.ColumnNames() {
			series[cells[k]], reports[cells[k]] = part.Series(name), found.Columns[k]
			if _, set := kinds[columns[cells[k]].name]; !set && columns[cells[k]].kind == digits {
				reports[cells[k]].Set, reports[cells[k]].Reason = false, "it has whole numbers beyond 2⁵³"
			}
		}
	}
	var list []features.Series
	for i, s := range series {
		switch {
		case s.IsZero():
		case isIndex(columns[i].name, i, s) && len(series) > 1:
			report.IndexColumn = columns[i].name
		default:
			list, report.Columns = append(list, s), append(report.Columns, reports[i])
		}
	}
	t, err := features.NewTable(time.Time(o.Table.AsOf), list...)
	if err != nil {
		err = f.fail(err, err.Error(), "")
	}
	return t, report, err
}

// kinds returns the set kinds by the names that the file has.
func (f *file) kinds(set map[string]features.Kind) (map[string]features.Kind, error) {
	kinds := map[string]features.Kind{}
	for name, kind := range set {
		c, err := f.find(name)
		if err != nil {
			return nil, err
		}
		kinds[c.name] = kind
	}
	return kinds, nil
}

// isIndex reports whether a column numbers the rows and has no name of its own: an
// index that pandas has written as a column.
func isIndex(name string, at int, s features.Series) bool {
	if s.Kind() != features.Integer {
		return false
	}
	if strings.HasPrefix(name, "__index_level_") {
		return true
	}
	if at > 0 || name != "Unnamed: 0" {
		return false
	}
	start := s.Number(0)
	for i := range s.Len() {
		if s.Number(i) != start+float64(i) {
			return false
		}
	}
	return start == 0 || start == 1
}

// typed reads a column of numbers, flags or days.
func (f *file) typed(ctx context.Context, c *column) (features.Series, features.ColumnReport, error) {
	report := features.ColumnReport{Column: features.Column{Name: c.name}, Reason: "the file says " + c.said, Least: math.NaN(), Greatest: math.NaN()}
	values := make([]float64, 0, min(f.rows, 1<<20))
	whole, binary := true, true
	for p, err := range f.pages(ctx, c) {
		if err != nil {
			return features.Series{}, report, err
		}
		from := len(values)
		values = p.appendNumbers(values)
		if int64(len(values)) > f.rows {
			break // told below
		}
		for i, x := range values[from:] {
			switch {
			case x != x:
				report.Missing++
				continue
			case math.IsInf(x, 0):
				return features.Series{}, report, f.failAt(from+i, c, features.ErrValue, fmt.Sprintf("%v is no number to reckon with", x), "a finite number, or null where it is missing")
			case x != math.Trunc(x):
				whole, binary = false, false
			case x != 0 && x != 1:
				binary = false
			}
			if !(x >= report.Least) { // it is NaN at first
				report.Least = x
			}
			if !(x <= report.Greatest) {
				report.Greatest = x
			}
		}
	}
	if int64(len(values)) != f.rows {
		return features.Series{}, report, f.fail(features.ErrBinary, fmt.Sprintf("the column %q has %d values for %d rows", c.name, len(values), f.rows), "a whole file")
	}
	switch {
	case c.kind == days:
		series, err := f.days(c, values)
		report.Kind, report.Least, report.Greatest = features.Date, math.NaN(), math.NaN()
		return series, report, err
	case c.kind == flags:
		report.Kind = features.Bool
	case binary && report.Missing < len(values):
		report.Kind = features.Flag
		report.Reason += ", and all values are 0 or 1"
	case whole:
		report.Kind = features.Integer
	default:
		report.Kind = features.Amount
	}
	return features.NumberSeries(report.Column, values), report, nil
}

// days returns the column of days counted from 1970-01-01.
func (f *file) days(c *column, values []float64) (features.Series, error) {
	const first, last = -719162, 2932896 // 0001-01-01 and 9999-12-31
	list := make([]time.Time, len(values))
	for i, x := range values {
		switch {
		case x != x:
		case x <= first || x > last: // the first is the zero time, which is missing
			return features.Series{}, f.failAt(i, c, features.ErrDate, fmt.Sprintf("the day %.0f days from 1970-01-01 is none of the calendar", x), "days from the year 1 to 9999")
		default:
			list[i] = time.Unix(int64(x)*86400, 0).UTC()
		}
	}
	return features.DaySeries(features.Column{Name: c.name}, list), nil
}

// errNested is what a column that is not flat is refused with.
var errNested = errors.New("parquet: nested column")
