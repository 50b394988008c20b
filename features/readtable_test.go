package features

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/customer-personality/segmentation/internal/testenv"
)

func readTable(t *testing.T, text string, o TableOptions) (*Table, TableReport) {
	t.Helper()
	table, report, err := ReadTable(t.Context(), strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return table, report
}

// Each column of the rows below is of the kind that its name tells.
const kinds = `id,age,amount,rate,flag,truth,answer,city,zip,day,note
7,30,12.5,45%,0,true,yes,Bonn,01234,2024-01-31,a very long remark on this one customer
8,,1000.25,5.5 %,1,false,no,Köln,50667,2024-02-01,another remark of the same length and kind
9,41,-3,100%,1,true,yes,Bonn,01234,2024-12-24,one more remark that nobody else has got
10,NA,7e2,7%,0,true,no,,99999,,and the last of the remarks in this table
11,12,0,1%,1,false,yes,Bonn,50667,2024-03-03,but for this one which is different again
12,13,1,2%,0,false,no,Köln,01234,2024-03-04,and a sixth that has been written by hand
13,14,2,3%,1,false,yes,Bonn,50667,2024-03-05,a seventh that says nothing of interest
14,15,3,4%,0,false,no,Bonn,01234,2024-03-06,an eighth about something else entirely
15,16,4,5%,1,false,yes,Köln,50667,2024-03-07,a ninth that is as long as the others
16,17,5,6%,0,false,no,Bonn,01234,2024-03-08,the tenth and last of these long remarks
`

func TestReadTableKinds(t *testing.T) {
	table, report := readTable(t, kinds, TableOptions{})
	want := []Kind{Integer, Integer, Amount, Percent, Flag, Bool, Flag, Category, Category, Date, FreeText}
	for i, c := range report.Columns {
		if c.Kind != want[i] || c.Reason == "" {
			t.Errorf("%s is %s (%s), want %s", c.Name, c.Kind, c.Reason, want[i])
		}
	}
	for column, values := range map[string][]any{
		"age": {30, nil, 41, nil}, "amount": {12.5, 1000.25, -3., 700.}, "rate": {45., 5.5, 100., 7.}, "flag": {0, 1, 1, 0},
		"truth": {true, false, true, true}, "answer": {1, 0, 1, 0}, "city": {"Bonn", "Köln", "Bonn", ""}, "zip": {"01234", "50667", "01234", "99999"},
		"day": {"2024-01-31", "2024-02-01", "2024-12-24", nil},
	} {
		j := slices.Index(table.ColumnNames(), column)
		for i, want := range values {
			if got := table.Value(j, i); got != want {
				t.Errorf("%s of row %d is %v, want %v", column, i, got, want)
			}
		}
	}
	if age := report.Columns[1]; age.Missing != 2 || age.Least != 12 || age.Greatest != 41 {
		t.Errorf("the report of age is %+v", age)
	}
	if len(report.Warnings()) > 0 {
		t.Errorf("warnings: %q", report.Warnings())
	}
}

// The same table in other writings comes out the same.
func TestReadTableWritings(t *testing.T) {
	want, _ := readTable(t, kinds, TableOptions{})
	encode := func(e interface{ Bytes([]byte) ([]byte, error) }, text string) string {
		b, err := e.Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	quoted := strings.ReplaceAll(strings.ReplaceAll(kinds, ",", `","`), "\n", "\"\n\"")
	for name, text := range map[string]string{
		"semicolons":       strings.ReplaceAll(kinds, ",", ";"),
		"tabs":             strings.ReplaceAll(kinds, ",", "\t"),
		"pipes":            strings.ReplaceAll(kinds, ",", "|"),
		"CRLF":             strings.ReplaceAll(kinds, "\n", "\r\n"),
		"CR":               strings.ReplaceAll(kinds, "\n", "\r"),
		"mark":             "\ufeff" + kinds,
		"no last feed":     strings.TrimSuffix(kinds, "\n"),
		"blank lines":      "\n\n" + strings.ReplaceAll(kinds, "\n", "\n\n"),
		"sep":              "sep=;\n" + strings.ReplaceAll(kinds, ",", ";"),
		"quotes":           `"` + strings.TrimSuffix(quoted, `"`),
		"blanks":           strings.ReplaceAll(kinds, ",", " , "),
		"empty fields":     strings.ReplaceAll(kinds, "\n", ",,\n"),
		"title":            "Customers of 2024\n\nsecret\n" + kinds,
		"repeated header":  kinds + kinds[:strings.IndexByte(kinds, '\n')+1],
		"Windows-1252":     encode(charmap.Windows1252.NewEncoder(), kinds),
		"UTF-16":           encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(), kinds),
		"whole line quote": `"` + strings.ReplaceAll(strings.TrimSuffix(kinds, "\n"), "\n", "\"\n\"") + "\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(text), iotest.HalfReader(strings.NewReader(text))} {
				got, _, err := ReadTable(t.Context(), r, TableOptions{})
				if err != nil {
					t.Fatal(err)
				}
				sameTable(t, got, want)
			}
		})
	}
}

