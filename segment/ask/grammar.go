package ask

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// A kind is what a phrase can stand for.
type kind uint8

const (
	kWord       kind = iota // one that holds a question together
	kColumn                 // a column
	kVerb                   // what customers do to have a value in it: spend
	kTotal                  // a column of which the sum is meant: revenue
	kBundle                 // a group of columns
	kCondition              // a condition: Gold, married, childless
	kAggregate              // a figure: average
	kCompare                // a comparison before a number: over, older than
	kBehind                 // one behind it: or more
	kMore                   // having more or less: older
	kMost                   // having the most or the least: oldest
	kUnit                   // years
	kScale                  // thousand
	kNumber                 // 70,000
	kUnknowable             // what data cannot tell
	kDay                    // a column of days: joined
	kMonth                  // January
	kFraction               // a part in per cent: quarter
	kDoer                   // customers by what they do most: earners
)

// A meaning is one thing that a phrase stands for.
type meaning struct {
	kind      kind
	name      string // of a word, column, group, unit or text
	condition features.Condition
	aggregate features.Aggregate
	op        features.Op
	sign      int     // 1 for more, −1 for less
	value     float64 // of numbers and scales
}

// A grammar reads questions in one language about one set of customers. It is
// immutable and safe for concurrent use.
type grammar struct {
	*Answerer
	customer   []string            // the columns of the model, which a customer has values of
	words      map[string][]string // of those, the words by their codes
	l          *narrate.Language
	lexicon    map[string][]meaning // by phrase
	decimal    features.DecimalMark // before the decimals of a number
	wholes     map[string]string    // column → that it stands for of one customer
	longest    int                  // words of the longest phrase
	vocabulary map[string]bool      // of all phrases
	forms      map[string]bool      // the same with their endings
	spelling   []string             // these, sorted
	strangers  map[string]bool
	endings    []string
	namedAge   string // the column of ages of a table of other subjects
	inflection *inflection
	order      *clauseOrder
	ordinals   []string
	decades    string
}

// newGrammar returns the grammar of a language.
func newGrammar(a *Answerer, l *narrate.Language, q *Questions) *grammar {
	g := &grammar{
		Answerer: a, customer: a.Model.Columns(), words: a.Model.Pipeline().Words(), l: l,
		lexicon: map[string][]meaning{}, decimal: features.DecimalPoint, wholes: q.Wholes, vocabulary: map[string]bool{}, strangers: map[string]bool{},
	}
	g.inflection = newInflection(q)
	g.order = newClauseOrder(q, g.inflection)
	g.namedAge = a.namedAge
	for _, c := range a.data.Columns() {
		if names := strings.Split(q.Columns["age"], "|"); g.namedAge == "" && c.Kind.Numeric() && slices.Contains(names, strings.ToLower(c.Name)) {
			g.namedAge = c.Name
		}
	}
	g.forms = g.vocabulary
	if g.inflection != nil {
		g.forms = map[string]bool{}
	}
	if q.Endings != "" {
		g.endings = strings.Split(q.Endings, "|")
	}
	g.decades = q.Decades
	if q.Ordinals != "" {
		g.ordinals = strings.Split(q.Ordinals, "|")
	}
	if q.Decimal == "," {
		g.decimal = features.DecimalComma
	}
	for w := range strings.SplitSeq(q.Strangers, "|") {
		g.strangers[g.inflection.stem(w)] = true
	}
	g.addColumns(q)
	g.addLevels(q)
	for how, phrases := range q.Aggregates {
		g.add(phrases, meaning{kind: kAggregate, aggregate: features.Aggregate(how)})
	}
	for op, phrases := range q.Comparisons {
		g.add(phrases, meaning{kind: kCompare, op: features.Op(op)})
	}
	for op, phrases := range q.Behind {
		g.add(phrases, meaning{kind: kBehind, op: features.Op(op)})
	}
	for name, phrases := range q.Units {
		g.add(phrases, meaning{kind: kUnit, name: name})
	}
	for scale, phrases := range q.Scales {
		v, _ := strconv.ParseFloat(scale, 64)
		g.add(phrases, meaning{kind: kScale, value: v})
	}
	for n, phrases := range q.Numbers {
		v, _ := strconv.ParseFloat(n, 64)
		g.add(phrases, meaning{kind: kNumber, value: v})
	}
	for n, phrases := range q.Quantiles {
		v, _ := strconv.ParseFloat(n, 64)
		g.add(phrases, meaning{kind: kAggregate, aggregate: Percentile, value: v})
	}
	for n, phrases := range q.Months {
		first, last, _ := strings.Cut(n, "-")
		v, _ := strconv.ParseFloat(first, 64)
		to, _ := strconv.Atoi(last)
		g.add(phrases, meaning{kind: kMonth, value: v, sign: to})
	}
	for n, phrases := range q.Fractions {
		v, _ := strconv.ParseFloat(n, 64)
		g.add(phrases, meaning{kind: kFraction, value: v})
	}
	for column, phrases := range q.Doers {
		if column = g.known(column); column != "" {
			g.add(phrases, meaning{kind: kDoer, name: column})
		}
	}
	for column := range g.days {
		for op, phrases := range q.Days[column] {
			g.add(phrases, meaning{kind: kDay, name: column, op: features.Op(op)})
		}
		g.addNew(strings.Join([]string{g.l.Noun(column), column, strings.ReplaceAll(column, "_", " ")}, "|"), meaning{kind: kDay, name: column})
	}
	for name, phrases := range q.Words {
		g.add(phrases, meaning{kind: kWord, name: name})
	}
	for key, phrases := range q.Unknowable {
		g.add(phrases, meaning{kind: kUnknowable, name: key})
	}
	for i, word := range strings.Split(q.Small, "|") {
		g.add(word, meaning{kind: kNumber, value: float64(i)})
	}
	g.spelling = slices.Sorted(maps.Keys(g.forms))
	if g.inflection != nil { // what means little may be any word that is spelt wrong
		g.spelling = slices.DeleteFunc(g.spelling, func(w string) bool {
			m := g.lexicon[g.inflection.stem(w)]
			return len(m) > 0 && !slices.ContainsFunc(m, func(m meaning) bool { return m.kind != kWord || m.name != "filler" })
		})
	}
	g.inflection.learn(g.lexicon)
	return g
}

