package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// IngestOptions change how Ingest works. The zero value works.
type IngestOptions struct {
	// Read are the options of the reader of the file.
	Read features.ReadOptions

	// Upsert keeps the customers that are there: those in the file with an id
	// that is there already replace that customer, the others are added. The
	// zero value replaces the whole table.
	Upsert bool

	// Progress, when not nil, is called with the number of customers sent to
	// the database so far, every 10,000 customers and at the end.
	Progress func(rows int)
}

const progressEvery = 10_000

// Ingest reads a campaign file into the raw table, in one transaction and in
// constant memory: after any error the table is as it was. The report is what
// was found in the file; it is valid after an error too.
//
// Errors: those of [features.Read], [ErrDuplicate] for an id that is in the file
// twice, [ErrNotMigrated], [ErrLocked], [ErrFull], [ErrPrivilege]; a lost
// connection where the file cannot be read again, as a pipe cannot.
func (s *Store) Ingest(ctx context.Context, file io.Reader, o IngestOptions) (features.Report, error) {
	if !s.ready(&ctx) {
		return features.Report{}, errNotOpen
	}
	var report features.Report
	seeker, again := file.(io.Seeker)
	start, err := int64(0), error(nil)
	if again {
		start, err = seeker.Seek(0, io.SeekCurrent)
		again = err == nil // a pipe is a file too
	}
	first := true
	source := func(yield func(features.Customer, error) bool) {
		if !first {
			if _, err := seeker.Seek(start, io.SeekStart); err != nil {
				yield(features.Customer{}, err)
				return
			}
		}
		first = false
		r := features.Read(file, o.Read)
		defer func() { report = r.Report() }()
		n := 0
		for c, err := range r.All(ctx) {
			if !yield(c, err) {
				return
			}
			if n++; o.Progress != nil && n%progressEvery == 0 {
				o.Progress(n)
			}
		}
		if o.Progress != nil {
			o.Progress(n)
		}
	}
	how := replaceRows
	if o.Upsert {
		how = upsertRows
	}
	_, err = s.putCustomers(ctx, "ingesting customers into "+s.table(s.tables.Customers).String(), s.table(s.tables.Customers), how, again, nil, source)
	if errors.Is(err, ErrDuplicate) && report.RepeatedIDs.Rows > 0 {
		err = fmt.Errorf("%w; in the file, %s; want one row for each customer", err, report.RepeatedIDs)
	}
	return report, err
}

// SaveCustomers replaces the raw table with the customers of a sequence, in one
// transaction, and returns their number. An error of the sequence ends it and
// leaves the table as it was.
//
// Errors: those of [Store.Ingest], and a [*features.ValueError] for a customer
// that [features.Customer.Validate] refuses.
func (s *Store) SaveCustomers(ctx context.Context, customers iter.Seq2[features.Customer, error]) (int, error) {
	return s.putSeq(ctx, "saving customers into ", orZero(s).tables.Customers, replaceRows, customers)
}

// Append adds customers to the raw table, behind those that are there, all or
// none, and returns their number. An id that is there already is
// [ErrDuplicate].
func (s *Store) Append(ctx context.Context, customers iter.Seq2[features.Customer, error]) (int, error) {
	return s.putSeq(ctx, "appending customers to ", orZero(s).tables.Customers, appendRows, customers)
}

// Upsert adds customers to the raw table or, where the id is there already,
// replaces that customer in its place; all or none. Of customers of one id the
// last one stays. It returns the number of customers of the sequence.
//
// On PostgreSQL it needs the privilege TEMPORARY on the database, which every
// role has by default.
func (s *Store) Upsert(ctx context.Context, customers iter.Seq2[features.Customer, error]) (int, error) {
	return s.putSeq(ctx, "adding and replacing customers of ", orZero(s).tables.Customers, upsertRows, customers)
}

// UploadCustomers does as SaveCustomers for a table of any name, which is made
// where there is none, with a column position and the columns of
// [features.Columns]. [Store.FetchCustomers] is the way back.
//
// Errors: [ErrName], [ErrColumns] for a table with other columns, and those of
// [Store.SaveCustomers].
func (s *Store) UploadCustomers(ctx context.Context, table string, customers iter.Seq2[features.Customer, error]) (int, error) {
	return s.putSeq(ctx, "uploading customers into ", table, createRows, customers)
}

