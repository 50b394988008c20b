package features

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/customer-personality/segmentation/internal/cause"
)

// TableOptions change how [ReadTable] and [ReadRows] read a table. The zero
// value finds everything from the data and stops at the first row that cannot
// be split into the columns.
type TableOptions struct {
	Name   string // name of the file for errors
	Policy Policy // Strict (default) or Skip, of rows that are not as wide as the header

	Header   []string // names of the columns where the file has none; default: its header
	Encoding string   // of the text, such as "gbk", "shift-jis" or "windows-1254"; default: found from the data

	// Columns are those that the table is to have, by name, as people write it;
	// default: all.
	Columns []string

	// Kinds set what columns hold, by name, as people write it. A value that is
	// not of the kind is an error then; a column set as free text keeps NA and the
	// like as they stand. Default: found from the data.
	Kinds map[string]Kind

	// AllRows keeps the rows without any value, those that repeat the header, and
	// notes and totals below the table: for a form in which every row is one, such as
	// Parquet or a table of a database. A note below a text is then a row too short.
	AllRows bool

	DateOrder DateOrder   // order of day, month and year where dates leave it open; OrderFromData (default) finds it
	AsOf      AsOf        // day on which things are counted, after which no day is likely; today by default
	Decimal   DecimalMark // decimal mark; DecimalFromData (default) finds it, for each column

	Workers int // goroutines that read columns; 0 means GOMAXPROCS
}

// A TableReport is what [ReadTable] found in a file and how it read it.
type TableReport struct {
	Rows    int          // rows read
	BadRows int          // rows that could not be split into the columns
	Errors  []*ReadError // the first ten of them

	Delimiter       string   // between the fields; empty for a form that has none
	Encoding        string   // of the text; empty for a form that is none
	EncodingGuessed bool     // whether the encoding is the likeliest of several
	Invalid         int      // lines with bytes that are no UTF-8 in a text of it, which were replaced by U+FFFD
	QuotedLines     bool     // whether each line is one quoted field, which was read as the row
	Preamble        []string // lines above the header that were left out, such as titles and comments; cut after 60 bytes
	IndexColumn     string   // a column that numbers the rows and has no name of its own, which was left out; empty where there is none
	Headers         int      // rows that repeat the header, which were left out
	Blank           int      // rows without any value, which were left out
	Below           []string // rows below the table that were left out: totals and notes; cut after 60 bytes
	Late            []string // columns that rows added only behind the first, from which [TableReader.Blocks] has its columns; they were left out

	Columns []ColumnReport // what each column was read as, in order
}

// A ColumnReport is what a column of a file was read as, and why.
type ColumnReport struct {
	Column
	Renamed    bool // whether it has another name in the file, Header: none, or that of an earlier column
	Header     string
	Set        bool       // whether the kind was set by [TableOptions].Kinds
	Reason     string     // why it is of this kind
	Missing    int        // rows without a value
	Unreadable int        // of them, those whose value is not of the kind
	First      *ReadError // the first of these

	Shortened       int           // ids such as 4.2E+11, of which a spreadsheet has left out the last digits
	Distinct        int           // different values of words and ids
	Dates           []DateWriting // how days are written and read
	Decimal         DecimalMark   // the decimal mark of the numbers; DecimalFromData where none needs one
	NumberGuessed   bool          // whether nothing decides if 58.138 (or 58,138) has thousands or three decimals
	Least, Greatest float64       // of the numbers; NaN where there are none

	None       string    // the one word among numbers, such as unknown, which counts as missing
	Nones      int       // how often it comes; they are among Missing
	Currencies []string  // before or behind the numbers
	Twins      [2]string // two words that differ by case or blanks only
	StandIn    float64   // a number such as -99 or 999999 that may stand for a missing value, by its form and for it lies far from all others
	StandIns   int       // how often it comes

	at     int     // position in the file
	excess float64 // of values that cannot be read among the first rows, over the share that is allowed
}

