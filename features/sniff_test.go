package features

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// quoteLines makes each line from the n-th on one quoted field.
func quoteLines(text string, n int, end string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := n; i < len(lines); i++ {
		lines[i] = `"` + strings.ReplaceAll(lines[i], `"`, `""`) + `"` + end
	}
	return strings.Join(lines, "\n") + "\n"
}

// A sheet of one column comes out of a spreadsheet with each line as one
// quoted field: it is read like the unquoted file, and that is told.
func TestQuotedLines(t *testing.T) {
	rows := [][]string{
		minimal("Dt_Customer", "21-08-2013"),
		minimal("Education", `a, "b"; c`, "Dt_Customer", "04-09-2012"),
		minimal("Education", "2n Cycle", "Income", ""),
		minimal("Education", "two\nlines", "Dt_Customer", "2012-09-04"),
	}
	for _, delim := range ",;\t|" {
		plain := minimalTable(delim, rows...)
		want, _ := readString(t, plain)
		for name, text := range map[string]string{
			"all lines":      quoteLines(minimalTable(delim, rows[:3]...), 0, ""),
			"rows alone":     quoteLines(minimalTable(delim, rows[:3]...), 1, ""),
			"with a mark":    "\ufeff" + quoteLines(minimalTable(delim, rows[:3]...), 0, ""),
			"CRLF":           quoteLines(minimalTable(delim, rows[:3]...), 0, "\r"),
			"empty columns":  quoteLines(minimalTable(delim, rows[:3]...), 0, ",,;"),
			"no end":         strings.TrimSuffix(quoteLines(minimalTable(delim, rows[:3]...), 0, ""), "\n"),
			"a title above":  "Campaign\n\n" + quoteLines(minimalTable(delim, rows[:3]...), 0, ""),
			"quoted title":   quoteLines("Campaign, 2014\n"+minimalTable(delim, rows[:3]...), 0, ""),
			"some lines not": quoteLines(minimalTable(delim, rows[:1]...), 0, "") + table(delim, rows[1:3]...),
			"UTF-16":         utf16Text(quoteLines(minimalTable(delim, rows[:3]...), 0, ""), binary.LittleEndian),
			"CR":             strings.ReplaceAll(quoteLines(minimalTable(delim, rows[:3]...), 0, ""), "\n", "\r"),
		} {
			t.Run(name, func(t *testing.T) {
				for how, wrap := range map[string]func(io.Reader) io.Reader{
					"whole": func(r io.Reader) io.Reader { return r },
					"byte":  iotest.OneByteReader,
				} {
					got, report, err := ReadAll(t.Context(), wrap(strings.NewReader(text)), ReadOptions{})
					if err != nil {
						t.Fatalf("%q, %s, %s: %v", delim, name, how, err)
					}
					sameAll(t, got, want[:3])
					if !report.QuotedLines || !slices.Contains(report.Warnings(), "each line is one quoted field, which was read as the row") {
						t.Errorf("%q, %s, %s: %q", delim, name, how, report.Warnings())
					}
				}
			})
		}
		// A quoted file is not taken for one.
		if _, report := readString(t, plain); report.QuotedLines {
			t.Errorf("%q: %+v", delim, report)
		}
	}
	// A line break within a row is within the quotes of the line.
	text := minimalTable(',', rows[0]) + strings.ReplaceAll(table(',', rows[3]), "\n", "\x00")
	text = strings.ReplaceAll(quoteLines(text, 0, ""), "\x00", "\n")
	text = strings.Replace(text, "8\n\"\n", "8\"\n", 1)
	got, _ := readString(t, text)
	if len(got) != 2 || got[1].Education != "two\nlines" {
		t.Errorf("%+v", got)
	}
	// The look ahead to the end of the file goes through the quotes too.
	long := quoteLines(minimalTable(',', append(slices.Repeat([][]string{minimal()}, 30_000), minimal("Dt_Customer", "08-21-2013"))...), 0, "")
	got, report := readString(t, long)
	if len(got) != 30_001 || got[0].DtCustomer != day(2012, 4, 9) || report.DateGuessed {
		t.Errorf("%d customers, %s, %v", len(got), got[0].DtCustomer, report.DateGuessed)
	}
}

