package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
)

// TableOptions change how [Store.ReadTable] and [Store.TableBlocks] read a table.
// The zero value works.
type TableOptions struct {
	// Read are the options of reading any table: Columns are those that are read,
	// Kinds what they hold. A database has no use for Header and Encoding.
	Read features.TableOptions

	// Report, when not nil, is filled with how the columns were read; it is complete
	// once all is read.
	Report *features.TableReport

	lenient bool // columns of types that are no values of a table are left out
}

// ReadTable reads a table or view, whoever made it, as it is at one moment. One that
// [Store.SaveTable] saved is the same again; −0 alone becomes 0. For the columns of
// any other, the type of the database decides:
//
//   - real, double precision and numbers with decimals are amounts, booleans are
//     true and false, dates and timestamps days, those with a time zone in UTC;
//   - whole numbers are integers, flags where all are 0 or 1, and ids where one is
//     beyond 2⁵³;
//   - text is read as [features.ReadRows] reads it, whatever PostgreSQL has besides
//     (enum, uuid, interval, money) as the text it is written as;
//   - without a type, as for what a view of SQLite computes, and for numeric without
//     a scale, the values decide.
//
// NULL is missing. Rows are in the order of the column position where it comes
// first and holds whole numbers; it is left out, which the report tells. Without one
// they come in the database's order.
//
// Errors: [ErrNoTable], which lists the tables that there are; [ErrColumns] for a
// column of JSON, bytes, XML, an array or another composite, by its name, to be
// left out by Read.Columns; [ErrValue] for a value that is not of its column's type,
// as SQLite keeps them; [ErrPrivilege]; [features.ErrNoRows]; those of
// [features.ReadRows].
func (s *Store) ReadTable(ctx context.Context, table string, o TableOptions) (*features.Table, error) {
	return read(ctx, s, "reading "+quote(table), table, func(ctx context.Context, name tableName) (*features.Table, error) {
		return s.readTable(ctx, s.db, name, o, 0)
	})
}

// TableBlocks does as ReadTable, in tables of some thousand rows and constant
// memory. Where nothing is known of the columns, they are read as
// [features.TableReader] does. An error ends the sequence.
//
// With sqlite::memory:, whose connection is the only one, all rows are read before
// the first table is yielded.
func (s *Store) TableBlocks(ctx context.Context, table string, o TableOptions) iter.Seq2[*features.Table, error] {
	return func(yield func(*features.Table, error) bool) {
		ctx := ctx
		if !s.ready(&ctx) {
			yield(nil, errNotOpen)
			return
		}
		name, err := s.find(ctx, "table", table)
		if err != nil {
			yield(nil, s.fail(ctx, "reading "+quote(table), err))
			return
		}
		for t, err := range s.blocks(ctx, name, o) {
			if !yield(t, s.failTable(ctx, "reading "+quote(table), name, err)) {
				return
			}
		}
	}
}

// blocks yields the rows of a table in tables; all in one where there is but one
// connection.
func (s *Store) blocks(ctx context.Context, table tableName, o TableOptions) iter.Seq2[*features.Table, error] {
	return func(yield func(*features.Table, error) bool) {
		if s.memory {
			if t, err := s.readTable(ctx, s.db, table, o, 0); err != nil || t.Len() > 0 {
				yield(t, err)
			}
			return
		}
		var rows *tableRows
		err := s.retry(ctx, func() (_ bool, err error) {
			rows, err = s.tableRows(ctx, s.db, table, o, 0)
			return true, err
		})
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.close()
		rows.blocks(ctx)(yield)
	}
}

// readTable reads a table, or its first rows where there is a limit.
func (s *Store) readTable(ctx context.Context, q sqlx.QueryerContext, table tableName, o TableOptions, limit int) (*features.Table, error) {
	rows, err := s.tableRows(ctx, q, table, o, limit)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	return rows.all(ctx)
}

// all reads the rows as one table.
func (r *tableRows) all(ctx context.Context) (*features.Table, error) {
	if r.saved != nil {
		t, err := r.table(math.MaxInt)
		if err == io.EOF {
			return t, nil
		}
		return t, err
	}
	t, report, err := features.ReadRows(ctx, r, r.o)
	r.tell(report)
	return t, err
}

// A columnType is how the values of a column are converted.
type columnType int

const (
	otherType   columnType = iota // text as the database writes it
	noType                        // of SQLite: whatever the values are
	textType                      // and numbers without a scale, as text or numbers
	intType                       //
	amountType                    // a number that may have decimals
	boolType                      //
	dayType                       // a day, or a time with the clock as it is written
	instantType                   // a time to be told in UTC
	refusedType                   // no value of a table
)

