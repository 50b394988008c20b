package store_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/customer-personality/segmentation/store"
)

func ExampleSummary() {
	ctx := context.Background()
	s := withSample()
	defer s.Close()
	m, table := small(s, 4)
	if err := s.SaveResults(ctx, &store.Results{Table: table}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s.SaveModel(ctx, "shop", m, store.SaveOptions{Activate: true}); err != nil {
		fmt.Println(err)
		return
	}
	sum, err := s.Summary(ctx, "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := json.MarshalIndent(sum, "", " ")
	fmt.Println(string(b), err)
	// Output:
	// {
	//  "dialect": "sqlite",
	//  "tables": {
	//   "raw": "customers",
	//   "unencoded": "customers_unencoded",
	//   "encoded": "customers_encoded",
	//   "merged": "customers_merged"
	//  },
	//  "rows": {
	//   "raw": 2000,
	//   "unencoded": 1988,
	//   "encoded": 0,
	//   "merged": 0
	//  },
	//  "model_version": 1
	// } <nil>
}

func ExampleSummaryTables() {
	s := memory()
	defer s.Close()
	sum, err := s.Summary(context.Background(), "shop")
	fmt.Println(sum.Tables.Raw, sum.Tables.Merged, err)
	// Output:
	// customers customers_merged <nil>
}

func ExampleSummaryRows() {
	s := withSample()
	defer s.Close()
	sum, err := s.Summary(context.Background(), "shop")
	fmt.Printf("%+v %v\n", sum.Rows, err)
	// Output:
	// {Raw:2000 Unencoded:0 Encoded:0 Merged:0} <nil>
}
