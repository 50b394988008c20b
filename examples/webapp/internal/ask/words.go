package ask

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/editdistance"
)

// split makes words of a text, in lower case: letters and digits hold together,
// also with a point or comma between digits, and signs of comparison stand
// alone.
func split(s string) []string {
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	r := []rune(strings.ToLower(s))
	for i := 0; i < len(r); i++ {
		c := r[i]
		digit := func(j int) bool { return j >= 0 && j < len(r) && unicode.IsDigit(r[j]) }
		switch {
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			b.WriteRune(c)
		case (c == '.' || c == ',') && digit(i-1) && digit(i+1):
			b.WriteRune(c)
		case c == '\'' && b.Len() > 0:
			// The s of a genitive is dropped.
			if i+1 < len(r) && r[i+1] == 's' {
				i++
			}
		case c == '>' || c == '<' || c == '=':
			flush()
			if i+1 < len(r) && r[i+1] == '=' {
				out = append(out, string(c)+"=")
				i++
			} else {
				out = append(out, string(c))
			}
		case c == '-' && b.Len() == 0 && digit(i+1):
			b.WriteRune(c)
		case c == '%':
			flush()
			out = append(out, "%")
		default:
			flush()
		}
	}
	flush()
	return out
}

// amount returns the number that a word is, with k for thousands and m for
// millions: 70000, 70,000, 70k, 1.5m.
func amount(w string, decimal features.DecimalMark) (float64, bool) {
	factor := 1.0
	if rest, ok := strings.CutSuffix(w, "k"); ok {
		factor, w = 1e3, rest
	} else if rest, ok := strings.CutSuffix(w, "m"); ok {
		factor, w = 1e6, rest
	}
	v, _, err := features.ParseNumber(w, decimal)
	v *= factor
	return v, err == nil && !math.IsInf(v, 0)
}

// eitherWay tells whether a word is a number such as 70.000: 70 in English, and
// 70,000 for many who write English.
func eitherWay(w string) bool {
	_, ambiguous, _ := features.ParseNumber(w, features.DecimalPoint)
	return ambiguous && strings.Contains(w, ".")
}

// has tells whether a phrase stands in the words.
func has(w []string, phrase string) bool {
	p := strings.Fields(phrase)
	for i := 0; i+len(p) <= len(w); i++ {
		if slices.Equal(w[i:i+len(p)], p) {
			return true
		}
	}
	return false
}

func longestOf[T any](longest int, m map[string]T, w []string) (n int, v T) {
	for n := min(longest, len(w)); n > 0; n-- {
		if v, ok := m[strings.Join(w[:n], " ")]; ok {
			return n, v
		}
	}
	return 0, v
}

// spell takes words that are nearly known for the known ones.
func (g *Grammar) spell(w []string) (out []string, read [][2]string) {
	out = slices.Clone(w)
	for i, word := range w {
		if _, known := slices.BinarySearch(g.known, word); len(word) < 5 || known {
			continue
		}
		if _, ok := g.amount(word); ok {
			continue
		}
		best, second := "", 3
		for _, k := range g.known {
			if len(k) < 4 || len(k)-len(word) > 1 || len(word)-len(k) > 1 {
				continue
			}
			if d := editdistance.Between(word, k); d < second {
				best, second = k, d
			}
		}
		if best != "" && second <= 1+len(word)/9 {
			out[i] = best
			read = append(read, [2]string{word, best})
		}
	}
	return out, read
}
