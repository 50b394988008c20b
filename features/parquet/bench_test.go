package parquet

import (
	"context"
	"iter"
	"math"
	"os"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// benchBlocks returns columns of the file that PARQUET names, such as that of
// testdata/files.py bench, or of one of its own with 300,000 rows.
func benchBlocks(b *testing.B, names ...string) iter.Seq2[[]float64, error] {
	var series []features.Series
	for j, name := range names {
		x := make([]float64, 300000)
		for i := range x {
			x[i] = math.Sin(float64(i*5 + j))
		}
		series = append(series, features.NumberSeries(features.Column{Name: name}, x))
	}
	var file interface {
		ReadAt([]byte, int64) (int, error)
		Size() int64
	} = written(b, must(features.NewTable(time.Time{}, series...)))
	if path := os.Getenv("PARQUET"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { f.Close() })
		file = sized{f, must(f.Stat()).Size()}
	}
	b.SetBytes(file.Size())
	b.ReportAllocs()
	return Blocks(b.Context(), file, file.Size(), names, Options{})
}

// BenchmarkBlocks reads the columns x0 … x4.
func BenchmarkBlocks(b *testing.B) {
	blocks, values := benchBlocks(b, "x0", "x1", "x2", "x3", "x4"), 0
	for b.Loop() {
		for block, err := range blocks {
			if err != nil {
				b.Fatal(err)
			}
			values += len(block)
		}
	}
	b.ReportMetric(float64(values/5)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkStatistics takes the passes of a sweep k = 2…10 over the columns x0 … x2:
// nine sets of centroids each.
func BenchmarkStatistics(b *testing.B) {
	s := &segment.Stream{Cols: 3, Blocks: benchBlocks(b, "x0", "x1", "x2")}
	sample, err := s.Sample(b.Context(), 1<<16, 1)
	if err != nil {
		b.Fatal(err)
	}
	var sets []*mat.Dense
	for k := 2; k <= 10; k++ {
		sets = append(sets, mat.DenseCopyOf(sample.Slice(0, k, 0, 3)))
	}
	rows := 0.0
	for b.Loop() {
		answers, err := s.Statistics(context.Background(), sets)
		if err != nil {
			b.Fatal(err)
		}
		rows += answers[0].Counts[0] + answers[0].Counts[1]
	}
	b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
}

type sized struct {
	*os.File
	size int64
}

func (s sized) Size() int64 { return s.size }
