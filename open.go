package segmentation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
	"github.com/customer-personality/segmentation/features/xlsx"
	"github.com/customer-personality/segmentation/internal/container"
)

// OpenOptions change how a file of customers is read. The zero value finds
// everything from the data.
type OpenOptions struct {
	// Read are the options of a campaign file; Name, Policy, DateOrder, AsOf and
	// Decimal hold for any other table, too.
	Read features.ReadOptions

	// Header, Encoding and Kinds are those of [features.TableOptions]; any of them
	// makes a file one of any table, also where it has the header of a campaign.
	Header   []string
	Encoding string
	Kinds    map[string]features.Kind

	Sheet     string // of a workbook, and its row with the names; found by default
	HeaderRow int

	// Roles set what the columns serve for. Features or Value make a file one of any
	// table, also where it has the header of a campaign.
	Roles features.RoleOptions

	// Orders says whether the rows are lines of orders, to be counted to customers by
	// [features.RFM]; by default that is found from the columns.
	Orders      OrdersMode
	OrderOption features.RFMOptions // how lines of orders are counted; its AsOf is Read.AsOf by default

	MaxBytes int64 // largest size of the file, when unpacked; 0 is 4 GB
}

// OrdersMode says whether rows are lines of orders.
type OrdersMode uint8

const (
	FindOrders OrdersMode = iota // where a customer column repeats beside a day and an amount
	AreOrders                    // they are
	NoOrders                     // they are customers
)

// A Source is customers as a file had them, and what they were taken for.
type Source struct {
	Table *features.Table
	Form  string // of the file: text, JSON, xlsx, Parquet

	// Campaign is whether the table has the training columns of the campaign schema:
	// as a campaign file, or calculated from what it has.
	Campaign bool
	Report   features.Report // of a campaign file in text; else zero

	// Roles are what the columns of a table of any other kind serve for.
	Roles features.Roles

	Columns []features.ColumnReport // what each column was read as; none for a campaign file in text
	BadRows int                     // rows that could not be read
	Told    []string                // sentences, without full stops, on what was guessed, left out or taken for another
	Orders  *features.RFMReport     // of lines of orders; nil for customers
}

// Open reads the customers in a file of any form, which it recognises by its
// content: text as [features.ReadTable] takes it, a workbook of Excel, Parquet,
// JSON, each possibly packed by gzip, zstd or in a zip.
//
//   - A campaign file is recognised by its header and read by the schema, as
//     [Read] does, with its engineered columns.
//   - A table that has the five training columns of the schema, or allows to
//     calculate them, is taken for a campaign, too ([features.CampaignTable]).
//   - Lines of orders become one row a customer ([features.RFM]).
//   - Of any other table, [features.InferRoles] finds what the columns serve for.
//
// r is read to its end; an [io.ReaderAt] that is an [io.Seeker], as files are, in
// place. Errors: those of the readers.
func Open(ctx context.Context, r io.Reader, o OpenOptions) (*Source, error) {
	if r == nil {
		return nil, &features.ReadError{File: o.Read.Name, Reason: "there is nothing to read from", Want: "a reader", Err: features.ErrEmpty}
	}
	f, err := container.Open(ctx, r, container.Options{MaxBytes: o.MaxBytes})
	if err != nil {
		return nil, openError(o.Read.Name, err)
	}
	defer f.Close()
	s := &Source{Form: f.Form.String()}
	for _, p := range f.Packed {
		s.Told = append(s.Told, "unpacked from "+p)
	}
	return s.open(ctx, f, o)
}

// open reads a file as a whole: a text by the schema where its header is that of a
// campaign.
func (s *Source) open(ctx context.Context, f *container.File, o OpenOptions) (*Source, error) {
	if f.Form == container.Text && !o.chosen() {
		at, size, err := f.ReaderAt()
		if err != nil {
			return s, openError(o.Read.Name, err)
		}
		whole := func() io.Reader { return io.NewSectionReader(at, 0, size) }
		header, err := features.NewTableReader(whole(), o.table()).Header()
		if err != nil {
			return s, err
		}
		if _, lacking := features.CampaignHeader(header); len(lacking) == 0 {
			s.Table, s.Report, err = Read(ctx, whole(), o.Read)
			s.Campaign, s.BadRows = true, s.Report.BadRows
			return s, err
		}
	}
	r, err := openReader(ctx, f, o)
	if err != nil {
		return s, err
	}
	defer r.close()
	if counted, err := s.counted(ctx, r, o); counted || err != nil {
		return s, err
	}
	t, report, err := r.all(ctx)
	return s.any(ctx, t, report, r.warnings(report), err, o)
}

