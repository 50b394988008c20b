package dataframe

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/testdata"
)

var newYear2015 = features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))

func realCustomers(t *testing.T) []features.Customer {
	customers, _, err := features.ReadFile(t.Context(), testenv.Campaign(t), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return customers
}

func TestTableAndBack(t *testing.T) {
	customers := realCustomers(t)
	clean, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, newYear2015)), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n := clean.Len()
	further := []features.Series{
		features.NumberSeries(features.Column{Name: "cluster"}, make([]int, n)), features.WordSeries(features.Column{Name: "tier"}, make([]string, n)),
		features.NumberSeries(features.Column{Name: "margin"}, make([]float64, n)),
	}
	table, err := clean.With(further...)
	if err != nil {
		t.Fatal(err)
	}
	df := From(t.Context(), table)
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
		got, err := ToTable(t.Context(), df)
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
	aged, err := clean.Rows(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	back(df.Filter(dataframe.F{Colname: "age", Comparator: series.Greater, Comparando: 60}), aged)

	// And through a CSV file of gota's own.
	var b strings.Builder
	if err := df.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	got, report, err := features.ReadAll(t.Context(), strings.NewReader(b.String()), features.ReadOptions{})
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
	got, err := ToCustomers(t.Context(), FromCustomers(t.Context(), want))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("the customers came back changed")
	}

	// A frame that gota read from the raw file.
	df := FromCustomers(t.Context(), want)
	days := make([]string, len(want))
	for i := range days {
		days[i] = want[i].DtCustomer.Format("1/2/06")
	}
	df = df.Mutate(series.New(days, series.String, "dt_customer")).Rename("Year Birth", "year_birth").Drop([]string{"id", "recency"})
	got, err = ToCustomers(t.Context(), df)
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
	table, err := features.Engineer(t.Context(), []features.Customer{
		{ID: "1", YearBirth: 1957, Education: "PhD", MaritalStatus: "Single", Income: 5, DtCustomer: time.Date(2012, 9, 4, 0, 0, 0, 0, time.UTC)},
		{ID: "2", YearBirth: 1970, Education: "PhD", MaritalStatus: "Single", Income: math.NaN(), DtCustomer: time.Date(2012, 9, 21, 0, 0, 0, 0, time.UTC)},
	}, newYear2015)
	if err != nil {
		t.Fatal(err)
	}
	df := From(t.Context(), table)
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
			_, err := ToTable(t.Context(), frame)
			if err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
	for _, empty := range []*features.Table{{}, testenv.Must(features.Engineer(t.Context(), nil, newYear2015))} {
		back, err := ToTable(t.Context(), From(t.Context(), empty))
		if err == nil && back.Len() != 0 {
			t.Errorf("%d rows", back.Len())
		}
	}
	if c, err := ToCustomers(t.Context(), dataframe.New()); err == nil {
		t.Errorf("%v", c)
	}
}

func idsOf(customers []features.Customer) []string {
	var out []string
	for _, c := range customers {
		out = append(out, c.ID)
	}
	return out
}

func TestIDsOfDataFrames(t *testing.T) {
	base := FromCustomers(t.Context(), []features.Customer{
		{ID: "1", YearBirth: 1957, Income: 1, DtCustomer: time.Date(2012, 9, 4, 0, 0, 0, 0, time.UTC)},
		{ID: "2", YearBirth: 1957, Income: 1, DtCustomer: time.Date(2012, 9, 4, 0, 0, 0, 0, time.UTC)},
	})
	for _, test := range []struct {
		ids  series.Series
		want string
	}{
		{series.New([]int{5524, -7}, series.Int, "id"), "5524 -7"},
		{series.New([]float64{5524, 1e15}, series.Float, "id"), "5524 1000000000000000"},
		{series.New([]float64{12347.5, 0}, series.Float, "id"), "12347.5 0"},
		{series.New([]string{"0001", " C7 "}, series.String, "id"), "0001 C7"},
		{series.New([]string{"12347.0", "5,000"}, series.String, "ID"), "12347.0 5,000"},
		{series.New([]string{"a", "b"}, series.String, "Customer ID"), "a b"},
		{series.New([]int{1, 2}, series.Int, "clientnum"), "1 2"},
	} {
		df := base.Drop("id").CBind(dataframe.New(test.ids))
		got, err := ToCustomers(t.Context(), df)
		if err != nil || strings.Join(idsOf(got), " ") != test.want {
			t.Errorf("%v: %q, %v", test.ids, idsOf(got), err)
		}
	}
	for want, ids := range map[string]series.Series{
		`row 1, column id: "" cannot be used; want an id such as 5524 or C10001, of up to 256 bytes and without control characters`:     series.New([]string{"a", "NaN"}, series.String, "id"),
		`row 0, column id: "a\nb" cannot be used; want an id such as 5524 or C10001, of up to 256 bytes and without control characters`: series.New([]string{"a\nb", "c"}, series.String, "id"),
	} {
		if _, err := ToCustomers(t.Context(), base.Drop("id").CBind(dataframe.New(ids))); !errors.Is(err, features.ErrValue) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	got, err := ToCustomers(t.Context(), base.Drop("id"))
	if err != nil || strings.Join(idsOf(got), " ") != "1 2" {
		t.Errorf("%q, %v", idsOf(got), err)
	}
	if kind := base.Col("id").Type(); kind != series.String {
		t.Errorf("the frame's ids are %s", kind)
	}
}

// TestSampleAndBack: customers are the same behind a frame, bit for bit.
func TestSampleAndBack(t *testing.T) {
	want, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ToCustomers(t.Context(), FromCustomers(t.Context(), want))
	if err != nil || len(got) != len(want) {
		t.Fatal(len(got), err)
	}
	for i := range want {
		if a, b := fmt.Sprintf("%+v", got[i]), fmt.Sprintf("%+v", want[i]); a != b {
			t.Fatalf("customer %d is %s, want %s", i, a, b)
		}
	}
}

// TestCommas: amounts that are text in a frame may have a decimal comma.
func TestCommas(t *testing.T) {
	base := FromCustomers(t.Context(), []features.Customer{{ID: "1", YearBirth: 1957, DtCustomer: time.Date(2012, 9, 4, 0, 0, 0, 0, time.UTC)}})
	for text, want := range map[string]float64{"5,2": 5.2, "58.138,50": 58138.5, "1,234": 1234, "5.2": 5.2} {
		got, err := ToCustomers(t.Context(), base.Mutate(series.New([]string{text}, series.String, "mnt_wines")))
		if err != nil || got[0].MntWines != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
}
