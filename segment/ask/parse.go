package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// lex parts a question into tokens, in the order in which English has them, and says
// which words are unknown and which were taken for others.
func (g *grammar) lex(question string) (tokens []token, unknown []string, corrections [][2]string) {
	words, corrections := g.spell(g.inflection.words(question, func(stem string) bool { return g.vocabulary[stem] || g.strangers[stem] }))
	tokens, unknown = g.tokens(g.inflection.stems(words), words)
	return g.order.arrange(tokens), unknown, corrections
}

// Parse returns the query that a question asks after another query, the zero one for
// none. The error is an *Unclear: every word either went into the query or only holds
// the question together.
func (g *grammar) Parse(question string, last Query) (Query, error) {
	if len(question) > MaxLength {
		return Query{}, &Unclear{Key: "ask.unclear.long", Args: []any{MaxLength}}
	}
	tokens, unknown, corrections := g.lex(question)
	if len(tokens)+len(unknown) == 0 {
		return Query{}, &Unclear{Key: "ask.unclear.empty", Args: []any{g.Tiers[0]}}
	}
	for _, t := range tokens {
		if m, ok := t.as(kUnknowable); ok {
			return Query{}, &Unclear{Key: m.name, Args: []any{t.said()}}
		}
	}
	if len(unknown) > 0 {
		return Query{}, &Unclear{Words: unknown}
	}
	if i := slices.IndexFunc(tokens, func(t token) bool { _, ok := t.as(kMonth); return ok && len(t.meanings) == 1 }); i >= 0 && !slices.ContainsFunc(tokens, func(t token) bool { _, ok := t.as(kDay); return ok }) && len(last.Where) == 0 {
		return Query{}, &Unclear{Key: "ask.unknown.time", Args: []any{tokens[i].text}}
	}
	p := &parser{grammar: g, last: last}
	for _, t := range tokens {
		if len(t.meanings) > 1 || !t.does("filler") {
			p.t = append(p.t, t)
		}
	}
	p.q.Corrections = corrections
	p.target = &p.groups[0]
	if len(p.t) == 0 {
		return Query{}, &Unclear{Key: "ask.sorry"}
	}
	q, err := p.read()
	if err != nil {
		return Query{}, err
	}
	q.Corrections = append(corrections, p.taken...)
	return q, nil
}

// A measure is a column that a figure is asked of, and how it was named.
type measure struct {
	name string
	kind kind
	at   int
	part string // of a share: head, in or main
}

// A parser reads one question from its first token to its last. At each token the
// rules are tried in order; the first that applies consumes tokens and enters what
// they say. A token that no rule consumes makes the question unclear.
type parser struct {
	*grammar
	last  Query
	t     []token
	at    int // the token to be read
	q     Query
	taken [][2]string // numbers that were read in one of two ways

	figure   features.Aggregate
	named    bool // whether the figure was named
	measures []measure
	bundle   string
	by       []string
	told     []bool // whether each of by was asked for
	kept     bool   // whether those of the last query are meant
	done     bool   // whether the query is the last one, changed

	groups   [mostGroups]Where // the groups that are compared; the first is of whom
	grouped  int               // the group that is read
	split    bool              // whether the next condition begins a group
	all      [mostGroups]bool  // whether a group is everybody
	noun     [mostGroups]bool  // whether a group has a noun of its own
	target   *Where
	share    *part
	part     float64 // per cent of a total that few customers make
	top      *top
	topN     float64 // how many are asked for before most is said
	topAt    int     // the token behind the last top that is a condition
	topTaken bool    // whether one took the revenue to be by
	topNamed bool    // whether that said what it is by
	tops     Where   // those that are of all customers: Gold customers in the top ten

	cues
	link   string // the connector before this token: and, or
	joined bool   // whether some clauses were joined by and
	prior  int    // the token behind the last condition
	added  bool   // whether the token read is one
	not    bool   // the next condition is denied
	none   bool   // and so are those that are listed with it
	noneAt int    // the token that denies them
	sign   int    // of more and most
	most   bool   // that sign is of the most
	said   string // the column that more or most is of
	mostAt int    // the token behind it
}

