package features

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/internal/cause"
)

const (
	enoughOfKind = 0.9     // share of the values that make a column one of numbers or days
	mostLevels   = 1 << 16 // different words that are counted
	longText     = 24      // mean bytes from which words that are nearly all different are free text
	exact        = 1 << 53 // whole numbers that a float64 holds
)

// A scan is what the cells of a column are.
type scan struct {
	b       *tableBuilder
	j       int
	numbers []float64 // of each row, as far as they are known; NaN for missing; nil while there are none
	days    *dateBallot
	plan    *columnPlan
	first   bool // whether nothing was read before
	named   bool // whether the column is known to hold ids or text, so that nothing is to be found
	scratch []byte

	missing, texts         int  // cells
	uncoded                int  // texts that are not among words, which are full
	dated                  bool // whether a day is among these
	number, digits         int  // numbers, and those of digits alone
	zeros                  int  // of digits, with a leading zero
	long                   int  // of digits, beyond 2⁵³
	shortened              int  // numbers such as 4.2E+11
	whole, binary          int  // numbers
	point, comma           int  // numbers that show the decimal mark
	open                   [2]int
	percent, flags, truths int
	dates, compact, times  int
	letters                int // bytes of texts
	mixed                  int // texts with digits, such as C536038
	blanks                 int // texts with blanks within
	words                  dictionary
	recent                 []recentWord // words seen last, by a hash
	codes                  []int32      // of each row, + 1; 0 for none
	least, greatest        float64
	infinite               int    // such as inf
	unit                   string // behind all numbers
	none                   string // the one word among numbers, which stands for none
	currencies             []string
	noMoney                string // letters before digits that are no currency, as those of ids

	kept *textsBuilder // all cells as words, of a column that is likely to hold ids or text; nil for others

	form      cellForm  // of the cell before
	writings  [2]uint64 // of flags: no and yes
	isoDays   *isoDays  // codes of words as 2012-09-04; nil where there are none
	thousands []uint64  // a bit for each row whose number is as 58.138 and read as 58138
	short     int       // numbers of digits that were read eight bytes at once
	low, high uint64    // of them

	// Of the words, which are the writings of days too: what they are as days, and
	// how often they come.
	parsed []parsedDate
	often  []int
}

// each calls f with every cell of the column, its row, and where it stands.
func (s *scan) each(ctx context.Context, f func(row int, kind RawKind, text []byte, line int)) error {
	row := 0
	for _, b := range s.b.blocks {
		if err := cause.Of(ctx); err != nil {
			return err
		}
		s.in(b, row, f)
		row += b.n
	}
	return nil
}

// in calls f with the cells of a block, of which row is the first.
func (s *scan) in(b *block, row int, f func(row int, kind RawKind, text []byte, line int)) {
	b.restore()
	for i := range b.n {
		switch {
		case s.j >= b.width: // a column that later rows added
			f(row+i, RawMissing, nil, b.line(i))
		case b.kinds != nil:
			f(row+i, b.kinds[i*b.width+s.j], b.cell(i, s.j, &s.scratch), b.line(i))
		default:
			f(row+i, RawText, b.cell(i, s.j, &s.scratch), b.line(i))
		}
	}
}

// extend makes room for so many rows.
func (s *scan) extend(rows int) {
	if more := rows - len(s.numbers); s.numbers != nil && more > 0 {
		s.numbers = append(s.numbers, make([]float64, more)...)
	}
	if more := rows - len(s.codes); s.codes != nil && more > 0 {
		s.codes = append(s.codes, make([]int32, more)...)
	}
	if more := (rows+63)/64 - len(s.thousands); s.thousands != nil && more > 0 {
		s.thousands = append(s.thousands, make([]uint64, more)...)
	}
}

// settle adds what lookAt has counted by itself, and leaves the room that was not
// needed.
func (s *scan) settle() {
	s.numbers, s.codes = s.numbers[:min(len(s.numbers), s.b.n)], s.codes[:min(len(s.codes), s.b.n)]
	if s.short > 0 {
		s.digits, s.number, s.whole = s.digits+s.short, s.number+s.short, s.whole+s.short
		s.least, s.greatest = min(s.least, float64(s.low)), max(s.greatest, float64(s.high))
		if s.high <= 1 { // whether all are is asked, and not how many
			s.binary += s.short
		}
	}
	for code, p := range s.parsed {
		if n := s.often[code]; p.form == dateRead {
			s.countDates(p, n)
		} else {
			s.countTexts([]byte(s.words.word(int32(code))), n)
		}
	}
}

