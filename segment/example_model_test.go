package segment_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"math"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// customers are 400 rows of the columns age, spent, tenure, children and
// income, around four kinds of customers.
var customers = segtest.Customers

func ExampleTrain() {
	model, err := segment.Train(context.Background(), customers(), segment.TrainOptions{
		Columns: []string{"age", "spent", "tenure", "children", "income"},
		Value:   []string{"income", "spent"},
		Units:   map[string]string{"tenure": "months"},
		AsOf:    time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC),
		Seed:    1,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("k =", model.K(), "by", model.ChosenBy())
	for _, t := range model.Tiers() {
		fmt.Printf("%d %-8s %3.0f customers, score %+.2f\n", t.Cluster, t.Name, t.Size, t.Score)
	}
	// Output:
	// k = 4 by knee
	// 0 Platinum 100 customers, score +1.46
	// 1 Gold     100 customers, score +0.31
	// 2 Silver   100 customers, score -0.58
	// 3 Bronze   100 customers, score -1.18
}

func ExampleModel() {
	trained, err := segment.Train(context.Background(), customers(), segment.TrainOptions{
		Columns: []string{"age", "spent", "tenure", "children", "income"}, Value: []string{"income", "spent"},
	})
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer // or Save and Load
	if err := trained.Write(&file); err != nil {
		log.Fatal(err)
	}
	model, err := segment.Read(&file)
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range [][]float64{
		{64, 1600, 25, 0, 88000},
		{34, 85, 12, 1, math.NaN()}, // no income: it is imputed
	} {
		p, err := model.Predict(row)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.Tier, p.Warnings)
	}
	// Output:
	// Platinum []
	// Bronze [income is missing: 54115.5 is taken for it]
}

func ExampleNewModel() {
	x := customers()
	names := []string{"age", "spent", "tenure", "children", "income"}
	pipeline, err := segment.DefaultPipeline(len(names)).Fit(context.Background(), x, names...)
	if err != nil {
		log.Fatal(err)
	}
	z, err := pipeline.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	clusters, err := segment.KMeansPP{K: 2}.Fit(context.Background(), z)
	if err != nil {
		log.Fatal(err)
	}
	model, err := segment.NewModel(context.Background(), x, pipeline, clusters, segment.TrainOptions{
		Columns: names, TierNames: []string{"keep", "win"}, Value: []string{"spent"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.TierNames())
	// Output: [keep win]
}

func ExamplePrediction() {
	data, err := json.Marshal(segment.Prediction{Cluster: 0, Tier: "Platinum", Distance: 0.75, Margin: 1.5})
	fmt.Println(string(data), err)
	// Output: {"cluster":0,"tier":"Platinum","distance":0.75,"margin":1.5,"warnings":[]} <nil>
}

func ExampleRange() {
	model, err := segment.Train(context.Background(), customers(), segment.TrainOptions{
		Columns: []string{"age", "spent", "tenure", "children", "income"}, Value: []string{"income", "spent"}, K: 4,
	})
	if err != nil {
		log.Fatal(err)
	}
	for j, r := range model.Ranges() {
		fmt.Printf("%s from %v to %v\n", model.Columns()[j], r.Min, r.Max)
	}
	// Output:
	// age from 33 to 68
	// spent from 80 to 1646
	// tenure from 12 to 26
	// children from 0 to 2
	// income from 24039 to 93178
}

func ExampleTiers() {
	scores := []float64{0.1, 1.4, -0.9, 0.2, -0.8}
	sizes := []float64{300, 400, 500, 300, 200}
	tiers, err := segment.Tiers(scores, sizes, segment.TierOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range tiers {
		fmt.Printf("cluster %d: %s\n", t.Cluster, t.Name)
	}
	// Output:
	// cluster 1: Platinum
	// cluster 3: Gold
	// cluster 0: Silver
	// cluster 4: Bronze
	// cluster 2: Bronze
}

func ExampleTierOptions() {
	tiers, err := segment.Tiers([]float64{-1, 2, 0.5}, []float64{60, 10, 30}, segment.TierOptions{Names: []string{"key", "growing", "occasional"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range tiers {
		fmt.Println(t.Cluster, t.Name)
	}
	// Output:
	// 1 key
	// 2 growing
	// 0 occasional
}

func ExampleDefaultTierNames() {
	fmt.Println(segment.DefaultTierNames())
	// Output: [Platinum Gold Silver Bronze]
}

// The steps that a model has where none are named.
func ExampleDefaultPipeline() {
	for _, step := range segment.DefaultPipeline(5).Steps {
		fmt.Println(step.Name())
	}
	// Output:
	// impute
	// scale
	// pca
}

func ExampleLoad() {
	_, err := segment.Load("no/model.json")
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output: true
}

// A file that is no model is told from one that is cut short.
func ExampleRead() {
	_, err := segment.Read(strings.NewReader("age,income\n64,88000\n"))
	fmt.Println(errors.Is(err, segment.ErrNotModel))
	// Output: true
}

// What chose the number of clusters.
func ExampleBy() {
	result, err := segment.Sweep{MaxK: 6}.Fit(context.Background(), customers())
	if err != nil {
		log.Fatal(err)
	}
	k, by, err := result.Choose(context.Background(), customers())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(k, by == segment.ByKnee)
	// Output: 4 true
}

// The WCSS curve of a sweep, as JSON.
func ExampleSweepPoint() {
	data, err := json.Marshal([]segment.SweepPoint{{K: 2, Inertia: 5836.6}, {K: 3, Inertia: 4671.2}})
	fmt.Println(string(data), err)
	// Output: [{"k":2,"inertia":5836.6},{"k":3,"inertia":4671.2}] <nil>
}