// cues are words that were read which say what kind of question it is.
type cues struct {
	which, who, what, howMany, howMuch, people, person bool
	compare, than, describe, spread, relation          bool
	overview, rate, each, accepting, buying, having    bool
	relative, afterBy, more, sized, made               bool
	often, response, implied, denied, together         bool
	verbMore, nounMore                                 bool
	or, spent, exact, performing, yearly, used         bool
	besideMean                                         bool
}

// mostGroups is how many groups of customers are compared at most.
const mostGroups = 6

// A part is a share being read: of those named first, of those that are told apart
// behind, of those that it is in, and what the verb says of them.
type part struct {
	head, post, in, main Where
	verb                 bool // whether the verb was read
}

// A top is how many have the most or the least.
type top struct {
	n       float64
	percent bool
	sign    int
	column  string
}

// rules read tokens, in this order.
var rules = []func(*parser) (int, error){
	(*parser).ranked, (*parser).condition, (*parser).shared, (*parser).shown, (*parser).compared, (*parser).asked, (*parser).grouping, (*parser).measured, (*parser).joining,
}

// read reads all tokens.
func (p *parser) read() (Query, error) {
	if q, ok, err := p.about(); ok || err != nil {
		return q, err
	}
	for p.at < len(p.t) {
		before := p.at
		p.ends()
		for i := 0; i < len(rules) && p.at == before; i++ {
			n, err := rules[i](p)
			if err != nil {
				return Query{}, err
			}
			p.at += n
		}
		if p.added {
			p.prior, p.added = p.at, false
		}
		if p.at == before {
			return Query{}, p.unfit(p.at)
		}
	}
	p.ends()
	if p.not {
		return Query{}, &Unclear{Key: "ask.unclear.not"}
	}
	return p.decide()
}

// ends ends a list of what is denied together.
func (p *parser) ends() {
	t, before := p.tok(0), p.tok(-1)
	if _, condition := t.as(kCondition); p.none && p.prior > p.noneAt && !condition && !before.does("or", "nor") && !t.does("and", "or", "nor", "comma") {
		p.not, p.none = false, false
	}
}

// unfit returns that a token does not fit.
func (p *parser) unfit(at int) error {
	return &Unclear{Key: "ask.unclear.unfit", Args: []any{p.t[min(at, len(p.t)-1)].said()}}
}

// tok returns the i-th token from the next one on; the zero one behind the last.
func (p *parser) tok(i int) token {
	if p.at+i < 0 || p.at+i >= len(p.t) {
		return token{}
	}
	return p.t[p.at+i]
}

// column returns what a token means as a column, however it is named.
func (t token) column() (m meaning, ok bool) {
	for _, k := range []kind{kColumn, kVerb, kTotal} {
		if m, ok = t.as(k); ok {
			return m, true
		}
	}
	return m, false
}

// joining reads the words that hold a question together.
func (p *parser) joining() (int, error) {
	t := p.tok(0)
	switch {
	case t.does("and", "or", "nor", "comma"):
		p.joins(t)
	case t.does("not"):
		p.not = true
	case t.does("neither", "except"):
		p.not, p.none, p.noneAt = true, true, p.at
	case t.does("but"):
		if next := p.tok(1); p.tok(-1).does("all", "people") && !next.does("not", "no", "without", "only") { // everybody but Bronze
			p.not, p.none, p.noneAt = true, true, p.at
		} else {
			p.joins(token{})
		}
	case t.does("either"):
		p.or = true
	case t.does("rel") && t.does("pronoun") && (p.tok(-1).does("compare", "versus", "than", "of", "in", "for", "with") || p.at == len(p.t)-1):
		p.kept = true
	case t.does("rel"):
		p.relative, p.afterBy = true, false
		p.partAt("rel")
	case t.does("be", "do", "come"):
		p.partAt("verb")
	case t.does("have"):
		p.having, p.afterBy = true, false
		p.partAt("verb")
	case t.does("with"):
		if p.parts("with") {
			return 1, nil
		}
		p.having, p.afterBy = true, false
		p.partAt("with")
	case t.does("accept"):
		p.partAt("verb")
		p.accepting = true
	case t.does("buy", "use"):
		p.partAt("verb")
		p.buying, p.used = p.buying || t.does("buy"), p.used || t.does("use")
	case t.does("reject"):
		p.partAt("verb")
		p.accepting, p.not = true, !p.not
	case t.does("acceptors"):
		return p.acceptors()
	case t.does("together"):
		p.together = true
	case t.does("perform"):
		p.performing = true
	case t.does("a year"):
		p.yearly = true
	case t.does("times") && p.numberAt(-1), t.does("ago") && p.prior == p.at:
	case t.does("of", "in", "for", "on", "from", "among", "to"):
		p.afterBy = false
		if t.does("to", "from") {
			p.parts("to")
		}
		if t.does("in", "among", "of", "for") {
			p.partAt("in")
		}
	case t.does("people", "person"):
		p.people, p.person = true, p.person || t.does("person")
		p.noun[p.grouped] = true
		p.afterBy = false
	case t.does("any", "filler", "also", "figure", "amount"):
	case t.does("pronoun"):
		p.kept = p.kept || !p.people && len(p.groups[0]) == 0
	default:
		return 0, nil
	}
	return 1, nil
}

