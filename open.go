package segmentation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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

// open reads a file by its form.
func (s *Source) open(ctx context.Context, f *container.File, o OpenOptions) (*Source, error) {
	if f.Form == container.JSON {
		t, report, err := features.ReadJSON(ctx, f.Reader(), o.table())
		return s.any(ctx, t, report, report.Warnings(), err, o)
	}
	at, size, err := f.ReaderAt()
	if err != nil {
		return s, openError(o.Read.Name, err)
	}
	switch f.Form {
	case container.XLSX:
		t, report, err := xlsx.Read(ctx, at, size, xlsx.Options{Sheet: o.Sheet, HeaderRow: o.HeaderRow, Table: o.table(), MaxBytes: o.MaxBytes})
		return s.any(ctx, t, report.Table, report.Warnings(), err, o)
	case container.Parquet:
		t, report, err := parquet.Read(ctx, at, size, parquet.Options{Table: o.table()})
		return s.any(ctx, t, report, report.Warnings(), err, o)
	}
	return s.text(ctx, at, size, o)
}

// OpenTable takes a table that is in memory, of a database or a data frame say, as
// [Open] takes that of a file; the table has its own day.
func OpenTable(ctx context.Context, t *features.Table, o OpenOptions) (*Source, error) {
	return (&Source{Form: "table"}).any(ctx, t, features.TableReport{Rows: t.Len()}, nil, nil, o)
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

// text reads a text: by the schema where its header is that of a campaign.
func (s *Source) text(ctx context.Context, at io.ReaderAt, size int64, o OpenOptions) (*Source, error) {
	whole := func() io.Reader { return io.NewSectionReader(at, 0, size) }
	header, err := features.NewTableReader(whole(), o.table()).Header()
	if err == nil && !o.chosen() {
		if _, lacking := features.CampaignHeader(header); len(lacking) == 0 {
			s.Table, s.Report, err = Read(ctx, whole(), o.Read)
			s.Campaign, s.BadRows = true, s.Report.BadRows
			return s, err
		}
	}
	if err != nil {
		return s, err
	}
	lines := features.NewTableReader(whole(), o.table())
	if o.Orders == NoOrders {
		return s.all(ctx, lines, o)
	}
	if o.Orders == FindOrders {
		// The columns tell, and these are found from the first rows.
		first, err := lines.Sample(ctx)
		if err != nil {
			return s, err
		}
		if _, ok := features.FindOrderColumns(first); !ok || o.chosen() {
			return s.all(ctx, lines, o)
		}
	}
	t, report, err := features.RFM(ctx, lines, o.orders())
	return s.orders(t, report, err, o)
}

func (s *Source) all(ctx context.Context, lines *features.TableReader, o OpenOptions) (*Source, error) {
	t, report, err := lines.All(ctx)
	return s.any(ctx, t, report, report.Warnings(), err, o)
}

func (o OpenOptions) orders() features.RFMOptions {
	r := o.OrderOption
	if time.Time(r.AsOf).IsZero() {
		r.AsOf = o.Read.AsOf
	}
	return r
}

// orders takes customers counted from lines of orders.
func (s *Source) orders(t *features.Table, report features.RFMReport, err error, o OpenOptions) (*Source, error) {
	s.Orders, s.Columns, s.BadRows, s.Told = &report, report.Table.Columns, report.Table.BadRows, append(s.Told, report.Warnings()...)
	if err != nil {
		return s, err
	}
	s.Told = append(s.Told, fmt.Sprintf("%d lines of orders counted to %d customers by %s, %s and %s", report.Lines, t.Len(),
		report.Columns.Customer, report.Columns.Day, amountOf(report.Columns)))
	if s.Table, err = features.RFMScore(t, features.RFMScoreOptions{}); err != nil {
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
	s.Roles, err = features.InferRoles(s.Table, o.Roles)
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
	has, lacking := features.CampaignHeader(t.ColumnNames())
	if len(lacking) == 0 && !o.chosen() {
		customers, err := features.CustomersFromFrame(t)
		if err != nil {
			return s, err
		}
		s.Table, s.Campaign = features.Engineer(customers, o.Read.AsOf), true
		return s, nil
	}
	if o.Orders != NoOrders {
		if _, ok := features.FindOrderColumns(t); o.Orders == AreOrders || ok && !o.chosen() {
			t, report, err := features.RFMTable(ctx, t, o.orders())
			report.Table.Columns, report.Table.BadRows = found.Columns, found.BadRows
			return s.orders(t, report, err, o)
		}
	}
	if !o.chosen() {
		if out, told, ok := features.CampaignTable(t.At(o.Read.AsOf)); ok {
			s.Table, s.Told, s.Campaign = out, append(s.Told, told...), true
			return s, nil
		}
		if hints := features.CampaignHints(t.ColumnNames()); len(has) > len(lacking) && len(hints) == len(lacking) {
			return s, misspelt(o.Read.Name, lacking, hints)
		}
		if len(has) > len(lacking) {
			s.Told = append(s.Told, fmt.Sprintf("the file has %d of the %d columns that a campaign file needs and lacks %s, so it is taken as any table",
				len(has), len(has)+len(lacking), strings.Join(lacking, ", ")))
		}
	}
	s.Roles, err = features.InferRoles(s.Table, o.Roles)
	if s.Roles.Repeated != "" {
		s.Told = append(s.Told, fmt.Sprintf("the rows are no customers, as %s, which names these, repeats", s.Roles.Repeated))
	}
	return s, err
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
