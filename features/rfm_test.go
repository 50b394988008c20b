package features

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/testenv"
)

const orders = `InvoiceNo,Quantity,InvoiceDate,UnitPrice,CustomerID
536000,8,2010-12-01 08:26:00,2.5,17001.0
536000,1,2010-12-01 08:26:00,0.1,17001.0
536001,2,2010-12-05 09:00:00,10,17002.0
536002,3,2010-12-11 10:00:00,1,17001.0
C536003,-1,2010-12-12 10:00:00,2.5,17001.0
536004,5,2010-12-12 11:00:00,2,
C536005,-2,2010-12-12 12:00:00,7,17003.0
536006,1,,7,17002.0
536007,1,2010-12-21 12:00:00,,17002.0
`

func TestRFM(t *testing.T) {
	table, report, err := RFM(t.Context(), NewTableReader(strings.NewReader(orders), TableOptions{}), RFMOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := (OrderColumns{"CustomerID", "InvoiceDate", "InvoiceNo", "Quantity", "UnitPrice", ""}); report.Columns != want {
		t.Errorf("columns %+v", report.Columns)
	}
	want := [][]any{
		{"17001", 1, 2, 20.6, 10.3, 11, 10., 100 * 2.5 / 23.1},
		{"17002", 7, 1, 20., 20., 7, nil, 0.},
		{"17003", 0, 0, -14., nil, 0, nil, nil},
	}
	for i, row := range want {
		for j, value := range row {
			got := table.Value(j, i)
			if x, ok := got.(float64); ok && value != nil && math.Abs(x-value.(float64)) < 1e-12 {
				continue
			}
			if got != value {
				t.Errorf("%s of %s is %v, want %v", table.ColumnNames()[j], row[0], got, value)
			}
		}
	}
	if table.Len() != len(want) || report.Lines != 6 || report.Returns != 2 || report.OnlyBack != 1 || !report.Guessed {
		t.Errorf("%+v", report)
	}
	warnings := report.Warnings()
	for _, w := range []string{"1 line has no customer and had to be left out", "1 line has no day and had to be left out", "1 line has no amount and had to be left out",
		"2 lines taken as returns, which reduce what was bought", "1 customer has returns only, with a frequency of 0", "counted on 2010-12-12, the day of the last line, as no day was given"} {
		if !slices.Contains(warnings, w) {
			t.Errorf("%q is not in %q", w, warnings)
		}
	}
}

// Invoices that all start with C are no cancellations; without invoices the days
// of a customer count; an amount stands for quantity and price.
// TestRFMAt: customers moved to another day are those that are counted on it from
// their orders, also on one before the last of them.
func TestRFMAt(t *testing.T) {
	count := func(asOf AsOf) *Table {
		table, _, err := RFM(t.Context(), NewTableReader(strings.NewReader(orders), TableOptions{}), RFMOptions{AsOf: asOf})
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	csv := func(table *Table) string {
		var b strings.Builder
		if err := table.WriteCSV(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	first := count(AsOf{})
	before := csv(first)
	for _, day := range []time.Time{time.Date(2010, 12, 12, 0, 0, 0, 0, time.UTC), time.Date(2010, 12, 9, 15, 0, 0, 0, time.UTC), time.Date(2012, 3, 1, 0, 0, 0, 0, time.UTC)} {
		moved, want := testenv.Must(RFMAt(t.Context(), first, AsOf(day))), count(AsOf(day))
		if csv(moved) != csv(want) || !moved.AsOf().Equal(want.AsOf()) {
			t.Errorf("on %s: %s, want %s", day, csv(moved), csv(want))
		}
	}
	if csv(first) != before {
		t.Error("the table itself is another one")
	}
	plain, err := NewTable(first.AsOf(), NumberSeries(Column{Name: "recency", Kind: Integer}, []int{5}))
	if err != nil {
		t.Fatal(err)
	}
	if got := testenv.Must(RFMAt(t.Context(), plain, AsOf(time.Date(2012, 3, 1, 0, 0, 0, 0, time.UTC)))).Series("recency").Number(0); got != 5 {
		t.Errorf("a column that is no recency is moved to %v", got)
	}
}

func TestRFMForms(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		o    RFMOptions
		want string
	}{
		"all C":       {"order_id,client_id,date,total\nC1,a,2024-01-01,5\nC2,a,2024-01-02,6\nC3,b,2024-01-02,7\n", RFMOptions{}, "[a 0 2 11] [b 0 1 7]"},
		"days":        {"client,when,amount\na,2024-01-01,5\na,2024-01-01,6\na,2024-01-03,6\nb,2024-01-02,7\n", RFMOptions{}, "[a 0 2 17] [b 1 1 7]"},
		"named":       {"x,y,z,w\na,2024-01-01,5,1\na,2024-01-02,6,2\nb,2024-01-02,7,3\n", RFMOptions{Columns: OrderColumns{Customer: "X", Day: "y", Amount: "w"}}, "[a 0 2 3] [b 0 1 3]"},
		"price":       {"client,when,x\na,2024-01-01,5\na,2024-01-02,6\n", RFMOptions{Columns: OrderColumns{Price: "x"}}, "[a 0 2 11]"},
		"price named": {"client,when,x,price\na,2024-01-01,5,1\na,2024-01-02,6,2\n", RFMOptions{Columns: OrderColumns{Price: "x"}}, "[a 0 2 11]"},
		"later":       {"client,when,amount\na,2024-01-01,5\na,2024-01-04,6\n", RFMOptions{AsOf: AsOf(unixDayTime(unixDay(day(2024, 1, 31))))}, "[a 27 2 11]"},
		"mixed dates": {"client,when,amount\na,31/01/2024 10:00,5\na,01/02/2024,6\nb,2024-02-02T00:00:00Z,1\n", RFMOptions{}, "[a 1 2 11] [b 0 1 1]"},
	} {
		t.Run(name, func(t *testing.T) {
			table, _, err := RFM(t.Context(), NewTableReader(strings.NewReader(test.text), TableOptions{}), test.o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i := range table.Len() {
				got = append(got, fmt.Sprint([]any{table.Value(0, i), table.Value(1, i), table.Value(2, i), table.Value(3, i)}))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	for name, test := range map[string]struct {
		text string
		o    RFMOptions
		err  error
	}{
		"customers": {mallText, RFMOptions{}, ErrOrders},
		"no price":  {"client,when,qty\na,2024-01-01,5\na,2024-01-02,6\n", RFMOptions{}, ErrOrders},
		"no column": {orders, RFMOptions{Columns: OrderColumns{Customer: "nobody"}}, ErrUnknownColumn},
		"no lines":  {"client,when,amount\n", RFMOptions{}, ErrNoRows},
		"none left": {"client,when,amount\n,2024-01-01,5\n", RFMOptions{Columns: OrderColumns{Customer: "client"}}, ErrNoRows},
	} {
		if _, _, err := RFM(t.Context(), NewTableReader(strings.NewReader(test.text), TableOptions{}), test.o); !errors.Is(err, test.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const mallText = "CustomerID,Age,Score\n1,2,3\n2,3,4\n"

// A line whose day cannot be read is left out and told; kinds that were set stay.
func TestRFMKinds(t *testing.T) {
	text := "client,when,total\n" + strings.Repeat("a,2024-01-01,05\nb,2024-01-02,06\n", 10) + "a,soon,07\n"
	o := TableOptions{Kinds: map[string]Kind{"Total": Amount, "Client": Category}}
	table, report, err := RFM(t.Context(), NewTableReader(strings.NewReader(text), o), RFMOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Len() != 2 || report.NoDay != 1 || report.Lines != 20 || table.Series("monetary").Number(0) != 50 || table.Columns()[0].Kind != Identifier {
		t.Errorf("%d customers, %+v", table.Len(), report)
	}
	o.Kinds["when"] = Date
	if _, _, err := RFM(t.Context(), NewTableReader(strings.NewReader(text), o), RFMOptions{}); !errors.Is(err, ErrDate) {
		t.Errorf("a day that is set: %v", err)
	}
}

func TestRFMCase(t *testing.T) {
	f, err := os.Open(testenv.Case(t, "transactions.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, report, err := RFM(t.Context(), NewTableReader(f, TableOptions{}), RFMOptions{})
	if err != nil || table.Len() != 12 || report.NoCustomer != 4 {
		t.Fatalf("%v %+v", err, report)
	}
}

// Lines in tables are counted as in one.
func TestRFMTables(t *testing.T) {
	lines, _, err := ReadTableFile(t.Context(), "../testdata/any/orders.csv", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want, report, err := RFMTable(t.Context(), lines, RFMOptions{})
	if err != nil {
		t.Fatal(err)
	}
	next, stop := iter.Pull(lines.Chunk(400))
	defer stop()
	first, _ := next()
	failed := errors.New("cut")
	for _, cut := range []bool{false, true} {
		got, found, err := RFMTables(t.Context(), first, func(yield func(*Table, error) bool) {
			at := 0
			for part := range lines.Chunk(400) {
				if at++; at > 1 && !yield(part, nil) {
					return
				}
			}
			if cut {
				yield(nil, failed)
			}
		}, RFMOptions{})
		if cut {
			if !errors.Is(err, failed) {
				t.Error(err)
			}
			continue
		}
		if err != nil || found.Lines != report.Lines {
			t.Fatalf("%v, %d lines of %d", err, found.Lines, report.Lines)
		}
		sameTable(t, got, want)
	}
}
