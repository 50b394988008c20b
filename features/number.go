package features

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// A DecimalMark separates the whole from the fraction of a number.
type DecimalMark byte

const (
	DecimalFromData DecimalMark = 0   // found from the data
	DecimalPoint    DecimalMark = '.' // 58,138.50
	DecimalComma    DecimalMark = ',' // 58.138,50
)

// A numberForm is what the writing of a number shows about the file.
type numberForm uint8

const (
	formPlain        numberForm = iota // 58138, 1 234: no mark
	formPoint                          // 58138.5, 58,138.50, 1,234,567: the point is the decimal mark
	formComma                          // 58138,5, 58.138,50, 1.234.567: the comma is
	formDotOfThree                     // 58.138: thousands or three decimals
	formCommaOfThree                   // 58,138: the same
	formMissing                        // empty, NA, null, …
	formInfinite                       // inf, ∞
	formBad                            // not a number
)

// ParseNumber returns the number that people wrote, as [ReadAll] reads one:
// with or without a currency, blanks, thousands set apart, brackets round a
// negative amount. Where decimal is DecimalFromData the writing decides, and a
// mark before three digits, which has no such meaning, parts thousands: 58.138
// is 58,138. Ambiguous reports whether another decimal mark would read it in
// another way. The error wraps ErrValue: s is no finite number, or it has the
// other decimal mark.
func ParseNumber(s string, decimal DecimalMark) (v float64, ambiguous bool, err error) {
	v, form := parseNumber([]byte(s), decimal)
	other := decimal == DecimalPoint && form == formComma || decimal == DecimalComma && form == formPoint
	if form >= formMissing || other {
		return 0, false, fmt.Errorf("%w: %.60q; want a number such as 58138", ErrValue, s)
	}
	return v, form == formDotOfThree || form == formCommaOfThree, nil
}

// parseNumber reads a number as people write it: a currency sign or code before
// or after it, blanks around it, thousands set apart by comma, point, blank or
// apostrophe, a decimal point or comma, a minus of any kind or brackets round a
// negative amount, an exponent. b is UTF-8. decimal is the decimal mark of the
// file, as far as it is known; it decides the forms of three (where it is not
// known they are thousands).
func parseNumber(b []byte, decimal DecimalMark) (float64, numberForm) {
	b = trimBlanks(b)
	if missing(b) {
		return math.NaN(), formMissing
	}
	negative := false
	if len(b) > 1 && b[0] == '(' && b[len(b)-1] == ')' {
		negative = true
		b = trimBlanks(b[1 : len(b)-1])
	}
	b, minus := cutSign(cutStrokes(b))
	b = cutCurrency(b)
	if !minus {
		b, minus = cutSign(b) // $ -5
	}
	negative = negative != minus
	if infinite(b) {
		return math.Inf(1), formInfinite
	}

	var buf [64]byte
	m, ok := scanMarks(b, buf[:0])
	switch {
	case !ok:
		return 0, formBad
	case m.long:
		return parsePlain(b, negative)
	case m.exponent: // nobody parts thousands before an exponent: 5,2E+04
		x, form := parsePlain(bytes.Replace(b, []byte(","), []byte("."), 1), negative)
		if form == formPoint && m.commas > 0 {
			form = formComma
		}
		return x, form
	case len(m.digits) == 0:
		return 0, formBad
	}
	form, point := m.decide(b, decimal)
	if form == formBad {
		return 0, formBad
	}
	digits := m.digits
	if point < len(digits) {
		digits = append(digits, 0)
		copy(digits[point+1:], digits[point:])
		digits[point] = '.'
	}
	x, err := strconv.ParseFloat(string(digits), 64)
	if err != nil {
		return 0, formBad
	}
	if negative {
		x = -x
	}
	return x, form
}