func rawNumber(text []byte) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(text))
}

// newScan returns a scan of column j.
func (b *tableBuilder) newScan(j int) *scan {
	y, m, d := b.o.AsOf.Day().Date()
	s := &scan{b: b, j: j, least: math.Inf(1), greatest: math.Inf(-1), low: math.MaxUint64,
		days: &dateBallot{dateColumn: dateColumn{last: ymd(y, int(m), d), whole: true, final: true}}}
	kind := b.kinds[j]
	if p := b.plans[j]; p != nil {
		kind = p.kind
	}
	if s.named = kind == Identifier || kind == FreeText; s.named {
		s.kept = newTexts(b.room)
	}
	return s
}

// column reads the column, which was looked at, as what most of its cells are,
// or as the rows before were read.
func (s *scan) column(ctx context.Context) (Series, ColumnReport, error) {
	r := ColumnReport{Column: Column{Name: s.b.names[s.j], Kind: s.b.kinds[s.j]}, Missing: s.missing, Least: math.NaN(), Greatest: math.NaN()}
	s.plan = s.b.plans[s.j]
	switch {
	case r.Kind != 0:
		r.Set, r.Reason = true, "set"
	case s.plan != nil:
		r.Kind = s.plan.kind
	default:
		r.Kind, r.Reason = s.kind()
	}
	if s.first = s.plan == nil; s.first {
		s.plan = &columnPlan{kind: r.Kind, decimal: s.b.o.Decimal, unit: s.unit, none: s.none}
		if r.Kind == Date {
			s.plan.epoch = s.epoch()
		}
		s.b.plans[s.j] = s.plan
	}
	var series Series
	var err error
	switch {
	case r.Kind == Date:
		series, err = s.dayColumn(ctx, &r)
	case r.Kind.words():
		series, err = s.wordColumn(ctx, &r)
	default:
		series, err = s.numberColumn(ctx, &r)
	}
	if err == nil && r.Set && r.Unreadable > 0 {
		return Series{}, r, r.First
	}
	return series, r, err
}

// look counts what a cell is.
func (s *scan) look(row int, kind RawKind, text []byte, _ int) {
	if s.numbers != nil {
		s.numbers[row] = math.NaN()
	}
	switch kind {
	case RawMissing:
		s.missing++
		return
	case RawNumber, RawFlag:
		x := rawNumber(text)
		if s.count(row, x); kind == RawFlag {
			s.truths++
		} else if x >= 0 && x <= exact && x == math.Trunc(x) {
			s.digits++
		}
		return
	case RawTime:
		s.times++
		return
	}
	if len(text) == 0 {
		s.missing++
		return
	}
	// What came before is known; it is no number and no flag. Where so many words came
	// that no more are kept, it is hardly worth the while.
	if s.words.len() < mostLevels {
		if code, known := s.lookup(text); known {
			s.codes[row] = code + 1
			s.often[code]++
			if s.form = formWord; s.isoDays != nil {
				if _, ok := isoDay(text); ok {
					s.form = formDay
				}
			}
			return
		}
	}
	if v, ok := wholeNumber(text); ok {
		s.digits++
		if text[0] == '0' && len(text) > 1 {
			s.zeros++
		}
		if len(text) == 8 && v >= 19000101 && v <= 21001231 {
			if p := parseDate(text); p.form == dateRead && p.layout.orders(p.parts) != 0 {
				s.compact++
				s.days.tally(p.layout).add(p.parts, 1)
			}
		}
		s.count(row, float64(v))
		if s.form != formDecimal {
			s.form = formDigits
		}
		return
	}
	if missing(text) {
		s.missing++
		return
	}
	if x, form := plainDecimal(text, s.b.o.Decimal); form != formBad {
		if form == formPoint {
			s.point++
		} else {
			s.open[0]++
			s.thousand(row)
		}
		s.count(row, x)
		s.form = formDecimal
		return
	}
	if hasDigit(text) && s.lookNumber(row, text) {
		return
	}
	if v, ok := boolean(text); ok {
		s.flag(row, v, text)
		return
	}
	if infinite(text) {
		s.infinite++
		return
	}
	if s.codes == nil {
		s.codes = make([]int32, s.b.room)
	}
	if code := s.learn(text, row); code >= 0 {
		s.codes[row] = code + 1
		s.often[code]++
		if s.form = formWord; s.likeIDs(row) {
			s.form = formOther
		}
		return
	}
	s.uncode(row, text)
}

