package features_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// campaign is a small file with the required columns alone, as a spreadsheet
// of the continent saves it.
const campaign = `Year_Birth;Education;Marital_Status;Income;Kidhome;Teenhome;Dt_Customer;MntWines;MntFruits;MntMeatProducts;MntFishProducts;MntSweetProducts;MntGoldProds
1957;Graduation;Single;58.138,00 €;0;0;04.09.2012;635;88;546;172;88;88
1954;PhD;Together;;1;1;21.08.2013;11;1;6;2;1;6
1965;Second cycle degree;Married;71.613,50 €;0;0;31.02.2013;426;49;127;111;21;42
`

func ExampleRead() {
	r := features.Read(strings.NewReader(campaign), features.ReadOptions{Name: "campaign.csv", Policy: features.Skip})
	for c, err := range r.All(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c.ID, c.YearBirth, c.Education, c.Income, c.DtCustomer.Format("2 January 2006"))
	}
	// Output:
	// 1 1957 Graduation 58138 4 September 2012
	// 2 1954 PhD NaN 21 August 2013
}

// Read is the way without an iterator.
func ExampleReader_Read() {
	r := features.Read(strings.NewReader(campaign), features.ReadOptions{})
	var c features.Customer
	var err error
	for err = r.Read(&c); err == nil; err = r.Read(&c) {
		fmt.Println(c.MaritalStatus)
	}
	fmt.Println(err)
	// Output:
	// Single
	// Together
	// line 4, column dt_customer: "31.02.2013" is not a day of the calendar; want a day such as 2012-09-04 or 04-09-2012
}

func ExampleReadAll() {
	customers, report, err := features.ReadAll(context.Background(), strings.NewReader(campaign), features.ReadOptions{Policy: features.Skip})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(customers), report.BadRows, report.MissingIncome, report.DateLayout)
	// Output: 2 1 1 02.01.2006
}

// A reader finds out what it can; what it cannot may be told.
func ExampleReadOptions() {
	text := "04-09-2012"
	file := strings.NewReplacer("04.09.2012", text, "21.08.2013", text, "31.02.2013", text).Replace(campaign)
	for _, o := range []features.ReadOptions{{}, {DateOrder: features.MonthFirst}} {
		customers, report, err := features.ReadAll(context.Background(), strings.NewReader(file), o)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(customers[0].DtCustomer.Format("2 January 2006"), report.DateGuessed)
	}
	// Output:
	// 4 September 2012 true
	// 9 April 2012 false
}

func ExamplePolicy() {
	for _, p := range []features.Policy{features.Strict, features.Skip} {
		customers, _, err := features.ReadAll(context.Background(), strings.NewReader(campaign), features.ReadOptions{Policy: p})
		fmt.Println(len(customers), err != nil)
	}
	// Output:
	// 0 true
	// 2 false
}

func ExampleReport() {
	r := features.Read(strings.NewReader(campaign), features.ReadOptions{Policy: features.Skip})
	for range r.All(context.Background()) {
	}
	report := r.Report()
	fmt.Println("customers:", report.Rows)
	fmt.Println("bad rows:", report.BadRows)
	fmt.Println("first:", report.Errors[0])
	fmt.Printf("delimiter: %q, decimal: %q\n", report.Delimiter, report.Decimal)
	fmt.Println("absent:", len(report.Absent))
	// Output:
	// customers: 2
	// bad rows: 1
	// first: line 4, column dt_customer: "31.02.2013" is not a day of the calendar; want a day such as 2012-09-04 or 04-09-2012
	// delimiter: ";", decimal: ','
	// absent: 16
}

func ExampleUnknownValues() {
	file := strings.Replace(campaign, "PhD", "Diploma", 1)
	_, report, _ := features.ReadAll(context.Background(), strings.NewReader(file), features.ReadOptions{Policy: features.Skip})
	fmt.Println(report.Unknown[0].Column, report.Unknown[0].Value, report.Unknown[0].Count)
	fmt.Println(report.Unknown[0])
	// Output:
	// education Diploma 1
	// 1 customer has the unknown education "Diploma", which makes education_level Unknown there; only a model that is trained on these is touched
}

