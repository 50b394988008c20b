package segment_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// mallModel returns a model of 400 customers of the columns gender, age, income,
// city and score, as the default preparation makes them ready.
func mallModel() *segment.Model {
	ctx := context.Background()
	table := mall.Customers(400) // or a *features.Table
	x, words, err := preprocess.Encode(ctx, table, mall.Columns, "gender", "city")
	if err != nil {
		log.Fatal(err)
	}
	pipeline, _, err := preprocess.Preparation{Words: words, Unknown: preprocess.Accept}.Choose(ctx, x, mall.Columns...)
	if err != nil {
		log.Fatal(err)
	}
	trained, err := segment.Train(ctx, x, segment.TrainOptions{
		Columns: mall.Columns, Value: []string{"score", "age"}, Less: []string{"age"}, ID: "customer", Pipeline: &pipeline, K: 4, Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	return trained.Model
}

func ExampleModel_PredictValues() {
	p, err := mallModel().PredictValues(map[string]any{"Gender": "Female", "Age": 31, "income": 80.5, "city": "Genf", "score": 77})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Tier, p.Warnings)
	// Output:
	// Gold [city Genf is a word that training did not see (it saw Basel, Bern, Zürich)]
}

func ExampleModel_PredictTable() {
	all, err := mallModel().PredictTable(context.Background(), mall.Customers(4))
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range all {
		fmt.Println(p.Tier, p.Warnings)
	}
	// Output:
	// Bronze []
	// Silver []
	// Gold []
	// Platinum [age is missing: 32.113430764970616 is taken for it]
}

// What PredictMatrix takes, of a table and of one row.
func ExampleModel_Matrix() {
	m := mallModel()
	x, err := m.Matrix(context.Background(), mall.Customers(4))
	if err != nil {
		log.Fatal(err)
	}
	n, d := x.Dims()
	fmt.Println(n, d, "and", x.At(1, 0), "is", m.Words()["gender"][1])
	row, err := m.Row(map[string]any{"gender": "Male", "age": 25, "income": 40, "city": nil, "score": 50})
	fmt.Println(row, err)
	// Output:
	// 4 5 and 1 is Male
	// [1 25 40 NaN 50] <nil>
}

func ExampleCategoricalColumn_MostFrequent() {
	m := mallModel()
	for _, c := range m.Categorical() {
		for cluster, tier := range m.Tiers() {
			word, share := c.MostFrequent(cluster)
			fmt.Printf("%s, %s: %s (%.0f%%)\n", tier.Name, c.Column, word, 100*share)
		}
	}
	fmt.Println(m.Value(), m.Less(), m.ID())
	// Output:
	// Platinum, gender: Male (100%)
	// Gold, gender: Female (100%)
	// Silver, gender: Male (97%)
	// Bronze, gender: Female (89%)
	// Platinum, city: Bern (99%)
	// Gold, city: Bern (93%)
	// Silver, city: Basel (96%)
	// Bronze, city: Zürich (96%)
	// [score age] [age] customer
}

// Words are compared as text in the database.
func ExampleModel_SQL_words() {
	query, err := mallModel().SQL(segment.Postgres, segment.SQLOptions{Table: "customers", Columns: map[string]string{"gender": "Gender"}})
	if err != nil {
		log.Fatal(err)
	}
	at := strings.Index(query, "CASE WHEN t.\"Gender\"")
	fmt.Println(query[at : at+strings.Index(query[at:], " AS c0")])
	// Output:
	// CASE WHEN t."Gender" IS NULL OR CAST(t."Gender" AS text) COLLATE "C" = '' THEN NULL WHEN CAST(t."Gender" AS text) COLLATE "C" = 'Female' THEN 0.0 WHEN CAST(t."Gender" AS text) COLLATE "C" = 'Male' THEN 1.0 ELSE (-1.0) END
}