// counted counts the lines of a text to customers where they are orders, and reports
// whether they are.
func (s *Source) counted(ctx context.Context, r *fileReader, o OpenOptions) (bool, error) {
	if r.lines == nil || o.Orders == NoOrders {
		return false, nil
	}
	if o.Orders == FindOrders {
		// The columns tell, and these are found from the first rows.
		first, err := r.lines.Sample(ctx)
		if err != nil {
			return false, err
		}
		_, ok, err := features.FindOrderColumns(ctx, first)
		if err != nil || !ok || o.chosen() {
			return false, err
		}
	}
	t, report, err := features.RFM(ctx, r.lines, o.orders())
	_, err = s.orders(ctx, t, report, err, o)
	return true, err
}

// A fileReader reads the table in a file of any form, as a whole or in blocks.
type fileReader struct {
	lines    *features.TableReader // of a text
	all      func(context.Context) (*features.Table, features.TableReport, error)
	blocks   func(context.Context) iter.Seq2[*features.Table, error]
	report   func() features.TableReport         // of blocks that were read
	warnings func(features.TableReport) []string // on the whole file
	close    func() error
}

// openReader opens a file by its form.
func openReader(ctx context.Context, f *container.File, o OpenOptions) (*fileReader, error) {
	r := &fileReader{warnings: features.TableReport.Warnings, close: func() error { return nil }}
	if f.Form == container.JSON {
		return r.of(features.NewJSONReader(ctx, f.Reader(), o.table())), nil
	}
	at, size, err := f.ReaderAt()
	if err != nil {
		return nil, openError(o.Read.Name, err)
	}
	switch f.Form {
	case container.XLSX:
		sheet, err := xlsx.NewReader(ctx, at, size, xlsx.Options{Sheet: o.Sheet, HeaderRow: o.HeaderRow, Table: o.table(), MaxBytes: o.MaxBytes})
		if err != nil {
			return nil, err
		}
		r.close, r.warnings = sheet.Close, func(found features.TableReport) []string {
			report := sheet.Report()
			report.Table = found
			return report.Warnings()
		}
		return r.of(features.NewRowsReader(sheet, o.table())), nil
	case container.Parquet:
		var found features.TableReport
		with := parquet.Options{Table: o.table(), Report: &found}
		r.all = func(ctx context.Context) (*features.Table, features.TableReport, error) {
			return parquet.Read(ctx, at, size, with)
		}
		r.blocks = func(ctx context.Context) iter.Seq2[*features.Table, error] {
			return parquet.Tables(ctx, at, size, with)
		}
		r.report = func() features.TableReport { return found }
		return r, nil
	}
	r.lines = features.NewTableReader(io.NewSectionReader(at, 0, size), o.table())
	return r.of(r.lines), nil
}

// of reads by a reader of tables.
func (r *fileReader) of(t *features.TableReader) *fileReader {
	r.all, r.blocks, r.report = t.All, t.Blocks, t.Report
	return r
}

// OpenTables takes tables of the same columns one after another, the blocks of a
// database say, as [OpenTable] takes one: what the first is taken for, all are. Each
// source has some thousand rows at most, the first what was told; lines of orders
// become one source, at the end. The sequence ends after the first error, with what
// was told until then.
func OpenTables(ctx context.Context, tables iter.Seq2[*features.Table, error], o OpenOptions) iter.Seq2[*Source, error] {
	return func(yield func(*Source, error) bool) {
		if tables == nil {
			yield(&Source{}, errors.New("the sequence of tables is nil"))
			return
		}
		next, stop := iter.Pull2(tables)
		defer stop()
		first, err, ok := next()
		if !ok {
			return
		}
		more := func(yield func(*features.Table, error) bool) {
			for t, err, ok := next(); ok && yield(t, err); t, err, ok = next() {
			}
		}
		s := &Source{Form: "table"}
		var take takeFunc
		if err == nil {
			take, err = s.decide(ctx, first, more, o)
		}
		if err != nil || take == nil {
			yield(s, err)
			return
		}
		rows := 0
		each := func(t *features.Table, err error) bool {
			if err != nil {
				yield(s, err)
				return false
			}
			for part := range t.Chunk(blockRows) {
				if s.Table, err = take(part, rows); !yield(s, err) || err != nil {
					return false
				}
				s = &Source{Form: s.Form, Campaign: s.Campaign, Roles: s.Roles}
				rows += part.Len()
			}
			return true
		}
		if each(first, nil) {
			more(each)
		}
	}
}

