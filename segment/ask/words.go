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
// before them, and a hyphen behind; and the genitive and other apostrophes in them.
var (
	wordsAndSigns = regexp.MustCompile(`[<>=]=?|%|(?:-?\p{Nd}+(?:[.,]\p{Nd}+)*|\p{L})(?:\p{Nd}+(?:[.,]\p{Nd}+)*|\p{L})*-?`)
	apostrophes   = regexp.MustCompile(`([\p{L}\p{Nd}])(?:'s?)+`)
)

// split returns the words of a text, in lower case; signs of comparison stand alone.
func split(s string) []string {
	out := wordsAndSigns.FindAllString(apostrophes.ReplaceAllString(strings.ToLower(s), "$1"), -1)
	for i, w := range out {
		out[i] = strings.TrimSuffix(w, "-")
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

// eitherWay tells whether a word is a number such as 70.000: 70 in English, and
// 70,000 for many who write English.
func eitherWay(w string) bool {
	_, ambiguous, _ := features.ParseNumber(w, features.DecimalPoint)
	return ambiguous && strings.Contains(w, ".")
}

// spell takes nearly known words for the known ones, and returns the pairs.
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
