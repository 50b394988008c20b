package features

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// Every file that cannot be read says so in one sentence: where, what, and
// what would be right.
func TestReadErrors(t *testing.T) {
	row := strings.Join(minimal(), ",") + "\n"
	head := strings.Join(minimalHeader, ",") + "\n"
	for name, c := range map[string]struct {
		text string
		is   error
		want string
	}{
		"empty":               {"", ErrEmpty, "x.csv: the file is empty; want a header and a line for each customer"},
		"a mark alone":        {"\ufeff", ErrEmpty, "x.csv: the file is empty; want a header and a line for each customer"},
		"blank lines alone":   {"\n \r\n\n", ErrEmpty, "x.csv: the file is empty; want a header and a line for each customer"},
		"header alone":        {head, ErrNoRows, "x.csv: the file has a header and no customers; want a line for each customer below it"},
		"header, no end":      {strings.TrimSpace(head), ErrNoRows, "x.csv: the file has a header and no customers; want a line for each customer below it"},
		"no header":           {row, ErrHeader, `x.csv: line 1: "1957,Graduation,Single,58138,0,1,04-09-2012,635,88,546,172,8…" names no column of the schema; want a header such as ID, Year_Birth, Education, …`},
		"another table":       {"\n\nname;city\nAnna;Oslo\n", ErrHeader, `x.csv: line 3: "name;city" names no column of the schema; want a header such as ID, Year_Birth, Education, …`},
		"a column lacks":      {strings.Replace(head, "Income,", "", 1) + row, ErrHeader, "x.csv: line 1: the header lacks the column income; want a column of each required name"},
		"columns lack":        {"ID,Income\n1,2\n", ErrHeader, "x.csv: line 1: the header lacks the columns year_birth, education, marital_status, kidhome, teenhome, dt_customer, mnt_wines, mnt_fruits, mnt_meat_products, mnt_fish_products, mnt_sweet_products and mnt_gold_prods; want a column of each required name"},
		"a name misspelt":     {strings.Replace(head, "Income", "Incme", 1) + row, ErrHeader, `x.csv: line 1: the header lacks the column income (it has "Incme"; is that income?); want a column of each required name`},
		"a column twice":      {strings.TrimSpace(head) + ",IN COME\n" + strings.TrimSpace(row) + ",5\n", ErrDuplicateColumn, `x.csv: line 1, column income: the column stands twice, as "Income" and "IN COME"; want each column once`},
		"header twice":        {head + row + head + row, ErrRepeatedHeader, "x.csv: line 3: the header stands here a second time; want one header, at the top"},
		"header twice, top":   {head + strings.ToUpper(head) + row, ErrRepeatedHeader, "x.csv: line 2: the header stands here a second time; want one header, at the top"},
		"a short row":         {head + row + "1957,Graduation,Single\n" + row, ErrShortRow, "x.csv: line 3: the row has 3 fields and the header 13; want a field for each column"},
		"one field":           {head + "1957\n", ErrShortRow, "x.csv: line 2: the row has 1 field and the header 13; want a field for each column"},
		"a long row":          {head + strings.TrimSpace(row) + ",7\n", ErrLongRow, "x.csv: line 2: the row has 14 fields and the header 13; want a field for each column, with quotes around those that hold a delimiter"},
		"a bare 1,234":        {head + strings.Replace(row, "58138", "58,138", 1), ErrLongRow, "x.csv: line 2: the row has 14 fields and the header 13; want a field for each column, with quotes around those that hold a delimiter"},
		"infinite income":     {head + strings.Replace(row, "58138", "inf", 1), ErrValue, `x.csv: line 2, column income: "inf" is infinite; want an amount from 0 up, such as 58138, or nothing where it is unknown`},
		"negative income":     {head + row + strings.Replace(row, "58138", "-58138", 1), ErrValue, `x.csv: line 3, column income: "-58138" is negative; want an amount from 0 up, such as 58138, or nothing where it is unknown`},
		"no such day":         {head + strings.Replace(row, "04-09-2012", "31-02-2013", 1), ErrDate, `x.csv: line 2, column dt_customer: "31-02-2013" is not a day of the calendar; want a day such as 2012-09-04 or 04-09-2012`},
		"no day":              {head + strings.Replace(row, "04-09-2012", "", 1), ErrDate, `x.csv: line 2, column dt_customer: the value is missing; want a day such as 2012-09-04 or 04-09-2012`},
		"an open quote":       {head + row + `1957,"Graduation,Single` + "\n" + row, ErrQuote, "x.csv: line 3: a quoted field does not end; want a closing quote"},
		"a quote inside":      {head + row + `1957,"Grad"uation,Single` + "\n" + row, ErrQuote, "x.csv: line 3: a quoted field goes on after its closing quote; want a delimiter there, and quotes within a field written twice"},
		"control characters":  {head + strings.Repeat(row, 10) + strings.Replace(row, "Graduation", "Gradu\x01ation", 1), ErrValue, `x.csv: line 12, column education: "Gradu\x01ation" holds control characters; want a word`},
		"two encodings":       {head + strings.Replace(row, "Graduation", "Licenciée", 1) + strings.Repeat(row, 2000) + strings.Replace(row, "Graduation", "Licenci\xe9e", 1), ErrValue, `x.csv: line 2003, column education: "Licenci` + "\ufffd" + `e" is not UTF-8, as the rest of the file is; want text in one encoding`},
		"decimal marks mixed": {head + strings.Replace(row, "58138", "5.8138", 1) + strings.Replace(row, "58138", `"5,81"`, 1), ErrValue, `x.csv: line 3, column income: "5,81" has a decimal comma, and the other numbers of the file a decimal point; want an amount from 0 up, such as 58138, or nothing where it is unknown`},
		"a workbook":          {"PK\x03\x04\x14\x00\x06\x00", ErrBinary, "x.csv: the file is a workbook or archive (xlsx, ods, zip), not text; want the table saved as CSV"},
		"compressed":          {"\x1f\x8b\x08\x00", ErrBinary, "x.csv: the file is compressed (gzip), not text; want the table saved as CSV"},
		"a document":          {"%PDF-1.7", ErrBinary, "x.csv: the file is a PDF document, not text; want the table saved as CSV"},
		"rubbish":             {"\x00\x01\x02\x9c\xfe\x7f", ErrBinary, "x.csv: the file is binary, not text (UTF-16 needs its byte-order mark); want the table saved as CSV"},
		"UTF-16, no mark":     {utf16Text(head+row, leNoMark{}), ErrBinary, "x.csv: the file is binary, not text (UTF-16 needs its byte-order mark); want the table saved as CSV"},
		"a line without end":  {head + row + strings.Repeat("x", maxRow/2), ErrShortRow, "x.csv: line 3: the row has 1 field and the header 13; want a field for each column"},
		"an endless line":     {head + row + strings.Repeat("x", 4*maxRow), ErrLongRow, "x.csv: line 3: the row is longer than a mebibyte; want one customer a line"},
		"an endless quote":    {head + row + `"` + strings.Repeat("x\n", 2*maxRow), ErrQuote, "x.csv: line 3: a quoted field does not end; want a closing quote"},
		"an endless header":   {strings.Repeat("x", 4*maxRow), ErrHeader, `x.csv: line 1: "` + strings.Repeat("x", 60) + `…" names no column of the schema; want a header such as ID, Year_Birth, Education, …`},
	} {
		t.Run(name, func(t *testing.T) {
			customers, report, err := ReadAll(t.Context(), strings.NewReader(c.text), ReadOptions{Name: "x.csv"})
			if err == nil {
				t.Fatalf("no error, %d customers", len(customers))
			}
			if err.Error() != c.want {
				t.Errorf("error\n%v\nwant\n%s", err, c.want)
			}
			if e := new(ReadError); !errors.Is(err, c.is) || !errors.As(err, &e) || e.File != "x.csv" {
				t.Errorf("%#v is no ReadError that wraps %v", err, c.is)
			}
			if customers != nil {
				t.Errorf("%d customers come with the error", len(customers))
			}
			if report.Rows > 0 && len(report.Errors) != 1 {
				t.Errorf("the report has the errors %v", report.Errors)
			}
			// An error stays.
			r := Read(strings.NewReader(c.text), ReadOptions{Name: "x.csv"})
			n := 0
			for _, err = range r.All(t.Context()) {
				n++
			}
			if err == nil || err.Error() != c.want || n != report.Rows+1 {
				t.Errorf("All yields %d times, last %v", n, err)
			}
			if again := r.Read(new(Customer)); again != err {
				t.Errorf("the next Read says %v", again)
			}
		})
	}
}

