package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// memory returns a database for the examples. With another URL, such as
// "postgres://user@host/shop" or "sqlite:shop.db", all of them do the same.
func memory() *store.Store {
	s, err := store.Open(context.Background(), "sqlite::memory:", store.Options{Migrate: true})
	if err != nil {
		panic(err)
	}
	return s
}

// withSample returns a database with the customers of the sample.
func withSample() *store.Store {
	s := memory()
	f, err := os.Open("../testdata/customers.csv")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if _, err := s.Ingest(context.Background(), f, store.IngestOptions{}); err != nil {
		panic(err)
	}
	return s
}

// The whole way: from a file through the raw table to a model, the tables of
// the specification, and the tiers of all customers.
func Example() {
	ctx := context.Background()
	s := memory()
	defer s.Close()
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}

	f, err := os.Open("../testdata/customers.csv")
	must(err)
	defer f.Close()
	_, err = s.Ingest(ctx, f, store.IngestOptions{})
	must(err)

	customers, err := s.ReadCustomers(ctx)
	must(err)
	day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	all, err := features.Engineer(ctx, customers, features.AsOf(day))
	must(err)
	table, _, err := features.Clean(ctx, all, features.CleanOptions{})
	must(err)
	encoded, err := table.Encode(ctx, features.EncodeOptions{})
	must(err)

	x, err := table.Matrix(ctx, features.TrainingColumns...)
	must(err)
	model, err := segment.Train(ctx, x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, AsOf: day, Seed: 1})
	must(err)
	predictions, err := model.PredictMatrix(ctx, x)
	must(err)
	must(s.SaveResults(ctx, &store.Results{Table: table, Encoded: encoded, Predictions: predictions}))
	info, err := s.SaveModel(ctx, "shop", model.Model, store.SaveOptions{Activate: true})
	must(err)
	n, err := s.Count(ctx, s.Tables().Merged)
	must(err)

	fmt.Printf("%d customers, %d of them clean, version %d with %d clusters, %d merged\n",
		len(customers), table.Len(), info.Version, info.K, n)
	// Output:
	// 2000 customers, 1988 of them clean, version 1 with 5 clusters, 1988 merged
}

func ExampleStore() {
	s := withSample()
	defer s.Close()
	n := 0
	for c, err := range s.Customers(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if n++; n == 2 {
			fmt.Println(c.ID, c.YearBirth, c.Education, c.Income)
			break
		}
	}
	// The pool is there for everything else.
	var masters int
	if err := s.DB().Get(&masters, "SELECT count(*) FROM customers WHERE education = 'Master'"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(masters > 0, s.Dialect())
	// Output:
	// 5 1946 Master 41286
	// true sqlite
}

func ExampleOptions() {
	ctx := context.Background()
	// Without Migrate, a database is taken as it is.
	s, err := store.Open(ctx, "sqlite::memory:", store.Options{LockTimeout: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	_, err = s.ReadCustomers(ctx)
	fmt.Println(err)
	// Output:
	// reading customers from "customers": store: no such table: "customers" is not among the tables that can be seen; the database has no tables; migrate the database first: store: the tables are not set up
}

func ExampleTables() {
	s, err := store.Open(context.Background(), "sqlite::memory:", store.Options{
		Migrate: true,
		Tables:  store.Tables{Customers: "Buyers 2024", Migrations: "buyers_version"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	fmt.Println(s.Tables().Customers, s.Tables().Merged)
	_, err = store.Open(context.Background(), "sqlite::memory:", store.Options{Tables: store.Tables{Scores: "customers"}})
	fmt.Println(err)
	// Output:
	// Buyers 2024 customers_merged
	// store: unusable name: customers table and scores table are both named "customers"; each needs a name of its own
}

func ExampleIngestOptions() {
	ctx := context.Background()
	s := withSample()
	defer s.Close()
	// Customers of the day: one who is known, and a new one.
	file := "ID;Year_Birth;Education;Marital_Status;Income;Kidhome;Teenhome;Dt_Customer;MntWines;MntFruits;MntMeatProducts;MntFishProducts;MntSweetProducts;MntGoldProds\n" +
		"1;1964;Master;Together;50000;1;1;2013-10-04;74;13;80;11;13;66\n" +
		"1000001;1980;PhD;Single;;0;0;2014-06-01;10;0;5;0;0;1\n"
	report, err := s.Ingest(ctx, strings.NewReader(file), store.IngestOptions{Upsert: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := s.Count(ctx, s.Tables().Customers)
	fmt.Println(report.Rows, n, err)
	// Output:
	// 2 2001 <nil>
}

// A row that is no customer is left out and told.
func ExampleStore_FetchCustomers() {
	ctx := context.Background()
	s := memory()
	defer s.Close()
	customers, _, err := features.ReadFile(ctx, "../testdata/customers.csv", features.ReadOptions{})
	if err != nil {
		panic(err)
	}
	if _, err := s.SaveCustomers(ctx, store.All(customers)); err != nil {
		panic(err)
	}
	s.DB().MustExec("UPDATE customers SET kidhome = -3 WHERE position = 7")

	var report features.Report
	for _, err := range s.FetchCustomers(ctx, store.FetchOptions{Policy: features.Skip, Report: &report}) {
		if err != nil {
			panic(err)
		}
	}
	fmt.Println(report.Rows, "customers;", report.Warnings()[0])
	// Output: 1999 customers; 1 row could not be read and had to be left out
}

func ExampleDialect() {
	s := memory()
	defer s.Close()
	// What is written differently in the two databases goes by the dialect.
	day := map[store.Dialect]string{store.Postgres: "current_date", store.SQLite: "date('now')"}
	fmt.Println(s.Dialect(), day[s.Dialect()])
	// Output:
	// sqlite date('now')
}

func ExampleStore_Forget() {
	ctx := context.Background()
	s := withSample()
	defer s.Close()
	// What the program keeps of customers beside the tables goes with them.
	rows, err := s.Forget(ctx, "5", func(_ context.Context, _ *sqlx.Tx, rows int) error {
		fmt.Println(rows, "row goes")
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	left, err := s.Count(ctx, s.Tables().Customers)
	fmt.Println(rows, left, err)
	// Output:
	// 1 row goes
	// 1 1999 <nil>
}

func ExampleScrubOptions() {
	ctx := context.Background()
	s := withSample()
	defer s.Close()
	if _, err := s.Forget(ctx, "5", nil); err != nil {
		fmt.Println(err)
		return
	}
	// The files of the database hold what was deleted until now, and so do those
	// of a table of the program's own.
	fmt.Println(s.Scrub(ctx, store.ScrubOptions{Tables: []string{"conversations"}}))
	// Output:
	// <nil>
}

func ExampleMention() {
	m := store.Mention{IDs: []string{"5524"}, Words: []string{"YOLO"}}
	for _, text := range []string{"Which tier has 5524?", "Order 155240", "the yolo one"} {
		fmt.Println(m.In(text))
	}
	fmt.Println(m.InJSON(`{"customer": 5524}`))
	// Output:
	// true
	// false
	// true
	// true
}

func ExampleStore_Drop() {
	ctx := context.Background()
	s := memory()
	defer s.Close()
	table, err := features.NewTable(time.Time{}, features.WordSeries(features.Column{Name: "region"}, []string{"north", "south"}))
	if err == nil {
		err = s.SaveTable(ctx, "regions", table)
	}
	if err == nil {
		err = s.Drop(ctx, "regions", nil)
	}
	_, missing := s.ReadTable(ctx, "regions", store.TableOptions{})
	fmt.Println(err, errors.Is(missing, store.ErrNoTable))
	// Output: <nil> true
}