var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// plainDecimal reads what most numbers with a fraction are: digits, a point and
// digits, fifteen of them at most, so that their quotient by a power of ten is exact
// but for one rounding (Clinger, "How to read floating point numbers accurately",
// 1990). It is as parseNumber; for anything else the form is formBad.
func plainDecimal(b []byte, decimal DecimalMark) (float64, numberForm) {
	if len(b) < 3 || len(b) > 16 {
		return 0, formBad
	}
	v, point := uint64(0), -1
	for i, c := range b {
		switch {
		case isDigit(c):
			v = 10*v + uint64(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, formBad
		}
	}
	fraction := len(b) - 1 - point
	if point < 1 || fraction < 1 {
		return 0, formBad
	}
	if fraction == 3 && point <= 3 && b[0] != '0' {
		if decimal != DecimalPoint {
			return float64(v), formDotOfThree
		}
		return float64(v) / tens[3], formDotOfThree
	}
	return float64(v) / tens[fraction], formPoint
}

// marks are what stands between the digits of a number.
type marks struct {
	digits               []byte // what strconv is to read: the marks left out
	dots, commas, blanks int    // marks of each kind
	run                  int    // digits since the last mark
	lead                 int    // digits before the first mark
	lastDot, lastComma   int    // position in digits of the last mark of the kind
	grouped              bool   // every closed run after the first mark has three digits (two, in India)
	exponent             bool   // an exponent follows
	long                 bool   // there are more digits than people write
}

// scanMarks walks over the digits, which it appends to digits, and the marks
// between them; ok is false for anything else.
func scanMarks(b, digits []byte) (m marks, ok bool) {
	m.digits, m.grouped = digits, true
	for i := 0; i < len(b); {
		c := b[i]
		size := 1
		switch {
		case '0' <= c && c <= '9':
			if len(m.digits) == cap(m.digits)-8 {
				m.long = true
				return m, true
			}
			m.digits = append(m.digits, c)
			m.run++
			i++
			continue
		case c == '.':
			m.dots++
			m.lastDot = len(m.digits)
		case c == ',':
			m.commas++
			m.lastComma = len(m.digits)
		case (c == 'e' || c == 'E') && len(m.digits) > 0 && m.dots+m.commas <= 1 && m.blanks == 0:
			m.exponent = true
			return m, true
		default:
			if size = groupMark(b[i:]); size == 0 {
				return m, false
			}
			m.blanks++
			if m.dots+m.commas > 0 {
				return m, false // 1.234 567
			}
		}
		if m.dots+m.commas+m.blanks == 1 {
			m.lead = m.run
		} else if m.run != 3 && m.run != 2 {
			m.grouped = false
		}
		m.run = 0
		i += size
	}
	return m, true
}

// decide returns the form of the number b with these marks, and how many digits
// stand before its decimal mark; formBad where the marks make none.
func (m *marks) decide(b []byte, decimal DecimalMark) (form numberForm, point int) {
	last := m.run // digits after the last mark
	point = len(m.digits)
	switch {
	case m.dots+m.commas == 0:
		if m.blanks > 0 && (!m.grouped || last != 3 || m.lead == 0 || m.lead > 3) {
			return formBad, 0
		}
	case m.dots > 0 && m.commas > 0:
		// The mark that comes last is the decimal one and comes once.
		form, point = formPoint, m.lastDot
		if m.lastComma > m.lastDot || m.lastComma == m.lastDot && bytes.LastIndexByte(b, ',') > bytes.LastIndexByte(b, '.') {
			form, point = formComma, m.lastComma
		}
		if form == formPoint && m.dots > 1 || form == formComma && m.commas > 1 || !m.grouped || m.blanks > 0 || m.lead == 0 || m.lead > 3 || groupBefore(b, form) != 3 {
			return formBad, 0
		}
	case m.dots+m.commas > 1:
		// Several of one kind part the thousands, so the other kind is the decimal mark.
		form = formComma
		if m.commas > 0 {
			form = formPoint
		}
		if !m.grouped || last != 3 || m.lead == 0 || m.lead > 3 || m.blanks > 0 {
			return formBad, 0
		}
	default:
		mark := DecimalPoint
		form, point = formPoint, m.lastDot
		if m.commas > 0 {
			mark, form, point = DecimalComma, formComma, m.lastComma
		}
		if m.blanks > 0 && (!m.grouped || m.lead == 0 || m.lead > 3 || groupBefore(b, form) != 3) {
			return formBad, 0
		}
		if last == 3 && m.blanks == 0 && 1 <= m.lead && m.lead <= 3 && m.digits[0] != '0' {
			form = formDotOfThree
			if mark == DecimalComma {
				form = formCommaOfThree
			}
			if mark != decimal {
				point = len(m.digits)
			}
		}
	}
	return form, point
}

// parsePlain reads a number as programs write it: long, or with an exponent.
func parsePlain(b []byte, negative bool) (float64, numberForm) {
	point := false
	for _, c := range b {
		switch {
		case c == '.':
			point = true
		case '0' <= c && c <= '9', c == 'e', c == 'E', c == '+', c == '-':
		default:
			return 0, formBad
		}
	}
	x, err := strconv.ParseFloat(string(b), 64)
	if math.IsInf(x, 0) {
		return math.Inf(1), formInfinite
	}
	if err != nil {
		return 0, formBad
	}
	if negative {
		x = -x
	}
	if point {
		return x, formPoint
	}
	return x, formPlain
}

// groupBefore counts the digits just before the decimal mark of form.
func groupBefore(b []byte, form numberForm) int {
	mark := byte('.')
	if form == formComma {
		mark = ','
	}
	i := bytes.LastIndexByte(b, mark)
	n := 0
	for i-1-n >= 0 && '0' <= b[i-1-n] && b[i-1-n] <= '9' {
		n++
	}
	return n
}

// groupMark returns the bytes of a thousands mark that is neither point nor
// comma at the start of b: a blank of any kind or an apostrophe.
func groupMark(b []byte) int {
	switch b[0] {
	case ' ', '\'':
		return 1
	}
	switch r, size := utf8.DecodeRune(b); r {
	case '\u00a0', '\u202f', '\u2009', '’':
		return size
	}
	return 0
}

// cutSign removes a leading or trailing sign.
func cutSign(b []byte) (rest []byte, minus bool) {
	switch {
	case len(b) == 0:
		return b, false
	case b[0] == '-':
		return trimBlanks(b[1:]), true
	case b[0] == '+':
		return trimBlanks(b[1:]), false
	case bytes.HasPrefix(b, minusSign):
		return trimBlanks(b[len(minusSign):]), true
	case b[len(b)-1] == '-':
		return trimBlanks(b[:len(b)-1]), true
	}
	return b, false
}

var minusSign = []byte("−")

// cutCurrency removes one currency sign, code or name before or after the
// number, with the point of an abbreviation (Rs., kr.), and the strokes that
// stand for no cents: 52,138/- and 52.138,-.
func cutCurrency(b []byte) []byte {
	head := 0
	for head < len(b) {
		r, size := utf8.DecodeRune(b[head:])
		if !inCurrency(r) && !(r == '/' && head > 0 && b[head-1] == 'S') { // S/ and S/. of Peru
			break
		}
		head += size
	}
	if head > 0 {
		if !currency(b[:head]) {
			return b
		}
		rest := b[head:]
		if len(rest) > 1 && rest[0] == '.' && !unicode.Is(unicode.Sc, lastRune(b[:head])) {
			rest = rest[1:]
		}
		return cutStrokes(trimBlanks(rest))
	}
	tail := len(b)
	if tail > 1 && b[tail-1] == '.' && unicode.IsLetter(lastRune(b[:tail-1])) {
		tail--
	}
	end := tail
	for tail > 0 {
		r, size := utf8.DecodeLastRune(b[:tail])
		if !inCurrency(r) {
			break
		}
		tail -= size
	}
	if tail < end && currency(b[tail:end]) {
		return cutStrokes(trimBlanks(b[:tail]))
	}
	return b
}

// cutStrokes removes the strokes that stand for no cents.
func cutStrokes(b []byte) []byte {
	if n := len(b); n < 2 || b[n-1] != '-' && b[n-1] != "–"[2] && b[n-1] != "—"[2] {
		return b
	}
	for _, s := range []string{"/-", ",-", ".-", ",–", ".–", ",—"} {
		if rest, ok := bytes.CutSuffix(b, []byte(s)); ok && len(rest) > 0 && isDigit(rest[len(rest)-1]) {
			return rest
		}
	}
	return b
}

func inCurrency(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) }

