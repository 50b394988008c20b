package preprocess_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

// Log is a transformer of one's own: the logarithm of 1 + value, for amounts
// that reach over several powers of ten.
type Log struct{}

// FittedLog has nothing to remember but the names of its columns.
type FittedLog struct{ columns []string }

func (Log) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedLog, error) {
	return &FittedLog{columns}, nil
}

func (f *FittedLog) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	dst := new(mat.Dense)
	return dst, f.TransformTo(ctx, dst, x)
}

func (f *FittedLog) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	dst.Apply(func(_, _ int, v float64) float64 { return math.Log1p(v) }, x)
	return nil
}

func (f *FittedLog) InputColumns() []string  { return f.columns }
func (f *FittedLog) OutputColumns() []string { return f.columns }

func ExampleTransformer() {
	pipeline := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("log", Log{}),
		preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.MinMax}),
	}}
	x := mat.NewDense(3, 1, []float64{0, 9, 99})
	fitted, err := pipeline.Fit(context.Background(), x, "spent")
	if err != nil {
		log.Fatal(err)
	}
	z, err := fitted.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", mat.Formatted(z))
	// Output:
	// ⎡0.000⎤
	// ⎢0.500⎥
	// ⎣1.000⎦
}

func ExampleFitted() {
	fitted := []preprocess.Fitted{}
	x := mat.NewDense(3, 2, []float64{0, 1, 9, 5, 99, 7})
	scaler, err := preprocess.Scaler{}.Fit(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	pca, err := preprocess.PCA{Components: 1}.Fit(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range append(fitted, scaler, pca) {
		fmt.Println(f.InputColumns(), "→", f.OutputColumns())
	}
	// Output:
	// [x0 x1] → [x0 x1]
	// [x0 x1] → [pc1]
}

func ExampleInverter() {
	x := mat.NewDense(2, 1, []float64{20, 40})
	scaler, err := preprocess.Scaler{Method: preprocess.MinMax}.Fit(context.Background(), x, "age")
	if err != nil {
		log.Fatal(err)
	}
	var inverter preprocess.Inverter = scaler
	back, err := inverter.InverseTransform(context.Background(), mat.NewDense(1, 1, []float64{0.5}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(back.At(0, 0))
	// Output: 30
}

func ExampleRegister() {
	err := preprocess.Register("scaler", func(data []byte) (preprocess.Fitted, error) { return nil, nil })
	fmt.Println(err)
	// Output: preprocess: the kind "scaler" is registered already: see Register
}
