package features

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/bits"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A Policy is what a [Reader] does with a row that it cannot read.
type Policy uint8

const (
	Strict Policy = iota // stop with its error
	Skip                 // leave it out, count it, keep the first ten errors
)

// ReadOptions change how a file is read. The zero value finds everything from
// the data and stops at the first row that cannot be read.
type ReadOptions struct {
	Name   string // name of the file for errors; ReadFile sets it where it is empty
	Policy Policy // Strict (default) or Skip

	DateOrder DateOrder   // order of day, month and year where dates leave it open; OrderFromData (default) finds it
	AsOf      AsOf        // day after which nobody can have enrolled, which helps to find the order; today by default
	Decimal   DecimalMark // decimal mark; DecimalFromData (default) finds it
}

// A Reader yields the customers of a campaign file one by one, in constant
// memory. Once it runs it allocates for their ids only: a block for some
// hundreds of them, and up to 32 MiB in all to tell which repeat. It takes the
// file as spreadsheets save it:
//
//   - fields parted by tab, comma, semicolon or pipe, with or without quotes
//     (RFC 4180), which may hold delimiters and line breaks;
//   - UTF-8, UTF-16 with its mark, Windows-1252; lines that end in LF, CRLF
//     or CR; a first line "sep=;";
//   - a header in any order and case, with or without blanks, underscores,
//     hyphens and points in the names, and possibly an unnamed index column
//     before them, below titles and comments; columns that are not in [Columns]
//     are ignored;
//   - lines that are one quoted field each, as a sheet of one column is saved;
//   - numbers with a currency, thousands marks, a decimal point or comma;
//   - ids under the name id or another that is usual for them, such as
//     customer_id, Client No. or account: as they stand, as text;
//   - words of up to 256 bytes;
//   - days as 04-09-2012, 4/9/2012, 9/4/2012, 2012-09-04, 4-Sep-12, 6/16/14 or
//     12-09-04, with or without a time of day behind (which is left out);
//   - an optional column may be empty in some rows: its field is 0 there, as
//     where the file does not have the column. [Report] counts them.
//
// Which of day, month and year comes first is decided for each writing in the
// column, that is for the dates with the same separator, digits of the year,
// padding, and with or without a time: spreadsheets exchange day and month in
// those dates only that allow it, and write them in another way. The first
// fifteen dates of a writing that leave no choice decide by majority; a date
// that contradicts the decision cannot be read. Where all dates of a writing
// leave it open, the span of the dates of the column that leave no choice
// decides: in the wrong order dates lie outside of it. So it is found, too,
// where day and month of a writing such as 2012-04-09 00:00:00 were exchanged.
// Then comes plausibility (nobody enrols after [ReadOptions].AsOf, and years of
// enrolment do not spread over decades), then the mark of a spreadsheet: no day
// above 12 in one writing and none below 13 in all others. Where nothing
// decides, the order is that of the other writings, else the day is first.
// [Report].Dates has what each writing rests on, and how many dates.
//
// To find the deciding dates the reader looks ahead: one mebibyte in memory
// and then, where the source is an [io.Seeker] such as a file, to its end
// before going back. A file whose first dates decide is not looked through; a
// writing that comes later, after whatever was read, is decided there. In a
// pipe the reader looks ahead sixteen mebibytes (some 150,000 customers) and
// then decides by these; later dates that prove it wrong stop the reading with
// [ErrContradiction], whatever the policy. The same goes for the meaning of
// numbers such as 58.138, which may have thousands or three decimals: a
// number such as 1.234,5 or 58138.0 decides it, and where none does, thousands
// are the guess.
//
// A Reader is not safe for concurrent use.
type Reader struct {
	opts    ReadOptions
	ctx     context.Context // of All, nil for none
	raw     io.Reader       // as given
	src     io.Reader       // raw, decoded to UTF-8 where it is UTF-16
	seekTo  int64           // offset in raw where the file starts, −1 where raw cannot seek
	buf     []byte          // its last pad bytes are never data
	pos     int             // buf[pos:end] is what is not read yet; a row starts at pos
	end     int
	scanned int // bytes of the row at pos that were looked at in vain, with those looked at again
	eof     bool
	srcErr  error // error of src at eof, if not io.EOF
	line    int   // line of the file at pos
	started bool
	err     error // what every further Read returns

	delim      byte
	plan       []step // one a column of the file
	categories []int  // columns of the file
	encoding   encoding
	decimal    DecimalMark
	writings   []*writing // how dates are read, by layout, as far as it is decided
	read       []*reading // those that customers were read in, in the order of the file
	doubts     []doubt
	oldMac     bool        // lines end in CR
	empty      [maxRaw]int // rows in which a column is empty
	undecided  layout      // the layout that undecidedOrder is about
	fast10     fastLayout  // the one layout that the fast path knows
	report     Report
	unknown    map[unknownKey]int
	consumed   int      // bytes of the rows read
	names      []string // of the columns, as the header has them
	rowSize    int      // bytes of the row read last, which end at pos; 0 for none

	// The row at hand.
	row      Customer
	ints     [maxRaw]*int // fields of row by column; maxRaw spares the bounds checks
	amounts  [maxRaw]*float64
	texts    [maxRaw]*string
	ymd      int             // the same as year<<9 | month<<5 | day
	dateAt   *reading        // how it was read
	dateKind uint8           // dateLow, dateOpen
	words    [maxRaw]*word   // what the texts of categories are
	id       []byte          // in buf or idText
	idText   []byte          // room for an id that does not stand in buf as it is
	ids      strings.Builder // holds the ids of many customers
	seenIDs  idSet
	missing  uint32             // optional columns that are empty, a bit for each
	cache    [maxRaw]*wordCache // of the categories
	fields   []field
	scratch  []byte // unquoted fields
	decoded  []byte // a field as UTF-8
}