// Warnings returns sentences, without their full stops, on what may be wrong
// with what was read. There are none when all is well.
func (r TableReport) Warnings() []string {
	var w []string
	if r.BadRows > 0 {
		w = append(w, count(r.BadRows, "row")+" could not be read and had to be left out")
		for _, e := range r.Errors {
			w = append(w, e.Error())
		}
		if more := r.BadRows - len(r.Errors); more > 0 {
			w = append(w, fmt.Sprintf("and %d more", more))
		}
	}
	if r.EncodingGuessed {
		w = append(w, fmt.Sprintf("that the text is in %s is a guess by its bytes", r.Encoding))
	}
	if r.Invalid > 0 {
		w = append(w, fmt.Sprintf("%s %s bytes that are no UTF-8, which were replaced", count(r.Invalid, "line"), have(r.Invalid)))
	}
	if r.QuotedLines {
		w = append(w, "each line is one quoted field, which was read as the row")
	}
	if len(r.Preamble) > 0 {
		w = append(w, fmt.Sprintf("%s above the header left out, the first %q", count(len(r.Preamble), "line"), r.Preamble[0]))
	}
	if r.Headers > 0 {
		w = append(w, count(r.Headers, "row")+" left out, which repeated the header")
	}
	if r.Blank > 0 {
		w = append(w, count(r.Blank, "row")+" without any value left out")
	}
	if len(r.Below) > 0 {
		w = append(w, fmt.Sprintf("%s below the table left out, which %s no customer, the first %q", count(len(r.Below), "row"), map[bool]string{true: "is", false: "are"}[len(r.Below) == 1], r.Below[0]))
	}
	for _, name := range r.Late {
		w = append(w, fmt.Sprintf("the column %q left out, which has its first value far behind the first rows", cut(name)))
	}
	if r.IndexColumn != "" {
		w = append(w, fmt.Sprintf("the column %s, which numbers the rows, left out", r.IndexColumn))
	}
	for _, c := range r.Columns {
		w = append(w, c.warnings()...)
	}
	return w
}

func (c ColumnReport) warnings() (w []string) {
	if c.Renamed {
		w = append(w, fmt.Sprintf("the column %q is called %q here", cut(c.Header), c.Name))
	}
	if c.Unreadable > 0 {
		w = append(w, fmt.Sprintf("%s of %s cannot be read and count as missing, the first: %v", count(c.Unreadable, "value"), c.Name, c.First))
	}
	if c.Shortened > 0 {
		w = append(w, fmt.Sprintf("%s of %s %s written as 4.2E+11 is, without the last digits, so that they are no ids: save the column as text from the spreadsheet that has it", count(c.Shortened, "value"), c.Name, isAre(c.Shortened)))
	}
	if c.NumberGuessed {
		mark, other := '.', ','
		if c.Decimal == DecimalPoint {
			mark, other = other, mark
		}
		w = append(w, fmt.Sprintf("that 58%c138 in %s means 58138 is a guess, no number decides it", mark, c.Name))
	}
	if c.Nones > 0 {
		w = append(w, fmt.Sprintf("%s of %s %s %q and %s as missing", count(c.Nones, "value"), c.Name, isAre(c.Nones), cut(c.None), map[bool]string{true: "counts", false: "count"}[c.Nones == 1]))
	}
	if len(c.Currencies) > 1 {
		w = append(w, fmt.Sprintf("the numbers of %s are in %s, and taken as if they were in one", c.Name, list(c.Currencies, "and")))
	}
	if c.Twins[0] != "" {
		w = append(w, fmt.Sprintf("in %s, %q and %q count as different words", c.Name, cut(c.Twins[0]), cut(c.Twins[1])))
	}
	if c.StandIns > 0 {
		w = append(w, fmt.Sprintf("%s of %s %s %v, far from all others, and taken as it is: if it stands for a missing value, leave it empty", count(c.StandIns, "value"), c.Name, isAre(c.StandIns), c.StandIn))
	}
	for _, d := range c.Dates {
		if d.Basis.told() || d.Doubt {
			w = append(w, fmt.Sprintf("in %s, %s", c.Name, d))
		}
	}
	return w
}

