package features

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

var minimalHeader = strings.Split("Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds", ",")

// minimal returns a row under minimalHeader with some values replaced: minimal("Income", "5", …).
func minimal(change ...string) []string {
	row := strings.Split("1957,Graduation,Single,58138,0,1,04-09-2012,635,88,546,172,88,8", ",")
	for i := 0; i < len(change); i += 2 {
		row[slices.Index(minimalHeader, change[i])] = change[i+1]
	}
	return row
}

// table joins rows into a file, with quotes where they are needed.
func table(delim rune, rows ...[]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = delim
	if err := w.WriteAll(rows); err != nil {
		panic(err)
	}
	return b.String()
}

// minimalTable returns a file with the minimal header.
func minimalTable(delim rune, rows ...[]string) string {
	return table(delim, append([][]string{minimalHeader}, rows...)...)
}

func readString(t *testing.T, text string) ([]Customer, Report) {
	t.Helper()
	customers, report, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Name: "x.csv"})
	if err != nil {
		t.Fatalf("%v, in:\n%.2000s", err, text)
	}
	return customers, report
}

func sameAll(t *testing.T, got, want []Customer) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d customers, want %d", len(got), len(want))
	}
	for i := range got {
		if !same(got[i], want[i]) {
			t.Fatalf("customer %d is\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
}

func utf16Text(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// Every way to write down the same customers is read as the same customers.
func TestForms(t *testing.T) {
	rows := [][]string{
		minimal("Education", "Licenciée", "Income", ""),
		minimal("Dt_Customer", "21-08-2013", "Marital_Status", "Together"),
		minimal("Education", "2n Cycle", "MntWines", "1234567"),
	}
	want, _ := readString(t, minimalTable(',', rows...))
	if want[0].Education != "Licenciée" || !math.IsNaN(want[0].Income) || want[2].MntWines != 1234567 || want[1].DtCustomer != day(2013, 8, 21) {
		t.Fatalf("the plain form gives %+v", want)
	}
	for name, f := range formsOf(t, rows) {
		t.Run(name, func(t *testing.T) {
			for how, wrap := range map[string]func(io.Reader) io.Reader{
				"whole":       func(r io.Reader) io.Reader { return r },
				"byte":        iotest.OneByteReader,
				"data at end": iotest.DataErrReader,
			} {
				t.Run(how, func(t *testing.T) {
					got, report, err := ReadAll(t.Context(), wrap(strings.NewReader(f.text)), ReadOptions{})
					if err != nil {
						t.Fatalf("%s: %v", how, err)
					}
					sameAll(t, got, want)
					f.check(t, name, how, report)
				})
			}
		})
	}
}

// A form is how a file is written.
type form struct{ text, delimiter, encoding string }

// formsOf returns the forms in which programs write rows.
func formsOf(t *testing.T, rows [][]string) map[string]form {
	t.Helper()
	base := minimalTable(',', rows...)
	latin, err := charmap.Windows1252.NewEncoder().String(base)
	if err != nil {
		t.Fatal(err)
	}
	quoted := ""
	for _, line := range strings.SplitAfter(strings.TrimSpace(base), "\n") {
		quoted += `"` + strings.ReplaceAll(strings.TrimSpace(line), ",", `","`) + "\"\n"
	}
	reversed := [][]string{slices.Clone(minimalHeader)}
	for _, r := range rows {
		reversed = append(reversed, slices.Clone(r))
	}
	for _, r := range reversed {
		slices.Reverse(r)
	}
	indexed := ""
	for i, line := range strings.SplitAfter(strings.TrimSpace(base), "\n") {
		if i == 0 {
			indexed += "," + line
		} else {
			indexed += fmt.Sprint(i-1, ",", line)
		}
	}
	extra := strings.NewReplacer("Year_Birth,", "Year_Birth,Shoe Size,", "1957,", "1957,\"44,\n5\",").Replace(base)
	return map[string]form{
		"tabs":               {minimalTable('\t', rows...), "\t", "UTF-8"},
		"semicolons":         {minimalTable(';', rows...), ";", "UTF-8"},
		"pipes":              {minimalTable('|', rows...), "|", "UTF-8"},
		"CRLF":               {strings.ReplaceAll(base, "\n", "\r\n"), ",", "UTF-8"},
		"CR":                 {strings.ReplaceAll(base, "\n", "\r"), ",", "UTF-8"},
		"no last line end":   {strings.TrimSuffix(base, "\n"), ",", "UTF-8"},
		"CRLF, no last":      {strings.TrimSuffix(strings.ReplaceAll(base, "\n", "\r\n"), "\r\n"), ",", "UTF-8"},
		"mark":               {"\ufeff" + base, ",", "UTF-8 with mark"},
		"UTF-16LE":           {utf16Text(base, binary.LittleEndian), ",", "UTF-16LE"},
		"UTF-16BE":           {utf16Text(strings.ReplaceAll(base, "\n", "\r\n"), binary.BigEndian), ",", "UTF-16BE"},
		"Windows-1252":       {latin, ",", "Windows-1252"},
		"quoted":             {quoted, ",", "UTF-8"},
		"quoted, blanks":     {strings.ReplaceAll(quoted, ",", " , "), ",", "UTF-8"},
		"blanks":             {strings.ReplaceAll(base, ",", "  ,\t"), ",", "UTF-8"},
		"blank lines":        {"\n\r\n" + strings.ReplaceAll(base, "\n", "\n\n") + ",,,,,,\n\n", ",", "UTF-8"},
		"sep=":               {"sep=;\r\n" + minimalTable(';', rows...), ";", "UTF-8"},
		"upper case":         {strings.ToUpper(strings.Join(minimalHeader, ",")) + base[strings.Index(base, "\n"):], ",", "UTF-8"},
		"names with blanks":  {strings.NewReplacer("_", " ", "Mnt", " mnt ", "Products", "-products").Replace(strings.Join(minimalHeader, ",")) + base[strings.Index(base, "\n"):], ",", "UTF-8"},
		"reversed columns":   {table(',', reversed...), ",", "UTF-8"},
		"index":              {indexed, ",", "UTF-8"},
		"index, named":       {"Unnamed: 0" + indexed, ",", "UTF-8"},
		"extra":              {extra, ",", "UTF-8"},
		"trailing delimiter": {strings.ReplaceAll(base, "\n", ",,\n"), ",", "UTF-8"},
		"second cycle":       {strings.ReplaceAll(base, "2n Cycle", "Second cycle degree"), ",", "UTF-8"},
		"2n;Cycle":           {strings.ReplaceAll(base, "2n Cycle", "2n;Cycle"), ",", "UTF-8"},
		"2n;Cycle, bare":     {strings.ReplaceAll(minimalTable(';', rows...), "2n Cycle", "2n;Cycle"), ";", "UTF-8"},
		"2N_CYCLE":           {strings.ReplaceAll(base, "2n Cycle", "2N_CYCLE"), ",", "UTF-8"},
		"integers as floats": {strings.NewReplacer("1957,", "1957.0,", "58138", "58138.0", ",0,1,", ",0.00,1.0,").Replace(base), ",", "UTF-8"},
	}
}

// check checks the report on a file of the form.
func (c form) check(t *testing.T, name, how string, report Report) {
	t.Helper()
	if report.Delimiter != c.delimiter || report.Encoding != c.encoding {
		t.Errorf("%s: delimiter %q, encoding %s", how, report.Delimiter, report.Encoding)
	}
	if report.DateLayout != "02-01-2006" || report.DateGuessed {
		t.Errorf("%s: dates as %s, a guess: %v", how, report.DateLayout, report.DateGuessed)
	}
	wantIgnored := 0
	if name == "extra" {
		wantIgnored = 1
	}
	if name == "trailing delimiter" {
		wantIgnored = 2
	}
	if len(report.Ignored) != wantIgnored || report.IndexColumn != strings.HasPrefix(name, "index") && name != "integers as floats" && report.IndexColumn {
		t.Errorf("%s: ignored %q, index %v", how, report.Ignored, report.IndexColumn)
	}
	if len(report.Absent) != 16 || report.Absent[0] != "id" || report.MissingIncome != 1 {
		t.Errorf("%s: absent %v, incomes missing %d", how, report.Absent, report.MissingIncome)
	}
	if len(report.Unknown) != 1 || report.Unknown[0] != (UnknownValues{"education", "Licenciée", 1}) {
		t.Errorf("%s: unknown %v", how, report.Unknown)
	}
}

// writtenNumbers are values of the income, each alone in its file, or beside a second row
// that shows how the file writes numbers.
var writtenNumbers = []struct {
	value, beside string
	want          float64
}{
	{"58138", "", 58138},
	{"58138.0", "", 58138},
	{"58138.25", "", 58138.25},
	{"58138,25", "", 58138.25},
	{"58,138.25", "", 58138.25},
	{"58.138,25", "", 58138.25},
	{"58,138", "", 58138},
	{"58.138", "", 58138},
	{"58.138", "12.5", 58.138},
	{"58.138", "12,5", 58138},
	{"58,138", "12.5", 58138},
	{"58,138", "12,5", 58.138},
	{"58,138", "1.234", 58138},
	{"58.138", "1,234", 58.138},
	{"1,234,567", "", 1234567},
	{"1.234.567", "", 1234567},
	{"1.234.567,5", "", 1234567.5},
	{"12,34,567.5", "", 1234567.5},
	{"1 234 567,5", "", 1234567.5},
	{"58 138", "", 58138},
	{"58\u00a0138,00 €", "", 58138},
	{"58\u202f138", "", 58138},
	{"58'138.05", "", 58138.05},
	{"58’138", "", 58138},
	{"$58,138.00", "", 58138},
	{"$ 58138", "", 58138},
	{"58138$", "", 58138},
	{"US$58,138.5", "", 58138.5},
	{"EUR 58.138,5", "", 58138.5},
	{"58138 kr", "", 58138},
	{"£58138", "", 58138},
	{"₹ 58,138", "", 58138},
	{"Rs. 52,138", "1.5", 52138},
	{"Rs.52138", "", 52138},
	{"Rs 52,138/-", "1.5", 52138},
	{"Rs. 5,21,380.00", "", 521380},
	{"INR 52138", "", 52138},
	{"inr 52138", "", 52138},
	{"kr. 52 138", "", 52138},
	{"kr 52.138,-", "1,5", 52138},
	{"52.138 kr.", "1,5", 52138},
	{"52 138 Kr", "", 52138},
	{"52138,50 kr.", "", 52138.5},
	{"52.138,- €", "1,5", 52138},
	{"€ 52.138,–", "1,5", 52138},
	{"52138 Euro", "", 52138},
	{"52138 USD", "", 52138},
	{"R$ 52.138,50", "", 52138.5},
	{"S/. 52138.50", "", 52138.5},
	{"Rp. 52.138.000", "", 52138000},
	{"Rp52.138.000,00", "", 52138000},
	{"RM 52,138.00", "", 52138},
	{"CHF 52'138.-", "", 52138},
	{"Fr. 52138", "", 52138},
	{"52 138 руб.", "", 52138},
	{"52138 Kč", "", 52138},
	{"-Rs. 0", "", 0},
	{"5,2E+04", "", 52000},
	{"5,2138e4", "", 52138},
	{"5.2E4", "", 52000},
	{"5.2E+04", "", 52000},
	{"5,2E+04 €", "", 52000},
	{"$5.2E4", "", 52000},
	{"  58138\t", "", 58138},
	{"+58138", "", 58138},
	{"0", "", 0},
	{"-0", "", 0},
	{"(0)", "", 0},
	{"0.125", "", 0.125},
	{".5", "", .5},
	{"5.", "", 5},
	{"0,125", "", 0.125},
	{"5.8138e4", "", 58138},
	{"1E+300", "", 1e300},
	{"1e-300", "", 1e-300},
	{"123456789012", "", 123456789012},
	{"1234567.1234567", "", 1234567.1234567},
	{"0.1", "", 0.1},
	{"179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123347774797926204144723168738177180919299881250404026184124858368", "", math.MaxFloat64},
	{"", "", math.NaN()},
	{" ", "", math.NaN()},
	{"NA", "", math.NaN()},
	{"n/a", "", math.NaN()},
	{"NaN", "", math.NaN()},
	{"NULL", "", math.NaN()},
	{"None", "", math.NaN()},
	{"-", "", math.NaN()},
	{"?", "", math.NaN()},
}

func TestNumbers(t *testing.T) {
	for _, c := range writtenNumbers {
		rows := [][]string{minimal("Income", c.value)}
		if c.beside != "" {
			rows = append(rows, minimal("Income", c.beside))
		}
		for _, delim := range "\t,;" {
			got, report := readString(t, minimalTable(delim, rows...))
			if x := got[0].Income; x != c.want && !(math.IsNaN(x) && math.IsNaN(c.want)) || math.Signbit(x) {
				t.Errorf("%q beside %q is %v, want %v", c.value, c.beside, x, c.want)
			}
			open := slices.Contains([]string{"58.138", "58,138", "₹ 58,138"}, c.value) && !strings.HasSuffix(c.beside, "5")
			if report.NumberGuessed != open {
				t.Errorf("%q beside %q: a guess: %v", c.value, c.beside, report.NumberGuessed)
			}
		}
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	for value, reason := range map[string]string{
		"5,2,1E4": "is not a number", "5.2,1E4": "is not a number", "Rs.": "is not a number", "kr. 5 kr.": "is not a number",
		"Xy. 5": "is not a number", "5,2E": "is not a number", ",E4": "is not a number", "52k": "is not a number", "/-": "is not a number",
		"abc": "is not a number", "12abc": "is not a number", "1,23,4": "is not a number", "1.2.3": "is not a number",
		"1 2": "is not a number", "1.234 567": "is not a number", "--5": "is not a number", "5%": "is not a number",
		"0x10": "is not a number", "1e": "is not a number", "EUR": "is not a number", "1,234.567.8": "is not a number",
		".": "is not a number", ",": "is not a number", "1_000": "is not a number", "1234,567.5": "is not a number",
		"-1": "is negative", "(5)": "is negative", "5-": "is negative", "−5": "is negative", "-$5": "is negative", "$-5": "is negative",
		"inf": "is infinite", "-Infinity": "is infinite", "∞": "is infinite", "1e999": "is infinite", "#DIV/0!": "is infinite",
	} {
		t.Run(value, func(t *testing.T) {
			_, _, err := ReadAll(t.Context(), strings.NewReader(minimalTable('\t', minimal("MntWines", value))), ReadOptions{})
			want := fmt.Sprintf("line 2, column mnt_wines: %q %s; want an amount from 0 up, such as 635", value, reason)
			if err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
	for value, reason := range map[string]string{
		"1957.5": "is not a whole number", "57": "is out of range", "10000": "is out of range", "-1957": "is out of range", "": "is missing", "x": "is not a number",
	} {
		t.Run(value, func(t *testing.T) {
			_, _, err := ReadAll(t.Context(), strings.NewReader(minimalTable('\t', minimal("Year_Birth", value))), ReadOptions{})
			want := fmt.Sprintf("line 2, column year_birth: %q %s; want a year of four digits, such as 1957", value, reason)
			if value == "" {
				want = "line 2, column year_birth: the value is missing; want a year of four digits, such as 1957"
			}
			if err == nil || err.Error() != want || !errors.Is(err, ErrValue) {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	sept4, june16 := day(2012, 9, 4), day(2014, 6, 16)
	for _, c := range []struct {
		value, beside string
		want          time.Time
		layout        string
		guessed       bool
	}{
		{"04-09-2012", "", sept4, "02-01-2006", true},
		{"04-09-2012", "21-08-2013", sept4, "02-01-2006", false},
		{"04-09-2012", "08-21-2013", day(2012, 4, 9), "01-02-2006", false},
		{"4/9/2012", "", sept4, "2/1/2006", true},
		{"9/4/2012", "12/31/2012", sept4, "1/2/2006", false},
		{"9/4/2012", "", day(2012, 4, 9), "2/1/2006", true},
		{"9/4/12", "6/16/14", sept4, "1/2/06", false},
		{"6/16/14", "", june16, "1/2/06", false},
		{"6/16/14", "6/1/14", june16, "1/2/06", false},
		{"16.6.2014", "", june16, "2.1.2006", false},
		{"16. 6. 2014", "", june16, "2.1.2006", false},
		{"2012-09-04", "", sept4, "2006-01-02", false},
		{"2012/9/4", "", sept4, "2006/1/2", false},
		{"20120904", "", sept4, "20060102", false},
		{"4-Sep-12", "", sept4, "2-Jan-06", false},
		{"04-SEP-2012", "", sept4, "02-Jan-2006", false},
		{"4 September 2012", "", sept4, "2 Jan 2006", false},
		{"Sep 4, 2012", "", sept4, "Jan 2, 2006", false},
		{"Sept. 4, 2012", "", sept4, "Jan 2, 2006", false},
		{"2012-Sep-04", "", sept4, "2006-Jan-02", false},
		{"29-02-2012", "", day(2012, 2, 29), "02-01-2006", false},
		{"31/12/99", "", day(1999, 12, 31), "02/01/06", false},
		{"01/02/68", "31/12/69", day(2068, 2, 1), "02/01/06", false},
		{"2012-09-04", "21-08-2013", sept4, "2006-01-02 and 02-01-2006", false},
		{"04-09-2012", "04-09-2012", sept4, "02-01-2006", true},
		{"1000-01-01", "", day(1000, 1, 1), "2006-01-02", false},
		{"9999-12-31", "", day(9999, 12, 31), "2006-01-02", false},
	} {
		for _, clock := range []string{"", " 00:00", " 13:45:10", "T00:00:00Z", "T23:59:59.999+02:00", " 12:00 AM", " 1:02:03 pm"} {
			rows := [][]string{minimal("Dt_Customer", c.value+clock)}
			layout := c.layout
			if clock != "" {
				layout = strings.ReplaceAll(layout, " and", " 15:04:05 and") + " 15:04:05"
			}
			if c.beside != "" {
				rows = append(rows, minimal("Dt_Customer", c.beside+clock))
			}
			got, report := readString(t, minimalTable(';', rows...))
			if got[0].DtCustomer != c.want || report.DateLayout != layout || report.DateGuessed != c.guessed {
				t.Errorf("%s beside %q: %s, layout %q, a guess: %v; want %s, %q, %v", rows[0][6], c.beside, got[0].DtCustomer.Format(time.DateOnly),
					report.DateLayout, report.DateGuessed, c.want.Format(time.DateOnly), layout, c.guessed)
			}
		}
	}
	for value, reason := range map[string]string{
		"31-02-2013": "is not a day of the calendar", "29-02-2013": "is not a day of the calendar", "00-01-2013": "is not a day of the calendar",
		"13-13-2013": "is not a day of the calendar", "2013-02-30": "is not a day of the calendar", "2013-13-01": "is not a day of the calendar",
		"32-Jan-13": "is not a day of the calendar", "0999-01-01": "is not a day of the calendar", "20130230": "is not a day of the calendar",
		"yesterday": "is not a date", "4-9": "is not a date", "4-9-2012-1": "is not a date", "4-9-12345": "is not a date", "4-9-201": "is not a date",
		"4-Foo-2012": "is not a date", "41156": "is not a date", "4-9-2012 noon": "is not a date", "4-9-2012 25": "is not a date", "NA": "is not a date",
		"4-9-": "is not a date", "-4-9-2012": "is not a date", "104-09-2012": "is not a date", "2012-09-04T": "is not a date",
	} {
		t.Run(value, func(t *testing.T) {
			_, _, err := ReadAll(t.Context(), strings.NewReader(minimalTable('\t', minimal("Dt_Customer", value))), ReadOptions{Name: "x.csv"})
			want := fmt.Sprintf("x.csv: line 2, column dt_customer: %q %s; want a day such as 2012-09-04 or 04-09-2012", value, reason)
			if err == nil || err.Error() != want || !errors.Is(err, ErrDate) {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
}

// onlyReader hides that a reader can seek.
type onlyReader struct{ io.Reader }

// ambiguous returns a file of n customers whose dates and incomes can be read
// in two ways, and then the rows given.
func ambiguous(n int, rows ...[]string) string {
	var b strings.Builder
	b.WriteString(minimalTable('\t'))
	line := strings.Join(minimal("Dt_Customer", "04-09-2012", "Income", "58.138"), "\t") + "\n"
	for range n {
		b.WriteString(line)
	}
	for _, r := range rows {
		b.WriteString(strings.Join(r, "\t") + "\n")
	}
	return b.String()
}

func TestDecidedOverTheWholeColumn(t *testing.T) {
	monthFirst := minimal("Dt_Customer", "12-31-2012", "Income", "12.5")
	last := func(text string, seek bool, n int) {
		t.Helper()
		var r io.Reader = strings.NewReader(text)
		if !seek {
			r = onlyReader{r}
		}
		got, report, err := ReadAll(t.Context(), r, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != n+1 || report.DateGuessed || report.NumberGuessed {
			t.Fatalf("%d customers, report %+v", len(got), report)
		}
		for _, c := range got[:n] {
			if c.DtCustomer != day(2012, 4, 9) || c.Income != 58.138 {
				t.Fatalf("%s, %v", c.DtCustomer, c.Income)
			}
		}
	}
	last(ambiguous(1000, monthFirst), true, 1000)
	last(ambiguous(1000, monthFirst), false, 1000)
	last(ambiguous(20_000, monthFirst), true, 20_000) // 1.3 MB: beyond what is held in memory
	last(ambiguous(20_000, monthFirst), false, 20_000)
	last(strings.ReplaceAll(ambiguous(20_000, monthFirst), "\n", "\r"), true, 20_000)
	last("\ufeff"+ambiguous(20_000, monthFirst), true, 20_000)
	last(utf16Text(ambiguous(20_000, monthFirst), binary.LittleEndian), true, 20_000)

	if testing.Short() {
		return
	}
	// In a pipe the guess comes after sixteen mebibytes, and a later date that
	// contradicts it stops the reading even under Skip.
	long := ambiguous(lookAheadMax/60, minimal("Dt_Customer", "12-31-2012"))
	number := ambiguous(lookAheadMax/60, minimal("Income", "12.5"))
	drain := func(text string, opts ReadOptions, want error) {
		t.Helper()
		r := Read(onlyReader{strings.NewReader(text)}, opts)
		c, err := Customer{}, error(nil)
		for err == nil {
			err = r.Read(&c)
		}
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	drain(long, ReadOptions{Policy: Skip}, ErrContradiction)
	drain(number, ReadOptions{Policy: Skip}, ErrContradiction)
	drain(long, ReadOptions{DateOrder: MonthFirst}, io.EOF)
	drain(number, ReadOptions{Decimal: DecimalPoint}, io.EOF)
}

// One date that is written the other way does not turn the rest round.
func TestMajority(t *testing.T) {
	rows := [][]string{minimal("Dt_Customer", "08-21-2013"), minimal("Dt_Customer", "04-09-2012"), minimal("Dt_Customer", "21-08-2013"), minimal("Dt_Customer", "22-08-2013")}
	text := minimalTable(',', rows...)
	got, report, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Policy: Skip})
	if err != nil || len(got) != 3 || got[0].DtCustomer != day(2012, 9, 4) || report.BadRows != 1 {
		t.Fatalf("%+v, %v, %v", got, report, err)
	}
	_, _, err = ReadAll(t.Context(), strings.NewReader(text), ReadOptions{})
	want := `line 2, column dt_customer: "08-21-2013" has the month first, and the other dates of the file the day; want a day such as 2012-09-04 or 04-09-2012`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestQuotedLineBreaks(t *testing.T) {
	text := minimalTable(',', minimal("Education", "more\nthan, \"one\"\nline"), minimal("Income", "x"))
	got, report, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Policy: Skip})
	if err != nil || len(got) != 1 || got[0].Education != "more\nthan, \"one\"\nline" {
		t.Fatalf("%+v, %v", got, err)
	}
	if e := report.Errors[0]; e.Line != 5 || e.Column != "income" || e.Value != "x" {
		t.Errorf("the error is placed at %+v", e)
	}
	// A field behind a line break is placed on its own line.
	text = minimalTable(',', minimal("Education", "a\nb", "Income", "x"))
	_, _, err = ReadAll(t.Context(), strings.NewReader(text), ReadOptions{})
	if e := new(ReadError); !errors.As(err, &e) || e.Line != 3 {
		t.Errorf("%v", err)
	}
}

func TestUnknownCategories(t *testing.T) {
	rows := [][]string{minimal("Education", ""), minimal("Education", "Diploma", "Marital_Status", "Complicated"), minimal("Education", "Diploma"), minimal("Education", "  phd ", "Marital_Status", "WIDOW")}
	got, report := readString(t, minimalTable('|', rows...))
	want := []UnknownValues{{"education", "", 1}, {"education", "Diploma", 2}, {"marital_status", "Complicated", 1}}
	if !slices.Equal(report.Unknown, want) {
		t.Errorf("unknown: %v, want %v", report.Unknown, want)
	}
	if got[3].Education != "PhD" || got[3].MaritalStatus != "Widow" {
		t.Errorf("%+v", got[3])
	}
	e := EngineerCustomer(got[1], AsOf{})
	if e.EducationLevel != Unknown || e.LivingWith != Unknown || e.FamilySize != 1 {
		t.Errorf("%+v", e)
	}

	// Their number does not grow the memory without bound.
	var b bytes.Buffer
	b.WriteString(minimalTable(','))
	for i := range 3 * maxUnknown {
		b.WriteString(strings.Join(minimal("Education", fmt.Sprint("school ", i)), ",") + "\n")
	}
	_, report = readString(t, b.String())
	if n := len(report.Unknown); n != maxUnknown+1 {
		t.Errorf("%d unknown values are listed, want %d", n, maxUnknown+1)
	}
	total := 0
	for _, u := range report.Unknown {
		total += u.Count
	}
	if total != 3*maxUnknown {
		t.Errorf("%d customers are counted, want %d", total, 3*maxUnknown)
	}
}

func TestFlagsAndIDs(t *testing.T) {
	header := append([]string{"ID", "Complain", "Response"}, minimalHeader...)
	rows := [][]string{header}
	for _, v := range [][]string{{"9223372036854775807", "TRUE", "no"}, {"-5", "1.0", "0"}, {"12345678", "yes", "False"}} {
		rows = append(rows, append(v, minimal()...))
	}
	got, _ := readString(t, table(',', rows...))
	for i, id := range []string{"9223372036854775807", "-5", "12345678"} {
		if got[i].ID != id || got[i].Complain != 1 || got[i].Response != 0 {
			t.Errorf("customer %d: %+v", i, got[i])
		}
	}
	_, _, err := ReadAll(t.Context(), strings.NewReader(table(',', header, append([]string{"1", "2", "0"}, minimal()...))), ReadOptions{})
	if want := `line 2, column complain: "2" is out of range; want 0 or 1`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	got, _ = readString(t, minimalTable(',', minimal(), minimal()))
	if got[0].ID != "1" || got[1].ID != "2" {
		t.Errorf("without ids: %s, %s", got[0].ID, got[1].ID)
	}
}
