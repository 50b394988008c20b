package xlsx

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

// FuzzRead reads workbooks that are damaged in any way: it ends, in an error
// that says of what, or in a table.
func FuzzRead(f *testing.F) {
	for _, name := range must(filepath.Glob("testdata/*.xlsx")) {
		f.Add(must(os.ReadFile(name)), "")
	}
	for _, data := range []string{
		`<row r="2"><c r="B2" t="str"><v>a</v></c><c r="C2" t="inlineStr"><is><t>b</t></is></c></row><row r="4"><c r="B4"><f>1+1</f></c><c r="C4" t="e"><v>#N/A</v></c></row>`,
		`<row><c t="str"><v>a_x0041_</v></c></row><row hidden="1"><c t="d"><v>2024-01-02</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells><sheetData>`,
	} {
		f.Add([]byte(nil), data)
	}
	f.Fuzz(func(t *testing.T, file []byte, data string) {
		r := bytes.NewReader(file)
		if len(file) == 0 {
			r = sheetOf(t, data)
		}
		table, report, err := Read(context.Background(), r, r.Size(), Options{MaxBytes: 1 << 20, MaxCells: 1 << 16, Table: features.TableOptions{Workers: 1}})
		if err != nil {
			var told *features.ReadError
			if !errors.As(err, &told) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if table.Len() > report.Rows || table.Len() == 0 {
			t.Fatalf("%d rows, the report has %d", table.Len(), report.Rows)
		}
	})
}
