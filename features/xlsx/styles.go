package xlsx

import (
	"strconv"
	"strings"
)

// A format is what a number format makes of a number.
type format uint8

const (
	plainFormat    format = iota
	dateFormat            // a day, with or without a clock
	clockFormat           // a time of day: a share of a day
	durationFormat        // hours that go on beyond 24: a number of days
	percentFormat         // hundredths: 0.35 is shown as 35 %
)

// formatOf returns what a number format makes of a number, by its first section
// (ECMA-376 part 1, 18.8.31): letters of days and clocks that stand neither in
// quotes, nor behind a backslash, nor in brackets.
func formatOf(code string) format {
	var letters strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				end = len(code) - i - 1
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				end = len(code) - i
			}
			inner := code[i+1 : i+end]
			if inner != "" && strings.Trim(inner, "hHmMsS") == "" { // [h]:mm
				return durationFormat
			}
			i += end
		case ';':
			i = len(code)
		default:
			letters.WriteByte(c | 0x20) // lower case; what is no letter is not looked for
		}
	}
	text := strings.ReplaceAll(letters.String(), "am/pm", "h")
	text = strings.ReplaceAll(text, "general", "")
	switch clock := strings.ContainsAny(text, "hs"); {
	case strings.ContainsAny(text, "yd"), strings.Contains(text, "m") && !clock:
		return dateFormat
	case clock:
		return clockFormat
	case strings.Contains(text, "%"):
		return percentFormat
	}
	return plainFormat
}

// builtin returns what a number format without a code makes of a number: those
// of every language (18.8.30), and the days of the East Asian ones.
func builtin(id int) format {
	switch {
	case id >= 14 && id <= 17, id == 22, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return dateFormat
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return clockFormat
	case id == 46:
		return durationFormat
	case id == 9, id == 10:
		return percentFormat
	}
	return plainFormat
}

// readStyles returns the format of each style of a cell, by its number.
func readStyles(s *scanner) ([]format, error) {
	codes := map[int]format{}
	var styles []format
	inCells := false
	for {
		kind, err := s.next()
		if err != nil {
			return styles, endOfPart(err)
		}
		switch name := s.name; {
		case kind == endElement && name == "cellXfs":
			inCells = false
		case kind != startElement:
		case name == "cellXfs":
			inCells = true
		case name == "numFmt":
			id, err := strconv.Atoi(s.attr("numFmtId"))
			if err != nil {
				return nil, errSyntax
			}
			codes[id] = formatOf(s.attr("formatCode"))
		case name == "xf" && inCells:
			id, _ := strconv.Atoi(s.attr("numFmtId")) // absent: General
			f, ok := codes[id]
			if !ok {
				f = builtin(id)
			}
			styles = append(styles, f)
		}
	}
}
