package features_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
)

const mall = `CustomerID;Gender;Age;Annual Income (k€);Spending Score (1-100)
0001;Female;40;15,5;94
0002;Male;19;20;36
0003;Female;34;25,25;25
`

func ExampleReadTable() {
	table, report, err := features.ReadTable(context.Background(), strings.NewReader(mall), features.TableOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range report.Columns {
		fmt.Printf("%s: %s, %s\n", c.Name, c.Kind, c.Reason)
	}
	income, _ := table.Column("annual income (k€)")
	fmt.Println(income.Numbers())
	// Output:
	// CustomerID: category, 3 values have leading zeros, 3 different words among 3 values
	// Gender: category, 2 different words among 3 values
	// Age: integer, all 3 values are whole numbers
	// Annual Income (k€): amount, all 3 values are numbers
	// Spending Score (1-100): integer, all 3 values are whole numbers
	// [15.5 20 25.25]
}

func ExampleInferRoles() {
	table, _, err := features.ReadTable(context.Background(), strings.NewReader(mall), features.TableOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	roles, _ := features.InferRoles(context.Background(), table, features.RoleOptions{Value: []string{"-age", "annual income (k€)"}})
	fmt.Print(roles)
	// Output:
	// Id: CustomerID.
	// Features: Gender, Age, Annual Income (k€) and Spending Score (1-100).
	// Value: Age (less is better) and Annual Income (k€) (more is better).
}

func ExampleCampaignTable() {
	const text = "Age,MntTotal,Customer_Days,Kidhome,Teenhome,Income\n44,120,365,1,0,21582\n"
	table, _, err := features.ReadTable(context.Background(), strings.NewReader(text), features.TableOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, told, ok, err := features.CampaignTable(context.Background(), table)
	fmt.Println(ok, err)
	fmt.Println(strings.Join(told, "\n"))
	// Output:
	// true <nil>
	// spent is the column MntTotal
	// children is Kidhome + Teenhome
	// tenure is Customer_Days in months of 30.4375 days
}

// Lines of orders that come in blocks, of a database say.
func ExampleRFMTables() {
	lines, _, err := features.ReadTable(context.Background(), strings.NewReader("customer,day,amount\nAnna,2024-01-05,20\nBo,2024-01-07,5\nAnna,2024-02-01,30\n"), features.TableOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var first *features.Table
	var more []*features.Table
	for part := range lines.Chunk(2) {
		if first == nil {
			first = part
		} else {
			more = append(more, part)
		}
	}
	blocks := func(yield func(*features.Table, error) bool) {
		for _, t := range more {
			if !yield(t, nil) {
				return
			}
		}
	}
	customers, _, err := features.RFMTables(context.Background(), first, blocks, features.RFMOptions{AsOf: features.AsOf(time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customers.Series("customer").Words(), customers.Series("recency").Numbers(), customers.Series("monetary").Numbers())
	// Output:
	// [Anna Bo] [29 54] [50 5]
}

func ExampleCampaignID() {
	fmt.Printf("%q %q\n", features.CampaignID([]string{"Client No.", "Income"}), features.CampaignID([]string{"Income"}))
	// Output:
	// "Client No." ""
}
