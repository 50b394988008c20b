package ask

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// A Reader reads questions that the grammar refuses, as a language model does. It
// returns a query only, which [Answerer.Reread] holds against the question: no figure
// and no sentence of an answer comes from it.
type Reader interface {
	// ReadQuestion returns what a question asks for.
	ReadQuestion(ctx context.Context, r Refusal) (Reading, error)
}

// A Refusal is a question that the grammar refuses, with the names that a query may
// have. Nothing in it is of one customer.
type Refusal struct {
	Question string
	Language string   // of the question, such as en
	Unknown  []string // words of it that the grammar does not know
	Last     Query    // that the question may go on from; the zero one for none
	Columns  []NamedColumn
	Groups   map[string][]string // of columns, by name
}

// A NamedColumn is a column as a [Reader] is told of it: no number of it, and of its
// words those that at least five customers share, none where it has more than thirty.
// Ids, days and free text are no columns that questions are about: see [SelectAny].
type NamedColumn struct {
	Name  string
	Noun  string // in the language of the question
	Kind  features.Kind
	Unit  string
	Words []string
}

// mostWords is of how many words a column tells customers apart, and leastShared how
// many customers have a word that is no trait of a person alone.
const mostWords, leastShared = 30, 5

// A Reading is what a [Reader] made of a question.
type Reading struct {
	Query Query
	// Words are, by each word that the grammar does not know, what it was taken for: a
	// column, a word of one, a group, a figure or the kind of the query; asks for one
	// that only asks, such as gimme.
	Words map[string][]string
}

// ErrReading is wrapped by the errors of readings that do not fit their question.
var ErrReading = errors.New("ask: the reading does not fit the question")

// asks is what a word was taken for that says nothing in a query.
const asks = "asks"

// noteModel marks a query that a [Reader] read.
const noteModel = "ask.note.model"

// readable are the kinds of queries that are taken from a Reader: those about
// customers in general.
var readable = []Intent{Describe, Compare, Overview, Figure, Share, ColumnGroup, Distribution, Relation, Names, Concentration}

// Reread returns the query that a Reader makes of a question that the grammar
// refuses, to be answered by [Options.Read]; the zero one where the grammar reads the
// question, where its refusal says that it cannot be known, and of a customer's own
// questions. All that the query names is in a word of the question or in the last
// query, and every number and known word of the question is in the query. Errors: an
// ErrReading, an ErrOption for names that there are not, that of the Reader.
func (a *Answerer) Reread(ctx context.Context, question string, l *narrate.Language, last Query, r Reader) (Query, error) {
	_, err := a.Parse(question, l, last)
	var unclear *Unclear
	if a.empty() || r == nil || !errors.As(err, &unclear) || !unclear.reread() {
		return Query{}, nil
	}
	g := a.grammar(l)
	tokens, unknown, corrections := g.lex(question)
	if slices.ContainsFunc(tokens, func(t token) bool { return len(t.meanings) == 1 && t.does("this", "what if", "why", "alike", "change") }) {
		return Query{}, nil
	}
	refusal := Refusal{Question: question, Language: l.Lang, Unknown: unknown, Last: last, Columns: a.named(l), Groups: map[string][]string{}}
	for _, name := range groups {
		if columns := a.Subjects.Group(name); len(columns) > 0 {
			refusal.Groups[name] = columns
		}
	}
	reading, err := r.ReadQuestion(ctx, refusal)
	if err != nil {
		return Query{}, err
	}
	q := reading.Query
	c := covering{grammar: g, q: q, last: last, tokens: tokens, unknown: unknown, words: reading.Words}
	if err := c.check(); err != nil {
		return Query{}, err
	}
	if err := (session{Answerer: a, l: l}).check(q); err != nil {
		return Query{}, err
	}
	q.Notes, q.Corrections = []string{noteModel}, append(corrections, c.taken()...)
	return q, nil
}

// reread reports whether a refusal may be for want of words: what cannot be known is
// not asked again.
func (u *Unclear) reread() bool {
	return !strings.HasPrefix(u.Key, "ask.unknown.") && !slices.Contains([]string{"ask.unclear.long", "ask.unclear.empty", "ask.unclear.this", "ask.unclear.pieces", "ask.unclear.per"}, u.Key)
}

// named returns the columns that questions are about.
func (a *Answerer) named(l *narrate.Language) []NamedColumn {
	var out []NamedColumn
	for _, c := range a.data.Columns() {
		if !c.Kind.Numeric() && c.Kind != features.Category {
			continue
		}
		n := NamedColumn{Name: c.Name, Noun: l.Noun(c.Name), Kind: c.Kind, Unit: l.Unit(c.Name)}
		if c.Name == "tier" {
			n.Words = a.Tiers
		} else if s := a.data.Series(c.Name); !c.Kind.Numeric() && len(s.Levels()) <= mostWords {
			count := map[string]int{}
			for i := range s.Len() {
				count[s.Word(i)]++
			}
			n.Words = slices.DeleteFunc(slices.Clone(s.Levels()), func(w string) bool { return count[w] < leastShared })
		}
		out = append(out, n)
	}
	return out
}

