package features

import (
	"bytes"
	"encoding/csv"
	"github.com/customer-personality/segmentation/internal/testenv"
	"io"
	"os"
	"slices"
	"testing"
)

// benchFile returns a real file some fifty times over, 10 MB.
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

// BenchmarkReadForms reads customers whose fields go the liberal way.
func BenchmarkReadForms(b *testing.B) {
	for name, change := range map[string][]string{
		"plain":     {"Dt_Customer", "21-08-2013"},
		"pandas":    {"Income", "58138.0", "Dt_Customer", "2013-08-21"},
		"US":        {"Income", "$58,138.00", "Dt_Customer", "8/21/13 12:00 AM"},
		"continent": {"Income", "58.138,00 €", "Dt_Customer", "21.8.2013"},
		"quoted":    {"Dt_Customer", "21-08-2013", "Education", "Graduation; or so"},
		"open":      {"Dt_Customer", "04-09-2012"}, // nothing decides: two passes
	} {
		b.Run(name, func(b *testing.B) {
			text := []byte(minimalTable(';', slices.Repeat([][]string{minimal(change...)}, 20_000)...))
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r := Read(bytes.NewReader(text), ReadOptions{})
				var c Customer
				var err error
				for err == nil {
					err = r.Read(&c)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEngineer engineers, cleans and lays out the training columns of
// the real customers.
func BenchmarkEngineer(b *testing.B) {
	customers, _, err := ReadFile(b.Context(), realFile(b, realFiles[0]), ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		clean, _, err := Clean(b.Context(), testenv.Must(Engineer(b.Context(), customers, newYear2015)), CleanOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := clean.Matrix(b.Context(), TrainingColumns...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(customers))/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