// A fastLayout is a layout of ten bytes.
type fastLayout struct {
	reading   *reading // nil for none
	sep       byte
	yearFirst bool
	swap      bool // the month is where the day is expected
	weak      bool // the order may prove wrong: days above 12 go the slow way
}

// A step is what to do with one column of the file.
type step struct {
	kind Kind // 0: ignored
	col  uint8
}

const (
	bufferSize   = 256 << 10
	pad          = 16       // bytes that can be read past the data
	sniffSize    = 64 << 10 // what encoding and delimiter are found from
	maxRow       = 1 << 20  // longest row
	lookAhead    = 1 << 20  // for what decides, in a source that can seek
	lookAheadMax = 16 << 20 // in one that cannot
	maxVotes     = 15
	maxErrors    = 10
)

// Read returns a reader of the customers in r. Nothing is read before the
// first customer is asked for.
func Read(r io.Reader, opts ReadOptions) *Reader {
	return &Reader{opts: opts, raw: r, decimal: opts.Decimal, seekTo: -1}
}

// ReadAll reads every customer in r. Under [Strict] the first row that cannot
// be read is the error, a [*ReadError]; one that wraps the error of ctx is returned
// once it has ended.
func ReadAll(ctx context.Context, r io.Reader, opts ReadOptions) ([]Customer, Report, error) {
	rd := Read(r, opts)
	rd.ctx = ctx
	var size int64
	if f, ok := r.(interface{ Stat() (os.FileInfo, error) }); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
	} else if b, ok := r.(interface{ Len() int }); ok {
		size = int64(b.Len())
	}
	const sample = 256
	var customers []Customer
	for {
		n := len(customers)
		if n == sample && size > 0 {
			// Reserve memory by the rows read so far and the size of the file.
			row := float64(rd.consumed) / sample
			customers = slices.Grow(customers, int(1.02*float64(size)/row))
		}
		customers = append(customers, Customer{})
		if err := rd.Read(&customers[n]); err != nil {
			if err == io.EOF {
				return customers[:n:n], rd.Report(), nil
			}
			return nil, rd.Report(), err
		}
	}
}

// ReadFile reads every customer of a file. Errors are those of [ReadAll].
func ReadFile(ctx context.Context, path string, o ReadOptions) ([]Customer, Report, error) {
	if o.Name == "" {
		o.Name = path
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, Report{}, err
	}
	defer f.Close()
	return ReadAll(ctx, f, o)
}

