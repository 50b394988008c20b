package features

import (
	"bytes"
	"strings"
	"time"
)

// A DateOrder is the order of the parts in dates that leave it open, such as
// 04-09-2012 and 04-09-12.
type DateOrder uint8

const (
	OrderFromData  DateOrder = iota // found from the whole column; of dates read, as they are written
	DayFirst                        // 04-09-2012 is the 4th of September
	MonthFirst                      // 04-09-2012 is the 9th of April
	YearFirst                       // 04-09-12 is the 12th of September 2004; years of four digits are found from the data
	OrderExchanged                  // 2012-04-09 is the 4th of September: day and month were exchanged; it is found, and cannot be asked for
)

// String returns the order as sentences have it.
func (o DateOrder) String() string {
	names := [...]string{"as written", "with the day first", "with the month first", "with the year first", "with day and month exchanged"}
	if int(o) < len(names) {
		return names[o]
	}
	return "unknown"
}

// Orders of dates whose writing fixes the order.
const (
	asWritten = OrderFromData
	exchanged = OrderExchanged
)

// A dateForm is whether a field holds a date.
type dateForm uint8

const (
	dateRead    dateForm = iota
	dateMissing          // empty
	dateBad              // no date
)

// A parsedDate is what stands in a date column, taken apart.
type parsedDate struct {
	parts  dateParts
	layout layout
	form   dateForm
}

// dateParts are the three numbers of a date in the order in which they stand;
// where the writing fixes the order they are year, month and day.
type dateParts struct {
	a, b, c int16
	pad     uint8
}

// What the digits of a part say about how the file pads days and months.
const (
	looseFirst  uint8 = 1 << iota // 4
	zeroFirst                     // 04
	looseSecond                   // the same for the second part
	zeroSecond
	looseThird // 13-8-4: the year cannot stand there
)

// layout is how a date is written, as far as the order of its parts may
// depend on it.
type layout struct {
	shape uint8 // shapeNumbers and so on
	sep   byte
	short bool // two digits of the year
	clock bool // a time behind
}

const (
	shapeNumbers  uint8 = iota + 1 // 04-09-2012, 12-09-04
	shapeYear                      // 2012-09-04
	shapeDayName                   // 4-Sep-12
	shapeNameDay                   // Sep 4, 2012
	shapeYearName                  // 2012-Sep-04
	shapeCompact                   // 20120904
)

// format writes the layout as package time does. Where the name of the month
// stands, an exchange of day and month does not show.
func (l layout) format(order DateOrder, padded bool) string {
	form := [...]string{shapeNumbers: "D-M-Y", shapeYear: "Y-M-D", shapeDayName: "D-Jan-Y", shapeNameDay: "Jan D, Y", shapeYearName: "Y-Jan-D", shapeCompact: "YMD"}[l.shape]
	switch {
	case l.shape == shapeNumbers && order == MonthFirst:
		form = "M-D-Y"
	case l.shape == shapeNumbers && order == YearFirst:
		form = "Y-M-D"
	}
	day, month, year := "2", "1", "2006"
	if padded {
		day, month = "02", "01"
	}
	if l.short {
		year = "06"
	}
	if order == exchanged && strings.Contains(form, "M") {
		day, month = month, day
	}
	if l.clock {
		form += " 15:04:05"
	}
	return strings.NewReplacer("D", day, "M", month, "Y", year, "-", string(l.sep)).Replace(form)
}

// in returns the day that the parts of a date of this layout make in an order,
// and whether the calendar has it.
func (l layout) in(p dateParts, order DateOrder) (year, month, day int, ok bool) {
	a, b, c := int(p.a), int(p.b), int(p.c)
	switch {
	case l.shape != shapeNumbers:
		year, month, day = l.year(a), b, c
		if order == exchanged {
			month, day = day, month
		}
	case order == YearFirst:
		if !l.short || p.pad&looseFirst != 0 {
			return 0, 0, 0, false
		}
		year, month, day = l.year(a), b, c
	case p.pad&looseThird != 0:
		return 0, 0, 0, false
	case order == MonthFirst:
		year, month, day = l.year(c), a, b
	default:
		year, month, day = l.year(c), b, a
	}
	return year, month, day, year >= minYear && day >= 1 && day <= daysIn(year, month)
}

// year completes a year of two digits: 1969 to 2068, as in POSIX.
func (l layout) year(y int) int {
	switch {
	case !l.short:
		return y
	case y < 69:
		return 2000 + y
	}
	return 1900 + y
}

