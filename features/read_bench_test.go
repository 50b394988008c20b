package features

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"testing"
)

// benchFile is a real file some fifty times over, 10 MB.
func benchFile(b *testing.B, name string) []byte {
	text, err := os.ReadFile(realFile(b, name))
	if err != nil {
		b.Fatal(err)
	}
	if text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	head := bytes.IndexByte(text, '\n') + 1
	return append(text[:head:head], bytes.Repeat(text[head:], 50)...)
}

// BenchmarkRead reads a campaign file into typed customers. Compare with
// BenchmarkEncodingCSV of the same run.
func BenchmarkRead(b *testing.B) {
	for _, name := range realFiles {
		b.Run(name, func(b *testing.B) {
			text := benchFile(b, name)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				r := Read(bytes.NewReader(text), ReadOptions{})
				var c Customer
				var err error
				for err = r.Read(&c); err == nil; err = r.Read(&c) {
					rows++
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// BenchmarkEncodingCSV only splits the same bytes into strings, with the
// standard library.
func BenchmarkEncodingCSV(b *testing.B) {
	text := benchFile(b, realFiles[0])
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma, r.ReuseRecord = '\t', true
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
