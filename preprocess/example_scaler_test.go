package preprocess_test

import (
	"context"
	"fmt"
	"log"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func ExampleScaler() {
	x := mat.NewDense(4, 2, []float64{
		20, 10000,
		40, 10000,
		20, 50000,
		40, 50000,
	})
	scaler, err := preprocess.Scaler{}.Fit(context.Background(), x, "age", "income")
	if err != nil {
		log.Fatal(err)
	}
	z, err := scaler.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mat.Formatted(z))
	// Output:
	// ⎡-1  -1⎤
	// ⎢ 1  -1⎥
	// ⎢-1   1⎥
	// ⎣ 1   1⎦
}

func ExampleFittedScaler() {
	x := mat.NewDense(2, 2, []float64{20, 10000, 40, 50000})
	scaler, err := preprocess.Scaler{}.Fit(context.Background(), x, "age", "income")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(scaler.Center(), scaler.Scale())

	// A centroid that was found among scaled rows, in years and in money again.
	centroid, err := scaler.InverseTransform(context.Background(), mat.NewDense(1, 2, []float64{0.5, -0.5}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(centroid.RawRowView(0))
	// Output:
	// [30 30000] [10 20000]
	// [35 20000]
}

func ExampleMethod() {
	x := mat.NewDense(5, 1, []float64{1, 2, 3, 4, 100})
	for _, m := range []preprocess.Method{preprocess.Standard, preprocess.MinMax, preprocess.Robust} {
		scaler, err := preprocess.Scaler{Method: m}.Fit(context.Background(), x)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v: %.2f, %.2f\n", m, scaler.Center()[0], scaler.Scale()[0])
	}
	// Output:
	// standard: 22.00, 39.01
	// min_max: 1.00, 99.00
	// robust: 3.00, 2.00
}

func ExampleValueError() {
	scaler, err := preprocess.Scaler{}.Fit(context.Background(), mat.NewDense(2, 2, []float64{20, 10000, 40, 50000}), "age", "income")
	if err != nil {
		log.Fatal(err)
	}
	_, err = scaler.Transform(context.Background(), mat.NewDense(1, 2, []float64{20, nan}))
	fmt.Println(err)
	// Output: preprocess: scaler: row 0 (counted from 0), column "income": NaN: a finite number is needed, and missing values (NaN) are for the Imputer only
}

func ExampleWidthError() {
	scaler, err := preprocess.Scaler{}.Fit(context.Background(), mat.NewDense(2, 2, []float64{20, 10000, 40, 50000}), "age", "income")
	if err != nil {
		log.Fatal(err)
	}
	_, err = scaler.Transform(context.Background(), mat.NewDense(1, 3, nil))
	fmt.Println(err)
	// Output: preprocess: scaler: wrong number of columns: the matrix has 3, fitted were 2 (age, income)
}
