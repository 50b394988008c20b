package preprocess_test

import (
	"context"
	"fmt"
	"log"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func ExamplePCA() {
	// Points near a line of slope 1.
	x := mat.NewDense(4, 2, []float64{
		0, 0.1,
		1, 0.9,
		2, 2.1,
		3, 2.9,
	})
	pca, err := preprocess.PCA{Variance: 0.95}.Fit(context.Background(), x, "spent", "income")
	if err != nil {
		log.Fatal(err)
	}
	z, err := pca.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pca.OutputColumns())
	fmt.Printf("%.3f\n", mat.Formatted(z))
	// Output:
	// [pc1]
	// ⎡-2.052⎤
	// ⎢-0.776⎥
	// ⎢ 0.776⎥
	// ⎣ 2.052⎦
}

func ExampleFittedPCA() {
	x := mat.NewDense(4, 2, []float64{0, 0.1, 1, 0.9, 2, 2.1, 3, 2.9})
	pca, err := preprocess.PCA{}.Fit(context.Background(), x, "spent", "income")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("components\n%.3f\n", mat.Formatted(pca.Components()))
	fmt.Printf("loadings\n%.3f\n", mat.Formatted(pca.Loadings()))
	fmt.Printf("shares of variance %.3f\n", pca.ExplainedVarianceRatio())
	// Output:
	// components
	// ⎡ 0.720   0.694⎤
	// ⎣-0.694   0.720⎦
	// loadings
	// ⎡ 1.290  -0.052⎤
	// ⎣ 1.242   0.054⎦
	// shares of variance [0.998 0.002]
}
