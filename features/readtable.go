package features

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
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

	// Kinds set what columns hold, by name, as people write it. A value that is
	// not of the kind is an error then. Default: found from the data.
	Kinds map[string]Kind

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
	QuotedLines     bool     // whether each line is one quoted field, which was read as the row
	Preamble        []string // lines above the header that were left out, such as titles and comments; cut after 60 bytes
	IndexColumn     string   // a column that numbers the rows and has no name of its own, which was left out; empty where there is none
	Headers         int      // rows that repeat the header, which were left out

	Columns []ColumnReport // what each column was read as, in order
}

// A ColumnReport is what a column of a file was read as, and why.
type ColumnReport struct {
	Column
	Header     string     // name in the file, where it is another
	Set        bool       // whether the kind was set by [TableOptions].Kinds
	Reason     string     // why it is of this kind
	Missing    int        // rows without a value
	Unreadable int        // of them, those whose value is not of the kind
	First      *ReadError // the first of these

	Distinct        int           // different values of words and ids
	Dates           []DateWriting // how days are written and read
	Decimal         DecimalMark   // the decimal mark of the numbers; DecimalFromData where none needs one
	NumberGuessed   bool          // whether nothing decides if 58.138 (or 58,138) has thousands or three decimals
	Least, Greatest float64       // of the numbers; NaN where there are none
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
	if r.QuotedLines {
		w = append(w, "each line is one quoted field, which was read as the row")
	}
	if len(r.Preamble) > 0 {
		w = append(w, fmt.Sprintf("%s above the header left out, the first %q", count(len(r.Preamble), "line"), r.Preamble[0]))
	}
	if r.Headers > 0 {
		w = append(w, count(r.Headers, "row")+" left out, which repeated the header")
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
	if c.Header != "" {
		w = append(w, fmt.Sprintf("the column %q is called %q here", cut(c.Header), c.Name))
	}
	if c.Unreadable > 0 {
		w = append(w, fmt.Sprintf("%s of %s cannot be read and count as missing, the first: %v", count(c.Unreadable, "value"), c.Name, c.First))
	}
	if c.NumberGuessed {
		mark, other := '.', ','
		if c.Decimal == DecimalPoint {
			mark, other = other, mark
		}
		w = append(w, fmt.Sprintf("that 58%c138 in %s means 58138 is a guess, no number decides it", mark, c.Name))
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
//   - numbers with a currency, thousands marks, a decimal point or comma, which
//     is found for each column; shares with a percent sign; flags as 0 and 1, true
//     and false, yes and no;
//   - days by their writing, in the order that fits all of them;
//   - digits with leading zeros, and whole numbers beyond 2⁵³, are ids and no
//     numbers; words that are nearly all different are ids or free text;
//   - empty fields, NA, NaN, null, None, n/a, a hyphen or a question mark are
//     missing values.
//
// A column of which nine values in ten are numbers (or days) holds numbers
// (days); the others are told and count as missing. The report has what each
// column was taken for, and why; [InferRoles] says what each can serve for.
// Names stay as they are, with blanks as one; a name that comes twice, or is
// empty, becomes another, which the report tells.
//
// The text is in memory until the table is made, with 4 bytes a cell. The
// order in time is that of the file; the result does not depend on Workers.
//
// Errors: [*ReadError], wrapping ErrEmpty, ErrBinary, ErrHeader, ErrShortRow,
// ErrLongRow, ErrQuote, ErrNoRows or, for kinds that were set, ErrValue and
// ErrDate; ErrOptions for options that mean nothing.
func ReadTable(ctx context.Context, r io.Reader, o TableOptions) (*Table, TableReport, error) {
	var report TableReport
	t := textRows{name: o.Name, policy: o.Policy, report: &report}
	if err := t.open(r, o.Encoding); err != nil {
		return nil, report, err
	}
	if err := t.header(o); err != nil {
		return nil, report, err
	}
	b := tableBuilder{o: o, report: &report, names: t.names, line: t.line}
	for {
		if err := cause.Of(ctx); err != nil {
			return nil, report, err
		}
		block, err := t.next()
		if err != nil {
			return nil, report, err
		}
		if block == nil {
			break
		}
		b.blocks = append(b.blocks, block)
	}
	table, err := b.table(ctx)
	return table, report, err
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
	var report TableReport
	if r == nil {
		return nil, report, &ReadError{File: o.Name, Reason: "there is nothing to read from", Want: "a reader", Err: ErrEmpty}
	}
	b := tableBuilder{o: o, report: &report}
	var row []RawCell
	var now *block
	for n := 0; ; n++ {
		var err error
		if n%1024 == 0 {
			err = cause.Of(ctx)
		}
		if err == nil {
			row, err = r.Read(row)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, report, err
		}
		if len(row) > maxColumns {
			return nil, report, &ReadError{File: o.Name, Line: r.Line(), Reason: fmt.Sprintf("there are more than %d columns", maxColumns), Want: "a table with customers as rows", Err: ErrHeader}
		}
		if now == nil || now.width != len(row) || len(now.text) >= blockSize {
			now = &block{width: len(row), kinds: []RawKind{}}
			b.blocks = append(b.blocks, now)
		}
		now.add(row, r.Line())
	}
	b.names = slices.Clone(r.Header())
	for i, name := range b.names {
		b.names[i] = strings.Join(strings.Fields(strings.ToValidUTF8(name, "\ufffd")), " ")
	}
	if len(b.names) == 0 {
		return nil, report, &ReadError{File: o.Name, Reason: "there is no header", Want: "names above the columns", Err: ErrHeader}
	}
	table, err := b.table(ctx)
	return table, report, err
}

// add adds a row of cells.
func (b *block) add(row []RawCell, line int) {
	b.start, b.line = append(b.start, uint32(len(b.text))), append(b.line, uint32(line))
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
	b.n++
}

// A tableBuilder makes a table of blocks of raw cells.
type tableBuilder struct {
	o      TableOptions
	report *TableReport
	names  []string
	blocks []*block
	n      int
	line   int // of the first row
	kinds  []Kind
}

func (b *tableBuilder) table(ctx context.Context) (*Table, error) {
	b.dropHeaders()
	for _, block := range b.blocks {
		b.n += block.n
	}
	b.report.Rows = b.n
	if b.n == 0 {
		e := &ReadError{File: b.o.Name, Reason: "the file has a header and no rows", Want: "a line for each row below it", Err: ErrNoRows}
		if len(b.report.Errors) > 0 {
			e.Reason, e.Want = fmt.Sprintf("none of the %s could be read, the first for this: %v", count(b.report.BadRows, "row"), b.report.Errors[0]), ""
		}
		return nil, e
	}
	headers := b.rename()
	if err := b.setKinds(); err != nil {
		return nil, err
	}
	columns := make([]Series, len(b.names))
	reports := make([]ColumnReport, len(b.names))
	errs := make([]error, len(b.names))
	workers := b.o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, len(b.names))
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			var scans []*scan
			for j := w; j < len(b.names); j += workers {
				scans = append(scans, b.newScan(j))
			}
			// Block by block, so that each is in the cache for all columns.
			row := 0
			for _, block := range b.blocks {
				if ctx.Err() != nil {
					break
				}
				lookAt(scans, block, row)
				row += block.n
			}
			for _, s := range scans {
				s.settle()
				if errs[s.j] = cause.Of(ctx); errs[s.j] == nil {
					columns[s.j], reports[s.j], errs[s.j] = s.column(ctx)
				}
			}
		})
	}
	wait.Wait()
	list := make([]Series, 0, len(columns))
	for j, s := range columns {
		if errs[j] != nil {
			return nil, errs[j]
		}
		if header := headers[j]; j == 0 && counts(s) && (header != nil && *header == "" || key(b.names[0]) == "unnamed0") {
			b.report.IndexColumn = "without a name"
			if header == nil {
				b.report.IndexColumn = b.names[0]
			}
			continue
		}
		if headers[j] != nil {
			reports[j].Header = *headers[j]
		}
		b.report.Columns = append(b.report.Columns, reports[j])
		list = append(list, s)
	}
	return NewTable(time.Time(b.o.AsOf), list...)
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

