package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

// grown returns a workbook of rows, a line each, whose cells are parted by bars:
// numbers are numbers, @ before one a day, the rest text; empty ones are not there.
func grown(t *testing.T, lines string) *bytes.Reader {
	var b strings.Builder
	for i, line := range strings.Split(lines, "\n") {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, cell := range strings.Split(line, "|") {
			ref := reference(i+1, j)
			if day, ok := strings.CutPrefix(cell, "@"); ok {
				fmt.Fprintf(&b, `<c r="%s" s="1"><v>%s</v></c>`, ref, day)
			} else if _, err := strconv.ParseFloat(cell, 64); err == nil {
				fmt.Fprintf(&b, `<c r="%s"><v>%s</v></c>`, ref, cell)
			} else if cell != "" {
				fmt.Fprintf(&b, `<c r="%s" t="str"><v>%s</v></c>`, ref, cell)
			}
		}
		b.WriteString("</row>")
	}
	return workbookOf(t, map[string]string{
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + b.String() + `</sheetData></worksheet>`,
		"xl/styles.xml":              `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="2" Type="x/styles" Target="styles.xml"/></Relationships>`,
	})
}

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		o           Options
		header      []string
		row, rows   int
		preamble    []string
	}{
		{"first row", "a|b\n1|2\n3|4", Options{}, []string{"a", "b"}, 1, 2, nil},
		{"titles", "Sales of 2023\n\nby month|@45000\n|id|amount|city\n|1|2|x\n|3|4|y", Options{}, []string{"", "id", "amount", "city"}, 4, 2, []string{"Sales of 2023", "by month 2023-03-15"}},
		{"an index without a name", "|a|b\n0|1|2\n1|3|4", Options{}, []string{"", "a", "b"}, 1, 2, nil},
		{"groups above", "|Spent||Bought\nid|wine|meat|web|store\n1|2|3|4|5", Options{}, []string{"id", "wine", "meat", "web", "store"}, 2, 1, []string{"Spent Bought"}},
		{"gaps below", "id|a|b|c|d\n1|2\n2||3\n3", Options{}, []string{"id", "a", "b", "c", "d"}, 1, 3, nil},
		{"years", "region|2021|2022|2023\nx|1|2|3\ny|4|5|6", Options{}, []string{"region", "2021", "2022", "2023"}, 1, 2, nil},
		{"a year", "region|2021\nx|17", Options{}, []string{"region", "2021"}, 1, 1, nil},
		{"months", "region|@44927|@44958|@44986\nx|1|2|3", Options{}, []string{"region", "2023-01-01", "2023-02-01", "2023-03-01"}, 1, 1, nil},
		{"one column", "id\n1\n2", Options{}, []string{"id"}, 1, 2, nil},
		{"a column that comes late", "a|b\n1|2" + strings.Repeat("\n1|2", 60) + "\n1|2||note", Options{}, []string{"a", "b", ""}, 1, 62, nil},
		{"set row", "x|y\n1|2\na|b\n3|4", Options{HeaderRow: 3}, []string{"a", "b"}, 3, 1, []string{"x y", "1 2"}},
		{"set row of numbers", "1|2\n3|4", Options{HeaderRow: 1}, []string{"1", "2"}, 1, 1, nil},
		{"set names", "1|2\n3|4", Options{Table: features.TableOptions{Header: []string{"x", "y"}}}, []string{"x", "y"}, 0, 2, nil},
	} {
		r := open(t, grown(t, c.lines), c.o)
		rows, _ := readAll(t, r)
		report := r.Report()
		// Columns without a name and a value are none.
		want := slices.Clone(c.header)
		if c.name == "titles" {
			want = want[1:]
		}
		if !slices.Equal(r.Header(), want) || report.HeaderRow != c.row || len(rows) != c.rows || report.Rows != c.rows || !slices.Equal(report.Preamble, c.preamble) {
			t.Errorf("%s: header %q in row %d, %d rows, preamble %q", c.name, r.Header(), report.HeaderRow, len(rows), report.Preamble)
		}
	}
}

// TestNoHeader refuses rows of values, which would be taken for names.
func TestNoHeader(t *testing.T) {
	for _, lines := range []string{"Ana|34|2\nRui|51|3", "Ana|1985\nRui|1990", "1|2\n3|4", "x|@45000\ny|@45001", "C1|58138|1.5|7\nC2|1|2|3"} {
		file := grown(t, lines)
		r, err := NewReader(t.Context(), file, file.Size(), Options{})
		if !errors.Is(err, features.ErrHeader) || !strings.Contains(err.Error(), "Options.HeaderRow") {
			t.Errorf("%q: %v", lines, err)
		}
		if r != nil {
			t.Errorf("%q: header %q", lines, r.Header())
		}
	}
}

func TestBlankRows(t *testing.T) {
	r := open(t, grown(t, "a|b\n1|2\n\n\n3|4\n\n"), Options{})
	if rows, lines := readAll(t, r); len(rows) != 2 || lines[1] != 5 || r.Report().BlankRows != 2 {
		t.Errorf("%d rows, lines %v, %d blank", len(rows), lines, r.Report().BlankRows)
	}
}

func TestFormats(t *testing.T) {
	for code, want := range map[string]format{
		"General": plainFormat, "0.00": plainFormat, `#,##0 "days"`: plainFormat, `0.0\d`: plainFormat, "[Red]0": plainFormat, `_-* #,##0\ "€"`: plainFormat, "0.00E+00": plainFormat,
		"[$-409]0": plainFormat, "@": plainFormat, `"yyyy`: plainFormat, "": plainFormat, "[": plainFormat, `\`: plainFormat, "0;yyyy": plainFormat,
		"yyyy-mm-dd": dateFormat, "mmm": dateFormat, "DD.MM.YY": dateFormat, "[$-F800]dddd": dateFormat, `yyyy"年"m"月"`: dateFormat, "m/d/yy h:mm": dateFormat, "[Red]d": dateFormat,
		"h:mm": clockFormat, "mm:ss.0": clockFormat, "h:mm AM/PM": clockFormat, "[h]:mm": durationFormat, "[ss]": durationFormat, "[mm]:ss": durationFormat,
	} {
		if got := formatOf(code); got != want {
			t.Errorf("%q: %d, want %d", code, got, want)
		}
	}
}
