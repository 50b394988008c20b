package features

import (
	"errors"
	"fmt"
	"github.com/customer-personality/segmentation/internal/testenv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withIDs returns a campaign file whose first column has the ids.
func withIDs(name string, ids ...string) string {
	rows := [][]string{append([]string{name}, minimalHeader...)}
	for _, id := range ids {
		rows = append(rows, append([]string{id}, minimal("Dt_Customer", "21-08-2013")...))
	}
	return table(',', rows...)
}

func idsOf(customers []Customer) []string {
	ids := make([]string, len(customers))
	for i, c := range customers {
		ids[i] = c.ID
	}
	return ids
}

// kindsOfIDs are ids as real files have them.
var kindsOfIDs = []string{
	"5524", "0001", "00", "-5", "12347.0", "12347.00", "1e5", "1.5E+03", "C10001", "c10001", "R1", "1R", "USD7", "CAD5", "5EUR", "A900001", "$5", "€5", "7590-VHVEG",
	"3f2504e0-4f89-11d3-9a0c-0305e82c3301", "CUST_0001", "AA 1047", "x@y.org", "19/0042", "58.138", "1,5", "1;5", "1|5", "'0007", "=1+1", "#12", "true", "2012-09-04",
	"99999999999999999999", "Žofie", "客户7", `say "x"`, "-", strings.Repeat("x", 256),
}

func TestIDsComeOutAsTheyWentIn(t *testing.T) {
	ids := slices.DeleteFunc(slices.Clone(kindsOfIDs), func(id string) bool { return id == "-" })
	for _, delim := range []rune{',', ';', '\t', '|'} {
		rows := [][]string{append([]string{"ID"}, minimalHeader...)}
		for _, id := range ids {
			rows = append(rows, append([]string{id}, minimal("Dt_Customer", "21-08-2013")...))
		}
		got, report := readString(t, table(delim, rows...))
		if have := idsOf(got); !slices.Equal(have, ids) {
			t.Errorf("with %q between:\n%q\nwant\n%q", delim, have, ids)
		}
		if report.IDColumn != "" || report.Numbered || report.RepeatedIDs.Rows != 0 || len(report.Warnings()) > 0 {
			t.Errorf("%q: %v", delim, report)
		}
		// The id as the last column.
		for i, row := range rows {
			rows[i] = append(row[1:len(row):len(row)], row[0])
		}
		got, _ = readString(t, strings.ReplaceAll(table(delim, rows...), "\n", "\r\n"))
		if have := idsOf(got); !slices.Equal(have, ids) {
			t.Errorf("last, with %q between:\n%q\nwant\n%q", delim, have, ids)
		}
		// And through a Writer.
		var b strings.Builder
		w := NewWriter(&b)
		for i := range got {
			if err := got[i].Validate(); err != nil {
				t.Error(err)
			}
			if err := w.Write(&got[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		again, _ := readString(t, b.String())
		sameAll(t, again, got)
		// Through data frames.
		again, err := CustomersFromFrame(t.Context(), frameOf(got))
		if err != nil {
			t.Fatal(err)
		}
		sameAll(t, again, got)
		// The table's own file has them too.
		b.Reset()
		if err := testenv.Must(Engineer(t.Context(), got, newYear2015)).WriteCSV(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		again, _ = readString(t, b.String())
		sameAll(t, again, got)
	}
}

func TestIDsAreTrimmed(t *testing.T) {
	for raw, want := range map[string]string{
		" 7": "7", "7 ": "7", "\u00a07\u00a0": "7", `"0007"`: "0007", `" C 7 "`: "C 7", ` "7"`: "7", "\ufeff7": "7", "\u200b7": "7",
	} {
		t.Run(raw, func(t *testing.T) {
			got, _ := readString(t, strings.Join(append([]string{"ID"}, minimalHeader...), ",")+"\n"+raw+","+strings.Join(minimal("Dt_Customer", "21-08-2013"), ",")+"\n")
			if got[0].ID != want {
				t.Errorf("%q: %q, want %q", raw, got[0].ID, want)
			}
		})
	}
}

func TestIDErrors(t *testing.T) {
	const want = "; want an id such as 5524 or C10001, of up to 256 bytes and without control characters"
	for raw, reason := range map[string]string{
		"": "the value is missing", "  ": "the value is missing", `""`: "the value is missing",
		"NA": `"NA" is no id`, "null": `"null" is no id`, "NaN": `"NaN" is no id`, "#N/A": `"#N/A" is no id`, "-": `"-" is no id`,
		strings.Repeat("x", 257): `"` + strings.Repeat("x", 60) + `…" is 257 bytes long`,
		"\"a\nb\"":               `"a\nb" holds control characters`, "a\x01b": `"a\x01b" holds control characters`, "a\u0085b": `"a\u0085b" holds control characters`,
	} {
		t.Run(raw, func(t *testing.T) {
			text := strings.Join(append([]string{"client_id"}, minimalHeader...), ",") + "\n1," + strings.Join(minimal("Dt_Customer", "21-08-2013"), ",") + "\n" + raw + "," + strings.Join(minimal(), ",") + "\n3," + strings.Join(minimal(), ",") + "\n"
			_, _, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Name: "x.csv"})
			var e *ReadError
			if !errors.As(err, &e) || !errors.Is(err, ErrValue) || e.Line != 3 || e.Column != "id" || err.Error() != "x.csv: line 3, column id: "+reason+want {
				t.Errorf("%.20q: %v", raw, err)
			}
			got, report, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Policy: Skip})
			if err != nil || !slices.Equal(idsOf(got), []string{"1", "3"}) || report.BadRows != 1 {
				t.Errorf("%.20q: %q, %v, %v", raw, idsOf(got), report, err)
			}
		})
	}
}

func TestIDColumn(t *testing.T) {
	for _, name := range []string{
		"client_id", "Client ID", "CLIENTID", "clientId", "client-id", "client.id", "customer_id", "CustomerID", "Customer ID", "customerid", "Customer Id", "cust_id", "CustID", "CLIENTNUM", "Client No.",
		"account", "Account", "account_id", "account_no", "Account Number", "Acct No", "user_id", "UserID", "member_id", "Member No", "client", "customer", "Customer #", "customer_no", "Customer Number", "Customer Key", "cust_code",
		"Kundennummer", "Kunden-Nr.", "KundenID", "id_cliente", "Cód. Cliente", "Numéro client", "Nº cliente", "klantnummer", "Kundnr", "客户ID", "household_id", "UUID",
		"\ufeffclient_id", "ï»¿client_id", "ï..client_id",
	} {
		got, report := readString(t, withIDs(name, "C7", "0001"))
		if !slices.Equal(idsOf(got), []string{"C7", "0001"}) || report.Numbered || len(report.Ignored) > 0 || slices.Contains(report.Absent, "id") {
			t.Errorf("%q: %q, %v", name, idsOf(got), report)
		}
		column := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, "\ufeff"), "ï»¿"), "ï..")
		if want := fmt.Sprintf("the column %q is taken for the id", column); report.IDColumn != column || !slices.Equal(report.Warnings(), []string{want}) {
			t.Errorf("%q: taken is %q, warnings %q", name, report.IDColumn, report.Warnings())
		}
	}
	// Whatever else is named like an id is left alone.
	for _, name := range []string{"", "Unnamed: 0", "index", "No.", "row", "Customer Name", "campaign_id", "store_id", "Contact No", "idx", "paid", "Key Account", "Client since", "customers", "Account Balance", "User Agent"} {
		got, report := readString(t, withIDs(name, "C7", "0001"))
		if want := "the file has no column of ids, so customers are numbered 1, 2, 3, … in its order"; !slices.Equal(idsOf(got), []string{"1", "2"}) || !report.Numbered || report.IDColumn != "" || !slices.Equal(report.Warnings(), []string{want}) {
			t.Errorf("%q: %q, %v", name, idsOf(got), report)
		}
	}
	// The literal name is no news, in any writing.
	for _, name := range []string{"ID", "id", "Id", "\ufeffID", " ID ", `I.D.`, "ï»¿ID", "ï..ID"} {
		got, report := readString(t, withIDs(name, "C7"))
		if got[0].ID != "C7" || report.IDColumn != "" || len(report.Warnings()) > 0 {
			t.Errorf("%q: %q, %v", name, got[0].ID, report)
		}
	}
}

