package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// Upload replaces a table with the rows of a frame, such as any [features.Table],
// in one transaction. Where there is none it is made, with a column position and
// the frame's columns: bigint for whole numbers and flags, double precision for
// amounts, boolean, date, and text for the rest. Missing values (nil) are NULL;
// those of words in a table are empty.
//
// Errors: [ErrColumns] where the table is there and has other columns;
// [ErrName] for a name that no table or column can have, one that is there
// twice, and the name position, which is ours; [ErrValue] for ±Inf and values of
// other types than int, float64, bool and string.
func (s *Store) Upload(ctx context.Context, table string, f features.Frame) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	op := "uploading a frame into " + quote(table)
	target, err := s.find(ctx, "table", table)
	if err != nil {
		return s.fail(ctx, op, err)
	}
	if f == nil {
		return s.fail(ctx, op, fmt.Errorf("%w: the frame is nil", ErrOption))
	}
	columns := f.Columns()
	if len(columns) == 0 {
		return s.fail(ctx, op, fmt.Errorf("%w: the frame has no columns", ErrColumns))
	}
	if err := checkColumns(s.dialect, columns); err != nil {
		return s.fail(ctx, op, err)
	}
	return s.write(ctx, job{op: op, again: true, idempotent: true}, func(t *tx) error {
		if err := t.create(ctx, target, columns); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, "DELETE FROM "+target.String()); err != nil {
			return err
		}
		_, err := t.load(ctx, target, append([]string{"position"}, names(columns)...), frameRows(f, false))
		return err
	})
}

// checkColumns refuses columns that cannot be those of one table.
func checkColumns(d dialect, columns []features.Column) error {
	seen := map[string]string{"position": ""}
	for _, c := range columns {
		if err := checkName(d, "column", c.Name); err != nil {
			return err
		}
		// SQLite does not tell names apart by case, and people should not either.
		key := strings.ToLower(c.Name)
		switch other, ok := seen[key]; {
		case key == "position":
			return fmt.Errorf("%w: a column is named %q, which stands for the order of the rows here; rename it", ErrName, c.Name)
		case ok:
			return fmt.Errorf("%w: two columns are named %q and %q; want names that differ by more than case", ErrName, other, c.Name)
		}
		seen[key] = c.Name
	}
	return nil
}

// create creates a table with a column position before the given ones, or
// checks that the existing one has these, in any order; and locks it.
func (t *tx) create(ctx context.Context, table tableName, columns []features.Column) error {
	d := t.s.dialect
	if err := d.guard(ctx, t.Tx, table); err != nil {
		return err
	}
	there, err := d.columns(ctx, t, table)
	if err != nil {
		return err
	}
	want := append([]string{"position"}, names(columns)...)
	if len(there) == 0 {
		types := d.types()
		var b strings.Builder
		fmt.Fprintf(&b, "CREATE TABLE %s (position %s", table, types["key"])
		for _, c := range columns {
			fmt.Fprintf(&b, ", %s %s", quote(c.Name), types[kindTypes[c.Kind]])
		}
		_, err := t.ExecContext(ctx, b.String()+")")
		return err
	}
	a, b := slices.Sorted(slices.Values(there)), slices.Sorted(slices.Values(want))
	if !slices.Equal(a, b) {
		return fmt.Errorf("%w: the table is there and has the columns %s; the rows have %s. Drop the table or name another one", ErrColumns, strings.Join(there, ", "), strings.Join(want, ", "))
	}
	return d.lock(ctx, t.Tx, t.s.opts.lockTimeout(), table)
}

// Fetch reads a table or view, whoever made it, into a frame, as it is at one
// moment. Whole numbers are Integer, other numbers Amount, booleans Bool, and
// all else Category: days as 2012-09-04, times as 2012-09-04T10:00:00Z, bytes as
// \x and hexadecimal digits, and what else PostgreSQL has (interval, range,
// array, uuid, json, money) as it writes it. NULL is nil. Rows are in the order of
// the column position, which is left out; without one in the database's.
//
// On SQLite the declared type decides, by the names of types that SQL has. Without
// one, as for what a view computes, the values decide: Integer where all are whole
// numbers, Amount where all are numbers, Category otherwise and where there is no
// value at all. Package features/dataframe makes a data frame of a frame.
//
// Errors: [ErrNoTable], which lists the tables that there are; [ErrPrivilege];
// [ErrValue] for a value that is not of its column's type, as SQLite keeps them.
func (s *Store) Fetch(ctx context.Context, table string) (features.Frame, error) {
	return read(ctx, s, "fetching "+quote(table), table, s.fetch)
}

// A valueFrame is what Fetch read.
type valueFrame struct {
	columns []features.Column
	rows    int
	values  [][]any // by column
}

func (f *valueFrame) Columns() []features.Column { return f.columns }

func (f *valueFrame) Len() int { return f.rows }

func (f *valueFrame) Value(column, row int) any { return f.values[column][row] }