func lastRune(b []byte) rune {
	r, _ := utf8.DecodeLastRune(b)
	return r
}

// currency reports whether b is a currency sign, one of the codes of ISO 4217
// that campaign files are likely to hold, both (US$), or a usual short or full
// name.
func currency(b []byte) bool {
	sign := true
	if r, size := utf8.DecodeRune(b); unicode.Is(unicode.Sc, r) {
		b = b[size:]
	} else if r := lastRune(b); unicode.Is(unicode.Sc, r) {
		b = b[:len(b)-utf8.RuneLen(r)]
	} else {
		sign = false
	}
	switch string(b) { // no allocation
	case "US", "CA", "AU", "NZ", "NT", "A", "C", "S", "HK":
		return sign // C1 and A2 are ids
	case "", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK",
		"PLN", "CZK", "HUF", "RON", "TRY", "ZAR", "BRL", "MXN", "KRW", "SGD", "HKD", "ILS", "IDR", "MYR",
		"PHP", "THB", "TWD", "VND", "AED", "SAR", "EGP", "NGN", "KES", "PKR", "LKR", "BDT", "RUB", "UAH",
		"BGN", "ISK", "ARS", "CLP", "COP", "PEN",
		"R", "S/", "RM", "Rp", "Rs", "Re", "kr", "Kr", "KR",
		"Kč", "zł", "Ft", "lei", "Lei", "Fr", "fr", "SFr", "Sfr", "TL", "руб", "р", "лв", "грн", "元", "円":
		return true
	}
	if len(b) > 8 {
		return false
	}
	for _, name := range []string{"usd", "eur", "gbp", "chf", "inr", "sek", "nok", "dkk", "idr", "rs", "rp",
		"euro", "euros", "dollar", "dollars", "pound", "pounds", "rupee", "rupees", "francs", "kronor", "kroner"} {
		if equalFold(b, name) {
			return true
		}
	}
	return false
}

