package preprocess_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

// incomes returns a small table: age, income, spent.
func incomes() *mat.Dense {
	return mat.NewDense(5, 3, []float64{
		57, 58138, 1617,
		60, 46344, 27,
		49, math.NaN(), 776,
		30, 26646, 53,
		33, 58293, 422,
	})
}

func ExamplePipeline() {
	pipeline := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}),
		preprocess.NewStep("scale", preprocess.Scaler{}),
		preprocess.NewStep("project", preprocess.PCA{Components: 2}),
	}}
	x := incomes()
	fitted, err := pipeline.Fit(context.Background(), x, "age", "income", "spent")
	if err != nil {
		log.Fatal(err)
	}
	z, err := fitted.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fitted.InputColumns(), "→", fitted.OutputColumns())
	fmt.Printf("%.3f\n", mat.Formatted(z))
	// Output:
	// [age income spent] → [pc1 pc2]
	// ⎡ 2.048  -0.193⎤
	// ⎢-0.076   1.421⎥
	// ⎢ 0.540  -0.019⎥
	// ⎢-2.333  -0.138⎥
	// ⎣-0.179  -1.071⎦
}

func ExampleFittedPipeline() {
	fitted, err := mainPipeline(2).Fit(context.Background(), incomes(), "age", "income", "spent")
	if err != nil {
		log.Fatal(err)
	}
	for name, step := range fitted.Steps() {
		fmt.Printf("%s: %d columns → %d\n", name, len(step.InputColumns()), len(step.OutputColumns()))
	}

	// One new customer, whose income is not known, without allocating.
	z := make([]float64, 2)
	if err := fitted.TransformRow(z, []float64{40, math.NaN(), 800}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", z)
	// Output:
	// impute: 3 columns → 3
	// scale: 3 columns → 3
	// project: 3 columns → 2
	// [0.188 -0.665]
}

func ExampleStep() {
	s := preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.Robust})
	fmt.Println(s.Name())
	// Output: scale
}

func ExampleStepAs() {
	fitted, err := mainPipeline(2).Fit(context.Background(), incomes(), "age", "income", "spent")
	if err != nil {
		log.Fatal(err)
	}
	imputer, ok := preprocess.StepAs[*preprocess.FittedImputer](fitted, "impute")
	fmt.Println(ok, imputer.Statistics())
	// Output: true [49 52241 422]
}

func ExampleDecode() {
	scaler, err := preprocess.Scaler{}.Fit(context.Background(), mat.NewDense(2, 1, []float64{20, 40}), "age")
	if err != nil {
		log.Fatal(err)
	}
	data, err := json.Marshal(scaler)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(data))

	again, err := preprocess.Decode(data)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%T of %v\n", again, again.InputColumns())

	_, err = preprocess.Decode([]byte(`{"kind":"scaler","version":1,"columns":["age"],"method":"standard","center":[30],"scale":[0]}`))
	fmt.Println(err)
	// Output:
	// {"kind":"scaler","version":1,"columns":["age"],"method":"standard","center":[30],"scale":[10]}
	// *preprocess.FittedScaler of [age]
	// preprocess: scaler: not a valid fitted value: the scale of column "age" is 0 and must be above 0
}

// A step that is fitted already, here by another team, is given beside those that are
// still to be fitted.
func ExampleGiven() {
	scaler, err := preprocess.Scaler{Method: preprocess.MinMax}.Fit(context.Background(), incomes().Slice(3, 5, 0, 3), "age", "income", "spent")
	if err != nil {
		log.Fatal(err)
	}
	pipeline := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}),
		preprocess.NewStep("scale", preprocess.Given{Fitted: scaler}),
	}}
	fitted, err := pipeline.Fit(context.Background(), incomes(), "age", "income", "spent")
	if err != nil {
		log.Fatal(err)
	}
	scale, _ := fitted.Step("scale")
	fmt.Println(scale == preprocess.Fitted(scaler))
	// Output: true
}
