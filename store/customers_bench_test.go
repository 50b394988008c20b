package store

import (
	"bytes"
	"context"
	"strconv"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

// campaign returns a file of n customers, those of the sample over and over
// under ids of their own.
func campaign(b *testing.B, n int) []byte {
	b.Helper()
	sample := sampleCustomers(b)
	var file bytes.Buffer
	w := features.NewWriter(&file)
	for i := range n {
		c := sample[i%len(sample)]
		c.ID = strconv.Itoa(i + 1)
		check(b, w.Write(&c))
	}
	check(b, w.Flush())
	return file.Bytes()
}

const benchRows = 50_000

// The comparison with psql on a million customers is that of
// store/internal/benchmark.
func BenchmarkIngest(b *testing.B) {
	data := campaign(b, benchRows)
	for _, db := range databases {
		b.Run(db.name, func(b *testing.B) {
			s := open(b, db.url(b), Options{Migrate: true})
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := s.Ingest(context.Background(), bytes.NewReader(data), IngestOptions{})
				check(b, err)
			}
			b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkCustomers(b *testing.B) {
	data := campaign(b, benchRows)
	for _, db := range databases[:2] {
		b.Run(db.name, func(b *testing.B) {
			s := open(b, db.url(b), Options{Migrate: true})
			_, err := s.Ingest(context.Background(), bytes.NewReader(data), IngestOptions{})
			check(b, err)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range s.Customers(context.Background()) {
					check(b, err)
					n++
				}
				if n != benchRows {
					b.Fatalf("%d customers; want %d", n, benchRows)
				}
			}
			b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