func TestIDColumnOfSeveral(t *testing.T) {
	for _, test := range []struct{ header, want, ignored string }{
		{"customer_id,ID", "ID", "customer_id"},
		{"ID,customer_id", "ID", "customer_id"},
		{"account,customer_id", "customer_id", "account"},
		{"user_id,Client No", "Client No", "user_id"},
		{"Customer ID,customer_id", "Customer ID", "customer_id"},
		{"client,account_no", "account_no", "client"},
		{",customer_id", "customer_id", ""}, // an index leads
		{"Unnamed: 0,ID", "ID", ""},         //
		{"row,cust_id", "cust_id", "row"},   //
		{"household_id,user", "household_id", "user"},
	} {
		names := strings.Split(test.header, ",")
		text := test.header + "," + strings.Join(minimalHeader, ",") + "\n" + names[0] + "'s," + names[1] + "'s," + strings.Join(minimal("Dt_Customer", "21-08-2013"), ",") + "\n"
		got, report := readString(t, text)
		if got[0].ID != test.want+"'s" || strings.Join(report.Ignored, "") != test.ignored {
			t.Errorf("%s: the id is %q and %q are ignored", test.header, got[0].ID, report.Ignored)
		}
		if want := test.want; want == "ID" && report.IDColumn != "" || want != "ID" && report.IDColumn != want {
			t.Errorf("%s: %q is taken", test.header, report.IDColumn)
		}
		if report.IndexColumn != (test.ignored == "") {
			t.Errorf("%s: index column: %v", test.header, report.IndexColumn)
		}
	}
	// The same name twice is still an error.
	if _, _, err := ReadAll(t.Context(), strings.NewReader("ID,id,"+strings.Join(minimalHeader, ",")+"\n"), ReadOptions{}); !errors.Is(err, ErrDuplicateColumn) {
		t.Error(err)
	}
}

