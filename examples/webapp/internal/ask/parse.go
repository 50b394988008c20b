// Package ask answers questions about customers in plain words. A deterministic
// grammar over columns, tiers and aggregates turns a question into a query; no
// model of language and no outside service is involved. What is not understood
// is said, with the nearest questions that can be answered. The words of
// questions and answers are those of a texts.Language.
package ask

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/features"
)

// MaxLength is the greatest length of a question, in bytes.
const MaxLength = 400

// An Intent is what a question asks for.
type Intent string

// The intents.
const (
	Help         Intent = "help"
	WhatIf       Intent = "what if"      // where a changed customer would be
	Alike        Intent = "alike"        // the customers most like this one
	Why          Intent = "why"          // what decided
	Change       Intent = "change"       // what leads to another tier
	Describe     Intent = "describe"     // what a tier is
	Compare      Intent = "compare"      // tiers beside each other
	Overview     Intent = "overview"     // all tiers and their sizes
	Figure       Intent = "figure"       // an aggregate, by groups or not
	Bundle       Intent = "bundle"       // several columns that belong together
	Distribution Intent = "distribution" // how a column is spread
	Relation     Intent = "relation"     // one column against another
)

// Intents are all intents.
var Intents = []Intent{Help, WhatIf, Alike, Why, Change, Describe, Compare, Overview, Figure, Bundle, Distribution, Relation}

// A Question is what was understood.
type Question struct {
	Intent   Intent
	Measures []string
	Bundle   string
	How      data.Aggregate
	HowSaid  bool // whether the aggregate was named
	By       []string
	Tiers    []string
	Filters  []data.Filter
	Set      []Assignment // of WhatIf, in the order in which they were said
	Rank     int          // 1 for which has most, −1 for which has least
	Read     [][2]string  // words that were taken for others: icnome, income
}

// Assignment gives a column of the customer another value.
type Assignment struct {
	Column string
	Value  float64
}

// An Unclear is a question that was not understood.
type Unclear struct {
	Words []string // that are unknown
	Key   string   // where no word is to blame: the name of the text that says why
	Args  []any    // of that text
}

// Error is for those who write the program.
func (u *Unclear) Error() string {
	if len(u.Words) > 0 {
		return "the question has unknown words: " + strings.Join(u.Words, ", ")
	}
	return "the question is unclear: " + u.Key
}

// Text is one sentence for the one who asked.
func (u *Unclear) Text(l *texts.Language) string {
	if len(u.Words) == 0 {
		return l.T(u.Key, u.Args...)
	}
	quoted := make([]string, len(u.Words))
	for i, w := range u.Words {
		quoted[i] = l.T("ask.quoted", w)
	}
	return l.Count("ask.unclear.words", len(quoted), l.And(quoted))
}

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

// eitherWay is a number such as 70.000: 70 in English, and 70,000 for many who
// write English.
var eitherWay = regexp.MustCompile(`^-?[1-9]\d{0,2}\.\d{3}$`)

