package segmentation_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

func ExampleTrainFile() {
	result, err := segmentation.TrainFile(context.Background(), "testdata/customers.csv", segmentation.TrainOptions{
		Read:  features.ReadOptions{AsOf: day},
		Model: segment.TrainOptions{Seed: 1},
	})
	if err != nil {
		log.Fatal(err) // file, line, column, value, and what would be right
	}
	fmt.Println(result.Report.Rows, "customers,", result.Report.MissingIncome, "without an income")
	fmt.Println(result.Dropped)
	fmt.Println(result.Model.K(), "clusters, by the", result.Model.ChosenBy())
	fmt.Println("the first customer:", result.Predictions[0].Tier)
	// Output:
	// 2000 customers, 23 without an income
	// Dropped 12 rows: 3 for an age above 100 and 9 for an income above 120,000.
	// 5 clusters, by the knee
	// the first customer: Silver
}

// With a store the customers, the tables that follow from the model, and the
// model itself are kept, all of one training.
func ExampleTrainOptions() {
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite::memory:", store.Options{Migrate: true})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	_, err = segmentation.TrainFile(ctx, "testdata/customers.csv", segmentation.TrainOptions{
		Read:  features.ReadOptions{AsOf: day},
		Clean: features.CleanOptions{MaxIncome: features.NoLimit},
		Model: segment.TrainOptions{K: 4, Seed: 1},
		Store: db, Note: "four segments",
	})
	if err != nil {
		log.Fatal(err)
	}
	sum, err := db.Summary(ctx, segmentation.ModelName)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sum.Rows.Raw, "customers,", sum.Rows.Merged, "of them with a tier by version", sum.ModelVersion)
	// Output:
	// 2000 customers, 1997 of them with a tier by version 1
}

// What is too few for segments says so, and whether a limit of cleaning is to
// blame.
func ExampleDroppedError() {
	const file = `id,year_birth,education,marital_status,income,kidhome,teenhome,dt_customer,mnt_wines,mnt_fruits,mnt_meat_products,mnt_fish_products,mnt_sweet_products,mnt_gold_prods
1,1970,PhD,Single,58138000,0,0,2013-05-06,1,2,3,4,5,6
2,1980,PhD,Single,46344000,0,0,2013-05-07,1,2,3,4,5,6
`
	_, err := segmentation.TrainReader(context.Background(), strings.NewReader(file), segmentation.TrainOptions{})
	var dropped *segmentation.DroppedError
	if errors.As(err, &dropped) {
		fmt.Println(dropped.Err)
		fmt.Println(dropped.Dropped.Warning())
	}
	// Output:
	// no customers are left for segments
	// 2 of 2 customers have an income above 120,000
}

func ExampleScore() {
	ctx := context.Background()
	model := trained()
	file, err := os.Open("testdata/customers.csv")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	table, _, err := segmentation.Read(ctx, file, features.ReadOptions{AsOf: features.AsOf(model.AsOf())})
	if err != nil {
		log.Fatal(err)
	}
	result, err := segmentation.Score(ctx, model, table, segmentation.ScoreOptions{Limits: true})
	if err != nil {
		log.Fatal(err)
	}
	best := 0
	for _, p := range result.Predictions {
		if p.Tier == "Platinum" {
			best++
		}
	}
	fmt.Println(best, "of", len(result.Predictions), "customers are Platinum;", result.Dropped.Total(), "are beyond the limits of the training")
	// Output:
	// 398 of 1988 customers are Platinum; 12 are beyond the limits of the training
}

// Customers are scored as they are read, in constant memory.
func ExampleScoreCustomers() {
	file, err := os.Open("testdata/customers.csv")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	var sum segmentation.ScoreSummary
	customers := features.Read(file, features.ReadOptions{}).All(context.Background())
	for s, err := range segmentation.ScoreCustomers(context.Background(), trained(), customers, segmentation.ScoreOptions{Summary: &sum}) {
		if err != nil {
			log.Fatal(err)
		}
		if sum.Rows == 1 {
			fmt.Println("customer", s.Customer.ID, "is", s.Prediction.Tier)
		}
	}
	fmt.Println(sum.Rows, "customers, as of", sum.AsOf.Format("2006-01-02"))
	fmt.Println(sum.Warnings[0])
	// Output:
	// customer 1 is Silver
	// 2000 customers, as of 2015-01-01
	// 23 of 2000 rows, the first 727: income is missing: 46934 is taken for it
}

// trained returns a model of the sample.
func trained() *segment.Model {
	result, err := segmentation.TrainFile(context.Background(), "testdata/customers.csv", segmentation.TrainOptions{
		Read: features.ReadOptions{AsOf: day}, Model: segment.TrainOptions{Seed: 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	return result.Model
}
