package segmentation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/container"
	"github.com/customer-personality/segmentation/segment"
)

// ScoreTables places the customers of tables one after another, in the memory of
// one: the blocks of a text by [features.TableReader.Blocks], or of a database. The
// customers of all are numbered on where they have no ids. The warnings of a
// prediction are those of [Warnings]. The sequence ends after the first error.
//
// Errors: those of the sequence and of [Score].
func ScoreTables(ctx context.Context, m *segment.Model, tables iter.Seq2[*features.Table, error], o ScoreOptions) iter.Seq2[*Result, error] {
	return scored(ctx, m, o, func(s *tableScorer, yield func(*Result) bool) error {
		if tables == nil {
			return errors.New("the sequence of tables is nil")
		}
		for t, err := range tables {
			if err != nil {
				return err
			}
			r, err := s.place(ctx, t)
			if err != nil {
				return err
			}
			if !s.add(r) || !yield(r) {
				break
			}
		}
		return nil
	})
}

// scored yields the results of a function, and puts them into the log of the store.
func scored(ctx context.Context, m *segment.Model, o ScoreOptions, results func(*tableScorer, func(*Result) bool) error) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		ended := false
		s, err := newTableScorer(m, o)
		run := func(put func(string, segment.Prediction) bool) error {
			s.put = put
			defer func() { s.sum.Warnings = s.warned.Counts() }()
			err := results(s, func(r *Result) bool {
				ended = !yield(r, nil)
				return !ended
			})
			if err == nil && ended && o.Store != nil {
				err = errEnded
			}
			return err
		}
		switch {
		case err != nil:
		case o.Store == nil:
			err = run(func(string, segment.Prediction) bool { return true })
		default:
			err = o.log(ctx, run)
		}
		if err != nil && !ended {
			yield(nil, err)
		}
	}
}

// A tableScorer scores tables by a model, and counts.
type tableScorer struct {
	model  *segment.Model
	o      ScoreOptions
	sum    *ScoreSummary
	warned segment.WarningCounts
	put    func(id string, p segment.Prediction) bool // into the log
}

func newTableScorer(m *segment.Model, o ScoreOptions) (*tableScorer, error) {
	if m.K() == 0 {
		return nil, segment.ErrNotModel
	}
	return &tableScorer{model: m, o: o, sum: newSummary(m, o)}, nil
}

func (s *tableScorer) place(ctx context.Context, t *features.Table) (*Result, error) {
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	r, err := place(ctx, s.model, t, ScoreOptions{})
	if err == nil {
		err = r.warn(ctx)
	}
	if err != nil && s.sum.Rows > 0 {
		err = fmt.Errorf("behind the first %s, which count no more: %w", count(s.sum.Rows), err)
	}
	if err != nil {
		return nil, err
	}
	r.first = s.sum.Rows
	return r, nil
}

// warn adds to the warnings of the predictions what is doubtful about the day and
// the customers, and counts those beyond the limits of the model.
func (r *Result) warn(ctx context.Context) error {
	if err := r.countBeyond(ctx); err != nil {
		return err
	}
	day := features.AsOf(r.Table.AsOf())
	late := r.Model.DayWarnings(r.Table.AsOf())
	campaign := engineered(r.Table)
	for i := range r.Predictions {
		if i%blockRows == 0 {
			if err := cause.Of(ctx); err != nil {
				return err
			}
		}
		p := &r.Predictions[i]
		if campaign {
			c := r.Table.Customer(i)
			p.Warnings = Warnings(r.Model, *p, &c, day)
			continue
		}
		p.Warnings = append(p.Warnings[:len(p.Warnings):len(p.Warnings)], late...)
	}
	return nil
}

// add counts a result and puts it into the log; false where that takes no more.
func (s *tableScorer) add(r *Result) bool {
	s.sum.Beyond += r.beyond
	for _, name := range r.unlimited {
		if s.sum.Rows == 0 && !slices.Equal(s.model.Columns(), features.TrainingColumns) {
			s.sum.Told = append(s.sum.Told, fmt.Sprintf("there is no column %s with numbers, so nobody is looked at for the limits that the training had of it", name))
		}
	}
	if id := s.model.ID(); s.sum.Rows == 0 && id != "" && r.ids == nil && r.idColumn() == "" {
		s.sum.Told = append(s.sum.Told, fmt.Sprintf("there is no column %s, so customers are numbered 1, 2, 3, … in their order", id))
	}
	ids := r.IDs()
	for i, p := range r.Predictions {
		s.warned.Add(ids[i], p.Warnings...)
		s.sum.Rows++
		s.sum.Tiers[p.Tier]++
		if !s.put(ids[i], p) {
			return false
		}
	}
	return true
}

