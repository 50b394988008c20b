package store_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store"
)

func ExampleStore_SaveTable() {
	ctx := context.Background()
	s := memory()
	defer s.Close()
	table, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "region"}, []string{"north", "south"}),
		features.NumberSeries(features.Column{Name: "share", Kind: features.Percent, Unit: "%"}, []float64{45, math.NaN()}))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := s.SaveTable(ctx, "regions", table); err != nil {
		fmt.Println(err)
		return
	}
	back, err := s.ReadTable(ctx, "regions", store.TableOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for j, c := range back.Columns() {
		fmt.Println(c.Name, c.Kind, back.Value(j, 0), back.Value(j, 1))
	}
	// Output:
	// region category north south
	// share share 45 <nil>
}

// A table of another program: the types of the database tell what numbers are, text
// is read as that of a file is.
func ExampleStore_ReadTable() {
	s := memory()
	defer s.Close()
	s.DB().MustExec(`CREATE TABLE members (id TEXT, since TEXT, income REAL, active BOOLEAN);
		INSERT INTO members VALUES ('0017', '31/12/2014', 58138, 1), ('0018', '01/02/2015', NULL, 0)`)
	var report features.TableReport
	table, err := s.ReadTable(context.Background(), "members", store.TableOptions{Report: &report})
	if err != nil {
		fmt.Println(err)
		return
	}
	for j, c := range report.Columns {
		fmt.Printf("%s: %s, such as %v, %d missing\n", c.Name, c.Kind, table.Value(j, 0), c.Missing)
	}
	_, err = s.ReadTable(context.Background(), "member", store.TableOptions{})
	fmt.Println(strings.Split(err.Error(), ", customers")[0])
	// Output:
	// id: category, such as 0017, 0 missing
	// since: date, such as 2014-12-31, 0 missing
	// income: amount, such as 58138, 1 missing
	// active: bool, such as true, 0 missing
	// reading "member": store: no such table: "member" is not among the tables that can be seen; there are members
}

func ExampleStore_TableBlocks() {
	s := withSample()
	defer s.Close()
	rows := 0
	for block, err := range s.TableBlocks(context.Background(), "customers", store.TableOptions{Read: features.TableOptions{Columns: []string{"income"}}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		rows += block.Len()
	}
	fmt.Println(rows)
	// Output: 2000
}

func ExampleOpenTable() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	url := "sqlite:" + filepath.Join(dir, "shop.db")
	first, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		panic(err)
	}
	first.DB().MustExec(`CREATE TABLE "my orders" (n integer); INSERT INTO "my orders" VALUES (3), (5)`)
	first.Close()

	s, name, err := store.OpenTable(ctx, url+"?table=my%20orders", store.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	table, err := s.ReadTable(ctx, name, store.TableOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(name, table.Len(), table.ColumnNames())
	// Output: my orders 2 [n]
}

// Lines of orders become customers without leaving the database.
func ExampleStore_RFM() {
	s := withOrders()
	defer s.Close()
	customers, report, err := s.RFM(context.Background(), "orders", features.RFMOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range customers.Len() {
		fmt.Println(customers.Value(0, i), customers.Value(1, i), customers.Value(2, i), customers.Value(3, i))
	}
	fmt.Println(report.Lines, "lines,", report.Returns, "return,", report.NoCustomer, "without customer")
	// Output:
	// a 1 2 17
	// b 0 1 7
	// 4 lines, 1 return, 1 without customer
}

// The statement may be a view, which needs no Go at all.
func ExampleRFMSQL() {
	s := withOrders()
	defer s.Close()
	query, err := store.RFMSQL(s.Dialect(), "orders", features.OrderColumns{Customer: "client", Day: "bought", Amount: "amount"}, features.AsOf{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s.DB().MustExec("CREATE VIEW customers_rfm AS " + query)
	var best string
	if err := s.DB().Get(&best, "SELECT client FROM customers_rfm ORDER BY monetary DESC LIMIT 1"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(best)
	// Output: a
}

func withOrders() *store.Store {
	s := memory()
	s.DB().MustExec(`CREATE TABLE orders (client TEXT, bought TEXT, amount REAL);
		INSERT INTO orders VALUES ('a', '2024-01-01', 12), ('a', '2024-01-03', 9), ('a', '2024-01-04', -4), ('b', '2024-01-04', 7), (NULL, '2024-01-04', 5)`)
	return s
}

// A model of any table keeps its tables beside those of others.
func ExampleResults() {
	ctx := context.Background()
	s := memory()
	defer s.Close()
	table, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "member", Kind: features.Identifier}, []string{"0017", "0018"}),
		features.NumberSeries(features.Column{Name: "visits"}, []int{3, 40}))
	if err != nil {
		panic(err)
	}
	if err := s.SaveResults(ctx, &store.Results{Name: "gym", Raw: table, Table: table}); err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"gym", "gym_unencoded", "customers"} {
		n, err := s.Count(ctx, name)
		fmt.Println(name, n, err)
	}
	// Output:
	// gym 2 <nil>
	// gym_unencoded 2 <nil>
	// customers 0 <nil>
}

// The member 0017 of the gym is another person than customer 0017 of the campaign.
func ExampleStore_ForgetFrom() {
	ctx := context.Background()
	s := memory()
	defer s.Close()
	table, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "member", Kind: features.Identifier}, []string{"0017", "0018"}),
		features.NumberSeries(features.Column{Name: "visits"}, []int{3, 40}))
	if err != nil {
		panic(err)
	}
	if err := s.SaveResults(ctx, &store.Results{Name: "gym", Raw: table, Table: table}); err != nil {
		panic(err)
	}
	rows, err := s.ForgetFrom(ctx, "gym", "member", "0017", nil)
	fmt.Println(rows, err)
	left, err := s.Count(ctx, "gym")
	fmt.Println(left, err)
	// Output:
	// 2 <nil>
	// 1 <nil>
}
