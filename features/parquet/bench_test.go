package parquet

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// BenchmarkBlocks reads the columns x0 … x4 of the file that PARQUET names, such
// as that of testdata/files.py bench, or of one of its own with 300,000 rows.
func BenchmarkBlocks(b *testing.B) {
	names := []string{"x0", "x1", "x2", "x3", "x4"}
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
		defer f.Close()
		file = sized{f, must(f.Stat()).Size()}
	}
	rows := 0
	b.SetBytes(file.Size())
	b.ReportAllocs()
	for b.Loop() {
		for block, err := range Blocks(b.Context(), file, file.Size(), names, Options{}) {
			if err != nil {
				b.Fatal(err)
			}
			rows += len(block) / len(names)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

type sized struct {
	*os.File
	size int64
}

func (s sized) Size() int64 { return s.size }
