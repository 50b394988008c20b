package sqlsource_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/sqlsource"
)

// customers makes a table of customers of two kinds; one income is missing.
func customers(ctx context.Context) *sql.DB {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(1) // each has a database of its own in memory
	if _, err := db.ExecContext(ctx, `CREATE TABLE customers (income REAL, spent INTEGER);
		INSERT INTO customers VALUES (20, 1), (22, 2), (NULL, 3), (80, 40), (82, 42), (84, 44)`); err != nil {
		log.Fatal(err)
	}
	return db
}

// A model is trained where the rows are.
func Example() {
	ctx := context.Background()
	db := customers(ctx)
	defer db.Close()
	data, err := sqlsource.Open(ctx, db, sqlsource.Options{Dialect: segment.SQLite, Table: "customers", Columns: []string{"income", "spent"}})
	if err != nil {
		log.Fatal(err)
	}
	defer data.Close()
	model, _, err := segment.TrainOn(ctx, data, segment.TrainOptions{K: 2, Seed: 1, Value: []string{"income", "spent"}})
	if err != nil {
		log.Fatal(err)
	}
	assigned, err := model.Predict([]float64{83, 41})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.K(), "clusters; a customer of income 83 is", assigned.Tier)
	// Output: 2 clusters; a customer of income 83 is Platinum
}

func ExampleOpen() {
	ctx := context.Background()
	db := customers(ctx)
	defer db.Close()
	_, err := sqlsource.Open(ctx, db, sqlsource.Options{Dialect: segment.SQLite, Table: "customers", Columns: []string{"age"}})
	fmt.Println(err)
	// Output: segment: invalid option: the table customers has no column "age"; it has income, spent
}

// open opens the table of customers.
func open(ctx context.Context, db *sql.DB) *sqlsource.Dataset {
	data, err := sqlsource.Open(ctx, db, sqlsource.Options{Dialect: segment.SQLite, Table: "customers", Columns: []string{"income", "spent"}, Where: "spent < 44"})
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func ExampleDataset_Columns() {
	ctx := context.Background()
	db := customers(ctx)
	defer db.Close()
	data := open(ctx, db)
	defer data.Close()
	fmt.Println(data.Columns())
	// Output: [income spent]
}

func ExampleDataset_Extent() {
	ctx := context.Background()
	db := customers(ctx)
	defer db.Close()
	data := open(ctx, db)
	defer data.Close()
	e, err := data.Extent(ctx, nil)
	fmt.Println(e.Rows, e.Known, e.Least, e.Greatest, err)
	// Output: 5 [4 5] [20 1] [82 42] <nil>
}

func ExampleDataset_Ranks() {
	ctx := context.Background()
	db := customers(ctx)
	defer db.Close()
	data := open(ctx, db)
	defer data.Close()
	values, err := data.Ranks(ctx, nil, [][]int{{0, 3}, {2}})
	fmt.Println(values, err)
	// Output: [[20 82] [3]] <nil>
}

func ExampleDataset_Moments() {
	ctx := context.Background()
	db := customers(ctx)
	defer db.Close()
	data := open(ctx, db)
	defer data.Close()
	m, err := data.Moments(ctx, nil, preprocess.MomentsOptions{})
	fmt.Println(m.Known, m.Sums[1].High, m.Squares[1].High, err)
	// Output: [4 5] 88 3378 <nil>
}

func ExampleDataset_Source() {
	ctx := context.Background()
	db := customers(ctx)
	defer db.Close()
	data := open(ctx, db)
	defer data.Close()
	_, err := segment.KMeansPP{K: 2}.FitStream(ctx, must(data.Source(nil)))
	fmt.Println(err)
	// Output: segment: not a finite number: the column income has no number in 1 of 5 rows: a missing value that the pipeline does not fill in, or one that it has no result for
}

func ExampleDataset_Clusters() {
	ctx := context.Background()
	db := customers(ctx)
	defer db.Close()
	data := open(ctx, db)
	defer data.Close()
	fill, err := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}}.FitAggregates(ctx, data, data.Columns()...)
	if err != nil {
		log.Fatal(err)
	}
	fit, err := segment.KMeansPP{K: 1}.FitStream(ctx, must(data.Source(fill)))
	if err != nil {
		log.Fatal(err)
	}
	sums, err := data.Clusters(ctx, fill, fit.Centroids())
	fmt.Println(sums.Counts, sums.Known, sums.Sums[0][0].High, err)
	// Output: [5] [[4 5]] 204 <nil>
}

func must(src segment.Source, err error) segment.Source {
	if err != nil {
		log.Fatal(err)
	}
	return src
}