// A covering holds a query against the question that it was read of.
type covering struct {
	*grammar
	q, last Query
	tokens  []token
	unknown []string
	words   map[string][]string

	has, said mentioned // in the query, and in the question
}

// A mentioned is what a query or a question names.
type mentioned struct {
	columns map[string]bool
	words   map[string]bool // of columns
	numbers []float64
}

func (m *mentioned) add(conditions ...features.Condition) {
	for _, c := range conditions {
		m.columns[c.Column] = true
		for _, w := range c.Words {
			if c.Op == AboveMean || c.Op == BelowMean {
				m.columns[w] = true
			} else {
				m.words[w] = true
			}
		}
		if len(c.Words) == 0 && !wordless[c.Op] {
			m.numbers = append(m.numbers, c.A)
		}
		if c.Op == features.Between {
			m.numbers = append(m.numbers, c.B)
		}
	}
}

func misread(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrReading}, args...)...)
}

// check returns an error where the query leaves out what the question says, or has
// what nobody said.
func (c *covering) check() error {
	if err := c.bounds(); err != nil {
		return err
	}
	c.has = c.mentions(c.q)
	c.said = c.mentions(c.last)
	for _, t := range c.tokens {
		c.says(t)
	}
	for _, w := range c.unknown {
		if len(c.words[w]) == 0 {
			return misread("it leaves out the word %q", w)
		}
	}
	for w, means := range c.words {
		if !slices.Contains(c.unknown, w) {
			return misread("%q is no unknown word of the question", w)
		}
		for _, m := range means {
			if m != asks && !c.has.columns[m] && !c.has.words[m] && m != string(c.q.Intent) && m != string(c.q.Aggregate) && m != c.q.ColumnGroup {
				return misread("it has no %q, for which it takes the word %q", m, w)
			}
			c.said.columns[m], c.said.words[m] = true, true
			for _, f := range c.q.conditions() {
				if slices.Contains(f.Words, m) {
					c.said.columns[f.Column] = true
				}
			}
			if m == c.q.ColumnGroup {
				for _, name := range c.Subjects.Group(m) {
					c.said.columns[name] = true
				}
			}
		}
	}
	for i := range c.tokens {
		if err := c.covered(i); err != nil {
			return err
		}
	}
	if err := c.roles(); err != nil {
		return err
	}
	return c.invented()
}

// bounds refuses queries that are no question's.
func (c *covering) bounds() error {
	q := c.q
	if !slices.Contains(readable, q.Intent) {
		return misread("questions of the kind %q are not taken", q.Intent)
	}
	if len(q.Changes)+len(q.Notes)+len(q.Corrections) > 0 || q.Toward != "" || len(q.Measures) > 8 || len(q.Versus) >= mostGroups {
		return misread("it says more than a question can")
	}
	for _, w := range append([]Where{q.Where, q.Whole}, q.Versus...) {
		n := 0
		for _, clause := range w {
			for _, f := range clause {
				n += max(1, len(f.Words))
			}
		}
		if n > 24 {
			return misread("it has %d conditions; questions have 24 at most", n)
		}
	}
	return nil
}

// conditions are all of a query.
func (q Query) conditions() (out []features.Condition) {
	for _, clause := range slices.Concat(append([]Where{q.Where, q.Whole}, q.Versus...)...) {
		out = append(out, clause...)
	}
	return out
}

// mentions returns what a query names.
func (c *covering) mentions(q Query) mentioned {
	m := mentioned{columns: map[string]bool{}, words: map[string]bool{}}
	m.add(q.conditions()...)
	for _, name := range slices.Concat(q.Measures, q.By, given([]string{q.WholeOf})) {
		m.columns[name] = true
	}
	if q.ColumnGroup != "" {
		for _, name := range append(slices.Clone(c.Subjects.Group(q.ColumnGroup)), c.sumOf(q.ColumnGroup)) {
			m.columns[name] = true
		}
	}
	if q.Intent == Overview || q.Intent == Describe {
		m.columns["tier"] = true
	}
	if q.Number != 0 {
		m.numbers = append(m.numbers, q.Number)
	}
	return m
}

