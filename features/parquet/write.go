package parquet

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// WriteOptions change how a table is written. The zero value compresses with
// Snappy, as pandas does.
type WriteOptions struct {
	RowGroupRows int  // rows of a group; 0 is 122,880
	Zstd         bool // compress with Zstandard: smaller, and slower to read
}

const defaultRowGroup = 122880

// Write writes a table: whole numbers and flags as INT64, other numbers as
// DOUBLE, Bool as BOOLEAN, days as DATE, words, ids and texts as STRING. A
// missing value is null. [Read] gives back the same values, and of the columns
// of numbers, days and Bool the same kinds.
func Write(ctx context.Context, w io.Writer, t *features.Table, o WriteOptions) error {
	if o.RowGroupRows < 0 {
		return fmt.Errorf("%w: RowGroupRows is %d; want a number of rows, or 0 for %d", features.ErrOptions, o.RowGroupRows, defaultRowGroup)
	}
	if t == nil || len(t.Columns()) == 0 {
		return fmt.Errorf("%w: the table has no columns; want at least one to write", features.ErrUnknownColumn)
	}
	columns := t.Columns()
	var schema group
	series := make([]features.Series, len(columns))
	for i, c := range columns {
		series[i] = t.Series(c.Name)
		schema.fields = append(schema.fields, field{nodeOf(c.Kind), c.Name})
	}
	compression := parquet.Compression(&parquet.Snappy)
	if o.Zstd {
		compression = parquet.Compression(&parquet.Zstd)
	}
	out := parquet.NewGenericWriter[any](w, parquet.NewSchema("table", &schema), compression)
	size := cmp.Or(o.RowGroupRows, defaultRowGroup)
	const chunk = 1024
	batch := make([]parquet.Row, 0, chunk)
	values := make([]parquet.Value, chunk*len(columns))
	for from := 0; from < t.Len(); from += chunk {
		if err := cause.Of(ctx); err != nil {
			return err
		}
		batch = batch[:0]
		for i := from; i < min(from+chunk, t.Len()); i++ {
			row := values[(i-from)*len(columns):][:len(columns)]
			for j, s := range series {
				row[j] = valueOf(s, i, j)
			}
			batch = append(batch, row)
			if (i+1)%size == 0 {
				if err := flush(out, batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		if _, err := out.WriteRows(batch); err != nil {
			return err
		}
	}
	return out.Close()
}

// flush writes rows and ends their group.
func flush(out *parquet.GenericWriter[any], rows []parquet.Row) error {
	if _, err := out.WriteRows(rows); err != nil {
		return err
	}
	return out.Flush()
}

func nodeOf(k features.Kind) parquet.Node {
	switch {
	case k == features.Amount || k == features.Percent:
		return parquet.Optional(parquet.Leaf(parquet.DoubleType))
	case k == features.Bool:
		return parquet.Optional(parquet.Leaf(parquet.BooleanType))
	case k == features.Date:
		return parquet.Optional(parquet.Date())
	case k.Numeric():
		return parquet.Optional(parquet.Int(64))
	case k == features.Category:
		return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
	}
	return parquet.Optional(parquet.String())
}

// valueOf returns the value of a row in column j.
func valueOf(s features.Series, row, j int) parquet.Value {
	if s.Missing(row) {
		return parquet.NullValue().Level(0, 0, j)
	}
	var v parquet.Value
	switch k := s.Kind(); {
	case k == features.Bool:
		v = parquet.BooleanValue(s.Number(row) == 1)
	case k == features.Amount || k == features.Percent:
		v = parquet.DoubleValue(s.Number(row))
	case k == features.Date:
		v = parquet.Int32Value(int32(s.Day(row).Unix() / 86400)) // midnight, so exact before 1970 too
	case k.Numeric():
		v = parquet.Int64Value(int64(s.Number(row)))
	default:
		v = parquet.ByteArrayValue([]byte(s.Word(row)))
	}
	return v.Level(0, 1, j)
}

// A group is a schema whose fields keep their order; parquet.Group sorts them by
// name.
type group struct {
	parquet.Group
	fields []parquet.Field
}

// Fields returns the columns in their order.
func (g *group) Fields() []parquet.Field { return g.fields }

type field struct {
	parquet.Node
	name string
}

// Name returns the name of the column.
func (f field) Name() string { return f.name }

// Value is asked for where rows are Go values, which they are not here.
func (f field) Value(base reflect.Value) reflect.Value { return base.MapIndex(reflect.ValueOf(f.name)) }
