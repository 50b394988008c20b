package program

import (
	"context"
	"iter"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store"
)

// isURL reports whether -data names a table of a database.
func isURL(path string) bool {
	for _, start := range []string{"postgres://", "postgresql://", "sqlite:", "?table="} {
		if strings.HasPrefix(path, start) {
			return true
		}
	}
	return false
}

// Tables yields a table or view of a database, which -data names, in blocks; how they
// were read is in the report at the end.
func (d *Data) Tables(ctx context.Context, report *features.TableReport) iter.Seq2[*features.Table, error] {
	return func(yield func(*features.Table, error) bool) {
		db, name, err := store.OpenTable(ctx, d.Path, store.Options{})
		if err != nil {
			yield(nil, err)
			return
		}
		defer db.Close()
		db.TableBlocks(ctx, name, tableOptions(d.Open, report))(yield)
	}
}

func tableOptions(o segmentation.OpenOptions, report *features.TableReport) store.TableOptions {
	return store.TableOptions{Read: features.TableOptions{
		Policy: o.Read.Policy, DateOrder: o.Read.DateOrder, AsOf: o.Read.AsOf, Decimal: o.Read.Decimal, Kinds: o.Kinds,
	}, Report: report}
}

// openTable reads a table or view of a database.
func openTable(ctx context.Context, url string, o segmentation.OpenOptions) (*segmentation.Source, error) {
	db, name, err := store.OpenTable(ctx, url, store.Options{})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var report features.TableReport
	t, err := db.ReadTable(ctx, name, tableOptions(o, &report))
	if err != nil {
		return nil, err
	}
	s, err := segmentation.OpenTable(ctx, t, o)
	s.Columns, s.BadRows, s.Told = report.Columns, report.BadRows, append(report.Warnings(), s.Told...)
	return s, err
}