// orders returns the set of orders, a bit for each, in which the calendar has
// the date.
func (l layout) orders(p dateParts) (set uint8) {
	possible := []DateOrder{DayFirst, MonthFirst, YearFirst}
	if l.shape != shapeNumbers {
		possible = []DateOrder{asWritten, exchanged}
	}
	for _, o := range possible {
		if _, _, _, ok := l.in(p, o); ok {
			set |= 1 << o
		}
	}
	return set
}

// low reports whether day and month could be exchanged: both are at most 12.
func (l layout) low(p dateParts) bool {
	if l.shape == shapeNumbers {
		return p.a <= 12 && p.b <= 12
	}
	return p.c <= 12
}

// parseDate parses the parts of a date. The parts may be set apart by hyphens,
// slashes, points or blanks; a month may be named; a time of day may follow and is left
// out.
func parseDate(b []byte) parsedDate {
	bad := parsedDate{form: dateBad}
	b = trimBlanks(b)
	if missing(b) {
		return parsedDate{form: dateMissing}
	}
	if len(b) > 64 {
		return bad
	}
	if !isASCII(b) {
		b = trimBlanks([]byte(cjkDate.Replace(string(b))))
	}
	var l layout
	b, l.clock = cutClock(b)

	// Three parts, each of digits or of letters.
	var part [3][]byte
	n := 0
	for i := 0; i < len(b); {
		start := i
		for i < len(b) && '0' <= b[i] && b[i] <= '9' {
			i++
		}
		if i == start {
			for i < len(b) && ('a' <= b[i] && b[i] <= 'z' || 'A' <= b[i] && b[i] <= 'Z' || b[i] >= 0x80) {
				i++
			}
			if n > 0 && i < len(b) && b[i] == ' ' && equalFold(b[start:i], "de") { // 4 de septiembre de 2012
				i++
				continue
			}
		}
		if i == start || n == len(part) {
			return bad
		}
		part[n] = b[start:i]
		n++
		if i == len(b) {
			break
		}
		switch c := b[i]; c {
		case '-', '/', '.', ' ', ',':
			if n == 1 {
				l.sep = c
			}
			i++
			if (c == ',' || c == '.') && i < len(b) && b[i] == ' ' { // Sep 4, 2012 and 4. 9. 2012
				i++
			}
			if i == len(b) {
				return bad
			}
		default:
			return bad
		}
	}
	if n == 1 && len(part[0]) == 8 && isDigit(part[0][0]) {
		l.shape = shapeCompact
		p := part[0]
		return parsedDate{parts: dateParts{smallNumber(p[:4]), smallNumber(p[4:6]), smallNumber(p[6:]), 0}, layout: l}
	}
	if n != 3 {
		return bad
	}
	p := dateParts{}
	year, day := part[2], part[0]
	switch [3]bool{isDigit(part[0][0]), isDigit(part[1][0]), isDigit(part[2][0])} {
	case [3]bool{true, true, true}:
		l.shape = shapeNumbers
		p = dateParts{smallNumber(part[0]), smallNumber(part[1]), smallNumber(part[2]), padding(part[0]) | padding(part[1])<<2}
		switch {
		case len(part[0]) == 4 && len(part[1]) <= 2 && len(part[2]) <= 2:
			l.shape, year, day = shapeYear, part[0], part[2]
			p.pad = padding(part[1]) | padding(part[2])
		case len(part[0]) == 2 && len(part[1]) <= 2 && len(part[2]) == 1:
			p.pad |= looseThird
			year = part[0]
		case len(part[1]) > 2:
			return bad
		}
	case [3]bool{true, false, true}:
		l.shape = shapeDayName
		if len(part[0]) == 4 {
			l.shape, year, day = shapeYearName, part[0], part[2]
		}
		p = dateParts{smallNumber(year), monthNamed(part[1]), smallNumber(day), padding(day)}
	case [3]bool{false, true, true}:
		l.shape, day = shapeNameDay, part[1]
		p = dateParts{smallNumber(year), monthNamed(part[0]), smallNumber(day), padding(day)}
	default:
		return bad
	}
	l.short = len(year) == 2
	if len(year) != 2 && len(year) != 4 || len(day) > 2 || l.shape >= shapeDayName && p.b == 0 {
		return bad
	}
	return parsedDate{parts: p, layout: l}
}

// cjkDate writes 2012年9月4日 as 2012-9-4.
var cjkDate = strings.NewReplacer("年", "-", "月", "-", "日", " ", "년 ", "-", "월 ", "-", "년", "-", "월", "-", "일", " ")

// padding returns what a day or month shows about padding: looseFirst for 4,
// zeroFirst for 04, nothing for 12.
func padding(b []byte) uint8 {
	switch {
	case len(b) == 1:
		return looseFirst
	case b[0] == '0':
		return zeroFirst
	}
	return 0
}

