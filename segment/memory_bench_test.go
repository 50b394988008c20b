package segment_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// BenchmarkMemory reports, as multiples of the 40 MB of a matrix of 1,000,000×5
// values, what each call allocates in all (alloc/x) and the most that is alive
// at a time beside the matrix (peak/x).
func BenchmarkMemory(b *testing.B) {
	const n, d = 1_000_000, 5
	rng := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(n, d, nil)
	x.Apply(func(i, j int, _ float64) float64 { return rng.NormFloat64() + 4*float64(i*(j+1)%5) }, x)
	ctx := context.Background()
	columns := []string{"a", "b", "c", "d", "e"}
	pipeline := segment.DefaultPipeline(d)
	for _, c := range []struct {
		name string
		f    func() error
	}{
		{"Pipeline.Fit", func() error { _, err := pipeline.Fit(ctx, x); return err }},
		{"Pipeline.Fit and Transform", func() error {
			f, err := pipeline.Fit(ctx, x)
			if err == nil {
				_, err = f.Transform(ctx, x)
			}
			return err
		}},
		{"Pipeline.FitTransform", func() error { _, _, err := pipeline.FitTransform(ctx, x); return err }},
		{"KMeansPP.Fit", func() error { _, err := segment.KMeansPP{K: 5}.Fit(ctx, x); return err }},
		{"Sweep.Fit", func() error { _, err := segment.Sweep{}.Fit(ctx, x); return err }},
		{"Train", func() error {
			_, err := segment.Train(ctx, x, segment.TrainOptions{Columns: columns, Value: columns[:1]})
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(5))
			for b.Loop() {
				peak, total, err := memory(c.f)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(peak/(8*n*d), "peak/x")
				b.ReportMetric(total/(8*n*d), "alloc/x")
			}
		})
	}
}

// memory returns the most bytes of the heap that were in use while f ran, beside
// those before, and the bytes that it allocated in all.
func memory(f func() error) (peak, total float64, err error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	done, result := make(chan struct{}), make(chan float64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		most := uint64(0)
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-done:
				result <- float64(most) - float64(before.HeapAlloc)
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	err = f()
	close(done)
	peak = <-result
	runtime.ReadMemStats(&after)
	return peak, float64(after.TotalAlloc - before.TotalAlloc), err
}
