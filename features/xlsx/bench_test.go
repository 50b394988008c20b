package xlsx

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"testing"
)

// BenchmarkRead reads the workbook that XLSX names, such as the one of
// testdata/workbooks.py bench, or one of its own with 10,000 rows.
func BenchmarkRead(b *testing.B) {
	file := workbookWith(b, nil, func(w io.Writer) {
		io.WriteString(w, `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>id</v></c><c r="B1" t="str"><v>age</v></c><c r="C1" t="str"><v>income</v></c></row>`)
		for i := 2; i <= 10001; i++ {
			fmt.Fprintf(w, `<row r="%d"><c r="A%[1]d" t="inlineStr"><is><t>C%[1]d</t></is></c><c r="B%[1]d"><v>%[2]d</v></c><c r="C%[1]d" s="1"><v>%[3]g</v></c></row>`, i, 18+i%60, float64(i)*1.37)
		}
		io.WriteString(w, `</sheetData></worksheet>`)
	})
	if path := os.Getenv("XLSX"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		file = bytes.NewReader(data)
	}
	b.ReportAllocs()
	values := 0
	for b.Loop() {
		r, err := NewReader(b.Context(), file, file.Size(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		row, err := r.Read(nil)
		for ; err == nil; row, err = r.Read(row) {
			values += len(row)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		r.Close()
	}
	b.ReportMetric(float64(values)/b.Elapsed().Seconds(), "values/s")
}