// daysIn returns the days of a month, 0 for what is no month.
func daysIn(year, month int) int {
	switch {
	case month < 1 || month > 12:
		return 0
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	}
	return [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
}

// day returns midnight UTC of a day that exists. It is time.Date for years from
// 1 up, several times faster: days are counted from 1 March of year 0, so that
// the leap day comes last (Hinnant, "chrono-compatible low-level date
// algorithms", 2013).
func day(year, month, day int) time.Time {
	y := uint32(year)
	if month <= 2 {
		y--
	}
	m := uint32(month+9) % 12
	era := y / 400
	yoe := y - era*400
	doy := (153*m+2)/5 + uint32(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	days := int64(era)*146097 + int64(doe) - 719468
	return time.Unix(days*86400, 0).UTC()
}

// cutClock removes a time of day: 2012-09-04T00:00:00Z, 4/9/2012 12:00 AM.
func cutClock(b []byte) ([]byte, bool) {
	colon := bytes.IndexByte(b, ':')
	var i int
	if colon >= 0 {
		i = colon
		for i > 0 && isDigit(b[i-1]) {
			i--
		}
		if i == 0 || i == colon || colon-i > 2 {
			return b, false
		}
	} else {
		// Only 20120904T000000 has a time without a colon.
		i = bytes.IndexByte(b, 'T') + 1
		if i < 9 || i == len(b) || !isDigit(b[i]) || !isDigit(b[i-2]) {
			return b, false
		}
	}
	switch b[i-1] {
	case ' ', 'T', 't', ',':
	default:
		return b, false
	}
	if !isClock(b[i:]) {
		return b, false
	}
	head := trimBlanks(b[:i-1])
	if n := len(head); n > 0 && head[n-1] == ',' {
		head = head[:n-1]
	}
	return head, true
}

// isClock reports whether b reads as a time of day: digits with colons, a
// fraction, am or pm, a zone.
func isClock(b []byte) bool {
	i, digits := 0, 0
	for i < len(b) && (isDigit(b[i]) || b[i] == ':' || b[i] == '.') {
		if isDigit(b[i]) {
			digits++
		}
		i++
	}
	if digits < 3 || len(b) > 40 {
		return false
	}
	rest := trimBlanks(b[i:])
	if len(rest) >= 2 && (equalFold(rest[:2], "am") || equalFold(rest[:2], "pm")) {
		rest = trimBlanks(rest[2:])
	}
	switch {
	case len(rest) == 0, equalFold(rest, "z"), equalFold(rest, "utc"), equalFold(rest, "gmt"):
		return true
	case rest[0] == '+' || rest[0] == '-':
		for _, c := range rest[1:] {
			if !isDigit(c) && c != ':' {
				return false
			}
		}
		return len(rest) >= 3
	}
	return false
}

// monthNamed returns the month of a name or an abbreviation, 0 for another word.
func monthNamed(b []byte) int16 {
	var lower [maxMonth]byte
	if len(b) > len(lower) {
		return 0
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	if m, ok := months[string(lower[:len(b)])]; ok || isASCII(b) {
		return m
	}
	return months[string(bytes.ToLower(b))] // MÄRZ
}

const maxMonth = 16 // bytes

// monthNames are the names of each month in English, German, French, Spanish,
// Portuguese and Italian, with the abbreviations of CLDR and those that people write, also
// without accents. No word stands for two months.
var monthNames = [12]string{
	"january jan januar jänner janvier janv enero ene janeiro gennaio gen",
	"february feb februar février févr fevrier fevr febrero fevereiro fev febbraio",
	"march mar märz mär mrz maerz mars marzo março marco",
	"april apr avril avr abril abr aprile",
	"may mai mayo maio maggio mag",
	"june jun juni juin junio junho giugno giu",
	"july jul juli juillet juil julio julho luglio lug",
	"august aug août aout agosto ago",
	"september sep sept septembre septiembre setiembre setembro settembre set sett",
	"october oct oktober okt octobre octubre outubro out ottobre ott",
	"november nov novembre noviembre novembro",
	"december dec dezember dez décembre déc decembre diciembre dic dezembro dicembre",
}

var months = func() map[string]int16 {
	m := map[string]int16{}
	for i, names := range monthNames {
		for _, name := range strings.Fields(names) {
			m[name] = int16(i) + 1
		}
	}
	return m
}()

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// smallNumber reads up to four digits; for more it returns what is no part of a date.
func smallNumber(b []byte) int16 {
	if len(b) > 4 {
		return -1
	}
	n := 0
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return int16(n)
}