// uncode counts a text that is one of too many to keep. The column is likely to hold
// ids then.
func (s *scan) uncode(row int, text []byte) {
	if s.uncoded == 0 && !s.dated {
		s.keepCodes(row)
	}
	s.uncoded++
	if s.dated {
		if p := parseDate(text); p.form == dateRead && p.layout.orders(p.parts) != 0 {
			s.countDates(p, 1)
			return
		}
	}
	s.countTexts(text, 1)
	if !s.dated && s.isCode(text) {
		s.form = formCode
	}
}

func (s *scan) countDates(p parsedDate, n int) {
	s.dates += n
	s.days.tally(p.layout).add(p.parts, n)
}

func (s *scan) countTexts(text []byte, n int) {
	s.texts += n
	s.letters += n * len(text)
	if hasDigit(text) {
		s.mixed += n
	}
	if bytes.IndexByte(text, ' ') >= 0 {
		s.blanks += n
	}
}

// learn keeps a word, with the day that it may be, and returns its code; −1
// where there are too many.
func (s *scan) learn(text []byte, row int) int32 {
	if s.words.len() >= mostLevels {
		return -1
	}
	code := s.coded(text, row)
	if at, ok := isoDay(text); ok {
		if s.isoDays == nil {
			s.isoDays = new(isoDays)
		}
		s.isoDays.put(at, code)
	}
	p := parseDate(text)
	if p.form == dateRead && p.layout.orders(p.parts) == 0 {
		p.form = dateBad
	}
	s.dated = s.dated || p.form == dateRead
	s.parsed, s.often = append(s.parsed, p), append(s.often, 0)
	return code
}

func hasDigit(b []byte) bool {
	for _, c := range b {
		if isDigit(c) {
			return true
		}
	}
	return false
}

// lookNumber counts a number that is not of fifteen digits at most.
func (s *scan) lookNumber(row int, text []byte) bool {
	if allDigits(text) {
		s.digits, s.long = s.digits+1, s.long+1
		if text[0] == '0' {
			s.zeros++
		}
	}
	if shortened(text) {
		s.shortened++
	}
	letters := 0
	for letters < len(text) && (text[letters]|0x20 >= 'a' && text[letters]|0x20 <= 'z') {
		letters++
	}
	if letters > 0 && string(text[:letters]) == s.noMoney {
		return false
	}
	trimmed, percent := cutPercent(text)
	x, form := parseNumber(trimmed, s.b.o.Decimal)
	switch form {
	case formPoint:
		s.point++
	case formComma:
		s.comma++
	case formDotOfThree:
		s.open[0]++
		s.thousand(row)
	case formCommaOfThree:
		s.open[1]++
	case formPlain:
	default:
		if letters > 0 && !currency(text[:letters]) {
			s.noMoney = string(text[:letters])
		}
		return false
	}
	if percent {
		s.percent++
	} else if !isDigit(text[0]) || !isDigit(text[len(text)-1]) {
		s.noteCurrency(text)
	}
	s.count(row, x)
	return true
}

// shortened reports whether a number is written as 4.2E+11, in whose place a spreadsheet
// had a whole number of more digits: it shows those of twelve and more so, and saves
// to text what it shows.
func shortened(text []byte) bool {
	mantissa, exponent, ok := bytes.Cut(text, []byte("E+"))
	if !ok || len(mantissa) == 0 || len(mantissa) == 2 || len(exponent) < 2 || len(exponent) > 3 || !allDigits(exponent) || !isDigit(mantissa[0]) {
		return false
	}
	decimals := max(0, len(mantissa)-2)
	power, _ := strconv.Atoi(string(exponent))
	return power >= 11 && power > decimals && (decimals == 0 || (mantissa[1] == '.' || mantissa[1] == ',') && allDigits(mantissa[2:]))
}