// names returns the columns that a token may name.
func (c *covering) names(t token) (out []string) {
	for _, m := range t.meanings {
		switch m.kind {
		case kColumn, kVerb, kTotal, kMore, kMost, kCompare:
			if m.name != "" {
				out = append(out, m.name)
			}
		case kCondition:
			out = append(out, m.condition.Column)
		case kBundle:
			out = append(append(out, c.Subjects.Group(m.name)...), c.sumOf(m.name))
		}
	}
	return out
}

// says enters what a token may say into what was said.
func (c *covering) says(t token) {
	for _, name := range c.names(t) {
		c.said.columns[name] = true
	}
	for _, m := range t.meanings {
		switch {
		case m.kind == kCondition:
			c.said.add(m.condition)
		case m.kind == kNumber:
			c.said.numbers = append(c.said.numbers, c.figures(t)...)
		case m.kind == kAggregate && m.value > 0:
			c.said.numbers = append(c.said.numbers, m.value)
		case m.kind == kWord && slices.Contains([]string{"accept", "acceptors", "reject", "response", "rate"}, m.name):
			for _, name := range append(c.Subjects.Group("campaigns"), c.sumOf("campaigns")) {
				c.said.columns[name] = true
			}
		case m.kind == kWord && (m.name == "buy" || m.name == "use" || m.name == "worth"):
			for _, name := range append(slices.Concat(c.Subjects.Group("products"), c.Subjects.Group("channels")), c.Subjects.Revenue, c.sumOf("channels"), c.Subjects.Recency) {
				c.said.columns[name] = true
			}
		case m.kind == kUnit:
			c.said.columns[c.ofTime(m.name)] = true
		}
	}
	if t.unit != "" {
		c.said.columns[c.ofTime(t.unit)] = true
	}
}

// ofTime returns the column that a unit of time alone is of.
func (c *covering) ofTime(unit string) string {
	switch unit {
	case "years":
		return c.subject("age")
	case "months":
		return c.Subjects.Tenure
	case "days", "weeks":
		return c.Subjects.Recency
	}
	return ""
}

// figures are the values that a number of a question may be in a query.
func (c *covering) figures(t token) []float64 {
	m, _ := t.as(kNumber)
	out := []float64{m.value}
	if v, either := thousands(t.written, c.decimal); t.written != "" && either {
		out = append(out, v)
	}
	switch t.unit {
	case "years":
		out = append(out, 12*m.value)
	case "weeks":
		out = append(out, 7*m.value)
	}
	if m.value >= 1000 {
		out = append(out, m.value/1000) // columns in thousands
	}
	return out
}

// kin are the columns that another may stand for: what it is a part of, or in more
// detail.
func (c *covering) kin(name string, in map[string]bool) bool {
	if in[name] {
		return true
	}
	for other := range in {
		if c.partOf(name, other) || c.partOf(other, name) || c.Subjects.Same[name] == other || c.Subjects.Same[other] == name {
			return true
		}
	}
	return false
}

// covered returns an error where the query has not what the i-th token says.
func (c *covering) covered(i int) error {
	t := c.tokens[i]
	if _, ok := t.as(kNumber); ok && !(t.does() || c.isWord(t)) {
		return c.numberCovered(i)
	}
	if c.isWord(t) {
		return nil // what it means depends on its place
	}
	names := c.names(t)
	if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return c.kin(n, c.has.columns) }) {
		return misread("it leaves out %q", t.text)
	}
	for _, m := range t.meanings {
		if m.kind != kCondition {
			return nil
		}
	}
	if len(names) > 0 && !slices.ContainsFunc(t.meanings, func(m meaning) bool {
		return len(m.condition.Words) == 0 || c.has.words[m.condition.Words[0]]
	}) {
		return misread("it leaves out %q", t.text)
	}
	return nil
}

// isWord reports whether a token may do no more than hold the question together.
func (c *covering) isWord(t token) bool { _, ok := t.as(kWord); return ok }

// rising and falling are the comparisons with more and with less than a number.
var rising, falling = []features.Op{features.Over, features.AtLeast}, []features.Op{features.Under, features.AtMost}

// numberCovered returns an error where the query does not have a number, or has it the
// other way round.
func (c *covering) numberCovered(i int) error {
	t := c.tokens[i]
	m, _ := t.as(kNumber)
	is := func(v float64) bool { return slices.Contains(c.figures(t), v) }
	if !slices.ContainsFunc(c.has.numbers, is) {
		if m.value <= 1 && !strings.ContainsAny(t.text, "0123456789") {
			return nil // one of the
		}
		return misread("it leaves out the number %s", t.text)
	}
	op := features.Op("")
	if i > 0 {
		if before, ok := c.tokens[i-1].as(kCompare); ok {
			op = before.op
		}
	}
	if i+1 < len(c.tokens) {
		if behind, ok := c.tokens[i+1].as(kBehind); ok {
			op = behind.op
		}
	}
	wrong := falling
	switch {
	case slices.Contains(falling, op):
		wrong = rising
	case !slices.Contains(rising, op):
		return nil
	}
	if !c.denies() && slices.ContainsFunc(c.q.conditions(), func(f features.Condition) bool { return is(f.A) && slices.Contains(wrong, f.Op) }) {
		return misread("it has the number %s the other way round", t.text)
	}
	return nil
}

