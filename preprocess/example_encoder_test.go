package preprocess_test

import (
	"context"
	"fmt"
	"log"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func ExampleOneHotEncoder() {
	x := mat.NewDense(3, 2, []float64{
		0, 7,
		2, 7,
		0, 9,
	})
	encoder, err := preprocess.OneHotEncoder{}.Fit(context.Background(), x, "education", "month")
	if err != nil {
		log.Fatal(err)
	}
	z, err := encoder.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(encoder.OutputColumns())
	fmt.Println(mat.Formatted(z))
	// Output:
	// [education=0 education=2 month=7 month=9]
	// ⎡1  0  1  0⎤
	// ⎢0  1  1  0⎥
	// ⎣1  0  0  1⎦
}

func ExampleFittedOneHotEncoder() {
	x := mat.NewDense(3, 1, []float64{0, 2, 0})
	encoder, err := preprocess.OneHotEncoder{}.Fit(context.Background(), x, "education")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(encoder.Categories())
	back, err := encoder.InverseTransform(context.Background(), mat.NewDense(1, 2, []float64{0.2, 0.8}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(back.At(0, 0))
	// Output:
	// [[0 2]]
	// 2
}

func ExampleLabelEncoder() {
	encoder, err := preprocess.LabelEncoder{}.Fit(context.Background(), []string{"Single", "Partner", "Single"})
	if err != nil {
		log.Fatal(err)
	}
	codes, err := encoder.Transform(context.Background(), []string{"Partner", "Single"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(encoder.Classes(), codes)

	_, err = encoder.Transform(context.Background(), []string{"Divorced"})
	fmt.Println(err)
	// Output:
	// [Partner Single] [0 1]
	// row 0 (counted from 0): preprocess: label encoder: "Divorced" is none of ["Partner" "Single"]: not a category seen in fitting
}

func ExampleFittedLabelEncoder() {
	encoder, err := preprocess.LabelEncoder{Unknown: preprocess.Accept}.Fit(context.Background(), []string{"Single", "Partner"})
	if err != nil {
		log.Fatal(err)
	}
	code, err := encoder.Code("Divorced")
	if err != nil {
		log.Fatal(err)
	}
	label, err := encoder.Label(code)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(code, label)
	// Output: -1 unknown
}

func ExampleUnknownPolicy() {
	x := mat.NewDense(2, 1, []float64{0, 1})
	for _, p := range []preprocess.UnknownPolicy{preprocess.Refuse, preprocess.Accept} {
		encoder, err := preprocess.OneHotEncoder{Unknown: p}.Fit(context.Background(), x, "education")
		if err != nil {
			log.Fatal(err)
		}
		z, err := encoder.Transform(context.Background(), mat.NewDense(1, 1, []float64{5}))
		if err != nil {
			fmt.Println(p, err)
			continue
		}
		fmt.Println(p, z.RawRowView(0))
	}
	// Output:
	// refuse preprocess: one-hot encoder: row 0 (counted from 0), column "education": 5: not a category seen in fitting
	// accept [0 0]
}
