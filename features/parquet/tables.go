package parquet

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// Tables yields the rows of a file in tables of the same columns, of some thousand rows
// or more, each read as [Read] reads all. The memory is that of a table and of a page of each
// column: the columns of numbers are read twice, the first time for what they hold.
// Columns of texts, and those with a kind in o.Table.Kinds, are read as
// [features.TableReader.Blocks] does. An error ends the sequence; they are those of
// Read. Each use of the sequence reads the file anew.
func Tables(ctx context.Context, r io.ReaderAt, size int64, o Options) iter.Seq2[*features.Table, error] {
	return func(yield func(*features.Table, error) bool) {
		p, err := newPlan(ctx, r, size, o, false)
		if err != nil {
			yield(nil, err)
			return
		}
		defer p.close()
		if o.Report != nil {
			defer func() { *o.Report = p.report() }()
		}
		for part, err := range p.parts(ctx) {
			n := part.Len()
			if len(p.cells) == 0 {
				n = int(min(blockRows, p.left))
			}
			var t *features.Table
			if err == nil {
				t, err = p.table(n, part)
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
		if p.left != 0 {
			yield(nil, p.f.damaged(fmt.Errorf("the columns of text lack %d rows", p.left)))
		}
	}
}

// A plan is what the columns of a file are read as.
type plan struct {
	f       *file
	asOf    time.Time
	columns []*column
	numbers []*numbersOf // for each column; nil for one of cells
	cells   []int        // positions of the columns that are read as cells, together
	set     map[string]features.Kind
	rows    rows // of the cells
	reader  *features.TableReader
	left    int64 // rows that no table has yet
}

// newPlan reads the columns of numbers for what they hold, and keeps their values if
// it is to.
func newPlan(ctx context.Context, r io.ReaderAt, size int64, o Options, keep bool) (*plan, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	f, err := openFile(r, size, o.Table.Name)
	if err != nil {
		return nil, err
	}
	columns, err := f.choose(o.Table.Columns)
	if err != nil {
		return nil, err
	}
	if f.rows == 0 {
		return nil, f.fail(features.ErrNoRows, "the file has no rows", "a row for each customer")
	}
	if f.rows > int64(o.MaxCells/len(columns)) {
		return nil, f.fail(features.ErrLimit, fmt.Sprintf("the file has %d rows of %d columns", f.rows, len(columns)), "fewer columns in Table.Columns, or a higher MaxCells")
	}
	p := &plan{f: f, asOf: time.Time(o.Table.AsOf), columns: columns, numbers: make([]*numbersOf, len(columns)), rows: rows{f: f}, left: f.rows}
	if p.set, err = f.kinds(o.Table.Kinds); err != nil {
		return nil, err
	}
	for i, c := range columns {
		kind, set := p.set[c.name]
		if set && !kind.Numeric() && kind != features.Date && c.whole() {
			c.kind = digits
		}
		if !set && c.kind != texts {
			if p.numbers[i], err = f.numbersOf(ctx, c, keep); err != nil {
				return nil, err
			}
			if !c.inexact {
				continue
			}
			c.kind, p.numbers[i] = digits, nil
		}
		p.cells, p.rows.columns = append(p.cells, i), append(p.rows.columns, c)
	}
	options := o.Table
	options.Columns, options.Kinds, options.AllRows = nil, map[string]features.Kind{}, true
	for _, c := range p.rows.columns {
		if kind, ok := p.set[c.name]; ok {
			options.Kinds[c.name] = kind
		} else if c.kind == digits { // also where some are negative
			options.Kinds[c.name] = features.Identifier
		}
	}
	p.reader = features.NewRowsReader(&p.rows, options)
	return p, nil
}

func (p *plan) close() {
	p.rows.close()
	for _, n := range p.numbers {
		if n != nil {
			n.at.pages.close()
		}
	}
}

// all reads the file as one table.
func (p *plan) all(ctx context.Context) (*features.Table, features.TableReport, error) {
	defer p.close()
	var part *features.Table
	if len(p.cells) > 0 {
		var err error
		if part, _, err = p.reader.All(ctx); err != nil {
			return nil, p.reader.Report(), err
		}
	}
	t, err := p.table(int(p.f.rows), part)
	return t, p.report(), err
}

// parts yields the columns of cells in tables; nil for each table where there are none.
func (p *plan) parts(ctx context.Context) iter.Seq2[*features.Table, error] {
	if len(p.cells) > 0 {
		return p.reader.Blocks(ctx)
	}
	return func(yield func(*features.Table, error) bool) {
		for p.left > 0 && yield(nil, cause.Of(ctx)) {
		}
	}
}

// table returns the next n rows, of which part has the cells.
func (p *plan) table(n int, part *features.Table) (*features.Table, error) {
	p.left -= int64(n)
	series := make([]features.Series, len(p.columns))
	if len(p.cells) > 0 {
		names := part.ColumnNames()
		for k, i := range p.cells[len(p.cells)-len(names):] { // all, or all but the first, which numbers the rows
			series[i] = part.Series(names[k])
		}
	}
	var list []features.Series
	for i, of := range p.numbers {
		if of != nil {
			var err error
			if series[i], err = of.next(p.f, n); err != nil {
				return nil, err
			}
		}
		if !series[i].IsZero() && !p.isIndex(i, series[i].Kind()) {
			list = append(list, series[i])
		}
	}
	t, err := features.NewTable(p.asOf, list...)
	if err != nil {
		return t, p.f.fail(err, err.Error(), "")
	}
	return t, nil
}

// isIndex reports whether a column numbers the rows and has no name of its own: an
// index that pandas has written as a column.
func (p *plan) isIndex(i int, kind features.Kind) bool {
	if kind != features.Integer || len(p.columns) == 1 {
		return false
	}
	if strings.HasPrefix(p.columns[i].name, "__index_level_") {
		return true
	}
	return i == 0 && p.columns[0].name == "Unnamed: 0" && p.numbers[0] != nil && p.numbers[0].counts && p.numbers[0].start*(p.numbers[0].start-1) == 0
}

// report describes the columns in the order of the file.
func (p *plan) report() features.TableReport {
	report := features.TableReport{Rows: int(p.f.rows)}
	reports := make([]features.ColumnReport, len(p.columns))
	for i, of := range p.numbers {
		if of != nil {
			reports[i] = of.report
		}
	}
	found := p.reader.Report()
	report.IndexColumn = found.IndexColumn
	for k, i := range p.cells[len(p.cells)-len(found.Columns):] {
		c := p.columns[i]
		reports[i] = found.Columns[k]
		if _, set := p.set[c.name]; !set && c.kind == digits {
			reports[i].Set, reports[i].Reason = false, "it has whole numbers beyond 2⁵³"
		}
	}
	for i, r := range reports {
		switch {
		case r.Kind == 0:
		case p.isIndex(i, r.Kind):
			report.IndexColumn = p.columns[i].name
		default:
			report.Columns = append(report.Columns, r)
		}
	}
	return report
}

// numbersOf are the values of a column of numbers, flags or days.
type numbersOf struct {
	c             *column
	report        features.ColumnReport
	rows          int
	whole, binary bool
	start         float64 // the first
	counts        bool    // whether each is one more than the one before
	kept          []float64
	at            cursor // of the next, where they are not kept
}

// numbersOf finds what a column holds, and keeps its values if it is to.
func (f *file) numbersOf(ctx context.Context, c *column, keep bool) (*numbersOf, error) {
	n := &numbersOf{c: c, whole: true, binary: true, counts: true, at: cursor{pages: newPageReader(f, c)},
		report: features.ColumnReport{Column: features.Column{Name: c.name}, Reason: "the file says " + c.said, Least: math.NaN(), Greatest: math.NaN()}}
	var values []float64
	if keep {
		values = make([]float64, 0, min(f.rows, 1<<20))
	}
	for p, err := range f.pages(ctx, c) {
		if err != nil {
			return nil, err
		}
		if !keep {
			values = values[:0]
		}
		from := len(values)
		if values = p.appendNumbers(values); int64(n.rows+len(values)-from) > f.rows {
			n.rows += len(values) - from
			break // told below
		}
		for _, x := range values[from:] {
			if err := n.look(f, x); err != nil {
				return nil, err
			}
		}
	}
	if int64(n.rows) != f.rows {
		return nil, f.fail(features.ErrBinary, fmt.Sprintf("the column %q has %d values for %d rows", c.name, n.rows, f.rows), "a whole file")
	}
	if keep {
		n.kept = values
	}
	switch {
	case c.kind == days:
		n.report.Kind, n.report.Least, n.report.Greatest = features.Date, math.NaN(), math.NaN()
	case c.kind == flags:
		n.report.Kind = features.Bool
	case n.binary && n.report.Missing < n.rows:
		n.report.Kind = features.Flag
		n.report.Reason += ", and all values are 0 or 1"
	case n.whole:
		n.report.Kind = features.Integer
	default:
		n.report.Kind = features.Amount
	}
	return n, nil
}

// look counts what a value is.
func (n *numbersOf) look(f *file, x float64) error {
	const first, last = -719162, 2932896 // 0001-01-01 and 9999-12-31
	row, r := n.rows, &n.report
	n.rows++
	if row == 0 {
		n.start = x
	}
	n.counts = n.counts && x == n.start+float64(row)
	switch {
	case x != x:
		r.Missing++
		return nil
	case math.IsInf(x, 0):
		return f.failAt(row, n.c, features.ErrValue, fmt.Sprintf("%v is no number to reckon with", x), "a finite number, or null where it is missing")
	case n.c.kind == days && (x <= first || x > last): // the first is the zero time, which is missing
		return f.failAt(row, n.c, features.ErrDate, fmt.Sprintf("the day %.0f days from 1970-01-01 is none of the calendar", x), "days from the year 1 to 9999")
	case x != math.Trunc(x):
		n.whole, n.binary = false, false
	case x != 0 && x != 1:
		n.binary = false
	}
	if !(x >= r.Least) { // it is NaN at first
		r.Least = x
	}
	if !(x <= r.Greatest) {
		r.Greatest = x
	}
	return nil
}

// next returns the next rows as a column.
func (n *numbersOf) next(f *file, rows int) (features.Series, error) {
	values := n.kept
	if values == nil {
		var err error
		if values, err = n.at.read(f, rows); err != nil {
			return features.Series{}, err
		}
	}
	if n.c.kind != days {
		return features.NumberSeries(n.report.Column, values), nil
	}
	list := make([]time.Time, len(values))
	for i, x := range values {
		if x == x {
			list[i] = time.Unix(int64(x)*86400, 0).UTC()
		}
	}
	return features.DaySeries(features.Column{Name: n.c.name}, list), nil
}
