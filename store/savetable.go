package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// SaveTable replaces a table with the rows of a [features.Table], or another frame,
// in one transaction. Where there is none it is made, with a column position and
// the frame's columns: bigint for whole numbers, smallint for flags, double
// precision for amounts and shares, boolean, date, and text for words, ids and free
// text. Missing values and empty words are NULL.
//
// What the columns hold is kept beside (see [Tables].Columns), so that
// [Store.ReadTable] returns the same table: a table that SaveTable made may get
// other columns by it, for which it is made anew, without the privileges that were
// granted on it.
//
// Errors: [ErrColumns] where the table is there, was not made so, and has other
// columns; [ErrName] for a name that no table or column can have, such as one of
// more bytes than the database takes, one that is there twice, also in other case,
// and the name position, which is ours; [ErrValue] for ±Inf and values of other
// types than int, float64, bool and string; [ErrNotMigrated].
func (s *Store) SaveTable(ctx context.Context, table string, f features.Frame) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	op := "saving the table " + quote(table)
	target, err := s.find(ctx, "table", table)
	if err == nil {
		err = checkFrame(s.dialect, f)
	}
	if err != nil {
		return s.fail(ctx, op, err)
	}
	return s.write(ctx, job{op: op, again: true, idempotent: true}, func(t *tx) error { return t.saveTable(ctx, target, f) })
}

// checkFrame refuses a frame whose columns cannot be those of one table.
func checkFrame(d dialect, f features.Frame) error {
	if f == nil {
		return fmt.Errorf("%w: the table is nil", ErrOption)
	}
	columns := f.Columns()
	if len(columns) == 0 {
		return fmt.Errorf("%w: the table has no columns", ErrColumns)
	}
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

// saveTable replaces a table, which is made or made anew where that is needed.
func (t *tx) saveTable(ctx context.Context, table tableName, f features.Frame) error {
	if err := t.create(ctx, table, f.Columns()); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, "DELETE FROM "+table.String()); err != nil {
		return err
	}
	if _, err := t.load(ctx, table, append([]string{"position"}, names(f.Columns())...), frameRows(f)); err != nil {
		return err
	}
	if t.s.isOurs(table) {
		return nil
	}
	return t.noteColumns(ctx, table, f)
}

// create creates a table with a column position before the given ones, or checks
// that the existing one has these, in any order; and locks it. A table that was
// saved whole gets the columns where it has others.
func (t *tx) create(ctx context.Context, table tableName, columns []features.Column) error {
	d := t.s.dialect
	if err := d.guard(ctx, t.Tx, table); err != nil {
		return err
	}
	there, err := d.describe(ctx, t, table)
	if err != nil {
		return err
	}
	types := d.types()
	want := []declared{{"position", types["key"]}}
	for _, c := range columns {
		want = append(want, declared{c.Name, types[kindTypes[c.Kind]]})
	}
	if len(there) > 0 {
		if err := d.lock(ctx, t.Tx, t.s.opts.lockTimeout(), table); err != nil {
			return err
		}
		saved, err := t.s.savedLayout(ctx, t, table, there)
		switch {
		case err != nil:
			return err
		case saved == nil && !slices.Equal(slices.Sorted(slices.Values(declaredNames(there))), slices.Sorted(slices.Values(declaredNames(want)))):
			return fmt.Errorf("%w: the table is there and has the columns %s; the rows have %s. Drop the table or name another one", ErrColumns,
				strings.Join(declaredNames(there), ", "), strings.Join(declaredNames(want), ", "))
		case saved == nil || maps.Equal(declaredTypes(there[1:]), declaredTypes(want[1:])):
			return nil
		}
		if _, err := t.ExecContext(ctx, "DROP TABLE "+table.String()); err != nil {
			return err
		}
	}
	list := make([]string, len(want))
	for i, c := range want {
		list[i] = quote(c.Name) + " " + c.Type
	}
	_, err = t.ExecContext(ctx, "CREATE TABLE "+table.String()+" ("+strings.Join(list, ", ")+")")
	return err
}

// A declared is a column of a table with its type as the database declares it.
type declared struct{ Name, Type string }

func declaredNames(columns []declared) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name
	}
	return list
}

func declaredTypes(columns []declared) map[string]string {
	types := map[string]string{}
	for _, c := range columns {
		types[c.Name] = c.Type
	}
	return types
}

// A layout is what the columns of a table hold that was saved whole.
type layout struct {
	asOf    time.Time
	columns []features.Column
}

// A savedColumn is a [features.Column] as the table of columns has it.
type savedColumn struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Unit     string   `json:"unit,omitempty"`
	Meaning  string   `json:"meaning,omitempty"`
	Levels   []string `json:"levels,omitempty"`
	Required bool     `json:"required,omitempty"`
	Nullable bool     `json:"nullable,omitempty"`
}

// noteColumns notes what the columns of a table hold.
func (t *tx) noteColumns(ctx context.Context, table tableName, f features.Frame) error {
	var saved []savedColumn
	for _, c := range f.Columns() {
		saved = append(saved, savedColumn{c.Name, c.Kind.String(), c.Unit, c.Meaning, c.Levels, c.Required, c.Nullable})
	}
	text, err := json.Marshal(saved)
	if err != nil {
		return err
	}
	var asOf any
	if table, ok := f.(*features.Table); ok && !table.AsOf().IsZero() {
		asOf = table.AsOf().Format(time.DateOnly)
	}
	key, err := t.s.dialect.key(ctx, t, table)
	if err != nil {
		return err
	}
	list := t.s.table(t.s.tables.Columns)
	if _, err := t.ExecContext(ctx, t.Rebind("DELETE FROM "+list.String()+" WHERE table_name = ?"), key); err != nil {
		return t.s.ofColumns(ctx, list, err)
	}
	_, err = t.ExecContext(ctx, t.Rebind("INSERT INTO "+list.String()+" (table_name, as_of, columns) VALUES (?, ?, ?)"), key, asOf, string(text))
	return err
}

// ofColumns says of an error that the table of columns is not there yet.
func (s *Store) ofColumns(ctx context.Context, list tableName, err error) error {
	if ctx.Err() == nil && s.dialect.diagnose(err).kind == ErrNoTable {
		return fmt.Errorf("%w: there is no table %s, which says what the columns of others hold; migrate the database first", ErrNotMigrated, list)
	}
	return err
}
