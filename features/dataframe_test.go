package features

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
)

func TestDataFrameAndBack(t *testing.T) {
	clean, _ := realTable(t)
	clusters := make([]int, len(clean.Rows))
	df := DataFrame(clean, Extra("cluster", clusters), Extra("tier", make([]string, len(clusters))), Extra("margin", make([]float64, len(clusters))))
	if df.Err != nil {
		t.Fatal(df.Err)
	}
	if r, c := df.Dims(); r != 2229 || c != 41 {
		t.Fatalf("%d × %d", r, c)
	}
	wantType := map[Kind]series.Type{Integer: series.Int, Flag: series.Int, Amount: series.Float, Category: series.String, Identifier: series.String, Date: series.String, Bool: series.Bool}
	for i, c := range append(append(Columns(), EngineeredColumns()...), Column{"cluster", Integer, false, ""}, Column{"tier", Category, false, ""}, Column{"margin", Amount, false, ""}) {
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

	back := func(df dataframe.DataFrame, rows []Engineered) {
		t.Helper()
		got, err := FromDataFrame(df)
		if err != nil {
			t.Fatal(err)
		}
		if got.AsOf != clean.AsOf || len(got.Rows) != len(rows) {
			t.Fatalf("%d rows as of %v", len(got.Rows), got.AsOf)
		}
		for i := range rows {
			a, b := got.Rows[i], rows[i]
			if !same(a.Customer, b.Customer) {
				t.Fatalf("row %d: %+v, want %+v", i, a.Customer, b.Customer)
			}
			a.Customer, b.Customer = Customer{}, Customer{}
			if a != b {
				t.Fatalf("row %d: %+v, want %+v", i, a, b)
			}
		}
	}
	back(df, clean.Rows)
	// Columns in another order, whole numbers that became floats, fewer rows.
	names := df.Names()
	slices.Reverse(names)
	back(df.Select(names), clean.Rows)
	floats := df.Mutate(series.New(df.Col("kidhome").Float(), series.Float, "kidhome"))
	back(floats, clean.Rows)
	var old []Engineered
	for _, r := range clean.Rows {
		if r.Age > 60 {
			old = append(old, r)
		}
	}
	back(df.Filter(dataframe.F{Colname: "age", Comparator: series.Greater, Comparando: 60}), old)

	// And through a CSV file of gota's own.
	var b strings.Builder
	if err := df.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	got, report := readString(t, b.String())
	for i := range got {
		if !same(got[i], clean.Rows[i].Customer) {
			t.Fatalf("row %d: %+v", i, got[i])
		}
	}
	if report.MissingIncome != 24 {
		t.Errorf("%v", report)
	}
	back(dataframe.ReadCSV(strings.NewReader(b.String())), clean.Rows)
}

func TestCustomersFrameAndBack(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	var customers []Customer
	for range 500 {
		c := randomCustomer(rnd)
		customers = append(customers, c)
	}
	got, err := CustomersFromFrame(CustomersFrame(customers))
	if err != nil {
		t.Fatal(err)
	}
	sameAll(t, got, customers)

	// A frame that gota read from the raw file.
	want, _, err := ReadFile(realFile(t, realFiles[0]))
	if err != nil {
		t.Fatal(err)
	}
	df := CustomersFrame(want)
	days := make([]string, len(want))
	for i := range days {
		days[i] = want[i].DtCustomer.Format("1/2/06")
	}
	df = df.Mutate(series.New(days, series.String, "dt_customer")).Rename("Year Birth", "year_birth").Drop([]string{"id", "recency"})
	got, err = CustomersFromFrame(df)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].ID, want[i].Recency = strconv.Itoa(i+1), 0
	}
	sameAll(t, got, want)
}

func TestFrameErrors(t *testing.T) {
	table := Engineer([]Customer{
		{ID: "1", YearBirth: 1957, Education: "PhD", MaritalStatus: "Single", Income: 5, DtCustomer: day(2012, 9, 4)},
		{ID: "2", YearBirth: 1970, Education: "PhD", MaritalStatus: "Single", Income: math.NaN(), DtCustomer: day(2012, 9, 21)},
	}, newYear2015)
	df := DataFrame(table)
	set := func(name string, values any, kind series.Type) dataframe.DataFrame {
		return df.Mutate(series.New(values, kind, name))
	}
	for want, frame := range map[string]dataframe.DataFrame{
		`features: header without the columns: the data frame lacks the columns income and age; want them as DataFrame names them`:  df.Drop([]string{"income", "age"}),
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
		_, err := FromDataFrame(frame)
		if err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	if got := DataFrame(table, Extra("cluster", []int{1})); !errors.Is(got.Err, ErrLength) {
		t.Errorf("%v", got.Err)
	}
	for _, empty := range []*Table{{}, {AsOf: time.Now()}} {
		back, err := FromDataFrame(DataFrame(empty))
		if err == nil && len(back.Rows) != 0 {
			t.Errorf("%d rows", len(back.Rows))
		}
	}
	if c, err := CustomersFromFrame(dataframe.New()); err == nil {
		t.Errorf("%v", c)
	}
}
