package ask

import (
	"cmp"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// A token is a phrase of a question with all that it may mean.
type token struct {
	text     string
	asked    string // the same with the endings of words, where they have other ones
	meanings []meaning
	written  string // a number whose points may part thousands
	unit     string // of a number
}

// said returns the phrase as it was asked.
func (t token) said() string { return cmp.Or(t.asked, t.text) }

// as returns what a token means as one of a kind.
func (t token) as(k kind) (meaning, bool) {
	i := slices.IndexFunc(t.meanings, func(m meaning) bool { return m.kind == k })
	if i < 0 {
		return meaning{}, false
	}
	return t.meanings[i], true
}

// does tells whether a token is a word that does one of these things.
func (t token) does(names ...string) bool {
	return slices.ContainsFunc(t.meanings, func(m meaning) bool { return m.kind == kWord && slices.Contains(names, m.name) })
}

// tokens parts words into the longest phrases that are known. Words that begin none
// are unknown. Numbers take the scale and the unit behind them. The words are without
// their endings, and asked with them.
func (g *grammar) tokens(words, asked []string) (out []token, unknown []string) {
	for i := 0; i < len(words); {
		if v, ok := g.amount(words[i]); ok && g.phrase(words[i:]) < 2 {
			t := token{text: words[i], meanings: []meaning{{kind: kNumber, value: v}}}
			if _, either := thousands(words[i], g.decimal); either {
				t.written = words[i]
			}
			out = append(out, t)
			i++
			continue
		}
		n := g.phrase(words[i:])
		if k := len(out); n > 1 && k > 0 && len(out[k-1].meanings) == 1 { // 50 % of
			one := token{meanings: g.lexicon[words[i]]}
			_, unit := one.as(kUnit)
			if _, number := out[k-1].as(kNumber); number && unit {
				n = 1
			}
		}
		if v, ok := g.ordinal(words[i]); ok && n < 2 {
			out = append(out, token{text: words[i], meanings: []meaning{{kind: kNumber, value: v}, {kind: kWord, name: "ordinal"}}})
			i++
			continue
		}
		if c, ok := g.decade(words[i]); ok && n == 0 {
			out = append(out, token{text: words[i], meanings: []meaning{{kind: kCondition, condition: c}}})
			i++
			continue
		}
		if n == 0 {
			unknown = append(unknown, asked[i])
			i++
			continue
		}
		p := strings.Join(words[i:i+n], " ")
		t := token{text: p, meanings: g.lexicon[p]}
		if g.inflection != nil {
			t.asked = strings.Join(asked[i:i+n], " ")
		}
		out = append(out, t)
		i += n
	}
	return measured(g.listed(out)), unknown
}

// ordinal returns the number of a word that counts in order: 90th.
func (g *grammar) ordinal(w string) (float64, bool) {
	for _, ending := range g.ordinals {
		if rest, ok := strings.CutSuffix(w, ending); ok {
			return g.amount(rest)
		}
	}
	return 0, false
}

// decade returns the condition of ten years of age, or of birth: 30s, 1970s.
func (g *grammar) decade(w string) (features.Condition, bool) {
	rest, ok := strings.CutSuffix(w, g.decades)
	v, number := g.amount(rest)
	if ok && g.decades != "" && number && !g.lacks("year_birth") && v >= 1900 && v <= 2100 && int(v)%10 == 0 {
		return features.Condition{Column: "year_birth", Op: features.Between, A: v, B: v + 9}, true
	}
	age := g.subject("age")
	return features.Condition{Column: age, Op: features.Between, A: v, B: v + 9}, ok && g.decades != "" && number && age != "" && v >= 10 && v <= 90 && int(v)%10 == 0
}

// phrase returns how many words the longest phrase has that words begin with.
func (g *grammar) phrase(w []string) int {
	for n := min(g.longest, len(w)); n > 0; n-- {
		m := g.lexicon[strings.Join(w[:n], " ")]
		if len(m) > 0 && !(m[0].kind == kBehind && n < len(w) && g.opensComparison(w[n])) {
			return n
		}
	}
	return 0
}

// opensComparison tells whether a word behind a comparison makes it one before a number:
// and over 60.
func (g *grammar) opensComparison(w string) bool {
	_, number := g.amount(w)
	return number || token{meanings: g.lexicon[w]}.does("than")
}

// listed spells out lists of numbered things: campaign 1, 2 or 5.
func (g *grammar) listed(in []token) (out []token) {
	stem := ""
	for i, t := range in {
		if _, ok := t.as(kColumn); ok {
			if stem = ""; strings.ContainsAny(t.text, "0123456789") {
				stem = t.text[:strings.LastIndexByte(t.text, ' ')+1]
			}
		}
		_, number := t.as(kNumber)
		if number && stem != "" && i > 0 && in[i-1].does("and", "or", "nor", "comma", "to") {
			if m := g.lexicon[stem+t.text]; len(m) > 0 {
				t = token{text: stem + t.text, meanings: m}
			}
		} else if _, column := t.as(kColumn); !column && !t.does("and", "or", "nor", "comma", "to") {
			stem = ""
		}
		out = append(out, t)
	}
	return out
}

// measured puts scales and units into the numbers before them.
func measured(in []token) (out []token) {
	for _, t := range in {
		if n := len(out); n > 0 {
			last := &out[n-1]
			if m, ok := last.as(kNumber); ok {
				if scale, ok := t.as(kScale); ok && last.unit == "" {
					scaleBoth(out, m.value, scale.value)
					m.value *= scale.value
					last.meanings, last.text, last.written = []meaning{m}, last.text+" "+t.said(), ""
					continue
				}
				if unit, ok := t.as(kUnit); ok && (last.unit == "" || last.unit == "money") {
					last.unit, last.text = unit.name, last.text+" "+t.said()
					continue
				}
			}
			if unit, ok := last.as(kUnit); ok && unit.name == "money" && len(last.meanings) == 1 {
				if m, ok := t.as(kNumber); ok { // € 70,000
					t.meanings, t.unit = []meaning{m}, "money"
					out[n-1] = t
					continue
				}
			}
		}
		out = append(out, t)
	}
	return out
}

// scaleBoth puts the scale of the last number into the lesser one that a range begins
// with: between 40 and 60 thousand.
func scaleBoth(t []token, high, scale float64) {
	n := len(t)
	if n < 3 || !t[n-2].does("and", "to") {
		return
	}
	low := &t[n-3]
	m, number := low.as(kNumber)
	opens := n > 3 && t[n-2].does("and")
	if opens {
		c, compare := t[n-4].as(kCompare)
		opens = compare && c.op == features.Between
	}
	if number && len(low.meanings) == 1 && low.unit == "" && m.value < high && high < scale && (opens || t[n-2].does("to")) {
		m.value *= scale
		low.meanings = []meaning{m}
	}
}
