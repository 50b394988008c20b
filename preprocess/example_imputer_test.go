package preprocess_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func ExampleImputer() {
	x := mat.NewDense(4, 2, []float64{
		57, 58138,
		60, math.NaN(), // income not given
		49, 71613,
		30, 26646,
	})
	imputer, err := preprocess.Imputer{Strategy: preprocess.Median}.Fit(context.Background(), x, "age", "income")
	if err != nil {
		log.Fatal(err)
	}
	full, err := imputer.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(full.At(1, 1))

	_, err = preprocess.Imputer{}.Fit(context.Background(), x.Slice(1, 2, 0, 2), "age", "income")
	fmt.Println(err)
	// Output:
	// 58138
	// preprocess: imputer: column "income" has no value in any of 1 rows: every value is missing; leave the column out or fill it with the Constant strategy
}

func ExampleFittedImputer() {
	x := mat.NewDense(3, 1, []float64{1, math.NaN(), 4})
	imputer, err := preprocess.Imputer{Strategy: preprocess.Mean}.Fit(context.Background(), x, "children")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(imputer.InputColumns(), imputer.Strategy(), imputer.Statistics())
	// Output: [children] mean [2.5]
}

func ExampleStrategy() {
	x := mat.NewDense(5, 1, []float64{0, 0, 2, 8, math.NaN()})
	for _, s := range []preprocess.Strategy{preprocess.Median, preprocess.Mean, preprocess.MostFrequent, preprocess.Constant} {
		imputer, err := preprocess.Imputer{Strategy: s, Fill: -1}.Fit(context.Background(), x)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(s, imputer.Statistics())
	}
	// Output:
	// median [1]
	// mean [2.5]
	// most_frequent [0]
	// constant [-1]
}