// addColumns adds the names of columns, and what names one in another way.
func (g *grammar) addColumns(q *Questions) {
	for _, c := range g.data.Columns() {
		g.addNouns(q.Columns[c.Name], meaning{kind: kColumn, name: c.Name})
	}
	for _, c := range g.data.Columns() {
		plain, _, _ := strings.Cut(c.Name, "(") // "Annual Income (k$)" is annual income, too
		g.addNew(strings.Join([]string{g.l.Noun(c.Name), c.Name, strings.ReplaceAll(c.Name, "_", " "), strings.ReplaceAll(plain, "_", " ")}, "|"), meaning{kind: kColumn, name: c.Name})
		g.add(q.Verbs[c.Name], meaning{kind: kVerb, name: c.Name})
		g.addNouns(q.Totals[c.Name], meaning{kind: kTotal, name: c.Name})
		for op, phrases := range q.Compared[c.Name] {
			g.add(phrases, meaning{kind: kCompare, name: c.Name, op: features.Op(op)})
		}
	}
	g.addParts()
	g.addKinds(q)
	for _, name := range groups {
		columns := g.Subjects.Group(name)
		if len(columns) == 0 || slices.ContainsFunc(columns, g.lacks) {
			continue
		}
		g.addNouns(q.Bundles[name], meaning{kind: kBundle, name: name})
	}
	for sign, of := range map[int]map[string]string{1: q.More, -1: q.Less} {
		for column, phrases := range of {
			if column = g.known(column); column != "" {
				g.add(phrases, meaning{kind: kMore, name: column, sign: sign})
			}
		}
		g.add(of[""], meaning{kind: kMore, sign: sign})
	}
	for sign, of := range map[int]map[string]string{1: q.Most, -1: q.Least} {
		for column, phrases := range of {
			if column = g.known(column); column != "" {
				g.add(phrases, meaning{kind: kMost, name: column, sign: sign})
			}
		}
		g.add(of[""], meaning{kind: kMost, sign: sign})
	}
}

// subjects are the columns that words of every table may be about.
func (g *grammar) subject(name string) string {
	switch name {
	case "age":
		if g.Subjects.age() == "" {
			return g.namedAge
		}
		return g.Subjects.age()
	case "income":
		return g.Subjects.Income
	case "spent":
		return g.Subjects.Revenue
	case "recency":
		return g.Subjects.Recency
	case "tenure":
		return g.Subjects.Tenure
	}
	return ""
}

// known returns the column of a name of the campaign schema: that of the table, or
// the one that the table has on the same subject; empty for none.
func (g *grammar) known(column string) string {
	if column != "" && !g.lacks(column) {
		return column
	}
	return g.subject(column)
}

// addKinds lets the words for a column of the campaign schema stand for the one that
// another table has on the same subject.
func (g *grammar) addKinds(q *Questions) {
	for _, name := range []string{"age", "income", "spent", "recency", "tenure"} {
		column := g.subject(name)
		if column == "" || column == name {
			continue
		}
		g.addNew(q.Columns[name], meaning{kind: kColumn, name: column})
		g.addNew(q.Verbs[name], meaning{kind: kVerb, name: column})
		g.addNew(q.Totals[name], meaning{kind: kTotal, name: column})
		for op, phrases := range q.Compared[name] {
			g.add(phrases, meaning{kind: kCompare, name: column, op: features.Op(op)})
		}
	}
}