// denies reports whether the question denies something.
func (c *covering) denies() bool {
	return slices.ContainsFunc(c.tokens, func(t token) bool {
		return t.does("not", "neither", "nor", "except", "no", "without", "reject", "rest")
	})
}

// roles returns an error where the query is of another kind than words say: a
// denial, a figure, a share, the most.
func (c *covering) roles() error {
	conditions := c.q.conditions()
	if c.denies() && c.q.Intent != Compare && !slices.ContainsFunc(conditions, func(f features.Condition) bool {
		return f.Op == features.Not || f.Op == Missing || f.Op == features.Under || f.Op == features.AtMost || f.Op == features.Is && f.A == 0 && len(f.Words) == 0
	}) {
		return misread("it denies nothing")
	}
	figures := map[features.Aggregate]bool{}
	for _, t := range c.tokens {
		if m, ok := t.as(kAggregate); ok {
			figures[m.aggregate] = true
		}
		if m, ok := t.as(kMost); ok && !c.isWord(t) && c.q.Rank != m.sign && !slices.ContainsFunc(conditions, func(f features.Condition) bool { return slices.Contains(topOps, f.Op) }) &&
			c.q.Aggregate != map[bool]features.Aggregate{true: features.Max, false: features.Min}[m.sign > 0] {
			return misread("it leaves out %q", t.text)
		}
		if t.does("share") && !t.does("rate") && c.q.Intent != Share && c.q.Intent != Concentration && c.q.Aggregate != features.Share && t.text != "%" {
			return misread("it is no share")
		}
	}
	for _, how := range []features.Aggregate{features.Median, features.Min, features.Max, StdDev, Percentile} {
		if figures[how] && c.q.Aggregate != how && c.q.Intent != Distribution {
			return misread("it leaves out the %s", how)
		}
	}
	if figures[features.Mean] && !figures[features.Count] && !slices.Contains([]features.Aggregate{features.Mean, "", features.Median}, c.q.Aggregate) {
		return misread("it leaves out the mean")
	}
	return nil
}

// invented returns an error where the query has what nobody said.
func (c *covering) invented() error {
	for name := range c.has.columns {
		if group := c.q.ColumnGroup; group != "" && (slices.Contains(c.Subjects.Group(group), name) || name == c.sumOf(group)) {
			continue // any of them is enough
		}
		if name != "" && !(name == "tier" && (c.q.Intent == Overview || c.q.Intent == Describe)) && !c.kin(name, c.said.columns) {
			return misread("nobody said anything of %q", name)
		}
	}
	if group := c.q.ColumnGroup; group != "" && !slices.ContainsFunc(c.Subjects.Group(group), func(name string) bool { return c.said.columns[name] }) {
		return misread("nobody said anything of the %s", group)
	}
	for w := range c.has.words {
		if !c.said.words[w] {
			return misread("nobody said %q", w)
		}
	}
	for _, f := range c.q.conditions() {
		some := len(f.Words) > 0 || wordless[f.Op] || f.A == 0 || f.A == 1 && f.Op == features.AtLeast && c.flow(f.Column)
		if !some && !slices.Contains(c.said.numbers, f.A) || f.Op == features.Between && !slices.Contains(c.said.numbers, f.B) {
			return misread("nobody said the number of %s", Where{{f}})
		}
	}
	if n := c.q.Number; n != 0 && !(c.q.Intent == Names && (n == 1 || n == 10)) && !slices.Contains(c.said.numbers, n) {
		return misread("nobody said the number %v", n)
	}
	return nil
}

// taken returns what each unknown word was taken for, in their order, as corrections;
// nothing for those that only ask.
func (c *covering) taken() (out [][2]string) {
	for _, w := range c.unknown {
		var means []string
		for _, m := range c.words[w] {
			switch {
			case m == asks || m == string(c.q.Intent):
			case m == c.q.ColumnGroup:
				means = append(means, c.l.T("bundle."+m))
			case m == string(c.q.Aggregate):
				means = append(means, c.l.T("ask.how."+m))
			case c.has.columns[m]:
				means = append(means, c.l.Noun(m))
			default:
				means = append(means, m)
			}
		}
		if pair := [2]string{w, c.l.And(means)}; !slices.Contains(out, pair) {
			out = append(out, pair)
		}
	}
	return out
}
