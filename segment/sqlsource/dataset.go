// Package sqlsource trains models inside a database: PostgreSQL and what speaks its SQL,
// and SQLite. What training has to know of all rows is asked in statements that group and
// add up; the rows stay where they are. It needs database/sql alone, and the driver of the
// program.
//
// # What leaves the database
//
// Counts, exact sums, least and greatest values of columns, the values at given ranks
// (medians), sums by cluster, and the means of grid cells of at least MinCell rows. A row
// leaves in [segment.Source.Sample] alone, which NoSample refuses.
//
// # What runs where
//
// Tried are PostgreSQL 15 and SQLite 3. Of PostgreSQL the statements use aggregates whose
// parts can be added up by workers or shards, and sub-selects that each begin with a
// WITH of one row, which keeps the planner from computing a column twice. None has
// GROUPING SETS, TABLESAMPLE, LATERAL or a LIMIT in a sub-select, which Citus does not
// distribute. It documents that it runs percentile_disc (of Ranks) on the coordinator
// alone; Statistics, and Summary where cells are merged, go on with the groups that come
// out of the shards. Neither Citus nor another of these systems was at hand to be tried.
package sqlsource

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/sqlname"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/sqltext"
)

// Querier is a *sql.DB or *sql.Tx, or what has their methods.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Options say which rows a Dataset is of. Table and Columns must be set.
type Options struct {
	// Dialect is the SQL of the database; default: [segment.Postgres].
	Dialect segment.Dialect

	// Table is a table or a view. It is taken as it stands, with case and blanks, but
	// for a dot: schema.table is a table of that schema, each in double quotes where it
	// has a dot itself.
	Table string

	// Columns are the columns to train on, all of numbers. NULL is a missing value, and
	// NaN is one.
	Columns []string

	// Where is a condition of SQL on the rows, taken as it stands: it must not come from
	// strangers. Args are its parameters.
	Where string
	Args  []any

	// Key is a column whose values tell the rows apart, by which Sample draws on
	// PostgreSQL; without one equal rows are counted first, which takes longer.
	Key string

	// MinCell is the least number of rows that a point of Summary stands for: cells of
	// fewer are merged with their neighbours. Default: 5 with NoSample, else 1.
	MinCell int

	// NoSample makes Sample an error, so that no row leaves the database.
	NoSample bool

	// Workers bounds the parallel workers of a statement on PostgreSQL; default: as many
	// as the server is set to. A negative one stands for none.
	Workers int

	// MaxSets is the number of sets of centroids that one statement takes; default: 9.
	MaxSets int
}

// Dataset is a [segment.Dataset] of the rows of a table or view. All statements see the
// same snapshot of it, one after the other.
type Dataset struct {
	o     Options
	from  string // table and condition
	names []string

	mu     sync.Mutex
	db     pool      // of connections; nil where a transaction was given
	tx     Querier   // the transaction; nil where it has to begin anew
	conn   *sql.Conn // that tx is on, and own is tx, where they are to be ended
	own    *sql.Tx
	raw    *preprocess.Extent
	last   lastExtent
	again  bool    // the transaction was lost: the rows may be others
	latest *source // of Source
}

// lastExtent is the extent behind the pipeline that was asked for last, of the snapshot
// whose raw extent is rows.
type lastExtent struct {
	of   *preprocess.FittedPipeline
	rows *preprocess.Extent
	preprocess.Extent
}

// pool is what a *sql.DB has.
type pool interface {
	Conn(ctx context.Context) (*sql.Conn, error)
}