// ReadTable reads any table of text: rows under a header that names the
// columns. Encoding, delimiter, quotes, lines above the header and the kind of
// each column are found from the data, as [Reader] finds them:
//
//   - numbers with a currency, a unit such as kg, thousands marks, a decimal point
//     or comma, which is found for each column and, where it leaves that open, by
//     the others; shares with a percent sign; flags as 0 and 1, true and false, yes
//     and no;
//   - days by their writing, in the order that fits all of them, with months named in
//     English, German, French, Spanish, Portuguese or Italian, and as seconds or
//     milliseconds since 1970 under a name of times;
//   - digits with leading zeros, whole numbers beyond 2⁵³, and those under a name of
//     codes, such as zip, are ids or words and no numbers; 4.2E+11 under a name of ids
//     is one that a spreadsheet has damaged, which is text, and told; words that are nearly all
//     different are ids or free text;
//   - empty fields, NA, NaN, null, None, n/a, a hyphen or a question mark are
//     missing values.
//
// A column of which nine values in ten are numbers (or days) holds numbers
// (days); the others are told and count as missing, as does the one word, such as
// unknown, that a column of numbers has beside them. Rows without any value, and
// totals and notes below the table, are left out and told. The report has what each
// column was taken for, and why; [InferRoles] says what each can serve for.
// Names stay as they are, with blanks as one; a name that comes twice, or is
// empty, becomes another, which the report tells.
//
// Text that may be needed again is read again from a file, or another io.ReaderAt that
// is an io.Seeker and tells its size, and must not change meanwhile; that of other
// readers is in memory until the table is made, with up to 4 bytes a cell. The result
// does not depend on Workers.
//
// Errors: [*ReadError], wrapping ErrEmpty, ErrBinary, ErrHeader, ErrShortRow,
// ErrLongRow, ErrQuote, ErrNoRows, ErrChanged or, for kinds that were set,
// ErrValue and ErrDate; ErrOptions for options that mean nothing.
func ReadTable(ctx context.Context, r io.Reader, o TableOptions) (*Table, TableReport, error) {
	return NewTableReader(r, o).All(ctx)
}

// ReadTableFile reads the table in a file of text; see [ReadTable].
func ReadTableFile(ctx context.Context, path string, o TableOptions) (*Table, TableReport, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, TableReport{}, err
	}
	defer f.Close()
	if o.Name == "" {
		o.Name = path
	}
	return ReadTable(ctx, f, o)
}

// ReadRows reads a table of cells that some form of file holds, as [ReadTable]
// reads text. A cell that the file gives a type keeps it; cells of text are read
// as those of a text file are.
func ReadRows(ctx context.Context, r RowReader, o TableOptions) (*Table, TableReport, error) {
	return NewRowsReader(r, o).All(ctx)
}

// A TableReader reads a table as blocks of rows, in constant memory. What the
// columns hold is found from the first 16 MiB of a text, or as many rows of another
// form. It is not safe for concurrent use.
type TableReader struct {
	o      TableOptions
	ahead  int // bytes that kinds are found from
	size   int // bytes that a block of rows is made of
	open   func(*TableReport) (blockSource, error)
	src    blockSource
	err    error // every further call returns it
	report TableReport
	build  tableBuilder
	held   []*block // read, and to be given (again)
	later  error    // behind these
}

// A blockSource is where blocks of rows come from.
type blockSource interface {
	header() []string         // as it is after the last block
	next(int) (*block, error) // of about so many bytes; nil after the last
}

// lookAheadRows is what the kinds of columns are found from, as text.
const lookAheadRows = 16 << 20

// NewTableReader returns a reader of a text; see [ReadTable]. Nothing is read
// before the header or the first rows are asked for.
func NewTableReader(r io.Reader, o TableOptions) *TableReader {
	return &TableReader{o: o, ahead: lookAheadRows, size: blockSize, open: func(report *TableReport) (blockSource, error) {
		t := &textRows{name: o.Name, policy: o.Policy, all: o.AllRows, report: report}
		if err := t.open(r, o.Encoding); err != nil {
			return nil, err
		}
		return t, t.findHeader(o)
	}}
}

// NewRowsReader returns a reader of the rows of another form; see [ReadRows].
func NewRowsReader(r RowReader, o TableOptions) *TableReader {
	return &TableReader{o: o, ahead: lookAheadRows, size: blockSize, open: func(report *TableReport) (blockSource, error) {
		if r == nil {
			return nil, &ReadError{File: o.Name, Reason: "there is nothing to read from", Want: "a reader", Err: ErrEmpty}
		}
		return &rowBlocks{r: r, name: o.Name}, nil
	}}
}

