package features_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/customer-personality/segmentation/features"
)

func ExampleAsOf_Check() {
	fmt.Println(features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)).Check())
	err := features.AsOf(time.Now().AddDate(50, 0, 0)).Check()
	fmt.Println(errors.Is(err, features.ErrOptions))
	// Output:
	// <nil>
	// true
}

func ExampleDayError() {
	ctx := context.Background()
	t, err := features.Engineer(ctx, []features.Customer{{DtCustomer: time.Date(2012, 7, 30, 0, 0, 0, 0, time.UTC)}}, features.AsOf{})
	if err != nil {
		log.Fatal(err)
	}
	err = t.CheckAsOf(ctx, features.AsOf(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
	if day, ok := errors.AsType[*features.DayError](err); ok {
		fmt.Println(day.First.Format(time.DateOnly))
	}
	// Output: 2012-07-30
}

func ExampleTable_CheckAsOf() {
	ctx := context.Background()
	t, err := features.Engineer(ctx, []features.Customer{{DtCustomer: time.Date(2012, 7, 30, 0, 0, 0, 0, time.UTC)}}, features.AsOf{})
	if err != nil {
		log.Fatal(err)
	}
	for _, day := range []time.Time{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)} {
		fmt.Println(t.CheckAsOf(ctx, features.AsOf(day)))
	}
	// Output:
	// on 2000-01-01 nobody was a customer yet: the first enrolled on 2012-07-30; want that day or a later one
	// <nil>
}
