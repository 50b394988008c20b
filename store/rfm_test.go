package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
)

// orders returns lines of orders as text, with returns, cancellations, and lines that
// lack something.
func orders(rows int, seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	b.WriteString("InvoiceNo,Quantity,InvoiceDate,UnitPrice,CustomerID\n")
	for i := range rows {
		invoice, quantity := fmt.Sprint(536000+i/3), 1+rng.IntN(20)
		switch rng.IntN(12) {
		case 0:
			invoice, quantity = "C"+invoice, -quantity
		case 1:
			quantity = -quantity
		case 2:
			invoice = "C" + invoice // marked, and not negative
		}
		customer := fmt.Sprintf("%d.0", 17000+rng.IntN(1+rows/4))
		price := fmt.Sprintf("%.2f", 0.1+float64(rng.IntN(2000))/100)
		when := time.Date(2010, 12, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(rng.IntN(373*24)) * time.Hour).Format(time.DateTime)
		switch rng.IntN(30) {
		case 0:
			customer = ""
		case 1:
			price = ""
		case 2:
			when = ""
		case 3:
			invoice = ""
		}
		fmt.Fprintf(&b, "%s,%d,%s,%s,%s\n", invoice, quantity, when, price, customer)
	}
	return b.String()
}

// sameRFM compares two tables of customers whatever their order, with sums
// that differ in their last digits.
func sameRFM(t testing.TB, got, want *features.Table) {
	t.Helper()
	if !slices.Equal(got.ColumnNames(), want.ColumnNames()) || got.Len() != want.Len() || !got.AsOf().Equal(want.AsOf()) {
		t.Fatalf("%d customers of %v on %s; want %d of %v on %s", got.Len(), got.ColumnNames(), got.AsOf(), want.Len(), want.ColumnNames(), want.AsOf())
	}
	at := map[string]int{}
	for i := range got.Len() {
		at[got.Series(got.ColumnNames()[0]).Word(i)] = i
	}
	for i := range want.Len() {
		id := want.Series(want.ColumnNames()[0]).Word(i)
		row, ok := at[id]
		if !ok {
			t.Fatalf("customer %s is not there", id)
		}
		for _, name := range want.ColumnNames()[1:] {
			a, b := got.Series(name).Number(row), want.Series(name).Number(i)
			if math.IsNaN(a) != math.IsNaN(b) || math.Abs(a-b) > 1e-12*max(1, math.Abs(b)) {
				t.Errorf("%s of customer %s is %v; want %v", name, id, a, b)
			}
		}
	}
}

// fill makes a table of lines as other programs have them, not by SaveTable.
func fill(t *testing.T, s *Store, name, csv string) {
	t.Helper()
	real := "numeric(10,2)"
	if s.Dialect() == SQLite {
		real = "REAL"
	}
	execute(t, s, fmt.Sprintf(`CREATE TABLE %s ("InvoiceNo" varchar(9), "Quantity" integer, "InvoiceDate" timestamp, "UnitPrice" %s, "CustomerID" text, payload json)`, quote(name), real))
	tx, err := s.DB().Beginx()
	check(t, err)
	for _, line := range strings.Split(strings.TrimSpace(csv), "\n")[1:] {
		row := []any{}
		for _, v := range strings.Split(line, ",") {
			if row = append(row, v); v == "" {
				row[len(row)-1] = nil
			}
		}
		if row[1] != nil && s.Dialect() == SQLite {
			var n int
			fmt.Sscan(row[1].(string), &n)
			row[1] = n
		}
		_, err := tx.Exec(tx.Rebind("INSERT INTO "+quote(name)+" VALUES (?, ?, ?, ?, ?, NULL)"), row...)
		check(t, err)
	}
	check(t, tx.Commit())
}

func TestRFM(t *testing.T) {
	text := orders(900, 7)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		fill(t, s, "my orders", text)
		for name, o := range map[string]features.RFMOptions{
			"found": {}, "as of": {AsOf: features.AsOf(day("2011-06-30"))},
			"quantities": {Columns: features.OrderColumns{Amount: "quantity"}},
		} {
			want, report, err := features.RFM(ctx, features.NewTableReader(strings.NewReader(text), features.TableOptions{}), o)
			check(t, err)
			got, told, err := s.RFM(ctx, "my orders", o)
			check(t, err)
			sameRFM(t, got, want)
			report.Table = features.TableReport{}
			if fmt.Sprintf("%+v", told) != fmt.Sprintf("%+v", report) {
				t.Errorf("%s: the report is\n%+v; want\n%+v", name, told, report)
			}
			if name == "found" && report.NoCustomer*report.NoDay*report.NoAmount*report.Returns*report.OnlyBack == 0 {
				t.Errorf("%s: the lines lack a case: %+v", name, report)
			}
			ids := got.Series("CustomerID").Words()
			if !slices.IsSorted(ids) {
				t.Errorf("%s: the customers are not in order", name)
			}
		}
	})
}