// columnTypes are the types by the names that the drivers give them: PostgreSQL's,
// and those that people declare in SQLite.
var columnTypes = map[string]columnType{
	"INT": intType, "INTEGER": intType, "TINYINT": intType, "SMALLINT": intType, "MEDIUMINT": intType, "BIGINT": intType, "BIG INT": intType,
	"INT1": intType, "INT2": intType, "INT3": intType, "INT4": intType, "INT8": intType, "SERIAL": intType, "BIGSERIAL": intType,
	"REAL": amountType, "DOUBLE": amountType, "DOUBLE PRECISION": amountType, "FLOAT": amountType, "FLOAT4": amountType, "FLOAT8": amountType,
	"NUMERIC": intType, "DEC": intType, "DECIMAL": intType, "NUMBER": intType, "FIXED": intType,
	"BOOL": boolType, "BOOLEAN": boolType, "DATE": dayType, "TIMESTAMP": dayType, "DATETIME": dayType, "TIMESTAMPTZ": instantType,
	"TEXT": textType, "VARCHAR": textType, "BPCHAR": textType, "CHAR": textType, "NAME": textType,
	"JSON": refusedType, "JSONB": refusedType, "BYTEA": refusedType, "BLOB": refusedType, "XML": refusedType, "TSVECTOR": refusedType,
	"POINT": refusedType, "LINE": refusedType, "LSEG": refusedType, "BOX": refusedType, "PATH": refusedType, "POLYGON": refusedType, "CIRCLE": refusedType,
}

// columnTypeOf returns the type of a column by its declaration and, where the driver
// knows it, its scale.
func columnTypeOf(declaration string, scale int64, d Dialect) columnType {
	name, size, _ := strings.Cut(strings.ToUpper(declaration), "(")
	words := slices.DeleteFunc(strings.Fields(name), func(word string) bool {
		return word == "UNSIGNED" || word == "SIGNED" || word == "ZEROFILL"
	})
	name = strings.Join(words, " ")
	t, ok := columnTypes[name]
	_, decimals, _ := strings.Cut(strings.TrimSuffix(size, ")"), ",")
	if n, err := strconv.ParseInt(strings.TrimSpace(decimals), 10, 64); err == nil {
		scale = n
	}
	switch {
	case !ok && d == SQLite: // text in PostgreSQL's words, but any value may be there
		return noType
	case d == Postgres && (strings.HasPrefix(name, "_") || strings.HasSuffix(name, "RANGE")):
		return refusedType
	case strings.HasPrefix(name, "NUM") || strings.HasPrefix(name, "DEC") || name == "FIXED":
		if scale > 0 && scale < 1000 { // PostgreSQL's greatest scale; without one the driver says more
			return amountType
		}
	}
	return t
}

// tableRows are the rows of a table that is being read. It is a
// [features.RowReader].
type tableRows struct {
	rows    *sqlx.Rows
	cancel  context.CancelFunc
	columns []string
	types   []columnType
	values  []any
	row     int
	dialect Dialect
	saved   *layout // nil where nothing is known of the columns
	o       features.TableOptions
	report  *features.TableReport
	ordered bool // by a column position that is left out
	lenient bool // columns of types that are no values of a table are left out

	reports []features.ColumnReport // of what was saved
}

// tableRows begins to read a table.
func (s *Store) tableRows(ctx context.Context, q sqlx.QueryerContext, table tableName, o TableOptions, limit int) (*tableRows, error) {
	if o.Read.Header != nil || o.Read.Encoding != "" {
		return nil, fmt.Errorf("%w: a table of a database has names and no encoding; want no Header and no Encoding", ErrOption)
	}
	there, err := s.dialect.describe(ctx, q, table)
	if err != nil {
		return nil, err
	}
	if len(there) == 0 {
		return nil, missing(ctx, s.dialect, q, table)
	}
	r := &tableRows{dialect: s.dialect.name(), lenient: o.lenient, o: o.Read, report: cmp.Or(o.Report, new(features.TableReport))}
	r.o.Name, r.o.AllRows = cmp.Or(o.Read.Name, table.String()), true
	if r.saved, err = s.savedLayout(ctx, q, table, there); err != nil {
		return nil, err
	}
	if len(o.Read.Kinds) > 0 {
		r.saved = nil
	}
	position := there[0].Name == "position" && columnTypeOf(there[0].Type, 0, r.dialect) == intType
	r.ordered = position && r.saved == nil
	if r.columns = declaredNames(there); position {
		r.columns = r.columns[1:]
	}
	if r.saved != nil {
		r.columns = names(r.saved.columns)
	}
	if len(r.columns) == 0 {
		return nil, fmt.Errorf("%w: %s has no column beside position", ErrColumns, table)
	}
	kinds, err := r.choose()
	if err != nil {
		return nil, err
	}
	if err := s.queryTypes(ctx, q, r, table, kinds); err != nil {
		return nil, err
	}
	list := make([]string, len(r.columns))
	for j, name := range r.columns {
		// A value of another type is read as the server writes it, not as the driver
		// converts it.
		if list[j] = quote(name); r.types[j] == otherType {
			list[j] = "CAST(" + list[j] + " AS text)"
		}
	}
	query := "SELECT " + strings.Join(list, ", ") + " FROM " + table.String()
	if position {
		query += " ORDER BY position"
	}
	if limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", limit)
	}
	r.values = make([]any, len(r.columns))
	inner, cancel := context.WithCancel(ctx)
	if r.rows, err = q.QueryxContext(inner, query); err != nil {
		cancel()
		return nil, err
	}
	r.cancel = cancel
	return r, nil
}

