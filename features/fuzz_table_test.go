package features

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// tellReport writes a report as text, as NaN differs from itself.
func tellReport(r TableReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d %d %d %q %q %v %d %v %q %q %q\n", r.Rows, r.BadRows, r.Headers, r.Blank, r.Delimiter, r.Encoding, r.EncodingGuessed, r.Invalid, r.QuotedLines, r.Preamble, r.IndexColumn, r.Below)
	for _, c := range r.Columns {
		fmt.Fprintf(&b, "%+v %v %q %v %q %d %d %d %v %v %v\n", c.Column, c.Renamed, c.Header, c.Set, c.Reason, c.Missing, c.Unreadable, c.Distinct, c.Dates, c.Least, c.Greatest)
	}
	return b.String() + strings.Join(r.Warnings(), "\n")
}

// tellTable writes a table as text.
func tellTable(t *Table) string {
	var b strings.Builder
	for _, s := range t.series {
		fmt.Fprintf(&b, "%+v", s.Column())
		for i := range s.Len() {
			fmt.Fprintf(&b, "|%v", t.Value(slices.Index(t.ColumnNames(), s.Name()), i))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var fuzzTables = []string{
	kinds, orders, mallText,
	"Report 2024;;\n\nid;income;score\n1;9,5;3,4\n2;1.234,5;7\nTotal;;10,4\nSource: the mall\n",
	"\ufeffid\tcity\tspend\n1\tK\u00f6ln\t$5\n2\t\"a\"\"b\nc\"\t6 \u20ac\n,,\n",
	"id,city\n1,K\xf6ln\n2,x\n", "a,b\n1,2\nx\n3,4,5\n,\n6,7\n", "a\n1\n\n3\n", "n,日期\n1,2023年1月31日\n2,inf\n3,70 kg\n",
}

// FuzzReadTable reads any text as a table: whatever the sizes in which the source
// hands its bytes out and however many goroutines read columns, the table and its
// report are the same; every error is of the kinds that are documented; and each
// line is a row of the table or counted.
func FuzzReadTable(f *testing.F) {
	for _, text := range fuzzTables {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			t.Skip("small texts find what large ones do")
		}
		table, report, err := ReadTable(t.Context(), bytes.NewReader(text), TableOptions{Policy: Skip, Workers: 1, AsOf: newYear2015})
		for workers, r := range []io.Reader{iotest.HalfReader(bytes.NewReader(text)), iotest.OneByteReader(bytes.NewReader(text)), bytes.NewReader(text)} {
			inBlocks := NewTableReader(r, TableOptions{Policy: Skip, Workers: 2 + workers%2, AsOf: newYear2015})
			if workers == 2 {
				inBlocks.size = 1 + len(text)%64
			}
			again, report2, err2 := inBlocks.All(t.Context())
			if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
				t.Fatalf("whole: %v, in pieces: %v", err, err2)
			}
			if a, b := tellReport(report), tellReport(report2); a != b {
				t.Fatalf("whole:\n%s\nin pieces:\n%s", a, b)
			}
			if err == nil && tellTable(table) != tellTable(again) {
				t.Fatalf("whole:\n%s\nin pieces:\n%s", tellTable(table), tellTable(again))
			}
		}
		if err != nil {
			if e := new(ReadError); !errors.As(err, &e) {
				t.Fatalf("%#v", err)
			}
			return
		}
		if table.Len() != report.Rows || report.Rows == 0 {
			t.Fatalf("%d rows, report %d", table.Len(), report.Rows)
		}
		for _, c := range report.Columns {
			if n := table.Series(c.Name).missing(); n != c.Missing {
				t.Fatalf("%s: %d values are missing, report %d", c.Name, n, c.Missing)
			}
		}
		if bytes.ContainsAny(text, "\"\r") || !isASCII(text) || len(report.Columns) < 2 {
			return // lines are no rows, or blank ones are
		}
		lines := -1 // the header
		for line := range bytes.Lines(text) {
			switch line = bytes.TrimSpace(line); {
			case len(bytes.Trim(line, " \t"+report.Delimiter)) > 0 && !(len(line) <= 5 && bytes.HasPrefix(bytes.ToLower(line), []byte("sep="))):
				lines++
			}
		}
		if got := report.Rows + report.BadRows + report.Headers + len(report.Below) + len(report.Preamble); got != lines {
			t.Fatalf("%d of %d lines are counted:\n%s", got, lines, tellReport(report))
		}
	})
}