// countBeyond counts the customers who are beyond the limits of the model, as far as
// the table has their columns.
func (r *Result) countBeyond(ctx context.Context) error {
	least, most := r.Model.Least(), r.Model.Limits()
	for _, limits := range []map[string]float64{least, most} {
		maps.DeleteFunc(limits, func(name string, _ float64) bool {
			c, err := r.Table.Column(name)
			lacks := err != nil || !c.Kind().Numeric()
			if lacks && !slices.Contains(r.unlimited, name) {
				r.unlimited = append(r.unlimited, name)
			}
			return lacks
		})
	}
	slices.Sort(r.unlimited)
	if len(least)+len(most) == 0 {
		return nil
	}
	_, dropped, err := features.Within(ctx, r.Table, least, most)
	r.beyond = dropped.Total()
	return err
}

// ScoreFile places the customers in a file; see [ScoreReader].
func ScoreFile(ctx context.Context, m *segment.Model, path string, o ScoreOptions) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		if o.Open.Read.Name == "" {
			o.Open.Read.Name = path
		}
		ScoreReader(ctx, m, f, o)(yield)
	}
}

// ScoreReader places the customers in a file of any form that [Open] reads in constant
// memory, in blocks: a result has some thousand of the rows, with all columns of the file
// as Table. Lines of orders become one result, in the memory of their customers; a
// workbook keeps the texts that its cells share.
//
// Columns of a text that the model does not take are free text there, as they stand in
// the file; so is every column of a campaign file, in the form of text, whose engineered
// columns are in X. Where the columns of the model are those that [Open] would make of
// the file (the training columns of a campaign, recency, frequency and monetary of
// orders), Table is what it makes. What columns hold is found from the first 16 MiB of
// text or cells, as by [features.TableReader.Blocks]; in Parquet, that of numbers from
// all rows.
//
// The ids are those of the column that the model was trained with, of a campaign
// file's id, else the numbers of the rows. Summary.Told has what was found on the
// way.
//
// Errors: those of [Open], [Score] and [ScoreTables], behind the results of the rows
// before; [features.ErrOptions] where a campaign model gets a campaign file and o.Open
// the Header, Encoding or Kinds of any other.
func ScoreReader(ctx context.Context, m *segment.Model, r io.Reader, o ScoreOptions) iter.Seq2[*Result, error] {
	return scored(ctx, m, o, func(s *tableScorer, yield func(*Result) bool) error {
		name := o.Open.Read.Name
		if r == nil {
			return &features.ReadError{File: name, Reason: "there is nothing to read from", Want: "a reader", Err: features.ErrEmpty}
		}
		f, err := container.Open(ctx, r, container.Options{MaxBytes: o.Open.MaxBytes})
		if err != nil {
			return openError(name, err)
		}
		defer f.Close()
		if f.Form != container.Text {
			return s.open(ctx, f, yield)
		}
		at, size, err := f.ReaderAt()
		if err != nil {
			return openError(name, err)
		}
		whole := func() io.Reader { return io.NewSectionReader(at, 0, size) }
		header, err := features.NewTableReader(whole(), o.Open.table()).Header()
		campaign := s.campaignModel()
		if err == nil && !campaign && s.takes(header) {
			return s.lines(ctx, whole(), header, yield)
		}
		schema := campaign && !s.o.Open.tabled()
		_, lacking := features.CampaignHeader(header)
		if schema && err != nil || len(lacking) == 0 && (schema || s.o.Open.Orders != AreOrders && !s.o.Open.tabled()) {
			return s.customers(ctx, whole(), yield)
		}
		err = s.open(ctx, f, yield)
		if missing := (*missingColumns)(nil); schema && errors.As(err, &missing) {
			return s.customers(ctx, whole(), yield) // which says what a campaign file lacks
		}
		return err
	})
}

// A missingColumns is the error of a file that lacks a column of the model.
type missingColumns struct {
	columns []string // of the model
	err     error
}

func (e *missingColumns) Error() string {
	return fmt.Sprintf("the model takes the columns %s: %v", strings.Join(e.columns, ", "), e.err)
}

func (e *missingColumns) Unwrap() error { return e.err }

// campaignModel reports whether all columns of the model are those of customers of
// the campaign schema.
func (s *tableScorer) campaignModel() bool {
	_, err := features.Select(s.model.Columns()...)
	return err == nil
}

// takes reports whether a header has all columns of the model.
func (s *tableScorer) takes(header []string) bool {
	list := make([]features.Series, len(header))
	for i, name := range header {
		list[i] = features.WordSeries(features.Column{Name: name}, nil)
	}
	t, err := features.NewTable(s.o.AsOf.Day(), list...)
	if err == nil {
		_, err = t.Select(s.model.Columns()...)
	}
	return err == nil
}