// cutPercent removes a percent sign behind a number.
func cutPercent(b []byte) ([]byte, bool) {
	if n := len(b); n > 1 && b[n-1] == '%' {
		return trimBlanks(b[:n-1]), true
	}
	return b, false
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return len(b) > 0
}

// numbersTo returns the numbers, of which those above a row are missing where there
// were none.
func (s *scan) numbersTo(row int) []float64 {
	if s.numbers == nil {
		s.numbers = make([]float64, s.b.room)
		for i := range s.numbers[:row] {
			s.numbers[i] = math.NaN()
		}
	}
	return s.numbers
}

func (s *scan) count(row int, x float64) {
	x += 0 // no −0
	s.numbersTo(row)[row] = x
	s.number++
	if x == float64(int64(x)) && math.Abs(x) <= exact {
		s.whole++
	}
	if x == 0 || x == 1 {
		s.binary++
	}
	s.least, s.greatest = min(s.least, x), max(s.greatest, x)
}

// kind returns what most values of the column are, and why.
func (s *scan) kind() (Kind, string) {
	n := s.b.n - s.missing
	of := func(k int, what string) string {
		if k == n {
			return fmt.Sprintf("all %s %s", count(n, "value"), what)
		}
		return fmt.Sprintf("%d of %s %s", k, count(n, "value"), what)
	}
	if s.infinite > 0 && s.number > 0 {
		of = func(k int, what string) string { return fmt.Sprintf("%d of %s %s", k, count(n, "value"), what) }
	}
	enough := func(k int) bool {
		return float64(k+s.infinite) >= enoughOfKind*float64(n) && k > 0
	}
	switch {
	case n == 0:
		return Category, "it is empty in all rows"
	case enough(s.dates+s.times) || s.compact > 0 && s.compact+s.dates+s.times == n:
		return Date, of(s.dates+s.times+s.compact, "are days")
	case s.zeros > 0 && s.digits == n:
		return s.code(fmt.Sprintf("%s leading zeros", haveOf(s.zeros)))
	case s.long > 0 && s.digits == n:
		return Identifier, fmt.Sprintf("%s more digits than a number holds", haveOf(s.long))
	case s.mixed > 0 && s.digits == s.number && s.number > 0:
		return s.code(haveOf(s.mixed) + " letters and digits")
	case enough(s.number) && s.flags == 0 && 2*s.percent > s.number:
		return Percent, of(s.percent, "have a percent sign")
	case s.number+s.flags == n && s.binary == s.number && s.truths == n:
		return Bool, of(s.truths, "are true or false")
	case s.number+s.flags == n && s.binary == s.number:
		return Flag, of(n, "are 0 or 1, yes or no")
	case s.epoch() > 0 && enough(s.number):
		return Date, of(s.number, "count "+map[float64]string{1: "seconds", 1000: "milliseconds"}[s.epoch()]+" since 1970, by name and size")
	case enough(s.number) && s.whole == s.number && s.flags == 0 && s.least >= 0 && isCode(s.b.names[s.j]):
		return s.code("whole numbers under a name of codes")
	case s.number == 0 && enough(s.mixed) && s.findUnit():
		return Amount, of(s.mixed, "are numbers with "+s.unit+" behind them")
	case s.number > s.texts && s.findNone():
		kind := Amount
		if s.whole == s.number {
			kind = Integer
		}
		return kind, fmt.Sprintf("all %s but %q are numbers", count(n, "value"), cut(s.none))
	case s.shortened > 0 && idRank(key(s.b.names[s.j])) > 0:
		return FreeText, of(s.shortened, "are ids without their last digits")
	case enough(s.number) && s.whole == s.number:
		return Integer, of(s.number, "are whole numbers")
	case enough(s.number):
		return Amount, of(s.number, "are numbers")
	}
	return s.code("")
}

func haveOf(n int) string { return count(n, "value") + " " + have(n) }