// choose finds the columns that the options name, and returns the kinds that they
// set.
func (r *tableRows) choose() (map[string]features.Kind, error) {
	header := make([]features.Series, len(r.columns))
	for j, name := range r.columns {
		header[j] = features.WordSeries(features.Column{Name: name}, nil)
	}
	shape, err := features.NewTable(time.Time{}, header...)
	if err != nil {
		return nil, err
	}
	if r.o.Columns != nil {
		if shape, err = shape.Select(r.o.Columns...); err != nil {
			return nil, err
		}
		r.columns, r.o.Columns = shape.ColumnNames(), nil
	}
	kinds := map[string]features.Kind{}
	for name, kind := range r.o.Kinds {
		c, err := shape.Column(name)
		if err != nil {
			return nil, err
		}
		kinds[c.Name()] = kind
	}
	return kinds, nil
}

// queryTypes finds the types of the columns, and the kinds that follow from them.
func (s *Store) queryTypes(ctx context.Context, q sqlx.QueryerContext, r *tableRows, table tableName, kinds map[string]features.Kind) error {
	rows, err := q.QueryxContext(ctx, "SELECT "+quoteAll(r.columns)+" FROM "+table.String()+" LIMIT 0")
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	var taken []string
	for j, t := range types {
		_, scale, _ := t.DecimalSize()
		typ := columnTypeOf(t.DatabaseTypeName(), scale, r.dialect)
		name := r.columns[j]
		if typ == refusedType && r.lenient {
			continue
		}
		if typ == refusedType {
			return fmt.Errorf("%w: the column %s is of the type %s, which is no value of a table; name the other columns to be read, or make a view that takes values out of it",
				ErrColumns, quote(name), strings.ToLower(t.DatabaseTypeName()))
		}
		if _, set := kinds[name]; typ == amountType && !set {
			kinds[name] = features.Amount
		}
		taken, r.types = append(taken, name), append(r.types, typ)
	}
	r.columns, r.o.Kinds = taken, kinds
	return rows.Err()
}

// savedLayout returns what the columns of a table hold: those of the campaign, and
// of a table that was saved whole and still has the columns that it had; nil where
// that is not known.
func (s *Store) savedLayout(ctx context.Context, q sqlx.QueryerContext, table tableName, there []declared) (*layout, error) {
	l := &layout{}
	types := s.dialect.types()
	if s.isOurs(table) {
		known := map[string]features.Column{"cluster": {Name: "cluster", Kind: features.Integer}, "tier": {Name: "tier", Kind: features.Category}}
		for _, c := range append(features.Columns(), features.EngineeredColumns()...) {
			known[c.Name] = c
		}
		for _, d := range there[1:] {
			c, ok := known[d.Name]
			switch {
			case !ok:
				return nil, nil
			case c.Kind == features.Category && d.Type == types["bigint"], c.Kind == features.Bool && d.Type == types["bigint"]: // of the encoded table
				c.Kind, c.Levels = features.Integer, nil
			}
			l.columns = append(l.columns, c)
		}
		return l, nil
	}
	list := s.table(s.tables.Columns)
	if columns, err := s.dialect.describe(ctx, q, list); err != nil || len(columns) == 0 {
		return nil, err
	}
	key, err := s.dialect.key(ctx, q, table)
	if err != nil {
		return nil, err
	}
	found, ok, err := scalar[struct {
		AsOf    *string `db:"as_of"`
		Columns string
	}](ctx, q, s.db.Rebind("SELECT CAST(as_of AS text) AS as_of, columns FROM "+list.String()+" WHERE table_name = ?"), key)
	if _, writes := q.(*tx); err != nil && !writes && s.dialect.diagnose(err).kind == ErrPrivilege {
		return nil, nil // who may read the table alone reads it as one of others
	}
	if err != nil || !ok {
		return nil, err
	}
	var saved []savedColumn
	if err := json.Unmarshal([]byte(found.Columns), &saved); err != nil {
		return nil, fmt.Errorf("%w: what %s says of the columns of %s cannot be read: %w", ErrValue, list, table, err)
	}
	want := map[string]string{}
	for _, c := range saved {
		kind, err := features.KindOf(c.Kind)
		if err != nil {
			return nil, err
		}
		want[c.Name] = types[kindTypes[kind]]
		l.columns = append(l.columns, features.Column{Name: c.Name, Kind: kind, Unit: c.Unit, Meaning: c.Meaning, Levels: c.Levels, Required: c.Required, Nullable: c.Nullable})
	}
	if there[0].Name != "position" || !maps.Equal(want, declaredTypes(there[1:])) {
		return nil, nil // another program made the table anew
	}
	if found.AsOf != nil {
		l.asOf, err = time.Parse(time.DateOnly, *found.AsOf)
	}
	return l, err
}