// amount reads a number as people write it: 70000, 70,000, 70k, 1.5m. Where
// decimals come after a comma, thousands are parted by points.
func amount(w, decimal string) (float64, bool) {
	if decimal == "," {
		w = strings.NewReplacer(",", ".", ".", ",").Replace(w)
	}
	factor := 1.0
	switch {
	case strings.HasSuffix(w, "k"):
		factor, w = 1e3, strings.TrimSuffix(w, "k")
	case strings.HasSuffix(w, "m"):
		factor, w = 1e6, strings.TrimSuffix(w, "m")
	}
	if digits := strings.TrimPrefix(w, "-"); digits == "" || digits[0] < '0' || digits[0] > '9' {
		return 0, false
	}
	parts := strings.Split(w, ",")
	for _, p := range parts[1:] {
		if len(p) < 3 || strings.Trim(p[:3], "0123456789") != "" || (len(p) > 3 && p[3] != '.') {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(strings.Join(parts, ""), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, false
	}
	return v * factor, true
}

// A Grammar is the questions of one language about one set of customers. It is
// immutable and safe for concurrent use.
type Grammar struct {
	set         *data.Set
	l           *texts.Language
	columns     map[string]string          // phrase → column
	bundles     map[string]string          // phrase → bundle
	levels      map[string][2]string       // phrase → column, level
	tiers       map[string]string          // phrase → tier
	aggregates  map[string]data.Aggregate  // phrase → aggregate
	comparisons map[string]data.Op         // phrase → comparison of the column before it
	compared    map[string]comparison      // phrase → comparison that names its column
	intents     map[string][]string        // kind of question → phrases
	roles       map[string]map[string]bool // what a word does → phrases
	small       map[string]float64         // word → number
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
		set: set, l: l, columns: map[string]string{}, bundles: map[string]string{}, levels: map[string][2]string{}, tiers: map[string]string{},
		aggregates: map[string]data.Aggregate{}, comparisons: map[string]data.Op{}, compared: map[string]comparison{},
		intents: map[string][]string{}, roles: map[string]map[string]bool{}, small: map[string]float64{},
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
	for _, b := range bundles {
		each(q.Bundles[b.name]+"|"+l.T("bundle."+b.name), func(p string) { g.bundles[p] = b.name })
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
func (g *Grammar) amount(w string) (float64, bool) { return amount(w, g.l.Questions.Decimal) }

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

// intent tells whether the words are a question of that kind.
func (g *Grammar) intent(name string, w []string) bool {
	return slices.Contains(g.intents[name+".first"], w[0]) || slices.ContainsFunc(g.intents[name], func(p string) bool { return has(w, p) })
}

// Parse reads a question. The error is an *Unclear.
func (g *Grammar) Parse(question string) (Question, error) {
	if len(question) > MaxLength {
		return Question{}, &Unclear{Key: "ask.unclear.long", Args: []any{MaxLength}}
	}
	w := split(question)
	if len(w) == 0 {
		return Question{}, &Unclear{Key: "ask.unclear.empty", Args: []any{g.set.Tiers[0]}}
	}
	if i := slices.IndexFunc(w, eitherWay.MatchString); i >= 0 && g.l.Questions.Decimal != "," {
		return Question{}, &Unclear{Key: "ask.unclear.either", Args: []any{w[i]}}
	}
	q := Question{How: data.Mean}
	w, q.Read = g.spell(w)
	if g.intent("what if", w) {
		return g.whatIf(w, q)
	}
	for _, intent := range []Intent{Help, Alike, Change, Why} {
		if g.intent(string(intent), w) {
			q.Intent = intent
			return q, nil
		}
	}
	return g.figure(w, q)
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
			if d := distance(word, k); d < second {
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

// distance is the number of letters to change, add, drop or swap (optimal
// string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

// whatIf reads pairs of a column and a value.
func (g *Grammar) whatIf(w []string, q Question) (Question, error) {
	q.Intent = WhatIf
	column := ""
	var unknown []string
	for i := 0; i < len(w); {
		if n, name := g.changeable(w[i:]); n > 0 {
			column = name
			i += n
			continue
		}
		if n, name := g.longestIn(g.columns, w[i:]); n > 0 && name != "is_parent" {
			unknown = append(unknown, strings.Join(w[i:i+n], " "))
			i += n
			continue
		}
		next, nextColumn := g.changeable(w[i+1:])
		if v, ok := g.amount(w[i]); ok {
			switch {
			case column != "":
				q.Set = append(q.Set, Assignment{column, v})
				column = ""
			case next > 0:
				q.Set = append(q.Set, Assignment{nextColumn, v})
				i += next
			case i > 0 && g.role("age before", w[i-1:i]) > 0 || g.role("age behind", w[i+1:]) > 0:
				q.Set = append(q.Set, Assignment{"age", v})
			default:
				return q, &Unclear{Key: "ask.unclear.which", Args: []any{w[i], g.l.Or(nouns(g.l, features.TrainingColumns))}}
			}
			i++
			continue
		}
		if number, ok := g.small[w[i]]; nextColumn == "children" && (ok || g.role("without", w[i:i+1]) > 0) {
			q.Set = append(q.Set, Assignment{"children", number})
			i += 1 + next
			continue
		}
		if g.role("filler", w[i:i+1]) == 0 && g.role("what if", w[i:i+1]) == 0 && g.role("without", w[i:i+1]) == 0 {
			unknown = append(unknown, w[i])
		}
		i++
	}
	if len(unknown) > 0 {
		return q, &Unclear{Words: unknown}
	}
	if len(q.Set) == 0 {
		return q, &Unclear{Key: "ask.unclear.what", Args: []any{g.l.T("ask.q.if", g.l.Noun("income"), "70000")}}
	}
	for _, a := range q.Set {
		if err := features.CheckValue(a.Column, a.Value); err != nil {
			return q, &Unclear{Key: "ask.unclear.value", Args: []any{g.l.Capital(g.l.Noun(a.Column)), strconv.FormatFloat(a.Value, 'f', -1, 64)}}
		}
	}
	return q, nil
}

// changeable finds a column of the customer at the start of the words. Of one
// person kids are all the children.
func (g *Grammar) changeable(w []string) (int, string) {
	n, name := g.longestIn(g.columns, w)
	if name == "kidhome" {
		name = "children"
	}
	if !slices.Contains(features.TrainingColumns, name) {
		return 0, ""
	}
	return n, name
}

// longestIn finds the longest phrase of a map at the start of the words.
func (g *Grammar) longestIn(m map[string]string, w []string) (int, string) {
	return longestOf(g.longest, m, w)
}

func longestOf[T any](longest int, m map[string]T, w []string) (n int, v T) {
	for n := min(longest, len(w)); n > 0; n-- {
		if v, ok := m[strings.Join(w[:n], " ")]; ok {
			return n, v
		}
	}
	return 0, v
}

// figure reads all questions about many customers.
func (g *Grammar) figure(w []string, q Question) (Question, error) {
	var (
		unknown    []string
		column     = ""    // the last column said, which a comparison is of
		said       = 0     // where its words end
		measured   = false // whether they made it a measure, which a comparison takes back
		by         = false // whether what comes is a grouping
		without    = false
		with       = false
		compare    = false
		describe   = false
		overview   = false
		spread     = false
		relation   = false
		which      = false
		bundle     = ""
		pending    data.Op // a comparison whose number is to come
		pendingFor string  // and its column
		a          = math.NaN()
		countNoun  = false
	)
	addTier := func(t string) {
		if !slices.Contains(q.Tiers, t) {
			q.Tiers = append(q.Tiers, t)
		}
	}
	filter := func(c string, op data.Op, a, b float64) {
		q.Filters = append(q.Filters, data.Filter{Column: c, Op: op, A: a, B: b})
		if measured && c == column {
			q.Measures, measured = q.Measures[:len(q.Measures)-1], false
		}
		pending = ""
	}
	for i := 0; i < len(w); {
		rest := w[i:]
		if v, ok := g.amount(w[i]); ok {
			i++
			next, nextColumn := g.longestIn(g.columns, w[i:])
			if pending == data.Between && math.IsNaN(a) {
				a = v
				continue
			}
			// Aged 40 to 60, from 40 to 60.
			op, high := pending, v
			if op == data.Is || op == data.AtLeast {
				to := i + g.role("to", w[i:])
				if to < len(w) {
					if b, ok := g.amount(w[to]); ok {
						op, a, high = data.Between, v, b
						i = to + 1
						next, nextColumn = g.longestIn(g.columns, w[i:])
					}
				}
			}
			low := v
			if op == data.Between {
				low, high = min(a, high), max(a, high)
				a = math.NaN()
			} else {
				high = 0
			}
			// A column that is said right before counts first, and then one behind.
			// Of customers over 60 it is the age.
			name := ""
			switch {
			case op == "" && next == 0 && column != "" && with:
				op, name = data.Is, column
			case op == "" && next > 0:
				op, name = data.Is, nextColumn
				i += next
			case op == "":
			case pendingFor != "":
				name = pendingFor
			case next > 0:
				name = nextColumn
				i += next
			case low >= 14 && max(low, high) <= 120:
				name = "age"
			default:
				name = column
			}
			if c := g.set.Column(name); c == nil || !c.Numeric() {
				unknown = append(unknown, rest[0])
				continue
			}
			filter(name, op, low, high)
			continue
		}
		if n, c := longestOf(g.longest, g.compared, rest); n > 0 {
			pending, pendingFor, a = c.op, c.column, math.NaN()
			i += n
			continue
		}
		// Tiers before columns: Gold is a tier, gold products are a column.
		nc, name := g.longestIn(g.columns, rest)
		nb, bundleName := g.longestIn(g.bundles, rest)
		nt, tier := g.longestIn(g.tiers, rest)
		nl, level := longestOf(g.longest, g.levels, rest)
		na, how := longestOf(g.longest, g.aggregates, rest)
		nm, op := longestOf(g.longest, g.comparisons, rest)
		longest := max(nc, nb, nt, nl, na, nm)
		most, least := g.role("most", rest), g.role("least", rest)
		// skip moves on behind a word that has a role, where it has.
		skip := func(role string) bool {
			n := g.role(role, rest)
			i += n
			return n > 0
		}
		switch {
		case skip("what"):
			_, next := g.longestIn(g.columns, w[i:])
			which = which || next == "tier"
		case skip("which"):
			which = true
		case skip("compare"):
			compare = true
		case skip("against"):
			relation, compare = true, true
		case skip("describe"):
			describe = true
		case skip("overview"):
			overview = true
		case skip("spread"):
			spread = true
		case skip("relate"):
			relation = true
		case skip("without"):
			without = true
		case max(most, least) > 0 && nm < 2 && which:
			q.Rank = 1
			if least > 0 {
				q.Rank = -1
			}
			i += max(most, least)
		case nt == longest && nt > 0:
			addTier(tier)
			by = false
			i += nt
		case nl == longest && nl > 0 && nl >= nc:
			op := data.Is
			if without {
				op = data.Not
			}
			if at := slices.IndexFunc(q.Filters, func(f data.Filter) bool { return f.Column == level[0] && f.Op == op && len(f.Words) > 0 }); at >= 0 {
				q.Filters[at].Words = append(q.Filters[at].Words, level[1])
			} else {
				q.Filters = append(q.Filters, data.Filter{Column: level[0], Op: op, Words: []string{level[1]}})
			}
			without = false
			i += nl
		case na == longest && na > 0:
			if how == data.Count {
				countNoun = true
			}
			if !q.HowSaid || q.How == data.Mean {
				q.How, q.HowSaid = how, true
			}
			i += na
		case nc == longest && nc > 0 && nc >= nb:
			c := g.set.Column(name)
			i += nc
			before := len(q.Measures)
			switch {
			case by || !c.Numeric() || which && len(q.By) == 0 && name == "tier":
				if name == "tier" && !by && !which && q.HowSaid && q.How == data.Count {
					overview = true
				}
				if !slices.Contains(q.By, name) {
					q.By = append(q.By, name)
				}
			case without:
				q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Is, A: 0})
				without = false
			case with && q.Rank == 0 && (!q.HowSaid || len(q.Measures) > 0 || countNoun):
				if !g.comparedAt(w, i) {
					q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Over, A: 0})
				}
			case c.Flag && len(q.Measures) > 0 && i > nc && g.role("and", w[i-nc-1:i-nc]) == 0 && g.role("against", w[i-nc-1:i-nc]) == 0 && !g.comparedAt(w, i):
				// The age of those who accepted, the spending of single parents.
				q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Over, A: 0})
			case c.Flag && (countNoun || q.How == data.Share && q.HowSaid) && !g.comparedAt(w, i):
				if q.How == data.Share {
					q.Measures = append(q.Measures, name)
				} else {
					q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Over, A: 0})
				}
			default:
				if !slices.Contains(q.Measures, name) {
					q.Measures = append(q.Measures, name)
				}
			}
			column, said, measured = name, i, len(q.Measures) > before
			with = false
		case nb == longest && nb > 0:
			if bundle == "" {
				bundle = bundleName
			}
			i += nb
		case nm == longest && nm > 0 && g.comparedAt(w, i):
			pending, pendingFor, a = op, "", math.NaN()
			if c := g.set.Column(column); c != nil && c.Numeric() && !slices.ContainsFunc(w[said:i], func(v string) bool { return g.roles["people"][v] }) {
				pendingFor = column
			}
			i += nm
		case nm == longest && nm > 0 && op == data.Between && compare:
			i += nm
		case nm == longest && nm > 0 && bounds[op] && g.role("loose", rest) == 0:
			return q, &Unclear{Key: "ask.unclear.comparison"}
		case skip("by"):
			by = true
		case skip("with"):
			with, by = true, false
		case skip("and"):
		case skip("of"):
			by = false
		case skip("all"), skip("filler"):
		default:
			unknown = append(unknown, w[i])
			i++
		}
	}
	if len(unknown) > 0 {
		return q, &Unclear{Words: unknown}
	}
	if pending != "" {
		return q, &Unclear{Key: "ask.unclear.comparison"}
	}
	for _, f := range q.Filters {
		if c := g.set.Column(f.Column); c == nil || c.Numeric() == (len(f.Words) > 0) {
			return q, &Unclear{Key: "ask.unclear.filter", Args: []any{g.l.Capital(g.l.Noun(f.Column))}}
		}
	}
	// In "spends most on meat" spending is the verb and meat the measure.
	if slices.ContainsFunc(q.Measures, func(m string) bool { return strings.HasPrefix(m, "mnt_") }) {
		q.Measures = slices.DeleteFunc(q.Measures, func(m string) bool { return m == "spent" })
	}
	numeric := 0
	for _, m := range q.Measures {
		if c := g.set.Column(m); c != nil && c.Numeric() {
			numeric++
		}
	}
	// Who spends most is a question about tiers.
	if q.Rank != 0 && numeric > 0 && len(q.By) == 0 && len(q.Tiers) == 0 {
		q.By = []string{"tier"}
	}
	if len(q.By) > 2 {
		return q, &Unclear{Key: "ask.unclear.by"}
	}
	switch {
	case spread && numeric > 0:
		q.Intent, q.Measures = Distribution, q.Measures[:1]
	case relation && numeric == 2 && !q.HowSaid:
		q.Intent = Relation
	case bundle == "products" && slices.Contains(q.Measures, "spent") && len(q.Measures) == 1,
		bundle != "" && numeric == 0:
		q.Intent, q.Bundle, q.Measures = Bundle, bundle, nil
	case compare && numeric == 0 && len(q.By) == 0, len(q.Tiers) > 1 && numeric == 0 && !countNoun:
		q.Intent = Compare
		if len(q.Filters) > 0 {
			q.Intent, q.Measures, q.By = Figure, slices.Clone(features.TrainingColumns), []string{"tier"}
		}
	case countNoun && numeric == 0 || q.HowSaid && q.How == data.Share && numeric == 0 && (len(q.Filters) > 0 || len(q.Tiers) > 0 || len(q.By) > 0):
		if len(q.Filters)+len(q.Tiers)+len(q.Measures) == 0 && q.How == data.Count && (len(q.By) == 0 && overview || slices.Equal(q.By, []string{"tier"})) {
			q.Intent = Overview
			break
		}
		q.Intent = Figure
	case numeric > 0:
		q.Intent = Figure
		if q.How == data.Count {
			q.How = data.Mean
		}
	case len(q.Tiers) == 1 && !q.HowSaid && len(q.Filters)+len(q.By) == 0:
		q.Intent = Describe
	case len(q.Filters)+len(q.Tiers) == 0 && (slices.Equal(q.By, []string{"tier"}) || overview || describe):
		q.Intent = Overview
	case len(q.By) > 0 || len(q.Filters) > 0:
		q.Intent, q.How = Figure, data.Count
	case q.Rank > 0:
		q.Intent, q.Tiers = Describe, g.set.Tiers[:1]
	case q.Rank < 0:
		q.Intent, q.Tiers = Describe, g.set.Tiers[len(g.set.Tiers)-1:]
	default:
		return q, &Unclear{Key: "ask.sorry"}
	}
	return q, nil
}

// bounds are the comparisons that make no sense without a number.
var bounds = map[data.Op]bool{data.Over: true, data.Under: true, data.AtLeast: true, data.AtMost: true, data.Between: true}

// comparedAt tells whether a comparison with a number begins at i.
func (g *Grammar) comparedAt(w []string, i int) bool {
	n, _ := longestOf(g.longest, g.comparisons, w[i:])
	if n == 0 || i+n >= len(w) {
		return false
	}
	_, ok := g.amount(w[i+n])
	return ok
}