// A column of a doubtful name that holds a few words is no column of ids.
func TestDoubtfulIDColumn(t *testing.T) {
	for _, name := range []string{"account", "Customer", "client"} {
		got, report := readString(t, withIDs(name, "savings", "current", "savings", "current", "savings"))
		if got[4].ID != "5" || !report.Numbered || report.IDColumn != "" || !slices.Equal(report.Ignored, []string{name}) || report.Absent[0] != "id" || report.RepeatedIDs.Rows != 0 {
			t.Errorf("%s: %q, %v", name, idsOf(got), report)
		}
		got, report = readString(t, withIDs(name, "A1", "A2", "A2", "A3"))
		if got[3].ID != "A3" || report.IDColumn != name || report.RepeatedIDs.Rows != 1 {
			t.Errorf("%s: %q, %v", name, idsOf(got), report)
		}
	}
	// No doubt about these, however often they repeat.
	got, report := readString(t, withIDs("customer_id", "7", "7", "7", "7"))
	if got[3].ID != "7" || report.RepeatedIDs.Rows != 3 {
		t.Errorf("%q, %v", idsOf(got), report)
	}
}

func TestRepeatedIDs(t *testing.T) {
	got, report := readString(t, withIDs("ID", "7", "8", "7", "07", "8", "7"))
	want := RepeatedIDs{Rows: 3, First: []RepeatedID{{"7", 4}, {"8", 6}, {"7", 7}}}
	if !slices.Equal(idsOf(got), []string{"7", "8", "7", "07", "8", "7"}) || report.RepeatedIDs.Rows != want.Rows || !slices.Equal(report.RepeatedIDs.First, want.First) {
		t.Errorf("%q, %+v", idsOf(got), report.RepeatedIDs)
	}
	if want := "3 rows have an id that an earlier row has: 7 (line 4), 8 (line 6), 7 (line 7)"; !slices.Equal(report.Warnings(), []string{want}) {
		t.Errorf("%q, want %q", report.Warnings(), want)
	}
	_, report = readString(t, withIDs("ID", "7", "8", "7"))
	if want := "1 row has an id that an earlier row has: 7 (line 4)"; !slices.Equal(report.Warnings(), []string{want}) {
		t.Errorf("%q, want %q", report.Warnings(), want)
	}
	ids := slices.Repeat([]string{"a"}, 10_000)
	_, report = readString(t, withIDs("ID", ids...))
	if r := report.RepeatedIDs; r.Rows != 9_999 || len(r.First) != 5 || !strings.HasSuffix(report.Warnings()[0], "a (line 7), 9994 more") {
		t.Errorf("%+v, %q", r, report.Warnings())
	}
	// Numbers never repeat, and are not looked at.
	_, report = readString(t, minimalTable(',', minimal("Dt_Customer", "21-08-2013"), minimal()))
	if report.RepeatedIDs.Rows != 0 {
		t.Errorf("%+v", report.RepeatedIDs)
	}
}