// Titles and comments above the header are left out and told.
func TestPreamble(t *testing.T) {
	rows := [][]string{minimal("Dt_Customer", "21-08-2013"), minimal("Dt_Customer", "22-08-2013", "Income", "7")}
	plain := minimalTable(',', rows...)
	want, _ := readString(t, plain)
	for name, c := range map[string]struct {
		above string
		lines []string
	}{
		"a title":                  {"Campaign 2014\n", []string{"Campaign 2014"}},
		"title and blank lines":    {"\nCampaign 2014\n\n,,,\n", []string{"Campaign 2014"}},
		"comments":                 {"# exported on 2014-12-31\n# by me, for you; and \"others\"\n", []string{"# exported on 2014-12-31", `# by me, for you; and "others`}},
		"an open quote":            {"It is 5\" wide, \"or so\n\"open\n", []string{`It is 5" wide, "or so`, "open"}},
		"a title with a name":      {"Income, Recency\n", []string{"Income, Recency"}},
		"a title in a sheet":       {"Customers of the campaign,,,,,,,,,,,,\n,,,,\n", []string{"Customers of the campaign"}},
		"a title of another kind":  {"Source;2014\nUnit\tEUR\n", []string{"Source;2014", "Unit\tEUR"}},
		"numbers of columns":       {"1,2,3,4,5,6,7,8,9,10,11,12,13\n", []string{"1,2,3,4,5,6,7,8,9,10,11,12,13"}},
		"ten lines":                {strings.Repeat("a line of text\n", 10), slices.Repeat([]string{"a line of text"}, 10)},
		"sep=, then a title":       {"sep=,\nCampaign\n", []string{"Campaign"}},
		"a mark, then a comment":   {"\ufeff#\u00a0Köln\n", []string{"#\u00a0Köln"}},
		"a mark, then a comment 2": {"\ufeff\n#x\n", []string{"#x"}},
	} {
		t.Run(name, func(t *testing.T) {
			for how, wrap := range map[string]func(io.Reader) io.Reader{
				"whole": func(r io.Reader) io.Reader { return r },
				"byte":  iotest.OneByteReader,
			} {
				got, report, err := ReadAll(t.Context(), wrap(strings.NewReader(c.above+plain)), ReadOptions{})
				if err != nil {
					t.Errorf("%s, %s: %v", name, how, err)
					continue
				}
				sameAll(t, got, want)
				if !slices.Equal(report.Preamble, c.lines) {
					t.Errorf("%s, %s: %q, want %q", name, how, report.Preamble, c.lines)
				}
				if w := besideIDs(report); len(w) != 1 || !strings.Contains(w[0], "above the header") {
					t.Errorf("%s, %s: %q", name, how, w)
				}
			}
		})
	}
	// Errors count the lines above.
	_, _, err := ReadAll(t.Context(), strings.NewReader("Title\n\n"+minimalTable(',', minimal("Income", "x"))), ReadOptions{})
	if e := new(ReadError); !errors.As(err, &e) || e.Line != 4 {
		t.Errorf("%v", err)
	}
	_, _, err = ReadAll(t.Context(), strings.NewReader("Title\n"+strings.Replace(plain, "Income", "Incme", 1)), ReadOptions{})
	if want := `line 2: the header lacks the column income (it has "Incme"; is that income?); want a column of each required name`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// What is no table is named, with what would be right.
func TestOtherFormats(t *testing.T) {
	record := `{"ID": 1, "Year_Birth": 1957, "Education": "Master"}`
	for name, c := range map[string]struct{ text, want string }{
		"array":            {"[" + record + ", " + record + "]", "JSON (an array)"},
		"array, indented":  {"[\n  " + record + "\n]\n", "JSON (an array)"},
		"array of rows":    {`[["ID", "Year_Birth"], [1, 1957]]`, "JSON (an array)"},
		"mark and blanks":  {"\ufeff\r\n  [ " + record + "]", "JSON (an array)"},
		"empty array":      {"[]", "JSON (an array)"},
		"object":           {`{"data": [` + record + "]}", "JSON (an object)"},
		"object of arrays": {"{\n \"ID\": {\"0\": 1}}", "JSON (an object)"},
		"lines":            {record + "\n" + record + "\n", "JSON (one object a line)"},
		"lines, CRLF":      {record + "\r\n" + record + "\r\n", "JSON (one object a line)"},
		"HTML":             {"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "an HTML page"},
		"HTML table":       {"\n<table><tr><th>ID</th></tr></table>", "an HTML page"},
		"XML":              {"<?xml version=\"1.0\"?><rows><row/></rows>", "XML"},
		"Excel XML":        {"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "an Excel workbook in XML"},
		"RTF":              {`{\rtf1\ansi ID;Year_Birth}`, "a document (RTF)"},
		"Git LFS":          {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a pointer of Git LFS"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{c.text, utf16Text(strings.TrimPrefix(c.text, "\ufeff"), binary.LittleEndian)} {
				_, _, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Name: "x.csv"})
				if want := "x.csv: the file is " + c.want + ", not a table; want the "; err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, ErrBinary) {
					t.Errorf("%s: %v, want %s", name, err, want)
				}
			}
		})
	}
	// Headers as databases write them are none of these.
	text := strings.Replace(minimalTable(','), "Year_Birth", "[Year_Birth]", 1) + strings.Join(minimal(), ",") + "\n"
	if got, _ := readString(t, text); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

