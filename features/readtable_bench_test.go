package features

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
)

// BenchmarkReadTable reads a real campaign file as any table, by one goroutine and
// by all. Compare with BenchmarkRead of the same run.
func BenchmarkReadTable(b *testing.B) {
	name := os.Getenv("SEGMENTATION_TABLE") // of a file of one's own
	text := []byte(nil)
	if name != "" {
		var err error
		if text, err = os.ReadFile(name); err != nil {
			b.Fatal(err)
		}
	} else {
		text = benchFile(b, realFiles[0])
	}
	for _, workers := range []int{1, 0} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := ReadTable(b.Context(), bytes.NewReader(text), TableOptions{Workers: workers}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRFM counts a million lines of orders.
func BenchmarkRFM(b *testing.B) {
	const n = 1_000_000
	rng := rand.New(rand.NewPCG(1, 2))
	var text bytes.Buffer
	text.WriteString("InvoiceNo,CustomerID,InvoiceDate,Quantity,UnitPrice\n")
	customer := 0
	for i := range n {
		if i%3 == 0 {
			customer = 10_000 + rng.IntN(n/20)
		}
		fmt.Fprintf(&text, "%d,%d,2024-%02d-%02d,%d,%d.%02d\n", 500_000+i/3, customer, 1+i*12/n, 1+i%28, 1+rng.IntN(12), rng.IntN(40), rng.IntN(100))
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		t, _, err := RFM(b.Context(), NewTableReader(bytes.NewReader(text.Bytes()), TableOptions{}), RFMOptions{})
		if err != nil || t.Len() < 1000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