// leNoMark is UTF-16LE whose byte-order mark became a blank.
type leNoMark struct{}

func (leNoMark) AppendUint16(b []byte, u uint16) []byte {
	if u == 0xfeff {
		u = ' '
	}
	return append(b, byte(u), byte(u>>8))
}
func (leNoMark) AppendUint32(b []byte, _ uint32) []byte { return b }
func (leNoMark) AppendUint64(b []byte, _ uint64) []byte { return b }
func (leNoMark) String() string                         { return "UTF-16LE without mark" }

func TestSkip(t *testing.T) {
	rows := [][]string{minimalHeader}
	for range 12 {
		rows = append(rows, minimal(), minimal("Income", "-1"))
	}
	rows = append(rows, minimal()[:5], minimalHeader, append(minimal(), "7"))
	text := table(';', rows...) + "1957;\"Gradu\"ation\n" + strings.Join(minimal("Income", "7"), ";") + "\n1957;\"Graduation\n" + strings.Join(minimal("Income", "8"), ";") + "\n"
	got, report, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Name: "x.csv", Policy: Skip})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 14 || got[12].Income != 7 || got[13].Income != 8 || report.Rows != 14 || report.BadRows != 17 || len(report.Errors) != 10 {
		t.Errorf("%d customers, %+v", len(got), report)
	}
	for i, e := range report.Errors {
		if e.Line != 3+2*i || e.Column != "income" || e.Value != "-1" || !errors.Is(e, ErrValue) {
			t.Errorf("error %d: %+v", i, e)
		}
	}
	// Rows are numbered by customer where there is no id, whatever was left out.
	if got[13].ID != "14" {
		t.Errorf("the last customer has the id %s", got[13].ID)
	}
	// What was left out does not count elsewhere.
	text = minimalTable(',', minimal(), minimal("Education", "?x", "Income", "", "MntGoldProds", "x"))
	_, report, err = ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Policy: Skip})
	if err != nil || report.MissingIncome != 0 || len(report.Unknown) != 0 {
		t.Errorf("%v, %+v", err, report)
	}

	text = minimalTable(',', minimal("Income", "-1"), minimal("Kidhome", "x"))
	_, _, err = ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Name: "x.csv", Policy: Skip})
	want := `x.csv: none of the 2 rows could be read, the first for this: line 2, column income: "-1" is negative; want an amount from 0 up, such as 58138, or nothing where it is unknown`
	if err == nil || err.Error() != want || !errors.Is(err, ErrNoRows) {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestSourceErrors(t *testing.T) {
	text := minimalTable(',', slices.Repeat([][]string{minimal()}, 5000)...)
	broken := errors.New("cable pulled")
	for _, n := range []int{0, 10, 1000, len(text) / 2, len(text) - 3} {
		for name, r := range map[string]io.Reader{
			"after": io.MultiReader(strings.NewReader(text[:n]), iotest.ErrReader(broken)),
			"with":  iotest.DataErrReader(io.MultiReader(strings.NewReader(text[:n]), iotest.ErrReader(broken))),
		} {
			t.Run(name, func(t *testing.T) {
				_, report, err := ReadAll(t.Context(), r, ReadOptions{Name: "x.csv", Policy: Skip})
				if !errors.Is(err, broken) || report.BadRows != 0 {
					t.Errorf("%d bytes, error %s: %v, %d bad rows", n, name, err, report.BadRows)
				}
				if lines := strings.Count(text[:n], "\n"); n > 200 && report.Rows != lines-1 {
					t.Errorf("%d bytes, error %s: %d customers of %d whole rows", n, name, report.Rows, lines-1)
				}
			})
		}
	}
	if _, _, err := ReadAll(t.Context(), stuck{}, ReadOptions{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a source that gives nothing: %v", err)
	}
	if _, _, err := ReadAll(t.Context(), nil, ReadOptions{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("no source: %v", err)
	}
	if _, _, err := ReadFile(t.Context(), filepath.Join(t.TempDir(), "none.csv"), ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReadFileNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(path, []byte(minimalTable(',', minimal("Kidhome", "-1"))), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := ReadFile(t.Context(), path, ReadOptions{})
	if want := path + `: line 2, column kidhome: "-1" is negative; want a whole number from 0 up`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Breaking off early reads no further than it has to.
func TestAllBreak(t *testing.T) {
	text := []byte(minimalTable(',', slices.Repeat([][]string{minimal()}, 50_000)...))
	src := bytes.NewReader(text)
	r := Read(src, ReadOptions{})
	n := 0
	for _, err := range r.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	if n != 3 || r.Report().Rows != 3 || src.Len() < len(text)/2 {
		t.Errorf("%d customers, %d reported, %d bytes of %d left", n, r.Report().Rows, src.Len(), len(text))
	}
	// And the rest is still there.
	for _, err := range r.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 50_000 {
		t.Errorf("%d customers in all", n)
	}
}