// Header returns the names of the columns as the table has them, those without
// a name or with that of an earlier column under another one.
func (t *TableReader) Header() ([]string, error) {
	t = orZero(t)
	if t.src == nil && t.err == nil {
		if t.open == nil {
			t.err = &ReadError{Reason: "there is nothing to read from", Want: "a reader", Err: ErrEmpty}
		} else if t.src, t.err = t.open(&t.report); t.err == nil {
			t.build = tableBuilder{o: t.o, report: &t.report}
		}
	}
	if t.err != nil {
		return nil, t.err
	}
	b := tableBuilder{names: slices.Clone(t.src.header())}
	b.rename()
	return b.names, nil
}

// Report returns what was found so far; it is complete once [TableReader.Blocks]
// has ended.
func (t *TableReader) Report() TableReport {
	report := orZero(t).report
	report.Columns = slices.Clone(report.Columns)
	for i, c := range report.Columns {
		report.Columns[i].Dates, report.Columns[i].Currencies = nil, slices.Clone(c.Currencies)
		for _, d := range t.build.plans[c.at].read {
			report.Columns[i].Dates = append(report.Columns[i].Dates, d.report())
		}
	}
	return report
}

// Blocks yields the rows in tables of the same columns, of some thousand rows
// each. The kinds of columns are those of the first rows; a value further on
// that is not of its column's kind counts as missing, which the report tells,
// and where they come to more than a tenth, it is an error that wraps
// ErrContradiction. Columns that later rows of JSON or of a sheet add are left out,
// which the report tells. An error ends the sequence. The errors are those of
// [ReadTable].
func (t *TableReader) Blocks(ctx context.Context) iter.Seq2[*Table, error] {
	return func(yield func(*Table, error) bool) {
		t = orZero(t)
		for ahead := t.ahead; ; ahead = t.size {
			table, err := t.next(ctx, ahead)
			t.build.blocks = nil // the table has what they hold
			if err == io.EOF || !yield(table, err) || err != nil {
				return
			}
		}
	}
}

// All reads the rows that are left as one table.
func (t *TableReader) All(ctx context.Context) (*Table, TableReport, error) {
	table, err := t.next(ctx, math.MaxInt)
	return table, t.Report(), err
}

// next returns the table of the next rows, those of about so many bytes; io.EOF
// after the last.
func (t *TableReader) next(ctx context.Context, bytes int) (*Table, error) {
	if _, err := t.Header(); err != nil {
		return nil, err
	}
	if t.err = t.later; t.err != nil {
		return nil, t.err
	}
	b := &t.build
	b.blocks, b.n, t.held = t.held, 0, nil
	first := b.plans == nil
	size := 0
	found := func(block *block) {
		size += block.size
		if text, ok := t.src.(*textRows); ok && first {
			b.lookAhead(text, block, bytes)
		}
	}
	for _, block := range b.blocks {
		found(block)
	}
	for b.last = false; !b.last && size < bytes; {
		block, err := t.block(ctx, bytes)
		if t.err = err; err != nil {
			b.ahead.wait()
			return nil, err
		}
		if b.last = block == nil; !b.last {
			b.blocks = append(b.blocks, block)
			found(block)
		}
	}
	b.ahead.wait()
	if !b.last { // whether these rows are the last ones tells what stands below the table
		block, err := t.block(ctx, bytes)
		if t.later = err; block != nil {
			t.held = append(t.held, block)
		}
		b.last = block == nil && err == nil
	}
	if !first && len(b.blocks) == 0 {
		return nil, io.EOF
	}
	if first && b.ahead == nil {
		if b.names = slices.Clone(t.src.header()); len(b.names) == 0 {
			t.err = &ReadError{File: t.o.Name, Reason: "there is no header", Want: "names above the columns", Err: ErrHeader}
			return nil, t.err
		}
	} else if t.o.Columns == nil {
		t.report.Late = t.src.header()[len(b.names):]
	}
	var table *Table
	table, t.err = b.table(ctx, first)
	return table, t.err
}

func (t *TableReader) block(ctx context.Context, bytes int) (*block, error) {
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	return t.src.next(min(bytes, t.size))
}

// rowBlocks makes blocks of rows of cells.
type rowBlocks struct {
	r    RowReader
	name string
	row  []RawCell
	held bool // row is not in a block yet
	done bool
}