// OpenTable takes a table that is in memory, of a database or a data frame say, as
// [Open] takes that of a file; the table has its own day.
func OpenTable(ctx context.Context, t *features.Table, o OpenOptions) (*Source, error) {
	return (&Source{Form: "table"}).any(ctx, t, features.TableReport{}, nil, nil, o)
}

// OpenFile reads the customers in a file; see [Open].
func OpenFile(ctx context.Context, path string, o OpenOptions) (*Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if o.Read.Name == "" {
		o.Read.Name = path
	}
	return Open(ctx, f, o)
}

func openError(name string, err error) error {
	var e *container.Error
	if errors.As(err, &e) {
		return &features.ReadError{File: name, Reason: e.Reason, Want: e.Want, Err: err}
	}
	return err
}

// table returns the options of any table.
func (o OpenOptions) table() features.TableOptions {
	return features.TableOptions{
		Name: o.Read.Name, Policy: o.Read.Policy, DateOrder: o.Read.DateOrder, AsOf: o.Read.AsOf, Decimal: o.Read.Decimal,
		Header: o.Header, Encoding: o.Encoding, Kinds: o.Kinds,
	}
}

// tabled reports whether there are options of any table that a campaign file does not
// have.
func (o OpenOptions) tabled() bool { return o.Header != nil || o.Encoding != "" || o.Kinds != nil }

// chosen reports whether the options make a campaign file one of any table.
func (o OpenOptions) chosen() bool {
	return o.tabled() || o.Roles.Features != nil || o.Roles.Value != nil || o.Orders == AreOrders
}

func (o OpenOptions) orders() features.RFMOptions {
	r := o.OrderOption
	if time.Time(r.AsOf).IsZero() {
		r.AsOf = o.Read.AsOf
	}
	return r
}

// orders takes customers counted from lines of orders.
func (s *Source) orders(ctx context.Context, t *features.Table, report features.RFMReport, err error, o OpenOptions) (*Source, error) {
	s.Orders, s.Columns, s.BadRows, s.Told = &report, report.Table.Columns, report.Table.BadRows, append(s.Told, report.Warnings()...)
	if err != nil {
		return s, err
	}
	s.Told = append(s.Told, fmt.Sprintf("%d lines of orders counted to %d customers by %s, %s and %s", report.Lines, t.Len(),
		report.Columns.Customer, report.Columns.Day, amountOf(report.Columns)))
	if s.Table, err = features.RFMScore(ctx, t, features.RFMScoreOptions{}); err != nil {
		return s, err
	}
	if o.Roles.Features == nil {
		o.Roles.Features = []string{"recency", "frequency", "monetary"}
	}
	if o.Roles.Value == nil {
		o.Roles.Value = slices.DeleteFunc([]string{"-recency", "frequency", "monetary"}, func(v string) bool {
			return !slices.Contains(o.Roles.Features, strings.TrimPrefix(v, "-"))
		})
	}
	if o.Roles.Describe == nil {
		o.Roles.Describe = []string{"basket", "tenure", "days_between", "returns", "rfm_segment"}
	}
	s.Roles, err = features.InferRoles(ctx, s.Table, o.Roles)
	return s, err
}

func amountOf(c features.OrderColumns) string {
	if c.Amount != "" {
		return c.Amount
	}
	return c.Quantity + " × " + c.Price
}

// any takes a table of any form for a campaign, for lines of orders, or for
// customers of any kind.
func (s *Source) any(ctx context.Context, t *features.Table, found features.TableReport, told []string, err error, o OpenOptions) (*Source, error) {
	s.Columns, s.BadRows, s.Told = found.Columns, found.BadRows, append(s.Told, told...)
	if err != nil {
		return s, err
	}
	s.Table = t
	take, err := s.decide(ctx, t, nil, o)
	if err != nil || take == nil {
		return s, err
	}
	out, err := take(t, 0)
	if err != nil {
		s.Campaign = false
		return s, err
	}
	s.Table = out
	return s, nil
}

// A takeFunc makes the table of a source of one that was read behind so many rows.
type takeFunc func(t *features.Table, rows int) (*features.Table, error)

