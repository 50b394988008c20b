package parquet_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/segmenttest"
)

var xs = []string{"x0", "x1", "x2", "x3", "x4"}

// fileOf writes rows, in groups of some, and columns in another order than they are
// read in.
func fileOf(t *testing.T, x *mat.Dense, group int) *bytes.Reader {
	t.Helper()
	if x.IsEmpty() {
		x = nil
	}
	names := xs[:2]
	var list []features.Series
	if x != nil {
		names = xs[:x.RawMatrix().Cols]
	}
	for j := len(names) - 1; j >= 0; j-- {
		column := []float64{}
		if x != nil {
			column = mat.Col(nil, j, x)
		}
		list = append(list, features.NumberSeries(features.Column{Name: names[j], Kind: features.Amount}, column))
	}
	table, err := features.NewTable(features.AsOf{}.Day(), list...)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := parquet.Write(t.Context(), &b, table, parquet.WriteOptions{RowGroupRows: group}); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// streamOf reads d columns of files, one after the other; of passes after the second,
// those of later.
func streamOf(t *testing.T, d int, files []sizedReader, later ...sizedReader) *segment.Stream {
	passes := 0
	return &segment.Stream{Cols: d, Blocks: func(yield func([]float64, error) bool) {
		if passes++; passes > 2 && len(later) > 0 {
			files = later
		}
		for _, f := range files {
			for block, err := range parquet.Blocks(t.Context(), f, f.Size(), xs[:d], parquet.Options{}) {
				if !yield(block, err) || err != nil {
					return
				}
			}
		}
	}}
}

type sizedReader interface {
	io.ReaderAt
	Size() int64
}

// breaking is a file of which the reads from one on fail, so many of them.
type breaking struct {
	*bytes.Reader
	from, times int64
	cut         bool // reads come back short
	reads       atomic.Int64
}

var errDisk = errors.New("the disk is gone")

func (b *breaking) ReadAt(p []byte, at int64) (int, error) {
	if n := b.reads.Add(1); n < b.from || n >= b.from+b.times {
		return b.Reader.ReadAt(p, at)
	}
	if b.cut {
		n, _ := b.Reader.ReadAt(p[:len(p)/2], at)
		return n, io.ErrUnexpectedEOF
	}
	return 0, errDisk
}

func TestStreamOfFile(t *testing.T) {
	of := func(t *testing.T, x *mat.Dense) segment.Source {
		d := 2
		if !x.IsEmpty() {
			d = x.RawMatrix().Cols
		}
		return streamOf(t, d, []sizedReader{fileOf(t, x, 77+x.RawMatrix().Rows/20)})
	}
	type fault = func(t *testing.T, x *mat.Dense) segment.Source
	broken := func(times int64, cut bool) fault {
		return func(t *testing.T, x *mat.Dense) segment.Source {
			return streamOf(t, x.RawMatrix().Cols, []sizedReader{&breaking{Reader: fileOf(t, x, 50), from: 5, times: times, cut: cut}})
		}
	}
	changed := func(change func(x *mat.Dense) mat.Matrix) fault {
		return func(t *testing.T, x *mat.Dense) segment.Source {
			return streamOf(t, x.RawMatrix().Cols, []sizedReader{fileOf(t, x, 50)}, fileOf(t, mat.DenseCopyOf(change(x)), 50))
		}
	}
	segmenttest.Source(t, of, segmenttest.Options{
		Rows: 10_000,
		Skip: map[string]string{
			"ordered sample": "a reservoir draws by the place of rows",
			"not finite":     "an infinite number is a features.ErrValue, see TestRefusals",
		},
		Parts: func(t *testing.T, parts []*mat.Dense) segment.Source {
			var files []sizedReader
			d := 0
			for _, x := range parts {
				if x == nil {
					continue
				}
				d = x.RawMatrix().Cols
				files = append(files, fileOf(t, x, 13))
			}
			return streamOf(t, d, files)
		},
		Faults: map[segmenttest.Fault]fault{
			segmenttest.FailOnce:   broken(1, false),
			segmenttest.CutOnce:    broken(1, true),
			segmenttest.FailAlways: broken(1<<60, false),
			segmenttest.LoseRow:    changed(func(x *mat.Dense) mat.Matrix { return x.Slice(1, x.RawMatrix().Rows, 0, x.RawMatrix().Cols) }),
			segmenttest.AddRow: changed(func(x *mat.Dense) mat.Matrix {
				var more mat.Dense
				more.Stack(x, x.Slice(0, 1, 0, x.RawMatrix().Cols))
				return &more
			}),
			segmenttest.ChangeRow: changed(func(x *mat.Dense) mat.Matrix {
				other := mat.DenseCopyOf(x)
				other.Set(7, 0, other.At(8, 0))
				return other
			}),
		},
	})
}

// What a pass allocates is that of pages, not of rows.
func TestBlocksMemory(t *testing.T) {
	const rows = 400_000
	x := mat.NewDense(rows, 3, nil)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = math.Sin(float64(i))
	}
	file := fileOf(t, x, 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for block, err := range parquet.Blocks(t.Context(), file, file.Size(), xs[:3], parquet.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		n += len(block) / 3
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; n != rows || took > 3<<20 {
		t.Errorf("%d rows, whose values take %d bytes, allocate %d; want at most %d", n, 3*8*rows, took, 3<<20)
	}
}