// missing reports whether b stands for a value that is not there. b is trimmed.
func missing(b []byte) bool {
	switch len(b) {
	case 0:
		return true
	case 1:
		return b[0] == '-' || b[0] == '?' || b[0] == '.'
	case 2:
		return equalFold(b, "na")
	case 3:
		return equalFold(b, "nan") || equalFold(b, "n/a") || equalFold(b, "nat")
	case 4:
		return equalFold(b, "null") || equalFold(b, "none") || equalFold(b, "#n/a") || equalFold(b, "<na>")
	}
	return false
}

// infinite reports whether b is a name of infinity, or an error that
// spreadsheets leave where a division went there.
func infinite(b []byte) bool {
	return equalFold(b, "inf") || equalFold(b, "infinity") || string(b) == "∞" || equalFold(b, "#div/0!")
}

// equalFold compares b with a word in lower case, whatever the case of b.
func equalFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// trimBlanks removes blanks of every kind from both ends.
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for n := len(b); n > 0 && (b[n-1] == ' ' || b[n-1] == '\t'); n-- {
		b = b[:n-1]
	}
	if len(b) == 0 || b[0] < utf8.RuneSelf && b[0] > ' ' && b[len(b)-1] < utf8.RuneSelf && b[len(b)-1] > ' ' {
		return b
	}
	return bytes.TrimFunc(b, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' })
}