// joins enters a connector: between groups that are compared it begins the next one.
func (p *parser) joins(t token) {
	name := "and"
	switch {
	case t.does("or"):
		name, p.or = "or", true
	case t.does("nor"):
		name, p.not = "nor", true
	case t.does("comma"):
		name = "comma"
	}
	if p.link == "or" && name == "comma" {
		return
	}
	if p.parts(name) {
		return
	}
	if p.link != "or" || name != "and" {
		p.link = name
	}
}

// partAt goes on to the next part of a share where a word begins it.
func (p *parser) partAt(word string) {
	s := p.share
	if s == nil || s.verb {
		return
	}
	head := p.target == &s.head
	switch word {
	case "verb":
		after := p.tok(-1)
		if after.does("rel") || p.relative && (after.does("and", "or", "not", "have", "be", "do", "accept") || p.target == &s.post && len(s.post) == 0) {
			return
		}
		if after.does("share") || p.at == 0 {
			return
		}
		s.verb, p.target, p.link = true, &s.main, ""
	case "rel", "with":
		if head {
			p.target, p.link = &s.post, ""
		}
	case "in":
		if after := p.tok(-1); after.does("share") || !p.begins(1) && !p.columnAt(1) || len(s.head)+len(s.post)+len(p.measures) == 0 && !p.people && !p.tok(0).does("among") {
			return
		}
		p.target, p.link = &s.in, ""
	}
}

// columnAt tells whether the i-th token is a column of numbers.
func (p *parser) columnAt(i int) bool {
	m, ok := p.tok(i).column()
	return ok && p.data.Series(m.name).Kind().Numeric()
}

// begins tells whether customers are told at the i-th token.
func (p *parser) begins(i int) bool {
	t := p.tok(i)
	if _, ok := t.as(kCondition); ok {
		return true
	}
	if _, ok := t.as(kCompare); ok {
		_, number := p.tok(i + 1).as(kNumber)
		return number
	}
	if _, ok := t.as(kMost); ok { // the top ten, the bottom third
		_, number := p.tok(i + 1).as(kNumber)
		_, fraction := p.tok(i + 1).as(kFraction)
		return number || fraction
	}
	return t.does("people", "person", "all", "rest", "no", "with", "without", "not", "those") && (!t.does("not") || p.begins(i+1))
}