// The lines of the case, from a table that was saved and by the statement alone.
func TestRFMSQL(t *testing.T) {
	f, err := os.Open(testenv.Case(t, "transactions.csv"))
	check(t, err)
	defer f.Close()
	lines, _, err := features.ReadTable(t.Context(), f, features.TableOptions{})
	check(t, err)
	want, report, err := features.RFMTable(t.Context(), lines, features.RFMOptions{})
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		for _, name := range []string{"lines", "RFM counted", "rfm _customers"} { // as parts of the statement
			check(t, s.SaveTable(t.Context(), name, lines))
			got, _, err := s.RFM(t.Context(), name, features.RFMOptions{})
			check(t, err)
			sameRFM(t, got, want)
		}
		query, err := RFMSQL(s.Dialect(), "lines", report.Columns, features.AsOf{})
		check(t, err)
		execute(t, s, "CREATE VIEW rfm AS "+query)
		view, err := s.ReadTable(t.Context(), "rfm", TableOptions{Read: features.TableOptions{Kinds: map[string]features.Kind{report.Columns.Customer: features.Identifier}}})
		check(t, err)
		sameRFM(t, view.At(features.AsOf(want.AsOf())), want)
	})
}

func TestRFMForms(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"all C":    {"order_id,client_id,date,total\nC1,a,2024-01-01,5\nC2,a,2024-01-02,6\nC3,b,2024-01-02,7\n", "[a 0 2 11] [b 0 1 7]"},
		"days":     {"client,when,amount\na,2024-01-01,5\na,2024-01-01,6\na,2024-01-03,6\nb,2024-01-02,7\n", "[a 0 2 17] [b 1 1 7]"},
		"versions": {"client_id,day,amount\n1.2.0,2024-01-01,5\n1.2,2024-01-02,6\n1.2,2024-01-02,7\n", "[1.2 0 1 13] [1.2.0 1 1 5]"},
		"number":   {"client_id,day,amount\n17001,2024-01-01,5\n17001,2024-01-02,6\n17002,2024-01-02,7\n", "[17001 0 2 11] [17002 0 1 7]"},
	} {
		lines, _, err := features.ReadTable(t.Context(), strings.NewReader(c.text), features.TableOptions{})
		check(t, err)
		onEach(t, func(t *testing.T, s *Store) {
			check(t, s.SaveTable(t.Context(), "lines", lines))
			var got []string
			table, told, err := s.RFM(t.Context(), "lines", features.RFMOptions{})
			check(t, err)
			_, report, err := features.RFMTable(t.Context(), lines, features.RFMOptions{})
			check(t, err)
			if fmt.Sprintf("%+v", told) != fmt.Sprintf("%+v", report) {
				t.Errorf("%s: the report is\n%+v; want\n%+v", name, told, report)
			}
			for i := range table.Len() {
				got = append(got, fmt.Sprint([]any{table.Value(0, i), table.Value(1, i), table.Value(2, i), table.Value(3, i)}))
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("%s: %s; want %s", name, text, c.want)
			}
		})
	}
}

func TestRFMRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		execute(t, s, "CREATE TABLE mall (customerid integer, age integer)", "INSERT INTO mall VALUES (1, 30), (2, 40)",
			"CREATE TABLE worded (client text, bought text, amount text)", "INSERT INTO worded VALUES ('a', '31/12/2024', '1,5'), ('a', '30/12/2024', '2,5')",
			"CREATE TABLE half (client text, bought date, amount double precision)", "INSERT INTO half VALUES (NULL, '2024-01-01', 5)")
		_, _, err := s.RFM(ctx, "mall", features.RFMOptions{})
		wantError(t, err, features.ErrOrders, "day")
		kind := ErrColumns
		if s.Dialect() == SQLite {
			kind = ErrValue
		}
		_, _, err = s.RFM(ctx, "worded", features.RFMOptions{})
		wantError(t, err, kind, `"bought"`, "features.RFMTable")
		_, _, err = s.RFM(ctx, "half", features.RFMOptions{Columns: features.OrderColumns{Customer: "client"}})
		wantError(t, err, features.ErrNoRows, "1 lines")
		lines, err := features.NewTable(time.Time{}, features.WordSeries(features.Column{Name: "client"}, nil), features.DaySeries(features.Column{Name: "bought"}, nil), features.NumberSeries[int](features.Column{Name: "amount"}, nil))
		check(t, err)
		check(t, s.SaveTable(ctx, "no lines", lines))
		_, _, err = s.RFM(ctx, "no lines", features.RFMOptions{Columns: features.OrderColumns{Customer: "client"}})
		wantError(t, err, features.ErrNoRows, "0 lines")
		_, _, err = s.RFM(ctx, "halff", features.RFMOptions{})
		wantError(t, err, ErrNoTable, "there are half")
		_, _, err = s.RFM(ctx, "half", features.RFMOptions{Columns: features.OrderColumns{Customer: "nobody"}})
		wantError(t, err, features.ErrUnknownColumn)
	})
	full := features.OrderColumns{Customer: "c", Day: "d", Amount: "a"}
	_, err := RFMSQL("mysql", "lines", full, features.AsOf{})
	wantError(t, err, ErrOption, "mysql")
	_, err = RFMSQL(Postgres, "", full, features.AsOf{})
	wantError(t, err, ErrName)
	_, err = RFMSQL(Postgres, "lines", features.OrderColumns{Customer: "c", Day: "d", Quantity: "q"}, features.AsOf{})
	wantError(t, err, features.ErrOrders, "price")
}
