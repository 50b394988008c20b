package segmentation

import (
	"context"
	"fmt"
	"os"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
	"github.com/customer-personality/segmentation/internal/container"
	"github.com/customer-personality/segmentation/segment"
)

// OpenDataset opens the named columns of numbers of a file, of any form that [Open]
// knows, as a Dataset on which [segment.TrainOn] trains. The file is opened and read anew
// in each pass, so that it need not fit in memory. Parquet is made for it: a pass over a
// million rows takes a tenth of a second. A text is parsed in each pass, and once more to
// look for what cannot be read; told are sentences, without full stops, on what was
// guessed or left out then.
//
// The rows are those of the file: customers are neither counted from orders nor
// engineered or cleaned. The Name, DateOrder, AsOf and Decimal of o.Read hold, and Header,
// Encoding, Kinds, Sheet, HeaderRow and MaxBytes. ctx is that of all reading.
//
// Errors: those of the readers; [features.ErrOptions] without columns and for a
// Read.Policy of Skip, as rows that are left out could not be told; a
// [*features.ColumnError] for a column that is not there, or is none of numbers.
func OpenDataset(ctx context.Context, path string, columns []string, o OpenOptions) (d segment.Dataset, told []string, err error) {
	switch {
	case len(columns) == 0:
		return nil, nil, fmt.Errorf("%w: no column is named; want those to train on", features.ErrOptions)
	case o.Read.Policy != features.Strict:
		return nil, nil, fmt.Errorf("%w: rows that cannot be read would be left out of each pass; want the policy Strict", features.ErrOptions)
	}
	if o.Read.Name == "" {
		o.Read.Name = path
	}
	file := blockFile{ctx, path, columns, o}
	told, err = file.read(func(form container.Form, _ []float64) bool { return form != container.Parquet })
	if err != nil {
		return nil, nil, err
	}
	return segment.StreamDataset(columns, file.blocks, 0), told, nil
}

// A blockFile is columns of numbers of a file.
type blockFile struct {
	ctx     context.Context
	path    string
	columns []string
	o       OpenOptions
}

// blocks reads the file from its start.
func (f blockFile) blocks(yield func([]float64, error) bool) {
	_, err := f.read(func(_ container.Form, block []float64) bool { return yield(block, nil) })
	if err != nil {
		yield(nil, err)
	}
}

// read calls each with blocks of rows until it says no, and returns what there is to be
// told of the whole.
func (f blockFile) read(each func(container.Form, []float64) bool) (told []string, err error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	packed, err := container.Open(f.ctx, file, container.Options{MaxBytes: f.o.MaxBytes})
	if err != nil {
		return nil, openError(f.o.Read.Name, err)
	}
	defer packed.Close()
	if packed.Form == container.Parquet {
		at, size, err := packed.ReaderAt()
		if err != nil {
			return nil, openError(f.o.Read.Name, err)
		}
		for block, err := range parquet.Blocks(f.ctx, at, size, f.columns, parquet.Options{Table: features.TableOptions{Name: f.o.Read.Name}}) {
			if err != nil || !each(packed.Form, block) {
				return nil, err
			}
		}
		return nil, nil
	}
	r, err := openReader(f.ctx, packed, f.o)
	if err != nil {
		return nil, err
	}
	defer r.close()
	for t, err := range r.blocks(f.ctx) {
		if err != nil {
			return nil, err
		}
		if t.Len() == 0 {
			continue
		}
		x, err := t.Matrix(f.ctx, f.columns...)
		if err != nil || !each(packed.Form, x.RawMatrix().Data) {
			return nil, err
		}
	}
	return r.warnings(r.report()), nil
}