// code returns whether words are a category, ids or free text.
func (s *scan) code(why string) (Kind, string) {
	n := s.b.n - s.missing
	s.code1()
	d := s.words.len()
	reason := fmt.Sprintf("%d different words among %s", d, count(n, "value"))
	if why != "" {
		reason = why + ", " + reason
	}
	switch {
	case d < mostLevels && (10*d <= 9*n || n < 10):
		return Category, reason
	case s.texts > 0 && s.letters >= longText*s.texts && 2*s.blanks > s.texts:
		return FreeText, reason
	}
	return Identifier, reason
}

// code1 codes the words of the column that were taken for something else.
func (s *scan) code1() {
	if s.codes != nil && s.texts == s.b.n-s.missing {
		return
	}
	s.codes, s.words, s.recent = make([]int32, s.b.n), dictionary{}, nil
	_ = s.each(context.Background(), func(row int, kind RawKind, text []byte, _ int) {
		if kind != RawText {
			text = []byte(rawWord(kind, text))
		} else if missing(text) {
			return
		}
		if len(text) == 0 {
			return
		}
		code, known := s.lookup(text)
		if !known && s.words.len() < mostLevels {
			code = s.coded(text, row)
		}
		s.codes[row] = code + 1
	})
}

// rawWord returns a cell as a word; empty for a missing one.
func rawWord(kind RawKind, text []byte) string {
	switch kind {
	case RawMissing:
		return ""
	case RawNumber, RawFlag:
		return string(appendNumber(nil, rawNumber(text)))
	case RawTime:
		return unixTime(text).Format("2006-01-02")
	}
	if missing(text) {
		return ""
	}
	return string(text)
}

func rawText(kind RawKind, text []byte) []byte {
	if kind == RawText {
		return text
	}
	return []byte(rawWord(kind, text))
}

// clockStems are in the names of columns of moments.
var clockStems = []string{"timestamp", "epoch", "unix", "time", "date", "created", "updated"}

// epoch returns how many of what the numbers count since 1970 make a second, if
// they do by the name of the column and their size, that of 2000 to 2099; else 0.
func (s *scan) epoch() float64 {
	const from, to = 946684800, 4102444800
	if s.number == 0 || s.whole < s.number || !hasStem(s.b.names[s.j], clockStems) {
		return 0
	}
	for _, u := range []float64{1, 1000} {
		if s.least >= from*u && s.greatest < to*u {
			return u
		}
	}
	return 0
}

// units are what may stand behind numbers and is no part of them.
var units = []string{"kg", "g", "lbs", "lb", "km", "cm", "mm", "m", "mi", "miles", "ft", "in", "years", "year", "yrs", "yr", "y", "months", "month", "mo", "weeks", "days", "day", "d",
	"hours", "hrs", "hr", "h", "minutes", "mins", "min", "seconds", "secs", "sec", "s", "ms", "k", "K", "thousand", "mn", "M", "Mio", "Mio.", "million", "B", "billion", "L", "lakh", "pts", "points", "pcs",
	"x", "l", "ml", "°C", "kWh", "GB", "MB", "Jahre", "Jahr", "Monate", "Tage", "Stück", "años", "anos", "ans", "岁", "元", "万", "歳", "円", "세", "원", "лет"}

// findUnit reports whether the same unit stands behind all numbers among the words.
func (s *scan) findUnit() bool {
	var forms [formBad + 1]int
	unit := ""
	for _, w := range s.words.list() {
		end := len(w)
		for end > 0 && !isDigit(w[end-1]) {
			end--
		}
		if end == 0 {
			continue // a word
		}
		u := strings.TrimSpace(w[end:])
		if unit == "" {
			unit = u
		}
		_, form := parseNumber([]byte(w[:end]), s.b.o.Decimal)
		if forms[form]++; u != unit || form >= formMissing {
			return false
		}
	}
	if !slices.Contains(units, unit) {
		return false
	}
	s.unit, s.point, s.comma, s.open = unit, forms[formPoint], forms[formComma], [2]int{forms[formDotOfThree], forms[formCommaOfThree]}
	return true
}

