package features_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
)

// An upper end belongs to the next range.
func ExampleBin() {
	ages := []float64{18, 40, 60, 90}
	fmt.Println(features.Bin(ages, 39), features.Bin(ages, 40), features.Bin(ages, 12))
	// Output: 0 1 -1
}

func ExampleShort() {
	fmt.Println(features.Short(20_000), features.Short(950))
	// Output: 20k 950
}

func ExampleKindOf() {
	kind, err := features.KindOf(" Amount ")
	fmt.Println(kind, err)
	// Output: amount <nil>
}

// Whether a header is that of a campaign file, whatever its letters.
func ExampleCampaignHeader() {
	has, lacking := features.CampaignHeader([]string{"ID", "Year Birth", "income"})
	fmt.Println(has, len(lacking))
	// Output: [year_birth income] 11
}

// The columns of a matrix under names; NaN would be a missing value.
func ExampleFromMatrix() {
	table, err := features.FromMatrix(context.Background(), mat.NewDense(2, 2, []float64{39, 15000, 35, 81000}), "age", "income")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.ColumnNames(), table.Len())
	// Output: [age income] 2
}

// A day is that of the location in which it is written.
func ExampleDaySeries() {
	s := features.DaySeries(features.Column{Name: "since"}, []time.Time{time.Date(2014, 3, 8, 23, 30, 0, 0, time.UTC), {}})
	fmt.Println(s.Kind(), s.Day(0).Format(time.DateOnly), s.Missing(1))
	// Output: date 2014-03-08 true
}

// orders are lines of orders of two customers.
const orders = "customer,order,date,amount\nanna,1,2024-01-05,20\nanna,2,2024-03-01,30\nbert,3,2024-02-10,5\n"

// orderTable returns these lines as a table.
func orderTable() *features.Table {
	lines, _, err := features.ReadTable(context.Background(), strings.NewReader(orders), features.TableOptions{Name: "orders.csv"})
	if err != nil {
		log.Fatal(err)
	}
	return lines
}

// What columns of lines of orders are for is found by name and kind.
func ExampleFindOrderColumns() {
	columns, ok, err := features.FindOrderColumns(context.Background(), orderTable())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ok, columns.Customer, columns.Day, columns.Amount)
	// Output: true customer date amount
}

// Recency, frequency and monetary value, and their scores.
func ExampleRFMScore() {
	ctx := context.Background()
	customers, _, err := features.RFMTable(ctx, orderTable(), features.RFMOptions{})
	if err != nil {
		log.Fatal(err)
	}
	scored, err := features.RFMScore(ctx, customers, features.RFMScoreOptions{Bins: 2})
	if err != nil {
		log.Fatal(err)
	}
	for i := range scored.Len() {
		fmt.Println(scored.Series("customer").Word(i), scored.Series("monetary").Number(i), scored.Series("monetary_score").Number(i))
	}
	// Output:
	// anna 50 2
	// bert 5 1
}

func ExampleRFMTable() {
	customers, report, err := features.RFMTable(context.Background(), orderTable(), features.RFMOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(customers.ColumnNames(), report.Lines, report.Guessed)
	// Output: [customer recency frequency monetary basket tenure days_between returns] 3 true
}

func ExampleRFMSegments() {
	fmt.Println(features.RFMSegments()[0].Name)
	// Output: Champions
}

// page is a RowReader of the rows of a form that holds numbers.
type page struct {
	rows [][]float64
	at   int
}

func (p *page) Header() []string { return []string{"age", "income"} }
func (p *page) Line() int        { return p.at }

func (p *page) Read(row []features.RawCell) ([]features.RawCell, error) {
	if p.at == len(p.rows) {
		return nil, io.EOF
	}
	row = row[:0]
	for _, v := range p.rows[p.at] {
		row = append(row, features.RawCell{Kind: features.RawNumber, Number: v})
	}
	p.at++
	return row, nil
}

// Rows of any other form of file become a table as those of a text do.
func ExampleReadRows() {
	table, report, err := features.ReadRows(context.Background(), &page{rows: [][]float64{{39, 15000}, {35, 81000}}}, features.TableOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range report.Columns {
		fmt.Println(c.Name, c.Kind)
	}
	fmt.Println(table.Len())
	// Output:
	// age integer
	// income integer
	// 2
}

func ExampleReadTableFile() {
	_, _, err := features.ReadTableFile(context.Background(), "no/mall.csv", features.TableOptions{})
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output: true
}