// An empty value of an optional column costs no customer, and is told.
func TestMissingOptional(t *testing.T) {
	optional := []string{"Recency", "NumDealsPurchases", "AcceptedCmp3", "Complain", "Z_Revenue", "Response"}
	header := append(slices.Clone(optional), minimalHeader...)
	rows := [][]string{header, append(strings.Split("58,3,1,1,11,1", ","), minimal("Dt_Customer", "21-08-2013")...)}
	for _, value := range []string{"", " ", "NA", "NaN", "null", "None", "-", "n/a", "#N/A"} {
		rows = append(rows, append(slices.Repeat([]string{value}, len(optional)), minimal()...))
	}
	rows = append(rows, append(strings.Split("5,,0,,,1", ","), minimal()...))
	for _, delim := range ",;" {
		got, report := readString(t, table(delim, rows...))
		if len(got) != 11 || report.BadRows != 0 {
			t.Fatalf("%d customers, %+v", len(got), report)
		}
		if c := got[0]; c.Recency != 58 || c.NumDealsPurchases != 3 || c.AcceptedCmp3 != 1 || c.Complain != 1 || c.ZRevenue != 11 || c.Response != 1 {
			t.Errorf("%+v", c)
		}
		for _, c := range got[1:10] {
			if c.Recency != 0 || c.NumDealsPurchases != 0 || c.AcceptedCmp3 != 0 || c.Complain != 0 || c.ZRevenue != 0 || c.Response != 0 {
				t.Errorf("%+v", c)
			}
		}
		if c := got[10]; c.Recency != 5 || c.Response != 1 {
			t.Errorf("%+v", c)
		}
		want := []MissingValues{{"recency", 9, false}, {"num_deals_purchases", 10, false}, {"accepted_cmp3", 9, false}, {"complain", 10, false}, {"z_revenue", 10, false}, {"response", 9, false}}
		if !slices.Equal(report.Missing, want) {
			t.Errorf("%+v", report.Missing)
		}
		if w := besideIDs(report); len(w) != 6 || w[1] != "num_deals_purchases is empty for 10 customers, for whom it counts as 0" {
			t.Errorf("%q", w)
		}
	}
}

// Where days are missing, that is the reason named, not the first row.
func TestMissingDays(t *testing.T) {
	day := func(d string) []string { return minimal("Dt_Customer", d) }
	rows := [][]string{day("08-03-2014"), day("10-02-2014"), day("06-06-2013"), day(""), day("NaT"), day("")}
	_, report, err := ReadAll(t.Context(), strings.NewReader(minimalTable(',', append(rows, day(""))...)), ReadOptions{Policy: Skip})
	if err != nil {
		t.Fatal(err)
	}
	err = report.Unreadable()
	want := "dt_customer is empty in 4 of 7 rows, and no other has a day above 12, as where pandas.to_datetime has read days such as 21-08-2013 without dayfirst=True; " +
		"the first: line 5, column dt_customer: the value is missing; want a day such as 2012-09-04 or 04-09-2012"
	if err == nil || err.Error() != want || !errors.Is(err, ErrDate) {
		t.Errorf("%v\nwant %s", err, want)
	}
	if w := strings.Join(report.Warnings(), "\n"); !strings.Contains(w, "dt_customer is empty in 4 rows, which were left out, and no other has a day above 12") {
		t.Errorf("%q", w)
	}
	_, report, err = ReadAll(t.Context(), strings.NewReader(minimalTable(',', rows...)), ReadOptions{Policy: Skip})
	if err != nil || report.Unreadable() != nil {
		t.Errorf("%v, %v", err, report.Unreadable())
	}
	_, report, _ = ReadAll(t.Context(), strings.NewReader(minimalTable(',', minimal("Income", "x"), minimal("Kidhome", "x"), minimal())), ReadOptions{Policy: Skip})
	if err, want := report.Unreadable(), "2 of 3 rows cannot be read, so this is hardly a campaign file; the first: line 2, column income: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v", err)
	}
	_, _, err = ReadAll(t.Context(), strings.NewReader(minimalTable(',', day(""), day(""))), ReadOptions{Policy: Skip})
	if want := "dt_customer is empty in all of the 2 rows; want a day such as 2012-09-04 or 04-09-2012"; err == nil || err.Error() != want || !errors.Is(err, ErrNoRows) {
		t.Errorf("%v, want %s", err, want)
	}
}