// unreadable notes a value that is not of the kind of its column.
func (s *scan) unreadable(r *ColumnReport, text []byte, line int, err error) {
	if r.Unreadable++; r.First == nil {
		want := map[Kind]string{Date: "a day", Flag: "0 or 1", Bool: "true or false", Integer: "a whole number"}[r.Kind]
		if want == "" || r.Kind == Integer && !r.Set {
			want = "a number"
		}
		r.First = &ReadError{File: s.b.o.Name, Line: line, Column: r.Name, Value: cutField(text), Reason: fmt.Sprintf("%q cannot be read", cutField(text)), Want: want, Err: err}
	}
	r.Missing++
}

// numberColumn returns the numbers of the column.
func (s *scan) numberColumn(ctx context.Context, r *ColumnReport) (Series, error) {
	s.numbersTo(s.b.n)
	r.Decimal = s.plan.decimal
	again := false
	if open := s.open[0] + s.open[1]; r.Decimal == DecimalFromData && s.point+s.comma+open > 0 {
		r.Decimal = DecimalPoint
		r.NumberGuessed = s.point+s.comma == 0
		switch {
		case r.NumberGuessed && s.b.points != s.b.commas:
			r.NumberGuessed = false
			if s.b.commas > s.b.points {
				r.Decimal = DecimalComma
			}
		case s.comma > s.point, r.NumberGuessed && s.open[1] == 0:
			r.Decimal = DecimalComma
		}
		again = open > 0 || s.point > 0 && s.comma > 0
		s.plan.decimal, s.plan.guessed = r.Decimal, r.NumberGuessed
	} else if s.plan.guessed && (s.point > 0 && r.Decimal == DecimalComma || s.comma > 0 && r.Decimal == DecimalPoint) {
		return Series{}, &ReadError{File: s.b.o.Name, Line: s.b.blocks[0].line(0), Column: r.Name, Err: ErrContradiction,
			Reason: "the numbers from here on show that earlier ones, which could be read in two ways, were read in the wrong one", Want: "the decimal mark named beforehand"}
	} else if r.Decimal != DecimalFromData {
		again = open > 0 || s.point > 0 && r.Decimal == DecimalComma || s.comma > 0 && r.Decimal == DecimalPoint
	}
	again = again && !s.readPoints(r)
	// Cells that were no numbers are looked at again, for the report.
	strict := r.Kind.Binary() && s.binary < s.number || r.Set && r.Kind == Integer && s.whole < s.number
	if again || strict || s.number+s.flags < s.b.n-s.missing || s.flags > 0 && !r.Kind.Binary() {
		s.least, s.greatest = math.Inf(1), math.Inf(-1)
		if err := s.each(ctx, func(row int, kind RawKind, text []byte, line int) { s.readNumber(r, row, kind, text, line) }); err != nil {
			return Series{}, err
		}
	}
	if s.least <= s.greatest {
		r.Least, r.Greatest = s.least, s.greatest
	}
	if r.Unit = s.plan.unit; r.Kind == Percent {
		r.Unit = "%"
	}
	r.NumberGuessed = s.plan.guessed && s.point+s.comma == 0
	r.Currencies = s.currencies
	s.findStandIn(r)
	return Series{&vector{column: r.Column, n: s.b.n, numbers: s.numbers}}, nil
}

// readNumber reads a cell again, now that the decimal mark of the column is known.
func (s *scan) readNumber(r *ColumnReport, row int, kind RawKind, text []byte, line int) {
	x, err := math.NaN(), error(nil)
	switch {
	case kind == RawMissing:
	case kind == RawText && s.plan.none != "" && string(text) == s.plan.none:
		r.Missing++
		r.Nones++
		r.None = s.plan.none
	case kind == RawNumber, kind == RawFlag:
		x = rawNumber(text)
	case kind == RawTime:
		err = ErrValue
		text = unixTime(text).AppendFormat(nil, "2006-01-02")
	default:
		trimmed, _ := cutPercent(text)
		if u := s.plan.unit; u != "" && bytes.HasSuffix(text, []byte(u)) {
			trimmed = trimBlanks(text[:len(text)-len(u)])
		}
		var form numberForm
		if x, form = plainDecimal(trimmed, r.Decimal); form == formBad {
			x, form = parseNumber(trimmed, r.Decimal)
		}
		switch v, ok := boolean(text); {
		case form == formMissing:
		case ok && r.Kind.Binary():
			x = float64(v)
		case form > formMissing, form == formPoint && r.Decimal == DecimalComma, form == formComma && r.Decimal == DecimalPoint:
			err = ErrValue
		}
	}
	if err == nil && (r.Kind.Binary() && x*(x-1) != 0 && x == x || r.Set && r.Kind == Integer && x-math.Trunc(x) != 0) {
		err = ErrValue
	}
	if err != nil {
		x = math.NaN()
		s.unreadable(r, text, line, err)
	}
	if s.numbers[row] = x + 0; x == x {
		s.least, s.greatest = min(s.least, x), max(s.greatest, x)
	}
}

