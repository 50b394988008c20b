package features_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// shoppers reads a table of customers that is none of the campaign schema.
func shoppers() *features.Table {
	text := "CustomerID,Gender,Age,Annual Income (k$),Total Spent,Member\n" +
		"0001,Female,40,15,94.5,yes\n0002,Male,19,20,36,no\n0003,Female,34,25,25,no\n0004,Male,46,30,93,yes\n"
	t, _, err := features.ReadTable(context.Background(), strings.NewReader(text), features.TableOptions{
		Kinds: map[string]features.Kind{"CustomerID": features.Identifier}, // which four rows do not show
	})
	if err != nil {
		panic(err)
	}
	return t
}

func ExampleTable_EncodeAll() {
	encoded, err := shoppers().EncodeAll(context.Background(), features.EncodeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(encoded.ColumnNames(), encoded.Classes("Gender"))
	// Output: [Gender Age Annual Income (k$) Total Spent Member] [Female Male]
}

func ExampleSubjectsOf() {
	ctx := context.Background()
	t := shoppers()
	roles, err := features.InferRoles(ctx, t, features.RoleOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	about, err := features.SubjectsOf(ctx, t, roles)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("revenue:", about.Revenue)
	fmt.Println("income:", about.Income)
	fmt.Println("words:", about.Categories)
	// Output:
	// revenue: Total Spent
	// income: Annual Income (k$)
	// words: [Gender]
}

func ExampleWordsOf() {
	words := features.WordsOf(shoppers().Columns())
	for _, name := range []string{"Age", "Annual Income (k$)", "Total Spent"} {
		fmt.Printf("%s: %q in %q\n", name, words[name].Noun, words[name].Unit)
	}
	// Output:
	// Age: "age" in "years"
	// Annual Income (k$): "Annual Income" in "k$"
	// Total Spent: "Total Spent" in ""
}

func ExampleUnitOf() {
	for _, name := range []string{"annual_income [EUR]", "Spending Score (1-100)", "Besuche (Monat)"} {
		noun, unit := features.UnitOf(features.Column{Name: name, Kind: features.Integer})
		fmt.Printf("%q in %q\n", noun, unit)
	}
	// Output:
	// "annual income" in "EUR"
	// "Spending Score (1-100)" in ""
	// "Besuche" in "Monat"
}

func ExampleSameName() {
	fmt.Println(features.SameName("Annual Income (k$)", "annual_income_k"), features.SameName("年收入", "收入"))
	// Output: true false
}

func ExampleCampaignHints() {
	header := []string{"ID", "Year_Birth", "Education", "Marital_Status", "Incom", "Kidhome", "Teenhome", "Dt_Customer"}
	fmt.Println(features.CampaignHints(header))
	// Output: [[Incom income]]
}

func ExampleTextTable() {
	ctx := context.Background()
	t, err := features.TextTable(ctx, []string{"code", "", "code"}, [][]string{{"007", "NA"}, {"1,5", ""}, {"a", "b"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Join(t.ColumnNames(), "|"))
	err = t.WriteRows(ctx, os.Stdout)
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// code|column 2|code (2)
	// 007,"1,5",a
	// NA,,b
}

func ExampleSeries_Named() {
	s := features.NumberSeries(features.Column{Name: "age"}, []int{41, 57})
	fmt.Println(s.Named("years").Name(), s.Name())
	// Output: years age
}

func ExampleTable_WriteRows() {
	ctx := context.Background()
	head, err := shoppers().Rows(ctx, []int{0})
	if err == nil {
		err = head.WriteCSV(ctx, os.Stdout)
	}
	tail, rowsErr := shoppers().Rows(ctx, []int{3})
	if err == nil && rowsErr == nil {
		err = tail.WriteRows(ctx, os.Stdout)
	}
	if err != nil || rowsErr != nil {
		fmt.Println(err, rowsErr)
	}
	// Output:
	// CustomerID,Gender,Age,Annual Income (k$),Total Spent,Member
	// 0001,Female,40,15,94.5,1
	// 0004,Male,46,30,93,1
}