// All returns the customers, or scores, of a slice as a sequence.
func All[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// putSeq writes a sequence of customers into the table of a name.
func (s *Store) putSeq(ctx context.Context, op, name string, how put, customers iter.Seq2[features.Customer, error]) (int, error) {
	if !s.ready(&ctx) {
		return 0, errNotOpen
	}
	table, err := s.find(ctx, "table", name)
	if err != nil {
		return 0, s.fail(ctx, op+quote(name), err)
	}
	op += table.String()
	if customers, err = readAhead(ctx, s, customers); err != nil {
		return 0, s.fail(ctx, op, err)
	}
	return s.putCustomers(ctx, op, table, how, false, validate, customers)
}

// validate refuses a customer that is none, by its row.
func validate(c *features.Customer, row int) error {
	err := c.Validate()
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*features.ValueError](err); ok {
		e.Row = row
	}
	return &sourceError{err}
}

// readAhead reads a sequence to its end where the store has one connection: the
// transaction needs it, and the sequence may come from this store.
func readAhead[T any](ctx context.Context, s *Store, seq iter.Seq2[T, error]) (iter.Seq2[T, error], error) {
	if seq == nil {
		return nil, fmt.Errorf("%w: the sequence is nil", ErrOption)
	}
	if !s.memory {
		return seq, nil
	}
	list, err := collect(ctx, seq)
	if err != nil {
		return nil, &sourceError{err}
	}
	return All(list), nil
}