// dayColumn returns the days of the column.
func (s *scan) dayColumn(ctx context.Context, r *ColumnReport) (Series, error) {
	s.days.known = s.plan.writings
	for _, t := range s.days.tallies {
		if w := byOption(t.layout, s.b.o.DateOrder); w != nil && find(s.days.known, t.layout) == nil {
			s.days.known = append(s.days.known, w)
		}
	}
	writings := append(s.days.known, s.days.decide()...)
	s.plan.writings = writings
	if s.codes != nil && s.dates == s.b.n-s.missing && s.uncoded == 0 && s.codedDays(writings) {
		return Series{&vector{column: r.Column, n: s.b.n, days: s.codes}}, nil
	}
	days := make([]int32, s.b.n)
	var last []byte // the text before, which is the same more often than not
	var p parsedDate
	var d *reading
	at, ok := 0, false
	err := s.each(ctx, func(row int, kind RawKind, text []byte, line int) {
		days[row] = noDay
		switch {
		case kind == RawMissing || kind == RawText && missing(text):
			return
		case kind == RawTime:
			days[row] = unixDay(unixTime(text))
			return
		case s.plan.epoch > 0 && s.numbers != nil && s.numbers[row] == s.numbers[row]:
			if x := math.Floor(s.numbers[row] / s.plan.epoch / 86400); math.Abs(x) < 1e6 {
				days[row] = int32(x)
				return
			}
			s.unreadable(r, rawText(kind, text), line, ErrDate)
			return
		case kind == RawNumber || kind == RawFlag:
			s.unreadable(r, rawText(kind, text), line, ErrDate)
			return
		case string(text) != string(last):
			last, ok = append(last[:0], text...), false
			if code, known := s.lookup(text); known {
				p = s.parsed[code]
			} else {
				p = parseDate(text)
			}
			if w := find(writings, p.layout); p.form == dateRead && w != nil {
				var y, m, dd int
				d = w.by[w.of(p.parts)]
				y, m, dd, ok = p.layout.in(p.parts, d.order)
				at = ymd(y, m, dd)
			}
		}
		if !ok {
			s.unreadable(r, text, line, ErrDate)
			return
		}
		if d.note(p, at, text, 1); d.count() == 1 {
			s.plan.read = append(s.plan.read, d)
		}
		days[row] = unixDay(dayOf(at))
	})
	return Series{&vector{column: r.Column, n: s.b.n, days: days}}, err
}

// codedDays puts days in the place of their codes, each writing of a day read once, and
// reports whether all could be read; else the codes stay.
func (s *scan) codedDays(writings []*writing) bool {
	type day struct {
		d  *reading
		at int
	}
	read := make([]day, len(s.parsed))
	by := make([]int32, len(s.parsed)+1)
	by[0] = noDay
	for code, p := range s.parsed {
		w := find(writings, p.layout)
		if w == nil {
			return false
		}
		d := w.by[w.of(p.parts)]
		year, month, dd, ok := p.layout.in(p.parts, d.order)
		if !ok {
			return false
		}
		read[code] = day{d, ymd(year, month, dd)}
		by[code+1] = unixDay(dayOf(read[code].at))
	}
	for code, r := range read {
		if r.d == nil {
			continue
		}
		if r.d.count() == 0 {
			s.plan.read = append(s.plan.read, r.d)
		}
		r.d.note(s.parsed[code], r.at, []byte(s.words.word(int32(code))), s.often[code])
	}
	for row, code := range s.codes {
		s.codes[row] = by[code]
	}
	return true
}

