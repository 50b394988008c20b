package dataframe_test

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/dataframe"
)

var asOf = features.AsOf(time.Date(2015, time.January, 1, 0, 0, 0, 0, time.UTC))

var customers = []features.Customer{
	{ID: "5524", YearBirth: 1957, Education: "Graduation", MaritalStatus: "Single", Income: 58138, DtCustomer: time.Date(2012, 9, 4, 0, 0, 0, 0, time.UTC), MntWines: 635, MntMeatProducts: 546},
	{ID: "2174", YearBirth: 1954, Education: "PhD", MaritalStatus: "Together", Income: math.NaN(), Kidhome: 1, Teenhome: 1, DtCustomer: time.Date(2014, 3, 8, 0, 0, 0, 0, time.UTC), MntWines: 11},
	{ID: "11004", YearBirth: 1893, Education: "2n Cycle", MaritalStatus: "Single", Income: 60182, Teenhome: 1, DtCustomer: time.Date(2014, 5, 17, 0, 0, 0, 0, time.UTC), MntWines: 8},
}

func ExampleFrom() {
	ctx := context.Background()
	table, err := features.Engineer(ctx, customers, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	df := dataframe.From(ctx, table)
	fmt.Println(df.Select([]string{"id", "income", "dt_customer", "is_parent"}))
	back, err := dataframe.ToTable(ctx, df)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.Len(), back.AsOf().Format(time.DateOnly))
	// Output:
	// [3x4] DataFrame
	//
	//     id       income       dt_customer is_parent
	//  0: 5524     58138.000000 2012-09-04  false
	//  1: 2174     NaN          2014-03-08  true
	//  2: 11004    60182.000000 2014-05-17  true
	//     <string> <float>      <string>    <bool>
	//
	// 3 2015-01-01
}

func ExampleFromCustomers() {
	ctx := context.Background()
	back, err := dataframe.ToCustomers(ctx, dataframe.FromCustomers(ctx, customers))
	fmt.Println(len(back), back[0] == customers[0], err)
	// Output: 3 true <nil>
}
