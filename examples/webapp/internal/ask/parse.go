// Package ask answers questions about customers in plain English. A
// deterministic grammar over columns, tiers and aggregates turns a question
// into a query; no model of language and no outside service is involved. What
// is not understood is said, with the nearest questions that can be answered.
package ask

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
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
	Read     []string     // words that were taken for others: "icnome as income"
}

// Assignment gives a column of the customer another value.
type Assignment struct {
	Column string
	Value  float64
}

// An Unclear is a question that was not understood.
type Unclear struct {
	Words  []string // that are unknown
	Reason string   // a sentence, where no word is to blame
}

// Error is one sentence.
func (u *Unclear) Error() string {
	if len(u.Words) == 0 {
		return u.Reason
	}
	quoted := make([]string, len(u.Words))
	for i, w := range u.Words {
		quoted[i] = strconv.Quote(w)
	}
	return fmt.Sprintf(unknownWords, strings.Join(quoted, ", "))
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
			out = append(out, "percent")
		default:
			flush()
		}
	}
	flush()
	return out
}

// amount reads a number as people write it: 70000, 70,000, 70k, 1.5m.
func amount(w string) (float64, bool) {
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

// A Grammar is the language for one set of customers. It is immutable and safe
// for concurrent use.
type Grammar struct {
	set     *data.Set
	columns map[string]string    // phrase → column
	bundles map[string]string    // phrase → bundle
	levels  map[string][2]string // phrase → column, level
	tiers   map[string]string    // phrase → tier
	longest int
	known   []string // single words, for spelling
}

// NewGrammar makes the grammar for a set.
func NewGrammar(set *data.Set) *Grammar {
	g := &Grammar{set: set, columns: map[string]string{}, bundles: map[string]string{}, levels: map[string][2]string{}, tiers: map[string]string{}}
	known := map[string]bool{}
	note := func(phrase string) string {
		p := split(phrase)
		g.longest = max(g.longest, len(p))
		for _, w := range p {
			known[w] = true
		}
		return strings.Join(p, " ")
	}
	for _, c := range columnWords {
		for _, phrase := range append(strings.Split(c.phrases, "|"), c.noun, c.column, strings.ReplaceAll(c.column, "_", " ")) {
			g.columns[note(phrase)] = c.column
		}
	}
	for _, b := range bundleWords {
		for _, phrase := range strings.Split(b.phrases, "|") {
			g.bundles[note(phrase)] = b.name
		}
	}
	for _, name := range []string{"education", "marital_status", "education_level", "living_with", "age_group"} {
		c := set.Column(name)
		if c == nil {
			continue
		}
		for _, level := range c.Levels {
			if p := note(level); p != "" && g.columns[p] == "" {
				if _, taken := g.levels[p]; !taken {
					g.levels[p] = [2]string{name, level}
				}
			}
		}
	}
	for phrase, level := range levelWords {
		g.levels[note(phrase)] = level
	}
	for _, tier := range set.Tiers {
		if p := note(tier); p != "" {
			g.tiers[p] = tier
		}
	}
	for _, m := range []map[string]bool{fillers, mostWords, leastWords} {
		for w := range m {
			known[w] = true
		}
	}
	for w := range aggregateWords {
		note(w)
	}
	for w := range comparisonWords {
		note(w)
	}
	for w := range comparedWords {
		note(w)
	}
	for w := range known {
		g.known = append(g.known, w)
	}
	slices.Sort(g.known)
	return g
}

// Noun is what a column is called in an answer.
func Noun(column string) string {
	for _, c := range columnWords {
		if c.column == column {
			return c.noun
		}
	}
	return strings.ReplaceAll(column, "_", " ")
}

// Unit is the unit of a column; empty where it has none.
func Unit(column string) string {
	for _, c := range columnWords {
		if c.column == column {
			return c.unit
		}
	}
	return ""
}

// has tells whether a phrase stands in the words, and where.
func has(w []string, phrase string) int {
	p := strings.Fields(phrase)
	for i := 0; i+len(p) <= len(w); i++ {
		if slices.Equal(w[i:i+len(p)], p) {
			return i
		}
	}
	return -1
}

func anyOf(w []string, phrases ...string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return has(w, p) >= 0 })
}

