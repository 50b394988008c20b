package preprocess_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func benchData(n, d int) *mat.Dense {
	rng := rand.New(rand.NewPCG(1, 1))
	x := mat.NewDense(n, d, nil)
	x.Apply(func(_, j int, _ float64) float64 {
		if rng.IntN(50) == 0 {
			return nan
		}
		return rng.NormFloat64()*float64(j+1) + 100
	}, x)
	return x
}

// bench runs f once per iteration and reports the rate of n rows of d columns.
func bench(b *testing.B, n, d int, f func() error) {
	b.SetBytes(int64(n * d * 8))
	b.ReportAllocs()
	for b.Loop() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkPipelineTransform(b *testing.B) {
	for _, n := range []int{1, 2229, 1_000_000} {
		b.Run(fmt.Sprint(n, "x5"), func(b *testing.B) {
			x := benchData(max(n, 1000), 5)
			f, err := mainPipeline(3).Fit(context.Background(), x)
			if err != nil {
				b.Fatal(err)
			}
			x = x.Slice(0, n, 0, 5).(*mat.Dense)
			dst := mat.NewDense(n, 3, nil)
			bench(b, n, 5, func() error { return f.TransformTo(context.Background(), dst, x) })
		})
	}
}

func BenchmarkPipelineTransformRow(b *testing.B) {
	x := benchData(1000, 5)
	f, err := mainPipeline(3).Fit(context.Background(), x)
	if err != nil {
		b.Fatal(err)
	}
	dst, row := make([]float64, 3), x.RawRowView(0)
	bench(b, 1, 5, func() error { return f.TransformRow(dst, row) })
}

func BenchmarkFit(b *testing.B) {
	for _, size := range []struct{ n, d int }{{2229, 5}, {1_000_000, 5}, {20_000, 100}} {
		x := benchData(size.n, size.d)
		imputer, err := preprocess.Imputer{}.Fit(context.Background(), x)
		if err != nil {
			b.Fatal(err)
		}
		full, err := imputer.Transform(context.Background(), x)
		if err != nil {
			b.Fatal(err)
		}
		for name, fit := range map[string]func() error{
			"imputer":  func() error { _, err := preprocess.Imputer{}.Fit(context.Background(), x); return err },
			"scaler":   func() error { _, err := preprocess.Scaler{}.Fit(context.Background(), full); return err },
			"pca":      func() error { _, err := preprocess.PCA{}.Fit(context.Background(), full); return err },
			"pipeline": func() error { _, err := mainPipeline(3).Fit(context.Background(), x); return err },
		} {
			b.Run(fmt.Sprintf("%s/%dx%d", name, size.n, size.d), func(b *testing.B) { bench(b, size.n, size.d, fit) })
		}
	}
}

// BenchmarkPeerSVD is gonum's decomposition of the centred matrix, to set
// BenchmarkFit/pca beside.
func BenchmarkPeerSVD(b *testing.B) {
	for _, size := range []struct{ n, d int }{{1_000_000, 5}, {20_000, 100}} {
		x := benchData(size.n, size.d)
		x.Apply(func(_, _ int, v float64) float64 {
			if v != v {
				return 0
			}
			return v - 100
		}, x)
		b.Run(fmt.Sprintf("%dx%d", size.n, size.d), func(b *testing.B) {
			bench(b, size.n, size.d, func() error {
				var svd mat.SVD
				if !svd.Factorize(x, mat.SVDThinV) {
					b.Fatal("did not converge")
				}
				return nil
			})
		})
	}
}