// note counts a date that was read so many times.
func (d *reading) note(p parsedDate, at int, text []byte, n int) {
	l, kind := p.layout, uint8(0)
	if l.low(p.parts) {
		kind = dateLow
	}
	if l.short && l.shape == shapeNumbers && l.orders(p.parts)&^(1<<d.order) != 0 {
		kind |= dateOpen
	}
	if d.example == "" && kind != 0 {
		d.example = cutField(text)
	}
	if d.days == nil {
		d.days = new(dayCounts)
	}
	d.loose = d.loose || p.parts.pad&loosePad != 0
	d.dates[kind&3] += n
	if i := at - firstDay; i >= 0 && i < len(d.days) {
		d.days[i] += uint32(n)
	} else if kind&dateLow == 0 {
		d.far.add(at)
	}
}

// wordColumn returns the words of the column.
func (s *scan) wordColumn(ctx context.Context, r *ColumnReport) (Series, error) {
	if r.Kind == Category {
		if s.code1(); s.words.len() >= mostLevels {
			return Series{}, fmt.Errorf("%w: column %s has more than %d different words; want the kind identifier or free text", ErrOptions, r.Name, mostLevels-1)
		}
		r.Distinct = s.words.len()
		r.Twins = twins(s.words.list())
		return s.words.series(r.Column, s.codes), nil
	}
	if s.kept == nil {
		s.keepCodes(s.b.n)
	}
	if s.kept == nil {
		s.kept = newTexts(s.b.n)
		if err := s.each(ctx, func(_ int, kind RawKind, text []byte, _ int) { s.keep(kind, text) }); err != nil {
			return Series{}, err
		}
	}
	ids := s.kept.texts()
	named := r.Kind == Identifier || idRank(key(r.Name)) > 0
	r.Missing = 0
	for i := range ids.len() {
		id := ids.at(i)
		if id == "" {
			r.Missing++
		} else if named && isDigit(id[0]) && shortened([]byte(id)) {
			r.Shortened++
		}
	}
	if s.first { // of the first rows only, where they come in blocks
		r.Distinct = countDistinct(ids)
	}
	return Series{&vector{column: r.Column, n: s.b.n, ids: ids}}, nil
}

// keep keeps a cell as a word.
func (s *scan) keep(kind RawKind, text []byte) {
	switch {
	case kind != RawText:
		s.kept.add([]byte(rawWord(kind, text)))
	case missing(text) && s.b.kinds[s.j] != FreeText:
		s.kept.add(nil)
	default:
		s.kept.add(text)
	}
}

// keepCodes keeps the cells before a row as words, if all that are there have codes.
func (s *scan) keepCodes(row int) {
	if s.codes == nil || s.number+s.short+s.flags+s.infinite+s.times+s.uncoded > 0 {
		return
	}
	s.kept = newTexts(s.b.room)
	for _, code := range s.codes[:row] {
		if code == 0 {
			s.kept.add(nil)
		} else {
			s.kept.add([]byte(s.words.word(code - 1)))
		}
	}
}

// countDistinct returns the number of different ids, the empty one left out. Those
// that only ascend, as most columns of ids do, are not compared with all others.
func countDistinct(ids texts) (n int) {
	last := ""
	for i := range ids.len() {
		id := ids.at(i)
		switch {
		case id == "":
			continue
		case id <= last:
			set := idSet{all: true}
			for i := range ids.len() {
				if id := ids.at(i); id != "" {
					set.add([]byte(id))
				}
			}
			return set.n
		}
		last = id
		n++
	}
	return n
}

// appendNumber writes a number as people do: 17001 rather than 17001.0.
func appendNumber(b []byte, x float64) []byte {
	if x == math.Trunc(x) && math.Abs(x) < exact {
		return strconv.AppendInt(b, int64(x), 10)
	}
	return fmt.Append(b, x)
}

func unixTime(b []byte) time.Time {
	return time.Unix(int64(binary.LittleEndian.Uint64(b)), 0).UTC()
}
