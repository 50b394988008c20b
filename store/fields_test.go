package store

import (
	"context"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	frames "github.com/customer-personality/segmentation/features/dataframe"
	"github.com/customer-personality/segmentation/internal/testenv"
)

// Every field of a customer, found by reflection, comes back from every table.
func TestEveryFieldIsStored(t *testing.T) {
	var want features.Customer
	v := reflect.ValueOf(&want).Elem()
	for i := range v.NumField() {
		switch p := v.Field(i).Addr().Interface().(type) {
		case *int:
			*p = 1
		case *float64:
			*p = float64(i) + 0.25
		case *string:
			*p = "word " + strconv.Itoa(i)
		case *time.Time:
			*p = day("2013-05-07")
		}
	}
	want.YearBirth = 1957
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		_, err := s.SaveCustomers(ctx, All([]features.Customer{want}))
		check(t, err)
		check(t, s.SaveResults(ctx, &Results{Table: testenv.Must(features.Engineer(ctx, []features.Customer{want}, features.AsOf{}))}))
		check(t, upload(ctx, s, "frame", frames.FromCustomers(ctx, []features.Customer{want})))
		_, err = s.UploadCustomers(ctx, "copy", All([]features.Customer{want}))
		check(t, err)
		for _, table := range []string{s.tables.Customers, s.tables.Unencoded, "frame", "copy"} {
			for got, err := range s.FetchCustomers(ctx, FetchOptions{Table: table}) {
				if err != nil || got != want {
					t.Errorf("%s has\n%+v; want\n%+v, %v", table, got, want, err)
				}
			}
		}
	})
}