func (s *rowBlocks) header() []string {
	names := slices.Clone(s.r.Header())
	for i, name := range names {
		names[i] = strings.Join(strings.Fields(strings.ToValidUTF8(name, "\ufffd")), " ")
	}
	return names
}

func (s *rowBlocks) next(bytes int) (*block, error) {
	var b *block
	for !s.done && (b == nil || len(b.text) < bytes) {
		if !s.held {
			var err error
			if s.row, err = s.r.Read(s.row); err == io.EOF {
				s.done = true
				break
			} else if err != nil {
				return nil, err
			}
		}
		if s.held = b != nil && b.width != len(s.row); s.held {
			break // a row that adds columns starts a block
		}
		if len(s.row) > maxColumns {
			return nil, &ReadError{File: s.name, Line: s.r.Line(), Reason: fmt.Sprintf("there are more than %d columns", maxColumns), Want: "a table with customers as rows", Err: ErrHeader}
		}
		if b == nil {
			b = &block{width: len(s.row), kinds: []RawKind{}}
		}
		b.add(s.row, s.r.Line())
	}
	return b, nil
}

// add adds a row of cells.
func (b *block) add(row []RawCell, line int) {
	b.begin(len(b.text), line)
	for _, c := range row {
		switch c.Kind {
		case RawText:
			b.text = append(b.text, trimBlanks([]byte(c.Text))...)
		case RawNumber:
			if c.Text != "" { // a number that floats do not hold
				c.Kind, b.text = RawText, append(b.text, c.Text...)
				break
			}
			fallthrough
		case RawFlag:
			b.text = binary.LittleEndian.AppendUint64(b.text, math.Float64bits(c.Number))
		case RawTime:
			b.text = binary.LittleEndian.AppendUint64(b.text, uint64(c.Time.Unix()))
		}
		b.kinds, b.end = append(b.kinds, c.Kind), append(b.end, uint32(len(b.text)))
		b.text = append(b.text, 0)
	}
	b.size = len(b.text)
}

// A tableBuilder makes tables of blocks of raw cells.
type tableBuilder struct {
	o       TableOptions
	report  *TableReport
	names   []string
	header  []string // names as the file has them
	blocks  []*block
	n       int
	kinds   []Kind        // those that were set
	plans   []*columnPlan // how columns are read, once that is known
	columns []int         // those that the table has
	last    bool          // whether the blocks are the last ones
	renamed []*string     // names in the file of columns that have another here
	ahead   *ahead        // what was found while the blocks were read
	text    *textRows     // that they are of, where they may be read again
	room    int           // rows that scans have room for

	points, commas int // columns with the one decimal mark, and the other
}

// A columnPlan is how the cells of a column are read.
type columnPlan struct {
	kind     Kind
	decimal  DecimalMark
	guessed  bool       // whether nothing decided it
	unit     string     // behind the numbers
	none     string     // the word that stands for none
	edges    [2]edge    // of the numbers so far, and of their negatives
	epoch    float64    // of whole numbers that are moments: what makes a second since 1970
	writings []*writing // of days
	read     []*reading // those that days were read in, in the order of the file
}

// begin settles the columns by their names.
func (b *tableBuilder) begin() error {
	b.header = slices.Clone(b.names)
	b.renamed = b.rename()
	return b.choose()
}

