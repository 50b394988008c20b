// Package numerals reads numbers as people write them where they live.
package numerals

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/width"

	"github.com/customer-personality/segmentation/features"
)

// Numerals is how numbers are written where a reader lives, whatever the language of
// what is read.
type Numerals struct {
	group string // between thousands
}

// Of returns those of the first language of an Accept-Language header, of
// English where it names none.
func Of(header string) Numerals {
	tag := language.English
	if len(header) <= 200 {
		if tags, _, err := language.ParseAcceptLanguage(header); err == nil && len(tags) > 0 {
			tag = tags[0]
		}
	}
	return Numerals{string([]rune(message.NewPrinter(tag).Sprintf("%d", 1234))[1])}
}

// mostWritten bounds a number, in bytes, before it is parsed.
const mostWritten = 40

var (
	ofThree   = regexp.MustCompile(`\d([.,])\d{3}`)
	thousands = regexp.MustCompile(`^(.*\d)\s?[kK](\P{Nd}*)$`) // 58k, 1.6 k€
)

// Readings returns the numbers that a text stands for: none, one, or two where a mark
// before three digits parts thousands for some and decimals for others, and is not the
// one that parts thousands where the reader lives.
func (n Numerals) Readings(text string) []float64 {
	if len(text) > mostWritten {
		return nil
	}
	text, decimal := digits(text)
	v, either, err := features.ParseNumber(text, decimal)
	if part := thousands.FindStringSubmatch(text); err != nil && part != nil {
		out := n.Readings(part[1] + part[2])
		for i, v := range out {
			// By the digits, so that 1.001k is 1001.
			out[i], _ = strconv.ParseFloat(strconv.FormatFloat(v, 'f', -1, 64)+"e3", 64)
		}
		return out
	}
	mark := ofThree.FindStringSubmatch(text)
	switch {
	case err != nil:
		return nil
	case !either, decimal != features.DecimalFromData, mark == nil, mark[1] == n.group:
		return []float64{v}
	}
	fraction, _, err := features.ParseNumber(text, features.DecimalMark(mark[1][0]))
	if err != nil {
		return nil
	}
	return []float64{v, fraction}
}

// digits returns a text with the digits and marks of any script as those of ASCII. The
// marks of Arabic say which is the decimal one.
func digits(text string) (string, features.DecimalMark) {
	decimal := features.DecimalFromData
	text = width.Narrow.String(text)
	if strings.ContainsAny(text, "٫٬") && !strings.ContainsAny(text, ".,") {
		decimal = features.DecimalPoint
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case r == '٫':
			return '.'
		case r == '٬':
			return ','
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.Is(unicode.Nd, r):
			return '0' + digitValue(r)
		}
		return r
	}, text), decimal
}

// digitValue is the value of a decimal digit: in Unicode those of a script follow each
// other from 0 on.
func digitValue(r rune) rune {
	for _, in := range unicode.Nd.R16 {
		if rune(in.Lo) <= r && r <= rune(in.Hi) {
			return (r - rune(in.Lo)) % 10
		}
	}
	for _, in := range unicode.Nd.R32 {
		if rune(in.Lo) <= r && r <= rune(in.Hi) {
			return (r - rune(in.Lo)) % 10
		}
	}
	return 0
}

// Unmistakable writes a number so that it has one reading everywhere.
func Unmistakable(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if len((Numerals{}).Readings(text)) > 1 {
		text += "0"
	}
	return text
}

// Shorter returns v to hundredths, or three digits of a small one.
func Shorter(v float64) float64 {
	if a := math.Abs(v); a > 0 && a < 1 {
		p := math.Pow(10, 2-math.Floor(math.Log10(a)))
		return math.Round(v*p) / p
	}
	return math.Round(v*100) / 100
}
