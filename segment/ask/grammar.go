package ask

import (
	"maps"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// A grammar reads questions in one language about one set of customers. It is
// immutable and safe for concurrent use.
type grammar struct {
	set         *features.Table
	subjects    Subjects
	customer    []string            // the columns of the model, which a customer has values of
	words       map[string][]string // of those, the words by their codes
	tierNames   []string            // the most valuable first
	l           *narrate.Language
	columns     map[string]string             // phrase → column
	groups      map[string]string             // phrase → group of columns
	levels      map[string][2]string          // phrase → column, level
	tiers       map[string]string             // phrase → tier
	aggregates  map[string]features.Aggregate // phrase → aggregate
	comparisons map[string]features.Op        // phrase → comparison of the column before it
	compared    map[string]comparison         // phrase → comparison that names its column
	intents     map[string]map[string]bool    // kind of question → phrases
	roles       map[string]map[string]bool    // what a word does → phrases
	small       map[string]float64            // word → number
	decimal     features.DecimalMark          // before the decimals of a number
	wholes      map[string]string             // column → that it stands for of one customer
	longest     int                           // words of the longest phrase
	vocabulary  map[string]bool               // of all phrases
	spelling    []string                      // the same, sorted
}

// comparison compares a column with a number to come.
type comparison struct {
	column string
	op     features.Op
}

// newGrammar returns the grammar of a language.
func newGrammar(a *Answerer, l *narrate.Language, q *Questions) *grammar {
	g := &grammar{
		set: a.Set, subjects: a.Subjects, customer: a.Model.Columns(), words: a.Model.Pipeline().Words(), tierNames: a.Tiers, l: l, columns: map[string]string{}, groups: map[string]string{}, levels: map[string][2]string{}, tiers: map[string]string{},
		aggregates: map[string]features.Aggregate{}, comparisons: map[string]features.Op{}, compared: map[string]comparison{},
		small: map[string]float64{}, decimal: features.DecimalPoint, wholes: q.Wholes, vocabulary: map[string]bool{},
	}
	g.intents, g.roles = phraseSets(g, q.Intents), phraseSets(g, q.Roles)
	if q.Decimal == "," {
		g.decimal = features.DecimalComma
	}
	for _, c := range g.set.Columns() {
		// "Annual Income (k$)" is annual income, too.
		if plain, _, ok := strings.Cut(c.Name, "("); ok && g.columns[strings.Join(split(plain), " ")] == "" {
			addPhrase(g, g.columns, plain, c.Name)
		}
		addPhrases(g, g.columns, strings.Join([]string{q.Columns[c.Name], l.Noun(c.Name), c.Name, strings.ReplaceAll(c.Name, "_", " ")}, "|"), c.Name)
	}
	for _, name := range groups {
		columns := g.subjects.Group(name)
		if len(columns) == 0 || slices.ContainsFunc(columns, g.lacks) {
			continue
		}
		addPhrases(g, g.groups, q.Bundles[name]+"|"+l.T("bundle."+name), name)
	}
	g.addLevels(q)
	for _, tier := range a.Tiers {
		addPhrase(g, g.tiers, tier, tier)
	}
	for how, phrases := range q.Aggregates {
		addPhrases(g, g.aggregates, phrases, features.Aggregate(how))
	}
	for op, phrases := range q.Comparisons {
		addPhrases(g, g.comparisons, phrases, features.Op(op))
	}
	for column, ops := range q.Compared {
		if g.lacks(column) {
			continue
		}
		for op, phrases := range ops {
			addPhrases(g, g.compared, phrases, comparison{column, features.Op(op)})
		}
	}
	for i, word := range strings.Split(q.Small, "|") {
		addPhrase(g, g.small, word, float64(i))
	}
	g.spelling = slices.Sorted(maps.Keys(g.vocabulary))
	return g
}

// phraseSets returns the phrases of each name.
func phraseSets(g *grammar, phrases map[string]string) map[string]map[string]bool {
	sets := map[string]map[string]bool{}
	for name, of := range phrases {
		sets[name] = map[string]bool{}
		addPhrases(g, sets[name], of, true)
	}
	return sets
}

// lacks tells whether the customers have no such column.
func (g *grammar) lacks(column string) bool { return g.set.Series(column).IsZero() }

// addLevels adds the values of the columns of words under their own names, where
// no column has that name, and under those of the language.
func (g *grammar) addLevels(q *Questions) {
	words := g.subjects.words(g.set)
	for _, name := range words {
		for _, level := range g.set.Series(name).Levels() {
			p := strings.Join(split(level), " ")
			if _, taken := g.levels[p]; !taken && g.columns[p] == "" {
				addPhrase(g, g.levels, level, [2]string{name, level})
			}
		}
	}
	for _, name := range words {
		for level, phrases := range q.Levels[name] {
			addPhrases(g, g.levels, phrases, [2]string{name, level})
		}
	}
}

// addPhrases adds phrases, parted by |, that stand for a value.
func addPhrases[T any](g *grammar, m map[string]T, phrases string, value T) {
	for phrase := range strings.SplitSeq(phrases, "|") {
		addPhrase(g, m, phrase, value)
	}
}

func addPhrase[T any](g *grammar, m map[string]T, phrase string, value T) {
	p := split(phrase)
	if len(p) == 0 {
		return
	}
	g.longest = max(g.longest, len(p))
	for _, w := range p {
		g.vocabulary[w] = true
	}
	m[strings.Join(p, " ")] = value
}

// role returns how many words at the start of w have a role; 0 for none.
func (g *grammar) role(name string, w []string) int {
	n, _ := longestIn(g, g.roles[name], w)
	return n
}

// amount returns the number that a word is in the language.
func (g *grammar) amount(w string) (float64, bool) { return amount(w, g.decimal) }

// intent tells whether the words are a question of that kind.
func (g *grammar) intent(name string, w []string) bool {
	if g.intents[name+".first"][w[0]] {
		return true
	}
	for i := range w {
		if n, _ := longestIn(g, g.intents[name], w[i:]); n > 0 {
			return true
		}
	}
	return false
}

// longestIn returns the length and value of the longest phrase that words begin with.
func longestIn[T any](g *grammar, m map[string]T, w []string) (n int, v T) {
	for n := min(g.longest, len(w)); n > 0; n-- {
		if v, ok := m[strings.Join(w[:n], " ")]; ok {
			return n, v
		}
	}
	return 0, v
}