// asked reads what is asked for.
func (p *parser) asked() (int, error) {
	t := p.tok(0)
	if m, ok := t.as(kAggregate); ok {
		if m.aggregate == features.Count && (p.named || p.share != nil) {
			return 1, nil // the average number of children
		}
		if m.aggregate == features.Count {
			p.howMany = true
			return 1, nil
		}
		if p.implied {
			p.named, p.implied = false, false
		}
		if m.aggregate == Percentile && m.value > 0 {
			p.q.Number = m.value
		}
		if p.named && p.figure != m.aggregate && p.figure != features.Mean && m.aggregate != features.Mean {
			return 0, p.unfit(p.at)
		}
		if !p.named || p.figure == features.Mean {
			p.figure = m.aggregate
		}
		p.named = true
		return 1, nil
	}
	switch {
	case t.does("how many"):
		p.howMany = true
	case t.does("how much"):
		p.howMuch = true
	case t.does("how often"):
		p.figure, p.named, p.often = features.Mean, true, true
	case t.does("rate"):
		p.rate, p.response = true, t.does("response")
	case t.does("response"):
		p.rate, p.response = true, true
	case t.does("rank"):
		p.sign, p.most = 1, true
	case t.does("a month"):
		if !slices.ContainsFunc(p.measures, func(m measure) bool { return m.name == p.Subjects.Visits }) && !slices.ContainsFunc(p.t, func(t token) bool { m, ok := t.column(); return ok && m.name == p.Subjects.Visits }) {
			return 0, &Unclear{Key: "ask.unknown.time", Args: []any{t.said()}}
		}
	case t.does("which"):
		p.which = true
	case t.does("who"):
		if p.at > 0 {
			return 0, nil
		}
		p.who = true
	case t.does("what"):
		p.what = true
	case t.does("typical"):
		if !p.tok(1).does("people", "person") {
			if _, ok := p.tok(1).as(kCondition); !ok {
				p.figure, p.named = features.Median, true
				return 1, nil
			}
		}
		p.describe = true
	case t.does("percentile"):
		return p.percentile()
	case t.does("worth"):
		p.measures = append(p.measures, measure{p.Subjects.Revenue, kVerb, p.at, p.place()})
		if p.Subjects.Revenue == "" {
			return 0, p.unfit(p.at)
		}
	default:
		return 0, nil
	}
	return 1, nil
}

// percentile reads the 90th percentile: the number is in the word before.
func (p *parser) percentile() (int, error) {
	n := 1
	m, ok := p.tok(-1).as(kNumber)
	if !ok {
		if m, ok = p.tok(1).as(kNumber); !ok {
			return 0, &Unclear{Key: "ask.unclear.percentile"}
		}
		n = 2
	}
	if m.value <= 0 || m.value >= 100 {
		return 0, &Unclear{Key: "ask.unclear.percentile"}
	}
	p.figure, p.named, p.q.Number = Percentile, true, m.value
	return n, nil
}

// shown reads how customers are to be shown.
func (p *parser) shown() (int, error) {
	t := p.tok(0)
	switch {
	case t.does("compare"):
		p.compare = true
	case t.does("describe"):
		p.describe = true
	case t.does("overview"):
		p.overview = true
	case t.does("sized"):
		p.sized = true
	case t.does("made"):
		p.made = true
	case t.does("spread"):
		p.spread = true
	case t.does("relate"), t.does("rise", "fall") && len(p.measures) == 1:
		p.relation = true
	case t.does("popular"):
		p.sign, p.most = 1, true
	default:
		return 0, nil
	}
	return 1, nil
}

// grouping reads what tells groups apart: by tier, for each tier, which tier.
func (p *parser) grouping() (int, error) {
	t := p.tok(0)
	switch {
	case t.does("per person"):
		if !p.named || p.figure == features.Mean || p.figure == features.Sum {
			p.figure, p.named = features.Mean, true
			return 1, nil
		}
	case t.does("by", "per"):
		if m, ok := p.tok(1).as(kColumn); ok && t.does("per") && p.data.Series(m.name).Kind().Numeric() {
			return 0, &Unclear{Key: "ask.unclear.per", Args: []any{p.l.Noun(m.name)}}
		}
		p.afterBy, p.link = true, ""
		return 1, nil
	case t.does("each"):
		p.afterBy, p.each, p.link = true, true, ""
		return 1, nil
	}
	m, ok := t.as(kColumn)
	if !ok {
		return 0, nil
	}
	category := !p.data.Series(m.name).Kind().Numeric()
	asked := (p.which || p.what && p.at < 3 || p.tok(-1).does("rank")) && len(p.by) == 0 && category
	if (p.afterBy || asked || category) && !slices.Contains(p.by, m.name) {
		if !category && (!p.afterBy || p.share != nil && p.share.verb && !p.each) {
			return 0, nil
		}
		if p.top != nil && !category { // the top ten by income
			if p.top.column != "" && p.top.column != m.name {
				return 0, p.unfit(p.at)
			}
			p.top.column, p.afterBy = m.name, false
			return 1, nil
		}
		if p.most && !category && p.afterBy && p.said == "" && len(p.measures) == 0 {
			p.measures = append(p.measures, measure{m.name, kColumn, p.at, p.place()})
			return 1, nil
		}
		p.by = append(p.by, m.name)
		p.told = append(p.told, p.afterBy || asked)
		return 1, nil
	}
	if p.afterBy || category {
		return 1, nil // named twice
	}
	return 0, nil
}

