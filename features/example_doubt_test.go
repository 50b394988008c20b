package features_test

import (
	"fmt"
	"time"

	"github.com/customer-personality/segmentation/features"
)

func ExampleDoubt() {
	day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	c := features.Customer{YearBirth: 1970, DtCustomer: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)}
	for _, d := range c.Doubts(features.AsOf(day)) {
		fmt.Println(d)
	}
	// Output: enrolled on 2024-03-01, after 2015-01-01, the day on which tenures are counted
}

func ExampleDoubtKind() {
	day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	c := features.Customer{YearBirth: 2050, DtCustomer: day}
	for _, d := range c.Doubts(features.AsOf(day)) {
		fmt.Println(d.Kind, d.Column)
	}
	// Output:
	// born_after_day year_birth
	// enrolled_before_birth dt_customer
}
