package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"github.com/customer-personality/segmentation/features"
)

// Upload replaces a table with the rows of a data frame, in one transaction.
// Where there is no such table it is made, with a column position and the
// frame's columns: bigint for Int, double precision for Float, boolean for
// Bool, text for String. Missing values are NULL.
//
// Errors: [ErrColumns] where the table is there and has other columns;
// [ErrName] for a name that no table or column can have, one that is there
// twice, and the name position, which is ours; [ErrValue] for ±Inf.
func (s *Store) Upload(ctx context.Context, table string, df dataframe.DataFrame) error {
	op := "uploading a data frame into " + quote(table)
	if err := checkName(s.dialect, "table", table); err != nil {
		return err
	}
	if df.Err != nil {
		return s.fail(ctx, op, &sourceError{df.Err})
	}
	var columns []features.Column
	var all []series.Series
	for _, name := range df.Names() {
		col := df.Col(name)
		if col.Err != nil {
			return s.fail(ctx, op, &sourceError{col.Err})
		}
		kind, ok := map[series.Type]features.Kind{
			series.Int: features.Integer, series.Float: features.Amount, series.Bool: features.Bool, series.String: features.Category,
		}[col.Type()]
		if !ok {
			return s.fail(ctx, op, fmt.Errorf("%w: column %q has the type %s; want int, float, bool or string", ErrValue, name, col.Type()))
		}
		all = append(all, col)
		columns = append(columns, features.Column{Name: name, Kind: kind})
	}
	if len(columns) == 0 {
		return s.fail(ctx, op, fmt.Errorf("%w: the data frame has no columns", ErrColumns))
	}
	if err := checkColumns(s.dialect, columns); err != nil {
		return s.fail(ctx, op, err)
	}
	return s.write(ctx, job{op: op, again: true, idempotent: true}, func(t *tx) error {
		if err := t.create(ctx, table, columns); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, "DELETE FROM "+quote(table)); err != nil {
			return err
		}
		return t.loadRows(ctx, table, append([]string{"position"}, names(columns)...), df.Nrow(), func(w rowWriter, i int) {
			for _, col := range all {
				writeElement(w, col.Elem(i))
			}
		})
	})
}

func writeElement(w rowWriter, e series.Element) {
	switch v := e.Val().(type) {
	case int:
		w.Int(int64(v))
	case float64:
		w.Float(v)
	case bool:
		w.Bool(v)
	case string:
		w.Text(v)
	default:
		w.Null()
	}
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

// create makes a table with a column position before the given ones, or checks
// that the one that is there has these, in any order; and locks it.
func (t *tx) create(ctx context.Context, table string, columns []features.Column) error {
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
		fmt.Fprintf(&b, "CREATE TABLE %s (position %s", quote(table), types["key"])
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

// Fetch reads a table, whoever made it, into a data frame, as it is at one
// moment. Whole numbers are Int, other numbers Float, booleans Bool, and all
// else String: days as 2012-09-04, times as 2012-09-04T10:00:00Z. NULL is a
// missing value. Rows are in the order of the column position, which is left
// out; without one in whatever order the database has.
//
// What gota cannot tell apart stays so: the text NaN is a missing one to it.
//
// Errors: [ErrNoTable], which lists the tables that there are, [ErrPrivilege].
func (s *Store) Fetch(ctx context.Context, table string) (dataframe.DataFrame, error) {
	op := "fetching " + quote(table)
	if err := checkName(s.dialect, "table", table); err != nil {
		return dataframe.DataFrame{Err: err}, err
	}
	var df dataframe.DataFrame
	err := s.retry(ctx, func() (bool, error) {
		var err error
		df, err = s.fetch(ctx, table)
		return true, err
	})
	if err != nil {
		err = s.failTable(ctx, op, table, err)
		return dataframe.DataFrame{Err: err}, err
	}
	return df, nil
}

func (s *Store) fetch(ctx context.Context, table string) (df dataframe.DataFrame, err error) {
	there, err := s.dialect.columns(ctx, s.db, table)
	if err != nil {
		return df, err
	}
	if len(there) == 0 {
		return df, missing(ctx, s.dialect, s.db, table)
	}
	columns := slices.DeleteFunc(slices.Clone(there), func(name string) bool { return name == "position" })
	if len(columns) == 0 {
		return df, fmt.Errorf("%w: %s has no column beside position", ErrColumns, quote(table))
	}
	query, err := selection(table, quoteAll(columns), columns, there)
	if err != nil {
		return df, err
	}
	types, days, err := s.columnTypes(ctx, query)
	if err != nil {
		return df, err
	}
	values := make([][]any, len(columns))
	_, err = eachRow(ctx, s.db, columns, func(r *rowReader) (bool, error) {
		for j, t := range types {
			values[j] = append(values[j], readElement(r, t, days[j]))
		}
		return true, r.err
	}, query)
	if err != nil {
		return df, err
	}
	all := make([]series.Series, len(columns))
	for j, t := range types {
		all[j] = series.New(values[j], t, columns[j])
		if values[j] == nil {
			all[j] = series.New([]string{}, t, columns[j])
		}
	}
	df = dataframe.New(all...)
	return df, df.Err
}

// columnTypes tells the types of the columns of a query, and which are days.
func (s *Store) columnTypes(ctx context.Context, query string) (list []series.Type, days []bool, err error) {
	rows, err := s.db.QueryxContext(ctx, query+" LIMIT 0")
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, err
	}
	list, days = make([]series.Type, len(types)), make([]bool, len(types))
	for i, t := range types {
		name := strings.ToUpper(t.DatabaseTypeName())
		switch {
		case strings.HasPrefix(name, "INT") || name == "BIGINT" || name == "SMALLINT":
			list[i] = series.Int
		case strings.HasPrefix(name, "FLOAT") || name == "REAL" || strings.HasPrefix(name, "DOUBLE") || strings.HasPrefix(name, "NUMERIC") || strings.HasPrefix(name, "DECIMAL"):
			list[i] = series.Float
		case strings.HasPrefix(name, "BOOL"):
			list[i] = series.Bool
		default:
			list[i], days[i] = series.String, name == "DATE"
		}
	}
	return list, days, rows.Err()
}

// readElement reads what a series of the type takes; nil for a missing value.
func readElement(r *rowReader, t series.Type, day bool) any {
	if r.values[r.at] == nil {
		r.next()
		return nil
	}
	switch t {
	case series.Int:
		return int(r.Int())
	case series.Float:
		if x := r.Float(); !math.IsNaN(x) {
			return x
		}
		return nil
	case series.Bool:
		if v, ok := r.values[r.at].(bool); ok {
			r.next()
			return v
		}
		return r.Int() != 0
	}
	if v, ok := r.values[r.at].(time.Time); ok {
		r.next()
		if day {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	}
	return r.Text()
}
