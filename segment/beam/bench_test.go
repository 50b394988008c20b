package beam

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// million are the rows of the benchmarks, in a file.
const million = 1_000_000

func millionRows(b *testing.B) *Runner {
	x := customers(million)
	for i := range million {
		if v := x.At(i, 0); v != v {
			x.Set(i, 0, 52000)
		}
	}
	file := filepath.Join(b.TempDir(), "rows")
	saveRows(b, file, x)
	return &Runner{Temp: b.TempDir(), Submit: JobServer{Endpoint: server}.Submit, Rows: func(s beam.Scope) beam.PCollection {
		return beam.ParDo(s, &blocksFn{}, beam.Create(s, file))
	}}
}

// BenchmarkStatistics is a pass of nine sets over a million rows.
func BenchmarkStatistics(b *testing.B) {
	src, err := Dataset(columns, millionRows(b), segment.RetryOptions{}).Source(nil)
	if err != nil {
		b.Fatal(err)
	}
	x := customers(million / 100)
	var sets []*mat.Dense
	for k := 2; k <= 10; k++ {
		sets = append(sets, mat.DenseCopyOf(x.Slice(10, 10+k, 0, 3)))
	}
	if _, err := src.Statistics(b.Context(), sets); err != nil { // with the pass of the extent
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := src.Statistics(b.Context(), sets); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(million*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkSweep is a sweep k = 2…10 over a million rows.
func BenchmarkSweep(b *testing.B) {
	r := millionRows(b)
	submit, jobs := r.Submit, 0
	r.Submit = func(ctx context.Context, p *beam.Pipeline) error { jobs++; return submit(ctx, p) }
	for b.Loop() {
		src, err := Dataset(columns, r, segment.RetryOptions{}).Source(nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := (segment.Sweep{Tol: 1e-4}).FitStream(b.Context(), src); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(jobs)/float64(b.N), "jobs/op")
}

// BenchmarkScore scores a CSV file of a million rows into CSV files.
func BenchmarkScore(b *testing.B) {
	x := customers(million)
	m, err := segment.Train(b.Context(), x.Slice(0, 10000, 0, 3), segment.TrainOptions{Columns: columns, Value: columns[:2], K: 4})
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "customers.csv")
	writeCustomers(b, path, x)
	x = nil
	runtime.GC()
	for n := 0; b.Loop(); n++ {
		p, s := beam.NewPipelineWithRoot()
		scored, err := Score(s, m.Model, ReadCSV(s, path, columns, ReadOptions{Key: "id"}))
		if err != nil {
			b.Fatal(err)
		}
		Write(s, filepath.Join(b.TempDir(), fmt.Sprint(n)), scored)
		if err := (JobServer{Endpoint: server}).Submit(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(million*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
