package dataframe

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"github.com/customer-personality/segmentation/features"
)

var newYear2015 = features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))

func realCustomers(t *testing.T) []features.Customer {
	path := filepath.Join("..", "..", "..", "shared", "data", "marketing_campaign.csv")
	if _, err := os.Stat(path); err != nil {
		t.Skip("the real campaign file is not here, so there is nothing to compare with")
	}
	customers, _, err := features.ReadFile(path, features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return customers
}

func TestTableAndBack(t *testing.T) {
	customers := realCustomers(t)
	clean, _ := features.Clean(features.Engineer(customers, newYear2015), features.CleanOptions{})
	n := clean.Len()
	further := []features.Series{
		features.NumberSeries(features.Column{Name: "cluster"}, make([]int, n)), features.WordSeries(features.Column{Name: "tier"}, make([]string, n)),
		features.NumberSeries(features.Column{Name: "margin"}, make([]float64, n)),
	}
	table, err := clean.With(further...)
	if err != nil {
		t.Fatal(err)
	}
	df := From(table)
	if df.Err != nil {
		t.Fatal(df.Err)
	}
	if r, c := df.Dims(); r != 2229 || c != 41 {
		t.Fatalf("%d × %d", r, c)
	}
	wantType := map[features.Kind]series.Type{features.Integer: series.Int, features.Flag: series.Int, features.Amount: series.Float,
		features.Category: series.String, features.Identifier: series.String, features.Date: series.String, features.Bool: series.Bool}
	for i, c := range table.Columns() {
		if df.Names()[i] != c.Name || df.Types()[i] != wantType[c.Kind] {
			t.Errorf("column %d is %s, %s; want %s, %s", i, df.Names()[i], df.Types()[i], c.Name, wantType[c.Kind])
		}
	}
	missing := 0
	for _, is := range df.Col("income").IsNaN() {
		if is {
			missing++
		}
	}
	if missing != 24 {
		t.Errorf("%d incomes are missing", missing)
	}

	back := func(df dataframe.DataFrame, want *features.Table) {
		t.Helper()
		got, err := ToTable(df)
		if err != nil {
			t.Fatal(err)
		}
		if got.AsOf() != want.AsOf() || got.Len() != want.Len() {
			t.Fatalf("%d rows as of %v", got.Len(), got.AsOf())
		}
		for i := range want.Len() {
			if a, b := fmt.Sprint(got.Engineered(i)), fmt.Sprint(want.Engineered(i)); a != b {
				t.Fatalf("row %d: %s, want %s", i, a, b)
			}
		}
	}
	back(df, clean)
	// Columns in another order, whole numbers that became floats, fewer rows.
	names := df.Names()
	slices.Reverse(names)
	back(df.Select(names), clean)
	floats := df.Mutate(series.New(df.Col("kidhome").Float(), series.Float, "kidhome"))
	back(floats, clean)
	var old []int
	for i := range clean.Len() {
		if clean.Engineered(i).Age > 60 {
			old = append(old, i)
		}
	}
	aged, err := clean.Rows(old)
	if err != nil {
		t.Fatal(err)
	}
	back(df.Filter(dataframe.F{Colname: "age", Comparator: series.Greater, Comparando: 60}), aged)

	// And through a CSV file of gota's own.
	var b strings.Builder
	if err := df.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	got, report, err := features.ReadAll(strings.NewReader(b.String()), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if fmt.Sprint(got[i]) != fmt.Sprint(clean.Customer(i)) {
			t.Fatalf("row %d: %+v", i, got[i])
		}
	}
	if report.MissingIncome != 24 {
		t.Errorf("%v", report)
	}
	back(dataframe.ReadCSV(strings.NewReader(b.String())), clean)
}

func TestCustomersAndBack(t *testing.T) {
	want := realCustomers(t)
	got, err := ToCustomers(FromCustomers(want))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("the customers came back changed")
	}

	// A frame that gota read from the raw file.
	df := FromCustomers(want)
	days := make([]string, len(want))
	for i := range days {
		days[i] = want[i].DtCustomer.Format("1/2/06")
	}
	df = df.Mutate(series.New(days, series.String, "dt_customer")).Rename("Year Birth", "year_birth").Drop([]string{"id", "recency"})
	got, err = ToCustomers(df)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].ID, want[i].Recency = strconv.Itoa(i+1), 0
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("the customers of other days and names came back changed")
	}
}