// FuzzBlocks reads a text in blocks of a few bytes: they come to the rows that the
// whole has, with its values, where their kinds are those of the whole.
func FuzzBlocks(f *testing.F) {
	for i, text := range fuzzTables {
		f.Add([]byte(text), byte(40*i))
	}
	f.Fuzz(func(t *testing.T, text []byte, size byte) {
		if len(text) > 1<<14 {
			t.Skip("small texts find what large ones do")
		}
		whole, report, err := ReadTable(t.Context(), bytes.NewReader(text), TableOptions{Policy: Skip, AsOf: newYear2015})
		r := NewTableReader(bytes.NewReader(text), TableOptions{Policy: Skip, AsOf: newYear2015})
		r.ahead, r.size = 1+2*int(size), 1+int(size)
		at := 0
		for block, err2 := range r.Blocks(t.Context()) {
			if err2 != nil {
				if err == nil && !errors.Is(err2, ErrContradiction) {
					t.Fatalf("in blocks: %v", err2)
				}
				return
			}
			if err != nil {
				continue
			}
			for _, s := range block.series {
				w := whole.Series(s.Name())
				if w.IsZero() && s.Name() != report.IndexColumn && report.IndexColumn != "without a name" {
					t.Fatalf("the whole has no column %q", s.Name())
				}
				if w.Kind() != s.Kind() {
					continue
				}
				for i := range s.Len() {
					if at+i >= whole.Len() {
						t.Fatalf("more than %d rows", whole.Len())
					}
					got, want := s.id(i), w.id(at+i)
					if s.Kind() == Date || !s.Kind().Numeric() && got == want || s.Kind().Numeric() && (got == want || got == "" || want == "") {
						continue
					}
					// A decimal mark, or a unit, that only later rows show.
					if s.Kind().Numeric() {
						continue
					}
					t.Fatalf("%s of row %d is %q in blocks, %q in the whole", s.Name(), at+i, got, want)
				}
			}
			at += block.Len()
		}
		if err != nil {
			t.Fatalf("whole: %v, and none in blocks", err)
		}
		// A total is found by its sum in a whole only.
		if below := len(r.Report().Below); at+below != whole.Len()+len(report.Below) || r.Report().Rows != at || r.Report().BadRows != report.BadRows {
			t.Fatalf("%d rows and %d below in blocks, %d and %d in the whole", at, below, whole.Len(), len(report.Below))
		}
	})
}

