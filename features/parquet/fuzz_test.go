package parquet

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

// FuzzRead reads files that are damaged in any way: it ends, in an error that
// says of what, or in a table of as many rows as the file has.
func FuzzRead(f *testing.F) {
	for _, name := range must(filepath.Glob("testdata/*.parquet")) {
		f.Add(must(os.ReadFile(name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		table, report, err := Read(context.Background(), r, r.Size(), Options{MaxCells: 1 << 16, Table: features.TableOptions{Workers: 1}})
		var told *features.ReadError
		switch {
		case err != nil && !errors.As(err, &told):
			t.Fatalf("%T: %v", err, err)
		case err == nil && table.Len() != report.Rows:
			t.Fatalf("%d rows, the report has %d", table.Len(), report.Rows)
		}
		columns := []string{"int32", "double"}
		for block, err := range Blocks(context.Background(), r, r.Size(), columns, Options{}) {
			if err == nil && len(block)%len(columns) != 0 {
				t.Fatalf("a block of %d numbers", len(block))
			}
		}
	})
}