// Parse reads a question. The error is an *Unclear.
func (g *Grammar) Parse(question string) (Question, error) {
	if len(question) > MaxLength {
		return Question{}, &Unclear{Reason: fmt.Sprintf("A question has at most %d characters.", MaxLength)}
	}
	w := split(question)
	if len(w) == 0 {
		return Question{}, &Unclear{Reason: "Ask something, for instance what the Platinum customers buy."}
	}
	q := Question{How: data.Mean}
	w, q.Read = g.spell(w)
	if anyOf(w, "what if", "suppose", "imagine") || (w[0] == "if") || anyOf(w, "if income", "if age", "if spending", "if children", "if they", "if he", "if she") {
		return g.whatIf(w, q)
	}
	switch {
	case anyOf(w, "help", "what can i ask", "what can you", "which questions", "how does this work"):
		q.Intent = Help
		return q, nil
	case anyOf(w, "like this", "similar", "alike", "like this customer", "like them", "look alike", "nearest customers", "neighbours", "neighbors"):
		q.Intent = Alike
		return q, nil
	case anyOf(w, "would have to change", "have to change", "has to change", "what would change", "needs to change", "need to change", "how to reach", "how could", "to get into", "to become", "move up", "next tier", "better tier", "how can this"):
		q.Intent = Change
		return q, nil
	case w[0] == "why" || anyOf(w, "how sure", "explain this", "how certain", "the reason", "borderline"):
		q.Intent = Why
		return q, nil
	}
	return g.figure(w, q)
}

// spell takes words that are nearly known for the known ones.
func (g *Grammar) spell(w []string) (out, read []string) {
	out = slices.Clone(w)
	for i, word := range w {
		if len(word) < 5 || slices.Contains(g.known, word) || intentWords[word] {
			continue
		}
		if _, ok := amount(word); ok {
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
			read = append(read, fmt.Sprintf("%s as %s", strconv.Quote(word), strconv.Quote(best)))
		}
	}
	return out, read
}

// intentWords are words of the patterns that Parse looks for.
var intentWords = words(`what if suppose imagine were was help similar alike neighbours neighbors nearest change reach become move next better tier sure certain explain reason borderline
	describe profile characterise characterize typical sets apart compare comparison distribution distributed histogram spread relate relation relationship correlation correlate depend depends scatter overview sizes big large without no none`)

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
		n, name := g.longestIn(g.columns, w[i:])
		if n > 0 && slices.Contains(features.TrainingColumns, name) {
			column = name
			i += n
			continue
		}
		if n > 0 && name != "is_parent" {
			unknown = append(unknown, strings.Join(w[i:i+n], " "))
			i += n
			continue
		}
		if v, ok := amount(w[i]); ok {
			next := ""
			if i+1 < len(w) {
				if m, name := g.longestIn(g.columns, w[i+1:]); m > 0 && slices.Contains(features.TrainingColumns, name) {
					next = name
				}
			}
			switch {
			case column != "":
				q.Set = append(q.Set, Assignment{column, v})
				column = ""
			case next != "":
				q.Set = append(q.Set, Assignment{next, v})
				if m, _ := g.longestIn(g.columns, w[i+1:]); m > 0 {
					i += m
				}
			case i > 0 && (w[i-1] == "were" || w[i-1] == "was") || i+1 < len(w) && (w[i+1] == "years" || w[i+1] == "old"):
				q.Set = append(q.Set, Assignment{"age", v})
			default:
				return q, &Unclear{Reason: fmt.Sprintf("Say which figure is to be %s: income, age, spending, tenure or children.", w[i])}
			}
			i++
			continue
		}
		if (w[i] == "no" || w[i] == "without") && i+1 < len(w) {
			if m, name := g.longestIn(g.columns, w[i+1:]); m > 0 && name == "children" {
				q.Set = append(q.Set, Assignment{"children", 0})
				i += 1 + m
				continue
			}
		}
		if number, ok := small[w[i]]; ok && i+1 < len(w) {
			if m, name := g.longestIn(g.columns, w[i+1:]); m > 0 && name == "children" {
				q.Set = append(q.Set, Assignment{"children", number})
				i += 1 + m
				continue
			}
		}
		if !fillers[w[i]] && !intentWords[w[i]] && !scaffold[w[i]] {
			unknown = append(unknown, w[i])
		}
		i++
	}
	if len(unknown) > 0 {
		return q, &Unclear{Words: unknown}
	}
	if len(q.Set) == 0 {
		return q, &Unclear{Reason: "Say which figure would be what: for instance, what if income were 70000?"}
	}
	for _, a := range q.Set {
		if err := features.CheckValue(a.Column, a.Value); err != nil {
			return q, &Unclear{Reason: fmt.Sprintf("%s cannot be %s.", strings.ToUpper(Noun(a.Column)[:1])+Noun(a.Column)[1:], strconv.FormatFloat(a.Value, 'f', -1, 64))}
		}
	}
	return q, nil
}

