package insight_test

import (
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// customers are 400 rows of the columns age, spent, tenure, children and
// income, around four kinds of customers.
var customers = segtest.Customers

// campaign returns the cleaned customers of the public data set.
func campaign(t testing.TB) *features.Table {
	t.Helper()
	customers, _, err := features.ReadFile(t.Context(), testenv.Campaign(t), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clean, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return clean
}
