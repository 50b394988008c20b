package xlsx_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/xlsx"
)

func ExampleReadFile() {
	table, report, err := xlsx.ReadFile(context.Background(), "testdata/mall.xlsx", xlsx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Len(), "rows of the sheet", report.Sheet)
	for _, c := range report.Table.Columns {
		fmt.Println(c.Name, c.Kind)
	}
	for _, w := range report.Warnings() {
		fmt.Println(w)
	}
	// Output:
	// 200 rows of the sheet Customers
	// Customer ID identifier
	// Name category
	// Gender category
	// Age integer
	// Annual Income (k$) amount
	// Member since date
	// only the sheet "Customers" was read; the workbook has "About", "Old" (hidden), too
	// row 5 names the columns; what stands above it was left out, first "Customers of the mall 2023"
}

func ExampleNewReader() {
	f, err := os.Open("testdata/mall.xlsx")
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
	r, err := xlsx.NewReader(context.Background(), f, info.Size(), xlsx.Options{Sheet: "Customers"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	income, n := 0.0, 0
	var row []features.RawCell
	for {
		if row, err = r.Read(row); err == io.EOF {
			break
		} else if err != nil {
			fmt.Println(err)
			return
		}
		if cell := row[4]; cell.Kind == features.RawNumber {
			income, n = income+cell.Number, n+1
		}
	}
	fmt.Printf("%s: %.2f on average for %d rows up to row %d\n", r.Header()[4], income/float64(n), n, r.Line())
	// Output: Annual Income (k$): 77.13 on average for 195 rows up to row 205
}

func ExampleWrite() {
	table, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "id", Kind: features.Identifier}, []string{"0012", "0013"}),
		features.NumberSeries(features.Column{Name: "age"}, []int{34, 51}))
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := xlsx.Write(context.Background(), &file, table, xlsx.WriteOptions{Sheet: "Gold"}); err != nil {
		fmt.Println(err)
		return
	}
	back, report, err := xlsx.Read(context.Background(), bytes.NewReader(file.Bytes()), int64(file.Len()), xlsx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Sheet, back.Series("id").Words(), back.Series("age").Numbers())
	// Output: Gold [0012 0013] [34 51]
}

func ExampleOptions() {
	table, _, err := xlsx.ReadFile(context.Background(), "testdata/mall.xlsx", xlsx.Options{
		Sheet:     "customers",
		HeaderRow: 5,
		Table:     features.TableOptions{Columns: []string{"age", "gender"}, Kinds: map[string]features.Kind{"age": features.Amount}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range table.Columns() {
		fmt.Println(c.Name, c.Kind)
	}
	// Output:
	// Age amount
	// Gender category
}

func ExampleReport_Warnings() {
	_, report, err := xlsx.ReadFile(context.Background(), "testdata/uncomputed.xlsx", xlsx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Uncomputed.Count, "formulas without a value, the first in", report.Uncomputed.First)
	fmt.Println(report.Warnings()[0])
	// Output:
	// 12 formulas without a value, the first in D2
	// 3 rows that the sheet hides were read, too
}
