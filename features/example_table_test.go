package features_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
)

var asOf = features.AsOf(time.Date(2015, time.January, 1, 0, 0, 0, 0, time.UTC))

var customers = []features.Customer{
	{ID: "5524", YearBirth: 1957, Education: "Graduation", MaritalStatus: "Single", Income: 58138, DtCustomer: time.Date(2012, 9, 4, 0, 0, 0, 0, time.UTC), MntWines: 635, MntMeatProducts: 546},
	{ID: "2174", YearBirth: 1954, Education: "PhD", MaritalStatus: "Together", Income: math.NaN(), Kidhome: 1, Teenhome: 1, DtCustomer: time.Date(2014, 3, 8, 0, 0, 0, 0, time.UTC), MntWines: 11},
	{ID: "11004", YearBirth: 1893, Education: "2n Cycle", MaritalStatus: "Single", Income: 60182, Teenhome: 1, DtCustomer: time.Date(2014, 5, 17, 0, 0, 0, 0, time.UTC), MntWines: 8},
}

// engineered returns the table of the customers.
func engineered() *features.Table {
	table, err := features.Engineer(context.Background(), customers, asOf)
	if err != nil {
		panic(err)
	}
	return table
}

func Example() {
	ctx := context.Background()
	table, err := features.Engineer(ctx, customers, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	clean, dropped, err := features.Clean(ctx, table, features.CleanOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(dropped)
	x, err := clean.Matrix(ctx, features.TrainingColumns...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(features.TrainingColumns)
	fmt.Println(mat.Formatted(x))
	// Output:
	// Dropped 1 row: 1 for an age above 100.
	// [age spent tenure children income]
	// ⎡   58   1181     28      0  58138⎤
	// ⎣   61     11     10      2    NaN⎦
}

func ExampleEngineer() {
	table, err := features.Engineer(context.Background(), customers, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range table.Len() {
		row := table.Engineered(i)
		fmt.Println(row.ID, row.Age, row.Tenure, row.LivingWith, row.FamilySize, row.EducationLevel, row.AgeGroup)
	}
	// Output:
	// 5524 58 28 Single 1 Graduate Middle-Aged Adult
	// 2174 61 10 Partner 2 Postgraduate Senior Adult
	// 11004 122 8 Single 1 Undergraduate Senior Adult
}

func ExampleAsOf() {
	fmt.Println(asOf.Day().Format(time.DateOnly))
	fmt.Println(features.EngineerCustomer(customers[0], features.AsOf(time.Date(2025, 6, 30, 0, 0, 0, 0, time.UTC))).Tenure, "months")
	// Output:
	// 2015-01-01
	// 153 months
}

func ExampleEngineered() {
	row := features.EngineerCustomer(customers[1], asOf)
	fmt.Println(row.Children, row.IsParent, row.Spent, row.MaritalStatus)
	// Output: 2 true 11 Together
}

func ExampleClean() {
	_, dropped, err := features.Clean(context.Background(), engineered(), features.CleanOptions{MaxAge: features.NoLimit, MaxIncome: 60_000})
	fmt.Println(dropped, err)
	// Output: Dropped 1 row: 1 for an income above 60,000. <nil>
}

func ExampleDropped() {
	d := features.Dropped{Age: 3, Income: 8, Rows: 100, Limits: features.CleanOptions{MaxAge: 100, MaxIncome: 120_000}}
	fmt.Println(d.Total())
	fmt.Println(d)
	fmt.Println(d.Warning())
	// Output:
	// 11
	// Dropped 11 rows: 3 for an age above 100 and 8 for an income above 120,000.
	// 3 of 100 customers have an age above 100 and 8 have an income above 120,000
}

func ExampleWithin() {
	table, err := features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "age", Kind: features.Integer}, []int{12, 31, 47, 130}))
	if err != nil {
		fmt.Println(err)
		return
	}
	stay, dropped, err := features.Within(context.Background(), table, map[string]float64{"age": 18}, map[string]float64{"age": 100})
	fmt.Println(stay.Series("age").Numbers(), err)
	fmt.Println(dropped)
	// Output:
	// [31 47] <nil>
	// Dropped 2 rows: 1 for a value below 18 in age and 1 for a value above 100 in age.
}

func ExampleRFMAt() {
	lines := "customer,day,amount\nanna,2024-01-02,20\nanna,2024-03-01,30\nbert,2024-02-10,5\n"
	table, _, err := features.RFM(context.Background(), features.NewTableReader(strings.NewReader(lines), features.TableOptions{}), features.RFMOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	later, err := features.RFMAt(context.Background(), table, features.AsOf(time.Date(2024, 3, 31, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Series("recency").Numbers(), later.Series("recency").Numbers())
	// Output: [0 20] [30 50]
}

func ExampleOutside() {
	fmt.Println(features.Outside{Column: "age", Limit: 18}, features.Outside{Column: "income", Above: true, Limit: 120_000})
	// Output: age ≥ 18 income ≤ 120,000
}

func ExampleCleanOptions() {
	all, dropped, err := features.Clean(context.Background(), engineered(), features.CleanOptions{MaxAge: features.NoLimit, MaxIncome: features.NoLimit})
	fmt.Println(all.Len(), dropped, err)
	// Output: 3 Dropped no rows. <nil>
}

func ExampleTable_Encode() {
	ctx := context.Background()
	encoded, err := engineered().Encode(ctx, features.EncodeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(encoded.Classes("education"))
	x, err := encoded.Matrix(ctx, "education", "education_level", "is_parent")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mat.Formatted(x))
	// Output:
	// [2n Cycle Graduation PhD]
	// ⎡1  0  0⎤
	// ⎢2  1  1⎥
	// ⎣0  2  1⎦
}

func ExampleEncoded() {
	encoded, _ := engineered().Encode(context.Background(), features.EncodeOptions{})
	fmt.Println(encoded.Len(), "rows,", len(encoded.ColumnNames()), "columns")
	level, _ := encoded.Decode("education_level", 1)
	fmt.Println(level)
	// Output:
	// 3 rows, 30 columns
	// Postgraduate
}

// A later table is encoded as the first one was.
func ExampleEncodeOptions() {
	ctx := context.Background()
	encoded, _ := engineered().Encode(ctx, features.EncodeOptions{})
	later, err := features.Engineer(ctx, []features.Customer{{Education: "Basic", MaritalStatus: "Single"}}, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, policy := range []preprocess.UnknownPolicy{preprocess.Refuse, preprocess.Accept} {
		e, err := later.Encode(ctx, features.EncodeOptions{Classes: encoded.AllClasses(), Unknown: policy})
		if err != nil {
			fmt.Println(err)
			continue
		}
		x, _ := e.Matrix(ctx, "education")
		fmt.Println(x.At(0, 0))
	}
	// Output:
	// row 0, column education: "Basic" cannot be used; want one of the classes 2n Cycle, Graduation or PhD
	// -1
}

// The row of one customer for a model, without allocating.
func ExampleSelect() {
	s, err := features.Select(features.TrainingColumns...)
	if err != nil {
		fmt.Println(err)
		return
	}
	row := make([]float64, len(features.TrainingColumns))
	for _, c := range customers {
		e := features.EngineerCustomer(c, asOf)
		fmt.Println(s.Values(row, &e))
	}
	// Output:
	// [58 1181 28 0 58138]
	// [61 11 10 2 NaN]
	// [122 8 8 1 60182]
}

func ExampleSelection() {
	s, _ := features.Select("Year Birth", "IsParent")
	e := features.EngineerCustomer(customers[1], asOf)
	fmt.Println(s.Columns(), s.Values(nil, &e))
	// Output: [year_birth is_parent] [1954 1]
}

func ExampleColumnError() {
	_, err := features.Select("age", "incom")
	var e *features.ColumnError
	fmt.Println(errors.As(err, &e), err)
	_, err = features.Select("education")
	fmt.Println(err)
	// Output:
	// true there is no column "incom"; want one of the table's columns, such as income
	// column education holds no numbers; want a numeric column, or the encoded table
}

func ExampleValueError() {
	c := customers[0]
	c.YearBirth = 57
	var e *features.ValueError
	fmt.Println(errors.As(c.Validate(), &e), e.Column, e)
	// Output: true year_birth column year_birth: "57" cannot be used; want a year of four digits, such as 1957
}

func ExampleWriter() {
	w := features.NewWriter(os.Stdout)
	for i := range customers[:2] {
		if err := w.Write(&customers[i]); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := w.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// id,year_birth,education,marital_status,income,kidhome,teenhome,dt_customer,recency,mnt_wines,mnt_fruits,mnt_meat_products,mnt_fish_products,mnt_sweet_products,mnt_gold_prods,num_deals_purchases,num_web_purchases,num_catalog_purchases,num_store_purchases,num_web_visits_month,accepted_cmp3,accepted_cmp4,accepted_cmp5,accepted_cmp1,accepted_cmp2,complain,z_cost_contact,z_revenue,response
	// 5524,1957,Graduation,Single,58138,0,0,2012-09-04,0,635,0,546,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
	// 2174,1954,PhD,Together,,1,1,2014-03-08,0,11,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
}

// A table goes out with the cluster and the tier of each customer.
func ExampleTable_With() {
	table, err := engineered().With(
		features.NumberSeries(features.Column{Name: "cluster"}, []int{0, 1, 1}),
		features.WordSeries(features.Column{Name: "tier"}, []string{"Platinum", "Gold", "Gold"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	if table, err = table.Select("id", "income", "cluster", "tier"); err != nil {
		fmt.Println(err)
		return
	}
	if err := table.WriteCSV(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	_, err = table.With(features.NumberSeries(features.Column{Name: "margin"}, []float64{0.5}))
	fmt.Println(err)
	// Output:
	// id,income,cluster,tier
	// 5524,58138,0,Platinum
	// 2174,,1,Gold
	// 11004,60182,1,Gold
	// features: columns of different length: column margin has 1 value and the table 3 rows; want one for each row
}

func ExampleNewTable() {
	table, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "size", Levels: []string{"small", "large"}}, []string{"large", "", "small", "huge"}),
		features.NumberSeries(features.Column{Name: "weight", Unit: "kg"}, []float64{7.5, 2, math.NaN(), 30}))
	if err != nil {
		fmt.Println(err)
		return
	}
	size, err := table.Column("Size")
	fmt.Println(size.Levels(), size.Code(0), size.Missing(1), err)
	_, err = table.Column("weigth")
	fmt.Println(err)
	// Output:
	// [small large huge] 1 true <nil>
	// there is no column "weigth"; want one of the table's columns, such as weight
}

func ExampleSeries() {
	income, err := engineered().Column("income")
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range income.Len() {
		fmt.Println(income.Number(i), income.Missing(i))
	}
	fmt.Println(income.Column().Kind, "-", income.Column().Meaning)
	// Output:
	// 58138 false
	// NaN true
	// 60182 false
	// amount - yearly household income; may be missing
}

// A customer is copied by way of the list of its columns.
func ExampleField() {
	var c features.Customer
	for _, f := range features.Fields() {
		switch p := f.Pointer(&customers[0]).(type) {
		case *string:
			*f.Pointer(&c).(*string) = *p
		case *int:
			*f.Pointer(&c).(*int) = *p
		case *float64:
			*f.Pointer(&c).(*float64) = *p
		case *time.Time:
			*f.Pointer(&c).(*time.Time) = *p
		}
	}
	fmt.Println(c == customers[0])
	// Output: true
}

func ExampleTable() {
	table := engineered()
	fmt.Println(table.Len(), table.AsOf().Format(time.DateOnly), table.ColumnNames()[29:])
	// Output: 3 2015-01-01 [tenure age spent living_with children family_size is_parent education_level age_group]
}

func ExampleCleanOptionsOf() {
	limits := features.CleanOptions{MaxIncome: features.NoLimit}.Limits()
	fmt.Println(limits, features.CleanOptionsOf(limits))
	// Output: map[age:100] {100 -1}
}

// The mean spending of those under 100, by age group.
func ExampleQuery() {
	table := engineered()
	answer, err := table.Query(context.Background(), features.Query{
		How: features.Mean, Measure: "spent", By: []string{"age_group"},
		Filters: []features.Condition{{Column: "age", Op: features.Under, A: 100}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, cell := range answer.Cells {
		fmt.Println(answer.Levels[0][cell.Keys[0]], cell.Count, cell.Value)
	}
	// Output:
	// Middle-Aged Adult 1 1181
	// Senior Adult 1 11
}

func ExampleCondition() {
	partners, err := engineered().Filter(context.Background(),
		features.Condition{Column: "living_with", Op: features.Is, Words: []string{"Partner"}},
		features.Condition{Column: "children", Op: features.Between, A: 1, B: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(partners.Len(), partners.Customer(0).ID)
	// Output: 1 2174
}

func ExampleAggregate() {
	table := engineered()
	for _, how := range []features.Aggregate{features.Mean, features.Median, features.Share} {
		v, err := table.Aggregate(context.Background(), how, "children", []int{0, 1, 2})
		fmt.Printf("%s %.2f %v\n", how, v, err)
	}
	// Output:
	// mean 1.00 <nil>
	// median 1.00 <nil>
	// share 0.67 <nil>
}

func ExampleTable_Chunk() {
	table, err := features.Engineer(context.Background(), customers, asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	for part := range table.Chunk(2) {
		fmt.Println(part.Series("id").IDs())
	}
	// Output:
	// [5524 2174]
	// [11004]
}
