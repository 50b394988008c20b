package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
	"github.com/customer-personality/segmentation/internal/sample"
	"github.com/customer-personality/segmentation/testdata"
)

// blocks are rows of the columns, in slices of whole rows; NaN is a missing value.
type blocks = iter.Seq2[[]float64, error]

// fileRows is the number of rows of a Parquet file.
const fileRows = 1_000_000

// rowsOf returns the rows of -data, or as many generated customers as -rows says, and
// their number; 0 of Parquet files, whose rows nobody has counted.
func rowsOf(ctx context.Context, o options) (blocks, int, error) {
	if o.data == "" {
		return sample.Training(o.rows, o.seed), o.rows, nil
	}
	if names, err := parquetFiles(o.data); names != nil || err != nil {
		return ofFiles(ctx, names, o.columns), 0, err
	}
	f, err := os.Open(o.data)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	open, err := segmentation.Open(ctx, f, segmentation.OpenOptions{Read: features.ReadOptions{Name: o.data, AsOf: features.AsOf(o.asOf)}})
	if err != nil {
		return nil, 0, err
	}
	table := open.Table
	if o.campaign() {
		if table, _, err = features.Clean(ctx, table, features.CleanOptions{}); err != nil {
			return nil, 0, err
		}
	}
	x, err := table.Matrix(ctx, o.columns...)
	if err != nil {
		return nil, 0, err
	}
	n, d := x.Dims()
	return func(yield func([]float64, error) bool) {
		for i := 0; i < n; i += 4096 {
			part := mat.DenseCopyOf(x.Slice(i, min(n, i+4096), 0, d))
			if !yield(part.RawMatrix().Data, nil) {
				return
			}
		}
	}, n, nil
}

// parquetFiles returns the files of a folder, pattern or name of Parquet files, in
// order; none where it is another file.
func parquetFiles(path string) ([]string, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "*.parquet")
	}
	names, err := filepath.Glob(path)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no file %s", path)
	}
	if filepath.Ext(names[0]) != ".parquet" {
		return nil, nil
	}
	return names, nil
}

// ofFiles returns the rows of Parquet files one after the other.
func ofFiles(ctx context.Context, names, columns []string) blocks {
	return func(yield func([]float64, error) bool) {
		for _, name := range names {
			if !oneFile(ctx, name, columns, yield) {
				return
			}
		}
	}
}

func oneFile(ctx context.Context, name string, columns []string, yield func([]float64, error) bool) bool {
	f, err := os.Open(name)
	if err != nil {
		yield(nil, err)
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		yield(nil, err)
		return false
	}
	for block, err := range parquet.Blocks(ctx, f, info.Size(), columns, parquet.Options{Table: features.TableOptions{Name: name}}) {
		if !yield(block, err) || err != nil {
			return false
		}
	}
	return true
}

// writeParquet writes the rows to files of about a million each in the folder.
func writeParquet(ctx context.Context, folder string, columns []string, rows blocks) error {
	part, files := make([][]float64, len(columns)), 0
	flush := func() error {
		var list []features.Series
		for j, name := range columns {
			list = append(list, features.NumberSeries(features.Column{Name: name, Kind: features.Amount}, part[j]))
			part[j] = part[j][:0]
		}
		t, err := features.NewTable(testdata.AsOf, list...)
		if err != nil {
			return err
		}
		f, err := os.Create(filepath.Join(folder, fmt.Sprintf("part-%05d.parquet", files)))
		if err != nil {
			return err
		}
		files++
		return errors.Join(parquet.Write(ctx, f, t, parquet.WriteOptions{}), f.Close())
	}
	for block, err := range rows {
		if err != nil {
			return err
		}
		for i, v := range block {
			part[i%len(columns)] = append(part[i%len(columns)], v)
		}
		if len(part[0]) >= fileRows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(part[0]) == 0 {
		return nil
	}
	return flush()
}

// writeColumns writes the n rows to a file of columns, see segment.ColumnFile.
func writeColumns(f *os.File, n, d int, rows blocks) error {
	files := make([]*bufio.Writer, d)
	for j := range files {
		files[j] = bufio.NewWriterSize(io.NewOffsetWriter(f, int64(j)*int64(n)*8), 1<<20)
	}
	for block, err := range rows {
		if err != nil {
			return err
		}
		var raw [8]byte
		for i, v := range block {
			binary.LittleEndian.PutUint64(raw[:], math.Float64bits(v))
			if _, err := files[i%d].Write(raw[:]); err != nil {
				return err
			}
		}
	}
	for _, w := range files {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}
