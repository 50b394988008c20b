package features

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/testenv"
)

// realFiles are the same 2,240 customers in three forms.
var realFiles = []string{"marketing_campaign.csv", "marketing_campaign_indexed.csv", "marketing_campaign_semicolon.csv"}

// realFile returns the path of a real campaign file or skips the test.
func realFile(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(testenv.Campaign(t)), name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the campaign file in another form is not there: %v", err)
	}
	return path
}

// same compares customers bit for bit, NaN equal to NaN.
func same(a, b Customer) bool {
	if math.IsNaN(a.Income) && math.IsNaN(b.Income) {
		a.Income, b.Income = 0, 0
	}
	return a == b
}

func TestRealFiles(t *testing.T) {
	var want []Customer
	for _, name := range realFiles {
		got, report, err := ReadFile(t.Context(), realFile(t, name), ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(report)
		if len(got) != 2240 || report.Rows != 2240 || report.MissingIncome != 24 || report.DateGuessed || len(report.Unknown)+len(report.Absent)+len(report.Ignored) != 0 {
			t.Errorf("%s: %d customers, report %+v", name, len(got), report)
		}
		if want == nil {
			want = got
		}
		for i := range got {
			if !same(got[i], want[i]) {
				t.Fatalf("%s: customer %d is %+v, in %s %+v", name, i, got[i], realFiles[0], want[i])
			}
		}
	}
	first := Customer{
		ID: "5524", YearBirth: 1957, Education: "Graduation", MaritalStatus: "Single", Income: 58138,
		DtCustomer: time.Date(2012, 9, 4, 0, 0, 0, 0, time.UTC), Recency: 58,
		MntWines: 635, MntFruits: 88, MntMeatProducts: 546, MntFishProducts: 172, MntSweetProducts: 88, MntGoldProds: 88,
		NumDealsPurchases: 3, NumWebPurchases: 8, NumCatalogPurchases: 10, NumStorePurchases: 4, NumWebVisitsMonth: 7,
		ZCostContact: 3, ZRevenue: 11, Response: 1,
	}
	if want[0] != first {
		t.Errorf("first customer: %+v", want[0])
	}

	table, err := Engineer(t.Context(), want, AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	clean, dropped, err := Clean(t.Context(), table, CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if dropped.Age != 3 || dropped.Income != 8 || clean.Len() != 2229 {
		t.Errorf("%v, %d rows stay", dropped, clean.Len())
	}
	x, err := clean.Matrix(t.Context(), TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	for j, v := range []float64{58, 1617, 28, 0, 58138} {
		if x.At(0, j) != v {
			t.Errorf("first customer: %s is %v, want %v", TrainingColumns[j], x.At(0, j), v)
		}
	}
	missing := 0
	for i := range clean.Len() {
		if math.IsNaN(x.At(i, 4)) {
			missing++
		}
	}
	if missing != 24 {
		t.Errorf("%d incomes are missing, want 24", missing)
	}
}
