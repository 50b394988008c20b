package ask

import (
	"regexp"
	"slices"
	"strings"
)

// An inflection is how the words of a language change, by [Questions]. That of English,
// whose forms are all listed, is the zero one, and leaves words as they are.
type inflection struct {
	folds     *strings.Replacer
	suffixes  []string            // the longest first
	whole     map[string]bool     // words that keep their ends
	links     []string            // between the parts of a compound
	pieces    map[string]bool     // words that a compound may be made of
	heads     map[string]bool     // of these, those that stand before the rest of it
	separable map[string][]string // base of a verb → its prefix and the whole verb, in turn
	postponed map[string][]string // word behind a number → those before it
	between   map[string]bool     // words that stand between the two
	ends      map[string]bool     // words before which a clause may end
}

func newInflection(q *Questions) *inflection {
	if q.Suffixes == "" {
		return nil
	}
	var folds []string
	for from, to := range q.Folds {
		folds = append(folds, from, to)
	}
	in := &inflection{
		folds: strings.NewReplacer(folds...), suffixes: strings.Split(q.Suffixes, "|"), whole: set(q.Whole), links: strings.Split(q.Links, "|"),
		pieces: map[string]bool{}, heads: map[string]bool{}, separable: map[string][]string{}, postponed: map[string][]string{}, between: set(q.Between), ends: set(q.ClauseEnds),
	}
	for word, before := range q.Postponed {
		in.postponed[word] = strings.Split(before, "|")
	}
	for verb, forms := range q.Separable {
		for form := range strings.SplitSeq(forms, "|") {
			if base, prefix, ok := strings.Cut(form, " "); ok {
				base = in.folds.Replace(base)
				in.separable[base] = append(in.separable[base], prefix, verb)
			}
		}
	}
	return in
}

// set returns the words of a list parted by |.
func set(list string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.SplitSeq(list, "|") {
		out[w] = w != ""
	}
	return out
}

// leastStem is how many bytes a word has at least without its ending: with two, "als"
// and "alle" would be one word.
const leastStem = 3

// stem returns a word without its ending, and with two letters for those that may be
// written as two: verheiratete and verheirateter are verheiratet. It is one step of
// Savoy's light stemmer for German (2006, doi 10.1145/1141277.1141523) and of two
// endings at once, which changes fewer words than Porter's.
func (in *inflection) stem(w string) string {
	if in == nil {
		return w
	}
	w = in.folds.Replace(w)
	if in.whole[w] {
		return w
	}
	for _, s := range in.suffixes {
		if rest, ok := strings.CutSuffix(w, s); ok && len(rest) >= leastStem {
			return rest
		}
	}
	return w
}

// stems returns the words without their endings: the same slice where none change.
func (in *inflection) stems(words []string) []string {
	if in == nil {
		return words
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = in.stem(w)
	}
	return out
}

// key returns words as the phrases of the lexicon are named.
func (in *inflection) key(words []string) string { return strings.Join(in.stems(words), " ") }

// learn takes the words of a lexicon that compounds may be made of.
func (in *inflection) learn(lexicon map[string][]meaning) {
	if in == nil {
		return
	}
	for phrase, meanings := range lexicon {
		if strings.Contains(phrase, " ") || len(phrase) < leastStem {
			continue
		}
		t := token{meanings: meanings}
		in.heads[phrase] = t.does("share")
		in.pieces[phrase] = t.does("people", "person", "share", "spread", "typical") || slices.ContainsFunc(meanings, func(m meaning) bool {
			return slices.Contains([]kind{kColumn, kTotal, kBundle, kCondition, kAggregate}, m.kind)
		})
	}
}

// hyphens part a number from what is written behind it: 30-jährige, 7mal.
var hyphens = regexp.MustCompile(`(\p{Nd})(?:-(\p{L})|- |(\p{L}{3}))`)

// words returns the words of a question, with the parts of verbs and of compounds as
// words of the lexicon.
func (in *inflection) words(question string, known func(string) bool) []string {
	if in == nil {
		return split(question)
	}
	w := in.joined(split(hyphens.ReplaceAllString(question, "$1 $2$3")))
	out := make([]string, 0, len(w))
	for _, word := range w {
		if parts := in.parts(word, mostParts); !known(in.stem(word)) && len(parts) == 1 {
			out = append(out, parts[0]...)
		} else {
			out = append(out, word)
		}
	}
	return out
}

// joined puts the prefix of a verb, which ends the clause, before the verb, and a word
// that stands behind a number before it.
func (in *inflection) joined(w []string) []string {
	for i := 0; i < len(w); i++ {
		forms := in.separable[in.folds.Replace(w[i])]
		for k := 0; k+1 < len(forms); k += 2 {
			at := slices.IndexFunc(w[i+1:], func(s string) bool { return s == forms[k] }) + i + 1
			for at > i && !in.closes(w, at) {
				next := slices.Index(w[at+1:], forms[k])
				if at += next + 1; next < 0 {
					at = i
				}
			}
			if at > i {
				w[i] = forms[k+1]
				w = slices.Delete(w, at, at+1)
				break
			}
		}
	}
	for j := 1; j < len(w); j++ {
		before, ok := in.postponed[w[j]]
		i := j
		for ok && i > 0 && (numeral.MatchString(w[i-1]) || in.between[w[i-1]]) {
			i--
		}
		if i < j && i > 0 && slices.Contains(before, w[i-1]) {
			i--
		}
		if i < j { // born before 1970
			word := w[j]
			w = slices.Insert(slices.Delete(w, j, j+1), i, word)
		}
	}
	return w
}

var numeral = regexp.MustCompile(`^\p{Nd}+$`)

// closes tells whether the word at a place is the last of its clause.
func (in *inflection) closes(w []string, at int) bool { return at+1 == len(w) || in.ends[w[at+1]] }

// piece returns the first part of a compound without the link behind it; empty where it
// is none.
func (in *inflection) piece(head string) string {
	for _, link := range append([]string{""}, in.links...) {
		rest, ok := strings.CutSuffix(head, link)
		if ok && len(rest) >= leastStem && in.pieces[in.stem(rest)] {
			return rest
		}
	}
	return ""
}

// mostParts is how many parts a compound has at most: of more, hardly any is unique.
const mostParts = 3

// parts returns the ways in which a word is made of two words of the lexicon, or of up
// to most, with links between them: Durchschnitt-s-einkommen.
func (in *inflection) parts(word string, most int) (ways [][]string) {
	if most < 2 {
		return nil
	}
	for i := leastStem; i+leastStem <= len(word); i++ {
		head, tail := in.piece(word[:i]), word[i:]
		switch stem := in.stem(tail); {
		case head == "":
		case in.heads[stem]: // the share of revenue
			ways = append(ways, []string{tail, head})
		case in.pieces[stem]:
			ways = append(ways, []string{head, tail})
		default:
			for _, way := range in.parts(tail, most-1) {
				ways = append(ways, append([]string{head}, way...))
			}
		}
	}
	return ways
}