func TestFrameErrors(t *testing.T) {
	table := features.Engineer([]features.Customer{
		{ID: "1", YearBirth: 1957, Education: "PhD", MaritalStatus: "Single", Income: 5, DtCustomer: time.Date(2012, 9, 4, 0, 0, 0, 0, time.UTC)},
		{ID: "2", YearBirth: 1970, Education: "PhD", MaritalStatus: "Single", Income: math.NaN(), DtCustomer: time.Date(2012, 9, 21, 0, 0, 0, 0, time.UTC)},
	}, newYear2015)
	df := From(table)
	set := func(name string, values any, kind series.Type) dataframe.DataFrame {
		return df.Mutate(series.New(values, kind, name))
	}
	for want, frame := range map[string]dataframe.DataFrame{
		`features: header without the columns: the data frame lacks the columns income and age; want them as a table names them`:    df.Drop([]string{"income", "age"}),
		`row 1, column kidhome: "1.500000" cannot be used; want a whole number from 0 up`:                                           set("kidhome", []float64{1, 1.5}, series.Float),
		`row 0, column mnt_wines: "" cannot be used; want an amount from 0 up, such as 635`:                                         set("mnt_wines", []float64{math.NaN(), 1}, series.Float),
		`row 1, column income: "-3.000000" cannot be used; want an amount from 0 up, such as 58138, or nothing where it is unknown`: set("income", []float64{1, -3}, series.Float),
		`row 0, column income: "+Inf" cannot be used; want an amount from 0 up, such as 58138, or nothing where it is unknown`:      set("income", []float64{math.Inf(1), 1}, series.Float),
		`row 0, column income: "much" cannot be used; want an amount from 0 up, such as 58138, or nothing where it is unknown`:      set("income", []string{"much", "NaN"}, series.String),
		`row 1, column dt_customer: "21-21-2012" cannot be used; want a day such as 2012-09-04 or 04-09-2012`:                       set("dt_customer", []string{"04-09-2012", "21-21-2012"}, series.String),
		`row 1, column dt_customer: "09-21-2012" cannot be used; want a day such as 2012-09-04 or 04-09-2012`:                       set("dt_customer", []string{"21-09-2012", "09-21-2012"}, series.String),
		`row 1, column age: "44" cannot be used; want 45, the age in January 2015, when the tenure was counted`:                     set("age", []int{58, 44}, series.Int),
		`row 1, column age: "45" cannot be used; want 46, the age in January 2016, when the tenure was counted`:                     set("tenure", []int{28, 40}, series.Int),
		`row 1, column tenure: "29" cannot be used; want 28, the tenure in January 2015, when that of row 0 was counted`:            set("tenure", []int{28, 29}, series.Int),
		`row 0, column living_with: "Parents" cannot be used; want Partner, Single or Unknown`:                                      set("living_with", []string{"Parents", "Single"}, series.String),
		`row 0, column is_parent: "perhaps" cannot be used; want true or false`:                                                     set("is_parent", []string{"perhaps", "no"}, series.String),
		`row 1, column spent: "" cannot be used; want an amount, such as 1617`:                                                      set("spent", []float64{0, math.NaN()}, series.Float),
		`features: data frame in error: arguments have different dimensions`:                                                        df.CBind(dataframe.New(series.Ints([]int{1}))),
		`features: column repeated: income stands twice in the data frame; want each column once`:                                   set("In Come", []float64{1, 2}, series.Float),
	} {
		t.Run(want, func(t *testing.T) {
			_, err := ToTable(frame)
			if err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
	for _, empty := range []*features.Table{{}, features.Engineer(nil, newYear2015)} {
		back, err := ToTable(From(empty))
		if err == nil && back.Len() != 0 {
			t.Errorf("%d rows", back.Len())
		}
	}
	if c, err := ToCustomers(dataframe.New()); err == nil {
		t.Errorf("%v", c)
	}
}