// addParts adds the ends of names of several words that no other name has: income of
// annual income.
func (g *grammar) addParts() {
	ends := map[string][]string{}
	for _, c := range g.data.Columns() {
		noun := split(g.l.Noun(c.Name))
		plain, _, _ := strings.Cut(c.Name, "(")
		for _, w := range [][]string{noun, split(strings.ReplaceAll(plain, "_", " "))} {
			for _, part := range [][]string{w[min(1, len(w)):], w[:max(0, len(w)-1)]} {
				if p := strings.Join(part, " "); p != "" && len(w) > 1 && !slices.Contains(ends[p], c.Name) && len(p) > 3 {
					ends[p] = append(ends[p], c.Name)
				}
			}
		}
	}
	if len(g.Subjects.Offers) > 0 { // the campaign schema has words of its own
		return
	}
	for phrase, columns := range ends {
		if len(columns) == 1 {
			g.addNew(phrase, meaning{kind: kColumn, name: columns[0]})
		}
	}
}

// lacks tells whether the customers have no such column.
func (g *grammar) lacks(column string) bool { return g.data.Series(column).IsZero() }

// addLevels adds the values of the columns of words under their own names and under
// those of the language, and the conditions that have names. A value that two columns
// have is that of the first.
func (g *grammar) addLevels(q *Questions) {
	for _, name := range append([]string{"tier"}, g.Subjects.words(g.data)...) {
		for _, level := range g.data.Series(name).Levels() {
			m := meaning{kind: kCondition, condition: features.Condition{Column: name, Op: features.Is, Words: []string{level}}}
			g.addNew(level, m)
			g.addNew(q.Levels[name][level], m)
			g.addNew(q.Levels["*"][level], m)
		}
	}
	for _, tier := range g.Tiers { // also those without a customer
		g.addNew(tier, meaning{kind: kCondition, condition: features.Condition{Column: "tier", Op: features.Is, Words: []string{tier}}})
	}
	for text, phrases := range q.Conditions {
		c, err := readCondition(text)
		if c.Column = g.known(c.Column); err == nil && c.Column != "" {
			g.add(phrases, meaning{kind: kCondition, condition: c})
		}
	}
}

// add adds phrases, parted by |, that stand for something.
func (g *grammar) add(phrases string, m meaning) {
	for phrase := range strings.SplitSeq(phrases, "|") {
		g.addPhrase(split(phrase), m)
	}
}

// addNouns adds them with the endings that nouns may have.
func (g *grammar) addNouns(phrases string, m meaning) {
	for phrase := range strings.SplitSeq(phrases, "|") {
		w := split(phrase)
		if len(w) == 0 {
			continue
		}
		g.addPhrase(w, m)
		for _, ending := range g.endings {
			if with, ok := inflect(w, ending); ok {
				g.addNew(strings.Join(with, " "), m)
			}
		}
	}
}

// addNew adds those phrases that stand for no such thing yet.
func (g *grammar) addNew(phrases string, m meaning) {
	for phrase := range strings.SplitSeq(phrases, "|") {
		w := split(phrase)
		for i := range 1 + len(g.endings) {
			with := w
			if i > 0 {
				var ok bool
				if with, ok = inflect(w, g.endings[i-1]); !ok {
					continue
				}
			}
			p := g.inflection.key(with)
			if !slices.ContainsFunc(g.lexicon[p], func(o meaning) bool { return o.kind == m.kind || o.kind == kColumn || o.kind == kCondition }) {
				g.addPhrase(with, m)
			}
		}
	}
}

// inflect returns a phrase with an ending, s, or one in place of another: y>ies.
func inflect(w []string, ending string) ([]string, bool) {
	if len(w) == 0 {
		return nil, false
	}
	last := w[len(w)-1]
	if from, to, ok := strings.Cut(ending, ">"); ok {
		stem, has := strings.CutSuffix(last, from)
		last, ending = stem, to
		if !has {
			return nil, false
		}
	}
	out := slices.Clone(w)
	out[len(w)-1] = last + ending
	return out, true
}

func (g *grammar) addPhrase(w []string, m meaning) {
	if len(w) == 0 {
		return
	}
	g.longest = max(g.longest, len(w))
	for _, word := range w {
		g.forms[word] = true
		g.vocabulary[g.inflection.stem(word)] = true
	}
	p := g.inflection.key(w)
	if !slices.ContainsFunc(g.lexicon[p], func(o meaning) bool {
		return o.kind == m.kind && o.name == m.name && o.op == m.op && o.sign == m.sign && o.condition.Column == m.condition.Column
	}) {
		g.lexicon[p] = append(g.lexicon[p], m)
	}
}

// amount returns the number that a word is in the language.
func (g *grammar) amount(w string) (float64, bool) { return amount(w, g.decimal) }

// counted tells whether the values of a column are numbers of things: not all whole
// numbers are, and the words for the column tell.
func (g *grammar) counted(column string) bool {
	return g.data.Series(column).Kind() == features.Integer && g.l.Unit(column) == "" && (g.Subjects.Words[column].After != "" || g.sums[column] != nil)
}