// Whatever the number of ids, the set takes 32 MiB, and says what it did not
// look at.
func TestRepeatedIDsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("two million ids; without -short")
	}
	r := &Reader{}
	for i := range maxIDs + 10 {
		r.id = fmt.Appendf(r.id[:0], "C%d", i)
		r.compareID(i)
	}
	for _, id := range []string{"C5", "C2097160"} {
		r.id = append(r.id[:0], id...)
		r.compareID(1)
	}
	rep := r.report.RepeatedIDs
	if rep.Rows != 1 || rep.First[0].ID != "C5" || rep.Unchecked != 11 || len(r.seenIDs.slots) != 2*maxIDs {
		t.Errorf("%+v, %d slots", rep, len(r.seenIDs.slots))
	}
	if w := rep.warnings(); len(w) != 2 || w[1] != "whether the ids of the last 11 customers repeat each other was not checked, for want of memory" {
		t.Errorf("%q", w)
	}
}

func TestIDsOfFrames(t *testing.T) {
	base := frameOf([]Customer{
		{ID: "1", YearBirth: 1957, Income: 1, DtCustomer: day(2012, 9, 4)},
		{ID: "2", YearBirth: 1957, Income: 1, DtCustomer: day(2012, 9, 4)},
	})
	const wrong = ` cannot be used; want an id such as 5524 or C10001, of up to 256 bytes and without control characters`
	for _, test := range []struct {
		name string
		ids  []any
		want string
		err  string
	}{
		{"id", []any{5524, -7}, "5524 -7", ""},
		{"id", []any{5524., 1e15}, "5524 1000000000000000", ""},
		{"id", []any{12347.5, 0.}, "12347.5 0", ""},
		{"id", []any{"0001", " C7 "}, "0001 C7", ""},
		{"ID", []any{"12347.0", "5,000"}, "12347.0 5,000", ""},
		{"Customer ID", []any{"a", "b"}, "a b", ""},
		{"clientnum", []any{1, 2}, "1 2", ""},
		{"id", []any{"a", nil}, "", `row 1, column id: ""` + wrong},
		{"id", []any{"a\nb", "c"}, "", `row 0, column id: "a\nb"` + wrong},
	} {
		got, err := CustomersFromFrame(t.Context(), base.without("id", []string{test.name}, test.ids))
		if test.err != "" && (!errors.Is(err, ErrValue) || err.Error() != test.err) {
			t.Errorf("%v, want %s", err, test.err)
		} else if test.err == "" && (err != nil || strings.Join(idsOf(got), " ") != test.want) {
			t.Errorf("%v: %q, %v", test.ids, idsOf(got), err)
		}
	}
	got, err := CustomersFromFrame(t.Context(), base.without("id", nil))
	if err != nil || strings.Join(idsOf(got), " ") != "1 2" {
		t.Errorf("%q, %v", idsOf(got), err)
	}
}