// Names that are shorter or longer than those of the schema are asked about;
// columns that hold a part of one are not.
func TestHints(t *testing.T) {
	for _, c := range []struct{ column, name, hint string }{
		{"MntWines", "Wines", "mnt_wines"},
		{"MntWines", "Wine", "mnt_wines"},
		{"MntWines", "spent_on_wine", "mnt_wines"},
		{"MntMeatProducts", "MntMeat", "mnt_meat_products"},
		{"MntMeatProducts", "Meat", "mnt_meat_products"},
		{"MntFishProducts", "mnt fish", "mnt_fish_products"},
		{"MntSweetProducts", "MntSweets", "mnt_sweet_products"},
		{"MntGoldProds", "mnt_gold", "mnt_gold_prods"},
		{"MntGoldProds", "MntGoldProducts", "mnt_gold_prods"},
		{"MntFruits", "Fruit", "mnt_fruits"},
		{"Year_Birth", "Birth Year", "year_birth"},
		{"Year_Birth", "YearOfBirth", "year_birth"},
		{"Marital_Status", "Marital", "marital_status"},
		{"Kidhome", "Kids", "kidhome"},
		{"Dt_Customer", "Date_Customer", "dt_customer"},
		{"Income", "Yearly income", "income"},
		{"Education", "education_PhD", ""},
		{"Marital_Status", "marital_Together", ""},
		{"Income", "Shoe Size", ""},
	} {
		text := strings.Replace(minimalTable(';', minimal()), c.column, c.name, 1)
		_, _, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{})
		want := fmt.Sprintf("(it has %q; is that %s?)", c.name, c.hint)
		if err == nil || strings.Contains(err.Error(), "(it has") != (c.hint != "") || c.hint != "" && !strings.Contains(err.Error(), want) {
			t.Errorf("%s for %s: %v, want %s", c.name, c.column, err, want)
		}
	}
	several := hints([]string{"education_PhD", "education_Master", "MntMeat", "mnt_gold", ""}, []string{"education", "mnt_meat_products", "mnt_gold_prods"})
	if want := [][2]string{{"MntMeat", "mnt_meat_products"}, {"mnt_gold", "mnt_gold_prods"}}; !slices.Equal(several, want) {
		t.Errorf("%q", several)
	}
}

// The cases of the issue.
func TestCases(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "cases")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the cases are not here")
	}
	for name, warning := range map[string]string{
		"whole-line-quoted": "each line is one quoted field, which was read as the row",
		"missing-optional":  "accepted_cmp5 is empty for 3 customers, for whom it counts as 0",
	} {
		t.Run(name, func(t *testing.T) {
			got, report, err := ReadFile(t.Context(), filepath.Join(folder, name+".csv"), ReadOptions{})
			if err != nil || len(got) != 16 || !slices.Equal(report.Warnings(), []string{warning}) {
				t.Errorf("%s: %d customers, %v, %q", name, len(got), err, report.Warnings())
			}
		})
	}
	if _, _, err := ReadFile(t.Context(), filepath.Join(folder, "campaign.json"), ReadOptions{}); err == nil || !strings.Contains(err.Error(), "the file is JSON (an array), not a table") {
		t.Error(err)
	}
	_, report, err := ReadFile(t.Context(), filepath.Join(folder, "dates-mostly-missing.csv"), ReadOptions{Policy: Skip})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Unreadable(); err == nil || !strings.HasPrefix(err.Error(), "dt_customer is empty in 9 of 16 rows") {
		t.Error(err)
	}
}