func (s *Store) fetch(ctx context.Context, table tableName) (features.Frame, error) {
	there, err := s.dialect.columns(ctx, s.db, table)
	if err != nil {
		return nil, err
	}
	if len(there) == 0 {
		return nil, missing(ctx, s.dialect, s.db, table)
	}
	columns := slices.DeleteFunc(slices.Clone(there), func(name string) bool { return name == "position" })
	if len(columns) == 0 {
		return nil, fmt.Errorf("%w: %s has no column beside position", ErrColumns, table)
	}
	query, err := selection(table, quoteAll(columns), columns, there)
	if err != nil {
		return nil, err
	}
	kinds, err := s.frameKinds(ctx, query)
	if err != nil {
		return nil, err
	}
	if s.dialect.name() == Postgres {
		// A value of another type is read as the server writes it, not as the driver converts it.
		list := make([]string, len(columns))
		for j, name := range columns {
			if list[j] = quote(name); kinds[j] == otherKind {
				list[j] = "CAST(" + quote(name) + " AS text)"
			}
		}
		if query, err = selection(table, strings.Join(list, ", "), columns, there); err != nil {
			return nil, err
		}
	}
	f := &valueFrame{values: make([][]any, len(columns))}
	f.rows, err = eachRow(ctx, s.db, columns, func(r *rowReader) (bool, error) {
		for j, kind := range kinds {
			f.values[j] = append(f.values[j], readElement(r, kind))
		}
		return true, r.err
	}, query)
	if err != nil {
		return nil, err
	}
	for j, kind := range kinds {
		of := kind.kind()
		if kind == anyKind {
			of = infer(f.values[j])
		}
		f.columns = append(f.columns, features.Column{Name: columns[j], Kind: of})
	}
	return f, nil
}

// A frameKind is how Fetch converts the values of a column.
type frameKind int

const (
	otherKind frameKind = iota // text as the database writes it
	textKind
	intKind
	floatKind
	boolKind
	dayKind
	anyKind // whatever the values are
)

// frameKinds are the kinds of the types, by the names that the drivers give
// them: PostgreSQL's, and those that people declare in SQLite.
var frameKinds = map[string]frameKind{
	"INT": intKind, "INTEGER": intKind, "TINYINT": intKind, "SMALLINT": intKind, "MEDIUMINT": intKind, "BIGINT": intKind, "BIG INT": intKind,
	"INT1": intKind, "INT2": intKind, "INT3": intKind, "INT4": intKind, "INT8": intKind, "SERIAL": intKind, "BIGSERIAL": intKind,
	"REAL": floatKind, "DOUBLE": floatKind, "DOUBLE PRECISION": floatKind, "FLOAT": floatKind, "FLOAT4": floatKind, "FLOAT8": floatKind,
	"NUMERIC": floatKind, "DEC": floatKind, "DECIMAL": floatKind, "NUMBER": floatKind, "FIXED": floatKind,
	"BOOL": boolKind, "BOOLEAN": boolKind, "DATE": dayKind,
	"TEXT": textKind, "VARCHAR": textKind, "BPCHAR": textKind, "CHAR": textKind,
	"TIMESTAMP": textKind, "TIMESTAMPTZ": textKind, "DATETIME": textKind,
}

func (k frameKind) kind() features.Kind {
	switch k {
	case intKind:
		return features.Integer
	case floatKind:
		return features.Amount
	case boolKind:
		return features.Bool
	}
	return features.Category
}

func (s *Store) frameKinds(ctx context.Context, query string) ([]frameKind, error) {
	rows, err := s.db.QueryxContext(ctx, query+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	kinds := make([]frameKind, len(types))
	for i, t := range types {
		kinds[i] = frameKinds[plainType(t.DatabaseTypeName())]
		if t.DatabaseTypeName() == "" && s.dialect.name() == SQLite {
			kinds[i] = anyKind
		}
	}
	return kinds, rows.Err()
}

// plainType returns the name of a type in capitals, without size and sign.
func plainType(name string) string {
	name, _, _ = strings.Cut(strings.ToUpper(name), "(")
	words := slices.DeleteFunc(strings.Fields(name), func(word string) bool {
		return word == "UNSIGNED" || word == "SIGNED" || word == "ZEROFILL"
	})
	return strings.Join(words, " ")
}

// infer finds the type for values of no declared type and converts them to it.
func infer(values []any) features.Kind {
	t := features.Category
	for _, v := range values {
		switch v.(type) {
		case nil:
		case int:
			if t == features.Category {
				t = features.Integer
			}
		case float64:
			t = features.Amount
		default:
			t = features.Category
			for i, v := range values {
				if v != nil {
					values[i] = fmt.Sprint(v)
				}
			}
			return t
		}
	}
	if t == features.Amount {
		for i, v := range values {
			if n, ok := v.(int); ok {
				values[i] = float64(n)
			}
		}
	}
	return t
}

// readElement reads what a frame has of the kind; nil for a missing value.
func readElement(r *rowReader, kind frameKind) any {
	v := r.values[r.at]
	if v == nil {
		r.next()
		return nil
	}
	if kind == anyKind {
		switch v.(type) {
		case int64:
			kind = intKind
		case float64:
			kind = floatKind
		}
	}
	switch kind {
	case intKind:
		n := r.Int()
		if int64(int(n)) != n {
			r.bad(n, "a whole number of 32 bits on this computer")
		}
		return int(n)
	case floatKind:
		if x := r.Float(false); !math.IsNaN(x) {
			return x
		}
		return nil
	case boolKind:
		if word, ok := text(v); ok {
			if b, err := strconv.ParseBool(strings.ToLower(word)); err == nil {
				r.next()
				return b
			}
		}
		return r.Int() != 0
	}
	switch v := v.(type) {
	case time.Time:
		r.next()
		if kind == dayKind {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	case []byte:
		if kind == otherKind || kind == anyKind {
			r.next()
			return fmt.Sprintf(`\x%x`, v)
		}
	}
	return r.Text()
}
