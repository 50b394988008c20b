package ask

import (
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/features"
)

// A Grammar is the questions of one language about one set of customers. It is
// immutable and safe for concurrent use.
type Grammar struct {
	set         *data.Set
	l           *texts.Language
	columns     map[string]string          // phrase → column
	groups      map[string]string          // phrase → group of columns
	levels      map[string][2]string       // phrase → column, level
	tiers       map[string]string          // phrase → tier
	aggregates  map[string]data.Aggregate  // phrase → aggregate
	comparisons map[string]data.Op         // phrase → comparison of the column before it
	compared    map[string]comparison      // phrase → comparison that names its column
	intents     map[string][]string        // kind of question → phrases
	roles       map[string]map[string]bool // what a word does → phrases
	small       map[string]float64         // word → number
	decimal     features.DecimalMark       // before the decimals of a number
	longest     int                        // words of the longest phrase
	known       []string                   // single words, for spelling
}

// comparison compares a column with a number to come.
type comparison struct {
	column string
	op     data.Op
}

// wordColumns are the columns whose values can be named, the one first that a
// value in several of them is taken from.
var wordColumns = []string{"education", "marital_status", "education_level", "living_with", "age_group"}

// NewGrammar makes the grammar for a set.
func NewGrammar(set *data.Set, l *texts.Language) *Grammar {
	g := &Grammar{
		set: set, l: l, columns: map[string]string{}, groups: map[string]string{}, levels: map[string][2]string{}, tiers: map[string]string{},
		aggregates: map[string]data.Aggregate{}, comparisons: map[string]data.Op{}, compared: map[string]comparison{},
		intents: map[string][]string{}, roles: map[string]map[string]bool{}, small: map[string]float64{}, decimal: features.DecimalPoint,
	}
	if l.Questions.Decimal == "," {
		g.decimal = features.DecimalComma
	}
	known := map[string]bool{}
	note := func(phrase string) string {
		p := split(phrase)
		g.longest = max(g.longest, len(p))
		for _, w := range p {
			known[w] = true
		}
		return strings.Join(p, " ")
	}
	each := func(phrases string, do func(phrase string)) {
		for phrase := range strings.SplitSeq(phrases, "|") {
			if p := note(phrase); p != "" {
				do(p)
			}
		}
	}
	q := l.Questions
	for _, c := range set.Columns() {
		each(strings.Join([]string{q.Columns[c.Name], l.Noun(c.Name), c.Name, strings.ReplaceAll(c.Name, "_", " ")}, "|"), func(p string) { g.columns[p] = c.Name })
	}
	for _, group := range features.ColumnGroups() {
		each(q.Bundles[group.Name]+"|"+l.T("bundle."+group.Name), func(p string) { g.groups[p] = group.Name })
	}
	for _, name := range wordColumns {
		if c := set.Column(name); c != nil {
			for _, level := range c.Levels {
				if p := note(level); p != "" && g.columns[p] == "" {
					if _, taken := g.levels[p]; !taken {
						g.levels[p] = [2]string{name, level}
					}
				}
			}
		}
	}
	for _, name := range wordColumns {
		for level, phrases := range q.Levels[name] {
			each(phrases, func(p string) { g.levels[p] = [2]string{name, level} })
		}
	}
	for _, tier := range set.Tiers {
		if p := note(tier); p != "" {
			g.tiers[p] = tier
		}
	}
	for how, phrases := range q.Aggregates {
		each(phrases, func(p string) { g.aggregates[p] = data.Aggregate(how) })
	}
	for op, phrases := range q.Comparisons {
		each(phrases, func(p string) { g.comparisons[p] = data.Op(op) })
	}
	for column, ops := range q.Compared {
		for op, phrases := range ops {
			each(phrases, func(p string) { g.compared[p] = comparison{column, data.Op(op)} })
		}
	}
	for intent, phrases := range q.Intents {
		each(phrases, func(p string) { g.intents[intent] = append(g.intents[intent], p) })
	}
	for role, phrases := range q.Roles {
		g.roles[role] = map[string]bool{}
		each(phrases, func(p string) { g.roles[role][p] = true })
	}
	for i, word := range strings.Split(q.Small, "|") {
		g.small[note(word)] = float64(i)
	}
	for w := range known {
		g.known = append(g.known, w)
	}
	slices.Sort(g.known)
	return g
}

// role is how many words at the start of w have a role; 0 for none.
func (g *Grammar) role(name string, w []string) int {
	n, _ := longestOf(g.longest, g.roles[name], w)
	return n
}

// amount reads a number of the language.
func (g *Grammar) amount(w string) (float64, bool) { return amount(w, g.decimal) }

// intent tells whether the words are a question of that kind.
func (g *Grammar) intent(name string, w []string) bool {
	return slices.Contains(g.intents[name+".first"], w[0]) || slices.ContainsFunc(g.intents[name], func(p string) bool { return has(w, p) })
}

// longestIn finds the longest phrase of a map at the start of the words.
func (g *Grammar) longestIn(m map[string]string, w []string) (int, string) {
	return longestOf(g.longest, m, w)
}