// Open returns the rows of a table. Of a *sql.DB it takes a connection, which Close gives
// back, and begins a read-only transaction of one snapshot on it (REPEATABLE READ): a pool
// of one connection can do nothing else until then. A *sql.Tx is used as it is, and should
// be of one snapshot too. On PostgreSQL each statement has a savepoint and settings of its
// own (no JIT, Workers), which are gone after it; a statement that fails leaves the
// transaction as it was.
//
// Where the connection of a *sql.DB is lost or a statement is ended by its context, the
// next statement begins another transaction: rows that have another [preprocess.Extent]
// then are [segment.ErrSource].
//
// Errors: [segment.ErrOption] for options that make no sense, a column that the table does
// not have and one that is not of numbers, and those of the database.
func Open(ctx context.Context, db Querier, o Options) (*Dataset, error) {
	d := &Dataset{o: o, names: slices.Clone(o.Columns)}
	if err := d.check(db); err != nil {
		return nil, err
	}
	d.from = quoteTable(o.Table)
	if o.Where != "" {
		d.from = "(SELECT * FROM " + d.from + " WHERE (" + o.Where + "\n))"
	}
	if p, ok := db.(pool); ok {
		d.db = p
	} else {
		d.tx = db
	}
	if err := d.describe(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// check refuses options that make no sense, and puts in the defaults.
func (d *Dataset) check(db Querier) error {
	o := &d.o
	if o.Dialect == "" {
		o.Dialect = segment.Postgres
	}
	if o.MaxSets == 0 {
		o.MaxSets = 9
	}
	if o.MinCell == 0 {
		if o.MinCell = 1; o.NoSample {
			o.MinCell = 5
		}
	}
	switch {
	case db == nil:
		return fmt.Errorf("%w: there is no database", segment.ErrOption)
	case o.Dialect != segment.Postgres && o.Dialect != segment.SQLite:
		return fmt.Errorf("%w: the SQL dialect is %q; it must be %s or %s", segment.ErrOption, string(o.Dialect), segment.Postgres, segment.SQLite)
	case o.Table == "":
		return fmt.Errorf("%w: Table is empty; name the table with the rows", segment.ErrOption)
	case len(o.Columns) == 0:
		return fmt.Errorf("%w: Columns is empty; name the columns to train on", segment.ErrOption)
	case o.MinCell < 0 || o.MaxSets < 0:
		return fmt.Errorf("%w: MinCell is %d and MaxSets %d; neither must be negative", segment.ErrOption, o.MinCell, o.MaxSets)
	}
	for i, name := range o.Columns {
		if slices.Contains(o.Columns[:i], name) {
			return fmt.Errorf("%w: the column %q is there twice", segment.ErrOption, name)
		}
	}
	for _, name := range append([]string{o.Table, o.Key}, o.Columns...) {
		if strings.ContainsRune(name, 0) {
			return fmt.Errorf("%w: %q cannot be the name of a table or column", segment.ErrOption, name)
		}
	}
	return nil
}

// numbers are the types of PostgreSQL that hold numbers, and those of which the driver
// does not tell the name.
var numbers = []string{"", "INT2", "INT4", "INT8", "FLOAT4", "FLOAT8", "NUMERIC"}

// describe checks that the table has the columns, and that they are of numbers; what a
// column of SQLite holds is known once it is read.
func (d *Dataset) describe(ctx context.Context) error {
	types := map[string]string{}
	var all []string
	err := d.query(ctx, "reading the columns of "+d.o.Table, "SELECT * FROM "+quoteTable(d.o.Table)+" WHERE 1 = 0", nil, func(rows *sql.Rows) error {
		columns, err := rows.ColumnTypes()
		for _, c := range columns {
			types[c.Name()] = c.DatabaseTypeName()
			all = append(all, c.Name())
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range append(slices.Clone(d.names), d.o.Key) {
		kind, ok := types[name]
		switch {
		case !ok && name != "":
			return fmt.Errorf("%w: the table %s has no column %q; it has %s", segment.ErrOption, d.o.Table, name, strings.Join(all, ", "))
		case d.o.Dialect == segment.Postgres && slices.Contains(d.names, name) && !slices.Contains(numbers, kind):
			return fmt.Errorf("%w: the column %s of %s is of the type %s; it must be of numbers (a view can make some of it)", segment.ErrOption, name, d.o.Table, kind)
		}
	}
	return nil
}

// Close ends the transaction that Open began.
func (d *Dataset) Close() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.end()
}

func (d *Dataset) end() (err error) {
	if d.own != nil {
		if err = d.own.Rollback(); errors.Is(err, sql.ErrTxDone) {
			err = nil
		}
		err = errors.Join(err, d.conn.Close())
		d.own, d.tx, d.conn = nil, nil, nil
	}
	return err
}

// Columns returns the names of the columns.
func (d *Dataset) Columns() []string {
	if d == nil {
		return nil
	}
	return slices.Clone(d.names)
}

// opened refuses a Dataset that Open did not return.
func (d *Dataset) opened() error {
	if d == nil || d.from == "" {
		return fmt.Errorf("%w: the data set is of no table; want one that Open returned", segment.ErrEmpty)
	}
	return nil
}

// Extent returns how far the columns reach, in one statement.
//
// Errors: [segment.ErrEmpty] where there are no rows, [segment.ErrNotFinite] with the
// column for ±Inf, [segment.ErrSource] for text in a column of SQLite, those of the
// database and that of ctx.
func (d *Dataset) Extent(ctx context.Context, behind *preprocess.FittedPipeline) (preprocess.Extent, error) {
	raw, err := d.rawExtent(ctx)
	if err != nil || behind == nil {
		return raw, err
	}
	d.mu.Lock()
	last, of := d.last, d.raw
	d.mu.Unlock()
	if last.of == behind && last.rows == of {
		return cloneExtent(last.Extent), nil
	}
	e, err := d.extent(ctx, behind, raw.Rows)
	if err != nil {
		return e, err
	}
	d.mu.Lock()
	d.last = lastExtent{behind, of, cloneExtent(e)}
	d.mu.Unlock()
	return e, nil
}

// rawExtent is asked once for each snapshot: it makes sure that there are numbers alone.
func (d *Dataset) rawExtent(ctx context.Context) (preprocess.Extent, error) {
	if err := d.opened(); err != nil {
		return preprocess.Extent{}, err
	}
	d.mu.Lock()
	known, again := d.raw, d.again
	d.mu.Unlock()
	if known == nil || again {
		if err := d.checkText(ctx); err != nil {
			return preprocess.Extent{}, err
		}
		found, err := d.extent(ctx, nil, -1)
		if err != nil {
			return found, err
		}
		if known != nil && !sameExtent(found, *known) {
			return found, fmt.Errorf("%w: the connection was lost, and the rows of %s are others now; begin anew", segment.ErrSource, d.o.Table)
		}
		d.mu.Lock()
		d.raw, d.again, known = &found, false, &found
		d.mu.Unlock()
	}
	return cloneExtent(*known), nil
}

func cloneExtent(e preprocess.Extent) preprocess.Extent {
	return preprocess.Extent{Rows: e.Rows, Known: slices.Clone(e.Known), Least: slices.Clone(e.Least), Greatest: slices.Clone(e.Greatest)}
}

func sameExtent(a, b preprocess.Extent) bool {
	return a.Rows == b.Rows && slices.Equal(a.Known, b.Known) && slices.Equal(a.Least, b.Least) && slices.Equal(a.Greatest, b.Greatest)
}

// checkText refuses a column of SQLite that has anything but numbers.
func (d *Dataset) checkText(ctx context.Context) error {
	if d.o.Dialect != segment.SQLite {
		return nil
	}
	var list []string
	for _, name := range d.names {
		list = append(list, "total(typeof("+sqltext.Name(name)+") NOT IN ('integer', 'real', 'null'))")
	}
	words := make([]float64, len(list))
	err := d.query(ctx, "the types of "+d.o.Table, "SELECT "+strings.Join(list, ", ")+" FROM "+d.from, d.o.Args, func(found *sql.Rows) error {
		return scanOne(found, pointers(words)...)
	})
	for j, n := range words {
		if err == nil && n > 0 {
			err = fmt.Errorf("%w: the column %s of %s has %v values that are no numbers", segment.ErrSource, d.names[j], d.o.Table, n)
		}
	}
	return err
}

// extent asks how far the columns behind a pipeline reach; rows is the number of rows, −1
// where it is not known.
func (d *Dataset) extent(ctx context.Context, p *preprocess.FittedPipeline, rows int) (e preprocess.Extent, err error) {
	w, err := d.behind(p)
	if err != nil {
		return e, err
	}
	names, list := d.names, []string{"count(*)"}
	if p != nil {
		names = p.OutputColumns()
	}
	for _, x := range w.columns {
		list = append(list, "count("+x+")", "min("+x+")", "max("+x+")")
	}
	e = preprocess.Extent{Known: make([]int, len(names)), Least: make([]float64, len(names)), Greatest: make([]float64, len(names))}
	err = d.query(ctx, "the extent of "+d.o.Table, w.sql(list), d.o.Args, func(found *sql.Rows) error {
		low, high := make([]sql.NullFloat64, len(names)), make([]sql.NullFloat64, len(names))
		into := []any{&e.Rows}
		for j := range names {
			into = append(into, &e.Known[j], &low[j], &high[j])
		}
		if err := scanOne(found, into...); err != nil {
			return err
		}
		for j := range names {
			e.Least[j], e.Greatest[j] = math.Inf(1), math.Inf(-1)
			if low[j].Valid {
				e.Least[j], e.Greatest[j] = low[j].Float64, high[j].Float64
			}
		}
		return nil
	})
	if err == nil {
		err = d.checkExtent(e, names, rows)
	}
	return e, err
}

func (d *Dataset) checkExtent(e preprocess.Extent, names []string, rows int) error {
	switch {
	case e.Rows == 0 && d.o.Where != "":
		return fmt.Errorf("%w: %s has no rows where %s", segment.ErrEmpty, d.o.Table, d.o.Where)
	case e.Rows == 0:
		return fmt.Errorf("%w: %s has no rows", segment.ErrEmpty, d.o.Table)
	case rows >= 0 && e.Rows != rows:
		return fmt.Errorf("%w: there are %d rows now, and were %d; every statement must see the same", segment.ErrSource, e.Rows, rows)
	}
	for j, name := range names {
		for _, v := range []float64{e.Least[j], e.Greatest[j]} {
			if e.Known[j] > 0 && math.IsInf(v, 0) {
				return fmt.Errorf("%w: the column %s of %s has the value %v", segment.ErrNotFinite, name, d.o.Table, v)
			}
		}
	}
	return nil
}

// Ranks returns for each column the known values of the given ranks, in one statement.
//
// Errors: [segment.ErrOption] for a rank that no known value has, and those of Extent.
func (d *Dataset) Ranks(ctx context.Context, behind *preprocess.FittedPipeline, ranks [][]int) ([][]float64, error) {
	e, err := d.Extent(ctx, behind)
	if err != nil {
		return nil, err
	}
	b, err := d.behind(behind)
	if err != nil {
		return nil, err
	}
	if len(ranks) != len(b.columns) {
		return nil, fmt.Errorf("%w: ranks of %d columns; there are %d", segment.ErrWidth, len(ranks), len(b.columns))
	}
	out := make([][]float64, len(ranks))
	var list []string
	var into []any
	for j, of := range ranks {
		out[j] = make([]float64, len(of))
		for i, rank := range of {
			if rank < 0 || rank >= e.Known[j] {
				return nil, fmt.Errorf("%w: the rank %d of column %d, which has %d known values", segment.ErrOption, rank, j, e.Known[j])
			}
			list, into = append(list, d.rank(b, j, rank, e.Known[j])), append(into, &out[j][i])
		}
	}
	if len(list) == 0 {
		return out, nil
	}
	statement, args := b.sql(list), d.o.Args
	if d.o.Dialect == segment.SQLite {
		statement, args = "SELECT "+strings.Join(list, ", "), slices.Repeat(args, len(list))
	}
	return out, d.query(ctx, "values by rank", statement, args, func(found *sql.Rows) error { return scanOne(found, into...) })
}

// rank returns the expression for the value of a rank among known ones. PostgreSQL takes
// the first whose share of the order reaches the fraction; half a rank keeps it from the
// rounding of both.
func (d *Dataset) rank(b *writer, j, rank, known int) string {
	x := b.columns[j]
	if d.o.Dialect == segment.SQLite {
		return fmt.Sprintf("(SELECT %s FROM %s WHERE %s IS NOT NULL ORDER BY 1 LIMIT 1 OFFSET %d)", x, b.From(), x, rank)
	}
	return fmt.Sprintf("percentile_disc(%s) WITHIN GROUP (ORDER BY %s)", sqltext.Number((float64(rank)+0.5)/float64(known)), x)
}

// Moments returns exact sums of the columns, in one statement after that of Extent.
//
// Errors: [segment.ErrWidth] for a Center or Power of another length, and those of Extent.
func (d *Dataset) Moments(ctx context.Context, behind *preprocess.FittedPipeline, o preprocess.MomentsOptions) (preprocess.Moments, error) {
	e, err := d.Extent(ctx, behind)
	if err != nil {
		return preprocess.Moments{}, err
	}
	b, err := d.behind(behind)
	if err != nil {
		return preprocess.Moments{}, err
	}
	n := len(b.columns)
	if o.Center != nil && len(o.Center) != n || o.Power != nil && len(o.Power) != n {
		return preprocess.Moments{}, fmt.Errorf("%w: %d centres and %d powers for %d columns", segment.ErrWidth, len(o.Center), len(o.Power), n)
	}
	most := make([]float64, n)
	var moved []string
	for j, x := range b.columns {
		center, power := 0.0, 1.0
		if o.Center != nil {
			center, x = o.Center[j], "("+x+" - "+sqltext.Number(o.Center[j])+")"
		}
		if o.Power != nil {
			power, x = o.Power[j], x+" * "+sqltext.Number(o.Power[j])
		}
		moved = append(moved, x)
		if e.Known[j] > 0 {
			most[j] = max(math.Abs(float64(float64(e.Least[j]-center)*power)), math.Abs(float64(float64(e.Greatest[j]-center)*power)))
		}
	}
	b.step("v", moved)
	var terms []term
	for j, x := range b.columns {
		terms = append(terms, termOf(x, most[j]), termOf(x+" * "+x, float64(most[j]*most[j])))
	}
	for j := range n {
		for i := 0; i < j && o.Products; i++ {
			terms = append(terms, termOf(b.columns[i]+" * "+b.columns[j], float64(most[i]*most[j])))
		}
	}
	t, err := d.total(ctx, "moments", b, terms)
	if err != nil {
		return preprocess.Moments{}, err
	}
	m := preprocess.Moments{Known: e.Known, Sums: make([]preprocess.Sum, n), Squares: make([]preprocess.Sum, n)}
	for j := range n {
		m.Sums[j], m.Squares[j] = t[2*j], t[2*j+1]
	}
	if o.Products {
		m.Products = make([]preprocess.Sum, n*n)
		at := 2 * n
		for j := range n {
			m.Products[j*n+j] = m.Squares[j]
			for i := range j {
				m.Products[i*n+j], m.Products[j*n+i] = t[at], t[at]
				at++
			}
		}
	}
	return m, nil
}

// total returns the sums of terms over all rows.
func (d *Dataset) total(ctx context.Context, what string, w *writer, terms []term) ([]preprocess.Sum, error) {
	list, err := w.sums(terms)
	if err != nil {
		return nil, err
	}
	out := make([]preprocess.Sum, len(terms))
	err = d.query(ctx, what, w.sql(list), d.o.Args, func(found *sql.Rows) error {
		texts := make([]sql.NullString, len(list))
		if err := scanOne(found, pointers(texts)...); err != nil {
			return err
		}
		out, err = w.read(terms, texts)
		return err
	})
	return out, err
}

// Clusters returns sums of the columns by the nearest of the centroids behind the
// pipeline, of equally near ones the lowest; in one statement after those of Extent.
//
// Errors: those of Source and of its Statistics.
func (d *Dataset) Clusters(ctx context.Context, pipeline *preprocess.FittedPipeline, centroids *mat.Dense) (segment.ClusterSums, error) {
	raw, err := d.rawExtent(ctx)
	if err != nil {
		return segment.ClusterSums{}, err
	}
	s, err := d.source(pipeline)
	if err != nil {
		return segment.ClusterSums{}, err
	}
	if _, err := s.reach(ctx); err != nil {
		return segment.ClusterSums{}, err
	}
	if err := s.checkSets([]*mat.Dense{centroids}); err != nil {
		return segment.ClusterSums{}, err
	}
	w, err := d.behind(pipeline, d.names...)
	if err != nil {
		return segment.ClusterSums{}, err
	}
	w.nearest([]*mat.Dense{centroids})
	var terms []term
	var counts []string
	for j := range d.names {
		x := d.number("k" + strconv.Itoa(j))
		terms = append(terms, termOf(x, magnitude(raw, j)))
		counts = append(counts, "count("+x+")")
	}
	sums, err := w.sums(terms)
	if err != nil {
		return segment.ClusterSums{}, err
	}
	k, _ := centroids.Dims()
	n := len(d.names)
	out := segment.ClusterSums{Counts: make([]int, k), Known: make([][]int, k), Sums: make([][]preprocess.Sum, k)}
	for q := range k {
		out.Known[q], out.Sums[q] = make([]int, n), make([]preprocess.Sum, n)
	}
	list := slices.Concat([]string{w.labels[0], "count(*)"}, counts, sums)
	err = d.query(ctx, "sums by cluster", w.sql(list, w.labels[0]), d.o.Args, func(found *sql.Rows) error {
		for found.Next() {
			var q, rows int
			known, texts := make([]int, n), make([]sql.NullString, len(sums))
			if err := found.Scan(slices.Concat([]any{&q, &rows}, pointers(known), pointers(texts))...); err != nil {
				return err
			}
			out.Counts[q], out.Known[q] = rows, known
			if out.Sums[q], err = w.read(terms, texts); err != nil {
				return err
			}
		}
		return found.Err()
	})
	return out, err
}

// number returns the number in a column of the table, NULL for NaN.
func (d *Dataset) number(x string) string {
	if d.o.Dialect == segment.SQLite {
		return "CAST(" + x + " AS REAL)"
	}
	return "NULLIF(CAST(" + x + " AS double precision), 'NaN')"
}

// magnitude returns the greatest magnitude of a column of an extent.
func magnitude(e preprocess.Extent, j int) float64 {
	if e.Known[j] == 0 {
		return 0
	}
	return max(math.Abs(e.Least[j]), math.Abs(e.Greatest[j]))
}

// pointers returns a pointer to each value, for Scan.
func pointers[T any](values []T) []any {
	out := make([]any, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return out
}

// scanOne reads the only line of an answer.
func scanOne(rows *sql.Rows, into ...any) error {
	if !rows.Next() {
		return errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return rows.Close()
}

// quoteTable returns a table as an identifier.
func quoteTable(table string) string {
	schema, table := sqlname.Split(table)
	if schema == "" {
		return sqltext.Name(table)
	}
	return sqltext.Name(schema) + "." + sqltext.Name(table)
}

// orBackground takes a nil context for one that is never done.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// ended returns the error of a statement: why ctx has ended, where that is so, for which
// drivers return errors of their own.
func ended(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if why := cause.Of(ctx); why != nil {
		return fmt.Errorf("sqlsource: %s: %w (%v)", what, why, err)
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && state.SQLState() == "22003" {
		return fmt.Errorf("%w: %s: %w", segment.ErrOverflow, what, err)
	}
	return fmt.Errorf("sqlsource: %s: %w", what, err)
}