// Nothing can be calculated with ids.
func TestIDsAreNoNumbers(t *testing.T) {
	table, err := Engineer(t.Context(), []Customer{{ID: "5524", YearBirth: 1957, DtCustomer: day(2012, 9, 4)}}, newYear2015)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Matrix(t.Context(), "age", "ID"); !errors.Is(err, ErrNotNumeric) || err.Error() != "column id holds no numbers; want a numeric column, or the encoded table" {
		t.Error(err)
	}
	if c := Columns()[0]; c.Kind != Identifier || c.Kind.String() != "identifier" {
		t.Errorf("%+v", c)
	}
}

// The cases that came out wrong: see the texts beside them.
func TestSharedIDs(t *testing.T) {
	for name, first := range map[string]string{"client-id": "900001", "id-with-letter": "C900001"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "..", "shared", "cases", name+".csv")
			if _, err := os.Stat(path); err != nil {
				t.Skip("without the shared cases: ", err)
			}
			got, report, err := ReadFile(t.Context(), path, ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			prefix := strings.TrimRight(first, "0123456789")
			for i, c := range got {
				if want := fmt.Sprintf("%s%d", prefix, 900001+i); c.ID != want {
					t.Fatalf("%s: customer %d is %s, want %s", name, i, c.ID, want)
				}
			}
			if want := map[string]string{"client-id": "client_id"}[name]; report.IDColumn != want {
				t.Errorf("%s: %q is taken for the id", name, report.IDColumn)
			}
		})
	}
}

// Ids share blocks of memory: a row costs no allocation.
func TestIDsShareMemory(t *testing.T) {
	ids := make([]string, 20_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("C%06d", i)
	}
	text := withIDs("ID", ids...)
	n := testing.AllocsPerRun(3, func() {
		r := Read(strings.NewReader(text), ReadOptions{})
		var c Customer
		for r.Read(&c) == nil {
		}
		if c.ID != "C019999" {
			t.Errorf("the last id is %q", c.ID)
		}
	})
	// Most are for the days that decide the order of dates.
	if n > 2000 {
		t.Errorf("%v allocations for 20,000 customers", n)
	}
}

// besideIDs returns the warnings of a file that need not have ids.
func besideIDs(r Report) []string {
	r.Numbered = false
	return r.Warnings()
}

// Ids that a spreadsheet has shortened are no ids, and told; other numbers are as they
// are.
func TestShortenedIDs(t *testing.T) {
	const text = "Customer ID,Age,Turnover\n4.2E+11,30,1.5E+12\n4.21234E+11,40,2.5E+12\n41234567890,50,3.5E+12\n"
	table, report, err := ReadTable(t.Context(), strings.NewReader(text), TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ids := report.Columns[0]
	if ids.Kind != FreeText || ids.Shortened != 2 || report.Columns[2].Kind != Integer || report.Columns[2].Shortened != 0 {
		t.Errorf("%+v", report.Columns)
	}
	if w := report.Warnings(); len(w) != 1 || !strings.HasPrefix(w[0], "2 values of Customer ID are written as 4.2E+11 is, without the last digits") {
		t.Errorf("%q", w)
	}
	if roles, err := InferRoles(t.Context(), table, RoleOptions{}); err != nil || roles.ID == "Customer ID" || slices.Contains(roles.Features, "Customer ID") {
		t.Errorf("%v: id %q, features %q", err, roles.ID, roles.Features)
	}
	_, report, err = ReadTable(t.Context(), strings.NewReader(text), TableOptions{Kinds: map[string]Kind{"Customer ID": Identifier}})
	if err != nil || report.Columns[0].Shortened != 2 {
		t.Errorf("%v: %+v", err, report.Columns[0])
	}
	for written, want := range map[string]bool{
		"4.2E+11": true, "4E+11": true, "4,2E+15": true, "1.23456789012E+11": false, "4.2E+10": false, "4.2E-11": false, "-4.2E+11": false, "4.E+11": false, "E+11": false, "4.2E+": false, "4x2E+11": false, "42.1E+11": false,
	} {
		if shortened([]byte(written)) != want {
			t.Errorf("%q: %v", written, !want)
		}
	}
}