// A spreadsheet took 04.09.2012 for a date with the month first, and wrote its
// cell in a way of its own.
func ExampleDateWriting() {
	head, _, _ := strings.Cut(campaign, "\n")
	var file strings.Builder
	for _, day := range []string{"09/04/12", "21.08.2013", "03/08/14", "19.01.2014", "02/10/14", "30.07.2012", "12/03/12", "29.06.2014", "08/01/12"} {
		file.WriteString("1957;Graduation;Single;58138;0;0;" + day + ";635;88;546;172;88;88\n")
	}
	_, report, err := features.ReadAll(context.Background(), strings.NewReader(head+"\n"+file.String()), features.ReadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range report.Dates {
		fmt.Println(d.Layout, d.Count, d.Order, d.Basis, d.Guess)
	}
	fmt.Println(report.Dates[0])
	// Output:
	// 01/02/06 5 with the month first span false
	// 02.01.2006 4 with the day first dates false
	// 5 dates such as 09/04/12 can be read in two ways; read with the month first, none lies outside of the span of the dates that leave no choice, 2012-07-30 to 2014-06-29; with the day first, 5 would
}

func ExampleDateBasis() {
	_, report, _ := features.ReadAll(context.Background(), strings.NewReader(campaign), features.ReadOptions{Policy: features.Skip})
	fmt.Println(report.Dates[0].Basis == features.ByDates, features.BySpan)
	// Output: true span
}

func ExampleMissingValues() {
	file := strings.Replace(strings.Replace(campaign, "Year_Birth", "Complain;Year_Birth", 1), "\n1", "\n;1", 2)
	file = file[:strings.LastIndex(file, "1965")]
	_, report, err := features.ReadAll(context.Background(), strings.NewReader(file), features.ReadOptions{})
	fmt.Println(err, report.Rows, report.Missing)
	// Output: <nil> 2 [{complain 2 false}]
}

func ExampleReport_Unreadable() {
	file := strings.NewReplacer("04.09.2012", "", "21.08.2013", "", "31.02", "28.02").Replace(campaign)
	_, report, err := features.ReadAll(context.Background(), strings.NewReader(file), features.ReadOptions{Policy: features.Skip})
	fmt.Println(err, report.Rows)
	fmt.Println(report.Unreadable())
	// Output:
	// <nil> 1
	// dt_customer is empty in 2 of 3 rows; the first: line 2, column dt_customer: the value is missing; want a day such as 2012-09-04 or 04-09-2012
}

func ExampleReadError() {
	_, _, err := features.ReadAll(context.Background(), strings.NewReader(campaign), features.ReadOptions{Name: "campaign.csv"})
	var e *features.ReadError
	if errors.As(err, &e) {
		fmt.Println(e.Line, e.Column, e.Value, errors.Is(err, features.ErrDate))
	}
	fmt.Println(err)
	// Output:
	// 4 dt_customer 31.02.2013 true
	// campaign.csv: line 4, column dt_customer: "31.02.2013" is not a day of the calendar; want a day such as 2012-09-04 or 04-09-2012
}

func ExampleDateOrder() {
	file := strings.NewReplacer("04.09.2012", "9/4/12", "21.08.2013", "8/21/13", "31.02.2013", "12/31/13").Replace(campaign)
	customers, report, _ := features.ReadAll(context.Background(), strings.NewReader(file), features.ReadOptions{})
	fmt.Println(customers[0].DtCustomer.Format("2 January 2006"), report.DateLayout)
	// Output: 4 September 2012 1/2/06
}

func ExampleDecimalMark() {
	file := strings.NewReplacer("58.138,00 €", "58.138", "71.613,50 €", "71.613", "31.02", "28.02").Replace(campaign)
	for _, mark := range []features.DecimalMark{features.DecimalFromData, features.DecimalPoint} {
		customers, report, _ := features.ReadAll(context.Background(), strings.NewReader(file), features.ReadOptions{Decimal: mark})
		fmt.Println(customers[0].Income, report.NumberGuessed)
	}
	// Output:
	// 58138 true
	// 58.138 false
}

func ExampleCustomer_Validate() {
	r := features.Read(strings.NewReader(campaign), features.ReadOptions{})
	var c features.Customer
	if err := r.Read(&c); err != nil && err != io.EOF {
		fmt.Println(err)
	}
	fmt.Println(c.Validate())
	c.Kidhome = -1
	fmt.Println(c.Validate())
	// Output:
	// <nil>
	// column kidhome: "-1" cannot be used; want a whole number from 0 up
}

func ExampleColumns() {
	for _, c := range features.Columns()[:5] {
		fmt.Println(c.Name, c.Kind, c.Required)
	}
	// Output:
	// id identifier false
	// year_birth integer true
	// education category true
	// marital_status category true
	// income amount true
}

func ExampleColumn() {
	for _, c := range features.EngineeredColumns()[:3] {
		fmt.Printf("%s: %s\n", c.Name, c.Meaning)
	}
	// Output:
	// tenure: whole calendar months since enrolment
	// age: years: the year of AsOf less the year of birth
	// spent: sum of the six product columns
}

func ExampleKind() {
	numeric := 0
	for _, c := range features.Columns() {
		if c.Kind != features.Category && c.Kind != features.Date {
			numeric++
		}
	}
	fmt.Println(numeric, features.Flag)
	// Output: 26 flag
}

// Which rows have the id of another one, and where they are.
func ExampleRepeatedIDs() {
	file := `Client No.,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds
0001,1957,Graduation,Single,58138,0,0,2012-09-04,635,88,546,172,88,88
C7,1954,Graduation,Single,46344,1,1,2014-03-08,11,1,6,2,1,6
0001,1965,Graduation,Together,71613,0,0,2013-08-21,426,49,127,111,21,42
`
	_, report, err := features.ReadAll(context.Background(), strings.NewReader(file), features.ReadOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Println(report.IDColumn)
	fmt.Println(report.RepeatedIDs)
	for _, r := range report.RepeatedIDs.First {
		fmt.Println(r.Line, r.ID)
	}
	// Output:
	// Client No.
	// 1 row has an id that an earlier row has: 0001 (line 4)
	// 4 0001
}