// All yields every customer that is left. An error ends it: it is yielded
// once, last, with an empty customer. Breaking off early leaves nothing open; once
// ctx has ended, which also ends the look ahead, the error is a [*ReadError] that
// wraps its own.
func (r *Reader) All(ctx context.Context) iter.Seq2[Customer, error] {
	return func(yield func(Customer, error) bool) {
		r := orZero(r)
		r.ctx = ctx
		defer func() { r.ctx = nil }()
		var c Customer
		for {
			switch err := r.Read(&c); {
			case err == io.EOF:
				return
			case err != nil:
				yield(Customer{}, err)
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Read reads the next customer into c. After the last one it returns [io.EOF];
// a file without any customer is an error, [ErrNoRows]. After an error every
// further call returns it again.
func (r *Reader) Read(c *Customer) error {
	r = orZero(r)
	if r.err != nil {
		return r.err
	}
	if c == nil {
		return errors.New("features: there is no customer to read into; want a pointer to one")
	}
	if !r.started {
		r.started = true
		if r.err = r.start(); r.err != nil {
			return r.err
		}
	}
	for {
		line, before := r.line, r.consumed
		n := bytes.IndexByte(r.buf[r.pos:r.end], '\n')
		if n < 0 {
			switch {
			case !r.eof && r.end-r.pos <= maxRow:
				r.fill()
				continue
			case r.pos == r.end, r.srcErr != nil: // what stands before an error of the source is no row
				r.err = r.finish()
				return r.err
			case r.eof:
				r.endLastLine()
				continue
			default:
				n = r.end - r.pos - 1 // no line is that long
			}
		}
		if r.fast(r.buf[r.pos : r.pos+n+1+8]) {
			r.pos += n + 1
			r.consumed += n + 1
			r.line++
			r.rowSize = n + 1
			r.emit(c, line)
			return nil
		}
		got, err := r.slow()
		if err != nil {
			r.err = err
			return err
		}
		if got {
			r.rowSize = r.consumed - before
			r.emit(c, line)
			return nil
		}
	}
}

// Header returns the names of the columns as the file has them, once a customer
// was read. The slice is the caller's own.
func (r *Reader) Header() []string { return slices.Clone(orZero(r).names) }

// Record returns the fields of the row that was read last, as they stand in the
// file but for quotes and blanks around them, one for each name of Header; those of
// columns that the schema does not know are among them. It is valid until the next
// customer is read, and nil before the first. The slice is dst where that is long
// enough.
func (r *Reader) Record(dst []string) []string {
	r = orZero(r)
	if r.rowSize == 0 || r.rowSize > r.pos {
		return nil
	}
	if _, _, complete, bad := r.split(r.buf[r.pos-r.rowSize:r.pos], r.delim); !complete || bad != nil {
		return nil
	}
	r.joinCycle()
	encoding := r.encoding // fields that no one reads do not decide it
	fields := r.fields[:min(len(r.fields), len(r.names))]
	row := make([]byte, 0, r.rowSize) // all fields, so that they cost one allocation
	for i, f := range fields {
		text, _ := r.utf8(trimBlanks(f.text))
		row, fields[i].lines = append(row, text...), len(text)
	}
	all := string(row)
	dst = dst[:0]
	for _, f := range fields {
		dst, all = append(dst, all[:f.lines]), all[f.lines:]
	}
	r.encoding = encoding
	return dst
}

// Report returns what was found so far; it is complete once [Reader.Read] has
// returned an error or io.EOF, or [Reader.All] has ended.
func (r *Reader) Report() Report {
	r = orZero(r)
	rep := r.report
	rep.Errors = slices.Clone(rep.Errors)
	rep.Ignored = slices.Clone(rep.Ignored)
	rep.Absent = slices.Clone(rep.Absent)
	rep.RepeatedIDs.First = slices.Clone(rep.RepeatedIDs.First)
	rep.Unknown = unknownValues(r.unknown)
	rep.Preamble = slices.Clone(rep.Preamble)
	rep.Missing = nil
	for col, n := range r.empty {
		if n > 0 {
			rep.Missing = append(rep.Missing, MissingValues{schema[col].Name, n, schema[col].Required || col == colID})
		}
	}
	if r.encoding == encodingWindows1252 {
		rep.Encoding = "Windows-1252"
	}
	rep.Dates, rep.DateLayout, rep.DateGuessed = nil, "", false
	rep.lowDays = true
	for _, d := range r.read {
		if d.count() == 0 {
			continue
		}
		rep.lowDays = rep.lowDays && d.low() == d.count()
		w := d.report()
		rep.Dates = append(rep.Dates, w)
		rep.DateGuessed = rep.DateGuessed || w.Guess
		if rep.DateLayout != "" {
			rep.DateLayout += " and "
		}
		rep.DateLayout += w.Layout
	}
	rep.Decimal = r.decimal
	return rep
}

// finish completes the report at the end of the file.
func (r *Reader) finish() error {
	if r.srcErr != nil {
		return &ReadError{File: r.opts.Name, Line: r.line, Reason: "reading stopped: " + r.srcErr.Error(), Err: r.srcErr}
	}
	if r.report.Rows > 0 {
		return io.EOF
	}
	e := &ReadError{File: r.opts.Name, Reason: "the file has a header and no customers", Want: "a line for each customer below it", Err: ErrNoRows}
	if n := r.report.BadRows; n > 0 {
		bad := *r.report.Errors[0]
		bad.File = ""
		e.Reason = fmt.Sprintf("none of the %s could be read, the first for this: %v", count(n, "row"), &bad)
		e.Want = ""
		for col, empty := range r.empty {
			if empty == n && n > 1 {
				e.Reason, e.Want = fmt.Sprintf("%s is empty in all of the %s", schema[col].Name, count(n, "row")), schema[col].want()
			}
		}
	}
	return e
}

// emit copies the row at hand, which starts at line, into c.
func (r *Reader) emit(c *Customer, line int) {
	r.report.Rows++
	for _, col := range r.categories {
		w := r.words[col]
		if *r.texts[col] = w.value; !w.known {
			r.countUnknown(col, w.value)
		}
	}
	*c = r.row
	for m := r.missing; m != 0; m &= m - 1 {
		r.empty[bits.TrailingZeros32(m)]++
	}
	d := r.dateAt
	d.dates[r.dateKind&3]++
	// No branch depends on the day, which would be mispredicted.
	if i := r.ymd - firstDay; i >= 0 && i < len(d.days) {
		d.days[i]++
	} else if r.dateKind&dateLow == 0 {
		d.far.add(r.ymd)
	}
	if r.report.Numbered {
		r.idText = strconv.AppendInt(r.idText[:0], int64(r.report.Rows), 10)
		r.id = r.idText
	} else {
		r.compareID(line)
	}
	c.ID = r.keep(r.id)
	if math.IsNaN(c.Income) {
		r.report.MissingIncome++
	}
}

func (r *Reader) countUnknown(col int, value string) {
	k := unknownKey{col, prefix(value), false}
	k.cut = len(k.value) < len(value)
	if _, ok := r.unknown[k]; !ok {
		k.value = strings.Clone(k.value) // not the whole word
		if len(r.unknown) >= maxUnknown {
			k = unknownKey{col, "", true}
		}
	}
	r.unknown[k]++
}

// fast reads the row b into the row at hand if it is written in the common
// forms: short whole numbers, dates in the layout and words seen before. It
// returns false for any other, which [Reader.slow] then reads or refuses. b
// ends in a line feed and eight more bytes.
func (r *Reader) fast(b []byte) bool {
	r.missing = 0
	n := len(b) - 9 // where the line feed is
	if n > 0 && b[n-1] == '\r' {
		n--
	}
	// With a delimiter at its end the last field is like the others.
	end := b[n]
	b[n] = r.delim
	p := r.fastFields(b, n)
	b[n] = end
	y := r.row.YearBirth
	return p == n+1 && y >= minYear && y <= maxYear
}

// fastFields reads the fields of b, each of which ends in a delimiter, the last
// at n. It returns the position behind the last, or −1. What is rare is left
// to functions of its own, so that the loop stays in registers.
func (r *Reader) fastFields(b []byte, n int) int {
	delim, p := r.delim, 0
	for _, s := range r.plan {
		if p > n {
			return -1
		}
		q := p // end of the field
		switch s.kind {
		case Flag:
			if v := b[p] - '0'; v <= 1 {
				*r.ints[s.col&31] = int(v)
				q++
			}
		case Integer, Amount:
			// Digits are taken eight bytes at once; no branch depends on how many of up
			// to four there are, which would be mispredicted.
			x := binary.LittleEndian.Uint64(b[p:p+8:p+8]) ^ digitZeros
			k := digitCount(x)
			v := fourDigits(x, k)
			if k > 4 {
				v, k = sevenDigits(x, k)
			}
			q += k
			if s.kind == Integer {
				*r.ints[s.col&31] = int(v)
			} else {
				*r.amounts[s.col&31] = float64(v)
				if b[q] == '.' {
					q = r.fastFraction(b, q, s, v)
				}
			}
		default:
			q = r.fastOther(b, p, s)
		}
		if q == p || b[q] != delim {
			// The field is empty or goes on: the liberal way.
			if q = r.liberal(b, p, n, s); q < 0 {
				return -1
			}
		}
		p = q + 1
	}
	return p
}

// fastFraction reads the digits behind the decimal point at q, which follows
// the whole number v, and returns their end, or q.
func (r *Reader) fastFraction(b []byte, q int, s step, v uint64) int {
	if r.decimal != DecimalPoint || q == 0 || !isDigit(b[q-1]) {
		return q
	}
	x := binary.LittleEndian.Uint64(b[q+1:]) ^ digitZeros
	f, k := sevenDigits(x, digitCount(x))
	if k == 0 {
		return q
	}
	// At most 14 digits: both numbers are exact, so the quotient is rounded once.
	*r.amounts[s.col&31] = float64(v*powers[k]+f) / float64(powers[k])
	return q + 1 + k
}

// fastOther reads a date in the layout seen before or a word seen before and
// returns its end, or p. Columns that are ignored have none.
func (r *Reader) fastOther(b []byte, p int, s step) int {
	switch s.kind {
	case Identifier:
		return r.fastID(b, p)
	case Date:
		return p + r.fastDay(b[p:])
	case Category:
		q := indexDelim(b, p, r.delim)
		text, end := b[p:q], q
		if len(text) > 1 && text[0] == '"' {
			q = bytes.IndexByte(b[p+1:], '"') + p + 1
			if q == p || q >= len(b)-9 {
				return p
			}
			text, end = b[p+1:q], q+1
		}
		if w := r.cache[s.col&31].slot(text); w.raw == string(text) {
			r.words[s.col&31] = w
			return end
		}
	}
	return p
}

// liberal reads the field at p in any form, unless it starts with a quote, and
// returns its end, or −1.
func (r *Reader) liberal(b []byte, p, n int, s step) int {
	q := p + bytes.IndexByte(b[p:n+1], r.delim)
	if t := bytes.TrimLeft(b[p:q], " "); len(t) > 0 && t[0] == '"' {
		return -1
	}
	if r.value(int(s.col), s.kind, b[p:q]) != nil {
		return -1
	}
	return q
}

// digitZeros converts eight digits to their values and back.
const digitZeros = 0x3030303030303030

// digitCount counts the bytes of x, from the lowest, that are values of
// digits.
func digitCount(x uint64) int {
	// A carry changes only bytes behind the first that is no digit.
	other := (x + 0x7676767676767676 | x) & 0x8080808080808080
	return bits.TrailingZeros64(other) >> 3
}

// fourDigits returns the number that the n lowest bytes of x make, for n up to
// 4: pairs are joined, then fours (Lemire, "Quickly parsing eight digits",
// 2018).
func fourDigits(x uint64, n int) uint64 {
	y := uint32(x << (uint(32-8*n) & 63))
	y = (y*10 + y>>8) & 0x00ff00ff
	return uint64(uint16(y*100 + y>>16))
}

// sevenDigits returns the number for n up to 7. It also returns n, or 0 where
// more digits may follow.
//
//go:noinline
func sevenDigits(x uint64, n int) (uint64, int) {
	if n == 8 || n == 0 {
		return 0, 0
	}
	return eightDigits(x << (uint(64-8*n) & 63)), n
}

// eightDigits returns the number that the bytes of x make, the lowest first.
func eightDigits(x uint64) uint64 {
	x = (x*10 + x>>8) & 0x00ff00ff00ff00ff
	x = (x*100 + x>>16) & 0x0000ffff0000ffff
	return (x*10000 + x>>32) & 0xffffffff
}

var powers = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}

// indexDelim finds the delimiter at p or behind; b has one, with eight bytes
// that can be read after it.
func indexDelim(b []byte, p int, delim byte) int {
	all := uint64(delim) * 0x0101010101010101
	for {
		// A byte is zero where the delimiter is; the lowest marked byte is right.
		x := binary.LittleEndian.Uint64(b[p:]) ^ all
		if zero := (x - 0x0101010101010101) &^ x & 0x8080808080808080; zero != 0 {
			return p + bits.TrailingZeros64(zero)>>3
		}
		p += 8
	}
}

// fastDay reads the day at the start of b if it has ten bytes in the layout
// seen before, and returns its length, or 0.
func (r *Reader) fastDay(b []byte) int {
	l := &r.fast10
	if l.reading == nil || len(b) < 11 {
		return 0
	}
	b = b[:11]
	var y, m, d int
	var wrong byte
	two := func(i int) int {
		hi, lo := b[i]-'0', b[i+1]-'0'
		if hi > 9 || lo > 9 {
			wrong = 1
		}
		return int(hi)*10 + int(lo)
	}
	if l.yearFirst {
		y, m, d = two(0)*100+two(2), two(5), two(8)
		if b[4] != l.sep || b[7] != l.sep {
			return 0
		}
	} else {
		y, m, d = two(6)*100+two(8), two(3), two(0)
		if b[2] != l.sep || b[5] != l.sep {
			return 0
		}
	}
	if l.swap {
		m, d = d, m
	}
	if wrong != 0 || y < minYear || m < 1 || m > 12 || d < 1 || d > 28 && d > daysIn(y, m) || l.weak && d > 12 {
		return 0
	}
	if d <= 12 && l.reading.example == "" {
		l.reading.example = string(b[:10])
	}
	r.row.DtCustomer, r.ymd = day(y, m, d), ymd(y, m, d)
	if r.dateAt != l.reading {
		r.dateAt = l.reading // rarely, for the sake of the garbage collector's barrier
	}
	r.dateKind = uint8(uint(d-13) >> (bits.UintSize - 1) & uint(dateLow)) // d ≤ 12, without a branch
	return 10
}

// A problem is why a value cannot be read.
type problem struct {
	err    error // sentinel
	reason string
	want   string
}

// undecided means that the file has to be looked through before the row can
// be read.
var (
	undecidedOrder   = &problem{reason: "order of day and month not known yet"}
	undecidedDecimal = &problem{reason: "decimal mark not known yet"}
)

// slow reads or refuses the row at pos, however it is written. It returns
// true if the row at hand is complete, false if the row was skipped or more
// has to be read, and an error that ends the reading.
func (r *Reader) slow() (bool, error) {
	var size, lines int
	var bad *problem
	for {
		var complete bool
		size, lines, complete, bad = r.split(r.buf[r.pos:r.end], r.delim)
		if complete || bad != nil {
			break
		}
		if r.eof || r.end-r.pos > maxRow {
			bad = &problem{ErrQuote, "a quoted field does not end", "a closing quote"}
			if bytes.IndexByte(r.buf[r.pos:r.end], '"') < 0 {
				bad = &problem{ErrLongRow, "the row is longer than a mebibyte", "one customer a line"}
			}
			if r.srcErr != nil {
				r.pos = r.end
				return false, nil
			}
			break
		}
		r.fill()
	}
	r.missing = 0
	line := r.line
	var at *field
	col := -1
	if bad != nil {
		// Quotes left open end here: the next line is read as a new row.
		size, lines = r.end-r.pos, 1
		if n := bytes.IndexByte(r.buf[r.pos:r.end], '\n'); n >= 0 {
			size = n + 1
		}
	} else {
		blank := true
		for _, f := range r.fields {
			blank = blank && len(trimBlanks(f.text)) == 0
		}
		if blank {
			r.advance(size, lines)
			return false, nil
		}
		r.joinCycle()
		bad = r.width()
	}
	if bad == nil {
		for i, s := range r.plan {
			if bad = r.value(int(s.col), s.kind, r.fields[i].text); bad != nil {
				at, col = &r.fields[i], int(s.col)
				break
			}
		}
	}
	switch bad {
	case nil:
		r.advance(size, lines)
		return true, nil
	case undecidedOrder:
		return false, r.decideOrder(r.undecided)
	case undecidedDecimal:
		return false, r.decideDecimal()
	}

	e := &ReadError{File: r.opts.Name, Line: line, Reason: bad.reason, Want: bad.want, Err: bad.err}
	if at != nil {
		e.Line += at.lines
		e.Column = schema[col].Name
		e.Value = cutField(at.text)
		if bad.want == "" {
			e.Want = schema[col].want()
		}
		if missing(trimBlanks(at.text)) {
			r.empty[col]++
		}
		if r.isHeader() {
			*e = ReadError{File: r.opts.Name, Line: line, Reason: "the header stands here a second time", Want: "one header, at the top", Err: ErrRepeatedHeader}
		} else if trimmed := trimBlanks([]byte(e.Value)); len(trimmed) == 0 {
			e.Reason = "the value is missing"
		} else {
			e.Reason = fmt.Sprintf("%q %s", e.Value, bad.reason)
		}
	}
	r.report.BadRows++
	if len(r.report.Errors) < maxErrors {
		r.report.Errors = append(r.report.Errors, e)
	}
	if r.opts.Policy == Strict || errors.Is(bad.err, ErrContradiction) {
		return false, e
	}
	r.advance(size, lines)
	return false, nil
}

func (r *Reader) advance(size, lines int) {
	r.pos += size
	r.consumed += size
	r.line += lines
}

// width compares the number of fields with the header. Empty fields too many,
// as spreadsheets leave them, do no harm.
func (r *Reader) width() *problem {
	n, want := len(r.fields), len(r.plan)
	if n < want {
		return &problem{ErrShortRow, fmt.Sprintf("the row has %s and the header %d", count(n, "field"), want), "a field for each column"}
	}
	for _, f := range r.fields[want:] {
		if len(trimBlanks(f.text)) > 0 {
			return &problem{ErrLongRow, fmt.Sprintf("the row has %s and the header %d", count(n, "field"), want), "a field for each column, with quotes around those that hold a delimiter"}
		}
	}
	return nil
}

// joinCycle joins the one value of the schema that files are known to have with
// a delimiter in it and no quotes: 2n;Cycle.
func (r *Reader) joinCycle() {
	if r.delim != ';' || len(r.fields) != len(r.plan)+1 {
		return
	}
	for i, s := range r.plan {
		if s.kind == Category && int(s.col) == colEducation && equalFold(r.fields[i].text, "2n") && equalFold(r.fields[i+1].text, "cycle") {
			r.fields[i].text = []byte("2n Cycle")
			r.fields = slices.Delete(r.fields, i+1, i+2)
			return
		}
	}
}

// isHeader reports whether the row in fields repeats the header: at least half
// of the known columns hold their own name.
func (r *Reader) isHeader() bool {
	known, same := 0, 0
	for i, s := range r.plan {
		if s.kind != 0 && i < len(r.fields) {
			known++
			if len(r.fields[i].text) < 64 && key(string(r.fields[i].text)) == key(schema[s.col].Name) {
				same++
			}
		}
	}
	return 2*same >= known
}

// value reads one field into the row at hand.
func (r *Reader) value(col int, kind Kind, b []byte) *problem {
	if kind == 0 {
		return nil
	}
	switch kind {
	case Category:
		return r.category(col, b)
	case Identifier:
		return r.identifier(b)
	}
	if kind == Date {
		if len(b) == 10 && cap(b) > 10 && r.fastDay(b[:11]) == 10 {
			return nil
		}
	} else if v, ok := wholeNumber(b); ok {
		if kind == Amount {
			*r.amounts[col] = float64(v)
			return nil
		}
		if low, high := schema[col].limits(); v >= low && v <= high {
			*r.ints[col] = int(v)
			return nil
		}
	}
	b, ok := r.utf8(b)
	if !ok {
		return notUTF8
	}
	if kind == Date {
		return r.date(b)
	}
	x, form := parseNumber(b, r.decimal)
	switch form {
	case formPlain:
	case formPoint, formComma:
		mark := DecimalPoint
		if form == formComma {
			mark = DecimalComma
		}
		switch {
		case r.decimal == DecimalFromData:
			return undecidedDecimal
		case r.decimal == mark:
			r.report.NumberGuessed = false
		case r.report.NumberGuessed:
			return &problem{ErrContradiction, "shows that earlier numbers, which could be read in two ways, were read in the wrong one", "the decimal mark named beforehand, or a file that can be read twice"}
		case mark == DecimalPoint:
			return &problem{ErrValue, "has a decimal point, and the other numbers of the file a decimal comma", ""}
		default:
			return &problem{ErrValue, "has a decimal comma, and the other numbers of the file a decimal point", ""}
		}
	case formDotOfThree, formCommaOfThree:
		if r.decimal == DecimalFromData {
			return undecidedDecimal
		}
	case formMissing:
		if p := r.amounts[col]; p != nil && schema[col].Nullable {
			*p = x
			return nil
		}
		if schema[col].Required || col == colID {
			return &problem{ErrValue, "is not a number", ""}
		}
		setNumber(schema[col].raw(&r.row), 0)
		r.missing |= 1 << col
		return nil
	case formInfinite:
		return &problem{ErrValue, "is infinite", ""}
	default:
		if v, ok := boolean(b); ok && kind == Flag {
			*r.ints[col] = int(v)
			return nil
		}
		return &problem{ErrValue, "is not a number", ""}
	}
	if kind == Amount {
		if x < 0 {
			return &problem{ErrValue, "is negative", ""}
		}
		*r.amounts[col] = x + 0 // no −0
		return nil
	}
	low, high := schema[col].limits()
	switch {
	case x != math.Trunc(x):
		return &problem{ErrValue, "is not a whole number", ""}
	case x < 0 && low == 0:
		return &problem{ErrValue, "is negative", ""}
	case x < float64(low) || x > float64(high):
		return &problem{ErrValue, "is out of range", ""}
	}
	*r.ints[col] = int(x)
	return nil
}

// wholeNumber reads up to fifteen digits and nothing else.
func wholeNumber(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 15 {
		return 0, false
	}
	var v int64
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}

// boolean reads a flag in words.
func boolean(b []byte) (int64, bool) {
	b = trimBlanks(b)
	switch {
	case equalFold(b, "true"), equalFold(b, "yes"):
		return 1, true
	case equalFold(b, "false"), equalFold(b, "no"):
		return 0, true
	}
	return 0, false
}

// date reads the day of enrolment.
func (r *Reader) date(b []byte) *problem {
	p := parseDate(b)
	if p.form != dateRead {
		return &problem{ErrDate, "is not a date", ""}
	}
	l := p.layout
	w := find(r.writings, l)
	if w == nil {
		if l.orders(p.parts) == 0 {
			return noSuchDay
		}
		if w = byOption(l, r.opts.DateOrder); w == nil {
			r.undecided = l
			return undecidedOrder
		}
		r.writings = append(r.writings, w)
	}
	if d := w.by[0]; mixed(w.pad|p.parts.pad) && !mixed(w.pad) && !w.split && d.basis == ByDates && !d.final {
		r.undecided = l
		return undecidedOrder
	}
	d := w.by[w.of(p.parts)]
	y, m, dd, ok := l.in(p.parts, d.order)
	if !ok {
		return d.contrary(p)
	}
	r.row.DtCustomer, r.ymd = day(y, m, dd), ymd(y, m, dd)
	r.dateAt, r.dateKind = d, 0
	if l.low(p.parts) {
		r.dateKind = dateLow
	}
	if l.short && l.shape == shapeNumbers && l.orders(p.parts)&^(1<<d.order) != 0 {
		r.dateKind |= dateOpen
	}
	if r.dateKind&dateLow == 0 && !d.final && d.basis.guess() && l.shape == shapeNumbers {
		d.basis = ByDates
		r.fast10.weak = false
	}
	if d.example == "" && r.dateKind != 0 {
		d.example = cutField(trimBlanks(b))
	}
	if d.days == nil {
		d.days = new(dayCounts)
		r.read = append(r.read, d)
	}
	if p.parts.pad&(looseFirst|looseSecond) != 0 {
		d.loose = true
		w.pad |= p.parts.pad
		r.fast10.reading = nil
	} else if !w.split && w.pad&loosePad == 0 && !l.short && !l.clock && (l.shape == shapeNumbers || l.shape == shapeYear) {
		r.fast10 = fastLayout{d, l.sep, l.shape == shapeYear, d.order == MonthFirst || d.order == exchanged, d.basis.told() && !d.final || d.order == exchanged}
	}
	return nil
}

const provesWrong = "earlier dates, which could be read in two ways, were read in the wrong one"

var contradiction = &problem{ErrContradiction, "shows that " + provesWrong, "the date order named beforehand, or a file that can be read twice"}

var noSuchDay = &problem{ErrDate, "is not a day of the calendar", ""}

// contrary returns why a date cannot be read in the order of its writing.
func (d *reading) contrary(p parsedDate) *problem {
	set := p.layout.orders(p.parts)
	var have, want string
	switch {
	case set&(1<<MonthFirst) != 0 && d.order == DayFirst:
		have, want = "month", "day"
	case set&(1<<DayFirst) != 0 && d.order == MonthFirst:
		have, want = "day", "month"
	case d.order == exchanged && set != 0:
	default:
		return noSuchDay
	}
	switch {
	case d.basis.told() && !d.final:
		return contradiction
	case have == "":
		return &problem{ErrDate, "has a day above 12, and the other dates written so have day and month exchanged", ""}
	}
	return &problem{ErrDate, "has the " + have + " first, and the other dates of the file the " + want, ""}
}

func (r *Reader) category(col int, b []byte) *problem {
	b = trimBlanks(b)
	w := r.cache[col].slot(b)
	if w.raw != string(b) || w.raw == "" {
		text, ok := r.utf8(b)
		if !ok {
			return notUTF8
		}
		text = trimBlanks(text)
		if len(text) > maxWord {
			return &problem{ErrValue, fmt.Sprintf("is %d bytes long", len(text)), ""}
		}
		for _, ch := range text {
			if ch < ' ' && ch != '\n' && ch != '\r' && ch != '\t' || ch == 0x7f {
				return &problem{ErrValue, "holds control characters", "a word"}
			}
		}
		value, known := schema[col].canonical(string(text))
		*w = word{raw: string(b), value: value, known: known}
	}
	r.words[col] = w
	return nil
}

var notUTF8 = &problem{ErrValue, "is not UTF-8, as the rest of the file is", "text in one encoding"}
