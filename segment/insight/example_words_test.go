package insight_test

import (
	"context"
	"fmt"
	"log"

	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// wordModel returns a model of the columns gender, age, income, city and score of a
// table.
func wordModel(table preprocess.Table) *segment.Model {
	ctx := context.Background()
	x, words, err := preprocess.Encode(ctx, table, mall.Columns, "gender", "city")
	if err != nil {
		log.Fatal(err)
	}
	pipeline, _, err := preprocess.Preparation{Words: words}.Choose(ctx, x, mall.Columns...)
	if err != nil {
		log.Fatal(err)
	}
	trained, err := segment.Train(ctx, x, segment.TrainOptions{Columns: mall.Columns, Value: []string{"score"}, Pipeline: &pipeline, K: 4, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	return trained.Model
}

func ExampleExplainer_ExplainValues() {
	explainer, err := insight.NewExplainer(context.Background(), wordModel(mall.Customers(400)), insight.ExplainOptions{})
	if err != nil {
		log.Fatal(err)
	}
	why, err := explainer.ExplainValues(context.Background(), map[string]any{"gender": "Female", "age": 40, "income": 60, "city": "Bern", "score": 50})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range voice.Explanation(why) {
		fmt.Println(s)
	}
	// Output:
	// Platinum (cluster 0); the next nearest is cluster 2, Silver.
	// For Platinum rather than Silver, the strongest first: city: Bern; age of 40 years (halfway is 42.5).
	// Against it: score of 50 (halfway is 60.9).
}

func ExampleCompareTable() {
	ctx := context.Background()
	before, now := mall.Customers(400), mall.Customers(400)
	for i := range 100 {
		now.Texts["city"][i] = "Genf"
	}
	old := wordModel(before)
	_, err := insight.CompareTable(ctx, old, wordModel(now), now, insight.CompareTableOptions{Before: before})
	fmt.Println(err)
	c, err := insight.CompareTable(ctx, old, wordModel(before), before, insight.CompareTableOptions{Columns: []string{"city"}, Before: now})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s; the %s drifts by %.2f\n", c.Verdict, c.Drift[0].Column, c.Drift[0].PSI)
	// Output:
	// the old model: segment: unknown category: preprocess: row 0 (counted from 0), column "city": "Genf" is none of ["Basel" "Bern" "Zürich"]: not a category seen in fitting
	// changed; the city drifts by 1.39
}

func ExampleBaseline() {
	ctx := context.Background()
	before, now := mall.Customers(600), mall.Customers(600)
	baseline, err := insight.NewBaseline(ctx, before, []string{"age", "income"})
	if err != nil {
		log.Fatal(err)
	}
	for i, income := range now.Numbers["income"] {
		now.Numbers["income"][i] = 1.5 * income
	}
	drift, err := baseline.Drift(ctx, now)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range drift {
		fmt.Printf("%s: PSI %.2f, KS %.2f (by chance up to %.2f)\n", d.Column, d.PSI, d.KS, d.KSCritical)
	}
	// Output:
	// age: PSI 0.00, KS 0.00 (by chance up to 0.10)
	// income: PSI 0.18, KS 0.17 (by chance up to 0.09)
}
