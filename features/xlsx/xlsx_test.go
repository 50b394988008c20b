package xlsx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
)

func load(t testing.TB, name string) *bytes.Reader {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(data)
}

func open(t testing.TB, file *bytes.Reader, o Options) *Reader {
	t.Helper()
	r, err := NewReader(context.Background(), file, file.Size(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// readAll returns header, rows and their numbers.
func readAll(t testing.TB, r *Reader) (rows [][]features.RawCell, lines []int) {
	t.Helper()
	for {
		row, err := r.Read(nil)
		if err == io.EOF {
			return rows, lines
		} else if err != nil {
			t.Fatal(err)
		}
		rows, lines = append(rows, row), append(lines, r.Line())
	}
}

// TestCells compares every cell of every workbook with openpyxl's.
func TestCells(t *testing.T) {
	var golden struct {
		Openpyxl string
		Files    map[string]map[string][][]any
	}
	if err := json.NewDecoder(load(t, "cells.json")).Decode(&golden); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for name, sheets := range golden.Files {
		file := load(t, name)
		w, err := openWorkbook(context.Background(), file, file.Size(), must(Options{}.withDefaults()))
		if err != nil {
			t.Fatal(err)
		}
		if len(w.sheets) != len(sheets) {
			t.Errorf("%s: %d sheets, openpyxl has %d", name, len(w.sheets), len(sheets))
		}
		for _, sheet := range w.sheets {
			want := sheets[sheet.Name]
			got := grid(t, w, sheet, len(want))
			for i, row := range want {
				for j, cell := range row {
					compared++
					var c features.RawCell
					if j < len(got[i]) {
						c = got[i][j]
					}
					if err := same(c, cell); err != nil {
						t.Errorf("%s, %s, %s: %v (openpyxl %s)", name, sheet.Name, reference(i+1, j), err, golden.Openpyxl)
					}
				}
			}
		}
	}
	if compared < 5000 {
		t.Errorf("only %d cells compared", compared)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// grid returns the cells of a sheet by row and column.
func grid(t *testing.T, w *workbook, sheet Sheet, rows int) [][]features.RawCell {
	s, closer, err := w.open(context.Background(), sheet.part)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	r := &Reader{w: w, sheet: sheet, s: s}
	out := make([][]features.RawCell, rows)
	for {
		if err := r.next(); err == io.EOF {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out[r.row.number-1] = slices.Clone(r.row.cells)
	}
}

// same compares a cell with openpyxl's value.
func same(c features.RawCell, want any) error {
	bad := fmt.Errorf("got %+v, want %v", c, want)
	switch want := want.(type) {
	case nil:
		if c.Kind != features.RawMissing {
			return bad
		}
	case bool:
		if c.Kind != features.RawFlag || (c.Number == 1) != want {
			return bad
		}
	case float64:
		if text, ok := strings.CutSuffix(c.Text, "%"); ok && c.Kind == features.RawText {
			if x, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(x/100-want) > 1e-15*math.Abs(want) {
				return bad
			}
			return nil
		}
		if c.Kind != features.RawNumber || c.Number != want {
			return bad
		}
	case string:
		if c.Kind != features.RawText || c.Text != want {
			return bad
		}
	case map[string]any:
		if _, ok := want["error"]; ok {
			if c.Kind != features.RawMissing {
				return bad
			}
		} else if clock, ok := want["clock"].(float64); ok {
			if c.Kind != features.RawNumber || math.Abs(c.Number-clock) > 1e-8 { // it rounds to milliseconds
				return bad
			}
		} else if t, err := time.Parse("2006-01-02T15:04:05.000", want["time"].(string)); err != nil || c.Kind != features.RawTime || !c.Time.Equal(t) {
			return bad
		}
	}
	return nil
}

func TestFindsTable(t *testing.T) {
	r := open(t, load(t, "mall.xlsx"), Options{})
	rows, lines := readAll(t, r)
	if want := []string{"Customer ID", "Name", "Gender", "Age", "Annual Income (k$)", "Member since"}; !slices.Equal(r.Header(), want) {
		t.Errorf("header %q", r.Header())
	}
	if len(rows) != 200 || lines[0] != 6 || lines[199] != 205 {
		t.Errorf("%d rows, lines %v", len(rows), lines)
	}
	report := r.Report()
	if report.Sheet != "Customers" || report.HeaderRow != 5 || report.Rows != 200 || report.Merged.Count != 0 {
		t.Errorf("%+v", report)
	}
	want := []string{
		`only the sheet "Customers" was read; the workbook has "About", "Old" (hidden), too`,
		`row 5 names the columns; what stands above it was left out, first "Customers of the mall 2023"`,
	}
	if got := report.Warnings(); !slices.Equal(got, want) {
		t.Errorf("warnings %q", got)
	}
}

func TestTells(t *testing.T) {
	r := open(t, load(t, "uncomputed.xlsx"), Options{Table: features.TableOptions{Name: "sales.xlsx"}})
	rows, _ := readAll(t, r)
	if want := []string{"shop", "customer", "amount", "double", ""}; !slices.Equal(r.Header(), want) {
		t.Errorf("header %q", r.Header())
	}
	if id := rows[7][1]; id.Number != 2e17 || id.Text != "" {
		t.Errorf("id %+v", id)
	}
	want := []string{
		"3 rows that the sheet hides were read, too",
		"12 formulas have no value and are missing (the first D2); open the workbook in Excel or LibreOffice and save it",
		"2 ranges are merged (the first A2:A7); their values are those of the first cells, the others are missing",
		"12 numbers have more than 15 digits, which Excel does not keep; if they are ids they may be wrong (the first B2, 2e+17)",
	}
	if got := r.Report().Warnings(); !slices.Equal(got, want) {
		t.Errorf("warnings %q", got)
	}
}

// sheetOf returns a workbook of one sheet with the given XML in sheetData.
func sheetOf(t testing.TB, data string) *bytes.Reader {
	return workbookOf(t, map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData>` + data + `</sheetData></worksheet>`})
}

func TestRefusals(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	boredom := errors.New("nobody waits")
	cancel(boredom)
	table := `<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row>`
	for _, c := range []struct {
		name string
		file *bytes.Reader
		o    Options
		ctx  context.Context
		err  error
		text string
	}{
		{"text", bytes.NewReader([]byte("a,b\n1,2\n")), Options{Table: features.TableOptions{Name: "x.csv"}}, nil, features.ErrBinary, "x.csv: the file is no workbook"},
		{"other archive", workbookOf(t, map[string]string{"xl/workbook.xml": ""}), Options{}, nil, features.ErrBinary, "without a workbook"},
		{"binary", workbookOf(t, map[string]string{"_rels/.rels": `<Relationships><Relationship Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>`}), Options{}, nil, features.ErrBinary, "xlsb"},
		{"no part", workbookOf(t, map[string]string{"xl/worksheets/sheet1.xml": ""}), Options{}, nil, features.ErrBinary, "xl/worksheets/sheet1.xml is missing"},
		{"cancelled", sheetOf(t, table), Options{}, ctx, boredom, "nobody waits"},
		{"no such sheet", sheetOf(t, table), Options{Sheet: "Tabelle1"}, nil, features.ErrOptions, `no sheet "Tabelle1"; want one of "Sheet1"`},
		{"blank", sheetOf(t, `<row r="3"><c s="0"/></row>`), Options{}, nil, features.ErrEmpty, "no cell has a value"},
		{"no rows", sheetOf(t, table[:strings.Index(table, "</row>")+6]), Options{}, nil, features.ErrNoRows, "no row follows row 1"},
		{"no names", sheetOf(t, `<row><c><v>1</v></c><c><v>2.5</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row>`), Options{}, nil, features.ErrHeader, `row 1 holds values such as "1"`},
		{"blank header", sheetOf(t, table), Options{HeaderRow: 7}, nil, features.ErrHeader, "row 7, which is to name the columns, comes behind row 2, the last that has a value"},
		{"header option", sheetOf(t, table), Options{HeaderRow: -1}, nil, features.ErrOptions, "HeaderRow is -1"},
		{"bytes option", sheetOf(t, table), Options{MaxBytes: -1}, nil, features.ErrOptions, "MaxBytes is -1"},
		{"cells option", sheetOf(t, table), Options{MaxCells: -1}, nil, features.ErrOptions, "MaxCells is -1"},
		{"both headers", sheetOf(t, table), Options{HeaderRow: 1, Table: features.TableOptions{Header: []string{"x", "y"}}}, nil, features.ErrOptions, "not both"},
		{"names", sheetOf(t, table), Options{Table: features.TableOptions{Header: []string{"x"}}}, nil, features.ErrOptions, "has 1 names and the sheet 2 columns"},
		{"encoding option", sheetOf(t, table), Options{Table: features.TableOptions{Encoding: "gbk"}}, nil, features.ErrOptions, "a sheet has none"},
		{"bytes", sheetOf(t, table+strings.Repeat(" ", 1e6)), Options{MaxBytes: 1e5}, nil, features.ErrLimit, "more than 0 MB when expanded"},
		{"cells", sheetOf(t, table+table), Options{MaxCells: 4}, nil, features.ErrLimit, "more than 2 rows of 2 columns"},
		{"row", sheetOf(t, table+`<row r="1048577"><c><v>1</v></c></row>`), Options{}, nil, features.ErrLimit, "row 1048577"},
		{"column", sheetOf(t, table+`<row><c r="XFE3"><v>1</v></c></row>`), Options{}, nil, features.ErrLimit, "column 16385"},
		{"rows out of order", sheetOf(t, table+`<row r="2"><c><v>1</v></c></row>`), Options{}, nil, features.ErrBinary, `row "2" comes behind row 2`},
		{"cells out of order", sheetOf(t, table+`<row r="3"><c r="B3"><v>1</v></c><c r="A3"><v>1</v></c></row>`), Options{}, nil, features.ErrBinary, `cell "A3" of row 3`},
		{"number", sheetOf(t, table+`<row><c><v>1,5</v></c></row>`), Options{}, nil, features.ErrBinary, `cell A3 holds "1,5"`},
		{"infinity", sheetOf(t, table+`<row><c><v>1e999</v></c></row>`), Options{}, nil, features.ErrBinary, `cell A3 holds "1e999"`},
		{"hexadecimal", sheetOf(t, table+`<row><c><v>0x1p-2</v></c></row>`), Options{}, nil, features.ErrBinary, `cell A3 holds "0x1p-2"`},
		{"string", sheetOf(t, table+`<row><c t="s"><v>0</v></c></row>`), Options{}, nil, features.ErrBinary, `cell A3 holds "0"`},
		{"flag", sheetOf(t, table+`<row><c t="b"><v>2</v></c></row>`), Options{}, nil, features.ErrBinary, `cell A3 holds "2"`},
		{"type", sheetOf(t, table+`<row><c t="q"><v>2</v></c></row>`), Options{}, nil, features.ErrBinary, `cell A3 holds "2"`},
		{"cut", sheetOf(t, table+`<row><c t="q"><v`), Options{}, nil, features.ErrBinary, "XML syntax error"},
		{"document type", workbookOf(t, map[string]string{"xl/worksheets/sheet1.xml": `<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>`}), Options{}, nil, features.ErrEmpty, "no cell has a value"},
		{"entity", sheetOf(t, `<row><c t="str"><v>&b;</v></c></row>`), Options{}, nil, features.ErrBinary, "invalid character entity &b;"},
		{"encoding", workbookOf(t, map[string]string{"xl/worksheets/sheet1.xml": `<?xml version="1.0" encoding="UTF-16"?><worksheet/>`}), Options{}, nil, features.ErrBinary, `"UTF-16"`},
		{"not UTF-8", sheetOf(t, "<row><c t=\"str\"><v>\xff</v></c></row>"), Options{}, nil, features.ErrBinary, "invalid UTF-8"},
		{"deep", sheetOf(t, strings.Repeat("<a>", 100)), Options{}, nil, features.ErrBinary, "nested more than 64 deep"},
		{"long text", sheetOf(t, "<row><c t=\"str\"><v>"+strings.Repeat("x", 3<<20)+"</v></c></row>"), Options{}, nil, features.ErrBinary, "more than a mebibyte"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			r, err := NewReader(c.ctx, c.file, c.file.Size(), c.o)
			for err == nil {
				_, err = r.Read(nil)
			}
			if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v (%T), want %v with %q", err, err, c.err, c.text)
			}
			if r != nil {
				if _, again := r.Read(nil); again != err {
					t.Errorf("then %v", again)
				}
			}
		})
	}
}

// TestBomb reads a sheet that expands to gigabytes: it must end at the limit,
// in little memory.
func TestBomb(t *testing.T) {
	file := workbookWith(t, nil, func(w io.Writer) {
		io.WriteString(w, `<worksheet><sheetData><row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>`)
		rows := bytes.Repeat([]byte(`<row><c><v>1</v></c><c><v>2</v></c></row>`), 1000)
		for range 200 {
			w.Write(rows)
		}
		io.WriteString(w, `</sheetData></worksheet>`)
	})
	if file.Size() > 1e5 {
		t.Fatalf("no bomb: %d bytes", file.Size())
	}
	r := open(t, file, Options{MaxBytes: 4e6})
	row, err := r.Read(nil)
	allocated := testing.AllocsPerRun(1, func() {
		for err == nil {
			row, err = r.Read(row)
		}
	})
	if !errors.Is(err, features.ErrLimit) || r.Report().Rows < 90000 {
		t.Errorf("%v after %d rows", err, r.Report().Rows)
	}
	if allocated > 1000 {
		t.Errorf("%.0f allocations for rows of numbers", allocated)
	}
}
