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
	if s.texts == 0 || s.flags > 0 || s.dates > 0 || s.words.len() != 1 || hasDigit([]byte(s.words.word(0))) {
		return false
	}
	s.none = s.words.word(0)
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

// An edge is the least of numbers, how often it comes, and the next one.
type edge struct {
	x, next float64
	n       int
}

// with returns the edge of the numbers of both.
func (e edge) with(o edge) edge {
	switch {
	case o.x < e.x:
		return o.with(e)
	case o.x == e.x:
		e.n, e.next = e.n+o.n, min(e.next, o.next)
	default:
		e.next = min(e.next, o.x)
	}
	return e
}

// findStandIn finds a number that may stand for missing values, among these rows and
// those before: the least or the greatest, of the form of one, two times at least and
// farther from the next one than all others are from each other.
func (s *scan) findStandIn(r *ColumnReport) {
	if r.Kind.Binary() {
		return
	}
	edges := &s.plan.edges
	if s.first {
		edges[0] = edge{x: math.Inf(1), next: math.Inf(1)}
		edges[1] = edges[0]
	}
	signs := [2]float64{1, -1}
	for i, x := range [2]float64{r.Least, -r.Greatest} {
		if x != x {
			break // there are no numbers
		}
		e := edge{x: x, next: math.Inf(1)}
		if slices.Contains(standIns, signs[i]*x) {
			for _, y := range s.numbers {
				switch y *= signs[i]; {
				case y == x:
					e.n++
				case y == y:
					e.next = min(e.next, y)
				}
			}
		}
		edges[i] = edges[i].with(e)
	}
	for i, e := range edges {
		if other := -edges[1-i].x; slices.Contains(standIns, signs[i]*e.x) && e.n > 1 && e.next < other && e.next-e.x > other-e.next {
			r.StandIn, r.StandIns = signs[i]*e.x, e.n
		}
	}
}
