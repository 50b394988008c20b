package features

import (
	"bytes"
	"time"
)

// A DateOrder is the order of day and month in dates that leave it open, such
// as 04-09-2012.
type DateOrder uint8

const (
	OrderFromData DateOrder = iota // found from the whole column
	DayFirst                       // 04-09-2012 is the 4th of September
	MonthFirst                     // 04-09-2012 is the 9th of April
)

// dateForm says what the writing of a date tells about the file.
type dateForm uint8

const (
	dateFixed      dateForm = iota // year first, or the month in letters: no order needed
	dateDayFirst                   // 21-08-2013: only day first makes sense
	dateMonthFirst                 // 6/16/14: only month first does
	dateOpen                       // 04-09-2012: either
	dateNoSuchDay                  // 31-02-2013: well written, but no day of the calendar
	dateMissing                    // empty
	dateBad                        // no date
)

// A parsedDate is what stands in a date column, taken apart.
type parsedDate struct {
	year       int
	day, month int
	form       dateForm
	layout     layout
}

// layout is how a date is written, as far as the report names it.
type layout struct {
	shape  uint8 // shapeNumbers and so on
	sep    byte
	padded bool // 04 rather than 4
	short  bool // two digits of the year
	clock  bool // a time behind
}

const (
	shapeNumbers  uint8 = iota + 1 // 04-09-2012
	shapeYear                      // 2012-09-04
	shapeDayName                   // 4-Sep-12
	shapeNameDay                   // Sep 4, 2012
	shapeYearName                  // 2012-Sep-04
	shapeCompact                   // 20120904
)

// String writes the layout as package time does.
func (l layout) String(order DateOrder) string {
	day, month, year, sep := "2", "1", "2006", string(l.sep)
	if l.padded {
		day, month = "02", "01"
	}
	if l.short {
		year = "06"
	}
	var s string
	switch l.shape {
	case shapeNumbers:
		s = day + sep + month + sep + year
		if order == MonthFirst {
			s = month + sep + day + sep + year
		}
	case shapeYear:
		s = year + sep + month + sep + day
	case shapeDayName:
		s = day + sep + "Jan" + sep + year
	case shapeNameDay:
		s = "Jan " + day + ", " + year
	case shapeYearName:
		s = year + sep + "Jan" + sep + day
	case shapeCompact:
		s = "20060102"
	}
	if l.clock {
		s += " 15:04:05"
	}
	return s
}

// parseDate takes a date apart. The parts may be set apart by hyphens,
// slashes, points or blanks; a time of day may follow and is left out. Years
// of two digits are 1969 to 2068, as in POSIX. order settles the open forms;
// while it is unknown they are read as day first.
func parseDate(b []byte, order DateOrder) parsedDate {
	bad := parsedDate{form: dateBad}
	b = trimBlanks(b)
	if missing(b) {
		return parsedDate{form: dateMissing}
	}
	if len(b) > 64 {
		return bad
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
			for i < len(b) && ('a' <= b[i] && b[i] <= 'z' || 'A' <= b[i] && b[i] <= 'Z') {
				i++
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
		return settle(number(p[:4]), number(p[4:6]), number(p[6:]), l)
	}
	if n != 3 {
		return bad
	}
	d := [3]bool{isDigit(part[0][0]), isDigit(part[1][0]), isDigit(part[2][0])}
	switch {
	case d == [3]bool{true, true, true}:
		if len(part[0]) == 4 && len(part[1]) <= 2 && len(part[2]) <= 2 {
			l.shape, l.padded = shapeYear, len(part[1]) == 2 && len(part[2]) == 2
			return settle(number(part[0]), number(part[1]), number(part[2]), l)
		}
		year, ok := l.year(part[2])
		if !ok || len(part[0]) > 2 || len(part[1]) > 2 {
			return bad
		}
		l.shape, l.padded = shapeNumbers, len(part[0]) == 2 && len(part[1]) == 2
		first, second := number(part[0]), number(part[1])
		if order == MonthFirst {
			first, second = second, first
		}
		p := settle(year, second, first, l)
		switch a, b := number(part[0]), number(part[1]); {
		case a > 12 && b <= 12 && a <= 31:
			p.form = dateDayFirst
		case b > 12 && a <= 12 && b <= 31:
			p.form = dateMonthFirst
		case p.form == dateFixed:
			p.form = dateOpen
		}
		if p.form == dateDayFirst && order != MonthFirst || p.form == dateMonthFirst && order == MonthFirst {
			if p.day > daysIn(p.year, p.month) || p.day < 1 || p.month < 1 {
				p.form = dateNoSuchDay
			}
		}
		return p
	case d == [3]bool{true, false, true}:
		month := monthNamed(part[1])
		if len(part[0]) == 4 && len(part[2]) <= 2 {
			l.shape, l.padded = shapeYearName, len(part[2]) == 2
			if month == 0 {
				return bad
			}
			return settle(number(part[0]), month, number(part[2]), l)
		}
		year, ok := l.year(part[2])
		if month == 0 || !ok || len(part[0]) > 2 {
			return bad
		}
		l.shape, l.padded = shapeDayName, len(part[0]) == 2
		return settle(year, month, number(part[0]), l)
	case d == [3]bool{false, true, true}:
		month := monthNamed(part[0])
		year, ok := l.year(part[2])
		if month == 0 || !ok || len(part[1]) > 2 {
			return bad
		}
		l.shape, l.padded = shapeNameDay, len(part[1]) == 2
		return settle(year, month, number(part[1]), l)
	}
	return bad
}

// year reads a year of two or four digits.
func (l *layout) year(b []byte) (int, bool) {
	switch y := number(b); len(b) {
	case 4:
		return y, true
	case 2:
		l.short = true
		if y < 69 {
			return 2000 + y, true
		}
		return 1900 + y, true
	}
	return 0, false
}

// settle checks the day against the calendar.
func settle(year, month, day int, l layout) parsedDate {
	p := parsedDate{year: year, month: month, day: day, layout: l}
	if year < minYear || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		p.form = dateNoSuchDay
	}
	return p
}

// daysIn gives the days of a month, 0 for what is no month.
func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	case 1, 3, 5, 7, 8, 10, 12:
		return 31
	}
	return 0
}

// day gives midnight UTC of a day that exists. It is time.Date for years from
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

// cutClock takes a time of day off: 2012-09-04T00:00:00Z, 4/9/2012 12:00 AM.
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

// isClock tells whether b reads as a time of day: digits with colons, a
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

// monthNamed gives the month of an English name or its first three letters.
func monthNamed(b []byte) int {
	if len(b) < 3 {
		return 0
	}
	for i, name := range monthNames {
		if len(b) == 3 && equalFold(b, name[:3]) || equalFold(b, name) {
			return i + 1
		}
	}
	if equalFold(b, "sept") {
		return 9
	}
	return 0
}

var monthNames = [...]string{"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december"}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// number reads up to eight digits.
func number(b []byte) int {
	n := 0
	for _, c := range b {
		n = n*10 + int(c-'0')
		if n > 1e8 {
			return n
		}
	}
	return n
}