func (r *tableRows) close() {
	r.cancel() // or else the driver would read the rest of millions of rows
	r.rows.Close()
}

// next reads the next row; io.EOF after the last.
func (r *tableRows) next() error {
	if !r.rows.Next() {
		return cmp.Or(r.rows.Err(), io.EOF)
	}
	r.row++
	pointers := make([]any, len(r.values))
	for i := range pointers {
		pointers[i] = &r.values[i]
	}
	return r.rows.Scan(pointers...)
}

// Header returns the names of the columns.
func (r *tableRows) Header() []string { return r.columns }

// Line returns the number of the row read last, from 1.
func (r *tableRows) Line() int { return r.row }

// Read returns the cells of the next row.
func (r *tableRows) Read(row []features.RawCell) ([]features.RawCell, error) {
	row = row[:0]
	err := r.next()
	if err == io.EOF && r.row == 0 {
		err = fmt.Errorf("%w: there are none in the table", features.ErrNoRows)
	}
	for j := 0; err == nil && j < len(r.values); j++ {
		var c features.RawCell
		c, err = r.cell(j)
		row = append(row, c)
	}
	return row, err
}

const greatestWhole = 1 << 53 // up to which a float64 holds whole numbers

// cell returns a value of the row at hand.
func (r *tableRows) cell(j int) (c features.RawCell, err error) {
	switch v := r.values[j].(type) {
	case nil:
	case bool:
		c.Kind = features.RawFlag
		if v {
			c.Number = 1
		}
	case int64:
		c.Kind, c.Number = features.RawNumber, float64(v)
		if r.types[j] == boolType && (v == 0 || v == 1) {
			c.Kind = features.RawFlag
		}
		if v > greatestWhole || v < -greatestWhole {
			c.Text = strconv.FormatInt(v, 10)
		}
	case float64:
		r.number(&c, v)
	case time.Time:
		if r.types[j] == instantType {
			v = v.UTC()
		}
		h, m, sec := v.Clock()
		y, month, d := v.Date()
		c.Kind, c.Time = features.RawTime, time.Date(y, month, d, h, m, sec, v.Nanosecond(), time.UTC)
	case string:
		c = r.text(j, v)
	case []byte:
		if r.dialect == SQLite {
			return c, fmt.Errorf("%w: row %d (counted from 0), column %s is bytes (a blob); want a number, text or NULL", ErrValue, r.row-1, r.columns[j])
		}
		c = r.text(j, string(v))
	default:
		c.Kind, c.Text = features.RawText, fmt.Sprint(v)
	}
	return c, nil
}

// text returns a text, or the number that the driver has as one.
func (r *tableRows) text(j int, text string) (c features.RawCell) {
	if t := r.types[j]; r.dialect == Postgres && (t == intType || t == amountType) {
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			r.number(&c, x)
			if digits := strings.TrimPrefix(text, "-"); c.Kind == features.RawNumber && math.Abs(x) > greatestWhole && strings.Trim(digits, "0123456789") == "" {
				c.Text = text
			}
			return c
		}
	}
	return features.RawCell{Kind: features.RawText, Text: text}
}

func (r *tableRows) number(c *features.RawCell, x float64) {
	switch {
	case math.IsInf(x, 0):
		c.Kind, c.Text = features.RawText, fmt.Sprint(x)
	case x == x:
		c.Kind, c.Number = features.RawNumber, x
	}
}