// open scores a file as [Open] takes it, block by block.
func (s *tableScorer) open(ctx context.Context, f *container.File, yield func(*Result) bool) error {
	o := s.o.Open
	o.Roles = features.RoleOptions{}
	if s.campaignModel() && o.Read.AsOf == (features.AsOf{}) {
		o.Read.AsOf = features.AsOf(s.sum.AsOf)
	}
	file, err := openReader(ctx, f, o)
	if err != nil {
		return err
	}
	defer file.close()
	var told []string
	defer func() {
		report := file.report()
		s.sum.Told, s.sum.BadRows = slices.Concat(file.warnings(report), told, s.sum.Told), report.BadRows
	}()
	sources := OpenTables(ctx, file.blocks(ctx), o)
	orders := &Source{}
	if counted, err := orders.counted(ctx, file, o); counted {
		sources = func(yield func(*Source, error) bool) { yield(orders, err) }
		file.warnings = func(features.TableReport) []string { return nil } // orders has them
	} else if err != nil {
		return err
	}
	for source, err := range sources {
		if told = append(told, source.Told...); err != nil {
			return err
		}
		r, err := s.place(ctx, source.Table)
		if err != nil {
			return s.lacking(source.Table, err)
		}
		if r.ids = nil; s.model.ID() == "" && r.idColumn() == "" && source.Roles.ID != "" {
			r.ids = source.IDs()
		}
		if !s.add(r) || !yield(r) {
			break
		}
	}
	return nil
}

// lacking returns the error of a table that is not placed, and of which columns of the
// model may be lacking.
func (s *tableScorer) lacking(t *features.Table, err error) error {
	column, ok := errors.AsType[*features.ColumnError](err)
	if !ok || !errors.Is(column, features.ErrUnknownColumn) {
		return err
	}
	if _, lacking := features.CampaignHeader(t.ColumnNames()); s.o.Open.tabled() && s.campaignModel() && len(lacking) == 0 {
		return fmt.Errorf("%w: Header, Encoding and Kinds make a campaign file one of any table, which lacks the columns that the model takes; want none of them, and a text in UTF-8", features.ErrOptions)
	}
	return &missingColumns{s.model.Columns(), err}
}

// lines scores a text by its blocks.
func (s *tableScorer) lines(ctx context.Context, r io.Reader, header []string, yield func(*Result) bool) error {
	o := s.o.Open.table()
	kinds := map[string]features.Kind{}
	for name, kind := range o.Kinds {
		kinds[name] = kind
	}
	for _, name := range header {
		is := func(column string) bool { return features.SameName(column, name) }
		switch {
		case slices.ContainsFunc(s.model.Columns(), is):
		case is(s.model.ID()):
			kinds[name] = features.Identifier
		default:
			kinds[name] = features.FreeText
		}
	}
	o.Kinds = kinds
	reader := features.NewTableReader(r, o)
	defer func() {
		report := reader.Report()
		s.sum.Told, s.sum.BadRows = append(report.Warnings(), s.sum.Told...), report.BadRows
	}()
	for t, err := range reader.Blocks(ctx) {
		if err != nil {
			return err
		}
		for part := range t.Chunk(blockRows) {
			r, err := s.place(ctx, part)
			if err != nil {
				return err
			}
			if !s.add(r) || !yield(r) {
				return nil
			}
		}
	}
	return nil
}

// blockRows is the number of customers that are scored together.
const blockRows = 4096

// customers scores a campaign file in text.
func (s *tableScorer) customers(ctx context.Context, r io.Reader, yield func(*Result) bool) error {
	reader := features.Read(r, s.o.Open.Read)
	defer func() {
		report := reader.Report()
		s.sum.Told, s.sum.BadRows = report.Warnings(), report.BadRows
	}()
	var customers []features.Customer
	var fields [][]string // by column
	var record []string
	score := func() (bool, error) {
		t, err := features.Engineer(ctx, customers, features.AsOf(s.sum.AsOf))
		if err != nil {
			return false, err
		}
		r, err := s.place(ctx, t)
		if err != nil {
			return false, s.lacking(t, err)
		}
		if r.ids = r.IDs(); !s.add(r) {
			return false, nil
		}
		if r.Table, err = features.TextTable(ctx, reader.Header(), fields); err != nil {
			return false, err
		}
		customers = customers[:0]
		for j := range fields {
			fields[j] = fields[j][:0]
		}
		return yield(r), nil
	}
	for c, err := range reader.All(ctx) {
		if err != nil {
			return err
		}
		customers = append(customers, c)
		if record = reader.Record(record); fields == nil {
			fields = make([][]string, len(reader.Header()))
		}
		for j, text := range record {
			fields[j] = append(fields[j], text)
		}
		if len(customers) == blockRows {
			if more, err := score(); !more || err != nil {
				return err
			}
		}
	}
	if len(customers) == 0 {
		return nil
	}
	_, err := score()
	return err
}
