package segmentation_test

import (
	"context"
	"fmt"
	"log"

	"github.com/customer-personality/segmentation"
)

// Any file of customers, or of what they ordered, is opened, told of and trained
// on: text, JSON, a workbook, Parquet, each packed or not.
func ExampleOpenFile() {
	ctx := context.Background()
	customers, err := segmentation.OpenFile(ctx, "testdata/any/orders.csv", segmentation.OpenOptions{})
	if err != nil {
		log.Fatal(err) // what was found in each column, and what would be right
	}
	fmt.Println(customers.Told[len(customers.Told)-1])
	result, err := segmentation.Train(ctx, customers.Table, customers.Options(segmentation.TrainOptions{}))
	if err != nil {
		log.Fatal(err)
	}
	for cluster, mean := range result.Model.Means() {
		fmt.Printf("%-8s  last bought %3.0f days ago, %4.1f orders, %6.2f spent\n", result.Model.Tier(cluster), mean[0], mean[1], mean[2])
	}
	// Output:
	// 1240 lines of orders counted to 79 customers by CustomerID, InvoiceDate and Quantity × UnitPrice
	// Platinum  last bought  16 days ago, 16.3 orders, 1259.17 spent
	// Gold      last bought  76 days ago,  6.0 orders, 358.55 spent
	// Silver    last bought  20 days ago,  2.9 orders, 123.50 spent
	// Bronze    last bought 220 days ago,  1.6 orders,  88.29 spent
}