var small = map[string]float64{"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4}

var scaffold = words("he she his her him were be became becomes happen happens happened if only instead rose rises rise fell falls fall increased increases increase decreased dropped grew to became earned earns being had then customer")

// longestIn finds the longest phrase of a map at the start of the words.
func (g *Grammar) longestIn(m map[string]string, w []string) (int, string) {
	for n := min(g.longest, len(w)); n > 0; n-- {
		if v, ok := m[strings.Join(w[:n], " ")]; ok {
			return n, v
		}
	}
	return 0, ""
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
		pending    data.Op
		pendingFor string
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
		if i := slices.Index(q.Measures, c); i >= 0 && i == len(q.Measures)-1 {
			q.Measures = q.Measures[:i]
		}
	}
	for i := 0; i < len(w); {
		rest := w[i:]
		if v, ok := amount(w[i]); ok {
			i++
			next, nextColumn := g.longestIn(g.columns, w[i:])
			switch {
			case pending == data.Between && math.IsNaN(a):
				a = v
			case pending == data.Between:
				filter(pendingFor, data.Between, min(a, v), max(a, v))
				pending, a = "", math.NaN()
			case pending != "" && pendingFor != "":
				filter(pendingFor, pending, v, 0)
				pending = ""
			case pending != "" && next > 0:
				filter(nextColumn, pending, v, 0)
				pending = ""
				i += next
			case next > 0:
				if c := g.set.Column(nextColumn); c != nil && c.Numeric() {
					filter(nextColumn, data.Is, v, 0)
					i += next
					continue
				}
				unknown = append(unknown, w[i-1])
			case column != "" && with:
				filter(column, data.Is, v, 0)
			default:
				unknown = append(unknown, w[i-1])
			}
			continue
		}
		if n, c := longestOf(g.longest, comparedWords, rest); n > 0 {
			pending, pendingFor, a = c.op, c.column, math.NaN()
			i += n
			continue
		}
		// Tiers before columns: Gold is a tier, gold products are a column.
		nc, name := g.longestIn(g.columns, rest)
		nb, bundleName := g.longestIn(g.bundles, rest)
		nt, tier := g.longestIn(g.tiers, rest)
		nl, level := longestOf(g.longest, g.levels, rest)
		na, how := longestOf(g.longest, aggregateWords, rest)
		nm, op := longestOf(g.longest, comparisonWords, rest)
		most := max(nc, nb, nt, nl, na, nm)
		switch {
		case w[i] == "which" || w[i] == "what" || w[i] == "who":
			which = which || w[i] != "what" || len(w) > i+1 && (w[i+1] == "tier" || w[i+1] == "segment" || w[i+1] == "group")
			i++
		case w[i] == "compare" || w[i] == "comparison" || w[i] == "difference" || w[i] == "differ":
			compare = true
			i++
		case (w[i] == "versus" || w[i] == "vs" || w[i] == "against"):
			relation, compare = true, true
			i++
		case anyAt(rest, "sets apart", "stands out"):
			describe = true
			i += 2
		case w[i] == "describe" || w[i] == "profile" || w[i] == "about" || w[i] == "characterise" || w[i] == "characterize" || w[i] == "apart" || w[i] == "sets":
			describe = true
			i++
		case w[i] == "overview" || w[i] == "sizes" || w[i] == "big" || w[i] == "large":
			overview = true
			i++
		case w[i] == "distribution" || w[i] == "distributed" || w[i] == "histogram" || w[i] == "spread":
			spread = true
			i++
		case w[i] == "relate" || w[i] == "relation" || w[i] == "correlation" || w[i] == "correlate" || w[i] == "depend" || w[i] == "depends" || w[i] == "scatter":
			relation = true
			i++
		case w[i] == "without" || w[i] == "no" || w[i] == "none":
			without = true
			i++
		case (mostWords[w[i]] || leastWords[w[i]]) && nm < 2 && which:
			q.Rank = 1
			if leastWords[w[i]] {
				q.Rank = -1
			}
			i++
		case nt == most && nt > 0:
			addTier(tier)
			by = false
			i += nt
		case nl == most && nl > 0 && nl >= nc:
			if at := slices.IndexFunc(q.Filters, func(f data.Filter) bool { return f.Column == level[0] && len(f.Words) > 0 }); at >= 0 {
				q.Filters[at].Words = append(q.Filters[at].Words, level[1])
			} else {
				op := data.Is
				if without {
					op = data.Not
				}
				q.Filters = append(q.Filters, data.Filter{Column: level[0], Op: op, Words: []string{level[1]}})
			}
			without = false
			i += nl
		case na == most && na > 0:
			if how == data.Count {
				countNoun = true
			}
			if !q.HowSaid || q.How == data.Mean {
				q.How, q.HowSaid = how, true
			}
			i += na
		case nc == most && nc > 0 && nc >= nb:
			c := g.set.Column(name)
			i += nc
			switch {
			case c == nil:
				unknown = append(unknown, name)
			case pending != "" && pendingFor == "" && !math.IsNaN(a):
				filter(name, pending, a, 0)
				pending = ""
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
			case with && !q.HowSaid, with && len(q.Measures) > 0, with && countNoun:
				if !compared(g, w, i) {
					q.Filters = append(q.Filters, data.Filter{Column: name, Op: data.Over, A: 0})
				}
				column = name
			case c.Flag && (countNoun || q.How == data.Share && q.HowSaid) && !compared(g, w, i):
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
			column = name
			with = false
		case nb == most && nb > 0:
			if bundle == "" {
				bundle = bundleName
			}
			i += nb
		case nm == most && nm > 0 && compared(g, w, i):
			pending, pendingFor, a = op, column, math.NaN()
			i += nm
		case nm == most && nm > 0 && bounds[op] && w[i] != "from":
			return q, &Unclear{Reason: "A comparison needs a column and a number: for instance, income over 50000."}
		case w[i] == "by" || w[i] == "per" || w[i] == "each" || w[i] == "across" || w[i] == "every":
			by = true
			i++
		case w[i] == "with" || w[i] == "having" || w[i] == "have" || w[i] == "has":
			with = true
			i++
		case w[i] == "and" || w[i] == "or":
			i++
		case w[i] == "for" || w[i] == "of" || w[i] == "among" || w[i] == "in":
			by = false
			i++
		case w[i] == "everybody" || w[i] == "everyone" || w[i] == "overall":
			i++
		case fillers[w[i]] || intentWords[w[i]]:
			i++
		default:
			unknown = append(unknown, w[i])
			i++
		}
	}
	if len(unknown) > 0 {
		return q, &Unclear{Words: unknown}
	}
	if pending != "" {
		return q, &Unclear{Reason: "A comparison needs a column and a number: for instance, income over 50000."}
	}
	for i := range q.Filters {
		c := g.set.Column(q.Filters[i].Column)
		if c == nil || c.Numeric() == (len(q.Filters[i].Words) > 0) {
			return q, &Unclear{Reason: fmt.Sprintf("%s cannot be compared in this way.", Noun(q.Filters[i].Column))}
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
	if len(q.By) > 2 {
		return q, &Unclear{Reason: "Figures are told by two columns at most."}
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
	case countNoun && numeric == 0 || q.HowSaid && q.How == data.Share && numeric == 0 && (len(q.Filters) > 0 || len(q.Tiers) > 0 || len(q.By) > 0):
		if len(q.By) == 0 && len(q.Filters) == 0 && len(q.Tiers) == 0 && overview {
			q.Intent = Overview
			break
		}
		q.Intent = Figure
	case numeric > 0:
		q.Intent = Figure
		if q.How == data.Count {
			q.How = data.Mean
		}
	case len(q.Tiers) == 1 && !q.HowSaid:
		q.Intent = Describe
	case slices.Equal(q.By, []string{"tier"}) || overview || describe && len(q.Tiers) == 0:
		q.Intent = Overview
	case len(q.By) > 0 || len(q.Filters) > 0:
		q.Intent, q.How = Figure, data.Count
	default:
		return q, &Unclear{Reason: sorry}
	}
	return q, nil
}

// bounds are the comparisons that make no sense without a number.
var bounds = map[data.Op]bool{data.Over: true, data.Under: true, data.AtLeast: true, data.AtMost: true, data.Between: true}

func anyAt(w []string, phrases ...string) bool {
	for _, p := range phrases {
		f := strings.Fields(p)
		if len(w) >= len(f) && slices.Equal(w[:len(f)], f) {
			return true
		}
	}
	return false
}

// compared tells whether a comparison with a number begins at i.
func compared(g *Grammar, w []string, i int) bool {
	n, _ := longestOf(g.longest, comparisonWords, w[i:])
	if n == 0 || i+n >= len(w) {
		return false
	}
	_, ok := amount(w[i+n])
	return ok
}