// decide finds what tables are by the first, and returns what takes each of them; nil
// for lines of orders, which it has counted.
func (s *Source) decide(ctx context.Context, t *features.Table, more iter.Seq2[*features.Table, error], o OpenOptions) (takeFunc, error) {
	has, lacking := features.CampaignHeader(t.ColumnNames())
	if len(lacking) == 0 && !o.chosen() {
		s.Campaign = true
		return func(t *features.Table, rows int) (*features.Table, error) { return o.engineer(ctx, t, rows) }, nil
	}
	if o.Orders != NoOrders {
		_, ok, err := features.FindOrderColumns(ctx, t)
		if err != nil {
			return nil, err
		}
		if o.Orders == AreOrders || ok && !o.chosen() {
			t, report, err := features.RFMTables(ctx, t, more, o.orders())
			report.Table.Columns, report.Table.BadRows = s.Columns, s.BadRows
			_, err = s.orders(ctx, t, report, err, o)
			return nil, err
		}
	}
	if !o.chosen() {
		_, told, ok, err := features.CampaignTable(ctx, t.At(o.Read.AsOf))
		if err != nil {
			return nil, err
		}
		if ok {
			s.Told, s.Campaign = append(s.Told, told...), true
			return func(t *features.Table, rows int) (*features.Table, error) {
				out, _, ok, err := features.CampaignTable(ctx, t.At(o.Read.AsOf))
				if err == nil && !ok {
					err = fmt.Errorf("%w: the rows from %d on have no columns of a campaign, as the first ones do", features.ErrContradiction, rows+1)
				}
				return out, err
			}, nil
		}
		if hints := features.CampaignHints(t.ColumnNames()); len(has) > len(lacking) && len(hints) == len(lacking) {
			return nil, misspelt(o.Read.Name, lacking, hints)
		}
		if len(has) > len(lacking) {
			s.Told = append(s.Told, fmt.Sprintf("the file has %d of the %d columns that a campaign file needs and lacks %s, so it is taken as any table",
				len(has), len(has)+len(lacking), strings.Join(lacking, ", ")))
		}
	}
	var err error
	s.Roles, err = features.InferRoles(ctx, t, o.Roles)
	if s.Roles.Repeated != "" {
		s.Told = append(s.Told, fmt.Sprintf("the rows are no customers, as %s, which names these, repeats", s.Roles.Repeated))
	}
	return func(t *features.Table, _ int) (*features.Table, error) { return t, nil }, err
}

// engineer makes customers of a table with the header of a campaign file.
func (o OpenOptions) engineer(ctx context.Context, t *features.Table, rows int) (*features.Table, error) {
	customers, err := features.CustomersFromFrame(ctx, t)
	if value, ok := errors.AsType[*features.ValueError](err); ok {
		value.Row += rows
	}
	if err != nil {
		return nil, err
	}
	if features.CampaignID(t.ColumnNames()) == "" {
		for i := range customers {
			customers[i].ID = strconv.Itoa(rows + i + 1)
		}
	}
	return features.Engineer(ctx, customers, o.Read.AsOf)
}

// misspelt refuses a campaign file whose lacking columns may all stand there under
// other names.
func misspelt(file string, lacking []string, hints [][2]string) error {
	reason := "the header lacks " + strings.Join(lacking, ", ")
	for _, h := range hints {
		reason += fmt.Sprintf(" (it has %q; is that %s?)", h[0], h[1])
	}
	return &features.ReadError{File: file, Reason: reason, Want: "these columns under their names, or the columns named that segments are to be made of", Err: features.ErrHeader}
}

// Options returns the options with what the source says of its table: its roles
// where it is none of a campaign, and the report of reading it.
func (s *Source) Options(o TrainOptions) TrainOptions {
	s = orZero(s)
	o.Report, o.Told = s.Report, s.Told
	if !s.Campaign {
		o.Roles = &s.Roles
	}
	return o
}

// Engineered reports whether the table has all columns of [features.Engineer], so
// that a store keeps it in the tables of a campaign.
func (s *Source) Engineered() bool { return engineered(orZero(s).Table) }

// IDs returns the ids of the rows: those of the column that names them, else 1, 2,
// 3, ….
func (s *Source) IDs() []string {
	s = orZero(s)
	name := s.Roles.ID
	if s.Campaign {
		name = "id"
	}
	return ids(s.Table, name, 0)
}