// table makes a table of the blocks, the first of the file or another.
func (b *tableBuilder) table(ctx context.Context, first bool) (*Table, error) {
	if first && b.ahead == nil {
		if err := b.begin(); err != nil {
			return nil, err
		}
	} else if first && b.ahead.err != nil {
		return nil, b.ahead.err
	}
	if !b.o.AllRows {
		for _, block := range b.blocks {
			if b.ahead == nil {
				b.dropHeaders(block)
			}
		}
		if b.last && b.dropNotes() {
			b.ahead = nil // there are more rows in it
		}
	}
	for _, block := range b.blocks {
		b.n += block.n
		b.report.Headers, b.report.Blank = b.report.Headers+block.headers, b.report.Blank+block.blank
		b.report.Below = append(b.report.Below, block.below...)
	}
	if b.report.Rows+b.n == 0 {
		e := &ReadError{File: b.o.Name, Reason: "the file has a header and no rows", Want: "a line for each row below it", Err: ErrNoRows}
		if len(b.report.Errors) > 0 {
			e.Reason, e.Want = fmt.Sprintf("none of the %s could be read, the first for this: %v", count(b.report.BadRows, "row"), b.report.Errors[0]), ""
		}
		return nil, e
	}
	columns, reports, err := b.read(ctx)
	if err == nil && first && b.last && !b.o.AllRows && b.sums(columns) {
		last := b.blocks[len(b.blocks)-1]
		total := last.drop()
		last.below, b.report.Below = append(last.below, total), append(b.report.Below, total) // the block may be read again
		b.n--
		b.plans = make([]*columnPlan, len(b.names))
		columns, reports, err = b.read(ctx)
	}
	if err != nil {
		return nil, err
	}
	b.report.Rows += b.n
	list := make([]Series, 0, len(columns))
	stay := b.columns[:0:0]
	for i, s := range columns {
		j := b.columns[i]
		if first {
			if header := b.renamed[j]; j == 0 && b.o.Columns == nil && counts(s) && (header != nil && *header == "" || key(b.names[0]) == "unnamed0") {
				b.report.IndexColumn = "without a name"
				if header == nil {
					b.report.IndexColumn = b.names[0]
				}
				continue
			}
			if b.renamed[j] != nil {
				reports[i].Renamed, reports[i].Header = true, *b.renamed[j]
			}
			reports[i].at = j
			reports[i].excess = max(0, float64(reports[i].Unreadable)-float64((1-enoughOfKind)*float64(b.n)))
			b.report.Columns = append(b.report.Columns, reports[i])
		} else if err := b.report.Columns[i].add(reports[i], b.report.Rows); err != nil {
			return nil, err
		}
		stay, list = append(stay, j), append(list, s)
	}
	b.columns = stay
	asOf := time.Time(b.o.AsOf)
	if !asOf.IsZero() {
		asOf = b.o.AsOf.Day()
	}
	return NewTable(asOf, list...)
}

// add adds what was found in further rows.
func (c *ColumnReport) add(more ColumnReport, rows int) error {
	c.Missing, c.Unreadable = c.Missing+more.Missing, c.Unreadable+more.Unreadable
	if c.First == nil {
		c.First = more.First
	}
	// A guess stays one until a number decides it; of a mark that comes first, it is one.
	c.NumberGuessed = more.NumberGuessed && (c.NumberGuessed || c.Decimal != more.Decimal)
	c.Decimal = more.Decimal
	c.Nones, c.Shortened = c.Nones+more.Nones, c.Shortened+more.Shortened
	c.StandIn, c.StandIns = more.StandIn, more.StandIns // of all rows
	for _, currency := range more.Currencies {
		if !slices.Contains(c.Currencies, currency) {
			c.Currencies = append(c.Currencies, currency)
		}
	}
	if !(c.Least <= more.Least) {
		c.Least = more.Least
	}
	if !(c.Greatest >= more.Greatest) {
		c.Greatest = more.Greatest
	}
	if more.Unreadable > 0 && float64(c.Unreadable)-c.excess > (1-enoughOfKind)*float64(rows) {
		e := *more.First
		e.Reason += fmt.Sprintf(", like %d others of %d, though the first rows hold %s", c.Unreadable-1, rows, e.Want)
		e.Want, e.Err = "the kind of the column set", ErrContradiction
		return &e
	}
	return nil
}

// read reads the columns of the blocks.
func (b *tableBuilder) read(ctx context.Context) ([]Series, []ColumnReport, error) {
	n := len(b.columns)
	columns, reports, errs := make([]Series, n), make([]ColumnReport, n), make([]error, n)
	a := b.scans(ctx)
	// The decimal mark that most columns show is that of those which leave it open.
	b.points, b.commas = 0, 0
	for _, s := range a.scans {
		switch {
		case s.point > s.comma:
			b.points++
		case s.comma > s.point:
			b.commas++
		}
	}
	each(min(a.workers, n), n, func(i int) {
		if errs[i] = cause.Of(ctx); errs[i] == nil {
			columns[i], reports[i], errs[i] = a.scans[i].column(ctx)
		}
	})
	if b.text != nil {
		if err := b.text.lost.Load(); err != nil {
			return nil, nil, err
		}
	}
	for _, err := range errs {
		if err != nil {
			return nil, nil, err
		}
	}
	return columns, reports, nil
}

