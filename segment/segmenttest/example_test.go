package segmenttest_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/segmenttest"
)

// newEngine stands for a Source of one's own: here it reads a column file.
func newEngine(rows *mat.Dense) segment.Source {
	n, d := rows.Dims()
	var file bytes.Buffer
	if err := binary.Write(&file, binary.LittleEndian, mat.DenseCopyOf(rows.T()).RawMatrix().Data); err != nil {
		return nil
	}
	return &segment.Stream{Cols: d, Blocks: segment.ColumnFile(bytes.NewReader(file.Bytes()), n, d)}
}

// In the tests of a package that has a Source, a test of its own runs the suite.
func ExampleSource() {
	test := func(t *testing.T) { // TestEngine
		segmenttest.Source(t, func(t *testing.T, rows *mat.Dense) segment.Source {
			if rows.IsEmpty() {
				return nil // the file would have no columns
			}
			return newEngine(rows)
		}, segmenttest.Options{
			Skip: map[string]string{"ordered sample": "rows are drawn by their place"},
		})
	}
	_ = test
}

// A data set of blocks of rows; with Parts, one of several files.
func ExampleDataset() {
	test := func(t *testing.T) { // TestEngine
		segmenttest.Dataset(t, func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
			return segment.Distribute(columns, &segment.Local{Cols: len(columns), Blocks: streamOf(rows).Blocks})
		}, segmenttest.Options{
			Parts: func(t *testing.T, parts []*mat.Dense) segment.Source { return streamOf(parts...) },
			Skip:  map[string]string{"ordered sample": "the Stream of parts draws rows by their place"},
		})
	}
	_ = test
}

// Faults are made by whoever knows the engine: here a disk fails in the second pass.
func ExampleOptions() {
	o := segmenttest.Options{
		Faults: map[segmenttest.Fault]func(t *testing.T, rows *mat.Dense) segment.Source{
			segmenttest.FailOnce: func(t *testing.T, rows *mat.Dense) segment.Source {
				return disturbed(rows, func(pass int64) error {
					if pass == 2 {
						return errors.New("the disk is gone")
					}
					return nil
				})
			},
		},
	}
	_ = o
}
