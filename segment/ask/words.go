package ask

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/editdistance"
)

// split returns the words of a text, in lower case: letters and digits hold together,
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
	if !strings.ContainsAny(w, "0123456789") {
		return 0, false
	}
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

// spell takes words that are nearly known for the known ones, and returns the
// pairs.
func (g *grammar) spell(w []string) (out []string, corrections [][2]string) {
	out = slices.Clone(w)
	for i, word := range w {
		if _, number := g.amount(word); number || len(word) < 5 || g.vocabulary[word] {
			continue
		}
		best, least := "", 3
		for _, k := range g.spelling {
			if len(k) < 4 || len(k)-len(word) > 1 || len(word)-len(k) > 1 {
				continue
			}
			if d := editdistance.Between(word, k); d < least {
				best, least = k, d
			}
		}
		if best != "" && least <= 1+len(word)/9 {
			out[i] = best
			corrections = append(corrections, [2]string{word, best})
		}
	}
	return out, corrections
}