// scans returns what the cells of each column are, looked at now or while the blocks
// were read.
func (b *tableBuilder) scans(ctx context.Context) *ahead {
	a := b.ahead
	if b.ahead = nil; a == nil {
		b.room = b.n
		a = b.newAhead()
		for _, block := range b.blocks {
			if cause.Of(ctx) != nil {
				break
			}
			a.put(block, nil)
		}
		a.wait()
	}
	b.room = b.n
	for _, s := range a.scans {
		s.settle()
	}
	return a
}

// each calls f with 0 to n−1, in so many goroutines.
func each(workers, n int, f func(i int)) {
	var next atomic.Int64
	run := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}
	var wait sync.WaitGroup
	for range workers - 1 {
		wait.Go(run)
	}
	run()
	wait.Wait()
}

// counts reports whether a column numbers the rows, from 0 or 1 on.
func counts(s Series) bool {
	numbers := s.numbers
	for i, x := range numbers {
		if x != numbers[0]+float64(i) {
			return false
		}
	}
	return len(numbers) > 0 && (numbers[0] == 0 || numbers[0] == 1)
}

// rename gives a name of its own to each column that has none or that of an
// earlier one, and returns the names of these in the file.
func (b *tableBuilder) rename() []*string {
	taken, headers := map[string]bool{}, make([]*string, len(b.names))
	for _, name := range b.names {
		taken[name] = true
	}
	seen := map[string]bool{}
	for j, name := range b.names {
		if name != "" && !seen[name] {
			seen[name] = true
			continue
		}
		was, base := name, name
		if base == "" {
			base = "column"
			name = fmt.Sprintf("column %d", j+1)
		}
		for i := 2; name == was || taken[name]; i++ {
			name = fmt.Sprintf("%s (%d)", base, i)
		}
		b.names[j], headers[j], taken[name], seen[name] = name, &was, true, true
	}
	return headers
}

// find returns the column of a name, as people write it.
func (b *tableBuilder) find(name string) (int, error) {
	j := slices.Index(b.names, name)
	if j < 0 {
		j = slices.IndexFunc(b.names, func(n string) bool { return key(n) == key(name) && key(n) != "" })
	}
	if j < 0 {
		columns := make([]Column, len(b.names))
		for i, n := range b.names {
			columns[i].Name = n
		}
		return 0, &ColumnError{Column: name, Near: nearest(name, columns), Err: ErrUnknownColumn}
	}
	return j, nil
}

// choose finds the columns that the options name.
func (b *tableBuilder) choose() error {
	b.kinds, b.plans = make([]Kind, len(b.names)), make([]*columnPlan, len(b.names))
	for name, kind := range b.o.Kinds {
		j, err := b.find(name)
		if err != nil {
			return err
		}
		if kind < Integer || kind > FreeText {
			return fmt.Errorf("%w: there is no kind %d for column %s", ErrOptions, kind, name)
		}
		b.kinds[j] = kind
	}
	for j := range b.names {
		if b.o.Columns == nil {
			b.columns = append(b.columns, j)
		}
	}
	for _, name := range b.o.Columns {
		j, err := b.find(name)
		if err != nil {
			return err
		}
		if !slices.Contains(b.columns, j) {
			b.columns = append(b.columns, j)
		}
	}
	return nil
}

// dropHeaders leaves out the rows that repeat the header, and those without any value.
func (b *tableBuilder) dropHeaders(block *block) {
	block.restore()
	var scratch []byte
	keep := 0
	for i := range block.n {
		if block.hasValue(i, b.header[0]) {
			keep += block.keep(i, keep)
			continue
		}
		same, named := block.mayBe(i, b.header[0]), 0
		for j := 0; same && j < block.width && j < len(b.header); j++ {
			if block.kinds != nil && block.kinds[i*block.width+j] != RawText && (b.header[j] != "" || block.kinds[i*block.width+j] != RawMissing) {
				same = false
				break
			}
			same = string(block.cell(i, j, &scratch)) == b.header[j]
			if b.header[j] != "" {
				named++
			}
		}
		if same && named > 0 {
			block.headers++
			continue
		}
		if block.isBlank(i, &scratch) {
			block.blank++
			continue
		}
		keep += block.keep(i, keep)
	}
	block.n = keep
}
