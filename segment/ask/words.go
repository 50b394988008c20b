package ask

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/editdistance"
)

// Words of letters and of numbers, with a point or comma between digits and a sign
// before them, and a hyphen behind; the genitive and other apostrophes in them; and
// numbers whose thousands are parted by blanks.
var (
	wordsAndSigns = regexp.MustCompile(`[<>=]=?|[%+,&;]|\p{Sc}|(?:-?\p{Nd}+(?:[.,]\p{Nd}+)*|\p{L})(?:\p{Nd}+(?:[.,]\p{Nd}+)*|\p{L})*[-–]?|[-–]`)
	apostrophes   = regexp.MustCompile(`([\p{L}\p{Nd}])(?:['’]s?)+`)
	blanks        = regexp.MustCompile(`\b\p{Nd}{1,3}(?:[ \x{a0}\x{202f}]000)+\b`)
)

// split returns the words of a text, in lower case; signs of comparison, commas and
// the hyphen of a range stand alone.
func split(s string) []string {
	s = apostrophes.ReplaceAllString(strings.ToLower(s), "$1")
	s = blanks.ReplaceAllStringFunc(s, func(n string) string { return strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(n) })
	var out []string
	for _, w := range wordsAndSigns.FindAllString(s, -1) {
		plain := strings.TrimRight(w, "-–")
		if plain == "" {
			out = append(out, "-")
			continue
		}
		out = append(out, plain)
		if plain != w && strings.ContainsAny(plain[len(plain)-1:], "0123456789") {
			out = append(out, "-")
		}
	}
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

// thousands returns the number that a word is where its points part thousands: 70.000
// is 70 in English, and 70,000 for many who write English.
func thousands(w string, decimal features.DecimalMark) (float64, bool) {
	if _, ambiguous, _ := features.ParseNumber(w, decimal); !ambiguous || decimal != features.DecimalPoint || !strings.Contains(w, ".") {
		return 0, false
	}
	v, _, err := features.ParseNumber(w, features.DecimalComma)
	return v, err == nil
}

// mostUnknown is how many words of a question may be no misspelling of a known one
// before it is hopeless to look for further ones.
const mostUnknown = 8

// spell takes nearly known words for the known ones, and returns the pairs. A word
// that is as near to two of them, or right but unknown here, stays.
func (g *grammar) spell(w []string) (out []string, corrections [][2]string) {
	out = slices.Clone(w)
	unknown := 0
	for i, word := range w {
		if unknown > mostUnknown {
			break
		}
		if _, number := g.amount(word); number || g.vocabulary[g.inflection.stem(word)] || g.strangers[g.inflection.stem(word)] {
			continue
		}
		best, least, tied := "", 3, false
		for _, k := range g.spelling {
			if max(len(k)-len(word), len(word)-len(k)) > 3 { // of bytes: a letter has four at most
				continue
			}
			switch d := editdistance.Between(word, k); {
			case !near(word, k, d) || d > least:
			case d < least:
				best, least, tied = k, d, false
			default:
				tied = tied || g.inflection.stem(k) != g.inflection.stem(best)
			}
		}
		if best == "" || tied {
			unknown++
		} else {
			out[i] = best
			corrections = append(corrections, [2]string{word, best})
		}
	}
	return out, corrections
}

// near tells whether a word may be a misspelling of another: of five letters or more
// with one letter in nine wrong and one more; of fewer, with letters left out inside.
func near(word, known string, distance int) bool {
	a, b := []rune(word), []rune(known)
	if len(a) >= 5 {
		return len(b) >= 4 && max(len(a)-len(b), len(b)-len(a)) <= 1 && distance <= 1+len(a)/9
	}
	if len(a) == 4 && len(b) == 4 { // two letters exchanged
		return distance == 1 && a[0] == b[0] && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	}
	return len(a) == 3 && len(b) == 4 && a[0] == b[0] && a[2] == b[3] && (a[1] == b[1] || a[1] == b[2]) && !strings.ContainsAny(word[1:2], "aeiouy")
}
