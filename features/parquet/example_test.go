package parquet_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
	"github.com/customer-personality/segmentation/segment"
)

func ExampleReadFile() {
	table, report, err := parquet.ReadFile(context.Background(), "testdata/mall.parquet", parquet.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Len(), "rows")
	for _, c := range report.Columns {
		fmt.Printf("%s: %v, %s\n", c.Name, c.Kind, c.Reason)
	}
	// Output:
	// 189 rows
	// Customer ID: identifier, 189 different words among 189 values
	// Gender: category, 2 different words among 189 values
	// Age: integer, the file says INT(64,true)
	// Annual Income (k$): integer, the file says DOUBLE
	// Since: date, the file says TIMESTAMP(isAdjustedToUTC=false,unit=MICROS)
	// Last order: date, all 189 values are days
}

func ExampleTables() {
	file, err := os.ReadFile("testdata/mall.parquet")
	if err != nil {
		fmt.Println(err)
		return
	}
	var report features.TableReport
	rows := 0
	for table, err := range parquet.Tables(context.Background(), bytes.NewReader(file), int64(len(file)), parquet.Options{Report: &report}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		rows += table.Len()
	}
	fmt.Println(rows, "rows of", len(report.Columns), "columns")
	// Output:
	// 189 rows of 6 columns
}

func ExampleBlocks() {
	f, err := os.Open("testdata/mall.parquet")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	columns := []string{"Age", "Annual Income (k$)"}
	rows, missing := 0, 0
	for block, err := range parquet.Blocks(context.Background(), f, info.Size(), columns, parquet.Options{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for ; len(block) > 0; block = block[len(columns):] {
			rows++
			if math.IsNaN(block[1]) {
				missing++
			}
		}
	}
	fmt.Println(rows, "rows,", missing, "without an income")
	// Output: 189 rows, 11 without an income
}

// A file that does not fit in memory is trained on where it lies: each pass reads it a
// page of each column at a time.
func ExampleBlocks_train() {
	ctx := context.Background()
	f, err := os.Open("testdata/mall.parquet") // of 189 rows, or of a billion
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	columns := []string{"Age", "Annual Income (k$)"}
	blocks := parquet.Blocks(ctx, f, info.Size(), columns, parquet.Options{})
	model, _, err := segment.TrainOn(ctx, segment.StreamDataset(columns, blocks, 0), segment.TrainOptions{
		Value: []string{"Annual Income (k$)"},
		K:     3,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := model.Predict([]float64{35, 120})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Rows(), "rows,", model.K(), "clusters; a rich customer of 35 is", p.Tier)
	// Output: 189 rows, 3 clusters; a rich customer of 35 is Platinum
}

func ExampleWrite() {
	table, err := features.NewTable(time.Time{},
		features.NumberSeries(features.Column{Name: "age"}, []float64{34, math.NaN(), 51}),
		features.WordSeries(features.Column{Name: "city"}, []string{"Porto", "Lisboa", ""}))
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := parquet.Write(context.Background(), &file, table, parquet.WriteOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	back, _, err := parquet.Read(context.Background(), bytes.NewReader(file.Bytes()), int64(file.Len()), parquet.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.Series("age").Numbers(), back.Series("city").Words())
	// Output: [34 NaN 51] [Porto Lisboa ]
}

func ExampleOptions() {
	_, _, err := parquet.ReadFile(context.Background(), "testdata/nested.parquet", parquet.Options{})
	fmt.Println(err)
	table, _, err := parquet.ReadFile(context.Background(), "testdata/nested.parquet", parquet.Options{
		Table: features.TableOptions{Columns: []string{"id", "amount"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.ColumnNames(), table.Len())
	// Output:
	// testdata/nested.parquet: the column "tags" is nested (a list, a map or a group); want flat columns only, or the names of the others in Table.Columns
	// [id amount] 2
}
