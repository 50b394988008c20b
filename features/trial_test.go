package features

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// rowsOf writes a table of n rows, in which each column cycles through its values;
// # stands for the number of the row from 1.
func rowsOf(n int, delim string, columns ...[]string) string {
	var b strings.Builder
	for i := -1; i < n; i++ {
		for j, c := range columns {
			if j > 0 {
				b.WriteString(delim)
			}
			if i < 0 {
				b.WriteString(c[0])
			} else {
				b.WriteString(strings.ReplaceAll(c[1+i%(len(c)-1)], "#", fmt.Sprint(i+1)))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func col(name string, values ...string) []string { return append([]string{name}, values...) }

// What files of customers that people have were taken for wrongly once.
func TestTrials(t *testing.T) {
	age, spend := col("Age", "31", "44", "27", "60", "52"), col("Spend", "10.5", "7", "99.25")
	barcodes := col("barcode")
	for i := range 20 {
		barcodes = append(barcodes, fmt.Sprint(4_006_381_333_931+int64(i*i*7919%1000)*1_000_003))
	}
	for name, test := range map[string]struct {
		text     string
		kinds    map[string]Kind
		id       string
		features []string
		value    []Value
		says     string // of the roles
	}{
		"decimal commas that part the numbers": {text: rowsOf(20, ";", col("id", "#"), col("income", "9,5", "3,25", "4,75"), col("score", "1,5", "2,5")),
			id: "id", features: []string{"income", "score"}, value: []Value{{"income", false}}},
		"codes in digits": {text: rowsOf(20, ",", col("Channel", "1", "2"), col("Region", "3", "1", "2"), col("zip", "53113", "50667", "10115", "80331"), age, spend),
			kinds: map[string]Kind{"Channel": Category, "Region": Category, "zip": Category}, features: []string{"Channel", "Region", "zip", "Age", "Spend"}, value: []Value{{"Spend", false}}},
		"long ids": {text: rowsOf(20, ",", barcodes, age, spend),
			features: []string{"Age", "Spend"}, value: []Value{{"Spend", false}}, says: "Not used: barcode"},
		"ids of others": {text: rowsOf(20, ",", col("CustomerID", "#"), col("StoreID", "1", "2", "3"), col("house_no", "7", "9"), col("grid", "4", "2", "1"), age, spend),
			id: "CustomerID", features: []string{"grid", "Age", "Spend"}, value: []Value{{"Spend", false}}, says: "Not used: StoreID, its name is that of ids."},
		"rows that are no customers": {text: rowsOf(20, ",", col("session", "s#"), col("user_id", "u1", "u2", "u3"), age, spend),
			id: "session", features: []string{"Age", "Spend"}, value: []Value{{"Spend", false}}, says: "Rows: they are no customers, as user_id, which names these, repeats."},
		"segments made before": {text: rowsOf(20, ",", col("id", "#"), col("cluster", "2", "0", "1"), col("tier", "Gold", "Silver"), age, spend),
			id: "id", features: []string{"Age", "Spend"}, value: []Value{{"Spend", false}}, says: "To describe by: tier."},
		"names of persons": {text: rowsOf(20, ",", col("RowNumber", "#"), col("Surname", "Hill", "Boni"), age, spend),
			id: "RowNumber", features: []string{"Age", "Spend"}, value: []Value{{"Spend", false}}, says: "Not used: Surname, its name is that of persons."},
		"an id in Portuguese": {text: rowsOf(20, ";", col("Código do Cliente", "5", "7", "9", "#1"), col("Renda", "1", "2", "4"), col("Idade", "31", "44", "27")),
			features: []string{"Renda", "Idade"}, value: []Value{{"Renda", false}}},
		"an id in any language that rises": {text: rowsOf(20, ",", col("nimi", "1#"), age, spend),
			id: "nimi", features: []string{"Age", "Spend"}, value: []Value{{"Spend", false}}},
		"money that is no value": {text: rowsOf(20, ",", col("id", "#"), col("Total Claim Amount", "5.5", "6", "7"), col("Months Since Last Claim", "3", "2", "7", "1"), col("Discount Amount", "1", "2", "3.5", "4")),
			id: "id", features: []string{"Total Claim Amount", "Months Since Last Claim", "Discount Amount"}, value: []Value{{"Total Claim Amount", true}}},
		"prices": {text: rowsOf(20, ",", col("id", "#"), col("bmi", "25.5", "31.25", "19"), col("MonthlyCharges", "5.5", "6", "7", "8")),
			id: "id", features: []string{"bmi", "MonthlyCharges"}, value: []Value{{"MonthlyCharges", false}}, says: "a guess"},
		"units": {text: rowsOf(20, ",", col("id", "#"), col("weight", "70 kg", "81.5 kg", "64 kg"), col("income", "15k", "22k", "9k", "40k")),
			kinds: map[string]Kind{"weight": Amount, "income": Amount}, id: "id", features: []string{"weight", "income"}, value: []Value{{"income", false}}},
		"moments": {text: rowsOf(20, ",", col("id", "#"), col("timestamp", "1690000000", "1690086400", "1700000000"), col("created_ms", "1690000000000", "1690086400000"), age, spend),
			kinds: map[string]Kind{"timestamp": Date, "created_ms": Date}, id: "id", features: []string{"Age", "Spend"}, value: []Value{{"Spend", false}}},
		"Chinese days": {text: rowsOf(20, ",", col("id", "#"), col("日期", "2023年01月31日", "2023年2月3日"), col("날짜", "2023년 1월 31일", "2024년 12월 3일"), age, spend),
			kinds: map[string]Kind{"日期": Date, "날짜": Date}, id: "id", features: []string{"Age", "Spend"}, value: []Value{{"Spend", false}}},
		"years as names": {text: rowsOf(20, ",", col("customer", "c#"), col("2021", "1.5", "2", "4"), col("2022", "3", "1", "7", "2"), col("2023", "3", "9")),
			id: "customer", features: []string{"2021", "2022", "2023"}, value: []Value{{"2021", false}}},
	} {
		t.Run(name, func(t *testing.T) {
			table, report := readTable(t, test.text, TableOptions{})
			for _, c := range report.Columns {
				if want := test.kinds[c.Name]; want != 0 && c.Kind != want {
					t.Errorf("%s is %s (%s), want %s", c.Name, c.Kind, c.Reason, want)
				}
			}
			roles, err := InferRoles(t.Context(), table, RoleOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if roles.ID != test.id || !slices.Equal(roles.Features, test.features) || !slices.Equal(roles.Value, test.value) || !strings.Contains(roles.String(), test.says) {
				t.Errorf("%s", roles)
			}
		})
	}
	table, report := readTable(t, rowsOf(20, ",", col("id", "#"), col("weight", "70 kg", "81.5 kg", "64 kg"), col("at", "a", "b"), col("time", "1690000000")), TableOptions{})
	if w := table.Series("weight"); w.Number(1) != 81.5 || w.Column().Unit != "kg" || report.Columns[1].Greatest != 81.5 {
		t.Errorf("weight %v %q %v", w.Number(1), w.Column().Unit, report.Columns[1])
	}
	if d := table.Series("time").Day(0); !d.Equal(time.Date(2023, 7, 22, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the moment is of %v", d)
	}
}

func TestSpaces(t *testing.T) {
	_, _, err := ReadTable(t.Context(), strings.NewReader("id spend visits\n1 2 3\n4 5 6\n"), TableOptions{})
	if err == nil || !strings.Contains(err.Error(), "each line has 3 words with blanks between them") {
		t.Error(err)
	}
}

// The columns of orders are those of customers, of the day of the order and of the
// amount, and not what only sounds like them.
func TestFindOrderColumns(t *testing.T) {
	day := func(name string) []string { return col(name, "2024-01-02", "2024-01-03", "2024-02-07") }
	for name, test := range map[string]struct {
		text string
		want OrderColumns
		ok   bool
	}{
		"a kind of customer": {rowsOf(20, ",", col("customer_type", "Transient", "Contract"), day("reservation_date"), col("total_of_special_requests", "1", "0", "2"), col("adr", "1.5", "2")), OrderColumns{}, false},
		"a customer an order": {rowsOf(20, ",", col("order_id", "c1#f", "a9#", "0b#"), col("customer_id", "x#"), col("customer_unique_id", "u1", "u2", "u3"),
			day("order_delivered_date"), day("order_purchase_timestamp"), col("payment_value", "1.5", "2.5")),
			OrderColumns{Customer: "customer_unique_id", Day: "order_purchase_timestamp", Invoice: "order_id", Amount: "payment_value"}, true},
		"birthdays": {rowsOf(20, ",", col("CustomerID", "7", "8", "9"), day("Date of Birth"), day("TransactionDate"), col("TransactionAmount (INR)", "5", "6.5")),
			OrderColumns{Customer: "CustomerID", Day: "TransactionDate", Amount: "TransactionAmount (INR)"}, true},
		"Portuguese": {rowsOf(20, ",", col("Pedido", "#"), col("Cliente", "João", "Inês"), col("Data", "31/01/2024", "01/02/2024"), col("Quantidade", "1", "2", "3"), col("Preço Unitário", "5.5", "6")),
			OrderColumns{Customer: "Cliente", Day: "Data", Invoice: "Pedido", Quantity: "Quantidade", Price: "Preço Unitário"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			table, _ := readTable(t, test.text, TableOptions{})
			got, ok, err := FindOrderColumns(t.Context(), table)
			if err != nil {
				t.Fatal(err)
			}
			if ok != test.ok || ok && got != test.want {
				t.Errorf("%v %+v", ok, got)
			}
		})
	}
}

// Ids of hexadecimal digits that start with c are no cancellations; lines of orders
// that were undone or are in several currencies are told.
func TestRFMTells(t *testing.T) {
	_, report, err := RFM(t.Context(), NewTableReader(strings.NewReader(rowsOf(20, ",", col("order_id", "c1#", "c2#f", "ab#"), col("client", "a", "b", "c"), col("date", "2024-01-02"),
		col("total", "5"), col("order_status", "done", "done", "done", "cancelled"), col("currency", "EUR", "USD"))), TableOptions{}), RFMOptions{})
	if err != nil || report.Mark || report.Returns != 0 {
		t.Errorf("%v %+v", err, report)
	}
	for _, want := range []string{`lines whose order_status is "cancelled" are counted as purchases: leave them out beforehand if they are none`,
		"the amounts are in EUR and USD by the column currency, and added as if they were in one currency"} {
		if !slices.Contains(report.Warnings(), want) {
			t.Errorf("%q is not in %q", want, report.Warnings())
		}
	}
}
