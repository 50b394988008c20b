package segmentation_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// Customers of any kind: what the columns serve for is inferred, and the model takes
// words as they are.
func ExampleTrainFile_anyTable() {
	ctx := context.Background()
	result, err := segmentation.TrainFile(ctx, "testdata/any/mall.csv", segmentation.TrainOptions{Model: segment.TrainOptions{K: 4}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("features:", strings.Join(result.Roles.Features, ", "))
	p, err := result.Model.PredictValues(map[string]any{
		"Gender": "Female", "Age": 30, "Annual Income (k$)": 80, "Spending Score (1-100)": 90, "City": "Ulm", "Purchases": 240,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Tier)
	// Output:
	// features: Gender, Age, Annual Income (k$), Spending Score (1-100), City, Purchases
	// Silver
}

// Lines of orders are counted to customers first.
func ExampleTrainFile_orders() {
	result, err := segmentation.TrainFile(context.Background(), "testdata/any/orders.csv", segmentation.TrainOptions{Model: segment.TrainOptions{K: 4}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Table.Len(), "customers by", strings.Join(result.Model.Columns(), ", "))
	merged, err := result.Merged(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(merged.Series("rfm_segment").Word(0), "and", merged.Series("tier").Word(0))
	// Output:
	// 79 customers by recency, frequency, monetary
	// Champions and Platinum
}

// A table of a database or of a program is opened as that of a file is.
func ExampleOpenTable() {
	t, err := features.NewTable(features.AsOf{}.Day(),
		features.WordSeries(features.Column{Name: "member", Kind: features.Identifier}, []string{"A1", "B2", "C3", "D4"}),
		features.NumberSeries(features.Column{Name: "visits"}, []int{3, 14, 4, 15}),
		features.NumberSeries(features.Column{Name: "spent"}, []float64{10, 205.5, 12, 190}))
	if err != nil {
		log.Fatal(err)
	}
	source, err := segmentation.OpenTable(context.Background(), t, segmentation.OpenOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(source.Roles.ID, source.Roles.Features, source.IDs())
	// Output:
	// member [visits spent] [A1 B2 C3 D4]
}

// Lines of orders that come in blocks are counted to one table of customers.
func ExampleOpenTables() {
	lines, _, err := features.ReadTableFile(context.Background(), "testdata/any/orders.csv", features.TableOptions{})
	if err != nil {
		log.Fatal(err)
	}
	blocks := func(yield func(*features.Table, error) bool) {
		for part := range lines.Chunk(500) {
			if !yield(part, nil) {
				return
			}
		}
	}
	for source, err := range segmentation.OpenTables(context.Background(), blocks, segmentation.OpenOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(source.Table.Len(), "customers of", source.Orders.Lines, "lines")
	}
	// Output:
	// 79 customers of 1240 lines
}

// The customers of a file are placed in constant memory, with all of its columns.
func ExampleScoreFile() {
	ctx := context.Background()
	trained, err := segmentation.TrainFile(ctx, "testdata/any/mall.csv", segmentation.TrainOptions{Model: segment.TrainOptions{K: 4}})
	if err != nil {
		log.Fatal(err)
	}
	var summary segmentation.ScoreSummary
	for result, err := range segmentation.ScoreFile(ctx, trained.Model, "testdata/any/mall.csv", segmentation.ScoreOptions{Summary: &summary}) {
		if err != nil {
			log.Fatal(err)
		}
		scores, err := result.Scores(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(scores.ColumnNames(), "of", scores.Series("id").Word(0))
	}
	fmt.Println(summary.Rows, "customers")
	// Output:
	// [id cluster tier distance margin warnings] of 0001
	// 240 customers
}

// The customers of a tier, for a campaign.
func ExampleResult_List() {
	ctx := context.Background()
	result, err := segmentation.TrainFile(ctx, "testdata/any/mall.csv", segmentation.TrainOptions{Model: segment.TrainOptions{K: 4}})
	if err != nil {
		log.Fatal(err)
	}
	list, err := result.List(ctx, "Platinum")
	if err != nil {
		log.Fatal(err)
	}
	if list, err = list.Rows(ctx, []int{0, 1}); err == nil {
		err = list.WriteCSV(ctx, os.Stdout)
	}
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100),City,Purchases,cluster,tier
	// 0002,Male,41,,98,Bonn,184.47,0,Platinum
	// 0010,Male,45,28.8,15,Bonn,33.7,0,Platinum
}

// Tables that come one after another, such as blocks of a database, are placed one by
// one; the summary counts all.
func ExampleScoreTables() {
	ctx := context.Background()
	trained, err := segmentation.TrainFile(ctx, "testdata/any/mall.csv", segmentation.TrainOptions{Model: segment.TrainOptions{K: 4}})
	if err != nil {
		log.Fatal(err)
	}
	blocks := func(yield func(*features.Table, error) bool) {
		for _, rows := range [][]int{{0, 1}, {2}} {
			if t, err := trained.Table.Rows(ctx, rows); !yield(t, err) || err != nil {
				return
			}
		}
	}
	var summary segmentation.ScoreSummary
	for result, err := range segmentation.ScoreTables(ctx, trained.Model, blocks, segmentation.ScoreOptions{Summary: &summary}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(result.IDs(), result.Labels())
	}
	fmt.Println(summary.Rows, "customers")
	// Output:
	// [0001 0002] [1 0]
	// [0003] [1]
	// 3 customers
}

func ExampleResult_Scores() {
	ctx := context.Background()
	trained, err := segmentation.TrainFile(ctx, "testdata/any/mall.csv", segmentation.TrainOptions{Model: segment.TrainOptions{K: 4}})
	if err != nil {
		log.Fatal(err)
	}
	scores, err := trained.Scores(ctx)
	if err != nil {
		log.Fatal(err)
	}
	first, err := scores.Select("id", "cluster", "tier")
	if err == nil {
		first, err = first.Rows(ctx, []int{0, 1, 2})
	}
	if err == nil {
		err = first.WriteCSV(ctx, os.Stdout)
	}
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// id,cluster,tier
	// 0001,1,Gold
	// 0002,0,Platinum
	// 0003,1,Gold
}
