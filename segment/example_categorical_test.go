package segment_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

func ExampleCategoricalColumn() {
	// Plan 0, 1 or 2, and region 0 or 1.
	x := mat.NewDense(8, 2, []float64{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 0, 2, 0, 2, 1})
	pipeline := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.MostFrequent}),
		preprocess.NewStep("categories", preprocess.OneHotEncoder{}),
	}}
	model, err := segment.Train(context.Background(), x, segment.TrainOptions{
		Columns: []string{"plan", "region"}, Value: []string{"plan"}, K: 3, Pipeline: &pipeline,
	})
	if err != nil {
		log.Fatal(err)
	}
	for j, c := range model.Categorical() {
		fmt.Printf("%s %v carries %.0f%% of the distance\n", c.Column, c.Values, 100*model.Shares()[j])
		for cluster, counts := range c.Counts {
			fmt.Printf("  %s: %v\n", model.Tier(cluster), counts)
		}
	}
	_, err = model.Predict([]float64{3, 0})
	fmt.Println(err)
	// Output:
	// plan [0 1 2] carries 57% of the distance
	//   Platinum: [0 0 2]
	//   Gold: [1 2 1]
	//   Bronze: [2 0 0]
	// region [0 1] carries 43% of the distance
	//   Platinum: [2 0]
	//   Gold: [0 4]
	//   Bronze: [2 0]
	// segment: unknown category: step "categories": preprocess: one-hot encoder: row 0 (counted from 0), column "plan": 3: not a category seen in fitting
}
