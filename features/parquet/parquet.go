// Package parquet reads Apache Parquet files as tables and as blocks of numbers,
// and writes tables.
//
// Columns have the types that the file gives them: whole numbers, floating-point
// numbers, decimals, flags, days and timestamps, times of day, texts. Nested
// columns (lists, maps, groups) are refused by name; the others can be read by
// naming them. Files may be compressed with Snappy, gzip, Zstandard, Brotli or
// LZ4_RAW. Format:
// https://parquet.apache.org/docs/file-format/.
package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/customer-personality/segmentation/features"
)

// Options change how a file is read. The zero value reads all columns.
type Options struct {
	// Table names the columns to be read, sets kinds and says how texts are read;
	// Name is that of the file, for errors. Parquet has no Header and no Encoding.
	Table features.TableOptions

	MaxCells int // most rows × columns of a table; 0 is 2²⁸, which take 2 GiB

	// Report, when not nil, is filled by [Tables] with how the columns were read; it
	// is complete once all is read.
	Report *features.TableReport
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
	p, err := newPlan(ctx, r, size, o, true)
	if err != nil {
		return nil, report, err
	}
	return p.all(ctx)
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

// errNested is what a column that is not flat is refused with.
var errNested = errors.New("parquet: nested column")