// FuzzInferRoles takes any table for one of customers: features are columns of
// numbers or words, no id and no value is anything else, and each column that
// serves for nothing has a reason.
func FuzzInferRoles(f *testing.F) {
	for _, text := range fuzzTables {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<14 {
			t.Skip("small texts find what large ones do")
		}
		table, _, err := ReadTable(t.Context(), bytes.NewReader(text), TableOptions{Policy: Skip, AsOf: newYear2015})
		if err != nil {
			return
		}
		roles, err := InferRoles(t.Context(), table, RoleOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range roles.Features {
			if k := table.Series(name).Kind(); !k.Numeric() && k != Category || name == roles.ID {
				t.Fatalf("the feature %q is %s", name, k)
			}
		}
		for _, v := range roles.Value {
			if !slices.Contains(roles.Features, v.Column) || !table.Series(v.Column).Kind().Numeric() {
				t.Fatalf("%q makes customers valuable", v.Column)
			}
		}
		if roles.ID != "" {
			seen := map[string]bool{}
			for _, id := range table.Series(roles.ID).IDs() {
				if id == "" || seen[id] {
					t.Fatalf("the id %q of %s is empty, or comes twice", id, roles.ID)
				}
				seen[id] = true
			}
		}
		if len(roles.Columns) != len(table.ColumnNames()) {
			t.Fatalf("%d columns have roles", len(roles.Columns))
		}
		for _, c := range roles.Columns {
			if c.Reason == "" {
				t.Fatalf("nothing tells why %s is %s", c.Column.Name, c.Role)
			}
		}
		if _, _, err := FindOrderColumns(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzRFM counts lines of orders made of bytes: the customers' money comes to that
// of the lines, each order is counted for one customer, and every line is counted
// or left out for a reason.
func FuzzRFM(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"), false)
	f.Add([]byte("customers buy and give back, and some have no name at all"), true)
	f.Fuzz(func(t *testing.T, data []byte, days bool) {
		if len(data) < 6 || len(data) > 1<<12 {
			t.Skip("no line, or many")
		}
		var text strings.Builder
		text.WriteString("customer_id,order_date,quantity,unit_price")
		if !days {
			text.WriteString(",invoice_no")
		}
		text.WriteByte('\n')
		want, money := new(big.Float).SetPrec(200), 0
		lines, left, plain, invoices := 0, 0, 0, map[string]bool{}
		type line struct {
			q, price   int
			c, counted bool
			order      string
		}
		var all []line
		for ; len(data) >= 6; data = data[6:] {
			l := line{q: int(int8(data[2])) / 4, price: int(data[3]), c: data[4]%8 == 0}
			customer, day := fmt.Sprintf("k%d", data[0]%16), fmt.Sprintf("2023-%02d-%02d", 1+data[1]%12, 1+data[5]%28)
			if data[0] > 240 {
				customer = ""
			}
			if data[1] > 240 {
				day = ""
			}
			price := fmt.Sprintf("%d.%02d", l.price, data[5]%100)
			l.price = 100*l.price + int(data[5]%100)
			if data[3] > 250 {
				price = ""
			}
			l.order = fmt.Sprint(1000 + int(data[4]))
			if !l.c {
				plain++
			} else {
				l.order = "C" + l.order
			}
			l.counted = customer != "" && day != "" && price != ""
			lines++
			if !l.counted {
				left++
			}
			invoice := "," + l.order
			if days {
				invoice, l.c, l.order = "", false, day
			}
			l.order = customer + " " + l.order
			all = append(all, l)
			fmt.Fprintf(&text, "%s,%s,%d,%s%s\n", customer, day, l.q, price, invoice)
		}
		marked := 2*plain > lines
		for _, l := range all {
			x := l.q * l.price
			back := l.q < 0 || l.c && marked
			if back {
				x = -max(x, -x)
			} else if l.counted {
				invoices[l.order] = true
			}
			if l.counted {
				money += x
			}
		}
		want.SetInt64(int64(money))
		table, report, err := RFM(t.Context(), NewTableReader(strings.NewReader(text.String()), TableOptions{AsOf: newYear2015}),
			RFMOptions{Columns: OrderColumns{Customer: "customer_id", Day: "order_date", Quantity: "quantity", Price: "unit_price"}})
		if err != nil {
			if lines > left {
				t.Fatalf("%v\n%s", err, text.String())
			}
			return
		}
		if report.Lines+report.NoCustomer+report.NoDay+report.NoAmount != lines || report.Lines != lines-left {
			t.Fatalf("%d lines, %d left out: %+v", lines, left, report)
		}
		got, orders := new(big.Float).SetPrec(200), 0
		for i := range table.Len() {
			got.Add(got, big.NewFloat(100*table.Series("monetary").Number(i)))
			orders += int(table.Series("frequency").Number(i))
			if r := table.Series("recency").Number(i); r < 0 || r > table.Series("tenure").Number(i) {
				t.Fatalf("recency %v, tenure %v", r, table.Series("tenure").Number(i))
			}
		}
		if diff, _ := got.Sub(got, want).Float64(); math.Abs(diff) > 1e-3 {
			t.Fatalf("the money of customers is %v hundredths from that of the lines\n%s", diff, text.String())
		}
		if orders != len(invoices) {
			t.Fatalf("%d orders, want %d\n%s", orders, len(invoices), text.String())
		}
	})
}