func collect[T any](ctx context.Context, seq iter.Seq2[T, error]) ([]T, error) {
	list := []T{}
	for v, err := range seq {
		if err == nil {
			err = cause.Of(ctx)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// put is what becomes of the rows that are there.
type put int

const (
	replaceRows put = iota
	createRows      // replaceRows, and the table is made where it is not there
	appendRows
	upsertRows
)

// putCustomers writes a sequence into a table of customers. Check, when not nil,
// refuses one by its row.
func (s *Store) putCustomers(ctx context.Context, op string, table tableName, how put, again bool,
	check func(c *features.Customer, row int) error, customers iter.Seq2[features.Customer, error]) (n int, err error) {
	columns := append([]string{"position"}, names(features.Columns())...)
	j := job{op: op, tables: []tableName{table}, again: again, idempotent: how != appendRows}
	if how == createRows {
		j.tables = nil
	}
	err = s.write(ctx, j, func(t *tx) error {
		if how == createRows {
			if err := t.create(ctx, table, features.Columns()); err != nil {
				return err
			}
		}
		if err := t.wantTextIDs(ctx, table, "id"); err != nil {
			return err
		}
		target, first := table, 1
		var err error
		switch how {
		case appendRows:
			first, err = t.next(ctx, table)
		case upsertRows:
			target = stagingTable
			_, err = t.ExecContext(ctx, s.dialect.stage(stagingTable, table, columns))
		default:
			_, err = t.ExecContext(ctx, "DELETE FROM "+table.String())
		}
		if err != nil {
			return err
		}
		n, err = t.load(ctx, target, columns, func(yield func([]any, error) bool) {
			var c features.Customer
			position := first
			row := []any{&position}
			for _, f := range fields {
				row = append(row, f.Pointer(&c))
			}
			for next, err := range customers {
				if c = next; err != nil {
					err = &sourceError{err}
				} else if check != nil {
					err = check(&c, position-first)
				}
				if !yield(row, err) {
					return
				}
				position++
			}
		})
		if err != nil || how != upsertRows {
			return err
		}
		return t.merge(ctx, table, columns)
	})
	if err != nil {
		n = 0
	}
	return n, err
}

// stagingTable is a temporary table that lasts for a transaction.
var stagingTable = tableName{name: "segmentation_staging"}

// merge moves the staged rows into a table: of rows with one id the last one,
// in place of the row of that id or behind all.
func (t *tx) merge(ctx context.Context, table tableName, columns []string) error {
	position, err := t.next(ctx, table)
	if err != nil {
		return err
	}
	var set []string
	for _, name := range columns {
		if name != "id" && name != "position" {
			set = append(set, quote(name)+" = excluded."+quote(name))
		}
	}
	rest := quoteAll(columns[1:])
	// "WHERE true" parts the SELECT from the ON of SQLite's grammar.
	query := fmt.Sprintf(`INSERT INTO %[1]s (position, %[2]s)
		SELECT %[4]d + position, %[2]s FROM %[3]s AS s
		WHERE position = (SELECT max(position) FROM %[3]s AS o WHERE o.id = s.id)
		ORDER BY position
		ON CONFLICT (id) DO UPDATE SET %[5]s`, table, rest, stagingTable, position-1, strings.Join(set, ", "))
	for _, q := range []string{
		"CREATE INDEX segmentation_staging_id ON " + stagingTable.String() + " (id, position)",
		query,
		"DROP TABLE " + stagingTable.String(),
	} {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// fields are the columns of a customer.
var fields = features.Fields()

func names(columns []features.Column) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.Name
	}
	return list
}

// Customers streams the raw table in the order of its rows, in constant memory,
// as it was when the first row was asked for. An error ends it: it is yielded
// once, last. Breaking off early ends the statement. Columns are found by name,
// whatever others there are, and a category of NULL is the empty string.
//
// With sqlite::memory:, whose connection is the only one, the rows are all
// read before the first is yielded.
//
// Errors: [ErrNotMigrated], [ErrNoTable], [ErrColumns], [ErrPrivilege],
// [ErrValue] for a value that is no customer's.
func (s *Store) Customers(ctx context.Context) iter.Seq2[features.Customer, error] {
	return s.FetchCustomers(ctx, FetchOptions{})
}

// FetchOptions change how customers are read from a table. The zero value reads
// the raw table and stops at the first row that is no customer.
type FetchOptions struct {
	// Table is read; default: the raw table. It may be any with a column for each
	// of [features.Columns]. One without a column position is read in whatever order
	// the database has.
	Table string

	// Policy is what is done with a row that is no customer, by its kinds of values
	// or by [features.Customer.Validate]: [features.Strict] stops with [ErrValue],
	// [features.Skip] leaves it out, as in a file.
	Policy features.Policy

	// Report, when not nil, counts the customers read so far (Rows), those left
	// out (BadRows) and the first ten reasons (Errors), and the missing
	// incomes. What there is to say of a file is not in it.
	Report *features.Report
}

// FetchCustomers does as Customers, for any table and for rows that are no
// customers.
func (s *Store) FetchCustomers(ctx context.Context, o FetchOptions) iter.Seq2[features.Customer, error] {
	if o.Table == "" {
		o.Table = orZero(s).tables.Customers
	}
	if o.Report == nil {
		o.Report = &features.Report{}
	}
	return func(yield func(features.Customer, error) bool) {
		ctx := ctx
		if !s.ready(&ctx) {
			yield(features.Customer{}, errNotOpen)
			return
		}
		op := "reading customers from " + quote(o.Table)
		t, err := s.find(ctx, "table", o.Table)
		if err != nil {
			yield(features.Customer{}, s.fail(ctx, op, err))
			return
		}
		var list []features.Customer
		more := true
		err = s.eachCustomer(ctx, t, o, func(c *features.Customer) bool {
			if s.memory {
				list = append(list, *c)
			} else {
				more = yield(*c, nil)
			}
			return more
		})
		if err == nil {
			All(list)(yield)
		} else if more {
			yield(features.Customer{}, s.failTable(ctx, op, t, err))
		}
	}
}

// ReadCustomers reads the raw table into a slice.
func (s *Store) ReadCustomers(ctx context.Context) ([]features.Customer, error) {
	return collect(context.Background(), s.Customers(ctx)) // which ends with ctx
}

// mostErrors is how many reasons a report keeps, as that of a file does.
const mostErrors = 10

func (s *Store) eachCustomer(ctx context.Context, table tableName, o FetchOptions, f func(*features.Customer) bool) error {
	columns := features.Columns()
	packed := names(slices.DeleteFunc(slices.Clone(columns), func(c features.Column) bool {
		return c.Nullable || c.Kind == features.Identifier
	}))
	*o.Report = features.Report{}
	return s.each(ctx, table, names(columns), packed, func(r *rowReader) (bool, error) {
		var c features.Customer
		if r.err == nil {
			readCustomer(r, &c)
		}
		err := r.err
		if err == nil {
			if err = c.Validate(); err != nil {
				err = fmt.Errorf("%w: row %d (counted from 0), customer %v, %w", ErrValue, r.row, c.ID, err)
			}
		}
		if err == nil {
			o.Report.Rows++
			if c.Income != c.Income {
				o.Report.MissingIncome++
			}
			return f(&c), nil
		}
		if o.Policy != features.Skip {
			return false, err
		}
		r.err = nil
		o.Report.BadRows++
		if len(o.Report.Errors) < mostErrors {
			bad := &features.ReadError{
				File:   "the table " + quote(o.Table),
				Reason: strings.TrimPrefix(err.Error(), ErrValue.Error()+": "), Err: err,
			}
			if value, ok := errors.AsType[*features.ValueError](err); ok {
				bad.Column, bad.Value = value.Column, value.Value
			}
			o.Report.Errors = append(o.Report.Errors, bad)
		}
		return true, nil
	})
}

func readCustomer(r *rowReader, c *features.Customer) {
	for _, f := range fields {
		switch v := f.Pointer(c).(type) {
		case *int:
			*v = int(r.Int())
		case *float64:
			*v = r.Float(f.Nullable)
		case *time.Time:
			*v = r.Day()
		case *string:
			if f.Kind == features.Identifier {
				*v = r.ID()
			} else {
				*v = r.Text()
			}
		}
	}
}