// acceptors reads those who accepted the campaign that was named before.
func (p *parser) acceptors() (int, error) {
	n := len(p.measures)
	if n == 0 {
		p.accepting, p.people = true, true
		return 1, nil
	}
	m := p.measures[n-1]
	if m.at != p.at-1 || !slices.Contains(p.Subjects.Group("campaigns"), m.name) {
		return 0, p.unfit(p.at)
	}
	p.measures = p.measures[:n-1]
	if p.implied {
		p.figure, p.named, p.implied = "", false, false
	}
	p.people = true
	return 1, p.add(features.Condition{Column: m.name, Op: features.Over})
}

// measured reads a column or a group of columns that a figure is of.
func (p *parser) measured() (int, error) {
	t := p.tok(0)
	if m, ok := t.as(kBundle); ok {
		return p.bundled(m.name)
	}
	m, ok := t.column()
	if !ok {
		return 0, nil
	}
	if !p.data.Series(m.name).Kind().Numeric() {
		return 0, nil
	}
	if m.kind == kVerb {
		p.partAt("verb")
	}
	if listed := p.having && p.prior == p.at-1 && p.tok(-1).does("and", "or", "nor", "comma") && p.flow(m.name) && !p.comparing(); p.not || listed {
		if !p.flow(m.name) {
			return 0, &Unclear{Key: "ask.unclear.not"}
		}
		if p.denied && listed && !p.not {
			p.not = true
			if p.link == "or" {
				p.link = "nor"
			}
		}
		return 1, p.add(features.Condition{Column: m.name, Op: features.Over})
	}
	if m.kind == kColumn && p.tok(1).does("people", "person") && slices.Contains(p.Subjects.Group("products"), m.name) { // wine buyers
		return 1, p.add(features.Condition{Column: m.name, Op: features.Over})
	}
	p.addMeasure(m.name, m.kind)
	return 1, nil
}

func (p *parser) addMeasure(name string, k kind) {
	if p.howMany && !p.people && len(p.measures) == 0 {
		p.figure, p.named, p.implied = features.Sum, true, true
	}
	if !slices.ContainsFunc(p.measures, func(m measure) bool { return m.name == name }) {
		p.measures = append(p.measures, measure{name, k, p.at, p.place()})
	}
}

// place returns which part of a share is read.
func (p *parser) place() string {
	switch s := p.share; {
	case s == nil:
		return ""
	case s.verb:
		return "main"
	case p.target == &s.in:
		return "in"
	}
	return "head"
}

// bundled reads a group of columns, or their sum where how many are asked for.
func (p *parser) bundled(name string) (int, error) {
	sum := p.sumOf(name)
	accepts := slices.ContainsFunc(p.t, func(t token) bool { return t.does("accept") })
	if p.howMany && !p.people && (name == "products" || name == "campaigns" && !accepts) {
		return 0, p.unfit(p.at)
	}
	if (p.howMany && !p.people || p.named && !p.afterBy || len(p.by) > 0 && p.which) && sum != "" && !p.tok(-1).does("which", "what", "each", "by", "rank") {
		p.addMeasure(sum, kColumn)
		return 1, nil
	}
	if p.bundle != "" && p.bundle != name {
		return 0, p.unfit(p.at)
	}
	p.bundle = name
	return 1, nil
}