func sameTable(t *testing.T, got, want *Table) {
	t.Helper()
	if g, w := got.Columns(), want.Columns(); !reflect.DeepEqual(g, w) || got.Len() != want.Len() {
		t.Fatalf("%d rows of %v, want %d of %v", got.Len(), g, want.Len(), w)
	}
	for j, c := range want.Columns() {
		for i := range want.Len() {
			if g, w := got.Value(j, i), want.Value(j, i); g != w {
				t.Errorf("%s of row %d is %v, want %v", c.Name, i, g, w)
			}
		}
	}
}

func TestReadTableEncodings(t *testing.T) {
	encode := func(text string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	chinese := "客户,年龄,年收入（万）\n张伟,34,12.5\n王芳,28,8.1\n李娜,51,30\n"
	japan := "顧客,とし,としゅう\nタナカ,34,12.5\nスズキ,28,8.1\nさとう,51,30\n"
	for name, test := range map[string]struct {
		text, encoding string
		names          []string
	}{
		"GBK":       {encode(simplifiedchinese.GBK.NewEncoder().String(chinese)), "GBK", []string{"客户", "年龄", "年收入（万）"}},
		"Shift-JIS": {encode(japanese.ShiftJIS.NewEncoder().String(japan)), "Shift-JIS", []string{"顧客", "とし", "としゅう"}},
		"EUC-KR":    {encode(korean.EUCKR.NewEncoder().String("고객,성별,나이,연소득\n가영,남,34,1200\n나리,여,28,800\n")), "EUC-KR", []string{"고객", "성별", "나이", "연소득"}},
		"kanji":     {encode(japanese.ShiftJIS.NewEncoder().String("顧客,性別,年齢,年収\n一,男性,34,12.5\n二,女性,28,8.1\n")), "Shift-JIS", []string{"顧客", "性別", "年齢", "年収"}},
		"EUC-JP":    {encode(japanese.EUCJP.NewEncoder().String(japan)), "EUC-JP", []string{"顧客", "とし", "としゅう"}},
		"1251":      {encode(charmap.Windows1251.NewEncoder().String("клиент;Город;Доход\n1;Москва;1 200,50\n2;Казань;800\n")), "Windows-1251", []string{"клиент", "Город", "Доход"}},
		"1253":      {encode(charmap.Windows1253.NewEncoder().String("πελάτης;Πόλη;Εισόδημα\n1;Αθήνα;1200\n2;Πάτρα;800\n")), "Windows-1253", []string{"πελάτης", "Πόλη", "Εισόδημα"}},
		"1254":      {encode(charmap.Windows1254.NewEncoder().String("Müşteri;Yaş;Yıllık Gelir\n1;34;1200\n2;28;800\n")), "Windows-1254", []string{"Müşteri", "Yaş", "Yıllık Gelir"}},
		"1250":      {encode(charmap.Windows1250.NewEncoder().String("Nr klienta;Płeć;Dochód\n1;K;1200,50 zł\n2;M;800 zł\n")), "Windows-1250", []string{"Nr klienta", "Płeć", "Dochód"}},
		"French":    {encode(charmap.Windows1252.NewEncoder().String("client;Âge;Date d’inscription;Dépenses\nÉlodie Légaré;34;été;1 200,50 €\nFrançois d’Août;28;hiver;7\n")), "Windows-1252", []string{"client", "Âge", "Date d’inscription", "Dépenses"}},
		"Latin-1":   {encode(charmap.ISO8859_1.NewEncoder().String("cliente;região;gasto médio\nJoão;São Paulo;1.234,50\nInês;Évora;12,5\nÂngela;São João;7\n")), "Windows-1252", []string{"cliente", "região", "gasto médio"}},
	} {
		t.Run(name, func(t *testing.T) {
			table, report := readTable(t, test.text, TableOptions{})
			if report.Encoding != test.encoding || !report.EncodingGuessed || !slices.Equal(table.ColumnNames(), test.names) {
				t.Errorf("%s, columns %q", report.Encoding, table.ColumnNames())
			}
			set, report := readTable(t, test.text, TableOptions{Encoding: test.encoding})
			sameTable(t, set, table)
			if report.EncodingGuessed {
				t.Error("an encoding that is set is called a guess")
			}
		})
	}
	// What is set as UTF-8 is not taken for anything else.
	for _, name := range []string{"utf-8", "UTF-8"} {
		for _, text := range []string{"caf\xe9,b\nx,1\ny\xff,2\n", "caf\xe9,b\nx,1\n" + strings.Repeat("z,1\n", 20_000) + "y\xff,2\n"} {
			table, report := readTable(t, text, TableOptions{Encoding: name})
			if last := table.Value(0, table.Len()-1); report.Encoding != "UTF-8" || report.EncodingGuessed || report.Invalid != 2 || last != "y\ufffd" || table.ColumnNames()[0] != "caf\ufffd" {
				t.Errorf("%s: %q, %+v", name, last, report)
			}
		}
	}
	if c := readColumn(t, encode(charmap.ISO8859_1.NewEncoder().String("região;gasto\nsul;1.234,50\nnorte;12,5\n")), 1); c.Decimal != DecimalComma || c.Greatest != 1234.5 {
		t.Errorf("%+v", c)
	}
}

func readColumn(t *testing.T, text string, j int) ColumnReport {
	t.Helper()
	_, report := readTable(t, text, TableOptions{})
	return report.Columns[j]
}

// A header may begin as a Parquet file does.
func TestReadTableMarks(t *testing.T) {
	table, _, err := ReadTable(t.Context(), strings.NewReader("PAR1,PAR2\n1.5,2\n3,4\n5,6\n"), TableOptions{})
	if err != nil || table.Series("PAR1").Number(0) != 1.5 {
		t.Errorf("%v", err)
	}
	if _, _, err = ReadTable(t.Context(), strings.NewReader("PAR1\x15\x04\x15\n"), TableOptions{}); !errors.Is(err, ErrBinary) || !strings.Contains(err.Error(), "Parquet") {
		t.Errorf("%v", err)
	}
}

// What is not as most of a column is told; what nothing decides is told as a
// guess; names become other ones only where they must.
func TestReadTableTells(t *testing.T) {
	cycle := func(n int, values ...string) string {
		var b strings.Builder
		b.WriteString("a,b\n")
		for i := range n {
			fmt.Fprintf(&b, "%d,%s\n", i, values[i%len(values)])
		}
		return b.String()
	}
	long := strings.Repeat("y", 20)
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"unreadable": {cycle(40, "n.v.", "n/v", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5"),
			[]string{`4 values of b cannot be read and count as missing, the first: line 2, column b: "n.v." cannot be read; want a number`}},
		"one word":       {cycle(20, "5", "6", "unknown"), []string{`6 values of b are "unknown" and count as missing`}},
		"infinite":       {cycle(20, "5", "6", "7", "inf"), []string{`5 values of b cannot be read and count as missing, the first: line 5, column b: "inf" cannot be read; want a number`}},
		"currencies":     {cycle(20, "$5", "$6.50", "7 €"), []string{"the numbers of b are in $ and €, and taken as if they were in one"}},
		"twins":          {cycle(20, "Rome", "Oslo", "rome"), []string{`in b, "Rome" and "rome" count as different words`}},
		"stand-in":       {cycle(20, "35", "61", "-99"), []string{"6 values of b are -99, far from all others, and taken as it is: if it stands for a missing value, leave it empty"}},
		"no stand-in":    {cycle(20, "-1", "0", "1", "99", "88"), nil},
		"late bytes":     {cycle(30000, long) + "1,z\xe9\n", []string{"that the text is in Windows-1252 is a guess by its bytes"}},
		"mixed bytes":    {cycle(30000, long+"é") + "1,z\xe9\n", []string{"1 line has bytes that are no UTF-8, which were replaced"}},
		"decided":        {"a;b;c\n1;58.138;2,5\n2;1.200;3,25\n3;;1\n", nil},
		"guess":          {"a;b\n1;58.138\n2;1.200\n3;\n", []string{"that 58.138 in b means 58138 is a guess, no number decides it"}},
		"guess of comma": {"a;b\n1;58,138\n2;1,200\n3;\n", []string{"that 58,138 in b means 58138 is a guess, no number decides it"}},
		"names":          {"a,,a\n1,2,3\n", []string{`the column "" is called "column 2" here`, `the column "a" is called "a (2)" here`}},
		"index":          {",a\n0,x\n1,y\n", []string{"the column without a name, which numbers the rows, left out"}},
		"dates":          {"a,d\n1,03/04/2024\n2,05/06/2024\n", []string{"in d, that 2 dates such as 03/04/2024 are to be read with the day first and not with the month first is a guess, no date decides it"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, report := readTable(t, test.text, TableOptions{}); !slices.Equal(report.Warnings(), test.want) {
				t.Errorf("%q, want %q", report.Warnings(), test.want)
			}
		})
	}
}

func TestReadTableErrors(t *testing.T) {
	wide := strings.Repeat("a,", 1<<15) + "b\n"
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write([]byte(kinds))
	_ = w.Close()
	for name, test := range map[string]struct {
		text string
		o    TableOptions
		err  error
		says string
	}{
		"empty":          {"", TableOptions{}, ErrEmpty, "empty"},
		"blank":          {"\n \n", TableOptions{}, ErrEmpty, "empty"},
		"no rows":        {"a,b\n", TableOptions{}, ErrNoRows, "no rows"},
		"no header":      {"1,2\n3,4\n", TableOptions{}, ErrHeader, "looks like values"},
		"wide":           {wide, TableOptions{}, ErrHeader, "more than 16384 columns"},
		"short row":      {"a,b\n1,2\n3\n", TableOptions{Name: "f.csv"}, ErrShortRow, "f.csv: line 3: the row has 1 field and the header 2"},
		"long row":       {"a,b\n1,2\n3,4,5\n", TableOptions{}, ErrLongRow, "line 3: the row has 3 fields"},
		"open quote":     {"a,b\n1,2\n\"3,4\n", TableOptions{}, ErrQuote, "line 3: a quoted field does not end"},
		"quote":          {"a,b\n1,2\n\"3\"x,4\n", TableOptions{}, ErrQuote, "line 3: a quoted field goes on"},
		"binary":         {"\x00\x01\x02\x03\n\x05\x06", TableOptions{}, ErrBinary, "binary"},
		"gzip":           {gz.String(), TableOptions{}, ErrBinary, "gzip"},
		"kind":           {"a,b\n1,2\nx,4\n", TableOptions{Kinds: map[string]Kind{"A": Amount}}, ErrValue, `line 3, column a: "x" cannot be read; want a number`},
		"kind of flag":   {"a,b\n1,2\n3,4\n", TableOptions{Kinds: map[string]Kind{"a": Flag}}, ErrValue, `line 3, column a: "3" cannot be read; want 0 or 1`},
		"kind of day":    {"a,b\n1,2024-02-30\n", TableOptions{Kinds: map[string]Kind{"b": Date}}, ErrDate, `line 2, column b: "2024-02-30" cannot be read; want a day`},
		"unknown column": {"a,b\n1,2\n", TableOptions{Kinds: map[string]Kind{"c": Amount}}, ErrUnknownColumn, "there is no column"},
		"unknown kind":   {"a,b\n1,2\n", TableOptions{Kinds: map[string]Kind{"a": 99}}, ErrOptions, "no kind 99"},
		"sep":            {"sep=;", TableOptions{}, ErrHeader, "no line can be split"},
		"sep of tabs":    {"sep=", TableOptions{}, ErrHeader, "no line can be split"},
		"no names":       {"a,b\n", TableOptions{Header: []string{}}, ErrNoRows, "no rows"},
		"encoding":       {"a,b\n1,2\n", TableOptions{Encoding: "ebcdic"}, ErrOptions, "no encoding"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ReadTable(t.Context(), strings.NewReader(test.text), test.o)
			if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, _, err := ReadTable(t.Context(), nil, TableOptions{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("nil reader: %v", err)
	}
	if _, _, err := ReadTable(t.Context(), io.MultiReader(strings.NewReader("a,b\n1,2\n"), iotest.ErrReader(io.ErrClosedPipe)), TableOptions{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("broken reader: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, _, err := ReadTable(ctx, strings.NewReader(kinds), TableOptions{}); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Errorf("cancelled: %v", err)
	}
	_, report := readTable(t, "a,b\n1,2\n3\n\"4\"x,5\n6,7\n", TableOptions{Policy: Skip})
	if report.Rows != 2 || report.BadRows != 2 || len(report.Errors) != 2 {
		t.Errorf("skipped: %+v", report)
	}
}

// A header is repeated as the file has it, not as names are told apart; a column that
// numbers the rows stays where it is named, and no context never ends.
func TestReadTableNames(t *testing.T) {
	for head, row := range map[string]string{",customer,amount": "%d,a,1.5", "a,b,b": "%d,x,2"} {
		text := head + "\n" + fmt.Sprintf(row, 5) + "\n" + head + "\n" + fmt.Sprintf(row, 7) + "\n"
		if table, report := readTable(t, text, TableOptions{}); table.Len() != 2 || report.Headers != 1 {
			t.Errorf("%s: %d rows, %d headers", head, table.Len(), report.Headers)
		}
	}
	word := func(s string) RawCell { return RawCell{Kind: RawText, Text: s} }
	rows := &rawRows{header: []string{"", "customer"}, rows: [][]RawCell{{word("x"), word("a")}, {{}, word("customer")}, {word("y"), word("b")}}}
	if table, report, err := ReadRows(t.Context(), rows, TableOptions{}); err != nil || table.Len() != 2 || report.Headers != 1 {
		t.Errorf("%v: %d rows, %d headers", err, table.Len(), report.Headers)
	}
	const text = "Unnamed: 0,a\n0,x\n1,y\n"
	for name, o := range map[string]TableOptions{"named": {Columns: []string{"a", "unnamed: 0"}}, "all": {}} {
		table, report := readTable(t, text, o)
		if kept := slices.Contains(table.ColumnNames(), "Unnamed: 0"); kept != (name == "named") || kept != (report.IndexColumn == "") {
			t.Errorf("%s: columns %q, left out %q", name, table.ColumnNames(), report.IndexColumn)
		}
	}
	var none context.Context
	if table, _, err := ReadTable(none, strings.NewReader(text), TableOptions{}); err != nil || table.Len() != 2 {
		t.Errorf("no context: %v", err)
	}
}

// Rows of blanks and of empty quotes have no value, however they are written; they
// stay, and notes are rows, where every row is one.
func TestReadTableBlank(t *testing.T) {
	const text = "a,b,c\n1,2,x\n\"\",\"\",\"\"\n , , \n,,\n,,,\n\n\"\",y,\n3,4,z\n"
	for all, want := range map[bool][2]int{false: {3, 4}, true: {7, 0}} {
		if table, report := readTable(t, text, TableOptions{AllRows: all}); table.Len() != want[0] || report.Blank != want[1] {
			t.Errorf("every row %v: %d rows, %d blank", all, table.Len(), report.Blank)
		}
	}
	if _, _, err := ReadTable(t.Context(), strings.NewReader(text+"Source: the mall\n"), TableOptions{AllRows: true}); !errors.Is(err, ErrShortRow) {
		t.Errorf("a note: %v", err)
	}
}

// Rows that fall anywhere between the blocks that a text is split by come out
// the same, whatever the number of workers.
func TestReadTableLong(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,x,word,text,day\n")
	const n = 30_000
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&b, "%d,%d.%02d,w%d,\"a \"\"%d\"\"\nb\",%s\n", i+5, i, i%100, i%7, i, start.AddDate(0, 0, i%900).Format("02.01.2006"))
	}
	for _, workers := range []int{1, 3} {
		table, report := readTable(t, b.String(), TableOptions{Workers: workers})
		if table.Len() != n || report.Columns[3].Distinct != n {
			t.Fatalf("%d rows, %+v", table.Len(), report.Columns[3])
		}
		for _, i := range []int{0, 1, 4095, 17_777, n - 1} {
			got := []any{table.Value(0, i), table.Value(1, i), table.Value(2, i), table.Value(3, i), table.Value(4, i)}
			want := []any{i + 5, float64(100*i+i%100) / 100, fmt.Sprintf("w%d", i%7), fmt.Sprintf("a \"%d\"\nb", i), start.AddDate(0, 0, i%900).Format(time.DateOnly)}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("row %d is %v, want %v", i, got, want)
			}
		}
	}
}

// A table read in blocks has the rows of the table read at once, and the same
// report.
func TestTableReader(t *testing.T) {
	var b strings.Builder
	b.WriteString("id;x;word;day\n")
	const n = 100_000
	for i := range n {
		fmt.Fprintf(&b, "%d;%d,5;w%d;%02d.%02d.2024\n", i, i%1000, i%7, i%28+1, i%12+1)
	}
	want, report := readTable(t, b.String(), TableOptions{Columns: []string{"X", "day"}})
	r := NewTableReader(strings.NewReader(b.String()), TableOptions{Columns: []string{"x", "day"}})
	r.ahead = 1 << 19
	if names, err := r.Header(); err != nil || !slices.Equal(names, []string{"id", "x", "word", "day"}) {
		t.Errorf("%q %v", names, err)
	}
	at, blocks := 0, 0
	for table, err := range r.Blocks(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		blocks++
		for _, i := range []int{0, table.Len() / 2, table.Len() - 1} {
			for j := range 2 {
				if got, want := table.Value(j, i), want.Value(j, at+i); got != want {
					t.Fatalf("row %d is %v, want %v", at+i, got, want)
				}
			}
		}
		at += table.Len()
	}
	if at != n || blocks < 2 {
		t.Errorf("%d rows in %d blocks", at, blocks)
	}
	for i := range report.Columns { // which counts the first rows
		report.Columns[i].Reason = r.Report().Columns[i].Reason
	}
	if got := r.Report(); fmt.Sprint(got.Columns) != fmt.Sprint(report.Columns) || got.Rows != n {
		t.Errorf("%+v, want %+v", got, report)
	}
	if !slices.Equal(want.ColumnNames(), []string{"x", "day"}) {
		t.Errorf("columns %q", want.ColumnNames())
	}
	if _, err := new(TableReader).Header(); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
}

// What the rows behind the look ahead show against it is an error.
func TestTableReaderContradiction(t *testing.T) {
	for name, later := range map[string]string{"decimal mark": "1.5;a\n", "words": "many words in this one;a\n"} {
		t.Run(name, func(t *testing.T) {
			text := "x;y\n" + strings.Repeat("58.138;b\n", 100_000) + strings.Repeat(later, 60_000)
			r := NewTableReader(strings.NewReader(text), TableOptions{})
			r.ahead = 1 << 19
			var last error
			for _, err := range r.Blocks(t.Context()) {
				last = err
			}
			if !errors.Is(last, ErrContradiction) {
				t.Errorf("%v", last)
			}
		})
	}
}

// The report on a column that is read in blocks is that on the whole of it.
func TestTableReaderReport(t *testing.T) {
	const n = 20_000
	late := func(first, later string) func(int) string {
		return func(i int) string { return map[bool]string{false: first, true: later}[i > n/2] }
	}
	at := func(rows []int, value string, rest func(int) string) func(int) string {
		return func(i int) string {
			if slices.Contains(rows, i) {
				return value
			}
			return rest(i)
		}
	}
	ages := func(i int) string { return fmt.Sprint(20 + i%50) }
	for name, test := range map[string]struct {
		value func(int) string
		kind  Kind // that is set
		told  bool
	}{
		"none":            {func(i int) string { return []string{"5", "6", "unknown"}[i%3] }, 0, true},
		"stand-in":        {at([]int{5, n - 5}, "-99", ages), 0, true},
		"late stand-in":   {at([]int{n - 9, n - 5}, "999", ages), 0, true},
		"stand-in inside": {at([]int{5, 6}, "99", func(i int) string { return fmt.Sprint(i / 100) }), 0, false},
		"in a block":      {at([]int{n - 6, n - 5}, "-1", late("-7", "3")), 0, false},
		"currencies":      {late("$5", "7 €"), 0, true},
		"decimal":         {late("5", "7,5"), Amount, false},
		"late guess":      {late("5", "1.200"), Amount, true},
		"guess":           {late("58,138", "1,200"), Amount, true},
		"decided":         {late("58,138", "1.5"), Amount, false},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("id;x\n")
			for i := range n {
				fmt.Fprintf(&b, "%d;%s\n", i, test.value(i))
			}
			var o TableOptions
			if test.kind != 0 {
				o.Kinds = map[string]Kind{"x": test.kind}
			}
			_, want := readTable(t, b.String(), o)
			r := NewTableReader(strings.NewReader(b.String()), o)
			r.ahead, r.size = 1, 1<<14
			for _, err := range r.Blocks(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
			}
			got := r.Report()
			got.Columns[0].Reason, got.Columns[1].Reason = want.Columns[0].Reason, want.Columns[1].Reason // which counts the first rows
			if fmt.Sprintf("%+v", got.Columns) != fmt.Sprintf("%+v", want.Columns) {
				t.Errorf("%+v\nwant %+v", got.Columns, want.Columns)
			}
			if told := len(got.Warnings()) > 0; told != test.told {
				t.Errorf("told %v: %q", told, got.Warnings())
			}
		})
	}
}

// What the first rows hold beyond a tenth is known, and no contradiction of later
// ones; what these hold is.
func TestTableReaderExcess(t *testing.T) {
	first := strings.Repeat("5,a\n5,a\n5,a\ninf,a\n", 60_000)
	for later, want := range map[string]error{"6,b\n": nil, strings.Repeat("6,b\n", 19) + "inf,b\n": nil, "6,b\n6,b\n6,b\ninf,b\n": ErrContradiction} {
		r := NewTableReader(strings.NewReader("x,y\n"+first+strings.Repeat(later, 240_000/strings.Count(later, "\n"))), TableOptions{})
		r.ahead = len(first)
		var last error
		for _, err := range r.Blocks(t.Context()) {
			last = err
		}
		if !errors.Is(last, want) || last == nil && r.Report().Rows < 400_000 {
			t.Errorf("%q: %v", later, last)
		}
	}
}

// rawRows are rows of typed cells.
type rawRows struct {
	header []string
	rows   [][]RawCell
	at     int
}

func (r *rawRows) Header() []string { return r.header }
func (r *rawRows) Line() int        { return r.at + 1 }
func (r *rawRows) Read(row []RawCell) ([]RawCell, error) {
	if r.at == len(r.rows) {
		return nil, io.EOF
	}
	r.at++
	return append(row[:0], r.rows[r.at-1]...), nil
}

func TestReadRows(t *testing.T) {
	day := time.Date(2024, 2, 29, 13, 0, 0, 0, time.UTC)
	text := func(s string) RawCell { return RawCell{Kind: RawText, Text: s} }
	number := func(x float64) RawCell { return RawCell{Kind: RawNumber, Number: x} }
	rows := &rawRows{header: []string{"id", "x", "day", "word", "late"}, rows: [][]RawCell{
		{text("007"), number(58.138), {Kind: RawTime, Time: day}, text("a")},
		{text("008"), {}, {Kind: RawTime, Time: day.AddDate(0, 1, 0)}, number(3)},
		{text("009"), number(-1), {}, text("a"), {Kind: RawFlag, Number: 1}},
	}}
	table, report, err := ReadRows(t.Context(), rows, TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if w := report.Warnings(); len(w) > 0 {
		t.Errorf("warnings %q", w)
	}
	for j, want := range [][]any{{"007", "008", "009"}, {58.138, nil, -1.}, {"2024-02-29", "2024-03-29", nil}, {"a", "3", "a"}, {nil, nil, true}} {
		for i := range want {
			if got := table.Value(j, i); got != want[i] {
				t.Errorf("%s of row %d is %v, want %v", rows.header[j], i, got, want[i])
			}
		}
	}
	missing := &rawRows{header: []string{"a", "b", "c"}, rows: [][]RawCell{{number(1), text("x"), text("y")}, {{}, {}, {}}, {text("a"), text("b"), text("c")}, {text("Total"), number(1), {}}}}
	if all, report, err := ReadRows(t.Context(), missing, TableOptions{AllRows: true}); err != nil || all.Len() != 4 || report.Blank+report.Headers+len(report.Below) != 0 {
		t.Errorf("%v: %d rows, %+v", err, all.Len(), report)
	}
	missing.at = 0
	if some, report, err := ReadRows(t.Context(), missing, TableOptions{}); err != nil || some.Len() != 1 || report.Blank != 1 || report.Headers != 1 || len(report.Below) != 1 {
		t.Errorf("%v: %d rows, %+v", err, some.Len(), report)
	}
	if _, _, err := ReadRows(t.Context(), nil, TableOptions{}); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
}

func TestInferRoles(t *testing.T) {
	table, _ := readTable(t, kinds, TableOptions{})
	roles, err := InferRoles(t.Context(), table, RoleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if roles.ID != "id" || !slices.Equal(roles.Features, []string{"age", "amount", "rate", "flag", "truth", "answer", "city", "zip"}) || !slices.Equal(roles.Value, []Value{{"amount", false}}) {
		t.Errorf("%+v\n%s", roles, roles)
	}
	set, err := InferRoles(t.Context(), table, RoleOptions{ID: "-", Features: []string{"Rate", "AGE"}, Value: []string{"-age", "rate"}, Describe: []string{"answer"}})
	if err != nil {
		t.Fatal(err)
	}
	if set.ID != "" || !slices.Equal(set.Features, []string{"rate", "age"}) || !slices.Equal(set.Value, []Value{{"age", true}, {"rate", false}}) || !slices.Equal(set.Describe, []string{"answer"}) {
		t.Errorf("%+v", set)
	}
	// A column that is described by is no value column unless it is named as a feature too.
	other, err := InferRoles(t.Context(), table, RoleOptions{Describe: []string{"amount"}})
	if err != nil || len(other.Value) == 0 || slices.Contains(other.Value, Value{"amount", false}) || slices.Contains(other.Features, "amount") {
		t.Errorf("%v: %+v", err, other)
	}
	both, err := InferRoles(t.Context(), table, RoleOptions{Features: []string{"age", "rate"}, Value: []string{"age", "Age"}, Describe: []string{"age", "city"}})
	if err != nil || !slices.Equal(both.Features, []string{"age", "rate"}) || !slices.Equal(both.Describe, []string{"age", "city"}) || !slices.Equal(both.Value, []Value{{"age", false}}) || both.Columns[1].Role != RoleFeature {
		t.Errorf("%v: %+v", err, both)
	}
	if _, err := InferRoles(t.Context(), table, RoleOptions{Value: []string{"age", "-age"}}); !errors.Is(err, ErrOptions) {
		t.Errorf("more and less: %v", err)
	}
	for name, o := range map[string]RoleOptions{
		"described value": {Value: []string{"amount"}, Describe: []string{"amount"}},
		"feature":         {Features: []string{"nobody"}}, "text": {Features: []string{"note"}}, "id": {ID: "nobody"}, "describe": {Describe: []string{"nobody"}},
		"value": {Value: []string{"nobody"}}, "word": {Value: []string{"city"}}, "no feature": {Features: []string{"age"}, Value: []string{"amount"}},
	} {
		var e *ColumnError
		if _, err := InferRoles(t.Context(), table, o); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Columns that say the same in another unit or in other words are told, and of
// two of them one serves.
func TestInferRolesAlike(t *testing.T) {
	var b strings.Builder
	b.WriteString("customer_id,income,income_k,sex,gender,constant,row\n")
	for i := range 40 {
		x := math.Mod(float64(i)*7.3, 11)
		fmt.Fprintf(&b, "%d,%g,%g,%s,%s,1,%d\n", 100+3*i, 1000*x+5, x, []string{"f", "m", "f"}[i%3], []string{"Female", "Male", "Female"}[i%3], i+1)
	}
	table, _ := readTable(t, b.String(), TableOptions{})
	roles, err := InferRoles(t.Context(), table, RoleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(roles.Features, []string{"income", "sex"}) || roles.ID != "customer_id" {
		t.Errorf("%s", roles)
	}
	for _, want := range []string{"Not used: income_k, it says the same as income.", "Not used: gender, it says the same as sex.", "Not used: constant, it is the same in all rows.", "Not used: row, it numbers the rows."} {
		if !strings.Contains(roles.String(), want) {
			t.Errorf("%q is not in\n%s", want, roles)
		}
	}
}

// Tables that were engineered elsewhere have the training columns under other
// names, or what they are calculated from.
func TestCampaignTable(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want [][]float64 // age, spent, tenure, children, income
		told int
	}{
		"the five": {"Age,Spent,Tenure,Children,Income\n44,120,6,1,21582\n59,1595,12,0,62289\n", [][]float64{{44, 120, 6, 1, 21582}, {59, 1595, 12, 0, 62289}}, 0},
		"elsewhere": {"Income,Kidhome,Teenhome,Age,Customer_Days,MntTotal\n100,1,1,50,2324,106\n200,0,1,30,365,9\n",
			[][]float64{{50, 106, 76, 2, 100}, {30, 9, 11, 1, 200}}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			table, _ := readTable(t, test.text, TableOptions{})
			out, told, ok, err := CampaignTable(t.Context(), table)
			if err != nil {
				t.Fatal(err)
			}
			if !ok || len(told) != test.told {
				t.Fatalf("%v %q", ok, told)
			}
			x, err := out.Matrix(t.Context(), TrainingColumns...)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range test.want {
				if got := x.RawRowView(i); !slices.Equal(got, want) {
					t.Errorf("row %d is %v, want %v", i, got, want)
				}
			}
		})
	}
	table, _ := readTable(t, "Age,Income,Score\n1,2,3\n4,5,6\n", TableOptions{})
	if _, _, ok, err := CampaignTable(t.Context(), table); ok || err != nil {
		t.Error("a table without spending is taken for a campaign")
	}
	if has, lacking := CampaignHeader([]string{"ID", "Year_Birth"}); len(has) != 1 || len(lacking) != 12 {
		t.Errorf("%q %q", has, lacking)
	}
}

// The cases of any table come out as their texts say.
func TestReadTableCases(t *testing.T) {
	for name, want := range map[string]struct {
		id       string
		features int
		rows     int
	}{"any-table-mall": {"CustomerID", 4, 16}, "five-columns": {"ID", 5, 16}, "transactions": {"InvoiceNo", 3, 40}} {
		t.Run(name, func(t *testing.T) {
			table, report, err := ReadTableFile(t.Context(), testenv.Case(t, name+".csv"), TableOptions{})
			if err != nil {
				t.Fatal(err)
			}
			roles, err := InferRoles(t.Context(), table, RoleOptions{})
			if err != nil || report.Rows != want.rows || roles.ID != want.id || len(roles.Features) != want.features {
				t.Errorf("%v: %d rows\n%s", err, report.Rows, roles)
			}
		})
	}
}

// Rows that were looked at first are part of all rows.
func TestAllBehindSample(t *testing.T) {
	text := "id,x\n" + strings.Repeat("1,"+strings.Repeat("2", 1000)+"\n", 20_000)
	r := NewTableReader(strings.NewReader(text), TableOptions{})
	sample, err := r.Sample(t.Context())
	if err != nil || sample.Len() >= 20_000 {
		t.Fatalf("%d rows looked at, %v", sample.Len(), err)
	}
	table, report, err := r.All(t.Context())
	if err != nil || table.Len() != 20_000 || report.Rows != 20_000 {
		t.Errorf("%d rows, reported %d, %v", table.Len(), report.Rows, err)
	}
}
