package features

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode"
)

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// noteCurrency keeps what stands before a number, where it is a currency.
func (s *scan) noteCurrency(text []byte) {
	if len(s.currencies) > 0 {
		if first := []byte(s.currencies[0]); bytes.HasPrefix(text, first) || bytes.HasSuffix(text, first) {
			return
		}
	}
	name := strings.TrimFunc(string(text), func(r rune) bool {
		return unicode.IsDigit(r) || unicode.IsSpace(r) || strings.ContainsRune("+-−(),.'’", r)
	})
	if name != "" && len(s.currencies) < 4 && !slices.Contains(s.currencies, name) && currency([]byte(name)) {
		s.currencies = append(s.currencies, name)
	}
}

// findNone reports whether all that is no number is one word without digits, such
// as unknown.
func (s *scan) findNone() bool {
	if s.texts == 0 || s.flags > 0 || s.dates > 0 || len(s.words.levels) != 1 || hasDigit([]byte(s.words.levels[0])) {
		return false
	}
	s.none = s.words.levels[0]
	return true
}

// twins returns two words that differ by case or blanks only.
func twins(words []string) [2]string {
	seen := make(map[string]string, len(words))
	for _, w := range words {
		k := strings.ToLower(strings.Join(strings.Fields(w), " "))
		if first, ok := seen[k]; ok {
			return [2]string{first, w}
		}
		seen[k] = w
	}
	return [2]string{}
}

// standIns are numbers that people write where there is none.
var standIns = []float64{-1, -9, -99, -999, -9999, -99999, -999999, 99, 999, 9999, 99999, 999999, 9999999, 99999999}

// findStandIn finds a number that may stand for missing values: the least or the
// greatest, of the form of one, two times at least and farther from the next one
// than all others are from each other.
func (s *scan) findStandIn(r *ColumnReport) {
	for _, x := range []float64{r.Least, r.Greatest} {
		if !slices.Contains(standIns, x) || r.Kind.Binary() {
			continue
		}
		n, least, greatest := 0, math.Inf(1), math.Inf(-1)
		for _, y := range s.numbers {
			switch {
			case y == x:
				n++
			case y == y:
				least, greatest = min(least, y), max(greatest, y)
			}
		}
		if n > 1 && least < greatest && max(least-x, x-greatest) > greatest-least {
			r.StandIn, r.StandIns = x, n
		}
	}
}