// tell fills the report.
func (r *tableRows) tell(report features.TableReport) {
	if r.ordered {
		report.IndexColumn = "position"
	}
	*r.report = report
}

// blockRows is the number of rows of a block.
const blockRows = 8192

// blocks yields the rows in tables.
func (r *tableRows) blocks(ctx context.Context) iter.Seq2[*features.Table, error] {
	return func(yield func(*features.Table, error) bool) {
		if r.saved == nil {
			reader := features.NewRowsReader(r, r.o)
			defer func() { r.tell(reader.Report()) }()
			reader.Blocks(ctx)(yield)
			return
		}
		for {
			t, err := r.table(blockRows)
			if last := err == io.EOF; last {
				if t.Len() > 0 {
					yield(t, nil)
				}
				return
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

// table returns the next rows of a table that was saved, as it was saved; with
// io.EOF the last ones.
func (r *tableRows) table(most int) (*features.Table, error) {
	first := r.reports == nil
	columns := make([]savedValues, len(r.columns))
	for j, name := range r.columns {
		at := slices.IndexFunc(r.saved.columns, func(c features.Column) bool { return c.Name == name })
		columns[j].Column = r.saved.columns[at]
		if first {
			r.reports = append(r.reports, features.ColumnReport{Column: columns[j].Column, Reason: "as it was saved", Least: math.NaN(), Greatest: math.NaN()})
		}
	}
	var err error
	for n := 0; n < most && err == nil; n++ {
		if err = r.next(); err != nil {
			break
		}
		for j := range columns {
			var c features.RawCell
			if c, err = r.cell(j); err == nil {
				err = columns[j].add(c, r.row-1, &r.reports[j])
			}
			if err != nil {
				return nil, err
			}
		}
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	r.tell(features.TableReport{Rows: r.row, Columns: slices.Clone(r.reports)})
	series := make([]features.Series, len(columns))
	for j := range columns {
		series[j] = columns[j].series()
	}
	t, failed := features.NewTable(r.saved.asOf, series...)
	if failed != nil {
		return nil, failed
	}
	return t, err
}

// savedValues are values of a column whose kind is known.
type savedValues struct {
	features.Column
	numbers []float64
	words   []string
	days    []time.Time
}

// add adds a value and counts it in the report.
func (v *savedValues) add(c features.RawCell, row int, report *features.ColumnReport) error {
	if c.Kind == features.RawMissing {
		report.Missing++
	}
	bad := func(want string) error {
		return fmt.Errorf("%w: row %d (counted from 0), column %s has a %s, %v; want %s, or what it holds said by Kinds", ErrValue, row, v.Name, c.Kind, cmp.Or(c.Text, fmt.Sprint(c.Number)), want)
	}
	switch {
	case v.Kind.Numeric():
		x := c.Number
		switch {
		case c.Kind == features.RawMissing:
			x = math.NaN()
		case c.Kind == features.RawText || c.Kind == features.RawTime:
			return bad("a number")
		case c.Text != "" && v.Kind != features.Amount && v.Kind != features.Percent:
			return bad("a whole number up to 2⁵³")
		}
		if x == x {
			report.Least, report.Greatest = least(report.Least, x), -least(-report.Greatest, -x)
		}
		v.numbers = append(v.numbers, x)
	case v.Kind == features.Date:
		if c.Kind == features.RawText {
			day, err := time.Parse(time.DateOnly, c.Text[:min(len(c.Text), len(time.DateOnly))])
			if err != nil {
				return bad("a day such as 2012-09-04")
			}
			c.Time = day
		} else if c.Kind == features.RawNumber || c.Kind == features.RawFlag {
			return bad("a day such as 2012-09-04")
		}
		v.days = append(v.days, c.Time)
	default:
		word := c.Text
		switch {
		case c.Kind == features.RawTime:
			word = c.Time.Format(time.DateOnly)
		case word == "" && c.Kind != features.RawMissing && c.Kind != features.RawText:
			word = strconv.FormatFloat(c.Number, 'f', -1, 64)
		}
		v.words = append(v.words, word)
	}
	return nil
}

// least returns the lesser of two numbers, of which the first may be NaN.
func least(a, b float64) float64 {
	if a <= b {
		return a
	}
	return b
}

func (v *savedValues) series() features.Series {
	switch {
	case v.Kind.Numeric():
		return features.NumberSeries(v.Column, v.numbers)
	case v.Kind == features.Date:
		return features.DaySeries(v.Column, v.days)
	}
	return features.WordSeries(v.Column, v.words)
}