// setKinds finds the columns whose kinds the options set.
func (b *tableBuilder) setKinds() error {
	b.kinds = make([]Kind, len(b.names))
	for name, kind := range b.o.Kinds {
		j := slices.Index(b.names, name)
		if j < 0 {
			j = slices.IndexFunc(b.names, func(n string) bool { return key(n) == key(name) })
		}
		if j < 0 {
			columns := make([]Column, len(b.names))
			for i, n := range b.names {
				columns[i].Name = n
			}
			return &ColumnError{Column: name, Near: nearest(name, columns), Err: ErrUnknownColumn}
		}
		if kind < Integer || kind > FreeText {
			return fmt.Errorf("%w: there is no kind %d for column %s", ErrOptions, kind, name)
		}
		b.kinds[j] = kind
	}
	return nil
}

// dropHeaders leaves out the rows that repeat the header.
func (b *tableBuilder) dropHeaders() {
	var scratch []byte
	for _, block := range b.blocks {
		keep := 0
		for i := range block.n {
			same, named := true, 0
			for j := 0; same && j < block.width && j < len(b.names); j++ {
				if block.kinds != nil && block.kinds[i*block.width+j] != RawText {
					same = false
					break
				}
				same = string(block.cell(i, j, &scratch)) == b.names[j]
				if b.names[j] != "" {
					named++
				}
			}
			if same && named > 0 {
				b.report.Headers++
				continue
			}
			if keep < i {
				w := block.width
				block.start[keep], block.line[keep] = block.start[i], block.line[i]
				// The ends of a row count from its start or from the end before.
				copy(block.end[keep*w:keep*w+w], block.end[i*w:i*w+w])
				if block.kinds != nil {
					copy(block.kinds[keep*w:keep*w+w], block.kinds[i*w:i*w+w])
				}
			}
			keep++
		}
		block.n = keep
	}
}
